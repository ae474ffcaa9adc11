//! Secrets: environment, a command of the user's, the encrypted file, or the OS keyring. Never a plain file.
//!
//! A file that lists an entry wins over the keyring: it is written only where the keyring could not be, or where
//! the user wants it, so that an entry the keyring still has is the older one. A secret is written where it is
//! now, a new one to the keyring, and to the file if that does not answer.

mod command;
mod file;
mod keyring;
mod relocate;
mod words;

pub use command::shell;
pub use file::Ask;
pub use relocate::Moved;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use secrecy::SecretString;

use crate::error::{Error, Result};
use crate::model::account::Account;
use crate::model::secret::{Part, SecretSettings, StoreChoice};
use file::SecretsFile;
use keyring::{Fault, Keyring, Trouble};
use words::{neither, unkept, unreadable, unwritable};

/// The places that hold secrets. Opens none before it is asked; its calls may wait for a password manager, a
/// keyring or a person, so make them off the runtime's thread.
#[derive(Clone)]
pub struct Vault {
    choice: StoreChoice,
    file: Arc<SecretsFile>,
    ask: Option<Ask>,
    notice: Notice,
    /// The fall to the file was told.
    told: Arc<AtomicBool>,
    /// Someone was asked to unlock the keyring and did not; one window is enough.
    refused: Arc<AtomicBool>,
}

type Notice = Arc<dyn Fn(&str) + Send + Sync>;

/// A secret, and who gave it.
#[derive(Clone, Debug)]
pub struct Found {
    pub secret: SecretString,
    /// `environment`, `secret_command`, or the name of the store.
    pub source: String,
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Vault")
            .field("choice", &self.choice)
            .field("file", &self.file.path())
            .finish_non_exhaustive()
    }
}

impl Vault {
    pub fn new(settings: SecretSettings) -> Vault {
        Vault {
            choice: settings.store,
            file: Arc::new(SecretsFile::new(settings)),
            ask: None,
            notice: Arc::new(|_| ()),
            told: Arc::default(),
            refused: Arc::default(),
        }
    }

    /// The same with a person who can be asked for the passphrase, and who may unlock the keyring.
    pub fn asking(mut self, ask: Option<Ask>) -> Vault {
        self.ask = ask;
        self
    }

    /// The same with someone who is told where secrets go when it is not where one expects.
    pub fn telling(mut self, notice: Notice) -> Vault {
        self.notice = notice;
        self
    }

    /// What logs in to the account. Auth error with the next step if nobody has it.
    pub fn login(&self, account: &Account) -> Result<Found> {
        self.find(account, Part::Login)?
            .ok_or_else(|| words::nothing_yet(account, self.choice))
    }

    /// A secret of the account; `None` if certainly nobody has it.
    ///
    /// Order: the environment, `secret_command` (for the login), then where secrets are kept.
    pub fn find(&self, account: &Account, part: Part) -> Result<Option<Found>> {
        let found = |secret, source: &str| Found {
            secret,
            source: source.to_owned(),
        };
        if let Some(secret) = account.secret_env.get(&part) {
            return Ok(Some(found(secret.clone(), "environment")));
        }
        let command = account.secret_command.as_ref();
        if let Some(line) = command.filter(|_| part == Part::Login) {
            let what = format!("the `secret_command` of account `{}`", account.name);
            return Ok(Some(found(command::run(&what, line)?, "secret_command")));
        }
        let entry = part.entry(&account.name);
        if self.uses_file()
            && let Some(secret) = self.file.get(&entry, self.ask.as_ref())?
        {
            return Ok(Some(found(secret, file::NAME)));
        }
        if !self.uses_keyring() {
            return Ok(None);
        }
        match self.keyring().read(&entry) {
            Ok(secret) => Ok(secret.map(|secret| found(secret, keyring::NAME))),
            Err(fault) => Err(unreadable(account, part, fault)),
        }
    }

