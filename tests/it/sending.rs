//! Sending through the binary: the local account, scripted SMTP servers, and the real sink.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::support::World;
use crate::support::mail::{ANN, BOB, Mail};

fn sink_account(port: u16) -> String {
    format!(
        "[accounts.work]\nchannel = \"smtp\"\naddress = \"{ANN}\"\nsmtp = \"127.0.0.1:{port}\"\ntls = \"none\"\nauth = \"none\"\n"
    )
}

/// A server that takes everything up to the final dot and then does as told; counts the messages it saw.
fn server(after_dot: &'static str) -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let seen = Arc::new(AtomicUsize::new(0));
    let count = seen.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let _ = serve(stream, after_dot, &count);
        }
    });
    (port, seen)
}

fn serve(stream: TcpStream, after_dot: &str, count: &AtomicUsize) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut writer = stream;
    writer.write_all(b"220 test\r\n")?;
    let mut line = String::new();
    loop {
        line.clear();
        if reader.read_line(&mut line)? == 0 {
            return Ok(());
        }
        if !line.starts_with("DATA") {
            writer.write_all(b"250 ok\r\n")?;
            continue;
        }
        writer.write_all(b"354 go\r\n")?;
        while line != ".\r\n" {
            line.clear();
            if reader.read_line(&mut line)? == 0 {
                return Ok(());
            }
        }
        count.fetch_add(1, Ordering::SeqCst);
        if after_dot.is_empty() {
            return Ok(());
        }
        writer.write_all(after_dot.as_bytes())?;
    }
}

#[test]
fn a_first_message_needs_no_account() {
    let world = World::new();
    let file = world.file("data.bin", [0u8, 255, 10, 13]);
    let report = world
        .run([
            "send",
            "you@localhost",
            "-s",
            "Hello",
            "-m",
            "It works",
            "-a",
            &file,
            "--json",
        ])
        .ok()
        .json();
    assert_eq!(report["items"][0]["state"], "sent");
    assert_eq!(report["items"][0]["attachments"][0]["size_bytes"], 4);
    let new = std::fs::read_dir(world.home().join("mail/new")).unwrap();
    assert_eq!(new.count(), 1);
}

#[test]
fn an_answer_goes_back_in_the_thread() {
    let world = World::new();
    world
        .run(["send", "you@localhost", "-s", "Hello", "-m", "It works"])
        .ok();
    let report = world
        .run(["reply", "m1", "-m", "Indeed", "--dry-run", "--json"])
        .ok()
        .json();
    let item = &report["items"][0];
    assert_eq!(item["subject"], "Re: Hello");
    assert!(
        item["rendered"]["headers"]
            .as_str()
            .unwrap()
            .contains("In-Reply-To: <")
    );
    assert!(
        item["rendered"]["text"]
            .as_str()
            .unwrap()
            .contains("> It works")
    );
    assert_eq!(item["recipients"][0]["email"], "you@localhost");
}

#[test]
fn no_flag_lets_another_header_in() {
    let world = World::new();
    let evil = "x@localhost\r\nBcc: eve@localhost";
    for flags in [
        ["--subject", evil],
        ["--cc", evil],
        ["--bcc", evil],
        ["--reply-to", evil],
        ["--key", evil],
    ] {
        let args = ["send", "you@localhost", "-m", "x", flags[0], flags[1]];
        world.run(args).fails(2);
    }
    world.run(["send", evil, "-m", "x"]).fails(2);
    world
        .run(["send", "you@localhost", "-m", "x", "--from", evil])
        .fails(3);
}

#[test]
fn wrong_requests_write_nothing() {
    let world = World::new();
    let folder = world.dir().to_str().unwrap().to_owned();
    world
        .run(["send", "you@localhost", "-m", "x", "-a", "/nowhere"])
        .fails(2);
    world
        .run(["send", "you@localhost", "-m", "x", "-a", &folder])
        .fails(2);
    world.run(["send", "you@localhost"]).fails(2);
    world
        .run_with([0xff, 0xfe, b'a'], ["send", "you@localhost"])
        .fails(2);
    world.run(["send", "sms:+14155550100", "-m", "x"]).fails(3);
    world.run(["send", "Ada", "-m", "x"]).fails(5);
    let second = world
        .run(["send", "you@localhost", "hello there", "-m", "x"])
        .fails(5);
    assert!(second.stderr.contains("use -m for the text"), "{second}");
    world.run(["send", "you@localhost", "--allow-empty"]).ok();
    assert!(
        !world.run(["outbox", "list", "--all", "--json"]).ok().json()["items"][0]["id"].is_null()
    );
}

