//! The errors of the vault: what is wrong with which store, and every way out.

use crate::error::{Error, Kind};
use crate::model::account::Account;
use crate::model::secret::{Part, StoreChoice};

use super::keyring::{Fault, Trouble};

/// Certainly nobody has the login.
pub fn nothing_yet(account: &Account, choice: StoreChoice) -> Error {
    let name = &account.name;
    let place = match choice {
        StoreChoice::Auto => "",
        StoreChoice::Keyring => " in the keyring",
        StoreChoice::File => " in the encrypted file",
    };
    Error::auth(format!("account `{name}` has no secret yet{place}")).hint(format!(
        "run `comms auth login {name}`, or set {} or `secret_command`",
        Part::Login.variable(name)
    ))
}

/// What else could hold a secret that someone has. Tokens are made, not had.
fn or_set(account: &Account, part: Part) -> String {
    let variable = part.variable(&account.name);
    match part {
        Part::Tokens | Part::Pending => String::new(),
        Part::Login => format!(", or set {variable} or `secret_command`"),
        _ => format!(", or set {variable}"),
    }
}

/// The keyring could not say whether it has the secret.
pub fn unreadable(account: &Account, part: Part, fault: Fault) -> Error {
    let name = &account.name;
    let or_set = or_set(account, part);
    let message = fault.trouble.message();
    Error::auth(format!(
        "the secret of account `{name}` can't be read: {message}"
    ))
    .hint(match fault.trouble {
        Trouble::Locked => format!(
            "unlock the keyring, or keep the secret where no desktop is needed: `comms auth move {name} --to file`{or_set}"
        ),
        _ => format!(
            "run `comms auth login {name}` here, or `comms auth move {name} --to file` where the keyring works{or_set}; \
             `comms doctor` tells more"
        ),
    })
    .because(fault.cause)
}

/// The keyring did not take the secret, and nothing else may.
pub fn unwritable(account: &Account, part: Part, fault: Fault) -> Error {
    Error::auth(format!(
        "the secret was not kept: {}",
        fault.trouble.message()
    ))
    .hint(format!(
        "allow the encrypted file with store = \"auto\" in [secrets]{}",
        or_set(account, part)
    ))
    .because(fault.cause)
}

/// The file did not take the secret.
pub fn unkept(error: Error) -> Error {
    Error {
        message: format!("the secret was not kept: {}", error.message),
        ..error
    }
}

/// Neither the keyring nor the file took the secret.
pub fn neither(error: &Error, account: &Account, part: Part, fault: &Fault) -> Error {
    let message = format!(
        "the secret was not kept: {}, and {}",
        fault.trouble.message(),
        error.message
    );
    let mut words = vec![fault.cause.clone()];
    words.extend(error.causes());
    let hint = match (&error.hint, error.kind) {
        (Some(hint), Kind::Auth) => format!("{hint}{}", or_set(account, part)),
        (Some(hint), _) => hint.clone(),
        (None, _) => "`comms doctor` tells more".to_owned(),
    };
    Error::new(error.kind, message)
        .hint(hint)
        .because(words.join("; "))
}
