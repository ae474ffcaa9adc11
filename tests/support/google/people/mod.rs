//! The address book: contacts, other contacts, the domain's directory, groups, and how a test changes them.

mod contacts;
mod groups;
mod listing;

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::pages::Pages;
use super::wire::{Answer, Outcome, Refusal};
use super::{Google, Request, State};

/// Everything the address book knows.
pub struct Book {
    pub contacts: Folder,
    pub others: Folder,
    pub directory: Folder,
    pub groups: BTreeMap<String, Value>,
    sync: BTreeMap<String, listing::Kept>,
    /// Grows with every change.
    serial: u64,
    /// Whether the search was asked an empty question first, as it wants.
    warm: bool,
    pages: Pages,
    /// What listings still tell while changes are on their way: the contacts, and up to which change.
    behind: Option<(BTreeMap<String, Entry>, u64)>,
    /// Given names that no contact may have, although nothing says why.
    refused: Vec<String>,
    /// What each of many is told to have ended with, although it was done.
    doubtful: Option<i32>,
    /// The names that contacts have now, by those they had.
    renamed: BTreeMap<String, String>,
    /// Whether the user is of a domain.
    is_workspace: bool,
}

/// One kind of people.
pub struct Folder {
    /// `people` or `otherContacts`.
    prefix: &'static str,
    source: &'static str,
    pub people: BTreeMap<String, Entry>,
}

/// A person, and when it last changed.
#[derive(Clone)]
pub struct Entry {
    pub json: Value,
    changed: u64,
    deleted: bool,
}

/// The fields of a person that a mask may name.
const FIELDS: &[&str] = &[
    "addresses",
    "ageRanges",
    "biographies",
    "birthdays",
    "calendarUrls",
    "clientData",
    "coverPhotos",
    "emailAddresses",
    "events",
    "externalIds",
    "genders",
    "imClients",
    "interests",
    "locales",
    "locations",
    "memberships",
    "metadata",
    "miscKeywords",
    "names",
    "nicknames",
    "occupations",
    "organizations",
    "phoneNumbers",
    "photos",
    "relations",
    "sipAddresses",
    "skills",
    "urls",
    "userDefined",
];

/// A test's hand in the address book.
pub struct Hand<'a>(pub(super) &'a Google);

impl Hand<'_> {
    /// A contact appears; its resource name.
    pub fn contact(&self, person: Value) -> String {
        self.0.state().people.put(Kind::Contact, None, &person)
    }

    /// Another contact appears, of those nobody filed; its resource name.
    pub fn other(&self, person: Value) -> String {
        self.0.state().people.put(Kind::Other, None, &person)
    }

    /// Someone of the domain appears; its resource name.
    pub fn colleague(&self, person: Value) -> String {
        self.0.state().people.put(Kind::Directory, None, &person)
    }

    /// Another client changes these fields of a contact.
    pub fn change(&self, name: &str, fields: Value) {
        let mut state = self.0.state();
        let mut person = state.people.contacts.people[name].json.clone();
        for (key, value) in fields.as_object().into_iter().flatten() {
            person[key] = value.clone();
        }
        state.people.put(Kind::Contact, Some(name), &person);
    }

    /// Another client deletes a contact.
    pub fn remove(&self, name: &str) {
        self.0.state().people.remove(Kind::Contact, name);
    }

    /// A group appears; its resource name.
    pub fn group(&self, name: &str) -> String {
        self.0.state().people.make_group(name)
    }

    /// Every sync token given so far is too old.
    pub fn expire_sync(&self) {
        self.0
            .state()
            .people
            .sync
            .values_mut()
            .for_each(|k| k.expired = true);
    }

    /// Changes from now on take their time: listings tell how it is now until `settle`.
    pub fn lag(&self) {
        let book = &mut self.0.state().people;
        book.behind = Some((book.contacts.people.clone(), book.serial));
    }

    /// What was changed since `lag` is in the listings.
    pub fn settle(&self) {
        self.0.state().people.behind = None;
    }

    /// A contact with this given name can't be made; it is refused alone among many.
    pub fn refuse(&self, given: &str) {
        self.0.state().people.refused.push(given.to_owned());
    }

    /// Each of many that are made or changed is told to have ended with this code (`google.rpc.Code`), done as it is.
    pub fn doubt(&self, code: Option<i32>) {
        self.0.state().people.doubtful = code;
    }

    /// A contact is kept under another name, and given to whoever asks for the one it had. No listing tells of it.
    pub fn rename(&self, name: &str, new: &str) {
        let book = &mut self.0.state().people;
        book.serial += 1;
        let mut entry = book.contacts.people.remove(name).expect("a contact");
        entry.changed = book.serial;
        entry.json["resourceName"] = json!(new);
        entry.json["etag"] = json!(format!("%Eg{}", book.serial));
        entry.json["metadata"]["sources"][0]["etag"] = json!(format!("#{}", book.serial));
        book.contacts.people.insert(new.to_owned(), entry);
        book.renamed.insert(name.to_owned(), new.to_owned());
    }

    /// The user is of no domain.
    pub fn is_private(&self) {
        self.0.state().people.is_workspace = false;
    }

    /// How many contacts there are.
    pub fn count(&self) -> usize {
        let state = self.0.state();
        let all = state.people.contacts.people.values();
        all.filter(|entry| !entry.deleted).count()
    }

    /// The names of all contacts, in order.
    pub fn names(&self) -> Vec<String> {
        let state = self.0.state();
        let all = state.people.contacts.people.values();
        let living = all.filter(|entry| !entry.deleted);
        let mut names: Vec<String> = living
            .map(|e| {
                e.json["names"][0]["displayName"]
                    .as_str()
                    .unwrap_or("")
                    .to_owned()
            })
            .collect();
        names.sort();
        names
    }

    /// Who is in a group, by their names at Google.
    pub fn members(&self, group: &str) -> Vec<String> {
        self.0.state().people.members(group)
    }

    /// The groups that the user made, by name.
    pub fn groups(&self) -> Vec<String> {
        let state = self.0.state();
        let own = state.people.groups.values();
        let own = own.filter(|g| g["groupType"] == "USER_CONTACT_GROUP");
        own.filter_map(|g| g["name"].as_str().map(str::to_owned))
            .collect()
    }

    /// A contact as it is now.
    pub fn person(&self, name: &str) -> Option<Value> {
        let state = self.0.state();
        let entry = state
            .people
            .contacts
            .people
            .get(name)
            .filter(|e| !e.deleted);
        entry.map(|e| e.json.clone())
    }
}

