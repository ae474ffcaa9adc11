//! The audit log through the binary: it tells a whole life, and shows what was changed in it.

use std::process::Child;

use rusqlite::Connection;
use serde_json::Value;

use crate::support::World;
use crate::support::smtp::{Data, Script, Smtp};

fn send(world: &World, to: &str) -> i32 {
    let args = ["send", to, "-s", "plum subject", "-m", "plum text"];
    world.run(args).code
}

fn export(world: &World) -> Vec<Value> {
    let run = world.run(["outbox", "log", "--format", "jsonl"]);
    run.ok().jsonl()
}

fn events(lines: &[Value]) -> Vec<&str> {
    lines.iter().map(|l| l["event"].as_str().unwrap()).collect()
}

fn db(world: &World) -> Connection {
    Connection::open(world.home().join("comms.db")).unwrap()
}

/// Does this to the log, and gives what `--verify` says then.
fn after(sql: &str) -> String {
    let server = Smtp::start();
    let world = World::new().config(&server.account("work"));
    for n in 0..3 {
        send(&world, &format!("p{n}@x.example"));
    }
    world.run(["outbox", "log", "--verify"]).ok();
    db(&world).execute_batch(sql).unwrap();
    world.run(["outbox", "log", "--verify"]).fails(1).stderr
}

#[test]
fn the_log_tells_a_whole_life() {
    let server = Smtp::scripted(Script {
        data: Data::Close,
        ..Script::default()
    });
    let world = World::new().config(&server.account("work"));
    world
        .run(["send", "bob@x.example", "-m", "x", "--queue", "--key", "k1"])
        .ok();
    world.run(["outbox", "run"]);
    world.run(["outbox", "resolve", "o1", "--not-sent"]).ok();
    world.run(["outbox", "retry", "o1"]);
    world.run(["outbox", "resolve", "o1", "--not-sent"]).ok();
    world.run(["outbox", "cancel", "o1"]).ok();
    let lines = export(&world);
    let wanted = [
        "staged",
        "attempt",
        "resolved",
        "retried",
        "attempt",
        "resolved",
        "cancelled",
    ];
    assert_eq!(events(&lines), wanted);
    let staged = &lines[0];
    for (key, value) in [
        ("item", "o1"),
        ("send_key", "k1"),
        ("origin", "script"),
        ("account", "work"),
        ("state", "ready"),
    ] {
        assert_eq!(staged[key], value, "{key}");
    }
    assert_eq!(staged["people"][0]["address"], "bob@x.example");
    assert_eq!(staged["content_hash"].as_str().unwrap().len(), 64);
    assert_eq!(staged["cost"], Value::Null);
    assert_eq!(lines[1]["outcome"], "unknown");
    assert_eq!(lines[1]["state"], "unconfirmed");
    assert_eq!(lines[3]["origin"], "script");
    let one = world.run(["outbox", "log", "--item", "o1", "--limit", "2", "--json"]);
    let one = one.ok().json();
    assert_eq!(one["lines"][1]["event"], "cancelled");
    let page = world.run([
        "outbox",
        "log",
        "--since",
        "2020-01-01",
        "--limit",
        "2",
        "--json",
    ]);
    let page = page.ok().json();
    assert_eq!(
        (&page["lines"][0]["n"], &page["next"]),
        (&1.into(), &"2".into())
    );
}

#[test]
fn what_a_rule_held_or_refused_names_the_rule_and_the_agent() {
    let server = Smtp::start();
    let config = "[policy.agent]\ndeny = [\"*@never.example\"]\n";
    let world = World::new()
        .config(&format!("{}\n{config}", server.account("work")))
        .env("COMMS_ORIGIN", "agent");
    assert_eq!(send(&world, "a@x.example"), 8);
    assert_eq!(send(&world, "b@never.example"), 6);
    world.run(["outbox", "cancel", "o1"]).ok();
    let lines = export(&world);
    assert_eq!(events(&lines), ["staged", "held", "refused", "cancelled"]);
    for line in &lines {
        assert_eq!(line["origin"], "agent");
        assert!(line["rule"].is_string(), "{line}");
    }
    assert_eq!(lines[2]["people"][0]["address"], "b@never.example");
    world.run(["outbox", "log", "--verify"]).ok();
}

