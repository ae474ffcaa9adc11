//! A wire to Google that breaks at any byte: what was sent arrives once, and what is said of it is true.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::process::Stdio;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use rusqlite::Connection;

use crate::support::World;
use crate::support::google::{Google, TOKEN};
use crate::support::http_proxy::{Cut, How, HttpProxy, Point};

/// What is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Sending {
    Letter,
    /// In an upload of two parts.
    LargeLetter,
    /// In three parts.
    Text,
    Webhook,
}

const SEND: &str = "/messages/send";
const POST: &str = "/v1/spaces/AAA/messages";
const PART: &str = "PUT /resumable/upload/";
const OPENING: &str = "POST /resumable/upload/";

struct Row {
    sending: Sending,
    cut: Cut,
}

/// What became of one row.
struct Played {
    state: String,
    copies: usize,
    at_last: String,
    copies_at_last: usize,
}

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

fn row(sending: Sending, (of, nth): (&'static str, usize), point: Point, how: How) -> Row {
    Row {
        sending,
        cut: Cut {
            of,
            nth,
            point,
            how,
        },
    }
}

/// A user of Gmail, Chat and a webhook, all behind this wire.
fn world(google: &Google, proxy: &HttpProxy) -> World {
    let url = &proxy.url;
    let space = google.chat().space("AAA", "Room");
    let hook = google.chat().webhook(&space, "thekey", "thetoken");
    World::new()
        .config(&format!(
            "[accounts.mail]\nchannel = \"gmail\"\naddress = \"ada@gmail.example\"\nbase_url = \"{url}\"\n\
             [accounts.chat]\nchannel = \"google-chat\"\naddress = \"ada@gmail.example\"\nbase_url = \"{url}\"\n\
             [accounts.alerts]\nchannel = \"google-chat-webhook\"\nbase_url = \"{url}\"\n"
        ))
        .env("COMMS_SECRET_MAIL", TOKEN)
        .env("COMMS_SECRET_CHAT", TOKEN)
        .env("COMMS_SECRET_ALERTS", &hook.replace(&google.url, url))
}

fn long() -> String {
    (0..400)
        .map(|n| format!("line {n} of a long report\n"))
        .collect()
}

fn arguments(world: &World, sending: Sending) -> Vec<String> {
    let words = |words: &[&str]| words.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>();
    match sending {
        Sending::Letter => words(&["send", "bob@example.com", "-s", "x", "-m", "x"]),
        Sending::LargeLetter => {
            let file = world.file("scan.bin", vec![7u8; 6_500_000]);
            let letter = ["send", "bob@example.com", "-s", "x", "-m", "x", "-a", &file];
            words(&letter)
        }
        Sending::Text => words(&["send", "chat:spaces/AAA", "-m", &long()]),
        Sending::Webhook => words(&["send", "to:alerts", "-m", "x"]),
    }
}

/// Whole copies at the provider; parts that came alone, or twice, are a fault at once.
fn copies(google: &Google, sending: Sending) -> usize {
    match sending {
        Sending::Letter | Sending::LargeLetter => google.gmail().sent().len(),
        Sending::Webhook => google.chat().messages("spaces/AAA").len(),
        Sending::Text => {
            let messages = google.chat().messages("spaces/AAA");
            let mut seen: BTreeMap<String, usize> = BTreeMap::new();
            for message in &messages {
                let text = message["text"].as_str().unwrap();
                for line in text.lines() {
                    *seen.entry(line.to_owned()).or_default() += 1;
                }
            }
            let most = seen.values().copied().max().unwrap_or(0);
            if seen.len() == 400 || most > 1 {
                most
            } else {
                0
            }
        }
    }
}

fn state(world: &World) -> String {
    let db = Connection::open(world.home().join("comms.db")).unwrap();
    let one = db.query_row("SELECT state FROM items", [], |row| row.get(0));
    one.unwrap()
}

/// Runs until nothing is to be done any more, each time a few minutes later.
fn settle(world: &World) {
    for minutes in [10, 20, 40] {
        let now = format!("2026-11-21T12:{minutes}:00Z");
        let mut command = world.command();
        command.env("COMMS_NOW", now).args(["outbox", "run"]);
        command.output().unwrap();
        if !["ready", "sending", "unconfirmed"].contains(&state(world).as_str()) {
            break;
        }
    }
}

fn play(row: &Row) -> Played {
    let google = Google::start();
    let proxy = HttpProxy::start(&google.url, row.cut);
    let world = world(&google, &proxy);
    let args = arguments(&world, row.sending);
    let mut command = world.command();
    command.args(args).stdin(Stdio::null());
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    if row.cut.how == How::Hang {
        proxy.wait_for_cut();
        child.kill().unwrap();
    }
    child.wait().unwrap();
    assert!(
        proxy.has_fired(),
        "{:?} {:?}: the cut never happened: {:?}",
        row.sending,
        row.cut,
        proxy.lines()
    );
    let (before, came) = (state(&world), copies(&google, row.sending));
    settle(&world);
    Played {
        state: before,
        copies: came,
        at_last: state(&world),
        copies_at_last: copies(&google, row.sending),
    }
}

/// Whether this is what was promised.
fn kept(row: &Row, played: &Played) -> bool {
    match (played.at_last.as_str(), row.sending) {
        ("sent", _) => played.copies_at_last == 1,
        ("failed", _) => played.copies_at_last == 0,
        // A webhook has nothing by which it could be found.
        ("unconfirmed", Sending::Webhook) => played.copies_at_last <= 1,
        _ => false,
    }
}

/// Plays all rows, some at once, and prints what became of them.
fn play_all(rows: &[Row]) {
    let next = AtomicUsize::new(0);
    let played = Mutex::new(Vec::new());
    let began = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                loop {
                    let n = next.fetch_add(1, Ordering::SeqCst);
                    let Some(row) = rows.get(n) else { break };
                    let outcome = play(row);
                    played.lock().unwrap().push((n, outcome));
                }
            });
        }
    });
    let mut played = played.into_inner().unwrap();
    played.sort_by_key(|(n, _)| *n);
    let mut table = String::new();
    let mut counts: BTreeMap<(Sending, String), usize> = BTreeMap::new();
    let mut wrong = Vec::new();
    for (n, p) in &played {
        let row = &rows[*n];
        let line = format!(
            "{:<12} {:<24} {} {:<15} {:<5} {:<12} {:>2}   then {:<12} {:>2}",
            format!("{:?}", row.sending),
            row.cut.of,
            row.cut.nth,
            format!("{:?}", row.cut.point),
            format!("{:?}", row.cut.how),
            p.state,
            p.copies,
            p.at_last,
            p.copies_at_last
        );
        let _ = writeln!(table, "{line}");
        let outcome = format!(
            "{} ({}), then {} ({})",
            p.state, p.copies, p.at_last, p.copies_at_last
        );
        *counts.entry((row.sending, outcome)).or_default() += 1;
        if !kept(row, p) {
            wrong.push(line);
        }
    }
    for ((sending, outcome), count) in &counts {
        let _ = writeln!(table, "{count:>4} {sending:?}: {outcome}");
    }
    println!("{table}{} cuts in {:.1?}", played.len(), began.elapsed());
    assert!(wrong.is_empty(), "{table}\nwrong:\n{}", wrong.join("\n"));
    assert_eq!(played.len(), rows.len());
}

