//! `auth add`, `default`, `rename` and `remove` through the binary: against Dovecot, a scripted SMTP server and a
//! small HTTP server that publishes settings.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::support::mail::{ANN, BOB, Mail};
use crate::support::smtp::{Script, Smtp};
use crate::support::{Run, World};

/// A world that keeps secrets in a file of its own.
fn world() -> World {
    World::new()
        .env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent/bus")
        .env("COMMS_PASSPHRASE", "correct horse")
}

fn config(world: &World) -> String {
    std::fs::read_to_string(world.home().join("config.toml")).unwrap_or_default()
}

/// The flags that name the private servers.
fn flags(mail: &Mail, more: &[&str]) -> Vec<String> {
    let words = [
        "auth".to_owned(),
        "add".to_owned(),
        "work".to_owned(),
        "--address".to_owned(),
        ANN.to_owned(),
        "--imap".to_owned(),
        format!("localhost:{}", mail.imaps),
        "--smtp".to_owned(),
        format!("localhost:{}", mail.submissions),
        "--ca-file".to_owned(),
        mail.ca(),
        "--json".to_owned(),
    ];
    let more = more.iter().map(|word| (*word).to_owned());
    words.into_iter().chain(more).collect()
}

/// Nothing in the config, nothing where secrets are kept.
#[track_caller]
fn nothing_written(world: &World, run: &Run) {
    assert_eq!(config(world), "", "{run}");
    assert!(!world.home().join("secrets").exists(), "{run}");
    let left: Vec<_> = std::fs::read_dir(world.home())
        .unwrap()
        .flatten()
        .map(|entry| entry.file_name())
        .filter(|name| name != "locks")
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn an_account_added_by_flags_is_proven_stored_and_told() {
    let Some(mail) = Mail::start() else { return };
    mail.deliver_text(ANN, "hello", "body");
    let world = world();
    let run = world
        .run_with("annpw\nmore\n", flags(&mail, &["--stdin"]))
        .ok();
    let report = run.json();
    assert_eq!(report["schema"], "comms.auth_add/1");
    assert_eq!(report["account"], "work");
    assert_eq!(report["secret"], "encrypted file", "{run}");
    assert_eq!(report["line"], 1);
    assert_eq!(report["default"], true);
    let servers = format!(
        "localhost:{} and localhost:{}",
        mail.imaps, mail.submissions
    );
    assert_eq!(report["server"], servers.as_str());
    let text = config(&world);
    assert!(
        text.starts_with("[accounts.work]\nchannel = \"imap\"\n"),
        "{text}"
    );
    assert!(!text.contains("annpw") && !run.stdout.contains("annpw"));
    let mode = std::fs::metadata(world.home().join("config.toml")).unwrap();
    let mode = std::os::unix::fs::PermissionsExt::mode(&mode.permissions());
    assert_eq!(mode & 0o777, 0o600);
    // Another process finds the secret.
    let synced = world
        .run(["inbox", "sync", "--account", "work", "--json"])
        .ok();
    assert_eq!(synced.json()["accounts"][0]["added"], 1);
    let again = world
        .run_with("annpw\n", flags(&mail, &["--stdin"]))
        .fails(2);
    assert!(again.stderr.contains("comms auth rename work"), "{again}");
}

#[test]
fn what_a_server_refuses_is_not_written() {
    let Some(mail) = Mail::start() else { return };
    let world = world();
    let run = world
        .run_with("wrong\n", flags(&mail, &["--stdin"]))
        .fails(4);
    assert!(run.stderr.contains("nothing was written"), "{run}");
    nothing_written(&world, &run);
    // Nobody is asked for a secret that the environment has.
    let secret = world_with_secret("alsowrong");
    let run = secret.run(flags(&mail, &[])).fails(4);
    nothing_written(&secret, &run);
    // The certificate is for localhost alone.
    let mut other = flags(&mail, &["--stdin"]);
    other[6] = format!("127.0.0.2:{}", mail.imaps);
    let run = world.run_with("annpw\n", &other);
    assert!([3, 7].contains(&run.code), "{run}");
    assert!(run.stderr.contains("not trusted"), "{run}");
    nothing_written(&world, &run);
    // No authority of ours: not trusted either, and the flag that helps is named.
    let unknown: Vec<_> = flags(&mail, &["--stdin"])
        .into_iter()
        .filter(|word| *word != "--ca-file" && *word != mail.ca())
        .collect();
    let run = world.run_with("annpw\n", &unknown);
    assert!([3, 7].contains(&run.code), "{run}");
    assert!(run.stderr.contains("--ca-file"), "{run}");
    nothing_written(&world, &run);
    // Nobody listens.
    let mut nobody = flags(&mail, &["--stdin"]);
    nobody[6] = format!("localhost:{}", free_port());
    let run = world.run_with("annpw\n", &nobody).fails(7);
    assert!(run.stderr.contains("can't be reached"), "{run}");
    nothing_written(&world, &run);
    // These servers know no tokens.
    let run = world.run_with("annpw\n", flags(&mail, &["--stdin", "--auth", "oauth"]));
    let run = run.fails(3);
    assert!(run.stderr.contains("--auth password"), "{run}");
    nothing_written(&world, &run);
}

fn world_with_secret(secret: &str) -> World {
    world().env("COMMS_SECRET_WORK", secret)
}

fn free_port() -> u16 {
    let held = TcpListener::bind("127.0.0.1:0").unwrap();
    held.local_addr().unwrap().port()
}

#[test]
fn a_server_without_starttls_gets_no_password() {
    let smtp = Smtp::scripted(Script {
        offers: Some(&["AUTH PLAIN LOGIN"]),
        ..Script::default()
    });
    let world = world();
    let server = format!("localhost:{}", smtp.port);
    let run = world
        .run_with(
            "pw\n",
            [
                "auth",
                "add",
                "work",
                "--address",
                ANN,
                "--smtp",
                &server,
                "--tls",
                "starttls",
                "--stdin",
                "--json",
            ],
        )
        .fails(3);
    assert!(run.stderr.contains("offers no STARTTLS"), "{run}");
    nothing_written(&world, &run);
    let elsewhere = "mail.example.com:25";
    let run = world
        .run([
            "auth",
            "add",
            "work",
            "--address",
            ANN,
            "--smtp",
            elsewhere,
            "--tls",
            "none",
            "--stdin",
        ])
        .fails(2);
    assert!(run.stderr.contains("in the clear"), "{run}");
    nothing_written(&world, &run);
}

#[test]
fn a_missing_value_is_named_by_its_flag() {
    let world = world();
    let base = "http://127.0.0.1:9";
    for (args, flag) in [
        (vec!["auth", "add"], "--address"),
        (vec!["auth", "add", "--channel", "maildir"], "--path"),
        (
            vec![
                "auth",
                "add",
                "--address",
                "a@example.com",
                "--no-discovery",
            ],
            "--imap",
        ),
        (
            vec![
                "auth",
                "add",
                "--channel",
                "smtp",
                "--address",
                "a@nowhere.invalid",
            ],
            "--smtp",
        ),
        (
            vec!["auth", "add", "--channel", "pigeon"],
            "imap, smtp, maildir",
        ),
        (vec!["auth", "add", "--address", "a b"], "display_name"),
        (
            vec!["auth", "add", "local", "--address", "a@example.com"],
            "another name",
        ),
        (vec!["auth", "remove", "local", "--yes"], "built-in"),
        (vec!["auth", "rename", "local", "mine"], "built-in"),
    ] {
        let mut command = world.command();
        command.args(&args).env("COMMS_DISCOVERY_URL", base);
        let output = command.stdin(Stdio::null()).output().unwrap();
        let words = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{args:?}: {words}");
        assert!(words.contains(flag), "{args:?}: {words}");
    }
}

#[test]
fn without_a_login_it_is_only_written_down() {
    let world = world();
    let args = [
        "auth",
        "add",
        "--address",
        "ada@Example.com",
        "--imap",
        "imap.example.com:143",
        "--smtp",
        "smtp.example.com",
        "--no-login",
        "--json",
    ];
    let report = world.run(args).ok().json();
    assert_eq!(
        (&report["account"], &report["secret"]),
        (&"example".into(), &"none".into())
    );
    assert_eq!(
        config(&world),
        "[accounts.example]\nchannel = \"imap\"\naddress = \"ada@Example.com\"\n\
         imap = \"imap.example.com:143\"\nsmtp = \"smtp.example.com\"\nimap_tls = \"starttls\"\n"
    );
    let report = world.run(args).ok().json();
    assert_eq!(report["account"], "ada");
    assert_eq!(report["default"], false);
    assert!(
        report["next_step"]
            .as_str()
            .unwrap()
            .contains("auth login ada")
    );
}

#[test]
fn the_file_of_an_oauth_client_is_read_also_without_a_login() {
    let world = world();
    let add = |name: &str, more: &[&str]| {
        let args = ["auth", "add", name, "--address", "ada@gmail.com"];
        let args = args.iter().chain(["--no-login", "--json"].iter());
        world.run(args.chain(more))
    };
    let run = add(
        "mail",
        &["--channel", "gmail", "--client-file", "nope.json"],
    )
    .fails(2);
    assert!(run.stderr.contains("nope.json"), "{run}");
    let json = r#"{"installed":{"client_id":"77.apps.example.com","client_secret":"s3cr3t-x"}}"#;
    world.file("client.json", json);
    let file = ["--client-file", "client.json"];
    let run = add("mail", &[&file[..], &["--channel", "gmail"]].concat()).ok();
    let next = run.json()["next_step"].as_str().unwrap().to_owned();
    assert!(next.contains("auth login mail --client-file"), "{next}");
    let now = config(&world);
    assert!(now.contains("client_id = \"77.apps.example.com\""), "{now}");
    assert!(!now.contains("s3cr3t"), "{now}");
    let run = add(
        "other",
        &[&file[..], &["--imap", "imap.example.com"]].concat(),
    )
    .fails(2);
    assert!(run.stderr.contains("OAuth"), "{run}");
    assert!(!config(&world).contains("other"), "{run}");
}

#[test]
fn a_comment_is_never_touched() {
    let Some(mail) = Mail::start() else { return };
    let text = "# mine\n\n[inbox]   # how\nmax_age = '5min'\n\n# the old one\n[accounts.old]\nchannel = \"maildir\"\npath = \"/srv\" # here\n# end\n";
    let world = world().config(text);
    world
        .run_with("annpw\n", flags(&mail, &["--stdin", "--default"]))
        .ok();
    let now = config(&world);
    let (head, tail) = text.split_once("# end").unwrap();
    assert!(now.starts_with(head), "{now}");
    assert!(now.ends_with(&format!("# end{tail}")), "{now}");
    assert!(now.contains("[defaults]\nemail = \"work\"\n"), "{now}");
    world.run(["auth", "remove", "work", "--yes"]).ok();
    let now = config(&world);
    assert!(now.starts_with(head) && !now.contains("work"), "{now}");
}

#[test]
fn two_adds_at_once_both_land() {
    let world = world();
    let children: Vec<_> = (0..6)
        .map(|n| {
            let name = format!("a{n}");
            world.spawn([
                "auth",
                "add",
                &name,
                "--address",
                "a@example.com",
                "--imap",
                "imap.example.com",
                "--no-login",
            ])
        })
        .collect();
    for child in children {
        assert!(child.wait_with_output().unwrap().status.success());
    }
    let text = config(&world);
    for n in 0..6 {
        assert!(text.contains(&format!("[accounts.a{n}]")), "{text}");
    }
}

#[test]
fn a_name_that_would_read_the_secret_of_another_account_is_refused() {
    let world = world();
    let add = |name: &str| world.run(["auth", "add", name, "--channel", "slack", "--no-login"]);
    add("a-b").ok();
    for (name, variable) in [
        ("a_b", "COMMS_SECRET_A_B "),
        ("a-b-tokens", "COMMS_SECRET_A_B_TOKENS "),
    ] {
        let run = add(name).fails(2);
        assert!(
            run.stderr.contains(variable) && run.stderr.contains("`a-b`"),
            "{run}"
        );
    }
    add("c").ok();
    world.run(["auth", "rename", "c", "a_b"]).fails(2);
    // Its own variable is no one else's.
    world.run(["auth", "rename", "a-b", "a_b"]).ok();
    assert!(config(&world).contains("[accounts.a_b]"));
    // What comms itself would call it is left out, too.
    let run = world.run([
        "auth",
        "add",
        "--address",
        "x@a-b.example",
        "--imap",
        "a-b.example",
        "--no-login",
        "--json",
    ]);
    assert_eq!(run.ok().json()["account"], "x");
}

#[test]
fn a_maildir_is_added_with_its_folder() {
    let world = world();
    let path = world.dir().join("Mail");
    let add = || world.run(["auth", "add", "--path", "Mail", "--json"]);
    let run = add().fails(2);
    assert!(run.stderr.contains("not a folder"), "{run}");
    for part in ["cur", "new", "tmp"] {
        std::fs::create_dir_all(path.join(part)).unwrap();
    }
    let report = add().ok().json();
    assert_eq!(report["account"], "mail");
    assert!(config(&world).contains(&format!("path = \"{}\"", path.display())));
}

/// An HTTP server that answers every request for one of these paths with its body; its requests go to the second.
fn publish(answers: Vec<(&'static str, String)>) -> (String, std::sync::mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (told, asked) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
            let request = lines.next().and_then(Result::ok).unwrap_or_default();
            while lines
                .next()
                .and_then(Result::ok)
                .is_some_and(|l| !l.is_empty())
            {}
            let path = request.split(' ').nth(1).unwrap_or_default().to_owned();
            let body = answers.iter().find(|(start, _)| path.starts_with(start));
            let _ = told.send(path.clone());
            let (status, body) = match body {
                Some((_, body)) => ("200 OK", body.as_str()),
                None => ("404 Not Found", "<html>"),
            };
            let _ = write!(
                stream,
                "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
                body.len()
            );
        }
    });
    (url, asked)
}

