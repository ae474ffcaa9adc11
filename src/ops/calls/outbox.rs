//! The outbox, as programs ask for it. Approving is no call: that takes a person.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::error::Result;
use crate::model::outbox::State;
use crate::ops::outbox::{self, OutboxReport, Page};
use crate::ops::send::{ItemReport, SendReport};
use crate::ops::{App, approval};

use super::{Call, Caller, Done, Scope, hundred, rows};

/// Lists what waits, failed or is in doubt in the outbox, newest first.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OutboxListCall {
    /// Only items in these states.
    #[serde(default)]
    pub state: Vec<State>,
    /// Also what was sent or cancelled.
    #[serde(default)]
    pub all: bool,
    /// Only the rows of this batch, in the order of its file; in all states.
    #[serde(default)]
    pub batch: Option<String>,
    /// At most so many items.
    #[serde(default = "hundred")]
    #[schemars(range(min = 1, max = 200))]
    pub limit: u16,
    /// The `next` of the page before.
    #[serde(default)]
    pub after: Option<String>,
    /// Of each row only these fields, like `state`; all if left out.
    #[serde(default)]
    pub fields: Vec<String>,
}

impl Call for OutboxListCall {
    const NAME: &'static str = "outbox_list";
    const SCHEMA: &'static str = "comms.outbox/1";
    const NEEDS: Scope = Scope::Read;
    type Report = OutboxReport;
    const ROWS: Option<&'static str> = Some("items");

    fn fields(&self) -> &[String] {
        &self.fields
    }

    async fn run(self, app: &App, _caller: &Caller) -> Result<Done<OutboxReport>> {
        let page = Page {
            limit: rows(self.limit)?,
            after: self.after.as_deref(),
        };
        let report = match &self.batch {
            Some(name) => outbox::list_batch(app, name, &self.state, page)?,
            None => outbox::list(app, &self.state, self.all, page)?,
        };
        Ok(report.into())
    }
}

/// Shows one item of the outbox: its recipients, every attempt, and the message as it leaves.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OutboxShowCall {
    /// The item: `o17`.
    #[schemars(extend("pattern" = "^o[0-9]+$"))]
    pub id: String,
}

impl Call for OutboxShowCall {
    const NAME: &'static str = "outbox_show";
    const SCHEMA: &'static str = "comms.outbox_item/1";
    const NEEDS: Scope = Scope::Read;
    type Report = ItemReport;

    async fn run(self, app: &App, _caller: &Caller) -> Result<Done<ItemReport>> {
        Ok(outbox::show(app, self.id.parse()?)?.into())
    }
}

/// Puts an item of the outbox away: it is never sent. An agent may only cancel what an agent staged.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OutboxCancelCall {
    /// The item: `o17`.
    #[schemars(extend("pattern" = "^o[0-9]+$"))]
    pub id: String,
}

impl Call for OutboxCancelCall {
    const NAME: &'static str = "outbox_cancel";
    const SCHEMA: &'static str = "comms.outbox_item/1";
    const NEEDS: Scope = Scope::Send;
    type Report = ItemReport;

    async fn run(self, app: &App, caller: &Caller) -> Result<Done<ItemReport>> {
        Ok(outbox::cancel(app, caller.origin, self.id.parse()?)?.into())
    }
}

/// Puts away what a rule holds: it is never sent. An agent may not.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OutboxRejectCall {
    /// The item: `o17`.
    #[schemars(extend("pattern" = "^o[0-9]+$"))]
    pub id: String,
    /// Why, for whoever wrote it.
    #[serde(default)]
    pub reason: Option<String>,
}

impl Call for OutboxRejectCall {
    const NAME: &'static str = "outbox_reject";
    const SCHEMA: &'static str = "comms.outbox_item/1";
    const NEEDS: Scope = Scope::Send;
    type Report = ItemReport;

    async fn run(self, app: &App, caller: &Caller) -> Result<Done<ItemReport>> {
        let id = self.id.parse()?;
        Ok(approval::reject(app, caller.origin, id, self.reason.as_deref())?.into())
    }
}

/// Sends an item now that failed, waits or is a draft, to those who certainly got nothing; policy may hold it again.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OutboxRetryCall {
    /// The item: `o17`.
    #[schemars(extend("pattern" = "^o[0-9]+$"))]
    pub id: String,
}

impl Call for OutboxRetryCall {
    const NAME: &'static str = "outbox_retry";
    const SCHEMA: &'static str = "comms.send/1";
    const NEEDS: Scope = Scope::Send;
    type Report = SendReport;

    fn waits(&self) -> bool {
        true
    }

    async fn run(self, app: &App, caller: &Caller) -> Result<Done<SendReport>> {
        Done::sent(outbox::retry(app, caller.origin, self.id.parse()?).await?)
    }
}
