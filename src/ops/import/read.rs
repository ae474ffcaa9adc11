//! Reads the files of one source after the other and hands on what the store doesn't hold.

use std::collections::HashSet;
use std::fs::File;
use std::io::{BufReader, ErrorKind, Read as _, Seek, SeekFrom};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use jiff::Timestamp;

use crate::channel::maildir;
use crate::error::Result;
use crate::format::{mbox, mime};
use crate::model::account::ChannelKind;
use crate::model::message::{Flags, Ident, NewMessage, Raw};

use super::super::App;
use super::super::intake::{self, Intake, too_large};
use super::memo::{self, Memo};
use super::plan::{self, Job, Work};
use super::{Broken, ImportSource, Notes};

/// The account that imported mail belongs to.
pub const ACCOUNT: &str = "local";

/// What became of one source, and what to remember of it.
pub struct Outcome {
    pub source: ImportSource,
    pub memo: Memo,
}

/// Reads sources into an intake.
pub struct Reader<'a, 'b> {
    pub app: &'a App,
    pub intake: &'a mut Intake<'b>,
    pub notes: &'a Mutex<Notes>,
    pub dry_run: bool,
    /// In a dry run: what would be in the store by now.
    pub would_add: HashSet<(String, [u8; 16])>,
}

/// A message as its file or mbox gives it.
struct Arrival<'a> {
    raw: Vec<u8>,
    identity: [u8; 16],
    received_at: Option<Timestamp>,
    /// The time of the file, where nothing better is told.
    file_time: Timestamp,
    flags: Flags,
    path: &'a Path,
    number: Option<u64>,
}

impl Reader<'_, '_> {
    /// Reads one source to its end. An error is the store's; those of files are noted.
    pub fn read(&mut self, tag: usize, mut job: Job) -> Result<Outcome> {
        let began = Instant::now();
        let mut outcome = Outcome {
            source: ImportSource {
                messages: job.known,
                known: job.known,
                ..plan::described(&job.unit)
            },
            memo: Memo::default(),
        };
        let work = std::mem::replace(&mut job.work, Work::Mbox { start: 0 });
        match work {
            Work::Maildir {
                files,
                known,
                stamp,
            } => self.maildir(tag, &job, (files, known, stamp), &mut outcome)?,
            Work::Mbox { start } => self.mbox(tag, &job, start, &mut outcome)?,
            Work::Eml { files, known } => self.messages(tag, &job, (files, known), &mut outcome)?,
        }
        outcome.source.took_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        Ok(outcome)
    }

    fn maildir(
        &mut self,
        tag: usize,
        job: &Job,
        (files, known, stamp): (maildir::Files, memo::Read, Option<plan::Stamp>),
        outcome: &mut Outcome,
    ) -> Result<()> {
        let (mut whole, mut new) = (true, Vec::new());
        for entry in files.iter() {
            let path = entry.path(&job.unit.path);
            match self.file(tag, job, (&path, entry.flags), &mut outcome.source)? {
                Read::Taken => new.push(maildir::names::hash(entry.unique.as_bytes())),
                Read::Gone if maildir::find(&job.unit.path, &entry.unique).is_none() => {}
                Read::Gone => {
                    let path = maildir::find(&job.unit.path, &entry.unique).unwrap_or(path);
                    whole &= matches!(
                        self.file(tag, job, (&path, entry.flags), &mut outcome.source)?,
                        Read::Taken
                    );
                }
                Read::Failed => whole = false,
            }
        }
        if let Some(mut stamp) = stamp.filter(|_| whole) {
            stamp.messages += new.len() as u64;
            stamp.note(&job.unit, &mut outcome.memo);
        }
        let unit = (job.unit.folder.as_str(), job.unit.path.as_path());
        known.note(new, unit, &mut outcome.memo);
        Ok(())
    }

