//! Servers that take a message and say nothing, for as long as a test wants: nobody else's mail waits for them.

use std::io::{BufRead, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::World;
use crate::support::serving::{Answer, Serving};
use crate::support::smtp::{Data, Script, Smtp};

fn held() -> Smtp {
    Smtp::scripted(Script {
        data: Data::Held,
        ..Script::default()
    })
}

/// The default account `work` on one server, `stuck` on another.
fn world(work: &Smtp, stuck: &Smtp) -> World {
    World::new().config(&format!(
        "[defaults]\nemail = \"work\"\n{}{}",
        work.account("work"),
        stuck.account("stuck")
    ))
}

fn queue(world: &World, from: &str, subject: &str) {
    let letter = ["-s", subject, "-m", "x", "--from", from];
    let mut args = vec!["send", "bob@example.com", "--queue"];
    args.extend(letter);
    world.run(args).ok();
}

fn states(world: &World) -> Vec<(String, String)> {
    let report = world.run(["outbox", "list", "--all", "--json"]).ok().json();
    let mut all: Vec<_> = report["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|i| (text(&i["subject"]), text(&i["state"])))
        .collect();
    all.sort();
    all
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn said(child: Child, code: i32) -> String {
    let ended = child.wait_with_output().unwrap();
    let words = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert_eq!(ended.status.code(), Some(code), "{words}");
    String::from_utf8_lossy(&ended.stdout).into_owned()
}

/// The report of a command that ends well says of so many items that they were sent.
fn all_sent(child: Child, n: usize) {
    let report: Value = serde_json::from_str(&said(child, 0)).unwrap();
    let items = report["items"].as_array().unwrap();
    assert_eq!(items.len(), n, "{report}");
    assert!(items.iter().all(|i| i["state"] == "sent"), "{report}");
}

fn signal(child: &Child, signal: &str) {
    let pid = child.id().to_string();
    Command::new("kill").args([signal, &pid]).status().unwrap();
}

fn count(server: &Smtp, command: &str) -> usize {
    let commands = server.commands();
    commands.iter().filter(|c| c.starts_with(command)).count()
}

#[test]
fn a_run_sends_for_other_accounts_while_a_server_keeps_its_answer_back() {
    let (work, stuck) = (Smtp::start(), held());
    let world = world(&work, &stuck);
    queue(&world, "stuck", "a");
    queue(&world, "work", "b");
    queue(&world, "work", "c");
    let mut child = world.spawn(["outbox", "run", "--json"]);
    stuck.wait_for_mail(1);
    work.wait_for_mail(2);
    assert!(
        child.try_wait().unwrap().is_none(),
        "it waits for the other"
    );
    stuck.release();
    all_sent(child, 3);
}

#[test]
fn one_send_to_several_channels_waits_for_no_server_that_hangs() {
    let stuck = held();
    let world = World::new().config(&stuck.account("alpha"));
    let to = [
        "send",
        "bob@example.com",
        "you@localhost",
        "-s",
        "down",
        "-m",
        "x",
        "--json",
    ];
    let child = world.spawn(to);
    stuck.wait_for_mail(1);
    let there = || {
        world
            .run(["inbox", "--account", "local", "--json"])
            .ok()
            .json()
    };
    let end = Instant::now() + Duration::from_secs(20);
    while there()["threads"].as_array().unwrap().is_empty() {
        assert!(Instant::now() < end, "it waits for the other");
        std::thread::sleep(Duration::from_millis(50));
    }
    stuck.release();
    all_sent(child, 2);
}

#[test]
fn an_interrupted_send_leaves_nothing_that_goes_by_itself() {
    let stuck = held();
    let world = World::new().config(&stuck.account("alpha"));
    let to = [
        "--separately",
        "bob@example.com",
        "ann@example.com",
        "you@localhost",
    ];
    let child = world.spawn([&["send", "-s", "down", "-m", "x"][..], &to].concat());
    stuck.wait_for_mail(1);
    signal(&child, "-INT");
    said(child, 10);
    let mut states: Vec<String> = states(&world).into_iter().map(|(_, state)| state).collect();
    states.sort();
    assert_eq!(states, ["cancelled", "sent", "unconfirmed"]);
    stuck.release();
    world.run(["outbox", "run"]);
    assert_eq!(stuck.received().len(), 1);
}

#[test]
fn a_loop_goes_on_for_other_accounts_while_a_server_keeps_its_answer_back() {
    let (work, stuck) = (Smtp::start(), held());
    let world = world(&work, &stuck);
    queue(&world, "stuck", "a");
    let child = world.spawn(["outbox", "run", "--follow", "--json"]);
    stuck.wait_for_mail(1);
    // What comes later is sent all the same, round after round.
    for (n, subject) in ["b", "c"].into_iter().enumerate() {
        queue(&world, "work", subject);
        work.wait_for_mail(n + 1);
    }
    queue(&world, "stuck", "d");
    queue(&world, "work", "e");
    work.wait_for_mail(3);
    assert_eq!(stuck.received().len(), 1, "one after the other");
    stuck.release();
    stuck.wait_for_mail(2);
    assert_eq!(count(&stuck, "EHLO"), 1, "over one line");
    signal(&child, "-TERM");
    let told = said(child, 0);
    let told: Vec<Value> = told
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(told.len(), 5, "{told:?}");
    assert!(told.iter().all(|i| i["state"] == "sent"), "{told:?}");
}

#[test]
fn messages_of_one_account_go_one_after_the_other_over_one_line() {
    let (work, stuck) = (Smtp::start(), held());
    let world = world(&work, &stuck);
    for subject in ["a", "b", "c"] {
        queue(&world, "stuck", subject);
    }
    // Due after all of them: had they begun, so they had before it.
    queue(&world, "work", "z");
    let child = world.spawn(["outbox", "run"]);
    work.wait_for_mail(1);
    stuck.wait_for_mail(1);
    assert_eq!(count(&stuck, "MAIL FROM"), 1);
    stuck.release();
    said(child, 0);
    let subjects: Vec<_> = stuck
        .received()
        .iter()
        .map(|m| {
            m.data
                .lines()
                .find_map(|l| l.strip_prefix("Subject: "))
                .unwrap()
                .to_owned()
        })
        .collect();
    assert_eq!(subjects, ["a", "b", "c"]);
    assert_eq!((count(&stuck, "EHLO"), count(&stuck, "QUIT")), (1, 1));
}

#[test]
fn a_loop_that_is_to_end_begins_nothing_more_and_waits_for_what_is_under_way() {
    let (work, stuck) = (Smtp::start(), held());
    let world = world(&work, &stuck);
    queue(&world, "stuck", "a");
    queue(&world, "stuck", "b");
    let mut child = world.spawn(["outbox", "run", "--follow"]);
    stuck.wait_for_mail(1);
    signal(&child, "-TERM");
    assert!(child.try_wait().unwrap().is_none());
    stuck.release();
    said(child, 0);
    let states = states(&world);
    assert_eq!(states[0], ("a".to_owned(), "sent".to_owned()));
    assert_eq!(
        stuck.received().len(),
        states.iter().filter(|s| s.1 == "sent").count()
    );
}

#[test]
fn an_interrupted_run_leaves_all_that_is_under_way_in_doubt_at_once() {
    let (one, two) = (held(), held());
    let world = world(&one, &two);
    queue(&world, "work", "a");
    queue(&world, "work", "b");
    queue(&world, "stuck", "c");
    let child = world.spawn(["outbox", "run", "--json"]);
    one.wait_for_mail(1);
    two.wait_for_mail(1);
    signal(&child, "-INT");
    said(child, 10);
    let of = |subject: &str, state: &str| (subject.to_owned(), state.to_owned());
    assert_eq!(
        states(&world),
        [
            of("a", "unconfirmed"),
            of("b", "ready"),
            of("c", "unconfirmed")
        ]
    );
}

#[test]
fn what_is_under_way_counts_for_the_budget_that_accounts_share() {
    let (work, stuck) = (Smtp::start(), held());
    let budget = "budget = \"1/h\"\n";
    let world = World::new().config(&format!(
        "[defaults]\nemail = \"work\"\n{}{budget}{}{budget}",
        work.account("work"),
        stuck.account("stuck")
    ));
    queue(&world, "stuck", "a");
    queue(&world, "work", "b");
    let child = world.spawn(["outbox", "run"]);
    stuck.wait_for_mail(1);
    stuck.release();
    said(child, 8);
    assert!(work.received().is_empty());
    let of = |subject: &str, state: &str| (subject.to_owned(), state.to_owned());
    assert_eq!(states(&world), [of("a", "sent"), of("b", "ready")]);
}

/// An IMAP server that takes a connection and says nothing; told once its caller gave up.
fn silent_imap() -> (u16, Arc<AtomicBool>, Arc<AtomicBool>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (called, left) = (Arc::<AtomicBool>::default(), Arc::<AtomicBool>::default());
    let (calls, leaves) = (Arc::clone(&called), Arc::clone(&left));
    std::thread::spawn(move || {
        for mut client in listener.incoming().flatten() {
            calls.store(true, Ordering::SeqCst);
            let leaves = Arc::clone(&leaves);
            std::thread::spawn(move || {
                let _ = client.read_to_end(&mut Vec::new());
                leaves.store(true, Ordering::SeqCst);
            });
        }
    });
    (port, called, left)
}

#[test]
fn a_sent_folder_that_hangs_holds_up_no_other_account() {
    let (smtp, other) = (
        Smtp::scripted(Script {
            offers: Some(&["AUTH PLAIN"]),
            auth: &["235 welcome"],
            ..Script::default()
        }),
        Smtp::start(),
    );
    let (port, called, left) = silent_imap();
    let world = World::new().config(&format!(
        "[defaults]\nemail = \"other\"\n{}[accounts.work]\nchannel = \"imap\"\naddress = \"ada@example.com\"\n\
         imap = \"127.0.0.1:{port}\"\nsmtp = \"127.0.0.1:{}\"\ntls = \"none\"\nsecret_command = \"echo pw\"\n",
        other.account("other"),
        smtp.port
    ));
    queue(&world, "work", "a");
    for _ in 0..2 {
        // The second loop begins with the copy that the first left behind.
        let mut child = world.spawn(["outbox", "run", "--follow"]);
        while !called.load(Ordering::SeqCst) {
            assert!(child.try_wait().unwrap().is_none());
            std::thread::sleep(Duration::from_millis(10));
        }
        let n = other.received().len();
        queue(&world, "other", "b");
        other.wait_for_mail(n + 1);
        assert!(
            !left.load(Ordering::SeqCst),
            "the copy is still being filed"
        );
        child.kill().unwrap();
        child.wait().unwrap();
        while !left.load(Ordering::SeqCst) {
            std::thread::sleep(Duration::from_millis(10));
        }
        called.store(false, Ordering::SeqCst);
        left.store(false, Ordering::SeqCst);
    }
    assert_eq!(smtp.received().len(), 1);
}

fn key(world: &World) -> String {
    let made = world.run(["auth", "key", "add", "mine", "--scope", "send"]);
    made.ok().stdout.trim().to_owned()
}

/// Asks for a message to be sent; its answer may take a while.
fn post(serving: &Serving, key: &str, (from, subject): (&str, &str)) -> TcpStream {
    let message = json!({"to": ["bob@example.com"], "from": from, "subject": subject, "text": "x"});
    let body = message.to_string();
    let mut stream = serving.connect();
    let head = format!(
        "POST /v1/messages HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {key}\r\n\
         content-type: application/json\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream
}

fn inbox(serving: &Serving, key: &str) -> Answer {
    let bearer = format!("Bearer {key}");
    serving.call(("GET", "/v1/threads"), &[("authorization", &bearer)], "")
}

#[track_caller]
fn until_sent(world: &World, count: usize) {
    let end = Instant::now() + Duration::from_secs(60);
    loop {
        let states = states(world);
        if states.iter().filter(|(_, state)| state == "sent").count() == count {
            return;
        }
        assert!(Instant::now() < end, "{states:?}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn programs_are_answered_while_sends_of_others_hang() {
    let (work, stuck) = (Smtp::start(), held());
    let world = world(&work, &stuck);
    let key = key(&world);
    let serving = Serving::with(&world, &["--only", "api"]);
    let mut hanging: Vec<_> = (0..4)
        .map(|n| post(&serving, &key, ("stuck", &format!("a{n}"))))
        .collect();
    stuck.wait_for_mail(4);
    // More of them than there are threads: they stay in the outbox, and are told so.
    let mut more: Vec<_> = (0..40)
        .map(|n| post(&serving, &key, ("stuck", &format!("b{n}"))))
        .collect();
    for stream in &mut more {
        let told = Answer::read(stream);
        assert_eq!(told.status, 202, "{told:?}");
        let told = told.json();
        assert_eq!(told["items"][0]["state"], "ready", "{told}");
        assert_eq!(told["retry"]["owner"], "comms", "{told}");
        let why = told["items"][0]["held_by"].as_str().unwrap();
        assert!(why.contains("account stuck"), "{told}");
    }
    let sent = Answer::read(&mut post(&serving, &key, ("work", "c")));
    assert_eq!(sent.status, 200, "{sent:?}");
    assert_eq!(sent.json()["items"][0]["state"], "sent", "{sent:?}");
    assert_eq!(inbox(&serving, &key).status, 200);
    assert!(work.received().len() == 1 && stuck.received().len() < 40);
    stuck.release();
    for stream in &mut hanging {
        let told = Answer::read(stream);
        assert_eq!(told.status, 200, "{told:?}");
    }
    // What stayed goes on by itself.
    until_sent(&world, 45);
    assert_eq!(stuck.received().len(), 44);
    assert_eq!(serving.end("-TERM"), Some(0));
}

#[test]
fn what_waits_in_the_outbox_is_sent_aside_of_those_who_ask_for_something() {
    let (work, stuck) = (Smtp::start(), held());
    let world = world(&work, &stuck);
    let key = key(&world);
    queue(&world, "stuck", "a");
    let serving = Serving::with(&world, &["--only", "api"]);
    let sent = Answer::read(&mut post(&serving, &key, ("work", "b")));
    assert_eq!(sent.status, 200, "{sent:?}");
    stuck.wait_for_mail(1);
    assert_eq!(inbox(&serving, &key).status, 200);
    queue(&world, "work", "c");
    let sent = Answer::read(&mut post(&serving, &key, ("work", "d")));
    assert_eq!(sent.status, 200, "{sent:?}");
    until_sent(&world, 3);
    stuck.release();
    until_sent(&world, 4);
    assert_eq!(stuck.received().len(), 1);
    assert_eq!(serving.end("-TERM"), Some(0));
}

#[test]
fn the_outbox_of_serve_goes_on_for_other_accounts_while_a_server_hangs() {
    let (work, stuck) = (Smtp::start(), held());
    let world = world(&work, &stuck);
    queue(&world, "stuck", "a");
    let serving = Serving::with(&world, &["--only", "outbox"]);
    stuck.wait_for_mail(1);
    queue(&world, "work", "b");
    work.wait_for_mail(1);
    stuck.release();
    until_sent(&world, 2);
    assert_eq!(serving.end("-TERM"), Some(0));
}

#[test]
fn serve_ends_after_the_send_that_is_under_way() {
    let (work, stuck) = (Smtp::start(), held());
    let world = world(&work, &stuck);
    let key = key(&world);
    let mut serving = Serving::with(&world, &["--only", "api"]);
    let caller = post(&serving, &key, ("stuck", "a"));
    stuck.wait_for_mail(1);
    // Nobody waits for its answer any more.
    drop(caller);
    signal(&serving.child, "-TERM");
    while TcpStream::connect(serving.at).is_ok() {
        std::thread::sleep(Duration::from_millis(20));
    }
    stuck.release();
    assert_eq!(serving.child.wait().unwrap().code(), Some(0));
    assert_eq!(states(&world), [("a".to_owned(), "sent".to_owned())]);
}

#[test]
fn who_sends_in_passing_does_not_join_those_who_wait_for_a_server() {
    let (work, stuck) = (Smtp::start(), held());
    let world = world(&work, &stuck);
    queue(&world, "stuck", "a");
    let run = world.spawn(["outbox", "run"]);
    stuck.wait_for_mail(1);
    queue(&world, "stuck", "b");
    queue(&world, "work", "c");
    let letter = ["-s", "d", "-m", "x", "--from", "work"];
    world
        .run(["send", "bob@example.com"].iter().chain(&letter))
        .ok();
    assert_eq!((work.received().len(), stuck.received().len()), (2, 1));
    stuck.release();
    said(run, 0);
    until_sent(&world, 4);
}

#[test]
fn who_sends_in_passing_and_has_to_wait_is_told_what_for() {
    let (work, stuck) = (Smtp::start(), held());
    let world = world(&work, &stuck);
    queue(&world, "stuck", "a");
    let letter = ["-s", "b", "-m", "x", "--from", "work"];
    let mut child = world.spawn(["send", "bob@example.com"].iter().chain(&letter));
    let mut told = String::new();
    let mut stderr = std::io::BufReader::new(child.stderr.take().unwrap());
    while !told.contains("has not answered yet") {
        assert!(stderr.read_line(&mut told).unwrap() > 0, "{told}");
    }
    stuck.release();
    assert!(child.wait().unwrap().success());
    until_sent(&world, 2);
}

#[test]
fn a_wait_whose_time_is_over_leaves_nothing_in_doubt_that_is_under_way() {
    let (work, stuck) = (Smtp::start(), held());
    let world = world(&work, &stuck);
    let letter = ["-s", "a", "-m", "x", "--from", "stuck"];
    let wait = ["--queue", "--wait", "sent", "--timeout", "1s"];
    let child = world.spawn(
        ["send", "bob@example.com"]
            .iter()
            .chain(&letter)
            .chain(&wait),
    );
    stuck.wait_for_mail(1);
    // Past its time.
    std::thread::sleep(Duration::from_millis(1_500));
    stuck.release();
    said(child, 0);
    assert_eq!(states(&world), [("a".to_owned(), "sent".to_owned())]);
}
