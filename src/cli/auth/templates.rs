//! `comms auth templates`.

use clap::Args;

use crate::error::Result;
use crate::format::clean;
use crate::ops::App;
use crate::ops::whatsapp::{self, TemplateRow, TemplatesRequest};

use super::super::Done;
use super::super::output::{Cell, Column, Output, Style};

#[derive(Debug, Args)]
pub struct TemplatesArgs {
    /// Only of this account
    account: Option<String>,
    /// List what is known, and ask nobody
    #[arg(long)]
    offline: bool,
}

pub fn run(args: TemplatesArgs, app: &App, out: &mut Output) -> Result<Done> {
    let request = TemplatesRequest {
        account: args.account,
        offline: args.offline,
    };
    let report = super::super::wait(whatsapp::list(app, &request))?;
    for warning in report.warnings.iter().filter(|_| !out.format.is_json()) {
        out.warn(warning);
    }
    let columns = [
        Column {
            field: "name",
            title: "template",
            cell: |row: &TemplateRow, _| Cell::new(clean::line(&row.name), Style::Strong),
            plain: |row| clean::line(&row.name),
        },
        Column {
            field: "language",
            title: "language",
            cell: |row, _| Cell::plain(clean::line(&row.language)),
            plain: |row| clean::line(&row.language),
        },
        Column {
            field: "category",
            title: "category",
            cell: |row, _| Cell::plain(clean::line(&row.category)),
            plain: |row| clean::line(&row.category),
        },
        Column {
            field: "status",
            title: "status",
            cell: |row, _| Cell::new(clean::line(&row.status), style(&row.status)),
            plain: |row| clean::line(&row.status),
        },
        Column {
            field: "variables",
            title: "--var",
            cell: |row, _| Cell::plain(clean::line(&row.variables.join(" "))),
            plain: |row| clean::line(&row.variables.join(" ")),
        },
        Column {
            field: "text",
            title: "text",
            cell: |row, _| Cell::new(clean::line(&row.text), Style::Dim),
            plain: |row| clean::line(&row.text),
        },
        Column {
            field: "account",
            title: "account",
            cell: |row, _| Cell::plain(&row.account),
            plain: |row| row.account.clone(),
        },
    ];
    out.list(
        "comms.templates/1",
        &report,
        "templates",
        &report.templates,
        &columns,
    )?;
    Ok(None)
}

fn style(status: &str) -> Style {
    match status {
        "approved" => Style::Good,
        "rejected" | "disabled" | "paused" => Style::Bad,
        _ => Style::Dim,
    }
}
