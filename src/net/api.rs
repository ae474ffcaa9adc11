//! A provider's HTTP API: a login that is renewed once, requests that say whether they change anything,
//! a pace that all processes share, and answers told apart from silence.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine;
use percent_encoding::{AsciiSet, utf8_percent_encode};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, Request, Url};
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::error::{Error, Kind, Result};
use crate::format::percent::RESERVED;

use super::echo::Confided;
use super::http::{Answer, Client, Limits};

/// Whether a request changes anything at the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    Read,
    /// Refused while comms is read-only.
    Write,
}

/// One operation of a provider, as its own description names it.
#[derive(Debug)]
pub struct Operation {
    /// The provider's name for it: `gmail.users.messages.list`.
    pub id: &'static str,
    pub method: &'static str,
    /// Below the base URL; `{name}` is one segment, `{+name}` may hold several.
    pub path: &'static str,
    pub query: &'static [Param],
    /// The schema of its body, if it has one.
    pub body: Option<&'static str>,
    pub effect: Effect,
    /// What one call takes from the quota.
    pub units: u32,
}

/// A query parameter that comms uses.
#[derive(Debug)]
pub struct Param {
    pub name: &'static str,
    pub kind: ParamKind,
    pub repeated: bool,
}

/// What a query parameter holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParamKind {
    Text,
    Number,
    Flag,
    /// One of the names that comms sends.
    Word(&'static [&'static str]),
}

/// A future that can be made by a trait object.
pub type Pending<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A share of the quota.
pub type Units = Box<dyn Send>;

/// What a client is lent by the operation that uses it: the login, the budget, the time.
pub trait Access: Send + Sync {
    /// What logs in now.
    fn token(&self) -> Pending<'_, Result<SecretString>>;
    /// Another token after this one was refused; `None` where there is no other.
    fn renew(&self, refused: SecretString) -> Pending<'_, Result<Option<SecretString>>>;
    /// Waits until so many units of the quota are free, and takes them. They count from when this is dropped, once the
    /// request is through: until then as of now, so that the provider never sees more than the quota.
    fn units(&self, units: u32) -> Pending<'_, Result<Units>>;
    /// Waits until this kind of call may be made once more within a minute, and counts it; for providers that count
    /// each kind by itself.
    fn turn(&self, _kind: &'static str, _per_minute: u32) -> Pending<'_, Result<Units>> {
        Box::pin(async { Ok(Box::new(()) as Units) })
    }
    /// Waits.
    fn pause(&self, wait: Duration) -> Pending<'_, ()>;
}

/// Parameters that every operation takes.
const COMMON: [&str; 4] = ["fields", "prettyPrint", "uploadType", "alt"];

/// A call of an operation.
#[derive(Debug)]
pub struct Call {
    operation: &'static Operation,
    path: Vec<(&'static str, String)>,
    query: Vec<(&'static str, String)>,
    headers: HeaderMap,
    body: Body,
    units: u32,
    /// How often this operation may be called within a minute.
    per_minute: Option<u32>,
    limits: Limits,
    url: Option<Target>,
    left: Option<Arc<AtomicBool>>,
}

/// What a call carries. Not shown: it may be anyone's letter.
enum Body {
    None,
    Json(Vec<u8>),
    Bytes(HeaderValue, Vec<u8>),
}

/// Where a call goes, if not where its operation stands.
#[derive(Debug)]
enum Target {
    /// An address on the provider's own host.
    Own(String),
    /// An address on any host, which gets no login.
    Elsewhere(String),
    /// An address on the provider's own host or below one of these domains of its own.
    Sister(String, &'static [&'static str]),
}

/// How a token is shown to the provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// RFC 6750 §2.1.
    Bearer,
    /// The password of this user (RFC 7617).
    Basic(String),
}

impl Scheme {
    /// What stands for the token in the request.
    fn shows(&self, token: &SecretString) -> String {
        match self {
            Scheme::Bearer => token.expose_secret().to_owned(),
            Scheme::Basic(user) => {
                let pair = format!("{user}:{}", token.expose_secret());
                base64::engine::general_purpose::STANDARD.encode(pair)
            }
        }
    }
}

impl std::fmt::Debug for Body {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Body")
    }
}

