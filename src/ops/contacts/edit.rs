//! Changes to a contact.

use serde_json::Value;

use crate::error::{Error, Result};
use crate::model::contact::{Card, Contact, ContactAddress, Via};
use crate::model::id::ContactId;
use crate::ops::{App, Origin};
use crate::rules::contact::card::{checked, differing};
use crate::rules::contact::{folded_group, json, key, key_of, read, typed};
use crate::store::contacts::Why;

use super::change::{self, ChangeReport, ChangedContact};
use super::{add, guard, who};

/// What an agent may note of a person: nothing by which someone is found or reached.
const OF_AGENTS: [&str; 5] = ["notes", "title", "birthday", "urls", "zone"];

/// A field of one line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    Name,
    Prefix,
    Given,
    Middle,
    Family,
    Suffix,
    Phonetic,
    Organization,
    Title,
    Notes,
    Zone,
    Birthday,
}

/// What is to be different.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// An empty text takes the field away.
    pub lines: Vec<(Line, String)>,
    pub add_addresses: Vec<ContactAddress>,
    /// As one types them.
    pub remove_addresses: Vec<String>,
    /// To be the first of their kind.
    pub prefer: Vec<String>,
    /// `Some(None)` takes it away.
    pub via: Option<Option<Via>>,
    pub add_nicknames: Vec<String>,
    pub remove_nicknames: Vec<String>,
    pub add_groups: Vec<String>,
    pub remove_groups: Vec<String>,
    pub add_urls: Vec<String>,
    pub remove_urls: Vec<String>,
    /// A merge patch on the card, before the rest.
    pub patch: Option<Value>,
}

impl Changes {
    pub fn is_empty(&self) -> bool {
        self.patch.is_none()
            && self.via.is_none()
            && self.lines.is_empty()
            && [
                &self.remove_addresses,
                &self.prefer,
                &self.add_nicknames,
                &self.remove_nicknames,
                &self.add_groups,
                &self.remove_groups,
                &self.add_urls,
                &self.remove_urls,
            ]
            .iter()
            .all(|list| list.is_empty())
            && self.add_addresses.is_empty()
    }

    /// The card with these changes on it, as the config reads numbers.
    pub fn onto(&self, app: &App, card: &Card) -> Result<Card> {
        match self.is_empty() {
            true => Ok(card.clone()),
            false => self.on(card, who::region(app)),
        }
    }

    /// The card with these changes on it.
    pub fn on(&self, card: &Card, region: Option<&str>) -> Result<Card> {
        let mut card = match &self.patch {
            Some(patch) => json::patched(card, patch, region)?,
            None => card.clone(),
        };
        for (line, text) in &self.lines {
            set(&mut card, *line, text);
        }
        for gone in &self.remove_addresses {
            let before = card.addresses.len();
            let wanted = key(gone);
            card.addresses
                .retain(|a| key_of(a) != wanted && a.value != *gone);
            if card.addresses.len() == before {
                return Err(absent(
                    gone,
                    &card.addresses.iter().map(typed).collect::<Vec<_>>(),
                ));
            }
        }
        card.addresses.extend(self.add_addresses.iter().cloned());
        for first in &self.prefer {
            let wanted = key(first);
            let Some(at) = card
                .addresses
                .iter()
                .position(|a| key_of(a) == wanted || a.value == *first)
            else {
                return Err(absent(
                    first,
                    &card.addresses.iter().map(typed).collect::<Vec<_>>(),
                ));
            };
            let kind = card.addresses[at].kind;
            for (n, address) in card.addresses.iter_mut().enumerate() {
                if address.kind == kind {
                    address.primary = n == at;
                }
            }
        }
        if let Some(via) = self.via {
            card.preferred = via;
        }
        let lower = |text: &str| text.trim().to_lowercase();
        take(&mut card.nicknames, &self.remove_nicknames, lower)?;
        take(&mut card.groups, &self.remove_groups, folded_group)?;
        take(&mut card.urls, &self.remove_urls, |url| {
            url.trim().to_owned()
        })?;
        card.nicknames.extend(self.add_nicknames.iter().cloned());
        card.groups.extend(self.add_groups.iter().cloned());
        card.urls.extend(self.add_urls.iter().cloned());
        checked(card, region)
    }
}

fn set(card: &mut Card, line: Line, text: &str) {
    let value = Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    let field = match line {
        Line::Name => {
            card.name = value.unwrap_or_default();
            return;
        }
        Line::Prefix => &mut card.prefix,
        Line::Given => &mut card.given,
        Line::Middle => &mut card.middle,
        Line::Family => &mut card.family,
        Line::Suffix => &mut card.suffix,
        Line::Phonetic => &mut card.phonetic,
        Line::Organization => &mut card.organization,
        Line::Title => &mut card.title,
        Line::Notes => &mut card.notes,
        Line::Zone => &mut card.zone,
        Line::Birthday => &mut card.birthday,
    };
    *field = value;
}

