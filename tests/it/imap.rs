//! IMAP accounts against a real Dovecot.

use comms::store::Store;
use serde_json::Value;

use crate::support::World;
use crate::support::mail::{ANN, BOB, Kind, Mail};

/// The row of the account in a sync's report.
#[track_caller]
fn sync(world: &World) -> Value {
    let report = world
        .run(["inbox", "sync", "--account", "work", "--json"])
        .ok()
        .json();
    report["accounts"][0].clone()
}

#[track_caller]
fn counts(row: &Value) -> [u64; 4] {
    ["added", "changed", "removed", "pushed"].map(|key| {
        row[key]
            .as_u64()
            .unwrap_or_else(|| panic!("no {key}: {row}"))
    })
}

fn world(mail: &Mail) -> World {
    World::new().config(&mail.account("work"))
}

/// The store of a world, to look at what a sync left and to change as `mark` does.
fn store(world: &World) -> Store {
    Store::at(&world.home())
}

/// (folder, subject, unread, labels) of all messages, sorted.
fn listing(world: &World) -> Vec<(String, String, bool, Vec<String>)> {
    let page = store(world)
        .search(
            &comms::model::query::Query::All,
            comms::model::query::Sort::Newest,
            None,
            None,
        )
        .unwrap();
    let mut rows: Vec<_> = page
        .rows
        .into_iter()
        .map(|row| (row.folder, row.subject, row.unread, row.labels))
        .collect();
    rows.sort();
    rows
}

fn subjects(world: &World, folder: &str) -> Vec<String> {
    listing(world)
        .into_iter()
        .filter(|(found, ..)| found == folder)
        .map(|(_, subject, ..)| subject)
        .collect()
}

/// The id of the message with this subject.
#[track_caller]
fn id(world: &World, subject: &str) -> comms::model::id::MessageId {
    let page = store(world)
        .search(
            &comms::model::query::Query::All,
            comms::model::query::Sort::Newest,
            None,
            None,
        )
        .unwrap();
    page.rows
        .iter()
        .find(|row| row.subject == subject)
        .unwrap_or_else(|| panic!("no message `{subject}`"))
        .id
}

fn simple(subject: &str) -> String {
    format!(
        "From: Ada <ada@elsewhere.example>\r\nTo: ann@example.com\r\nSubject: {subject}\r\n\
         Date: Fri, 20 Nov 2026 10:00:00 +0000\r\nMessage-ID: <{}@elsewhere.example>\r\n\r\nbody of {subject}\r\n",
        subject.replace(' ', ".")
    )
}

#[test]
fn the_first_sync_brings_every_folder_and_the_second_nothing() {
    let Some(mail) = Mail::start() else { return };
    mail.deliver_text(ANN, "hello one", "the first body");
    let mut other = mail.client(ANN);
    other.append("Sent", "\\Seen", simple("mine"));
    other.run("CREATE \"Entw&APw-rfe/&ZeVnLIqe-\"");
    other.append("Entw&APw-rfe/&ZeVnLIqe-", "\\Flagged Work", simple("deep"));
    let world = world(&mail);
    assert_eq!(counts(&sync(&world)), [3, 0, 0, 0]);
    assert_eq!(
        listing(&world),
        [
            (
                "Entwürfe/日本語".into(),
                "deep".into(),
                true,
                vec!["Work".into()]
            ),
            ("INBOX".into(), "hello one".into(), true, vec![]),
            ("Sent".into(), "mine".into(), false, vec![]),
        ]
    );
    let folders = store(&world).folders("work").unwrap();
    let roles: Vec<_> = folders
        .iter()
        .map(|folder| format!("{} {:?}", folder.path, folder.role))
        .collect();
    assert_eq!(
        roles,
        [
            "Drafts Drafts",
            "Entwürfe/日本語 Other",
            "INBOX Inbox",
            "Sent Sent",
            "Trash Trash"
        ]
    );
    assert_eq!(counts(&sync(&world)), [0, 0, 0, 0]);
}

/// Each kind of server that a sync must get along with: QRESYNC, CONDSTORE alone, neither, and dots in names.
fn kinds() -> [Kind; 4] {
    [
        Kind::default(),
        Kind {
            capability: Some(
                "IMAP4rev1 SASL-IR LITERAL+ ENABLE IDLE CONDSTORE UIDPLUS MOVE NAMESPACE",
            ),
            dots: false,
            tokens: None,
        },
        Kind {
            capability: Some("IMAP4rev1"),
            dots: true,
            tokens: None,
        },
        Kind {
            capability: Some("IMAP4rev1 UIDPLUS SPECIAL-USE"),
            dots: false,
            tokens: None,
        },
    ]
}

