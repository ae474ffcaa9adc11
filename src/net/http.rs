//! The one HTTP client: TLS and proxy as everywhere, deadlines, and faults in our words.
//!
//! Nothing that a request or an answer carries is ever part of an error or of `Debug`: codes, tokens and
//! secrets travel here.

use std::fmt;
use std::path::Path;
use std::time::Duration;

use reqwest::header::{DATE, HeaderMap, LOCATION, RETRY_AFTER};
use reqwest::redirect::Policy;
use reqwest::{Method, Request, Url};
use serde::de::DeserializeOwned;
use tracing::{debug, trace};

use crate::error::{Error, Kind, Result};

use super::{tls, weight};

const CONNECT: Duration = Duration::from_secs(10);
const TOTAL: Duration = Duration::from_secs(30);
/// The largest answer that is read, in bytes.
const LARGEST: usize = 4 << 20;
/// Bytes of memory that the values of one answer may take; a page of 32 MB as Slack writes it takes less.
const MOST_HELD: usize = 512 << 20;

/// How long an exchange may take once it is connected, and how much may come back.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub total: Duration,
    /// In bytes.
    pub largest: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            total: TOTAL,
            largest: LARGEST,
        }
    }
}

/// There was no answer.
#[derive(Debug)]
pub struct Lost {
    pub error: Error,
    /// Whether the request may have reached the server.
    pub may_have_left: bool,
    /// There was an answer, larger than [`Limits`] allow.
    pub too_large: bool,
    /// Time was over.
    pub silent: bool,
}

impl Lost {
    fn before(error: Error) -> Lost {
        Lost {
            error,
            may_have_left: false,
            too_large: false,
            silent: false,
        }
    }
}

/// No provider's "come back later" is believed beyond this.
const LONGEST_WAIT: Duration = Duration::from_secs(24 * 3600);

/// Whether a client goes where a server sends it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Redirects {
    /// An answer that points elsewhere is an answer. For everything that carries a secret.
    Never,
    /// Up to five, never from https to http.
    Follow,
}

/// An HTTP client. Building one reads the system's trust roots (some 20 ms): build it late and keep it.
#[derive(Clone)]
pub struct Client {
    far: reqwest::Client,
    /// For loopback: what is meant for this machine is not shown to a proxy.
    near: reqwest::Client,
}

/// What a server answered, whatever its status.
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
    /// Host and port, for words.
    peer: String,
}

/// Google packs its answers only for one that says `gzip` here; Meta's specification takes names with versions only.
const AGENT: &str = concat!("comms/", env!("CARGO_PKG_VERSION"), " gzip/1");

impl Client {
    /// A client that trusts the system's roots and those of `ca_file` (PEM).
    pub fn new(ca_file: Option<&Path>, redirects: Redirects) -> Result<Client> {
        let mut tls = (*tls::client_config(ca_file)?).clone();
        tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let build = |direct: bool| {
            let builder = reqwest::Client::builder()
                .tls_backend_preconfigured(tls.clone())
                .user_agent(AGENT)
                .connect_timeout(CONNECT)
                .timeout(TOTAL)
                .referer(false)
                .redirect(policy(redirects));
            let builder = if direct { builder.no_proxy() } else { builder };
            builder.build().map_err(|e| {
                Error::config("the HTTP client can't be set up")
                    .hint("check HTTPS_PROXY and the like")
                    .because(e.without_url())
            })
        };
        Ok(Client {
            far: build(false)?,
            near: build(true)?,
        })
    }

    /// Fetches a document.
    pub async fn get(&self, url: &str) -> Result<Answer> {
        self.send(Request::new(Method::GET, parse(url)?)).await
    }

    /// Posts a form.
    pub async fn post_form(&self, url: &str, form: &[(&str, &str)]) -> Result<Answer> {
        let request = self.far.post(parse(url)?).form(form).build();
        let request = request.map_err(|e| {
            Error::internal("the request can't be written").because(e.without_url())
        })?;
        self.send(request).await
    }

    /// Sends a request and reads the whole answer. An error means that there was no answer.
    pub async fn send(&self, request: Request) -> Result<Answer> {
        let exchange = self.exchange(request, Limits::default()).await;
        exchange.map_err(|lost| lost.error)
    }

