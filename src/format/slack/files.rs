//! Files of a Slack message: what they are called, and where their bytes are.

use serde_json::Value;

use super::text;
use crate::format::clean;
use crate::model::message::Attachment;

/// Where the bytes of a file are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// At Slack, for who may see it.
    Slack(String),
    /// Somewhere else; Slack only knows the address.
    Elsewhere(String),
    /// Deleted, or hidden by the workspace's plan.
    Gone,
}

pub fn attachments(message: &Value) -> Vec<Attachment> {
    files(message)
        .enumerate()
        .map(|(n, file)| {
            let name = text(file, "name").or_else(|| text(file, "title"));
            let name = name.filter(|n| !clean::line(n).trim().is_empty());
            let media_type = text(file, "mimetype").unwrap_or("application/octet-stream");
            Attachment {
                number: n + 1,
                name: clean::file_name(name.unwrap_or(&format!("file-{}", n + 1))),
                media_type: clean::line(media_type).to_lowercase(),
                size_bytes: file.get("size").and_then(Value::as_u64).unwrap_or(0),
                inline: false,
                content_id: None,
            }
        })
        .collect()
}

/// Where file `number` (from 1) of a stored document is.
pub fn attachment_source(raw: &[u8], number: usize) -> Option<Source> {
    let message = super::message_of(raw);
    let file = files(&message).nth(number.checked_sub(1)?)?;
    let gone = ["tombstone", "hidden_by_limit"];
    if text(file, "mode").is_some_and(|mode| gone.contains(&mode)) {
        return Some(Source::Gone);
    }
    let private = text(file, "url_private_download").or_else(|| text(file, "url_private"));
    let external = file.get("is_external").and_then(Value::as_bool) == Some(true);
    Some(match private {
        None => Source::Gone,
        Some(url) if external => Source::Elsewhere(url.to_owned()),
        Some(url) => Source::Slack(url.to_owned()),
    })
}

/// What Slack calls the files of a stored document, in their order.
pub fn file_ids(raw: &[u8]) -> Vec<String> {
    let message = super::message_of(raw);
    let ids = files(&message).filter_map(|file| text(file, "id"));
    ids.map(str::to_owned).collect()
}

fn files(message: &Value) -> impl Iterator<Item = &Value> {
    let files = message.get("files").and_then(Value::as_array);
    files.into_iter().flatten()
}
