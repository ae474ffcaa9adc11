//! Accounts and their logins: which there are, whether they work, and what is stored of them.

use std::time::Duration;

use jiff::Timestamp;
use schemars::JsonSchema;
use secrecy::SecretString;
use serde::Serialize;

use crate::channel::imap::{Credentials, Session};
use crate::channel::smtp;
use crate::error::{Error, Kind, Result};
use crate::model::account::{Account, ChannelKind, Endpoint};
use crate::model::secret::Part;
use crate::net::{self, off_thread, tls};

use super::receive::hooks;
use super::sync::{Failure, account as imap_account};
use super::{App, access, token, whatsapp};

/// All accounts. `comms.auth/1`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AuthReport {
    pub accounts: Vec<AccountRow>,
}

/// An account and how it logs in.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AccountRow {
    pub account: String,
    pub channel: ChannelKind,
    pub address: Option<String>,
    /// The name it logs in with; null where there is no login.
    pub login: Option<String>,
    /// What gives the secret: `environment`, `secret_command`, a keyring's name, `encrypted file`, `none`,
    /// `unknown` (the error says why) or `not needed`.
    pub secret: String,
    /// `ok`, `failed` or `not tried`.
    pub state: String,
    pub error: Option<Failure>,
    /// Whose OAuth login it is: `google`, `microsoft`, an issuer or `custom`; null for a password.
    pub provider: Option<String>,
    /// What an OAuth login was granted.
    pub scopes: Vec<String>,
    /// When the access token expires; it is renewed before.
    pub expires_at: Option<Timestamp>,
    /// When it was last renewed.
    pub refreshed_at: Option<Timestamp>,
    /// Why the last renewal failed; null once one went well.
    pub last_error: Option<String>,
    /// What to do now; null if nothing.
    pub next_step: Option<String>,
    /// The address to give to its provider, where that calls `comms serve`.
    pub webhook_url: Option<String>,
}

/// What `auth login` and `auth logout` did. `comms.auth_change/1`.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub struct AuthChange {
    pub account: String,
    /// The store that took the secret: a keyring's name or `encrypted file`; null after a logout.
    pub stored_in: Option<String>,
    /// The server that took the login.
    pub server: Option<String>,
    /// Another source that wins over what is stored: `environment` or `secret_command`.
    pub shadowed_by: Option<String>,
    /// False if there was nothing to change.
    pub changed: bool,
    /// What an OAuth login was granted.
    pub scopes: Vec<String>,
    /// When its access token expires; it is renewed before.
    pub expires_at: Option<Timestamp>,
    /// The address to open in a browser, of a login that was only begun.
    pub authorize_url: Option<String>,
    /// What to know about it that is no fault.
    pub warnings: Vec<String>,
}

/// Lists accounts and where their secrets come from; asks no server.
pub async fn list(app: &App) -> Result<AuthReport> {
    let mut accounts = Vec::new();
    for account in &app.config.accounts {
        accounts.push(match secret_source(app, account).await {
            Ok(source) => row(app, account, source),
            Err(e) => AccountRow {
                error: Some(Failure::of(&e)),
                ..row(app, account, "unknown".to_owned())
            },
        });
    }
    Ok(AuthReport { accounts })
}

/// Logs in to one account, or to all that have a server, and says what happened.
pub async fn status(app: &App, name: Option<&str>) -> Result<AuthReport> {
    let chosen: Vec<&Account> = match name {
        Some(name) => vec![app.config.account(name)?],
        None => app.config.accounts.iter().collect(),
    };
    let tried = chosen.iter().map(|account| try_login(app, account));
    let accounts = futures_util::future::join_all(tried).await;
    Ok(AuthReport { accounts })
}

/// Proves the secret against the account's server, then stores it and reads it back.
pub async fn login(app: &App, name: &str, secret: SecretString) -> Result<AuthChange> {
    let account = with_login(app, name)?;
    if secrecy::ExposeSecret::expose_secret(&secret).is_empty() {
        return Err(Error::usage("the secret is empty"));
    }
    let server = prove(app, account, &secret).await?;
    let kept = off_thread(&app.vault, account, move |vault, account| {
        vault.store(account, Part::Login, &secret)
    })
    .await?;
    Ok(AuthChange {
        account: account.name.clone(),
        stored_in: Some(kept),
        server: Some(server),
        shadowed_by: shadow(account).map(str::to_owned),
        changed: true,
        ..AuthChange::default()
    })
}

