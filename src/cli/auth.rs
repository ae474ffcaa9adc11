//! `comms auth`.

use clap::{Args, Subcommand};
use secrecy::SecretString;

use crate::error::{Context, Error, Kind, Result};
use crate::format::clean;
use crate::ops::App;
use crate::ops::auth::{self, AccountRow, AuthReport};

use super::output::{Cell, Column, Output, Style};
use super::{Done, prompt};

#[derive(Debug, Args)]
#[command(after_help = "Example: comms auth login work")]
pub struct AuthArgs {
    #[command(subcommand)]
    command: AuthCommand,
}

#[derive(Debug, Subcommand)]
enum AuthCommand {
    /// List accounts and where their secrets come from
    List,
    /// Log in for real and say what happened
    #[command(after_help = "Example: comms auth status work")]
    Status {
        /// Only this account
        account: Option<String>,
    },
    /// Ask for a secret, prove it against the server and keep it
    #[command(after_help = "Example: pass mail/work | comms auth login work --stdin")]
    Login {
        /// The account to log in to
        account: String,
        /// Read the secret from stdin instead of asking
        #[arg(long)]
        stdin: bool,
    },
    /// Move secrets between the keyring and the encrypted file
    #[command(after_help = "Example: comms auth move work --to file")]
    Move(super::relocate::MoveArgs),
    /// Remove the stored secrets of an account
    #[command(after_help = "Example: comms auth logout work")]
    Logout {
        /// The account whose secret goes
        account: String,
    },
}

pub fn run(args: AuthArgs, app: &App, out: &mut Output) -> Result<Done> {
    match args.command {
        AuthCommand::List => {
            let report = super::wait(auth::list(app))?;
            show(&report, out)?;
            Ok(None)
        }
        AuthCommand::Status { account } => {
            let report = super::wait(auth::status(app, account.as_deref()))?;
            show(&report, out)?;
            for row in &report.accounts {
                if let Some(error) = &row.error {
                    out.warn(&error.message);
                    if let Some(hint) = &error.hint {
                        out.hint(hint);
                    }
                }
            }
            Ok(report.outcome())
        }
        AuthCommand::Login { account, stdin } => login(&account, stdin, app, out),
        AuthCommand::Move(args) => super::relocate::run(args, app, out),
        AuthCommand::Logout { account } => {
            let change = super::wait(auth::logout(app, &account))?;
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

fn login(account: &str, stdin: bool, app: &App, out: &mut Output) -> Result<Done> {
    // A name that is wrong is told before anyone types a password.
    app.config.account(account)?;
    let secret = if stdin {
        read_secret()?
    } else {
        prompt::password(out, &format!("Password or token for {account}:"), "--stdin")?
    };
    let change = super::wait(auth::login(app, account, secret))?;
    if let Some(source) = &change.shadowed_by {
        out.warn(&format!(
            "account `{account}` also has a secret from the {source}, which wins over a stored one"
        ));
    }
    out.report("comms.auth_change/1", &change, |_| {
        format!(
            "{} took the login; the secret is in the {}\n",
            change.server.as_deref().unwrap_or("the server"),
            change.stored_in.as_deref().unwrap_or("keyring")
        )
    })?;
    Ok(None)
}

/// The first line of stdin.
fn read_secret() -> Result<SecretString> {
    let mut line = String::new();
    std::io::stdin()
        .read_line(&mut line)
        .context(Kind::Usage, "reading the secret from stdin")?;
    let secret = line.trim_end_matches(['\r', '\n']);
    if secret.is_empty() {
        return Err(Error::usage("stdin held no secret"));
    }
    Ok(SecretString::from(secret))
}

fn show(report: &AuthReport, out: &mut Output) -> Result<()> {
    let columns = [
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
            title: "",
            cell: |row, _| Cell::new(words(row), Style::Dim),
            plain: words,
        },
    ];
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
    row.error
        .as_ref()
        .map(|error| clean::line(&error.message))
        .unwrap_or_default()
}

fn style(state: &str) -> Style {
    match state {
        "ok" => Style::Good,
        "failed" => Style::Bad,
        _ => Style::Dim,
    }
}
