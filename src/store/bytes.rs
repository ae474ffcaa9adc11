//! Raw bytes: small messages as zstd frames in `raw.db`, large ones as files named by their content.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension, params};

use crate::disk;
use crate::error::{Context, Error, Kind, Result};
use crate::rules::maildir::unique_of;

use super::{fault, schema};

/// Raw messages above this lie in files of their own.
const LARGE: usize = 1 << 20;
/// Twice as fast as level 3 for two per cent of size; import is what waits for it.
const LEVEL: i32 = 1;

/// Keeps one compressor for many messages.
pub struct Keeper {
    dir: PathBuf,
    zstd: zstd::bulk::Compressor<'static>,
}

impl Keeper {
    /// For the store in this folder.
    pub fn new(dir: &Path) -> Result<Keeper> {
        Ok(Keeper {
            dir: dir.join("blobs"),
            zstd: zstd::bulk::Compressor::new(LEVEL)
                .context(Kind::Internal, "starting the compressor")?,
        })
    }

    /// Keeps the bytes of message `id`, whose row exists. A file is on disk when this returns.
    pub fn keep(&mut self, raw: &Connection, id: i64, bytes: &[u8]) -> Result<()> {
        if bytes.len() > LARGE {
            let name = blake3::hash(bytes);
            let packed = self.pack(bytes)?;
            write_blob(&self.dir, &blob_path(&self.dir, name.as_bytes()), &packed)?;
            let write = || {
                raw.prepare_cached("UPDATE mail SET blob = ?2 WHERE id = ?1")?
                    .execute(params![id, &name.as_bytes()[..]])
            };
            write().map_err(fault("storing a message"))?;
            return Ok(());
        }
        let packed = self.pack(bytes)?;
        let write = || {
            raw.prepare_cached("INSERT OR REPLACE INTO bytes (id, data) VALUES (?1, ?2)")?
                .execute(params![id, packed])
        };
        write().map_err(fault("storing a message")).map(drop)
    }

    fn pack(&mut self, bytes: &[u8]) -> Result<Vec<u8>> {
        self.zstd
            .compress(bytes)
            .context(Kind::Internal, "compressing a message")
    }
}

/// The raw bytes of a message, wherever they are.
pub fn read(dir: &Path, raw: &Connection, id: i64) -> Result<Vec<u8>> {
    let row = || {
        raw.prepare_cached("SELECT path, blob FROM mail WHERE id = ?1")?
            .query_row([id], |row| {
                Ok((
                    row.get::<_, Option<Vec<u8>>>(0)?,
                    row.get::<_, Option<Vec<u8>>>(1)?,
                ))
            })
            .optional()
    };
    let Some((path, blob)) = row().map_err(fault("reading a message"))? else {
        return Err(super::no_message(id));
    };
    if let Some(path) = path {
        return read_in_place(&path_of(&path), id);
    }
    if let Some(blob) = blob {
        let path = blob_path(&dir.join("blobs"), &blob);
        let packed = std::fs::read(&path)
            .with_context(Kind::Internal, || format!("reading `{}`", path.display()))?;
        return unpack(&packed, id);
    }
    let row = || {
        raw.prepare_cached("SELECT data FROM bytes WHERE id = ?1")?
            .query_row([id], |row| Ok(unpack(row.get_ref(0)?.as_blob()?, id)))
            .optional()
    };
    row()
        .map_err(fault("reading a message"))?
        .unwrap_or_else(|| {
            Err(
                Error::internal(format!("the bytes of `m{id}` are missing from the store"))
                    .hint("run `comms doctor`"),
            )
        })
}

/// The path in a row of `raw.db`; bytes as the system has them.
pub fn path_of(bytes: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt;
    PathBuf::from(std::ffi::OsStr::from_bytes(bytes))
}

/// A path as [`path_of`] reads it.
pub fn path_bytes(path: &Path) -> &[u8] {
    use std::os::unix::ffi::OsStrExt;
    path.as_os_str().as_bytes()
}

/// Drops the bytes of a message; says which blob may have lost its last reference.
pub fn forget(raw: &Connection, id: i64) -> Result<Option<Vec<u8>>> {
    let write = || -> rusqlite::Result<Option<Vec<u8>>> {
        let blob = raw
            .prepare_cached("SELECT blob FROM mail WHERE id = ?1")?
            .query_row([id], |row| row.get(0))
            .optional()?
            .flatten();
        raw.prepare_cached("DELETE FROM bytes WHERE id = ?1")?
            .execute([id])?;
        Ok(blob)
    };
    write().map_err(fault("forgetting a message"))
}

