//! Templates of WhatsApp's business accounts, as they were listed last.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};
use serde_json::Value;

use crate::error::Result;

use super::outbox::change;
use super::{Store, fault};

const DOING: &str = "keeping the templates";

/// One of them, as WhatsApp describes it.
#[derive(Clone, Debug, PartialEq)]
pub struct KeptTemplate {
    pub name: String,
    pub language: String,
    pub document: Value,
}

impl Store {
    /// Puts a new list in the place of the one before.
    pub fn keep_templates(
        &self,
        business: &str,
        templates: &[KeptTemplate],
        at: Timestamp,
    ) -> Result<()> {
        change(&mut *self.main()?, false, |tx| {
            let write = || -> rusqlite::Result<()> {
                tx.execute("DELETE FROM templates WHERE business = ?1", [business])?;
                let mut insert = tx.prepare_cached(
                    "INSERT OR REPLACE INTO templates (business, name, language, document) VALUES (?1, ?2, ?3, ?4)",
                )?;
                for one in templates {
                    let document = one.document.to_string();
                    insert.execute(params![business, one.name, one.language, document])?;
                }
                tx.execute(
                    "INSERT OR REPLACE INTO template_lists (business, at) VALUES (?1, ?2)",
                    params![business, at.as_millisecond()],
                )
                .map(drop)
            };
            write().map_err(fault(DOING))
        })
    }

    /// The list as it is known, by name and language, and when it was made; `None` if there was none yet.
    pub fn templates(&self, business: &str) -> Result<Option<(Timestamp, Vec<KeptTemplate>)>> {
        if !self.has_outbox() {
            return Ok(None);
        }
        let db = self.main()?;
        let read = || -> rusqlite::Result<Option<(Timestamp, Vec<KeptTemplate>)>> {
            let at: Option<i64> = db
                .query_row(
                    "SELECT at FROM template_lists WHERE business = ?1",
                    [business],
                    |row| row.get(0),
                )
                .optional()?;
            let Some(at) = at else { return Ok(None) };
            let templates = db
                .prepare_cached(
                    "SELECT name, language, document FROM templates WHERE business = ?1 ORDER BY name, language",
                )?
                .query_map([business], |row| {
                    let document: String = row.get(2)?;
                    Ok(KeptTemplate {
                        name: row.get(0)?,
                        language: row.get(1)?,
                        document: serde_json::from_str(&document).unwrap_or_default(),
                    })
                })?
                .collect::<rusqlite::Result<Vec<_>>>()?;
            Ok(Some((
                Timestamp::from_millisecond(at).unwrap_or_default(),
                templates,
            )))
        };
        read().map_err(fault(DOING))
    }
}
