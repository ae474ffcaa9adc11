//! The disk is full at each write in turn: a clear error, nothing lost, nothing sent that is not known.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::support::postbox::Postbox;
use crate::support::{Run, World, binary, skip};

const BOB: &str = "bob@example.com";

/// Runs the binary where no file may grow beyond this many bytes.
fn limited(world: &World, bytes: u64, args: &[&str]) -> Run {
    let output = world
        .command_of("/bin/sh")
        // The signal would kill it; a full disk sends none.
        .args(["-c", "trap '' XFSZ; exec prlimit --fsize=\"$0\" \"$@\""])
        .arg(bytes.to_string())
        .arg(binary())
        .args(args)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    Run {
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        code: output.status.code().unwrap_or(-1),
        bytes: Vec::new(),
    }
}

fn log_size(world: &World) -> u64 {
    let log = world.home().join("comms.db-wal");
    log.metadata().map_or(0, |found| found.len())
}

/// State of the first item; `None` if there is none.
fn state(world: &World) -> Option<String> {
    let all = world.run(["outbox", "list", "--all", "--json"]).ok().json();
    Some(all["items"][0]["state"].as_str()?.to_owned())
}

/// Once there is room again everything is taken up: what left once does not leave again, what was kept leaves.
fn check(world: World, postbox: &Postbox, subject: &str, run: &Run) -> String {
    let before = postbox.copies(subject);
    let found = state(&world).unwrap_or_default();
    let world = world.env("COMMS_NOW", "2026-11-22T12:00:00Z");
    world.run(["outbox", "run"]);
    let (after, copies) = (state(&world).unwrap_or_default(), postbox.copies(subject));
    let honest = match after.as_str() {
        "sent" => copies == 1,
        "unconfirmed" => copies == before,
        // Never written down, or failed for good before it left.
        "" | "failed" => copies == 0,
        _ => false,
    };
    assert!(
        honest,
        "{subject}: {found}, then {after} with {copies} copies: {run}"
    );
    assert!(run.code != 0 || !after.is_empty(), "{subject}: {run}");
    assert!(!run.stderr.contains("panicked"), "{subject}: {run}");
    if run.code == 1 {
        assert!(run.stderr.contains("error: "), "{subject}: {run}");
    }
    after
}

/// What each row came to, counted.
fn tell(what: &str, ends: &[String]) {
    let mut kinds: Vec<_> = ends.to_vec();
    kinds.sort();
    kinds.dedup();
    let count = |kind: &String| ends.iter().filter(|end| *end == kind).count();
    let counts: Vec<_> = kinds
        .iter()
        .map(|k| format!("{} {k:?}", count(k)))
        .collect();
    println!(
        "{what}: {} limits, at last {}",
        ends.len(),
        counts.join(", ")
    );
}

#[test]
fn a_disk_that_fills_up_at_any_write_loses_nothing_and_repeats_nothing() {
    if !Path::new("/usr/bin/prlimit").exists() {
        skip::<()>("prlimit is not installed");
        return;
    }
    let Some(postbox) = Postbox::start() else {
        return;
    };
    let world = |queued: Option<&str>| {
        let world = World::new().config(&Postbox::account(postbox.port));
        if let Some(subject) = queued {
            world
                .run(["send", BOB, "-s", subject, "-m", "x", "--queue"])
                .ok();
        } else {
            world.run(["outbox", "list"]).ok();
        }
        world
    };
    for (what, queued) in [("outbox run", true), ("send", false)] {
        let args = |subject: &str| -> Vec<String> {
            let args: &[&str] = if queued {
                &["outbox", "run"]
            } else {
                &["send", BOB, "-s", subject, "-m", "x"]
            };
            args.iter().map(|arg| (*arg).to_owned()).collect()
        };
        // How far the log grows where there is room.
        let model = world(queued.then_some("model"));
        let from = log_size(&model);
        model.run(args("model")).ok();
        let to = log_size(&model);
        assert!(to > from, "{what}: {from} to {to}");
        let mut ends = Vec::new();
        let mut limit = from;
        while limit < to + 9_000 {
            let subject = format!("{what} {limit}");
            let world = world(queued.then_some(&subject));
            let args = args(&subject);
            let args: Vec<&str> = args.iter().map(String::as_str).collect();
            let run = limited(&world, limit, &args);
            ends.push(check(world, &postbox, &subject, &run));
            // A frame of the log is a page and its head.
            limit += 4096 + 24;
        }
        tell(what, &ends);
        assert!(ends.iter().any(|end| end == "sent"), "{ends:?}");
    }
}

