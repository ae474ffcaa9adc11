//! The policy through the binary: who may send what, to whom, how much and when.

use crate::support::smtp::Smtp;
use crate::support::{Run, World};

fn agent(world: World) -> World {
    world.env("COMMS_ORIGIN", "agent")
}

fn send(world: &World, to: &str) -> Run {
    world.run(["send", to, "-s", "x", "-m", "x", "--json"])
}

fn items(world: &World) -> Vec<serde_json::Value> {
    let all = world.run(["outbox", "list", "--all", "--json"]).ok().json();
    all["items"].as_array().unwrap().clone()
}

#[test]
fn what_an_agent_writes_is_held_with_its_rule() {
    let server = Smtp::start();
    let world = agent(World::new().config(&server.account("work")));
    let report = send(&world, "bob@example.com").fails(8).json();
    let item = &report["items"][0];
    assert_eq!(item["state"], "held");
    assert_eq!(item["held_by"], "policy.agent.default = hold");
    assert_eq!(report["retry"]["owner"], "comms");
    let hint = item["hint"].as_str().unwrap();
    assert!(hint.contains("comms outbox approve o1"), "{hint}");
    // Neither a drain nor another try lets it go.
    world.run(["outbox", "run"]).ok();
    let retry = world.run(["outbox", "retry", "o1"]).fails(6);
    assert!(retry.stderr.contains("comms outbox approve o1"), "{retry}");
    assert!(server.received().is_empty());
    // It may take back what it staged itself.
    world.run(["outbox", "cancel", "o1"]).ok();
}

#[test]
fn an_agents_draft_is_held_when_anyone_releases_it() {
    let server = Smtp::start();
    let world = agent(World::new().config(&server.account("work")));
    world
        .run(["send", "bob@example.com", "-s", "x", "-m", "x", "--draft"])
        .ok();
    assert_eq!(items(&world)[0]["state"], "draft");
    world.run(["outbox", "retry", "o1"]).fails(8);
    assert_eq!(items(&world)[0]["state"], "held");
    world
        .run(["send", "bob@example.com", "-s", "x", "-m", "x", "--draft"])
        .ok();
    let world = world.env("COMMS_ORIGIN", "script");
    world.run(["outbox", "retry", "o2"]).fails(8);
    assert_eq!(items(&world)[0]["held_by"], "policy.agent.default = hold");
    assert!(server.received().is_empty());
}

#[test]
fn an_agent_has_no_say_in_what_others_staged() {
    let server = Smtp::start();
    let world = World::new().config(&server.account("work"));
    world
        .run(["send", "bob@example.com", "-s", "x", "-m", "x", "--draft"])
        .ok();
    let world = agent(world);
    for args in [
        ["outbox", "cancel", "o1"],
        ["outbox", "retry", "o1"],
        ["outbox", "approve", "o1"],
        ["outbox", "reject", "o1"],
    ] {
        let run = world.run(args).fails(6);
        assert!(run.stderr.contains("agent"), "{run}");
        assert!(run.stderr.contains("hint:"), "{run}");
    }
    world.run(["outbox", "resolve", "o1", "--sent"]).fails(6);
    // To look is free.
    world.run(["outbox", "show", "o1"]).ok();
    assert_eq!(items(&world)[0]["state"], "draft");
}

#[test]
fn deny_beats_allow_and_a_refusal_stages_nothing() {
    let server = Smtp::start();
    let policy = "[policy.script]\nallow = [\"*@example.com\"]\ndeny = [\"boss@*\"]\n\
                  [policy.agent]\ndefault = \"refuse\"\nallow = \"bob@example.com\"\n";
    let world = World::new().config(&format!("{}{policy}", server.account("work")));
    for dry in [true, false] {
        let mut args = vec!["send", "BOSS@example.com", "-s", "x", "-m", "x"];
        args.extend(dry.then_some("--dry-run"));
        let run = world.run(args).fails(6);
        assert!(
            run.stderr
                .contains("policy.script.deny = boss@* (BOSS@example.com)"),
            "{run}"
        );
    }
    // The strictest recipient decides for all.
    world
        .run([
            "send",
            "ann@example.com",
            "--bcc",
            "boss@example.com",
            "-s",
            "x",
            "-m",
            "x",
        ])
        .fails(6);
    send(&world, "ann@example.com").ok();
    let world = agent(world);
    let run = send(&world, "ann@example.com").fails(6);
    assert!(
        run.stderr.contains("policy.agent.default = refuse"),
        "{run}"
    );
    send(&world, "Bob@Example.com").ok();
    assert_eq!(items(&world).len(), 2);
    assert_eq!(server.received().len(), 2);
}

