//! The secret that logs in to an account now: what is stored, or an access token that is renewed when it must be.
//!
//! How each renewal went is noted in the store, so that it can be told without asking anyone.

use std::time::Duration;

use secrecy::SecretString;

use crate::error::{Error, Kind, Result};
use crate::model::account::{Account, AuthMethod, OAuth};
use crate::model::secret::Part;
use crate::net::oauth::{self, Access, Place, Server, Tokens, Wanted};
use crate::net::off_thread;
use crate::secret::Found;
use crate::store::LoginState;

use super::App;

/// How long the end of the process waits for the answer to a renewal.
const PATIENCE: Duration = Duration::from_secs(30);
/// A wait that is not worth a word.
const SHORT: Duration = Duration::from_millis(500);

/// Lets logins be renewed; before anything that may need one.
pub fn may_renew() {
    oauth::gate::open();
}

/// Waits for renewals that were begun, so that no rotated token is lost, and lets none begin any more. The last thing a
/// process does: nobody waits for it who wants the result. Ctrl-C gives it up; `tell` says so to who has to wait.
pub fn settle(tell: impl FnOnce(&str)) {
    if oauth::gate::close(SHORT) {
        return;
    }
    tell("a login is being renewed: waiting for the answer of its provider; Ctrl-C gives it up");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let Ok(runtime) = runtime else {
        oauth::gate::close(PATIENCE);
        return;
    };
    runtime.block_on(async {
        tokio::select! {
            _ = tokio::task::spawn_blocking(|| oauth::gate::close(PATIENCE)) => {}
            _ = tokio::signal::ctrl_c() => {}
        }
    });
    runtime.shutdown_background();
}

/// How comms itself gets tokens for the account; `None` if its secret comes from elsewhere.
pub fn managed(account: &Account) -> Option<&OAuth> {
    // A token in the environment wins, as every secret there does.
    let given = account.secret_env.contains_key(&Part::Login);
    account.oauth.as_ref().filter(|_| !given)
}

/// What logs in to the account, and who gave it.
pub async fn secret(app: &App, account: &Account) -> Result<Found> {
    if account.auth == AuthMethod::None {
        return Ok(Found {
            secret: SecretString::default(),
            source: "not needed".to_owned(),
        });
    }
    if let Some(oauth) = managed(account) {
        let access = oauth::access_token(place(app), account, oauth).await;
        return noted(app, account, access);
    }
    off_thread(&app.vault, account, |vault, account| vault.login(account)).await
}

/// Another secret after a server refused this one; `None` where there is no other.
pub async fn renewed(
    app: &App,
    account: &Account,
    refused: &SecretString,
) -> Result<Option<SecretString>> {
    let Some(oauth) = managed(account) else {
        return Ok(None);
    };
    let access = oauth::renew(place(app), account, oauth, Some(refused)).await;
    noted(app, account, access).map(|found| Some(found.secret))
}

/// Where the logins of this app are kept.
pub fn place(app: &App) -> Place<'_> {
    Place {
        vault: &app.vault,
        clock: &app.clock,
        dir: app.store.dir(),
    }
}

/// What to do where an account says that its people are contacts and its login was not granted them.
pub fn contacts_step(app: &App, account: &Account) -> Option<String> {
    account.contacts?;
    let oauth = managed(account)?;
    let state = app.store.login_state(&account.name).ok().flatten()?;
    let needed = oauth::scopes(account, oauth, &Server::known(oauth), &Wanted::Usual);
    let mut missing = oauth::missing_scopes(&needed, &state.scopes);
    missing.retain(|s| s.contains("/auth/contacts") || s.contains("/auth/directory"));
    let lacks = !state.scopes.is_empty() && !missing.is_empty();
    lacks.then(|| consent(account, &missing))
}

fn consent(account: &Account, missing: &[String]) -> String {
    format!(
        "run `comms auth login {} --consent` and allow {}: the login was not granted it",
        account.name,
        missing.join(" ")
    )
}

/// Tells of scopes that the login lacks, where a server refused it.
pub fn explained(app: &App, account: &Account, refused: Error) -> Error {
    let Some(oauth) = managed(account).filter(|_| refused.kind == Kind::Auth) else {
        return refused;
    };
    let Ok(Some(state)) = app.store.login_state(&account.name) else {
        return refused;
    };
    let needed = oauth::scopes(account, oauth, &Server::known(oauth), &Wanted::Usual);
    let missing = oauth::missing_scopes(&needed, &state.scopes);
    if missing.is_empty() {
        return refused;
    }
    refused.hint(consent(account, &missing))
}

/// Notes in the store how a login or a renewal left the tokens. What can't be noted is no reason to fail.
pub fn note(app: &App, account: &Account, tokens: &Tokens) {
    let renewed = tokens.obtained_at != tokens.logged_in_at;
    let state = LoginState {
        scopes: tokens.scopes.clone(),
        expires_at: tokens.expires_at,
        logged_in_at: Some(tokens.logged_in_at),
        refreshed_at: renewed.then_some(tokens.obtained_at),
        ..LoginState::default()
    };
    let _ = app.store.save_login_state(&account.name, &state);
}

fn noted(app: &App, account: &Account, access: Result<Access>) -> Result<Found> {
    match access {
        Ok(access) => {
            if let Some(tokens) = &access.renewed {
                note(app, account, tokens);
            }
            Ok(Found {
                secret: access.token,
                source: access.source,
            })
        }
        Err(e) => {
            note_fault(app, account, &e);
            Err(e)
        }
    }
}

fn note_fault(app: &App, account: &Account, e: &Error) {
    let Ok(Some(state)) = app.store.login_state(&account.name) else {
        return;
    };
    let state = LoginState {
        error: Some(e.message.clone()),
        hint: e.hint.clone(),
        error_at: Some(app.clock.now()),
        ..state
    };
    let _ = app.store.save_login_state(&account.name, &state);
}
