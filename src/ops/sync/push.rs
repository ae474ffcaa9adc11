//! Telling a server what changed here: flags, labels, moves.

use std::collections::{BTreeMap, BTreeSet};

use crate::channel::imap::{FlagChange, Folder, Session, names};
use crate::error::{Error, Kind, Result};
use crate::model::account::Account;
use crate::model::id::MessageId;
use crate::model::message::{Change, Ident, Role};
use crate::ops::App;
use crate::rules::folder;

/// The changes of one message, folded into one.
struct Told {
    id: MessageId,
    uid: u32,
    change: Change,
    rows: Vec<i64>,
}

/// What became of an account's queue.
#[derive(Debug, Default)]
pub struct Pushed {
    pub told: u64,
    /// Some are not where they were known to be: what is still to be told of them waits until they are found.
    pub put_off: bool,
    /// What the server refused: repeating won't help, its state wins, and the report says so.
    pub refused: Option<Error>,
}

/// Tells the server the queued changes of an account. Rows are dropped as they are told; after all folders were `looked`
/// at also those of messages that are not where they should be.
pub async fn push(
    (app, account): (&App, &Account),
    (session, folders): (&mut Session, &mut Vec<Folder>),
    looked: bool,
) -> Result<Pushed> {
    let mut pushed = Pushed::default();
    for ((path, validity), mut messages) in queued(app, account)? {
        let all = rows_of(&messages);
        let ended = async {
            let there = still_there(session, folders, (&path, validity), &messages).await?;
            let known = messages.len();
            messages.retain(|told| there.contains(&told.uid));
            pushed.put_off |= messages.len() < known;
            push_folder(app, session, folders, (&path, &messages)).await
        };
        match ended.await {
            Ok(()) => pushed.told += messages.len() as u64,
            Err(e) if e.kind == Kind::Refused => pushed.refused = Some(e),
            // A folder the server can't open now: it is told another time.
            Err(e) if e.kind == Kind::Unavailable && session.answers().await => {
                pushed.refused = Some(e);
                continue;
            }
            Err(e) => return Err(e),
        }
        let rows = if looked { all } else { rows_of(&messages) };
        app.store.drop_changes(&rows)?;
    }
    Ok(pushed)
}

fn rows_of(messages: &[Told]) -> Vec<i64> {
    let rows = messages.iter().flat_map(|told| &told.rows);
    rows.copied().collect()
}

type Queue = BTreeMap<(String, u32), Vec<Told>>;

/// Queued changes by folder and UIDVALIDITY; what has no message any more is dropped.
fn queued(app: &App, account: &Account) -> Result<Queue> {
    let mut queue = Queue::new();
    let mut orphans = Vec::new();
    for (row, id, change) in app.store.queued_changes(&account.name)? {
        let location = match app.store.location(id) {
            Ok(location) => location,
            Err(e) if e.kind == Kind::NotFound => {
                orphans.push(row);
                continue;
            }
            Err(e) => return Err(e),
        };
        let Ident::Uid { validity, uid } = location.ident else {
            orphans.push(row);
            continue;
        };
        let messages = queue.entry((location.folder, validity)).or_default();
        match messages.iter_mut().find(|told| told.id == id) {
            Some(told) => {
                fold(&mut told.change, change);
                told.rows.push(row);
            }
            None => messages.push(Told {
                id,
                uid,
                change,
                rows: vec![row],
            }),
        }
    }
    if !orphans.is_empty() {
        app.store.drop_changes(&orphans)?;
    }
    Ok(queue)
}

/// Later words win.
pub(super) fn fold(earlier: &mut Change, later: Change) {
    earlier.seen = later.seen.or(earlier.seen);
    earlier.starred = later.starred.or(earlier.starred);
    earlier.answered = later.answered.or(earlier.answered);
    earlier.forwarded = later.forwarded.or(earlier.forwarded);
    earlier.move_to = later.move_to.or(earlier.move_to);
    earlier
        .add_labels
        .retain(|label| !later.remove_labels.contains(label));
    earlier
        .remove_labels
        .retain(|label| !later.add_labels.contains(label));
    earlier.add_labels.extend(later.add_labels);
    earlier.remove_labels.extend(later.remove_labels);
}

