//! Messages that other programs move.
//!
//! They leave one place and come to another, in either order, not always in one look, and under another UID or file name.
//! One that left gives its number to the same message when that comes within a day. One that comes beside an older
//! copy in another folder takes the copy's number should the copy leave within a day. In between neither is news.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use crate::error::Result;
use crate::model::id::MessageId;
use crate::model::message::{Change, Flags, Ident, NewMessage};

use super::entry::{self, Known};
use super::folders::{Folder, Folders};
use super::messages::{changed_flags, changed_labels, remove_one, set_state, withdraw};
use super::row::{self, join_labels, join_people, split_labels};
use super::text::preview;
use super::write::Write;
use super::{Store, altered, bytes, fault, feed, threading};

const DOING: &str = "following a moved message";

/// How long after it left a message may come again.
const SPAN_MS: i64 = 24 * 3600 * 1000;

/// How long what is told of it waits for that.
const MOMENT_MS: i64 = 3600 * 1000;

/// By what a message is known wherever it lies.
struct Looks<'a> {
    message_id: Option<&'a str>,
    sender: &'a str,
    subject: &'a str,
    recipients: &'a str,
    /// Seconds.
    at: i64,
    preview: &'a str,
    size: i64,
}

impl Looks<'_> {
    /// As 64 bits. Its bytes may differ: programs add and drop header fields of their own. A Message-ID alone says little:
    /// whoever got the message knows it, and monitors give it to each alert.
    fn mark(&self) -> i64 {
        let more = match self.message_id {
            Some(id) => id.trim().to_owned(),
            None => self.size.to_string(),
        };
        let known = self.message_id.is_some();
        threading::hash(&format!(
            "{known}\0{more}\0{}\0{}\0{}\0{}\0{}",
            self.at, self.sender, self.recipients, self.subject, self.preview
        ))
    }
}

/// A number that waits for its message.
pub struct Back {
    pub id: i64,
    labels: String,
    /// What its server is still to be told, oldest first.
    untold: Vec<Change>,
}

impl Back {
    /// Flags and labels of the message that comes: with the labels it had, and what its server is still to be told.
    pub fn restored(&self, flags: Flags, labels: &[String]) -> (Flags, String) {
        let mut all = split_labels(&self.labels);
        all.extend(labels.iter().cloned());
        let came = (flags, join_labels(&all));
        self.untold.iter().fold(came, |(flags, labels), change| {
            (
                changed_flags(flags, change),
                changed_labels(&labels, change),
            )
        })
    }
}

/// Looks at messages that are stored for such as were here before.
pub struct Comings<'a> {
    write: &'a Write<'a>,
    /// Mostly nothing is.
    any_gone: bool,
    /// Whether an account is fetched for the first time: what is there twice was copied long ago.
    firsts: HashMap<String, bool>,
}

/// What a message that comes is.
pub enum Coming {
    New,
    Back(Back),
    /// There is an older copy.
    Copy(i64),
}

impl<'a> Comings<'a> {
    pub fn of(write: &'a Write<'a>) -> Result<Comings<'a>> {
        let any_gone = write
            .raw
            .query_row(
                "SELECT EXISTS (SELECT 1 FROM moving WHERE gone)",
                [],
                |row| row.get(0),
            )
            .map_err(fault(DOING))?;
        Ok(Comings {
            write,
            any_gone,
            firsts: HashMap::new(),
        })
    }

    /// Whether the message was here a short time ago, or has a copy here.
    pub fn look(&mut self, message: &NewMessage) -> Result<Coming> {
        if !is_movable(&message.ident) {
            return Ok(Coming::New);
        }
        self.find(message).map_err(fault(DOING))
    }

    fn find(&mut self, message: &NewMessage) -> rusqlite::Result<Coming> {
        let account = message.account.as_str();
        let first = match self.firsts.get(account) {
            Some(first) => *first,
            None => {
                let first = feed::is_first(&self.write.raw, account)?;
                self.firsts.insert(account.to_owned(), first);
                first
            }
        };
        if first && !self.any_gone {
            return Ok(Coming::New);
        }
        let parsed = &message.parsed;
        let (sender, recipients) = (join_people(&parsed.from), join_people(&parsed.to));
        let preview = preview(&parsed.text);
        let looks = Looks {
            message_id: named(parsed.message_id.as_deref()),
            sender: &sender,
            subject: &parsed.subject,
            recipients: &recipients,
            at: entry::time_of(parsed, message.received_at.as_millisecond()),
            preview: &preview,
            size: i64::try_from(message.size_bytes).unwrap_or(i64::MAX),
        };
        let mark = looks.mark();
        if self.any_gone
            && let Some(back) = back(self.write, account, mark)?
        {
            return Ok(Coming::Back(back));
        }
        match first || !has_copy(&self.write.index, account, &looks)? {
            true => Ok(Coming::New),
            false => Ok(Coming::Copy(mark)),
        }
    }
}

