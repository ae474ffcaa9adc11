//! A message that Slack told by itself: what it does not say of itself, from what is known of the workspace.

use serde_json::Value;

use crate::error::Result;
use crate::format::slack::{self, Context};
use crate::model::account::Account;
use crate::model::receive::Incoming;
use crate::ops::App;

use super::directory::names_of;
use super::stamp::Stamp;

/// The same with the names of its channel and its people, its folder, and whether the owner wrote it.
pub fn placed(app: &App, account: &Account, told: Incoming) -> Result<Incoming> {
    let Some((channel, _)) = slack::place_of(&told.remote) else {
        return Ok(told);
    };
    let stamp = Stamp::load(app, account)?;
    let entries = app.store.directory(&account.name)?;
    let names = names_of(&entries);
    let known = stamp.channels.get(channel).filter(|c| !c.folder.is_empty());
    let listed = entries.iter().find(|entry| entry.id == channel);
    let title = known
        .map(|c| c.title.clone())
        .or_else(|| listed.map(|entry| entry.name.clone()))
        .unwrap_or_else(|| format!("channel {channel}"));
    let message = told.document.get("message").cloned().unwrap_or_default();
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
