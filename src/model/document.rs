//! A JSON document: the name of its schema, then what it holds.

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::error::{Choice, Error};

/// A document with its schema in front.
#[derive(Serialize)]
pub struct Document<'a, D: Serialize> {
    pub schema: &'static str,
    #[serde(flatten)]
    pub document: &'a D,
}

/// An error as programs read it. `comms.error/1`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ErrorDocument {
    /// Always `comms.error/1`.
    pub schema: String,
    pub error: ErrorBody,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct ErrorBody {
    /// One of the codes of the exit-code table.
    pub code: String,
    pub message: String,
    /// The causes, outermost first.
    pub causes: Vec<String>,
    /// The next command or edit.
    pub hint: Option<String>,
    /// Seconds until it makes sense to come back, where the provider said so.
    pub retry_after_s: Option<u64>,
    /// The outbox item it is about.
    pub item: Option<String>,
    /// Who may be meant by a name that is not certain; `--pick` counts them from 1.
    pub candidates: Vec<Choice>,
}

impl From<&Error> for ErrorDocument {
    fn from(error: &Error) -> Self {
        ErrorDocument {
            schema: "comms.error/1".to_owned(),
            error: ErrorBody {
                code: error.kind.code().to_owned(),
                message: error.message.clone(),
                causes: error.causes(),
                hint: error.hint.clone(),
                retry_after_s: error.retry_after.map(|d| d.as_secs()),
                item: error.item.as_deref().map(str::to_owned),
                candidates: error.candidates.as_deref().unwrap_or_default().to_vec(),
            },
        }
    }
}

/// The JSON Schema of a document as it is written: its `schema` key is added.
pub fn schema_of<T: JsonSchema>(name: &str) -> Value {
    // What is written, not what could be read: fields with a default are still always there.
    let mut settings = schemars::generate::SchemaSettings::draft2020_12();
    settings.contract = schemars::generate::Contract::Serialize;
    named(
        SchemaGenerator::new(settings).into_root_schema_for::<T>(),
        name,
    )
    .to_value()
}

/// Gives the schema of a report the name that its document begins with.
pub fn named(mut schema: Schema, name: &str) -> Schema {
    let object = schema.ensure_object();
    object.insert("title".into(), json!(name));
    let mut properties = Map::from_iter([("schema".to_owned(), json!({ "const": name }))]);
    if let Some(Value::Object(own)) = object.remove("properties") {
        properties.extend(own.into_iter().filter(|(k, _)| k != "schema"));
    }
    object.insert("properties".into(), Value::Object(properties));
    let mut required = vec![json!("schema")];
    if let Some(Value::Array(own)) = object.remove("required") {
        required.extend(own.into_iter().filter(|k| k != "schema"));
    }
    object.insert("required".into(), Value::Array(required));
    schema
}
