//! Rows of the outbox to values and back.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, Transaction};

use super::{DOING, Item, Recipient, WRITING};
use crate::error::{Error, Result};
use crate::model::id::{ContactId, OutboxId};
use crate::model::outbox::{Place, RecipientState, State};
use crate::store::fault;

pub(super) const SELECT: &str = "SELECT items.id, items.send, sends.origin, sends.asked_by, sends.key, account, channel, sender, subject,
 message_id, own_id, attachments, size_bytes, items.state, held_by, next_at, tries, error_code, error, hint, file_copy,
 filed_at, items.created_at, iif(sees(moved_from), moved_from, NULL), approved_hash, batches.name, sends.line, delivered_at, read_at, sends.limited_to
 FROM items JOIN sends ON sends.id = items.send AND sees(account) LEFT JOIN batches ON batches.id = sends.batch";

pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<Item> {
    Ok(Item {
        id: OutboxId(row.get(0)?),
        send: row.get(1)?,
        origin: row.get(2)?,
        asked_by: row.get(3)?,
        key: row.get(4)?,
        account: row.get(5)?,
        channel: row.get(6)?,
        sender: row.get(7)?,
        subject: row.get(8)?,
        message_id: row.get(9)?,
        own_id: row.get(10)?,
        attachments: row.get(11)?,
        size_bytes: row.get::<_, i64>(12)?.unsigned_abs(),
        state: state_of(row.get::<_, String>(13)?),
        held_by: row.get(14)?,
        next_at: row.get::<_, Option<i64>>(15)?.map(at),
        tries: row.get(16)?,
        error_code: row.get(17)?,
        error: row.get(18)?,
        hint: row.get(19)?,
        file_copy: row.get(20)?,
        filed_at: row.get::<_, Option<i64>>(21)?.map(at),
        created_at: at(row.get(22)?),
        moved_from: row.get(23)?,
        approved_hash: row.get(24)?,
        batch: match (row.get(25)?, row.get::<_, Option<i64>>(26)?) {
            (Some(name), Some(line)) => Some((name, line.unsigned_abs())),
            _ => None,
        },
        delivered_at: row.get::<_, Option<i64>>(27)?.map(at),
        read_at: row.get::<_, Option<i64>>(28)?.map(at),
        // What can't be read allows nothing.
        limited_to: row
            .get::<_, Option<String>>(29)?
            .map(|list| serde_json::from_str(&list).unwrap_or_default()),
        recipients: Vec::new(),
    })
}

pub(super) fn item(db: &Connection, id: OutboxId) -> Result<Item> {
    let mut item = db
        .query_row(&format!("{SELECT} WHERE items.id = ?1"), [id.0], read)
        .optional()
        .map_err(fault(DOING))?
        .ok_or_else(|| unknown(id))?;
    item.recipients = recipients(db, id)?;
    Ok(item)
}

pub(super) fn recipients(db: &Connection, id: OutboxId) -> Result<Vec<Recipient>> {
    let mut statement = db
        .prepare_cached(
            "SELECT place, name, email, state, code, words, contact, resolved_from FROM recipients WHERE item = ?1 ORDER BY n",
        )
        .map_err(fault(DOING))?;
    let rows = statement
        .query_map([id.0], |row| {
            Ok(Recipient {
                place: Place::named(&row.get::<_, String>(0)?),
                name: row.get(1)?,
                email: row.get(2)?,
                // A word this version doesn't know must never be tried again blindly.
                state: RecipientState::named(&row.get::<_, String>(3)?)
                    .unwrap_or(RecipientState::Unconfirmed),
                code: row.get(4)?,
                words: row.get(5)?,
                contact: row.get::<_, Option<i64>>(6)?.map(ContactId),
                resolved_from: row.get(7)?,
            })
        })
        .map_err(fault(DOING))?;
    rows.collect::<rusqlite::Result<_>>().map_err(fault(DOING))
}

pub(super) fn begin(db: &mut Connection) -> Result<Transaction<'_>> {
    db.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)
        .map_err(fault(WRITING))
}

/// Works in a transaction that no power cut can undo once this returns, or (`synced` false) once the next synced one
/// has: a process that dies loses neither.
pub(in crate::store) fn change<T>(
    db: &mut Connection,
    synced: bool,
    work: impl FnOnce(&Transaction<'_>) -> Result<T>,
) -> Result<T> {
    let set = |db: &Connection, mode: &str| {
        db.execute_batch(&format!("PRAGMA synchronous = {mode}"))
            .map_err(fault(WRITING))
    };
    if !synced {
        set(db, "NORMAL")?;
    }
    let done = begin(db).and_then(|tx| {
        let done = work(&tx)?;
        tx.commit().map_err(fault(WRITING))?;
        Ok(done)
    });
    if !synced {
        set(db, "FULL")?;
    }
    done
}

pub(super) fn unknown(id: OutboxId) -> Error {
    Error::not_found(format!("there is no outbox item `{id}`")).hint("run `comms outbox list`")
}

pub(super) fn state_of(name: String) -> State {
    // A state of a newer version is none we may act on.
    State::named(&name).unwrap_or(State::Unconfirmed)
}

pub(super) fn number(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

pub(super) fn ms(at: Timestamp) -> i64 {
    at.as_millisecond()
}

pub(super) fn at(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(ms).unwrap_or(Timestamp::UNIX_EPOCH)
}