#[test]
fn what_another_client_does_is_seen_here() {
    for kind in kinds() {
        let Some(mail) = Mail::start_as(kind) else {
            return;
        };
        let world = world(&mail);
        let mut other = mail.client(ANN);
        for subject in ["one", "two", "three", "four"] {
            other.append("INBOX", "", simple(subject));
        }
        assert_eq!(counts(&sync(&world)), [4, 0, 0, 0], "{kind:?}");
        let [first, third] = ["one", "three"].map(|subject| id(&world, subject));

        other.run("SELECT INBOX");
        other.run("UID STORE 1 +FLAGS (\\Seen Urgent)");
        other.run("UID STORE 2 +FLAGS (\\Deleted)");
        other.run("EXPUNGE");
        other.run("UID MOVE 3 Trash");
        other.append("INBOX", "\\Seen", simple("five"));
        let row = sync(&world);
        assert_eq!(counts(&row), [2, 1, 2, 0], "{kind:?}: {row}");
        assert_eq!(id(&world, "one"), first, "a flag makes no new message");
        assert_eq!(id(&world, "three"), third, "a move makes no new message");
        assert_eq!(
            listing(&world),
            [
                ("INBOX".into(), "five".into(), false, vec![]),
                ("INBOX".into(), "four".into(), true, vec![]),
                ("INBOX".into(), "one".into(), false, vec!["Urgent".into()]),
                ("Trash".into(), "three".into(), true, vec![]),
            ],
            "{kind:?}"
        );

        other.run("SELECT INBOX");
        other.run("UID STORE 1 -FLAGS (\\Seen Urgent)");
        assert_eq!(counts(&sync(&world)), [0, 1, 0, 0], "{kind:?}");
        assert!(listing(&world)[2].2, "{kind:?}");

        other.run("SELECT INBOX");
        other.run("UID STORE 1:* +FLAGS (\\Deleted)");
        other.run("EXPUNGE");
        assert_eq!(counts(&sync(&world))[2], 3, "{kind:?}");
        assert_eq!(subjects(&world, "INBOX"), [""; 0], "{kind:?}");
    }
}

#[test]
fn what_is_done_here_is_told_to_the_server() {
    use comms::model::message::{Change, Role};
    for kind in kinds() {
        let Some(mail) = Mail::start_as(kind) else {
            return;
        };
        let world = world(&mail);
        let mut other = mail.client(ANN);
        for subject in ["one", "two", "three"] {
            other.append("INBOX", "", simple(subject));
        }
        sync(&world);
        let [one, two, three] = ["one", "two", "three"].map(|subject| id(&world, subject));
        let store = store(&world);
        let read = Change {
            seen: Some(true),
            starred: Some(true),
            add_labels: vec!["to do".into(), "größe".into()],
            ..Change::default()
        };
        store.change(&[one], &read).unwrap();
        store.queue_change(one, &read).unwrap();
        for (id, role) in [(two, Role::Archive), (three, Role::Trash)] {
            let change = Change {
                move_to: Some(role),
                ..Change::default()
            };
            store.queue_change(id, &change).unwrap();
        }
        drop(store);
        let row = sync(&world);
        assert_eq!(row["pushed"], 3, "{kind:?}: {row}");

        other.run("SELECT INBOX");
        let said = other.run("UID FETCH 1:* (FLAGS)");
        assert!(
            said.contains("\\Seen") && said.contains("\\Flagged"),
            "{said}"
        );
        assert!(
            said.contains("to_do") && said.contains("gr&APYA3w-e"),
            "{said}"
        );
        let separator = if kind.dots { "." } else { "/" };
        let list = other.run("LIST \"\" \"*\"");
        assert!(list.contains("Archive"), "{separator} {list}");
        other.run("SELECT Archive");
        assert!(
            other
                .run("UID FETCH 1:* (BODY.PEEK[HEADER.FIELDS (SUBJECT)])")
                .contains("two")
        );

        // Ids stay, nothing is there twice, and our own changes don't come back as news.
        assert_eq!(subjects(&world, "Archive"), ["two"], "{kind:?}");
        assert_eq!(subjects(&world, "Trash"), ["three"], "{kind:?}");
        assert_eq!(id(&world, "two"), two, "{kind:?}");
        assert_eq!(id(&world, "three"), three, "{kind:?}");
        let row = sync(&world);
        assert_eq!(row["pushed"], 0, "{kind:?}: {row}");
        assert_eq!(row["added"], 0, "{kind:?}: {row}");
        assert_eq!(listing(&world).len(), 3, "{kind:?}");
    }
}

