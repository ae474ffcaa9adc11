//! MCP where a call takes long: progress, taking it back, many people, broken connections, many sessions.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::support::World;
use crate::support::agent::Agent;
use crate::support::serving::Serving;
use crate::support::smtp::{Data, Script, Smtp};

const ALLOW: &str = "[policy.agent]\ndefault = \"allow\"\n";

fn sending(smtp: &Smtp, more: &str) -> World {
    World::new().config(&format!("{}\n{more}", smtp.account("work")))
}

#[test]
fn who_wants_to_know_is_told_how_far_a_long_call_is() {
    let world = sending(&Smtp::start(), "");
    let mut agent = Agent::start(&world, &["--allow-send"]);
    let files: Vec<_> = (0..3)
        .map(|n| json!({"name": format!("{n}.txt"), "content": STANDARD.encode("x")}))
        .collect();
    let call = json!({
        "name": "send",
        "arguments": {"to": ["bob@example.com"], "subject": "x", "text": "x", "attachments": files, "dry_run": true},
        "_meta": {"progressToken": "p1"},
    });
    let answer = agent.ask("tools/call", call);
    assert_eq!(answer["result"]["isError"], false, "{answer}");
    let told: Vec<_> = agent
        .notified
        .iter()
        .filter(|message| message["method"] == "notifications/progress")
        .collect();
    assert!(!told.is_empty(), "{:?}", agent.notified);
    let mut last = 0.0;
    for message in told {
        assert_eq!(message["params"]["progressToken"], "p1");
        let count = message["params"]["progress"].as_f64().unwrap();
        assert!(count > last, "it only grows: {message}");
        last = count;
        assert!(message["params"]["message"].is_string(), "{message}");
    }
    // Who does not ask is not told.
    agent.notified.clear();
    agent.call(
        "send",
        json!({"to": ["bob@example.com"], "text": "x", "dry_run": true}),
    );
    assert!(agent.notified.is_empty(), "{:?}", agent.notified);
    agent.end();
}

#[test]
fn a_send_that_is_taken_back_while_it_leaves_is_never_half_done() {
    let smtp = Smtp::scripted(Script {
        data: Data::Late(1500),
        ..Script::default()
    });
    let world = sending(&smtp, ALLOW);
    let mut agent = Agent::start(&world, &["--allow-send"]);
    let call = json!({"jsonrpc": "2.0", "id": "s1", "method": "tools/call", "params": {
        "name": "send",
        "arguments": {"to": ["bob@example.com"], "subject": "Hi", "text": "At one?", "key": "k1"}}});
    agent.write(&call.to_string());
    smtp.wait_for("DATA");
    let cancel = json!({"jsonrpc": "2.0", "method": "notifications/cancelled",
        "params": {"requestId": "s1", "reason": "the user changed their mind"}});
    agent.write(&cancel.to_string());
    // The session goes on, and the same key tells what became of it.
    let mut again = call["params"].clone();
    again["arguments"]["timeout"] = json!("30s");
    let told = agent.ask("tools/call", again);
    let document = &told["result"]["structuredContent"];
    assert_eq!(document["replayed"], true, "{told}");
    agent.end();
    assert_eq!(smtp.received().len(), 1, "it left, once");
    let item = world.run(["outbox", "show", "o1", "--json"]).ok().json();
    assert_eq!(item["state"], "sent", "{item}");
    world.run(["outbox", "run"]).ok();
    assert_eq!(smtp.received().len(), 1);
}

#[test]
fn a_read_that_is_taken_back_stops() {
    // A server that takes a call and says nothing.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let world = World::new()
        .config(&format!(
            "[accounts.slow]\nchannel = \"imap\"\naddress = \"ada@example.com\"\nimap = \"127.0.0.1:{port}\"\n\
             tls = \"none\"\nauth = \"password\"\n"
        ))
        .env("COMMS_SECRET_SLOW", "x");
    let mut agent = Agent::start(&world, &[]);
    let call = json!({"jsonrpc": "2.0", "id": "r1", "method": "tools/call", "params": {
        "name": "inbox", "arguments": {"freshness": "fresh"}}});
    agent.write(&call.to_string());
    let (mut stream, _) = listener.accept().unwrap();
    let cancel = json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": "r1"}});
    agent.write(&cancel.to_string());
    let began = Instant::now();
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    let mut rest = Vec::new();
    let ended = stream.read_to_end(&mut rest);
    assert!(
        ended.is_ok(),
        "its connection is let go: {ended:?} after {:?}",
        began.elapsed()
    );
    let status = agent.call("status", json!({}));
    assert_eq!(status["isError"], false, "{status}");
    agent.end();
}

