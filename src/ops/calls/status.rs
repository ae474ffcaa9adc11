//! Where things stand, what was spent and which accounts there are, as programs ask for it.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::error::Result;
use crate::ops::App;
use crate::ops::auth::{self, AuthReport};
use crate::ops::costs::{self, By, CostsReport, CostsRequest};
use crate::ops::status::{self, StatusReport};

use super::{Call, Caller, Done, Scope};

/// Tells where things stand: unread per account, what is held, failed or in doubt, and the next step for each.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StatusCall {}

impl Call for StatusCall {
    const NAME: &'static str = "status";
    const SCHEMA: &'static str = "comms.status/1";
    const NEEDS: Scope = Scope::Read;
    type Report = StatusReport;

    async fn run(self, app: &App, _caller: &Caller) -> Result<Done<StatusReport>> {
        Ok(status::status(app)?.into())
    }
}

/// Tells what was spent, and what is left under each cap.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CostsCall {
    /// What is added up by.
    #[serde(default)]
    pub by: By,
    /// Only what was sent since then; else this month, by month the last twelve.
    #[serde(default)]
    pub since: Option<String>,
    /// Only what was sent before then.
    #[serde(default)]
    pub until: Option<String>,
}

impl Call for CostsCall {
    const NAME: &'static str = "costs";
    const SCHEMA: &'static str = "comms.costs/1";
    const NEEDS: Scope = Scope::Read;
    type Report = CostsReport;

    async fn run(self, app: &App, _caller: &Caller) -> Result<Done<CostsReport>> {
        let request = CostsRequest {
            by: self.by,
            since: self.since,
            until: self.until,
        };
        Ok(costs::costs(app, &request)?.into())
    }
}

/// Lists the accounts and where their secrets come from; the secrets are not told, and no server is asked.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AccountsCall {}

impl Call for AccountsCall {
    const NAME: &'static str = "accounts";
    const SCHEMA: &'static str = "comms.auth/1";
    const NEEDS: Scope = Scope::Read;
    // A keyring may be slow to answer.
    type Report = AuthReport;

    fn waits(&self) -> bool {
        true
    }

    async fn run(self, app: &App, _caller: &Caller) -> Result<Done<AuthReport>> {
        Ok(auth::list(app).await?.into())
    }
}
