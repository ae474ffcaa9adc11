//! Whoever calls the API without being let in, or with what is no request, is told so and leaves nothing behind.

use std::io::{Read, Write};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::support::World;
use crate::support::serving::{Answer, Serving};

fn key(world: &World, args: &[&str]) -> String {
    let all = ["auth", "key", "add"].iter().chain(args);
    world.run(all).ok().stdout.trim().to_owned()
}

fn scene() -> (World, String, Serving) {
    let world = World::new();
    let good = key(&world, &["good", "--per-minute", "100000"]);
    let serving = Serving::with(&world, &["--only", "api"]);
    (world, good, serving)
}

fn header<'a>(answer: &'a Answer, name: &str) -> Option<&'a str> {
    let found = answer.head.iter().find_map(|line| line.strip_prefix(name));
    found.map(|rest| rest.trim_start_matches(": "))
}

/// Asks with these lines in the head.
fn ask(serving: &Serving, path: &str, lines: &[String]) -> Answer {
    serving.get_as(path, &lines.join("\r\n"))
}

fn with_key(key: &str) -> Vec<String> {
    vec![
        "host: localhost".to_owned(),
        format!("authorization: Bearer {key}"),
    ]
}

#[test]
fn without_a_good_key_nobody_comes_in() {
    let (world, good, serving) = scene();
    let sender = key(&world, &["reader", "--scope", "read"]);
    let mut wrong = good.clone();
    wrong.replace_range(20..21, if &good[20..21] == "x" { "y" } else { "x" });
    for (line, status, code) in [
        (String::new(), 401, None),
        (
            "authorization: Bearer".to_owned(),
            400,
            Some("invalid_request"),
        ),
        (
            "authorization: Bearer  ".to_owned(),
            400,
            Some("invalid_request"),
        ),
        (
            format!("authorization: Basic {good}"),
            400,
            Some("invalid_request"),
        ),
        (
            format!("authorization: {good}"),
            400,
            Some("invalid_request"),
        ),
        (
            format!("authorization: Bearer {good}\r\nauthorization: Bearer {good}"),
            400,
            Some("invalid_request"),
        ),
        (
            format!("authorization: Bearer {wrong}"),
            401,
            Some("invalid_token"),
        ),
        (
            format!("authorization: Bearer {good}x"),
            401,
            Some("invalid_token"),
        ),
        (
            format!("authorization: Bearer {}", good.to_uppercase()),
            401,
            Some("invalid_token"),
        ),
        (
            "authorization: Bearer ' OR 1=1 --".to_owned(),
            401,
            Some("invalid_token"),
        ),
        (
            format!("authorization: Bearer {}", "x".repeat(8_000)),
            401,
            Some("invalid_token"),
        ),
    ] {
        let lines = ["host: localhost".to_owned(), line];
        let lines: Vec<_> = lines.into_iter().filter(|line| !line.is_empty()).collect();
        let answer = ask(&serving, "/v1/status", &lines);
        assert_eq!(answer.status, status, "{lines:?} {answer:?}");
        let challenge = header(&answer, "www-authenticate").unwrap_or_default();
        assert!(
            challenge.starts_with("Bearer realm=\"comms\","),
            "{answer:?}"
        );
        assert!(
            challenge.contains("/.well-known/oauth-protected-resource\""),
            "{answer:?}"
        );
        match code {
            Some(code) => assert!(
                challenge.contains(&format!("error=\"{code}\"")),
                "{challenge}"
            ),
            None => assert!(!challenge.contains("error="), "{challenge}"),
        }
        assert!(
            answer.body.starts_with("{\"schema\":\"comms.error/1\""),
            "{answer:?}"
        );
        assert!(!answer.body.contains(&good[6..]), "{answer:?}");
        assert_eq!(header(&answer, "cache-control"), Some("no-store"));
        assert_eq!(header(&answer, "x-content-type-options"), Some("nosniff"));
    }
    // A key that only reads sends nothing.
    let authorization = format!("Bearer {sender}");
    let body = br#"{"to": ["x@localhost"], "subject": "s", "text": "x"}"#;
    let answer = serving.post("/v1/messages", &[("authorization", &authorization)], body);
    assert_eq!(answer.status, 403, "{answer:?}");
    let challenge = header(&answer, "www-authenticate").unwrap_or_default();
    assert!(
        challenge.contains("error=\"insufficient_scope\""),
        "{answer:?}"
    );
    assert_eq!(ask(&serving, "/v1/status", &with_key(&good)).status, 200);
}

