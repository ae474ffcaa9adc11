//! `people.db`: addresses gathered from messages, and the words by which people are found.
//!
//! It is made from `index.db` and `comms.db` and follows them by cursors: messages have ids in the order of their
//! commits, contacts have numbers of their changes. Who asks brings it up to date first, which is one comparison if
//! nothing is new, and not even that while the file of the messages is as it was (`stamp`). A cursor that is ahead of
//! what it follows means that a file was replaced: then all is made anew.

mod addresses;
mod begun;
mod borne;
mod contacts;
mod find;
mod harvest;
mod near;
mod stamp;
mod told;
mod words;

use std::sync::MutexGuard;
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, Transaction, TransactionBehavior};

use crate::error::{Kind, Result};

use super::write::meta;
use super::{BUSY, Store, fault, lazily, schema};
use words::Writer;

pub use addresses::{Harvested, Talked};
pub use find::{Bearer, Wanted};
pub use words::Person;

const READING: &str = "reading people";
const WRITING: &str = "gathering people";

/// How far the other files are, or were read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Marks {
    generation: i64,
    message: i64,
    contact: i64,
}

impl Marks {
    fn read(db: &Connection) -> rusqlite::Result<Marks> {
        let mut marks = Marks::default();
        let mut read = db.prepare_cached("SELECT name, value FROM marks")?;
        let mut rows = read.query([])?;
        while let Some(row) = rows.next()? {
            let value = row.get(1)?;
            match row.get_ref(0)?.as_str()? {
                "generation" => marks.generation = value,
                "message" => marks.message = value,
                "contact" => marks.contact = value,
                _ => {}
            }
        }
        Ok(marks)
    }

    fn keep(self, tx: &Transaction<'_>) -> rusqlite::Result<()> {
        let mut keep = tx.prepare_cached("UPDATE marks SET value = ?2 WHERE name = ?1")?;
        for (name, value) in [
            ("generation", self.generation),
            ("message", self.message),
            ("contact", self.contact),
        ] {
            keep.execute(rusqlite::params![name, value])?;
        }
        Ok(())
    }

    fn is_ahead_of(self, there: Marks) -> bool {
        self.generation > there.generation
            || self.message > there.message
            || self.contact > there.contact
    }
}

impl Store {
    /// Brings `people.db` up to the messages and contacts of this moment.
    pub fn gather_people(&self) -> Result<()> {
        self.with_people(|db| self.gather(db))
    }

    /// The same after many messages came, so that who looks someone up next need not wait; what fails is done then.
    pub fn gather_people_early(&self) {
        if let Err(e) = self.gather_people() {
            tracing::debug!(error = %e, "people are gathered later");
        }
    }

    /// Erases what was gathered, overwritten on the disk; it is made anew when someone is looked up.
    pub fn forget_people(&self) -> Result<()> {
        if !self.dir().join(schema::PEOPLE.name).exists() {
            return Ok(());
        }
        self.with_people(|db| {
            db.execute_batch("PRAGMA secure_delete = ON;")
                .map_err(fault(WRITING))?;
            let tx = begin(db)?;
            clear(&tx).map_err(fault(WRITING))?;
            tx.commit().map_err(fault(WRITING))?;
            // A reader may keep the log from being emptied: then it is overwritten with the next writes.
            db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
                .map_err(fault(WRITING))
        })
    }

    /// Runs `work` on what is gathered, brought up to date if that can be done.
    fn on_people<T>(&self, work: impl Fn(&Connection) -> rusqlite::Result<T>) -> Result<T> {
        self.with_people(|db| {
            match self.gather(db) {
                // Another process is at it, or nothing can be written: what is there answers, as far as it can.
                Err(e) if !is_damaged(&e) => {
                    tracing::debug!(error = %e, "people are looked up as they were gathered before");
                    if e.kind != Kind::Unavailable && self.lacks_people(db)? {
                        return self.off_the_disk(&work);
                    }
                }
                done => done?,
            }
            // One look at the file for all that is read.
            let tx = db.transaction().map_err(fault(READING))?;
            work(&tx).map_err(fault(READING))
        })
    }

    /// Whether contacts changed since they were gathered, or nothing was ever: then "nobody of that name" would be wrong.
    fn lacks_people(&self, db: &Connection) -> Result<bool> {
        let here = Marks::read(db).map_err(fault(READING))?;
        let there = self.marks_there()?;
        Ok(here.contact != there.contact || (here.message == 0 && there.message > 0))
    }

    /// Runs `work` on people gathered in memory, for this once.
    fn off_the_disk<T>(&self, work: impl Fn(&Connection) -> rusqlite::Result<T>) -> Result<T> {
        let mut db = schema::open_in_memory(&schema::PEOPLE)?;
        self.gather(&mut db)?;
        work(&db).map_err(fault(READING))
    }

