//! Changing contacts, one or many at a time: what changed since it was read is not overwritten.

use serde_json::{Value, json};

use super::super::wire::{Answer, Outcome, Refusal};
use super::super::{Request, State};
use super::{FIELDS, Kind, mask, masked};

/// Fields of which a contact has one.
const SINGLE: &[&str] = &["names", "biographies", "birthdays", "genders"];

/// `people.*` that changes something.
pub fn answer(state: &mut State, request: &Request, verb: &str) -> Outcome {
    let body = request.json()?;
    let name = request
        .vars
        .first()
        .map(|id| format!("people/{id}"))
        .unwrap_or_default();
    match verb {
        "createContact" => {
            let fields = or_all(request.param("personFields"))?;
            let name = create(state, &body)?;
            told(state, &name, &fields)
        }
        "updateContact" => {
            let fields = or_all(request.param("personFields"))?;
            let changes = mask(request.param("updatePersonFields"), "updatePersonFields")?;
            update(state, &name, &body, &changes)?;
            told(state, &name, &fields)
        }
        "deleteContact" if state.people.remove(Kind::Contact, &name) => {
            Ok(Answer::json(&json!({})))
        }
        "deleteContact" => Err(Refusal::not_found()),
        "batchCreateContacts" => batch_create(state, &body),
        "batchUpdateContacts" => batch_update(state, &body),
        _ => batch_delete(state, &body),
    }
}

/// Another contact becomes a contact.
pub fn copy(state: &mut State, request: &Request) -> Outcome {
    let body = request.json()?;
    let name = format!("otherContacts/{}", request.vars[0]);
    let person = state
        .people
        .person(&name)
        .cloned()
        .ok_or_else(Refusal::not_found)?;
    let copied = mask(body["copyMask"].as_str(), "copyMask")?;
    let fields = or_all(body["readMask"].as_str())?;
    let made = state
        .people
        .put(Kind::Contact, None, &masked(&person, &copied));
    state.people.remove(Kind::Other, &name);
    told(state, &made, &fields)
}

fn or_all(text: Option<&str>) -> Result<Vec<String>, Refusal> {
    match text.filter(|t| !t.is_empty()) {
        Some(text) => mask(Some(text), "readMask"),
        None => Ok(FIELDS.iter().map(|f| (*f).to_owned()).collect()),
    }
}

fn told(state: &State, name: &str, fields: &[String]) -> Outcome {
    let person = state.people.person(name).ok_or_else(Refusal::not_found)?;
    Ok(Answer::json(&masked(person, fields)))
}

fn create(state: &mut State, person: &Value) -> Result<String, Refusal> {
    one_each(person)?;
    let name = &person["names"][0];
    let said = ["givenName", "unstructuredName"].map(|part| name[part].as_str().unwrap_or(""));
    let is_refused = |refused: &String| said.iter().any(|said| said.starts_with(refused.as_str()));
    if state.people.refused.iter().any(is_refused) {
        return Err(Refusal::invalid("Request contains an invalid argument."));
    }
    for key in ["resourceName", "etag"] {
        if person[key].is_string() {
            return Err(Refusal::invalid(format!("person.{key} must not be set.")));
        }
    }
    Ok(state.people.put(Kind::Contact, None, person))
}

fn update(
    state: &mut State,
    name: &str,
    person: &Value,
    changes: &[String],
) -> Result<(), Refusal> {
    one_each(person)?;
    let book = &mut state.people;
    let now = book
        .contacts
        .people
        .get(name)
        .filter(|e| !e.deleted)
        .ok_or_else(Refusal::not_found)?;
    let sources = person["metadata"]["sources"].as_array();
    let given = sources.and_then(|s| {
        s.iter()
            .find(|s| s["type"] == "CONTACT")
            .map(|s| &s["etag"])
    });
    let held = &now.json["metadata"]["sources"][0]["etag"];
    // The person's own etag is not enough: Google wants to know of which source.
    let Some(given) = given else {
        return Err(Refusal::invalid(
            "Request must set person.metadata.sources.etag for the source that is being updated.",
        ));
    };
    let leaves_all = person["memberships"].as_array().is_none_or(Vec::is_empty);
    if changes.iter().any(|c| c == "memberships") && leaves_all {
        return Err(Refusal::invalid(
            "A contact must have at least one contact group membership.",
        ));
    }
    let fresh = given == held;
    if !fresh {
        return Err(Refusal::new(
            400,
            "FAILED_PRECONDITION",
            "failedPrecondition",
            "Request person.etag is different than the current person.etag. Clear local cache and get the latest person.",
        ));
    }
    let mut whole = now.json.clone();
    for field in changes {
        whole[field] = person[field].clone();
    }
    book.put(Kind::Contact, Some(name), &whole);
    Ok(())
}

