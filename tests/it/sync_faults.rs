//! Syncs over connections that break.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use comms::model::query::{Query, Sort};
use comms::store::Store;

use crate::support::World;
use crate::support::mail::{ANN, Mail};

/// A wire to a server that is cut after so many bytes of answers, this many times; then it holds.
struct Wire {
    port: u16,
    connections: Arc<AtomicUsize>,
}

impl Wire {
    fn to(server: u16, cut_after: u64, cuts: usize) -> Wire {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let connections = Arc::new(AtomicUsize::new(0));
        let counter = connections.clone();
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let nth = counter.fetch_add(1, Ordering::SeqCst);
                let budget = if nth < cuts { cut_after } else { u64::MAX };
                let (Ok(client), Ok(server)) = (client, TcpStream::connect(("127.0.0.1", server)))
                else {
                    return;
                };
                let left = Arc::new(AtomicU64::new(budget));
                pump(&client, &server, Arc::new(AtomicU64::new(u64::MAX)));
                pump(&server, &client, left);
            }
        });
        Wire { port, connections }
    }
}

/// Carries bytes one way until the budget is spent; then both ends are hung up.
fn pump(from: &TcpStream, to: &TcpStream, left: Arc<AtomicU64>) {
    let (mut from, mut to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
    std::thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(read @ 1..) = from.read(&mut buffer) {
            let allowed = left.load(Ordering::SeqCst).min(read as u64);
            left.fetch_sub(allowed, Ordering::SeqCst);
            let allowed = usize::try_from(allowed).unwrap();
            if to.write_all(&buffer[..allowed]).is_err() || allowed < read {
                break;
            }
        }
        let _ = from.shutdown(Shutdown::Both);
        let _ = to.shutdown(Shutdown::Both);
    });
}

fn fill(mail: &Mail, messages: usize) {
    let mut other = mail.client(ANN);
    for n in 0..messages {
        let body = "a line of the body that is not short\r\n".repeat(20 + n % 50);
        other.append(
            "INBOX",
            "",
            format!("From: a@example.org\r\nSubject: number {n}\r\nMessage-ID: <{n}@example.org>\r\n\r\n{body}"),
        );
    }
}

fn through(mail: &Mail, wire: &Wire) -> World {
    let config = mail.account("work").replace(
        &format!("localhost:{}", mail.imaps),
        &format!("localhost:{}", wire.port),
    );
    World::new().config(&config)
}

fn subjects(world: &World) -> Vec<String> {
    let page = Store::at(&world.home()).search(&Query::All, Sort::Newest, None, None);
    let mut subjects: Vec<_> = page
        .unwrap()
        .rows
        .into_iter()
        .map(|row| row.subject)
        .collect();
    subjects.sort();
    subjects
}

const MESSAGES: usize = 200;

#[test]
fn a_connection_cut_twice_in_mid_sync_brings_every_message_once() {
    let Some(mail) = Mail::start() else { return };
    fill(&mail, MESSAGES);
    let wire = Wire::to(mail.imaps, 150_000, 2);
    let world = through(&mail, &wire);
    let run = world
        .run(["inbox", "sync", "--account", "work", "--json"])
        .ok();
    assert_eq!(run.json()["accounts"][0]["added"], MESSAGES, "{run}");
    assert_eq!(wire.connections.load(Ordering::SeqCst), 3);
    let found = subjects(&world);
    assert_eq!(found.len(), MESSAGES);
    let mut distinct = found.clone();
    distinct.dedup();
    assert_eq!(distinct.len(), MESSAGES);
}

#[test]
fn a_sync_that_gave_up_goes_on_where_it_ended() {
    let Some(mail) = Mail::start() else { return };
    fill(&mail, MESSAGES);
    // Each connection dies before it brings one message: no use in trying for ever.
    let wire = Wire::to(mail.imaps, 4_000, 4);
    let world = through(&mail, &wire);
    let run = world.run(["inbox", "sync", "--account", "work"]).fails(7);
    assert!(
        run.stderr.contains(&format!("localhost:{}", wire.port)),
        "{run}"
    );
    assert!(
        run.stderr.contains("closed the connection") || run.stderr.contains("TLS"),
        "{run}"
    );
    let mut tries = 0;
    while world.run(["inbox", "sync", "--account", "work"]).code != 0 {
        tries += 1;
        assert!(tries < 5);
    }
    assert_eq!(subjects(&world).len(), MESSAGES);
}

