//! What a message is beside its text, where its channel has more than text: a JSON part of its letter.
//!
//! It stands in the bytes of an outbox item, so that it is shown, hashed and approved like the rest.

use serde_json::Value;

use super::compose::File;
use super::mime;
use crate::model::message::Attachment;

/// Ours alone: no mail carries it.
pub const MEDIA_TYPE: &str = "application/vnd.comms+json";
const NAME: &str = "message.json";

/// The part that holds it.
pub fn part(payload: &Value) -> File {
    File {
        name: NAME.to_owned(),
        media_type: MEDIA_TYPE.to_owned(),
        bytes: payload.to_string().into_bytes(),
        parameters: Vec::new(),
        content_id: None,
    }
}

/// Whether an attachment is no file of the sender's, but this part.
pub fn is_part(attachment: &Attachment) -> bool {
    attachment.media_type == MEDIA_TYPE
}

/// The payload of a letter, if it has one.
pub fn of(raw: &[u8]) -> Option<Value> {
    let parsed = mime::parse(raw);
    let number = parsed.attachments.iter().find(|a| is_part(a))?.number;
    let (_, bytes) = mime::attachment(raw, number)?;
    serde_json::from_slice(&bytes).ok()
}