#[test]
fn a_large_group_is_confirmed_by_the_user_or_not_written_to() {
    let smtp = Smtp::start();
    let world = sending(&smtp, "");
    for n in 0..30 {
        let (name, address) = (format!("Member {n:02}"), format!("m{n}@example.com"));
        world
            .run(["contacts", "add", &name, &address, "--group", "team"])
            .ok();
    }
    let send = json!({"to": ["@team"], "subject": "Hi", "text": "At one?"});
    // No way to ask: refused, with what to give.
    let mut plain = Agent::start(&world, &["--allow-send"]);
    let refused = plain.call("send", send.clone());
    assert_eq!(refused["isError"], true);
    let error = &refused["structuredContent"]["error"];
    assert_eq!(error["code"], "usage", "{error}");
    assert!(error["message"].as_str().unwrap().contains("30"), "{error}");
    assert!(error["hint"].as_str().unwrap().contains("`yes`"), "{error}");
    plain.end();
    let mut agent = Agent::able(
        &world,
        &["--allow-send"],
        json!({"elicitation": {"form": {}}}),
    );
    for said in [
        json!({"action": "decline"}),
        json!({"action": "cancel"}),
        json!({"action": "accept", "content": {"all": false}}),
        json!({"action": "accept"}),
        json!({"action": "accept", "content": {"all": "yes"}}),
    ] {
        agent.says = Some(said.clone());
        let refused = agent.call("send", send.clone());
        assert_eq!(
            refused["structuredContent"]["error"]["code"], "refused",
            "{said}: {refused}"
        );
    }
    let list = world.run(["outbox", "list", "--all", "--json"]).ok().json();
    assert_eq!(list["items"], json!([]), "nothing was staged");
    agent.says = Some(json!({"action": "accept", "content": {"all": true}}));
    let sent = agent.call("send", send);
    assert_eq!(sent["isError"], false, "{sent}");
    assert!(
        agent
            .notified
            .iter()
            .all(|m| m["method"] == "elicitation/create"),
        "{:?}",
        agent.notified
    );
    let asked = agent.notified.last().unwrap();
    assert!(
        asked["params"]["message"].as_str().unwrap().contains("30"),
        "{asked}"
    );
    agent.end();
}

struct Http {
    serving: Serving,
    key: String,
}

impl Http {
    fn start(world: &World, scope: &str) -> Http {
        let made = world
            .run(["auth", "key", "add", "desk", "--scope", scope])
            .ok();
        Http {
            serving: Serving::with(world, &["--only", "mcp"]),
            key: made.stdout.trim().to_owned(),
        }
    }

