//! Fallbacks through the binary: what certainly was not sent goes through another account, once; nothing else does.

use serde_json::Value;

use super::circuit::{account, dead_port};
use crate::support::mail::{ANN, Mail};
use crate::support::serving::Serving;
use crate::support::smtp::{Data, Script, Smtp};
use crate::support::{Run, World};

/// `work` on this port, which falls back to `backup` on that server.
fn world(port: u16, backup: &Smtp) -> World {
    let work = account("work", port);
    World::new().config(&format!(
        "[defaults]\nemail = \"work\"\n[outbox]\ncircuit_after = 2\n{work}fallback = \"backup\"\n{}",
        account("backup", backup.port)
    ))
}

fn send(world: &World, to: &[&str]) -> Run {
    let mut args = vec!["send", "-s", "x", "-m", "x", "--json"];
    args.extend(to);
    world.run(args)
}

fn item(world: &World, id: &str) -> Value {
    world.run(["outbox", "show", id, "--json"]).ok().json()
}

fn outcomes(item: &Value) -> Vec<&str> {
    let attempts = item["attempts"].as_array().unwrap();
    attempts
        .iter()
        .map(|a| a["outcome"].as_str().unwrap())
        .collect()
}

#[test]
fn while_its_own_account_is_left_alone_another_sends() {
    let backup = Smtp::start();
    let world = world(dead_port(), &backup);
    send(&world, &["bob@example.com"]).fails(8);
    assert!(backup.received().is_empty());
    // The fault that opens the circuit is the last that is waited for.
    let second = send(&world, &["bob@example.com"]).ok().json();
    assert_eq!(second["items"][0]["moved_from"], "work");
    assert_eq!(outcomes(&item(&world, "o2"))[1..], ["moved", "accepted"]);
    let sent = send(&world, &["bob@example.com"]).ok().json();
    let told = &sent["items"][0];
    assert_eq!(
        (&told["account"], &told["moved_from"]),
        (&"backup".into(), &"work".into())
    );
    assert!(
        sent["warnings"][0]
            .as_str()
            .unwrap()
            .contains("instead of `work`"),
        "{sent}"
    );
    let received = backup.received();
    assert_eq!(received[1].from, "backup@example.com");
    assert!(
        received[1].data.contains("From: <work@example.com>"),
        "{}",
        received[1].data
    );
    let id = told["message_id"].as_str().unwrap();
    assert!(received[1].data.contains(id));
    let shown = item(&world, "o3");
    assert_eq!(outcomes(&shown), ["moved", "accepted"]);
    assert_eq!(shown["tries"], 1);
    // What waited for its next try goes the same way, also the one that finds out that the server is not back.
    let world = world.env("COMMS_NOW", "2026-11-21T12:10:00Z");
    world.run(["outbox", "run"]);
    let world = world.env("COMMS_NOW", "2026-11-21T12:30:00Z");
    world.run(["outbox", "run"]);
    assert_eq!(item(&world, "o1")["account"], "backup");
    let mut ids: Vec<_> = backup.received().iter().map(|m| m.data.clone()).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(
        ids.len(),
        backup.received().len(),
        "something was sent twice"
    );
}

#[test]
fn a_login_that_is_refused_or_missing_is_no_reason_to_wait() {
    let backup = Smtp::start();
    let refusing = Smtp::scripted(Script {
        offers: Some(&["AUTH PLAIN LOGIN"]),
        auth: &["535 5.7.8 no such login"],
        ..Script::default()
    });
    for secret in [Some("wrong"), None] {
        let before = backup.received().len();
        let mut world = world(refusing.port, &backup);
        let path = world.home().join("config.toml");
        let config = std::fs::read_to_string(&path).unwrap();
        let config = config.replacen("auth = \"none\"", "auth = \"password\"", 1);
        std::fs::write(&path, config).unwrap();
        if let Some(secret) = secret {
            world = world.env("COMMS_SECRET_WORK", secret);
        }
        let sent = send(&world, &["bob@example.com"]).ok().json();
        assert_eq!(sent["items"][0]["account"], "backup");
        assert_eq!(backup.received().len(), before + 1);
        let shown = item(&world, "o1");
        assert_eq!(outcomes(&shown), ["moved", "accepted"]);
    }
}

