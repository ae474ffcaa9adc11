//! A new account: drafted, proven on its servers, its secret stored, and only then written into the config.

use std::time::Duration;

use schemars::JsonSchema;
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;

use crate::channel::imap::Session;
use crate::channel::smtp;
use crate::config::Config;
use crate::error::{Error, Kind, Result};
use crate::lock::Lock;
use crate::model::account::{Account, AuthMethod, ChannelKind, Logins};
use crate::model::secret::Part;
use crate::net::{off_thread, tls};

use super::super::App;
use super::super::auth::{self, AuthChange};
use super::draft::{NewAccount, is_free, taken};
use super::{file_name, lock, secrets};

/// How a new account shows that it works.
#[derive(Debug)]
pub enum Proof {
    /// With this secret, which is then stored.
    Secret(SecretString),
    /// With what the environment or `secret_command` gives.
    Elsewhere,
    /// It has logged in by OAuth, and its tokens are stored.
    LoggedIn(AuthChange),
    /// Not at all: nobody is asked.
    None,
}

/// What to add.
#[derive(Debug)]
pub struct AddRequest {
    pub account: NewAccount,
    pub proof: Proof,
    /// Make it the one that sends when several could.
    pub default: bool,
}

/// What `auth add` did. `comms.auth_add/1`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AddReport {
    pub account: String,
    pub channel: ChannelKind,
    pub address: Option<String>,
    pub config_file: String,
    /// The line of its table in the file.
    pub line: Option<usize>,
    /// The servers that took the login; null if none was asked.
    pub server: Option<String>,
    /// What gives the secret from now on: a store's name, `environment`, `secret_command`, `none` or `not needed`.
    pub secret: String,
    /// Whether it sends when no account is named.
    pub default: bool,
    /// What to do next; null if nothing.
    pub next_step: Option<String>,
}

/// The logins that all servers of an account take; connects to each, logs in to none.
pub async fn survey(app: &App, new: &NewAccount) -> Result<Logins> {
    let account = new.draft(app)?;
    let tls = tls::of_account(&account).await?;
    let imap = async {
        match &account.imap {
            Some(endpoint) => Session::survey(endpoint, &tls).await.map(Some),
            None => Ok(None),
        }
    };
    let plain = Account {
        auth: AuthMethod::None,
        ..account.clone()
    };
    let smtp = async {
        match &account.smtp {
            Some(_) => smtp::survey(&plain, &tls, Duration::from_secs(20))
                .await
                .map(Some),
            None => Ok(None),
        }
    };
    let (imap, smtp) = tokio::join!(imap, smtp);
    let found: Vec<Logins> = [imap.map_err(not_added)?, smtp.map_err(not_added)?]
        .into_iter()
        .flatten()
        .collect();
    Ok(Logins {
        password: found.iter().all(|logins| logins.password),
        oauth: found.iter().all(|logins| logins.oauth),
    })
}

/// Adds an account. An error or an interruption at any step leaves config and secrets as they were.
pub async fn add(app: &App, request: AddRequest) -> Result<AddReport> {
    let new = &request.account;
    is_free(app, &new.name)?;
    let account = new.draft(app)?;
    // Whoever adds the same name at the same time waits here, and then finds it taken.
    let _lock = lock(app, &new.name).await?;
    // Before anyone is asked: whether it can be written at all.
    drop(change(app, &request)?.prepare()?);
    let needs_login = auth::has_login(&account);
    let (server, secret) = match (&request.proof, needs_login) {
        (Proof::None, true) => (None, None),
        (Proof::LoggedIn(login), true) => (login.server.clone(), None),
        (Proof::Secret(secret), true) => {
            if secret.expose_secret().is_empty() {
                return Err(Error::usage("the secret is empty"));
            }
            let server = auth::prove(app, &account, secret)
                .await
                .map_err(not_added)?;
            (Some(server), Some(secret.clone()))
        }
        (Proof::Elsewhere, true) => {
            let found =
                off_thread(&app.vault, &account, |vault, account| vault.login(account)).await?;
            let server = auth::prove(app, &account, &found.secret)
                .await
                .map_err(not_added)?;
            (Some(server), None)
        }
        (_, false) => (look(app, &account, &request.proof).await?, None),
    };
    let written = match secret {
        Some(secret) => {
            let kept = secrets::stored(&account, &account.name);
            Some(secrets::write(&app.vault, kept, vec![(Part::Login, secret)]).await?)
        }
        None => None,
    };
    // No step from here on can be interrupted.
    let ready = change(app, &request)?.prepare()?;
    let line = ready.line(&new.name);
    let config = ready.commit()?;
    let store = written.and_then(secrets::Written::keep);
    let secret = match (&request.proof, needs_login) {
        (_, false) => "not needed".to_owned(),
        (Proof::LoggedIn(login), true) => login.stored_in.clone().unwrap_or_default(),
        (_, true) if store.is_some() => store.unwrap_or_default(),
        (_, true) if account.secret_env.contains_key(&Part::Login) => "environment".to_owned(),
        (_, true) if account.secret_command.is_some() => "secret_command".to_owned(),
        (_, true) => "none".to_owned(),
    };
    Ok(AddReport {
        next_step: next_step(&config, &account, &secret),
        account: account.name,
        channel: account.channel,
        address: account.address,
        config_file: file_name(&config),
        line,
        server,
        secret,
        default: sends_by_default(&config, &new.name),
    })
}

