//! Maildir accounts: someone else's files, read in place.

#![allow(clippy::print_stdout, reason = "a test that skips says why")]

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::World;

fn message(number: usize) -> String {
    format!(
        "From: Ada <ada@example.com>\nTo: bob@example.com\nSubject: Letter {number}\n\
         Date: Mon, 2 Nov 2026 10:00:00 +0000\nMessage-ID: <{number}@example.com>\n\nword{number}\n"
    )
}

fn world() -> (World, PathBuf) {
    let world = World::new();
    let root = world.dir().join("Mail");
    let world = world.config(&format!(
        "[accounts.box]\nchannel = \"maildir\"\npath = \"{}\"\n",
        root.display()
    ));
    for folder in ["", ".Sent", ".lists.rust"] {
        for sub in ["cur", "new", "tmp"] {
            fs::create_dir_all(root.join(folder).join(sub)).unwrap();
        }
    }
    fs::write(root.join("cur/1.a:2,S"), message(1)).unwrap();
    fs::write(root.join("new/2.b"), message(2)).unwrap();
    fs::write(root.join(".Sent/cur/3.c:2,S"), message(3)).unwrap();
    fs::write(root.join(".lists.rust/cur/4.d:2,"), message(4)).unwrap();
    (world, root)
}

/// Every file below a folder and its bytes.
fn files(root: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for item in fs::read_dir(root).unwrap().flatten() {
        if item.path().is_dir() {
            found.extend(files(&item.path()));
        } else {
            found.insert(item.path(), fs::read(item.path()).unwrap());
        }
    }
    found
}

fn sync(world: &World) -> serde_json::Value {
    let report = world
        .run(["--json", "inbox", "sync", "--account", "box"])
        .ok()
        .json();
    report["accounts"][0].clone()
}

fn rows(world: &World, query: &str) -> Vec<serde_json::Value> {
    world
        .run(["export", "--to", "-", "--as", "jsonl", "--", query])
        .ok()
        .jsonl()
}

fn count(world: &World, query: &str) -> String {
    rows(world, query).len().to_string()
}

fn id_of(world: &World, query: &str) -> String {
    rows(world, query)[0]["id"].as_str().unwrap().to_owned()
}

#[test]
fn someone_elses_maildir_is_read_in_place_and_left_as_it_is() {
    let (world, root) = world();
    let before = files(&root);
    assert_eq!(sync(&world)["added"], 4);
    assert_eq!(sync(&world)["added"], 0);
    world.run(["inbox"]).ok();
    assert_eq!(count(&world, "word4 in:lists/rust"), "1");
    assert_eq!(count(&world, "in:sent"), "1");
    assert_eq!(count(&world, "is:unread"), "2");
    assert_eq!(files(&root), before);
}

#[test]
fn marking_renames_exactly_that_file() {
    let (world, root) = world();
    sync(&world);
    let mut wanted = files(&root);
    let id = id_of(&world, "word2");
    world.run(["inbox", "mark", &id, "--read"]).ok();
    let bytes = wanted.remove(&root.join("new/2.b")).unwrap();
    wanted.insert(root.join("cur/2.b:2,S"), bytes);
    assert_eq!(files(&root), wanted);
    assert_eq!(count(&world, "word2 is:unread"), "0");
    assert_eq!(sync(&world)["added"], 0);
    world.run(["inbox", "show", &id]).ok();
}

#[test]
fn what_other_programs_do_is_followed_under_the_same_id() {
    let (world, root) = world();
    sync(&world);
    let id = id_of(&world, "word2");
    fs::rename(root.join("new/2.b"), root.join("cur/2.b:2,FS")).unwrap();
    let report = sync(&world);
    assert_eq!(
        (&report["added"], &report["removed"]),
        (&0.into(), &0.into()),
        "{report}"
    );
    assert_eq!(count(&world, "word2 is:starred"), "1");
    fs::rename(
        root.join("cur/2.b:2,FS"),
        root.join(".lists.rust/cur/2.b:2,S"),
    )
    .unwrap();
    let report = sync(&world);
    assert_eq!(
        (&report["added"], &report["removed"]),
        (&0.into(), &0.into()),
        "{report}"
    );
    assert_eq!(id_of(&world, "word2 in:lists/rust"), id);
    fs::remove_file(root.join(".lists.rust/cur/2.b:2,S")).unwrap();
    assert_eq!(sync(&world)["removed"], 1);
    assert_eq!(count(&world, "word2"), "0");
    fs::rename(root.join(".lists.rust"), root.join(".old")).unwrap();
    assert_eq!(sync(&world)["removed"], 0);
    assert_eq!(count(&world, "word4 in:old"), "1");
}

#[test]
fn a_message_is_read_although_it_was_renamed_since() {
    let (world, root) = world();
    sync(&world);
    let id = id_of(&world, "word1");
    fs::rename(root.join("cur/1.a:2,S"), root.join("cur/1.a:2,RS")).unwrap();
    let run = world.run(["inbox", "show", &id]).ok();
    assert!(run.stdout.contains("word1"), "{run}");
}

