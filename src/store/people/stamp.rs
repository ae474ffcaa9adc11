//! Whether the messages may have changed at all, told by their file without opening it.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;

use rusqlite::{Connection, OptionalExtension};

use crate::store::pulse::{is_fresh, look};
use crate::store::schema;

/// Length and time of change of `index.db` and its log in one number; `None` if there is no such file, or if it changed
/// a moment ago.
pub(super) fn of(dir: &Path) -> Option<i64> {
    let mut hasher = DefaultHasher::new();
    let log = format!("{}-wal", schema::INDEX.name);
    for (name, needed) in [(schema::INDEX.name, true), (&log, false)] {
        match look(&dir.join(name)) {
            // An empty log comes and goes with whoever reads.
            None | Some((0, _)) if !needed => {}
            Some((length, at)) if !is_fresh(at) => (name, length, at).hash(&mut hasher),
            _ => return None,
        }
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
