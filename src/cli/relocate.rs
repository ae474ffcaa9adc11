//! `comms auth move`.

use clap::{Args, ValueEnum};

use crate::error::Result;
use crate::format::clean;
use crate::model::secret::Place;
use crate::ops::App;
use crate::ops::relocate::{self, MoveRequest, MoveRow};

use super::Done;
use super::output::{Cell, Column, Output, Style};

#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("which").required(true).args(["accounts", "all"])))]
pub struct MoveArgs {
    /// The accounts whose secrets move
    #[arg(value_name = "ACCOUNT")]
    accounts: Vec<String>,
    /// Move the secrets of all accounts
    #[arg(long)]
    all: bool,
    /// Where they go: file (encrypted, works in cron and over ssh) or keyring
    #[arg(long, value_enum, value_name = "STORE", hide_possible_values = true)]
    to: To,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum To {
    File,
    Keyring,
}

pub fn run(args: MoveArgs, app: &App, out: &mut Output) -> Result<Done> {
    let request = MoveRequest {
        accounts: args.accounts,
        to: match args.to {
            To::File => Place::File,
            To::Keyring => Place::Keyring,
        },
    };
    let report = super::wait(relocate::relocate(app, request))?;
    let columns = [
        Column {
            field: "account",
            title: "account",
            cell: |row: &MoveRow, _| Cell::new(&row.account, Style::Strong),
            plain: |row| row.account.clone(),
        },
        Column {
            field: "state",
            title: "state",
            cell: |row, _| Cell::new(&row.state, style(row)),
            plain: |row| row.state.clone(),
        },
        Column {
            field: "moved",
            title: "secrets",
            cell: |row, _| Cell::plain(row.moved.join(", ")),
            plain: |row| row.moved.join(", "),
        },
        Column {
            field: "error",
            title: "",
            cell: |row, _| Cell::new(words(row), Style::Dim),
            plain: words,
        },
    ];
    out.list(
        "comms.auth_move/1",
        &report,
        "accounts",
        &report.accounts,
        &columns,
    )?;
    for error in report.accounts.iter().filter_map(|row| row.error.as_ref()) {
        out.warn(&error.message);
        if let Some(hint) = &error.hint {
            out.hint(hint);
        }
    }
    Ok(report.outcome())
}

fn words(row: &MoveRow) -> String {
    row.error
        .as_ref()
        .map(|error| clean::line(&error.message))
        .unwrap_or_default()
}

fn style(row: &MoveRow) -> Style {
    match &row.error {
        Some(_) => Style::Bad,
        None if row.moved.is_empty() => Style::Dim,
        None => Style::Good,
    }
}
