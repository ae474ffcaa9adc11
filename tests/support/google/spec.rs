//! Google's own documents, and whether a request or an answer is one they describe.
//!
//! Looked for in the folder `COMMS_TEST_DISCOVERY`, then where `tests/run` puts them. Without them nothing is
//! checked here.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use serde_json::Value;

use super::wire::{Answer, Request};

/// The documents of the APIs that comms speaks.
pub struct Documents(Vec<Value>);

/// The documents, read once; `None` where they are not installed.
pub fn documents() -> Option<&'static Documents> {
    static READ: OnceLock<Option<Documents>> = OnceLock::new();
    READ.get_or_init(|| Documents::read(&folder()?)).as_ref()
}

fn folder() -> Option<PathBuf> {
    if let Some(given) = std::env::var_os("COMMS_TEST_DISCOVERY").filter(|f| !f.is_empty()) {
        return Some(given.into());
    }
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let cache = cache.or_else(|| Some(Path::new(&std::env::var_os("HOME")?).join(".cache")))?;
    Some(cache.join("comms-tests/discovery"))
}

impl Documents {
    fn read(folder: &Path) -> Option<Documents> {
        let each = ["gmail", "chat", "people"].map(|name| {
            let names = [format!("{name}.json"), format!("{name}.v1.json")];
            let mut found = names
                .iter()
                .filter_map(|n| std::fs::read(folder.join(n)).ok());
            found
                .next()
                .and_then(|bytes| serde_json::from_slice(&bytes).ok())
        });
        each.into_iter().collect::<Option<_>>().map(Documents)
    }

    fn document(&self, id: &str) -> Option<&Value> {
        let api = id.split('.').next()?;
        self.0.iter().find(|d| d["name"] == api)
    }

    /// What the documents say of an operation.
    pub fn method(&self, id: &str) -> Option<&Value> {
        let document = self.document(id)?;
        let names: Vec<_> = id.split('.').skip(1).collect();
        let (method, resources) = names.split_last()?;
        let mut at = document;
        for name in resources {
            at = at.get("resources")?.get(name)?;
        }
        at.get("methods")?.get(method)
    }

    /// A schema of the API that an operation belongs to.
    pub fn schema(&self, id: &str, name: &str) -> Option<&Value> {
        self.document(id)?["schemas"].get(name)
    }

    /// What of a request the documents do not describe.
    pub fn request(&self, request: &Request) -> Vec<String> {
        let id = request.id;
        let Some(method) = self.method(id) else {
            return vec![format!("the vendor's document knows no {id}")];
        };
        let mut wrong = Vec::new();
        let mut say = |what: String| wrong.push(format!("{id}: {what}"));
        if method["httpMethod"] != *request.method && !request.path.contains("upload/") {
            say(format!("the vendor's document knows no {}", request.method));
        }
        if request.path.contains("upload/") && method["mediaUpload"].is_null() {
            say("the vendor's document knows no upload".into());
        }
        self.query(request, method, &mut say);
        let body = &request.body;
        match method["request"]["$ref"].as_str() {
            None if body.is_empty() || body == b"{}" => {}
            None => say("the vendor's document knows no body".into()),
            Some(schema) => match serde_json::from_slice::<Value>(body) {
                Ok(mut value) => {
                    if let (Some(object), true) = (value.as_object_mut(), id == "chat.media.upload")
                    {
                        object.remove("media");
                    }
                    let reference = serde_json::json!({"$ref": schema});
                    self.value(id, &reference, &value, "body", &mut say);
                }
                Err(_) if body.is_empty() => {}
                Err(e) => say(format!("the body is no JSON: {e}")),
            },
        }
        wrong
    }

    /// What of a success the documents do not describe: the loopback Google must not teach what is not so.
    pub fn answer(&self, request: &Request, answer: &Answer) -> Vec<String> {
        let id = request.id;
        let mut wrong = Vec::new();
        let schema = self.method(id).and_then(|m| m["response"]["$ref"].as_str());
        let json = serde_json::from_slice::<Value>(&answer.body);
        if let (Some(schema), Ok(value), 200) = (schema, json, answer.status)
            && request.param("alt") != Some("media")
        {
            let mut say = |what: String| wrong.push(format!("answer of {id}: {what}"));
            let reference = serde_json::json!({"$ref": schema});
            self.value(id, &reference, &value, "answer", &mut say);
        }
        wrong
    }

