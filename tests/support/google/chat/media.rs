//! Attachments: uploaded first, then named in a message; downloaded by resource name.

use serde_json::{Value, json};

use super::super::gmail::from_base64url;
use super::super::wire::{Answer, Outcome, Refusal};
use super::super::{Request, State};

/// The largest attachment, in bytes.
const LARGEST: usize = 209_715_200;

/// `media.*`.
pub fn answer(state: &mut State, request: &Request, verb: &str) -> Outcome {
    match verb {
        "upload" => {
            state.chat.space(&format!("spaces/{}", request.vars[0]))?;
            let body = request.json()?;
            let bytes = body["media"].as_str().and_then(from_base64url);
            let bytes = bytes.ok_or_else(|| Refusal::invalid("Media upload required."))?;
            let name = body["filename"].as_str().unwrap_or_default();
            if name.is_empty() || bytes.len() > LARGEST {
                return Err(Refusal::invalid("Invalid attachment."));
            }
            let kind = request
                .header("x-upload-content-type")
                .unwrap_or("application/octet-stream");
            state.chat.given += 1;
            let token = format!("upload-{}", state.chat.given);
            let kept = (name.to_owned(), kind.to_owned(), bytes);
            state.chat.uploads.insert(token.clone(), kept);
            Ok(Answer::json(
                &json!({"attachmentDataRef": {"attachmentUploadToken": token}}),
            ))
        }
        _ => {
            if request.param("alt") != Some("media") {
                return Err(Refusal::invalid("Media can be read with alt=media only."));
            }
            let bytes = state
                .chat
                .media
                .get(&request.vars[0])
                .ok_or_else(Refusal::not_found)?;
            Ok(Answer::bytes("application/octet-stream", bytes.clone()))
        }
    }
}

/// `spaces.messages.attachments.get`.
pub fn attachment(state: &mut State, request: &Request) -> Outcome {
    let message = format!("spaces/{}/messages/{}", request.vars[0], request.vars[1]);
    let name = format!("{message}/attachments/{}", request.vars[2]);
    let message = state
        .chat
        .message(&message)
        .ok_or_else(Refusal::not_found)?;
    let all = message["attachment"].as_array().into_iter().flatten();
    let found = all.into_iter().find(|a| a["name"] == name);
    found.map(Answer::json).ok_or_else(Refusal::not_found)
}

impl State {
    /// The attachment of a message that is being posted: an upload by its token, or one told in full by a test.
    pub(super) fn attach(
        &mut self,
        space: &str,
        id: &str,
        body: &Value,
    ) -> Result<Option<Value>, Refusal> {
        let asked = &body["attachment"][0];
        if asked["name"].is_string() {
            return Ok(Some(asked.clone()));
        }
        if asked.is_null() {
            return Ok(None);
        }
        let token = asked["attachmentDataRef"]["attachmentUploadToken"]
            .as_str()
            .unwrap_or_default();
        let upload = self.chat.uploads.remove(token);
        let (name, kind, bytes) =
            upload.ok_or_else(|| Refusal::invalid("Invalid attachment upload token."))?;
        let resource = format!("ClxzcGFjZXMv{id}==");
        self.chat.media.insert(resource.clone(), bytes);
        Ok(Some(json!({
            "name": format!("{space}/messages/{id}/attachments/A{id}"),
            "contentName": name,
            "contentType": kind,
            "source": "UPLOADED_CONTENT",
            "attachmentDataRef": {"resourceName": resource},
            "downloadUri": format!("https://chat.google.com/api/get_attachment_url?id={id}"),
        })))
    }
}
