//! What lies in one folder now, and a stamp that tells cheaply whether that changed.

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use jiff::Timestamp;

use crate::model::message::Flags;

use super::Fault;
use super::files::Files;
use super::names::{self, Names, hash_of_file};
use crate::rules::maildir::{flags_of, readable, unique_of};

/// A message file as its name tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The part of the name that stays when flags change.
    pub unique: String,
    /// Files in `new` are unseen, whatever their name says.
    pub flags: Flags,
    pub file: OsString,
    /// Lies in `new`: no program has shown it yet.
    pub recent: bool,
}

impl Entry {
    pub(super) fn of(file: OsString, recent: bool) -> Entry {
        let mut flags = flags_of(&file);
        flags.seen &= !recent;
        Entry {
            unique: unique_of(&file),
            flags,
            file,
            recent,
        }
    }

    /// One of two files with the same unique name: known by its whole name.
    pub(super) fn whole(file: OsString, recent: bool) -> Entry {
        Entry {
            unique: readable(file.as_encoded_bytes()),
            ..Entry::of(file, recent)
        }
    }

    /// Where the file is, given the folder's directory.
    pub fn path(&self, dir: &Path) -> PathBuf {
        let mut path = dir.join(if self.recent { "new" } else { "cur" });
        path.push(&self.file);
        path
    }
}

/// A folder's messages, sorted by unique name.
#[derive(Clone, Debug, Default)]
pub struct Listing {
    pub entries: Vec<Entry>,
    pub faults: Vec<Fault>,
    /// Other programs changed it all the while, so a file that seems gone may be there.
    pub unsteady: bool,
    /// As of the listing, to be compared with the next [`stamp`], which is never that of a part that may change unnoticed.
    pub stamp: Option<String>,
}

/// Changes within this time of a stamp may hide behind the same mtime on coarse file systems.
const YOUNG: Duration = Duration::from_secs(2);

/// Lists a folder; when it changes meanwhile, again.
pub fn list(dir: &Path, now: Timestamp) -> Listing {
    steadily(dir, now, |listing, _| list_once(dir, listing))
}

/// What a folder holds beside the messages whose names are known.
#[derive(Clone, Debug, Default)]
pub struct Unknown {
    pub files: Files,
    /// The names of all that were looked at, known or not.
    pub there: Names,
    /// Messages in `cur`.
    pub in_cur: u64,
    /// Nothing changed in `cur`, so only `new` was looked at.
    pub only_new: bool,
    pub faults: Vec<Fault>,
    /// As of a [`Listing`].
    pub unsteady: bool,
    pub stamp: Option<String>,
}

/// Lists the messages whose names are not known. `before` is the stamp of the last listing and what it found in `cur`:
/// where that did not change since, a delivery costs no look at all that was delivered before.
///
/// Of a hundred thousand messages with one new it keeps the one, and a hash for each of the others.
pub fn list_unknown(
    dir: &Path,
    now: Timestamp,
    before: Option<(&str, u64)>,
    known: impl Fn(u64) -> bool,
) -> Unknown {
    let (mut files, mut there) = (Files::default(), Names::default());
    let (mut in_cur, mut only_new) = (0, false);
    let listing = steadily(dir, now, |listing, times| {
        files = Files::default();
        let mut hashes = Vec::new();
        let same_cur = before.filter(|(stamp, _)| is_cur_of(stamp, times, now));
        only_new = same_cur.is_some();
        in_cur = same_cur.map_or(0, |(_, count)| count);
        let subs = if only_new { &SUBS[..1] } else { &SUBS[..] };
        for_each_file(dir, subs, listing, |_, file, recent| {
            let hash = hash_of_file(&file);
            hashes.push(hash);
            in_cur += u64::from(!recent);
            if !known(hash) {
                files.push(&file, recent, false);
            }
        });
        let count = hashes.len();
        there = hashes.into_iter().collect();
        if there.count() < count {
            // One name twice: only a look at all of them tells what that means.
            *listing = Listing::default();
            list_once(dir, listing);
            let hash = |entry: &Entry| names::hash(entry.unique.as_bytes());
            let entries = std::mem::take(&mut listing.entries);
            there = entries.iter().map(hash).collect();
            in_cur = entries.iter().filter(|entry| !entry.recent).count() as u64;
            only_new = false;
            files = Files::default();
            for entry in entries.iter().filter(|entry| !known(hash(entry))) {
                let whole = entry.unique != unique_of(&entry.file);
                files.push(&entry.file, entry.recent, whole);
            }
        }
        files.sort();
    });
    Unknown {
        files,
        there,
        in_cur,
        only_new,
        faults: listing.faults,
        unsteady: listing.unsteady,
        stamp: listing.stamp,
    }
}

/// Lists, which is told the times as of its beginning, until nothing changed meanwhile.
fn steadily(
    dir: &Path,
    now: Timestamp,
    mut list: impl FnMut(&mut Listing, Option<Times>),
) -> Listing {
    let mut listing = Listing::default();
    for attempt in 0..4 {
        let before = times(dir);
        listing = Listing::default();
        list(&mut listing, before);
        if times(dir) == before {
            listing.stamp = before.map(|t| written(&t, now));
            return listing;
        }
        std::thread::sleep(Duration::from_millis(20 << attempt));
    }
    listing.unsteady = true;
    listing
}