/// The number that waits for the message with this mark; it waits no more.
fn back(write: &Write<'_>, account: &str, mark: i64) -> rusqlite::Result<Option<Back>> {
    let waiting = write
        .raw
        .prepare_cached(
            "SELECT message, labels FROM moving WHERE account = ?1 AND mark = ?2 AND gone AND at BETWEEN ?3 AND ?4
             AND NOT EXISTS (SELECT 1 FROM mail WHERE id = message) ORDER BY message LIMIT 1",
        )?
        .query_row(params![account, mark, since(write.now), until(write.now)], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .optional()?;
    let Some((id, labels)) = waiting else {
        return Ok(None);
    };
    forget(&write.raw, (account, mark, id))?;
    Ok(Some(Back {
        id,
        labels,
        untold: untold(&write.raw, id)?,
    }))
}

fn untold(raw: &Connection, id: i64) -> rusqlite::Result<Vec<Change>> {
    let mut read =
        raw.prepare_cached("SELECT change FROM changes WHERE message = ?1 ORDER BY id")?;
    let texts = read.query_map([id], |row| row.get::<_, String>(0))?;
    // One that can't be read is told of when it is to be told.
    texts
        .filter_map(|text| {
            text.map(|text| serde_json::from_str(&text).ok())
                .transpose()
        })
        .collect()
}

/// Notes that a message came beside an older copy.
pub fn note_copy(write: &Write<'_>, account: &str, (mark, id): (i64, i64)) -> Result<()> {
    note(write, (account, mark, id), (false, "")).map_err(fault(DOING))
}

/// Messages after this one that came beside an older copy.
pub fn copies(raw: &Connection, after: i64) -> rusqlite::Result<HashSet<i64>> {
    raw.prepare_cached("SELECT message FROM moving WHERE message > ?1 AND NOT gone")?
        .query_map([after], |row| row.get(0))?
        .collect()
}

/// Why messages leave their places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Departure {
    Gone,
    /// They come again in the same folder.
    Renumbered,
}

/// Messages left their places: a copy that came to another folder since takes the number of each, else it is kept for
/// when it comes.
pub fn depart(write: &Write<'_>, ids: &[MessageId], why: Departure) -> Result<()> {
    write
        .raw
        .execute(
            "DELETE FROM moving WHERE at NOT BETWEEN ?1 AND ?2",
            [since(write.now), until(write.now)],
        )
        .and_then(|_| drop_orphans(&write.raw))
        .map_err(fault(DOING))?;
    ids.iter().try_for_each(|id| depart_one(write, id.0, why))
}

/// Drops what was to be told of messages that will not come again.
pub fn drop_orphans(raw: &Connection) -> rusqlite::Result<()> {
    raw.execute(
        "DELETE FROM changes WHERE NOT EXISTS (SELECT 1 FROM mail WHERE id = changes.message)
         AND message NOT IN (SELECT message FROM moving WHERE gone)",
        [],
    )
    .map(drop)
}

fn depart_one(write: &Write<'_>, id: i64, why: Departure) -> Result<()> {
    let Some((account, mark, labels)) = known_by(write, id).map_err(fault(DOING))? else {
        return remove_one(write, id);
    };
    let copy: Option<i64> = write
        .raw
        .prepare_cached(
            "SELECT v.message FROM moving v JOIN mail m ON m.id = v.message
             WHERE v.account = ?1 AND v.mark = ?2 AND NOT v.gone AND v.message > ?3
             AND m.folder <> (SELECT folder FROM mail WHERE id = ?3) ORDER BY v.message LIMIT 1",
        )
        .and_then(|mut find| {
            find.query_row(params![account, mark, id], |row| row.get(0))
                .optional()
        })
        .map_err(fault(DOING))?;
    let Some(copy) = copy.filter(|_| why == Departure::Gone) else {
        note(write, (&account, mark, id), (true, &labels)).map_err(fault(DOING))?;
        return withdraw(write, id);
    };
    forget(&write.raw, (&account, mark, copy)).map_err(fault(DOING))?;
    take_number(write, (id, copy))
}

