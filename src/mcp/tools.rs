//! The tools: which calls they are, and how they are described.

use std::pin::Pin;
use std::sync::OnceLock;

use rmcp::model::{Icon, Tool, ToolAnnotations};
use serde_json::{Map, Value};

use crate::error::{Error, Result};
use crate::ops::calls::{
    self, Answer, Call, Caller, ContactAddCall, ContactEditCall, ContactsFindCall, CostsCall,
    ForwardCall, InboxCall, MarkCall, OutboxCancelCall, OutboxListCall, OutboxShowCall, Pool,
    ReadCall, ReplyCall, Scope, SearchCall, SendCall, StatusCall, Telling, ThreadCall,
};

use super::schema;

/// A letter, drawn small.
pub const ICON: &str = "data:image/svg+xml;base64,PHN2ZyB4bWxucz0iaHR0cDovL3d3dy53My5vcmcvMjAwMC9zdmciIHZpZXdCb3g9IjAgMCAyNCAyNCI+PHBhdGggZD0iTTIgNWgyMHYxNEgyeiIgZmlsbD0iIzI1NjNlYiIvPjxwYXRoIGQ9Ik0yIDZsMTAgNyAxMC03IiBmaWxsPSJub25lIiBzdHJva2U9IiNmZmYiIHN0cm9rZS13aWR0aD0iMiIvPjwvc3ZnPg==";

type Answering<'a> = Pin<Box<dyn Future<Output = Result<Answer>> + Send + 'a>>;

/// A call as it was asked for.
pub struct Asked {
    pub caller: Caller,
    pub arguments: Map<String, Value>,
    pub telling: Option<Telling>,
}

/// A call under the name of a tool.
pub struct Entry {
    pub tool: Tool,
    pub needs: Scope,
    answer: for<'a> fn(&'a Pool, Asked) -> Answering<'a>,
}

impl Entry {
    pub async fn answer(&self, pool: &Pool, mut asked: Asked) -> Result<Answer> {
        self.drop_nulls(&mut asked.arguments);
        (self.answer)(pool, asked).await
    }

    /// Many clients write null for what they leave out.
    fn drop_nulls(&self, arguments: &mut Map<String, Value>) {
        let schema = &self.tool.input_schema;
        let fields = schema.get("properties").and_then(Value::as_object);
        let is_field = |name: &str| fields.is_some_and(|fields| fields.contains_key(name));
        arguments.retain(|name, value| !value.is_null() || !is_field(name));
    }
}

/// What a client may think of a tool before it is called.
struct Traits {
    destructive: bool,
    idempotent: bool,
    /// It reaches servers and people.
    open: bool,
}

const LOCAL: Traits = Traits {
    destructive: false,
    idempotent: true,
    open: false,
};
const FETCHES: Traits = Traits {
    open: true,
    ..LOCAL
};
const ADDS: Traits = Traits {
    idempotent: false,
    ..LOCAL
};
const SENDS: Traits = Traits {
    destructive: true,
    idempotent: false,
    open: true,
};
const CHANGES: Traits = Traits {
    destructive: true,
    idempotent: true,
    open: true,
};

/// All of them, in the order in which they are listed.
pub fn all() -> &'static [Entry] {
    static ALL: OnceLock<Vec<Entry>> = OnceLock::new();
    ALL.get_or_init(|| {
        vec![
            entry::<InboxCall>("inbox", ("List the inbox", FETCHES)),
            entry::<SearchCall>("search", ("Search messages", LOCAL)),
            entry::<ReadCall>("read", ("Read a message", LOCAL)),
            entry::<ThreadCall>("thread", ("Read a thread", LOCAL)),
            entry::<ContactsFindCall>("contacts_find", ("Find people", LOCAL)),
            entry::<StatusCall>("status", ("Where things stand", LOCAL)),
            entry::<OutboxListCall>("outbox", ("List the outbox", LOCAL)),
            entry::<OutboxShowCall>("outbox_show", ("Show an outbox item", LOCAL)),
            entry::<CostsCall>("costs", ("What was spent", LOCAL)),
            entry::<SendCall>("send", ("Send a message", SENDS)),
            entry::<ReplyCall>("reply", ("Answer a message", SENDS)),
            entry::<ForwardCall>("forward", ("Send a message on", SENDS)),
            entry::<MarkCall>("mark", ("Mark or move messages", CHANGES)),
            entry::<OutboxCancelCall>("outbox_cancel", ("Cancel an outbox item", CHANGES)),
            entry::<ContactAddCall>("contact_add", ("Add a contact", ADDS)),
            entry::<ContactEditCall>("contact_edit", ("Change a contact", CHANGES)),
        ]
    })
}

