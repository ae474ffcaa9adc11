//! The schemas of tools: of the call types, made plain for clients that know little of JSON Schema.

use std::sync::Arc;

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use crate::model::document::{ErrorDocument, schema_of};
use crate::ops::calls::Call;

type Object = Map<String, Value>;

/// What a call takes: one closed object without references.
pub fn input<C: JsonSchema>() -> (Arc<Object>, String) {
    let mut settings = SchemaSettings::draft2020_12();
    settings.inline_subschemas = true;
    settings.meta_schema = None;
    let schema = settings.into_generator().into_root_schema_for::<C>();
    let mut schema = plain(schema.to_value());
    let object = match &mut schema {
        Value::Object(object) => std::mem::take(object),
        _ => Object::new(),
    };
    let mut object = object;
    let about = match object.remove("description") {
        Some(Value::String(about)) => about,
        _ => String::new(),
    };
    object.remove("unevaluatedProperties");
    object.insert("additionalProperties".into(), json!(false));
    object.entry("properties").or_insert_with(|| json!({}));
    (Arc::new(object), about)
}

/// What a call answers: its document, or the one of an error.
pub fn output<C: Call>() -> Arc<Object> {
    let mut definitions = Object::new();
    let mut one = |mut schema: Value| {
        if let Some(object) = schema.as_object_mut() {
            object.remove("$schema");
            if let Some(Value::Object(own)) = object.remove("$defs") {
                definitions.extend(own);
            }
        }
        schema
    };
    let either = [
        one(schema_of::<C::Report>(C::SCHEMA)),
        one(schema_of::<ErrorDocument>("comms.error/1")),
    ];
    // Rows may have fewer fields, if a call says so.
    if C::ROWS.is_some() {
        for definition in definitions.values_mut().filter_map(Value::as_object_mut) {
            definition.remove("required");
        }
    }
    let mut root = Object::new();
    root.insert("type".into(), json!("object"));
    root.insert("anyOf".into(), json!(either));
    root.insert("$defs".into(), Value::Object(definitions));
    Arc::new(
        root.into_iter()
            .map(|(key, value)| (key, split(value)))
            .collect(),
    )
}

/// One type in each schema: what may be null is a choice, for clients to which a list of types says nothing.
fn split(schema: Value) -> Value {
    let mut object = match schema {
        Value::Array(all) => return all.into_iter().map(split).collect(),
        Value::Object(object) => object,
        other => return other,
    };
    let Some(Value::Array(kinds)) = object.get("type").cloned() else {
        return object
            .into_iter()
            .map(|(key, value)| (key, split(value)))
            .collect();
    };
    let mut told = Object::new();
    for key in ["description", "title", "default"] {
        told.extend(object.remove_entry(key));
    }
    let branches = kinds.into_iter().map(|kind| {
        let mut branch = match kind == "null" {
            true => Object::new(),
            false => object.clone(),
        };
        branch.insert("type".into(), kind);
        split(Value::Object(branch))
    });
    told.insert("anyOf".into(), branches.collect());
    Value::Object(told)
}

/// Without what says nothing to a client: titles, number formats, the null of what may be left out.
fn plain(schema: Value) -> Value {
    let Value::Object(mut object) = schema else {
        return schema;
    };
    for key in ["title", "format", "$schema"] {
        object.remove(key);
    }
    if object.get("default").is_some_and(Value::is_null) {
        object.remove("default");
    }
    if let Some(Value::Array(kinds)) = object.get("type") {
        let kinds: Vec<_> = kinds
            .iter()
            .filter(|kind| **kind != "null")
            .cloned()
            .collect();
        if let [one] = kinds.as_slice() {
            object.insert("type".into(), one.clone());
        }
    }
    if let Some(Value::Array(words)) = object.get_mut("enum") {
        words.retain(|word| !word.is_null());
    }
    for key in ["anyOf", "oneOf"] {
        if let Some(Value::Array(kinds)) = object.remove(key) {
            choose(&mut object, (key, kinds));
        }
    }
    for (key, value) in &mut object {
        match (key.as_str(), value.take()) {
            ("properties", Value::Object(all)) => {
                let all = all.into_iter().map(|(name, schema)| (name, plain(schema)));
                *value = Value::Object(all.collect());
            }
            ("items", one) => *value = plain(one),
            (_, other) => *value = other,
        }
    }
    Value::Object(object)
}

/// Choices: one besides null stands for itself, and constants become a list of words.
fn choose(object: &mut Object, (key, kinds): (&str, Vec<Value>)) {
    let mut kinds: Vec<_> = kinds
        .into_iter()
        .filter(|kind| kind["type"] != "null")
        .collect();
    let words: Option<Vec<_>> = kinds.iter().map(word).collect();
    match (words, kinds.len()) {
        (Some(words), _) => {
            object.insert("type".into(), json!("string"));
            object.insert("enum".into(), words.concat().into());
        }
        (None, 1) => {
            if let Value::Object(only) = plain(kinds.remove(0)) {
                for (name, value) in only {
                    object.entry(name).or_insert(value);
                }
            }
        }
        (None, _) => {
            let kinds: Vec<_> = kinds.into_iter().map(plain).collect();
            object.insert(key.to_owned(), kinds.into());
        }
    }
}

/// The words of a constant, or of a list of them.
fn word(kind: &Value) -> Option<Vec<Value>> {
    match (kind.get("const"), kind.get("enum"), kind.get("oneOf")) {
        (Some(one), _, _) => Some(vec![one.clone()]),
        (_, Some(Value::Array(words)), _) => Some(words.clone()),
        (_, _, Some(Value::Array(kinds))) => {
            let words: Option<Vec<_>> = kinds.iter().map(word).collect();
            words.map(|words| words.concat())
        }
        _ => None,
    }
}
