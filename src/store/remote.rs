//! Messages that a provider names by ids of its own: which are known, where they lie now, what they say now.

use std::collections::HashMap;

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, params};

use crate::error::Result;
use crate::model::id::MessageId;
use crate::model::message::{Envelope, Flags, Ident, Parsed, Role};

use super::entry::{self, Entry, Indexer};
use super::folders::{self, Folders};
use super::messages::known;
use super::row::{
    ENVELOPE, SENT, bits, envelope, flags, folder_fact, ident, ident_bytes, join_labels,
    split_labels,
};
use super::{Store, altered, bytes, fault, no_message};

/// A message as it was last told by its provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remote {
    /// The provider's id.
    pub remote: String,
    pub id: MessageId,
    pub folder: String,
    pub flags: Flags,
    pub labels: Vec<String>,
}

/// Where a message lies from now on, and its state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    pub id: MessageId,
    pub folder: String,
    pub role: Role,
    pub flags: Flags,
    pub labels: Vec<String>,
}

const REMOTE: &str = "SELECT m.ident, m.id, f.path, m.flags, m.labels
     FROM folders f CROSS JOIN mail m ON m.folder = f.id WHERE f.account = ?1";

fn remote(row: &Row<'_>) -> rusqlite::Result<Option<Remote>> {
    let Some(Ident::Remote(remote)) = ident(row.get_ref(0)?.as_blob()?) else {
        return Ok(None);
    };
    Ok(Some(Remote {
        remote,
        id: MessageId(row.get(1)?),
        folder: row.get(2)?,
        flags: flags(row.get(3)?),
        labels: split_labels(&row.get::<_, Option<String>>(4)?.unwrap_or_default()),
    }))
}

impl Store {
    /// All messages of an account by the ids of its provider.
    pub fn remotes(&self, account: &str) -> Result<HashMap<String, Remote>> {
        let db = self.raw_reader()?;
        let read = || -> rusqlite::Result<HashMap<String, Remote>> {
            db.prepare_cached(REMOTE)?
                .query_map([account], remote)?
                .filter_map(Result::transpose)
                .map(|row| row.map(|row| (row.remote.clone(), row)))
                .collect()
        };
        read().map_err(fault("reading what is known of an account"))
    }

    /// The messages of one folder.
    pub fn remotes_in(&self, account: &str, folder: &str) -> Result<Vec<Remote>> {
        let db = self.raw_reader()?;
        let read = || -> rusqlite::Result<Vec<Remote>> {
            db.prepare_cached(&format!("{REMOTE} AND f.path = ?2"))?
                .query_map([account, folder], remote)?
                .filter_map(Result::transpose)
                .collect()
        };
        read().map_err(fault("reading what is known of a folder"))
    }

    /// The newest messages of a folder.
    pub fn newest_in(&self, account: &str, folder: &str, limit: usize) -> Result<Vec<Envelope>> {
        let db = self.reader()?;
        let Some(folder) = folders::find(&db, account, folder)? else {
            return Ok(Vec::new());
        };
        let all = Folders::load(&db)?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let read = || -> rusqlite::Result<Vec<Envelope>> {
            db.prepare_cached(&format!(
                "SELECT {ENVELOPE} FROM facts f CROSS JOIN messages m ON m.key = f.key
                 WHERE f.fact = ?1 ORDER BY f.key DESC LIMIT ?2"
            ))?
            .query_map([folder_fact(folder.id), limit], |row| envelope(row, &all))?
            .collect()
        };
        read().map_err(fault("reading a folder"))
    }

    /// The message with this id of its provider.
    pub fn remote(&self, account: &str, id: &str) -> Result<Option<Remote>> {
        let db = self.raw_reader()?;
        let wanted = ident_bytes(&Ident::Remote(id.to_owned()));
        let read = || {
            db.prepare_cached(&format!("{REMOTE} AND m.ident = ?2"))?
                .query_row(params![account, wanted], remote)
                .optional()
        };
        read()
            .map(Option::flatten)
            .map_err(fault("looking up a message"))
    }