#[test]
fn what_exhausted_its_attempts_moves_and_only_those_who_wait() {
    let backup = Smtp::start();
    let server = Smtp::start();
    let world = world(server.port, &backup);
    let to = ["bob@example.com", "a@bounce.example", "a@slow.example"];
    send(&world, &to).fails(8);
    let world = world.env("COMMS_NOW", "2026-11-22T12:00:00Z");
    world.run(["outbox", "run"]).fails(8);
    assert!(backup.commands().is_empty());
    let world = world.env("COMMS_NOW", "2026-11-28T12:00:00Z");
    world.run(["outbox", "run"]).fails(8);
    let asked: Vec<_> = backup
        .commands()
        .into_iter()
        .filter(|c| c.starts_with("RCPT"))
        .collect();
    assert_eq!(asked, ["RCPT TO:<a@slow.example>"]);
    assert_eq!(item(&world, "o1")["moved_from"], "work");
    // A new account, a new series of tries; but no third account and no way back.
    let world = world.env("COMMS_NOW", "2026-11-29T12:00:00Z");
    world.run(["outbox", "run"]).fails(8);
    let world = world.env("COMMS_NOW", "2026-12-05T12:00:00Z");
    world.run(["outbox", "run"]).fails(9);
    assert_eq!(server.received().len(), 1);
    // Who wants nothing kept gets the fallback at once.
    let world = World::new().config(&format!(
        "{}fallback = \"backup\"\n{}[defaults]\nemail = \"work\"\n",
        account("work", dead_port()),
        account("backup", backup.port)
    ));
    send(&world, &["bob@example.com", "--no-queue"]).ok();
    assert_eq!(backup.received().len(), 1);
}

#[test]
fn what_may_have_been_sent_or_was_refused_never_moves() {
    let backup = Smtp::start();
    let server = Smtp::start();
    let world = world(server.port, &backup);
    send(&world, &["a@bounce.example"]).fails(6);
    let to = ["a@slow.example", "a@silent.example", "--no-queue"];
    send(&world, &to).fails(10);
    let closing = Smtp::scripted(Script {
        data: Data::Close,
        ..Script::default()
    });
    let world = self::world(closing.port, &backup);
    send(&world, &["bob@example.com"]).fails(10);
    send(&world, &["bob@example.com"]).fails(10);
    // The circuit is open now: those in doubt stay in doubt.
    world.run(["outbox", "run"]);
    assert_eq!(item(&world, "o1")["state"], "unconfirmed");
    assert!(backup.commands().is_empty(), "{:?}", backup.commands());
    send(&world, &["bob@example.com"]).ok();
    assert_eq!(backup.received().len(), 1);
}

#[test]
fn a_budget_that_is_used_up_moves_nothing() {
    let backup = Smtp::start();
    let server = Smtp::start();
    let world = World::new().config(&format!(
        "{}fallback = \"backup\"\nbudget = \"1/day\"\n{}[defaults]\nemail = \"work\"\n",
        account("work", server.port),
        account("backup", backup.port)
    ));
    send(&world, &["bob@example.com"]).ok();
    send(&world, &["bob@example.com"]).fails(8);
    send(&world, &["bob@example.com", "--no-queue"]).fails(7);
    assert!(backup.commands().is_empty());
}

