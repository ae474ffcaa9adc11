//! What all processes share about a provider: how much may go when, and whether it works at all.

use jiff::Timestamp;

use crate::error::{Error, Result};
use crate::model::account::Account;
use crate::rules::budget::{Cost, Limit};
use crate::store::{Asked, Owner, Share};

use super::App;

/// Whether an account may be used now.
#[derive(Debug)]
pub enum Permit {
    /// For so many recipients as the share has parts. Give it to [`spent`] or [`unused`] in the end.
    Go(Share),
    /// Not before this, and why: a budget is used up, or the circuit is open.
    Wait(Timestamp, String),
}

/// Takes what up to this many recipients cost from the account's budgets, unless its circuit is open.
pub fn permit(app: &App, account: &Account, owner: &Owner, recipients: usize) -> Result<Permit> {
    let want = u32::try_from(recipients).unwrap_or(u32::MAX);
    let limits = limits(account);
    if limits.is_empty() {
        return Ok(Permit::Go(Share::free(want)));
    }
    let asked = app.store.take(&limits, want, (owner, app.clock.now()))?;
    let named = |n: usize| format!("budget {} of account {}", limits[n].rate, account.name);
    match asked {
        Asked::Granted(share) => Ok(Permit::Go(share)),
        Asked::Later(at, n) => Ok(Permit::Wait(at, named(n))),
        Asked::Never(n) => Err(Error::refused(format!(
            "it costs more than the whole {}",
            named(n)
        ))),
    }
}

/// The recipients of a share went to the provider, or may have: their costs count from now.
pub fn spent(app: &App, share: &Share) -> Result<()> {
    app.store.spend(share, app.clock.now())
}

/// The share was not needed: certainly nothing reached the provider.
pub fn unused(app: &App, share: &Share) -> Result<()> {
    app.store.give_back(share)
}

/// Mail is counted by recipients and by login, as its providers do: accounts with one login share its limits.
fn limits(account: &Account) -> Vec<Limit> {
    let host = account.smtp.as_ref().map_or("", |smtp| smtp.host.as_str());
    let scope = format!("smtp:{host}/{}", account.login().unwrap_or_default());
    let limit = |rate: &_| Limit {
        scope: scope.to_lowercase(),
        cost: Cost::Each(1),
        rate: *rate,
    };
    account.budget.iter().map(limit).collect()
}

/// Learns how a provider did: its circuit opens after repeated faults and closes when it answers.
///
/// A fault is `unavailable` or `auth`; that it refused a message or a recipient is an answer.
pub fn learn(_app: &App, _account: &Account, _fault: Option<&Error>) -> Result<()> {
    Ok(())
}
