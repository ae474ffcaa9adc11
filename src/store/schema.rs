//! Files of the store: opening, migrations, pragmas.
//!
//! Migrations are numbered and append-only; `PRAGMA user_version` counts them.

use std::path::Path;

use rusqlite::{Connection, ErrorCode};

use crate::error::{Context, Error, Kind, Result};

use super::{BUSY, fault};

/// One database file and its migrations, oldest first.
pub struct File {
    pub name: &'static str,
    pub migrations: &'static [&'static str],
    /// Pragmas for every connection.
    pub pragmas: &'static str,
}

/// Small and precious: outbox, attempts, audit.
pub const MAIN: File = File {
    name: "comms.db",
    migrations: &[include_str!("main_1.sql")],
    pragmas: "PRAGMA synchronous = FULL;",
};

/// What was received: identity, state and bytes of messages.
pub const RAW: File = File {
    name: "raw.db",
    migrations: &[include_str!("raw_1.sql")],
    pragmas: "PRAGMA synchronous = FULL;",
};

/// Rebuilt from the others: message rows, text index, facts, cursors.
pub const INDEX: File = File {
    name: "index.db",
    migrations: &[include_str!("index_1.sql")],
    pragmas: "PRAGMA synchronous = NORMAL; PRAGMA cache_size = -24576; PRAGMA temp_store = MEMORY;",
};

/// Opens for writing; creates the folder (0700) and the file (0600) and runs what migrations are missing.
pub fn open(dir: &Path, file: &File) -> Result<Connection> {
    create_private_dir(dir)?;
    let path = dir.join(file.name);
    if path.exists() && is_read_only(&path) {
        // Another user's store can still be read; what writes is told so by SQLite.
        return connect_reader(&path, file);
    }
    create_private_file(&path)?;
    let mut db = Connection::open(&path).map_err(opening(file))?;
    db.busy_timeout(BUSY).map_err(opening(file))?;
    if version(&db, file)? == 0 {
        // Only before the first table can the page size be chosen.
        db.execute_batch("PRAGMA page_size = 16384; PRAGMA journal_mode = WAL;")
            .map_err(opening(file))?;
    }
    db.execute_batch(file.pragmas).map_err(opening(file))?;
    migrate(&mut db, file)?;
    db.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(db)
}

/// How many prepared statements a connection keeps.
const STATEMENTS: usize = 64;

/// Opens for reading only; makes the file first if there is none yet.
pub fn open_reader(dir: &Path, file: &File) -> Result<Connection> {
    let path = dir.join(file.name);
    if !path.exists() {
        drop(open(dir, file)?);
    }
    let db = connect_reader(&path, file)?;
    if version(&db, file)? < file.migrations.len() {
        drop(open(dir, file)?);
    }
    Ok(db)
}

fn connect_reader(path: &Path, file: &File) -> Result<Connection> {
    let flags =
        rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY | rusqlite::OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = Connection::open_with_flags(path, flags).map_err(opening(file))?;
    db.busy_timeout(BUSY).map_err(opening(file))?;
    refuse_newer(version(&db, file)?, file)?;
    // Lists for `IN` stay off the disk. No mmap: a short command touches few pages, and mapping them costs
    // more than reading them (measured: 4.7 against 3.7 ms for a whole search).
    db.execute_batch("PRAGMA temp_store = MEMORY;")
        .map_err(opening(file))?;
    db.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(db)
}

/// Names the file that can't be opened, and what mends it.
fn opening(file: &File) -> impl Fn(rusqlite::Error) -> Error {
    let name = file.name;
    move |e| match e.sqlite_error_code() {
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
            let mend = if name == INDEX.name {
                "run `comms doctor --rebuild-index`: it is made again from what was received"
            } else {
                "restore it from a backup: `comms man operations` tells how"
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

/// Makes a folder, and those above it, that only the owner can enter.
pub fn create_private_dir(dir: &Path) -> Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
        .create(dir)
        .with_context(Kind::Internal, || format!("creating `{}`", dir.display()))
}

fn is_read_only(path: &Path) -> bool {
    use std::io::ErrorKind::{PermissionDenied, ReadOnlyFilesystem};
    let opened = std::fs::OpenOptions::new().append(true).open(path);
    opened.is_err_and(|e| matches!(e.kind(), PermissionDenied | ReadOnlyFilesystem))
}

fn create_private_file(path: &Path) -> Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
        .open(path)
        .map(drop)
        .with_context(Kind::Internal, || format!("creating `{}`", path.display()))
}
