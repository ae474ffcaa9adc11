//! SMS that are to be taken back: only what still waits at Twilio can be.

use serde_json::Value;

use crate::channel::twilio::status;
use crate::error::{Error, Result};
use crate::format::twilio;
use crate::model::account::Account;
use crate::model::id::MessageId;
use crate::ops::{App, Origin, access, gate, reported, token};

use super::AlterReport;

/// Cancels a message of ours that did not leave Twilio yet; one that was cancelled before is cancelled.
///
/// # Errors
/// `refused` for one that left: a phone that has it keeps it.
pub async fn unsend(
    app: &App,
    origin: Origin,
    (id, sid): (MessageId, &str),
    account: &Account,
) -> Result<AlterReport> {
    let stored = app.store.document(id)?;
    for person in stored.parsed().to {
        gate::may_act(app, origin, &person.email)?;
    }
    let client = access::twilio(app, account).await?;
    let cancelled = async {
        let now = client.message(sid).await?;
        let said = now
            .get("status")
            .and_then(Value::as_str)
            .unwrap_or_default();
        match said {
            "canceled" => Ok(now),
            "accepted" | "scheduled" | "queued" => client.cancel(sid).await,
            _ => Err(Error::refused(format!(
                "`{id}` left Twilio already: an SMS can't be taken back"
            ))
            .hint(format!("answer it: comms reply {id}"))),
        }
    };
    let message = cancelled
        .await
        .map_err(|e| token::explained(app, account, e))?;
    let before: Value = serde_json::from_slice(&stored.raw).unwrap_or_default();
    let media = before.get("media").and_then(Value::as_array);
    let raw = twilio::document(&message, media.map(Vec::as_slice).unwrap_or_default());
    let raw = raw.to_string().into_bytes();
    app.store.rewrite(id, &raw, &twilio::parse(&raw))?;
    if let Some(news) = status::news(&message) {
        reported::take(app, &account.name, &news)?;
    }
    Ok(AlterReport {
        message: id,
        done: "unsent".to_owned(),
        emoji: None,
        text: None,
    })
}
