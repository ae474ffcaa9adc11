//! A person as Google tells it.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// One entry of an address book.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Person(Map<String, Value>);

/// What of a person is no field that can be written.
const NOT_WRITTEN: [&str; 5] = ["resourceName", "etag", "metadata", "photos", "coverPhotos"];

impl Person {
    /// A person of this JSON; nobody if it is none.
    pub fn of(json: Value) -> Person {
        match json {
            Value::Object(fields) => Person(fields),
            _ => Person::default(),
        }
    }

    pub fn into_json(self) -> Value {
        Value::Object(self.0)
    }

    /// The state of the owner's own entry, whatever a profile does; else that of all of it.
    pub fn state(&self) -> Option<&str> {
        self.own_source()
            .and_then(|source| source["etag"].as_str())
            .or_else(|| self.0.get("etag")?.as_str())
    }

    /// When the owner's own entry was changed last (RFC 3339).
    pub fn updated_at(&self) -> Option<&str> {
        self.own_source()?["updateTime"].as_str()
    }

    /// What names the owner's own entry, whatever the person is called at Google.
    pub fn entry_id(&self) -> Option<&str> {
        self.own_source()?["id"].as_str()
    }

    fn own_source(&self) -> Option<&Value> {
        let sources = self.metadata("sources").as_array();
        let mut sources = sources.into_iter().flatten();
        sources.find(|source| source["type"] == "CONTACT")
    }

    /// Its name at Google: `people/c12`, `otherContacts/c12`.
    pub fn resource_name(&self) -> &str {
        self.0
            .get("resourceName")
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    /// What a list of changes tells of one that is no longer there.
    pub fn is_deleted(&self) -> bool {
        self.metadata("deleted").as_bool().unwrap_or(false)
    }

    /// The names it had at Google before: they mean nobody now.
    pub fn former_names(&self) -> impl Iterator<Item = &str> {
        let names = self.metadata("previousResourceNames").as_array();
        names.into_iter().flatten().filter_map(Value::as_str)
    }

    pub fn display_name(&self) -> Option<&str> {
        self.first("names")?["displayName"].as_str()
    }

    /// Its addresses for mail, the primary one first.
    pub fn emails(&self) -> impl Iterator<Item = &str> {
        self.items("emailAddresses")
            .filter_map(|item| item["value"].as_str())
    }

    /// Its numbers, the primary one first: in E.164 where Google knows that form, else as written.
    pub fn phones(&self) -> impl Iterator<Item = &str> {
        self.items("phoneNumbers").filter_map(|item| {
            item["canonicalForm"]
                .as_str()
                .or_else(|| item["value"].as_str())
        })
    }

    /// The groups it is in, by their names at Google.
    pub fn groups(&self) -> impl Iterator<Item = &str> {
        self.items("memberships")
            .filter_map(|item| item["contactGroupMembership"]["contactGroupResourceName"].as_str())
    }

    /// The values of a field, the primary one first.
    pub fn items(&self, field: &str) -> impl Iterator<Item = &Value> {
        let items = self.0.get(field).and_then(Value::as_array);
        let mut items: Vec<_> = items.into_iter().flatten().collect();
        items.sort_by_key(|item| item["metadata"]["primary"] != true);
        items.into_iter()
    }

    /// Replaces the values of a field.
    pub fn set(&mut self, field: &str, items: Vec<Value>) {
        self.0.insert(field.to_owned(), Value::Array(items));
    }

    /// The body that makes this a new contact.
    pub(super) fn as_new(&self) -> Value {
        let written = |(field, _): &(&String, &Value)| !NOT_WRITTEN.contains(&field.as_str());
        let fields = self.0.iter().filter(written);
        Value::Object(
            fields
                .map(|(field, items)| (field.clone(), plain(items)))
                .collect(),
        )
    }

    /// The body that changes these fields, and with which state it was read: a field without values is emptied.
    pub(super) fn as_change(&self, fields: &[&str]) -> Value {
        let own = self.own_source();
        let mut body = json!({
            "resourceName": self.resource_name(),
            "etag": self.0.get("etag"),
        });
        if let Some(source) = own {
            // The time is Google's alone to tell.
            body["metadata"] = json!({ "sources": [{
                "type": "CONTACT", "id": source["id"], "etag": source["etag"],
            }] });
        }
        for field in fields {
            if let Some(items) = self.0.get(*field) {
                body[*field] = plain(items);
            }
        }
        body
    }

    fn first(&self, field: &str) -> Option<&Value> {
        self.items(field).next()
    }

    fn metadata(&self, name: &str) -> &Value {
        static NULL: Value = Value::Null;
        self.0
            .get("metadata")
            .and_then(|metadata| metadata.get(name))
            .unwrap_or(&NULL)
    }
}

/// Values without what Google says about them.
fn plain(items: &Value) -> Value {
    let mut items = items.clone();
    for item in items.as_array_mut().into_iter().flatten() {
        if let Some(item) = item.as_object_mut() {
            item.remove("metadata");
        }
    }
    items
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ada() -> Person {
        serde_json::from_value(json!({
            "resourceName": "people/c1",
            "etag": "%E",
            "metadata": { "sources": [
                { "type": "PROFILE", "id": "9", "etag": "#p" },
                { "type": "CONTACT", "id": "1", "etag": "#c", "updateTime": "2026-11-21T12:00:00Z" },
            ], "previousResourceNames": ["people/c0"] },
            "names": [{ "displayName": "Ada L.", "metadata": { "primary": true } }],
            "emailAddresses": [
                { "value": "second@example.com" },
                { "value": "ada@example.com", "metadata": { "primary": true } },
            ],
            "phoneNumbers": [{ "value": "(415) 555", "canonicalForm": "+1415555" }, { "value": "110" }],
            "memberships": [{ "contactGroupMembership": { "contactGroupResourceName": "contactGroups/x" } }],
            "futureField": [{ "a": 1 }],
        }))
        .unwrap()
    }

    #[test]
    fn what_is_primary_comes_first() {
        let ada = ada();
        let emails: Vec<_> = ada.emails().collect();
        assert_eq!(emails, ["ada@example.com", "second@example.com"]);
        assert_eq!(ada.phones().collect::<Vec<_>>(), ["+1415555", "110"]);
        assert_eq!(ada.display_name(), Some("Ada L."));
        assert_eq!(ada.groups().collect::<Vec<_>>(), ["contactGroups/x"]);
        assert_eq!(ada.former_names().collect::<Vec<_>>(), ["people/c0"]);
    }

    #[test]
    fn a_change_tells_the_state_it_was_read_in_and_only_its_fields() {
        let body = ada().as_change(&["emailAddresses", "urls"]);
        assert_eq!(body["metadata"]["sources"][0]["etag"], "#c");
        assert_eq!(
            body["emailAddresses"][1],
            json!({ "value": "ada@example.com" })
        );
        assert!(body.get("names").is_none() && body.get("urls").is_none());
    }

    #[test]
    fn a_new_contact_takes_what_comms_does_not_know_along() {
        let body = ada().as_new();
        assert_eq!(body["futureField"], json!([{ "a": 1 }]));
        assert!(body.get("etag").is_none() && body.get("metadata").is_none());
    }

    #[test]
    fn a_person_without_anything_has_nothing() {
        let nobody = Person::default();
        assert_eq!(nobody.display_name(), None);
        assert_eq!(nobody.emails().count() + nobody.groups().count(), 0);
        assert!(!nobody.is_deleted());
    }
}