#[test]
fn a_line_that_was_changed_removed_or_moved_shows() {
    for (sql, says) in [
        (
            "UPDATE audit SET line = replace(line, 'p1@', 'p7@') || ' ' WHERE n = 3",
            "at line 3",
        ),
        (
            "UPDATE audit SET private = replace(private, 'p1@', 'p7@') WHERE n = 3",
            "at line 3",
        ),
        ("UPDATE audit SET private = NULL WHERE n = 3", "at line 3"),
        ("UPDATE audit SET at = at + 1 WHERE n = 2", "at line 2"),
        ("DELETE FROM audit WHERE n = 1", "at line 1: it is missing"),
        ("DELETE FROM audit WHERE n = 4", "at line 4: it is missing"),
        ("DELETE FROM audit WHERE n > 4", "at line 5: it is missing"),
        ("DELETE FROM audit", "at line 1: it is missing"),
        (
            "UPDATE audit SET n = 99 WHERE n = 2; UPDATE audit SET n = 2 WHERE n = 3; UPDATE audit SET n = 3 WHERE n = 99",
            "at line 2",
        ),
        (
            "DELETE FROM audit WHERE n = 2; UPDATE audit SET n = n - 1 WHERE n > 2; UPDATE audit_head SET count = count - 1",
            "at line 2",
        ),
        ("UPDATE audit_head SET count = 4", "at line 5: it was added"),
        ("UPDATE audit_head SET hash = zeroblob(32)", "at line 6"),
    ] {
        let said = after(sql);
        assert!(said.contains(says), "{sql}\n{said}");
    }
}

#[test]
fn the_doctor_sees_that_lines_are_missing() {
    let server = Smtp::start();
    let world = World::new().config(&server.account("work"));
    send(&world, "a@x.example");
    let audit = || {
        let report = world.run(["doctor", "--offline", "--json"]).json();
        let checks = report["checks"].as_array().unwrap().clone();
        let check = checks.into_iter().find(|c| c["name"] == "audit").unwrap();
        check["state"].as_str().unwrap().to_owned()
    };
    assert_eq!(audit(), "ok");
    db(&world)
        .execute("DELETE FROM audit WHERE n = 2", [])
        .unwrap();
    assert_eq!(audit(), "fault");
}

#[test]
fn what_was_kept_elsewhere_shows_a_log_cut_off_with_its_count() {
    let server = Smtp::start();
    let world = World::new().config(&server.account("work"));
    send(&world, "a@x.example");
    let early = world
        .run(["outbox", "log", "--verify", "--json"])
        .ok()
        .json();
    send(&world, "b@x.example");
    let late = world
        .run(["outbox", "log", "--verify", "--json"])
        .ok()
        .json();
    let known = |report: &Value| {
        let head = report["head"].as_str().unwrap();
        let known = format!("{}:{head}", report["count"]);
        world.run(["outbox", "log", "--verify", "--known", &known])
    };
    known(&early).ok();
    known(&late).ok();
    db(&world)
        .execute_batch(
            "DELETE FROM audit WHERE n > 2;
             UPDATE audit_head SET count = 2, hash = (SELECT hash FROM audit WHERE n = 2)",
        )
        .unwrap();
    world.run(["outbox", "log", "--verify"]).ok();
    known(&early).ok();
    known(&late).fails(1);
}

#[test]
fn the_export_can_be_checked_without_comms() {
    let server = Smtp::start();
    let world = World::new().config(&server.account("work"));
    for to in ["a@x.example", "b@bounce.example", "c@slow.example"] {
        send(&world, to);
    }
    let lines = export(&world);
    assert_eq!(lines.len(), 6);
    let mut before = "0".repeat(64);
    for row in &lines {
        let text = |key: &str| row[key].as_str().unwrap();
        assert_eq!(text("prev"), before);
        let hash = blake3::hash(format!("{before}{}", text("line")).as_bytes());
        assert_eq!(text("hash"), hash.to_hex().as_str());
        let private = blake3::hash(text("private").as_bytes());
        assert_eq!(text("private_hash"), private.to_hex().as_str());
        // The columns say what the hashed line says.
        let line: Value = serde_json::from_str(text("line")).unwrap();
        for (key, value) in line.as_object().unwrap() {
            assert_eq!(&row[key], value, "{key}");
        }
        before = text("hash").to_owned();
    }
    let head = world
        .run(["outbox", "log", "--verify", "--json"])
        .ok()
        .json();
    assert_eq!(head["head"], before.as_str());
}

#[test]
fn ten_processes_write_one_chain() {
    let server = Smtp::start();
    let world = World::new().config(&server.account("work"));
    let started: Vec<Child> = (0..10)
        .map(|n| world.spawn(["send", &format!("p{n}@x.example"), "-m", "x"]))
        .collect();
    for mut child in started {
        assert!(child.wait().unwrap().success());
    }
    let report = world
        .run(["outbox", "log", "--verify", "--json"])
        .ok()
        .json();
    assert_eq!(report["count"], 20);
}

#[test]
fn text_is_in_it_only_if_the_config_says_so_and_a_secret_never() {
    let server = Smtp::start();
    let silent = World::new().config(&server.account("work"));
    send(&silent, "a@x.example");
    assert_eq!(everything(&silent).matches("plum").count(), 0);
    let telling = World::new()
        .config(&format!(
            "{}\n[audit]\ntext = true\n",
            server.account("work")
        ))
        .env("COMMS_SECRET_WORK", "hunter2");
    send(&telling, "a@x.example");
    let lines = export(&telling);
    assert_eq!(lines[0]["subject"], "plum subject");
    assert_eq!(lines[0]["text"].as_str().unwrap().trim(), "plum text");
    assert!(!everything(&telling).contains("hunter2"));
}

