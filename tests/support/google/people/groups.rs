//! Groups of contacts.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::super::pages::Size;
use super::super::wire::{Answer, Outcome, Refusal};
use super::super::{Request, State};
use super::{Book, Kind};

/// The groups every address book has.
pub fn system() -> BTreeMap<String, Value> {
    ["myContacts", "starred", "friends", "family", "coworkers", "blocked", "chatBuddies", "all"]
        .into_iter()
        .map(|id| {
            let name = format!("contactGroups/{id}");
            let json = json!({
                "resourceName": name, "groupType": "SYSTEM_CONTACT_GROUP", "name": id, "formattedName": id, "etag": "%Sys",
            });
            (name, json)
        })
        .collect()
}

/// That a contact is in a group.
pub fn membership(group: &str) -> Value {
    let id = group.trim_start_matches("contactGroups/");
    json!({"contactGroupMembership": {"contactGroupResourceName": group, "contactGroupId": id}})
}

impl Book {
    pub fn make_group(&mut self, name: &str) -> String {
        self.serial += 1;
        let resource = format!("contactGroups/{:x}", 0x1000 + self.serial);
        let json = json!({
            "resourceName": resource, "etag": format!("%Gr{}", self.serial), "groupType": "USER_CONTACT_GROUP",
            "name": name, "formattedName": name, "metadata": {"updateTime": super::super::super::NOW},
        });
        self.groups.insert(resource.clone(), json);
        resource
    }

    pub fn members(&self, group: &str) -> Vec<String> {
        let people = self.contacts.people.iter().filter(|(_, e)| !e.deleted);
        people
            .filter(|(_, e)| is_in(&e.json, group))
            .map(|(name, _)| name.clone())
            .collect()
    }

    fn told(&self, group: &str, most: usize) -> Option<Value> {
        let mut json = self.groups.get(group)?.clone();
        let members = self.members(group);
        if !members.is_empty() {
            json["memberCount"] = json!(members.len());
        }
        if most > 0 && !members.is_empty() {
            json["memberResourceNames"] = members.into_iter().take(most).collect();
        }
        Some(json)
    }

    fn name_is_free(&self, name: &str, but: &str) -> Result<(), Refusal> {
        if name.trim().is_empty() {
            return Err(Refusal::invalid("Contact group name is required."));
        }
        match self
            .groups
            .values()
            .any(|g| g["name"] == name && g["resourceName"] != but)
        {
            true => Err(Refusal::exists("Contact group name already exists.")),
            false => Ok(()),
        }
    }
}

fn is_in(person: &Value, group: &str) -> bool {
    let memberships = person["memberships"].as_array().into_iter().flatten();
    memberships
        .into_iter()
        .any(|m| m["contactGroupMembership"]["contactGroupResourceName"] == group)
}

