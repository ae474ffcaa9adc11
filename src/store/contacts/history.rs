//! What became of contacts, and the way back.

use jiff::Timestamp;
use rusqlite::{Row, Transaction, params};

use crate::error::{Error, Result};
use crate::model::contact::{Lost, Past};
use crate::model::id::ContactId;
use crate::store::outbox::change;
use crate::store::row::millis;
use crate::store::{Store, fault};

use super::{Edit, READING, WRITING, Why, apply, card, json, links};

const COLUMNS: &str = "change, contact, at, what, by, before, after, lost";

impl Store {
    /// The newest changes, of one contact or of all.
    pub fn contact_history(&self, of: Option<ContactId>, limit: usize) -> Result<Vec<Past>> {
        if !self.has_outbox() {
            return Ok(Vec::new());
        }
        let db = self.main()?;
        let read = || -> rusqlite::Result<Vec<Past>> {
            db.prepare_cached(&format!(
                "SELECT {COLUMNS} FROM contact_history
                 WHERE ?1 IS NULL OR contact = ?1 ORDER BY id DESC LIMIT ?2"
            ))?
            .query_map(
                params![of.map(|id| id.0), i64::try_from(limit).unwrap_or(i64::MAX)],
                past,
            )?
            .collect()
        };
        read().map_err(fault(READING))
    }

    /// All that a change did, in its order.
    pub fn contact_change(&self, number: i64) -> Result<Vec<Past>> {
        if !self.has_outbox() {
            return Ok(Vec::new());
        }
        let db = self.main()?;
        let read = || -> rusqlite::Result<Vec<Past>> {
            db.prepare_cached(&format!(
                "SELECT {COLUMNS} FROM contact_history WHERE change = ?1 ORDER BY id"
            ))?
            .query_map([number], past)?
            .collect()
        };
        read().map_err(fault(READING))
    }

    /// Takes a change back as a whole; gives the contacts it touched. Refused if one of them was changed since.
    pub fn undo_contacts(&self, number: i64, by: &str, now: Timestamp) -> Result<Vec<ContactId>> {
        if !self.has_outbox() {
            return Err(no_change(number));
        }
        change(&mut *self.main()?, true, |tx| {
            let rows = rows_of(tx, number).map_err(fault(READING))?;
            if rows.is_empty() {
                return Err(no_change(number));
            }
            let change = next_change(tx).map_err(fault(WRITING))?;
            let why = Why { what: "undo", by };
            let mut touched = Vec::new();
            for (past, merged_before) in rows.iter().rev() {
                let edit = Edit {
                    id: Some(past.contact),
                    before: past.after.clone(),
                    after: past.before.clone(),
                    merged: *merged_before,
                    ..Edit::default()
                };
                match apply(tx, &edit, (why, change), now)? {
                    Some(id) => touched.push(id),
                    None => {
                        return Err(Error::refused(format!(
                            "`{}` was changed after that, so change {number} can't be taken back",
                            past.contact
                        ))
                        .hint(format!("comms contacts history {}", past.contact)));
                    }
                }
            }
            for (past, _) in rows.iter().filter(|(past, _)| past.after.is_none()) {
                links::take_back(tx, (past.contact, &touched)).map_err(fault(WRITING))?;
            }
            Ok(touched)
        })
    }
}

/// The number that what is done together now will share.
pub(super) fn next_change(tx: &Transaction<'_>) -> rusqlite::Result<i64> {
    // Never one that was given before, even if its lines were erased since.
    tx.prepare_cached(
        "SELECT ifnull((SELECT seq FROM sqlite_sequence WHERE name = 'contact_history'), 0) + 1",
    )?
    .query_row([], |row| row.get(0))
}

pub(super) fn note(
    tx: &Transaction<'_>,
    (id, edit): (i64, &Edit),
    (why, change): (Why<'_>, i64),
    now: Timestamp,
) -> rusqlite::Result<()> {
    tx.prepare_cached(
        "INSERT INTO contact_history (change, contact, at, what, by, before, after, merged, lost)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?
    .execute(params![
        change,
        id,
        now.as_millisecond(),
        why.what,
        why.by,
        edit.before.as_ref().map(json),
        edit.after.as_ref().map(json),
        edit.merged.map(|id| id.0),
        (!edit.lost.is_empty()).then(|| json(&edit.lost)),
    ])
    .map(drop)
}

/// The rows of a change, and into whom each contact was merged before it.
fn rows_of(tx: &Transaction<'_>, change: i64) -> rusqlite::Result<Vec<(Past, Option<ContactId>)>> {
    let rows: Vec<(i64, Past)> = tx
        .prepare_cached(&format!(
            "SELECT {COLUMNS}, id FROM contact_history WHERE change = ?1 ORDER BY id"
        ))?
        .query_map([change], |row| Ok((row.get(8)?, past(row)?)))?
        .collect::<rusqlite::Result<_>>()?;
    let mut before = tx.prepare_cached(
        "SELECT merged FROM contact_history WHERE contact = ?1 AND id < ?2 ORDER BY id DESC LIMIT 1",
    )?;
    rows.into_iter()
        .map(|(row_id, past)| {
            let merged = before
                .query_map(params![past.contact.0, row_id], |row| {
                    row.get::<_, Option<i64>>(0)
                })?
                .next()
                .transpose()?
                .flatten();
            Ok((past, merged.map(ContactId)))
        })
        .collect()
}

fn past(row: &Row<'_>) -> rusqlite::Result<Past> {
    let lost: Option<String> = row.get(7)?;
    let lost: Vec<Lost> = lost
        .and_then(|text| serde_json::from_str(&text).ok())
        .unwrap_or_default();
    Ok(Past {
        change: row.get(0)?,
        contact: ContactId(row.get(1)?),
        at: millis(row.get(2)?),
        what: row.get(3)?,
        by: row.get(4)?,
        before: card(row, 5)?,
        after: card(row, 6)?,
        lost,
    })
}

fn no_change(number: i64) -> Error {
    Error::not_found(format!("there is no change {number} of contacts"))
        .hint("`comms contacts history` lists them")
}
