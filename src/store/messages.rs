//! Messages in and out: identity and bytes in `raw.db`, rows, text and facts in `index.db`.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension, params};

use crate::error::{Error, Kind, Result};
use crate::format::document::Document;
use crate::model::account::ChannelKind;
use crate::model::id::{MessageId, ThreadId};
use crate::model::message::{Change, Envelope, Flags, Ident, Location, NewMessage, Raw, Role};

use super::entry::{self, Entry, Indexer, Known};
use super::folders::{self, Folder, Folders};
use super::moving::{Coming, Comings, note_copy};
use super::purge::Erased;
use super::row::{
    self, ENVELOPE, bits, envelope_in, flags, fold, ident, ident_bytes, ident_of_copy, join_labels,
    split_labels,
};
use super::sync::queue;
use super::write::{Write, meta, set_meta};
use super::{Store, altered, bytes, fault, no_message, threading};

/// What became of one message handed to [`Store::add`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Added {
    /// `None` if it was erased here, which keeps it from coming back.
    pub id: Option<MessageId>,
    /// False if this copy was already there.
    pub new: bool,
}

impl Store {
    /// Stores and indexes a batch in one commit per file; results in the order given.
    pub fn add(&self, batch: Vec<NewMessage>) -> Result<Vec<Added>> {
        if batch.is_empty() {
            return Ok(Vec::new());
        }
        self.write("storing messages", |write| {
            let mut keeper = bytes::Keeper::new(&self.dir)?;
            let erased = Erased::of(&write.raw)?;
            let mut comings = Comings::of(write)?;
            let mut indexer = Indexer::new(&write.index, &self.own);
            let mut folders: HashMap<(String, String), Folder> = HashMap::new();
            let mut last = meta(&write.raw, "last_id").map_err(fault("storing messages"))?;
            let mut added = Vec::with_capacity(batch.len());
            for mut message in batch {
                let place = (message.account.clone(), message.folder.clone());
                let folder = match folders.entry(place) {
                    std::collections::hash_map::Entry::Occupied(known) => known.into_mut(),
                    std::collections::hash_map::Entry::Vacant(free) => {
                        free.insert(folder_of(write, &message)?)
                    }
                };
                let known = match &message.ident {
                    Ident::Remote(_) => find_remote(&write.raw, &message.account, &message.ident),
                    ident => find_ident(&write.raw, folder.id, ident),
                };
                if let Some(id) = known.map_err(fault("storing messages"))? {
                    added.push(Added {
                        id: Some(MessageId(id)),
                        new: false,
                    });
                    continue;
                }
                if erased.holds(
                    &write.raw,
                    (&message.account, &message.folder),
                    (&message.ident, &message.raw),
                )? {
                    added.push(Added {
                        id: None,
                        new: false,
                    });
                    continue;
                }
                let coming = comings.look(&message)?;
                let mut labels = join_labels(&message.labels);
                let id = match &coming {
                    Coming::Back(back) => {
                        (message.flags, labels) = back.restored(message.flags, &message.labels);
                        back.id
                    }
                    Coming::New | Coming::Copy(_) => {
                        last += 1;
                        last
                    }
                };
                insert_raw(&write.raw, id, (folder.id, &labels), &message)
                    .map_err(fault("storing a message"))?;
                if let Raw::Bytes(bytes) = &message.raw {
                    keeper.keep(&write.raw, id, bytes)?;
                }
                indexer.add(&Entry {
                    id,
                    folder,
                    flags: bits(message.flags),
                    labels: &labels,
                    received_at: message.received_at.as_millisecond(),
                    size: i64::try_from(message.size_bytes).unwrap_or(i64::MAX),
                    founder: None,
                    parsed: &message.parsed,
                })?;
                match coming {
                    Coming::New => {}
                    Coming::Copy(mark) => note_copy(write, &message.account, (mark, id))?,
                    Coming::Back(_) => {
                        let known = entry::find(&write.index, id);
                        known
                            .and_then(|known| match known {
                                Some(known) => altered::note(write, &known, (folder.id, false)),
                                None => Ok(()),
                            })
                            .map_err(fault("storing a message"))?;
                    }
                }
                added.push(Added {
                    id: Some(MessageId(id)),
                    new: true,
                });
            }
            indexer.finish()?;
            set_meta(&write.raw, "last_id", last).map_err(fault("storing messages"))?;
            Ok(added)
        })
    }

