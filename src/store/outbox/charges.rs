//! What items cost: an estimate for each part, what the provider billed, and the caps that hold one back.
//!
//! An item counts towards a cap from the moment it passes it, in the transaction that looks at the sum: of two
//! processes at the same cap the second sees the first. What then certainly did not leave counts no more.

use jiff::Timestamp;
use rusqlite::{Connection, Transaction, params};

use super::row::{begin, ms, number};
use super::{DOING, WRITING};
use crate::error::Result;
use crate::model::id::OutboxId;
use crate::model::money::Money;
use crate::rules::cost::{Excess, exceeds};
use crate::store::{Store, fault};

/// By what one part of an item is charged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tariff {
    /// Where the part begins, in bytes.
    pub part: usize,
    pub provider: String,
    /// ISO 3166-1 alpha-2, where it can be told.
    pub country: Option<String>,
    pub kind: String,
    /// Segments of an SMS; 1 of anything else.
    pub units: u32,
    /// Of one unit.
    pub price: Option<Money>,
    /// So many units a month cost the account nothing.
    pub allowance: u32,
}

/// What one part of an item costs by that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Charge {
    pub part: usize,
    pub provider: String,
    pub country: Option<String>,
    pub kind: String,
    pub units: u32,
    /// Of the units, those within an allowance.
    pub free: u32,
    /// `None` is unknown.
    pub estimate: Option<Money>,
}

/// Whose money it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purse<'a> {
    Account(&'a str),
    /// `person`, `script` or `agent`: who staged it.
    Origin(&'a str),
}

/// What a purse may spend from `since` on.
#[derive(Clone, Copy, Debug)]
pub struct Cap<'a> {
    pub purse: Purse<'a>,
    pub most: Money,
}

/// What a purse spent: billed where that is known, else as it was estimated.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spent {
    /// In the currency that was asked for.
    pub micros: i64,
    /// Parts whose cost is not known, or not in that currency.
    pub beyond: u64,
}

impl Store {
    /// What parts cost, given what the account used of its allowances since then.
    pub fn estimate(
        &self,
        account: &str,
        tariffs: &[Tariff],
        since: Timestamp,
    ) -> Result<Vec<Charge>> {
        if !self.has_outbox() {
            return charge(tariffs, |_| Ok(0));
        }
        let db = self.main()?;
        charge(tariffs, |tariff| used(&db, (account, tariff), None, since))
    }

