//! Secrets: environment, a command of the user's, or the OS keyring. Never a plain file.

mod command;
mod keyring;

pub use command::shell;

use secrecy::SecretString;

use crate::error::{Error, Result};
use crate::model::account::{Account, secret_variable};

/// The account's secret (password, or access token under `auth = "oauth"`), and who gave it.
///
/// Order: `COMMS_SECRET_<ACCOUNT>`, `secret_command`, OS keyring. Auth error with the next step if none has it.
/// May wait for a password manager: call it off the runtime's thread.
pub fn find(account: &Account) -> Result<(SecretString, &'static str)> {
    if let Some(secret) = &account.secret_env {
        return Ok((secret.clone(), "environment"));
    }
    if let Some(line) = &account.secret_command {
        return Ok((command::run(&account.name, line)?, "secret_command"));
    }
    match keyring::read(&account.name) {
        Ok(Some(found)) => Ok(found),
        Ok(None) => Err(
            Error::auth(format!("account `{}` has no secret yet", account.name))
                .hint(next_step(account)),
        ),
        Err(fault) => Err(Error::auth(format!(
            "the secret of account `{}` can't be read: {}",
            account.name, fault.message
        ))
        .hint(format!(
            "set {} or `secret_command`; `comms doctor` says what is wrong with the keyring",
            secret_variable(&account.name)
        ))
        .because(fault.cause)),
    }
}

/// Writes the secret to the OS keyring and reads it back; returns the keyring's name.
pub fn store(account: &Account, secret: &SecretString) -> Result<String> {
    keyring::write(&account.name, secret).map_err(|fault| {
        Error::auth(format!("the secret was not kept: {}", fault.message))
            .hint(format!(
                "without a keyring set {} or `secret_command`",
                secret_variable(&account.name)
            ))
            .because(fault.cause)
    })
}

/// Removes the secret from the OS keyring; false if there was none.
pub fn remove(account: &Account) -> Result<bool> {
    keyring::delete(&account.name).map_err(|fault| {
        Error::auth(format!("the secret was not removed: {}", fault.message)).because(fault.cause)
    })
}

/// The name of the OS keyring if it can be used, else why not.
pub fn keyring_state() -> std::result::Result<String, String> {
    keyring::read("comms-doctor")
        .map(|_| keyring::NAME.to_owned())
        .map_err(|fault| format!("{} ({})", fault.message, fault.cause))
}

fn next_step(account: &Account) -> String {
    format!(
        "run `comms auth login {}`, or set {} or `secret_command`",
        account.name,
        secret_variable(&account.name)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variable_of_an_account_is_a_name_every_shell_takes() {
        assert_eq!(secret_variable("work"), "COMMS_SECRET_WORK");
        assert_eq!(secret_variable("ada-2.x"), "COMMS_SECRET_ADA_2_X");
    }
}
