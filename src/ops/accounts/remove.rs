//! An account goes: its table and its secrets; its messages only if asked.

use schemars::JsonSchema;
use serde::Serialize;

use crate::config::Editor;
use crate::error::{Error, Result};
use crate::model::account::{Account, Grant, OAuth};
use crate::model::event::Hook;
use crate::model::outbox::State;

use super::super::{App, auth};
use super::{file_name, lock, not_built_in, secrets};

/// What `auth remove` did. `comms.auth_remove/1`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct RemoveReport {
    pub account: String,
    pub config_file: String,
    /// Whether it had a table in the config.
    pub configured: bool,
    /// Whether a stored secret was removed.
    pub secret_removed: bool,
    /// Messages that stay and can be searched.
    pub messages_kept: u64,
    /// Messages that were forgotten here; a server still has its own.
    pub messages_forgotten: u64,
    /// What could not be done, and what to know.
    pub warnings: Vec<String>,
}

/// States of items that would still go, or are in doubt.
const OPEN: [State; 5] = [
    State::Draft,
    State::Held,
    State::Ready,
    State::Sending,
    State::Unconfirmed,
];

/// Whether there is such an account to remove, in the config or, with `forget`, only in the store.
pub fn check(app: &App, name: &str, forget: bool) -> Result<()> {
    match app.config.account(name) {
        Ok(account) => not_built_in(account, "removed")?,
        Err(e) if !forget || app.store.kept_of(name)?.messages == 0 => return Err(e),
        Err(_) => {}
    }
    let falls_back = |a: &&Account| a.fallback.as_deref() == Some(name);
    if let Some(other) = app.config.accounts.iter().find(falls_back) {
        let other = &other.name;
        return Err(
            Error::refused(format!("account `{name}` is the fallback of `{other}`")).hint(format!(
                "change or remove `fallback` of [accounts.{other}] in the config first"
            )),
        );
    }
    let is_told = |hook: &&Hook| hook.accounts.iter().flatten().any(|a| a == name);
    if let Some(hook) = app.config.hooks.iter().find(is_told) {
        let hook = &hook.name;
        return Err(
            Error::refused(format!("hook `{hook}` is told of account `{name}`")).hint(format!(
                "take it out of `accounts` of [hooks.{hook}] in the config first"
            )),
        );
    }
    let open = app.store.items_of(name, &OPEN)?;
    let Some(first) = open.first() else {
        return Ok(());
    };
    let what = match open.len() {
        1 => format!("`{first}` of account `{name}` is not settled"),
        n => format!("{n} outbox items of account `{name}` are not settled, first `{first}`"),
    };
    let in_doubt = app
        .store
        .items_of(name, &[State::Sending, State::Unconfirmed])?;
    let hint = match in_doubt.contains(first) {
        true => format!(
            "find out whether it arrived, then run `comms outbox resolve {first} --sent` or `comms outbox resolve {first} --not-sent`"
        ),
        false => format!(
            "`comms outbox cancel {first}` puts it away; `comms outbox show {first}` tells how to send it first"
        ),
    };
    Err(Error::refused(what).hint(hint).item(first))
}

/// Removes an account from the config and from where secrets are kept; with `forget` its messages, too.
pub async fn remove(app: &App, name: &str, forget: bool) -> Result<RemoveReport> {
    check(app, name, forget)?;
    let _lock = lock(app, name).await?;
    // Again: something may have been sent before the lock was ours.
    check(app, name, forget)?;
    let mut warnings = Vec::new();
    let account = app.config.account(name).ok();
    let mut secret_removed = false;
    if let Some(account) = account {
        // Whether it can be written at all, before a secret is gone.
        drop(without(app, name)?.prepare()?);
        if auth::has_login(account) {
            match secrets::remove_all(&app.vault, secrets::stored(account, name)).await {
                Ok(removed) => secret_removed = removed,
                Err(e) if auth::needs_store(account) => warnings.push(format!(
                    "a secret may be left where secrets are kept: {}",
                    e.message
                )),
                // It never had one there.
                Err(_) => {}
            }
        }
        app.store.forget_login(name)?;
        app.store.close_to_keys(name)?;
        let editor = without(app, name)?;
        let is_default = app.config.default_email.as_deref() == Some(name);
        editor.prepare()?.commit()?;
        if is_default {
            warnings.push("it was the one that sends by default; none is now".to_owned());
        }
        let by_login = |oauth: &OAuth| oauth.grant == Grant::Code;
        if secret_removed && account.oauth.as_ref().is_some_and(by_login) {
            warnings.push("its login is forgotten here and still good at the provider: take it back there (before an account is removed, `comms auth logout NAME --revoke` does)".to_owned());
        }
        if let Some(part) = account.secret_env.keys().next() {
            warnings.push(format!("{} is still set", part.variable(name)));
        }
    }
    let kept = app.store.kept_of(name)?.messages;
    if forget {
        app.store.forget_account(name)?;
    }
    Ok(RemoveReport {
        account: name.to_owned(),
        config_file: file_name(&app.config),
        configured: account.is_some(),
        secret_removed,
        messages_kept: if forget { 0 } else { kept },
        messages_forgotten: if forget { kept } else { 0 },
        warnings,
    })
}

/// The config without the account.
fn without<'a>(app: &'a App, name: &str) -> Result<Editor<'a>> {
    let mut editor = app.config.edit()?;
    editor.document.remove_account(name);
    Ok(editor)
}
