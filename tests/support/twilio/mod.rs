//! A loopback Twilio with real state behind it: messages both ways, media behind ways that expire, numbers, webhooks.
//!
//! Every request is held against Twilio's own description where that is present; what does not fit fails the test when
//! the value is dropped.

mod answers;
mod hook;
pub mod pricing;
pub mod spec;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};

use serde_json::{Value, json};

use super::loopback::wire::{self, Answer};
use super::loopback::{Delivery, Reply, Server};
pub use hook::Posted;

pub use super::loopback::wire::Request;

pub const ACCOUNT: &str = "AC00000000000000000000000000000001";
pub const KEY: &str = "SK00000000000000000000000000000001";
pub const SERVICE: &str = "MG00000000000000000000000000000001";
/// The account's auth token, and the secret of the key.
pub const AUTH_TOKEN: &str = "twilio-auth-token";
pub const KEY_SECRET: &str = "twilio-key-secret";
/// The account's numbers.
pub const OWN: &str = "+14155550100";
pub const SECOND: &str = "+14155550101";
/// Bob's phone.
pub const BOB: &str = "+14155550199";

/// What goes wrong with a request.
#[derive(Clone, Debug)]
pub enum Fault {
    /// Refused with this status and Twilio's code.
    Refuse(u16, u32),
    /// Answered with this status and body; nothing is done.
    Say(u16, &'static str),
    /// The connection is cut before anything is done.
    Drop,
    /// It is done, and the answer cut before its first byte.
    Lost,
    /// It is done, and half of the answer comes.
    Half,
    /// It is done, and answered with a fault of the server.
    Broken(u16, u32),
    /// It is done, and never answered.
    Silent,
}

/// A running provider; ends with the value, which fails the test over anything Twilio would not have understood.
pub struct Twilio {
    /// `http://127.0.0.1:PORT`
    pub url: String,
    state: Arc<Mutex<State>>,
    server: Server,
}

/// Everything the provider remembers.
pub struct State {
    pub url: String,
    /// Twilio's clock.
    pub now: jiff::Timestamp,
    /// As the API gives them, oldest first.
    pub messages: Vec<Value>,
    /// Type and bytes by message and medium.
    pub media: BTreeMap<(String, String), (String, Vec<u8>)>,
    /// Ways to bytes that still hold.
    ways: BTreeMap<String, (String, String)>,
    /// Ways that are given out and have ended already, before one that holds.
    pub stale_ways: usize,
    given: u64,
    /// Who replied STOP to which number.
    pub stopped: BTreeSet<(String, String)>,
    pub numbers: Vec<&'static str>,
    /// What messages cost, by country, as the API gives it.
    pub prices: Vec<Value>,
    /// Rows of a page, whatever is asked for.
    pub largest_page: usize,
    requests: Vec<Request>,
    faults: Vec<(String, usize, Fault)>,
    violations: Vec<String>,
}

impl Twilio {
    /// Starts a provider with two numbers, a messaging service, and no messages.
    pub fn start() -> Twilio {
        let state = Arc::new(Mutex::new(State {
            url: String::new(),
            now: super::NOW.parse().expect("the tests' instant"),
            messages: Vec::new(),
            media: BTreeMap::new(),
            ways: BTreeMap::new(),
            stale_ways: 0,
            given: 0,
            stopped: BTreeSet::new(),
            numbers: vec![OWN, SECOND],
            prices: Vec::new(),
            largest_page: 1000,
            requests: Vec::new(),
            faults: Vec::new(),
            violations: Vec::new(),
        }));
        let kept = state.clone();
        let server = Server::start(move |url| {
            lock(&kept).url = url.to_owned();
            move |request| lock(&kept).reply(request)
        });
        Twilio {
            url: server.url.clone(),
            state,
            server,
        }
    }

    /// The config of an account `work` of it.
    pub fn config(&self) -> String {
        format!(
            "[accounts.work]\nchannel = \"twilio\"\naccount_sid = \"{ACCOUNT}\"\naddress = \"{OWN}\"\nregion = \"US\"\n\
             base_url = \"{}\"\n",
            self.url
        )
    }

    /// A world with that account, logged in.
    pub fn world(&self) -> super::World {
        super::World::new()
            .config(&self.config())
            .env("COMMS_SECRET_WORK", AUTH_TOKEN)
    }

    /// Everything at once, for what has no method of its own.
    pub fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// Plans a fault for the nth request from now (1 is the next) of an operation.
    pub fn fault(&self, operation: &str, nth: usize, fault: Fault) {
        self.state().faults.push((operation.to_owned(), nth, fault));
    }

