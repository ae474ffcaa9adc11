//! Questions to `index.db`: searches, the inbox, counts.

use std::collections::HashSet;

use rusqlite::{Connection, OptionalExtension, params_from_iter};

use crate::error::{Error, Result};
use crate::model::address::Address;
use crate::model::id::ThreadId;
use crate::model::message::{Envelope, ThreadRow};
use crate::model::query::{Query, Sort};

use super::folders::Folders;
use super::plan::{self, Node};
use super::row::{ENVELOPE, INBOX, envelope, envelope_in, people};
use super::sql::{Scan, Sql};
use super::{Store, fault};

/// One page of a list and the cursor of the next.
#[derive(Clone, Debug, PartialEq)]
pub struct Page<T> {
    pub rows: Vec<T>,
    /// Opaque; give it back as `after`. `None` on the last page.
    pub next: Option<String>,
}

/// Which threads the inbox lists.
#[derive(Clone, Debug)]
pub struct ThreadFilter {
    /// The thread is listed if one of its messages fits this and lies in an inbox or ordinary folder
    /// (not Sent, Drafts, Trash, Junk, Archive); `Query::All` for every thread.
    pub query: Query,
    /// Drop the folder condition: the query names a folder itself.
    pub any_folder: bool,
}

impl Store {
    /// Labels that messages carry or carried, in small letters.
    pub fn label_names(&self) -> Result<Vec<String>> {
        let db = self.reader()?;
        let read = || -> rusqlite::Result<Vec<String>> {
            db.prepare_cached("SELECT folded FROM labels ORDER BY folded")?
                .query_map([], |row| row.get(0))?
                .collect()
        };
        let mut names = read().map_err(fault("reading labels"))?;
        drop(db);
        if self.view.is_limited() {
            let mut seen = Vec::new();
            for name in names {
                let page = self.search(&Query::Label(name.clone()), Sort::Newest, Some(1), None)?;
                if !page.rows.is_empty() {
                    seen.push(name);
                }
            }
            names = seen;
        }
        Ok(names)
    }

    /// A query made ready, within what may be known of.
    fn plan(&self, db: &Connection, query: &Query) -> Result<Node> {
        let node = plan::node(db, query)?;
        if !self.view.is_limited() {
            return Ok(node);
        }
        Ok(plan::and(vec![node, plan::lying_in(&Folders::seen(db)?)]))
    }

    /// Messages that fit, best or newest first. `limit: None` means all. A query without words has no
    /// best: it is listed newest first.
    pub fn search(
        &self,
        query: &Query,
        sort: Sort,
        limit: Option<usize>,
        after: Option<&str>,
    ) -> Result<Page<Envelope>> {
        let db = self.reader()?;
        let doing = "searching";
        // One moment for all that is read, whatever others write meanwhile.
        let tx = db.unchecked_transaction().map_err(fault(doing))?;
        let node = self.plan(&tx, query)?;
        let scan = match sort {
            Sort::Newest => Scan::new(&tx, node),
            Sort::Relevance => Scan::ranked(&tx, node),
        }
        .map_err(fault(doing))?;
        let folders = Folders::seen(&tx)?;
        let mut read = Reading {
            db: &tx,
            folders: &folders,
            rows: Vec::new(),
            limit,
        };
        let done = match sort {
            Sort::Relevance if scan.has_text() => ranked(&mut read, &scan, after),
            _ => read.newest(&scan, after.map(key).transpose()?),
        };
        let next = match done {
            Err(Fault::Cursor(error)) => return Err(error),
            Err(Fault::Sql(error)) => return Err(search_fault(error)),
            Ok(next) => next,
        };
        Ok(Page {
            rows: read.rows,
            next,
        })
    }

    /// How many messages fit.
    pub fn count(&self, query: &Query) -> Result<u64> {
        let db = self.reader()?;
        let doing = "counting";
        let tx = db.unchecked_transaction().map_err(fault(doing))?;
        let node = self.plan(&tx, query)?;
        let sql = Scan::new(&tx, node).map_err(fault(doing))?.count();
        let count: i64 = tx
            .query_row(&sql.text, params_from_iter(&sql.params), |row| row.get(0))
            .map_err(search_fault)?;
        Ok(u64::try_from(count).unwrap_or(0))
    }