#[test]
fn under_read_only_nothing_changes_on_the_server() {
    use comms::model::message::Change;
    let Some(mail) = Mail::start() else { return };
    let world = world(&mail);
    let mut other = mail.client(ANN);
    other.append("INBOX", "", simple("one"));
    world.run(["inbox", "sync", "--read-only"]).ok();
    let one = id(&world, "one");
    let read = Change {
        seen: Some(true),
        ..Change::default()
    };
    store(&world).change(&[one], &read).unwrap();
    store(&world).queue_change(one, &read).unwrap();
    world.run(["inbox", "sync", "--read-only"]).ok();
    other.run("SELECT INBOX");
    assert!(!other.run("UID FETCH 1:* (FLAGS)").contains("\\Seen"));
    // The change still waits, and what the server says does not undo it.
    other.run("UID STORE 1 +FLAGS (\\Flagged)");
    world.run(["inbox", "sync", "--read-only"]).ok();
    assert!(!listing(&world)[0].2);
    assert_eq!(sync(&world)["pushed"], 1);
    assert!(other.run("UID FETCH 1:* (FLAGS)").contains("\\Seen"));
}

#[test]
fn a_folder_numbered_anew_is_fetched_anew() {
    let Some(mail) = Mail::start() else { return };
    let world = world(&mail);
    let mut other = mail.client(ANN);
    other.run("CREATE Lists");
    other.append("Lists", "", simple("one"));
    other.append("Lists", "", simple("two"));
    assert_eq!(sync(&world)["added"], 2);
    other.run("DELETE Lists");
    // A UIDVALIDITY is a time in seconds.
    std::thread::sleep(std::time::Duration::from_millis(1100));
    other.run("CREATE Lists");
    other.append("Lists", "", simple("two"));
    other.append("Lists", "", simple("three"));
    let row = sync(&world);
    assert_eq!(
        (&row["added"], &row["renumbered"]),
        (&2.into(), &true.into()),
        "{row}"
    );
    assert_eq!(subjects(&world, "Lists"), ["three", "two"]);
    other.run("DELETE Lists");
    assert_eq!(sync(&world)["removed"], 2);
    assert_eq!(subjects(&world, "Lists"), [""; 0]);
}

#[test]
fn a_folder_another_client_renames_keeps_its_messages() {
    for kind in kinds() {
        let Some(mail) = Mail::start_as(kind) else {
            return;
        };
        let world = world(&mail);
        let mut other = mail.client(ANN);
        other.run("CREATE Projects");
        for subject in ["one", "two"] {
            other.append("Projects", "", simple(subject));
        }
        assert_eq!(counts(&sync(&world)), [2, 0, 0, 0], "{kind:?}");
        let before = ["one", "two"].map(|subject| id(&world, subject));
        other.run("RENAME Projects Done");
        sync(&world);
        assert_eq!(subjects(&world, "Done"), ["one", "two"], "{kind:?}");
        let after = ["one", "two"].map(|subject| id(&world, subject));
        assert_eq!(after, before, "{kind:?}");
        assert_eq!(counts(&sync(&world)), [0, 0, 0, 0], "{kind:?}");
    }
}

#[test]
fn only_the_folders_of_the_config_are_synced() {
    let Some(mail) = Mail::start() else { return };
    let mut other = mail.client(ANN);
    other.run("CREATE Lists/rust");
    other.append("Lists/rust", "", simple("list"));
    other.append("Sent", "", simple("mine"));
    other.append("INBOX", "", simple("one"));
    let config = mail.account("work") + "folders = [\"INBOX\", \"lists/*\"]\n";
    let world = World::new().config(&config);
    assert_eq!(sync(&world)["added"], 2);
    let config = mail.account("work") + "folders = [\"INBOX\", \"Nowhere\"]\n";
    let world = World::new().config(&config);
    let run = world.run(["inbox", "sync", "--account", "work"]).fails(3);
    assert!(run.stderr.contains("`Nowhere`"), "{run}");
    assert_eq!(subjects(&world, "INBOX"), ["one"], "the others are synced");
}

