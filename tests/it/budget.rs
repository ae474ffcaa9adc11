//! Budgets through the binary: what the provider sees never exceeds them, and nothing waits for ever.

use std::time::{Duration, Instant};

use crate::support::World;
use crate::support::smtp::Smtp;

/// An account with these limits.
fn world(server: &Smtp, budget: &str) -> World {
    World::new().config(&format!("{}budget = {budget}\n", server.account("work")))
}

/// Runs with the true clock; the exit code.
fn run_now(world: &World, args: &[&str]) -> i32 {
    let mut command = world.command();
    command.env_remove("COMMS_NOW").args(args);
    let output = command.output().expect("the binary runs");
    let code = output.status.code().expect("no signal");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(matches!(code, 0 | 8), "{args:?}: {code}: {said}");
    code
}

/// The most that arrived within any stretch of this length.
fn most_within(mut arrivals: Vec<(Instant, usize)>, window: Duration) -> usize {
    arrivals.sort_by_key(|(at, _)| *at);
    let from = |n: usize| {
        let inside = arrivals[n..]
            .iter()
            .take_while(|(at, _)| at.duration_since(arrivals[n].0) <= window);
        inside.map(|(_, recipients)| recipients).sum::<usize>()
    };
    (0..arrivals.len()).map(from).max().unwrap_or(0)
}

fn arrivals(server: &Smtp) -> Vec<(Instant, usize)> {
    let received = server.received();
    received.iter().map(|m| (m.at, m.to.len())).collect()
}

#[test]
fn ten_processes_share_one_budget_and_all_they_send_arrives() {
    let server = Smtp::start();
    let world = world(&server, "[\"8/s\", \"12/2s\"]");
    let end = Instant::now() + Duration::from_secs(120);
    std::thread::scope(|scope| {
        for process in 0..10 {
            let (world, server) = (&world, &server);
            scope.spawn(move || {
                for n in 0..6 {
                    let subject = format!("{process}-{n}");
                    run_now(
                        world,
                        &["send", "bob@example.com", "-s", &subject, "-m", "x"],
                    );
                }
                while server.received().len() < 60 {
                    assert!(
                        Instant::now() < end,
                        "{} of 60 came",
                        server.received().len()
                    );
                    run_now(world, &["outbox", "run"]);
                    std::thread::sleep(Duration::from_millis(100));
                }
            });
        }
    });
    let arrived = arrivals(&server);
    let two = most_within(arrived.clone(), Duration::from_secs(2));
    let one = most_within(arrived.clone(), Duration::from_secs(1));
    let (first, last) = (
        arrived.iter().map(|a| a.0).min(),
        arrived.iter().map(|a| a.0).max(),
    );
    let took = last.zip(first).map(|(last, first)| last - first);
    println!("10 processes, 60 mails in {took:?}: at most {one} in 1 s (8), {two} in 2 s (12)");
    assert!(one <= 8, "{one} in a second");
    assert!(two <= 12, "{two} in two seconds");
    let mut subjects: Vec<_> = server
        .received()
        .iter()
        .map(|m| {
            m.data
                .lines()
                .find(|l| l.starts_with("Subject:"))
                .map(str::to_owned)
        })
        .collect();
    subjects.sort();
    subjects.dedup();
    assert_eq!((arrived.len(), subjects.len()), (60, 60));
}

#[test]
fn a_message_to_more_than_the_budget_goes_in_parts() {
    let server = Smtp::start();
    let world = world(&server, "\"120/2s\"");
    let people: Vec<String> = (0..250).map(|n| format!("p{n}@example.com")).collect();
    let mut args = vec!["send", "-s", "x", "-m", "x"];
    args.extend(people.iter().map(String::as_str));
    assert_eq!(run_now(&world, &args), 8);
    let end = Instant::now() + Duration::from_secs(60);
    while run_now(&world, &["outbox", "run"]) == 8
        || server.received().iter().map(|m| m.to.len()).sum::<usize>() < 250
    {
        assert!(Instant::now() < end, "{:?}", arrivals(&server));
        std::thread::sleep(Duration::from_millis(100));
    }
    let mut reached: Vec<_> = server.received().into_iter().flat_map(|m| m.to).collect();
    reached.sort();
    reached.dedup();
    assert_eq!(reached.len(), 250);
    let most = most_within(arrivals(&server), Duration::from_secs(2));
    assert!(most <= 120, "{most}");
    let shown = world.run(["outbox", "show", "o1", "--json"]).ok().json();
    assert_eq!(shown["state"], "sent");
    assert_eq!(shown["held_by"], serde_json::Value::Null);
    let attempts = shown["attempts"].as_array().unwrap();
    assert_eq!(attempts.len(), 3, "{attempts:?}");
    assert_eq!(attempts[0]["outcome"], "accepted in parts");
}

