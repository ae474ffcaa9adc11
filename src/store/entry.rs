//! One message's entries in `index.db`: row, text, facts, counts; written, altered, removed together.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension, params};

use crate::error::Result;
use crate::model::message::{Flags, Parsed, Role};

use super::fault;
use super::folders::Folder;
use super::row::{
    self, LINK_BIT, SENT_BIT, UNREAD, fold, join_people, label_fact, split_labels, with_flags,
};
use super::text::{indexed, indexed_people, preview};
use super::threading::{self, Placing};

/// A message as `raw.db` has it, and what was read from its bytes.
pub struct Entry<'a> {
    pub id: i64,
    pub folder: &'a Folder,
    /// Bits of [`Flags`].
    pub flags: i64,
    /// As [`row::join_labels`] makes it.
    pub labels: &'a str,
    /// Milliseconds.
    pub received_at: i64,
    pub size: i64,
    /// The number of the thread, if this message is the oldest left of one that it did not found.
    pub founder: Option<i64>,
    pub parsed: &'a Parsed,
}

/// Writes entries; texts go in at the end, sorted, because FTS5 flushes when a rowid is smaller than
/// the one before.
pub struct Indexer<'a> {
    index: &'a Connection,
    /// The owner's addresses, folded.
    own: &'a [String],
    texts: Vec<(i64, Texts)>,
    folders: HashMap<i64, (i64, i64)>,
    spill: i64,
}

struct Texts {
    sender: String,
    recipients: String,
    copies: String,
    subject: String,
    body: String,
    attachments: String,
}

impl<'a> Indexer<'a> {
    pub fn new(index: &'a Connection, own: &'a [String]) -> Self {
        Indexer {
            index,
            own,
            texts: Vec::new(),
            folders: HashMap::new(),
            spill: 0,
        }
    }

    /// Adds one message. A rebuild does it in the order of their ids.
    pub fn add(&mut self, entry: &Entry<'_>) -> Result<()> {
        self.write(entry).map_err(fault("indexing a message"))
    }

    fn write(&mut self, entry: &Entry<'_>) -> rusqlite::Result<()> {
        let parsed = entry.parsed;
        let at = time_of(parsed, entry.received_at);
        let key = free_key(self.index, at)?;
        self.spill = self.spill.max((key >> 6) - at);
        let placing = Placing {
            id: entry.founder.unwrap_or(entry.id),
            account: &entry.folder.account,
            at,
            parsed,
        };
        let thread = threading::place(self.index, &placing)?;
        let attachments = parsed.attachments.iter().filter(|a| !a.inline).count();
        let attachments = i64::try_from(attachments).unwrap_or(i64::MAX);
        let bits = self.derived_bits(entry);
        self.index
            .prepare_cached(
                "INSERT INTO messages VALUES
                 (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)",
            )?
            .execute(params![
                key,
                entry.id,
                thread,
                entry.folder.id,
                bits,
                at,
                parsed.sent_at.map(|t| t.as_second()),
                entry.received_at,
                entry.size,
                attachments,
                join_people(&parsed.from),
                parsed.subject,
                join_people(&parsed.to),
                join_people(&parsed.cc),
                preview(&parsed.text),
                entry.labels,
                parsed.message_id,
            ])?;
        let facts = row::facts(bits, attachments, entry.folder);
        for fact in &facts {
            insert_fact(self.index, *fact, key)?;
        }
        for label in split_labels(entry.labels) {
            insert_fact(self.index, label_number(self.index, &label)?, key)?;
        }
        if let Some(id) = &parsed.message_id {
            self.index
                .prepare_cached("INSERT OR IGNORE INTO message_ids (hash, key) VALUES (?1, ?2)")?
                .execute([threading::hash(id), key])?;
        }
        if let Some(own) = &parsed.comms_id {
            self.index
                .prepare_cached("INSERT OR IGNORE INTO message_ids (hash, key) VALUES (?1, ?2)")?
                .execute([threading::own_hash(own), key])?;
        }
        if let Some(hash) = threading::subject_hash(&entry.folder.account, &parsed.subject) {
            self.index
                .prepare_cached("INSERT OR IGNORE INTO subjects (hash, key) VALUES (?1, ?2)")?
                .execute([hash, key])?;
        }
        let unread = i64::from(facts.contains(&UNREAD));
        count_thread(self.index, thread, 1, unread)?;
        let counts = self.folders.entry(entry.folder.id).or_default();
        *counts = (counts.0 + 1, counts.1 + unread);
        self.texts.push((key, texts(parsed)));
        Ok(())
    }

