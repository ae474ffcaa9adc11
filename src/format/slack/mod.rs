//! Slack: its messages to [`Parsed`], its dialect, and texts cut into messages.
//!
//! What the store keeps of a Slack message is one JSON document, `{"channel": {…}, "names": {…}, "own": true, "message":
//! {…}}`: the message as the API gave it, the channel beside it because the message does not say where it is, the names
//! of those it names by id only, and whether the account's owner wrote it. Never fails.

mod dialect;
mod emoji;
mod files;
mod text;

pub use dialect::{Pinged, chunks, from_markdown, from_plain, pinged, without_mass_mentions};
pub use emoji::emoji_name;
pub use files::{Source, attachment_source, file_ids};
pub use text::people_of;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::{clean, mime};
use crate::format::cut::{floor, kept};
use crate::format::json::text;
use crate::model::address::Address;
use crate::model::message::Parsed;

/// Bytes of text that are kept for search.
const MOST_TEXT: usize = 1_000_000;
/// Longest subject, in bytes.
const LONGEST_SUBJECT: usize = 4_000;

/// What addresses of Slack begin with.
const SCHEME: &str = "slack:";

/// What a message does not say of itself.
#[derive(Clone, Debug, Default)]
pub struct Context<'a> {
    /// `C…`, `G…` or `D…`.
    pub channel: &'a str,
    /// As the folder is called; empty if that is not known.
    pub title: &'a str,
    /// All messages are one conversation, as between two people.
    pub direct: bool,
    /// The owner of the account wrote it.
    pub own: bool,
    /// Names by id, of all that are known.
    pub names: Option<&'a BTreeMap<String, String>>,
}

impl<'a> Context<'a> {
    /// Where nothing but the channel is known.
    pub fn of_channel(channel: &'a str) -> Context<'a> {
        Context {
            channel,
            direct: channel.starts_with('D'),
            ..Context::default()
        }
    }
}

/// The document that is stored for a message.
pub fn document(context: &Context<'_>, message: &Value) -> Value {
    let mut document = Map::new();
    let mut channel = json!({ "id": context.channel });
    if !context.title.is_empty() {
        channel["name"] = context.title.into();
    }
    if context.direct {
        channel["direct"] = true.into();
    }
    document.insert("channel".into(), channel);
    if let Some(names) = context.names {
        let named: Map<String, Value> = people_of(message)
            .into_iter()
            .filter_map(|id| Some((id.clone(), names.get(&id)?.as_str().into())))
            .collect();
        if !named.is_empty() {
            document.insert("names".into(), Value::Object(named));
        }
    }
    if context.own {
        document.insert("own".into(), true.into());
    }
    document.insert("message".into(), message.clone());
    Value::Object(document)
}

/// The stored document with another message in it.
pub fn rewritten(document: &[u8], message: &Value) -> Value {
    let mut document: Value = serde_json::from_slice(document).unwrap_or_default();
    if !document.is_object() {
        document = json!({});
    }
    document["message"] = message.clone();
    document
}

/// The message in a stored document.
pub fn message_of(document: &[u8]) -> Value {
    let mut document: Value = serde_json::from_slice(document).unwrap_or_default();
    document
        .get_mut("message")
        .map(Value::take)
        .unwrap_or_default()
}

/// A message as it is stored once it was deleted: who wrote it, when and in which thread.
pub fn deleted(before: &Value) -> Value {
    const KEPT: [&str; 7] = [
        "type",
        "user",
        "bot_id",
        "username",
        "ts",
        "thread_ts",
        "metadata",
    ];
    let mut left = Map::new();
    for key in KEPT {
        if let Some(value) = before.get(key) {
            left.insert(key.into(), value.clone());
        }
    }
    left.insert("subtype".into(), "tombstone".into());
    Value::Object(left)
}

/// The stored document where it is to stay as it is: what is told of a change is older than what is known, or of a
/// message that was deleted since.
pub fn outdated<'a>(before: &'a [u8], told: &Value) -> Option<&'a [u8]> {
    let (was, is) = (message_of(before), told.get("message")?);
    let edited = |message: &Value| {
        let at = message.get("edited")?.get("ts")?.as_str()?;
        time_of(at)
    };
    // A mark of a deletion says no time.
    let outdated = !is_deleted(is) && (is_deleted(&was) || edited(&was) > edited(is));
    outdated.then_some(before)
}

/// Whether a message was deleted.
pub fn is_deleted(message: &Value) -> bool {
    text(message, "subtype") == Some("tombstone")
}

/// Whether Slack itself wrote it: who came, who left, what was renamed.
pub fn is_notice(message: &Value) -> bool {
    let people_write = |subtype: &str| {
        matches!(
            subtype,
            "bot_message"
                | "me_message"
                | "file_share"
                | "thread_broadcast"
                | "tombstone"
                | "file_comment"
        )
    };
    text(message, "subtype").is_some_and(|subtype| !people_write(subtype))
}

/// The address of a channel or a person: what `from` and `to` of messages and an outbox item's recipient say.
pub fn address(id: &str) -> String {
    format!("{SCHEME}{id}")
}