    /// Threads, newest first.
    pub fn threads(
        &self,
        filter: &ThreadFilter,
        limit: usize,
        after: Option<&str>,
    ) -> Result<Page<ThreadRow>> {
        let db = self.reader()?;
        let doing = "listing threads";
        let tx = db.unchecked_transaction().map_err(fault(doing))?;
        let mut node = self.plan(&tx, &filter.query)?;
        if !filter.any_folder {
            node = plan::and(vec![node, Node::Facts(vec![INBOX])]);
        }
        let scan = Scan::new(&tx, node).map_err(fault(doing))?;
        let before = after.map(key).transpose()?;
        let (newest, more) = newest_of_threads(&tx, &scan, before, limit).map_err(search_fault)?;
        let folders = Folders::seen(&tx)?;
        let rows: Vec<ThreadRow> = newest
            .iter()
            .map(|(key, thread)| {
                let mut row = thread_row(&tx, &folders, *key, *thread)?;
                if self.view.is_limited() {
                    narrow(&tx, &folders, &mut row)?;
                }
                Ok(row)
            })
            .collect::<rusqlite::Result<_>>()
            .map_err(fault(doing))?;
        let next = newest
            .last()
            .filter(|_| more)
            .map(|(key, _)| format!("n{key:x}"));
        Ok(Page { rows, next })
    }

    /// Unread messages per account in inbox and ordinary folders; every account that has any message
    /// there, by name.
    pub fn unread_by_account(&self) -> Result<Vec<(String, u64)>> {
        self.sums(
            "SELECT account, sum(unread) FROM folders WHERE role IN (0, 1) AND total > 0 AND sees(account)
             GROUP BY account ORDER BY account",
        )
    }

    /// Messages per account, by name.
    pub fn count_by_account(&self) -> Result<Vec<(String, u64)>> {
        self.sums("SELECT account, sum(total) FROM folders WHERE sees(account) GROUP BY account ORDER BY account",)
    }

    fn sums(&self, sql: &str) -> Result<Vec<(String, u64)>> {
        let db = self.reader()?;
        let read = || -> rusqlite::Result<Vec<(String, u64)>> {
            db.prepare_cached(sql)?
                .query_map([], |row| {
                    let sum: i64 = row.get(1)?;
                    Ok((row.get(0)?, u64::try_from(sum).unwrap_or(0)))
                })?
                .collect()
        };
        read().map_err(fault("counting messages"))
    }
}

/// Rows of one page as they are read.
struct Reading<'a> {
    db: &'a Connection,
    folders: &'a Folders,
    rows: Vec<Envelope>,
    limit: Option<usize>,
}

/// What can go wrong while a page is read.
enum Fault {
    Cursor(Error),
    Sql(rusqlite::Error),
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Fault::Sql(error)
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Fault::Cursor(error)
    }
}

impl Reading<'_> {
    /// How many rows are missing, and one more: it tells whether there is a next page.
    fn wanted(&self) -> Option<usize> {
        self.limit
            .map(|limit| (limit - self.rows.len()).saturating_add(1))
    }

    /// Takes rows up to the limit; says whether there are more.
    fn take(&mut self, sql: &Sql) -> rusqlite::Result<Option<i64>> {
        let mut statement = self.db.prepare(&sql.text)?;
        let mut found = statement.query(params_from_iter(&sql.params))?;
        let mut last = None;
        while let Some(row) = found.next()? {
            if self.limit == Some(self.rows.len()) {
                return Ok(Some(last.unwrap_or(i64::MAX)));
            }
            last = Some(row.get(0)?);
            self.rows.push(envelope(row, self.folders)?);
        }
        Ok(None)
    }

    fn newest(
        &mut self,
        scan: &Scan,
        before: Option<i64>,
    ) -> std::result::Result<Option<String>, Fault> {
        let more = self.take(&scan.newest(ENVELOPE, before, self.wanted()))?;
        // A page that was full before this began goes on where this would have begun.
        let last = more.map(|last| last.min(before.unwrap_or(i64::MAX)));
        Ok(last.map(|key| format!("n{key:x}")))
    }
}

/// The best of the newest hits, and then the others, newest first.
fn ranked(
    read: &mut Reading<'_>,
    scan: &Scan,
    after: Option<&str>,
) -> std::result::Result<Option<String>, Fault> {
    let sql = scan.floor();
    let floor: Option<i64> = read
        .db
        .query_row(&sql.text, params_from_iter(&sql.params), |row| row.get(0))
        .optional()?;
    if let Some(rest) = after.filter(|after| floor.is_some() && after.starts_with('n')) {
        return read.newest(scan, Some(key(rest)?));
    }
    let skipped = after.map(offset).transpose()?.unwrap_or(0);
    let best = scan.best(ENVELOPE, floor, (skipped, read.wanted()));
    if read.take(&best)?.is_some() {
        return Ok(Some(format!("r{}", skipped + read.rows.len())));
    }
    match floor {
        Some(floor) => read.newest(scan, Some(floor)),
        None => Ok(None),
    }
}

