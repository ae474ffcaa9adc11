//! The feed: what happened since a cursor, whoever did it, in whatever process.
//!
//! A message is told once it can be read, an item of the outbox once for each line of the audit log about it. Of what
//! changed of a message the newest is told: who was away for long hears once how it is now.

use std::iter::Peekable;
use std::str::FromStr;
use std::time::Duration;
use std::vec;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::error::{Context, Error, Kind, Result};
use crate::model::audit::{Line, Person, Private};
pub use crate::model::event::EventType;
use crate::model::id::{MessageId, OutboxId, ThreadId};
use crate::model::message::Envelope;
use crate::store::altered::Altered;
use crate::store::audit::AuditRow;
use crate::store::feed::Place;
use crate::store::pulse::Pulse;

use super::App;

/// How often the files are looked at.
const LOOK: Duration = Duration::from_millis(400);
/// Whatever the files say, the store is read after this long.
const LONGEST: Duration = Duration::from_secs(60);
/// Rows that are read for one page, news or not.
const ROWS: usize = 500;

/// Something that happened. `comms.event/1`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Event {
    /// Always `comms.event/1`.
    pub schema: &'static str,
    /// The same whoever asks: `m1423`, `c8` or `a17`.
    pub id: String,
    /// Where to go on after it.
    pub cursor: String,
    pub at: Timestamp,
    pub account: Option<String>,
    #[serde(flatten)]
    pub what: What,
}

/// What happened, and to what.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(tag = "type", content = "data")]
pub enum What {
    #[serde(rename = "message.received")]
    Message(Box<Envelope>),
    #[serde(rename = "message.changed")]
    Changed(Box<MessageChange>),
    #[serde(rename = "outbox.changed")]
    Outbox(Box<OutboxChange>),
}

/// A message after a change of its flags, labels, folder or text.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct MessageChange {
    pub id: MessageId,
    pub thread: ThreadId,
    /// Whether it is gone.
    pub removed: bool,
    /// The message as it is now; null if it is gone.
    pub message: Option<Envelope>,
}

/// An item of the outbox after a change.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct OutboxChange {
    pub item: OutboxId,
    /// `staged`, `held`, `approved`, `rejected`, `edited`, `cancelled`, `retried`, `attempt`, `moved`, `resolved`, `found`,
    /// `reported` or `erased`.
    pub change: String,
    /// The item's state after it.
    pub state: Option<String>,
    /// How an attempt ended, or how far a reported one got.
    pub outcome: Option<String>,
    pub channel: Option<String>,
    /// The caller's `--key`.
    pub send_key: Option<String>,
    /// Who asked: `person`, `script` or `agent`.
    pub origin: String,
    /// The agent's name.
    pub agent: Option<String>,
    /// The rule that held, delayed or refused it.
    pub rule: Option<String>,
    pub message_id: Option<String>,
    pub cost: Option<String>,
    /// How far each recipient is; empty once they were erased.
    pub recipients: Vec<Person>,
    /// The provider's words, or why. A stranger may have written them.
    pub words: Option<String>,
}

impl What {
    pub fn kind(&self) -> EventType {
        match self {
            What::Message(_) => EventType::MessageReceived,
            What::Changed(_) => EventType::MessageChanged,
            What::Outbox(_) => EventType::OutboxChanged,
        }
    }
}

/// Where someone is in the feed: the last of each kind that was told. Others than comms are not to read it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor(Place);

impl Cursor {
    pub(super) fn at(place: Place) -> Cursor {
        Cursor(place)
    }

    pub(super) fn place(self) -> Place {
        self.0
    }
}

impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Place {
            message,
            line,
            change,
        } = self.0;
        write!(f, "e1-{message}-{line}-{change}")
    }
}

impl FromStr for Cursor {
    type Err = Error;