    /// Raw RFC 5322 bytes of a message.
    pub fn raw(&self, id: MessageId) -> Result<Vec<u8>> {
        self.must_see(id)?;
        bytes::read(&self.dir, &*self.raw_reader()?, id.0)
    }

    /// A message as its channel gave it.
    pub fn document(&self, id: MessageId) -> Result<Document> {
        let db = self.raw_reader()?;
        let channel: Option<String> = db
            .prepare_cached(
                "SELECT f.channel FROM mail m JOIN folders f ON f.id = m.folder WHERE m.id = ?1 AND sees(f.account)",
            )
            .and_then(|mut read| read.query_row([id.0], |row| row.get(0)).optional())
            .map_err(fault("reading a message"))?;
        Ok(Document {
            channel: row::channel(&channel.ok_or_else(|| no_message(id.0))?),
            raw: bytes::read(&self.dir, &db, id.0)?,
        })
    }

    /// The file of a message that is read in place; `None` if the store has its bytes.
    pub fn path(&self, id: MessageId) -> Result<Option<std::path::PathBuf>> {
        self.must_see(id)?;
        let db = self.raw_reader()?;
        let read = || {
            db.prepare_cached("SELECT path FROM mail WHERE id = ?1")?
                .query_row([id.0], |row| row.get::<_, Option<Vec<u8>>>(0))
                .optional()
        };
        let path = read()
            .map_err(fault("reading a message"))?
            .ok_or_else(|| no_message(id.0))?;
        Ok(path.map(|path| bytes::path_of(&path)))
    }

    /// Refuses a message of an account that may not be known of.
    fn must_see(&self, id: MessageId) -> Result<()> {
        if !self.view.is_limited() {
            return Ok(());
        }
        let db = self.raw_reader()?;
        let seen: Option<bool> = db
            .prepare_cached(
                "SELECT sees(f.account) FROM mail m JOIN folders f ON f.id = m.folder WHERE m.id = ?1",
            )
            .and_then(|mut read| read.query_row([id.0], |row| row.get(0)).optional())
            .map_err(fault("reading a message"))?;
        match seen {
            Some(true) => Ok(()),
            _ => Err(no_message(id.0)),
        }
    }

    /// Rows for these ids, in the order given; unknown ids are a not-found error naming the first.
    pub fn envelopes(&self, ids: &[MessageId]) -> Result<Vec<Envelope>> {
        self.looked_up(ids)?.into_iter().collect()
    }

    /// Rows for those of these ids that are there, in the order given: others may leave while one works on them.
    pub fn present(&self, ids: &[MessageId]) -> Result<Vec<Envelope>> {
        let found = self.looked_up(ids)?.into_iter();
        found
            .filter(|row| !row.as_ref().is_err_and(|e| e.kind == Kind::NotFound))
            .collect()
    }

    fn looked_up(&self, ids: &[MessageId]) -> Result<Vec<Result<Envelope>>> {
        let db = self.reader()?;
        let folders = Folders::seen(&db)?;
        let read = |id: MessageId| {
            db.prepare_cached(&format!(
                "SELECT {ENVELOPE} FROM messages m WHERE m.id = ?1"
            ))?
            .query_row([id.0], |row| envelope_in(row, &folders))
            .optional()
            .map(Option::flatten)
        };
        ids.iter()
            .map(|id| {
                let found = read(*id).map_err(fault("reading messages"))?;
                Ok(found.ok_or_else(|| self.absent(&db, id.0)))
            })
            .collect()
    }

    /// Why a message is not in the index: there is none, or it is not indexed again yet. Whoever is told the former
    /// gives it up.
    fn absent(&self, index: &Connection, id: i64) -> Error {
        let is_in = |db: &Connection, sql| {
            db.prepare_cached(sql)
                .and_then(|mut found| found.exists([id]))
        };
        let is_there = || -> Result<bool> {
            let doing = "looking for a message";
            if is_in(index, "SELECT 1 FROM messages WHERE id = ?1").map_err(fault(doing))? {
                return Ok(false);
            }
            is_in(&*self.raw_reader()?, "SELECT 1 FROM mail WHERE id = ?1").map_err(fault(doing))
        };
        match is_there() {
            Ok(true) => Error::unavailable(format!(
                "message `m{id}` is not in the index yet: it is being built anew"
            ))
            .hint(
                "repeat it in a moment; if nobody builds it, `comms doctor --rebuild-index` does",
            ),
            _ => no_message(id),
        }
    }

