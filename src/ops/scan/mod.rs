//! Brings the store up to date with a Maildir that other programs write too, and renames its files when
//! flags or folders are changed here. Nothing else in it is ever touched.
//!
//! When nothing changed, a scan is a stat per folder.

mod apply;
mod diff;

use std::fs::File;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::channel::maildir::{self, Fault, Folder};
use crate::error::{Error, Kind, Result};
use crate::format::mime;
use crate::model::account::{Account, ChannelKind};
use crate::model::message::{Ident, NewMessage, Raw};
use crate::rules::folder;
use crate::store::FolderState;

use super::App;
use super::intake::{self, Intake};

pub use apply::{apply, file_copy};

/// What a scan found to be different.
#[derive(Clone, Debug, Default)]
pub struct Scanned {
    /// Folders of the tree.
    pub folders: usize,
    pub added: u64,
    /// Flags that another program changed, and messages it moved.
    pub changed: u64,
    pub removed: u64,
    /// Files and folders that could not be read; the first hundred.
    pub faults: Vec<Fault>,
    pub fault_count: u64,
}

/// How many faults are named; the rest is counted.
const NAMED_FAULTS: usize = 100;

const INBOX: &str = "INBOX";

/// Folders that a scan wrote have a stamp that begins so; imports into `local` have none.
const STAMP: &str = "maildir ";

impl Scanned {
    /// An error that names what could not be read, if anything.
    pub fn complaint(&self) -> Option<Error> {
        let first = self.faults.first()?;
        let more = match self.fault_count {
            1 => String::new(),
            n => format!(" and {} more", n - 1),
        };
        Some(
            Error::new(
                Kind::Partial,
                format!("`{}`{more} could not be read", first.path.display()),
            )
            .hint("everything else is up to date; give yourself the right to read these files")
            .because(first.words.clone()),
        )
    }

    fn fault(&mut self, fault: Fault) {
        self.fault_count += 1;
        if self.faults.len() < NAMED_FAULTS {
            self.faults.push(fault);
        }
    }
}

/// Syncs a Maildir account, or the built-in one, into the store.
pub fn scan(app: &App, account: &Account) -> Result<Scanned> {
    let mut scanned = Scanned::default();
    let root = root_of(app, account)?;
    if account.built_in && !root.exists() {
        return Ok(scanned);
    }
    let states = app.store.folders(&account.name)?;
    if !root.exists() && states.iter().any(was_scanned) {
        return Err(not_there(account, &root));
    }
    let tree = maildir::folders(&root)?;
    let whole = tree.faults.is_empty();
    tree.faults.into_iter().for_each(|f| scanned.fault(f));
    let is_bare = tree.folders.is_empty();
    let has_inbox = tree.folders.iter().any(|f| f.path == INBOX);
    let folders: Vec<Folder> = tree
        .folders
        .into_iter()
        .filter(|f| wanted(account, &f.path))
        .collect();
    scanned.folders = folders.len();
    let known = |path: &str| states.iter().find(|s| s.path == path);
    let now = app.clock.now();
    let mut changed = Vec::new();
    for folder in folders {
        let before = known(&folder.path).and_then(|s| s.stamp.as_deref());
        let unchanged = maildir::stamp(&folder.dir, now)
            .is_some_and(|stamp| before.and_then(|b| b.strip_prefix(STAMP)) == Some(&*stamp));
        changed.push((folder, unchanged));
    }
    let gone: Vec<&FolderState> = states
        .iter()
        .filter(|s| whole && was_scanned(s))
        .filter(|s| changed.iter().all(|(f, _)| f.path != s.path))
        .collect();
    changed.retain(|(_, unchanged)| !unchanged);
    if changed.is_empty() && gone.is_empty() {
        return Ok(scanned);
    }
    let folders = changed.into_iter().map(|(folder, _)| folder).collect();
    let mut found = diff::compare(app, account, folders, &gone)?;
    for state in gone
        .iter()
        .filter(|s| is_bare || !has_inbox && s.path == INBOX)
    {
        let known = app.store.maildir_names(&account.name, &state.path)?;
        if known
            .iter()
            .any(|(_, id, _)| found.removed.binary_search(id).is_ok())
        {
            return Err(not_there(account, &root));
        }
    }
    for listed in &mut found.folders {
        let path = &listed.folder.path;
        listed.has_history = if known(path).is_some_and(was_scanned) {
            app.store.is_young(&account.name, path)?
        } else {
            // Without a stamp: whoever is killed before it has begun begins again.
            if known(path).is_none() {
                let (path, role) = (path.clone(), folder::role(path));
                let state = FolderState {
                    path,
                    role,
                    ..FolderState::default()
                };
                app.store.save_folder(&account.name, &state)?;
            }
            let has_history = app.store.begin_folder(&account.name, path)?;
            save(app, account, (&listed.folder, None))?;
            has_history
        };
    }
    take_over(app, account, found, &mut scanned)?;
    for state in gone {
        // What was imported has no file that could be gone.
        if !app.store.forget_if_empty(&account.name, &state.path)? {
            let imports = FolderState {
                stamp: None,
                ..state.clone()
            };
            app.store.save_folder(&account.name, &imports)?;
        }
    }
    Ok(scanned)
}

fn was_scanned(state: &FolderState) -> bool {
    state.stamp.as_deref().is_some_and(|t| t.starts_with(STAMP))
}

