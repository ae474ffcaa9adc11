//! Secrets in the OS keyring: a private gnome-keyring on a private D-Bus, and the private Dovecot.

use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::support::login::LoginServer;
use crate::support::mail::Mail;
use crate::support::{Run, World};

/// A desktop's session bus with a keyring that is unlocked with this password; both end with the script.
const SESSION: &str = r#"
printf %s "$2" | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1
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
pub fn missing() -> Option<&'static str> {
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

/// Runs a shell script in a session of its own, with the keyring unlocked.
pub fn in_session(world: &World, script: &str) -> Run {
    in_session_of(world, "pw", script)
}

/// The same with this password; a wrong one leaves the keyring locked.
pub fn in_session_of(world: &World, password: &str, script: &str) -> Run {
    let file = world.file("script.sh", script);
    let mut command = bus(world);
    command.args(["--", "sh", "-c", SESSION, "session", &file, password]);
    run(command)
}

/// A private session bus, with nothing to run yet.
fn bus(world: &World) -> Command {
    let folder = |name: &str| -> PathBuf {
        let path = world.dir().join(name);
        let mut builder = std::fs::DirBuilder::new();
        builder.recursive(true).mode(0o700).create(&path).unwrap();
        path
    };
    let mut command = world.command_of("dbus-run-session");
    command
        .env("XDG_RUNTIME_DIR", folder("runtime"))
        .env("XDG_DATA_HOME", folder("data"))
        .env("XDG_CONFIG_HOME", folder("settings"))
        .env("COMMS", env!("CARGO_BIN_EXE_comms"));
    command
}

