//! The HTTP API through `comms serve`, with keys of `comms auth key add`.

use std::io::{BufRead, BufReader, Write};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::World;
use crate::support::serving::{Answer, Serving};

/// A world with messages, a contact and an item in the outbox.
fn world() -> World {
    let world = World::new();
    let sample = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/sample.mbox");
    world.run(["import", sample]).ok();
    world
        .run(["contacts", "add", "Ada Byron", "ada@example.com"])
        .ok();
    world
        .run([
            "send",
            "you@localhost",
            "-s",
            "hello",
            "-m",
            "hi",
            "--draft",
        ])
        .ok();
    world
}

struct Api {
    serving: Serving,
    key: String,
}

impl Api {
    fn start(world: &World, scope: &str) -> Api {
        let made = world
            .run(["auth", "key", "add", scope, "--scope", scope, "--json"])
            .ok();
        let key = made.json()["key"].as_str().unwrap().to_owned();
        let serving = Serving::with(world, &["--only", "api"]);
        Api { serving, key }
    }

    fn ask(&self, request: (&str, &str), headers: &[(&str, &str)], body: &str) -> Answer {
        let key = format!("Bearer {}", self.key);
        let mut all = vec![("authorization", key.as_str())];
        all.extend(headers);
        self.serving.call(request, &all, body)
    }

    fn get(&self, path: &str) -> Answer {
        self.ask(("GET", path), &[], "")
    }

    fn post(&self, path: &str, body: &Value) -> Answer {
        let kind = ("content-type", "application/json");
        self.ask(("POST", path), &[kind], &body.to_string())
    }
}

/// The code of an error, which has to be a document.
#[track_caller]
fn code(answer: &Answer) -> String {
    assert_eq!(
        answer.header("content-type"),
        Some("application/json"),
        "{answer:?}"
    );
    let document = answer.json();
    assert_eq!(document["schema"], "comms.error/1", "{document}");
    document["error"]["code"].as_str().unwrap().to_owned()
}

fn message(answer: &Answer) -> String {
    answer.json()["error"]["message"]
        .as_str()
        .unwrap_or_default()
        .to_owned()
}

/// Every route that only reads, and the command that prints the same.
const READING: [(&str, &str, &[&str]); 12] = [
    ("/v1/status", "/v1/status", &["--json"]),
    ("/v1/accounts", "/v1/accounts", &["auth", "list", "--json"]),
    (
        "/v1/costs",
        "/v1/costs?by=channel",
        &["costs", "--by", "channel", "--json"],
    ),
    (
        "/v1/threads",
        "/v1/threads?limit=3&freshness=offline",
        &["inbox", "--offline", "--limit", "3", "--json"],
    ),
    (
        "/v1/threads/{id}",
        "/v1/threads/m2",
        &["inbox", "thread", "m2", "--json"],
    ),
    (
        "/v1/search",
        "/v1/search?query=the&limit=2&snippets=true",
        &["search", "the", "--limit", "2", "--snippets", "--json"],
    ),
    (
        "/v1/messages/{id}",
        "/v1/messages/m3",
        &["inbox", "show", "m3", "--json"],
    ),
    (
        "/v1/contacts",
        "/v1/contacts",
        &["contacts", "list", "--json"],
    ),
    (
        "/v1/contacts/find",
        "/v1/contacts/find?query=ada",
        &["contacts", "find", "ada", "--json"],
    ),
    (
        "/v1/contacts/{contact}",
        "/v1/contacts/c1",
        &["contacts", "show", "c1", "--json"],
    ),
    (
        "/v1/outbox",
        "/v1/outbox?state=draft",
        &["outbox", "list", "--state", "draft", "--json"],
    ),
    (
        "/v1/outbox/{id}",
        "/v1/outbox/o1",
        &["outbox", "show", "o1", "--json"],
    ),
];

