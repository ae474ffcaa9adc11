//! Google Chat: its `Message` resource to [`Parsed`], Markdown to its dialect, and texts cut into messages.
//!
//! What the store keeps of a Chat message is one JSON document, `{"space": {…}, "owner": "…", "message": {…}}`: the
//! message as the API gave it, its space beside it because the message itself names it by id only, and the address of
//! the account where its owner wrote the message. Never fails.

mod cards;
mod plain;

mod dialect;

pub use super::chunk::chunks;
pub use super::dialect::Mentions;
pub use super::mention::name_people;
pub use dialect::{from_markdown, from_plain, mentions, without_mentions};

use serde_json::{Map, Value};

use super::{clean, mime};
use crate::format::cut::{floor, kept};
use crate::format::json::text;
use crate::model::address::Address;
use crate::model::message::{Attachment, Parsed};

/// Bytes of text that are kept for search.
const MOST_TEXT: usize = 1_000_000;
/// Longest subject, in bytes.
const LONGEST_SUBJECT: usize = 4_000;

/// The document that is stored for a message; `space` needs `name` and `displayName` only, `owner` is the address
/// of the account if its owner wrote the message.
pub fn document(space: &Value, owner: Option<&str>, message: &Value) -> Vec<u8> {
    let mut document = Map::new();
    document.insert("space".into(), space.clone());
    if let Some(owner) = owner {
        document.insert("owner".into(), owner.into());
    }
    document.insert("message".into(), message.clone());
    Value::Object(document).to_string().into_bytes()
}

/// A message as it is stored once it was deleted: who wrote it, when and where, and who deleted it.
pub fn deleted(before: &Value, now: &Value) -> Value {
    const KEPT: [&str; 7] = [
        "name",
        "sender",
        "createTime",
        "thread",
        "threadReply",
        "space",
        "clientAssignedMessageId",
    ];
    let mut left = Map::new();
    for key in KEPT {
        if let Some(value) = now.get(key).or_else(|| before.get(key)) {
            left.insert(key.into(), value.clone());
        }
    }
    let time = now.get("deleteTime").or_else(|| before.get("deleteTime"));
    left.insert("deleteTime".into(), time.cloned().unwrap_or_default());
    let how = now.get("deletionMetadata");
    let how = how.or_else(|| before.get("deletionMetadata")).cloned();
    left.insert(
        "deletionMetadata".into(),
        how.unwrap_or(Value::Object(Map::new())),
    );
    Value::Object(left)
}

/// The address of a space: what `from` and `to` of its messages and an outbox item's recipient say.
pub fn space_address(resource: &str) -> String {
    format!("chat:{resource}")
}

/// Reads a stored document or a bare `Message` resource; what is broken is named in `faults`, what can be read is there.
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
    if let Some(note) = deletion(message) {
        parsed.faults.push(note);
        return parsed;
    }
    parsed.text = kept(plain::text_of(message), MOST_TEXT);
    parsed.attachments = attachments(message);
    parsed.has_link = mime::has_link(&parsed.text) || has_rich_link(message);
    parsed
}

/// Everything but text and attachments.
fn envelope(parsed: &mut Parsed, document: &Value, message: &Value) {
    let name = text(message, "name");
    match name {
        Some(name) => parsed.message_id = Some(name.to_owned()),
        None => parsed.faults.push("no name".to_owned()),
    }
    let thread = message.get("thread").and_then(|t| text(t, "name"));
    parsed.references.extend(thread.map(str::to_owned));
    let quoted = message.get("quotedMessageMetadata");
    let quoted = quoted.and_then(|q| text(q, "name"));
    parsed.in_reply_to.extend(quoted.map(str::to_owned));
    match message.get("sender").and_then(user) {
        Some(mut sender) => {
            if let Some(owner) = text(document, "owner") {
                sender.email = owner.to_owned();
            }
            parsed.from.push(sender);
        }
        None => parsed.faults.push("no sender".to_owned()),
    }
    // The space beside the message knows its name; the one inside it may be an id only.
    let spaces = [document.get("space"), message.get("space")];
    let spaces = spaces.into_iter().flatten();
    let title = spaces.clone().find_map(|s| text(s, "displayName"));
    let space = spaces.into_iter().find_map(|s| text(s, "name"));
    let space = space.or_else(|| name.and_then(space_of));
    if let Some(space) = space {
        let address = space_address(space);
        parsed.to.push(Address::new(title, &address));
    }
    parsed.subject = title.map(clean::line).unwrap_or_default();
    parsed
        .subject
        .truncate(floor(&parsed.subject, LONGEST_SUBJECT));
    let created = text(message, "createTime");
    parsed.sent_at = created.and_then(|t| t.parse().ok());
    if parsed.sent_at.is_none() {
        let fault = match created {
            None => "no createTime",
            Some(_) => "unreadable createTime",
        };
        parsed.faults.push(fault.to_owned());
    }
    let client = text(message, "clientAssignedMessageId");
    parsed.comms_id = client.and_then(own_id).map(str::to_owned);
}

