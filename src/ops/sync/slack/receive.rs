//! An event that Slack told by itself: whose it is, and what it does not say of itself, from what is known of the
//! workspace.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::channel::slack::webhook;
use crate::error::Result;
use crate::format::slack::{self, Context};
use crate::model::account::Account;
use crate::model::receive::Incoming;
use crate::ops::App;

use super::directory::names_of;
use super::stamp::Stamp;

/// What is known of an account's workspace: read once for events that are worked on together.
pub struct Workspace {
    stamp: Stamp,
    /// Read for the first that has to be placed.
    names: Option<Names>,
}

/// By id.
struct Names {
    people: BTreeMap<String, String>,
    channels: BTreeMap<String, String>,
}

impl Names {
    fn read(app: &App, account: &Account) -> Result<Names> {
        let entries = app.store.directory(&account.name)?;
        let people = names_of(&entries);
        let channels = entries.into_iter().filter(|entry| !entry.kind.is_someone());
        Ok(Names {
            people,
            channels: channels.map(|entry| (entry.id, entry.name)).collect(),
        })
    }
}

impl Workspace {
    pub fn load(app: &App, account: &Account) -> Result<Workspace> {
        Ok(Workspace {
            stamp: Stamp::load(app, account)?,
            names: None,
        })
    }

    /// Whether an event is this account's: of its workspace, told to it, or in a channel of its that others share.
    pub fn is_of(&self, event: &[u8]) -> bool {
        let stamp = &self.stamp;
        let from = webhook::origin(event);
        let own = |team: &String| {
            *team == stamp.team || (!stamp.organisation.is_empty() && *team == stamp.organisation)
        };
        // Of those who share a channel an event names one alone.
        let shares = |channel: &String| stamp.channels.contains_key(channel);
        from.teams.is_empty() || from.teams.iter().any(own) || from.shared.iter().any(shares)
    }

    /// The same with the names of its channel and its people, its folder, and whether the owner wrote it.
    pub fn placed(&mut self, app: &App, account: &Account, told: Incoming) -> Result<Incoming> {
        let Some((channel, _)) = slack::place_of(&told.remote) else {
            return Ok(told);
        };
        let names = match &mut self.names {
            Some(names) => names,
            none => none.insert(Names::read(app, account)?),
        };
        let known = self.stamp.channels.get(channel);
        let known = known.filter(|c| !c.folder.is_empty());
        let title = known
            .map(|c| c.title.clone())
            .or_else(|| names.channels.get(channel).cloned())
            .unwrap_or_else(|| format!("channel {channel}"));
        let message = told.document.get("message").cloned().unwrap_or_default();
        let user = message.get("user").and_then(Value::as_str);
        let own = !self.stamp.owner.is_empty() && user == Some(self.stamp.owner.as_str());
        let context = Context {
            channel,
            title: &title,
            direct: known.map_or(channel.starts_with('D'), |c| c.direct),
            own,
            names: Some(&names.people),
        };
        Ok(Incoming {
            document: slack::document(&context, &message),
            own,
            folder: Some(known.map_or(title.clone(), |c| c.folder.clone())),
            ..told
        })
    }
}
