//! What was spent, part by part: of our own sends, and what providers billed for messages that others sent.

use jiff::Timestamp;
use rusqlite::{Connection, Row, params};

use super::DOING;
use super::charges::{COUNTS, JOINED, money};
use super::row::{at, ms};
use crate::error::Result;
use crate::model::id::OutboxId;
use crate::model::money::Money;
use crate::store::{Store, fault};

/// A part that went, or may have, and what it cost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spending {
    /// `None` for a message that was not sent from here.
    pub item: Option<OutboxId>,
    pub account: String,
    /// The name of the channel; of a message from elsewhere its account says it.
    pub channel: Option<String>,
    /// Who it went to.
    pub contact: Option<String>,
    pub batch: Option<String>,
    pub at: Timestamp,
    /// As its provider counts, once it does.
    pub units: u32,
    /// Of the units, those within an allowance.
    pub free: u32,
    pub estimate: Option<Money>,
    pub billed: Option<Money>,
}

impl Store {
    /// Everything that costs, from `since` on and before `until`, oldest first.
    pub fn spendings(
        &self,
        (since, until): (Timestamp, Timestamp),
        each: &mut dyn FnMut(Spending),
    ) -> Result<()> {
        if !self.has_outbox() {
            return Ok(());
        }
        let db = self.main()?;
        own(&db, (since, until), each)
            .and_then(|()| foreign(&db, (since, until), each))
            .map_err(fault(DOING))
    }
}

fn own(
    db: &Connection,
    (since, until): (Timestamp, Timestamp),
    each: &mut dyn FnMut(Spending),
) -> rusqlite::Result<()> {
    let sql = format!(
        "SELECT c.item, i.account, i.channel, (SELECT email FROM recipients WHERE item = c.item ORDER BY n LIMIT 1),
         b.name, coalesce(c.passed, c.at), coalesce(r.segments, c.units), c.free, c.estimate, c.currency,
         r.billed, r.currency
         FROM {JOINED} JOIN sends s ON s.id = i.send LEFT JOIN batches b ON b.id = s.batch
         WHERE coalesce(c.passed, c.at) >= ?1 AND coalesce(c.passed, c.at) < ?2
         AND sees(i.account) AND (r.billed IS NOT NULL OR {COUNTS}) ORDER BY coalesce(c.passed, c.at), c.item, c.part"
    );
    let mut statement = db.prepare(&sql)?;
    let mut rows = statement.query(params![ms(since), ms(until)])?;
    while let Some(row) = rows.next()? {
        each(Spending {
            item: Some(OutboxId(row.get(0)?)),
            account: row.get(1)?,
            channel: row.get(2)?,
            contact: row.get(3)?,
            batch: row.get(4)?,
            at: at(row.get(5)?),
            units: row.get(6)?,
            free: row.get(7)?,
            estimate: amount(row, 8)?,
            billed: amount(row, 10)?,
        });
    }
    Ok(())
}

fn foreign(
    db: &Connection,
    (since, until): (Timestamp, Timestamp),
    each: &mut dyn FnMut(Spending),
) -> rusqlite::Result<()> {
    let mut statement = db.prepare(
        "SELECT account, at, coalesce(segments, 1), billed, currency FROM reports r
         WHERE sees(account) AND billed IS NOT NULL AND at >= ?1 AND at < ?2 AND NOT EXISTS
           (SELECT 1 FROM parts p JOIN items i ON i.id = p.item JOIN charges c ON c.item = p.item AND c.part = p.begins
            WHERE p.remote = r.remote AND i.account = r.account)
         ORDER BY at",
    )?;
    let mut rows = statement.query(params![ms(since), ms(until)])?;
    while let Some(row) = rows.next()? {
        each(Spending {
            item: None,
            account: row.get(0)?,
            channel: None,
            contact: None,
            batch: None,
            at: at(row.get(1)?),
            units: row.get(2)?,
            free: 0,
            estimate: None,
            billed: amount(row, 3)?,
        });
    }
    Ok(())
}

fn amount(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Money>> {
    Ok(money(row.get(column)?, row.get(column + 1)?))
}
