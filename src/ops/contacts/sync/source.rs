//! What an address book elsewhere has to be able to do to be synced with.
//!
//! Each side of a contact is only ever compared with its own former state: the card that was agreed on here, and the
//! document that was agreed on there. So what a source can't hold, or spells in its own way, is no change.

use std::collections::HashMap;

use jiff::Timestamp;

use crate::error::{Error, Result};
use crate::format::vcard::{self, Joined};
use crate::model::account::{Account, ChannelKind};
use crate::model::contact::Card;
use crate::ops::App;

use super::carddav::{self, Carddav};
use super::google::{self, Google};
use super::members::{self, Members};

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
    /// Known under another id now: the former one, and this.
    Moved(String, String),
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

/// Whose an id is that an account was once known to have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// A contact of this book.
    Ours,
    /// Of another book of the account, which has a sync of its own.
    AnotherBook,
    /// Of a book that the account is not synced with any more.
    Former,
}

/// A book of an account.
pub enum Source {
    Carddav(Box<Carddav>),
    Google(Box<Google>),
    /// Who else is in a workspace or in spaces; only read.
    Members(Box<Members>),
}

/// What of a contact is not on its card.
#[derive(Clone, Copy, Debug, Default)]
pub struct Stamp<'a> {
    /// For a new one: what names it wherever it lies.
    pub uid: Option<&'a str>,
    /// When it was changed last.
    pub changed_at: Option<Timestamp>,
}

impl Source {
    /// The books of an account, each to be synced by itself.
    pub async fn open(app: &App, account: &Account) -> Result<Vec<Source>> {
        match account.channel {
            ChannelKind::Carddav => {
                let book = Carddav::open(app, account).await?;
                Ok(vec![Source::Carddav(Box::new(book))])
            }
            ChannelKind::Gmail => {
                let books = Google::open(app, account).await?.into_iter();
                Ok(books.map(|book| Source::Google(Box::new(book))).collect())
            }
            ChannelKind::Slack | ChannelKind::GoogleChat => {
                let members = Members::new(app, account);
                Ok(vec![Source::Members(Box::new(members))])
            }
            other => Err(Error::usage(format!(
                "account `{}` of channel {} has no contacts to sync with",
                account.name,
                other.name()
            ))),
        }
    }

    /// Whether an account is synced when none is named.
    pub fn is_usual(account: &Account) -> bool {
        account.channel.is_address_book() || account.contacts.is_some()
    }

    /// What its cursor is kept under, beside the account.
    pub fn book(&self) -> &str {
        match self {
            Source::Carddav(book) => book.name(),
            Source::Google(book) => book.name(),
            Source::Members(_) => members::NAME,
        }
    }

    /// Whether changes can be made there.
    pub fn writes(&self) -> bool {
        match self {
            Source::Carddav(book) => book.writes(),
            Source::Google(book) => book.writes(),
            Source::Members(_) => false,
        }
    }

    pub fn whose(&self, id: &str) -> Whose {
        match self {
            Source::Carddav(book) => book.whose(id),
            Source::Google(book) => book.whose(id),
            Source::Members(_) => Whose::Ours,
        }
    }

    /// How many changes are made at once.
    pub fn at_once(&self) -> usize {
        match self {
            Source::Carddav(_) => 8,
            Source::Google(_) => 200,
            Source::Members(_) => 1,
        }
    }

    /// What a document of this source says; else in words what is wrong with it.
    pub fn meaning(&self, document: &[u8]) -> Result<Meaning, String> {
        match self {
            Source::Carddav(_) => carddav::meaning(document),
            Source::Google(_) => google::meaning(document),
            Source::Members(_) => members::meaning(document),
        }
    }

    /// The document of a card: put into that which is there, of which all stays that a card can't hold.
    pub fn render(&self, card: &Card, base: Option<&[u8]>, stamp: Stamp<'_>) -> Vec<u8> {
        match self {
            Source::Carddav(_) => carddav::render(card, base, stamp),
            Source::Google(_) => google::render(card, base, stamp),
            // What they say of themselves is theirs alone.
            Source::Members(_) => base.unwrap_or_default().to_vec(),
        }
    }

    /// A document with what another one of this source says beyond its card.
    pub fn joined(&self, base: &[u8], other: &[u8]) -> (Vec<u8>, Joined) {
        match self {
            Source::Carddav(_) => vcard::joined(base, other),
            Source::Google(_) => google::joined(base, other),
            Source::Members(_) => (base.to_vec(), Joined::default()),
        }
    }

    /// Whether a vCard (of an imported file) can be the document of a new contact.
    pub fn takes_vcards(&self) -> bool {
        match self {
            Source::Carddav(_) => true,
            Source::Google(_) | Source::Members(_) => false,
        }
    }

    /// What is there, or what changed since; `known` are the ETags of what is linked, by id.
    pub async fn fetch(
        &self,
        since: Option<&str>,
        known: &HashMap<&str, Option<&str>>,
    ) -> Result<Fetched> {
        match self {
            Source::Carddav(book) => book.fetch(since, known).await,
            Source::Google(book) => book.fetch(since, known).await,
            Source::Members(members) => members.fetch(known).await,
        }
    }

    /// One contact as it is now; `None` if it is gone.
    pub async fn read_one(&self, id: &str) -> Result<Option<Remote>> {
        match self {
            Source::Carddav(book) => book.read_one(id).await,
            Source::Google(book) => book.read_one(id).await,
            Source::Members(_) => Ok(None),
        }
    }

    /// Makes changes; an outcome for each, in the order given.
    pub async fn write(&self, writes: Vec<Write>) -> Vec<Outcome> {
        match self {
            Source::Carddav(book) => book.write(writes).await,
            Source::Google(book) => book.write(writes).await,
            Source::Members(_) => members::refused(&writes),
        }
    }
}