/// What names a message within its account: `C123/1700000000.000100`.
pub fn remote(channel: &str, ts: &str) -> String {
    format!("{channel}/{ts}")
}

/// Channel and `ts` of a message, from [`remote`] or from its Message-ID.
pub fn place_of(id: &str) -> Option<(&str, &str)> {
    let (channel, ts) = id.strip_prefix(SCHEME).unwrap_or(id).split_once('/')?;
    let sound = |c: char| c.is_ascii_alphanumeric() || c == '.';
    let plain = |text: &str| !text.is_empty() && text.chars().all(sound);
    (plain(channel) && plain(ts)).then_some((channel, ts))
}

/// When a `ts` is: seconds since 1970 and six digits that tell messages apart.
pub fn time_of(ts: &str) -> Option<Timestamp> {
    let (seconds, digits) = ts.split_once('.').unwrap_or((ts, "0"));
    let plain = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if !plain(seconds) || !plain(digits) {
        return None;
    }
    let micros: String = format!("{digits:0<6}").chars().take(6).collect();
    let seconds: i64 = seconds.parse().ok()?;
    let micros: i64 = micros.parse().ok()?;
    Timestamp::from_microsecond(seconds.checked_mul(1_000_000)?.checked_add(micros)?).ok()
}

/// Reads a stored document; what is broken is named in `faults`, what can be read is there.
pub fn parse(raw: &[u8]) -> Parsed {
    let mut parsed = Parsed::default();
    let document: Value = match serde_json::from_slice(raw) {
        Ok(document @ Value::Object(_)) => document,
        _ => {
            parsed.faults.push("not a JSON object".to_owned());
            parsed.text = kept(
                String::from_utf8_lossy(&raw[..raw.len().min(MOST_TEXT)]).into(),
                MOST_TEXT,
            );
            return parsed;
        }
    };
    let message = match document.get("message") {
        Some(message @ Value::Object(_)) => message,
        _ => &document,
    };
    envelope(&mut parsed, &document, message);
    if is_deleted(message) {
        parsed.faults.push("deleted".to_owned());
        return parsed;
    }
    let names = document.get("names").unwrap_or(&Value::Null);
    parsed.text = kept(text::text_of(message, names), MOST_TEXT);
    parsed.attachments = files::attachments(message);
    parsed.has_link = mime::has_link(&parsed.text);
    parsed
}

/// Everything but text and attachments.
fn envelope(parsed: &mut Parsed, document: &Value, message: &Value) {
    let about = document.get("channel").unwrap_or(&Value::Null);
    let channel = text(about, "id");
    let ts = text(message, "ts");
    match (channel, ts) {
        (Some(channel), Some(ts)) => {
            parsed.message_id = Some(address(&remote(channel, ts)));
            let thread = text(message, "thread_ts").filter(|thread| *thread != ts);
            let thread = thread.map(|thread| address(&remote(channel, thread)));
            if about.get("direct").and_then(Value::as_bool) == Some(true) {
                parsed.references.push(address(channel));
            }
            parsed.references.extend(thread.clone());
            parsed.in_reply_to.extend(thread);
        }
        (None, _) => parsed.faults.push("no channel".to_owned()),
        (_, None) => parsed.faults.push("no ts".to_owned()),
    }
    parsed.own = document.get("own").and_then(Value::as_bool) == Some(true);
    match sender(document, message) {
        Some(sender) => parsed.from.push(sender),
        None => parsed.faults.push("no sender".to_owned()),
    }
    let title = text(about, "name");
    parsed
        .to
        .extend(channel.map(|id| Address::new(title, &address(id))));
    parsed.subject = title.map(clean::line).unwrap_or_default();
    parsed
        .subject
        .truncate(floor(&parsed.subject, LONGEST_SUBJECT));
    parsed.sent_at = ts.and_then(time_of);
    if ts.is_some() && parsed.sent_at.is_none() {
        parsed.faults.push("unreadable ts".to_owned());
    }
    let payload = message.get("metadata").and_then(|m| m.get("event_payload"));
    let own_id = payload.and_then(|payload| text(payload, "id"));
    let ours = message
        .get("metadata")
        .and_then(|m| text(m, "event_type"))
        .is_some_and(|kind| kind == "comms_send");
    parsed.comms_id = own_id.filter(|_| ours).map(str::to_owned);
}

fn sender(document: &Value, message: &Value) -> Option<Address> {
    let profile = |key: &str, name: &str| {
        let profile = message.get(key)?;
        text(profile, name).map(str::to_owned)
    };
    let user = text(message, "user");
    let known = user.and_then(|user| text(document.get("names")?, user));
    let name = known
        .map(str::to_owned)
        .or_else(|| text(message, "username").map(str::to_owned))
        .or_else(|| profile("user_profile", "display_name"))
        .or_else(|| profile("user_profile", "real_name"))
        .or_else(|| profile("bot_profile", "name"));
    let id = user.or_else(|| text(message, "bot_id"));
    match (id, name) {
        (None, None) => None,
        (id, name) => Some(Address::new(
            name.as_deref(),
            &id.map(address).unwrap_or_default(),
        )),
    }
}

#[cfg(test)]
mod tests;