    fn derived_bits(&self, entry: &Entry<'_>) -> i64 {
        let by_owner = || {
            let from = entry.parsed.from.iter();
            from.map(|person| fold(&person.email))
                .any(|email| self.own.contains(&email))
        };
        // A stranger can write any From, but not put it among what the owner keeps.
        let sent = match entry.folder.role {
            Role::Sent => true,
            Role::Inbox | Role::Junk | Role::Trash => false,
            Role::Drafts | Role::Archive | Role::All | Role::Other => {
                entry.parsed.own || by_owner()
            }
        };
        let bit = |holds: bool, bit: i64| if holds { bit } else { 0 };
        entry.flags | bit(entry.parsed.has_link, LINK_BIT) | bit(sent, SENT_BIT)
    }

    /// Writes what was held back; nothing is complete before.
    pub fn finish(mut self) -> Result<()> {
        self.texts.sort_unstable_by_key(|(key, _)| *key);
        let write = || -> rusqlite::Result<()> {
            let mut insert = self.index.prepare_cached(
                "INSERT INTO text (rowid, subject, sender, recipients, copies, body, attachments)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?;
            for (key, text) in &self.texts {
                insert.execute(params![
                    key,
                    text.subject,
                    text.sender,
                    text.recipients,
                    text.copies,
                    text.body,
                    text.attachments
                ])?;
            }
            for (folder, (total, unread)) in &self.folders {
                count_folder(self.index, *folder, *total, *unread)?;
            }
            if self.spill > 0 {
                self.index
                    .prepare_cached("UPDATE meta SET value = max(value, ?1) WHERE name = 'spill'")?
                    .execute([self.spill])?;
            }
            Ok(())
        };
        write().map_err(fault("indexing a text"))
    }
}

/// The entry of one message, for changing it.
pub struct Known {
    pub key: i64,
    pub id: i64,
    pub thread: i64,
    pub folder: i64,
    /// Bits with the derived ones.
    pub bits: i64,
    pub attachments: i64,
    pub labels: String,
}

/// The entry of a message; `None` if there is none.
pub fn find(index: &Connection, id: i64) -> rusqlite::Result<Option<Known>> {
    index
        .prepare_cached(
            "SELECT key, id, thread, folder, flags, attachments, labels FROM messages WHERE id = ?1",
        )?
        .query_row([id], |row| {
            Ok(Known {
                key: row.get(0)?,
                id: row.get(1)?,
                thread: row.get(2)?,
                folder: row.get(3)?,
                bits: row.get(4)?,
                attachments: row.get(5)?,
                labels: row.get(6)?,
            })
        })
        .optional()
}

/// Gives a message other flags, labels or another folder; false if it had them.
pub fn alter(
    index: &Connection,
    known: &Known,
    (from, to): (&Folder, &Folder),
    (flags, labels): (Flags, &str),
) -> rusqlite::Result<bool> {
    let mut bits = with_flags(known.bits, flags);
    if to.role == Role::Sent {
        bits |= SENT_BIT;
    }
    if bits == known.bits && labels == known.labels && from.id == to.id {
        return Ok(false);
    }
    index
        .prepare_cached("UPDATE messages SET flags = ?2, folder = ?3, labels = ?4 WHERE key = ?1")?
        .execute(params![known.key, bits, to.id, labels])?;
    let before = all_facts(index, known.bits, known.attachments, from, &known.labels)?;
    let after = all_facts(index, bits, known.attachments, to, labels)?;
    for fact in before.iter().filter(|fact| !after.contains(fact)) {
        delete_fact(index, *fact, known.key)?;
    }
    for fact in after.iter().filter(|fact| !before.contains(fact)) {
        insert_fact(index, *fact, known.key)?;
    }
    let was = i64::from(before.contains(&UNREAD));
    let is = i64::from(after.contains(&UNREAD));
    count_thread(index, known.thread, 0, is - was)?;
    count_folder(index, from.id, -1, -was)?;
    count_folder(index, to.id, 1, is)?;
    Ok(true)
}

/// Removes all entries of a message. The ids its thread knows stay, so that late answers still join it.
pub fn remove(index: &Connection, known: &Known, folder: &Folder) -> rusqlite::Result<()> {
    let mut select =
        index.prepare_cached("SELECT message_id, subject FROM messages WHERE key = ?1")?;
    let (message_id, subject): (Option<String>, String) =
        select.query_row([known.key], |row| Ok((row.get(0)?, row.get(1)?)))?;
    if let Some(id) = message_id {
        index
            .prepare_cached("DELETE FROM message_ids WHERE hash = ?1 AND key = ?2")?
            .execute([threading::hash(&id), known.key])?;
    }
    if let Some(hash) = threading::subject_hash(&folder.account, &subject) {
        index
            .prepare_cached("DELETE FROM subjects WHERE hash = ?1 AND key = ?2")?
            .execute([hash, known.key])?;
    }
    let facts = all_facts(index, known.bits, known.attachments, folder, &known.labels)?;
    for fact in &facts {
        delete_fact(index, *fact, known.key)?;
    }
    index
        .prepare_cached("DELETE FROM text WHERE rowid = ?1")?
        .execute([known.key])?;
    index
        .prepare_cached("DELETE FROM messages WHERE key = ?1")?
        .execute([known.key])?;
    let unread = i64::from(facts.contains(&UNREAD));
    count_thread(index, known.thread, -1, -unread)?;
    index
        .prepare_cached("DELETE FROM threads WHERE id = ?1 AND count <= 0")?
        .execute([known.thread])?;
    count_folder(index, folder.id, -1, -unread)
}

/// Sets the facts of all messages of a folder whose role has changed.
pub fn change_role(index: &Connection, old: &Folder, new: &Folder) -> rusqlite::Result<()> {
    let ids: Vec<i64> = index
        .prepare("SELECT m.id FROM facts f JOIN messages m ON m.key = f.key WHERE f.fact = ?1")?
        .query_map([row::folder_fact(old.id)], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    for id in ids {
        let Some(known) = find(index, id)? else {
            continue;
        };
        let mut bits = known.bits;
        if old.role == Role::Sent {
            bits &= !SENT_BIT;
        }
        if new.role == Role::Sent {
            bits |= SENT_BIT;
        }
        index.execute(
            "UPDATE messages SET flags = ?2 WHERE key = ?1",
            [known.key, bits],
        )?;
        let before = row::facts(known.bits, known.attachments, old);
        let after = row::facts(bits, known.attachments, new);
        for fact in before.iter().filter(|fact| !after.contains(fact)) {
            delete_fact(index, *fact, known.key)?;
        }
        for fact in after.iter().filter(|fact| !before.contains(fact)) {
            insert_fact(index, *fact, known.key)?;
        }
    }
    Ok(())
}

fn texts(parsed: &Parsed) -> Texts {
    let names: Vec<&str> = parsed.attachments.iter().map(|a| a.name.as_str()).collect();
    Texts {
        subject: indexed(&parsed.subject).into_owned(),
        sender: indexed_people(parsed.from.iter()),
        recipients: indexed_people(parsed.to.iter()),
        copies: indexed_people(parsed.cc.iter().chain(&parsed.bcc)),
        body: indexed(&parsed.text).into_owned(),
        attachments: indexed(&names.join("\n")).into_owned(),
    }
}

/// Seconds: the Date if it is believable, else the time of receipt.
pub(super) fn time_of(parsed: &Parsed, received_at: i64) -> i64 {
    const YEAR_1980: i64 = 315_532_800;
    // Keys must fit 63 bits.
    let received = received_at.div_euclid(1000).clamp(0, 1 << 40);
    parsed
        .sent_at
        .map(|sent| sent.as_second())
        .filter(|sent| (YEAR_1980..=received + 86_400).contains(sent))
        .unwrap_or(received)
}

/// The first free key at or after this second.
fn free_key(index: &Connection, at: i64) -> rusqlite::Result<i64> {
    let mut select =
        index.prepare_cached("SELECT max(key) FROM messages WHERE key BETWEEN ?1 AND ?2")?;
    let mut next_in = |second: i64| -> rusqlite::Result<Option<i64>> {
        let (first, last) = (second << 6, (second << 6) | 63);
        let taken: Option<i64> = select.query_row([first, last], |row| row.get(0))?;
        Ok(match taken {
            None => Some(first),
            Some(key) if key < last => Some(key + 1),
            Some(_) => None,
        })
    };
    if let Some(key) = next_in(at)? {
        return Ok(key);
    }
    // A whole mailbox may bear the same second: leap ahead, then halve back.
    let (mut full, mut step) = (at, 1);
    let (mut free, mut key) = loop {
        match next_in(full + step)? {
            Some(key) => break (full + step, key),
            None => (full, step) = (full + step, step * 2),
        }
    };
    while free - full > 1 {
        let middle = full + (free - full) / 2;
        match next_in(middle)? {
            Some(found) => (free, key) = (middle, found),
            None => full = middle,
        }
    }
    Ok(key)
}

fn all_facts(
    index: &Connection,
    bits: i64,
    attachments: i64,
    folder: &Folder,
    labels: &str,
) -> rusqlite::Result<Vec<i64>> {
    let mut facts = row::facts(bits, attachments, folder);
    for label in split_labels(labels) {
        facts.push(label_number(index, &label)?);
    }
    Ok(facts)
}

/// The fact of a label; makes it if it is new.
fn label_number(index: &Connection, label: &str) -> rusqlite::Result<i64> {
    if let Some(fact) = find_label(index, label)? {
        return Ok(fact);
    }
    index.execute("INSERT INTO labels (folded) VALUES (?1)", [fold(label)])?;
    Ok(label_fact(index.last_insert_rowid()))
}

/// The fact of a label, if any message ever had it.
pub fn find_label(index: &Connection, label: &str) -> rusqlite::Result<Option<i64>> {
    index
        .prepare_cached("SELECT id FROM labels WHERE folded = ?1")?
        .query_row([fold(label)], |row| row.get(0).map(label_fact))
        .optional()
}

fn insert_fact(index: &Connection, fact: i64, key: i64) -> rusqlite::Result<()> {
    index
        .prepare_cached("INSERT OR IGNORE INTO facts (fact, key) VALUES (?1, ?2)")?
        .execute([fact, key])
        .map(drop)
}

fn delete_fact(index: &Connection, fact: i64, key: i64) -> rusqlite::Result<()> {
    index
        .prepare_cached("DELETE FROM facts WHERE fact = ?1 AND key = ?2")?
        .execute([fact, key])
        .map(drop)
}

fn count_thread(index: &Connection, thread: i64, count: i64, unread: i64) -> rusqlite::Result<()> {
    index
        .prepare_cached(
            "INSERT INTO threads (id, count, unread) VALUES (?1, ?2, ?3)
             ON CONFLICT (id) DO UPDATE
             SET count = count + excluded.count, unread = unread + excluded.unread",
        )?
        .execute([thread, count, unread])
        .map(drop)
}

fn count_folder(index: &Connection, folder: i64, total: i64, unread: i64) -> rusqlite::Result<()> {
    index
        .prepare_cached(
            "UPDATE folders SET total = total + ?2, unread = unread + ?3 WHERE id = ?1",
        )?
        .execute([folder, total, unread])
        .map(drop)
}
