//! SMTP logins and TLS through the binary: Dovecot's submission, and servers that follow a script.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::support::World;
use crate::support::mail::{ANN, BOB, Mail};
use crate::support::smtp::{Script, Smtp};

/// An account that only sends, with a password.
fn account(port: u16, tls: &str, more: &str) -> String {
    format!(
        "[accounts.work]\nchannel = \"smtp\"\naddress = \"{ANN}\"\nsmtp = \"localhost:{port}\"\ntls = \"{tls}\"\n{more}"
    )
}

fn send(world: &World) -> crate::support::Run {
    world.run(["send", BOB, "-s", "hello", "-m", "hello", "--json"])
}

fn base64(text: &str) -> String {
    STANDARD.encode(text)
}

#[test]
fn mail_leaves_over_tls_and_starttls() {
    let Some(mail) = Mail::start() else { return };
    let secret = format!(
        "ca_file = \"{}\"\nsecret_command = \"echo annpw\"\n",
        mail.ca()
    );
    for (n, (port, tls)) in [(mail.submissions, "tls"), (mail.submission, "starttls")]
        .into_iter()
        .enumerate()
    {
        let world = World::new().config(&account(port, tls, &secret));
        let report = send(&world).ok().json();
        assert_eq!(report["items"][0]["state"], "sent");
        let doctor = world.run(["doctor", "--json"]).json();
        let smtp = doctor["checks"]
            .as_array()
            .unwrap()
            .iter()
            .find(|c| c["name"] == "work: smtp")
            .unwrap()
            .clone();
        assert_eq!(smtp["state"], "ok", "{smtp}");
        let mut bob = mail.client(BOB);
        let said = bob.run("SELECT INBOX");
        assert!(said.contains(&format!("* {} EXISTS", n + 1)), "{said}");
    }
}

#[test]
fn a_server_that_can_not_be_trusted_gets_nothing() {
    let Some(mail) = Mail::start() else { return };
    for (port, tls) in [(mail.submissions, "tls"), (mail.submission, "starttls")] {
        let world = World::new().config(&account(port, tls, "secret_command = \"echo annpw\"\n"));
        let run = send(&world).fails(3);
        let error = run.json_error();
        assert!(
            error["error"]["message"]
                .as_str()
                .unwrap()
                .contains("is not trusted"),
            "{run}"
        );
        assert!(!run.stderr.contains("annpw"), "{run}");
        assert_eq!(
            world.run(["outbox", "list", "--json"]).ok().json()["items"][0]["state"],
            "failed"
        );
    }
    assert!(!mail.log().contains("Login: user="), "{}", mail.log());
}

#[test]
fn a_wrong_password_ends_the_send_and_keeps_nothing_that_goes_by_itself() {
    let Some(mail) = Mail::start() else { return };
    let secret = format!(
        "ca_file = \"{}\"\nsecret_command = \"echo wrong-secret\"\n",
        mail.ca()
    );
    let world = World::new().config(&account(mail.submissions, "tls", &secret));
    let run = send(&world).fails(4);
    let error = run.json_error();
    assert_eq!(error["error"]["code"], "auth");
    assert_eq!(error["error"]["item"], "o1");
    assert!(!run.stderr.contains("wrong-secret"), "{run}");
    let show = world.run(["outbox", "show", "o1", "--json"]).ok();
    assert_eq!(show.json()["state"], "failed");
    assert!(!show.stdout.contains("wrong-secret"), "{show}");
    world.run(["outbox", "run"]).ok();
    assert_eq!(
        world.run(["outbox", "show", "o1", "--json"]).json()["tries"],
        1
    );
    world.run(["doctor"]).fails(4);
}

#[test]
fn tls_on_the_wrong_port_says_so() {
    let Some(mail) = Mail::start() else { return };
    let secret = format!(
        "ca_file = \"{}\"\nsecret_command = \"echo annpw\"\n",
        mail.ca()
    );
    for (port, tls) in [(mail.submission, "tls"), (mail.submissions, "starttls")] {
        let world = World::new().config(&account(port, tls, &secret));
        let run = world
            .run([
                "send",
                BOB,
                "-s",
                "x",
                "-m",
                "x",
                "--no-queue",
                "--timeout",
                "3s",
                "--json",
            ])
            .fails(7);
        assert!(run.json_error()["error"]["hint"].is_string(), "{run}");
    }
}

/// EHLO lines, the server's answers, the account's secret, what has to be said.
type Case = (
    &'static [&'static str],
    &'static [&'static str],
    &'static str,
    Vec<String>,
);

