//! What sources have of contacts, and how far they were read.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Transaction, params};

use crate::error::Result;
use crate::model::contact::Card;
use crate::model::id::ContactId;
use crate::store::outbox::change;
use crate::store::row::millis;
use crate::store::{Store, fault};

use super::{Edit, READING, Unlinked, WRITING, card, json, resolve};

/// A contact as a source has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// An account; `import` for files.
    pub source: String,
    /// Its id there: a path, `people/c12`, a UID.
    pub remote: String,
    /// The contact it was made for. It may be gone, or merged into the one that `Store::contact` gives.
    pub contact: ContactId,
    pub etag: Option<String>,
    /// The source's own document: what a card can't hold stays in it.
    pub document: Vec<u8>,
    /// What both sides agreed on.
    pub base: Card,
}

/// What a source had of a contact.
#[derive(Clone, Debug)]
pub struct Kept {
    pub link: Link,
    /// The document of another contact took it over.
    pub taken: bool,
}

/// How far a source was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceCursor {
    pub token: Option<String>,
    pub synced_at: Option<Timestamp>,
    pub error: Option<String>,
}

const KEPT: &str = "SELECT source, remote, contact, NULL, document, base, taken FROM contact_kept";

impl Store {
    /// All that a source is known to have, by id.
    pub fn contact_links(&self, source: &str) -> Result<Vec<Link>> {
        if !self.has_outbox() {
            return Ok(Vec::new());
        }
        let db = self.main()?;
        let read = || -> rusqlite::Result<Vec<Link>> {
            db.prepare_cached(
                "SELECT source, remote, contact, etag, document, base FROM contact_links
                 WHERE source = ?1 ORDER BY remote",
            )?
            .query_map([source], link)?
            .collect()
        };
        read().map_err(fault(READING))
    }

    /// What sources have of one contact, and of those that were merged into it.
    pub fn links_of(&self, contact: ContactId) -> Result<Vec<Link>> {
        if !self.has_outbox() {
            return Ok(Vec::new());
        }
        let db = self.main()?;
        let read = || -> rusqlite::Result<Vec<Link>> {
            let id = resolve(&db, contact.0)?;
            db.prepare_cached(
                "WITH RECURSIVE taken (id) AS (
                     SELECT ?1 UNION SELECT c.id FROM contacts c JOIN taken t ON c.merged = t.id)
                 SELECT source, remote, contact, etag, document, base FROM contact_links
                 WHERE contact IN taken AND (source = 'import' OR sees(source)) ORDER BY source, remote",
            )?
            .query_map([id], link)?
            .collect()
        };
        read().map_err(fault(READING))
    }

    /// What a source had of contacts, the oldest first.
    pub fn contact_kept_by(&self, source: &str) -> Result<Vec<Kept>> {
        self.kept(|db| {
            db.prepare_cached(&format!("{KEPT} WHERE source = ?1 ORDER BY n"))?
                .query_map([source], kept)?
                .collect()
        })
    }

    /// What sources had of one contact and of those that were merged into it, the oldest first.
    pub fn contact_kept_of(&self, contact: ContactId) -> Result<Vec<Kept>> {
        self.kept(|db| {
            let id = resolve(db, contact.0)?;
            db.prepare_cached(&format!(
                "WITH RECURSIVE family (id) AS (
                     SELECT ?1 UNION SELECT c.id FROM contacts c JOIN family f ON c.merged = f.id)
                 {KEPT} WHERE contact IN family AND (source = 'import' OR sees(source)) ORDER BY n"
            ))?
            .query_map([id], kept)?
            .collect()
        })
    }

    fn kept(
        &self,
        read: impl FnOnce(&Connection) -> rusqlite::Result<Vec<Kept>>,
    ) -> Result<Vec<Kept>> {
        match self.has_outbox() {
            true => read(&*self.main()?).map_err(fault(READING)),
            false => Ok(Vec::new()),
        }
    }

    /// How far a book of a source was read.
    pub fn contact_cursor(&self, source: &str, book: &str) -> Result<SourceCursor> {
        if !self.has_outbox() {
            return Ok(SourceCursor::default());
        }
        let db = self.main()?;
        let read = db
            .prepare_cached(
                "SELECT token, synced_at, error FROM contact_sources WHERE source = ?1 AND book = ?2",
            )
            .and_then(|mut read| {
                read.query_row([source, book], |row| {
                    Ok(SourceCursor {
                        token: row.get(0)?,
                        synced_at: row.get::<_, Option<i64>>(1)?.map(millis),
                        error: row.get(2)?,
                    })
                })
                .optional()
            });
        read.map(Option::unwrap_or_default).map_err(fault(READING))
    }

    /// Notes how far a book of a source was read.
    pub fn keep_contact_cursor(
        &self,
        (source, book): (&str, &str),
        cursor: &SourceCursor,
    ) -> Result<()> {
        change(&mut *self.main()?, false, |tx| {
            tx.prepare_cached(
                "INSERT OR REPLACE INTO contact_sources (source, book, token, synced_at, error)
                 VALUES (?1, ?2, ?3, ?4, ?5)",
            )
            .and_then(|mut write| {
                write.execute(params![
                    source,
                    book,
                    cursor.token,
                    cursor.synced_at.map(Timestamp::as_millisecond),
                    cursor.error
                ])
            })
            .map(drop)
            .map_err(fault(WRITING))
        })
    }
}