#[test]
fn a_key_sends_once_and_refuses_other_content() {
    let world = World::new();
    let first = world
        .run(["send", "you@localhost", "-m", "x", "--key", "k", "--json"])
        .ok()
        .json();
    let again = world
        .run(["send", "you@localhost", "-m", "x", "--key", "k", "--json"])
        .ok()
        .json();
    assert_eq!(first["items"][0]["id"], again["items"][0]["id"]);
    assert_eq!(again["replayed"], true);
    world
        .run(["send", "you@localhost", "-m", "y", "--key", "k"])
        .fails(2);
}

#[test]
fn a_server_that_hangs_up_after_the_final_dot_is_never_told_twice() {
    let (port, seen) = server("");
    let world = World::new().config(&sink_account(port));
    let run = world
        .run(["send", BOB, "-s", "x", "-m", "x", "--json"])
        .fails(10);
    assert_eq!(run.json()["items"][0]["state"], "unconfirmed");
    world.run(["outbox", "run"]).ok();
    world.run(["outbox", "retry", "o1"]).fails(2);
    assert_eq!(seen.load(Ordering::SeqCst), 1);
    world.run(["outbox", "resolve", "o1", "--not-sent"]).ok();
    world.run(["outbox", "retry", "o1"]).fails(10);
    assert_eq!(seen.load(Ordering::SeqCst), 2);
}

#[test]
fn a_server_that_is_away_is_tried_again_by_whom_the_code_says() {
    // Port 1 refuses connections.
    let world = World::new().config(&sink_account(1));
    let kept = world
        .run(["send", BOB, "-s", "x", "-m", "x", "--json"])
        .fails(8)
        .json();
    assert_eq!(kept["retry"]["owner"], "comms");
    assert_eq!(kept["items"][0]["state"], "ready");
    let failed = world
        .run(["send", BOB, "-s", "x", "-m", "x", "--no-queue", "--json"])
        .fails(7);
    assert!(failed.stdout.is_empty(), "{failed}");
    assert_eq!(failed.json_error()["error"]["item"], "o2");
}

#[test]
fn queued_messages_leave_with_the_next_run() {
    let (port, seen) = server("250 2.0.0 queued\r\n");
    let world = World::new().config(&sink_account(port));
    world
        .run(["send", BOB, "-s", "x", "-m", "x", "--queue"])
        .ok();
    world
        .run(["send", BOB, "-s", "x", "-m", "x", "--draft"])
        .ok();
    assert_eq!(seen.load(Ordering::SeqCst), 0);
    world.run(["outbox", "run"]).ok();
    world.run(["outbox", "run"]).ok();
    assert_eq!(seen.load(Ordering::SeqCst), 1);
    world.run(["outbox", "retry", "o2"]).ok();
    assert_eq!(seen.load(Ordering::SeqCst), 2);
}

#[test]
fn three_recipients_end_in_three_ways_with_the_servers_words() {
    let Some(mail) = Mail::start() else { return };
    let world = World::new().config(&sink_account(mail.sink));
    world
        .run(["send", "x@bounce.example", "-s", "x", "-m", "x"])
        .fails(6);
    world
        .run(["send", "x@slow.example", "-s", "x", "-m", "x"])
        .fails(8);
    let run = world
        .run([
            "send",
            BOB,
            "x@bounce.example",
            "x@slow.example",
            "-s",
            "x",
            "-m",
            "x",
            "--json",
        ])
        .fails(8)
        .json();
    let recipients = run["items"][0]["recipients"].as_array().unwrap();
    let told: Vec<_> = recipients
        .iter()
        .map(|r| (r["state"].as_str().unwrap(), r["words"].as_str().unwrap()))
        .collect();
    assert_eq!(told[0].0, "sent");
    assert_eq!(told[1], ("failed", "550 5.1.1 no such user here"));
    assert_eq!(
        told[2],
        ("waiting", "451 4.7.1 greylisted, come back later")
    );
}

