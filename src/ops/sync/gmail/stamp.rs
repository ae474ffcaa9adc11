//! What is remembered of a mailbox between two looks at it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::error::{Context, Kind, Result};
use crate::model::account::Account;
use crate::ops::App;
use crate::store::stamp_name;

use super::labels::Names;

/// Messages that could not be fetched and are asked for again; more of them are a broken mailbox.
const MOST_AGAIN: usize = 1000;

/// Where the sync of a mailbox stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Stamp {
    /// Whose mailbox: another address is another mailbox.
    pub address: Option<String>,
    /// All that happened up to here is in the store.
    pub history: Option<u64>,
    /// A look at everything that is not done yet.
    pub whole: Option<Whole>,
    pub names: Names,
    /// When they were learnt.
    pub names_at: Option<Timestamp>,
    /// Ids that are to be fetched once more.
    pub again: Vec<String>,
}

/// A look at everything: what happened since it began is read at its end.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Whole {
    pub began_at: u64,
    /// The page to go on with, where nothing known can have changed unseen.
    pub page: Option<String>,
    /// What was known before may have been deleted or labelled anew.
    pub compare: bool,
}

impl Stamp {
    /// As it was saved; empty for another mailbox or a form that is not understood.
    pub fn load(app: &App, account: &Account) -> Result<Stamp> {
        let bytes = app.store.source_stamp(&stamp_name(&account.name))?;
        let stamp: Option<Stamp> = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        let same = stamp.filter(|stamp| stamp.address == account.address);
        Ok(same.unwrap_or_else(|| Stamp {
            address: account.address.clone(),
            ..Stamp::default()
        }))
    }

    pub fn save(&mut self, app: &App, account: &Account) -> Result<()> {
        self.again.sort_unstable();
        self.again.dedup();
        self.again.truncate(MOST_AGAIN);
        let bytes = serde_json::to_vec(self).context(Kind::Internal, "writing a stamp")?;
        app.store
            .save_source_stamp(&stamp_name(&account.name), &bytes)
    }
}