/// Whether an account can have this secret beside its login.
pub fn takes_part(app: &App, name: &str, part: Part) -> Result<()> {
    let account = app.config.account(name)?;
    let takes = match part {
        Part::WebhookSecret => account.channel.calls_back(),
        Part::VerifyToken => account.channel == ChannelKind::Whatsapp,
        _ => false,
    };
    if takes {
        return Ok(());
    }
    Err(Error::usage(format!(
        "account `{name}` of channel {} has no {}",
        account.channel.name(),
        part.name().replace('_', " ")
    )))
}

/// Stores what proves the calls of the account's provider, and reads it back.
pub async fn keep_part(
    app: &App,
    name: &str,
    part: Part,
    secret: SecretString,
) -> Result<AuthChange> {
    takes_part(app, name, part)?;
    let account = app.config.account(name)?;
    if secrecy::ExposeSecret::expose_secret(&secret).is_empty() {
        return Err(Error::usage("the secret is empty"));
    }
    let kept = off_thread(&app.vault, account, move |vault, account| {
        vault.store(account, part, &secret)
    })
    .await?;
    let mut warnings = Vec::new();
    if part == Part::WebhookSecret
        && let Some(settings) = &account.whatsapp
        && settings.business_account_id.is_some()
        && let Err(e) = whatsapp::acts::subscribe(app, account).await
    {
        warnings.push(format!(
            "Meta was not asked to send the events of this business account: {}",
            e.message
        ));
    }
    Ok(AuthChange {
        warnings,
        account: account.name.clone(),
        stored_in: Some(kept),
        changed: true,
        ..AuthChange::default()
    })
}

/// Removes every stored secret of the account.
pub async fn logout(app: &App, name: &str) -> Result<AuthChange> {
    let account = with_login(app, name)?;
    // A renewal that ends now would store again what is removed.
    let _lock = match &account.oauth {
        Some(_) => Some(net::oauth::hold(token::place(app), account).await?),
        None => None,
    };
    let removed = off_thread(&app.vault, account, |vault, account| {
        vault.remove_all(account, &Part::ALL)
    })
    .await?;
    app.store.forget_login(&account.name)?;
    Ok(AuthChange {
        account: account.name.clone(),
        shadowed_by: shadow(account).map(str::to_owned),
        changed: removed,
        ..AuthChange::default()
    })
}

/// The same after the provider took the OAuth login back.
pub async fn logout_and_revoke(app: &App, name: &str) -> Result<AuthChange> {
    let account = with_login(app, name)?;
    let told = super::oauth::revoke(app, account).await?;
    let mut change = logout(app, name).await?;
    change.warnings.extend(told);
    Ok(change)
}

impl AuthReport {
    /// The kind of the report as an outcome: some failed, or the one kind if all did.
    pub fn outcome(&self) -> Option<Kind> {
        let tried = self.accounts.iter().filter(|row| row.state != "not tried");
        let (failed, worked): (Vec<_>, Vec<_>) = tried.partition(|row| row.error.is_some());
        let first = failed.first()?;
        if !worked.is_empty() {
            return Some(Kind::Partial);
        }
        let code = &first.error.as_ref()?.code;
        Kind::ALL.into_iter().find(|kind| kind.code() == code)
    }
}

/// Logs in to the server of an account with this secret; gives the server's name.
pub async fn prove(app: &App, account: &Account, secret: &SecretString) -> Result<String> {
    if account.base_url.is_some() {
        return access::prove(app, account, secret).await;
    }
    let credentials = Credentials {
        tls: tls::client_config(account.ca_file.as_deref())?,
        secret: secret.clone(),
        read_only: app.config.read_only,
    };
    prove_with(account, &credentials).await
}

async fn prove_with(account: &Account, credentials: &Credentials) -> Result<String> {
    let named = |server: &Endpoint| format!("{}:{}", server.host, server.port);
    let mut servers = Vec::new();
    if let Some(imap) = &account.imap {
        Session::open(account, credentials).await?.logout().await;
        servers.push(named(imap));
    }
    if let Some(server) = &account.smtp {
        prove_smtp(account, credentials).await?;
        servers.push(named(server));
    }
    if servers.is_empty() {
        return Err(
            Error::config(format!("account `{}` has no server", account.name))
                .hint("set `imap` or `smtp` in its table of the config"),
        );
    }
    Ok(servers.join(" and "))
}

/// Logs in to the server that sends; nothing is sent.
pub async fn prove_smtp(account: &Account, credentials: &Credentials) -> Result<()> {
    let login = smtp::Credentials {
        tls: credentials.tls.clone(),
        secret: has_login(account).then(|| credentials.secret.clone()),
        // A login changes nothing, so that it is allowed under `--read-only`.
        read_only: false,
    };
    smtp::probe(account, &login, Duration::from_secs(20)).await
}

