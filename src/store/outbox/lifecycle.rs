//! From a claim to its end: leases, attempts, answers, and what a dead process left behind.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Transaction, params};

use super::parts::Part;
use super::row::{begin, change, ms, number, recipients, state_of, unknown};
use super::tell::{self, Told};
use super::{DOING, Ending, Recipient, WRITING, reported, row};
use super::{batches, parts};
use crate::error::{Error, Result};
use crate::model::audit::AuditEvent;
use crate::model::id::OutboxId;
use crate::model::outbox::{Answer, Event, RecipientState, State, Verdict};
use crate::store::audit::Auditor;
use crate::store::counters;
use crate::store::failures::insert_of_item;
use crate::store::owner::{Owner, is_alive};
use crate::store::{Store, fault};

impl Store {
    /// Takes the next due item for this owner, of an account that is not among `but`, which it tells too; `None` if
    /// nothing is due.
    pub fn claim_due(
        &self,
        owner: &Owner,
        but: &[String],
        now: Timestamp,
    ) -> Result<Option<(OutboxId, String)>> {
        let but = serde_json::to_string(but).unwrap_or_default();
        // A claim that a power cut undoes is none the worse for it.
        change(&mut *self.main()?, false, |tx| {
            tx.prepare_cached(
                "UPDATE items SET lease_owner = ?1, lease_until = ?2 WHERE id =
                   (SELECT id FROM items WHERE state = 'ready' AND paused = 0 AND coalesce(next_at, 0) <= ?3
                    AND (lease_owner IS NULL OR lease_until < ?3 OR lease_until > ?2)
                    AND account NOT IN (SELECT value FROM json_each(?4)) AND sees(account) ORDER BY next_at, id LIMIT 1)
                 RETURNING id, account",
            )
            .and_then(|mut claim| {
                claim
                    .query_row(
                        params![owner.name, ms(now) + LEASE_MS, ms(now), but],
                        |row| Ok((OutboxId(row.get(0)?), row.get(1)?)),
                    )
                    .optional()
            })
            .map_err(fault(WRITING))
        })
    }

    /// Takes this item for this owner if it is ready and nobody else holds it.
    pub fn claim(&self, id: OutboxId, owner: &Owner, now: Timestamp) -> Result<bool> {
        self.main()?
            .execute(
                "UPDATE items SET lease_owner = ?2, lease_until = ?3, paused = 0
                 WHERE id = ?1 AND state = 'ready' AND (lease_owner IS NULL OR lease_until < ?4)",
                params![id.0, owner.name, ms(now) + LEASE_MS, ms(now)],
            )
            .map(|n| n == 1)
            .map_err(fault(WRITING))
    }

    /// Accounts by which something is on its way, by whoever.
    pub fn sending(&self) -> Result<Vec<String>> {
        let db = self.main()?;
        let mut statement = db
            .prepare("SELECT DISTINCT account FROM items WHERE state = 'sending' AND sees(account)")
            .map_err(fault(DOING))?;
        let rows = statement
            .query_map([], |row| row.get(0))
            .map_err(fault(DOING))?;
        rows.collect::<rusqlite::Result<_>>().map_err(fault(DOING))
    }

    /// Gives a claim back: the item is anyone's again.
    pub fn unclaim(&self, id: OutboxId, owner: &Owner) -> Result<()> {
        self.main()?
            .execute(
                "UPDATE items SET lease_owner = NULL, lease_until = NULL
                 WHERE id = ?1 AND state = 'ready' AND lease_owner = ?2",
                params![id.0, owner.name],
            )
            .map(drop)
            .map_err(fault(WRITING))
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
        let told = Told {
            words: Some(words),
            ..Told::default()
        };
        tell::item(&tx, (&self.auditor, now), (id, AuditEvent::Found), told)?;
        let next = match next {
            State::Sent => reported::apply(&tx, (&self.auditor, now), id)?,
            other => other,
        };
        tx.commit().map_err(fault(WRITING))?;
        Ok(Some(next))
    }

    /// Lets an item in doubt go again, since its provider certainly does not have it; these words say how that is
    /// known. False if it was tried again since `tries`, or is no longer in doubt.
    pub fn confirm_absent(
        &self,
        id: OutboxId,
        (tries, words): (u32, &str),
        now: Timestamp,
    ) -> Result<bool> {
        let mut db = self.main()?;
        let tx = begin(&mut db)?;
        let is_absent = absent(&tx, (&self.auditor, now), (id, tries, words))?;
        tx.commit().map_err(fault(WRITING))?;
        Ok(is_absent)
    }

