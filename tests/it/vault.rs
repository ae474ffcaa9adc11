//! Secrets in the encrypted file: what it keeps, who opens it, and what never happens to it.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::support::login::LoginServer;
use crate::support::{Run, World, binary};

const SECRET: &str = "hunter2-Sesame";
const NEWER: &str = "hunter3-Sesame";
const PASSPHRASE: &str = "correct horse battery";

/// A machine without a keyring, with these accounts and what else the config says.
fn world(accounts: &[&str], more: &str) -> World {
    let server = LoginServer::start(&[SECRET, NEWER]);
    let accounts: String = accounts.iter().map(|name| server.account(name)).collect();
    World::new()
        .config(&format!("{more}\n{accounts}"))
        .env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent/bus")
}

fn with_passphrase(accounts: &[&str]) -> World {
    world(accounts, "").env("COMMS_PASSPHRASE", PASSPHRASE)
}

fn file(world: &World) -> PathBuf {
    world.home().join("secrets")
}

fn login(world: &World, account: &str, secret: &str) -> Run {
    world.run_with(
        format!("{secret}\n"),
        ["auth", "login", account, "--stdin", "--json"],
    )
}

fn secret_of(world: &World, account: &str) -> String {
    let list = world.run(["auth", "list", "--json"]).ok().json();
    let rows = list["accounts"].as_array().unwrap();
    let row = rows.iter().find(|row| row["account"] == account).unwrap();
    row["secret"].as_str().unwrap().to_owned()
}

#[test]
fn without_a_keyring_a_login_is_kept_in_the_encrypted_file_and_that_is_said() {
    let world = with_passphrase(&["work"]);
    let run = login(&world, "work", SECRET).ok();
    assert_eq!(run.json()["stored_in"], "encrypted file", "{run}");
    let notes: Vec<&str> = run.stderr.lines().collect();
    assert_eq!(notes.len(), 1, "{run}");
    for words in ["no D-Bus", "encrypted file", "/home/secrets`"] {
        assert!(notes[0].contains(words), "{run}");
    }
    // As cron would have it: nothing but the passphrase.
    let status = world.run(["auth", "status", "work", "--json"]).ok();
    let row = &status.json()["accounts"][0];
    assert_eq!(
        (row["secret"].as_str(), row["state"].as_str()),
        (Some("encrypted file"), Some("ok")),
        "{status}"
    );
    // Written where it is, without a word.
    let run = login(&world, "work", NEWER).ok();
    assert!(run.stderr.is_empty(), "{run}");
    world.run(["auth", "status", "work"]).ok();

    let run = world.run(["auth", "logout", "work", "--json"]);
    assert_eq!(run.ok().json()["changed"], true);
    let run = world.run(["auth", "status", "work"]).fails(4);
    assert!(run.stderr.contains("no D-Bus"), "{run}");
}

#[test]
fn the_file_is_the_owners_alone_and_tells_no_secret() {
    use std::os::unix::fs::PermissionsExt;
    let world = with_passphrase(&["work"]);
    login(&world, "work", SECRET).ok();
    for name in ["secrets", "secrets.lock"] {
        let mode = std::fs::metadata(world.home().join(name)).unwrap();
        assert_eq!(mode.permissions().mode() & 0o777, 0o600, "{name}");
    }
    let text = std::fs::read_to_string(file(&world)).unwrap();
    assert!(text.starts_with("comms secrets 1\n"), "{text}");
    assert!(!text.contains(SECRET) && !text.contains(PASSPHRASE));
    assert!(!world.home().join("secrets.new").exists());
}

#[test]
fn what_is_in_the_file_is_known_without_its_passphrase() {
    let world = with_passphrase(&["work", "play"]);
    login(&world, "work", SECRET).ok();
    let world = world.env("COMMS_PASSPHRASE", "");
    assert_eq!(secret_of(&world, "work"), "encrypted file");
    // What is not there is neither asked for nor taken for absent: the keyring might have it.
    assert_eq!(secret_of(&world, "play"), "unknown");
    let run = world.run(["inbox", "sync", "--account", "work"]).fails(4);
    for words in ["no passphrase", "COMMS_PASSPHRASE", "passphrase_command"] {
        assert!(run.stderr.contains(words), "{run}");
    }
}

