//! One Google Chat account: what is new there comes here, what changed here is told there.

use crate::error::{Error, Result};
use crate::model::account::Account;
use crate::ops::App;

use super::{Tally, Writer};

/// Syncs one account, counting into the tally as it goes.
pub async fn sync(
    _app: &App,
    account: &Account,
    _writer: &Writer,
    _tally: &mut Tally,
) -> Result<()> {
    Err(not_yet(account))
}

/// Tells the provider what is queued.
pub async fn push_queued(_app: &App, account: &Account) -> Result<()> {
    Err(not_yet(account))
}

/// The name of a space, as of the last sync.
pub fn space_name(_app: &App, _account: &Account, _space: &str) -> Result<Option<String>> {
    Ok(None)
}

/// The spaces with this name, as of the last sync: `spaces/AAA` and the name as it is written there.
pub fn spaces_named(_app: &App, _account: &Account, _name: &str) -> Result<Vec<(String, String)>> {
    Ok(Vec::new())
}

fn not_yet(account: &Account) -> Error {
    Error::unavailable(format!("account `{}` can't be asked yet", account.name))
}
