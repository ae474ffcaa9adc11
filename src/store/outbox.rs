//! The outbox: records, items, recipients and attempts in `comms.db`, and the claims that keep two drains apart.
//!
//! Every change of state goes through `State::on` inside the transaction that writes it.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Transaction, params};

use crate::error::Result;
use crate::model::id::{ContactId, OutboxId};
use crate::model::outbox::{Place, RecipientState, State};

use super::alerts::{self, Once, Repeats};
use super::owner::Owner;
use super::{Store, fault};
use lifecycle::LEASE_MS;
use row::{SELECT, at, item, ms, number, read, recipients, state_of, unknown};

mod again;
mod approval;
mod batches;
mod charges;
mod erase;
mod lifecycle;
mod moving;
mod parts;
mod replace;
mod reported;
mod row;
mod spending;
mod tell;
#[cfg(test)]
mod tests;
mod traces;

pub use approval::Fingerprint;
pub use batches::{Batch, BatchState, NewBatch};
pub use charges::{Cap, Charge, Purse, Spent, Tariff};
pub use erase::{By, ERASED};
pub use lifecycle::{IN_PARTS, REVIVED, UNSEEN};
pub use moving::{MOVED, Target};
pub use parts::Part;
pub use reported::{Noted, Report};
pub(super) use row::change;
pub use spending::Spending;
pub use traces::Traces;

const DOING: &str = "reading the outbox";
const WRITING: &str = "writing the outbox";

/// One `send` on its way into the outbox.
#[derive(Clone, Debug)]
pub struct NewSend {
    pub key: Option<String>,
    /// Whoever stages it goes on with it now, and syncs it with the next commit.
    pub at_once: bool,
    /// Repeats of this are counted, not sent.
    pub once: Option<Once>,
    /// The thread it belongs to, and the people in it.
    pub thread: Option<(String, String)>,
    pub origin: String,
    /// The agent's name where one asks.
    pub asked_by: Option<String>,
    pub content_hash: [u8; 32],
    /// What names among the recipients stood for, as JSON.
    pub meanings: Option<String>,
    pub items: Vec<NewItem>,
}

/// One rendered message for one account.
#[derive(Clone, Debug)]
pub struct NewItem {
    pub account: String,
    pub channel: String,
    pub sender: String,
    pub subject: String,
    pub message_id: String,
    pub own_id: String,
    /// What is attached, as JSON.
    pub attachments: String,
    pub raw: Vec<u8>,
    pub state: State,
    /// The rule that holds it, or makes it wait.
    pub held_by: Option<String>,
    /// When it may go; `None` is at once.
    pub next_at: Option<Timestamp>,
    /// Whether a copy is to be filed once it was accepted.
    pub file_copy: bool,
    pub recipients: Vec<Recipient>,
    /// What each part costs; empty where nothing does.
    pub charges: Vec<Charge>,
}

/// A recipient of an item and what is known of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recipient {
    pub place: Place,
    pub name: Option<String>,
    pub email: String,
    pub state: RecipientState,
    pub code: Option<u16>,
    pub words: Option<String>,
    /// Whom a name or a group led to.
    pub contact: Option<ContactId>,
    /// The name or group that was typed.
    pub resolved_from: Option<String>,
}

/// An item without its bytes.
#[derive(Clone, Debug)]
pub struct Item {
    pub id: OutboxId,
    pub send: i64,
    pub origin: String,
    pub asked_by: Option<String>,
    /// The only accounts it may leave by; `None` means all.
    pub limited_to: Option<Vec<String>>,
    pub key: Option<String>,
    pub account: String,
    pub channel: String,
    pub sender: String,
    pub subject: String,
    pub message_id: String,
    pub own_id: String,
    pub attachments: String,
    pub size_bytes: u64,
    pub state: State,
    pub held_by: Option<String>,
    pub next_at: Option<Timestamp>,
    /// Attempts made.
    pub tries: u32,
    pub error_code: Option<String>,
    pub error: Option<String>,
    pub hint: Option<String>,
    pub file_copy: bool,
    pub filed_at: Option<Timestamp>,
    pub delivered_at: Option<Timestamp>,
    pub read_at: Option<Timestamp>,
    pub created_at: Timestamp,
    /// The account it was staged for, once its fallback took it over.
    pub moved_from: Option<String>,
    /// What a person approved, if they did.
    pub approved_hash: Option<Fingerprint>,
    /// The batch it belongs to, and the line of its file.
    pub batch: Option<(String, u64)>,
    pub recipients: Vec<Recipient>,
}

