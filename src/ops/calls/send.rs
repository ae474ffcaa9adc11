//! `send`, `reply` and `forward`, as programs ask for them. No file of this machine can be named.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::error::{Error, Result};
use crate::model::contact::Via;
use crate::model::id::MessageId;
use crate::model::outbox::State;
use crate::model::time;
use crate::ops::App;
use crate::ops::recipients::{Addressing, Copies};
use crate::ops::send::{self, Mode, SendReport, SendRequest};

use super::{Call, Caller, Done, Scope};

/// What all three share.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Letter {
    /// The text.
    pub text: String,
    /// The subject; mail only.
    pub subject: Option<String>,
    /// The text is Markdown.
    pub markdown: bool,
    /// HTML to send beside the text, or instead of it; mail only.
    pub html: Option<String>,
    /// Who gets a visible copy.
    pub cc: Vec<String>,
    /// Who gets a copy nobody else sees.
    pub bcc: Vec<String>,
    /// Where answers are to go.
    pub reply_to: Vec<String>,
    /// The account it leaves from, by name or address; the default one if left out.
    pub from: Option<String>,
    /// Write to people by this channel, whatever they prefer.
    pub via: Option<Via>,
    /// Which of the candidates is meant where a name was in doubt; counts from 1.
    #[schemars(range(min = 1))]
    pub pick: Option<usize>,
    /// Web addresses of pictures that the provider fetches; MMS only.
    pub media_url: Vec<String>,
    /// Makes it happen once, however often it is asked for: a key is one message for ever.
    pub key: Option<String>,
    /// Keep it as a draft.
    pub draft: bool,
    /// Only put it into the outbox.
    pub queue: bool,
    /// If it can't leave now it failed, instead of waiting for another try.
    pub no_queue: bool,
    /// When it leaves: `tomorrow 9am`, `2026-12-01 09:00`, `in 2h`.
    pub at: Option<String>,
    /// Answer once it came to this state, or `timeout` is over.
    pub wait: Option<Awaited>,
    /// How long the server may take before the message is handed over, or how long to wait: `30s`.
    pub timeout: Option<String>,
    /// Tell what would leave and what policy says; write and send nothing.
    pub dry_run: bool,
    /// An empty text is meant.
    pub allow_empty: bool,
    /// Let `@here`, `@channel` and the like in the text reach everyone.
    pub allow_mass_mention: bool,
    /// Give everybody a mail of their own.
    pub separately: bool,
    /// Put everybody of a group into one mail.
    pub together: bool,
    /// Leave out those of a group whom nothing reaches.
    pub skip_unreachable: bool,
    /// So many people are meant, where a group leads to many.
    pub yes: bool,
}

/// A state to wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Awaited {
    Sent,
    Delivered,
    Read,
}

/// Sends a message, or stages it: policy may hold it until a person approves.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SendCall {
    /// Who gets it: addresses, names of people, `c9`, `@group`, `slack:#ops`, `sms:+14155550100`.
    #[schemars(length(min = 1))]
    pub to: Vec<String>,
    /// What it is about, like `disk-full`: all messages of one key are one thread.
    #[serde(default)]
    pub thread_key: Option<String>,
    /// Send no more than one per thread key (or key) in this time, like `1h`; repeats are counted.
    #[serde(default)]
    pub once_per: Option<String>,
    #[serde(flatten)]
    pub letter: Letter,
}

/// Answers a message in its thread, or stages the answer: policy may hold it until a person approves.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReplyCall {
    /// The message to answer: `m1423`.
    pub id: String,
    /// Answer everyone it went to.
    #[serde(default)]
    pub all: bool,
    /// Show the answer in the channel too, not in its thread alone; Slack only.
    #[serde(default)]
    pub broadcast: bool,
    #[serde(flatten)]
    pub letter: Letter,
}

/// Sends a message on with all it holds, or stages that: policy may hold it until a person approves.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ForwardCall {
    /// The message to send on: `m1423`.
    pub id: String,
    /// Who gets it: addresses, names of people, `c9`, `@group`.
    #[schemars(length(min = 1))]
    pub to: Vec<String>,
    #[serde(flatten)]
    pub letter: Letter,
}

impl Call for SendCall {
    const NAME: &'static str = "send";
    const SCHEMA: &'static str = "comms.send/1";
    const NEEDS: Scope = Scope::Send;
    type Report = SendReport;

    fn waits(&self) -> bool {
        true
    }

    async fn run(self, app: &App, caller: &Caller) -> Result<Done<SendReport>> {
        if self.to.is_empty() {
            return Err(nobody());
        }
        needs_text(&self.letter)?;
        let (mut request, warnings) = self.letter.request(app, self.to)?;
        request.thread_key = self.thread_key;
        request.once_per = self.once_per.as_deref().map(time::duration).transpose()?;
        let doubts = match request.dry_run {
            true => Vec::new(),
            false => send::doubts(&request),
        };
        let mut report = send::send(app, caller.origin, &request).await?;
        report.warnings.extend(warnings);
        let doubts = doubts.iter().map(|doubt| doubt.warning().to_owned());
        report.warnings.extend(doubts);
        Done::sent(report)
    }
}

impl Call for ReplyCall {
    const NAME: &'static str = "reply";
    const SCHEMA: &'static str = "comms.send/1";
    const NEEDS: Scope = Scope::Send;
    type Report = SendReport;

