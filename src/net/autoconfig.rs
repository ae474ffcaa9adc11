//! Finds the servers of a mail address: what its domain publishes, else Thunderbird's public database.
//!
//! DNS SRV records (RFC 6186) are not asked: they come unsigned, so that whoever answers could name any server to
//! take the password to, few domains have them, and a resolver would be a new tree of crates.

use std::time::Duration;

use percent_encoding::{AsciiSet, utf8_percent_encode};

use crate::error::Result;
use crate::format::autoconfig::{self, Published};
use crate::format::percent::RESERVED;

use super::http::{Client, Redirects};

/// How long each of those who might know has to answer.
const DEADLINE: Duration = Duration::from_secs(5);
const DATABASE: &str = "https://autoconfig.thunderbird.net/v1.1";

/// Servers, and who named them.
#[derive(Clone, Debug)]
pub struct Found {
    pub published: Published,
    /// The host that published them.
    pub by: String,
}

/// Where settings may be, the best first: the domain's own hosts are told the address, the database only the
/// domain. With `base` a host on this machine answers for all of them.
fn places(address: &str, domain: &str, base: Option<&str>) -> Vec<(String, String)> {
    let own = format!("autoconfig.{domain}");
    let query = format!(
        "mail/config-v1.1.xml?emailaddress={}",
        utf8_percent_encode(address, PLAIN)
    );
    let known = ".well-known/autoconfig/mail/config-v1.1.xml";
    let https = |host: &str| match base {
        Some(base) => format!("{base}/{host}"),
        None => format!("https://{host}"),
    };
    let database = match base {
        Some(base) => format!("{base}/ispdb"),
        None => DATABASE.to_owned(),
    };
    vec![
        (format!("{}/{query}", https(&own)), own),
        (format!("{}/{known}", https(domain)), domain.to_owned()),
        (
            format!("{database}/{domain}"),
            "autoconfig.thunderbird.net".to_owned(),
        ),
    ]
}

/// Asks all at once and takes the best answer; the faults of answers that can't be used come with it.
pub async fn find(address: &str, base: Option<&str>) -> Result<(Option<Found>, Vec<String>)> {
    let mut faults = Vec::new();
    let Some(domain) = domain_of(address) else {
        return Ok((None, faults));
    };
    let client = Client::new(None, Redirects::Follow)?;
    let asked: Vec<_> = places(address, &domain, base)
        .into_iter()
        .map(|(url, by)| {
            let client = client.clone();
            let asked = tokio::spawn(async move {
                let answer = tokio::time::timeout(DEADLINE, client.get(&url)).await;
                answer.ok()?.ok().filter(|a| a.is_success())
            });
            (by, asked)
        })
        .collect();
    let mut found = None;
    for (by, asked) in asked {
        if found.is_some() {
            asked.abort();
            continue;
        }
        let Ok(Some(answer)) = asked.await else {
            continue;
        };
        match autoconfig::parse(&answer.body, address) {
            Ok(published) => found = Some(Found { published, by }),
            Err(words) => faults.push(format!("what `{by}` publishes can't be used: {words}")),
        }
    }
    Ok((found, faults))
}

/// The domain, if it is one that DNS could have.
fn domain_of(address: &str) -> Option<String> {
    let (_, domain) = address.rsplit_once('@')?;
    let domain = domain.to_ascii_lowercase();
    let sound = domain.contains('.')
        && domain.len() <= 253
        && domain
            .split('.')
            .all(|label| !label.is_empty() && !label.starts_with('-'))
        && domain
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-'));
    sound.then_some(domain)
}

/// What stands in an address of a query as it is, beside letters and digits (RFC 3986 §2.3).
const PLAIN: &AsciiSet = &RESERVED.remove(b'@');

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_domain_itself_is_told_the_address() {
        let places = places("a&da@example.com", "example.com", None);
        let urls: Vec<_> = places.iter().map(|(url, _)| url.as_str()).collect();
        assert_eq!(
            urls,
            [
                "https://autoconfig.example.com/mail/config-v1.1.xml?emailaddress=a%26da@example.com",
                "https://example.com/.well-known/autoconfig/mail/config-v1.1.xml",
                "https://autoconfig.thunderbird.net/v1.1/example.com",
            ]
        );
    }

    #[test]
    fn a_domain_that_dns_could_not_have_is_not_asked() {
        assert_eq!(domain_of("ada@Example.COM").as_deref(), Some("example.com"));
        for address in [
            "ada",
            "ada@localhost",
            "ada@exa mple.com",
            "ada@a..b",
            "ada@evil.example/x?y.z",
            "ada@exam:80.com",
            "ada@münchen.de",
        ] {
            assert_eq!(domain_of(address), None, "{address}");
        }
    }
}
