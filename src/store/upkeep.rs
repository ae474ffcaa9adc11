//! The store looked after: checks for `doctor`, a damaged index replaced, texts merged after bulk work.

use rusqlite::Connection;

use crate::error::{Error, Result};

use super::write::meta;
use super::{Store, bytes, fault, lazily, schema};

const REBUILD: &str = "run `comms doctor --rebuild-index`";
const MERGING: &str = "merging the text index";
/// How many pages (of 4 KB) one commit of a merge writes, about.
const MERGED_PAGES: i64 = 4_000;

impl Store {
    /// What is wrong with the file of the outbox, if there is one; reads all of it.
    pub fn check_main(&self) -> Result<Vec<Error>> {
        if !self.has_outbox() {
            return Ok(Vec::new());
        }
        Ok(damage(&schema::MAIN, &*self.main()?, schema::RESTORE))
    }

    /// What is wrong with the files of messages, and what mends each; empty if they are sound. Reads all of the
    /// databases, and looks whether the files of large messages are there.
    pub fn check(&self) -> Result<Vec<Error>> {
        let mut faults = Vec::new();
        if !self.exists() {
            return Ok(faults);
        }
        let raw = self.raw_reader()?;
        let index = self.reader()?;
        for (file, db, mend) in [
            (schema::RAW, &*raw, schema::RESTORE),
            (schema::INDEX, &*index, REBUILD),
        ] {
            faults.extend(damage(&file, db, mend));
        }
        if !faults.is_empty() {
            return Ok(faults);
        }
        faults.extend(bytes::missing(&self.dir, &raw)?);
        let mut odd = |words: String| faults.push(Error::internal(words).hint(REBUILD));
        let count = |db: &Connection, sql: &str| {
            db.query_row(sql, [], |row| row.get::<_, i64>(0))
                .map_err(fault("checking the store"))
        };
        let mail = count(&raw, "SELECT count(*) FROM mail")?;
        let known = |name| -> Result<bool> {
            let both = (meta(&raw, name), meta(&index, name));
            Ok(both.0.map_err(fault("checking the store"))?
                == both.1.map_err(fault("checking the store"))?)
        };
        if !known("generation")? || !known("last_id")? {
            odd("the index is behind the messages; the next change mends it".to_owned());
            return Ok(faults);
        }
        for (what, sql) in [
            ("messages", "SELECT count(*) FROM messages"),
            ("texts", "SELECT count(*) FROM text_docsize"),
            ("facts", "SELECT count(*) FROM facts WHERE fact = 0"),
            (
                "threaded messages",
                "SELECT ifnull(sum(count), 0) FROM threads",
            ),
            (
                "messages in folders",
                "SELECT ifnull(sum(total), 0) FROM folders",
            ),
        ] {
            let found = count(&index, sql)?;
            if found != mail {
                odd(format!("{mail} messages, but {found} {what} in the index"));
            }
        }
        let unread = count(&index, "SELECT count(*) FROM facts WHERE fact = 1")?;
        let counted = count(&index, "SELECT ifnull(sum(unread), 0) FROM folders")?;
        if unread != counted {
            odd(format!("{unread} unread messages, but {counted} counted"));
        }
        Ok(faults)
    }

    /// Merges the pieces of the text index into one, in one commit.
    pub fn optimize(&self) -> Result<()> {
        let db = self.index()?;
        db.execute_batch("INSERT INTO text (text) VALUES ('optimize'); PRAGMA optimize;")
            .map_err(fault(MERGING))
    }

    /// Leaves the pieces of the text index as they come: many messages follow, and merging each piece once is enough.
    pub fn begin_bulk(&self) -> Result<()> {
        self.index()?
            .execute_batch(
                "INSERT INTO text (text, rank) VALUES ('automerge', 0), ('crisismerge', 1999);",
            )
            .map_err(fault(MERGING))
    }

    /// Merges what came since [`Store::begin_bulk`], whether this process called it or one that broke off; tells how
    /// many steps are done. A search reads a few pages of every piece, so one piece is fastest.
    pub fn end_bulk(&self, added: u64, step: &dyn Fn(u64)) -> Result<()> {
        let db = self.index()?;
        let is_bulk: bool = db
            .query_row(
                "SELECT EXISTS (SELECT 1 FROM text_config WHERE k = 'automerge' AND v = 0)",
                [],
                |row| row.get(0),
            )
            .map_err(fault(MERGING))?;
        if !is_bulk {
            return Ok(());
        }
        let merge = || -> rusqlite::Result<()> {
            let total: i64 =
                db.query_row("SELECT ifnull(sum(total), 0) FROM folders", [], |row| {
                    row.get(0)
                })?;
            // What is there already is not written again for a little more.
            let all = added.saturating_mul(4) >= u64::try_from(total).unwrap_or(0);
            let mut pages = if all { -MERGED_PAGES } else { MERGED_PAGES };
            let mut insert = db.prepare("INSERT INTO text (text, rank) VALUES ('merge', ?1)")?;
            for done in 1.. {
                let before = db.total_changes();
                insert.execute([pages])?;
                // One change is the command itself.
                if db.total_changes() - before < 2 {
                    break;
                }
                pages = MERGED_PAGES;
                step(done);
            }
            // Last: a merge that was cut short goes on after the next import.
            db.execute_batch(
                "INSERT INTO text (text, rank) VALUES ('automerge', 16), ('crisismerge', 16);",
            )
        };
        merge().map_err(fault(MERGING))
    }

    /// Puts an empty file in the place of a damaged index.
    pub(super) fn replace_index(&self) -> Result<()> {
        let doing = "replacing the index";
        for slot in [&self.index, &self.reader] {
            if let Some(open) = slot.get() {
                let mut open = open
                    .lock()
                    .unwrap_or_else(std::sync::PoisonError::into_inner);
                // Closes the file; whoever opened it gets the new one below.
                *open = Connection::open_in_memory().map_err(fault(doing))?;
            }
        }
        schema::discard(&self.dir, &schema::INDEX)?;
        let fresh = self.open(&schema::INDEX)?;
        *lazily(&self.index, || self.open(&schema::INDEX))? = fresh;
        if let Some(reader) = self.reader.get() {
            *reader
                .lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner) =
                self.open_reader(&schema::INDEX)?;
        }
        Ok(())
    }
}

fn damage(file: &schema::File, db: &Connection, mend: &str) -> Vec<Error> {
    let told = quick_check(db).into_iter();
    told.map(|words| Error::internal(format!("`{}`: {words}", file.name)).hint(mend))
        .collect()
}

fn quick_check(db: &Connection) -> Vec<String> {
    let read = || -> rusqlite::Result<Vec<String>> {
        db.prepare("PRAGMA quick_check(5)")?
            .query_map([], |row| row.get(0))?
            .collect()
    };
    match read() {
        Ok(lines) => lines.into_iter().filter(|line| line != "ok").collect(),
        Err(e) => vec![e.to_string()],
    }
}
