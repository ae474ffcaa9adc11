//! The store: four SQLite files, opened when first needed.
//!
//! `comms.db` is small and precious (outbox, attempts, audit); `raw.db` holds what was received (identity,
//! flags and compressed bytes of every message); `index.db` can be rebuilt from it, and `people.db` (who can be
//! written to, by which words) from `comms.db` and `index.db`. Commits go in that order. Methods lock, work and
//! return owned values: nothing is held across an await.

mod accounts;
mod alerts;
pub mod altered;
pub mod audit;
mod budgets;
mod bytes;
pub mod circuits;
pub mod contacts;
mod counters;
mod directory;
mod entry;
mod events;
mod failures;
pub mod feed;
mod folders;
mod kept;
mod keys;
mod logins;
mod messages;
mod moving;
pub mod outbox;
mod owner;
pub mod people;
mod plan;
pub mod pulse;
mod purge;
mod remote;
mod row;
mod runners;
mod schema;
mod search;
mod sql;
pub mod suppressions;
mod sync;
pub mod tellings;
mod templates;
mod text;
mod threading;
mod upkeep;
mod view;
mod watch;
mod windows;
mod write;

#[cfg(test)]
mod tests;

pub use accounts::{Kept, stamp_name};
pub use alerts::{Once, Repeats};
pub use budgets::{Asked, Share};
pub use counters::{ATTEMPTS, Count, Counter};
pub use events::{Backlog, EVENTS, Posted, Waiting};
pub use keys::KeptKey;
pub use logins::LoginState;
pub use messages::Added;
pub use owner::Owner;
pub use remote::{Placed, Remote};
pub use search::{Page, ThreadFilter};
pub use sync::{FolderState, SourceState};
pub use templates::KeptTemplate;
pub use windows::Pair;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, OnceLock};
use std::time::Duration;

use jiff::tz::TimeZone;
use rusqlite::{Connection, ErrorCode};

use crate::clock::Clock;
use crate::disk::{self, Identity};
use crate::error::{Error, Kind, Result};

/// A connection, once it was needed.
type Slot = OnceLock<Mutex<Connection>>;

/// Opens nothing by itself; each file is opened by the first method that needs it.
pub struct Store {
    dir: PathBuf,
    /// The owner's addresses, folded.
    own: Vec<String>,
    /// What is staged comes from the command of `on_failure`.
    in_hook: bool,
    /// Who acts, for the audit log.
    auditor: audit::Auditor,
    /// Which accounts whoever asks may know of.
    view: view::View,
    clock: Clock,
    /// Bounds the pages each connection keeps, for a process that has many for long.
    is_frugal: bool,
    // Readers come first, so that they close first: only a writer that closes last folds its log back
    // into the file.
    raw_reader: Slot,
    reader: Slot,
    main: Slot,
    raw: Slot,
    index: Slot,
    people: Slot,
    /// Which files `reader` and `index` were opened on.
    reader_on: Mutex<Option<Identity>>,
    index_on: Mutex<Option<Identity>>,
}

impl Store {
    /// A store in this folder, which is created (0700) with the first file.
    pub fn at(dir: &Path) -> Self {
        Store {
            dir: dir.to_owned(),
            own: Vec::new(),
            in_hook: false,
            auditor: audit::Auditor::default(),
            view: view::View::default(),
            clock: Clock::system(TimeZone::UTC),
            is_frugal: false,
            main: OnceLock::new(),
            raw: OnceLock::new(),
            raw_reader: OnceLock::new(),
            index: OnceLock::new(),
            reader: OnceLock::new(),
            people: OnceLock::new(),
            reader_on: Mutex::default(),
            index_on: Mutex::default(),
        }
    }

