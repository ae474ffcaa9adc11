//! A loopback Slack with real state behind it: channels, people, threads, files, search, incoming webhooks.
//!
//! Tests point an account's `base_url` at it. Every request is held against Slack's own description where that is
//! present, and against our own table always; what does not fit fails the test when the value is dropped.

mod acts;
mod fault;
mod files;
mod spec;
pub use spec::table;
mod state;

use std::sync::{Arc, Mutex, MutexGuard};

use serde_json::{Value, json};

pub use fault::Fault;
pub use state::{Channel, State, User};

use super::loopback::wire::{Answer, Request};
use super::loopback::{Delivery, Reply, Server};

/// The token that is good from the start: a person's, for everything.
pub const TOKEN: &str = "xoxp-ada";
/// Whose token it is.
pub const ME: &str = "U0ADA0001";
/// Someone else.
pub const BOB: &str = "U0BOB0002";
/// A channel that both are in.
pub const OPS: &str = "C0OPS0001";
/// The direct messages of both, once they are opened.
pub const DM: &str = "D0BOB0001";
/// The path of an incoming webhook into [`OPS`].
pub const HOOK: &str = "/services/T0TEAM001/B0HOOK001/abcdef123456";

/// A running provider; ends with the value, which fails the test over anything Slack would not have understood.
pub struct Slack {
    /// `http://127.0.0.1:PORT`
    pub url: String,
    state: Arc<Mutex<State>>,
    server: Server,
}

impl Slack {
    /// Starts a workspace with Ada, Bob, and the channel `#ops`.
    pub fn start() -> Slack {
        let state = Arc::new(Mutex::new(State::new()));
        let kept = state.clone();
        let server = Server::start(|url| {
            let url = url.to_owned();
            move |request| serve(&kept, &url, request)
        });
        Slack {
            url: server.url.clone(),
            state,
            server,
        }
    }

    /// Everything at once, for what has no method of its own.
    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// The config of account `work`.
    pub fn account(&self) -> String {
        format!(
            "[accounts.work]\nchannel = \"slack\"\nbase_url = \"{}\"\n",
            self.url
        )
    }

    /// Someone writes; gives the `ts`.
    pub fn post(&self, channel: &str, user: &str, text: &str) -> String {
        self.post_as(channel, json!({"user": user, "text": text}))
    }

    /// The same with everything a message may have.
    pub fn post_as(&self, channel: &str, message: Value) -> String {
        self.state().post(channel, message)
    }

    /// Someone edits a message.
    pub fn edit(&self, channel: &str, ts: &str, text: &str) {
        let mut state = self.state();
        let at = state.tick();
        let message = state.message(channel, ts).expect("the message");
        message["text"] = text.into();
        message["edited"] = json!({"user": BOB, "ts": at});
    }

    /// Someone deletes a message.
    pub fn delete(&self, channel: &str, ts: &str) {
        self.state().delete(channel, ts);
    }

    /// What was said in a channel, oldest first, answers among it.
    pub fn messages(&self, channel: &str) -> Vec<Value> {
        let state = self.state();
        state
            .channels
            .get(channel)
            .map_or(Vec::new(), |c| c.messages.clone())
    }

    /// The texts of what this account said in a channel, oldest first.
    pub fn own_texts(&self, channel: &str) -> Vec<String> {
        let own = self
            .messages(channel)
            .into_iter()
            .filter(|m| m["user"] == ME);
        own.map(|m| m["text"].as_str().unwrap_or_default().to_owned())
            .collect()
    }

    /// Sets the provider's clock.
    pub fn at(&self, time: &str) {
        self.state().now = time.parse().expect("a time");
    }

    /// Plans a fault for the nth request from now (1 is the next) of a method (`*` is any).
    ///
    /// Besides Slack's methods there are `upload`, `download` and `webhook`.
    pub fn fault(&self, method: &str, nth: usize, fault: Fault) {
        self.state().faults.push(fault::Planned {
            method: method.to_owned(),
            left: nth,
            fault,
        });
    }

    /// Every request so far.
    pub fn requests(&self) -> Vec<Request> {
        self.state().requests.clone()
    }

    /// How many requests of a method came so far.
    pub fn count(&self, method: &str) -> usize {
        self.requests().iter().filter(|r| r.id == method).count()
    }

    pub fn forget_requests(&self) {
        self.state().requests.clear();
    }
}

impl Drop for Slack {
    fn drop(&mut self) {
        self.server.stop();
        if std::thread::panicking() {
            return;
        }
        let state = self.state();
        let violations = state.violations.join("\n");
        let unused: Vec<_> = state.faults.iter().map(|f| f.method.clone()).collect();
        drop(state);
        assert!(violations.is_empty(), "{violations}");
        assert!(
            unused.is_empty(),
            "planned faults that never happened: {unused:?}"
        );
    }
}

/// What becomes of a request.
fn serve(state: &Mutex<State>, url: &str, mut request: Request) -> Reply {
    let name = request.path.trim_start_matches('/').to_owned();
    request.id = match name.split('/').next() {
        Some("services") => "webhook",
        Some("upload") => "upload",
        Some("files-pri") => "download",
        _ => comms::net::slack::operations::ALL
            .iter()
            .find(|method| method.operation.id == name)
            .map_or("unknown", |method| method.operation.id),
    };
    let mut state = state.lock().unwrap_or_else(|e| e.into_inner());
    let fault = state.fault_for(request.id);
    let mut reply = Reply::default();
    match &fault {
        Some(Fault::Error(word)) => reply.answer = refusal(word),
        Some(Fault::RateLimited(seconds)) => {
            reply.answer = refusal("ratelimited").header("retry-after", &seconds.to_string());
            reply.answer.status = 429;
        }
        Some(Fault::Status(status, body)) => {
            reply.answer = Answer::bytes("text/plain", body.clone().into_bytes());
            reply.answer.status = *status;
        }
        Some(Fault::CutBeforeWork) => reply.delivery = Delivery::Cut,
        _ => reply.answer = state.answer(url, &request),
    }
    match fault {
        Some(Fault::CutBeforeAnswer) => reply.delivery = Delivery::Cut,
        Some(Fault::Half) => reply.delivery = Delivery::Half,
        Some(Fault::Hang) => reply.delivery = Delivery::Never,
        _ => {}
    }
    request.status = match reply.delivery {
        Delivery::Cut | Delivery::Never => 0,
        _ => reply.answer.status,
    };
    let date = jiff::fmt::rfc2822::to_string(&state.now.to_zoned(jiff::tz::TimeZone::UTC));
    let date = date.expect("a date").replace("+0000", "GMT");
    reply.answer = reply.answer.header("date", &date);
    state.requests.push(request);
    reply
}

/// A refusal as Slack words it.
fn refusal(word: &str) -> Answer {
    Answer::json(&json!({"ok": false, "error": word}))
}
