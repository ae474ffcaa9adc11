//! What differs between a Maildir's folders and what the store knows of them.

use std::cmp::Ordering;
use std::collections::HashMap;

use crate::channel::maildir::{self, Entry, Fault, Folder};
use crate::error::Result;
use crate::model::account::Account;
use crate::model::id::MessageId;
use crate::model::message::Flags;
use crate::store::FolderState;

use super::super::App;

/// A folder that was listed, and its stamp as of the listing.
pub struct Listed {
    pub folder: Folder,
    pub stamp: Option<String>,
    /// It was not there when the account was last fetched: what it holds is older than its files.
    pub has_history: bool,
}

/// A known message that now lies elsewhere.
pub struct Moved {
    pub id: MessageId,
    /// Index into [`Found::folders`].
    pub folder: usize,
    pub entry: Entry,
}

/// All differences of an account.
#[derive(Default)]
pub struct Found {
    pub folders: Vec<Listed>,
    /// New files and the index of their folder, in order of their names, which begin with their time.
    pub added: Vec<(usize, Entry)>,
    pub moved: Vec<Moved>,
    pub flags: Vec<(MessageId, Flags, Option<Vec<String>>)>,
    pub removed: Vec<MessageId>,
    pub faults: Vec<Fault>,
}

/// Lists folders and compares; messages of folders that are gone were moved or removed.
pub fn compare(
    app: &App,
    account: &Account,
    folders: Vec<Folder>,
    gone: &[&FolderState],
) -> Result<Found> {
    let mut found = Found::default();
    // Two folders may have held files of one name.
    let mut missing: HashMap<String, Vec<MessageId>> = HashMap::new();
    let mut keep: Vec<MessageId> = Vec::new();
    for state in gone {
        for (unique, id, _) in app.store.maildir_names(&account.name, &state.path)? {
            missing.entry(unique).or_default().push(id);
        }
    }
    for folder in folders {
        let listing = maildir::list(&folder.dir, app.clock.now());
        let known = app.store.maildir_names(&account.name, &folder.path)?;
        let at = found.folders.len();
        let mut lost = Vec::new();
        merge(&known, listing.entries, |known, entry| {
            match (known, entry) {
                (None, Some(entry)) => found.added.push((at, entry)),
                (Some((unique, id, _)), None) => lost.push((unique.clone(), *id)),
                (Some((_, id, flags)), Some(entry)) if *flags != entry.flags => {
                    found.flags.push((*id, entry.flags, None));
                }
                _ => {}
            }
        });
        if listing.unsteady {
            keep.extend(lost.iter().map(|(_, id)| *id));
        }
        for (unique, id) in lost {
            missing.entry(unique).or_default().push(id);
        }
        found.faults.extend(listing.faults);
        found.folders.push(Listed {
            folder,
            stamp: listing.stamp,
            has_history: false,
        });
    }
    if !missing.is_empty() {
        for (at, entry) in std::mem::take(&mut found.added) {
            match missing.get_mut(&entry.unique).and_then(Vec::pop) {
                Some(id) => found.moved.push(Moved {
                    id,
                    folder: at,
                    entry,
                }),
                None => found.added.push((at, entry)),
            }
        }
    }
    if !found.added.is_empty() {
        let erased = app.store.erased_names(&account.name)?;
        found.added.retain(|(_, e)| !erased.contains(&e.unique));
    }
    found.added.sort_by(|a, b| a.1.unique.cmp(&b.1.unique));
    found.removed = missing.into_values().flatten().collect();
    found.removed.retain(|id| !keep.contains(id));
    found.removed.sort_unstable();
    Ok(found)
}

type Known = (String, MessageId, Flags);

/// Walks two lists sorted by unique name side by side.
fn merge(
    known: &[Known],
    entries: Vec<Entry>,
    mut each: impl FnMut(Option<&Known>, Option<Entry>),
) {
    let mut known = known.iter().peekable();
    for entry in entries {
        loop {
            let order = known.peek().map(|k| k.0.as_str().cmp(&entry.unique));
            match order {
                Some(Ordering::Less) => each(known.next(), None),
                Some(Ordering::Equal) => {
                    each(known.next(), Some(entry));
                    break;
                }
                Some(Ordering::Greater) | None => {
                    each(None, Some(entry));
                    break;
                }
            }
        }
    }
    for rest in known {
        each(Some(rest), None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_compared_by_name() {
        let known = |name: &str, id| (name.to_owned(), MessageId(id), Flags::default());
        let entry = |name: &str| Entry {
            unique: name.to_owned(),
            flags: Flags::default(),
            file: name.into(),
            recent: false,
        };
        let mut seen = Vec::new();
        merge(
            &[known("a", 1), known("c", 2), known("e", 3)],
            vec![entry("b"), entry("c"), entry("d")],
            |known, entry| seen.push((known.map(|k| k.1.0), entry.map(|e| e.unique))),
        );
        let text = |t: &str| Some(t.to_owned());
        assert_eq!(
            seen,
            [
                (Some(1), None),
                (None, text("b")),
                (Some(2), text("c")),
                (None, text("d")),
                (Some(3), None)
            ]
        );
    }
}