fn one_each(person: &Value) -> Result<(), Refusal> {
    match SINGLE
        .iter()
        .find(|f| person[**f].as_array().is_some_and(|a| a.len() > 1))
    {
        Some(field) => Err(Refusal::invalid(format!(
            "person.{field} may hold one value only."
        ))),
        None => Ok(()),
    }
}

/// What became of one of many.
fn outcome(
    state: &State,
    asked: &str,
    done: Result<String, Refusal>,
    fields: Option<&Vec<String>>,
) -> Value {
    match done {
        Ok(_) if state.people.doubtful.is_some() => json!({
            "httpStatusCode": 500, "requestedResourceName": asked,
            "status": {"code": state.people.doubtful, "message": "Internal error encountered."},
        }),
        Ok(name) => {
            let mut json =
                json!({"httpStatusCode": 200, "requestedResourceName": name, "status": {}});
            if let (Some(fields), Some(person)) = (fields, state.people.person(&name)) {
                json["person"] = masked(person, fields);
            }
            json
        }
        Err(refusal) => {
            let code = match refusal.status {
                "NOT_FOUND" => 5,
                "FAILED_PRECONDITION" => 9,
                _ => 3,
            };
            json!({
                "httpStatusCode": refusal.code, "requestedResourceName": asked,
                "status": {"code": code, "message": refusal.message},
            })
        }
    }
}

fn read_mask(body: &Value) -> Result<Option<Vec<String>>, Refusal> {
    body["readMask"]
        .as_str()
        .filter(|m| !m.is_empty())
        .map(|m| mask(Some(m), "readMask"))
        .transpose()
}

fn batch_create(state: &mut State, body: &Value) -> Outcome {
    let contacts = body["contacts"].as_array().cloned().unwrap_or_default();
    if contacts.is_empty() || contacts.len() > 200 {
        return Err(Refusal::invalid("Must create between 1 and 200 contacts."));
    }
    let fields = read_mask(body)?;
    // What no contact can be stops all of them before the first is made.
    for contact in &contacts {
        one_each(&contact["contactPerson"])?;
    }
    let mut created = Vec::new();
    for contact in &contacts {
        let done = create(state, &contact["contactPerson"]);
        created.push(outcome(state, "", done, fields.as_ref()));
    }
    Ok(Answer::json(&match fields {
        Some(_) => json!({"createdPeople": created}),
        None => json!({}),
    }))
}

fn batch_update(state: &mut State, body: &Value) -> Outcome {
    let contacts = body["contacts"].as_object().cloned().unwrap_or_default();
    if contacts.is_empty() || contacts.len() > 200 {
        return Err(Refusal::invalid("Must update between 1 and 200 contacts."));
    }
    let changes = mask(body["updateMask"].as_str(), "updateMask")?;
    let fields = read_mask(body)?;
    for person in contacts.values() {
        one_each(person)?;
    }
    let mut results = serde_json::Map::new();
    for (name, person) in &contacts {
        let done = update(state, name, person, &changes).map(|()| name.clone());
        results.insert(name.clone(), outcome(state, name, done, fields.as_ref()));
    }
    Ok(Answer::json(&json!({"updateResult": results})))
}

fn batch_delete(state: &mut State, body: &Value) -> Outcome {
    let names: Vec<_> = body["resourceNames"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    if names.is_empty() || names.len() > 500 {
        return Err(Refusal::invalid("Must delete between 1 and 500 contacts."));
    }
    if names.iter().any(|n| state.people.person(n).is_none()) {
        return Err(Refusal::not_found());
    }
    for name in names {
        state.people.remove(Kind::Contact, name);
    }
    Ok(Answer::json(&json!({})))
}
