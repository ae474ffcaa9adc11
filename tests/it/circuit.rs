//! Circuits through the binary: a provider that fails again and again is left alone, tried by one, and taken back.

use serde_json::Value;

use crate::support::smtp::{Data, Script, Smtp};
use crate::support::{Run, World};

/// A port that nobody listens on.
pub fn dead_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("bound").port()
}

pub fn account(name: &str, port: u16) -> String {
    format!(
        "[accounts.{name}]\nchannel = \"smtp\"\naddress = \"{name}@example.com\"\nsmtp = \"127.0.0.1:{port}\"\n\
         tls = \"none\"\nauth = \"none\"\n"
    )
}

fn send(world: &World) -> Run {
    world.run(["send", "bob@example.com", "-s", "x", "-m", "x", "--json"])
}

fn item(world: &World, id: &str) -> Value {
    world.run(["outbox", "show", id, "--json"]).ok().json()
}

/// A world whose server is dead and left alone since noon, with `o6` waiting for it.
fn open(port: u16) -> World {
    let world = World::new().config(&account("work", port));
    for n in 1..=5 {
        let run = send(&world).fails(8);
        assert_eq!(run.stderr.contains("it is left alone"), n == 5, "{run}");
    }
    let held = send(&world).fails(8).json();
    let item = &held["items"][0];
    let words = item["held_by"].as_str().unwrap();
    let since = "circuit of account work is open since 2026-11-21T12:00:00Z: ";
    assert!(
        words.starts_with(since) && words.len() > since.len(),
        "{words}"
    );
    assert_eq!(
        (&item["state"], &item["tries"]),
        (&"ready".into(), &0.into())
    );
    assert_eq!(held["retry"]["owner"], "comms");
    let next: jiff::Timestamp = held["retry"]["next_at"].as_str().unwrap().parse().unwrap();
    let wait = next.duration_since(crate::support::NOW.parse().unwrap());
    assert!((60..=75).contains(&wait.as_secs()), "{wait}");
    world
}

fn at(world: World, time: &str) -> World {
    world.env("COMMS_NOW", &format!("2026-11-21T{time}Z"))
}

#[test]
fn a_dead_server_is_left_alone_and_taken_back_when_it_answers() {
    let port = dead_port();
    let world = open(port);
    let doctor = world.run(["doctor", "--offline", "--json"]).fails(7).json();
    let checks = doctor["checks"].as_array().unwrap();
    let circuit = checks
        .iter()
        .find(|c| c["name"] == "work: circuit")
        .unwrap();
    assert_eq!(circuit["state"], "fault");
    assert!(
        circuit["fix"]
            .as_str()
            .unwrap()
            .contains("comms outbox retry o1")
    );
    let status = world.run(["--json"]).ok().json();
    let accounts = status["accounts"].as_array().unwrap();
    let work = accounts.iter().find(|a| a["account"] == "work").unwrap();
    assert_eq!(work["circuit"]["failures"], 5);
    let listed = world.run(["outbox", "list", "--format", "table"]).ok();
    assert!(
        listed.stdout.contains("circuit of account work"),
        "{listed}"
    );
    // What waits was not tried, whoever runs.
    world.run(["outbox", "run"]).ok();
    assert_eq!(item(&world, "o6")["tries"], 0);

    let server = Smtp::on(port, Script::default());
    let world = at(world, "12:01:20");
    world.run(["outbox", "run"]).ok();
    assert_eq!(item(&world, "o6")["state"], "sent");
    assert_eq!(item(&world, "o6")["held_by"], Value::Null);
    send(&world).ok();
    // Some whose next try had come went along.
    assert!(server.received().len() >= 2);
    let checked = world.run(["doctor", "--offline", "--json"]).json();
    assert!(!checked.to_string().contains("work: circuit"));
}

