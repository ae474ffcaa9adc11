//! `comms contacts optout`.

use clap::Args;

use crate::cli::output::{Cell, Column, Format, Output};
use crate::cli::{Done, origin};
use crate::error::{Kind, Result};
use crate::format::clean;
use crate::ops::App;
use crate::ops::optout::{self, Optout};

#[derive(Debug, Args)]
pub struct OptoutArgs {
    /// Mail addresses, phone numbers (+15550100), handles; or contacts (c9, a name): all their addresses
    #[arg(value_name = "ADDRESS", required_unless_present = "list")]
    addresses: Vec<String>,
    /// Why; it is shown with what is not sent
    #[arg(long, value_name = "TEXT")]
    why: Option<String>,
    /// Let them be sent to again; not for agents
    #[arg(long, conflicts_with = "why")]
    remove: bool,
    /// List all
    #[arg(long, conflicts_with_all = ["addresses", "why", "remove"])]
    list: bool,
}

pub fn run(args: OptoutArgs, app: &App, out: &mut Output) -> Result<Done> {
    let by = origin(app, out);
    let report = match (args.list, args.remove) {
        (true, _) => optout::list(app)?,
        (_, true) => optout::remove(app, by, &args.addresses)?,
        _ => optout::add(app, by, &args.addresses, args.why.as_deref())?,
    };
    out.list(
        "comms.optouts/1",
        &report,
        "optouts",
        &report.optouts,
        &columns(),
    )?;
    if args.list && report.optouts.is_empty() && out.format == Format::Table {
        out.hint("nobody opted out");
    }
    let all_unknown = report.optouts.iter().all(|o| o.change == "unknown");
    Ok((args.remove && all_unknown).then_some(Kind::NotFound))
}

fn columns() -> Vec<Column<Optout>> {
    vec![
        Column {
            field: "address",
            title: "ADDRESS",
            cell: |o, _| Cell::plain(clean::line(&o.address)),
            plain: |o| o.address.clone(),
        },
        Column {
            field: "at",
            title: "SINCE",
            cell: |o, out| Cell::plain(out.when(o.at)),
            plain: |o| o.at.to_string(),
        },
        Column {
            field: "source",
            title: "BY",
            cell: |o, _| Cell::plain(clean::line(&o.source)),
            plain: |o| o.source.clone(),
        },
        Column {
            field: "change",
            title: "NOW",
            cell: |o, _| Cell::plain(o.change),
            plain: |o| o.change.to_owned(),
        },
        Column {
            field: "why",
            title: "WHY",
            cell: |o, _| Cell::plain(clean::line(o.why.as_deref().unwrap_or_default())),
            plain: |o| o.why.clone().unwrap_or_default(),
        },
    ]
}