    fn messages(
        &mut self,
        tag: usize,
        job: &Job,
        (files, known): (Vec<(std::path::PathBuf, u64)>, memo::Read),
        outcome: &mut Outcome,
    ) -> Result<()> {
        let mut new = Vec::new();
        for (path, name) in files {
            // A file saved from a Maildir may still tell its flags.
            let flags = maildir::flags_of(path.file_name().unwrap_or_default());
            match self.file(tag, job, (&path, flags), &mut outcome.source)? {
                Read::Taken => new.push(name),
                Read::Gone => self.fail(&path, "it is gone", &mut outcome.source),
                Read::Failed => {}
            }
        }
        let unit = (job.unit.folder.as_str(), job.unit.path.as_path());
        known.note(new, unit, &mut outcome.memo);
        Ok(())
    }

    fn mbox(&mut self, tag: usize, job: &Job, start: u64, outcome: &mut Outcome) -> Result<()> {
        let path = &job.unit.path;
        let source = &mut outcome.source;
        let opened = File::open(path).and_then(|mut file| {
            let (_, changed) = intake::measure(&file)?;
            file.seek(SeekFrom::Start(start))?;
            Ok((file, changed))
        });
        // Before reading: what is appended meanwhile is for the next time.
        let state = plan::mbox_state(path);
        let ((file, file_time), state) = match (opened, state) {
            (Ok(opened), Some(state)) => (opened, state),
            (Err(e), _) => {
                self.fail(path, e, source);
                return Ok(());
            }
            (_, None) => {
                self.fail(path, "it can't be read", source);
                return Ok(());
            }
        };
        let limited = file.take(state.size().saturating_sub(start));
        let mut number = job.known;
        for entry in mbox::Reader::new(BufReader::with_capacity(1 << 18, limited)) {
            let entry = match entry {
                Ok(entry) => entry,
                Err(e) => {
                    self.fail(path, e, source);
                    return Ok(());
                }
            };
            number += 1;
            source.messages += 1;
            if let Some(size) = entry.too_large {
                let told = format!("message {number}: {}", too_large(size));
                self.fail(path, told, source);
                continue;
            }
            self.intake.reserve(entry.raw.len() as u64)?;
            let arrival = Arrival {
                identity: identity_without_state(&entry.raw),
                flags: mbox::status_flags(&entry.raw),
                raw: entry.raw,
                received_at: entry.received_at,
                file_time,
                path,
                number: Some(number),
            };
            self.take(tag, job, arrival, source)?;
        }
        plan::mbox_row(&job.unit, &state, number, &mut outcome.memo);
        Ok(())
    }

    /// Reads one file with one message.
    fn file(
        &mut self,
        tag: usize,
        job: &Job,
        (path, flags): (&Path, Flags),
        source: &mut ImportSource,
    ) -> Result<Read> {
        let opened = File::open(path).and_then(|file| {
            let (size, changed) = intake::measure(&file)?;
            Ok((file, size, changed))
        });
        let (file, size, file_time) = match opened {
            Ok(opened) => opened,
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(Read::Gone),
            Err(e) => {
                self.fail(path, e, source);
                return Ok(Read::Failed);
            }
        };
        if size > mime::LARGEST as u64 {
            self.fail(path, too_large(size), source);
            return Ok(Read::Failed);
        }
        self.intake.reserve(size)?;
        let raw = match intake::read_open(file, size) {
            Ok(raw) => raw,
            Err(e) => {
                self.fail(path, e, source);
                return Ok(Read::Failed);
            }
        };
        source.messages += 1;
        let arrival = Arrival {
            identity: identity(&raw),
            raw,
            received_at: Some(file_time),
            file_time,
            flags,
            path,
            number: None,
        };
        self.take(tag, job, arrival, source)?;
        Ok(Read::Taken)
    }

    /// Hands a message on, unless the store holds it.
    fn take(
        &mut self,
        tag: usize,
        job: &Job,
        arrival: Arrival<'_>,
        source: &mut ImportSource,
    ) -> Result<()> {
        if arrival.raw.is_empty() {
            self.broken(&arrival, vec!["empty file".to_owned()], source);
            return Ok(());
        }
        if self.is_known(job, arrival.identity)? {
            source.known += 1;
            return Ok(());
        }
        let parsed = mime::parse(&arrival.raw);
        if !parsed.faults.is_empty() {
            self.broken(&arrival, parsed.faults.clone(), source);
        }
        let unit = &job.unit;
        if self.dry_run {
            if self
                .would_add
                .insert((unit.folder.clone(), arrival.identity))
            {
                source.added += 1;
            } else {
                source.known += 1;
            }
            return Ok(());
        }
        let size = arrival.raw.len() as u64;
        let received_at = arrival
            .received_at
            .or(parsed.sent_at)
            .unwrap_or(arrival.file_time);
        let message = NewMessage {
            account: ACCOUNT.to_owned(),
            channel: ChannelKind::Maildir,
            folder: unit.folder.clone(),
            role: unit.role,
            ident: Ident::Content(arrival.identity),
            size_bytes: size,
            raw: Raw::Bytes(arrival.raw),
            received_at,
            flags: arrival.flags,
            labels: Vec::new(),
            parsed,
        };
        self.intake.push_parsed(tag, message, size)
    }