    /// Refuses to list messages until the faults are forgotten: nothing can be asked.
    pub fn list_nothing(&self) {
        for nth in 1..=20 {
            self.fault("ListMessage", nth, Fault::Refuse(404, 20404));
        }
    }

    /// Takes back what was planned and did not happen yet.
    pub fn forget_faults(&self) {
        self.state().faults.clear();
    }

    /// Someone writes to the account; the message's id.
    pub fn receive(&self, from: &str, text: &str) -> String {
        self.receive_at((from, OWN), text, &[])
    }

    /// The same to one of its numbers, with media.
    pub fn receive_at(
        &self,
        (from, to): (&str, &str),
        text: &str,
        media: &[(&str, &[u8])],
    ) -> String {
        let mut state = self.state();
        let sid = state.id(if media.is_empty() { "SM" } else { "MM" });
        for (media_type, bytes) in media {
            let medium = state.id("ME");
            let file = ((*media_type).to_owned(), bytes.to_vec());
            state.media.insert((sid.clone(), medium), file);
        }
        let mut message = state.message(&sid, (from, to), text);
        message["direction"] = json!("inbound");
        message["status"] = json!("received");
        message["num_media"] = json!(media.len().to_string());
        message["date_sent"] = message["date_created"].clone();
        state.messages.push(message);
        let pair = (from.to_owned(), to.to_owned());
        match text.trim().to_uppercase().as_str() {
            "STOP" => drop(state.stopped.insert(pair)),
            "START" => drop(state.stopped.remove(&pair)),
            _ => {}
        }
        sid
    }

    /// What the account sent, oldest first.
    pub fn sent(&self) -> Vec<Value> {
        let state = self.state();
        let own = state
            .messages
            .iter()
            .filter(|m| m["direction"] == "outbound-api");
        own.cloned().collect()
    }

    /// Changes fields of a message.
    pub fn change(&self, sid: &str, fields: &Value) {
        let mut state = self.state();
        let now = state.stamp();
        let message = state.messages.iter_mut().find(|m| m["sid"] == sid);
        let message = message.expect("a message that is there");
        for (name, value) in fields.as_object().expect("fields") {
            message[name] = value.clone();
        }
        message["date_updated"] = json!(now);
    }

    /// Moves Twilio's clock.
    pub fn pass(&self, seconds: i64) {
        self.state().now += jiff::SignedDuration::from_secs(seconds);
    }

    /// The requests of one operation so far.
    pub fn requests_of(&self, operation: &str) -> Vec<Request> {
        let state = self.state();
        let of = state.requests.iter().filter(|r| r.id == operation);
        of.cloned().collect()
    }

    pub fn count(&self, operation: &str) -> usize {
        self.requests_of(operation).len()
    }

    /// Takes what Twilio would not have understood, for tests of exactly that.
    pub fn take_violations(&self) -> Vec<String> {
        std::mem::take(&mut self.state().violations)
    }
}

impl Drop for Twilio {
    fn drop(&mut self) {
        self.server.stop();
        if std::thread::panicking() {
            return;
        }
        let state = self.state();
        let violations = state.violations.join("\n");
        let unused: Vec<_> = state.faults.iter().map(|(o, ..)| o.clone()).collect();
        drop(state);
        assert!(violations.is_empty(), "{violations}");
        assert!(
            unused.is_empty(),
            "planned faults that never happened: {unused:?}"
        );
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(|e| e.into_inner())
}

impl State {
    fn reply(&mut self, mut request: Request) -> Reply {
        let (id, vars) = match answers::find(&request.method, &request.path) {
            Some(found) => found,
            None => {
                let line = format!("{} {}", request.method, request.path);
                self.violations.push(format!("Twilio knows no {line}"));
                return refusal(404, 20404).into();
            }
        };
        (request.id, request.vars) = (id, vars);
        if let Some(documents) = spec::documents() {
            self.violations.extend(documents.request(&request));
        }
        let fault = self.planned(id);
        let (answer, delivery) = match fault {
            Some(Fault::Refuse(status, code)) => (refusal(status, code), Delivery::Whole),
            Some(Fault::Say(status, body)) => (said(status, body), Delivery::Whole),
            Some(Fault::Drop) => (Answer::empty(500), Delivery::Cut),
            Some(Fault::Lost) => (self.answer(&request), Delivery::Cut),
            Some(Fault::Half) => (self.answer(&request), Delivery::CutAfter(40)),
            Some(Fault::Silent) => (self.answer(&request), Delivery::Never),
            Some(Fault::Broken(status, code)) => {
                self.answer(&request);
                (refusal(status, code), Delivery::Whole)
            }
            None => (self.answer(&request), Delivery::Whole),
        };
        if let Some(documents) = spec::documents() {
            self.violations.extend(documents.answer(&request, &answer));
        }
        request.status = answer.status;
        let number = self.requests.len() + 1;
        self.requests.push(request);
        Reply {
            answer: answer
                .header("Twilio-Request-Id", &format!("RQ{number:032x}"))
                .header("Twilio-Concurrent-Requests", "1")
                .header("Date", &self.stamp().replace("+0000", "GMT")),
            delivery,
            ..Reply::default()
        }
    }

