//! The servers of an address: well-known ones, what the domain publishes, or nobody knows.

use crate::error::Result;
use crate::format::autoconfig;
use crate::model::account::{Endpoint, Logins, TlsMode};
use crate::net::autoconfig as published;

use super::super::App;

/// What is known about the servers of an address.
#[derive(Clone, Debug, Default)]
pub struct Discovery {
    /// Who says so; `None` if nobody knows.
    pub by: Option<String>,
    pub imap: Option<Server>,
    pub smtp: Option<Server>,
    /// Whose OAuth tokens its servers take.
    pub oauth: Option<String>,
    /// What to know before logging in there.
    pub advice: Option<String>,
    /// Answers that could not be used.
    pub faults: Vec<String>,
}

/// A server and the logins it is said to take.
#[derive(Clone, Debug)]
pub struct Server {
    pub endpoint: Endpoint,
    /// The login name; `None` if it is the address.
    pub username: Option<String>,
    pub logins: Logins,
}

/// Finds servers. Asks the network unless they are well known; `ask` false asks nobody.
pub async fn discover(app: &App, address: &str, ask: bool) -> Result<Discovery> {
    let domain = address.rsplit_once('@').map_or("", |(_, domain)| domain);
    if let Some(known) = well_known(&domain.to_ascii_lowercase()) {
        return Ok(known);
    }
    if !ask {
        return Ok(Discovery::default());
    }
    let (found, faults) = published::find(address, app.config.discovery.as_deref()).await?;
    let Some(found) = found else {
        return Ok(Discovery {
            faults,
            ..Discovery::default()
        });
    };
    let best = |servers: Vec<autoconfig::Server>| {
        servers.into_iter().next().map(|server| Server {
            endpoint: server.endpoint,
            username: server.username,
            logins: Logins {
                password: server.password,
                oauth: server.oauth,
            },
        })
    };
    Ok(Discovery {
        by: Some(found.by),
        imap: best(found.published.imap),
        smtp: best(found.published.smtp),
        oauth: None,
        advice: None,
        faults,
    })
}

/// Providers whose servers everyone knows, and what their users stumble over.
fn well_known(domain: &str) -> Option<Discovery> {
    let server = |host: &str, port, tls, password| Server {
        endpoint: Endpoint {
            host: host.to_owned(),
            port,
            tls,
        },
        username: None,
        logins: Logins {
            password,
            oauth: true,
        },
    };
    let known = |by: &str, imap, smtp, advice: &str| {
        Some(Discovery {
            by: Some(by.to_owned()),
            imap: Some(imap),
            smtp: Some(smtp),
            oauth: Some(by.to_ascii_lowercase()),
            advice: Some(advice.to_owned()),
            faults: Vec::new(),
        })
    };
    if matches!(domain, "gmail.com" | "googlemail.com") {
        return known(
            "Google",
            server("imap.gmail.com", 993, TlsMode::Tls, true),
            server("smtp.gmail.com", 465, TlsMode::Tls, true),
            "Google takes no account password here: make an app password at \
             https://myaccount.google.com/apppasswords, or choose OAuth",
        );
    }
    if is_outlook(domain) {
        return known(
            "Microsoft",
            server("outlook.office365.com", 993, TlsMode::Tls, false),
            server("smtp.office365.com", 587, TlsMode::Starttls, false),
            "Microsoft takes no passwords here: log in with OAuth",
        );
    }
    None
}

/// `outlook.com`, `hotmail.co.uk`, `live.nl` and their sisters.
fn is_outlook(domain: &str) -> bool {
    let mut labels = domain.split('.');
    let first = labels.next().unwrap_or_default();
    let rest: Vec<_> = labels.collect();
    let country = |label: &&str| label.len() == 2;
    let plain = match rest.as_slice() {
        ["com"] => true,
        [one] => country(one),
        ["co" | "com", one] => country(one),
        _ => false,
    };
    (matches!(first, "outlook" | "hotmail" | "live") && plain) || domain == "msn.com"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn well_known_domains_and_no_others_are_known() {
        for domain in [
            "gmail.com",
            "googlemail.com",
            "outlook.com",
            "hotmail.co.uk",
            "live.nl",
            "outlook.com.br",
            "msn.com",
        ] {
            assert!(well_known(domain).is_some(), "{domain}");
        }
        for domain in [
            "example.com",
            "live.example.com",
            "outlook.museum",
            "mail.gmail.com",
            "",
        ] {
            assert!(well_known(domain).is_none(), "{domain}");
        }
    }
}
