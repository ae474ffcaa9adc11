//! Folders of a Maildir: Maildir++ (`.lists.rust`), and plain nested trees (`lists/rust/cur`).
//!
//! Symbolic links below the root are not followed, so a tree can't lead out of itself or into a loop.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::format::utf7;

use super::Fault;
use crate::rules::maildir::readable;

/// A folder and the directory that holds its `cur` and `new`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folder {
    /// UTF-8, `/` between levels; the root itself is `INBOX`.
    pub path: String,
    pub dir: PathBuf,
}

/// All folders of a root, sorted by path, and what could not be looked into.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    pub folders: Vec<Folder>,
    pub faults: Vec<Fault>,
}

/// Nesting beyond this is not mail.
const MAX_DEPTH: usize = 32;

/// Finds the Maildirs at and below a root.
pub fn folders(root: &Path) -> Result<Tree> {
    let root = root.canonicalize().map_err(|e| {
        Error::config(format!("`{}` is not a Maildir", root.display()))
            .hint("set `path` of the account to the folder that holds the mail, see `comms config show`")
            .because(e)
    })?;
    let mut tree = Tree::default();
    if is_maildir(&root) {
        tree.folders.push(Folder {
            path: "INBOX".to_owned(),
            dir: root.clone(),
        });
    }
    walk(&root, "", 0, &mut tree);
    tree.folders
        .sort_by(|a, b| (&a.path, &a.dir).cmp(&(&b.path, &b.dir)));
    tell_apart(&mut tree.folders);
    Ok(tree)
}

/// Whether a directory is one Maildir (has `cur` or `new`).
pub fn is_maildir(dir: &Path) -> bool {
    dir.join("cur").is_dir() || dir.join("new").is_dir()
}

/// Where the folder of this name is or would be made.
pub fn folder_dir(root: &Path, folder: &str) -> PathBuf {
    if folder.is_empty() || folder.eq_ignore_ascii_case("INBOX") {
        let nested = root.join("INBOX");
        return if !is_maildir(root) && is_maildir(&nested) {
            nested
        } else {
            root.to_owned()
        };
    }
    if let Ok(tree) = folders(root)
        && let Some(known) = tree.folders.into_iter().find(|f| f.path == folder)
    {
        return known.dir;
    }
    if is_nested(root) {
        // `..` and empty levels never leave the root.
        let levels = folder
            .split('/')
            .filter(|level| !level.trim_matches('.').is_empty());
        return levels.fold(root.to_owned(), |dir, level| {
            dir.join(level.trim_start_matches('.'))
        });
    }
    root.join(format!(".{}", dotted(folder)))
}

/// A tree whose folders are plain directories: it holds Maildirs but is none itself.
fn is_nested(root: &Path) -> bool {
    !is_maildir(root) && folders(root).is_ok_and(|tree| !tree.folders.is_empty())
}

/// The Maildir++ name of a folder without its first dot.
fn dotted(folder: &str) -> String {
    let level = |level: &str| {
        utf7::encode(level)
            .replace('.', "&AC4-")
            .replace('/', "&AC8-")
    };
    folder.split('/').map(level).collect::<Vec<_>>().join(".")
}

fn walk(dir: &Path, prefix: &str, depth: usize, tree: &mut Tree) {
    if depth > MAX_DEPTH {
        return;
    }
    let reader = match fs::read_dir(dir) {
        Ok(reader) => reader,
        Err(e) => {
            return tree.faults.push(Fault {
                path: dir.to_owned(),
                words: e.to_string(),
            });
        }
    };
    let is_mail = is_maildir(dir);
    for item in reader.flatten() {
        let name = item.file_name();
        if !item.file_type().is_ok_and(|kind| kind.is_dir())
            || (is_mail
                && ["cur", "new", "tmp"]
                    .iter()
                    .any(|own| name == OsStr::new(own)))
        {
            continue;
        }
        let below = item.path();
        match hidden_part(&name) {
            // `.git` and `.notmuch` are no mail, so nothing below them is looked at.
            Some(part) => {
                if is_maildir(&below) && !part.is_empty() {
                    let levels: Vec<_> = part.split('.').map(level_name).collect();
                    push(tree, join(prefix, &levels.join("/")), &below);
                }
            }
            None => {
                let path = join(prefix, &level_name(&readable(name.as_encoded_bytes())));
                if is_maildir(&below) {
                    push(tree, path.clone(), &below);
                }
                walk(&below, &path, depth + 1, tree);
            }
        }
    }
}

fn push(tree: &mut Tree, path: String, dir: &Path) {
    let path = if path.eq_ignore_ascii_case("INBOX") {
        "INBOX".to_owned()
    } else {
        path
    };
    tree.folders.push(Folder {
        path,
        dir: dir.to_owned(),
    });
}

/// A name without its leading dot, if it has one.
fn hidden_part(name: &OsStr) -> Option<String> {
    let bytes = name.as_encoded_bytes().strip_prefix(b".")?;
    Some(readable(bytes))
}

/// One level of a path: modified UTF-7 if it is that exactly, else as it stands.
fn level_name(raw: &str) -> String {
    match utf7::decode(raw) {
        Some(plain) if coded_alike(&plain, raw) => plain.replace('/', "\u{2215}"),
        _ => raw.to_owned(),
    }
}

/// Only a name that would be written just so is coded: `&-` alone may stand in a plain name.
fn coded_alike(plain: &str, raw: &str) -> bool {
    let back = utf7::encode(plain);
    back == raw || back.replace('.', "&AC4-") == raw || back.replace('/', "&AC8-") == raw
}

fn join(prefix: &str, name: &str) -> String {
    if prefix.is_empty() {
        name.to_owned()
    } else {
        format!("{prefix}/{name}")
    }
}

/// Two directories with one name (a root that is a Maildir and has an `INBOX`): the later get a number.
fn tell_apart(folders: &mut [Folder]) {
    let mut taken = HashSet::new();
    for folder in folders {
        let name = folder.path.clone();
        let mut number = 2;
        while !taken.insert(folder.path.clone()) {
            folder.path = format!("{name} ({number})");
            number += 1;
        }
    }
}
