//! Folders by number: the same rows in `raw.db` (the authority) and `index.db` (with counts and cursors).

use rusqlite::{Connection, OptionalExtension, params};

use crate::error::Result;
use crate::model::account::ChannelKind;
use crate::model::message::Role;

use super::fault;
use super::row::{channel, fold, role, role_number};

#[derive(Clone, Debug)]
pub struct Folder {
    pub id: i64,
    pub account: String,
    pub channel: ChannelKind,
    pub path: String,
    pub role: Role,
}

impl Folder {
    /// Whether the inbox lists what lies here.
    pub fn in_inbox(&self) -> bool {
        matches!(self.role, Role::Inbox | Role::Other)
    }
}

/// All folders of the store, by number.
pub struct Folders(Vec<Folder>);

impl Folders {
    pub fn load(db: &Connection) -> Result<Folders> {
        rows(db).map(Folders).map_err(fault("reading the folders"))
    }

    /// Those of the accounts that may be known of.
    pub fn seen(db: &Connection) -> Result<Folders> {
        let read = || -> rusqlite::Result<Vec<Folder>> {
            db.prepare_cached(
                "SELECT id, account, channel, path, role FROM folders WHERE sees(account) ORDER BY id",
            )?
            .query_map([], read_folder)?
            .collect()
        };
        read().map(Folders).map_err(fault("reading the folders"))
    }

    pub fn by_id(&self, id: i64) -> Option<&Folder> {
        self.0
            .binary_search_by_key(&id, |f| f.id)
            .ok()
            .map(|at| &self.0[at])
    }

    pub fn ids(&self, fits: impl Fn(&Folder) -> bool) -> Vec<i64> {
        self.0.iter().filter(|f| fits(f)).map(|f| f.id).collect()
    }

    /// Folders that `in:name` means: those with the role of this name, else with this path, else with
    /// this last part of their path.
    pub fn named(&self, name: &str) -> Vec<i64> {
        let name = fold(name.trim_matches('/'));
        if let Some(wanted) = role_name(&name) {
            let found = self.ids(|f| f.role == wanted);
            if !found.is_empty() {
                return found;
            }
        }
        let found = self.ids(|f| fold(&f.path) == name);
        if !found.is_empty() {
            return found;
        }
        self.ids(|f| {
            f.path
                .rsplit('/')
                .next()
                .is_some_and(|last| fold(last) == name)
        })
    }
}

/// All folders of a file, by number.
pub fn rows(db: &Connection) -> rusqlite::Result<Vec<Folder>> {
    db.prepare_cached("SELECT id, account, channel, path, role FROM folders ORDER BY id")?
        .query_map([], read_folder)?
        .collect()
}

fn role_name(name: &str) -> Option<Role> {
    Some(match name {
        "inbox" => Role::Inbox,
        "sent" => Role::Sent,
        "drafts" | "draft" => Role::Drafts,
        "trash" => Role::Trash,
        "junk" | "spam" => Role::Junk,
        "archive" => Role::Archive,
        "all" => Role::All,
        _ => return None,
    })
}

fn read_folder(row: &rusqlite::Row<'_>) -> rusqlite::Result<Folder> {
    Ok(Folder {
        id: row.get(0)?,
        account: row.get(1)?,
        channel: channel(row.get_ref(2)?.as_str()?),
        path: row.get(3)?,
        role: role(row.get(4)?),
    })
}

/// The folder with this path, if the file knows it.
pub fn find(db: &Connection, account: &str, path: &str) -> Result<Option<Folder>> {
    let read = || {
        db.prepare_cached(
            "SELECT id, account, channel, path, role FROM folders WHERE account = ?1 AND path = ?2",
        )?
        .query_row([account, path], read_folder)
        .optional()
    };
    read().map_err(fault("reading the folders"))
}

/// Makes a folder in `raw.db`, and in `index.db` under the same number.
pub fn create(
    raw: &Connection,
    index: &Connection,
    channel: ChannelKind,
    (account, path, role): (&str, &str, Role),
) -> Result<Folder> {
    let write = || -> rusqlite::Result<Folder> {
        raw.execute(
            "INSERT INTO folders (account, channel, path, role) VALUES (?1, ?2, ?3, ?4)",
            params![account, channel.name(), path, role_number(role)],
        )?;
        let folder = Folder {
            id: raw.last_insert_rowid(),
            account: account.to_owned(),
            channel,
            path: path.to_owned(),
            role,
        };
        mirror(index, &folder)?;
        Ok(folder)
    };
    write().map_err(fault("writing a folder"))
}

/// Writes the row of `raw.db` into `index.db`; counts and cursors there stay.
pub fn mirror(index: &Connection, folder: &Folder) -> rusqlite::Result<()> {
    index.execute(
        "INSERT INTO folders (id, account, channel, path, role) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (id) DO UPDATE
         SET account = excluded.account, channel = excluded.channel, path = excluded.path,
             role = excluded.role",
        params![
            folder.id,
            folder.account,
            folder.channel.name(),
            folder.path,
            role_number(folder.role)
        ],
    )?;
    Ok(())
}
