//! Telling Slack what was read here: it remembers no single messages, only up to which one a channel was read.

use std::collections::BTreeMap;

use crate::channel::slack::Client;
use crate::error::{Error, Kind, Result};
use crate::format::slack;
use crate::model::account::Account;
use crate::model::message::Ident;
use crate::ops::App;

use super::room::is_after;
use super::stamp::Stamp;

/// The queued changes of a channel.
#[derive(Default)]
struct Queued {
    rows: Vec<i64>,
    messages: u64,
    /// Something was marked unread.
    unread: bool,
    /// Something was marked read or unread at all.
    seen: bool,
}

/// Tells all queued changes of an account; how many messages they were about. Stars and labels stay here.
pub async fn push((app, account): (&App, &Account), client: &Client) -> Result<u64> {
    let (queue, orphans) = queued(app, account)?;
    app.store.drop_changes(&orphans)?;
    let mut told = 0;
    for (channel, queued) in queue {
        if queued.seen {
            let mut stamp = Stamp::load(app, account)?;
            if let Some(known) = stamp.channels.get_mut(&channel)
                && let Some(until) = until((app, account), &known.folder, &channel)?
                // Never back by itself: what was read elsewhere stays read.
                && (queued.unread || known.read.as_deref().is_none_or(|read| is_after(&until, read)))
            {
                match client.mark_read(&channel, &until).await {
                    Ok(()) => {
                        known.read = Some(until);
                        stamp.save(app, account)?;
                        told += queued.messages;
                    }
                    // One is not in it any more: there is nobody to tell.
                    Err(e) if matches!(e.kind, Kind::NotFound | Kind::Refused) => {}
                    // A token that may not mark, as a bot's, never will: what was read stays known here.
                    Err(e) if lacks_scope(&e) => {}
                    Err(e) => return Err(e),
                }
            }
        }
        app.store.drop_changes(&queued.rows)?;
    }
    Ok(told)
}

fn lacks_scope(e: &Error) -> bool {
    e.kind == Kind::Auth && e.message.contains("the token lacks")
}

/// By channel; rows of messages that are nowhere any more are orphans.
fn queued(app: &App, account: &Account) -> Result<(BTreeMap<String, Queued>, Vec<i64>)> {
    let mut queue: BTreeMap<String, Queued> = BTreeMap::new();
    let mut orphans = Vec::new();
    for (row, id, change) in app.store.queued_changes(&account.name)? {
        let ident = match app.store.location(id) {
            Ok(location) => location.ident,
            Err(e) if e.kind == Kind::NotFound => {
                orphans.push(row);
                continue;
            }
            Err(e) => return Err(e),
        };
        let place = match &ident {
            Ident::Remote(remote) => slack::place_of(remote),
            _ => None,
        };
        let Some((channel, _)) = place else {
            orphans.push(row);
            continue;
        };
        let queued = queue.entry(channel.to_owned()).or_default();
        queued.rows.push(row);
        queued.messages += 1;
        queued.seen |= change.seen.is_some();
        queued.unread |= change.seen == Some(false);
    }
    Ok((queue, orphans))
}

/// The message up to which all is read here: the last before the oldest unread one, else the newest.
fn until((app, account): (&App, &Account), folder: &str, channel: &str) -> Result<Option<String>> {
    let known = app.store.remotes_in(&account.name, folder)?;
    let mut all: Vec<(&str, bool)> = known
        .iter()
        .filter_map(|m| {
            let (place, ts) = slack::place_of(&m.remote)?;
            (place == channel).then_some((ts, m.flags.seen))
        })
        .collect();
    all.sort_by_key(|(ts, _)| (ts.len(), *ts));
    let read = all.iter().take_while(|(_, seen)| *seen).last();
    let first = all.first();
    Ok(match (read, first) {
        (Some((ts, _)), _) => Some((*ts).to_owned()),
        // Nothing is read: right before the first there is no message to name.
        (None, Some(_)) => Some("0000000000.000000".to_owned()),
        (None, None) => None,
    })
}
