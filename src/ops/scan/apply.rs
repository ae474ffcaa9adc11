//! A change made here, told to the files: a flag is a name, a move a rename.

use std::path::Path;

use crate::channel::maildir::{self, Folder};
use crate::error::{Error, Result};
use crate::model::account::Account;
use crate::model::id::MessageId;
use crate::model::message::{Change, Flags, Ident, Location, Raw, Role};
use crate::rules::folder;

use super::super::App;

/// Renames the file of a message of a Maildir account as the change asks, and records its new place.
///
/// Labels have no place in a Maildir: they stay in the store. For an imported message, which has no file,
/// only the move is recorded.
pub fn apply(app: &App, location: &Location, change: &Change) -> Result<()> {
    let Ident::Maildir(unique) = &location.ident else {
        return match change.move_to {
            Some(role) => move_imported(app, location, role),
            None => Ok(()),
        };
    };
    if !flags_change(change) && change.move_to.is_none() {
        return Ok(());
    }
    let account = app.config.account(&location.account)?;
    let root = super::root_of(app, account)?;
    let dir = maildir::folder_dir(&root, &location.folder);
    let mut path = maildir::find(&dir, unique).ok_or_else(|| {
        Error::not_found(format!(
            "the file of `{}` is no longer in `{}`",
            location.id,
            dir.display()
        ))
        .hint("another program moved or removed it; run `comms inbox sync`")
    })?;
    let mut touched = false;
    if flags_change(change) {
        path = maildir::set_flags(&path, change)?;
        touched = true;
    }
    let mut folder = location.folder.clone();
    let mut role = location.role;
    if let Some(wanted) = change.move_to
        && wanted != location.role
    {
        let target = folder_for(&root, account, wanted)?;
        let is_taken = |unique: &str| {
            let there = Ident::Maildir(unique.to_owned());
            let other = app.store.find(&account.name, &target.path, &there);
            other.is_ok_and(|other| other.is_some_and(|other| other != location.id))
        };
        path = maildir::move_to(&path, &target, is_taken)?;
        folder = target.path;
        role = wanted;
        touched = true;
    }
    if touched {
        let unique = maildir::unique_of(path.file_name().unwrap_or_default());
        let ident = Ident::Maildir(unique);
        app.store
            .relocate(location.id, &folder, role, &ident, Some(Raw::File(path)))?;
    }
    Ok(())
}

/// Files a message in the account's folder with this role, as read, and stores it.
pub fn file_copy(
    app: &App,
    account: &Account,
    role: Role,
    raw: &[u8],
) -> Result<Option<MessageId>> {
    let root = super::root_of(app, account)?;
    let folder = folder_for(&root, account, role)?;
    let flags = Flags {
        seen: true,
        draft: role == Role::Drafts,
        ..Flags::default()
    };
    let unique = maildir::deliver(&root, &folder.path, raw, flags)?;
    super::scan(app, account)?;
    app.store
        .find(&account.name, &folder.path, &Ident::Maildir(unique))
}

fn flags_change(change: &Change) -> bool {
    [
        change.seen,
        change.starred,
        change.answered,
        change.forwarded,
    ]
    .iter()
    .any(Option::is_some)
}

/// An imported message changes its folder in the store alone.
fn move_imported(app: &App, location: &Location, role: Role) -> Result<()> {
    let folder = folder::usual_name(role);
    app.store
        .relocate(location.id, folder, role, &location.ident, None)
}

/// The account's folder with this role, made under its usual name if there is none.
fn folder_for(root: &Path, account: &Account, role: Role) -> Result<Folder> {
    let create = || maildir::create_folder(root, folder::usual_name(role));
    if !root.exists() && account.built_in {
        return create();
    }
    let tree = maildir::folders(root)?;
    let found = tree
        .folders
        .into_iter()
        .find(|f| folder::role(&f.path) == role);
    match found {
        Some(folder) => Ok(folder),
        None if role == Role::Other => Err(Error::usage(format!(
            "account `{}` has no folder with this role",
            account.name
        ))),
        None => create(),
    }
}
