//! Listing and finding people; sync tokens, which are good for the same question and for a week.

use serde_json::{Value, json};

use super::super::pages::Size;
use super::super::wire::{Answer, Outcome, Refusal};
use super::super::{Request, State};
use super::{Kind, mask, masked};

/// What a sync token stands for.
pub struct Kept {
    question: String,
    serial: u64,
    pub expired: bool,
}

/// `connections.list`, `otherContacts.list`, `listDirectoryPeople`.
pub fn list(state: &mut State, request: &Request, kind: Kind) -> Outcome {
    let book = &mut state.people;
    let (mask_name, key) = match kind {
        Kind::Contact => ("personFields", "connections"),
        Kind::Other => ("readMask", "otherContacts"),
        Kind::Directory => ("readMask", "people"),
    };
    let fields = mask(request.param(mask_name), mask_name)?;
    few_of_others(kind, &fields)?;
    if matches!(kind, Kind::Directory) && request.param("sources").is_none() {
        return Err(Refusal::invalid("sources is required."));
    }
    if matches!(kind, Kind::Contact) && request.vars[0] != "me" {
        return Err(Refusal::invalid("Resource name must be people/me."));
    }
    let question = question(request);
    let since = match request.param("syncToken") {
        None => None,
        Some(token) => {
            let kept = book
                .sync
                .get(token)
                .ok_or_else(|| Refusal::invalid("Sync token is invalid."))?;
            if kept.expired {
                return Err(expired());
            }
            if kept.question != question {
                return Err(Refusal::invalid(
                    "Sync token parameters differ from the first call.",
                ));
            }
            Some(kept.serial)
        }
    };
    if matches!(kind, Kind::Directory) && !book.is_workspace {
        return Err(Refusal::new(
            400,
            "FAILED_PRECONDITION",
            "failedPrecondition",
            "Must be a G Suite domain user.",
        ));
    }
    let (mut found, serial): (Vec<_>, u64) = match (&book.behind, kind) {
        (Some((people, serial)), Kind::Contact) => (people.values().cloned().collect(), *serial),
        _ => {
            let serial = book.serial;
            (book.folder(kind).people.values().cloned().collect(), serial)
        }
    };
    found.retain(|e| since.map_or(!e.deleted, |s| e.changed > s));
    found.sort_by_key(|e| e.changed);
    if request.param("sortOrder") == Some("LAST_MODIFIED_DESCENDING") {
        found.reverse();
    }
    let all: Vec<Value> = found.iter().map(|e| masked(&e.json, &fields)).collect();
    let size = Size {
        name: "pageSize",
        usual: 100,
        largest: 1000,
    };
    let (page, next) = book.pages.page(request, &size, &all)?;
    let mut answer = json!({});
    if !page.is_empty() {
        answer[key] = json!(page);
    }
    match kind {
        Kind::Contact => answer["totalItems"] = json!(all.len()),
        Kind::Other => answer["totalSize"] = json!(all.len()),
        Kind::Directory => {}
    }
    match next {
        Some(token) => answer["nextPageToken"] = json!(token),
        None if request.flag("requestSyncToken") => {
            let token = format!("sync-{}", book.sync.len() + 1);
            let kept = Kept {
                question,
                serial,
                expired: false,
            };
            book.sync.insert(token.clone(), kept);
            answer["nextSyncToken"] = json!(token);
        }
        None => {}
    }
    Ok(Answer::json(&answer))
}

/// What may not change between the calls of one sync: everything but the tokens.
fn question(request: &Request) -> String {
    let mut pairs: Vec<_> = request
        .query
        .iter()
        .filter(|(k, _)| k != "pageToken" && k != "syncToken")
        .collect();
    pairs.sort();
    format!("{} {pairs:?}", request.id)
}

fn expired() -> Refusal {
    Refusal::new(
        400,
        "FAILED_PRECONDITION",
        "EXPIRED_SYNC_TOKEN",
        "Sync token is expired. Clear local cache and retry call without the sync token.",
    )
}

