//! What all processes share about a provider: how much may go when, and whether it works at all.

use jiff::Timestamp;

use crate::error::{Error, Result};
use crate::model::account::Account;

use super::App;

/// Whether an account may be used now.
#[derive(Debug)]
pub enum Permit {
    Go,
    /// Not before this, and why: a budget is used up, or the circuit is open.
    Wait(Timestamp, String),
}

/// Takes what this many recipients cost from the account's budgets, unless its circuit is open.
pub fn permit(_app: &App, _account: &Account, _recipients: usize) -> Result<Permit> {
    Ok(Permit::Go)
}

/// Learns how a provider did: its circuit opens after repeated faults and closes when it answers.
///
/// A fault is `unavailable` or `auth`; that it refused a message or a recipient is an answer.
pub fn learn(_app: &App, _account: &Account, _fault: Option<&Error>) -> Result<()> {
    Ok(())
}
