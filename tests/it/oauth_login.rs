//! Logins by OAuth at a real authorization server, kept in a real keyring, used at a Dovecot that asks about tokens.

use std::io::{BufRead, BufReader, Read as _};
use std::process::Child;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

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
            .env("DBUS_SESSION_BUS_ADDRESS", &desktop.bus)
            .env("COMMS_PASSPHRASE", PASSPHRASE);
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

    /// The same at another time.
    fn at(&self, now: &str, args: &[&str]) -> Run {
        let output = self
            .world
            .command()
            .env("COMMS_NOW", now)
            .args(args)
            .output()
            .unwrap();
        Run {
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
            code: output.status.code().unwrap_or(-1),
            bytes: output.stdout,
        }
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
pub struct Waiting {
    child: Child,
    stderr: BufReader<std::process::ChildStderr>,
    pub url: String,
    said: String,
}

impl Waiting {
    pub fn begin(world: &World, args: &[&str]) -> Waiting {
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
    pub fn redirect_uri(&self) -> String {
        let from = self.url.split("redirect_uri=").nth(1).unwrap();
        let uri = from.split('&').next().unwrap();
        uri.replace("%3A", ":").replace("%2F", "/")
    }

    pub fn state(&self) -> String {
        let from = self.url.split("&state=").nth(1).unwrap();
        from.split('&').next().unwrap().to_owned()
    }

    pub fn end(mut self) -> Run {
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
    for query in ["code=x&state=other", "code=x"] {
        let page = oidc::open(&format!("{}?{query}", waiting.redirect_uri()));
        assert!(page.contains("Another login"), "{page}");
    }
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

#[test]
fn a_login_that_its_provider_ended_is_told_without_asking_again() {
    let Some(scene) = Scene::start(USUAL) else {
        return;
    };
    scene.log_in().ok();
    let refresh_token = scene.oidc.issued().pop().unwrap();
    scene.oidc.revoke(&refresh_token);
    let later = |args: &[&str]| scene.at("2026-11-21T15:00:00Z", args);
    let run = later(&["inbox", "sync", "--account", "work", "--json"]).fails(4);
    let error = run.json_error();
    let message = error["error"]["message"].as_str().unwrap();
    assert!(
        message.contains("no longer takes the refresh token"),
        "{run}"
    );
    let run = later(&["auth", "list", "--json"]).ok();
    let row = run.json()["accounts"][1].clone();
    assert_eq!(row["last_error"], message, "{run}");
    let next = row["next_step"].as_str().unwrap();
    assert!(next.contains("`comms auth login work`"), "{run}");
    assert_eq!(row["expires_at"], "2026-11-21T13:00:00Z", "{run}");
    // A new login mends it.
    scene.log_in().ok();
    let row = scene.run(&["auth", "list", "--json"]).ok().json()["accounts"][1].clone();
    assert_eq!(
        (&row["last_error"], &row["next_step"]),
        (&serde_json::Value::Null, &serde_json::Value::Null)
    );
}

#[test]
fn a_sync_that_is_cut_when_its_token_expires_goes_on_where_it_was() {
    let Some(scene) = Scene::start(Set { ttl: 8, ..USUAL }) else {
        return;
    };
    for n in 0..60 {
        let body = format!("{n} {}", "words ".repeat(500));
        scene.mail.deliver_text(ANN, &format!("number {n}"), &body);
    }
    scene.log_in().ok();
    // Through a road that lets some of it pass, holds the rest until the token is dead, then breaks.
    let road = road(scene.mail.imaps, 60_000, std::time::Duration::from_secs(10));
    let config = scene.world.home().join("config.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    let moved = text.replace(
        &format!("imap = \"localhost:{}\"", scene.mail.imaps),
        &format!("imap = \"localhost:{road}\""),
    );
    assert_ne!(text, moved);
    std::fs::write(&config, moved).unwrap();
    let run = scene
        .run(&["inbox", "sync", "--account", "work", "--json"])
        .ok();
    assert_eq!(run.json()["accounts"][0]["added"], 60, "{run}");
    assert!(
        scene.oidc.count("granted refresh_token") >= 1,
        "{:?}",
        scene.oidc.told()
    );
    let run = scene.run(&["search", "words", "--count", "--json"]).ok();
    assert_eq!(run.json()["total"], 60, "{run}");
}

/// A port that leads to another; its first connection stalls after so many bytes of answers, then breaks.
fn road(to: u16, bytes: usize, stall: std::time::Duration) -> u16 {
    use std::net::{Shutdown, TcpListener, TcpStream};
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for (n, client) in listener.incoming().enumerate() {
            let mut client = client.unwrap();
            let mut server = TcpStream::connect(("127.0.0.1", to)).unwrap();
            let (mut from, mut up) = (client.try_clone().unwrap(), server.try_clone().unwrap());
            std::thread::spawn(move || {
                let _ = std::io::copy(&mut from, &mut up);
                let _ = up.shutdown(Shutdown::Both);
            });
            std::thread::spawn(move || {
                if n == 0 {
                    let mut first = (&mut server).take(bytes as u64);
                    let _ = std::io::copy(&mut first, &mut client);
                    std::thread::sleep(stall);
                } else {
                    let _ = std::io::copy(&mut server, &mut client);
                }
                let _ = client.shutdown(Shutdown::Both);
                let _ = server.shutdown(Shutdown::Both);
            });
        }
    });
    port
}

#[test]
fn a_full_disk_costs_no_login() {
    let Some(scene) = Scene::start(Set {
        more: FILE,
        ..USUAL
    }) else {
        return;
    };
    scene.log_in().ok();
    // No file may grow by a byte.
    let args = [
        "-c",
        "trap '' XFSZ; ulimit -f 0; exec \"$@\"",
        "sh",
        crate::support::binary(),
    ];
    let mut full = scene.world.command_of("sh");
    full.args(args).args(["auth", "status", "work", "--json"]);
    full.env("COMMS_NOW", "2026-11-21T15:00:00Z");
    let output = full.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(!output.status.success(), "{text}");
    assert!(text.contains("not kept"), "{text}");
    assert_eq!(scene.oidc.count("granted refresh_token"), 0, "{text}");
    // There is room again.
    let run = scene
        .at(
            "2026-11-21T15:00:00Z",
            &["auth", "status", "work", "--json"],
        )
        .ok();
    assert_eq!(
        run.json()["accounts"][0]["refreshed_at"],
        "2026-11-21T15:00:00Z",
        "{run}"
    );
    assert_eq!(scene.oidc.count("granted refresh_token"), 1);
}

/// Secrets in the encrypted file, as where there is no desktop.
const FILE: &str = "\n[secrets]\nstore = \"file\"\n";

#[test]
fn no_secret_of_a_login_is_in_any_output_or_file() {
    let Some(scene) = Scene::start(Set {
        more: FILE,
        ..USUAL
    }) else {
        return;
    };
    let mut said = String::new();
    let mut hear = |run: Run| said.push_str(&format!("{run}\n"));
    // Told as much as can be told.
    let waiting = scene.begin(&["-vvv"]);
    let end = scene.oidc.visit(&waiting.url, ANN, Answer::Allow);
    assert!(oidc::open(&end).contains("Done"));
    hear(waiting.end().ok());
    scene.mail.deliver_text(ANN, "hello", "body");
    hear(
        scene
            .run(&["-vvv", "inbox", "sync", "--account", "work"])
            .ok(),
    );
    for args in [
        &["-vvv", "auth", "status", "--json"][..],
        &["-vvv", "auth", "list"],
        &[
            "-vvv", "send", ANN, "-m", "hi", "-s", "hi", "--from", "work", "--json",
        ],
        &["-vvv", "inbox", "sync", "--account", "work", "--json"],
        &["-vvv", "config", "show", "--json"],
    ] {
        hear(scene.at("2026-11-21T15:00:00Z", args));
    }
    hear(scene.run(&["-vvv", "doctor", "--json"]));
    for step in [
        "AUTHENTICATE XOAUTH2 …",
        "AUTH XOAUTH2 …",
        "renewing the tokens",
        "http=POST",
    ] {
        assert!(said.contains(step), "{step}: {said}");
    }
    let mut secrets = scene.oidc.issued();
    assert!(secrets.len() >= 4, "{secrets:?}");
    let code = end
        .split("code=")
        .nth(1)
        .unwrap()
        .split('&')
        .next()
        .unwrap();
    secrets.push(code.to_owned());
    secrets.push(PASSPHRASE.to_owned());
    let on_the_wire: Vec<String> = secrets
        .iter()
        .map(|token| STANDARD.encode(format!("user={ANN}\x01auth=Bearer {token}\x01\x01")))
        .collect();
    secrets.extend(on_the_wire);
    for secret in &secrets {
        assert!(!said.contains(secret.as_str()), "{secret} in {said}");
    }
    let mut folders = vec![scene.world.dir().to_owned()];
    let mut files = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            files += 1;
            let bytes = std::fs::read(&path).unwrap();
            for secret in &secrets {
                let found = bytes.windows(secret.len()).any(|w| w == secret.as_bytes());
                assert!(!found, "{secret} in {}", path.display());
            }
        }
    }
    assert!(files > 3);
}

