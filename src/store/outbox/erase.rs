//! Erasing what settled items said; that they were sent, to how many and how it ended, stays.

use jiff::Timestamp;
use rusqlite::params;

use super::row::{begin, ms};
use super::tell::{self, Told};
use super::{DOING, WRITING};
use crate::error::Result;
use crate::model::audit::AuditEvent;
use crate::model::id::OutboxId;
use crate::store::{Store, fault};

/// What stands in the place of an erased address.
pub const ERASED: &str = "(erased)";

/// States in which nothing will happen to an item any more.
const SETTLED: &str = "'sent', 'failed', 'cancelled', 'delivered', 'read', 'undelivered'";

impl Store {
    /// Settled items that still hold text and fit. The second list is of items that fit but are not settled.
    pub fn items_to_erase(&self, by: &By<'_>) -> Result<(Vec<OutboxId>, Vec<OutboxId>)> {
        if !self.has_outbox() {
            return Ok(Default::default());
        }
        let db = self.main()?;
        let (condition, values): (&str, Vec<String>) = match by {
            By::Age(before) => (
                "updated_at < CAST(?1 AS INTEGER)",
                vec![ms(*before).to_string()],
            ),
            By::Address(address) => (
                "id IN (SELECT item FROM recipients WHERE lower(email) = lower(?1))",
                vec![(*address).to_owned()],
            ),
            By::Ids(all) => (
                "id IN (SELECT value FROM json_each(?1))",
                vec![
                    serde_json::to_string(&all.iter().map(|id| id.0).collect::<Vec<_>>())
                        .unwrap_or_default(),
                ],
            ),
            By::MessageIds(all) => (
                "message_id IN (SELECT value FROM json_each(?1))",
                vec![serde_json::to_string(all).unwrap_or_default()],
            ),
            By::OwnIds(all) => (
                "own_id IN (SELECT value FROM json_each(?1))",
                vec![serde_json::to_string(all).unwrap_or_default()],
            ),
            By::Parts(all) => (
                "(account, id) IN (SELECT one.value ->> 0, p.item FROM json_each(?1) AS one
                                   JOIN parts AS p ON p.remote = one.value ->> 1)",
                vec![serde_json::to_string(all).unwrap_or_default()],
            ),
        };
        let find = |settled: &str| -> rusqlite::Result<Vec<OutboxId>> {
            db.prepare(&format!(
                "SELECT id FROM items WHERE erased_at IS NULL AND state {settled} IN ({SETTLED}) AND {condition}
                 ORDER BY id"
            ))?
            .query_map(rusqlite::params_from_iter(&values), |row| {
                row.get(0).map(OutboxId)
            })?
            .collect()
        };
        let work = || Ok((find("")?, find("NOT")?));
        work().map_err(fault(DOING))
    }

    /// Our own ids of the mails that still hold text.
    pub fn own_ids_of_mail(&self) -> Result<Vec<String>> {
        if !self.has_outbox() {
            return Ok(Vec::new());
        }
        let db = self.main()?;
        let work = || -> rusqlite::Result<Vec<String>> {
            db.prepare(
                "SELECT own_id FROM items WHERE erased_at IS NULL AND id NOT IN (SELECT item FROM parts) ORDER BY id",
            )?
            .query_map([], |row| row.get(0))?
            .collect()
        };
        work().map_err(fault(DOING))
    }

    /// Erases text, subject, file names, the servers' words and all recipients of settled items; others stay as they are.
    pub fn erase_items(&self, ids: &[OutboxId], now: Timestamp) -> Result<()> {
        if ids.is_empty() {
            return Ok(());
        }
        let mut db = self.main()?;
        db.execute_batch("PRAGMA secure_delete = ON;")
            .map_err(fault(WRITING))?;
        let tx = begin(&mut db)?;
        let settled = format!("SELECT id FROM items WHERE id = ?1 AND state IN ({SETTLED})");
        let work = || -> rusqlite::Result<Vec<OutboxId>> {
            let mut erased = Vec::new();
            for id in ids {
                for sql in [
                    format!("UPDATE item_bytes SET raw = x'' WHERE item IN ({settled})"),
                    format!(
                        "UPDATE recipients SET name = NULL, email = '{ERASED}', words = NULL, contact = NULL,
                         resolved_from = NULL WHERE item IN ({settled})"
                    ),
                    format!(
                        "UPDATE sends SET meanings = NULL WHERE id IN
                           (SELECT send FROM items WHERE id IN ({settled}))"
                    ),
                    format!("UPDATE audit SET private = NULL WHERE item IN ({settled})"),
                    format!("UPDATE attempts SET words = '' WHERE item IN ({settled})"),
                    format!(
                        "DELETE FROM failures WHERE key GLOB 'item/' || (SELECT id FROM ({settled})) || '/*'"
                    ),
                    format!(
                        "UPDATE reports SET words = NULL, pricing = NULL WHERE (account, remote) IN
                           (SELECT i.account, p.remote FROM parts p JOIN items i ON i.id = p.item WHERE i.id IN ({settled}))"
                    ),
                ] {
                    tx.execute(&sql, [id.0])?;
                }
                let changed = tx.execute(
                    &format!(
                        "UPDATE items SET subject = '', attachments = '[]', error = NULL, hint = NULL, held_by = NULL,
                         erased_at = ?2 WHERE id IN ({settled})"
                    ),
                    params![id.0, ms(now)],
                )?;
                if changed > 0 {
                    erased.push(*id);
                }
            }
            Ok(erased)
        };
        for id in work().map_err(fault(WRITING))? {
            let event = (id, AuditEvent::Erased);
            tell::item(&tx, (&self.auditor, now), event, Told::default())?;
        }
        tx.commit().map_err(fault(WRITING))?;
        db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
            .map_err(fault(WRITING))
    }
}

/// Which items to erase.
pub enum By<'a> {
    Age(Timestamp),
    Address(&'a str),
    MessageIds(&'a [String]),
    /// By the ids that comms gives.
    OwnIds(&'a [String]),
    /// By account and the provider's id of one of their parts.
    Parts(&'a [(String, String)]),
    Ids(&'a [OutboxId]),
}
