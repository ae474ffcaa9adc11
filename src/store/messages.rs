//! Messages in and out: identity and bytes in `raw.db`, rows, text and facts in `index.db`.

use crate::error::Result;
use crate::model::id::{MessageId, ThreadId};
use crate::model::message::{Change, Envelope, Ident, Location, NewMessage, Raw};

use super::Store;

/// What became of one message handed to [`Store::add`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Added {
    pub id: MessageId,
    /// False if this copy was already there.
    pub new: bool,
}

impl Store {
    /// Stores and indexes a batch in one commit per file; results in the order given.
    pub fn add(&self, _batch: Vec<NewMessage>) -> Result<Vec<Added>> {
        todo!()
    }

    /// Raw RFC 5322 bytes of a message.
    pub fn raw(&self, _id: MessageId) -> Result<Vec<u8>> {
        todo!()
    }

    /// Rows for these ids, in the order given; unknown ids are a not-found error naming the first.
    pub fn envelopes(&self, _ids: &[MessageId]) -> Result<Vec<Envelope>> {
        todo!()
    }

    /// Where a message lives.
    pub fn location(&self, _id: MessageId) -> Result<Location> {
        todo!()
    }

    /// All messages of a thread, oldest first; follows the id of a merged thread to the new one.
    pub fn thread(&self, _id: ThreadId) -> Result<Vec<Envelope>> {
        todo!()
    }

    /// Messages with this Message-ID (without brackets), newest first.
    pub fn by_message_id(&self, _message_id: &str) -> Result<Vec<MessageId>> {
        todo!()
    }

    /// The message with this identity in this folder.
    pub fn find(&self, _account: &str, _folder: &str, _ident: &Ident) -> Result<Option<MessageId>> {
        todo!()
    }

    /// Changes flags and labels (not the folder) of these messages, here only.
    pub fn change(&self, _ids: &[MessageId], _change: &Change) -> Result<()> {
        todo!()
    }

    /// Records that a message is now elsewhere: another folder, another ident, other raw bytes' place.
    pub fn relocate(
        &self,
        _id: MessageId,
        _folder: &str,
        _role: crate::model::message::Role,
        _ident: &Ident,
        _raw: Option<Raw>,
    ) -> Result<()> {
        todo!()
    }

    /// Forgets messages: rows, index entries and bytes.
    pub fn remove(&self, _ids: &[MessageId]) -> Result<()> {
        todo!()
    }

    /// Builds `index.db` anew from the other two files and the Maildirs, with the same ids.
    pub fn rebuild_index(&self, _progress: &dyn Fn(u64, Option<u64>)) -> Result<u64> {
        todo!()
    }
}
