//! What providers report of what was sent, in whatever order and as often as they like: a report never takes a state back.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Transaction, params};

use super::lifecycle::{advance, note};
use super::row::{self, change, ms};
use super::{DOING, WRITING};
use crate::error::Result;
use crate::model::id::OutboxId;
use crate::model::outbox::{Event, State};
use crate::model::receive::Reported;
use crate::store::{Store, fault};

/// What a provider says of one part.
#[derive(Clone, Copy, Debug)]
pub struct Report<'a> {
    /// The provider's id of the part.
    pub remote: &'a str,
    pub state: Reported,
    /// The provider's number or name for what went wrong.
    pub code: Option<&'a str>,
    pub words: Option<&'a str>,
}

/// What a report came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Noted {
    /// The item is in this state now; whether it was in another before.
    Item(OutboxId, State, bool),
    /// The item is under way or in doubt: the report has to wait until that is settled.
    Early(OutboxId),
    /// No item of this account has such a part.
    Stranger,
}

impl Store {
    /// The item that a part belongs to.
    pub fn item_of_part(&self, account: &str, remote: &str) -> Result<Option<OutboxId>> {
        if !self.has_outbox() {
            return Ok(None);
        }
        self.main()?
            .prepare_cached(
                "SELECT items.id FROM parts JOIN items ON items.id = parts.item
                 WHERE parts.remote = ?1 AND items.account = ?2",
            )
            .and_then(|mut find| {
                find.query_row([remote, account], |row| row.get(0))
                    .optional()
            })
            .map(|id| id.map(OutboxId))
            .map_err(fault(DOING))
    }

    /// The item of this account with this id of ours.
    pub fn item_of_own_id(&self, account: &str, own: &str) -> Result<Option<OutboxId>> {
        if !self.has_outbox() {
            return Ok(None);
        }
        self.main()?
            .prepare_cached("SELECT id FROM items WHERE own_id = ?1 AND account = ?2")
            .and_then(|mut find| find.query_row([own, account], |row| row.get(0)).optional())
            .map(|id| id.map(OutboxId))
            .map_err(fault(DOING))
    }

    /// Notes what a provider says of a part, and moves its item on once all its parts got so far.
    pub fn report(&self, account: &str, report: Report<'_>, now: Timestamp) -> Result<Noted> {
        let Some(id) = self.item_of_part(account, report.remote)? else {
            return Ok(Noted::Stranger);
        };
        change(&mut *self.main()?, false, |tx| {
            let item = row::item(tx, id)?;
            let settled = matches!(
                item.state,
                State::Sent | State::Delivered | State::Read | State::Undelivered | State::Failed
            );
            if !settled {
                return Ok(Noted::Early(id));
            }
            if !note_part(tx, id, report)? {
                return Ok(Noted::Item(id, item.state, false));
            }
            let Some(event) = event_of(&reports(tx, id)?) else {
                return Ok(Noted::Item(id, item.state, false));
            };
            if item.state.on(event).is_none() {
                return Ok(Noted::Item(id, item.state, false));
            }
            let next = advance(tx, id, event)?;
            let words = match report.code {
                Some(code) => format!("{code}: {}", report.words.unwrap_or_default()),
                None => report.words.unwrap_or_default().to_owned(),
            };
            let failed = next == State::Undelivered;
            tx.execute(
                "UPDATE items SET state = ?2, updated_at = ?3, error_code = CASE WHEN ?4 THEN 'refused' ELSE error_code END,
                 error = CASE WHEN ?4 THEN ?5 ELSE error END WHERE id = ?1",
                params![id.0, next.name(), ms(now), failed, words],
            )
            .map_err(fault(WRITING))?;
            note(tx, id, now, (next.name(), &words))?;
            Ok(Noted::Item(id, next, true))
        })
    }
}

/// Notes a report of a part; false if it says nothing new, or comes after a later one.
fn note_part(tx: &Transaction<'_>, id: OutboxId, report: Report<'_>) -> Result<bool> {
    let before: Option<Reported> = tx
        .query_row(
            "SELECT reported FROM parts WHERE item = ?1 AND remote = ?2",
            params![id.0, report.remote],
            |row| row.get::<_, Option<String>>(0),
        )
        .map_err(fault(DOING))?
        .and_then(|name| Reported::named(&name));
    // Whatever was delivered was not undelivered, and the other way round.
    let final_word = before.is_some_and(|before| before >= Reported::Delivered);
    let contradicts = final_word && report.state == Reported::Undelivered;
    if contradicts || before.is_some_and(|before| before >= report.state) {
        return Ok(false);
    }
    tx.execute(
        "UPDATE parts SET reported = ?3, code = ?4, words = ?5 WHERE item = ?1 AND remote = ?2",
        params![
            id.0,
            report.remote,
            report.state.name(),
            report.code,
            report.words
        ],
    )
    .map_err(fault(WRITING))?;
    Ok(true)
}

