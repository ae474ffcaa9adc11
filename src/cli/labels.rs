//! `comms inbox labels`.

use clap::Args;

use crate::error::Result;
use crate::ops::App;
use crate::ops::labels::{self, LabelRow, LabelsRequest, Naming};

use super::Done;
use super::output::{Cell, Column, Output, Style};

#[derive(Debug, Args)]
#[command(after_help = "Example: comms inbox labels --rename Work Office")]
pub struct LabelsArgs {
    /// Only this account
    #[arg(long, value_name = "ACCOUNT")]
    account: Option<String>,
    /// Make a label; `/` makes levels
    #[arg(long, value_name = "LABEL", conflicts_with_all = ["rename", "delete"])]
    create: Option<String>,
    /// Give a label another name; its messages keep it
    #[arg(long, num_args = 2, value_names = ["OLD", "NEW"], conflicts_with = "delete")]
    rename: Option<Vec<String>>,
    /// Delete a label; its messages stay
    #[arg(long, value_name = "LABEL")]
    delete: Option<String>,
}

pub fn run(args: LabelsArgs, app: &App, out: &mut Output) -> Result<Done> {
    let rename = args.rename.map(|names| {
        let mut names = names.into_iter();
        let mut next = || names.next().unwrap_or_default();
        Naming::Rename(next(), next())
    });
    let request = LabelsRequest {
        account: args.account,
        naming: rename
            .or(args.create.map(Naming::Make))
            .or(args.delete.map(Naming::Delete)),
    };
    let report = super::wait(labels::labels(app, &request))?;
    let columns = [
        Column {
            field: "name",
            title: "label",
            cell: |row: &LabelRow, _| Cell::new(&row.name, Style::Strong),
            plain: |row| row.name.clone(),
        },
        Column {
            field: "account",
            title: "account",
            cell: |row, _| Cell::plain(row.account.clone()),
            plain: |row| row.account.clone(),
        },
        Column {
            field: "own",
            title: "",
            cell: |row, _| Cell::new(if row.own { "" } else { "Gmail's own" }, Style::Dim),
            plain: |row| row.own.to_string(),
        },
    ];
    out.list(
        "comms.labels/1",
        &report,
        "labels",
        &report.labels,
        &columns,
    )?;
    Ok(None)
}
