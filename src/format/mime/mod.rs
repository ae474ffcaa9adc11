//! Raw RFC 5322 bytes to [`Parsed`], and the bytes of single parts. Never fails, never panics, in time linear
//! in the bytes: the parser of every import.

mod address;
pub(in crate::format) mod charset;
mod date;
mod head;
mod param;
mod select;
pub(in crate::format) mod transfer;
mod walk;
mod words;

pub use date::read as read_date;
pub use select::has_link;

use std::ops::ControlFlow;

use crate::format::cut::{floor, kept};
use crate::model::message::{Attachment, Parsed};

use super::{clean, html};
use head::{Head, unfold};
use select::Piece;
use walk::{Disposition, Kind, Part, Tree};

/// Bytes of text that are kept for search.
const MOST_TEXT: usize = 1_000_000;
/// Bytes of one structured field that are read.
const MOST_FIELD: usize = 1_000_000;
/// Header fields that are shown.
const MOST_FIELDS: usize = 10_000;
/// The largest message that is taken in; no provider takes one of this size. It is held in memory as a whole.
pub const LARGEST: usize = 256 << 20;
/// Message-IDs of one References field; the newest are kept.
const MOST_IDS: usize = 1_000;
/// Longest subject, and longest Message-ID (RFC 5322 §2.1.1 allows no longer line).
const LONGEST_SUBJECT: usize = 4_000;
const LONGEST_ID: usize = 998;

/// Reads a message; what is broken is named in `faults`, what can be read is there.
pub fn parse(raw: &[u8]) -> Parsed {
    let mut tree = walk::walk(raw);
    let mut parsed = envelope(&mut tree, raw);
    let selection = select::select(raw, &tree);
    let mut faults = Vec::new();
    for piece in &selection.text {
        let (text, has_link) = match piece {
            Piece::Message(inner) => (summary(&tree.parts[*inner].head), false),
            piece => select::read(raw, &tree, *piece, &mut faults),
        };
        parsed.has_link |= has_link;
        if append(&mut parsed.text, &text).is_break() {
            break;
        }
    }
    if !parsed.has_link {
        // Plain text often leaves out where its HTML twin links to.
        parsed.has_link = selection.rich.iter().any(|piece| {
            matches!(piece, Piece::Html(_))
                && !selection.text.contains(piece)
                && html::has_link(&select::decode(raw, &tree.parts[piece.index()], None).0)
        });
    }
    parsed.attachments = attachments(raw, &tree, &selection.attachments, &mut faults);
    for fault in faults {
        tree.fault(fault);
    }
    if memchr::memchr(0, raw).is_some() {
        tree.fault("NUL bytes");
    }
    if tree.fields > MOST_FIELDS {
        tree.fault(format!("more than {MOST_FIELDS} header fields"));
    }
    parsed.faults = tree.faults;
    parsed
}

/// The readable body for a person: text and, where the message has one, its HTML.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Body {
    /// Plain text as sent; `None` if the message has only HTML.
    pub text: Option<String>,
    /// Decoded HTML as sent.
    pub html: Option<String>,
}

/// The bodies of a message.
pub fn body(raw: &[u8]) -> Body {
    let tree = walk::walk(raw);
    let selection = select::select(raw, &tree);
    let mut body = Body::default();
    for piece in &selection.text {
        match piece {
            Piece::Plain(n) => join(
                &mut body.text,
                &select::decode(raw, &tree.parts[*n], None).0,
            ),
            Piece::Message(n) => join(&mut body.text, &summary(&tree.parts[*n].head)),
            // Text beside a body that is HTML only.
            Piece::Html(_) if body.text.is_some() => {
                join(
                    &mut body.text,
                    &select::read(raw, &tree, *piece, &mut Vec::new()).0,
                );
            }
            Piece::Html(_) => {}
        }
    }
    for piece in &selection.rich {
        if let Piece::Html(n) = piece {
            join(
                &mut body.html,
                &select::decode(raw, &tree.parts[*n], None).0,
            );
        }
    }
    body
}

/// A stretch of the readable text of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Passage {
    Plain(String),
    /// HTML as sent, to be laid out by [`html`].
    Html(String),
}

/// What a person reads, in order; plain text where the sender gave a choice.
pub fn passages(raw: &[u8]) -> Vec<Passage> {
    let tree = walk::walk(raw);
    let selection = select::select(raw, &tree);
    selection
        .text
        .iter()
        .map(|piece| match piece {
            Piece::Message(n) => Passage::Plain(summary(&tree.parts[*n].head)),
            Piece::Plain(n) => {
                Passage::Plain(select::decode(raw, &tree.parts[*n], None).0.into_owned())
            }
            Piece::Html(n) => {
                Passage::Html(select::decode(raw, &tree.parts[*n], None).0.into_owned())
            }
        })
        .collect()
}

