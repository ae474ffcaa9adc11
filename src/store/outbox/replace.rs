//! An item that is edited: its bytes and recipients are replaced whole, if nobody is sending it.

use jiff::Timestamp;
use rusqlite::params;

use super::approval::Fingerprint;
use super::lifecycle::{advance, note};
use super::row::{change, item, ms};
use super::tell::{self, Told};
use super::{NewItem, WRITING, charges, insert_recipients};
use crate::error::{Error, Result};
use crate::model::audit::AuditEvent;
use crate::model::id::OutboxId;
use crate::model::outbox::{Event, State};
use crate::store::{Store, fault};

impl Store {
    /// Puts an edited message in the place of what was seen; what was approved is approved no more.
    ///
    /// # Errors
    /// `unavailable` if another process is sending it, or changed it meanwhile; then nothing changes.
    pub fn replace(
        &self,
        id: OutboxId,
        seen: &Fingerprint,
        new: &NewItem,
        now: Timestamp,
    ) -> Result<()> {
        change(&mut *self.main()?, true, |tx| {
            let old = item(tx, id)?;
            let claimed: bool = tx
                .query_row(
                    "SELECT lease_owner IS NOT NULL AND lease_until >= ?2 FROM items WHERE id = ?1",
                    params![id.0, ms(now)],
                    |row| row.get(0),
                )
                .map_err(fault(WRITING))?;
            if claimed || old.state == State::Sending {
                return Err(
                    Error::unavailable(format!("another comms is sending `{id}` now")).item(id),
                );
            }
            if super::approval::fingerprint(tx, &old)? != *seen {
                return Err(Error::unavailable(format!(
                    "`{id}` was changed by someone else meanwhile"
                ))
                .hint(format!("look at it: comms outbox show {id}"))
                .item(id));
            }
            match (old.state, new.state) {
                (a, b) if a == b => {}
                (_, State::Held) => drop(advance(tx, id, Event::Hold)?),
                _ => drop(advance(tx, id, Event::Release)?),
            }
            tx.execute(
                "UPDATE items SET subject = ?2, attachments = ?3, size_bytes = ?4, state = ?5, next_at = ?6, held_by = ?7,
                 bytes_hash = ?8, approved_hash = NULL, error_code = NULL, error = NULL, hint = NULL,
                 lease_owner = NULL, lease_until = NULL, updated_at = ?9 WHERE id = ?1",
                params![
                    id.0,
                    new.subject,
                    new.attachments,
                    i64::try_from(new.raw.len()).unwrap_or(i64::MAX),
                    new.state.name(),
                    new.next_at.map(ms),
                    new.held_by,
                    blake3::hash(&new.raw).as_bytes(),
                    ms(now)
                ],
            )
            .map_err(fault(WRITING))?;
            tx.execute(
                "UPDATE item_bytes SET raw = ?2 WHERE item = ?1",
                params![id.0, new.raw],
            )
            .map_err(fault(WRITING))?;
            tx.execute("DELETE FROM recipients WHERE item = ?1", [id.0])
                .map_err(fault(WRITING))?;
            insert_recipients(tx, id, &new.recipients)?;
            charges::replace(tx, id, &new.charges, now)?;
            note(tx, id, now, ("edited", "someone changed it"))?;
            let told = Told {
                raw: Some(&new.raw),
                ..Told::default()
            };
            tell::item(tx, (&self.auditor, now), (id, AuditEvent::Edited), told)
        })
    }
}
