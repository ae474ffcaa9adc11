//! `send`, `reply` and `forward`, as programs ask for them. Files come as bytes: nothing of the disk can be named.

use crate::error::{Error, Result};
use crate::model::id::MessageId;
use crate::model::time;
use crate::ops::App;
use crate::ops::send::{self, SendReport};

use super::letter::letter_call;
use super::{Call, Caller, Done, Scope};

letter_call! {
    /// Sends a message, or stages it: policy may hold it until a person approves.
    SendCall {
        /// Who gets it: addresses, names of people, `c9`, `@group`, `slack:#ops`, `sms:+14155550100`.
        #[schemars(length(min = 1))]
        to: Vec<String>,
        /// What it is about, like `disk-full`: all messages of one key are one thread.
        #[serde(default)]
        thread_key: Option<String>,
        /// Send no more than one per thread key (or key) in this time, like `1h`; repeats are counted.
        #[serde(default)]
        once_per: Option<String>,
    }
}

letter_call! {
    /// Answers a message in its thread, or stages the answer: policy may hold it until a person approves.
    ReplyCall {
        /// The message to answer: `m1423`.
        id: String,
        /// Answer everyone it went to.
        #[serde(default)]
        all: bool,
        /// Show the answer in the channel too, not in its thread alone; Slack only.
        #[serde(default)]
        broadcast: bool,
    }
}

letter_call! {
    /// Sends a message on with all it holds, or stages that: policy may hold it until a person approves.
    ForwardCall {
        /// The message to send on: `m1423`.
        id: String,
        /// Who gets it: addresses, names of people, `c9`, `@group`.
        #[schemars(length(min = 1))]
        to: Vec<String>,
    }
}

impl Call for SendCall {
    const NAME: &'static str = "send";
    const SCHEMA: &'static str = "comms.send/1";
    const NEEDS: Scope = Scope::Send;
    type Report = SendReport;

    fn waits(&self) -> bool {
        true
    }

    async fn run(mut self, app: &App, caller: &Caller) -> Result<Done<SendReport>> {
        if self.to.is_empty() {
            return Err(nobody());
        }
        let letter = self.letter();
        letter.needs_text()?;
        let (mut request, warnings) = letter.request(app, self.to)?;
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

    async fn run(mut self, app: &App, caller: &Caller) -> Result<Done<SendReport>> {
        let id: MessageId = self.id.parse()?;
        let letter = self.letter();
        letter.needs_text()?;
        let (mut request, warnings) = letter.request(app, Vec::new())?;
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

    async fn run(mut self, app: &App, caller: &Caller) -> Result<Done<SendReport>> {
        let id: MessageId = self.id.parse()?;
        if self.to.is_empty() {
            return Err(nobody());
        }
        let (request, warnings) = self.letter().request(app, self.to)?;
        let mut report = send::forward(app, caller.origin, id, &request).await?;
        report.warnings.extend(warnings);
        Done::sent(report)
    }
}

fn nobody() -> Error {
    Error::usage("nobody is named in `to`").hint("write an address, a name or a group")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::contact::Via;

    #[test]
    fn what_no_call_knows_is_refused() {
        let read = |json: &str| serde_json::from_str::<SendCall>(json);
        let call = read(r#"{"to":["ada@example.com"],"text":"Hi","via":"sms","pick":1}"#).unwrap();
        assert_eq!((call.text.as_str(), call.via), ("Hi", Some(Via::Sms)));
        for wrong in [
            r#"{"to":["a@b.example"],"attach":["/etc/passwd"]}"#,
            r#"{"to":["a@b.example"],"text":7}"#,
            r#"{"to":["a@b.example"],"attachments":["/etc/passwd"]}"#,
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
