//! The threads that parse and store what accounts fetch, while their connections read on: one parses a batch while the
//! other stores the one before.

use tokio::sync::{mpsc, oneshot};

use crate::channel::imap::Fetched;
use crate::error::{Error, Result};
use crate::format::mime;
use crate::model::account::ChannelKind;
use crate::model::message::{Ident, NewMessage, Raw, Role};
use crate::store::{Added, Store};

/// Where a batch of fetched messages belongs.
#[derive(Clone, Debug)]
pub struct Place {
    pub account: String,
    pub folder: String,
    pub role: Role,
    pub uid_validity: u32,
    /// For messages whose server tells no time of arrival.
    pub now: jiff::Timestamp,
}

/// Makes the messages of a batch, which takes parsing.
type Make = Box<dyn FnOnce() -> Vec<NewMessage> + Send>;

type Reply = oneshot::Sender<Result<Vec<Added>>>;

struct Job {
    make: Make,
    reply: Reply,
}

/// A handle to the threads, shared by all accounts of a sync. They end with the handle.
pub struct Writer {
    jobs: mpsc::Sender<Job>,
}

impl Writer {
    /// Starts the threads with a store of their own ([`Store::twin`]); nothing is opened before the first batch.
    pub fn start(store: Store) -> Writer {
        let (jobs, mut waiting) = mpsc::channel::<Job>(1);
        let (parsed, mut ready) = mpsc::channel::<(Vec<NewMessage>, Reply)>(1);
        tokio::task::spawn_blocking(move || {
            while let Some(job) = waiting.blocking_recv() {
                if parsed.blocking_send(((job.make)(), job.reply)).is_err() {
                    return;
                }
            }
        });
        tokio::task::spawn_blocking(move || {
            while let Some((messages, reply)) = ready.blocking_recv() {
                // The account may have given up in between.
                let _ = reply.send(store.add(messages));
            }
        });
        Writer { jobs }
    }

    /// Hands a batch over; the answer comes when it is committed.
    pub async fn add(
        &self,
        place: Place,
        messages: Vec<Fetched>,
    ) -> Result<oneshot::Receiver<Result<Vec<Added>>>> {
        self.store(move || parsed(&place, messages)).await
    }

    /// The same for messages that are made there.
    pub async fn store(
        &self,
        make: impl FnOnce() -> Vec<NewMessage> + Send + 'static,
    ) -> Result<oneshot::Receiver<Result<Vec<Added>>>> {
        let (reply, answer) = oneshot::channel();
        let job = Job {
            make: Box::new(make),
            reply,
        };
        self.jobs
            .send(job)
            .await
            .map_err(|_| Error::internal("the thread that stores messages broke down"))?;
        Ok(answer)
    }

    /// Stores messages in one commit; how many of them are new.
    pub async fn new_of(&self, messages: Vec<NewMessage>) -> Result<u64> {
        if messages.is_empty() {
            return Ok(0);
        }
        let added = self.store(move || messages).await?;
        let added = added
            .await
            .map_err(|_| Error::internal("the thread that stores messages broke down"))??;
        Ok(added.iter().filter(|added| added.new).count() as u64)
    }
}

/// Parses and stores a batch in one commit.
pub fn add(store: &Store, place: &Place, messages: Vec<Fetched>) -> Result<Vec<Added>> {
    store.add(parsed(place, messages))
}

fn parsed(place: &Place, messages: Vec<Fetched>) -> Vec<NewMessage> {
    messages
        .into_iter()
        .map(|message| NewMessage {
            account: place.account.clone(),
            channel: ChannelKind::Imap,
            folder: place.folder.clone(),
            role: place.role,
            ident: Ident::Uid {
                validity: place.uid_validity,
                uid: message.uid,
            },
            size_bytes: message.raw.len() as u64,
            received_at: message.received_at.unwrap_or(place.now),
            flags: message.flags,
            labels: message.labels,
            parsed: mime::parse(&message.raw),
            raw: Raw::Bytes(message.raw),
        })
        .collect()
}
