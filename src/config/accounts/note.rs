//! What `config show` tells of an account.

use crate::config::file::{RawAccount, line_of};
use crate::config::{oauth, provider, throttle};
use crate::model::account::{Account, AuthMethod, ChannelKind, Endpoint, TlsMode};

/// Tells `config show` every setting of an account and where it came from; never a secret.
pub fn note(
    account: &Account,
    raw: Option<&RawAccount>,
    line: &dyn Fn(usize) -> String,
    note: &mut dyn FnMut(&str, String, String),
) {
    let mut say = |key: &str, value: Option<String>, at: Option<usize>| {
        if let Some(value) = value {
            let source = match at {
                Some(at) => line(at),
                None if account.built_in => "built in".to_owned(),
                None => "default".to_owned(),
            };
            note(&format!("accounts.{}.{key}", account.name), value, source);
        }
    };
    let server = |e: &Endpoint| {
        let tls = match e.tls {
            TlsMode::Tls => "tls",
            TlsMode::Starttls => "starttls",
            TlsMode::None => "none",
        };
        format!("{}:{} ({tls})", e.host, e.port)
    };
    let auth = match account.auth {
        AuthMethod::Password => "password",
        AuthMethod::Oauth => "oauth",
        AuthMethod::None => "none",
    };
    say(
        "channel",
        Some(account.channel.name().to_owned()),
        line_of(raw, |r| &r.channel),
    );
    say(
        "address",
        account.address.clone(),
        line_of(raw, |r| &r.address),
    );
    say(
        "display_name",
        account.display_name.clone(),
        line_of(raw, |r| &r.display_name),
    );
    say(
        "aliases",
        (!account.aliases.is_empty()).then(|| account.aliases.join(", ")),
        line_of(raw, |r| &r.aliases),
    );
    say(
        "imap",
        account.imap.as_ref().map(server),
        line_of(raw, |r| &r.imap),
    );
    say(
        "smtp",
        account.smtp.as_ref().map(server),
        line_of(raw, |r| &r.smtp),
    );
    say(
        "ca_file",
        account.ca_file.as_ref().map(|p| p.display().to_string()),
        line_of(raw, |r| &r.ca_file),
    );
    say("auth", Some(auth.to_owned()), line_of(raw, |r| &r.auth));
    if let Some(oauth) = &account.oauth {
        oauth::note(oauth, raw, &mut say);
    }
    say(
        "username",
        account.username.clone(),
        line_of(raw, |r| &r.username),
    );
    say(
        "secret_command",
        account.secret_command.clone(),
        line_of(raw, |r| &r.secret_command),
    );
    say(
        "path",
        account.path.as_ref().map(|p| p.display().to_string()),
        line_of(raw, |r| &r.path),
    );
    say(
        "folders",
        account.folders.as_ref().map(|f| f.join(", ")),
        line_of(raw, |r| &r.folders),
    );
    say(
        "file_sent",
        Some(account.file_sent.to_string()),
        line_of(raw, |r| &r.file_sent),
    );
    say(
        "signature",
        account.signature.clone(),
        line_of(raw, |r| &r.signature),
    );
    if account.channel.knows_people() {
        let contacts = account.contacts.map(|contacts| contacts.name().to_owned());
        say("contacts", contacts, line_of(raw, |r| &r.contacts));
    }
    if account.channel == ChannelKind::Gmail {
        let books: Vec<_> = account.books.iter().map(|book| book.name()).collect();
        say("books", Some(books.join(", ")), line_of(raw, |r| &r.books));
    }
    match account.channel.is_address_book() {
        true => say("url", account.base_url.clone(), line_of(raw, |r| &r.url)),
        false => say(
            "base_url",
            account.base_url.clone(),
            line_of(raw, |r| &r.base_url),
        ),
    }
    provider::note(account, raw, &mut say);
    if matches!(
        account.channel,
        ChannelKind::Gmail | ChannelKind::GoogleChat
    ) {
        let quota = account.quota.as_ref().map(ToString::to_string);
        say(
            "quota",
            Some(quota.unwrap_or_else(|| "none".to_owned())),
            line_of(raw, |r| &r.quota),
        );
    }
    if account.channel == ChannelKind::Gmail {
        let units = if account.legacy_units {
            "legacy"
        } else {
            "current"
        };
        say(
            "quota_units",
            Some(units.to_owned()),
            line_of(raw, |r| &r.quota_units),
        );
    }
    if account.can_send() && !account.built_in {
        say(
            "budget",
            Some(throttle::shown(&account.budget)),
            line_of(raw, |r| &r.budget),
        );
        let most = account.max_cost_per_month.map(|m| m.to_string());
        say(
            "max_cost_per_month",
            most,
            line_of(raw, |r| &r.max_cost_per_month),
        );
        say(
            "fallback",
            account.fallback.clone(),
            line_of(raw, |r| &r.fallback),
        );
    }
    for part in account.secret_env.keys() {
        let key = match part.name() {
            "" => "secret",
            name => name,
        };
        note(
            &format!("accounts.{}.{key}", account.name),
            "set".to_owned(),
            format!("environment {}", part.variable(&account.name)),
        );
    }
}
