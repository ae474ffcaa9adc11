//! Replies and forwards through the binary, and what cannot be smuggled into a message.

use crate::support::World;
use crate::support::smtp::Smtp;

const PICTURE: &[u8] = b"\x89PNG\r\n\x1a\n\x00\xff.\r\n.\r\n";

/// A message with an inline image and an attachment, to ada and others.
fn original() -> String {
    use base64::Engine;
    let encode = |bytes: &[u8]| base64::engine::general_purpose::STANDARD.encode(bytes);
    let all: Vec<u8> = (0..=255).collect();
    format!(
        "From: =?utf-8?Q?Zo=C3=AB_M=C3=BCller?= <zoe@example.org>\r\n\
         To: Ada Byron <ada@example.com>, Carl <carl@example.org>\r\n\
         Cc: ADA@example.com, dora@example.org\r\n\
         Subject: Plan\r\nMessage-ID: <plan@example.org>\r\n\
         Date: Fri, 20 Nov 2026 10:00:00 +0000\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=o\r\n\r\n\
         --o\r\nContent-Type: multipart/related; boundary=r\r\n\r\n\
         --r\r\nContent-Type: text/html\r\n\r\n<p>Look: <img src=\"cid:pic@x\"></p>\r\n\
         --r\r\nContent-Type: image/png; name=p.png\r\nContent-ID: <pic@x>\r\n\
         Content-Disposition: inline\r\nContent-Transfer-Encoding: base64\r\n\r\n{}\r\n--r--\r\n\
         --o\r\nContent-Type: application/x-odd; name=all.bin\r\n\
         Content-Disposition: attachment; filename=all.bin\r\nContent-Transfer-Encoding: base64\r\n\r\n{}\r\n--o--\r\n",
        encode(PICTURE),
        encode(&all)
    )
}

fn received(server: &Smtp) -> World {
    let world = World::new().config(&server.account("work"));
    let file = world.file("plan.eml", original());
    world.run(["import", &file]).ok();
    world
}

#[test]
fn a_forward_keeps_every_byte_of_files_and_pictures() {
    let server = Smtp::start();
    let world = received(&server);
    world
        .run(["forward", "m1", "bob@example.com", "-m", "For you"])
        .ok();
    let raw = server.received()[0].data.clone().into_bytes();
    let parsed = comms::format::mime::parse(&raw);
    assert_eq!(parsed.subject, "Fwd: Plan");
    let file = |name: &str| {
        let found = parsed.attachments.iter().find(|a| a.name == name).unwrap();
        comms::format::mime::attachment(&raw, found.number).unwrap()
    };
    let (picture, bytes) = file("p.png");
    assert_eq!(picture.content_id.as_deref(), Some("pic@x"));
    assert!(bytes == PICTURE);
    let (_, bytes) = file("all.bin");
    assert!(bytes == (0..=255).collect::<Vec<u8>>());
    let html = comms::format::mime::body(&raw).html.unwrap();
    assert!(
        html.contains("cid:pic@x") && html.contains("For you"),
        "{html}"
    );
}

#[test]
fn an_answer_to_all_leaves_out_who_answers() {
    let server = Smtp::start();
    let world = received(&server);
    world.run(["reply", "m1", "--all", "-m", "Fine"]).ok();
    let sent = server.received()[0].clone();
    let mut to = sent.to.clone();
    to.sort();
    assert_eq!(
        to,
        ["carl@example.org", "dora@example.org", "zoe@example.org"]
    );
    let parsed = comms::format::mime::parse(sent.data.as_bytes());
    assert_eq!(parsed.to[0].name.as_deref(), Some("Zoë Müller"));
    assert_eq!(parsed.in_reply_to, ["plan@example.org"]);
    world.run(["reply", "m1", "-m", "Only you"]).ok();
    assert_eq!(server.received()[1].to, ["zoe@example.org"]);
}