#[test]
fn with_no_passphrase_to_be_had_nothing_is_kept_and_every_way_out_is_named() {
    let world = world(&["work"], "");
    let run = world.run_with(format!("{SECRET}\n"), ["auth", "login", "work", "--stdin"]);
    let run = run.fails(4);
    for words in [
        "the secret was not kept",
        "no D-Bus",
        "no passphrase",
        "COMMS_PASSPHRASE",
        "passphrase_command",
        "COMMS_SECRET_WORK",
        "secret_command",
    ] {
        assert!(run.stderr.contains(words), "{words}: {run}");
    }
    assert!(!file(&world).exists());
}

#[test]
fn a_wrong_passphrase_is_told_from_damage_and_changes_nothing() {
    let world = with_passphrase(&["work", "play"]);
    login(&world, "work", SECRET).ok();
    let before = std::fs::read(file(&world)).unwrap();
    let world = world.env("COMMS_PASSPHRASE", "incorrect horse");
    for run in [
        world.run(["inbox", "sync", "--account", "work"]),
        login(&world, "work", NEWER),
        login(&world, "play", SECRET),
        world.run(["auth", "logout", "work"]),
    ] {
        let run = run.fails(4);
        assert!(run.stderr.contains("passphrase of"), "{run}");
        assert!(run.stderr.contains("is wrong"), "{run}");
        assert!(run.stderr.contains("COMMS_PASSPHRASE"), "{run}");
        assert!(!run.stderr.contains("incorrect horse"), "{run}");
        assert!(!run.stderr.contains("damaged"), "{run}");
    }
    assert_eq!(std::fs::read(file(&world)).unwrap(), before);
}

#[test]
fn a_damaged_or_cut_file_is_named_and_never_written_over() {
    let world = with_passphrase(&["work"]);
    login(&world, "work", SECRET).ok();
    let whole = std::fs::read(file(&world)).unwrap();
    let mut flipped = whole.clone();
    flipped[whole.len() / 2] ^= 4;
    for damaged in [
        Vec::new(),
        whole[..10].to_vec(),
        whole[..whole.len() - 1].to_vec(),
        vec![0; 4096],
        flipped,
    ] {
        std::fs::write(file(&world), &damaged).unwrap();
        for run in [
            world.run(["inbox", "sync", "--account", "work"]),
            login(&world, "work", NEWER),
        ] {
            let run = run.fails(1);
            for words in [
                "/home/secrets` is damaged",
                "nothing was overwritten",
                "backup",
            ] {
                assert!(run.stderr.contains(words), "{run}");
            }
        }
        assert_eq!(std::fs::read(file(&world)).unwrap(), damaged);
    }
    std::fs::write(file(&world), whole).unwrap();
    world.run(["auth", "status", "work"]).ok();
}

#[test]
fn a_file_of_a_newer_comms_is_left_alone() {
    let world = with_passphrase(&["work"]);
    let newer = "comms secrets 2\nwhatever\n";
    std::fs::write(file(&world), newer).unwrap();
    for run in [
        world.run(["auth", "status", "work"]),
        login(&world, "work", SECRET),
    ] {
        let run = run.fails(3);
        assert!(run.stderr.contains("newer comms (format 2"), "{run}");
    }
    assert_eq!(std::fs::read_to_string(file(&world)).unwrap(), newer);
}

#[test]
fn twenty_processes_that_write_at_once_lose_nothing() {
    let names: Vec<String> = (0..20).map(|n| format!("a{n}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let world = with_passphrase(&names);
    std::thread::scope(|scope| {
        for name in &names {
            scope.spawn(|| login(&world, name, SECRET).ok());
        }
    });
    let list = world.run(["auth", "list", "--json"]).ok().json();
    for name in &names {
        let mut rows = list["accounts"].as_array().unwrap().iter();
        let row = rows.find(|row| row["account"] == *name).unwrap();
        assert_eq!(row["secret"], "encrypted file", "{row}");
    }
    world.run(["auth", "status", "a0"]).ok();
    world.run(["auth", "status", "a19"]).ok();
}

#[test]
fn a_writer_waits_for_another_and_cleans_up_after_one_that_was_killed() {
    let world = with_passphrase(&["work"]);
    login(&world, "work", SECRET).ok();
    std::fs::write(world.home().join("secrets.new"), "half a fi").unwrap();
    let lock = std::fs::File::open(world.home().join("secrets.lock")).unwrap();
    lock.lock().unwrap();
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| login(&world, "work", NEWER));
        std::thread::sleep(std::time::Duration::from_millis(400));
        assert!(!writer.is_finished());
        // Who only reads does not wait.
        world.run(["auth", "status", "work"]).ok();
        drop(lock);
        writer.join().unwrap().ok();
    });
    assert!(!world.home().join("secrets.new").exists());
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_leaves_the_old_file_whole() {
    let world = with_passphrase(&["work", "play"]);
    login(&world, "work", SECRET).ok();
    let before = std::fs::read(file(&world)).unwrap();
    // `ulimit -f` fails writes as a full disk does; SIGXFSZ is ignored so that the write returns.
    for account in ["work", "play"] {
        let script = format!(
            "trap '' XFSZ; ulimit -f 0; echo {NEWER} | \"$0\" auth login {account} --stdin"
        );
        let out = world
            .command_of("bash")
            .args(["-c", &script, binary()])
            .output()
            .unwrap();
        let stderr = String::from_utf8_lossy(&out.stderr);
        assert_eq!(out.status.code(), Some(1), "{stderr}");
        assert!(stderr.contains("was not kept"), "{stderr}");
        assert!(stderr.contains("the old file is whole"), "{stderr}");
        assert_eq!(std::fs::read(file(&world)).unwrap(), before);
    }
    world.run(["auth", "status", "work"]).ok();
    login(&world, "play", SECRET).ok();
}

