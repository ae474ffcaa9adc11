//! What is to be read: the sources found, without what is known to be unchanged.

use std::collections::HashSet;
use std::fs;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use crate::channel::maildir::names::hash;
use crate::channel::maildir::{self, Files};
use crate::error::{Error, Result};

use super::super::App;
use super::memo::{self, Memo};
use super::source::{self, Shape, Unit};
use super::{ImportRequest, ImportSource, Notes, failure};

/// All that an import will do.
pub struct Plan {
    pub jobs: Vec<Job>,
    /// Sources about which everything is known already, or that can't be read.
    pub settled: Vec<ImportSource>,
    /// What is wrong with the first source that can't be read.
    pub first_error: Option<Error>,
    pub notes: Notes,
    /// Messages to be read, where that can be told before reading.
    pub total: Option<u64>,
    pub skipped: u64,
}

/// One source to read.
pub struct Job {
    pub unit: Unit,
    pub work: Work,
    /// Messages that the memo knows, which are not read.
    pub known: u64,
    /// Nothing can be known in a folder that is not there yet.
    pub fresh: bool,
    /// Folders into which messages of this one may have been moved since.
    pub elsewhere: Vec<String>,
}

/// The files of a job.
pub enum Work {
    Maildir {
        files: Files,
        known: memo::Read,
        stamp: Option<Stamp>,
    },
    Mbox {
        /// Where reading begins: what lies before is known.
        start: u64,
    },
    Eml {
        files: Vec<(PathBuf, u64)>,
        known: memo::Read,
    },
}

/// Looks at every path; a source that can't be read is reported, the others are imported.
pub fn make(app: &App, request: &ImportRequest) -> Result<Plan> {
    if request.paths.is_empty() {
        return Err(
            Error::usage("there is nothing to import").hint("name a Maildir, mbox or .eml file")
        );
    }
    let mut plan = Plan {
        jobs: Vec::new(),
        settled: Vec::new(),
        first_error: None,
        notes: Notes::default(),
        total: Some(0),
        skipped: 0,
    };
    // Only asked once something must be read: when nothing is new, the memos answer.
    let mut folders = None;
    let mut seen = HashSet::new();
    for path in &request.paths {
        match source::find(path, request) {
            Ok(found) => {
                plan.skipped += found.skipped;
                for (path, words) in found.faults {
                    plan.notes.failed(&path, words);
                }
                for unit in found.units {
                    // The same place named twice is read once.
                    if seen.insert((unit.path.clone(), unit.folder.clone())) {
                        add(app, &mut plan, unit, &mut folders)?;
                    }
                }
            }
            Err(error) => {
                plan.settled.push(ImportSource {
                    path: path.display().to_string(),
                    error: Some(failure(&error)),
                    ..ImportSource::default()
                });
                plan.first_error.get_or_insert(error);
            }
        }
    }
    // Something was read after all, if only from the memo.
    if plan.settled.iter().any(|s| s.error.is_none()) {
        plan.first_error = None;
    }
    Ok(plan)
}

fn add(
    app: &App,
    plan: &mut Plan,
    unit: Unit,
    folders: &mut Option<HashSet<String>>,
) -> Result<()> {
    let (work, known) = match &unit.shape {
        Shape::Maildir => maildir_work(app, plan, &unit)?,
        Shape::Mbox => mbox_work(app, &unit)?,
        Shape::Eml(files) => eml_work(app, plan, &unit, files)?,
    };
    let Some(work) = work else {
        plan.settled.push(ImportSource {
            messages: known,
            known,
            ..described(&unit)
        });
        return Ok(());
    };
    match &work {
        Work::Maildir { files, .. } => plan.total = plan.total.map(|t| t + files.count() as u64),
        Work::Eml { files, .. } => plan.total = plan.total.map(|t| t + files.len() as u64),
        Work::Mbox { .. } => plan.total = None,
    }
    let folders = match folders {
        Some(folders) => folders,
        None => {
            let states = app.store.folders(super::read::ACCOUNT)?;
            folders.insert(states.into_iter().map(|s| s.path).collect())
        }
    };
    let elsewhere = ["Archive", "Trash", "Junk", "INBOX"]
        .into_iter()
        .filter(|f| folders.contains(*f) && *f != unit.folder)
        .map(str::to_owned)
        .collect();
    // The second of two sources for one folder must look for what the first brought.
    let fresh = folders.insert(unit.folder.clone());
    plan.jobs.push(Job {
        unit,
        work,
        known,
        fresh,
        elsewhere,
    });
    Ok(())
}

