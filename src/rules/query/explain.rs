//! How a query was read, for people and programs.

use std::fmt;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use schemars::JsonSchema;
use serde::Serialize;

use crate::model::query::{Fact, Field, Query, Text};

/// One condition and those it is made of. Its `Display` is one line each, indented.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Explained {
    /// The condition in words.
    pub reads: String,
    /// For `all of`, `any of` and `not`: what follows it.
    pub parts: Vec<Explained>,
}

/// Says how a query was read; times are in this zone.
pub fn explain(query: &Query, zone: &TimeZone) -> Explained {
    let many = |reads: &str, parts: &[Query]| Explained {
        reads: reads.to_owned(),
        parts: parts.iter().map(|part| explain(part, zone)).collect(),
    };
    let reads = match query {
        Query::And(parts) => return many("all of", parts),
        Query::Or(parts) => return many("any of", parts),
        Query::Not(inner) => return many("not", std::slice::from_ref(&**inner)),
        Query::All => "every message".to_owned(),
        Query::Text { field, text } => format!("{} has {}", place(*field), described(text)),
        Query::Is(fact) => fact_in_words(*fact).to_owned(),
        Query::Channel(name) => format!("the channel is {name}"),
        Query::Account(name) => format!("the account is {name}"),
        Query::In(folder) => format!("it lies in {folder}"),
        Query::Label(label) => format!("it has the label {label}"),
        Query::Thread(id) => format!("it belongs to thread {id}"),
        Query::Since(at) => format!("the date is {} or later", local(*at, zone)),
        Query::Until(at) => format!("the date is before {}", local(*at, zone)),
        Query::Larger(bytes) => format!("it has more than {bytes} bytes"),
        Query::Smaller(bytes) => format!("it has fewer than {bytes} bytes"),
    };
    Explained {
        reads,
        parts: Vec::new(),
    }
}

impl fmt::Display for Explained {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The parser bounds the depth.
        fn write(explained: &Explained, depth: usize, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            let colon = if explained.parts.is_empty() { "" } else { ":" };
            writeln!(
                f,
                "{:width$}{}{colon}",
                "",
                explained.reads,
                width = depth * 2
            )?;
            explained
                .parts
                .iter()
                .try_for_each(|part| write(part, depth + 1, f))
        }
        write(self, 0, f)
    }
}

fn place(field: Field) -> &'static str {
    match field {
        Field::Any => "any part",
        Field::From => "the sender",
        Field::To => "a recipient",
        Field::Cc => "the Cc",
        Field::Subject => "the subject",
        Field::Filename => "an attachment's name",
    }
}

fn described(text: &Text) -> String {
    match text {
        Text::Word(word) => format!("the word `{word}`"),
        Text::Phrase(phrase) => format!("the phrase `{phrase}`"),
        Text::Prefix(stem) => format!("a word that begins with `{stem}`"),
    }
}

fn fact_in_words(fact: Fact) -> &'static str {
    match fact {
        Fact::Unread => "it is unread",
        Fact::Starred => "it is starred",
        Fact::Sent => "you sent it",
        Fact::Received => "you received it",
        Fact::HasAttachment => "it has an attachment",
        Fact::HasLink => "it has a link",
    }
}

fn local(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone())
        .strftime("%Y-%m-%dT%H:%M:%S%:z")
        .to_string()
}
