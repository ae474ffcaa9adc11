//! An item that another account takes over.

use jiff::Timestamp;
use rusqlite::params;

use super::lifecycle::note;
use super::row::{begin, ms};
use super::tell::{self, Told};
use super::{WRITING, approval};
use crate::error::Result;
use crate::model::audit::AuditEvent;
use crate::model::id::OutboxId;
use crate::store::owner::Owner;
use crate::store::{Store, fault};

/// The outcome of an attempt's row that tells of a move; it begins a new series of tries.
pub const MOVED: &str = "moved";

/// Where an item goes.
#[derive(Clone, Copy, Debug)]
pub struct Target<'a> {
    pub account: &'a str,
    pub channel: &'a str,
    /// For the envelope; the bytes stay as they are.
    pub sender: &'a str,
    pub why: &'a str,
}

impl Store {
    /// Gives an item that this owner claimed to another account: only those who wait, and only if none is in doubt.
    ///
    /// An item moves once. False if it may not.
    pub fn move_item(
        &self,
        id: OutboxId,
        target: Target<'_>,
        (owner, now): (&Owner, Timestamp),
    ) -> Result<bool> {
        let mut db = self.main()?;
        let tx = begin(&mut db)?;
        let approved = approval::is_approved(&tx, id)?;
        let moved = tx
            .execute(
                "UPDATE items SET moved_from = account, account = ?2, channel = ?3, sender = ?4, held_by = NULL,
                 next_at = NULL, error_code = NULL, error = NULL, hint = NULL, updated_at = ?6
                 WHERE id = ?1 AND state = 'ready' AND lease_owner = ?5 AND moved_from IS NULL
                 AND EXISTS (SELECT 1 FROM recipients r WHERE r.item = ?1 AND r.state = 'waiting')
                 AND NOT EXISTS (SELECT 1 FROM recipients r WHERE r.item = ?1 AND r.state IN ('unconfirmed', 'sending'))",
                params![
                    id.0,
                    target.account,
                    target.channel,
                    target.sender,
                    owner.name,
                    ms(now)
                ],
            )
            .map_err(fault(WRITING))?;
        if moved == 1 {
            if approved {
                approval::rebind(&tx, id)?;
            }
            let words = format!("to account `{}`: {}", target.account, target.why);
            note(&tx, id, now, (MOVED, &words))?;
            let told = Told {
                words: Some(&words),
                ..Told::default()
            };
            tell::item(&tx, (&self.auditor, now), (id, AuditEvent::Moved), told)?;
        }
        tx.commit().map_err(fault(WRITING))?;
        Ok(moved == 1)
    }
}
