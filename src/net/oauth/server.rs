//! Where tokens come from: what is known of Google and Microsoft, what others publish, what the config says.

use serde::Deserialize;

use crate::error::{Error, Kind, Result};
use crate::model::account::{Account, Book, ChannelKind, Contacts, Grant, OAuth, Provider};
use crate::net::http;

/// An authorization server, as far as it is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Server {
    /// Who its answers must say they come from (RFC 9207).
    pub issuer: Option<String>,
    /// It says in every answer who it is, so that one without is a forgery.
    pub names_itself: bool,
    pub authorize_url: Option<String>,
    pub token_url: Option<String>,
    pub device_url: Option<String>,
    pub revoke_url: Option<String>,
    /// The client's secret goes into the form, not into a header.
    pub secret_in_form: bool,
    /// What it says it knows; `None` if it doesn't say.
    pub known_scopes: Option<Vec<String>>,
}

/// What an authorization server publishes (OpenID Connect Discovery §3, RFC 8414 §2).
#[derive(Debug, Deserialize)]
struct Metadata {
    issuer: String,
    authorization_endpoint: Option<String>,
    token_endpoint: Option<String>,
    device_authorization_endpoint: Option<String>,
    revocation_endpoint: Option<String>,
    scopes_supported: Option<Vec<String>>,
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

impl Server {
    /// What is known without asking anyone.
    pub fn known(oauth: &OAuth) -> Server {
        let server = match &oauth.provider {
            Provider::Google => google(),
            Provider::Microsoft => microsoft(&oauth.tenant),
            Provider::Issuer(_) | Provider::Custom => Server::default(),
        };
        server.with(oauth)
    }

    /// The whole of it; asks the issuer where that is the provider.
    pub async fn find(oauth: &OAuth, http: &http::Client) -> Result<Server> {
        match &oauth.provider {
            Provider::Issuer(issuer) => Ok(discover(issuer, http).await?.with(oauth)),
            _ => Ok(Server::known(oauth)),
        }
    }

    /// The addresses in the config win.
    fn with(mut self, oauth: &OAuth) -> Server {
        let moved = oauth.authorize_url.is_some();
        let put = |own: &mut Option<String>, set: &Option<String>| {
            if set.is_some() {
                own.clone_from(set);
            }
        };
        put(&mut self.authorize_url, &oauth.authorize_url);
        put(&mut self.token_url, &oauth.token_url);
        put(&mut self.device_url, &oauth.device_url);
        put(&mut self.revoke_url, &oauth.revoke_url);
        if moved && !matches!(oauth.provider, Provider::Issuer(_)) {
            self.issuer = None;
            self.names_itself = false;
        }
        self
    }
}

fn google() -> Server {
    let at = |url: &str| Some(url.to_owned());
    Server {
        issuer: at("https://accounts.google.com"),
        names_itself: false,
        authorize_url: at("https://accounts.google.com/o/oauth2/v2/auth"),
        token_url: at("https://oauth2.googleapis.com/token"),
        device_url: at("https://oauth2.googleapis.com/device/code"),
        revoke_url: at("https://oauth2.googleapis.com/revoke"),
        secret_in_form: true,
        known_scopes: None,
    }
}

/// Microsoft's issuer names the directory of whoever logs in, so that it is not known before; it offers no
/// revocation.
fn microsoft(tenant: &str) -> Server {
    let at = |path: &str| {
        Some(format!(
            "https://login.microsoftonline.com/{tenant}/oauth2/v2.0/{path}"
        ))
    };
    Server {
        issuer: None,
        names_itself: false,
        authorize_url: at("authorize"),
        token_url: at("token"),
        device_url: at("devicecode"),
        revoke_url: None,
        secret_in_form: true,
        known_scopes: None,
    }
}

/// Asks an issuer by OpenID discovery, then by RFC 8414.
async fn discover(issuer: &str, http: &http::Client) -> Result<Server> {
    let base = issuer.trim_end_matches('/');
    let places = [
        Some(format!("{base}/.well-known/openid-configuration")),
        beside_the_host(base),
    ];
    let mut failed = None;
    for place in places.into_iter().flatten() {
        let answer = http.get(&place).await?;
        if answer.is_transient() {
            return Err(answer.error("asking the issuer for its addresses"));
        }
        if !answer.is_success() {
            failed = Some(answer.error("asking the issuer for its addresses"));
            continue;
        }
        let found: Metadata = answer.json()?;
        if found.issuer.trim_end_matches('/') != base {
            return Err(Error::config(format!(
                "`{base}` publishes the addresses of another issuer"
            ))
            .hint("set `oauth` to the issuer exactly as its provider writes it"));
        }
        return Ok(found.server());
    }
    Err(match failed {
        Some(e) => Error::new(
            Kind::Config,
            format!("`{base}` publishes no OAuth addresses"),
        )
        .hint("set authorize_url and token_url in the account")
        .because(e),
        None => Error::config(format!("`{base}` is not an issuer")),
    })
}

/// Where RFC 8414 §3.1 puts it: between the host and the issuer's path.
fn beside_the_host(issuer: &str) -> Option<String> {
    let (scheme, rest) = issuer.split_once("://")?;
    let (host, path) = match rest.split_once('/') {
        Some((host, path)) => (host, format!("/{path}")),
        None => (rest, String::new()),
    };
    Some(format!(
        "{scheme}://{host}/.well-known/oauth-authorization-server{path}"
    ))
}

impl Metadata {
    fn server(self) -> Server {
        let methods = self
            .token_endpoint_auth_methods_supported
            .unwrap_or_default();
        let takes = |method: &str| methods.iter().any(|m| m == method);
        Server {
            issuer: Some(self.issuer),
            names_itself: self.authorization_response_iss_parameter_supported,
            authorize_url: self.authorization_endpoint,
            token_url: self.token_endpoint,
            device_url: self.device_authorization_endpoint,
            revoke_url: self.revocation_endpoint,
            secret_in_form: takes("client_secret_post") && !takes("client_secret_basic"),
            known_scopes: self.scopes_supported,
        }
    }
}

/// How much a login asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Wanted {
    /// The config's scopes, or the least that the account needs.
    #[default]
    Usual,
    /// Enough to read, where the provider knows such a thing.
    Read,
    /// Exactly these.
    These(Vec<String>),
}

