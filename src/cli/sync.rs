//! `comms inbox sync`.

use clap::Args;

use crate::error::Result;
use crate::format::clean;
use crate::ops::App;
use crate::ops::sync::{self, AccountSync, SyncRequest};

use super::Done;
use super::output::{Cell, Column, Format, Output, Style};

#[derive(Debug, Args)]
#[command(after_help = "Example: comms inbox sync --account work")]
pub struct SyncArgs {
    /// Sync this account only; may be given more than once
    #[arg(long, value_name = "ACCOUNT")]
    account: Vec<String>,
}

pub fn run(args: SyncArgs, app: &App, out: &mut Output) -> Result<Done> {
    let request = SyncRequest {
        accounts: args.account,
    };
    let report = super::wait(sync::sync(app, &request))?;
    let mut columns = vec![
        Column {
            field: "account",
            title: "account",
            cell: |row: &AccountSync, _| Cell::new(&row.account, Style::Strong),
            plain: |row| row.account.clone(),
        },
        Column {
            field: "folders",
            title: "folders",
            cell: |row, _| Cell::plain(row.folders.to_string()),
            plain: |row| row.folders.to_string(),
        },
        Column {
            field: "added",
            title: "new",
            cell: |row, _| Cell::plain(row.added.to_string()),
            plain: |row| row.added.to_string(),
        },
        Column {
            field: "changed",
            title: "changed",
            cell: |row, _| Cell::plain(row.changed.to_string()),
            plain: |row| row.changed.to_string(),
        },
        Column {
            field: "removed",
            title: "removed",
            cell: |row, _| Cell::plain(row.removed.to_string()),
            plain: |row| row.removed.to_string(),
        },
        Column {
            field: "pushed",
            title: "told",
            cell: |row, _| Cell::plain(row.pushed.to_string()),
            plain: |row| row.pushed.to_string(),
        },
        Column {
            field: "took_ms",
            title: "took",
            cell: |row, _| Cell::new(format!("{} ms", row.took_ms), Style::Dim),
            plain: |row| row.took_ms.to_string(),
        },
        Column {
            field: "error",
            title: "reason",
            cell: |row, _| Cell::new(words(row), Style::Bad),
            plain: words,
        },
    ];
    let table = out.format == Format::Table && out.fields.is_none();
    // A reason is a sentence: it stands below.
    columns.retain(|column| !table || column.field != "error");
    out.list(
        "comms.sync/1",
        &report,
        "accounts",
        &report.accounts,
        &columns,
    )?;
    for warning in &report.warnings {
        out.warn(warning);
    }
    for row in &report.accounts {
        for note in row.notes.iter().filter(|_| table) {
            out.note(&format!("{}: {note}", row.account));
        }
        if table && row.error.is_some() {
            out.warn(&format!("{}: {}", row.account, words(row)));
        }
        if let Some(hint) = row.error.as_ref().and_then(|error| error.hint.as_ref()) {
            out.hint(hint);
        }
    }
    Ok(report.outcome())
}

/// A server's words may be in it.
fn words(row: &AccountSync) -> String {
    row.error
        .as_ref()
        .map(|error| clean::line(&error.message))
        .unwrap_or_default()
}
