//! One attempt to post a message or to show files, and looking afterwards whether it is there.
//!
//! Slack knows no id by which it would tell that a message came twice. So each carries ours in its metadata, and after
//! a doubt the channel is read back to before the attempt: its listing is complete at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::error::{Error, Result};
use crate::net::api::{Call, Fault};
use crate::net::http::Limits;
use crate::net::pages::Trail;
use crate::net::slack::operations as op;

use super::messages::Window;
use super::{Client, MOST_PAGES, Uploaded, call};

/// What our metadata is called.
const EVENT: &str = "comms_send";
/// Clocks and requests run apart by no more than this.
const MARGIN: SignedDuration = SignedDuration::from_mins(10);
/// A proxy, or a login page of the network, may have said it.
const NO_PROOF: &str = "it was answered with success, but not with the message that was posted";
const POSTING: &str = "posting the message";

/// A message on its way out.
#[derive(Clone, Copy)]
pub struct Post<'a> {
    /// `C…`, `G…` or `D…`.
    pub channel: &'a str,
    /// In Slack's dialect; at most 4,000 characters.
    pub text: &'a str,
    /// The outbox item's own id, and the number of the part (from 1).
    pub own: (&'a str, usize),
    /// The `ts` of the message that it answers.
    pub thread: Option<&'a str>,
    /// Shown in the channel too, though it is an answer.
    pub broadcast: bool,
    /// Block Kit, instead of the text, which notifications still show.
    pub blocks: Option<&'a Value>,
    pub timeout: Duration,
    /// Set right before the first byte leaves: whoever drops the attempt from then on does not know whether it was sent.
    pub left: &'a Arc<AtomicBool>,
}

/// Files that become a message.
#[derive(Clone, Copy)]
pub struct Share<'a> {
    pub channel: &'a str,
    /// In Slack's dialect; may be empty.
    pub text: &'a str,
    pub files: &'a [Uploaded],
    pub thread: Option<&'a str>,
    pub timeout: Duration,
    pub left: &'a Arc<AtomicBool>,
}

/// What an attempt came to.
#[derive(Debug)]
pub enum Outcome {
    /// Slack has it, under this `ts`; the message as it is there.
    Sent { ts: String, message: Value },
    /// Slack shows the files; it does not say where.
    Shown,
    /// Certainly nothing was sent. Only `unavailable` may go better another time.
    NotSent(Error),
    /// It may have been sent; why that can't be told.
    Unknown(String),
}

/// A message of ours that is in a channel.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Own {
    pub ts: String,
    /// The outbox item's own id and the number of the part, where it carries them.
    pub id: Option<(String, usize)>,
    /// The files it shows: `F…`.
    pub files: Vec<String>,
    pub message: Value,
}

/// What [`Client::own_since`] read.
#[derive(Clone, Debug, Default)]
pub struct Since {
    pub own: Vec<Own>,
    /// Whether it was read to an end that is shown: in a channel something older, in a thread its last answer.
    pub shows_end: bool,
}

impl Client {
    /// One attempt.
    pub async fn post(&self, post: Post<'_>) -> Outcome {
        let call = posting(&post).leaving(post.left);
        match self.api.once(&call, POSTING).await {
            Ok(answer) => {
                let answer = answer.json::<Value>().unwrap_or_default();
                let ts = answer.get("ts").and_then(Value::as_str);
                match ts.filter(|ts| !ts.is_empty()) {
                    Some(ts) => Outcome::Sent {
                        ts: ts.to_owned(),
                        message: answer.get("message").cloned().unwrap_or_default(),
                    },
                    None => Outcome::Unknown(NO_PROOF.to_owned()),
                }
            }
            Err(fault) => ended(fault, post.left),
        }
    }

    /// One attempt to show files that Slack has.
    pub async fn share(&self, share: Share<'_>) -> Outcome {
        let files: Vec<Value> = share
            .files
            .iter()
            .map(|file| json!({"id": file.id, "title": file.title}))
            .collect();
        let files = Value::Array(files).to_string();
        let mut fields = vec![("files", files.as_str()), ("channel_id", share.channel)];
        fields.extend(share.thread.map(|ts| ("thread_ts", ts)));
        if !share.text.is_empty() {
            fields.push(("initial_comment", share.text));
        }
        let call = call(&op::FILES_COMPLETE)
            .form(fields)
            .limits(within(share.timeout))
            .leaving(share.left);
        match self.api.once(&call, "showing the files").await {
            Ok(answer) => {
                let answer = answer.json::<Value>().unwrap_or_default();
                match answer.get("ok").and_then(Value::as_bool) {
                    Some(true) => Outcome::Shown,
                    _ => Outcome::Unknown(NO_PROOF.to_owned()),
                }
            }
            Err(fault) => ended(fault, share.left),
        }
    }

