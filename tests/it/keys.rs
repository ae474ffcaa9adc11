//! API keys through the binary: shown once, kept as hashes, refused once they are revoked or their time is over, and
//! blind to accounts that they do not open.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::support::World;
use crate::support::serving::{Answer, Serving};

/// Makes a key and gives it.
fn key(world: &World, args: &[&str]) -> String {
    let all = ["auth", "key", "add"].iter().chain(args);
    let run = world.run(all).ok();
    run.stdout.trim().to_owned()
}

fn get(serving: &Serving, path: &str, key: &str) -> Answer {
    serving.get_as(
        path,
        &format!("host: localhost\r\nauthorization: Bearer {key}"),
    )
}

/// Every byte of every file below a folder.
fn all_bytes(folder: &Path) -> Vec<u8> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => all.extend(all_bytes(&path)),
            false => all.extend(fs::read(&path).unwrap()),
        }
    }
    all
}

fn holds(bytes: &[u8], needle: &str) -> bool {
    bytes
        .windows(needle.len())
        .any(|at| at == needle.as_bytes())
}

#[test]
fn a_key_is_shown_once_and_kept_nowhere() {
    let world = World::new();
    let run = world.run(["auth", "key", "add", "backup"]).ok();
    assert_eq!(run.stderr, "", "{run}");
    let secret = run.stdout.trim();
    // The key alone, so that `KEY=$(comms auth key add …)` holds it.
    assert_eq!(run.stdout, format!("{secret}\n"));
    assert!(secret.starts_with("comms_") && secret.len() == 55, "{run}");
    let serving = Serving::with(&world, &["--only", "api"]);
    assert_eq!(get(&serving, "/v1/status", secret).status, 200);
    for args in [
        &["auth", "key", "list", "--all", "--json"][..],
        &["outbox", "log", "--json"],
        &["config", "show", "--json"],
        &["status", "--json"],
    ] {
        let run = world.run(args);
        assert!(!run.to_string().contains(secret), "{run}");
    }
    assert!(
        !holds(&all_bytes(&world.home()), &secret[6..]),
        "the key lies in a file"
    );
    let list = world.run(["auth", "key", "list", "--json"]).ok().json();
    assert_eq!(list["keys"][0]["name"], "backup", "{list}");
    assert_eq!(list["keys"][0]["scope"], "read", "{list}");
    assert_eq!(list["keys"][0]["state"], "good", "{list}");
    let log = world.run(["outbox", "log", "--json"]).ok().json();
    assert_eq!(log["lines"][0]["event"], "key_added", "{log}");
    assert_eq!(log["lines"][0]["api_key"], "backup", "{log}");
    world.run(["outbox", "log", "--verify"]).ok();
}

#[test]
fn a_key_that_stands_where_a_name_should_is_not_repeated() {
    let world = World::new();
    let secret = key(&world, &["backup"]);
    for verb in ["add", "revoke"] {
        let run = world.run(["auth", "key", verb, &secret]).fails(2);
        assert!(!run.to_string().contains(&secret), "{run}");
    }
}

#[test]
fn an_agent_opens_no_door_for_itself() {
    let world = World::new().env("COMMS_ORIGIN", "agent");
    let run = world.run(["auth", "key", "add", "mine", "--json"]).fails(6);
    assert_eq!(run.json_error()["error"]["code"], "refused", "{run}");
    assert_eq!(run.stdout, "");
    let list = world.run(["auth", "key", "list", "--json"]).ok().json();
    assert_eq!(list["keys"].as_array().unwrap().len(), 0);
}

#[test]
fn wrong_keys_are_not_made() {
    let world = World::new();
    key(&world, &["one"]);
    for (args, code) in [
        (&["one"][..], 2),
        (&["two", "--account", "nobody"], 3),
        (&["two", "--expires", "2020-01-01"], 2),
        (&["two", "--expires", "whenever"], 2),
        (&["two", "--origin", "person"], 2),
        (&["two", "--scope", "all"], 2),
        (&["two", "--per-minute", "0"], 2),
        (&["a b"], 2),
        (&["../x"], 2),
        (&[""], 2),
    ] {
        let run = world.run(["auth", "key", "add"].iter().chain(args));
        assert_eq!(
            (run.code, run.stdout.as_str()),
            (code, ""),
            "{args:?} {run}"
        );
    }
    world.run(["auth", "key", "revoke", "nobody"]).fails(5);
    world.run(["auth", "key", "revoke", "one"]).ok();
    world.run(["auth", "key", "revoke", "one"]).ok();
    // Its name is free again.
    key(&world, &["one"]);
    let world = world.env("COMMS_READONLY", "1");
    world.run(["auth", "key", "add", "three"]).fails(6);
}

