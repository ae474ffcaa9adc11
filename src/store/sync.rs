//! What a refresh remembers: cursors of folders, state of accounts, marks not yet told to a server.

use jiff::Timestamp;

use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};

use crate::error::{Context, Kind, Result};
use crate::model::account::ChannelKind;
use crate::model::id::MessageId;
use crate::model::message::{Change, Flags, Ident, Role};

use super::folders::{self, Folder};
use super::moving::{self, Departure};
use super::row::{flags, ident, millis, role, role_number};
use super::{Store, accounts, entry, fault};

/// A folder of an account as of its last sync.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FolderState {
    /// Path with `/` between levels, UTF-8.
    pub path: String,
    pub role: Role,
    pub uid_validity: Option<u32>,
    /// Every UID below was seen.
    pub uid_next: Option<u32>,
    pub highest_modseq: Option<u64>,
    /// The source's own cursor for "nothing new" (Maildir: mtimes of new and cur), opaque here.
    pub stamp: Option<String>,
}

/// Notes in `raw.db` what a server is to be told.
pub fn queue(raw: &Connection, id: MessageId, change: &Change) -> Result<()> {
    let text = serde_json::to_string(change).context(Kind::Internal, "writing a change")?;
    raw.prepare_cached("INSERT INTO changes (message, change) VALUES (?1, ?2)")
        .and_then(|mut row| row.execute(params![id.0, text]))
        .map_err(fault("writing a change"))
        .map(drop)
}

/// State of an account's last refresh.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
pub struct SourceState {
    pub account: String,
    /// Null if it was never synced.
    pub synced_at: Option<Timestamp>,
    /// `fresh`, `stale`, `failed` or `never`.
    pub state: String,
    pub error: Option<String>,
}

impl Store {
    /// The folders of all accounts by path, each path once.
    pub fn folder_paths(&self) -> Result<Vec<String>> {
        let db = self.reader()?;
        let read = || -> rusqlite::Result<Vec<String>> {
            db.prepare_cached(
                "SELECT DISTINCT path FROM folders WHERE sees(account) ORDER BY path",
            )?
            .query_map([], |row| row.get(0))?
            .collect()
        };
        read().map_err(fault("reading the folders"))
    }

    /// Folders of an account, by path.
    pub fn folders(&self, account: &str) -> Result<Vec<FolderState>> {
        let db = self.reader()?;
        let read = || -> rusqlite::Result<Vec<FolderState>> {
            db.prepare_cached(
                "SELECT path, role, uid_validity, uid_next, highest_modseq, stamp
                 FROM folders WHERE account = ?1 ORDER BY path",
            )?
            .query_map([account], |row| {
                Ok(FolderState {
                    path: row.get(0)?,
                    role: role(row.get(1)?),
                    uid_validity: row.get(2)?,
                    uid_next: row.get(3)?,
                    highest_modseq: row
                        .get::<_, Option<i64>>(4)?
                        .and_then(|n| u64::try_from(n).ok()),
                    stamp: row.get(5)?,
                })
            })?
            .collect()
        };
        read().map_err(fault("reading the folders"))
    }

    /// Writes a folder's state; makes the folder if it is new.
    pub fn save_folder(&self, account: &str, state: &FolderState) -> Result<()> {
        let known = {
            let db = self.index()?;
            folders::find(&db, account, &state.path)?
        };
        if known.is_none_or(|known| known.role != state.role) {
            self.save_role(account, state)?;
        }
        // The cursor is no part of `raw.db`: no need to hold both.
        let db = self.index()?;
        let write = || {
            db.prepare_cached(
                "UPDATE folders
                 SET uid_validity = ?3, uid_next = ?4, highest_modseq = ?5, stamp = ?6
                 WHERE account = ?1 AND path = ?2",
            )?
            .execute(params![
                account,
                state.path,
                state.uid_validity,
                state.uid_next,
                state
                    .highest_modseq
                    .map(|n| i64::try_from(n).unwrap_or(i64::MAX)),
                state.stamp
            ])
        };
        write().map_err(fault("writing a folder")).map(drop)
    }

    fn save_role(&self, account: &str, state: &FolderState) -> Result<()> {
        self.write("writing a folder", |write| {
            let Some(old) = folders::find(&write.raw, account, &state.path)? else {
                // Only IMAP has a UIDVALIDITY; the first message tells the channel for certain.
                let channel = match state.uid_validity {
                    Some(_) => ChannelKind::Imap,
                    None => ChannelKind::Maildir,
                };
                let place = (account, state.path.as_str(), state.role);
                return folders::create(&write.raw, &write.index, channel, place).map(drop);
            };
            let new = Folder {
                role: state.role,
                ..old.clone()
            };
            let update = || -> rusqlite::Result<()> {
                write.raw.execute(
                    "UPDATE folders SET role = ?2 WHERE id = ?1",
                    params![new.id, role_number(new.role)],
                )?;
                folders::mirror(&write.index, &new)?;
                entry::change_role(&write.index, &old, &new)
            };
            update().map_err(fault("writing a folder"))
        })
    }