    /// Where a message lives.
    pub fn location(&self, id: MessageId) -> Result<Location> {
        let known = {
            let db = self.reader()?;
            let known = entry::find(&db, id.0)
                .map_err(fault("reading a message"))?
                .ok_or_else(|| self.absent(&db, id.0))?;
            let folder = Folders::seen(&db)?.by_id(known.folder).cloned();
            folder.map(|folder| (known, folder))
        };
        let db = self.raw_reader()?;
        let read = || {
            db.prepare_cached("SELECT ident FROM mail WHERE id = ?1")?
                .query_row([id.0], |row| Ok(ident(row.get_ref(0)?.as_blob()?)))
                .optional()
        };
        let ident = read().map_err(fault("reading a message"))?.flatten();
        let ((known, folder), ident) = known.zip(ident).ok_or_else(|| no_message(id.0))?;
        Ok(Location {
            id,
            thread: ThreadId(known.thread),
            account: folder.account,
            channel: folder.channel,
            folder: folder.path,
            role: folder.role,
            ident,
            flags: flags(known.bits),
        })
    }

    /// All messages of a thread, oldest first; follows the id of a merged thread to the new one.
    pub fn thread(&self, id: ThreadId) -> Result<Vec<Envelope>> {
        let db = self.reader()?;
        let folders = Folders::seen(&db)?;
        let read = || -> rusqlite::Result<Vec<Envelope>> {
            let thread = threading::resolve(&db, id.0)?;
            db.prepare_cached(&format!(
                "SELECT {ENVELOPE} FROM messages m WHERE m.thread = ?1 ORDER BY m.key"
            ))?
            .query_map([thread], |row| envelope_in(row, &folders))?
            .filter_map(Result::transpose)
            .collect()
        };
        let rows = read().map_err(fault("reading a thread"))?;
        if rows.is_empty() {
            return Err(Error::not_found(format!("there is no thread `{id}`"))
                .hint("`comms inbox` lists threads with their ids"));
        }
        Ok(rows)
    }

    /// Messages with this Message-ID (without brackets), newest first.
    pub fn by_message_id(&self, message_id: &str) -> Result<Vec<MessageId>> {
        let db = self.reader()?;
        let message_id = message_id.trim();
        let read = || -> rusqlite::Result<Vec<MessageId>> {
            db.prepare_cached(
                "SELECT m.id FROM message_ids i CROSS JOIN messages m ON m.key = i.key
                 WHERE i.hash = ?1 AND trim(m.message_id) = ?2 AND (SELECT sees(account) FROM folders WHERE id = m.folder) ORDER BY i.key DESC",
            )?
            .query_map(params![threading::hash(message_id), message_id], |row| {
                row.get(0).map(MessageId)
            })?
            .collect()
        };
        read().map_err(fault("looking up a message"))
    }

    /// Of these messages those that may carry one of these own ids (`X-Comms-Id`), with it: who asks reads it in their bytes.
    pub fn with_own_ids(
        &self,
        messages: &[MessageId],
        own_ids: &[String],
    ) -> Result<Vec<(MessageId, String)>> {
        let hashed = own_ids
            .iter()
            .map(|own| (threading::own_hash(own), own.clone()));
        let by_hash: HashMap<i64, String> = hashed.collect();
        let hashes = format!("{:?}", by_hash.keys().collect::<Vec<_>>());
        let ids = format!("{:?}", messages.iter().map(|id| id.0).collect::<Vec<_>>());
        let db = self.reader()?;
        let read = || -> rusqlite::Result<Vec<(MessageId, i64)>> {
            db.prepare(
                "SELECT m.id, i.hash FROM json_each(?1) AS own CROSS JOIN message_ids i ON i.hash = own.value
                 CROSS JOIN messages m ON m.key = i.key
                 WHERE m.id IN (SELECT value FROM json_each(?2))
                   AND (SELECT sees(account) FROM folders WHERE id = m.folder)",
            )?
            .query_map([hashes, ids], |row| Ok((MessageId(row.get(0)?), row.get(1)?)))?
            .collect()
        };
        let found = read().map_err(fault("looking up a message"))?.into_iter();
        let named = found.filter_map(|(id, hash)| Some((id, by_hash.get(&hash)?.clone())));
        Ok(named.collect())
    }

