//! Logins by OAuth at a real authorization server, kept in a real keyring, used at a Dovecot that asks about tokens.

use std::io::{BufRead, BufReader, Read};
use std::process::Child;

use crate::support::desktop::Desktop;
use crate::support::mail::{ANN, Kind, Mail, Tokens};
use crate::support::oidc::{self, Answer, Oidc};
use crate::support::{Run, World};

/// All parts of a login: they end with the value.
struct Scene {
    oidc: Oidc,
    mail: Mail,
    _desktop: Desktop,
    world: World,
}

/// What differs from the usual scene.
#[derive(Clone, Copy)]
struct Set {
    /// Seconds an access token lives.
    ttl: u32,
    mechanisms: &'static str,
    /// More lines of the account.
    more: &'static str,
}

const USUAL: Set = Set {
    ttl: 3600,
    mechanisms: "xoauth2 oauthbearer",
    more: "",
};

impl Scene {
    fn start(set: Set) -> Option<Scene> {
        let oidc = Oidc::start(set.ttl)?;
        let desktop = Desktop::start()?;
        let mail = Mail::start_as(Kind {
            tokens: Some(Tokens {
                port: oidc.port,
                mechanisms: set.mechanisms,
            }),
            ..Kind::default()
        })?;
        let account = mail
            .account("work")
            .replace("secret_command = \"echo annpw\"\n", &oidc.keys());
        let world = World::new()
            .config(&format!("{account}{}", set.more))
            .env("DBUS_SESSION_BUS_ADDRESS", &desktop.bus);
        Some(Scene {
            oidc,
            mail,
            _desktop: desktop,
            world,
        })
    }

    fn run(&self, args: &[&str]) -> Run {
        self.world.run(args)
    }

    /// Begins a login in a browser: the process that waits, and the address it shows.
    fn begin(&self, more: &[&str]) -> Waiting {
        let mut args = vec!["auth", "login", "work", "--no-browser", "--json"];
        args.extend(more);
        Waiting::begin(&self.world, &args)
    }

    /// A whole login as ann.
    fn log_in(&self) -> Run {
        let waiting = self.begin(&[]);
        let end = self.oidc.visit(&waiting.url, ANN, Answer::Allow);
        let page = oidc::open(&end);
        assert!(page.contains("Done"), "{page}");
        waiting.end()
    }
}

/// A login that waits for its redirect.
struct Waiting {
    child: Child,
    stderr: BufReader<std::process::ChildStderr>,
    url: String,
    said: String,
}

impl Waiting {
    fn begin(world: &World, args: &[&str]) -> Waiting {
        let mut child = world.spawn(args);
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let mut said = String::new();
        let url = loop {
            let mut line = String::new();
            let n = stderr.read_line(&mut line).unwrap();
            said.push_str(&line);
            assert!(n > 0, "it ended without an address: {said}");
            if let Some(at) = line.find("http://127.0.0.1") {
                break line[at..].trim().to_owned();
            }
        };
        Waiting {
            child,
            stderr,
            url,
            said,
        }
    }

    /// The address it listens at.
    fn redirect_uri(&self) -> String {
        let from = self.url.split("redirect_uri=").nth(1).unwrap();
        let uri = from.split('&').next().unwrap();
        uri.replace("%3A", ":").replace("%2F", "/")
    }

    fn state(&self) -> String {
        let from = self.url.split("&state=").nth(1).unwrap();
        from.split('&').next().unwrap().to_owned()
    }

    fn end(mut self) -> Run {
        let mut stdout = String::new();
        let mut out = self.child.stdout.take().unwrap();
        out.read_to_string(&mut stdout).unwrap();
        self.stderr.read_to_string(&mut self.said).unwrap();
        let status = self.child.wait().unwrap();
        Run {
            bytes: stdout.clone().into_bytes(),
            stdout,
            stderr: self.said,
            code: status.code().unwrap_or(-1),
        }
    }
}

