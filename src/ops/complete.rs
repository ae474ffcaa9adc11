//! What a shell offers for a word that is begun: people, groups, accounts, ids, labels. Asks nobody, waits for nothing.

use std::collections::HashMap;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::error::Result;
use crate::format::clean;
use crate::model::contact::{AddressKind, Card};
use crate::model::id::ContactId;
use crate::model::query::{Query, Sort};
use crate::rules::contact::{folded_group, typed};
use crate::rules::people::fold;
use crate::store::people::{Person, Wanted};

use super::App;

/// What kind of word is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Wants {
    /// Whoever can be sent to: people, addresses, groups.
    Recipient,
    Contact,
    Group,
    Account,
    Label,
    /// `m1423`
    Message,
    /// `o17`
    Item,
}

/// A word that is offered, and what it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    pub word: String,
    pub about: String,
}

/// Most offers for one word.
const MOST: usize = 40;

/// What may be meant by a word that is begun, the likeliest first.
pub fn offers(app: &App, wants: Wants, begun: &str) -> Result<Vec<Offer>> {
    if !app.store.exists() && wants != Wants::Account {
        return Ok(Vec::new());
    }
    let mut offers = match wants {
        Wants::Recipient | Wants::Contact if begun.starts_with('@') => groups(app, begun)?,
        Wants::Group => groups(app, begun)?,
        Wants::Recipient => recipients(app, begun, true)?,
        Wants::Contact => recipients(app, begun, false)?,
        Wants::Account => accounts(app),
        Wants::Label => labels(app)?,
        Wants::Message => messages(app)?,
        Wants::Item => items(app)?,
    };
    if !matches!(wants, Wants::Recipient | Wants::Contact) {
        let begun = begun.to_lowercase();
        offers.retain(|offer| offer.word.to_lowercase().starts_with(&begun));
    }
    // What can't be shown as it is can't be typed either.
    offers.retain(|offer| !offer.word.is_empty() && clean::line(&offer.word) == offer.word);
    offers.truncate(MOST);
    for offer in &mut offers {
        offer.about = clean::line(&offer.about);
    }
    Ok(offers)
}

fn recipients(app: &App, begun: &str, strangers: bool) -> Result<Vec<Offer>> {
    let words = fold::words(begun);
    // A space after it says that the last word is whole.
    let whole = |n: usize| n + 1 < words.len() || begun.ends_with(' ');
    let wanted = words.iter().enumerate();
    let wanted: Vec<Wanted> = wanted
        .map(|(n, word)| Wanted::typed(word, whole(n)))
        .collect();
    let mut offers = Vec::new();
    let mut known = HashMap::new();
    let mut rows = Vec::new();
    for person in app.store.bearers_now(&wanted, MOST)? {
        match person {
            Person::Address(row) => rows.push(row),
            Person::Contact(id) => {
                // Someone may have removed it meanwhile.
                if let Ok(contact) = app.store.contact(id) {
                    *known.entry(contact.card.name.to_lowercase()).or_insert(0) += 1;
                    offers.push((contact.id, contact.card));
                }
            }
        }
    }
    let mut offers: Vec<Offer> = offers
        .into_iter()
        .map(|(id, card)| by_name(id, &card, known[&card.name.to_lowercase()] == 1))
        .collect();
    // Whoever types an address means that one.
    if begun.len() > 1 && begun.contains(['@', '.', ':', '+']) || begun.len() > 3 {
        for contact in app.store.contacts_begun(begun, MOST)? {
            let about = contact.card.label().to_owned();
            offers.extend(contact.card.addresses.iter().map(|address| Offer {
                word: typed(address),
                about: about.clone(),
            }));
        }
        let lower = begun.to_lowercase();
        let begins = |o: &Offer| o.word.to_lowercase().starts_with(&lower);
        offers.sort_by_key(|o| !begins(o));
    }
    if strangers {
        let mut harvested = app.store.harvested_rows(&rows)?;
        if begun.len() > 1 {
            harvested.extend(app.store.addresses_begun(begun, MOST)?);
        }
        for known in harvested {
            let offered = offers.iter().any(|o| o.word == known.typed);
            if !offered && !known.automated && app.store.contacts_at(&known.typed)?.is_empty() {
                offers.push(Offer {
                    word: known.typed,
                    about: known.name,
                });
            }
        }
    }
    let mut seen = std::collections::HashSet::new();
    offers.retain(|offer| seen.insert(offer.word.clone()));
    Ok(offers)
}

/// A contact by its name; by its id where the name says too little, or may be read as something else.
fn by_name(id: ContactId, card: &Card, alone: bool) -> Offer {
    let name = card.name.trim();
    let plain = name.chars().any(char::is_alphabetic)
        && !name.starts_with(['-', '@', '#', '+'])
        && !name.contains(['@', ':', ',', '<', '>', '"'])
        && !looks_like_id(name);
    let address = card
        .of_kind(AddressKind::Email)
        .next()
        .or(card.addresses.first())
        .map_or(String::new(), typed);
    match plain && alone {
        true => Offer {
            word: name.to_owned(),
            about: address,
        },
        false => Offer {
            word: id.to_string(),
            about: format!("{} {address}", card.label()),
        },
    }
}

/// `c9` is no name.
fn looks_like_id(name: &str) -> bool {
    name.len() > 1
        && name.starts_with(['c', 'm', 'o', 't'])
        && name[1..].bytes().all(|b| b.is_ascii_digit())
}

fn groups(app: &App, begun: &str) -> Result<Vec<Offer>> {
    // Where only a group can stand the sign is left out as often as not.
    let sign = match begun.is_empty() || begun.starts_with('@') {
        true => "@",
        false => "",
    };
    let begun = folded_group(begun);
    let groups = app.store.groups()?.into_iter();
    let fits = groups.filter(|group| folded_group(&group.name).starts_with(&begun));
    Ok(fits
        .map(|group| Offer {
            word: format!("{sign}{}", group.name),
            about: format!("{} contacts", group.contacts),
        })
        .collect())
}

fn accounts(app: &App) -> Vec<Offer> {
    let accounts = app.config.accounts.iter();
    accounts
        .map(|account| Offer {
            word: account.name.clone(),
            about: account.channel.name().to_owned(),
        })
        .collect()
}

fn labels(app: &App) -> Result<Vec<Offer>> {
    let labels = app.store.label_names()?.into_iter();
    Ok(labels
        .map(|word| Offer {
            word,
            about: String::new(),
        })
        .collect())
}

fn messages(app: &App) -> Result<Vec<Offer>> {
    let page = app
        .store
        .search(&Query::All, Sort::Newest, Some(MOST), None)?;
    let rows = page.rows.into_iter();
    Ok(rows
        .map(|message| Offer {
            word: message.id.to_string(),
            about: format!(
                "{}: {}",
                message.from.first().map_or("", |from| from.label()),
                message.subject
            ),
        })
        .collect())
}

fn items(app: &App) -> Result<Vec<Offer>> {
    if !app.store.has_outbox() {
        return Ok(Vec::new());
    }
    let items = app.store.outbox_items(&[], MOST)?.into_iter();
    Ok(items
        .map(|item| Offer {
            word: item.id.to_string(),
            about: format!("{} {}", item.state.name(), item.subject),
        })
        .collect())
}
