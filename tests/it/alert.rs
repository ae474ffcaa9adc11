//! Alerts: one thread for each condition, and one message in a while.

use crate::support::World;
use crate::support::smtp::Smtp;

fn world(server: &Smtp) -> World {
    World::new().config(&server.account("work"))
}

fn alarm<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [
        &[
            "send",
            "ops@example.com",
            "-s",
            "disk full",
            "-m",
            "on host a",
        ],
        more,
    ]
    .concat()
}

fn header<'a>(data: &'a str, name: &str) -> Option<&'a str> {
    let mut lines = data.lines();
    lines.find_map(|line| line.strip_prefix(&format!("{name}: ")))
}

#[test]
fn messages_of_one_condition_are_one_thread() {
    let server = Smtp::start();
    let world = world(&server);
    for _ in 0..3 {
        world.run(alarm(&["--thread-key", "disk"])).ok();
    }
    world.run(alarm(&["--thread-key", "fan"])).ok();
    let got = server.received();
    let first = header(&got[0].data, "Message-ID").unwrap();
    assert_eq!(header(&got[0].data, "In-Reply-To"), None);
    for repeat in &got[1..3] {
        assert_eq!(header(&repeat.data, "In-Reply-To"), Some(first));
        assert_eq!(header(&repeat.data, "References"), Some(first));
        assert_eq!(header(&repeat.data, "Subject"), Some("disk full"));
    }
    assert_eq!(
        header(&got[3].data, "In-Reply-To"),
        None,
        "another condition"
    );
}

#[test]
fn repeats_are_counted_and_the_next_one_tells_how_many() {
    let server = Smtp::start();
    let world = world(&server);
    let once = ["--thread-key", "disk", "--once-per", "1h", "--json"];
    world.run(alarm(&once)).ok();
    world.run(alarm(&once)).ok();
    let third = world.run(alarm(&once)).ok().json();
    assert_eq!(third["suppressed"]["count"], 2, "{third}");
    assert_eq!(third["suppressed"]["until"], "2026-11-21T13:00:00Z");
    assert_eq!(third["items"], serde_json::json!([]));
    assert_eq!(server.received().len(), 1);
    let world = world.env("COMMS_NOW", "2026-11-21T13:00:01Z");
    world.run(alarm(&once)).ok();
    let got = server.received();
    assert_eq!(got.len(), 2);
    let words = "(2 more of this since 2026-11-21 12:00 UTC were not sent)";
    assert!(got[1].data.contains(words), "{}", got[1].data);
    assert!(!got[0].data.contains("more of this"));
}

#[test]
fn of_ten_alarms_at_once_one_leaves() {
    let server = Smtp::start();
    let world = world(&server);
    std::thread::scope(|scope| {
        for _ in 0..10 {
            scope.spawn(|| {
                world
                    .run(alarm(&["--key", "disk", "--once-per", "1h"]))
                    .ok()
            });
        }
    });
    assert_eq!(server.received().len(), 1);
}

#[test]
fn an_alarm_that_failed_silences_none() {
    let server = Smtp::start();
    let world = world(&server);
    let once = ["--thread-key", "disk", "--once-per", "1h"];
    let bad = ["send", "ops@bounce.example", "-s", "x", "-m", "y"];
    world.run([&bad[..], &once].concat()).fails(6);
    world.run(alarm(&once)).ok();
    assert_eq!(server.received().len(), 1);
    // One that waits in the outbox will be heard: the next is a repeat.
    let slow = ["send", "ops@slow.example", "-s", "x", "-m", "y"];
    let other = ["--thread-key", "fan", "--once-per", "1h", "--json"];
    world.run([&slow[..], &other].concat()).fails(8);
    let next = world.run(alarm(&other)).ok().json();
    assert_eq!(next["suppressed"]["count"], 1);
}

#[test]
fn what_repeats_what_has_to_be_said() {
    let world = World::new();
    let run = world.run(alarm(&["--once-per", "1h"])).fails(2);
    assert!(run.stderr.contains("--thread-key"), "{run}");
    world
        .run(alarm(&["--once-per", "soon", "--key", "k"]))
        .fails(2);
}

#[test]
fn what_an_agent_staged_silences_no_alarm_of_others() {
    let server = Smtp::start();
    let world = world(&server);
    let once = ["--thread-key", "disk", "--once-per", "1h", "--json"];
    let as_agent = || {
        let mut command = world.command();
        command.env("COMMS_ORIGIN", "agent").args(alarm(&once));
        command.output().unwrap()
    };
    assert_eq!(as_agent().status.code(), Some(8), "it is held");
    world.run(alarm(&once)).ok();
    assert_eq!(server.received().len(), 1, "the alarm of a script goes");
    // Its own repeats are counted, and stand apart.
    let again: serde_json::Value = serde_json::from_slice(&as_agent().stdout).unwrap();
    assert_eq!(again["suppressed"]["count"], 1, "{again}");
    assert_eq!(again["suppressed"]["key"], "disk", "{again}");
    let repeat = world.run(alarm(&once)).ok().json();
    assert_eq!(repeat["suppressed"]["count"], 1, "{repeat}");
}

#[test]
fn a_draft_silences_no_alarm() {
    let server = Smtp::start();
    let world = world(&server);
    let once = ["--thread-key", "disk", "--once-per", "1h"];
    world.run(alarm(&[&once[..], &["--draft"]].concat())).ok();
    world.run(alarm(&once)).ok();
    world.run(alarm(&once)).ok();
    assert_eq!(server.received().len(), 1);
}

#[test]
fn an_empty_key_is_refused_before_it_makes_all_messages_one() {
    let server = Smtp::start();
    let world = world(&server);
    for empty in ["", " "] {
        for option in ["--key", "--thread-key"] {
            let run = world.run(alarm(&[option, empty])).fails(2);
            assert!(run.stderr.contains("is empty"), "{run}");
        }
    }
    assert!(server.received().is_empty());
}
