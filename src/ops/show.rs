//! Reading: one message or a whole thread, with what a person sees and what there is to save.

use std::collections::{BTreeSet, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};

use schemars::JsonSchema;
use serde::Serialize;

use crate::error::Result;
use crate::format::html;
use crate::format::mime::{self, Passage};
use crate::model::address::Address;
use crate::model::id::{MessageId, ThreadId};
use crate::model::message::{Attachment, Envelope};

use super::App;

/// Which message, laid out for how many columns.
#[derive(Clone, Copy, Debug)]
pub struct ShowRequest {
    pub id: MessageId,
    /// Columns for text that has to be made from HTML.
    pub width: usize,
}

/// A message as it is read. Everything in it was written by someone else.
#[derive(Debug, Serialize, JsonSchema)]
pub struct MessageReport {
    pub message: Envelope,
    /// Always true: the content was written by someone else.
    pub untrusted: bool,
    pub reply_to: Vec<Address>,
    pub bcc: Vec<Address>,
    pub list_id: Option<String>,
    /// The readable text; made from the HTML if the message has no other.
    pub text: String,
    /// The HTML as sent; null if there is none.
    pub html: Option<String>,
    pub attachments: Vec<Attachment>,
    /// What is broken about the message; empty for a sound one.
    pub faults: Vec<String>,
    /// All header fields in order, decoded.
    pub headers: Vec<HeaderField>,
    /// Other copies of it in the same account that a thread doesn't show again.
    pub copies: Vec<MessageId>,
}

/// One header field.
#[derive(Debug, Serialize, JsonSchema)]
pub struct HeaderField {
    pub name: String,
    pub value: String,
}

/// A thread as it is read.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ThreadReport {
    pub thread: ThreadId,
    /// Oldest first.
    pub messages: Vec<MessageReport>,
}

/// Reads a message.
pub fn show(app: &App, request: &ShowRequest) -> Result<MessageReport> {
    let envelope = app.store.envelopes(&[request.id])?.remove(0);
    read(app, envelope, request.width)
}

/// Reads all messages of a thread. The id of a merged thread leads to the new one.
pub fn thread(app: &App, id: ThreadId, width: usize) -> Result<ThreadReport> {
    let envelopes = app.store.thread(id)?;
    let thread = envelopes.first().map_or(id, |e| e.thread);
    let messages = envelopes
        .into_iter()
        .map(|envelope| read(app, envelope, width))
        .collect::<Result<_>>()?;
    Ok(ThreadReport {
        thread,
        messages: once(messages),
    })
}

/// What one sent to oneself is there as sent and as received: the received copy stands for both.
///
/// Only copies that read the same are taken for one, so that nobody hides a message behind a borrowed Message-ID.
fn once(messages: Vec<MessageReport>) -> Vec<MessageReport> {
    let mut shown: Vec<MessageReport> = Vec::with_capacity(messages.len());
    // Where those stand that read alike: first the received ones, then the sent ones. A thread may be long.
    let mut alike: HashMap<u64, [BTreeSet<usize>; 2]> = HashMap::new();
    for mut next in messages {
        let places = alike.entry(likeness(&next)).or_default();
        let others = &places[usize::from(!next.message.sent)];
        let Some(at) = others
            .iter()
            .copied()
            .find(|at| is_copy(&shown[*at], &next))
        else {
            places[usize::from(next.message.sent)].insert(shown.len());
            shown.push(next);
            continue;
        };
        let twin = &mut shown[at];
        if twin.message.sent && !next.message.sent {
            std::mem::swap(twin, &mut next);
            places[1].remove(&at);
            places[0].insert(at);
        }
        twin.copies.push(next.message.id);
        twin.copies.append(&mut next.copies);
    }
    shown
}

/// The same for copies.
fn likeness(report: &MessageReport) -> u64 {
    let message = &report.message;
    let mut hasher = DefaultHasher::new();
    (&message.message_id, &message.account, &message.subject).hash(&mut hasher);
    (&report.text, &report.html).hash(&mut hasher);
    hasher.finish()
}

fn is_copy(a: &MessageReport, b: &MessageReport) -> bool {
    let (ma, mb) = (&a.message, &b.message);
    let files = |m: &MessageReport| -> Vec<(String, u64)> {
        let all = m.attachments.iter();
        all.map(|a| (a.name.clone(), a.size_bytes)).collect()
    };
    ma.message_id.is_some()
        && ma.message_id == mb.message_id
        && ma.account == mb.account
        && ma.sent != mb.sent
        && !ma.draft
        && !mb.draft
        && ma.from == mb.from
        && ma.subject == mb.subject
        && a.text == b.text
        && a.html == b.html
        && files(a) == files(b)
}

/// The thread a message is in.
pub fn thread_of(app: &App, id: MessageId) -> Result<ThreadId> {
    Ok(app.store.location(id)?.thread)
}

/// The bytes of a message as they were received.
pub fn raw(app: &App, id: MessageId) -> Result<Vec<u8>> {
    app.store.raw(id)
}

fn read(app: &App, message: Envelope, width: usize) -> Result<MessageReport> {
    let document = app.store.document(message.id)?;
    let parsed = document.parsed();
    let passages = match document.channel.is_mail() {
        true => mime::passages(&document.raw),
        false => vec![Passage::Plain(parsed.text.clone())],
    };
    let mut text = String::new();
    for passage in &passages {
        if !text.is_empty() {
            text.truncate(text.trim_end().len());
            text.push_str("\n\n");
        }
        match passage {
            Passage::Plain(plain) => text.push_str(plain),
            Passage::Html(html) => text.push_str(&html::wrapped(html, width)),
        }
    }
    let headers = document
        .headers()
        .into_iter()
        .map(|(name, value)| HeaderField { name, value })
        .collect();
    Ok(MessageReport {
        message,
        untrusted: true,
        reply_to: parsed.reply_to,
        bcc: parsed.bcc,
        list_id: parsed.list_id,
        text,
        html: document.body().html,
        attachments: parsed.attachments,
        faults: parsed.faults,
        headers,
        copies: Vec::new(),
    })
}
