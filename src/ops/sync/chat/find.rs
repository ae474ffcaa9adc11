//! Searching at Google Chat itself. What it finds in spaces that were synced and the store lacks comes into the store.

use crate::error::Result;
use crate::model::account::Account;
use crate::ops::sync::Found;
use crate::ops::{App, access, token};

use super::room::Room;
use super::stamp::Stamp;

/// Finds messages by a filter in Chat's words, newest first.
pub async fn find(app: &App, account: &Account, (filter, most): (&str, usize)) -> Result<Found> {
    let client = access::google_chat(app, account).await?;
    let results = client.search(filter, most).await;
    let results = results.map_err(|e| token::explained(app, account, e))?;
    let stamp = Stamp::load(app, account)?;
    let mut found = Found {
        estimate: results.len() as u64,
        ..Found::default()
    };
    for message in results.iter().map(|result| &result.message) {
        let Some(name) = message.get("name").and_then(|name| name.as_str()) else {
            continue;
        };
        if let Some(known) = app.store.remote(&account.name, name)? {
            found.ids.push(known.id);
            continue;
        }
        let space = name.split("/messages/").next().unwrap_or_default();
        // A space that is new has its folder with the next sync.
        let Some(known) = stamp.spaces.get(space) else {
            found.in_new_rooms += 1;
            continue;
        };
        if known.closed {
            continue;
        }
        let room = Room::new(
            account,
            stamp.owner.clone(),
            ((space, known.title.as_str()), known.folder.clone()),
            (known.read, app.clock.now()),
        );
        let Some(message) = room.made(message) else {
            continue;
        };
        let added = app.store.add(vec![message])?;
        let added: Vec<_> = added.iter().filter_map(|added| added.id).collect();
        app.store.note_found(&account.name, &added)?;
        found.ids.extend(added);
    }
    Ok(found)
}