/// The tool of this name.
pub fn named(name: &str) -> Option<&'static Entry> {
    all().iter().find(|entry| entry.tool.name == name)
}

/// Those that a caller of this scope may call.
pub fn allowed(scope: Scope) -> impl Iterator<Item = &'static Entry> {
    all().iter().filter(move |entry| scope >= entry.needs)
}

pub fn icons() -> Vec<Icon> {
    vec![
        Icon::new(ICON)
            .with_mime_type("image/svg+xml")
            .with_sizes(vec!["any".to_owned()]),
    ]
}

fn entry<C: Call>(name: &'static str, (title, traits): (&'static str, Traits)) -> Entry {
    let (input, about) = schema::input::<C>();
    let annotations = ToolAnnotations::with_title(title)
        .read_only(C::NEEDS == Scope::Read)
        .destructive(traits.destructive)
        .idempotent(traits.idempotent)
        .open_world(traits.open);
    Entry {
        tool: Tool::new(name, about, input)
            .with_title(title)
            .with_raw_output_schema(schema::output::<C>())
            .with_annotations(annotations)
            .with_icons(icons()),
        needs: C::NEEDS,
        answer: |pool, asked| Box::pin(answer::<C>(pool, asked)),
    }
}

async fn answer<C: Call>(pool: &Pool, asked: Asked) -> Result<Answer> {
    let call: C = calls::read(Value::Object(asked.arguments)).map_err(|e| {
        Error::usage(format!("these are not the arguments of this tool: {e}"))
            .hint("the tool's input schema tells which there are, and of what type")
    })?;
    pool.call(asked.caller, call, asked.telling).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inputs_are_closed_and_plain() {
        for entry in all() {
            let schema = Value::Object(entry.tool.input_schema.as_ref().clone());
            let name = &entry.tool.name;
            assert_eq!(schema["type"], "object", "{name}");
            assert_eq!(schema["additionalProperties"], false, "{name}");
            let text = schema.to_string();
            for tangle in [
                "$ref",
                "$defs",
                "oneOf",
                "anyOf",
                "allOf",
                "\"null\"",
                "unevaluated",
            ] {
                assert!(!text.contains(tangle), "{name}: {tangle} in {text}");
            }
            for (field, of) in schema["properties"].as_object().unwrap() {
                assert!(
                    of["description"].is_string(),
                    "{name}.{field} is not described"
                );
                assert!(of["type"].is_string(), "{name}.{field} has no type: {of}");
            }
            assert!(
                !entry
                    .tool
                    .description
                    .as_deref()
                    .unwrap_or_default()
                    .is_empty(),
                "{name}"
            );
        }
    }

    #[test]
    fn outputs_have_one_type_each() {
        for entry in all() {
            let schema = entry.tool.output_schema.as_ref().unwrap();
            let text = Value::Object(schema.as_ref().clone()).to_string();
            assert_eq!(schema["type"], "object");
            assert!(!text.contains("\"type\":["), "{}: {text}", entry.tool.name);
        }
    }

    #[test]
    fn nothing_approves() {
        assert!(
            all()
                .iter()
                .all(|entry| !entry.tool.name.contains("approve"))
        );
    }
}
