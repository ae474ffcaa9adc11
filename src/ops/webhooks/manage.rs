//! How hooks do, and taking one up again.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::error::{Error, Result};
use crate::model::event::Hook;
use crate::net::off_thread;
use crate::ops::App;
use crate::store::tellings::TellingFilter;

/// All hooks of the config. `comms.hooks/1`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct HooksReport {
    pub hooks: Vec<HookRow>,
}

/// A hook, and how it does.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct HookRow {
    pub name: String,
    pub url: String,
    pub events: Vec<String>,
    /// The only accounts it is told of; null means all.
    pub accounts: Option<Vec<String>>,
    /// Whether it gets the text of messages.
    pub text: bool,
    /// `ok`, `failing`, `disabled`, or `no secret`.
    pub state: &'static str,
    /// What went wrong last.
    pub error: Option<String>,
    pub failing_since: Option<Timestamp>,
    pub disabled_at: Option<Timestamp>,
    /// Deliveries that are to be tried, at once or again.
    pub waiting: u64,
    /// Deliveries that were given up; `enable` tries them again.
    pub failed: u64,
    /// Deliveries that were taken in the last seven days.
    pub delivered: u64,
}

/// A hook and its last deliveries. `comms.hook_show/1`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct HookReport {
    #[serde(flatten)]
    pub hook: HookRow,
    /// Newest first, at most fifty.
    pub deliveries: Vec<DeliveryRow>,
}

/// A delivery.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct DeliveryRow {
    /// The `webhook-id`, the same each time.
    pub id: String,
    /// What it tells of: a message (`m1423`), or a line of the audit log (`a17`).
    pub event: String,
    /// `waiting`, `delivered` or `failed`.
    pub state: &'static str,
    pub tries: u32,
    pub error: Option<String>,
    pub at: Timestamp,
    pub tried_at: Option<Timestamp>,
    /// When it is tried next.
    pub again_at: Option<Timestamp>,
}

/// A hook that was taken up again. `comms.hook_enable/1`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct EnableReport {
    pub hook: String,
    /// Deliveries that are tried now.
    pub waiting: u64,
}

/// How all hooks do.
pub async fn list(app: &App) -> Result<HooksReport> {
    let mut hooks = Vec::new();
    for hook in &app.config.hooks {
        hooks.push(row(app, hook).await?);
    }
    Ok(HooksReport { hooks })
}

/// How one does, and its last deliveries.
pub async fn show(app: &App, name: &str) -> Result<HookReport> {
    let hook = super::configured(app, name)?;
    let key = Hook::key(name);
    let tellings = app.store.tellings(&TellingFilter {
        followers: &key,
        limit: 200,
        ..TellingFilter::default()
    })?;
    // Another hook's name may begin so.
    let own = tellings
        .into_iter()
        .filter(|of| of.follower == key)
        .take(50);
    let deliveries = own.map(|of| DeliveryRow {
        state: match (of.told_at, of.due) {
            (Some(_), _) => "delivered",
            (None, Some(_)) => "waiting",
            (None, None) => "failed",
        },
        id: of.key,
        event: of.event,
        tries: of.tries,
        error: of.error,
        at: of.at,
        tried_at: of.tried_at,
        again_at: of.due,
    });
    Ok(HookReport {
        hook: row(app, hook).await?,
        deliveries: deliveries.collect(),
    })
}

async fn row(app: &App, hook: &Hook) -> Result<HookRow> {
    let key = Hook::key(&hook.name);
    let holder = hook.holder(app.config.account("local")?);
    let source = off_thread(&app.vault, &holder, |vault, holder| {
        vault.source(holder, Hook::SECRET)
    });
    // A keyring that does not answer is no reason to show nothing.
    let has_secret = !matches!(source.await, Ok(None));
    let state = app.store.follower(&key)?.unwrap_or_default();
    let tally = app.store.count_tellings(&key)?;
    Ok(HookRow {
        name: hook.name.clone(),
        url: hook.url.clone(),
        events: hook.events.iter().map(|of| of.name().to_owned()).collect(),
        accounts: hook.accounts.clone(),
        text: hook.text,
        state: match () {
            () if state.disabled.is_some() => "disabled",
            () if !has_secret => "no secret",
            () if state.failing.is_some() => "failing",
            () => "ok",
        },
        error: state.error,
        failing_since: state.failing,
        disabled_at: state.disabled,
        waiting: tally.waiting,
        failed: tally.failed,
        delivered: tally.told,
    })
}

/// Takes a hook up again: what was given up is tried once more, then what happened since it was left alone.
pub fn enable(app: &App, name: &str) -> Result<EnableReport> {
    super::configured(app, name)?;
    let key = Hook::key(name);
    if app.store.follower(&key)?.is_none() {
        return Err(
            Error::not_found(format!("hook `{name}` was never told anything"))
                .hint("`comms serve` delivers to it"),
        );
    }
    app.store.disable_follower(&key, None, app.clock.now())?;
    Ok(EnableReport {
        hook: name.to_owned(),
        waiting: app.store.count_tellings(&key)?.waiting,
    })
}

/// What needs a person, in a few words, with the command for it; reads only the store.
pub fn notes(app: &App) -> Result<Vec<(String, String)>> {
    let mut notes = Vec::new();
    for hook in &app.config.hooks {
        let Some(state) = app.store.follower(&Hook::key(&hook.name))? else {
            continue;
        };
        let error = state.error.unwrap_or_default();
        if state.disabled.is_some() {
            notes.push((
                format!("hook `{}` is told nothing more: {error}", hook.name),
                format!("comms auth hook enable {}", hook.name),
            ));
        } else if state.failing.is_some() {
            notes.push((
                format!("hook `{}` takes nothing: {error}", hook.name),
                format!("comms auth hook show {}", hook.name),
            ));
        }
    }
    Ok(notes)
}
