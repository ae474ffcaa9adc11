//! The work on kept events: each comes to its end once, whoever does it and however often it is begun.
//!
//! What an event does may be done again without harm, and only then it is marked as done: a process that dies in
//! between leaves it to the next.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::error::Result;
use crate::lock::Lock;
use crate::model::account::Account;
use crate::model::message::NewMessage;
use crate::model::receive::{Event, News};
use crate::ops::{App, drain};
use crate::store::{Count, Waiting};

use super::apply;
use super::provider::{self, Known};

/// Name of the counters of messages that came; by account.
pub const MESSAGES: &str = "messages_received";
/// How many events are worked on at once.
const BATCH: usize = 256;
/// Name of the lock: no account can be called so.
const LOCK: &str = "events:";
/// The first wait after a failure; it doubles.
const FIRST: SignedDuration = SignedDuration::from_secs(10);
const LONGEST: SignedDuration = SignedDuration::from_hours(6);

/// What a look at the kept events came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Worked {
    pub events: u64,
    pub failed: u64,
}

/// Works on all events that are due, unless another process does.
pub async fn process(app: &App) -> Result<Worked> {
    let mut worked = Worked::default();
    if app.config.read_only || app.store.due_events(app.clock.now(), 1)?.is_empty() {
        return Ok(worked);
    }
    let Some(_lock) = Lock::acquire(app.store.dir(), LOCK, Duration::ZERO).await? else {
        return Ok(worked);
    };
    let mut reported = false;
    let mut unready = Unready::default();
    loop {
        let due = app.store.due_events(app.clock.now(), BATCH)?;
        if due.is_empty() {
            break;
        }
        let mut batch = Batch::new(app);
        let mut known = Known::of(app);
        for event in &due {
            match unready.whose(app, &mut known, event).await {
                Ok(Some(account)) => batch.take(event, account, &mut known)?,
                Ok(None) => batch.pass_over(event),
                Err(words) => batch.put_off(event, &words)?,
            }
        }
        worked.events += batch.end()?;
        worked.failed += batch.failed;
        reported = reported || batch.own;
        // Others have a turn: calls are answered meanwhile.
        tokio::task::yield_now().await;
    }
    if reported {
        drain::reconcile(app)?;
    }
    Ok(worked)
}

/// Forgets what was worked on long ago, once a day; gives a line for what went wrong.
pub fn forget(app: &App) -> Option<String> {
    let work = || -> Result<()> {
        let before = app.config.retention.events_before(app.clock.now_local());
        let Some(before) = before.filter(|_| app.store.has_outbox()) else {
            return Ok(());
        };
        if app.store.first_today("events", app.clock.now())? {
            app.store.drop_events(before)?;
        }
        Ok(())
    };
    work()
        .err()
        .map(|e| format!("old events were not forgotten: {}", e.message))
}

/// Accounts whose events can't be read yet, each asked about once.
#[derive(Default)]
struct Unready(HashMap<String, Option<String>>);

impl Unready {
    /// Whose an event is, `None` if nobody's here; else why it has to wait.
    async fn whose<'a>(
        &mut self,
        app: &'a App,
        known: &mut Known<'a>,
        event: &Waiting,
    ) -> Result<Option<&'a Account>, String> {
        let account = app.config.account(&event.account);
        let account = account.map_err(|e| e.message)?;
        if !self.0.contains_key(&account.name) {
            let why = provider::prepare(app, account).await.err();
            self.0.insert(account.name.clone(), why.map(|e| e.message));
        }
        if let Some(Some(why)) = self.0.get(&account.name) {
            return Err(why.clone());
        }
        let whose = known.account_of(account, &event.body).await;
        whose.map_err(|e| e.message)
    }
}

/// Events that are worked on together: their messages share a commit.
struct Batch<'a> {
    app: &'a App,
    /// Messages that wait for their commit, with the events they are of.
    messages: Vec<(&'a Waiting, NewMessage)>,
    seen: Vec<i64>,
    /// Those of `seen` that are not done with.
    left: HashSet<i64>,
    counts: Vec<Count>,
    failed: u64,
    /// Something of our own was among it: it may settle what is in doubt.
    own: bool,
}

