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

#[test]
fn no_password_goes_over_an_open_line_to_another_machine() {
    let world = World::new().config(
        &account(25, "none", "secret_command = \"echo annpw\"\n")
            .replace("localhost", "mail.example.com"),
    );
    let run = send(&world).fails(3);
    assert!(run.stderr.contains("tls"), "{run}");
}
