//! The outbox as people and cron see it: list, show, retry, cancel, resolve, and draining what is due.

use schemars::JsonSchema;
use serde::Serialize;

use crate::error::{Error, Result};
use crate::model::id::OutboxId;
use crate::model::outbox::{Event, RecipientState, State, Verdict};

use super::App;
use super::deliver::{self, Delivery};
use super::send::{AttemptReport, ItemReport, SendReport, report_on};
use super::status::OutboxStatus;

/// `comms.outbox/1`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct OutboxReport {
    pub items: Vec<ItemReport>,
}

/// How many items are where, for the status.
pub fn summary(app: &App) -> Result<OutboxStatus> {
    app.store.sweep(app.clock.now())?;
    let mut status = OutboxStatus::default();
    for (state, n) in app.store.outbox_counts()? {
        match state {
            State::Draft => status.drafts += n,
            State::Held => status.held += n,
            State::Ready | State::Sending => status.waiting += n,
            State::Unconfirmed => status.unconfirmed += n,
            State::Failed | State::Undelivered => status.failed += n,
            State::Sent | State::Cancelled | State::Delivered | State::Read => {}
        }
    }
    Ok(status)
}

/// Items, newest first: those of these states, or all that still want something if none is named.
pub fn list(app: &App, states: &[State], all: bool, limit: usize) -> Result<OutboxReport> {
    app.store.sweep(app.clock.now())?;
    let open = [
        State::Draft,
        State::Held,
        State::Ready,
        State::Sending,
        State::Failed,
        State::Unconfirmed,
        State::Undelivered,
    ];
    let wanted: &[State] = match (all, states.is_empty()) {
        (true, _) => &[],
        (false, true) => &open,
        (false, false) => states,
    };
    let items = app.store.outbox_items(wanted, limit)?;
    Ok(OutboxReport {
        items: items.into_iter().map(ItemReport::from).collect(),
    })
}

/// One item with its attempts and what it looks like.
pub fn show(app: &App, id: OutboxId) -> Result<ItemReport> {
    app.store.sweep(app.clock.now())?;
    let mut report = ItemReport::from(app.store.outbox_item(id)?);
    report.attempts = app
        .store
        .outbox_attempts(id)?
        .into_iter()
        .map(|a| AttemptReport {
            at: a.at,
            outcome: a.outcome,
            words: a.words,
        })
        .collect();
    report.rendered = Some(super::send::rendered(&app.store.outbox_bytes(id)?));
    Ok(report)
}

/// Sends what waits, failed or is a draft now; only to recipients that certainly got nothing.
pub async fn retry(app: &App, id: OutboxId) -> Result<SendReport> {
    let now = app.clock.now();
    app.store.sweep(now)?;
    let item = app.store.outbox_item(id)?;
    let failed = item
        .recipients
        .iter()
        .any(|r| matches!(r.state, RecipientState::Failed | RecipientState::Waiting));
    if item.state == State::Unconfirmed {
        return Err(Error::usage(format!("`{id}` may have been sent: it is not repeated blindly"))
            .hint(format!("find out, then run `comms outbox resolve {id} --not-sent` or `comms outbox resolve {id} --sent`"))
            .item(id));
    }
    if !failed {
        return Err(Error::usage(format!("nobody of `{id}` is left to send to")).item(id));
    }
    let event = match item.state {
        State::Draft => Event::Release,
        _ => Event::Revive,
    };
    let change = (&[RecipientState::Failed][..], RecipientState::Waiting);
    app.store.outbox_event(id, event, Some(change), now)?;
    let owner = app.store.owner()?;
    if !app.store.claim(id, &owner, now)? {
        return Err(Error::unavailable(format!("another comms is sending `{id}` now")).item(id));
    }
    let delivery = Delivery {
        owner: &owner,
        timeout: None,
        keep: true,
    };
    let warnings = deliver::deliver(app, id, &delivery).await?;
    report_on(app, &[id], warnings)
}

/// Puts an item away for good.
pub fn cancel(app: &App, id: OutboxId) -> Result<ItemReport> {
    app.store.sweep(app.clock.now())?;
    app.store
        .outbox_event(id, Event::Cancel, None, app.clock.now())?;
    show(app, id)
}

/// Settles an item in doubt by what a person found out.
pub fn resolve(app: &App, id: OutboxId, sent: bool) -> Result<ItemReport> {
    let now = app.clock.now();
    app.store.sweep(now)?;
    let item = app.store.outbox_item(id)?;
    let to = if sent {
        RecipientState::Sent
    } else {
        RecipientState::Failed
    };
    let settled = item.recipients.iter().map(|r| match r.state {
        RecipientState::Unconfirmed => to,
        other => other,
    });
    let event = Event::Resolve(Verdict::of(settled));
    let change = (&[RecipientState::Unconfirmed][..], to);
    app.store.outbox_event(id, event, Some(change), now)?;
    show(app, id)
}

/// Sends everything that is due and files the copies still missing. Two at once share the work.
pub async fn run(app: &App) -> Result<SendReport> {
    let now = app.clock.now();
    let mut touched = app.store.sweep(now)?;
    let mut warnings = Vec::new();
    if app.config.read_only {
        return Err(Error::refused("nothing is sent while comms is read-only"));
    }
    let owner = app.store.owner()?;
    let delivery = Delivery {
        owner: &owner,
        timeout: None,
        keep: true,
    };
    // Due is what is due now: an item that comes back for another try waits for the next run.
    while let Some(id) = app.store.claim_due(&owner, now)? {
        if touched.contains(&id) {
            break;
        }
        touched.push(id);
        warnings.extend(deliver::deliver(app, id, &delivery).await?);
    }
    for id in app.store.unfiled(100)? {
        warnings.extend(deliver::file(app, id).await);
    }
    report_on(app, &touched, warnings)
}