fn published(mail: &Mail) -> String {
    format!(
        "<?xml version=\"1.0\"?><clientConfig version=\"1.1\"><emailProvider id=\"example.com\">\
         <incomingServer type=\"imap\"><hostname>localhost</hostname><port>{}</port>\
         <socketType>STARTTLS</socketType><username>%EMAILADDRESS%</username>\
         <authentication>password-cleartext</authentication></incomingServer>\
         <outgoingServer type=\"smtp\"><hostname>localhost</hostname><port>{}</port>\
         <socketType>SSL</socketType><username>%EMAILADDRESS%</username>\
         <authentication>password-cleartext</authentication></outgoingServer>\
         </emailProvider></clientConfig>",
        mail.imap, mail.submissions
    )
}

#[test]
fn the_servers_of_an_address_are_found() {
    let Some(mail) = Mail::start() else { return };
    let bad = published(&mail).replace("<clientConfig", "<!DOCTYPE x []><clientConfig");
    let (url, asked) = publish(vec![
        ("/autoconfig.example.com/mail/", bad),
        ("/ispdb/example.com", published(&mail)),
    ]);
    let world = world().env("COMMS_DISCOVERY_URL", &url);
    let run = world
        .run_with(
            "annpw\n",
            [
                "auth",
                "add",
                "--address",
                ANN,
                "--ca-file",
                &mail.ca(),
                "--stdin",
                "--json",
            ],
        )
        .ok();
    assert_eq!(run.json()["account"], "example");
    assert!(run.stderr.contains("document type"), "{run}");
    let text = config(&world);
    for line in [
        format!("imap = \"localhost:{}\"", mail.imap),
        format!("smtp = \"localhost:{}\"", mail.submissions),
        "imap_tls = \"starttls\"".to_owned(),
        "smtp_tls = \"tls\"".to_owned(),
    ] {
        assert!(text.contains(&line), "{text}");
    }
    let mut paths: Vec<_> = asked.try_iter().collect();
    paths.sort();
    assert_eq!(
        paths,
        [
            "/autoconfig.example.com/mail/config-v1.1.xml?emailaddress=ann@example.com",
            "/example.com/.well-known/autoconfig/mail/config-v1.1.xml",
            "/ispdb/example.com"
        ]
    );
    let run = world
        .run([
            "auth",
            "add",
            "x",
            "--address",
            BOB,
            "--no-discovery",
            "--no-login",
        ])
        .fails(2);
    assert!(run.stderr.contains("--imap"), "{run}");
    assert_eq!(asked.try_iter().count(), 0);
    let far = world.run(["config", "path"]);
    assert_eq!(far.code, 0);
    let mut command = world.command();
    command
        .env("COMMS_DISCOVERY_URL", "http://evil.example:80")
        .arg("inbox");
    assert_eq!(command.output().unwrap().status.code(), Some(3));
}