/// Decoded bytes of all attachments, in order, the message read only once.
pub fn attachments_of(raw: &[u8]) -> impl Iterator<Item = (Attachment, Vec<u8>)> {
    let tree = walk::walk(raw);
    let selection = select::select(raw, &tree);
    let numbered = selection.attachments.into_iter().zip(1..);
    numbered.map(move |(index, number)| attachment_at(raw, &tree, index, number))
}

/// What the types of the attachments say of how they are to be read, in the order of [`attachments_of`].
pub fn attachment_parameters(raw: &[u8]) -> Vec<Vec<(String, String)>> {
    const TOLD: [&str; 4] = ["charset", "method", "format", "delsp"];
    let tree = walk::walk(raw);
    let selection = select::select(raw, &tree);
    let all = selection.attachments.into_iter().map(|index| {
        let content_type = &tree.parts[index].content_type;
        let told = |name: &str| {
            let value = content_type.text(name, None)?;
            Some((name.to_owned(), value))
        };
        TOLD.into_iter().filter_map(told).collect()
    });
    all.collect()
}

/// Decoded bytes of attachment `number` (from 1, as in [`Parsed::attachments`]).
pub fn attachment(raw: &[u8], number: usize) -> Option<(Attachment, Vec<u8>)> {
    let tree = walk::walk(raw);
    let selection = select::select(raw, &tree);
    let index = *selection.attachments.get(number.checked_sub(1)?)?;
    Some(attachment_at(raw, &tree, index, number))
}

fn attachment_at(
    raw: &[u8],
    tree: &Tree<'_>,
    index: usize,
    number: usize,
) -> (Attachment, Vec<u8>) {
    let part = &tree.parts[index];
    let bytes = part.transfer.decode(&raw[part.body.clone()]).0.into_owned();
    (describe(tree, index, number, bytes.len() as u64), bytes)
}

/// Header fields in order, decoded, for `inbox show --headers`: the first [`MOST_FIELDS`] of them, as far as
/// [`MOST_FIELD`] bytes reach.
pub fn headers(raw: &[u8]) -> Vec<(String, String)> {
    let mut fields = Vec::new();
    let mut content_type = None;
    let mut room = MOST_FIELD;
    head::scan(
        raw,
        0,
        |_| false,
        |name, value| {
            if name.eq_ignore_ascii_case(b"content-type") {
                content_type.get_or_insert(value);
            }
            if fields.len() < MOST_FIELDS && room > 0 {
                let value = cut(value, room);
                room -= value.len();
                fields.push((name, value));
            }
        },
    );
    let hint = content_type.and_then(charset_of);
    fields
        .into_iter()
        .map(|(name, value)| {
            let name = String::from_utf8_lossy(name).into_owned();
            (name, words::decode(&unfold(value), hint.as_deref()))
        })
        .collect()
}

fn charset_of(content_type: &[u8]) -> Option<String> {
    param::Value::read(&unfold(content_type)).text("charset", None)
}

