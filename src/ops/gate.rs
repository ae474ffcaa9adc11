//! Whether an item may leave: by the policy for who asks, by opt-outs, by approvals.
//!
//! Asked twice: when it is staged, and again right before its first byte, for rules and opt-outs change meanwhile.

use jiff::Timestamp;

use crate::error::{Error, Result};
use crate::store::outbox::{Item, NewItem};

use super::{App, Origin};

/// What an item may do now.
#[derive(Debug)]
pub enum Leave {
    Now,
    /// Not before this; the rule.
    Later(Timestamp, String),
    /// Not without an approval; the rule.
    Held(String),
    /// Never: it fails with this.
    Refused(Error),
}

/// Judges what is about to be staged: an item may come out held or with a later time, and names its rule.
///
/// # Errors
/// `refused` when a rule or an opt-out forbids one of them; then nothing is to be staged.
pub fn judge(_app: &App, _origin: Origin, _items: &mut [NewItem]) -> Result<()> {
    Ok(())
}

/// Judges an item that is about to leave.
pub fn may_leave(_app: &App, _item: &Item) -> Result<Leave> {
    Ok(Leave::Now)
}
