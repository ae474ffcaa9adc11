//! The outbox through the binary: retries, doubt and how it is settled, drains, interruptions, crashes.

use std::time::{Duration, Instant};

use crate::support::World;
use crate::support::mail::{ANN, BOB, Mail};
use crate::support::smtp::{Data, Script, Smtp};

fn sink_account(port: u16) -> String {
    format!(
        "[accounts.work]\nchannel = \"smtp\"\naddress = \"{ANN}\"\nsmtp = \"127.0.0.1:{port}\"\ntls = \"none\"\nauth = \"none\"\n"
    )
}

fn state(world: &World, id: &str) -> String {
    let shown = world.run(["outbox", "show", id, "--json"]).ok().json();
    shown["state"].as_str().unwrap().to_owned()
}

fn send_to(world: &World, to: &str) -> crate::support::Run {
    world.run(["send", to, "-s", "x", "-m", "x", "--json"])
}

fn script(data: Data) -> Smtp {
    Smtp::scripted(Script {
        data,
        ..Script::default()
    })
}

/// The same world some time later.
fn later(world: World, at: &str) -> World {
    world.env("COMMS_NOW", at)
}

#[test]
fn a_refusal_fails_and_a_delay_waits() {
    let server = Smtp::start();
    let world = World::new().config(&server.account("work"));
    let refused = send_to(&world, "a@bounce.example").fails(6).json();
    assert_eq!(refused["items"][0]["state"], "failed");
    assert_eq!(refused["retry"]["owner"], "caller");
    let slow = send_to(&world, "a@slow.example").fails(8).json();
    assert_eq!(slow["retry"]["owner"], "comms");
    assert_eq!(slow["items"][0]["state"], "ready");
    let next: jiff::Timestamp = slow["retry"]["next_at"].as_str().unwrap().parse().unwrap();
    let wait = next.duration_since(crate::support::NOW.parse().unwrap());
    assert!((5..=300).contains(&wait.as_secs()), "{wait}");
    let failed = world
        .run([
            "send",
            "a@slow.example",
            "-s",
            "x",
            "-m",
            "x",
            "--no-queue",
            "--json",
        ])
        .fails(7);
    assert_eq!(failed.json_error()["error"]["item"], "o3");
    assert_eq!(state(&world, "o3"), "failed");
    let world = later(world, "2026-11-21T13:00:00Z");
    let run = world.run(["outbox", "run", "--json"]).fails(8).json();
    assert_eq!(run["items"].as_array().unwrap().len(), 1);
    assert_eq!(run["items"][0]["id"], "o2");
    assert_eq!(run["items"][0]["tries"], 2);
    assert!(server.received().is_empty());
}

#[test]
fn one_mail_to_three_has_three_ends_and_only_the_slow_one_is_tried_again() {
    let Some(mail) = Mail::start() else { return };
    let world = World::new().config(&sink_account(mail.sink));
    let run = world
        .run([
            "send",
            BOB,
            "x@bounce.example",
            "x@slow.example",
            "-s",
            "once",
            "-m",
            "x",
            "--json",
        ])
        .fails(8)
        .json();
    let told: Vec<_> = run["items"][0]["recipients"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| (r["state"].as_str().unwrap(), r["words"].as_str().unwrap()))
        .collect();
    assert_eq!(
        told,
        [
            ("sent", "250 2.0.0 delivered"),
            ("failed", "550 5.1.1 no such user here"),
            ("waiting", "451 4.7.1 greylisted, come back later"),
        ]
    );
    let mut world = world;
    for at in ["2026-11-21T13:00:00Z", "2026-11-21T17:00:00Z"] {
        world = later(world, at);
        world.run(["outbox", "run"]).fails(8);
    }
    // Five days are enough: then it is sent to one, and failed for two.
    world = later(world, "2026-11-27T13:00:00Z");
    let end = world.run(["outbox", "run", "--json"]).fails(9).json();
    assert_eq!(end["items"][0]["state"], "sent");
    assert_eq!(end["items"][0]["recipients"][2]["state"], "failed");
    let mut bob = mail.client(BOB);
    let said = bob.run("SELECT INBOX");
    assert!(said.contains("* 1 EXISTS"), "{said}");
}

