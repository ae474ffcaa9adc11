//! Channels, groups and direct messages: which there are, who is in them, up to where they were read.

use serde::Deserialize;
use serde_json::Value;

use crate::error::Result;
use crate::net::slack::operations as op;

use super::{Client, PAGE, call, rows};

/// A room of any kind.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Conversation {
    /// `C…`, `G…` or `D…`.
    pub id: String,
    /// Empty for direct messages.
    pub name: String,
    pub is_im: bool,
    pub is_mpim: bool,
    pub is_archived: bool,
    /// A person's token only sees direct messages that are its own; they do not say so.
    pub is_member: bool,
    /// The other one of direct messages.
    pub user: String,
    /// The `ts` up to which the owner of the token has read; only some answers tell.
    pub last_read: String,
}

impl Conversation {
    /// Whether messages in it can be read and written by this token.
    pub fn is_open(&self) -> bool {
        self.is_im || self.is_mpim || self.is_member
    }
}

/// Rooms, and of which kinds they can't be listed.
#[derive(Clone, Debug, Default)]
pub struct Listing {
    pub conversations: Vec<Conversation>,
    /// Why some kinds are left out: scopes that the token lacks.
    pub lacking: Vec<String>,
}

const KINDS: [&str; 4] = ["public_channel", "private_channel", "mpim", "im"];
const LISTING: &str = "listing the channels";

impl Client {
    /// All rooms that the token sees, archived ones too. Kinds that it lacks the scope for are left out.
    pub async fn conversations(&self) -> Result<Listing> {
        let of = async |kinds: &str| {
            let page = || {
                call(&op::CONVERSATIONS_LIST)
                    .query("types", kinds)
                    .query("limit", PAGE.to_string())
            };
            self.all(page, ("channels", LISTING)).await
        };
        let mut listing = Listing::default();
        let all = match of(&KINDS.join(",")).await {
            Ok(all) => all,
            Err(fault) if fault.reason == "missing_scope" => {
                let mut some = Vec::new();
                let mut last = None;
                for kind in KINDS {
                    match of(kind).await {
                        Ok(found) => some.extend(found),
                        Err(fault) if fault.reason == "missing_scope" => {
                            listing.lacking.push(fault.error.message.clone());
                            last = Some(fault);
                        }
                        Err(fault) => return Err(fault.into()),
                    }
                }
                if let Some(fault) = last.filter(|_| listing.lacking.len() == KINDS.len()) {
                    return Err(fault.into());
                }
                some
            }
            Err(fault) => return Err(fault.into()),
        };
        listing.conversations = rows(all);
        listing
            .conversations
            .retain(|c: &Conversation| !c.id.is_empty());
        Ok(listing)
    }

    /// A room by its id, with what only this answer tells.
    pub async fn conversation(&self, id: &str) -> Result<Conversation> {
        let call = call(&op::CONVERSATIONS_INFO).query("channel", id);
        let mut answer: Value = self.read(&call, "looking up the channel").await?;
        let found = answer.get_mut("channel").map(Value::take);
        Ok(found
            .and_then(|c| serde_json::from_value(c).ok())
            .unwrap_or_default())
    }

    /// The direct messages with this person (`U…`), begun if there are none. Doing it again gives the same.
    pub async fn open(&self, user: &str) -> Result<String> {
        let call = call(&op::CONVERSATIONS_OPEN).form([("users", user)]);
        let answer: Value = self.read(&call, "opening the direct messages").await?;
        let id = answer.get("channel").and_then(|c| c.get("id"));
        match id.and_then(Value::as_str).filter(|id| !id.is_empty()) {
            Some(id) => Ok(id.to_owned()),
            None => Err(crate::error::Error::unavailable(
                "Slack opened the direct messages without saying where they are",
            )),
        }
    }

    /// Who is in a room: `U…`.
    pub async fn members(&self, id: &str) -> Result<Vec<String>> {
        let page = || {
            call(&op::CONVERSATIONS_MEMBERS)
                .query("channel", id)
                .query("limit", PAGE.to_string())
        };
        let found = self.all(page, ("members", "listing who is in the channel"));
        let found = found.await?.into_iter();
        Ok(found
            .filter_map(|id| id.as_str().map(str::to_owned))
            .collect())
    }

    /// Marks a room as read up to this message.
    pub async fn mark_read(&self, id: &str, ts: &str) -> Result<()> {
        let call = call(&op::CONVERSATIONS_MARK).form([("channel", id), ("ts", ts)]);
        self.read::<Value>(&call, "marking the channel as read")
            .await
            .map(drop)
    }
}
