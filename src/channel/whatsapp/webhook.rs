//! What WhatsApp tells by itself: the handshake, the signature over the raw bytes, one event per message and status.
//!
//! Source: Graph API, Webhooks; Cloud API, Webhooks components, of 2026-08. Statuses come doubled and out of order.

mod read;

pub use read::{WindowNews, read, window};

use reqwest::Url;
use ring::{digest, hmac};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value, json};

use crate::error::{Error, Kind, Result};
use crate::model::receive::{Call, Event, Heard};

/// What is kept of a webhook: Meta sends 3 MB at most (Graph API, Webhooks).
pub const LARGEST: usize = 3 << 20;
const SIGNATURE: &str = "x-hub-signature-256";

/// What the app's settings at Meta hold.
#[derive(Clone, Copy)]
pub struct Secrets<'a> {
    /// Signs what is posted.
    pub app_secret: Option<&'a SecretString>,
    /// Shown by Meta when the address is registered.
    pub verify_token: Option<&'a SecretString>,
}

/// Proves a call and takes it apart. Refused is what is not proven; nothing of it is kept.
pub fn hear(call: &Call<'_>, secrets: Secrets<'_>) -> Result<Heard> {
    if call.method == "GET" {
        return handshake(call.url, secrets.verify_token).map(Heard::Handshake);
    }
    verify(call, secrets.app_secret)?;
    Ok(Heard::Events(events(call.body)))
}

/// What a registration is answered with: its challenge.
fn handshake(url: &str, token: Option<&SecretString>) -> Result<Vec<u8>> {
    let query = url.split_once('?').map_or("", |(_, query)| query);
    let query = Url::parse(&format!("http://localhost/?{query}"))
        .map_err(|e| Error::usage("the query can't be read").because(e))?;
    let value = |name: &str| {
        let mut found = query.query_pairs().filter(|(key, _)| key == name);
        match (found.next(), found.next()) {
            (Some((_, value)), None) => Some(value.into_owned()),
            _ => None,
        }
    };
    let token = token.ok_or_else(|| {
        refused("there is no verify token to compare with")
            .hint("store one: `comms auth login ACCOUNT --part verify-token`")
    })?;
    let (mode, given) = (value("hub.mode"), value("hub.verify_token"));
    let given = given.unwrap_or_default();
    let same = is_same(token.expose_secret().as_bytes(), given.as_bytes());
    match value("hub.challenge") {
        Some(challenge) if mode.as_deref() == Some("subscribe") && same => Ok(challenge.into()),
        _ => Err(refused("the verify token is not ours")),
    }
}

/// Compares in the same time wherever they differ.
fn is_same(ours: &[u8], given: &[u8]) -> bool {
    let key = hmac::Key::new(hmac::HMAC_SHA256, b"verify token");
    let tag = hmac::sign(&key, given);
    !ours.is_empty() && hmac::verify(&key, ours, tag.as_ref()).is_ok()
}

fn verify(call: &Call<'_>, secret: Option<&SecretString>) -> Result<()> {
    let secret =
        secret.ok_or_else(|| refused("there is no app secret to check the signature with"))?;
    let given = call
        .header(SIGNATURE)
        .and_then(|s| s.strip_prefix("sha256="));
    let given = given.and_then(bytes_of_hex);
    let given = given.ok_or_else(|| refused("it is not signed"))?;
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.expose_secret().as_bytes());
    hmac::verify(&key, call.body, &given).map_err(|_| refused("its signature is not Meta's"))
}

fn refused(words: &str) -> Error {
    Error::new(
        Kind::Auth,
        format!("a webhook of WhatsApp was refused: {words}"),
    )
}

fn bytes_of_hex(hex: &str) -> Option<Vec<u8>> {
    if !hex.len().is_multiple_of(2) || !hex.is_ascii() {
        return None;
    }
    let pairs = (0..hex.len()).step_by(2);
    pairs
        .map(|n| u8::from_str_radix(hex.get(n..n + 2)?, 16).ok())
        .collect()
}