#[test]
fn a_revoked_key_is_refused_within_two_seconds() {
    let world = World::new();
    let (gone, stays) = (key(&world, &["gone"]), key(&world, &["stays"]));
    let serving = Serving::with(&world, &["--only", "api"]);
    assert_eq!(get(&serving, "/v1/status", &gone).status, 200);
    world.run(["auth", "key", "revoke", "gone"]).ok();
    let began = Instant::now();
    while get(&serving, "/v1/status", &gone).status == 200 {
        assert!(began.elapsed() < Duration::from_secs(2), "it still opens");
        std::thread::sleep(Duration::from_millis(50));
    }
    let refused = get(&serving, "/v1/status", &gone);
    assert_eq!(refused.status, 401, "{refused:?}");
    assert!(
        refused.head.iter().any(|line| line
            .starts_with("www-authenticate: Bearer realm=\"comms\", error=\"invalid_token\"")),
        "{refused:?}"
    );
    assert_eq!(get(&serving, "/v1/status", &stays).status, 200);
}

#[test]
fn a_key_ends_with_its_time() {
    let world = World::new();
    let short = key(&world, &["short", "--expires", "1h"]);
    let long = key(&world, &["long", "--expires", "90d"]);
    let world = world.env("COMMS_NOW", "2026-11-22T12:00:00Z");
    let serving = Serving::with(&world, &["--only", "api"]);
    assert_eq!(get(&serving, "/v1/status", &short).status, 401);
    assert_eq!(get(&serving, "/v1/status", &long).status, 200);
    let list = world.run(["auth", "key", "list", "--json"]).ok().json();
    assert_eq!(list["keys"][0]["state"], "expired", "{list}");
}

#[test]
fn a_key_may_make_so_many_calls_a_minute() {
    let world = World::new();
    let few = key(&world, &["few", "--per-minute", "3"]);
    let other = key(&world, &["other"]);
    let serving = Serving::with(&world, &["--only", "api"]);
    let statuses: Vec<u16> = (0..5)
        .map(|_| get(&serving, "/v1/status", &few).status)
        .collect();
    assert_eq!(statuses, [200, 200, 200, 429, 429]);
    let refused = get(&serving, "/v1/status", &few);
    let header = |name: &str| {
        refused
            .head
            .iter()
            .find_map(|line| line.strip_prefix(&format!("{name}: ")))
    };
    assert_eq!(
        header("ratelimit-policy"),
        Some("\"key\";q=3;w=60"),
        "{refused:?}"
    );
    let wait: u64 = header("retry-after").unwrap().parse().unwrap();
    assert!((1..=20).contains(&wait), "{refused:?}");
    assert!(refused.body.contains("comms.error/1"), "{refused:?}");
    assert_eq!(get(&serving, "/v1/status", &other).status, 200);
}

const ACCOUNTS: [&str; 2] = ["work", "home"];

