//! Processes die at random moments while they send: nothing that was accepted is lost, nothing leaves twice.
//!
//! `COMMS_TEST_KILLS=1000` makes the run longer, `COMMS_TEST_SEED` repeats one.

use std::collections::HashMap;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rusqlite::Connection;

use crate::support::World;
use crate::support::postbox::Postbox;

/// Sends in the suite.
const SENDS: usize = 240;

/// A small generator of its own (xorshift), so that a seed means the same everywhere.
#[derive(Clone, Copy)]
pub struct Chance(pub u64);

impl Chance {
    pub fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % n
    }

    fn percent(&mut self, n: u64) -> bool {
        self.below(100) < n
    }
}

pub fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// Starts a process nobody reads from.
fn start(world: &World, args: &[&str]) -> Child {
    let mut command: Command = world.command();
    command.args(args).stdin(Stdio::null());
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().unwrap()
}

/// Kills a process after a while, unless it ended by then; its exit code if it ended by itself.
pub fn kill_after(mut child: Child, time: Duration) -> Option<i32> {
    let end = Instant::now() + time;
    while Instant::now() < end {
        if let Some(status) = child.try_wait().unwrap() {
            return status.code();
        }
        std::thread::sleep(Duration::from_micros(500));
    }
    child.kill().unwrap();
    child.wait().unwrap().code()
}

fn states(world: &World) -> Vec<(String, String)> {
    let db = Connection::open(world.home().join("comms.db")).unwrap();
    let mut all = db.prepare("SELECT subject, state FROM items").unwrap();
    let rows = all
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap();
    rows.collect::<rusqlite::Result<_>>().unwrap()
}

fn waits(world: &World) -> bool {
    let mut all = states(world).into_iter();
    all.any(|(_, state)| matches!(state.as_str(), "ready" | "sending"))
}

#[test]
fn processes_that_are_killed_lose_nothing_and_double_nothing() {
    let Some(postbox) = Postbox::start_as(&["slow"]) else {
        return;
    };
    let sends = number("COMMS_TEST_KILLS").map_or(SENDS, |n| usize::try_from(n).unwrap());
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap();
    let seed = number("COMMS_TEST_SEED").unwrap_or(now.subsec_nanos().into()) | 1;
    println!("seed {seed}: COMMS_TEST_SEED={seed} repeats it");
    let config = format!(
        "{}[accounts.theirs]\nchannel = \"maildir\"\npath = \"{}\"\n",
        Postbox::account(postbox.port),
        postbox.maildir().display()
    );
    let world = World::new().config(&config);

    let kills = AtomicUsize::new(0);
    let sending = AtomicBool::new(true);
    let next = AtomicUsize::new(0);
    let reported = std::sync::Mutex::new(HashMap::new());
    std::thread::scope(|scope| {
        let senders: Vec<_> = (0..2_u64)
            .map(|n| {
                let (world, kills, next, reported) = (&world, &kills, &next, &reported);
                let mut chance = Chance(seed ^ (n + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
                scope.spawn(move || {
                    loop {
                        let nth = next.fetch_add(1, Ordering::SeqCst);
                        if nth >= sends {
                            break;
                        }
                        let subject = format!("k{nth}");
                        let mut args = vec!["send", "bob@example.com", "-s", &subject, "-m", "x"];
                        if chance.percent(60) {
                            args.push("--queue");
                        }
                        let child = start(world, &args);
                        let patience = if chance.percent(40) {
                            chance.below(80)
                        } else {
                            60_000
                        };
                        let code = kill_after(child, Duration::from_millis(patience));
                        if code.is_none() {
                            kills.fetch_add(1, Ordering::SeqCst);
                        }
                        reported.lock().unwrap().insert(subject, code);
                    }
                })
            })
            .collect();
        for n in 0..3_u64 {
            let (world, kills, sending) = (&world, &kills, &sending);
            let mut chance = Chance(seed ^ (n + 11).wrapping_mul(0xd134_2543_de82_ef95));
            scope.spawn(move || {
                while sending.load(Ordering::SeqCst) {
                    let child = start(world, &["outbox", "run"]);
                    if kill_after(child, Duration::from_millis(chance.below(250))).is_none() {
                        kills.fetch_add(1, Ordering::SeqCst);
                    }
                    std::thread::sleep(Duration::from_millis(chance.below(30)));
                }
            });
        }
        for sender in senders {
            sender.join().unwrap();
        }
        sending.store(false, Ordering::SeqCst);
    });

    // Everyone is dead or done. What is left is taken up again until nothing waits.
    let world = world.env("COMMS_NOW", "2026-11-22T12:00:00Z");
    let mut runs = 0;
    while waits(&world) || runs == 0 {
        world.run(["outbox", "run"]);
        runs += 1;
        assert!(
            runs < 10,
            "the outbox never came to an end: {:?}",
            states(&world)
        );
    }
    let in_doubt = states(&world)
        .iter()
        .filter(|(_, s)| s == "unconfirmed")
        .count();
    world.run(["inbox", "sync", "--account", "theirs"]).ok();

    let mut copies: HashMap<String, usize> = HashMap::new();
    for letter in postbox.letters() {
        *copies.entry(letter.subject).or_default() += 1;
    }
    let items: HashMap<String, String> = states(&world).into_iter().collect();
    let reported = reported.into_inner().unwrap();
    let mut wrong = Vec::new();
    let (mut sent, mut unconfirmed, mut never_staged) = (0, 0, 0);
    for (subject, code) in &reported {
        let came = copies.get(subject).copied().unwrap_or(0);
        match (items.get(subject).map(String::as_str), came, code) {
            (Some("sent"), 1, Some(0) | None) => sent += 1,
            // A drain had it in hand and was killed: whoever sent it was told that it waits, not that it left.
            (Some("sent"), 1, Some(8)) => sent += 1,
            // The copies that arrived were found by the sync: what is still in doubt did not arrive.
            (Some("unconfirmed"), 0, None | Some(0)) => unconfirmed += 1,
            // Killed before it was staged: nobody was told that it was.
            (None, 0, None) => never_staged += 1,
            other => wrong.push(format!("{subject}: {other:?}")),
        }
    }
    let kills = kills.into_inner();
    let db = Connection::open(world.home().join("comms.db")).unwrap();
    let health: String = db
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .unwrap();
    println!(
        "{sends} sends, {kills} processes killed: sent {sent}, in doubt {in_doubt} of which {} were settled by a copy \
         and {unconfirmed} stay unconfirmed, killed before they were staged {never_staged}, lost or doubled {}",
        in_doubt - unconfirmed,
        wrong.len()
    );
    assert!(wrong.is_empty(), "seed {seed}: {wrong:?}");
    assert_eq!(reported.len(), sends);
    assert_eq!(items.len(), sent + unconfirmed);
    assert!(in_doubt <= kills, "{in_doubt} in doubt, {kills} killed");
    assert!(kills * 5 > sends, "only {kills} were killed");
    assert_eq!(health, "ok");
}