#[test]
fn a_login_in_a_browser_serves_imap_and_smtp_by_either_mechanism() {
    for mechanisms in ["xoauth2", "oauthbearer"] {
        let Some(scene) = Scene::start(Set {
            mechanisms,
            ..USUAL
        }) else {
            return;
        };
        let waiting = scene.begin(&[]);
        for part in [
            "code_challenge_method=S256",
            "response_type=code",
            "prompt=consent",
            "login_hint=ann%40example.com",
        ] {
            assert!(waiting.url.contains(part), "{}", waiting.url);
        }
        let end = scene.oidc.visit(&waiting.url, ANN, Answer::Allow);
        assert!(oidc::open(&end).contains("Done"));
        let run = waiting.end().ok();
        let change = run.json();
        assert_eq!(change["stored_in"], "Secret Service keyring", "{run}");
        assert_eq!(
            change["scopes"],
            serde_json::json!(["openid", "offline_access", "mail"])
        );
        assert_eq!(change["expires_at"], "2026-11-21T13:00:00Z", "{run}");
        assert_eq!(change["warnings"], serde_json::json!([]), "{run}");

        scene.mail.deliver_text(ANN, "by token", "body");
        let run = scene
            .run(&["inbox", "sync", "--account", "work", "--json"])
            .ok();
        assert_eq!(run.json()["accounts"][0]["added"], 1, "{run}");
        let sent = [
            "send",
            ANN,
            "-m",
            "hi",
            "-s",
            "by token, too",
            "--from",
            "work",
        ];
        scene.run(&sent).ok();
        let run = scene.run(&["auth", "status", "work", "--json"]).ok();
        let row = &run.json()["accounts"][0];
        assert_eq!(row["state"], "ok", "{run}");
        assert_eq!(row["provider"], scene.oidc.issuer.as_str(), "{run}");
        assert_eq!(row["secret"], "Secret Service keyring", "{run}");
        assert_eq!(row["refreshed_at"], serde_json::Value::Null, "{run}");
        assert_eq!(scene.oidc.count("granted refresh_token"), 0);
        // A second login needs no consent.
        let waiting = scene.begin(&[]);
        assert!(!waiting.url.contains("prompt="), "{}", waiting.url);
        drop(waiting.child);
    }
}

#[test]
fn a_redirect_that_is_not_the_answer_ends_the_login_with_words() {
    let Some(scene) = Scene::start(USUAL) else {
        return;
    };
    let issuer = scene.oidc.issuer.clone();
    for (redirect, words) in [
        ("code=x&state=other".to_owned(), "another login"),
        ("code=x".to_owned(), "which login"),
        (
            format!("error=access_denied&state=STATE&iss={issuer}"),
            "said no",
        ),
        (
            "code=x&state=STATE&iss=https://evil.example".to_owned(),
            "comes from `https://evil.example`",
        ),
        ("code=x&state=STATE".to_owned(), "no `iss`"),
        (
            format!("code=stolen&state=STATE&iss={issuer}"),
            "no longer takes the code",
        ),
    ] {
        let waiting = scene.begin(&[]);
        let query = redirect.replace("STATE", &waiting.state());
        let page = oidc::open(&format!("{}?{query}", waiting.redirect_uri()));
        assert!(page.contains("The login failed"), "{page}");
        let run = waiting.end().fails(4);
        let error = run.json_error();
        let message = error["error"]["message"].as_str().unwrap();
        assert!(message.contains(words), "{run}");
        assert!(
            error["error"]["hint"]
                .as_str()
                .unwrap()
                .contains("comms auth login work"),
            "{run}"
        );
        assert!(!run.stderr.contains("stolen"), "{run}");
    }
    // Other requests are no answer at all.
    let waiting = scene.begin(&[]);
    let icon = waiting.redirect_uri().replace("/callback", "/favicon.ico");
    assert!(oidc::open(&icon).contains("404"));
    let end = scene.oidc.visit(&waiting.url, ANN, Answer::Deny);
    assert!(oidc::open(&end).contains("The login failed"));
    let run = waiting.end().fails(4);
    assert!(run.stderr.contains("said no"), "{run}");
    assert_eq!(
        scene.run(&["auth", "list", "--json"]).ok().json()["accounts"][1]["secret"],
        "none"
    );
}

#[test]
fn a_login_is_pasted_in_two_processes_and_its_code_is_good_once() {
    let Some(scene) = Scene::start(USUAL) else {
        return;
    };
    let run = scene
        .run(&["auth", "login", "work", "--paste", "--json"])
        .ok();
    let url = run.json()["authorize_url"].as_str().unwrap().to_owned();
    let end = scene.oidc.visit(&url, ANN, Answer::Allow);
    let paste = |text: &str| {
        let args = ["auth", "login", "work", "--paste-url", "-", "--json"];
        scene.world.run_with(text, args)
    };
    let wrong = paste(&format!("{end}0").replace("state=", "state=x")).fails(4);
    assert!(wrong.stderr.contains("another login"), "{wrong}");
    let query = end.split_once('?').unwrap().1;
    let run = paste(query).ok();
    assert_eq!(run.json()["changed"], true, "{run}");
    let again = paste(query).fails(4);
    assert!(
        again.stderr.contains("no login of account `work` waits"),
        "{again}"
    );
    // In the command line everyone could see it.
    let run = scene
        .run(&["auth", "login", "work", "--paste-url", &end])
        .fails(2);
    assert!(run.stderr.contains("stdin"), "{run}");
    let code = query
        .split("code=")
        .nth(1)
        .unwrap()
        .split('&')
        .next()
        .unwrap();
    assert!(!run.stderr.contains(code), "{run}");
    scene.run(&["inbox", "sync", "--account", "work"]).ok();
}