impl<'a> Batch<'a> {
    fn new(app: &'a App) -> Batch<'a> {
        Batch {
            app,
            messages: Vec::new(),
            seen: Vec::new(),
            left: HashSet::new(),
            counts: Vec::new(),
            failed: 0,
            own: false,
        }
    }

    fn put_off(&mut self, event: &Waiting, why: &str) -> Result<()> {
        self.seen.push(event.id);
        self.fail(event, why)
    }

    /// It is not for anyone here.
    fn pass_over(&mut self, event: &Waiting) {
        self.seen.push(event.id);
    }

    fn take(
        &mut self,
        event: &'a Waiting,
        account: &'a Account,
        known: &mut Known<'a>,
    ) -> Result<()> {
        self.seen.push(event.id);
        let kept = Event {
            id: event.event.clone(),
            body: event.body.clone(),
        };
        // Whether a customer may be written to is known even if what they wrote can't be stored yet.
        if let Err(e) = provider::note(self.app, account, &kept) {
            return self.fail(event, &e.message);
        }
        let news = match provider::read(account, &kept) {
            Ok(news) => news,
            Err(e) => return self.fail(event, &e.message),
        };
        for news in news {
            let news = match known.placed(account, news) {
                Ok(news) => news,
                Err(e) => return self.fail(event, &e.message),
            };
            if let News::Message(incoming) = news {
                self.own = self.own || incoming.own;
                self.messages
                    .push((event, apply::made(account, incoming, event.received_at)));
                continue;
            }
            // What is said of a message comes after the message.
            self.store()?;
            if let Err(e) = apply::apply(self.app, account, (news, event.received_at)) {
                return self.fail(event, &e.message);
            }
        }
        Ok(())
    }

    /// Stores the messages that wait; one that can't be stored fails alone.
    fn store(&mut self) -> Result<()> {
        let waiting = std::mem::take(&mut self.messages);
        let all = waiting.iter().map(|(_, message)| message.clone()).collect();
        match self.app.store.add(all) {
            Ok(added) => {
                for ((_, message), added) in waiting.iter().zip(added) {
                    self.count(message, added.new);
                }
            }
            Err(_) => {
                for (event, message) in &waiting {
                    match self.app.store.add(vec![message.clone()]) {
                        Ok(added) => self.count(message, added.iter().any(|a| a.new)),
                        Err(e) => self.fail(event, &e.message)?,
                    }
                }
            }
        }
        Ok(())
    }

    fn count(&mut self, message: &NewMessage, new: bool) {
        if new {
            self.counts.push(Count {
                name: MESSAGES,
                account: message.account.clone(),
                label: String::new(),
                by: 1,
            });
        }
    }

    /// Marks what is done; gives how many those are.
    fn end(&mut self) -> Result<u64> {
        self.store()?;
        let seen = self.seen.iter().copied();
        let done: Vec<i64> = seen.filter(|id| !self.left.contains(id)).collect();
        let now = self.app.clock.now();
        self.app.store.end_events(&done, &self.counts, now)?;
        Ok(done.len() as u64)
    }

    fn fail(&mut self, event: &Waiting, why: &str) -> Result<()> {
        self.failed += 1;
        self.left.insert(event.id);
        let again = later(self.app.clock.now(), event.tries);
        self.app.store.fail_event(event.id, (why, again))
    }
}

fn later(now: Timestamp, tries: u32) -> Timestamp {
    let wait = FIRST
        .checked_mul(1 << tries.min(16))
        .unwrap_or(LONGEST)
        .min(LONGEST);
    now.checked_add(wait).unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fails_is_tried_again_ever_more_rarely() {
        let now: Timestamp = "2026-11-21T12:00:00Z".parse().unwrap();
        let waits: Vec<_> = [0, 1, 2, 20]
            .map(|tries| later(now, tries).duration_since(now).as_secs())
            .into();
        assert_eq!(waits, [10, 20, 40, 6 * 3600]);
    }
}
