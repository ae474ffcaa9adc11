//! Messages of a mailbox: from Gmail in batches, several at once, into the store.

use std::collections::VecDeque;

use futures_util::{StreamExt, stream};
use tokio::sync::oneshot;

use crate::channel::gmail::{Fetched, Message};
use crate::error::{Error, Result};
use crate::format::{clean, mime};
use crate::model::account::ChannelKind;
use crate::model::message::{Ident, NewMessage, Raw};
use crate::ops::Progress;
use crate::store::Added;

use super::super::Refusal;
use super::Mailbox;
use super::labels::{self, Names};

/// Messages of one request; more are refused as too much at once.
const BATCH: u32 = 50;
/// A request takes no more of the quota than one part of so many: the last of a minute would else go unused.
const SHARES: u32 = 30;
/// Requests on their way at once; Gmail slows down who asks for more.
const IN_FLIGHT: usize = 4;
/// So many messages may fail by themselves; more are a fault of the mailbox or the network.
const MOST_FAILED: usize = 20;

type Pending = VecDeque<oneshot::Receiver<Result<Vec<Added>>>>;

impl Mailbox<'_> {
    /// Fetches and stores these messages; what is gone meanwhile is passed over. `done` of `total` were stored before.
    pub(super) async fn fetch(
        &mut self,
        wanted: &[String],
        (done, total): (u64, u64),
    ) -> Result<()> {
        let client = self.client;
        let mut answers = stream::iter(wanted.chunks(self.batch()))
            .map(|ids| async move {
                let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
                client.get_many(&ids).await
            })
            .buffered(IN_FLIGHT);
        let mut pending = Pending::new();
        let mut through = done;
        let mut ended = Ok(());
        while let Some(answer) = answers.next().await {
            let took = match answer {
                Ok(fetched) => {
                    through += fetched.len() as u64;
                    self.take(fetched, &mut pending).await
                }
                Err(e) => Err(e),
            };
            ended = took;
            if ended.is_err() {
                break;
            }
            self.settle(&mut pending, 2).await?;
            self.show(through, total.max(through));
        }
        // What came before a fault is kept.
        self.settle(&mut pending, 0).await?;
        ended
    }

    /// Messages of one request.
    fn batch(&self) -> usize {
        let most = match self.account.quota {
            Some(rate) => rate.most / SHARES / self.client.units_of_get().max(1),
            None => BATCH,
        };
        most.clamp(1, BATCH) as usize
    }

    pub(super) fn show(&self, done: u64, total: u64) {
        (self.app.progress)(&Progress {
            stage: format!("fetching {}", self.account.name),
            done,
            total: Some(total),
        });
    }

    async fn take(&mut self, fetched: Vec<Fetched>, pending: &mut Pending) -> Result<()> {
        let mut fresh: Vec<Message> = Vec::new();
        for one in fetched {
            match one {
                Fetched::Message(message) => {
                    self.stamp.again.retain(|id| *id != message.id);
                    fresh.push(message);
                }
                Fetched::Gone(id) => {
                    self.stamp.again.retain(|other| *other != id);
                    self.vanish(&id)?;
                }
                Fetched::Failed(id, e) => self.put_off(id, e)?,
            }
        }
        let ids = fresh.iter().flat_map(|message| &message.label_ids);
        if !self.knows(ids.map(String::as_str)) {
            self.learn_names().await?;
        }
        let mut new = Vec::with_capacity(fresh.len());
        for message in fresh {
            match self.app.store.remote(&self.account.name, &message.id)? {
                // Asked for once more: its bytes never change, its labels do.
                Some(remote) => {
                    let ids = message.label_ids.into_iter().collect();
                    let waiting = self.waiting()?;
                    let placed = self.moved(&remote, ids, &waiting);
                    self.place(placed.as_slice())?;
                }
                None => new.push(message),
            }
        }
        if new.is_empty() {
            return Ok(());
        }
        let (account, names) = (self.account.name.clone(), self.stamp.names.clone());
        let now = self.app.clock.now();
        let make = move || {
            let all = new.into_iter();
            all.map(|message| made(message, &account, (&names, now)))
                .collect()
        };
        pending.push_back(self.writer.store(make).await?);
        Ok(())
    }

    /// A message that was deleted.
    pub(super) fn vanish(&mut self, id: &str) -> Result<()> {
        if let Some(remote) = self.app.store.remote(&self.account.name, id)? {
            self.app.store.remove(&[remote.id])?;
            self.tally.removed += 1;
        }
        Ok(())
    }

    /// A message that can't be had now doesn't keep the others away.
    fn put_off(&mut self, id: String, e: Error) -> Result<()> {
        self.failed += 1;
        if self.failed > MOST_FAILED {
            return Err(e);
        }
        self.tally.refused.push(Refusal {
            folder: String::new(),
            uid: None,
            remote: Some(clean::line(&id)),
            message: e.message,
        });
        self.stamp.again.push(id);
        Ok(())
    }

    /// Waits until no more than `most` batches are on their way into the store.
    async fn settle(&mut self, pending: &mut Pending, most: usize) -> Result<()> {
        while pending.len() > most {
            let Some(answer) = pending.pop_front() else {
                break;
            };
            let added = answer
                .await
                .map_err(|_| Error::internal("the thread that stores messages broke down"))??;
            self.tally.added += added.iter().filter(|added| added.new).count() as u64;
        }
        Ok(())
    }
}

/// As the store takes it.
pub(super) fn made(
    message: Message,
    account: &str,
    (names, now): (&Names, jiff::Timestamp),
) -> NewMessage {
    let standing = labels::standing(message.label_ids.iter().map(String::as_str), names);
    NewMessage {
        account: account.to_owned(),
        channel: ChannelKind::Gmail,
        folder: standing.folder,
        role: standing.role,
        ident: Ident::Remote(message.id),
        size_bytes: message.raw.len() as u64,
        received_at: message.internal_date.unwrap_or(now),
        flags: standing.flags,
        labels: standing.labels,
        parsed: mime::parse(&message.raw),
        raw: Raw::Bytes(message.raw),
    }
}
