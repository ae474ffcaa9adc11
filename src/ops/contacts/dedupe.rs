//! Contacts that are likely one person: a plan to look at, and the merges that someone picked of it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::error::{Error, Result};
use crate::model::contact::Contact;
use crate::model::id::ContactId;
use crate::ops::{App, Origin};
use crate::rules::people::duplicates::{Pair, duplicates};

use super::change::ChangeReport;
use super::{guard, remove, who};

/// `comms.duplicates/1`.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub struct DuplicatesReport {
    /// The likeliest first.
    pub pairs: Vec<PairRow>,
}

/// Two contacts that are likely one.
#[derive(Debug, Serialize, JsonSchema)]
pub struct PairRow {
    /// As `--apply` takes it: `c1+c7`. The first one stays.
    pub pair: String,
    pub first: ContactId,
    pub second: ContactId,
    /// Name and an address of each.
    pub first_name: String,
    pub second_name: String,
    /// From 50 to 100.
    pub confidence: u8,
    /// `--yes` joins these: they are one person but for a mistake in the cards.
    pub certain: bool,
    /// What speaks for it and against it, most weighty first.
    pub why: Vec<String>,
}

/// Finds pairs that are likely one person, at most `limit`; changes nothing.
pub fn plan(app: &App, limit: usize) -> Result<DuplicatesReport> {
    let contacts = app.store.contacts(None)?;
    let found = pairs(&contacts).into_iter().take(limit);
    let rows = found.map(|pair| row(&contacts[pair.first], &contacts[pair.second], &pair));
    Ok(DuplicatesReport {
        pairs: rows.collect(),
    })
}

/// Which pairs are to be joined.
#[derive(Debug)]
pub enum Which {
    /// These, as `c1+c7` or `c1+c7+c9`; the first of each stays.
    Picked(Vec<String>),
    /// All that are certain.
    Certain,
}

/// Joins pairs of the plan as one change.
///
/// # Errors
/// `usage` for contacts that are not likely one person (any more): `merge` joins whoever is named.
pub fn apply(app: &App, origin: Origin, which: &Which) -> Result<ChangeReport> {
    guard::no_agent(origin, "merge contacts", "comms contacts dedupe")?;
    let contacts = app.store.contacts(None)?;
    let found = pairs(&contacts);
    let sets = match which {
        Which::Certain => {
            let certain: Vec<_> = found
                .iter()
                .filter(|pair| pair.is_certain())
                .map(|pair| vec![contacts[pair.first].id, contacts[pair.second].id])
                .collect();
            joined(&certain)
        }
        Which::Picked(picked) => {
            let picked = picked.iter().map(|text| ids(text));
            let picked: Vec<Vec<ContactId>> = picked.collect::<Result<_>>()?;
            for set in &picked {
                still_likely(set, &contacts, &found)?;
            }
            joined(&picked)
        }
    };
    let by_id: BTreeMap<ContactId, &Contact> = contacts.iter().map(|c| (c.id, c)).collect();
    let sets: Vec<Vec<Contact>> = sets
        .iter()
        .map(|set| {
            set.iter()
                .filter_map(|id| by_id.get(id))
                .map(|c| (*c).clone())
                .collect()
        })
        .collect();
    match sets.is_empty() {
        true => Ok(ChangeReport::default()),
        false => remove::merge(app, origin, &sets),
    }
}

fn pairs(contacts: &[Contact]) -> Vec<Pair> {
    let cards: Vec<_> = contacts.iter().map(|c| c.card.clone()).collect();
    duplicates(&cards)
}

fn row(first: &Contact, second: &Contact, pair: &Pair) -> PairRow {
    PairRow {
        pair: format!("{}+{}", first.id, second.id),
        first: first.id,
        second: second.id,
        first_name: who::named(first),
        second_name: who::named(second),
        confidence: pair.confidence,
        certain: pair.is_certain(),
        why: pair.why.clone(),
    }
}

fn ids(text: &str) -> Result<Vec<ContactId>> {
    let all: Vec<ContactId> = text
        .split('+')
        .map(|id| id.trim().parse())
        .collect::<Result<_>>()?;
    match all.len() {
        0 | 1 => Err(Error::usage(format!("`{text}` is not a pair"))
            .hint("write it as the plan does, like c1+c7")),
        _ => Ok(all),
    }
}

/// Refuses a set of which one has nothing in common with the others: a slip in an id would join strangers.
fn still_likely(set: &[ContactId], contacts: &[Contact], found: &[Pair]) -> Result<()> {
    let likely = |a: ContactId, b: ContactId| {
        found.iter().any(|pair| {
            let (first, second) = (contacts[pair.first].id, contacts[pair.second].id);
            (first, second) == (a, b) || (first, second) == (b, a)
        })
    };
    match set
        .iter()
        .find(|one| !set.iter().any(|other| likely(**one, *other)))
    {
        None => Ok(()),
        Some(one) => {
            let all: Vec<_> = set.iter().map(ToString::to_string).collect();
            Err(Error::usage(format!("`{one}` of `{}` is not likely the same person", all.join("+"))).hint(
                format!(
                    "see the plan: `comms contacts dedupe`; join them all the same with `comms contacts merge {} {}`",
                    all[0],
                    all[1..].join(" ")
                ),
            ))
        }
    }
}

/// Sets that share a contact as one set, in the order of their first.
fn joined(sets: &[Vec<ContactId>]) -> Vec<Vec<ContactId>> {
    let mut all: Vec<Vec<ContactId>> = Vec::new();
    for set in sets {
        let touches = |have: &Vec<ContactId>| have.iter().any(|id| set.contains(id));
        let place = all.iter().position(touches).unwrap_or(all.len());
        let touching: Vec<_> = all.extract_if(.., |have| touches(have)).collect();
        let mut one = touching.concat();
        for id in set {
            if !one.contains(id) {
                one.push(*id);
            }
        }
        all.insert(place, one);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_that_share_a_contact_are_joined_together() {
        let set = |ids: &[i64]| ids.iter().map(|id| ContactId(*id)).collect::<Vec<_>>();
        let sets = [set(&[1, 7]), set(&[3, 4]), set(&[7, 9]), set(&[9, 4])];
        assert_eq!(joined(&sets), [set(&[1, 7, 9, 3, 4])]);
        assert_eq!(joined(&sets[..2]), [set(&[1, 7]), set(&[3, 4])]);
        assert!(ids("c1").is_err() && ids("c1+x").is_err());
        assert_eq!(ids("c1+c7").unwrap(), set(&[1, 7]));
    }
}
