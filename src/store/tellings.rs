//! What is to be told to a follower, a web address or a command: written down before it is tried, in the commit that
//! moves how far the follower is, and taken by one process at a time.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension, Row, TransactionBehavior, params};

use crate::error::Result;
use crate::random;

use super::feed::Place;
use super::owner::{Owner, is_alive};
use super::row::millis;
use super::{Store, fault};

const DOING: &str = "keeping what is to be told";

/// What was told is forgotten after this long, what was given up after four times as long.
const KEPT: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Someone who is told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Follower {
    pub name: String,
    /// What a watch runs.
    pub command: Option<String>,
    /// How far it was looked for what is to be told.
    pub place: Place,
    /// Since when nothing works.
    pub failing: Option<Timestamp>,
    /// What went wrong last.
    pub error: Option<String>,
    /// Since when it is told nothing more.
    pub disabled: Option<Timestamp>,
    pub secret_at: Option<Timestamp>,
}

/// Something to tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewTelling {
    /// `m1423` or `a17`.
    pub event: String,
    pub thread: Option<i64>,
}

/// Something to tell, and how it goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Telling {
    pub id: i64,
    pub follower: String,
    /// What the one who is told knows it by; the same each time.
    pub key: String,
    pub event: String,
    pub at: Timestamp,
    /// When it is tried next; `None` once nothing is tried any more.
    pub due: Option<Timestamp>,
    pub tries: u32,
    pub error: Option<String>,
    pub tried_at: Option<Timestamp>,
    pub told_at: Option<Timestamp>,
}

/// Counts of what is to be told to one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub waiting: u64,
    /// Given up.
    pub failed: u64,
    pub told: u64,
}

/// Which of them.
#[derive(Clone, Debug, Default)]
pub struct TellingFilter<'a> {
    /// Names that begin so.
    pub followers: &'a str,
    pub event: Option<&'a str>,
    /// Only what failed at least once and was not told since.
    pub failed: bool,
    pub limit: usize,
}

impl Store {
    /// The follower of this name.
    pub fn follower(&self, name: &str) -> Result<Option<Follower>> {
        Ok(self.followers(name)?.into_iter().find(|of| of.name == name))
    }

    /// The followers whose names begin so, by name.
    pub fn followers(&self, start: &str) -> Result<Vec<Follower>> {
        if !self.has_outbox() {
            return Ok(Vec::new());
        }
        let db = self.main()?;
        let read = || -> rusqlite::Result<Vec<Follower>> {
            db.prepare_cached(
                "SELECT name, command, message, line, failing, error, disabled, secret_at, altered FROM followers
                 WHERE substr(name, 1, length(?1)) = ?1 ORDER BY name",
            )?
            .query_map([start], follower)?
            .collect()
        };
        read().map_err(fault(DOING))
    }

    /// Makes a follower that is told what comes after this place; one that is there stays as it is.
    pub fn begin_following(
        &self,
        (name, command): (&str, Option<&str>),
        from: Place,
    ) -> Result<()> {
        self.main()?
            .execute(
                "INSERT OR IGNORE INTO followers (name, command, message, line, altered) VALUES (?1, ?2, ?3, ?4, ?5)",
                params![name, command, from.message, signed(from.line), from.change],
            )
            .map(drop)
            .map_err(fault(DOING))
    }

    /// Forgets a follower and what it was to be told.
    pub fn stop_following(&self, name: &str) -> Result<()> {
        let mut db = self.main()?;
        let drop_rows = |db: &mut Connection| -> rusqlite::Result<()> {
            let tx = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
            tx.execute("DELETE FROM followers WHERE name = ?1", [name])?;
            tx.execute("DELETE FROM tellings WHERE follower = ?1", [name])?;
            tx.commit()
        };
        drop_rows(&mut db).map_err(fault(DOING))
    }

    /// Writes down what is to be told of all between two places; false if another process did so meanwhile.
    pub fn tell_later(
        &self,
        name: &str,
        (from, to): (Place, Place),
        (tellings, now): (&[NewTelling], Timestamp),
    ) -> Result<bool> {
        let mut db = self.main()?;
        let tx = db
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(fault(DOING))?;
        let moved = tx
            .prepare_cached(
                "UPDATE followers SET message = ?5, line = ?6, altered = ?7
                 WHERE name = ?1 AND message = ?2 AND line = ?3 AND altered = ?4",
            )
            .and_then(|mut s| {
                s.execute(params![
                    name,
                    from.message,
                    signed(from.line),
                    from.change,
                    to.message,
                    signed(to.line),
                    to.change
                ])
            })
            .map_err(fault(DOING))?;
        if moved == 0 {
            return Ok(false);
        }
        let now = now.as_millisecond();
        for telling in tellings {
            let key = format!("msg_{}", random::hex::<16>()?);
            tx.prepare_cached(
                "INSERT INTO tellings (follower, key, event, thread, at, due) VALUES (?1, ?2, ?3, ?4, ?5, ?5)",
            )
            .and_then(|mut s| s.execute(params![name, key, telling.event, telling.thread, now]))
            .map_err(fault(DOING))?;
        }
        tx.commit().map_err(fault(DOING))?;
        Ok(true)
    }

