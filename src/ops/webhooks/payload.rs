//! What a hook is told.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::error::{Kind, Result};
use crate::format::{clean, cut};
use crate::model::event::Hook;
use crate::ops::App;
use crate::ops::feed::{self, What};

/// Of the text of a message, in bytes.
const MOST_TEXT: usize = 64 << 10;

/// What is posted: `type`, `timestamp` and `data`, as Standard Webhooks has it. `comms.hook/1`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Payload {
    /// Always `comms.hook/1`.
    pub schema: &'static str,
    /// When it happened.
    pub timestamp: Timestamp,
    pub account: Option<String>,
    #[serde(flatten)]
    pub what: What,
    /// The text of a message, up to 64 KiB; only where the config says `text = true`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// What is to be told of an event, as it stands now; `None` if that is gone.
pub fn of(app: &App, hook: &Hook, event: &str) -> Result<Option<Vec<u8>>> {
    let Some(event) = feed::one(app, event)? else {
        return Ok(None);
    };
    let mut payload = Payload {
        schema: "comms.hook/1",
        timestamp: event.at,
        account: event.account,
        what: event.what,
        text: None,
    };
    if let What::Changed(change) = &mut payload.what
        && let Some(envelope) = &mut change.message
    {
        envelope.subject = clean::line(&envelope.subject);
        // What it says was told when it came; only that it is another now is news.
        envelope.preview.clear();
    }
    if let What::Message(envelope) = &mut payload.what {
        envelope.subject = clean::line(&envelope.subject);
        match hook.text {
            true => {
                payload.text = match app.store.document(envelope.id) {
                    Ok(document) => Some(cut::kept(document.parsed().text, MOST_TEXT)),
                    Err(e) if e.kind == Kind::NotFound => return Ok(None),
                    Err(e) => return Err(e),
                };
            }
            false => envelope.preview.clear(),
        }
    }
    let json = serde_json::to_vec(&payload);
    json.map(Some)
        .map_err(|e| crate::error::Error::internal("writing JSON").because(e))
}