#[test]
fn a_copy_met_in_a_mailbox_settles_the_doubt() {
    let server = script(Data::Close);
    let world = World::new();
    let tree = world.dir().join("theirs");
    for folder in [
        "new",
        "cur",
        "tmp",
        ".Drafts/cur",
        ".Drafts/new",
        ".Drafts/tmp",
    ] {
        std::fs::create_dir_all(tree.join(folder)).unwrap();
    }
    let config = format!(
        "{}[accounts.theirs]\nchannel = \"maildir\"\npath = \"{}\"\n",
        sink_account(server.port),
        tree.display()
    );
    let world = world.config(&config);
    send_to(&world, BOB).fails(10);
    let raw = server.received()[0].data.clone();
    // The same Message-ID without our own id, and a draft, prove nothing.
    let forged = raw.replace("X-Comms-Id", "X-Other-Id");
    std::fs::write(tree.join("new/1.forged"), forged).unwrap();
    std::fs::write(tree.join(".Drafts/cur/2.draft:2,D"), &raw).unwrap();
    world.run(["inbox", "sync"]).ok();
    assert_eq!(state(&world, "o1"), "unconfirmed");
    std::fs::write(tree.join("new/3.arrived"), &raw).unwrap();
    world.run(["inbox", "sync"]).ok();
    let shown = world.run(["outbox", "show", "o1", "--json"]).ok().json();
    assert_eq!(shown["state"], "sent");
    assert_eq!(shown["error"], serde_json::Value::Null);
    let last = shown["attempts"].as_array().unwrap().last().unwrap();
    assert_eq!(last["outcome"], "found");
    world.run(["outbox", "run"]).ok();
    assert_eq!(server.received().len(), 1);
}

#[test]
fn what_waits_leaves_with_the_next_send_and_the_next_sync() {
    let server = Smtp::start();
    let world = World::new().config(&server.account("work"));
    let queue = ["send", BOB, "-s", "x", "-m", "x", "--queue"];
    world.run(queue).ok();
    send_to(&world, BOB).ok();
    assert_eq!(server.received().len(), 2);
    world.run(queue).ok();
    world.run(["inbox", "--offline"]).ok();
    assert_eq!(server.received().len(), 2);
    world.run(["inbox", "sync"]).ok();
    assert_eq!(server.received().len(), 3);
    world.run(["--read-only", "inbox", "sync"]).ok();
}

#[cfg(unix)]
fn interrupt(child: &std::process::Child, signal: &str) {
    let pid = child.id().to_string();
    let status = std::process::Command::new("kill")
        .args([signal, &pid])
        .status();
    assert!(status.unwrap().success());
}

fn start(world: &World) -> std::process::Child {
    let mut child = world.spawn(["send", BOB, "-s", "x", "-m", "x", "--json"]);
    drop(child.stdin.take());
    child
}

#[test]
fn an_interrupted_wait_after_the_final_dot_is_told_as_doubt() {
    let server = script(Data::StallAfter);
    let world = World::new().config(&sink_account(server.port));
    let child = start(&world);
    server.wait_for(".");
    std::thread::sleep(Duration::from_millis(100));
    interrupt(&child, "-INT");
    let output = child.wait_with_output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(10), "{told}");
    let report: serde_json::Value = serde_json::from_str(&told).unwrap();
    assert_eq!(report["items"][0]["state"], "unconfirmed");
    assert!(
        report["items"][0]["error"]
            .as_str()
            .unwrap()
            .contains("interrupted")
    );
    world.run(["outbox", "run"]).ok();
    assert_eq!(server.received().len(), 1);
}

#[test]
fn an_interrupted_send_that_had_not_left_never_leaves() {
    let server = script(Data::StallBefore);
    let world = World::new().config(&sink_account(server.port));
    let child = start(&world);
    server.wait_for("DATA");
    std::thread::sleep(Duration::from_millis(100));
    interrupt(&child, "-INT");
    let output = child.wait_with_output().unwrap();
    // A short message is all written before its final dot: the server may have it then.
    let code = output.status.code();
    assert!(matches!(code, Some(10 | 130)), "{code:?}");
    let after = state(&world, "o1");
    assert!(
        ["failed", "unconfirmed"].contains(&after.as_str()),
        "{after}"
    );
    world.run(["outbox", "run"]).ok();
    assert_eq!(server.commands().iter().filter(|c| *c == "DATA").count(), 1);
}

#[test]
fn a_long_wait_says_what_it_waits_for() {
    let server = script(Data::Late(6_000));
    let world = World::new().config(&sink_account(server.port));
    let run = send_to(&world, BOB).ok();
    assert!(run.stderr.contains("waiting for it to say"), "{run}");
}

#[test]
fn a_killed_send_is_never_repeated() {
    for (data, until) in [(Data::StallBefore, "DATA"), (Data::StallAfter, ".")] {
        let server = script(data);
        let world = World::new().config(&sink_account(server.port));
        let mut child = start(&world);
        server.wait_for(until);
        std::thread::sleep(Duration::from_millis(50));
        child.kill().unwrap();
        child.wait().unwrap();
        for _ in 0..2 {
            world.run(["outbox", "run"]);
        }
        assert_eq!(state(&world, "o1"), "unconfirmed", "{data:?}");
        world.run(["outbox", "retry", "o1"]).fails(2);
        let sent = server.commands().iter().filter(|c| *c == "DATA").count();
        assert_eq!(sent, 1, "{data:?}");
    }
}

