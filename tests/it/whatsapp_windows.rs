//! WhatsApp's rules: the 24 hours, pairs, opt-outs; and a send that is cut at each point never becomes two.

use serde_json::{Value, json};

use crate::support::World;
use crate::support::whatsapp::{ADA, Fault, Graph, Hook, from_ada, status};

const TO: &str = "whatsapp:+16315551234";

fn hear(world: &World, value: Value) {
    let hook = Hook::start(world);
    assert_eq!(hook.tell(value), 200);
    drop(hook);
    world.run(["inbox", "sync"]).ok();
}

fn wrote(world: &World, minutes: i64) {
    let hello = json!({"type": "text", "text": {"body": "hello"}});
    hear(
        world,
        from_ada(&format!("wamid.at{minutes}"), minutes, hello),
    );
}

fn shown(world: &World, id: &str) -> Value {
    world.run(["outbox", "show", id, "--json"]).ok().json()
}

#[test]
fn outside_the_window_nothing_leaves_and_the_template_that_works_is_named() {
    let graph = Graph::start();
    graph.template(
        "hello_world",
        "en_US",
        json!([{"type": "BODY", "text": "Hi {{1}}"}]),
    );
    let world = graph.world();
    world.run(["auth", "templates"]).ok();
    let run = world.run(["send", TO, "-m", "hi"]).fails(6);
    assert!(
        run.stderr.contains("has not written to account `shop`"),
        "{run}"
    );
    assert!(
        run.stderr.contains(
            "comms send whatsapp:+16315551234 --template hello_world --lang en_US --var 1=VALUE"
        ),
        "{run}"
    );
    wrote(&world, 25 * 60);
    let run = world.run(["send", TO, "-m", "hi"]).fails(6);
    assert!(
        run.stderr.contains("that ended at 2026-11-21T11:00:00Z"),
        "{run}"
    );
    world.run(["send", TO, "-m", "hi", "--dry-run"]).fails(6);
    assert_eq!(graph.sent().len(), 0);
    assert_eq!(
        world.run(["outbox", "list", "--json"]).ok().json()["items"],
        json!([])
    );
    world
        .run(["send", TO, "--template", "hello_world", "--var", "1=Ada"])
        .ok();
    wrote(&world, 23 * 60);
    let dry = world
        .run(["send", TO, "-m", "hi", "--dry-run", "--json"])
        .ok()
        .json();
    let window = &dry["items"][0]["window"];
    assert_eq!(window["open"], true, "{dry}");
    assert_eq!(window["until"], "2026-11-21T13:00:00Z");
    world.run(["send", TO, "-m", "hi"]).ok();
    assert_eq!(graph.sent().len(), 2);
}

#[test]
fn what_waited_past_the_window_does_not_leave() {
    let graph = Graph::start();
    let world = graph.world();
    wrote(&world, 23 * 60);
    world
        .run(["send", TO, "-m", "later", "--at", "2026-11-21T14:00:00Z"])
        .ok();
    let late = world.env("COMMS_NOW", "2026-11-21T14:00:01Z");
    late.run(["outbox", "run"]);
    let item = shown(&late, "o1");
    assert_eq!(item["state"], "failed", "{item}");
    assert_eq!(item["error_code"], "refused");
    assert_eq!(graph.sent().len(), 0);
}

#[test]
fn the_providers_word_closes_the_window_until_they_write_again() {
    let graph = Graph::start();
    let world = graph.world();
    wrote(&world, 60);
    graph.fail(Fault::Code(131047, 400));
    let run = world.run(["send", TO, "-m", "hi"]).fails(6);
    assert!(
        run.stdout.contains("only an approved template goes now")
            || run.stderr.contains("only an approved template goes now"),
        "{run}"
    );
    let requests = graph.state().requests.len();
    world.run(["send", TO, "-m", "hi"]).fails(6);
    assert_eq!(
        graph.state().requests.len(),
        requests,
        "nobody was asked again"
    );
    wrote(&world, -1);
    world.run(["send", TO, "-m", "hi"]).ok();
}

#[test]
fn a_window_that_closes_by_status_is_closed() {
    let graph = Graph::start();
    let world = graph.world();
    wrote(&world, 60);
    world.run(["send", TO, "-m", "hi"]).ok();
    let mut failed = status("wamid.1", "failed", None);
    failed["statuses"][0]["errors"] = json!([{"code": 131047, "title": "Re-engagement message"}]);
    hear(&world, failed);
    assert_eq!(shown(&world, "o1")["state"], "undelivered");
    world.run(["send", TO, "-m", "again"]).fails(6);
}