#[test]
fn a_rule_that_came_later_stops_what_waits() {
    let server = Smtp::start();
    let account = server.account("work");
    let world = World::new().config(&account);
    world
        .run(["send", "bob@example.com", "-s", "x", "-m", "x", "--queue"])
        .ok();
    let world = world.config(&format!("{account}[policy.script]\ndeny = [\"bob@*\"]\n"));
    world.run(["outbox", "run", "--json"]).fails(6);
    let item = &items(&world)[0];
    assert_eq!(item["state"], "failed");
    assert!(
        item["error"]
            .as_str()
            .unwrap()
            .contains("policy.script.deny")
    );
    assert!(server.received().is_empty());
}

#[test]
fn a_dry_run_tells_the_rule() {
    let world = agent(World::new());
    let run = world
        .run([
            "send",
            "you@localhost",
            "-s",
            "x",
            "-m",
            "x",
            "--dry-run",
            "--json",
        ])
        .ok()
        .json();
    assert_eq!(run["items"][0]["state"], "held");
    assert_eq!(run["items"][0]["held_by"], "policy.agent.default = hold");
    let would = |more: &[&str]| {
        let send = ["send", "you@localhost", "-s", "x", "-m", "x", "--dry-run"];
        world
            .run([&send[..], &["--format", "table"], more].concat())
            .ok()
            .stdout
    };
    assert!(would(&[]).starts_with("would be held"), "{}", would(&[]));
    let draft = would(&["--draft"]);
    assert!(draft.starts_with("would be kept as a draft"), "{draft}");
    assert!(items(&world).is_empty());
}

#[test]
fn a_stranger_is_held_and_a_correspondent_is_not() {
    let server = Smtp::start();
    let policy = "[policy.agent]\ndefault = \"allow\"\nfirst_contact = \"hold\"\n";
    let world = World::new().config(&format!("{}{policy}", server.account("work")));
    send(&world, "bob@example.com").ok();
    let mail = "From: Cyd <cyd@example.com>\nTo: ada@example.com\nSubject: hi\n\
                Date: Fri, 20 Nov 2026 10:00:00 +0000\nMessage-ID: <a@b>\n\nhello\n";
    let file = world.file("cyd.eml", mail);
    world.run(["import", &file]).ok();
    let world = agent(world);
    send(&world, "BOB@example.com").ok();
    send(&world, "cyd@example.com").ok();
    let held = send(&world, "dan@example.com").fails(8).json();
    assert_eq!(
        held["items"][0]["held_by"],
        "policy.agent.first_contact = hold (dan@example.com)"
    );
}

#[test]
fn processes_at_once_keep_one_cap() {
    let server = Smtp::start();
    let policy = "[policy.agent]\ndefault = \"allow\"\nmax_per_hour = 3\n";
    let world = agent(World::new().config(&format!("{}{policy}", server.account("work"))));
    let children: Vec<_> = (0..8)
        .map(|n| {
            let to = format!("p{n}@example.com");
            world.spawn(["send", to.as_str(), "-s", "x", "-m", "x"])
        })
        .collect();
    let mut codes: Vec<_> = children
        .into_iter()
        .map(|c| c.wait_with_output().unwrap().status.code().unwrap())
        .collect();
    codes.sort_unstable();
    assert_eq!(codes, [0, 0, 0, 8, 8, 8, 8, 8]);
    assert_eq!(server.received().len(), 3);
    for item in items(&world).iter().filter(|i| i["state"] == "held") {
        assert_eq!(item["held_by"], "policy.agent.max_per_hour = 3");
    }
    // Others are not counted with it, and after an hour there is room again.
    let world = world.env("COMMS_ORIGIN", "script");
    send(&world, "q@example.com").ok();
    let world = agent(world).env("COMMS_NOW", "2026-11-21T13:00:01Z");
    send(&world, "r@example.com").ok();
    let many = [
        "send",
        "a@example.com",
        "b@example.com",
        "c@example.com",
        "-s",
        "x",
        "-m",
        "x",
    ];
    world.run(many).fails(8);
}

