//! The outbox: records, items, recipients and attempts in `comms.db`, and the claims that keep two drains apart.
//!
//! Every change of state goes through `State::on` inside the transaction that writes it.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};

use crate::error::{Error, Result};
use crate::model::id::OutboxId;
use crate::model::outbox::{Answer, Event, Place, RecipientState, State, Verdict};

use super::owner::{Owner, is_alive};
use super::{Store, fault};

const DOING: &str = "reading the outbox";
const WRITING: &str = "writing the outbox";

/// One `send` on its way into the outbox.
#[derive(Clone, Debug)]
pub struct NewSend {
    pub key: Option<String>,
    pub origin: String,
    pub content_hash: [u8; 32],
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
    /// When it may go; `None` is at once.
    pub next_at: Option<Timestamp>,
    /// Whether a copy is to be filed once it was accepted.
    pub file_copy: bool,
    pub recipients: Vec<Recipient>,
}

/// A recipient of an item and what is known of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipient {
    pub place: Place,
    pub name: Option<String>,
    pub email: String,
    pub state: RecipientState,
    pub code: Option<u16>,
    pub words: Option<String>,
}

/// An item without its bytes.
#[derive(Clone, Debug)]
pub struct Item {
    pub id: OutboxId,
    pub send: i64,
    pub origin: String,
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
    pub created_at: Timestamp,
    pub recipients: Vec<Recipient>,
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
}

/// What a key stands for.
#[derive(Clone, Debug)]
pub struct Keyed {
    pub content_hash: [u8; 32],
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

    /// Writes a send with its items; on return it is on disk. With `owner` the ready items are claimed at once.
    ///
    /// A key that is taken is answered with what it stands for, and nothing is written.
    pub fn stage(
        &self,
        send: NewSend,
        now: Timestamp,
        owner: Option<&Owner>,
    ) -> Result<std::result::Result<Vec<OutboxId>, Keyed>> {
        let mut db = self.main()?;
        let tx = begin(&mut db)?;
        if let Some(key) = &send.key
            && let Some(found) = keyed(&tx, key)?
        {
            return Ok(Err(found));
        }
        tx.execute(
            "INSERT INTO sends (key, origin, content_hash, created_at) VALUES (?1, ?2, ?3, ?4)",
            params![send.key, send.origin, send.content_hash, ms(now)],
        )
        .map_err(fault(WRITING))?;
        let record = tx.last_insert_rowid();
        let mut ids = Vec::new();
        for item in send.items {
            ids.push(insert_item(&tx, record, item, now, owner)?);
        }
        tx.commit().map_err(fault(WRITING))?;
        Ok(Ok(ids))
    }

    /// One item.
    pub fn outbox_item(&self, id: OutboxId) -> Result<Item> {
        let db = self.main()?;
        item(&db, id)
    }

