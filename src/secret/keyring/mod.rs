//! The OS keyring: macOS Keychain, Windows Credential Manager, or the Secret Service of a Linux desktop.
//!
//! A wedged provider or a prompt nobody sees blocks for ever, so every call runs on a thread of its own with a
//! deadline. Only "no such entry" in a keyring that is open means absent; a locked or missing keyring is a fault
//! with its own words. Nothing here makes a keyring open a window unless a person is at the terminal.

#[cfg(all(unix, not(target_os = "macos")))]
mod bus;
mod deadline;

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use keyring_core::Error as Foreign;
use secrecy::{ExposeSecret, SecretString};

use deadline::within;

const SERVICE: &str = "comms";
/// An open keyring answers in milliseconds.
const READ_DEADLINE: Duration = Duration::from_secs(3);
/// A write that is given up may still arrive, so it gets longer.
const WRITE_DEADLINE: Duration = Duration::from_secs(10);
/// Unlocking shows a window in which someone types.
const PERSON_DEADLINE: Duration = Duration::from_secs(30);
/// A busy gnome-keyring was seen to find nothing once, with the entry there a moment before and after. Who hears
/// "absent" asks for a new login, so absence is what is found twice.
const SECOND_LOOK: Duration = Duration::from_millis(20);

#[cfg(target_os = "macos")]
pub const NAME: &str = "macOS Keychain";
#[cfg(target_os = "windows")]
pub const NAME: &str = "Windows Credential Manager";
#[cfg(not(any(target_os = "macos", target_os = "windows")))]
pub const NAME: &str = "Secret Service keyring";

/// What kept the keyring from answering.
#[cfg_attr(
    not(all(unix, not(target_os = "macos"))),
    expect(dead_code, reason = "only D-Bus tells all of them")
)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// No session bus: cron, a container, ssh without a desktop.
    NoBus,
    /// A bus, and nobody on it who keeps secrets.
    NoProvider,
    /// A provider that has nothing to keep secrets in yet.
    NoCollection,
    Locked,
    NoAnswer,
    /// What it holds is not ours, or it gave back something else.
    Garbled,
    Failed,
}

impl Trouble {
    /// For the error line.
    pub fn message(self) -> &'static str {
        match self {
            Trouble::NoBus => "there is no keyring here (no D-Bus session)",
            Trouble::NoProvider => "there is no keyring here (nobody on D-Bus keeps secrets)",
            Trouble::NoCollection => "the keyring has no default collection yet",
            Trouble::Locked => "the keyring is locked",
            Trouble::NoAnswer => "the keyring does not answer",
            Trouble::Garbled => "the keyring's entry is not what comms wrote",
            Trouble::Failed => "the keyring failed",
        }
    }
}

/// Why the keyring did not answer.
#[derive(Clone, Debug)]
pub struct Fault {
    pub trouble: Trouble,
    /// The platform's own words; never an entry.
    pub cause: String,
}

/// Whether the keyring can be asked.
#[cfg_attr(
    not(all(unix, not(target_os = "macos"))),
    expect(dead_code, reason = "only D-Bus tells it")
)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Open,
    Locked,
    /// There is nothing that could hold a secret.
    Empty,
}

/// The keyring as this process may use it.
#[derive(Clone, Copy)]
pub struct Keyring<'v> {
    /// Someone is there to unlock it.
    pub person: bool,
    /// Someone did not; nobody is asked again.
    pub refused: &'v AtomicBool,
    /// Told what is waited for.
    pub notice: &'v (dyn Fn(&str) + Send + Sync),
}

