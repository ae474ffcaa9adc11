//! Moving a secret between the keyring and the file: copy, read back, and only then remove.

use secrecy::SecretString;

use crate::error::{Error, Result};
use crate::model::account::Account;
use crate::model::secret::{Part, Place};

use super::{Vault, file, keyring};

/// What became of one secret.
#[derive(Debug)]
pub enum Moved {
    /// Neither place has it.
    Nothing,
    /// It was there before.
    Already,
    Done,
    /// It is in both places: the copy is good, the original could not be removed.
    Both(Error),
}

impl Vault {
    /// The name that reports use for a place.
    pub fn place_name(place: Place) -> &'static str {
        match place {
            Place::File => file::NAME,
            Place::Keyring => keyring::NAME,
        }
    }

    /// Moves one secret, wherever `[secrets] store` points. On an error it is where it was.
    pub fn relocate(&self, account: &Account, part: Part, to: Place) -> Result<Moved> {
        let entry = part.entry(&account.name);
        match to {
            Place::File => self.to_file(&entry),
            Place::Keyring => self.to_keyring(&entry),
        }
    }

    fn to_file(&self, entry: &str) -> Result<Moved> {
        // What the file has is the newer one; the keyring's is only cleared away.
        let held = self.file.holds(entry)?;
        let secret = match self.read_keyring(entry) {
            Err(_) if held => return Ok(Moved::Already),
            Err(e) => return Err(e),
            Ok(None) if held => return Ok(Moved::Already),
            Ok(None) => return Ok(Moved::Nothing),
            Ok(Some(secret)) => secret,
        };
        if !held {
            self.file.put(entry, &secret, self.ask.as_ref())?;
        }
        match self.keyring().delete(entry) {
            Ok(_) => Ok(Moved::Done),
            Err(fault) => Ok(Moved::Both(
                Error::auth(format!(
                    "the copy in the keyring could not be removed: {}",
                    fault.trouble.message()
                ))
                .hint("the one in the file is used; run it again to clear the other away")
                .because(fault.cause),
            )),
        }
    }

    fn to_keyring(&self, entry: &str) -> Result<Moved> {
        let Some(secret) = self.file.get(entry, self.ask.as_ref())? else {
            let found = self.read_keyring(entry)?;
            return Ok(found.map_or(Moved::Nothing, |_| Moved::Already));
        };
        self.keyring().write(entry, &secret).map_err(|fault| {
            Error::auth(format!(
                "the keyring did not take it: {}",
                fault.trouble.message()
            ))
            .hint("it stays in the encrypted file; `comms doctor` tells more of the keyring")
            .because(fault.cause)
        })?;
        match self.file.remove(entry, self.ask.as_ref()) {
            Ok(_) => Ok(Moved::Done),
            Err(e) => Ok(Moved::Both(e)),
        }
    }

    fn read_keyring(&self, entry: &str) -> Result<Option<SecretString>> {
        self.keyring().read(entry).map_err(|fault| {
            Error::auth(format!(
                "the keyring can't be read: {}",
                fault.trouble.message()
            ))
            .hint("run it where the keyring answers; `comms doctor` tells more")
            .because(fault.cause)
        })
    }
}