#[test]
fn two_syncs_at_once_fetch_everything_once() {
    let Some(mail) = Mail::start() else { return };
    fill(&mail, MESSAGES);
    let world = World::new().config(&mail.account("work"));
    let args = ["inbox", "sync", "--account", "work", "--json"];
    let runs: Vec<_> = (0..3).map(|_| world.spawn(args)).collect();
    let mut added = 0;
    for run in runs {
        let output = run.wait_with_output().unwrap();
        let words = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{words}");
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        added += report["accounts"][0]["added"].as_u64().unwrap();
    }
    assert_eq!(added, MESSAGES as u64);
    assert_eq!(subjects(&world).len(), MESSAGES);
}

#[test]
fn what_is_no_imap_server_is_told_by_name_and_step() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for client in listener.incoming() {
            let _ = client
                .unwrap()
                .write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
        }
    });
    let world = World::new().config(&format!(
        "[accounts.work]\nchannel = \"imap\"\naddress = \"ann@example.com\"\nimap = \"127.0.0.1:{port}\"\n\
         tls = \"none\"\nsecret_command = \"echo annpw\"\n"
    ));
    let run = world.run(["inbox", "sync", "--account", "work"]).fails(7);
    assert!(run.stderr.contains(&format!("127.0.0.1:{port}")), "{run}");
    assert!(run.stderr.contains("not IMAP while greeting"), "{run}");
}

#[test]
fn a_server_that_stalls_does_not_hold_the_inbox() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        let held: Vec<_> = listener.incoming().collect();
        drop(held);
    });
    let world = World::new().config(&format!(
        "[inbox]\ndeadline = \"1s\"\n[accounts.work]\nchannel = \"imap\"\naddress = \"ann@example.com\"\n\
         imap = \"127.0.0.1:{port}\"\ntls = \"none\"\nsecret_command = \"echo annpw\"\n"
    ));
    let began = std::time::Instant::now();
    let run = world.run(["inbox", "--json"]).ok();
    assert!(began.elapsed().as_secs() < 4, "{:?}", began.elapsed());
    let report = run.json();
    let sources = report["sources"].as_array().unwrap();
    let work = sources
        .iter()
        .find(|source| source["account"] == "work")
        .unwrap();
    assert_eq!(work["state"], "failed", "{report}");
    assert!(run.stderr.contains("work"), "{run}");
    world.run(["inbox", "--fresh"]).fails(7);
}

/// A server that keeps message 2 to itself as long as the switch is on.
fn refusing(withheld: &'static str) -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let refuses = Arc::new(AtomicUsize::new(1));
    let switch = refuses.clone();
    std::thread::spawn(move || {
        for client in listener.incoming() {
            let refuses = switch.load(Ordering::SeqCst) == 1;
            let mut client = client.unwrap();
            let mut lines = BufReader::new(client.try_clone().unwrap());
            let capability = "CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR CONDSTORE";
            write!(client, "* OK [{capability}] hello\r\n").unwrap();
            let mut line = String::new();
            while lines.read_line(&mut line).is_ok_and(|n| n > 0) {
                let answer = answer_of(line.trim_end(), refuses, withheld);
                client.write_all(answer.as_bytes()).unwrap();
                line.clear();
            }
        }
    });
    (port, refuses)
}

fn answer_of(line: &str, refuses: bool, withheld: &str) -> String {
    let (tag, command) = line.split_once(' ').unwrap();
    let message = |uid: u32| {
        let raw =
            format!("Subject: number {uid}\r\nMessage-ID: <{uid}@example.org>\r\n\r\nbody\r\n");
        let size = raw.len();
        format!("* {uid} FETCH (UID {uid} FLAGS () BODY[] {{{size}}}\r\n{raw})\r\n")
    };
    let answer = match command.split(' ').collect::<Vec<_>>()[..] {
        ["LIST", ..] => "* LIST () \"/\" INBOX\r\n".to_owned(),
        ["STATUS", ..] => {
            "* STATUS INBOX (MESSAGES 3 UIDNEXT 4 UIDVALIDITY 7 HIGHESTMODSEQ 9)\r\n".to_owned()
        }
        ["SELECT", ..] => "* 3 EXISTS\r\n* OK [UIDVALIDITY 7] v\r\n* OK [UIDNEXT 4] n\r\n\
                           * OK [HIGHESTMODSEQ 9] m\r\n"
            .to_owned(),
        ["UID", "SEARCH", ..] => "* SEARCH 1 2 3\r\n".to_owned(),
        ["UID", "FETCH", "1:3", ..] if refuses => {
            return format!(
                "{}{}{tag} NO [SERVERBUG] it is broken\r\n",
                message(1),
                message(3)
            );
        }
        ["UID", "FETCH", "2", ..] if refuses => return withheld.replace("{tag}", tag),
        ["UID", "FETCH", "2", ..] => message(2),
        _ => String::new(),
    };
    format!("{answer}{tag} OK done\r\n")
}

