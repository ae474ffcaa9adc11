//! Reading messages and threads, saving what is attached.

use crate::support::World;

const HOSTILE: &str = "From: \"Ada \\\"\x1b[31m\\\"\" <ada@example.com>\r\nTo: bob@example.com\r\n\
    Subject: =?utf-8?B?G10wO293bmVkB0hp?=\r\nMessage-ID: <1@example.com>\r\nDate: Sat, 21 Nov 2026 10:00:00 +0000\r\n\
    Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n\x1b]0;title\x07Hello\u{202e} Bob\r\n\
    --b\r\nContent-Type: text/plain; charset=latin1\r\n\
    Content-Disposition: attachment; filename=\"../../.bashrc\"\r\n\r\none\r\ntwo\n\r\n\
    --b\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\niVBORw0KAAE=\r\n--b--\r\n";
const ANSWER: &str = "From: bob@example.com\r\nTo: ada@example.com\r\nSubject: Re: Hi\r\nMessage-ID: <2@example.com>\r\n\
    In-Reply-To: <1@example.com>\r\nDate: Sat, 21 Nov 2026 11:00:00 +0000\r\nContent-Type: text/html\r\n\r\n\
    <p>See <a href=\"https://example.com/x\">this</a></p>\r\n";

/// A store with two messages of one thread, m1 and m2.
fn world() -> World {
    let world = World::new();
    for folder in ["cur", "new", "tmp"] {
        std::fs::create_dir_all(world.dir().join("Mail").join(folder)).unwrap();
    }
    world.file("Mail/cur/1764000000.1.host:2,S", HOSTILE);
    world.file("Mail/cur/1764000001.2.host:2,S", ANSWER);
    let path = world.dir().join("Mail");
    let world = world.config(&format!(
        "[accounts.old]\nchannel = \"maildir\"\npath = \"{}\"\n",
        path.display()
    ));
    world.run(["inbox", "sync"]).ok();
    world
}

/// The id of the message with this Message-ID.
fn id(world: &World, message_id: &str) -> String {
    for id in ["m1", "m2"] {
        let shown = world.run(["inbox", "show", id, "--json"]).ok().json();
        if shown["message"]["message_id"] == message_id {
            return id.to_owned();
        }
    }
    panic!("{message_id} is not in the store");
}

#[test]
fn a_hostile_message_is_read_without_harm() {
    let world = world();
    let id = id(&world, "1@example.com");
    let shown = world.run(["inbox", "show", &id, "--format", "table"]).ok();
    assert!(
        !shown.stdout.contains(['\x1b', '\x07', '\u{202e}']),
        "{}",
        shown.stdout
    );
    assert!(
        shown.stdout.contains("Hello Bob") && shown.stdout.contains("Subject: Hi"),
        "{}",
        shown.stdout
    );
    assert!(
        shown
            .stdout
            .contains(&format!("comms inbox save {id} --attachment 2 --to .")),
        "{}",
        shown.stdout
    );
    let plain = world.run(["inbox", "show", &id]).ok();
    assert!(
        !plain.stdout.contains(['\x1b', '\x07', '\u{202e}']),
        "{}",
        plain.stdout
    );
    let json = world.run(["inbox", "show", &id, "--json"]).ok().json();
    assert_eq!(json["schema"], "comms.message/1");
    assert_eq!(json["untrusted"], true);
    assert_eq!(json["attachments"][0]["name"], "bashrc");
    assert_eq!(json["attachments"][1]["name"], "attachment-2.png");
    assert_eq!(json["faults"].as_array().unwrap().len(), 0);
    let raw = world.run(["inbox", "show", &id, "--raw"]).ok();
    assert_eq!(raw.bytes, HOSTILE.as_bytes());
}

#[test]
fn html_is_laid_out_and_printed_on_demand() {
    let world = world();
    let id = id(&world, "2@example.com");
    let json = world.run(["inbox", "show", &id, "--json"]).ok().json();
    assert_eq!(json["text"], "See this[1]\n\n[1]: https://example.com/x");
    let html = world.run(["inbox", "show", &id, "--html"]).ok();
    assert!(html.stdout.starts_with("<p>See <a"), "{}", html.stdout);
    let headers = world
        .run(["inbox", "show", &id, "--headers", "--format", "table"])
        .ok();
    assert!(
        headers.stdout.contains("In-Reply-To: <1@example.com>"),
        "{}",
        headers.stdout
    );
}