/// What changes whenever a file comes, goes or is renamed: mtimes of `new` and `cur`. `None` if one can't be
/// told, or is so young that a later change could have the same.
pub fn stamp(dir: &Path, now: Timestamp) -> Option<String> {
    let stamp = written(&times(dir)?, now);
    (!stamp.contains(UNSURE)).then_some(stamp)
}

type Times = [Option<SystemTime>; 2];

fn times(dir: &Path) -> Option<Times> {
    let time = |sub: &str| match fs::metadata(dir.join(sub)) {
        Ok(data) => data.modified().ok().map(Some),
        Err(e) if e.kind() == ErrorKind::NotFound => Some(None),
        Err(_) => None,
    };
    Some([time("new")?, time("cur")?])
}

/// Stands for a time that says nothing yet.
const UNSURE: &str = "?";

fn written(times: &Times, now: Timestamp) -> String {
    let now = SystemTime::from(now);
    let one = |time: Option<SystemTime>| match time {
        Some(time) if time + YOUNG >= now => UNSURE.to_owned(),
        time => time
            .and_then(|t| t.duration_since(UNIX_EPOCH).ok())
            .map_or("-".to_owned(), |d| {
                format!("{}.{:09}", d.as_secs(), d.subsec_nanos())
            }),
    };
    format!("{} {}", one(times[0]), one(times[1]))
}

/// Whether `cur` has the time that a stamp says.
fn is_cur_of(stamp: &str, times: Option<Times>, now: Timestamp) -> bool {
    let cur = |stamp: &str| stamp.rsplit(' ').next().unwrap_or_default().to_owned();
    let now = times.map(|times| cur(&written(&times, now)));
    now.is_some_and(|now| now != UNSURE && now == cur(stamp))
}

fn list_once(dir: &Path, listing: &mut Listing) {
    for_each_file(dir, &SUBS, listing, |listing, file, recent| {
        listing.entries.push(Entry::of(file, recent));
    });
    let entries = &mut listing.entries;
    entries.sort_by(|a, b| (&a.unique, a.recent).cmp(&(&b.unique, b.recent)));
    settle_doubles(dir, entries);
}

/// `new` first: a file on its way to `cur` is then seen twice rather than not at all.
const SUBS: [&str; 2] = ["new", "cur"];

/// Hands each message file to `take`; what can't be read is noted in the listing.
fn for_each_file(
    dir: &Path,
    subs: &[&str],
    listing: &mut Listing,
    mut take: impl FnMut(&mut Listing, OsString, bool),
) {
    for sub in subs {
        list_sub(dir, sub, listing, &mut take);
    }
}

/// One unique name twice: a file seen before and after its renaming (the one that is gone is dropped), or two
/// files of a careless program (both stay, the second under its whole name).
fn settle_doubles(dir: &Path, entries: &mut Vec<Entry>) {
    if entries
        .windows(2)
        .all(|pair| pair[0].unique != pair[1].unique)
    {
        return;
    }
    let mut count: HashMap<String, usize> = HashMap::new();
    for entry in entries.iter() {
        *count.entry(entry.unique.clone()).or_default() += 1;
    }
    entries.retain(|e| count[&e.unique] == 1 || e.path(dir).symlink_metadata().is_ok());
    let mut last = String::new();
    for entry in entries.iter_mut() {
        if entry.unique == last {
            entry.unique = readable(entry.file.as_encoded_bytes());
        } else {
            last.clone_from(&entry.unique);
        }
    }
    entries.sort_by(|a, b| a.unique.cmp(&b.unique));
}

fn list_sub(
    dir: &Path,
    sub: &str,
    listing: &mut Listing,
    take: &mut impl FnMut(&mut Listing, OsString, bool),
) {
    let path = dir.join(sub);
    let fault = |path: &Path, e: &std::io::Error| Fault {
        path: path.to_owned(),
        words: e.to_string(),
    };
    let reader = match fs::read_dir(&path) {
        Ok(reader) => reader,
        Err(e) if e.kind() == ErrorKind::NotFound => return,
        Err(e) => {
            // What can't be listed must not look empty.
            listing.unsteady = true;
            return listing.faults.push(fault(&path, &e));
        }
    };
    for item in reader {
        let item = match item {
            Ok(item) => item,
            Err(e) => {
                listing.unsteady = true;
                listing.faults.push(fault(&path, &e));
                break;
            }
        };
        let file = item.file_name();
        if is_hidden(&file) || !is_message(&item) {
            continue;
        }
        take(listing, file, sub == "new");
    }
}

fn is_hidden(name: &OsStr) -> bool {
    name.as_encoded_bytes().first() == Some(&b'.')
}

/// A regular file, or a link to one in the same folder's tree: a link elsewhere could name any file of its
/// owner.
fn is_message(item: &fs::DirEntry) -> bool {
    let Ok(kind) = item.file_type() else {
        return false;
    };
    if !kind.is_symlink() {
        return kind.is_file();
    }
    let path = item.path();
    let tree = path.parent().and_then(Path::parent);
    let inside = tree
        .and_then(|tree| tree.canonicalize().ok())
        .zip(path.canonicalize().ok())
        .is_some_and(|(tree, target)| target.starts_with(tree));
    inside && path.is_file()
}
