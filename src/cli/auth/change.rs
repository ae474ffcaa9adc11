//! `comms auth default`, `rename` and `remove`.

use clap::Args;

use crate::cli::output::Output;
use crate::cli::{Done, prompt, wait};
use crate::error::{Error, Kind, Result};
use crate::ops::App;
use crate::ops::accounts;

#[derive(Debug, Args)]
pub struct DefaultArgs {
    /// The account that sends when several could
    #[arg(required_unless_present = "unset")]
    account: Option<String>,
    /// Let none be the default
    #[arg(long, conflicts_with = "account")]
    unset: bool,
}

#[derive(Debug, Args)]
pub struct RenameArgs {
    /// The name it has
    old: String,
    /// The name it gets
    new: String,
}

#[derive(Debug, Args)]
pub struct RemoveArgs {
    /// The account to remove
    account: String,
    /// Forget its messages, too; a server keeps its own
    #[arg(long)]
    forget: bool,
    /// Don't ask
    #[arg(long)]
    yes: bool,
}

pub fn default(args: &DefaultArgs, app: &App, out: &mut Output) -> Result<Done> {
    let report = accounts::set_default(app, args.account.as_deref())?;
    out.report("comms.auth_default/1", &report, |_| {
        match (&report.account, report.changed) {
            (Some(name), true) => format!("account {name} sends when several could\n"),
            (Some(name), false) => format!("account {name} was the default already\n"),
            (None, true) => "no account is the default now\n".to_owned(),
            (None, false) => "no account was the default\n".to_owned(),
        }
    })?;
    Ok(None)
}

pub fn rename(args: &RenameArgs, app: &App, out: &mut Output) -> Result<Done> {
    let report = wait(accounts::rename(app, &args.old, &args.new))?;
    for warning in &report.warnings {
        out.warn(warning);
    }
    out.report("comms.auth_rename/1", &report, |_| {
        format!(
            "account {} is called {} now, with {} messages, {} outbox items and {} stored secrets\n",
            report.was, report.account, report.messages, report.items, report.secrets
        )
    })?;
    Ok(None)
}

pub fn remove(args: &RemoveArgs, app: &App, out: &mut Output) -> Result<Done> {
    let name = &args.account;
    accounts::check_removable(app, name, args.forget)?;
    if !args.yes {
        let what = match args.forget {
            true => "its secrets and the messages stored here",
            false => "its secrets",
        };
        let question = format!("Remove account {name} and {what}?");
        if !prompt::confirm(out, &question, "--yes")? {
            return Err(Error::new(Kind::Refused, "nothing was removed"));
        }
    }
    let report = wait(accounts::remove(app, name, args.forget))?;
    for warning in &report.warnings {
        out.warn(warning);
    }
    out.report("comms.auth_remove/1", &report, |_| {
        let mut text = format!("account {name} was removed");
        if report.configured {
            text.push_str(&format!(" from {}", report.config_file));
        }
        if report.secret_removed {
            text.push_str(", its secret is gone");
        }
        match (report.messages_kept, report.messages_forgotten) {
            (0, 0) => {}
            (0, n) => text.push_str(&format!(", {n} messages were forgotten")),
            (n, _) => text.push_str(&format!(", {n} messages stay and can be searched")),
        }
        text.push('\n');
        text
    })?;
    if report.messages_kept > 0 {
        out.hint(&format!(
            "`comms auth remove {name} --forget` forgets its messages, too"
        ));
    }
    Ok(None)
}