impl Item {
    /// Where it goes, with its channel, if it goes to one place: `sms:+14155550100`, `slack:C123`.
    pub fn to(&self) -> &str {
        self.recipients.first().map_or("", |r| r.email.as_str())
    }
}

/// One attempt of an item.
#[derive(Clone, Debug)]
pub struct AttemptRow {
    pub at: Timestamp,
    pub outcome: String,
    pub words: String,
}

/// How an attempt ended, for the item's row.
#[derive(Clone, Debug, Default)]
pub struct Ending {
    pub outcome: String,
    pub words: String,
    pub error_code: Option<String>,
    pub error: Option<String>,
    pub hint: Option<String>,
    /// When waiting recipients are tried again; `None` lets them fail.
    pub next_at: Option<Timestamp>,
    /// What makes the rest wait until then, where it is no fault.
    pub held_by: Option<String>,
    /// What `on_failure` is told if nothing of it goes by itself any more.
    pub failure: Option<String>,
}

/// Why a send was not staged.
#[derive(Clone, Debug)]
pub enum Known {
    Keyed(Keyed),
    /// It repeats another: it was counted.
    Repeats(Repeats),
}

/// What a key stands for.
#[derive(Clone, Debug)]
pub struct Keyed {
    pub content_hash: [u8; 32],
    /// What names among the recipients stood for, as JSON.
    pub meanings: Option<String>,
    pub items: Vec<OutboxId>,
}

impl Store {
    /// This process as a holder of leases.
    pub fn owner(&self) -> Result<Owner> {
        Owner::new(self.dir())
    }

    /// The send made under this key.
    pub fn keyed(&self, key: &str) -> Result<Option<Keyed>> {
        let db = self.main()?;
        keyed(&db, key)
    }

    /// Writes a send with its items; with `owner` the ready ones are claimed. On return it is on disk, or, if it goes
    /// on at once, with the commit that follows: the one that lets the first byte leave, or says why none does.
    ///
    /// A key that is taken is answered with what it stands for, and nothing is written.
    pub fn stage(
        &self,
        send: NewSend,
        now: Timestamp,
        owner: Option<&Owner>,
    ) -> Result<std::result::Result<Vec<OutboxId>, Known>> {
        let synced = !(send.at_once && owner.is_some());
        change(&mut *self.main()?, synced, |tx| {
            if let Some(key) = &send.key
                && let Some(found) = keyed(tx, key)?
            {
                return Ok(Err(Known::Keyed(found)));
            }
            if let Some(once) = &send.once
                && let Some(repeats) = alerts::count(tx, once, now).map_err(fault(WRITING))?
            {
                return Ok(Err(Known::Repeats(repeats)));
            }
            let new = Staging {
                row: None,
                store: self,
                now,
                owner,
            };
            insert_send(tx, send, &new).map(Ok)
        })
    }

    /// One item.
    pub fn outbox_item(&self, id: OutboxId) -> Result<Item> {
        let db = self.main()?;
        item(&db, id)
    }

    /// Items, newest first; all states if none is named.
    pub fn outbox_items(&self, states: &[State], limit: usize) -> Result<Vec<Item>> {
        self.outbox_page(states, (limit, None))
    }