    /// Writes down that the provider's listing lacks an item in doubt, which proves nothing yet.
    pub fn note_unseen(
        &self,
        id: OutboxId,
        (tries, words): (u32, &str),
        now: Timestamp,
    ) -> Result<()> {
        let mut db = self.main()?;
        let tx = begin(&mut db)?;
        let item = row::item(&tx, id)?;
        if item.tries == tries && item.state == State::Unconfirmed {
            note(&tx, id, now, (UNSEEN, words))?;
        }
        tx.commit().map_err(fault(WRITING))
    }

    /// Writes down that the provider has a part that was in doubt and, in the same step, lets the `rest` go if nothing
    /// of it was begun: whoever hears of the part again finds it known, and could not tell that any more.
    pub fn part_found(
        &self,
        id: OutboxId,
        (part, rest): (&Part, Option<(u32, &str)>),
        now: Timestamp,
    ) -> Result<()> {
        let mut db = self.main()?;
        let tx = begin(&mut db)?;
        parts::write(&tx, id, part)?;
        if let Some((tries, words)) = rest {
            absent(&tx, (&self.auditor, now), (id, tries, words))?;
        }
        tx.commit().map_err(fault(WRITING))
    }

    /// Whether anything is due.
    pub fn has_due(&self, now: Timestamp) -> Result<bool> {
        self.main()?
            .query_row(
                "SELECT EXISTS (SELECT 1 FROM items WHERE state = 'ready' AND paused = 0 AND coalesce(next_at, 0) <= ?1
                 AND sees(account))",
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

    /// Writes the answers for recipients, by number; those who have theirs keep it. Should a power cut undo it, they are
    /// in doubt. Who lost the item meanwhile has nothing to say about it.
    pub fn record_answers(
        &self,
        id: OutboxId,
        owner: &Owner,
        answers: &[(usize, Answer)],
    ) -> Result<()> {
        change(&mut *self.main()?, false, |tx| {
            if !holds(tx, id, owner)? {
                return Ok(());
            }
            let mut write = tx
                .prepare_cached(
                    "UPDATE recipients SET state = ?3, code = ?4, words = ?5 WHERE item = ?1 AND n = ?2
                     AND state IN ('waiting', 'sending')",
                )
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
            Ok(())
        })
    }

    /// Ends an attempt: the state follows from the recipients, the lease is given back. `None` if this owner lost the
    /// item meanwhile, to another process or because someone put it away.
    ///
    /// That all went well is not synced by itself: should a power cut undo it, the item is in doubt.
    pub fn settle(
        &self,
        id: OutboxId,
        ending: &Ending,
        (owner, now): (&Owner, Timestamp),
    ) -> Result<Option<State>> {
        let synced = ending.error_code.is_some();
        change(&mut *self.main()?, synced, |tx| {
            if !holds(tx, id, owner)? {
                return Ok(None);
            }
            if ending.next_at.is_none() {
                tx.execute(
                    "UPDATE recipients SET state = 'failed' WHERE item = ?1 AND state = 'waiting'
                     AND NOT EXISTS (SELECT 1 FROM recipients r WHERE r.item = ?1 AND r.state IN ('unconfirmed', 'sending'))",
                    [id.0],
                )
                .map_err(fault(WRITING))?;
            }
            let verdict = Verdict::of(recipients(tx, id)?.iter().map(|r| r.state));
            let next = advance(tx, id, Event::Settle(verdict))?;
            let next_at = ending.next_at.filter(|_| next == State::Ready);
            tx.execute(
                "UPDATE items SET state = ?2, next_at = ?3, tries = tries + 1, error_code = ?4, error = ?5, hint = ?6,
                 lease_owner = NULL, lease_until = NULL, updated_at = ?7, held_by = ?8 WHERE id = ?1",
                params![
                    id.0,
                    next.name(),
                    next_at.map(ms),
                    ending.error_code,
                    ending.error,
                    ending.hint,
                    ms(now),
                    ending.held_by.as_ref().filter(|_| next == State::Ready)
                ],
            )
            .map_err(fault(WRITING))?;
            note(tx, id, now, (&ending.outcome, &ending.words))?;
            if next == State::Failed {
                batches::note_failure(tx, id)?;
            }
            let failed = |all: &[Recipient]| all.iter().any(|r| r.state == RecipientState::Failed);
            if let Some(document) = &ending.failure
                && (next == State::Failed || next == State::Sent && failed(&recipients(tx, id)?))
            {
                insert_of_item(tx, id.0, (document, ms(now))).map_err(fault(WRITING))?;
            }
            let told = Told {
                outcome: Some(&ending.outcome),
                words: Some(&ending.words),
                ..Told::default()
            };
            tell::item(tx, (&self.auditor, now), (id, AuditEvent::Attempt), told)?;
            // Its provider may have said more before this was written down.
            let next = match next {
                State::Sent => reported::apply(tx, (&self.auditor, now), id)?,
                other => other,
            };
            Ok(Some(next))
        })
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
        let before = row::item(&tx, id)?;
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
        if let Some(told) = told_of(event) {
            let rule = before.held_by.as_deref();
            let about = Told {
                rule: rule.filter(|_| before.state == State::Held),
                ..Told::default()
            };
            tell::item(&tx, (&self.auditor, now), (id, told), about)?;
        }
        let next = match next {
            State::Sent => reported::apply(&tx, (&self.auditor, now), id)?,
            other => other,
        };
        tx.commit().map_err(fault(WRITING))?;
        Ok(next)
    }

    /// Lets a ready item wait until then; the words say why. It was not tried.
    pub fn put_off(
        &self,
        id: OutboxId,
        (until, why): (Timestamp, &str),
        now: Timestamp,
    ) -> Result<()> {
        self.main()?
            .execute(
                "UPDATE items SET next_at = ?2, held_by = ?3, lease_owner = NULL, lease_until = NULL, updated_at = ?4
                 WHERE id = ?1 AND state = 'ready'",
                params![id.0, ms(until), why, ms(now)],
            )
            .map(drop)
            .map_err(fault(WRITING))
    }

    /// Lets all that is due of an account wait until then: what held one back holds the others too.
    pub fn put_off_due(
        &self,
        account: &str,
        (until, why): (Timestamp, &str),
        now: Timestamp,
    ) -> Result<()> {
        self.main()?
            .execute(
                "UPDATE items SET next_at = ?2, held_by = ?3, updated_at = ?4
                 WHERE state = 'ready' AND account = ?1 AND lease_owner IS NULL AND coalesce(next_at, 0) <= ?4",
                params![account, ms(until), why, ms(now)],
            )
            .map(drop)
            .map_err(fault(WRITING))
    }

    /// Holds an item until someone approves it; the rule that does. With `revive` those who failed wait again.
    pub fn hold(
        &self,
        id: OutboxId,
        (rule, revive): (&str, bool),
        now: Timestamp,
    ) -> Result<State> {
        let mut db = self.main()?;
        let tx = begin(&mut db)?;
        let next = advance(&tx, id, Event::Hold)?;
        tx.execute(
            "UPDATE items SET state = ?2, held_by = ?3, lease_owner = NULL, lease_until = NULL, updated_at = ?4
             WHERE id = ?1",
            params![id.0, next.name(), rule, ms(now)],
        )
        .map_err(fault(WRITING))?;
        if revive {
            tx.execute(
                "UPDATE recipients SET state = 'waiting' WHERE item = ?1 AND state = 'failed'",
                [id.0],
            )
            .map_err(fault(WRITING))?;
        }
        tell::item(
            &tx,
            (&self.auditor, now),
            (id, AuditEvent::Held),
            Told::default(),
        )?;
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

    /// Items that were accepted but whose copy is not filed yet, with the account whose Sent folder is to have it, oldest
    /// first; without those of these accounts, and without these items.
    pub fn unfiled(
        &self,
        limit: usize,
        (accounts, items): (&[String], &[OutboxId]),
    ) -> Result<Vec<(OutboxId, String)>> {
        let items: Vec<i64> = items.iter().map(|id| id.0).collect();
        let json = |list: serde_json::Result<String>| list.unwrap_or_default();
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let db = self.main()?;
        let mut statement = db
            .prepare(
                "SELECT id, coalesce(moved_from, account) AS files_in FROM items
                 WHERE state = 'sent' AND file_copy = 1 AND filed_at IS NULL AND sees(account)
                 AND files_in NOT IN (SELECT value FROM json_each(?2)) AND id NOT IN (SELECT value FROM json_each(?3))
                 ORDER BY id LIMIT ?1",
            )
            .map_err(fault(DOING))?;
        let but = (
            json(serde_json::to_string(accounts)),
            json(serde_json::to_string(&items)),
        );
        let rows = statement
            .query_map(params![limit, but.0, but.1], |row| {
                Ok((OutboxId(row.get(0)?), row.get(1)?))
            })
            .map_err(fault(DOING))?;
        rows.collect::<rusqlite::Result<_>>().map_err(fault(DOING))
    }

    /// Takes items back from processes that died: what was `sending` becomes unconfirmed, claims are dropped.
    pub fn sweep(&self, now: Timestamp) -> Result<Vec<OutboxId>> {
        let mut db = self.main()?;
        let holders: Vec<String> = {
            let mut statement = db
                .prepare("SELECT DISTINCT lease_owner FROM items WHERE lease_owner IS NOT NULL AND sees(account)")
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
                    .prepare("SELECT id, state FROM items WHERE lease_owner = ?1 AND sees(account)")
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
                    if give_up(&tx, (&self.auditor, now), id)? == State::Unconfirmed {
                        doubtful.push(id);
                    }
                }
            }
            tx.execute(
                "UPDATE items SET lease_owner = NULL, lease_until = NULL WHERE lease_owner = ?1 AND sees(account)",
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

/// The outcome of an attempt that was accepted as far as a budget allowed; the rest goes later.
pub const IN_PARTS: &str = "accepted in parts";

/// The outcome of a look at the provider that did not show an item, and proves nothing before the next one.
pub const UNSEEN: &str = "not seen";

/// Lets an item in doubt go again. False if it was tried again since `tries`, or is no longer in doubt.
fn absent(
    tx: &Transaction<'_>,
    by: (&Auditor, Timestamp),
    (id, tries, words): (OutboxId, u32, &str),
) -> Result<bool> {
    let item = row::item(tx, id)?;
    if item.tries != tries || item.state != State::Unconfirmed {
        return Ok(false);
    }
    tx.execute(
        "UPDATE recipients SET state = 'waiting', words = ?2 WHERE item = ?1 AND state = 'unconfirmed'",
        params![id.0, words],
    )
    .map_err(fault(WRITING))?;
    let verdict = Verdict::of(recipients(tx, id)?.iter().map(|r| r.state));
    let next = advance(tx, id, Event::Resolve(verdict))?;
    tx.execute(
        "UPDATE items SET state = ?2, next_at = NULL, error_code = NULL, error = NULL, hint = NULL,
         updated_at = ?3 WHERE id = ?1",
        params![id.0, next.name(), ms(by.1)],
    )
    .map_err(fault(WRITING))?;
    note(tx, id, by.1, ("absent", words))?;
    let told = Told {
        words: Some(words),
        ..Told::default()
    };
    tell::item(tx, by, (id, AuditEvent::Resolved), told)?;
    Ok(true)
}

pub(super) fn note(
    tx: &Transaction<'_>,
    id: OutboxId,
    now: Timestamp,
    (outcome, words): (&str, &str),
) -> Result<()> {
    tx.execute(
        "INSERT INTO attempts (item, at, outcome, words) VALUES (?1, ?2, ?3, ?4)",
        params![id.0, ms(now), outcome, words],
    )
    .and_then(|_| counters::of_item(tx, id, outcome))
    .map_err(fault(WRITING))
}

/// Whether the lease is still this owner's: it may have run out while the process hung, or someone took the item away.
fn holds(tx: &Transaction<'_>, id: OutboxId, owner: &Owner) -> Result<bool> {
    tx.query_row(
        "SELECT EXISTS (SELECT 1 FROM items WHERE id = ?1 AND lease_owner = ?2)",
        params![id.0, owner.name],
        |row| row.get(0),
    )
    .map_err(fault(DOING))
}

/// How long a claim on a ready item holds, should its owner hang.
pub(super) const LEASE_MS: i64 = 10 * 60 * 1000;

const DIED: &str = "comms ended while it was being sent";

/// A process died in the middle of this item: whoever was in its transaction may have got it.
fn give_up(tx: &Transaction<'_>, by: (&Auditor, Timestamp), id: OutboxId) -> Result<State> {
    let now = by.1;
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
    let told = Told {
        outcome: Some("unknown"),
        words: Some(DIED),
        ..Told::default()
    };
    tell::item(tx, by, (id, AuditEvent::Attempt), told)?;
    Ok(next)
}

/// What the audit log calls it.
fn told_of(event: Event) -> Option<AuditEvent> {
    match event {
        Event::Release | Event::Revive => Some(AuditEvent::Retried),
        Event::Hold => Some(AuditEvent::Held),
        Event::Cancel => Some(AuditEvent::Cancelled),
        Event::Resolve(_) => Some(AuditEvent::Resolved),
        _ => None,
    }
}

pub(super) fn advance(tx: &Transaction<'_>, id: OutboxId, event: Event) -> Result<State> {
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
