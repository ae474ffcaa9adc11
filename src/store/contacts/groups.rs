//! Groups: contacts say in their cards which they are in; other groups and bare addresses are kept here.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Transaction, params};

use crate::error::Result;
use crate::model::id::ContactId;
use crate::rules::contact::folded_group;
use crate::store::outbox::change;
use crate::store::{Store, fault};

use super::{READING, WRITING, Why, alter};

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

    /// Forgets a group, in the cards of its contacts and in other groups as well; says who was in it, `None` if there
    /// was none.
    pub fn drop_group(
        &self,
        name: &str,
        (why, now): (Why<'_>, Timestamp),
    ) -> Result<Option<Group>> {
        let Some(group) = self.group(name)? else {
            return Ok(None);
        };
        let folded = folded_group(name);
        change(&mut *self.main()?, true, |tx| {
            let ids = contacts_of(tx, &folded).map_err(fault(READING))?;
            alter(
                tx,
                &ids,
                ((why, now), &mut |_, card| {
                    let mut card = card.clone();
                    card.groups.retain(|g| folded_group(g) != folded);
                    Ok(card)
                }),
            )?;
            let drop = || -> rusqlite::Result<()> {
                tx.execute("DELETE FROM group_members WHERE folded = ?1", [&folded])?;
                tx.execute("DELETE FROM contact_groups WHERE folded = ?1", [&folded])?;
                for (of, member) in groups_with(tx, &folded)? {
                    tx.execute(
                        "DELETE FROM group_members WHERE folded = ?1 AND member = ?2",
                        [of, member],
                    )?;
                }
                Ok(())
            };
            drop().map_err(fault(WRITING))
        })?;
        Ok(Some(group))
    }

    /// Gives a group another name, in the cards of its contacts and in other groups as well; false if there is none.
    /// The other name must be free, or the same but for its case.
    pub fn rename_group(
        &self,
        (old, new): (&str, &str),
        (why, now): (Why<'_>, Timestamp),
    ) -> Result<bool> {
        if self.group(old)?.is_none() {
            return Ok(false);
        }
        let (from, to) = (folded_group(old), folded_group(new));
        change(&mut *self.main()?, true, |tx| {
            let ids = contacts_of(tx, &from).map_err(fault(READING))?;
            let start = || -> rusqlite::Result<()> {
                tx.execute(
                    "INSERT INTO contact_groups (folded, name) VALUES (?1, ?2)
                     ON CONFLICT (folded) DO UPDATE SET name = excluded.name",
                    [&to, new],
                )?;
                tx.execute(
                    "UPDATE OR REPLACE group_members SET folded = ?2 WHERE folded = ?1",
                    [&from, &to],
                )?;
                for (of, member) in groups_with(tx, &from)? {
                    tx.execute(
                        "UPDATE OR REPLACE group_members SET member = '@' || ?3
                         WHERE folded = ?1 AND member = ?2",
                        [of.as_str(), member.as_str(), new],
                    )?;
                }
                if from != to {
                    tx.execute("DELETE FROM contact_groups WHERE folded = ?1", [&from])?;
                }
                Ok(())
            };
            start().map_err(fault(WRITING))?;
            alter(
                tx,
                &ids,
                ((why, now), &mut |_, card| {
                    let mut card = card.clone();
                    for group in &mut card.groups {
                        if folded_group(group) == from {
                            *group = new.to_owned();
                        }
                    }
                    Ok(card)
                }),
            )
            .map(drop)
        })?;
        Ok(true)
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

fn contacts_of(tx: &Transaction<'_>, folded: &str) -> rusqlite::Result<Vec<ContactId>> {
    tx.prepare_cached("SELECT contact FROM group_contacts WHERE folded = ?1 ORDER BY contact")?
        .query_map([folded], |row| row.get(0).map(ContactId))?
        .collect()
}

/// The groups that have this one in them, and how they write it.
fn groups_with(tx: &Transaction<'_>, folded: &str) -> rusqlite::Result<Vec<(String, String)>> {
    let all: Vec<(String, String)> = tx
        .prepare_cached("SELECT folded, member FROM group_members WHERE member LIKE '@%'")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    Ok(all
        .into_iter()
        .filter(|(_, member)| folded_group(member) == folded)
        .collect())
}
