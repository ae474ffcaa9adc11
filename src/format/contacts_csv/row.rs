//! One row as a person.

use std::collections::BTreeMap;

use jiff::civil::Date;

use crate::format::vcard::{self, Fault, Read, Street};
use crate::model::contact::{AddressKind, Card, ContactAddress, Via};

use super::headings::{Column, Role};

/// What Google files everybody under, in its own words.
const EVERYBODY: [&str; 2] = ["* myContacts", "myContacts"];
/// Between several values in one cell of Google's.
const SEVERAL: &str = ":::";
/// It is nothing anybody sees.
const BYTE_ORDER_MARK: char = '\u{feff}';

#[derive(Default)]
struct Row {
    card: Card,
    file_as: Option<String>,
    phonetic: BTreeMap<u8, String>,
    /// By their number: what the values of a column are called.
    email_labels: BTreeMap<u32, String>,
    phone_labels: BTreeMap<u32, String>,
    custom_labels: BTreeMap<u32, String>,
    customs: Vec<(u32, String)>,
    street_labels: BTreeMap<u32, String>,
    streets: BTreeMap<(Option<&'static str>, u32), Street>,
    /// What stands where a mail address should.
    left_out: Vec<String>,
}

pub fn read(columns: &[Column], cells: &[String], line: u64) -> Result<Read, Fault> {
    let mut row = Row::default();
    let mut given: Vec<(&Column, &str)> = Vec::new();
    for (column, cell) in columns.iter().zip(cells) {
        if let Some(role) = column.role
            && !cell.is_empty()
            && !row.label(role, column.number, cell)
        {
            given.push((column, cell));
        }
    }
    for (column, cell) in given {
        row.put(column, cell);
    }
    let left_out = std::mem::take(&mut row.left_out);
    let (card, streets) = row.done();
    if card.name.is_empty() && card.addresses.is_empty() {
        return Err(Fault {
            line,
            what: "the row names nobody: no name and no address".to_owned(),
        });
    }
    let document = vcard::write(&card, None, &vcard::Form::default());
    Ok(Read {
        uid: None,
        document: vcard::with_streets(&document, &streets),
        card,
        members: None,
        rev: None,
        line,
        left_out,
    })
}

impl Row {
    /// Notes what values of a number are called; they may stand before or behind it.
    fn label(&mut self, role: Role, number: u32, cell: &str) -> bool {
        let labels = match role {
            Role::EmailLabel => &mut self.email_labels,
            Role::PhoneLabel => &mut self.phone_labels,
            Role::CustomLabel => &mut self.custom_labels,
            Role::StreetLabel => &mut self.street_labels,
            _ => return false,
        };
        labels.insert(number, cell.to_owned());
        true
    }

    fn put(&mut self, column: &Column, cell: &str) {
        let Some(role) = column.role else { return };
        let one = |text: &str| Some(line(text)).filter(|text| !text.is_empty());
        let card = &mut self.card;
        match role {
            Role::Name => card.name = line(cell),
            Role::FileAs => self.file_as = one(cell),
            Role::Prefix => card.prefix = one(cell),
            Role::Given => card.given = one(cell),
            Role::Middle => card.middle = one(cell),
            Role::Family => card.family = one(cell),
            Role::Suffix => card.suffix = one(cell),
            Role::Phonetic(part) => {
                self.phonetic.insert(part, line(cell));
            }
            Role::Nickname => grow(&mut card.nicknames, &[SEVERAL, ","], cell),
            Role::Organization => card.organization = card.organization.take().or(one(cell)),
            Role::Title => card.title = card.title.take().or(one(cell)),
            Role::Notes => card.notes = Some(cell.to_owned()),
            Role::Birthday => card.birthday = birthday(cell, column.month_first),
            Role::Groups => groups(&mut card.groups, cell),
            Role::Zone => card.zone = one(cell),
            Role::Preferred => card.preferred = Via::named(&cell.to_lowercase()),
            Role::Url => grow(&mut card.urls, &[SEVERAL], cell),
            Role::Email => {
                let label = self.email_labels.get(&column.number).cloned();
                self.addresses(AddressKind::Email, (cell, label, column.label));
            }
            Role::Phone => {
                let label = self.phone_labels.get(&column.number).cloned();
                self.addresses(AddressKind::Phone, (cell, label, column.label));
            }
            Role::Whatsapp => self.addresses(AddressKind::Whatsapp, (cell, None, None)),
            Role::Slack => self.addresses(AddressKind::Slack, (cell, None, None)),
            Role::Chat => self.addresses(AddressKind::Chat, (cell, None, None)),
            Role::Custom => self.customs.push((column.number, cell.to_owned())),
            Role::Street(part) => {
                let street = self
                    .streets
                    .entry((column.label, column.number))
                    .or_default();
                street.parts[usize::from(part).min(6)] = cell.to_owned();
                if let Some(label) = column.label {
                    street.label = Some(label.to_owned());
                }
            }
            Role::EmailLabel | Role::PhoneLabel | Role::CustomLabel | Role::StreetLabel => {}
        }
    }

