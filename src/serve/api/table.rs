//! The routes: one table, of which the router, the OpenAPI document, its page and the request collection are made.

use std::sync::Arc;

use axum::http::Method;
use futures_util::future::BoxFuture;
use schemars::generate::{Contract, SchemaSettings};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Map, Value};

use crate::error::Result;
use crate::ops::calls::{
    self, AccountsCall, Answer, AttachmentCall, Call, Caller, ContactAddCall, ContactEditCall,
    ContactShowCall, ContactsFindCall, ContactsListCall, CostsCall, EventsCall, ForwardCall,
    InboxCall, MarkCall, OutboxCancelCall, OutboxListCall, OutboxRejectCall, OutboxRetryCall,
    OutboxShowCall, Pool, ReadCall, ReplyCall, Scope, SearchCall, SendCall, StatusCall, ThreadCall,
};

use super::given::Given;

/// Bytes of a body to which no files belong.
const LIMIT: usize = 1 << 20;

/// One route: where it is, and what its call takes and answers.
pub struct Route {
    pub method: Method,
    /// Under `/v1`; `{id}` stands for a field of the call.
    pub path: &'static str,
    /// The name of the call.
    pub name: &'static str,
    /// What it does, in words.
    summary: String,
    pub tag: &'static str,
    pub needs: Scope,
    /// The name of the document it answers with.
    pub schema: &'static str,
    /// What stands in the path, and without a body in the query; with one, only what may stand in the path.
    pub parameters: Vec<Parameter>,
    /// What the body holds beside the fields of the path; `None` where there is no body.
    pub body: Option<Schema>,
    /// Whether `Idempotency-Key` is a field of the call.
    pub has_key: bool,
    /// Whether it goes on for ever for who asks for a stream.
    pub streams: bool,
    /// Whether it answers with the content of a file, and not with a document.
    pub bytes: bool,
    /// Fields of a call as JSON, for the documentation.
    example: &'static str,
    pub report: fn(&mut SchemaGenerator) -> Schema,
    pub work: Work,
}

/// Hands a request to the pool as its call.
pub type Work = fn(Arc<Pool>, Caller, Given) -> BoxFuture<'static, Result<Answer>>;

/// A field of a call that stands in the address.
#[derive(Clone, Debug)]
pub struct Parameter {
    pub name: String,
    pub shape: Shape,
    pub in_path: bool,
    pub required: bool,
    pub schema: Value,
}

/// How a parameter is read from text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    Text,
    Number,
    Flag,
    /// Given several times.
    List,
}

impl Route {
    /// Whether it has a page after it.
    pub fn has_pages(&self) -> bool {
        self.parameters.iter().any(|p| p.name == "after")
    }

    /// How many bytes its body may have.
    pub fn limit(&self) -> usize {
        let fields = self.body.as_ref().and_then(|body| body.get("properties"));
        match fields.is_some_and(|all| all.get("attachments").is_some()) {
            true => calls::LARGEST,
            false => LIMIT,
        }
    }

    pub fn is_get(&self) -> bool {
        self.method == Method::GET
    }

    /// What it does: in a sentence, and the rest.
    pub fn words(&self) -> (&str, &str) {
        let all = self.summary.as_str();
        all.split_once("\n\n").unwrap_or((all, ""))
    }

    /// Fields of a call that shows what it is for.
    pub fn example(&self) -> Map<String, Value> {
        serde_json::from_str(self.example).unwrap_or_default()
    }

    /// What of the example stands in the body.
    pub fn example_body(&self) -> Option<Value> {
        self.body.as_ref()?;
        let mut example = self.example();
        example.retain(|name, _| !self.parameters.iter().any(|p| p.name == *name));
        (!example.is_empty()).then_some(Value::Object(example))
    }
}

