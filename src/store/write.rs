//! Writing to `raw.db` and `index.db` together.
//!
//! Both are locked, `index.db` first, so that writers of all processes take turns; `raw.db` is committed
//! first. Each write raises the generation in both files: if they differ, a crash came between the two
//! commits, and the next writer mends the index before its own work.

use std::cell::RefCell;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};

use crate::error::{Kind, Result};
use crate::format::document;

use super::entry::{self, Entry, Indexer};
use super::folders::{self, Folder, Folders};
use super::{Store, bytes, fault, kept, row, schema};

/// Both files, locked.
pub struct Write<'a> {
    pub raw: Transaction<'a>,
    pub index: Transaction<'a>,
    /// Blobs that may have lost their last reference.
    pub loose_blobs: RefCell<Vec<Vec<u8>>>,
    /// When it is.
    pub now: Timestamp,
}

/// How many messages one commit of a rebuild holds.
const BATCH: i64 = 2_000;

impl Store {
    /// Runs `work` in one transaction over both files.
    pub(super) fn write<T>(
        &self,
        doing: &'static str,
        work: impl FnOnce(&Write<'_>) -> Result<T>,
    ) -> Result<T> {
        let mut index_db = self.index()?;
        let mut raw_db = self.raw_db()?;
        let immediate = TransactionBehavior::Immediate;
        let write = Write {
            index: index_db
                .transaction_with_behavior(immediate)
                .map_err(fault(doing))?,
            raw: raw_db
                .transaction_with_behavior(immediate)
                .map_err(fault(doing))?,
            loose_blobs: RefCell::default(),
            now: self.clock.now(),
        };
        self.mend(&write)?;
        let out = work(&write)?;
        let Write {
            raw,
            index,
            loose_blobs,
            ..
        } = write;
        let unnamed = bytes::unnamed(&raw, loose_blobs.into_inner()).map_err(fault(doing))?;
        let finish = || -> rusqlite::Result<Transaction<'_>> {
            let generation = meta(&raw, "generation")? + 1;
            set_meta(&raw, "generation", generation)?;
            set_meta(&index, "generation", generation)?;
            set_meta(&index, "last_id", meta(&raw, "last_id")?)?;
            raw.commit()?;
            Ok(index)
        };
        let index = finish().map_err(fault(doing))?;
        // The index is still locked: nobody else can be storing the same bytes again.
        bytes::drop_blobs(&self.dir, &unnamed);
        index.commit().map_err(fault(doing))?;
        Ok(out)
    }

    /// Brings `index.db` to what `raw.db` says, if a crash left it behind.
    fn mend(&self, write: &Write<'_>) -> Result<()> {
        let doing = "mending the index";
        let numbers = |db: &Connection| -> rusqlite::Result<(i64, i64)> {
            Ok((meta(db, "generation")?, meta(db, "last_id")?))
        };
        let (raw, index) = (&write.raw, &write.index);
        let (generation, last) = numbers(raw).map_err(fault(doing))?;
        let (indexed_generation, mut indexed) = numbers(index).map_err(fault(doing))?;
        if (generation, last) == (indexed_generation, indexed) {
            return mark_half_built(index, false).map_err(fault(doing));
        }
        if indexed_generation > generation || indexed > last {
            // `raw.db` was lost or put back from a copy: the cursors promise what is no longer there.
            clear(raw, index)
                .and_then(|()| kept::forget(index))
                .map_err(fault(doing))?;
            forget_cursors(index).map_err(fault(doing))?;
            indexed = 0;
        } else if indexed_generation != generation {
            reconcile(raw, index)?;
            // A message that came back has a number below the last one.
            if lacks_some(raw, index, indexed).map_err(fault(doing))? {
                let lost = bytes::lost(&self.dir, raw).map_err(fault(doing))?;
                kept::keep(index, &lost)
                    .and_then(|()| clear(raw, index))
                    .map_err(fault(doing))?;
                indexed = 0;
            }
        }
        while let Some(next) = self.index_batch(raw, index, indexed)? {
            indexed = next;
        }
        set_meta(index, "generation", generation)
            .and_then(|()| set_meta(index, "last_id", last))
            .and_then(|()| mark_half_built(index, false))
            .map_err(fault(doing))
    }