#[test]
fn a_fallback_that_leads_nowhere_or_back_is_an_error_with_its_place() {
    let three = |a: &str, b: &str, c: &str| {
        let one = |name: &str, to: &str| {
            let line = match to {
                "" => String::new(),
                to => format!("fallback = \"{to}\"\n"),
            };
            format!("{}{line}", account(name, 25))
        };
        let config = format!("{}{}{}", one("aa", a), one("bb", b), one("cc", c));
        World::new().config(&config).run(["config", "show"])
    };
    let shown = three("bb", "cc", "").ok();
    assert!(shown.stdout.contains("accounts.aa.fallback"), "{shown}");
    for (a, b, c, words) in [
        (
            "aa",
            "",
            "",
            "config.toml:7:12: the fallbacks go in a circle: aa → aa",
        ),
        (
            "bb",
            "aa",
            "",
            "config.toml:7:12: the fallbacks go in a circle: aa → bb → aa",
        ),
        ("bb", "cc", "aa", "in a circle: aa → bb → cc → aa"),
        ("dd", "", "", "there is no account `dd`"),
        ("local", "", "", "account `local` can't send to everyone"),
    ] {
        let run = three(a, b, c).fails(3);
        assert!(run.stderr.contains(words), "{run}");
    }
}

#[test]
fn a_renamed_account_is_still_the_fallback() {
    let backup = Smtp::start();
    let world = world(dead_port(), &backup);
    world.run(["auth", "rename", "backup", "spare"]).ok();
    let shown = world.run(["config", "show"]).ok();
    let line = shown.stdout.lines().find(|l| l.contains("work.fallback"));
    assert!(line.is_some_and(|l| l.contains("spare")), "{shown}");
}

#[test]
fn the_copy_goes_to_sent_of_the_account_it_was_written_for() {
    let Some(mail) = Mail::start() else { return };
    let backup = Smtp::start();
    let work: String = mail
        .account("work")
        .lines()
        .map(|line| match line.starts_with("smtp = ") {
            true => format!("smtp = \"127.0.0.1:{}\"\n", dead_port()),
            false => format!("{line}\n"),
        })
        .collect();
    let world = World::new().config(&format!(
        "{work}fallback = \"backup\"\n{}[defaults]\nemail = \"work\"\n",
        account("backup", backup.port)
    ));
    let sent = send(&world, &["bob@example.com", "--no-queue"]).ok().json();
    assert_eq!(sent["items"][0]["account"], "backup");
    assert_eq!(sent["items"][0]["filed"], true, "{sent}");
    assert_eq!(backup.received().len(), 1);
    let mut ann = mail.client(ANN);
    let said = ann.run("SELECT Sent");
    assert!(said.contains("* 1 EXISTS"), "{said}");
}

/// The loop of `serve` knows all accounts; whoever staged it did not.
#[test]
fn what_a_limited_key_staged_never_leaves_by_an_account_it_lacks() {
    let backup = Smtp::start();
    let world = world(dead_port(), &backup);
    for (name, limits) in [("one", &["--account", "work"][..]), ("both", &[])] {
        let args = [&["auth", "key", "add", name, "--scope", "send"], limits].concat();
        let made = world.run(args).ok();
        let bearer = format!("Bearer {}", made.stdout.trim());
        let serving = Serving::with(&world, &["--only", "api"]);
        let letter = serde_json::json!({"to": [format!("{name}@example.com")], "subject": "x", "text": name});
        let answer = serving.post(
            "/v1/messages",
            &[("authorization", &bearer)],
            letter.to_string().as_bytes(),
        );
        assert!([200, 202].contains(&answer.status), "{answer:?}");
    }
    // Later, by whoever sends what is due.
    let world = world.env("COMMS_NOW", "2026-11-21T12:10:00Z");
    world.run(["outbox", "run"]);
    let world = world.env("COMMS_NOW", "2026-11-21T13:30:00Z");
    world.run(["outbox", "run"]);
    let received = backup.received();
    assert!(
        received.iter().all(|m| m.to == ["both@example.com"]),
        "{received:?}"
    );
    let (one, both) = (item(&world, "o1"), item(&world, "o2"));
    assert_eq!(one["account"], "work", "{one}");
    assert_eq!(both["account"], "backup", "{both}");
}
