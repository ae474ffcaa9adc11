//! Resolves one account: servers, ports, protection, secret, and the built-in `local`.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use secrecy::SecretString;

use crate::error::{Error, Result};
use crate::model::account::{Account, AuthMethod, ChannelKind, Endpoint, TlsMode};
use crate::model::secret::Part;

use super::file::{At, RawAccount, Source, nearest};
use super::flags::Environment;
use super::oauth;
use super::people;
use super::policy;
use super::provider;
use super::throttle;

mod note;

pub use note::note;

/// Bytes of a name: files are called by it.
pub const LONGEST_NAME: usize = 64;

/// Name of the account that exists without configuration.
pub const LOCAL: &str = "local";

/// The built-in account: a Maildir under the data folder, mail to `…@localhost`.
pub fn local(data_dir: &Path) -> Account {
    Account {
        name: LOCAL.to_owned(),
        channel: ChannelKind::Maildir,
        address: Some("you@localhost".to_owned()),
        display_name: None,
        aliases: Vec::new(),
        imap: None,
        smtp: None,
        ca_file: None,
        auth: AuthMethod::None,
        oauth: None,
        username: None,
        secret_env: BTreeMap::new(),
        secret_command: None,
        path: Some(data_dir.join("mail")),
        folders: None,
        file_sent: true,
        base_url: None,
        quota: None,
        twilio: None,
        whatsapp: None,
        legacy_units: false,
        contacts: None,
        books: Vec::new(),
        signature: None,
        budget: Vec::new(),
        max_cost_per_month: None,
        fallback: None,
        built_in: true,
    }
}

/// Checks one account and gives every setting its final value.
pub fn resolve(
    raw: &RawAccount,
    source: &Source,
    env: &Environment,
    data_dir: &Path,
) -> Result<Account> {
    let name = &raw.name;
    if !(1..=LONGEST_NAME).contains(&name.value.len())
        || !name
            .value
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'-')
    {
        return Err(source
            .error(
                &name.span,
                format!("`{}` can't be the name of an account", name.value),
            )
            .hint(format!(
                "use up to {LONGEST_NAME} lower-case letters, digits, `-` and `_`"
            )));
    }
    let cx = Cx { raw, source, env };
    if name.value == LOCAL {
        cx.addresses()?;
        return cx.local(data_dir);
    }
    let channel = cx.channel()?;
    match channel.is_phone() {
        true => provider::check_sender(raw, source, channel)?,
        false => cx.addresses()?,
    }
    cx.only_what_fits(channel)?;
    let tls = cx.tls(&raw.tls)?.unwrap_or(TlsMode::Tls);
    let imap_tls = cx.tls(&raw.imap_tls)?.unwrap_or(tls);
    let smtp_tls = cx.tls(&raw.smtp_tls)?.unwrap_or(tls);
    let imap = cx.endpoint(
        &raw.imap,
        imap_tls,
        Ports {
            tls: 993,
            plain: 143,
        },
    )?;
    let smtp = cx.endpoint(
        &raw.smtp,
        smtp_tls,
        Ports {
            tls: 465,
            plain: 587,
        },
    )?;
    cx.required(channel, &imap, &smtp)?;
    let auth = cx.auth(channel, &imap, &smtp)?;
    let budget = throttle::budget(raw, source, (channel, smtp.as_ref()))?;
    let (quota, legacy_units) = throttle::quota(raw, source, channel)?;
    Ok(Account {
        name: name.value.clone(),
        channel,
        address: value(&raw.address),
        display_name: value(&raw.display_name),
        aliases: value(&raw.aliases).unwrap_or_default(),
        imap,
        smtp,
        ca_file: raw.ca_file.as_ref().map(|p| cx.path(&p.value)),
        auth,
        oauth: oauth::resolve(raw, source, (channel, auth))?,
        username: value(&raw.username),
        secret_env: Part::ALL
            .into_iter()
            .filter_map(|part| {
                let secret = env.get(&part.variable(&name.value))?;
                Some((part, SecretString::from(secret.to_owned())))
            })
            .collect(),
        secret_command: value(&raw.secret_command),
        path: raw.path.as_ref().map(|p| cx.path(&p.value)),
        folders: value(&raw.folders),
        file_sent: value(&raw.file_sent).unwrap_or(true),
        base_url: cx.base_url(channel)?,
        quota,
        twilio: provider::twilio(raw, source, channel)?,
        whatsapp: provider::whatsapp(raw, source, channel)?,
        legacy_units,
        contacts: people::contacts(raw, source, channel)?,
        books: people::books(raw, source)?,
        signature: value(&raw.signature),
        budget,
        max_cost_per_month: policy::max_cost(raw.max_cost_per_month.as_ref(), source)?,
        fallback: value(&raw.fallback),
        built_in: false,
    })
}