/// Key and thread of the newest fitting message of each thread, below `before`, and whether there are
/// more. Walks from the top, because a thread shown on an earlier page must not come again.
fn newest_of_threads(
    db: &Connection,
    scan: &Scan,
    before: Option<i64>,
    limit: usize,
) -> rusqlite::Result<(Vec<(i64, i64)>, bool)> {
    let sql = scan.newest("m.key, m.thread", None, None);
    let mut statement = db.prepare(&sql.text)?;
    let mut found = statement.query(params_from_iter(&sql.params))?;
    let mut seen = HashSet::new();
    let mut newest = Vec::new();
    while let Some(row) = found.next()? {
        let (key, thread): (i64, i64) = (row.get(0)?, row.get(1)?);
        if !seen.insert(thread) || before.is_some_and(|before| key >= before) {
            continue;
        }
        if newest.len() == limit {
            return Ok((newest, true));
        }
        newest.push((key, thread));
    }
    Ok((newest, false))
}

fn thread_row(
    db: &Connection,
    folders: &Folders,
    key: i64,
    thread: i64,
) -> rusqlite::Result<ThreadRow> {
    let (count, unread): (i64, i64) = db
        .prepare_cached("SELECT count, unread FROM threads WHERE id = ?1")?
        .query_row([thread], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let mut participants: Vec<Address> = Vec::new();
    let mut seen = HashSet::new();
    let mut senders =
        db.prepare_cached("SELECT sender FROM messages WHERE thread = ?1 ORDER BY key")?;
    let mut rows = senders.query([thread])?;
    while let Some(row) = rows.next()? {
        for person in people(row.get_ref(0)?.as_str()?) {
            if seen.insert(person.email.to_lowercase()) {
                participants.push(person);
            }
        }
    }
    let newest = db
        .prepare_cached(&format!(
            "SELECT {ENVELOPE} FROM messages m WHERE m.key = ?1"
        ))?
        .query_row([key], |row| envelope(row, folders))?;
    Ok(ThreadRow {
        id: ThreadId(thread),
        count: usize::try_from(count).unwrap_or(0),
        unread: usize::try_from(unread).unwrap_or(0),
        participants,
        untrusted: true,
        newest,
    })
}

/// Leaves of a thread what lies in these folders.
fn narrow(db: &Connection, folders: &Folders, row: &mut ThreadRow) -> rusqlite::Result<()> {
    let messages: Vec<Envelope> = db
        .prepare_cached(&format!(
            "SELECT {ENVELOPE} FROM messages m WHERE m.thread = ?1 ORDER BY m.key"
        ))?
        .query_map([row.id.0], |found| envelope_in(found, folders))?
        .filter_map(Result::transpose)
        .collect::<rusqlite::Result<_>>()?;
    row.count = messages.len();
    row.unread = messages.iter().filter(|of| of.unread).count();
    row.participants.clear();
    let mut seen = HashSet::new();
    for person in messages.into_iter().flat_map(|of| of.from) {
        if seen.insert(person.email.to_lowercase()) {
            row.participants.push(person);
        }
    }
    Ok(())
}

fn key(cursor: &str) -> Result<i64> {
    cursor
        .strip_prefix('n')
        .and_then(|hex| i64::from_str_radix(hex, 16).ok())
        .ok_or_else(|| no_cursor(cursor))
}

fn offset(cursor: &str) -> Result<usize> {
    cursor
        .strip_prefix('r')
        .and_then(|number| number.parse().ok())
        .ok_or_else(|| no_cursor(cursor))
}

fn no_cursor(cursor: &str) -> Error {
    Error::usage(format!("`{cursor}` is not a cursor of this list"))
        .hint("take `next` from the page before, with the same query and sort")
}

/// FTS5 refuses expressions beyond its depth; that is the query's fault, not the disk's.
fn search_fault(e: rusqlite::Error) -> Error {
    let words = e.to_string();
    if words.contains("fts5")
        || words.contains("parser stack overflow")
        || words.contains("too large")
    {
        return Error::usage("the query is nested too deep").because(e);
    }
    fault("searching")(e)
}
