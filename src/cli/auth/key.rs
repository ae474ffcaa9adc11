//! `comms auth key`: what programs call `comms serve` with.

use clap::{Args, Subcommand};

use crate::cli::Done;
use crate::cli::output::{Cell, Column, Format, Output, Style};
use crate::error::Result;
use crate::ops::calls::Scope;
use crate::ops::keys::{self, KeyReport, KeyRequest, KeyRow};
use crate::ops::{App, Origin};

#[derive(Debug, Args)]
pub struct KeyArgs {
    #[command(subcommand)]
    command: KeyCommand,
}

#[derive(Debug, Subcommand)]
enum KeyCommand {
    /// Make a key and print it, this once
    #[command(
        after_help = "Examples:\n  comms auth key add backup\n  KEY=$(comms auth key add desk --scope send --account work --expires 90d)\n  comms auth key add gemini-cli --scope send --origin agent --per-minute 60"
    )]
    Add(AddArgs),
    /// List keys, without what opens
    #[command(after_help = "Example: comms auth key list")]
    List {
        /// Those that were revoked, too
        #[arg(long)]
        all: bool,
    },
    /// End a key for ever; who calls with it is refused from now on
    #[command(after_help = "Example: comms auth key revoke backup")]
    Revoke {
        /// The key's name
        name: String,
    },
}

#[derive(Debug, Args)]
struct AddArgs {
    /// What the key is called in lists and logs
    name: String,
    /// What its calls may do; each holds those before it
    #[arg(long, value_parser = ["read", "send", "admin"], default_value = "read")]
    scope: String,
    /// Open only this account; may be given several times
    #[arg(long = "account", value_name = "ACCOUNT")]
    accounts: Vec<String>,
    /// Whose policy holds for its calls
    #[arg(long, value_parser = ["script", "agent"], default_value = "script")]
    origin: String,
    /// So many calls per minute (600)
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    per_minute: Option<u32>,
    /// Good until then: 90d, 2027-01-01
    #[arg(long, value_name = "TIME")]
    expires: Option<String>,
}

impl KeyArgs {
    /// What it changes, and the command that does; `None` for what only looks.
    pub fn change(&self) -> Option<(&'static str, &'static str)> {
        match self.command {
            KeyCommand::Add(_) => Some(("add an API key", "comms auth key add")),
            KeyCommand::Revoke { .. } => Some(("revoke an API key", "comms auth key revoke")),
            KeyCommand::List { .. } => None,
        }
    }
}

pub fn run(args: KeyArgs, app: &App, out: &mut Output) -> Result<Done> {
    match args.command {
        KeyCommand::Add(args) => add(args, app, out),
        KeyCommand::List { all } => list(all, app, out),
        KeyCommand::Revoke { name } => {
            let report = keys::revoke(app, &name)?;
            out.report("comms.auth_key_revoke/1", &report, |_| {
                format!("key {name} opens nothing any more\n")
            })?;
            Ok(None)
        }
    }
}

fn add(args: AddArgs, app: &App, out: &mut Output) -> Result<Done> {
    let request = KeyRequest {
        name: args.name,
        // Only these words come through.
        scope: Scope::named(&args.scope).unwrap_or(Scope::Read),
        accounts: args.accounts,
        origin: match args.origin.as_str() {
            "agent" => Origin::Agent,
            _ => Origin::Script,
        },
        per_minute: args.per_minute,
        expires: args.expires,
    };
    let report = keys::add(app, request)?;
    if out.format == Format::Plain && out.fields.is_none() {
        out.text(&shown(&report))?;
    } else {
        out.report("comms.auth_key_add/1", &report, |_| shown(&report))?;
    }
    out.hint("this is the only time the key is shown: keep it where secrets are kept");
    Ok(None)
}

fn shown(report: &KeyReport) -> String {
    use secrecy::ExposeSecret;
    report.key.expose_secret().to_owned()
}

fn list(all: bool, app: &App, out: &mut Output) -> Result<Done> {
    let report = keys::list(app, all)?;
    let columns = [
        Column {
            field: "name",
            title: "key",
            cell: |row: &KeyRow, _| Cell::new(&row.name, Style::Strong),
            plain: |row| row.name.clone(),
        },
        Column {
            field: "scope",
            title: "scope",
            cell: |row, _| Cell::plain(&row.scope),
            plain: |row| row.scope.clone(),
        },
        Column {
            field: "accounts",
            title: "accounts",
            cell: |row, _| Cell::plain(accounts(row)),
            plain: accounts,
        },
        Column {
            field: "origin",
            title: "origin",
            cell: |row, _| Cell::plain(&row.origin),
            plain: |row| row.origin.clone(),
        },
        Column {
            field: "state",
            title: "state",
            cell: |row, _| {
                let style = if row.state == "good" {
                    Style::Good
                } else {
                    Style::Dim
                };
                Cell::new(row.state, style)
            },
            plain: |row| row.state.to_owned(),
        },
        Column {
            field: "used_at",
            title: "used",
            cell: |row, out| Cell::plain(row.used_at.map_or("never".to_owned(), |at| out.when(at))),
            plain: |row| row.used_at.map(|at| at.to_string()).unwrap_or_default(),
        },
        Column {
            field: "expires_at",
            title: "until",
            cell: |row, out| Cell::plain(row.expires_at.map(|at| out.when(at)).unwrap_or_default()),
            plain: |row| row.expires_at.map(|at| at.to_string()).unwrap_or_default(),
        },
    ];
    out.list("comms.auth_keys/1", &report, "keys", &report.keys, &columns)?;
    if report.keys.is_empty() {
        out.hint("`comms auth key add NAME` makes a key");
    }
    Ok(None)
}

fn accounts(row: &KeyRow) -> String {
    match &row.accounts {
        None => "all".to_owned(),
        Some(names) => names.join(" "),
    }
}
