//! New contacts.

use std::collections::HashMap;

use crate::error::{Error, Result};
use crate::model::address::Address;
use crate::model::contact::{AddressKind, Card, Verdict};
use crate::model::id::{ContactId, MessageId};
use crate::ops::{App, Origin};
use crate::rules::contact::card::checked;
use crate::rules::contact::folded_group;
use crate::rules::contact::read::{self, Word};
use crate::store::contacts::{Added, Why};

use super::change::{self, ChangeReport, ChangedContact};
use super::{find, guard, who};

/// Cards that are to be contacts.
#[derive(Debug, Default)]
pub struct AddRequest {
    pub cards: Vec<Card>,
    /// Make them even if someone has one of their addresses.
    pub anyway: bool,
}

/// More than these are compared with all names at once instead of being looked up one by one.
const FEW: usize = 20;

/// Makes contacts of cards. One of whose addresses someone has is left out.
///
/// # Errors
/// `usage` for a card that can't be kept, and then none is; `refused` if one alone is left out, and for an agent whose
/// card would take over a name or a group.
pub fn add(app: &App, origin: Origin, request: AddRequest) -> Result<ChangeReport> {
    let region = who::region(app);
    let many = request.cards.len() > 1;
    let mut cards = Vec::new();
    for (n, card) in request.cards.into_iter().enumerate() {
        cards.push(checked(card, region).map_err(|mut e| {
            if many {
                e.message = format!("contact {}: {}", n + 1, e.message);
            }
            e
        })?);
    }
    let mut warnings = new_groups(app, &cards)?;
    if origin == Origin::Agent {
        for card in &cards {
            takes_over_nobody(app, card)?;
        }
    }
    // Before they are added: afterwards each name would be its own.
    let shadowed = match origin {
        Origin::Agent => Vec::new(),
        _ => shadows(app, &cards)?,
    };
    let why = Why {
        what: "add",
        by: origin.name(),
    };
    let added = app
        .store
        .add_contacts(&cards, request.anyway, (why, app.clock.now()))?;
    for (n, warning) in shadowed {
        if matches!(added.get(n), Some(Added::New(_))) {
            warnings.push(warning);
        }
    }
    let mut report = ChangeReport {
        warnings,
        ..ChangeReport::default()
    };
    for (card, added) in cards.iter().zip(added) {
        match added {
            Added::New(id) => {
                if report.change.is_none() {
                    report.change = change::last(app, id)?;
                }
                let row = ChangedContact::of(id, None, Some(card));
                report.contacts.push(row);
            }
            Added::Known(id, address) if !many => return Err(known(app, (id, &address), card)),
            Added::Known(id, _) => report.contacts.push(ChangedContact {
                id: None,
                name: card.label().to_owned(),
                change: "exists",
                other: Some(id),
                fields: Vec::new(),
                lost: Vec::new(),
            }),
        }
    }
    Ok(report)
}

/// A card for the sender of a message.
pub fn sender(app: &App, id: MessageId) -> Result<Card> {
    let envelope = app.store.envelopes(&[id])?.into_iter().next();
    let envelope = envelope.ok_or_else(|| {
        Error::not_found(format!("there is no message `{id}`")).hint("`comms inbox` lists them")
    })?;
    let from: &Address = envelope
        .from
        .first()
        .ok_or_else(|| Error::not_found(format!("`{id}` does not say who sent it")))?;
    let Word::Address(mut address, _) = read::word(&from.email, who::region(app))? else {
        return Err(Error::usage(format!(
            "the sender of `{id}` has no address to write to"
        )));
    };
    if matches!(address.kind, AddressKind::Slack | AddressKind::Chat) {
        address.account = Some(envelope.account);
    }
    Ok(Card {
        name: from.name.clone().unwrap_or_default(),
        addresses: vec![address],
        ..Card::default()
    })
}

fn known(app: &App, (id, address): (ContactId, &str), card: &Card) -> Error {
    let name = match app.store.contact(id) {
        Ok(contact) => format!("{id} {}", contact.card.label()),
        Err(_) => id.to_string(),
    };
    let more = card
        .addresses
        .iter()
        .map(crate::rules::contact::typed)
        .find(|a| a != address);
    let hint = match more {
        Some(more) => format!(
            "add to it with `comms contacts edit {id} --add-address {}`, or make another one with --force",
            quoted(&more)
        ),
        None => {
            format!("look at it with `comms contacts show {id}`, or make another one with --force")
        }
    };
    Error::refused(format!("`{address}` is an address of `{name}`")).hint(hint)
}

/// As a shell takes it.
fn quoted(word: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || "@.+-_:/".contains(c);
    match word.chars().all(bare) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', "'\\''")),
    }
}

/// An agent's contact must not be the one that a name meant someone else by, nor come into a group.
fn takes_over_nobody(app: &App, card: &Card) -> Result<()> {
    let command = "comms contacts add NAME ADDRESS";
    if !card.groups.is_empty() {
        return guard::no_agent(Origin::Agent, "put someone into a group", command);
    }
    for name in names(card) {
        let found = find::find(app, name, 3)?;
        let exact = found
            .candidates
            .iter()
            .any(|c| c.exact && c.contact.is_some());
        if exact || found.verdict == Verdict::Clear {
            let who = found.candidates.first().map(|c| c.name.clone());
            return guard::no_agent(
                Origin::Agent,
                &format!(
                    "add a contact named `{name}`, which means `{}` now",
                    who.unwrap_or_default()
                ),
                command,
            );
        }
    }
    Ok(())
}

fn names(card: &Card) -> impl Iterator<Item = &str> {
    let all = std::iter::once(&card.name).chain(&card.nicknames);
    all.map(String::as_str).filter(|name| !name.is_empty())
}

/// Names of these cards by which someone else is known: a warning, and which card it is of.
pub fn shadows(app: &App, cards: &[Card]) -> Result<Vec<(usize, String)>> {
    let mut warnings = Vec::new();
    let mut told = |n: usize, name: &str, id: ContactId, who: &str| {
        let words = format!(
            "`{name}` also names {id} {who}: sending to it will ask which one, or take an id"
        );
        warnings.push((n, words));
    };
    let all_names = || {
        let cards = cards.iter().enumerate();
        cards.flat_map(|(n, card)| names(card).map(move |name| (n, name)))
    };
    if cards.len() <= FEW {
        for (n, name) in all_names() {
            let found = find::find(app, name, 3)?.candidates;
            if let Some((id, c)) = found
                .iter()
                .filter(|c| c.exact)
                .find_map(|c| Some((c.contact?, c)))
            {
                told(n, name, id, &c.name);
            }
        }
        return Ok(warnings);
    }
    let all = app.store.contacts(None)?;
    let mut known = HashMap::new();
    for contact in &all {
        for name in names(&contact.card) {
            known.entry(name.to_lowercase()).or_insert(contact);
        }
    }
    for (n, name) in all_names() {
        if let Some(other) = known.get(&name.to_lowercase()) {
            told(n, name, other.id, other.card.label());
        }
    }
    Ok(warnings)
}

/// Groups that there were not.
pub fn new_groups(app: &App, cards: &[Card]) -> Result<Vec<String>> {
    let mut warnings = Vec::new();
    let mut seen = std::collections::HashSet::new();
    for group in cards.iter().flat_map(|card| &card.groups) {
        if seen.insert(folded_group(group)) && app.store.group(group)?.is_none() {
            warnings.push(format!("the group `@{group}` is new"));
        }
    }
    Ok(warnings)
}
