//! Those who may be meant by some words, before anyone weighs them.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension, params};

use crate::error::Result;
use crate::store::Store;

use super::near::Near;
use super::words::{ID, LONGEST, Person};

/// Words that one typed word may stand for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// These words, likeliest first.
    pub same: Vec<String>,
    /// Words that begin so.
    pub begun: Option<String>,
    /// Words within so many slips of this one.
    pub near: Option<(String, usize)>,
}

/// Someone who bears wanted words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bearer {
    pub person: Person,
    /// How many of the wanted words fit.
    pub fits: u32,
    far: u8,
    worth: u32,
}

/// Most people read of one word: those who are near come first.
const MOST_BEARERS: i64 = 20_000;
/// Most words that one typed word may stand for, besides the same ones.
const MOST_BEGUN: i64 = 200;
const MOST_NEAR: usize = 100;

/// What a fit is worth: the same word, a begun one, one with one slip or two.
const SAME: u32 = 16;
const BEGUN: u32 = 12;
const SLIPS: [u32; 4] = [SAME, 9, 6, 4];

impl Store {
    /// Those who bear most of the wanted words, the best first, at most `most`.
    pub fn bearers(&self, wanted: &[Wanted], most: usize) -> Result<Vec<Bearer>> {
        self.on_people(|db| bearers(db, wanted, most))
    }
}

pub(super) fn bearers(
    db: &Connection,
    wanted: &[Wanted],
    most: usize,
) -> rusqlite::Result<Vec<Bearer>> {
    let mut found: HashMap<i64, Bearer> = HashMap::new();
    let near = near_words(db, wanted)?;
    for (wanted, near) in wanted.iter().zip(near) {
        let mut fits: HashMap<i64, (u8, u32)> = HashMap::new();
        for (word, worth) in words_of(db, wanted, near)? {
            read_bearers(db, word, |far, person| {
                let known = fits.entry(person).or_insert((far, worth));
                known.1 = known.1.max(worth);
            })?;
        }
        for (person, (far, worth)) in fits {
            let bearer = found.entry(person).or_insert(Bearer {
                person: Person::of_number(person),
                fits: 0,
                far,
                worth: 0,
            });
            bearer.fits += 1;
            bearer.worth += worth;
        }
    }
    let mut found: Vec<Bearer> = found.into_values().collect();
    let order = |b: &Bearer| (u32::MAX - b.worth, b.far, b.person);
    if found.len() > most {
        found.select_nth_unstable_by_key(most, order);
        found.truncate(most);
    }
    found.sort_unstable_by_key(order);
    Ok(found)
}

/// Ids of the words that one typed word may stand for, and what each is worth.
fn words_of(
    db: &Connection,
    wanted: &Wanted,
    near: Vec<(u32, usize)>,
) -> rusqlite::Result<Vec<(u32, u32)>> {
    let mut words: HashMap<u32, u32> = HashMap::new();
    let mut add = |id: u32, worth: u32| {
        let known = words.entry(id).or_default();
        *known = (*known).max(worth);
    };
    for (n, word) in wanted.same.iter().enumerate() {
        let id: Option<u32> = db
            .prepare_cached("SELECT id FROM words WHERE word = ?1")?
            .query_row([word], |row| row.get(0))
            .optional()?;
        if let Some(id) = id {
            // What the word itself is counts a little more than what it may stand for.
            add(id, SAME - u32::from(n > 0));
        }
    }
    if let Some(begun) = &wanted.begun {
        let after = format!("{begun}{}", char::MAX);
        let mut read =
            db.prepare_cached("SELECT id FROM words WHERE word >= ?1 AND word < ?2 LIMIT ?3")?;
        let mut rows = read.query(params![begun, after, MOST_BEGUN])?;
        while let Some(row) = rows.next()? {
            add(row.get(0)?, BEGUN);
        }
    }
    for (id, slips) in near {
        add(id, SLIPS[slips.min(SLIPS.len() - 1)]);
    }
    Ok(words.into_iter().collect())
}

/// For each wanted word the ids of those within its slips, nearest first, found in one pass over the pages.
fn near_words(db: &Connection, wanted: &[Wanted]) -> rusqlite::Result<Vec<Vec<(u32, usize)>>> {
    let mut found = vec![Vec::new(); wanted.len()];
    let mut seekers: Vec<(usize, Near<'_>)> = wanted
        .iter()
        .enumerate()
        .filter_map(|(n, wanted)| {
            let (word, slips) = wanted.near.as_ref()?;
            (word.len() <= LONGEST).then(|| (n, Near::new(word, *slips)))
        })
        .collect();
    let lengths = seekers.iter().map(|(_, near)| near.lengths());
    let ends = lengths.fold((usize::MAX, 0), |(low, high), range| {
        (low.min(*range.start()), high.max(*range.end()))
    });
    let mut read = db.prepare_cached("SELECT words FROM pages WHERE length = ?1 ORDER BY n")?;
    for length in ends.0..=ends.1 {
        let mut here: Vec<_> = seekers
            .iter_mut()
            .filter(|(_, near)| near.lengths().contains(&length))
            .collect();
        if here.is_empty() {
            continue;
        }
        let mut rows = read.query([length as i64])?;
        while let Some(row) = rows.next()? {
            for entry in row.get_ref(0)?.as_blob()?.chunks_exact(length + ID) {
                let (word, id) = entry.split_at(length);
                for (n, near) in &mut here {
                    if let Some(slips) = near.slips(word) {
                        let id = u32::from_le_bytes(id.try_into().expect("four bytes"));
                        found[*n].push((id, slips));
                    }
                }
            }
        }
    }
    for words in &mut found {
        words.sort_by_key(|(_, slips)| *slips);
        words.truncate(MOST_NEAR);
    }
    Ok(found)
}

fn read_bearers(db: &Connection, word: u32, mut each: impl FnMut(u8, i64)) -> rusqlite::Result<()> {
    let mut read =
        db.prepare_cached("SELECT far, person FROM postings WHERE word = ?1 LIMIT ?2")?;
    let mut rows = read.query(params![word, MOST_BEARERS])?;
    while let Some(row) = rows.next()? {
        each(row.get(0)?, row.get(1)?);
    }
    Ok(())
}