/// Refuses a variable that would give one account the secret of another: `a-b` and `a_b` read the same.
pub fn check_variables(raw: &[RawAccount], accounts: &[Account], source: &Source) -> Result<()> {
    let mut owners = BTreeMap::new();
    for account in accounts {
        for part in account.secret_env.keys() {
            let variable = part.variable(&account.name);
            let Some(other) = owners.insert(variable.clone(), &account.name) else {
                continue;
            };
            let words = format!(
                "{variable} is set, and read as a secret of both accounts `{other}` and `{}`",
                account.name
            );
            let named = raw.iter().find(|raw| raw.name.value == account.name);
            let error = match named {
                Some(raw) => source.error(&raw.name.span, words),
                None => Error::config(words),
            };
            return Err(
                error.hint("rename one of them, or keep the secret elsewhere: `comms auth login`")
            );
        }
    }
    Ok(())
}

fn value<T: Clone>(at: &Option<At<T>>) -> Option<T> {
    at.as_ref().map(|a| a.value.clone())
}

struct Ports {
    tls: u16,
    plain: u16,
}

struct Cx<'a> {
    raw: &'a RawAccount,
    source: &'a Source,
    env: &'a Environment,
}

impl Cx<'_> {
    fn name(&self) -> &str {
        &self.raw.name.value
    }

    fn error(&self, message: impl std::fmt::Display) -> Error {
        self.source.error(&self.raw.name.span, message)
    }

    /// Of the built-in account only who its owner is can be set.
    fn local(&self, data_dir: &Path) -> Result<Account> {
        let fixed = self
            .given()
            .into_iter()
            .find(|(key, _)| !matches!(*key, "address" | "display_name" | "aliases"));
        if let Some((key, span)) = fixed {
            return Err(self
                .source
                .error(span, format!("`{key}` can't be set: `local` is the built-in account"))
                .hint("only address, display_name and aliases of `local` can be set; name your account otherwise"));
        }
        let built_in = local(data_dir);
        Ok(Account {
            address: value(&self.raw.address).or(built_in.address.clone()),
            display_name: value(&self.raw.display_name),
            aliases: value(&self.raw.aliases).unwrap_or_default(),
            ..built_in
        })
    }

    /// The keys that are set, with their places.
    fn given(&self) -> Vec<(&'static str, &std::ops::Range<usize>)> {
        fn key<'a, T>(
            name: &'static str,
            at: &'a Option<At<T>>,
        ) -> Option<(&'static str, &'a std::ops::Range<usize>)> {
            at.as_ref().map(|a| (name, &a.span))
        }
        let r = self.raw;
        [
            key("channel", &r.channel),
            key("address", &r.address),
            key("display_name", &r.display_name),
            key("aliases", &r.aliases),
            key("imap", &r.imap),
            key("smtp", &r.smtp),
            key("tls", &r.tls),
            key("imap_tls", &r.imap_tls),
            key("smtp_tls", &r.smtp_tls),
            key("ca_file", &r.ca_file),
            key("auth", &r.auth),
            key("oauth", &r.oauth),
            key("authorize_url", &r.authorize_url),
            key("token_url", &r.token_url),
            key("device_url", &r.device_url),
            key("revoke_url", &r.revoke_url),
            key("client_id", &r.client_id),
            key("scopes", &r.scopes),
            key("tenant", &r.tenant),
            key("grant", &r.grant),
            key("username", &r.username),
            key("secret_command", &r.secret_command),
            key("path", &r.path),
            key("folders", &r.folders),
            key("file_sent", &r.file_sent),
            key("budget", &r.budget),
            key("max_cost_per_month", &r.max_cost_per_month),
            key("base_url", &r.base_url),
            key("url", &r.url),
            key("contacts", &r.contacts),
            key("books", &r.books),
            key("quota", &r.quota),
            key("quota_units", &r.quota_units),
            key("signature", &r.signature),
            key("fallback", &r.fallback),
            key("account_sid", &r.account_sid),
            key("api_key", &r.api_key),
            key("messaging_service", &r.messaging_service),
            key("region", &r.region),
            key("long_text", &r.long_text),
            key("smart_encoding", &r.smart_encoding),
            key("phone_number_id", &r.phone_number_id),
            key("business_account_id", &r.business_account_id),
            key("graph_version", &r.graph_version),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    fn channel(&self) -> Result<ChannelKind> {
        let names: Vec<_> = ChannelKind::ALL.iter().map(|k| k.name()).collect();
        let Some(channel) = &self.raw.channel else {
            return Err(self
                .error(format!("account `{}` has no channel", self.name()))
                .hint(format!("add channel = \"…\": one of {}", names.join(", "))));
        };
        ChannelKind::named(&channel.value).ok_or_else(|| {
            let error = self.source.error(
                &channel.span,
                format!("there is no channel `{}`", channel.value),
            );
            match nearest(&channel.value, &names) {
                Some(near) => error.hint(format!("did you mean `{near}`?")),
                None => error.hint(format!("channels are {}", names.join(", "))),
            }
        })
    }

    fn addresses(&self) -> Result<()> {
        let one = self.raw.address.iter().map(|a| (&a.value, &a.span));
        let more = self
            .raw
            .aliases
            .iter()
            .flat_map(|a| a.value.iter().map(|v| (v, &a.span)));
        for (address, span) in one.chain(more) {
            let sound = address
                .split_once('@')
                .is_some_and(|(l, d)| !l.is_empty() && !d.is_empty())
                && !address
                    .chars()
                    .any(|c| c.is_whitespace() || c.is_control() || "<>,;".contains(c));
            if !sound {
                return Err(self
                    .source
                    .error(span, format!("`{address}` is not a mail address"))
                    .hint("write only the address, like ada@example.com; the name goes in display_name"));
            }
        }
        let name = self.raw.display_name.as_ref();
        if let Some(name) = name.filter(|n| n.value.chars().any(char::is_control)) {
            return Err(self
                .source
                .error(&name.span, "display_name holds control characters"));
        }
        Ok(())
    }

    fn only_what_fits(&self, channel: ChannelKind) -> Result<()> {
        const SERVERS: &[&str] = &["imap", "smtp", "tls", "imap_tls", "smtp_tls", "username"];
        const HOSTS: &[&str] = &["imap", "smtp", "tls", "imap_tls", "smtp_tls"];
        const OAUTH: &[&str] = &[
            "oauth",
            "authorize_url",
            "token_url",
            "device_url",
            "revoke_url",
            "client_id",
            "scopes",
            "tenant",
            "grant",
        ];
        const API: &[&str] = &["base_url", "quota", "quota_units"];
        const FILES: &[&str] = &["path", "folders", "file_sent"];
        const TWILIO: &[&str] = &[
            "account_sid",
            "api_key",
            "messaging_service",
            "long_text",
            "smart_encoding",
        ];
        const WHATSAPP: &[&str] = &["phone_number_id", "business_account_id", "graph_version"];
        const REGION: &[&str] = &["region"];
        const MAIL: &[&str] = &["signature"];
        const UNITS: &[&str] = &["quota", "quota_units"];
        const MONEY: &[&str] = &["max_cost_per_month"];
        const NUMBERS: &[&[&str]] = &[TWILIO, WHATSAPP, REGION, MONEY];
        const MESSAGES: &[&str] = &["address", "display_name", "aliases", "budget", "fallback"];
        const BOOK: &[&str] = &["url"];
        const PEOPLE: &[&str] = &["contacts"];
        const BOOKS: &[&str] = &["books"];
        let own: &[&[&str]] = match channel {
            ChannelKind::Imap => &[&["path"], API],
            ChannelKind::Smtp => &[&["path", "imap", "imap_tls", "folders", "file_sent"], API],
            ChannelKind::Maildir => &[&["imap", "imap_tls"], API],
            ChannelKind::Gmail => &[SERVERS, FILES],
            ChannelKind::GoogleChat => &[SERVERS, FILES, MAIL, &["quota_units"]],
            ChannelKind::GoogleChatWebhook | ChannelKind::SlackWebhook => {
                &[SERVERS, FILES, OAUTH, MAIL, UNITS, &["auth"]]
            }
            ChannelKind::Twilio => &[SERVERS, FILES, OAUTH, MAIL, UNITS, WHATSAPP, &["auth"]],
            ChannelKind::Whatsapp => &[SERVERS, FILES, OAUTH, MAIL, UNITS, TWILIO, &["auth"]],
            ChannelKind::Slack => &[SERVERS, FILES, OAUTH, MAIL, UNITS, &["auth"]],
            ChannelKind::Carddav => &[HOSTS, FILES, OAUTH, MAIL, API, MESSAGES, &["auth"]],
        };
        let mut refused: Vec<&[&str]> = match channel.is_phone() {
            true => own.to_vec(),
            false => own.iter().chain(NUMBERS).copied().collect(),
        };
        if !channel.is_address_book() {
            refused.push(BOOK);
        }
        if !channel.knows_people() {
            refused.push(PEOPLE);
        }
        if channel != ChannelKind::Gmail {
            refused.push(BOOKS);
        }
        match self
            .given()
            .into_iter()
            .find(|(key, _)| refused.iter().any(|keys| keys.contains(key)))
        {
            None => Ok(()),
            Some((key, span)) => Err(self
                .source
                .error(
                    span,
                    format!("`{key}` means nothing on a `{}` account", channel.name()),
                )
                .hint("remove the line, or change the channel")),
        }
    }

    fn required(
        &self,
        channel: ChannelKind,
        imap: &Option<Endpoint>,
        smtp: &Option<Endpoint>,
    ) -> Result<()> {
        let missing = match channel {
            ChannelKind::Imap if imap.is_none() => Some(("imap", "\"imap.example.com\"")),
            ChannelKind::Smtp if smtp.is_none() => Some(("smtp", "\"smtp.example.com\"")),
            ChannelKind::Maildir if self.raw.path.is_none() => Some(("path", "\"~/Mail\"")),
            ChannelKind::Carddav if self.raw.url.is_none() => {
                Some(("url", "\"https://dav.example.com\""))
            }
            ChannelKind::Carddav if self.raw.username.is_none() => Some(("username", "\"ada\"")),
            _ if smtp.is_some() && self.raw.address.is_none() => {
                Some(("address", "\"ada@example.com\""))
            }
            ChannelKind::Gmail if self.raw.address.is_none() => {
                Some(("address", "\"ada@gmail.com\""))
            }
            ChannelKind::Imap if self.raw.address.is_none() && self.raw.username.is_none() => {
                Some(("address", "\"ada@example.com\""))
            }
            _ => None,
        };
        match missing {
            None => Ok(()),
            Some((key, example)) => Err(self
                .error(format!("account `{}` has no `{key}`", self.name()))
                .hint(format!("add {key} = {example}"))),
        }
    }

    fn tls(&self, at: &Option<At<String>>) -> Result<Option<TlsMode>> {
        let Some(at) = at else { return Ok(None) };
        match at.value.as_str() {
            "tls" => Ok(Some(TlsMode::Tls)),
            "starttls" => Ok(Some(TlsMode::Starttls)),
            "none" => Ok(Some(TlsMode::None)),
            other => Err(self
                .source
                .error(&at.span, format!("`{other}` is not a kind of protection"))
                .hint("tls is \"tls\", \"starttls\" or, on loopback only, \"none\"")),
        }
    }

    fn endpoint(
        &self,
        at: &Option<At<String>>,
        tls: TlsMode,
        ports: Ports,
    ) -> Result<Option<Endpoint>> {
        let Some(at) = at else { return Ok(None) };
        let usual = if tls == TlsMode::Tls {
            ports.tls
        } else {
            ports.plain
        };
        let Some((host, port)) = host_and_port(&at.value, usual) else {
            return Err(self
                .source
                .error(&at.span, format!("`{}` is not a server", at.value))
                .hint("write \"host\" or \"host:port\", like \"imap.example.com:993\""));
        };
        if tls == TlsMode::None && !is_loopback(&host) {
            return Err(self
                .source
                .error(
                    &at.span,
                    format!(
                        "`{host}` without TLS would send the mail and the password in the clear"
                    ),
                )
                .hint("use tls = \"tls\" or \"starttls\"; \"none\" is only for this machine"));
        }
        Ok(Some(Endpoint { host, port, tls }))
    }

    /// Where the provider lives: as written, else where it is known to be.
    fn base_url(&self, channel: ChannelKind) -> Result<Option<String>> {
        let Some(at) = self.raw.base_url.as_ref().or(self.raw.url.as_ref()) else {
            return Ok(channel.base_url().map(str::to_owned));
        };
        let trimmed = at.value.trim_end_matches('/');
        // The slash belongs to the name of a collection.
        let kept = match channel.is_address_book() {
            true => at.value.as_str(),
            false => trimmed,
        };
        let rest = trimmed
            .strip_prefix("https://")
            .or_else(|| trimmed.strip_prefix("http://"));
        let host = rest.map(|rest| rest.split(['/', '?', '#', '@']).next().unwrap_or(""));
        let sound = rest.is_some_and(|rest| !rest.contains(['?', '#', '@', ' ']))
            && host.is_some_and(|host| host_and_port(host, 443).is_some());
        if !sound {
            // What is wrong with it may be that a secret stands in it.
            return Err(self
                .source
                .error(&at.span, "this is not the address of a provider")
                .hint(
                    "write it like \"https://gmail.googleapis.com\", without a login, `?` or `#`",
                ));
        }
        let near = host
            .and_then(|host| host_and_port(host, 80))
            .is_some_and(|(host, _)| is_loopback(&host));
        if trimmed.starts_with("http://") && !near {
            return Err(self
                .source
                .error(&at.span, "without TLS the login would be sent in the clear")
                .hint("use https://; http:// is for this machine only"));
        }
        Ok(Some(kept.to_owned()))
    }

    fn auth(
        &self,
        channel: ChannelKind,
        imap: &Option<Endpoint>,
        smtp: &Option<Endpoint>,
    ) -> Result<AuthMethod> {
        let Some(at) = &self.raw.auth else {
            return Ok(match channel {
                ChannelKind::Maildir if smtp.is_none() => AuthMethod::None,
                ChannelKind::Gmail | ChannelKind::GoogleChat => AuthMethod::Oauth,
                _ => AuthMethod::Password,
            });
        };
        if channel.base_url().is_some() && at.value != "oauth" {
            return Err(self
                .source
                .error(
                    &at.span,
                    format!("{} takes access tokens only", channel.name()),
                )
                .hint("remove the line, or write auth = \"oauth\""));
        }
        match at.value.as_str() {
            "password" => Ok(AuthMethod::Password),
            "oauth" => Ok(AuthMethod::Oauth),
            "none" if imap.is_some() => Err(self
                .source
                .error(&at.span, "IMAP always wants a login")
                .hint("auth is \"password\" or \"oauth\" here")),
            "none" => Ok(AuthMethod::None),
            other => Err(self
                .source
                .error(&at.span, format!("`{other}` is not a way to log in"))
                .hint("auth is \"password\", \"oauth\" or \"none\"")),
        }
    }

    /// `~` is the home folder; what is relative hangs on the config file's folder.
    fn path(&self, written: &str) -> PathBuf {
        let home = self.env.home();
        match (written.strip_prefix("~/"), home) {
            (Some(rest), Some(home)) => home.join(rest),
            (None, Some(home)) if written == "~" => home.clone(),
            _ => self
                .source
                .path
                .parent()
                .unwrap_or(Path::new("/"))
                .join(written),
        }
    }
}

/// `host`, `host:port`, `[::1]:port` or a bare IPv6 address.
fn host_and_port(text: &str, usual: u16) -> Option<(String, u16)> {
    let (host, port) = if let Some(rest) = text.strip_prefix('[') {
        let (host, rest) = rest.split_once(']')?;
        (
            host,
            rest.strip_prefix(':')
                .or((rest.is_empty()).then_some(""))
                .map(str::to_owned)?,
        )
    } else if text.parse::<IpAddr>().is_ok() {
        (text, String::new())
    } else {
        match text.split_once(':') {
            Some((host, port)) => (host, port.to_owned()).to_owned(),
            None => (text, String::new()),
        }
    };
    let sound = !host.is_empty()
        && host
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | ':'));
    let port = match port.as_str() {
        "" if text.ends_with(':') => return None,
        "" => usual,
        digits => digits.parse().ok().filter(|p| *p > 0)?,
    };
    sound.then(|| (host.to_owned(), port))
}

pub fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
        || host.to_ascii_lowercase().ends_with(".localhost")
        || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}
