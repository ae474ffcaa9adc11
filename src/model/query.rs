//! The query tree: what `rules::query` reads from text and `store::search` answers.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Deserialize;

use super::id::ThreadId;

/// A search, read. Every leaf has one meaning on every channel.
#[derive(Clone, Debug, PartialEq)]
pub enum Query {
    /// Every message.
    All,
    And(Vec<Query>),
    Or(Vec<Query>),
    Not(Box<Query>),
    Text {
        field: Field,
        text: Text,
    },
    Is(Fact),
    /// Channel kind by name; `mail` and `email` mean every mail channel.
    Channel(String),
    Account(String),
    /// A folder path, compared without case, or a role name (`inbox`, `sent`, `trash` …).
    In(String),
    Label(String),
    Thread(ThreadId),
    /// Sent at this instant or later.
    Since(Timestamp),
    /// Sent before this instant.
    Until(Timestamp),
    /// More bytes than this.
    Larger(u64),
    /// Fewer bytes than this.
    Smaller(u64),
}

/// Which part of a message a text is looked for in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// Anywhere: subject, people, body and attachment names.
    Any,
    From,
    /// Any recipient: To, Cc and Bcc.
    To,
    Cc,
    Subject,
    Filename,
}

/// A text as typed; the store splits it into tokens as it splits the messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Text {
    /// One word; if it holds several tokens (`ada@example.com`) they must be neighbours.
    Word(String),
    Phrase(String),
    /// At least two characters, without the star.
    Prefix(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fact {
    Unread,
    Starred,
    Sent,
    Received,
    HasAttachment,
    HasLink,
}

/// The order of results.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Sort {
    /// The newest first.
    #[default]
    Newest,
    /// What fits best first.
    Relevance,
}
