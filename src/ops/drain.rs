//! Draining the outbox: sending what is due, taking back what dead processes left, settling what was in doubt.

mod follow;
mod pass;
mod timer;

use std::time::{Duration, Instant};

use jiff::SignedDuration;

use crate::error::{Error, Result};
use crate::model::account::ChannelKind;
use crate::model::id::OutboxId;
use crate::model::message::{Ident, Role};
use crate::model::outbox::State;

use super::deliver::{self, Filing};
use super::send::{SendReport, report_on};
use super::{App, confirm, hook, purge};

use pass::Pass;

pub use follow::{follow, follow_until, when_told};
pub use timer::{Scheduler, TimerReport, timer, unit_path};

/// Sends everything that is due and files the copies still missing. Two at once share the work.
pub async fn run(app: &App) -> Result<SendReport> {
    if app.config.read_only {
        return Err(Error::refused("nothing is sent while comms is read-only"));
    }
    if app.store.has_outbox() {
        note_runner(app)?;
    }
    let mut doubtful = tidy(app)?;
    // Whether it went is known now, or it goes again below.
    let asked = confirm::look(app).await?;
    doubtful.retain(|id| !asked.contains(id));
    let filing = Filing::default();
    let mut pass = Pass::new(app, &filing)?;
    pass.settled = doubtful.into_iter().chain(asked).collect();
    while pass.next().await?.is_some() {}
    pass.file_rest()?;
    while pass.next().await?.is_some() {}
    let interrupted = pass.was_interrupted();
    let (mut touched, mut warnings) = pass.end().await;
    if !interrupted {
        warnings.extend(purge::retain(app));
        warnings.extend(hook::fire(app).await);
    }
    touched.sort_unstable();
    report_on(app, &touched, warnings)
}

/// Without a sign of a runner for so long, what waits waits for nobody.
const ABSENT: SignedDuration = SignedDuration::from_mins(15);

fn note_runner(app: &App) -> Result<()> {
    app.store.note_runner(app.clock.now())
}

/// Whether something waits and nobody was seen who would send it in its time.
pub fn lacks_runner(app: &App, waiting: u64) -> Result<bool> {
    if waiting == 0 {
        return Ok(false);
    }
    let now = app.clock.now();
    let seen = app.store.last_runner()?;
    Ok(seen.is_none_or(|at| now.duration_since(at) > ABSENT))
}

/// Sends everything that is due for someone who watches; `tick` hears of every item. Gives what there is to tell, and
/// whether it was interrupted.
pub async fn through(app: &App, mut tick: impl FnMut()) -> Result<(Vec<String>, bool)> {
    tidy(app)?;
    confirm::look(app).await?;
    let filing = Filing::default();
    let mut pass = Pass::new(app, &filing)?;
    while pass.next().await?.is_some() {
        tick();
    }
    let interrupted = pass.was_interrupted();
    Ok((pass.end().await.1, interrupted))
}

/// What other commands give the outbox beside their own work.
const SPARE: Duration = Duration::from_secs(2);

/// Who waits longer is told what for.
const PUZZLING: Duration = Duration::from_secs(3);

/// Sends what is due, for a command that uses the network anyway; begins nothing after its spare time.
///
/// Gives a line for each item that needs someone. Its own faults are none of the command's.
pub async fn drain(app: &App) -> Vec<String> {
    let began = Instant::now();
    let work = async {
        if app.config.read_only || !app.store.has_outbox() {
            return Ok(Vec::new());
        }
        if let Some(crowd) = &app.crowd {
            // A server that hangs is not to hold up who asked for something else.
            crowd.send(app.store.limits());
            return Ok(Vec::new());
        }
        tidy(app)?;
        let _ = tokio::time::timeout(SPARE, confirm::look(app)).await;
        if !app.store.has_due(app.clock.now())? {
            return Ok(Vec::new());
        }
        let filing = Filing::default();
        let mut pass = Pass::new(app, &filing)?.until(began + SPARE);
        // Whoever sends there now may wait long for its answer: who only passes by does not stand in line behind them.
        pass.but = app.store.sending()?;
        let mut touched = Vec::new();
        let mut told = false;
        loop {
            tokio::select! {
                biased;
                next = pass.next() => match next? {
                    Some(id) => touched.push(id),
                    None => break,
                },
                () = tokio::time::sleep_until((began + PUZZLING).into()), if !told => {
                    told = true;
                    (app.notice)("what waited in the outbox is being sent, and its server has not answered yet; interrupted now, it would be in doubt");
                }
            }
        }
        let mut words = Vec::new();
        for id in touched {
            let item = app.store.outbox_item(id)?;
            if matches!(item.state, State::Failed | State::Unconfirmed) {
                words.push(format!(
                    "`{id}`, which waited in the outbox, is {}: see `comms outbox show {id}`",
                    item.state.name()
                ));
            }
        }
        words.extend(pass.end().await.1);
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
        // A message into a room may be one part of several: only its provider can tell, part by part.
        if ChannelKind::named(&item.channel).is_some_and(ChannelKind::is_chat) {
            continue;
        }
        let mut copies = app.store.by_message_id(&item.message_id)?;
        // Providers may give it another Message-ID than it was sent with.
        copies.extend(app.store.by_own_id(&item.own_id)?);
        for id in copies {
            let place = app.store.location(id)?;
            let proves = !matches!(place.role, Role::Drafts | Role::Trash)
                && !place.flags.draft
                && !matches!(place.ident, Ident::Content(_));
            // A file in someone's Maildir may be gone by now.
            let own = || app.store.document(id).ok()?.parsed().comms_id;
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
