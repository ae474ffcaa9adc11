//! `comms doctor` run from callers that fail: without a home, a bus, a keyring, a PATH, certificates.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;

use serde_json::Value;

use crate::keyring::{in_session, in_session_of, skipped};
use crate::support::login::LoginServer;
use crate::support::{Run, World};

/// An account whose servers nobody runs; its secret comes from a store only.
const WORK: &str = "[accounts.work]\nchannel = \"imap\"\naddress = \"ada@example.com\"\n\
                    imap = \"imap.example.com\"\n";

/// The check with this name.
#[track_caller]
fn check(run: &Run, name: &str) -> Value {
    let report = run.json();
    let checks = report["checks"].as_array().unwrap().clone();
    let found = checks.into_iter().find(|check| check["name"] == name);
    found.unwrap_or_else(|| panic!("there is no check `{name}`\n{run}"))
}

#[track_caller]
fn text<'v>(check: &'v Value, key: &str) -> &'v str {
    check[key]
        .as_str()
        .unwrap_or_else(|| panic!("no {key}: {check}"))
}

const DOCTOR: [&str; 3] = ["doctor", "--offline", "--json"];

/// The doctor with just these variables, as `env -i` starts it.
fn bare(world: &World, vars: &[(&str, &str)]) -> Run {
    let mut command = world.command();
    command.env_clear().args(DOCTOR);
    command.envs(vars.iter().copied());
    let output = command.output().unwrap();
    Run {
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        code: output.status.code().unwrap_or(-1),
        bytes: output.stdout,
    }
}

#[test]
fn the_caller_is_told() {
    let world = World::new();
    let told = check(&world.run(DOCTOR).ok(), "caller");
    let detail = text(&told, "detail");
    assert!(detail.contains("a script without a terminal"), "{told}");
    let world = world.env("GEMINI_CLI", "1").env("SUDO_USER", "ada");
    let told = check(&world.run(DOCTOR).ok(), "caller");
    let detail = text(&told, "detail");
    for words in ["an agent (GEMINI_CLI)", "by sudo from ada"] {
        assert!(detail.contains(words), "{told}");
    }
}

#[test]
fn the_names_of_the_checks_stay_the_same() {
    let report = World::new().run(DOCTOR).ok().json();
    let checks = report["checks"].as_array().unwrap();
    let names: Vec<_> = checks.iter().map(|check| text(check, "name")).collect();
    let always = [
        "caller",
        "home",
        "folders",
        "config",
        "data folder",
        "store",
        "trust",
    ];
    assert_eq!(names[..7], always);
    assert!(names.contains(&"keyring"), "{names:?}");
    assert!(names.contains(&"local: maildir"), "{names:?}");
}

#[test]
fn an_empty_environment_is_told_with_the_line_that_mends_it() {
    let world = World::new().config(WORK);
    let home = world.home();
    let run = bare(&world, &[("COMMS_HOME", home.to_str().unwrap())]);
    let found = check(&run, "home");
    assert_eq!(found["state"], "note", "{found}");
    assert!(
        text(&found, "detail").contains("HOME is not set"),
        "{found}"
    );
    assert!(text(&found, "fix").contains("HOME"), "{found}");
    // Nobody's session runs for this user, or it runs and is found.
    if cfg!(target_os = "linux") {
        check(&run, "session bus");
    }
    assert!(text(&check(&run, "folders"), "detail").contains("COMMS_HOME"));
}

#[test]
fn a_home_that_is_not_there_is_a_fault_with_the_right_one() {
    let world = World::new();
    let run = bare(&world, &[("HOME", "/nowhere/at/all")]).fails(3);
    let found = check(&run, "home");
    assert_eq!(found["state"], "fault", "{found}");
    assert!(text(&found, "fix").contains("HOME"), "{found}");
    // With a folder of its own it is only worth knowing.
    let home = world.home();
    let vars = [
        ("HOME", "/nowhere/at/all"),
        ("COMMS_HOME", home.to_str().unwrap()),
    ];
    let found = check(&bare(&world, &vars).ok(), "home");
    assert_eq!(found["state"], "note", "{found}");
}

