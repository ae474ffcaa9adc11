//! `comms auth`.

mod add;
mod change;
mod hook;
mod key;
mod templates;

use clap::{Args, Subcommand};

use crate::error::Result;
use crate::format::clean;
use crate::ops::App;
use crate::ops::accounts;
use crate::ops::auth::{self, AccountRow, AuthReport};

use super::login::{self, LoginArgs};
use super::output::{Cell, Column, Format, Output, Style};
use super::{Done, origin};

#[derive(Debug, Args)]
#[command(after_help = "Example: comms auth login work")]
pub struct AuthArgs {
    #[command(subcommand)]
    command: AuthCommand,
}

#[derive(Debug, Subcommand)]
enum AuthCommand {
    /// Add an account: find its servers, prove the login, store the secret, write the config
    #[command(
        after_help = "Examples:\n  comms auth add\n  comms auth add work --address ada@example.com\n  pass mail/work | comms auth add work --address ada@example.com --imap imap.example.com:993 --smtp smtp.example.com:465 --stdin"
    )]
    Add(Box<add::AddArgs>),
    /// Choose the account that sends when several could
    #[command(after_help = "Example: comms auth default work")]
    Default(change::DefaultArgs),
    /// Give an account another name; its messages, outbox and secrets go along
    #[command(after_help = "Example: comms auth rename work office")]
    Rename(change::RenameArgs),
    /// Remove an account and its secrets; its messages stay
    #[command(after_help = "Example: comms auth remove work")]
    Remove(change::RemoveArgs),
    /// List accounts and where their secrets come from
    #[command(
        after_help = "Example: comms auth list --format plain --fields account,channel,secret"
    )]
    List,
    /// Log in for real and say what happened
    #[command(after_help = "Example: comms auth status work")]
    Status {
        /// Only this account
        account: Option<String>,
    },
    /// Log in: prove a secret, or a login by OAuth, against the server and keep it
    #[command(
        after_help = "Examples:\n  pass mail/work | comms auth login work --stdin\n  comms auth login work --paste"
    )]
    Login(LoginArgs),
    /// Move secrets between the keyring and the encrypted file
    #[command(after_help = "Example: comms auth move work --to file")]
    Move(super::relocate::MoveArgs),
    /// List the message templates of WhatsApp accounts, as they are there now
    #[command(after_help = "Example: comms auth templates shop")]
    Templates(templates::TemplatesArgs),
    /// Make the secrets of webhooks, see how they do, and take them up again
    #[command(after_help = "Example: comms auth hook add desk")]
    Hook(hook::HookArgs),
    /// Make, list and revoke the keys that programs call `comms serve` with
    #[command(after_help = "Example: comms auth key add backup --scope read")]
    Key(key::KeyArgs),
    /// Remove the stored secrets of an account
    #[command(after_help = "Example: comms auth logout work")]
    Logout {
        /// The account whose secrets go
        account: String,
        /// Take an OAuth login back at its provider, too (at Google: all logins to the app's project)
        #[arg(long)]
        revoke: bool,
    },
}

impl AuthCommand {
    /// What it changes, and the command that does; `None` for what only looks.
    fn change(&self) -> Option<(&'static str, &'static str)> {
        match self {
            AuthCommand::Add(_) => Some(("add an account", "comms auth add")),
            AuthCommand::Default(_) => {
                Some(("choose the account that sends", "comms auth default"))
            }
            AuthCommand::Rename(_) => Some(("rename an account", "comms auth rename")),
            AuthCommand::Remove(_) => Some(("remove an account", "comms auth remove")),
            AuthCommand::Login(_) => Some(("log in to an account", "comms auth login")),
            AuthCommand::Move(_) => Some(("move secrets", "comms auth move")),
            AuthCommand::Logout { .. } => {
                Some(("take away the secrets of an account", "comms auth logout"))
            }
            AuthCommand::Hook(args) => args.change(),
            AuthCommand::Key(args) => args.change(),
            AuthCommand::List | AuthCommand::Status { .. } | AuthCommand::Templates(_) => None,
        }
    }
}