    /// Whether a message is known whose id of its provider is one of these, from the first to before the second.
    pub fn knows_between(&self, account: &str, (from, until): (&str, &str)) -> Result<bool> {
        let db = self.raw_reader()?;
        let bytes = |id: &str| ident_bytes(&Ident::Remote(id.to_owned()));
        let read = || {
            db.prepare_cached(
                "SELECT EXISTS (SELECT 1 FROM folders f CROSS JOIN mail m ON m.folder = f.id
                 WHERE f.account = ?1 AND m.ident >= ?2 AND m.ident < ?3)",
            )?
            .query_row(params![account, bytes(from), bytes(until)], |row| {
                row.get(0)
            })
        };
        read().map_err(fault("looking for messages of a room"))
    }

    /// Whether a message is known that went to this address through this account before then.
    pub fn knows_sent(&self, account: &str, to: &str, before: Timestamp) -> Result<bool> {
        let db = self.reader()?;
        let read = || {
            db.prepare_cached(
                "SELECT EXISTS (SELECT 1 FROM facts x CROSS JOIN messages m ON m.key = x.key
                 JOIN folders f ON f.id = m.folder
                 WHERE x.fact = ?1 AND f.account = ?2 AND m.at < ?3
                 AND instr(m.recipients, ?4) > 0)",
            )?
            .query_row(params![SENT, account, before.as_second(), to], |row| {
                row.get(0)
            })
        };
        read().map_err(fault("looking for what was sent"))
    }

    /// Puts messages where their provider has them now, with the flags and labels they have there.
    pub fn place(&self, placed: &[Placed]) -> Result<()> {
        if placed.is_empty() {
            return Ok(());
        }
        self.write("placing messages", |write| {
            let mut all = Folders::load(&write.index)?;
            for to in placed {
                let (known, from) = known(write, &all, to.id)?;
                let from = from.clone();
                let folder = match folders::find(&write.raw, &from.account, &to.folder)? {
                    Some(folder) => folder,
                    None => {
                        let place = (from.account.as_str(), to.folder.as_str(), to.role);
                        let made = folders::create(&write.raw, &write.index, from.channel, place)?;
                        all = Folders::load(&write.index)?;
                        made
                    }
                };
                let labels = join_labels(&to.labels);
                let update = || -> rusqlite::Result<()> {
                    write
                        .raw
                        .prepare_cached(
                            "UPDATE mail SET folder = ?2, flags = ?3, labels = ?4 WHERE id = ?1",
                        )?
                        .execute(params![
                            to.id.0,
                            folder.id,
                            bits(to.flags),
                            (!labels.is_empty()).then_some(&labels)
                        ])?;
                    let state = (to.flags, labels.as_str());
                    if entry::alter(&write.index, &known, (&from, &folder), state)? {
                        altered::note(write, &known, (folder.id, false))?;
                    }
                    Ok(())
                };
                update().map_err(fault("placing a message"))?;
            }
            Ok(())
        })
    }

    /// Gives a message other bytes, because its writer changed it; it keeps its ids, flags and place.
    pub fn rewrite(&self, id: MessageId, raw: &[u8], parsed: &Parsed) -> Result<()> {
        let doing = "replacing a message";
        self.write(doing, |write| {
            let folders = Folders::load(&write.index)?;
            let (known, folder) = known(write, &folders, id)?;
            let loose = bytes::forget(&write.raw, id.0)?;
            write.loose_blobs.borrow_mut().extend(loose);
            let size = i64::try_from(raw.len()).unwrap_or(i64::MAX);
            let (received_at, founder) = write
                .raw
                .query_row(
                    "UPDATE mail SET path = NULL, blob = NULL, size = ?2 WHERE id = ?1
                     RETURNING received_at, (SELECT thread FROM founders WHERE founders.id = mail.id)",
                    params![id.0, size],
                    |row| Ok((row.get(0)?, row.get(1)?)),
                )
                .optional()
                .map_err(fault(doing))?
                .ok_or_else(|| no_message(id.0))?;
            bytes::Keeper::new(&self.dir)?.keep(&write.raw, id.0, raw)?;
            entry::remove(&write.index, &known, folder).map_err(fault(doing))?;
            let mut indexer = Indexer::new(&write.index, &self.own);
            indexer.add(&Entry {
                id: id.0,
                folder,
                flags: bits(flags(known.bits)),
                labels: &known.labels,
                received_at,
                size,
                founder,
                parsed,
            })?;
            indexer.finish()?;
            altered::note(write, &known, (folder.id, false)).map_err(fault(doing))
        })
    }
}
