//! What providers posted: written before they are answered, kept until it was worked on and a while more.
//!
//! An event is told from others by its provider's id of it, so what is posted again changes nothing.

use jiff::Timestamp;
use rusqlite::{Connection, Row, Transaction, TransactionBehavior, params};

use crate::error::Result;

use super::counters::{self, Count};
use super::outbox::change;
use super::{Store, fault};

/// An event to keep.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posted {
    pub account: String,
    /// The provider's id of it, unique within the account.
    pub event: String,
    /// What its provider's `read` understands.
    pub body: Vec<u8>,
    pub received_at: Timestamp,
}

/// A kept event that waits for its work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    pub id: i64,
    pub account: String,
    pub event: String,
    pub body: Vec<u8>,
    pub received_at: Timestamp,
    /// How often it failed.
    pub tries: u32,
}

/// How much waits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Backlog {
    pub waiting: u64,
    /// Those of `waiting` that failed before.
    pub failing: u64,
    /// When the oldest of them was received.
    pub oldest: Option<Timestamp>,
    /// Why the last of the failing ones failed: its account and the words.
    pub error: Option<(String, String)>,
}

/// Name of the counters of events that were posted; the label is `new` or `known`.
pub const EVENTS: &str = "webhook_events";
const KEEPING: &str = "keeping what a provider posted";
const WORKING: &str = "noting what became of an event";

impl Store {
    /// Keeps events and adds to counters in one commit, which is on the disk when this returns; gives for each event
    /// whether it is new.
    pub fn keep_events(&self, events: &[&Posted], counts: &[Count]) -> Result<Vec<bool>> {
        let mut db = self.main()?;
        let keep = |db: &mut Connection| -> rusqlite::Result<Vec<bool>> {
            let tx = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let fresh = insert(&tx, events)?;
            let told = events.iter().zip(&fresh).map(|(event, fresh)| Count {
                name: EVENTS,
                account: event.account.clone(),
                label: if *fresh { "new" } else { "known" }.to_owned(),
                by: 1,
            });
            let all: Vec<Count> = counts.iter().cloned().chain(told).collect();
            counters::add(&tx, &all)?;
            tx.commit()?;
            Ok(fresh)
        };
        keep(&mut db).map_err(fault(KEEPING))
    }

    /// Lets commits of this store wait for no checkpoint until the log is large; someone else is to call
    /// [`Store::checkpoint`] meanwhile.
    pub fn put_off_checkpoints(&self) -> Result<()> {
        self.main()?
            .execute_batch("PRAGMA wal_autocheckpoint = 8192")
            .map_err(fault(KEEPING))
    }

