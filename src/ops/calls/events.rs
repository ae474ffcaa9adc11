//! What happened, as programs ask for it.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::error::Result;
use crate::ops::App;
use crate::ops::feed::{self, EventType, EventsReport, Wanted};

use super::{Call, Caller, Done, Scope, hundred, within};

/// Tells what happened since: messages that came, items of the outbox that changed. It does not wait for anything.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EventsCall {
    /// The `next` of the page before, or the `cursor` of an event. Without it nothing is told but where `next` is now.
    #[serde(default)]
    pub after: Option<String>,
    /// Only these; empty means all.
    #[serde(default)]
    pub types: Vec<EventType>,
    /// At most so many.
    #[serde(default = "hundred")]
    #[schemars(range(min = 1, max = 500))]
    pub limit: u16,
}

impl Call for EventsCall {
    const NAME: &'static str = "events";
    const SCHEMA: &'static str = "comms.events/1";
    const NEEDS: Scope = Scope::Read;
    type Report = EventsReport;

    async fn run(self, app: &App, caller: &Caller) -> Result<Done<EventsReport>> {
        let limit = within(self.limit, 500)?;
        let Some(after) = &self.after else {
            let report = EventsReport {
                events: Vec::new(),
                next: feed::now(app)?.to_string(),
                more: false,
            };
            return Ok(report.into());
        };
        let wanted = Wanted {
            types: self.types,
            accounts: caller.accounts.clone(),
        };
        Ok(feed::next(app, &wanted, (after.parse()?, limit))?.into())
    }
}