#[test]
fn another_client_reads_what_was_sent_and_finds_the_copy() {
    let Some(mail) = Mail::start() else { return };
    let world = World::new().config(&mail.account("work"));
    let bytes: Vec<u8> = (0..=255).cycle().take(100_000).collect();
    let file = world.file("Übersicht.bin", &bytes);
    let report = world
        .run([
            "send", BOB, "-s", "Grüße", "-m", "Käse", "-a", &file, "--json",
        ])
        .ok()
        .json();
    assert_eq!(report["items"][0]["filed"], true, "{report}");
    let mut bob = mail.client(BOB);
    bob.run("SELECT INBOX");
    let raw = bob.fetch(1);
    let (found, read) = comms::format::mime::attachment(&raw, 1).unwrap();
    assert_eq!(found.name, "Übersicht.bin");
    assert!(read == bytes);
    let mut ann = mail.client(ANN);
    ann.run("SELECT Sent");
    assert_eq!(comms::format::mime::parse(&ann.fetch(1)).subject, "Grüße");
}

#[test]
fn two_processes_file_one_copy() {
    let Some(mail) = Mail::start() else { return };
    let world = World::new().config(&mail.account("work"));
    world.run(["inbox", "sync"]).ok();
    std::fs::create_dir_all(world.home().join("locks")).unwrap();
    // Another process files the copy of the mail that is just sent.
    let lock = std::fs::File::create(world.home().join("locks/sent-work.lock")).unwrap();
    lock.lock().unwrap();
    let send = world.spawn(["send", BOB, "-s", "once", "-m", "x", "--json"]);
    let file = world.home().join("comms.db");
    let filed = (0..3000).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(10));
        let Ok(db) = rusqlite::Connection::open(&file) else {
            return false;
        };
        let sent = "UPDATE items SET filed_at = 1 WHERE state = 'sent'";
        db.execute(sent, []).is_ok_and(|n| n == 1)
    });
    assert!(filed);
    drop(lock);
    let ended = send.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(0));
    let mut ann = mail.client(ANN);
    assert!(ann.run("SELECT Sent").contains("* 0 EXISTS"));
}

/// A port that nobody listens on.
fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    listener.local_addr().unwrap().port()
}

#[test]
fn a_key_whose_send_left_nothing_is_tried_again_once() {
    use crate::support::smtp::{Script, Smtp};
    let port = free_port();
    let world = World::new().config(&sink_account(port));
    let args = [
        "send",
        BOB,
        "-s",
        "x",
        "-m",
        "x",
        "--key",
        "k",
        "--no-queue",
        "--json",
    ];
    world.run(args).fails(7);
    world.run(args).fails(7);
    let server = Smtp::on(port, Script::default());
    std::thread::scope(|scope| {
        for _ in 0..5 {
            scope.spawn(|| world.run(args));
        }
    });
    let again = world.run(args).ok().json();
    assert_eq!(again["items"][0]["id"], "o1");
    assert_eq!(again["items"][0]["state"], "sent");
    assert_eq!(again["replayed"], true);
    assert_eq!(server.received().len(), 1);
    let items = world.run(["outbox", "list", "--all", "--json"]).ok().json();
    assert_eq!(items["items"].as_array().unwrap().len(), 1);
}

#[test]
fn a_key_that_lacked_a_login_goes_once_it_is_there() {
    use crate::support::smtp::Smtp;
    let server = Smtp::start();
    let account = server.account("work").replace("auth = \"none\"\n", "");
    let world = World::new().config(&account);
    let args = ["send", BOB, "-s", "x", "-m", "x", "--key", "k"];
    world.run(args).fails(4);
    let world = world.config(&server.account("work"));
    world.run(args).ok();
    world.run(args).ok();
    assert_eq!(server.received().len(), 1);
}

