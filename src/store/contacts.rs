//! People: cards, who has which address, groups, history.
//!
//! A contact that is removed or merged into another stays as a row without a card: its id is never given again, its
//! history can bring it back, and a sync learns of it. Only `purge` erases.

mod adding;
mod batch;
mod erase;
mod groups;
mod history;
mod links;
mod pages;
mod plans;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};

use crate::error::{Error, Result};
use crate::model::contact::{Card, Contact, Lost};
use crate::model::id::ContactId;
use crate::rules::contact::{folded_group, key};

use super::outbox::change;
use super::row::millis;
use super::{Store, fault};

pub use adding::Added;
pub use groups::Group;
pub use links::{Kept, Link, SourceCursor};
pub use pages::{ContactFilter, ContactPage};

const READING: &str = "reading contacts";
const WRITING: &str = "writing contacts";
const SELECT: &str = "SELECT c.id, c.document, c.created_at, c.changed_at FROM contacts c";

/// One contact to be made, changed, removed or merged.
#[derive(Clone, Debug, Default)]
pub struct Edit {
    /// `None` makes a new one.
    pub id: Option<ContactId>,
    /// What whoever decided this had read; `None` for a new one, or one that was gone.
    pub before: Option<Card>,
    /// `None` removes it.
    pub after: Option<Card>,
    /// With `after: None`: the contact that took it in.
    pub merged: Option<ContactId>,
    /// What gave way, for the history.
    pub lost: Vec<Lost>,
    /// What its sources are known to have from now on. The contact of a link is this one, whatever stands in it.
    pub links: Vec<Link>,
    /// What means it no more.
    pub unlinked: Vec<Unlinked>,
}

/// What a source has of a contact no more. What it had is kept, for the contact may be brought back.
#[derive(Clone, Debug, Default)]
pub struct Unlinked {
    pub source: String,
    pub remote: String,
    /// As it was there last, if it is known better than by its link.
    pub document: Option<Vec<u8>>,
    /// The document of another contact took it over.
    pub taken: bool,
}

/// Why contacts change: `add`, `edit`, `remove`, `merge`, `import`, `sync` or `undo`, and by whom.
#[derive(Clone, Copy, Debug)]
pub struct Why<'a> {
    pub what: &'a str,
    pub by: &'a str,
}

impl Store {
    /// Applies edits in one commit, each unless its contact is not what `before` says; gives the ids, `None` for those
    /// that were left alone.
    pub fn change_contacts(
        &self,
        edits: &[Edit],
        why: Why<'_>,
        now: Timestamp,
    ) -> Result<Vec<Option<ContactId>>> {
        if edits.is_empty() {
            return Ok(Vec::new());
        }
        change(&mut *self.main()?, true, |tx| {
            let change = history::next_change(tx).map_err(fault(WRITING))?;
            edits
                .iter()
                .map(|edit| apply(tx, edit, (why, change), now))
                .collect()
        })
    }

    /// Applies sets of edits in one commit and as one change, each set as a whole or not at all; gives the number of the
    /// change and which sets were applied.
    pub fn change_contact_sets(
        &self,
        sets: &[Vec<Edit>],
        why: Why<'_>,
        now: Timestamp,
    ) -> Result<(i64, Vec<bool>)> {
        change(&mut *self.main()?, true, |tx| {
            let change = history::next_change(tx).map_err(fault(WRITING))?;
            let mut applied = Vec::new();
            for set in sets {
                let mut fits = true;
                for edit in set {
                    let present = match edit.id {
                        Some(id) => card_of(tx, id.0)?,
                        None => None,
                    };
                    fits &= present == edit.before;
                }
                if fits {
                    for edit in set {
                        apply(tx, edit, (why, change), now)?;
                    }
                }
                applied.push(fits);
            }
            Ok((change, applied))
        })
    }