#[test]
fn a_route_answers_what_the_command_prints() {
    let world = world();
    let api = Api::start(&world, "read");
    let openapi = world.run(["schema", "openapi"]).ok().json();
    for (path, address, command) in READING {
        let answer = api.get(address);
        assert_eq!(answer.status, 200, "{address}: {answer:?}");
        let printed = world.run(command).ok().json();
        assert_eq!(answer.json(), printed, "{address}");
        let content = &openapi["paths"][path]["get"]["responses"]["200"]["content"];
        let schema = json!({
            "allOf": [content["application/json"]["schema"]],
            "components": openapi["components"],
        });
        let validator = jsonschema::validator_for(&schema).unwrap();
        let errors: Vec<_> = validator
            .iter_errors(&printed)
            .map(|e| e.to_string())
            .collect();
        assert!(errors.is_empty(), "{address}: {errors:#?}");
        let head = api.ask(("HEAD", address), &[], "");
        assert_eq!((head.status, head.body.as_str()), (200, ""), "{address}");
        assert_eq!(
            head.header("content-length"),
            answer.header("content-length")
        );
    }
    for (path, methods) in openapi["paths"].as_object().unwrap() {
        // Tried where files are.
        let elsewhere = ["/v1/events", "/v1/messages/{id}/attachments/{number}"];
        let known =
            READING.iter().any(|(known, ..)| known == path) || elsewhere.contains(&path.as_str());
        assert!(known || methods.get("get").is_none(), "{path} is not tried");
    }
}

#[test]
fn an_answer_is_given_again_only_until_any_process_changes_something() {
    let world = world();
    let api = Api::start(&world, "send");
    let addresses = [
        "/v1/messages/m3",
        "/v1/threads/m3",
        "/v1/search?query=the",
        "/v1/threads?freshness=offline",
    ];
    for turn in 0..4 {
        // Asked twice: the second one may come from what was kept.
        for address in addresses.iter().chain(&addresses) {
            assert_eq!(api.get(address).status, 200);
        }
        // By the command line, by the API itself, and by mail that comes in.
        match turn {
            0 => drop(world.run(["inbox", "mark", "m3", "--star"]).ok()),
            1 => drop(world.run(["inbox", "mark", "m3", "--label", "todo"]).ok()),
            2 => {
                let marked = json!({"ids": ["m3"], "star": false, "label": ["later"]});
                let kind = ("content-type", "application/json");
                let answer = api.ask(("PATCH", "/v1/messages"), &[kind], &marked.to_string());
                assert_eq!(answer.status, 200, "{answer:?}");
            }
            _ => {
                let text =
                    "From: ann@example.com\nTo: you@localhost\nSubject: the news\n\nthe end\n";
                let file = world.file("new.eml", text);
                world.run(["import", &file]).ok();
            }
        }
        let commands: [&[&str]; 4] = [
            &["inbox", "show", "m3", "--json"],
            &["inbox", "thread", "m3", "--json"],
            &["search", "the", "--json"],
            &["inbox", "--offline", "--json"],
        ];
        for (address, command) in addresses.iter().zip(commands) {
            let now = world.run(command).ok().json();
            assert_eq!(
                api.get(address).json(),
                now,
                "{address} after change {turn}"
            );
        }
    }
}

#[test]
fn every_route_is_documented_with_every_answer_it_gives() {
    let world = world();
    let api = Api::start(&world, "send");
    let openapi = world.run(["schema", "openapi"]).ok().json();
    assert_eq!(api.get("/v1/openapi.json").json(), openapi);
    for (path, methods) in openapi["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let fill = |id: &str| {
                path.replace("{id}", id)
                    .replace("{contact}", id)
                    .replace("{number}", "1")
            };
            let method = method.to_uppercase();
            let tries = [
                (fill("o1"), "{}"),
                (fill("m1"), ""),
                (fill("c1"), "{\"unknown\": 1}"),
                (fill("%00"), "[1"),
                (fill("m1") + "?what=1", ""),
            ];
            for (address, body) in tries {
                let kind: &[_] = &[("content-type", "application/json")];
                let answer = api.ask((&method, &address), kind, body);
                let known = operation["responses"].get(answer.status.to_string());
                assert!(known.is_some(), "{method} {address} {body}: {answer:?}");
                assert_ne!(answer.status, 500, "{method} {address} {body}: {answer:?}");
                if answer.status >= 400 && answer.status != 422 {
                    code(&answer);
                }
            }
        }
    }
}

