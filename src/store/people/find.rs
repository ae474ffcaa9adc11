//! Those who may be meant by what was typed, before anyone weighs them.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension, params};

use crate::error::Result;
use crate::rules::people::fold;
use crate::rules::people::keys::Ask;
use crate::rules::people::{KeyKind, Probe};
use crate::store::Store;

use super::borne::{self, SHORT};
use super::near::{Near, letters};
use super::words::{ID, LONGEST, Person};

/// Words that one typed word may stand for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// These words, and what each is worth.
    pub same: Vec<(String, u32)>,
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
    pub fits: usize,
    far: u8,
    worth: u32,
}

/// Most people read of one word: those who are near come first.
const MOST_BEARERS: i64 = 3_000;
/// The same where the word is only like the typed one, less those who bear it itself.
const MOST_LIKE: i64 = 1_500;
/// Most words that one typed word may stand for, besides the same ones.
const MOST_BEGUN: i64 = 300;
const MOST_NEAR: usize = 100;

/// What a fit is worth.
const WHOLE: u32 = 20;
pub(super) const SAME: u32 = 16;
const BEGUN: u32 = 11;
const KIN: u32 = 12;
const INITIALS: u32 = 9;
const SOUND: u32 = 5;
const SLIPS: [u32; 4] = [SAME, 10, 6, 4];

impl Wanted {
    /// What the index is asked for a typed text.
    pub fn of(text: &str, probes: &[Probe]) -> Vec<Wanted> {
        let words = probes.iter().map(|p| p.word + 1).max().unwrap_or(0);
        let mut all = vec![Wanted::default(); words];
        for Probe { word, ask } in probes {
            let wanted = &mut all[*word];
            match ask {
                Ask::Is(kind, text) => {
                    let worth = match kind {
                        KeyKind::Word if wanted.same.is_empty() => SAME,
                        KeyKind::Word => KIN,
                        KeyKind::Joined => SAME - 1,
                        KeyKind::Initials => INITIALS,
                        KeyKind::Sound => SOUND,
                    };
                    wanted.same.push((borne::word(*kind, text), worth));
                }
                Ask::Begins(text) => wanted.begun = Some(text.clone()),
                Ask::Near(text, slips) => wanted.near = Some((text.clone(), usize::from(*slips))),
                // Whoever asks looks addresses up by themselves.
                Ask::Address(_) => {}
            }
        }
        let typed = fold::words(text);
        if !typed.is_empty() {
            let mut same = vec![(borne::whole(&typed), WHOLE)];
            // `Smith James` is James Smith, however many bear either.
            if let [last, first] = typed.as_slice() {
                same.push((borne::whole(&[first.clone(), last.clone()]), WHOLE - 1));
            }
            all.push(Wanted {
                same,
                ..Wanted::default()
            });
        }
        // `J Smith` is no Smith of any other letter.
        if typed.len() > 1 {
            let firsts: String = typed.iter().map(|w| &w.form[..1]).collect();
            let turned: String = firsts.chars().rev().collect();
            let mut same = vec![(borne::word(KeyKind::Initials, &firsts), SOUND)];
            if turned != firsts {
                same.push((borne::word(KeyKind::Initials, &turned), SOUND));
            }
            all.push(Wanted {
                same,
                ..Wanted::default()
            });
        }
        all
    }

    /// A word that is there, or (`whole` false) is still being typed.
    pub fn typed(word: &fold::Word, whole: bool) -> Wanted {
        Wanted {
            same: word.forms().map(|form| (form.to_owned(), SAME)).collect(),
            begun: (!whole).then(|| word.form.clone()),
            near: None,
        }
    }
}

impl Store {
    /// Those who bear most of the wanted words, the best first, at most `most`.
    pub fn bearers(&self, wanted: &[Wanted], most: usize) -> Result<Vec<Bearer>> {
        let mut all = self.on_people(|db| bearers(db, wanted, most))?;
        if self.is_limited() {
            all.retain(|bearer| matches!(bearer.person, Person::Contact(_)));
        }
        Ok(all)
    }
}

pub(super) fn bearers(
    db: &Connection,
    wanted: &[Wanted],
    most: usize,
) -> rusqlite::Result<Vec<Bearer>> {
    if let Some(named) = bearers_of_whole(db, wanted, most)? {
        return Ok(named);
    }
    // Sorted lists, not maps: a common name has thousands of bearers, and a map that grows to hold them touches
    // several times the memory.
    let mut all: Vec<Fit> = Vec::with_capacity(wanted.len() * 2_048);
    let near = near_words(db, wanted)?;
    for (wanted, near) in wanted.iter().zip(near) {
        let mut words = words_of(db, wanted, near)?;
        // The best first, so that what is only alike is read as far as there is room.
        words.sort_unstable_by_key(|(id, worth)| (u32::MAX - worth, *id));
        let mut room = MOST_LIKE;
        let before = all.len();
        for (word, worth) in words {
            let most = match worth {
                KIN.. => MOST_BEARERS,
                _ if room > 0 => room,
                _ => break,
            };
            room -= read_bearers(db, word, most, |far, person| {
                all.push(Fit { person, worth, far });
            })?;
        }
        // One fit per wanted word: the best.
        all[before..].sort_unstable_by_key(|fit| (fit.person, u32::MAX - fit.worth));
        let mut kept = before;
        for at in before..all.len() {
            if kept == before || all[kept - 1].person != all[at].person {
                all[kept] = all[at];
                kept += 1;
            }
        }
        all.truncate(kept);
    }
    all.sort_unstable_by_key(|fit| fit.person);
    let mut found: Vec<Bearer> = Vec::new();
    for fits in all.chunk_by(|a, b| a.person == b.person) {
        found.push(Bearer {
            person: Person::of_number(fits[0].person),
            fits: fits.len(),
            far: fits[0].far,
            worth: fits.iter().map(|fit| fit.worth).sum(),
        });
    }
    let order = |b: &Bearer| (u32::MAX - b.worth, b.far, b.person);
    if found.len() > most {
        found.select_nth_unstable_by_key(most, order);
        found.truncate(most);
    }
    found.sort_unstable_by_key(order);
    Ok(found)
}

