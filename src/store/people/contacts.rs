//! Contacts among the people who are found.

use std::collections::HashSet;

use rusqlite::{Transaction, params};

use crate::error::Result;
use crate::model::contact::Card;
use crate::model::id::ContactId;
use crate::rules::contact::key_of;
use crate::rules::harvest::form;
use crate::store::{Store, fault};

use super::harvest::far;
use super::words::{Person, Writer};
use super::{WRITING, borne};

/// Contacts of one commit.
const BATCH: usize = 4_000;

impl Store {
    /// Takes in a batch of the contacts that changed after `from`; the change up to which all are in, `through` if
    /// there are no more.
    pub(super) fn take_contacts(
        &self,
        tx: &Transaction<'_>,
        words: &mut Writer<'_>,
        (from, through): (i64, i64),
    ) -> Result<i64> {
        if from >= through {
            return Ok(from);
        }
        let changed = self.contacts_since(from, BATCH)?;
        let reached = match changed.last() {
            Some((last, ..)) if changed.len() == BATCH => *last,
            Some((last, ..)) => through.max(*last),
            None => through,
        };
        for (_, id, card) in changed {
            let mut work = || -> rusqlite::Result<()> {
                let (far, borne) = match &card {
                    Some(card) => (far_of(tx, card)?, borne::of_card(card)),
                    None => (0, Vec::new()),
                };
                words.set(Person::Contact(id), far, &borne)
            };
            work().map_err(fault(WRITING))?;
        }
        Ok(reached)
    }

    /// Says anew how far the contacts are who have these addresses.
    pub(super) fn place_contacts(
        &self,
        tx: &Transaction<'_>,
        words: &mut Writer<'_>,
        addresses: &[String],
    ) -> Result<()> {
        if addresses.is_empty() || self.contacts_changed()? == 0 {
            return Ok(());
        }
        let mut placed: HashSet<ContactId> = HashSet::new();
        for address in addresses {
            for contact in self.contacts_at(address)? {
                if !placed.insert(contact.id) {
                    continue;
                }
                far_of(tx, &contact.card)
                    .and_then(|far| words.place(Person::Contact(contact.id), far))
                    .map_err(fault(WRITING))?;
            }
        }
        Ok(())
    }
}

/// As far as the nearest of its addresses.
fn far_of(tx: &Transaction<'_>, card: &Card) -> rusqlite::Result<u8> {
    let mut nearest = far((0, 0, 0));
    let mut read = tx.prepare_cached(
        "SELECT received, sent, mentioned FROM addresses WHERE address IN (?1, ?2, ?3)",
    )?;
    for address in &card.addresses {
        let key = key_of(address);
        // A number may be known by SMS and by WhatsApp.
        let forms = [
            form(&key),
            form(&format!("sms:{key}")),
            form(&format!("whatsapp:{key}")),
        ];
        let mut rows = read.query(params![forms[0], forms[1], forms[2]])?;
        while let Some(row) = rows.next()? {
            nearest = nearest.min(far((row.get(0)?, row.get(1)?, row.get(2)?)));
        }
    }
    Ok(nearest)
}