#[test]
fn plain_login_and_tokens_are_spoken_as_their_documents_say() {
    let password = "username = \"ann\"\nsecret_command = \"echo p\u{e4}ss\"\n";
    let token = "auth = \"oauth\"\nsecret_command = \"echo tok3n\"\n";
    let cases: [Case; 4] = [
        (
            &["AUTH LOGIN PLAIN"],
            &["235 ok"],
            password,
            vec![format!("AUTH PLAIN {}", base64("\0ann\0p\u{e4}ss"))],
        ),
        (
            &["AUTH=LOGIN"],
            &["334 VXNlcm5hbWU6", "334 UGFzc3dvcmQ6", "235 ok"],
            password,
            vec!["AUTH LOGIN".to_owned(), base64("ann"), base64("p\u{e4}ss")],
        ),
        (
            &["AUTH XOAUTH2 OAUTHBEARER PLAIN"],
            &["235 ok"],
            token,
            vec![format!(
                "AUTH XOAUTH2 {}",
                base64(&format!("user={ANN}\x01auth=Bearer tok3n\x01\x01"))
            )],
        ),
        (
            &["AUTH OAUTHBEARER"],
            &["235 ok"],
            token,
            vec![format!(
                "AUTH OAUTHBEARER {}",
                base64(&format!("n,a={ANN},\x01auth=Bearer tok3n\x01\x01"))
            )],
        ),
    ];
    for (offers, auth, secret, wanted) in cases {
        let server = Smtp::scripted(Script {
            offers: Some(offers),
            auth,
            ..Script::default()
        });
        let config = account(server.port, "none", secret).replace("localhost", "127.0.0.1");
        let world = World::new().config(&config);
        send(&world).ok();
        let said = server.commands();
        let at = said.iter().position(|c| c.starts_with("AUTH")).unwrap();
        assert_eq!(&said[at..at + wanted.len()], wanted, "{offers:?}");
        assert_eq!(server.received().len(), 1);
    }
}

#[test]
fn a_refused_token_is_an_auth_error_and_its_challenge_is_answered() {
    for (offers, end) in [("AUTH XOAUTH2", ""), ("AUTH OAUTHBEARER", "AQ==")] {
        let offers: &'static [&'static str] = if end.is_empty() {
            &["AUTH XOAUTH2"]
        } else {
            assert_eq!(offers, "AUTH OAUTHBEARER");
            &["AUTH OAUTHBEARER"]
        };
        let server = Smtp::scripted(Script {
            offers: Some(offers),
            auth: &["334 eyJzdGF0dXMiOiI0MDAifQ==", "535 5.7.8 token expired"],
            ..Script::default()
        });
        let config = account(
            server.port,
            "none",
            "auth = \"oauth\"\nsecret_command = \"echo tok3n\"\n",
        )
        .replace("localhost", "127.0.0.1");
        let world = World::new().config(&config);
        let run = send(&world).fails(4);
        assert!(run.stderr.contains("token expired"), "{run}");
        assert!(!run.stderr.contains("tok3n\""), "{run}");
        let said = server.commands();
        let at = said.iter().position(|c| c.starts_with("AUTH")).unwrap();
        assert_eq!(said[at + 1], end);
        assert_eq!(server.received().len(), 0);
    }
}

/// EHLO lines, the server's answers, how the account logs in.
type Echoed = (
    &'static [&'static str],
    &'static [&'static str],
    &'static str,
);

#[test]
fn a_server_that_repeats_the_login_is_not_quoted() {
    let password = "username = \"ann\"\nsecret_command = \"echo hunter2\"\n";
    let token = "auth = \"oauth\"\nsecret_command = \"echo hunter2\"\n";
    // What "\0ann\0hunter2", "hunter2" and the beginning of `user=ann@…` are in base64.
    let cases: [Echoed; 5] = [
        (
            &["AUTH PLAIN"],
            &["500-5.5.1 unrecognized: AUTH PLAIN AGFubgBodW50ZXIy\r\n500 ha"],
            password,
        ),
        (&["AUTH PLAIN"], &["535 not AGFubgBodW50..."], password),
        (
            &["AUTH LOGIN"],
            &[
                "334 VXNlcm5hbWU6",
                "334 UGFzc3dvcmQ6",
                "500 5.5.1 Command unrecognized: \"aHVudGVyMg==\"",
            ],
            password,
        ),
        (
            &["AUTH LOGIN"],
            &["334 x", "334 x", "454 hunter2?"],
            password,
        ),
        (
            &["AUTH XOAUTH2"],
            &["535 dXNlcj1hbm5AZXhhbXBsZS5jb20BYXV0"],
            token,
        ),
    ];
    for (offers, auth, secret) in cases {
        let server = Smtp::scripted(Script {
            offers: Some(offers),
            auth,
            ..Script::default()
        });
        let config = account(server.port, "none", secret).replace("localhost", "127.0.0.1");
        let world = World::new().config(&config).env("RUST_LOG", "trace");
        let run = send(&world);
        assert_ne!(run.code, 0, "{run}");
        let show = world.run(["outbox", "show", "o1", "--json"]).ok();
        for secret in ["hunter2", "AGFubgBodW50", "aHVudGVyMg", "dXNlcj1hbm5A"] {
            for said in [&run, &show] {
                assert!(!said.stdout.contains(secret), "{said}");
                assert!(!said.stderr.contains(secret), "{said}");
            }
        }
    }
}

