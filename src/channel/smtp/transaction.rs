//! One mail transaction: MAIL, RCPT for each, DATA, and the final dot.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::time::Instant;

use crate::error::{Error, Kind, Result};
use crate::model::outbox::{Answer, Attempt, RecipientState, Trial};

use super::connect::Client;
use super::reply::Reply;

/// How long the answer to the final dot may take (RFC 5321 §4.5.3.2.6).
const FINAL: Duration = Duration::from_secs(10 * 60);

const CHUNK: usize = 64 * 1024;

/// Who sends what to whom.
#[derive(Clone, Copy)]
pub struct Envelope<'a> {
    /// Address for bounces.
    pub from: &'a str,
    /// At most [`super::BATCH`].
    pub recipients: &'a [&'a str],
    /// With CRLF line ends.
    pub raw: &'a [u8],
    /// Called when the answer to the final dot is slow to come.
    pub slow: &'a (dyn Fn() + Sync),
    /// Set before the final dot leaves: whoever drops the attempt from then on does not know whether it was sent.
    pub left: &'a AtomicBool,
}

/// What an unknown outcome says when Ctrl-C ended the wait.
pub const INTERRUPTED: &str = "the wait for the server's answer was interrupted";

/// An answer to the final dot is slow after this long.
const SLOW: Duration = Duration::from_secs(5);

impl Client {
    /// One attempt, never repeated here; an answer for each recipient.
    pub async fn send(&mut self, envelope: &Envelope<'_>) -> Trial {
        envelope.left.store(false, Ordering::Relaxed);
        let mut answers: Vec<Option<Answer>> = vec![None; envelope.recipients.len()];
        let accepted = match self.envelope(envelope, &mut answers).await {
            Ok(n) => n,
            Err(e) => return not_sent(e, answers),
        };
        if accepted == 0 {
            // Nobody is left; the transaction is dropped before its first byte of content.
            if !self.broken && self.ask("RSET").await.is_err() {
                self.broken = true;
            }
            return nobody(answers);
        }
        match self.content(envelope.raw).await {
            Ok(()) => {}
            Err(Before::Refused(reply)) => {
                let e = refusal(&reply);
                if !self.broken {
                    let _ = self.ask("RSET").await;
                }
                fill(&mut answers, &answer(&reply));
                return finished(Attempt::NotSent(e, None), answers);
            }
            Err(Before::Fault(e)) => return not_sent(e, answers),
        }
        self.end(envelope, answers).await
    }

    /// MAIL and RCPT; how many recipients the server takes.
    async fn envelope(
        &mut self,
        envelope: &Envelope<'_>,
        answers: &mut [Option<Answer>],
    ) -> Result<usize> {
        let mut commands = vec![self.mail_from(envelope)?];
        for recipient in envelope.recipients {
            commands.push(format!("RCPT TO:<{}>\r\n", checked(recipient)?));
        }
        if self.offers.pipelining {
            self.write(commands.concat().as_bytes()).await?;
        } else {
            self.write(commands[0].as_bytes()).await?;
        }
        let mail = self.read().await?;
        if mail.code == 421 {
            return Err(self.turned_away(&mail));
        }
        let mut accepted = 0;
        for (n, command) in commands.iter().skip(1).enumerate() {
            if !self.offers.pipelining {
                if !mail.is_success() {
                    break;
                }
                self.write(command.as_bytes()).await?;
            }
            let reply = self.read().await?;
            if reply.code == 421 {
                answers[n] = Some(answer(&reply));
                return Err(self.turned_away(&reply));
            }
            if !mail.is_success() {
                continue;
            }
            if reply.is_success() {
                accepted += 1;
            } else {
                answers[n] = Some(answer(&reply));
            }
        }
        if !mail.is_success() {
            fill(answers, &answer(&mail));
            return Ok(0);
        }
        Ok(accepted)
    }

