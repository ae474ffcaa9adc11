//! Accounts come, go and change their names: the config, the secrets and the store in one step.

mod add;
mod discover;
mod draft;
mod remove;
mod rename;
mod secrets;

pub use add::{AddReport, AddRequest, Proof, add, forget_trial, reserve, survey, trial};
pub use discover::{Discovery, Server, discover};
use draft::is_free_once;
pub use draft::{NewAccount, is_free, suggest_name};
pub use remove::{RemoveReport, check as check_removable, remove};
pub use rename::{RenameReport, rename};

use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;

use crate::config::Config;
use crate::error::{Error, Result};
use crate::model::account::{Account, ChannelKind};

use super::{App, Origin};
use crate::lock::Lock;

/// Refuses an agent what decides through whom messages go and who is let in: a message that it read may have talked it
/// into that, and what a person sends later would go elsewhere. `doing` says what it may not, `command` what a person
/// runs.
pub fn no_agent(origin: Origin, doing: &str, command: &str) -> Result<()> {
    match origin {
        Origin::Agent => Err(
            Error::refused(format!("an agent may not {doing}")).hint(format!(
                "ask the person whose accounts these are to run `{command}`"
            )),
        ),
        Origin::Person | Origin::Script => Ok(()),
    }
}

/// What `auth default` did. `comms.auth_default/1`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct DefaultReport {
    /// The account that now sends when several could; null if none is named.
    pub account: Option<String>,
    pub config_file: String,
    /// False if it was so before.
    pub changed: bool,
}

/// Names the account that sends when several could; `None` names none.
pub fn set_default(app: &App, name: Option<&str>) -> Result<DefaultReport> {
    let mut keys = vec!["email", "phone"];
    if let Some(name) = name {
        let account = app.config.account(name)?;
        if !account.sends_mail() && !account.built_in && !account.channel.is_phone() {
            return Err(Error::usage(format!("account `{name}` can't send mail"))
                .hint("name another account, or give it an `smtp` server in the config"));
        }
        keys = vec![default_of(Some(account.channel))];
    }
    let mut editor = app.config.edit()?;
    keys.retain(|key| editor.document.default(key) != name);
    let changed = !keys.is_empty();
    if changed {
        for key in keys {
            editor.document.set_default(key, name);
        }
        editor.prepare()?.commit()?;
    }
    Ok(DefaultReport {
        account: name.map(str::to_owned),
        config_file: file_name(&app.config),
        changed,
    })
}

/// The key of `[defaults]` that an account of this channel can stand at.
fn default_of(channel: Option<ChannelKind>) -> &'static str {
    match channel {
        Some(channel) if channel.is_phone() => "phone",
        _ => "email",
    }
}

fn file_name(config: &Config) -> String {
    config.config_file.display().to_string()
}

/// Keeps syncs of the account away, and renewals of its tokens.
async fn lock(app: &App, name: &str) -> Result<[Lock; 2]> {
    let patience = Duration::from_secs(10);
    let busy = || {
        Error::unavailable(format!("another comms is busy with account `{name}`"))
            .hint("wait for it to finish, then repeat")
    };
    let sync = Lock::acquire(app.store.dir(), name, patience).await?;
    let tokens = format!("{name}@tokens");
    let tokens = Lock::acquire(app.store.dir(), &tokens, patience).await?;
    Ok([sync.ok_or_else(busy)?, tokens.ok_or_else(busy)?])
}

/// The built-in account is nobody's to change.
fn not_built_in(account: &Account, doing: &str) -> Result<()> {
    if account.built_in {
        return Err(Error::usage(format!(
            "`{}` is the built-in account: it can't be {doing}",
            account.name
        )));
    }
    Ok(())
}