    /// The name of what would give the secret, without a passphrase and without running the user's command;
    /// `None` if certainly nobody would.
    pub fn source(&self, account: &Account, part: Part) -> Result<Option<&'static str>> {
        if account.secret_env.contains_key(&part) {
            return Ok(Some("environment"));
        }
        if part == Part::Login && account.secret_command.is_some() {
            return Ok(Some("secret_command"));
        }
        let entry = part.entry(&account.name);
        if self.uses_file() && self.file.holds(&entry)? {
            return Ok(Some(file::NAME));
        }
        if !self.uses_keyring() {
            return Ok(None);
        }
        match self.keyring().read(&entry) {
            Ok(secret) => Ok(secret.map(|_| keyring::NAME)),
            Err(fault) => Err(unreadable(account, part, fault)),
        }
    }

    /// Writes a secret where secrets are kept and reads it back; the name of the store that holds it.
    pub fn store(&self, account: &Account, part: Part, secret: &SecretString) -> Result<String> {
        let entry = part.entry(&account.name);
        let keep = || self.file.put(&entry, secret, self.ask.as_ref());
        let name = match self.choice {
            StoreChoice::File => {
                let is_new = !self.file.holds(&entry).map_err(unkept)?;
                keep().map_err(unkept)?;
                if is_new {
                    self.forget_in_keyring(account, &entry);
                }
                file::NAME
            }
            StoreChoice::Keyring => {
                let fault = |fault| unwritable(account, part, fault);
                self.keyring().write(&entry, secret).map_err(fault)?;
                self.forget_in_file(account, &entry);
                keyring::NAME
            }
            StoreChoice::Auto if self.file.holds(&entry).map_err(unkept)? => {
                keep().map_err(unkept)?;
                file::NAME
            }
            StoreChoice::Auto => match self.keyring().write(&entry, secret) {
                Ok(()) => keyring::NAME,
                Err(fault) => {
                    // First, so that who is asked for a passphrase knows what for.
                    if self.passphrase_source().is_some() {
                        self.tell_of_the_fall(&fault);
                    }
                    keep().map_err(|e| neither(&e, account, part, &fault))?;
                    file::NAME
                }
            },
        };
        Ok(name.to_owned())
    }

    /// Removes a secret from wherever secrets are kept; false if there was none.
    pub fn remove(&self, account: &Account, part: Part) -> Result<bool> {
        self.remove_all(account, &[part])
    }

    /// Removes these secrets; false if there was none of them.
    pub fn remove_all(&self, account: &Account, parts: &[Part]) -> Result<bool> {
        let not_removed = |words: &str| format!("the secret was not removed: {words}");
        let (mut removed, mut trouble) = (false, None);
        for part in parts {
            let entry = part.entry(&account.name);
            match self.keyring().delete(&entry) {
                Ok(there) => removed |= there,
                Err(fault) => trouble = trouble.or(Some(fault)),
            }
            let in_file = self.file.remove(&entry, self.ask.as_ref());
            removed |= in_file.map_err(|e| Error {
                message: not_removed(&e.message),
                ..e
            })?;
        }
        match trouble {
            None => Ok(removed),
            Some(fault) if removed || self.choice == StoreChoice::File => {
                self.may_be_left(account, &fault);
                Ok(removed)
            }
            Some(fault) => Err(Error::auth(not_removed(fault.trouble.message()))
                .hint("run it again where the keyring answers; `comms doctor` tells more")
                .because(fault.cause)),
        }
    }

    /// The name of the OS keyring if it can be used, else why not.
    pub fn keyring_state(&self) -> std::result::Result<String, String> {
        match self.keyring().check() {
            Ok(()) => Ok(keyring::NAME.to_owned()),
            Err(fault) => Err(format!("{} ({})", fault.trouble.message(), fault.cause)),
        }
    }

    /// Whether there is no keyring to be reached from here, as against one that is locked or fails.
    pub fn has_no_keyring(&self) -> bool {
        let none = |fault: &Fault| matches!(fault.trouble, Trouble::NoBus | Trouble::NoProvider);
        self.keyring().check().as_ref().is_err_and(none)
    }

    /// The entries of the encrypted file, `None` if there is no file; needs no passphrase.
    pub fn file_entries(&self) -> Result<Option<Vec<String>>> {
        self.file.entries()
    }

    /// Whether this passphrase opens the encrypted file; `None` if there is no file. What the environment or a
    /// command would give is not looked at.
    pub fn opens_with(&self, passphrase: &SecretString) -> Result<Option<bool>> {
        self.file.opens_with(passphrase)
    }

    /// Where the encrypted file is or would be.
    pub fn file_path(&self) -> &Path {
        self.file.path()
    }

    /// Who would give the passphrase of the encrypted file; `None` if nobody would.
    pub fn passphrase_source(&self) -> Option<&'static str> {
        self.file.passphrase_source(self.ask.as_ref())
    }

    /// Tells whoever is told where secrets go.
    pub fn tell(&self, words: &str) {
        (self.notice)(words);
    }

    fn keyring(&self) -> Keyring<'_> {
        Keyring {
            person: self.ask.is_some(),
            refused: &self.refused,
            notice: &*self.notice,
        }
    }

    fn uses_file(&self) -> bool {
        self.choice != StoreChoice::Keyring
    }

    fn uses_keyring(&self) -> bool {
        self.choice != StoreChoice::File
    }

    fn tell_of_the_fall(&self, fault: &Fault) {
        if !self.told.swap(true, Ordering::SeqCst) {
            (self.notice)(&format!(
                "{}; secrets go to the encrypted file `{}`",
                fault.trouble.message(),
                self.file.path().display()
            ));
        }
    }

    /// What the keyring held before the file became the place; where there is no keyring nothing is left in it.
    fn forget_in_keyring(&self, account: &Account, entry: &str) {
        if let Err(fault) = self.keyring().delete(entry) {
            self.may_be_left(account, &fault);
        }
    }

    fn may_be_left(&self, account: &Account, fault: &Fault) {
        if !matches!(fault.trouble, Trouble::NoBus | Trouble::NoProvider) {
            (self.notice)(&format!(
                "an older secret of account `{}` may be left in the keyring: {}",
                account.name,
                fault.trouble.message()
            ));
        }
    }

    fn forget_in_file(&self, account: &Account, entry: &str) {
        if let Err(e) = self.file.remove(entry, self.ask.as_ref()) {
            (self.notice)(&format!(
                "an older secret of account `{}` is left in the encrypted file: {}",
                account.name, e.message
            ));
        }
    }
}

#[cfg(test)]
mod tests;