    fn mail_from(&self, envelope: &Envelope<'_>) -> Result<String> {
        if self.read_only {
            return Err(Error::refused("nothing is sent while comms is read-only"));
        }
        let size = envelope.raw.len();
        if let Some(most) = self
            .offers
            .size
            .filter(|most| *most > 0 && size as u64 > *most)
        {
            return Err(Error::refused(format!(
                "the message has {size} bytes, and `{}` takes at most {most}",
                self.peer
            )));
        }
        let utf8 = envelope.recipients.iter().any(|r| !r.is_ascii()) || !envelope.from.is_ascii();
        if utf8 && !self.offers.utf8 {
            return Err(Error::refused(format!(
                "`{}` takes no addresses with letters beyond ASCII (no SMTPUTF8)",
                self.peer
            ))
            .hint("write the domain in its ASCII form (`xn--…`), or send through a server with SMTPUTF8"));
        }
        let mut line = format!("MAIL FROM:<{}>", checked(envelope.from)?);
        if self.offers.size.is_some() {
            line.push_str(&format!(" SIZE={size}"));
        }
        if self.offers.eight_bit && !envelope.raw.is_ascii() {
            line.push_str(" BODY=8BITMIME");
        }
        // Headers with raw UTF-8 need it even where the envelope is ASCII.
        if self.offers.utf8 && (utf8 || !envelope.raw.is_ascii()) {
            line.push_str(" SMTPUTF8");
        }
        line.push_str("\r\n");
        Ok(line)
    }

    /// DATA and the content up to, not including, the final dot.
    async fn content(&mut self, raw: &[u8]) -> std::result::Result<(), Before> {
        let reply = self.ask("DATA").await?;
        if reply.code != 354 {
            return Err(Before::Refused(reply));
        }
        let mut stuffed = Vec::with_capacity(CHUNK + 1024);
        for line in raw.split_inclusive(|b| *b == b'\n') {
            if line.starts_with(b".") {
                stuffed.push(b'.');
            }
            stuffed.extend_from_slice(line);
            if stuffed.len() >= CHUNK {
                // A large body is slow, not stalled, as long as it moves.
                self.renew();
                self.write(&stuffed).await?;
                stuffed.clear();
            }
        }
        if !raw.ends_with(b"\r\n") {
            stuffed.extend_from_slice(b"\r\n");
        }
        self.renew();
        self.write(&stuffed).await?;
        match self.early().await? {
            None => Ok(()),
            Some(reply) if reply.code >= 400 => Err(Before::Refused(reply)),
            // Taken for the answer to the final dot it would say that what may get lost was sent.
            Some(reply) => Err(Before::Fault(Error::unavailable(format!(
                "`{}` answered before it had the whole message: {}",
                self.peer,
                reply.words()
            )))),
        }
    }

    /// The final dot and what the server makes of it. From here on only a reply counts.
    async fn end(&mut self, envelope: &Envelope<'_>, mut answers: Vec<Option<Answer>>) -> Trial {
        envelope.left.store(true, Ordering::Relaxed);
        let told = match self.write(b".\r\n").await {
            Ok(()) => {
                let patience = std::mem::replace(&mut self.patience, FINAL);
                let told = self.verdict(envelope.slow).await;
                self.patience = patience;
                told
            }
            Err(e) => Err(e),
        };
        let unknown = |why: String, mut answers: Vec<Option<Answer>>| {
            let answer = Answer {
                state: RecipientState::Unconfirmed,
                code: None,
                words: why.clone(),
            };
            fill(&mut answers, &answer);
            finished(Attempt::Unknown(why), answers)
        };
        match told {
            Ok(reply) if reply.is_success() => {
                fill(
                    &mut answers,
                    &Answer {
                        state: RecipientState::Sent,
                        code: Some(reply.code),
                        words: reply.words(),
                    },
                );
                finished(Attempt::Accepted(reply.words()), answers)
            }
            Ok(reply) if reply.code >= 400 => {
                fill(&mut answers, &answer(&reply));
                finished(Attempt::NotSent(refusal(&reply), None), answers)
            }
            Ok(reply) => {
                self.broken = true;
                unknown(
                    format!("after the whole message the server said: {}", reply.words()),
                    answers,
                )
            }
            Err(e) => {
                self.broken = true;
                let causes = e.causes();
                let why = std::iter::once(e.message)
                    .chain(causes)
                    .collect::<Vec<_>>()
                    .join(": ");
                unknown(format!("the whole message had left when {why}"), answers)
            }
        }
    }
}