/// Of contacts nobody filed, only some fields can be read.
fn few_of_others(kind: Kind, fields: &[String]) -> Result<(), Refusal> {
    let known = [
        "emailAddresses",
        "metadata",
        "names",
        "phoneNumbers",
        "photos",
    ];
    match fields.iter().find(|f| !known.contains(&f.as_str())) {
        Some(bad) if matches!(kind, Kind::Other) => Err(Refusal::invalid(format!(
            "Invalid readMask mask path: \"{bad}\"."
        ))),
        _ => Ok(()),
    }
}

/// Searches by the beginnings of words. The index is filled by an empty question.
pub fn search(state: &mut State, request: &Request, kind: Kind) -> Outcome {
    let book = &mut state.people;
    let fields = mask(request.param("readMask"), "readMask")?;
    few_of_others(kind, &fields)?;
    let query = request.param("query").unwrap_or_default().to_lowercase();
    let directory = matches!(kind, Kind::Directory);
    if query.is_empty() && !directory {
        book.warm = true;
        return Ok(Answer::json(&json!({})));
    }
    let is_warm = book.warm || directory;
    let hit = |person: &Value| {
        let texts = [
            "names",
            "nicknames",
            "emailAddresses",
            "phoneNumbers",
            "organizations",
        ];
        let items = texts
            .iter()
            .flat_map(|f| person[*f].as_array().into_iter().flatten());
        let words = items.flat_map(|i| {
            ["displayName", "value", "name"].map(|k| i[k].as_str().unwrap_or_default())
        });
        let words: Vec<_> = words
            .flat_map(str::split_whitespace)
            .map(str::to_lowercase)
            .collect();
        query
            .split_whitespace()
            .all(|q| words.iter().any(|w| w.starts_with(q)))
    };
    let people = book
        .folder(kind)
        .people
        .values()
        .filter(|e| is_warm && !e.deleted && hit(&e.json));
    let found: Vec<_> = people.map(|e| masked(&e.json, &fields)).collect();
    if directory {
        let size = Size {
            name: "pageSize",
            usual: 100,
            largest: 500,
        };
        let (page, next) = book.pages.page(request, &size, &found)?;
        let mut answer = json!({"people": page, "totalSize": found.len()});
        if let Some(token) = next {
            answer["nextPageToken"] = json!(token);
        }
        return Ok(Answer::json(&answer));
    }
    let size: usize = request
        .param("pageSize")
        .and_then(|n| n.parse().ok())
        .unwrap_or(10);
    let results: Vec<_> = found
        .iter()
        .take(size.min(30))
        .map(|p| json!({"person": p}))
        .collect();
    Ok(Answer::json(&match results.is_empty() {
        true => json!({}),
        false => json!({"results": results}),
    }))
}

/// `people.get` and `getBatchGet`.
pub fn get(state: &mut State, request: &Request) -> Outcome {
    let fields = mask(request.param("personFields"), "personFields")?;
    let me = json!({
        "resourceName": "people/100", "etag": "%Me",
        "names": [{"displayName": "Ada", "givenName": "Ada"}], "emailAddresses": [{"value": state.gmail.address}],
    });
    let find = |name: &str| match name {
        "people/me" | "people/100" => Some(masked(&me, &fields)),
        _ => state.people.person(name).map(|p| masked(p, &fields)),
    };
    if request.id.ends_with(".get") {
        let found = find(&format!("people/{}", request.vars[0]));
        return found
            .map(|p| Answer::json(&p))
            .ok_or_else(Refusal::not_found);
    }
    let names: Vec<_> = request.params("resourceNames").collect();
    if names.is_empty() || names.len() > 200 {
        return Err(Refusal::invalid(
            "Must request between 1 and 200 resource names.",
        ));
    }
    let responses: Vec<_> = names
        .iter()
        .map(|name| match find(name) {
            Some(person) => json!({"requestedResourceName": name, "httpStatusCode": 200, "person": person, "status": {}}),
            None => json!({
                "requestedResourceName": name, "httpStatusCode": 404,
                "status": {"code": 5, "message": "Requested entity was not found."},
            }),
        })
        .collect();
    Ok(Answer::json(&json!({"responses": responses})))
}
