//! Whether anyone, in whatever process, may have written to the store, told by its files without opening them.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rusqlite::Connection;

use crate::disk;
use crate::error::{Error, Result};

use super::{Store, fault, schema};

/// How old a change must be before its time tells it from the next one: file systems count in ticks, up to 2 s long.
const SETTLED: Duration = Duration::from_secs(2);

/// Length of a file and time of its last change; `None` if there is none.
pub(super) fn look(file: &Path) -> Option<(u64, SystemTime)> {
    let found = file.metadata().ok()?;
    Some((found.len(), found.modified().ok()?))
}

/// Whether a change is so young that another one may show the same time.
#[expect(
    clippy::disallowed_methods,
    reason = "times of files are the system's, whatever a test's clock says"
)]
pub(super) fn is_fresh(at: SystemTime) -> bool {
    // A clock that was turned back makes every time suspect; one far ahead is only wrong.
    SystemTime::now()
        .duration_since(at)
        .map_or_else(|e| e.duration() < SETTLED, |age| age < SETTLED)
}

/// Looks at lengths and times of the files again and again: four calls of `stat` each.
#[derive(Debug)]
pub struct Pulse {
    files: Vec<PathBuf>,
    seen: Option<Vec<Option<(u64, SystemTime)>>>,
    /// Something changed so lately that another change may show the same time.
    unsettled: bool,
}

/// How far the files that messages are read from have come: the same mark, the same contents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark([i64; 3]);

/// Asks SQLite itself whether anyone, in whatever process, has written: exact, and a few µs.
pub struct Marker {
    files: [Connection; 3],
    /// The index, and which file that was.
    index: (PathBuf, Option<disk::Identity>),
}

impl Marker {
    /// Where the files stand now; a mark speaks only of this marker.
    ///
    /// # Errors
    /// Once the index is another file: nothing moves in the one that was replaced.
    pub fn mark(&self) -> Result<Mark> {
        if disk::identity(&self.index.0) != self.index.1 {
            return Err(Error::unavailable("the index was replaced"));
        }
        let mut mark = [0; 3];
        for (at, file) in mark.iter_mut().zip(&self.files) {
            // It tells of every commit but those of its own connection, which never writes.
            *at = file
                .prepare_cached("PRAGMA data_version")
                .and_then(|mut ask| ask.query_row([], |row| row.get(0)))
                .map_err(fault("looking for changes of the store"))?;
        }
        Ok(Mark(mark))
    }
}

impl Store {
    /// Opens a marker; `None` as long as a file is missing.
    pub fn marker(&self) -> Result<Option<Marker>> {
        let files = [&schema::MAIN, &schema::RAW, &schema::INDEX];
        if !files.iter().all(|file| self.dir().join(file.name).exists()) {
            return Ok(None);
        }
        let open = |file| {
            let db = schema::open_reader(self.dir(), file)?;
            // Who is to wait does the work instead.
            db.busy_timeout(Duration::ZERO)
                .map_err(fault("opening the store"))?;
            Ok::<_, Error>(db)
        };
        let [main, raw, index] = files;
        let path = self.dir().join(index.name);
        let on = disk::identity(&path);
        Ok(Some(Marker {
            files: [open(main)?, open(raw)?, open(index)?],
            index: (path, on),
        }))
    }

    /// Watches the files that tell what happened; the first look always says that something did.
    pub fn pulse(&self) -> Pulse {
        Pulse::of(self.dir())
    }
}

impl Pulse {
    fn of(dir: &Path) -> Pulse {
        let names = [schema::MAIN.name, schema::INDEX.name];
        let logs = names.iter().map(|name| dir.join(format!("{name}-wal")));
        Pulse {
            files: names
                .iter()
                .map(|name| dir.join(name))
                .chain(logs)
                .collect(),
            seen: None,
            unsettled: false,
        }
    }

    /// Whether something may have been written since this was asked last.
    pub fn stirred(&mut self) -> bool {
        let seen: Vec<_> = self.files.iter().map(|file| look(file)).collect();
        let stirred = self.unsettled || self.seen.as_ref() != Some(&seen);
        self.unsettled = seen.iter().flatten().any(|(_, at)| is_fresh(*at));
        self.seen = Some(seen);
        stirred
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_commit_of_another_connection_moves_the_mark_and_nothing_else_does() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::at(dir.path());
        assert!(store.marker().unwrap().is_none(), "there is nothing yet");
        store.first_today("y", jiff::Timestamp::UNIX_EPOCH).unwrap();
        store.newest_id().unwrap();
        store.folder_paths().unwrap();
        let marker = store.marker().unwrap().unwrap();
        let mut before = marker.mark().unwrap();
        assert_eq!(marker.mark().unwrap(), before);
        for n in 0..3 {
            let other = store.twin();
            other
                .save_watch_cursor("x", crate::model::id::MessageId(n))
                .unwrap();
            let after = marker.mark().unwrap();
            assert_ne!(after, before);
            assert_eq!(marker.mark().unwrap(), after);
            before = after;
            // The log is folded into the file when its last writer goes: nothing that is read changes.
            drop(other);
        }
        store.first_today("x", jiff::Timestamp::UNIX_EPOCH).unwrap();
        assert_ne!(marker.mark().unwrap(), before);
    }

    #[test]
    fn what_another_connection_writes_is_seen() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::at(dir.path());
        let mut pulse = store.pulse();
        assert!(pulse.stirred());
        assert!(!pulse.stirred(), "nothing is there, nothing happens");
        store.twin().audit_head().unwrap();
        store
            .twin()
            .first_today("x", jiff::Timestamp::UNIX_EPOCH)
            .unwrap();
        assert!(pulse.stirred());
        assert!(
            pulse.stirred(),
            "a change of this moment may be followed by another"
        );
        for file in &pulse.files {
            if let Ok(file) = std::fs::File::options().append(true).open(file) {
                let past = std::time::SystemTime::UNIX_EPOCH + Duration::from_secs(1_000);
                file.set_modified(past).unwrap();
            }
        }
        assert!(pulse.stirred());
        assert!(!pulse.stirred(), "what rests is not read again");
    }
}
