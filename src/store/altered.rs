//! What changed of messages that are here: flags, labels, folder, text, or that they are gone. Numbered in their order,
//! for those who follow.
//!
//! Of each message the newest change is kept, and of all changes the newest 100,000.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use crate::error::Result;
use crate::model::id::{MessageId, ThreadId};

use super::entry::Known;
use super::row::millis;
use super::write::{Write, meta};
use super::{Store, fault};

const DOING: &str = "reading what changed";

/// Changes that are kept.
const KEPT: i64 = 100_000;

/// A message that is not as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Altered {
    pub n: i64,
    pub message: MessageId,
    pub thread: ThreadId,
    pub account: String,
    pub at: Timestamp,
    pub gone: bool,
}

/// Changes in their order.
#[derive(Debug, Default)]
pub struct Alterations {
    pub rows: Vec<Altered>,
    /// How far was looked.
    pub through: i64,
    /// Whether there may be others after it.
    pub more: bool,
}

/// Notes that a message is another than before, or gone.
pub(super) fn note(
    write: &Write<'_>,
    known: &Known,
    (folder, gone): (i64, bool),
) -> rusqlite::Result<()> {
    let raw = &write.raw;
    raw.prepare_cached(
        "INSERT OR REPLACE INTO altered (message, thread, folder, at, gone) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute(params![known.id, known.thread, folder, write.now.as_millisecond(), gone])?;
    let n = raw.last_insert_rowid();
    if n % 1024 == 0 {
        raw.execute("DELETE FROM altered WHERE n <= ?1", [n - KEPT])?;
    }
    Ok(())
}

/// The last number that was ever given.
fn last(raw: &Connection) -> rusqlite::Result<i64> {
    raw.prepare_cached("SELECT seq FROM sqlite_sequence WHERE name = 'altered'")?
        .query_row([], |row| row.get(0))
        .optional()
        .map(Option::unwrap_or_default)
}

impl Store {
    /// The number of the last change.
    pub fn last_altered(&self) -> Result<i64> {
        last(&*self.raw_reader()?).map_err(fault(DOING))
    }

    /// Changes after this one, oldest first, at most so many.
    pub fn altered_since(&self, after: i64, limit: usize) -> Result<Alterations> {
        let nothing = Alterations {
            through: after,
            ..Alterations::default()
        };
        if !self.exists() {
            return Ok(nothing);
        }
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let (generation, all) = {
            let raw = self.raw_reader()?;
            let read = || -> rusqlite::Result<_> {
                // The rows first: what came before a generation is in it.
                let all = rows(&raw, ("a.n > ?1", after), limit)?;
                Ok((meta(&raw, "generation")?, all))
            };
            read().map_err(fault(DOING))?
        };
        let indexed = {
            let index = self.reader()?;
            meta(&index, "generation").map_err(fault(DOING))?
        };
        // Between the two commits of a write the message still looks as before: it is told once it does not.
        if indexed < generation {
            return Ok(nothing);
        }
        let through = all.last().map_or(after, |(n, _)| *n);
        Ok(Alterations {
            more: i64::try_from(all.len()).is_ok_and(|len| len == limit),
            rows: all.into_iter().filter_map(|(_, row)| row).collect(),
            through,
        })
    }

    /// One change; `None` if it was never noted, or the message changed again since.
    pub fn altered(&self, n: i64) -> Result<Option<Altered>> {
        if !self.exists() {
            return Ok(None);
        }
        let raw = self.raw_reader()?;
        let mut found = rows(&raw, ("a.n = ?1", n), 1).map_err(fault(DOING))?;
        Ok(found.pop().and_then(|(_, row)| row))
    }
}

/// Changes with their numbers; nothing of those whose account is gone.
fn rows(
    raw: &Connection,
    (filter, n): (&str, i64),
    limit: i64,
) -> rusqlite::Result<Vec<(i64, Option<Altered>)>> {
    raw.prepare_cached(&format!(
        "SELECT a.n, a.message, a.thread, f.account, a.at, a.gone FROM altered a
         LEFT JOIN folders f ON f.id = a.folder AND sees(f.account) WHERE {filter} ORDER BY a.n LIMIT ?2"
    ))?
    .query_map([n, limit], |row| {
        let number = row.get(0)?;
        let Some(account) = row.get(3)? else {
            return Ok((number, None));
        };
        let of = Altered {
            n: number,
            message: MessageId(row.get(1)?),
            thread: ThreadId(row.get(2)?),
            account,
            at: millis(row.get(4)?),
            gone: row.get(5)?,
        };
        Ok((number, Some(of)))
    })?
    .collect()
}
