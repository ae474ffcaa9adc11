//! The way of many messages into the store: read and parsed on one thread, stored in batches on another.
//!
//! Memory is bounded: what is under way counts against a budget, so a message of 100 MB travels alone.

use std::fs::File;
use std::io::{self, Read};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Condvar, Mutex, PoisonError};

use jiff::Timestamp;

use crate::error::{Error, Result};
use crate::format::mime;
use crate::model::message::{NewMessage, Parsed};

use super::{App, Progress};

/// A batch is stored when it has this many messages …
const BATCH_MESSAGES: usize = 6_000;
/// … or this many bytes. The larger, the fewer pieces of the text index are written and merged.
const BATCH_BYTES: u64 = 16 << 20;
/// From this batch on the text index is merged only at the end.
const MANY_BATCHES: u32 = 3;
/// Bytes that may be under way at once, read but not yet stored.
const BUDGET: u64 = 40 << 20;

/// The reading side: takes messages, parses them and sends them on in batches.
pub struct Intake<'a> {
    batches: SyncSender<Batch>,
    budget: &'a Budget,
    batch: Batch,
}

#[derive(Default)]
struct Batch {
    messages: Vec<NewMessage>,
    /// For each message, what its reader counts it under.
    tags: Vec<usize>,
    bytes: u64,
}

/// How many messages were new and how many were there already, per tag.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    pub added: u64,
    pub known: u64,
}

/// What was stored, by tag.
pub type Counts = Vec<Count>;

/// What a producer is told when the store refused a batch: the store's own error is the one that counts.
fn stopped() -> Error {
    Error::internal("the store takes no more messages")
}

impl Intake<'_> {
    /// Waits until this many bytes may be read.
    pub fn reserve(&mut self, bytes: u64) -> Result<()> {
        if self.budget.has_room(bytes) {
            return Ok(());
        }
        // What waits in the open batch must go first, or nothing would ever make room.
        self.flush()?;
        self.budget.wait_for(bytes);
        Ok(())
    }

    /// Parses a message and sends it on; answers what is broken about it.
    ///
    /// `raw` is what is parsed; the message itself may keep a path instead of the bytes.
    pub fn push(
        &mut self,
        tag: usize,
        raw: &[u8],
        make: impl FnOnce(Parsed) -> NewMessage,
    ) -> Result<()> {
        let message = make(mime::parse(raw));
        self.push_parsed(tag, message, raw.len() as u64)
    }

    /// Sends a parsed message on.
    pub fn push_parsed(&mut self, tag: usize, message: NewMessage, bytes: u64) -> Result<()> {
        self.budget.add(bytes);
        self.batch.bytes += bytes;
        self.batch.messages.push(message);
        self.batch.tags.push(tag);
        if self.batch.messages.len() >= BATCH_MESSAGES || self.batch.bytes >= BATCH_BYTES {
            self.flush()?;
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<()> {
        if self.batch.messages.is_empty() {
            return Ok(());
        }
        let batch = std::mem::take(&mut self.batch);
        self.batches.send(batch).map_err(|_| stopped())
    }
}

/// Runs a producer on its own thread and stores what it pushes on this one.
///
/// After an error everything stored so far stays, and the next run goes on from there.
pub fn run<T: Send>(
    app: &App,
    stage: &str,
    total: Option<u64>,
    produce: impl FnOnce(&mut Intake<'_>) -> Result<T> + Send,
) -> Result<(T, Counts)> {
    let budget = Budget::default();
    let (batches, waiting) = sync_channel(0);
    std::thread::scope(|scope| {
        let budget = &budget;
        let producer = scope.spawn(move || {
            let mut intake = Intake {
                batches,
                budget,
                batch: Batch::default(),
            };
            let made = produce(&mut intake)?;
            intake.flush()?;
            Ok(made)
        });
        let stored = store_all(app, (stage, total), waiting, budget);
        let made = producer
            .join()
            .unwrap_or_else(|_| Err(Error::internal("the thread that reads messages broke down")));
        // The store's error is the cause, the producer's only its echo.
        let counts = stored?;
        Ok((made?, counts))
    })
}

fn store_all(
    app: &App,
    (stage, total): (&str, Option<u64>),
    waiting: Receiver<Batch>,
    budget: &Budget,
) -> Result<Counts> {
    let mut counts = Counts::new();
    let mut done = 0;
    let mut batches = 0;
    for batch in waiting {
        done += batch.messages.len() as u64;
        batches += 1;
        if batches == MANY_BATCHES {
            app.store.begin_bulk()?;
        }
        let added = app.store.add(batch.messages);
        budget.give_back(batch.bytes);
        let added = added.inspect_err(|_| budget.open())?;
        for (tag, added) in batch.tags.into_iter().zip(added) {
            if counts.len() <= tag {
                counts.resize(tag + 1, Count::default());
            }
            if added.new {
                counts[tag].added += 1;
            } else {
                counts[tag].known += 1;
            }
        }
        (app.progress)(&Progress {
            stage: stage.to_owned(),
            done,
            total,
        });
    }
    let added = counts.iter().map(|count| count.added).sum();
    if added > 0 {
        merge(app, added)?;
    }
    Ok(counts)
}

/// Brings the text index into one piece after many batches.
fn merge(app: &App, added: u64) -> Result<()> {
    let steps = std::cell::Cell::new(0);
    let tell = |done, total| {
        (app.progress)(&Progress {
            stage: "merging the text index".to_owned(),
            done,
            total,
        });
    };
    app.store.end_bulk(added, &|done| {
        steps.set(done);
        tell(done, None);
    })?;
    if steps.get() > 0 {
        tell(steps.get(), Some(steps.get()));
    }
    Ok(())
}

/// Bytes under way.
#[derive(Default)]
struct Budget {
    used: Mutex<u64>,
    freed: Condvar,
}

impl Budget {
    fn has_room(&self, bytes: u64) -> bool {
        let used = *self.used.lock().unwrap_or_else(PoisonError::into_inner);
        used == 0 || used + bytes <= BUDGET
    }

    fn wait_for(&self, bytes: u64) {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        while *used > 0 && *used + bytes > BUDGET {
            used = self
                .freed
                .wait(used)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn add(&self, bytes: u64) {
        *self.used.lock().unwrap_or_else(PoisonError::into_inner) += bytes;
    }

    fn give_back(&self, bytes: u64) {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        *used = used.saturating_sub(bytes);
        self.freed.notify_all();
    }

    /// Lets a waiting producer go on, so that it meets the closed channel.
    fn open(&self) {
        self.give_back(u64::MAX);
    }
}

/// A file's bytes and the time of its last change.
///
/// `file` was opened by the caller, so that renaming it meanwhile changes nothing.
pub fn read_open(mut file: File, size: u64) -> io::Result<Vec<u8>> {
    let mut raw = vec![0; usize::try_from(size).unwrap_or(0)];
    let mut filled = 0;
    while filled < raw.len() {
        match file.read(&mut raw[filled..]) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    raw.truncate(filled);
    Ok(raw)
}

/// Why a message of this size is left where it is.
pub fn too_large(size: u64) -> String {
    let most = mime::LARGEST >> 20;
    format!("it has {} MB, and a message may have {most}", size >> 20)
}

/// Size and time of last change of an open file.
pub fn measure(file: &File) -> io::Result<(u64, Timestamp)> {
    let data = file.metadata()?;
    let changed = data
        .modified()
        .ok()
        .and_then(|t| Timestamp::try_from(t).ok())
        .unwrap_or(Timestamp::UNIX_EPOCH);
    Ok((data.len(), changed))
}
