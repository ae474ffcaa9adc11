//! `comms contacts import`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::cli::output::{Cell, Column, Output, Style};
use crate::cli::{Done, origin};
use crate::error::Result;
use crate::format::clean;
use crate::ops::App;
use crate::ops::contacts::import::{self, ImportForm, ImportReport, ImportRequest, ImportedFile};

#[derive(Debug, Args)]
pub struct ImportArgs {
    /// vCard and CSV files, or folders of them; `-` is stdin
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,
    /// Read the files as this, whatever they look like
    #[arg(long = "as", value_name = "FORM")]
    form: Option<FormChoice>,
    /// Put everybody into this group as well
    #[arg(long, value_name = "NAME")]
    group: Option<String>,
    /// Read numbers without a country as of this one (US, DE)
    #[arg(long, value_name = "CC")]
    region: Option<String>,
    /// Count what would change; store nothing
    #[arg(long)]
    dry_run: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum FormChoice {
    Vcard,
    Csv,
}

pub fn run(args: ImportArgs, app: &App, out: &mut Output) -> Result<Done> {
    let request = ImportRequest {
        paths: args.paths,
        form: args.form.map(|form| match form {
            FormChoice::Vcard => ImportForm::Vcard,
            FormChoice::Csv => ImportForm::Csv,
        }),
        group: args.group,
        region: args.region,
        dry_run: args.dry_run,
    };
    let by = origin(app, out);
    let report = import::import(app, by, &request, &mut std::io::stdin().lock())?;
    out.list(
        "comms.contacts_import/1",
        &report,
        "files",
        &report.files,
        COLUMNS,
    )?;
    if !out.format.is_json() {
        remarks(&report, out);
    }
    Ok(report.outcome())
}

/// What the rows don't say, for people.
fn remarks(report: &ImportReport, out: &mut Output) {
    for file in &report.files {
        if let Some(error) = &file.error {
            out.warn(&error.message);
            if let Some(hint) = &error.hint {
                out.hint(hint);
            }
        }
    }
    for one in &report.unreadable {
        out.warn(&format!("{}:{}: {}", one.path, one.line, one.error));
    }
    let rest = report.unreadable_total - report.unreadable.len() as u64;
    if rest > 0 {
        out.warn(&format!("and {rest} more that can't be read"));
    }
    for one in report.joined.iter().take(5) {
        let whom = match one.contact {
            Some(id) => id.to_string(),
            None => "another one of the import".to_owned(),
        };
        out.hint(&format!("{} was joined to {whom}", one.name));
    }
    if report.joined.len() > 5 {
        out.hint("`--json` lists all who were joined");
    }
    match (report.dry_run, report.change) {
        (true, _) => out.hint("nothing was stored: leave `--dry-run` out to import"),
        (_, Some(change)) => out.hint(&format!(
            "`comms contacts undo {change}` takes all of it back"
        )),
        _ => {}
    }
}

const COLUMNS: &[Column<ImportedFile>] = &[
    Column {
        field: "path",
        title: "path",
        cell: |f, _| Cell::plain(clean::line(&f.path)),
        plain: |f| f.path.clone(),
    },
    Column {
        field: "people",
        title: "people",
        cell: |f, _| Cell::plain(f.people.to_string()),
        plain: |f| f.people.to_string(),
    },
    Column {
        field: "new",
        title: "new",
        cell: |f, _| Cell::new(f.new.to_string(), Style::Good),
        plain: |f| f.new.to_string(),
    },
    Column {
        field: "changed",
        title: "changed",
        cell: |f, _| Cell::plain(f.changed.to_string()),
        plain: |f| f.changed.to_string(),
    },
    Column {
        field: "joined",
        title: "joined",
        cell: |f, _| Cell::plain(f.joined.to_string()),
        plain: |f| f.joined.to_string(),
    },
    Column {
        field: "unchanged",
        title: "unchanged",
        cell: |f, _| Cell::plain(f.unchanged.to_string()),
        plain: |f| f.unchanged.to_string(),
    },
    Column {
        field: "unreadable",
        title: "unreadable",
        cell: |f, _| match f.unreadable {
            0 => Cell::plain("0"),
            n => Cell::new(n.to_string(), Style::Bad),
        },
        plain: |f| f.unreadable.to_string(),
    },
];
