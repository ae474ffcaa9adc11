//! One message file: reading, flagging, moving and removing it while other programs do the same.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use crate::error::{Context, Kind, Result};
use crate::model::message::Change;

use super::Folder;
use super::deliver::{fresh_name, make_folder, sync_dir};
use crate::rules::maildir::{changed, info_of, moved, unique_of};

/// How often a file that was renamed under our hands is looked for again.
const ATTEMPTS: usize = 4;

/// Reads a message; if its file was renamed meanwhile, by its unique name.
pub fn read(path: &Path) -> Result<Vec<u8>> {
    chase(path, |path| fs::read(path))
        .with_context(Kind::NotFound, || format!("reading `{}`", path.display()))
}

/// The present path of a message in a folder, by its unique name.
pub fn find(dir: &Path, unique: &str) -> Option<PathBuf> {
    // Twice, since the file may move from `cur` to `new` behind the first look.
    for sub in ["cur", "new", "cur", "new"] {
        let Ok(reader) = fs::read_dir(dir.join(sub)) else {
            continue;
        };
        for item in reader.flatten() {
            let file = item.file_name();
            if unique_of(&file) == unique
                || crate::rules::maildir::readable(file.as_encoded_bytes()) == unique
            {
                return Some(item.path());
            }
        }
    }
    None
}

/// Renames a message so that its name tells the changed flags; answers its new path.
///
/// The file leaves `new` for `cur`, as the flags of a file in `new` count for nothing. Letters that other
/// programs use stay.
pub fn set_flags(path: &Path, change: &Change) -> Result<PathBuf> {
    let mut target = PathBuf::new();
    chase(path, |path| {
        let (dir, file) = folder_and_file(path)?;
        target = dir.join("cur").join(changed(file, change));
        if target == path {
            return path.symlink_metadata().map(drop);
        }
        fs::rename(path, &target)
    })
    .with_context(Kind::NotFound, || format!("flagging `{}`", path.display()))?;
    Ok(target)
}

/// Moves a message to another folder of the same tree, which is made if missing; answers its new path.
///
/// It keeps its unique name unless that is taken there.
pub fn move_to(path: &Path, folder: &Folder, is_taken: impl Fn(&str) -> bool) -> Result<PathBuf> {
    make_folder(&folder.dir, folder.path != "INBOX")?;
    let mut target = PathBuf::new();
    chase(path, |path| {
        let (_, file) = folder_and_file(path)?;
        let sub = path.parent().and_then(Path::file_name);
        let sub = folder.dir.join(sub.unwrap_or("cur".as_ref()));
        let mut rename = |path: &Path| {
            let mut name = fresh_name(&fs::metadata(path)?);
            name.push(info_of(file));
            target = sub.join(name);
            fs::rename(path, &target)
        };
        if is_taken(&unique_of(file)) {
            return rename(path);
        }
        let same = sub.join(moved(file));
        match fs::hard_link(path, &same) {
            Ok(()) => {
                target = same;
                fs::remove_file(path)
            }
            Err(e) if e.kind() == ErrorKind::AlreadyExists => rename(path),
            // Some file systems know no links.
            Err(e) if e.kind() != ErrorKind::NotFound => {
                target = same;
                fs::rename(path, &target)
            }
            Err(e) => Err(e),
        }
    })
    .with_context(Kind::NotFound, || {
        format!("moving `{}` to `{}`", path.display(), folder.path)
    })?;
    if let Some(sub) = target.parent() {
        sync_dir(sub)?;
    }
    Ok(target)
}

/// Removes a message's file for good; one that is gone already is fine.
pub fn remove(path: &Path) -> Result<()> {
    match chase(path, |path| fs::remove_file(path)) {
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(()),
        other => other.with_context(Kind::Internal, || format!("removing `{}`", path.display())),
    }
}

/// Acts on a file; when it is gone, looks for it by its unique name and acts again.
fn chase<T>(path: &Path, mut act: impl FnMut(&Path) -> io::Result<T>) -> io::Result<T> {
    let mut here = path.to_owned();
    for _ in 0..ATTEMPTS {
        match act(&here) {
            Err(e) if e.kind() == ErrorKind::NotFound => {
                let (dir, file) = folder_and_file(path)?;
                match find(dir, &unique_of(file)) {
                    Some(found) => here = found,
                    None => return Err(e),
                }
            }
            other => return other,
        }
    }
    Err(io::Error::new(
        ErrorKind::ResourceBusy,
        "another program keeps renaming it",
    ))
}

fn folder_and_file(path: &Path) -> io::Result<(&Path, &std::ffi::OsStr)> {
    path.parent()
        .and_then(Path::parent)
        .zip(path.file_name())
        .ok_or_else(|| io::Error::new(ErrorKind::InvalidInput, "not a file of a Maildir"))
}
