//! What the policy asks the outbox, and what a person decided about a held item.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension, params};

use super::lifecycle::{advance, note};
use super::row::{begin, item, ms, unknown};
use super::tell::{self, Told};
use super::{DOING, Item, WRITING};
use crate::error::{Error, Result};
use crate::model::audit::AuditEvent;
use crate::model::id::OutboxId;
use crate::model::outbox::{Event, State};
use crate::store::{Store, fault};

/// What an approval is bound to: a hash of account, envelope sender, recipients and rendered bytes.
pub type Fingerprint = [u8; 32];

const HOUR: SignedDuration = SignedDuration::from_hours(1);

impl Store {
    /// The fingerprint of an item as it is now.
    pub fn fingerprint(&self, id: OutboxId) -> Result<Fingerprint> {
        let mut db = self.main()?;
        let tx = db.transaction().map_err(fault(DOING))?;
        let item = item(&tx, id)?;
        fingerprint(&tx, &item)
    }

    /// Releases a held item that a person approved as they saw it.
    ///
    /// # Errors
    /// `usage` if it is not held any more or is not what was seen; then nothing changes.
    pub fn approve(&self, id: OutboxId, seen: &Fingerprint, now: Timestamp) -> Result<()> {
        let mut db = self.main()?;
        let tx = begin(&mut db)?;
        let item = item(&tx, id)?;
        if item.state != State::Held {
            return Err(not_held(&item));
        }
        if fingerprint(&tx, &item)? != *seen {
            return Err(Error::usage(format!("`{id}` changed while you looked"))
                .hint(format!("look again: comms outbox approve {id}"))
                .item(id));
        }
        let next = advance(&tx, id, Event::Release)?;
        tx.execute(
            "UPDATE items SET state = ?2, approved_hash = ?3, held_by = NULL, error_code = NULL, error = NULL,
             hint = NULL, lease_owner = NULL, lease_until = NULL, updated_at = ?4 WHERE id = ?1",
            params![id.0, next.name(), seen, ms(now)],
        )
        .map_err(fault(WRITING))?;
        note(&tx, id, now, (super::REVIVED, "a person approved it"))?;
        let told = Told {
            rule: item.held_by.as_deref(),
            ..Told::default()
        };
        tell::item(&tx, (&self.auditor, now), (id, AuditEvent::Approved), told)?;
        tx.commit().map_err(fault(WRITING))
    }

    /// Puts a held item away for good; the words go to its history.
    pub fn reject(&self, id: OutboxId, words: &str, now: Timestamp) -> Result<()> {
        let mut db = self.main()?;
        let tx = begin(&mut db)?;
        let item = item(&tx, id)?;
        if item.state != State::Held {
            return Err(not_held(&item));
        }
        let next = advance(&tx, id, Event::Cancel)?;
        tx.execute(
            "UPDATE items SET state = ?2, next_at = NULL, updated_at = ?3 WHERE id = ?1",
            params![id.0, next.name(), ms(now)],
        )
        .map_err(fault(WRITING))?;
        note(&tx, id, now, ("rejected", words))?;
        let told = Told {
            words: Some(words),
            ..Told::default()
        };
        tell::item(&tx, (&self.auditor, now), (id, AuditEvent::Rejected), told)?;
        tx.commit().map_err(fault(WRITING))
    }

    /// Lets an item pass its origin's cap of recipients per hour; false if it would exceed it.
    ///
    /// One process after the other: what passed counts from then on, even before it is sent.
    pub fn pass(
        &self,
        id: OutboxId,
        (origin, recipients, most): (&str, u32, u32),
        now: Timestamp,
    ) -> Result<bool> {
        let mut db = self.main()?;
        let tx = begin(&mut db)?;
        let used = last_hour(&tx, (origin, Some(id)), now)?;
        if used.saturating_add(recipients) > most {
            return Ok(false);
        }
        tx.execute(
            "UPDATE items SET passed_at = ?2 WHERE id = ?1",
            params![id.0, ms(now)],
        )
        .map_err(fault(WRITING))?;
        tx.commit().map_err(fault(WRITING))?;
        Ok(true)
    }

    /// How many recipients messages of this origin went to, or may have gone to, in the last hour.
    pub fn recipients_in_last_hour(&self, origin: &str, now: Timestamp) -> Result<u32> {
        let db = self.main()?;
        last_hour(&db, (origin, None), now)
    }

    /// Whether something was sent to this address, or may have been.
    pub fn was_sent_to(&self, address: &str) -> Result<bool> {
        self.main()?
            .query_row(
                "SELECT EXISTS (SELECT 1 FROM recipients JOIN items ON items.id = recipients.item
                 WHERE sees(items.account) AND email = ?1 COLLATE NOCASE AND recipients.state IN ('sent', 'unconfirmed', 'sending'))",
                [address],
                |row| row.get(0),
            )
            .map_err(fault(DOING))
    }
}

/// Whether a person approved exactly this.
pub(super) fn is_approved(db: &Connection, id: OutboxId) -> Result<bool> {
    let item = item(db, id)?;
    match item.approved_hash {
        None => Ok(false),
        Some(hash) => Ok(fingerprint(db, &item)? == hash),
    }
}

/// Binds an approval to the item as it is now; for a change that the config asked for.
pub(super) fn rebind(db: &Connection, id: OutboxId) -> Result<()> {
    let hash = fingerprint(db, &item(db, id)?)?;
    db.execute(
        "UPDATE items SET approved_hash = ?2 WHERE id = ?1",
        params![id.0, hash],
    )
    .map(drop)
    .map_err(fault(WRITING))
}

fn last_hour(
    db: &Connection,
    (origin, except): (&str, Option<OutboxId>),
    now: Timestamp,
) -> Result<u32> {
    let since = now.checked_sub(HOUR).unwrap_or(Timestamp::MIN);
    db.query_row(
        "SELECT count(*) FROM recipients JOIN items ON items.id = recipients.item JOIN sends ON sends.id = items.send
         WHERE items.id IN (SELECT id FROM items WHERE passed_at > ?1 UNION SELECT item FROM attempts
           WHERE at > ?1 AND outcome IN ('accepted', 'accepted in parts', 'unknown'))
         AND sends.origin = ?2 AND items.id <> ?3 AND recipients.state <> 'failed'",
        params![ms(since), origin, except.map_or(0, |id| id.0)],
        |row| row.get(0),
    )
    .map_err(fault(DOING))
}

/// Every part with its length in front, so that no two items read alike.
pub(super) fn fingerprint(db: &Connection, item: &Item) -> Result<Fingerprint> {
    let raw: Vec<u8> = db
        .query_row(
            "SELECT raw FROM item_bytes WHERE item = ?1",
            [item.id.0],
            |row| row.get(0),
        )
        .optional()
        .map_err(fault(DOING))?
        .ok_or_else(|| unknown(item.id))?;
    let mut hasher = blake3::Hasher::new();
    let mut add = |bytes: &[u8]| {
        hasher.update(&(bytes.len() as u64).to_le_bytes());
        hasher.update(bytes);
    };
    add(item.account.as_bytes());
    add(item.sender.as_bytes());
    add(&(item.recipients.len() as u64).to_le_bytes());
    for recipient in &item.recipients {
        add(recipient.email.as_bytes());
    }
    add(&raw);
    Ok(*hasher.finalize().as_bytes())
}

fn not_held(item: &Item) -> Error {
    let id = item.id;
    Error::usage(format!(
        "`{id}` is {}, not held: there is nothing to approve or reject",
        item.state.name()
    ))
    .hint(format!("run `comms outbox show {id}`"))
    .item(id)
}
