//! Input that was made to break who reads it: what is left of `tests/hostile/run` when it must take seconds.

use serde_json::json;

use crate::support::World;
use crate::support::loopback::wire::Answer;
use crate::support::loopback::{Reply, Server};

const GOOD: &str = "From: Ada <ada@example.com>\nTo: bob@example.com\nSubject: harmless\n\
    Date: Mon, 2 Nov 2026 10:00:00 +0000\nMessage-ID: <1@example.com>\n\nThe engine weaves.\n";

#[test]
fn ten_thousand_attachments_are_saved_in_one_pass() {
    let world = World::new();
    let part = "--b\nContent-Disposition: attachment; filename=a.txt\n\nx\n";
    let mail = format!(
        "From: mal@example.org\nContent-Type: multipart/mixed; boundary=b\n\n{}--b--\n",
        part.repeat(4_000)
    );
    let file = world.file("bomb.eml", mail);
    world.run(["import", &file]).ok();
    let to = world.dir().join("saved");
    std::fs::create_dir(&to).unwrap();
    let began = std::time::Instant::now();
    world
        .run(["inbox", "save", "m1", "--to", to.to_str().unwrap()])
        .ok();
    assert_eq!(std::fs::read_dir(&to).unwrap().count(), 4_000);
    // One pass per attachment took minutes.
    assert!(began.elapsed().as_secs() < 40, "{:?}", began.elapsed());
}

#[test]
fn a_million_header_fields_are_told_and_not_all_shown() {
    let world = World::new();
    let mail = format!("From: mal@example.org\n{}\nbody\n", "X: y\n".repeat(30_000));
    let file = world.file("bomb.eml", mail);
    world.run(["import", &file]).ok();
    let shown = world.run(["--json", "inbox", "show", "m1"]).ok().json();
    assert_eq!(shown["headers"].as_array().unwrap().len(), 10_000);
    let faults = shown["faults"].to_string();
    assert!(faults.contains("more than 10000 header fields"), "{faults}");
}

#[test]
fn a_message_that_is_too_large_is_named_and_the_others_arrive() {
    let world = World::new();
    world.file("in/2.eml", GOOD);
    let huge = world.file("in/1.eml", "Subject: huge\n\n");
    // A file with a hole: as large as its size says, and nothing on the disk.
    std::fs::OpenOptions::new()
        .write(true)
        .open(&huge)
        .unwrap()
        .set_len(3 << 30)
        .unwrap();
    let folder = world.dir().join("in");
    let report = world
        .run(["--json", "import", folder.to_str().unwrap()])
        .fails(9)
        .json();
    assert_eq!(report["sources"][0]["added"], 1);
    let failed = report["failed"][0].to_string();
    assert!(
        failed.contains("1.eml") && failed.contains("it has 3072 MB, and a message may have 256"),
        "{failed}"
    );
}

#[cfg(unix)]
#[test]
fn an_editor_gets_no_secrets() {
    let world = World::new()
        .env("COMMS_SECRET_OUT", "hunter2")
        .env("COMMS_PASSPHRASE", "hunter3");
    world
        .run(["contacts", "add", "Ada", "ada@example.com"])
        .ok();
    let told = world.dir().join("told");
    let editor = world.file("editor", format!("env > '{}'\n", told.display()));
    let world = world.env("EDITOR", &format!("sh {editor}"));
    world.run_at_terminal(["contacts", "edit", "c1"]);
    let told = std::fs::read_to_string(told).expect("the editor ran");
    assert!(told.contains("COMMS_HOME="), "{told}");
    assert!(!told.contains("hunter"), "{told}");
}

#[test]
fn a_name_that_is_a_formula_is_text_in_a_table_and_comes_back_as_it_was() {
    let world = World::new();
    let name = "=HYPERLINK(\"http://x.example\")";
    world
        .run(["contacts", "add", name, "ada@example.com", "+14155550100"])
        .ok();
    let table = world.run(["contacts", "export", "--as", "csv"]).ok().stdout;
    assert!(table.contains("'=HYPERLINK"), "{table}");
    assert!(table.contains(",+14155550100"), "{table}");
    let other = World::new();
    let file = other.file("book.csv", table);
    other.run(["contacts", "import", &file]).ok();
    let found = other.run(["--json", "contacts", "list"]).ok().json();
    assert_eq!(found["contacts"][0]["name"], name, "{found}");
}