/// Opens the folder; gives the UIDs that another client has not taken away, and none if they mean other messages now.
/// A server says OK to a change of messages it doesn't have (RFC 3501 6.4.8).
async fn still_there(
    session: &mut Session,
    folders: &[Folder],
    (path, validity): (&str, u32),
    messages: &[Told],
) -> Result<BTreeSet<u32>> {
    let Some(folder) = folders.iter().find(|folder| folder.path == path) else {
        return Ok(BTreeSet::new());
    };
    let opened = session.open_folder(path, &folder.wire, None).await?;
    if opened.uid_validity != validity {
        return Ok(BTreeSet::new());
    }
    let mut uids: Vec<u32> = messages.iter().map(|told| told.uid).collect();
    uids.sort_unstable();
    session.present(path, &uids).await
}

/// Tells what changed of messages of the open folder.
async fn push_folder(
    app: &App,
    session: &mut Session,
    folders: &mut Vec<Folder>,
    (path, messages): (&str, &[Told]),
) -> Result<()> {
    // Nothing that is refused keeps the rest away.
    let mut refused = None;
    let mut noted = |ended: Result<()>| match ended {
        Err(e) if e.kind == Kind::Refused => {
            refused.get_or_insert(e);
            Ok(())
        }
        other => other,
    };
    for ((add, flag), mut uids) in by_flag(messages) {
        uids.sort_unstable();
        uids.dedup();
        let flags = [flag];
        let change = if add {
            FlagChange::Add(&flags)
        } else {
            FlagChange::Remove(&flags)
        };
        noted(session.store(path, &uids, change).await)?;
    }
    let here = folders.iter().find(|folder| folder.path == path);
    let here = here.map(|folder| folder.role);
    let mut moves: BTreeMap<String, (Role, Vec<(u32, MessageId)>)> = BTreeMap::new();
    for told in messages {
        if let Some(role) = told.change.move_to.filter(|role| Some(*role) != here) {
            moves
                .entry(format!("{role:?}"))
                .or_insert_with(|| (role, Vec::new()))
                .1
                .push((told.uid, told.id));
        }
    }
    for (role, mut moved) in moves.into_values() {
        moved.sort_unstable();
        let target = match place_for(session, folders, role).await {
            Ok(target) => target,
            Err(e) => {
                noted(Err(e))?;
                continue;
            }
        };
        // Making the folder may have closed this one.
        noted(move_to(app, session, path, &target, &moved).await)?;
    }
    refused.map_or(Ok(()), Err)
}

/// Which UIDs get or lose which flag.
fn by_flag(messages: &[Told]) -> BTreeMap<(bool, String), Vec<u32>> {
    let mut groups: BTreeMap<(bool, String), Vec<u32>> = BTreeMap::new();
    for told in messages {
        let change = &told.change;
        let facts = [
            (change.seen, "\\Seen"),
            (change.starred, "\\Flagged"),
            (change.answered, "\\Answered"),
            (change.forwarded, "$Forwarded"),
        ];
        let facts = facts
            .into_iter()
            .filter_map(|(value, flag)| Some((value?, flag.to_owned())));
        let added = change.add_labels.iter().map(|l| (true, names::keyword(l)));
        let removed = change
            .remove_labels
            .iter()
            .map(|l| (false, names::keyword(l)));
        for group in facts.chain(added).chain(removed) {
            groups.entry(group).or_default().push(told.uid);
        }
    }
    groups
}