    /// Lets an item pass the caps of the month that began at `since`, and counts it from now on; the first cap that
    /// it does not fit under, and why, if there is one.
    pub fn pass_caps(
        &self,
        id: OutboxId,
        (tariffs, caps): (&[Tariff], &[Cap<'_>]),
        (since, now): (Timestamp, Timestamp),
    ) -> Result<Option<(usize, Excess)>> {
        let mut db = self.main()?;
        let tx = begin(&mut db)?;
        let account: String = tx
            .query_row("SELECT account FROM items WHERE id = ?1", [id.0], |row| {
                row.get(0)
            })
            .map_err(fault(DOING))?;
        let charges = charge(tariffs, |tariff| {
            used(&tx, (&account, tariff), Some(id), since)
        })?;
        for (n, cap) in caps.iter().enumerate() {
            let spent = spent(&tx, *cap, (Some(id), since))?;
            let prices = charges.iter().map(|c| c.estimate);
            if let Some(excess) = exceeds(cap.most, spent.micros, prices) {
                return Ok(Some((n, excess)));
            }
        }
        replace(&tx, id, &charges, now)?;
        tx.execute(
            "UPDATE charges SET passed = ?2 WHERE item = ?1 AND passed IS NULL",
            params![id.0, ms(now)],
        )
        .map_err(fault(WRITING))?;
        tx.commit().map_err(fault(WRITING))?;
        Ok(None)
    }

    /// What a purse spent since then.
    pub fn spent(&self, cap: Cap<'_>, since: Timestamp) -> Result<Spent> {
        if !self.has_outbox() {
            return Ok(Spent::default());
        }
        spent(&*self.main()?, cap, (None, since))
    }

    /// Numbers that SMS were meant for, as their addresses have them.
    pub fn phone_numbers(&self) -> Result<Vec<String>> {
        if !self.has_outbox() {
            return Ok(Vec::new());
        }
        let read = |db: &Connection| -> rusqlite::Result<Vec<String>> {
            db.prepare("SELECT DISTINCT email FROM recipients WHERE email LIKE 'sms:+%'")?
                .query_map([], |row| row.get(0))?
                .collect()
        };
        read(&*self.main()?).map_err(fault(DOING))
    }

    /// What the parts of an item cost by the prices known here.
    pub fn charges(&self, id: OutboxId) -> Result<Vec<Charge>> {
        let read = |db: &Connection| -> rusqlite::Result<Vec<Charge>> {
            db.prepare_cached(
                "SELECT part, provider, country, kind, units, free, estimate, currency FROM charges
                 WHERE item = ?1 ORDER BY part",
            )?
            .query_map([id.0], |row| {
                Ok(Charge {
                    part: usize::try_from(row.get::<_, i64>(0)?).unwrap_or(usize::MAX),
                    provider: row.get(1)?,
                    country: row.get(2)?,
                    kind: row.get(3)?,
                    units: row.get(4)?,
                    free: row.get(5)?,
                    estimate: money(row.get(6)?, row.get(7)?),
                })
            })?
            .collect()
        };
        read(&*self.main()?).map_err(fault(DOING))
    }
}

/// Puts what an item costs in the place of what it was taken to cost; what its provider has already stays.
pub(super) fn replace(
    tx: &Transaction<'_>,
    id: OutboxId,
    charges: &[Charge],
    now: Timestamp,
) -> Result<()> {
    let write = || -> rusqlite::Result<()> {
        tx.prepare_cached(
            "DELETE FROM charges WHERE item = ?1 AND NOT EXISTS
               (SELECT 1 FROM parts WHERE parts.item = charges.item AND begins = part)",
        )?
        .execute([id.0])?;
        let mut insert = tx.prepare_cached(
            "INSERT OR IGNORE INTO charges (item, part, provider, country, kind, units, free, estimate, currency, at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        )?;
        for charge in charges {
            insert.execute(params![
                id.0,
                number(charge.part),
                charge.provider,
                charge.country,
                charge.kind,
                charge.units,
                charge.free,
                charge.estimate.map(|m| m.micros),
                charge.estimate.map(|m| m.currency().to_string()),
                ms(now)
            ])?;
        }
        Ok(())
    };
    write().map_err(fault(WRITING))
}

/// What an item cost: billed where that is known, else as it was estimated; `None` if part of it is not known.
pub(super) fn cost(db: &Connection, id: OutboxId) -> Result<Option<Money>> {
    let sql = format!(
        "SELECT r.billed, r.currency, c.estimate, c.currency FROM {JOINED} WHERE c.item = ?1 AND c.passed IS NOT NULL"
    );
    let read = || -> rusqlite::Result<Vec<Option<Money>>> {
        db.prepare_cached(&sql)?
            .query_map([id.0], |row| {
                let billed = money(row.get(0)?, row.get(1)?);
                Ok(billed.or(money(row.get(2)?, row.get(3)?)))
            })?
            .collect()
    };
    let mut parts = read().map_err(fault(DOING))?.into_iter();
    let first = parts.next().flatten();
    Ok(first.and_then(|first| parts.try_fold(first, |sum, part| sum.plus(part?))))
}

/// Millionths and a currency of a row, if both are there.
pub(super) fn money(micros: Option<i64>, currency: Option<String>) -> Option<Money> {
    Some(Money::of(micros?, currency?.parse().ok()?))
}

fn charge(tariffs: &[Tariff], used: impl Fn(&Tariff) -> Result<u32>) -> Result<Vec<Charge>> {
    let mut charges: Vec<Charge> = Vec::new();
    for tariff in tariffs {
        let like = |c: &&Charge| c.provider == tariff.provider && c.kind == tariff.kind;
        let here: u32 = charges.iter().filter(like).map(|c| c.units).sum();
        let left = match tariff.allowance {
            0 => 0,
            most => most.saturating_sub(used(tariff)?).saturating_sub(here),
        };
        let free = left.min(tariff.units);
        charges.push(Charge {
            part: tariff.part,
            provider: tariff.provider.clone(),
            country: tariff.country.clone(),
            kind: tariff.kind.clone(),
            units: tariff.units,
            free,
            estimate: tariff.price.and_then(|p| p.times(tariff.units - free)),
        });
    }
    Ok(charges)
}

/// Parts that went, or may have, or are about to: those that count. WhatsApp charges for what was delivered, and says
/// of what it charges nothing for.
pub(super) const COUNTS: &str = "(p.item IS NOT NULL
  OR i.state IN ('sending', 'unconfirmed', 'sent', 'delivered', 'read', 'undelivered')
  OR i.state = 'ready' AND i.lease_owner IS NOT NULL)
 AND NOT (c.provider = 'whatsapp' AND r.remote IS NOT NULL
          AND (r.state = 'undelivered' OR coalesce(json_extract(r.pricing, '$.billable'), 1) = 0))";

/// Charges with their items, what the provider has of them and what it said.
pub(super) const JOINED: &str = "charges c JOIN items i ON i.id = c.item
 LEFT JOIN parts p ON p.item = c.item AND p.begins = c.part
 LEFT JOIN reports r ON r.account = i.account AND r.remote = p.remote";

/// How many units of this kind an account used since then, by other items.
fn used(
    db: &Connection,
    (account, tariff): (&str, &Tariff),
    but: Option<OutboxId>,
    since: Timestamp,
) -> Result<u32> {
    let sql = format!(
        "SELECT coalesce(sum(c.units), 0) FROM {JOINED} WHERE c.passed >= ?1 AND i.account = ?2
         AND c.provider = ?3 AND c.kind = ?4 AND c.item != ?5 AND {COUNTS}"
    );
    let used: i64 = db
        .prepare_cached(&sql)
        .and_then(|mut s| {
            s.query_row(
                params![
                    ms(since),
                    account,
                    tariff.provider,
                    tariff.kind,
                    but.map_or(0, |id| id.0)
                ],
                |row| row.get(0),
            )
        })
        .map_err(fault(DOING))?;
    Ok(u32::try_from(used).unwrap_or(u32::MAX))
}

fn spent(
    db: &Connection,
    cap: Cap<'_>,
    (but, since): (Option<OutboxId>, Timestamp),
) -> Result<Spent> {
    let (column, name) = match cap.purse {
        Purse::Account(name) => ("i.account", name),
        Purse::Origin(name) => ("s.origin", name),
    };
    let sql = format!(
        "SELECT r.billed, r.currency, c.estimate, c.currency FROM {JOINED} JOIN sends s ON s.id = i.send
         WHERE c.passed >= ?1 AND {column} = ?2 AND c.item != ?3 AND (r.billed IS NOT NULL OR {COUNTS})"
    );
    let currency = cap.most.currency();
    let mut spent = Spent::default();
    let mut add = || -> rusqlite::Result<()> {
        let mut statement = db.prepare_cached(&sql)?;
        let mut rows = statement.query(params![ms(since), name, but.map_or(0, |id| id.0)])?;
        while let Some(row) = rows.next()? {
            let billed = money(row.get(0)?, row.get(1)?);
            let estimate = money(row.get(2)?, row.get(3)?);
            // Where both can't be compared with the cap, the one that can counts.
            let known = [billed, estimate].into_iter().flatten();
            match known.into_iter().find(|m| m.currency() == currency) {
                Some(m) => spent.micros = spent.micros.saturating_add(m.micros),
                None => spent.beyond += 1,
            }
        }
        Ok(())
    };
    add().map_err(fault(DOING))?;
    Ok(spent)
}
