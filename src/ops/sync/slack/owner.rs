//! Whose account it is: asked with each sync, and before events are read of an account that was not synced yet.

use std::time::Duration;

use jiff::SignedDuration;
use serde_json::Value;
use tokio::time::{sleep, timeout};

use crate::channel::slack::Client;
use crate::error::{Error, Kind, Result};
use crate::format::slack;
use crate::lock::Lock;
use crate::model::account::Account;
use crate::model::message::{Flags, Role};
use crate::ops::{App, access, token};
use crate::store::Placed;

use super::stamp::Stamp;

/// How long events wait for the answer; those that are late are tried again.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often it is asked again because an event says otherwise.
const PAUSE: SignedDuration = SignedDuration::from_mins(10);
/// Between two looks whether a sync that is under way was told.
const LOOK: Duration = Duration::from_millis(50);

/// Whose token it is; what is remembered of another workspace or person is forgotten.
pub async fn known(app: &App, account: &Account, client: &Client) -> Result<()> {
    let who = client.whoami().await?;
    let mut stamp = Stamp::load(app, account)?;
    if stamp.team != who.team_id || stamp.owner != who.user_id {
        stamp = Stamp {
            team: who.team_id,
            owner: who.user_id,
            url: who.url,
            ..Stamp::default()
        };
    }
    let organisation = who.enterprise_id.filter(|_| who.is_enterprise_install);
    stamp.organisation = organisation.unwrap_or_default();
    stamp.asked_at = Some(app.clock.now());
    stamp.save(app, account)
}

/// The same where nobody asked yet: without it one's own words would be told as a stranger's.
pub async fn learn(app: &App, account: &Account) -> Result<()> {
    if is_known(app, account)? {
        return Ok(());
    }
    asked(app, account).await
}

/// Asks again whose the account is, where that was long ago: its token may be another by now. Says whether it was asked.
pub async fn ask_again(app: &App, account: &Account) -> Result<bool> {
    let asked_at = Stamp::load(app, account)?.asked_at;
    if asked_at.is_some_and(|at| app.clock.now().duration_since(at) < PAUSE) {
        return Ok(false);
    }
    match asked(app, account).await {
        Ok(()) => Ok(true),
        Err(e) if e.kind == Kind::Unavailable => Err(e),
        // A login that is refused can't have become another's.
        Err(_) => Ok(false),
    }
}

async fn asked(app: &App, account: &Account) -> Result<()> {
    let asked = timeout(PATIENCE, ask(app, account)).await;
    asked.unwrap_or_else(|_| Err(Error::unavailable("Slack did not say in time whose it is")))
}

async fn ask(app: &App, account: &Account) -> Result<()> {
    loop {
        if let Some(_lock) = Lock::acquire(app.store.dir(), &account.name, Duration::ZERO).await? {
            let client = access::slack(app, account).await?;
            let ended = known(app, account, &client).await;
            return ended.map_err(|e| token::explained(app, account, e));
        }
        // A sync asks first of all.
        sleep(LOOK).await;
        if is_known(app, account)? {
            return Ok(());
        }
    }
}

fn is_known(app: &App, account: &Account) -> Result<bool> {
    Ok(!Stamp::load(app, account)?.owner.is_empty())
}

/// What was posted from here is the owner's, also where Slack told of it before it answered, and did not say by whom.
pub fn claim(app: &App, account: &Account, remote: &str) -> Result<()> {
    let Some(known) = app.store.remote(&account.name, remote)? else {
        return Ok(());
    };
    let mut document: Value = serde_json::from_slice(&app.store.raw(known.id)?).unwrap_or_default();
    if document.get("own") == Some(&Value::Bool(true)) || !document.is_object() {
        return Ok(());
    }
    document["own"] = true.into();
    let raw = document.to_string().into_bytes();
    app.store.rewrite(known.id, &raw, &slack::parse(&raw))?;
    app.store.place(&[Placed {
        id: known.id,
        folder: known.folder,
        role: Role::Other,
        flags: Flags {
            seen: true,
            ..known.flags
        },
        labels: known.labels,
    }])
}