    /// Sends a request and gives its lines as they come.
    fn open(
        &self,
        method: &str,
        session: Option<&str>,
        (more, body): (&str, &str),
    ) -> BufReader<std::net::TcpStream> {
        let mut stream = self.serving.connect();
        let session = session.map_or(String::new(), |id| {
            format!("mcp-session-id: {id}\r\nmcp-protocol-version: 2025-11-25\r\n")
        });
        let head = format!(
            "{method} /mcp HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {}\r\n\
             content-type: application/json\r\naccept: application/json, text/event-stream\r\n{session}{more}\
             connection: close\r\ncontent-length: {}\r\n\r\n{body}",
            self.key,
            body.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        BufReader::new(stream)
    }

    /// Status and the rest of an answer.
    fn ask(
        &self,
        method: &str,
        session: Option<&str>,
        (more, body): (&str, &str),
    ) -> (u16, String) {
        let mut all = String::new();
        let _ = self
            .open(method, session, (more, body))
            .read_to_string(&mut all);
        let status = all
            .split(' ')
            .nth(1)
            .and_then(|s| s.parse().ok())
            .unwrap_or_default();
        (status, all)
    }

    fn session(&self) -> String {
        let hello = json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
            "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "x", "version": "1"}}});
        let (status, all) = self.ask("POST", None, ("", &hello.to_string()));
        assert_eq!(status, 200, "{all}");
        let id = all
            .lines()
            .find_map(|l| l.strip_prefix("mcp-session-id: "))
            .unwrap()
            .trim()
            .to_owned();
        let begun = json!({"jsonrpc": "2.0", "method": "notifications/initialized"}).to_string();
        assert_eq!(self.ask("POST", Some(&id), ("", &begun)).0, 202);
        id
    }

    /// Calls `send` as 7, and breaks the connection after the first event, which only says where the stream is: its id.
    fn send_and_break(&self, session: &str) -> String {
        let call = json!({"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": {
            "name": "send", "arguments": {"to": ["bob@example.com"], "subject": "Hi", "text": "x"}}});
        self.open("POST", Some(session), ("", &call.to_string()))
            .lines()
            .map_while(Result::ok)
            .find_map(|line| line.strip_prefix("id: ").map(str::to_owned))
            .expect("a first event with an id")
    }
}

#[test]
fn a_call_whose_connection_broke_is_answered_on_the_next_one() {
    let smtp = Smtp::scripted(Script {
        data: Data::Late(6000),
        ..Script::default()
    });
    let world = sending(&smtp, ALLOW);
    let http = Http::start(&world, "send");
    let session = http.session();
    let id = http.send_and_break(&session);
    smtp.wait_for("DATA");
    let last = format!("last-event-id: {id}\r\n");
    let resumed = http.open("GET", Some(&session), (&last, ""));
    let answer = resumed
        .lines()
        .map_while(Result::ok)
        .find_map(|line| serde_json::from_str::<Value>(line.strip_prefix("data: ")?).ok())
        .expect("the answer came");
    assert_eq!(answer["id"], 7, "{answer}");
    assert_eq!(
        answer["result"]["structuredContent"]["items"][0]["state"], "sent",
        "{answer}"
    );
    assert_eq!(smtp.received().len(), 1);
}

#[test]
fn an_answer_that_nobody_heard_is_there_for_whoever_comes_back() {
    let smtp = Smtp::start();
    let world = sending(&smtp, ALLOW);
    let http = Http::start(&world, "send");
    let session = http.session();
    let id = http.send_and_break(&session);
    let end = Instant::now() + Duration::from_secs(30);
    let sent = "\"state\":\"sent\"";
    while !world
        .run(["outbox", "show", "o1", "--json"])
        .stdout
        .contains(sent)
    {
        assert!(Instant::now() < end, "it is sent");
        std::thread::sleep(Duration::from_millis(50));
    }
    // The answer is made; whoever asks again gets the same.
    std::thread::sleep(Duration::from_millis(500));
    for _ in 0..2 {
        let (status, all) = http.ask(
            "GET",
            Some(&session),
            (&format!("last-event-id: {id}\r\n"), ""),
        );
        assert_eq!(status, 200, "{all}");
        let answers: Vec<Value> = all
            .lines()
            .filter_map(|line| serde_json::from_str(line.strip_prefix("data: ")?).ok())
            .collect();
        assert_eq!(answers.len(), 1, "{all}");
        assert_eq!(answers[0]["id"], 7);
    }
    assert_eq!(smtp.received().len(), 1);
    // What nobody was told is not made up.
    let (status, all) = http.ask(
        "GET",
        Some(&session),
        ("last-event-id: 1@elsewhere\r\n", ""),
    );
    assert_eq!(status, 200, "{all}");
    assert!(!all.contains("data: {"), "{all}");
}

#[test]
fn a_stream_goes_on_in_its_own_session_alone_whoever_knows_its_name() {
    let smtp = Smtp::start();
    let world = sending(&smtp, ALLOW);
    let other = world.run(["auth", "key", "add", "other", "--scope", "send"]);
    let other = other.ok().stdout.trim().to_owned();
    let mut http = Http::start(&world, "send");
    let session = http.session();
    let id = http.send_and_break(&session);
    http.key = other;
    let own = http.session();
    let own_id = http.send_and_break(&own);
    let stream_of = |id: &str| id.split_once('@').unwrap().1.to_owned();
    let (stream, mine) = (stream_of(&id), stream_of(&own_id));
    let mixed = format!("{}{}", &stream[..36], &mine[36..]);
    for last in [
        id.clone(),
        format!("0@{stream}"),
        format!("0@{}", &stream[..36]),
        format!("0@{mixed}"),
        format!("0@{session}:common"),
        format!("0@{session}:common{}", &mine[36..]),
    ] {
        let resumed = http.open(
            "GET",
            Some(&own),
            (&format!("last-event-id: {last}\r\n"), ""),
        );
        let told: Vec<_> = resumed.lines().map_while(Result::ok).collect();
        assert!(told[0].contains(" 200 "), "{last}: {told:?}");
        assert!(
            !told
                .iter()
                .any(|l| l.starts_with("data:") || l.starts_with("id:")),
            "{last}: {told:?}"
        );
        assert!(
            told.ends_with(&["0".to_owned(), String::new()]),
            "{last}: it ended"
        );
    }
    // In its own session it does go on.
    let last = format!("last-event-id: {own_id}\r\n");
    let (_, all) = http.ask("GET", Some(&own), (&last, ""));
    assert!(all.contains("\"id\":7"), "{all}");
    assert!(all.contains(&format!("@{}.", &mine[..36])), "{all}");
}

#[test]
fn a_key_has_so_many_sessions_and_the_oldest_gives_way() {
    let world = World::new();
    let http = Http::start(&world, "read");
    let first = http.session();
    let list = json!({"jsonrpc": "2.0", "id": 2, "method": "tools/list"}).to_string();
    assert_eq!(http.ask("POST", Some(&first), ("", &list)).0, 200);
    let others: Vec<_> = (0..32).map(|_| http.session()).collect();
    assert_eq!(
        http.ask("POST", Some(&first), ("", &list)).0,
        404,
        "it gave way"
    );
    assert_eq!(http.ask("POST", Some(&others[0]), ("", &list)).0, 200);
    // One that its client ends is gone, and so is none of the others.
    assert!(http.ask("DELETE", Some(&others[1]), ("", "")).0 < 300);
    assert_eq!(http.ask("POST", Some(&others[1]), ("", &list)).0, 404);
    assert_eq!(http.ask("POST", Some(&others[31]), ("", &list)).0, 200);
}
