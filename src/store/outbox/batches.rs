//! Batches: many sends that are staged whole, listed, paused and cancelled together.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, Transaction, params};

use super::row::{SELECT, at, change, ms, read, recipients, state_of};
use super::tell::{self, Told};
use super::{DOING, Item, NewSend, Staging, WRITING, insert_send};
use crate::error::{Error, Result};
use crate::model::audit::AuditEvent;
use crate::model::id::OutboxId;
use crate::model::outbox::{Event, State};
use crate::store::{Store, alerts, fault};

/// Where a batch is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BatchState {
    /// Its rows are being written; nothing of it leaves.
    Staging,
    Open,
    Paused,
    Cancelled,
}

impl BatchState {
    fn name(self) -> &'static str {
        match self {
            BatchState::Staging => "staging",
            BatchState::Open => "open",
            BatchState::Paused => "paused",
            BatchState::Cancelled => "cancelled",
        }
    }

    fn named(name: &str) -> BatchState {
        match name {
            "staging" => BatchState::Staging,
            "open" => BatchState::Open,
            "cancelled" => BatchState::Cancelled,
            // A word of a newer version: nothing of it goes by itself.
            _ => BatchState::Paused,
        }
    }
}

/// A batch that is about to be staged.
#[derive(Clone, Debug)]
pub struct NewBatch {
    pub name: String,
    pub hash: [u8; 32],
    pub origin: String,
    pub asked_by: Option<String>,
    /// 0 is never.
    pub pause_after: u32,
}

/// A batch and how far it is.
#[derive(Clone, Debug)]
pub struct Batch {
    pub id: i64,
    pub name: String,
    pub hash: [u8; 32],
    pub state: BatchState,
    pub origin: String,
    pub asked_by: Option<String>,
    pub pause_after: u32,
    /// Items that failed since it was last resumed.
    pub failures: u32,
    pub created_at: Timestamp,
    /// Rows staged.
    pub rows: u64,
    /// How many items are in each state.
    pub items: Vec<(State, u64)>,
}

const COLUMNS: &str = "id, name, hash, state, origin, asked_by, pause_after, failures, created_at,
 (SELECT count(*) FROM sends WHERE batch = batches.id)";

impl Store {
    /// Writes a batch that is to be staged, or gives the one that has its name.
    pub fn begin_batch(&self, new: &NewBatch, now: Timestamp) -> Result<Batch> {
        change(&mut *self.main()?, true, |tx| {
            tx.execute(
                "INSERT INTO batches (name, hash, state, origin, asked_by, pause_after, created_at)
                 VALUES (?1, ?2, 'staging', ?3, ?4, ?5, ?6) ON CONFLICT (name) DO NOTHING",
                params![
                    new.name,
                    new.hash,
                    new.origin,
                    new.asked_by,
                    new.pause_after,
                    ms(now)
                ],
            )
            .map_err(fault(WRITING))
        })?;
        self.batch(&new.name)
    }

    /// Stages rows, given with their lines; those that are there already stay as they are. How many repeat another of
    /// their key and were counted instead.
    ///
    /// They are on disk for good with `open_batch`.
    ///
    /// # Errors
    /// `usage` when someone cancelled the batch meanwhile.
    pub fn stage_rows(
        &self,
        batch: &Batch,
        rows: Vec<(u64, NewSend)>,
        now: Timestamp,
    ) -> Result<u64> {
        change(&mut *self.main()?, false, |tx| {
            match state_in(tx, batch.id)? {
                BatchState::Staging => {}
                BatchState::Cancelled => {
                    return Err(Error::usage(format!(
                        "batch `{}` was cancelled",
                        batch.name
                    )));
                }
                // Another process staged it to its end.
                BatchState::Open | BatchState::Paused => return Ok(0),
            }
            let mut suppressed = 0;
            for (line, send) in rows {
                let is_there = tx
                    .prepare_cached("SELECT 1 FROM sends WHERE batch = ?1 AND line = ?2")
                    .and_then(|mut s| s.exists(params![batch.id, line.cast_signed()]))
                    .map_err(fault(DOING))?;
                if is_there {
                    continue;
                }
                if let Some(once) = &send.once
                    && alerts::count(tx, once, now)
                        .map_err(fault(WRITING))?
                        .is_some()
                {
                    suppressed += 1;
                    continue;
                }
                let new = Staging {
                    row: Some((batch.id, line)),
                    store: self,
                    now,
                    owner: None,
                };
                insert_send(tx, send, &new)?;
            }
            Ok(suppressed)
        })
    }

