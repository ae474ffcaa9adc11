//! One attempt to send a letter, its outcome told around the point of no return.
//!
//! A small letter goes in one request, a large one in parts. Until the request with the last byte leaves, nothing is
//! sent; from then on only Gmail's answer tells.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::{Error, Kind, Result};
use crate::net::api::{Call, Fault};
use crate::net::google::operations::gmail as op;
use crate::net::http::{Answer, Limits};

use super::Client;
use super::message::encoded;

/// The largest letter that Gmail takes, in bytes (its API description: `maxSize` of the upload).
pub const LARGEST: usize = 36_700_160;

/// From here on a letter is uploaded in parts.
const LARGE: usize = 5_000_000;

/// Of a part; a multiple of 256 KiB.
const PART: usize = 8 << 20;

/// How often an upload is begun anew, or asked how far it is.
const PATIENCE: u32 = 4;

/// A letter on its way out.
#[derive(Clone, Copy)]
pub struct Letter<'a> {
    pub raw: &'a [u8],
    /// The conversation it belongs to; References, In-Reply-To and Subject must agree.
    pub thread_id: Option<&'a str>,
    /// For each request.
    pub timeout: Duration,
    /// Set right before the request with the last byte leaves: whoever drops the attempt from then on does not know
    /// whether it was sent.
    pub left: &'a Arc<AtomicBool>,
}

/// What an attempt came to.
#[derive(Debug)]
pub enum Outcome {
    /// Gmail has it, under these ids.
    Sent { id: String, thread_id: String },
    /// Certainly nothing was sent. Only `unavailable` may go better another time.
    NotSent(Error),
    /// It may have been sent; why that can't be told.
    Unknown(String),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Sent {
    id: String,
    #[serde(default)]
    thread_id: String,
}

impl Client {
    /// One attempt, never repeated here once it may have been sent.
    pub async fn send(&self, letter: Letter<'_>) -> Outcome {
        letter.left.store(false, Ordering::Relaxed);
        let size = letter.raw.len();
        if size > LARGEST {
            return Outcome::NotSent(
                Error::refused(format!(
                    "the letter has {size} bytes, and Gmail takes {LARGEST} at most"
                ))
                .hint("leave an attachment out, or send a link to it"),
            );
        }
        if size >= LARGE {
            return self.upload(letter).await;
        }
        let mut body = about(letter.thread_id);
        body["raw"] = json!(encoded(letter.raw));
        let call = self
            .call(op::MESSAGES_SEND)
            .query("fields", "id,threadId")
            .json(&body)
            .limits(limits(letter.timeout))
            .leaving(letter.left);
        match self.api.once(&call, SENDING).await {
            Ok(answer) => sent(&answer),
            Err(fault) => not_answered(fault),
        }
    }

    /// A letter in parts; an upload that Gmail forgot is begun anew.
    async fn upload(&self, letter: Letter<'_>) -> Outcome {
        let mut fault = None;
        for _ in 0..PATIENCE {
            let upload = match self.open(letter).await {
                Ok(upload) => upload,
                Err(e) => return Outcome::NotSent(e),
            };
            match self.put_parts(letter, &upload).await {
                Ended::With(outcome) => return outcome,
                Ended::Forgotten(e) => fault = Some(e),
            }
        }
        let gone = || Error::unavailable("Gmail forgot the upload again and again");
        Outcome::NotSent(fault.unwrap_or_else(gone))
    }

    /// Opens an upload; gives its address.
    async fn open(&self, letter: Letter<'_>) -> Result<String> {
        let call = self
            .call(op::MESSAGES_SEND_UPLOAD)
            .query("uploadType", "resumable")
            .query("fields", "id,threadId")
            .header("x-upload-content-type", "message/rfc822")
            .header("x-upload-content-length", &letter.raw.len().to_string())
            .json(&about(letter.thread_id));
        let answer = self.api.ask(&call, SENDING).await?;
        let address = answer.location().map(str::to_owned);
        address.ok_or_else(|| Error::unavailable("Gmail opened an upload without saying where"))
    }

    async fn put_parts(&self, letter: Letter<'_>, upload: &str) -> Ended {
        let size = letter.raw.len();
        let mut at = 0;
        let mut doubts = 0;
        // Whether the last byte left once without an answer. It may still be on its way, whatever Gmail says it has.
        let mut in_doubt = false;
        loop {
            let end = (at + PART).min(size);
            let part = format!("bytes {at}-{}/{size}", end - 1);
            let mut call = self.part(letter, upload, (&part, &letter.raw[at..end]));
            if end == size {
                call = call.leaving(letter.left);
            }
            let mut answer = self.api.once(&call, SENDING).await;
            in_doubt |= end == size
                && matches!(&answer, Err(fault) if in_question(fault) && fault.may_have_left);
            while let Err(fault) = &answer
                && in_question(fault)
            {
                doubts += 1;
                if doubts >= PATIENCE || !self.api.patient(fault, doubts).await {
                    return Ended::With(given_up(in_doubt, answer));
                }
                let question = self.part(letter, upload, (&format!("bytes */{size}"), &[]));
                answer = self.api.once(&question, SENDING).await;
            }
            match answer {
                Ok(answer) if answer.status == 308 => {
                    let has = received(&answer).min(size);
                    // Without progress it would go round for ever.
                    doubts = if has > at { 0 } else { doubts + 1 };
                    if doubts >= PATIENCE || has == size {
                        return Ended::With(given_up(in_doubt || has == size, Ok(answer)));
                    }
                    at = has;
                    letter.left.store(in_doubt, Ordering::Relaxed);
                }
                Ok(answer) => return Ended::With(sent(&answer)),
                Err(fault) if in_doubt => {
                    return Ended::With(Outcome::Unknown(fault.error.message));
                }
                Err(fault) => {
                    letter.left.store(false, Ordering::Relaxed);
                    return match fault.status {
                        404 | 410 => Ended::Forgotten(fault.error),
                        _ => Ended::With(Outcome::NotSent(fault.error)),
                    };
                }
            }
        }
    }

