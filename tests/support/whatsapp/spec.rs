//! Meta's own description of a message, and what of one it does not allow.
//!
//! It wants more than the API does in some places (`policy` of a template's language, `to` beside `recipient`), and lags
//! behind in others (call-to-action links, buttons of templates): these are let through.

use std::sync::OnceLock;

use serde_json::Value;

fn schemas() -> Option<&'static Value> {
    static READ: OnceLock<Option<Value>> = OnceLock::new();
    READ.get_or_init(|| {
        let folder = std::env::var_os("COMMS_TEST_SPECS").filter(|f| !f.is_empty());
        let Some(folder) = folder else {
            println!("skipped: COMMS_TEST_SPECS names no folder with whatsapp.json, so messages are not held against it");
            return None;
        };
        let path = std::path::Path::new(&folder).join("whatsapp.json");
        let text = std::fs::read(&path).expect("whatsapp.json is in COMMS_TEST_SPECS");
        let mut document: Value = serde_json::from_slice(&text).expect("it is JSON");
        Some(document["components"]["schemas"].take())
    })
    .as_ref()
}

/// What of a message Meta does not describe.
pub fn message(body: &Value) -> Vec<String> {
    let mut wrong = Vec::new();
    let Some(schemas) = schemas() else {
        return wrong;
    };
    let kind = body["type"].as_str().unwrap_or_default();
    let mut name: String = kind.chars().take(1).flat_map(char::to_uppercase).collect();
    name.extend(kind.chars().skip(1));
    let schema = &schemas[format!("{name}Message")];
    if schema.is_null() {
        return vec![format!("there are no messages of type `{kind}`")];
    }
    check((schemas, schema), body, "message", &mut wrong);
    for (key, value) in body.as_object().into_iter().flatten() {
        let known = [
            "messaging_product",
            "recipient_type",
            "to",
            "recipient",
            "type",
            "context",
            "biz_opaque_callback_data",
        ];
        if !known.contains(&key.as_str()) && key != kind {
            wrong.push(format!(
                "a message of type `{kind}` has no `{key}`: {value}"
            ));
        }
    }
    if body["biz_opaque_callback_data"]
        .as_str()
        .is_some_and(|d| d.len() > 512)
    {
        wrong.push("biz_opaque_callback_data is longer than 512".into());
    }
    wrong
}

/// What lags behind, or wants too much.
fn is_let_through(at: &str) -> bool {
    let exact = [
        "message.to",
        "message.template.language.policy",
        "message.interactive.type",
        "message.interactive.action",
    ];
    exact.contains(&at) || at.ends_with(".index") || at.ends_with(".sub_type")
}

fn check((schemas, schema): (&Value, &Value), value: &Value, at: &str, wrong: &mut Vec<String>) {
    if is_let_through(at) && !at.ends_with("action") {
        return;
    }
    if let Some(reference) = schema["$ref"].as_str() {
        let name = reference.rsplit('/').next().unwrap_or_default();
        return check((schemas, &schemas[name]), value, at, wrong);
    }
    for part in schema["allOf"].as_array().into_iter().flatten() {
        check((schemas, part), value, at, wrong);
    }
    if let Some(choices) = schema["oneOf"].as_array() {
        let fits = choices.iter().any(|choice| {
            let mut faults = Vec::new();
            check((schemas, choice), value, at, &mut faults);
            faults.is_empty()
        });
        if !fits && value["name"] != "cta_url" {
            wrong.push(format!("{at} fits none of the choices: {value}"));
        }
    }
    let mut say = |what: String| wrong.push(format!("{at}: {what}"));
    match (schema["type"].as_str(), value) {
        (None, _) | (Some("object"), Value::Object(_)) | (Some("array"), Value::Array(_)) => {}
        (Some("string"), Value::String(_)) | (Some("boolean"), Value::Bool(_)) => {}
        (Some("integer" | "number"), Value::Number(_)) => {}
        (Some(kind), _) => say(format!("no {kind}: {value}")),
    }
    if let (Some(text), Some(most)) = (value.as_str(), schema["maxLength"].as_u64())
        && text.chars().count() as u64 > most
    {
        say(format!("longer than {most}"));
    }
    if let Some(words) = schema["enum"].as_array()
        && !words.contains(value)
    {
        say(format!("`{value}` is none of {words:?}"));
    }
    if let Some(items) = value.as_array() {
        if schema["maxItems"]
            .as_u64()
            .is_some_and(|most| items.len() as u64 > most)
        {
            say(format!("{} items", items.len()));
        }
        for (n, item) in items.iter().enumerate() {
            check(
                (schemas, &schema["items"]),
                item,
                &format!("{at}[{n}]"),
                wrong,
            );
        }
    }
    let Some(fields) = value.as_object() else {
        return;
    };
    for name in schema["required"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
    {
        let path = format!("{at}.{name}");
        if !fields.contains_key(name) && !is_let_through(&path) {
            wrong.push(format!("{path} is missing"));
        }
    }
    for (name, schema) in schema["properties"].as_object().into_iter().flatten() {
        if let Some(value) = fields.get(name) {
            check((schemas, schema), value, &format!("{at}.{name}"), wrong);
        }
    }
}

/// The operations that Meta describes: ids with their methods and paths.
pub fn operations() -> Option<Vec<(String, String, String)>> {
    let folder = std::env::var_os("COMMS_TEST_SPECS").filter(|f| !f.is_empty())?;
    let path = std::path::Path::new(&folder).join("whatsapp.json");
    let document: Value = serde_json::from_slice(&std::fs::read(path).ok()?).ok()?;
    let mut all = Vec::new();
    for (path, item) in document["paths"].as_object()? {
        for (method, operation) in item.as_object()? {
            if let Some(id) = operation["operationId"].as_str() {
                all.push((id.to_owned(), method.to_uppercase(), path.clone()));
            }
        }
    }
    Some(all)
}