    /// Gives a contact the card that `work` makes of its present one, with nobody in between; gives it back as it is
    /// then.
    pub fn alter_contact(
        &self,
        id: ContactId,
        (why, now): (Why<'_>, Timestamp),
        work: impl FnOnce(&Card) -> Result<Card>,
    ) -> Result<Contact> {
        let mut work = Some(work);
        self.alter_contacts(&[id], (why, now), |_, card| match work.take() {
            Some(work) => work(card),
            None => Ok(card.clone()),
        })?;
        self.contact(id)
    }

    /// Does so for several, as one change, and all of them or none; gives those whose card is another then.
    pub fn alter_contacts(
        &self,
        ids: &[ContactId],
        (why, now): (Why<'_>, Timestamp),
        mut work: impl FnMut(ContactId, &Card) -> Result<Card>,
    ) -> Result<Vec<ContactId>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        change(&mut *self.main()?, true, |tx| {
            alter(tx, ids, ((why, now), &mut work))
        })
    }

    /// A contact by its id, or by one that was merged into it.
    pub fn contact(&self, id: ContactId) -> Result<Contact> {
        if !self.has_outbox() {
            return Err(no_contact(id));
        }
        let db = self.main()?;
        let found = by_id(&db, id).map_err(fault(READING))?;
        found.ok_or_else(|| no_contact(id))
    }

    /// All contacts, or those of a group (without those of groups in it), by id.
    pub fn contacts(&self, group: Option<&str>) -> Result<Vec<Contact>> {
        if !self.has_outbox() {
            return Ok(Vec::new());
        }
        let db = self.main()?;
        let read = || -> rusqlite::Result<Vec<Contact>> {
            match group {
                None => db
                    .prepare_cached(&format!("{SELECT} WHERE c.document NOT NULL ORDER BY c.id"))?
                    .query_map([], |row| contact(&db, row))?
                    .collect(),
                Some(group) => db
                    .prepare_cached(&format!(
                        "{SELECT} JOIN group_contacts g ON g.contact = c.id
                         WHERE g.folded = ?1 AND c.document NOT NULL ORDER BY c.id"
                    ))?
                    .query_map([folded_group(group)], |row| contact(&db, row))?
                    .collect(),
            }
        };
        read().map_err(fault(READING))
    }

    /// Those who have this address, in any of its spellings that mean the same.
    pub fn contacts_at(&self, address: &str) -> Result<Vec<Contact>> {
        if !self.has_outbox() {
            return Ok(Vec::new());
        }
        let db = self.main()?;
        let read = || -> rusqlite::Result<Vec<Contact>> {
            db.prepare_cached(&format!(
                "{SELECT} JOIN contact_addresses a ON a.contact = c.id
                 WHERE a.address = ?1 AND c.document NOT NULL ORDER BY c.id"
            ))?
            .query_map([key(address)], |row| contact(&db, row))?
            .collect()
        };
        read().map_err(fault(READING))
    }

    /// Which of these addresses, in their normal form, a contact has.
    pub fn have_contacts(&self, keys: &[String]) -> Result<Vec<bool>> {
        if !self.has_outbox() {
            return Ok(vec![false; keys.len()]);
        }
        let mut main = self.main()?;
        let mut read = || -> rusqlite::Result<Vec<bool>> {
            // One look at the file for all of them.
            let tx = main.transaction()?;
            let mut read = tx.prepare_cached(
                "SELECT EXISTS (SELECT 1 FROM contact_addresses a JOIN contacts c ON c.id = a.contact
                 WHERE a.address = ?1 AND c.document NOT NULL)",
            )?;
            keys.iter()
                .map(|key| read.query_row([key], |row| row.get(0)))
                .collect()
        };
        read().map_err(fault(READING))
    }

    /// These contacts, or those that took them in, in the order given; who is gone is left out.
    pub fn contacts_of(&self, ids: &[ContactId]) -> Result<Vec<Contact>> {
        if !self.has_outbox() {
            return Ok(Vec::new());
        }
        let mut main = self.main()?;
        let mut read = || -> rusqlite::Result<Vec<Contact>> {
            let tx = main.transaction()?;
            ids.iter()
                .filter_map(|id| by_id(&tx, *id).transpose())
                .collect()
        };
        read().map_err(fault(READING))
    }

