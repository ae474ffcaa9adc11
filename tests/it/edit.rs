//! `comms outbox edit`: what did not leave can be changed, and nothing else.

use crate::support::World;
use crate::support::smtp::{Data, Script, Smtp};

fn draft(world: &World, more: &[&str]) -> String {
    let args = [
        "send",
        "bob@x.example",
        "-s",
        "Old",
        "-m",
        "old text",
        "--json",
    ];
    let run = world.run(args.iter().chain(more)).ok().json();
    run["items"][0]["id"].as_str().unwrap().to_owned()
}

#[test]
fn an_edit_changes_what_was_said_and_keeps_the_rest_to_the_byte() {
    let server = Smtp::start();
    let world = World::new().config(&server.account("work"));
    let file = world.file("a.bin", (0u8..=255).cycle().take(5000).collect::<Vec<u8>>());
    let id = draft(
        &world,
        &[
            "--queue",
            "--attach",
            &file,
            "--cc",
            "cy@x.example",
            "--bcc",
            "dan@x.example",
        ],
    );
    let before = world.run(["outbox", "show", &id, "--json"]).ok().json();
    let args = [
        "outbox",
        "edit",
        &id,
        "-s",
        "New",
        "-m",
        "new text",
        "--to",
        "eve@x.example",
        "--json",
    ];
    let after = world.run(args).ok().json();
    assert_eq!(after["subject"], "New");
    assert_eq!(after["message_id"], before["message_id"]);
    assert_eq!(after["attachments"], before["attachments"]);
    world.run(["outbox", "run"]).ok();
    let got = server.received();
    assert_eq!(got.len(), 1);
    let mut to = got[0].to.clone();
    to.sort();
    assert_eq!(to, ["cy@x.example", "dan@x.example", "eve@x.example"]);
    let data = &got[0].data;
    assert!(
        data.contains("new text") && !data.contains("old text") && !data.contains("dan@"),
        "{data}"
    );
    let head = |data: &str, name: &str| {
        data.lines()
            .find(|l| l.starts_with(name))
            .unwrap()
            .to_owned()
    };
    assert!(head(data, "Message-ID").contains(before["message_id"].as_str().unwrap()));
    let headers = before["rendered"]["headers"].as_str().unwrap();
    assert_eq!(head(data, "X-Comms-Id"), head(headers, "X-Comms-Id"));
    let eml = world.file("got.eml", data);
    world.run(["import", &eml]).ok();
    let saved = world.dir().join("saved");
    std::fs::create_dir_all(&saved).unwrap();
    world
        .run(["inbox", "save", "m1", "--to", saved.to_str().unwrap()])
        .ok();
    assert_eq!(
        std::fs::read(saved.join("a.bin")).unwrap(),
        std::fs::read(&file).unwrap()
    );
}

#[test]
fn each_state_says_whether_and_why_not() {
    let server = Smtp::start();
    let world = World::new().config(&server.account("work"));
    let edit = |id: &str| world.run(["outbox", "edit", id, "-s", "New"]);
    let id = draft(&world, &["--draft"]);
    edit(&id).ok();
    assert_eq!(
        world.run(["outbox", "show", &id, "--json"]).ok().json()["state"],
        "draft"
    );
    let id = draft(&world, &["--queue"]);
    edit(&id).ok();
    world.run(["outbox", "cancel", &id]).ok();
    let run = edit(&id).fails(2);
    assert!(
        run.stderr.contains("was cancelled: it can't be edited"),
        "{}",
        run.stderr
    );
    let id = draft(&world, &[]);
    let run = edit(&id).fails(2);
    assert!(
        run.stderr.contains("was sent: it can't be edited"),
        "{}",
        run.stderr
    );
    world.run(["outbox", "edit", "o99", "-s", "x"]).fails(5);
    let id = draft(&world, &["--queue"]);
    world.run(["outbox", "edit", &id]).fails(2);
    world
        .run(["outbox", "edit", &id, "-s", "a\r\nBcc: eve@x.example"])
        .fails(2);
    world
        .run(["outbox", "edit", &id, "--to", "you@localhost"])
        .fails(2);
    let run = world
        .run(["outbox", "edit", &id, "--at", "2026-11-22 09:00", "--json"])
        .ok()
        .json();
    assert!(
        run["next_at"].as_str().unwrap().starts_with("2026-11-22"),
        "{run}"
    );
    let server = Smtp::scripted(Script {
        data: Data::Close,
        ..Script::default()
    });
    let world = World::new().config(&server.account("work"));
    let run = world
        .run(["send", "bob@x.example", "-s", "x", "-m", "y", "--json"])
        .fails(10)
        .json();
    let id = run["items"][0]["id"].as_str().unwrap();
    let run = world.run(["outbox", "edit", id, "-s", "New"]).fails(2);
    assert!(run.stderr.contains("may have been sent"), "{}", run.stderr);
}