#[test]
fn a_message_the_server_refuses_is_named_and_asked_for_again() {
    for withheld in [
        "{tag} NO [SERVERBUG] it is broken\r\n",
        "* 2 FETCH (UID 2 FLAGS () BODY[] NIL)\r\n{tag} OK done\r\n",
    ] {
        let (port, refuses) = refusing(withheld);
        let world = World::new().config(&format!(
            "[accounts.work]\nchannel = \"imap\"\naddress = \"ann@example.com\"\nimap = \"127.0.0.1:{port}\"\n\
             tls = \"none\"\nsecret_command = \"echo annpw\"\n"
        ));
        let args = ["inbox", "sync", "--account", "work", "--json"];
        for added in [2, 0] {
            let run = world.run(args).ok();
            let report = run.json();
            let row = &report["accounts"][0];
            assert_eq!(row["added"], added, "{run}");
            assert_eq!(row["refused"][0]["folder"], "INBOX", "{run}");
            assert_eq!(row["refused"][0]["uid"], 2, "{run}");
            assert_eq!(row["refused"].as_array().unwrap().len(), 1, "{run}");
            let warning = report["warnings"][0].as_str().unwrap();
            assert!(warning.contains("`INBOX` (UID 2)"), "{run}");
        }
        let run = world.run(["inbox", "sync", "--account", "work"]).ok();
        assert!(run.stderr.contains("refused a message in `INBOX`"), "{run}");
        refuses.store(0, Ordering::SeqCst);
        let report = world.run(args).ok().json();
        assert_eq!(report["accounts"][0]["added"], 1, "{report}");
        assert_eq!(report["warnings"].as_array().unwrap().len(), 0, "{report}");
        assert_eq!(subjects(&world), ["number 1", "number 2", "number 3"]);
        let report = world.run(args).ok().json();
        assert_eq!(report["accounts"][0]["added"], 0, "{report}");
    }
}

#[test]
fn a_message_dovecot_can_not_read_does_not_keep_the_others_away() {
    use std::os::unix::fs::PermissionsExt;
    let Some(mail) = Mail::start() else { return };
    fill(&mail, 4);
    mail.client(ANN).run("SELECT INBOX"); // moves them to `cur`
    let cur = mail.maildir(ANN).join("cur");
    let mut files: Vec<_> = std::fs::read_dir(cur)
        .unwrap()
        .map(|file| file.unwrap().path())
        .collect();
    files.sort();
    let mode = |mode| {
        std::fs::set_permissions(&files[1], std::fs::Permissions::from_mode(mode)).unwrap();
    };
    mode(0);
    let world = World::new().config(&mail.account("work"));
    let run = world
        .run(["inbox", "sync", "--account", "work", "--json"])
        .ok();
    assert_eq!(
        run.json()["accounts"][0]["added"],
        3,
        "{run} {}",
        mail.log()
    );
    assert_eq!(run.json()["accounts"][0]["refused"][0]["uid"], 2, "{run}");
    mode(0o600);
    let run = world
        .run(["inbox", "sync", "--account", "work", "--json"])
        .ok();
    assert_eq!(run.json()["accounts"][0]["added"], 1, "{run}");
}

#[test]
fn a_sync_an_import_and_the_inbox_at_once_leave_each_other_in_peace() {
    let Some(mail) = Mail::start() else { return };
    fill(&mail, MESSAGES);
    let world = World::new().config(&mail.account("work"));
    let mbox: String = (0..MESSAGES)
        .map(|n| {
            format!("From a Mon Nov  2 10:00:00 2026\nSubject: imported {n}\nMessage-ID: <i{n}@example.org>\n\nbody\n\n")
        })
        .collect();
    let mbox = world.file("old.mbox", mbox);
    let commands: [&[&str]; 6] = [
        &["inbox", "sync", "--account", "work", "--json"],
        &["import", &mbox, "--json"],
        &["inbox", "--json"],
        &["inbox", "sync", "--json"],
        &["search", "number", "--json"],
        &["inbox", "--json"],
    ];
    let runs: Vec<_> = commands
        .iter()
        .map(|args| world.spawn(args.iter().copied()))
        .collect();
    for (run, args) in runs.into_iter().zip(commands) {
        let output = run.wait_with_output().unwrap();
        let words = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{args:?}: {words}");
    }
    let found = subjects(&world);
    assert_eq!(found.len(), 2 * MESSAGES);
    let mut distinct = found.clone();
    distinct.dedup();
    assert_eq!(distinct, found);
    let faults = Store::at(&world.home()).check().unwrap();
    assert!(faults.is_empty(), "{faults:?}");
}
