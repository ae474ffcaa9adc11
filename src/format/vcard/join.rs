//! One vCard takes over what another says and no card holds.

use crate::model::contact::Card;

use super::card::{PREFERRED, card_of};
use super::document::{Document, Entry};
use super::property::Property;
use super::{Joined, address, convert};

/// About the vCard itself, or written from the card.
const OF_THE_CARD: [&str; 17] = [
    "BEGIN",
    "END",
    "VERSION",
    "UID",
    "REV",
    "PRODID",
    "SOURCE",
    "PROFILE",
    "CLIENTPIDMAP",
    "FN",
    "N",
    "SORT-STRING",
    "KIND",
    "MEMBER",
    "X-ADDRESSBOOKSERVER-KIND",
    "X-ADDRESSBOOKSERVER-MEMBER",
    PREFERRED,
];
/// What a person has once (RFC 6350 §6).
const ONCE: [&str; 6] = [
    "BDAY",
    "ANNIVERSARY",
    "X-ANNIVERSARY",
    "GENDER",
    "X-GENDER",
    "CLASS",
];
/// Apple's words on the properties of a group.
const ABOUT: [&str; 2] = ["X-ABLABEL", "X-ABADR"];

pub fn joined(base: &mut Document, other: Document) -> Joined {
    let other = convert::to(other, base.version);
    let mut out = Joined::default();
    let mut groups: Vec<(String, String)> = Vec::new();
    let mut coming: Vec<Entry> = Vec::new();
    for entry in &other.entries {
        let Some(property) = &entry.property else {
            continue;
        };
        let name = property.name();
        let about = ABOUT.contains(&name.as_str());
        if about || !is_taken(property, &other) || has(base, property) {
            continue;
        }
        if ONCE.contains(&name.as_str()) && base.first(&name).is_some() {
            out.lost.push((name, property.text()));
            continue;
        }
        if !out.taken.contains(&name) {
            out.taken.push(name);
        }
        coming.push(entry.clone());
        if let Some(group) = &property.group
            && !groups.iter().any(|(old, _)| old == group)
        {
            let new = free(group, &[base, &other], &groups);
            groups.push((group.clone(), new));
        }
    }
    let about = other.entries.iter().filter(|entry| {
        let is_about = ABOUT.iter().any(|name| entry.is(name));
        is_about && groups.iter().any(|(old, _)| entry.of(old))
    });
    coming.extend(about.cloned());
    for mut entry in coming {
        let own = entry.property.as_ref().and_then(|p| p.group.clone());
        let new = groups.iter().find(|(old, _)| own.as_ref() == Some(old));
        if let Some((old, new)) = new.filter(|(old, new)| old != new) {
            debug_assert_eq!(own.as_ref(), Some(old));
            entry.change(|p| p.group = Some(new.clone()));
        }
        let end = base.end();
        base.entries.insert(end, entry);
    }
    out
}

/// Whether it says what no card holds, or says more than a card does: then what the card says of it is put right after.
fn is_taken(property: &Property, of: &Document) -> bool {
    let name = property.name();
    if OF_THE_CARD.contains(&name.as_str()) || property.raw().trim_ascii().is_empty() {
        return false;
    }
    let units = || {
        property
            .values(';')
            .iter()
            .filter(|v| !v.trim().is_empty())
            .count()
            > 1
    };
    match name.as_str() {
        "URL" => true,
        "ORG" => units(),
        _ => address::meant(property).is_some() || says_nothing(property, of),
    }
}

/// Whether a card of it alone would be empty.
fn says_nothing(property: &Property, of: &Document) -> bool {
    let mut alone = Document::new(of.version);
    alone.add(property.clone());
    card_of(&alone) == Card::default()
}

/// Whether the document says so already.
fn has(base: &Document, property: &Property) -> bool {
    let meant = address::meant(property);
    base.entries
        .iter()
        .filter_map(|e| e.property.as_ref())
        .any(|own| {
            own.name() == property.name() && own.raw() == property.raw()
                || meant.is_some() && address::meant(own) == meant
        })
}

/// The group itself, or one that nobody has.
fn free(group: &str, documents: &[&Document; 2], given: &[(String, String)]) -> String {
    let [base, _] = documents;
    if !base.entries.iter().any(|e| e.of(group)) {
        return group.to_owned();
    }
    let is_free = |name: &String| {
        let given = given.iter().any(|(_, new)| new.eq_ignore_ascii_case(name));
        !given
            && !documents
                .iter()
                .any(|d| d.entries.iter().any(|e| e.of(name)))
    };
    let mut names = (1..).map(|n| format!("item{n}"));
    names.find(is_free).unwrap_or_default()
}