fn run(mut command: Command) -> Run {
    let output = command.stdin(Stdio::null()).output().unwrap();
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
    assert_eq!(json(3)["stored_in"], "Secret Service keyring", "{run}");
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

const PASSWORD: &str = "first-Pa55";
const NEWER: &str = "second-Pa55";

/// An account of a server that takes both passwords, and a passphrase for the file.
fn light(accounts: &[&str]) -> World {
    let server = LoginServer::start(&[PASSWORD, NEWER]);
    let config: String = accounts.iter().map(|name| server.account(name)).collect();
    World::new().config(&config)
}

pub fn skipped() -> bool {
    if let Some(reason) = missing() {
        println!("skipped: {reason} (see tests/run)");
    }
    missing().is_some()
}

#[test]
fn a_locked_keyring_is_never_taken_for_an_empty_one() {
    if skipped() {
        return;
    }
    let world = light(&["work", "play"]);
    let store = format!("echo {PASSWORD} | \"$COMMS\" auth login work --stdin\n");
    in_session(&world, &store).ok();
    let run = in_session_of(
        &world,
        "another password",
        r#"
"$COMMS" auth status work --json || echo "exit $?"
"$COMMS" auth status play --json || echo "exit $?"
"$COMMS" auth list --json
"$COMMS" auth logout work || echo "exit $?"
"#,
    )
    .ok();
    let said: Vec<&str> = run.stdout.lines().collect();
    for (at, account) in [(0, "work"), (2, "play")] {
        let row: serde_json::Value = serde_json::from_str(said[at]).unwrap();
        let row = &row["accounts"][0];
        assert_eq!(row["secret"], "unknown", "{run}");
        let message = row["error"]["message"].as_str().unwrap();
        assert!(message.contains("the keyring is locked"), "{run}");
        let hint = row["error"]["hint"].as_str().unwrap();
        assert!(
            hint.contains(&format!("comms auth move {account} --to file")),
            "{run}"
        );
        assert_eq!(said[at + 1], "exit 4", "{run}");
    }
    assert_eq!(said[5], "exit 4", "{run}");
    assert!(
        run.stderr
            .contains("was not removed: the keyring is locked"),
        "{run}"
    );
    // Unlocked again it is all there.
    let run = in_session(&world, "\"$COMMS\" auth status work\n");
    run.ok();
}

#[test]
fn a_keyring_that_is_locked_in_mid_session_is_told_as_locked() {
    if skipped() {
        return;
    }
    let world = light(&["work"]);
    let run = in_session(
        &world,
        &format!(
            r#"
echo {PASSWORD} | "$COMMS" auth login work --stdin --json
dbus-send --session --print-reply --dest=org.freedesktop.secrets /org/freedesktop/secrets \
    org.freedesktop.Secret.Service.Lock array:objpath:/org/freedesktop/secrets/collection/login >/dev/null
"$COMMS" auth status work || echo "exit $?"
"$COMMS" doctor --offline --json || echo "exit $?"
"#
        ),
    )
    .ok();
    assert!(run.stdout.contains("exit 4"), "{run}");
    assert!(run.stderr.contains("the keyring is locked"), "{run}");
    assert!(!run.stderr.contains("no secret yet"), "{run}");
}

#[test]
fn what_the_file_took_while_the_keyring_was_locked_wins_later() {
    if skipped() {
        return;
    }
    let world = light(&["work"]).env("COMMS_PASSPHRASE", "pass phrase");
    let login =
        |secret: &str| format!("echo {secret} | \"$COMMS\" auth login work --stdin --json\n");
    in_session(&world, &login(PASSWORD)).ok();
    let run = in_session_of(&world, "another password", &login(NEWER)).ok();
    assert_eq!(run.json()["stored_in"], "encrypted file", "{run}");
    assert!(
        run.stderr.contains("the keyring is locked; secrets go to"),
        "{run}"
    );
    assert_eq!(run.stderr.matches("note: ").count(), 1, "{run}");

    let reveal = "\"$COMMS\" auth status work --json\n\"$COMMS\" auth logout work --json\n\"$COMMS\" auth list --json\n";
    let run = in_session(&world, reveal).ok();
    let said: Vec<&str> = run.stdout.lines().collect();
    assert!(said[0].contains("encrypted file"), "{run}");
    assert!(said[1].contains("\"changed\":true"), "{run}");
    // A logout leaves neither of the two.
    assert!(
        !said[2].contains("keyring") && !said[2].contains("encrypted file"),
        "{run}"
    );
}

#[test]
fn a_bus_without_a_provider_is_told_as_that() {
    if skipped() {
        return;
    }
    let world = light(&["work"]);
    // No service folder: nothing can be started on demand.
    let config = world.file(
        "bus.conf",
        "<!DOCTYPE busconfig PUBLIC \"-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN\"\n\
         \"http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd\">\n\
         <busconfig><type>session</type><listen>unix:tmpdir=/tmp</listen><auth>EXTERNAL</auth>\n\
         <policy context=\"default\"><allow send_destination=\"*\" eavesdrop=\"true\"/>\
         <allow eavesdrop=\"true\"/><allow own=\"*\"/></policy></busconfig>\n",
    );
    let script = world.file(
        "script.sh",
        format!(
            "\"$COMMS\" auth status work || echo \"exit $?\"\n\
             echo {PASSWORD} | COMMS_PASSPHRASE=p \"$COMMS\" auth login work --stdin\n\
             COMMS_PASSPHRASE=p \"$COMMS\" auth status work\n"
        ),
    );
    let mut command = bus(&world);
    command.arg(format!("--config-file={config}"));
    command.args(["--", "sh", "-e", &script]);
    let run = run(command).ok();
    assert!(
        run.stdout.starts_with("work") && run.stdout.contains("exit 4"),
        "{run}"
    );
    let told = run.stderr.matches("nobody on D-Bus keeps secrets").count();
    // Once as the error of the first command, once as the note of the second.
    assert_eq!(told, 2, "{run}");
}

#[test]
fn a_provider_that_never_answers_costs_three_seconds_whatever_the_number_of_accounts() {
    let world = light(&["a", "b", "c", "d"]);
    let path = world.dir().join("bus");
    let listener = std::os::unix::net::UnixListener::bind(&path).unwrap();
    std::thread::spawn(move || {
        // Held open, never answered.
        let mut held = Vec::new();
        while let Ok(client) = listener.accept() {
            held.push(client);
        }
    });
    let world = world.env(
        "DBUS_SESSION_BUS_ADDRESS",
        &format!("unix:path={}", path.display()),
    );
    let began = std::time::Instant::now();
    let run = world.run(["auth", "list", "--json"]).ok();
    let took = began.elapsed().as_secs();
    assert!((2..6).contains(&took), "{took} s: {run}");
    for row in run.json()["accounts"].as_array().unwrap() {
        if row["account"] != "local" {
            assert_eq!(row["secret"], "unknown", "{run}");
            let message = row["error"]["message"].as_str().unwrap();
            assert!(message.contains("the keyring does not answer"), "{run}");
        }
    }
    // What is in the file does not wait for it.
    let world = world.env("COMMS_PASSPHRASE", "p");
    let run = world.run_with(format!("{PASSWORD}\n"), ["auth", "login", "a", "--stdin"]);
    assert!(
        run.ok()
            .stderr
            .contains("the keyring does not answer; secrets go to")
    );
    let began = std::time::Instant::now();
    world.run(["auth", "status", "a"]).ok();
    assert!(began.elapsed().as_secs() < 3, "{:?}", began.elapsed());
}

#[test]
fn secrets_move_between_the_keyring_and_the_file_and_work_from_both() {
    if skipped() {
        return;
    }
    let world = light(&["work", "play"]).env("COMMS_PASSPHRASE", "pass phrase");
    let run = in_session(
        &world,
        &format!(
            r#"
echo {PASSWORD} | "$COMMS" auth login work --stdin --json
"$COMMS" auth move --all --to file --json
"$COMMS" auth move --all --to file --json
"$COMMS" auth list --json
"#
        ),
    )
    .ok();
    let said: Vec<serde_json::Value> = run
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(said[0]["stored_in"], "Secret Service keyring", "{run}");
    let row = |at: usize, name: &str| {
        let rows = said[at]["accounts"].as_array().unwrap();
        rows.iter()
            .find(|row| row["account"] == name)
            .unwrap()
            .clone()
    };
    assert_eq!(said[1]["to"], "encrypted file", "{run}");
    assert_eq!(row(1, "work")["state"], "moved", "{run}");
    assert_eq!(row(1, "work")["moved"][0], "login", "{run}");
    assert_eq!(row(1, "play")["state"], "nothing stored", "{run}");
    assert_eq!(row(2, "work")["state"], "already there", "{run}");
    assert_eq!(row(3, "work")["secret"], "encrypted file", "{run}");
    // Without a bus, as from cron.
    let cron = ["auth", "status", "work", "--json"];
    let status = world.run(cron).ok();
    assert_eq!(
        status.json()["accounts"][0]["secret"],
        "encrypted file",
        "{status}"
    );
    // To a keyring that is locked nothing goes.
    let script = "\"$COMMS\" auth move work --to keyring --json || echo \"exit $?\"\n";
    let run = in_session_of(&world, "another password", script).ok();
    assert!(
        run.stdout.contains("\"failed\"") && run.stdout.contains("exit 4"),
        "{run}"
    );
    world.run(cron).ok();
    // And back to one that is open.
    let script = format!("{script}\"$COMMS\" auth status work --json\n");
    let run = in_session(&world, &script).ok();
    let said: Vec<&str> = run.stdout.lines().collect();
    assert!(said[0].contains("\"moved\""), "{run}");
    assert!(
        said[1].contains("Secret Service keyring") && said[1].contains("\"ok\""),
        "{run}"
    );
    let entries = std::fs::read_to_string(world.home().join("secrets")).unwrap();
    assert!(entries.contains("\"entries\":[]"), "{entries}");
}

#[test]
fn a_move_that_stops_half_way_leaves_the_secret_in_both_and_says_so() {
    if skipped() {
        return;
    }
    let world = light(&["work"]).env("COMMS_PASSPHRASE", "pass phrase");
    let login = format!(
        "export DBUS_SESSION_BUS_ADDRESS=unix:path=/nonexistent; \
         echo {PASSWORD} | \"$COMMS\" auth login work --stdin"
    );
    // The keyring takes it, but the file can't be written any more.
    let full = "trap '' XFSZ; ulimit -f 0; \"$COMMS\" auth move work --to keyring --json || echo \"exit $?\"";
    let script = format!(
        r#"
({login} >/dev/null)
bash -c '{}' 2>/dev/null
"$COMMS" auth status work --json
"$COMMS" auth move work --to keyring --json
"$COMMS" auth status work --json
"#,
        full.replace('\'', "'\\''")
    );
    let run = in_session(&world, &script).ok();
    let said: Vec<&str> = run.stdout.lines().collect();
    assert!(
        said[0].contains("\"in both\"") && said[0].contains("was not written"),
        "{run}"
    );
    assert_eq!(said[1], "exit 9", "{run}");
    assert!(said[2].contains("encrypted file"), "{run}");
    assert!(said[3].contains("\"moved\""), "{run}");
    assert!(
        said[4].contains("Secret Service keyring") && said[4].contains("\"ok\""),
        "{run}"
    );
}

#[test]
fn a_person_at_a_terminal_is_told_what_is_waited_for_and_asked_once() {
    if skipped() {
        return;
    }
    let world = light(&["a", "b", "c"]);
    let store = |name: &str| format!("echo {PASSWORD} | \"$COMMS\" auth login {name} --stdin\n");
    in_session(&world, &["a", "b", "c"].map(store).concat()).ok();
    let script = world.file("script.sh", "\"$COMMS\" auth list --json || true\n");
    let mut command = bus(&world);
    command.args([
        "--",
        "sh",
        "-c",
        SESSION,
        "session",
        &script,
        "another password",
    ]);
    let mut terminal = rexpect::session::spawn_command(command, Some(60_000)).unwrap();
    // There is no display, so the window can't open.
    let shown = terminal.exp_eof().unwrap();
    assert_eq!(shown.matches("waiting 30 s").count(), 1, "{shown}");
    assert_eq!(
        shown.matches("read: the keyring is locked").count(),
        3,
        "{shown}"
    );
}
