//! WhatsApp's customer-service windows: what is known of each pair of number and customer. The rule is `rules::window`.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};

use crate::error::Result;
use crate::rules::window::Ledger;

use super::{Store, fault};

const DOING: &str = "keeping the customer-service windows";

/// A number of ours and whom it talks to.
#[derive(Clone, Copy, Debug)]
pub struct Pair<'a> {
    /// The number's id at WhatsApp.
    pub sender: &'a str,
    /// `whatsapp:+14155550100`, or `whatsapp:US.…`.
    pub customer: &'a str,
}

impl Store {
    /// Notes that a customer wrote, and whether an advertisement brought them. Earlier messages that come later change
    /// nothing.
    pub fn open_window(&self, pair: Pair<'_>, (at, entry): (Timestamp, bool)) -> Result<()> {
        let at = at.as_millisecond();
        self.main()?
            .prepare_cached(
                "INSERT INTO windows (sender, customer, last_inbound, entry) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (sender, customer) DO UPDATE SET
                    last_inbound = max(coalesce(last_inbound, 0), ?3),
                    entry_answered = iif(?4 > coalesce(entry, 0), NULL, entry_answered),
                    entry = max(coalesce(entry, 0), coalesce(?4, 0))",
            )
            .and_then(|mut sql| {
                sql.execute(params![pair.sender, pair.customer, at, entry.then_some(at)])
            })
            .map(drop)
            .map_err(fault(DOING))
    }

    /// Notes that a customer was answered: what an advertisement began is free from then on.
    pub fn answer_window(&self, pair: Pair<'_>, at: Timestamp) -> Result<()> {
        self.main()?
            .execute(
                "UPDATE windows SET entry_answered = ?3
                 WHERE sender = ?1 AND customer = ?2 AND entry > 0 AND entry_answered IS NULL",
                params![pair.sender, pair.customer, at.as_millisecond()],
            )
            .map(drop)
            .map_err(fault(DOING))
    }

    /// Notes that the provider called it closed.
    pub fn close_window(&self, pair: Pair<'_>, at: Timestamp) -> Result<()> {
        self.main()?
            .execute(
                "INSERT INTO windows (sender, customer, closed) VALUES (?1, ?2, ?3)
                 ON CONFLICT (sender, customer) DO UPDATE SET closed = max(coalesce(closed, 0), ?3)",
                params![pair.sender, pair.customer, at.as_millisecond()],
            )
            .map(drop)
            .map_err(fault(DOING))
    }

    /// Forgets when this customer wrote to any number of ours.
    pub fn forget_windows(&self, customer: &str) -> Result<()> {
        if !self.has_outbox() {
            return Ok(());
        }
        self.main()?
            .execute("DELETE FROM windows WHERE customer = ?1", [customer])
            .map(drop)
            .map_err(fault(DOING))
    }

    /// What is known of a pair.
    pub fn window_of(&self, pair: Pair<'_>) -> Result<Ledger> {
        if !self.has_outbox() {
            return Ok(Ledger::default());
        }
        let time = |ms: Option<i64>| {
            let ms = ms.filter(|ms| *ms > 0)?;
            Timestamp::from_millisecond(ms).ok()
        };
        let found = self
            .main()?
            .query_row(
                "SELECT last_inbound, entry, entry_answered, closed FROM windows
                 WHERE sender = ?1 AND customer = ?2",
                [pair.sender, pair.customer],
                |row| {
                    let answered = time(row.get(2)?);
                    Ok(Ledger {
                        last_inbound: time(row.get(0)?),
                        entry: time(row.get(1)?).map(|at| (at, answered)),
                        closed_at: time(row.get(3)?),
                    })
                },
            )
            .optional()
            .map_err(fault(DOING))?;
        Ok(found.unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_795_262_400 + seconds).unwrap()
    }

    #[test]
    fn what_comes_late_changes_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::at(dir.path());
        let pair = Pair {
            sender: "106",
            customer: "whatsapp:+1",
        };
        assert_eq!(store.window_of(pair).unwrap(), Ledger::default());
        store.open_window(pair, (at(10), true)).unwrap();
        store.answer_window(pair, at(11)).unwrap();
        store.answer_window(pair, at(12)).unwrap();
        store.open_window(pair, (at(5), false)).unwrap();
        store.close_window(pair, at(20)).unwrap();
        store.close_window(pair, at(15)).unwrap();
        let known = Ledger {
            last_inbound: Some(at(10)),
            entry: Some((at(10), Some(at(11)))),
            closed_at: Some(at(20)),
        };
        assert_eq!(store.window_of(pair).unwrap(), known);
        store.open_window(pair, (at(30), true)).unwrap();
        assert_eq!(store.window_of(pair).unwrap().entry, Some((at(30), None)));
        let other = Pair {
            customer: "whatsapp:+2",
            ..pair
        };
        store.close_window(other, at(1)).unwrap();
        assert_eq!(store.window_of(other).unwrap().closed_at, Some(at(1)));
    }
}