#[test]
fn what_is_wrong_with_a_request_is_told_as_an_error_document() {
    let world = world();
    let api = Api::start(&world, "send");
    let json = ("content-type", "application/json");
    let large = "x".repeat(2 << 20);
    for (request, headers, body, status, words) in [
        (
            ("GET", "/v1/nothing"),
            &[][..],
            "",
            404,
            "nothing at this address",
        ),
        (("GET", "/v1/messages/m999"), &[], "", 404, "m999"),
        (
            ("GET", "/v1/messages/x"),
            &[],
            "",
            400,
            "`x` is not the id of a message",
        ),
        (("GET", "/v1/search"), &[], "", 400, "missing field `query`"),
        (
            ("GET", "/v1/search?query=a&what=1"),
            &[],
            "",
            400,
            "no parameter `what`",
        ),
        (
            ("GET", "/v1/search?query=a&limit=0"),
            &[],
            "",
            400,
            "`limit` is from 1 to 200",
        ),
        (
            ("GET", "/v1/search?query=a&limit=9999999"),
            &[],
            "",
            400,
            "limit",
        ),
        (("GET", "/v1/search?query=(a"), &[], "", 400, "("),
        (("GET", "/v1/search?query=a&after=zzz"), &[], "", 400, "zzz"),
        (("GET", "/v1/outbox?state=lost"), &[], "", 400, "lost"),
        (("GET", "/v1/status"), &[json], "{}", 400, "no body"),
        (("DELETE", "/v1/messages/m1"), &[], "", 405, "DELETE"),
        (("OPTIONS", "/v1/search"), &[], "", 405, "OPTIONS"),
        (("POST", "/v1/messages"), &[], "{}", 415, "JSON"),
        (
            ("POST", "/v1/messages"),
            &[("content-type", "text/plain")],
            "{}",
            415,
            "JSON",
        ),
        (("PATCH", "/v1/messages"), &[json], &large, 413, "1024 KiB"),
        (
            ("POST", "/v1/messages"),
            &[json],
            "{\n \"to\": [}",
            400,
            "line 2 column 9",
        ),
        (
            ("POST", "/v1/messages"),
            &[json],
            "{\"to\": [\"a@b.example\"], \"txet\": \"x\"}",
            400,
            "`txet`",
        ),
        (
            ("POST", "/v1/outbox/o1/cancel"),
            &[json],
            "{\"id\": \"o2\"}",
            400,
            "duplicate field `id`",
        ),
        (
            ("POST", "/v1/outbox/o1/approve"),
            &[json],
            "{}",
            404,
            "nothing at this address",
        ),
    ] {
        let answer = api.ask(request, headers, body);
        assert_eq!(answer.status, status, "{request:?}: {answer:?}");
        code(&answer);
        let said = message(&answer);
        assert!(said.contains(words), "{request:?}: {said}");
        if status == 405 {
            assert!(
                answer
                    .header("allow")
                    .is_some_and(|allow| allow.contains("GET")),
                "{answer:?}"
            );
        }
        assert!(answer.header("access-control-allow-origin").is_none());
    }
}

#[test]
fn a_key_opens_what_its_scope_holds_and_nothing_opens_without() {
    let world = world();
    let api = Api::start(&world, "read");
    let answer = api.post("/v1/outbox/o1/cancel", &json!({}));
    assert_eq!(
        (answer.status, code(&answer).as_str()),
        (403, "refused"),
        "{answer:?}"
    );
    assert!(
        answer
            .header("www-authenticate")
            .is_some_and(|words| words.contains("insufficient_scope"))
    );
    let none = api.serving.call(("GET", "/v1/status"), &[], "");
    assert_eq!(none.status, 401, "{none:?}");
    assert!(none.header("www-authenticate").is_some());
    let state = world.run(["outbox", "show", "o1", "--json"]).ok().json()["state"].clone();
    assert_eq!(state, "draft");
    for open in ["/v1/openapi.json", "/v1/docs"] {
        let answer = api.serving.call(("GET", open), &[], "");
        assert_eq!(answer.status, 200, "{open}");
    }
    let page = api.serving.call(("GET", "/v1/docs"), &[], "");
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.starts_with("default-src 'none'"), "{policy}");
    assert!(!page.body.contains("<script"));
}

