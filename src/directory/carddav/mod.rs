//! Address books on CardDAV servers (RFC 6352): found, listed, read, and changed one card at a time.
//!
//! A card stays the text that the server told; `format::vcard` knows what it says.

mod discover;
mod href;
mod items;
mod listing;

use reqwest::Url;
use std::time::Duration;

use crate::error::{Error, Result};
use crate::format::{clean, multistatus::Multistatus};
use crate::net::api::{Api, Call, Fault, Operation};
use crate::net::http::{Answer, Limits};

pub use discover::Book;
pub use items::{Change, Item};
pub use listing::{Entry, Listing};

/// A book with photos takes its time.
const LIMITS: Limits = Limits {
    total: Duration::from_secs(120),
    largest: 64 << 20,
};
const MOST_REDIRECTS: usize = 5;
/// Providers that spread an account over hosts of their own below one domain.
const SISTERS: &[&str] = &["icloud.com"];

/// The address books of one login.
pub struct Client {
    api: Api,
}

/// A request.
struct Ask<'a> {
    operation: &'static Operation,
    headers: &'a [(&'static str, &'a str)],
    /// Media type and bytes; empty for none.
    body: (&'a str, Vec<u8>),
}

impl Client {
    pub fn new(api: Api) -> Client {
        Client { api }
    }

    /// Asks until there is an answer or it is time to give up; only for what may be repeated.
    async fn ask(&self, url: &Url, ask: &Ask<'_>, doing: &str) -> Result<(Answer, Url), Fault> {
        let mut tries = 0;
        loop {
            let fault = match self.once(url, ask, doing).await {
                Ok(answer) => return Ok(answer),
                Err(fault) => fault,
            };
            tries += 1;
            if !self.api.patient(&fault, tries).await {
                return Err(fault);
            }
        }
    }

    /// Makes one attempt; follows where the server points. Gives the answer and where it came from.
    async fn once(&self, url: &Url, ask: &Ask<'_>, doing: &str) -> Result<(Answer, Url), Fault> {
        let mut url = url.clone();
        for _ in 0..=MOST_REDIRECTS {
            let mut call = Call::new(ask.operation).limits(LIMITS);
            call = match url.origin() == self.api.base().origin() {
                true => call.to(url.as_str()),
                false if self.is_sister(&url) => call.among(url.as_str(), SISTERS),
                false => return Err(Fault::before(self.elsewhere(url))),
            };
            for (name, value) in ask.headers {
                call = call.header(name, value);
            }
            if !ask.body.0.is_empty() {
                call = call.bytes(ask.body.0, ask.body.1.clone());
            }
            let answer = self.api.once(&call, doing).await?;
            if answer.is_success() {
                return Ok((answer, url));
            }
            let there = answer.location().and_then(|there| url.join(there).ok());
            url = there.ok_or_else(|| Fault::before(answer.error(doing)))?;
        }
        Err(Fault::before(Error::unavailable(format!(
            "{doing}: the server points from one address to the next without end"
        ))))
    }

    /// The login is for one host; whoever wants it on another says so in the config.
    fn elsewhere(&self, mut url: Url) -> Error {
        // A login has no place in an address.
        let _ = url.set_username("").and(url.set_password(None));
        url.set_query(None);
        url.set_fragment(None);
        let shown = self.api.shown(clean::line(url.as_str()));
        let shown: String = shown.chars().take(300).collect();
        Error::config("the server points to another host, where the login is not shown")
            .hint(format!("if that is right, set `url` to {shown}"))
    }

    /// Whether an address is another host of the same provider.
    fn is_sister(&self, url: &Url) -> bool {
        let below = |url: &Url, domain: &str| {
            let host = url.host_str().unwrap_or_default();
            host.strip_suffix(domain)
                .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        };
        SISTERS
            .iter()
            .any(|domain| below(self.api.base(), domain) && below(url, domain))
    }

    /// Asks for what several resources say.
    async fn multistatus(
        &self,
        url: &Url,
        (operation, depth): (&'static Operation, &str),
        (body, doing): (&str, &str),
    ) -> Result<(Multistatus, Url), Fault> {
        let body = format!("<?xml version=\"1.0\" encoding=\"utf-8\"?>{body}");
        let ask = Ask {
            operation,
            headers: &[("depth", depth)],
            body: ("application/xml; charset=utf-8", body.into_bytes()),
        };
        let (answer, url) = self.ask(url, &ask, doing).await?;
        let text = String::from_utf8_lossy(&answer.body);
        match Multistatus::parse(&text) {
            Ok(told) => Ok((told, url)),
            Err(why) => Err(Fault {
                status: answer.status,
                reason: UNREADABLE.to_owned(),
                may_have_left: true,
                ..Fault::before(
                    Error::unavailable(format!(
                        "{doing}: the answer is none of an address book: {}",
                        clean::line(&why)
                    ))
                    .hint("check `url` of the account"),
                )
            }),
        }
    }
}

/// The reason of a fault where the answer was no `multistatus`.
const UNREADABLE: &str = "unreadable";
