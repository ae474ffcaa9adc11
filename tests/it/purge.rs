//! Erasing for good: nothing is left on this machine, and nothing comes back.

use std::fs;
use std::path::Path;

use crate::support::World;
use crate::support::mail::{ANN, Mail};
use crate::support::serving::{self, Serving};
use crate::support::slack::{Fault, Slack, TOKEN};
use crate::support::smtp::Smtp;
use crate::support::twilio::{BOB, Twilio};

const WORD: &str = "Quixotry";

fn mail(n: u32, from: &str, date: &str, text: &str) -> String {
    format!(
        "From: {from}\nTo: me@example.com\nSubject: about {text}\nDate: {date}\nMessage-ID: <{n}@example.com>\n\n{text}\n"
    )
}

const OLD: &str = "Mon, 2 Nov 2020 10:00:00 +0000";
const NEW: &str = "Mon, 2 Nov 2026 10:00:00 +0000";

fn maildir(root: &Path, messages: &[(&str, String)]) {
    for sub in ["cur", "new", "tmp"] {
        fs::create_dir_all(root.join(sub)).unwrap();
    }
    for (name, text) in messages {
        fs::write(root.join(name), text).unwrap();
    }
}

fn count(world: &World, query: &str) -> String {
    let run = world.run(["search", "--count", query]).ok();
    run.stdout.trim().to_owned()
}

/// Files of the home that hold this text, whatever they are.
fn holding(dir: &Path, text: &str) -> Vec<String> {
    let needle = text.as_bytes();
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(holding(&path, text));
        } else if fs::read(&path)
            .unwrap()
            .windows(needle.len())
            .any(|w| w.eq_ignore_ascii_case(needle))
        {
            found.push(path.display().to_string());
        }
    }
    found
}

#[test]
fn what_is_purged_is_in_no_file_any_more() {
    let world = World::new();
    let root = world.dir().join("Mail");
    let small = mail(1, "ada@example.com", NEW, WORD);
    let large = mail(
        2,
        "ada@example.com",
        NEW,
        &format!("{WORD} {}", "0123456789 ".repeat(200_000)),
    );
    maildir(
        &root,
        &[
            ("cur/1.a:2,", small),
            ("cur/2.b:2,", large),
            ("cur/3.c:2,", mail(3, "bob@example.com", NEW, "weather")),
        ],
    );
    world.run(["import", root.to_str().unwrap()]).ok();
    assert_eq!(count(&world, WORD), "2");
    assert!(!holding(&world.home(), WORD).is_empty());
    let report = world.run(["purge", WORD, "--yes", "--json"]).ok().json();
    assert_eq!(report["messages"], 2, "{report}");
    assert_eq!(count(&world, WORD), "0");
    assert_eq!(count(&world, "weather"), "1");
    assert_eq!(holding(&world.home(), WORD), Vec::<String>::new());
    let blobs = world.home().join("blobs");
    assert_eq!(fs::read_dir(blobs).unwrap().count(), 0);
    world.run(["doctor", "--offline"]).ok();
    world.run(["inbox", "show", "m1"]).fails(5);
}

#[test]
fn a_purge_asks_first_and_a_dry_run_erases_nothing() {
    let world = World::new();
    let root = world.dir().join("Mail");
    maildir(
        &root,
        &[("cur/1.a:2,", mail(1, "ada@example.com", NEW, WORD))],
    );
    world.run(["import", root.to_str().unwrap()]).ok();
    let refused = world.run(["purge", WORD]).fails(2);
    assert!(refused.stderr.contains("--yes"), "{refused}");
    let report = world
        .run(["purge", WORD, "--dry-run", "--json"])
        .ok()
        .json();
    assert_eq!(
        (&report["messages"], &report["dry_run"]),
        (&1.into(), &true.into())
    );
    assert_eq!(count(&world, WORD), "1");
    world.run(["purge"]).fails(2);
    world.run(["purge", "nosuch:operator", "--yes"]).fails(2);
    world.run(["purge", "in:nowhere", "--yes"]).fails(2);
    world
        .run(["export", "in:nowhere", "--to", "-", "--as", "mbox"])
        .fails(2);
    world.run(["--read-only", "purge", WORD, "--yes"]).fails(6);
    assert_eq!(count(&world, WORD), "1");
}