/// Which people.
#[derive(Clone, Copy)]
pub enum Kind {
    Contact,
    Other,
    Directory,
}

impl Book {
    pub fn new() -> Book {
        let folder = |prefix, source| Folder {
            prefix,
            source,
            people: BTreeMap::new(),
        };
        Book {
            contacts: folder("people", "CONTACT"),
            others: folder("otherContacts", "OTHER_CONTACT"),
            directory: folder("people", "DOMAIN_PROFILE"),
            groups: groups::system(),
            sync: BTreeMap::new(),
            serial: 0,
            warm: false,
            pages: Pages::default(),
            behind: None,
            refused: Vec::new(),
            doubtful: None,
            renamed: BTreeMap::new(),
            is_workspace: true,
        }
    }

    fn folder(&mut self, kind: Kind) -> &mut Folder {
        match kind {
            Kind::Contact => &mut self.contacts,
            Kind::Other => &mut self.others,
            Kind::Directory => &mut self.directory,
        }
    }

    /// Stores a person as Google would tell it; its resource name.
    fn put(&mut self, kind: Kind, name: Option<&str>, person: &Value) -> String {
        self.serial += 1;
        let serial = self.serial;
        let folder = self.folder(kind);
        let made = format!("{}/c{serial}", folder.prefix);
        let name = name.map_or(made, str::to_owned);
        let id = name
            .rsplit('/')
            .next()
            .unwrap_or_default()
            .trim_start_matches('c')
            .to_owned();
        let source = json!({"type": folder.source, "id": id});
        let mut json = json!({});
        for (key, value) in person.as_object().into_iter().flatten() {
            let items = value
                .as_array()
                .filter(|_| FIELDS.contains(&key.as_str()) && key != "metadata");
            let Some(items) = items.filter(|i| !i.is_empty()) else {
                continue;
            };
            let told = items.iter().enumerate().map(|(n, item)| {
                let mut item = item.clone();
                item["metadata"] = json!({"source": source});
                if n == 0 {
                    item["metadata"]["primary"] = json!(true);
                }
                completed(key, item)
            });
            json[key] = told.collect();
        }
        if matches!(kind, Kind::Contact) && json["memberships"].is_null() {
            json["memberships"] = json!([groups::membership("contactGroups/myContacts")]);
        }
        let start: jiff::Timestamp = super::super::NOW.parse().expect("the tests' instant");
        let since = jiff::SignedDuration::from_millis(i64::try_from(serial).unwrap_or(0));
        let time = (start + since).to_string();
        json["resourceName"] = json!(name);
        json["etag"] = json!(format!("%Eg{serial}"));
        json["metadata"] = json!({
            "objectType": "PERSON",
            "sources": [{"type": source["type"], "id": id, "etag": format!("#{serial}"), "updateTime": time}],
        });
        let entry = Entry {
            json,
            changed: serial,
            deleted: false,
        };
        folder.people.insert(name.clone(), entry);
        name
    }

