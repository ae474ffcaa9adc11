//! Cards as they are kept: checked, joined, compared.

use std::collections::HashSet;

use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::error::{Error, Result};
use crate::model::contact::{AddressKind, Card, ContactAddress, Lost};

use super::{folded_group, key_of, read};

/// A field of a card: its name, and its value for people.
type Field = (&'static str, fn(&Card) -> String);

/// All fields, in the order of the card.
pub const FIELDS: [Field; 17] = [
    ("name", |c| c.name.clone()),
    ("prefix", |c| word(&c.prefix)),
    ("given", |c| word(&c.given)),
    ("middle", |c| word(&c.middle)),
    ("family", |c| word(&c.family)),
    ("suffix", |c| word(&c.suffix)),
    ("phonetic", |c| word(&c.phonetic)),
    ("nicknames", |c| c.nicknames.join(", ")),
    ("organization", |c| word(&c.organization)),
    ("title", |c| word(&c.title)),
    ("addresses", |c| {
        let all: Vec<_> = c.addresses.iter().map(shown).collect();
        all.join(", ")
    }),
    ("preferred", |c| {
        c.preferred.map(|v| v.name().to_owned()).unwrap_or_default()
    }),
    ("groups", |c| c.groups.join(", ")),
    ("notes", |c| word(&c.notes)),
    ("zone", |c| word(&c.zone)),
    ("birthday", |c| word(&c.birthday)),
    ("urls", |c| c.urls.join(", ")),
];

fn word(value: &Option<String>) -> String {
    value.clone().unwrap_or_default()
}

/// An address as it is typed, with its label and whether it is the first of its kind.
pub fn shown(address: &ContactAddress) -> String {
    let label = address.label.as_deref().map(|l| format!(" ({l})"));
    let mark = if address.primary { " *" } else { "" };
    format!(
        "{}{}{mark}",
        super::typed(address),
        label.unwrap_or_default()
    )
}

/// The fields in which two cards differ.
pub fn differing(one: &Card, other: &Card) -> Vec<&'static str> {
    FIELDS
        .iter()
        .filter(|(name, value)| match *name {
            "addresses" => one.addresses != other.addresses,
            _ => value(one) != value(other),
        })
        .map(|(name, _)| *name)
        .collect()
}

/// A card as it is kept: texts trimmed, addresses in their forms, nothing twice, a name if there is any.
///
/// # Errors
/// `usage` for what is no address, zone or day, and for control characters.
pub fn checked(mut card: Card, region: Option<&str>) -> Result<Card> {
    line("name", &mut card.name)?;
    for (name, field) in [
        ("prefix", &mut card.prefix),
        ("given", &mut card.given),
        ("middle", &mut card.middle),
        ("family", &mut card.family),
        ("suffix", &mut card.suffix),
        ("phonetic", &mut card.phonetic),
        ("organization", &mut card.organization),
        ("title", &mut card.title),
        ("zone", &mut card.zone),
        ("birthday", &mut card.birthday),
    ] {
        if let Some(text) = field {
            line(name, text)?;
        }
        *field = field.take().filter(|text| !text.is_empty());
    }
    card.notes = card
        .notes
        .map(|notes| notes.trim().to_owned())
        .filter(|notes| !notes.is_empty());
    if card.notes.as_ref().is_some_and(|n| n.contains('\0')) {
        return Err(Error::usage("`notes` holds a NUL byte"));
    }
    if let Some(zone) = &card.zone
        && TimeZone::get(zone).is_err()
    {
        return Err(Error::usage(format!("`{zone}` is not a time zone"))
            .hint("write it like Europe/Berlin or America/New_York"));
    }
    if let Some(day) = &card.birthday
        && !is_birthday(day)
    {
        return Err(Error::usage(format!("`{day}` is not a birthday"))
            .hint("write it like 1815-12-10, or --12-10 without the year"));
    }
    unique("nickname", &mut card.nicknames, |n| n.to_lowercase())?;
    unique("group", &mut card.groups, folded_group)?;
    for group in &mut card.groups {
        *group = group.trim_start_matches('@').to_owned();
    }
    unique("url", &mut card.urls, str::to_owned)?;
    card.addresses = card
        .addresses
        .into_iter()
        .map(|address| read::checked(address, region))
        .collect::<Result<_>>()?;
    once(&mut card.addresses);
    if card.name.is_empty() {
        card.name = from_parts(&card);
    }
    if card.label() == Card::default().label() {
        return Err(Error::usage("a contact needs a name or an address"));
    }
    Ok(card)
}