    /// Carries what was committed over from the log, beside those who write on.
    pub fn checkpoint(&self) -> Result<()> {
        if !self.has_outbox() {
            return Ok(());
        }
        self.main()?
            .query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))
            .map_err(fault(KEEPING))
    }

    /// Events to work on now, in the order in which they came.
    pub fn due_events(&self, now: Timestamp, limit: usize) -> Result<Vec<Waiting>> {
        if !self.has_outbox() {
            return Ok(Vec::new());
        }
        let db = self.main()?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let read = || -> rusqlite::Result<Vec<Waiting>> {
            db.prepare_cached(
                "SELECT id, account, event, body, received_at, tries FROM events
                 WHERE due <= ?1 ORDER BY due, id LIMIT ?2",
            )?
            .query_map(params![now.as_millisecond(), limit], waiting)?
            .collect()
        };
        read().map_err(fault("reading what providers posted"))
    }

    /// These events were worked on; counts what came of it.
    pub fn end_events(&self, ids: &[i64], counts: &[Count], now: Timestamp) -> Result<()> {
        if ids.is_empty() {
            return Ok(());
        }
        // An event that a power cut brings back is worked on again, and nothing comes of it.
        change(&mut *self.main()?, false, |tx| {
            let end = || -> rusqlite::Result<()> {
                counters::add(tx, counts)?;
                let mut update = tx.prepare_cached(
                    "UPDATE events SET due = NULL, done_at = ?2, error = NULL WHERE id = ?1",
                )?;
                for id in ids {
                    update.execute(params![id, now.as_millisecond()])?;
                }
                Ok(())
            };
            end().map_err(fault(WORKING))
        })
    }

    /// An event could not be worked on, for this reason; it is due again at `again`.
    pub fn fail_event(&self, id: i64, (words, again): (&str, Timestamp)) -> Result<()> {
        self.main()?
            .prepare_cached(
                "UPDATE events SET tries = tries + 1, due = ?3, error = ?2
                 WHERE id = ?1 AND done_at IS NULL",
            )
            .and_then(|mut update| update.execute(params![id, words, again.as_millisecond()]))
            .map(drop)
            .map_err(fault(WORKING))
    }

    /// Events that failed are due at once.
    pub fn retry_events(&self, now: Timestamp) -> Result<()> {
        if !self.has_outbox() {
            return Ok(());
        }
        self.main()?
            .execute(
                "UPDATE events SET due = ?1 WHERE due > ?1",
                [now.as_millisecond()],
            )
            .map(drop)
            .map_err(fault(WORKING))
    }

    /// How much waits to be worked on.
    pub fn event_backlog(&self) -> Result<Backlog> {
        if !self.has_outbox() {
            return Ok(Backlog::default());
        }
        let db = self.main()?;
        let read = || -> rusqlite::Result<Backlog> {
            let mut backlog = db.query_row(
                "SELECT count(*), count(error), min(received_at) FROM events WHERE due IS NOT NULL",
                [],
                |row| {
                    Ok(Backlog {
                        waiting: row.get::<_, i64>(0)?.unsigned_abs(),
                        failing: row.get::<_, i64>(1)?.unsigned_abs(),
                        oldest: row.get::<_, Option<i64>>(2)?.map(time),
                        error: None,
                    })
                },
            )?;
            if backlog.failing > 0 {
                backlog.error = Some(db.query_row(
                    "SELECT account, error FROM events
                     WHERE due IS NOT NULL AND error IS NOT NULL ORDER BY id DESC LIMIT 1",
                    [],
                    |row| Ok((row.get(0)?, row.get(1)?)),
                )?);
            }
            Ok(backlog)
        };
        read().map_err(fault("counting what providers posted"))
    }

    /// Erases what an account's events said that were worked on, also from the log of SQLite; that they were told
    /// stays, so that they are not worked on again.
    pub fn erase_events(&self, account: &str) -> Result<()> {
        if !self.has_outbox() {
            return Ok(());
        }
        let db = self.main()?;
        db.execute_batch("PRAGMA secure_delete = ON;")
            .and_then(|()| {
                db.execute(
                    "UPDATE events SET body = x'' WHERE account = ?1 AND done_at IS NOT NULL",
                    [account],
                )
            })
            .and_then(|_| db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())))
            .map_err(fault("erasing what a provider posted"))
    }

    /// Forgets events that were worked on before then.
    pub fn drop_events(&self, before: Timestamp) -> Result<u64> {
        if !self.has_outbox() {
            return Ok(0);
        }
        self.main()?
            .execute(
                "DELETE FROM events WHERE done_at < ?1",
                [before.as_millisecond()],
            )
            .map(|n| n as u64)
            .map_err(fault("forgetting old events"))
    }
}

fn insert(tx: &Transaction<'_>, events: &[&Posted]) -> rusqlite::Result<Vec<bool>> {
    let mut insert = tx.prepare_cached(
        "INSERT OR IGNORE INTO events (account, event, body, received_at, due)
         VALUES (?1, ?2, ?3, ?4, ?4)",
    )?;
    let mut fresh = Vec::with_capacity(events.len());
    for event in events {
        let at = event.received_at.as_millisecond();
        let n = insert.execute(params![event.account, event.event, event.body, at])?;
        fresh.push(n == 1);
    }
    Ok(fresh)
}

