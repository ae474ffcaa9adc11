//! `comms auth hook`: secrets and state of webhooks of the user's.

use clap::{Args, Subcommand};
use jiff::SignedDuration;
use secrecy::ExposeSecret;

use crate::cli::output::{Cell, Column, Format, Output, Style};
use crate::cli::{self, Done, login};
use crate::error::{Error, Result};
use crate::format::clean;
use crate::model::time;
use crate::ops::App;
use crate::ops::webhooks::{self, DeliveryRow, HookRow, SecretReport};

#[derive(Debug, Args)]
pub struct HookArgs {
    #[command(subcommand)]
    command: HookCommand,
}

#[derive(Debug, Subcommand)]
enum HookCommand {
    /// Make the secret that a hook's deliveries are signed with, and print it, this once
    #[command(
        after_help = "Examples:\n  comms auth hook add desk\n  pass hooks/desk | comms auth hook add desk --stdin"
    )]
    Add(SecretArgs),
    /// Make another secret; the one before signs as well for a while
    #[command(after_help = "Example: comms auth hook rotate desk --overlap 2d")]
    Rotate {
        #[command(flatten)]
        secret: SecretArgs,
        /// How long the secret before signs as well (1h, 2d, 0s)
        #[arg(long, value_name = "TIME", default_value = "24h")]
        overlap: String,
    },
    /// List the hooks of the config and how they do
    #[command(after_help = "Example: comms auth hook list")]
    List,
    /// Show a hook and its last deliveries
    #[command(after_help = "Example: comms auth hook show desk")]
    Show {
        /// The hook's name in the config
        name: String,
    },
    /// Take a hook up again that was told nothing more, and try again what was given up
    #[command(after_help = "Example: comms auth hook enable desk")]
    Enable {
        /// The hook's name in the config
        name: String,
    },
}

#[derive(Debug, Args)]
struct SecretArgs {
    /// The hook's name in the config
    name: String,
    /// Take the secret from stdin (whsec_…) instead of making one
    #[arg(long)]
    stdin: bool,
}

impl HookArgs {
    /// What it changes, and the command that does; `None` for what only looks.
    pub fn change(&self) -> Option<(&'static str, &'static str)> {
        match self.command {
            HookCommand::Add(_) => Some(("make the secret of a hook", "comms auth hook add")),
            HookCommand::Rotate { .. } => {
                Some(("make the secret of a hook", "comms auth hook rotate"))
            }
            HookCommand::Enable { .. } => Some(("take a hook up again", "comms auth hook enable")),
            HookCommand::List | HookCommand::Show { .. } => None,
        }
    }
}

pub fn run(args: HookArgs, app: &App, out: &mut Output) -> Result<Done> {
    match args.command {
        HookCommand::Add(args) => {
            let given = given(&args)?;
            let report = cli::wait(webhooks::add(app, &args.name, given))?;
            secret(&report, out)
        }
        HookCommand::Rotate {
            secret: args,
            overlap,
        } => {
            let overlap = time::duration(&overlap)?;
            let overlap = SignedDuration::try_from(overlap)
                .map_err(|e| Error::usage("the overlap is too long").because(e))?;
            let given = given(&args)?;
            let report = cli::wait(webhooks::rotate(app, &args.name, (given, overlap)))?;
            secret(&report, out)
        }
        HookCommand::List => list(app, out),
        HookCommand::Show { name } => show(&name, app, out),
        HookCommand::Enable { name } => {
            let report = webhooks::enable(app, &name)?;
            out.report("comms.hook_enable/1", &report, |_| {
                format!("hook {name} is told again; {} waiting\n", report.waiting)
            })?;
            Ok(None)
        }
    }
}

fn given(args: &SecretArgs) -> Result<Option<secrecy::SecretString>> {
    args.stdin.then(login::read_secret).transpose()
}

