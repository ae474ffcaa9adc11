//! What a provider tells by itself: a call of ours to its webhook, kept raw, and the news in it.

use jiff::Timestamp;
use serde_json::Value;

use super::money::Money;

/// A call as it came in.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    /// `GET` or `POST`.
    pub method: &'a str,
    /// The address that was called, as the provider knows it, with its query.
    pub url: &'a str,
    /// Names in lower case.
    pub headers: &'a [(String, String)],
    pub body: &'a [u8],
    pub at: Timestamp,
}

impl Call<'_> {
    /// The only header of this name; `None` if there is none, or more than one.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut found = self.headers.iter().filter(|(known, _)| known == name);
        match (found.next(), found.next()) {
            (Some((_, value)), None) => Some(value),
            _ => None,
        }
    }
}

/// What is to become of a call that is proven to be the provider's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// A proof that this address is ours: answered with these bytes as plain text, and nothing is kept.
    Handshake(Vec<u8>),
    /// Kept before it is answered.
    Events(Vec<Event>),
}

/// One thing that a provider told, as it told it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Who is told twice knows it by this; unique in its account.
    pub id: String,
    /// The provider's document, or what it sent if that is none.
    pub body: Vec<u8>,
}

/// What an event says.
#[derive(Clone, Debug, PartialEq)]
pub enum News {
    /// Someone wrote.
    Message(Incoming),
    /// Something became of a message of ours.
    Status(StatusNews),
    /// Someone wants no more messages of this account, or wants them again.
    OptOut {
        address: String,
        out: bool,
        why: String,
    },
    /// A message that is known was edited: this is its document now.
    Edited(Incoming),
    /// A message that is known was deleted by its writer.
    Deleted(String),
}

/// A message as it will be stored.
#[derive(Clone, Debug, PartialEq)]
pub struct Incoming {
    /// The provider's own id, as in `Ident::Remote`.
    pub remote: String,
    /// What `format::document::parse` reads.
    pub document: Value,
    pub at: Timestamp,
    /// Sent by the account itself (from a phone, or another program).
    pub own: bool,
    /// The folder it lies in, where the channel has several; else the inbox, or Sent.
    pub folder: Option<String>,
}

/// How far a part of a message got, by its provider's word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reported {
    /// The provider has it.
    Queued,
    /// It left the provider.
    Sent,
    Delivered,
    Read,
    /// It will not arrive.
    Undelivered,
}

impl Reported {
    pub const ALL: [Reported; 5] = [
        Reported::Queued,
        Reported::Sent,
        Reported::Delivered,
        Reported::Read,
        Reported::Undelivered,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Reported::Queued => "queued",
            Reported::Sent => "sent",
            Reported::Delivered => "delivered",
            Reported::Read => "read",
            Reported::Undelivered => "undelivered",
        }
    }

    /// The state of this name.
    pub fn named(name: &str) -> Option<Reported> {
        Reported::ALL.into_iter().find(|r| r.name() == name)
    }

    /// What holds of two words that came in any order: the one that knows more. Whoever has a message in hand got it,
    /// whatever was said of it before or after.
    pub fn and(self, other: Reported) -> Reported {
        let knows = |r: Reported| match r {
            Reported::Queued => 0,
            Reported::Sent => 1,
            Reported::Undelivered => 2,
            Reported::Delivered => 3,
            Reported::Read => 4,
        };
        if knows(other) > knows(self) {
            other
        } else {
            self
        }
    }

    /// Whether it arrived.
    pub fn arrived(self) -> bool {
        matches!(self, Reported::Delivered | Reported::Read)
    }
}

/// What a provider says of a message of ours.
#[derive(Clone, Debug, PartialEq)]
pub struct StatusNews {
    /// The provider's own id of the part.
    pub remote: String,
    /// Our own id of the item and the number of the part (from 1), where the provider repeats them.
    pub own: Option<(String, usize)>,
    pub state: Reported,
    pub at: Option<Timestamp>,
    /// The provider's number or name for what went wrong.
    pub code: Option<String>,
    /// What went wrong, in words.
    pub words: Option<String>,
    /// What it cost, once the provider says so.
    pub billed: Option<Money>,
    /// How many messages it was counted as.
    pub segments: Option<u32>,
    /// What the provider says of its price without an amount, as it says it.
    pub pricing: Option<Value>,
}