/// What a server answers to a line.
type Speaks = fn(&str) -> String;

/// A server of which each connection is greeted so, and answers each line by a script; what it was told.
fn stripped(
    greeting: &'static str,
    answer: Speaks,
) -> (u16, std::sync::Arc<std::sync::Mutex<Vec<String>>>) {
    use std::io::{BufRead, BufReader, Write};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let heard = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let keep = heard.clone();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let keep = keep.clone();
            std::thread::spawn(move || {
                let _ = stream.write_all(greeting.as_bytes());
                let mut lines = BufReader::new(stream.try_clone().unwrap());
                let mut line = Vec::new();
                while lines.read_until(b'\n', &mut line).is_ok_and(|n| n > 0) {
                    let said = String::from_utf8_lossy(&line).trim_end().to_owned();
                    keep.lock().unwrap().push(said.clone());
                    let _ = stream.write_all(answer(&said).as_bytes());
                    line.clear();
                }
            });
        }
    });
    (port, heard)
}

#[test]
fn a_line_that_is_stripped_of_starttls_or_spoken_into_gets_no_password() {
    // (offers and answers) of someone in the middle.
    let smtp: [Speaks; 4] = [
        |said| match said {
            s if s.starts_with("EHLO") => "250-x\r\n250 AUTH PLAIN\r\n".to_owned(),
            _ => "235 welcome\r\n".to_owned(),
        },
        |said| match said {
            s if s.starts_with("EHLO") => "250-STARTTLS\r\n250 AUTH PLAIN\r\n".to_owned(),
            "STARTTLS" => "454 not now\r\n".to_owned(),
            _ => "235 welcome\r\n".to_owned(),
        },
        |said| match said {
            s if s.starts_with("EHLO") => "500 what?\r\n".to_owned(),
            _ => "250 AUTH PLAIN\r\n".to_owned(),
        },
        // What comes with the answer would be read as if it had come by TLS (CVE-2011-0411).
        |said| match said {
            s if s.starts_with("EHLO") => "250-STARTTLS\r\n250 AUTH PLAIN\r\n".to_owned(),
            "STARTTLS" => "220 go\r\n250-evil\r\n250 AUTH PLAIN\r\n235 welcome\r\n".to_owned(),
            _ => "235 welcome\r\n".to_owned(),
        },
    ];
    for (n, answer) in smtp.into_iter().enumerate() {
        let (port, heard) = stripped("220 x\r\n", answer);
        let config = account(port, "starttls", "secret_command = \"echo hunter2\"\n");
        let world = World::new().config(&config.replace("localhost", "127.0.0.1"));
        let run = world.run(["send", BOB, "-s", "x", "-m", "x", "--no-queue"]);
        assert!([3, 7].contains(&run.code), "{n}: {run}");
        let heard = heard.lock().unwrap();
        let harmless = ["EHLO", "HELO", "STARTTLS", "QUIT"];
        let told = |line: &String| harmless.iter().any(|verb| line.starts_with(verb));
        assert!(heard.iter().all(told), "{n}: {heard:?}");
    }
    let imap: [(&str, Speaks); 3] = [
        ("* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] x\r\n", |said| {
            format!("{} BAD what?\r\n", said.split(' ').next().unwrap())
        }),
        // Logged in already, as whoever is in the middle.
        ("* PREAUTH [CAPABILITY IMAP4rev1] x\r\n", |said| {
            format!("{} BAD not now\r\n", said.split(' ').next().unwrap())
        }),
        ("* OK [CAPABILITY IMAP4rev1 STARTTLS] x\r\n", |said| {
            let tag = said.split(' ').next().unwrap();
            format!("{tag} OK go\r\n* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\nc1 OK done\r\n")
        }),
    ];
    for (greeting, answer) in imap {
        let (port, heard) = stripped(greeting, answer);
        let world = World::new().config(&format!(
            "[accounts.work]\nchannel = \"imap\"\naddress = \"{ANN}\"\nimap = \"127.0.0.1:{port}\"\n\
             tls = \"starttls\"\nsecret_command = \"echo hunter2\"\n"
        ));
        let run = world.run(["inbox", "sync", "--account", "work"]);
        assert!([3, 7].contains(&run.code), "{greeting}: {run}");
        let heard = heard.lock().unwrap();
        let told = |line: &String| {
            ["STARTTLS", "LOGOUT"]
                .iter()
                .any(|verb| line.ends_with(verb))
        };
        assert!(heard.iter().all(told), "{greeting}: {heard:?}");
    }
}

#[test]
fn no_password_goes_over_an_open_line_to_another_machine() {
    let world = World::new().config(
        &account(25, "none", "secret_command = \"echo annpw\"\n")
            .replace("localhost", "mail.example.com"),
    );
    let run = send(&world).fails(3);
    assert!(run.stderr.contains("tls"), "{run}");
}
