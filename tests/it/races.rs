//! Two who want the same item at once: exactly one of them sends it, and neither undoes what the other did.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::support::World;
use crate::support::postbox::Postbox;
use crate::support::proxy::{Act, Fault, Moment, Proxy, Step};

const BOB: &str = "bob@example.com";
const TOMORROW: &str = "2026-11-22T12:00:00Z";

fn queue(world: &World, subject: &str) {
    world
        .run(["send", BOB, "-s", subject, "-m", "x", "--queue"])
        .ok();
}

fn state(world: &World, id: &str) -> String {
    let shown = world.run(["outbox", "show", id, "--json"]).ok().json();
    shown["state"].as_str().unwrap().to_owned()
}

/// Starts a run with nothing on stdin.
fn start(world: &World, args: &[&str]) -> Child {
    let mut command = world.command();
    command.args(args).stdin(Stdio::null());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().unwrap()
}

fn end(child: Child) -> (i32, String) {
    let output = child.wait_with_output().unwrap();
    let told = [output.stdout, output.stderr].concat();
    (
        output.status.code().unwrap_or(-1),
        String::from_utf8_lossy(&told).into_owned(),
    )
}

fn configure(world: &World, port: u16) {
    std::fs::write(world.home().join("config.toml"), Postbox::account(port)).unwrap();
}

/// A server that takes connections and says nothing until it is dropped.
struct Silence(TcpListener);

impl Silence {
    fn new() -> Silence {
        Silence(TcpListener::bind("127.0.0.1:0").unwrap())
    }

    fn port(&self) -> u16 {
        self.0.local_addr().unwrap().port()
    }
}

fn signal(child: &Child, name: &str) {
    let status = Command::new("kill")
        .args([name, &child.id().to_string()])
        .status();
    assert!(status.unwrap().success());
}

#[test]
fn a_run_that_fails_late_takes_nothing_back_from_the_one_that_sends() {
    let Some(postbox) = Postbox::start() else {
        return;
    };
    let silence = Silence::new();
    let world = World::new().config(&Postbox::account(silence.port()));
    queue(&world, "x");
    let first = start(&world, &["outbox", "run"]);
    let (held, _) = silence.0.accept().unwrap();
    // Someone loses patience and sends it another way; that hangs where the server has it all.
    let slow = Proxy::start(
        postbox.port,
        Fault::new(Step::Dot, Moment::Unanswered, Act::Hang),
    );
    configure(&world, slow.port);
    let second = start(&world, &["outbox", "retry", "o1"]);
    slow.wait_for_fault();
    drop((held, silence));
    let (_, told) = end(first);
    assert_eq!(state(&world, "o1"), "sending", "{told}");
    // Whoever comes now finds nothing to do.
    configure(&world, postbox.port);
    let mut run = world.command();
    run.args(["outbox", "run"]).env("COMMS_NOW", TOMORROW);
    assert!(run.status().unwrap().success());
    slow.release();
    let (code, second) = end(second);
    assert_eq!(postbox.copies("x"), 1, "{told}\n{second}");
    assert_eq!(
        (code, state(&world, "o1").as_str()),
        (0, "sent"),
        "{second}"
    );
}

#[test]
fn an_item_put_away_while_its_connection_fails_holds_up_nobody() {
    let Some(postbox) = Postbox::start() else {
        return;
    };
    let silence = Silence::new();
    let world = World::new().config(&Postbox::account(silence.port()));
    queue(&world, "x");
    let run = start(&world, &["outbox", "run"]);
    let (held, _) = silence.0.accept().unwrap();
    world.run(["outbox", "cancel", "o1"]).ok();
    drop((held, silence));
    let (code, told) = end(run);
    assert_eq!(code, 0, "{told}");
    assert_eq!(state(&world, "o1"), "cancelled");
    configure(&world, postbox.port);
    world.run(["outbox", "run"]).ok();
    assert_eq!(postbox.copies("x"), 0);
}

#[test]
fn a_ctrl_c_that_meets_the_final_dot_is_doubt() {
    let Some(postbox) = Postbox::start() else {
        return;
    };
    let go_ahead = Fault::new(Step::Data, Moment::Unanswered, Act::Hang);
    let proxy = Proxy::start(postbox.port, go_ahead);
    let world = World::new().config(&Postbox::account(proxy.port));
    queue(&world, "x");
    let run = start(&world, &["outbox", "run"]);
    proxy.wait_for_fault();
    // While it stands still, the server's go-ahead and the signal both come: it meets them in one step.
    signal(&run, "-STOP");
    proxy.release();
    std::thread::sleep(Duration::from_millis(100));
    signal(&run, "-INT");
    signal(&run, "-CONT");
    let (code, told) = end(run);
    let after = state(&world, "o1");
    std::thread::sleep(Duration::from_millis(300));
    let copies = postbox.copies("x");
    let honest = match after.as_str() {
        "ready" => copies == 0,
        "unconfirmed" => code == 10,
        "sent" => copies == 1,
        _ => false,
    };
    assert!(honest, "{after} with {copies} copies, exit {code}: {told}");
    let world = world.env("COMMS_NOW", TOMORROW);
    world.run(["outbox", "run"]);
    assert!(postbox.copies("x") < 2, "{after}: {told}");
}