#[test]
fn a_person_is_led_through() {
    let Some(mail) = Mail::start() else { return };
    let (url, _asked) = publish(vec![("/ispdb/example.com", published(&mail))]);
    let world = world().env("COMMS_DISCOVERY_URL", &url);
    let mut session = world.at_terminal(["auth", "add", "--ca-file", &mail.ca()]);
    session.exp_string("What kind of account").unwrap();
    session.send("\r").unwrap();
    session.flush().unwrap();
    // A slip is told and asked about again; it doesn't end the conversation.
    for (shown, answer) in [
        ("Address", Some("ann at example")),
        ("is not a mail address", None),
        ("Address", Some(ANN)),
        ("Your name", Some("Ann Example")),
        ("be called", Some("My Mail")),
        ("can't be the name of an account", None),
        ("be called", Some("")),
    ] {
        session.exp_string(shown).unwrap();
        if let Some(answer) = answer {
            session.send_line(answer).unwrap();
        }
    }
    session.exp_string("These servers were found").unwrap();
    session.send("\r").unwrap();
    session.flush().unwrap();
    session.exp_string("Password for").unwrap();
    session.send_line("annpw").unwrap();
    let shown = session.exp_eof().unwrap();
    assert!(shown.contains("took the login"), "{shown}");
    assert!(shown.contains("[accounts.example]"), "{shown}");
    assert!(!shown.contains("annpw"), "{shown}");
    assert!(config(&world).contains("display_name = \"Ann Example\""));
    world.run(["auth", "status", "example"]).ok();
}

