//! Twilio's own descriptions of its API, and whether a request or an answer is one they describe.
//!
//! Looked for in the folder `COMMS_TEST_SPECS`. Without them nothing is checked here.

use std::path::Path;
use std::sync::OnceLock;

use serde_json::Value;

use super::{Answer, Request};

/// The documents of the APIs that comms speaks.
pub struct Documents(Vec<Value>);

/// The documents, read once; `None` where they are not installed.
pub fn documents() -> Option<&'static Documents> {
    static READ: OnceLock<Option<Documents>> = OnceLock::new();
    READ.get_or_init(|| {
        let folder = std::env::var_os("COMMS_TEST_SPECS").filter(|f| !f.is_empty())?;
        let read = |name: &str| {
            let bytes = std::fs::read(Path::new(&folder).join(name)).ok()?;
            serde_json::from_slice(&bytes).ok()
        };
        let all = [
            "twilio_api.json",
            "twilio_messaging.json",
            "twilio_pricing.json",
        ]
        .map(read);
        all.into_iter().collect::<Option<_>>().map(Documents)
    })
    .as_ref()
}

impl Documents {
    /// What is said of an operation: path, method, and the rest.
    pub fn operation(&self, id: &str) -> Option<(&str, &str, &Value)> {
        let paths = self
            .0
            .iter()
            .flat_map(|d| d["paths"].as_object().into_iter().flatten());
        paths.into_iter().find_map(|(path, methods)| {
            let mut methods = methods.as_object()?.iter();
            let (method, operation) = methods.find(|(_, o)| o["operationId"] == id)?;
            Some((path.as_str(), method.as_str(), operation))
        })
    }

    fn schema<'a>(&'a self, value: &'a Value) -> &'a Value {
        let Some(name) = value["$ref"].as_str().and_then(|r| r.rsplit('/').next()) else {
            return value;
        };
        let mut found = self.0.iter().map(|d| &d["components"]["schemas"][name]);
        found.find(|s| !s.is_null()).unwrap_or(value)
    }

    /// The fields of an operation's form.
    pub fn form(&self, id: &str) -> Option<&Value> {
        let (_, _, operation) = self.operation(id)?;
        let content = &operation["requestBody"]["content"]["application/x-www-form-urlencoded"];
        Some(self.schema(&content["schema"]))
    }

    /// What of a request the documents do not describe.
    pub fn request(&self, request: &Request) -> Vec<String> {
        let id = request.id;
        // The bytes of media are described in words only.
        if id.starts_with("media.") {
            return Vec::new();
        }
        let Some((_, method, operation)) = self.operation(id) else {
            return vec![format!("the vendor's document knows no {id}")];
        };
        let mut wrong = Vec::new();
        let mut say = |what: String| wrong.push(format!("{id}: {what}"));
        if !method.eq_ignore_ascii_case(&request.method) {
            say(format!("the vendor's document knows no {}", request.method));
        }
        let declared = operation["parameters"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        for (name, value) in &request.query {
            match declared
                .iter()
                .find(|p| p["in"] == "query" && p["name"] == **name)
            {
                Some(param) => self.value(name, (&param["schema"], value), &mut say),
                None => say(format!("there is no parameter `{name}`")),
            }
        }
        let form = request.form();
        match self.form(id).filter(|f| f.is_object()) {
            None if form.is_empty() => {}
            None => say("the vendor's document knows no form".into()),
            Some(schema) => {
                let kind = request.header("content-type").unwrap_or_default();
                if !kind.starts_with("application/x-www-form-urlencoded") {
                    say(format!("a form of type `{kind}`"));
                }
                for (name, value) in &form {
                    match schema["properties"].get(name) {
                        Some(field) => self.value(name, (field, value), &mut say),
                        None => say(format!("there is no field `{name}`")),
                    }
                }
                for required in schema["required"].as_array().into_iter().flatten() {
                    if !form.iter().any(|(name, _)| required == name) {
                        say(format!("the field {required} is required"));
                    }
                }
                for (n, (name, _)) in form.iter().enumerate() {
                    let again = form[..n].iter().any(|(before, _)| before == name);
                    let field = self.schema(&schema["properties"][name]);
                    if again && field["type"] != "array" {
                        say(format!("the field `{name}` stands twice"));
                    }
                }
            }
        }
        wrong
    }

    fn value(&self, name: &str, (declared, value): (&Value, &str), say: &mut dyn FnMut(String)) {
        let schema = self.schema(declared);
        let schema = if schema["type"] == "array" {
            self.schema(&schema["items"])
        } else {
            schema
        };
        let number = value.parse::<i64>();
        let fits = match schema["type"].as_str() {
            Some("integer") => {
                let at_most = schema["maximum"].as_i64().unwrap_or(i64::MAX);
                number.is_ok_and(|n| {
                    n >= schema["minimum"].as_i64().unwrap_or(i64::MIN) && n <= at_most
                })
            }
            Some("boolean") => matches!(value, "true" | "false"),
            _ => true,
        };
        let among = schema["enum"].as_array();
        if !fits || among.is_some_and(|all| !all.iter().any(|a| a == value)) {
            say(format!("`{name}` can't be `{value}`"));
        }
    }

    /// What of a success the documents do not describe: the loopback Twilio must not teach what is not so.
    pub fn answer(&self, request: &Request, answer: &Answer) -> Vec<String> {
        let Some((_, _, operation)) = self.operation(request.id) else {
            return Vec::new();
        };
        if !(200..300).contains(&answer.status) {
            return Vec::new();
        }
        let said = &operation["responses"][answer.status.to_string()];
        if said.is_null() {
            return vec![format!(
                "{} is never answered with {}",
                request.id, answer.status
            )];
        }
        let Ok(body) = serde_json::from_slice::<Value>(&answer.body) else {
            return Vec::new();
        };
        let schema = self.schema(&said["content"]["application/json"]["schema"]);
        let mut wrong = Vec::new();
        self.object(request.id, (schema, &body), &mut wrong);
        wrong
    }

    fn object(&self, id: &str, (schema, value): (&Value, &Value), wrong: &mut Vec<String>) {
        let (Some(known), Some(fields)) = (schema["properties"].as_object(), value.as_object())
        else {
            return;
        };
        for (name, value) in fields {
            let Some(field) = known.get(name) else {
                wrong.push(format!("answer of {id}: there is no `{name}`"));
                continue;
            };
            let field = self.schema(field);
            let among = field["enum"].as_array();
            if value.is_string() && among.is_some_and(|all| !all.contains(value)) {
                wrong.push(format!("answer of {id}: `{name}` can't be {value}"));
            }
            for row in value.as_array().into_iter().flatten() {
                self.object(id, (self.schema(&field["items"]), row), wrong);
            }
        }
    }
}