fn reports(tx: &Transaction<'_>, id: OutboxId) -> Result<Vec<Option<Reported>>> {
    let read = || -> rusqlite::Result<Vec<Option<Reported>>> {
        tx.prepare_cached("SELECT reported FROM parts WHERE item = ?1")?
            .query_map([id.0], |row| row.get::<_, Option<String>>(0))?
            .map(|name| name.map(|name| name.and_then(|name| Reported::named(&name))))
            .collect()
    };
    read().map_err(fault(DOING))
}

/// An item is as far as the part that is least far; one lost part is a message that did not arrive.
fn event_of(parts: &[Option<Reported>]) -> Option<Event> {
    if parts.contains(&Some(Reported::Undelivered)) {
        return Some(Event::Undelivered);
    }
    match parts.iter().min()?.as_ref()? {
        Reported::Read => Some(Event::Read),
        Reported::Delivered => Some(Event::Delivered),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::model::outbox::{RecipientState, Verdict};
    use crate::store::outbox::Part;
    use crate::store::outbox::tests::{now, send};

    fn report(remote: &str, state: Reported) -> Report<'_> {
        let lost = state == Reported::Undelivered;
        Report {
            remote,
            state,
            code: lost.then_some("30003"),
            words: lost.then_some("unreachable handset"),
        }
    }

    /// An item of two parts that is under way.
    fn begun(store: &Store) -> OutboxId {
        let owner = store.owner().unwrap();
        let id = store
            .stage(send(None), now(), Some(&owner))
            .unwrap()
            .unwrap()[0];
        assert!(store.begin_sending(id, &owner, &[0, 1]).unwrap());
        for (begins, remote) in [(0, "SM1"), (100, "SM2")] {
            let remote = remote.to_owned();
            store.part_sent(id, &Part { begins, remote }).unwrap();
        }
        id
    }

    fn sent(store: &Store) -> OutboxId {
        let id = begun(store);
        store.sweep(now()).unwrap();
        let change = (&[RecipientState::Unconfirmed][..], RecipientState::Sent);
        store
            .outbox_event(id, Event::Resolve(Verdict::Sent), Some(change), now())
            .unwrap();
        id
    }

    #[test]
    fn reports_move_an_item_on_in_any_order_and_never_back() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::at(dir.path());
        let id = sent(&store);
        let tell = |remote, state| store.report("work", report(remote, state), now()).unwrap();
        assert_eq!(
            tell("SM1", Reported::Read),
            Noted::Item(id, State::Sent, false)
        );
        assert_eq!(
            tell("SM2", Reported::Delivered),
            Noted::Item(id, State::Delivered, true)
        );
        assert_eq!(
            tell("SM2", Reported::Sent),
            Noted::Item(id, State::Delivered, false)
        );
        assert_eq!(
            tell("SM2", Reported::Undelivered),
            Noted::Item(id, State::Delivered, false)
        );
        assert_eq!(
            tell("SM2", Reported::Read),
            Noted::Item(id, State::Read, true)
        );
        assert_eq!(
            tell("SM2", Reported::Read),
            Noted::Item(id, State::Read, false)
        );
        assert_eq!(
            store
                .report("other", report("SM1", Reported::Read), now())
                .unwrap(),
            Noted::Stranger
        );
    }

    #[test]
    fn what_did_not_arrive_says_why() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::at(dir.path());
        let id = sent(&store);
        store
            .report("work", report("SM2", Reported::Undelivered), now())
            .unwrap();
        let item = store.outbox_item(id).unwrap();
        assert_eq!(item.state, State::Undelivered);
        assert_eq!(item.error.as_deref(), Some("30003: unreachable handset"));
    }

    #[test]
    fn a_report_that_overtakes_the_answer_waits_for_it() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::at(dir.path());
        let id = begun(&store);
        let told = store
            .report("work", report("SM1", Reported::Delivered), now())
            .unwrap();
        assert_eq!(told, Noted::Early(id));
    }

    #[test]
    fn an_item_is_as_far_as_its_last_part() {
        use Reported::*;
        for (parts, event) in [
            (&[Some(Delivered), Some(Sent)][..], None),
            (&[Some(Delivered), None], None),
            (&[Some(Delivered), Some(Read)], Some(Event::Delivered)),
            (&[Some(Read), Some(Read)], Some(Event::Read)),
            (&[Some(Read), Some(Undelivered)], Some(Event::Undelivered)),
            (&[], None),
        ] {
            assert_eq!(event_of(parts), event, "{parts:?}");
        }
    }
}
