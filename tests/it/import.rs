//! Mail in from files and out again.

#![allow(clippy::print_stdout, reason = "a test that skips says why")]

use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

use serde_json::Value;

use crate::support::World;

const ADA: &str = "From: Ada <ada@example.com>\nTo: bob@example.com\nSubject: Engine\n\
    Date: Mon, 2 Nov 2026 10:00:00 +0000\nMessage-ID: <1@example.com>\n\nThe engine weaves.\n";
const BOB: &str = "From: Bob <bob@example.com>\nTo: ada@example.com\nSubject: Re: Engine\n\
    Date: Mon, 2 Nov 2026 11:00:00 +0000\nMessage-ID: <2@example.com>\n\nFrom here it looks fine.\n";

fn maildir(root: &Path, messages: &[(&str, &str)]) {
    for sub in ["cur", "new", "tmp"] {
        fs::create_dir_all(root.join(sub)).unwrap();
    }
    for (name, text) in messages {
        fs::write(root.join(name), text).unwrap();
    }
}

fn import(world: &World, args: &[&str]) -> Value {
    let mut all = vec!["--json", "import"];
    all.extend(args);
    world.run(all).ok().json()
}

fn sums(report: &Value) -> (u64, u64) {
    let sources = report["sources"].as_array().unwrap();
    let sum = |key: &str| sources.iter().map(|s| s[key].as_u64().unwrap()).sum();
    (sum("added"), sum("known"))
}

/// Everything in the store, oldest first.
fn exported(world: &World) -> Vec<Value> {
    world
        .run(["export", "--to", "-", "--as", "jsonl", "--raw"])
        .ok()
        .jsonl()
}

fn raws(world: &World) -> Vec<String> {
    use base64::Engine;
    let decode = |row: &Value| {
        let raw = row["raw"].as_str().unwrap();
        let bytes = base64::engine::general_purpose::STANDARD
            .decode(raw)
            .unwrap();
        String::from_utf8_lossy(&bytes).into_owned()
    };
    exported(world).iter().map(decode).collect()
}

#[test]
fn all_four_mbox_dialects_give_the_same_messages() {
    let separator = "From bob@example.com Mon Nov  2 11:00:00 2026\n";
    let (bob_head, bob_body) = BOB.split_once("\n\n").unwrap();
    let quoted = format!("{bob_head}\n\n>{bob_body}");
    let counted =
        |text: &str, body: &str| format!("{bob_head}\nContent-Length: {}\n\n{text}", body.len());
    let dialects = [
        ("mboxo", quoted.clone()),
        ("mboxrd", quoted),
        (
            "mboxcl",
            counted(&format!(">{bob_body}"), &format!(">{bob_body}")),
        ),
        ("mboxcl2", counted(bob_body, bob_body)),
    ];
    for (name, bob) in dialects {
        let world = World::new();
        let file = world.file(
            &format!("{name}.mbox"),
            format!("{separator}{ADA}\n{separator}{bob}\n"),
        );
        let report = import(&world, &[&file]);
        assert_eq!(sums(&report), (2, 0), "{name}: {report}");
        assert_eq!(report["sources"][0]["folder"], format!("imported/{name}"));
        let raws = raws(&world);
        assert_eq!(raws[0], ADA, "{name}");
        assert!(
            raws[1].contains("\nFrom here it looks fine."),
            "{name}: {}",
            raws[1]
        );
    }
}

#[test]
fn a_maildir_tree_keeps_flags_folders_and_times() {
    let world = World::new();
    let root = world.dir().join("Mail");
    maildir(&root, &[("cur/1.a:2,FS", ADA), ("new/2.b", BOB)]);
    maildir(&root.join(".Sent"), &[("cur/3.c:2,S", BOB)]);
    let report = import(&world, &[root.to_str().unwrap()]);
    assert_eq!(sums(&report), (3, 0), "{report}");
    let rows = exported(&world);
    let row = |folder: &str, unread: bool| {
        rows.iter()
            .find(|r| r["folder"] == folder && r["unread"] == unread)
            .unwrap_or_else(|| panic!("no {folder} {unread} in {rows:?}"))
    };
    assert_eq!(row("imported/Mail", false)["starred"], true);
    assert_eq!(row("imported/Mail", true)["subject"], "Re: Engine");
    assert_eq!(row("imported/Mail/Sent", false)["account"], "local");
    let sent = world
        .run(["export", "in:sent", "--to", "-", "--as", "jsonl"])
        .ok();
    assert_eq!(sent.jsonl().len(), 1);
}

