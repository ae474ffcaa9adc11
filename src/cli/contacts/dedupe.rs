//! `comms contacts dedupe`.

use clap::Args;

use crate::cli::output::{Cell, Column, Format, Output, Style};
use crate::cli::{Done, origin};
use crate::error::{Kind, Result};
use crate::format::clean;
use crate::ops::App;
use crate::ops::contacts::dedupe::{self, PairRow, Which};

use super::fields;

#[derive(Debug, Args)]
pub struct DedupeArgs {
    /// Join this pair of the plan (c1+c7); the first stays. May be given several times
    #[arg(long, value_name = "PAIR", conflicts_with = "yes")]
    apply: Vec<String>,
    /// Join all pairs that are certain
    #[arg(long)]
    yes: bool,
    /// Show at most this many pairs
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,
    /// End with exit code 5 if there is none
    #[arg(long)]
    fail_empty: bool,
}

pub fn run(args: DedupeArgs, app: &App, out: &mut Output) -> Result<Done> {
    let which = match (args.apply.is_empty(), args.yes) {
        (false, _) => Some(Which::Picked(args.apply)),
        (true, true) => Some(Which::Certain),
        _ => None,
    };
    if let Some(which) = which {
        let report = dedupe::apply(app, origin(app, out), &which)?;
        return fields::tell(&report, out);
    }
    let limit = usize::try_from(args.limit).unwrap_or(usize::MAX);
    let report = dedupe::plan(app, limit)?;
    out.list(
        "comms.duplicates/1",
        &report,
        "pairs",
        &report.pairs,
        &columns(),
    )?;
    if out.format == Format::Table {
        match report.pairs.first() {
            None => out.hint("nobody is here twice, as far as the cards tell"),
            Some(first) => out.hint(&format!(
                "join a pair with `comms contacts dedupe --apply {}`, or all that are certain with --yes; undo takes it back",
                first.pair
            )),
        }
    }
    Ok((args.fail_empty && report.pairs.is_empty()).then_some(Kind::NotFound))
}

fn columns() -> Vec<Column<PairRow>> {
    vec![
        Column {
            field: "pair",
            title: "pair",
            cell: |p: &PairRow, _| Cell::id(&p.pair),
            plain: |p| p.pair.clone(),
        },
        Column {
            field: "confidence",
            title: "sure",
            cell: |p, _| {
                let style = if p.certain {
                    Style::Good
                } else {
                    Style::Normal
                };
                Cell::new(format!("{}%", p.confidence), style)
            },
            plain: |p| p.confidence.to_string(),
        },
        Column {
            field: "first_name",
            title: "stays",
            cell: |p, _| Cell::plain(clean::line(&p.first_name)),
            plain: |p| p.first_name.clone(),
        },
        Column {
            field: "second_name",
            title: "goes into it",
            cell: |p, _| Cell::plain(clean::line(&p.second_name)),
            plain: |p| p.second_name.clone(),
        },
        Column {
            field: "why",
            title: "why",
            cell: |p, _| Cell::new(clean::line(&p.why.join("; ")), Style::Dim),
            plain: |p| p.why.join("; "),
        },
    ]
}
