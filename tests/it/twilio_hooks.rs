//! What Twilio tells by itself, through `comms serve`: signed, doubled, out of order.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::World;
use crate::support::serving::{Answer, Serving};
use crate::support::twilio::{BOB, Fault, OWN, Posted, Twilio};

const PUBLIC: &str = "https://hooks.example.com";
const HOOK: &str = "https://hooks.example.com/webhooks/work";

fn world(twilio: &Twilio) -> World {
    let config = format!("[serve]\npublic_url = \"{PUBLIC}\"\n{}", twilio.config());
    twilio.world().config(&config)
}

fn post(serving: &Serving, posted: &Posted) -> Answer {
    let headers: Vec<(&str, &str)> = posted
        .headers
        .iter()
        .map(|(n, v)| (n.as_str(), v.as_str()))
        .collect();
    let path = posted.url.strip_prefix(PUBLIC).expect("our address");
    serving.post_as(path, &headers, &posted.body)
}

/// Waits until this holds.
fn until(what: &str, holds: impl Fn() -> bool) -> Duration {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < Duration::from_secs(20), "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
    began.elapsed()
}

fn rows(world: &World, query: &str) -> Vec<Value> {
    let run = world.run(["search", query, "--json"]).ok();
    run.json()["messages"].as_array().unwrap().clone()
}

fn item(world: &World) -> Value {
    world.run(["outbox", "show", "o1", "--json"]).ok().json()
}

#[test]
fn an_sms_that_is_posted_is_found_within_a_second_and_once() {
    let twilio = Twilio::start();
    let world = world(&twilio);
    let serving = Serving::start(&world);
    let sid = twilio.receive_at(
        (BOB, OWN),
        "the zebra is here",
        &[("image/png", b"stripes")],
    );
    let told = twilio.told(&sid, HOOK);
    let answer = post(&serving, &told);
    assert_eq!((answer.status, answer.body.as_str()), (200, "<Response/>"));
    let took = until("the message", || rows(&world, "zebra").len() == 1);
    assert!(took < Duration::from_secs(1), "{took:?}");
    assert_eq!(post(&serving, &told).status, 200);
    let row = rows(&world, "zebra").remove(0);
    assert_eq!(row["from"][0]["email"], format!("sms:{BOB}"));
    assert_eq!(row["unread"], true);
    let id = row["id"].as_str().unwrap();
    world.run(["inbox", "save", id, "--to", "."]).ok();
    assert_eq!(
        std::fs::read(world.dir().join("media-1.png")).unwrap(),
        b"stripes"
    );
    let synced = world
        .run(["inbox", "sync", "--account", "work", "--json"])
        .ok()
        .json();
    assert_eq!(synced["accounts"][0]["added"], 0, "{synced}");
    world.run(["reply", id, "-m", "where?"]).ok();
    assert_eq!(twilio.sent()[0]["to"], BOB);
    let own = rows(&world, "where is:sent").remove(0);
    assert_eq!(own["thread"], row["thread"]);
}

#[test]
fn statuses_come_doubled_and_out_of_order_and_the_end_is_the_same() {
    let orders = [
        ["queued", "sent", "delivered", "delivered"],
        ["delivered", "sent", "queued", "delivered"],
        ["sent", "delivered", "sent", "queued"],
    ];
    for order in orders {
        let twilio = Twilio::start();
        let world = world(&twilio);
        world.run(["send", BOB, "-m", "hello"]).ok();
        let message = twilio.sent().remove(0);
        let serving = Serving::start(&world);
        for status in order {
            assert_eq!(
                post(&serving, &twilio.status(&message, status, None)).status,
                200
            );
        }
        until("delivered", || item(&world)["state"] == "delivered");
        serving.counted("comms_events_waiting", 0);
        assert_eq!(item(&world)["state"], "delivered", "{order:?}");
    }
}

#[test]
fn what_did_not_arrive_says_why() {
    let twilio = Twilio::start();
    let world = world(&twilio);
    world.run(["send", BOB, "-m", "hello"]).ok();
    let message = twilio.sent().remove(0);
    let serving = Serving::start(&world);
    post(&serving, &twilio.status(&message, "sent", None));
    post(
        &serving,
        &twilio.status(&message, "undelivered", Some("30005")),
    );
    until("undelivered", || item(&world)["state"] == "undelivered");
    let error = item(&world)["error"].as_str().unwrap().to_owned();
    assert!(
        error.contains("30005") && error.contains("not in use"),
        "{error}"
    );
}

/// Our own mark in its address ties a status to a message whose answer was lost.
#[test]
fn a_status_settles_what_was_in_doubt() {
    let twilio = Twilio::start();
    let world = world(&twilio);
    twilio.list_nothing();
    twilio.fault("CreateMessage", 1, Fault::Lost);
    world.run(["send", BOB, "-m", "hello"]).fails(10);
    twilio.forget_faults();
    let message = twilio.sent().remove(0);
    let hook = twilio.requests_of("CreateMessage")[0]
        .form()
        .into_iter()
        .find(|(n, _)| n == "StatusCallback")
        .unwrap()
        .1;
    let fields = [
        ("MessageSid", message["sid"].as_str().unwrap()),
        ("MessageStatus", "delivered"),
        ("AccountSid", message["account_sid"].as_str().unwrap()),
        ("To", BOB),
    ];
    let serving = Serving::start(&world);
    assert_eq!(post(&serving, &Posted::form(&hook, &fields)).status, 200);
    until("delivered", || item(&world)["state"] == "delivered");
    assert_eq!(twilio.sent().len(), 1);
}

#[test]
fn a_call_that_is_not_twilios_is_refused_and_nothing_of_it_kept() {
    let twilio = Twilio::start();
    let world = world(&twilio);
    let serving = Serving::start(&world);
    let sid = twilio.receive(BOB, "the zebra is here");
    let good = twilio.told(&sid, HOOK);
    let forged = |change: &dyn Fn(&mut Posted)| {
        let mut posted = good.clone();
        change(&mut posted);
        assert_eq!(post(&serving, &posted).status, 403);
    };
    forged(&|p| p.headers[1].1 = crate::support::twilio::AUTH_TOKEN.to_owned());
    forged(&|p| drop(p.headers.remove(1)));
    forged(&|p| p.body.extend(b"&Body=changed"));
    forged(&|p| p.url.push_str("?x=1"));
    forged(&|p| p.headers[0].1 = "application/json".to_owned());
    serving.counted(
        "comms_webhook_calls_total{account=\"work\",result=\"unsigned\"}",
        1,
    );
    assert!(rows(&world, "zebra").is_empty());
    assert_eq!(post(&serving, &good).status, 200);
    until("the message", || rows(&world, "zebra").len() == 1);
}

#[test]
fn stop_by_webhook_holds_at_once() {
    let twilio = Twilio::start();
    let world = world(&twilio);
    let serving = Serving::start(&world);
    for (word, code) in [("STOP", 6), ("start", 0), ("Unsubscribe", 6)] {
        let sid = twilio.receive(BOB, word);
        post(&serving, &twilio.told(&sid, HOOK));
        until(word, || {
            !rows(&world, &format!("\"{word}\" -is:sent")).is_empty()
        });
        serving.counted("comms_events_waiting", 0);
        world.run(["send", BOB, "-m", "x"]).fails(code);
    }
    assert_eq!(json!(twilio.sent().len()), json!(1));
}
