//! A message to its bytes (RFC 5322, 2045-2049, 2231): 7-bit, CRLF, lines of at most 998, no way in for other headers.
//!
//! Bcc is never written.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Zoned;
use mail_builder::MessageBuilder;
use mail_builder::headers::address::Address as Wire;
use mail_builder::headers::content_type::ContentType;
use mail_builder::headers::message_id::MessageId;
use mail_builder::headers::raw::Raw;
use mail_builder::headers::text::Text;
use mail_builder::headers::{Header, HeaderType};
use mail_builder::mime::{BodyPart, MimePart};

use crate::error::{Context, Error, Kind, Result};
use crate::model::address::Address;

/// Everything that is in the bytes.
#[derive(Clone, Debug)]
pub struct Letter<'a> {
    pub from: &'a Address,
    pub reply_to: &'a [Address],
    pub to: &'a [Address],
    pub cc: &'a [Address],
    pub subject: &'a str,
    pub text: &'a str,
    /// The same as HTML; then both are alternatives.
    pub html: Option<&'a str>,
    pub files: &'a [File],
    /// Without brackets.
    pub message_id: &'a str,
    pub in_reply_to: &'a [String],
    pub references: &'a [String],
    /// `X-Comms-Id`.
    pub own_id: &'a str,
    pub date: &'a Zoned,
}

/// Something attached; its bytes arrive as they are.
#[derive(Clone, Debug)]
pub struct File {
    pub name: String,
    pub media_type: String,
    /// What its type says beside that: `charset`, a calendar's `method`. Whatever could end the header is left out.
    pub parameters: Vec<(String, String)>,
    pub bytes: Vec<u8>,
    /// Shown within the HTML under this Content-ID.
    pub content_id: Option<String>,
}

/// The bytes of a message.
pub fn compose(letter: &Letter<'_>) -> Result<Vec<u8>> {
    refuse_controls("subject", letter.subject)?;
    for file in letter.files {
        refuse_controls("file name", &file.name)?;
    }
    let mut message = MessageBuilder::new()
        .header(
            "Date",
            Raw::new(letter.date.strftime("%a, %d %b %Y %H:%M:%S %z").to_string()),
        )
        .header("From", HeaderType::Address(wire(letter.from)));
    if !letter.reply_to.is_empty() {
        message = message.header("Reply-To", list(letter.reply_to));
    }
    if !letter.to.is_empty() {
        message = message.header("To", list(letter.to));
    } else if letter.cc.is_empty() {
        // All are in Bcc: an empty group says so (RFC 5322 §3.4) where no header at all offends some servers.
        message = message.header("To", Raw::new("undisclosed-recipients:;"));
    }
    if !letter.cc.is_empty() {
        message = message.header("Cc", list(letter.cc));
    }
    message = message
        .header("Subject", Text::new(letter.subject))
        .header("Message-ID", MessageId::new(letter.message_id));
    if !letter.in_reply_to.is_empty() {
        message = message.header(
            "In-Reply-To",
            MessageId::new_list(letter.in_reply_to.iter().map(String::as_str)),
        );
    }
    if !letter.references.is_empty() {
        message = message.header(
            "References",
            MessageId::new_list(letter.references.iter().map(String::as_str)),
        );
    }
    message
        .header("X-Comms-Id", Raw::new(letter.own_id))
        .header("MIME-Version", Raw::new("1.0"))
        .body(body(letter))
        .write_to_vec()
        .context(Kind::Internal, "writing the message")
}

/// The same letter for a provider that reads in the header to whom it goes: To, Cc and Bcc are these and no others.
pub fn readdressed(raw: &[u8], people: &[(&str, Vec<Address>)]) -> Vec<u8> {
    let end = memchr::memmem::find(raw, b"\r\n\r\n").map_or(raw.len(), |at| at + 2);
    let (header, rest) = raw.split_at(end);
    let mut out = Vec::with_capacity(raw.len() + 1024);
    for (name, list_of) in people {
        if list_of.is_empty() {
            continue;
        }
        out.extend_from_slice(format!("{name}: ").as_bytes());
        list(list_of).write_header(&mut out, name.len() + 2);
    }
    let mut dropped = false;
    for line in header.split_inclusive(|b| *b == b'\n') {
        if !line.starts_with(b" ") && !line.starts_with(b"\t") {
            let name = line.split(|b| *b == b':').next().unwrap_or(line);
            dropped = [&b"To"[..], b"Cc", b"Bcc"]
                .iter()
                .any(|taken| name.eq_ignore_ascii_case(taken));
        }
        if !dropped {
            out.extend_from_slice(line);
        }
    }
    out.extend_from_slice(rest);
    out
}

