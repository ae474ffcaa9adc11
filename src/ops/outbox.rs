//! The outbox as people and cron see it: list, show, retry, cancel, resolve, and draining what is due.

use std::time::{Duration, Instant};

use schemars::JsonSchema;
use serde::Serialize;

use crate::error::{Error, Result};
use crate::format::mime;
use crate::model::id::OutboxId;
use crate::model::message::{Ident, Role};
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
    tidy(app)?;
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
    tidy(app)?;
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
    tidy(app)?;
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
    tidy(app)?;
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
        by_hand: true,
    };
    let delivered = deliver::deliver(app, id, &delivery).await?;
    report_on(app, &[id], delivered.warnings)
}

/// Puts an item away for good.
pub fn cancel(app: &App, id: OutboxId) -> Result<ItemReport> {
    tidy(app)?;
    app.store
        .outbox_event(id, Event::Cancel, None, app.clock.now())?;
    show(app, id)
}

/// Settles an item in doubt by what a person found out.
pub fn resolve(app: &App, id: OutboxId, sent: bool) -> Result<ItemReport> {
    let now = app.clock.now();
    tidy(app)?;
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
    let mut touched = tidy(app)?;
    let mut warnings = Vec::new();
    if app.config.read_only {
        return Err(Error::refused("nothing is sent while comms is read-only"));
    }
    let owner = app.store.owner()?;
    let delivery = Delivery {
        owner: &owner,
        timeout: None,
        keep: true,
        by_hand: false,
    };
    // Due is what is due now: an item that comes back for another try waits for the next run.
    while let Some(id) = app.store.claim_due(&owner, now)? {
        if touched.contains(&id) {
            break;
        }
        touched.push(id);
        let delivered = deliver::deliver(app, id, &delivery).await?;
        warnings.extend(delivered.warnings);
        if delivered.interrupted {
            return report_on(app, &touched, warnings);
        }
    }
    for id in app.store.unfiled(100)? {
        warnings.extend(deliver::file(app, id).await);
    }
    report_on(app, &touched, warnings)
}

/// What other commands give the outbox beside their own work.
const SPARE: Duration = Duration::from_secs(2);

/// Sends what is due, for a command that uses the network anyway; begins nothing after its spare time.
///
/// Gives a line for each item that needs someone. Its own faults are none of the command's.
pub async fn drain(app: &App) -> Vec<String> {
    let began = Instant::now();
    let work = async {
        if app.config.read_only || !app.store.has_outbox() {
            return Ok(Vec::new());
        }
        let now = app.clock.now();
        tidy(app)?;
        if !app.store.has_due(now)? {
            return Ok(Vec::new());
        }
        let owner = app.store.owner()?;
        let mut words = Vec::new();
        let mut touched = Vec::new();
        while let Some(left) = SPARE.checked_sub(began.elapsed())
            && !left.is_zero()
            && let Some(id) = app.store.claim_due(&owner, now)?
        {
            if touched.contains(&id) {
                break;
            }
            touched.push(id);
            let delivery = Delivery {
                owner: &owner,
                timeout: Some(left),
                keep: true,
                by_hand: false,
            };
            let delivered = deliver::deliver(app, id, &delivery).await?;
            words.extend(delivered.warnings);
            let item = app.store.outbox_item(id)?;
            if matches!(item.state, State::Failed | State::Unconfirmed) {
                words.push(format!(
                    "`{id}`, which waited in the outbox, is {}: see `comms outbox show {id}`",
                    item.state.name()
                ));
            }
            if delivered.interrupted {
                break;
            }
        }
        Ok::<_, Error>(words)
    };
    work.await
        .unwrap_or_else(|e| vec![format!("the outbox was left alone: {}", e.message)])
}

/// Takes items back from processes that died, and settles those in doubt of which a copy was met since.
pub(super) fn tidy(app: &App) -> Result<Vec<OutboxId>> {
    let mut doubtful = app.store.sweep(app.clock.now())?;
    let settled = reconcile(app)?;
    doubtful.retain(|id| !settled.contains(id));
    Ok(doubtful)
}

/// Settles items in doubt whose message is in a mailbox by now: a server took it, so it was sent.
///
/// Drafts, what was thrown away and what someone imported prove nothing.
pub fn reconcile(app: &App) -> Result<Vec<OutboxId>> {
    let mut settled = Vec::new();
    if !app.store.has_outbox() {
        return Ok(settled);
    }
    for item in app
        .store
        .outbox_items(&[State::Unconfirmed], MOST_IN_DOUBT)?
    {
        for id in app.store.by_message_id(&item.message_id)? {
            let place = app.store.location(id)?;
            let proves = !matches!(place.role, Role::Drafts | Role::Trash)
                && !place.flags.draft
                && !matches!(place.ident, Ident::Content(_));
            // A file in someone's Maildir may be gone by now.
            let own = || {
                let raw = app.store.raw(id).ok()?;
                mime::parse(&raw).comms_id
            };
            if !proves || own().as_deref() != Some(&item.own_id) {
                continue;
            }
            let words = format!("found as `{id}` in `{}/{}`", place.account, place.folder);
            let filed = place.role == Role::Sent && place.account == item.account;
            let now = app.clock.now();
            if app
                .store
                .confirm_found(item.id, (&words, filed), now)?
                .is_some()
            {
                settled.push(item.id);
            }
            break;
        }
    }
    Ok(settled)
}

const MOST_IN_DOUBT: usize = 1000;