/// Account, mark and labels of a message that may come again under another ident.
fn known_by(write: &Write<'_>, id: i64) -> rusqlite::Result<Option<(String, i64, String)>> {
    let ident: Option<Vec<u8>> = write
        .raw
        .prepare_cached("SELECT ident FROM mail WHERE id = ?1")?
        .query_row([id], |row| row.get(0))
        .optional()?;
    if !ident
        .and_then(|ident| row::ident(&ident))
        .is_some_and(|ident| is_movable(&ident))
    {
        return Ok(None);
    }
    write
        .index
        .prepare_cached(
            "SELECT f.account, m.message_id, m.sender, m.subject, m.recipients, m.at, m.size, m.labels, m.preview
             FROM messages m JOIN folders f ON f.id = m.folder WHERE m.id = ?1",
        )?
        .query_row([id], |row| {
            let message_id: Option<String> = row.get(1)?;
            let looks = Looks {
                message_id: named(message_id.as_deref()),
                sender: row.get_ref(2)?.as_str()?,
                subject: row.get_ref(3)?.as_str()?,
                recipients: row.get_ref(4)?.as_str()?,
                at: row.get(5)?,
                preview: row.get_ref(8)?.as_str()?,
                size: row.get(6)?,
            };
            Ok((row.get(0)?, looks.mark(), row.get(7)?))
        })
        .optional()
}

/// A server or a Maildir names it by its place there, so that it comes under another name elsewhere.
fn is_movable(ident: &Ident) -> bool {
    matches!(ident, Ident::Uid { .. } | Ident::Maildir(_))
}

fn named(message_id: Option<&str>) -> Option<&str> {
    message_id.filter(|id| !id.trim().is_empty())
}

/// Whether the account has a message that looks so.
fn has_copy(index: &Connection, account: &str, of: &Looks<'_>) -> rusqlite::Result<bool> {
    if let Some(id) = of.message_id {
        return index
            .prepare_cached(
                "SELECT EXISTS (SELECT 1 FROM message_ids i CROSS JOIN messages m ON m.key = i.key
                 JOIN folders f ON f.id = m.folder
                 WHERE i.hash = ?1 AND m.sender = ?2 AND m.subject = ?3 AND m.at = ?4 AND m.preview = ?5
                 AND f.account = ?6)",
            )?
            .query_row(
                params![
                    threading::hash(id),
                    of.sender,
                    of.subject,
                    of.at,
                    of.preview,
                    account
                ],
                |row| row.get(0),
            );
    }
    index
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM messages m JOIN folders f ON f.id = m.folder
             WHERE m.key BETWEEN ?1 AND ?2 AND m.sender = ?3 AND m.subject = ?4 AND m.recipients = ?5 AND m.size = ?6
             AND f.account = ?7)",
        )?
        .query_row(
            params![
                of.at << 6,
                (of.at << 6) | 63,
                of.sender,
                of.subject,
                of.recipients,
                of.size,
                account
            ],
            |row| row.get(0),
        )
}