#[test]
fn quiet_hours_put_it_off_until_they_end_whatever_the_clocks_do() {
    let server = Smtp::start();
    let policy = "[policy.script]\nquiet_hours = \"22:00-07:00\"\nzone = \"Europe/Berlin\"\n";
    // The night in which clocks go back: 22:00-07:00 is ten hours long.
    let world = World::new()
        .config(&format!("{}{policy}", server.account("work")))
        .env("COMMS_NOW", "2026-10-24T21:30:00Z");
    let report = send(&world, "bob@example.com").fails(8).json();
    let item = &report["items"][0];
    assert_eq!(item["state"], "ready");
    assert_eq!(item["next_at"], "2026-10-25T06:00:00Z");
    assert_eq!(
        item["held_by"],
        "policy.script.quiet_hours = 22:00-07:00 Europe/Berlin"
    );
    let world = world.env("COMMS_NOW", "2026-10-25T05:59:59Z");
    world.run(["outbox", "run"]).ok();
    assert!(server.received().is_empty());
    let world = world.env("COMMS_NOW", "2026-10-25T06:00:00Z");
    world.run(["outbox", "run"]).ok();
    assert_eq!(server.received().len(), 1);
    // What was queued by day waits when a run comes by night.
    world
        .run(["send", "bob@example.com", "-s", "x", "-m", "x", "--queue"])
        .ok();
    let world = world.env("COMMS_NOW", "2026-10-25T23:00:00Z");
    world.run(["outbox", "run"]).fails(8);
    assert_eq!(items(&world)[0]["next_at"], "2026-10-26T06:00:00Z");
    assert_eq!(server.received().len(), 1);
}

#[test]
fn the_policy_in_force_is_shown_and_its_faults_have_a_place() {
    let world = World::new().config("[policy.agent]\ndefault = \"refuse\"\nmax_per_hour = 5\n");
    let schema = world.run(["schema", "--json"]).ok().json();
    assert_eq!(schema["policy"]["agent"], "refuse");
    assert_eq!(schema["policy"]["person"], "allow");
    assert_eq!(schema["policy"]["rules"][2]["max_per_hour"], 5);
    let shown = world.run(["config", "show", "--format", "plain"]).ok();
    assert!(
        shown
            .stdout
            .contains("policy.agent.max_per_hour\t5\tconfig.toml:3"),
        "{shown}"
    );
    for (line, words) in [
        ("default = \"hald\"", "did you mean `hold`?"),
        ("defualt = \"hold\"", "did you mean `default`?"),
        ("allow = [\"example.com\"]", "`*@example.com`"),
        ("max_per_hour = -1", "0 or more"),
        ("max_cost_per_month = \"20\"", "20 USD"),
        ("quiet_hours = \"22-7\"", "22:00-07:00"),
        (
            "quiet_hours = \"22:00-07:00\"\nzone = \"Mars\"",
            "Europe/Berlin",
        ),
    ] {
        let world = World::new().config(&format!("[policy.agent]\n{line}\n"));
        let run = world.run(["config", "show"]).fails(3);
        assert!(run.stderr.contains("config.toml:"), "{run}");
        assert!(run.stderr.contains(words), "{words}\n{run}");
    }
}

#[test]
fn what_is_held_keeps_its_time_and_quiet_hours_are_those_of_that_time() {
    let server = Smtp::start();
    let policy = "[policy.script]\nquiet_hours = \"11:00-13:00\"\n";
    let world = World::new().config(&format!("{}{policy}", server.account("work")));
    let at = |world: &World, time: &str| {
        world.run([
            "send",
            "bob@example.com",
            "-s",
            "x",
            "-m",
            "x",
            "--at",
            time,
            "--json",
        ])
    };
    // It is quiet now, but not then; and the other way round.
    let item = at(&world, "2026-11-21T15:00:00Z").ok().json()["items"][0].clone();
    assert_eq!(item["next_at"], "2026-11-21T15:00:00Z");
    assert!(item["held_by"].is_null(), "{item}");
    let item = at(&world, "2026-11-22T12:00:00Z").fails(8).json()["items"][0].clone();
    assert_eq!(item["next_at"], "2026-11-22T13:00:00Z");
    let world = agent(world);
    let item = at(&world, "2026-11-22T15:00:00Z").fails(8).json()["items"][0].clone();
    assert_eq!(item["state"], "held");
    assert_eq!(item["next_at"], "2026-11-22T15:00:00Z");
}

