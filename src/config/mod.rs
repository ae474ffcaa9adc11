//! Configuration, resolved once into plain values: defaults < file < environment < flags.

pub mod file;
pub mod flags;

use std::path::PathBuf;
use std::time::Duration;

use crate::model::account::Account;

/// Everything a command needs to know about where and how it runs.
#[derive(Clone, Debug)]
pub struct Config {
    /// The config file that was (or would be) read.
    pub config_file: PathBuf,
    /// Folder of the store and of the built-in Maildir; 0700.
    pub data_dir: PathBuf,
    /// Sorted by name; always holds the built-in `local`.
    pub accounts: Vec<Account>,
    /// `[defaults] email`: the account that sends when several could.
    pub default_email: Option<String>,
    /// Refuse every request that writes to a provider.
    pub read_only: bool,
    /// How old synced mail may be before `inbox` refreshes it.
    pub max_age: Duration,
    /// How long `inbox` waits for that refresh.
    pub refresh_deadline: Duration,
    /// Where each value came from, for `comms config show`: (key, value shown, source).
    pub sources: Vec<Setting>,
}

/// One resolved value and its origin.
#[derive(Clone, Debug, serde::Serialize, schemars::JsonSchema)]
pub struct Setting {
    pub key: String,
    pub value: String,
    /// `default`, `config.toml:12`, `environment COMMS_HOME`, `flag --config`.
    pub source: String,
}

impl Config {
    /// The account with this name.
    pub fn account(&self, name: &str) -> crate::error::Result<&Account> {
        self.accounts
            .iter()
            .find(|a| a.name == name)
            .ok_or_else(|| {
                let known: Vec<_> = self
                    .accounts
                    .iter()
                    .map(|a| format!("`{}`", a.name))
                    .collect();
                crate::error::Error::config(format!("there is no account `{name}`")).hint(format!(
                    "accounts are {}; `comms config show` lists them",
                    known.join(", ")
                ))
            })
    }

    /// Root of the built-in Maildir.
    pub fn local_maildir(&self) -> PathBuf {
        self.data_dir.join("mail")
    }
}