    fn query(&self, request: &Request, method: &Value, say: &mut dyn FnMut(String)) {
        let own = &method["parameters"];
        let shared = self
            .document(request.id)
            .map_or(&Value::Null, |d| &d["parameters"]);
        for (name, value) in &request.query {
            // What a webhook's address holds besides.
            if name == "token" && request.id == "chat.spaces.messages.create" {
                continue;
            }
            let declared = own
                .get(name)
                .filter(|p| p["location"] == "query")
                .or_else(|| shared.get(name));
            let Some(declared) = declared else {
                say(format!("the vendor's document knows no parameter `{name}`"));
                continue;
            };
            if !plain_value_fits(declared, value) {
                say(format!(
                    "`{name}={value}` is not what the vendor's document says"
                ));
            }
            if declared["repeated"] != true && request.params(name).count() > 1 {
                say(format!("`{name}` is given more than once"));
            }
            if name == "fields" {
                self.mask(request.id, method, value, say);
            }
        }
        for (name, declared) in own.as_object().into_iter().flatten() {
            if is_required(name, declared) && request.param(name).is_none() {
                say(format!("`{name}` is missing"));
            }
        }
    }

    /// Whether a partial answer names fields that are there.
    fn mask(&self, id: &str, method: &Value, mask: &str, say: &mut dyn FnMut(String)) {
        for path in super::fields::paths(mask) {
            let mut at = method["response"].clone();
            for name in path {
                let schema = at["$ref"]
                    .as_str()
                    .and_then(|n| self.schema(id, n))
                    .cloned();
                let schema = schema.unwrap_or(at);
                let items = if schema["type"] == "array" {
                    schema["items"].clone()
                } else {
                    schema
                };
                let items = items["$ref"]
                    .as_str()
                    .and_then(|n| self.schema(id, n))
                    .cloned()
                    .unwrap_or(items);
                if name == "*" {
                    break;
                }
                let Some(next) = items["properties"].get(&name) else {
                    say(format!("`fields` names `{name}`, which no answer has"));
                    break;
                };
                at = next.clone();
            }
        }
    }

    fn value(
        &self,
        id: &str,
        schema: &Value,
        value: &Value,
        at: &str,
        say: &mut dyn FnMut(String),
    ) {
        if let Some(name) = schema["$ref"].as_str() {
            return match self.schema(id, name) {
                Some(schema) => self.value(id, schema, value, at, say),
                None => say(format!(
                    "`{at}`: the vendor's document has no schema `{name}`"
                )),
            };
        }
        let fits = match (schema["type"].as_str(), value) {
            (Some("object"), Value::Object(object)) => {
                for (name, value) in object {
                    let inner = schema["properties"]
                        .get(name)
                        .or_else(|| schema.get("additionalProperties"));
                    match inner {
                        Some(inner) => self.value(id, inner, value, &format!("{at}.{name}"), say),
                        None => say(format!(
                            "`{at}.{name}`: the vendor's document knows no such field"
                        )),
                    }
                }
                true
            }
            (Some("array"), Value::Array(items)) => {
                for item in items {
                    self.value(id, &schema["items"], item, &format!("{at}[]"), say);
                }
                true
            }
            (Some("string"), Value::String(text)) => plain_value_fits(schema, text),
            (Some("boolean"), Value::Bool(_)) | (Some("any"), _) => true,
            (Some("integer"), Value::Number(n)) => plain_value_fits(schema, &n.to_string()),
            (Some("number"), Value::Number(_)) => true,
            _ => false,
        };
        if !fits {
            let kind = schema["type"].as_str().unwrap_or("something else");
            let shown: String = value.to_string().chars().take(60).collect();
            say(format!(
                "`{at}` is {shown}, not {kind} as the vendor's document says"
            ));
        }
    }
}

/// Whether a text is a value of a parameter or of a field that is no object.
fn plain_value_fits(schema: &Value, value: &str) -> bool {
    if let Some(words) = schema["enum"].as_array() {
        return words.iter().any(|w| w == value);
    }
    match (schema["type"].as_str(), schema["format"].as_str()) {
        (Some("boolean"), _) => value == "true" || value == "false",
        (Some("integer"), Some("uint32")) => value.parse::<u32>().is_ok(),
        (Some("integer"), _) => value.parse::<i32>().is_ok(),
        (Some("number"), _) => value.parse::<f64>().is_ok(),
        (_, Some("int64")) => value.parse::<i64>().is_ok(),
        (_, Some("uint64")) => value.parse::<u64>().is_ok(),
        (_, Some("google-datetime")) => value.parse::<jiff::Timestamp>().is_ok(),
        (_, Some("byte")) => value
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "-_+/=".contains(c)),
        _ => true,
    }
}

/// Whether a query parameter must be there. Most documents say so in words only, and of both names of the masks
/// of people.
pub fn is_required(name: &str, declared: &Value) -> bool {
    let words = declared["description"].as_str().unwrap_or_default();
    let said = words.starts_with("Required.") && !name.starts_with("requestMask.");
    declared["location"] == "query" && (declared["required"] == true || said)
}
