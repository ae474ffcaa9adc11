//! Programs that wait until what they sent is there: nobody waits with them, and they don't wait in vain.

use std::io::Write;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::World;
use crate::support::agent::Agent;
use crate::support::serving::{Answer, Serving};
use crate::support::smtp::Smtp;

/// An account whose server is down.
const DOWN: &str = "[accounts.down]\nchannel = \"smtp\"\naddress = \"ada@example.com\"\nsmtp = \"127.0.0.1:1\"\n\
                    tls = \"none\"\nauth = \"none\"\n";

fn key(world: &World, name: &str, more: &[&str]) -> String {
    let add = ["auth", "key", "add", name, "--scope", "send"];
    let made = world.run(add.iter().chain(more)).ok();
    made.stdout.trim().to_owned()
}

fn waiting(from: &str) -> Value {
    json!({"to": ["bob@example.com"], "from": from, "subject": "x", "text": "x", "wait": "sent", "timeout": "7d"})
}

/// Posts a message; its answer may take a while.
fn post(serving: &Serving, key: &str, message: &Value) -> TcpStream {
    let body = message.to_string();
    let head = format!(
        "POST /v1/messages HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {key}\r\n\
         content-type: application/json\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    let mut stream = serving.connect();
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(body.as_bytes()).unwrap();
    stream
}

/// Waits until so many items are put off.
fn put_off(world: &World, count: usize) {
    let end = Instant::now() + Duration::from_secs(60);
    loop {
        let list = world.run(["outbox", "list", "--json"]).ok().json();
        let items = list["items"].as_array().unwrap().iter();
        if items.filter(|item| !item["next_at"].is_null()).count() == count {
            return;
        }
        assert!(Instant::now() < end, "{list}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn however_many_wait_the_others_are_answered_and_the_end_tells_how_far_it_is() {
    let smtp = Smtp::start();
    let world = World::new().config(&format!("{}\n{DOWN}", smtp.account("work")));
    let (mine, other) = (key(&world, "mine", &[]), key(&world, "other", &[]));
    let serving = Serving::with(&world, &["--only", "api"]);
    let mut waits: Vec<TcpStream> = (0..6)
        .map(|_| post(&serving, &mine, &waiting("down")))
        .collect();
    put_off(&world, 6);
    // Callers who hang up leave nothing behind but their items.
    drop(waits.split_off(4));
    let sent = Answer::read(&mut post(&serving, &other, &waiting("work")));
    assert_eq!(sent.status, 200, "{sent:?}");
    assert_eq!(sent.json()["items"][0]["state"], "sent", "{sent:?}");
    let bearer = format!("Bearer {other}");
    let accounts = serving.call(("GET", "/v1/accounts"), &[("authorization", &bearer)], "");
    assert_eq!(accounts.status, 200, "{accounts:?}");
    assert_eq!(serving.end("-TERM"), Some(0));
    for wait in &mut waits {
        let told = Answer::read(wait);
        assert_eq!(told.status, 202, "{told:?}");
        let told = told.json();
        assert_eq!(told["items"][0]["state"], "ready", "{told}");
        assert_eq!(told["waited_for"], "sent", "{told}");
        assert_eq!(told["retry"]["owner"], "comms", "{told}");
    }
    let list = world.run(["outbox", "list", "--json"]).ok().json();
    assert_eq!(list["items"].as_array().unwrap().len(), 6, "{list}");
}

#[test]
fn what_comes_while_a_call_waits_is_in_its_answer() {
    let smtp = Smtp::start();
    let world = World::new().config(&smtp.account("work"));
    let key = key(&world, "mine", &[]);
    let serving = Serving::with(&world, &["--only", "api"]);
    let mut message = waiting("work");
    message["queue"] = true.into();
    let sent = Answer::read(&mut post(&serving, &key, &message));
    assert_eq!(sent.status, 200, "{sent:?}");
    assert_eq!(sent.json()["items"][0]["state"], "sent", "{sent:?}");
    assert_eq!(smtp.received().len(), 1);
}

#[test]
fn nobody_waits_for_what_does_not_go_by_itself() {
    let smtp = Smtp::start();
    let world = World::new().config(&smtp.account("work"));
    let agent = key(&world, "mine", &["--origin", "agent"]);
    let script = key(&world, "other", &[]);
    let serving = Serving::with(&world, &["--only", "api"]);
    let held = Answer::read(&mut post(&serving, &agent, &waiting("work")));
    assert_eq!(held.status, 202, "{held:?}");
    assert_eq!(held.json()["items"][0]["state"], "held", "{held:?}");
    let mut later = waiting("work");
    later["at"] = "in 2h".into();
    let later = Answer::read(&mut post(&serving, &script, &later));
    assert_eq!(later.status, 202, "{later:?}");
    assert_eq!(later.json()["items"][0]["state"], "ready", "{later:?}");
    assert_eq!(later.json()["waited_for"], "sent", "{later:?}");
    assert!(smtp.received().is_empty());
}

#[test]
fn a_call_has_five_minutes_at_most_and_says_so() {
    let smtp = Smtp::start();
    let world = World::new().config(&smtp.account("work"));
    let key = key(&world, "mine", &[]);
    let serving = Serving::with(&world, &["--only", "api"]);
    for (timeout, is_cut) in [("5min", false), ("6min", true)] {
        let mut message = waiting("work");
        message["timeout"] = timeout.into();
        message["dry_run"] = true.into();
        let told = Answer::read(&mut post(&serving, &key, &message)).json();
        let words = told["warnings"].to_string();
        assert_eq!(words.contains("5 minutes"), is_cut, "{timeout}: {told}");
    }
}

#[test]
fn an_agent_that_goes_while_it_waits_is_told_and_keeps_nobody() {
    let world = World::new().config(&format!("{DOWN}\n[policy.agent]\ndefault = \"allow\"\n"));
    let mut agent = Agent::start(&world, &["--allow-send"]);
    let call = json!({"jsonrpc": "2.0", "id": "w1", "method": "tools/call",
        "params": {"name": "send", "arguments": waiting("down")}});
    agent.write(&call.to_string());
    put_off(&world, 1);
    agent.hang_up();
    let told = agent.next();
    assert_eq!(told["id"], "w1", "{told}");
    let item = &told["result"]["structuredContent"]["items"][0];
    assert_eq!(item["state"], "ready", "{told}");
    let (code, said) = agent.end();
    assert_eq!(code, Some(0), "{said}");
}