#[test]
fn an_answer_to_oneself_goes_on_in_the_thread() {
    let world = World::new();
    world
        .run(["send", "you@localhost", "-s", "Note", "-m", "first"])
        .ok();
    world.run(["reply", "m1", "-m", "second"]).ok();
    let thread = world.run(["inbox", "thread", "t1", "--json"]).ok().json();
    let texts: Vec<_> = thread["messages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|m| {
            m["text"]
                .as_str()
                .unwrap()
                .lines()
                .next()
                .unwrap()
                .to_owned()
        })
        .collect();
    // Each was sent and received, and is shown once.
    assert_eq!(texts, ["first", "second"], "{thread}");
    let first = &thread["messages"][0];
    assert_eq!(first["message"]["folder"], "INBOX");
    assert_eq!(first["copies"].as_array().unwrap().len(), 1);
}

#[test]
fn nothing_in_a_thread_hides_behind_a_borrowed_id() {
    let world = World::new();
    world
        .run(["send", "you@localhost", "-s", "Note", "-m", "first"])
        .ok();
    let raw = world.run(["inbox", "show", "m1", "--raw"]).ok().stdout;
    let forged = raw.replace("first", "other words");
    std::fs::write(world.home().join("mail/new/9.forged"), forged).unwrap();
    world.run(["inbox", "sync"]).ok();
    let thread = world.run(["inbox", "thread", "t1", "--json"]).ok().json();
    assert_eq!(thread["messages"].as_array().unwrap().len(), 2, "{thread}");
}

#[test]
fn no_name_of_a_file_or_account_ends_a_header() {
    let server = Smtp::start();
    let world = World::new().config(&server.account("work"));
    let evil = world.file("a\r\nBcc: eve@example.com", "x");
    world
        .run(["send", "bob@example.com", "-s", "x", "-m", "x", "-a", &evil])
        .fails(2);
    let odd = world.file("a\"; name=\u{202e}gpj.exe", "x");
    world.run(["send", "bob@example.com", "-s", "x", "-m", "x", "-a", &odd]);
    let named = server
        .account("work")
        .replace("Ada Byron", "Ada\\r\\nBcc: eve@example.com");
    let world = World::new().config(&named);
    let run = world.run(["send", "bob@example.com", "-s", "x", "-m", "x"]);
    assert!([2, 3].contains(&run.code), "{run}");
    for message in server.received() {
        assert!(!message.data.to_lowercase().contains("\nbcc:"));
        assert_eq!(message.to, ["bob@example.com"]);
    }
}

#[test]
fn odd_files_are_refused_or_sent_as_they_are() {
    let world = World::new();
    let pipe = world.dir().join("pipe");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.unwrap().success());
    for path in [pipe.to_str().unwrap(), "/dev/zero"] {
        world
            .run(["send", "you@localhost", "-s", "x", "-m", "x", "-a", path])
            .fails(2);
    }
    world
        .run(["send", "you@localhost", "-s", "x", "-f", "/dev/zero"])
        .fails(2);
    let empty = world.file("empty.txt", "");
    let report = world
        .run([
            "send",
            "you@localhost",
            "-s",
            "x",
            "-m",
            "x",
            "-a",
            &empty,
            "--json",
        ])
        .ok()
        .json();
    assert_eq!(report["items"][0]["attachments"][0]["size_bytes"], 0);
}

#[test]
fn any_text_arrives_as_it_was_typed() {
    let server = Smtp::start();
    let world = World::new().config(&server.account("work"));
    let long = "x".repeat(2_000);
    let text = format!(".\n..\n.hidden\nlone\rreturn\nFrom here\n{long}\ntrailing \n");
    world
        .run_with(&text, ["send", "bob@example.com", "-s", "x"])
        .ok();
    let sent = server.received()[0].clone();
    assert!(sent.data.lines().all(|l| l.len() <= 998));
    let body = comms::format::mime::body(sent.data.as_bytes())
        .text
        .unwrap();
    assert_eq!(body.replace("\r\n", "\n"), text);
    world
        .run_with(b"nul \0 byte", ["send", "bob@example.com", "-s", "x"])
        .fails(2);
}

#[test]
fn a_domain_beyond_ascii_is_refused_clearly_where_the_server_takes_none() {
    let server = Smtp::start();
    let world = World::new().config(&server.account("work"));
    let run = world
        .run([
            "send",
            "ada@b\u{fc}cher.example",
            "-s",
            "x",
            "-m",
            "x",
            "--json",
        ])
        .fails(6)
        .json();
    let error = run["items"][0]["error"].as_str().unwrap();
    assert!(error.contains("SMTPUTF8"), "{error}");
    assert!(run["items"][0]["hint"].as_str().unwrap().contains("xn--"));
}

