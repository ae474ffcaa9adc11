//! Contacts in the order of their names, page by page.

use rusqlite::{OptionalExtension, params};

use crate::error::{Error, Result};
use crate::model::contact::{AddressKind, Contact};
use crate::model::id::ContactId;
use crate::rules::contact::{folded_group, sorted};
use crate::store::{Store, fault};

use super::{READING, SELECT, contact};

/// Which contacts a list is of; all of these hold.
#[derive(Clone, Copy, Debug, Default)]
pub struct ContactFilter<'a> {
    /// In this group, without those of groups in it.
    pub group: Option<&'a str>,
    /// An account, or `import`.
    pub source: Option<&'a str>,
    /// Has an address of this kind.
    pub has: Option<AddressKind>,
}

/// A page of contacts and the cursor of the next.
#[derive(Debug, Default)]
pub struct ContactPage {
    pub rows: Vec<Contact>,
    pub next: Option<String>,
}

impl Store {
    /// The contacts that fit, by name, `limit` of them after a cursor of the page before.
    pub fn contacts_page(
        &self,
        filter: ContactFilter<'_>,
        limit: usize,
        after: Option<&str>,
    ) -> Result<ContactPage> {
        let (from, id) = after.map(cursor).transpose()?.unwrap_or_default();
        if !self.has_outbox() {
            return Ok(ContactPage::default());
        }
        let db = self.main()?;
        // As serde writes a kind; a quote inside a text is escaped there, so nothing else reads like it.
        let has = filter
            .has
            .map(|kind| format!("\"kind\":\"{}\"", kind.name()));
        let of_group = "c.id IN (SELECT contact FROM group_contacts WHERE folded = ?4)";
        let of_source =
            "c.id IN (SELECT contact FROM contact_links WHERE source = ?5 AND sees(source))";
        let query = format!(
            "{SELECT} WHERE c.sorted NOT NULL AND (c.sorted, c.id) > (?1, ?2)
               AND (?4 IS NULL OR {of_group}) AND (?5 IS NULL OR {of_source})
               AND (?6 IS NULL OR instr(c.document, ?6) > 0)
             ORDER BY c.sorted, c.id LIMIT ?3"
        );
        // One more than asked for tells whether there is a next page.
        let read = || -> rusqlite::Result<Vec<Contact>> {
            db.prepare_cached(&query)?
                .query_map(
                    params![
                        from,
                        id,
                        i64::try_from(limit).unwrap_or(i64::MAX - 1) + 1,
                        filter.group.map(folded_group),
                        filter.source,
                        has
                    ],
                    |row| contact(&db, row),
                )?
                .collect()
        };
        let mut rows = read().map_err(fault(READING))?;
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = rows.last().filter(|_| more).map(|last| {
            let sorted = sorted(&last.card);
            let hex: String = sorted.bytes().map(|b| format!("{b:02x}")).collect();
            format!("{}-{hex}", last.id)
        });
        Ok(ContactPage { rows, next })
    }

    /// How many contacts there are.
    pub fn count_contacts(&self) -> Result<u64> {
        if !self.has_outbox() {
            return Ok(0);
        }
        let db = self.main()?;
        let count = db
            .prepare_cached("SELECT count(*) FROM contacts WHERE sorted NOT NULL")
            .and_then(|mut read| read.query_row([], |row| row.get::<_, i64>(0)).optional());
        count
            .map(|n| n.unwrap_or_default().unsigned_abs())
            .map_err(fault(READING))
    }
}

/// The place a cursor stands for: behind this name and id.
fn cursor(text: &str) -> Result<(String, i64)> {
    let read = || {
        let (id, hex) = text.split_once('-')?;
        let id: ContactId = id.parse().ok()?;
        let bytes: Option<Vec<u8>> = hex
            .as_bytes()
            .chunks(2)
            .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
            .collect();
        Some((String::from_utf8(bytes?).ok()?, id.0))
    };
    read().ok_or_else(|| {
        Error::usage(format!("`{text}` is not a cursor of this list"))
            .hint("take `next` from the page before, with the same filters")
    })
}
