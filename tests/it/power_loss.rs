//! The power is cut at every moment of a run: what someone was told is still known, and nothing leaves that is not.

use rusqlite::Connection;

use crate::support::World;
use crate::support::postbox::Postbox;
use crate::support::power::{Disk, Event, FATES, trace};

const BOB: &str = "bob@example.com";

/// What the store says after a cut: the item's state and those of its recipients.
type Found = Option<(String, Vec<String>)>;

/// How far the run had come when the power was cut.
#[derive(Clone, Copy, Debug, Default)]
struct Reached {
    /// `MAIL` had left.
    mail: bool,
    /// The final dot had left.
    dot: bool,
    /// It had told what it did.
    told: bool,
}

fn found(folder: &std::path::Path) -> Found {
    let path = folder.join("comms.db");
    if path.metadata().is_ok_and(|file| file.len() > 0) {
        let db = Connection::open(&path).unwrap();
        let health: String = db
            .query_row("PRAGMA integrity_check", [], |row| row.get(0))
            .unwrap();
        assert_eq!(health, "ok");
        let state = db.query_row("SELECT state FROM items WHERE id = 1", [], |row| row.get(0));
        let mut all = db
            .prepare("SELECT state FROM recipients WHERE item = 1")
            .unwrap();
        let recipients = all.query_map([], |row| row.get(0)).unwrap();
        let recipients: rusqlite::Result<Vec<String>> = recipients.collect();
        return Some((state.ok()?, recipients.unwrap()));
    }
    None
}

/// Runs this and cuts the power after each of its steps, in each way; how many cuts there were.
#[track_caller]
fn cut_everywhere(
    world: &World,
    args: &[&str],
    expected: impl Fn(Reached, &Found) -> bool,
) -> Option<usize> {
    let mut disk = Disk::of(&world.home());
    let (code, events) = trace(world, args)?;
    let mut reached = Reached::default();
    let (mut cuts, mut syncs) = (0, 0);
    for (n, event) in events.iter().enumerate() {
        disk.apply(event);
        match event {
            Event::Said(words) => {
                reached.mail |= words.starts_with("MAIL");
                reached.dot |= words.ends_with(".\r\n");
            }
            Event::Told(_) => reached.told = true,
            Event::Sync(_) => syncs += 1,
            // Between two writes of one transaction nothing new can be found.
            Event::Write(..) if matches!(events.get(n + 1), Some(Event::Write(..))) => continue,
            _ => {}
        }
        for fate in FATES {
            let after = tempfile::tempdir().unwrap();
            disk.cut(fate, after.path());
            let found = found(after.path());
            cuts += 1;
            assert!(
                expected(reached, &found),
                "{args:?}: {fate:?} after step {n}, {event:?}, {reached:?}: {found:?}"
            );
        }
    }
    println!("{args:?}: exit {code}, {syncs} syncs, {cuts} cuts");
    assert!(reached.told, "{events:?}");
    Some(cuts)
}

fn is(found: &Found, states: &[&str]) -> bool {
    found
        .as_ref()
        .is_some_and(|(state, _)| states.contains(&state.as_str()))
}

#[test]
fn a_send_that_was_told_as_kept_is_found_after_a_power_cut() {
    let world = World::new().config(&Postbox::account(9));
    let args = ["send", BOB, "-s", "x", "-m", "x", "--queue"];
    cut_everywhere(&world, &args, |reached, found| {
        !reached.told || is(found, &["ready"])
    });
}

#[test]
fn no_byte_of_a_message_leaves_before_the_store_knows_for_good() {
    let Some(postbox) = Postbox::start() else {
        return;
    };
    let fresh = World::new().config(&Postbox::account(postbox.port));
    let used = World::new().config(&Postbox::account(postbox.port));
    used.run(["send", BOB, "-s", "q", "-m", "x", "--queue"])
        .ok();
    let under_way = |reached: Reached, found: &Found| {
        let known = is(found, &["sending", "sent"])
            && found.as_ref().is_some_and(|(_, all)| all[0] != "waiting");
        !reached.mail || known
    };
    let send = ["send", BOB, "-s", "p", "-m", "x"];
    cut_everywhere(&fresh, &send, under_way);
    cut_everywhere(&used, &["outbox", "run"], under_way);
    if postbox.copies("p") == 0 {
        return;
    }
    // The cut that undoes the most: what was sent is in doubt then, and stays here.
    let db = Connection::open(fresh.home().join("comms.db")).unwrap();
    db.execute_batch("UPDATE items SET state = 'sending', lease_owner = 'gone'; UPDATE recipients SET state = 'sending';")
        .unwrap();
    fresh.run(["outbox", "run"]).fails(10);
    fresh.run(["outbox", "retry", "o1"]).fails(2);
    assert_eq!((postbox.copies("p"), postbox.copies("q")), (1, 1));
}

#[test]
fn what_a_person_decided_is_found_after_a_power_cut() {
    let world = World::new().config(&Postbox::account(9));
    let queue = ["send", BOB, "-s", "x", "-m", "x", "--queue"];
    world.run(queue).ok();
    cut_everywhere(&world, &["outbox", "cancel", "o1"], |reached, found| {
        is(found, &["ready", "cancelled"]) && (!reached.told || is(found, &["cancelled"]))
    });
    for (decision, state) in [("--sent", "sent"), ("--not-sent", "failed")] {
        let world = World::new().config(&Postbox::account(9));
        world.run(queue).ok();
        let db = Connection::open(world.home().join("comms.db")).unwrap();
        db.execute_batch(
            "UPDATE items SET state = 'unconfirmed'; UPDATE recipients SET state = 'unconfirmed';",
        )
        .unwrap();
        drop(db);
        let args = ["outbox", "resolve", "o1", decision];
        cut_everywhere(&world, &args, |reached, found| {
            is(found, &["unconfirmed", state]) && (!reached.told || is(found, &[state]))
        });
    }
}

#[test]
fn a_delay_that_was_told_is_found_after_a_power_cut() {
    let Some(postbox) = Postbox::start() else {
        return;
    };
    let world = World::new().config(&Postbox::account(postbox.port));
    let args = ["send", "x@slow.example", "-s", "x", "-m", "x"];
    cut_everywhere(&world, &args, |reached, found| {
        !reached.told || is(found, &["ready"])
    });
}
