//! Erasing: bytes, blobs and index entries go, and marks stay that keep the messages from coming back.
//!
//! A server or someone's Maildir still has what it has. A message is known there by its ident; by the hash of its
//! bytes, should it move to another folder or be numbered anew.

use std::collections::HashSet;
use std::fs;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use crate::error::Result;
use crate::model::id::MessageId;
use crate::model::message::{Ident, Raw};

use super::folders::Folders;
use super::messages::remove_one;
use super::row::{ident, ident_bytes};
use super::write::Write;
use super::{Store, bytes, fault, moving};

const DOING: &str = "erasing messages";

/// Messages of one commit.
const BATCH: usize = 500;

/// First byte of a mark that is a hash; idents begin with smaller ones.
const HASH: u8 = 0xFF;

impl Store {
    /// Erases these messages; unknown ids are passed over. What it frees is overwritten on the disk.
    pub fn purge(&self, ids: &[MessageId], progress: &dyn Fn(u64)) -> Result<()> {
        for db in [self.index()?, self.raw_db()?] {
            db.execute_batch("PRAGMA secure_delete = ON;")
                .map_err(fault(DOING))?;
        }
        self.forget_people()?;
        for (n, batch) in ids.chunks(BATCH).enumerate() {
            self.write(DOING, |write| {
                let folders = Folders::load(&write.index)?;
                moving::forget_all(&write.raw, batch).map_err(fault(DOING))?;
                batch.iter().try_for_each(|id| {
                    leave_marks(self, write, &folders, id.0)?;
                    remove_one(write, id.0)
                })
            })?;
            progress((n * BATCH + batch.len()) as u64);
        }
        Ok(())
    }

    /// Takes what was erased out of the text index and the logs of SQLite, where its words may still lie.
    pub fn scrub(&self) -> Result<()> {
        // Someone may have been looked up while messages were being erased.
        self.forget_people()?;
        self.optimize()?;
        for db in [self.index()?, self.raw_db()?] {
            // A reader may keep a log from being emptied: then it is overwritten with the next writes.
            db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
                .map_err(fault(DOING))?;
        }
        Ok(())
    }

    /// Whether something of this name is due again: once in a day, for one of all processes.
    pub fn first_today(&self, name: &str, now: Timestamp) -> Result<bool> {
        const DAY_MS: i64 = 24 * 3600 * 1000;
        // A clock that was set back must not put it off for ever.
        self.main()?
            .execute(
                "INSERT INTO daily VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET at = excluded.at
                 WHERE abs(excluded.at - at) >= ?3",
                params![name, now.as_millisecond(), DAY_MS],
            )
            .map(|n| n == 1)
            .map_err(fault(DOING))
    }

    /// Keeps a message from coming in that its writer took back before it came.
    pub fn refuse_remote(&self, account: &str, remote: &str) -> Result<()> {
        let mark = ident_bytes(&Ident::Remote(remote.to_owned()));
        self.write("noting what was taken back", |write| {
            leave(&write.raw, (account, ""), &mark)
        })
    }

    /// UIDs of an IMAP folder that were erased here, under this UIDVALIDITY.
    pub fn erased_uids(&self, account: &str, folder: &str, validity: u32) -> Result<HashSet<u32>> {
        let marks = self.marks(account, folder)?;
        let uids = marks.iter().filter_map(|mark| match ident(mark) {
            Some(Ident::Uid { validity: v, uid }) if v == validity => Some(uid),
            _ => None,
        });
        Ok(uids.collect())
    }

    /// Unique names of a Maildir's files that were erased here.
    pub fn erased_names(&self, account: &str) -> Result<HashSet<String>> {
        let marks = self.marks(account, "")?;
        let names = marks.iter().filter_map(|mark| match ident(mark) {
            Some(Ident::Maildir(name)) => Some(name),
            _ => None,
        });
        Ok(names.collect())
    }

    /// Ids by which a provider names messages that were erased here.
    pub fn erased_remotes(&self, account: &str) -> Result<HashSet<String>> {
        let marks = self.marks(account, "")?;
        let ids = marks.iter().filter_map(|mark| match ident(mark) {
            Some(Ident::Remote(id)) => Some(id),
            _ => None,
        });
        Ok(ids.collect())
    }