impl Client {
    /// The reply to the final dot. Ctrl-C ends the wait, not the process: what is known is still to be written down.
    async fn verdict(&mut self, slow: &(dyn Fn() + Sync)) -> Result<Reply> {
        let mut reply = std::pin::pin!(self.read_until(Instant::now() + FINAL));
        let mut interrupt = std::pin::pin!(tokio::signal::ctrl_c());
        let mut told = false;
        loop {
            tokio::select! {
                biased;
                reply = &mut reply => return reply,
                _ = &mut interrupt => {
                    return Err(Error::new(Kind::Interrupted, INTERRUPTED));
                }
                () = tokio::time::sleep(SLOW), if !told => {
                    told = true;
                    slow();
                }
            }
        }
    }
}

/// What may go wrong before the point of no return.
enum Before {
    Refused(Reply),
    Fault(Error),
}

impl From<Error> for Before {
    fn from(e: Error) -> Self {
        Before::Fault(e)
    }
}

/// An address that can't end its command: ours are checked, those of a replied-to message are a stranger's.
fn checked(address: &str) -> Result<&str> {
    if address.chars().any(|c| c.is_control() || "<> ".contains(c)) {
        return Err(Error::refused(format!(
            "`{}` is not an address mail can go to",
            crate::format::clean::line(address)
        )));
    }
    Ok(address)
}

fn refusal(reply: &Reply) -> Error {
    let kind = if reply.is_temporary() {
        Kind::Unavailable
    } else {
        Kind::Refused
    };
    Error::new(kind, format!("the server said: {}", reply.words()))
}

fn answer(reply: &Reply) -> Answer {
    Answer {
        state: if reply.is_temporary() {
            RecipientState::Waiting
        } else {
            RecipientState::Failed
        },
        code: Some(reply.code),
        words: reply.words(),
    }
}

/// Gives this answer to all that have none.
fn fill(answers: &mut [Option<Answer>], answer: &Answer) {
    for slot in answers.iter_mut().filter(|a| a.is_none()) {
        *slot = Some(answer.clone());
    }
}

fn not_sent(e: Error, mut answers: Vec<Option<Answer>>) -> Trial {
    let state = if e.kind == Kind::Unavailable {
        RecipientState::Waiting
    } else {
        RecipientState::Failed
    };
    let causes = e.causes();
    let words = std::iter::once(e.message.clone())
        .chain(causes)
        .collect::<Vec<_>>()
        .join(": ");
    fill(
        &mut answers,
        &Answer {
            state,
            code: None,
            words,
        },
    );
    let after = e.retry_after;
    finished(Attempt::NotSent(e, after), answers)
}

/// Every recipient was refused or put off.
fn nobody(answers: Vec<Option<Answer>>) -> Trial {
    let all = || answers.iter().flatten();
    let worst = all()
        .find(|a| a.state == RecipientState::Waiting)
        .or_else(|| all().next());
    let (kind, words) = match worst {
        Some(a) if a.state == RecipientState::Waiting => (Kind::Unavailable, a.words.clone()),
        Some(a) => (Kind::Refused, a.words.clone()),
        None => (Kind::Refused, "there is no recipient".to_owned()),
    };
    let e = Error::new(kind, format!("the server said: {words}"));
    finished(Attempt::NotSent(e, None), answers)
}

fn finished(attempt: Attempt, answers: Vec<Option<Answer>>) -> Trial {
    let answers = answers
        .into_iter()
        .map(|a| a.expect("every recipient was given an answer"))
        .collect();
    Trial { attempt, answers }
}
