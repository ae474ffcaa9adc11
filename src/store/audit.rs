//! The audit log: one line per change, in the transaction that makes the change, each hash covering the one before.
//!
//! hash = blake3(hex of the hash before, then the line); before the first line stand 64 zeros.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, Transaction, TransactionBehavior, params};

use crate::error::{Error, Result};
use crate::format::{clean, mime};
use crate::model::audit::{Actor, AuditEvent, Line, Person, Private};
use crate::model::id::OutboxId;
use crate::model::money::Money;
use crate::random;

use super::outbox::NewItem;
use super::{Store, fault};

mod verify;

pub use verify::{Broken, Verified};

const DOING: &str = "reading the audit log";
const WRITING: &str = "writing the audit log";

/// The provider's words are kept as far as this.
const WORDS: usize = 300;

/// Who acts in this process, and what its lines may hold.
#[derive(Clone, Debug, Default)]
pub struct Auditor {
    pub actor: Actor,
    /// Whether lines hold the text of messages.
    pub text: bool,
}

/// What a line is about; the rest is filled in by [`note`].
#[derive(Debug, Default)]
pub struct Entry<'a> {
    pub item: Option<OutboxId>,
    pub send_key: Option<&'a str>,
    /// Who asked, where it is not who acts.
    pub asked: Option<(&'a str, Option<&'a str>)>,
    pub rule: Option<&'a str>,
    pub account: Option<&'a str>,
    pub channel: Option<&'a str>,
    pub message_id: Option<&'a str>,
    pub content_hash: Option<[u8; 32]>,
    pub size_bytes: Option<u64>,
    /// What it cost, if that is known.
    pub cost: Option<Money>,
    pub outcome: Option<&'a str>,
    pub state: Option<&'a str>,
    /// The API key it is about.
    pub api_key: Option<&'a str>,
    pub people: Vec<Person>,
    pub words: Option<&'a str>,
    /// The message's bytes, where a line may hold its text.
    pub raw: Option<&'a [u8]>,
    /// The lines about no item whose people and words were erased.
    pub erases: &'a [u64],
}

/// Adds a line. Cheap: it reads one row and writes two, in the caller's transaction.
pub(super) fn note(
    tx: &Transaction<'_>,
    (auditor, now): (&Auditor, Timestamp),
    event: AuditEvent,
    mut entry: Entry<'_>,
) -> Result<()> {
    let rule = entry.rule.map(|rule| nameless(rule, &entry.people));
    if entry.rule != rule.as_deref() {
        entry.words = entry.words.or(entry.rule);
    }
    let (count, before): (i64, [u8; 32]) = tx
        .prepare_cached("SELECT count, hash FROM audit_head")
        .and_then(|mut s| s.query_row([], |row| Ok((row.get(0)?, row.get(1)?))))
        .map_err(fault(WRITING))?;
    let actor = &auditor.actor;
    let (origin, agent) = entry
        .asked
        .unwrap_or((&actor.origin, actor.agent.as_deref()));
    let people = entry.people.len() as u64;
    let private = private(auditor.text, &entry)?;
    let n = count + 1;
    let line = Line {
        n: n.unsigned_abs(),
        at: now,
        event: event.name().to_owned(),
        item: entry.item,
        send_key: owned(entry.send_key),
        origin: origin.to_owned(),
        agent: owned(agent),
        uid: actor.uid,
        rule,
        account: owned(entry.account),
        channel: owned(entry.channel),
        message_id: owned(entry.message_id),
        content_hash: entry.content_hash.map(hex),
        recipients: (people > 0).then_some(people),
        size_bytes: entry.size_bytes,
        cost: entry.cost.map(|cost| cost.to_string()),
        outcome: owned(entry.outcome),
        state: owned(entry.state),
        api_key: owned(entry.api_key.or(actor.api_key.as_deref())),
        erases: entry.erases.to_vec(),
        private_hash: blake3::hash(private.as_bytes()).to_hex().to_string(),
    };
    let line = json(&line)?;
    let hash = chained(&before, &line);
    tx.prepare_cached(
        "INSERT INTO audit (n, at, item, line, private, hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )
    .and_then(|mut s| {
        s.execute(params![
            n,
            now.as_millisecond(),
            entry.item.map(|id| id.0),
            line,
            private,
            hash
        ])
    })
    .and_then(|_| tx.prepare_cached("UPDATE audit_head SET count = ?1, hash = ?2"))
    .and_then(|mut s| s.execute(params![n, hash]))
    .map(drop)
    .map_err(fault(WRITING))
}

/// A rule without the addresses in it: what is hashed can't be erased.
fn nameless(rule: &str, people: &[Person]) -> String {
    const CHANNELS: [&str; 5] = ["sms", "whatsapp", "slack", "chat", "to"];
    let is_address = |word: &str| {
        let is_number =
            |digits: &str| digits.len() > 4 && digits.bytes().all(|b| b.is_ascii_digit());
        let of_channel = word
            .split_once(':')
            .is_some_and(|(c, _)| CHANNELS.contains(&c));
        let is_one = word.contains('@') || word.strip_prefix('+').is_some_and(is_number);
        of_channel || (is_one && !word.contains('*'))
    };
    let mut rule = rule.to_owned();
    for person in people.iter().filter(|person| !person.address.is_empty()) {
        rule = rule.replace(&person.address, HIDDEN);
    }
    let words = rule.split_inclusive(' ').map(|word| {
        let bare = word.trim_matches(|c: char| c.is_whitespace() || "()[]<>`'\",;:.".contains(c));
        match is_address(bare) {
            true => word.replace(bare, HIDDEN),
            false => word.to_owned(),
        }
    });
    words.collect()
}

/// What stands in the place of an address.
const HIDDEN: &str = "…";

/// What may be erased later, as JSON.
fn private(with_text: bool, entry: &Entry<'_>) -> Result<String> {
    let salt = random::bytes::<16>()?;
    let raw = entry.raw.filter(|_| with_text);
    json(&Private {
        salt: format!("{:032x}", u128::from_be_bytes(salt)),
        people: entry.people.clone(),
        words: entry.words.map(|words| {
            let short: String = words.chars().take(WORDS).collect();
            clean::line(&short)
        }),
        subject: raw.map(|raw| mime::parse(raw).subject),
        text: raw.and_then(|raw| {
            let body = mime::body(raw);
            body.text.or(body.html)
        }),
    })
}

/// The hash of a line after the hash before it.
pub(super) fn chained(before: &[u8; 32], line: &str) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(hex(*before).as_bytes());
    hasher.update(line.as_bytes());
    *hasher.finalize().as_bytes()
}