    /// The same, of those older than this one.
    pub fn outbox_page(
        &self,
        states: &[State],
        (limit, before): (usize, Option<OutboxId>),
    ) -> Result<Vec<Item>> {
        let db = self.main()?;
        let names: Vec<_> = states.iter().map(|s| format!("'{}'", s.name())).collect();
        let filter = if names.is_empty() {
            String::new()
        } else {
            format!("AND items.state IN ({})", names.join(","))
        };
        let sql = format!("{SELECT} WHERE items.id < ?2 {filter} ORDER BY items.id DESC LIMIT ?1");
        let mut statement = db.prepare(&sql).map_err(fault(DOING))?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let before = before.map_or(i64::MAX, |id| id.0);
        let rows = statement
            .query_map([limit, before], read)
            .map_err(fault(DOING))?;
        let mut items = rows
            .collect::<rusqlite::Result<Vec<_>>>()
            .map_err(fault(DOING))?;
        for item in &mut items {
            item.recipients = recipients(&db, item.id)?;
        }
        Ok(items)
    }

    /// How many items are in each state.
    pub fn outbox_counts(&self) -> Result<Vec<(State, u64)>> {
        let db = self.main()?;
        let mut statement = db
            .prepare("SELECT state, count(*) FROM items WHERE sees(account) GROUP BY state")
            .map_err(fault(DOING))?;
        let rows = statement
            .query_map([], |row| {
                Ok((
                    state_of(row.get::<_, String>(0)?),
                    row.get::<_, i64>(1)?.unsigned_abs(),
                ))
            })
            .map_err(fault(DOING))?;
        rows.collect::<rusqlite::Result<_>>().map_err(fault(DOING))
    }

    /// The rendered bytes of an item.
    pub fn outbox_bytes(&self, id: OutboxId) -> Result<Vec<u8>> {
        self.main()?
            .query_row("SELECT raw FROM item_bytes WHERE item = ?1", [id.0], |r| {
                r.get(0)
            })
            .optional()
            .map_err(fault(DOING))?
            .ok_or_else(|| unknown(id))
    }

    /// The attempts of an item, oldest first.
    pub fn outbox_attempts(&self, id: OutboxId) -> Result<Vec<AttemptRow>> {
        let db = self.main()?;
        let mut statement = db
            .prepare("SELECT at, outcome, words FROM attempts WHERE item = ?1 ORDER BY id")
            .map_err(fault(DOING))?;
        let rows = statement
            .query_map([id.0], |row| {
                Ok(AttemptRow {
                    at: at(row.get(0)?),
                    outcome: row.get(1)?,
                    words: row.get(2)?,
                })
            })
            .map_err(fault(DOING))?;
        rows.collect::<rusqlite::Result<_>>().map_err(fault(DOING))
    }

    /// Whether anything was ever sent, queued or drafted here.
    pub fn has_outbox(&self) -> bool {
        self.dir().join(super::schema::MAIN.name).exists()
    }
}

/// What all sends that are staged together share.
struct Staging<'a> {
    /// The batch and its line; such an item is paused until the batch is opened.
    row: Option<(i64, u64)>,
    store: &'a Store,
    now: Timestamp,
    /// Claims the items that are ready.
    owner: Option<&'a Owner>,
}

