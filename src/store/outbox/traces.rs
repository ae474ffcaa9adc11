//! Where an address stands beside the items that were sent to it: in lines of the audit log about no item, in the keys of
//! threads.

use jiff::Timestamp;
use rusqlite::params;

use super::row::{begin, ms};
use super::{DOING, WRITING};
use crate::error::Result;
use crate::model::audit::AuditEvent;
use crate::store::audit::{Entry, note};
use crate::store::{Store, fault};

/// What is left of people, or of what is too old.
#[derive(Clone, Debug, Default)]
pub struct Traces {
    /// Lines of the audit log about no item.
    pub lines: Vec<u64>,
    /// Threads of alerts with one of these people.
    threads: Vec<(String, String)>,
    /// Rules that name whom erased items were for: earlier versions left them.
    rules: bool,
}

impl Traces {
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty() && self.threads.is_empty() && !self.rules
    }
}

impl Store {
    /// What stands here of these addresses, and what was refused before a time.
    pub fn traces(&self, addresses: &[String], before: Option<Timestamp>) -> Result<Traces> {
        if !self.has_outbox() {
            return Ok(Traces::default());
        }
        let all = serde_json::to_string(addresses).unwrap_or_default();
        let db = self.main()?;
        let work = || -> rusqlite::Result<Traces> {
            let lines = db
                .prepare(
                    "SELECT n FROM audit WHERE item IS NULL AND private IS NOT NULL AND (
                       (at < ?2 AND line ->> '$.event' = 'refused') OR EXISTS (
                         SELECT 1 FROM json_each(private, '$.people') AS p
                         WHERE lower(p.value ->> '$.address') IN (SELECT lower(value) FROM json_each(?1))))
                     ORDER BY n",
                )?
                .query_map(params![all, before.map(ms)], |row| {
                    row.get(0).map(i64::unsigned_abs)
                })?
                .collect::<rusqlite::Result<_>>()?;
            let threads = db
                .prepare(
                    "SELECT key, people FROM thread_keys WHERE EXISTS (
                       SELECT 1 FROM json_each(?1) WHERE instr(',' || people || ',', ',' || lower(value) || ',') > 0)",
                )?
                .query_map([all], |row| Ok((row.get(0)?, row.get(1)?)))?
                .collect::<rusqlite::Result<_>>()?;
            let rules = db.query_row(
                "SELECT EXISTS (SELECT 1 FROM items WHERE erased_at IS NOT NULL AND held_by IS NOT NULL)",
                [],
                |row| row.get(0),
            )?;
            Ok(Traces {
                lines,
                threads,
                rules,
            })
        };
        work().map_err(fault(DOING))
    }

    /// Erases them; a line of the log says which of its lines lost their people and words.
    pub fn erase_traces(&self, traces: &Traces, now: Timestamp) -> Result<()> {
        if traces.is_empty() {
            return Ok(());
        }
        let mut db = self.main()?;
        db.execute_batch("PRAGMA secure_delete = ON;")
            .map_err(fault(WRITING))?;
        let tx = begin(&mut db)?;
        let work = || -> rusqlite::Result<()> {
            for n in &traces.lines {
                let n = i64::try_from(*n).unwrap_or(i64::MAX);
                tx.execute("UPDATE audit SET private = NULL WHERE n = ?1", [n])?;
            }
            for (key, people) in &traces.threads {
                let sql = "DELETE FROM thread_keys WHERE key = ?1 AND people = ?2";
                tx.execute(sql, [key, people])?;
            }
            tx.execute(
                "UPDATE items SET held_by = NULL WHERE erased_at IS NOT NULL AND held_by IS NOT NULL",
                [],
            )
            .map(drop)
        };
        work().map_err(fault(WRITING))?;
        if !traces.lines.is_empty() {
            let entry = Entry {
                erases: &traces.lines,
                ..Entry::default()
            };
            note(&tx, (&self.auditor, now), AuditEvent::Erased, entry)?;
        }
        tx.commit().map_err(fault(WRITING))?;
        db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
            .map_err(fault(WRITING))
    }
}
