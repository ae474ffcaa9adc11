//! `inbox watch` against a real Dovecot and a Maildir.

use std::io::{BufRead, BufReader};
use std::process::Child;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::Value;

use crate::support::World;
use crate::support::mail::{ANN, Mail};

/// A watch in the background and the lines it prints.
struct Watch {
    child: Child,
    lines: Receiver<String>,
}

impl Watch {
    fn start(world: &World, more: &[&str]) -> Watch {
        let mut args = vec!["inbox", "watch", "--format", "jsonl", "--timeout", "40s"];
        args.extend(more);
        let mut child = world.spawn(args);
        let stdout = child.stdout.take().unwrap();
        let (say, lines) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines() {
                let Ok(line) = line else { return };
                if say.send(line).is_err() {
                    return;
                }
            }
        });
        Watch { child, lines }
    }

    #[track_caller]
    fn next(&self) -> Value {
        let line = self.lines.recv_timeout(Duration::from_secs(20));
        serde_json::from_str(&line.expect("a message in time")).unwrap()
    }

    fn interrupt(mut self) -> i32 {
        let pid = self.child.id().to_string();
        let kill = std::process::Command::new("kill")
            .args(["-INT", &pid])
            .status();
        assert!(kill.unwrap().success());
        self.child.wait().unwrap().code().unwrap_or(-1)
    }
}

