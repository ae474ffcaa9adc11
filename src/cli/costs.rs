//! `comms costs`.

use clap::{Args, Subcommand};

use crate::error::Result;
use crate::format::clean;
use crate::model::money::Money;
use crate::ops::App;
use crate::ops::costs::{
    self, By, CapReport, CostsReport, CostsRequest, CostsRow, UpdateRequest, Updated,
};

use super::output::{Cell, Column, Format, Output, Style};
use super::{Done, wait};

#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Examples:\n  comms costs\n  comms costs --by month\n  comms costs update --country DE,US"
)]
pub struct CostsArgs {
    #[command(subcommand)]
    command: Option<CostsCommand>,
    /// What to add up by
    #[arg(long, value_name = "WHAT", default_value = "account",
          value_parser = ["account", "channel", "month", "contact", "batch"])]
    by: String,
    /// Only what was sent since then; else this month, by month the last twelve
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Only what was sent before then
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
}

#[derive(Debug, Subcommand)]
enum CostsCommand {
    /// Fetch Twilio's prices of SMS into prices.toml; rows of your own stay
    #[command(after_help = "Examples:\n  comms costs update\n  comms costs update --country DE,US")]
    Update {
        /// The Twilio account whose prices they are
        #[arg(long, value_name = "ACCOUNT")]
        account: Option<String>,
        /// Countries (ISO 3166); else those that were written to
        #[arg(long, value_name = "CODES", value_delimiter = ',')]
        country: Vec<String>,
        /// All countries that Twilio has prices for
        #[arg(long, conflicts_with = "country")]
        all: bool,
    },
}

pub fn run(args: CostsArgs, app: &App, out: &mut Output) -> Result<Done> {
    if let Some(CostsCommand::Update {
        account,
        country,
        all,
    }) = args.command
    {
        let request = UpdateRequest {
            account,
            countries: country,
            all,
        };
        let report = wait(costs::update(app, &request))?;
        out.list(
            "comms.costs_update/1",
            &report,
            "prices",
            &report.prices,
            &price_columns(),
        )?;
        if out.format == Format::Table {
            out.hint(&format!("they stand in {}", clean::line(&report.file)));
        }
        return Ok(None);
    }
    let by = By::ALL.into_iter().find(|by| by.name() == args.by);
    let request = CostsRequest {
        by: by.unwrap_or_default(),
        since: args.since,
        until: args.until,
    };
    let report = costs::costs(app, &request)?;
    out.list("comms.costs/1", &report, "rows", &report.rows, &columns())?;
    if out.format == Format::Table && out.fields.is_none() {
        let text = below(&report, out);
        out.text(&text)?;
        if report.rows.is_empty() {
            out.hint("nothing that costs was sent");
        }
        if report.rows.iter().any(|row| row.unknown > 0) {
            out.hint("for prices nobody knows: comms costs update, or write them into prices.toml (comms man costs)");
        }
    }
    Ok(None)
}

/// Totals and caps.
fn below(report: &CostsReport, out: &Output) -> String {
    let mut text = String::new();
    if report.rows.len() > 1 {
        let sums: Vec<_> = report.totals.iter().filter_map(|row| row.spent).collect();
        let sums: Vec<_> = sums.iter().map(Money::to_string).collect();
        text.push_str(&format!("in all: {}\n", sums.join(" and ")));
    }
    for cap in &report.caps {
        text.push_str(&cap_line(cap, out));
    }
    text
}

fn cap_line(cap: &CapReport, out: &Output) -> String {
    let left = match cap.left.micros {
        ..=0 => out.paint(Style::Bad, "nothing left"),
        _ => format!("{} left", cap.left),
    };
    let beyond = match cap.beyond {
        0 => String::new(),
        n => format!("; {n} without a price in {}", cap.most.currency()),
    };
    format!(
        "{}: {} spent, {left} this month{beyond}\n",
        clean::line(&cap.rule),
        cap.spent
    )
}

/// Signs of the longest bar.
const BAR: usize = 20;

fn bar(row: &CostsRow) -> String {
    let signs = usize::from(row.percent.unwrap_or(0)) * BAR / 100;
    "█".repeat(signs.max(usize::from(row.percent.is_some_and(|p| p > 0))))
}

fn amount(money: Option<Money>) -> String {
    money.map_or_else(|| "unknown".to_owned(), |m| m.to_string())
}

fn columns() -> Vec<Column<CostsRow>> {
    fn counted(n: u64) -> Cell {
        let style = if n == 0 { Style::Dim } else { Style::Normal };
        Cell::new(n.to_string(), style)
    }
    vec![
        Column {
            field: "key",
            title: "WHAT",
            cell: |r: &CostsRow, _| match r.key.as_str() {
                "" => Cell::new("(none)", Style::Dim),
                key => Cell::new(clean::line(key), Style::Id),
            },
            plain: |r| r.key.clone(),
        },
        Column {
            field: "spent",
            title: "SPENT",
            cell: |r, _| Cell::plain(amount(r.spent)),
            plain: |r| r.spent.map_or(String::new(), |m| m.to_string()),
        },
        Column {
            field: "percent",
            title: "",
            cell: |r, _| Cell::new(bar(r), Style::Good),
            plain: |r| r.percent.map_or(String::new(), |p| p.to_string()),
        },
        Column {
            field: "estimated",
            title: "ESTIMATED",
            cell: |r, _| {
                Cell::new(
                    r.estimated.map_or(String::new(), |m| m.number()),
                    Style::Dim,
                )
            },
            plain: |r| r.estimated.map_or(String::new(), |m| m.to_string()),
        },
        Column {
            field: "billed",
            title: "BILLED",
            cell: |r, _| Cell::plain(r.billed.map_or(String::new(), |m| m.number())),
            plain: |r| r.billed.map_or(String::new(), |m| m.to_string()),
        },
        Column {
            field: "messages",
            title: "MESSAGES",
            cell: |r, _| counted(r.messages),
            plain: |r| r.messages.to_string(),
        },
        Column {
            field: "segments",
            title: "SEGMENTS",
            cell: |r, _| counted(r.segments),
            plain: |r| r.segments.to_string(),
        },
        Column {
            field: "unknown",
            title: "UNKNOWN",
            cell: |r, _| counted(r.unknown),
            plain: |r| r.unknown.to_string(),
        },
    ]
}

fn price_columns() -> Vec<Column<Updated>> {
    vec![
        Column {
            field: "country",
            title: "COUNTRY",
            cell: |p: &Updated, _| Cell::new(clean::line(&p.country), Style::Id),
            plain: |p| p.country.clone(),
        },
        Column {
            field: "amount",
            title: "SMS, AT MOST",
            cell: |p, _| match p.amount {
                Some(amount) => Cell::plain(amount.to_string()),
                None => Cell::new("Twilio has no price", Style::Dim),
            },
            plain: |p| p.amount.map_or(String::new(), |m| m.to_string()),
        },
        Column {
            field: "change",
            title: "",
            cell: |p, _| Cell::plain(p.change.clone()),
            plain: |p| p.change.clone(),
        },
        Column {
            field: "before",
            title: "BEFORE",
            cell: |p, _| {
                Cell::new(
                    p.before.map_or(String::new(), |m| m.to_string()),
                    Style::Dim,
                )
            },
            plain: |p| p.before.map_or(String::new(), |m| m.to_string()),
        },
    ]
}
