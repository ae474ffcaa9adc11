//! Programs that start comms as a server of their own and speak with it over its stdin and stdout.

use crate::error::Result;
use crate::ops::{App, Origin};

use super::{Caller, Scope};

/// What such a program is allowed.
#[derive(Clone, Debug, Default)]
pub struct SessionRequest {
    /// Not only to read.
    pub allow_send: bool,
    /// The only accounts it may know of; empty means all.
    pub accounts: Vec<String>,
}

/// What speaks with the program until it goes.
pub type SessionDoor = fn(&App, &SessionRequest) -> Result<()>;

/// Who calls in such a session, until it says its name.
///
/// # Errors
/// `config` for an account that is not there.
pub fn caller(app: &App, request: &SessionRequest) -> Result<Caller> {
    let mut accounts = Vec::new();
    for name in &request.accounts {
        accounts.push(app.config.account(name)?.name.clone());
    }
    Ok(Caller {
        origin: Origin::Agent,
        name: app.config.agent.clone().unwrap_or_else(|| "mcp".to_owned()),
        scope: match request.allow_send {
            true => Scope::Send,
            false => Scope::Read,
        },
        accounts: (!accounts.is_empty()).then_some(accounts),
    })
}
