//! What providers say later of messages: kept by their ids, in whatever order it comes, and passed on to the item.
//!
//! A report may be here before the answer to the send itself is written down: it waits for its item then.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};

use super::lifecycle::advance;
use super::row::{at, change, item, ms};
use super::tell::{self, Told};
use super::{DOING, WRITING};
use crate::error::Result;
use crate::model::audit::AuditEvent;
use crate::model::id::OutboxId;
use crate::model::money::Money;
use crate::model::outbox::{Event, State};
use crate::model::receive::{Reported, StatusNews};
use crate::store::audit::Auditor;
use crate::store::{Store, fault};

/// All that was said of one message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The provider's own id of it.
    pub remote: String,
    pub state: Reported,
    pub delivered_at: Option<Timestamp>,
    pub read_at: Option<Timestamp>,
    /// The provider's number or name for what went wrong, and its words.
    pub code: Option<String>,
    pub words: Option<String>,
    pub billed: Option<Money>,
    pub segments: Option<u32>,
    /// What the provider said of its price without an amount, as JSON.
    pub pricing: Option<String>,
    /// When it was said first.
    pub at: Timestamp,
}

/// What came of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Noted {
    /// The item it is about, if that is one of ours.
    pub item: Option<OutboxId>,
    /// Where the item is now.
    pub state: Option<State>,
    /// Whether it said anything that was not known.
    pub is_new: bool,
}

impl Store {
    /// Keeps what a provider says of a message of an account, and moves its item along.
    pub fn report(&self, account: &str, news: &StatusNews, now: Timestamp) -> Result<Noted> {
        // Who told it tells it again, or has it written down already.
        change(&mut *self.main()?, false, |tx| {
            let known = find(tx, account, &news.remote)?;
            let report = merge(known.clone(), news, now);
            let is_new = known.as_ref() != Some(&report);
            if is_new {
                write(tx, account, &report)?;
            }
            let item = item_of_part(tx, account, &news.remote)?;
            let state = match item {
                Some(id) if is_new => Some(apply(tx, (&self.auditor, now), id)?),
                Some(id) => Some(super::row::item(tx, id)?.state),
                None => None,
            };
            Ok(Noted {
                item,
                state,
                is_new,
            })
        })
    }

    /// The item of an account that its provider knows a part of by this id.
    pub fn item_of_part(&self, account: &str, remote: &str) -> Result<Option<OutboxId>> {
        if !self.has_outbox() {
            return Ok(None);
        }
        item_of_part(&*self.main()?, account, remote)
    }

    /// The item of an account that goes by this id of ours.
    pub fn item_of_own_id(&self, account: &str, own_id: &str) -> Result<Option<OutboxId>> {
        if !self.has_outbox() {
            return Ok(None);
        }
        self.main()?
            .prepare_cached("SELECT id FROM items WHERE own_id = ?1 AND account = ?2")
            .and_then(|mut s| {
                s.query_row([own_id, account], |row| row.get(0).map(OutboxId))
                    .optional()
            })
            .map_err(fault(DOING))
    }

    /// What was said of the parts of an item, in their order.
    pub fn reports(&self, id: OutboxId) -> Result<Vec<Report>> {
        of_item(&*self.main()?, id).map(|all| all.into_iter().flatten().collect())
    }

    /// What was said of the message that a provider knows by this id.
    pub fn report_of(&self, account: &str, remote: &str) -> Result<Option<Report>> {
        find(&*self.main()?, account, remote)
    }
}

fn item_of_part(db: &Connection, account: &str, remote: &str) -> Result<Option<OutboxId>> {
    db.prepare_cached(
        "SELECT items.id FROM parts JOIN items ON items.id = parts.item
         WHERE parts.remote = ?1 AND items.account = ?2",
    )
    .and_then(|mut s| {
        s.query_row([remote, account], |row| row.get(0).map(OutboxId))
            .optional()
    })
    .map_err(fault(DOING))
}

/// Moves an item to where its parts are, all of which its provider has.
pub(super) fn apply(
    tx: &Transaction<'_>,
    by: (&Auditor, Timestamp),
    id: OutboxId,
) -> Result<State> {
    let before = item(tx, id)?.state;
    let parts = of_item(tx, id)?;
    let lost = parts
        .iter()
        .flatten()
        .find(|r| r.state == Reported::Undelivered);
    let all = |fits: fn(Reported) -> bool| {
        !parts.is_empty()
            && parts
                .iter()
                .all(|r| r.as_ref().is_some_and(|r| fits(r.state)))
    };
    let event = match lost {
        Some(_) => Event::Undelivered,
        None if all(|r| r == Reported::Read) => Event::Read,
        None if all(Reported::arrived) => Event::Delivered,
        None => return Ok(before),
    };
    if before.on(event).is_none() {
        return Ok(before);
    }
    let next = advance(tx, id, event)?;
    let last = |of: fn(&Report) -> Option<Timestamp>| parts.iter().flatten().filter_map(of).max();
    let arrived = next != State::Undelivered;
    let words = lost.map(explained);
    tx.execute(
        "UPDATE items SET state = ?2, delivered_at = coalesce(delivered_at, ?3), read_at = coalesce(read_at, ?4),
         error_code = ?5, error = ?6, hint = NULL, updated_at = ?7 WHERE id = ?1",
        params![
            id.0,
            next.name(),
            last(|r| r.delivered_at.or(r.read_at)).filter(|_| arrived).map(ms),
            last(|r| r.read_at).filter(|_| next == State::Read).map(ms),
            lost.map(|_| "refused"),
            words,
            ms(by.1)
        ],
    )
    .map_err(fault(WRITING))?;
    let told = Told {
        outcome: Some(next.name()),
        words: words.as_deref(),
        ..Told::default()
    };
    tell::item(tx, by, (id, AuditEvent::Reported), told)?;
    Ok(next)
}

