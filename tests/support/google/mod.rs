//! A loopback Google with real state behind it: Gmail, Chat, the address book, and the token endpoint.
//!
//! Tests point an account's `base_url` (and `token_url`) at it. Every request is held against Google's own
//! documents where these are present; what does not fit fails the test when the value is dropped.

mod access;
mod batch;
pub mod chat;
pub mod fault;
mod fields;
pub mod gmail;
mod pages;
pub mod people;
mod server;
pub mod spec;
pub mod table;
mod upload;
pub mod wire;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

pub use access::Lent;
pub use fault::Fault;
pub use wire::Request;
use wire::{Answer, Outcome, Refusal};

use super::loopback::Server;

/// The access token that is good from the start.
pub const TOKEN: &str = "ya29.first";

/// A running provider; ends with the value, which fails the test over anything Google would not have understood.
pub struct Google {
    /// `http://127.0.0.1:PORT`
    pub url: String,
    state: Arc<Mutex<State>>,
    server: Server,
}

/// Everything the provider remembers.
pub struct State {
    /// The provider's clock: moves a little with every change, never by itself.
    pub now: jiff::Timestamp,
    pub tokens: BTreeMap<String, Scopes>,
    /// Access tokens the token endpoint gives next; invented ones when empty.
    next_tokens: VecDeque<String>,
    given_tokens: u32,
    /// The answer of the token endpoint when it refuses: Google's `error`.
    token_error: Option<String>,
    pub gmail: gmail::Mailbox,
    pub chat: chat::Chat,
    pub people: people::Book,
    uploads: upload::Uploads,
    requests: Vec<Request>,
    faults: Vec<fault::Planned>,
    budget: Option<Budget>,
    /// Requests are taken to come by this clock, which stood so when the other did.
    clock: Option<(comms::clock::Clock, jiff::Timestamp, Instant)>,
    violations: Vec<String>,
    /// Changes of the address book that are not answered yet.
    open_changes: u32,
}

/// What a token may do: everything, or what these scopes allow.
pub type Scopes = Option<BTreeSet<String>>;

struct Budget {
    units: u32,
    per: Duration,
    spent: VecDeque<(Instant, u32)>,
    overruns: u32,
}

impl Google {
    /// Starts a provider with an empty mailbox of `ada@gmail.example`.
    pub fn start() -> Google {
        let state = Arc::new(Mutex::new(State {
            now: super::NOW.parse().expect("the tests' instant"),
            tokens: BTreeMap::from([(TOKEN.to_owned(), None)]),
            next_tokens: VecDeque::new(),
            given_tokens: 0,
            token_error: None,
            gmail: gmail::Mailbox::new("ada@gmail.example"),
            chat: chat::Chat::new("ada@gmail.example"),
            people: people::Book::new(),
            uploads: upload::Uploads::default(),
            requests: Vec::new(),
            faults: Vec::new(),
            budget: None,
            clock: None,
            violations: Vec::new(),
            open_changes: 0,
        }));
        let kept = state.clone();
        let server = Server::start(|url| {
            let shared = server::Shared {
                state: kept,
                url: url.to_owned(),
            };
            move |request| server::serve(&shared, request)
        });
        Google {
            url: server.url.clone(),
            state,
            server,
        }
    }

