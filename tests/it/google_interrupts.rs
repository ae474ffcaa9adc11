//! Ctrl-C while something goes out through Google, and answers that prove nothing.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rusqlite::Connection;

use crate::support::World;
use crate::support::google::{Fault, Google, TOKEN};
use crate::support::http_proxy::{Cut, How, HttpProxy, Point};

/// A user of Gmail, Chat and a webhook behind this URL; `mail` is added to the account of Gmail.
fn world(google: &Google, url: &str, mail: &str) -> World {
    let space = google.chat().space("AAA", "Room");
    let hook = google.chat().webhook(&space, "thekey", "thetoken");
    World::new()
        .config(&format!(
            "[accounts.mail]\nchannel = \"gmail\"\naddress = \"ada@gmail.example\"\nbase_url = \"{url}\"\n{mail}\
             [accounts.chat]\nchannel = \"google-chat\"\naddress = \"ada@gmail.example\"\nbase_url = \"{url}\"\n\
             [accounts.alerts]\nchannel = \"google-chat-webhook\"\nbase_url = \"{url}\"\n"
        ))
        .env("COMMS_SECRET_CHAT", TOKEN)
        .env("COMMS_SECRET_ALERTS", &hook.replace(&google.url, url))
}

const LETTER: [&str; 6] = ["send", "bob@example.com", "-s", "x", "-m", "x"];

fn start(world: &World, args: &[&str]) -> Child {
    let mut command = world.command();
    command.args(args).stdin(Stdio::null());
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().unwrap()
}

fn interrupt(mut child: Child) {
    let status = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(status.unwrap().success());
    let began = Instant::now();
    child.wait().unwrap();
    assert!(began.elapsed() < Duration::from_secs(5));
}

/// State and fault of an item.
fn item(world: &World, id: u32) -> (String, String) {
    let path = world.home().join("comms.db");
    let Ok(db) = Connection::open(path) else {
        return Default::default();
    };
    let one = db.query_row(
        "SELECT state, coalesce(error, '') FROM items WHERE id = ?1",
        [id],
        |row| Ok((row.get(0)?, row.get(1)?)),
    );
    one.unwrap_or_default()
}