/// Why it did not arrive, in the provider's words and with its number.
fn explained(report: &Report) -> String {
    match (&report.words, &report.code) {
        (Some(words), Some(code)) if words.contains(code.as_str()) => words.clone(),
        (Some(words), Some(code)) => format!("{words} ({code})"),
        (Some(words), None) => words.clone(),
        (None, Some(code)) => format!("its provider says only: {code}"),
        (None, None) => "its provider does not say why".to_owned(),
    }
}

/// One entry for each part the provider has: what was said of it, if anything was.
fn of_item(db: &Connection, id: OutboxId) -> Result<Vec<Option<Report>>> {
    let remotes: Vec<(String, String)> = db
        .prepare_cached(
            "SELECT items.account, parts.remote FROM parts JOIN items ON items.id = parts.item
             WHERE items.id = ?1 ORDER BY parts.begins",
        )
        .and_then(|mut s| {
            s.query_map([id.0], |row| Ok((row.get(0)?, row.get(1)?)))?
                .collect()
        })
        .map_err(fault(DOING))?;
    remotes
        .iter()
        .map(|(account, remote)| find(db, account, remote))
        .collect()
}

/// What is known and what is said now, whichever came first.
fn merge(known: Option<Report>, news: &StatusNews, now: Timestamp) -> Report {
    let said = news.at.unwrap_or(now);
    let mut report = known.unwrap_or(Report {
        remote: news.remote.clone(),
        state: news.state,
        delivered_at: None,
        read_at: None,
        code: None,
        words: None,
        billed: None,
        segments: None,
        pricing: None,
        at: said,
    });
    report.state = report.state.and(news.state);
    let first = |old: Option<Timestamp>| old.map_or(said, |old| old.min(said));
    match news.state {
        Reported::Delivered => report.delivered_at = Some(first(report.delivered_at)),
        Reported::Read => report.read_at = Some(first(report.read_at)),
        _ => {}
    }
    if report.state == Reported::Undelivered {
        report.code = news.code.clone().or(report.code);
        report.words = news.words.clone().or(report.words);
    } else if report.state.arrived() {
        report.code = None;
        report.words = None;
    }
    report.billed = news.billed.or(report.billed);
    // Some providers count only later, and say none before.
    report.segments = news.segments.filter(|n| *n > 0).or(report.segments);
    let pricing = news.pricing.as_ref().map(ToString::to_string);
    report.pricing = pricing.or(report.pricing);
    report
}

const COLUMNS: &str =
    "remote, state, delivered_at, read_at, code, words, billed, currency, segments, pricing, at";

fn find(db: &Connection, account: &str, remote: &str) -> Result<Option<Report>> {
    db.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM reports WHERE account = ?1 AND remote = ?2"
    ))
    .and_then(|mut s| s.query_row([account, remote], read).optional())
    .map_err(fault(DOING))
}

fn read(row: &Row<'_>) -> rusqlite::Result<Report> {
    Ok(Report {
        remote: row.get(0)?,
        // A word of a newer version says no more than that the provider has it.
        state: Reported::named(&row.get::<_, String>(1)?).unwrap_or(Reported::Queued),
        delivered_at: row.get::<_, Option<i64>>(2)?.map(at),
        read_at: row.get::<_, Option<i64>>(3)?.map(at),
        code: row.get(4)?,
        words: row.get(5)?,
        billed: super::charges::money(row.get(6)?, row.get(7)?),
        segments: row.get(8)?,
        pricing: row.get(9)?,
        at: at(row.get(10)?),
    })
}

fn write(tx: &Transaction<'_>, account: &str, report: &Report) -> Result<()> {
    tx.prepare_cached(&format!(
        "INSERT OR REPLACE INTO reports (account, {COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)"
    ))
    .and_then(|mut s| {
        s.execute(params![
            account,
            report.remote,
            report.state.name(),
            report.delivered_at.map(ms),
            report.read_at.map(ms),
            report.code,
            report.words,
            report.billed.map(|m| m.micros),
            report.billed.map(|m| m.currency().to_string()),
            report.segments,
            report.pricing,
            ms(report.at)
        ])
    })
    .map(drop)
    .map_err(fault(WRITING))
}
