//! An event that Slack told by itself: whose it is, and what it does not say of itself, from what is known of the
//! workspace.

use serde_json::Value;

use crate::channel::slack::webhook;
use crate::error::Result;
use crate::format::slack::{self, Context};
use crate::model::account::Account;
use crate::model::receive::Incoming;
use crate::ops::App;

use super::directory::names_in;
use super::stamp::Stamp;

/// What is known of an account's workspace: read once for events that are worked on together.
pub struct Workspace(Stamp);

impl Workspace {
    pub fn load(app: &App, account: &Account) -> Result<Workspace> {
        Ok(Workspace(Stamp::load(app, account)?))
    }

    /// Whether an event is this account's: of its workspace, told to it, or in a channel of its that others share.
    pub fn is_of(&self, event: &[u8]) -> bool {
        let Workspace(stamp) = self;
        let from = webhook::origin(event);
        let own = |team: &String| {
            *team == stamp.team || (!stamp.organisation.is_empty() && *team == stamp.organisation)
        };
        // Of those who share a channel an event names one alone.
        let shares = |channel: &String| stamp.channels.contains_key(channel);
        from.teams.is_empty() || from.teams.iter().any(own) || from.shared.iter().any(shares)
    }

    /// The same with the names of its channel and its people, its folder, and whether the owner wrote it.
    pub fn placed(&self, app: &App, account: &Account, told: Incoming) -> Result<Incoming> {
        let Some((channel, _)) = slack::place_of(&told.remote) else {
            return Ok(told);
        };
        let Workspace(stamp) = self;
        let known = stamp.channels.get(channel).filter(|c| !c.folder.is_empty());
        let title = match known {
            Some(known) => known.title.clone(),
            None => {
                super::name(app, account, channel)?.unwrap_or_else(|| format!("channel {channel}"))
            }
        };
        let message = told.document.get("message").cloned().unwrap_or_default();
        let names = names_in(app, account, &message)?;
        let user = message.get("user").and_then(Value::as_str);
        let own = !stamp.owner.is_empty() && user == Some(stamp.owner.as_str());
        let context = Context {
            channel,
            title: &title,
            direct: known.map_or(channel.starts_with('D'), |c| c.direct),
            own,
            names: Some(&names),
        };
        Ok(Incoming {
            document: slack::document(&context, &message),
            own,
            folder: Some(known.map_or(title.clone(), |c| c.folder.clone())),
            ..told
        })
    }
}
