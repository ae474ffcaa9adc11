//! What happened since: messages in the order they were stored, changes of them and lines of the audit log in theirs.
//!
//! All are numbered once and for ever, also through a rebuild of the index, so three numbers are a whole cursor.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Params, params};

use crate::error::Result;
use crate::model::id::MessageId;
use crate::model::message::{Envelope, Role};

use super::audit::{AuditFilter, AuditRow};
use super::folders::{self, Folders};
use super::row::{ENVELOPE, envelope};
use super::write::meta;
use super::{Store, fault, moving, threading};

const DOING: &str = "reading what is new";

/// How long the index may lie behind `raw.db` in a commit; longer is a rebuild.
const BETWEEN_COMMITS: Duration = Duration::from_secs(1);

/// By how much a server's clock may be behind ours: what it got a moment ago is news.
const CLOCKS_APART_MS: i64 = 10 * 60 * 1000;

const DAY_MS: i64 = 24 * 3600 * 1000;

/// Of a message that is no news, and none's copy.
const NO_MARK: i64 = 0;

/// How far someone is with what happened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The number of a message.
    pub message: i64,
    /// The number of a line of the audit log.
    pub line: u64,
    /// The number of a change of a message.
    pub change: i64,
}

/// Messages as they came.
#[derive(Debug, Default)]
pub struct Arrivals {
    /// Those that someone sent to the owner, oldest first.
    pub received: Vec<Envelope>,
    /// How far was looked.
    pub through: i64,
    /// Whether there may be others after it.
    pub more: bool,
}

/// A message, its folder, and whether it may be one that was received.
type Row = (Envelope, i64, bool);

impl Store {
    /// Where what happens next will begin.
    pub fn feed_end(&self) -> Result<Place> {
        if !self.exists() {
            return Ok(Place::default());
        }
        let line = self.audit_head()?.count;
        let mut waited = Duration::ZERO;
        let message = loop {
            let indexed = {
                let index = self.reader()?;
                meta(&index, "last_id").map_err(fault(DOING))?
            };
            let given = self.last_id()?;
            // Between the two commits of a write the message can't be seen yet: it is still to come.
            if indexed >= given || waited >= BETWEEN_COMMITS {
                break given;
            }
            std::thread::sleep(Duration::from_millis(20));
            waited += Duration::from_millis(20);
        };
        Ok(Place {
            message,
            line,
            change: self.last_altered()?,
        })
    }

    /// The last number given to a message.
    pub fn last_id(&self) -> Result<i64> {
        let raw = self.raw_reader()?;
        meta(&raw, "last_id").map_err(fault(DOING))
    }

    /// Of the messages after this one, at most so many, those that were received: not what the owner wrote, nor drafts,
    /// junk and trash, nor what was there before its account or folder was fetched first, nor further copies in other
    /// folders.
    pub fn arrivals(&self, after: i64, limit: usize) -> Result<Arrivals> {
        if !self.exists() {
            return Ok(Arrivals {
                through: after,
                ..Arrivals::default()
            });
        }
        let most = i64::try_from(limit).unwrap_or(i64::MAX);
        let rows = self.rows("m.id > ?1 ORDER BY m.id LIMIT ?2", (after, most))?;
        let through = rows.last().map_or(after, |(last, ..)| last.id.0);
        let more = rows.len() == limit;
        Ok(Arrivals {
            received: self.news_among(rows, after)?,
            through,
            more,
        })
    }

    /// The same of these messages, oldest first.
    pub fn arrived(&self, ids: &[MessageId]) -> Result<Vec<Envelope>> {
        let Some(first) = ids.iter().min().filter(|_| self.exists()) else {
            return Ok(Vec::new());
        };
        let ids = format!("{:?}", ids.iter().map(|id| id.0).collect::<Vec<_>>());
        let these = "m.id IN (SELECT value FROM json_each(?1)) ORDER BY m.id";
        let rows = self.rows(these, [ids])?;
        self.news_among(rows, first.0 - 1)
    }

    fn rows(&self, these: &str, params: impl Params) -> Result<Vec<Row>> {
        let db = self.reader()?;
        let folders = Folders::seen(&db)?;
        let read = || -> rusqlite::Result<Vec<Row>> {
            let sql = format!("SELECT {ENVELOPE} FROM messages m WHERE {these}");
            let mut rows = db.prepare_cached(&sql)?;
            let rows = rows.query_map(params, |row| {
                let of = envelope(row, &folders)?;
                let folder = row.get(3)?;
                let role = folders.by_id(folder).map(|folder| folder.role);
                let incoming = matches!(
                    role,
                    Some(Role::Inbox | Role::Other | Role::Archive | Role::All)
                );
                Ok((of, folder, incoming))
            })?;
            let mut rows = rows.collect::<rusqlite::Result<Vec<_>>>()?;
            for (of, _, incoming) in &mut rows {
                *incoming = *incoming && !of.sent && !of.draft && !is_copy(&db, of)?;
            }
            Ok(rows)
        };
        read().map_err(fault(DOING))
    }