/// Two accounts, each with mail (one thread runs through both), an outbox item and its own words.
fn two_accounts() -> World {
    let world = World::new();
    let mut config = String::new();
    for name in ACCOUNTS {
        let root = world.dir().join(name);
        for sub in ["cur", "new", "tmp"] {
            fs::create_dir_all(root.join(sub)).unwrap();
        }
        let letter = |id: &str, answers: &str, word: &str| {
            format!(
                "From: {word} <{word}@{name}.example>\nTo: me@{name}.example\nSubject: about {word}\n{answers}\
                 Date: Mon, 2 Nov 2026 10:00:00 +0000\nMessage-ID: <{id}@example.com>\n\n{word} says {name}word\n"
            )
        };
        fs::write(
            root.join(format!("cur/1.{name}:2,")),
            letter(name, "", &format!("{name}ann")),
        )
        .unwrap();
        let answers = match name {
            "home" => "References: <work@example.com>\nIn-Reply-To: <work@example.com>\n",
            _ => "",
        };
        fs::write(
            root.join(format!("cur/2.{name}:2,")),
            letter(&format!("{name}2"), answers, &format!("{name}bob")),
        )
        .unwrap();
        config.push_str(&format!(
            "[accounts.{name}]\nchannel = \"maildir\"\npath = \"{}\"\n\
             [accounts.{name}-out]\nchannel = \"smtp\"\naddress = \"me@{name}.example\"\nsmtp = \"127.0.0.1:1\"\ntls = \"none\"\nauth = \"none\"\n",
            root.display()
        ));
    }
    let world = world.config(&config);
    world.run(["inbox", "sync"]).ok();
    for name in ACCOUNTS {
        let (to, from) = (format!("{name}carl@{name}.example"), format!("{name}-out"));
        world
            .run([
                "send",
                &to,
                "--from",
                &from,
                "-s",
                &format!("{name}subject"),
                "-m",
                &format!("{name}text"),
                "--draft",
            ])
            .ok();
    }
    world
        .run(["contacts", "add", "Shared Person", "shared@example.org"])
        .ok();
    world
}

#[test]
fn a_key_of_one_account_learns_nothing_of_another_by_any_call() {
    let world = two_accounts();
    let all = key(&world, &["all", "--scope", "admin"]);
    let work = key(
        &world,
        &[
            "w",
            "--scope",
            "admin",
            "--account",
            "work",
            "--account",
            "work-out",
        ],
    );
    let serving = Serving::with(&world, &["--only", "api"]);
    // What there is to be hidden is there: the same calls with the other key tell it.
    let search = get(&serving, "/v1/search?query=homeword", &all);
    assert_eq!(
        search.body.matches("\"id\":\"m").count(),
        2,
        "{}",
        search.body
    );
    let mut paths: Vec<String> = [
        "/v1/status",
        "/v1/accounts",
        "/v1/costs",
        "/v1/costs?by=account",
        "/v1/threads?freshness=offline",
        "/v1/threads?freshness=offline&in=inbox",
        "/v1/search?query=homeword",
        "/v1/search?query=about",
        "/v1/search?query=account:home",
        "/v1/search?query=from:homeann%20OR%20from:workann",
        "/v1/search?query=-workword",
        "/v1/search?query=in:inbox",
        "/v1/outbox",
        "/v1/outbox?all=true",
        "/v1/contacts",
        "/v1/contacts?source=home",
        "/v1/contacts/find?query=homeann",
        "/v1/contacts/find?query=home",
        "/v1/contacts/find?query=homecarl",
        "/v1/events?after=e1-0-0",
        "/v1/threads?freshness=offline&account=home",
        "/v1/contacts/homeann",
        "/v1/contacts/homeann@home.example",
    ]
    .map(str::to_owned)
    .into();
    for n in 1..6 {
        paths.extend(
            [
                "messages/m",
                "threads/t",
                "threads/m",
                "outbox/o",
                "contacts/c",
            ]
            .map(|what| format!("/v1/{what}{n}")),
        );
    }
    let hidden = [
        "homeann",
        "homebob",
        "homeword",
        "homesubject",
        "hometext",
        "homecarl",
        "home-out",
        "home.example",
        "\"home\"",
    ];
    let everything: String = paths
        .iter()
        .map(|path| get(&serving, path, &all).body)
        .collect();
    for word in hidden {
        assert!(
            everything.contains(word),
            "nothing tells {word}, so this proves nothing"
        );
    }
    let mut seen = String::new();
    for path in &paths {
        let answer = get(&serving, path, &work);
        assert!(
            matches!(answer.status, 200 | 400 | 404 | 424),
            "{path} {answer:?}"
        );
        // What was asked for may be repeated; what is there may not be told.
        for word in hidden
            .iter()
            .filter(|word| !path.contains(word.trim_matches('"')))
        {
            assert!(
                !answer.body.contains(word),
                "{path} tells {word}: {}",
                answer.body
            );
        }
        seen.push_str(&answer.body);
    }
    for word in [
        "workann",
        "workword",
        "worksubject",
        "work-out",
        "Shared Person",
    ] {
        assert!(seen.contains(word), "nothing tells {word}");
    }
    // A thread that runs through both has one message less.
    let thread = get(&serving, "/v1/search?query=workann", &work).body;
    let thread: serde_json::Value = serde_json::from_str(&thread).unwrap();
    let id = thread["messages"][0]["thread"].as_str().unwrap();
    let of = |key: &str| {
        get(&serving, &format!("/v1/threads/{id}"), key)
            .body
            .matches("\"message_id\"")
            .count()
    };
    assert_eq!((of(&work), of(&all)), (1, 2));
    let list = get(&serving, "/v1/threads?freshness=offline", &work).body;
    assert!(!list.contains("\"count\":2"), "{list}");
}

