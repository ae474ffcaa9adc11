//! A card as it came from a file: brought to the form in which cards are kept, and whether it is of someone known.

use std::collections::HashSet;

use jiff::tz::TimeZone;

use crate::model::contact::{AddressKind, Card, ContactAddress};
use crate::rules::people::fold::{self, Kind};

use super::card::is_turning;
use super::{folded_group, key_of, read};

/// The card with its addresses in their forms, numbers read in `region`, nothing twice.
///
/// A number whose country can't be told stays as written; other addresses that are none are left out, so are zones
/// nobody knows: whoever wrote the file still has them in their document.
pub fn taken(mut card: Card, region: Option<&str>) -> Card {
    card.addresses = card
        .addresses
        .into_iter()
        .filter_map(|address| reachable(address, region))
        .collect();
    let mut seen = HashSet::new();
    card.addresses
        .retain(|a| seen.insert((a.kind, key_of(a), a.account.clone())));
    for kind in AddressKind::ALL {
        let all = card.addresses.iter_mut();
        let primary = all.filter(|a| a.kind == kind && a.primary);
        primary.skip(1).for_each(|a| a.primary = false);
    }
    card.zone = card.zone.filter(|zone| TimeZone::get(zone).is_ok());
    for group in &mut card.groups {
        *group = group.trim_start_matches('@').trim().to_owned();
    }
    let mut seen = HashSet::new();
    card.groups
        .retain(|group| !group.is_empty() && seen.insert(folded_group(group)));
    let mut seen = HashSet::new();
    card.nicknames
        .retain(|name| seen.insert(name.to_lowercase()));
    for text in [
        Some(&mut card.name),
        card.prefix.as_mut(),
        card.given.as_mut(),
        card.middle.as_mut(),
        card.family.as_mut(),
        card.suffix.as_mut(),
        card.organization.as_mut(),
        card.title.as_mut(),
    ]
    .into_iter()
    .flatten()
    .chain(&mut card.nicknames)
    .chain(&mut card.groups)
    {
        text.retain(|c| !is_turning(c));
    }
    card
}

fn reachable(address: ContactAddress, region: Option<&str>) -> Option<ContactAddress> {
    let written = address.clone();
    match read::checked(address, region) {
        Ok(address) => Some(address),
        Err(_) => (written.kind == AddressKind::Phone).then_some(written),
    }
}

/// Whether two have birthdays of which one at most can be right; one without a year may be any with that day.
pub fn two_birthdays(one: &Card, other: &Card) -> bool {
    let (Some(one), Some(other)) = (&one.birthday, &other.birthday) else {
        return false;
    };
    let day = |date: &str| date.get(date.len().saturating_sub(5)..).map(str::to_owned);
    let has_years = !one.starts_with("--") && !other.starts_with("--");
    day(one) != day(other) || (has_years && one != other)
}

/// Whether two who share an address may be one person by their names: one has all words of the other, and they are
/// more than a family name. Two birthdays are two people, whatever they are called.
pub fn names_agree(one: &Card, other: &Card) -> bool {
    if two_birthdays(one, other) {
        return false;
    }
    let names = |card: &Card| -> Vec<Vec<fold::Word>> {
        let all = std::iter::once(&card.name).chain(&card.nicknames);
        all.map(|name| words(name)).collect()
    };
    let (ones, others) = (names(one), names(other));
    ones.iter().enumerate().any(|(n, a)| {
        others.iter().enumerate().any(|(m, b)| {
            let (few, many) = match a.len() <= b.len() {
                true => (a, b),
                false => (b, a),
            };
            let inside = few.iter().all(|w| many.iter().any(|o| w.same(o)));
            let suffixes =
                |all: &[fold::Word]| all.iter().filter(|w| w.kind == Kind::Suffix).count();
            if few.is_empty() || suffixes(a) != suffixes(b) {
                return false;
            }
            // A nickname has to be the whole; a single word the first name.
            let whole = few.len() == many.len();
            let first = few.len() > 1 || many.first().is_some_and(|o| few[0].same(o));
            inside && (whole || (n == 0 && m == 0 && first))
        })
    })
}

/// The words that tell who someone is. A suffix does: father and son may share a phone.
fn words(name: &str) -> Vec<fold::Word> {
    let mut words = fold::words(name);
    words.retain(|w| !matches!(w.kind, Kind::Title | Kind::Particle));
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str) -> Card {
        Card {
            name: name.into(),
            ..Card::default()
        }
    }

    #[test]
    fn a_shared_address_alone_makes_nobody_the_same() {
        for (one, other, same) in [
            ("Ada Lovelace", "ada lovelace", true),
            ("Ada Lovelace", "Lovelace, Ada", true),
            ("Ada Lovelace", "Ada King Lovelace", true),
            ("Ada", "Ada Lovelace", true),
            ("Dr. Zoë Müller", "Zoe Mueller", true),
            ("Lovelace", "Ada Lovelace", false),
            ("Ada Lovelace", "Byron Lovelace", false),
            ("Sales", "Ada Lovelace", false),
            ("Robert Byron", "Robert Byron Jr.", false),
            ("", "Ada Lovelace", false),
        ] {
            assert_eq!(
                names_agree(&named(one), &named(other)),
                same,
                "{one} {other}"
            );
            assert_eq!(
                names_agree(&named(other), &named(one)),
                same,
                "{other} {one}"
            );
        }
        let nick = Card {
            nicknames: vec!["Countess".into()],
            ..named("Augusta Byron")
        };
        assert!(names_agree(&nick, &named("Countess")));
        for (one, other, same) in [
            ("1950-01-01", "1980-05-05", false),
            ("1950-01-01", "1950-01-01", true),
            ("1950-01-01", "--01-01", true),
            ("--05-05", "1950-01-01", false),
        ] {
            let born = |day: &str| Card {
                birthday: Some(day.into()),
                ..named("John Smith")
            };
            assert_eq!(names_agree(&born(one), &born(other)), same, "{one} {other}");
        }
    }

    #[test]
    fn what_reaches_nobody_stays_out_but_a_number_stays() {
        let address = |kind, value: &str| ContactAddress {
            kind,
            value: value.into(),
            primary: true,
            ..ContactAddress::default()
        };
        let card = Card {
            zone: Some("Mars/Base".into()),
            groups: vec!["@Team".into(), "team".into()],
            addresses: vec![
                address(AddressKind::Email, "no address"),
                address(AddressKind::Email, "Ada@example.com"),
                address(AddressKind::Phone, "(415) 555-0100"),
                address(AddressKind::Phone, "+1 415 555 0100"),
                address(AddressKind::Phone, "extension 5"),
            ],
            ..named("Ada\u{202e}")
        };
        let here = taken(card.clone(), Some("US"));
        let values: Vec<_> = here.addresses.iter().map(|a| a.value.as_str()).collect();
        assert_eq!(values, ["Ada@example.com", "+14155550100", "extension 5"]);
        assert_eq!(
            (here.name.as_str(), here.zone, here.groups.len()),
            ("Ada", None, 1)
        );
        assert!(!here.addresses[2].primary);
        let anywhere = taken(card, None);
        assert_eq!(anywhere.addresses[1].value, "(415) 555-0100");
    }
}