/// Of the encrypted file.
const PASSPHRASE: &str = "correct horse battery staple";

#[test]
fn an_interrupted_login_ends_at_once_and_leaves_the_old_one() {
    let Some(scene) = Scene::start(USUAL) else {
        return;
    };
    scene.log_in().ok();
    let waiting = scene.begin(&[]);
    let pid = waiting.child.id().to_string();
    let sent = std::process::Command::new("kill")
        .args(["-INT", &pid])
        .status();
    assert!(sent.unwrap().success());
    let run = waiting.end().fails(130);
    assert!(run.stdout.is_empty(), "{run}");
    scene.run(&["auth", "status", "work"]).ok();
}

#[test]
fn a_login_is_made_kept_and_renewed_where_no_keyring_is() {
    let Some(mut scene) = Scene::start(USUAL) else {
        return;
    };
    scene.world = scene
        .world
        .env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere/bus");
    let login = scene.log_in().ok();
    assert!(login.stdout.contains("encrypted file"), "{login}");
    scene.run(&["inbox", "sync", "--account", "work"]).ok();
    let later = ["inbox", "sync", "--account", "work"];
    scene.at("2026-11-21T15:00:00Z", &later).ok();
    assert_eq!(scene.oidc.count("granted refresh_token"), 1);
}

