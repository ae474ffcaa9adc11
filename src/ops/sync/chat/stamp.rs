//! What is remembered of an account's spaces between two looks at them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::error::{Context, Kind, Result};
use crate::model::account::Account;
use crate::ops::App;
use crate::store::stamp_name;

/// Where the sync of an account stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Stamp {
    /// Whose account: another address is another account.
    pub address: Option<String>,
    /// Who that is in Chat: `users/123`.
    pub owner: Option<String>,
    /// By resource name.
    pub spaces: BTreeMap<String, SpaceStamp>,
}

/// Where the sync of a space stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SpaceStamp {
    /// Its folder here.
    pub folder: String,
    /// What the folder was made from; another title is another folder.
    pub title: String,
    /// It is called so for want of anything better.
    pub unnamed: bool,
    /// When the newest message that is in the store was created.
    pub last: Option<Timestamp>,
    /// When the space said its last message came, as of the last complete listing.
    pub active: Option<String>,
    /// When it was last listed, by our clock.
    pub listed: Option<Timestamp>,
    /// Edits and deletions are known up to here, by Chat's clock.
    pub changes: Option<Timestamp>,
    /// When they were last asked for, by ours.
    pub checked: Option<Timestamp>,
    /// The user has read so far.
    pub read: Option<Timestamp>,
    /// One is not in it any more.
    pub closed: bool,
}

impl Stamp {
    /// As it was saved; empty for another account or a form that is not understood.
    pub fn load(app: &App, account: &Account) -> Result<Stamp> {
        let bytes = app.store.source_stamp(&stamp_name(&account.name))?;
        let stamp: Option<Stamp> = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        let same = stamp.filter(|stamp| stamp.address == account.address);
        Ok(same.unwrap_or_else(|| Stamp {
            address: account.address.clone(),
            ..Stamp::default()
        }))
    }

    pub fn save(&self, app: &App, account: &Account) -> Result<()> {
        let bytes = serde_json::to_vec(self).context(Kind::Internal, "writing a stamp")?;
        app.store
            .save_source_stamp(&stamp_name(&account.name), &bytes)
    }
}