#[test]
fn an_agent_may_not_purge() {
    let world = World::new().env("COMMS_ORIGIN", "agent");
    let run = world.run(["purge", "is:read", "--yes"]).fails(6);
    assert!(run.stderr.contains("ask the person"), "{run}");
}

#[test]
fn a_file_of_someones_maildir_stays_and_is_not_read_again() {
    let world = World::new();
    let root = world.dir().join("Mail");
    maildir(
        &root,
        &[
            ("cur/1.a:2,", mail(1, "ada@example.com", NEW, WORD)),
            ("cur/2.b:2,", mail(2, "bob@example.com", NEW, "weather")),
        ],
    );
    let world = world.config(&format!(
        "[accounts.box]\nchannel = \"maildir\"\npath = {root:?}\n"
    ));
    world.run(["inbox", "sync"]).ok();
    assert_eq!(count(&world, "is:received"), "2");
    let report = world
        .run(["purge", "from:ada", "--yes", "--json"])
        .ok()
        .json();
    assert_eq!(report["elsewhere"][0]["account"], "box");
    assert!(root.join("cur/1.a:2,").exists());
    // Something else changes in the folder, and another program moves and marks the erased file.
    fs::rename(root.join("cur/1.a:2,"), root.join("cur/1.a:2,S")).unwrap();
    fs::write(
        root.join("new/3.c"),
        mail(3, "eve@example.com", NEW, "news"),
    )
    .unwrap();
    world.run(["inbox", "sync"]).ok();
    assert_eq!(count(&world, WORD), "0");
    assert_eq!(count(&world, "news"), "1");
    world.run(["doctor", "--rebuild-index"]).ok();
    world.run(["inbox", "sync"]).ok();
    assert_eq!(count(&world, WORD), "0");
    assert_eq!(count(&world, "is:received"), "2");
    // Another program files it under a name of its own.
    for sub in ["cur", "new", "tmp"] {
        fs::create_dir_all(root.join(".Archive").join(sub)).unwrap();
    }
    fs::rename(root.join("cur/1.a:2,S"), root.join(".Archive/cur/7.q:2,S")).unwrap();
    for _ in 0..2 {
        world.run(["inbox", "sync"]).ok();
        assert_eq!(count(&world, WORD), "0");
    }
    assert!(root.join(".Archive/cur/7.q:2,S").exists());
}

#[test]
fn an_erased_message_is_not_fetched_again_even_from_another_folder() {
    let Some(server) = Mail::start() else { return };
    let world = World::new().config(&server.account("work"));
    server.deliver_text(ANN, "secret plans", WORD);
    server.deliver_text(ANN, "weather", "sunny");
    world.run(["inbox", "sync"]).ok();
    assert_eq!(count(&world, WORD), "1");
    world.run(["purge", WORD, "--yes"]).ok();
    world.run(["inbox", "sync"]).ok();
    assert_eq!(count(&world, WORD), "0");
    let mut client = server.client(ANN);
    client.run("SELECT INBOX");
    client.run("CREATE Elsewhere");
    client.run("UID MOVE 1 Elsewhere");
    world.run(["inbox", "sync"]).ok();
    assert_eq!(count(&world, WORD), "0");
    assert_eq!(count(&world, "sunny"), "1");
    assert_eq!(holding(&world.home(), WORD), Vec::<String>::new());
}

#[test]
fn a_person_is_erased_from_mail_and_from_what_was_sent() {
    let smtp = Smtp::start();
    let world = World::new().config(&smtp.account("work"));
    world
        .run(["send", "ada@example.com", "-s", "hello", "-m", WORD])
        .ok();
    let waiting = [
        "send",
        "ada@example.com",
        "--queue",
        "-s",
        "later",
        "-m",
        "still to go",
    ];
    world.run(waiting).ok();
    let report = world
        .run(["purge", "ada@example.com", "--yes", "--json"])
        .ok()
        .json();
    assert_eq!(report["outbox_items"], 1, "{report}");
    assert_eq!(report["kept"][0], "o2", "{report}");
    let item = world.run(["outbox", "show", "o1", "--json"]).ok().json();
    assert_eq!(item["state"], "sent");
    assert_eq!(item["recipients"][0]["email"], "(erased)");
    assert_eq!(holding(&world.home(), WORD), Vec::<String>::new());
    // What waits still goes.
    world.run(["outbox", "run"]).ok();
    assert_eq!(smtp.received().len(), 2);
}