fn waiting(row: &Row<'_>) -> rusqlite::Result<Waiting> {
    Ok(Waiting {
        id: row.get(0)?,
        account: row.get(1)?,
        event: row.get(2)?,
        body: row.get(3)?,
        received_at: time(row.get(4)?),
        tries: u32::try_from(row.get::<_, i64>(5)?).unwrap_or(u32::MAX),
    })
}

fn time(millis: i64) -> Timestamp {
    Timestamp::from_millisecond(millis).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store() -> (tempfile::TempDir, Store) {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::at(dir.path());
        (dir, store)
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn posted(account: &str, event: &str) -> Posted {
        Posted {
            account: account.to_owned(),
            event: event.to_owned(),
            body: event.as_bytes().to_vec(),
            received_at: at(100),
        }
    }

    #[test]
    fn an_event_posted_twice_is_kept_once_and_another_accounts_is_another() {
        let (_dir, store) = store();
        let (one, other) = (posted("sms", "SM1"), posted("sms2", "SM1"));
        assert_eq!(
            store.keep_events(&[&one, &one, &other], &[]).unwrap(),
            [true, false, true]
        );
        assert_eq!(store.keep_events(&[&one], &[]).unwrap(), [false]);
        let due = store.due_events(at(100), 10).unwrap();
        let due: Vec<_> = due
            .iter()
            .map(|e| (e.account.as_str(), e.event.as_str()))
            .collect();
        assert_eq!(due, [("sms", "SM1"), ("sms2", "SM1")]);
    }

    #[test]
    fn an_event_posted_again_after_its_work_is_not_worked_on_again() {
        let (_dir, store) = store();
        let one = posted("sms", "SM1");
        store.keep_events(&[&one], &[]).unwrap();
        let id = store.due_events(at(100), 10).unwrap()[0].id;
        store.end_events(&[id], &[], at(101)).unwrap();
        assert_eq!(store.keep_events(&[&one], &[]).unwrap(), [false]);
        assert_eq!(store.due_events(at(1000), 10).unwrap(), []);
        assert_eq!(store.event_backlog().unwrap(), Backlog::default());
        assert_eq!(store.drop_events(at(101)).unwrap(), 0);
        assert_eq!(store.drop_events(at(102)).unwrap(), 1);
    }

    #[test]
    fn what_an_event_said_can_be_erased_and_it_is_still_known() {
        let (_dir, store) = store();
        let (done, open) = (posted("sms", "SM1"), posted("sms", "SM2"));
        store.keep_events(&[&done, &open], &[]).unwrap();
        let id = store.due_events(at(100), 1).unwrap()[0].id;
        store.end_events(&[id], &[], at(101)).unwrap();
        store.erase_events("sms").unwrap();
        assert_eq!(store.keep_events(&[&done], &[]).unwrap(), [false]);
        assert_eq!(store.due_events(at(200), 9).unwrap()[0].body, b"SM2");
        let left: i64 = store
            .main()
            .unwrap()
            .query_row("SELECT sum(length(body)) FROM events", [], |row| row.get(0))
            .unwrap();
        assert_eq!(left, 3);
    }

    #[test]
    fn a_failed_event_waits_with_its_error_and_is_never_dropped() {
        let (_dir, store) = store();
        store.keep_events(&[&posted("sms", "SM1")], &[]).unwrap();
        let id = store.due_events(at(100), 10).unwrap()[0].id;
        store.fail_event(id, ("no `From`", at(160))).unwrap();
        assert_eq!(store.due_events(at(159), 10).unwrap(), []);
        let backlog = store.event_backlog().unwrap();
        assert_eq!(
            (backlog.waiting, backlog.failing, backlog.oldest),
            (1, 1, Some(at(100)))
        );
        assert_eq!(
            backlog.error,
            Some(("sms".to_owned(), "no `From`".to_owned()))
        );
        assert_eq!(store.drop_events(at(1 << 33)).unwrap(), 0);
        store.retry_events(at(120)).unwrap();
        assert_eq!(store.due_events(at(120), 10).unwrap()[0].tries, 1);
    }
}