    /// The same within these limits; without an answer it says whether the request may have left.
    pub async fn exchange(&self, mut request: Request, limits: Limits) -> Result<Answer, Lost> {
        let url = request.url().clone();
        let peer = peer(&url);
        let loopback = is_loopback(&url);
        if url.scheme() != "https" && !(url.scheme() == "http" && loopback) {
            return Err(Lost::before(
                Error::config(format!(
                    "`{}://{peer}` is not protected by TLS",
                    url.scheme()
                ))
                .hint("use an https address; plain http is for this machine only"),
            ));
        }
        // Paths and queries may hold secrets.
        debug!(server = %peer, http = %request.method());
        *request.timeout_mut() = Some(limits.total);
        let client = if loopback { &self.near } else { &self.far };
        let lost = |e: reqwest::Error| Lost {
            may_have_left: !e.is_connect() && !e.is_builder(),
            too_large: false,
            silent: e.is_timeout() && !e.is_connect(),
            error: fault(e, &peer),
        };
        let mut response = client.execute(request).await.map_err(lost)?;
        let mut answer = Answer {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            body: Vec::new(),
            peer: peer.clone(),
        };
        trace!(server = %answer.peer, http = answer.status);
        while let Some(chunk) = response.chunk().await.map_err(lost)? {
            if answer.body.len() + chunk.len() > limits.largest {
                return Err(Lost {
                    error: Error::unavailable(format!(
                        "the answer of `{}` is longer than {} MB",
                        answer.peer,
                        limits.largest >> 20
                    )),
                    may_have_left: true,
                    too_large: true,
                    silent: false,
                });
            }
            answer.body.extend_from_slice(&chunk);
        }
        Ok(answer)
    }
}

impl Answer {
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// Whether asking again later may go better.
    pub fn is_transient(&self) -> bool {
        matches!(self.status, 408 | 425 | 429 | 500..)
    }

    /// The answer if it is a success, else an error of the kind its status means.
    pub fn checked(self, doing: &str) -> Result<Answer> {
        if self.is_success() {
            return Ok(self);
        }
        Err(self.error(doing))
    }

    /// The error that this status is.
    pub fn error(&self, doing: &str) -> Error {
        let kind = match self.status {
            401 | 403 => Kind::Auth,
            404 | 410 => Kind::NotFound,
            _ if self.is_transient() => Kind::Unavailable,
            _ => Kind::Refused,
        };
        let words = match self.status {
            429 => "too many requests",
            404 | 410 => "not found",
            401 | 403 => "not allowed",
            300..=399 => "it points elsewhere",
            500.. => "a fault of the server",
            _ => "it refused",
        };
        let error = Error::new(
            kind,
            format!(
                "{doing}: `{}` answered {} ({words})",
                self.peer, self.status
            ),
        );
        match self.retry_after().filter(|_| kind == Kind::Unavailable) {
            Some(wait) => error.retry_after(wait),
            None => error,
        }
    }

    /// When the server said to come back; a date counts from the server's own clock.
    pub fn retry_after(&self) -> Option<Duration> {
        let text = |name| self.headers.get(name)?.to_str().ok();
        let wanted = text(RETRY_AFTER)?.trim();
        let wait = match wanted.parse() {
            Ok(seconds) => Duration::from_secs(seconds),
            Err(_) => {
                let until = jiff::fmt::rfc2822::parse(wanted).ok()?.timestamp();
                let wait = until.duration_since(self.date()?);
                Duration::try_from(wait).unwrap_or_default()
            }
        };
        Some(wait.min(LONGEST_WAIT))
    }

    /// The server's clock.
    pub fn date(&self) -> Option<jiff::Timestamp> {
        let text = self.headers.get(DATE)?.to_str().ok()?;
        Some(jiff::fmt::rfc2822::parse(text.trim()).ok()?.timestamp())
    }

    /// An answer of which only the head was read.
    pub fn headless(status: u16, headers: HeaderMap, peer: String) -> Answer {
        Answer {
            status,
            headers,
            body: Vec::new(),
            peer,
        }
    }

    /// An answer that stood within this one (a part of a batch).
    pub fn within(&self, status: u16, headers: HeaderMap, body: Vec<u8>) -> Answer {
        Answer {
            status,
            headers,
            body,
            peer: self.peer.clone(),
        }
    }

    /// An answer as a test needs it.
    #[cfg(test)]
    pub fn fixed(status: u16, headers: &[(&'static str, &'static str)], body: &str) -> Answer {
        Answer {
            status,
            headers: headers
                .iter()
                .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
                .collect(),
            body: body.as_bytes().to_vec(),
            peer: "example.com".to_owned(),
        }
    }

    /// Where it points to.
    pub fn location(&self) -> Option<&str> {
        self.headers.get(LOCATION)?.to_str().ok()
    }

    /// The body as JSON. The fault says nothing of what stood there.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T> {
        if self.body.len() > LARGEST && weight::of_json(&self.body) > MOST_HELD {
            let words = format!("`{}` answered with more values than can be held", self.peer);
            return Err(Error::unavailable(words));
        }
        serde_json::from_slice(&self.body).map_err(|e| {
            Error::unavailable(format!(
                "`{}` answered something else than was asked for (at line {}, column {})",
                self.peer,
                e.line(),
                e.column()
            ))
            .hint("is the address right, and is a proxy or a login page of the network in between?")
        })
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Client")
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Answer({} of {})", self.status, self.peer)
    }
}

/// Whether this URL leads to this machine.
pub fn is_loopback(url: &Url) -> bool {
    url.host_str().is_some_and(super::is_loopback)
}

