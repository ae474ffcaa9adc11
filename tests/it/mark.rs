//! Marks, through the binary.

use std::path::PathBuf;

use serde_json::Value;

use crate::inbox::{filled, inbox, subjects};
use crate::support::World;

/// The message with this subject.
fn message(world: &World, subject: &str) -> Value {
    let query = format!("subject:\"{subject}\"");
    let found = world.run(["search", &query, "--json"]).ok().json();
    let all = found["messages"].as_array().unwrap();
    all.iter()
        .find(|m| m["subject"] == subject)
        .unwrap_or_else(|| panic!("no {subject} in {found}"))
        .clone()
}

pub fn id(world: &World, subject: &str) -> String {
    message(world, subject)["id"].as_str().unwrap().to_owned()
}

#[test]
fn marks_change_messages_and_whole_threads() {
    let world = filled();
    inbox(&world, &[]).ok();
    let beta = id(&world, "Beta");
    let marked = world
        .run(["inbox", "mark", &beta, "--unread", "--star", "--json"])
        .ok()
        .json();
    assert_eq!(marked["schema"], "comms.mark/1");
    assert_eq!(marked["dry_run"], false);
    let row = &marked["messages"][0];
    assert_eq!(
        (&row["unread"], &row["starred"]),
        (&true.into(), &true.into())
    );
    // The file says it, too.
    assert!(path(&world, "Mail", "Beta").unwrap().ends_with(":2,F"));

    let thread = message(&world, "Alpha")["thread"]
        .as_str()
        .unwrap()
        .to_owned();
    let marked = world
        .run([
            "inbox", "mark", &thread, &beta, &beta, "--read", "--unstar", "--json",
        ])
        .ok()
        .json();
    let rows = marked["messages"].as_array().unwrap();
    assert_eq!(rows.len(), 4);
    assert!(
        rows.iter()
            .all(|m| m["unread"] == false && m["starred"] == false)
    );
    assert_eq!(
        subjects(&inbox(&world, &["--unread", "--json"]).ok().json()),
        "Gamma Epsilon Zeta"
    );

    let ids = world
        .run(["search", "from:ada in:inbox", "--fields", "id,subject"])
        .ok()
        .stdout;
    let marked = world
        .run_with(ids, ["inbox", "mark", "-", "--label", "friend", "--json"])
        .ok()
        .json();
    assert_eq!(marked["messages"].as_array().unwrap().len(), 2);
    assert_eq!(
        message(&world, "Alpha")["labels"],
        serde_json::json!(["friend"])
    );
    let alpha = id(&world, "Alpha");
    world
        .run([
            "inbox",
            "mark",
            &alpha,
            "--label",
            "a b",
            "--unlabel",
            "friend",
        ])
        .ok();
    assert_eq!(
        message(&world, "Alpha")["labels"],
        serde_json::json!(["a b"])
    );
    // A label lives here alone: looking at the Maildir again must not lose it.
    world.run(["inbox", "sync"]).ok();
    assert_eq!(
        message(&world, "Alpha")["labels"],
        serde_json::json!(["a b"])
    );
}

#[test]
fn a_mark_that_can_not_be_changes_nothing() {
    let world = filled();
    inbox(&world, &[]).ok();
    let beta = id(&world, "Beta");
    world
        .run(["inbox", "mark", &beta, "m999", "--star"])
        .fails(5);
    world
        .run(["inbox", "mark", &beta, "t999", "--star"])
        .fails(5);
    world
        .run(["inbox", "mark", &beta, "nonsense", "--star"])
        .fails(2);
    world.run(["inbox", "mark", &beta]).fails(2);
    world.run(["inbox", "mark", "--star"]).fails(2);
    world.run(["inbox", "mark", "-", "--star"]).fails(2);
    world
        .run(["inbox", "mark", &beta, "--read", "--unread"])
        .fails(2);
    world
        .run(["inbox", "mark", &beta, "--trash", "--archive"])
        .fails(2);
    world
        .run(["inbox", "mark", &beta, "--label", "x", "--unlabel", "x"])
        .fails(2);
    world
        .run(["inbox", "mark", &beta, "--label", "\\Seen"])
        .fails(2);
    world.run(["inbox", "mark", &beta, "--label", " "]).fails(2);
    let dry = world
        .run([
            "inbox",
            "mark",
            &beta,
            "--star",
            "--trash",
            "--dry-run",
            "--json",
        ])
        .ok()
        .json();
    assert_eq!(dry["dry_run"], true);
    assert_eq!(dry["messages"].as_array().unwrap().len(), 1);
    let refused = world.run(["inbox", "mark", &beta, "--star", "--read-only", "--json"]);
    assert_ne!(refused.code, 0, "{refused}");
    assert_eq!(refused.json_error()["error"]["code"], "refused");
    let now = message(&world, "Beta");
    assert_eq!(
        (&now["starred"], &now["folder"]),
        (&false.into(), &"INBOX".into())
    );
    // Marking before there is any mail must not make a store.
    let empty = World::new();
    empty.run(["inbox", "mark", "m1", "--star"]).fails(5);
    assert_eq!(std::fs::read_dir(empty.home()).unwrap().count(), 0);
}

/// The file of the message with this subject in a folder.
fn path(world: &World, folder: &str, subject: &str) -> Option<String> {
    let dir: PathBuf = world.dir().join(folder).join("cur");
    let files = std::fs::read_dir(dir).ok()?;
    files
        .flatten()
        .find(|f| {
            std::fs::read_to_string(f.path())
                .unwrap()
                .contains(&format!("Subject: {subject}\n"))
        })
        .map(|f| f.path().display().to_string())
}

#[test]
fn moves_are_renames_in_a_maildir_and_records_for_imports() {
    let world = filled();
    inbox(&world, &[]).ok();
    let (beta, zeta) = (id(&world, "Beta"), id(&world, "Zeta"));
    let home = message(&world, "Zeta")["folder"].clone();
    for (flag, folder, name) in [
        ("--archive", "Mail/.Archive", "Archive"),
        ("--trash", "Mail/.Trash", "Trash"),
        ("--inbox", "Mail", "INBOX"),
    ] {
        let marked = world
            .run(["inbox", "mark", &beta, &zeta, flag, "--json"])
            .ok()
            .json();
        for row in marked["messages"].as_array().unwrap() {
            assert_eq!(row["folder"], name, "{flag}");
        }
        assert!(path(&world, folder, "Beta").is_some(), "{flag}");
        // The ids stay, and nothing comes twice when the Maildir is looked at again.
        let listed = subjects(&inbox(&world, &["--json"]).ok().json());
        let there = flag == "--inbox";
        assert_eq!(listed.contains("Beta"), there, "{flag}: {listed}");
        assert_eq!(listed.contains("Zeta"), there, "{flag}: {listed}");
        assert_eq!(
            (id(&world, "Beta"), id(&world, "Zeta")),
            (beta.clone(), zeta.clone())
        );
        assert_eq!(
            world
                .run(["search", "subject:(beta OR zeta)", "--count"])
                .ok()
                .stdout,
            "2\n"
        );
    }
    assert_eq!(home, "imported/zeta");
    // What was imported and put away is not brought back by importing it again.
    world.run(["inbox", "mark", &zeta, "--trash"]).ok();
    let file = world.dir().join("zeta.eml");
    world.run(["import", file.to_str().unwrap()]).ok();
    world.run(["inbox", "show", &zeta]).ok();
}