impl Keyring<'_> {
    /// The secret under this name; `None` if there is certainly none.
    pub fn read(self, user: &str) -> Result<Option<SecretString>, Fault> {
        match self.read_once(user)? {
            None => {
                std::thread::sleep(SECOND_LOOK);
                self.read_once(user)
            }
            found => Ok(found),
        }
    }

    fn read_once(self, user: &str) -> Result<Option<SecretString>, Fault> {
        let state = self.look()?;
        if state == State::Empty {
            return Ok(None);
        }
        let user = user.to_owned();
        let found = self.call(state, READ_DEADLINE, move || {
            match entry(&user)?.get_password() {
                Ok(secret) => Ok(Some(SecretString::from(secret))),
                Err(Foreign::NoEntry) => Ok(None),
                Err(e) => Err(fault(&e)),
            }
        })?;
        // A locked collection may tell a search nothing of what it holds.
        match (found, state) {
            (None, State::Locked) if self.look()? == State::Locked => Err(locked()),
            (found, _) => Ok(found),
        }
    }

    /// Writes, then reads back what was written.
    pub fn write(self, user: &str, secret: &SecretString) -> Result<(), Fault> {
        let state = self.look()?;
        if state == State::Empty {
            return Err(Fault {
                trouble: Trouble::NoCollection,
                cause: format!("the {NAME} has no collection named `default`"),
            });
        }
        let (user, secret) = (user.to_owned(), secret.clone());
        self.call(state, WRITE_DEADLINE, move || {
            let entry = entry(&user)?;
            entry
                .set_password(secret.expose_secret())
                .map_err(|e| fault(&e))?;
            let kept = SecretString::from(entry.get_password().map_err(|e| fault(&e))?);
            if kept.expose_secret() != secret.expose_secret() {
                return Err(Fault {
                    trouble: Trouble::Garbled,
                    cause: format!("the {NAME} gave back something else than was written"),
                });
            }
            Ok(())
        })
    }

    /// False if there was certainly nothing to delete.
    pub fn delete(self, user: &str) -> Result<bool, Fault> {
        if self.delete_once(user)? {
            return Ok(true);
        }
        std::thread::sleep(SECOND_LOOK);
        self.delete_once(user)
    }

    fn delete_once(self, user: &str) -> Result<bool, Fault> {
        let state = self.look()?;
        if state == State::Empty {
            return Ok(false);
        }
        let user = user.to_owned();
        self.call(state, WRITE_DEADLINE, move || {
            match entry(&user)?.delete_credential() {
                Ok(()) => Ok(true),
                Err(Foreign::NoEntry) if state == State::Locked => Err(locked()),
                Err(Foreign::NoEntry) => Ok(false),
                Err(e) => Err(fault(&e)),
            }
        })
    }

    /// Fails unless the keyring can be read now.
    pub fn check(self) -> Result<(), Fault> {
        match self.look()? {
            State::Locked => Err(locked()),
            State::Open | State::Empty => Ok(()),
        }
    }

    /// The state of the keyring; locked only where someone may unlock it.
    fn look(self) -> Result<State, Fault> {
        #[cfg(all(unix, not(target_os = "macos")))]
        let state = within(READ_DEADLINE, bus::look)?;
        // These two ask their owner by themselves.
        #[cfg(not(all(unix, not(target_os = "macos"))))]
        let state = State::Open;
        match state {
            State::Locked if !self.person || self.refused.load(Ordering::SeqCst) => Err(locked()),
            state => Ok(state),
        }
    }

    /// Makes a call; a locked keyring opens a window for it, which the person is told.
    fn call<T: Send + 'static>(
        self,
        state: State,
        usual: Duration,
        work: impl FnOnce() -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Fault> {
        if state != State::Locked {
            return within(usual, work);
        }
        (self.notice)(&format!(
            "the keyring is locked; waiting {} s for its window to be answered",
            PERSON_DEADLINE.as_secs()
        ));
        let ended = within(PERSON_DEADLINE, work);
        if ended.is_err() {
            self.refused.store(true, Ordering::SeqCst);
        }
        ended
    }
}

fn entry(user: &str) -> Result<keyring::Entry, Fault> {
    if let Err(e) = keyring::Entry::store_status() {
        return Err(fault(e));
    }
    keyring::Entry::new(SERVICE, user).map_err(|e| fault(&e))
}

fn locked() -> Fault {
    Fault {
        trouble: Trouble::Locked,
        cause: format!("the {NAME} says that its default collection is locked"),
    }
}

fn fault(error: &Foreign) -> Fault {
    let trouble = match error {
        Foreign::NoStorageAccess(_) => Trouble::Locked,
        Foreign::NoDefaultStore => Trouble::NoProvider,
        Foreign::BadEncoding(_) | Foreign::BadDataFormat(..) | Foreign::Ambiguous(_) => {
            Trouble::Garbled
        }
        _ => Trouble::Failed,
    };
    // The words of these three could carry the entry itself.
    let cause = match error {
        Foreign::BadEncoding(_) | Foreign::BadDataFormat(..) => format!("no text in the {NAME}"),
        Foreign::Ambiguous(_) => format!("several entries of one name in the {NAME}"),
        other => other.to_string(),
    };
    Fault { trouble, cause }
}