    fn from_str(text: &str) -> Result<Cursor> {
        let read = || {
            let mut numbers = text.strip_prefix("e1-")?.split('-');
            let message = numbers.next()?.parse().ok().filter(|n| *n >= 0)?;
            let line = numbers.next()?.parse().ok()?;
            // Versions before this one told of no changes.
            let change = numbers.next().map_or(Some(0), |n| n.parse().ok())?;
            numbers.next().is_none().then_some(Cursor(Place {
                message,
                line,
                change,
            }))
        };
        read().ok_or_else(|| {
            Error::usage(format!("`{text}` is not a cursor of events"))
                .hint("take `cursor` of an event, or `next` of a page")
        })
    }
}

/// Whose events, and which.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Empty means all.
    pub types: Vec<EventType>,
    /// The only accounts; `None` means all.
    pub accounts: Option<Vec<String>>,
}

impl Wanted {
    fn holds(&self, of: EventType) -> bool {
        self.types.is_empty() || self.types.contains(&of)
    }

    fn admits(&self, account: Option<&str>) -> bool {
        let Some(accounts) = &self.accounts else {
            return true;
        };
        account.is_some_and(|name| accounts.iter().any(|one| one == name))
    }
}

/// A part of the feed. `comms.events/1`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct EventsReport {
    /// Those of a kind in the order in which they happened.
    pub events: Vec<Event>,
    /// Where to go on, now or later; it stays good for ever.
    pub next: String,
    /// Whether there is more at once.
    pub more: bool,
}

/// The cursor of this moment: only what happens from now on lies after it.
pub fn now(app: &App) -> Result<Cursor> {
    app.store.feed_end().map(Cursor)
}

/// Events after a cursor, at most so many; a page may be empty and yet have `more` after it.
///
/// # Errors
/// `usage` for a cursor that this store never gave.
pub fn next(app: &App, wanted: &Wanted, (after, limit): (Cursor, usize)) -> Result<EventsReport> {
    let (mut at, limit) = (after.0, limit.max(1));
    let (messages, mut more) = match wanted.holds(EventType::MessageReceived) {
        true => messages(app, wanted, &mut at)?,
        false => (Vec::new(), false),
    };
    let (lines, more_lines) = match wanted.holds(EventType::OutboxChanged) {
        true => lines(app, wanted, &mut at)?,
        false => (Vec::new(), false),
    };
    more |= more_lines;
    let (changes, more_changes) = match wanted.holds(EventType::MessageChanged) {
        true => changes(app, wanted, &mut at)?,
        false => (Vec::new(), false),
    };
    more |= more_changes;
    let mut place = after.0;
    let mut events = Vec::new();
    let mut kinds = [messages, changes, lines].map(|kind| kind.into_iter().peekable());
    while let Some(first) = earliest(&mut kinds) {
        if events.len() == limit {
            return Ok(EventsReport {
                events,
                next: Cursor(place).to_string(),
                more: true,
            });
        }
        let Some((n, event)) = kinds[first].next() else {
            break;
        };
        match event.what {
            What::Message(_) => place.message = n,
            What::Changed(_) => place.change = n,
            What::Outbox(_) => place.line = n.unsigned_abs(),
        }
        events.push(Event {
            cursor: Cursor(place).to_string(),
            ..event
        });
    }
    Ok(EventsReport {
        events,
        next: Cursor(at).to_string(),
        more,
    })
}

type Numbered = (i64, Event);

/// Which of the kinds has what happened first; the first of them where it was at once.
fn earliest(kinds: &mut [Peekable<vec::IntoIter<Numbered>>]) -> Option<usize> {
    let heads = kinds.iter_mut().enumerate();
    let heads = heads.filter_map(|(n, kind)| kind.peek().map(|(_, event)| (event.at, n)));
    heads.min().map(|(_, n)| n)
}

