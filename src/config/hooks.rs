//! `[hooks.NAME]` of the config: web addresses of the user's that are told of what happens.

use secrecy::SecretString;
use url::Url;

use super::file::{At, File, RawHook, Source, nearest};
use super::flags::Environment;
use crate::error::{Error, Result};
use crate::model::account::Account;
use crate::model::event::{EventType, Hook};
use crate::rules::public::is_public;

/// Checks what is written.
pub fn resolve(
    file: &File,
    source: Option<&Source>,
    (env, accounts): (&Environment, &[Account]),
) -> Result<Vec<Hook>> {
    let Some(source) = source else {
        return Ok(Vec::new());
    };
    let hooks = file.hooks.iter();
    hooks
        .map(|raw| {
            let name = raw.name.value.clone();
            let allow_private = raw.allow_private.as_ref().is_some_and(|at| at.value);
            Ok(Hook {
                url: url(raw, source, allow_private)?,
                events: events(raw, source)?,
                accounts: named(raw, source, accounts)?,
                text: raw.text.as_ref().is_some_and(|at| at.value),
                allow_private,
                secret_env: env
                    .get(&Hook::variable(&name))
                    .map(|secret| SecretString::from(secret.to_owned())),
                name: sound(raw, source)?,
            })
        })
        .collect()
}

fn sound(raw: &RawHook, source: &Source) -> Result<String> {
    let name = &raw.name;
    let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'-';
    if name.value.is_empty() || !name.value.bytes().all(fits) {
        return Err(source
            .error(
                &name.span,
                format!("`{}` can't be the name of a hook", name.value),
            )
            .hint("use lower-case letters, digits, `-` and `_`"));
    }
    Ok(name.value.clone())
}

fn url(raw: &RawHook, source: &Source, allow_private: bool) -> Result<String> {
    let Some(at) = &raw.url else {
        return Err(source
            .error(
                &raw.name.span,
                format!("hook `{}` has no address", raw.name.value),
            )
            .hint("add url = \"https://…\""));
    };
    let wrong = |why: &str| -> Error {
        source
            .error(
                &at.span,
                format!("`url` of hook `{}` {why}", raw.name.value),
            )
            .hint("write it like \"https://example.com/hooks/comms\"")
    };
    let url = Url::parse(&at.value).map_err(|_| wrong("is not a web address"))?;
    let host = url.host_str().ok_or_else(|| wrong("names no host"))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(wrong("holds a login: what it is told is signed instead"));
    }
    let ip = host.trim_matches(['[', ']']).parse::<std::net::IpAddr>();
    let near = host == "localhost" || ip.as_ref().is_ok_and(std::net::IpAddr::is_loopback);
    match url.scheme() {
        "https" => {}
        "http" if near => {}
        _ => {
            return Err(wrong(
                "is not encrypted: plain http is for this machine only",
            ));
        }
    }
    if !allow_private && !near && ip.is_ok_and(|ip| !is_public(ip)) {
        return Err(source
            .error(
                &at.span,
                format!("`{host}` is a machine of a private network"),
            )
            .hint("if it is meant to be told, add allow_private = true"));
    }
    Ok(url.into())
}

fn events(raw: &RawHook, source: &Source) -> Result<Vec<EventType>> {
    let Some(at) = &raw.events else {
        return Ok(EventType::ALL.into());
    };
    let known = EventType::ALL.map(EventType::name);
    let named = at.value.iter().map(|name| {
        EventType::named(name).ok_or_else(|| {
            let error = source.error(&at.span, format!("there is no event `{name}`"));
            match nearest(name, &known) {
                Some(near) => error.hint(format!("did you mean `{near}`?")),
                None => error.hint(format!("events are {}", known.join(", "))),
            }
        })
    });
    let events: Vec<_> = named.collect::<Result<_>>()?;
    match events.is_empty() {
        true => Err(source
            .error(&at.span, "`events` is empty")
            .hint("name some, or remove the line for all")),
        false => Ok(events),
    }
}

fn named(raw: &RawHook, source: &Source, accounts: &[Account]) -> Result<Option<Vec<String>>> {
    let Some(At { value, span, .. }) = &raw.accounts else {
        return Ok(None);
    };
    let known: Vec<&str> = accounts.iter().map(|a| a.name.as_str()).collect();
    for name in value {
        if !known.contains(&name.as_str()) {
            let error = source.error(span, format!("there is no account `{name}`"));
            return Err(match nearest(name, &known) {
                Some(near) => error.hint(format!("did you mean `{near}`?")),
                None => error.hint(format!("accounts are {}", known.join(", "))),
            });
        }
    }
    if value.is_empty() {
        return Err(source
            .error(span, "`accounts` is empty")
            .hint("name some, or remove the line for all"));
    }
    Ok(Some(value.clone()))
}

/// Tells `config show` each value and where it came from.
pub fn note(
    hooks: &[Hook],
    file: &File,
    line: &dyn Fn(usize) -> String,
    note: &mut dyn FnMut(&str, String, String),
) {
    for (hook, raw) in hooks.iter().zip(&file.hooks) {
        let mut tell = |key: &str, value: String, at: Option<usize>| {
            let from = at.map_or_else(|| "default".to_owned(), line);
            note(&format!("hooks.{}.{key}", hook.name), value, from);
        };
        tell("url", hook.url.clone(), raw.url.as_ref().map(|a| a.line));
        let events: Vec<_> = hook.events.iter().map(|of| of.name()).collect();
        tell(
            "events",
            events.join(", "),
            raw.events.as_ref().map(|a| a.line),
        );
        if let Some(accounts) = &hook.accounts {
            tell(
                "accounts",
                accounts.join(", "),
                raw.accounts.as_ref().map(|a| a.line),
            );
        }
        tell(
            "text",
            hook.text.to_string(),
            raw.text.as_ref().map(|a| a.line),
        );
        if let Some(at) = &raw.allow_private {
            tell(
                "allow_private",
                hook.allow_private.to_string(),
                Some(at.line),
            );
        }
        if hook.secret_env.is_some() {
            let from = format!("environment {}", Hook::variable(&hook.name));
            note(
                &format!("hooks.{}.secret", hook.name),
                "set".to_owned(),
                from,
            );
        }
    }
}
