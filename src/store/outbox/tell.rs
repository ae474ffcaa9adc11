//! What happens to an item, told to the audit log in the transaction that makes it happen.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Transaction};

use super::{DOING, charges, row};
use crate::error::Result;
use crate::model::audit::{AuditEvent, Person};
use crate::model::id::OutboxId;
use crate::model::outbox::State;
use crate::store::audit::{Auditor, Entry, note};
use crate::store::fault;

/// What the item's row does not say.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::store) struct Told<'a> {
    /// How an attempt ended. Its line has the origin of the send, others have who acts.
    pub outcome: Option<&'a str>,
    pub words: Option<&'a str>,
    /// The rule, where the item does not name it any more.
    pub rule: Option<&'a str>,
    /// The message, where its text may be told.
    pub raw: Option<&'a [u8]>,
}

/// Tells that an item was written, and that a rule holds it.
pub(super) fn staged(
    tx: &Transaction<'_>,
    by: (&Auditor, Timestamp),
    id: OutboxId,
    raw: &[u8],
) -> Result<()> {
    let told = Told {
        raw: Some(raw),
        ..Told::default()
    };
    item(tx, by, (id, AuditEvent::Staged), told)?;
    if row::item(tx, id)?.state == State::Held {
        item(tx, by, (id, AuditEvent::Held), Told::default())?;
    }
    Ok(())
}

/// Tells what became of an item, as its row stands now.
pub(in crate::store) fn item(
    tx: &Transaction<'_>,
    by: (&Auditor, Timestamp),
    (id, event): (OutboxId, AuditEvent),
    told: Told<'_>,
) -> Result<()> {
    let item = row::item(tx, id)?;
    let hash: Option<[u8; 32]> = tx
        .prepare_cached("SELECT bytes_hash FROM items WHERE id = ?1")
        .and_then(|mut s| s.query_row([id.0], |row| row.get(0)).optional())
        .map_err(fault(DOING))?
        .flatten();
    let asked = (event == AuditEvent::Attempt).then_some((&*item.origin, item.asked_by.as_deref()));
    let people = item.recipients.iter().map(|r| Person {
        address: r.email.clone(),
        state: Some(r.state.name().to_owned()),
    });
    let entry = Entry {
        item: Some(id),
        send_key: item.key.as_deref(),
        asked,
        rule: told.rule.or(item.held_by.as_deref()),
        account: Some(&item.account),
        channel: Some(&item.channel),
        message_id: Some(&item.message_id),
        content_hash: hash,
        size_bytes: Some(item.size_bytes),
        cost: match event {
            AuditEvent::Attempt | AuditEvent::Reported => charges::cost(tx, id)?,
            _ => None,
        },
        outcome: told.outcome,
        state: Some(item.state.name()),
        api_key: None,
        people: people.collect(),
        words: told.words,
        raw: told.raw,
        erases: &[],
    };
    note(tx, by, event, entry)
}
