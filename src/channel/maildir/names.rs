//! The unique names of a folder, as sorted hashes: small to keep, quick to compare.

use std::ffi::OsStr;
use std::hash::{DefaultHasher, Hasher};

use crate::rules::maildir::{Parts, readable};

/// A set of names.
#[derive(Clone, Debug, Default)]
pub struct Names {
    /// Sorted, each once.
    hashes: Vec<u64>,
    /// Where the hashes of each slice of the range begin.
    slices: Vec<u32>,
}

impl Names {
    /// Reads what [`Names::write`] wrote.
    pub fn read(bytes: &[u8]) -> Names {
        let (words, _) = bytes.as_chunks::<8>();
        words.iter().map(|w| u64::from_le_bytes(*w)).collect()
    }

    pub fn write(&self) -> Vec<u8> {
        self.hashes.iter().flat_map(|n| n.to_le_bytes()).collect()
    }

    pub fn has(&self, name: u64) -> bool {
        let slice = slice_of(name, self.slices.len());
        let Some(start) = self.slices.get(slice) else {
            return false;
        };
        let end = self
            .slices
            .get(slice + 1)
            .map_or(self.hashes.len(), |end| *end as usize);
        self.hashes[*start as usize..end].contains(&name)
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.hashes.len()
    }

    pub fn iter(&self) -> impl Iterator<Item = u64> {
        self.hashes.iter().copied()
    }
}

/// In any order, and each as often as it likes.
impl FromIterator<u64> for Names {
    fn from_iter<I: IntoIterator<Item = u64>>(names: I) -> Names {
        let mut hashes: Vec<u64> = names.into_iter().collect();
        hashes.sort_unstable();
        hashes.dedup();
        // Hashes are spread evenly, so each slice holds one or two.
        let count = hashes.len();
        let mut slices = vec![0u32; count];
        let mut next = 0;
        for (at, hash) in hashes.iter().enumerate() {
            let slice = slice_of(*hash, count);
            while next <= slice {
                slices[next] = u32::try_from(at).unwrap_or(u32::MAX);
                next += 1;
            }
        }
        slices[next..].fill(u32::try_from(count).unwrap_or(u32::MAX));
        Names { hashes, slices }
    }
}

/// Which of `count` equal slices of the range a hash lies in.
fn slice_of(hash: u64, count: usize) -> usize {
    let share = (u128::from(hash) * count as u128) >> 64;
    usize::try_from(share).unwrap_or(usize::MAX)
}

/// The hash of a name. Should another compiler hash differently, files are read once more.
pub fn hash(name: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(name);
    hasher.finish()
}

/// The hash of a file's unique name, as [`hash`] of its text gives it.
pub(super) fn hash_of_file(file: &OsStr) -> u64 {
    let parts = Parts::of(file);
    let unique = parts.unique();
    if std::str::from_utf8(&unique).is_ok() {
        hash(&unique)
    } else {
        hash(readable(&unique).as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_of_names_has_what_was_put_in_and_nothing_else() {
        for count in [0u64, 1, 2, 3, 100, 5_000] {
            let names: Names = (0..count).map(|n| hash(&n.to_le_bytes())).collect();
            let names = Names::read(&names.write());
            assert_eq!(names.count() as u64, count);
            for n in 0..count + 100 {
                assert_eq!(names.has(hash(&n.to_le_bytes())), n < count, "{n}");
            }
        }
        let edges: Names = [u64::MAX, 0, 7, 7].into_iter().collect();
        assert_eq!(edges.count(), 3);
        assert!(edges.has(u64::MAX) && edges.has(0) && edges.has(7) && !edges.has(8));
    }

    #[test]
    fn a_file_and_its_unique_name_hash_alike() {
        use std::os::unix::ffi::OsStrExt;
        for name in [&b"1.M2.host:2,S"[..], b"1.M2.host,U=7:2,", b"\xff.x:2,F"] {
            let name = OsStr::from_bytes(name);
            let unique = crate::rules::maildir::unique_of(name);
            assert_eq!(hash_of_file(name), hash(unique.as_bytes()));
        }
    }
}