#[test]
fn a_wrong_password_is_an_auth_error_with_the_next_step() {
    let Some(mail) = Mail::start() else { return };
    let world = World::new().config(&mail.account("work").replace("echo annpw", "echo wrong"));
    let run = world
        .run(["inbox", "sync", "--account", "work", "--json"])
        .fails(4);
    assert_eq!(run.stdout, "");
    let error = run.json_error();
    assert_eq!(error["error"]["code"], "auth");
    assert!(
        error["error"]["hint"]
            .as_str()
            .unwrap()
            .contains("comms auth login work")
    );
    assert!(!run.stderr.contains("wrong\""), "{run}");
}

#[test]
fn a_certificate_of_a_strange_authority_is_refused() {
    let Some(mail) = Mail::start() else { return };
    let config: String = mail
        .account("work")
        .lines()
        .filter(|line| !line.starts_with("ca_file"))
        .map(|line| format!("{line}\n"))
        .collect();
    let world = World::new().config(&config);
    let run = world.run(["inbox", "sync", "--account", "work"]).fails(7);
    assert!(
        run.stderr.contains("is not trusted") && run.stderr.contains("ca_file"),
        "{run}"
    );
    // The name in the certificate counts, too.
    let world = World::new().config(&mail.account("work").replace("localhost", "127.0.0.2"));
    let run = world.run(["inbox", "sync", "--account", "work"]).fails(7);
    assert!(run.stderr.contains("is not trusted"), "{run}");
}

#[test]
fn starttls_protects_the_login_and_no_tls_sends_none() {
    let Some(mail) = Mail::start() else { return };
    mail.deliver_text(ANN, "hello", "body");
    let plain_port = |tls: &str| {
        mail.account("work")
            .replace(
                &format!("localhost:{}", mail.imaps),
                &format!("localhost:{}", mail.imap),
            )
            .replace("tls = \"tls\"", &format!("tls = \"{tls}\""))
    };
    let world = World::new().config(&plain_port("starttls"));
    assert_eq!(sync(&world)["added"], 1);
    // Dovecot trusts connections from its own address; from another one it wants TLS before a login.
    let config = plain_port("none").replace("imap = \"localhost", "imap = \"127.0.0.2");
    let world = World::new().config(&config);
    let run = world.run(["inbox", "sync", "--account", "work"]).fails(3);
    assert!(run.stderr.contains("LOGINDISABLED"), "{run}");
}

#[test]
fn one_account_that_is_down_does_not_stop_the_other() {
    let Some(mail) = Mail::start() else { return };
    mail.deliver_text(BOB, "for bob", "body");
    let down = mail
        .account("down")
        .replace(&format!("localhost:{}", mail.imaps), "localhost:1");
    let world = World::new().config(&format!("{down}\n{}", mail.bob_account("bob")));
    let run = world.run(["inbox", "sync", "--json"]).fails(9);
    let report = run.json();
    let row = |name: &str| {
        let rows = report["accounts"].as_array().unwrap();
        rows.iter()
            .find(|row| row["account"] == name)
            .unwrap()
            .clone()
    };
    assert_eq!(row("down")["error"]["code"], "unavailable", "{report}");
    assert_eq!(row("bob")["added"], 1, "{report}");
    let run = world.run(["inbox", "sync", "--account", "down"]).fails(7);
    assert!(run.stderr.contains("localhost:1"), "{run}");
}

#[test]
fn logging_in_for_real_tells_which_secret_answered() {
    let Some(mail) = Mail::start() else { return };
    let world = world(&mail);
    let report = world.run(["auth", "status", "work", "--json"]).ok().json();
    let row = &report["accounts"][0];
    assert_eq!(
        (&row["state"], &row["secret"]),
        (&"ok".into(), &"secret_command".into())
    );
    let world = world.env("COMMS_SECRET_WORK", "wrong");
    let run = world.run(["auth", "status", "work", "--json"]).fails(4);
    assert_eq!(run.json()["accounts"][0]["secret"], "environment");
    let report = world.run(["doctor", "--json"]).fails(4).json();
    let checks = report["checks"].as_array().unwrap();
    let fault = checks
        .iter()
        .find(|check| check["state"] == "fault")
        .unwrap();
    assert_eq!(fault["name"], "work: imap", "{report}");
    assert!(
        fault["fix"]
            .as_str()
            .unwrap()
            .contains("comms auth login work")
    );
}

