//! What a new account is to be: its table in the config, its name.

use std::path::PathBuf;

use crate::config::{Config, LONGEST_NAME, Value};
use crate::error::{Error, Result};
use crate::model::account::{Account, AuthMethod, ChannelKind};
use crate::model::secret::Part;

use super::super::App;

/// An account as it is to be written.
#[derive(Clone, Debug, Default)]
pub struct NewAccount {
    pub name: String,
    pub channel: Option<ChannelKind>,
    pub address: Option<String>,
    pub display_name: Option<String>,
    /// `host` or `host:port`.
    pub imap: Option<String>,
    pub smtp: Option<String>,
    /// `tls`, `starttls` or `none`.
    pub imap_tls: Option<String>,
    pub smtp_tls: Option<String>,
    pub ca_file: Option<PathBuf>,
    pub auth: Option<AuthMethod>,
    pub username: Option<String>,
    pub secret_command: Option<String>,
    pub path: Option<PathBuf>,
    /// Where its provider lives, if that is not its usual place.
    pub base_url: Option<String>,
    /// An address book, its owner, or its host.
    pub url: Option<String>,
    /// Whether its people are contacts: `sync` or `read`.
    pub contacts: Option<String>,
    /// Whose OAuth tokens it gets: `google`, `microsoft` or an issuer.
    pub oauth: Option<String>,
    pub client_id: Option<String>,
    /// What to ask for, where it is not what the provider is known for.
    pub scopes: Option<Vec<String>>,
    /// Of Twilio.
    pub account_sid: Option<String>,
    pub api_key: Option<String>,
    pub messaging_service: Option<String>,
    /// Where its numbers without a country are dialled.
    pub region: Option<String>,
    /// Of WhatsApp.
    pub phone_number_id: Option<String>,
    pub business_account_id: Option<String>,
}

impl NewAccount {
    /// The keys of its table, in the order of the manual.
    pub fn keys(&self) -> Vec<(&'static str, Value)> {
        let path = |path: &PathBuf| path.display().to_string();
        let auth = self.auth.map(|auth| match auth {
            AuthMethod::Password => "password",
            AuthMethod::Oauth => "oauth",
            AuthMethod::None => "none",
        });
        let (tls, imap_tls, smtp_tls) = match (&self.imap_tls, &self.smtp_tls) {
            (Some(imap), Some(smtp)) if imap == smtp => (Some(imap), None, None),
            (imap, smtp) => (None, imap.as_ref(), smtp.as_ref()),
        };
        let tokens = |key: &Option<String>| {
            let key = key
                .as_ref()
                .filter(|_| self.auth == Some(AuthMethod::Oauth));
            key.cloned()
        };
        let all = [
            ("channel", self.channel.map(|c| c.name().to_owned())),
            ("address", self.address.clone()),
            ("display_name", self.display_name.clone()),
            ("imap", self.imap.clone()),
            ("smtp", self.smtp.clone()),
            ("tls", tls.cloned()),
            ("imap_tls", imap_tls.cloned()),
            ("smtp_tls", smtp_tls.cloned()),
            ("ca_file", self.ca_file.as_ref().map(path)),
            // A password is what an account has that says nothing.
            ("auth", auth.filter(|a| *a != "password").map(str::to_owned)),
            ("oauth", tokens(&self.oauth)),
            ("client_id", tokens(&self.client_id)),
            ("username", self.username.clone()),
            ("secret_command", self.secret_command.clone()),
            ("path", self.path.as_ref().map(path)),
            ("base_url", self.base_url.clone()),
            ("url", self.url.clone()),
            ("contacts", self.contacts.clone()),
            ("account_sid", self.account_sid.clone()),
            ("api_key", self.api_key.clone()),
            ("messaging_service", self.messaging_service.clone()),
            ("region", self.region.clone()),
            ("phone_number_id", self.phone_number_id.clone()),
            ("business_account_id", self.business_account_id.clone()),
        ];
        let texts = all
            .into_iter()
            .filter_map(|(key, value)| Some((key, Value::from(value?))));
        let scopes = self
            .scopes
            .iter()
            .filter(|_| self.auth == Some(AuthMethod::Oauth));
        let scopes = scopes.map(|scopes| ("scopes", scopes.iter().collect()));
        let own_copy = self.channel == Some(ChannelKind::Imap)
            && self.smtp.as_deref().is_some_and(files_what_it_sends);
        let file_sent = own_copy.then(|| ("file_sent", Value::from(false)));
        texts.chain(scopes).chain(file_sent).collect()
    }