#[test]
fn one_process_tries_it_and_the_others_wait_longer() {
    let world = at(open(dead_port()), "12:01:20");
    for _ in 0..5 {
        world
            .run(["send", "bob@example.com", "-m", "x", "--queue"])
            .ok();
    }
    let tries = |world: &World| -> u64 {
        let all = world.run(["outbox", "list", "--json"]).ok().json();
        let items = all["items"].as_array().unwrap();
        items.iter().map(|i| i["tries"].as_u64().unwrap()).sum()
    };
    assert_eq!(tries(&world), 5);
    let runs: Vec<_> = (0..4).map(|_| world.spawn(["outbox", "run"])).collect();
    for run in runs {
        run.wait_with_output().unwrap();
    }
    assert_eq!(tries(&world), 6);
    // Twice as long: nothing at 12:03, the next try from 12:03:20 on.
    let world = at(world, "12:03:10");
    send(&world).fails(8);
    assert_eq!(item(&world, "o12")["tries"], 0);
}

#[test]
fn a_killed_process_keeps_nobody_from_trying() {
    let port = dead_port();
    let world = at(open(port), "12:01:20");
    world
        .run(["send", "bob@example.com", "-m", "x", "--queue"])
        .ok();
    let server = Smtp::on(
        port,
        Script {
            data: Data::StallBefore,
            ..Script::default()
        },
    );
    let begun = |n: usize| {
        let end = std::time::Instant::now() + std::time::Duration::from_secs(20);
        let count = || server.commands().iter().filter(|c| *c == "DATA").count();
        while count() < n {
            assert!(std::time::Instant::now() < end, "{:?}", server.commands());
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
    };
    let mut first = world.spawn(["outbox", "run"]);
    begun(1);
    // While it lives, nobody else tries.
    world.run(["outbox", "run"]);
    assert_eq!(
        server
            .commands()
            .iter()
            .filter(|c| c.starts_with("EHLO"))
            .count(),
        1
    );
    first.kill().unwrap();
    first.wait().unwrap();
    // Well before its lease ends.
    let world = at(world, "12:01:30");
    world
        .run(["send", "bob@example.com", "-m", "x", "--queue"])
        .ok();
    let mut second = world.spawn(["outbox", "run"]);
    begun(2);
    second.kill().unwrap();
    second.wait().unwrap();
}

#[test]
fn who_asks_for_one_item_again_tries_at_once() {
    let port = dead_port();
    let world = open(port);
    world.run(["outbox", "retry", "o6"]).fails(8);
    assert_eq!(item(&world, "o6")["tries"], 1);
    let server = Smtp::on(port, Script::default());
    world.run(["outbox", "retry", "o6"]).ok();
    assert_eq!(item(&world, "o6")["state"], "sent");
    // It answered: so everyone else may go.
    send(&world).ok();
    assert!(server.received().len() >= 2);
}

#[test]
fn what_a_server_says_to_a_message_is_no_fault_of_its() {
    let server = Smtp::start();
    let world = World::new().config(&server.account("work"));
    for n in 0..8 {
        let to = if n % 2 == 0 {
            "a@slow.example"
        } else {
            "a@bounce.example"
        };
        world.run(["send", to, "-s", "x", "-m", "x"]);
    }
    send(&world).ok();
    // Hanging up without an answer is one, and what may have been sent stays in doubt.
    let server = Smtp::scripted(Script {
        data: Data::Close,
        ..Script::default()
    });
    let world = World::new().config(&format!(
        "[outbox]\ncircuit_after = 2\n{}",
        server.account("work")
    ));
    send(&world).fails(10);
    send(&world).fails(10);
    let held = send(&world).fails(8).json();
    assert_eq!(held["items"][0]["tries"], 0);
    assert_eq!(server.received().len(), 2);
    let world = world.config(&format!(
        "[outbox]\ncircuit_after = 0\n{}",
        server.account("work")
    ));
    send(&world).fails(10);
}

#[test]
fn a_wrong_setting_of_the_outbox_is_an_error_with_its_place() {
    for (line, words) in [
        (
            "circuit_after = \"5\"",
            ":2:17: `circuit_after` wants a whole number",
        ),
        ("circuit_after = -1", "not a number from 0 to 1000"),
        ("on_failure = \" \"", "`on_failure` is empty"),
        ("on_failed = \"true\"", "did you mean `on_failure`?"),
    ] {
        let world = World::new().config(&format!("[outbox]\n{line}\n"));
        let run = world.run(["config", "show"]).fails(3);
        assert!(run.stderr.contains(words), "{run}");
    }
}