#[test]
fn importing_again_adds_only_what_is_new() {
    let world = World::new();
    let root = world.dir().join("Mail");
    maildir(&root, &[("cur/1.a:2,", ADA)]);
    let path = root.to_str().unwrap();
    assert_eq!(sums(&import(&world, &[path])), (1, 0));
    assert_eq!(sums(&import(&world, &[path])), (0, 1));
    fs::rename(root.join("cur/1.a:2,"), root.join("cur/1.a:2,RS")).unwrap();
    assert_eq!(sums(&import(&world, &[path])), (0, 1));
    // The same bytes under another name are the same message.
    fs::rename(root.join("cur/1.a:2,RS"), root.join("cur/9.z:2,S")).unwrap();
    assert_eq!(sums(&import(&world, &[path])), (0, 1));
    fs::write(root.join("new/2.b"), BOB).unwrap();
    assert_eq!(sums(&import(&world, &[path])), (1, 1));
    assert_eq!(exported(&world).len(), 2);
}

#[test]
fn a_delivery_is_found_without_a_look_at_what_was_read_before() {
    let world = World::new();
    let root = world.dir().join("Mail");
    let other = |n: u32| ADA.replace("<1@", &format!("<{n}@"));
    maildir(&root, &[("cur/1.a:2,", ADA), ("new/2.b", BOB)]);
    let path = root.to_str().unwrap();
    let touch = |sub: &str, seconds: u64| {
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_790_000_000 + seconds);
        fs::File::open(root.join(sub))
            .unwrap()
            .set_modified(time)
            .unwrap();
    };
    let both = |seconds| ["cur", "new"].map(|sub| touch(sub, seconds));
    both(0);
    assert_eq!(sums(&import(&world, &[path])), (2, 0));
    assert_eq!(sums(&import(&world, &[path])), (0, 2));
    // What lies in `cur` behind an unchanged time is not looked at.
    fs::write(root.join("cur/4.d:2,S"), other(4)).unwrap();
    fs::write(root.join("new/3.c"), other(3)).unwrap();
    touch("cur", 0);
    touch("new", 1);
    assert_eq!(sums(&import(&world, &[path])), (1, 2));
    assert_eq!(sums(&import(&world, &[path])), (0, 3));
    // Another program moves one of the new ones, and removes one.
    fs::rename(root.join("new/3.c"), root.join("cur/3.c:2,S")).unwrap();
    fs::remove_file(root.join("new/2.b")).unwrap();
    both(2);
    assert_eq!(sums(&import(&world, &[path])), (1, 2));
    assert_eq!(sums(&import(&world, &[path])), (0, 3));
    assert_eq!(exported(&world).len(), 4);
}

#[test]
fn an_mbox_that_grew_or_whose_state_changed_adds_only_new_messages() {
    let world = World::new();
    let line = "From x Mon Nov  2 11:00:00 2026\n";
    let file = world.file("in.mbox", format!("{line}{ADA}\n"));
    assert_eq!(sums(&import(&world, &[&file])), (1, 0));
    assert_eq!(sums(&import(&world, &[&file])), (0, 1));
    world.file("in.mbox", format!("{line}{ADA}\n{line}{BOB}\n"));
    assert_eq!(sums(&import(&world, &[&file])), (1, 1));
    let read = ADA.replacen("Subject", "Status: RO\nSubject", 1);
    world.file("in.mbox", format!("{line}{read}\n{line}{BOB}\n"));
    assert_eq!(sums(&import(&world, &[&file])), (0, 2));
}

#[test]
fn an_import_that_was_cut_short_goes_on() {
    let world = World::new();
    let line = "From x Mon Nov  2 11:00:00 2026\n";
    let text: String = (0..6_000)
        .map(|n| {
            let message = ADA.replace("<1@", &format!("<{n}@"));
            format!("{line}{message}\n")
        })
        .collect();
    let file = world.file("many.mbox", text);
    let mut child = world.spawn(["--progress", "json", "import", &file]);
    // The first line tells that a first batch is stored.
    let mut first = [0; 1];
    std::io::Read::read_exact(child.stderr.as_mut().unwrap(), &mut first).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    let report = import(&world, &[&file]);
    let (added, known) = sums(&report);
    assert_eq!(added + known, 6_000, "{report}");
    assert_eq!(exported(&world).len(), 6_000);
}