/// Refuses text for a header that could end the header or hide what it says.
pub fn refuse_controls(what: &str, text: &str) -> Result<()> {
    match text.chars().find(|c| c.is_control() && *c != '\t') {
        None => Ok(()),
        Some(c) => Err(Error::usage(format!(
            "the {what} holds the control character U+{:04X}",
            u32::from(c)
        ))
        .hint("headers are one line without control characters")),
    }
}

/// Whether the addresses of this message need a server that takes UTF-8 in them (RFC 6531).
pub fn needs_utf8<'a>(addresses: impl IntoIterator<Item = &'a str>) -> bool {
    addresses.into_iter().any(|a| !a.is_ascii())
}

/// What a file is, by its name and, where that says nothing, its bytes.
pub fn media_type(name: &str, bytes: &[u8]) -> String {
    let guessed = mime_guess::from_path(name).first_raw();
    match guessed {
        Some("message/rfc822") => if is_plain_mail(bytes) {
            "message/rfc822"
        } else {
            "application/octet-stream"
        }
        .to_owned(),
        Some(multipart) if multipart.starts_with("multipart/") => {
            "application/octet-stream".to_owned()
        }
        Some(other) => other.to_owned(),
        None if !bytes.is_empty() && bytes.len() < 1 << 20 && is_text(bytes) => {
            "text/plain".to_owned()
        }
        None => "application/octet-stream".to_owned(),
    }
}

fn is_text(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes)
        .is_ok_and(|t| !t.chars().any(|c| c.is_control() && !"\t\r\n".contains(c)))
}

/// A message inside a message may not be base64 (RFC 2046 §5.2.1): only what needs no encoding is one.
fn is_plain_mail(bytes: &[u8]) -> bool {
    bytes.is_ascii()
        && !bytes.contains(&0)
        // The last line is ended by the boundary.
        && bytes.split_inclusive(|b| *b == b'\n').all(|line| {
            let text = line.strip_suffix(b"\r\n").unwrap_or(line);
            line.len() <= 1000 && !text.contains(&b'\r') && !text.contains(&b'\n')
        })
}

fn body<'a>(letter: &Letter<'a>) -> MimePart<'a> {
    let text = || text_part("text/plain", letter.text);
    let (inline, attached): (Vec<&File>, Vec<&File>) = letter
        .files
        .iter()
        .partition(|f| f.content_id.is_some() && letter.html.is_some());
    let main = match letter.html {
        None => text(),
        Some(html) => {
            let mut rich = text_part("text/html", html);
            if !inline.is_empty() {
                let mut parts = vec![rich];
                parts.extend(inline.into_iter().map(file_part));
                rich = multipart("multipart/related", parts);
            }
            multipart("multipart/alternative", vec![text(), rich])
        }
    };
    if attached.is_empty() {
        return main;
    }
    let mut parts = vec![main];
    parts.extend(attached.into_iter().map(file_part));
    multipart("multipart/mixed", parts)
}

fn multipart<'a>(kind: &'a str, parts: Vec<MimePart<'a>>) -> MimePart<'a> {
    MimePart::new(ContentType::new(kind), BodyPart::Multipart(parts))
}

/// A text part; other line ends than CRLF are made CRLF, the rest is kept to the byte by its encoding.
fn text_part<'a>(kind: &'a str, text: &str) -> MimePart<'a> {
    let mut lines = String::with_capacity(text.len() + 64);
    for line in text.split_inclusive('\n') {
        let bare = line.strip_suffix('\n').unwrap_or(line);
        lines.push_str(bare.strip_suffix('\r').unwrap_or(bare));
        lines.push_str("\r\n");
    }
    let simple = lines.is_ascii()
        && lines
            .split("\r\n")
            .all(|l| l.len() <= 900 && !l.contains(['\r', '\0']));
    let content = ContentType::new(kind).attribute("charset", "utf-8");
    if simple {
        return MimePart::raw(BodyPart::Text(lines.into()))
            .header("Content-Type", content)
            .header("Content-Transfer-Encoding", Raw::new("7bit"));
    }
    let (encoding, encoded) = encode_text(&lines);
    MimePart::raw(BodyPart::Text(encoded.into()))
        .header("Content-Type", content)
        .header("Content-Transfer-Encoding", Raw::new(encoding))
}

