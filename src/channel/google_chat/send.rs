//! One attempt to post a message, its outcome told around the point of no return, and looking for it afterwards.
//!
//! The id that is chosen for a message makes posting it idempotent: who posts it again gets the message that is
//! there, and who asks for it by that id learns whether it is.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use crate::error::{Error, Kind};
use crate::net::api::{Call, Fault};
use crate::net::google::operations::chat as op;
use crate::net::http::Limits;

use super::{Client, fault};

/// The conversation in a space that a message belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Thread<'a> {
    /// `spaces/AAA/threads/TTT`; it must be there.
    Name(&'a str),
    /// A name of our own, at most 4,000 characters; begun if it is not there. Only in named spaces.
    Key(&'a str),
}

/// A message on its way out.
#[derive(Clone, Copy)]
pub struct Post<'a> {
    /// `spaces/AAA`.
    pub space: &'a str,
    /// In Chat's dialect; at most 32,000 bytes.
    pub text: &'a str,
    /// `client-…` (`format::chat::client_id`): the message's id, and the request's.
    pub id: &'a str,
    pub thread: Option<Thread<'a>>,
    /// What [`Client::upload`] gave.
    pub attachments: &'a [Value],
    pub timeout: Duration,
    /// Set right before the first byte leaves: whoever drops the attempt from then on does not know whether it was sent.
    pub left: &'a Arc<AtomicBool>,
}

/// What an attempt came to.
#[derive(Debug)]
pub enum Outcome {
    /// Chat has it, under this resource name; the message as it is there.
    Sent { name: String, message: Value },
    /// Certainly nothing was sent. Only `unavailable` may go better another time.
    NotSent(Error),
    /// It may have been sent; why that can't be told.
    Unknown(String),
}

/// Whether a message was posted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Find {
    Found {
        name: String,
        message: Value,
    },
    /// The space can be read, and the message is not in it.
    Absent,
    CannotTell(String),
}

const POSTING: &str = "posting the message";
/// A proxy, or a login page of the network, may have said it.
pub const NO_PROOF: &str = "it was answered with success, but not with the message that was posted";

impl Client {
    /// One attempt. A message that is there already under its id was posted by an earlier one.
    pub async fn send(&self, post: Post<'_>) -> Outcome {
        let call = call(&post).leaving(post.left);
        match self.api.once(&call, POSTING).await {
            Ok(answer) => {
                let message = answer.json::<Value>().unwrap_or_default();
                match named(&message) {
                    Some(name) => Outcome::Sent { name, message },
                    None => Outcome::Unknown(NO_PROOF.to_owned()),
                }
            }
            Err(fault) if fault.status == 409 => self.posted_before(&post, fault.error).await,
            Err(fault) if fault.may_have_left && !is_answer(&fault) => {
                Outcome::Unknown(fault.error.message)
            }
            Err(fault) => {
                post.left.store(false, Ordering::Relaxed);
                Outcome::NotSent(not_sent(fault, &post))
            }
        }
    }

    /// Whether a message of this id is in the space.
    pub async fn find_sent(&self, space: &str, id: &str) -> Find {
        let call = Call::new(op::MESSAGES_GET).at("name", format!("{space}/messages/{id}"));
        let looking = "looking for the message";
        match self.api.json::<Value>(&call, looking).await {
            Ok(message) => Find::Found {
                name: named(&message).unwrap_or_else(|| format!("{space}/messages/{id}")),
                message,
            },
            // A space one is not in answers the same.
            Err(fault) if fault.status == 404 => match self.space(space).await {
                Ok(_) => Find::Absent,
                Err(e) => Find::CannotTell(e.message),
            },
            Err(fault) => Find::CannotTell(fault::judge(fault, Some(space)).message),
        }
    }

    async fn posted_before(&self, post: &Post<'_>, refusal: Error) -> Outcome {
        match self.find_sent(post.space, post.id).await {
            Find::Found { name, message } => Outcome::Sent { name, message },
            Find::Absent => Outcome::Unknown(format!(
                "{}; it is not in the space, and may have been deleted there",
                refusal.message
            )),
            Find::CannotTell(why) => Outcome::Unknown(format!("{}; {why}", refusal.message)),
        }
    }
}

fn call(post: &Post<'_>) -> Call {
    let mut body = json!({ "text": post.text });
    if !post.attachments.is_empty() {
        let attachments = post.attachments.iter();
        body["attachment"] = attachments
            .map(|reference| json!({ "attachmentDataRef": reference }))
            .collect();
    }
    let reply = match post.thread {
        None => None,
        Some(Thread::Name(name)) => {
            body["thread"] = json!({ "name": name });
            Some("REPLY_MESSAGE_OR_FAIL")
        }
        Some(Thread::Key(key)) => {
            body["thread"] = json!({ "threadKey": key });
            Some("REPLY_MESSAGE_FALLBACK_TO_NEW_THREAD")
        }
    };
    Call::new(op::MESSAGES_CREATE)
        .at("parent", post.space)
        .query("requestId", post.id)
        .query("messageId", post.id)
        .maybe("messageReplyOption", reply)
        .json(&body)
        .limits(Limits {
            total: post.timeout,
            ..Limits::default()
        })
}

fn named(message: &Value) -> Option<String> {
    let name = message.get("name")?.as_str()?;
    (!name.is_empty()).then(|| name.to_owned())
}

/// A refusal says for certain that nothing was posted.
fn is_answer(fault: &Fault) -> bool {
    (400..500).contains(&fault.status)
}

fn not_sent(fault: Fault, post: &Post<'_>) -> Error {
    let threaded = matches!(post.thread, Some(Thread::Name(_)));
    if fault.status == 404 && threaded && fault.error.message.to_lowercase().contains("thread") {
        return Error::new(Kind::NotFound, "the conversation that this answers is gone")
            .because(fault.error);
    }
    fault::judge(fault, Some(post.space))
}