/// The nearest of those whose whole name was typed, if there are enough of them: nobody else can bear more.
fn bearers_of_whole(
    db: &Connection,
    wanted: &[Wanted],
    most: usize,
) -> rusqlite::Result<Option<Vec<Bearer>>> {
    let mut whole = wanted.iter().flat_map(|wanted| &wanted.same);
    let Some((word, worth)) = whole.find(|(_, worth)| *worth == WHOLE) else {
        return Ok(None);
    };
    let Some(id) = id_of(db, word)? else {
        return Ok(None);
    };
    let mut found = Vec::with_capacity(most);
    let limit = i64::try_from(most).unwrap_or(i64::MAX);
    read_bearers(db, id, limit, |far, person| {
        found.push(Bearer {
            person: Person::of_number(person),
            fits: wanted.len(),
            far,
            worth: *worth,
        });
    })?;
    Ok((found.len() >= most).then_some(found))
}

/// Someone who bears a word that fits a wanted one.
#[derive(Clone, Copy)]
struct Fit {
    person: i64,
    worth: u32,
    far: u8,
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
    for (word, worth) in &wanted.same {
        if let Some(id) = id_of(db, word)? {
            add(id, *worth);
        }
    }
    match &wanted.begun {
        Some(begun) if begun.len() <= SHORT => {
            if let Some(id) = id_of(db, &borne::begun(begun))? {
                add(id, BEGUN);
            }
        }
        Some(begun) => {
            let after = format!("{begun}{}", char::MAX);
            let mut read =
                db.prepare_cached("SELECT id FROM words WHERE word >= ?1 AND word < ?2 LIMIT ?3")?;
            let mut rows = read.query(params![begun, after, MOST_BEGUN])?;
            while let Some(row) = rows.next()? {
                add(row.get(0)?, BEGUN);
            }
        }
        None => {}
    }
    for (id, slips) in near {
        add(id, SLIPS[slips.min(SLIPS.len() - 1)]);
    }
    Ok(words.into_iter().collect())
}

fn id_of(db: &Connection, word: &str) -> rusqlite::Result<Option<u32>> {
    db.prepare_cached("SELECT id FROM words WHERE word = ?1")?
        .query_row([word], |row| row.get(0))
        .optional()
}

/// For each wanted word the ids of those within its slips, nearest first, found in one pass over the pages.
fn near_words(db: &Connection, wanted: &[Wanted]) -> rusqlite::Result<Vec<Vec<(u32, usize)>>> {
    let mut found = vec![Vec::new(); wanted.len()];
    let mut seekers: Vec<(usize, Near<'_>)> = Vec::new();
    for (n, wanted) in wanted.iter().enumerate() {
        if let Some((word, slips)) = &wanted.near
            && word.len() <= LONGEST
            && !is_common(db, word)?
        {
            seekers.push((n, Near::new(word, *slips)));
        }
    }
    let lengths = seekers.iter().map(|(_, near)| near.lengths());
    let ends = lengths.fold((usize::MAX, 0), |(low, high), range| {
        (low.min(*range.start()), high.max(*range.end()))
    });
    let mut read = db.prepare_cached("SELECT words FROM pages WHERE length = ?1 ORDER BY n")?;
    for length in ends.0..=ends.1 {
        let here: Vec<_> = seekers
            .iter()
            .filter(|(_, near)| near.lengths().contains(&length))
            .collect();
        if here.is_empty() {
            continue;
        }
        let mut rows = read.query([length as i64])?;
        while let Some(row) = rows.next()? {
            for entry in row.get_ref(0)?.as_blob()?.chunks_exact(length + ID) {
                let (word, id) = entry.split_at(length);
                let theirs = letters(word);
                for (n, near) in &here {
                    if let Some(slips) = near.slips(word, theirs) {
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

/// Whether more bear a word than are read of it: that is no slip, and who is only alike finds no room.
fn is_common(db: &Connection, word: &str) -> rusqlite::Result<bool> {
    let Some(id) = id_of(db, word)? else {
        return Ok(false);
    };
    db.prepare_cached("SELECT 1 FROM postings WHERE word = ?1 LIMIT 1 OFFSET ?2")?
        .exists(params![id, MOST_BEARERS])
}

/// Reads who bears a word, the nearest first; says how many were read.
fn read_bearers(
    db: &Connection,
    word: u32,
    most: i64,
    mut each: impl FnMut(u8, i64),
) -> rusqlite::Result<i64> {
    let mut read =
        db.prepare_cached("SELECT far, person FROM postings WHERE word = ?1 LIMIT ?2")?;
    let mut rows = read.query(params![word, most.max(0)])?;
    let mut count = 0;
    while let Some(row) = rows.next()? {
        each(row.get(0)?, row.get(1)?);
        count += 1;
    }
    Ok(count)
}