/// Everything but text and attachments.
fn envelope(tree: &mut Tree<'_>, raw: &[u8]) -> Parsed {
    if tree.fields == 0 {
        let fault = if raw.trim_ascii().is_empty() {
            "empty message"
        } else {
            "no header at all"
        };
        tree.fault(fault);
        return Parsed::default();
    }
    let root = &tree.parts[0];
    let hint = select::label(root);
    let hint = hint.as_deref();
    let head = &root.head;
    let mut faults = Vec::new();
    let people = |values: &[&[u8]]| -> Vec<_> {
        let mut all = Vec::new();
        for value in values {
            all.extend(address::list(&unfold(cut(value, MOST_FIELD)), hint));
            all.truncate(address::MOST);
        }
        all
    };
    let one = |value: Option<&[u8]>| people(value.as_slice());
    let ids = |value: Option<&[u8]>| value.map(message_ids).unwrap_or_default();
    let mut parsed = Parsed {
        message_id: ids(head.message_id.map(|v| cut(v, MOST_FIELD)))
            .into_iter()
            .next(),
        // The newest stand last.
        references: ids(head
            .references
            .map(|v| &v[v.len().saturating_sub(MOST_FIELD)..])),
        in_reply_to: ids(head.in_reply_to.map(|v| cut(v, MOST_FIELD))),
        sent_at: head.date.and_then(|v| date::read(&unfold(cut(v, 1000)))),
        from: one(head.from),
        reply_to: one(head.reply_to),
        to: people(&head.to),
        cc: people(&head.cc),
        bcc: people(&head.bcc),
        subject: subject(head, hint),
        list_id: head.list_id.and_then(list_id),
        comms_id: head
            .comms_id
            .map(|v| words::decode(&unfold(cut(v, LONGEST_ID)), None))
            .filter(|id| !id.is_empty()),
        ..Parsed::default()
    };
    if parsed.references.len() > MOST_IDS {
        parsed
            .references
            .drain(..parsed.references.len() - MOST_IDS);
    }
    match head.from {
        None => faults.push("no From"),
        Some(_) if parsed.from.is_empty() => faults.push("unreadable From"),
        Some(_) => {}
    }
    if parsed.from.is_empty() {
        parsed.from = one(head.sender);
    }
    match head.date {
        None => faults.push("no Date"),
        Some(_) if parsed.sent_at.is_none() => faults.push("unreadable Date"),
        Some(_) => {}
    }
    let shown = [head.subject, head.from]
        .into_iter()
        .flatten()
        .chain(head.to.iter().copied());
    for value in shown {
        if std::str::from_utf8(cut(value, MOST_FIELD)).is_err() {
            faults.push("8-bit header that is not UTF-8");
        }
    }
    for fault in faults {
        tree.fault(fault);
    }
    parsed
}

fn subject(head: &Head<'_>, hint: Option<&str>) -> String {
    let Some(value) = head.subject else {
        return String::new();
    };
    // Encoded words and guessed charsets bring line ends that the field itself can't have.
    let mut subject = words::decode(&unfold(cut(value, 4 * LONGEST_SUBJECT)), hint);
    if subject.contains(['\r', '\n']) {
        subject = subject.replace(['\r', '\n'], " ");
    }
    let end = floor(&subject, LONGEST_SUBJECT);
    subject.truncate(end);
    subject.trim().to_owned()
}

/// Message-IDs without their brackets; where nobody wrote brackets, words with an `@`.
fn message_ids(value: &[u8]) -> Vec<String> {
    let value = unfold(value);
    let mut ids = Vec::new();
    let mut rest: &[u8] = &value;
    while let Some(open) = memchr::memchr(b'<', rest) {
        rest = &rest[open + 1..];
        let end = memchr::memchr2(b'>', b'<', rest).unwrap_or(rest.len());
        ids.push(id(&rest[..end]));
        rest = &rest[end..];
    }
    if ids.is_empty() {
        let words = value.split(|b| b.is_ascii_whitespace() || *b == b',');
        ids.extend(words.filter(|w| w.contains(&b'@')).map(id));
        if ids.is_empty() && !value.is_empty() && !value.contains(&b' ') {
            ids.push(id(&value));
        }
    }
    ids.retain(|id| !id.is_empty());
    ids
}

fn id(bytes: &[u8]) -> String {
    let bytes: Vec<u8> = cut(bytes, LONGEST_ID)
        .iter()
        .copied()
        .filter(|b| !b.is_ascii_whitespace() && !b.is_ascii_control())
        .collect();
    // A byte that is no UTF-8 becomes three.
    kept(String::from_utf8_lossy(&bytes).into_owned(), LONGEST_ID)
}

/// The id in brackets, else the whole value (RFC 2919).
fn list_id(value: &[u8]) -> Option<String> {
    let value = words::decode(&unfold(cut(value, LONGEST_ID)), None);
    let id = match (value.rfind('<'), value.rfind('>')) {
        (Some(open), Some(close)) if open < close => &value[open + 1..close],
        _ => &value,
    };
    Some(id.trim().to_owned()).filter(|id| !id.is_empty())
}

/// Who and what a message within the message is, as lines above its text.
fn summary(head: &Head<'_>) -> String {
    let mut lines = String::new();
    for (name, value) in [
        ("From", head.from),
        ("Date", head.date),
        ("Subject", head.subject),
    ] {
        if let Some(value) = value {
            let value = words::decode(&unfold(cut(value, LONGEST_SUBJECT)), None);
            lines.push_str(&format!("{name}: {value}\n"));
        }
    }
    lines
}

