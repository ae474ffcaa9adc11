//! MCP over HTTP: `comms serve` at `/mcp`, by raw requests.

use serde_json::{Value, json};

use crate::support::World;
use crate::support::serving::{Answer, Serving};

fn key(world: &World, name: &str, scope: &str) -> String {
    let made = world
        .run(["auth", "key", "add", name, "--scope", scope])
        .ok();
    made.stdout.trim().to_owned()
}

const HELLO: &str = r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"x","version":"1"}}}"#;

/// Posts a message with this key, in this session.
fn post(serving: &Serving, (key, session): (&str, Option<&str>), body: &str) -> Answer {
    let bearer = format!("Bearer {key}");
    let mut headers = vec![
        ("host", "localhost"),
        ("authorization", bearer.as_str()),
        ("content-type", "application/json"),
        ("accept", "application/json, text/event-stream"),
    ];
    if let Some(session) = session {
        headers.push(("mcp-session-id", session));
        headers.push(("mcp-protocol-version", "2025-11-25"));
    }
    serving.post_as("/mcp", &headers, body.as_bytes())
}

fn session(answer: &Answer) -> String {
    let line = answer
        .head
        .iter()
        .find(|l| l.to_ascii_lowercase().starts_with("mcp-session-id:"));
    let line = line.unwrap_or_else(|| panic!("no session: {}", answer.head.join("; ")));
    line.split_once(':').unwrap().1.trim().to_owned()
}

/// The message among the events of a stream.
fn message(answer: &Answer) -> Value {
    let data = answer.body.lines().filter_map(|l| l.strip_prefix("data:"));
    let messages: Vec<Value> = data
        .filter_map(|l| serde_json::from_str(l.trim()).ok())
        .collect();
    messages
        .into_iter()
        .next_back()
        .unwrap_or_else(|| panic!("{} {}", answer.status, answer.body))
}

#[test]
fn a_session_belongs_to_its_key_and_the_scope_says_what_it_may() {
    let world = World::new();
    let (reads, sends) = (key(&world, "desk", "read"), key(&world, "robot", "send"));
    let serving = Serving::with(&world, &["--only", "mcp"]);
    assert_eq!(post(&serving, ("nobody", None), HELLO).status, 401);
    let hello = post(&serving, (&reads, None), HELLO);
    assert_eq!(hello.status, 200, "{}", hello.body);
    let id = session(&hello);
    let list = r#"{"jsonrpc":"2.0","id":2,"method":"tools/list"}"#;
    let tools = message(&post(&serving, (&reads, Some(&id)), list));
    assert_eq!(
        tools["result"]["tools"].as_array().unwrap().len(),
        9,
        "{tools}"
    );
    assert_eq!(post(&serving, (&sends, Some(&id)), list).status, 404);
    assert_eq!(post(&serving, (&reads, Some("made-up")), list).status, 404);
    let other = session(&post(&serving, (&sends, None), HELLO));
    let tools = message(&post(&serving, (&sends, Some(&other)), list));
    assert_eq!(
        tools["result"]["tools"].as_array().unwrap().len(),
        16,
        "{tools}"
    );
    let send = json!({"jsonrpc": "2.0", "id": 3, "method": "tools/call", "params": {
        "name": "send", "arguments": {"to": ["ada@localhost"], "subject": "Hi", "text": "x"}}});
    let refused = message(&post(&serving, (&reads, Some(&id)), &send.to_string()));
    assert_eq!(
        refused["result"]["structuredContent"]["error"]["code"], "refused",
        "{refused}"
    );
    world.run(["auth", "key", "revoke", "desk"]).ok();
    // Keys are looked up anew each second.
    std::thread::sleep(std::time::Duration::from_millis(1200));
    assert_eq!(post(&serving, (&reads, Some(&id)), list).status, 401);
    assert_eq!(serving.end("-TERM"), Some(0));
}

#[test]
fn a_foreign_page_and_a_flood_are_refused() {
    let world = World::new();
    let reads = key(&world, "desk", "read");
    let serving = Serving::with(&world, &["--only", "mcp"]);
    let bearer = format!("Bearer {reads}");
    let with = |name: &'static str, value: &'static str, body: &[u8]| {
        let mut headers = vec![
            ("host", "localhost"),
            ("authorization", bearer.as_str()),
            ("content-type", "application/json"),
            ("accept", "application/json, text/event-stream"),
        ];
        headers.retain(|(known, _)| *known != name);
        headers.push((name, value));
        serving.post_as("/mcp", &headers, body)
    };
    assert_eq!(
        with("origin", "http://evil.example", HELLO.as_bytes()).status,
        403
    );
    assert_eq!(with("host", "evil.example", HELLO.as_bytes()).status, 421);
    let long = format!(
        "{{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"x\":\"{}\"}}",
        "x".repeat(37 << 20)
    );
    let answer = with("x-more", "1", long.as_bytes());
    // It may hang up while the rest is still on its way.
    assert!([413, 0].contains(&answer.status), "{}", answer.body);
    let answer = with("x-more", "1", b"{not json");
    assert!((400..500).contains(&answer.status), "{}", answer.status);
    let only_mcp = serving.get_as(
        "/v1/search?query=x",
        &format!("host: localhost\r\nauthorization: {bearer}"),
    );
    assert_eq!(only_mcp.status, 404);
    drop(serving);
}

#[test]
fn a_session_of_a_key_that_was_revoked_is_not_that_of_its_namesake() {
    let world = World::new();
    let first = key(&world, "desk", "send");
    let serving = Serving::with(&world, &["--only", "mcp"]);
    let id = session(&post(&serving, (&first, None), HELLO));
    world.run(["auth", "key", "revoke", "desk"]).ok();
    let second = key(&world, "desk", "read");
    let list = r#"{"jsonrpc":"2.0","id":2,"method":"tools/list"}"#;
    assert_eq!(post(&serving, (&second, Some(&id)), list).status, 404);
    let own = session(&post(&serving, (&second, None), HELLO));
    assert_eq!(post(&serving, (&second, Some(&own)), list).status, 200);
}
