//! Secrets in the OS keyring: a private gnome-keyring on a private D-Bus, and the private Dovecot.

use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::support::mail::Mail;
use crate::support::{Run, World};

/// A desktop's session bus with an unlocked keyring; both end with the script.
const SESSION: &str = r#"
printf pw | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1
sh -e "$1"
status=$?
for entry in /proc/[0-9]*; do
    if [ "$(cat "$entry/comm" 2>/dev/null)" = gnome-keyring-d ] &&
        tr '\0' '\n' <"$entry/environ" 2>/dev/null | grep -qxF "XDG_RUNTIME_DIR=$XDG_RUNTIME_DIR"; then
        kill "${entry#/proc/}" 2>/dev/null
    fi
done
exit $status
"#;

/// Why there is no keyring to test with.
fn missing() -> Option<&'static str> {
    let there = |program: &str| {
        std::env::var_os("PATH").is_some_and(|path| {
            std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
        })
    };
    match (there("dbus-run-session"), there("gnome-keyring-daemon")) {
        (false, _) => Some("dbus-run-session is not installed"),
        (_, false) => Some("gnome-keyring is not installed"),
        _ => None,
    }
}

/// Runs a shell script in a session of its own.
fn in_session(world: &World, script: &str) -> Run {
    let folder = |name: &str| -> PathBuf {
        let path = world.dir().join(name);
        let mut builder = std::fs::DirBuilder::new();
        builder.recursive(true).mode(0o700).create(&path).unwrap();
        path
    };
    let file = world.file("script.sh", script);
    let mut command = world.command_of("dbus-run-session");
    command
        .args(["--", "sh", "-c", SESSION, "session", &file])
        .env("XDG_RUNTIME_DIR", folder("runtime"))
        .env("XDG_DATA_HOME", folder("data"))
        .env("XDG_CONFIG_HOME", folder("settings"))
        .env("COMMS", env!("CARGO_BIN_EXE_comms"))
        .stdin(Stdio::null());
    run(command)
}

fn run(mut command: Command) -> Run {
    let output = command.output().unwrap();
    Run {
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        code: output.status.code().unwrap_or(-1),
        bytes: output.stdout,
    }
}

/// An account that has its secret from nowhere but the keyring.
fn world(mail: &Mail) -> World {
    let config: String = mail
        .account("work")
        .lines()
        .filter(|line| !line.starts_with("secret_command"))
        .map(|line| format!("{line}\n"))
        .collect();
    World::new().config(&config)
}

#[test]
fn a_secret_in_the_keyring_serves_every_later_command_until_logout() {
    if let Some(reason) = missing() {
        println!("skipped: {reason} (see tests/run)");
        return;
    }
    let Some(mail) = Mail::start() else { return };
    mail.deliver_text(crate::support::mail::ANN, "hello", "body");
    let world = world(&mail);
    let run = in_session(
        &world,
        r#"
"$COMMS" auth status work --json || echo "exit $?"
echo wrong | "$COMMS" auth login work --stdin --json || echo "exit $?"
echo annpw | "$COMMS" auth login work --stdin --json
"$COMMS" auth list --json
"$COMMS" auth status work --json
"$COMMS" inbox sync --account work --json
"$COMMS" auth logout work --json
"$COMMS" auth logout work --json
"$COMMS" inbox sync --account work --json || echo "exit $?"
"#,
    );
    let run = run.ok();
    let said: Vec<&str> = run.stdout.lines().collect();
    let json = |at: usize| -> serde_json::Value {
        serde_json::from_str(said[at]).unwrap_or_else(|e| panic!("line {at}: {e}\n{run}"))
    };
    assert_eq!(json(0)["accounts"][0]["secret"], "none", "{run}");
    // What no server took is not kept.
    assert_eq!((said[1], said[2]), ("exit 4", "exit 4"), "{run}");
    assert_eq!(json(3)["keyring"], "Secret Service keyring", "{run}");
    assert_eq!(json(3)["changed"], true, "{run}");
    let listed = json(4)["accounts"].as_array().unwrap().clone();
    let work = listed.iter().find(|row| row["account"] == "work").unwrap();
    assert_eq!(work["secret"], "Secret Service keyring", "{run}");
    assert_eq!(json(5)["accounts"][0]["state"], "ok", "{run}");
    assert_eq!(
        json(5)["accounts"][0]["secret"],
        "Secret Service keyring",
        "{run}"
    );
    assert_eq!(json(6)["accounts"][0]["added"], 1, "{run}");
    assert_eq!(json(7)["changed"], true, "{run}");
    assert_eq!(json(8)["changed"], false, "{run}");
    assert_eq!(said[9], "exit 4", "{run}");
    assert!(run.stderr.contains("comms auth login work"), "{run}");
    assert!(!run.stdout.contains("annpw") && !run.stderr.contains("annpw"));
}

#[test]
fn without_a_bus_the_way_out_is_named_at_once() {
    let Some(mail) = Mail::start() else { return };
    let world = world(&mail).env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent/bus");
    let began = std::time::Instant::now();
    let run = world.run_with("annpw\n", ["auth", "login", "work", "--stdin"]);
    let run = run.fails(4);
    for words in [
        "the secret was not kept",
        "COMMS_SECRET_WORK",
        "secret_command",
    ] {
        assert!(run.stderr.contains(words), "{run}");
    }
    let run = world.run(["inbox", "sync", "--account", "work"]).fails(4);
    for words in ["can't be read", "COMMS_SECRET_WORK", "secret_command"] {
        assert!(run.stderr.contains(words), "{run}");
    }
    let run = world.run(["doctor"]).fails(4);
    assert!(run.stdout.contains("keyring"), "{run}");
    assert!(began.elapsed().as_secs() < 20, "{:?}", began.elapsed());
}