#[test]
fn json_steers_no_terminal_and_reads_the_same() {
    let world = World::new();
    let mail = "From: =?utf-8?q?Mal=C2=9B2J=E2=80=AE?= <mal@example.org>\nSubject: =?utf-8?q?=C2=9B2Jgone=7F?=\n\
         Content-Type: text/plain; charset=utf-8\n\n\u{9b}2Jtext\u{202e}\u{e0041}\n";
    let file = world.file("mal.eml", mail);
    world.run(["import", &file]).ok();
    let piped = world.run(["--json", "inbox", "show", "m1"]).ok();
    let steers = |c: char| matches!(c, '\u{7f}'..='\u{9f}' | '\u{202e}' | '\u{e0041}');
    assert!(
        piped.stdout.contains(steers),
        "nothing to be hidden: {piped}"
    );
    for args in [
        &["--json", "inbox", "show", "m1"][..],
        &["--format", "jsonl", "search", "text"],
        &["--json", "search", "text"],
        &["--json", "inbox", "show", "m\u{9b}1"],
    ] {
        let shown = world.run_at_terminal(args);
        assert!(!shown.contains(steers), "{shown:?}");
    }
    let shown = world.run_at_terminal(["--json", "inbox", "show", "m1"]);
    let read: serde_json::Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(read, piped.json());
}

#[test]
fn raw_messages_are_not_written_to_a_terminal() {
    let world = World::new();
    let file = world.file("mal.eml", GOOD.replace("weaves", "\u{1b}]0;owned\u{7}"));
    world.run(["import", &file]).ok();
    for form in ["mbox", "jsonl"] {
        let shown = world.run_at_terminal(["export", "--to", "-", "--as", form]);
        assert!(
            !shown.contains("owned") && shown.contains("terminal"),
            "{shown:?}"
        );
    }
}

#[test]
fn a_provider_that_repeats_the_token_is_not_quoted() {
    const TOKEN: &str = "hunter2-and-some-more-of-it";
    for (lines, status, body) in [
        // As Meta answers what it takes for no token.
        (
            "channel = \"whatsapp\"\naddress = \"+15550001111\"\nphone_number_id = \"123\"\n",
            400,
            json!({"error": {"message": format!("Malformed access token {TOKEN}"), "type": "OAuthException", "code": 190}}),
        ),
        (
            "channel = \"twilio\"\naccount_sid = \"AC00000000000000000000000000000001\"\naddress = \"+14155550100\"\n",
            401,
            json!({"code": 20003, "message": format!("Authenticate {TOKEN}"), "status": 401}),
        ),
        (
            "channel = \"gmail\"\naddress = \"ada@gmail.example\"\n",
            400,
            json!({"error": {"code": 400, "message": format!("no such {TOKEN}"), "status": "INVALID_ARGUMENT"}}),
        ),
        (
            "channel = \"slack\"\n",
            200,
            json!({"ok": false, "error": format!("no_{TOKEN}")}),
        ),
    ] {
        let server = Server::start(|_| {
            move |_| {
                Reply::from(Answer {
                    status,
                    ..Answer::json(&body)
                })
            }
        });
        let url = &server.url;
        let world = World::new()
            .config(&format!("[accounts.work]\n{lines}base_url = \"{url}\"\n"))
            .env("COMMS_SECRET_WORK", TOKEN)
            .env("RUST_LOG", "trace");
        let run = world.run(["auth", "status", "work", "--json"]);
        assert_ne!(run.code, 0, "{run}");
        assert!(!run.stdout.contains("hunter2"), "{run}");
        assert!(!run.stderr.contains("hunter2"), "{run}");
        // Of Twilio's own words nothing is told here.
        assert!(
            run.stdout.contains('…') || lines.contains("twilio"),
            "{run}"
        );
    }
}

#[test]
fn what_is_small_by_its_nature_is_not_read_without_end() {
    let account = "[accounts.work]\nchannel = \"imap\"\naddress = \"ada@example.com\"\nimap = \"127.0.0.1:1\"\n";
    let world = World::new().config(account).env("COMMS_PASSPHRASE", "pw");
    // None of these has an end; the memory of each process has.
    for (input, args) in [
        ("/dev/zero", "auth login work --stdin"),
        ("/dev/zero", "inbox mark --read -"),
        ("/dev/zero", "contacts edit c1 --file -"),
        ("/dev/null", "--config /dev/zero inbox"),
    ] {
        let line = format!("ulimit -v 2000000; exec \"$0\" {args} < {input}");
        let mut command = world.command_of("sh");
        let output = command
            .args(["-c", &line, crate::support::binary()])
            .output()
            .unwrap();
        let code = output.status.code();
        assert!(
            matches!(code, Some(2 | 3)),
            "{args}: {code:?} {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
}
