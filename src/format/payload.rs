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

/// All that a payload says and a text does not, as `where: what`.
pub fn beside(payload: &Value, text: &str) -> Vec<String> {
    let mut unsaid = Vec::new();
    let mut left = vec![(String::new(), payload)];
    while let Some((at, value)) = left.pop() {
        let below = |key: &str| match at.is_empty() {
            true => key.to_owned(),
            false => format!("{at}.{key}"),
        };
        match value {
            Value::Object(map) => left.extend(map.iter().rev().map(|(k, v)| (below(k), v))),
            Value::Array(all) => {
                let numbered = all.iter().enumerate().rev();
                left.extend(numbered.map(|(n, v)| (below(&(n + 1).to_string()), v)));
            }
            Value::String(said) if said.is_empty() || text.contains(said.as_str()) => {}
            Value::String(said) => unsaid.push(format!("{at}: {said}")),
            Value::Number(number) if text.contains(&number.to_string()) => {}
            Value::Null => {}
            other => unsaid.push(format!("{at}: {other}")),
        }
    }
    unsaid
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_a_payload_says_beside_its_text_is_listed_with_its_place() {
        let payload = json!({
            "kind": "contacts",
            "contacts": [{"name": "Mal", "urls": [{"url": "http://evil.example"}]}, {"name": "Bob"}],
            "price": 12, "urgent": true, "none": null, "empty": "",
        });
        assert_eq!(
            beside(&payload, "contacts: Mal, Bob, 12"),
            ["contacts.1.urls.1.url: http://evil.example", "urgent: true"]
        );
    }
}
