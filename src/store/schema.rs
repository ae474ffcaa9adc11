//! Files of the store: opening, migrations, pragmas.
//!
//! Migrations are numbered and append-only; `PRAGMA user_version` counts them.

use std::fs::TryLockError;
use std::io::ErrorKind;
use std::ops::Deref;
use std::path::Path;
use std::time::{Duration, SystemTime};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode};

use crate::disk::{self, Identity};
use crate::error::{Context, Error, Kind, Result};

use super::{BUSY, fault};

/// One database file and its migrations, oldest first.
pub struct File {
    pub name: &'static str,
    pub migrations: &'static [&'static str],
    /// Pragmas for every connection.
    pub pragmas: &'static str,
    /// Bytes of a page; chosen when the file is made.
    page_size: u32,
    /// The log of what was committed stays when the last process leaves, until it has grown. It saves a command that
    /// writes little, as `send` does, most of its waits for the disk.
    keeps_log: bool,
}

/// Small and precious: outbox, attempts, audit.
pub const MAIN: File = File {
    name: "comms.db",
    migrations: &[
        include_str!("main_1.sql"),
        include_str!("main_2.sql"),
        include_str!("main_3.sql"),
        include_str!("main_4.sql"),
        include_str!("main_5.sql"),
        include_str!("main_6.sql"),
        include_str!("main_7.sql"),
        include_str!("main_8.sql"),
        include_str!("main_9.sql"),
        include_str!("main_10.sql"),
    ],
    // What was overwritten long before a purge must not lie in the gaps of the file either.
    pragmas: "PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 256; PRAGMA secure_delete = ON;",
    page_size: 4096,
    keeps_log: true,
};

/// What was received: identity, state and bytes of messages.
pub const RAW: File = File {
    name: "raw.db",
    migrations: &[
        include_str!("raw_1.sql"),
        include_str!("raw_2.sql"),
        include_str!("raw_3.sql"),
        include_str!("raw_4.sql"),
    ],
    pragmas: "PRAGMA synchronous = FULL;",
    page_size: 16384,
    keeps_log: false,
};

/// Rebuilt from the others: message rows, text index, facts, cursors.
pub const INDEX: File = File {
    name: "index.db",
    migrations: &[include_str!("index_1.sql"), include_str!("index_2.sql")],
    pragmas: "PRAGMA synchronous = NORMAL; PRAGMA cache_size = -32768; PRAGMA temp_store = MEMORY;",
    page_size: 4096,
    keeps_log: false,
};

/// Made from the others: harvested addresses, and the words by which people are found.
pub const PEOPLE: File = File {
    name: "people.db",
    migrations: &[include_str!("people_1.sql")],
    pragmas: "PRAGMA synchronous = NORMAL; PRAGMA cache_size = -24576; PRAGMA temp_store = MEMORY;",
    page_size: 8192,
    keeps_log: true,
};

/// At most 4 MiB of pages for a connection that writes.
pub const FRUGAL: &str = "PRAGMA cache_size = -4096;";

/// Opens for writing; creates the folder (0700) and the file (0600) and runs what migrations are missing.
pub fn open(dir: &Path, file: &File) -> Result<Connection> {
    create_folder(dir)?;
    let path = dir.join(file.name);
    if is_missing(&path) {
        create(dir, file)?;
    }
    let mut db = Connection::open(&path).map_err(opening(file))?;
    // Asked of SQLite, and of nobody else: whoever opens one of its files by himself and closes it lets go of all
    // locks this process has there, and the next one to come takes the log away under it.
    let is_readonly = db.is_readonly("main").map_err(opening(file))?;
    if is_readonly || is_in_readonly_folder(&db) {
        // Another user's store can still be read; what writes is told so by SQLite.
        return connect_reader(&path, file);
    }
    db.busy_timeout(BUSY).map_err(opening(file))?;
    db.execute_batch(file.pragmas).map_err(opening(file))?;
    if file.keeps_log {
        db.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)
            .map_err(opening(file))?;
    }
    migrate(&mut db, file)?;
    db.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(db)
}