#[track_caller]
fn wait_until(what: &str, is: impl Fn() -> bool) {
    let end = Instant::now() + Duration::from_secs(20);
    while !is() {
        assert!(Instant::now() < end, "{what} never came");
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn later(world: &World, minutes: u32, args: &[&str]) {
    let now = format!("2026-11-21T12:{minutes}:00Z");
    let mut command = world.command();
    command.env("COMMS_NOW", now).args(args);
    command.output().unwrap();
}

const NOT_YET: &str = "interrupted before it left";

#[test]
fn a_ctrl_c_while_the_login_is_asked_for_is_no_doubt() {
    let google = Google::start();
    let asking = "secret_command = \"touch asked && sleep 20 && echo x\"\n";
    let world = world(&google, &google.url, asking);
    let child = start(&world, &LETTER);
    wait_until("the question", || world.dir().join("asked").exists());
    interrupt(child);
    assert_eq!(item(&world, 1), ("failed".to_owned(), NOT_YET.to_owned()));
    assert!(google.requests().is_empty());
}

#[test]
fn a_ctrl_c_while_the_quota_is_waited_for_is_no_doubt() {
    let google = Google::start();
    let proxy = HttpProxy::start(&google.url, cut("/messages/send", Point::Done));
    let world = world(&google, &proxy.url, "quota = \"100/min\"\n")
        .env("COMMS_SECRET_MAIL", TOKEN)
        .env("COMMS_NOW", "");
    // One that is under way holds all of the quota.
    let mut first = start(&world, &LETTER);
    proxy.wait_for_cut();
    let second = start(&world, &LETTER);
    wait_until("the wait", || item(&world, 2).0 == "sending");
    std::thread::sleep(Duration::from_millis(200));
    interrupt(second);
    assert_eq!(item(&world, 2), ("failed".to_owned(), NOT_YET.to_owned()));
    first.kill().unwrap();
    first.wait().unwrap();
    assert_eq!(google.gmail().sent().len(), 1);
}

fn cut(of: &'static str, point: Point) -> Cut {
    Cut {
        of,
        nth: 1,
        point,
        how: How::Hang,
    }
}

#[test]
fn a_ctrl_c_during_the_request_is_doubt_that_is_settled_later() {
    for (point, came) in [(Point::Line, 0), (Point::Done, 1)] {
        let google = Google::start();
        let proxy = HttpProxy::start(&google.url, cut("/messages/send", point));
        let world = world(&google, &proxy.url, "").env("COMMS_SECRET_MAIL", TOKEN);
        let child = start(&world, &LETTER);
        proxy.wait_for_cut();
        interrupt(child);
        assert_eq!(item(&world, 1).0, "unconfirmed", "{point:?}");
        assert_eq!(google.gmail().sent().len(), came, "{point:?}");
        // An empty mailbox is asked twice.
        for minutes in [10, 20] {
            later(&world, minutes, &["outbox", "run"]);
        }
        assert_eq!(item(&world, 1).0, "sent", "{point:?}");
        assert_eq!(google.gmail().sent().len(), 1, "{point:?}");
    }
}

fn long() -> String {
    (0..400)
        .map(|n| format!("line {n} of a long report\n"))
        .collect()
}

#[test]
fn a_ctrl_c_between_two_parts_of_a_text_leaves_the_rest_for_later() {
    for by_hand in [true, false] {
        let google = Google::start();
        let world = world(&google, &google.url, "").env("COMMS_NOW", "");
        let text = long();
        let mut args = vec!["send", "chat:spaces/AAA", "-m", &text];
        if !by_hand {
            args.push("--queue");
        }
        let mut child = start(&world, &args);
        if !by_hand {
            child.wait().unwrap();
            child = start(&world, &["outbox", "run"]);
        }
        let posted = || google.chat().messages("spaces/AAA").len();
        wait_until("the first part", || posted() == 1);
        std::thread::sleep(Duration::from_millis(250));
        interrupt(child);
        let state = if by_hand { "failed" } else { "ready" };
        let words = "interrupted before all of it left";
        assert_eq!(item(&world, 1), (state.to_owned(), words.to_owned()));
        assert_eq!(posted(), 1);
        // What is there can't be changed any more, so the rest must go with it.
        let run = world.run(["outbox", "edit", "o1", "-m", "x"]).fails(2);
        assert!(by_hand || run.stderr.contains("sent in part"), "{run}");
        world.run(["outbox", "retry", "o1"]).ok();
        assert_eq!(item(&world, 1).0, "sent");
        let texts: Vec<String> = google
            .chat()
            .messages("spaces/AAA")
            .iter()
            .map(|m| m["text"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(texts.len(), 3);
        assert_eq!(texts.join("\n").lines().count(), 400);
    }
}

#[test]
fn a_login_page_of_the_network_is_no_proof_that_anything_was_sent() {
    let page = || Fault::Status(200, "<html>Welcome! Log in</html>".to_owned(), Vec::new());
    let google = Google::start();
    let world = world(&google, &google.url, "").env("COMMS_SECRET_MAIL", TOKEN);
    google.fault("gmail.users.messages.send", 1, page());
    google.fault("chat.spaces.messages.create", 2, page());
    world.run(LETTER);
    world.run(["send", "chat:spaces/AAA", "-m", &long()]);
    for minutes in [10, 20] {
        later(&world, minutes, &["outbox", "run"]);
    }
    assert_eq!((item(&world, 1).0, item(&world, 2).0), both("sent"));
    assert_eq!(google.gmail().sent().len(), 1);
    assert_eq!(google.chat().messages("spaces/AAA").len(), 3);
    // A webhook can't be asked.
    let late = Fault::Status(408, String::new(), Vec::new());
    for (n, fault) in [(3, page()), (4, late)] {
        google.fault("chat.spaces.messages.create", 1, fault);
        world.run(["send", "to:alerts", "-m", "x"]).fails(10);
        later(&world, 30, &["outbox", "run"]);
        assert_eq!(item(&world, n).0, "unconfirmed");
    }
    assert_eq!(google.chat().messages("spaces/AAA").len(), 3);
}

fn both(state: &str) -> (String, String) {
    (state.to_owned(), state.to_owned())
}

#[test]
fn a_letter_in_doubt_that_was_thrown_away_meanwhile_is_not_sent_again() {
    let google = Google::start();
    let proxy = HttpProxy::start(&google.url, cut("/messages/send", Point::Done));
    let world = world(&google, &proxy.url, "").env("COMMS_SECRET_MAIL", TOKEN);
    let mut child = start(&world, &LETTER);
    proxy.wait_for_cut();
    child.kill().unwrap();
    child.wait().unwrap();
    let id = google.gmail().sent()[0].id.clone();
    google.gmail().label(&id, &["TRASH"], &[]);
    for minutes in [10, 20] {
        later(&world, minutes, &["outbox", "run"]);
    }
    assert_eq!(item(&world, 1).0, "sent");
    assert_eq!(google.gmail().sent().len(), 1);
}
