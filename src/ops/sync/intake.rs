//! New messages of a folder: from the wire in batches into the store, the cursor behind them.

use std::collections::{HashSet, VecDeque};

use tokio::sync::oneshot;

use crate::channel::imap::{Fetched, Fetching, Session};
use crate::error::{Error, Result};
use crate::format::mime;
use crate::ops::Progress;
use crate::ops::intake::too_large;
use crate::store::Added;

use super::Refusal;
use super::folder::{FEW, FolderSync};
use super::stamp::Stamp;
use super::writer::{self, Place};

/// A batch is handed over at this many messages or bytes.
const BATCH_MESSAGES: usize = 1000;
const BATCH_BYTES: usize = 8 << 20;
/// Batches that are parsed or stored while the next one comes in.
const UNDER_WAY: usize = 2;

impl FolderSync<'_> {
    /// Fetches and stores these messages, moving the cursor as they are committed; then, one by one, those that
    /// were refused before.
    pub(super) async fn fetch(
        &mut self,
        session: &mut Session,
        wanted: Vec<u32>,
        refused: Vec<u32>,
    ) -> Result<()> {
        let mut wanted = self.without_broken(wanted);
        if wanted.len() <= FEW {
            // Moved here by ourselves: the row is already in its place.
            let mut unknown = Vec::with_capacity(wanted.len());
            for uid in wanted {
                if self.find(uid)?.is_none() {
                    unknown.push(uid);
                }
            }
            wanted = unknown;
        }
        self.fetch_many(session, Intake::new(wanted)).await?;
        let refused = self.without_broken(refused);
        if self.tally.broken.is_full() {
            for uid in refused {
                self.note_refused(uid, "the server hung up too often to ask again".to_owned());
            }
            return Ok(());
        }
        let mut intake = Intake::new(refused.clone());
        self.ask_alone(session, &mut intake, &refused).await
    }

    async fn fetch_many(&mut self, session: &mut Session, mut intake: Intake) -> Result<()> {
        let suspect = self.tally.broken.take_suspect(&self.folder.path);
        if let Some(uid) = suspect.filter(|uid| intake.wanted.binary_search(uid).is_ok()) {
            self.ask_alone(session, &mut intake, &[uid]).await?;
        }
        let mut fetching = session.fetch(&self.folder.path, &intake.missing(), None);
        let ended = self.run_fetch(session, &mut fetching, &mut intake).await;
        if let (Some(_), Some(first)) = (&fetching.farewell, intake.missing().first()) {
            // Servers answer in order: this is where it stumbled.
            self.tally.broken.suspect(&self.folder.path, *first);
        }
        ended?;
        if !fetching.refused.is_empty() {
            let missing = intake.missing();
            self.ask_alone(session, &mut intake, &missing).await?;
        }
        Ok(())
    }

    /// One message per command, so that each refusal is about one message.
    async fn ask_alone(
        &mut self,
        session: &mut Session,
        intake: &mut Intake,
        uids: &[u32],
    ) -> Result<()> {
        let uids = &self.without_huge(session, intake, uids).await?;
        let mut fetching = session.fetch(&self.folder.path, uids, Some(1));
        let ended = self.run_fetch(session, &mut fetching, intake).await;
        if let (Some(words), [uid]) = (&fetching.farewell, fetching.current()) {
            self.tally.broken.note(&self.folder.path, *uid, words);
            // Should this sync be given up, the next one begins with the others.
            let mut stamp = Stamp::read(self.state.stamp.as_deref());
            stamp.refused.push(*uid);
            self.state.stamp = stamp.written();
            self.save()?;
        }
        ended?;
        for (uids, words) in fetching.refused {
            for uid in uids {
                self.note_refused(uid, words.clone());
            }
        }
        Ok(())
    }

    /// Those of these messages that are not larger than what is taken in.
    async fn without_huge(
        &mut self,
        session: &mut Session,
        intake: &mut Intake,
        uids: &[u32],
    ) -> Result<Vec<u32>> {
        let mut small = uids.to_vec();
        if small.is_empty() {
            return Ok(small);
        }
        for (uid, size) in session.sizes(&self.folder.path, uids).await? {
            if size > mime::LARGEST as u64
                && let Ok(at) = small.binary_search(&uid)
            {
                small.remove(at);
                intake.seen.insert(uid);
                self.note_refused(uid, too_large(size));
            }
        }
        Ok(small)
    }

    async fn run_fetch(
        &mut self,
        session: &mut Session,
        fetching: &mut Fetching,
        intake: &mut Intake,
    ) -> Result<()> {
        let ended = self.take_in(session, fetching, intake).await;
        // What came before a cut is kept.
        self.hand_over(intake).await?;
        self.settle(intake, 0).await?;
        ended
    }

    /// Those of these messages at which the server did not hang up a moment ago.
    fn without_broken(&mut self, mut uids: Vec<u32>) -> Vec<u32> {
        for (uid, words) in self.tally.broken.of(&self.folder.path) {
            if let Ok(at) = uids.binary_search(&uid) {
                uids.remove(at);
                self.note_refused(uid, words);
            }
        }
        uids
    }

    /// A message refused even alone: told in the report, and asked for again next time.
    fn note_refused(&mut self, uid: u32, message: String) {
        self.stamp.refused.push(uid);
        self.tally.refused.push(Refusal {
            folder: self.folder.path.clone(),
            uid: Some(uid),
            remote: None,
            message,
        });
    }

    async fn take_in(
        &mut self,
        session: &mut Session,
        fetching: &mut Fetching,
        intake: &mut Intake,
    ) -> Result<()> {
        while let Some(message) = session.next_message(fetching).await? {
            if !intake.take(message) {
                continue;
            }
            if intake.batch.len() >= BATCH_MESSAGES || intake.bytes >= BATCH_BYTES {
                self.hand_over(intake).await?;
                self.settle(intake, UNDER_WAY).await?;
            }
        }
        Ok(())
    }

    /// Gives the batch to the store: here if it is small, else on the writer's thread.
    async fn hand_over(&mut self, intake: &mut Intake) -> Result<()> {
        if intake.batch.is_empty() {
            return Ok(());
        }
        let batch = std::mem::take(&mut intake.batch);
        intake.bytes = 0;
        let uids: Vec<u32> = batch.iter().map(|message| message.uid).collect();
        let place = Place {
            account: self.account.name.clone(),
            folder: self.folder.path.clone(),
            role: self.folder.role,
            uid_validity: self.state.uid_validity.unwrap_or(0),
            now: self.app.clock.now(),
        };
        if batch.len() <= FEW && intake.pending.is_empty() {
            let added = writer::add(&self.app.store, &place, batch)?;
            return self.committed(intake, &uids, &added);
        }
        let answer = self.writer.add(place, batch).await?;
        intake.pending.push_back((uids, answer));
        Ok(())
    }

    /// Waits until no more than `most` batches are on their way.
    async fn settle(&mut self, intake: &mut Intake, most: usize) -> Result<()> {
        while intake.pending.len() > most {
            let Some((uids, answer)) = intake.pending.pop_front() else {
                break;
            };
            let added = answer
                .await
                .map_err(|_| Error::internal("the thread that stores messages broke down"))??;
            self.committed(intake, &uids, &added)?;
        }
        Ok(())
    }

    fn committed(&mut self, intake: &mut Intake, uids: &[u32], added: &[Added]) -> Result<()> {
        self.tally.added += added.iter().filter(|added| added.new).count() as u64;
        intake.stored.extend(uids);
        (self.app.progress)(&Progress {
            stage: format!("fetching {}/{}", self.account.name, self.folder.path),
            done: intake.stored.len() as u64,
            total: Some(intake.wanted.len() as u64),
        });
        // Servers may answer in any order: the cursor stands before the first gap.
        while let Some(uid) = intake.wanted.get(intake.through)
            && intake.stored.contains(uid)
        {
            intake.through += 1;
        }
        if let Some(before) = intake.through.checked_sub(1) {
            let next = intake.wanted[before].saturating_add(1);
            self.state.uid_next = Some(self.state.uid_next.unwrap_or(1).max(next));
        }
        self.save()
    }
}

