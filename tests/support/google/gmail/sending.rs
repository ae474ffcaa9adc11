//! Sending: Gmail names the message anew, corrects its sender, and files it under SENT.

use std::collections::BTreeSet;

use mail_parser::{HeaderValue, MessageParser};
use serde_json::{Value, json};

use super::super::wire::{Answer, Outcome, Refusal};
use super::super::{Request, State};
use super::drafts::raw_of;
use super::{Mailbox, Sent};

/// The largest letter `messages.send` takes, in bytes.
const LARGEST: usize = 36_700_160;

/// `messages.send`.
pub fn send(state: &mut State, request: &Request) -> Outcome {
    let body = request.json()?;
    let raw = raw_of(&body)?;
    let thread = body["threadId"].as_str().map(str::to_owned);
    if let Some(thread) = &thread
        && !state.gmail.mails.values().any(|m| m.thread == *thread)
    {
        return Err(Refusal::not_found());
    }
    Ok(Answer::json(&submit(state, raw, thread)?))
}

/// Takes a letter for delivery; the message as the answer tells it.
pub fn submit(state: &mut State, raw: Vec<u8>, thread: Option<String>) -> Result<Value, Refusal> {
    if raw.len() > LARGEST {
        return Err(Refusal::new(
            413,
            "INVALID_ARGUMENT",
            "uploadTooLarge",
            "Request Too Large",
        ));
    }
    let now = state.tick();
    let mailbox = &mut state.gmail;
    let to = recipients(&raw);
    if to.is_empty() {
        return Err(Refusal::invalid("Recipient address required"));
    }
    let stored = mailbox.rewritten(&raw, now);
    // A conversation takes a letter only if it answers one of it under the same subject.
    let kept = thread.clone().filter(|t| mailbox.fits(&stored, t));
    let mut labels = BTreeSet::from(["SENT".to_owned()]);
    if to.iter().any(|a| a.eq_ignore_ascii_case(&mailbox.address)) {
        labels.extend(["INBOX".to_owned(), "UNREAD".to_owned()]);
    }
    let id = mailbox.add(stored, labels, now, kept);
    mailbox.sent.push(Sent {
        id: id.clone(),
        submitted: raw,
        asked_thread: thread,
    });
    let mail = &mailbox.mails[&id];
    Ok(json!({"id": id, "threadId": mail.thread, "labelIds": mail.labels}))
}

impl Mailbox {
    /// The letter with Gmail's own Message-ID, a sender that may send, and a date.
    fn rewritten(&self, raw: &[u8], now: jiff::Timestamp) -> Vec<u8> {
        let unique = format!("CA{:x}.{}", now.as_millisecond(), self.given + 1);
        let mut out = format!("Message-ID: <{unique}@mail.gmail.com>\r\n").into_bytes();
        let (mut dated, mut in_headers, mut dropping) = (false, true, false);
        for line in raw.split_inclusive(|b| *b == b'\n') {
            if in_headers && (line == b"\r\n" || line == b"\n") {
                in_headers = false;
                if !dated {
                    let date = now.to_zoned(jiff::tz::TimeZone::UTC);
                    let date =
                        jiff::fmt::rfc2822::to_string(&date).expect("a date of this century");
                    out.extend(format!("Date: {date}\r\n").bytes());
                }
            }
            if in_headers {
                let name = String::from_utf8_lossy(line).to_lowercase();
                if !line.starts_with(b" ") && !line.starts_with(b"\t") {
                    dropping = name.starts_with("message-id:");
                    dated |= name.starts_with("date:");
                    if name.starts_with("from:") && !self.may_send(&name) {
                        out.extend(format!("From: {}\r\n", self.address).bytes());
                        dropping = true;
                    }
                }
                if dropping {
                    continue;
                }
            }
            out.extend(line);
        }
        out
    }

    fn may_send(&self, from: &str) -> bool {
        std::iter::once(&self.address)
            .chain(&self.aliases)
            .any(|a| from.contains(&a.to_lowercase()))
    }

    /// The conversation of the letter this one answers under the same subject.
    pub fn conversation(&self, raw: &[u8]) -> Option<String> {
        if answers(raw).0.is_empty() {
            return None;
        }
        let threads: BTreeSet<_> = self.mails.values().map(|m| m.thread.clone()).collect();
        threads.into_iter().find(|t| self.fits(raw, t))
    }

    fn fits(&self, raw: &[u8], thread: &str) -> bool {
        let (answers, subject) = answers(raw);
        self.mails.values().filter(|m| m.thread == thread).any(|m| {
            let Some(parsed) = MessageParser::default().parse(&m.raw) else {
                return false;
            };
            parsed
                .message_id()
                .is_some_and(|id| answers.iter().any(|a| a == id))
                && plain_subject(parsed.subject().unwrap_or_default()) == subject
        })
    }
}

/// The ids a letter answers, and its subject without `Re:`.
fn answers(raw: &[u8]) -> (Vec<String>, String) {
    let Some(parsed) = MessageParser::default().parse(raw) else {
        return (Vec::new(), String::new());
    };
    let mut ids = Vec::new();
    for header in [parsed.references(), parsed.in_reply_to()] {
        match header {
            HeaderValue::Text(id) => ids.push(id.to_string()),
            HeaderValue::TextList(list) => ids.extend(list.iter().map(ToString::to_string)),
            _ => {}
        }
    }
    (ids, plain_subject(parsed.subject().unwrap_or_default()))
}

fn plain_subject(subject: &str) -> String {
    let mut rest = subject.trim();
    while let Some((before, after)) = rest.split_once(':')
        && ["re", "aw", "fwd", "fw"].contains(&before.to_lowercase().as_str())
    {
        rest = after.trim();
    }
    rest.to_lowercase()
}

/// Every address of To, Cc and Bcc.
fn recipients(raw: &[u8]) -> Vec<String> {
    let Some(parsed) = MessageParser::default().parse(raw) else {
        return Vec::new();
    };
    [parsed.to(), parsed.cc(), parsed.bcc()]
        .into_iter()
        .flatten()
        .flat_map(|list| list.iter().filter_map(|a| a.address().map(str::to_owned)))
        .collect()
}
