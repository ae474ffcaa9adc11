//! Slack's own description, and whether a request is one it describes.
//!
//! Looked for in the folder `COMMS_TEST_SPECS`: `slack.json`, of 2021, and `slack_supplement.json`, with what came since.
//! Its `token` parameters are passed over: tokens travel in a header.

use std::path::PathBuf;
use std::sync::OnceLock;

use serde_json::Value;

use crate::support::loopback::wire::Request;

/// The descriptions, read once; `None` where they are not installed.
pub fn documents() -> Option<&'static Vec<Value>> {
    static READ: OnceLock<Option<Vec<Value>>> = OnceLock::new();
    READ.get_or_init(|| {
        let folder = PathBuf::from(std::env::var_os("COMMS_TEST_SPECS").filter(|f| !f.is_empty())?);
        let names = ["slack_supplement.json", "slack.json"];
        let read = names.map(|name| std::fs::read(folder.join(name)).ok());
        let read: Vec<Value> = read
            .into_iter()
            .flatten()
            .filter_map(|bytes| serde_json::from_slice(&bytes).ok())
            .collect();
        (!read.is_empty()).then_some(read)
    })
    .as_ref()
}

/// What the descriptions say of a method under this verb.
fn described<'a>(documents: &'a [Value], method: &str, verb: &str) -> Option<&'a Value> {
    let path = format!("/{method}");
    documents
        .iter()
        .find_map(|d| d["paths"].get(&path)?.get(verb.to_lowercase()))
}

/// What of a request is not described: by us, or by Slack.
pub fn request(request: &Request, fields: &[(String, String)]) -> Vec<String> {
    let id = request.id;
    let mut wrong = Vec::new();
    let own = comms::net::slack::operations::ALL
        .iter()
        .find(|m| m.operation.id == id);
    let own = own.expect("a method of ours");
    for (name, _) in fields {
        let query = own.operation.query.iter().any(|p| p.name == name);
        if !query && !own.form.contains(&name.as_str()) {
            wrong.push(format!("{id}: our own table has no `{name}`"));
        }
        if name == "token" {
            wrong.push(format!("{id}: the token is in sight"));
        }
    }
    let Some(documents) = documents() else {
        return wrong;
    };
    let Some(method) = described(documents, id, &request.method) else {
        wrong.push(format!(
            "{id}: Slack's description knows no {}",
            request.method
        ));
        return wrong;
    };
    let parameters = method["parameters"].as_array().cloned().unwrap_or_default();
    let place = if request.method == "GET" {
        "query"
    } else {
        "formData"
    };
    for (name, value) in fields {
        let declared = parameters
            .iter()
            .find(|p| p["name"] == **name && p["in"] == place);
        // Newer than the description: `return_im` and `blocks` were there before, these are in Slack's docs of today.
        let Some(declared) = declared else {
            wrong.push(format!("{id}: Slack's description knows no `{name}`"));
            continue;
        };
        let fits = match declared["type"].as_str() {
            Some("integer") => value.parse::<i64>().is_ok(),
            Some("number") => value.parse::<f64>().is_ok(),
            Some("boolean") => matches!(value.as_str(), "true" | "false"),
            _ => true,
        };
        if !fits {
            wrong.push(format!(
                "{id}: `{name}={value}` is not what Slack's description says"
            ));
        }
    }
    for declared in &parameters {
        let name = declared["name"].as_str().unwrap_or_default();
        let needed = declared["required"] == true && declared["in"] == place && name != "token";
        if needed && !fields.iter().any(|(known, _)| known == name) {
            wrong.push(format!("{id}: `{name}` is missing"));
        }
    }
    wrong
}

/// What of our own table Slack's description does not have.
pub fn table() -> Option<Vec<String>> {
    let documents = documents()?;
    let mut wrong = Vec::new();
    for method in comms::net::slack::operations::ALL {
        let id = method.operation.id;
        let Some(said) = described(documents, id, method.operation.method) else {
            wrong.push(format!(
                "Slack's description has no {} {id}",
                method.operation.method
            ));
            continue;
        };
        let known = |name: &str| {
            let parameters = said["parameters"].as_array();
            parameters.is_some_and(|all| all.iter().any(|p| p["name"] == name))
        };
        let query = method.operation.query.iter().map(|p| p.name);
        for name in query
            .chain(method.form.iter().copied())
            .filter(|n| !known(n))
        {
            wrong.push(format!("Slack's description of {id} has no `{name}`"));
        }
    }
    Some(wrong)
}
