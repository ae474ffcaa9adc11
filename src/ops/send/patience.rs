//! Waiting in the foreground: for second thoughts before a message leaves, and for a state after it was handed over.

use std::time::Duration;

use tokio::time::{Instant, sleep, timeout_at};

use crate::error::{Error, Kind, Result};
use crate::model::id::{MessageId, OutboxId};
use crate::model::message::Change;
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
        () = sleep(window) => {
            for id in ids {
                if app.store.outbox_item(*id)?.state != State::Cancelled {
                    return Ok(());
                }
            }
            let words = "taken back by another command: nothing was sent";
            Err(Error::new(Kind::Interrupted, words).item(first))
        }
        _ = tokio::signal::ctrl_c() => {
            for id in ids {
                app.store.outbox_event(*id, Event::Cancel, None, app.clock.now())?;
            }
            Err(Error::new(Kind::Interrupted, "taken back: nothing was sent").item(first))
        }
    }
}

/// How often the outbox is looked at.
pub const PACE: Duration = Duration::from_millis(500);
/// Between two questions to a provider.
pub const ASKED: Duration = Duration::from_secs(2);

/// A state that is waited for after a message was handed over.
#[derive(Clone, Debug)]
pub struct Wait {
    pub items: Vec<OutboxId>,
    pub wanted: State,
    pub within: Duration,
    /// What is to be noted at the original once an answer left that did not leave at once.
    pub(super) marks: Option<(MessageId, Change)>,
}

/// How a wait goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// All are there, or can't get there any more.
    Over,
    /// There is nothing to do but to look again.
    Rest,
    /// Something is due.
    Send,
    /// The provider may have news.
    Ask,
}

impl Wait {
    pub fn next(&self, app: &App) -> Result<Next> {
        Ok(self.of(app, &self.items(app)?))
    }

    /// The same for who does not wait for what others may do, with so much time left: what is held, a draft, or not to be
    /// tried until then goes nowhere by itself.
    pub fn next_by_itself(&self, app: &App, left: Duration) -> Result<Next> {
        let end = app.clock.now().checked_add(left).ok();
        let mut items = self.items(app)?;
        items.retain(|item| match item.state {
            State::Draft | State::Held => false,
            State::Ready => item.next_at <= end,
            _ => true,
        });
        Ok(self.of(app, &items))
    }

    fn items(&self, app: &App) -> Result<Vec<Item>> {
        let ids = self.items.iter();
        ids.map(|id| app.store.outbox_item(*id)).collect()
    }

    fn of(&self, app: &App, items: &[Item]) -> Next {
        let now = app.clock.now();
        let open = |i: &&Item| !has_reached(i.state, self.wanted) && !i.state.is_over();
        let open: Vec<&Item> = items.iter().filter(open).collect();
        let is_due = |i: &&Item| i.state == State::Ready && i.next_at.is_none_or(|at| at <= now);
        match &open[..] {
            [] => Next::Over,
            some if some.iter().any(is_due) => Next::Send,
            some if some.iter().any(|i| is_on_its_way(i.state, self.wanted)) => Next::Ask,
            _ => Next::Rest,
        }
    }

    /// Asks the providers what became of those on their way: nobody may be there to hear what they tell by themselves.
    pub async fn ask(&self, app: &App) -> Result<Vec<String>> {
        let items = self.items(app)?;
        let mut warnings = Vec::new();
        for item in items.iter().filter(|i| is_on_its_way(i.state, self.wanted)) {
            if let Err(e) = reported::ask(app, item).await {
                warnings.push(format!("`{}`: {}", item.id, e.message));
            }
        }
        Ok(warnings)
    }
}

/// Waits until it is over, or its time is.
///
/// What falls due on the way is sent, by this process or another.
pub async fn reach(app: &App, wait: &Wait) -> Result<Vec<String>> {
    let end = Instant::now() + wait.within;
    let mut warnings: Vec<String> = Vec::new();
    let mut asked: Option<Instant> = None;
    loop {
        let next = wait.next(app)?;
        if next == Next::Over || Instant::now() >= end {
            return Ok(warnings);
        }
        if next == Next::Send {
            // Not cut off when the time is over: what is on its way then would be in doubt.
            warnings.extend(drain::drain(app).await);
        }
        if asked.is_none_or(|at| at.elapsed() >= ASKED) {
            if let Ok(words) = timeout_at(end, wait.ask(app)).await {
                add(&mut warnings, words?);
            }
            asked = Some(Instant::now());
        }
        tokio::select! {
            () = sleep(PACE.min(end.saturating_duration_since(Instant::now()))) => {}
            _ = tokio::signal::ctrl_c() => return Ok(warnings),
        }
    }
}

/// Adds what was not said before.
pub fn add(warnings: &mut Vec<String>, words: Vec<String>) {
    for words in words {
        if !warnings.contains(&words) {
            warnings.push(words);
        }
    }
}

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
