//! One folder: what vanished, what changed, what is new since the last time.
//!
//! The cursor is only moved over what is committed, so a cut connection costs at most one batch.

use std::collections::{BTreeMap, HashSet, VecDeque};

use tokio::sync::oneshot;

use crate::channel::imap::{Fetched, Folder, Opened, Session, Since};
use crate::error::{Error, Result};
use crate::model::account::Account;
use crate::model::id::MessageId;
use crate::model::message::{Flags, Ident};
use crate::ops::{App, Progress};
use crate::store::{Added, FolderState};

use super::Tally;
use super::writer::{self, Place, Writer};

/// A batch is handed over at this many messages or bytes.
const BATCH_MESSAGES: usize = 1000;
const BATCH_BYTES: usize = 8 << 20;
/// Up to here single look-ups are cheaper than loading a folder's UIDs, and a thread costs more than it saves.
const FEW: usize = 64;

/// Everything one folder's sync needs.
pub struct FolderSync<'a> {
    pub app: &'a App,
    pub account: &'a Account,
    pub writer: &'a Writer,
    pub folder: &'a Folder,
    pub tally: &'a mut Tally,
    state: FolderState,
    known: Option<BTreeMap<u32, (MessageId, Flags)>>,
}

/// Whether STATUS proves that nothing happened since this state was saved.
///
/// Needs a modification sequence: without one, flags can change unseen.
pub fn is_unchanged(folder: &Folder, state: &FolderState) -> bool {
    let Some(now) = folder.standing else {
        return false;
    };
    state.role == folder.role
        && state.uid_validity == Some(now.uid_validity)
        && state.uid_next == Some(now.uid_next)
        && now.highest_modseq.is_some()
        && state.highest_modseq == now.highest_modseq
        && state.stamp.as_deref() == Some(stamp(now.messages).as_str())
}

/// The number of messages on the server at the end of the last complete sync.
fn stamp(messages: u32) -> String {
    format!("n={messages}")
}