#[test]
fn a_watch_outlives_its_token_and_its_server() {
    let Some(mut scene) = Scene::start(Set { ttl: 8, ..USUAL }) else {
        return;
    };
    scene.log_in().ok();
    let mut child = scene.world.spawn([
        "inbox",
        "watch",
        "--once",
        "--account",
        "work",
        "--format",
        "jsonl",
        "--timeout",
        "90s",
    ]);
    let store = comms::store::Store::at(&scene.world.home());
    let ready = (0..400).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(50));
        store.watch_cursor("work").unwrap().is_some()
    });
    assert!(ready, "the watch never began");
    std::thread::sleep(std::time::Duration::from_secs(9));
    scene.mail.stop_dovecot();
    scene.mail.start_dovecot();
    scene.mail.deliver_text(ANN, "after all that", "body");
    let mut said = String::new();
    child
        .stdout
        .take()
        .unwrap()
        .read_to_string(&mut said)
        .unwrap();
    assert!(child.wait().unwrap().success(), "{said}");
    assert!(said.contains("after all that"), "{said}");
    assert!(scene.oidc.count("granted refresh_token") >= 1);
}

#[test]
fn an_account_is_added_with_its_login_or_not_at_all() {
    let Some(scene) = Scene::start(USUAL) else {
        return;
    };
    let config = scene.world.home().join("config.toml");
    std::fs::remove_file(&config).unwrap();
    let (imap, smtp) = (
        format!("localhost:{}", scene.mail.imaps),
        format!("localhost:{}", scene.mail.submissions),
    );
    let ca = scene.mail.ca();
    let keys = scene.oidc.keys();
    let issuer = keys.split('"').nth(3).unwrap();
    let args = [
        "auth",
        "add",
        "work",
        "--address",
        ANN,
        "--imap",
        &imap,
        "--smtp",
        &smtp,
        "--ca-file",
        &ca,
        "--oauth",
        issuer,
        "--client-id",
        "comms",
        "--scopes",
        "openid,offline_access,mail",
        "--no-browser",
        "--json",
    ];
    let waiting = Waiting::begin(&scene.world, &args);
    let end = scene.oidc.visit(&waiting.url, ANN, Answer::Deny);
    oidc::open(&end);
    let run = waiting.end();
    assert_ne!(run.code, 0, "{run}");
    assert!(!config.exists(), "{run}");
    let waiting = Waiting::begin(&scene.world, &args);
    let end = scene.oidc.visit(&waiting.url, ANN, Answer::Allow);
    oidc::open(&end);
    let report = waiting.end().ok().json();
    assert_eq!(report["schema"], "comms.auth_add/1");
    assert_eq!(report["secret"], "Secret Service keyring");
    let text = std::fs::read_to_string(&config).unwrap();
    assert!(
        text.contains("scopes = [\"openid\", \"offline_access\", \"mail\"]"),
        "{text}"
    );
    scene.run(&["auth", "status", "work"]).ok();
    // The tokens, and how they are, go along with a new name.
    scene.run(&["auth", "rename", "work", "office"]).ok();
    let status = scene
        .run(&["auth", "status", "office", "--json"])
        .ok()
        .json();
    assert_eq!(status["accounts"][0]["scopes"][0], "openid", "{status}");
    scene.run(&["auth", "remove", "office", "--yes"]).ok();
    assert_eq!(std::fs::read_to_string(&config).unwrap(), "");
}

#[test]
fn a_login_that_was_moved_to_the_file_is_renewed_there() {
    let Some(scene) = Scene::start(USUAL) else {
        return;
    };
    scene.log_in().ok();
    scene
        .run(&["auth", "move", "work", "--to", "file", "--json"])
        .ok();
    let status = ["auth", "status", "work", "--json"];
    let run = scene.at("2026-11-21T15:00:00Z", &status).ok();
    let row = run.json()["accounts"][0].clone();
    assert_eq!(row["secret"], "encrypted file", "{run}");
    assert_eq!(row["refreshed_at"], "2026-11-21T15:00:00Z", "{run}");
    scene.run(&["auth", "logout", "work"]).ok();
    let run = scene.run(&["auth", "list", "--json"]).ok();
    let row = run.json()["accounts"][1].clone();
    assert_eq!(row["secret"], "none", "{run}");
    assert_eq!(row["scopes"], serde_json::json!([]), "{run}");
}