    /// The account that it would be.
    pub fn draft(&self, app: &App) -> Result<Account> {
        app.config.draft(&self.name, &self.keys())
    }
}

/// Servers that file a copy of what they send by themselves: a second one would be ours.
fn files_what_it_sends(smtp: &str) -> bool {
    let host = smtp.split(':').next().unwrap_or_default();
    let host = host.to_ascii_lowercase();
    [
        "smtp.gmail.com",
        "smtp.googlemail.com",
        "smtp.office365.com",
        "smtp-mail.outlook.com",
    ]
    .contains(&host.as_str())
}

/// Whether an account of this name may be added; else what to do.
pub fn is_free(app: &App, name: &str) -> Result<()> {
    is_free_once(app, name, None)
}

/// The same, once the account `gone` has that name no more.
pub fn is_free_once(app: &App, name: &str, gone: Option<&str>) -> Result<()> {
    if app.config.accounts.iter().any(|a| a.name == name) {
        return Err(taken(name));
    }
    if let Some((other, variable)) = shared_variable(&app.config, name, gone) {
        return Err(Error::usage(format!(
            "`{name}` is too near to account `{other}`: {variable} would be a secret of both"
        ))
        .hint("choose another name"));
    }
    // Whether it can be a name at all does not depend on the rest.
    let any = [("channel", "maildir"), ("path", "/")];
    let any = any.map(|(key, value)| (key, Value::from(value)));
    app.config.draft(name, &any).map(drop)
}

/// An account that would read one of its secrets from the same environment variable, and that variable.
fn shared_variable<'a>(
    config: &'a Config,
    name: &str,
    gone: Option<&str>,
) -> Option<(&'a str, String)> {
    let own: Vec<String> = Part::ALL.map(|part| part.variable(name)).into();
    let others = config.accounts.iter().filter(|a| !a.built_in);
    others
        .filter(|other| Some(other.name.as_str()) != gone)
        .find_map(|other| {
            let shared = |part: Part| Some(part.variable(&other.name)).filter(|v| own.contains(v));
            Some((other.name.as_str(), Part::ALL.into_iter().find_map(shared)?))
        })
}

pub fn taken(name: &str) -> Error {
    let error = Error::usage(format!("there is an account `{name}` already"));
    if name == "local" {
        return error.hint("`local` is built in: choose another name");
    }
    error.hint(format!(
        "choose another name, or run `comms auth login {name}` for a new secret, \
         `comms auth rename {name} NEW` or `comms auth remove {name}`"
    ))
}

/// A free name that tells what the account is: from its domain, else from its local part.
pub fn suggest_name(config: &Config, address: &str) -> Option<String> {
    let (local, domain) = address.rsplit_once('@').unwrap_or((address, ""));
    let label = domain.split('.').next().unwrap_or_default();
    let fits = |name: &String| (1..=LONGEST_NAME).contains(&name.len());
    let free = |name: &String| {
        fits(name)
            && !config.accounts.iter().any(|a| a.name == *name)
            && shared_variable(config, name, None).is_none()
    };
    let slugs = [slug(label), slug(local), slug(&format!("{local}-{label}"))];
    slugs.into_iter().find(free)
}

fn slug(text: &str) -> String {
    let text: String = text
        .chars()
        .map(|c| match c.to_ascii_lowercase() {
            c if c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' => c,
            _ => '-',
        })
        .collect();
    text.trim_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_made_of_what_is_in_the_address() {
        assert_eq!(slug("Example"), "example");
        assert_eq!(slug("ada.l+x"), "ada-l-x");
        assert_eq!(slug("münchen"), "m-nchen");
        assert_eq!(slug("日本"), "");
    }

    #[test]
    fn one_protection_for_both_is_written_once() {
        let new = NewAccount {
            imap_tls: Some("starttls".to_owned()),
            smtp_tls: Some("starttls".to_owned()),
            ..NewAccount::default()
        };
        let keys = new.keys();
        let [("tls", value)] = keys.as_slice() else {
            panic!("{keys:?}")
        };
        assert_eq!(value.as_str(), Some("starttls"));
    }
}
