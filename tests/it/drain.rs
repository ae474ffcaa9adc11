//! Who sends what waits: a run, a loop, a timer, and the warning when nobody does.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::process::{Child, Command, Output};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::support::World;
use crate::support::smtp::{Script, Smtp};

fn queue(world: &World, subject: &str) {
    world
        .run([
            "send",
            "bob@example.com",
            "--queue",
            "-s",
            subject,
            "-m",
            "x",
        ])
        .ok();
}

fn wait_for(server: &Smtp, n: usize) {
    let end = Instant::now() + Duration::from_secs(20);
    while server.received().len() < n {
        assert!(
            Instant::now() < end,
            "{} of {n} came",
            server.received().len()
        );
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn many_messages_leave_over_one_connection() {
    let server = Smtp::start();
    let world = World::new().config(&server.account("work"));
    for n in 0..5 {
        queue(&world, &format!("{n}"));
    }
    world.run(["outbox", "run"]).ok();
    let subjects: Vec<_> = server.received().iter().map(|m| m.data.clone()).collect();
    assert_eq!(subjects.len(), 5);
    let hellos = server
        .commands()
        .iter()
        .filter(|c| c.starts_with("EHLO"))
        .count();
    assert_eq!(hellos, 1);
}

/// Tells a loop to end, which it does without a fault.
fn terminated(child: Child) -> Output {
    let pid = child.id().to_string();
    Command::new("kill").args(["-TERM", &pid]).status().unwrap();
    let ended = child.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(0));
    ended
}

#[test]
fn a_loop_sends_what_comes_and_ends_when_it_is_told_to() {
    let server = Smtp::start();
    let world = World::new().config(&server.account("work"));
    queue(&world, "before");
    let child = world.spawn(["outbox", "run", "--follow", "--json"]);
    wait_for(&server, 1);
    queue(&world, "after");
    wait_for(&server, 2);
    let ended = terminated(child);
    let told = String::from_utf8_lossy(&ended.stdout).into_owned();
    let items: Vec<serde_json::Value> = told
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(items.len(), 2, "{told}");
    assert!(items.iter().all(|i| i["state"] == "sent"), "{told}");
}

#[test]
fn a_sent_folder_that_can_not_be_reached_is_asked_once_not_for_each_message() {
    let server = Smtp::scripted(Script {
        offers: Some(&["AUTH PLAIN"]),
        auth: &["235 welcome"],
        ..Script::default()
    });
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    std::thread::spawn(move || {
        for client in listener.incoming() {
            count.fetch_add(1, Ordering::SeqCst);
            drop(client);
        }
    });
    let world = World::new().config(&format!(
        "[accounts.work]\nchannel = \"imap\"\naddress = \"ada@example.com\"\nimap = \"127.0.0.1:{port}\"\n\
         smtp = \"127.0.0.1:{}\"\ntls = \"none\"\nsecret_command = \"echo pw\"\n",
        server.port
    ));
    for n in 0..3 {
        queue(&world, &format!("{n}"));
    }
    let run = world.run(["outbox", "run"]).ok();
    assert_eq!(server.received().len(), 3, "{run}");
    assert_eq!(run.stderr.matches("not in Sent yet").count(), 1, "{run}");
    assert_eq!(asked.load(Ordering::SeqCst), 1, "{run}");
}

#[test]
fn a_timer_names_this_very_program() {
    let world = World::new();
    let program = crate::support::binary();
    for (which, words) in [
        ("systemd", "OnCalendar="),
        ("cron", "* * * * * '"),
        ("launchd", "<key>StartInterval</key>"),
    ] {
        let run = world
            .run(["outbox", "run", &format!("--print-timer={which}")])
            .ok();
        assert!(
            run.stdout.contains(words) && run.stdout.contains(program),
            "{run}"
        );
    }
    let run = world.run(["outbox", "run", "--print-timer", "--json"]).ok();
    assert_eq!(run.json()["scheduler"], "systemd");
}

#[test]
fn whoever_waits_for_nobody_is_told_so() {
    let server = Smtp::start();
    let world = World::new().config(&server.account("work"));
    let lacks = |world: &World| {
        world
            .run(Vec::<&str>::new())
            .ok()
            .stdout
            .contains("--print-timer")
    };
    assert!(!lacks(&world), "nothing waits");
    world
        .run([
            "send",
            "bob@example.com",
            "--at",
            "in 2h",
            "-s",
            "x",
            "-m",
            "x",
        ])
        .ok();
    assert!(lacks(&world), "nobody was ever seen");
    world.run(["outbox", "run"]).ok();
    assert!(!lacks(&world), "someone was here just now");
    let world = world.env("COMMS_NOW", "2026-11-21T12:16:00Z");
    assert!(lacks(&world), "and is gone since");
}

#[test]
fn what_is_shown_of_an_item_leads_to_its_end() {
    let server = Smtp::start();
    let world = World::new().config(&server.account("work"));
    world
        .run(["send", "a@bounce.example", "-s", "x", "-m", "x"])
        .fails(6);
    let dead = world
        .run(["outbox", "show", "o1", "--format", "table"])
        .ok();
    assert!(dead.stdout.contains("comms outbox retry o1"), "{dead}");
    assert!(dead.stdout.contains("comms outbox cancel o1"), "{dead}");
    world
        .run(["send", "a@silent.example", "-s", "x", "-m", "x", "--queue"])
        .ok();
    let child = world.spawn(["outbox", "run"]);
    wait_for(&server, 1);
    Command::new("kill")
        .args(["-KILL", &child.id().to_string()])
        .status()
        .unwrap();
    child.wait_with_output().unwrap();
    let doubt = world
        .run(["outbox", "show", "o2", "--format", "table"])
        .ok();
    assert!(
        doubt.stdout.contains("comms outbox resolve o2 --not-sent"),
        "{doubt}"
    );
    world.run(["outbox", "resolve", "o2", "--sent"]).ok();
}

#[test]
fn the_doctor_names_what_is_in_doubt_and_the_runner_that_is_missing() {
    let server = Smtp::start();
    let world = World::new().config(&server.account("work"));
    let check = |world: &World, name: &str| {
        let report = world.run(["doctor", "--offline", "--json"]).json();
        let checks = report["checks"].as_array().unwrap().clone();
        checks.into_iter().find(|c| c["name"] == name)
    };
    assert!(check(&world, "outbox").is_none(), "nothing was ever sent");
    queue(&world, "x");
    assert_eq!(check(&world, "outbox").unwrap()["state"], "ok");
    assert!(
        check(&world, "runner").unwrap()["fix"]
            .as_str()
            .unwrap()
            .contains("--print-timer")
    );
    world.run(["outbox", "run"]).ok();
    assert!(check(&world, "runner").is_none());
    world
        .run(["send", "a@silent.example", "-s", "x", "-m", "x", "--queue"])
        .ok();
    let child = world.spawn(["outbox", "run"]);
    wait_for(&server, 2);
    Command::new("kill")
        .args(["-KILL", &child.id().to_string()])
        .status()
        .unwrap();
    child.wait_with_output().unwrap();
    let told = check(&world, "outbox").unwrap();
    assert_eq!(told["state"], "note", "{told}");
    assert!(
        told["fix"]
            .as_str()
            .unwrap()
            .contains("comms outbox show o2"),
        "{told}"
    );
}

#[test]
fn a_loop_ends_once_a_newer_comms_has_migrated_the_store() {
    let server = Smtp::start();
    let world = World::new().config(&server.account("work"));
    queue(&world, "before");
    let child = world.spawn(["outbox", "run", "--follow"]);
    wait_for(&server, 1);
    let db = rusqlite::Connection::open(world.home().join("comms.db")).unwrap();
    db.pragma_update(None, "user_version", 999).unwrap();
    let ended = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(ended.status.code(), Some(3), "{said}");
    assert!(said.contains("written by a newer comms"), "{said}");
    assert!(said.contains("hint: install the newer comms"), "{said}");
}

#[test]
fn a_loop_goes_by_the_config_as_it_is_now() {
    let server = Smtp::start();
    let world = World::new().config(&server.account("work"));
    queue(&world, "before");
    let mut child = world.spawn(["outbox", "run", "--follow"]);
    wait_for(&server, 1);
    world.run(["auth", "rename", "work", "office"]).ok();
    let mut said = BufReader::new(child.stderr.take().unwrap()).lines();
    assert!(said.any(|line| line.unwrap().contains("read again")));
    queue(&world, "after");
    wait_for(&server, 2);
    terminated(child);
}

#[test]
fn mail_of_an_account_that_the_config_lacks_for_a_while_waits() {
    let server = Smtp::start();
    let world = World::new().config(&server.account("work"));
    queue(&world, "waits");
    // An editor empties the file before it writes it.
    let world = world.config("");
    world.run(["outbox", "run"]).fails(8);
    let item = world.run(["outbox", "show", "o1", "--json"]).ok().json();
    assert_eq!(item["state"], "ready", "{item}");
    let world = world.config(&server.account("work"));
    let world = world.env("COMMS_NOW", "2026-11-21T12:30:00Z");
    world.run(["outbox", "run"]).ok();
    assert_eq!(server.received().len(), 1);
}