    /// Messages that may carry this own id (`X-Comms-Id`): who asks reads it in their bytes.
    pub fn by_own_id(&self, own_id: &str) -> Result<Vec<MessageId>> {
        let db = self.reader()?;
        let read = || -> rusqlite::Result<Vec<MessageId>> {
            db.prepare_cached(
                "SELECT m.id FROM message_ids i CROSS JOIN messages m ON m.key = i.key
                 WHERE i.hash = ?1 AND (SELECT sees(account) FROM folders WHERE id = m.folder) ORDER BY i.key DESC",
            )?
            .query_map([threading::own_hash(own_id)], |row| {
                row.get(0).map(MessageId)
            })?
            .collect()
        };
        read().map_err(fault("looking up a message"))
    }

    /// The message with this identity in this folder.
    pub fn find(&self, account: &str, folder: &str, ident: &Ident) -> Result<Option<MessageId>> {
        let db = self.raw_reader()?;
        let Some(folder) = folders::find(&db, account, folder)? else {
            return Ok(None);
        };
        find_ident(&db, folder.id, ident)
            .map(|id| id.map(MessageId))
            .map_err(fault("looking up a message"))
    }

    /// Which of these contents a folder already holds (see [`Ident::Content`]), in the order given.
    pub fn known_contents(
        &self,
        account: &str,
        folder: &str,
        contents: &[[u8; 16]],
    ) -> Result<Vec<bool>> {
        let db = self.raw_reader()?;
        let Some(folder) = folders::find(&db, account, folder)? else {
            return Ok(vec![false; contents.len()]);
        };
        contents
            .iter()
            .map(|hash| {
                find_ident(&db, folder.id, &Ident::Content(*hash)).map(|found| found.is_some())
            })
            .collect::<rusqlite::Result<_>>()
            .map_err(fault("looking up a message"))
    }

    /// Changes flags and labels (not the folder) of these messages, here only.
    pub fn change(&self, ids: &[MessageId], change: &Change) -> Result<()> {
        self.change_telling(ids, change, &[])
    }

    /// The same, and in the same commit notes for which of them a server is to be told.
    pub fn change_telling(
        &self,
        ids: &[MessageId],
        change: &Change,
        told: &[MessageId],
    ) -> Result<()> {
        if ids.is_empty() {
            return Ok(());
        }
        self.write("changing messages", |write| {
            alter(write, ids, |old_flags, old_labels| {
                (
                    changed_flags(old_flags, change),
                    changed_labels(old_labels, change),
                )
            })?;
            told.iter()
                .try_for_each(|id| queue(&write.raw, *id, change))
        })
    }

    /// Sets all flags, and labels where given, of messages as their source tells them.
    pub fn set_flags(&self, changes: &[(MessageId, Flags, Option<Vec<String>>)]) -> Result<()> {
        if changes.is_empty() {
            return Ok(());
        }
        self.write("changing messages", |write| {
            let folders = Folders::load(&write.index)?;
            for (id, flags, labels) in changes {
                let (known, folder) = known(write, &folders, *id)?;
                let labels = match labels {
                    Some(labels) => join_labels(labels),
                    None => known.labels.clone(),
                };
                set_state(write, &known, folder, (*flags, &labels))
                    .map_err(fault("changing a message"))?;
            }
            Ok(())
        })
    }