/// Every route.
pub fn routes() -> Vec<Route> {
    vec![
        get::<StatusCall>("/status", "standing", "{}"),
        get::<AccountsCall>("/accounts", "standing", "{}"),
        get::<CostsCall>("/costs", "standing", r#"{"by": "month"}"#),
        get::<InboxCall>(
            "/threads",
            "messages",
            r#"{"unread": true, "freshness": "offline"}"#,
        ),
        get::<ThreadCall>("/threads/{id}", "messages", r#"{"id": "t1"}"#),
        get::<SearchCall>(
            "/search",
            "messages",
            r#"{"query": "from:ada newer_than:1y", "limit": 5}"#,
        ),
        get::<ReadCall>("/messages/{id}", "messages", r#"{"id": "m1"}"#),
        Route {
            bytes: true,
            ..get::<AttachmentCall>(
                "/messages/{id}/attachments/{number}",
                "messages",
                r#"{"id": "m1", "number": 1}"#,
            )
        },
        act::<SendCall>(
            "/messages",
            "messages",
            r#"{"to": ["ada@example.com"], "subject": "Lunch?", "text": "At one?", "key": "lunch-1"}"#,
        ),
        act::<ReplyCall>(
            "/messages/{id}/reply",
            "messages",
            r#"{"id": "m1", "text": "Yes, at one."}"#,
        ),
        act::<ForwardCall>(
            "/messages/{id}/forward",
            "messages",
            r#"{"id": "m1", "to": ["bob@example.com"], "text": "For you, too."}"#,
        ),
        change::<MarkCall>(
            "/messages",
            "messages",
            r#"{"ids": ["t1"], "read": true, "label": ["todo"]}"#,
        ),
        get::<ContactsListCall>("/contacts", "contacts", r#"{"has": "email"}"#),
        get::<ContactsFindCall>("/contacts/find", "contacts", r#"{"query": "ada"}"#),
        get::<ContactShowCall>("/contacts/{contact}", "contacts", r#"{"contact": "c1"}"#),
        act::<ContactAddCall>(
            "/contacts",
            "contacts",
            r#"{"name": "Ada Lovelace", "address": ["ada@example.com"]}"#,
        ),
        change::<ContactEditCall>(
            "/contacts/{contact}",
            "contacts",
            r#"{"contact": "c1", "note": "met in Turin"}"#,
        ),
        get::<OutboxListCall>("/outbox", "outbox", r#"{"state": ["failed", "held"]}"#),
        get::<OutboxShowCall>("/outbox/{id}", "outbox", r#"{"id": "o1"}"#),
        act::<OutboxCancelCall>("/outbox/{id}/cancel", "outbox", r#"{"id": "o1"}"#),
        act::<OutboxRejectCall>(
            "/outbox/{id}/reject",
            "outbox",
            r#"{"id": "o1", "reason": "wrong customer"}"#,
        ),
        act::<OutboxRetryCall>("/outbox/{id}/retry", "outbox", r#"{"id": "o1"}"#),
        Route {
            streams: true,
            ..get::<EventsCall>("/events", "events", "{}")
        },
    ]
}

fn get<C: Call>(path: &'static str, tag: &'static str, example: &'static str) -> Route {
    route::<C>(Method::GET, (path, tag), example)
}

fn act<C: Call>(path: &'static str, tag: &'static str, example: &'static str) -> Route {
    route::<C>(Method::POST, (path, tag), example)
}

fn change<C: Call>(path: &'static str, tag: &'static str, example: &'static str) -> Route {
    route::<C>(Method::PATCH, (path, tag), example)
}

fn route<C: Call>(
    method: Method,
    (path, tag): (&'static str, &'static str),
    example: &'static str,
) -> Route {
    let in_path: Vec<&str> = path
        .split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
        .collect();
    let mut parameters = parameters::<C>(&in_path);
    let has_key = parameters.iter().any(|p| p.name == "key");
    let body = (method != Method::GET).then(|| without(request::<C>(), &in_path));
    if body.is_some() {
        parameters.retain(|p| p.in_path);
    }
    let schema = request::<C>();
    let words = schema.get("description").and_then(Value::as_str);
    Route {
        method,
        path,
        name: C::NAME,
        summary: words.unwrap_or_default().to_owned(),
        tag,
        needs: C::NEEDS,
        schema: C::SCHEMA,
        parameters,
        body,
        has_key,
        streams: false,
        bytes: false,
        example,
        report: C::Report::json_schema,
        work: |pool, caller, given| {
            Box::pin(async move {
                let call = given.read::<C>()?;
                pool.call(caller, call, None).await
            })
        },
    }
}

/// The schema of a call's fields, all of it in one place.
fn request<C: Call>() -> Schema {
    let mut settings = SchemaSettings::draft2020_12();
    settings.contract = Contract::Deserialize;
    settings.inline_subschemas = true;
    settings.meta_schema = None;
    SchemaGenerator::new(settings).into_root_schema_for::<C>()
}

/// The fields of a call as parameters.
pub fn parameters<C: Call>(in_path: &[&str]) -> Vec<Parameter> {
    let schema = request::<C>();
    let required = schema.get("required").and_then(Value::as_array);
    let is_required =
        |name: &str| required.is_some_and(|all| all.iter().any(|one| one.as_str() == Some(name)));
    let properties = schema.get("properties").and_then(Value::as_object);
    let parameter = |(name, schema): (&String, &Value)| Parameter {
        name: name.clone(),
        shape: shape(schema),
        in_path: in_path.contains(&name.as_str()),
        required: is_required(name),
        schema: schema.clone(),
    };
    properties
        .map(|all| all.iter().map(parameter).collect())
        .unwrap_or_default()
}

fn shape(schema: &Value) -> Shape {
    let is = |name: &str| match &schema["type"] {
        Value::String(one) => one == name,
        Value::Array(all) => all.iter().any(|one| one.as_str() == Some(name)),
        _ => false,
    };
    if is("boolean") {
        Shape::Flag
    } else if is("integer") {
        Shape::Number
    } else if is("array") {
        Shape::List
    } else {
        Shape::Text
    }
}

/// The schema without the fields that stand in the path.
fn without(mut schema: Schema, in_path: &[&str]) -> Schema {
    if let Some(Value::Object(properties)) = schema.get_mut("properties") {
        properties.retain(|name, _| !in_path.contains(&name.as_str()));
    }
    if let Some(Value::Array(required)) = schema.get_mut("required") {
        required.retain(|name| !name.as_str().is_some_and(|name| in_path.contains(&name)));
    }
    schema
}