    /// Takes the oldest that is due and that no living process is telling now, of a thread of which none is being told.
    pub fn claim_telling(
        &self,
        name: &str,
        (owner, now): (&Owner, Timestamp),
    ) -> Result<Option<Telling>> {
        let db = self.main()?;
        let due = || -> rusqlite::Result<bool> {
            db.prepare_cached(
                "SELECT EXISTS (SELECT 1 FROM tellings WHERE follower = ?1 AND due <= ?2)",
            )?
            .query_row(params![name, now.as_millisecond()], |row| row.get(0))
        };
        let take = || -> rusqlite::Result<Option<Telling>> {
            if !due()? {
                return Ok(None);
            }
            let holders: Vec<String> = db
                .prepare_cached("SELECT DISTINCT owner FROM tellings WHERE owner IS NOT NULL")?
                .query_map([], |row| row.get(0))?
                .collect::<rusqlite::Result<_>>()?;
            for holder in holders {
                if holder != owner.name && !is_alive(self.dir(), &holder) {
                    db.execute(
                        "UPDATE tellings SET owner = NULL WHERE owner = ?1",
                        [holder],
                    )?;
                }
            }
            db.prepare_cached(&format!(
                "UPDATE tellings SET owner = ?1 WHERE id =
                   (SELECT id FROM tellings t WHERE follower = ?2 AND due <= ?3 AND owner IS NULL AND NOT EXISTS
                      (SELECT 1 FROM tellings o WHERE o.owner IS NOT NULL AND o.follower = t.follower
                       AND o.thread = t.thread)
                    ORDER BY id LIMIT 1)
                 RETURNING {COLUMNS}"
            ))?
            .query_row(params![owner.name, name, now.as_millisecond()], telling)
            .optional()
        };
        take().map_err(fault(DOING))
    }

    /// It was told.
    pub fn telling_done(&self, id: i64, now: Timestamp) -> Result<()> {
        self.close_telling((id, true), now)
    }

    /// There is nothing to tell any more; that says nothing of whether the follower would have taken it.
    pub fn telling_gone(&self, id: i64, now: Timestamp) -> Result<()> {
        self.close_telling((id, false), now)
    }

    fn close_telling(&self, (id, took): (i64, bool), now: Timestamp) -> Result<()> {
        let mut db = self.main()?;
        let old = |kept| {
            now.checked_sub(kept)
                .unwrap_or(Timestamp::MIN)
                .as_millisecond()
        };
        let note = |db: &mut Connection| -> rusqlite::Result<()> {
            let tx = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
            tx.execute(
                "UPDATE tellings SET due = NULL, owner = NULL, error = NULL, told_at = ?2, tried_at = ?2,
                 tries = tries + 1 WHERE id = ?1",
                params![id, now.as_millisecond()],
            )?;
            tx.execute(
                "UPDATE followers SET failing = NULL, error = NULL
                 WHERE ?2 AND failing IS NOT NULL AND name = (SELECT follower FROM tellings WHERE id = ?1)",
                params![id, took],
            )?;
            tx.execute("DELETE FROM tellings WHERE told_at < ?1", [old(KEPT)])?;
            tx.execute(
                "DELETE FROM tellings WHERE due IS NULL AND told_at IS NULL AND owner IS NULL AND at < ?1",
                [old(KEPT * 4)],
            )?;
            tx.commit()
        };
        note(&mut db).map_err(fault(DOING))
    }

    /// It could not be told, for this reason; it is tried again at `again`, or never by itself. Gives since when nothing
    /// works.
    pub fn telling_failed(
        &self,
        id: i64,
        (words, again): (&str, Option<Timestamp>),
        now: Timestamp,
    ) -> Result<Timestamp> {
        let mut db = self.main()?;
        let note = |db: &mut Connection| -> rusqlite::Result<i64> {
            let now = now.as_millisecond();
            let tx = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
            tx.execute(
                "UPDATE tellings SET due = ?3, owner = NULL, error = ?2, tried_at = ?4, tries = tries + 1
                 WHERE id = ?1",
                params![id, words, again.map(Timestamp::as_millisecond), now],
            )?;
            let since: Option<i64> = tx
                .query_row(
                    "UPDATE followers SET failing = coalesce(failing, ?3), error = ?2
                     WHERE name = (SELECT follower FROM tellings WHERE id = ?1) RETURNING failing",
                    params![id, words, now],
                    |row| row.get(0),
                )
                .optional()?;
            tx.commit()?;
            Ok(since.unwrap_or(now))
        };
        note(&mut db).map(millis).map_err(fault(DOING))
    }