    /// Lets a batch go whose rows are all staged: all of them at this time, whatever an earlier run that was killed was
    /// asked for.
    pub fn open_batch(&self, id: i64, at: Option<Timestamp>) -> Result<()> {
        change(&mut *self.main()?, true, |tx| {
            if state_in(tx, id)? == BatchState::Staging {
                tx.execute(
                    "UPDATE items SET next_at = ?2 WHERE state = 'ready' AND held_by IS NULL
                     AND send IN (SELECT id FROM sends WHERE batch = ?1)",
                    params![id, at.map(ms)],
                )
                .map_err(fault(WRITING))?;
                set(tx, id, BatchState::Open)?;
            }
            Ok(())
        })
    }

    /// How many items of a batch are due, and when the first of the others that wait is.
    pub fn batch_waits(&self, id: i64, now: Timestamp) -> Result<(u64, Option<Timestamp>)> {
        self.main()?
            .query_row(
                "SELECT count(*) FILTER (WHERE coalesce(next_at, 0) <= ?2), min(next_at) FILTER (WHERE next_at > ?2)
                 FROM items WHERE state = 'ready' AND send IN (SELECT id FROM sends WHERE batch = ?1)",
                params![id, ms(now)],
                |row| {
                    let due: i64 = row.get(0)?;
                    Ok((due.unsigned_abs(), row.get::<_, Option<i64>>(1)?.map(at)))
                },
            )
            .map_err(fault(DOING))
    }

    /// Stops a batch, or lets it go on; failures are counted anew.
    ///
    /// # Errors
    /// `usage` when it is staging or cancelled.
    pub fn pause_batch(&self, batch: &Batch, paused: bool) -> Result<()> {
        change(&mut *self.main()?, true, |tx| {
            match state_in(tx, batch.id)? {
                BatchState::Open | BatchState::Paused => {
                    let to = if paused {
                        BatchState::Paused
                    } else {
                        BatchState::Open
                    };
                    set(tx, batch.id, to)
                }
                BatchState::Staging => Err(Error::usage(format!(
                    "batch `{}` is not staged to its end",
                    batch.name
                ))
                .hint("send the same file again: it goes on where it stopped")),
                BatchState::Cancelled => Err(Error::usage(format!(
                    "batch `{}` was cancelled",
                    batch.name
                ))),
            }
        })
    }

    /// Cancels what did not leave yet; how many items that were.
    pub fn cancel_batch(&self, batch: &Batch, now: Timestamp) -> Result<u64> {
        change(&mut *self.main()?, true, |tx| {
            set(tx, batch.id, BatchState::Cancelled)?;
            let mut cancelled = 0;
            for state in State::ALL {
                // What failed keeps its reason.
                if state == State::Failed || state.on(Event::Cancel) != Some(State::Cancelled) {
                    continue;
                }
                let ids: Vec<i64> = tx
                    .prepare(
                        "UPDATE items SET state = 'cancelled', next_at = NULL, lease_owner = NULL, lease_until = NULL,
                         updated_at = ?3 WHERE state = ?2 AND send IN (SELECT id FROM sends WHERE batch = ?1) RETURNING id",
                    )
                    .and_then(|mut update| {
                        let rows = update.query_map(params![batch.id, state.name(), ms(now)], |row| row.get(0))?;
                        rows.collect()
                    })
                    .map_err(fault(WRITING))?;
                for id in &ids {
                    let by = (&self.auditor, now);
                    tell::item(
                        tx,
                        by,
                        (OutboxId(*id), AuditEvent::Cancelled),
                        Told::default(),
                    )?;
                }
                cancelled += ids.len();
            }
            Ok(cancelled as u64)
        })
    }

    /// One batch.
    pub fn batch(&self, name: &str) -> Result<Batch> {
        self.find_batch(name)?.ok_or_else(|| {
            Error::not_found(format!("there is no batch `{name}`"))
                .hint("run `comms outbox batches`")
        })
    }

    /// The batch of this name, if there is one.
    pub fn find_batch(&self, name: &str) -> Result<Option<Batch>> {
        let found = self
            .main()?
            .query_row(
                &format!("SELECT {COLUMNS} FROM batches WHERE name = ?1"),
                [name],
                row,
            )
            .optional()
            .map_err(fault(DOING))?;
        let found = found.map(|b| self.with_counts(b)).transpose()?;
        Ok(found.filter(|b| self.sees_some_of(b)))
    }

    /// All batches, newest first.
    pub fn batches(&self) -> Result<Vec<Batch>> {
        let found = {
            let db = self.main()?;
            let mut statement = db
                .prepare(&format!("SELECT {COLUMNS} FROM batches ORDER BY id DESC"))
                .map_err(fault(DOING))?;
            let rows = statement.query_map([], row).map_err(fault(DOING))?;
            rows.collect::<rusqlite::Result<Vec<_>>>()
                .map_err(fault(DOING))?
        };
        let all = found.into_iter().map(|b| self.with_counts(b));
        let mut all = all.collect::<Result<Vec<_>>>()?;
        all.retain(|b| self.sees_some_of(b));
        Ok(all)
    }

