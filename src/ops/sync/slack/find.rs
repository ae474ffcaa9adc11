//! Searching at Slack itself. What it finds in channels that were synced and the store lacks comes into the store.

use crate::error::Result;
use crate::format::slack;
use crate::model::account::Account;
use crate::ops::sync::Found;
use crate::ops::{App, access, token};

use super::directory::names_of;
use super::room::Room;
use super::stamp::Stamp;

/// Finds messages by a query in Slack's words, newest first.
pub async fn find(app: &App, account: &Account, (query, most): (&str, usize)) -> Result<Found> {
    let client = access::slack(app, account).await?;
    let results = client.search(query, most).await;
    let (results, total) = results.map_err(|e| token::explained(app, account, e))?;
    let stamp = Stamp::load(app, account)?;
    let names = names_of(&app.store.directory(&account.name)?);
    let mut found = Found {
        estimate: total,
        ..Found::default()
    };
    for hit in results {
        let id = slack::remote(&hit.channel, &hit.ts);
        if let Some(known) = app.store.remote(&account.name, &id)? {
            found.ids.push(known.id);
            continue;
        }
        // A channel that is new has its folder with the next sync.
        let known = stamp.channels.get(&hit.channel);
        let Some(known) = known.filter(|known| !known.folder.is_empty()) else {
            found.in_new_rooms += 1;
            continue;
        };
        // A hit is cut and marked: the message itself is fetched.
        let message = client.message(&hit.channel, &hit.ts).await;
        let Some(message) = message.map_err(|e| token::explained(app, account, e))? else {
            continue;
        };
        let room = Room {
            account,
            owner: &stamp.owner,
            id: &hit.channel,
            stamp: known.clone(),
            names: &names,
            old: true,
            now: app.clock.now(),
        };
        let Some(message) = room.made(&message) else {
            continue;
        };
        let added = app.store.add(vec![message])?;
        let added: Vec<_> = added.iter().filter_map(|added| added.id).collect();
        app.store.note_found(&account.name, &added)?;
        found.ids.extend(added);
    }
    Ok(found)
}