#[test]
fn an_interruption_leaves_nothing() {
    let Some(mail) = Mail::start() else { return };
    let world = world();
    // At a question.
    let args: Vec<_> = flags(&mail, &[])
        .into_iter()
        .filter(|w| w != "--json")
        .collect();
    let mut session = world.at_terminal(&args);
    session.exp_string("Password for").unwrap();
    session.send_control('c').unwrap();
    session.exp_eof().unwrap();
    let nothing = Run {
        stdout: String::new(),
        stderr: String::new(),
        code: 0,
        bytes: Vec::new(),
    };
    nothing_written(&world, &nothing);
    // While a server keeps us waiting.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut args = flags(&mail, &["--stdin"]);
    args[6] = format!("localhost:{}", silent.local_addr().unwrap().port());
    let child = world.spawn(&args);
    let _held = silent.accept().unwrap();
    let began = Instant::now();
    let _ = std::process::Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    assert!(began.elapsed() < Duration::from_secs(5));
    nothing_written(&world, &nothing);
}

#[test]
fn a_renamed_account_keeps_messages_outbox_and_secret() {
    let Some(mail) = Mail::start() else { return };
    mail.deliver_text(ANN, "first", "body");
    mail.deliver_text(ANN, "second", "body");
    let world = world();
    world
        .run_with("annpw\n", flags(&mail, &["--stdin", "--default"]))
        .ok();
    world.run(["inbox", "sync", "--account", "work"]).ok();
    world.run(["send", BOB, "-s", "hi", "-m", "hi"]).ok();
    let rows = |world: &World| {
        let report = world.run(["search", "in:inbox", "--json"]).ok().json();
        let rows = report["messages"].as_array().unwrap().clone();
        rows.iter()
            .map(|row| {
                (
                    row["id"].clone(),
                    row["account"].clone(),
                    row["thread"].clone(),
                )
            })
            .collect::<Vec<_>>()
    };
    let before = rows(&world);
    assert_eq!(before.len(), 2);
    let report = world
        .run(["auth", "rename", "work", "office", "--json"])
        .ok();
    let report = report.json();
    assert_eq!(
        (&report["was"], &report["account"]),
        (&"work".into(), &"office".into())
    );
    assert_eq!(report["secrets"], 1);
    assert_eq!(report["items"], 1);
    let after = rows(&world);
    for (was, is) in before.iter().zip(&after) {
        assert_eq!((&was.0, &was.2), (&is.0, &is.2));
        assert_eq!(is.1, "office");
    }
    let text = config(&world);
    assert!(
        text.contains("[accounts.office]") && text.contains("email = \"office\""),
        "{text}"
    );
    assert!(!text.contains("work"), "{text}");
    let synced = world
        .run(["inbox", "sync", "--account", "office", "--json"])
        .ok()
        .json();
    assert_eq!(synced["accounts"][0]["added"], 0, "{synced}");
    assert_eq!(synced["accounts"][0]["removed"], 0, "{synced}");
    let items = world.run(["outbox", "list", "--all", "--json"]).ok().json();
    assert_eq!(items["items"][0]["account"], "office");
    world.run(["send", BOB, "-s", "again", "-m", "hi"]).ok();
    let doctor = world.run(["doctor", "--json"]).json();
    let checks = doctor["checks"].as_array().unwrap();
    let store = checks
        .iter()
        .find(|check| check["name"] == "store")
        .unwrap();
    assert_eq!(store["state"], "ok", "{store}");
    world.run(["auth", "rename", "work", "office"]).fails(3);
    world.run(["auth", "rename", "office", "office"]).fails(2);
    world.run(["auth", "rename", "office", "Bad Name"]).fails(2);
}

