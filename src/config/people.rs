//! The keys of an account that say which of its people are contacts.

use crate::error::Result;
use crate::model::account::{Book, ChannelKind, Contacts};

use super::file::{RawAccount, Source, nearest};

/// Whether its people are contacts.
pub fn contacts(
    raw: &RawAccount,
    source: &Source,
    channel: ChannelKind,
) -> Result<Option<Contacts>> {
    let Some(at) = &raw.contacts else {
        return Ok(None);
    };
    let mut known = Contacts::ALL.into_iter();
    let Some(contacts) = known.find(|contacts| contacts.name() == at.value) else {
        return Err(source
            .error(
                &at.span,
                format!("`{}` is not a way to take contacts", at.value),
            )
            .hint("contacts is \"sync\" (changes go both ways) or \"read\""));
    };
    if contacts == Contacts::Sync && channel != ChannelKind::Gmail {
        return Err(source
            .error(
                &at.span,
                format!(
                    "the people of a `{}` account can't be changed",
                    channel.name()
                ),
            )
            .hint("write contacts = \"read\""));
    }
    Ok(Some(contacts))
}

/// Whose contacts: those the user filed if nothing else is said.
pub fn books(raw: &RawAccount, source: &Source) -> Result<Vec<Book>> {
    let Some(at) = &raw.books else {
        return Ok(vec![Book::Contacts]);
    };
    let names = Book::ALL.map(Book::name);
    let book = |name: &String| {
        Book::named(name).ok_or_else(|| {
            let error = source.error(&at.span, format!("there is no book `{name}`"));
            match nearest(name, &names) {
                Some(near) => error.hint(format!("did you mean `{near}`?")),
                None => error.hint(format!("books are {}", names.join(", "))),
            }
        })
    };
    at.value.iter().map(book).collect()
}