    /// Mends the index if a crash left it behind: for who acts on what a search finds.
    pub fn catch_up(&self) -> Result<()> {
        let doing = "mending the index";
        let numbers = |db: &Connection| -> rusqlite::Result<(i64, i64)> {
            Ok((meta(db, "generation")?, meta(db, "last_id")?))
        };
        let there = numbers(&*self.raw_reader()?).map_err(fault(doing))?;
        let here = numbers(&*self.reader()?).map_err(fault(doing))?;
        match here == there {
            true => Ok(()),
            false => self.write(doing, |_| Ok(())),
        }
    }

    /// Finishes a rebuild that was killed; nothing while it still goes on elsewhere.
    pub(super) fn finish_rebuild(&self) -> Result<()> {
        match schema::sole(&self.dir, "rebuilding")? {
            Some(_alone) => self.write("rebuilding the index", |_| Ok(())),
            None => Ok(()),
        }
    }

    /// Builds `index.db` anew from `raw.db` and the Maildirs, with the same ids; says how many messages
    /// it holds. A damaged file is replaced. Searches see the part that is done.
    pub fn rebuild_index(&self, progress: &dyn Fn(u64, Option<u64>)) -> Result<u64> {
        let doing = "rebuilding the index";
        // Who searches meanwhile sees that someone is at it.
        let _alone = schema::sole(&self.dir, "rebuilding")?;
        let cleared = self.clear_index();
        if let Err(e) = cleared {
            if e.kind != Kind::Internal {
                return Err(e);
            }
            self.replace_index()?;
            mark_half_built(&*self.index()?, true).map_err(fault(doing))?;
        }
        let mut index_db = self.index()?;
        let mut raw_db = self.raw_db()?;
        let total: i64 = raw_db
            .query_row("SELECT count(*) FROM mail", [], |row| row.get(0))
            .map_err(fault(doing))?;
        let total = u64::try_from(total).unwrap_or(0);
        let immediate = TransactionBehavior::Immediate;
        loop {
            let index = index_db
                .transaction_with_behavior(immediate)
                .map_err(fault(doing))?;
            let raw = raw_db
                .transaction_with_behavior(immediate)
                .map_err(fault(doing))?;
            let from = meta(&index, "last_id").map_err(fault(doing))?;
            let next = self.index_batch(&raw, &index, from)?;
            let finish = || -> rusqlite::Result<i64> {
                let reached = match next {
                    Some(id) => id,
                    None => meta(&raw, "last_id")?,
                };
                set_meta(&index, "last_id", reached)?;
                set_meta(&index, "generation", meta(&raw, "generation")?)?;
                if next.is_none() {
                    mark_half_built(&index, false)?;
                }
                index.query_row("SELECT count(*) FROM messages", [], |row| row.get(0))
            };
            let done = u64::try_from(finish().map_err(fault(doing))?).unwrap_or(0);
            index.commit().map_err(fault(doing))?;
            progress(done, Some(total));
            if next.is_none() {
                return Ok(done);
            }
        }
    }

