//! What stands between this process and every server: certificates and proxies.

use std::path::Path;

use crate::error::Error;
use crate::model::account::{Account, Provider, TlsMode};
use crate::net::oauth::Server;
use crate::net::tls;
use crate::ops::App;

use super::DoctorReport;

/// Tells whose certificates are trusted.
pub fn check_trust(app: &App, report: &mut DoctorReport) {
    let caller = &app.config.caller;
    let uses_tls = |account: &&Account| {
        let servers = [&account.imap, &account.smtp].into_iter().flatten();
        servers
            .into_iter()
            .any(|server| server.tls != TlsMode::None)
    };
    let accounts: Vec<_> = app.config.accounts.iter().filter(uses_tls).collect();
    // An account's own file is enough for that account.
    let matters = accounts.iter().any(|account| account.ca_file.is_none());
    let source = match (&caller.cert_file, &caller.cert_dir) {
        (Some(file), _) => format!(
            "`{}` (SSL_CERT_FILE) instead of the system's",
            file.display()
        ),
        (None, Some(dir)) => format!("`{dir}` (SSL_CERT_DIR) instead of the system's"),
        (None, None) => "the system's certificates".to_owned(),
    };
    if let Some(error) = unreadable(caller.cert_file.as_deref()) {
        report.weigh("trust", matters, &error);
    } else {
        match tls::client_config(None) {
            Ok(_) => report.ok("trust", source),
            Err(e) if caller.cert_file.is_none() && caller.cert_dir.is_none() => {
                report.weigh("trust", matters, &e);
            }
            Err(e) => {
                let error = Error::config(format!("{source}: it holds no certificate"));
                let fix = "`unset SSL_CERT_FILE SSL_CERT_DIR` to trust the system's certificates";
                report.weigh("trust", matters, &error.hint(fix).because(super::words(&e)));
            }
        }
    }
    for account in accounts {
        let Some(file) = &account.ca_file else {
            continue;
        };
        let name = format!("{}: trust", account.name);
        match tls::client_config(Some(file)) {
            Ok(_) => report.ok(name, format!("`{}`, too", file.display())),
            Err(e) => report.fault(name, &e),
        }
    }
}

/// A file that a variable names and that can't be read: nothing is trusted then.
fn unreadable(file: Option<&Path>) -> Option<Error> {
    let file = file?;
    let cause = std::fs::File::open(file).err()?;
    let message = format!(
        "SSL_CERT_FILE names `{}`, which can't be read",
        file.display()
    );
    let error = Error::config(message).because(cause);
    Some(
        error
            .hint("`unset SSL_CERT_FILE`, or name a PEM file; a package `ca-certificates` has one"),
    )
}

/// Tells which hosts are asked through a proxy. Mail servers never are.
pub fn check_proxy(app: &App, report: &mut DoctorReport) {
    let caller = &app.config.caller;
    if caller.proxies.is_empty() {
        return;
    }
    let shown: Vec<_> = caller
        .proxies
        .iter()
        .map(|(name, address)| format!("{name}=`{address}`"))
        .collect();
    let shown = shown.join(", ");
    let proxies = proxies(app, true);
    if !proxies.covers("example.com") {
        let names: Vec<_> = caller.proxies.iter().map(|(name, _)| *name).collect();
        let everywhere = self::proxies(app, false).covers("example.com");
        return match everywhere {
            true => report.ok("proxy", format!("{shown}, and NO_PROXY excepts every host")),
            false => report.note(
                "proxy",
                format!("{shown}: no https address goes through it"),
                format!(
                    "`unset {}`, or `export HTTPS_PROXY='http://HOST:PORT'`",
                    names.join(" ")
                ),
            ),
        };
    }
    let hosts: Vec<String> = token_servers(app).into_iter().map(|s| s.host).collect();
    let (through, past): (Vec<_>, Vec<_>) = hosts.iter().partition(|host| proxies.covers(host));
    let list = |hosts: &[&String]| {
        let hosts: Vec<_> = hosts.iter().map(|host| format!("`{host}`")).collect();
        hosts.join(", ")
    };
    let mut detail = match through.is_empty() {
        true => format!("{shown} is used for no host of your accounts"),
        false => format!("{shown} is used for {}", list(&through)),
    };
    if !past.is_empty() {
        detail = format!("{detail}; NO_PROXY excepts {}", list(&past));
    }
    let mail = app.config.accounts.iter();
    let mail = mail.clone().any(|a| a.imap.is_some() || a.smtp.is_some());
    match mail {
        false => report.ok("proxy", detail),
        true => report.note(
            "proxy",
            format!("{detail}; IMAP and SMTP go straight to their servers, past every proxy"),
            "where only the proxy may leave, ask for ports 993, 465 and 587 to be opened",
        ),
    }
}

/// The rules of the HTTP client.
struct Proxies(hyper_util::client::proxy::matcher::Matcher);

impl Proxies {
    fn covers(&self, host: &str) -> bool {
        let uri = format!("https://{host}/").parse();
        uri.is_ok_and(|uri| self.0.intercept(&uri).is_some())
    }
}

fn proxies(app: &App, with_exceptions: bool) -> Proxies {
    let caller = &app.config.caller;
    let value = |of: &str| {
        let found = caller
            .proxies
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(of));
        found.map_or(String::new(), |(_, address)| address.clone())
    };
    let no = caller.no_proxy.clone().filter(|_| with_exceptions);
    Proxies(
        hyper_util::client::proxy::matcher::Matcher::builder()
            .all(value("ALL_PROXY"))
            .http(value("HTTP_PROXY"))
            .https(value("HTTPS_PROXY"))
            .no(no.unwrap_or_default())
            .build(),
    )
}

/// A server that hands out tokens to an account.
pub struct TokenServer<'a> {
    /// Some address there that can be fetched.
    pub address: String,
    pub host: String,
    pub ca_file: Option<&'a Path>,
}

/// The servers that are asked by https: those that hand out tokens.
pub fn token_servers(app: &App) -> Vec<TokenServer<'_>> {
    let mut servers: Vec<TokenServer> = Vec::new();
    for account in &app.config.accounts {
        let Some(oauth) = &account.oauth else {
            continue;
        };
        let address = match &oauth.provider {
            Provider::Issuer(issuer) => Some(issuer.clone()),
            _ => Server::known(oauth).token_url,
        };
        let url = address.as_deref().and_then(|a| reqwest::Url::parse(a).ok());
        let Some((url, host)) = url.and_then(|url| {
            let host = url.host_str()?.to_owned();
            Some((url, host))
        }) else {
            continue;
        };
        if servers.iter().all(|server| server.host != host) {
            servers.push(TokenServer {
                address: url
                    .join("/")
                    .map_or(url.to_string(), |root| root.to_string()),
                host,
                ca_file: account.ca_file.as_deref(),
            });
        }
    }
    servers
}