    fn addresses(
        &mut self,
        kind: AddressKind,
        (cell, label, fixed): (&str, Option<String>, Option<&str>),
    ) {
        let label = label.unwrap_or_default();
        // Google marks the first of its kind.
        let (starred, label) = match label.strip_prefix('*') {
            Some(rest) => (true, rest.trim()),
            None => (false, label.trim()),
        };
        let label = match label {
            // The kind of mail address in Outlook.
            "SMTP" | "EX" | "" => None,
            label => Some(word(label)),
        };
        for value in cell.split(SEVERAL) {
            let value = line(value);
            if kind == AddressKind::Email && !value.is_empty() && !value.contains('@') {
                // Outlook writes addresses within a company as paths.
                if !value.contains('/') {
                    self.left_out.push(value);
                }
                continue;
            }
            let all = &mut self.card.addresses;
            if value.is_empty() || all.iter().any(|a| a.kind == kind && a.value == value) {
                continue;
            }
            let first = !all.iter().any(|a| a.kind == kind && a.primary);
            all.push(ContactAddress {
                kind,
                value,
                label: label.clone().or(fixed.map(str::to_owned)),
                account: None,
                primary: starred && first,
            });
        }
    }

    fn done(mut self) -> (Card, Vec<Street>) {
        for (number, value) in std::mem::take(&mut self.customs) {
            let label = self.custom_labels.get(&number).cloned().unwrap_or_default();
            match label.to_lowercase().replace(' ', "").as_str() {
                "whatsapp" => self.addresses(AddressKind::Whatsapp, (&value, None, None)),
                "slack" => self.addresses(AddressKind::Slack, (&value, None, None)),
                "googlechat" => self.addresses(AddressKind::Chat, (&value, None, None)),
                "timezone" => self.card.zone = Some(line(&value)),
                "preferred" => self.card.preferred = Via::named(&value),
                "fullname" => self.card.name = line(&value),
                _ => {}
            }
        }
        let card = &mut self.card;
        let phonetic: Vec<String> = self.phonetic.into_values().collect();
        card.phonetic = (!phonetic.is_empty()).then(|| phonetic.join(" "));
        if card.name.is_empty() {
            let named = card.given.is_some() || card.family.is_some();
            card.name = match self.file_as.filter(|_| !named) {
                Some(name) => name,
                None => vcard::made_name(card),
            };
        }
        let labels = self.street_labels;
        let streets = self
            .streets
            .into_iter()
            .map(|((fixed, number), mut street)| {
                if fixed.is_none() {
                    street.label = labels
                        .get(&number)
                        .map(|l| word(l.trim_start_matches('*').trim()));
                }
                street
            });
        (self.card, streets.collect())
    }
}

/// A label in the words of cards.
fn word(label: &str) -> String {
    match label.to_lowercase().as_str() {
        "home fax" | "work fax" | "other fax" | "fax" => "fax".to_owned(),
        known @ ("home" | "work" | "mobile" | "main" | "other" | "pager") => known.to_owned(),
        _ => line(label),
    }
}

fn groups(groups: &mut Vec<String>, cell: &str) {
    // Google's system groups have a star, which is no part of a name of a group that someone made.
    let kept = cell.split(SEVERAL).map(str::trim);
    let kept: Vec<&str> = kept
        .filter(|group| !EVERYBODY.contains(group))
        .map(|group| group.trim_start_matches('*').trim())
        .collect();
    // A name may have a comma: where Google's separator stands, it is the only one.
    let separators: &[&str] = match cell.contains(SEVERAL) {
        true => &[SEVERAL],
        false => &[";", ","],
    };
    grow(groups, separators, &kept.join(SEVERAL));
}

/// Adds the values between the first of these separators that is there.
fn grow(list: &mut Vec<String>, separators: &[&str], cell: &str) {
    let found = separators.iter().find(|s| cell.contains(**s));
    let values: Vec<&str> = match found {
        Some(separator) => cell.split(separator).collect(),
        None => vec![cell],
    };
    for value in values {
        let value = line(value);
        if !value.is_empty() && !list.contains(&value) {
            list.push(value);
        }
    }
}

/// Text of one line.
fn line(text: &str) -> String {
    let clean = text
        .chars()
        .filter(|c| (!c.is_control() || c.is_whitespace()) && *c != BYTE_ORDER_MARK);
    let clean: String = clean.collect();
    clean.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// `1815-12-10`, `--12-10`, `12/10/1815` or `10.12.1815`; nothing for Outlook's `0/0/00`.
fn birthday(cell: &str, month_first: bool) -> Option<String> {
    let digits: Vec<&str> = cell
        .split(|c: char| !c.is_ascii_digit())
        .filter(|s| !s.is_empty())
        .collect();
    if cell.starts_with("--") || cell.starts_with(" --") {
        let all = digits.concat();
        let (month, day) = (all.get(..2)?.parse().ok()?, all.get(2..4)?.parse().ok()?);
        let date = Date::new(2000, month, day).ok()?;
        return Some(format!("--{:02}-{:02}", date.month(), date.day()));
    }
    let [a, b, c, ..] = digits[..] else {
        return None;
    };
    let (year, month, day) = match (a.len(), cell.contains('.')) {
        (4, _) => (a, b, c),
        // Days with dots begin with the day.
        (_, true) => (c, b, a),
        (_, false) => match month_first && a.parse::<u8>().is_ok_and(|n| n <= 12) {
            true => (c, a, b),
            false => (c, b, a),
        },
    };
    if year.len() != 4 {
        return None;
    }
    let (month, day) = (month.parse().ok()?, day.parse().ok()?);
    let date = Date::new(year.parse().ok()?, month, day).ok()?;
    Some(date.to_string())
}