const GOOGLE_MAIL: &str = "https://mail.google.com/";
const MICROSOFT_IMAP: &str = "https://outlook.office.com/IMAP.AccessAsUser.All";
const MICROSOFT_SMTP: &str = "https://outlook.office.com/SMTP.Send";
const OFFLINE: &str = "offline_access";
const GMAIL_READ: &str = "https://www.googleapis.com/auth/gmail.readonly";
const GMAIL_MODIFY: &str = "https://www.googleapis.com/auth/gmail.modify";
const CONTACTS: &str = "https://www.googleapis.com/auth/contacts";
const CONTACTS_READ: &str = "https://www.googleapis.com/auth/contacts.readonly";
const OTHERS_READ: &str = "https://www.googleapis.com/auth/contacts.other.readonly";
const DIRECTORY_READ: &str = "https://www.googleapis.com/auth/directory.readonly";
const CHAT_READ: &[&str] = &[
    "https://www.googleapis.com/auth/chat.spaces.readonly",
    "https://www.googleapis.com/auth/chat.messages.readonly",
    "https://www.googleapis.com/auth/chat.memberships.readonly",
    "https://www.googleapis.com/auth/chat.users.readstate.readonly",
];
const CHAT: &[&str] = &[
    // Also makes the direct message to someone who was never written to.
    "https://www.googleapis.com/auth/chat.spaces.create",
    "https://www.googleapis.com/auth/chat.spaces.readonly",
    "https://www.googleapis.com/auth/chat.messages",
    "https://www.googleapis.com/auth/chat.memberships.readonly",
    "https://www.googleapis.com/auth/chat.users.readstate",
];

