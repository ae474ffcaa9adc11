//! Channels and people of an account's workspace, as they were listed last.

use rusqlite::{OptionalExtension, Row, params};

use crate::error::Result;
use crate::model::directory::{Entry, EntryKind};

use super::outbox::change;
use super::{Store, fault};

const DOING: &str = "keeping the directory";
const READING: &str = "reading the directory";
const COLUMNS: &str = "id, kind, name, handle, email, person, gone";

impl Store {
    /// Puts a new list in the place of the one before.
    pub fn keep_directory(&self, account: &str, entries: &[Entry]) -> Result<()> {
        change(&mut *self.main()?, false, |tx| {
            tx.execute("DELETE FROM directory WHERE account = ?1", [account])
                .map_err(fault(DOING))?;
            for entry in entries {
                insert(tx, account, entry).map_err(fault(DOING))?;
            }
            Ok(())
        })
    }

    /// Adds an entry, or puts it in the place of the one with its id.
    pub fn keep_entry(&self, account: &str, entry: &Entry) -> Result<()> {
        change(&mut *self.main()?, false, |tx| {
            insert(tx, account, entry).map_err(fault(DOING))
        })
    }

    /// All that is known of an account's workspace.
    pub fn directory(&self, account: &str) -> Result<Vec<Entry>> {
        if !self.has_outbox() {
            return Ok(Vec::new());
        }
        let db = self.main()?;
        let read = || -> rusqlite::Result<Vec<Entry>> {
            db.prepare_cached(&format!(
                "SELECT {COLUMNS} FROM directory WHERE account = ?1 ORDER BY id"
            ))?
            .query_map([account], entry)?
            .collect()
        };
        read().map_err(fault(READING))
    }

    /// Those of them that have these ids.
    pub fn entries<'i>(
        &self,
        account: &str,
        ids: impl IntoIterator<Item = &'i str>,
    ) -> Result<Vec<Entry>> {
        if !self.has_outbox() {
            return Ok(Vec::new());
        }
        let db = self.main()?;
        let mut one = db
            .prepare_cached(&format!(
                "SELECT {COLUMNS} FROM directory WHERE account = ?1 AND id = ?2"
            ))
            .map_err(fault(READING))?;
        let found = ids.into_iter().filter_map(|id| {
            let found = one.query_row([account, id], entry).optional();
            found.map_err(fault(READING)).transpose()
        });
        found.collect()
    }
}

fn insert(tx: &rusqlite::Transaction<'_>, account: &str, entry: &Entry) -> rusqlite::Result<()> {
    tx.prepare_cached(&format!(
        "INSERT OR REPLACE INTO directory (account, {COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"
    ))?
    .execute(params![
        account,
        entry.id,
        entry.kind.name(),
        entry.name,
        entry.handle,
        entry.email,
        entry.person,
        entry.gone,
    ])
    .map(drop)
}

fn entry(row: &Row<'_>) -> rusqlite::Result<Entry> {
    Ok(Entry {
        id: row.get(0)?,
        kind: EntryKind::named(&row.get::<_, String>(1)?),
        name: row.get(2)?,
        handle: row.get(3)?,
        email: row.get(4)?,
        person: row.get(5)?,
        gone: row.get(6)?,
    })
}
