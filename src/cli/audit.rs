//! `comms outbox log`: what was done, and whether the record is whole.

use clap::Args;

use crate::error::Result;
use crate::format::clean;
use crate::ops::App;
use crate::ops::audit::{self, LogLine, LogRequest};

use super::Done;
use super::output::{Cell, Column, Format, Output};

/// How many lines people and single documents get; an export (jsonl) has all.
const PAGE: usize = 100;

#[derive(Debug, Args)]
pub struct LogArgs {
    /// Only what was done since then
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Only what was done before then
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// Only this item
    #[arg(long, value_name = "ID")]
    item: Option<String>,
    /// How many lines at most; the last 100, with jsonl all
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    limit: Option<u32>,
    /// Show the page after this cursor (`next` of the page before)
    #[arg(long, value_name = "CURSOR")]
    after: Option<String>,
    /// Check every line instead; exit code 1 names the first that was changed or removed
    #[arg(long, conflicts_with_all = ["since", "until", "item", "limit", "after"])]
    verify: bool,
    /// A line's number and hash that you kept elsewhere; it must be the same still
    #[arg(long, value_name = "N:HASH", requires = "verify")]
    known: Option<String>,
}

pub fn run(args: LogArgs, app: &App, out: &mut Output) -> Result<Done> {
    if args.verify {
        let report = audit::verify(app, args.known.as_deref())?;
        out.report("comms.audit_check/1", &report, |_| {
            format!(
                "{} lines, all as they were written; keep this elsewhere to find out if the last are removed:\n{}:{}\n",
                report.count, report.count, report.head
            )
        })?;
        return Ok(None);
    }
    let bounded = args.limit.and_then(|n| usize::try_from(n).ok());
    let request = LogRequest {
        item: args.item.as_deref().map(str::parse).transpose()?,
        limit: bounded.or((out.format != Format::Jsonl).then_some(PAGE)),
        since: args.since,
        until: args.until,
        after: args.after,
    };
    let report = audit::log(app, &request)?;
    out.list("comms.audit/1", &report, "lines", &report.lines, &columns())?;
    if out.format == Format::Table {
        if report.lines.is_empty() {
            out.hint("nothing was done here");
        }
        if let Some(next) = &report.next {
            out.hint(&format!("there are more: add --after {next}"));
        }
    }
    Ok(None)
}

fn columns() -> Vec<Column<LogLine>> {
    vec![
        Column {
            field: "n",
            title: "N",
            cell: |l, _| Cell::plain(l.facts.n.to_string()),
            plain: |l| l.facts.n.to_string(),
        },
        Column {
            field: "at",
            title: "WHEN",
            cell: |l, out| Cell::plain(out.when(l.facts.at)),
            plain: |l| l.facts.at.to_string(),
        },
        Column {
            field: "event",
            title: "WHAT",
            cell: |l, _| Cell::plain(clean::line(&l.facts.event)),
            plain: |l| l.facts.event.clone(),
        },
        Column {
            field: "item",
            title: "ITEM",
            cell: |l, _| Cell::plain(item(l)),
            plain: item,
        },
        Column {
            field: "origin",
            title: "BY",
            cell: |l, _| {
                let by = l.facts.agent.as_deref().unwrap_or(&l.facts.origin);
                Cell::plain(clean::line(by))
            },
            plain: |l| l.facts.origin.clone(),
        },
        Column {
            field: "account",
            title: "ACCOUNT",
            cell: |l, _| Cell::plain(clean::line(l.facts.account.as_deref().unwrap_or_default())),
            plain: |l| l.facts.account.clone().unwrap_or_default(),
        },
        Column {
            field: "people",
            title: "TO",
            cell: |l, _| Cell::plain(clean::line(&people(l, 2))),
            plain: |l| people(l, usize::MAX),
        },
        Column {
            field: "outcome",
            title: "OUTCOME",
            cell: |l, _| {
                let outcome = l.facts.outcome.as_ref().or(l.facts.state.as_ref());
                Cell::plain(clean::line(outcome.map_or("", String::as_str)))
            },
            plain: |l| l.facts.outcome.clone().unwrap_or_default(),
        },
        Column {
            field: "words",
            title: "WORDS",
            cell: |l, _| {
                let words = l.words.as_deref().or(l.facts.rule.as_deref());
                Cell::plain(clean::line(words.unwrap_or_default()))
            },
            plain: |l| l.words.clone().unwrap_or_default(),
        },
        Column {
            field: "hash",
            title: "HASH",
            cell: |l, _| Cell::plain(l.hash.chars().take(8).collect::<String>()),
            plain: |l| l.hash.clone(),
        },
    ]
}

fn item(line: &LogLine) -> String {
    line.facts
        .item
        .map_or_else(String::new, |id| id.to_string())
}

fn people(line: &LogLine, most: usize) -> String {
    let shown: Vec<_> = line
        .people
        .iter()
        .take(most)
        .map(|p| p.address.as_str())
        .collect();
    let mut text = shown.join(", ");
    if line.people.len() > shown.len() {
        text.push_str(&format!(" +{}", line.people.len() - shown.len()));
    }
    text
}