pub fn run(args: AuthArgs, app: &App, out: &mut Output) -> Result<Done> {
    if let Some((doing, command)) = args.command.change() {
        accounts::no_agent(origin(app, out), doing, command)?;
    }
    match args.command {
        AuthCommand::Add(args) => add::run(*args, app, out),
        AuthCommand::Default(args) => change::default(&args, app, out),
        AuthCommand::Rename(args) => change::rename(&args, app, out),
        AuthCommand::Remove(args) => change::remove(&args, app, out),
        AuthCommand::List => {
            let report = super::wait(auth::list(app))?;
            show(&report, out)?;
            if is_table(out) {
                for row in report.accounts.iter().filter(|row| !words(row).is_empty()) {
                    out.warn(&format!("{}: {}", row.account, words(row)));
                    let hint = row.error.as_ref().and_then(|error| error.hint.as_ref());
                    if let Some(hint) = hint.or(row.next_step.as_ref()) {
                        out.hint(hint);
                    }
                }
            }
            Ok(None)
        }
        AuthCommand::Status { account } => {
            let report = super::wait(auth::status(app, account.as_deref()))?;
            show(&report, out)?;
            for row in &report.accounts {
                if let Some(url) = &row.webhook_url {
                    out.hint(&format!(
                        "the provider of `{}` is to call {url} (`comms serve`)",
                        row.account
                    ));
                }
                if let Some(error) = &row.error {
                    out.warn(&error.message);
                    if let Some(hint) = &error.hint {
                        out.hint(hint);
                    }
                }
            }
            Ok(report.outcome())
        }
        AuthCommand::Login(args) => login::run(args, app, out),
        AuthCommand::Hook(args) => hook::run(args, app, out),
        AuthCommand::Key(args) => key::run(args, app, out),
        AuthCommand::Templates(args) => templates::run(args, app, out),
        AuthCommand::Move(args) => super::relocate::run(args, app, out),
        AuthCommand::Logout { account, revoke } => {
            let change = match revoke {
                true => super::wait(auth::logout_and_revoke(app, &account))?,
                false => super::wait(auth::logout(app, &account))?,
            };
            for warning in &change.warnings {
                out.warn(warning);
            }
            out.report("comms.auth_change/1", &change, |_| {
                if change.changed {
                    format!("the stored secrets of {account} were removed\n")
                } else {
                    format!("no secret of {account} was stored\n")
                }
            })?;
            Ok(None)
        }
    }
}

/// Whether a person reads the usual columns.
fn is_table(out: &Output) -> bool {
    out.format == Format::Table && out.fields.is_none()
}

fn show(report: &AuthReport, out: &mut Output) -> Result<()> {
    let mut columns = vec![
        Column {
            field: "account",
            title: "account",
            cell: |row: &AccountRow, _| Cell::new(&row.account, Style::Strong),
            plain: |row| row.account.clone(),
        },
        Column {
            field: "channel",
            title: "channel",
            cell: |row, _| Cell::plain(row.channel.name()),
            plain: |row| row.channel.name().to_owned(),
        },
        Column {
            field: "login",
            title: "login",
            cell: |row, _| Cell::plain(row.login.as_deref().unwrap_or("")),
            plain: |row| row.login.clone().unwrap_or_default(),
        },
        Column {
            field: "secret",
            title: "secret from",
            cell: |row, _| Cell::plain(&row.secret),
            plain: |row| row.secret.clone(),
        },
        Column {
            field: "state",
            title: "state",
            cell: |row, _| Cell::new(&row.state, style(&row.state)),
            plain: |row| row.state.clone(),
        },
        Column {
            field: "error",
            title: "reason",
            cell: |row, _| Cell::new(words(row), Style::Dim),
            plain: words,
        },
        Column {
            field: "expires_at",
            title: "token until",
            cell: |row, out| {
                Cell::new(
                    row.expires_at.map(|at| out.when(at)).unwrap_or_default(),
                    Style::Dim,
                )
            },
            plain: |row| row.expires_at.map(|at| at.to_string()).unwrap_or_default(),
        },
    ];
    if is_table(out) {
        // A reason is a sentence: it stands below.
        let expire = report.accounts.iter().any(|row| row.expires_at.is_some());
        columns.retain(|c| c.field != "error" && (expire || c.field != "expires_at"));
    }
    out.list(
        "comms.auth/1",
        report,
        "accounts",
        &report.accounts,
        &columns,
    )
}

/// A server's words may be in it.
fn words(row: &AccountRow) -> String {
    let now = row.error.as_ref().map(|error| &error.message);
    now.or(row.last_error.as_ref())
        .map(|message| clean::line(message))
        .unwrap_or_default()
}

fn style(state: &str) -> Style {
    match state {
        "ok" => Style::Good,
        "failed" => Style::Bad,
        _ => Style::Dim,
    }
}
