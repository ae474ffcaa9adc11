//! One person takes over what another has and no card holds.

use serde_json::{Value, json};

use crate::format::json::text;

use super::read::{address, group_of};
use super::{Joined, MARK, PREFERRED, ZONE, own};

/// Fields of which a person may have many values, but for those that a card holds all of.
const MANY: [&str; 14] = [
    "addresses",
    "calendarUrls",
    "clientData",
    "events",
    "externalIds",
    "imClients",
    "interests",
    "locations",
    "memberships",
    "miscKeywords",
    "occupations",
    "organizations",
    "relations",
    "sipAddresses",
];
const OWN_FIELDS: &str = "userDefined";
/// Fields of one value.
const ONE: [&str; 2] = ["genders", "locales"];
const STARRED: &str = "contactGroups/starred";

/// Puts into a person what another has beyond its card.
pub fn joined(person: &mut Value, other: &Value) -> Joined {
    let mut out = Joined::default();
    for field in MANY.into_iter().chain([OWN_FIELDS]) {
        let have: Vec<Value> = own(person, field).into_iter().map(bare).collect();
        let new: Vec<Value> = own(other, field)
            .into_iter()
            .filter(|item| is_beyond(field, item))
            .map(bare)
            .filter(|item| !have.contains(item))
            .collect();
        if !new.is_empty() {
            add(person, field, new);
            out.taken.push(field.to_owned());
        }
    }
    for field in ONE {
        let theirs = own(other, field).first().map(|item| bare(item));
        match (own(person, field).first().map(|item| bare(item)), theirs) {
            (None, Some(theirs)) => {
                add(person, field, vec![theirs]);
                out.taken.push(field.to_owned());
            }
            (Some(mine), Some(theirs)) if mine != theirs => {
                let value = text(&theirs, "value").unwrap_or_default().to_owned();
                out.lost.push((field.to_owned(), value));
            }
            _ => {}
        }
    }
    out.lost
        .extend(photo(other).map(|url| ("photo".to_owned(), url.to_owned())));
    out
}

/// The picture that the owner gave a contact: nobody but Google's own pages can put it elsewhere.
pub fn photo(person: &Value) -> Option<&str> {
    own(person, "photos")
        .into_iter()
        .filter(|photo| photo["default"] != true)
        .find_map(|photo| text(photo, "url"))
}

/// Whether a card does not hold it.
fn is_beyond(field: &str, item: &Value) -> bool {
    match field {
        "clientData" => item["key"] != MARK,
        "imClients" => address(field, item).is_none(),
        // Other groups are of the card.
        "memberships" => group_of(item) == Some(STARRED),
        "organizations" => item.as_object().into_iter().flatten().any(|(key, _)| {
            ![
                "metadata",
                "name",
                "title",
                "current",
                "type",
                "formattedType",
            ]
            .contains(&key.as_str())
        }),
        OWN_FIELDS => item["key"] != PREFERRED && item["key"] != ZONE,
        _ => true,
    }
}

/// Without what Google says of it.
fn bare(item: &Value) -> Value {
    let mut item = item.clone();
    if let Some(fields) = item.as_object_mut() {
        fields.retain(|key, _| {
            !["metadata", "formattedType", "formattedProtocol"].contains(&key.as_str())
        });
    }
    item
}

fn add(person: &mut Value, field: &str, items: Vec<Value>) {
    if !person[field].is_array() {
        person[field] = json!([]);
    }
    if let Some(have) = person[field].as_array_mut() {
        have.extend(items);
    }
}