impl Call {
    pub fn new(operation: &'static Operation) -> Call {
        Call {
            operation,
            path: Vec::new(),
            query: Vec::new(),
            headers: HeaderMap::new(),
            body: Body::None,
            units: operation.units,
            per_minute: None,
            limits: Limits::default(),
            url: None,
            left: None,
        }
    }

    /// Fills in a part of the path.
    pub fn at(mut self, name: &'static str, value: impl Into<String>) -> Call {
        self.path.push((name, value.into()));
        self
    }

    pub fn query(mut self, name: &'static str, value: impl Into<String>) -> Call {
        debug_assert!(
            COMMON.contains(&name) || self.operation.query.iter().any(|p| p.name == name),
            "{} declares no `{name}`",
            self.operation.id
        );
        self.query.push((name, value.into()));
        self
    }

    pub fn maybe(self, name: &'static str, value: Option<impl Into<String>>) -> Call {
        match value {
            Some(value) => self.query(name, value),
            None => self,
        }
    }

    pub fn json(mut self, body: &Value) -> Call {
        self.body = Body::Json(body.to_string().into_bytes());
        self
    }

    /// The parameters of a form (`application/x-www-form-urlencoded`); a name may stand more than once.
    pub fn form<'a>(mut self, fields: impl IntoIterator<Item = (&'a str, &'a str)>) -> Call {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.extend_pairs(fields);
        self.body = Body::Bytes(
            HeaderValue::from_static("application/x-www-form-urlencoded"),
            form.finish().into_bytes(),
        );
        self
    }

    pub fn bytes(mut self, media_type: &str, bytes: Vec<u8>) -> Call {
        let media_type = HeaderValue::from_str(media_type)
            .unwrap_or(HeaderValue::from_static("application/octet-stream"));
        self.body = Body::Bytes(media_type, bytes);
        self
    }

    pub fn header(mut self, name: &'static str, value: &str) -> Call {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(HeaderName::from_static(name), value);
        }
        self
    }

    /// What it takes from the quota, where that is not the operation's usual.
    pub fn units(mut self, units: u32) -> Call {
        self.units = units;
        self
    }

    /// Takes turns with all other calls of this operation: at most so many within a minute.
    pub fn paced(mut self, per_minute: u32) -> Call {
        self.per_minute = Some(per_minute);
        self
    }

    /// What it takes from the quota.
    pub fn cost(&self) -> u32 {
        self.units
    }

    pub fn limits(mut self, limits: Limits) -> Call {
        self.limits = limits;
        self
    }

    /// Goes to an address that the provider gave for this (an upload session, the next page); it must be on the same
    /// host.
    pub fn to(mut self, url: impl Into<String>) -> Call {
        self.url = Some(Target::Own(url.into()));
        self
    }

    /// Goes to an address that the provider gave, on whatever host, and shows no login there. Without TLS only to this
    /// machine, and only if the provider is on it too.
    pub fn elsewhere(mut self, url: impl Into<String>) -> Call {
        self.url = Some(Target::Elsewhere(url.into()));
        self
    }

    /// Goes to an address that the provider gave, on its own host or below one of these domains, which are its own and
    /// want the login too.
    pub fn among(mut self, url: impl Into<String>, domains: &'static [&'static str]) -> Call {
        self.url = Some(Target::Sister(url.into(), domains));
        self
    }

    fn shows_login(&self) -> bool {
        !matches!(self.url, Some(Target::Elsewhere(_)))
    }

    /// Sets this right before the first byte leaves, after all waiting for quota and login, and takes it back while a
    /// refused token is renewed: whoever drops the attempt while it is set does not know what became of it.
    pub fn leaving(mut self, left: &Arc<AtomicBool>) -> Call {
        self.left = Some(Arc::clone(left));
        self
    }

    fn has_left(&self, left: bool) {
        if let Some(mark) = &self.left {
            mark.store(left, Ordering::Relaxed);
        }
    }

    /// Path and query, as the first line of a request within a batch has them.
    pub fn target(&self) -> Result<String> {
        let base =
            Url::parse("http://localhost").map_err(|e| Error::internal("no address").because(e))?;
        let url = self.url(&base)?;
        Ok(match url.query() {
            Some(query) => format!("{}?{query}", url.path()),
            None => url.path().to_owned(),
        })
    }

    fn url(&self, base: &Url) -> Result<Url> {
        if let Some(target) = &self.url {
            let (Target::Own(given) | Target::Elsewhere(given) | Target::Sister(given, _)) = target;
            let url = Url::parse(given).map_err(|e| {
                Error::unavailable("the address that the provider gave is none").because(e)
            })?;
            let own = match target {
                Target::Own(_) => url.origin() == base.origin(),
                Target::Sister(_, domains) => {
                    url.origin() == base.origin() || is_below(&url, domains)
                }
                Target::Elsewhere(_) => true,
            };
            if !own {
                return Err(Error::refused(
                    "the address that the provider gave is on another host: the login is not shown there",
                ));
            }
            if url.scheme() != "https" && (url.scheme(), url.host()) != (base.scheme(), base.host())
            {
                return Err(Error::refused(
                    "the address that the provider gave is without TLS: nothing is sent there",
                ));
            }
            return Ok(url);
        }
        let mut path = self.operation.path.to_owned();
        for (name, value) in &self.path {
            if value.is_empty() || value.split('/').any(|part| part == "." || part == "..") {
                return Err(Error::refused(format!(
                    "`{value}` can't be the name of anything at the provider"
                )));
            }
            let escaped = |set| utf8_percent_encode(value, set).to_string();
            path = path.replace(&format!("{{{name}}}"), &escaped(RESERVED));
            path = path.replace(&format!("{{+{name}}}"), &escaped(NO_PATH));
        }
        debug_assert!(!path.contains('{'), "{path}");
        let text = format!("{}/{}", base.as_str().trim_end_matches('/'), path);
        let mut url = Url::parse(&text).map_err(|e| Error::internal("no address").because(e))?;
        if !self.query.is_empty() {
            url.query_pairs_mut()
                .extend_pairs(self.query.iter().map(|(n, v)| (*n, v.as_str())));
        }
        Ok(url)
    }
}

