//! Some fields of a row: any key of it, in the order asked for; an unknown one lists the known.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde_json::{Map, Value};

use crate::error::{Error, Result};

/// Keys of a row's schema, those of flattened parts too.
pub fn keys_of<R: JsonSchema>() -> BTreeSet<String> {
    let schema = schemars::schema_for!(R).to_value();
    let mut keys = BTreeSet::new();
    collect(&schema, &schema, &mut keys);
    keys
}

/// The same of the rows in a document, which stand under this key.
pub fn keys_of_rows<D: JsonSchema>(rows: &str) -> BTreeSet<String> {
    let schema = schemars::schema_for!(D).to_value();
    let mut keys = BTreeSet::new();
    collect(&schema["properties"][rows]["items"], &schema, &mut keys);
    keys
}

fn collect(schema: &Value, root: &Value, keys: &mut BTreeSet<String>) {
    if let Some(Value::Object(properties)) = schema.get("properties") {
        keys.extend(properties.keys().cloned());
    }
    if let Some(part) = schema
        .get("$ref")
        .and_then(Value::as_str)
        .and_then(|r| root.pointer(r.trim_start_matches('#')))
    {
        collect(part, root, keys);
    }
    for word in ["allOf", "anyOf", "oneOf"] {
        for part in schema
            .get(word)
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            collect(part, root, keys);
        }
    }
}

/// Names as they were typed, some of them perhaps with commas in between.
pub fn names(typed: &[String]) -> impl Iterator<Item = &str> {
    let all = typed.iter().flat_map(|names| names.split(','));
    all.map(str::trim).filter(|name| !name.is_empty())
}

/// Leaves of each row of a document only these fields: keys, or paths like `newest.subject`.
///
/// # Errors
/// `usage` for one that rows don't have.
pub fn keep(
    document: &mut Value,
    rows: &str,
    (typed, known): (&[String], &BTreeSet<String>),
) -> Result<()> {
    for name in names(typed) {
        if !known.contains(name.split('.').next().unwrap_or(name)) {
            return Err(unknown(name, known.iter().cloned()));
        }
    }
    let Some(Value::Array(rows)) = document.get_mut(rows) else {
        return Ok(());
    };
    for row in rows {
        let picked = names(typed).map(|name| {
            let path: Vec<_> = name.split('.').collect();
            (name.to_owned(), reach(row, &path))
        });
        let picked: Map<_, _> = picked.collect();
        *row = Value::Object(picked);
    }
    Ok(())
}

/// The value under a dotted path; through a list it is reached in each element.
pub fn reach(value: &Value, path: &[&str]) -> Value {
    match (path, value) {
        ([], value) => value.clone(),
        (path, Value::Array(items)) => items.iter().map(|item| reach(item, path)).collect(),
        ([first, rest @ ..], value) => value.get(first).map_or(Value::Null, |v| reach(v, rest)),
    }
}

/// There is no such field.
pub fn unknown(name: &str, known: impl Iterator<Item = String>) -> Error {
    let known: BTreeSet<_> = known.collect();
    let known: Vec<_> = known.iter().map(String::as_str).collect();
    let near = known
        .iter()
        .map(|k| (strsim::damerau_levenshtein(name, k), k))
        .filter(|(distance, k)| *distance <= (k.len() / 3).max(1))
        .min();
    let list = known.join(", ");
    let error = Error::usage(format!("`{name}` is not a field here"));
    match near {
        Some((_, near)) => error.hint(format!("did you mean `{near}`? fields are {list}")),
        None => error.hint(format!("fields are {list}")),
    }
}