fn secret(report: &SecretReport, out: &mut Output) -> Result<Done> {
    let text = format!("{}\n", report.secret.expose_secret());
    if out.format == Format::Plain && out.fields.is_none() {
        out.text(&text)?;
    } else {
        out.report("comms.hook_secret/1", report, |_| text.clone())?;
    }
    out.hint("this is the only time the secret is shown: the receiver checks signatures with it");
    if let Some(until) = report.before_until {
        out.hint(&format!("the secret before signs as well until {until}"));
    }
    Ok(None)
}

fn list(app: &App, out: &mut Output) -> Result<Done> {
    let report = cli::wait(webhooks::list(app))?;
    let columns = [
        Column {
            field: "name",
            title: "hook",
            cell: |row: &HookRow, _| Cell::new(&row.name, Style::Strong),
            plain: |row| row.name.clone(),
        },
        Column {
            field: "state",
            title: "state",
            cell: |row, _| {
                Cell::new(
                    row.state,
                    match row.state {
                        "ok" => Style::Good,
                        _ => Style::Bad,
                    },
                )
            },
            plain: |row| row.state.to_owned(),
        },
        Column {
            field: "waiting",
            title: "waiting",
            cell: |row, _| Cell::plain(row.waiting.to_string()),
            plain: |row| row.waiting.to_string(),
        },
        Column {
            field: "failed",
            title: "given up",
            cell: |row, _| Cell::plain(row.failed.to_string()),
            plain: |row| row.failed.to_string(),
        },
        Column {
            field: "delivered",
            title: "delivered",
            cell: |row, _| Cell::plain(row.delivered.to_string()),
            plain: |row| row.delivered.to_string(),
        },
        Column {
            field: "url",
            title: "address",
            cell: |row, _| Cell::new(clean::line(&row.url), Style::Dim),
            plain: |row| row.url.clone(),
        },
        Column {
            field: "error",
            title: "",
            cell: |row, _| Cell::new(error(row.error.as_deref()), Style::Dim),
            plain: |row| error(row.error.as_deref()),
        },
    ];
    out.list("comms.hooks/1", &report, "hooks", &report.hooks, &columns)?;
    Ok(None)
}

fn show(name: &str, app: &App, out: &mut Output) -> Result<Done> {
    let report = cli::wait(webhooks::show(app, name))?;
    let columns = [
        Column {
            field: "id",
            title: "delivery",
            cell: |row: &DeliveryRow, _| Cell::new(&row.id, Style::Id),
            plain: |row| row.id.clone(),
        },
        Column {
            field: "event",
            title: "event",
            cell: |row, _| Cell::plain(&row.event),
            plain: |row| row.event.clone(),
        },
        Column {
            field: "state",
            title: "state",
            cell: |row, _| {
                Cell::new(
                    row.state,
                    match row.state {
                        "delivered" => Style::Good,
                        "failed" => Style::Bad,
                        _ => Style::Dim,
                    },
                )
            },
            plain: |row| row.state.to_owned(),
        },
        Column {
            field: "tries",
            title: "tries",
            cell: |row, _| Cell::plain(row.tries.to_string()),
            plain: |row| row.tries.to_string(),
        },
        Column {
            field: "again_at",
            title: "again",
            cell: |row, out| {
                Cell::new(
                    row.again_at.map(|at| out.when(at)).unwrap_or_default(),
                    Style::Dim,
                )
            },
            plain: |row| row.again_at.map(|at| at.to_string()).unwrap_or_default(),
        },
        Column {
            field: "error",
            title: "",
            cell: |row, _| Cell::new(error(row.error.as_deref()), Style::Dim),
            plain: |row| error(row.error.as_deref()),
        },
    ];
    out.list(
        "comms.hook_show/1",
        &report,
        "deliveries",
        &report.deliveries,
        &columns,
    )?;
    Ok(None)
}

/// A server's words may be in it.
fn error(words: Option<&str>) -> String {
    words.map(clean::line).unwrap_or_default()
}
