//! `comms doctor`.

use clap::Args;

use crate::error::Result;
use crate::format::clean;
use crate::ops::App;
use crate::ops::doctor::{self, Check, DoctorRequest};

use super::Done;
use super::output::{Cell, Column, Output, Style};

#[derive(Debug, Args)]
#[command(after_help = "Example: comms doctor --offline")]
pub struct DoctorArgs {
    /// Ask no server
    #[arg(long)]
    offline: bool,
    /// Build the search index anew from what was received
    #[arg(long)]
    rebuild_index: bool,
}

pub fn run(args: DoctorArgs, app: &App, out: &mut Output) -> Result<Done> {
    let request = DoctorRequest {
        offline: args.offline,
        rebuild_index: args.rebuild_index,
    };
    let report = super::wait(doctor::doctor(app, request))?;
    let columns = [
        Column {
            field: "state",
            title: "",
            cell: |check: &Check, _| Cell::new(&check.state, style(&check.state)),
            plain: |check| check.state.clone(),
        },
        Column {
            field: "name",
            title: "what",
            cell: |check, _| Cell::new(&check.name, Style::Strong),
            plain: |check| check.name.clone(),
        },
        Column {
            field: "detail",
            title: "how it is",
            cell: |check, _| Cell::plain(clean::line(&check.detail)),
            plain: |check| check.detail.clone(),
        },
        Column {
            field: "fix",
            title: "what mends it",
            cell: |check, _| Cell::plain(check.fix.as_deref().map(clean::line).unwrap_or_default()),
            plain: |check| check.fix.clone().unwrap_or_default(),
        },
    ];
    out.list(
        "comms.doctor/1",
        &report,
        "checks",
        &report.checks,
        &columns,
    )?;
    Ok(report.outcome())
}

fn style(state: &str) -> Style {
    match state {
        "ok" => Style::Good,
        "fault" => Style::Bad,
        _ => Style::Dim,
    }
}
