//! Addresses that want nothing more, on any channel; by hand and by what providers report.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, params};

use crate::error::Result;
use crate::model::audit::{AuditEvent, Person};
use crate::rules::optout::normal;

use super::audit::{self, Entry};
use super::{Store, fault};

const DOING: &str = "reading the opt-outs";
const WRITING: &str = "writing the opt-outs";

/// An address that wants nothing more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suppression {
    /// In its normal form.
    pub address: String,
    pub why: String,
    /// `person`, `script`, `agent`, or the provider that reported it.
    pub source: String,
    pub at: Timestamp,
}

fn read(row: &Row<'_>) -> rusqlite::Result<Suppression> {
    Ok(Suppression {
        address: row.get(0)?,
        why: row.get(1)?,
        source: row.get(2)?,
        at: super::row::millis(row.get(3)?),
    })
}

const SELECT: &str = "SELECT address, why, source, at FROM suppressions";

impl Store {
    /// Notes that an address wants nothing more. False if that was known; then nothing changes.
    pub fn suppress(
        &self,
        address: &str,
        (why, source): (&str, &str),
        now: Timestamp,
    ) -> Result<bool> {
        let address = normal(address);
        let mut db = self.main()?;
        let tx = audit::begin(&mut db)?;
        let added = tx
            .execute(
                "INSERT OR IGNORE INTO suppressions (address, why, source, at) VALUES (?1, ?2, ?3, ?4)",
                params![address, why, source, now.as_millisecond()],
            )
            .map_err(fault(WRITING))?;
        if added == 1 {
            let by = (&self.auditor, now);
            audit::note(&tx, by, AuditEvent::Optout, about(&address, why))?;
        }
        tx.commit().map_err(fault(WRITING))?;
        Ok(added == 1)
    }

    /// Takes an opt-out back. False if there was none.
    pub fn unsuppress(&self, address: &str, now: Timestamp) -> Result<bool> {
        let address = normal(address);
        let mut db = self.main()?;
        let tx = audit::begin(&mut db)?;
        let gone = tx
            .execute("DELETE FROM suppressions WHERE address = ?1", [&address])
            .map_err(fault(WRITING))?;
        if gone == 1 {
            let by = (&self.auditor, now);
            audit::note(&tx, by, AuditEvent::Optin, about(&address, ""))?;
        }
        tx.commit().map_err(fault(WRITING))?;
        Ok(gone == 1)
    }

    /// The opt-out of an address.
    pub fn suppressed(&self, address: &str) -> Result<Option<Suppression>> {
        if !self.has_outbox() {
            return Ok(None);
        }
        self.main()?
            .prepare_cached(&format!("{SELECT} WHERE address = ?1"))
            .and_then(|mut s| s.query_row([normal(address)], read).optional())
            .map_err(fault(DOING))
    }

    /// All opt-outs, by address.
    pub fn suppressions(&self) -> Result<Vec<Suppression>> {
        if !self.has_outbox() {
            return Ok(Vec::new());
        }
        let db = self.main()?;
        let mut statement = db
            .prepare(&format!("{SELECT} ORDER BY address"))
            .map_err(fault(DOING))?;
        let rows = statement.query_map([], read).map_err(fault(DOING))?;
        rows.collect::<rusqlite::Result<_>>().map_err(fault(DOING))
    }
}

fn about<'a>(address: &str, why: &'a str) -> Entry<'a> {
    Entry {
        people: vec![Person {
            address: address.to_owned(),
            state: None,
        }],
        words: Some(why).filter(|why| !why.is_empty()),
        ..Entry::default()
    }
}