#[test]
fn a_ctrl_c_during_the_goodbye_takes_nothing_back() {
    let Some(postbox) = Postbox::start() else {
        return;
    };
    for args in [&["outbox", "run"][..], &["outbox", "retry", "o1"]] {
        let goodbye = Fault::new(Step::Quit, Moment::Unanswered, Act::Hang);
        let proxy = Proxy::start(postbox.port, goodbye);
        let world = World::new().config(&Postbox::account(proxy.port));
        let subject = args[1];
        queue(&world, subject);
        let run = start(&world, args);
        proxy.wait_for_fault();
        signal(&run, "-INT");
        let (_, told) = end(run);
        proxy.release();
        assert_eq!(state(&world, "o1"), "sent", "{told}");
        let world = world.env("COMMS_NOW", TOMORROW);
        world.run(["outbox", "run"]);
        world.run(["outbox", "retry", "o1"]).fails(2);
        assert_eq!(postbox.copies(subject), 1, "{told}");
    }
}

#[test]
fn two_sends_with_one_key_at_once_make_one_message() {
    let Some(postbox) = Postbox::start_as(&["slow"]) else {
        return;
    };
    let world = World::new().config(&Postbox::account(postbox.port));
    for n in 0..3 {
        let key = format!("key{n}");
        let args = ["send", BOB, "-s", &key, "-m", "x", "--key", &key, "--json"];
        let sends: Vec<_> = (0..4).map(|_| start(&world, &args)).collect();
        let ends: Vec<_> = sends.into_iter().map(end).collect();
        // Those that come second tell what became of the first, or that it is under way.
        assert!(ends.iter().any(|(code, _)| *code == 0), "{ends:?}");
        assert!(
            ends.iter().all(|(code, _)| [0, 8].contains(code)),
            "{ends:?}"
        );
        world.run(["outbox", "run"]).ok();
        assert_eq!(postbox.copies(&key), 1, "{ends:?}");
    }
}

#[test]
fn a_process_that_stood_still_while_others_swept_sends_once() {
    let Some(postbox) = Postbox::start() else {
        return;
    };
    // Before its first byte, in mid-transaction, and when the server has it all.
    for (n, (step, moment)) in [
        (Step::Greeting, Moment::Unsent),
        (Step::Mail, Moment::Unsent),
        (Step::Dot, Moment::Unanswered),
    ]
    .into_iter()
    .enumerate()
    {
        let proxy = Proxy::start(postbox.port, Fault::new(step, moment, Act::Hang));
        let world = World::new().config(&Postbox::account(proxy.port));
        let subject = format!("still {n}");
        queue(&world, &subject);
        let run = start(&world, &["outbox", "run"]);
        proxy.wait_for_fault();
        signal(&run, "-STOP");
        // An hour later: the lease has run out long ago.
        let mut other = world.command();
        other
            .args(["outbox", "run"])
            .env("COMMS_NOW", "2026-11-21T13:00:00Z");
        other.status().unwrap();
        proxy.release();
        signal(&run, "-CONT");
        let (_, told) = end(run);
        assert_eq!(postbox.copies(&subject), 1, "{step:?}: {told}");
        assert_eq!(state(&world, "o1"), "sent", "{step:?}: {told}");
        world.run(["outbox", "run"]);
        assert_eq!(postbox.copies(&subject), 1, "{step:?}");
    }
}

#[test]
fn a_deleted_owner_file_makes_doubt_and_no_second_copy() {
    let Some(postbox) = Postbox::start() else {
        return;
    };
    let answer = Fault::new(Step::Dot, Moment::Unanswered, Act::Hang);
    let proxy = Proxy::start(postbox.port, answer);
    let world = World::new().config(&Postbox::account(proxy.port));
    queue(&world, "x");
    let run = start(&world, &["outbox", "run"]);
    proxy.wait_for_fault();
    for owner in std::fs::read_dir(world.home().join("owners")).unwrap() {
        std::fs::remove_file(owner.unwrap().path()).unwrap();
    }
    let mut other = world.command();
    other.args(["outbox", "run"]).env("COMMS_NOW", TOMORROW);
    other.status().unwrap();
    assert_eq!(state(&world, "o1"), "unconfirmed");
    proxy.release();
    let (_, told) = end(run);
    world.run(["outbox", "retry", "o1"]).fails(2);
    world.run(["outbox", "resolve", "o1", "--sent"]).ok();
    assert_eq!(postbox.copies("x"), 1, "{told}");
}

#[test]
fn a_store_copied_in_mid_send_sends_nothing_again() {
    let Some(postbox) = Postbox::start() else {
        return;
    };
    let answer = Fault::new(Step::Dot, Moment::Unanswered, Act::Hang);
    let proxy = Proxy::start(postbox.port, answer);
    let world = World::new().config(&Postbox::account(proxy.port));
    queue(&world, "x");
    let run = start(&world, &["outbox", "run"]);
    proxy.wait_for_fault();
    let copy = World::new();
    let status = Command::new("cp")
        .arg("-a")
        .arg(world.home().join("."))
        .arg(copy.home())
        .status();
    assert!(status.unwrap().success());
    // On the other machine nobody holds the lock: what was under way is in doubt there.
    let copy = copy.env("COMMS_NOW", TOMORROW);
    copy.run(["outbox", "run"]).fails(10);
    assert_eq!(state(&copy, "o1"), "unconfirmed");
    proxy.release();
    end(run);
    assert_eq!(state(&world, "o1"), "sent");
    assert_eq!(postbox.copies("x"), 1);
}
