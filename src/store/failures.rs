//! What needs a person and is to be told to `on_failure`: written down first, told by one process, once.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension, Transaction, params};

use crate::error::{Context, Kind, Result};

use super::owner::{Owner, is_alive};
use super::{Store, fault};

const DOING: &str = "keeping what failed";

/// Longer than any command may take to be told.
const LEASE_MS: i64 = 2 * 60_000;
/// What was told is forgotten after this long.
const KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);

impl Store {
    /// Writes down that the login of an account stopped working; again only after it worked in between.
    pub fn note_login_failure(
        &self,
        (account, way): (&str, &str),
        document: &str,
        now: Timestamp,
    ) -> Result<()> {
        insert(
            &*self.main()?,
            (&login_key(account, way), document),
            now.as_millisecond(),
        )
        .map_err(fault(DOING))
    }

    /// The login of an account works: the next time it fails is news.
    pub fn note_login_success(&self, (account, way): (&str, &str)) -> Result<()> {
        if !self.has_outbox() {
            return Ok(());
        }
        let db = self.main()?;
        let key = login_key(account, way);
        let known: Option<i64> = db
            .prepare_cached("SELECT id FROM failures WHERE key = ?1")
            .and_then(|mut s| s.query_row([&key], |row| row.get(0)).optional())
            .map_err(fault(DOING))?;
        let Some(id) = known else {
            return Ok(());
        };
        db.execute(
            "UPDATE failures SET key = key || '/' || id WHERE id = ?1",
            [id],
        )
        .map(drop)
        .map_err(fault(DOING))
    }

    /// Whether anything was not told yet.
    pub fn has_untold_failures(&self) -> Result<bool> {
        if !self.has_outbox() {
            return Ok(false);
        }
        self.main()?
            .query_row(
                "SELECT EXISTS (SELECT 1 FROM failures WHERE told_at IS NULL)",
                [],
                |row| row.get(0),
            )
            .map_err(fault(DOING))
    }

    /// Takes the oldest that nobody was told of yet, and that no living process is telling now.
    pub fn claim_failure(&self, owner: &Owner, now: Timestamp) -> Result<Option<(i64, String)>> {
        let db = self.main()?;
        let now = now.as_millisecond();
        let holders = |db: &Connection| -> rusqlite::Result<Vec<String>> {
            db.prepare_cached(
                "SELECT DISTINCT owner FROM failures WHERE told_at IS NULL AND owner IS NOT NULL",
            )?
            .query_map([], |row| row.get(0))?
            .collect()
        };
        let take = || -> rusqlite::Result<Option<(i64, String)>> {
            for holder in holders(&db)? {
                if holder != owner.name && !is_alive(self.dir(), &holder) {
                    db.execute(
                        "UPDATE failures SET owner = NULL WHERE owner = ?1 AND told_at IS NULL",
                        [holder],
                    )?;
                }
            }
            db.query_row(
                "UPDATE failures SET owner = ?1, owner_until = ?2 WHERE id =
                   (SELECT id FROM failures WHERE told_at IS NULL AND (owner IS NULL OR owner_until < ?3)
                    ORDER BY id LIMIT 1)
                 RETURNING id, document",
                params![owner.name, now + LEASE_MS, now],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .optional()
        };
        take().map_err(fault(DOING))
    }

    /// Forgets what names this address.
    pub fn erase_failures(&self, address: &str) -> Result<()> {
        if !self.has_outbox() {
            return Ok(());
        }
        // As it stands in the JSON of a document.
        let written = serde_json::to_string(address).context(Kind::Internal, "writing JSON")?;
        self.main()?
            .execute(
                "DELETE FROM failures WHERE instr(lower(document), lower(?1))",
                [written.trim_matches('"')],
            )
            .map(drop)
            .map_err(fault(DOING))
    }

    /// It was told.
    pub fn failure_told(&self, id: i64, now: Timestamp) -> Result<()> {
        let db = self.main()?;
        let old = now.checked_sub(KEPT).unwrap_or(Timestamp::MIN);
        let note = || {
            db.execute(
                "UPDATE failures SET told_at = ?2, owner = NULL WHERE id = ?1",
                params![id, now.as_millisecond()],
            )?;
            db.execute(
                "DELETE FROM failures WHERE told_at < ?1",
                [old.as_millisecond()],
            )
        };
        note().map(drop).map_err(fault(DOING))
    }
}

fn login_key(account: &str, way: &str) -> String {
    format!("login/{account}/{way}")
}

/// Writes one down, once for each key, in the transaction of what failed.
pub(super) fn insert(
    db: &Connection,
    (key, document): (&str, &str),
    now: i64,
) -> rusqlite::Result<()> {
    db.prepare_cached("INSERT OR IGNORE INTO failures (key, document, at) VALUES (?1, ?2, ?3)")?
        .execute(params![key, document, now])
        .map(drop)
}

/// The same for an outbox item; not for what `on_failure` itself sent, or it would never end.
pub(super) fn insert_of_item(
    tx: &Transaction<'_>,
    item: i64,
    (document, now): (&str, i64),
) -> rusqlite::Result<()> {
    tx.execute(
        "INSERT OR IGNORE INTO failures (key, document, at)
         SELECT 'item/' || items.id || '/' || items.tries, ?2, ?3 FROM items JOIN sends ON sends.id = items.send
         WHERE items.id = ?1 AND NOT sends.from_hook",
        params![item, document, now],
    )
    .map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + seconds).unwrap()
    }

    #[test]
    fn each_failure_is_told_once_and_one_whose_teller_died_again() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::at(dir.path());
        let work = ("work", "smtp");
        store.note_login_failure(work, "{1}", at(0)).unwrap();
        store.note_login_failure(work, "{2}", at(1)).unwrap();
        let dies = store.owner().unwrap();
        let (id, document) = store.claim_failure(&dies, at(2)).unwrap().unwrap();
        assert_eq!(document, "{1}");
        let owner = store.owner().unwrap();
        assert_eq!(store.claim_failure(&owner, at(2)).unwrap(), None);
        drop(dies);
        assert!(store.claim_failure(&owner, at(3)).unwrap().is_some());
        store.failure_told(id, at(4)).unwrap();
        assert_eq!(store.claim_failure(&owner, at(1000)).unwrap(), None);
        // Told is told, until it worked in between.
        store.note_login_failure(work, "{3}", at(5)).unwrap();
        assert_eq!(store.claim_failure(&owner, at(6)).unwrap(), None);
        store.note_login_success(work).unwrap();
        store.note_login_failure(work, "{4}", at(7)).unwrap();
        assert_eq!(
            store.claim_failure(&owner, at(8)).unwrap().unwrap().1,
            "{4}"
        );
    }
}
