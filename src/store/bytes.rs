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

/// What mends a store that was copied without its large messages.
const MISSING: &str = "put the folder `blobs` of the backup back beside `raw.db`, then run `comms doctor --rebuild-index`";

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
        let packed = std::fs::read(&path).map_err(|e| match e.kind() {
            std::io::ErrorKind::NotFound => Error::internal(format!(
                "the bytes of `m{id}` are missing: `{}`",
                path.display()
            ))
            .hint(MISSING),
            _ => Error::internal(format!("reading `{}`", path.display())).because(e),
        })?;
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
                Error::internal(format!("the bytes of `m{id}` are missing from `raw.db`"))
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

/// Messages named where bytes are missing.
const NAMED: usize = 10;

/// What is missing of the bytes that the store keeps itself; only looks whether they are there.
pub fn missing(dir: &Path, raw: &Connection) -> Result<Vec<Error>> {
    let doing = "checking the store";
    let blobs = dir.join("blobs");
    let mut faults = Vec::new();
    let lost = without_file(&blobs, raw).map_err(fault(doing))?;
    if !lost.is_empty() {
        let words = format!(
            "the bytes of {} are missing in `{}`",
            named(&lost),
            blobs.display()
        );
        faults.push(Error::internal(words).hint(MISSING));
    }
    let lost = without_row(raw).map_err(fault(doing))?;
    if !lost.is_empty() {
        let words = format!("the bytes of {} are missing in `raw.db`", named(&lost));
        faults.push(Error::internal(words).hint(schema::RESTORE));
    }
    Ok(faults)
}

/// Messages whose bytes are missing, also those of files that someone else keeps, perhaps under another name by now.
pub fn lost(dir: &Path, raw: &Connection) -> rusqlite::Result<Vec<i64>> {
    let mut lost = without_file(&dir.join("blobs"), raw)?;
    lost.extend(without_row(raw)?);
    let mut select = raw.prepare("SELECT id, path FROM mail WHERE path IS NOT NULL")?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        if !path_of(row.get_ref(1)?.as_blob()?).is_file() {
            lost.push(row.get(0)?);
        }
    }
    Ok(lost)
}

fn without_file(blobs: &Path, raw: &Connection) -> rusqlite::Result<Vec<i64>> {
    let mut select = raw
        .prepare("SELECT id, blob FROM mail WHERE blob IS NOT NULL AND path IS NULL ORDER BY id")?;
    let rows = select.query_map([], |row| Ok((row.get(0)?, row.get::<_, Vec<u8>>(1)?)))?;
    rows.filter(|row| {
        row.as_ref()
            .map_or(true, |(_, name)| !blob_path(blobs, name).is_file())
    })
    .map(|row| row.map(|(id, _)| id))
    .collect()
}

fn without_row(raw: &Connection) -> rusqlite::Result<Vec<i64>> {
    raw.prepare(
        "SELECT id FROM mail m WHERE path IS NULL AND blob IS NULL
         AND NOT EXISTS (SELECT 1 FROM bytes b WHERE b.id = m.id) ORDER BY id",
    )?
    .query_map([], |row| row.get(0))?
    .collect()
}

fn named(ids: &[i64]) -> String {
    let mut names: Vec<String> = ids.iter().take(NAMED).map(|id| format!("m{id}")).collect();
    if ids.len() > NAMED {
        names.push("…".to_owned());
    }
    let messages = if ids.len() == 1 {
        "message"
    } else {
        "messages"
    };
    format!("{} {messages} ({})", ids.len(), names.join(", "))
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
