//! What a vCard says of a person, as far as a [`Card`] holds it.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

use crate::model::contact::{Card, Via};

use super::MOST_VALUES;
use super::address;
use super::document::Document;
use super::property::Property;
use super::text::{line, some, tidy};

/// Says by what the person wants to be reached; ours.
pub const PREFERRED: &str = "X-COMMS-PREFERRED";
/// How names sound, in the order they are said in East Asia.
pub const PHONETIC: [&str; 3] = [
    "X-PHONETIC-LAST-NAME",
    "X-PHONETIC-MIDDLE-NAME",
    "X-PHONETIC-FIRST-NAME",
];
/// What Google files everybody under.
const EVERYBODY: &str = "myContacts";

pub fn card_of(document: &Document) -> Card {
    let mut names = document.first("N").map(name_parts).unwrap_or_default();
    let mut part = |n: usize| names.get_mut(n).and_then(Option::take);
    let mut card = Card {
        family: part(0),
        given: part(1),
        middle: part(2),
        prefix: part(3),
        suffix: part(4),
        phonetic: phonetic(document),
        nicknames: list(document, "NICKNAME"),
        organization: document.all("ORG").find_map(organization),
        title: document.all("TITLE").find_map(|p| some(&p.text())),
        addresses: address::placed(document)
            .into_iter()
            .map(|p| p.address)
            .collect(),
        preferred: document
            .first(PREFERRED)
            .and_then(|p| Via::named(p.text().trim())),
        groups: groups(document),
        notes: notes(document),
        zone: document.all("TZ").find_map(zone),
        birthday: document.all("BDAY").find_map(birthday),
        urls: urls(document).into_iter().map(|(_, url)| url).collect(),
        name: String::new(),
    };
    card.name = document
        .all("FN")
        .find_map(|p| some(&p.text()))
        .unwrap_or_else(|| made_name(&card));
    card
}

/// A name of what else is known.
pub fn made_name(card: &Card) -> String {
    let parts = [
        &card.prefix,
        &card.given,
        &card.middle,
        &card.family,
        &card.suffix,
    ];
    let parts: Vec<&str> = parts.into_iter().filter_map(|p| p.as_deref()).collect();
    match parts.is_empty() {
        false => parts.join(" "),
        true => {
            let nothing = Card::default().label().to_owned();
            Some(card.label().to_owned())
                .filter(|label| *label != nothing)
                .unwrap_or_default()
        }
    }
}

/// Family, given, middle, prefix, suffix.
pub fn name_parts(property: &Property) -> Vec<Option<String>> {
    let text = property.escaped_text();
    let parts = super::text::pieces(&text, ';').into_iter();
    let part = |(n, part): (usize, &str)| {
        let all = super::text::pieces(part, ',').into_iter();
        let all: Vec<String> = all
            .filter_map(|one| some(&super::text::unescaped(one)))
            .collect();
        // Several further names follow each other; several titles are a list.
        some(&all.join(if n == 2 { " " } else { ", " }))
    };
    parts.enumerate().map(part).collect()
}

fn organization(property: &Property) -> Option<String> {
    some(property.values(';').first()?)
}

fn phonetic(document: &Document) -> Option<String> {
    let parts: Vec<String> = PHONETIC
        .iter()
        .filter_map(|name| some(&document.first(name)?.text()))
        .collect();
    if !parts.is_empty() {
        return Some(parts.join(" "));
    }
    // `SOUND;X-IRMC-N:ヤマダ;タロウ` of Japanese phones.
    let sound = document.all("SOUND").find(|p| {
        let types = p.types();
        types.iter().any(|t| t.eq_ignore_ascii_case("X-IRMC-N"))
    })?;
    let parts: Vec<String> = sound.values(';').iter().filter_map(|p| some(p)).collect();
    some(&parts.join(" "))
}

/// The values of all properties of a name, each once.
pub fn list(document: &Document, name: &str) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for value in document.all(name).flat_map(|p| p.values(',')) {
        if all.len() >= MOST_VALUES {
            break;
        }
        if let Some(value) = some(&value).filter(|value| !all.contains(value)) {
            all.push(value);
        }
    }
    all
}

fn groups(document: &Document) -> Vec<String> {
    let mut groups = list(document, "CATEGORIES");
    groups.retain(|group| is_group(group));
    groups
}