impl<'a> FolderSync<'a> {
    pub fn new(
        (app, account, writer): (&'a App, &'a Account, &'a Writer),
        folder: &'a Folder,
        known: Option<FolderState>,
        tally: &'a mut Tally,
    ) -> Self {
        let fresh = FolderState {
            path: folder.path.clone(),
            ..FolderState::default()
        };
        let mut state = known.unwrap_or(fresh);
        state.role = folder.role;
        FolderSync {
            app,
            account,
            writer,
            folder,
            tally,
            state,
            known: None,
        }
    }

    /// Brings the folder up to date.
    pub async fn run(mut self, session: &mut Session) -> Result<()> {
        let path = &self.folder.path;
        let since = match (self.state.uid_validity, self.state.highest_modseq) {
            (Some(uid_validity), Some(modseq)) => Some(Since {
                uid_validity,
                modseq,
            }),
            _ => None,
        };
        let mut opened = session.open_folder(path, &self.folder.wire, since).await?;
        if self
            .state
            .uid_validity
            .is_some_and(|old| old != opened.uid_validity)
        {
            self.start_over()?;
        }
        let first_time = self.state.uid_validity.is_none();
        self.state.uid_validity = Some(opened.uid_validity);
        let next = self.state.uid_next.unwrap_or(1);

        let wanted = if opened.messages == 0 {
            self.vanish(&[(1, u32::MAX)])?;
            Vec::new()
        } else if first_time {
            session.search(path, "ALL").await?
        } else if session.qresync && since.is_some() && opened.highest_modseq.is_some() {
            let changes = std::mem::take(&mut opened.changes);
            self.vanish(&changes.vanished)?;
            self.reflag(&changes.flags, next, opened.keywords)?;
            self.new_uids(session, next, &opened).await?
        } else if let (Some(old), Some(now)) = (self.state.highest_modseq, opened.highest_modseq) {
            if old != now && next > 1 {
                let set = format!("1:{}", next - 1);
                let flags = session.flags(path, &set, Some(old)).await?;
                self.reflag(&flags, next, opened.keywords)?;
            }
            let wanted = self.new_uids(session, next, &opened).await?;
            self.complete(session, wanted, opened.messages).await?
        } else {
            let flags = session.flags(path, "1:*", None).await?;
            self.compare(&flags, opened.keywords)?
        };

        self.state.highest_modseq = opened.highest_modseq;
        self.state.stamp = None;
        let highest = wanted.last().copied().unwrap_or(0);
        self.fetch(session, wanted).await?;
        self.state.uid_next = Some(
            opened
                .uid_next
                .unwrap_or(0)
                .max(next)
                .max(highest.saturating_add(1)),
        );
        self.state.stamp = Some(stamp(opened.messages));
        self.save()
    }

    /// The server numbers its messages anew: nothing known here can be told from anything there.
    fn start_over(&mut self) -> Result<()> {
        self.tally.renumbered = true;
        self.app
            .store
            .forget_folder(&self.account.name, &self.folder.path)?;
        self.state = FolderState {
            path: self.folder.path.clone(),
            role: self.folder.role,
            ..FolderState::default()
        };
        self.known = None;
        Ok(())
    }

    fn save(&self) -> Result<()> {
        self.app.store.save_folder(&self.account.name, &self.state)
    }

    /// UIDs from `next` on.
    async fn new_uids(
        &self,
        session: &mut Session,
        next: u32,
        opened: &Opened,
    ) -> Result<Vec<u32>> {
        match opened.uid_next {
            Some(end) if end <= next => Ok(Vec::new()),
            Some(end) if end - next <= 200 => Ok((next..end).collect()),
            _ => {
                let criteria = format!("UID {next}:*");
                let mut uids = session.search(&self.folder.path, &criteria).await?;
                // `n:*` names the last message even when its UID is lower.
                uids.retain(|uid| *uid >= next);
                Ok(uids)
            }
        }
    }

    /// With CONDSTORE alone nothing tells what vanished: counts do, and then the list of UIDs.
    async fn complete(
        &mut self,
        session: &mut Session,
        wanted: Vec<u32>,
        messages: u32,
    ) -> Result<Vec<u32>> {
        let arrived = u32::try_from(wanted.len()).unwrap_or(u32::MAX);
        let before = messages.saturating_sub(arrived);
        if self.state.stamp.as_deref() == Some(stamp(before).as_str()) {
            return Ok(wanted);
        }
        let there = session.search(&self.folder.path, "ALL").await?;
        self.compare_uids(&there)
    }

    /// Removes what the server no longer has; gives what is missing here.
    fn compare_uids(&mut self, there: &[u32]) -> Result<Vec<u32>> {
        let known = self.known()?;
        let there: HashSet<u32> = there.iter().copied().collect();
        let gone: Vec<MessageId> = known
            .iter()
            .filter(|(uid, _)| !there.contains(uid))
            .map(|(_, (id, _))| *id)
            .collect();
        let mut missing: Vec<u32> = there
            .into_iter()
            .filter(|uid| !known.contains_key(uid))
            .collect();
        missing.sort_unstable();
        self.remove(&gone)?;
        Ok(missing)
    }

    /// The same with flags, for servers without modification sequences.
    fn compare(&mut self, there: &[(u32, Flags, Vec<String>)], labels: bool) -> Result<Vec<u32>> {
        let uids: Vec<u32> = there.iter().map(|(uid, ..)| *uid).collect();
        let missing = self.compare_uids(&uids)?;
        let known = self.known()?;
        let changed: Vec<_> = there
            .iter()
            .filter(|(uid, flags, keywords)| {
                known
                    .get(uid)
                    .is_some_and(|(_, here)| here != flags || !keywords.is_empty())
            })
            .cloned()
            .collect();
        self.reflag(&changed, u32::MAX, labels)?;
        Ok(missing)
    }

    fn known(&mut self) -> Result<&BTreeMap<u32, (MessageId, Flags)>> {
        if self.known.is_none() {
            let uids = self.app.store.uids(&self.account.name, &self.folder.path)?;
            self.known = Some(
                uids.into_iter()
                    .map(|(uid, id, flags)| (uid, (id, flags)))
                    .collect(),
            );
        }
        Ok(self.known.as_ref().expect("loaded just above"))
    }

    fn find(&self, uid: u32) -> Result<Option<MessageId>> {
        let validity = self.state.uid_validity.unwrap_or(0);
        self.app.store.find(
            &self.account.name,
            &self.folder.path,
            &Ident::Uid { validity, uid },
        )
    }

    fn vanish(&mut self, ranges: &[(u32, u32)]) -> Result<()> {
        let width: u64 = ranges.iter().map(|(a, b)| u64::from(b - a) + 1).sum();
        let mut gone = Vec::new();
        if width <= FEW as u64 {
            for uid in ranges.iter().flat_map(|(a, b)| *a..=*b) {
                gone.extend(self.find(uid)?);
            }
        } else {
            let known = self.known()?;
            for (from, to) in ranges {
                gone.extend(known.range(from..=to).map(|(_, (id, _))| *id));
            }
        }
        self.remove(&gone)
    }

    fn remove(&mut self, gone: &[MessageId]) -> Result<()> {
        if gone.is_empty() {
            return Ok(());
        }
        self.app.store.remove(gone)?;
        self.known = None;
        self.tally.removed += gone.len() as u64;
        Ok(())
    }

    /// Takes over flags of messages below `next`; one that has a change waiting for the server keeps its own.
    fn reflag(
        &mut self,
        flags: &[(u32, Flags, Vec<String>)],
        next: u32,
        keywords: bool,
    ) -> Result<()> {
        let mut changes = Vec::new();
        let one_by_one = flags.len() <= FEW;
        for (uid, flags, labels) in flags.iter().filter(|(uid, ..)| *uid < next) {
            let id = if one_by_one {
                self.find(*uid)?
            } else {
                self.known()?.get(uid).map(|(id, _)| *id)
            };
            if let Some(id) = id {
                changes.push((id, *flags, keywords.then(|| labels.clone())));
            }
        }
        if changes.is_empty() {
            return Ok(());
        }
        if one_by_one {
            self.drop_echoes(&mut changes)?;
        }
        let waiting: HashSet<MessageId> = self
            .app
            .store
            .queued_changes(&self.account.name)?
            .into_iter()
            .map(|(_, id, _)| id)
            .collect();
        changes.retain(|(id, ..)| !waiting.contains(id));
        self.app.store.set_flags(&changes)?;
        self.tally.changed += changes.len() as u64;
        Ok(())
    }

    /// Leaves out what is already so here: our own changes come back from the server as news.
    fn drop_echoes(
        &self,
        changes: &mut Vec<(MessageId, Flags, Option<Vec<String>>)>,
    ) -> Result<()> {
        let ids: Vec<MessageId> = changes.iter().map(|(id, ..)| *id).collect();
        let envelopes = self.app.store.envelopes(&ids)?;
        let mut fresh = Vec::new();
        for (change, envelope) in changes.drain(..).zip(envelopes) {
            let here = self.app.store.location(change.0)?.flags;
            let mut labels = envelope.labels;
            labels.sort();
            if here != change.1 || change.2.as_ref().is_some_and(|theirs| *theirs != labels) {
                fresh.push(change);
            }
        }
        *changes = fresh;
        Ok(())
    }

    /// Fetches and stores these messages, moving the cursor as they are committed.
    async fn fetch(&mut self, session: &mut Session, mut wanted: Vec<u32>) -> Result<()> {
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
        if wanted.is_empty() {
            return Ok(());
        }
        let mut intake = Intake::new(wanted);
        let mut fetching = session.fetch(&self.folder.path, &intake.wanted, None);
        let ended = self.take_in(session, &mut fetching, &mut intake).await;
        // What came before a cut is kept.
        self.hand_over(&mut intake).await?;
        self.settle(&mut intake, 0).await?;
        ended?;
        if fetching.refused.is_some() {
            let missing: Vec<u32> = intake.missing();
            let mut single = session.fetch(&self.folder.path, &missing, Some(1));
            let ended = self.take_in(session, &mut single, &mut intake).await;
            self.hand_over(&mut intake).await?;
            self.settle(&mut intake, 0).await?;
            ended?;
        }
        Ok(())
    }

    async fn take_in(
        &mut self,
        session: &mut Session,
        fetching: &mut crate::channel::imap::Fetching,
        intake: &mut Intake,
    ) -> Result<()> {
        while let Some(message) = session.next_message(fetching).await? {
            if !intake.take(message) {
                continue;
            }
            if intake.batch.len() >= BATCH_MESSAGES || intake.bytes >= BATCH_BYTES {
                self.hand_over(intake).await?;
                self.settle(intake, 1).await?;
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

/// Messages on their way from the wire into the store.
struct Intake {
    /// Ascending.
    wanted: Vec<u32>,
    seen: HashSet<u32>,
    batch: Vec<Fetched>,
    bytes: usize,
    pending: VecDeque<(Vec<u32>, oneshot::Receiver<Result<Vec<Added>>>)>,
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