/// Where mail was there is none, not even a place for it: a disk that is not mounted looks so.
fn not_there(account: &Account, root: &Path) -> Error {
    Error::unavailable(format!(
        "the mail of account `{}` is not in `{}`, which has neither `cur` nor `new` any more",
        account.name,
        root.display()
    ))
    .hint(format!(
        "nothing was forgotten here; mount it, or, if its mail is gone for good, make an empty folder `{}`",
        root.join("cur").display()
    ))
}

/// The root of an account's Maildir.
pub(super) fn root_of(app: &App, account: &Account) -> Result<PathBuf> {
    if let Some(path) = &account.path {
        return Ok(path.clone());
    }
    if account.built_in {
        return Ok(app.config.local_maildir());
    }
    Err(
        Error::config(format!("account `{}` names no Maildir", account.name))
            .hint("set `path` of the account, see `comms config show`"),
    )
}

fn wanted(account: &Account, path: &str) -> bool {
    account
        .folders
        .as_ref()
        .is_none_or(|only| only.iter().any(|f| f == path))
}

fn take_over(
    app: &App,
    account: &Account,
    mut found: diff::Found,
    scanned: &mut Scanned,
) -> Result<()> {
    std::mem::take(&mut found.faults)
        .into_iter()
        .for_each(|f| scanned.fault(f));
    if !found.flags.is_empty() {
        app.store.set_flags(&found.flags)?;
        scanned.changed += found.flags.len() as u64;
    }
    for moved in &found.moved {
        let folder = &found.folders[moved.folder].folder;
        app.store.relocate(
            moved.id,
            &folder.path,
            folder::role(&folder.path),
            &Ident::Maildir(moved.entry.unique.clone()),
            Some(Raw::File(moved.entry.path(&folder.dir))),
        )?;
        app.store
            .set_flags(&[(moved.id, moved.entry.flags, None)])?;
        scanned.changed += 1;
    }
    // First, so that a file some program wrote anew gets back the number of the one it was.
    if !found.removed.is_empty() {
        app.store.remove(&found.removed)?;
        scanned.removed += found.removed.len() as u64;
    }
    let total = found.added.len() as u64;
    if total > 0 {
        let stage = format!("reading new mail of {}", account.name);
        let (faults, counts) = intake::run(app, &stage, Some(total), |intake| {
            let mut faults = Vec::new();
            for (at, entry) in &found.added {
                if let Err(e) = add(intake, account, &found.folders[*at], entry)? {
                    faults.push((*at, e));
                }
            }
            Ok(faults)
        })?;
        scanned.added += counts.first().map_or(0, |c| c.added);
        for (at, fault) in faults {
            // A folder with unread files is listed again next time.
            found.folders[at].stamp = None;
            scanned.fault(fault);
        }
    }
    for listed in &found.folders {
        save(app, account, (&listed.folder, listed.stamp.as_deref()))?;
    }
    Ok(())
}

fn save(app: &App, account: &Account, (folder, stamp): (&Folder, Option<&str>)) -> Result<()> {
    app.store.save_folder(
        &account.name,
        &FolderState {
            path: folder.path.clone(),
            role: folder::role(&folder.path),
            stamp: Some(format!("{STAMP}{}", stamp.unwrap_or("?"))),
            ..FolderState::default()
        },
    )
}

/// Reads one new message; the inner error is a file that can't be read. One that vanished is no error.
fn add(
    intake: &mut Intake<'_>,
    account: &Account,
    listed: &diff::Listed,
    entry: &maildir::Entry,
) -> Result<std::result::Result<(), Fault>> {
    let folder = &listed.folder;
    let path = entry.path(&folder.dir);
    let fault = |path: &Path, e: std::io::Error| Fault {
        path: path.to_owned(),
        words: e.to_string(),
    };
    let (path, file) = match open(&path, &folder.dir, &entry.unique) {
        Ok(opened) => opened,
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(Ok(())),
        Err(e) => return Ok(Err(fault(&path, e))),
    };
    let (size, received_at) = match intake::measure(&file) {
        Ok(measured) => measured,
        Err(e) => return Ok(Err(fault(&path, e))),
    };
    if size > mime::LARGEST as u64 {
        let words = intake::too_large(size);
        return Ok(Err(Fault { path, words }));
    }
    intake.reserve(size)?;
    let raw = match intake::read_open(file, size) {
        Ok(raw) => raw,
        Err(e) => return Ok(Err(fault(&path, e))),
    };
    intake.push(0, &raw, |parsed| NewMessage {
        account: account.name.clone(),
        channel: ChannelKind::Maildir,
        folder: folder.path.clone(),
        role: folder::role(&folder.path),
        ident: Ident::Maildir(entry.unique.clone()),
        size_bytes: raw.len() as u64,
        raw: Raw::File(path),
        received_at: match parsed.sent_at {
            Some(sent_at) if listed.has_history => received_at.min(sent_at),
            _ => received_at,
        },
        flags: entry.flags,
        labels: Vec::new(),
        parsed,
    })?;
    Ok(Ok(()))
}

/// Opens a file, also when it was renamed since it was listed.
fn open(path: &Path, dir: &Path, unique: &str) -> std::io::Result<(PathBuf, File)> {
    match File::open(path) {
        Err(e) if e.kind() == ErrorKind::NotFound => {
            let path = maildir::find(dir, unique).ok_or(e)?;
            File::open(&path).map(|file| (path, file))
        }
        other => other.map(|file| (path.to_owned(), file)),
    }
}
