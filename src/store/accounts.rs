//! All that is kept under the name of an account: renamed, forgotten, or asked whether it may be.

use rusqlite::{Connection, params};

use crate::error::Result;
use crate::model::id::OutboxId;
use crate::model::outbox::State;

use super::feed;
use super::folders::{self, Folder};
use super::messages::remove_one;
use super::write::Write;
use super::{Store, fault, keys, moving, threading};

/// What is kept under a name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    pub messages: u64,
    /// Outbox items, settled ones too.
    pub items: u64,
}

impl Store {
    /// What is kept under this name.
    pub fn kept_of(&self, account: &str) -> Result<Kept> {
        if !self.exists() {
            return Ok(Kept::default());
        }
        let messages = self.count_by_account()?;
        let messages = messages.iter().find(|(name, _)| name == account);
        let items: i64 = self
            .main()?
            .query_row(
                "SELECT count(*) FROM items WHERE account = ?1",
                [account],
                |row| row.get(0),
            )
            .map_err(fault("reading the outbox"))?;
        Ok(Kept {
            messages: messages.map_or(0, |(_, n)| *n),
            items: u64::try_from(items).unwrap_or(0),
        })
    }

    /// Items of an account that are in one of these states.
    pub fn items_of(&self, account: &str, states: &[State]) -> Result<Vec<OutboxId>> {
        if !self.exists() {
            return Ok(Vec::new());
        }
        let db = self.main()?;
        let read = || -> rusqlite::Result<Vec<(i64, String)>> {
            db.prepare("SELECT id, state FROM items WHERE account = ?1 ORDER BY id")?
                .query_map([account], |row| Ok((row.get(0)?, row.get(1)?)))?
                .collect()
        };
        let items = read().map_err(fault("reading the outbox"))?;
        let wanted = |state: &str| states.iter().any(|s| s.name() == state);
        Ok(items
            .into_iter()
            .filter(|(_, state)| wanted(state))
            .map(|(id, _)| OutboxId(id))
            .collect())
    }

    /// Gives what is kept under one name to another: messages with their ids, cursors, outbox items.
    ///
    /// A folder that both have is the new name's: an earlier try moved it there.
    pub fn rename_account(&self, old: &str, new: &str) -> Result<()> {
        if !self.exists() {
            return Ok(());
        }
        let doing = "renaming an account";
        self.write(doing, |write| {
            for folder in folders_of(&write.raw, old)? {
                if folders::find(&write.raw, new, &folder.path)?.is_some() {
                    forget(write, &folder)?;
                } else {
                    rename(write, &folder, new).map_err(fault(doing))?;
                }
            }
            feed::rename_account(&write.raw, (old, new))
                .and_then(|()| {
                    write.raw.execute(
                        "UPDATE OR REPLACE moving SET account = ?2 WHERE account = ?1",
                        [old, new],
                    )
                })
                .map_err(fault(doing))?;
            write
                .index
                .execute(
                    "UPDATE OR REPLACE sources SET account = ?2 WHERE account = ?1",
                    [old, new],
                )
                .and_then(|_| {
                    write.index.execute(
                        "UPDATE OR REPLACE stamps SET source = ?2 WHERE source = ?1",
                        [stamp_name(old), stamp_name(new)],
                    )
                })
                .map_err(fault(doing))
                .map(drop)
        })?;
        let mut db = self.main()?;
        let mut change = || -> rusqlite::Result<()> {
            let both = db.transaction()?;
            for sql in [
                "UPDATE items SET account = ?2 WHERE account = ?1",
                "UPDATE items SET moved_from = ?2 WHERE moved_from = ?1",
                "UPDATE OR REPLACE logins SET account = ?2 WHERE account = ?1",
                "UPDATE OR REPLACE circuits SET account = ?2 WHERE account = ?1",
                "UPDATE OR REPLACE directory SET account = ?2 WHERE account = ?1",
                "UPDATE OR REPLACE reports SET account = ?2 WHERE account = ?1",
                "UPDATE OR REPLACE events SET account = ?2 WHERE account = ?1",
                "UPDATE OR REPLACE counters SET account = ?2 WHERE account = ?1",
                "UPDATE OR REPLACE contact_links SET source = ?2 WHERE source = ?1",
                "UPDATE OR REPLACE contact_kept SET source = ?2 WHERE source = ?1",
                "UPDATE OR REPLACE contact_sources SET source = ?2 WHERE source = ?1",
                "UPDATE OR REPLACE contact_erased SET source = ?2 WHERE source = ?1",
            ] {
                both.execute(sql, [old, new])?;
            }
            keys::follow_account(&both, (old, Some(new)))?;
            both.commit()
        };
        change().map_err(fault(doing))
    }