fn take(list: &mut Vec<String>, gone: &[String], fold: impl Fn(&str) -> String) -> Result<()> {
    for text in gone {
        let before = list.len();
        list.retain(|have| fold(have) != fold(text));
        if list.len() == before {
            return Err(absent(text, list));
        }
    }
    Ok(())
}

fn absent(text: &str, there: &[String]) -> Error {
    let shown: String = text.chars().filter(|c| !c.is_control()).take(80).collect();
    let error = Error::not_found(format!("the contact has no `{shown}`"));
    match there {
        [] => error,
        there => error.hint(format!("it has {}", there.join(", "))),
    }
}

/// What a contact is to be.
pub enum To {
    Changes(Box<Changes>),
    /// The card that was read, and what became of it in an editor.
    Edited(Box<(Card, Card)>),
}

/// Changes a contact with nobody in between: what another process wrote meanwhile stays.
///
/// # Errors
/// `refused` for an agent that would change by what someone is found or reached, and for an address that someone else
/// has, unless `anyway`.
pub fn edit(
    app: &App,
    origin: Origin,
    id: ContactId,
    (to, anyway): (&To, bool),
) -> Result<ChangeReport> {
    let region = who::region(app);
    let now = app.store.contact(id)?;
    // On what is read now, for what can be told before anything is written.
    let likely = apply(&now.card, to, region)?;
    may(origin, &now, &likely)?;
    if !anyway {
        others(app, &now, &likely)?;
    }
    let mut warnings = add::new_groups(app, std::slice::from_ref(&likely))?;
    warnings.extend(shadowed(app, &now, &likely)?);
    let mut before = None;
    let why = Why {
        what: "edit",
        by: origin.name(),
    };
    let changed = app
        .store
        .alter_contact(now.id, (why, app.clock.now()), |card| {
            before = Some(card.clone());
            let after = apply(card, to, region)?;
            let present = Contact {
                card: card.clone(),
                ..now.clone()
            };
            may(origin, &present, &after)?;
            Ok(after)
        })?;
    let row = ChangedContact::of(changed.id, before.as_ref(), Some(&changed.card));
    Ok(ChangeReport {
        change: match row.change {
            "changed" => change::last(app, changed.id)?,
            _ => None,
        },
        contacts: vec![row],
        warnings,
    })
}

fn apply(card: &Card, to: &To, region: Option<&str>) -> Result<Card> {
    match to {
        To::Changes(changes) => changes.on(card, region),
        To::Edited(both) => checked(json::carried(&both.0, &both.1, card), region),
    }
}

fn may(origin: Origin, contact: &Contact, after: &Card) -> Result<()> {
    let fields = differing(&contact.card, after);
    let beyond: Vec<_> = fields
        .into_iter()
        .filter(|f| !OF_AGENTS.contains(f))
        .collect();
    if beyond.is_empty() {
        return Ok(());
    }
    let doing = format!(
        "change the {} of `{} {}`: mail would go elsewhere",
        beyond.join(", "),
        contact.id,
        contact.card.label()
    );
    guard::no_agent(
        origin,
        &doing,
        &format!("comms contacts edit {}", contact.id),
    )
}

/// Refuses an address that came and that someone else has.
fn others(app: &App, now: &Contact, after: &Card) -> Result<()> {
    let had: Vec<String> = now.card.addresses.iter().map(key_of).collect();
    for address in after.addresses.iter().filter(|a| !had.contains(&key_of(a))) {
        let owners = app.store.contacts_at(&typed(address))?;
        if let Some(other) = owners.iter().find(|c| c.id != now.id) {
            return Err(Error::refused(format!(
                "`{}` is an address of `{} {}`",
                typed(address),
                other.id,
                other.card.label()
            ))
            .hint(format!(
                "join the two with `comms contacts merge {} {}`, or let both have it with --force",
                now.id, other.id
            )));
        }
    }
    Ok(())
}

/// New names by which someone else is known.
fn shadowed(app: &App, now: &Contact, after: &Card) -> Result<Vec<String>> {
    let new = Card {
        name: match after.name == now.card.name {
            true => String::new(),
            false => after.name.clone(),
        },
        nicknames: after
            .nicknames
            .iter()
            .filter(|n| !now.card.nicknames.contains(n))
            .cloned()
            .collect(),
        ..Card::default()
    };
    let own = format!("names {} ", now.id);
    let all = add::shadows(app, &[new])?;
    let words = all.into_iter().map(|(_, words)| words);
    Ok(words.filter(|words| !words.contains(&own)).collect())
}

/// Reads addresses as they are typed behind `--add-address`.
pub fn addresses(app: &App, typed: &[String]) -> Result<Vec<ContactAddress>> {
    typed
        .iter()
        .map(|text| read::address(text, who::region(app)))
        .collect()
}