#[test]
fn what_the_config_gives_up_is_erased_once_a_day() {
    let world = World::new().config("[retention]\nmessages = \"2y\"\noutbox = \"30d\"\n");
    let root = world.dir().join("Mail");
    maildir(
        &root,
        &[
            ("cur/1.a:2,", mail(1, "ada@example.com", OLD, WORD)),
            ("cur/2.b:2,", mail(2, "bob@example.com", NEW, "weather")),
        ],
    );
    world.run(["import", root.to_str().unwrap()]).ok();
    let report = world
        .run(["purge", "--expired", "--dry-run", "--json"])
        .ok();
    assert_eq!(report.json()["messages"], 1);
    world.run(["purge", "--expired", "--yes"]).ok();
    assert_eq!(count(&world, WORD), "0");
    assert_eq!(count(&world, "weather"), "1");
    let nothing = World::new().run(["purge", "--expired", "--yes"]).fails(3);
    assert!(nothing.stderr.contains("[retention]"), "{nothing}");
}

#[test]
fn a_retention_that_would_erase_today_is_refused() {
    for wrong in ["0d", "12h", "soon", "30min", "-1d"] {
        let world = World::new().config(&format!("[retention]\nmessages = \"{wrong}\"\n"));
        let run = world.run(["config", "check"]).fails(3);
        assert!(
            run.stderr.contains("at least one day") || run.stdout.contains("at least one day"),
            "{run}"
        );
    }
}

#[test]
fn what_a_webhook_told_is_erased_with_the_one_who_wrote_it() {
    let world = serving::world();
    let serving = Serving::start(&world);
    let told = serving.whatsapp(&serving::text("wamid.1", "the okapi has a secret"));
    assert_eq!(told.status, 200);
    serving.counted("comms_messages_received_total{account=\"wa\"}", 1);
    serving.counted("comms_events_waiting", 0);
    assert_eq!(serving.end("-TERM"), Some(0));
    assert_eq!(count(&world, "okapi"), "1");
    let inbox = world.run(["inbox", "--offline", "--json"]).ok().json();
    let from = inbox["threads"][0]["newest"]["from"][0]["email"].clone();
    let from = from.as_str().expect("an address");
    assert!(from.starts_with("whatsapp:"), "{inbox}");
    world.run(["purge", from, "--yes"]).ok();
    assert_eq!(count(&world, "okapi"), "0");
    assert_eq!(holding(&world.home(), "okapi"), Vec::<String>::new());
    // It is posted again, and stays away.
    let serving = Serving::start(&world);
    let told = serving.whatsapp(&serving::text("wamid.1", "the okapi has a secret"));
    assert_eq!(told.status, 200);
    serving.counted(
        "comms_webhook_events_total{account=\"wa\",state=\"known\"}",
        1,
    );
    assert_eq!(serving.end("-TERM"), Some(0));
    assert_eq!(count(&world, "okapi"), "0");
}

#[test]
fn what_a_webhook_told_goes_with_its_account() {
    let world = serving::world();
    let serving = Serving::start(&world);
    let told = serving.whatsapp(&serving::text("wamid.1", "the okapi has a secret"));
    assert_eq!(told.status, 200);
    serving.counted("comms_events_waiting", 0);
    assert_eq!(serving.end("-TERM"), Some(0));
    assert_ne!(holding(&world.home(), "okapi"), Vec::<String>::new());
    world
        .run(["auth", "remove", "wa", "--forget", "--yes"])
        .ok();
    assert_eq!(rows(&world, "events"), 0);
}

fn rows(world: &World, table: &str) -> i64 {
    let db = rusqlite::Connection::open(world.home().join("comms.db")).unwrap();
    let count = format!("SELECT count(*) FROM {table}");
    db.query_row(&count, [], |row| row.get(0)).unwrap()
}

