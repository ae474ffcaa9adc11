//! One attempt to send a message, its outcome told around the point of no return.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::Value;

use crate::error::{Error, Result};
use crate::net::api::{Call, Fault};
use crate::net::http::Limits;
use crate::net::twilio::{is_ambiguous, operations as op};

use super::{Client, text};

/// Media that one message takes.
pub const MOST_MEDIA: usize = 10;
/// They replied STOP.
const OPTED_OUT: &str = "21610";

/// Who a message comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sender<'a> {
    /// A number, a short code, or a name.
    Number(&'a str),
    /// `MG…`: it chooses the number, unless one of its own is named.
    Service(&'a str, Option<&'a str>),
}

/// A message on its way out.
#[derive(Clone, Copy)]
pub struct Post<'a> {
    /// In E.164, or a short code.
    pub to: &'a str,
    pub from: Sender<'a>,
    /// At most 1,600 characters; may be empty where there are media.
    pub text: &'a str,
    /// Web addresses that Twilio fetches.
    pub media: &'a [String],
    /// Where Twilio tells what becomes of it.
    pub status_callback: Option<&'a str>,
    /// Whether Twilio may write look-alikes in GSM-7.
    pub smart: bool,
    pub timeout: Duration,
    /// Set right before the first byte leaves: whoever drops the attempt from then on does not know whether it was sent.
    pub left: &'a Arc<AtomicBool>,
}

/// What an attempt came to.
#[derive(Debug)]
pub enum Outcome {
    /// Twilio has it, under this id; the message as it is there.
    Sent { sid: String, message: Value },
    /// Certainly nothing was sent. Only `unavailable` may go better another time.
    NotSent(Error),
    /// Certainly nothing was sent, since they want nothing more.
    OptedOut(Error),
    /// It may have been sent; why that can't be told.
    Unknown(String),
}

const SENDING: &str = "sending the message";
/// A proxy, or a login page of the network, may have said it.
const NO_PROOF: &str = "it was answered with success, but not with the message that was sent";

impl Client {
    /// One attempt. Twilio knows no key by which a second one would be the same message.
    pub async fn send(&self, post: Post<'_>) -> Outcome {
        let call = self.posting(&post).leaving(post.left);
        match self.api.once(&call, SENDING).await {
            Ok(answer) => {
                let message = answer.json::<Value>().unwrap_or_default();
                match text(&message, "sid") {
                    Some(sid) => Outcome::Sent {
                        sid: sid.to_owned(),
                        message,
                    },
                    None => Outcome::Unknown(NO_PROOF.to_owned()),
                }
            }
            Err(fault) if fault.may_have_left && !is_refusal(&fault) => {
                Outcome::Unknown(fault.error.message)
            }
            Err(fault) => {
                post.left.store(false, Ordering::Relaxed);
                match fault.reason.as_str() {
                    OPTED_OUT => Outcome::OptedOut(fault.error),
                    _ => Outcome::NotSent(fault.error),
                }
            }
        }
    }

    fn posting(&self, post: &Post<'_>) -> Call {
        let smart = post.smart.to_string();
        let mut form = vec![("To", post.to)];
        match post.from {
            Sender::Number(number) => form.push(("From", number)),
            Sender::Service(service, number) => {
                form.push(("MessagingServiceSid", service));
                form.extend(number.map(|number| ("From", number)));
            }
        }
        if !post.text.is_empty() {
            form.push(("Body", post.text));
        }
        form.extend(post.media.iter().map(|url| ("MediaUrl", url.as_str())));
        form.extend(post.status_callback.map(|url| ("StatusCallback", url)));
        form.push(("SmartEncoded", &smart));
        Call::new(op::CREATE)
            .at("AccountSid", &self.account)
            .form(form)
            .limits(Limits {
                total: post.timeout,
                ..Limits::default()
            })
    }

    /// Takes back what is scheduled at Twilio and did not leave.
    pub async fn cancel(&self, sid: &str) -> Result<Value> {
        self.update(sid, ("Status", "canceled"), "cancelling the message")
            .await
    }

    /// Takes the text out of a message that was sent; the rest of it stays.
    pub async fn redact(&self, sid: &str) -> Result<Value> {
        self.update(sid, ("Body", ""), "erasing the text").await
    }

    async fn update(&self, sid: &str, field: (&str, &str), doing: &str) -> Result<Value> {
        let call = Call::new(op::UPDATE)
            .at("AccountSid", &self.account)
            .at("Sid", sid)
            .form([field]);
        self.ask(&call, doing).await
    }

    /// Deletes a message at Twilio, with its text; the phone that has it keeps it. One that is gone already is deleted.
    pub async fn delete(&self, sid: &str) -> Result<()> {
        let call = Call::new(op::DELETE)
            .at("AccountSid", &self.account)
            .at("Sid", sid);
        match self.api.ask(&call, "deleting the message").await {
            Ok(_) => Ok(()),
            Err(fault) if fault.status == 404 => Ok(()),
            Err(fault) => Err(fault.error),
        }
    }
}

/// A refusal says for certain that nothing was sent.
fn is_refusal(fault: &Fault) -> bool {
    (400..500).contains(&fault.status) && !is_ambiguous(fault)
}