fn insert_send(tx: &Transaction<'_>, send: NewSend, new: &Staging<'_>) -> Result<Vec<OutboxId>> {
    let limited_to = new
        .store
        .view
        .accounts()
        .map(|all| serde_json::json!(all).to_string());
    tx.prepare_cached(
        "INSERT INTO sends (key, origin, asked_by, content_hash, created_at, from_hook, batch, line, meanings, limited_to)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    )
    .and_then(|mut insert| {
        insert.execute(params![
            send.key,
            send.origin,
            send.asked_by,
            send.content_hash,
            ms(new.now),
            new.store.in_hook,
            new.row.map(|r| r.0),
            new.row.map(|r| i64::try_from(r.1).unwrap_or(i64::MAX)),
            send.meanings,
            limited_to
        ])
    })
    .map_err(fault(WRITING))?;
    let record = tx.last_insert_rowid();
    if let Some(once) = &send.once {
        alerts::begin(tx, once, record, new.now).map_err(fault(WRITING))?;
    }
    if let (Some((key, people)), Some(first)) = (&send.thread, send.items.first()) {
        alerts::begin_thread(tx, (key, people), &first.message_id).map_err(fault(WRITING))?;
    }
    let mut ids = Vec::new();
    for item in &send.items {
        let id = insert_item(tx, record, item, new)?;
        tell::staged(tx, (&new.store.auditor, new.now), id, &item.raw)?;
        ids.push(id);
    }
    Ok(ids)
}

fn insert_item(
    tx: &Transaction<'_>,
    record: i64,
    item: &NewItem,
    new: &Staging<'_>,
) -> Result<OutboxId> {
    let now = new.now;
    // What a rule lets wait is nobody's until then.
    let free = item.state == State::Ready && item.held_by.is_none();
    let owner = new.owner.filter(|_| free);
    tx.prepare_cached(
        "INSERT INTO items (send, account, channel, sender, subject, message_id, own_id, attachments, size_bytes,
         state, next_at, lease_owner, lease_until, file_copy, created_at, updated_at, held_by, paused, bytes_hash)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?15, ?16, ?17, ?18)",
    )
    .and_then(|mut insert| insert.execute(params![
            record,
            item.account,
            item.channel,
            item.sender,
            item.subject,
            item.message_id,
            item.own_id,
            item.attachments,
            i64::try_from(item.raw.len()).unwrap_or(i64::MAX),
            item.state.name(),
            item.next_at.map(ms),
            owner.map(|o| &o.name),
            owner.map(|_| ms(now) + LEASE_MS),
            item.file_copy,
            ms(now),
            item.held_by,
            new.row.is_some(),
            blake3::hash(&item.raw).as_bytes()
        ]))
    .map_err(fault(WRITING))?;
    let id = OutboxId(tx.last_insert_rowid());
    tx.prepare_cached("INSERT INTO item_bytes VALUES (?1, ?2)")
        .and_then(|mut insert| insert.execute(params![id.0, item.raw]))
        .map_err(fault(WRITING))?;
    insert_recipients(tx, id, &item.recipients)?;
    if !item.charges.is_empty() {
        charges::replace(tx, id, &item.charges, now)?;
    }
    Ok(id)
}

fn insert_recipients(tx: &Transaction<'_>, id: OutboxId, recipients: &[Recipient]) -> Result<()> {
    let mut insert = tx
        .prepare_cached("INSERT INTO recipients (item, n, place, name, email, state, code, words, contact, resolved_from)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",)
        .map_err(fault(WRITING))?;
    for (n, r) in recipients.iter().enumerate() {
        insert
            .execute(params![
                id.0,
                number(n),
                r.place.name(),
                r.name,
                r.email,
                r.state.name(),
                r.code,
                r.words,
                r.contact.map(|id| id.0),
                r.resolved_from
            ])
            .map_err(fault(WRITING))?;
    }
    Ok(())
}

fn keyed(db: &Connection, key: &str) -> Result<Option<Keyed>> {
    let found: Option<(i64, [u8; 32], Option<String>)> = db
        .query_row(
            "SELECT id, content_hash, meanings FROM sends WHERE key = ?1",
            [key],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
        )
        .optional()
        .map_err(fault(DOING))?;
    let Some((send, content_hash, meanings)) = found else {
        return Ok(None);
    };
    let mut statement = db
        .prepare("SELECT id FROM items WHERE send = ?1 ORDER BY id")
        .map_err(fault(DOING))?;
    let rows = statement
        .query_map([send], |row| row.get(0).map(OutboxId))
        .map_err(fault(DOING))?;
    Ok(Some(Keyed {
        content_hash,
        meanings,
        items: rows
            .collect::<rusqlite::Result<_>>()
            .map_err(fault(DOING))?,
    }))
}