/// A hash as text.
pub fn hex(hash: [u8; 32]) -> String {
    blake3::Hash::from_bytes(hash).to_hex().to_string()
}

fn owned(text: Option<&str>) -> Option<String> {
    text.map(str::to_owned)
}

fn json(value: &impl serde::Serialize) -> Result<String> {
    serde_json::to_string(value)
        .map_err(|e| Error::internal("writing a line of the audit log").because(e))
}

/// A row as it is kept.
#[derive(Clone, Debug)]
pub struct AuditRow {
    pub n: u64,
    pub at: i64,
    pub item: Option<i64>,
    pub line: String,
    /// `None` once it was erased.
    pub private: Option<String>,
    pub hash: [u8; 32],
}

const COLUMNS: &str = "n, at, item, line, private, hash";

fn read(row: &Row<'_>) -> rusqlite::Result<AuditRow> {
    Ok(AuditRow {
        n: row.get::<_, i64>(0)?.unsigned_abs(),
        at: row.get(1)?,
        item: row.get(2)?,
        line: row.get(3)?,
        private: row.get(4)?,
        hash: row.get(5)?,
    })
}

/// Which lines are asked for.
#[derive(Clone, Debug, Default)]
pub struct AuditFilter {
    pub since: Option<Timestamp>,
    /// Before this.
    pub until: Option<Timestamp>,
    pub item: Option<OutboxId>,
    /// After the line of this number.
    pub after: Option<u64>,
    /// At most so many; the last ones, in their order, under `last`.
    pub limit: Option<usize>,
    pub last: bool,
}

/// What the log should hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuditHead {
    pub count: u64,
    pub hash: [u8; 32],
}

impl AuditHead {
    pub fn hex(&self) -> String {
        hex(self.hash)
    }
}

impl Store {
    /// Tells that these were refused before they were staged.
    pub fn audit_refused(&self, items: &[NewItem], why: &str, now: Timestamp) -> Result<()> {
        let mut db = self.main()?;
        let tx = begin(&mut db)?;
        for item in items {
            let people = item.recipients.iter().map(|r| Person {
                address: r.email.clone(),
                state: None,
            });
            let entry = Entry {
                rule: Some(why),
                account: Some(&item.account),
                channel: Some(&item.channel),
                message_id: Some(&item.message_id),
                content_hash: Some(*blake3::hash(&item.raw).as_bytes()),
                size_bytes: Some(item.raw.len() as u64),
                people: people.collect(),
                raw: Some(&item.raw),
                ..Entry::default()
            };
            note(&tx, (&self.auditor, now), AuditEvent::Refused, entry)?;
        }
        tx.commit().map_err(fault(WRITING))
    }

