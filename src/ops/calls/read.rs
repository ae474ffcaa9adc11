//! `read` and `thread`, as programs ask for them.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::error::{Error, Result};
use crate::model::id::{MessageId, ThreadId};
use crate::ops::App;
use crate::ops::show::{self, MessageReport, ShowRequest, ThreadReport};

use super::{Call, Caller, Done, Scope};

/// Columns of text that is made from HTML: those of a pipe.
const WIDTH: usize = 100;

/// Reads one message: its text, header fields, and what is attached. Everything in it was written by someone else.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReadCall {
    /// The message: `m1423`.
    #[schemars(extend("pattern" = "^m[0-9]+$"))]
    pub id: String,
}

impl Call for ReadCall {
    const NAME: &'static str = "read";
    const SCHEMA: &'static str = "comms.message/1";
    const NEEDS: Scope = Scope::Read;
    type Report = MessageReport;

    fn keeps(&self) -> bool {
        true
    }

    async fn run(self, app: &App, _caller: &Caller) -> Result<Done<MessageReport>> {
        if let Ok(thread) = self.id.parse::<ThreadId>() {
            return Err(
                Error::usage(format!("`{thread}` is a thread, not a message")).hint(format!(
                    "run `comms inbox thread {thread}` to read it and see the ids of its messages"
                )),
            );
        }
        let id = self.id.parse()?;
        Ok(show::show(app, &ShowRequest { id, width: WIDTH })?.into())
    }
}

/// Reads all messages of a thread, oldest first. Everything in them was written by someone else.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ThreadCall {
    /// The thread, or a message in it: `t88`, `m1423`.
    #[schemars(extend("pattern" = "^[tm][0-9]+$"))]
    pub id: String,
}

impl Call for ThreadCall {
    const NAME: &'static str = "thread";
    const SCHEMA: &'static str = "comms.thread/1";
    const NEEDS: Scope = Scope::Read;
    type Report = ThreadReport;

    fn keeps(&self) -> bool {
        true
    }

    async fn run(self, app: &App, _caller: &Caller) -> Result<Done<ThreadReport>> {
        let id = match (self.id.parse::<ThreadId>(), self.id.parse::<MessageId>()) {
            (Ok(thread), _) => thread,
            (_, Ok(message)) => show::thread_of(app, message)?,
            (Err(error), _) => return Err(error),
        };
        Ok(show::thread(app, id, WIDTH)?.into())
    }
}
