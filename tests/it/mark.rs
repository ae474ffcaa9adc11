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

/// Two imports of the same two mails of one thread: m1 and m2, m3 and m4.
fn imported_twice() -> World {
    let world = World::new();
    let mbox: String = [(1, ""), (2, "In-Reply-To: <1@example.com>\n")]
        .map(|(n, header)| {
            format!(
                "From ada@example.com Fri Nov 20 10:00:00 2026\nFrom: ada@example.com\nSubject: number {n}\n\
                 Date: Fri, 20 Nov 2026 10:0{n}:00 +0000\nMessage-ID: <{n}@example.com>\n{header}\ntext {n}\n\n"
            )
        })
        .concat();
    let (one, other) = (world.file("a.mbox", &mbox), world.file("b.mbox", &mbox));
    world.run(["import", &one, &other]).ok();
    world
}

fn listed(world: &World, query: &str) -> Vec<String> {
    let found = world.run(["search", query, "--json"]).ok().json();
    let ids = found["messages"].as_array().unwrap().iter();
    let mut ids: Vec<_> = ids.map(|m| m["id"].as_str().unwrap().to_owned()).collect();
    ids.sort();
    ids
}

#[test]
fn imported_copies_of_one_mail_keep_their_ids_and_marks_wherever_they_are_moved() {
    let world = imported_twice();
    world.run(["inbox", "mark", "m1", "--star"]).ok();
    world.run(["inbox", "mark", "m1", "--label", "tax"]).ok();
    world.run(["inbox", "mark", "m3", "--label", "copy"]).ok();
    for (mark, folder) in [
        ("--archive", "archive"),
        ("--trash", "trash"),
        ("--inbox", "inbox"),
    ] {
        let marked = world
            .run(["inbox", "mark", "t1", mark, "--json"])
            .ok()
            .json();
        assert_eq!(marked["messages"].as_array().unwrap().len(), 4, "{marked}");
        let all = ["m1", "m2", "m3", "m4"];
        assert_eq!(listed(&world, &format!("in:{folder}")), all, "{mark}");
        assert_eq!(listed(&world, "*"), all, "{mark}");
        assert_eq!(listed(&world, "is:starred"), ["m1"]);
        assert_eq!(listed(&world, "label:tax"), ["m1"]);
        assert_eq!(listed(&world, "label:copy"), ["m3"]);
    }
    // One after the other and apart again.
    world.run(["inbox", "mark", "m3", "--archive"]).ok();
    world.run(["inbox", "mark", "m1", "--archive"]).ok();
    world.run(["inbox", "mark", "m1", "m4", "--trash"]).ok();
    assert_eq!(listed(&world, "in:trash"), ["m1", "m4"]);
    assert_eq!(listed(&world, "in:archive"), ["m3"]);
    assert_eq!(listed(&world, "in:inbox"), ["m2"]);
    world.run(["doctor", "--offline"]).ok();
    world.run(["doctor", "--rebuild-index"]).ok();
    assert_eq!(listed(&world, "*"), ["m1", "m2", "m3", "m4"]);
    assert_eq!(listed(&world, "in:trash"), ["m1", "m4"]);
    for id in ["m1", "m2", "m3", "m4"] {
        world.run(["inbox", "show", id]).ok();
    }
}

#[test]
fn what_was_imported_and_moved_is_known_when_it_is_imported_again() {
    let world = imported_twice();
    world.run(["inbox", "mark", "t1", "--archive"]).ok();
    // The first copy is gone: the other one, which came second, still tells.
    world.run(["purge", "m1 m2", "--yes"]).ok();
    let mbox = std::fs::read_to_string(world.dir().join("a.mbox")).unwrap();
    let third = world.file("c.mbox", mbox);
    let report = world.run(["import", &third, "--json"]).ok().json();
    assert_eq!(report["sources"][0]["known"], 2, "{report}");
    assert_eq!(listed(&world, "*"), ["m3", "m4"]);
}

#[test]
fn files_of_one_name_in_two_folders_of_a_maildir_stay_two_messages() {
    let world = World::new();
    let root = world.dir().join("Mail");
    for dir in [
        "cur",
        "new",
        "tmp",
        ".Lists/cur",
        ".Lists/new",
        ".Lists/tmp",
    ] {
        std::fs::create_dir_all(root.join(dir)).unwrap();
    }
    let text = "From: ada@example.com\nSubject: twice\nMessage-ID: <1@example.com>\n\ntext\n";
    std::fs::write(root.join("cur/1700000000.a:2,S"), text).unwrap();
    std::fs::write(root.join(".Lists/cur/1700000000.a:2,FS"), text).unwrap();
    let world = world.config(&format!(
        "[accounts.box]\nchannel = \"maildir\"\npath = {root:?}\n"
    ));
    world.run(["inbox", "sync"]).ok();
    let all = listed(&world, "*");
    assert_eq!(all.len(), 2);
    let starred = listed(&world, "is:starred");
    let marked = ["inbox", "mark", "t1", "--archive", "--json"];
    let marked = world.run(marked).ok().json();
    assert_eq!(marked["messages"].as_array().unwrap().len(), 2, "{marked}");
    for _ in 0..2 {
        assert_eq!(listed(&world, "in:archive"), all);
        assert_eq!(listed(&world, "is:starred"), starred);
        for id in &all {
            world.run(["inbox", "show", id]).ok();
        }
        world.run(["inbox", "sync"]).ok();
    }
    // Both removed at once by another program: none of them lingers.
    std::fs::remove_dir_all(root.join(".Archive")).unwrap();
    world.run(["inbox", "sync"]).ok();
    assert_eq!(listed(&world, "*"), Vec::<String>::new());
}