/// What a webhook tells, one event for each message and status; whatever is unknown is kept as it came.
pub fn events(body: &[u8]) -> Vec<Event> {
    let Ok(document) = serde_json::from_slice::<Value>(body) else {
        return vec![Event {
            id: format!("raw:{}", fingerprint(body)),
            body: body.to_vec(),
        }];
    };
    let mut events = Vec::new();
    for entry in rows(&document, "entry") {
        for change in rows(entry, "changes") {
            taken_apart(entry, change, &mut events);
        }
    }
    // Not of the usual shape; a proof of life without entries tells nothing.
    if events.is_empty() && document.get("entry").and_then(Value::as_array).is_none() {
        events.push(whole(&document));
    }
    events
}

/// The lists within a change, what one of their rows is called, and what a known one is known by.
const LISTS: [(&str, &str); 4] = [
    ("messages", "message"),
    ("statuses", "status"),
    ("message_echoes", "echo"),
    ("user_preferences", "preference"),
];

fn taken_apart(entry: &Value, change: &Value, events: &mut Vec<Event>) {
    let value = change.get("value").unwrap_or(&Value::Null);
    let mut around = Map::new();
    for (name, found) in [
        ("waba", entry.get("id")),
        ("field", change.get("field")),
        ("metadata", value.get("metadata")),
    ] {
        around.extend(found.map(|found| (name.to_owned(), found.clone())));
    }
    let mut any = false;
    for (list, name) in LISTS {
        for row in rows(value, list) {
            any = true;
            let mut document = around.clone();
            if let Some(contact) = contact_of(value, row) {
                document.insert("contact".into(), contact.clone());
            }
            document.insert(name.into(), row.clone());
            let body = Value::Object(document).to_string().into_bytes();
            let id =
                known_by(name, row).unwrap_or_else(|| format!("{name}:{}", fingerprint(&body)));
            events.push(Event { id, body });
        }
    }
    if !any {
        around.insert("value".into(), value.clone());
        events.push(whole(&Value::Object(around)));
    }
}

fn whole(document: &Value) -> Event {
    let body = document.to_string().into_bytes();
    Event {
        id: format!("raw:{}", fingerprint(&body)),
        body,
    }
}

/// What tells one from its copies: Meta repeats what it thinks was not taken.
fn known_by(name: &str, row: &Value) -> Option<String> {
    let field = |key: &str| {
        row.get(key)
            .and_then(Value::as_str)
            .filter(|s| !s.is_empty())
    };
    match name {
        "status" => Some(format!("status:{}:{}", field("id")?, field("status")?)),
        "preference" => None,
        _ => Some(format!("{name}:{}", field("id")?)),
    }
}

/// The entry of whom a message is from (or to, for an echo), among the contacts beside it.
fn contact_of<'a>(value: &'a Value, row: &Value) -> Option<&'a Value> {
    let mut contacts = rows(value, "contacts");
    let all: Vec<&Value> = contacts.by_ref().collect();
    let ids = [
        "from",
        "from_user_id",
        "to",
        "to_user_id",
        "recipient_id",
        "recipient_user_id",
    ];
    let is = |contact: &&&Value| {
        ids.iter().filter_map(|key| row.get(key)).any(|id| {
            id.is_string()
                && (contact.get("wa_id") == Some(id) || contact.get("user_id") == Some(id))
        })
    };
    let found = all.iter().find(is).copied();
    // Someone whose number is kept from us is the only one there.
    found.or_else(|| (all.len() == 1).then(|| all[0]))
}

fn rows<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    value
        .get(key)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
}

fn fingerprint(bytes: &[u8]) -> String {
    let hash = digest::digest(&digest::SHA256, bytes);
    hash.as_ref()
        .iter()
        .take(16)
        .map(|b| format!("{b:02x}"))
        .collect()
}

/// What goes along with a message and comes back with its statuses: our own id of the item, and the part's number.
pub fn callback_data(own_id: &str, part: usize) -> String {
    json!({ "comms": own_id, "part": part }).to_string()
}

/// Reads it back.
fn own(data: &str) -> Option<(String, usize)> {
    let value: Value = serde_json::from_str(data).ok()?;
    let part = usize::try_from(value.get("part")?.as_u64()?).ok()?;
    Some((value.get("comms")?.as_str()?.to_owned(), part))
}

#[cfg(test)]
mod tests;