#[cfg(target_os = "linux")]
#[test]
fn another_home_means_another_data_folder_and_both_are_named() {
    let world = World::new();
    let home = world.dir().to_str().unwrap().to_owned();
    let run = bare(&world, &[("HOME", &home)]).ok();
    let found = check(&run, "folders");
    assert_eq!(found["state"], "note", "{found}");
    let detail = text(&found, "detail");
    assert!(
        detail.contains(&format!("{home}/.local/share/comms")),
        "{found}"
    );
    assert!(detail.contains("a login shell of"), "{found}");
    assert!(text(&found, "fix").contains("export HOME='"), "{found}");
    // Cron and units write it otherwise.
    let run = bare(&world, &[("HOME", &home), ("INVOCATION_ID", "1")]).ok();
    let fix = check(&run, "folders")["fix"].as_str().unwrap().to_owned();
    assert!(fix.contains("`Environment=\"HOME="), "{fix}");
    let run = bare(&world, &[("HOME", &home), ("XDG_DATA_HOME", "relative")]);
    let found = check(&run, "folders");
    assert!(
        text(&found, "fix").contains("unset XDG_DATA_HOME"),
        "{found}"
    );
}

#[cfg(unix)]
#[test]
fn a_home_of_another_user_is_a_fault() {
    let world = World::new();
    let home = world.dir().join("other");
    std::fs::create_dir(&home).unwrap();
    if std::os::unix::fs::chown(&home, Some(65534), None).is_err() {
        println!("skipped: only root can give a folder away");
        return;
    }
    let run = bare(&world, &[("HOME", home.to_str().unwrap())]).fails(3);
    let found = check(&run, "home");
    assert!(text(&found, "detail").contains("uid 65534"), "{found}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_bus_that_is_not_there_is_a_fault_only_if_a_secret_hangs_on_it() {
    let bus = ("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere/bus");
    let world = World::new().config(WORK).env(bus.0, bus.1);
    let run = world.run(DOCTOR).fails(4);
    let found = check(&run, "session bus");
    assert_eq!(found["state"], "fault", "{found}");
    assert!(
        text(&found, "detail").contains("/nowhere/bus` is not there"),
        "{found}"
    );
    check(&run, "keyring");
    let secret = check(&run, "work: secret");
    for words in [
        "COMMS_SECRET_WORK is not set",
        "there is no `secret_command`",
    ] {
        assert!(text(&secret, "detail").contains(words), "{secret}");
    }
    let world = world.env("COMMS_SECRET_WORK", "hunter2");
    let run = world.run(DOCTOR).ok();
    assert_eq!(check(&run, "session bus")["state"], "skipped", "{run}");
    assert_eq!(
        text(&check(&run, "work: secret"), "detail"),
        "from the environment"
    );
    assert!(!run.stdout.contains("hunter2"), "{run}");
}

#[test]
fn the_source_that_wins_is_named_with_the_one_it_beats() {
    let config = format!("{WORK}secret_command = \"echo hunter2\"\n");
    let world = World::new()
        .config(&config)
        .env("COMMS_SECRET_WORK", "hunter3");
    let run = world.run(DOCTOR).ok();
    let detail = check(&run, "work: secret")["detail"].clone();
    assert_eq!(
        detail,
        "from the environment, which wins over the `secret_command`"
    );
    assert!(!run.stdout.contains("hunter"), "{run}");
}

#[test]
fn a_command_that_this_path_does_not_have_is_told_from_one_that_fails() {
    let config = |command: &str| format!("{WORK}secret_command = \"{command}\"\n");
    let world = World::new().config(&config("passs show mail/work"));
    let world = world.env("PATH", "/usr/bin:/bin");
    let found = check(&world.run(DOCTOR).fails(4), "work: secret");
    for words in ["`passs`", "/usr/bin:/bin", "full path"] {
        assert!(text(&found, "fix").contains(words), "{found}");
    }
    let world = World::new().config(&config("echo no such entry >&2; false"));
    let found = check(&world.run(DOCTOR).fails(4), "work: secret");
    assert!(text(&found, "detail").contains("no such entry"), "{found}");
    assert!(!text(&found, "fix").contains("full path"), "{found}");
}

#[test]
fn a_mistyped_variable_is_told_with_the_one_that_was_meant() {
    let world = World::new().config(WORK);
    let world = world.env("COMMS_SECRET_WROK", "hunter2");
    let found = check(&world.run(DOCTOR), "secret variables");
    assert_eq!(found["state"], "note", "{found}");
    assert!(
        text(&found, "detail").contains("COMMS_SECRET_WROK"),
        "{found}"
    );
    assert_eq!(text(&found, "fix"), "did you mean COMMS_SECRET_WORK?");
    let world = World::new().config(WORK).env("COMMS_SECRET_WORK", "");
    let run = world.run(DOCTOR);
    let found = check(&run, "secret variables");
    assert!(text(&found, "detail").contains("set to nothing"), "{found}");
    assert!(text(&check(&run, "work: secret"), "detail").contains("set to nothing"));
}

#[test]
fn a_proxy_is_shown_without_its_password() {
    let world = World::new().config(WORK).env("COMMS_SECRET_WORK", "x");
    let world = world.env("https_proxy", "http://ada:hunter2@proxy.example:3128");
    let run = world.run(DOCTOR).ok();
    let found = check(&run, "proxy");
    assert_eq!(found["state"], "note", "{found}");
    for words in ["https_proxy=`http://proxy.example:3128`", "IMAP and SMTP"] {
        assert!(text(&found, "detail").contains(words), "{found}");
    }
    assert!(!run.stdout.contains("hunter2"), "{run}");
    let run = world.env("NO_PROXY", "*").run(DOCTOR).ok();
    assert!(text(&check(&run, "proxy"), "detail").contains("excepts every host"));
}

#[test]
fn certificates_that_a_variable_takes_away_are_a_fault() {
    let world = World::new().config(WORK).env("COMMS_SECRET_WORK", "x");
    let run = world
        .env("SSL_CERT_FILE", "/nowhere/ca.pem")
        .run(DOCTOR)
        .fails(3);
    let found = check(&run, "trust");
    assert_eq!(found["state"], "fault", "{found}");
    assert!(
        text(&found, "fix").contains("unset SSL_CERT_FILE"),
        "{found}"
    );
    // The secret itself is fine.
    assert_eq!(check(&run, "work: secret")["state"], "ok", "{run}");
    let world = World::new().config(WORK).env("COMMS_SECRET_WORK", "x");
    let empty = world.file("empty.pem", "no certificate\n");
    let run = world.env("SSL_CERT_FILE", &empty).run(DOCTOR).fails(3);
    assert!(text(&check(&run, "trust"), "detail").contains("no certificate"));
    // Nobody is asked with TLS: worth knowing, no fault.
    let world = World::new().env("SSL_CERT_FILE", "/nowhere/ca.pem");
    assert_eq!(check(&world.run(DOCTOR).ok(), "trust")["state"], "note");
}

#[test]
fn a_zone_that_nobody_knows_is_told() {
    let world = World::new().env("TZ", "Mars/Olympus");
    let found = check(&world.run(DOCTOR).ok(), "zone");
    assert!(text(&found, "detail").contains("Mars/Olympus"), "{found}");
}

/// An account at a server that takes its password, with a store for it.
fn served() -> World {
    World::new().config(&LoginServer::start(&["annpw"]).account("work"))
}

#[test]
fn the_keyring_that_answers_is_named() {
    if skipped() {
        return;
    }
    let script = "echo annpw | \"$COMMS\" auth login work --stdin >&2\n\"$COMMS\" doctor --json\n";
    let run = in_session(&served(), script).ok();
    assert_eq!(check(&run, "session bus")["state"], "ok", "{run}");
    assert_eq!(
        text(&check(&run, "keyring"), "detail"),
        "Secret Service keyring"
    );
    let secret = check(&run, "work: secret");
    assert_eq!(text(&secret, "detail"), "from the Secret Service keyring");
    assert_eq!(check(&run, "work: imap")["state"], "ok", "{run}");
    assert!(!run.stdout.contains("annpw"), "{run}");
}

#[test]
fn a_locked_keyring_is_told_from_a_missing_one() {
    if skipped() {
        return;
    }
    let world = served();
    let login = "echo annpw | \"$COMMS\" auth login work --stdin\n";
    in_session(&world, login).ok();
    let run = in_session_of(&world, "another", "\"$COMMS\" doctor --offline --json\n").fails(4);
    assert_eq!(check(&run, "session bus")["state"], "ok", "{run}");
    let keyring = check(&run, "keyring");
    assert_eq!(keyring["state"], "fault", "{keyring}");
    assert!(text(&keyring, "detail").contains("locked"), "{keyring}");
    let fix = text(&keyring, "fix");
    for words in [
        "unlock it",
        "comms auth move work --to file",
        "COMMS_SECRET_WORK",
    ] {
        assert!(fix.contains(words), "{keyring}");
    }
    assert!(text(&check(&run, "work: secret"), "detail").contains("locked"));
}

#[test]
fn the_encrypted_file_serves_without_a_bus_and_a_missing_passphrase_is_told() {
    let world = served().env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere/bus");
    let world = world.env("COMMS_PASSPHRASE", "correct horse");
    world
        .run_with("annpw\n", ["auth", "login", "work", "--stdin"])
        .ok();
    let run = world.run(["doctor", "--json"]).ok();
    assert_eq!(
        text(&check(&run, "work: secret"), "detail"),
        "from the encrypted file"
    );
    assert_eq!(check(&run, "secrets file")["state"], "ok", "{run}");
    for name in ["session bus", "keyring"] {
        assert_eq!(check(&run, name)["state"], "skipped", "{run}");
    }
    let run = world
        .env("COMMS_PASSPHRASE", "")
        .run(["doctor", "--json"])
        .fails(4);
    let file = check(&run, "secrets file");
    assert_eq!(file["state"], "fault", "{file}");
    assert!(text(&file, "fix").contains("passphrase_command"), "{file}");
    assert_eq!(check(&run, "keyring")["state"], "skipped", "{run}");
    assert_eq!(check(&run, "work: secret")["state"], "fault", "{run}");
    for secret in ["annpw", "correct horse"] {
        assert!(!run.stdout.contains(secret), "{run}");
    }
}

/// An account whose tokens come from a server on this machine that says it is this time.
fn told_the_time(date: &'static str) -> World {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for mut client in listener.incoming().flatten() {
            let lines = BufReader::new(client.try_clone().unwrap()).lines();
            let _ = lines.map_while(Result::ok).find(|line| line.is_empty());
            let answer = format!(
                "HTTP/1.1 404 Not Found\r\nDate: {date}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            );
            let _ = client.write_all(answer.as_bytes());
        }
    });
    World::new().config(&format!(
        "[secrets]\nstore = \"file\"\n\n{WORK}auth = \"oauth\"\noauth = \"http://127.0.0.1:{port}\"\n\
         client_id = \"comms\"\n"
    ))
}

