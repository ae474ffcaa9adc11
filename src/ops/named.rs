//! Ids where a query may stand (`purge m5`, `export t8`): they mean what they name, and are never words to look for.

use crate::error::{Error, Result};
use crate::model::id::{ContactId, MessageId, OutboxId, ThreadId};
use crate::model::query::{Field, Query, Text};

use super::App;

/// What an id names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Named {
    Message(MessageId),
    Thread(ThreadId),
    Item(OutboxId),
    Contact(ContactId),
}

/// The ids, if the text is nothing but ids.
pub fn ids(text: &str) -> Option<Vec<Named>> {
    let ids: Option<Vec<Named>> = text.split_whitespace().map(id).collect();
    ids.filter(|ids| !ids.is_empty())
}

fn id(word: &str) -> Option<Named> {
    let message = || word.parse().map(Named::Message).ok();
    let thread = || word.parse().map(Named::Thread).ok();
    let item = || word.parse().map(Named::Item).ok();
    let contact = || word.parse().map(Named::Contact).ok();
    message().or_else(thread).or_else(item).or_else(contact)
}

/// Refuses a query that would look for an id as if it were a word.
pub fn check(query: &Query) -> Result<()> {
    match query {
        Query::And(parts) | Query::Or(parts) => parts.iter().try_for_each(check),
        Query::Not(part) => check(part),
        Query::Text {
            field: Field::Any,
            text: Text::Word(word),
        } if is_like_an_id(word) => Err(Error::usage(format!(
            "`{word}` reads like an id, and would be looked for as a word"
        ))
        .hint(format!(
            "write ids alone, as in `m5 t8`; quote a word that is to be looked for: `'\"{word}\"'`"
        ))),
        _ => Ok(()),
    }
}

fn is_like_an_id(word: &str) -> bool {
    let mut chars = word.chars();
    let letter = chars.next().map(|c| c.to_ascii_lowercase());
    let digits = chars.as_str();
    matches!(letter, Some('m' | 't' | 'o' | 'c' | 'p'))
        && !digits.is_empty()
        && digits.bytes().all(|b| b.is_ascii_digit())
}

/// One message, or all of a thread.
///
/// # Errors
/// `not_found` if there is none of this id; `usage` for what is neither.
pub fn messages(app: &App, named: Named) -> Result<Vec<MessageId>> {
    match named {
        Named::Message(id) => {
            existing(app, id)?;
            app.store.location(id).map(|place| vec![place.id])
        }
        Named::Thread(id) => {
            existing(app, id)?;
            let thread = app.store.thread(id)?;
            Ok(thread.iter().map(|message| message.id).collect())
        }
        Named::Item(id) => Err(neither(id)),
        Named::Contact(id) => Err(neither(id)),
    }
}

fn neither(id: impl std::fmt::Display) -> Error {
    Error::usage(format!("`{id}` is neither a message nor a thread"))
        .hint("their ids look like `m17` and `t8`")
}

/// Looking for a message must not make a store.
fn existing(app: &App, id: impl std::fmt::Display) -> Result<()> {
    if app.store.exists() {
        return Ok(());
    }
    Err(
        Error::not_found(format!("there is no `{id}`: no mail was stored yet"))
            .hint("`comms import PATH` brings mail in"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_text_of_nothing_but_ids_names_something() {
        let all = [
            Named::Message(MessageId(5)),
            Named::Thread(ThreadId(1)),
            Named::Item(OutboxId(2)),
            Named::Contact(ContactId(9)),
        ];
        assert_eq!(ids(" m5 t1  o2 c9 ").as_deref(), Some(&all[..]));
        for query in ["", "m5 invoice", "M5", "\"m5\"", "-m5", "subject:m5", "p1"] {
            assert_eq!(ids(query), None, "{query}");
        }
    }
}