    /// Records that a message is now elsewhere: another folder, another ident, other raw bytes' place.
    /// The same message of a server or a Maildir that was already recorded there gives way; of imports, the same bytes
    /// may lie in one folder twice.
    pub fn relocate(
        &self,
        id: MessageId,
        folder: &str,
        role: Role,
        ident: &Ident,
        raw: Option<Raw>,
    ) -> Result<()> {
        self.write("moving a message", |write| {
            let all = Folders::load(&write.index)?;
            let (known, from) = known(write, &all, id)?;
            let to = match folders::find(&write.raw, &from.account, folder)? {
                Some(to) => to,
                None => folders::create(
                    &write.raw,
                    &write.index,
                    from.channel,
                    (&from.account, folder, role),
                )?,
            };
            let there = find_ident(&write.raw, to.id, ident).map_err(fault("moving a message"))?;
            let mut here = ident_bytes(ident);
            if let Some(other) = there.filter(|other| *other != id.0) {
                match ident {
                    Ident::Content(_) => here = ident_of_copy(ident, id.0),
                    _ => remove_one(write, other)?,
                }
            }
            let update = || -> rusqlite::Result<()> {
                write
                    .raw
                    .prepare_cached("UPDATE mail SET folder = ?2, ident = ?3 WHERE id = ?1")?
                    .execute(params![id.0, to.id, here])?;
                let state = (flags(known.bits), known.labels.as_str());
                if entry::alter(&write.index, &known, (from, &to), state)? {
                    altered::note(write, &known, (to.id, false))?;
                }
                Ok(())
            };
            update().map_err(fault("moving a message"))?;
            if let Some(raw) = raw {
                let loose = bytes::forget(&write.raw, id.0)?;
                write.loose_blobs.borrow_mut().extend(loose);
                let path = match &raw {
                    Raw::File(path) => Some(bytes::path_bytes(path)),
                    Raw::Bytes(_) => None,
                };
                write
                    .raw
                    .prepare_cached("UPDATE mail SET path = ?2, blob = NULL WHERE id = ?1")
                    .and_then(|mut update| update.execute(params![id.0, path]))
                    .map_err(fault("moving a message"))?;
                if let Raw::Bytes(bytes) = &raw {
                    bytes::Keeper::new(&self.dir)?.keep(&write.raw, id.0, bytes)?;
                }
            }
            Ok(())
        })
    }
}

/// Gives each message the flags and labels that `wanted` makes of its present ones.
fn alter(
    write: &Write<'_>,
    ids: &[MessageId],
    wanted: impl Fn(Flags, &str) -> (Flags, String),
) -> Result<()> {
    let folders = Folders::seen(&write.index)?;
    for id in ids {
        let (known, folder) = known(write, &folders, *id)?;
        let (flags, labels) = wanted(flags(known.bits), &known.labels);
        set_state(write, &known, folder, (flags, &labels)).map_err(fault("changing a message"))?;
    }
    Ok(())
}

fn folder_of(write: &Write<'_>, message: &NewMessage) -> Result<Folder> {
    match folders::find(&write.raw, &message.account, &message.folder)? {
        Some(folder) if folder.channel == message.channel => Ok(folder),
        // A sync may have named the folder before its channel was known.
        Some(folder) => set_channel(write, folder, message.channel),
        None => folders::create(
            &write.raw,
            &write.index,
            message.channel,
            (&message.account, &message.folder, message.role),
        ),
    }
}

fn set_channel(write: &Write<'_>, folder: Folder, channel: ChannelKind) -> Result<Folder> {
    let folder = Folder { channel, ..folder };
    write
        .raw
        .execute(
            "UPDATE folders SET channel = ?2 WHERE id = ?1",
            params![folder.id, channel.name()],
        )
        .and_then(|_| folders::mirror(&write.index, &folder))
        .map_err(fault("writing a folder"))?;
    Ok(folder)
}

fn find_ident(raw: &Connection, folder: i64, ident: &Ident) -> rusqlite::Result<Option<i64>> {
    let first = ident_bytes(ident);
    let last = match ident {
        // An id is positive, and so are the first byte of it and that of every copy.
        Ident::Content(_) => [&first[..], &[0xFF]].concat(),
        _ => first.clone(),
    };
    raw.prepare_cached(
        "SELECT id FROM mail WHERE folder = ?1 AND ident BETWEEN ?2 AND ?3 ORDER BY ident LIMIT 1",
    )?
    .query_row(params![folder, first, last], |row| row.get(0))
    .optional()
}

/// A provider's own id is unique in its account, whatever folder it is in.
pub(super) fn find_remote(
    raw: &Connection,
    account: &str,
    ident: &Ident,
) -> rusqlite::Result<Option<i64>> {
    raw.prepare_cached(
        "SELECT m.id FROM folders f CROSS JOIN mail m ON m.folder = f.id
         WHERE f.account = ?1 AND m.ident = ?2",
    )?
    .query_row(params![account, ident_bytes(ident)], |row| row.get(0))
    .optional()
}