/// A small file system of its own, where that can be had.
struct Small(std::path::PathBuf);

impl Small {
    fn at(path: &Path) -> Option<Small> {
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=2m", "tmpfs"])
            .arg(path)
            .stderr(Stdio::null())
            .status();
        if mounted.is_ok_and(|status| status.success()) {
            return Some(Small(path.to_owned()));
        }
        println!("skipped: only root can mount a small disk");
        None
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).status();
    }
}

#[test]
fn a_full_disk_is_told_as_one_and_what_waits_leaves_when_there_is_room() {
    let Some(postbox) = Postbox::start() else {
        return;
    };
    let mut ends = Vec::new();
    for free in [0_u64, 4, 8, 12, 16, 24, 32, 48, 64, 96] {
        let world = World::new();
        let Some(small) = Small::at(&world.home()) else {
            return;
        };
        let world = world.config(&Postbox::account(postbox.port));
        let subject = format!("full {free}");
        world
            .run(["send", BOB, "-s", &subject, "-m", "x", "--queue"])
            .ok();
        // Everything but so many kilobytes is taken.
        let filler = world.home().join("filler");
        let _ = std::fs::write(&filler, vec![7_u8; 2 << 20]);
        let all = std::fs::metadata(&filler).unwrap().len();
        let file = std::fs::OpenOptions::new()
            .write(true)
            .open(&filler)
            .unwrap();
        file.set_len(all.saturating_sub(free * 1024)).unwrap();
        drop(file);
        let run = world.run(["outbox", "run"]);
        if run.code == 1 {
            assert!(
                run.stderr.contains("the disk is full") || run.stderr.contains("No space left"),
                "{run}"
            );
        }
        std::fs::remove_file(&filler).unwrap();
        ends.push(check(world, &postbox, &subject, &run));
        drop(small);
    }
    tell("a small disk", &ends);
    assert!(ends.iter().all(|end| !end.is_empty()), "{ends:?}");
}

#[test]
fn a_store_that_was_begun_on_a_full_disk_is_sound_when_there_is_room() {
    let mut ends = Vec::new();
    for free in (0..1_200_u64).step_by(60) {
        let world = World::new();
        let Some(small) = Small::at(&world.home()) else {
            return;
        };
        let filler = world.home().join("filler");
        let _ = std::fs::write(&filler, vec![7_u8; 2 << 20]);
        let all = std::fs::metadata(&filler).unwrap().len();
        let file = std::fs::OpenOptions::new()
            .write(true)
            .open(&filler)
            .unwrap();
        file.set_len(all.saturating_sub(free * 1024)).unwrap();
        drop(file);
        let add = ["contacts", "add", "Ada Lovelace", "ada@example.com"];
        let run = world.run(add);
        assert!([0, 1].contains(&run.code), "{free} KiB: {run}");
        assert!(!run.stderr.contains("panicked"), "{free} KiB: {run}");
        std::fs::remove_file(&filler).unwrap();
        if run.code == 1 {
            // It may be there, although whoever added it was told of a fault.
            world.run(add);
        }
        let list = world.run(["contacts", "list", "--json"]).ok().json();
        assert_eq!(list["contacts"].as_array().unwrap().len(), 1, "{free} KiB");
        ends.push(run.code.to_string());
        drop(small);
    }
    tell("a new store", &ends);
    assert!(ends.iter().any(|end| end == "0"), "{ends:?}");
}

#[test]
fn who_was_added_last_is_found_although_nothing_can_be_written() {
    if !Path::new("/usr/bin/prlimit").exists() {
        skip::<()>("prlimit is not installed");
        return;
    }
    let world = World::new();
    let mail = world.file("one.eml", "From: x@example.com\nSubject: x\n\nhello\n");
    world.run(["import", &mail]).ok();
    for (name, address) in [("Ada Lovelace", "ada@example.com"), ("Bob Jones", BOB)] {
        world.run(["contacts", "add", name, address]).ok();
        if name == "Ada Lovelace" {
            world.run(["contacts", "find", "ada"]).ok();
        }
    }
    // Room for what SQLite shares between processes (32 KiB), not for what is to be noted.
    let run = limited(&world, 33_000, &["contacts", "show", "Bob Jones", "--json"]);
    assert_eq!(run.code, 0, "{run}");
    assert!(run.stdout.contains(BOB), "{run}");
}