    /// Names the owner's addresses: what comes from one of them is `sent`, wherever it is kept, except
    /// where strangers can put it (inbox, junk, trash).
    pub fn owned_by<'a>(mut self, addresses: impl Iterator<Item = &'a str>) -> Self {
        self.own = addresses.map(row::fold).collect();
        self
    }

    /// Says that what is staged comes from the command of `on_failure`: its failures are not told to it.
    pub fn in_hook(mut self, in_hook: bool) -> Self {
        self.in_hook = in_hook;
        self
    }

    /// Names who acts from now on, for the audit log.
    pub fn audited_as(mut self, auditor: audit::Auditor) -> Self {
        self.auditor = auditor;
        self
    }

    /// Says what tells the time of what is noted here.
    pub fn timed_by(mut self, clock: &Clock) -> Self {
        self.clock = clock.clone();
        self
    }

    /// From now on connections keep few pages in memory: for a process that has many of them, for days.
    pub fn be_frugal(&mut self) {
        self.is_frugal = true;
    }

    /// The same, for a process that works for several.
    pub fn act_as(&mut self, auditor: audit::Auditor) {
        self.auditor = auditor;
    }

    /// The only accounts that are known of from now on; `None` means all.
    pub fn limit_to(&self, accounts: Option<Vec<String>>) {
        self.view.limit_to(accounts);
    }

    /// Does something while only these accounts are known of; `None` changes nothing.
    pub fn within<T>(&self, accounts: Option<&[String]>, work: impl FnOnce() -> T) -> T {
        let Some(accounts) = accounts else {
            return work();
        };
        let before = self.view.accounts();
        self.limit_to(Some(accounts.to_vec()));
        let done = work();
        self.limit_to(before);
        done
    }

    /// The only accounts that are known of; `None` if all are.
    pub fn limits(&self) -> Option<Vec<String>> {
        self.view.accounts()
    }

    /// Whether there may be accounts that are not known of.
    pub fn is_limited(&self) -> bool {
        self.view.is_limited()
    }

    /// The same store with connections of its own, for another thread.
    pub fn twin(&self) -> Self {
        let mut twin = Store::at(&self.dir)
            .owned_by(self.own.iter().map(String::as_str))
            .in_hook(self.in_hook)
            .audited_as(self.auditor.clone())
            .timed_by(&self.clock);
        twin.is_frugal = self.is_frugal;
        twin.limit_to(self.view.accounts());
        twin
    }

    /// Lets go of the files, as the last thing a process does. Those that were only read need no closing: the end of
    /// the process does it, and faster.
    pub fn leave(self) {
        if let Some(main) = self.main.get() {
            let db = main
                .lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner);
            schema::fold_long_log(&self.dir, &schema::MAIN, &db);
        }
        let written = [&self.main, &self.raw, &self.index, &self.people];
        if written.iter().all(|file| file.get().is_none()) {
            std::mem::forget(self);
        }
    }

    /// The folder of the files.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Whether anything was ever stored here.
    pub fn exists(&self) -> bool {
        let files = [schema::MAIN.name, schema::RAW.name, schema::INDEX.name];
        files.iter().any(|name| self.dir.join(name).exists())
    }

    /// `comms.db`: outbox and audit.
    fn main(&self) -> Result<MutexGuard<'_, Connection>> {
        schema::still_known(
            lazily(&self.main, || self.open(&schema::MAIN))?,
            &schema::MAIN,
        )
    }

    /// `raw.db`: identity and bytes of messages.
    fn raw_db(&self) -> Result<MutexGuard<'_, Connection>> {
        schema::still_known(lazily(&self.raw, || self.open(&schema::RAW))?, &schema::RAW)
    }

    /// `raw.db` for reading.
    fn raw_reader(&self) -> Result<MutexGuard<'_, Connection>> {
        lazily(&self.raw_reader, || self.open_reader(&schema::RAW))
    }

    /// `index.db` for writing. Lock it before `raw.db`, never after.
    fn index(&self) -> Result<MutexGuard<'_, Connection>> {
        let on = (&self.index, &self.index_on);
        let (db, _) = self.on_index(on, self.index_now(), || self.open(&schema::INDEX))?;
        schema::still_known(db, &schema::INDEX)
    }

    /// `index.db` for reading.
    fn reader(&self) -> Result<MutexGuard<'_, Connection>> {
        let mut now = self.index_now();
        if self.is_lost(now) {
            // An empty write mends it from `raw.db`.
            self.write("rebuilding the index", |_| Ok(()))?;
            now = self.index_now();
        }
        let open = |now| {
            self.on_index((&self.reader, &self.reader_on), now, || {
                self.open_reader(&schema::INDEX)
            })
        };
        let (db, first) = open(now)?;
        if first && write::is_half_built(&db).map_err(fault("opening the store"))? {
            drop(db);
            if let Err(e) = self.finish_rebuild() {
                // On a disk that can't be written the part that is there answers.
                tracing::debug!(error = %e, "the rest of the index is built later");
            }
            return open(self.index_now()).map(|(db, _)| db);
        }
        Ok(db)
    }

    /// A connection to what is called `index.db` now, and whether it was opened just now: a damaged index is replaced by
    /// a new file, by whatever process, and whoever runs for weeks must not go on with the one that was deleted.
    ///
    /// `before` is the file as it was looked at before: what replaces it meanwhile is seen the next time.
    fn on_index<'a>(
        &'a self,
        (slot, on): (&'a Slot, &Mutex<Option<Identity>>),
        before: Option<Identity>,
        open: impl Fn() -> Result<Connection>,
    ) -> Result<(MutexGuard<'a, Connection>, bool)> {
        let mut db = lazily(slot, &open)?;
        let mut on = on.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if on.is_some() && *on == before {
            return Ok((db, false));
        }
        if on.is_some() {
            *db = open()?;
        }
        *on = before.or_else(|| self.index_now());
        Ok((db, true))
    }

    fn open(&self, file: &schema::File) -> Result<Connection> {
        let db = schema::open(&self.dir, file)?;
        if self.is_frugal {
            db.execute_batch(schema::FRUGAL)
                .map_err(fault("opening the store"))?;
        }
        self.view.teach(db).map_err(fault("opening the store"))
    }

    fn open_reader(&self, file: &schema::File) -> Result<Connection> {
        let db = schema::open_reader(&self.dir, file)?;
        self.view.teach(db).map_err(fault("opening the store"))
    }

    fn index_now(&self) -> Option<Identity> {
        disk::identity(&self.dir.join(schema::INDEX.name))
    }

    fn has_lost_index(&self) -> bool {
        self.is_lost(self.index_now())
    }

    fn is_lost(&self, index: Option<Identity>) -> bool {
        index.is_none() && self.dir.join(schema::RAW.name).exists()
    }
}