#[test]
fn a_strangers_mail_that_bears_our_message_id_takes_no_item_along() {
    let smtp = Smtp::start();
    let world = World::new().config(&smtp.account("work"));
    let run = world.run([
        "send",
        "ada@example.org",
        "-s",
        "contract",
        "-m",
        "kept",
        "--queue",
        "--json",
    ]);
    let id = run.json()["items"][0]["id"].as_str().unwrap().to_owned();
    world.run(["outbox", "cancel", &id]).ok();
    let item = world.run(["outbox", "show", &id, "--json"]).ok().json();
    let message_id = item["message_id"]
        .as_str()
        .unwrap()
        .trim_matches(['<', '>']);
    let spam = mail(1, "spam@example.net", NEW, "offer").replace("1@example.com", message_id);
    let path = world.file("spam.eml", spam);
    world.run(["import", &path]).ok();
    let report = world
        .run(["purge", "from:spam@example.net", "--yes", "--json"])
        .ok()
        .json();
    assert_eq!(
        (&report["messages"], &report["outbox_items"]),
        (&1.into(), &0.into()),
        "{report}"
    );
    let item = world.run(["outbox", "show", &id, "--json"]).ok().json();
    assert_eq!(item["recipients"][0]["email"], "ada@example.org", "{item}");
}

#[test]
fn what_was_to_be_told_of_a_failure_is_erased_with_its_address() {
    let smtp = Smtp::start();
    let world = World::new().config(&format!(
        "{}[outbox]\non_failure = \"true\"\n",
        smtp.account("work")
    ));
    // The item fails for good, and its report names whom it was for.
    world
        .run([
            "send",
            "ada@bounce.example",
            "-s",
            "hello",
            "-m",
            WORD,
            "--queue",
        ])
        .ok();
    world.run(["outbox", "run"]);
    assert_eq!(rows(&world, "failures"), 1);
    world.run(["purge", "ada@bounce.example", "--yes"]).ok();
    assert_eq!(rows(&world, "failures"), 0);
    assert_eq!(holding(&world.home(), "ada@bounce"), Vec::<String>::new());
}

#[test]
fn a_purge_that_was_killed_between_its_files_is_finished_by_the_next() {
    let world = World::new();
    let mbox: String = (0..30)
        .map(|n| {
            let word = if n % 3 == 0 { WORD } else { "else" };
            let mail = mail(n, "ada@example.com", NEW, word);
            format!("From ada@example.com Fri Nov 20 10:00:00 2026\n{mail}\n")
        })
        .collect();
    let path = world.file("all.mbox", mbox);
    world.run(["import", &path]).ok();
    assert_eq!(count(&world, WORD), "10");
    let index = world.home().join("index.db");
    let before = fs::read(&index).unwrap();
    world.run(["purge", WORD, "--yes"]).ok();
    // The kill came after `raw.db` was written: the index is what it was.
    for suffix in ["-wal", "-shm"] {
        let _ = fs::remove_file(world.home().join(format!("index.db{suffix}")));
    }
    fs::write(&index, before).unwrap();
    world.run(["purge", WORD, "--yes"]).ok();
    assert_eq!(count(&world, WORD), "0");
    assert_eq!(count(&world, "else"), "20");
    world.run(["doctor", "--offline"]).ok();
}

/// Three mails: m1 and m2 of one thread, m3 that has the ids of others as words.
fn with_ids_as_words() -> World {
    let world = World::new();
    let root = world.dir().join("Mail");
    let answer = mail(2, "bob@example.com", NEW, "answer").replacen(
        "Date:",
        "In-Reply-To: <1@example.com>\nDate:",
        1,
    );
    maildir(
        &root,
        &[
            ("cur/1.a:2,", mail(1, "ada@example.com", NEW, "question")),
            ("cur/2.b:2,", answer),
            (
                "cur/3.c:2,",
                mail(3, "bmw@example.com", NEW, "my BMW M1 t1 o1 c1 m2"),
            ),
        ],
    );
    world.run(["import", root.to_str().unwrap()]).ok();
    world
}

#[test]
fn an_id_names_what_is_erased_and_is_never_a_word() {
    let world = with_ids_as_words();
    let report = world.run(["purge", "m1", "--yes", "--json"]).ok().json();
    assert_eq!(report["messages"], 1, "{report}");
    world.run(["inbox", "show", "m1"]).fails(5);
    world.run(["inbox", "show", "m2"]).ok();
    world.run(["inbox", "show", "m3"]).ok();
    // What is gone is not looked for as a word, either.
    for gone in ["m1", "m99", "t99", "o1", "c1", "m2 m99"] {
        let run = world.run(["purge", gone, "--yes"]).fails(5);
        assert!(run.stderr.contains("there is no"), "{run}");
    }
    assert_eq!(count(&world, "*"), "2");
    // The id of a thread is that of the thread, also when the message that gave it is gone.
    let report = world.run(["purge", "t1", "--yes", "--json"]).ok().json();
    assert_eq!(report["messages"], 1, "{report}");
    world.run(["inbox", "show", "m2"]).fails(5);
    world.run(["inbox", "show", "m3"]).ok();

    let world = with_ids_as_words();
    let report = world
        .run(["purge", "t1", "m3", "m1", "--yes", "--json"])
        .ok()
        .json();
    assert_eq!(report["messages"], 3, "{report}");
}

