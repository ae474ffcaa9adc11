//! Counters that all processes share and that outlive them, for `/metrics`.

use std::collections::BTreeMap;

use rusqlite::{Connection, Transaction, params};

use crate::error::Result;
use crate::model::id::OutboxId;

use super::{Store, fault};

/// An addition to one counter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Count {
    pub name: &'static str,
    pub account: String,
    /// What tells counters of this name and account apart; may be empty.
    pub label: String,
    pub by: u64,
}

/// A counter as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counter {
    pub name: String,
    pub account: String,
    pub label: String,
    pub value: u64,
}

const DOING: &str = "counting";

impl Store {
    /// Adds to counters.
    pub fn tally(&self, counts: &[Count]) -> Result<()> {
        if counts.is_empty() {
            return Ok(());
        }
        let mut db = self.main()?;
        let count = |db: &mut Connection| -> rusqlite::Result<()> {
            let tx = db.transaction()?;
            add(&tx, counts)?;
            tx.commit()
        };
        count(&mut db).map_err(fault(DOING))
    }

    /// All counters, by name, account and label.
    pub fn counters(&self) -> Result<Vec<Counter>> {
        if !self.has_outbox() {
            return Ok(Vec::new());
        }
        let db = self.main()?;
        let read = || -> rusqlite::Result<Vec<Counter>> {
            db.prepare_cached("SELECT name, account, label, value FROM counters")?
                .query_map([], |row| {
                    Ok(Counter {
                        name: row.get(0)?,
                        account: row.get(1)?,
                        label: row.get(2)?,
                        value: row.get::<_, i64>(3)?.unsigned_abs(),
                    })
                })?
                .collect()
        };
        read().map_err(fault(DOING))
    }
}

/// Name of the counters of what became of attempts to send; the label is the outcome.
pub const ATTEMPTS: &str = "outbox_attempts";

/// Counts what became of an item, by its account.
pub fn of_item(tx: &Transaction<'_>, id: OutboxId, outcome: &str) -> rusqlite::Result<()> {
    tx.prepare_cached(
        "INSERT INTO counters (name, account, label, value)
         SELECT ?1, account, ?3, 1 FROM items WHERE id = ?2
         ON CONFLICT (name, account, label) DO UPDATE SET value = value + 1",
    )?
    .execute(params![ATTEMPTS, id.0, outcome])
    .map(drop)
}

/// Adds to counters within a transaction; those of one name, account and label in one step.
pub fn add(tx: &Transaction<'_>, counts: &[Count]) -> rusqlite::Result<()> {
    let mut sums: BTreeMap<(&str, &str, &str), u64> = BTreeMap::new();
    for count in counts {
        *sums
            .entry((count.name, &count.account, &count.label))
            .or_default() += count.by;
    }
    let mut upsert = tx.prepare_cached(
        "INSERT INTO counters (name, account, label, value) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (name, account, label) DO UPDATE SET value = value + excluded.value",
    )?;
    for ((name, account, label), by) in sums {
        upsert.execute(params![
            name,
            account,
            label,
            i64::try_from(by).unwrap_or(i64::MAX)
        ])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_add_up_over_commits_and_within_one() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::at(dir.path());
        let count = |label: &str, by| Count {
            name: "webhooks",
            account: "sms".to_owned(),
            label: label.to_owned(),
            by,
        };
        store
            .tally(&[count("accepted", 1), count("accepted", 2)])
            .unwrap();
        store
            .keep_events(&[], &[count("accepted", 1), count("signature", 1)])
            .unwrap();
        let told: Vec<_> = store
            .counters()
            .unwrap()
            .into_iter()
            .map(|c| (c.label, c.value))
            .collect();
        assert_eq!(
            told,
            [("accepted".to_owned(), 4), ("signature".to_owned(), 1)]
        );
    }
}