#[test]
fn a_clock_ten_minutes_off_is_a_fault_and_three_are_worth_knowing() {
    for (date, state, words) in [
        ("Sat, 21 Nov 2026 12:00:01 GMT", "ok", "right"),
        ("Sat, 21 Nov 2026 12:03:00 GMT", "note", "3m behind"),
        ("Sat, 21 Nov 2026 11:50:00 GMT", "fault", "10m ahead of"),
        ("Sat, 21 Nov 2026 12:10:00 GMT", "fault", "10m behind"),
        ("yesterday", "skipped", "does not tell the time"),
    ] {
        let run = told_the_time(date).run(["doctor", "--json"]);
        let clock = check(&run, "clock");
        assert_eq!(clock["state"], state, "{clock}");
        assert!(text(&clock, "detail").contains(words), "{clock}");
        if state == "fault" {
            assert!(text(&clock, "fix").contains("unset COMMS_NOW"), "{clock}");
            run.fails(3);
        }
    }
}

#[test]
fn offline_no_server_is_asked_for_tokens_or_the_time() {
    let world = told_the_time("Sat, 21 Nov 2026 11:50:00 GMT");
    let run = world.run(DOCTOR).fails(4);
    assert_eq!(check(&run, "clock")["state"], "skipped", "{run}");
    let secret = check(&run, "work: secret");
    assert!(
        text(&secret, "fix").contains("comms auth login work"),
        "{secret}"
    );
}