fn attachments(
    raw: &[u8],
    tree: &Tree<'_>,
    indexes: &[usize],
    faults: &mut Vec<String>,
) -> Vec<Attachment> {
    indexes
        .iter()
        .enumerate()
        .map(|(n, index)| {
            let part = &tree.parts[*index];
            let (size, sound) = part.transfer.decoded_len(&raw[part.body.clone()]);
            if !sound {
                faults.push(select::broken_transfer(part));
            }
            describe(tree, *index, n + 1, size)
        })
        .collect()
}

fn describe(tree: &Tree<'_>, index: usize, number: usize, size_bytes: u64) -> Attachment {
    let part = &tree.parts[index];
    let hint = select::label(&tree.parts[0]);
    let content_id = part
        .head
        .content_id
        .and_then(|v| message_ids(cut(v, LONGEST_ID)).into_iter().next());
    Attachment {
        number,
        name: name(tree, part, number, hint.as_deref()),
        media_type: walk::short(&part.media).to_lowercase(),
        size_bytes,
        inline: content_id.is_some() && part.disposition != Disposition::Attachment,
        content_id,
    }
}

fn name(tree: &Tree<'_>, part: &Part<'_>, number: usize, hint: Option<&str>) -> String {
    let given = part
        .disposition_value
        .text("filename", hint)
        .or_else(|| part.content_type.text("name", hint));
    if let Some(given) = given.filter(|n| !clean::line(n).trim().is_empty()) {
        return clean::file_name(&given);
    }
    if part.kind == Kind::Message {
        let subject = part
            .children
            .first()
            .map(|c| subject(&tree.parts[*c].head, hint));
        if let Some(subject) = subject.filter(|s| !clean::line(s).trim().is_empty()) {
            return clean::file_name(&format!("{subject}.eml"));
        }
        return format!("message-{number}.eml");
    }
    format!("attachment-{number}.{}", extension(&part.media))
}

/// The usual extension of a media type.
fn extension(media: &str) -> &str {
    match media {
        "text/plain" => "txt",
        "text/html" => "html",
        "text/calendar" | "application/ics" => "ics",
        "text/vcard" | "text/x-vcard" => "vcf",
        "text/markdown" => "md",
        "text/x-patch" | "text/x-diff" => "patch",
        "text/rfc822-headers" | "message/delivery-status" | "message/disposition-notification" => {
            "txt"
        }
        "message/rfc822" | "message/global" => "eml",
        "image/jpeg" | "image/jpg" | "image/pjpeg" => "jpg",
        "image/svg+xml" => "svg",
        "image/tiff" => "tif",
        "image/x-icon" | "image/vnd.microsoft.icon" => "ico",
        "audio/mpeg" => "mp3",
        "audio/mp4" => "m4a",
        "video/quicktime" => "mov",
        "application/gzip" | "application/x-gzip" => "gz",
        "application/msword" => "doc",
        "application/vnd.ms-excel" => "xls",
        "application/vnd.ms-powerpoint" => "ppt",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document" => "docx",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" => "xlsx",
        "application/vnd.openxmlformats-officedocument.presentationml.presentation" => "pptx",
        "application/ms-tnef" | "application/vnd.ms-tnef" => "dat",
        "application/pgp-signature" | "application/pgp-encrypted" => "asc",
        "application/pkcs7-signature" | "application/x-pkcs7-signature" => "p7s",
        "application/pkcs7-mime" | "application/x-pkcs7-mime" => "p7m",
        "application/javascript" | "text/javascript" => "js",
        other => match other.split_once('/') {
            Some((_, sub))
                if (2..=4).contains(&sub.len())
                    && sub.bytes().all(|b| b.is_ascii_alphanumeric()) =>
            {
                sub
            }
            Some(("text", _)) => "txt",
            _ => "bin",
        },
    }
}

/// Appends as far as the cap allows; breaks when it is reached.
fn append(all: &mut String, text: &str) -> ControlFlow<()> {
    if text.is_empty() {
        return ControlFlow::Continue(());
    }
    if !all.is_empty() && !all.ends_with('\n') {
        all.push('\n');
    }
    let room = MOST_TEXT.saturating_sub(all.len());
    all.push_str(&text[..floor(text, room)]);
    match all.len() >= MOST_TEXT - 4 {
        true => ControlFlow::Break(()),
        false => ControlFlow::Continue(()),
    }
}

fn join(all: &mut Option<String>, text: &str) {
    let all = all.get_or_insert_default();
    if !all.is_empty() && !all.ends_with('\n') {
        all.push('\n');
    }
    all.push_str(text);
}

fn cut(bytes: &[u8], most: usize) -> &[u8] {
    &bytes[..bytes.len().min(most)]
}

#[cfg(test)]
mod tests;
