//! Whom a name means.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::error::Result;
use crate::model::contact::{Candidate, Card, Contact, Found, Verdict};
use crate::model::id::ContactId;
use crate::ops::App;
use crate::rules::contact::{key, typed as typed_address};
use crate::rules::harvest::named;
use crate::rules::people::{self, Affinity, Known, Typed};
use crate::store::people::{Harvested, Person, Wanted};

/// How many are weighed: those whom the index takes for likeliest.
const WEIGHED: usize = 40;

/// Who may be meant by a name. `comms.contacts.found/1`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct FoundReport {
    /// What was looked for.
    pub query: String,
    /// Whether the first one is meant beyond doubt.
    pub verdict: Verdict,
    /// The likeliest first.
    pub candidates: Vec<FoundRow>,
}

/// One who may be meant.
#[derive(Debug, Serialize, JsonSchema)]
pub struct FoundRow {
    #[serde(flatten)]
    pub candidate: Candidate,
    /// Where one would write to, of several addresses.
    pub best: Option<String>,
}

/// Who may be meant, to be looked at.
pub fn report(app: &App, query: &str, limit: usize) -> Result<FoundReport> {
    let found = find(app, query, limit)?;
    let candidates = found.candidates.into_iter().map(|candidate| {
        let best = match candidate.contact {
            None => candidate.address.clone(),
            Some(id) => best(app, &app.store.contact(id)?.card)?,
        };
        Ok(FoundRow { candidate, best })
    });
    Ok(FoundReport {
        query: query.to_owned(),
        verdict: found.verdict,
        candidates: candidates.collect::<Result<_>>()?,
    })
}

/// The address of the last conversation, else the first.
fn best(app: &App, card: &Card) -> Result<Option<String>> {
    let all = addresses(card);
    let asked: Vec<&str> = all.iter().map(String::as_str).collect();
    let talked = app.store.last_talked(&asked)?;
    Ok(talked.map(|t| t.address).or_else(|| all.into_iter().next()))
}

/// Those who may be meant by a name, an id (`c9`) or an address, the likeliest first, and whether one of them
/// certainly is.
pub fn find(app: &App, typed: &str, limit: usize) -> Result<Found> {
    let typed = typed.trim();
    if let Ok(id) = typed.parse::<ContactId>() {
        let contact = app.store.contact(id).ok();
        return Ok(certain(contact.iter(), "the id", limit));
    }
    let ready = Typed::new(typed);
    let owners = app.store.contacts_at(typed)?;
    if !owners.is_empty() {
        return Ok(certain(owners.iter(), "the address", limit));
    }
    if ready.is_empty() {
        return Ok(certain([].iter(), "", limit));
    }
    let Weighed { people, known } = weighed(app, typed, &ready)?;
    let ranking = people::rank(&ready, &known);
    let places = ranking.order.iter().enumerate().take(limit);
    let candidates = places.map(|(place, ranked)| {
        let (who, affinity) = &people[ranked.at];
        let (contact, name, address) = match who {
            Who::Contact(contact) => (Some(contact.id), contact.card.label().to_owned(), None),
            Who::Harvested(known) => (None, known.label(), Some(known.typed.clone())),
        };
        Candidate {
            contact,
            name,
            address,
            score: ranked.scored.score,
            exact: ranked.scored.is_exact(),
            written_to: affinity.sent > 0,
            why: ranking.why(place, &ready, &known),
        }
    });
    Ok(Found {
        verdict: ranking.verdict,
        candidates: candidates.collect(),
    })
}

enum Who {
    Contact(Box<Contact>),
    Harvested(Harvested),
}

/// Those who are weighed, each in the same place of both.
#[derive(Default)]
struct Weighed {
    people: Vec<(Who, Affinity)>,
    known: Vec<Known>,
}

/// Those whom the index takes for likeliest, and the one at the address that was typed.
fn weighed(app: &App, text: &str, typed: &Typed) -> Result<Weighed> {
    let now = app.clock.now();
    let wanted = Wanted::of(text, &people::probes(typed));
    let Weighed {
        mut people,
        mut known,
    } = Weighed::default();
    let mut rows = Vec::new();
    let mut ids = Vec::new();
    for bearer in app.store.bearers(&wanted, WEIGHED)? {
        match bearer.person {
            Person::Address(row) => rows.push(row),
            Person::Contact(id) => ids.push(id),
        }
    }
    // Someone may have removed one meanwhile, or merged it into another.
    let contacts = app.store.contacts_of(&ids)?;
    let typed: Vec<Vec<String>> = contacts.iter().map(|c| addresses(&c.card)).collect();
    for (contact, rows) in contacts.into_iter().zip(app.store.harvested_at(&typed)?) {
        let affinity = affinity(&rows, true, now);
        known.push(Known::new(&people::Person::of(&contact.card, affinity)));
        people.push((Who::Contact(Box::new(contact)), affinity));
    }
    let mut harvested = app.store.harvested_rows(&rows)?;
    // The very address that was typed counts whoever reads there.
    let at = app.store.harvested(text)?;
    harvested.extend(at.filter(|at| !harvested.iter().any(|h| h.form == at.form)));
    let keys: Vec<String> = harvested.iter().map(|row| key(&row.typed)).collect();
    let taken = app.store.have_contacts(&keys)?;
    // A contact is shown as what it is; what strangers call it says nothing.
    for (row, _) in harvested.into_iter().zip(taken).filter(|(_, taken)| !taken) {
        let affinity = affinity(std::slice::from_ref(&row), false, now);
        let person = named(&row.name, &row.typed, affinity);
        known.push(Known::new(&person));
        people.push((Who::Harvested(row), affinity));
    }
    Ok(Weighed { people, known })
}

fn addresses(card: &Card) -> Vec<String> {
    card.addresses.iter().map(typed_address).collect()
}

fn affinity(rows: &[Harvested], contact: bool, now: Timestamp) -> Affinity {
    let sum = |count: fn(&Harvested) -> i64| -> u32 {
        let sum: i64 = rows.iter().map(count).sum();
        u32::try_from(sum).unwrap_or(u32::MAX)
    };
    let last = rows.iter().filter_map(|row| row.last_at).max();
    // A clock that was wrong makes nobody nearer than today.
    let days = last.map(|at| now.duration_since(at).as_hours().max(0) / 24);
    Affinity {
        contact,
        sent: sum(|row| row.sent),
        received: sum(|row| row.received),
        days: days.and_then(|days| u32::try_from(days).ok()),
    }
}

/// These, each meant by its id or address.
fn certain<'a>(
    contacts: impl ExactSizeIterator<Item = &'a Contact>,
    why: &str,
    limit: usize,
) -> Found {
    Found {
        verdict: match contacts.len() {
            0 => Verdict::Nobody,
            1 => Verdict::Clear,
            _ => Verdict::Several,
        },
        candidates: contacts
            .take(limit)
            .map(|contact| Candidate {
                contact: Some(contact.id),
                name: contact.card.label().to_owned(),
                address: None,
                score: 100,
                exact: true,
                written_to: false,
                why: vec![why.to_owned()],
            })
            .collect(),
    }
}