#[test]
fn an_id_beside_words_is_refused_and_a_quoted_one_is_a_word() {
    let world = with_ids_as_words();
    for unclear in [
        "m1 invoice",
        "from:bmw m1",
        "from:bmw -m1",
        "in:inbox OR (t1 o1)",
        "M1",
        "p1",
        "c1 m1",
        "@team",
    ] {
        let run = world.run(["purge", unclear, "--yes"]).fails(2);
        assert!(run.stderr.contains("hint:"), "{run}");
        assert_eq!(count(&world, "*"), "3", "{unclear}");
    }
    let report = world.run(["purge", "\"m1\"", "--yes", "--json"]).ok();
    assert_eq!(report.json()["messages"], 1);
    world.run(["inbox", "show", "m1"]).ok();
    world.run(["inbox", "show", "m3"]).fails(5);
}

#[test]
fn the_id_of_an_outbox_item_erases_it_and_its_copies() {
    let smtp = Smtp::start();
    let world = World::new().config(&smtp.account("work"));
    for (to, text) in [
        ("ada@example.com", WORD),
        ("bob@example.com", "about o1 and o2"),
    ] {
        world.run(["send", to, "-s", "hello", "-m", text]).ok();
    }
    let later = [
        "send",
        "ada@example.com",
        "-s",
        "later",
        "-m",
        "still to go",
        "--queue",
    ];
    world.run(later).ok();
    let copies = count(&world, WORD);
    let report = world.run(["purge", "o1", "--yes", "--json"]).ok().json();
    assert_eq!(report["outbox_items"], 1, "{report}");
    assert_eq!(report["messages"].to_string(), copies, "{report}");
    assert_eq!(holding(&world.home(), WORD), Vec::<String>::new());
    let shown = |id: &str| world.run(["outbox", "show", id, "--json"]).ok().json();
    assert_eq!(shown("o1")["recipients"][0]["email"], "(erased)");
    assert_eq!(shown("o2")["recipients"][0]["email"], "bob@example.com");
    let run = world.run(["purge", "o3", "--yes"]).fails(2);
    assert!(run.stderr.contains("still wants something"), "{run}");
    assert_eq!(shown("o3")["recipients"][0]["email"], "ada@example.com");
}

#[test]
fn an_export_takes_ids_as_what_they_name() {
    let world = with_ids_as_words();
    let written = |query: &str| {
        let run = world
            .run(["export", query, "--to", "-", "--as", "jsonl"])
            .ok();
        let ids = run
            .jsonl()
            .into_iter()
            .map(|line| line["id"].as_str().unwrap().to_owned());
        ids.collect::<Vec<_>>().join(" ")
    };
    assert_eq!(written("m1"), "m1");
    assert_eq!(written("t1"), "m1 m2");
    assert_eq!(written("m3 t1 m1"), "m1 m2 m3");
    assert_eq!(written("\"m1\""), "m3");
    for (query, code) in [("m99", 5), ("o1", 2), ("c1", 2), ("m1 budget", 2)] {
        world
            .run(["export", query, "--to", "-", "--as", "mbox"])
            .fails(code);
    }
}

#[test]
fn a_text_message_goes_with_what_was_sent_though_its_provider_names_it() {
    let twilio = Twilio::start();
    let world = twilio.world();
    world.run(["send", BOB, "-m", WORD]).ok();
    world.run(["send", BOB, "-m", "weather"]).ok();
    let report = world.run(["purge", WORD, "--yes", "--json"]).ok().json();
    assert_eq!(
        (&report["messages"], &report["outbox_items"]),
        (&1.into(), &1.into()),
        "{report}"
    );
    assert_eq!(holding(&world.home(), WORD), Vec::<String>::new());
    let shown = world.run(["outbox", "show", "o2", "--json"]).ok().json();
    assert_eq!(shown["recipients"][0]["email"], format!("sms:{BOB}"));
}

