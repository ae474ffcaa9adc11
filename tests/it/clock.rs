//! A clock that jumps: nothing is sent twice or forgotten because of the time.

use crate::support::World;
use crate::support::postbox::Postbox;

const BOB: &str = "bob@example.com";

fn at(world: &World, now: &str, args: &[&str]) -> std::process::Output {
    let mut command = world.command();
    command.args(args).env("COMMS_NOW", now);
    command.output().unwrap()
}

fn item(world: &World) -> serde_json::Value {
    world.run(["outbox", "show", "o1", "--json"]).ok().json()
}

#[test]
fn what_was_kept_leaves_once_although_the_clock_jumps_back_and_forth() {
    let Some(postbox) = Postbox::start() else {
        return;
    };
    let world = World::new().config(&Postbox::account(postbox.port));
    at(
        &world,
        "2026-11-21T12:00:00Z",
        &["send", BOB, "-s", "x", "-m", "x", "--queue"],
    );
    for now in [
        "2026-11-21T11:00:00Z",
        "1975-01-01T00:00:00Z",
        "2026-11-21T12:00:00Z",
        "2199-01-01T00:00:00Z",
        "2026-11-21T12:00:01Z",
    ] {
        at(&world, now, &["outbox", "run"]);
    }
    assert_eq!(postbox.copies("x"), 1);
    assert_eq!(item(&world)["state"], "sent");
}

#[test]
fn a_wait_from_a_far_future_is_not_for_ever() {
    let Some(postbox) = Postbox::start() else {
        return;
    };
    // The machine believed it was 2099 when the server asked to come back later.
    let world = World::new().config(&Postbox::account(postbox.port));
    let send = ["send", "x@slow.example", "-s", "x", "-m", "x"];
    let told = at(&world, "2099-01-01T00:00:00Z", &send);
    assert_eq!(told.status.code(), Some(8));
    // Its wait is shown, and a person can send it at once; no attempt is lost in between.
    assert_eq!(item(&world)["state"], "ready");
    at(&world, "2026-11-21T12:00:00Z", &["outbox", "run"]);
    let retried = at(&world, "2026-11-21T12:00:00Z", &["outbox", "retry", "o1"]);
    assert_eq!(retried.status.code(), Some(8), "{retried:?}");
    let shown = item(&world);
    assert_eq!(shown["state"], "ready");
    let next: jiff::Timestamp = shown["next_at"].as_str().unwrap().parse().unwrap();
    assert!(next < "2026-11-23T00:00:00Z".parse().unwrap(), "{next}");
    assert_eq!(postbox.copies("x"), 0);
}

#[test]
fn a_claim_of_a_dead_process_from_the_future_is_taken_back() {
    let Some(postbox) = Postbox::start() else {
        return;
    };
    let world = World::new().config(&Postbox::account(postbox.port));
    world
        .run(["send", BOB, "-s", "x", "-m", "x", "--queue"])
        .ok();
    let db = rusqlite::Connection::open(world.home().join("comms.db")).unwrap();
    // 2099, as a process left it that died before its first byte.
    db.execute_batch("UPDATE items SET lease_owner = '1-dead', lease_until = 4070908800000")
        .unwrap();
    drop(db);
    world.run(["outbox", "run"]).ok();
    assert_eq!(postbox.copies("x"), 1);
}