    /// It is not told after all, now: another time, as if nothing had been tried.
    pub fn let_go(&self, id: i64) -> Result<()> {
        self.main()?
            .execute("UPDATE tellings SET owner = NULL WHERE id = ?1", [id])
            .map(drop)
            .map_err(fault(DOING))
    }

    /// Tells a follower nothing more, for this reason; `None` takes that back, and what was given up is due again.
    pub fn disable_follower(&self, name: &str, why: Option<&str>, now: Timestamp) -> Result<()> {
        let mut db = self.main()?;
        let change = |db: &mut Connection| -> rusqlite::Result<()> {
            let at = now.as_millisecond();
            let tx = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
            tx.execute(
                "UPDATE followers SET disabled = CASE WHEN ?2 IS NULL THEN NULL ELSE coalesce(disabled, ?3) END,
                 error = ?2, failing = CASE WHEN ?2 IS NULL THEN NULL ELSE failing END WHERE name = ?1",
                params![name, why, at],
            )?;
            if why.is_none() {
                tx.execute(
                    "UPDATE tellings SET due = ?2, tries = 0 WHERE follower = ?1 AND told_at IS NULL",
                    params![name, at],
                )?;
            }
            tx.commit()
        };
        change(&mut db).map_err(fault(DOING))
    }

    /// Notes that a follower's secret is another one.
    pub fn note_hook_secret(&self, name: &str, now: Timestamp) -> Result<()> {
        self.main()?
            .execute(
                "UPDATE followers SET secret_at = ?2 WHERE name = ?1",
                params![name, now.as_millisecond()],
            )
            .map(drop)
            .map_err(fault(DOING))
    }

    /// What failed and is to be tried again, or only those of one event, is due now; says how many. What was given up is
    /// among them only with `given_up`, and begins to count its tries anew.
    pub fn hurry_tellings(
        &self,
        (start, event): (&str, Option<&str>),
        given_up: bool,
        now: Timestamp,
    ) -> Result<u64> {
        if !self.has_outbox() {
            return Ok(0);
        }
        self.main()?
            .execute(
                "UPDATE tellings SET due = ?3, tries = CASE WHEN due IS NULL THEN 0 ELSE tries END
                 WHERE substr(follower, 1, length(?1)) = ?1 AND (?2 IS NULL OR event = ?2)
                 AND told_at IS NULL AND owner IS NULL AND (tries > 0 OR due IS NULL)
                 AND (?4 OR due IS NOT NULL)",
                params![start, event, now.as_millisecond(), given_up],
            )
            .map(|n| n as u64)
            .map_err(fault(DOING))
    }

    /// What is or was to be told, newest first.
    pub fn tellings(&self, filter: &TellingFilter<'_>) -> Result<Vec<Telling>> {
        if !self.has_outbox() {
            return Ok(Vec::new());
        }
        let db = self.main()?;
        let read = || -> rusqlite::Result<Vec<Telling>> {
            db.prepare_cached(&format!(
                "SELECT {COLUMNS} FROM tellings WHERE substr(follower, 1, length(?1)) = ?1
                 AND (?2 IS NULL OR event = ?2) AND (NOT ?3 OR (told_at IS NULL AND tries > 0))
                 ORDER BY id DESC LIMIT ?4"
            ))?
            .query_map(
                params![
                    filter.followers,
                    filter.event,
                    filter.failed,
                    i64::try_from(filter.limit).unwrap_or(i64::MAX)
                ],
                telling,
            )?
            .collect()
        };
        read().map_err(fault(DOING))
    }

    /// How much waits for one.
    pub fn count_waiting(&self, name: &str) -> Result<u64> {
        self.main()?
            .prepare_cached("SELECT count(*) FROM tellings WHERE follower = ?1 AND due IS NOT NULL")
            .and_then(|mut s| s.query_row([name], |row| row.get::<_, i64>(0)))
            .map(i64::unsigned_abs)
            .map_err(fault(DOING))
    }

    /// How much there is for one.
    pub fn count_tellings(&self, name: &str) -> Result<Tally> {
        if !self.has_outbox() {
            return Ok(Tally::default());
        }
        self.main()?
            .prepare_cached(
                "SELECT count(due), count(*) FILTER (WHERE due IS NULL AND told_at IS NULL), count(told_at)
                 FROM tellings WHERE follower = ?1",
            )
            .and_then(|mut s| {
                s.query_row([name], |row| {
                    Ok(Tally {
                        waiting: row.get::<_, i64>(0)?.unsigned_abs(),
                        failed: row.get::<_, i64>(1)?.unsigned_abs(),
                        told: row.get::<_, i64>(2)?.unsigned_abs(),
                    })
                })
            })
            .map_err(fault(DOING))
    }
}

