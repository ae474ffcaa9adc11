//! `comms send --csv`, and how batches read.

use std::path::PathBuf;

use clap::Args;

use crate::error::{Error, Kind, Result};
use crate::format::clean;
use crate::model::contact::Via;
use crate::model::time;
use crate::ops::App;
use crate::ops::batch::{self, BatchReport, BatchRequest, BatchesReport};
use crate::ops::send::{Mode, TemplateUse};

use super::super::output::{Cell, Column, Output, Style};
use super::super::{Done, origin, prompt, wait};
use super::body::Source;
use super::{MessageArgs, request, show, vars};

/// The flags of a bulk send.
#[derive(Debug, Args)]
pub struct BulkArgs {
    /// Send one message for each row of this file; its first row names the template's variables
    #[arg(long, value_name = "FILE", requires = "template",
          conflicts_with_all = ["to", "message", "file", "html", "markdown", "key", "draft", "no_queue", "undo_window", "wait", "pick", "together", "separately", "skip_unreachable",
                               "timeout", "lang"])]
    pub csv: Option<PathBuf>,
    /// Call the batch this; the same name never sends twice
    #[arg(long, value_name = "BATCH", requires = "csv")]
    name: Option<String>,
    /// The column with the recipient, if it is not `to`, `email` or `address`
    #[arg(long, value_name = "COLUMN", requires = "csv")]
    to_column: Option<String>,
    /// What separates the fields: a character, or `tab`; found by itself among , ; and tab
    #[arg(long, value_name = "CHAR", requires = "csv")]
    delimiter: Option<String>,
    /// Leave out rows that can't be sent, instead of sending nothing
    #[arg(long, requires = "csv")]
    skip_broken: bool,
    /// Pause the batch after so many failed messages; 0 is never
    #[arg(long, value_name = "N", requires = "csv", default_value_t = 10)]
    pause_after: u32,
}

/// Sends a file of rows; `thread_key` and `once_per` are for each of them.
pub fn send(
    args: BulkArgs,
    (mut message, (thread_key, once_per)): (MessageArgs, (Option<String>, Option<&str>)),
    app: &App,
    out: &mut Output,
) -> Result<Done> {
    let template = TemplateUse {
        file: message.template.take().unwrap_or_default(),
        vars: vars(&message.vars)?,
        language: None,
        by_name: false,
    };
    let yes = message.yes;
    let via = message.via.as_deref().and_then(Via::named);
    let mut request = BatchRequest {
        csv: args.csv.unwrap_or_default(),
        template,
        name: args.name,
        to_column: args.to_column,
        delimiter: args.delimiter.as_deref().map(delimiter).transpose()?,
        skip_broken: args.skip_broken,
        pause_after: args.pause_after,
        message: request((Vec::new(), message), (app, out), Source::Optional)?,
    };
    // For the names in the rows.
    request.message.addressing.via = via;
    request.message.thread_key = thread_key;
    request.message.once_per = once_per.map(time::duration).transpose()?;
    let origin = origin(app, out);
    let checked = batch::check(app, origin, &request)?;
    let queued = request.message.mode != Mode::Send || request.message.at.is_some();
    if !request.message.dry_run && !checked.report.replayed && !yes && prompt::can_ask(out) {
        let mut preview = preview(&checked.report, out);
        preview.push_str(&facts(&checked.report));
        let _ = std::io::Write::write_all(&mut std::io::stderr(), preview.as_bytes());
        let question = format!("Send {} messages?", checked.report.rows);
        if !prompt::confirm(out, &question, "--yes")? {
            return Err(Error::new(Kind::Interrupted, "not sent"));
        }
    }
    let report = wait(batch::send(app, origin, &request, checked))?;
    finish(&report, queued, out)
}

fn delimiter(typed: &str) -> Result<u8> {
    match typed.as_bytes() {
        [one] if one.is_ascii() && !b"\"\r\n".contains(one) => Ok(*one),
        b"tab" | b"\\t" => Ok(b'\t'),
        _ => Err(
            Error::usage(format!("--delimiter `{typed}` is not one character"))
                .hint("write , or ; or tab"),
        ),
    }
}

/// Prints how a batch is, and ends as it says. `rests`: what waits is what was asked for.
pub fn finish(report: &BatchReport, rests: bool, out: &mut Output) -> Result<Done> {
    for warning in report.warnings.iter().filter(|_| !out.format.is_json()) {
        out.warn(warning);
    }
    out.report("comms.batch/1", report, |out| {
        let mut text = preview(report, out);
        text.push_str(&facts(report));
        text
    })?;
    let name = clean::line(&report.name);
    if report.dry_run {
        return Ok(report.outcome(rests));
    }
    if report.state == "paused" {
        out.hint(&format!(
            "`comms outbox list --batch {name} --state failed` tells why rows failed; `comms outbox resume --batch {name}` goes on"
        ));
    } else if report.failed > 0 || report.unconfirmed > 0 {
        out.hint(&format!("run `comms outbox list --batch {name}`"));
    } else if report.waiting > 0 {
        out.hint("`comms outbox run` sends what is due");
    }
    Ok(report.outcome(rests))
}

fn preview(report: &BatchReport, out: &Output) -> String {
    let shown = report.preview.iter().map(|i| show::item_text(i, out));
    shown.collect::<Vec<_>>().join("\n")
}

/// What is known of a batch, in lines.
fn facts(report: &BatchReport) -> String {
    let state = match report.state.as_str() {
        "" => "would be staged",
        state => state,
    };
    let mut text = format!(
        "batch {} {state}: {} rows\n",
        clean::line(&report.name),
        report.rows
    );
    for (n, what) in [
        (report.sent, "sent"),
        (report.failed, "failed"),
        (report.waiting, "waiting"),
        (report.held, "held for an approval"),
        (report.unconfirmed, "unconfirmed"),
        (report.cancelled, "cancelled"),
        (
            report.repeated,
            "left out: an earlier row has the same mailbox",
        ),
        (
            report.suppressed,
            "left out: one like it went to the same recipient lately",
        ),
        (report.skipped, "left out: they can't be sent"),
    ] {
        if n > 0 {
            text.push_str(&format!("  {n:>6} {what}\n"));
        }
    }
    for broken in &report.broken {
        text.push_str(&format!(
            "         line {}: {}\n",
            broken.line,
            clean::line(&broken.why)
        ));
    }
    text
}

macro_rules! count {
    ($field:literal, $title:literal, $count:ident) => {
        Column {
            field: $field,
            title: $title,
            cell: |b, _| Cell::plain(b.$count.to_string()),
            plain: |b| b.$count.to_string(),
        }
    };
}

/// Prints all batches.
pub fn batches(report: &BatchesReport, out: &mut Output) -> Result<Done> {
    out.list(
        "comms.batches/1",
        report,
        "batches",
        &report.batches,
        &[
            Column {
                field: "name",
                title: "NAME",
                cell: |b: &BatchReport, _| Cell::new(clean::line(&b.name), Style::Id),
                plain: |b| b.name.clone(),
            },
            count!("rows", "ROWS", rows),
            count!("sent", "SENT", sent),
            count!("failed", "FAILED", failed),
            count!("waiting", "WAITING", waiting),
            count!("unconfirmed", "UNCONFIRMED", unconfirmed),
            Column {
                field: "state",
                title: "STATE",
                cell: |b, _| Cell::plain(b.state.clone()),
                plain: |b| b.state.clone(),
            },
        ],
    )?;
    if report.batches.is_empty() {
        out.hint("`comms man bulk` tells how to make one");
    }
    Ok(None)
}
