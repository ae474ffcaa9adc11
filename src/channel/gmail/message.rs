//! A message as Gmail gives it: its raw bytes in base64url, its labels beside them.

use std::borrow::Cow;

use base64::Engine as _;
use base64::alphabet::URL_SAFE;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use jiff::Timestamp;
use serde::Deserialize;

use crate::error::{Error, Result};

/// With or without `=` at the end, and whatever the last bits are.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true)
        .with_encode_padding(true),
);

/// The fields of [`Message`], as a request names them.
pub const FIELDS: &str = "id,threadId,labelIds,historyId,internalDate,raw";

/// A message with its raw bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    pub id: String,
    pub thread_id: String,
    pub label_ids: Vec<String>,
    /// When Gmail took it; `None` if it says nothing readable.
    pub internal_date: Option<Timestamp>,
    pub history_id: u64,
    pub raw: Vec<u8>,
}

/// What became of one of the messages asked for.
#[derive(Debug)]
pub enum Fetched {
    Message(Message),
    /// Deleted since its id was learnt.
    Gone(String),
    /// Refused, though asked for again where that may have helped.
    Failed(String, Error),
}

impl std::fmt::Debug for Message {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Message({}, {} bytes)", self.id, self.raw.len())
    }
}

/// The JSON of a message.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Resource<'a> {
    id: String,
    #[serde(default)]
    thread_id: String,
    #[serde(default)]
    label_ids: Vec<String>,
    #[serde(default)]
    internal_date: Option<String>,
    #[serde(default)]
    history_id: Option<String>,
    #[serde(borrow)]
    raw: Cow<'a, str>,
}

/// Reads a message of `format=raw`.
pub fn read(json: &[u8]) -> Result<Message> {
    let strange = || Error::unavailable("Gmail answered something else than a message");
    let resource: Resource = serde_json::from_slice(json).map_err(|_| strange())?;
    let raw = BASE64
        .decode(resource.raw.as_bytes())
        .map_err(|_| Error::unavailable("Gmail gave a message whose bytes are not base64url"))?;
    let date = resource.internal_date.and_then(|ms| ms.parse().ok());
    Ok(Message {
        id: resource.id,
        thread_id: resource.thread_id,
        label_ids: resource.label_ids,
        internal_date: date.and_then(|ms| Timestamp::from_millisecond(ms).ok()),
        history_id: resource
            .history_id
            .and_then(|n| n.parse().ok())
            .unwrap_or(0),
        raw,
    })
}

/// As `raw` of a request wants it.
pub fn encoded(raw: &[u8]) -> String {
    BASE64.encode(raw)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn raw_is_read_with_and_without_padding() {
        for raw in ["U3ViamVjdDogaGkNCg0K-_8=", "U3ViamVjdDogaGkNCg0K-_8"] {
            let json = format!(
                r#"{{"id":"18a","threadId":"17f","labelIds":["INBOX"],"internalDate":"1700000000000","historyId":"9","raw":"{raw}","sizeEstimate":1}}"#
            );
            let message = read(json.as_bytes()).unwrap();
            assert_eq!(message.raw, b"Subject: hi\r\n\r\n\xfb\xff");
            assert_eq!(message.label_ids, ["INBOX"]);
            assert_eq!(message.history_id, 9);
            assert_eq!(message.internal_date.unwrap().as_second(), 1_700_000_000);
        }
        assert_eq!(encoded(b"\xfb\xff"), "-_8=");
    }

    #[test]
    fn what_is_no_message_is_said_to_be_none() {
        for json in ["", "{}", "[]", r#"{"id":"1"}"#, r#"{"id":"1","raw":"%%"}"#] {
            assert!(read(json.as_bytes()).is_err(), "{json}");
        }
        let bare = read(br#"{"id":"1","raw":"","internalDate":"never"}"#).unwrap();
        assert_eq!(bare.internal_date, None);
    }
}
