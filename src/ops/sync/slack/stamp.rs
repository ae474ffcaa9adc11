//! What is remembered of an account's channels between two looks at them.

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
    /// Whose workspace: a token for another is another account.
    pub team: String,
    /// Who the token is: `U…`.
    pub owner: String,
    /// The organisation, if the token is for all its workspaces: `E…`.
    pub organisation: String,
    /// When that was asked.
    pub asked_at: Option<Timestamp>,
    /// `https://TEAM.slack.com/`
    pub url: String,
    /// When the people were listed.
    pub people_at: Option<Timestamp>,
    /// By id.
    pub channels: BTreeMap<String, ChannelStamp>,
}

/// Where the sync of a channel stands. Each `ts` is the text that Slack gave.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ChannelStamp {
    /// Its folder here.
    pub folder: String,
    /// What the folder was made from; another title is another folder.
    pub title: String,
    /// All messages are one conversation.
    pub direct: bool,
    /// The newest message that is in the store.
    pub newest: Option<String>,
    /// A stretch that is not listed yet, from its younger end on.
    pub gap: Option<Gap>,
    /// What the newest page was like.
    pub page: Option<u64>,
    /// Threads that went on lately, and their newest answers that are in the store.
    pub threads: BTreeMap<String, String>,
    /// Threads whose answers are still to be fetched.
    pub pending: Vec<String>,
    /// When the channel was looked at.
    pub checked: Option<Timestamp>,
    /// When the threads were looked at that are not on the newest page.
    pub threads_at: Option<Timestamp>,
    /// The user has read so far.
    pub read: Option<String>,
    /// When that was asked.
    pub read_at: Option<Timestamp>,
    /// One is not in it any more, or it is archived.
    pub closed: bool,
}

/// Messages between two that are in the store, or before the oldest.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Gap {
    /// Younger than this one.
    pub after: Option<String>,
    /// Older than this one.
    pub before: String,
}

impl Stamp {
    /// As it was saved; empty for a form that is not understood.
    pub fn load(app: &App, account: &Account) -> Result<Stamp> {
        let bytes = app.store.source_stamp(&stamp_name(&account.name))?;
        let stamp = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        Ok(stamp.unwrap_or_default())
    }

    pub fn save(&self, app: &App, account: &Account) -> Result<()> {
        let bytes = serde_json::to_vec(self).context(Kind::Internal, "writing a stamp")?;
        app.store
            .save_source_stamp(&stamp_name(&account.name), &bytes)
    }
}
