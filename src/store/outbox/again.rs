//! A send that left nothing and whose caller owns the retry: asked for again under its key, it goes again.

use jiff::Timestamp;
use rusqlite::{Transaction, params};

use super::lifecycle::{LEASE_MS, REVIVED, advance, note};
use super::row::{change, item, ms};
use super::tell::{self, Told};
use super::{Item, Keyed, Known, WRITING, keyed};
use crate::error::{Error, Kind, Result};
use crate::model::audit::AuditEvent;
use crate::model::id::OutboxId;
use crate::model::outbox::{Event, RecipientState, State};
use crate::store::alerts::{self, Once};
use crate::store::owner::Owner;
use crate::store::{Store, fault};

/// Faults after which the caller mends something, or waits, and repeats.
const REPEATED: [Kind; 3] = [Kind::Config, Kind::Auth, Kind::Unavailable];

impl Store {
    /// Lets the send of this key go again, not before `next_at`; with `owner` its items are claimed. Only where all of
    /// it failed for certain, and for a reason that may pass: else it is answered with what the key stands for. Of two
    /// who ask at once, one finds it waiting.
    pub fn stage_again(
        &self,
        key: &str,
        (once, next_at): (Option<&Once>, Option<Timestamp>),
        (owner, now): (Option<&Owner>, Timestamp),
    ) -> Result<std::result::Result<Vec<OutboxId>, Known>> {
        change(&mut *self.main()?, true, |tx| {
            let found =
                keyed(tx, key)?.ok_or_else(|| Error::internal("the key of a send went away"))?;
            let Some(items) = left_nothing(tx, &found)? else {
                return Ok(Err(Known::Keyed(found)));
            };
            if let Some(once) = once {
                if let Some(repeats) = alerts::count(tx, once, now).map_err(fault(WRITING))? {
                    return Ok(Err(Known::Repeats(repeats)));
                }
                alerts::begin(tx, once, items[0].send, now).map_err(fault(WRITING))?;
            }
            for again in items.iter().filter(|i| is_repeated(i)) {
                let id = again.id;
                advance(tx, id, Event::Revive)?;
                tx.execute(
                    "UPDATE recipients SET state = 'waiting' WHERE item = ?1 AND state = 'failed'",
                    [id.0],
                )
                .map_err(fault(WRITING))?;
                tx.execute(
                    "UPDATE items SET state = 'ready', next_at = ?2, held_by = NULL, lease_owner = ?3, lease_until = ?4,
                     error_code = NULL, error = NULL, hint = NULL, updated_at = ?5 WHERE id = ?1",
                    params![
                        id.0,
                        next_at.map(ms),
                        owner.map(|o| &o.name),
                        owner.map(|_| ms(now) + LEASE_MS),
                        ms(now)
                    ],
                )
                .map_err(fault(WRITING))?;
                note(tx, id, now, (REVIVED, "asked for again under its key"))?;
                tell::item(
                    tx,
                    (&self.auditor, now),
                    (id, AuditEvent::Retried),
                    Told::default(),
                )?;
            }
            Ok(Ok(found.items))
        })
    }
}

/// The items of a send of which certainly nothing left, if some of them may go the next time.
fn left_nothing(tx: &Transaction<'_>, found: &Keyed) -> Result<Option<Vec<Item>>> {
    let items = found.items.iter().map(|id| item(tx, *id));
    let items = items.collect::<Result<Vec<_>>>()?;
    let failed = |i: &Item| {
        i.state == State::Failed
            && i.recipients
                .iter()
                .all(|r| r.state == RecipientState::Failed)
    };
    let may = items.iter().all(failed) && items.iter().any(is_repeated);
    Ok(may.then_some(items))
}

fn is_repeated(item: &Item) -> bool {
    let code = item.error_code.as_deref();
    REPEATED.iter().any(|kind| Some(kind.code()) == code)
}
