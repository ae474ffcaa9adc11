//! Reactions to a message.

use serde::Deserialize;
use serde_json::json;

use crate::error::Result;
use crate::net::api::Call;
use crate::net::google::operations::chat as op;

use super::{Client, fault};

/// Of one page at most (Google's limit).
const PAGE: usize = 200;

/// What someone answered with a picture.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Reaction {
    /// Its resource name, for taking it back.
    pub name: String,
    pub emoji: Emoji,
    pub user: User,
}

/// A character; none for one that the domain made itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Emoji {
    pub unicode: Option<String>,
}

/// Who reacted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct User {
    pub name: String,
    pub display_name: String,
}

impl Client {
    /// Reacts to a message. Having done so already is success.
    pub async fn react(&self, message: &str, emoji: &str) -> Result<()> {
        let call = Call::new(op::REACTIONS_CREATE)
            .at("parent", message)
            .json(&json!({"emoji": {"unicode": emoji}}));
        match self.api.ask(&call, "reacting to a message").await {
            Ok(_) => Ok(()),
            Err(fault) if fault.status == 409 => Ok(()),
            Err(fault) => Err(fault::judge(fault, None)),
        }
    }

    /// Reactions to a message; with `emoji` only those.
    pub async fn reactions(&self, message: &str, emoji: Option<&str>) -> Result<Vec<Reaction>> {
        let filter = emoji.map(|e| format!("emoji.unicode = \"{}\"", e.replace(['"', '\\'], "")));
        let call = || {
            Call::new(op::REACTIONS_LIST)
                .at("parent", message)
                .query("pageSize", PAGE.to_string())
                .maybe("filter", filter.clone())
        };
        self.all(call, ("reactions", "listing reactions"), None)
            .await
    }

    /// Takes a reaction back. One that is gone already is taken back.
    pub async fn unreact(&self, reaction: &str) -> Result<()> {
        let call = Call::new(op::REACTIONS_DELETE).at("name", reaction);
        match self.api.ask(&call, "taking a reaction back").await {
            Ok(_) => Ok(()),
            Err(fault) if matches!(fault.status, 404 | 410) => Ok(()),
            Err(fault) => Err(fault::judge(fault, None)),
        }
    }
}
