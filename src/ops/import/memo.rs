//! What an import remembers of a source, so that unchanged files are not read again.
//!
//! It only saves work: without it, every message is found again by its content.

use std::path::Path;

use crate::channel::maildir::{Names, Unknown};
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

/// The names of what was read from a source, in two rows: most of them, and what came since. One new message
/// doesn't rewrite a hundred thousand names.
pub struct Read {
    most: Names,
    since: Names,
    /// Those that are still there; told by who looks.
    pub kept: Vec<u64>,
}

impl Read {
    pub fn load(app: &App, folder: &str, path: &Path) -> Result<Read> {
        let row = |what| load(app, &key(what, folder, path)).map(|row| row.unwrap_or_default());
        Ok(Read {
            most: Names::read(&row("names")?),
            since: Names::read(&row("names since")?),
            kept: Vec::new(),
        })
    }

    pub fn has(&self, name: u64) -> bool {
        self.most.has(name) || self.since.has(name)
    }

    /// Notes which of the names are still there; says how many messages they are.
    pub fn keep(&mut self, found: &Unknown) -> u64 {
        let there = found.there.iter().filter(|name| self.has(*name));
        if found.only_new {
            let seen = there.count() as u64;
            self.kept = self.most.iter().chain(self.since.iter()).collect();
            return found.in_cur + seen;
        }
        self.kept = there.collect();
        self.kept.len() as u64
    }

    /// Notes what was read now, of which source, into which folder.
    pub fn note(self, new: Vec<u64>, (folder, path): (&str, &Path), memo: &mut Memo) {
        let known = self.most.count() + self.since.count();
        if new.is_empty() && self.kept.len() == known {
            return;
        }
        let (most, since) = (key("names", folder, path), key("names since", folder, path));
        let late: Names = self.since.iter().chain(new.iter().copied()).collect();
        if late.count() * 8 <= self.most.count() {
            memo.set(since, late.write());
        } else {
            let all: Names = self.kept.into_iter().chain(new).collect();
            memo.set(most, all.write());
            memo.set(since, Vec::new());
        }
    }
}
