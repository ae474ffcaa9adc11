//! What another program moves, renames, copies or takes away for a while.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use crate::support::World;
use crate::support::shelf::Shelf;

const SYNC: [&str; 5] = ["inbox", "sync", "--account", "work", "--json"];

fn letter(subject: &str) -> String {
    format!(
        "From: bob@example.org\r\nTo: ann@example.com\r\nSubject: {subject}\r\n\
         Date: Mon, 05 Jan 2026 10:00:00 +0000\r\nMessage-ID: <{subject}@example.org>\r\n\r\nof {subject}\r\n"
    )
}

fn sync(world: &World) -> Value {
    world.run(SYNC).ok().json()["accounts"][0].clone()
}

/// Every message of the store as `id subject folder labels`, by id.
fn listed(world: &World) -> Vec<String> {
    let rows = world.run(["search", "account:work", "--json", "--limit", "100"]);
    let report = rows.json();
    let mut rows: Vec<String> = report["messages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            let word = |key: &str| row[key].as_str().unwrap().to_owned();
            let labels: Vec<&str> = row["labels"]
                .as_array()
                .unwrap()
                .iter()
                .filter_map(Value::as_str)
                .collect();
            format!(
                "{} {} {} {}",
                word("id"),
                word("subject"),
                word("folder"),
                labels.join(",")
            )
            .trim_end()
            .to_owned()
        })
        .collect();
    rows.sort();
    rows
}

/// A Maildir account with two messages in its inbox and one in `.lists`.
fn maildir() -> (World, PathBuf) {
    let world = World::new();
    let root = world.dir().join("Mail");
    let config = format!(
        "[accounts.work]\nchannel = \"maildir\"\npath = \"{}\"\n",
        root.display()
    );
    for folder in ["", ".lists", ".Archive"] {
        for sub in ["cur", "new", "tmp"] {
            fs::create_dir_all(root.join(folder).join(sub)).unwrap();
        }
    }
    let put = |path: &str, subject: &str| fs::write(root.join(path), letter(subject)).unwrap();
    put("cur/1.a:2,S", "one");
    put("cur/2.b:2,S", "two");
    put(".lists/cur/3.c:2,S", "three");
    (world.config(&config), root)
}

#[test]
fn a_server_that_lists_no_folders_is_unreachable_and_nothing_is_forgotten() {
    let shelf = Shelf::start(&["INBOX", "Archive"]);
    shelf.in_box("INBOX", |b| b.put(letter("one")));
    shelf.in_box("Archive", |b| b.put(letter("two")));
    let world = World::new().config(&shelf.account());
    assert_eq!(sync(&world)["added"], 2);
    let before = listed(&world);
    assert_eq!(before.len(), 2);
    let all = shelf.boxes().clone();
    for there in [vec![], vec![all[1].clone()]] {
        *shelf.boxes() = there;
        let run = world.run(SYNC).fails(7);
        assert!(
            run.json_error()["error"]["message"]
                .as_str()
                .unwrap()
                .contains("account `work`"),
            "{run}"
        );
        assert_eq!(listed(&world), before);
    }
    *shelf.boxes() = all;
    assert_eq!(sync(&world)["added"], 0);
    assert_eq!(listed(&world), before);
}

#[test]
fn a_maildir_that_is_not_mounted_is_unreachable_and_nothing_is_forgotten() {
    let (world, root) = maildir();
    assert_eq!(sync(&world)["added"], 3);
    world.run(["inbox", "mark", "m1", "--label", "keepme"]).ok();
    let before = listed(&world);
    assert_eq!(before.len(), 3);
    let aside = world.dir().join("aside");
    fs::rename(&root, &aside).unwrap();
    fs::create_dir(&root).unwrap();
    world.run(SYNC).fails(7);
    // Half of it is there: the folders, and no inbox.
    fs::rename(aside.join(".lists"), root.join(".lists")).unwrap();
    let run = world.run(SYNC).fails(7);
    assert!(run.stderr.contains("neither `cur` nor `new`"), "{run}");
    assert_eq!(listed(&world), before);
    fs::remove_dir_all(&root).unwrap();
    fs::rename(&aside, &root).unwrap();
    fs::create_dir_all(root.join(".lists/cur")).unwrap();
    fs::write(root.join(".lists/cur/3.c:2,S"), letter("three")).unwrap();
    assert_eq!(sync(&world)["added"], 0);
    assert_eq!(listed(&world), before);
    // Whoever emptied it on purpose makes a new one.
    fs::remove_dir_all(&root).unwrap();
    fs::create_dir_all(root.join("cur")).unwrap();
    assert_eq!(sync(&world)["removed"], 3);
}
