//! One folder: what vanished, what changed, what is new since the last time.
//!
//! The cursor is only moved over what is committed, so a cut connection costs at most one batch.

use std::collections::{BTreeMap, HashSet};

use crate::channel::imap::{Folder, Opened, Session, Since};
use crate::error::Result;
use crate::model::account::Account;
use crate::model::id::MessageId;
use crate::model::message::{Flags, Ident};
use crate::ops::App;
use crate::store::FolderState;

use super::Tally;
use super::stamp::Stamp;
use super::writer::Writer;

/// Up to here single look-ups are cheaper than loading a folder's UIDs, and a thread costs more than it saves.
pub(super) const FEW: usize = 64;

/// Everything one folder's sync needs.
pub struct FolderSync<'a> {
    pub app: &'a App,
    pub account: &'a Account,
    pub writer: &'a Writer,
    pub folder: &'a Folder,
    pub tally: &'a mut Tally,
    pub(super) state: FolderState,
    /// As the sync leaves it; what was saved before is still in `state`.
    pub(super) stamp: Stamp,
    known: Option<BTreeMap<u32, (MessageId, Flags)>>,
    /// A listing of this pass lacked some of the messages.
    was_short: bool,
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
        && state.stamp == Stamp::of(now.messages).written()
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
            stamp: Stamp::default(),
            known: None,
            was_short: false,
        }
    }

    /// Brings the folder up to date.
    pub async fn run(mut self, session: &mut Session) -> Result<()> {
        let path = &self.folder.path;
        tracing::info!(account = %self.account.name, folder = ?path, "syncing");
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
        if first_time {
            self.save()?;
            self.app
                .store
                .begin_folder(&self.account.name, &self.folder.path)?;
        }
        self.state.uid_validity = Some(opened.uid_validity);
        if first_time {
            self.save()?;
        }
        let next = self.state.uid_next.unwrap_or(1);

        let before = Stamp::read(self.state.stamp.as_deref());
        let wanted = if opened.messages == 0 {
            self.vanish(&[(1, u32::MAX)])?;
            Vec::new()
        } else if first_time {
            let there = session.search(path, "ALL").await?;
            self.is_short(there.len(), opened.messages);
            there
        } else if session.qresync && since.is_some() && opened.highest_modseq.is_some() {
            let changes = std::mem::take(&mut opened.changes);
            self.vanish(&changes.vanished)?;
            self.reflag(&changes.flags, next, opened.keywords)?;
            let wanted = self.new_uids(session, next, &opened).await?;
            match before.messages {
                Some(_) => wanted,
                // The last pass did not see all, or was not done.
                None => self.complete(session, opened.messages).await?,
            }
        } else if let (Some(old), Some(now)) = (self.state.highest_modseq, opened.highest_modseq) {
            if old != now && next > 1 {
                let set = format!("1:{}", next - 1);
                let flags = session.flags(path, &set, Some(old)).await?;
                self.reflag(&flags, next, opened.keywords)?;
            }
            let wanted = self.new_uids(session, next, &opened).await?;
            // With CONDSTORE alone nothing tells what vanished: counts do, and then the list of UIDs.
            let arrived = u32::try_from(wanted.len()).unwrap_or(u32::MAX);
            match before.messages == Some(opened.messages.saturating_sub(arrived)) {
                true => wanted,
                false => self.complete(session, opened.messages).await?,
            }
        } else {
            let flags = session.flags(path, "1:*", None).await?;
            self.compare(&flags, (opened.messages, opened.keywords))?
        };

        self.state.highest_modseq = opened.highest_modseq;
        let wanted = self.without_erased(wanted, opened.uid_validity)?;
        let (refused, wanted): (Vec<u32>, Vec<u32>) = wanted
            .into_iter()
            .partition(|uid| before.refused.binary_search(uid).is_ok());
        // With modification sequences old messages are not listed again.
        let refused = match opened.messages {
            0 => refused,
            _ => before.refused.clone(),
        };
        // Until the folder is done, only what was refused before is sure.
        let unfinished = Stamp {
            messages: None,
            ..before
        };
        self.state.stamp = unfinished.written();
        let highest = wanted.last().copied().unwrap_or(0);
        self.fetch(session, wanted, refused).await?;
        self.state.uid_next = Some(
            opened
                .uid_next
                .unwrap_or(0)
                .max(next)
                .max(highest.saturating_add(1)),
        );
        // Else the next pass compares the whole list.
        self.stamp.messages = self.is_whole(opened.messages)?.then_some(opened.messages);
        self.state.stamp = self.stamp.written();
        self.save()
    }

    /// The server numbers its messages anew: they are fetched again, and found to be the same.
    fn start_over(&mut self) -> Result<()> {
        self.tally.renumbered = true;
        self.app
            .store
            .renumber_folder(&self.account.name, &self.folder.path)?;
        self.state = FolderState {
            path: self.folder.path.clone(),
            role: self.folder.role,
            ..FolderState::default()
        };
        self.known = None;
        Ok(())
    }

    pub(super) fn save(&self) -> Result<()> {
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

    /// Compares with the whole list of UIDs.
    async fn complete(&mut self, session: &mut Session, messages: u32) -> Result<Vec<u32>> {
        let there = session.search(&self.folder.path, "ALL").await?;
        self.compare_uids(&there, messages)
    }

    /// Whether the server lists fewer messages than it says there are: that proves nothing gone, and is told.
    fn is_short(&mut self, listed: usize, messages: u32) -> bool {
        let is_short = listed < messages as usize;
        if is_short {
            self.was_short = true;
            self.tally.notes.push(format!(
                "the server lists {listed} of {messages} messages in `{}`; nothing was forgotten, and a later sync fetches the others",
                self.folder.path
            ));
        }
        is_short
    }

    /// Whether all that the server says to have is here, was refused, or was erased here.
    fn is_whole(&self, messages: u32) -> Result<bool> {
        if self.was_short {
            return Ok(false);
        }
        let (account, path) = (&self.account.name, &self.folder.path);
        let validity = self.state.uid_validity.unwrap_or(0);
        let here = self.app.store.count_in(account, path)? + self.stamp.refused.len() as u64;
        if here >= u64::from(messages) {
            return Ok(true);
        }
        let erased = self.app.store.erased_uids(account, path, validity)?;
        Ok(here + erased.len() as u64 >= u64::from(messages))
    }

    /// Those of these messages that were not erased here.
    fn without_erased(&self, mut wanted: Vec<u32>, validity: u32) -> Result<Vec<u32>> {
        if !wanted.is_empty() {
            let (account, path) = (&self.account.name, &self.folder.path);
            let erased = self.app.store.erased_uids(account, path, validity)?;
            wanted.retain(|uid| !erased.contains(uid));
        }
        Ok(wanted)
    }

    /// Removes what the server no longer has; gives what is missing here.
    fn compare_uids(&mut self, there: &[u32], messages: u32) -> Result<Vec<u32>> {
        let is_short = self.is_short(there.len(), messages);
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
        if !is_short {
            self.remove(&gone)?;
        }
        Ok(missing)
    }

    /// The same with flags, for servers without modification sequences.
    fn compare(
        &mut self,
        there: &[(u32, Flags, Vec<String>)],
        (messages, labels): (u32, bool),
    ) -> Result<Vec<u32>> {
        let uids: Vec<u32> = there.iter().map(|(uid, ..)| *uid).collect();
        let missing = self.compare_uids(&uids, messages)?;
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

    pub(super) fn find(&self, uid: u32) -> Result<Option<MessageId>> {
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
}