    /// What is news of rows after this message.
    fn news_among(&self, rows: Vec<Row>, after: i64) -> Result<Vec<Envelope>> {
        // Read after the rows: a first fetch begins by saying so.
        let old = self.old_news(after)?;
        let news = rows
            .into_iter()
            .filter(|(of, folder, incoming)| *incoming && !old.holds(of, *folder));
        Ok(news.map(|(of, ..)| of).collect())
    }

    /// Lines of the audit log after this one, oldest first.
    pub fn lines_since(&self, after: u64, limit: usize) -> Result<Vec<AuditRow>> {
        self.audit_lines(&AuditFilter {
            after: Some(after),
            limit: Some(limit),
            ..AuditFilter::default()
        })
    }

    /// Says that what is stored of this account from now on is no news: it was there before, until
    /// [`Store::end_history`]. An account that was fetched before goes on as it was.
    pub fn begin_history(&self, account: &str) -> Result<()> {
        if self.fetched_at(account)?.is_some() {
            return Ok(());
        }
        self.raw_db()?
            .execute(
                "INSERT OR IGNORE INTO meta VALUES (?1, ?2)",
                params![mark(account), i64::MAX],
            )
            .map(drop)
            .map_err(fault(DOING))
    }

    /// Says that a folder or a room of an account that was fetched before is looked at for the first time, or anew: what
    /// came there before that fetch is no news, nobody saw it. False if all that the account has is its history.
    pub fn begin_folder(&self, account: &str, path: &str) -> Result<bool> {
        let raw = self.raw_db()?;
        let is_first = is_first(&raw, account).map_err(fault(DOING))?;
        let folder = folders::find(&raw, account, path)?;
        let Some(folder) = folder.filter(|_| !is_first) else {
            return Ok(false);
        };
        // Where no fetch ever ended well, it is not known when one looked.
        let begun = meta(&raw, &begin_mark(account))
            .optional()
            .map_err(fault(DOING))?;
        let looked_at = match (self.fetched_at(account)?, begun) {
            (Some(at), _) => at - CLOCKS_APART_MS,
            (None, Some(begin)) => begin,
            (None, None) => self.clock.now().as_millisecond() - CLOCKS_APART_MS,
        };
        raw.execute(
            "INSERT OR IGNORE INTO meta VALUES (?1, ?2)",
            params![folder_mark(folder.id), looked_at],
        )
        .map(|_| true)
        .map_err(fault(DOING))
    }

    /// Says that all that is in a room goes into another: what is no news there is none here.
    pub fn carry_history(&self, account: &str, (from, to): (&str, &str)) -> Result<()> {
        let raw = self.raw_db()?;
        let from = folders::find(&raw, account, from)?;
        let to = folders::find(&raw, account, to)?;
        let (Some(from), Some(to)) = (from, to) else {
            return Ok(());
        };
        raw.execute(
            "INSERT INTO meta SELECT ?2, value FROM meta WHERE name = ?1
             ON CONFLICT (name) DO UPDATE SET value = max(value, excluded.value)",
            params![folder_mark(from.id), folder_mark(to.id)],
        )
        .map(drop)
        .map_err(fault(DOING))
    }

    /// Whether a folder was looked at for the first time less than a day ago: another program may still be filling it.
    pub fn is_young(&self, account: &str, path: &str) -> Result<bool> {
        let raw = self.raw_reader()?;
        let Some(folder) = folders::find(&raw, account, path)? else {
            return Ok(false);
        };
        let begun = meta(&raw, &folder_mark(folder.id))
            .optional()
            .map_err(fault(DOING))?;
        let now = self.clock.now().as_millisecond();
        Ok(begun.is_some_and(|begun| now - begun < DAY_MS))
    }

    /// Says that a search at the provider brought these messages: those that came before the last fetch are no news.
    pub fn note_found(&self, account: &str, ids: &[MessageId]) -> Result<()> {
        let Some(fetched_at) = self.fetched_at(account)?.filter(|_| !ids.is_empty()) else {
            return Ok(());
        };
        let found = self.present(ids)?.into_iter();
        let old: Vec<i64> = found
            .filter(|of| of.received_at.as_millisecond() < fetched_at - CLOCKS_APART_MS)
            .map(|of| of.id.0)
            .collect();
        self.write("noting what was found", |write| {
            old.iter()
                .try_for_each(|id| moving::note_copy(write, account, (NO_MARK, *id)))
        })
    }

    /// When an account was last fetched to its end.
    fn fetched_at(&self, account: &str) -> Result<Option<i64>> {
        self.reader()?
            .prepare_cached("SELECT synced_at FROM sources WHERE account = ?1")
            .and_then(|mut s| s.query_row([account], |row| row.get(0)).optional())
            .map(Option::flatten)
            .map_err(fault(DOING))
    }

