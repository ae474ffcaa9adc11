//! What a refresh remembers: cursors of folders, state of accounts, marks not yet told to a server.

use jiff::Timestamp;

use crate::error::Result;
use crate::model::id::MessageId;
use crate::model::message::{Change, Flags, Role};

use super::Store;

/// A folder of an account as of its last sync.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FolderState {
    /// Path with `/` between levels, UTF-8.
    pub path: String,
    pub role: Role,
    pub uid_validity: Option<u32>,
    /// Every UID below was seen.
    pub uid_next: Option<u32>,
    pub highest_modseq: Option<u64>,
    /// The source's own cursor for "nothing new" (Maildir: mtimes of new and cur), opaque here.
    pub stamp: Option<String>,
}

/// State of an account's last refresh.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
pub struct SourceState {
    pub account: String,
    /// Null if it was never synced.
    pub synced_at: Option<Timestamp>,
    /// `fresh`, `stale`, `failed` or `never`.
    pub state: String,
    pub error: Option<String>,
}

impl Store {
    /// Folders of an account, by path.
    pub fn folders(&self, _account: &str) -> Result<Vec<FolderState>> {
        todo!()
    }

    /// Writes a folder's state; makes the folder if it is new.
    pub fn save_folder(&self, _account: &str, _state: &FolderState) -> Result<()> {
        todo!()
    }

    /// Forgets a folder and its messages (UIDVALIDITY changed, folder deleted).
    pub fn forget_folder(&self, _account: &str, _folder: &str) -> Result<()> {
        todo!()
    }

    /// UIDs and flags of an IMAP folder's messages under this UIDVALIDITY, ascending.
    pub fn uids(&self, _account: &str, _folder: &str) -> Result<Vec<(u32, MessageId, Flags)>> {
        todo!()
    }

    /// Unique names and flags of a Maildir folder's messages, sorted by name.
    pub fn maildir_names(
        &self,
        _account: &str,
        _folder: &str,
    ) -> Result<Vec<(String, MessageId, Flags)>> {
        todo!()
    }

    /// Sets all flags and labels of messages as their source tells them.
    pub fn set_flags(&self, _changes: &[(MessageId, Flags, Option<Vec<String>>)]) -> Result<()> {
        todo!()
    }

    /// Remembers a change that the server has not been told yet.
    pub fn queue_change(&self, _id: MessageId, _change: &Change) -> Result<()> {
        todo!()
    }

    /// Changes of an account that its server has not been told yet, oldest first.
    pub fn queued_changes(&self, _account: &str) -> Result<Vec<(i64, MessageId, Change)>> {
        todo!()
    }

    /// Drops told changes by their row.
    pub fn drop_changes(&self, _rows: &[i64]) -> Result<()> {
        todo!()
    }

    /// State of all accounts ever synced.
    pub fn sources(&self) -> Result<Vec<SourceState>> {
        todo!()
    }

    /// Records the end of a refresh; `error` is `None` when it succeeded.
    pub fn save_source(&self, _account: &str, _at: Timestamp, _error: Option<&str>) -> Result<()> {
        todo!()
    }
}
