//! Bringing the store up to date with its sources, and telling them what changed here.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;

use crate::error::{Kind, Result};
use crate::model::account::Account;
use crate::model::id::MessageId;
use crate::model::message::Role;
use crate::store::SourceState;

use super::App;

/// Which accounts to sync; empty means all that have mail.
#[derive(Clone, Debug, Default)]
pub struct SyncRequest {
    pub accounts: Vec<String>,
}

/// What a sync did, per account. `comms.sync/1`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct SyncReport {
    pub accounts: Vec<AccountSync>,
}

/// What became of one account.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AccountSync {
    pub account: String,
    /// Folders looked at.
    pub folders: usize,
    pub added: u64,
    /// Messages whose flags or labels the source changed.
    pub changed: u64,
    pub removed: u64,
    /// Local changes the server was told.
    pub pushed: u64,
    pub took_ms: u64,
    /// Null if all went well.
    pub error: Option<Failure>,
}

/// An account's error, as in an error document.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Failure {
    pub code: String,
    pub message: String,
    pub hint: Option<String>,
}

impl SyncReport {
    /// `Partial` if some account failed; when all fail, [`sync`] itself is the error.
    pub fn outcome(&self) -> Option<Kind> {
        self.accounts
            .iter()
            .any(|a| a.error.is_some())
            .then_some(Kind::Partial)
    }
}

/// Which sources to refresh, and how hard to try.
#[derive(Clone, Debug)]
pub struct RefreshRequest {
    /// Empty means all that have mail.
    pub accounts: Vec<String>,
    /// Sources synced more recently than this are left alone.
    pub max_age: Duration,
    /// How long all of it may take; what is late goes on as stale.
    pub deadline: Duration,
    /// A source that can't be refreshed is an error.
    pub fresh: bool,
}

/// Syncs accounts, all at once. An error only if every account failed.
pub async fn sync(_app: &App, _request: &SyncRequest) -> Result<SyncReport> {
    todo!()
}

/// Syncs what is older than `max_age` within the deadline; says of each source how fresh it is.
pub async fn refresh(_app: &App, _request: &RefreshRequest) -> Result<Vec<SourceState>> {
    todo!()
}

/// Tells the account's server the changes that were made here (flags, labels, moves).
pub async fn push(_app: &App, _account: &Account) -> Result<()> {
    todo!()
}

/// Files a copy in the account's folder with this role (Sent, Drafts) and stores it; `None` if the account has
/// no such place.
pub async fn file_copy(
    _app: &App,
    _account: &Account,
    _role: Role,
    _raw: &[u8],
) -> Result<Option<MessageId>> {
    todo!()
}
