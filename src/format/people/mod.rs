//! People of Google's address book (People API v1): their JSON to cards and back.
//!
//! A contact shows what its own entry says; what Google adds from a public profile isn't the owner's to change.
//! `write` touches what differs, so what a card can't hold stays as it was.

mod document;
mod join;
mod read;
mod write;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::format::json::text;
use crate::format::vcard::Joined;

pub use document::{card, changed, document, keep, new_groups, renamed, resolved};
pub use join::{joined, photo};
pub use read::read;
pub use write::write;

/// Where a contact says what it is here (`clientData`): whoever made it finds it again by this.
const MARK: &str = "comms";
/// The owner's own fields for what Google has none.
const PREFERRED: &str = "comms:preferred";
const ZONE: &str = "comms:zone";
/// Every contact is in this one, or nobody sees it.
const MY_CONTACTS: &str = "contactGroups/myContacts";

/// The groups of an address book: a person names them by their ids.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Groups {
    names: BTreeMap<String, String>,
}

impl Groups {
    /// Groups as `(contactGroups/…, name)`; Google's own are not among them: a card doesn't show these.
    pub fn new(own: impl IntoIterator<Item = (String, String)>) -> Groups {
        Groups {
            names: own.into_iter().collect(),
        }
    }

    pub fn add(&mut self, resource: String, name: String) {
        self.names.insert(resource, name);
    }

    /// The name of a group of the owner's.
    fn name(&self, resource: &str) -> Option<&str> {
        self.names.get(resource).map(String::as_str)
    }

    /// The id of a group of this name, case aside.
    pub fn resource(&self, name: &str) -> Option<&str> {
        let wanted = folded(name);
        let mut all = self.names.iter();
        all.find(|(_, name)| folded(name) == wanted)
            .map(|(resource, _)| resource.as_str())
    }
}

fn folded(group: &str) -> String {
    group.trim().trim_start_matches('@').to_lowercase()
}

/// What whoever made this contact called it.
pub fn mark(person: &Value) -> Option<&str> {
    own(person, "clientData")
        .into_iter()
        .find(|item| item["key"] == MARK)
        .and_then(|item| text(item, "value"))
}

/// Writes down what this contact is called here; `None` takes it out.
pub fn set_mark(person: &mut Value, mark: Option<&str>) {
    let mut items: Vec<Value> = own(person, "clientData").into_iter().cloned().collect();
    items.retain(|item| item["key"] != MARK);
    items.extend(mark.map(|mark| json!({ "key": MARK, "value": mark })));
    person["clientData"] = Value::Array(items);
}

/// The values of a field that are the contact's own, the primary one first; of someone who is no contact, all.
fn own<'a>(person: &'a Value, field: &str) -> Vec<&'a Value> {
    let items = person.get(field).and_then(Value::as_array);
    let mut items: Vec<_> = items.into_iter().flatten().collect();
    let is_own = |item: &&Value| {
        let source = item["metadata"]["source"]["type"].as_str();
        source.is_none_or(|source| source == "CONTACT")
    };
    // The name of a profile is shown where the owner gave none; all else of it is not the contact's.
    if items.iter().any(is_own) || is_contact(person) && field != "names" {
        items.retain(is_own);
    }
    let is_first = |item: &Value| {
        let of = &item["metadata"];
        of["sourcePrimary"] == true || of["primary"] == true
    };
    items.sort_by_key(|item| !is_first(item));
    items
}

/// Whether it is an entry of the owner's, not only a profile.
fn is_contact(person: &Value) -> bool {
    let sources = person["metadata"]["sources"].as_array();
    let mut sources = sources.into_iter().flatten();
    sources.any(|source| source["type"] == "CONTACT")
}