async fn try_login(app: &App, account: &Account) -> AccountRow {
    if !has_login(account) {
        return row(app, account, "not needed".to_owned());
    }
    if account.base_url.is_some() {
        return try_api(app, account).await;
    }
    let (source, ended) = match imap_account::credentials_with_source(app, account).await {
        Ok((mut credentials, source)) => {
            let mut ended = prove_with(account, &credentials).await;
            if ended.as_ref().is_err_and(|e| e.kind == Kind::Auth) {
                match token::renewed(app, account, &credentials.secret).await {
                    Ok(None) => {}
                    Ok(Some(secret)) => {
                        credentials.secret = secret;
                        ended = prove_with(account, &credentials).await;
                    }
                    Err(e) => ended = Err(e),
                }
            }
            (source, ended.map(drop))
        }
        Err(e) => {
            let source = secret_source(app, account).await;
            (source.unwrap_or_else(|_| "unknown".to_owned()), Err(e))
        }
    };
    tried(app, account, (source, ended))
}

/// The same for a provider's API.
async fn try_api(app: &App, account: &Account) -> AccountRow {
    let found = match token::secret(app, account).await {
        Ok(found) => found,
        Err(e) => {
            let source = secret_source(app, account).await;
            let source = source.unwrap_or_else(|_| "unknown".to_owned());
            return tried(app, account, (source, Err(e)));
        }
    };
    let mut ended = access::prove(app, account, &found.secret).await;
    if ended.as_ref().is_err_and(|e| e.kind == Kind::Auth) {
        match token::renewed(app, account, &found.secret).await {
            Ok(None) => {}
            Ok(Some(secret)) => ended = access::prove(app, account, &secret).await,
            Err(e) => ended = Err(e),
        }
    }
    let ended = ended.map_err(|e| token::explained(app, account, e));
    tried(app, account, (found.source, ended.map(drop)))
}

fn tried(app: &App, account: &Account, (source, ended): (String, Result<()>)) -> AccountRow {
    let mut row = row(app, account, source);
    row.state = if ended.is_ok() { "ok" } else { "failed" }.to_owned();
    row.error = ended.err().map(|e| Failure::of(&e));
    if let Some(error) = &row.error {
        row.next_step.clone_from(&error.hint);
    }
    row
}

fn row(app: &App, account: &Account, secret: String) -> AccountRow {
    let oauth = token::managed(account);
    let known = oauth.and_then(|_| app.store.login_state(&account.name).ok().flatten());
    let known = known.unwrap_or_default();
    let not_logged_in = (secret == "none").then(|| net::oauth::login_command(&account.name));
    AccountRow {
        account: account.name.clone(),
        channel: account.channel,
        address: account.address.clone(),
        login: account
            .login()
            .filter(|_| has_login(account))
            .map(str::to_owned),
        secret,
        state: "not tried".to_owned(),
        error: None,
        provider: oauth.map(|oauth| oauth.provider.name().to_owned()),
        scopes: known.scopes,
        expires_at: known.expires_at,
        refreshed_at: known.refreshed_at,
        next_step: not_logged_in
            .or(known.hint)
            .or_else(|| token::contacts_step(app, account)),
        webhook_url: account
            .channel
            .calls_back()
            .then(|| hooks::address(app, app.config.serve.listen, account)),
        last_error: known.error,
    }
}

/// Whether there is a server that asks who we are.
pub fn has_login(account: &Account) -> bool {
    account.channel != ChannelKind::Maildir
        && account.auth != crate::model::account::AuthMethod::None
}

/// Whether its secret can only come from where secrets are kept.
pub fn needs_store(account: &Account) -> bool {
    has_login(account) && shadow(account).is_none()
}

/// An account that logs in somewhere.
pub fn with_login<'a>(app: &'a App, name: &str) -> Result<&'a Account> {
    let account = app.config.account(name)?;
    if has_login(account) {
        Ok(account)
    } else {
        Err(Error::usage(format!("account `{name}` needs no login")))
    }
}

fn shadow(account: &Account) -> Option<&'static str> {
    if account.secret_env.contains_key(&Part::Login) {
        Some("environment")
    } else {
        account.secret_command.as_ref().map(|_| "secret_command")
    }
}

/// Where the secret would come from. The user's command is not run for a list.
async fn secret_source(app: &App, account: &Account) -> Result<String> {
    if !has_login(account) {
        return Ok("not needed".to_owned());
    }
    off_thread(&app.vault, account, |vault, account| {
        for part in [Part::Login, Part::Tokens, Part::ServiceAccount] {
            if let Some(source) = vault.source(account, part)? {
                return Ok(source.to_owned());
            }
        }
        Ok("none".to_owned())
    })
    .await
}
