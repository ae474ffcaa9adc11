//! `on_failure` through the binary: what needs a person is told once, whoever notices it, and nothing runs in circles.

use serde_json::Value;

use super::circuit::{account, dead_port};
use crate::support::smtp::{Script, Smtp};
use crate::support::{World, binary};

/// A world whose `on_failure` keeps what it is told.
fn world(accounts: &str, more: &str) -> World {
    let world = World::new();
    let log = log_file(&world);
    world.config(&format!(
        "[outbox]\ncircuit_after = 2\non_failure = '''cat >> \"{log}\"{more}'''\n{accounts}"
    ))
}

fn log_file(world: &World) -> String {
    world.dir().join("told").to_str().unwrap().to_owned()
}

fn told(world: &World) -> Vec<Value> {
    let text = std::fs::read_to_string(log_file(world)).unwrap_or_default();
    text.lines()
        .map(|l| serde_json::from_str(l).unwrap())
        .collect()
}

fn kinds(world: &World) -> Vec<String> {
    let kind = |t: &Value| t["kind"].as_str().unwrap().to_owned();
    told(world).iter().map(kind).collect()
}

fn queue(world: &World, to: &str) {
    let args = [
        "send",
        to,
        "-s",
        "the subject",
        "-m",
        "the secret text",
        "--queue",
    ];
    world.run(args).ok();
}

#[test]
fn a_dead_letter_is_told_once_by_ten_processes() {
    let server = Smtp::start();
    let world = world(&server.account("work"), "");
    for n in 0..5 {
        queue(&world, &format!("a{n}@bounce.example"));
    }
    let runs: Vec<_> = (0..10).map(|_| world.spawn(["outbox", "run"])).collect();
    for run in runs {
        run.wait_with_output().unwrap();
    }
    world.run(["outbox", "run"]).ok();
    let mut items: Vec<_> = told(&world)
        .iter()
        .map(|t| t["item"].as_str().unwrap().to_owned())
        .collect();
    items.sort();
    assert_eq!(items, ["o1", "o2", "o3", "o4", "o5"]);
    let first = &told(&world)[0];
    assert_eq!(first["schema"], "comms.failure/1");
    assert_eq!(first["kind"], "dead_letter");
    assert_eq!(first["account"], "work");
    assert_eq!(first["code"], "refused");
    assert!(
        first["message"].as_str().unwrap().contains("550 5.1.1"),
        "{first}"
    );
    let all = first.to_string();
    assert!(
        !all.contains("the secret text") && !all.contains("the subject"),
        "{all}"
    );
    let schema = world.run(["schema", "failure", "--json"]).ok().json();
    for key in schema["required"].as_array().unwrap() {
        assert!(first.get(key.as_str().unwrap()).is_some(), "{key}");
    }
    // Who waits for it sees it himself.
    world.run(["send", "b@bounce.example", "-m", "x"]).fails(6);
    assert_eq!(told(&world).len(), 5);
    // What is tried again and fails again is news.
    world.run(["outbox", "retry", "o1"]).fails(6);
    assert_eq!(told(&world).len(), 5);
}

#[test]
fn a_circuit_that_opens_is_told_once_until_it_closes() {
    let port = dead_port();
    let world = world(&account("work", port), "");
    for _ in 0..3 {
        world.run(["send", "bob@example.com", "-m", "x"]).fails(8);
    }
    assert_eq!(kinds(&world), ["circuit_open"]);
    let world = world.env("COMMS_NOW", "2026-11-21T12:02:00Z");
    world.run(["outbox", "run"]).fails(8);
    world.run(["send", "bob@example.com", "-m", "x"]).fails(8);
    assert_eq!(kinds(&world), ["circuit_open"]);
    let _server = Smtp::on(port, Script::default());
    let world = world.env("COMMS_NOW", "2026-11-21T13:00:00Z");
    world.run(["outbox", "run"]).ok();
    assert_eq!(kinds(&world), ["circuit_open"]);
}

#[test]
fn a_login_that_expired_is_told_once() {
    let refusing = Smtp::scripted(Script {
        offers: Some(&["AUTH PLAIN LOGIN"]),
        auth: &["535 5.7.8 no such login"],
        ..Script::default()
    });
    let work = account("work", refusing.port).replace("auth = \"none\"", "auth = \"password\"");
    let world = world(&work, "").env("COMMS_SECRET_WORK", "hunter2");
    queue(&world, "bob@example.com");
    world.run(["outbox", "run"]).fails(4);
    queue(&world, "bob@example.com");
    world.run(["outbox", "run"]).fails(4);
    let mut kinds = kinds(&world);
    kinds.sort();
    assert_eq!(kinds, ["dead_letter", "dead_letter", "login_expired"]);
    let all = std::fs::read_to_string(log_file(&world)).unwrap();
    assert!(!all.contains("hunter2") && all.contains("535"), "{all}");
}

#[test]
fn a_command_that_fails_is_a_warning() {
    let server = Smtp::start();
    let world = world(&server.account("work"), "; exit 3");
    queue(&world, "a@bounce.example");
    queue(&world, "bob@example.com");
    let run = world.run(["outbox", "run"]).fails(9);
    assert!(
        run.stderr
            .contains("`on_failure` ended with exit status: 3"),
        "{run}"
    );
    assert_eq!(told(&world).len(), 1);
    assert_eq!(server.received().len(), 1);
    let run = world.run(["outbox", "run"]).ok();
    assert!(run.stderr.is_empty(), "{run}");
}

#[test]
fn what_the_command_itself_sends_does_not_call_it_again() {
    let server = Smtp::start();
    let again = format!(
        "; {0} send c@bounce.example -m x --queue; {0} send d@bounce.example -m x",
        binary()
    );
    let world = world(&server.account("work"), &again);
    queue(&world, "a@bounce.example");
    world.run(["outbox", "run"]).fails(6);
    for _ in 0..3 {
        world.run(["outbox", "run"]);
    }
    let items: Vec<_> = told(&world).iter().map(|t| t["item"].clone()).collect();
    assert_eq!(items, ["o1"]);
    let listed = world
        .run(["outbox", "list", "--state", "failed", "--json"])
        .ok();
    assert_eq!(listed.json()["items"].as_array().unwrap().len(), 3);
}