/// Makes the whole file under another name and then gives it its own: SQLite refuses to begin a log for a
/// file that somebody else has open, without waiting.
fn create(dir: &Path, file: &File) -> Result<()> {
    let (path, fresh) = (dir.join(file.name), format!("{}.new", file.name));
    let locks = dir.join("locks");
    create_folder(&locks)?;
    let doing = || format!("creating `{}`", path.display());
    let creating = private_file(&locks.join("creating"))?;
    creating.lock().with_context(Kind::Internal, doing)?;
    if !is_missing(&path) {
        return Ok(());
    }
    // What an interrupted creation, or a file that was taken away, left behind.
    for name in [fresh.as_str(), file.name] {
        for suffix in ["", "-journal", "-wal", "-shm"] {
            match std::fs::remove_file(dir.join(format!("{name}{suffix}"))) {
                Err(e) if e.kind() != ErrorKind::NotFound => {
                    return Err(e).with_context(Kind::Internal, doing);
                }
                _ => {}
            }
        }
    }
    let fresh = dir.join(fresh);
    private_file(&fresh)?;
    let mut db = Connection::open(&fresh).map_err(opening(file))?;
    // Only before the first table can the page size be chosen.
    let size = file.page_size;
    db.execute_batch(&format!(
        "PRAGMA page_size = {size}; PRAGMA journal_mode = WAL;"
    ))
    .map_err(opening(file))?;
    migrate(&mut db, file)?;
    // Closing would do it, too, but says nothing when the disk is full; and the log does not move with the file.
    db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))
        .and_then(|busy: i64| match busy {
            0 => Ok(()),
            _ => Err(rusqlite::Error::ExecuteReturnedResults),
        })
        .map_err(opening(file))?;
    db.close().map_err(|(_, e)| opening(file)(e))?;
    std::fs::rename(&fresh, &path)
        .and_then(|()| disk::sync_folder(dir))
        .with_context(Kind::Internal, doing)
}

/// How many prepared statements a connection keeps.
const STATEMENTS: usize = 64;

/// Opens for reading only; makes the file first if there is none yet.
pub fn open_reader(dir: &Path, file: &File) -> Result<Connection> {
    let path = dir.join(file.name);
    if is_missing(&path) {
        drop(open(dir, file)?);
    }
    let db = connect_reader(&path, file)?;
    if version(&db, file)? < file.migrations.len() {
        drop(open(dir, file)?);
    }
    Ok(db)
}

/// The same tables in memory, for who can't write.
pub fn open_in_memory(file: &File) -> Result<Connection> {
    let mut db = Connection::open_in_memory().map_err(opening(file))?;
    // Its journals would go to the disk.
    db.execute_batch("PRAGMA temp_store = MEMORY;")
        .map_err(opening(file))?;
    migrate(&mut db, file)?;
    db.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(db)
}

/// A kept log is folded into its file when it is longer than this (bytes).
const LONG_LOG: u64 = 256 << 10;

/// Folds a kept log that has grown into its file, unless someone is reading: whoever opens the file next, alone, reads
/// all of the log first, a millisecond for each megabyte.
pub fn fold_long_log(dir: &Path, file: &File, db: &Connection) {
    let log = dir.join(format!("{}-wal", file.name));
    if !file.keeps_log || log.metadata().is_ok_and(|found| found.len() <= LONG_LOG) {
        return;
    }
    // It can wait for the next process.
    let _ = db.busy_timeout(Duration::ZERO);
    let _ = db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
}

/// Takes a file away that can be made again.
pub fn discard(dir: &Path, file: &File) -> Result<()> {
    for suffix in ["", "-wal", "-shm"] {
        let path = dir.join(format!("{}{suffix}", file.name));
        match std::fs::remove_file(&path) {
            Err(e) if e.kind() != ErrorKind::NotFound => {
                return Err(e)
                    .with_context(Kind::Internal, || format!("removing `{}`", path.display()));
            }
            _ => {}
        }
    }
    Ok(())
}

