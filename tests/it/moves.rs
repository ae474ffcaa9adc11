//! What another program moves, renames, copies or takes away for a while.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use crate::support::serving::Serving;
use crate::support::shelf::Shelf;
use crate::support::{NOW, Run, World};

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

/// A watch that hands each message to a command.
fn watched(world: &World, exec: &str, more: &[&str]) -> Run {
    let args = ["inbox", "watch", "--account", "work", "--exec", exec];
    world.run(args.iter().chain(more))
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
fn a_listing_that_is_too_short_removes_nothing_and_is_made_again() {
    for modseq in [None, Some(5)] {
        let shelf = Shelf::start(&["INBOX"]);
        shelf.in_box("INBOX", |b| {
            b.modseq = modseq;
            b.hides = true;
            for subject in ["one", "two", "three"] {
                b.put(letter(subject));
            }
        });
        let world = World::new().config(&shelf.account());
        // The first one: nothing comes, and that is no end.
        let first = sync(&world);
        assert_eq!(first["added"], 0, "{first}");
        let notes = first["notes"].to_string();
        assert!(notes.contains("lists 0 of 3"), "{first}");
        shelf.in_box("INBOX", |b| b.hides = false);
        assert_eq!(sync(&world)["added"], 3);
        let before = listed(&world);
        // One is gone, and of the others nothing is said.
        shelf.in_box("INBOX", |b| {
            b.messages.remove(0);
            b.modseq = b.modseq.map(|n| n + 1);
            b.hides = true;
        });
        assert_eq!(sync(&world)["removed"], 0);
        assert_eq!(listed(&world), before);
        shelf.in_box("INBOX", |b| b.hides = false);
        assert_eq!(sync(&world)["removed"], 1);
        assert_eq!(listed(&world), before[1..]);
        // New ones that are announced, and do not come.
        shelf.in_box("INBOX", |b| {
            b.put(letter("four"));
            b.modseq = b.modseq.map(|n| n + 1);
            b.hides = true;
        });
        assert_eq!(sync(&world)["added"], 0);
        shelf.in_box("INBOX", |b| b.hides = false);
        assert_eq!(sync(&world)["added"], 1);
        assert_eq!(listed(&world).len(), 3);
        let last = sync(&world);
        assert_eq!((&last["added"], &last["removed"]), (&0.into(), &0.into()));
    }
}

#[test]
fn a_folder_with_a_fault_of_the_server_keeps_no_other_away() {
    let shelf = Shelf::start(&["INBOX", "Archive", "Lists"]);
    for (folder, subject) in [("INBOX", "one"), ("Archive", "two"), ("Lists", "three")] {
        shelf.in_box(folder, |b| b.put(letter(subject)));
    }
    shelf.in_box("Archive", |b| {
        b.refuses = Some("[SERVERBUG] Internal error");
    });
    let world = World::new().config(&shelf.account());
    let run = world.run(SYNC).fails(7);
    let told = run.json_error()["error"]["message"].to_string();
    assert!(told.contains("Internal error"), "{told}");
    assert_eq!(listed(&world).len(), 2, "{run}");
    shelf.in_box("Archive", |b| b.refuses = None);
    assert_eq!(sync(&world)["added"], 1);
}

#[test]
fn a_folder_that_may_not_be_opened_ends_no_watch() {
    let shelf = Shelf::start(&["INBOX", "Shared"]);
    shelf.in_box("INBOX", |b| b.put(letter("old")));
    shelf.in_box("Shared", |b| b.refuses = Some("[NOPERM] not yours"));
    let world = World::new().config(&shelf.account());
    let watch = |more: &[&str]| watched(&world, "cat >> got", more).ok();
    let first = watch(&["--timeout", "2s"]);
    assert_eq!(first.stderr.matches("not yours").count(), 1, "{first}");
    shelf.in_box("INBOX", |b| {
        b.put_at("21-Nov-2026 11:59:00 +0000", letter("new"));
    });
    watch(&["--once", "--timeout", "30s"]);
    let got = fs::read_to_string(world.dir().join("got")).unwrap();
    assert!(got.contains("\"new\"") && !got.contains("\"old\""), "{got}");
}

#[test]
fn a_mark_that_is_refused_keeps_no_other_from_the_server() {
    let shelf = Shelf::start(&["INBOX"]);
    for subject in ["one", "two"] {
        shelf.in_box("INBOX", |b| b.put(letter(subject)));
    }
    let world = World::new().config(&shelf.account());
    sync(&world);
    // Asked for while it can't be reached.
    shelf.in_box("INBOX", |b| b.refuses = Some("[UNAVAILABLE] later"));
    world.run(["inbox", "mark", "m1", "--label", "Project"]);
    world.run(["inbox", "mark", "m2", "--star"]);
    shelf.in_box("INBOX", |b| b.refuses = None);
    *shelf.heard.lock().unwrap() = Vec::new();
    let run = world.run(SYNC).fails(6);
    assert!(run.stderr.contains("no such keyword"), "{run}");
    let heard = shelf.heard.lock().unwrap().join("\n");
    assert!(
        heard.contains("UID STORE 2 +FLAGS.SILENT (\\Flagged)"),
        "{heard}"
    );
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
    world.run(SYNC).fails(7);
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

#[test]
fn a_command_that_failed_gets_its_message_again_though_the_index_is_built_anew_meanwhile() {
    let (world, root) = maildir();
    let watch = |world: &World, more: &[&str]| watched(world, "test -e ready && cat >> got", more);
    watch(&world, &["--timeout", "2s"]).ok();
    fs::write(root.join("new/9.z"), letter("news")).unwrap();
    watch(&world, &["--once", "--timeout", "20s"]);
    // Due again, but another process is in the middle of a rebuild.
    let lock = fs::File::create(world.home().join("locks/rebuilding")).unwrap();
    lock.lock().unwrap();
    let index = rusqlite::Connection::open(world.home().join("index.db")).unwrap();
    index
        .execute_batch("INSERT INTO meta VALUES ('rebuilding', 1); DELETE FROM messages")
        .unwrap();
    fs::write(world.dir().join("ready"), "").unwrap();
    let world = world.env("COMMS_NOW", "2026-11-21T12:05:00Z");
    watch(&world, &["--timeout", "3s"]);
    assert!(!world.dir().join("got").exists());
    drop((index, lock));
    world.run(["doctor", "--rebuild-index"]).ok();
    let world = world.env("COMMS_NOW", "2026-11-21T12:30:00Z");
    let run = watch(&world, &["--once", "--timeout", "20s"]);
    let got = fs::read_to_string(world.dir().join("got")).unwrap_or_default();
    assert!(got.contains("\"news\""), "{got} {run}");
}

/// What was told as received since the first look, by subject.
struct Heard {
    serving: Serving,
    head: String,
    begin: String,
}

impl Heard {
    fn begin(world: &World) -> Heard {
        Heard::with(world, &["--only", "api"])
    }

    fn with(world: &World, args: &[&str]) -> Heard {
        let key = world.run(["auth", "key", "add", "all"]).ok().stdout;
        let mut heard = Heard {
            serving: Serving::with(world, args),
            head: format!("host: localhost\r\nauthorization: Bearer {}", key.trim()),
            begin: String::new(),
        };
        heard.begin = heard.page("")["next"].as_str().unwrap().to_owned();
        heard
    }

    fn page(&self, query: &str) -> Value {
        let path = format!("/v1/events?types=message.received{query}");
        let answer = self.serving.get_as(&path, &self.head);
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json()
    }

    fn news(&self) -> Vec<String> {
        let page = self.page(&format!("&after={}", self.begin));
        let events = page["events"].as_array().unwrap().iter();
        events
            .map(|event| event["data"]["subject"].as_str().unwrap().to_owned())
            .collect()
    }
}

/// A server with `one` and `two` in the inbox, `three` in Lists, and nothing in Archive; all synced, `one` labelled.
fn shelf() -> (World, Shelf) {
    let shelf = Shelf::start(&["INBOX", "Archive", "Lists"]);
    shelf.in_box("INBOX", |b| {
        b.put(letter("one"));
        b.put(letter("two"));
    });
    shelf.in_box("Lists", |b| b.put(letter("three")));
    let world = World::new().config(&shelf.account());
    assert_eq!(sync(&world)["added"], 3);
    world.run(["inbox", "mark", "m1", "--label", "keepme"]).ok();
    assert_eq!(listed(&world), BEFORE);
    (world, shelf)
}

const BEFORE: [&str; 3] = ["m1 one INBOX keepme", "m2 two INBOX", "m3 three Lists"];

#[test]
fn a_message_another_client_moves_keeps_its_id_and_is_no_news() {
    let (world, shelf) = shelf();
    let heard = Heard::begin(&world);
    // From a folder that is looked at before the other, and back from one that is looked at after it.
    shelf.move_all("INBOX", "Archive");
    sync(&world);
    let there = ["m1 one Archive keepme", "m2 two Archive", "m3 three Lists"];
    assert_eq!(listed(&world), there);
    shelf.move_all("Archive", "INBOX");
    sync(&world);
    assert_eq!(listed(&world), BEFORE);
    // In two halves, as a client does it that deletes first and files later, or that copies first.
    let moved = shelf.in_box("INBOX", |b| std::mem::take(&mut b.messages));
    assert_eq!(sync(&world)["removed"], 2);
    assert_eq!(listed(&world), ["m3 three Lists"]);
    shelf.in_box("Archive", |b| {
        moved.iter().for_each(|m| b.put_at(m.came, &*m.raw))
    });
    sync(&world);
    assert_eq!(listed(&world), there);
    shelf.in_box("Lists", |b| {
        moved.iter().for_each(|m| b.put_at(m.came, &*m.raw))
    });
    assert_eq!(sync(&world)["added"], 2);
    shelf.in_box("Archive", |b| b.messages.clear());
    sync(&world);
    assert_eq!(
        listed(&world),
        ["m1 one Lists keepme", "m2 two Lists", "m3 three Lists"]
    );
    shelf.in_box("INBOX", |b| {
        b.put_at("21-Nov-2026 12:00:00 +0000", letter("four"))
    });
    sync(&world);
    assert_eq!(heard.news(), ["four"]);
    let run = world.run(["inbox", "show", "m1", "--json"]).ok();
    assert!(run.stdout.contains("of one"), "{run}");
    world.run(["doctor", "--rebuild-index"]).ok();
    assert_eq!(listed(&world)[0], "m1 one Lists keepme");
}

#[test]
fn a_message_without_a_message_id_is_known_by_what_it_says() {
    let shelf = Shelf::start(&["INBOX", "Archive"]);
    let bare = |subject: &str| {
        letter(subject).replace(&format!("Message-ID: <{subject}@example.org>\r\n"), "")
    };
    shelf.in_box("INBOX", |b| b.put(bare("one")));
    let world = World::new().config(&shelf.account());
    sync(&world);
    let heard = Heard::begin(&world);
    shelf.move_all("INBOX", "Archive");
    sync(&world);
    assert_eq!(listed(&world), ["m1 one Archive"]);
    shelf.in_box("INBOX", |b| b.put(bare("one")));
    sync(&world);
    assert_eq!(heard.news(), [""; 0], "a copy");
    shelf.in_box("Archive", |b| b.messages.clear());
    sync(&world);
    assert_eq!(listed(&world), ["m1 one INBOX"]);
    assert_eq!(heard.news(), [""; 0]);
}

#[test]
fn a_folder_renamed_on_the_server_keeps_its_messages_and_tells_nothing() {
    let (world, shelf) = shelf();
    let heard = Heard::begin(&world);
    for name in ["Projects", "A2025"] {
        shelf.boxes()[2].name = name.to_owned();
        sync(&world);
        let third = format!("m3 three {name}");
        assert_eq!(listed(&world), [BEFORE[0], BEFORE[1], &third]);
    }
    assert_eq!(heard.news(), [""; 0]);
}

#[test]
fn a_folder_numbered_anew_keeps_its_messages_and_hides_no_news() {
    let (world, shelf) = shelf();
    let heard = Heard::begin(&world);
    let now = "21-Nov-2026 12:00:00 +0000";
    shelf.in_box("Lists", |b| {
        b.validity = 9;
        b.put(letter("old, and never seen"));
        b.put_at(now, letter("new-there"));
    });
    shelf.in_box("INBOX", |b| b.put(letter("new-here")));
    let row = sync(&world);
    assert_eq!(row["renumbered"], true, "{row}");
    let after = listed(&world);
    assert!(
        BEFORE.iter().all(|row| after.contains(&(*row).to_owned())),
        "{after:?}"
    );
    let mut news = heard.news();
    news.sort();
    assert_eq!(news, ["new-here", "new-there"]);
}

#[test]
fn a_mail_that_borrows_a_message_id_takes_no_place_and_is_told() {
    let (world, shelf) = shelf();
    let heard = Heard::begin(&world);
    let dated = |text: &str, minute: u32| {
        format!(
            "From: bob@example.org\r\nTo: ann@example.com\r\nSubject: one\r\nDate: Mon, 05 Jan 2026 10:{minute:02}:00 +0000\r\n\
             Message-ID: <one@example.org>\r\n\r\n{text}\r\n"
        )
    };
    // The true one is taken away in the same moment, and comes to another folder; a third is like it but for its text.
    shelf.move_all("INBOX", "Archive");
    shelf.in_box("INBOX", |b| {
        b.put(dated("pay someone else", 30));
        b.put(dated("of another", 0));
    });
    assert_eq!(sync(&world)["added"], 4);
    let show = world.run(["inbox", "show", "m1"]).ok();
    assert!(show.stdout.contains("of one"), "{show}");
    let rows = listed(&world);
    assert!(
        rows.contains(&"m1 one Archive keepme".to_owned()),
        "{rows:?}"
    );
    assert_eq!(rows.len(), 5, "{rows:?}");
    // A monitor gives each alert the same Message-ID: of another time it is another.
    assert!(heard.news().contains(&"one".to_owned()));
}

#[test]
fn a_folder_that_never_opens_makes_no_history_of_what_is_still_to_come() {
    for (folder, words) in [
        ("Archive", "[SERVERBUG] Internal error"),
        ("Archive", "[NOPERM] not yours"),
        ("INBOX", "[NOPERM] not yet"),
    ] {
        let shelf = Shelf::start(&["INBOX", "Archive", "Lists"]);
        shelf.in_box("INBOX", |b| b.put(letter("one")));
        shelf.in_box("Archive", |b| b.put(letter("two")));
        shelf.in_box(folder, |b| b.refuses = Some(words));
        let world = World::new().config(&shelf.account());
        world.run(SYNC);
        let heard = Heard::begin(&world);
        let now = "21-Nov-2026 12:00:00 +0000";
        shelf.in_box("Lists", |b| b.put_at(now, letter("news")));
        // A folder that the account did not have, with old mail; and what was closed is opened.
        shelf.create("Shared");
        shelf.in_box("Shared", |b| b.put(letter("old, and never seen")));
        world.run(SYNC);
        shelf.in_box(folder, |b| b.refuses = None);
        world.run(SYNC).ok();
        assert_eq!(listed(&world).len(), 4);
        assert_eq!(heard.news(), ["news"], "{words} of {folder}");
    }
}

#[test]
fn an_account_that_is_added_again_has_its_history_again() {
    let (world, shelf) = shelf();
    world
        .run(["auth", "remove", "work", "--forget", "--yes"])
        .ok();
    let heard = Heard::begin(&world);
    let world = world.config(&shelf.account());
    assert_eq!(sync(&world)["added"], 3);
    assert_eq!(heard.news(), [""; 0]);
}

#[test]
fn a_file_that_is_never_read_ends_no_watch_and_no_serve() {
    let (world, root) = maildir();
    let big = fs::File::create(root.join("cur/9.big:2,S")).unwrap();
    big.set_len(300 << 20).unwrap();
    let watch = |more: &[&str]| watched(&world, "cat >> got", more).ok();
    watch(&["--timeout", "2s"]);
    fs::write(root.join("new/4.d"), letter("news")).unwrap();
    watch(&["--once", "--timeout", "30s"]);
    let got = fs::read_to_string(world.dir().join("got")).unwrap();
    assert!(
        got.contains("\"news\"") && !got.contains("\"one\""),
        "{got}"
    );
    // More than one look, though each ends with the same complaint.
    let heard = Heard::with(&world, &["--only", "api,sync"]);
    for n in 0..3 {
        let subject = format!("later-{n}");
        fs::write(root.join(format!("new/5{n}.e")), letter(&subject)).unwrap();
        let told = (0..300).any(|_| {
            std::thread::sleep(std::time::Duration::from_millis(100));
            heard.news().contains(&subject)
        });
        assert!(told, "{subject}");
    }
}

#[test]
fn a_command_gets_its_message_again_though_another_program_moves_it_meanwhile() {
    let (world, shelf) = shelf();
    let watch = |world: &World, more: &[&str]| watched(world, "test -e ready && cat >> got", more);
    watch(&world, &["--timeout", "2s"]).ok();
    shelf.in_box("Lists", |b| {
        b.put_at("21-Nov-2026 11:59:00 +0000", letter("news"))
    });
    watch(&world, &["--once", "--timeout", "20s"]);
    // It has left one folder, and is not in the other yet.
    let taken = shelf.in_box("Lists", |b| b.messages.pop().unwrap());
    assert_eq!(sync(&world)["removed"], 1);
    fs::write(world.dir().join("ready"), "").unwrap();
    let world = world.env("COMMS_NOW", "2026-11-21T12:05:00Z");
    watch(&world, &["--timeout", "3s"]);
    assert!(!world.dir().join("got").exists());
    shelf.in_box("Archive", |b| b.take_in(taken));
    let world = world.env("COMMS_NOW", "2026-11-21T12:30:00Z");
    assert_eq!(sync(&world)["added"], 1);
    let run = watch(&world, &["--once", "--timeout", "20s"]);
    let got = fs::read_to_string(world.dir().join("got")).unwrap_or_default();
    assert!(got.contains("\"news\""), "{got} {run}");
}

/// Stars the first message while the server is away.
fn star_unheard(world: &World, shelf: &Shelf) {
    shelf.in_box("INBOX", |b| b.refuses = Some("[UNAVAILABLE] later"));
    let run = world.run(["inbox", "mark", "m1", "--star", "--json"]);
    assert_eq!(run.json()["untold"][0], "work", "{run}");
    shelf.in_box("INBOX", |b| b.refuses = None);
}

/// Ids of what is starred here, and the flags of `one` in this folder of the server.
fn stars(world: &World, shelf: &Shelf, folder: &str) -> (Vec<String>, Vec<String>) {
    let report = world.run(["search", "is:starred", "--json"]).json();
    let rows = report["messages"].as_array().unwrap().iter();
    let here = rows.map(|row| row["id"].as_str().unwrap().to_owned());
    let there = shelf.in_box(folder, |b| {
        let one = b.messages.iter().find(|m| m.raw.contains("of one"));
        one.unwrap().flags.iter().cloned().collect()
    });
    (here.collect(), there)
}

#[test]
fn a_mark_waits_for_a_folder_that_was_numbered_anew() {
    let (world, shelf) = shelf();
    star_unheard(&world, &shelf);
    shelf.in_box("INBOX", |b| {
        b.validity = 9;
        b.messages.reverse();
        (21..).zip(&mut b.messages).for_each(|(uid, m)| m.uid = uid);
        b.next = 23;
    });
    let row = sync(&world);
    assert_eq!(
        (&row["renumbered"], &row["pushed"]),
        (&true.into(), &1.into()),
        "{row}"
    );
    let flagged = (vec!["m1".to_owned()], vec!["\\Flagged".to_owned()]);
    assert_eq!(stars(&world, &shelf, "INBOX"), flagged);
    // Nothing is told twice, and what the server says is what was told.
    assert_eq!(sync(&world)["pushed"], 0);
    assert_eq!(stars(&world, &shelf, "INBOX"), flagged);
}

#[test]
fn a_mark_follows_a_message_that_another_client_moved_meanwhile() {
    // The folder it goes to is looked at after the one it leaves, or before it.
    for target in ["Archive", "Lists", "Aside"] {
        let (world, shelf) = shelf();
        star_unheard(&world, &shelf);
        if target == "Aside" {
            shelf.create(target);
            shelf.boxes().rotate_right(1);
        }
        shelf.move_all("INBOX", target);
        let row = sync(&world);
        assert_eq!(row["pushed"], 1, "{row}");
        let flagged = (vec!["m1".to_owned()], vec!["\\Flagged".to_owned()]);
        assert_eq!(stars(&world, &shelf, target), flagged);
        assert_eq!(sync(&world)["pushed"], 0);
        assert_eq!(stars(&world, &shelf, target), flagged);
    }
}

#[test]
fn a_mark_of_a_message_that_is_gone_for_good_is_told_nobody() {
    let (world, shelf) = shelf();
    star_unheard(&world, &shelf);
    shelf.in_box("INBOX", |b| drop(b.messages.remove(0)));
    assert_eq!(sync(&world)["pushed"], 0);
    *shelf.heard.lock().unwrap() = Vec::new();
    let row = sync(&world);
    assert_eq!(
        (&row["pushed"], &row["error"]),
        (&0.into(), &Value::Null),
        "{row}"
    );
    let heard = shelf.heard.lock().unwrap().join("\n");
    assert!(!heard.contains("UID STORE"), "{heard}");
}

#[test]
fn an_archived_message_keeps_its_id_on_a_server_that_tells_no_new_uid() {
    let (world, shelf) = shelf();
    shelf.in_box("INBOX", |b| {
        b.bare = true;
        b.messages[1].flags.insert("\\Deleted".to_owned());
    });
    world.run(["inbox", "mark", "m1", "--archive"]).ok();
    assert_eq!(listed(&world)[0], "m1 one Archive keepme");
    let left = shelf.in_box("INBOX", |b| b.messages.clone());
    assert_eq!(left.len(), 1, "what another client marked as deleted stays");
    assert!(left[0].flags.contains("\\Deleted"));
    let row = sync(&world);
    assert_eq!(
        (&row["added"], &row["removed"]),
        (&0.into(), &0.into()),
        "{row}"
    );
    assert_eq!(listed(&world)[0], "m1 one Archive keepme");
}

#[test]
fn what_a_folder_holds_that_was_not_there_before_is_history() {
    let (world, shelf) = shelf();
    let heard = Heard::begin(&world);
    shelf.create("Shared");
    shelf.in_box("Shared", |b| {
        b.put(letter("old"));
        b.put_at("21-Nov-2026 12:00:00 +0000", letter("new"));
    });
    assert_eq!(sync(&world)["added"], 2);
    assert_eq!(heard.news(), ["new"]);
}

#[test]
fn a_folder_another_program_begins_to_fetch_into_a_maildir_is_history() {
    let (world, root) = maildir();
    sync(&world);
    let heard = Heard::begin(&world);
    for sub in ["cur", "new", "tmp"] {
        fs::create_dir_all(root.join(".Shared").join(sub)).unwrap();
    }
    // Such a program writes all files in this moment.
    let put = |name: &str, text: String| {
        let path = root.join(".Shared/new").join(name);
        fs::write(&path, text).unwrap();
        let file = fs::File::options().write(true).open(path).unwrap();
        file.set_modified(NOW.parse::<jiff::Timestamp>().unwrap().into())
            .unwrap();
    };
    put("7.x", letter("old"));
    put(
        "8.y",
        letter("new").replace("05 Jan 2026 10", "21 Nov 2026 12"),
    );
    assert_eq!(sync(&world)["added"], 2);
    // It goes on for hours; on the next day what comes there is news, whenever it was sent.
    put("9.z", letter("old as well"));
    assert_eq!(sync(&world)["added"], 1);
    let world = world.env("COMMS_NOW", "2026-11-22T12:00:00Z");
    put("10.z", letter("late"));
    assert_eq!(sync(&world)["added"], 1);
    let mut news = heard.news();
    news.sort();
    assert_eq!(news, ["late", "new"]);
}

#[test]
fn what_another_program_files_anew_in_a_maildir_keeps_its_id() {
    let (world, root) = maildir();
    sync(&world);
    world.run(["inbox", "mark", "m1", "--label", "keepme"]).ok();
    let heard = Heard::begin(&world);
    let archived = |name: &str| root.join(".Archive/cur").join(name);
    // mbsync: gone here, and there under another name.
    fs::remove_file(root.join("cur/1.a:2,S")).unwrap();
    fs::write(
        archived("7.x,U=1:2,S"),
        format!("X-TUID: abc\r\n{}", letter("one")),
    )
    .unwrap();
    // mutt: a copy at once, and the first one goes when it is left.
    fs::write(archived("8.y:2,S"), letter("two")).unwrap();
    sync(&world);
    assert!(listed(&world).contains(&"m1 one Archive keepme".to_owned()));
    fs::remove_file(root.join("cur/2.b:2,S")).unwrap();
    sync(&world);
    let rows = ["m1 one Archive keepme", "m2 two Archive", "m3 three lists"];
    assert_eq!(listed(&world), rows);
    let run = world.run(["inbox", "show", "m2"]).ok();
    assert!(run.stdout.contains("of two"), "{run}");
    // One of two that came alike is deleted, and the other one stays what it is.
    fs::write(root.join("new/9.z"), letter("three")).unwrap();
    sync(&world);
    fs::remove_file(root.join(".lists/cur/3.c:2,S")).unwrap();
    sync(&world);
    assert!(listed(&world).contains(&"m3 three INBOX".to_owned()));
    for name in ["10.a", "11.b"] {
        fs::write(root.join("new").join(name), letter("twice")).unwrap();
    }
    sync(&world);
    let twice = |world: &World| -> Vec<String> {
        let mut rows = listed(world);
        rows.retain(|row| row.contains("twice"));
        rows
    };
    let both = twice(&world);
    fs::rename(root.join("new/10.a"), root.join(".Archive/cur/12.c:2,S")).unwrap();
    sync(&world);
    assert_eq!(
        twice(&world),
        [both[0].replace("INBOX", "Archive"), both[1].clone()]
    );
    assert_eq!(heard.news(), ["twice"]);
}

#[test]
fn a_watch_hands_on_what_is_new_though_a_folder_was_numbered_anew_and_copies_came() {
    let (world, shelf) = shelf();
    let watch = |timeout: &str| {
        let start = ["inbox", "watch", "--account", "work", "--once"];
        world.run(
            start
                .into_iter()
                .chain(["--timeout", timeout, "--format", "jsonl"]),
        )
    };
    watch("1s").fails(5);
    shelf.in_box("Lists", |b| b.validity = 9);
    shelf.in_box("INBOX", |b| {
        b.put(letter("three"));
        b.put(letter("new"));
    });
    let run = watch("30s").ok();
    assert_eq!(run.jsonl()[0]["subject"], "new", "{run}");
}