#[test]
fn a_document_that_is_known_is_not_sent_again() {
    let world = world();
    let api = Api::start(&world, "read");
    let first = api.get("/v1/messages/m1");
    let tag = first.header("etag").unwrap();
    for given in [tag.to_owned(), format!("\"x\", W/{tag}"), "*".to_owned()] {
        let again = api.ask(("GET", "/v1/messages/m1"), &[("if-none-match", &given)], "");
        assert_eq!(
            (again.status, again.body.as_str()),
            (304, ""),
            "{given}: {again:?}"
        );
        assert_eq!(again.header("etag"), Some(tag));
    }
    let other = api.ask(("GET", "/v1/messages/m2"), &[("if-none-match", tag)], "");
    assert_eq!(other.status, 200);
}

#[test]
fn a_key_of_idempotency_sends_once() {
    let world = world();
    let api = Api::start(&world, "send");
    let send = |key: &str, body: &str| {
        let headers = [
            ("content-type", "application/json"),
            ("idempotency-key", key),
        ];
        api.ask(("POST", "/v1/messages"), &headers, body)
    };
    let body = "{\"to\": [\"you@localhost\"], \"text\": \"lunch?\"}";
    let first = send("k1", body);
    assert_eq!(first.status, 200, "{first:?}");
    assert_eq!(first.json()["items"][0]["asked_by"], "send");
    // As RFC 9651 writes a string.
    let again = send("\"k1\"", body);
    assert_eq!(again.json()["replayed"], true, "{again:?}");
    assert_eq!(
        again.json()["items"][0]["id"],
        first.json()["items"][0]["id"]
    );
    let sent = world
        .run(["search", "lunch is:received", "--json"])
        .ok()
        .json();
    assert_eq!(sent["messages"].as_array().unwrap().len(), 1, "{sent}");
    let other = send("k1", "{\"to\": [\"you@localhost\"], \"text\": \"dinner?\"}");
    assert!((400..500).contains(&other.status), "{other:?}");
    let both = send(
        "k2",
        "{\"to\": [\"you@localhost\"], \"text\": \"x\", \"key\": \"k3\"}",
    );
    assert_eq!(both.status, 400, "{both:?}");
    assert!(message(&both).contains("duplicate field `key`"), "{both:?}");
}

#[test]
fn pages_lead_through_three_hundred_messages_each_told_once() {
    let world = World::new();
    let mails: String = (0..300)
        .map(|n| {
            format!(
                "From x@y.example Thu Jan  1 00:00:00 2026\nFrom: x@y.example\nTo: you@localhost\n\
                 Date: Thu, 1 Jan 2026 10:{:02}:{:02} +0000\nSubject: number {n}\n\
                 Message-ID: <{n}@y.example>\n\nzebra\n\n",
                n / 60,
                n % 60
            )
        })
        .collect();
    let file = world.file("many.mbox", mails);
    world.run(["import", &file]).ok();
    let api = Api::start(&world, "read");
    let first = "/v1/search?limit=37&query=zebra";
    let (mut address, mut seen) = (first.to_owned(), Vec::new());
    loop {
        let page = api.get(&address);
        assert_eq!(page.status, 200, "{page:?}");
        let document = page.json();
        let rows = document["messages"].as_array().unwrap();
        seen.extend(
            rows.iter()
                .map(|row| row["id"].as_str().unwrap().to_owned()),
        );
        let Some(link) = page.header("link") else {
            assert!(document["next"].is_null());
            break;
        };
        let (to, rel) = link.split_once(';').unwrap();
        assert_eq!(rel.trim(), "rel=\"next\"");
        let to = to.trim_start_matches('<').trim_end_matches('>');
        let next = document["next"].as_str().unwrap();
        assert!(to.contains(&format!("after={next}")), "{link}");
        address = format!("/v1/search{to}");
    }
    let told = seen.len();
    seen.sort();
    seen.dedup();
    assert_eq!((told, seen.len()), (300, 300));
}