/// The id a message of comms carries: the outbox item's own id and the number of the part (from 1).
pub fn client_id(own_id: &str, part: usize) -> String {
    format!("client-{own_id}-{part}")
}

/// The outbox item's own id in a `clientAssignedMessageId` that comms gave.
fn own_id(client: &str) -> Option<&str> {
    let (own, part) = client.strip_prefix("client-")?.rsplit_once('-')?;
    let number = !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    (number && !own.is_empty()).then_some(own)
}

/// `spaces/AAA` of `spaces/AAA/messages/…`.
pub fn space_of(name: &str) -> Option<&str> {
    let rest = name.strip_prefix("spaces/")?;
    let end = rest.find('/').unwrap_or(rest.len());
    (end > 0).then(|| &name[.."spaces/".len() + end])
}

/// A user as an address: the resource name stands where a mail has its mailbox.
pub fn user(user: &Value) -> Option<Address> {
    let id = text(user, "name");
    let name = text(user, "displayName").or_else(|| text(user, "email"));
    match (id, name) {
        (None, None) => None,
        (id, name) => Some(Address::new(name, id.unwrap_or_default())),
    }
}

/// Who took a deleted message away.
fn deletion(message: &Value) -> Option<String> {
    let how = message.get("deletionMetadata");
    if how.is_none() && text(message, "deleteTime").is_none() {
        return None;
    }
    let by = match how.and_then(|h| text(h, "deletionType")).unwrap_or("") {
        "CREATOR" | "CREATOR_VIA_APP" => "deleted by its author",
        "SPACE_OWNER" | "SPACE_OWNER_VIA_APP" => "deleted by an owner of the space",
        "ADMIN" => "deleted by an administrator",
        "APP_MESSAGE_EXPIRY" => "deleted when its time was over",
        "SPACE_MEMBER" => "deleted by a member of the space",
        _ => "deleted",
    };
    Some(by.to_owned())
}

fn attachments(message: &Value) -> Vec<Attachment> {
    let given = message.get("attachment").and_then(Value::as_array);
    let given = given.into_iter().flatten().enumerate();
    given
        .map(|(n, attachment)| {
            let media_type = text(attachment, "contentType").unwrap_or("application/octet-stream");
            let name =
                text(attachment, "contentName").filter(|n| !clean::line(n).trim().is_empty());
            Attachment {
                number: n + 1,
                name: clean::file_name(name.unwrap_or(&format!("attachment-{}", n + 1))),
                media_type: clean::line(media_type).to_lowercase(),
                // The API does not tell.
                size_bytes: 0,
                inline: false,
                content_id: None,
            }
        })
        .collect()
}

/// Where the bytes of attachment `number` (from 1) are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// Resource name for `media.download`.
    Media(String),
    /// A file in Google Drive, by its id: not Chat's to give.
    Drive(String),
}

/// The source of attachment `number` of a stored document.
pub fn attachment_source(raw: &[u8], number: usize) -> Option<Source> {
    let document: Value = serde_json::from_slice(raw).ok()?;
    let message = document.get("message").unwrap_or(&document);
    let attachment = message.get("attachment")?.get(number.checked_sub(1)?)?;
    let media = attachment.get("attachmentDataRef");
    if let Some(name) = media.and_then(|m| text(m, "resourceName")) {
        return Some(Source::Media(name.to_owned()));
    }
    let drive = attachment.get("driveDataRef");
    drive
        .and_then(|d| text(d, "driveFileId"))
        .map(|id| Source::Drive(id.to_owned()))
}

fn has_rich_link(message: &Value) -> bool {
    let annotations = message.get("annotations").and_then(Value::as_array);
    let rich = annotations
        .into_iter()
        .flatten()
        .any(|a| a.get("richLinkMetadata").is_some());
    rich || ["cardsV2", "cards"]
        .iter()
        .filter_map(|key| message.get(key))
        .any(cards::has_link)
}

#[cfg(test)]
mod tests;