    /// Items of a batch, in the order of its file.
    pub fn batch_items(
        &self,
        batch: i64,
        states: &[State],
        (limit, after): (usize, Option<OutboxId>),
    ) -> Result<Vec<Item>> {
        let db = self.main()?;
        let names: Vec<_> = states.iter().map(|s| format!("'{}'", s.name())).collect();
        let filter = match names.is_empty() {
            true => String::new(),
            false => format!("AND items.state IN ({})", names.join(",")),
        };
        let sql = format!(
            "{SELECT} WHERE sends.batch = ?1 {filter} AND (?3 IS NULL OR (sends.line, items.id) >
                 (SELECT s.line, i.id FROM items i JOIN sends s ON s.id = i.send WHERE i.id = ?3))
             ORDER BY sends.line, items.id LIMIT ?2"
        );
        let mut statement = db.prepare(&sql).map_err(fault(DOING))?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let rows = statement
            .query_map(params![batch, limit, after.map(|id| id.0)], read)
            .map_err(fault(DOING))?;
        let mut items = rows
            .collect::<rusqlite::Result<Vec<_>>>()
            .map_err(fault(DOING))?;
        for item in &mut items {
            item.recipients = recipients(&db, item.id)?;
        }
        Ok(items)
    }

    fn sees_some_of(&self, batch: &Batch) -> bool {
        !self.is_limited() || !batch.items.is_empty()
    }

    fn with_counts(&self, mut batch: Batch) -> Result<Batch> {
        let db = self.main()?;
        let mut statement = db
            .prepare_cached(
                "SELECT items.state, count(*) FROM sends JOIN items ON items.send = sends.id WHERE sends.batch = ?1
                 AND sees(items.account) GROUP BY items.state",
            )
            .map_err(fault(DOING))?;
        let rows = statement
            .query_map([batch.id], |row| {
                Ok((state_of(row.get(0)?), row.get::<_, i64>(1)?.unsigned_abs()))
            })
            .map_err(fault(DOING))?;
        batch.items = rows
            .collect::<rusqlite::Result<_>>()
            .map_err(fault(DOING))?;
        Ok(batch)
    }
}

fn row(row: &Row<'_>) -> rusqlite::Result<Batch> {
    Ok(Batch {
        id: row.get(0)?,
        name: row.get(1)?,
        hash: row.get(2)?,
        state: BatchState::named(&row.get::<_, String>(3)?),
        origin: row.get(4)?,
        asked_by: row.get(5)?,
        pause_after: row.get(6)?,
        failures: row.get(7)?,
        created_at: at(row.get(8)?),
        rows: row.get::<_, i64>(9)?.unsigned_abs(),
        items: Vec::new(),
    })
}

fn state_in(tx: &Transaction<'_>, id: i64) -> Result<BatchState> {
    tx.prepare_cached("SELECT state FROM batches WHERE id = ?1")
        .and_then(|mut s| s.query_row([id], |r| r.get::<_, String>(0)))
        .map(|name| BatchState::named(&name))
        .map_err(fault(DOING))
}

fn set(tx: &Transaction<'_>, id: i64, state: BatchState) -> Result<()> {
    tx.execute(
        "UPDATE batches SET state = ?2, failures = CASE WHEN ?2 = 'open' THEN 0 ELSE failures END WHERE id = ?1",
        params![id, state.name()],
    )
    .map_err(fault(WRITING))?;
    // Who has a claim may send that one item; nobody gets another.
    tx.execute(
        "UPDATE items SET paused = ?2 WHERE send IN (SELECT id FROM sends WHERE batch = ?1)",
        params![id, state != BatchState::Open],
    )
    .map_err(fault(WRITING))?;
    Ok(())
}

/// Counts a failed item of a batch, and pauses it when there are too many.
pub(super) fn note_failure(tx: &Transaction<'_>, id: OutboxId) -> Result<()> {
    let full: Option<(i64, bool)> = tx
        .query_row(
            "UPDATE batches SET failures = failures + 1
             WHERE id = (SELECT batch FROM sends JOIN items ON items.send = sends.id WHERE items.id = ?1)
             RETURNING id, state = 'open' AND pause_after > 0 AND failures >= pause_after",
            [id.0],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .optional()
        .map_err(fault(WRITING))?;
    match full {
        Some((batch, true)) => set(tx, batch, BatchState::Paused),
        _ => Ok(()),
    }
}
