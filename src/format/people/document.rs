//! A person as it is kept: Google's JSON, and what its groups are called.
//!
//! So a document says all by itself what it means, and a group that got another name is seen as a change.

use serde_json::{Map, Value, json};

use crate::model::contact::Card;

use super::{Groups, read, set_mark, write};

/// Ours among Google's: the names of the groups that the person is in.
const GROUPS: &str = "comms:groups";
/// The id of a group that is not there yet, before its name.
const NEW_GROUP: &str = "new/";
/// What of a person nobody writes.
const TOLD: [&str; 6] = [
    "resourceName",
    "etag",
    "metadata",
    "photos",
    "coverPhotos",
    GROUPS,
];

/// What is kept of a person.
pub fn keep(mut person: Value, groups: &Groups) -> Value {
    let names: Map<String, Value> = super::own(&person, "memberships")
        .into_iter()
        .filter_map(super::read::group_of)
        .filter_map(|id| Some((id.to_owned(), json!(groups.name(id)?))))
        .collect();
    if !names.is_empty() {
        person[GROUPS] = Value::Object(names);
    }
    person
}

/// What a kept person says.
pub fn card(kept: &Value) -> Card {
    read(kept, &groups_of(kept))
}

/// The document that this card makes of a kept one, or of none; groups that are not there yet are in it by name.
pub fn document(card: &Card, (mark, kept): (Option<&str>, Option<&Value>)) -> Value {
    let mut groups = kept.map(groups_of).unwrap_or_default();
    for name in &card.groups {
        if groups.resource(name).is_none() {
            let name = name.trim().trim_start_matches('@');
            groups.add(format!("{NEW_GROUP}{name}"), name.to_owned());
        }
    }
    let (mut person, _) = write(card, kept, &groups);
    if mark.is_some() {
        set_mark(&mut person, mark);
    }
    person
}

/// The names of the groups that a document wants to be in and that had no id when it was made.
pub fn new_groups(document: &Value) -> Vec<String> {
    let items = document["memberships"].as_array().into_iter().flatten();
    items
        .filter_map(super::read::group_of)
        .filter_map(|id| id.strip_prefix(NEW_GROUP))
        .map(str::to_owned)
        .collect()
}

/// Gives the groups of a document their ids, which must be known now, and takes out what is ours alone.
pub fn resolved(mut document: Value, groups: &Groups) -> Value {
    for item in document["memberships"].as_array_mut().into_iter().flatten() {
        let group = &mut item["contactGroupMembership"]["contactGroupResourceName"];
        let name = group.as_str().and_then(|id| id.strip_prefix(NEW_GROUP));
        if let Some(id) = name.and_then(|name| groups.resource(name)) {
            *group = json!(id);
        }
    }
    // The same group by its name and by its id is once.
    let mut seen = Vec::new();
    if let Some(items) = document["memberships"].as_array_mut() {
        items.retain(|item| {
            let id = super::read::group_of(item).map(str::to_owned);
            let is_new = !seen.contains(&id);
            seen.push(id);
            is_new
        });
    }
    if let Some(fields) = document.as_object_mut() {
        fields.remove(GROUPS);
    }
    document
}

/// The fields that differ between two states of a person.
pub fn changed(from: &Value, to: &Value) -> Vec<String> {
    let empty = Map::new();
    let fields = to.as_object().unwrap_or(&empty);
    let differs = |(field, items): &(&String, &Value)| {
        let was = from.get(field.as_str());
        let nothing = was.is_none() && items.as_array().is_some_and(Vec::is_empty);
        !TOLD.contains(&field.as_str()) && was != Some(*items) && !nothing
    };
    let fields = fields.iter().filter(differs);
    fields.map(|(field, _)| field.clone()).collect()
}

/// The kept person with the groups called as they are now, if any of them is called otherwise.
pub fn renamed(kept: &Value, groups: &Groups) -> Option<Value> {
    let mut now = kept.clone();
    let names = now.get_mut(GROUPS)?.as_object_mut()?;
    let mut differs = false;
    for (id, name) in names.iter_mut() {
        if let Some(new) = groups.name(id).filter(|new| name.as_str() != Some(new)) {
            *name = json!(new);
            differs = true;
        }
    }
    differs.then_some(now)
}

fn groups_of(kept: &Value) -> Groups {
    let names = kept[GROUPS].as_object().into_iter().flatten();
    let names = names.filter_map(|(id, name)| Some((id.clone(), name.as_str()?.to_owned())));
    Groups::new(names)
}
