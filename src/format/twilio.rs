//! SMS and MMS as Twilio keeps them: its `Message` resource to [`Parsed`], and what a text becomes on its way out.
//!
//! What the store keeps of a message is one JSON document, `{"message": {…}, "media": [{…}]}`: the message as the API
//! gives it, and beside it what is known of its media, which the message itself only counts. Never fails.

use std::borrow::Cow;

use jiff::Timestamp;
use jiff::fmt::rfc2822;
use serde_json::{Value, json};

use super::{clean, mime, sms};
use crate::format::cut::floor;
use crate::format::json::text;
use crate::model::address::Address;
use crate::model::message::{Attachment, Parsed};
use crate::model::money::Money;

/// Bytes of text that are kept for search; Twilio's own limit is far below.
const MOST_TEXT: usize = 100_000;

/// The document that is stored for a message.
pub fn document(message: &Value, media: &[Value]) -> Value {
    json!({ "message": message, "media": media })
}

/// Reads a stored document or a bare `Message` resource; what is broken is named in `faults`, what can be read is there.
pub fn parse(raw: &[u8]) -> Parsed {
    let mut parsed = Parsed::default();
    let document: Value = match serde_json::from_slice(raw) {
        Ok(document @ Value::Object(_)) => document,
        _ => {
            parsed.faults.push("not a JSON object".to_owned());
            return parsed;
        }
    };
    let message = match document.get("message") {
        Some(message @ Value::Object(_)) => message,
        _ => &document,
    };
    match text(message, "sid") {
        Some(sid) => parsed.message_id = Some(message_id(sid)),
        None => parsed.faults.push("no sid".to_owned()),
    }
    let from = text(message, "from").map(address);
    let to = text(message, "to").map(address);
    let other = if is_inbound(message) { &from } else { &to };
    if let Some(other) = other {
        let account = text(message, "account_sid").unwrap_or_default();
        parsed.references.push(thread(account, other));
    }
    for (address, people, name) in [
        (&from, &mut parsed.from, "no sender"),
        (&to, &mut parsed.to, "no recipient"),
    ] {
        match address {
            Some(address) => people.push(Address::new(None, address)),
            None => parsed.faults.push(name.to_owned()),
        }
    }
    parsed.sent_at = at(message);
    if parsed.sent_at.is_none() {
        parsed.faults.push("no readable date".to_owned());
    }
    let body = message.get("body").and_then(Value::as_str);
    let mut body = body.unwrap_or_default().to_owned();
    body.truncate(floor(&body, MOST_TEXT));
    parsed.has_link = mime::has_link(&body);
    parsed.text = body;
    parsed.attachments = attachments(&document, message);
    if let Some(trouble) = trouble(message) {
        parsed.faults.push(trouble);
    }
    parsed
}

/// The id of a message among those of all channels.
pub fn message_id(sid: &str) -> String {
    format!("twilio:{sid}")
}

/// What stands for a number in `from` and `to`: `sms:+14155550100`; other channels of Twilio's keep their own prefix.
pub fn address(number: &str) -> String {
    match number.split_once(':') {
        Some(_) => number.to_owned(),
        None => format!("sms:{number}"),
    }
}

/// A number as Twilio wants it, of an address.
pub fn number(address: &str) -> &str {
    address.strip_prefix("sms:").unwrap_or(address)
}

/// The conversation of an account with someone, whoever writes and whatever number it is written from.
fn thread(account: &str, other: &str) -> String {
    format!("twilio:{account}/{}", number(other))
}

/// Who a message is between: the account's own number, if it is known, and the other.
pub fn parties(message: &Parsed) -> Option<(Option<&Address>, &Address)> {
    let (_, other) = message.references.first()?.rsplit_once('/')?;
    let is_other = |a: &&Address| number(&a.email) == other;
    let people = || message.from.iter().chain(&message.to);
    let other = people().find(is_other)?;
    Some((people().find(|a| !is_other(a)), other))
}

/// Whether someone wrote it to the account.
pub fn is_inbound(message: &Value) -> bool {
    text(message, "direction") == Some("inbound")
}

/// When it was sent, or at least written down.
pub fn at(message: &Value) -> Option<Timestamp> {
    ["date_sent", "date_created"]
        .iter()
        .find_map(|key| time(message, key))
}

/// A date of Twilio's (RFC 2822).
pub fn time(message: &Value, key: &str) -> Option<Timestamp> {
    let parsed = rfc2822::parse(text(message, key)?.trim()).ok()?;
    Some(parsed.timestamp())
}

