//! Draining the outbox: sending what is due, taking back what dead processes left, settling what was in doubt.

use std::time::{Duration, Instant};

use crate::error::{Error, Result};
use crate::format::mime;
use crate::model::id::OutboxId;
use crate::model::message::{Ident, Role};
use crate::model::outbox::State;

use super::App;
use super::deliver::{self, Delivery};
use super::send::{SendReport, report_on};

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
        insists: false,
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
                insists: false,
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
            let filed = place.role == Role::Sent && place.account == deliver::files_in(&item);
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
