//! A wire to Slack that breaks while something is sent: it arrives once, and what is said of it is true.

use crate::support::World;
use crate::support::slack::{Fault, OPS, Slack, TOKEN};

fn world(slack: &Slack) -> World {
    World::new()
        .config(&slack.account())
        .env("COMMS_SECRET_WORK", TOKEN)
}

/// Sends with this fault, and lets comms settle it later; gives the exit code and what is there then.
fn played(fault: (&str, usize, Fault), args: &[&str]) -> (i32, Vec<String>, usize) {
    let slack = Slack::start();
    let world = world(&slack);
    world.run(["send", "slack:#ops", "-m", "before"]).ok();
    let (method, nth, fault) = fault;
    slack.fault(method, nth, fault);
    let file = world.file("a.txt", "the file");
    let args: Vec<&str> = args
        .iter()
        .map(|arg| if *arg == "FILE" { file.as_str() } else { arg })
        .collect();
    let run = world.run([&["send", "slack:#ops", "-m"][..], &args].concat());
    let mut world = world;
    for minutes in ["04", "10", "30", "59"] {
        let now = format!("2026-11-21T12:{minutes}:00Z");
        slack.at(&now);
        world = world.env("COMMS_NOW", &now);
        world.run(["outbox", "run"]);
    }
    let open = world.run(["outbox", "list", "--json"]).ok().json();
    let open = open["items"].as_array().unwrap().iter();
    let open = open.filter(|item| item["state"] != "sent").count();
    let texts = slack.own_texts(OPS);
    (run.code, texts[1..].to_vec(), open)
}

#[test]
fn a_message_that_was_cut_is_there_once() {
    for (fault, code) in [
        (Fault::CutBeforeWork, 10),
        // Slack is asked at once, and has it.
        (Fault::CutBeforeAnswer, 0),
        (Fault::Half, 0),
        (Fault::Error("fatal_error"), 10),
        (Fault::Error("internal_error"), 10),
        (Fault::Error("request_timeout"), 10),
        (Fault::Status(502, "<html>bad gateway".to_owned()), 10),
        (Fault::Error("ratelimited"), 8),
    ] {
        let said = format!("{fault:?}");
        let (was, texts, open) = played(("chat.postMessage", 1, fault), &["hello"]);
        assert_eq!(was, code, "{said}");
        assert_eq!(texts, ["hello"], "{said}");
        assert_eq!(open, 0, "{said}");
    }
}

#[test]
fn a_part_that_was_cut_is_there_once_and_the_others_follow() {
    let text = "word ".repeat(2_000);
    for nth in 1..=3 {
        for fault in [
            Fault::CutBeforeWork,
            Fault::CutBeforeAnswer,
            Fault::Error("fatal_error"),
        ] {
            let said = format!("{nth} {fault:?}");
            let (_, texts, open) = played(("chat.postMessage", nth, fault), &[&text]);
            let all = texts.join(" ");
            assert_eq!(
                all.split_whitespace().count(),
                2_000,
                "{said}: {}",
                texts.len()
            );
            assert_eq!(texts.len(), 3, "{said}");
            assert_eq!(open, 0, "{said}");
        }
    }
}

#[test]
fn files_that_were_cut_are_there_once() {
    for method in [
        "files.getUploadURLExternal",
        "upload",
        "files.completeUploadExternal",
    ] {
        for fault in [
            Fault::CutBeforeWork,
            Fault::CutBeforeAnswer,
            Fault::Half,
            Fault::Error("fatal_error"),
        ] {
            let said = format!("{method} {fault:?}");
            let (_, texts, open) = played((method, 1, fault), &["look", "--attach", "FILE"]);
            assert_eq!(texts, ["look"], "{said}");
            assert_eq!(open, 0, "{said}");
        }
    }
}

#[test]
fn what_can_not_be_read_stays_in_doubt() {
    let slack = Slack::start();
    let world = world(&slack);
    slack.fault("chat.postMessage", 1, Fault::CutBeforeWork);
    world.run(["send", "slack:#ops", "-m", "hello"]).fails(10);
    slack.state().tokens.insert(
        "xoxb-blind".to_owned(),
        Some(["chat:write".to_owned()].into()),
    );
    slack.at("2026-11-21T13:00:00Z");
    let world = world
        .env("COMMS_NOW", "2026-11-21T13:00:00Z")
        .env("COMMS_SECRET_WORK", "xoxb-blind");
    world.run(["outbox", "run"]);
    assert!(slack.own_texts(OPS).is_empty());
    let open = world.run(["outbox", "list", "--json"]).ok().json();
    assert_eq!(open["items"][0]["state"], "unconfirmed", "{open}");
}

#[test]
fn a_clock_that_is_wrong_by_hours_sends_nothing_twice() {
    let slack = Slack::start();
    slack.at("2026-11-21T03:00:00Z");
    let world = world(&slack);
    slack.fault("chat.postMessage", 1, Fault::CutBeforeAnswer);
    // It is found at once, and certainly later.
    world.run(["send", "slack:#ops", "-m", "hello"]);
    slack.at("2026-11-21T03:30:00Z");
    let world = world.env("COMMS_NOW", "2026-11-21T12:30:00Z");
    world.run(["outbox", "run"]);
    assert_eq!(slack.own_texts(OPS), ["hello"]);
    let open = world.run(["outbox", "list", "--json"]).ok().json();
    assert_eq!(
        open["items"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|i| i["state"] != "sent")
            .count(),
        0,
        "{open}"
    );
}

/// Kills the process while it waits for an answer that never comes.
fn killed(method: &str, args: &[&str]) -> (Slack, World) {
    let slack = Slack::start();
    let world = world(&slack);
    world.run(["send", "slack:#ops", "-m", "before"]).ok();
    slack.forget_requests();
    slack.fault(method, 1, Fault::Hang);
    let file = world.file("a.txt", "the file");
    let args: Vec<&str> = args
        .iter()
        .map(|arg| if *arg == "FILE" { file.as_str() } else { arg })
        .collect();
    let mut child = world.spawn([&["send", "slack:#ops", "-m"][..], &args].concat());
    let began = std::time::Instant::now();
    while slack.count(method) == 0 {
        assert!(began.elapsed().as_secs() < 60, "it asks {method}");
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let mut world = world;
    for minutes in ["05", "20", "50"] {
        let now = format!("2026-11-21T12:{minutes}:00Z");
        slack.at(&now);
        world = world.env("COMMS_NOW", &now);
        world.run(["outbox", "run"]);
    }
    (slack, world)
}

#[test]
fn a_process_that_died_while_it_sent_left_one_message() {
    let long = "word ".repeat(2_000);
    for (method, args, parts) in [
        ("chat.postMessage", vec!["hello"], 1),
        ("chat.postMessage", vec![long.as_str()], 3),
        (
            "files.completeUploadExternal",
            vec!["look", "--attach", "FILE"],
            1,
        ),
        ("upload", vec!["look", "--attach", "FILE"], 1),
    ] {
        let (slack, world) = killed(method, &args);
        assert_eq!(
            slack.own_texts(OPS).len(),
            1 + parts,
            "{method} {args:.20?}"
        );
        let open = world.run(["outbox", "list", "--json"]).ok().json();
        let open = open["items"].as_array().unwrap().iter();
        let open: Vec<_> = open.filter(|item| item["state"] != "sent").collect();
        assert!(open.is_empty(), "{method}: {open:?}");
    }
}