const COLUMNS: &str = "id, follower, key, event, at, due, tries, error, tried_at, told_at";

fn telling(row: &Row<'_>) -> rusqlite::Result<Telling> {
    let time = |n| Ok::<_, rusqlite::Error>(row.get::<_, Option<i64>>(n)?.map(millis));
    Ok(Telling {
        id: row.get(0)?,
        follower: row.get(1)?,
        key: row.get(2)?,
        event: row.get(3)?,
        at: millis(row.get(4)?),
        due: time(5)?,
        tries: row.get(6)?,
        error: row.get(7)?,
        tried_at: time(8)?,
        told_at: time(9)?,
    })
}

fn follower(row: &Row<'_>) -> rusqlite::Result<Follower> {
    let time = |n| Ok::<_, rusqlite::Error>(row.get::<_, Option<i64>>(n)?.map(millis));
    Ok(Follower {
        name: row.get(0)?,
        command: row.get(1)?,
        place: Place {
            message: row.get(2)?,
            line: row.get::<_, i64>(3)?.unsigned_abs(),
            change: row.get(8)?,
        },
        failing: time(4)?,
        error: row.get(5)?,
        disabled: time(6)?,
        secret_at: time(7)?,
    })
}

fn signed(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + seconds).unwrap()
    }

    fn place(message: i64) -> Place {
        Place {
            message,
            ..Place::default()
        }
    }

    fn new(n: i64, thread: i64) -> NewTelling {
        NewTelling {
            event: format!("m{n}"),
            thread: Some(thread),
        }
    }

    #[test]
    fn each_is_written_down_once_and_told_by_one_process() {
        let dir = tempfile::tempdir().unwrap();
        let (one, other) = (Store::at(dir.path()), Store::at(dir.path()));
        one.begin_following(("hook/a", None), place(0)).unwrap();
        let all = [new(1, 1), new(2, 1), new(3, 3)];
        let step = (place(0), place(3));
        assert!(one.tell_later("hook/a", step, (&all, at(0))).unwrap());
        assert!(!other.tell_later("hook/a", step, (&all, at(0))).unwrap());
        let (dies, lives) = (one.owner().unwrap(), other.owner().unwrap());
        let first = one
            .claim_telling("hook/a", (&dies, at(0)))
            .unwrap()
            .unwrap();
        assert_eq!(first.event, "m1");
        let second = other
            .claim_telling("hook/a", (&lives, at(0)))
            .unwrap()
            .unwrap();
        assert_eq!(second.event, "m3", "two of a thread are not told at a time");
        assert_eq!(
            other.claim_telling("hook/a", (&lives, at(0))).unwrap(),
            None
        );
        drop(dies);
        let again = other
            .claim_telling("hook/a", (&lives, at(0)))
            .unwrap()
            .unwrap();
        assert_eq!((again.event, again.key), (first.event, first.key));
        other.telling_done(again.id, at(1)).unwrap();
        assert_eq!(
            other
                .claim_telling("hook/a", (&lives, at(1)))
                .unwrap()
                .unwrap()
                .event,
            "m2"
        );
    }

    #[test]
    fn what_fails_is_due_again_until_it_is_given_up_and_listed() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::at(dir.path());
        store
            .begin_following(("watch/x", Some("cat")), place(0))
            .unwrap();
        let step = (place(0), place(1));
        store
            .tell_later("watch/x", step, (&[new(1, 1)], at(0)))
            .unwrap();
        let owner = store.owner().unwrap();
        let claim = |now| store.claim_telling("watch/x", (&owner, at(now))).unwrap();
        let id = claim(0).unwrap().id;
        assert_eq!(
            store
                .telling_failed(id, ("no", Some(at(10))), at(1))
                .unwrap(),
            at(1)
        );
        assert_eq!(claim(9), None);
        assert_eq!(claim(10).unwrap().tries, 1);
        assert_eq!(
            store.telling_failed(id, ("no", None), at(11)).unwrap(),
            at(1)
        );
        assert_eq!(claim(100_000), None);
        assert_eq!(store.count_tellings("watch/x").unwrap().failed, 1);
        assert_eq!(
            store
                .hurry_tellings(("watch/", None), false, at(12))
                .unwrap(),
            0
        );
        assert_eq!(
            store
                .hurry_tellings(("watch/", Some("m1")), true, at(12))
                .unwrap(),
            1
        );
        store.telling_done(claim(12).unwrap().id, at(13)).unwrap();
        assert_eq!(store.follower("watch/x").unwrap().unwrap().failing, None);
        assert_eq!(store.count_tellings("watch/x").unwrap().told, 1);
    }
}