/// The account as if it were there already, for a login that comes before it is written.
pub fn trial(app: &App, new: &NewAccount) -> Result<App> {
    let mut editor = app.config.edit()?;
    editor.document.add_account(&new.name, &new.keys());
    Ok(App {
        config: editor.prepare()?.config.clone(),
        ..app.twin()
    })
}

/// Takes back what such a login stored.
pub async fn forget_trial(trial: &App, name: &str) -> Result<()> {
    let account = trial.config.account(name)?;
    trial.store.forget_login(name)?;
    secrets::remove_all(&trial.vault, secrets::stored(account, name))
        .await
        .map(drop)
}

/// Keeps a name for the one who adds it, until this is dropped.
pub async fn reserve(app: &App, name: &str) -> Result<Lock> {
    is_free(app, name)?;
    let lock = Lock::acquire(app.store.dir(), &format!("{name}@add"), Duration::ZERO).await?;
    let lock = lock.ok_or_else(|| {
        Error::unavailable(format!("account `{name}` is being added in another window"))
            .hint("choose another name, or wait")
    })?;
    if app.config.edit()?.document.has_account(name) {
        return Err(taken(name));
    }
    Ok(lock)
}

/// The config with the new account in it.
fn change<'a>(app: &'a App, request: &AddRequest) -> Result<crate::config::Editor<'a>> {
    let new = &request.account;
    let mut editor = app.config.edit()?;
    if editor.document.has_account(&new.name) {
        return Err(taken(&new.name));
    }
    editor.document.add_account(&new.name, &new.keys());
    if request.default {
        editor
            .document
            .set_default(super::default_of(new.channel), Some(&new.name));
    }
    Ok(editor)
}

/// An account without a login: its folder is there, and its server, if it has one, answers.
async fn look(app: &App, account: &Account, proof: &Proof) -> Result<Option<String>> {
    if let Some(path) = account.path.as_ref().filter(|path| !path.is_dir()) {
        return Err(
            Error::usage(format!("`{}` is not a folder", path.display()))
                .hint("--path names the Maildir: the folder that holds cur, new and tmp, or folders with them"),
        );
    }
    match (&account.smtp, proof) {
        (None, _) | (_, Proof::None) => Ok(None),
        (Some(_), _) => auth::prove(app, account, &SecretString::default())
            .await
            .map(Some)
            .map_err(not_added),
    }
}

fn sends_by_default(config: &Config, name: &str) -> bool {
    let mut senders = config.accounts.iter().filter(|a| a.sends_mail());
    match &config.default_email {
        Some(default) => default == name,
        None => senders.next().is_some_and(|a| a.name == name) && senders.next().is_none(),
    }
}

fn next_step(config: &Config, account: &Account, secret: &str) -> Option<String> {
    let name = &account.name;
    let senders = config.accounts.iter().filter(|a| a.sends_mail());
    if secret == "none" {
        Some(format!("run `comms auth login {name}`"))
    } else if account.sends_mail() && config.default_email.is_none() && senders.count() > 1 {
        Some(format!(
            "several accounts can send now: `comms auth default {name}` makes this the usual one"
        ))
    } else if account.channel == ChannelKind::GoogleChatWebhook {
        Some(format!("try it: `comms send to:{name} -m 'It works'`"))
    } else if account.channel.is_address_book() {
        Some(format!("run `comms contacts sync {name} --plan`"))
    } else if account.channel == ChannelKind::Smtp {
        None
    } else {
        Some(format!("run `comms inbox sync --account {name}`"))
    }
}

/// An error of a server, with what to do about an account that is not there yet.
fn not_added(e: Error) -> Error {
    let about_trust = e.hint.as_deref().is_some_and(|h| h.contains("ca_file"));
    let hint = match e.kind {
        Kind::Auth => {
            "nothing was written; check user name and password, some providers want an app password"
        }
        _ if about_trust => {
            "nothing was written; --ca-file names the certificate of a private authority"
        }
        Kind::Unavailable => {
            "nothing was written; check --imap, --smtp and --tls, or add it with --no-login"
        }
        Kind::Config => "nothing was written; check --tls and --auth",
        _ => "nothing was written",
    };
    e.hint(hint)
}