    fn planned(&mut self, id: &str) -> Option<Fault> {
        let mut due = None;
        for (n, (operation, left, _)) in self.faults.iter_mut().enumerate() {
            if operation == id {
                *left -= 1;
                if *left == 0 && due.is_none() {
                    due = Some(n);
                }
            }
        }
        due.map(|n| self.faults.remove(n).2)
    }

    fn id(&mut self, prefix: &str) -> String {
        self.given += 1;
        format!("{prefix}{:032x}", self.given)
    }

    /// Twilio's clock as it writes dates.
    pub fn stamp(&self) -> String {
        let now = self.now.to_zoned(jiff::tz::TimeZone::UTC);
        now.strftime("%a, %d %b %Y %H:%M:%S +0000").to_string()
    }

    fn message(&self, sid: &str, (from, to): (&str, &str), text: &str) -> Value {
        let now = self.stamp();
        let segments = comms::format::sms::size(text).segments.to_string();
        let uri = format!("/2010-04-01/Accounts/{ACCOUNT}/Messages/{sid}");
        json!({
            "sid": sid, "account_sid": ACCOUNT, "messaging_service_sid": null, "from": from, "to": to,
            "body": text, "num_segments": segments, "num_media": "0", "status": "queued",
            "direction": "outbound-api", "error_code": null, "error_message": null, "price": null,
            "price_unit": "USD", "api_version": "2010-04-01", "date_created": now, "date_updated": now,
            "date_sent": null, "uri": format!("{uri}.json"),
            "subresource_uris": {"media": format!("{uri}/Media.json")},
        })
    }
}

/// A refusal as Twilio words it.
fn refusal(status: u16, code: u32) -> Answer {
    let mut answer = Answer::json(&json!({
        "code": code, "message": format!("Twilio's words for {code}"),
        "more_info": format!("https://www.twilio.com/docs/errors/{code}"), "status": status,
    }));
    answer.status = status;
    answer
}

fn said(status: u16, body: &str) -> Answer {
    let mut answer = Answer::bytes("text/html", body.as_bytes().to_vec());
    answer.status = status;
    answer
}

/// The fields of a form; the first of each name.
fn field<'a>(form: &'a [(String, String)], name: &str) -> Option<&'a str> {
    form.iter()
        .find(|(n, _)| n == name)
        .map(|(_, v)| v.as_str())
}

/// What a login of this request says of itself.
fn login(request: &Request) -> Option<(String, String)> {
    use base64::Engine as _;
    let basic = request.header("authorization")?.strip_prefix("Basic ")?;
    let plain = base64::engine::general_purpose::STANDARD
        .decode(basic)
        .ok()?;
    let plain = String::from_utf8(plain).ok()?;
    let (user, secret) = plain.split_once(':')?;
    Some((user.to_owned(), secret.to_owned()))
}

/// The decoded variables of a path that fits a template.
fn variables(template: &str, path: &str) -> Option<Vec<String>> {
    let (wanted, given): (Vec<&str>, Vec<&str>) =
        (template.split('/').collect(), path.split('/').collect());
    if wanted.len() != given.len() {
        return None;
    }
    let mut found = Vec::new();
    for (wanted, given) in wanted.iter().zip(given) {
        match (wanted.find('{'), wanted.find('}')) {
            (Some(0), Some(end)) => {
                let given = given.strip_suffix(&wanted[end + 1..])?;
                if given.is_empty() || given.contains('.') {
                    return None;
                }
                found.push(wire::decode(given, false));
            }
            _ if *wanted == given => {}
            _ => return None,
        }
    }
    Some(found)
}
