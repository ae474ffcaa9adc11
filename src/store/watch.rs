//! How far each watcher has handed new messages on.
//!
//! Ids are given in the order of arrival and never twice, so one id is a whole cursor. It lies beside the ids it
//! speaks of, in `raw.db`: rebuilding the index must not hand anything twice.

use rusqlite::{OptionalExtension, params};

use crate::error::Result;
use crate::model::id::MessageId;

use super::write::meta;
use super::{Store, fault};

const DOING: &str = "reading how far a watcher is";

impl Store {
    /// The last message this watcher was handed; `None` if it never watched.
    pub fn watch_cursor(&self, watcher: &str) -> Result<Option<MessageId>> {
        self.raw_db()?
            .query_row(
                "SELECT value FROM meta WHERE name = ?1",
                [format!("watch:{watcher}")],
                |row| row.get(0).map(MessageId),
            )
            .optional()
            .map_err(fault(DOING))
    }

    /// Records that this watcher was handed everything up to here.
    pub fn save_watch_cursor(&self, watcher: &str, through: MessageId) -> Result<()> {
        self.raw_db()?
            .execute(
                "INSERT INTO meta VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                params![format!("watch:{watcher}"), through.0],
            )
            .map(drop)
            .map_err(fault(DOING))
    }

    /// Messages of an account that came after this one, oldest first.
    pub fn added_since(
        &self,
        account: &str,
        after: MessageId,
        limit: usize,
    ) -> Result<Vec<MessageId>> {
        let db = self.raw_db()?;
        let mut statement = db
            .prepare(
                "SELECT mail.id FROM mail JOIN folders ON folders.id = mail.folder
                 WHERE mail.id > ?1 AND folders.account = ?2 ORDER BY mail.id LIMIT ?3",
            )
            .map_err(fault(DOING))?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let ids = statement
            .query_map(params![after.0, account, limit], |row| {
                row.get(0).map(MessageId)
            })
            .map_err(fault(DOING))?;
        ids.collect::<rusqlite::Result<_>>().map_err(fault(DOING))
    }

    /// The newest id ever given, though its message may have gone and come again; zero in an empty store.
    pub fn newest_id(&self) -> Result<MessageId> {
        meta(&*self.raw_db()?, "last_id")
            .map(MessageId)
            .map_err(fault(DOING))
    }
}