    /// Messages with our metadata or with files that came into a channel, or a thread of it, since then by our clock.
    ///
    /// All of them, however far our clock is off: how long ago it was is counted back from Slack's own time.
    pub async fn own_since(
        &self,
        (channel, thread): (&str, Option<&str>),
        (since, now): (Timestamp, Timestamp),
    ) -> Result<Since> {
        let mut found = Since::default();
        // In a thread: its last answer by what it says itself, and the last that was read.
        let mut latest: Option<String> = None;
        let mut read: Option<String> = None;
        let mut cursor: Option<String> = None;
        let mut trail = Trail::within(MOST_PAGES);
        loop {
            let all = Window::default();
            let page = match thread {
                Some(thread) => {
                    let place = (channel, thread);
                    self.replies(place, all, cursor.as_deref()).await?
                }
                None => self.history(channel, all, cursor.as_deref()).await?,
            };
            let from = page.at.unwrap_or(now) - now.duration_since(since) - MARGIN;
            let is_late = |m: &Value| ts_of(m).is_none_or(|ts| seconds(ts) >= from.as_second());
            // Newest first in a channel: what is older than the attempt ends the search.
            let over = thread.is_none() && page.messages.iter().any(|m| !is_late(m));
            let brought = page.messages.len();
            match thread {
                None => found.shows_end |= over,
                Some(thread) => {
                    for message in &page.messages {
                        let ts = ts_of(message).unwrap_or_default();
                        if ts == thread {
                            let told = message.get("latest_reply").and_then(Value::as_str);
                            latest = Some(told.unwrap_or(thread).to_owned());
                        }
                        read = read.max(Some(ts.to_owned()));
                    }
                    found.shows_end = latest.is_some() && latest <= read;
                }
            }
            let late = page.messages.into_iter().filter(is_late);
            found.own.extend(late.filter_map(own));
            cursor = page.next.filter(|_| !over);
            match &cursor {
                None => return Ok(found),
                Some(cursor) => trail.step(cursor, brought, "looking for what was sent")?,
            }
        }
    }
}

fn posting(post: &Post<'_>) -> Call {
    let (id, part) = post.own;
    let metadata = json!({"event_type": EVENT, "event_payload": {"id": id, "part": part}});
    let metadata = metadata.to_string();
    let blocks = post.blocks.map(Value::to_string);
    let mut fields = vec![
        ("channel", post.channel),
        ("text", post.text),
        ("metadata", metadata.as_str()),
        // What may ping is written as such; nothing else is looked for in the text.
        ("parse", "none"),
        ("link_names", "false"),
    ];
    if let Some(thread) = post.thread {
        fields.push(("thread_ts", thread));
        if post.broadcast {
            fields.push(("reply_broadcast", "true"));
        }
    }
    fields.extend(blocks.as_deref().map(|blocks| ("blocks", blocks)));
    call(&op::CHAT_POST)
        .form(fields)
        .limits(within(post.timeout))
}

fn ended(fault: Fault, left: &AtomicBool) -> Outcome {
    // A 408 says that someone waited too long, and not for whom.
    let refused = (400..500).contains(&fault.status) && fault.status != 408;
    if fault.may_have_left && !refused {
        return Outcome::Unknown(fault.error.message);
    }
    left.store(false, Ordering::Relaxed);
    Outcome::NotSent(fault.error)
}

fn within(total: Duration) -> Limits {
    Limits {
        total,
        ..Limits::default()
    }
}

fn own(message: Value) -> Option<Own> {
    let ts = ts_of(&message)?.to_owned();
    let metadata = message.get("metadata");
    let metadata = metadata.filter(|m| m.get("event_type").and_then(Value::as_str) == Some(EVENT));
    let payload = metadata.and_then(|m| m.get("event_payload"));
    let id = payload.and_then(|p| {
        let id = p.get("id")?.as_str()?.to_owned();
        Some((id, usize::try_from(p.get("part")?.as_u64()?).ok()?))
    });
    let files = message.get("files").and_then(Value::as_array);
    let files: Vec<String> = files
        .into_iter()
        .flatten()
        .filter_map(|f| Some(f.get("id")?.as_str()?.to_owned()))
        .collect();
    if id.is_none() && files.is_empty() {
        return None;
    }
    Some(Own {
        ts,
        id,
        files,
        message,
    })
}

fn ts_of(message: &Value) -> Option<&str> {
    message.get("ts")?.as_str()
}

/// The whole seconds of a `ts`.
fn seconds(ts: &str) -> i64 {
    let whole = ts.split('.').next().unwrap_or(ts);
    whole.parse().unwrap_or(i64::MAX)
}
