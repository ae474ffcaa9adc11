//! `mark`, as programs ask for it.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::error::{Error, Result};
use crate::model::message::{Change, Role};
use crate::ops::App;
use crate::ops::mark::{self, MarkReport, MarkRequest};

use super::{Call, Caller, Done, Scope};

/// Marks messages or whole threads as read, starred or labelled, or moves them to the archive, the trash or the inbox.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MarkCall {
    /// Messages and threads: `m17`, `t8`.
    #[schemars(length(min = 1))]
    pub ids: Vec<String>,
    /// Read, or unread again.
    #[serde(default)]
    pub read: Option<bool>,
    /// With a star, or without.
    #[serde(default)]
    pub star: Option<bool>,
    /// Where to move them.
    #[serde(default)]
    pub move_to: Option<MoveTo>,
    /// Labels to add.
    #[serde(default)]
    pub label: Vec<String>,
    /// Labels to take away.
    #[serde(default)]
    pub unlabel: Vec<String>,
    /// Show the writer that an answer is being typed; WhatsApp only.
    #[serde(default)]
    pub typing: bool,
    /// Tell what would be marked; change nothing.
    #[serde(default)]
    pub dry_run: bool,
}

/// Where messages can be moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum MoveTo {
    Archive,
    Trash,
    Inbox,
}

impl Call for MarkCall {
    const NAME: &'static str = "mark";
    const SCHEMA: &'static str = "comms.mark/1";
    const NEEDS: Scope = Scope::Send;
    type Report = MarkReport;

    fn waits(&self) -> bool {
        true
    }

    async fn run(self, app: &App, _caller: &Caller) -> Result<Done<MarkReport>> {
        let change = Change {
            seen: self.read,
            starred: self.star,
            add_labels: self.label,
            remove_labels: self.unlabel,
            move_to: self.move_to.map(|to| match to {
                MoveTo::Archive => Role::Archive,
                MoveTo::Trash => Role::Trash,
                MoveTo::Inbox => Role::Inbox,
            }),
            ..Change::default()
        };
        if change == Change::default() {
            return Err(Error::usage("nothing is to be changed")
                .hint("say what: `read`, `star`, `move_to`, `label` or `unlabel`"));
        }
        if self.typing && self.read != Some(true) {
            return Err(Error::usage("`typing` goes with `read`"));
        }
        let request = MarkRequest {
            ids: self.ids,
            change,
            dry_run: self.dry_run,
        };
        let mut marked = mark::mark(app, &request)?;
        // Whom the network does not reach is told at the next sync; the report names them.
        mark::tell(app, &mut marked).await?;
        if self.typing {
            mark::typing(app, &marked).await?;
        }
        Ok(mark::report(app, marked)?.into())
    }
}