    /// Contacts with an address that begins so, at most `most`.
    pub fn contacts_begun(&self, address: &str, most: usize) -> Result<Vec<Contact>> {
        if !self.has_outbox() {
            return Ok(Vec::new());
        }
        let from = key(address);
        let to = format!("{from}{}", char::MAX);
        let db = self.main()?;
        let read = || -> rusqlite::Result<Vec<Contact>> {
            db.prepare_cached(&format!(
                "{SELECT} WHERE c.document NOT NULL AND c.id IN (
                     SELECT contact FROM contact_addresses WHERE address >= ?1 AND address < ?2 LIMIT ?3)"
            ))?
            .query_map(
                params![from, to, i64::try_from(most).unwrap_or(i64::MAX)],
                |row| contact(&db, row),
            )?
            .collect()
        };
        read().map_err(fault(READING))
    }

    /// What changed after the change with this number, in order, at most `limit`: `None` for one that is gone.
    pub fn contacts_since(
        &self,
        changed: i64,
        limit: usize,
    ) -> Result<Vec<(i64, ContactId, Option<Card>)>> {
        if !self.has_outbox() {
            return Ok(Vec::new());
        }
        let db = self.main()?;
        let read = || -> rusqlite::Result<Vec<_>> {
            db.prepare_cached(
                "SELECT changed, id, document FROM contacts WHERE changed > ?1 ORDER BY changed LIMIT ?2",
            )?
            .query_map(
                params![changed, i64::try_from(limit).unwrap_or(i64::MAX)],
                |row| Ok((row.get(0)?, ContactId(row.get(1)?), card(row, 2)?)),
            )?
            .collect()
        };
        read().map_err(fault(READING))
    }

    /// The number of the last change; 0 of a store without contacts.
    pub fn contacts_changed(&self) -> Result<i64> {
        if !self.has_outbox() {
            return Ok(0);
        }
        let db = self.main()?;
        let read = db
            .prepare_cached("SELECT ifnull(max(changed), 0) FROM contacts")
            .and_then(|mut read| read.query_row([], |row| row.get(0)));
        read.map_err(fault(READING))
    }
}