/// One event by its id, as it stands now; `None` if what it tells of is gone.
pub fn one(app: &App, id: &str) -> Result<Option<Event>> {
    if let Some(n) = id.strip_prefix('a').and_then(|n| n.parse::<u64>().ok()) {
        let mut rows = app.store.lines_since(n.saturating_sub(1), 1)?;
        return match rows.pop().filter(|row| row.n == n) {
            Some(row) => change(row),
            None => Ok(None),
        };
    }
    if let Some(n) = id.strip_prefix('c').and_then(|n| n.parse().ok()) {
        return match app.store.altered(n)? {
            Some(row) => changed(app, row).map(Some),
            None => Ok(None),
        };
    }
    let id: MessageId = id.parse()?;
    match app.store.envelopes(&[id]) {
        Ok(mut found) => Ok(found.pop().map(received)),
        Err(e) if e.kind == Kind::NotFound => match app.store.is_between_places(id)? {
            true => Err(between_places(id)),
            false => Ok(None),
        },
        Err(e) => Err(e),
    }
}

/// Another program may be moving it: it has left its folder, and is not in another yet.
pub(super) fn between_places(id: MessageId) -> Error {
    Error::unavailable(format!(
        "message `{id}` left its folder a moment ago, and may come to another"
    ))
}

fn received(of: Envelope) -> Event {
    Event {
        schema: "comms.event/1",
        id: of.id.to_string(),
        cursor: String::new(),
        at: of.received_at,
        account: Some(of.account.clone()),
        what: What::Message(Box::new(of)),
    }
}

/// Received messages, each with its number; moves the place to how far was looked.
fn messages(app: &App, wanted: &Wanted, at: &mut Place) -> Result<(Vec<Numbered>, bool)> {
    let found = app.store.arrivals(at.message, ROWS)?;
    if found.through == at.message && at.message > 0 && at.message > app.store.last_id()? {
        return Err(not_of_here(*at));
    }
    at.message = found.through;
    let own = |account: &str| app.config.account(account).is_ok_and(|a| a.built_in);
    let events = found.received.into_iter();
    let events = events.filter(|of| wanted.admits(Some(&of.account)) && !own(&of.account));
    let events = events.map(|of| (of.id.0, received(of)));
    Ok((events.collect(), found.more))
}

/// Changes of messages, each with its number; moves the place to how far was looked.
fn changes(app: &App, wanted: &Wanted, at: &mut Place) -> Result<(Vec<Numbered>, bool)> {
    let found = app.store.altered_since(at.change, ROWS)?;
    if found.through == at.change && at.change > 0 && at.change > app.store.last_altered()? {
        return Err(not_of_here(*at));
    }
    at.change = found.through;
    let rows = found.rows.into_iter();
    let rows = rows.filter(|row| wanted.admits(Some(&row.account)));
    let events = rows.map(|row| Ok((row.n, changed(app, row)?)));
    Ok((events.collect::<Result<_>>()?, found.more))
}

fn changed(app: &App, row: Altered) -> Result<Event> {
    let message = match row.gone {
        true => None,
        false => match app.store.envelopes(&[row.message]) {
            Ok(mut found) => found.pop(),
            Err(e) if e.kind == Kind::NotFound => None,
            Err(e) => return Err(e),
        },
    };
    Ok(Event {
        schema: "comms.event/1",
        id: format!("c{}", row.n),
        cursor: String::new(),
        at: row.at,
        account: Some(row.account),
        what: What::Changed(Box::new(MessageChange {
            id: row.message,
            thread: row.thread,
            removed: message.is_none(),
            message,
        })),
    })
}

/// Changes of items, each with its number; moves the place to how far was looked.
fn lines(app: &App, wanted: &Wanted, at: &mut Place) -> Result<(Vec<Numbered>, bool)> {
    let rows = app.store.lines_since(at.line, ROWS)?;
    if rows.is_empty() && at.line > app.store.audit_head()?.count {
        return Err(not_of_here(*at));
    }
    at.line = rows.last().map_or(at.line, |row| row.n);
    let more = rows.len() == ROWS;
    let mut events = Vec::new();
    for row in rows {
        let (Ok(n), Some(event)) = (i64::try_from(row.n), change(row)?) else {
            continue;
        };
        if wanted.admits(event.account.as_deref()) {
            events.push((n, event));
        }
    }
    Ok((events, more))
}