/// All that the log holds.
fn everything(world: &World) -> String {
    let db = db(world);
    let mut statement = db
        .prepare("SELECT line || coalesce(private, '') FROM audit")
        .unwrap();
    let rows = statement
        .query_map([], |row| row.get::<_, String>(0))
        .unwrap();
    rows.map(Result::unwrap).collect()
}

#[test]
fn what_is_purged_leaves_the_log_too_and_the_chain_holds() {
    let server = Smtp::start();
    let world = World::new().config(&server.account("work"));
    send(&world, "gone@x.example");
    send(&world, "stays@x.example");
    world.run(["purge", "gone@x.example", "--yes"]).ok();
    assert!(!everything(&world).contains("gone@"));
    assert!(everything(&world).contains("stays@"));
    let lines = export(&world);
    assert_eq!(events(&lines).last(), Some(&"erased"));
    assert_eq!(lines[0]["erased"], true);
    world.run(["outbox", "log", "--verify"]).ok();
}

/// What a rule held, what it refused, what was an alert, and all of it with the text.
fn of_zoe(server: &Smtp) -> World {
    let config = "[policy.script]\nfirst_contact = \"hold\"\ndeny = [\"*@never.example\"]\n\
                  [audit]\ntext = true\n[retention]\noutbox = \"1y\"\n";
    let world = World::new().config(&format!("{}\n{config}", server.account("work")));
    let alert = [
        "send",
        "Zoe@x.example",
        "-s",
        "x",
        "-m",
        "plum",
        "--thread-key",
        "disk",
    ];
    world.run(alert).fails(8);
    world.run(["outbox", "cancel", "o1"]).ok();
    assert_eq!(send(&world, "zoe@never.example"), 6);
    world
}

#[test]
fn whom_a_rule_named_is_erased_and_what_is_hashed_never_says_it() {
    let server = Smtp::start();
    let world = of_zoe(&server);
    let lines = export(&world);
    assert_eq!(events(&lines), ["staged", "held", "cancelled", "refused"]);
    for line in &lines {
        assert!(!line["line"].as_str().unwrap().contains("zoe@"), "{line}");
    }
    assert_eq!(lines[1]["rule"], "policy.script.first_contact = hold (…)");
    let whole = "policy.script.first_contact = hold (Zoe@x.example)";
    assert_eq!(lines[1]["words"], whole);
    let why = lines[3]["words"].as_str().unwrap();
    assert!(
        why.contains("deny = *@never.example (zoe@never.example)"),
        "{why}"
    );
    for (address, items) in [("zoe@x.example", 1), ("zoe@never.example", 0)] {
        let report = world.run(["purge", address, "--yes", "--json"]).ok().json();
        assert_eq!(report["outbox_items"], items, "{report}");
        assert_eq!(report["log_lines"], 1 - items, "{report}");
    }
    let rows = |sql: &str| -> String {
        let db = db(&world);
        let mut statement = db.prepare(sql).unwrap();
        let rows = statement
            .query_map([], |row| row.get::<_, String>(0))
            .unwrap();
        rows.map(Result::unwrap).collect()
    };
    let left = [
        everything(&world),
        rows("SELECT people FROM thread_keys"),
        rows("SELECT coalesce(held_by, '') FROM items"),
    ];
    for text in left {
        let text = text.to_lowercase();
        assert!(!text.contains("zoe@") && !text.contains("plum"), "{text}");
    }
    let lines = export(&world);
    assert_eq!(events(&lines)[4..], ["erased", "erased"]);
    assert_eq!(lines[5]["erases"], serde_json::json!([4]));
    assert_eq!(lines[3]["erased"], true);
    world.run(["outbox", "log", "--verify"]).ok();
    // Who takes out the people of a line that no other names is found out.
    assert_eq!(send(&world, "zoe@never.example"), 6);
    db(&world)
        .execute("UPDATE audit SET private = NULL WHERE n = 7", [])
        .unwrap();
    let broken = world.run(["outbox", "log", "--verify"]).fails(1);
    assert!(broken.stderr.contains("line 7"), "{broken}");
}

#[test]
fn what_was_refused_is_given_up_with_the_outbox() {
    let server = Smtp::start();
    let world = of_zoe(&server).env("COMMS_NOW", "2028-11-21T12:00:00Z");
    let report = world
        .run(["purge", "--expired", "--yes", "--json"])
        .ok()
        .json();
    assert_eq!(report["log_lines"], 1, "{report}");
    assert!(!everything(&world).contains("plum"));
    world.run(["outbox", "log", "--verify"]).ok();
}
