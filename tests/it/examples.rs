//! Every example script runs, as the README promises.

use std::path::Path;
use std::process::{Command, Output};

use crate::support::{World, binary};

fn example(world: &World, name: &str, args: &[&str]) -> Output {
    let script = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("examples")
        .join(name);
    let mut command = Command::new(script);
    // The world's environment, with the binary already built.
    command.env_clear();
    for (key, value) in world.command().get_envs() {
        command.env(key, value.unwrap_or_default());
    }
    command
        .env("COMMS", binary())
        .args(args)
        .current_dir(world.dir());
    command.output().expect("the script starts")
}

#[track_caller]
fn told(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let err = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}\n--- stderr\n{err}");
    text
}

#[test]
fn the_first_session_imports_reads_searches_sends_and_replies() {
    let text = told(&example(&World::new(), "first-session.sh", &[]));
    for expected in ["Hello from comms", "Re: Hello from comms", "打ち合わせ"] {
        assert!(text.contains(expected), "no {expected} in\n{text}");
    }
}

#[test]
fn the_bulk_script_sends_each_row_once() {
    let text = told(&example(&World::new(), "bulk.sh", &[]));
    for expected in ["Dinner, Bob?", "table 7", "o2\tsent"] {
        assert!(text.contains(expected), "no {expected} in\n{text}");
    }
}

#[test]
fn the_cron_script_is_silent_when_all_is_well() {
    let world = World::new();
    world
        .run(["send", "you@localhost", "-s", "hello", "-m", "hi"])
        .ok();
    let text = told(&example(&world, "cron.sh", &[]));
    assert_eq!(text, "");
}

#[test]
fn a_backup_is_a_whole_second_home() {
    let world = World::new();
    world
        .run(["send", "you@localhost", "-s", "keep me", "-m", "hi"])
        .ok();
    let target = world.dir().join("backup");
    told(&example(&world, "backup.sh", &[target.to_str().unwrap()]));
    let second = World::new().env("COMMS_HOME", target.to_str().unwrap());
    let run = second
        .run([
            "search",
            "subject:keep",
            "--format",
            "plain",
            "--fields",
            "subject",
        ])
        .ok();
    assert!(run.stdout.contains("keep me"), "{run}");
}
