//! Many message files, kept small: a first import holds a million of them while it reads.

use std::ffi::OsStr;

use super::Entry;
use crate::rules::maildir::os_string;

/// Message files in the order of their names, which begin with the time of delivery.
#[derive(Clone, Debug, Default)]
pub struct Files {
    /// All names, one after the other.
    names: Vec<u8>,
    each: Vec<File>,
}

/// Where a name stands, and what it doesn't tell.
#[derive(Clone, Copy, Debug)]
struct File {
    start: u64,
    length: u16,
    recent: bool,
    /// Another file has the same unique name: this one is known by its whole name.
    whole: bool,
}

impl Files {
    pub fn count(&self) -> usize {
        self.each.len()
    }

    /// The files as entries, made one at a time.
    pub fn iter(&self) -> impl Iterator<Item = Entry> {
        self.each.iter().map(|file| {
            let name = os_string(name(&self.names, file).to_vec());
            if file.whole {
                Entry::whole(name, file.recent)
            } else {
                Entry::of(name, file.recent)
            }
        })
    }

    pub(super) fn push(&mut self, name: &OsStr, recent: bool, whole: bool) {
        let name = name.as_encoded_bytes();
        // Longer ones than any file system has are no names.
        let Ok(length) = u16::try_from(name.len()) else {
            return;
        };
        self.each.push(File {
            start: self.names.len() as u64,
            length,
            recent,
            whole,
        });
        self.names.extend(name);
    }

    pub(super) fn sort(&mut self) {
        let names = &self.names;
        self.each
            .sort_unstable_by(|a, b| (name(names, a), a.recent).cmp(&(name(names, b), b.recent)));
    }
}

fn name<'n>(names: &'n [u8], file: &File) -> &'n [u8] {
    let start = usize::try_from(file.start).unwrap_or(usize::MAX);
    &names[start..start + usize::from(file.length)]
}
