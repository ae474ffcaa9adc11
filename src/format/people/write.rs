//! A card as a person.

use serde_json::{Value, json};

use crate::format::json::text;
use crate::model::contact::{AddressKind, Card, ContactAddress};

use super::read::{address, group_of, read, spelled};
use super::{Groups, MY_CONTACTS, PREFERRED, ZONE, own};

/// The person that this card makes of what Google has, and the fields that differ from it.
///
/// A group that `groups` doesn't know is left out: make it before. With `base: None`, a new contact.
pub fn write(card: &Card, base: Option<&Value>, groups: &Groups) -> (Value, Vec<&'static str>) {
    let empty = json!({});
    let base = base.unwrap_or(&empty);
    let was = read(base, groups);
    let mut person = base.clone();
    let mut changed = Vec::new();
    let mut set = |field: &'static str, items: Vec<Value>| {
        person[field] = Value::Array(items);
        changed.push(field);
    };
    if name_parts(card) != name_parts(&was) || card.name.trim() != was.name && !spells(card, &was) {
        set("names", names(card, &was, own(base, "names")));
    }
    if card.nicknames != was.nicknames {
        let old = own(base, "nicknames");
        set("nicknames", values(&card.nicknames, &old));
    }
    if (&card.organization, &card.title) != (&was.organization, &was.title) {
        set(
            "organizations",
            organizations(card, own(base, "organizations")),
        );
    }
    for (field, kinds) in ADDRESSES {
        let of = |card: &Card| ordered(card, kinds);
        if of(card) != of(&was) {
            set(field, addresses(field, &of(card), &own(base, field)));
        }
    }
    let asked = sorted(card, groups);
    if asked != sorted(&was, groups) || own(base, "memberships").is_empty() {
        set(
            "memberships",
            memberships(&asked, own(base, "memberships"), groups),
        );
    }
    if card.notes != was.notes {
        let note = card.notes.iter();
        let note = note.map(|note| json!({ "value": note, "contentType": "TEXT_PLAIN" }));
        set("biographies", note.collect());
    }
    if card.birthday != was.birthday {
        set("birthdays", card.birthday.iter().map(birthday).collect());
    }
    if card.urls != was.urls {
        let old = own(base, "urls");
        set("urls", values(&card.urls, &old));
    }
    if (card.preferred, &card.zone) != (was.preferred, &was.zone) {
        set("userDefined", own_fields(card, own(base, "userDefined")));
    }
    (person, changed)
}

const ADDRESSES: [(&str, &[AddressKind]); 3] = [
    ("emailAddresses", &[AddressKind::Email]),
    ("phoneNumbers", &[AddressKind::Phone]),
    (
        "imClients",
        &[AddressKind::Whatsapp, AddressKind::Slack, AddressKind::Chat],
    ),
];

type Parts<'a> = [Option<&'a str>; 6];

fn name_parts(card: &Card) -> Parts<'_> {
    [
        &card.prefix,
        &card.given,
        &card.middle,
        &card.family,
        &card.suffix,
        &card.phonetic,
    ]
    .map(|part| part.as_deref().map(str::trim).filter(|p| !p.is_empty()))
}

/// Whether the name that is shown is what the parts say, in whatever order.
fn spells(card: &Card, was: &Card) -> bool {
    let letters = |text: &str| {
        let mut letters: Vec<char> = text.to_lowercase().chars().collect();
        letters.retain(|c| c.is_alphanumeric());
        letters.sort_unstable();
        letters
    };
    let parts = spelled(card);
    // A contact that is new here may be called otherwise than its parts say: the parts are what Google shows.
    !parts.is_empty() && (was.name.is_empty() || letters(&parts) == letters(&card.name))
}

fn names(card: &Card, was: &Card, old: Vec<&Value>) -> Vec<Value> {
    let mut name = old
        .first()
        .map_or_else(|| json!({}), |name| (*name).clone());
    let renamed = name_parts(card)[..5] == name_parts(was)[..5] && !spells(card, was);
    for told in ["displayName", "displayNameLastFirst", "unstructuredName"] {
        remove(&mut name, told);
    }
    let parts = [
        ("honorificPrefix", &card.prefix),
        ("givenName", &card.given),
        ("middleName", &card.middle),
        ("familyName", &card.family),
        ("honorificSuffix", &card.suffix),
    ];
    for (key, part) in parts {
        // A name that its parts don't spell was given as a whole: Google finds the parts.
        put(&mut name, key, part.as_deref().filter(|_| !renamed));
    }
    if spelled(card).is_empty() || renamed {
        put(&mut name, "unstructuredName", Some(&card.name));
    }
    if card.phonetic != was.phonetic {
        for key in [
            "phoneticGivenName",
            "phoneticMiddleName",
            "phoneticFamilyName",
            "phoneticFullName",
        ] {
            remove(&mut name, key);
        }
        let key = match card.family {
            Some(_) => "phoneticFamilyName",
            None => "phoneticFullName",
        };
        put(&mut name, key, card.phonetic.as_deref());
    }
    let says = |name: &Value| {
        let parts = name.as_object().into_iter().flatten();
        parts.into_iter().any(|(key, _)| key != "metadata")
    };
    Some(name).filter(says).into_iter().collect()
}

fn organizations(card: &Card, old: Vec<&Value>) -> Vec<Value> {
    let mut items: Vec<Value> = old.into_iter().cloned().collect();
    if card.organization.is_none() && card.title.is_none() {
        if !items.is_empty() {
            items.remove(0);
        }
        return items;
    }
    if items.is_empty() {
        items.push(json!({}));
    }
    put(&mut items[0], "name", card.organization.as_deref());
    put(&mut items[0], "title", card.title.as_deref());
    items
}

