//! Files: up into a space before the message that shows them, and down.

use std::time::Duration;

use serde_json::{Value, json};

use crate::error::{Error, Result};
use crate::net::api::Call;
use crate::net::google::operations::chat as op;
use crate::net::http::Limits;
use crate::random;

use super::{Client, fault};

/// The largest file Chat takes, in bytes (its API description: `maxSize` of the upload).
pub const LARGEST_FILE: usize = 209_715_200;
/// Slower than this nobody waits for, in bytes per second.
const SLOWEST: u64 = 50_000;

impl Client {
    /// Puts a file into a space, unseen until a message names what this gives.
    pub async fn upload(
        &self,
        space: &str,
        (name, media_type): (&str, &str),
        bytes: &[u8],
    ) -> Result<Value> {
        if bytes.len() > LARGEST_FILE {
            return Err(Error::refused(format!(
                "`{name}` has {} bytes, and Google Chat takes {LARGEST_FILE} at most",
                bytes.len()
            ))
            .hint("send a link to it"));
        }
        let boundary = boundary(bytes)?;
        let about = json!({ "filename": name }).to_string();
        let media_type = one_line(media_type);
        let mut body = format!(
            "--{boundary}\r\nContent-Type: application/json; charset=UTF-8\r\n\r\n{about}\r\n\
             --{boundary}\r\nContent-Type: {media_type}\r\n\r\n"
        )
        .into_bytes();
        body.extend_from_slice(bytes);
        body.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
        let call = Call::new(op::MEDIA_UPLOAD)
            .at("parent", space)
            .query("uploadType", "multipart")
            .limits(limits(body.len()))
            .bytes(&format!("multipart/related; boundary={boundary}"), body);
        let mut answer = self.ask(&call, ("uploading a file", Some(space))).await?;
        match answer.get_mut("attachmentDataRef").map(Value::take) {
            Some(Value::Object(reference)) => Ok(Value::Object(reference)),
            _ => Err(Error::unavailable(
                "Google Chat took a file without saying where it is",
            )),
        }
    }

    /// The bytes of an attachment, by the resource name of its data.
    pub async fn download(&self, resource: &str) -> Result<Vec<u8>> {
        let call = Call::new(op::MEDIA_DOWNLOAD)
            .at("resourceName", resource)
            .query("alt", "media")
            .limits(limits(LARGEST_FILE));
        match self.api.ask(&call, "fetching an attachment").await {
            Ok(answer) => Ok(answer.body),
            Err(fault) => Err(fault::judge(fault, None)),
        }
    }
}

fn limits(bytes: usize) -> Limits {
    Limits {
        total: Duration::from_secs(60 + bytes as u64 / SLOWEST),
        largest: LARGEST_FILE,
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
fn one_line(media_type: &str) -> &str {
    let sound = !media_type.is_empty()
        && media_type
            .bytes()
            .all(|b| b.is_ascii_graphic() || b == b' ');
    if sound {
        media_type
    } else {
        "application/octet-stream"
    }
}