/// The scopes to ask for.
pub fn scopes(account: &Account, oauth: &OAuth, server: &Server, wanted: &Wanted) -> Vec<String> {
    let list = |scopes: &[&str]| scopes.iter().map(|s| (*s).to_owned()).collect();
    match (wanted, &oauth.scopes) {
        (Wanted::These(scopes), _) => return scopes.clone(),
        (Wanted::Usual, Some(scopes)) => return scopes.clone(),
        _ => {}
    }
    let reads_only = *wanted == Wanted::Read;
    match (&oauth.provider, oauth.grant) {
        (Provider::Google, _) => {
            let mut asked: Vec<String> = list(match account.channel {
                ChannelKind::Gmail if reads_only => &[GMAIL_READ],
                ChannelKind::Gmail => &[GMAIL_MODIFY],
                ChannelKind::GoogleChat if reads_only => CHAT_READ,
                ChannelKind::GoogleChat => CHAT,
                _ => &[GOOGLE_MAIL],
            });
            asked.extend(list(&people(account, reads_only)));
            asked
        }
        (Provider::Microsoft, Grant::ClientCredentials) => {
            list(&["https://outlook.office365.com/.default"])
        }
        (Provider::Microsoft, _) => {
            let mut scopes = Vec::new();
            if account.imap.is_some() {
                scopes.push(MICROSOFT_IMAP);
            }
            if account.smtp.is_some() && !reads_only {
                scopes.push(MICROSOFT_SMTP);
            }
            scopes.push(OFFLINE);
            list(&scopes)
        }
        (_, Grant::Code) => {
            if let (Wanted::Read, Some(scopes)) = (wanted, &oauth.scopes) {
                return scopes.clone();
            }
            let usual: Vec<String> = list(&["openid", OFFLINE]);
            match &server.known_scopes {
                Some(known) => usual.into_iter().filter(|s| known.contains(s)).collect(),
                None => usual,
            }
        }
        _ => oauth.scopes.clone().unwrap_or_default(),
    }
}

/// What the account's contacts need, if it has any.
fn people(account: &Account, reads_only: bool) -> Vec<&'static str> {
    if account.channel != ChannelKind::Gmail {
        return Vec::new();
    }
    let contacts = match account.contacts {
        None => return Vec::new(),
        Some(Contacts::Sync) if !reads_only => CONTACTS,
        Some(_) => CONTACTS_READ,
    };
    let of = |book: &Book| match book {
        Book::Contacts => contacts,
        Book::Others => OTHERS_READ,
        Book::Directory => DIRECTORY_READ,
    };
    account.books.iter().map(of).collect()
}

/// Whether asking for less makes a difference.
pub fn knows_less(account: &Account, oauth: &OAuth) -> bool {
    match oauth.provider {
        Provider::Microsoft => account.imap.is_some() && account.smtp.is_some(),
        Provider::Google => matches!(
            account.channel,
            ChannelKind::Gmail | ChannelKind::GoogleChat
        ),
        _ => false,
    }
}

/// Scopes that were asked for and not given. Those that only shape the login itself don't count.
pub fn missing_scopes(asked: &[String], given: &[String]) -> Vec<String> {
    let about_the_login =
        |s: &str| matches!(s, OFFLINE | "openid" | "email" | "profile") || s.ends_with("/.default");
    asked
        .iter()
        .filter(|s| !about_the_login(s) && !given.iter().any(|g| g.eq_ignore_ascii_case(s)))
        .cloned()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc_8414_puts_its_document_before_the_path() {
        assert_eq!(
            beside_the_host("https://example.com/tenant/1").as_deref(),
            Some("https://example.com/.well-known/oauth-authorization-server/tenant/1")
        );
        assert_eq!(
            beside_the_host("https://example.com").as_deref(),
            Some("https://example.com/.well-known/oauth-authorization-server")
        );
    }

    #[test]
    fn a_scope_that_was_not_given_is_noticed_but_not_one_of_the_login() {
        let list = |scopes: &[&str]| scopes.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>();
        let asked = list(&[MICROSOFT_IMAP, MICROSOFT_SMTP, OFFLINE, "openid"]);
        let given = list(&["https://outlook.office.com/imap.accessasuser.all"]);
        assert_eq!(missing_scopes(&asked, &given), [MICROSOFT_SMTP]);
    }

    #[test]
    fn an_address_in_the_config_wins_over_a_known_one() {
        let oauth = OAuth {
            provider: Provider::Google,
            authorize_url: None,
            token_url: Some("http://127.0.0.1:1/token".to_owned()),
            device_url: None,
            revoke_url: None,
            client_id: None,
            scopes: None,
            tenant: "common".to_owned(),
            grant: Grant::Code,
        };
        let server = Server::known(&oauth);
        assert_eq!(
            server.token_url.as_deref(),
            Some("http://127.0.0.1:1/token")
        );
        assert_eq!(
            server.issuer.as_deref(),
            Some("https://accounts.google.com")
        );
        let moved = OAuth {
            authorize_url: Some("http://127.0.0.1:1/auth".to_owned()),
            ..oauth
        };
        assert_eq!(Server::known(&moved).issuer, None);
    }
}