    /// Indexes the messages after `from`; the last id it reached, `None` if there were no more.
    fn index_batch(&self, raw: &Connection, index: &Connection, from: i64) -> Result<Option<i64>> {
        let doing = "rebuilding the index";
        mirror_folders(raw, index).map_err(fault(doing))?;
        let folders = Folders::load(index)?;
        let rows = || -> rusqlite::Result<Vec<RawRow>> {
            raw.prepare_cached(
                "SELECT m.id, m.folder, m.received_at, m.flags, m.size, m.labels, f.thread
             FROM mail m LEFT JOIN founders f ON f.id = m.id
             WHERE m.id > ?1 ORDER BY m.id LIMIT ?2",
            )?
            .query_map(params![from, BATCH], |row| {
                Ok(RawRow {
                    id: row.get(0)?,
                    folder: row.get(1)?,
                    received_at: row.get(2)?,
                    flags: row.get(3)?,
                    size: row.get(4)?,
                    labels: row.get::<_, Option<String>>(5)?.unwrap_or_default(),
                    founder: row.get(6)?,
                })
            })?
            .collect()
        };
        let rows = rows().map_err(fault(doing))?;
        let mut indexer = Indexer::new(index, &self.own);
        for row in &rows {
            let Some(folder) = folders.by_id(row.folder) else {
                continue;
            };
            let parsed = match bytes::read(&self.dir, raw, row.id) {
                Ok(bytes) => document::parse(folder.channel, &bytes),
                // A file that another program removed: the next scan will say so.
                Err(_) => kept::known(index, &folders, row.id).map_err(fault(doing))?,
            };
            indexer.add(&Entry {
                id: row.id,
                folder,
                flags: row.flags,
                labels: &row.labels,
                received_at: row.received_at,
                size: row.size,
                founder: row.founder,
                parsed: &parsed,
            })?;
        }
        indexer.finish()?;
        Ok(rows.last().map(|row| row.id))
    }

    pub(super) fn clear_index(&self) -> Result<()> {
        let doing = "rebuilding the index";
        let mut index_db = self.index()?;
        let mut raw_db = self.raw_db()?;
        let immediate = TransactionBehavior::Immediate;
        let index = index_db
            .transaction_with_behavior(immediate)
            .map_err(fault(doing))?;
        let raw = raw_db
            .transaction_with_behavior(immediate)
            .map_err(fault(doing))?;
        let damage: String = index
            .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
            .map_err(fault(doing))?;
        if damage != "ok" {
            return Err(crate::error::Error::internal(damage));
        }
        let lost = bytes::lost(&self.dir, &raw).map_err(fault(doing))?;
        kept::keep(&index, &lost)
            .and_then(|()| clear(&raw, &index))
            .and_then(|()| mark_half_built(&index, true))
            .map_err(fault(doing))?;
        index.commit().map_err(fault(doing))
    }
}

/// A number kept in a file's table `meta`.
pub fn meta(db: &Connection, name: &str) -> rusqlite::Result<i64> {
    db.prepare_cached("SELECT value FROM meta WHERE name = ?1")?
        .query_row([name], |row| row.get(0))
}

/// Writes a number of the table `meta`.
pub fn set_meta(db: &Connection, name: &str, value: i64) -> rusqlite::Result<()> {
    db.prepare_cached("UPDATE meta SET value = ?2 WHERE name = ?1")?
        .execute(params![name, value])
        .map(drop)
}

/// Notes in the index that it holds only a part of the messages, or no longer.
fn mark_half_built(index: &Connection, half: bool) -> rusqlite::Result<()> {
    let sql = match half {
        true => "INSERT OR REPLACE INTO meta VALUES ('rebuilding', 1)",
        false => "DELETE FROM meta WHERE name = 'rebuilding'",
    };
    index.prepare_cached(sql)?.execute([])?;
    match half {
        true => Ok(()),
        false => kept::forget(index),
    }
}

/// Whether a rebuild of the index began and did not end.
pub fn is_half_built(index: &Connection) -> rusqlite::Result<bool> {
    index
        .prepare_cached("SELECT 1 FROM meta WHERE name = 'rebuilding'")?
        .exists([])
}