    /// Forgets the messages and cursors of an account; the record of what was sent stays.
    pub fn forget_account(&self, account: &str) -> Result<()> {
        if !self.exists() {
            return Ok(());
        }
        self.write("forgetting an account", |write| {
            for folder in folders_of(&write.raw, account)? {
                forget(write, &folder)?;
            }
            write
                .raw
                .execute("DELETE FROM erased WHERE account = ?1", [account])
                .and_then(|_| {
                    write
                        .raw
                        .execute("DELETE FROM moving WHERE account = ?1", [account])
                })
                .and_then(|_| moving::drop_orphans(&write.raw))
                .and_then(|()| feed::forget_account(&write.raw, account))
                .and_then(|()| {
                    write
                        .index
                        .execute("DELETE FROM sources WHERE account = ?1", [account])
                })
                .and_then(|_| {
                    write.index.execute(
                        "DELETE FROM stamps WHERE source = ?1",
                        [stamp_name(account)],
                    )
                })
                .map_err(fault("forgetting an account"))
                .map(drop)
        })?;
        // People stay; whoever adds the account again finds them by address and name.
        let mut db = self.main()?;
        let mut forget = || -> rusqlite::Result<()> {
            // What a provider posted goes from the disk as well.
            db.execute_batch("PRAGMA secure_delete = ON;")?;
            let all = db.transaction()?;
            for sql in [
                "DELETE FROM directory WHERE account = ?1",
                "DELETE FROM events WHERE account = ?1",
                "DELETE FROM contact_links WHERE source = ?1",
                "DELETE FROM contact_kept WHERE source = ?1",
                "DELETE FROM contact_sources WHERE source = ?1",
            ] {
                all.execute(sql, [account])?;
            }
            all.commit()?;
            db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
        };
        forget().map_err(fault("forgetting an account"))
    }
}

/// Under which name the stamp of an account is kept that has one as a whole; it goes where the account goes.
pub fn stamp_name(account: &str) -> String {
    format!("account {account}")
}

fn folders_of(raw: &Connection, account: &str) -> Result<Vec<Folder>> {
    let all = folders::rows(raw).map_err(fault("reading the folders"))?;
    Ok(all.into_iter().filter(|f| f.account == account).collect())
}

fn rename(write: &Write<'_>, folder: &Folder, new: &str) -> rusqlite::Result<()> {
    let renamed = Folder {
        account: new.to_owned(),
        ..folder.clone()
    };
    write.raw.execute(
        "UPDATE folders SET account = ?2 WHERE id = ?1",
        params![folder.id, new],
    )?;
    folders::mirror(&write.index, &renamed)?;
    write.raw.execute(
        "UPDATE OR REPLACE erased SET account = ?2 WHERE account = ?1",
        params![folder.account, new],
    )?;
    // Replies without references are found by their subject within an account.
    let subjects: Vec<(i64, String)> = write
        .index
        .prepare_cached("SELECT key, subject FROM messages WHERE folder = ?1")?
        .query_map([folder.id], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    let mut update = write
        .index
        .prepare_cached("UPDATE OR REPLACE subjects SET hash = ?3 WHERE hash = ?1 AND key = ?2")?;
    for (key, subject) in subjects {
        let hashes = [folder.account.as_str(), new].map(|a| threading::subject_hash(a, &subject));
        if let [Some(before), Some(after)] = hashes {
            update.execute([before, key, after])?;
        }
    }
    Ok(())
}

/// A folder and its messages.
pub(super) fn forget(write: &Write<'_>, folder: &Folder) -> Result<()> {
    let doing = "forgetting a folder";
    let ids = || -> rusqlite::Result<Vec<i64>> {
        write
            .raw
            .prepare("SELECT id FROM mail WHERE folder = ?1")?
            .query_map([folder.id], |row| row.get(0))?
            .collect()
    };
    for id in ids().map_err(fault(doing))? {
        remove_one(write, id)?;
    }
    feed::forget_folder(&write.raw, folder.id).map_err(fault(doing))?;
    for db in [&write.raw, &write.index] {
        db.execute("DELETE FROM folders WHERE id = ?1", [folder.id])
            .map_err(fault(doing))?;
    }
    Ok(())
}
