//! Who gives the passphrase of the secrets file: the environment, a command, or a person at a terminal.

use std::path::Path;
use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};

use crate::error::{Error, Result};
use crate::model::secret::{Question, SecretSettings};
use crate::secret::command;

/// Asks a person; the path is the file's.
pub type Ask = Arc<dyn Fn(Question, &Path) -> Result<SecretString> + Send + Sync>;

/// The first source that is set up.
pub enum Source<'s> {
    Variable(&'s SecretString),
    Command(&'s str),
    Person(&'s Ask),
}

impl Source<'_> {
    /// `COMMS_PASSPHRASE`, then `passphrase_command`, then the terminal if there is one.
    pub fn of<'s>(settings: &'s SecretSettings, ask: Option<&'s Ask>) -> Option<Source<'s>> {
        let variable = settings.passphrase.as_ref().map(Source::Variable);
        let command = || settings.passphrase_command.as_deref().map(Source::Command);
        variable.or_else(command).or(ask.map(Source::Person))
    }

    /// For people: who is asked.
    pub fn name(&self) -> &'static str {
        match self {
            Source::Variable(_) => "environment COMMS_PASSPHRASE",
            Source::Command(_) => "passphrase_command",
            Source::Person(_) => "asked at the terminal",
        }
    }

    pub fn get(&self, question: Question, file: &Path) -> Result<SecretString> {
        let passphrase = match self {
            Source::Variable(passphrase) => (*passphrase).clone(),
            Source::Command(line) => command::run("the `passphrase_command` of [secrets]", line)?,
            Source::Person(ask) => ask(question, file)?,
        };
        if passphrase.expose_secret().is_empty() {
            return Err(Error::auth(format!(
                "the passphrase of `{}` can't be empty",
                file.display()
            )));
        }
        Ok(passphrase)
    }

    /// A person may have mistyped.
    pub fn may_try_again(&self) -> bool {
        matches!(self, Source::Person(_))
    }

    /// The passphrase does not open the file.
    pub fn wrong(&self, file: &Path) -> Error {
        let hint = match self {
            Source::Variable(_) => {
                "COMMS_PASSPHRASE must be the one the file was made with; nothing was changed"
            }
            Source::Command(_) => {
                "`passphrase_command` must print the one the file was made with; nothing was changed"
            }
            Source::Person(_) => "nothing was changed; try again",
        };
        Error::auth(format!("the passphrase of `{}` is wrong", file.display())).hint(hint)
    }
}

/// Nobody gives one.
pub fn missing(file: &Path) -> Error {
    Error::auth(format!(
        "there is no passphrase for the encrypted file `{}`",
        file.display()
    ))
    .hint(
        "set COMMS_PASSPHRASE, or `passphrase_command` in [secrets] of the config; \
         at a terminal comms asks for it",
    )
}