    fn is_known(&self, job: &Job, identity: [u8; 16]) -> Result<bool> {
        let ident = Ident::Content(identity);
        let own = (!job.fresh).then_some(&job.unit.folder);
        for folder in own.into_iter().chain(&job.elsewhere) {
            if self.app.store.find(ACCOUNT, folder, &ident)?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn broken(&self, arrival: &Arrival<'_>, faults: Vec<String>, source: &mut ImportSource) {
        source.broken += 1;
        self.notes().broken(Broken {
            path: arrival.path.display().to_string(),
            number: arrival.number,
            faults,
        });
    }

    fn fail(&self, path: &Path, error: impl std::fmt::Display, source: &mut ImportSource) {
        source.failed += 1;
        self.notes().failed(path, error);
    }

    fn notes(&self) -> MutexGuard<'_, Notes> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How reading a file went.
enum Read {
    Taken,
    Gone,
    Failed,
}

/// What makes a message the same: the hash of its bytes.
fn identity(raw: &[u8]) -> [u8; 16] {
    shortened(&blake3::hash(raw))
}

/// The hash of an mbox message without the headers in which mail programs keep its state there: reading a
/// mail must not make another of it.
fn identity_without_state(raw: &[u8]) -> [u8; 16] {
    let mut hasher = blake3::Hasher::new();
    let mut rest = raw;
    let mut kept_from = raw;
    let mut dropping = false;
    while let Some(end) = rest.iter().position(|b| *b == b'\n') {
        let line = &rest[..=end];
        if line == b"\n" || line == b"\r\n" {
            break;
        }
        let folded = matches!(line[0], b' ' | b'\t');
        let drop = if folded { dropping } else { is_state(line) };
        if drop {
            if !dropping {
                hasher.update(&kept_from[..kept_from.len() - rest.len()]);
            }
            kept_from = &rest[line.len()..];
        }
        dropping = drop;
        rest = &rest[line.len()..];
    }
    hasher.update(kept_from);
    shortened(&hasher.finalize())
}

fn is_state(line: &[u8]) -> bool {
    const FIELDS: [&str; 9] = [
        "status",
        "x-status",
        "x-keywords",
        "x-uid",
        "x-imap",
        "x-imapbase",
        "x-mozilla-status",
        "x-mozilla-status2",
        "content-length",
    ];
    line.iter().position(|b| *b == b':').is_some_and(|colon| {
        FIELDS
            .iter()
            .any(|field| line[..colon].eq_ignore_ascii_case(field.as_bytes()))
    })
}

fn shortened(hash: &blake3::Hash) -> [u8; 16] {
    let (halves, _) = hash.as_bytes().as_chunks::<16>();
    halves[0]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn state_headers_do_not_make_another_message() {
        let plain = identity_without_state(b"From: a\nSubject: b\n\nStatus: text\n");
        for raw in [
            &b"From: a\nStatus: RO\nSubject: b\n\nStatus: text\n"[..],
            b"Status: RO\nX-Status: A\nFrom: a\nSubject: b\nX-UID: 7\n\nStatus: text\n",
            b"From: a\nX-Keywords: one\n two\nSubject: b\n\nStatus: text\n",
        ] {
            assert_eq!(identity_without_state(raw), plain);
        }
        assert_eq!(plain, identity(b"From: a\nSubject: b\n\nStatus: text\n"));
        assert_ne!(
            plain,
            identity_without_state(b"From: a\nSubject: b\n\nother\n")
        );
    }
}