/// Reads a stream until so many events came; gives type, id and data of each.
fn events(api: &Api, headers: &str, count: usize) -> Vec<(String, String, Value)> {
    let mut stream = api.serving.connect();
    let key = &api.key;
    let head = format!(
        "GET /v1/events HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {key}\r\n\
         accept: text/event-stream\r\n{headers}\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    let (mut all, mut kind, mut id) = (Vec::new(), String::new(), String::new());
    for line in BufReader::new(stream).lines().map_while(Result::ok) {
        if let Some(name) = line.strip_prefix("event: ") {
            name.clone_into(&mut kind);
        } else if let Some(cursor) = line.strip_prefix("id: ") {
            cursor.clone_into(&mut id);
        } else if let Some(data) = line.strip_prefix("data: ") {
            all.push((
                kind.clone(),
                id.clone(),
                serde_json::from_str(data).unwrap(),
            ));
            if all.len() == count {
                break;
            }
        }
    }
    all
}

#[test]
fn events_come_as_they_happen_and_go_on_where_they_were() {
    let world = world();
    let api = Api::start(&world, "read");
    let began = api.get("/v1/events").json()["next"]
        .as_str()
        .unwrap()
        .to_owned();
    let told = std::thread::scope(|scope| {
        let follow = scope.spawn(|| events(&api, "", 1));
        // The stream begins at the moment it is opened.
        std::thread::sleep(Duration::from_millis(1_500));
        world.run(["outbox", "cancel", "o1"]).ok();
        follow.join().unwrap()
    });
    let (kind, _, event) = &told[0];
    assert_eq!(kind, "outbox.changed");
    assert_eq!(event["schema"], "comms.event/1");
    assert_eq!(
        (&event["data"]["item"], &event["data"]["state"]),
        (&json!("o1"), &json!("cancelled"))
    );
    let again = events(&api, &format!("last-event-id: {began}\r\n"), 1);
    assert_eq!(again, told);
    let wrong = api.ask(
        ("GET", "/v1/events"),
        &[("accept", "text/event-stream"), ("last-event-id", "x")],
        "",
    );
    assert_eq!((wrong.status, code(&wrong).as_str()), (400, "usage"));
}

#[test]
fn a_stream_ends_with_the_server() {
    let world = world();
    let api = Api::start(&world, "read");
    let mut stream = api.serving.connect();
    let head = format!(
        "GET /v1/events HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {}\r\n\
         accept: text/event-stream\r\n\r\n",
        api.key
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut lines = BufReader::new(stream).lines();
    let first = lines.next().unwrap().unwrap();
    assert_eq!(first, "HTTP/1.1 200 OK");
    let began = Instant::now();
    assert_eq!(api.serving.end("-TERM"), Some(0));
    assert!(
        began.elapsed() < Duration::from_secs(8),
        "{:?}",
        began.elapsed()
    );
    assert!(
        lines
            .map_while(Result::ok)
            .any(|line| line == "retry: 2000")
    );
}

#[test]
fn nothing_is_answered_where_the_api_is_not_served() {
    let world = world();
    let serving = Serving::with(&world, &["--only", "webhooks"]);
    for path in ["/v1/openapi.json", "/v1/docs"] {
        assert_eq!(serving.call(("GET", path), &[], "").status, 404, "{path}");
    }
    assert_ne!(serving.call(("GET", "/v1/status"), &[], "").status, 200);
}

#[test]
fn the_curl_examples_name_every_route_and_work() {
    let world = world();
    let api = Api::start(&world, "read");
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/http/curl.sh");
    let run = |name: &str| {
        std::process::Command::new("sh")
            .args([script, name])
            .current_dir(world.dir())
            .env("COMMS_URL", format!("http://{}", api.serving.at))
            .env("COMMS_API_KEY", &api.key)
            .output()
            .unwrap()
    };
    if std::process::Command::new("curl")
        .arg("--version")
        .output()
        .is_err()
    {
        return println!("skipped: there is no curl");
    }
    let names = String::from_utf8(run("").stdout).unwrap();
    assert!(names.lines().any(|name| name == "outbox_retry"), "{names}");
    // A request may be refused; curl says so with 22, the shell what is no command with 127.
    for name in names.lines().filter(|name| *name != "events") {
        let code = run(name).status.code();
        assert!(matches!(code, Some(0 | 22)), "{name}: {code:?}");
    }
    let output = run("search");
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(told["schema"], "comms.search/1", "{output:?}");
    assert!(
        !run("outbox_cancel").status.success(),
        "a key to read cancels nothing"
    );
}
