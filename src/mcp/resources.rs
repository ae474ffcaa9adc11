//! Messages, threads and contacts as resources: `comms://threads/t8`.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rmcp::model::{
    ErrorData, ListResourcesResult, ReadResourceResult, Resource, ResourceContents,
    ResourceTemplate,
};
use serde_json::{Value, json};

use crate::error::{Error, Kind, Result};
use crate::format::clean;
use crate::ops::calls::{Answer, AttachmentCall, ContactShowCall, InboxCall, ReadCall, ThreadCall};

use super::fence;
use super::subscriptions::Place;
use super::tools;

/// Threads on a page.
const PAGE: u16 = 50;
/// Bytes of an attachment that goes into an answer: clients hold it in memory, and models read it.
const MOST_BLOB: u64 = 1 << 20;
/// Characters of a subject in a title.
const TITLE: usize = 80;

/// What an address means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    Message(String),
    Thread(String),
    Contact(String),
    Attachment { id: String, number: u32 },
}

impl Target {
    /// `None` for an address that is none of ours.
    pub fn of(uri: &str) -> Option<Target> {
        let (kind, id) = uri.strip_prefix("comms://")?.split_once('/')?;
        let id_of = |letter: char| {
            let number = id.strip_prefix(letter)?;
            let plain = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
            plain.then(|| id.to_owned())
        };
        if let Some((id, number)) = id.split_once("/attachments/") {
            let of = Target::of(&format!("comms://{kind}/{id}"))?;
            let plain = number.bytes().all(|b| b.is_ascii_digit()) && !number.starts_with('0');
            return match of {
                Target::Message(id) if plain => Some(Target::Attachment {
                    id,
                    number: number.parse().ok()?,
                }),
                _ => None,
            };
        }
        match kind {
            "messages" => id_of('m').map(Target::Message),
            "threads" => id_of('t').map(Target::Thread),
            "contacts" => id_of('c').map(Target::Contact),
            _ => None,
        }
    }

    /// The document it stands for.
    pub async fn document(&self, place: &Place) -> Result<Answer> {
        let (pool, caller) = (&place.pool, place.caller.clone());
        match self.clone() {
            Target::Message(id) => pool.call(caller, ReadCall { id }, None).await,
            Target::Thread(id) => pool.call(caller, ThreadCall { id }, None).await,
            Target::Contact(contact) => pool.call(caller, ContactShowCall { contact }, None).await,
            Target::Attachment { id, number } => {
                let call = AttachmentCall {
                    id,
                    number,
                    max_bytes: Some(MOST_BLOB),
                };
                pool.call(caller, call, None).await
            }
        }
    }
}

/// The templates, one for each kind.
pub fn templates() -> Vec<ResourceTemplate> {
    [
        (
            "messages",
            "message",
            "A message",
            "One message by its id, like m17",
        ),
        (
            "threads",
            "thread",
            "A thread",
            "All messages of a thread by its id, like t8",
        ),
        (
            "contacts",
            "contact",
            "A contact",
            "All that is known of a person, like c9",
        ),
    ]
    .map(|(kind, name, title, about)| {
        ResourceTemplate::new(format!("comms://{kind}/{{id}}"), name)
            .with_title(title)
            .with_description(about)
            .with_mime_type("text/plain")
            .with_icons(tools::icons())
    })
    .into_iter()
    .chain([
        ResourceTemplate::new("comms://messages/{id}/attachments/{number}", "attachment")
            .with_title("An attachment")
            .with_description(
                "What is attached to a message, up to 1 MiB: the bytes, which a stranger chose",
            )
            .with_icons(tools::icons()),
    ])
    .collect()
}