#[test]
fn a_mail_goes_with_what_was_sent_though_its_server_named_it_anew() {
    let smtp = Smtp::start();
    let world = World::new().config(&smtp.account("work"));
    world
        .run(["send", "bob@example.com", "-s", "x", "-m", WORD])
        .ok();
    let sent = smtp.received().remove(0);
    let own = sent
        .data
        .lines()
        .find(|l| l.starts_with("X-Comms-Id:"))
        .unwrap();
    let copy = format!(
        "From: ada@example.com\nTo: bob@example.com\nSubject: renamed\nDate: {NEW}\n\
         Message-ID: <another@example.com>\n{}\n\n{WORD}\n",
        own.trim_end()
    );
    let file = world.file("copy.eml", &copy);
    world.run(["import", &file]).ok();
    let report = world
        .run(["purge", "subject:renamed", "--yes", "--json"])
        .ok()
        .json();
    assert_eq!(
        (&report["messages"], &report["outbox_items"]),
        (&1.into(), &1.into()),
        "{report}"
    );
}

#[test]
fn a_bare_number_means_the_person_however_it_is_written() {
    let twilio = Twilio::start();
    let world = twilio.world();
    world.run(["send", BOB, "-m", WORD]).ok();
    world.run(["send", "+14155550177", "-m", "weather"]).ok();
    let preview = |number: &str| {
        let run = world.run(["purge", number, "--dry-run", "--json"]).ok();
        run.json()["outbox_items"].clone()
    };
    assert_eq!(preview("+1 (415) 555-0199"), 1);
    let report = world.run(["purge", BOB, "--yes", "--json"]).ok().json();
    assert_eq!(
        (&report["messages"], &report["outbox_items"]),
        (&1.into(), &1.into()),
        "{report}"
    );
    assert_eq!(holding(&world.home(), WORD), Vec::<String>::new());
    let shown = |id: &str| world.run(["outbox", "show", id, "--json"]).ok().json();
    assert_eq!(shown("o1")["recipients"][0]["email"], "(erased)");
    assert_eq!(shown("o2")["recipients"][0]["email"], "sms:+14155550177");
}

#[test]
fn a_file_alone_goes_with_its_message_though_slack_did_not_say_where_it_stands() {
    let slack = Slack::start();
    let world = World::new()
        .config(&slack.account())
        .env("COMMS_SECRET_WORK", TOKEN);
    let file = world.file(&format!("{WORD}.txt"), "one");
    for n in [1, 2] {
        if n == 1 {
            for nth in 1..=6 {
                slack.fault("conversations.history", nth, Fault::Error("fatal_error"));
            }
        }
        let args = ["-m", "", "--allow-empty", "--attach", &file];
        world
            .run([&["send", "slack:#ops"][..], &args].concat())
            .ok();
    }
    slack.state().faults.clear();
    world.run(["inbox", "sync"]).ok();
    let query = format!("filename:{WORD}.txt");
    assert_eq!(count(&world, &query), "2");
    let report = world.run(["purge", &query, "--yes", "--json"]).ok().json();
    assert_eq!(
        (&report["messages"], &report["outbox_items"]),
        (&2.into(), &2.into()),
        "{report}"
    );
    assert_eq!(holding(&world.home(), WORD), Vec::<String>::new());
}

#[test]
fn what_a_rebuild_had_no_bytes_of_is_in_no_file_after_a_purge() {
    let world = World::new();
    let folder = world.dir().join("in");
    fs::create_dir_all(&folder).unwrap();
    for n in 0..200 {
        let words: Vec<String> = (0..300).map(|w| format!("{WORD}{}", n * w)).collect();
        let text = mail(n, "ann@example.org", OLD, &words.join(" "));
        fs::write(folder.join(format!("{n}.eml")), text).unwrap();
    }
    world.run(["import", folder.to_str().unwrap()]).ok();
    let raw = rusqlite::Connection::open(world.home().join("raw.db")).unwrap();
    raw.execute_batch("PRAGMA secure_delete = ON; DELETE FROM bytes")
        .unwrap();
    raw.close().unwrap();
    world
        .run(["doctor", "--offline", "--rebuild-index"])
        .fails(1);
    assert_eq!(count(&world, "from:ann@example.org"), "200");
    world.run(["purge", "ann@example.org", "--yes"]).ok();
    assert_eq!(holding(&world.home(), WORD), Vec::<String>::new());
    assert_eq!(
        holding(&world.home(), &WORD.to_lowercase()),
        Vec::<String>::new()
    );
}