#[test]
fn a_thread_is_read_oldest_first_from_any_of_its_ids() {
    let world = world();
    let first = id(&world, "1@example.com");
    let json = world.run(["inbox", "thread", &first, "--json"]).ok().json();
    let thread = json["thread"].as_str().unwrap().to_owned();
    let ids: Vec<_> = json["messages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|m| m["message"]["message_id"].clone())
        .collect();
    assert_eq!(ids, ["1@example.com", "2@example.com"]);
    assert_eq!(
        world
            .run(["inbox", "thread", &thread, "--json"])
            .ok()
            .json(),
        json
    );
    let page = world
        .run(["inbox", "thread", &thread, "--format", "table"])
        .ok();
    assert!(
        page.stdout.contains("Hello Bob") && page.stdout.contains("See this[1]"),
        "{}",
        page.stdout
    );
    let refused = world.run(["inbox", "show", &thread]).fails(2);
    assert!(
        refused
            .stderr
            .contains(&format!("comms inbox thread {thread}")),
        "{}",
        refused.stderr
    );
    world.run(["inbox", "show", "m99"]).fails(5);
    world.run(["inbox", "thread", "t99"]).fails(5);
    world.run(["inbox", "show", "x"]).fails(2);
}

#[test]
fn attachments_are_saved_to_the_byte_and_over_nothing() {
    let world = world();
    let id = id(&world, "1@example.com");
    let folder = world.dir().join("out");
    let to = folder.to_str().unwrap();
    world.run(["inbox", "save", &id, "--to", to]).fails(2);
    std::fs::create_dir(&folder).unwrap();
    let json = world
        .run(["inbox", "save", &id, "--to", to, "--json"])
        .ok()
        .json();
    assert_eq!(json["saved"].as_array().unwrap().len(), 2);
    assert_eq!(
        std::fs::read(folder.join("bashrc")).unwrap(),
        b"one\r\ntwo\n"
    );
    assert_eq!(
        std::fs::read(folder.join("attachment-2.png")).unwrap(),
        b"\x89PNG\r\n\0\x01"
    );
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 2);

    std::fs::write(folder.join("bashrc"), "mine").unwrap();
    let refused = world
        .run(["inbox", "save", &id, "--attachment", "1", "--to", to])
        .fails(2);
    assert!(refused.stderr.contains("--force"), "{}", refused.stderr);
    assert_eq!(std::fs::read(folder.join("bashrc")).unwrap(), b"mine");
    world
        .run([
            "inbox",
            "save",
            &id,
            "--attachment",
            "1",
            "--to",
            to,
            "--force",
        ])
        .ok();
    assert_eq!(
        std::fs::read(folder.join("bashrc")).unwrap(),
        b"one\r\ntwo\n"
    );

    let piped = world
        .run(["inbox", "save", &id, "--attachment", "2", "--to", "-"])
        .ok();
    assert_eq!(piped.bytes, b"\x89PNG\r\n\0\x01");
    world.run(["inbox", "save", &id, "--to", "-"]).fails(2);
    world
        .run(["inbox", "save", &id, "--attachment", "3", "--to", to])
        .fails(5);
    let whole = world
        .run(["inbox", "save", &id, "--raw", "--to", to, "--json"])
        .ok()
        .json();
    let path = whole["saved"][0]["path"].as_str().unwrap();
    assert!(path.ends_with("/Hi.eml"), "{path}");
    assert_eq!(std::fs::read(path).unwrap(), HOSTILE.as_bytes());
}

#[test]
fn a_message_without_attachments_says_so() {
    let world = world();
    let id = id(&world, "2@example.com");
    let refused = world.run(["inbox", "save", &id, "--to", "."]).fails(5);
    assert!(
        refused.stderr.contains("has no attachments"),
        "{}",
        refused.stderr
    );
}

#[test]
fn a_pipe_gets_a_message_without_what_is_several_times_its_text() {
    let world = world();
    let answer = id(&world, "2@example.com");
    let short = world.run(["inbox", "show", &answer]).ok().stdout;
    assert!(short.contains("text\tSee this"), "{short}");
    assert!(short.contains("\nhtml\t\n"), "{short}");
    assert!(!short.contains("headers."), "{short}");
    let all = world.run(["inbox", "show", &answer, "--headers"]).ok();
    assert!(all.stdout.contains("headers.0.name\tFrom"), "{all}");
    // Whoever names them gets them.
    let fields = ["inbox", "show", &answer, "--fields", "html,headers"];
    let asked = world.run(fields).ok();
    assert!(asked.stdout.contains("<a href"), "{asked}");
}

#[test]
fn fields_of_the_envelope_are_asked_for_as_in_a_thread() {
    let world = world();
    let id = id(&world, "2@example.com");
    let fields = ["--fields", "id,subject,text"];
    let shown = |more: &[&str]| {
        let args = ["inbox", "show", &id];
        world.run(args.iter().chain(&fields).chain(more)).ok()
    };
    let json = shown(&["--json"]).json();
    assert_eq!(json["id"], id.as_str());
    assert_eq!(json["subject"], "Re: Hi");
    assert!(json["text"].as_str().unwrap().contains("this"), "{json}");
    let plain = shown(&[]).stdout;
    assert!(
        plain.starts_with(&format!("id\t{id}\nsubject\tRe: Hi\ntext\t")),
        "{plain}"
    );
    let run = world
        .run(["inbox", "show", &id, "--fields", "nope"])
        .fails(2);
    assert!(
        run.stderr.contains("subject") && run.stderr.contains("text"),
        "{run}"
    );
}

#[test]
fn a_thread_knows_the_fields_that_one_message_has_and_lists_them() {
    let world = world();
    let id = id(&world, "2@example.com");
    let fields = "id,account,folder,starred,to,sent_at,headers,message.subject";
    let shown = world
        .run(["inbox", "show", &id, "--json", "--fields", fields])
        .ok()
        .json();
    let thread = world
        .run(["inbox", "thread", &id, "--json", "--fields", fields])
        .ok()
        .json();
    let rows = thread["messages"].as_array().unwrap();
    let row = rows.iter().find(|row| row["id"] == id.as_str()).unwrap();
    for (key, value) in row.as_object().unwrap() {
        assert_eq!(value, &shown[key], "{key}");
    }
    for what in ["show", "thread"] {
        let run = world.run(["inbox", what, &id, "--fields", "nope"]).fails(2);
        for known in ["account", "headers", "received_at", "starred"] {
            assert!(run.stderr.contains(known), "{what} {known} {run}");
        }
    }
}