fn connect_reader(path: &Path, file: &File) -> Result<Connection> {
    let flags =
        rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY | rusqlite::OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut db = Connection::open_with_flags(path, flags).map_err(opening(file))?;
    db.busy_timeout(BUSY).map_err(opening(file))?;
    match log_of(&db, path) {
        Log::Usable => {}
        Log::Needless(found) => db = connect_unchanging(path, found).map_err(opening(file))?,
        Log::OutOfReach(refused) => {
            let name = file.name;
            return Err(Error::internal(format!(
                "`{name}` can't be read here: what was written last is in `{name}-wal`, which opens only in a folder that can be written"
            ))
            .hint("copy the folder with all its files to where you may write, and point COMMS_HOME there")
            .because(refused));
        }
    }
    refuse_newer(version(&db, file)?, file)?;
    // Lists for `IN` stay off the disk. No mmap: a short command touches few pages, and mapping them costs
    // more than reading them (measured: 4.7 against 3.7 ms for a whole search).
    db.execute_batch("PRAGMA temp_store = MEMORY;")
        .map_err(opening(file))?;
    db.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(db)
}

/// Whether the file could be written, but its folder takes no log.
fn is_in_readonly_folder(db: &Connection) -> bool {
    let asked = db.pragma_query_value(None, "user_version", |row| row.get::<_, i64>(0));
    asked.is_err_and(|e| e.sqlite_error_code() == Some(ErrorCode::ReadOnly))
}

/// What becomes of the log beside a file.
enum Log {
    Usable,
    /// In a folder that can't be written a file without a log, or with an empty one, is all there is, for as long as it
    /// is as it was found.
    Needless(Stamp),
    /// What was written last is in it, and it can't be opened.
    OutOfReach(rusqlite::Error),
}

fn log_of(db: &Connection, path: &Path) -> Log {
    // Looked at before its log: while a log is carried over into the file, it is there.
    let found = stamp(path);
    let asked = db.pragma_query_value(None, "user_version", |row| row.get::<_, i64>(0));
    let Err(refused) = asked else {
        return Log::Usable;
    };
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    match refused.sqlite_error_code() {
        Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly) => match is_missing(Path::new(&log)) {
            true => Log::Needless(found),
            false => Log::OutOfReach(refused),
        },
        // Told by whoever works with it.
        _ => Log::Usable,
    }
}

/// What changes when a file is written; `None` if it can't be looked at.
type Stamp = Option<(SystemTime, u64, Identity)>;

fn stamp(path: &Path) -> Stamp {
    let found = path.metadata().ok()?;
    Some((
        found.modified().ok()?,
        found.len(),
        disk::identity(path).unwrap_or_default(),
    ))
}

/// Opens a file without any lock. Its owner, who may write it all the same, knows nothing of this reader: each step of
/// each statement ends with a look at the file, and with a fault if it was written since it was `found`, whose pages of
/// before and after don't fit together.
fn connect_unchanging(path: &Path, found: Stamp) -> rusqlite::Result<Connection> {
    let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY
        | rusqlite::OpenFlags::SQLITE_OPEN_NO_MUTEX
        | rusqlite::OpenFlags::SQLITE_OPEN_URI;
    let mut db = Connection::open_with_flags(unchanging(path), flags)?;
    let path = path.to_owned();
    db.progress_handler(1, Some(move || found.is_none() || stamp(&path) != found))?;
    Ok(db)
}

/// Whether this connection reads a file as one that nobody changes, and somebody did.
pub fn is_overtaken(db: &Connection) -> bool {
    let look = || {
        db.prepare_cached("PRAGMA user_version")?
            .query_row([], |row| row.get::<_, i64>(0))
    };
    let is_interrupted =
        |e: rusqlite::Error| e.sqlite_error_code() == Some(ErrorCode::OperationInterrupted);
    db.is_readonly("main").unwrap_or(false) && look().is_err_and(is_interrupted)
}

