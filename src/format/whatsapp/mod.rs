//! WhatsApp: what its webhooks bring to [`Parsed`], its dialect, and texts cut into messages.
//!
//! What the store keeps of a message is one JSON document: `{"message": {…}, "contact": {…}, "metadata": {…}}` for one
//! that came in, all three as the webhook gave them, and `{"message": {…}, "metadata": {…}, "to": "…", "text": "…",
//! "own_id": "…"}` for one that went out. Never fails.

pub mod card;
pub mod compose;
mod dialect;
mod media;
mod said;
pub mod template;

pub use dialect::{chunks, from_markdown, from_plain};
pub use media::{MediaKind, kind_for, kind_of, media_id};
pub use said::{contact_line, text_of};

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{clean, mime};
use crate::format::cut::kept;
use crate::format::json::text;
use crate::model::address::Address;
use crate::model::message::Parsed;

/// Bytes of text that are kept for search.
const MOST_TEXT: usize = 1_000_000;

/// What addresses of WhatsApp begin with.
pub const SCHEME: &str = "whatsapp:";

/// The document of a message that came in; `contact` is the sender's entry among the webhook's contacts.
pub fn document(message: &Value, contact: Option<&Value>, metadata: &Value) -> Vec<u8> {
    let mut document = json!({ "message": message });
    if let Some(contact) = contact {
        document["contact"] = contact.clone();
    }
    document["metadata"] = metadata.clone();
    document.to_string().into_bytes()
}

/// A message of ours that WhatsApp took.
pub struct Own<'a> {
    /// `wamid.…`.
    pub id: &'a str,
    /// As it was sent.
    pub request: &'a Value,
    /// The id of the account's number, and the number if it is known.
    pub number: (&'a str, Option<&'a str>),
    /// The recipient's address.
    pub to: &'a str,
    /// What a person reads of it.
    pub text: &'a str,
    /// The outbox item's own id.
    pub own_id: &'a str,
    pub at: Timestamp,
}

/// The document of a message that went out.
pub fn own_document(own: &Own<'_>) -> Vec<u8> {
    let mut message = own.request.clone();
    if let Some(fields) = message.as_object_mut() {
        fields.remove("messaging_product");
        fields.remove("biz_opaque_callback_data");
    }
    message["id"] = own.id.into();
    message["timestamp"] = own.at.as_second().to_string().into();
    let (id, number) = own.number;
    let mut metadata = json!({ "phone_number_id": id });
    if let Some(number) = number {
        metadata["display_phone_number"] = number.into();
    }
    json!({
        "message": message, "metadata": metadata, "to": own.to, "text": own.text, "own_id": own.own_id,
    })
    .to_string()
    .into_bytes()
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
    let message = document.get("message").unwrap_or(&document);
    envelope(&mut parsed, &document, message);
    if let Some(how) = text(&document, "deleted") {
        parsed.faults.push(how.to_owned());
        return parsed;
    }
    let own = text(&document, "text").map(str::to_owned);
    parsed.text = kept(own.unwrap_or_else(|| said::text_of(message)), MOST_TEXT);
    parsed.attachments = media::attachments(message);
    parsed.has_link = mime::has_link(&parsed.text);
    parsed
}

fn envelope(parsed: &mut Parsed, document: &Value, message: &Value) {
    match text(message, "id") {
        Some(id) => parsed.message_id = Some(id.to_owned()),
        None => parsed.faults.push("no id".to_owned()),
    }
    let answered = match message.get("reaction") {
        Some(reaction) => text(reaction, "message_id"),
        None => message.get("context").and_then(context_id),
    };
    parsed.in_reply_to.extend(answered.map(str::to_owned));
    parsed.comms_id = text(document, "own_id").map(str::to_owned);
    let seconds = text(message, "timestamp").and_then(|t| t.parse().ok());
    parsed.sent_at = seconds.and_then(|s| Timestamp::from_second(s).ok());
    if parsed.sent_at.is_none() {
        parsed.faults.push("no timestamp".to_owned());
    }
    let business = business(document);
    let others = customers(document, message);
    if others.is_empty() {
        parsed.faults.push("no sender".to_owned());
    }
    // One conversation per pair, whichever of its names the customer goes by.
    let phone = document
        .get("metadata")
        .and_then(|m| text(m, "phone_number_id"));
    let us = phone.or(business.as_ref().map(|b| b.email.as_str()));
    let group =
        text(message, "group_id").map(|id| vec![Address::new(None, &format!("{SCHEME}{id}"))]);
    let ends = group.as_ref().unwrap_or(&others);
    let thread = |end: &Address| thread_of(us.unwrap_or_default(), &end.email);
    parsed.references = ends.iter().map(thread).collect();
    let other = others.into_iter().next();
    let to = group.and_then(|mut g| g.pop());
    if is_own(document) {
        parsed.from.extend(business);
        parsed.to.extend(to.or(other));
    } else {
        parsed.from.extend(other);
        parsed.to.extend(to.or(business));
    }
}

