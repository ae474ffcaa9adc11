//! Writing into a Maildir so that no reader ever sees half a message and no crash loses a whole one.

use std::ffi::OsString;
use std::fs::{self, File, Metadata};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::UNIX_EPOCH;

use jiff::Timestamp;

use crate::disk;
use crate::error::{Context, Kind, Result};
use crate::model::message::Flags;

use super::tree::{Folder, folder_dir};
use crate::rules::maildir::{info, unique_of};

/// Delivers a message into a folder (`INBOX`, `Sent`, `lists/rust`), which is made if missing; answers the
/// unique name.
///
/// With flags it goes to `cur`, else to `new`. Line ends become those of a local file (LF), as other
/// programs expect, if all of them are CRLF. On return it is on disk.
pub fn deliver(root: &Path, folder: &str, raw: &[u8], flags: Flags) -> Result<String> {
    let folder = create_folder(root, folder)?;
    let local = local_lines(raw);
    let doing = || format!("delivering to `{}`", folder.dir.display());
    let name = write(&folder.dir, local.as_deref().unwrap_or(raw), flags)
        .with_context(Kind::Internal, doing)?;
    Ok(unique_of(&name))
}

/// Writes a copy of a message byte for byte into a Maildir's directory, dated as it was received; answers
/// the unique name. For many at once: the system decides when they are on disk.
pub fn put(dir: &Path, raw: &[u8], flags: Flags, received_at: Timestamp) -> Result<String> {
    let write = || {
        let (temporary, mut file) = open_temporary(dir)?;
        file.write_all(raw)?;
        file.set_modified(received_at.into())?;
        link(dir, &temporary, &file, flags)
    };
    let name = write().with_context(Kind::Internal, || {
        format!("writing into `{}`", dir.display())
    })?;
    Ok(unique_of(&name))
}

/// The folder of this name, made if missing: below an existing tree in its own layout, else as Maildir++.
pub fn create_folder(root: &Path, folder: &str) -> Result<Folder> {
    let dir = folder_dir(root, folder);
    make_folder(&dir, dir != root)?;
    Ok(Folder {
        path: folder.to_owned(),
        dir,
    })
}

/// Makes a Maildir (0700) with `cur`, `new` and `tmp`; `sub` marks it as a folder of a bigger one.
pub(super) fn make_folder(dir: &Path, sub: bool) -> Result<()> {
    if ["cur", "new", "tmp"].iter().all(|s| dir.join(s).is_dir()) {
        return Ok(());
    }
    let make = || -> io::Result<()> {
        for name in ["tmp", "new", "cur"] {
            disk::create_private_folder(&dir.join(name))?;
        }
        let dotted = dir
            .file_name()
            .is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        if sub && dotted {
            let path = dir.join("maildirfolder");
            match create_new(&path) {
                Err(e) if e.kind() != ErrorKind::AlreadyExists => return Err(e),
                _ => {}
            }
        }
        disk::sync_folder(dir)?;
        if let Some(parent) = dir.parent() {
            disk::sync_folder(parent)?;
        }
        Ok(())
    };
    make().with_context(Kind::Internal, || {
        format!("making the Maildir `{}`", dir.display())
    })
}

fn create_new(path: &Path) -> io::Result<File> {
    disk::open_private(File::options().write(true).create_new(true), path)
}

fn write(dir: &Path, raw: &[u8], flags: Flags) -> io::Result<OsString> {
    let (temporary, file) = open_temporary(dir)?;
    write_and_link(dir, &temporary, file, raw, flags).inspect_err(|_| {
        let _ = fs::remove_file(&temporary);
    })
}

fn open_temporary(dir: &Path) -> io::Result<(PathBuf, File)> {
    loop {
        let name = format!("comms.P{}.R{}", std::process::id(), random());
        let path = dir.join("tmp").join(name);
        match create_new(&path) {
            Err(e) if e.kind() == ErrorKind::AlreadyExists => {}
            other => return other.map(|file| (path, file)),
        }
    }
}

fn write_and_link(
    dir: &Path,
    temporary: &Path,
    mut file: File,
    raw: &[u8],
    flags: Flags,
) -> io::Result<OsString> {
    file.write_all(raw)?;
    file.sync_all()?;
    let name = link(dir, temporary, &file, flags)?;
    disk::sync_folder(&dir.join(sub_for(flags)))?;
    Ok(name)
}

fn sub_for(flags: Flags) -> &'static str {
    if info(flags).is_empty() { "new" } else { "cur" }
}

/// Gives a written file its name among the messages, in place of its temporary one.
fn link(dir: &Path, temporary: &Path, file: &File, flags: Flags) -> io::Result<OsString> {
    let sub = dir.join(sub_for(flags));
    loop {
        let mut name = fresh_name(&file.metadata()?);
        name.push(info(flags));
        let target = sub.join(&name);
        match fs::hard_link(temporary, &target) {
            Err(e) if e.kind() == ErrorKind::AlreadyExists => continue,
            // Some file systems know no links.
            Err(_) => fs::rename(temporary, &target)?,
            Ok(()) => fs::remove_file(temporary)?,
        }
        return Ok(name);
    }
}

/// `seconds.MmicrosecondsPpidQcountRrandom.host`, after the file's own time, so no clock is asked.
pub(super) fn fresh_name(data: &Metadata) -> OsString {
    static COUNT: AtomicU64 = AtomicU64::new(1);
    let time = data
        .modified()
        .ok()
        .and_then(|t| t.duration_since(UNIX_EPOCH).ok())
        .unwrap_or_default();
    let host = hostname::get()
        .map(|h| h.to_string_lossy().into_owned())
        .unwrap_or_default()
        .replace('/', "\\057")
        .replace(':', "\\072");
    let host = if host.is_empty() { "localhost" } else { &host };
    format!(
        "{}.M{}P{}Q{}R{}.{host}",
        time.as_secs(),
        time.subsec_micros(),
        std::process::id(),
        COUNT.fetch_add(1, Ordering::Relaxed),
        random(),
    )
    .into()
}

fn random() -> String {
    let mut bytes = [0; 6];
    // Without randomness the name is still unique by time, process and count.
    let _ = getrandom::fill(&mut bytes);
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

pub(super) fn sync_dir(dir: &Path) -> Result<()> {
    disk::sync_folder(dir).with_context(Kind::Internal, || format!("writing `{}`", dir.display()))
}

/// The message with LF line ends; `None` if it has others than CRLF already.
fn local_lines(raw: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(raw.len());
    let mut any = false;
    for (at, &byte) in raw.iter().enumerate() {
        match byte {
            b'\r' if raw.get(at + 1) == Some(&b'\n') => any = true,
            b'\n' if at == 0 || raw[at - 1] != b'\r' => return None,
            b'\r' => return None,
            other => out.push(other),
        }
    }
    any.then_some(out)
}
