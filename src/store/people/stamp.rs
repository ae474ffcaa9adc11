//! Whether the messages may have changed at all, told by their file without opening it.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;
use std::time::{Duration, SystemTime};

use rusqlite::{Connection, OptionalExtension};

use crate::store::schema;

/// How old a change must be before its time tells it from the next one: file systems count in ticks, up to 2 s long.
const SETTLED: Duration = Duration::from_secs(3);

/// Length and time of change of `index.db` and its log in one number; `None` if there is no such file, or if it changed
/// a moment ago.
#[expect(
    clippy::disallowed_methods,
    reason = "times of files are the system's, whatever a test's clock says"
)]
pub(super) fn of(dir: &Path) -> Option<i64> {
    let mut hasher = DefaultHasher::new();
    let log = format!("{}-wal", schema::INDEX.name);
    for (name, needed) in [(schema::INDEX.name, true), (&log, false)] {
        let file = match dir.join(name).metadata() {
            Ok(file) => file,
            Err(_) if needed => return None,
            Err(_) => continue,
        };
        // An empty log comes and goes with whoever reads.
        if file.len() == 0 {
            continue;
        }
        let at = file.modified().ok()?;
        // A clock that was turned back makes every time suspect.
        if SystemTime::now().duration_since(at).ok()? < SETTLED {
            return None;
        }
        (name, file.len(), at).hash(&mut hasher);
    }
    // Zero is nobody's: that is what a cleared file says.
    Some(hasher.finish().cast_signed()).filter(|stamp| *stamp != 0)
}

/// The one that was kept when all messages of then were in.
pub(super) fn kept(db: &Connection) -> rusqlite::Result<Option<i64>> {
    db.prepare_cached("SELECT value FROM marks WHERE name = 'stamp'")?
        .query_row([], |row| row.get(0))
        .optional()
}

pub(super) fn keep(db: &Connection, stamp: i64) -> rusqlite::Result<()> {
    db.prepare_cached(
        "INSERT INTO marks VALUES ('stamp', ?1) ON CONFLICT DO UPDATE SET value = ?1",
    )?
    .execute([stamp])?;
    Ok(())
}