/// The address by which SQLite takes a file as one that nobody changes (<https://sqlite.org/uri.html>).
fn unchanging(path: &Path) -> String {
    const NO_PATH: &AsciiSet = &NON_ALPHANUMERIC
        .remove(b'/')
        .remove(b'-')
        .remove(b'.')
        .remove(b'_');
    let path = percent_encode(path.as_os_str().as_encoded_bytes(), NO_PATH);
    format!("file:{path}?immutable=1")
}

/// What mends a file that can't be made again.
pub const RESTORE: &str = "restore it from a backup: `comms man operations` tells how";

/// Names the file that can't be opened, and what mends it.
fn opening(file: &File) -> impl Fn(rusqlite::Error) -> Error {
    let name = file.name;
    move |e| match e.sqlite_error_code() {
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
            let mend = if name == INDEX.name {
                "run `comms doctor --rebuild-index`: it is made again from what was received"
            } else {
                RESTORE
            };
            Error::internal(format!("`{name}` is damaged"))
                .hint(mend)
                .because(e)
        }
        _ => fault("opening the store")(e),
    }
}

fn version(db: &Connection, file: &File) -> Result<usize> {
    db.pragma_query_value(None, "user_version", |row| row.get::<_, i64>(0))
        .map(|n| usize::try_from(n).unwrap_or(0))
        .map_err(opening(file))
}

/// The same connection, unless a newer comms has migrated the file since it was opened: what runs for weeks must not go
/// on writing as its version did.
pub fn still_known<D: Deref<Target = Connection>>(db: D, file: &File) -> Result<D> {
    let found = db
        .prepare_cached("PRAGMA user_version")
        .and_then(|mut asked| asked.query_row([], |row| row.get::<_, i64>(0)))
        .map_err(opening(file))?;
    refuse_newer(usize::try_from(found).unwrap_or(0), file)?;
    Ok(db)
}

fn refuse_newer(found: usize, file: &File) -> Result<()> {
    let known = file.migrations.len();
    if found <= known {
        return Ok(());
    }
    Err(Error::config(format!(
        "`{}` was written by a newer comms (format {found}; this one knows {known})",
        file.name
    ))
    .hint("install the newer comms, or point COMMS_HOME at another folder"))
}

fn migrate(db: &mut Connection, file: &File) -> Result<()> {
    let found = version(db, file)?;
    refuse_newer(found, file)?;
    if found == file.migrations.len() {
        return Ok(());
    }
    let doing = "migrating the store";
    let tx = db
        .transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)
        .map_err(fault(doing))?;
    // Another process may have migrated while this one waited for the lock.
    let found = version(&tx, file)?;
    for sql in file.migrations.iter().skip(found) {
        tx.execute_batch(sql).map_err(fault(doing))?;
    }
    let now = i64::try_from(file.migrations.len()).unwrap_or(i64::MAX);
    tx.pragma_update(None, "user_version", now)
        .map_err(fault(doing))?;
    tx.commit().map_err(fault(doing))
}

/// The store's folder, or one in it.
pub fn create_folder(dir: &Path) -> Result<()> {
    disk::create_private_folder(dir).map_err(|e| {
        Error::internal(format!("`{}` can't be made", dir.display()))
            .hint("point COMMS_HOME at a folder that you may write to")
            .because(e)
    })
}

/// Whether there is no file, or one that nothing was written to yet.
fn is_missing(path: &Path) -> bool {
    path.metadata().is_ok_and(|found| found.len() == 0)
        || path
            .symlink_metadata()
            .is_err_and(|e| e.kind() == ErrorKind::NotFound)
}