    fn waits(&self) -> bool {
        true
    }

    async fn run(self, app: &App, caller: &Caller) -> Result<Done<SendReport>> {
        let id: MessageId = self.id.parse()?;
        needs_text(&self.letter)?;
        let (mut request, warnings) = self.letter.request(app, Vec::new())?;
        request.broadcast = self.broadcast;
        let mut report = send::answer(app, caller.origin, (id, self.all), &request).await?;
        report.warnings.extend(warnings);
        Done::sent(report)
    }
}

impl Call for ForwardCall {
    const NAME: &'static str = "forward";
    const SCHEMA: &'static str = "comms.send/1";
    const NEEDS: Scope = Scope::Send;
    type Report = SendReport;

    fn waits(&self) -> bool {
        true
    }

    async fn run(self, app: &App, caller: &Caller) -> Result<Done<SendReport>> {
        let id: MessageId = self.id.parse()?;
        if self.to.is_empty() {
            return Err(nobody());
        }
        let (request, warnings) = self.letter.request(app, self.to)?;
        let mut report = send::forward(app, caller.origin, id, &request).await?;
        report.warnings.extend(warnings);
        Done::sent(report)
    }
}

impl Letter {
    /// As the operations take it, and what its sender should know.
    fn request(self, app: &App, to: Vec<String>) -> Result<(SendRequest, Vec<String>)> {
        let mode = match (self.draft, self.queue, self.no_queue) {
            (false, false, false) => Mode::Send,
            (true, false, false) => Mode::Draft,
            (false, true, false) => Mode::Queue,
            (false, false, true) => Mode::NoQueue,
            _ => return Err(both("draft", "queue` and `no_queue")),
        };
        let copies = match (self.separately, self.together) {
            (false, false) => Copies::Usual,
            (true, false) => Copies::Apart,
            (false, true) => Copies::Together,
            (true, true) => return Err(both("separately", "together")),
        };
        if self.markdown && self.html.is_some() {
            return Err(both("markdown", "html"));
        }
        if self.at.is_some() && mode != Mode::Send {
            return Err(both("at", "draft`, `queue` and `no_queue"));
        }
        if self.wait.is_some() && mode == Mode::Draft {
            return Err(both("wait", "draft"));
        }
        let timeout = self.timeout.as_deref().map(time::duration).transpose()?;
        if timeout.is_some_and(|timeout| timeout.is_zero()) {
            return Err(Error::usage("`timeout` 0 leaves no time to send anything"));
        }
        let schedule = self
            .at
            .as_deref()
            .map(|at| time::schedule(at, &app.clock.now_local()))
            .transpose()?;
        let request = SendRequest {
            to,
            cc: self.cc,
            bcc: self.bcc,
            reply_to: self.reply_to,
            from: self.from,
            addressing: Addressing {
                via: self.via,
                pick: self.pick,
                skip_unreachable: self.skip_unreachable,
                yes: self.yes,
                ..Addressing::default()
            },
            copies,
            subject: self.subject,
            text: self.text,
            allow_empty: self.allow_empty,
            html: self.html,
            markdown: self.markdown,
            allow_mass_mention: self.allow_mass_mention,
            media_urls: self.media_url,
            key: self.key,
            mode,
            at: schedule.as_ref().map(|s| s.at),
            wait_for: self.wait.map(|state| match state {
                Awaited::Sent => State::Sent,
                Awaited::Delivered => State::Delivered,
                Awaited::Read => State::Read,
            }),
            timeout,
            dry_run: self.dry_run,
            ..SendRequest::default()
        };
        let warnings = schedule.and_then(|s| s.warning).into_iter().collect();
        Ok((request, warnings))
    }
}

fn needs_text(letter: &Letter) -> Result<()> {
    let whole = letter.allow_empty || letter.html.is_some() || !letter.media_url.is_empty();
    if whole || !letter.text.trim().is_empty() {
        return Ok(());
    }
    Err(Error::usage("the text is empty")
        .hint("write `text`, or set `allow_empty` if that is what you want"))
}

fn nobody() -> Error {
    Error::usage("nobody is named in `to`").hint("write an address, a name or a group")
}

fn both(one: &str, others: &str) -> Error {
    Error::usage(format!("`{one}` does not go together with `{others}`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_call_knows_is_refused() {
        let read = |json: &str| serde_json::from_str::<SendCall>(json);
        let call = read(r#"{"to":["ada@example.com"],"text":"Hi","via":"sms","pick":1}"#).unwrap();
        assert_eq!(
            (call.letter.text.as_str(), call.letter.via),
            ("Hi", Some(Via::Sms))
        );
        for wrong in [
            r#"{"to":["a@b.example"],"attach":["/etc/passwd"]}"#,
            r#"{"to":["a@b.example"],"text":7}"#,
            r#"{"to":"a@b.example"}"#,
            r#"{"text":"Hi"}"#,
        ] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn its_schema_is_closed() {
        let schema = schemars::schema_for!(ReplyCall).to_value();
        assert_eq!(schema["additionalProperties"], false, "{schema}");
        assert_eq!(schema["required"], serde_json::json!(["id"]));
        assert!(schema["properties"]["text"].is_object());
    }
}