/// Empties the index; cursors of sync stay.
fn clear(raw: &Connection, index: &Connection) -> rusqlite::Result<()> {
    // What is written anew may be less: a purge that comes later must not leave words in pages that nothing uses.
    index.execute_batch(
        "PRAGMA secure_delete = ON;
         INSERT INTO text (text) VALUES ('delete-all');
         DELETE FROM messages; DELETE FROM facts; DELETE FROM labels; DELETE FROM message_ids;
         DELETE FROM thread_ids; DELETE FROM subjects; DELETE FROM threads; DELETE FROM aliases;
         UPDATE folders SET total = 0, unread = 0;
         UPDATE meta SET value = 0;",
    )?;
    mirror_folders(raw, index)
}

/// Whether the index lacks messages up to this number.
fn lacks_some(raw: &Connection, index: &Connection, through: i64) -> rusqlite::Result<bool> {
    let count = |db: &Connection, sql: &str| -> rusqlite::Result<i64> {
        db.query_row(sql, [through], |row| row.get(0))
    };
    let there = count(raw, "SELECT count(*) FROM mail WHERE id <= ?1")?;
    Ok(count(index, "SELECT count(*) FROM messages WHERE id <= ?1")? < there)
}

fn forget_cursors(index: &Connection) -> rusqlite::Result<()> {
    index.execute_batch(
        "UPDATE folders SET uid_validity = NULL, uid_next = NULL, highest_modseq = NULL, stamp = NULL;
         DELETE FROM stamps; DELETE FROM sources;",
    )
}

/// Makes the folders of the index those of `raw.db`.
fn mirror_folders(raw: &Connection, index: &Connection) -> rusqlite::Result<()> {
    let theirs = folders::rows(raw)?;
    for ours in folders::rows(index)? {
        let kept = theirs
            .iter()
            .any(|f| (f.id, &f.account, &f.path) == (ours.id, &ours.account, &ours.path));
        if !kept {
            index.execute("DELETE FROM folders WHERE id = ?1", [ours.id])?;
        }
    }
    for folder in &theirs {
        folders::mirror(index, folder)?;
    }
    Ok(())
}

struct RawRow {
    id: i64,
    folder: i64,
    received_at: i64,
    flags: i64,
    size: i64,
    labels: String,
    founder: Option<i64>,
}

/// Gives every indexed message the folder, flags and labels that `raw.db` has, and drops those it lacks.
fn reconcile(raw: &Connection, index: &Connection) -> Result<()> {
    let work = || -> rusqlite::Result<()> {
        for folder in folders::rows(index)? {
            let now = folders::rows(raw)?.into_iter().find(|f| f.id == folder.id);
            if let Some(now) = now.filter(|now| now.role != folder.role) {
                entry::change_role(index, &folder, &now)?;
                folders::mirror(index, &now)?;
            }
        }
        let before = folders::rows(index)?;
        mirror_folders(raw, index)?;
        let now = folders::rows(index)?;
        let by_id = |folders: &[Folder], id: i64| folders.iter().find(|f| f.id == id).cloned();
        let ids: Vec<i64> = index
            .prepare("SELECT id FROM messages ORDER BY id")?
            .query_map([], |row| row.get(0))?
            .collect::<rusqlite::Result<_>>()?;
        for id in ids {
            let Some(known) = entry::find(index, id)? else {
                continue;
            };
            let Some(from) = by_id(&before, known.folder) else {
                continue;
            };
            let wanted: Option<(i64, i64, Option<String>)> = raw
                .prepare_cached("SELECT folder, flags, labels FROM mail WHERE id = ?1")?
                .query_row([id], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
                .optional()?;
            match wanted.and_then(|(to, bits, labels)| Some((by_id(&now, to)?, bits, labels))) {
                Some((to, bits, labels)) => {
                    let labels = labels.unwrap_or_default();
                    entry::alter(index, &known, (&from, &to), (row::flags(bits), &labels))?;
                }
                None => entry::remove(index, &known, &from)?,
            }
        }
        Ok(())
    };
    work().map_err(fault("mending the index"))
}