const CUTS: [How; 2] = [How::Fin, How::Rst];
/// What a process that is killed while it hangs leaves, stands for all hangs: nothing else is known afterwards.
const HANGS: [Point; 4] = [Point::Line, Point::Body, Point::Done, Point::AnswerBody];

fn everywhere(sending: Sending, of: (&'static str, usize)) -> Vec<Row> {
    let cuts = CUTS.into_iter().flat_map(|how| {
        let points = POINTS.into_iter();
        // Only the first request begins a connection.
        points
            .filter(move |point| *point != Point::Accepted || of.1 == 1)
            .map(move |point| row(sending, of, point, how))
    });
    let hangs = HANGS.map(|point| row(sending, of, point, How::Hang));
    cuts.chain(hangs).collect()
}

#[test]
fn a_letter_through_gmail_arrives_once_wherever_its_connection_is_cut() {
    play_all(&everywhere(Sending::Letter, (SEND, 1)));
}

#[test]
fn a_webhook_is_sent_once_or_in_doubt_wherever_its_connection_is_cut() {
    play_all(&everywhere(Sending::Webhook, (POST, 1)));
}

#[test]
fn a_text_in_three_parts_arrives_once_wherever_a_connection_is_cut() {
    let parts = (1..=3).flat_map(|nth| {
        let all = everywhere(Sending::Text, (POST, nth));
        // By turns one half of them, by turns the other.
        let some = move |n: &usize| is_long() || n % 2 == nth % 2;
        all.into_iter()
            .enumerate()
            .filter(move |(n, _)| some(n))
            .map(|(_, row)| row)
    });
    play_all(&parts.collect::<Vec<_>>());
}

/// Letters of this size take their time in a debug build: the suite tries the worst moments, a long run
/// (`COMMS_TEST_KILLS`) all of them.
#[test]
fn a_large_letter_arrives_once_wherever_its_upload_is_cut() {
    let upload = |of, point, how| row(Sending::LargeLetter, of, point, how);
    let mut rows = vec![
        upload((OPENING, 1), Point::Done, How::Fin),
        upload((PART, 1), Point::Done, How::Rst),
        upload((PART, 2), Point::Body, How::Rst),
        upload((PART, 2), Point::Done, How::Fin),
        upload((PART, 2), Point::Done, How::Hang),
    ];
    if is_long() {
        rows.push(upload((PART, 2), Point::Body, How::Hang));
        for (n, point) in POINTS.into_iter().enumerate() {
            for (m, of) in [(OPENING, 1), (PART, 1), (PART, 2)].into_iter().enumerate() {
                if point != Point::Accepted || m == 0 {
                    rows.push(upload(of, point, CUTS[(n + m) % 2]));
                }
            }
        }
    }
    play_all(&rows);
}

fn is_long() -> bool {
    std::env::var_os("COMMS_TEST_KILLS").is_some_and(|v| !v.is_empty())
}