/// Both cards as one: what the first says stays, lists grow, notes are put one below the other. Second comes what of the
/// other gave way.
pub fn joined(first: &Card, other: &Card) -> (Card, Vec<Lost>) {
    let mut card = first.clone();
    let mut lost = Vec::new();
    let mut give_way = |field: &str, kept: &str, value: &str| {
        if !value.is_empty() && kept != value {
            lost.push(Lost {
                field: field.to_owned(),
                value: value.to_owned(),
                side: "merged".to_owned(),
            });
        }
    };
    if card.name.is_empty() {
        card.name.clone_from(&other.name);
    }
    give_way("name", &card.name, &other.name);
    for (name, kept, value) in [
        ("prefix", &mut card.prefix, &other.prefix),
        ("given", &mut card.given, &other.given),
        ("middle", &mut card.middle, &other.middle),
        ("family", &mut card.family, &other.family),
        ("suffix", &mut card.suffix, &other.suffix),
        ("phonetic", &mut card.phonetic, &other.phonetic),
        ("organization", &mut card.organization, &other.organization),
        ("title", &mut card.title, &other.title),
        ("zone", &mut card.zone, &other.zone),
        ("birthday", &mut card.birthday, &other.birthday),
    ] {
        if kept.is_none() {
            kept.clone_from(value);
        }
        give_way(
            name,
            kept.as_deref().unwrap_or_default(),
            value.as_deref().unwrap_or_default(),
        );
    }
    card.preferred = card.preferred.or(other.preferred);
    if let (Some(kept), Some(value)) = (card.preferred, other.preferred) {
        give_way("preferred", kept.name(), value.name());
    }
    card.notes = match (card.notes.take(), &other.notes) {
        (Some(mine), Some(theirs)) if mine.contains(theirs.as_str()) => Some(mine),
        (Some(mine), Some(theirs)) => Some(format!("{mine}\n\n{theirs}")),
        (mine, theirs) => mine.or_else(|| theirs.clone()),
    };
    grow(&mut card.nicknames, &other.nicknames, |n| n.to_lowercase());
    grow(&mut card.groups, &other.groups, folded_group);
    grow(&mut card.urls, &other.urls, str::to_owned);
    card.addresses.extend(other.addresses.iter().cloned());
    once(&mut card.addresses);
    (card, lost)
}

/// Each address once, with one primary of its kind at most; the first of them stays.
fn once(addresses: &mut Vec<ContactAddress>) {
    let mut seen = HashSet::new();
    addresses.retain(|a| seen.insert((a.kind, key_of(a), a.account.clone())));
    for kind in AddressKind::ALL {
        let primary = addresses.iter_mut().filter(|a| a.kind == kind && a.primary);
        primary.skip(1).for_each(|a| a.primary = false);
    }
}

fn grow(list: &mut Vec<String>, other: &[String], fold: impl Fn(&str) -> String) {
    for text in other {
        if !list.iter().any(|have| fold(have) == fold(text)) {
            list.push(text.clone());
        }
    }
}

fn unique(what: &str, list: &mut Vec<String>, fold: impl Fn(&str) -> String) -> Result<()> {
    let mut seen = HashSet::new();
    for text in list.iter_mut() {
        line(what, text)?;
    }
    list.retain(|text| !text.is_empty() && seen.insert(fold(text)));
    Ok(())
}

/// A text of one line.
fn line(field: &str, text: &mut String) -> Result<()> {
    *text = text.trim().to_owned();
    match text.chars().find(|c| c.is_control() || is_turning(*c)) {
        Some(c) => Err(Error::usage(format!(
            "`{field}` holds the control character U+{:04X}",
            u32::from(c)
        ))),
        None => Ok(()),
    }
}

/// What turns text around, so that a name could look like another one.
pub(super) fn is_turning(c: char) -> bool {
    matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}')
}

fn from_parts(card: &Card) -> String {
    let parts = [
        &card.prefix,
        &card.given,
        &card.middle,
        &card.family,
        &card.suffix,
    ];
    let parts: Vec<_> = parts.into_iter().flatten().map(String::as_str).collect();
    parts.join(" ")
}