/// Work on the card of each contact, and why.
type Altering<'a, 'w> = (
    (Why<'w>, Timestamp),
    &'a mut dyn FnMut(ContactId, &Card) -> Result<Card>,
);

fn alter(
    tx: &Transaction<'_>,
    ids: &[ContactId],
    ((why, now), work): Altering<'_, '_>,
) -> Result<Vec<ContactId>> {
    let change = history::next_change(tx).map_err(fault(WRITING))?;
    let mut changed = Vec::new();
    for id in ids {
        let id = ContactId(resolve(tx, id.0).map_err(fault(READING))?);
        let before = card_of(tx, id.0)?.ok_or_else(|| no_contact(id))?;
        let after = work(id, &before)?;
        if after == before {
            continue;
        }
        let edit = Edit {
            id: Some(id),
            before: Some(before),
            after: Some(after),
            ..Edit::default()
        };
        changed.extend(apply(tx, &edit, (why, change), now)?);
    }
    Ok(changed)
}

fn apply(
    tx: &Transaction<'_>,
    edit: &Edit,
    (why, change): (Why<'_>, i64),
    now: Timestamp,
) -> Result<Option<ContactId>> {
    let present = match edit.id {
        Some(id) => card_of(tx, id.0)?,
        None => None,
    };
    if present != edit.before {
        return Ok(None);
    }
    let write = || -> rusqlite::Result<ContactId> {
        let id = put(tx, edit, now.as_millisecond())?;
        derive(tx, id, edit.after.as_ref())?;
        links::keep(tx, id, edit)?;
        if edit.before != edit.after || !edit.lost.is_empty() {
            history::note(tx, (id, edit), (why, change), now)?;
        }
        Ok(ContactId(id))
    };
    write().map(Some).map_err(fault(WRITING))
}

/// Writes the row itself; a card that stays the same is no change.
fn put(tx: &Transaction<'_>, edit: &Edit, now: i64) -> rusqlite::Result<i64> {
    let document = edit.after.as_ref().map(json);
    let sorted = edit.after.as_ref().map(crate::rules::contact::sorted);
    let merged = edit.merged.map(|id| id.0);
    const NEXT: &str = "(SELECT ifnull(max(changed), 0) + 1 FROM contacts)";
    match edit.id {
        None => {
            tx.prepare_cached(&format!(
                "INSERT INTO contacts (document, merged, changed, created_at, changed_at, sorted)
                 VALUES (?1, ?2, {NEXT}, ?3, ?3, ?4)"
            ))?
            .execute(params![document, merged, now, sorted])?;
            Ok(tx.last_insert_rowid())
        }
        Some(id) => {
            if edit.before != edit.after {
                tx.prepare_cached(&format!(
                    "UPDATE contacts SET document = ?2, merged = ?3, changed = {NEXT}, changed_at = ?4, sorted = ?5
                     WHERE id = ?1"
                ))?
                .execute(params![id.0, document, merged, now, sorted])?;
            }
            Ok(id.0)
        }
    }
}

/// Brings the tables that are looked up to what the card says.
fn derive(tx: &Transaction<'_>, id: i64, card: Option<&Card>) -> rusqlite::Result<()> {
    tx.prepare_cached("DELETE FROM contact_addresses WHERE contact = ?1")?
        .execute([id])?;
    tx.prepare_cached("DELETE FROM group_contacts WHERE contact = ?1")?
        .execute([id])?;
    let Some(card) = card else {
        return Ok(());
    };
    for (n, address) in card.addresses.iter().enumerate() {
        tx.prepare_cached(
            "INSERT OR IGNORE INTO contact_addresses (address, contact, n) VALUES (?1, ?2, ?3)",
        )?
        .execute(params![
            crate::rules::contact::key_of(address),
            id,
            i64::try_from(n).unwrap_or(i64::MAX)
        ])?;
    }
    for group in &card.groups {
        let folded = folded_group(group);
        tx.prepare_cached("INSERT OR IGNORE INTO contact_groups (folded, name) VALUES (?1, ?2)")?
            .execute(params![folded, group])?;
        tx.prepare_cached(
            "INSERT OR IGNORE INTO group_contacts (folded, contact) VALUES (?1, ?2)",
        )?
        .execute(params![folded, id])?;
    }
    Ok(())
}

fn card_of(db: &Connection, id: i64) -> Result<Option<Card>> {
    let found = db
        .prepare_cached("SELECT document FROM contacts WHERE id = ?1")
        .and_then(|mut read| read.query_row([id], |row| card(row, 0)).optional());
    found.map(Option::flatten).map_err(fault(READING))
}

/// A contact by its id, or by one that was merged into it.
fn by_id(db: &Connection, id: ContactId) -> rusqlite::Result<Option<Contact>> {
    let id = resolve(db, id.0)?;
    db.prepare_cached(&format!("{SELECT} WHERE c.id = ?1 AND c.document NOT NULL"))?
        .query_row([id], |row| contact(db, row))
        .optional()
}

/// The contact that a merged one ended in.
fn resolve(db: &Connection, mut id: i64) -> rusqlite::Result<i64> {
    let mut read = db.prepare_cached("SELECT merged FROM contacts WHERE id = ?1")?;
    // A chain is as long as merges of merges; an undo can't close a ring, a broken file could.
    for _ in 0..64 {
        let next: Option<Option<i64>> = read.query_row([id], |row| row.get(0)).optional()?;
        match next.flatten() {
            Some(next) => id = next,
            None => break,
        }
    }
    Ok(id)
}

fn contact(db: &Connection, row: &Row<'_>) -> rusqlite::Result<Contact> {
    let id: i64 = row.get(0)?;
    let sources = db
        .prepare_cached(
            "SELECT DISTINCT source FROM contact_links WHERE contact = ?1 ORDER BY source",
        )?
        .query_map([id], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    Ok(Contact {
        id: ContactId(id),
        card: card(row, 1)?.unwrap_or_default(),
        sources,
        created_at: millis(row.get(2)?),
        changed_at: millis(row.get(3)?),
    })
}

/// A card as it lies in a column.
fn card(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Card>> {
    let text: Option<String> = row.get(column)?;
    text.map(|text| {
        serde_json::from_str(&text).map_err(|e| {
            rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, e.into())
        })
    })
    .transpose()
}

fn json<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("plain data is JSON")
}

fn no_contact(id: ContactId) -> Error {
    Error::not_found(format!("there is no contact `{id}`")).hint("`comms contacts list` shows them")
}
