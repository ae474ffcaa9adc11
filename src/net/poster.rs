//! Posts to web addresses of the user's: never through a redirect, and to no machine of a private network unless that is
//! allowed.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::HeaderMap;
use reqwest::{Method, Request, Url};

use crate::error::{Error, Result};
use crate::rules::public::is_public;

use super::http::Answer;
use super::{is_loopback, tls};

const CONNECT: Duration = Duration::from_secs(10);
/// All of an exchange.
const TOTAL: Duration = Duration::from_secs(15);

/// A client for one address; no proxy stands between, which would look names up in our stead.
pub struct Poster {
    client: reqwest::Client,
    url: Url,
}

impl Poster {
    /// One for this address. Reads the system's trust roots (some 20 ms): keep it.
    ///
    /// # Errors
    /// `refused` for a private address that is not allowed.
    pub fn new(url: &str, allow_private: bool) -> Result<Poster> {
        let url =
            Url::parse(url).map_err(|e| Error::config("the address can't be read").because(e))?;
        let host = url.host_str().unwrap_or_default();
        // Written as such, this machine is meant.
        let near = is_loopback(host);
        if url.scheme() != "https" && !near {
            return Err(Error::config(format!("`{host}` is not protected by TLS"))
                .hint("use an https address; plain http is for this machine only"));
        }
        let literal = host.trim_matches(['[', ']']).parse();
        if !allow_private && !near && literal.is_ok_and(|ip| !is_public(ip)) {
            return Err(private(host));
        }
        let tls = match url.scheme() {
            "https" => tls::client_config(None)?,
            _ => tls::trusting_nobody()?,
        };
        let mut builder = reqwest::Client::builder()
            .tls_backend_preconfigured((*tls).clone())
            .user_agent(concat!("comms/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT)
            .timeout(TOTAL)
            .pool_max_idle_per_host(4)
            .referer(false)
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none());
        if !allow_private && !near {
            builder = builder.dns_resolver(Arc::new(OnlyPublic));
        }
        let client = builder
            .build()
            .map_err(|e| Error::internal("setting up the HTTP client").because(e.without_url()))?;
        Ok(Poster { client, url })
    }

    /// Posts JSON. What comes back beside the status is not read.
    ///
    /// # Errors
    /// Where nobody answered, or nobody may be asked.
    pub async fn post(&self, headers: HeaderMap, body: Vec<u8>) -> Result<Answer> {
        let mut request = Request::new(Method::POST, self.url.clone());
        *request.headers_mut() = headers;
        *request.body_mut() = Some(body.into());
        let response = self.client.execute(request).await;
        let response = response.map_err(|e| self.fault(&e))?;
        let peer = self.url.host_str().unwrap_or_default().to_owned();
        Ok(Answer::headless(
            response.status().as_u16(),
            response.headers().clone(),
            peer,
        ))
    }

    fn fault(&self, e: &reqwest::Error) -> Error {
        let host = self.url.host_str().unwrap_or_default();
        let mut next: Option<&dyn std::error::Error> = Some(e);
        while let Some(cause) = next {
            if cause.is::<Private>() {
                return private(host);
            }
            next = cause.source();
        }
        Error::unavailable(match () {
            () if e.is_timeout() => format!("`{host}` did not answer within {} s", TOTAL.as_secs()),
            () if e.is_connect() => format!("`{host}` can't be reached"),
            () => format!("`{host}` broke off"),
        })
    }
}

fn private(host: &str) -> Error {
    Error::refused(format!("`{host}` is a machine of a private network")).hint(
        "if it is meant to be told, write `allow_private = true` under the hook in the config",
    )
}

/// Looks names up, and knows no private address by any.
struct OnlyPublic;

impl Resolve for OnlyPublic {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let public: Vec<SocketAddr> = found.filter(|at| is_public(at.ip())).collect();
            if public.is_empty() {
                return Err(Private.into());
            }
            Ok(Box::new(public.into_iter()) as Addrs)
        })
    }
}

/// A name leads to private addresses only.
#[derive(Debug)]
struct Private;

impl fmt::Display for Private {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name leads to a private network")
    }
}

impl std::error::Error for Private {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind;

    #[test]
    fn what_is_private_or_not_encrypted_is_not_even_tried() {
        for (url, allowed, kind) in [
            ("https://10.0.0.1/x", false, Some(Kind::Refused)),
            ("https://[fd00::1]/x", false, Some(Kind::Refused)),
            ("https://[::ffff:192.168.0.1]/x", false, Some(Kind::Refused)),
            ("http://example.com/", true, Some(Kind::Config)),
            ("http://10.0.0.1/", true, Some(Kind::Config)),
            ("http://127.0.0.1:9/", false, None),
        ] {
            assert_eq!(
                Poster::new(url, allowed).err().map(|e| e.kind),
                kind,
                "{url}"
            );
        }
    }
}