    /// The mailbox.
    pub fn gmail(&self) -> gmail::Gmail<'_> {
        gmail::Gmail(self)
    }

    /// The chats.
    pub fn chat(&self) -> chat::Hand<'_> {
        chat::Hand(self)
    }

    /// The address book.
    pub fn people(&self) -> people::Hand<'_> {
        people::Hand(self)
    }

    /// Everything at once, for what has no method of its own.
    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// Lets this access token in, for everything.
    pub fn allow(&self, token: &str) {
        self.state().tokens.insert(token.to_owned(), None);
    }

    /// Lets this access token in for these scopes only. `None`, with the reason printed, where the documents that
    /// tell what a scope allows are not installed.
    pub fn allow_for(&self, token: &str, scopes: &[&str]) -> Option<()> {
        if spec::documents().is_none() {
            return super::skip("Google's API descriptions are not installed");
        }
        let scopes = scopes.iter().map(|s| (*s).to_owned()).collect();
        self.state().tokens.insert(token.to_owned(), Some(scopes));
        Some(())
    }

    /// Makes every access token given so far invalid.
    pub fn expire_tokens(&self) {
        self.state().tokens.clear();
    }

    /// What the token endpoint (`/token`) gives next.
    pub fn next_token(&self, token: &str) {
        self.state().next_tokens.push_back(token.to_owned());
    }

    /// Makes the token endpoint refuse, as `invalid_grant`; `None` ends it.
    pub fn refuse_tokens(&self, error: Option<&str>) {
        self.state().token_error = error.map(str::to_owned);
    }

    /// Plans a fault for the nth request from now (1 is the next) of an operation (`*` is any).
    ///
    /// Besides Google's ids there are `batch`, `upload.start`, `upload.chunk` and `token`.
    pub fn fault(&self, operation: &str, nth: usize, fault: Fault) {
        self.state().faults.push(fault::Planned {
            operation: operation.to_owned(),
            left: nth,
            fault,
        });
    }

    /// Plans the same fault for the next so many requests of an operation.
    pub fn faults(&self, operation: &str, times: usize, fault: &Fault) {
        for nth in 1..=times {
            self.fault(operation, nth, fault.clone());
        }
    }

    /// Takes back what was planned and did not happen yet; how many these were.
    pub fn forget_faults(&self) -> usize {
        std::mem::take(&mut self.state().faults).len()
    }

    /// Allows so many quota units in a window; a request beyond is refused and counted.
    pub fn budget(&self, units: u32, per: Duration) {
        self.state().budget = Some(Budget {
            units,
            per,
            spent: VecDeque::new(),
            overruns: 0,
        });
    }

    /// Takes requests to come by this clock, which a test moves.
    pub fn watch(&self, clock: &comms::clock::Clock) {
        self.state().clock = Some((clock.clone(), clock.now(), Instant::now()));
    }

    /// How many requests the budget refused.
    pub fn overruns(&self) -> u32 {
        self.state().budget.as_ref().map_or(0, |b| b.overruns)
    }

    /// Every request so far, parts of batches included.
    pub fn requests(&self) -> Vec<Request> {
        self.state().requests.clone()
    }

    /// The requests of one operation so far.
    pub fn requests_of(&self, operation: &str) -> Vec<Request> {
        let mut requests = self.requests();
        requests.retain(|r| r.id == operation);
        requests
    }

    /// How many requests of one operation came so far.
    pub fn count(&self, operation: &str) -> usize {
        self.requests_of(operation).len()
    }

    /// Forgets the requests so far.
    pub fn forget_requests(&self) {
        self.state().requests.clear();
    }

    /// Takes what Google would not have understood, for tests of exactly that.
    pub fn take_violations(&self) -> Vec<String> {
        std::mem::take(&mut self.state().violations)
    }
}

impl Drop for Google {
    fn drop(&mut self) {
        self.server.stop();
        if std::thread::panicking() {
            return;
        }
        let state = self.state();
        let violations = state.violations.join("\n");
        let unused: Vec<_> = state.faults.iter().map(|f| f.operation.clone()).collect();
        drop(state);
        assert!(violations.is_empty(), "{violations}");
        assert!(
            unused.is_empty(),
            "planned faults that never happened: {unused:?}"
        );
    }
}

impl State {
    /// The instant of a change: no two are the same.
    pub fn tick(&mut self) -> jiff::Timestamp {
        self.now += jiff::SignedDuration::from_micros(1_001);
        self.now
    }

    pub fn violation(&mut self, what: impl Into<String>) {
        self.violations.push(what.into());
    }

    /// Answers one operation, and records it.
    fn answer(&mut self, mut request: Request) -> Answer {
        if let Some((clock, began, at)) = &self.clock {
            let since = clock.now().duration_since(*began);
            request.at = *at + Duration::try_from(since).unwrap_or_default();
        }
        let documents = spec::documents();
        if let Some(documents) = documents.filter(|_| request.id != "unknown") {
            self.violations.extend(documents.request(&request));
        }
        let outcome = self.outcome(&request);
        let answer = match outcome {
            Ok(answer) => fields(&request, answer),
            Err(refusal) => refusal.answer(request.id),
        };
        if let Some(documents) = documents {
            self.violations.extend(documents.answer(&request, &answer));
        }
        request.status = answer.status;
        self.requests.push(request);
        answer
    }