    /// Lines of the audit log, oldest first.
    pub fn audit_lines(&self, filter: &AuditFilter) -> Result<Vec<AuditRow>> {
        if !self.has_outbox() {
            return Ok(Vec::new());
        }
        let order = if filter.last { "DESC" } else { "ASC" };
        let sql = format!(
            "SELECT {COLUMNS} FROM audit WHERE n > ?1 AND at >= ?2 AND at < ?3 AND (?4 IS NULL OR item = ?4)
             ORDER BY n {order} LIMIT ?5"
        );
        let db = self.main()?;
        let mut statement = db.prepare(&sql).map_err(fault(DOING))?;
        let rows = statement
            .query_map(
                params![
                    filter.after.map_or(0, number),
                    filter.since.map_or(i64::MIN, Timestamp::as_millisecond),
                    filter.until.map_or(i64::MAX, Timestamp::as_millisecond),
                    filter.item.map(|id| id.0),
                    filter.limit.map_or(-1, |n| number(n as u64)),
                ],
                read,
            )
            .map_err(fault(DOING))?;
        let mut rows = rows
            .collect::<rusqlite::Result<Vec<_>>>()
            .map_err(fault(DOING))?;
        if filter.last {
            rows.reverse();
        }
        Ok(rows)
    }

    /// The hash of the line before this one.
    pub fn audit_hash_before(&self, n: u64) -> Result<[u8; 32]> {
        self.main()?
            .query_row(
                "SELECT hash FROM audit WHERE n = ?1",
                [number(n) - 1],
                |row| row.get(0),
            )
            .optional()
            .map_err(fault(DOING))
            .map(Option::unwrap_or_default)
    }

    /// Whether there are as many lines as were written and the last is the last that was.
    pub fn audit_ends_well(&self) -> Result<bool> {
        self.main()?
            .query_row(
                "SELECT count = (SELECT count(*) FROM audit)
                 AND (count = 0 OR hash = (SELECT hash FROM audit ORDER BY n DESC LIMIT 1)) FROM audit_head",
                [],
                |row| row.get::<_, Option<bool>>(0),
            )
            .map(Option::unwrap_or_default)
            .map_err(fault(DOING))
    }

    /// How many lines there are to be, and the hash of the last.
    pub fn audit_head(&self) -> Result<AuditHead> {
        if !self.has_outbox() {
            return Ok(AuditHead {
                count: 0,
                hash: [0; 32],
            });
        }
        self.main()?
            .query_row("SELECT count, hash FROM audit_head", [], |row| {
                Ok(AuditHead {
                    count: row.get::<_, i64>(0)?.unsigned_abs(),
                    hash: row.get(1)?,
                })
            })
            .map_err(fault(DOING))
    }
}

pub(super) fn begin(db: &mut Connection) -> Result<Transaction<'_>> {
    db.transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(fault(WRITING))
}

fn number(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_address_is_left_in_a_rule_that_is_hashed() {
        let people = ["chat:Team room", "zoe@example.com"].map(|address| Person {
            address: address.to_owned(),
            state: None,
        });
        for (rule, left) in [
            (
                "policy.script.first_contact = hold (zoe@example.com)",
                "policy.script.first_contact = hold (…)",
            ),
            (
                "the policy refuses it: policy.agent.deny = *@b.example (c@b.example)",
                "the policy refuses it: policy.agent.deny = *@b.example (…)",
            ),
            (
                "policy.agent.deny = c@b.example (C@b.example)",
                "policy.agent.deny = … (…)",
            ),
            (
                "policy.agent.deny = +1415* (+14155550100)",
                "policy.agent.deny = +1415* (…)",
            ),
            ("hold (sms:+14155550100), (chat:Team room)", "hold (…), (…)"),
            (
                "nobody is left to send to: `a@b.example` opted out on 2026-11-21",
                "nobody is left to send to: `…` opted out on 2026-11-21",
            ),
            (
                "policy.agent.max_per_hour = 20",
                "policy.agent.max_per_hour = 20",
            ),
            (
                "circuit of account down is open since 2026-11-21T12:00:00Z: `127.0.0.1:1` can't be reached",
                "circuit of account down is open since 2026-11-21T12:00:00Z: `127.0.0.1:1` can't be reached",
            ),
        ] {
            assert_eq!(nameless(rule, &people), left);
        }
    }
}