/// Whether an address is protected and its host is one of these domains or below one.
fn is_below(url: &Url, domains: &[&str]) -> bool {
    let host = url.host_str().unwrap_or_default().to_ascii_lowercase();
    let below = |domain: &&str| {
        let rest = host.strip_suffix(*domain);
        rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    url.scheme() == "https" && url.port().is_none() && domains.iter().any(below)
}

/// What a name that is a path of its own can't hold.
const NO_PATH: &AsciiSet = &RESERVED.remove(b'/').remove(b'=').remove(b':').remove(b'@');

/// An answer that is no success, or none at all.
#[derive(Debug)]
pub struct Fault {
    /// 0 if there was no answer.
    pub status: u16,
    /// The provider's own name for it (`rateLimitExceeded`); empty if it gave none.
    pub reason: String,
    pub error: Error,
    /// Whether asking again later may go better.
    pub passes: bool,
    /// Whether the request may have reached the provider.
    pub may_have_left: bool,
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Error {
        fault.error
    }
}

impl Fault {
    /// A fault of ours, before anything left.
    pub fn before(error: Error) -> Fault {
        Fault {
            status: 0,
            reason: String::new(),
            passes: false,
            may_have_left: false,
            error,
        }
    }
}

/// How a provider tells that it refuses: `None` for a success.
pub type Reading = fn(&Answer, doing: &str) -> Option<Fault>;

/// The reason of a fault where the answer was larger than the call's limits.
pub const TOO_LARGE: &str = "answerTooLarge";
/// The reason where no answer came within its time.
const SILENT: &str = "noAnswer";

/// A provider's API, for one account.
pub struct Api {
    client: Client,
    base: Url,
    access: Arc<dyn Access>,
    reading: Reading,
    scheme: Scheme,
    read_only: bool,
    token: Mutex<Option<SecretString>>,
}

/// How often a call that may be repeated is tried in all.
const TRIES: u32 = 6;
/// The same where the provider takes the call and says nothing: each try has taken all its time.
const SILENT_TRIES: u32 = 2;
/// The longest single wait between two tries.
const LONGEST: Duration = Duration::from_secs(64);

impl Api {
    /// An API below `base`.
    pub fn new(
        client: Client,
        base: &str,
        access: Arc<dyn Access>,
        reading: Reading,
    ) -> Result<Api> {
        let base = Url::parse(base)
            .map_err(|e| Error::config(format!("`{base}` is not a web address")).because(e))?;
        Ok(Api {
            client,
            base,
            access,
            reading,
            scheme: Scheme::Bearer,
            read_only: false,
            token: Mutex::default(),
        })
    }

    /// Where it lives.
    pub fn base(&self) -> &Url {
        &self.base
    }

    /// Refuses whatever changes something.
    pub fn read_only(mut self, read_only: bool) -> Api {
        self.read_only = read_only;
        self
    }

    /// Shows its login in another way than as a bearer's token.
    pub fn scheme(mut self, scheme: Scheme) -> Api {
        self.scheme = scheme;
        self
    }

    /// Makes a call that may be repeated: what passes by itself is waited for and asked again.
    pub async fn ask(&self, call: &Call, doing: &str) -> Result<Answer, Fault> {
        let mut tries = 0;
        loop {
            let fault = match self.once(call, doing).await {
                Ok(answer) => return Ok(answer),
                Err(fault) => fault,
            };
            tries += 1;
            if !self.patient(&fault, tries).await {
                return Err(fault);
            }
        }
    }

    /// Waits after so many tries until the next may go better; false if it is time to give up.
    pub async fn patient(&self, fault: &Fault, tries: u32) -> bool {
        let most = match fault.reason == SILENT {
            true => SILENT_TRIES,
            false => TRIES,
        };
        if !fault.passes || tries >= most {
            return false;
        }
        let backoff = backoff(tries);
        let asked = fault.error.retry_after;
        let wait = asked.map_or(backoff, |asked| asked.max(backoff));
        if wait > LONGEST {
            return false;
        }
        self.access.pause(wait).await;
        true
    }

    /// What an answer within another (a part of a batch) refuses; `None` for a success.
    pub fn read(&self, part: &Answer, doing: &str) -> Option<Fault> {
        self.refusal(part, &self.kept().unwrap_or_default(), doing)
    }

    /// What an answer refuses, in words without the login: Meta repeats a token that it does not know.
    fn refusal(&self, answer: &Answer, token: &SecretString, doing: &str) -> Option<Fault> {
        let mut fault = (self.reading)(answer, doing)?;
        let told = self.confided(token);
        let error = &mut fault.error;
        error.message = told.shown(std::mem::take(&mut error.message));
        error.hint = error.hint.take().map(|hint| told.shown(hint));
        let cause = error.source.take();
        error.source = cause.map(|cause| told.shown(cause.to_string()).into());
        Some(fault)
    }

    fn confided(&self, token: &SecretString) -> Confided {
        let mut told = Confided::default();
        told.add(token.expose_secret());
        told.add(&self.scheme.shows(token));
        told
    }

    /// Words of the provider's without the login.
    pub fn shown(&self, words: String) -> String {
        self.confided(&self.kept().unwrap_or_default()).shown(words)
    }

    /// The same, read as JSON.
    pub async fn json<T: DeserializeOwned>(&self, call: &Call, doing: &str) -> Result<T, Fault> {
        Ok(self.sized(call, doing).await?.0)
    }

    /// The same, and how many bytes it had.
    pub async fn sized<T: DeserializeOwned>(
        &self,
        call: &Call,
        doing: &str,
    ) -> Result<(T, usize), Fault> {
        let answer = self.ask(call, doing).await?;
        let value = answer.json().map_err(|error| Fault {
            status: answer.status,
            may_have_left: true,
            ..Fault::before(error)
        })?;
        Ok((value, answer.body.len()))
    }

    /// Makes one attempt. A token that is refused is renewed and the request repeated: a refusal did nothing.
    pub async fn once(&self, call: &Call, doing: &str) -> Result<Answer, Fault> {
        if self.read_only && call.operation.effect == Effect::Write {
            return Err(Fault::before(
                Error::refused(format!(
                    "{doing}: nothing is changed while comms is read-only"
                ))
                .hint("leave out --read-only, or unset COMMS_READONLY"),
            ));
        }
        let _units = match call.units {
            0 => None,
            units => Some(self.access.units(units).await.map_err(Fault::before)?),
        };
        let _turn = match call.per_minute {
            None => None,
            Some(most) => {
                let turn = self.access.turn(call.operation.id, most);
                Some(turn.await.map_err(Fault::before)?)
            }
        };
        let token = self.current().await.map_err(Fault::before)?;
        match self.send(call, &token, doing).await {
            Err(fault) if fault.status == 401 && call.shows_login() => {
                call.has_left(false);
                let renewed = self.access.renew(token).await.map_err(Fault::before)?;
                let Some(renewed) = renewed else {
                    return Err(fault);
                };
                self.keep(&renewed);
                self.send(call, &renewed, doing).await
            }
            other => other,
        }
    }

    async fn send(&self, call: &Call, token: &SecretString, doing: &str) -> Result<Answer, Fault> {
        let request = self.request(call, token).map_err(Fault::before)?;
        call.has_left(true);
        match self.client.exchange(request, call.limits).await {
            Ok(answer) => match self.refusal(&answer, token, doing) {
                None => Ok(answer),
                Some(fault) => Err(fault),
            },
            Err(lost) => Err(Fault {
                status: 0,
                reason: match (lost.too_large, lost.silent) {
                    (true, _) => TOO_LARGE,
                    (_, true) => SILENT,
                    _ => "",
                }
                .to_owned(),
                passes: lost.error.kind == Kind::Unavailable && !lost.too_large,
                may_have_left: lost.may_have_left,
                error: lost.error,
            }),
        }
    }

    fn request(&self, call: &Call, token: &SecretString) -> Result<Request> {
        let method = Method::from_bytes(call.operation.method.as_bytes())
            .map_err(|e| Error::internal("no method").because(e))?;
        let mut request = Request::new(method, call.url(&self.base)?);
        *request.headers_mut() = call.headers.clone();
        if !token.expose_secret().is_empty() && call.shows_login() {
            let name = match &self.scheme {
                Scheme::Bearer => "Bearer",
                Scheme::Basic(_) => "Basic",
            };
            let shown = format!("{name} {}", self.scheme.shows(token));
            let mut login = HeaderValue::from_str(&shown).map_err(|_| {
                Error::new(
                    Kind::Auth,
                    "the access token holds characters that no token has",
                )
            })?;
            login.set_sensitive(true);
            request.headers_mut().insert(AUTHORIZATION, login);
        }
        let (media_type, bytes) = match &call.body {
            Body::None if call.operation.method == "POST" || call.operation.method == "PUT" => {
                *request.body_mut() = Some(Vec::new().into());
                return Ok(request);
            }
            Body::None => return Ok(request),
            Body::Json(bytes) => (
                HeaderValue::from_static("application/json; charset=UTF-8"),
                bytes,
            ),
            Body::Bytes(media_type, bytes) => (media_type.clone(), bytes),
        };
        request.headers_mut().insert(CONTENT_TYPE, media_type);
        *request.body_mut() = Some(bytes.clone().into());
        Ok(request)
    }

    async fn current(&self) -> Result<SecretString> {
        if let Some(token) = self.kept() {
            return Ok(token);
        }
        let token = self.access.token().await?;
        self.keep(&token);
        Ok(token)
    }

    fn kept(&self) -> Option<SecretString> {
        match self.token.lock() {
            Ok(kept) => kept.clone(),
            Err(_) => None,
        }
    }

    fn keep(&self, token: &SecretString) {
        if let Ok(mut kept) = self.token.lock() {
            *kept = Some(token.clone());
        }
    }
}

/// A second, doubled with each try, and up to a second more so that not all come back at once.
fn backoff(tries: u32) -> Duration {
    let mut byte = [0u8; 2];
    let _ = getrandom::fill(&mut byte);
    let jitter = u64::from(u16::from_ne_bytes(byte)) * 1000 / 65536;
    let seconds = 1u64 << (tries - 1).min(6);
    (Duration::from_secs(seconds) + Duration::from_millis(jitter)).min(LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GET: Operation = Operation {
        id: "test.get",
        method: "GET",
        path: "v1/{user}/media/{+name}",
        query: &[Param {
            name: "q",
            kind: ParamKind::Text,
            repeated: false,
        }],
        body: None,
        effect: Effect::Read,
        units: 1,
    };

    fn url(user: &str, name: &str) -> Result<String> {
        let call = Call::new(&GET)
            .at("user", user)
            .at("name", name)
            .query("q", "a&b=c d");
        let base = Url::parse("https://api.example.com/").unwrap();
        call.url(&base).map(|url| url.to_string())
    }

    #[test]
    fn a_path_can_not_be_left() {
        assert_eq!(
            url("me", "spaces/A/x==").unwrap(),
            "https://api.example.com/v1/me/media/spaces/A/x==?q=a%26b%3Dc+d"
        );
        assert_eq!(
            url("a?x#y%2e.", "n..").unwrap(),
            "https://api.example.com/v1/a%3Fx%23y%252e./media/n..?q=a%26b%3Dc+d"
        );
        // An encoded `..` leaves as well: to URLs, `%2E%2E` is the same (WHATWG URL, double-dot path segment).
        for (user, name) in [
            ("..", "n"),
            (".", "n"),
            ("", "n"),
            ("a/../b", "n"),
            ("me", "spaces/../../admin"),
            ("me", "spaces/./x"),
            ("me", ""),
        ] {
            assert!(url(user, name).is_err(), "{user:?} {name:?}");
        }
    }

    #[test]
    fn a_login_is_shown_to_no_other_host() {
        let base = Url::parse("https://api.example.com/").unwrap();
        let at = |to: &str| Call::new(&GET).to(to).url(&base).map(|u| u.to_string());
        assert!(at("https://api.example.com/up?id=1").is_ok());
        assert!(at("https://evil.example/up").is_err());
        assert!(at("http://api.example.com/up").is_err());
        let sister = |to: &str| {
            Call::new(&GET)
                .among(to, &["cdn.example.net"])
                .url(&base)
                .is_ok()
        };
        assert!(sister("https://cdn.example.net/f?x=1") && sister("https://a.cdn.example.net/f"));
        assert!(sister("https://api.example.com/f"));
        assert!(!sister("https://evilcdn.example.net/f") && !sister("http://cdn.example.net/f"));
        assert!(!sister("https://cdn.example.net.evil.example/f"));
        assert!(!sister("https://cdn.example.net:444/f"));
    }
}
