//! What comms and its tests believe of Google's APIs, held against Google's own documents.

use std::time::Instant;

use comms::config::Config;
use comms::config::flags::{Environment, GlobalFlags};
use comms::net::api::{Effect, Operation, ParamKind};
use comms::net::google::OPERATIONS;
use comms::net::oauth::{Server, Wanted, scopes};
use serde_json::{Value, json};

use crate::support::google::spec::{Documents, documents, is_required};
use crate::support::google::{Google, Request, table};
use crate::support::{World, skip};

fn installed() -> Option<&'static Documents> {
    documents().or_else(|| skip("Google's API descriptions are not installed"))
}

#[test]
fn every_operation_of_comms_is_one_of_google() {
    let Some(documents) = installed() else { return };
    let mut wrong = Vec::new();
    for operation in OPERATIONS.iter().flat_map(|all| all.iter()) {
        for what in differences(documents, operation) {
            wrong.push(format!("{}: {what}", operation.id));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The operations that a login is for: those of the account's API, and of these the ones that only read.
#[test]
fn a_login_asks_for_enough() {
    let Some(documents) = installed() else { return };
    for (channel, api) in [("gmail", "gmail."), ("google-chat", "chat.")] {
        for (wanted, only_reads) in [(Wanted::Usual, false), (Wanted::Read, true)] {
            let asked = asked_for(channel, &wanted);
            for operation in OPERATIONS.iter().flat_map(|all| all.iter()) {
                let needed = operation.effect == Effect::Read || !only_reads;
                if !operation.id.starts_with(api) || !needed {
                    continue;
                }
                let enough =
                    documents.method(operation.id).expect("a known operation")["scopes"].clone();
                let enough = enough.as_array().cloned().unwrap_or_default();
                let fits = enough.iter().any(|s| asked.iter().any(|a| s == a));
                assert!(
                    fits,
                    "{} needs one of {enough:?}, not {asked:?}",
                    operation.id
                );
            }
        }
    }
}

/// The scopes of a login of such an account.
fn asked_for(channel: &str, wanted: &Wanted) -> Vec<String> {
    let config = format!(
        "[accounts.a]\nchannel = \"{channel}\"\naddress = \"ada@gmail.example\"\nauth = \"oauth\"\n\
         oauth = \"google\"\nclient_id = \"id\"\n"
    );
    let world = World::new().config(&config);
    let home = world.home();
    let env = Environment::of([("COMMS_HOME", home.to_str().expect("a path"))]);
    let config = Config::resolve(&GlobalFlags::default(), &env).expect("a config");
    let account = config.account("a").expect("the account");
    let oauth = account.oauth.as_ref().expect("it logs in");
    scopes(account, oauth, &Server::known(oauth), wanted)
}

#[test]
fn both_tables_count_the_same_units() {
    for operation in OPERATIONS.iter().flat_map(|all| all.iter()) {
        assert_eq!(
            operation.units,
            table::units(operation.id),
            "{}",
            operation.id
        );
    }
}

/// In what an operation differs from its description.
fn differences(documents: &Documents, operation: &Operation) -> Vec<String> {
    let Some(method) = documents.method(operation.id) else {
        return vec!["the vendor's document knows no such operation".into()];
    };
    let mut wrong = Vec::new();
    let media = &method["mediaUpload"]["protocols"];
    let uploads = ["simple", "resumable"].map(|p| media[p]["path"].as_str().unwrap_or_default());
    let is_upload = uploads
        .iter()
        .any(|p| p.trim_start_matches('/') == operation.path);
    if method["path"] != operation.path && !is_upload {
        wrong.push(format!("the path is {}", method["path"]));
    }
    if method["httpMethod"] != operation.method {
        wrong.push(format!("the method is {}", method["httpMethod"]));
    }
    let body = method["request"]["$ref"].as_str();
    if body != operation.body {
        wrong.push(format!("the body is {body:?}"));
    }
    let own = &method["parameters"];
    for param in operation.query {
        let declared = own.get(param.name).filter(|p| p["location"] == "query");
        // Every method takes these, so no method declares them.
        let everywhere = ["alt", "uploadType", "upload_id", "fields", "key", "token"];
        let Some(declared) = declared else {
            if !everywhere.contains(&param.name) {
                wrong.push(format!("there is no parameter `{}`", param.name));
            }
            continue;
        };
        if (declared["repeated"] == true) != param.repeated {
            wrong.push(format!(
                "`{}` is repeated: {}",
                param.name, declared["repeated"]
            ));
        }
        let fits = match param.kind {
            ParamKind::Text => declared["type"] == "string" && declared["enum"].is_null(),
            ParamKind::Number => declared["type"] == "integer",
            ParamKind::Flag => declared["type"] == "boolean",
            ParamKind::Word(words) => {
                let all = declared["enum"].as_array().cloned().unwrap_or_default();
                words.iter().all(|w| all.iter().any(|a| a == w))
            }
        };
        if !fits {
            wrong.push(format!("`{}` is {declared}", param.name));
        }
    }
    for (name, declared) in own.as_object().into_iter().flatten() {
        if is_required(name, declared) && !operation.query.iter().any(|p| p.name == name) {
            wrong.push(format!("the parameter `{name}` is required"));
        }
    }
    wrong
}

#[test]
fn the_loopback_google_knows_the_same_paths() {
    let Some(documents) = installed() else { return };
    for (id, verb, path, _) in table::OPERATIONS {
        let method = documents.method(id).unwrap_or_else(|| panic!("no {id}"));
        assert_eq!(method["httpMethod"], *verb, "{id}");
        let known = [&method["flatPath"], &method["path"]];
        assert!(known.iter().any(|p| **p == **path), "{id}: {known:?}");
    }
}

/// A request of an operation, in order.
fn request(id: &'static str, method: &str, query: &[(&str, &str)], body: &Value) -> Request {
    let pairs = query
        .iter()
        .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
    Request {
        id,
        method: method.to_owned(),
        path: "/x".into(),
        query: pairs.collect(),
        headers: Vec::new(),
        body: if body.is_null() {
            Vec::new()
        } else {
            body.to_string().into_bytes()
        },
        vars: Vec::new(),
        in_batch: false,
        at: Instant::now(),
        status: 0,
    }
}

#[test]
fn a_request_in_order_passes_and_each_mutation_of_it_does_not() {
    let Some(documents) = installed() else { return };
    let history = "gmail.users.history.list";
    let good = [
        ("startHistoryId", "12"),
        ("historyTypes", "labelAdded"),
        ("historyTypes", "messageAdded"),
    ];
    let list = "gmail.users.messages.list";
    let send = "gmail.users.messages.send";
    let modify = "gmail.users.messages.modify";
    let patch = "people.people.updateContact";
    let none = Value::Null;
    for (right, request) in [
        (true, request(history, "GET", &good, &none)),
        (false, request(history, "GET", &good[1..], &none)),
        (false, request(history, "POST", &good, &none)),
        (
            false,
            request(
                history,
                "GET",
                &[good[0], ("historyTypes", "everything")],
                &none,
            ),
        ),
        (
            false,
            request(history, "GET", &[good[0], ("startHistoryId", "13")], &none),
        ),
        (
            false,
            request(history, "GET", &[("startHistoryId", "yesterday")], &none),
        ),
        (false, request(history, "GET", &good, &json!({"a": 1}))),
        (
            true,
            request(
                list,
                "GET",
                &[
                    ("maxResults", "5"),
                    ("includeSpamTrash", "true"),
                    ("prettyPrint", "false"),
                ],
                &none,
            ),
        ),
        (false, request(list, "GET", &[("maxResults", "-5")], &none)),
        (
            false,
            request(list, "GET", &[("includeSpamTrash", "1")], &none),
        ),
        (false, request(list, "GET", &[("pageSize", "5")], &none)),
        (
            true,
            request(
                list,
                "GET",
                &[("fields", "messages(id,threadId),nextPageToken")],
                &none,
            ),
        ),
        (
            false,
            request(list, "GET", &[("fields", "messages(id,thread)")], &none),
        ),
        (
            true,
            request(send, "POST", &[], &json!({"raw": "SGk", "threadId": "1"})),
        ),
        (false, request(send, "POST", &[], &json!({"raw": "S G k"}))),
        (false, request(send, "POST", &[], &json!({"raw": 5}))),
        (false, request(send, "POST", &[], &json!({"thread": "1"}))),
        (false, request(send, "POST", &[], &json!([]))),
        (
            true,
            request(modify, "POST", &[], &json!({"addLabelIds": ["A"]})),
        ),
        (
            false,
            request(modify, "POST", &[], &json!({"addLabelIds": "A"})),
        ),
        (
            false,
            request(modify, "POST", &[], &json!({"addLabelIds": [1]})),
        ),
        (
            true,
            request(
                patch,
                "PATCH",
                &[("updatePersonFields", "names")],
                &json!({"names": [{"givenName": "A"}]}),
            ),
        ),
        (
            false,
            request(patch, "PATCH", &[], &json!({"names": [{"givenname": "A"}]})),
        ),
        (false, request("gmail.users.nothing", "GET", &[], &none)),
    ] {
        let wrong = documents.request(&request);
        assert_eq!(wrong.is_empty(), right, "{request:?}: {wrong:?}");
    }
}

#[tokio::test]
#[should_panic(expected = "know no GET /gmail/v1/users/me/mesages")]
async fn what_google_would_not_understand_fails_the_test() {
    let google = Google::start();
    let client = comms::net::http::Client::new(None, comms::net::http::Redirects::Never).unwrap();
    client
        .get(&format!("{}/gmail/v1/users/me/mesages", google.url))
        .await
        .unwrap();
}
