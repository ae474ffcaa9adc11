//! Syncs of contacts that were shown and not applied yet.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};

use crate::error::{Error, Result};
use crate::model::id::PlanId;
use crate::store::outbox::change;
use crate::store::{Store, fault};

use super::{READING, WRITING};

/// How many plans are kept; who makes plans and applies none forgets the oldest.
const KEPT: i64 = 20;

impl Store {
    /// Keeps a plan for these sources; gives its id.
    pub fn keep_contact_plan(
        &self,
        sources: &str,
        document: &str,
        now: Timestamp,
    ) -> Result<PlanId> {
        change(&mut *self.main()?, true, |tx| {
            let keep = || -> rusqlite::Result<PlanId> {
                tx.execute(
                    "INSERT INTO contact_plans (source, document, created_at) VALUES (?1, ?2, ?3)",
                    params![sources, document, now.as_millisecond()],
                )?;
                let id = tx.last_insert_rowid();
                tx.execute("DELETE FROM contact_plans WHERE id <= ?1", [id - KEPT])?;
                Ok(PlanId(id))
            };
            keep().map_err(fault(WRITING))
        })
    }

    /// A plan that was kept.
    pub fn contact_plan(&self, id: PlanId) -> Result<String> {
        let found = match self.has_outbox() {
            false => None,
            true => self
                .main()?
                .query_row(
                    "SELECT document FROM contact_plans WHERE id = ?1",
                    [id.0],
                    |row| row.get(0),
                )
                .optional()
                .map_err(fault(READING))?,
        };
        found.ok_or_else(|| {
            Error::not_found(format!("there is no plan `{id}`"))
                .hint("`comms contacts sync --plan` makes one; it is gone once it is applied")
        })
    }

    /// Forgets a plan that was applied.
    pub fn drop_contact_plan(&self, id: PlanId) -> Result<()> {
        change(&mut *self.main()?, true, |tx| {
            tx.execute("DELETE FROM contact_plans WHERE id = ?1", [id.0])
                .map(drop)
                .map_err(fault(WRITING))
        })
    }
}