#[test]
fn a_login_on_another_device_needs_no_browser_here() {
    let Some(scene) = Scene::start(USUAL) else {
        return;
    };
    let waiting = Waiting::begin(
        &scene.world,
        &["auth", "login", "work", "--device", "--json"],
    );
    let code = waiting.said.split("the code ").nth(1).unwrap();
    let code = code.split(' ').next().unwrap().to_owned();
    scene.oidc.enter_code(&code, ANN, Answer::Allow);
    let run = waiting.end().ok();
    assert_eq!(run.json()["changed"], true, "{run}");
    scene.run(&["inbox", "sync", "--account", "work"]).ok();

    let waiting = Waiting::begin(
        &scene.world,
        &["auth", "login", "work", "--device", "--json"],
    );
    let code = waiting.said.split("the code ").nth(1).unwrap();
    let code = code.split(' ').next().unwrap().to_owned();
    scene.oidc.enter_code(&code, ANN, Answer::Deny);
    let run = waiting.end().fails(4);
    assert!(run.stderr.contains("denied"), "{run}");
}

#[test]
fn twenty_processes_renew_a_login_once() {
    let Some(scene) = Scene::start(USUAL) else {
        return;
    };
    scene.log_in().ok();
    // Two hours later.
    let mut late: Vec<Child> = (0..20)
        .map(|_| {
            let mut command = scene.world.command();
            command.env("COMMS_NOW", "2026-11-21T14:00:00Z");
            command.args(["auth", "status", "work", "--json"]);
            command.stdout(std::process::Stdio::null()).spawn().unwrap()
        })
        .collect();
    for child in &mut late {
        assert!(child.wait().unwrap().success());
    }
    let told = scene.oidc.told();
    let granted = |what: &str| {
        told.iter()
            .filter(|l| *l == &format!("granted {what}"))
            .count()
    };
    assert_eq!(granted("refresh_token"), 1, "{told:?}");
    // The family is alive: the rotated token renews it again.
    let mut command = scene.world.command();
    command.env("COMMS_NOW", "2026-11-21T18:00:00Z");
    let output = command
        .args(["auth", "status", "work", "--json"])
        .output()
        .unwrap();
    let row: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let row = &row["accounts"][0];
    assert_eq!(row["state"], "ok", "{row}");
    assert_eq!(row["refreshed_at"], "2026-11-21T18:00:00Z", "{row}");
    assert_eq!(row["expires_at"], "2026-11-21T19:00:00Z", "{row}");
    let told = scene.oidc.told();
    assert!(
        !told
            .iter()
            .any(|l| l == "revoked" || l.starts_with("refused")),
        "{told:?}"
    );
}

#[test]
fn a_token_that_the_server_no_longer_takes_is_renewed_although_it_looks_good() {
    // The server's tokens live for 8 seconds, and our clock stands still.
    let Some(scene) = Scene::start(Set { ttl: 8, ..USUAL }) else {
        return;
    };
    scene.log_in().ok();
    std::thread::sleep(std::time::Duration::from_secs(9));
    scene.mail.deliver_text(ANN, "late", "body");
    let run = scene.run(&["inbox", "sync", "--account", "work", "--json"]);
    assert_eq!(
        run.code,
        0,
        "{run}\n{:?}\n{}",
        scene.oidc.told(),
        scene.mail.log()
    );
    assert_eq!(run.json()["accounts"][0]["added"], 1, "{run}");
    assert_eq!(scene.oidc.count("granted refresh_token"), 1);
    std::thread::sleep(std::time::Duration::from_secs(9));
    scene
        .run(&["send", ANN, "-m", "hi", "-s", "late, too", "--from", "work"])
        .ok();
    assert!(scene.oidc.count("granted refresh_token") >= 2);
}

#[test]
fn a_login_that_was_revoked_ends_with_the_command_that_mends_it() {
    let Some(scene) = Scene::start(USUAL) else {
        return;
    };
    scene.log_in().ok();
    let run = scene
        .run(&["auth", "logout", "work", "--revoke", "--json"])
        .ok();
    assert_eq!(run.json()["changed"], true, "{run}");
    assert!(run.stderr.contains("took back"), "{run}");
    let run = scene
        .run(&["inbox", "sync", "--account", "work", "--json"])
        .fails(4);
    assert!(run.stderr.contains("comms auth login work"), "{run}");
}
