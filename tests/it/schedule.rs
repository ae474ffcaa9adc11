//! Sends that wait: for their time, for second thoughts, for a state.

use std::process::{Child, Command};
use std::time::{Duration, Instant};

use crate::support::World;
use crate::support::smtp::Smtp;

fn world(server: &Smtp) -> World {
    World::new().config(&server.account("work"))
}

const TO: [&str; 6] = ["send", "bob@example.com", "-s", "hello", "-m", "text"];

fn send<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&TO[..], more].concat()
}

fn interrupt(child: &Child) {
    let pid = child.id().to_string();
    Command::new("kill").args(["-INT", &pid]).status().unwrap();
}

#[test]
fn a_scheduled_message_leaves_at_its_time_and_not_before() {
    let server = Smtp::start();
    let world = world(&server);
    let report = world.run(send(&["--at", "in 2h", "--json"])).ok().json();
    let item = &report["items"][0];
    assert_eq!(
        (&item["state"], &item["next_at"]),
        (&"ready".into(), &"2026-11-21T14:00:00Z".into())
    );
    world.run(["outbox", "run"]).ok();
    let world = world.env("COMMS_NOW", "2026-11-21T13:59:59Z");
    world.run(["outbox", "run"]).ok();
    assert!(server.received().is_empty());
    let world = world.env("COMMS_NOW", "2026-11-21T14:00:01Z");
    world.run(["outbox", "run"]).ok();
    assert_eq!(server.received().len(), 1);
}

#[test]
fn a_time_that_can_not_be_is_refused_and_nothing_is_staged() {
    let server = Smtp::start();
    let world = world(&server).env("TZ", "Europe/Berlin");
    for (time, words) in [
        ("yesterday", "has passed"),
        ("2026-11-21 12:59", "has passed"),
        ("2027-03-28 02:30", "does not exist in Europe/Berlin"),
        ("soonish", "is not a time"),
    ] {
        let run = world.run(send(&["--at", time])).fails(2);
        assert!(run.stderr.contains(words), "{run}");
    }
    let twice = world.run(send(&["--at", "2027-10-31 02:30"])).ok();
    assert!(twice.stderr.contains("comes twice"), "{twice}");
    let items = world.run(["outbox", "list", "--json"]).ok().json();
    assert_eq!(items["items"].as_array().unwrap().len(), 1);
}

#[test]
fn a_message_is_taken_back_within_its_window() {
    let server = Smtp::start();
    let world = world(&server);
    let child = world.spawn(send(&["--undo-window", "30s"]));
    let staged = Instant::now();
    while !world.home().join("comms.db").exists() || staged.elapsed() < Duration::from_millis(700) {
        std::thread::sleep(Duration::from_millis(20));
    }
    // Nobody else sends it meanwhile, nor while it is thought about.
    world.run(["outbox", "run"]);
    assert!(server.received().is_empty());
    interrupt(&child);
    let ended = child.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(130));
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert!(said.contains("taken back"), "{said}");
    let item = world.run(["outbox", "show", "o1", "--json"]).ok().json();
    assert_eq!(item["state"], "cancelled");
    assert!(server.received().is_empty());
}

#[test]
fn a_send_that_another_command_cancels_within_its_window_says_that_nothing_was_sent() {
    let server = Smtp::start();
    let world = world(&server);
    let child = world.spawn(send(&["--undo-window", "3s"]));
    while world.run(["outbox", "cancel", "o1"]).code != 0 {
        std::thread::sleep(Duration::from_millis(50));
    }
    let ended = child.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(130));
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert!(said.contains("taken back by another command"), "{said}");
    assert!(server.received().is_empty());
}

#[test]
fn after_its_window_a_message_leaves_even_if_its_sender_was_killed() {
    let server = Smtp::start();
    let world = world(&server);
    world.run(send(&["--undo-window", "100ms"])).ok();
    assert_eq!(server.received().len(), 1);
    let mut child = world.spawn(send(&["--undo-window", "30s"]));
    std::thread::sleep(Duration::from_millis(700));
    child.kill().unwrap();
    child.wait().unwrap();
    world.run(["outbox", "run"]);
    assert_eq!(server.received().len(), 1, "it left within its window");
    let world = world.env("COMMS_NOW", "2026-11-21T12:00:31Z");
    world.run(["outbox", "run"]).ok();
    assert_eq!(server.received().len(), 2);
}

#[test]
fn a_wait_ends_with_the_state_or_tells_that_it_did_not_come() {
    let server = Smtp::start();
    let world = world(&server);
    world.run(send(&["--wait", "sent"])).ok();
    let run = world
        .run(send(&[
            "--at",
            "in 2h",
            "--wait",
            "sent",
            "--timeout",
            "1s",
            "--json",
        ]))
        .fails(8);
    assert_eq!(run.json()["retry"]["owner"], "comms");
    let endless = world.run(send(&["--wait", "read"])).fails(2);
    assert!(
        endless.stderr.contains("never tells more than `sent`"),
        "{endless}"
    );
    assert_eq!(server.received().len(), 1);
    let slow = ["send", "bob@slow.example", "-s", "x", "-m", "y"];
    world
        .run([&slow[..], &["--wait", "sent", "--timeout", "1s"]].concat())
        .fails(8);
    let no = [
        "send",
        "bob@bounce.example",
        "-s",
        "x",
        "-m",
        "y",
        "--wait",
        "sent",
    ];
    world.run(no).fails(6);
}

#[test]
fn a_time_of_day_in_a_zone_that_is_none_is_told_to_be_utc() {
    let server = Smtp::start();
    let world = world(&server).env("TZ", "Nowhere/Bad");
    let run = world.run(send(&["--at", "tomorrow 9am"])).ok();
    assert!(run.stderr.contains("UTC"), "{run}");
    for plain in ["in 2h", "2026-12-01T09:00:00+01:00"] {
        let run = world.run(send(&["--at", plain])).ok();
        assert!(!run.stderr.contains("UTC"), "{run}");
    }
}
