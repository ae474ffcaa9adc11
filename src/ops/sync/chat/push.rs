//! Telling Chat what was read here: it remembers no single messages, only up to when a space was read.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::channel::google_chat::Client;
use crate::error::{Kind, Result};
use crate::model::account::Account;
use crate::model::id::MessageId;
use crate::model::message::Ident;
use crate::ops::App;

use crate::format::chat;

use super::stamp::Stamp;

/// The queued changes of a space.
#[derive(Default)]
struct Queued {
    rows: Vec<i64>,
    messages: u64,
    /// Something was marked unread.
    unread: bool,
    /// Something was marked read or unread at all.
    seen: bool,
}

/// Tells all queued changes of an account; how many messages they were about. Stars and labels stay here: Chat has
/// nothing like them.
pub async fn push(
    (app, account): (&App, &Account),
    client: &Client,
    stamp: &mut Stamp,
) -> Result<u64> {
    let (queue, orphans) = queued(app, account)?;
    app.store.drop_changes(&orphans)?;
    let mut told = 0;
    for (space, queued) in queue {
        if queued.seen
            && let Some(until) = until((app, account), stamp, &space)?
        {
            let known = stamp.spaces.entry(space.clone()).or_default();
            // Never back by itself: what was read elsewhere stays read.
            if queued.unread || known.read.is_none_or(|read| until > read) {
                match client.mark_read(&space, until).await {
                    Ok(()) => {
                        known.read = Some(until);
                        told += queued.messages;
                    }
                    // One is not in it any more: there is nobody to tell.
                    Err(e) if matches!(e.kind, Kind::NotFound | Kind::Refused) => {}
                    Err(e) => return Err(e),
                }
            }
        }
        app.store.drop_changes(&queued.rows)?;
    }
    Ok(told)
}

/// By space; rows of messages that are nowhere any more are orphans.
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
        let space = match &ident {
            Ident::Remote(name) => chat::space_of(name),
            _ => None,
        };
        let Some(space) = space else {
            orphans.push(row);
            continue;
        };
        let queued = queue.entry(space.to_owned()).or_default();
        queued.rows.push(row);
        queued.messages += 1;
        queued.seen |= change.seen.is_some();
        queued.unread |= change.seen == Some(false);
    }
    Ok((queue, orphans))
}

/// Up to when all is read here: right before the oldest unread message, else the newest message known.
fn until(
    (app, account): (&App, &Account),
    stamp: &Stamp,
    space: &str,
) -> Result<Option<Timestamp>> {
    let Some(stamp) = stamp.spaces.get(space) else {
        return Ok(None);
    };
    let known = app.store.remotes_in(&account.name, &stamp.folder)?;
    let unread: Vec<MessageId> = known
        .into_iter()
        .filter(|m| !m.flags.seen)
        .map(|m| m.id)
        .collect();
    let envelopes = app.store.envelopes(&unread)?;
    let oldest = envelopes.iter().map(|e| e.received_at).min();
    Ok(match oldest {
        Some(oldest) => oldest.checked_sub(SignedDuration::from_micros(1)).ok(),
        None => stamp.last,
    })
}
