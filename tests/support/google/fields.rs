//! Partial answers: `fields=messages(id,threadId),nextPageToken`.

use serde_json::{Map, Value};

/// What a mask leaves of an answer.
pub fn masked(value: &Value, mask: &str) -> Value {
    if mask == "*" {
        return value.clone();
    }
    match value {
        Value::Array(items) => items.iter().map(|i| masked(i, mask)).collect(),
        Value::Object(object) => {
            let mut kept = Map::new();
            for field in split(mask) {
                let (name, inner) = one(field);
                if name == "*" {
                    return value.clone();
                }
                if let Some(found) = object.get(name) {
                    let found = inner.map_or_else(|| found.clone(), |i| masked(found, i));
                    kept.insert(name.to_owned(), found);
                }
            }
            Value::Object(kept)
        }
        plain => plain.clone(),
    }
}

/// Every path that a mask names.
pub fn paths(mask: &str) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    for field in split(mask) {
        let (name, inner) = one(field);
        let below = inner.map_or_else(|| vec![Vec::new()], paths);
        found.extend(below.into_iter().map(|mut path| {
            path.insert(0, name.to_owned());
            path
        }));
    }
    found
}

/// The fields of one level.
fn split(mask: &str) -> Vec<&str> {
    let (mut depth, mut start, mut found) = (0, 0, Vec::new());
    for (at, c) in mask.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            ',' if depth == 0 => {
                found.push(&mask[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    found.push(&mask[start..]);
    found
}

/// A field's name and what of it.
fn one(field: &str) -> (&str, Option<&str>) {
    match field.find(['/', '(']) {
        Some(at) if field[at..].starts_with('/') => (&field[..at], Some(&field[at + 1..])),
        Some(at) => (&field[..at], Some(field[at + 1..].trim_end_matches(')'))),
        None => (field, None),
    }
}

#[test]
fn a_mask_keeps_what_it_names() {
    let value = serde_json::json!({
        "messages": [{"id": "1", "threadId": "2", "raw": "x"}], "nextPageToken": "p", "payload": {"headers": [1], "body": 2},
    });
    assert_eq!(
        masked(
            &value,
            "messages(id,threadId),nextPageToken,payload/headers"
        ),
        serde_json::json!({
            "messages": [{"id": "1", "threadId": "2"}], "nextPageToken": "p", "payload": {"headers": [1]},
        })
    );
}