/// The report of a source before anything was read.
pub fn described(unit: &Unit) -> ImportSource {
    ImportSource {
        path: unit.path.display().to_string(),
        kind: Some(unit.shape.name().to_owned()),
        folder: Some(unit.folder.clone()),
        ..ImportSource::default()
    }
}

fn maildir_work(app: &App, plan: &mut Plan, unit: &Unit) -> Result<(Option<Work>, u64)> {
    let now = app.clock.now();
    let row = memo::load(app, &memo::key("stamp", &unit.folder, &unit.path))?;
    let before = row.as_deref().and_then(Stamp::read);
    if let Some(before) = &before
        && maildir::stamp(&unit.path, now).is_some_and(|stamp| stamp == before.stamp)
    {
        return Ok((None, before.messages));
    }
    let mut known = memo::Read::load(app, &unit.folder, &unit.path)?;
    let before = before.as_ref().map(|b| (b.stamp.as_str(), b.in_cur));
    let found = maildir::list_unknown(&unit.path, now, before, |name| known.has(name));
    for fault in &found.faults {
        plan.notes.failed(&fault.path, &fault.words);
    }
    let count = known.keep(&found);
    let stamp = found.stamp.filter(|_| !found.unsteady);
    let work = Work::Maildir {
        files: found.files,
        stamp: stamp.map(|stamp| Stamp {
            messages: count,
            in_cur: found.in_cur,
            stamp,
        }),
        known,
    };
    Ok((Some(work), count))
}

/// What a Maildir folder was when all in it was read.
pub struct Stamp {
    pub messages: u64,
    in_cur: u64,
    /// [`maildir::stamp`], as far as it could be told.
    stamp: String,
}

impl Stamp {
    fn read(value: &[u8]) -> Option<Stamp> {
        let mut words = std::str::from_utf8(value).ok()?.splitn(3, ' ');
        Some(Stamp {
            messages: words.next()?.parse().ok()?,
            in_cur: words.next()?.parse().ok()?,
            stamp: words.next()?.to_owned(),
        })
    }

    /// Remembers it for the next time.
    pub fn note(&self, unit: &Unit, memo: &mut Memo) {
        let Stamp {
            messages,
            in_cur,
            stamp,
        } = self;
        let value = format!("{messages} {in_cur} {stamp}").into_bytes();
        memo.set(memo::key("stamp", &unit.folder, &unit.path), value);
    }
}

fn eml_work(
    app: &App,
    plan: &mut Plan,
    unit: &Unit,
    files: &[PathBuf],
) -> Result<(Option<Work>, u64)> {
    let mut known = memo::Read::load(app, &unit.folder, &unit.path)?;
    let mut unread = Vec::new();
    for file in files {
        match fs::metadata(file) {
            Ok(data) => {
                let name = hash(&fingerprint(file, &data));
                if known.has(name) {
                    known.kept.push(name);
                } else {
                    unread.push((file.clone(), name));
                }
            }
            Err(e) => plan.notes.failed(file, e),
        }
    }
    let count = known.kept.len() as u64;
    if unread.is_empty() {
        return Ok((None, count));
    }
    let work = Work::Eml {
        files: unread,
        known,
    };
    Ok((Some(work), count))
}