    /// Runs `work`; a damaged file is made anew, once.
    fn with_people<T>(&self, work: impl Fn(&mut Connection) -> Result<T>) -> Result<T> {
        let opened = match self.people() {
            Err(e) if is_damaged(&e) => {
                schema::discard(self.dir(), &schema::PEOPLE)?;
                self.people()
            }
            opened => opened,
        };
        let mut db = opened?;
        match work(&mut db) {
            Err(e) if is_damaged(&e) => {
                // Closes the file before it goes.
                *db = schema::open_in_memory(&schema::PEOPLE)?;
                schema::discard(self.dir(), &schema::PEOPLE)?;
                *db = schema::open(self.dir(), &schema::PEOPLE)?;
                work(&mut db)
            }
            done => done,
        }
    }

    /// The file; in memory where there is none and none can be made. Lock it before the others.
    fn people(&self) -> Result<MutexGuard<'_, Connection>> {
        lazily(&self.people, || {
            match schema::open(self.dir(), &schema::PEOPLE) {
                Err(e) if !is_damaged(&e) && !self.dir().join(schema::PEOPLE.name).exists() => {
                    tracing::debug!(error = %e, "people are gathered in memory");
                    schema::open_in_memory(&schema::PEOPLE)
                }
                opened => opened,
            }
        })
    }

    fn gather(&self, db: &mut Connection) -> Result<()> {
        let here = Marks::read(db).map_err(fault(READING))?;
        // Before anything is read of what it stands for.
        let stamp = stamp::of(self.dir());
        let kept = stamp::kept(db).map_err(fault(READING))?;
        if stamp.is_some() && stamp == kept && here.contact == self.contacts_changed()? {
            return Ok(());
        }
        let behind = here != self.marks_there()?;
        if behind {
            while !self.gather_batch(db)? {}
        }
        if let Some(stamp) = stamp {
            stamp::keep(db, stamp).map_err(fault(WRITING))?;
        }
        if behind || stamp.is_some() {
            empty_log(db).map_err(fault(WRITING))?;
        }
        Ok(())
    }

    /// Takes in some of what is new; says whether that was all.
    fn gather_batch(&self, db: &mut Connection) -> Result<bool> {
        let tx = begin(db)?;
        // Read under the lock: another process may have gathered more than this one had seen.
        let there = self.marks_there()?;
        let mut here = Marks::read(&tx).map_err(fault(READING))?;
        if here.is_ahead_of(there) {
            clear(&tx).map_err(fault(WRITING))?;
            here = Marks::default();
        }
        let mut words = Writer::new(&tx);
        here.message = self.harvest(&tx, &mut words, (here.message, there.message))?;
        // Contacts come last, so that it is known how near they are.
        if here.message == there.message {
            here.contact = self.take_contacts(&tx, &mut words, (here.contact, there.contact))?;
        }
        words.finish().map_err(fault(WRITING))?;
        if here.message == there.message {
            here.generation = there.generation;
        }
        here.keep(&tx).map_err(fault(WRITING))?;
        tx.commit().map_err(fault(WRITING))?;
        Ok(here == there)
    }

    fn marks_there(&self) -> Result<Marks> {
        let contact = self.contacts_changed()?;
        if !self.has_messages() {
            return Ok(Marks {
                contact,
                ..Marks::default()
            });
        }
        let db = self.reader()?;
        let read = || -> rusqlite::Result<Marks> {
            Ok(Marks {
                generation: meta(&db, "generation")?,
                message: meta(&db, "last_id")?,
                contact,
            })
        };
        read().map_err(fault(READING))
    }

    fn has_messages(&self) -> bool {
        [schema::RAW.name, schema::INDEX.name]
            .iter()
            .any(|name| self.dir().join(name).exists())
    }
}

/// Folds the log into the file, unless someone is reading: the log stays when the last process leaves, and whoever
/// opens the file next reads all of it.
fn empty_log(db: &Connection) -> rusqlite::Result<()> {
    db.busy_timeout(Duration::ZERO)?;
    let done = db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
    db.busy_timeout(BUSY)?;
    done
}

fn begin(db: &mut Connection) -> Result<Transaction<'_>> {
    db.transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(fault(WRITING))
}

fn clear(tx: &Transaction<'_>) -> rusqlite::Result<()> {
    tx.execute_batch(
        "DELETE FROM addresses; DELETE FROM postings; DELETE FROM people; DELETE FROM pages;
         DELETE FROM words; UPDATE marks SET value = 0;",
    )
}

fn is_damaged(error: &crate::error::Error) -> bool {
    let cause = error.source.as_deref();
    let code = cause
        .and_then(|cause| cause.downcast_ref::<rusqlite::Error>())
        .and_then(rusqlite::Error::sqlite_error_code);
    matches!(
        code,
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase)
    )
}