#[test]
fn an_edited_item_is_judged_again_and_an_agent_edits_only_its_own() {
    let server = Smtp::start();
    let world = World::new().config(&server.account("work"));
    let own = draft(&world, &["--draft"]);
    let agent = |args: &[&str]| {
        let mut command = world.command();
        command.env("COMMS_ORIGIN", "agent").args(args);
        command.output().unwrap()
    };
    let out = agent(&["outbox", "edit", &own, "-s", "x"]);
    assert_eq!(out.status.code(), Some(6), "{out:?}");
    let out = agent(&["send", "bob@x.example", "-s", "Old", "-m", "old", "--json"]);
    let report: serde_json::Value = serde_json::from_slice(&out.stdout).unwrap();
    assert_eq!(report["items"][0]["state"], "held");
    let id = report["items"][0]["id"].as_str().unwrap().to_owned();
    let out = agent(&["outbox", "edit", &id, "-s", "New", "--json"]);
    let report: serde_json::Value = serde_json::from_slice(&out.stdout).unwrap();
    assert_eq!(
        (&report["state"], &report["subject"]),
        (&"held".into(), &"New".into())
    );
    world.run(["outbox", "edit", &id, "-m", "other"]).ok();
    assert_eq!(
        world.run(["outbox", "show", &id, "--json"]).ok().json()["state"],
        "held"
    );
    assert_eq!(server.received().len(), 0);
}

#[test]
fn what_another_process_is_sending_is_left_alone() {
    let server = Smtp::scripted(Script {
        data: Data::Late(3000),
        ..Script::default()
    });
    let world = World::new().config(&server.account("work"));
    let id = draft(&world, &["--queue"]);
    let mut child = world.spawn(["outbox", "run"]);
    server.wait_for("DATA");
    let run = world.run(["outbox", "edit", &id, "-m", "new text"]);
    assert!(
        run.stderr.contains("is being sent: it can't be edited"),
        "{}",
        run.stderr
    );
    assert!(child.wait().unwrap().success());
    let got = server.received();
    assert_eq!(got.len(), 1);
    assert!(got[0].data.contains("old text"));
}

#[test]
fn an_edit_that_would_leave_nobody_is_refused() {
    let server = Smtp::start();
    let world = World::new().config(&server.account("work"));
    let id = draft(&world, &["--queue"]);
    for empty in ["", " "] {
        let run = world.run(["outbox", "edit", &id, "--to", empty]).fails(2);
        assert!(run.stderr.contains("nobody"), "{}", run.stderr);
    }
    world.run(["outbox", "run"]).ok();
    assert_eq!(server.received()[0].to, ["bob@x.example"]);
    // A copy may go without another in its place.
    let id = draft(&world, &["--queue", "--cc", "cy@x.example"]);
    world.run(["outbox", "edit", &id, "--cc", ""]).ok();
    world.run(["outbox", "run"]).ok();
    assert_eq!(server.received()[1].to, ["bob@x.example"]);
}

#[test]
fn a_draft_gets_no_time_at_which_it_would_not_go() {
    let server = Smtp::start();
    let world = World::new().config(&server.account("work"));
    let id = draft(&world, &["--draft"]);
    let run = world.run(["outbox", "edit", &id, "--at", "in 1h"]).fails(2);
    assert!(run.stderr.contains("is a draft"), "{}", run.stderr);
    let item = world.run(["outbox", "show", &id, "--json"]).ok().json();
    assert!(item["next_at"].is_null(), "{item}");
}
