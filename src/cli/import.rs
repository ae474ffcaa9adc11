//! `comms import`.

use std::path::PathBuf;

use clap::Args;

use crate::error::Result;
use crate::ops::App;
use crate::ops::import::{self, ImportReport, ImportRequest, ImportSource};

use super::Done;
use super::output::{Cell, Column, Format, Output, Style};
use crate::format::clean;

/// Bring mail in from Maildir, mbox and .eml files
///
/// The bytes are copied; nothing is changed where they come from. What a path holds is found out by
/// itself: a Maildir or a tree of them, an mbox file, a message, or a folder of these. Importing the
/// same again adds only what is new. What is known is asked in the folder it goes to: the same mail in
/// two files is there twice, unless both go to one folder by --name or --folder.
#[derive(Debug, Args)]
#[command(after_help = "Example: comms import ~/Mail lists.mbox")]
pub struct ImportArgs {
    /// Maildirs, mbox files, .eml files, or folders of them
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,
    /// Import into `imported/NAME` instead of the name of the file or folder
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Import into this folder of the account `local`
    #[arg(long, value_name = "FOLDER", conflicts_with = "name")]
    folder: Option<String>,
    /// Count what would be added; store nothing
    #[arg(long)]
    dry_run: bool,
}

pub fn run(args: ImportArgs, app: &App, out: &mut Output) -> Result<Done> {
    let request = ImportRequest {
        paths: args.paths,
        name: args.name,
        folder: args.folder,
        dry_run: args.dry_run,
    };
    let report = import::import(app, &request)?;
    out.list(
        "comms.import/1",
        &report,
        "sources",
        &report.sources,
        COLUMNS,
    )?;
    if !out.format.is_json() {
        remarks(&report, out);
    }
    Ok(report.outcome())
}

/// What the rows don't say, for people.
fn remarks(report: &ImportReport, out: &mut Output) {
    for source in &report.sources {
        if let Some(error) = &source.error {
            out.warn(&error.message);
            if let Some(hint) = &error.hint {
                out.hint(hint);
            }
        }
    }
    for failed in &report.failed {
        out.warn(&format!("`{}` was not read: {}", failed.path, failed.error));
    }
    more(
        report.failed_total,
        report.failed.len(),
        "unread files",
        out,
    );
    if out.format == Format::Table {
        for broken in report.broken.iter().take(5) {
            let number = broken
                .number
                .map_or(String::new(), |n| format!(" (message {n})"));
            out.warn(&format!(
                "kept as far as it can be read: `{}`{number}: {}",
                broken.path,
                broken.faults.join(", ")
            ));
        }
        more(
            report.broken_total,
            report.broken.len().min(5),
            "damaged messages",
            out,
        );
    } else if report.broken_total > 0 {
        out.warn(&format!(
            "{} damaged messages were kept as far as they can be read; `--json` lists them",
            report.broken_total
        ));
    }
    if report.skipped > 0 {
        out.hint(&format!("{} files there are no mail", report.skipped));
    }
    if report.dry_run {
        out.hint("nothing was stored: leave `--dry-run` out to import");
    }
}

fn more(total: u64, named: usize, what: &str, out: &Output) {
    let rest = total.saturating_sub(named as u64);
    if rest > 0 {
        out.warn(&format!(
            "and {rest} more {what}; `--json` lists the first hundred"
        ));
    }
}

const COLUMNS: &[Column<ImportSource>] = &[
    Column {
        field: "path",
        title: "path",
        cell: |s, _| Cell::plain(clean::line(&s.path)),
        plain: |s| s.path.clone(),
    },
    Column {
        field: "kind",
        title: "kind",
        cell: |s, _| Cell::new(s.kind.clone().unwrap_or_default(), Style::Dim),
        plain: |s| s.kind.clone().unwrap_or_default(),
    },
    Column {
        field: "folder",
        title: "folder",
        cell: |s, _| Cell::plain(clean::line(s.folder.as_deref().unwrap_or_default())),
        plain: |s| s.folder.clone().unwrap_or_default(),
    },
    Column {
        field: "messages",
        title: "messages",
        cell: |s, _| Cell::plain(s.messages.to_string()),
        plain: |s| s.messages.to_string(),
    },
    Column {
        field: "added",
        title: "added",
        cell: |s, _| Cell::new(s.added.to_string(), Style::Good),
        plain: |s| s.added.to_string(),
    },
    Column {
        field: "known",
        title: "known",
        cell: |s, _| Cell::plain(s.known.to_string()),
        plain: |s| s.known.to_string(),
    },
    Column {
        field: "broken",
        title: "broken",
        cell: |s, _| Cell::plain(s.broken.to_string()),
        plain: |s| s.broken.to_string(),
    },
    Column {
        field: "failed",
        title: "failed",
        cell: |s, _| match s.failed {
            0 => Cell::plain("0"),
            n => Cell::new(n.to_string(), Style::Bad),
        },
        plain: |s| s.failed.to_string(),
    },
];
