//! Files: up before the message that shows them, down by an address that lives for five minutes.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::digest;
use serde_json::Value;

use crate::error::{Error, Kind, Result};
use crate::format::whatsapp::MediaKind;
use crate::net::api::Call;
use crate::net::http::Limits;
use crate::net::whatsapp::operations as op;
use crate::random;

use super::{Client, text};

/// Slower than this nobody waits for, in bytes per second.
const SLOWEST: u64 = 50_000;

/// Where Meta keeps files; they want the token too.
const HOSTS: &[&str] = &["fbsbx.com", "fbcdn.net", "whatsapp.net", "facebook.com"];

/// A file to send.
#[derive(Clone, Copy)]
pub struct Upload<'a> {
    pub name: &'a str,
    pub media_type: &'a str,
    pub bytes: &'a [u8],
}

/// A file to fetch.
#[derive(Clone, Copy)]
pub struct Download<'a> {
    pub id: &'a str,
    /// What its bytes hash to, in base64 or hex, if that is known.
    pub sha256: Option<&'a str>,
}

impl Client {
    /// Puts a file at WhatsApp for 30 days; gives its id.
    pub async fn upload(&self, file: Upload<'_>) -> Result<String> {
        let boundary = boundary(file.bytes)?;
        let call = self
            .of_number(op::MEDIA_UPLOAD)
            .limits(limits(file.bytes.len()))
            .bytes(
                &format!("multipart/form-data; boundary={boundary}"),
                form(&boundary, file),
            );
        let answer = self.ask(&call, "uploading a file").await?;
        let id = text(&answer, "id").map(str::to_owned);
        id.ok_or_else(|| Error::unavailable("WhatsApp took a file without saying where it is"))
    }

    /// The bytes of a file. An address that ran out meanwhile is asked for anew.
    pub async fn download(&self, file: Download<'_>) -> Result<Vec<u8>> {
        let mut last = None;
        for _ in 0..2 {
            let about = self.about(file.id).await?;
            let url = text(&about, "url").unwrap_or_default();
            let call = Call::new(op::MEDIA_DOWNLOAD)
                .among(url, HOSTS)
                .limits(limits(MediaKind::Document.largest()));
            match self.api.ask(&call, "fetching an attachment").await {
                Ok(answer) => {
                    let said = text(&about, "sha256").or(file.sha256);
                    return checked(answer.body, said);
                }
                // It answers 404 once its five minutes are over.
                Err(fault) if matches!(fault.status, 400 | 403 | 404 | 410) => {
                    last = Some(fault.error);
                }
                Err(fault) => return Err(fault.error),
            }
        }
        let gone = Error::new(Kind::NotFound, "WhatsApp has this file no more");
        Err(match last {
            Some(e) => gone.because(e),
            None => gone,
        })
    }

    async fn about(&self, id: &str) -> Result<Value> {
        let number = self.settings.phone_number_id.as_str();
        let call = self
            .call(op::MEDIA_URL)
            .at("media", id)
            .query("phone_number_id", number);
        self.ask(&call, "asking where the attachment is").await
    }
}

/// Refuses bytes that are not those which were sent.
fn checked(bytes: Vec<u8>, said: Option<&str>) -> Result<Vec<u8>> {
    let Some(said) = said else {
        return Ok(bytes);
    };
    let hash = digest::digest(&digest::SHA256, &bytes);
    let hex: String = hash.as_ref().iter().map(|b| format!("{b:02x}")).collect();
    if said.eq_ignore_ascii_case(&hex) || said == STANDARD.encode(hash) {
        return Ok(bytes);
    }
    Err(
        Error::unavailable("the attachment came damaged: its bytes are not those that were sent")
            .hint("repeat; it is fetched anew"),
    )
}

fn form(boundary: &str, file: Upload<'_>) -> Vec<u8> {
    let media_type = sound(file.media_type);
    let name: String = file
        .name
        .chars()
        .map(|c| {
            if c.is_control() || c == '"' || c == '\\' {
                '_'
            } else {
                c
            }
        })
        .collect();
    let mut body = format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"messaging_product\"\r\n\r\nwhatsapp\r\n\
         --{boundary}\r\nContent-Disposition: form-data; name=\"type\"\r\n\r\n{media_type}\r\n\
         --{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\nContent-Type: {media_type}\r\n\r\n"
    )
    .into_bytes();
    body.extend_from_slice(file.bytes);
    body.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
    body
}

fn limits(bytes: usize) -> Limits {
    Limits {
        total: Duration::from_secs(60 + bytes as u64 / SLOWEST),
        largest: MediaKind::Document.largest() + (1 << 20),
    }
}

/// A line that the file does not hold (RFC 2046 §5.1.1).
fn boundary(bytes: &[u8]) -> Result<String> {
    loop {
        let hex = random::hex::<16>()?;
        if memchr::memmem::find(bytes, hex.as_bytes()).is_none() {
            return Ok(hex);
        }
    }
}

/// A media type as a header may hold it.
fn sound(media_type: &str) -> &str {
    let plain = |b: u8| b.is_ascii_graphic() || b == b' ';
    match !media_type.is_empty() && media_type.bytes().all(plain) {
        true => media_type,
        false => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_compared_with_what_was_sent() {
        let hex = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
        let base64 = "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=";
        for said in [Some(hex), Some(base64), None] {
            assert_eq!(checked(b"hello".to_vec(), said).unwrap(), b"hello");
        }
        assert!(checked(b"hell0".to_vec(), Some(hex)).is_err());
    }

    #[test]
    fn a_name_ends_no_header() {
        let file = Upload {
            name: "a\"\r\nX: y",
            media_type: "image/png\r\nX: y",
            bytes: b"b",
        };
        let body = String::from_utf8(form("B", file)).unwrap();
        assert!(body.contains("filename=\"a___X: y\""));
        assert!(!body.contains("image/png"));
    }
}
