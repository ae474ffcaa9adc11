//! The OS keyring: macOS Keychain, Windows Credential Manager, or the Secret Service of a Linux desktop.
//!
//! A wedged provider or a prompt nobody sees blocks for ever, so every call runs on a thread of its own with a
//! deadline. Only "no such entry" means absent; a locked or missing keyring is a fault with its own words.

use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use keyring_core::Error as Foreign;
use secrecy::{ExposeSecret, SecretString};

const SERVICE: &str = "comms";
const READ_DEADLINE: Duration = Duration::from_secs(3);
/// Unlocking may show a window in which someone types.
const WRITE_DEADLINE: Duration = Duration::from_secs(30);

#[cfg(target_os = "macos")]
pub const NAME: &str = "macOS Keychain";
#[cfg(target_os = "windows")]
pub const NAME: &str = "Windows Credential Manager";
#[cfg(not(any(target_os = "macos", target_os = "windows")))]
pub const NAME: &str = "Secret Service keyring";

/// Why the keyring did not answer.
pub struct Fault {
    /// For the error line: "the keyring is locked".
    pub message: &'static str,
    /// The platform's own words.
    pub cause: String,
}

/// The secret under this name; `None` if there is certainly none.
pub fn read(user: &str) -> Result<Option<(SecretString, &'static str)>, Fault> {
    let user = user.to_owned();
    within(READ_DEADLINE, move || match entry(&user)?.get_password() {
        Ok(secret) => Ok(Some((SecretString::from(secret), NAME))),
        Err(Foreign::NoEntry) => Ok(None),
        Err(e) => Err(fault(&e)),
    })
}

/// Writes, then reads back what was written.
pub fn write(user: &str, secret: &SecretString) -> Result<String, Fault> {
    let (user, secret) = (user.to_owned(), secret.clone());
    within(WRITE_DEADLINE, move || {
        let entry = entry(&user)?;
        entry
            .set_password(secret.expose_secret())
            .map_err(|e| fault(&e))?;
        let kept = entry.get_password().map_err(|e| fault(&e))?;
        if kept != secret.expose_secret() {
            return Err(Fault {
                message: "the keyring gave back something else than was written",
                cause: NAME.to_owned(),
            });
        }
        Ok(NAME.to_owned())
    })
}

/// False if there was nothing to delete.
pub fn delete(user: &str) -> Result<bool, Fault> {
    let user = user.to_owned();
    within(WRITE_DEADLINE, move || {
        match entry(&user)?.delete_credential() {
            Ok(()) => Ok(true),
            Err(Foreign::NoEntry) => Ok(false),
            Err(e) => Err(fault(&e)),
        }
    })
}

fn entry(user: &str) -> Result<keyring::Entry, Fault> {
    if let Err(e) = keyring::Entry::store_status() {
        return Err(Fault {
            message: "there is no keyring here",
            cause: e.to_string(),
        });
    }
    keyring::Entry::new(SERVICE, user).map_err(|e| fault(&e))
}

fn within<T: Send + 'static>(
    deadline: Duration,
    work: impl FnOnce() -> Result<T, Fault> + Send + 'static,
) -> Result<T, Fault> {
    let (done, wait) = mpsc::channel();
    std::thread::spawn(move || {
        // Nobody listens any more after the deadline.
        let _ = done.send(work());
    });
    wait.recv_timeout(deadline).unwrap_or_else(|e| {
        Err(match e {
            RecvTimeoutError::Timeout => Fault {
                message: "the keyring does not answer",
                cause: format!("waited {} s for the {NAME}", deadline.as_secs()),
            },
            RecvTimeoutError::Disconnected => Fault {
                message: "the keyring's client broke down",
                cause: NAME.to_owned(),
            },
        })
    })
}

fn fault(error: &Foreign) -> Fault {
    let message = match error {
        Foreign::NoStorageAccess(_) => "the keyring is locked or refuses access",
        Foreign::PlatformFailure(_) => "the keyring failed",
        Foreign::NoDefaultStore => "there is no keyring here",
        Foreign::BadEncoding(_) | Foreign::BadDataFormat(..) => {
            "the keyring's entry is not a text that comms wrote"
        }
        Foreign::Ambiguous(_) => "the keyring holds several entries for this account",
        _ => "the keyring refused",
    };
    // The words of `BadEncoding` and `Ambiguous` could carry the entry itself.
    let cause = match error {
        Foreign::BadEncoding(_) | Foreign::BadDataFormat(..) | Foreign::Ambiguous(_) => {
            NAME.to_owned()
        }
        other => other.to_string(),
    };
    Fault { message, cause }
}