#[test]
fn a_rename_that_was_cut_short_is_completed() {
    let Some(mail) = Mail::start() else { return };
    mail.deliver_text(ANN, "first", "body");
    let world = world();
    world.run_with("annpw\n", flags(&mail, &["--stdin"])).ok();
    world.run(["inbox", "sync", "--account", "work"]).ok();
    // As a crash leaves it between store and config, after which someone synced.
    let store = comms::store::Store::at(&world.home());
    store.rename_account("work", "office").unwrap();
    drop(store);
    std::fs::write(world.home().join("locks/+renaming"), "work office\n").unwrap();
    world.run(["inbox", "sync", "--account", "work"]).ok();
    world.run(["auth", "rename", "work", "office"]).ok();
    let report = world.run(["search", "first", "--json"]).ok().json();
    let rows = report["messages"].as_array().unwrap();
    assert_eq!(rows.len(), 1, "{report}");
    assert_eq!(
        (&rows[0]["id"], &rows[0]["account"]),
        (&"m1".into(), &"office".into())
    );
    // And after the config: only the old secret is left.
    std::fs::write(world.home().join("locks/+renaming"), "work office\n").unwrap();
    world.run(["auth", "rename", "work", "office"]).ok();
    world.run(["auth", "status", "office"]).ok();
    assert!(!world.home().join("locks/+renaming").exists());
}