#[test]
fn a_command_gives_the_passphrase() {
    let world = world(
        &["work"],
        "[secrets]\nstore = \"file\"\npassphrase_command = \"cat pass\"",
    );
    world.file("pass", format!("{PASSPHRASE}\nuser: ada\n"));
    let run = login(&world, "work", SECRET).ok();
    // Asked for, so nothing to explain.
    assert!(run.stderr.is_empty(), "{run}");
    world.run(["auth", "status", "work"]).ok();
    let shown = world.run(["config", "show", "--json"]).ok().stdout;
    for words in ["secrets.store", "secrets.passphrase_command", "cat pass"] {
        assert!(shown.contains(words), "{shown}");
    }
    assert!(!shown.contains(PASSPHRASE));

    world.file("pass", "");
    let run = world.run(["auth", "status", "work"]).fails(4);
    assert!(run.stderr.contains("`passphrase_command`"), "{run}");
    assert!(run.stderr.contains("printed nothing"), "{run}");
    world.file("pass", "another\n");
    let run = world.run(["auth", "status", "work"]).fails(4);
    assert!(run.stderr.contains("is wrong"), "{run}");
}

#[test]
fn one_process_asks_for_the_passphrase_once_whatever_the_number_of_accounts() {
    let config = "[secrets]\nstore = \"file\"\npassphrase_command = \"echo x >>asked; cat pass\"";
    let world = world(&["a", "b", "c", "d"], config);
    world.file("pass", PASSPHRASE);
    for account in ["a", "b", "c", "d"] {
        login(&world, account, SECRET).ok();
    }
    let asked = || std::fs::read_to_string(world.dir().join("asked")).unwrap();
    let before = asked().len();
    let status = world.run(["auth", "status", "--json"]).ok();
    assert_eq!(
        status.stdout.matches("\"state\":\"ok\"").count(),
        4,
        "{status}"
    );
    assert_eq!(asked().len() - before, 2, "{}", asked());
    // And a list needs none.
    world.run(["auth", "list"]).ok();
    assert_eq!(asked().len() - before, 2);
}

#[test]
fn a_person_types_a_new_passphrase_twice_and_the_old_one_once() {
    let world = world(&["work"], "[secrets]\nstore = \"file\"");
    let mut terminal = world.at_terminal(["auth", "login", "work"]);
    terminal.exp_string("Password or token").unwrap();
    terminal.send_line(SECRET).unwrap();
    for (asked, typed) in [
        ("New passphrase", PASSPHRASE),
        ("same again", "something else"),
        ("were not the same", ""),
    ] {
        terminal.exp_string(asked).unwrap();
        if !typed.is_empty() {
            terminal.send_line(typed).unwrap();
        }
    }
    terminal.exp_string("New passphrase").unwrap();
    terminal.send_line(PASSPHRASE).unwrap();
    terminal.exp_string("same again").unwrap();
    terminal.send_line(PASSPHRASE).unwrap();
    let shown = terminal.exp_eof().unwrap();
    assert!(shown.contains("encrypted file"), "{shown}");

    let mut terminal = world.at_terminal(["auth", "status", "work"]);
    for typed in ["a typo", PASSPHRASE] {
        terminal.exp_string("Passphrase of").unwrap();
        terminal.send_line(typed).unwrap();
        // The answered question is shown once more, with its stars.
        terminal.exp_string("****").unwrap();
    }
    let shown = terminal.exp_eof().unwrap();
    assert!(
        shown.contains("encrypted file") && shown.contains("ok"),
        "{shown}"
    );
    assert!(!shown.contains(PASSPHRASE), "{shown}");

    // Who is no person is not asked, even at a terminal.
    let world = world.env("COMMS_ORIGIN", "agent");
    let shown = world.run_at_terminal(["auth", "status", "work"]);
    assert!(shown.contains("COMMS_PASSPHRASE"), "{shown}");
}

