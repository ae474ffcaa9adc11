//! Changes of many contacts that are one change of the history, and the links that tell what came before.

use jiff::Timestamp;
use rusqlite::OptionalExtension;

use crate::error::Result;
use crate::model::id::ContactId;
use crate::store::outbox::change;
use crate::store::{Store, fault};

use super::history::next_change;
use super::links::{Link, link};
use super::{Edit, READING, WRITING, Why, apply};

impl Store {
    /// As [`Store::change_contacts`], but as part of an earlier change if its number is given; gives the number too.
    pub fn change_contacts_on(
        &self,
        edits: &[Edit],
        (why, change_number): (Why<'_>, Option<i64>),
        now: Timestamp,
    ) -> Result<(i64, Vec<Option<ContactId>>)> {
        change(&mut *self.main()?, true, |tx| {
            let number = match change_number {
                Some(number) => number,
                None => next_change(tx).map_err(fault(WRITING))?,
            };
            let ids = edits
                .iter()
                .map(|edit| apply(tx, edit, (why, number), now))
                .collect::<Result<_>>()?;
            Ok((number, ids))
        })
    }

    /// What a source has under this id.
    pub fn contact_link(&self, source: &str, remote: &str) -> Result<Option<Link>> {
        if !self.has_outbox() {
            return Ok(None);
        }
        let db = self.main()?;
        let found = db
            .prepare_cached(
                "SELECT source, remote, contact, etag, document, base FROM contact_links
                 WHERE source = ?1 AND remote = ?2",
            )
            .and_then(|mut read| read.query_row([source, remote], link).optional());
        found.map_err(fault(READING))
    }
}
