//! Walks the whole chain and names the first line that is not as it was written.

use std::collections::{BTreeSet, HashMap};

use rusqlite::TransactionBehavior;

use super::{AuditHead, AuditRow, COLUMNS, DOING, chained, read};
use crate::error::Result;
use crate::model::audit::{AuditEvent, Line};
use crate::store::{Store, fault};

/// What a walk found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verified {
    Whole(AuditHead),
    Broken(Broken),
}

/// The first line that is not as it was written, and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    pub n: u64,
    pub why: String,
}

impl Store {
    /// Checks every line, and that none is missing at the end; `known` is a line's number and hash kept elsewhere.
    pub fn verify_audit(&self, known: Option<AuditHead>) -> Result<Verified> {
        let head = self.audit_head()?;
        if head.count == 0 && !self.has_outbox() {
            return Ok(finish(Walk::default(), head, known));
        }
        let mut db = self.main()?;
        // One view: a line that another process adds meanwhile is in neither the head nor the rows.
        let tx = db
            .transaction_with_behavior(TransactionBehavior::Deferred)
            .map_err(fault(DOING))?;
        let head = tx
            .query_row("SELECT count, hash FROM audit_head", [], |row| {
                Ok(AuditHead {
                    count: row.get::<_, i64>(0)?.unsigned_abs(),
                    hash: row.get(1)?,
                })
            })
            .map_err(fault(DOING))?;
        let mut walk = Walk::default();
        let mut statement = tx
            .prepare(&format!("SELECT {COLUMNS} FROM audit ORDER BY n"))
            .map_err(fault(DOING))?;
        let rows = statement.query_map([], read).map_err(fault(DOING))?;
        for row in rows {
            if let Err(broken) = walk.step(&row.map_err(fault(DOING))?, known) {
                return Ok(Verified::Broken(broken));
            }
        }
        Ok(finish(walk, head, known))
    }
}

#[derive(Default)]
struct Walk {
    count: u64,
    hash: [u8; 32],
    /// Lines without their private part whose item no line says was erased yet.
    bare: HashMap<i64, u64>,
    /// The same about no item.
    bare_lines: BTreeSet<u64>,
}

impl Walk {
    fn step(
        &mut self,
        row: &AuditRow,
        known: Option<AuditHead>,
    ) -> std::result::Result<(), Broken> {
        let n = self.count + 1;
        let broken = |why: &str| Broken {
            n,
            why: why.to_owned(),
        };
        if row.n != n {
            return Err(broken("it is missing"));
        }
        if chained(&self.hash, &row.line) != row.hash {
            return Err(broken("it is not the line that was written there"));
        }
        let line: Line = serde_json::from_str(&row.line)
            .map_err(|_| broken("it is not a line of an audit log"))?;
        let same = line.n == row.n
            && line.at.as_millisecond() == row.at
            && line.item.map(|id| id.0) == row.item;
        if !same {
            return Err(broken("its number, time or item was changed"));
        }
        match (&row.private, row.item) {
            (Some(private), _) => {
                if blake3::hash(private.as_bytes()).to_hex().as_str() != line.private_hash {
                    return Err(broken("its recipients or words were changed"));
                }
            }
            (None, Some(item)) => {
                self.bare.entry(item).or_insert(n);
            }
            (None, None) => drop(self.bare_lines.insert(n)),
        }
        if line.event == AuditEvent::Erased.name() {
            match row.item {
                Some(item) => drop(self.bare.remove(&item)),
                None => self.bare_lines.retain(|n| !line.erases.contains(n)),
            }
        }
        if known.is_some_and(|k| k.count == n && k.hash != row.hash) {
            return Err(broken("its hash is not the one you kept"));
        }
        self.count = n;
        self.hash = row.hash;
        Ok(())
    }
}

fn finish(walk: Walk, head: AuditHead, known: Option<AuditHead>) -> Verified {
    let broken = |n: u64, why: &str| {
        Verified::Broken(Broken {
            n,
            why: why.to_owned(),
        })
    };
    if let Some(n) = walk.bare.values().chain(&walk.bare_lines).min() {
        return broken(
            *n,
            "its recipients or words were removed, but no line says that they were erased",
        );
    }
    let next = walk.count + 1;
    if walk.count < head.count || known.is_some_and(|k| k.count > walk.count) {
        return broken(next, "it is missing: the log was cut off before it");
    }
    if walk.count > head.count {
        return broken(head.count + 1, "it was added without the log's own count");
    }
    if walk.hash != head.hash {
        return broken(
            walk.count.max(1),
            "the hash kept of the last line is another",
        );
    }
    Verified::Whole(head)
}
