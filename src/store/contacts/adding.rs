//! New contacts, unless someone has their addresses.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Transaction, params};

use crate::error::Result;
use crate::model::contact::Card;
use crate::model::id::ContactId;
use crate::rules::contact::{key_of, typed};
use crate::store::outbox::change;
use crate::store::{Store, fault};

use super::{Edit, READING, WRITING, Why, apply, history};

/// What became of a card that was to be a new contact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Added {
    New(ContactId),
    /// This contact has this address already.
    Known(ContactId, String),
}

impl Store {
    /// Makes contacts of these cards as one change, with nobody in between. One of whose addresses someone has, another
    /// of these included, is left out; with `anyway` it is made all the same.
    pub fn add_contacts(
        &self,
        cards: &[Card],
        anyway: bool,
        (why, now): (Why<'_>, Timestamp),
    ) -> Result<Vec<Added>> {
        if cards.is_empty() {
            return Ok(Vec::new());
        }
        change(&mut *self.main()?, true, |tx| {
            let change = history::next_change(tx).map_err(fault(WRITING))?;
            let mut added = Vec::new();
            for card in cards {
                if !anyway && let Some((id, address)) = owner(tx, card)? {
                    added.push(Added::Known(id, address));
                    continue;
                }
                let edit = Edit {
                    after: Some(card.clone()),
                    ..Edit::default()
                };
                let id = apply(tx, &edit, (why, change), now)?;
                added.extend(id.map(Added::New));
            }
            Ok(added)
        })
    }
}

/// Who has one of the addresses of a card.
fn owner(tx: &Transaction<'_>, card: &Card) -> Result<Option<(ContactId, String)>> {
    for address in &card.addresses {
        let found = tx
            .prepare_cached("SELECT min(contact) FROM contact_addresses WHERE address = ?1")
            .and_then(|mut read| {
                read.query_row(params![key_of(address)], |row| row.get::<_, Option<i64>>(0))
                    .optional()
            })
            .map_err(fault(READING))?;
        if let Some(id) = found.flatten() {
            return Ok(Some((ContactId(id), typed(address))));
        }
    }
    Ok(None)
}