fn lazily(
    slot: &Slot,
    open: impl Fn() -> Result<Connection>,
) -> Result<MutexGuard<'_, Connection>> {
    if slot.get().is_none() {
        // Two threads may both open; the loser's connection is dropped.
        let _ = slot.set(Mutex::new(open()?));
    }
    let mutex = slot.get().expect("set just above");
    let mut db = mutex
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    if schema::is_overtaken(&db) {
        *db = open()?;
    }
    Ok(db)
}

/// There is no message with this number.
fn no_message(id: i64) -> Error {
    Error::not_found(format!("there is no message `m{id}`"))
        .hint("`comms search` and `comms inbox` list messages with their ids")
}

/// Turns SQLite's faults into ours: a busy or full disk is told as such.
pub(crate) fn fault(doing: &'static str) -> impl Fn(rusqlite::Error) -> Error {
    move |e| match e.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            Error::unavailable(format!("{doing}: another process holds the store"))
                .hint("wait for the other comms to finish, then repeat")
                .because(e)
        }
        // The only one who interrupts is who looks at a file that is read without a lock.
        Some(ErrorCode::OperationInterrupted) => Error::unavailable(format!(
            "{doing}: the store was written meanwhile"
        ))
        .hint("its folder can't be written from here, so its owner was not kept waiting: repeat")
        .because(e),
        Some(ErrorCode::ReadOnly) => {
            Error::internal(format!("{doing}: the store can't be written"))
                .hint("its files belong to another user, or the disk is read-only")
                .because(e)
        }
        Some(ErrorCode::DiskFull) => Error::internal(format!("{doing}: the disk is full"))
            .hint("free some space; nothing that was stored is lost")
            .because(e),
        // A log that can't grow is told of by some calls as no more than a fault of the disk.
        Some(ErrorCode::SystemIoFailure) => {
            Error::internal(format!("{doing}: the disk is full, or fails"))
                .hint("look whether it has room; nothing that was stored is lost")
                .because(e)
        }
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
            Error::internal(format!("{doing}: a file of the store is damaged"))
                .hint("run `comms doctor`")
                .because(e)
        }
        _ => Error::new(Kind::Internal, doing).because(e),
    }
}

/// How long a writer waits for another process.
const BUSY: Duration = Duration::from_secs(10);