#[test]
fn a_key_of_one_account_changes_nothing_of_another() {
    let world = two_accounts();
    let work = key(
        &world,
        &[
            "w",
            "--scope",
            "admin",
            "--account",
            "work",
            "--account",
            "work-out",
        ],
    );
    let serving = Serving::with(&world, &["--only", "api"]);
    let authorization = format!("Bearer {work}");
    let post = |path: &str, body: &str| {
        serving.post(path, &[("authorization", &authorization)], body.as_bytes())
    };
    let items = world.run(["outbox", "list", "--all", "--json"]).ok().json();
    let home = items["items"]
        .as_array()
        .unwrap()
        .iter()
        .find(|i| i["account"] == "home-out")
        .unwrap()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    for act in ["cancel", "reject", "retry"] {
        let answer = post(&format!("/v1/outbox/{home}/{act}"), "");
        assert_eq!(answer.status, 404, "{act} {answer:?}");
    }
    let found = world.run(["search", "homeword", "--json"]).ok().json();
    for message in found["messages"].as_array().unwrap() {
        let id = message["id"].as_str().unwrap();
        for (path, body) in [
            (
                format!("/v1/messages/{id}/reply"),
                r#"{"text": "x"}"#.to_owned(),
            ),
            (
                format!("/v1/messages/{id}/forward"),
                r#"{"to": ["x@example.com"], "text": "x"}"#.to_owned(),
            ),
        ] {
            let answer = post(&path, &body);
            assert!(matches!(answer.status, 400 | 404), "{path} {answer:?}");
            assert!(!answer.body.contains("home"), "{path} {answer:?}");
        }
    }
    let answer = post(
        "/v1/messages",
        r#"{"to": ["x@example.com"], "from": "home-out", "subject": "s", "text": "x"}"#,
    );
    assert!(matches!(answer.status, 400 | 404 | 424), "{answer:?}");
    let answer = post(
        "/v1/messages",
        r#"{"to": ["x@example.com"], "from": "me@home.example", "subject": "s", "text": "x"}"#,
    );
    assert!(answer.status >= 400, "{answer:?}");
    let mark = |id: &str| {
        let body = format!(r#"{{"ids": ["{id}"], "read": true}}"#);
        let head = format!(
            "PATCH /v1/messages HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\nauthorization: {authorization}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        let mut stream = serving.connect();
        stream.write_all(head.as_bytes()).unwrap();
        Answer::read(&mut stream).status
    };
    for message in found["messages"].as_array().unwrap() {
        assert_eq!(mark(message["id"].as_str().unwrap()), 404);
    }
    // Of a thread that runs through both, its own part is marked.
    let own = world.run(["search", "workann", "--json"]).ok().json();
    assert_eq!(mark(own["messages"][0]["thread"].as_str().unwrap()), 200);
    let own = world.run(["search", "workann", "--json"]).ok().json();
    assert_eq!(own["messages"][0]["unread"], false, "{own}");
    let found = world.run(["search", "homeword", "--json"]).ok().json();
    for message in found["messages"].as_array().unwrap() {
        assert_eq!(message["unread"], true, "{found}");
    }
    let after = world.run(["outbox", "list", "--all", "--json"]).ok().json();
    assert_eq!(items, after);
    // What is its own goes out, or waits to.
    let answer = post(
        "/v1/messages",
        r#"{"to": ["x@example.com"], "from": "work-out", "subject": "s", "text": "x"}"#,
    );
    assert!(matches!(answer.status, 200 | 202), "{answer:?}");
}

#[test]
fn what_is_due_in_another_account_is_no_business_of_a_limited_key() {
    let world = two_accounts();
    let work = key(&world, &["w", "--scope", "send", "--account", "work-out"]);
    let queued = [
        "send",
        "carl@home.example",
        "--from",
        "home-out",
        "-s",
        "x",
        "-m",
        "x",
        "--queue",
    ];
    world.run(queued).ok();
    let shown = || world.run(["outbox", "show", "o3", "--json"]).ok().json();
    let before = shown();
    assert_eq!(before["state"], "ready", "{before}");
    let serving = Serving::with(&world, &["--only", "api"]);
    let authorization = format!("Bearer {work}");
    let body = br#"{"to": ["x@example.com"], "from": "work-out", "subject": "s", "text": "x"}"#;
    let answer = serving.post(
        "/v1/messages",
        &[("authorization", authorization.as_str())],
        body,
    );
    assert_eq!(answer.status, 202, "{answer:?}");
    assert!(!answer.body.contains("o3"), "{answer:?}");
    assert_eq!(before, shown());
}

#[test]
fn a_key_follows_its_account_to_another_name_and_loses_one_that_is_removed() {
    let world = two_accounts();
    key(&world, &["w", "--account", "work", "--account", "home"]);
    world.run(["auth", "rename", "work", "office"]).ok();
    world.run(["auth", "remove", "home", "--yes"]).ok();
    let list = world.run(["auth", "key", "list", "--json"]).ok().json();
    assert_eq!(
        list["keys"][0]["accounts"],
        serde_json::json!(["office"]),
        "{list}"
    );
}

/// A stream of events that was let in.
fn follow(serving: &Serving, secret: &str) -> TcpStream {
    let mut stream = serving.connect();
    let head = format!(
        "GET /v1/events HTTP/1.1\r\nhost: localhost\r\naccept: text/event-stream\r\nauthorization: Bearer {secret}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut first = [0; 12];
    stream.read_exact(&mut first).unwrap();
    assert_eq!(&first, b"HTTP/1.1 200");
    stream
}

fn ends_soon(mut stream: TcpStream) {
    let began = Instant::now();
    // Its last chunk: the connection itself may go on.
    let mut all = Vec::new();
    let mut some = [0; 1_024];
    while !all.ends_with(b"0\r\n\r\n") {
        let n = stream.read(&mut some).unwrap();
        assert!(
            n > 0 && began.elapsed() < Duration::from_secs(4),
            "it goes on"
        );
        all.extend(&some[..n]);
    }
}

#[test]
fn a_stream_ends_soon_after_its_key_was_revoked() {
    let world = World::new();
    let secret = key(&world, &["follower"]);
    let serving = Serving::with(&world, &["--only", "api"]);
    let stream = follow(&serving, &secret);
    world.run(["auth", "key", "revoke", "follower"]).ok();
    ends_soon(stream);
}

#[test]
fn a_stream_ends_soon_after_its_key_opens_other_accounts() {
    let world = two_accounts();
    let secret = key(&world, &["follower", "--account", "work"]);
    let serving = Serving::with(&world, &["--only", "api"]);
    let stream = follow(&serving, &secret);
    world.run(["auth", "remove", "work", "--yes"]).ok();
    ends_soon(stream);
}

#[test]
fn doctor_tells_of_keys_that_nobody_uses_or_that_end_soon() {
    let world = World::new();
    let checks = |world: &World| {
        let run = world.run(["doctor", "--offline", "--json"]).json();
        let checks = run["checks"].as_array().unwrap().iter();
        let of: Vec<String> = checks
            .filter(|check| check["name"] == "keys" || check["name"] == "serve")
            .map(|check| {
                format!(
                    "{}: {}",
                    check["state"].as_str().unwrap(),
                    check["detail"].as_str().unwrap()
                )
            })
            .collect();
        of.join("\n")
    };
    assert_eq!(checks(&world), "");
    key(&world, &["desk"]);
    assert_eq!(checks(&world), "ok: 1 key for `comms serve`");
    key(&world, &["short", "--expires", "35d"]);
    let world = world
        .config("[serve]\nlisten = \"0.0.0.0:8787\"\n")
        .env("COMMS_NOW", "2026-12-24T12:00:00Z");
    let told = checks(&world);
    for words in [
        "`desk` was never used",
        "`short` expires in",
        "other machines",
    ] {
        assert!(told.contains(words), "no {words} in {told}");
    }
    let world = world.env("COMMS_NOW", "2027-02-01T12:00:00Z");
    assert!(checks(&world).contains("`short` has expired"));
}