/// How many media it has; Twilio writes numbers as strings.
pub fn count(message: &Value, key: &str) -> Option<u32> {
    match message.get(key)? {
        Value::String(text) => text.trim().parse().ok(),
        Value::Number(n) => n.as_u64().and_then(|n| u32::try_from(n).ok()),
        _ => None,
    }
}

/// What it cost, once Twilio says so: a negative amount there, a positive one here.
pub fn price(message: &Value) -> Option<Money> {
    let unit = text(message, "price_unit")?;
    let amount = match message.get("price")? {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(n) => n.to_string(),
        _ => return None,
    };
    let amount = amount.trim_start_matches('-');
    format!("{amount} {}", unit.to_ascii_uppercase())
        .parse()
        .ok()
}

/// The number of what went wrong.
pub fn error_code(message: &Value) -> Option<u32> {
    count(message, "error_code").filter(|code| *code != 0)
}

/// Why it did not arrive, for who reads it.
fn trouble(message: &Value) -> Option<String> {
    let status = text(message, "status")?;
    let said = match status {
        "failed" | "undelivered" => status,
        "canceled" => "cancelled",
        _ => return None,
    };
    Some(match error_code(message) {
        Some(code) => format!("{said} (Twilio {code})"),
        None => said.to_owned(),
    })
}

fn attachments(document: &Value, message: &Value) -> Vec<Attachment> {
    let known = document.get("media").and_then(Value::as_array);
    let known = known.map(Vec::as_slice).unwrap_or_default();
    let counted = count(message, "num_media").unwrap_or(0).min(100);
    let all = known.len().max(usize::try_from(counted).unwrap_or(0));
    (0..all)
        .map(|n| {
            let media_type = known.get(n).and_then(|m| text(m, "content_type"));
            let media_type = clean::line(media_type.unwrap_or("application/octet-stream"));
            let media_type = media_type.trim().to_lowercase();
            let end = extension(&media_type);
            Attachment {
                number: n + 1,
                name: clean::file_name(&format!("media-{}.{end}", n + 1)),
                media_type,
                // The API does not tell.
                size_bytes: 0,
                inline: false,
                content_id: None,
            }
        })
        .collect()
}

/// How a file of this type is usually called: the types that phones send.
fn extension(media_type: &str) -> &'static str {
    match media_type {
        "image/jpeg" | "image/jpg" => "jpg",
        "image/png" => "png",
        "image/gif" => "gif",
        "image/webp" => "webp",
        "image/heic" => "heic",
        "audio/amr" => "amr",
        "audio/mpeg" => "mp3",
        "audio/mp4" | "audio/m4a" => "m4a",
        "audio/ogg" => "ogg",
        "video/mp4" => "mp4",
        "video/3gpp" => "3gp",
        "video/quicktime" => "mov",
        "text/vcard" | "text/x-vcard" => "vcf",
        "text/calendar" => "ics",
        "text/plain" => "txt",
        "application/pdf" => "pdf",
        "application/smil" => "smil",
        _ => "bin",
    }
}

/// Where the bytes of attachment `number` (from 1) are: the ids of its message and, where it is known, its own.
pub fn attachment_source(raw: &[u8], number: usize) -> Option<(String, Option<String>)> {
    let document: Value = serde_json::from_slice(raw).ok()?;
    let message = document.get("message").unwrap_or(&document);
    let medium = document
        .get("media")
        .and_then(|all| all.get(number.checked_sub(1)?));
    let sid = medium.and_then(|m| text(m, "sid")).map(str::to_owned);
    Some((text(message, "sid")?.to_owned(), sid))
}

/// A text as it leaves: look-alikes in GSM-7 if that is wanted, lines without the spaces at their ends.
pub fn outgoing(text: &str, smart: bool) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let text = text.trim_end();
    match smart {
        true => sms::smart(text).into_owned(),
        false => text.to_owned(),
    }
}

/// Whether a text that Twilio has is one that was sent: it may write look-alikes plainly, and puts a line of its own
/// before what a trial account sends.
pub fn is_same(theirs: &str, ours: &str) -> bool {
    let plain = |text: &str| -> String {
        let text: Cow<'_, str> = sms::smart(text);
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let (theirs, ours) = (plain(theirs), plain(ours));
    let behind = theirs.strip_prefix(TRIAL).map(str::trim_start);
    theirs == ours || behind.is_some_and(|behind| behind == ours)
}

const TRIAL: &str = "Sent from your Twilio trial account -";

#[cfg(test)]
mod tests;