#[test]
fn an_interrupted_question_changes_nothing() {
    let world = with_passphrase(&["work"]);
    login(&world, "work", SECRET).ok();
    let before = std::fs::read(file(&world)).unwrap();
    let world = world.env("COMMS_PASSPHRASE", "");
    let mut terminal = world.at_terminal(["auth", "logout", "work"]);
    terminal.exp_string("Passphrase of").unwrap();
    terminal.send_control('c').unwrap();
    terminal.exp_eof().unwrap();
    assert_eq!(std::fs::read(file(&world)).unwrap(), before);
}

#[test]
fn no_secret_is_seen_anywhere_but_sealed_in_the_file() {
    let base = "[secrets]\nstore = \"file\"\npassphrase_command = ";
    // The command looks at the process that runs it.
    let spy = "tr '\\\\0' ' ' </proc/$PPID/cmdline >>cmdlines; cat pass";
    let world = world(&["work"], &format!("{base}\"{spy}\""))
        .env("RUST_LOG", "trace")
        .env("RUST_BACKTRACE", "full");
    world.file("pass", PASSPHRASE);
    let mut told = String::new();
    let mut hear = |run: Run| told.push_str(&format!("{}{}", run.stdout, run.stderr));
    let verbose = ["--json", "--progress", "json"];
    hear(login(&world, "work", SECRET));
    hear(login(&world, "work", "not-the-password"));
    for args in [
        vec!["auth", "status", "work"],
        vec!["auth", "list"],
        vec!["inbox", "sync", "--account", "work"],
        vec!["auth", "move", "work", "--to", "keyring"],
        vec!["doctor"],
        vec!["config", "show"],
    ] {
        hear(world.run(args.iter().chain(&verbose)));
    }
    world.file("pass", "a wrong passphrase");
    hear(world.run(["auth", "status", "work", "--json"]));
    let lines = std::fs::read_to_string(world.dir().join("cmdlines")).unwrap();
    assert!(lines.contains("auth status work"), "{lines}");
    told.push_str(&lines);

    let hidden = [SECRET, PASSPHRASE, "not-the-password", "a wrong passphrase"];
    let mut looked_at = 0;
    let mut folders = vec![world.home()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            looked_at += 1;
            let bytes = std::fs::read(&path).unwrap();
            for secret in hidden {
                let found = bytes.windows(secret.len()).any(|w| w == secret.as_bytes());
                assert!(!found, "`{secret}` stands in {}", path.display());
            }
        }
    }
    assert!(looked_at >= 3, "the files were not found");
    for secret in hidden {
        assert!(!told.contains(secret), "`{secret}` was told:\n{told}");
    }
}

#[test]
fn a_store_that_only_pretends_is_no_part_of_the_binary() {
    let bytes = std::fs::read(binary()).unwrap();
    let holds = |words: &str| bytes.windows(words.len()).any(|w| w == words.as_bytes());
    assert!(holds("org.freedesktop.secrets"));
    // The words by which the pretending stores of the keyring's crate name themselves.
    for words in ["Mock store, https", "Sample store, https"] {
        assert!(!holds(words), "{words}");
    }
    // And without a keyring and a passphrase nothing claims to have kept a secret.
    let world = world(&["work"], "[secrets]\nstore = \"keyring\"");
    let run = login(&world, "work", SECRET).fails(4);
    assert!(run.stdout.is_empty(), "{run}");
    assert_eq!(secret_of(&world, "work"), "unknown");
}

#[test]
fn an_empty_environment_is_enough() {
    let world = with_passphrase(&["work"]);
    login(&world, "work", SECRET).ok();
    let output = Command::new("env")
        .arg("-i")
        .arg(format!("COMMS_HOME={}", world.home().display()))
        .arg(format!("COMMS_PASSPHRASE={PASSPHRASE}"))
        .args([binary(), "auth", "status", "work", "--json"])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("encrypted file"), "{text}");
}
