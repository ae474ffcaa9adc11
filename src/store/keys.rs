//! Keys of programs: their hashes and what they open. A key itself is never here.

use jiff::Timestamp;
use rusqlite::{Connection, ErrorCode, OptionalExtension, Row, params};

use crate::error::{Error, Result};
use crate::model::audit::AuditEvent;

use super::audit::{self, Entry};
use super::row::millis;
use super::{Store, fault};

const DOING: &str = "reading the API keys";
const WRITING: &str = "writing the API keys";

/// What is kept of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptKey {
    pub name: String,
    pub scope: String,
    /// The only accounts it opens; `None` means all.
    pub accounts: Option<Vec<String>>,
    pub origin: String,
    /// Calls; `None` means as many as everyone has.
    pub per_minute: Option<u32>,
    pub created_at: Timestamp,
    pub expires_at: Option<Timestamp>,
    /// When it was last used, give or take some minutes.
    pub used_at: Option<Timestamp>,
    pub revoked_at: Option<Timestamp>,
}

impl KeptKey {
    /// Whether it opens anything now.
    pub fn is_good(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|end| now < end)
    }
}

const SELECT: &str = "SELECT name, scope, accounts, origin, per_minute, created_at, expires_at, used_at, revoked_at FROM keys";

fn read(row: &Row<'_>) -> rusqlite::Result<KeptKey> {
    let time = |ms: Option<i64>| ms.map(millis);
    let accounts: Option<String> = row.get(2)?;
    Ok(KeptKey {
        name: row.get(0)?,
        scope: row.get(1)?,
        // What can't be read opens nothing.
        accounts: accounts.map(|list| serde_json::from_str(&list).unwrap_or_default()),
        origin: row.get(3)?,
        per_minute: row.get(4)?,
        created_at: millis(row.get(5)?),
        expires_at: time(row.get(6)?),
        used_at: time(row.get(7)?),
        revoked_at: time(row.get(8)?),
    })
}

impl Store {
    /// Keeps a new key by its hash.
    ///
    /// # Errors
    /// `usage` if a key of that name is there that was not revoked.
    pub fn add_key(&self, key: &KeptKey, hash: [u8; 32]) -> Result<()> {
        let mut db = self.main()?;
        let tx = audit::begin(&mut db)?;
        tx.execute(
            "INSERT INTO keys (name, hash, scope, accounts, origin, per_minute, created_at, expires_at) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            params![
                key.name,
                hash,
                key.scope,
                key.accounts.as_deref().map(list),
                key.origin,
                key.per_minute,
                key.created_at.as_millisecond(),
                key.expires_at.map(Timestamp::as_millisecond),
            ],
        )
        .map_err(|e| match e.sqlite_error_code() {
            Some(ErrorCode::ConstraintViolation) => taken(&key.name),
            _ => fault(WRITING)(e),
        })?;
        let by = (&self.auditor, key.created_at);
        audit::note(&tx, by, AuditEvent::KeyAdded, about(&key.name))?;
        tx.commit().map_err(fault(WRITING))
    }

    /// Ends a key for ever; `None` if there is none of that name that was not revoked before.
    pub fn revoke_key(&self, name: &str, now: Timestamp) -> Result<Option<KeptKey>> {
        if !self.has_outbox() {
            return Ok(None);
        }
        let mut db = self.main()?;
        let tx = audit::begin(&mut db)?;
        let revoked = tx
            .execute(
                "UPDATE keys SET revoked_at = ?2 WHERE name = ?1 AND revoked_at IS NULL",
                params![name, now.as_millisecond()],
            )
            .map_err(fault(WRITING))?;
        if revoked == 0 {
            return Ok(None);
        }
        let key = tx
            .query_row(
                &format!("{SELECT} WHERE name = ?1 ORDER BY id DESC LIMIT 1"),
                [name],
                read,
            )
            .map_err(fault(DOING))?;
        audit::note(
            &tx,
            (&self.auditor, now),
            AuditEvent::KeyRevoked,
            about(name),
        )?;
        tx.commit().map_err(fault(WRITING))?;
        Ok(Some(key))
    }

    /// All keys, revoked ones too, in the order of their making.
    pub fn keys(&self) -> Result<Vec<KeptKey>> {
        if !self.has_outbox() {
            return Ok(Vec::new());
        }
        let db = self.main()?;
        let read = || -> rusqlite::Result<Vec<KeptKey>> {
            db.prepare(&format!("{SELECT} ORDER BY id"))?
                .query_map([], read)?
                .collect()
        };
        read().map_err(fault(DOING))
    }

    /// The key with this hash, whether or not it still opens anything.
    pub fn key_of_hash(&self, hash: [u8; 32]) -> Result<Option<KeptKey>> {
        if !self.has_outbox() {
            return Ok(None);
        }
        self.main()?
            .prepare_cached(&format!("{SELECT} WHERE hash = ?1"))
            .and_then(|mut s| s.query_row([hash], read).optional())
            .map_err(fault(DOING))
    }

    /// Takes an account out of what keys open that are limited to some.
    pub fn close_to_keys(&self, account: &str) -> Result<()> {
        if !self.has_outbox() {
            return Ok(());
        }
        let mut db = self.main()?;
        let tx = audit::begin(&mut db)?;
        follow_account(&tx, (account, None)).map_err(fault(WRITING))?;
        tx.commit().map_err(fault(WRITING))
    }

    /// Notes that a key was used.
    pub fn note_key_used(&self, hash: [u8; 32], now: Timestamp) -> Result<()> {
        self.main()?
            .prepare_cached("UPDATE keys SET used_at = ?2 WHERE hash = ?1")
            .and_then(|mut s| s.execute(params![hash, now.as_millisecond()]))
            .map(drop)
            .map_err(fault(WRITING))
    }
}

/// Gives keys that open an account its other name; without one, they no longer open it.
pub(super) fn follow_account(
    db: &Connection,
    (old, new): (&str, Option<&str>),
) -> rusqlite::Result<()> {
    let limited: Vec<(i64, String)> = db
        .prepare("SELECT id, accounts FROM keys WHERE accounts IS NOT NULL")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    for (id, accounts) in limited {
        let accounts: Vec<String> = serde_json::from_str(&accounts).unwrap_or_default();
        if !accounts.iter().any(|name| name == old) {
            continue;
        }
        let mut after: Vec<String> = accounts
            .into_iter()
            .filter_map(|name| match name == old {
                true => new.map(str::to_owned),
                false => Some(name),
            })
            .collect();
        after.dedup();
        db.execute(
            "UPDATE keys SET accounts = ?2 WHERE id = ?1",
            params![id, list(&after)],
        )?;
    }
    Ok(())
}

fn list(accounts: &[String]) -> String {
    serde_json::Value::from(accounts).to_string()
}

fn about(name: &str) -> Entry<'_> {
    Entry {
        api_key: Some(name),
        ..Entry::default()
    }
}

fn taken(name: &str) -> Error {
    Error::usage(format!("there is a key `{name}` already")).hint(format!(
        "give this one another name, or end that one first: `comms auth key revoke {name}`"
    ))
}
