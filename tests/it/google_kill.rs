//! Processes die while they send through Google, and several write into one space: each item arrives once, no budget
//! is passed.
//!
//! `COMMS_TEST_KILLS=300` makes the run longer, `COMMS_TEST_SEED` repeats one.

use std::collections::BTreeMap;
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rusqlite::Connection;

use crate::kill::{Chance, kill_after, number};
use crate::support::World;
use crate::support::google::{Fault, Google, TOKEN};

/// Items for Gmail, and as many for Chat.
const SENDS: usize = 40;

fn world(google: &Google, more: &str) -> World {
    let url = &google.url;
    let space = google.chat().space("AAA", "Room");
    let hook = google.chat().webhook(&space, "thekey", "thetoken");
    World::new()
        .config(&format!(
            "[accounts.mail]\nchannel = \"gmail\"\naddress = \"ada@gmail.example\"\nbase_url = \"{url}\"\n{more}\
             [accounts.chat]\nchannel = \"google-chat\"\naddress = \"ada@gmail.example\"\nbase_url = \"{url}\"\n{more}\
             [accounts.alerts]\nchannel = \"google-chat-webhook\"\nbase_url = \"{url}\"\n{more}"
        ))
        .env("COMMS_SECRET_MAIL", TOKEN)
        .env("COMMS_SECRET_CHAT", TOKEN)
        .env("COMMS_SECRET_ALERTS", &hook)
}

fn start(world: &World, args: &[&str]) -> Child {
    let mut command = world.command();
    command.args(args).stdin(Stdio::null());
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().unwrap()
}

/// How many items are in each state.
fn states(world: &World) -> BTreeMap<String, usize> {
    let db = Connection::open(world.home().join("comms.db")).unwrap();
    let mut all = db
        .prepare("SELECT state, count(*) FROM items GROUP BY state")
        .unwrap();
    let rows = all
        .query_map([], |row| Ok((row.get(0)?, row.get::<_, i64>(1)?)))
        .unwrap();
    rows.map(|row| row.map(|(state, n)| (state, usize::try_from(n).unwrap())))
        .collect::<rusqlite::Result<_>>()
        .unwrap()
}

/// Copies at the provider, by what was written.
fn copies(google: &Google) -> BTreeMap<String, usize> {
    let mut copies = BTreeMap::new();
    for sent in google.gmail().sent() {
        let raw = String::from_utf8_lossy(&sent.submitted).into_owned();
        let subject = raw.lines().find_map(|l| l.strip_prefix("Subject: "));
        *copies.entry(subject.unwrap().to_owned()).or_default() += 1;
    }
    for message in google.chat().messages("spaces/AAA") {
        let text = message["text"].as_str().unwrap().to_owned();
        *copies.entry(text).or_default() += 1;
    }
    copies
}

#[test]
fn processes_that_are_killed_lose_and_double_nothing_at_google() {
    let sends = number("COMMS_TEST_KILLS").map_or(SENDS, |n| usize::try_from(n).unwrap());
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap();
    let seed = number("COMMS_TEST_SEED").unwrap_or(now.subsec_nanos().into()) | 1;
    println!("seed {seed}: COMMS_TEST_SEED={seed} repeats it");
    let google = Google::start();
    let world = world(&google, "budget = \"none\"\n");
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                loop {
                    let n = next.fetch_add(1, Ordering::SeqCst);
                    if n >= 2 * sends {
                        break;
                    }
                    let words = format!("k{n}");
                    let args = match n % 2 {
                        0 => [
                            "send",
                            "bob@example.com",
                            "-s",
                            &words,
                            "-m",
                            "x",
                            "--queue",
                        ]
                        .to_vec(),
                        _ => ["send", "chat:spaces/AAA", "-m", &words, "--queue"].to_vec(),
                    };
                    assert!(start(&world, &args).wait().unwrap().success());
                }
            });
        }
    });
    // Time enough to die before, during and after the work.
    let slow = Fault::Slow(Duration::from_millis(20));
    for operation in ["gmail.users.messages.send", "chat.spaces.messages.create"] {
        google.faults(operation, 2 * sends, &slow);
    }
    let kills = AtomicUsize::new(0);
    let over = AtomicBool::new(false);
    let end = Instant::now() + Duration::from_millis(200 * u64::try_from(sends).unwrap());
    std::thread::scope(|scope| {
        for n in 0..3_u64 {
            let (world, kills, over) = (&world, &kills, &over);
            let mut chance = Chance(seed ^ (n + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
            scope.spawn(move || {
                while !over.load(Ordering::SeqCst) && Instant::now() < end {
                    let child = start(world, &["outbox", "run"]);
                    let patience = Duration::from_millis(chance.below(400));
                    if kill_after(child, patience).is_none() {
                        kills.fetch_add(1, Ordering::SeqCst);
                    }
                    if !states(world).contains_key("ready") {
                        over.store(true, Ordering::SeqCst);
                    }
                }
            });
        }
    });
    let (killed, left) = (kills.into_inner(), states(&world));
    google.forget_faults();
    let mut runs = 0;
    while states(&world).keys().any(|state| state != "sent") {
        runs += 1;
        assert!(
            runs < 12,
            "seed {seed}: it never ends: {:?}",
            states(&world)
        );
        let later = format!("2026-11-22T{runs:02}:00:00Z");
        let mut command = world.command();
        command.env("COMMS_NOW", later).args(["outbox", "run"]);
        command.output().unwrap();
    }
    let copies = copies(&google);
    println!(
        "{} sends, {killed} processes killed, which left {left:?}; {runs} runs later all are sent, {} arrived",
        2 * sends,
        copies.len()
    );
    let wrong: Vec<_> = copies.iter().filter(|(_, n)| **n != 1).collect();
    assert!(wrong.is_empty(), "seed {seed}: {wrong:?}");
    assert_eq!(copies.len(), 2 * sends, "seed {seed}");
    assert!(killed >= 5, "only {killed} were killed");
}

#[test]
fn all_who_write_into_one_space_share_its_one_message_a_second() {
    let google = Google::start();
    let world = world(&google, "").env("COMMS_NOW", "");
    let posted = || google.chat().messages("spaces/AAA").len();
    std::thread::scope(|scope| {
        // Two processes of a person's login, two of the webhook into the same space.
        for n in 0..4 {
            let world = &world;
            let to = ["chat:spaces/AAA", "to:alerts"][n % 2];
            scope.spawn(move || {
                for m in 0..2 {
                    let code = world.run(["send", to, "-m", &format!("{n}-{m}")]).code;
                    assert!([0, 8].contains(&code), "{code}");
                }
            });
        }
    });
    let end = Instant::now() + Duration::from_secs(30);
    while posted() < 8 {
        assert!(Instant::now() < end, "{} of 8 came", posted());
        world.run(["outbox", "run"]);
        std::thread::sleep(Duration::from_millis(100));
    }
    let requests = google.requests_of("chat.spaces.messages.create");
    let mut at: Vec<_> = requests.iter().map(|r| r.at).collect();
    at.sort();
    let shortest = at.windows(2).map(|pair| pair[1] - pair[0]).min().unwrap();
    println!(
        "8 posts by 4 processes through two accounts in {:.1?}; never two within {shortest:.2?}",
        at[7] - at[0]
    );
    assert!(shortest >= Duration::from_secs(1), "{shortest:?}");
    assert_eq!((at.len(), posted()), (8, 8));
}
