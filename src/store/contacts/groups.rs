//! Groups: contacts say in their cards which they are in; other groups and bare addresses are kept here.

use rusqlite::{OptionalExtension, params};

use crate::error::Result;
use crate::rules::contact::folded_group;
use crate::store::outbox::change;
use crate::store::{Store, fault};

use super::{READING, WRITING};

/// A group as a list shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    pub name: String,
    /// Contacts that are in it, without those of groups in it.
    pub contacts: i64,
    /// `@other` groups and bare addresses.
    pub members: Vec<String>,
}

impl Store {
    /// All groups, by name.
    pub fn groups(&self) -> Result<Vec<Group>> {
        if !self.has_outbox() {
            return Ok(Vec::new());
        }
        let db = self.main()?;
        let read = || -> rusqlite::Result<Vec<Group>> {
            let mut members = db.prepare_cached(
                "SELECT member FROM group_members WHERE folded = ?1 ORDER BY member",
            )?;
            let rows: Vec<(String, String, i64)> = db
                .prepare_cached(
                    "SELECT g.folded, g.name,
                            (SELECT count(*) FROM group_contacts c WHERE c.folded = g.folded)
                     FROM contact_groups g ORDER BY g.folded",
                )?
                .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
                .collect::<rusqlite::Result<_>>()?;
            rows.into_iter()
                .map(|(folded, name, contacts)| {
                    Ok(Group {
                        name,
                        contacts,
                        members: members
                            .query_map([folded], |row| row.get(0))?
                            .collect::<rusqlite::Result<_>>()?,
                    })
                })
                .collect()
        };
        read().map_err(fault(READING))
    }

    /// A group by its name, whatever its case.
    pub fn group(&self, name: &str) -> Result<Option<Group>> {
        if !self.has_outbox() {
            return Ok(None);
        }
        let db = self.main()?;
        let folded = folded_group(name);
        let read = || -> rusqlite::Result<Option<Group>> {
            let name: Option<String> = db
                .prepare_cached("SELECT name FROM contact_groups WHERE folded = ?1")?
                .query_row([&folded], |row| row.get(0))
                .optional()?;
            let Some(name) = name else {
                return Ok(None);
            };
            Ok(Some(Group {
                name,
                contacts: db
                    .prepare_cached("SELECT count(*) FROM group_contacts WHERE folded = ?1")?
                    .query_row([&folded], |row| row.get(0))?,
                members: db
                    .prepare_cached(
                        "SELECT member FROM group_members WHERE folded = ?1 ORDER BY member",
                    )?
                    .query_map([&folded], |row| row.get(0))?
                    .collect::<rusqlite::Result<_>>()?,
            }))
        };
        read().map_err(fault(READING))
    }

    /// Makes a group, unless there is one of this name; says whether it is new.
    pub fn make_group(&self, name: &str) -> Result<bool> {
        change(&mut *self.main()?, true, |tx| {
            tx.execute(
                "INSERT OR IGNORE INTO contact_groups (folded, name) VALUES (?1, ?2)",
                params![folded_group(name), name],
            )
            .map(|made| made == 1)
            .map_err(fault(WRITING))
        })
    }

    /// Forgets a group that no contact is in; says whether there was one.
    pub fn drop_group(&self, name: &str) -> Result<bool> {
        let folded = folded_group(name);
        change(&mut *self.main()?, true, |tx| {
            let drop = || -> rusqlite::Result<bool> {
                tx.execute("DELETE FROM group_members WHERE folded = ?1", [&folded])?;
                let dropped =
                    tx.execute("DELETE FROM contact_groups WHERE folded = ?1", [&folded])?;
                Ok(dropped == 1)
            };
            drop().map_err(fault(WRITING))
        })
    }

    /// Puts members that are no contacts into a group, or takes them out.
    pub fn change_members(&self, name: &str, put: &[String], taken: &[String]) -> Result<()> {
        let folded = folded_group(name);
        change(&mut *self.main()?, true, |tx| {
            let write = || -> rusqlite::Result<()> {
                for member in put {
                    tx.prepare_cached(
                        "INSERT OR IGNORE INTO group_members (folded, member) VALUES (?1, ?2)",
                    )?
                    .execute([&folded, member])?;
                }
                for member in taken {
                    tx.prepare_cached(
                        "DELETE FROM group_members WHERE folded = ?1 AND member = ?2",
                    )?
                    .execute([&folded, member])?;
                }
                Ok(())
            };
            write().map_err(fault(WRITING))
        })
    }
}