/// Name, size and time of a file: another of one of them and it is read again.
fn fingerprint(path: &Path, data: &fs::Metadata) -> Vec<u8> {
    let mut bytes = path
        .file_name()
        .unwrap_or_default()
        .as_encoded_bytes()
        .to_vec();
    bytes.extend(data.len().to_le_bytes());
    bytes.extend(changed_ns(data).to_le_bytes());
    bytes
}

fn changed_ns(data: &fs::Metadata) -> u128 {
    data.modified()
        .ok()
        .and_then(|t| t.duration_since(UNIX_EPOCH).ok())
        .map_or(0, |d| d.as_nanos())
}

/// How much of an mbox file's end is compared to tell that it only grew.
const TAIL: u64 = 4096;

fn mbox_work(app: &App, unit: &Unit) -> Result<(Option<Work>, u64)> {
    let from_start = Ok((Some(Work::Mbox { start: 0 }), 0));
    let Some(value) = memo::load(app, &memo::key("mbox", &unit.folder, &unit.path))? else {
        return from_start;
    };
    let Some(old) = MboxMemo::read(&value) else {
        return from_start;
    };
    let Ok(data) = fs::metadata(&unit.path) else {
        return from_start;
    };
    if data.len() == old.size && changed_ns(&data) == old.changed_ns {
        return Ok((None, old.count));
    }
    if data.len() > old.size
        && tail(&unit.path, old.size) == Some(old.tail)
        && begins_message(&unit.path, old.size)
    {
        return Ok((Some(Work::Mbox { start: old.size }), old.count));
    }
    from_start
}

struct MboxMemo {
    size: u64,
    changed_ns: u128,
    count: u64,
    tail: u64,
}

impl MboxMemo {
    fn read(value: &[u8]) -> Option<MboxMemo> {
        let mut words = std::str::from_utf8(value).ok()?.split(' ');
        Some(MboxMemo {
            size: words.next()?.parse().ok()?,
            changed_ns: words.next()?.parse().ok()?,
            count: words.next()?.parse().ok()?,
            tail: words.next()?.parse().ok()?,
        })
    }
}

/// What an mbox file was when it was opened.
pub struct MboxState {
    size: u64,
    changed_ns: u128,
    tail: u64,
}

/// Taken before reading: what is appended meanwhile is read next time.
pub fn mbox_state(path: &Path) -> Option<MboxState> {
    let data = fs::metadata(path).ok()?;
    Some(MboxState {
        size: data.len(),
        changed_ns: changed_ns(&data),
        tail: tail(path, data.len())?,
    })
}

impl MboxState {
    pub fn size(&self) -> u64 {
        self.size
    }
}

/// Remembers an mbox file that was read to its end.
pub fn mbox_row(unit: &Unit, state: &MboxState, count: u64, memo: &mut Memo) {
    let MboxState {
        size,
        changed_ns,
        tail,
    } = state;
    let value = format!("{size} {changed_ns} {count} {tail}").into_bytes();
    memo.set(memo::key("mbox", &unit.folder, &unit.path), value);
}

/// Whether a message begins here: the one before was whole when it was read.
fn begins_message(path: &Path, offset: u64) -> bool {
    let read = || {
        let mut file = fs::File::open(path)?;
        file.seek(SeekFrom::Start(offset))?;
        let mut head = Vec::new();
        file.take(16).read_to_end(&mut head)?;
        Ok::<_, std::io::Error>(head)
    };
    read().is_ok_and(|head| head.trim_ascii_start().starts_with(b"From "))
}

/// The hash of the last bytes before this size.
fn tail(path: &Path, size: u64) -> Option<u64> {
    let mut file = fs::File::open(path).ok()?;
    file.seek(SeekFrom::Start(size.saturating_sub(TAIL))).ok()?;
    let mut bytes = Vec::new();
    file.take(TAIL.min(size)).read_to_end(&mut bytes).ok()?;
    Some(hash(&bytes))
}