#[test]
fn an_agent_changes_no_account_no_login_and_nobodys_key() {
    let server = Smtp::start();
    let world = World::new().config(&format!(
        "{}{}",
        server.account("work"),
        server.account("other")
    ));
    world.run(["auth", "key", "add", "desk"]).ok();
    let config = || std::fs::read_to_string(world.home().join("config.toml")).unwrap();
    let before = config();
    for args in [
        &[
            "add",
            "evil",
            "--channel",
            "smtp",
            "--address",
            "me@evil.example",
            "--smtp",
            "127.0.0.1:1",
            "--tls",
            "none",
            "--auth",
            "none",
        ][..],
        &["default", "other"],
        &["rename", "work", "old"],
        &["remove", "work", "--forget", "--yes"],
        &["login", "work", "--stdin"],
        &["logout", "work"],
        &["move", "work", "--to", "file"],
        &["hook", "add", "desk"],
        &["hook", "rotate", "desk"],
        &["hook", "enable", "desk"],
        &["key", "add", "mine"],
        &["key", "revoke", "desk"],
    ] {
        let mut command = world.command();
        command.env("COMMS_ORIGIN", "agent").arg("auth").args(args);
        let run = command.output().unwrap();
        let said = String::from_utf8_lossy(&run.stderr);
        assert_eq!(run.status.code(), Some(6), "{args:?} {said}");
        assert!(
            said.contains("an agent may not") && said.contains("comms auth"),
            "{said}"
        );
        assert!(run.stdout.is_empty(), "{args:?}");
    }
    assert_eq!(config(), before);
    let keys = world.run(["auth", "key", "list", "--json"]).ok().json();
    assert_eq!(keys["keys"][0]["state"], "good", "{keys}");
    // To look is free.
    let world = agent(world);
    world.run(["auth", "list"]).ok();
    world.run(["auth", "key", "list"]).ok();
}

#[test]
fn who_is_denied_is_denied_in_every_spelling() {
    let server = Smtp::start();
    let policy = "[policy.script]\ndeny = [\"boss@example.com\", \"*@bücher.example\"]\n";
    let world = World::new().config(&format!("{}{policy}", server.account("work")));
    for to in [
        "boss@example.com",
        "\"boss\"@example.com",
        "x@Bücher.example",
        "x@xn--bcher-kva.example",
    ] {
        let run = send(&world, to).fails(6);
        assert!(run.stderr.contains("policy.script.deny"), "{run}");
    }
    send(&world, "bob@example.com").ok();
    world.run(["contacts", "optout", "carl@example.com"]).ok();
    send(&world, "\"carl\"@example.com").fails(6);
    assert_eq!(server.received().len(), 1);
}

#[test]
fn a_key_whose_repeats_are_counted_lets_nobody_pass_the_first_look() {
    let server = Smtp::start();
    let world = World::new().config(&server.account("work"));
    let queue = |world: &World, to: &str, more: &[&str]| {
        let args = [
            "send", to, "-s", "x", "-m", "x", "--key", "k", "--queue", "--json",
        ];
        world.run(args.iter().chain(more))
    };
    queue(&world, "ann@example.com", &[]).ok();
    let world = agent(world);
    let report = queue(&world, "bob@example.com", &["--once-per", "1h"])
        .fails(8)
        .json();
    assert_eq!(report["items"][0]["state"], "held", "{report}");
}

#[test]
fn an_answer_that_an_agent_leads_elsewhere_is_judged_like_a_recipient() {
    let server = Smtp::start();
    let config = server.account("work") + "[policy.agent]\nallow = [\"*@example.com\"]\n";
    let world = agent(World::new().config(&config));
    let send = |reply_to: &str| {
        let to = [
            "send",
            "bob@example.com",
            "-s",
            "x",
            "-m",
            "x",
            "--reply-to",
            reply_to,
        ];
        world.run(to)
    };
    send("evil@evil.example").fails(8);
    assert_eq!(items(&world)[0]["held_by"], "policy.agent.default = hold");
    world.run(["outbox", "run"]).ok();
    assert_eq!(server.received().len(), 0);
    send("carol@example.com").ok();
    assert_eq!(server.received().len(), 1);
    // A draft is judged once it is released.
    let draft = [
        "send",
        "bob@example.com",
        "-s",
        "x",
        "-m",
        "x",
        "--draft",
        "--reply-to",
        "evil@evil.example",
    ];
    world.run(draft).ok();
    world.run(["outbox", "retry", "o3"]).fails(8);
    assert_eq!(server.received().len(), 1);
    // One's own address leads nowhere else.
    let own = World::new().config(
        &(server
            .account("work")
            .replace("ada@example.com", "ada@own.example")
            + "[policy.agent]\nallow = [\"*@example.com\"]\ndeny = [\"*@denied.example\"]\n"),
    );
    let own = agent(own);
    let to = [
        "send",
        "bob@example.com",
        "-s",
        "x",
        "-m",
        "x",
        "--reply-to",
    ];
    own.run(to.iter().chain(&["Ada@own.example"])).ok();
    own.run(to.iter().chain(&["a@denied.example"])).fails(6);
}