#[test]
fn a_hook_that_names_an_account_goes_with_its_new_name_and_keeps_it_from_removal() {
    let world = World::new().config(
        "[accounts.work]\nchannel = \"maildir\"\npath = \"/srv/mail\"\n\n[hooks.desk]\nurl = \"https://example.com/h\"\naccounts = [\"work\"] # mine\n",
    );
    world.run(["auth", "rename", "work", "office"]).ok();
    let text = config(&world);
    assert!(text.contains("accounts = [\"office\"] # mine"), "{text}");
    let run = world.run(["auth", "remove", "office", "--yes"]).fails(6);
    assert!(run.stderr.contains("[hooks.desk]"), "{run}");
    assert_eq!(config(&world), text);
}

#[test]
fn a_removed_account_leaves_its_messages_unless_told() {
    let Some(mail) = Mail::start() else { return };
    mail.deliver_text(ANN, "first", "body");
    let world = world();
    world
        .run_with("annpw\n", flags(&mail, &["--stdin", "--default"]))
        .ok();
    world.run(["inbox", "sync", "--account", "work"]).ok();
    let run = world.run(["auth", "remove", "work"]).fails(2);
    assert!(run.stderr.contains("--yes"), "{run}");
    world
        .run(["send", BOB, "-s", "hi", "-m", "hi", "--queue"])
        .ok();
    let refused = world.run(["auth", "remove", "work", "--yes"]).fails(6);
    assert!(
        refused.stderr.contains("comms outbox cancel o1"),
        "{refused}"
    );
    world.run(["outbox", "cancel", "o1"]).ok();
    let report = world
        .run(["auth", "remove", "work", "--yes", "--json"])
        .ok()
        .json();
    assert_eq!(report["secret_removed"], true, "{report}");
    assert_eq!(report["messages_kept"], 1, "{report}");
    assert!(!config(&world).contains("work"));
    let found = || {
        world
            .run(["search", "first", "--count", "--json"])
            .ok()
            .json()
    };
    assert_eq!(found()["total"], 1, "{}", found());
    let report = world
        .run(["auth", "remove", "work", "--forget", "--yes", "--json"])
        .ok()
        .json();
    assert_eq!(report["messages_forgotten"], 1);
    assert_eq!(found()["total"], 0);
    world
        .run(["auth", "remove", "work", "--forget", "--yes"])
        .fails(3);
}