    /// Forgets a folder and its messages, which may come again elsewhere.
    pub fn forget_folder(&self, account: &str, folder: &str) -> Result<()> {
        self.empty_folder((account, folder), Departure::Gone)
    }

    /// Forgets a folder whose server numbers its messages anew: they come again.
    pub fn renumber_folder(&self, account: &str, folder: &str) -> Result<()> {
        self.empty_folder((account, folder), Departure::Renumbered)
    }

    fn empty_folder(&self, (account, folder): (&str, &str), why: Departure) -> Result<()> {
        self.write("forgetting a folder", |write| {
            let Some(folder) = folders::find(&write.raw, account, folder)? else {
                return Ok(());
            };
            let ids = || -> rusqlite::Result<Vec<MessageId>> {
                write
                    .raw
                    .prepare_cached("SELECT id FROM mail WHERE folder = ?1 ORDER BY id")?
                    .query_map([folder.id], |row| row.get(0).map(MessageId))?
                    .collect()
            };
            let ids = ids().map_err(fault("forgetting a folder"))?;
            moving::depart(write, &ids, why)?;
            accounts::forget(write, &folder)
        })
    }

    /// Forgets a folder without messages; false if it has some.
    pub fn forget_if_empty(&self, account: &str, folder: &str) -> Result<bool> {
        self.write("forgetting a folder", |write| {
            let Some(folder) = folders::find(&write.raw, account, folder)? else {
                return Ok(true);
            };
            let filled: bool = write
                .raw
                .query_row(
                    "SELECT EXISTS (SELECT 1 FROM mail WHERE folder = ?1)",
                    [folder.id],
                    |row| row.get(0),
                )
                .map_err(fault("forgetting a folder"))?;
            if !filled {
                accounts::forget(write, &folder)?;
            }
            Ok(!filled)
        })
    }

    /// How many messages of a folder are here.
    pub fn count_in(&self, account: &str, folder: &str) -> Result<u64> {
        let db = self.reader()?;
        db.prepare_cached("SELECT total FROM folders WHERE account = ?1 AND path = ?2")
            .and_then(|mut count| {
                count
                    .query_row([account, folder], |row| row.get::<_, i64>(0))
                    .optional()
            })
            .map(|count| count.unwrap_or(0).unsigned_abs())
            .map_err(fault("counting a folder"))
    }

    /// UIDs and flags of an IMAP folder's messages under its UIDVALIDITY, ascending; all UIDs if none
    /// is known.
    pub fn uids(&self, account: &str, folder: &str) -> Result<Vec<(u32, MessageId, Flags)>> {
        let validity: Option<u32> = {
            let db = self.reader()?;
            let read = || {
                db.prepare_cached(
                    "SELECT uid_validity FROM folders WHERE account = ?1 AND path = ?2",
                )?
                .query_row([account, folder], |row| row.get(0))
                .optional()
            };
            read().map_err(fault("reading a folder"))?.flatten()
        };
        let mut prefix = vec![1];
        prefix.extend(validity.iter().flat_map(|v| v.to_be_bytes()));
        let rows = self.idents(account, folder, &prefix)?;
        Ok(rows
            .into_iter()
            .filter_map(|(ident, id, flags)| match ident {
                Ident::Uid { uid, .. } => Some((uid, id, flags)),
                _ => None,
            })
            .collect())
    }

    /// Unique names and flags of a Maildir folder's messages, sorted by name.
    pub fn maildir_names(
        &self,
        account: &str,
        folder: &str,
    ) -> Result<Vec<(String, MessageId, Flags)>> {
        let rows = self.idents(account, folder, &[2])?;
        Ok(rows
            .into_iter()
            .filter_map(|(ident, id, flags)| match ident {
                Ident::Maildir(name) => Some((name, id, flags)),
                _ => None,
            })
            .collect())
    }

    /// Messages of a folder whose ident begins with these bytes, by ident.
    fn idents(
        &self,
        account: &str,
        folder: &str,
        prefix: &[u8],
    ) -> Result<Vec<(Ident, MessageId, Flags)>> {
        let db = self.raw_reader()?;
        let Some(folder) = folders::find(&db, account, folder)? else {
            return Ok(Vec::new());
        };
        // No ident has this many FF bytes after its prefix: UIDs have four, names are UTF-8.
        let end = [prefix, &[0xFF; 9]].concat();
        let read = || -> rusqlite::Result<Vec<(Ident, MessageId, Flags)>> {
            db.prepare_cached(
                "SELECT ident, id, flags FROM mail
                 WHERE folder = ?1 AND ident BETWEEN ?2 AND ?3 ORDER BY ident",
            )?
            .query_map(params![folder.id, prefix, end], |row| {
                let ident = ident(row.get_ref(0)?.as_blob()?);
                Ok(ident.map(|ident| Ok((ident, MessageId(row.get(1)?), flags(row.get(2)?)))))
            })?
            .filter_map(|row| row.transpose().map(|row| row.and_then(|row| row)))
            .collect()
        };
        read().map_err(fault("reading a folder"))
    }