#[test]
fn a_proxy_names_the_hosts_that_are_asked_through_it() {
    let config = format!("{WORK}auth = \"oauth\"\noauth = \"google\"\nclient_id = \"x\"\n");
    let world = World::new()
        .config(&config)
        .env("ALL_PROXY", "socks5://proxy.example:1080");
    let found = check(&world.run(DOCTOR), "proxy");
    assert!(
        text(&found, "detail").contains("used for `oauth2.googleapis.com`"),
        "{found}"
    );
    let found = check(
        &world.env("NO_PROXY", ".googleapis.com").run(DOCTOR),
        "proxy",
    );
    assert!(
        text(&found, "detail").contains("excepts `oauth2.googleapis.com`"),
        "{found}"
    );
}

#[test]
fn a_damaged_outbox_is_one_fault_and_all_else_is_looked_at() {
    let world = World::new();
    std::fs::write(world.home().join("comms.db"), [7_u8; 5000]).unwrap();
    let run = world.run(DOCTOR).fails(1);
    let report = run.json();
    let checks = report["checks"].as_array().unwrap();
    let faults: Vec<_> = checks.iter().filter(|c| c["state"] == "fault").collect();
    assert_eq!(faults.len(), 1, "{run}");
    assert_eq!(faults[0]["name"], "store");
    assert!(
        text(faults[0], "detail").contains("`comms.db` is damaged"),
        "{run}"
    );
    assert!(text(faults[0], "fix").contains("backup"), "{run}");
    for name in ["caller", "config", "data folder", "keyring"] {
        check(&run, name);
    }
}

