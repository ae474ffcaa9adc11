//! The audit log as people see it: its lines, and whether it is whole.

use schemars::JsonSchema;
use serde::Serialize;

use crate::config::Config;
use crate::disk;
use crate::error::{Error, Result};
use crate::model::audit::{Actor, Line, Person, Private};
use crate::model::id::OutboxId;
use crate::model::time::{self, Direction};
use crate::store::audit::{AuditFilter, AuditHead, AuditRow, Auditor, Verified, hex};

use super::{App, Origin};

/// Which lines are asked for.
#[derive(Clone, Debug, Default)]
pub struct LogRequest {
    pub since: Option<String>,
    pub until: Option<String>,
    pub item: Option<OutboxId>,
    /// A cursor.
    pub after: Option<String>,
    /// At most so many: the first ones after `since` or `after`; where neither is given, the last ones.
    pub limit: Option<usize>,
}

/// `comms.audit/1`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct LogReport {
    /// Oldest first.
    pub lines: Vec<LogLine>,
    /// The cursor of the page after this one.
    pub next: Option<String>,
}

/// A line with what makes it part of the chain: `hash` is blake3 of `prev` and `line`, both as they stand here.
#[derive(Debug, Serialize, JsonSchema)]
pub struct LogLine {
    #[serde(flatten)]
    pub facts: Line,
    /// Whether the recipients and words were erased since.
    pub erased: bool,
    pub people: Vec<Person>,
    /// The provider's words, or why.
    pub words: Option<String>,
    /// Only under `[audit] text = true`.
    pub subject: Option<String>,
    /// Only under `[audit] text = true`.
    pub text: Option<String>,
    /// The hash of the line before, in hex; 64 zeros before the first.
    pub prev: String,
    /// The hash of this line, in hex.
    pub hash: String,
    /// The line as it was hashed.
    pub line: String,
    /// What `private_hash` is the hash of; `null` once it was erased.
    pub private: Option<String>,
}

/// `comms.audit_check/1`: the log is whole.
#[derive(Debug, Serialize, JsonSchema)]
pub struct VerifyReport {
    /// How many lines there are.
    pub count: u64,
    /// The hash of the last one, in hex.
    pub head: String,
}

/// Who acts in this process, for the log.
pub fn auditor(config: &Config, origin: Origin) -> Auditor {
    Auditor {
        actor: Actor {
            origin: origin.name().to_owned(),
            agent: config.agent.clone().filter(|_| origin == Origin::Agent),
            uid: disk::own_uid(),
            api_key: None,
        },
        text: config.audit.text,
    }
}

/// Lines of the log.
pub fn log(app: &App, request: &LogRequest) -> Result<LogReport> {
    let now = app.clock.now_local();
    let at = |text: &Option<String>| -> Result<_> {
        let read = |t: &String| time::parse(t, &now, Direction::Past).map(|z| z.timestamp());
        text.as_ref().map(read).transpose()
    };
    let after = match &request.after {
        Some(cursor) => Some(cursor.parse().map_err(|_| {
            Error::usage(format!("`{cursor}` is not a cursor of this list"))
                .hint("take `next` of the page before")
        })?),
        None => None,
    };
    let last = request.since.is_none() && after.is_none() && request.limit.is_some();
    let mut rows = app.store.audit_lines(&AuditFilter {
        since: at(&request.since)?,
        until: at(&request.until)?,
        item: request.item,
        after,
        limit: request.limit.map(|n| n.saturating_add(usize::from(!last))),
        last,
    })?;
    let more = request.limit.filter(|n| !last && rows.len() > *n);
    if let Some(limit) = more {
        rows.truncate(limit);
    }
    let next = more.and_then(|_| rows.last()).map(|r| r.n.to_string());
    let mut lines: Vec<LogLine> = Vec::with_capacity(rows.len());
    let mut before: Option<(u64, [u8; 32])> = None;
    for row in rows {
        let prev = match before {
            Some((n, hash)) if n + 1 == row.n => hash,
            _ => app.store.audit_hash_before(row.n)?,
        };
        before = Some((row.n, row.hash));
        lines.push(shown(row, prev)?);
    }
    // What never was has no lines; what was erased since has.
    if let Some(id) = request.item.filter(|_| lines.is_empty()) {
        app.store.outbox_item(id)?;
    }
    Ok(LogReport { lines, next })
}

fn shown(row: AuditRow, prev: [u8; 32]) -> Result<LogLine> {
    let broken = |e| {
        Error::internal(format!("line {} of the audit log can't be read", row.n))
            .hint("run `comms outbox log --verify`")
            .because(e)
    };
    let facts = serde_json::from_str(&row.line).map_err(broken)?;
    let private: Option<Private> = match &row.private {
        Some(text) => Some(serde_json::from_str(text).map_err(broken)?),
        None => None,
    };
    let erased = private.is_none();
    let private = private.unwrap_or_default();
    Ok(LogLine {
        facts,
        erased,
        people: private.people,
        words: private.words,
        subject: private.subject,
        text: private.text,
        prev: hex(prev),
        hash: hex(row.hash),
        line: row.line,
        private: row.private,
    })
}

/// Checks the whole chain; `known` is `N:HASH` of a line that was kept elsewhere.
///
/// # Errors
/// `internal` names the first line that is not as it was written.
pub fn verify(app: &App, known: Option<&str>) -> Result<VerifyReport> {
    let known = known.map(head).transpose()?;
    match app.store.verify_audit(known)? {
        Verified::Whole(head) => Ok(VerifyReport {
            count: head.count,
            head: head.hex(),
        }),
        Verified::Broken(broken) => Err(Error::internal(format!(
            "the audit log is broken at line {}: {}",
            broken.n, broken.why
        ))
        .hint("compare it with a backup; `comms outbox log` shows the lines that can be read")),
    }
}

fn head(text: &str) -> Result<AuditHead> {
    let wrong = || {
        Error::usage(format!("`{text}` is not a line's number and hash"))
            .hint("write them as `comms outbox log --verify` tells them: `17:5fe2…`")
    };
    let (count, hash) = text.split_once(':').ok_or_else(wrong)?;
    Ok(AuditHead {
        count: count.parse().ok().filter(|n| *n > 0).ok_or_else(wrong)?,
        hash: *blake3::Hash::from_hex(hash)
            .map_err(|_| wrong())?
            .as_bytes(),
    })
}
