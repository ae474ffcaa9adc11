//! How many slips of a finger lie between two words.

use crate::rules::people::distance;

use super::words::LONGEST;

/// Looks for words within so many slips: a letter too many, missing, another or swapped with its neighbour.
pub struct Near<'a> {
    word: &'a [u8],
    slips: usize,
    letters: u32,
}

impl<'a> Near<'a> {
    /// `word` counts up to [`LONGEST`] bytes.
    pub fn new(word: &'a str, slips: usize) -> Self {
        let word = word.as_bytes();
        Near {
            word: &word[..word.len().min(LONGEST)],
            slips,
            letters: letters(word),
        }
    }

    /// Lengths of words that may fit.
    pub fn lengths(&self) -> std::ops::RangeInclusive<usize> {
        self.word.len().saturating_sub(self.slips).max(1)..=self.word.len() + self.slips
    }

    /// How many slips away a word of these [`letters`] is; `None` if it is too many.
    pub fn slips(&self, other: &[u8], theirs: u32) -> Option<usize> {
        let most = self.slips as u32;
        if (theirs & !self.letters).count_ones() > most
            || (self.letters & !theirs).count_ones() > most
        {
            return None;
        }
        if other.len() > LONGEST {
            return None;
        }
        distance::between(self.word, other, self.slips)
    }
}

/// Which letters a word has, one bit each; what is none of a to z shares bits.
pub fn letters(word: &[u8]) -> u32 {
    word.iter().fold(0, |bits, byte| bits | 1 << (byte & 31))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slips(a: &str, b: &str, most: usize) -> Option<usize> {
        Near::new(a, most).slips(b.as_bytes(), letters(b.as_bytes()))
    }

    #[test]
    fn slips_are_counted_up_to_what_is_allowed() {
        for (a, b, count) in [
            ("ada", "ada", 0),
            ("ada", "adda", 1),
            ("lovelace", "lovelcae", 1),
            ("lovelace", "lovlace", 1),
            ("lovelace", "livelace", 1),
            ("lovelace", "olvelcae", 2),
            ("jonson", "johnsen", 2),
            ("a", "b", 1),
            ("ab", "ba", 1),
        ] {
            assert_eq!(slips(a, b, 2), Some(count), "{a} {b}");
            assert_eq!(slips(b, a, 2), Some(count), "{b} {a}");
            if count > 0 {
                assert_eq!(slips(a, b, count - 1), None, "{a} {b}");
            }
        }
        assert_eq!(slips("ada", "grace", 2), None);
        let long = "x".repeat(500);
        assert_eq!(slips(&long, &long[..60], 2), Some(0));
        assert_eq!(slips("ada", &long, 2), None);
    }

    proptest::proptest! {
        #[test]
        fn the_count_is_that_of_the_plain_algorithm(a in "[a-e]{1,9}", b in "[a-e]{1,9}") {
            let plain = strsim::osa_distance(&a, &b);
            proptest::prop_assert_eq!(slips(&a, &b, 2), (plain <= 2).then_some(plain));
        }
    }
}
