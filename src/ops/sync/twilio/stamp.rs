//! What is remembered of an account between two looks at it.

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
    /// Whose account: another id is another account.
    pub account_sid: String,
    /// When the newest message was made that a look saw, with all that were made before it since the first look.
    pub newest: Option<Timestamp>,
    /// The page that the first look goes on with.
    pub before: Option<String>,
    /// Messages of ours of which more is to be heard, and when they were made.
    pub open: BTreeMap<String, Timestamp>,
    /// Who asked for no more messages, or for messages again, and when last, until a look came to its end: an older
    /// word on a later page counts no more.
    pub words: BTreeMap<String, Timestamp>,
}

impl Stamp {
    /// As it was saved; empty for another account or a form that is not understood.
    pub fn load(app: &App, account: &Account) -> Result<Stamp> {
        let sid = account.twilio.as_ref().map(|t| t.account_sid.clone());
        let sid = sid.unwrap_or_default();
        let bytes = app.store.source_stamp(&stamp_name(&account.name))?;
        let stamp: Option<Stamp> = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        let same = stamp.filter(|stamp| stamp.account_sid == sid);
        Ok(same.unwrap_or_else(|| Stamp {
            account_sid: sid,
            ..Stamp::default()
        }))
    }

    pub fn save(&self, app: &App, account: &Account) -> Result<()> {
        let bytes = serde_json::to_vec(self).context(Kind::Internal, "writing a stamp")?;
        app.store
            .save_source_stamp(&stamp_name(&account.name), &bytes)
    }
}