/// Waits until the watcher has its cursor: before, nothing counts as new.
fn until_ready(world: &World, account: &str) {
    let store = comms::store::Store::at(&world.home());
    for _ in 0..400 {
        if store.watch_cursor(account).unwrap().is_some() {
            return;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("the watch never began");
}

#[test]
fn a_delivered_message_wakes_the_watch_at_once() {
    let Some(mail) = Mail::start() else { return };
    mail.deliver_text(ANN, "old news", "there before");
    let world = World::new().config(&mail.account("work"));
    let watch = Watch::start(&world, &["--account", "work"]);
    until_ready(&world, "work");
    let mut other = mail.client(ANN);
    other.append(
        "Trash",
        "",
        "From: x@example.org\r\nSubject: rubbish\r\n\r\nx\r\n",
    );
    mail.deliver_text(ANN, "fresh one", "body");
    let row = watch.next();
    assert_eq!(row["subject"], "fresh one");
    assert_eq!(row["untrusted"], true);
    mail.deliver_text(ANN, "fresh two", "body");
    assert_eq!(watch.next()["subject"], "fresh two");
    assert_eq!(watch.interrupt(), 130);
}

#[test]
fn what_came_between_two_watches_is_handed_on_by_the_second() {
    let Some(mail) = Mail::start() else { return };
    let world = World::new().config(&mail.account("work"));
    let watch = Watch::start(&world, &["--account", "work"]);
    until_ready(&world, "work");
    watch.interrupt();
    mail.deliver_text(ANN, "in between", "body");
    let run = world
        .run([
            "inbox",
            "watch",
            "--account",
            "work",
            "--once",
            "--timeout",
            "30s",
            "--format",
            "jsonl",
        ])
        .ok();
    assert_eq!(run.jsonl()[0]["subject"], "in between");
    let run = world
        .run([
            "inbox",
            "watch",
            "--account",
            "work",
            "--once",
            "--timeout",
            "1s",
        ])
        .fails(5);
    assert_eq!(run.stdout, "");
}

#[test]
fn a_message_its_command_refused_is_handed_to_it_again() {
    let Some(mail) = Mail::start() else { return };
    let world = World::new().config(&mail.account("work"));
    let seen = world.dir().join("seen");
    let fuse = world.dir().join("fuse");
    std::fs::write(&fuse, "").unwrap();
    // Fails as long as the fuse is there; the message comes on stdin, never in the command line.
    let command = format!("cat >>{} ; test ! -e {}", seen.display(), fuse.display());
    let args = [
        "inbox",
        "watch",
        "--account",
        "work",
        "--once",
        "--timeout",
        "30s",
        "--exec",
        &command,
    ];
    let first = [
        "inbox",
        "watch",
        "--account",
        "work",
        "--timeout",
        "2s",
        "--exec",
        &command,
    ];
    world.run(first).ok();
    mail.deliver(
        ANN,
        "From: x@example.org\r\nSubject: $(touch pwned) `id`\r\n\r\nx\r\n",
    );
    mail.deliver_text(ANN, "second", "body");
    let run = world.run(args).fails(9);
    assert!(run.stderr.contains("ended with"), "{run}");
    assert_eq!(run.stdout, "", "what was refused is not handed on");
    std::fs::remove_file(&fuse).unwrap();
    let run = world.run(args).ok();
    assert_eq!(run.stdout.lines().count(), 2, "{run}");
    let handed = std::fs::read_to_string(&seen).unwrap();
    assert_eq!(handed.lines().count(), 4, "{handed}");
    assert!(handed.contains("$(touch pwned)"));
    assert!(!world.dir().join("pwned").exists());
}

#[test]
fn a_maildir_is_watched_without_a_server() {
    let world = World::new();
    let root = world.dir().join("Maildir");
    for folder in ["cur", "new", "tmp"] {
        std::fs::create_dir_all(root.join(folder)).unwrap();
    }
    let config = format!(
        "[accounts.old]\nchannel = \"maildir\"\npath = \"{}\"\n",
        root.display()
    );
    let world = world.config(&config);
    let watch = Watch::start(&world, &["--account", "old"]);
    until_ready(&world, "old");
    world.file(
        "Maildir/new/1.host",
        "From: a@example.org\r\nSubject: on disk\r\n\r\nx\r\n",
    );
    assert_eq!(watch.next()["subject"], "on disk");
    assert_eq!(watch.interrupt(), 130);
}

/// A world with a Maildir, and a watch of it that knows where news begin.
fn maildir(command: &str) -> World {
    let world = World::new();
    let root = world.dir().join("Maildir");
    for folder in ["cur", "new", "tmp"] {
        std::fs::create_dir_all(root.join(folder)).unwrap();
    }
    let world = world.config(&format!(
        "[accounts.old]\nchannel = \"maildir\"\npath = \"{}\"\n",
        root.display()
    ));
    let args = ["inbox", "watch", "--exec", command, "--timeout", "1s"];
    world.run(args).ok();
    world
}

fn arrive(world: &World, subjects: &[&str]) {
    for subject in subjects {
        world.file(
            &format!("Maildir/new/{subject}.host"),
            format!("From: a@example.org\r\nSubject: {subject}\r\nMessage-ID: <{subject}@x>\r\n\r\nx\r\n"),
        );
    }
}

fn lines(world: &World, file: &str) -> Vec<String> {
    let text = std::fs::read_to_string(world.dir().join(file)).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

#[test]
fn commands_run_side_by_side_up_to_the_bound() {
    let command = "cat >/dev/null; echo begin >>log; sleep 2; echo end >>log";
    let world = maildir(command);
    arrive(&world, &["apples", "pears", "plums", "figs", "nuts"]);
    let run = world
        .run([
            "inbox",
            "watch",
            "--exec",
            command,
            "--parallel",
            "3",
            "--once",
            "--timeout",
            "40s",
        ])
        .ok();
    assert_eq!(run.stdout.lines().count(), 5, "{run}");
    let (mut now, mut most) = (0, 0);
    for line in lines(&world, "log") {
        now += if line == "begin" { 1 } else { -1 };
        most = most.max(now);
    }
    assert_eq!((now, most), (0, 3));
}

#[test]
fn a_message_is_handed_again_after_a_kill_unless_its_command_succeeded() {
    let command = "read -r line; echo \"$line\" >>log; test ! -e slow || sleep 60";
    let world = maildir(command);
    arrive(&world, &["apples"]);
    let once = [
        "inbox",
        "watch",
        "--exec",
        command,
        "--once",
        "--timeout",
        "40s",
    ];
    world.run(once).ok();
    std::fs::write(world.dir().join("slow"), "").unwrap();
    arrive(&world, &["pears"]);
    let mut watch = world.spawn(["inbox", "watch", "--exec", command]);
    let end = std::time::Instant::now() + Duration::from_secs(20);
    while lines(&world, "log").len() < 2 {
        assert!(std::time::Instant::now() < end, "it is not handed on");
        std::thread::sleep(Duration::from_millis(50));
    }
    // The command runs, and nobody will hear how it ends.
    watch.kill().unwrap();
    watch.wait().unwrap();
    std::fs::remove_file(world.dir().join("slow")).unwrap();
    world.run(once).ok();
    let subjects: Vec<_> = lines(&world, "log")
        .iter()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["subject"].clone())
        .collect();
    assert_eq!(subjects, ["apples", "pears", "pears"]);
    let args = [
        "inbox",
        "watch",
        "--exec",
        command,
        "--once",
        "--timeout",
        "2s",
    ];
    world.run(args).fails(5);
}

#[test]
fn what_a_command_never_takes_is_given_up_and_listed_until_someone_retries_it() {
    let command = "cat >>log; test -e mended";
    let world = maildir(command);
    arrive(&world, &["apples"]);
    let once = [
        "inbox",
        "watch",
        "--exec",
        command,
        "--once",
        "--timeout",
        "20s",
    ];
    // Each watch that begins tries once, whatever the wait.
    for tries in 1..=6 {
        world.run(once).fails(9);
        let listed = world
            .run(["inbox", "watch", "--failed", "--json"])
            .ok()
            .json();
        let failure = &listed["failures"][0];
        assert_eq!(failure["tries"], tries);
        assert_eq!(failure["again_at"].is_null(), tries == 6, "{listed}");
        assert!(failure["error"].as_str().unwrap().contains("ended with"));
        assert_eq!(failure["command"], command);
    }
    let short = [
        "inbox",
        "watch",
        "--exec",
        command,
        "--once",
        "--timeout",
        "2s",
    ];
    world.run(short).fails(5);
    assert_eq!(lines(&world, "log").len(), 6, "given up is given up");
    world.file("mended", "");
    world.run(["inbox", "watch", "--retry", "m99"]).fails(5);
    world.run(["inbox", "watch", "--retry", "m1"]).ok();
    world.run(once).ok();
    assert_eq!(lines(&world, "log").len(), 7);
    let listed = world
        .run(["inbox", "watch", "--failed", "--json"])
        .ok()
        .json();
    assert_eq!(listed["failures"].as_array().unwrap().len(), 0);
}

#[test]
fn a_command_that_hangs_is_ended_in_its_time_and_has_failed() {
    let command = "sleep 100";
    let world = maildir(command);
    arrive(&world, &["apples"]);
    let began = std::time::Instant::now();
    let run = world
        .run([
            "inbox",
            "watch",
            "--exec",
            command,
            "--exec-timeout",
            "1s",
            "--once",
            "--timeout",
            "60s",
        ])
        .fails(9);
    assert!(run.stderr.contains("was ended after 1 s"), "{run}");
    assert!(began.elapsed() < Duration::from_secs(40));
}