#[test]
fn markdown_carries_nothing_active() {
    let world = World::new();
    let text = "[x](javascript:alert(1)) <script>alert(1)</script> ![y](data:text/html,1) \
                <a href=\"javascript:1\" onclick=\"1\">z</a> [u](JaVaScRiPt:1) [v](java&#115;cript:1)";
    world
        .run(["send", "you@localhost", "-s", "x", "-m", text, "--markdown"])
        .ok();
    let shown = world.run(["inbox", "show", "m1", "--json"]).ok().json();
    let html = shown["html"].as_str().unwrap().to_lowercase();
    for bad in ["<script", "src=\"data", "<a href=\"javascript"] {
        assert!(!html.contains(bad), "{bad}: {html}");
    }
}

#[test]
fn a_full_disk_sends_nothing() {
    let server = Smtp::start();
    let world = World::new().config(&server.account("work"));
    world
        .run(["send", "bob@example.com", "-s", "x", "-m", "x", "--queue"])
        .ok();
    world.run(["outbox", "cancel", "o1"]).ok();
    let file = world.file("big.bin", vec![7; 3_000_000]);
    // No file may grow beyond 1 MB: the journal of the outbox can't be written.
    let mut command = world.command_of("sh");
    command.args([
        "-c",
        "ulimit -f 1024; trap '' XFSZ; exec \"$0\" \"$@\"",
        crate::support::binary(),
        "send",
        "bob@example.com",
        "-s",
        "x",
        "-m",
        "x",
        "-a",
        &file,
    ]);
    let output = command.output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(server.commands().is_empty(), "{:?}", server.commands());
    world
        .run(["send", "bob@example.com", "-s", "x", "-m", "x"])
        .ok();
    assert_eq!(server.received().len(), 1);
}

#[test]
fn a_forward_tells_how_its_files_are_to_be_read() {
    let server = Smtp::start();
    let world = World::new().config(&server.account("work"));
    let mut mail = "From: a@x.example\nTo: ada@example.com\nSubject: three\nMIME-Version: 1.0\n\
        Content-Type: multipart/mixed; boundary=M\n\n--M\nContent-Type: text/plain\n\nsee below\n\
        --M\nContent-Type: text/calendar; method=REQUEST; charset=utf-8\n\
        Content-Disposition: attachment; filename=i.ics\n\nBEGIN:VCALENDAR\nEND:VCALENDAR\n\
        --M\nContent-Type: message/rfc822\nContent-Disposition: attachment; filename=in.eml\n\n\
        From: q@x.example\nSubject: in\n\ninner\n\
        --M\nContent-Type: text/plain; charset=iso-8859-1; name=l1.txt; x=\"a\\\"b\"\n\
        Content-Disposition: attachment; filename=l1.txt\nContent-Transfer-Encoding: 8bit\n\nGr"
        .as_bytes()
        .to_vec();
    mail.extend(b"\xfc\xdfe\n--M--\n");
    let file = world.file("three.eml", mail);
    world.run(["import", &file]).ok();
    world
        .run([
            "forward",
            "m1",
            "bob@example.com",
            "-m",
            "For you",
            "--queue",
        ])
        .ok();
    // An edit keeps them as well.
    world.run(["outbox", "edit", "o1", "-s", "Three"]).ok();
    world.run(["outbox", "run"]).ok();
    let data = server.received()[0].data.clone();
    let joined = data.replace("\r\n ", " ").replace("\r\n\t", " ");
    for wanted in [
        "text/calendar; ",
        "method=\"REQUEST\"",
        "text/plain; charset=\"iso-8859-1\"",
        "message/rfc822",
    ] {
        assert!(joined.contains(wanted), "{wanted} in {data}");
    }
    let raw = data.as_bytes();
    let parsed = comms::format::mime::parse(raw);
    let bytes = |name: &str| {
        let found = parsed.attachments.iter().find(|a| a.name == name).unwrap();
        comms::format::mime::attachment(raw, found.number)
            .unwrap()
            .1
    };
    assert_eq!(bytes("l1.txt"), b"Gr\xfc\xdfe");
    assert_eq!(
        bytes("in.eml"),
        b"From: q@x.example\r\nSubject: in\r\n\r\ninner"
    );
}