#[test]
fn a_config_that_can_not_be_read_is_a_fault_beside_the_other_checks() {
    let world = World::new().config("[accounts.work\n");
    for args in [&DOCTOR[..], &["doctor", "--offline"]] {
        let run = world.run(args).fails(3);
        assert!(run.stdout.contains("config.toml"), "{run}");
        assert!(run.stderr.is_empty(), "{run}");
    }
    let run = world.run(DOCTOR);
    assert_eq!(check(&run, "config")["state"], "fault");
    check(&run, "keyring");
    let named = World::new().env("COMMS_CONFIG", "/nowhere/config.toml");
    let run = named.run(DOCTOR).fails(3);
    assert!(
        text(&check(&run, "config"), "detail").contains("/nowhere/config.toml"),
        "{run}"
    );
}

#[cfg(target_os = "linux")]
#[test]
fn a_data_folder_that_can_not_be_made_is_a_fault() {
    let world = World::new().env("COMMS_HOME", "/proc/nope");
    let run = world.run(DOCTOR).fails(1);
    let folder = check(&run, "data folder");
    assert_eq!(folder["state"], "fault", "{folder}");
    assert!(text(&folder, "fix").contains("COMMS_HOME"), "{folder}");
    let run = world
        .run(["send", "you@localhost", "-s", "x", "-m", "x"])
        .fails(1);
    assert!(run.stderr.contains("can't be made"), "{run}");
    assert!(run.stderr.contains("hint: point COMMS_HOME"), "{run}");
    let fresh = World::new();
    let deep = fresh.dir().join("not/yet/there");
    let fresh = fresh.env("COMMS_HOME", deep.to_str().unwrap());
    assert_eq!(check(&fresh.run(DOCTOR).ok(), "data folder")["state"], "ok");
}