    /// A part, or with none the question how far the upload is.
    fn part(&self, letter: Letter<'_>, upload: &str, (range, bytes): (&str, &[u8])) -> Call {
        Call::new(op::UPLOAD_PART)
            .to(upload)
            .header("content-range", range)
            .bytes("message/rfc822", bytes.to_vec())
            .limits(limits(letter.timeout))
    }
}

const SENDING: &str = "sending through Gmail";

/// How an upload ended.
enum Ended {
    With(Outcome),
    /// Gmail knows nothing of it any more, so nothing was sent.
    Forgotten(Error),
}

fn limits(timeout: Duration) -> Limits {
    Limits {
        total: timeout,
        ..Limits::default()
    }
}

fn about(thread_id: Option<&str>) -> Value {
    match thread_id {
        Some(thread_id) => json!({ "threadId": thread_id }),
        None => json!({}),
    }
}

/// How many bytes Gmail has (`Range: bytes=0-N`).
fn received(answer: &Answer) -> usize {
    let range = answer.headers.get("range").and_then(|v| v.to_str().ok());
    let last = range.and_then(|range| range.rsplit('-').next()?.trim().parse::<usize>().ok());
    last.map_or(0, |last| last.saturating_add(1))
}

/// Whether it may have been taken all the same: no answer, or one that says nothing of what was done.
fn in_question(fault: &Fault) -> bool {
    (fault.status == 0 && fault.passes) || fault.status == 408 || fault.status >= 500
}

fn sent(answer: &Answer) -> Outcome {
    match answer.json::<Sent>() {
        Ok(sent) if answer.is_success() && !sent.id.is_empty() => Outcome::Sent {
            id: sent.id,
            thread_id: sent.thread_id,
        },
        _ if answer.is_success() => Outcome::Unknown(
            "it was answered with success, but not with the message that was sent".to_owned(),
        ),
        _ => Outcome::NotSent(answer.error(SENDING)),
    }
}

fn not_answered(fault: Fault) -> Outcome {
    let unsure = fault.may_have_left && (fault.status == 0 || in_question(&fault));
    if unsure {
        return Outcome::Unknown(fault.error.message);
    }
    Outcome::NotSent(fault.error)
}

fn given_up(in_doubt: bool, answer: Result<Answer, Fault>) -> Outcome {
    let error = match answer {
        Err(fault) => fault.error,
        Ok(_) => Error::new(Kind::Unavailable, "Gmail did not take the whole upload"),
    };
    match in_doubt {
        true => Outcome::Unknown(error.message),
        false => Outcome::NotSent(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(status: u16, may_have_left: bool) -> Fault {
        Fault {
            status,
            may_have_left,
            passes: true,
            ..Fault::before(Error::unavailable("x"))
        }
    }

    #[test]
    fn only_an_answer_that_decides_says_that_nothing_was_sent() {
        for (status, left, unknown) in [
            (0, false, false),
            (0, true, true),
            (400, true, false),
            (401, true, false),
            (403, true, false),
            (408, true, true),
            (429, true, false),
            (500, true, true),
            (503, true, true),
        ] {
            let outcome = not_answered(fault(status, left));
            let is_unknown = matches!(outcome, Outcome::Unknown(_));
            assert_eq!(is_unknown, unknown, "{status} {left}");
        }
    }

    #[test]
    fn success_without_a_message_is_no_proof() {
        let outcome = |status, body| sent(&Answer::fixed(status, &[], body));
        assert!(
            matches!(outcome(200, r#"{"id":"1","threadId":"2"}"#), Outcome::Sent { id, .. } if id == "1")
        );
        assert!(matches!(outcome(200, "<html>"), Outcome::Unknown(_)));
        assert!(matches!(outcome(200, "{\"id\":\"\"}"), Outcome::Unknown(_)));
        assert!(matches!(outcome(308, ""), Outcome::NotSent(_)));
    }

    #[test]
    fn the_range_says_how_far_it_is() {
        let of = |range| received(&Answer::fixed(308, &[("range", range)], ""));
        assert_eq!(of("bytes=0-524287"), 524_288);
        assert_eq!(of("0-0"), 1);
        assert_eq!(of("nonsense"), 0);
        assert_eq!(received(&Answer::fixed(308, &[], "")), 0);
    }
}