/// `contactGroups.*`.
pub fn answer(state: &mut State, request: &Request, verb: &str) -> Outcome {
    let body = request.json()?;
    let book = &mut state.people;
    let group = request
        .vars
        .first()
        .map(|id| format!("contactGroups/{id}"))
        .unwrap_or_default();
    let most = request
        .param("maxMembers")
        .and_then(|n| n.parse().ok())
        .unwrap_or(0);
    if !group.is_empty() && !book.groups.contains_key(&group) {
        return Err(Refusal::not_found());
    }
    let is_system = book
        .groups
        .get(&group)
        .is_some_and(|g| g["groupType"] == "SYSTEM_CONTACT_GROUP");
    let told =
        |book: &Book, group: &str| Ok(Answer::json(&book.told(group, 0).unwrap_or_default()));
    match verb {
        "list" => {
            let names: Vec<_> = book.groups.keys().cloned().collect();
            let all: Vec<_> = names.iter().filter_map(|n| book.told(n, 0)).collect();
            let size = Size {
                name: "pageSize",
                usual: 30,
                largest: 1000,
            };
            let (page, next) = book.pages.page(request, &size, &all)?;
            let mut answer = json!({"contactGroups": page, "totalItems": all.len()});
            if let Some(token) = next {
                answer["nextPageToken"] = json!(token);
            }
            Ok(Answer::json(&answer))
        }
        "get" => Ok(Answer::json(&book.told(&group, most).unwrap_or_default())),
        "batchGet" => {
            let responses = request.params("resourceNames").map(|name| match book.told(name, most) {
                Some(group) => json!({"requestedResourceName": name, "contactGroup": group, "status": {}}),
                None => json!({"requestedResourceName": name, "status": {"code": 5, "message": "Not found."}}),
            });
            Ok(Answer::json(
                &json!({"responses": responses.collect::<Vec<_>>()}),
            ))
        }
        "create" => {
            let name = body["contactGroup"]["name"].as_str().unwrap_or_default();
            book.name_is_free(name, "")?;
            let made = book.make_group(name);
            told(book, &made)
        }
        "members.modify" => modify(book, &group, &body),
        _ if is_system => Err(Refusal::invalid("System contact groups can't be changed.")),
        "update" => {
            let name = body["contactGroup"]["name"].as_str().unwrap_or_default();
            book.name_is_free(name, &group)?;
            book.serial += 1;
            let etag = format!("%Gr{}", book.serial);
            let json = book.groups.get_mut(&group).expect("checked above");
            json["name"] = json!(name);
            json["formattedName"] = json!(name);
            json["etag"] = json!(etag);
            told(book, &group)
        }
        _ => {
            for member in book.members(&group) {
                match request.flag("deleteContacts") {
                    true => drop(book.remove(Kind::Contact, &member)),
                    false => put_in(book, &member, &group, false),
                }
            }
            book.groups.remove(&group);
            Ok(Answer::json(&json!({})))
        }
    }
}

fn modify(book: &mut Book, group: &str, body: &Value) -> Outcome {
    let settable = ["contactGroups/myContacts", "contactGroups/starred"];
    let is_system = book.groups[group]["groupType"] == "SYSTEM_CONTACT_GROUP";
    if is_system && !settable.contains(&group) {
        return Err(Refusal::invalid(
            "The members of this system contact group can't be changed.",
        ));
    }
    let names = |key: &str| -> Vec<String> {
        let list = body[key].as_array().into_iter().flatten();
        list.filter_map(|n| n.as_str().map(str::to_owned)).collect()
    };
    let (add, remove) = (names("resourceNamesToAdd"), names("resourceNamesToRemove"));
    if add.len() + remove.len() > 1000 {
        return Err(Refusal::invalid(
            "At most 1000 resource names may be given.",
        ));
    }
    let (mut missing, mut stuck) = (Vec::new(), Vec::new());
    for (name, adds) in add
        .iter()
        .map(|n| (n, true))
        .chain(remove.iter().map(|n| (n, false)))
    {
        let Some(person) = book.person(name) else {
            missing.push(name.clone());
            continue;
        };
        let groups = person["memberships"].as_array().map_or(0, Vec::len);
        if !adds && groups == 1 && is_in(person, group) {
            stuck.push(name.clone());
            continue;
        }
        put_in(book, name, group, adds);
    }
    let mut answer = json!({});
    if !missing.is_empty() {
        answer["notFoundResourceNames"] = json!(missing);
    }
    if !stuck.is_empty() {
        answer["canNotRemoveLastContactGroupResourceNames"] = json!(stuck);
    }
    Ok(Answer::json(&answer))
}

/// Puts a contact into a group, or takes it out.
fn put_in(book: &mut Book, name: &str, group: &str, adds: bool) {
    let mut person = book.contacts.people[name].json.clone();
    let mut memberships = person["memberships"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    memberships.retain(|m| m["contactGroupMembership"]["contactGroupResourceName"] != group);
    if adds {
        memberships.push(membership(group));
    }
    person["memberships"] = json!(memberships);
    book.put(Kind::Contact, Some(name), &person);
}