    /// Deletes a person, leaving what a later sync tells of it; whether there was one.
    fn remove(&mut self, kind: Kind, name: &str) -> bool {
        self.serial += 1;
        let serial = self.serial;
        let Some(entry) = self
            .folder(kind)
            .people
            .get_mut(name)
            .filter(|e| !e.deleted)
        else {
            return false;
        };
        entry.deleted = true;
        entry.changed = serial;
        let metadata = json!({"deleted": true, "objectType": "PERSON", "sources": entry.json["metadata"]["sources"]});
        entry.json =
            json!({"resourceName": name, "etag": entry.json["etag"], "metadata": metadata});
        true
    }

    /// A person by name, of whatever kind.
    fn person(&self, name: &str) -> Option<&Value> {
        let name = self.renamed.get(name).map_or(name, String::as_str);
        [&self.contacts, &self.others, &self.directory]
            .into_iter()
            .find_map(|f| f.people.get(name))
            .filter(|e| !e.deleted)
            .map(|e| &e.json)
    }
}

/// What Google adds to a field: the whole name, the number in one form.
fn completed(field: &str, mut item: Value) -> Value {
    if field == "names" {
        let names = [
            "honorificPrefix",
            "givenName",
            "middleName",
            "familyName",
            "honorificSuffix",
        ];
        let whole = item["unstructuredName"].as_str().map(str::to_owned);
        if let Some(whole) = whole.filter(|_| names.iter().all(|n| item[*n].is_null())) {
            let (given, family) = whole.rsplit_once(' ').unwrap_or((&whole, ""));
            item["givenName"] = json!(given);
            if !family.is_empty() {
                item["familyName"] = json!(family);
            }
        }
        let parts = names.iter().filter_map(|n| item[*n].as_str());
        item["displayName"] = json!(parts.collect::<Vec<_>>().join(" "));
        item["unstructuredName"] = item["displayName"].clone();
    }
    if field == "phoneNumbers" {
        let value = item["value"].as_str().unwrap_or_default();
        let digits: String = value.chars().filter(char::is_ascii_digit).collect();
        if value.trim_start().starts_with('+') {
            item["canonicalForm"] = json!(format!("+{digits}"));
        }
    }
    item
}

/// Reads a mask of fields; `other` is the one for kinds that know fewer.
fn mask(text: Option<&str>, name: &str) -> Result<Vec<String>, Refusal> {
    let text = text.unwrap_or_default();
    if text.is_empty() {
        return Err(Refusal::invalid(format!(
            "{name} mask is required. Please specify one or more valid paths."
        )));
    }
    let paths: Vec<_> = text.split(',').map(str::to_owned).collect();
    match paths.iter().find(|p| !FIELDS.contains(&p.as_str())) {
        Some(bad) => Err(Refusal::invalid(format!(
            "Invalid {name} mask path: \"{bad}\"."
        ))),
        None => Ok(paths),
    }
}

/// What a mask leaves of a person.
fn masked(person: &Value, mask: &[String]) -> Value {
    let object = person.as_object().into_iter().flatten();
    let always = ["resourceName", "etag"];
    let deleted = person["metadata"]["deleted"] == true;
    object
        .filter(|(key, _)| deleted || always.contains(&key.as_str()) || mask.contains(key))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

/// Answers an operation of People.
pub fn answer(state: &mut State, request: &Request) -> Outcome {
    let rest = request.id.strip_prefix("people.").unwrap_or_default();
    match rest.split_once('.') {
        Some(("contactGroups", verb)) => groups::answer(state, request, verb),
        Some(("otherContacts", "list")) => listing::list(state, request, Kind::Other),
        Some(("otherContacts", "search")) => listing::search(state, request, Kind::Other),
        Some(("otherContacts", _)) => contacts::copy(state, request),
        Some((_, "connections.list")) => listing::list(state, request, Kind::Contact),
        Some((_, "listDirectoryPeople")) => listing::list(state, request, Kind::Directory),
        Some((_, "searchDirectoryPeople")) => listing::search(state, request, Kind::Directory),
        Some((_, "searchContacts")) => listing::search(state, request, Kind::Contact),
        Some((_, "get" | "getBatchGet")) => listing::get(state, request),
        Some((_, verb)) => contacts::answer(state, request, verb),
        None => Ok(Answer::empty(404)),
    }
}