    /// Items, newest first; all states if none is named.
    pub fn outbox_items(&self, states: &[State], limit: usize) -> Result<Vec<Item>> {
        let db = self.main()?;
        let names: Vec<_> = states.iter().map(|s| format!("'{}'", s.name())).collect();
        let filter = if names.is_empty() {
            String::new()
        } else {
            format!("WHERE items.state IN ({})", names.join(","))
        };
        let sql = format!("{SELECT} {filter} ORDER BY items.id DESC LIMIT ?1");
        let mut statement = db.prepare(&sql).map_err(fault(DOING))?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let rows = statement.query_map([limit], read).map_err(fault(DOING))?;
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
            .prepare("SELECT state, count(*) FROM items GROUP BY state")
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

    /// Takes the next due item for this owner; `None` if nothing is due.
    pub fn claim_due(&self, owner: &Owner, now: Timestamp) -> Result<Option<OutboxId>> {
        self.main()?
            .query_row(
                "UPDATE items SET lease_owner = ?1, lease_until = ?2 WHERE id =
                   (SELECT id FROM items WHERE state = 'ready' AND coalesce(next_at, 0) <= ?3
                    AND (lease_owner IS NULL OR lease_until < ?3) ORDER BY next_at, id LIMIT 1)
                 RETURNING id",
                params![owner.name, ms(now) + LEASE_MS, ms(now)],
                |row| row.get(0).map(OutboxId),
            )
            .optional()
            .map_err(fault(WRITING))
    }

    /// Takes this item for this owner if it is ready and nobody else holds it.
    pub fn claim(&self, id: OutboxId, owner: &Owner, now: Timestamp) -> Result<bool> {
        self.main()?
            .execute(
                "UPDATE items SET lease_owner = ?2, lease_until = ?3
                 WHERE id = ?1 AND state = 'ready' AND (lease_owner IS NULL OR lease_until < ?4)",
                params![id.0, owner.name, ms(now) + LEASE_MS, ms(now)],
            )
            .map(|n| n == 1)
            .map_err(fault(WRITING))
    }

    /// Whether anything was ever sent, queued or drafted here.
    pub fn has_outbox(&self) -> bool {
        self.dir().join(super::schema::MAIN.name).exists()
    }

    /// Settles an item in doubt as sent, since a copy of it was found; these words say where. `None` if it is not in
    /// doubt, or some recipients got it in another transaction: then the copy may be of that one.
    pub fn confirm_found(
        &self,
        id: OutboxId,
        (words, filed): (&str, bool),
        now: Timestamp,
    ) -> Result<Option<State>> {
        let mut db = self.main()?;
        let tx = begin(&mut db)?;
        let mut all: Vec<RecipientState> = recipients(&tx, id)?.iter().map(|r| r.state).collect();
        if all.contains(&RecipientState::Sent) || !all.contains(&RecipientState::Unconfirmed) {
            return Ok(None);
        }
        for state in &mut all {
            if *state == RecipientState::Unconfirmed {
                *state = RecipientState::Sent;
            }
        }
        let Ok(next) = advance(&tx, id, Event::Resolve(Verdict::of(all))) else {
            return Ok(None);
        };
        tx.execute(
            "UPDATE recipients SET state = 'sent', words = ?2 WHERE item = ?1 AND state = 'unconfirmed'",
            params![id.0, words],
        )
        .map_err(fault(WRITING))?;
        tx.execute(
            "UPDATE items SET state = ?2, next_at = NULL, error_code = NULL, error = NULL, hint = NULL,
             filed_at = CASE WHEN ?3 THEN ?4 ELSE filed_at END, updated_at = ?4 WHERE id = ?1",
            params![id.0, next.name(), filed, ms(now)],
        )
        .map_err(fault(WRITING))?;
        note(&tx, id, now, ("found", words))?;
        tx.commit().map_err(fault(WRITING))?;
        Ok(Some(next))
    }

    /// Whether anything is due.
    pub fn has_due(&self, now: Timestamp) -> Result<bool> {
        self.main()?
            .query_row(
                "SELECT EXISTS (SELECT 1 FROM items WHERE state = 'ready' AND coalesce(next_at, 0) <= ?1)",
                [ms(now)],
                |row| row.get(0),
            )
            .map_err(fault(DOING))
    }

    /// Commits that these recipients' bytes are about to leave. False if the lease was lost: then they must not.
    pub fn begin_sending(&self, id: OutboxId, owner: &Owner, batch: &[usize]) -> Result<bool> {
        let mut db = self.main()?;
        let tx = begin(&mut db)?;
        let found: Option<(String, Option<String>)> = tx
            .query_row(
                "SELECT state, lease_owner FROM items WHERE id = ?1",
                [id.0],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .optional()
            .map_err(fault(DOING))?;
        let Some((state, holder)) = found else {
            return Err(unknown(id));
        };
        let state = state_of(state);
        // A later batch of the same attempt finds the item `sending` already.
        let may = state.on(Event::Begin).is_some() || state == State::Sending;
        if holder.as_deref() != Some(&owner.name) || !may {
            return Ok(false);
        }
        tx.execute("UPDATE items SET state = 'sending' WHERE id = ?1", [id.0])
            .map_err(fault(WRITING))?;
        let mut mark = tx
            .prepare("UPDATE recipients SET state = 'sending' WHERE item = ?1 AND n = ?2 AND state = 'waiting'")
            .map_err(fault(WRITING))?;
        for n in batch {
            mark.execute(params![id.0, number(*n)])
                .map_err(fault(WRITING))?;
        }
        drop(mark);
        tx.commit().map_err(fault(WRITING))?;
        Ok(true)
    }

    /// Writes the answers for recipients, by number.
    pub fn record_answers(&self, id: OutboxId, answers: &[(usize, Answer)]) -> Result<()> {
        let mut db = self.main()?;
        let tx = begin(&mut db)?;
        let mut write = tx
            .prepare("UPDATE recipients SET state = ?3, code = ?4, words = ?5 WHERE item = ?1 AND n = ?2")
            .map_err(fault(WRITING))?;
        for (n, answer) in answers {
            write
                .execute(params![
                    id.0,
                    number(*n),
                    answer.state.name(),
                    answer.code,
                    answer.words
                ])
                .map_err(fault(WRITING))?;
        }
        drop(write);
        tx.commit().map_err(fault(WRITING))
    }

    /// Ends an attempt: the state follows from the recipients, the lease is given back.
    pub fn settle(&self, id: OutboxId, ending: &Ending, now: Timestamp) -> Result<State> {
        let mut db = self.main()?;
        let tx = begin(&mut db)?;
        if ending.next_at.is_none() {
            tx.execute(
                "UPDATE recipients SET state = 'failed' WHERE item = ?1 AND state = 'waiting'
                 AND NOT EXISTS (SELECT 1 FROM recipients r WHERE r.item = ?1 AND r.state IN ('unconfirmed', 'sending'))",
                [id.0],
            )
            .map_err(fault(WRITING))?;
        }
        let verdict = Verdict::of(recipients(&tx, id)?.iter().map(|r| r.state));
        let next = advance(&tx, id, Event::Settle(verdict))?;
        let next_at = ending.next_at.filter(|_| next == State::Ready);
        tx.execute(
            "UPDATE items SET state = ?2, next_at = ?3, tries = tries + 1, error_code = ?4, error = ?5, hint = ?6,
             lease_owner = NULL, lease_until = NULL, updated_at = ?7 WHERE id = ?1",
            params![
                id.0,
                next.name(),
                next_at.map(ms),
                ending.error_code,
                ending.error,
                ending.hint,
                ms(now)
            ],
        )
        .map_err(fault(WRITING))?;
        note(&tx, id, now, (&ending.outcome, &ending.words))?;
        tx.commit().map_err(fault(WRITING))?;
        Ok(next)
    }

    /// Moves an item by an event of a person's; recipients in `from` states become `to`.
    pub fn outbox_event(
        &self,
        id: OutboxId,
        event: Event,
        change: Option<(&[RecipientState], RecipientState)>,
        now: Timestamp,
    ) -> Result<State> {
        let mut db = self.main()?;
        let tx = begin(&mut db)?;
        let next = advance(&tx, id, event)?;
        if let Some((from, to)) = change {
            for state in from {
                tx.execute(
                    "UPDATE recipients SET state = ?3 WHERE item = ?1 AND state = ?2",
                    params![id.0, state.name(), to.name()],
                )
                .map_err(fault(WRITING))?;
            }
        }
        tx.execute(
            "UPDATE items SET state = ?2, next_at = NULL, lease_owner = NULL, lease_until = NULL, updated_at = ?3
             WHERE id = ?1",
            params![id.0, next.name(), ms(now)],
        )
        .map_err(fault(WRITING))?;
        if matches!(event, Event::Release | Event::Revive | Event::Resolve(_)) {
            // What went wrong before is in the attempts.
            tx.execute(
                "UPDATE items SET error_code = NULL, error = NULL, hint = NULL WHERE id = ?1",
                [id.0],
            )
            .map_err(fault(WRITING))?;
        }
        match event {
            Event::Release | Event::Revive => {
                note(&tx, id, now, (REVIVED, "asked to send it now"))?
            }
            Event::Resolve(_) => {
                note(&tx, id, now, ("resolved", "someone said what became of it"))?
            }
            _ => {}
        }
        tx.commit().map_err(fault(WRITING))?;
        Ok(next)
    }

    /// Records that the copy is filed.
    pub fn mark_filed(&self, id: OutboxId, now: Timestamp) -> Result<()> {
        self.main()?
            .execute(
                "UPDATE items SET filed_at = ?2 WHERE id = ?1",
                params![id.0, ms(now)],
            )
            .map(drop)
            .map_err(fault(WRITING))
    }

    /// Items that were accepted but whose copy is not filed yet, oldest first.
    pub fn unfiled(&self, limit: usize) -> Result<Vec<OutboxId>> {
        let db = self.main()?;
        let mut statement = db
            .prepare("SELECT id FROM items WHERE state = 'sent' AND file_copy = 1 AND filed_at IS NULL ORDER BY id LIMIT ?1")
            .map_err(fault(DOING))?;
        let rows = statement
            .query_map([i64::try_from(limit).unwrap_or(i64::MAX)], |row| {
                row.get(0).map(OutboxId)
            })
            .map_err(fault(DOING))?;
        rows.collect::<rusqlite::Result<_>>().map_err(fault(DOING))
    }

    /// Takes items back from processes that died: what was `sending` becomes unconfirmed, claims are dropped.
    pub fn sweep(&self, now: Timestamp) -> Result<Vec<OutboxId>> {
        let mut db = self.main()?;
        let holders: Vec<String> = {
            let mut statement = db
                .prepare("SELECT DISTINCT lease_owner FROM items WHERE lease_owner IS NOT NULL")
                .map_err(fault(DOING))?;
            let rows = statement
                .query_map([], |row| row.get(0))
                .map_err(fault(DOING))?;
            rows.collect::<rusqlite::Result<_>>()
                .map_err(fault(DOING))?
        };
        let mut doubtful = Vec::new();
        for holder in holders.iter().filter(|h| !is_alive(self.dir(), h)) {
            let tx = begin(&mut db)?;
            let held: Vec<(i64, String)> = {
                let mut statement = tx
                    .prepare("SELECT id, state FROM items WHERE lease_owner = ?1")
                    .map_err(fault(DOING))?;
                let rows = statement
                    .query_map([holder], |row| Ok((row.get(0)?, row.get(1)?)))
                    .map_err(fault(DOING))?;
                rows.collect::<rusqlite::Result<_>>()
                    .map_err(fault(DOING))?
            };
            for (id, state) in held {
                if state_of(state) == State::Sending {
                    let id = OutboxId(id);
                    if give_up(&tx, id, now)? == State::Unconfirmed {
                        doubtful.push(id);
                    }
                }
            }
            tx.execute(
                "UPDATE items SET lease_owner = NULL, lease_until = NULL WHERE lease_owner = ?1",
                [holder],
            )
            .map_err(fault(WRITING))?;
            tx.commit().map_err(fault(WRITING))?;
        }
        Ok(doubtful)
    }
}

/// The outcome of an attempt's row that begins a new series of tries.
pub const REVIVED: &str = "revived";

fn note(
    tx: &Transaction<'_>,
    id: OutboxId,
    now: Timestamp,
    (outcome, words): (&str, &str),
) -> Result<()> {
    tx.execute(
        "INSERT INTO attempts (item, at, outcome, words) VALUES (?1, ?2, ?3, ?4)",
        params![id.0, ms(now), outcome, words],
    )
    .map(drop)
    .map_err(fault(WRITING))
}

/// How long a claim on a ready item holds, should its owner hang.
const LEASE_MS: i64 = 10 * 60 * 1000;

const DIED: &str = "comms ended while it was being sent";

/// A process died in the middle of this item: whoever was in its transaction may have got it.
fn give_up(tx: &Transaction<'_>, id: OutboxId, now: Timestamp) -> Result<State> {
    tx.execute(
        "UPDATE recipients SET state = 'unconfirmed', words = ?2 WHERE item = ?1 AND state = 'sending'",
        params![id.0, DIED],
    )
    .map_err(fault(WRITING))?;
    // Between two batches nobody was in doubt: the rest goes on.
    let verdict = Verdict::of(recipients(tx, id)?.iter().map(|r| r.state));
    let next = match verdict {
        Verdict::Unknown => advance(tx, id, Event::OwnerDied)?,
        settled => advance(tx, id, Event::Settle(settled))?,
    };
    tx.execute(
        "UPDATE items SET state = ?2, error_code = 'unconfirmed', error = ?3, hint = NULL, tries = tries + 1,
         updated_at = ?4 WHERE id = ?1",
        params![id.0, next.name(), DIED, ms(now)],
    )
    .map_err(fault(WRITING))?;
    note(tx, id, now, ("unknown", DIED))?;
    Ok(next)
}

fn advance(tx: &Transaction<'_>, id: OutboxId, event: Event) -> Result<State> {
    let state = tx
        .query_row("SELECT state FROM items WHERE id = ?1", [id.0], |row| {
            row.get::<_, String>(0)
        })
        .optional()
        .map_err(fault(DOING))?
        .map(state_of)
        .ok_or_else(|| unknown(id))?;
    state.on(event).ok_or_else(|| {
        Error::usage(format!("`{id}` is {}: that can't be done", state.name()))
            .hint(format!("run `comms outbox show {id}`"))
            .item(id)
    })
}

fn insert_item(
    tx: &Transaction<'_>,
    record: i64,
    item: NewItem,
    now: Timestamp,
    owner: Option<&Owner>,
) -> Result<OutboxId> {
    let owner = owner.filter(|_| item.state == State::Ready);
    tx.execute(
        "INSERT INTO items (send, account, channel, sender, subject, message_id, own_id, attachments, size_bytes,
         state, next_at, lease_owner, lease_until, file_copy, created_at, updated_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?15)",
        params![
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
            ms(now)
        ],
    )
    .map_err(fault(WRITING))?;
    let id = OutboxId(tx.last_insert_rowid());
    tx.execute(
        "INSERT INTO item_bytes VALUES (?1, ?2)",
        params![id.0, item.raw],
    )
    .map_err(fault(WRITING))?;
    let mut insert = tx
        .prepare_cached("INSERT INTO recipients VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")
        .map_err(fault(WRITING))?;
    for (n, r) in item.recipients.iter().enumerate() {
        insert
            .execute(params![
                id.0,
                number(n),
                r.place.name(),
                r.name,
                r.email,
                r.state.name(),
                r.code,
                r.words
            ])
            .map_err(fault(WRITING))?;
    }
    Ok(id)
}

const SELECT: &str = "SELECT items.id, items.send, sends.origin, sends.key, account, channel, sender, subject,
 message_id, own_id, attachments, size_bytes, state, held_by, next_at, tries, error_code, error, hint, file_copy,
 filed_at, items.created_at FROM items JOIN sends ON sends.id = items.send";

fn read(row: &Row<'_>) -> rusqlite::Result<Item> {
    Ok(Item {
        id: OutboxId(row.get(0)?),
        send: row.get(1)?,
        origin: row.get(2)?,
        key: row.get(3)?,
        account: row.get(4)?,
        channel: row.get(5)?,
        sender: row.get(6)?,
        subject: row.get(7)?,
        message_id: row.get(8)?,
        own_id: row.get(9)?,
        attachments: row.get(10)?,
        size_bytes: row.get::<_, i64>(11)?.unsigned_abs(),
        state: state_of(row.get::<_, String>(12)?),
        held_by: row.get(13)?,
        next_at: row.get::<_, Option<i64>>(14)?.map(at),
        tries: row.get(15)?,
        error_code: row.get(16)?,
        error: row.get(17)?,
        hint: row.get(18)?,
        file_copy: row.get(19)?,
        filed_at: row.get::<_, Option<i64>>(20)?.map(at),
        created_at: at(row.get(21)?),
        recipients: Vec::new(),
    })
}

fn item(db: &Connection, id: OutboxId) -> Result<Item> {
    let mut item = db
        .query_row(&format!("{SELECT} WHERE items.id = ?1"), [id.0], read)
        .optional()
        .map_err(fault(DOING))?
        .ok_or_else(|| unknown(id))?;
    item.recipients = recipients(db, id)?;
    Ok(item)
}

fn recipients(db: &Connection, id: OutboxId) -> Result<Vec<Recipient>> {
    let mut statement = db
        .prepare_cached(
            "SELECT place, name, email, state, code, words FROM recipients WHERE item = ?1 ORDER BY n",
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
            })
        })
        .map_err(fault(DOING))?;
    rows.collect::<rusqlite::Result<_>>().map_err(fault(DOING))
}