#[test]
fn nothing_new_in_many_folders_is_few_words() {
    let Some(mail) = Mail::start() else { return };
    let world = world(&mail);
    let mut other = mail.client(ANN);
    for n in 0..20 {
        other.run(&format!("CREATE Folder{n}"));
        other.append(&format!("Folder{n}"), "", simple(&format!("in {n}")));
    }
    assert_eq!(sync(&world)["added"], 20);
    assert_eq!(counts(&sync(&world)), [0, 0, 0, 0]);
    drop(other);
    // ENABLE, LIST with STATUS, LOGOUT; one word per folder would be more.
    let said = mail.bytes_of_session(2);
    assert!(said < 250, "{said} bytes for nothing new");
}

#[test]
fn a_message_by_another_client_is_listed_found_marked_and_saved() {
    let Some(mail) = Mail::start() else { return };
    // Every byte value, so that no line ending or charset can be bent unseen.
    let attachment: Vec<u8> = (0..=255u8).cycle().take(70_000).collect();
    let mut encoded = String::new();
    for line in base64::Engine::encode(&base64::engine::general_purpose::STANDARD, &attachment)
        .as_bytes()
        .chunks(76)
    {
        encoded.push_str(std::str::from_utf8(line).unwrap());
        encoded.push_str("\r\n");
    }
    mail.deliver(
        ANN,
        format!(
            "From: Grace <grace@elsewhere.example>\r\nTo: {ANN}\r\nSubject: the harvest\r\n\
             Message-ID: <harvest@elsewhere.example>\r\nMIME-Version: 1.0\r\n\
             Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\n\
             the quince is ripe\r\n--b\r\nContent-Type: application/octet-stream\r\n\
             Content-Disposition: attachment; filename=quince.bin\r\nContent-Transfer-Encoding: base64\r\n\r\n\
             {encoded}--b--\r\n"
        ),
    );
    let world = world(&mail);
    let inbox = world
        .run(["inbox", "--account", "work", "--json"])
        .ok()
        .json();
    let newest = &inbox["threads"][0]["newest"];
    assert_eq!(newest["subject"], "the harvest", "{inbox}");
    assert_eq!(newest["unread"], true, "{inbox}");
    let id = newest["id"].as_str().unwrap();

    let found = world.run(["search", "quince", "--json"]).ok().json();
    assert_eq!(found["messages"][0]["id"], id, "{found}");

    let to = world.dir().join("saved");
    std::fs::create_dir(&to).unwrap();
    world
        .run(["inbox", "save", id, "--to", to.to_str().unwrap()])
        .ok();
    assert!(
        std::fs::read(to.join("quince.bin")).unwrap() == attachment,
        "bytes differ"
    );

    world.run(["inbox", "mark", id, "--read"]).ok();
    let mut other = mail.client(ANN);
    other.run("SELECT INBOX");
    // Whoever was offline when it was marked is told by the next sync.
    sync(&world);
    assert!(other.run("UID FETCH 1 (FLAGS)").contains("\\Seen"));
    let inbox = world
        .run(["inbox", "--unread", "--account", "work", "--json"])
        .ok()
        .json();
    assert_eq!(inbox["threads"].as_array().unwrap().len(), 0, "{inbox}");
}

#[test]
fn folders_of_any_name_are_synced_and_named_as_people_read_them() {
    let Some(mail) = Mail::start() else { return };
    let world = world(&mail);
    let mut other = mail.client(ANN);
    // On the wire: quoted, as a literal, in modified UTF-7.
    let folders = [
        ("\"say \\\"hi\\\"\"", "say \"hi\""),
        ("\"back\\\\slash\"", "back\\slash"),
        ("\"Tom &- Jerry\"", "Tom & Jerry"),
        ("\"Gr&APYA3w-e/&ZeVnLIqe-\"", "Größe/日本語"),
        ("\"a (b) {3} %\"", "a (b) {3} %"),
        ("NIL", "NIL"),
        ("\"17\"", "17"),
    ];
    for (wire, path) in folders {
        let said = other.run(&format!("CREATE {wire}"));
        assert!(said.contains("OK"), "{path}: {said}");
        let bare = wire.strip_prefix('"').and_then(|w| w.strip_suffix('"'));
        other.append(bare.unwrap_or(wire), "", simple(path));
    }
    assert_eq!(sync(&world)["added"], folders.len() as u64);
    for (_, path) in folders {
        assert_eq!(
            subjects(&world, path).len(),
            1,
            "{path}: {:?}",
            listing(&world)
        );
    }
    assert_eq!(counts(&sync(&world)), [0, 0, 0, 0]);
    let found = world
        .run(["search", "in:\"Tom & Jerry\"", "--json"])
        .ok()
        .json();
    assert_eq!(found["messages"].as_array().unwrap().len(), 1, "{found}");
}