#[test]
fn mail_that_comes_during_scans_is_neither_lost_nor_doubled() {
    let (world, root) = world();
    let target = root.clone();
    let writer = std::thread::spawn(move || {
        for number in 100..300 {
            let temporary = target.join(format!("tmp/{number}.x"));
            fs::write(&temporary, message(number)).unwrap();
            fs::rename(&temporary, target.join(format!("new/{number}.x"))).unwrap();
            if number % 3 == 0 {
                fs::rename(
                    target.join(format!("new/{number}.x")),
                    target.join(format!("cur/{number}.x:2,S")),
                )
                .unwrap();
            }
            std::thread::sleep(std::time::Duration::from_millis(2));
        }
    });
    let mut added = 0;
    let mut removed = 0;
    while !writer.is_finished() {
        let report = sync(&world);
        added += report["added"].as_u64().unwrap();
        removed += report["removed"].as_u64().unwrap();
    }
    writer.join().unwrap();
    let report = sync(&world);
    added += report["added"].as_u64().unwrap();
    assert_eq!((added, removed), (204, 0));
    assert_eq!(count(&world, "subject:letter"), "204");
}

#[cfg(unix)]
#[test]
fn a_folder_without_permission_is_named_and_forgets_nothing() {
    use std::os::unix::fs::PermissionsExt;
    let (world, root) = world();
    sync(&world);
    let locked = root.join(".lists.rust/cur");
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o0)).unwrap();
    let readable = fs::read_dir(&locked).is_ok();
    let run = world.run(["inbox", "sync", "--account", "box"]);
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o700)).unwrap();
    if readable {
        println!("skipped: root may read every folder");
        return;
    }
    assert_eq!(run.code, 9, "{run}");
    assert!(run.stderr.contains(".lists.rust"), "{run}");
    assert_eq!(count(&world, "word4"), "1");
}

#[test]
fn a_delivered_message_is_readable_by_another_program() {
    let has_python = Command::new("python3").arg("--version").output().is_ok();
    if !has_python {
        println!("skipped: python3 is not installed");
        return;
    }
    let world = World::new();
    world
        .run([
            "send",
            "me@localhost",
            "-s",
            "Hello",
            "-m",
            "a word for you",
        ])
        .ok();
    let script = "import mailbox, sys\n\
        for m in mailbox.Maildir(sys.argv[1], create=False):\n    print(m['subject'], m.get_payload())\n";
    let output = Command::new("python3")
        .args(["-c", script])
        .arg(world.home().join("mail"))
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("Hello a word for you"), "{text}");
}

#[test]
fn a_first_look_at_a_large_maildir_does_not_hold_the_inbox() {
    let (world, root) = world();
    for n in 10..4010 {
        fs::write(root.join(format!("cur/{n}.x:2,S")), message(n)).unwrap();
    }
    let config = fs::read_to_string(world.home().join("config.toml")).unwrap();
    let world = world.config(&format!("[inbox]\ndeadline = \"100ms\"\n{config}"));
    let run = world.run(["inbox", "--json"]).ok();
    let report = run.json();
    let sources = report["sources"].as_array().unwrap();
    let source = sources.iter().find(|row| row["account"] == "box").unwrap();
    assert_eq!(source["state"], "stale", "{run}");
    let words = source["error"].as_str().unwrap();
    assert!(words.contains("was not read to its end"), "{run}");
    world.run(["inbox", "--fresh"]).fails(7);
    // What was cut short is neither lost nor there twice.
    world.run(["inbox", "sync"]).ok();
    let count = world.run(["search", "--count", "letter", "--json"]).ok();
    assert_eq!(count.json()["total"], 4004, "{count}");
    let report = world
        .run(["inbox", "sync", "--account", "box", "--json"])
        .ok();
    assert_eq!(report.json()["accounts"][0]["added"], 0, "{report}");
}

#[test]
fn an_export_goes_on_though_a_message_leaves_meanwhile() {
    let (world, root) = world();
    for n in 1000..2500 {
        let text = format!("{}{}", message(n), "long ".repeat(100));
        fs::write(root.join(format!("cur/{n}.x:2,S")), text).unwrap();
    }
    world.run(["inbox", "sync"]).ok();
    let mut export = world.spawn(["export", "--to", "-", "--as", "jsonl"]);
    // It has begun, and can't go on while nobody reads: a pipe holds a few messages.
    let mut lines = BufReader::new(export.stdout.take().unwrap()).lines();
    lines.next().unwrap().unwrap();
    for n in [2400, 2401] {
        fs::remove_file(root.join(format!("cur/{n}.x:2,S"))).unwrap();
    }
    world.run(["inbox", "sync"]).ok();
    let rest = lines.map(Result::unwrap).count();
    assert_eq!(1 + rest, 1504 - 2);
    assert_eq!(export.wait().unwrap().code(), Some(9));
}