#[test]
fn broken_messages_never_stop_an_import() {
    let world = World::new();
    let root = world.dir().join("Mail");
    maildir(
        &root,
        &[
            ("cur/1.a:2,S", ADA),
            ("cur/2.empty:2,S", ""),
            (
                "cur/3.nul:2,S",
                "Subject: nul\0nul\nFrom: x@example.com\n\n\0\0body\0\n",
            ),
            ("cur/4.none:2,S", "no header at all"),
            (
                "cur/5.cut:2,S",
                "Content-Type: multipart/mixed; boundary=x\n\n--x\nContent-Type: text/plain\n",
            ),
        ],
    );
    let report = import(&world, &[root.to_str().unwrap()]);
    assert_eq!(sums(&report).0, 4, "{report}");
    assert!(report["broken_total"].as_u64().unwrap() >= 1);
    let broken = report["broken"].as_array().unwrap();
    assert!(
        broken
            .iter()
            .any(|b| b["path"].as_str().unwrap().contains("2.empty"))
    );
}

#[cfg(unix)]
#[test]
fn names_that_are_not_utf8_are_imported() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let world = World::new();
    let root = world.dir().join("Mail");
    maildir(&root, &[]);
    fs::write(
        root.join("cur").join(OsStr::from_bytes(b"1.\xff\xfe:2,S")),
        ADA,
    )
    .unwrap();
    maildir(
        &root.join(OsStr::from_bytes(b".caf\xe9")),
        &[("cur/2.b:2,S", BOB)],
    );
    assert_eq!(sums(&import(&world, &[root.to_str().unwrap()])), (2, 0));
}

#[cfg(unix)]
#[test]
fn what_can_not_be_read_is_named_and_the_rest_imported() {
    use std::os::unix::fs::PermissionsExt;
    let world = World::new();
    let root = world.dir().join("Mail");
    maildir(&root, &[("cur/1.a:2,S", ADA), ("cur/2.b:2,S", BOB)]);
    let file = root.join("cur/2.b:2,S");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o0)).unwrap();
    if fs::read(&file).is_ok() {
        println!("skipped: root may read every file");
        return;
    }
    let run = world
        .run(["--json", "import", root.to_str().unwrap()])
        .fails(9);
    assert_eq!(run.json()["failed_total"], 1);
    assert_eq!(sums(&run.json()), (1, 0));
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    assert_eq!(sums(&import(&world, &[root.to_str().unwrap()])).0, 1);
}

#[test]
fn messages_and_mboxes_in_folders_are_found() {
    let world = World::new();
    world.file("box/one.eml", ADA);
    world.file(
        "box/deep/Inbox",
        format!("From x Mon Nov  2 11:00:00 2026\n{BOB}\n"),
    );
    world.file("box/notes.txt", "nothing to see here");
    let path = world.dir().join("box");
    let report = import(&world, &[path.to_str().unwrap(), "--name", "old"]);
    assert_eq!(sums(&report), (2, 0), "{report}");
    assert_eq!(report["skipped"], 1);
    let folders: Vec<_> = report["sources"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| &s["folder"])
        .collect();
    assert_eq!(folders, ["imported/old", "imported/old/deep/Inbox"]);
    assert_eq!(
        sums(&import(&world, &[path.to_str().unwrap(), "--name", "old"])),
        (0, 2)
    );
}

#[test]
fn a_dry_run_stores_nothing() {
    let world = World::new();
    let file = world.file("a.eml", ADA);
    assert_eq!(sums(&import(&world, &["--dry-run", &file])), (1, 0));
    assert_eq!(sums(&import(&world, &[&file])), (1, 0));
}

#[test]
fn what_is_no_mail_is_refused_with_a_way_on() {
    let world = World::new();
    let packed = world.file("a.mbox.gz", [0x1f, 0x8b, 8, 0]);
    let run = world.run(["--json", "import", &packed]).fails(2);
    assert!(
        run.json_error()["error"]["hint"]
            .as_str()
            .unwrap()
            .contains("gunzip")
    );
    let missing = world.run(["--json", "import", "nowhere"]).fails(2);
    assert_eq!(missing.json_error()["error"]["code"], "usage");
    let good = world.file("a.eml", ADA);
    let run = world.run(["--json", "import", &packed, &good]).fails(9);
    assert_eq!(sums(&run.json()), (1, 0));
}

#[test]
fn what_is_exported_and_imported_again_is_the_same_bytes() {
    let world = World::new();
    let tricky = format!("{BOB}\n>From one\nFrom two\n\n");
    world.file("in/1.eml", ADA);
    world.file("in/2.eml", &tricky);
    world.file(
        "in/3.eml",
        "From: c@example.com\r\nSubject: crlf\r\n\r\nFrom x\r\n",
    );
    let path = world.dir().join("in");
    import(&world, &[path.to_str().unwrap()]);
    let before = raws(&world);
    assert_eq!(before.len(), 3);
    for to in ["out.mbox", "out"] {
        world.run(["export", "--to", to]).ok();
        let again = World::new();
        let path = world.dir().join(to);
        assert_eq!(sums(&import(&again, &[path.to_str().unwrap()])), (3, 0));
        let mut after = raws(&again);
        after.sort();
        let mut before = before.clone();
        before.sort();
        assert_eq!(after, before, "{to}");
    }
}

