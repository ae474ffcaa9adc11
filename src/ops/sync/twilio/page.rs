//! One page of a listing: what is new is stored, what is known is brought up to date.

use jiff::Timestamp;
use serde_json::Value;

use crate::error::Result;
use crate::format::twilio;
use crate::model::message::NewMessage;
use crate::ops::receive;
use crate::ops::sync::Tally;
use crate::rules::optout;

use super::{Look, RECENT, incoming};

/// What a page held.
#[derive(Debug, Default)]
pub struct Seen {
    pub added: u64,
    /// When the newest message of it was made.
    pub newest: Option<Timestamp>,
}

/// Takes in a page, newest first as it came.
pub async fn take(look: &mut Look<'_>, messages: &[Value], tally: &mut Tally) -> Result<Seen> {
    let mut seen = Seen::default();
    let mut made: Vec<NewMessage> = Vec::new();
    for message in messages {
        let Some(sid) = message.get("sid").and_then(Value::as_str) else {
            continue;
        };
        let status = message.get("status").and_then(Value::as_str);
        // Not sent yet, or never.
        if matches!(status, Some("scheduled" | "canceled" | "receiving")) {
            continue;
        }
        let at = twilio::time(message, "date_created").or_else(|| twilio::at(message));
        seen.newest = seen.newest.max(at);
        let known = look.app.store.remote(&look.account.name, sid)?;
        hear(look, message, known.is_none())?;
        match known {
            Some(known) => {
                if refresh(look, known.id, message).await? {
                    tally.changed += 1;
                }
            }
            None => {
                let media = look.media(message, sid).await?;
                if let Some(incoming) = incoming(message, &media, look.now) {
                    let mut message = receive::made(look.account, incoming, look.now);
                    let first = look.stamp.newest.is_none() || look.stamp.before.is_some();
                    if first && look.now.duration_since(message.received_at) > RECENT {
                        message.flags.seen = true;
                    }
                    made.push(message);
                }
            }
        }
        look.learn(sid, message)?;
        if look.stamp.open.contains_key(sid) {
            look.shown.insert(sid.to_owned());
        }
    }
    // Before the messages: a word of one that is stored is never heard again.
    if !look.stamp.words.is_empty() {
        look.stamp.save(look.app, look.account)?;
    }
    seen.added = look.writer.new_of(made).await?;
    tally.added += seen.added;
    Ok(seen)
}

/// Takes over an opt-out, or the end of one, unless it was heard before; of each who wrote only the last word counts,
/// which comes first.
fn hear(look: &mut Look<'_>, message: &Value, new: bool) -> Result<()> {
    if !twilio::is_inbound(message) {
        return Ok(());
    }
    let field = |key: &str| message.get(key).and_then(Value::as_str);
    let (Some(from), Some(body)) = (field("from"), field("body")) else {
        return Ok(());
    };
    let Some(out) = optout::keyword(body) else {
        return Ok(());
    };
    let address = twilio::address(from);
    let at = twilio::time(message, "date_created").unwrap_or(look.now);
    // Their times are told to the second: where two are the same, it is the opt-out that counts.
    let last = look.stamp.words.get(&address);
    if last.is_some_and(|last| *last > at || (*last == at && !out)) {
        return Ok(());
    }
    if new {
        let why = optout::replied(body);
        crate::ops::optout::reported(look.app, look.account, (&address, out, &why))?;
    }
    look.stamp.words.insert(address, at);
    Ok(())
}

/// What may change of a message, and is shown.
const CHANGES: [&str; 6] = [
    "status",
    "error_code",
    "price",
    "from",
    "num_segments",
    "date_sent",
];

/// Brings a message up to date; a text that was erased at Twilio stays here. True if anything was different.
async fn refresh(
    look: &Look<'_>,
    id: crate::model::id::MessageId,
    message: &Value,
) -> Result<bool> {
    let stored: Value = serde_json::from_slice(&look.app.store.raw(id)?).unwrap_or_default();
    let before = stored.get("message").unwrap_or(&stored);
    let media = stored.get("media").and_then(Value::as_array).cloned();
    let mut media = media.unwrap_or_default();
    let counted = twilio::count(message, "num_media").unwrap_or(0);
    let lacks_media = media.is_empty() && counted > 0;
    let differs = CHANGES.iter().any(|key| {
        message.get(key).unwrap_or(&Value::Null) != before.get(key).unwrap_or(&Value::Null)
    });
    if !differs && !lacks_media {
        return Ok(false);
    }
    if lacks_media {
        let sid = message.get("sid").and_then(Value::as_str);
        media = look.media(message, sid.unwrap_or_default()).await?;
    }
    let mut now = message.clone();
    let erased = now
        .get("body")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .is_empty();
    if let Some(body) = before.get("body").filter(|_| erased) {
        now["body"] = body.clone();
    }
    let raw = twilio::document(&now, &media).to_string().into_bytes();
    let shown = differs_in_sight(before, &now) || lacks_media && !media.is_empty();
    look.app.store.rewrite(id, &raw, &twilio::parse(&raw))?;
    Ok(shown)
}

/// Whether a reader would see the difference.
fn differs_in_sight(before: &Value, now: &Value) -> bool {
    ["error_code", "from"]
        .iter()
        .any(|key| before.get(key) != now.get(key))
}
