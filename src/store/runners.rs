//! Who drains the outbox by time, so that nobody waits for a runner that is not there.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};

use crate::error::Result;

use super::{Store, fault};

const DOING: &str = "noting who drains the outbox";

impl Store {
    /// A runner was here.
    pub fn note_runner(&self, now: Timestamp) -> Result<()> {
        self.main()?
            .execute(
                "INSERT OR REPLACE INTO runners VALUES ('outbox run', ?1)",
                params![now.as_millisecond()],
            )
            .map(drop)
            .map_err(fault(DOING))
    }

    /// When a runner was last here.
    pub fn last_runner(&self) -> Result<Option<Timestamp>> {
        let at: Option<i64> = self
            .main()?
            .query_row("SELECT max(at) FROM runners", [], |row| row.get(0))
            .optional()
            .map_err(fault(DOING))?
            .flatten();
        Ok(at.and_then(|at| Timestamp::from_millisecond(at).ok()))
    }
}