/// A copy is from now on the message that left: it has its number, thread, labels, and what a server is still to be told.
fn take_number(write: &Write<'_>, (id, copy): (i64, i64)) -> Result<()> {
    let work = || -> rusqlite::Result<Option<(Known, Known, Folder, Folder)>> {
        let (Some(left), Some(came)) = (
            entry::find(&write.index, id)?,
            entry::find(&write.index, copy)?,
        ) else {
            return Ok(None);
        };
        let folders = Folders::load(&write.index).map_err(|_| rusqlite::Error::InvalidQuery)?;
        let both = folders
            .by_id(left.folder)
            .cloned()
            .zip(folders.by_id(came.folder).cloned());
        Ok(both.map(|(from, to)| (left, came, from, to)))
    };
    let Some((left, came, from, to)) = work().map_err(fault(DOING))? else {
        return remove_one(write, id);
    };
    let loose = bytes::forget(&write.raw, id)?;
    write.loose_blobs.borrow_mut().extend(loose);
    let renumber = || -> rusqlite::Result<bool> {
        let (raw, index) = (&write.raw, &write.index);
        let received_at: i64 = raw
            .prepare_cached("DELETE FROM mail WHERE id = ?1 RETURNING received_at")?
            .query_row([id], |row| row.get(0))?;
        raw.prepare_cached("UPDATE mail SET id = ?1, received_at = ?3 WHERE id = ?2")?
            .execute([id, copy, received_at])?;
        for sql in [
            "UPDATE bytes SET id = ?1 WHERE id = ?2",
            "UPDATE changes SET message = ?1 WHERE message = ?2",
            "UPDATE OR IGNORE founders SET id = ?1 WHERE id = ?2",
        ] {
            raw.prepare_cached(sql)?.execute([id, copy])?;
        }
        raw.prepare_cached("DELETE FROM founders WHERE id = ?1")?
            .execute([copy])?;
        if left.thread != came.thread {
            threading::merge(index, came.thread, left.thread)?;
        }
        entry::remove(index, &left, &from)?;
        index
            .prepare_cached("UPDATE messages SET id = ?1, received_at = ?3 WHERE id = ?2")?
            .execute([id, copy, received_at])?;
        raw.prepare_cached("SELECT EXISTS (SELECT 1 FROM changes WHERE message = ?1)")?
            .query_row([id], |row| row.get(0))
    };
    let has_changes = renumber().map_err(fault(DOING))?;
    let mut labels = split_labels(&left.labels);
    labels.extend(split_labels(&came.labels));
    let flags = row::flags(if has_changes { left.bits } else { came.bits });
    let tell = || -> rusqlite::Result<()> {
        altered::note(write, &came, (to.id, true))?;
        let now = Known {
            id,
            thread: left.thread,
            ..came
        };
        set_state(write, &now, &to, (flags, &join_labels(&labels)))?;
        altered::note(write, &now, (to.id, false))
    };
    tell().map_err(fault(DOING))
}

fn note(
    write: &Write<'_>,
    (account, mark, id): (&str, i64, i64),
    (gone, labels): (bool, &str),
) -> rusqlite::Result<()> {
    write
        .raw
        .prepare_cached(
            "INSERT OR REPLACE INTO moving (account, mark, message, gone, labels, at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![
            account,
            mark,
            id,
            gone,
            labels,
            write.now.as_millisecond()
        ])
        .map(drop)
}

fn forget(raw: &Connection, (account, mark, id): (&str, i64, i64)) -> rusqlite::Result<()> {
    raw.prepare_cached("DELETE FROM moving WHERE account = ?1 AND mark = ?2 AND message = ?3")?
        .execute(params![account, mark, id])
        .map(drop)
}

/// Forgets how these messages moved.
pub fn forget_all(raw: &Connection, ids: &[MessageId]) -> rusqlite::Result<()> {
    let ids: Vec<String> = ids.iter().map(|id| id.0.to_string()).collect();
    raw.prepare_cached("DELETE FROM moving WHERE message IN (SELECT value FROM json_each(?1))")?
        .execute([format!("[{}]", ids.join(","))])
        .map(drop)
}

fn since(now: Timestamp) -> i64 {
    now.as_millisecond() - SPAN_MS
}

/// A clock that was set back must not keep anything for long.
fn until(now: Timestamp) -> i64 {
    now.as_millisecond() + SPAN_MS
}

impl Store {
    /// Whether a message left its place a moment ago and may come again elsewhere.
    pub fn is_between_places(&self, id: MessageId) -> Result<bool> {
        let now = self.clock.now().as_millisecond();
        self.raw_reader()?
            .prepare_cached(
                "SELECT EXISTS (SELECT 1 FROM moving WHERE message = ?1 AND gone AND at BETWEEN ?2 AND ?3)",
            )
            .and_then(|mut found| {
                found.query_row(params![id.0, now - MOMENT_MS, now + MOMENT_MS], |row| row.get(0))
            })
            .map_err(fault(DOING))
    }

    /// Forgets messages that their source no longer has where they were. Unknown ids are passed over.
    pub fn remove(&self, ids: &[MessageId]) -> Result<()> {
        if ids.is_empty() {
            return Ok(());
        }
        self.write("removing messages", |write| {
            depart(write, ids, Departure::Gone)
        })
    }
}