/// Quoted-printable where most of it stays readable, else base64.
fn encode_text(text: &str) -> (&'static str, String) {
    let foreign = text.bytes().filter(|b| !b.is_ascii()).count();
    if foreign * 4 > text.len() {
        return ("base64", base64_lines(text.as_bytes()));
    }
    let mut out = String::with_capacity(text.len() + foreign * 2 + text.len() / 70);
    for (n, line) in text.split("\r\n").enumerate() {
        if n > 0 {
            out.push_str("\r\n");
        }
        quote_line(line.as_bytes(), &mut out);
    }
    ("quoted-printable", out)
}

/// One line in quoted-printable (RFC 2045 §6.7), at most 76 characters each.
fn quote_line(line: &[u8], out: &mut String) {
    let mut column = 0;
    for (n, byte) in line.iter().enumerate() {
        let last = n + 1 == line.len();
        // `From ` and a dot at the start of a line are at the mercy of relays.
        let at_risk = column == 0 && matches!(byte, b'F' | b'.');
        let plain = matches!(byte, b'!'..=b'<' | b'>'..=b'~') && !at_risk
            || (matches!(byte, b' ' | b'\t') && !last);
        let width = if plain { 1 } else { 3 };
        if column + width > 75 {
            out.push_str("=\r\n");
            column = 0;
        }
        if plain {
            out.push(char::from(*byte));
        } else {
            out.push_str(&format!("={byte:02X}"));
        }
        column += width;
    }
}

fn file_part(file: &File) -> MimePart<'_> {
    // The builder writes a type as it is: whatever could end the header is no type.
    let sound = |b: u8| b.is_ascii_alphanumeric() || b"/-+._".contains(&b);
    let kind = if file.media_type.bytes().all(sound) {
        file.media_type.as_str()
    } else {
        "application/octet-stream"
    };
    let mut content = ContentType::new(kind);
    let plain = |text: &str| !text.is_empty() && text.bytes().all(|b| sound(b) || b == b':');
    for (name, value) in &file.parameters {
        if plain(name) && plain(value) {
            content = content.attribute(name.as_str(), value.as_str());
        }
    }
    let mut disposition = ContentType::new(if file.content_id.is_some() {
        "inline"
    } else {
        "attachment"
    });
    if !file.name.is_empty() {
        content = content.attribute("name", file.name.as_str());
        disposition = disposition.attribute("filename", file.name.as_str());
    }
    let part = if file.media_type == "message/rfc822" {
        MimePart::raw(BodyPart::Binary(file.bytes.as_slice().into()))
            .header("Content-Type", content)
            .header("Content-Transfer-Encoding", Raw::new("7bit"))
    } else {
        MimePart::raw(BodyPart::Text(base64_lines(&file.bytes).into()))
            .header("Content-Type", content)
            .header("Content-Transfer-Encoding", Raw::new("base64"))
    };
    let part = part.header("Content-Disposition", disposition);
    match &file.content_id {
        Some(id) => part.header("Content-ID", MessageId::new(id.as_str())),
        None => part,
    }
}

/// Base64 in lines of 76 (RFC 2045 §6.8).
fn base64_lines(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len() / 57 * 78 + 80);
    for chunk in bytes.chunks(57) {
        STANDARD.encode_string(chunk, &mut out);
        out.push_str("\r\n");
    }
    out
}

fn wire(address: &Address) -> Wire<'_> {
    Wire::new_address(address.name.as_deref(), address.email.as_str())
}

fn list(addresses: &[Address]) -> HeaderType<'_> {
    HeaderType::Address(Wire::new_list(addresses.iter().map(wire).collect()))
}

#[cfg(test)]
mod tests;