#[test]
fn what_stands_in_the_way_of_a_removal_is_settled_as_the_hint_says() {
    let world = world();
    let add = [
        "auth",
        "add",
        "out",
        "--address",
        "a@example.com",
        "--smtp",
        "127.0.0.1:1",
        "--tls",
        "none",
        "--no-login",
    ];
    world.run(add).ok();
    for flag in ["--queue", "--draft"] {
        let send = ["send", "bob@example.com", "-s", "x", "-m", "x", flag];
        world.run(send).ok();
    }
    for _ in 0..2 {
        let run = world.run(["auth", "remove", "out", "--yes"]).fails(6);
        let hint = run
            .stderr
            .lines()
            .find(|l| l.starts_with("hint: "))
            .unwrap();
        let mut commands = hint.split('`').skip(1).step_by(2);
        let cancel = commands.find(|c| c.contains("cancel")).unwrap();
        world.run(cancel.split(' ').skip(1)).ok();
        for command in commands {
            world.run(command.split(' ').skip(1)).ok();
        }
    }
    world.run(["auth", "remove", "out", "--yes"]).ok();
}

#[test]
fn the_default_is_chosen_by_command() {
    let world = world();
    for name in ["one", "two"] {
        world
            .run([
                "auth",
                "add",
                name,
                "--address",
                "a@example.com",
                "--smtp",
                "smtp.example.com",
                "--no-login",
            ])
            .ok();
    }
    let run = world
        .run(["send", "bob@example.com", "-s", "x", "-m", "x"])
        .fails(2);
    assert!(run.stderr.contains("`comms auth default one`"), "{run}");
    let set = |args: &[&str]| {
        let mut all = vec!["auth", "default", "--json"];
        all.extend(args);
        world.run(all)
    };
    let report = set(&["two"]).ok().json();
    assert_eq!(
        (&report["account"], &report["changed"]),
        (&"two".into(), &true.into())
    );
    assert_eq!(set(&["two"]).ok().json()["changed"], false);
    assert!(config(&world).contains("[defaults]\nemail = \"two\"\n"));
    assert_eq!(
        set(&["--unset"]).ok().json()["account"],
        serde_json::Value::Null
    );
    assert!(!config(&world).contains("email = "));
    // Without a keyring there is no secret that could stay behind.
    let run = world.run(["auth", "rename", "two", "three"]).ok();
    assert!(run.stderr.contains("no stored secret was moved"), "{run}");
    world.run(["auth", "remove", "three", "--yes"]).ok();
    set(&["three"]).fails(3);
    set(&[]).fails(2);
}

#[test]
fn a_full_disk_leaves_the_config_as_it_was() {
    let text = "# mine\n[defaults]\nemail = \"local\"\n";
    let world = world().config(text);
    world.run(["auth", "default", "local"]).ok();
    // No file of this process may grow: its writes fail as on a full disk.
    let mut command = world.command_of("sh");
    command.args([
        "-c",
        "trap '' XFSZ; ulimit -f 0; exec \"$0\" auth default --unset",
        crate::support::binary(),
    ]);
    let output = command.stdin(Stdio::null()).output().unwrap();
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{words}");
    assert!(words.contains("the config was not changed"), "{words}");
    assert_eq!(config(&world), text);
    let left: Vec<_> = std::fs::read_dir(world.home()).unwrap().flatten().collect();
    assert_eq!(left.len(), 2, "{left:?}");
}

#[test]
fn an_account_that_others_fall_back_to_is_not_removed() {
    let account = |name: &str, more: &str| {
        format!(
            "[accounts.{name}]\nchannel = \"smtp\"\naddress = \"a@example.com\"\nsmtp = \"127.0.0.1:1\"\ntls = \"none\"\n{more}\n"
        )
    };
    let config = account("work", "fallback = \"backup\"") + &account("backup", "");
    let world = World::new().config(&config);
    let run = world.run(["auth", "remove", "backup", "--yes"]).fails(6);
    assert!(
        run.stderr.contains("`work`") && run.stderr.contains("hint: "),
        "{run}"
    );
    world.run(["auth", "remove", "work", "--yes"]).ok();
    world.run(["auth", "remove", "backup", "--yes"]).ok();
}
