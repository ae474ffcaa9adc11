//! A wire to Twilio that breaks at any byte: what was sent arrives once, although Twilio knows no key for it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::process::Stdio;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use rusqlite::Connection;

use crate::support::World;
use crate::support::http_proxy::{Cut, How, HttpProxy, Point};
use crate::support::twilio::{AUTH_TOKEN, BOB, Fault, Twilio};

/// The first lines of requests that send.
const SEND: &str = "POST /2010-04-01/Accounts/";
const POINTS: [Point; 13] = [
    Point::Accepted,
    Point::Line,
    Point::Headers,
    Point::BeforeBody,
    Point::Body,
    Point::LastByte,
    Point::Sent,
    Point::Done,
    Point::Status,
    Point::AnswerHeaders,
    Point::AnswerBody,
    Point::AnswerLastByte,
    Point::Answered,
];
const HANGS: [Point; 4] = [Point::Line, Point::Body, Point::Done, Point::AnswerBody];
const LINES: usize = 200;

fn long() -> String {
    let lines = (0..LINES).map(|n| format!("line {n} of a long report\n"));
    lines.collect()
}

fn state(world: &World) -> String {
    let db = Connection::open(world.home().join("comms.db")).unwrap();
    let one = db.query_row("SELECT state FROM items", [], |row| row.get(0));
    one.unwrap()
}

/// Whole copies that went; a line that went twice counts as two.
fn copies(twilio: &Twilio, text: &str) -> usize {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for message in twilio.sent() {
        for line in message["body"].as_str().unwrap().lines() {
            *seen.entry(line.to_owned()).or_default() += 1;
        }
    }
    let most = seen.values().copied().max().unwrap_or(0);
    match seen.len() == text.lines().count() || most > 1 {
        true => most,
        false => 0,
    }
}

fn world(url: &str, twilio: &Twilio) -> World {
    World::new()
        .config(&twilio.config().replace(&twilio.url, url))
        .env("COMMS_SECRET_WORK", AUTH_TOKEN)
}

/// Runs until nothing is to be done any more, each time a few minutes later.
fn settle(world: &World) {
    for minutes in [10, 20, 40, 59] {
        let now = format!("2026-11-21T12:{minutes}:00Z");
        let mut command = world.command();
        command.env("COMMS_NOW", now).args(["outbox", "run"]);
        command.output().unwrap();
        if !["ready", "sending", "unconfirmed"].contains(&state(world).as_str()) {
            break;
        }
    }
}

fn play(text: &str, cut: Cut) -> (String, usize) {
    let twilio = Twilio::start();
    let proxy = HttpProxy::start(&twilio.url, cut);
    let world = world(&proxy.url, &twilio);
    let mut command = world.command();
    command.args(["send", BOB, "-m", text]).stdin(Stdio::null());
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    if cut.how == How::Hang {
        proxy.wait_for_cut();
        child.kill().unwrap();
    }
    child.wait().unwrap();
    assert!(proxy.has_fired(), "{cut:?}: {:?}", proxy.lines());
    settle(&world);
    (state(&world), copies(&twilio, text))
}

fn play_all(text: &str, cuts: &[Cut]) {
    let next = AtomicUsize::new(0);
    let wrong = Mutex::new(String::new());
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while let Some(cut) = cuts.get(next.fetch_add(1, Ordering::SeqCst)) {
                    let (state, copies) = play(text, *cut);
                    let fits = match state.as_str() {
                        "sent" => copies == 1,
                        "failed" => copies == 0,
                        _ => false,
                    };
                    if !fits {
                        let _ =
                            writeln!(wrong.lock().unwrap(), "{cut:?}: {state}, {copies} copies");
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{wrong}");
}

fn cuts(nth: usize) -> Vec<Cut> {
    let cut = |point, how| Cut {
        of: SEND,
        nth,
        point,
        how,
    };
    let all = [How::Fin, How::Rst].into_iter().flat_map(|how| {
        let points = POINTS.into_iter();
        // Only the first request begins a connection.
        points
            .filter(move |point| *point != Point::Accepted || nth == 1)
            .map(move |point| cut(point, how))
    });
    all.chain(HANGS.map(|point| cut(point, How::Hang)))
        .collect()
}

#[test]
fn an_sms_arrives_once_wherever_its_connection_is_cut() {
    play_all("hello", &cuts(1));
}

#[test]
fn a_text_in_parts_arrives_once_wherever_a_connection_is_cut() {
    let all: Vec<Cut> = (1..=3)
        .flat_map(|nth| cuts(nth).into_iter().skip(nth % 2).step_by(2))
        .collect();
    play_all(&long(), &all);
}

/// The same words twice are two messages: each doubt is settled by a copy of its own.
#[test]
fn two_messages_of_the_same_words_are_not_taken_for_one() {
    for (first, second, copies) in [
        (Fault::Lost, Fault::Lost, 2),
        (Fault::Lost, Fault::Broken(500, 20500), 2),
        (Fault::Say(503, ""), Fault::Half, 2),
        (Fault::Drop, Fault::Drop, 2),
    ] {
        let twilio = Twilio::start();
        let world = world(&twilio.url, &twilio);
        // Nothing can be asked at once.
        twilio.list_nothing();
        twilio.fault("CreateMessage", 1, first.clone());
        world.run(["send", BOB, "-m", "same words"]);
        twilio.fault("CreateMessage", 1, second.clone());
        world.run(["send", BOB, "-m", "same words"]);
        twilio.forget_faults();
        for minutes in [10, 20, 40, 59] {
            let now = format!("2026-11-21T12:{minutes}:00Z");
            let mut command = world.command();
            command.env("COMMS_NOW", now).args(["outbox", "run"]);
            command.output().unwrap();
        }
        assert_eq!(twilio.sent().len(), copies, "{first:?}, {second:?}");
        let db = Connection::open(world.home().join("comms.db")).unwrap();
        let sent: i64 = db
            .query_row("SELECT count(*) FROM items WHERE state = 'sent'", [], |r| {
                r.get(0)
            })
            .unwrap();
        assert_eq!(sent, 2, "{first:?}, {second:?}");
        let different: i64 = db
            .query_row("SELECT count(DISTINCT remote) FROM parts", [], |r| r.get(0))
            .unwrap();
        assert_eq!(different, 2, "{first:?}, {second:?}");
    }
}

/// Before a request can no more be on its way, that it is not listed proves nothing.
#[test]
fn what_is_not_listed_yet_is_not_sent_again_at_once() {
    let twilio = Twilio::start();
    let world = world(&twilio.url, &twilio);
    twilio.fault("CreateMessage", 1, Fault::Drop);
    world.run(["send", BOB, "-m", "hello"]).fails(10);
    world.run(["outbox", "run"]);
    assert_eq!(twilio.count("CreateMessage"), 1);
    assert_eq!(state(&world), "unconfirmed");
    settle(&world);
    assert_eq!(twilio.sent().len(), 1);
}

/// A message whose text someone erased may be the one that is sought.
#[test]
fn a_message_without_its_text_leaves_the_doubt() {
    let twilio = Twilio::start();
    let world = world(&twilio.url, &twilio);
    twilio.list_nothing();
    twilio.fault("CreateMessage", 1, Fault::Lost);
    world.run(["send", BOB, "-m", "hello"]).fails(10);
    twilio.forget_faults();
    let sid = twilio.sent()[0]["sid"].as_str().unwrap().to_owned();
    twilio.change(&sid, &serde_json::json!({"body": ""}));
    settle(&world);
    assert_eq!(
        (state(&world).as_str(), twilio.sent().len()),
        ("unconfirmed", 1)
    );
}
