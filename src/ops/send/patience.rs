//! Waiting in the foreground: for second thoughts before a message leaves, and for a state after it was handed over.

use std::time::Duration;

use tokio::time::{Instant, sleep, timeout_at};

use crate::error::{Error, Kind, Result};
use crate::model::id::OutboxId;
use crate::model::outbox::{Event, State};
use crate::ops::{App, drain, reported};
use crate::store::outbox::Item;

/// Lets someone take it back; an error if they did. Should this process die, the outbox goes on after the window.
pub async fn undo(app: &App, ids: &[OutboxId], window: Duration) -> Result<()> {
    let Some(first) = ids.first() else {
        return Ok(());
    };
    (app.notice)(&format!(
        "`{first}` leaves in {} s; Ctrl-C takes it back",
        window.as_secs_f32().ceil()
    ));
    tokio::select! {
        () = sleep(window) => Ok(()),
        _ = tokio::signal::ctrl_c() => {
            for id in ids {
                app.store.outbox_event(*id, Event::Cancel, None, app.clock.now())?;
            }
            Err(Error::new(Kind::Interrupted, "taken back: nothing was sent").item(first))
        }
    }
}

/// How often the outbox is looked at.
const PACE: Duration = Duration::from_millis(500);

/// Waits until all of these are there, or can't get there any more, or the time is over.
///
/// What falls due on the way is sent, by this process or another.
pub async fn reach(
    app: &App,
    ids: &[OutboxId],
    (wanted, within): (State, Duration),
) -> Result<Vec<String>> {
    let end = Instant::now() + within;
    let mut warnings = Vec::new();
    let mut asked: Option<Instant> = None;
    loop {
        let items: Vec<Item> = ids
            .iter()
            .map(|id| app.store.outbox_item(*id))
            .collect::<Result<_>>()?;
        if items
            .iter()
            .all(|i| has_reached(i.state, wanted) || i.state.is_over())
            || Instant::now() >= end
        {
            return Ok(warnings);
        }
        let waits = items.iter().any(|i| i.state == State::Ready);
        if waits && let Ok(words) = timeout_at(end, drain::drain(app)).await {
            warnings.extend(words);
        }
        // Nobody may be there to hear what the provider tells by itself.
        if asked.is_none_or(|at| at.elapsed() >= ASKED) {
            for item in items.iter().filter(|i| is_on_its_way(i.state, wanted)) {
                if let Ok(Err(e)) = timeout_at(end, reported::ask(app, item)).await {
                    let words = format!("`{}`: {}", item.id, e.message);
                    if !warnings.contains(&words) {
                        warnings.push(words);
                    }
                }
            }
            asked = Some(Instant::now());
        }
        tokio::select! {
            () = sleep(PACE.min(end.saturating_duration_since(Instant::now()))) => {}
            _ = tokio::signal::ctrl_c() => return Ok(warnings),
        }
    }
}

/// Between two questions to a provider.
const ASKED: Duration = Duration::from_secs(2);

/// Whether it was handed over, and more is waited for.
fn is_on_its_way(state: State, wanted: State) -> bool {
    matches!(state, State::Sent | State::Delivered) && !has_reached(state, wanted)
}

/// Whether a state is the one that was waited for, or a later one.
pub fn has_reached(state: State, wanted: State) -> bool {
    const WAY: [State; 3] = [State::Sent, State::Delivered, State::Read];
    let place = |s: State| WAY.iter().position(|w| *w == s);
    match (place(state), place(wanted)) {
        (Some(here), Some(there)) => here >= there,
        _ => state == wanted,
    }
}