    fn marks(&self, account: &str, folder: &str) -> Result<Vec<Vec<u8>>> {
        let db = self.raw_reader()?;
        let read = || -> rusqlite::Result<Vec<Vec<u8>>> {
            db.prepare_cached("SELECT mark FROM erased WHERE account = ?1 AND folder = ?2")?
                .query_map([account, folder], |row| row.get(0))?
                .collect()
        };
        read().map_err(fault("reading what was erased"))
    }
}

fn leave_marks(store: &Store, write: &Write<'_>, folders: &Folders, id: i64) -> Result<()> {
    let row: Option<(i64, Vec<u8>)> = write
        .raw
        .prepare_cached("SELECT folder, ident FROM mail WHERE id = ?1")
        .and_then(|mut row| {
            row.query_row([id], |row| Ok((row.get(0)?, row.get(1)?)))
                .optional()
        })
        .map_err(fault(DOING))?;
    let Some((folder, mark)) = row else {
        return Ok(());
    };
    let Some(folder) = folders.by_id(folder) else {
        return Ok(());
    };
    let account = folder.account.as_str();
    match ident(&mark) {
        Some(Ident::Remote(_)) => return leave(&write.raw, (account, ""), &mark),
        // A file mostly keeps its unique name when it is moved.
        Some(Ident::Maildir(_)) => leave(&write.raw, (account, ""), &mark)?,
        Some(Ident::Uid { .. }) => leave(&write.raw, (account, &folder.path), &mark)?,
        // An import is asked for by a person, who may ask for it again.
        _ => return Ok(()),
    }
    // Bytes that can't be read are none to come back.
    match bytes::read(store.dir(), &write.raw, id) {
        Ok(bytes) => leave(&write.raw, (account, ""), &hash(&bytes)),
        Err(_) => Ok(()),
    }
}

fn leave(raw: &Connection, (account, folder): (&str, &str), mark: &[u8]) -> Result<()> {
    raw.prepare_cached("INSERT OR IGNORE INTO erased VALUES (?1, ?2, ?3)")
        .and_then(|mut insert| insert.execute(params![account, folder, mark]))
        .map(drop)
        .map_err(fault(DOING))
}

fn hash(bytes: &[u8]) -> Vec<u8> {
    let mut mark = vec![HASH];
    mark.extend_from_slice(&blake3::hash(bytes).as_bytes()[..16]);
    mark
}

/// Looks at fetched messages for such as were erased: under another ident they must not come back either.
pub struct Erased {
    /// Most stores have none, and then nothing is hashed.
    any: bool,
}

impl Erased {
    pub fn of(raw: &Connection) -> Result<Erased> {
        raw.query_row("SELECT EXISTS (SELECT 1 FROM erased)", [], |row| row.get(0))
            .map(|any| Erased { any })
            .map_err(fault("reading what was erased"))
    }

    /// Whether the message was erased; then its new ident is marked as well.
    pub fn holds(
        &self,
        raw: &Connection,
        (account, folder): (&str, &str),
        (of, bytes): (&Ident, &Raw),
    ) -> Result<bool> {
        if !self.any {
            return Ok(false);
        }
        let is_marked = |mark: &[u8]| {
            raw.prepare_cached("SELECT EXISTS (SELECT 1 FROM erased WHERE account = ?1 AND folder = '' AND mark = ?2)")
                .and_then(|mut found| found.query_row(params![account, mark], |row| row.get(0)))
                .map_err(fault("reading what was erased"))
        };
        let folder = match of {
            Ident::Remote(_) => return is_marked(&ident_bytes(of)),
            Ident::Uid { .. } => folder,
            Ident::Maildir(_) => "",
            Ident::Content(_) => return Ok(false),
        };
        let mark = match bytes {
            Raw::Bytes(bytes) => hash(bytes),
            // One that can't be read is told of by who reads it.
            Raw::File(path) => match fs::read(path) {
                Ok(bytes) => hash(&bytes),
                Err(_) => return Ok(false),
            },
        };
        let erased = is_marked(&mark)?;
        if erased {
            leave(raw, (account, folder), &ident_bytes(of))?;
        }
        Ok(erased)
    }
}