/// Whether a category is a group that someone made.
pub fn is_group(category: &str) -> bool {
    category != EVERYBODY
}

fn notes(document: &Document) -> Option<String> {
    let all: Vec<String> = document.all("NOTE").map(|p| tidy(&p.text())).collect();
    let all: Vec<String> = all.into_iter().filter(|note| !note.is_empty()).collect();
    (!all.is_empty()).then(|| all.join("\n\n"))
}

/// The pages with their places, each once.
pub fn urls(document: &Document) -> Vec<(usize, String)> {
    let mut all: Vec<(usize, String)> = Vec::new();
    for place in document.places("URL") {
        if all.len() >= MOST_VALUES {
            break;
        }
        let property = document.entries[place].property.as_ref();
        if let Some(url) = property.and_then(|p| some(&p.text()))
            && !all.iter().any(|(_, known)| *known == url)
        {
            all.push((place, url));
        }
    }
    all
}

/// An IANA name; offsets are none.
pub fn zone(property: &Property) -> Option<String> {
    let text = line(&property.text());
    let sound = |c: char| c.is_ascii_alphanumeric() || "_+-/".contains(c);
    let named = text.contains('/') && text.chars().all(sound) && !text.starts_with(['/', '+', '-']);
    (named || text == "UTC").then_some(text)
}

/// `1815-12-10` or `--12-10`, from all its spellings.
pub fn birthday(property: &Property) -> Option<String> {
    let text = line(&property.text());
    let day = text.split(['T', ' ']).next()?;
    let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    if let Some(rest) = day.strip_prefix("--") {
        let rest = rest.replace('-', "");
        if rest.len() != 4 || !digits(&rest) {
            return None;
        }
        // A leap year has every day.
        valid(2000, &rest)?;
        return Some(format!("--{}-{}", &rest[..2], &rest[2..]));
    }
    let compact = day.replace('-', "");
    if compact.len() != 8 || !digits(&compact) {
        return None;
    }
    let (year, rest) = compact.split_at(4);
    valid(year.parse().ok()?, rest)?;
    // Apple has no birthdays without a year: it names one and says to leave it out.
    let omitted = property.one("X-APPLE-OMIT-YEAR");
    Some(match omitted.as_deref() == Some(year) {
        true => format!("--{}-{}", &rest[..2], &rest[2..]),
        false => format!("{year}-{}-{}", &rest[..2], &rest[2..]),
    })
}

fn valid(year: i16, month_day: &str) -> Option<Date> {
    let (month, day) = month_day.split_at(2);
    Date::new(year, month.parse().ok()?, day.parse().ok()?).ok()
}

/// The id of the card, without `urn:uuid:`.
pub fn uid(document: &Document) -> Option<String> {
    document.all("UID").find_map(|p| some(bare_uid(&p.text())))
}

pub fn bare_uid(uid: &str) -> &str {
    let uid = uid.trim();
    match uid.get(..9) {
        Some(urn) if urn.eq_ignore_ascii_case("urn:uuid:") => &uid[9..],
        _ => uid,
    }
}

pub fn rev(document: &Document) -> Option<Timestamp> {
    let text = line(&document.first("REV")?.text());
    let time = text.parse::<Timestamp>().ok();
    time.or_else(|| {
        let civil = text.parse::<DateTime>().ok()?;
        Some(civil.to_zoned(TimeZone::UTC).ok()?.timestamp())
    })
}

/// The UIDs in a group; `None` for a person.
pub fn members(document: &Document) -> Option<Vec<String>> {
    let is_group = |name: &str| {
        let kind = document.first(name).map(Property::text);
        kind.is_some_and(|kind| kind.trim().eq_ignore_ascii_case("group"))
    };
    let name = match (is_group("KIND"), is_group("X-ADDRESSBOOKSERVER-KIND")) {
        (true, _) => "MEMBER",
        (_, true) => "X-ADDRESSBOOKSERVER-MEMBER",
        _ => return None,
    };
    let all = document.all(name).chain(
        // Both are written by some who convert.
        document
            .all("X-ADDRESSBOOKSERVER-MEMBER")
            .filter(|_| name == "MEMBER"),
    );
    let mut members: Vec<String> = all.filter_map(|p| some(bare_uid(&p.text()))).collect();
    members.dedup();
    Some(members)
}