async fn move_to(
    app: &App,
    session: &mut Session,
    path: &str,
    target: &Folder,
    moved: &[(u32, MessageId)],
) -> Result<()> {
    let uids: Vec<u32> = moved.iter().map(|(uid, _)| *uid).collect();
    match session.move_messages(path, &uids, &target.wire).await? {
        Some((validity, pairs)) => {
            for (old, uid) in pairs {
                if let Some((_, id)) = moved.iter().find(|(uid, _)| *uid == old) {
                    let ident = Ident::Uid { validity, uid };
                    app.store
                        .relocate(*id, &target.path, target.role, &ident, None)?;
                }
            }
            Ok(())
        }
        None => find_again(app, session, target, moved).await,
    }
}

/// Without UIDPLUS a moved message is found by its Message-ID, so that it keeps its own id here. Copies of one message
/// arrive in the order they had.
async fn find_again(
    app: &App,
    session: &mut Session,
    target: &Folder,
    moved: &[(u32, MessageId)],
) -> Result<()> {
    let opened = session
        .open_folder(&target.path, &target.wire, None)
        .await?;
    let mut moved = moved.to_vec();
    moved.sort_unstable();
    let newest_first: Vec<MessageId> = moved.iter().rev().map(|(_, id)| *id).collect();
    let mut taken = BTreeSet::new();
    for envelope in app.store.envelopes(&newest_first)? {
        let uids = match &envelope.message_id {
            Some(message_id) => find_uids(session, &target.path, message_id).await?,
            None => Vec::new(),
        };
        let uid = uids.into_iter().rev().find(|uid| taken.insert(*uid));
        match uid {
            Some(uid) => {
                let ident = Ident::Uid {
                    validity: opened.uid_validity,
                    uid,
                };
                app.store
                    .relocate(envelope.id, &target.path, target.role, &ident, None)?;
            }
            // It comes back as new with the next look at the target.
            None => app.store.remove(&[envelope.id])?,
        }
    }
    Ok(())
}

/// The newest message with this Message-ID in the open folder.
pub async fn find_uid(session: &mut Session, path: &str, message_id: &str) -> Result<Option<u32>> {
    let uids = find_uids(session, path, message_id).await?;
    Ok(uids.last().copied())
}

async fn find_uids(session: &mut Session, path: &str, message_id: &str) -> Result<Vec<u32>> {
    let criteria = format!("HEADER Message-ID {}", names::quote(message_id));
    session.search(path, &criteria).await
}

/// The folder with this role, made if there is none.
pub async fn place_for(
    session: &mut Session,
    folders: &mut Vec<Folder>,
    role: Role,
) -> Result<Folder> {
    let fitting = |wanted: Role| move |folder: &&Folder| folder.role == wanted;
    let found = folders.iter().find(fitting(role)).or_else(|| {
        // Where all mail is kept in one place (Gmail), leaving the inbox is archiving.
        let all = role == Role::Archive;
        folders
            .iter()
            .find(|folder| all && folder.role == Role::All)
    });
    if let Some(folder) = found {
        return Ok(folder.clone());
    }
    if matches!(role, Role::Inbox | Role::All | Role::Other) {
        return Err(Error::not_found(format!(
            "the server has no folder with the role `{role:?}`"
        )));
    }
    let name = folder::usual_name(role);
    let under_inbox = folders
        .iter()
        .any(|folder| folder.role != Role::Other && folder.path.starts_with("INBOX/"));
    let path = if under_inbox {
        format!("INBOX/{name}")
    } else {
        name.to_owned()
    };
    let wire = session.create(&path, role).await?;
    let folder = Folder {
        path,
        wire,
        role,
        view: false,
        standing: None,
    };
    folders.push(folder.clone());
    Ok(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_word_on_a_message_is_what_the_server_hears() {
        let mut change = Change {
            seen: Some(true),
            add_labels: vec!["a".into(), "b".into()],
            ..Change::default()
        };
        let later = Change {
            seen: Some(false),
            remove_labels: vec!["a".into()],
            move_to: Some(Role::Archive),
            ..Change::default()
        };
        fold(&mut change, later);
        assert_eq!(change.seen, Some(false));
        assert_eq!(change.add_labels, ["b"]);
        assert_eq!(change.remove_labels, ["a"]);
        assert_eq!(change.move_to, Some(Role::Archive));
    }
}
