//! One attempt to send a message, its outcome told around the point of no return; read receipts and typing.
//!
//! There is no way to ask whether a message was sent: only a status that comes by webhook tells, by the id that goes
//! along in `biz_opaque_callback_data`.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use crate::error::{Error, Result};
use crate::format::whatsapp;
use crate::net::api::Fault;
use crate::net::http::Limits;
use crate::net::whatsapp::{Class, code, operations as op};

use super::{Client, text, webhook};

/// A message on its way out.
#[derive(Clone, Copy)]
pub struct Post<'a> {
    /// `whatsapp:+14155550100`, or `whatsapp:US.…`.
    pub to: &'a str,
    /// Its type and the part of that name, as the API takes them: `{"type": "text", "text": {…}}`.
    pub content: &'a Value,
    /// The message that it answers.
    pub answers: Option<&'a str>,
    /// The outbox item's own id, and the number of the part (from 1).
    pub own: Option<(&'a str, usize)>,
    pub timeout: Duration,
    /// Set right before the first byte leaves: whoever drops the attempt from then on does not know whether it was sent.
    pub left: &'a Arc<AtomicBool>,
}

/// What an attempt came to.
#[derive(Debug)]
pub enum Outcome {
    /// WhatsApp took it under this id (`wamid.…`).
    Sent(String),
    /// Certainly nothing was sent; Meta's code, if it gave one. Only `unavailable` may go better another time.
    NotSent(Error, String),
    /// It may have been sent; why that can't be told.
    Unknown(String),
}

const SENDING: &str = "sending the message";
/// A proxy, or a login page of the network, may have said it.
const NO_PROOF: &str = "it was answered with success, but without the id of a message";

/// The request of a message.
pub fn request(post: &Post<'_>) -> Value {
    let mut body = post.content.clone();
    body["messaging_product"] = "whatsapp".into();
    body["recipient_type"] = "individual".into();
    let (field, who) = whatsapp::recipient(post.to);
    body[field] = who.into();
    if let Some(id) = post.answers {
        body["context"] = json!({ "message_id": id });
    }
    if let Some((id, part)) = post.own {
        body["biz_opaque_callback_data"] = webhook::callback_data(id, part).into();
    }
    body
}

impl Client {
    /// One attempt.
    pub async fn send(&self, post: Post<'_>) -> Outcome {
        let call = self
            .of_number(op::MESSAGES)
            .json(&request(&post))
            .leaving(post.left)
            .limits(Limits {
                total: post.timeout,
                ..Limits::default()
            });
        match self.api.once(&call, SENDING).await {
            Ok(answer) => {
                let answer = answer.json::<Value>().unwrap_or_default();
                let id = answer.get("messages").and_then(|m| text(m.get(0)?, "id"));
                id.map_or_else(
                    || Outcome::Unknown(NO_PROOF.to_owned()),
                    |id| Outcome::Sent(id.to_owned()),
                )
            }
            Err(fault) if fault.may_have_left && is_doubtful(&fault) => {
                Outcome::Unknown(fault.error.message)
            }
            Err(fault) => {
                post.left.store(false, Ordering::Relaxed);
                Outcome::NotSent(fault.error, fault.reason)
            }
        }
    }

    /// Shows the writer of a message that it was read, and all before it; and that an answer is being typed, for 25
    /// seconds or until it comes.
    pub async fn mark_read(&self, message: &str, typing: bool) -> Result<()> {
        let mut body = json!({
            "messaging_product": "whatsapp", "status": "read", "message_id": message,
        });
        if typing {
            body["typing_indicator"] = json!({ "type": "text" });
        }
        let call = self.of_number(op::MESSAGES).json(&body);
        self.ask(&call, "marking the message as read")
            .await
            .map(drop)
    }
}

/// Whether a refusal leaves open what became of the message: no answer, a fault of theirs, or a code that says so.
fn is_doubtful(fault: &Fault) -> bool {
    let known = fault.reason.parse().ok().and_then(code);
    match known {
        Some(known) => known.class == Class::Doubt || fault.status >= 500,
        None => !(400..500).contains(&fault.status),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_goes_as_to_and_an_id_as_recipient() {
        let content = json!({"type": "text", "text": {"body": "hi"}});
        let left = Arc::default();
        let post = |to| Post {
            to,
            content: &content,
            answers: Some("wamid.Q"),
            own: Some(("abc", 1)),
            timeout: Duration::from_secs(1),
            left: &left,
        };
        let body = request(&post("whatsapp:+14155550100"));
        assert_eq!(body["to"], "14155550100");
        assert_eq!(body["context"]["message_id"], "wamid.Q");
        assert!(body.get("recipient").is_none());
        let body = request(&post("whatsapp:US.abc"));
        assert_eq!(body["recipient"], "US.abc");
        assert!(body.get("to").is_none());
    }
}