    fn outcome(&mut self, request: &Request) -> Outcome {
        if request.id == "unknown" {
            let line = format!("{} {}", request.method, request.path);
            self.violation(format!("the vendor's documents know no {line}"));
            return Err(Refusal::not_found());
        }
        self.admit(request)?;
        self.spend(request)?;
        match request.id.split('.').next() {
            Some("gmail") => gmail::answer(self, request),
            Some("chat") => chat::answer(self, request),
            _ => people::answer(self, request),
        }
    }

    /// Lets a request in by its token, and a webhook's by the secrets in its address.
    fn admit(&mut self, request: &Request) -> Result<(), Refusal> {
        if let Some(webhook) = chat::webhook(self, request) {
            return webhook;
        }
        let token = request
            .header("authorization")
            .and_then(|a| a.strip_prefix("Bearer "));
        match token.map(|t| self.tokens.get(t)) {
            Some(Some(None)) => Ok(()),
            Some(Some(Some(scopes))) => allowed(request, scopes),
            _ => Err(Refusal::unauthenticated()),
        }
    }

    fn spend(&mut self, request: &Request) -> Result<(), Refusal> {
        let Some(budget) = &mut self.budget else {
            return Ok(());
        };
        let units = table::units(request.id);
        while budget
            .spent
            .front()
            .is_some_and(|(at, _)| request.at.duration_since(*at) >= budget.per)
        {
            budget.spent.pop_front();
        }
        let spent: u32 = budget.spent.iter().map(|(_, u)| u).sum();
        if spent + units > budget.units {
            budget.overruns += 1;
            return Err(Refusal::rate_limited("rateLimitExceeded"));
        }
        budget.spent.push_back((request.at, units));
        Ok(())
    }
}

/// Whether one of these scopes allows a request, by Google's own documents.
fn allowed(request: &Request, scopes: &BTreeSet<String>) -> Result<(), Refusal> {
    let method = spec::documents().and_then(|d| d.method(request.id));
    let enough = method.and_then(|m| m["scopes"].as_array());
    let mut enough = enough.into_iter().flatten().filter_map(|s| s.as_str());
    if !enough.any(|s| scopes.contains(s)) {
        return Err(Refusal::scope());
    }
    // Headers only: neither words nor bytes.
    let only_headers = scopes.iter().all(|s| s.ends_with("/gmail.metadata"));
    let whole = request.id == "gmail.users.messages.get"
        && !["metadata", "minimal"].contains(&request.param("format").unwrap_or("full"));
    if only_headers && (whole || request.param("q").is_some()) {
        let message = "Metadata scope doesn't allow this format, nor the 'q' parameter";
        return Err(Refusal::new(403, "PERMISSION_DENIED", "forbidden", message));
    }
    Ok(())
}

/// Cuts a JSON answer down to the fields that were asked for.
fn fields(request: &Request, mut answer: Answer) -> Answer {
    if let Some(mask) = request.param("fields")
        && let Ok(value) = serde_json::from_slice(&answer.body)
    {
        answer.body = serde_json::to_vec(&fields::masked(&value, mask)).expect("a value is JSON");
    }
    answer
}

impl State {
    /// The token endpoint: refresh tokens and a service account's assertions become access tokens.
    fn token(&mut self, mut request: Request) -> Answer {
        let form = wire::pairs(&String::from_utf8_lossy(&request.body));
        request.query = form;
        let known = [
            "refresh_token",
            "authorization_code",
            "urn:ietf:params:oauth:grant-type:jwt-bearer",
        ];
        let answer = match (&self.token_error, request.param("grant_type")) {
            (None, Some(grant)) if known.contains(&grant) => {
                self.given_tokens += 1;
                let invented = || format!("ya29.renewed-{}", self.given_tokens);
                let token = self.next_tokens.pop_front().unwrap_or_else(invented);
                self.tokens.insert(token.clone(), None);
                Answer::json(&serde_json::json!({
                    "access_token": token, "expires_in": 3599, "token_type": "Bearer",
                }))
            }
            (error, _) => {
                let error = error.as_deref().unwrap_or("unsupported_grant_type");
                let mut answer = Answer::json(&serde_json::json!({
                    "error": error, "error_description": "Token has been expired or revoked.",
                }));
                answer.status = 400;
                answer
            }
        };
        request.status = answer.status;
        self.requests.push(request);
        answer
    }
}
