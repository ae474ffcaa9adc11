//! Which contact is meant by an id, an address or a name.

use crate::error::{Error, Result};
use crate::model::contact::{AddressKind, Candidate, Contact, Verdict};
use crate::model::id::ContactId;
use crate::ops::App;
use crate::rules::contact::read::{self, Word};
use crate::rules::contact::typed;

use super::find;

/// How many are told where several may be meant.
const TOLD: usize = 5;

/// The one contact that an id (`c9`), an address or a name means beyond doubt.
///
/// # Errors
/// `usage` with those who may be meant, `not_found` for nobody.
pub fn contact(app: &App, asked: &str) -> Result<Contact> {
    let asked = asked.trim();
    if let Ok(id) = asked.parse::<ContactId>() {
        return app.store.contact(id);
    }
    if let Ok(Word::Address(address, _)) = read::word(asked, region(app)) {
        let mut all = app.store.contacts_at(&typed(&address))?;
        return match all.len() {
            0 => Err(nobody(asked)),
            1 => Ok(all.swap_remove(0)),
            _ => Err(several(
                asked,
                all.iter().map(|c| (Some(c.id), c.card.label().to_owned())),
            )),
        };
    }
    let found = find::find(app, asked, TOLD)?;
    let first = found.candidates.first();
    match (found.verdict, first.and_then(|c| c.contact)) {
        (Verdict::Clear, Some(id)) => app.store.contact(id),
        (Verdict::Clear, None) => Err(unknown(asked, first)),
        (Verdict::Several, _) => {
            let all = found.candidates.into_iter();
            Err(several(asked, all.map(|c| (c.contact, c.name))))
        }
        (Verdict::Nobody, _) => Err(nobody(asked)),
    }
}

/// The region in which a number without a country is dialled: that of the account that takes numbers.
pub fn region(app: &App) -> Option<&str> {
    let accounts = || app.config.accounts.iter().filter(|a| a.channel.is_phone());
    let default = app.config.default_phone.as_deref();
    let default = accounts().find(|a| Some(a.name.as_str()) == default);
    let mut regions: Vec<_> = accounts().filter_map(|a| a.region()).collect();
    regions.sort_unstable();
    regions.dedup();
    match (default, &regions[..]) {
        (Some(account), _) => account.region(),
        (None, [one]) => Some(one),
        _ => None,
    }
}

/// The name and an address, to tell people apart by.
pub fn named(contact: &Contact) -> String {
    let told = told(contact);
    let id = contact.id.to_string();
    told.strip_prefix(&id).unwrap_or(&told).trim().to_owned()
}

/// The id, the name and an address.
pub fn told(contact: &Contact) -> String {
    let mail = contact.card.of_kind(AddressKind::Email).next();
    match mail.or(contact.card.addresses.first()) {
        Some(address) => format!(
            "{} {} <{}>",
            contact.id,
            contact.card.label(),
            typed(address)
        ),
        None => format!("{} {}", contact.id, contact.card.label()),
    }
}

fn nobody(asked: &str) -> Error {
    Error::not_found(format!("there is no contact `{}`", shown(asked)))
        .hint("`comms contacts list` shows them, `comms contacts add` makes one")
}

fn unknown(asked: &str, candidate: Option<&Candidate>) -> Error {
    let address = candidate.and_then(|c| c.address.clone());
    Error::not_found(format!("`{}` is known from messages only", shown(asked))).hint(format!(
        "make a contact of it with `comms contacts add '{}' {}`",
        shown(asked).replace('\'', ""),
        shown(&address.unwrap_or_default())
    ))
}

fn several(asked: &str, all: impl Iterator<Item = (Option<ContactId>, String)>) -> Error {
    let all: Vec<String> = all
        .map(|(id, name)| match id {
            Some(id) => format!("{id} {}", shown(&name)),
            None => format!("{} (known from messages only)", shown(&name)),
        })
        .collect();
    if let [one] = &all[..] {
        return Error::usage(format!(
            "`{}` is not certain: is {one} meant?",
            shown(asked)
        ))
        .hint("write the id, or the name as it is");
    }
    Error::usage(format!(
        "`{}` may mean several: {}",
        shown(asked),
        all.join(", ")
    ))
    .hint("write the id of the one you mean")
}

fn shown(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(80).collect()
}
