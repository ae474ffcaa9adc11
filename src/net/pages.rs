//! Listings that come page by page, and have an end.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};

use crate::error::{Error, Result};

/// Pages of one listing: in pages of 250 they hold 25 million messages.
const MOST_PAGES: usize = 100_000;
/// Pages in a row that bring nothing new: a page may be empty and not the last.
const MOST_EMPTY: usize = 1_000;
/// Bytes of a listing that is in memory as a whole.
const MOST_HELD: usize = 1 << 30;
/// What a row takes in memory beside its bytes.
const ROW: usize = 100;

/// The pages of one listing that were asked for, and what they brought.
///
/// Its errors are `unavailable`: a listing that can't be read to its end must not pass for a whole one, nor be read
/// for ever.
#[derive(Debug)]
pub struct Trail {
    most: usize,
    /// Hashes: a page's name may be as long as a provider likes.
    asked: HashSet<u64>,
    seed: RandomState,
    /// Pages since the last that brought something.
    empty: usize,
    held: usize,
}

impl Default for Trail {
    fn default() -> Trail {
        Trail::within(MOST_PAGES)
    }
}

impl Trail {
    /// One for a listing that has so many pages at most.
    pub fn within(most: usize) -> Trail {
        Trail {
            most,
            asked: HashSet::new(),
            seed: RandomState::new(),
            empty: 0,
            held: 0,
        }
    }

    /// Counts rows that are kept in memory until the end of the listing.
    pub fn hold(&mut self, rows: usize, bytes: usize, doing: &str) -> Result<()> {
        self.held = self.held.saturating_add(rows * ROW).saturating_add(bytes);
        match self.held > MOST_HELD {
            true => Err(endless(doing, "there is more than can be held in memory")),
            false => Ok(()),
        }
    }

    /// Notes the page that is asked for next, after one that brought so much that is new.
    pub fn step(&mut self, next: &str, brought: usize, doing: &str) -> Result<()> {
        if !self.asked.insert(self.seed.hash_one(next)) {
            return Err(endless(doing, "a page leads back to one before it"));
        }
        if self.asked.len() >= self.most {
            let pages = format!("after {} pages there is another", self.most);
            return Err(endless(doing, &pages));
        }
        self.empty = match brought {
            0 => self.empty + 1,
            _ => 0,
        };
        if self.empty >= MOST_EMPTY {
            let pages = format!("{MOST_EMPTY} pages in a row brought nothing");
            return Err(endless(doing, &pages));
        }
        Ok(())
    }
}

fn endless(doing: &str, why: &str) -> Error {
    Error::unavailable(format!("{doing}: it has no end, {why}"))
        .hint("what answers there is broken: is its address in the config right, and what stands in between?")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many pages are read of a listing that has no end.
    fn read(mut trail: Trail, name: impl Fn(usize) -> String, brought: usize) -> (usize, String) {
        for page in 0.. {
            if let Err(e) = trail.step(&name(page), brought, "listing the spaces") {
                return (page, e.message);
            }
        }
        unreachable!()
    }

    #[test]
    fn a_listing_without_end_is_left() {
        let new = |page: usize| page.to_string();
        for (trail, brought, (pages, why)) in [
            (Trail::default(), 0, (MOST_EMPTY - 1, "brought nothing")),
            (Trail::default(), 1, (MOST_PAGES - 1, "there is another")),
            (Trail::within(7), 1, (6, "after 7 pages")),
        ] {
            let (read, words) = read(trail, new, brought);
            assert_eq!(read, pages, "{words}");
            assert!(
                words.starts_with("listing the spaces: it has no end"),
                "{words}"
            );
            assert!(words.contains(why), "{words}");
        }
        let around = |page: usize| (page % 3).to_string();
        let (pages, words) = read(Trail::default(), around, 1);
        assert_eq!(pages, 3);
        assert!(words.contains("leads back"), "{words}");
    }

    #[test]
    fn empty_pages_between_others_are_none_too_many() {
        let mut trail = Trail::default();
        for page in 0..10 * MOST_EMPTY {
            let brought = usize::from(page % (MOST_EMPTY - 1) == 0);
            trail.step(&page.to_string(), brought, "listing").unwrap();
        }
    }

    #[test]
    fn what_is_held_is_counted_by_rows_and_bytes() {
        let mut trail = Trail::default();
        trail.hold(5_000_000, 300 << 20, "listing").unwrap();
        assert!(trail.hold(5_000_000, 300 << 20, "listing").is_err());
        assert!(Trail::default().hold(1, usize::MAX, "listing").is_err());
    }
}