/// The event that a line tells of; `None` if it is about no item.
fn change(row: AuditRow) -> Result<Option<Event>> {
    let reading = || format!("reading line {} of the audit log", row.n);
    let line: Line = serde_json::from_str(&row.line).with_context(Kind::Internal, reading)?;
    let private: Private = match &row.private {
        Some(text) => serde_json::from_str(text).with_context(Kind::Internal, reading)?,
        None => Private::default(),
    };
    Ok(line.item.map(|item| Event {
        schema: "comms.event/1",
        id: format!("a{}", row.n),
        cursor: String::new(),
        at: line.at,
        account: line.account,
        what: What::Outbox(Box::new(OutboxChange {
            item,
            change: line.event,
            state: line.state,
            outcome: line.outcome,
            channel: line.channel,
            send_key: line.send_key,
            origin: line.origin,
            agent: line.agent,
            rule: line.rule,
            message_id: line.message_id,
            cost: line.cost,
            recipients: private.people,
            words: private.words,
        })),
    }))
}

fn not_of_here(at: Place) -> Error {
    Error::usage(format!("`{}` is not a cursor of this store", Cursor(at)))
        .hint("begin without a cursor: what was put back from a backup is older than it")
}

/// Wakes whoever follows the feed, also when another process wrote.
#[derive(Debug)]
pub struct Waker {
    pulse: Pulse,
    has_begun: bool,
}

impl Waker {
    /// The first wait ends at once.
    pub fn new(app: &App) -> Waker {
        Waker::over(app.store.pulse())
    }

    fn over(pulse: Pulse) -> Waker {
        Waker {
            pulse,
            has_begun: false,
        }
    }

    /// Ends within half a second after something may have happened; costs next to nothing until then. May be dropped.
    pub async fn stirred(&mut self) {
        if !self.has_begun {
            self.has_begun = true;
            self.pulse.stirred();
            return;
        }
        let mut waited = Duration::ZERO;
        loop {
            // A change is in doubt for two seconds: who asks at once again is to wait all the same.
            tokio::time::sleep(LOOK).await;
            waited += LOOK;
            if self.pulse.stirred() || waited >= LONGEST {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;

    #[test]
    fn a_cursor_reads_back_as_it_was_told() {
        let cursor = Cursor(Place {
            message: 1423,
            line: 17,
            change: 8,
        });
        let before: Cursor = "e1-1423-17".parse().unwrap();
        assert_eq!(before.place().change, 0);
        assert_eq!(cursor.to_string().parse::<Cursor>().unwrap(), cursor);
        for bad in [
            "",
            "e1",
            "e1-1",
            "e1--1-2",
            "e2-1-2",
            "e1-1-2-3-4",
            "e1-1-2-x",
            "e1-x-2",
            "m1",
        ] {
            assert!(bad.parse::<Cursor>().is_err(), "{bad}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn while_much_is_written_the_store_is_read_two_or_three_times_a_second() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::at(dir.path());
        store
            .twin()
            .first_today("x", Timestamp::UNIX_EPOCH)
            .unwrap();
        let mut waker = Waker::over(store.pulse());
        let began = tokio::time::Instant::now();
        waker.stirred().await;
        assert_eq!(began.elapsed(), Duration::ZERO, "the first one at once");
        for n in 1..=4 {
            waker.stirred().await;
            assert!(began.elapsed() >= LOOK * n, "{:?}", began.elapsed());
        }
    }

    #[test]
    fn who_is_limited_to_accounts_is_told_of_no_other() {
        let wanted = Wanted {
            types: Vec::new(),
            accounts: Some(vec!["work".to_owned()]),
        };
        assert!(wanted.admits(Some("work")));
        assert!(!wanted.admits(Some("home")) && !wanted.admits(None));
    }
}
