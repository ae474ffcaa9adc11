//! One Gmail account: what is new there comes here, what changed here is told there.

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

/// Keeps a copy of a draft in the account's drafts; its id here once it was fetched.
pub async fn file_draft(
    _app: &App,
    account: &Account,
    _raw: &[u8],
) -> Result<Option<crate::model::id::MessageId>> {
    Err(not_yet(account))
}

fn not_yet(account: &Account) -> Error {
    Error::unavailable(format!("account `{}` can't be asked yet", account.name))
}
