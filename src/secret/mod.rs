//! Secrets: environment, a command of the user's, or the OS keyring. Never a plain file.

mod command;
mod keyring;

pub use command::shell;

use secrecy::SecretString;

use crate::error::{Error, Result};
use crate::model::account::Account;
use crate::model::secret::{Part, SecretSettings};

/// The places that hold secrets. Opens none before it is asked; its calls may wait for a password manager or a
/// keyring, so make them off the runtime's thread.
#[derive(Clone, Debug)]
pub struct Vault {
    settings: SecretSettings,
}

/// A secret, and who gave it.
#[derive(Clone, Debug)]
pub struct Found {
    pub secret: SecretString,
    /// `environment`, `secret_command`, or the name of the store.
    pub source: String,
}

impl Vault {
    pub fn new(settings: SecretSettings) -> Vault {
        Vault { settings }
    }

    /// What logs in to the account. Auth error with the next step if nobody has it.
    pub fn login(&self, account: &Account) -> Result<Found> {
        self.find(account, Part::Login)?.ok_or_else(|| {
            Error::auth(format!("account `{}` has no secret yet", account.name))
                .hint(next_step(account))
        })
    }

    /// A secret of the account; `None` if certainly nobody has it.
    ///
    /// Order: the environment, `secret_command` (for the login), then where secrets are kept.
    pub fn find(&self, account: &Account, part: Part) -> Result<Option<Found>> {
        if let Some(secret) = account.secret_env.get(&part) {
            return Ok(Some(Found {
                secret: secret.clone(),
                source: "environment".to_owned(),
            }));
        }
        if let Some(line) = account
            .secret_command
            .as_ref()
            .filter(|_| part == Part::Login)
        {
            return Ok(Some(Found {
                secret: command::run(&account.name, line)?,
                source: "secret_command".to_owned(),
            }));
        }
        match keyring::read(&part.entry(&account.name)) {
            Ok(found) => Ok(found.map(|(secret, name)| Found {
                secret,
                source: name.to_owned(),
            })),
            Err(fault) => Err(Error::auth(format!(
                "the secret of account `{}` can't be read: {}",
                account.name, fault.message
            ))
            .hint(format!(
                "set {} or `secret_command`; `comms doctor` says what is wrong with the keyring",
                part.variable(&account.name)
            ))
            .because(fault.cause)),
        }
    }

    /// Writes a secret where secrets are kept and reads it back; the name of the store that holds it.
    pub fn store(&self, account: &Account, part: Part, secret: &SecretString) -> Result<String> {
        let _ = &self.settings;
        keyring::write(&part.entry(&account.name), secret).map_err(|fault| {
            Error::auth(format!("the secret was not kept: {}", fault.message))
                .hint(format!(
                    "without a keyring set {} or `secret_command`",
                    part.variable(&account.name)
                ))
                .because(fault.cause)
        })
    }

    /// Removes a secret from where secrets are kept; false if there was none.
    pub fn remove(&self, account: &Account, part: Part) -> Result<bool> {
        keyring::delete(&part.entry(&account.name)).map_err(|fault| {
            Error::auth(format!("the secret was not removed: {}", fault.message))
                .because(fault.cause)
        })
    }

    /// The name of the OS keyring if it can be used, else why not.
    pub fn keyring_state(&self) -> std::result::Result<String, String> {
        keyring::read("comms-doctor")
            .map(|_| keyring::NAME.to_owned())
            .map_err(|fault| format!("{} ({})", fault.message, fault.cause))
    }
}

fn next_step(account: &Account) -> String {
    format!(
        "run `comms auth login {}`, or set {} or `secret_command`",
        account.name,
        Part::Login.variable(&account.name)
    )
}