fn insert_raw(
    raw: &Connection,
    id: i64,
    (folder, labels): (i64, &str),
    message: &NewMessage,
) -> rusqlite::Result<()> {
    let path = match &message.raw {
        Raw::File(path) => Some(bytes::path_bytes(path)),
        Raw::Bytes(_) => None,
    };
    raw.prepare_cached(
        "INSERT INTO mail (id, folder, ident, received_at, flags, size, labels, path)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?
    .execute(params![
        id,
        folder,
        ident_bytes(&message.ident),
        message.received_at.as_millisecond(),
        bits(message.flags),
        i64::try_from(message.size_bytes).unwrap_or(i64::MAX),
        (!labels.is_empty()).then_some(labels),
        path,
    ])
    .map(drop)
}

pub(super) fn known<'f>(
    write: &Write<'_>,
    folders: &'f Folders,
    id: MessageId,
) -> Result<(Known, &'f Folder)> {
    entry::find(&write.index, id.0)
        .map_err(fault("reading a message"))?
        .and_then(|known| {
            let folder = folders.by_id(known.folder)?;
            Some((known, folder))
        })
        .ok_or_else(|| no_message(id.0))
}

pub(super) fn set_state(
    write: &Write<'_>,
    known: &Known,
    folder: &Folder,
    (flags, labels): (Flags, &str),
) -> rusqlite::Result<()> {
    write
        .raw
        .prepare_cached("UPDATE mail SET flags = ?2, labels = ?3 WHERE id = ?1")?
        .execute(params![
            known.id,
            bits(flags),
            (!labels.is_empty()).then_some(labels)
        ])?;
    if entry::alter(&write.index, known, (folder, folder), (flags, labels))? {
        altered::note(write, known, (folder.id, false))?;
    }
    Ok(())
}

pub(super) fn remove_one(write: &Write<'_>, id: i64) -> Result<()> {
    write
        .raw
        .prepare_cached("DELETE FROM changes WHERE message = ?1")
        .and_then(|mut drop| drop.execute([id]))
        .map_err(fault("removing a message"))?;
    withdraw(write, id)
}

/// Removes a message, and keeps what a server is still to be told of it.
pub(super) fn withdraw(write: &Write<'_>, id: i64) -> Result<()> {
    let doing = "removing a message";
    let loose = bytes::forget(&write.raw, id)?;
    write.loose_blobs.borrow_mut().extend(loose);
    write
        .raw
        .prepare_cached("DELETE FROM mail WHERE id = ?1")
        .and_then(|mut drop| drop.execute([id]))
        .map_err(fault(doing))?;
    let Some(known) = entry::find(&write.index, id).map_err(fault(doing))? else {
        return Ok(());
    };
    let Some(folder) = Folders::load(&write.index)?.by_id(known.folder).cloned() else {
        return Ok(());
    };
    let drop_entry = || -> rusqlite::Result<()> {
        entry::remove(&write.index, &known, &folder)?;
        altered::note(write, &known, (folder.id, true))?;
        keep_number(write, id, known.thread)
    };
    drop_entry().map_err(fault(doing))
}

/// A thread keeps its number when the message that gave it is removed, also through a rebuild.
fn keep_number(write: &Write<'_>, removed: i64, thread: i64) -> rusqlite::Result<()> {
    let bears: Option<i64> = write
        .raw
        .prepare_cached("SELECT thread FROM founders WHERE id = ?1")?
        .query_row([removed], |row| row.get(0))
        .optional()?;
    if removed != thread && bears.is_none() {
        return Ok(());
    }
    write
        .raw
        .prepare_cached("DELETE FROM founders WHERE id = ?1")?
        .execute([removed])?;
    let oldest: Option<i64> = write
        .index
        .prepare_cached("SELECT min(id) FROM messages WHERE thread = ?1")?
        .query_row([thread], |row| row.get(0))?;
    if let Some(oldest) = oldest {
        write
            .raw
            .prepare_cached("INSERT OR REPLACE INTO founders (id, thread) VALUES (?1, ?2)")?
            .execute([oldest, thread])?;
    }
    Ok(())
}

pub(super) fn changed_flags(old: Flags, change: &Change) -> Flags {
    Flags {
        seen: change.seen.unwrap_or(old.seen),
        starred: change.starred.unwrap_or(old.starred),
        answered: change.answered.unwrap_or(old.answered),
        forwarded: change.forwarded.unwrap_or(old.forwarded),
        ..old
    }
}

pub(super) fn changed_labels(old: &str, change: &Change) -> String {
    let removed: Vec<String> = change.remove_labels.iter().map(|l| fold(l)).collect();
    let mut labels = split_labels(old);
    labels.retain(|label| !removed.contains(&fold(label)));
    labels.extend(change.add_labels.iter().cloned());
    join_labels(&labels)
}
