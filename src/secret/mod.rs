//! Secrets: environment, a command of the user's, or the OS keyring. Never a plain file.

use secrecy::SecretString;

use crate::error::Result;
use crate::model::account::Account;

/// The account's secret (password, or access token under `auth = "oauth"`), and who gave it.
///
/// Order: `COMMS_SECRET_<ACCOUNT>`, `secret_command`, OS keyring. Auth error with the next step if none has it.
pub fn find(_account: &Account) -> Result<(SecretString, &'static str)> {
    todo!()
}
