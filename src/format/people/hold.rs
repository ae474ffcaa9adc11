//! What of a card survives at Google: a field that came back as it was written is not a change.

use crate::model::contact::{AddressKind, Card, ContactAddress};

use super::read::spelled;
use super::{Groups, folded, read, write};

/// The card as Google gives it back.
pub fn held(card: &Card) -> Card {
    let groups = card.groups.iter();
    let groups = Groups::new(groups.map(|name| (folded(name), name.clone())));
    read(&write(card, None, &groups).0, &groups)
}

/// What was read, with each field that says the same as before as it was before.
pub fn onto(read: Card, before: &Card) -> Card {
    let held = held(before);
    let same_name = parts(&read) == parts(&held)
        && (!spelled(&read).is_empty() || read.name.trim() == held.name.trim());
    let pick = |same: bool, before: &Option<String>, read: Option<String>| match same {
        true => before.clone(),
        false => read,
    };
    Card {
        name: match same_name {
            true => before.name.clone(),
            false => read.name,
        },
        prefix: pick(read.prefix == held.prefix, &before.prefix, read.prefix),
        given: pick(read.given == held.given, &before.given, read.given),
        middle: pick(read.middle == held.middle, &before.middle, read.middle),
        family: pick(read.family == held.family, &before.family, read.family),
        suffix: pick(read.suffix == held.suffix, &before.suffix, read.suffix),
        phonetic: pick(
            read.phonetic == held.phonetic,
            &before.phonetic,
            read.phonetic,
        ),
        nicknames: list(read.nicknames, &held.nicknames, &before.nicknames),
        organization: pick(
            read.organization == held.organization,
            &before.organization,
            read.organization,
        ),
        title: pick(read.title == held.title, &before.title, read.title),
        addresses: addresses(read.addresses, &held, before),
        preferred: read.preferred,
        groups: match sorted(&read.groups) == sorted(&before.groups) {
            true => before.groups.clone(),
            false => read.groups,
        },
        notes: pick(read.notes == held.notes, &before.notes, read.notes),
        zone: pick(read.zone == held.zone, &before.zone, read.zone),
        birthday: pick(
            read.birthday == held.birthday,
            &before.birthday,
            read.birthday,
        ),
        urls: list(read.urls, &held.urls, &before.urls),
    }
}

fn parts(card: &Card) -> [&Option<String>; 5] {
    [
        &card.prefix,
        &card.given,
        &card.middle,
        &card.family,
        &card.suffix,
    ]
}

fn list(read: Vec<String>, held: &[String], before: &[String]) -> Vec<String> {
    match read == held {
        true => before.to_vec(),
        false => read,
    }
}

fn sorted(groups: &[String]) -> Vec<String> {
    let mut groups: Vec<String> = groups.iter().map(|g| folded(g)).collect();
    groups.sort();
    groups.dedup();
    groups
}

/// The order of kinds, and which is primary, are not Google's to tell: they stay where nothing else changed.
fn addresses(read: Vec<ContactAddress>, held: &Card, before: &Card) -> Vec<ContactAddress> {
    let of = |all: &[ContactAddress], kind: AddressKind| -> Vec<ContactAddress> {
        all.iter().filter(|a| a.kind == kind).cloned().collect()
    };
    let same = |kind: &AddressKind| of(&read, *kind) == of(&held.addresses, *kind);
    let unchanged: Vec<AddressKind> = AddressKind::ALL.into_iter().filter(same).collect();
    let stay = before.addresses.iter();
    let stay = stay.filter(|a| unchanged.contains(&a.kind)).cloned();
    let came = read.iter().filter(|a| !unchanged.contains(&a.kind));
    stay.chain(came.cloned()).collect()
}
