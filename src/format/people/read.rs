//! A person as a card.

use serde_json::Value;

use crate::format::json::text;
use crate::model::contact::{AddressKind, Card, ContactAddress, Via};

use super::{Groups, PREFERRED, ZONE, own};

/// What a card can hold of a person.
///
/// Groups that `groups` doesn't know are left out, as Google's own are.
pub fn read(person: &Value, groups: &Groups) -> Card {
    let mut card = Card::default();
    if let Some(name) = own(person, "names").first() {
        named(&mut card, name);
    }
    card.nicknames = texts(person, "nicknames");
    if let Some(work) = own(person, "organizations").first() {
        card.organization = owned(work, "name");
        card.title = owned(work, "title");
    }
    card.addresses = addresses(person);
    card.groups = own(person, "memberships")
        .into_iter()
        .filter_map(|item| groups.name(group_of(item)?))
        .map(str::to_owned)
        .collect();
    card.notes = own(person, "biographies")
        .first()
        .and_then(|item| owned(item, "value"));
    card.birthday = own(person, "birthdays")
        .first()
        .and_then(|item| birthday(item));
    card.urls = texts(person, "urls");
    card.preferred = own_field(person, PREFERRED).and_then(Via::named);
    card.zone = own_field(person, ZONE).map(str::to_owned);
    card
}

fn named(card: &mut Card, name: &Value) {
    let shown = text(name, "displayName").or_else(|| text(name, "unstructuredName"));
    card.name = shown.unwrap_or_default().to_owned();
    card.prefix = owned(name, "honorificPrefix");
    card.given = owned(name, "givenName");
    card.middle = owned(name, "middleName");
    card.family = owned(name, "familyName");
    card.suffix = owned(name, "honorificSuffix");
    card.phonetic = owned(name, "phoneticFullName").or_else(|| {
        let parts = [
            "phoneticGivenName",
            "phoneticMiddleName",
            "phoneticFamilyName",
        ];
        joined(parts.into_iter().filter_map(|part| text(name, part)))
    });
    if card.name.is_empty() {
        card.name = spelled(card);
    }
}

/// The parts of a name in Western order.
pub(super) fn spelled(card: &Card) -> String {
    let parts = [
        &card.prefix,
        &card.given,
        &card.middle,
        &card.family,
        &card.suffix,
    ];
    joined(parts.into_iter().filter_map(|part| part.as_deref())).unwrap_or_default()
}

fn joined<'a>(parts: impl Iterator<Item = &'a str>) -> Option<String> {
    let parts: Vec<&str> = parts.collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}

fn addresses(person: &Value) -> Vec<ContactAddress> {
    let mut all: Vec<ContactAddress> = Vec::new();
    for field in ["emailAddresses", "phoneNumbers", "imClients"] {
        for item in own(person, field) {
            let Some(address) = address(field, item) else {
                continue;
            };
            let same = |a: &ContactAddress| (a.kind, &a.value) == (address.kind, &address.value);
            if !all.iter().any(same) {
                all.push(address);
            }
        }
    }
    all
}

/// An item as an address; `None` for what reaches nobody here (a Skype name).
pub(super) fn address(field: &str, item: &Value) -> Option<ContactAddress> {
    let (kind, value, account) = match field {
        "emailAddresses" => (AddressKind::Email, text(item, "value")?, None),
        "phoneNumbers" => {
            let number = text(item, "canonicalForm").or_else(|| text(item, "value"))?;
            (AddressKind::Phone, number, None)
        }
        _ => {
            let (kind, account) = protocol(text(item, "protocol")?)?;
            (kind, text(item, "username")?, account)
        }
    };
    Some(ContactAddress {
        kind,
        value: value.trim().to_owned(),
        label: owned(item, "type"),
        account: account.map(str::to_owned),
        primary: false,
    })
}

/// `slack`, `slack:work`: by what, and the account in which the id means someone.
fn protocol(protocol: &str) -> Option<(AddressKind, Option<&str>)> {
    let (name, account) = match protocol.split_once(':') {
        Some((name, account)) => (name, Some(account).filter(|a| !a.is_empty())),
        None => (protocol, None),
    };
    let kind = match name.trim().to_lowercase().as_str() {
        "whatsapp" => AddressKind::Whatsapp,
        "slack" => AddressKind::Slack,
        "chat" | "google chat" | "googlechat" => AddressKind::Chat,
        _ => return None,
    };
    Some((kind, account))
}

/// The group that a membership means.
pub(super) fn group_of(item: &Value) -> Option<&str> {
    text(&item["contactGroupMembership"], "contactGroupResourceName")
}

/// `1815-12-10`, `--12-10`, or what else was written where no day can be told.
fn birthday(item: &Value) -> Option<String> {
    let part = |name: &str| item["date"][name].as_u64().unwrap_or(0);
    match (part("year"), part("month"), part("day")) {
        (_, 0, _) | (_, _, 0) => owned(item, "text"),
        (0, month, day) => Some(format!("--{month:02}-{day:02}")),
        (year, month, day) => Some(format!("{year:04}-{month:02}-{day:02}")),
    }
}

fn own_field<'a>(person: &'a Value, key: &str) -> Option<&'a str> {
    let items = own(person, "userDefined");
    let item = items.into_iter().find(|item| item["key"] == key)?;
    text(item, "value").map(str::trim)
}

fn texts(person: &Value, field: &str) -> Vec<String> {
    let items = own(person, field);
    items
        .into_iter()
        .filter_map(|item| owned(item, "value"))
        .collect()
}

fn owned(item: &Value, key: &str) -> Option<String> {
    text(item, key).map(|text| text.trim().to_owned())
}