    /// What the source said when it was last read to its end, opaque here (Maildir: times of its
    /// directories and hashes of its names).
    pub fn source_stamp(&self, source: &str) -> Result<Option<Vec<u8>>> {
        let db = self.reader()?;
        let read = || {
            db.prepare_cached("SELECT stamp FROM stamps WHERE source = ?1")?
                .query_row([source], |row| row.get(0))
                .optional()
        };
        read().map_err(fault("reading a stamp"))
    }

    /// Remembers what a source said; an empty stamp forgets it.
    pub fn save_source_stamp(&self, source: &str, stamp: &[u8]) -> Result<()> {
        let db = self.index()?;
        let write = || {
            if stamp.is_empty() {
                return db.execute("DELETE FROM stamps WHERE source = ?1", [source]);
            }
            db.prepare_cached("INSERT OR REPLACE INTO stamps (source, stamp) VALUES (?1, ?2)")?
                .execute(params![source, stamp])
        };
        write().map_err(fault("writing a stamp")).map(drop)
    }

    /// Remembers a change that the server has not been told yet.
    pub fn queue_change(&self, id: MessageId, change: &Change) -> Result<()> {
        queue(&*self.raw_db()?, id, change)
    }

    /// Changes of an account that its server has not been told yet, oldest first.
    pub fn queued_changes(&self, account: &str) -> Result<Vec<(i64, MessageId, Change)>> {
        let db = self.raw_reader()?;
        let read = || -> rusqlite::Result<Vec<(i64, MessageId, String)>> {
            db.prepare_cached(
                "SELECT c.id, c.message, c.change FROM changes c
                 JOIN mail m ON m.id = c.message JOIN folders f ON f.id = m.folder
                 WHERE f.account = ?1 ORDER BY c.id",
            )?
            .query_map([account], |row| {
                Ok((row.get(0)?, MessageId(row.get(1)?), row.get(2)?))
            })?
            .collect()
        };
        read()
            .map_err(fault("reading the changes"))?
            .into_iter()
            .map(|(row, id, text)| {
                let change =
                    serde_json::from_str(&text).context(Kind::Internal, "reading a change")?;
                Ok((row, id, change))
            })
            .collect()
    }

    /// Drops told changes by their row.
    pub fn drop_changes(&self, rows: &[i64]) -> Result<()> {
        if rows.is_empty() {
            return Ok(());
        }
        let mut db = self.raw_db()?;
        let mut write = || -> rusqlite::Result<()> {
            let tx = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
            for row in rows {
                tx.execute("DELETE FROM changes WHERE id = ?1", [row])?;
            }
            tx.commit()
        };
        write().map_err(fault("dropping changes"))
    }

    /// State of all accounts ever synced: `failed` if the last refresh was, else `fresh`.
    pub fn sources(&self) -> Result<Vec<SourceState>> {
        let db = self.reader()?;
        let read = || -> rusqlite::Result<Vec<SourceState>> {
            db.prepare_cached("SELECT account, synced_at, error FROM sources WHERE sees(account) ORDER BY account")?
                .query_map([], |row| {
                    let error: Option<String> = row.get(2)?;
                    Ok(SourceState {
                        account: row.get(0)?,
                        synced_at: row.get::<_, Option<i64>>(1)?.map(millis),
                        state: if error.is_some() { "failed" } else { "fresh" }.to_owned(),
                        error,
                    })
                })?
                .collect()
        };
        read().map_err(fault("reading the state of accounts"))
    }

    /// Records the end of a refresh; `error` is `None` when it succeeded. A failure keeps the time of
    /// the last success.
    pub fn save_source(&self, account: &str, at: Timestamp, error: Option<&str>) -> Result<()> {
        let db = self.index()?;
        let synced_at = error.is_none().then(|| at.as_millisecond());
        let write = || {
            db.prepare_cached(
                "INSERT INTO sources (account, synced_at, error) VALUES (?1, ?2, ?3)
                 ON CONFLICT (account) DO UPDATE
                 SET synced_at = coalesce(excluded.synced_at, synced_at), error = excluded.error",
            )?
            .execute(params![account, synced_at, error])
        };
        write()
            .map_err(fault("writing the state of an account"))
            .map(drop)
    }
}