/// What all messages between two addresses have as their reference.
pub fn thread_of(us: &str, them: &str) -> String {
    format!("{us}/{them}")
}

/// Whether the account wrote it.
fn is_own(document: &Value) -> bool {
    text(document, "to").is_some() || document.get("echo").is_some_and(|e| e == true)
}

fn business(document: &Value) -> Option<Address> {
    let metadata = document.get("metadata")?;
    let number = text(metadata, "display_phone_number");
    let number = number.or_else(|| text(metadata, "phone_number_id"))?;
    Some(Address::new(None, &address(number)))
}

/// The customer by each name that is known: the number first, then the id within the business.
fn customers(document: &Value, message: &Value) -> Vec<Address> {
    if let Some(to) = text(document, "to") {
        return vec![Address::new(None, to)];
    }
    let contact = document.get("contact").unwrap_or(&Value::Null);
    let echo = document.get("echo").is_some_and(|e| e == true);
    let (number, id) = match echo {
        true => (text(message, "to"), text(message, "to_user_id")),
        false => (text(message, "from"), text(message, "from_user_id")),
    };
    let number = number.or_else(|| text(contact, "wa_id"));
    let id = id.or_else(|| text(contact, "user_id"));
    let profile = contact.get("profile").unwrap_or(&Value::Null);
    let name = text(profile, "name").or_else(|| text(profile, "username"));
    let name = name.map(clean::line);
    [number, id]
        .into_iter()
        .flatten()
        .map(|who| Address::new(name.as_deref(), &address(who)))
        .collect()
}

/// `whatsapp:+14155550100` of a number however it is written, `whatsapp:US.abc` of an id within the business.
pub fn address(who: &str) -> String {
    let number = who.trim().strip_prefix('+').unwrap_or(who.trim());
    let digits: String = number
        .chars()
        .filter(|c| !" -().\u{a0}".contains(*c))
        .collect();
    if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) {
        return format!("{SCHEME}+{digits}");
    }
    format!("{SCHEME}{}", who.trim())
}

/// How a request names an address: a number in digits as `to`, an id within the business as `recipient`.
pub fn recipient(address: &str) -> (&'static str, &str) {
    let who = address.strip_prefix(SCHEME).unwrap_or(address);
    match who.strip_prefix('+') {
        Some(digits) => ("to", digits),
        None if who.bytes().all(|b| b.is_ascii_digit()) => ("to", who),
        None => ("recipient", who),
    }
}

/// The document of a message with what its sender made of it later; `None` if it is no document.
///
/// Events come in any order: an edit older than the one that was taken over changes nothing, nor does one of a message
/// that was taken back.
pub fn edited(before: &[u8], told: &Value) -> Option<Vec<u8>> {
    let mut document: Value = serde_json::from_slice(before).ok()?;
    let (told, before_it) = (told.get("message")?, document.get("message")?);
    let now = told.get("edit")?.get("message")?.as_object()?;
    let at = seconds(told);
    let last = document.get(EDITED).and_then(Value::as_i64);
    // An edit may have come before what it changed.
    let last = last.or_else(|| seconds(before_it).filter(|_| before_it.get("edit").is_some()));
    if document.get("deleted").is_some() || last > at {
        return Some(before.to_vec());
    }
    document.as_object_mut()?.insert(EDITED.into(), at.into());
    let message = document.get_mut("message")?.as_object_mut()?;
    let old = message
        .get("type")
        .and_then(Value::as_str)
        .map(str::to_owned);
    if let Some(old) = old {
        message.remove(&old);
    }
    for (key, value) in now {
        if !matches!(key.as_str(), "id" | "timestamp" | "from" | "context") {
            message.insert(key.clone(), value.clone());
        }
    }
    Some(document.to_string().into_bytes())
}

/// The document of a message that its sender took back: who and when, and nothing of what it said.
pub fn deleted(before: &[u8]) -> Option<Vec<u8>> {
    const KEPT: [&str; 8] = [
        "id",
        "timestamp",
        "from",
        "from_user_id",
        "to",
        "to_user_id",
        "group_id",
        "context",
    ];
    let mut document: Value = serde_json::from_slice(before).ok()?;
    let fields = document.as_object_mut()?;
    fields.remove("text");
    fields.insert("deleted".into(), "deleted by its author".into());
    let message = fields.get_mut("message")?.as_object_mut()?;
    message.retain(|key, _| KEPT.contains(&key.as_str()));
    Some(document.to_string().into_bytes())
}

/// When the edit was made that the document shows, in seconds.
const EDITED: &str = "edited_at";

/// When a message was made, in seconds.
fn seconds(message: &Value) -> Option<i64> {
    text(message, "timestamp")?.parse().ok()
}

fn context_id(context: &Value) -> Option<&str> {
    text(context, "id").or_else(|| text(context, "message_id"))
}

#[cfg(test)]
mod tests;
