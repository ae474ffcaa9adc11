//! Who calls, and what they may.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::ops::Origin;

/// What a call has to be allowed. Each holds those before it.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// Read and search messages, contacts and the outbox.
    Read,
    /// Stage, send, mark and change contacts.
    Send,
    /// Everything a program may.
    Admin,
}

impl Scope {
    pub const ALL: [Scope; 3] = [Scope::Read, Scope::Send, Scope::Admin];

    /// The scope of this name.
    pub fn named(name: &str) -> Option<Scope> {
        Scope::ALL.into_iter().find(|scope| scope.name() == name)
    }

    pub fn name(self) -> &'static str {
        match self {
            Scope::Read => "read",
            Scope::Send => "send",
            Scope::Admin => "admin",
        }
    }
}

/// Someone who calls through a door.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Caller {
    pub origin: Origin,
    /// As the audit log and what is staged name it: `gemini-cli`, the name of a key.
    pub name: String,
    pub scope: Scope,
    /// The only accounts it may know of; `None` means all.
    pub accounts: Option<Vec<String>>,
}

impl Caller {
    /// Refuses what the caller is not allowed.
    pub fn need(&self, scope: Scope) -> Result<()> {
        if self.scope >= scope {
            return Ok(());
        }
        Err(Error::refused(format!(
            "this needs the scope `{}`, and `{}` has only `{}`",
            scope.name(),
            self.name,
            self.scope.name()
        )))
    }

    /// Whether the caller may know of an account.
    pub fn may_see(&self, account: &str) -> bool {
        self.accounts
            .as_ref()
            .is_none_or(|all| all.iter().any(|one| one == account))
    }
}