/// UIDs handed to the writer, and its answer to come.
type Pending = (Vec<u32>, oneshot::Receiver<Result<Vec<Added>>>);

/// Messages on their way from the wire into the store.
struct Intake {
    /// Ascending.
    wanted: Vec<u32>,
    seen: HashSet<u32>,
    batch: Vec<Fetched>,
    bytes: usize,
    pending: VecDeque<Pending>,
    stored: HashSet<u32>,
    /// How many of `wanted`, from the front, are stored.
    through: usize,
}

impl Intake {
    fn new(wanted: Vec<u32>) -> Self {
        Intake {
            wanted,
            seen: HashSet::new(),
            batch: Vec::new(),
            bytes: 0,
            pending: VecDeque::new(),
            stored: HashSet::new(),
            through: 0,
        }
    }

    /// Adds a message to the batch; false if nobody asked for it or it came before.
    fn take(&mut self, message: Fetched) -> bool {
        if self.wanted.binary_search(&message.uid).is_err() || !self.seen.insert(message.uid) {
            return false;
        }
        self.bytes += message.raw.len();
        self.batch.push(message);
        true
    }

    fn missing(&self) -> Vec<u32> {
        self.wanted
            .iter()
            .copied()
            .filter(|uid| !self.seen.contains(uid))
            .collect()
    }
}