#[test]
fn a_key_in_the_address_is_not_taken_and_not_repeated() {
    let (_world, good, serving) = scene();
    for path in [
        format!("/v1/status?access_token={good}"),
        format!("/v1/status?key={good}"),
        format!("/v1/status?x=a%26{good}&y"),
    ] {
        let without = ask(&serving, &path, &["host: localhost".to_owned()]);
        let with = ask(&serving, &path, &with_key(&good));
        assert_eq!((without.status, with.status), (400, 400), "{path}");
        assert!(!with.body.contains(&good), "{with:?}");
    }
}

#[test]
fn a_forged_name_or_page_is_refused() {
    let world = World::new().config(
        "[serve]\npublic_url = \"https://hooks.example.com\"\norigins = [\"https://desk.example.com\"]\n",
    );
    let good = key(&world, &["good"]);
    let serving = Serving::with(&world, &["--only", "api"]);
    let authorization = format!("authorization: Bearer {good}");
    let status = |lines: &[&str]| {
        let mut all: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
        all.push(authorization.clone());
        ask(&serving, "/v1/status", &all).status
    };
    for host in ["localhost", "127.0.0.1:1", "[::1]", "hooks.example.com"] {
        assert_eq!(status(&[&format!("host: {host}")]), 200, "{host}");
    }
    for host in [
        "evil.example",
        "localhost.evil.example",
        "192.0.2.7",
        "",
        "localhost, evil.example",
    ] {
        assert_eq!(status(&[&format!("host: {host}")]), 421, "{host}");
    }
    assert!(matches!(
        status(&["host: localhost", "host: evil.example"]),
        400 | 421
    ));
    for origin in [
        "http://localhost",
        "https://hooks.example.com",
        "https://desk.example.com",
    ] {
        assert_eq!(
            status(&["host: localhost", &format!("origin: {origin}")]),
            200,
            "{origin}"
        );
    }
    for origin in [
        "null",
        "https://evil.example",
        "http://localhost:3000",
        "https://desk.example.com.evil.example",
    ] {
        assert_eq!(
            status(&["host: localhost", &format!("origin: {origin}")]),
            403,
            "{origin}"
        );
    }
    assert_eq!(
        status(&[
            "host: localhost",
            "origin: http://localhost",
            "origin: https://evil.example"
        ]),
        403
    );
    // Only a listed page may read the answer.
    let lines = |origin: &str| {
        vec![
            "host: localhost".to_owned(),
            authorization.clone(),
            format!("origin: {origin}"),
        ]
    };
    let listed = ask(&serving, "/v1/status", &lines("https://desk.example.com"));
    assert_eq!(
        header(&listed, "access-control-allow-origin"),
        Some("https://desk.example.com")
    );
    let ours = ask(&serving, "/v1/status", &lines("http://localhost"));
    assert_eq!(header(&ours, "access-control-allow-origin"), None);
    let preflight = |origin: &str| {
        let mut stream = serving.connect();
        let head = format!(
            "OPTIONS /v1/messages HTTP/1.1\r\nhost: localhost\r\norigin: {origin}\r\n\
             access-control-request-method: POST\r\nconnection: close\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).unwrap();
        Answer::read(&mut stream)
    };
    let allowed = preflight("https://desk.example.com");
    assert_eq!(allowed.status, 204, "{allowed:?}");
    assert!(
        header(&allowed, "access-control-allow-headers")
            .unwrap()
            .contains("authorization")
    );
    assert_eq!(preflight("https://evil.example").status, 403);
}

#[test]
fn many_who_guess_are_slowed_down_while_a_good_key_goes_on() {
    let (_world, good, serving) = scene();
    let over = AtomicBool::new(false);
    let (limited, refused) = std::thread::scope(|scope| {
        let guessers: Vec<_> = (0..50)
            .map(|thread| {
                let (serving, over) = (&serving, &over);
                scope.spawn(move || {
                    let (mut limited, mut refused) = (0, 0);
                    for n in 0.. {
                        if over.load(Ordering::Relaxed) {
                            break;
                        }
                        let guess = format!("comms_{:049}", thread * 1_000_000 + n);
                        match ask(serving, "/v1/status", &with_key(&guess)).status {
                            429 => limited += 1,
                            401 => refused += 1,
                            other => panic!("{other}"),
                        }
                    }
                    (limited, refused)
                })
            })
            .collect();
        for _ in 0..30 {
            let began = Instant::now();
            assert_eq!(ask(&serving, "/v1/status", &with_key(&good)).status, 200);
            assert!(began.elapsed() < Duration::from_secs(5));
        }
        over.store(true, Ordering::Relaxed);
        let sums = guessers.into_iter().map(|one| one.join().unwrap());
        sums.fold((0, 0), |a, b| (a.0 + b.0, a.1 + b.1))
    });
    assert!(
        refused >= 60 && limited > refused,
        "{limited} limited, {refused} refused"
    );
}

#[test]
fn the_log_says_who_and_what_but_no_text_no_query_and_no_key() {
    let world = World::new();
    let good = key(&world, &["good"]);
    for (format, json) in [("plain", false), ("json", true)] {
        let mut serving = Serving::with(&world, &["--only", "api", "--access-log", format]);
        let stderr = serving.child.stderr.take().unwrap();
        let reader = std::thread::spawn(move || {
            let mut all = String::new();
            let mut stderr = stderr;
            let _ = stderr.read_to_string(&mut all);
            all
        });
        let mut lines = with_key(&good);
        lines.push("x-request-id: from-me.1".to_owned());
        let answer = ask(&serving, "/v1/search?query=zebrasecret", &lines);
        assert_eq!(
            header(&answer, "x-request-id"),
            Some("from-me.1"),
            "{answer:?}"
        );
        let mut lines = with_key(&good);
        lines.push(format!("x-request-id: a b{good}"));
        let answer = ask(&serving, "/v1/contacts/ada@example.com", &lines);
        assert_eq!(
            header(&answer, "x-request-id").map(str::len),
            Some(16),
            "{answer:?}"
        );
        ask(
            &serving,
            "/v1/nothing/zebrasecret",
            &with_key("comms_wrong"),
        );
        serving.counted(
            "comms_api_calls_total{route=\"/v1/search\",status=\"200\"}",
            1,
        );
        std::thread::sleep(Duration::from_millis(300));
        let pid = serving.child.id().to_string();
        Command::new("kill").args(["-TERM", &pid]).status().unwrap();
        let log = reader.join().unwrap();
        assert_eq!(log.lines().count(), 3, "{log}");
        for secret in [
            "zebrasecret",
            "ada@example.com",
            good.as_str(),
            "comms_wrong",
        ] {
            assert!(!log.contains(secret), "{log}");
        }
        for fact in [
            "from-me.1",
            "/v1/search",
            "/v1/contacts/{contact}",
            "good",
            "200",
            "401",
            "127.0.0.1",
        ] {
            assert!(log.contains(fact), "no {fact} in {log}");
        }
        if json {
            let first: serde_json::Value =
                serde_json::from_str(log.lines().next().unwrap()).unwrap();
            assert_eq!(first["request_id"], "from-me.1", "{log}");
            assert_eq!(first["key"], "good", "{log}");
        }
    }
}

#[test]
fn a_call_that_panics_is_answered_and_the_others_go_on() {
    let world = World::new().env("COMMS_TEST_PANIC_IN", "costs");
    let good = key(&world, &["good"]);
    let mut serving = Serving::with(&world, &["--only", "api"]);
    for _ in 0..8 {
        let answer = ask(&serving, "/v1/costs", &with_key(&good));
        assert_eq!(answer.status, 500, "{answer:?}");
        assert!(answer.body.contains("comms.error/1"), "{answer:?}");
        assert!(!answer.body.contains("asked to"), "{answer:?}");
        assert_eq!(ask(&serving, "/v1/status", &with_key(&good)).status, 200);
    }
    assert!(serving.child.try_wait().unwrap().is_none());
}

#[test]
fn how_keys_are_sent_is_told_to_who_has_none() {
    let (_world, _good, serving) = scene();
    let answer = serving.get("/.well-known/oauth-protected-resource");
    let told: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(
        told["bearer_methods_supported"],
        serde_json::json!(["header"]),
        "{told}"
    );
    assert_eq!(
        told["scopes_supported"],
        serde_json::json!(["read", "send", "admin"]),
        "{told}"
    );
    let answer = serving.get("/.well-known/oauth-protected-resource/v1");
    assert!(
        answer.body.contains("\"resource\":\"http://localhost/v1\""),
        "{answer:?}"
    );
    assert_eq!(
        serving
            .get("/.well-known/oauth-protected-resource/else")
            .status,
        404
    );
    let forged = serving.get_as(
        "/.well-known/oauth-protected-resource",
        "host: evil.example",
    );
    assert_eq!(forged.status, 404, "{forged:?}");
}

#[test]
fn what_is_too_large_or_broken_is_refused_and_the_next_is_answered() {
    let (world, _good, serving) = scene();
    let sender = key(&world, &["sender", "--scope", "send"]);
    let authorization = format!("Bearer {sender}");
    let post = |body: &[u8]| {
        serving
            .post("/v1/messages", &[("authorization", &authorization)], body)
            .status
    };
    for body in [
        &b"{"[..],
        b"",
        b"[]",
        b"null",
        b"\"x\"",
        b"{\"to\": 1}",
        b"{\"unknown\": true}",
        b"\xff\xfe",
        b"{\"to\": [\"a@b.c\"], \"text\": \"\\ud800\"}",
    ] {
        assert_eq!(post(body), 400, "{}", String::from_utf8_lossy(body));
    }
    let deep = "[".repeat(100_000);
    assert_eq!(post(deep.as_bytes()), 400);
    let cancel = serving.post(
        "/v1/outbox/o1/cancel",
        &[("authorization", &authorization)],
        &vec![b' '; 3 << 20],
    );
    assert_eq!(cancel.status, 413);
    let long = ask(
        &serving,
        &format!("/v1/search?query={}", "x".repeat(40_000)),
        &with_key(&sender),
    );
    assert!(matches!(long.status, 0 | 400 | 414 | 431), "{long:?}");
    let many: Vec<String> = (0..2_000).map(|n| format!("x-{n}: {n}")).collect();
    let many = ask(&serving, "/v1/status", &many);
    assert!(matches!(many.status, 0 | 400 | 421 | 431), "{many:?}");
    assert_eq!(ask(&serving, "/v1/status", &with_key(&sender)).status, 200);
}

#[test]
fn whatever_bytes_come_there_is_no_fault_and_the_process_lives() {
    let (_world, good, mut serving) = scene();
    let mut runner = TestRunner::new(Config {
        cases: 400,
        failure_persistence: None,
        ..Config::default()
    });
    let method = prop_oneof![
        Just("GET"),
        Just("POST"),
        Just("PATCH"),
        Just("DELETE"),
        Just("OPTIONS"),
        Just("HEAD")
    ];
    let path = prop_oneof![
        "/v1/(status|search|threads|messages|outbox|contacts|events|costs)[ -~]{0,30}",
        "/v1/(messages/m|outbox/o|threads/t|contacts/c)[0-9]{1,25}(/reply|/cancel|/retry)?",
        "/(mcp|v1|healthz|metrics|\\.well-known)?[!-~]{0,30}",
    ];
    let body = prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..200),
        "\\{\"(to|text|query|limit|from|after|types)\": ?(\"[ -~]{0,20}\"|-?[0-9]{1,20}|\\[\\]|null)\\}".prop_map(String::into_bytes),
    ];
    let extra = proptest::collection::vec(any::<u8>(), 0..60);
    let is_let_in = any::<bool>();
    let made = (method, path, body, extra, is_let_in);
    runner
        .run(&made, |(method, path, body, extra, is_let_in)| {
            let mut head =
                format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n");
            if is_let_in {
                head.push_str(&format!("authorization: Bearer {good}\r\n"));
            }
            head.push_str(&format!(
                "content-type: application/json\r\ncontent-length: {}\r\nx-extra: ",
                body.len()
            ));
            let mut bytes = head.into_bytes();
            bytes.extend(extra);
            bytes.extend(b"\r\n\r\n");
            bytes.extend(body);
            let mut stream = serving.connect();
            stream
                .set_read_timeout(Some(Duration::from_secs(3)))
                .unwrap();
            let _ = stream.write_all(&bytes);
            let answer = Answer::read(&mut stream);
            prop_assert!(answer.status < 500 || answer.status == 503, "{answer:?}");
            Ok(())
        })
        .unwrap();
    assert!(serving.child.try_wait().unwrap().is_none());
    assert_eq!(ask(&serving, "/v1/status", &with_key(&good)).status, 200);
}

#[test]
fn a_body_that_never_comes_keeps_nobody_waiting() {
    let (world, good, serving) = scene();
    let sender = key(&world, &["sender", "--scope", "send"]);
    let mut slow = serving.connect();
    let head = format!(
        "POST /v1/messages HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {sender}\r\n\
         content-type: application/json\r\ncontent-length: 100\r\n\r\n{{"
    );
    slow.write_all(head.as_bytes()).unwrap();
    let began = Instant::now();
    assert_eq!(ask(&serving, "/v1/status", &with_key(&good)).status, 200);
    assert!(began.elapsed() < Duration::from_secs(5));
    let answer = Answer::read(&mut slow);
    assert_eq!(answer.status, 408, "{answer:?}");
    assert!(began.elapsed() < Duration::from_secs(25));
}