#[test]
fn what_a_budget_holds_back_waits_and_says_so() {
    let server = Smtp::start();
    let world = world(&server, "[\"2/min\"]");
    let send = |to: &str| world.run(["send", to, "-s", "x", "-m", "x", "--json"]);
    send("a@example.com").ok();
    send("b@example.com").ok();
    let held = send("c@example.com").fails(8).json();
    assert_eq!(held["retry"]["owner"], "comms");
    assert_eq!(held["retry"]["next_at"], "2026-11-21T12:01:00.001Z");
    let item = &held["items"][0];
    assert_eq!(item["held_by"], "budget 2/min of account work");
    assert_eq!(
        (&item["state"], &item["tries"]),
        (&"ready".into(), &0.into())
    );
    let refused = world
        .run(["send", "d@example.com", "-m", "x", "--no-queue", "--json"])
        .fails(7);
    assert_eq!(
        refused.json_error()["error"]["message"],
        "budget 2/min of account work: nothing more may leave before 2026-11-21T12:01:00.001Z"
    );
    // What was queued learns it all at once.
    for to in ["e@example.com", "f@example.com"] {
        world.run(["send", to, "-m", "x", "--queue"]).ok();
    }
    world.run(["outbox", "run"]).fails(8);
    let waiting = world.run(["outbox", "list", "--json"]).ok().json();
    let items = waiting["items"].as_array().unwrap();
    let held = items
        .iter()
        .filter(|i| i["held_by"] == "budget 2/min of account work");
    assert_eq!(held.count(), 3);
    let world = world.env("COMMS_NOW", "2026-11-21T12:01:01Z");
    world.run(["outbox", "run"]).fails(8);
    assert_eq!(server.received().len(), 4);
    // A clock that went back a year wins nothing, and loses no more than a minute.
    let world = world.env("COMMS_NOW", "2025-11-21T12:00:00Z");
    let held = world
        .run(["send", "g@example.com", "-m", "x", "--json"])
        .fails(8)
        .json();
    assert_eq!(held["retry"]["next_at"], "2025-11-21T12:01:00.001Z");
    assert_eq!(server.received().len(), 4);
}

#[test]
fn a_budget_is_read_as_it_is_written_and_a_wrong_one_is_an_error() {
    let server = Smtp::start();
    let shown = |budget: &str| {
        let run = world(&server, budget).run(["config", "show"]).ok().stdout;
        let line = run.lines().find(|l| l.contains("accounts.work.budget"));
        line.unwrap_or_default().to_owned()
    };
    assert!(shown("[\"60/minute\", \"2_000/day\"]").contains("60/min, 2000/day"));
    assert!(shown("\"none\"").contains("none"));
    assert!(shown("[]").contains("none"));
    for (budget, words) in [
        ("\"60\"", "`60` is not a budget"),
        ("[\"5/m\"]", "`5/m` is not a budget"),
        ("[\"1/min\", \"2/60s\"]", "limit the same time"),
        ("60", "`budget` wants a list"),
    ] {
        let run = world(&server, budget).run(["config", "show"]).fails(3);
        assert!(run.stderr.contains(words), "{run}");
        assert!(run.stderr.contains("config.toml:8:10"), "{run}");
    }
    for (host, address, wanted) in [
        ("smtp.gmail.com", "ada@gmail.com", "500/day"),
        ("smtp.gmail.com", "ada@example.com", "2000/day"),
        ("smtp.example.com", "ada@example.com", "none"),
    ] {
        let world = World::new().config(&format!(
            "[accounts.work]\nchannel = \"smtp\"\nsmtp = \"{host}\"\naddress = \"{address}\"\n"
        ));
        let run = world.run(["config", "show"]).ok();
        let line = run
            .stdout
            .lines()
            .find(|l| l.contains("accounts.work.budget"));
        assert!(line.is_some_and(|l| l.contains(wanted)), "{run}");
    }
}
