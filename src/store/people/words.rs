//! The words by which people are found, written.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use rusqlite::{OptionalExtension, Transaction, params};

use crate::model::id::ContactId;

/// Longest word that is kept, in bytes.
pub const LONGEST: usize = crate::rules::people::distance::WIDEST;
/// Most words of one person.
const MOST: usize = 80;
/// Bytes of a full page.
const PAGE: usize = 32 << 10;
/// Bytes of a word's id in a page.
pub const ID: usize = 4;

/// Who is found: a contact, or an address of messages by its row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Person {
    Contact(ContactId),
    Address(i64),
}

impl Person {
    pub fn number(self) -> i64 {
        match self {
            Person::Contact(id) => id.0 * 2,
            Person::Address(row) => row * 2 + 1,
        }
    }

    pub fn of_number(number: i64) -> Person {
        match number % 2 {
            0 => Person::Contact(ContactId(number / 2)),
            _ => Person::Address(number / 2),
        }
    }
}

/// Writes words of people; new words go into the pages at the end.
pub struct Writer<'a> {
    tx: &'a Transaction<'a>,
    known: HashMap<String, u32>,
    fresh: BTreeMap<usize, Vec<u8>>,
}

impl<'a> Writer<'a> {
    pub fn new(tx: &'a Transaction<'a>) -> Self {
        Writer {
            tx,
            known: HashMap::new(),
            fresh: BTreeMap::new(),
        }
    }

    /// Lets a person be found by these words and by no others; by none, not at all.
    pub fn set(&mut self, person: Person, far: u8, words: &[String]) -> rusqlite::Result<()> {
        let person = person.number();
        let mut ids = BTreeSet::new();
        for word in words.iter().filter(|w| !w.is_empty()).take(MOST) {
            if word.len() <= LONGEST {
                ids.insert(self.id(word)?);
            }
        }
        let (before, old) = self.before(person)?;
        let moved = before != Some(far);
        for id in &old {
            if moved || !ids.contains(id) {
                self.tx
                    .prepare_cached(
                        "DELETE FROM postings WHERE word = ?1 AND far = ?2 AND person = ?3",
                    )?
                    .execute(params![id, before, person])?;
            }
        }
        for id in &ids {
            if moved || !old.contains(id) {
                self.tx
                    .prepare_cached("INSERT OR IGNORE INTO postings VALUES (?1, ?2, ?3)")?
                    .execute(params![id, far, person])?;
            }
        }
        if ids.is_empty() {
            self.tx
                .prepare_cached("DELETE FROM people WHERE person = ?1")?
                .execute([person])?;
        } else if moved || ids != old {
            let packed: Vec<u8> = ids.iter().flat_map(|id| id.to_le_bytes()).collect();
            self.tx
                .prepare_cached("INSERT OR REPLACE INTO people VALUES (?1, ?2, ?3)")?
                .execute(params![person, far, packed])?;
        }
        Ok(())
    }

    /// Keeps the words of a person and says anew how far it is.
    pub fn place(&mut self, person: Person, far: u8) -> rusqlite::Result<()> {
        let person = person.number();
        let (before, words) = self.before(person)?;
        if before.is_none() || before == Some(far) {
            return Ok(());
        }
        for word in words {
            self.tx
                .prepare_cached(
                    "UPDATE postings SET far = ?4 WHERE word = ?1 AND far = ?2 AND person = ?3",
                )?
                .execute(params![word, before, person, far])?;
        }
        self.tx
            .prepare_cached("UPDATE people SET far = ?2 WHERE person = ?1")?
            .execute(params![person, far])
            .map(drop)
    }

    fn before(&self, person: i64) -> rusqlite::Result<(Option<u8>, BTreeSet<u32>)> {
        let found = self
            .tx
            .prepare_cached("SELECT far, words FROM people WHERE person = ?1")?
            .query_row([person], |row| {
                let packed = row.get_ref(1)?.as_blob()?;
                let ids = packed
                    .chunks_exact(ID)
                    .map(|id| u32::from_le_bytes(id.try_into().expect("chunks of four")));
                Ok((row.get(0)?, ids.collect()))
            })
            .optional()?;
        Ok(found.map_or((None, BTreeSet::new()), |(far, ids)| (Some(far), ids)))
    }

    fn id(&mut self, word: &str) -> rusqlite::Result<u32> {
        if let Some(id) = self.known.get(word) {
            return Ok(*id);
        }
        let found: Option<u32> = self
            .tx
            .prepare_cached("SELECT id FROM words WHERE word = ?1")?
            .query_row([word], |row| row.get(0))
            .optional()?;
        let id = match found {
            Some(id) => id,
            None => {
                self.tx
                    .prepare_cached("INSERT INTO words (word) VALUES (?1)")?
                    .execute([word])?;
                let id = u32::try_from(self.tx.last_insert_rowid()).unwrap_or(u32::MAX);
                if is_searched(word) {
                    let page = self.fresh.entry(word.len()).or_default();
                    page.extend_from_slice(word.as_bytes());
                    page.extend_from_slice(&id.to_le_bytes());
                }
                id
            }
        };
        self.known.insert(word.to_owned(), id);
        Ok(id)
    }

    /// Writes the pages.
    pub fn finish(mut self) -> rusqlite::Result<()> {
        for (length, fresh) in std::mem::take(&mut self.fresh) {
            let last: Option<(i64, Vec<u8>)> = self
                .tx
                .prepare_cached(
                    "SELECT n, words FROM pages WHERE length = ?1 ORDER BY n DESC LIMIT 1",
                )?
                .query_row([length as i64], |row| Ok((row.get(0)?, row.get(1)?)))
                .optional()?;
            let (mut n, mut page) = last.unwrap_or_default();
            for entry in fresh.chunks_exact(length + ID) {
                if page.len() + entry.len() > PAGE {
                    self.keep(length, n, &page)?;
                    n += 1;
                    page.clear();
                }
                page.extend_from_slice(entry);
            }
            self.keep(length, n, &page)?;
        }
        Ok(())
    }

    fn keep(&self, length: usize, n: i64, page: &[u8]) -> rusqlite::Result<()> {
        self.tx
            .prepare_cached("INSERT OR REPLACE INTO pages VALUES (?1, ?2, ?3)")?
            .execute(params![length as i64, n, page])
            .map(drop)
    }
}

/// Whether a word is looked through for misspellings: not what begins with a sign, which only fits exactly.
fn is_searched(word: &str) -> bool {
    word.len() > 1 && word.starts_with(char::is_alphanumeric)
}