fn policy(redirects: Redirects) -> Policy {
    match redirects {
        Redirects::Never => Policy::none(),
        Redirects::Follow => Policy::custom(|attempt| {
            let from = attempt.previous().last().map(Url::scheme);
            let weaker = from == Some("https") && attempt.url().scheme() != "https";
            let plain = attempt.url().scheme() != "https" && !is_loopback(attempt.url());
            if weaker || plain || attempt.previous().len() > 5 {
                attempt.stop()
            } else {
                attempt.follow()
            }
        }),
    }
}

fn parse(url: &str) -> Result<Url> {
    Url::parse(url).map_err(|e| {
        // What the address holds after its host may be nobody's business.
        let shown: String = url.chars().take_while(|c| *c != '?').take(200).collect();
        Error::config(format!("`{shown}` is not a web address")).because(e)
    })
}

fn peer(url: &Url) -> String {
    let host = url.host_str().unwrap_or("nobody");
    match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

/// A transport fault in our words, its causes without the address.
fn fault(error: reqwest::Error, peer: &str) -> Error {
    let error = error.without_url();
    let mut untrusted = false;
    let mut next = std::error::Error::source(&error);
    while let Some(cause) = next {
        let inner = cause.downcast_ref::<std::io::Error>();
        let inner = inner
            .and_then(|e| e.get_ref())
            .map(|e| e as &(dyn std::error::Error + 'static));
        for cause in [Some(cause), inner].into_iter().flatten() {
            untrusted |= matches!(
                cause.downcast_ref(),
                Some(rustls::Error::InvalidCertificate(_))
            );
        }
        next = cause.source();
    }
    if untrusted {
        return Error::config(format!("the certificate of `{peer}` is not trusted"))
            .hint("for a private authority set `ca_file` in the account")
            .because(error);
    }
    let timed_out = error.is_timeout();
    let (words, hint) = match (timed_out, error.is_connect()) {
        (_, true) => (
            "can't be reached",
            "check the network, and HTTPS_PROXY if there is a proxy",
        ),
        (true, _) => ("did not answer in time", "wait and repeat"),
        _ => ("broke off", "wait and repeat"),
    };
    Error::unavailable(format!("`{peer}` {words}"))
        .hint(hint)
        .because(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, headers: &[(&'static str, &'static str)]) -> Answer {
        Answer::fixed(status, headers, "{\"access_token\":\"hunter2\"}")
    }

    #[test]
    fn a_status_becomes_a_kind() {
        for (status, kind) in [
            (401, Kind::Auth),
            (403, Kind::Auth),
            (404, Kind::NotFound),
            (400, Kind::Refused),
            (302, Kind::Refused),
            (408, Kind::Unavailable),
            (429, Kind::Unavailable),
            (503, Kind::Unavailable),
        ] {
            let error = answer(status, &[]).checked("asking").unwrap_err();
            assert_eq!(error.kind, kind, "{status}");
        }
        assert!(answer(204, &[]).checked("asking").is_ok());
    }

    #[test]
    fn retry_after_is_seconds_or_a_date_by_the_servers_clock() {
        let after = |headers: &[_]| answer(503, headers).retry_after().map(|d| d.as_secs());
        assert_eq!(after(&[("retry-after", "7")]), Some(7));
        assert_eq!(after(&[("retry-after", "99999999999")]), Some(86400));
        assert_eq!(after(&[("retry-after", "soon")]), None);
        let date = ("date", "Sun, 06 Nov 1994 08:49:30 GMT");
        let later = ("retry-after", "Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(after(&[date, later]), Some(7));
        assert_eq!(after(&[later]), None);
        let earlier = ("retry-after", "Sun, 06 Nov 1994 08:49:00 GMT");
        assert_eq!(after(&[date, earlier]), Some(0));
    }

    #[test]
    fn an_answer_shows_nothing_of_what_it_carries() {
        let answer = answer(200, &[("set-cookie", "hunter2")]);
        assert!(!format!("{answer:?}").contains("hunter2"));
        let error = answer.json::<Vec<String>>().unwrap_err();
        assert!(!format!("{error:?} {:?}", error.causes()).contains("hunter2"));
    }

    #[test]
    fn only_this_machine_is_spoken_to_without_tls() {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let client = Client::new(None, Redirects::Never).unwrap();
        let error = runtime
            .block_on(client.get("http://example.com/token?code=hunter2"))
            .unwrap_err();
        assert_eq!(error.kind, Kind::Config);
        assert!(!format!("{error:?}").contains("hunter2"));
        for url in [
            "http://127.0.0.1:1/",
            "http://[::1]:1/",
            "http://localhost:1/",
        ] {
            assert!(is_loopback(&Url::parse(url).unwrap()), "{url}");
        }
        assert!(!is_loopback(
            &Url::parse("http://localhost.example.com/").unwrap()
        ));
        let error = runtime
            .block_on(client.get("http://127.0.0.1:1/?code=hunter2"))
            .unwrap_err();
        assert_eq!(error.kind, Kind::Unavailable);
        assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
    }
}