fn keyed(db: &Connection, key: &str) -> Result<Option<Keyed>> {
    let found: Option<(i64, [u8; 32])> = db
        .query_row(
            "SELECT id, content_hash FROM sends WHERE key = ?1",
            [key],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .optional()
        .map_err(fault(DOING))?;
    let Some((send, content_hash)) = found else {
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
        items: rows
            .collect::<rusqlite::Result<_>>()
            .map_err(fault(DOING))?,
    }))
}

fn begin(db: &mut Connection) -> Result<Transaction<'_>> {
    db.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)
        .map_err(fault(WRITING))
}

fn unknown(id: OutboxId) -> Error {
    Error::not_found(format!("there is no outbox item `{id}`")).hint("run `comms outbox list`")
}

fn state_of(name: String) -> State {
    // A state of a newer version is none we may act on.
    State::named(&name).unwrap_or(State::Unconfirmed)
}

fn number(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

fn ms(at: Timestamp) -> i64 {
    at.as_millisecond()
}

fn at(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(ms).unwrap_or(Timestamp::UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2026-11-21T12:00:00Z".parse().unwrap()
    }

    fn send(key: Option<&str>) -> NewSend {
        let to = |email: &str| Recipient {
            place: Place::To,
            name: None,
            email: email.to_owned(),
            state: RecipientState::Waiting,
            code: None,
            words: None,
        };
        NewSend {
            key: key.map(str::to_owned),
            origin: "script".to_owned(),
            content_hash: [7; 32],
            items: vec![NewItem {
                account: "work".to_owned(),
                channel: "smtp".to_owned(),
                sender: "ada@example.com".to_owned(),
                subject: "hello".to_owned(),
                message_id: "x@example.com".to_owned(),
                own_id: format!("own-{key:?}"),
                attachments: "[]".to_owned(),
                raw: b"raw".to_vec(),
                state: State::Ready,
                next_at: None,
                file_copy: false,
                recipients: vec![to("bob@example.com"), to("eve@example.com")],
            }],
        }
    }

    #[test]
    fn two_drains_never_take_the_same_item() {
        let dir = tempfile::tempdir().unwrap();
        let (one, two) = (Store::at(dir.path()), Store::at(dir.path()));
        one.stage(send(None), now(), None).unwrap().unwrap();
        let (mine, yours) = (one.owner().unwrap(), two.owner().unwrap());
        let id = one.claim_due(&mine, now()).unwrap().unwrap();
        assert_eq!(two.claim_due(&yours, now()).unwrap(), None);
        assert!(!two.begin_sending(id, &yours, &[0, 1]).unwrap());
        assert!(one.begin_sending(id, &mine, &[0, 1]).unwrap());
    }

    #[test]
    fn an_item_whose_sender_died_is_in_doubt_and_never_due_again() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::at(dir.path());
        let owner = store.owner().unwrap();
        let id = store
            .stage(send(None), now(), Some(&owner))
            .unwrap()
            .unwrap()[0];
        assert!(store.begin_sending(id, &owner, &[0]).unwrap());
        assert!(store.sweep(now()).unwrap().is_empty());
        drop(owner);
        assert_eq!(store.sweep(now()).unwrap(), [id]);
        let item = store.outbox_item(id).unwrap();
        assert_eq!(item.state, State::Unconfirmed);
        assert_eq!(item.recipients[0].state, RecipientState::Unconfirmed);
        assert_eq!(item.recipients[1].state, RecipientState::Waiting);
        assert!(!store.has_due(now()).unwrap());
    }

    #[test]
    fn a_claim_of_a_dead_process_is_free_again() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::at(dir.path());
        let owner = store.owner().unwrap();
        let id = store
            .stage(send(None), now(), Some(&owner))
            .unwrap()
            .unwrap()[0];
        drop(owner);
        assert!(store.sweep(now()).unwrap().is_empty());
        let other = store.owner().unwrap();
        assert_eq!(store.claim_due(&other, now()).unwrap(), Some(id));
    }

    #[test]
    fn a_key_is_taken_once() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::at(dir.path());
        let first = store.stage(send(Some("k")), now(), None).unwrap().unwrap();
        let again = store
            .stage(send(Some("k")), now(), None)
            .unwrap()
            .unwrap_err();
        assert_eq!(again.items, first);
    }

    #[test]
    fn only_those_who_wait_are_given_up() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::at(dir.path());
        let owner = store.owner().unwrap();
        let id = store
            .stage(send(None), now(), Some(&owner))
            .unwrap()
            .unwrap()[0];
        store.begin_sending(id, &owner, &[0, 1]).unwrap();
        let answer = |state| Answer {
            state,
            code: Some(250),
            words: "ok".to_owned(),
        };
        store
            .record_answers(
                id,
                &[
                    (0, answer(RecipientState::Sent)),
                    (1, answer(RecipientState::Waiting)),
                ],
            )
            .unwrap();
        let later = Ending {
            next_at: Some(now()),
            ..Ending::default()
        };
        assert_eq!(store.settle(id, &later, now()).unwrap(), State::Ready);
        assert_eq!(
            store.settle(id, &Ending::default(), now()).unwrap(),
            State::Sent
        );
        let states: Vec<_> = store.outbox_item(id).unwrap().recipients;
        assert_eq!(states[1].state, RecipientState::Failed);
    }
}
