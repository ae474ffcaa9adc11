//! How each account's provider did lately, shared by all processes; the rules are in `rules::circuit`.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};

use crate::error::Result;
use crate::rules::circuit::{Caller, Change, Circuit, Say};

use super::owner::{Owner, is_alive};
use super::{Store, failures, fault};

const DOING: &str = "keeping the circuits";

/// Whose circuit it is.
#[derive(Clone, Copy)]
pub struct Wire<'a> {
    pub account: &'a str,
    /// Where it leads: when that changes, what is known of it is void.
    pub server: &'a str,
}

/// What a provider did.
#[derive(Clone, Copy)]
pub enum Signal<'a> {
    /// It answered, whatever it said.
    Answered,
    /// It failed, with these words. So many faults in a row open it; a number in 0..1 spreads the waits.
    Failed(&'a str, (u32, f64)),
    /// It was not asked.
    Untouched,
}

impl Store {
    /// Whether an account may be used now, and how its circuit is.
    pub fn ask_circuit(
        &self,
        wire: Wire<'_>,
        (owner, insists): (&Owner, bool),
        now: Timestamp,
    ) -> Result<(Say, Circuit)> {
        let now = now.as_millisecond();
        // Most are closed, and that is known without a lock.
        if read(&*self.main()?, wire)
            .map_err(fault(DOING))?
            .is_none_or(|c| c.opened.is_none())
        {
            return Ok((Say::Go, Circuit::default()));
        }
        self.circuit(|tx| {
            let mut circuit = read(tx, wire)?.unwrap_or_default();
            let caller = Caller {
                name: &owner.name,
                insists,
            };
            let said = circuit.ask(caller, now, |name| is_alive(self.dir(), name));
            write(tx, wire, &circuit)?;
            Ok((said, circuit))
        })
    }

    /// Notes how it went. When a circuit closes, what it held back is due; when it opens, `news` is to be told.
    pub fn note_circuit(
        &self,
        wire: Wire<'_>,
        (signal, news): (Signal<'_>, Option<&str>),
        (owner, now): (&Owner, Timestamp),
    ) -> Result<Change> {
        let now = now.as_millisecond();
        let known = read(&*self.main()?, wire).map_err(fault(DOING))?;
        if known.is_none() && !matches!(signal, Signal::Failed(..)) {
            return Ok(Change::Counted);
        }
        self.circuit(|tx| {
            let mut circuit = read(tx, wire)?.unwrap_or_default();
            match signal {
                Signal::Answered => {
                    tx.execute("DELETE FROM circuits WHERE account = ?1", [wire.account])?;
                    if circuit.opened.is_some() {
                        release(tx, wire.account)?;
                    }
                    return Ok(Change::Counted);
                }
                Signal::Untouched => circuit.leave(&owner.name),
                Signal::Failed(why, (after, chance)) => {
                    let change = circuit.fail(&owner.name, why, (now, after, chance));
                    write(tx, wire, &circuit)?;
                    if let (Change::Opened, Some(news)) = (change, news) {
                        let key = format!("circuit/{}/{now}", wire.account);
                        failures::insert(tx, (&key, news), now)?;
                    }
                    return Ok(change);
                }
            }
            write(tx, wire, &circuit)?;
            Ok(Change::Counted)
        })
    }

    /// The circuit of an account, if it had faults lately; writes nothing.
    pub fn circuit_of(&self, wire: Wire<'_>) -> Result<Option<Circuit>> {
        if !self.has_outbox() {
            return Ok(None);
        }
        read(&*self.main()?, wire).map_err(fault(DOING))
    }

    fn circuit<T>(&self, work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>) -> Result<T> {
        let mut db = self.main()?;
        let run = || {
            let tx = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let done = work(&tx)?;
            tx.commit()?;
            Ok(done)
        };
        run().map_err(fault(DOING))
    }
}

/// Begins the words of an item that waits for its account's circuit.
pub const HELD: &str = "circuit of account ";

fn release(tx: &Transaction<'_>, account: &str) -> rusqlite::Result<()> {
    tx.execute(
        "UPDATE items SET next_at = NULL, held_by = NULL
         WHERE state = 'ready' AND account = ?1 AND substr(held_by, 1, length(?2)) = ?2",
        [account, HELD],
    )
    .map(drop)
}

fn read(db: &Connection, wire: Wire<'_>) -> rusqlite::Result<Option<Circuit>> {
    db.prepare_cached(
        "SELECT failures, opened, probes, until, why, prober, probe_until FROM circuits
         WHERE account = ?1 AND server = ?2",
    )?
    .query_row([wire.account, wire.server], |row| {
        let prober: Option<String> = row.get(5)?;
        let until: Option<i64> = row.get(6)?;
        Ok(Circuit {
            failures: row.get(0)?,
            opened: row.get(1)?,
            probes: row.get(2)?,
            until: row.get(3)?,
            why: row.get(4)?,
            prober: prober.zip(until),
        })
    })
    .optional()
}

fn write(tx: &Transaction<'_>, wire: Wire<'_>, circuit: &Circuit) -> rusqlite::Result<()> {
    tx.prepare_cached(
        "INSERT OR REPLACE INTO circuits (account, server, failures, opened, probes, until, why, prober, probe_until)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?
    .execute(params![
        wire.account,
        wire.server,
        circuit.failures,
        circuit.opened,
        circuit.probes,
        circuit.until,
        circuit.why,
        circuit.prober.as_ref().map(|(name, _)| name),
        circuit.prober.as_ref().map(|(_, until)| until)
    ])
    .map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORK: Wire<'_> = Wire {
        account: "work",
        server: "127.0.0.1:25/ada",
    };

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + seconds).unwrap()
    }

    #[test]
    fn of_many_processes_one_tries() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::at(dir.path());
        let owner = store.owner().unwrap();
        let failed = Signal::Failed("connection refused", (1, 0.0));
        let change = store
            .note_circuit(WORK, (failed, None), (&owner, at(0)))
            .unwrap();
        assert_eq!(change, Change::Opened);
        let tried = std::sync::atomic::AtomicU32::new(0);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    let store = Store::at(dir.path());
                    let owner = store.owner().unwrap();
                    let (said, _) = store.ask_circuit(WORK, (&owner, false), at(60)).unwrap();
                    if said == Say::Try {
                        tried.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                        // The owner has to live for its lease to count.
                        std::mem::forget(owner);
                    }
                });
            }
        });
        assert_eq!(tried.into_inner(), 1);
    }

    #[test]
    fn an_answer_closes_it_and_another_server_is_another_circuit() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::at(dir.path());
        let owner = store.owner().unwrap();
        let by = (&owner, at(0));
        let failed = Signal::Failed("connection refused", (1, 0.0));
        store.note_circuit(WORK, (failed, None), by).unwrap();
        let ask = |wire| store.ask_circuit(wire, (&owner, false), at(1)).unwrap().0;
        assert_eq!(ask(WORK), Say::Wait(at(60).as_millisecond()));
        let moved = Wire {
            server: "127.0.0.1:26/ada",
            ..WORK
        };
        assert_eq!(ask(moved), Say::Go);
        store
            .note_circuit(WORK, (Signal::Answered, None), by)
            .unwrap();
        assert_eq!(ask(WORK), Say::Go);
        assert_eq!(store.circuit_of(WORK).unwrap(), None);
    }
}
