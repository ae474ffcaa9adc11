//! What someone who is still typing may want to write: asked at every key, so nothing is waited for.

use std::time::Duration;

use rusqlite::{Connection, params};

use crate::error::Result;
use crate::rules::harvest::form;
use crate::store::{BUSY, Store, fault};

use super::addresses::{Harvested, of_row};
use super::find::bearers;
use super::words::Person;
use super::{Marks, READING, Wanted};

/// Messages and contacts that are taken in at once; with more, what is there answers.
const FEW: i64 = 500;

impl Store {
    /// Those who bear the wanted words; without words, those who are nearest.
    pub fn bearers_now(&self, wanted: &[Wanted], most: usize) -> Result<Vec<Person>> {
        self.on_people_now(|db| match wanted.is_empty() {
            true => nearest(db, most),
            false => Ok(bearers(db, wanted, most)?
                .into_iter()
                .filter(|b| b.fits == wanted.len())
                .map(|b| b.person)
                .collect()),
        })
    }

    /// Addresses of messages that begin so, those of machines left out.
    pub fn addresses_begun(&self, begun: &str, most: usize) -> Result<Vec<Harvested>> {
        if self.is_limited() {
            return Ok(Vec::new());
        }
        let from = form(begun);
        let to = format!("{from}{}", char::MAX);
        self.on_people_now(|db| {
            let mut rows: Vec<Harvested> = db
                .prepare_cached(
                    "SELECT id FROM addresses WHERE address >= ?1 AND address < ?2 AND NOT automated
                     LIMIT ?3",
                )?
                .query_map(params![from, to, MOST_ROWS], |row| row.get::<_, i64>(0))?
                .filter_map(|row| row.and_then(|row| of_row(db, row)).transpose())
                .collect::<rusqlite::Result<_>>()?;
            rows.sort_by_key(|known| std::cmp::Reverse((known.sent, known.received)));
            rows.truncate(most);
            Ok(rows)
        })
    }

    /// What messages tell of these addresses, by their rows.
    pub fn harvested_rows(&self, rows: &[i64]) -> Result<Vec<Harvested>> {
        if self.is_limited() {
            return Ok(Vec::new());
        }
        self.with_people(|db| {
            let tx = db.transaction().map_err(fault(READING))?;
            rows.iter()
                .filter_map(|row| of_row(&tx, *row).transpose())
                .collect::<rusqlite::Result<_>>()
                .map_err(fault(READING))
        })
    }

    fn on_people_now<T>(&self, work: impl Fn(&Connection) -> rusqlite::Result<T>) -> Result<T> {
        self.with_people(|db| {
            db_timeout(db, Duration::ZERO)?;
            let few = !self.has_lost_index() && {
                let (here, there) = (
                    Marks::read(db).map_err(fault(READING))?,
                    self.marks_there()?,
                );
                here != there
                    && here.generation <= there.generation
                    && (0..FEW).contains(&(there.message - here.message))
                    && (0..FEW).contains(&(there.contact - here.contact))
            };
            if few {
                // Another process may be at it.
                let _ = self.gather(db);
            }
            let found = work(db).map_err(fault(READING));
            db_timeout(db, BUSY)?;
            found
        })
    }
}

/// Most rows of addresses that are looked at.
const MOST_ROWS: i64 = 500;

fn db_timeout(db: &Connection, wait: Duration) -> Result<()> {
    db.busy_timeout(wait).map_err(fault(READING))
}

fn nearest(db: &Connection, most: usize) -> rusqlite::Result<Vec<Person>> {
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    db.prepare_cached("SELECT person FROM people ORDER BY far, person LIMIT ?1")?
        .query_map([most], |row| row.get(0).map(Person::of_number))?
        .collect()
}
