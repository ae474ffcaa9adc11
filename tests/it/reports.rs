//! What providers say later of what was sent, through the binary: delivered, read, lost, in doubt.

use std::io::Write;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::World;
use crate::support::serving::{Answer, Serving, world as whatsapp_world};
use crate::support::twilio::{AUTH_TOKEN, BOB, Fault, Posted, Twilio};
use crate::support::whatsapp::{Fault as GraphFault, Graph, Hook, from_ada, status as told};

fn shown(world: &World, id: &str) -> Value {
    world.run(["outbox", "show", id, "--json"]).ok().json()
}

/// Waits until an item is in a state.
fn becomes(world: &World, id: &str, state: &str) -> Value {
    let began = Instant::now();
    loop {
        let item = shown(world, id);
        if item["state"] == state {
            return item;
        }
        assert!(began.elapsed() < Duration::from_secs(20), "{item:#}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn sid(twilio: &Twilio, n: usize) -> String {
    twilio.sent()[n]["sid"].as_str().unwrap().to_owned()
}

#[test]
fn sent_becomes_delivered_when_twilio_says_so_and_not_before() {
    let twilio = Twilio::start();
    let world = twilio.world();
    world.run(["send", BOB, "-m", "hello"]).ok();
    assert_eq!(shown(&world, "o1")["state"], "sent");
    twilio.change(&sid(&twilio, 0), &json!({"status": "sent"}));
    world.run(["inbox", "sync"]).ok();
    let item = shown(&world, "o1");
    assert_eq!(item["state"], "sent");
    assert_eq!(item["delivered_at"], Value::Null);
    twilio.change(&sid(&twilio, 0), &json!({"status": "delivered"}));
    world.run(["inbox", "sync"]).ok();
    let item = shown(&world, "o1");
    assert_eq!(item["state"], "delivered");
    assert_eq!(item["delivered_at"], "2026-11-21T12:00:00Z");
    assert_eq!(item["parts"][0]["reported"], "delivered");
    let log = world
        .run(["outbox", "log", "--item", "o1", "--json"])
        .ok()
        .json();
    let last = log["lines"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(
        (&last["event"], &last["outcome"]),
        (&json!("reported"), &json!("delivered"))
    );
    world.run(["outbox", "log", "--verify"]).ok();
}

#[test]
fn what_did_not_arrive_says_why_in_words() {
    let twilio = Twilio::start();
    let world = twilio.world();
    world.run(["send", BOB, "-m", "hello"]).ok();
    twilio.change(
        &sid(&twilio, 0),
        &json!({"status": "undelivered", "error_code": 30003}),
    );
    world.run(["inbox", "sync"]).ok();
    let item = shown(&world, "o1");
    assert_eq!(item["state"], "undelivered");
    let why = item["error"].as_str().unwrap();
    assert!(why.contains("30003") && why.len() > 12, "{why}");
    assert_eq!(item["parts"][0]["code"], "30003");
    // It is in the list of what wants something, and nobody is told to send it again blindly.
    let list = world.run(["outbox", "list", "--format", "table"]).ok();
    assert!(list.stdout.contains("undelivered"), "{list}");
    let told = world
        .run(["outbox", "show", "o1", "--format", "table"])
        .ok();
    assert!(!told.stdout.contains("outbox retry"), "{told}");
}

#[test]
fn waiting_for_delivery_asks_twilio_and_ends_with_what_became_of_it() {
    let twilio = Twilio::start();
    let world = twilio.world();
    let wait = |text: &str| {
        world.spawn([
            "send",
            BOB,
            "-m",
            text,
            "--wait",
            "delivered",
            "--timeout",
            "30s",
            "--json",
        ])
    };
    let change = |n: usize, fields: &Value| {
        let began = Instant::now();
        while twilio.sent().len() <= n {
            assert!(began.elapsed() < Duration::from_secs(20));
            std::thread::sleep(Duration::from_millis(20));
        }
        twilio.change(&sid(&twilio, n), fields);
    };
    let child = wait("one");
    change(0, &json!({"status": "delivered"}));
    let output = child.wait_with_output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{report:#}");
    assert_eq!(report["items"][0]["state"], "delivered");
    let child = wait("two");
    change(1, &json!({"status": "failed", "error_code": 30005}));
    let output = child.wait_with_output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(6), "{report:#}");
    assert_eq!(report["items"][0]["state"], "undelivered");
    // Mail never tells more than `sent`.
    world
        .run(["send", "you@localhost", "-m", "x", "--wait", "delivered"])
        .fails(2);
}

/// Posts a call of Twilio's to `serve`.
fn post(serving: &Serving, call: &Posted) -> u16 {
    let path = call.url.split_once("://").unwrap().1;
    let path = &path[path.find('/').unwrap()..];
    let mut head = format!(
        "POST {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {}\r\n",
        call.body.len()
    );
    for (name, value) in &call.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("\r\n");
    let mut stream = serving.connect();
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(&call.body).unwrap();
    Answer::read(&mut stream).status
}

fn heard(twilio: &Twilio) -> World {
    World::new()
        .config(&format!(
            "{}\n[serve]\npublic_url = \"https://hooks.example.com\"\n",
            twilio.config()
        ))
        .env("COMMS_SECRET_WORK", AUTH_TOKEN)
}

#[test]
fn callbacks_in_any_order_and_twice_come_to_the_same_end() {
    let twilio = Twilio::start();
    let world = heard(&twilio);
    world.run(["send", BOB, "-m", "hello"]).ok();
    let serving = Serving::start(&world);
    let message = twilio.sent()[0].clone();
    for status in ["delivered", "queued", "sent", "delivered", "sending"] {
        let call = twilio.status(&message, status, None);
        assert_eq!(post(&serving, &call), 200, "{status}");
    }
    let item = becomes(&world, "o1", "delivered");
    serving.counted("comms_events_waiting", 0);
    assert_eq!(shown(&world, "o1")["delivered_at"], item["delivered_at"]);
    assert_eq!(shown(&world, "o1")["state"], "delivered");
}

#[test]
fn a_callback_settles_an_item_in_doubt_as_found() {
    let twilio = Twilio::start();
    let world = heard(&twilio);
    // Twilio took it, its answer was lost, and it can't be asked either.
    twilio.fault("CreateMessage", 1, Fault::Lost);
    for nth in 1..=9 {
        twilio.fault("ListMessage", nth, Fault::Refuse(403, 20403));
    }
    world.run(["send", BOB, "-m", "hello"]).fails(10);
    assert_eq!(shown(&world, "o1")["state"], "unconfirmed");
    twilio.forget_faults();
    let serving = Serving::start(&world);
    let message = twilio.sent()[0].clone();
    let call = twilio.status(&message, "delivered", None);
    assert!(call.url.contains("comms="), "{}", call.url);
    assert_eq!(post(&serving, &call), 200);
    let item = becomes(&world, "o1", "delivered");
    assert_eq!(item["parts"][0]["remote"], message["sid"]);
    assert_eq!(item["error"], Value::Null);
    world.run(["outbox", "run"]).ok();
    assert_eq!(twilio.sent().len(), 1);
}

#[test]
fn of_a_text_in_doubt_only_the_rest_goes_once_its_part_is_known_to_be_there() {
    let twilio = Twilio::start();
    let world = heard(&twilio);
    twilio.fault("CreateMessage", 1, Fault::Lost);
    for nth in 1..=9 {
        twilio.fault("ListMessage", nth, Fault::Refuse(403, 20403));
    }
    let long = "word ".repeat(400);
    world.run(["send", BOB, "-m", &long]).fails(10);
    twilio.forget_faults();
    let serving = Serving::start(&world);
    let message = twilio.sent()[0].clone();
    assert_eq!(post(&serving, &twilio.status(&message, "sent", None)), 200);
    becomes(&world, "o1", "ready");
    drop(serving);
    world.run(["outbox", "run"]).ok();
    assert_eq!(shown(&world, "o1")["state"], "sent");
    let texts: Vec<String> = twilio
        .sent()
        .iter()
        .map(|m| m["body"].as_str().unwrap().trim().to_owned())
        .collect();
    assert_eq!(texts.len(), 2);
    assert_eq!(texts.join(" "), long.trim());
}

#[test]
fn whatsapp_settles_a_message_in_doubt_and_says_when_it_was_read() {
    let graph = Graph::start();
    let world = graph.world();
    let hook = Hook::start(&world);
    let hello = json!({"type": "text", "text": {"body": "hello there"}});
    assert_eq!(hook.tell(from_ada("wamid.hello", 60, hello)), 200);
    let began = Instant::now();
    let to = "whatsapp:+16315551234";
    let dry = ["send", to, "-m", "x", "--dry-run"];
    while world.run(dry).code != 0 {
        assert!(began.elapsed() < Duration::from_secs(20));
    }
    graph.fail(GraphFault::CutBeforeAnswer);
    world.run(["send", to, "-m", "hi"]).fails(10);
    let sent = graph.sent()[0].clone();
    let own = sent["biz_opaque_callback_data"]
        .as_str()
        .unwrap()
        .to_owned();
    for state in ["read", "sent", "delivered"] {
        assert_eq!(hook.tell(told("wamid.ours", state, Some(&own))), 200);
    }
    let item = becomes(&world, "o1", "read");
    assert_eq!(item["parts"][0]["remote"], "wamid.ours");
    assert!(item["read_at"].is_string());
    world.run(["outbox", "run"]).ok();
    assert_eq!(graph.sent().len(), 1);
}

#[test]
fn statuses_of_messages_that_nobody_here_sent_change_nothing() {
    let world = whatsapp_world();
    let serving = Serving::start(&world);
    for state in ["sent", "delivered", "read", "delivered"] {
        assert_eq!(serving.whatsapp(&status("wamid.X", state)).status, 200);
    }
    serving.counted("comms_events_waiting", 0);
    let list = world.run(["outbox", "list", "--all", "--json"]).ok().json();
    assert_eq!(list["items"], json!([]));
}

fn status(remote: &str, state: &str) -> String {
    json!({
        "object": "whatsapp_business_account",
        "entry": [{"id": "1", "changes": [{"field": "messages", "value": {
            "messaging_product": "whatsapp",
            "metadata": {"display_phone_number": "15550001111", "phone_number_id": "123"},
            "statuses": [{
                "id": remote, "status": state, "timestamp": "1795262400", "recipient_id": "14155550199",
            }],
        }}]}],
    })
    .to_string()
}
