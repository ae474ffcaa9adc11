//! What sources have of contacts, and how far they were read.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Transaction, params};

use crate::error::Result;
use crate::model::contact::Card;
use crate::model::id::ContactId;
use crate::store::outbox::change;
use crate::store::row::millis;
use crate::store::{Store, fault};

use super::{Edit, READING, WRITING, card, json, resolve};

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

/// How far a source was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceCursor {
    pub token: Option<String>,
    pub synced_at: Option<Timestamp>,
    pub error: Option<String>,
}

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
    for (source, remote) in &edit.unlinked {
        tx.prepare_cached("DELETE FROM contact_links WHERE source = ?1 AND remote = ?2")?
            .execute([source, remote])?;
    }
    for link in &edit.links {
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