/// Writes what an edit says of the sources of a contact.
pub(super) fn keep(tx: &Transaction<'_>, id: i64, edit: &Edit) -> rusqlite::Result<()> {
    for gone in &edit.unlinked {
        let moved = edit.links.iter().any(|link| link.source == gone.source);
        keep_old(tx, gone, moved.then_some(id))?;
        tx.prepare_cached("DELETE FROM contact_links WHERE source = ?1 AND remote = ?2")?
            .execute([&gone.source, &gone.remote])?;
    }
    for link in &edit.links {
        let other = Unlinked {
            source: link.source.clone(),
            remote: link.remote.clone(),
            document: None,
            taken: true,
        };
        keep_old(tx, &other, Some(id))?;
        tx.prepare_cached(
            "INSERT OR REPLACE INTO contact_links (source, remote, contact, etag, document, base)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![
            link.source,
            link.remote,
            id,
            link.etag,
            link.document,
            json(&link.base)
        ])?;
    }
    Ok(())
}

/// Keeps what a link says, unless it is one of `but`.
fn keep_old(tx: &Transaction<'_>, gone: &Unlinked, but: Option<i64>) -> rusqlite::Result<()> {
    tx.prepare_cached(
        "INSERT OR REPLACE INTO contact_kept (contact, source, remote, document, base, taken)
         SELECT contact, source, remote, ifnull(?3, document), base, ?4 FROM contact_links
         WHERE source = ?1 AND remote = ?2 AND contact IS NOT ?5",
    )?
    .execute(params![
        gone.source,
        gone.remote,
        gone.document,
        gone.taken,
        but
    ])
    .map(drop)
}

/// Gives contacts that were brought back what one of `others` has of them by now.
pub(super) fn take_back(
    tx: &Transaction<'_>,
    (id, others): (ContactId, &[ContactId]),
) -> rusqlite::Result<()> {
    for other in others.iter().filter(|other| **other != id) {
        tx.prepare_cached(
            "UPDATE contact_links SET contact = ?1 WHERE contact = ?2 AND EXISTS (
                 SELECT 1 FROM contact_kept k WHERE k.contact = ?1
                 AND k.source = contact_links.source AND k.remote = contact_links.remote)",
        )?
        .execute([id.0, other.0])?;
    }
    Ok(())
}

fn kept(row: &rusqlite::Row<'_>) -> rusqlite::Result<Kept> {
    Ok(Kept {
        link: link(row)?,
        taken: row.get(6)?,
    })
}

pub(super) fn link(row: &rusqlite::Row<'_>) -> rusqlite::Result<Link> {
    Ok(Link {
        source: row.get(0)?,
        remote: row.get(1)?,
        contact: ContactId(row.get(2)?),
        etag: row.get(3)?,
        document: row.get(4)?,
        base: card(row, 5)?.unwrap_or_default(),
    })
}