    /// Says that what is stored of this account after this is news. If not all of it was fetched, what came before `cut`
    /// still is not.
    pub fn end_history(&self, account: &str, cut: Option<Timestamp>) -> Result<()> {
        if !is_first(&*self.raw_reader()?, account).map_err(fault(DOING))? {
            return Ok(());
        }
        let mut db = self.raw_db()?;
        let mut write = || -> rusqlite::Result<()> {
            let raw = db.transaction()?;
            if let Some(cut) = cut {
                raw.execute(
                    "INSERT OR REPLACE INTO meta VALUES (?1, ?2)",
                    params![begin_mark(account), cut.as_millisecond() - CLOCKS_APART_MS],
                )?;
            }
            raw.execute(
                "UPDATE meta SET value = (SELECT value FROM meta WHERE name = 'last_id')
                 WHERE name = ?1 AND value = ?2",
                params![mark(account), i64::MAX],
            )?;
            raw.commit()
        };
        write().map_err(fault(DOING))
    }

    /// What was there before, among the messages after this one.
    fn old_news(&self, after: i64) -> Result<OldNews> {
        let db = self.raw_reader()?;
        let read = || -> rusqlite::Result<OldNews> {
            let mut folders = db.prepare_cached(
                "SELECT CAST(substr(name, 8) AS INTEGER), value FROM meta
                 WHERE name >= 'folder:' AND name < 'folder;'",
            )?;
            let mut accounts = db.prepare_cached(
                "SELECT substr(name, 6), value FROM meta WHERE name >= 'news:' AND name < 'news;'",
            )?;
            let mut begins = db.prepare_cached(
                "SELECT substr(name, 7), value FROM meta WHERE name >= 'begin:' AND name < 'begin;'",
            )?;
            Ok(OldNews {
                begins: begins
                    .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
                    .collect::<rusqlite::Result<_>>()?,
                accounts: accounts
                    .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
                    .collect::<rusqlite::Result<_>>()?,
                folders: folders
                    .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
                    .collect::<rusqlite::Result<_>>()?,
                copies: moving::copies(&db, after)?,
            })
        };
        read().map_err(fault(DOING))
    }
}

/// What is stored and no news.
struct OldNews {
    /// For each account that was ever fetched the last message that was there before.
    accounts: HashMap<String, i64>,
    /// For each account that was not fetched whole at first the time before which all that came was there before, in
    /// milliseconds.
    begins: HashMap<String, i64>,
    /// For each folder that its account did not always have the time before which nobody looked, in milliseconds.
    folders: HashMap<i64, i64>,
    copies: HashSet<i64>,
}

impl OldNews {
    fn holds(&self, of: &Envelope, folder: i64) -> bool {
        let (id, came) = (of.id.0, of.received_at.as_millisecond());
        self.accounts
            .get(&of.account)
            .is_some_and(|through| id <= *through)
            || self
                .begins
                .get(&of.account)
                .is_some_and(|begin| came < *begin)
            || self.folders.get(&folder).is_some_and(|begin| came < *begin)
            || self.copies.contains(&id)
    }
}

/// Whether what is stored of this account is its history.
pub(super) fn is_first(raw: &Connection, account: &str) -> rusqlite::Result<bool> {
    raw.prepare_cached("SELECT EXISTS (SELECT 1 FROM meta WHERE name = ?1 AND value = ?2)")?
        .query_row(params![mark(account), i64::MAX], |row| row.get(0))
}

/// Forgets when a folder was first looked at.
pub(super) fn forget_folder(raw: &Connection, folder: i64) -> rusqlite::Result<()> {
    raw.prepare_cached("DELETE FROM meta WHERE name = ?1")?
        .execute([folder_mark(folder)])
        .map(drop)
}

fn folder_mark(folder: i64) -> String {
    format!("folder:{folder}")
}

/// Gives what is known of an account's history to its new name.
pub(super) fn rename_account(raw: &Connection, (old, new): (&str, &str)) -> rusqlite::Result<()> {
    let mut rename = raw.prepare_cached("UPDATE OR REPLACE meta SET name = ?2 WHERE name = ?1")?;
    rename.execute([mark(old), mark(new)])?;
    rename.execute([begin_mark(old), begin_mark(new)]).map(drop)
}

/// Whoever adds the account again fetches it for the first time.
pub(super) fn forget_account(raw: &Connection, account: &str) -> rusqlite::Result<()> {
    raw.prepare_cached("DELETE FROM meta WHERE name IN (?1, ?2)")?
        .execute([mark(account), begin_mark(account)])
        .map(drop)
}

/// Names of an account's marks in `meta` of `raw.db`.
fn begin_mark(account: &str) -> String {
    format!("begin:{account}")
}

fn mark(account: &str) -> String {
    format!("news:{account}")
}

/// Whether the account has an older message of this Message-ID and time: monitors send each alert under the same id.
fn is_copy(db: &Connection, of: &Envelope) -> rusqlite::Result<bool> {
    let Some(message_id) = &of.message_id else {
        return Ok(false);
    };
    db.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM message_ids i JOIN messages m ON m.key = i.key
         JOIN folders f ON f.id = m.folder
         WHERE i.hash = ?1 AND m.id < ?2 AND m.message_id = ?3 AND f.account = ?4
         AND m.at = (SELECT at FROM messages WHERE id = ?2))",
    )?
    .query_row(
        params![threading::hash(message_id), of.id.0, message_id, of.account],
        |row| row.get(0),
    )
}