#[test]
fn two_runs_at_once_share_the_work() {
    let server = script(Data::Late(50));
    let world = World::new().config(&sink_account(server.port));
    for _ in 0..10 {
        world
            .run(["send", BOB, "-s", "x", "-m", "x", "--queue"])
            .ok();
    }
    let runs: Vec<_> = (0..4).map(|_| world.spawn(["outbox", "run"])).collect();
    for run in runs {
        let output = run.wait_with_output().unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    assert_eq!(server.received().len(), 10);
}

#[test]
fn a_message_too_large_for_the_server_is_refused_before_its_content() {
    let server = Smtp::scripted(Script {
        offers: Some(&["SIZE 20000"]),
        ..Script::default()
    });
    let world = World::new().config(&sink_account(server.port));
    let file = world.file("big.bin", vec![7; 30_000]);
    let run = world
        .run(["send", BOB, "-s", "x", "-m", "x", "-a", &file, "--json"])
        .fails(6);
    let error = run.json()["items"][0]["error"].clone();
    assert!(
        error.as_str().unwrap().contains("takes at most 20000"),
        "{error}"
    );
    assert!(!server.commands().iter().any(|c| c.starts_with("DATA")));
}

#[test]
fn ten_thousand_recipients_each_get_it_once() {
    let server = Smtp::start();
    let world = World::new().config(&server.account("work"));
    let all: Vec<String> = (0..10_000).map(|n| format!("u{n}@example.com")).collect();
    let began = Instant::now();
    let mut args = vec!["send", "a@example.com", "-s", "x", "-m", "x", "--json"];
    // One argument of the system may have 128 KB.
    let lists: Vec<String> = all.chunks(1000).map(|c| c.join(",")).collect();
    for list in &lists {
        args.extend(["--bcc", list]);
    }
    let report = world.run(args).ok().json();
    assert!(began.elapsed() < Duration::from_secs(60));
    assert_eq!(
        report["items"][0]["recipients"].as_array().unwrap().len(),
        10_001
    );
    let mut got: Vec<String> = server.received().into_iter().flat_map(|m| m.to).collect();
    assert_eq!(got.len(), 10_001);
    got.sort();
    got.dedup();
    assert_eq!(got.len(), 10_001);
}

#[test]
fn what_was_put_away_waits_for_nobody_and_is_held_by_nothing() {
    let world = World::new();
    let queued = ["send", "you@localhost", "-s", "x", "-m", "x", "--queue"];
    world.run(queued).ok();
    world.run(["outbox", "cancel", "o1"]).ok();
    let agent = World::new().env("COMMS_ORIGIN", "agent");
    agent
        .run(["send", "you@localhost", "-s", "x", "-m", "x"])
        .fails(8);
    let person = agent.env("COMMS_ORIGIN", "script");
    person.run(["outbox", "reject", "o1"]).ok();
    for world in [world, person] {
        let shown = world.run(["outbox", "show", "o1", "--json"]).ok().json();
        assert_eq!(shown["state"], "cancelled", "{shown}");
        assert_eq!(shown["recipients"][0]["state"], "cancelled", "{shown}");
        assert!(shown["held_by"].is_null(), "{shown}");
        let all = ["outbox", "list", "--all", "--format", "table"];
        let all = world.run(all).ok();
        assert!(!all.stdout.contains("hold"), "{all}");
        let table = ["outbox", "show", "o1", "--format", "table"];
        let table = world.run(table).ok();
        assert!(!table.stdout.contains("waiting"), "{table}");
    }
}

#[test]
fn what_waits_for_its_time_is_no_work_for_a_run() {
    let world = World::new();
    let send = ["send", "you@localhost", "-s", "x", "-m", "x", "--at"];
    let at = |when| [&send[..], &[when]].concat();
    world.run(at("2026-12-10")).ok();
    let status = world.run(["--format", "table"]).ok();
    assert!(
        !status
            .stdout
            .lines()
            .any(|l| l.trim() == "comms outbox run"),
        "{status}"
    );
    assert!(
        status.stdout.contains("1 item waits for the time"),
        "{status}"
    );
    let then = later(world, "2026-12-11T00:00:00Z");
    let status = then.run(["--format", "table"]).ok();
    assert!(
        status
            .stdout
            .lines()
            .any(|l| l.trim() == "comms outbox run"),
        "{status}"
    );
}

#[test]
fn an_open_item_keeps_its_account_and_is_told_with_what_can_be_done() {
    let server = Smtp::start();
    let world = World::new().config(&server.account("work"));
    let queued = ["send", "bob@example.com", "-s", "x", "-m", "x", "--queue"];
    world.run(queued).ok();
    let run = world.run(["auth", "remove", "work", "--yes"]).fails(6);
    assert!(!run.stderr.contains("resolve"), "{run}");
    assert!(run.stderr.contains("comms outbox cancel o1"), "{run}");
    world.run(["outbox", "cancel", "o1"]).ok();
    world.run(["auth", "remove", "work", "--yes"]).ok();
}
