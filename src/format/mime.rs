//! Raw RFC 5322 bytes to [`Parsed`], and the bytes of single parts. Never fails, never panics.

use jiff::Timestamp;
use mail_parser::{Address as Found, HeaderValue, Message, MessageParser, MimeHeaders, PartType};

use crate::model::address::Address;
use crate::model::message::{Attachment, Parsed};

/// Reads a message; what is broken is named in `faults`, what can be read is there.
pub fn parse(raw: &[u8]) -> Parsed {
    let mut parsed = Parsed::default();
    let Some(message) = MessageParser::default().parse(raw) else {
        parsed.faults.push("no header".to_owned());
        parsed.text = String::from_utf8_lossy(raw).into_owned();
        return parsed;
    };
    parsed.message_id = message.message_id().map(str::to_owned);
    parsed.references = list(message.references());
    parsed.in_reply_to = list(message.in_reply_to());
    parsed.sent_at = message
        .date()
        .filter(|d| d.is_valid())
        .and_then(|d| Timestamp::from_second(d.to_timestamp()).ok());
    parsed.from = addresses(message.from());
    parsed.reply_to = addresses(message.reply_to());
    parsed.to = addresses(message.to());
    parsed.cc = addresses(message.cc());
    parsed.bcc = addresses(message.bcc());
    parsed.subject = message.subject().unwrap_or_default().to_owned();
    parsed.comms_id = match message.header("X-Comms-Id") {
        Some(HeaderValue::Text(t)) => Some(t.trim().to_owned()),
        _ => None,
    };
    let body = body(raw);
    parsed.text = body.text.unwrap_or_else(|| {
        mail_parser::decoders::html::html_to_text(body.html.as_deref().unwrap_or_default())
    });
    parsed.has_link = parsed.text.contains("http://") || parsed.text.contains("https://");
    parsed.attachments = parts(&message).into_iter().map(|(a, _)| a).collect();
    parsed
}

/// The readable body for a person: text and, where the message has one, its HTML.
#[derive(Debug, Default)]
pub struct Body {
    /// Plain text as sent; `None` if the message has only HTML.
    pub text: Option<String>,
    /// Decoded HTML as sent.
    pub html: Option<String>,
}

/// The bodies of a message.
pub fn body(raw: &[u8]) -> Body {
    let Some(message) = MessageParser::default().parse(raw) else {
        return Body::default();
    };
    let mut body = Body::default();
    for part in message.text_bodies() {
        if let PartType::Text(t) = &part.body {
            body.text.get_or_insert_default().push_str(t);
        }
    }
    for part in message.html_bodies() {
        if let PartType::Html(t) = &part.body {
            body.html.get_or_insert_default().push_str(t);
        }
    }
    body
}

/// Decoded bytes of attachment `number` (from 1, as in [`Parsed::attachments`]).
pub fn attachment(raw: &[u8], number: usize) -> Option<(Attachment, Vec<u8>)> {
    let message = MessageParser::default().parse(raw)?;
    parts(&message).into_iter().nth(number.checked_sub(1)?)
}

/// All header fields in order, decoded, for `inbox show --headers`.
pub fn headers(raw: &[u8]) -> Vec<(String, String)> {
    MessageParser::default()
        .parse_headers(raw)
        .map(|m| {
            m.headers_raw()
                .map(|(n, v)| (n.to_owned(), v.trim().to_owned()))
                .collect()
        })
        .unwrap_or_default()
}

fn parts(message: &Message<'_>) -> Vec<(Attachment, Vec<u8>)> {
    message
        .attachments()
        .enumerate()
        .map(|(n, part)| {
            let bytes = part.contents().to_vec();
            let media_type = part
                .content_type()
                .map_or("application/octet-stream".into(), |t| {
                    format!("{}/{}", t.ctype(), t.subtype().unwrap_or("octet-stream"))
                });
            let attachment = Attachment {
                number: n + 1,
                name: super::clean::file_name(part.attachment_name().unwrap_or("attachment")),
                media_type,
                size_bytes: bytes.len() as u64,
                inline: part.content_id().is_some(),
                content_id: part.content_id().map(str::to_owned),
            };
            (attachment, bytes)
        })
        .collect()
}

fn list(value: &HeaderValue<'_>) -> Vec<String> {
    match value {
        HeaderValue::Text(t) => vec![t.to_string()],
        HeaderValue::TextList(l) => l.iter().map(|t| t.to_string()).collect(),
        _ => Vec::new(),
    }
}

fn addresses(found: Option<&Found<'_>>) -> Vec<Address> {
    found
        .map(|f| {
            f.iter()
                .map(|a| Address::new(a.name.as_deref(), a.address.as_deref().unwrap_or_default()))
                .collect()
        })
        .unwrap_or_default()
}