/// The newest threads.
pub async fn list(place: &Place, cursor: Option<String>) -> Result<ListResourcesResult, ErrorData> {
    let call = json!({"limit": PAGE, "after": cursor, "freshness": "offline"});
    let call: InboxCall =
        serde_json::from_value(call).map_err(|e| fault(&Error::internal(e.to_string())))?;
    let answer = place.pool.call(place.caller.clone(), call, None).await;
    let document = json_of(&answer.map_err(|e| fault(&e))?)?;
    let threads = document["threads"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    let mut listed =
        ListResourcesResult::with_all_items(threads.iter().filter_map(resource).collect());
    listed.next_cursor = document["next"].as_str().map(str::to_owned);
    Ok(listed)
}

fn resource(thread: &Value) -> Option<Resource> {
    let id = thread["id"].as_str()?;
    let subject = clean::line(thread["newest"]["subject"].as_str().unwrap_or_default());
    let subject: String = subject.chars().take(TITLE).collect();
    let title = match subject.is_empty() {
        true => format!("Thread {id}"),
        false => format!("Thread {id}: \"{subject}\""),
    };
    let about = format!(
        "{} messages, {} unread, in account {}; the title quotes a stranger",
        thread["count"],
        thread["unread"],
        thread["newest"]["account"].as_str().unwrap_or("?")
    );
    Some(
        Resource::new(format!("comms://threads/{id}"), id)
            .with_title(title)
            .with_description(about)
            .with_mime_type("text/plain"),
    )
}

/// Reads one, fenced.
pub async fn read(place: &Place, uri: &str) -> Result<ReadResourceResult, ErrorData> {
    let unknown = || {
        let shown: String = clean::line(uri).chars().take(TITLE).collect();
        ErrorData::resource_not_found(
            format!("there is no resource `{shown}`"),
            Some(json!({"uri": shown})),
        )
    };
    let target = Target::of(uri).ok_or_else(unknown)?;
    let answer = target.document(place).await.map_err(|e| match e.kind {
        Kind::NotFound | Kind::Usage => unknown(),
        // What is too large for this door.
        Kind::Refused => ErrorData::invalid_params(clean::line(&e.message), None),
        _ => fault(&e),
    })?;
    if let Some(bytes) = &answer.bytes {
        let kind = json_of(&answer)?["media_type"].clone();
        let blob = ResourceContents::blob(STANDARD.encode(bytes), uri)
            .with_mime_type(clean::line(kind.as_str().unwrap_or_default()));
        return Ok(ReadResourceResult::new(vec![blob]));
    }
    let text = fence::fenced(&json_of(&answer)?, None).map_err(|e| fault(&e))?;
    Ok(ReadResourceResult::new(vec![ResourceContents::text(
        text, uri,
    )]))
}

/// An answer's document, cleaned.
pub fn json_of(answer: &Answer) -> Result<Value, ErrorData> {
    let document =
        serde_json::from_slice(&answer.json).map_err(|e| fault(&Error::internal(e.to_string())))?;
    Ok(fence::cleaned(document))
}

/// An error where only the protocol's own can be told.
pub fn fault(error: &Error) -> ErrorData {
    let words = clean::line(&error.message);
    match error.kind {
        Kind::Usage | Kind::NotFound => ErrorData::invalid_params(words, None),
        _ => ErrorData::internal_error(words, Some(json!({"code": error.kind.code()}))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_addresses_mean_something() {
        assert_eq!(
            Target::of("comms://messages/m17"),
            Some(Target::Message("m17".into()))
        );
        assert_eq!(
            Target::of("comms://messages/m17/attachments/2"),
            Some(Target::Attachment {
                id: "m17".into(),
                number: 2
            })
        );
        for wrong in [
            "comms://messages/t17",
            "comms://messages/m17/raw",
            "comms://messages/m",
            "comms://contacts/Ada",
            "file:///etc/passwd",
            "comms://messages/m1\u{0}",
            "comms://messages/m1/attachments/",
            "comms://messages/m1/attachments/0",
            "comms://messages/m1/attachments/+1",
            "comms://messages/m1/attachments/1/attachments/1",
            "comms://threads/t1/attachments/1",
        ] {
            assert_eq!(Target::of(wrong), None, "{wrong}");
        }
    }
}