#[test]
fn an_export_overwrites_only_when_forced() {
    let world = World::new();
    let file = world.file("a.eml", ADA);
    import(&world, &[&file]);
    world.file("out.mbox", "precious");
    world.run(["export", "--to", "out.mbox"]).fails(2);
    assert_eq!(
        fs::read_to_string(world.dir().join("out.mbox")).unwrap(),
        "precious"
    );
    world.run(["export", "--to", "out.mbox", "--force"]).ok();
    assert!(
        fs::read_to_string(world.dir().join("out.mbox"))
            .unwrap()
            .starts_with("From ada@example.com ")
    );
    let run = world
        .run(["export", "subject:nothing", "--to", "none.mbox"])
        .ok();
    assert!(run.stdout.contains('0'), "{run}");
}

#[test]
fn mail_beside_a_maildir_is_imported_too() {
    let world = World::new();
    let root = world.dir().join("old");
    maildir(&root.join("work"), &[("cur/1.a:2,S", ADA)]);
    world.file("old/single.eml", BOB);
    // Other programs keep notes beside their Maildirs; they are no mail.
    world.file("old/state", "Version: 3\n");
    let report = import(&world, &[root.to_str().unwrap()]);
    assert_eq!(sums(&report), (2, 0), "{report}");
    let again = import(&world, &[root.to_str().unwrap()]);
    assert_eq!(sums(&again), (0, 2), "{again}");
}

#[test]
fn an_empty_mailbox_is_one_with_nothing_in_it() {
    let world = World::new();
    let out = world.dir().join("none.mbox");
    let out = out.to_str().unwrap();
    world.run(["export", "nothing", "--to", out]).ok();
    assert_eq!(sums(&import(&world, &[out])), (0, 0));
    let run = world
        .run(["export", "x", "--to", "no/such/folder/x.mbox"])
        .fails(2);
    assert!(run.stderr.contains("hint: make its folder first"), "{run}");
    assert!(!run.stderr.contains(".tmp"), "{run}");
}

#[test]
fn a_pipe_is_refused_instead_of_waited_for() {
    let world = World::new();
    let pipe = world.dir().join("pipe.mbox");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.unwrap().success());
    let run = world.run(["import", pipe.to_str().unwrap()]).fails(2);
    assert!(run.stderr.contains("is not a regular file"), "{run}");
}

#[test]
fn a_file_with_a_colon_in_its_first_line_is_no_message_yet() {
    let world = World::new();
    for (name, content) in [
        (
            "passwd",
            "root:x:0:0:root:/root:/bin/sh\nbin:x:1:1::/:/bin/false\n",
        ),
        (
            "notes.yaml",
            "version: 3\nservices:\n  web:\n    image: x\n",
        ),
        (
            "log",
            "error: it broke\nhint: mend it\n\nSubject: of no mail\n",
        ),
    ] {
        let path = world.file(name, content);
        let run = world.run(["import", &path]).fails(2);
        assert!(run.stderr.contains("neither"), "{run}");
    }
    let people = "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Ada\r\nEND:VCARD\r\n";
    for (name, content) in [
        ("people.vcf", people.to_owned()),
        ("more", format!("\u{feff}{people}")),
    ] {
        let path = world.file(name, content);
        let run = world.run(["import", &path]).fails(2);
        assert!(run.stderr.contains("comms contacts import"), "{run}");
    }
    assert_eq!(
        world.run(["search", "--count", "*"]).ok().stdout.trim(),
        "0"
    );
    // A message whose first fields are of servers, and one that says no more than its subject.
    let long = format!("ARC-Seal: i=1;\n b={}\n", "x".repeat(2_000));
    for (name, content) in [
        (
            "1",
            format!("{long}Authentication-Results: mx\nFrom: a@example.com\n\nx\n"),
        ),
        ("2", "Subject: x\n\nx\n".to_owned()),
        (
            "3",
            "Newsgroups: a.b\nPath: c\nFrom: a@example.com\n\nx\n".to_owned(),
        ),
    ] {
        let path = world.file(name, content);
        assert_eq!(sums(&import(&world, &[&path])), (1, 0), "{name}");
    }
}
