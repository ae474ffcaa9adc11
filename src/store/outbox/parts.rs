//! Parts of an item that went one by one: a long text is several messages to a provider with a limit.

use rusqlite::{Connection, params};

use super::row::change;
use super::{DOING, Item, WRITING};
use crate::error::Result;
use crate::model::id::OutboxId;
use crate::store::{Store, fault};

/// A part that the provider has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Where it begins in the text of the item, in bytes.
    pub begins: usize,
    /// The provider's id of it.
    pub remote: String,
}

impl Store {
    /// Writes down that the provider has a part, before the next one goes.
    pub fn part_sent(&self, id: OutboxId, part: &Part) -> Result<()> {
        write(&*self.main()?, id, part)
    }

    /// Notes under which Message-ID the provider sent an item; a thread that it began goes on below that.
    pub fn note_message_id(&self, id: OutboxId, message_id: &str) -> Result<()> {
        change(&mut *self.main()?, false, |tx| {
            for sql in [
                "UPDATE thread_keys SET message_id = ?2 WHERE message_id = (SELECT message_id FROM items WHERE id = ?1)",
                "UPDATE items SET message_id = ?2 WHERE id = ?1",
            ] {
                tx.execute(sql, params![id.0, message_id])
                    .map_err(fault(WRITING))?;
            }
            Ok(())
        })
    }

    /// Writes down which files were brought to the provider for an item, before a message shows them.
    pub fn uploaded(&self, id: OutboxId, remotes: &[String]) -> Result<()> {
        change(&mut *self.main()?, true, |tx| {
            for remote in remotes {
                let row = params![id.0, remote];
                tx.execute(
                    "INSERT OR IGNORE INTO uploads (item, remote) VALUES (?1, ?2)",
                    row,
                )
                .map_err(fault(WRITING))?;
            }
            Ok(())
        })
    }

    /// The files that were brought to the provider for an item, shown or not.
    pub fn uploads(&self, id: OutboxId) -> Result<Vec<String>> {
        let db = self.main()?;
        let read = || -> rusqlite::Result<Vec<String>> {
            db.prepare_cached("SELECT remote FROM uploads WHERE item = ?1")?
                .query_map([id.0], |row| row.get(0))?
                .collect()
        };
        read().map_err(fault(DOING))
    }

    /// The parts of an item that its provider has, in their order.
    pub fn parts(&self, id: OutboxId) -> Result<Vec<Part>> {
        let db = self.main()?;
        let read = || -> rusqlite::Result<Vec<Part>> {
            db.prepare_cached("SELECT begins, remote FROM parts WHERE item = ?1 ORDER BY begins")?
                .query_map([id.0], |row| {
                    Ok(Part {
                        begins: usize::try_from(row.get::<_, i64>(0)?).unwrap_or(usize::MAX),
                        remote: row.get(1)?,
                    })
                })?
                .collect()
        };
        read().map_err(fault(DOING))
    }

    /// What was sent through the same account after an item, and its provider gave an id for; only what went to
    /// this address, where one is named. With our own ids, in the order it was written in.
    pub fn sent_after(&self, item: &Item, to: Option<&str>) -> Result<Vec<(OutboxId, String)>> {
        let db = self.main()?;
        let read = || -> rusqlite::Result<Vec<(OutboxId, String)>> {
            db.prepare_cached(
                "SELECT id, own_id FROM items WHERE id > ?1 AND account = ?2 AND state IN ('sent', 'delivered', 'read')
                 AND EXISTS (SELECT 1 FROM parts WHERE item = items.id)
                 AND (?3 IS NULL OR EXISTS (SELECT 1 FROM recipients WHERE item = items.id AND n = 0 AND email = ?3))
                 ORDER BY id",
            )?
            .query_map(params![item.id.0, item.account, to], |row| {
                Ok((OutboxId(row.get(0)?), row.get(1)?))
            })?
            .collect()
        };
        read().map_err(fault(DOING))
    }
}

pub(super) fn write(db: &Connection, id: OutboxId, part: &Part) -> Result<()> {
    let begins = i64::try_from(part.begins).unwrap_or(i64::MAX);
    db.execute(
        "INSERT OR REPLACE INTO parts (item, begins, remote) VALUES (?1, ?2, ?3)",
        params![id.0, begins, part.remote],
    )
    .map(drop)
    .map_err(fault(WRITING))
}
