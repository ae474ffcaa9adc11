//! Contacts under Google's newer headings.

use super::FORMULA;
use crate::format::vcard;
use crate::model::contact::{AddressKind, Card, ContactAddress};

/// The columns that stand once.
const ONCE: [&str; 15] = [
    "First Name",
    "Middle Name",
    "Last Name",
    "Phonetic First Name",
    "Phonetic Middle Name",
    "Phonetic Last Name",
    "Name Prefix",
    "Name Suffix",
    "Nickname",
    "File As",
    "Organization Name",
    "Organization Title",
    "Birthday",
    "Notes",
    "Labels",
];
const SEVERAL: &str = " ::: ";

/// A CSV file of these people, as Google Contacts imports it.
pub fn write(cards: &[Card]) -> Vec<u8> {
    let most = |count: &dyn Fn(&Card) -> usize| cards.iter().map(count).max().unwrap_or(0);
    let of = |kind: AddressKind| move |card: &Card| card.of_kind(kind).count();
    let emails = most(&of(AddressKind::Email)).max(1);
    let phones = most(&of(AddressKind::Phone)).max(1);
    let urls = most(&|card| card.urls.len());
    let customs = most(&|card| custom(card).len());
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut headings: Vec<String> = ONCE.iter().map(|&h| h.to_owned()).collect();
    for (what, count) in [
        ("E-mail", emails),
        ("Phone", phones),
        ("Website", urls),
        ("Custom Field", customs),
    ] {
        for n in 1..=count {
            headings.push(format!("{what} {n} - Label"));
            headings.push(format!("{what} {n} - Value"));
        }
    }
    // Writing to memory can't fail.
    let _ = writer.write_record(&headings);
    for card in cards {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let mut row = vec![
            text(&card.given),
            text(&card.middle),
            text(&card.family),
            String::new(),
            String::new(),
            text(&card.phonetic),
            text(&card.prefix),
            text(&card.suffix),
            card.nicknames.join(SEVERAL),
            match card.given.is_some() || card.family.is_some() {
                true => String::new(),
                false => card.name.clone(),
            },
            text(&card.organization),
            text(&card.title),
            text(&card.birthday),
            text(&card.notes),
            labels(card),
        ];
        for (kind, count) in [(AddressKind::Email, emails), (AddressKind::Phone, phones)] {
            let all = card.addresses.iter().filter(|a| a.kind == kind);
            pairs(&mut row, all.map(|a| (label(a), a.value.clone())), count);
        }
        let all = card.urls.iter().map(|url| (String::new(), url.clone()));
        pairs(&mut row, all, urls);
        pairs(&mut row, custom(card).into_iter(), customs);
        let _ = writer.write_record(row.iter().map(|cell| inert(cell)));
    }
    writer.into_inner().unwrap_or_default()
}

/// A cell that no spreadsheet takes for a formula: a quote mark before it says that it is text (OWASP, CSV injection).
fn inert(cell: &str) -> String {
    let is_number = |rest: &str| {
        rest.bytes()
            .all(|b| b.is_ascii_digit() || b" -().".contains(&b))
    };
    match cell.strip_prefix(FORMULA) {
        Some(rest) if cell.starts_with('+') && is_number(rest) => cell.to_owned(),
        Some(_) => format!("'{cell}"),
        None => cell.to_owned(),
    }
}

fn pairs(row: &mut Vec<String>, all: impl Iterator<Item = (String, String)>, count: usize) {
    let end = row.len() + 2 * count;
    for (label, value) in all {
        row.extend([label, value]);
    }
    row.resize(end, String::new());
}

fn label(address: &ContactAddress) -> String {
    let label = match address.label.as_deref().unwrap_or_default() {
        "fax" => "Work Fax".to_owned(),
        known @ ("home" | "work" | "mobile" | "main" | "other" | "pager") => {
            let (first, rest) = known.split_at(1);
            first.to_uppercase() + rest
        }
        own => own.to_owned(),
    };
    match address.primary {
        true => format!("* {label}").trim().to_owned(),
        false => label,
    }
}

fn labels(card: &Card) -> String {
    let mut all = card.groups.clone();
    all.push("* myContacts".to_owned());
    all.join(SEVERAL)
}

/// What Google has no columns for.
fn custom(card: &Card) -> Vec<(String, String)> {
    let named = |what: &str, value: &str| (what.to_owned(), value.to_owned());
    let mut all = Vec::new();
    for address in &card.addresses {
        match address.kind {
            AddressKind::Whatsapp => all.push(named("WhatsApp", &address.value)),
            AddressKind::Slack => all.push(named("Slack", &address.value)),
            AddressKind::Chat => all.push(named("Google Chat", &address.value)),
            AddressKind::Email | AddressKind::Phone => {}
        }
    }
    all.extend(card.zone.as_deref().map(|zone| named("Time zone", zone)));
    all.extend(card.preferred.map(|via| named("Preferred", via.name())));
    let unnamed = Card {
        name: String::new(),
        ..card.clone()
    };
    let has_parts = card.given.is_some() || card.family.is_some();
    if has_parts && vcard::made_name(&unnamed) != card.name {
        all.push(named("Full name", &card.name));
    }
    all
}
