//! What an address book elsewhere has to be able to do to be synced with.
//!
//! Each side of a contact is only ever compared with its own former state: the card that was agreed on here, and the
//! document that was agreed on there. So what a source can't hold, or spells in its own way, is no change.

use jiff::Timestamp;

use crate::error::Error;
use crate::model::contact::Card;

/// A contact as a source has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remote {
    /// Its id there: a path, `people/c12`. Of all books of an account only one contact has it.
    pub id: String,
    /// `None` where the source has none.
    pub etag: Option<String>,
    /// As the source tells it; all of it is kept, and given back with the next change.
    pub document: Vec<u8>,
}

/// What a document says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Meaning {
    pub card: Card,
    /// What names the contact wherever it lies; a contact that moved is known by it.
    pub uid: Option<String>,
    /// When someone changed it last, if the source tells.
    pub changed_at: Option<Timestamp>,
}

/// How a contact stands there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum News {
    /// New, or not as it was known.
    Changed(Remote),
    /// There, as it was known (its id).
    Same(String),
    /// Deleted (its id).
    Gone(String),
    /// There, and not to be understood: its id, and why. It is left alone.
    Unreadable(String, String),
}

/// What a source told.
#[derive(Clone, Debug, Default)]
pub struct Fetched {
    /// Everything was named: what is known and was not named is gone.
    pub full: bool,
    pub news: Vec<News>,
    /// Where the next time begins; kept once everything that was told is settled.
    pub next: Option<String>,
    /// What to know about it that is no fault.
    pub notes: Vec<String>,
}

/// A change to be made there.
#[derive(Clone, Debug)]
pub enum Write {
    /// Makes a contact. The same `uid` means the same one, however often it is tried.
    Create { uid: String, document: Vec<u8> },
    /// Replaces one, unless it is not what it was.
    Update { old: Remote, document: Vec<u8> },
    /// Deletes one, unless it is not what it was.
    Delete { old: Remote },
}

/// What became of a change.
#[derive(Debug)]
pub enum Outcome {
    /// It is as wanted: what is there now, `None` after a deletion.
    Done(Option<Remote>),
    /// It was made before, by a sync that was cut short: what is there now.
    Exists(Remote),
    /// Someone changed it since it was read: nothing was overwritten.
    Stale,
    /// There is no such contact any more.
    Gone,
    /// Certainly nothing was changed.
    Refused(Error),
    /// It may have been changed: the next sync finds out.
    Unknown(Error),
}
