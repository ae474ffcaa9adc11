//! `comms contacts find`.

use clap::Args;

use crate::cli::Done;
use crate::cli::output::{Cell, Column, Format, Output, Style};
use crate::error::{Kind, Result};
use crate::format::clean;
use crate::model::contact::Verdict;
use crate::ops::App;
use crate::ops::contacts::find::{FoundRow, report};

#[derive(Debug, Args)]
pub struct FindArgs {
    /// A name as you remember it, a part of it, an organisation or an address; the words are joined by spaces
    #[arg(value_name = "QUERY", required = true)]
    query: Vec<String>,
    /// Tell what speaks for each
    #[arg(long)]
    explain: bool,
    /// Show at most this many people
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..))]
    limit: u16,
    /// End with exit code 5 if nobody was found
    #[arg(long)]
    fail_empty: bool,
}

pub fn run(args: FindArgs, app: &App, out: &mut Output) -> Result<Done> {
    let report = report(app, &args.query.join(" "), usize::from(args.limit))?;
    out.list(
        "comms.contacts.found/1",
        &report,
        "candidates",
        &report.candidates,
        &columns(args.explain),
    )?;
    if out.format == Format::Table {
        match report.verdict {
            Verdict::Nobody => out.hint("nobody is called that, or anything like it"),
            Verdict::Several => {
                out.hint("`comms send` would ask which one is meant; an id is always clear");
            }
            Verdict::Clear => {}
        }
    }
    let none = report.candidates.is_empty();
    Ok((args.fail_empty && none).then_some(Kind::NotFound))
}

fn columns(explain: bool) -> Vec<Column<FoundRow>> {
    let mut columns: Vec<Column<FoundRow>> = vec![
        Column {
            field: "contact",
            title: "id",
            cell: |row, _| match row.candidate.contact {
                Some(id) => Cell::id(id),
                None => Cell::new("harvested", Style::Dim),
            },
            plain: |row| match row.candidate.contact {
                Some(id) => id.to_string(),
                None => "harvested".to_owned(),
            },
        },
        Column {
            field: "name",
            title: "name",
            cell: |row, _| Cell::new(clean::line(&row.candidate.name), Style::Strong),
            plain: |row| row.candidate.name.clone(),
        },
        Column {
            field: "best",
            title: "address",
            cell: |row, _| Cell::plain(clean::line(row.best.as_deref().unwrap_or_default())),
            plain: |row| row.best.clone().unwrap_or_default(),
        },
        Column {
            field: "score",
            title: "score",
            cell: |row, _| Cell::plain(row.candidate.score.to_string()),
            plain: |row| row.candidate.score.to_string(),
        },
    ];
    if explain {
        columns.push(Column {
            field: "why",
            title: "why",
            cell: |row, _| Cell::plain(clean::line(&row.candidate.why.join("; "))),
            plain: |row| row.candidate.why.join("; "),
        });
    }
    columns
}