/// Those of these blobs that no row names any more.
pub fn unnamed(raw: &Connection, mut blobs: Vec<Vec<u8>>) -> rusqlite::Result<Vec<Vec<u8>>> {
    let mut unnamed = Vec::new();
    blobs.sort_unstable();
    blobs.dedup();
    for blob in blobs {
        let named: bool = raw
            .prepare_cached("SELECT EXISTS (SELECT 1 FROM mail WHERE blob = ?1)")?
            .query_row([&blob], |row| row.get(0))?;
        if !named {
            unnamed.push(blob);
        }
    }
    Ok(unnamed)
}

/// Removes the files of blobs; one that is gone already is as good.
pub fn drop_blobs(dir: &Path, blobs: &[Vec<u8>]) {
    for blob in blobs {
        let _ = std::fs::remove_file(blob_path(&dir.join("blobs"), blob));
    }
}

fn blob_path(dir: &Path, name: &[u8]) -> PathBuf {
    let hex: String = name.iter().map(|byte| format!("{byte:02x}")).collect();
    dir.join(hex)
}

fn write_blob(dir: &Path, path: &Path, packed: &[u8]) -> Result<()> {
    if path.exists() {
        return Ok(());
    }
    schema::create_folder(dir)?;
    let doing = || format!("writing `{}`", path.display());
    let mut file = tempfile::NamedTempFile::new_in(dir).with_context(Kind::Internal, doing)?;
    file.write_all(packed)
        .and_then(|()| file.as_file().sync_all())
        .with_context(Kind::Internal, doing)?;
    file.persist(path).with_context(Kind::Internal, doing)?;
    disk::sync_folder(dir).with_context(Kind::Internal, doing)
}

fn unpack(packed: &[u8], id: i64) -> Result<Vec<u8>> {
    zstd::decode_all(packed).with_context(Kind::Internal, || {
        format!("the bytes of `m{id}` are damaged")
    })
}

/// Other programs rename files of a Maildir when flags change or a message moves from new to cur.
fn read_in_place(path: &Path, id: i64) -> Result<Vec<u8>> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(bytes),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => match renamed(path) {
            Some(found) => std::fs::read(&found)
                .with_context(Kind::Internal, || format!("reading `{}`", found.display())),
            None => Err(Error::not_found(format!(
                "the file of `m{id}` is gone: `{}`",
                path.display()
            ))
            .hint("run `comms inbox sync`")),
        },
        Err(e) => Err(Error::internal(format!("reading `{}`", path.display())).because(e)),
    }
}

/// The file with the same unique name, under whatever flags, in cur or new.
fn renamed(path: &Path) -> Option<PathBuf> {
    let unique = unique_of(path.file_name()?);
    let folder = path.parent()?.parent()?;
    // Twice, since the file may move from `cur` to `new` behind the first look.
    ["cur", "new", "cur", "new"].into_iter().find_map(|part| {
        std::fs::read_dir(folder.join(part))
            .ok()?
            .flatten()
            .find(|entry| unique_of(&entry.file_name()) == unique)
            .map(|entry| entry.path())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    #[test]
    fn a_message_is_found_under_whatever_name_its_file_has_now() {
        let names: [(&[u8], &[u8]); 6] = [
            (b"1.a.host", b"1.a.host:2,S"),
            (b"1.a.host;2,", b"1.a.host;2,S"),
            (b"1.a.host!2,", b"1.a.host!2,RS"),
            (b"1.a.host:2,", b"1.a.host,U=7:2,S"),
            (b"1.a.host,U=7,S=4:2,", b"1.a.host,S=4:2,S"),
            (b"1.\xff.host:2,", b"1.\xff.host:2,F"),
        ];
        for (before, after) in names {
            let dir = tempfile::tempdir().unwrap();
            let cur = dir.path().join("cur");
            std::fs::create_dir(&cur).unwrap();
            for (name, text) in [(&b"1.\xfe.host:2,"[..], "other"), (after, "this")] {
                std::fs::write(cur.join(OsStr::from_bytes(name)), text).unwrap();
            }
            // It was listed in `new`, which is gone altogether.
            let path = dir.path().join("new").join(OsStr::from_bytes(before));
            assert_eq!(read_in_place(&path, 1).unwrap(), b"this");
            let error = read_in_place(&dir.path().join("new/2.b.host"), 2).unwrap_err();
            assert_eq!(error.kind, Kind::NotFound);
        }
    }
}
