//! A message as the API tells it, in each of its formats.

use std::collections::BTreeMap;

use mail_parser::{Message, MessageParser, MimeHeaders, PartType};
use serde_json::{Value, json};

use super::super::Request;
use super::super::wire::Refusal;
use super::{Mail, Mailbox, base64url};

/// The message in the format that was asked for.
pub fn message(mailbox: &mut Mailbox, mail: &Mail, request: &Request) -> Result<Value, Refusal> {
    let mut json = brief(mail);
    json["snippet"] = json!(snippet(mail));
    json["historyId"] = json!(mail.history_id.to_string());
    json["internalDate"] = json!(mail.internal_date.to_string());
    json["sizeEstimate"] = json!(mail.raw.len());
    let parsed = MessageParser::default().parse(&mail.raw);
    match (request.param("format").unwrap_or("full"), parsed) {
        ("minimal", _) => {}
        ("raw", _) => json["raw"] = json!(base64url(&mail.raw)),
        ("metadata", Some(parsed)) => {
            let wanted: Vec<_> = request.params("metadataHeaders").collect();
            json["payload"] = json!({
                "mimeType": mime_type(&parsed, 0),
                "headers": headers(&parsed, 0, &wanted),
            });
        }
        ("full", Some(parsed)) => {
            let mut tokens = BTreeMap::new();
            mailbox.given += 1;
            json["payload"] = part(&parsed, 0, "", &mut |at| {
                let token = format!("ANGjdJ{:06x}{at:04x}", mailbox.given);
                tokens.insert(token.clone(), (mail.id.clone(), at));
                token
            });
            mailbox.attachments.extend(tokens);
        }
        ("metadata" | "full", None) => {}
        (other, _) => {
            return Err(Refusal::invalid(format!(
                "Invalid value for format: {other}"
            )));
        }
    }
    Ok(json)
}

/// Ids and labels only.
pub fn brief(mail: &Mail) -> Value {
    let mut json = json!({"id": mail.id, "threadId": mail.thread});
    if !mail.labels.is_empty() {
        json["labelIds"] = json!(mail.labels);
    }
    json
}

/// The beginning of the text, escaped for HTML.
pub fn snippet(mail: &Mail) -> String {
    let parsed = MessageParser::default().parse(&mail.raw);
    let text = parsed
        .and_then(|p| p.body_text(0).map(|t| t.into_owned()))
        .unwrap_or_default();
    let text: String = text
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .chars()
        .take(200)
        .collect();
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('\'', "&#39;")
        .replace('"', "&quot;")
}

/// The bytes of one part.
pub fn attachment(mail: &Mail, at: usize) -> Vec<u8> {
    let parsed = MessageParser::default().parse(&mail.raw);
    parsed
        .and_then(|p| p.parts.get(at).map(|p| p.contents().to_vec()))
        .unwrap_or_default()
}

fn part(
    message: &Message<'_>,
    at: usize,
    id: &str,
    token: &mut dyn FnMut(usize) -> String,
) -> Value {
    let here = &message.parts[at];
    let name = here.attachment_name().unwrap_or_default();
    let mut json = json!({
        "partId": id, "mimeType": mime_type(message, at), "filename": name, "headers": headers(message, at, &[]),
    });
    match &here.body {
        PartType::Multipart(children) => {
            json["body"] = json!({"size": 0});
            let parts = children.iter().enumerate().map(|(n, child)| {
                let id = if id.is_empty() {
                    n.to_string()
                } else {
                    format!("{id}.{n}")
                };
                part(message, *child as usize, &id, token)
            });
            json["parts"] = parts.collect();
        }
        _ if !name.is_empty() => {
            json["body"] = json!({"size": here.contents().len(), "attachmentId": token(at)});
        }
        _ => {
            json["body"] =
                json!({"size": here.contents().len(), "data": base64url(here.contents())})
        }
    }
    json
}

fn mime_type(message: &Message<'_>, at: usize) -> String {
    message.parts[at].content_type().map_or_else(
        || "text/plain".to_owned(),
        |t| format!("{}/{}", t.ctype(), t.subtype().unwrap_or("plain")),
    )
}

fn headers(message: &Message<'_>, at: usize, wanted: &[&str]) -> Vec<Value> {
    message.parts[at]
        .headers
        .iter()
        .filter(|h| wanted.is_empty() || wanted.iter().any(|w| w.eq_ignore_ascii_case(h.name())))
        .map(|h| {
            let value = &message.raw_message[h.offset_start() as usize..h.offset_end() as usize];
            let value = String::from_utf8_lossy(value)
                .replace("\r\n", "")
                .replace('\n', "");
            json!({"name": h.name(), "value": value.trim()})
        })
        .collect()
}