/// The addresses of these kinds, the primary ones of each before the others.
fn ordered(card: &Card, kinds: &[AddressKind]) -> Vec<ContactAddress> {
    let of = kinds.iter().flat_map(|kind| card.of_kind(*kind));
    of.map(|address| ContactAddress {
        value: address.value.trim().to_owned(),
        primary: false,
        ..address.clone()
    })
    .collect()
}

/// The items of these addresses: what was there is kept as it is, or only gets another label.
fn addresses(field: &str, wanted: &[ContactAddress], old: &[&Value]) -> Vec<Value> {
    let (known, foreign): (Vec<_>, Vec<_>) = old
        .iter()
        .map(|item| (address(field, item), *item))
        .partition(|(address, _)| address.is_some());
    let item = |wanted: &ContactAddress| {
        let same = |(was, _): &&(Option<ContactAddress>, &Value)| {
            let was = was.as_ref();
            was.is_some_and(|was| (was.kind, &was.value) == (wanted.kind, &wanted.value))
        };
        let mut item = match known.iter().find(same) {
            Some((_, item)) => (*item).clone(),
            None => json!({}),
        };
        if text(&item, "type") != wanted.label.as_deref() {
            remove(&mut item, "formattedType");
            put(&mut item, "type", wanted.label.as_deref());
        }
        if field == "imClients" {
            let protocol = match &wanted.account {
                Some(account) => format!("{}:{account}", wanted.kind.name()),
                None => wanted.kind.name().to_owned(),
            };
            if address(field, &item).is_none_or(|was| was.account != wanted.account) {
                remove(&mut item, "formattedProtocol");
                put(&mut item, "protocol", Some(&protocol));
            }
            put(&mut item, "username", Some(&wanted.value));
        } else if address(field, &item).is_none() {
            put(&mut item, "value", Some(&wanted.value));
        }
        item
    };
    let foreign = foreign.into_iter().map(|(_, item)| item.clone());
    wanted.iter().map(item).chain(foreign).collect()
}

/// The groups of a card by their ids at Google.
fn sorted(card: &Card, groups: &Groups) -> Vec<String> {
    let known = card.groups.iter().filter_map(|name| groups.resource(name));
    let mut known: Vec<String> = known.map(str::to_owned).collect();
    known.sort();
    known.dedup();
    known
}

fn memberships(asked: &[String], old: Vec<&Value>, groups: &Groups) -> Vec<Value> {
    let stays = |item: &&Value| {
        group_of(item).is_some_and(|group| {
            groups.name(group).is_none() || asked.iter().any(|asked| asked == group)
        })
    };
    let mut items: Vec<Value> = old.into_iter().filter(stays).cloned().collect();
    let is_in = |items: &[Value], group: &str| items.iter().any(|i| group_of(i) == Some(group));
    if items.is_empty() {
        items.push(membership(MY_CONTACTS));
    }
    for group in asked {
        if !is_in(&items, group) {
            items.push(membership(group));
        }
    }
    items
}

fn membership(group: &str) -> Value {
    json!({ "contactGroupMembership": { "contactGroupResourceName": group } })
}

/// A day, or the words that were given for it.
fn birthday(written: &String) -> Value {
    let (year, rest) = match written.strip_prefix("--") {
        Some(rest) => (Some(0), Some(rest)),
        None => match written.split_once('-') {
            Some((year, rest)) if year.len() == 4 => (year.parse::<u32>().ok(), Some(rest)),
            _ => (None, None),
        },
    };
    let day = rest.and_then(|rest| {
        let (month, day) = rest.split_once('-')?;
        let (month, day) = (month.parse::<u32>().ok()?, day.parse::<u32>().ok()?);
        ((1..=12).contains(&month) && (1..=31).contains(&day)).then_some((month, day))
    });
    match (year, day) {
        (Some(0), Some((month, day))) => json!({ "date": { "month": month, "day": day } }),
        (Some(year), Some((month, day))) => {
            json!({ "date": { "year": year, "month": month, "day": day } })
        }
        _ => json!({ "text": written }),
    }
}

fn own_fields(card: &Card, old: Vec<&Value>) -> Vec<Value> {
    let mut items: Vec<Value> = old.into_iter().cloned().collect();
    items.retain(|item| item["key"] != PREFERRED && item["key"] != ZONE);
    let ours = [
        (PREFERRED, card.preferred.map(|via| via.name())),
        (ZONE, card.zone.as_deref()),
    ];
    for (key, value) in ours {
        items.extend(value.map(|value| json!({ "key": key, "value": value })));
    }
    items
}

/// Items of these values: what was there stays as it is.
fn values(wanted: &[String], old: &[&Value]) -> Vec<Value> {
    let item = |wanted: &String| {
        let same = |item: &&&Value| text(item, "value").map(str::trim) == Some(wanted.as_str());
        match old.iter().find(same) {
            Some(item) => (*item).clone(),
            None => json!({ "value": wanted }),
        }
    };
    wanted.iter().map(item).collect()
}

fn put(item: &mut Value, key: &str, value: Option<&str>) {
    match value.filter(|value| !value.trim().is_empty()) {
        Some(value) => item[key] = json!(value),
        None => remove(item, key),
    }
}

fn remove(item: &mut Value, key: &str) {
    if let Some(item) = item.as_object_mut() {
        item.remove(key);
    }
}
