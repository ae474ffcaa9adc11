//! Telling Gmail what changed here: flags, labels, moves.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::channel::gmail::Client;
use crate::error::{Error, Kind, Result};
use crate::model::account::Account;
use crate::model::message::{Change, Ident};
use crate::ops::App;
use crate::ops::sync::push::fold;
use crate::store::{Placed, Remote};

use super::labels::{self, Told};
use super::names;
use super::stamp::Stamp;
use super::{placed, standing_of};

/// Of labels by the names they had before.
type NewNames = HashMap<String, Option<String>>;

/// The changes of one message, folded into one.
struct Queued {
    remote: Remote,
    change: Change,
    rows: Vec<i64>,
}

/// Whether repeating won't help: then Gmail's state wins, and the report says so.
pub fn is_final(e: &Error) -> bool {
    matches!(e.kind, Kind::Refused | Kind::NotFound | Kind::Usage)
}

/// Tells Gmail all queued changes of an account; how many messages that were. Rows are dropped as they are told.
pub async fn push(
    (app, account): (&App, &Account),
    client: &Client,
    stamp: &mut Stamp,
) -> Result<u64> {
    let mut queue = queued(app, account)?;
    if queue.is_empty() {
        return Ok(0);
    }
    let (mut refused, renamed) = name_labels((app, account), client, stamp, &queue).await?;
    if !renamed.is_empty() {
        queue = queued(app, account)?;
        for queued in &mut queue {
            follow(&mut queued.change.add_labels, &renamed);
            follow(&mut queued.change.remove_labels, &renamed);
        }
    }
    let mut groups: BTreeMap<Told, Vec<&Queued>> = BTreeMap::new();
    for queued in &queue {
        let role = standing_of(&queued.remote).role;
        let told = Told::of(&queued.change, role, &stamp.names);
        groups.entry(told).or_default().push(queued);
    }
    let mut count = 0;
    for (told, group) in groups {
        let ids: Vec<&str> = group.iter().map(|q| q.remote.remote.as_str()).collect();
        match tell(client, &told, &ids).await {
            Ok(()) => {
                count += group.len() as u64;
                let placed: Vec<Placed> = group
                    .iter()
                    .map(|queued| {
                        let mut ids = labels::ids(&standing_of(&queued.remote), &stamp.names);
                        told.apply(&mut ids);
                        let ids = ids.iter().map(String::as_str);
                        let mut now = labels::standing(ids, &stamp.names);
                        now.flags.answered = queued.remote.flags.answered;
                        now.flags.forwarded = queued.remote.flags.forwarded;
                        placed(&queued.remote, now)
                    })
                    .collect();
                app.store.place(&placed)?;
            }
            Err(e) if is_final(&e) => {
                // What they say there is learnt with the next look.
                stamp.again.extend(ids.iter().map(|id| (*id).to_owned()));
                stamp.save(app, account)?;
                refused = Some(e);
            }
            Err(e) => return Err(e),
        }
        let rows: Vec<i64> = group.iter().flat_map(|q| q.rows.clone()).collect();
        app.store.drop_changes(&rows)?;
    }
    refused.map_or(Ok(count), Err)
}

/// Queued changes, one per message; what has no message any more is dropped.
fn queued(app: &App, account: &Account) -> Result<Vec<Queued>> {
    let rows = app.store.queued_changes(&account.name)?;
    let mut queue: Vec<Queued> = Vec::new();
    let mut orphans = Vec::new();
    for (row, id, change) in rows {
        if let Some(queued) = queue.iter_mut().find(|queued| queued.remote.id == id) {
            fold(&mut queued.change, change);
            queued.rows.push(row);
            continue;
        }
        let remote = match app.store.location(id) {
            Ok(location) => match location.ident {
                Ident::Remote(remote) => app.store.remote(&account.name, &remote)?,
                _ => None,
            },
            Err(e) if e.kind == Kind::NotFound => None,
            Err(e) => return Err(e),
        };
        match remote {
            Some(remote) => queue.push(Queued {
                remote,
                change,
                rows: vec![row],
            }),
            None => orphans.push(row),
        }
    }
    app.store.drop_changes(&orphans)?;
    Ok(queue)
}

/// Learns the ids of all labels that are to be told; makes those that are to be added and are not there. Gives why one
/// can't be: its messages lose it with the next look.
async fn name_labels(
    (app, account): (&App, &Account),
    client: &Client,
    stamp: &mut Stamp,
    queue: &[Queued],
) -> Result<(Option<Error>, NewNames)> {
    let changes = queue.iter().map(|queued| &queued.change);
    let wanted: BTreeSet<&String> = changes.clone().flat_map(|c| &c.add_labels).collect();
    let all: BTreeSet<&String> = changes.flat_map(|c| &c.remove_labels).collect();
    let unknown = |stamp: &Stamp, label: &str| labels::id(label, &stamp.names).is_none();
    if !wanted.union(&all).any(|label| unknown(stamp, label)) {
        return Ok((None, NewNames::new()));
    }
    let there = client.labels().await?;
    let now = there.into_iter().map(|label| (label.id, label.name));
    let mut renamed = names::take_over((app, account), stamp, now.collect())?.names;
    let mut refused = None;
    for asked in wanted {
        let label = renamed.get(asked).and_then(Option::as_ref).unwrap_or(asked);
        let label = &label.clone();
        if !unknown(stamp, label) {
            continue;
        }
        match client.create_label(label).await {
            Ok(made) => {
                let mut now = stamp.names.clone();
                now.insert(made.id, made.name);
                renamed.extend(names::take_over((app, account), stamp, now)?.names);
            }
            Err(e) if is_final(&e) => {
                let with = queue.iter().filter(|q| q.change.add_labels.contains(asked));
                let with = with.map(|queued| queued.remote.remote.clone());
                stamp.again.extend(with);
                refused = Some(e);
            }
            Err(e) => return Err(e),
        }
    }
    stamp.save(app, account)?;
    Ok((refused, renamed))
}

/// Labels by the names they have now.
fn follow(labels: &mut [String], renamed: &NewNames) {
    for label in labels {
        if let Some(Some(now)) = renamed.get(label) {
            label.clone_from(now);
        }
    }
}

/// Tells one change of several messages.
async fn tell(client: &Client, told: &Told, ids: &[&str]) -> Result<()> {
    if told.trash == Some(false) {
        for id in ids {
            client.untrash(id).await?;
        }
    }
    let words = |labels: &BTreeSet<String>| -> Vec<String> { labels.iter().cloned().collect() };
    let (add, remove) = (words(&told.add), words(&told.remove));
    let add: Vec<&str> = add.iter().map(String::as_str).collect();
    let remove: Vec<&str> = remove.iter().map(String::as_str).collect();
    client.relabel(ids, &add, &remove).await?;
    if told.trash == Some(true) {
        for id in ids {
            client.trash(id).await?;
        }
    }
    Ok(())
}