/// `1815-12-10` or `--12-10` (a day that a leap year has).
fn is_birthday(text: &str) -> bool {
    let full = match text.strip_prefix("--") {
        Some(rest) => format!("2000-{rest}"),
        None => text.to_owned(),
    };
    full.len() == 10 && full.parse::<Date>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::contact::Via;

    fn mail(value: &str) -> ContactAddress {
        ContactAddress {
            value: value.into(),
            ..ContactAddress::default()
        }
    }

    #[test]
    fn a_card_is_kept_trimmed_and_without_doubles() {
        let card = Card {
            given: Some(" Ada ".into()),
            family: Some("Lovelace".into()),
            title: Some("  ".into()),
            nicknames: vec!["ada".into(), "Ada".into(), " ".into()],
            groups: vec!["@Team".into(), "team".into()],
            addresses: vec![
                ContactAddress {
                    primary: true,
                    ..mail(" Ada@Example.com ")
                },
                mail("ada@example.com"),
                ContactAddress {
                    primary: true,
                    ..mail("al@example.com")
                },
            ],
            ..Card::default()
        };
        let card = checked(card, None).unwrap();
        assert_eq!(card.name, "Ada Lovelace");
        assert_eq!((card.title, card.nicknames.len()), (None, 1));
        assert_eq!(card.groups, ["Team"]);
        assert_eq!(card.addresses.len(), 2);
        assert!(card.addresses[0].primary && !card.addresses[1].primary);
    }

    #[test]
    fn what_no_card_can_hold_is_refused() {
        let name = |name: &str| Card {
            name: name.into(),
            ..Card::default()
        };
        for card in [
            name(""),
            name("a\nb"),
            name("a\u{202e}b"),
            Card {
                zone: Some("Mars/Base".into()),
                ..name("A")
            },
            Card {
                birthday: Some("10.12.1815".into()),
                ..name("A")
            },
            Card {
                birthday: Some("--02-30".into()),
                ..name("A")
            },
            Card {
                addresses: vec![mail("ada")],
                ..name("A")
            },
        ] {
            assert!(checked(card.clone(), None).is_err(), "{card:?}");
        }
        for day in ["1815-12-10", "--02-29"] {
            let card = Card {
                birthday: Some(day.into()),
                ..name("A")
            };
            assert!(checked(card, None).is_ok(), "{day}");
        }
    }

    #[test]
    fn of_two_cards_nothing_is_lost_unseen() {
        let first = Card {
            name: "Ada Lovelace".into(),
            addresses: vec![ContactAddress {
                primary: true,
                ..mail("ada@example.com")
            }],
            notes: Some("met in London".into()),
            preferred: Some(Via::Sms),
            ..Card::default()
        };
        let other = Card {
            name: "A. Lovelace".into(),
            nicknames: vec!["al".into()],
            organization: Some("Engines".into()),
            addresses: vec![
                ContactAddress {
                    primary: true,
                    ..mail("al@example.com")
                },
                mail("ADA@example.com"),
            ],
            notes: Some("likes tea".into()),
            preferred: Some(Via::Email),
            ..Card::default()
        };
        let (card, lost) = joined(&first, &other);
        assert_eq!(card.name, "Ada Lovelace");
        assert_eq!(card.organization.as_deref(), Some("Engines"));
        assert_eq!(card.notes.as_deref(), Some("met in London\n\nlikes tea"));
        assert_eq!(card.addresses.len(), 2);
        assert!(!card.addresses[1].primary);
        let lost: Vec<_> = lost
            .iter()
            .map(|l| (l.field.as_str(), l.value.as_str()))
            .collect();
        assert_eq!(lost, [("name", "A. Lovelace"), ("preferred", "email")]);
        assert_eq!(joined(&card, &other).0, card);
    }

    #[test]
    fn the_fields_that_differ_are_named() {
        let one = Card {
            name: "Ada".into(),
            ..Card::default()
        };
        let other = Card {
            zone: Some("UTC".into()),
            ..one.clone()
        };
        assert_eq!(differing(&one, &other), ["zone"]);
        assert!(differing(&one, &one).is_empty());
    }
}