#[test]
fn who_stopped_marketing_is_on_the_list_of_opt_outs() {
    let graph = Graph::start();
    let world = graph.world();
    wrote(&world, 60);
    world.run(["send", TO, "-m", "hi"]).ok();
    let mut failed = status("wamid.1", "failed", None);
    failed["statuses"][0]["errors"] =
        json!([{"code": 131050, "title": "User has stopped marketing messages"}]);
    hear(&world, failed);
    let run = world.run(["send", TO, "-m", "again"]).fails(6);
    assert!(
        run.stderr.contains("131050") || run.stdout.contains("131050") || run.stderr.contains(ADA),
        "{run}"
    );
    assert_eq!(graph.sent().len(), 1);
}

#[test]
fn limits_are_waited_for_and_the_item_is_kept() {
    let graph = Graph::start();
    let world = graph.world();
    wrote(&world, 60);
    for (fault, seconds) in [
        (Fault::Code(131056, 400), 4),
        (Fault::Code(130429, 400), 0),
        (Fault::Usage(80007, 7), 420),
    ] {
        graph.fail(fault.clone());
        let run = world
            .run(["send", TO, "-m", &format!("{fault:?}"), "--json"])
            .fails(8);
        let report = run.json();
        let item = &report["items"][0];
        assert_eq!(item["state"], "ready", "{report}");
        let at: jiff::Timestamp = item["next_at"].as_str().unwrap().parse().unwrap();
        let now: jiff::Timestamp = crate::support::NOW.parse().unwrap();
        assert!(
            at.duration_since(now).as_secs() >= seconds,
            "{fault:?}: {report}"
        );
    }
    assert_eq!(graph.sent().len(), 0);
}

#[test]
fn one_person_gets_no_more_than_a_pair_may_send() {
    let graph = Graph::start();
    let world = graph.world();
    wrote(&world, 60);
    // Forty-five at once; the next one waits for the six seconds of each.
    for n in 0..45 {
        world.run(["send", TO, "-m", &format!("message {n}")]).ok();
    }
    world.run(["send", TO, "-m", "one more"]).fails(8);
    assert_eq!(graph.sent().len(), 45);
}

#[test]
fn a_send_that_is_cut_at_any_point_never_becomes_two() {
    for (fault, arrived) in [
        (Fault::CutBeforeWork, false),
        (Fault::CutBeforeAnswer, true),
        (Fault::CutAfter(20), true),
        (Fault::AfterWork, true),
        (Fault::Html, false),
        (Fault::Code(131000, 400), false),
    ] {
        let graph = Graph::start();
        let world = graph.world();
        wrote(&world, 60);
        graph.fail(fault.clone());
        world.run(["send", TO, "-m", "once"]).fails(10);
        world.run(["outbox", "run"]);
        let item = shown(&world, "o1");
        assert_eq!(item["state"], "unconfirmed", "{fault:?}: {item}");
        assert!(
            item["hint"].as_str().unwrap().contains("comms serve"),
            "{item}"
        );
        assert_eq!(graph.sent().len(), usize::from(arrived), "{fault:?}");
        if !arrived {
            continue;
        }
        let (id, body) = graph.state().sent[0].clone();
        let data = body["biz_opaque_callback_data"]
            .as_str()
            .unwrap()
            .to_owned();
        hear(&world, status(&id, "delivered", Some(&data)));
        assert_eq!(shown(&world, "o1")["state"], "delivered", "{fault:?}");
        world.run(["outbox", "run"]).ok();
        assert_eq!(graph.sent().len(), 1, "{fault:?}");
    }
}

#[test]
fn a_part_in_doubt_that_is_found_lets_the_rest_go_and_nothing_twice() {
    let graph = Graph::start();
    let world = graph.world();
    wrote(&world, 60);
    graph.fail(Fault::CutBeforeAnswer);
    world
        .run(["send", TO, "-m", &"word ".repeat(1_500)])
        .fails(10);
    assert_eq!(graph.sent().len(), 1);
    let (id, body) = graph.state().sent[0].clone();
    let data = body["biz_opaque_callback_data"]
        .as_str()
        .unwrap()
        .to_owned();
    hear(&world, status(&id, "sent", Some(&data)));
    world.run(["outbox", "run"]);
    let bodies: Vec<String> = graph
        .sent()
        .iter()
        .map(|b| b["text"]["body"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(bodies.join(" "), "word ".repeat(1_500).trim());
}