/// The lock of this name, until it is dropped; `None` if another process has it.
pub fn sole(dir: &Path, name: &str) -> Result<Option<std::fs::File>> {
    let locks = dir.join("locks");
    create_folder(&locks)?;
    let path = locks.join(name);
    let file = private_file(&path)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(e)) => {
            Err(e).with_context(Kind::Internal, || format!("locking `{}`", path.display()))
        }
    }
}

fn private_file(path: &Path) -> Result<std::fs::File> {
    disk::open_private(std::fs::File::options().create(true).append(true), path)
        .with_context(Kind::Internal, || format!("creating `{}`", path.display()))
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;

    use super::*;

    #[test]
    fn a_new_store_is_opened_by_many_at_once() {
        for _ in 0..20 {
            let dir = tempfile::tempdir().unwrap();
            let start = Barrier::new(8);
            std::thread::scope(|scope| {
                for n in 0..8 {
                    let (dir, start) = (dir.path(), &start);
                    scope.spawn(move || {
                        start.wait();
                        for file in [MAIN, RAW, INDEX, PEOPLE] {
                            let opened = if n % 2 == 0 {
                                open(dir, &file)
                            } else {
                                open_reader(dir, &file)
                            };
                            let mode: String = opened
                                .unwrap()
                                .pragma_query_value(None, "journal_mode", |row| row.get(0))
                                .unwrap();
                            assert_eq!(mode, "wal");
                        }
                    });
                }
            });
        }
    }

    #[test]
    fn a_file_that_is_read_without_a_lock_gives_nothing_more_once_it_was_written() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(RAW.name);
        let fill = |text: &str| {
            let db = open(dir.path(), &RAW).unwrap();
            db.execute_batch("CREATE TABLE IF NOT EXISTS pages (n INTEGER PRIMARY KEY, text)")
                .unwrap();
            for n in 0..40 {
                let text = text.repeat(8000);
                db.execute("REPLACE INTO pages VALUES (?1, ?2)", (n, text))
                    .unwrap();
            }
        };
        fill("a");
        let reader = connect_unchanging(&path, stamp(&path)).unwrap();
        assert!(!is_overtaken(&reader));
        let mut all = reader.prepare("SELECT text FROM pages").unwrap();
        let mut rows = all.query([]).unwrap();
        rows.next().unwrap().expect("the first row");
        fill("b");
        let torn = rows
            .next()
            .map(|_| ())
            .map_err(fault("reading"))
            .unwrap_err();
        assert_eq!(torn.kind, Kind::Unavailable);
        assert!(torn.message.contains("was written meanwhile"), "{torn:?}");
        drop(rows);
        assert!(is_overtaken(&reader));
    }

    #[test]
    fn what_was_open_when_a_newer_comms_came_writes_no_more() {
        let dir = tempfile::tempdir().unwrap();
        for file in [MAIN, RAW, INDEX] {
            let ours = open(dir.path(), &file).unwrap();
            assert!(still_known(&ours, &file).is_ok());
            let theirs = Connection::open(dir.path().join(file.name)).unwrap();
            let newer = i64::try_from(file.migrations.len()).unwrap() + 1;
            theirs.pragma_update(None, "user_version", newer).unwrap();
            let refused = still_known(&ours, &file).unwrap_err();
            assert_eq!(refused.kind, Kind::Config);
            assert!(refused.message.contains("a newer comms"), "{refused:?}");
        }
    }

    #[test]
    fn an_interrupted_creation_is_begun_again() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["raw.db", "raw.db.new"] {
            std::fs::write(dir.path().join(name), "").unwrap();
        }
        std::fs::write(dir.path().join("raw.db.new-journal"), "half").unwrap();
        std::fs::write(dir.path().join("raw.db-wal"), "of another file").unwrap();
        let db = open(dir.path(), &RAW).unwrap();
        assert_eq!(version(&db, &RAW).unwrap(), RAW.migrations.len());
        assert!(!dir.path().join("raw.db.new").exists());
    }
}
