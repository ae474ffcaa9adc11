//! Alerts that repeat: one thread for each condition, and repeats that are counted instead of sent.

use std::borrow::Cow;

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Transaction, params};

use crate::error::Result;

use super::{Store, fault};

const DOING: &str = "counting an alert";

/// Send at most one of this key in this time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Once {
    pub key: String,
    pub per: std::time::Duration,
    /// An agent asks: what it stages may wait for ever, so it stands in nobody's way but an agent's.
    pub of_agent: bool,
}

impl Once {
    fn row(&self) -> Cow<'_, str> {
        match self.of_agent {
            true => format!("agent\u{1f}{}", self.key).into(),
            false => self.key.as_str().into(),
        }
    }
}

/// Sends that were counted instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repeats {
    /// When the one was staged that they repeat.
    pub since: Timestamp,
    pub count: u64,
}

impl Store {
    /// Repeats that were counted since the last one of this key that was let through.
    pub fn repeats(&self, once: &Once) -> Result<Option<Repeats>> {
        if !self.has_outbox() {
            return Ok(None);
        }
        self.main()?
            .query_row(
                "SELECT at, repeats FROM alerts WHERE key = ?1",
                [once.row()],
                repeats,
            )
            .optional()
            .map_err(fault(DOING))
    }

    /// The Message-ID that began the thread of this key with these people.
    pub fn thread_root(&self, key: &str, people: &str) -> Result<Option<String>> {
        if !self.has_outbox() {
            return Ok(None);
        }
        self.main()?
            .query_row(
                "SELECT message_id FROM thread_keys WHERE key = ?1 AND people = ?2",
                [key, people],
                |row| row.get(0),
            )
            .optional()
            .map_err(fault(DOING))
    }
}

fn repeats(row: &rusqlite::Row<'_>) -> rusqlite::Result<Repeats> {
    Ok(Repeats {
        since: Timestamp::from_millisecond(row.get(0)?).unwrap_or_default(),
        count: row.get::<_, i64>(1)?.unsigned_abs(),
    })
}

/// Counts a send if it repeats one of its key; `None` lets it through, as the one that later ones repeat.
///
/// Only what left or leaves by itself is repeated: after a draft, a failed or a cancelled one the next goes.
pub fn count(
    tx: &Transaction<'_>,
    once: &Once,
    now: Timestamp,
) -> rusqlite::Result<Option<Repeats>> {
    let now = now.as_millisecond();
    let per = i64::try_from(once.per.as_millis()).unwrap_or(i64::MAX);
    // A time yet to come is of a clock that was set back since.
    let counted = tx
        .query_row(
            "UPDATE alerts SET repeats = repeats + 1 WHERE key = ?1 AND at <= ?2 AND at > ?2 - ?3
             AND EXISTS (SELECT 1 FROM items WHERE items.send = alerts.send
                         AND state NOT IN ('draft', 'failed', 'cancelled', 'undelivered'))
             RETURNING at, repeats",
            params![once.row(), now, per],
            repeats,
        )
        .optional()?;
    Ok(counted)
}

/// Notes the send that later ones repeat.
pub fn begin(tx: &Transaction<'_>, once: &Once, send: i64, now: Timestamp) -> rusqlite::Result<()> {
    tx.execute(
        "INSERT OR REPLACE INTO alerts (key, send, at, repeats) VALUES (?1, ?2, ?3, 0)",
        params![once.row(), send, now.as_millisecond()],
    )
    .map(drop)
}

/// Notes the message that begins a thread, unless one did before.
pub fn begin_thread(
    tx: &Transaction<'_>,
    (key, people): (&str, &str),
    message_id: &str,
) -> rusqlite::Result<()> {
    tx.execute(
        "INSERT OR IGNORE INTO thread_keys (key, people, message_id) VALUES (?1, ?2, ?3)",
        params![key, people, message_id],
    )
    .map(drop)
}