#[test]
fn a_key_in_doubt_or_refused_is_only_told_again() {
    let (port, seen) = server("");
    let world = World::new().config(&sink_account(port));
    let args = [
        "send",
        BOB,
        "-s",
        "x",
        "-m",
        "x",
        "--key",
        "k",
        "--no-queue",
    ];
    world.run(args).fails(10);
    world.run(args).fails(10);
    assert_eq!(seen.load(Ordering::SeqCst), 1);
    let refusing = crate::support::smtp::Smtp::start();
    let world = World::new().config(&refusing.account("work"));
    let args = [
        "send",
        "a@bounce.example",
        "-s",
        "x",
        "-m",
        "x",
        "--key",
        "k",
    ];
    world.run(args).fails(6);
    let before = refusing.commands().len();
    world.run(args).fails(6);
    assert_eq!(refusing.commands().len(), before);
}

#[test]
fn an_agent_does_not_try_again_what_a_script_sent_under_a_key() {
    use crate::support::smtp::{Script, Smtp};
    let port = free_port();
    let account = sink_account(port) + "\n[policy.agent]\ndefault = \"allow\"\n";
    let world = World::new().config(&account);
    let args = [
        "send",
        BOB,
        "-s",
        "x",
        "-m",
        "x",
        "--key",
        "k",
        "--no-queue",
    ];
    world.run(args).fails(7);
    let server = Smtp::on(port, Script::default());
    let world = world.env("COMMS_ORIGIN", "agent");
    world.run(args).fails(7);
    assert_eq!(server.received().len(), 0);
}

#[test]
fn what_only_mail_has_is_refused_where_no_mail_goes() {
    let world = World::new().config(
        "[accounts.mail]\nchannel = \"smtp\"\naddress = \"ada@example.com\"\nsmtp = \"127.0.0.1:1\"\ntls = \"none\"\nauth = \"none\"\n\
         [accounts.sms]\nchannel = \"twilio\"\naccount_sid = \"AC00000000000000000000000000000000\"\naddress = \"+14155550100\"\n\
         base_url = \"http://127.0.0.1:1\"\n[accounts.hook]\nchannel = \"google-chat-webhook\"\nbase_url = \"http://127.0.0.1:1\"\n",
    );
    let html = world.file("h.html", "<b>x</b>");
    for to in ["sms:+14155550199", "to:hook"] {
        for (flag, value) in [
            ("--reply-to", "a@x.example"),
            ("--html", &html),
            ("--from", "mail"),
        ] {
            let args = ["send", to, "-m", "x", "--dry-run", flag, value];
            let run = world.run(args).fails(2);
            assert!(run.stderr.contains(flag), "{to} {flag}: {}", run.stderr);
            assert!(run.stderr.contains("hint: "), "{}", run.stderr);
            // Mail that goes along makes use of it.
            world.run(args.iter().chain(&["--cc", "c@x.example"])).ok();
        }
        // The text is made of it.
        world.run(["send", to, "--html", &html, "--dry-run"]).ok();
    }
    let args = ["send", BOB, "-m", "x", "-s", "x", "--wait", "delivered"];
    world.run(args).fails(2);
    world.run(args.iter().chain(&["--dry-run"])).fails(2);
}

#[test]
fn a_key_tried_again_by_a_process_that_died_is_in_doubt_and_goes_no_more() {
    use crate::support::smtp::{Data, Script, Smtp};
    let port = free_port();
    let world = World::new().config(&sink_account(port));
    let args = [
        "send",
        BOB,
        "-s",
        "x",
        "-m",
        "x",
        "--key",
        "k",
        "--no-queue",
    ];
    world.run(args).fails(7);
    let script = Script {
        data: Data::Held,
        ..Script::default()
    };
    let server = Smtp::on(port, script);
    let mut again = world.spawn(args);
    server.wait_for_mail(1);
    again.kill().unwrap();
    again.wait().unwrap();
    server.release();
    for _ in 0..2 {
        world.run(args).fails(10);
    }
    world.run(["outbox", "run"]).ok();
    assert_eq!(server.received().len(), 1);
}
