//! Addresses out of messages: who wrote, to whom the owner wrote, who else was there.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use rusqlite::{Connection, OptionalExtension, Transaction, params};

use crate::error::Result;
use crate::model::address::Address;
use crate::model::message::Role;
use crate::rules::harvest::{is_automated, nearness};
use crate::store::folders::Folders;
use crate::store::row::{self, fold, people};
use crate::store::{Store, fault};

use super::told::{name, person};
use super::words::{Person, Writer};
use super::{READING, WRITING, borne};

/// Messages of one commit.
const BATCH: i64 = 4_000;

/// What some messages tell of one address.
#[derive(Default)]
struct Told {
    typed: String,
    name: Option<Named>,
    received: i64,
    sent: i64,
    mentioned: i64,
    last_at: i64,
    last_sent_at: i64,
}

/// A name, by whom it was given (2: the person, 1: others) and when. The greatest is the best.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Named {
    by: i64,
    at: i64,
    name: String,
}

#[derive(Clone, Copy)]
enum Part {
    From,
    Sent,
    Mentioned,
}

impl Store {
    /// Counts the addresses of a batch of messages after `from`; the id up to which all are counted, `through` if
    /// there are no more.
    pub(super) fn harvest(
        &self,
        tx: &Transaction<'_>,
        words: &mut Writer<'_>,
        (from, through): (i64, i64),
    ) -> Result<i64> {
        if from >= through {
            return Ok(from);
        }
        let mut told = HashMap::new();
        let reached = {
            let index = self.reader()?;
            let folders = Folders::load(&index)?;
            self.read(&index, &folders, (from, through), &mut told)
                .map_err(fault(READING))?
        };
        let mut moved = Vec::new();
        for (address, told) in told {
            moved.extend(keep(tx, words, &address, told).map_err(fault(WRITING))?);
        }
        self.place_contacts(tx, words, &moved)?;
        Ok(reached)
    }

    fn read(
        &self,
        index: &Connection,
        folders: &Folders,
        (from, through): (i64, i64),
        told: &mut HashMap<String, Told>,
    ) -> rusqlite::Result<i64> {
        let mut read = index.prepare_cached(
            "SELECT id, folder, flags, at, sender, recipients, copies FROM messages
             WHERE id > ?1 AND id <= ?2 ORDER BY id LIMIT ?3",
        )?;
        let mut rows = read.query(params![from, through, BATCH])?;
        let (mut count, mut last) = (0, from);
        while let Some(row) = rows.next()? {
            count += 1;
            last = row.get(0)?;
            let Some(folder) = folders.by_id(row.get(1)?) else {
                continue;
            };
            let (sent, draft) = row::went_out(row.get(2)?, folder);
            if draft || folder.role == Role::Junk {
                continue;
            }
            let at = row.get(3)?;
            let others = match sent {
                true => Part::Sent,
                false => Part::Mentioned,
            };
            if !sent {
                self.note(told, row.get_ref(4)?.as_str()?, (Part::From, at));
            }
            for column in [5, 6] {
                self.note(told, row.get_ref(column)?.as_str()?, (others, at));
            }
        }
        Ok(if count < BATCH { through } else { last })
    }

    fn note(&self, told: &mut HashMap<String, Told>, list: &str, (part, at): (Part, i64)) {
        for someone in people(list) {
            let Some(key) = person(&someone.email) else {
                continue;
            };
            if self.own.contains(&fold(someone.email.trim())) {
                continue;
            }
            let told = match told.entry(key) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(free) => free.insert(Told {
                    typed: someone.email.trim().to_owned(),
                    ..Told::default()
                }),
            };
            told.add(&someone, (part, at));
        }
    }
}

impl Told {
    fn add(&mut self, someone: &Address, (part, at): (Part, i64)) {
        let by = match part {
            Part::From => 2,
            _ => 1,
        };
        match part {
            Part::From => self.received += 1,
            Part::Sent => self.sent += 1,
            Part::Mentioned => self.mentioned += 1,
        }
        if !matches!(part, Part::Mentioned) {
            self.last_at = self.last_at.max(at);
        }
        if matches!(part, Part::Sent) {
            self.last_sent_at = self.last_sent_at.max(at);
        }
        let better = self.name.as_ref().is_none_or(|n| (n.by, n.at) <= (by, at));
        if better && let Some(name) = name(someone) {
            self.name = Some(Named { by, at, name });
        }
    }
}

/// Adds what was told to what is known; gives the address if it is nearer to the owner than before.
fn keep(
    tx: &Transaction<'_>,
    words: &mut Writer<'_>,
    address: &str,
    told: Told,
) -> rusqlite::Result<Option<String>> {
    let known = tx
        .prepare_cached(
            "SELECT id, named, named_at, name, received, sent, mentioned FROM addresses
             WHERE address = ?1",
        )?
        .query_row([address], |row| {
            let name = Named {
                by: row.get(1)?,
                at: row.get(2)?,
                name: row.get(3)?,
            };
            let counts: (i64, i64, i64) = (row.get(4)?, row.get(5)?, row.get(6)?);
            Ok((row.get::<_, i64>(0)?, name, counts))
        })
        .optional()?;
    let automated = is_automated(address);
    let nobody = Named {
        by: 0,
        at: 0,
        name: String::new(),
    };
    let told_name = told.name.unwrap_or(nobody);
    let (id, name, before, renamed) = match known {
        None => {
            tx.prepare_cached(
                "INSERT INTO addresses (address, typed, name, named, named_at, received, sent,
                     mentioned, last_at, last_sent_at, automated)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
            )?
            .execute(params![
                address,
                told.typed,
                told_name.name,
                told_name.by,
                told_name.at,
                told.received,
                told.sent,
                told.mentioned,
                told.last_at,
                told.last_sent_at,
                automated,
            ])?;
            (tx.last_insert_rowid(), told_name.name, (0, 0, 0), true)
        }
        Some((id, known, before)) => {
            let renamed = told_name > known && told_name.name != known.name;
            let name = known.max(told_name);
            tx.prepare_cached(
                "UPDATE addresses SET name = ?2, named = ?3, named_at = ?4,
                     received = received + ?5, sent = sent + ?6, mentioned = mentioned + ?7,
                     last_at = max(last_at, ?8), last_sent_at = max(last_sent_at, ?9)
                 WHERE id = ?1",
            )?
            .execute(params![
                id,
                name.name,
                name.by,
                name.at,
                told.received,
                told.sent,
                told.mentioned,
                told.last_at,
                told.last_sent_at,
            ])?;
            (id, name.name, before, renamed)
        }
    };
    let after = (
        before.0 + told.received,
        before.1 + told.sent,
        before.2 + told.mentioned,
    );
    let far = far(after);
    let moved = far != self::far(before);
    if !automated && renamed {
        words.set(
            Person::Address(id),
            far,
            &borne::of_harvested(&name, address),
        )?;
    } else if !automated && moved {
        words.place(Person::Address(id), far)?;
    }
    Ok(moved.then(|| address.to_owned()))
}

/// How far someone is from the owner, by messages received, sent and of others to both.
pub(super) fn far(counts: (i64, i64, i64)) -> u8 {
    15 - nearness(counts)
}
