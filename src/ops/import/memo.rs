//! What an import remembers of a source, so that unchanged files are not read again.
//!
//! It only saves work: without it, every message is found again by its content.

use std::path::Path;

use crate::error::Result;

use super::super::App;

/// What to remember once everything of a source is stored.
#[derive(Default)]
pub struct Memo {
    rows: Vec<(String, Vec<u8>)>,
}

impl Memo {
    pub fn set(&mut self, key: String, value: Vec<u8>) {
        self.rows.push((key, value));
    }
}

/// The key of a memo: what it tells, of which source, into which folder.
pub fn key(what: &str, folder: &str, path: &Path) -> String {
    format!("import {what}\t{folder}\t{}", path.display())
}

pub fn save(app: &App, memo: &Memo) -> Result<()> {
    for (key, value) in &memo.rows {
        app.store.save_source_stamp(key, value)?;
    }
    Ok(())
}

pub fn load(app: &App, key: &str) -> Result<Option<Vec<u8>>> {
    app.store.source_stamp(key)
}

/// Names as sorted hashes.
#[derive(Default)]
pub struct Names(Vec<u64>);

impl Names {
    pub fn read(bytes: &[u8]) -> Names {
        let (words, _) = bytes.as_chunks::<8>();
        Names(words.iter().map(|w| u64::from_le_bytes(*w)).collect())
    }

    pub fn write(mut self) -> Vec<u8> {
        self.0.sort_unstable();
        self.0.dedup();
        self.0.iter().flat_map(|n| n.to_le_bytes()).collect()
    }

    pub fn has(&self, name: u64) -> bool {
        self.0.binary_search(&name).is_ok()
    }

    pub fn add(&mut self, name: u64) {
        self.0.push(name);
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }
}

/// The hash of a name. Should another compiler hash differently, files are read once more.
pub fn hash(name: &[u8]) -> u64 {
    let mut hasher = std::hash::DefaultHasher::new();
    std::hash::Hasher::write(&mut hasher, name);
    std::hash::Hasher::finish(&hasher)
}
