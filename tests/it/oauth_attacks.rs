//! Logins by OAuth where someone means harm: a page in the browser that calls our port, and an authorization server that
//! says what it likes.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::oauth::{SCRIPTS, serve};
use super::oauth_login::Waiting;
use crate::support::loopback::wire::Answer;
use crate::support::loopback::{Reply, Server};
use crate::support::{Run, World, oidc};

/// An authorization server that answers each path as it is told, and what it was sent.
struct Provider {
    server: Server,
    heard: Arc<Mutex<Vec<(String, String)>>>,
}

impl Provider {
    fn start(answer: impl Fn(&str, usize) -> (u16, Value) + Send + Sync + 'static) -> Provider {
        let heard = Arc::new(Mutex::new(Vec::new()));
        let keep = heard.clone();
        let nth = AtomicUsize::new(0);
        let server = Server::start(|_| {
            move |request: crate::support::loopback::wire::Request| {
                let body = String::from_utf8_lossy(&request.body).into_owned();
                keep.lock().unwrap().push((request.path.clone(), body));
                let (status, body) = answer(&request.path, nth.fetch_add(1, Ordering::SeqCst));
                Reply::from(Answer {
                    status,
                    ..Answer::json(&body)
                })
            }
        });
        Provider { server, heard }
    }

    fn heard(&self, path: &str) -> usize {
        let heard = self.heard.lock().unwrap();
        heard.iter().filter(|(at, _)| at == path).count()
    }

    /// An account that logs in here, and at an IMAP server that takes the token `tok3n`.
    fn world(&self) -> World {
        let (imap, _) = serve(SCRIPTS[0]);
        let url = &self.server.url;
        World::new()
            .config(&format!(
                "[secrets]\nstore = \"file\"\n[accounts.work]\nchannel = \"imap\"\naddress = \"ada@example.com\"\n\
                 imap = \"127.0.0.1:{imap}\"\ntls = \"none\"\nauth = \"oauth\"\nclient_id = \"comms\"\n\
                 authorize_url = \"{url}/auth\"\ntoken_url = \"{url}/token\"\ndevice_url = \"{url}/device\"\n\
                 revoke_url = \"{url}/revoke\"\n"
            ))
            .env("COMMS_PASSPHRASE", "pw")
            .env("COMMS_SECRET_WORK_CLIENT_SECRET", "cl13nt-s3cret")
            .env("RUST_LOG", "trace")
    }
}

fn good() -> (u16, Value) {
    (
        200,
        json!({"access_token": "tok3n", "token_type": "Bearer", "expires_in": 3600, "refresh_token": "r3fresh"}),
    )
}

/// A login by pasting, which ends with this code.
fn paste(world: &World, code: &str) -> Run {
    let begun = world
        .run(["auth", "login", "work", "--paste", "--json"])
        .ok();
    let url = begun.json()["authorize_url"].as_str().unwrap().to_owned();
    let state = url.split("&state=").nth(1).unwrap();
    let state = state.split('&').next().unwrap();
    world.run_with(
        format!("code={code}&state={state}"),
        ["auth", "login", "work", "--paste-url", "-", "--json"],
    )
}

#[test]
fn no_page_can_end_a_login_that_waits_for_another() {
    let provider = Provider::start(|_, _| good());
    let world = provider.world();
    let waiting = Waiting::begin(&world, &["auth", "login", "work", "--no-browser", "--json"]);
    for query in [
        "error=access_denied&error_description=forged",
        "error=access_denied&state=other",
        "code=theirs",
        "code=theirs&state=",
        "code=theirs&state=other",
        "state=other&state=STATE&code=theirs",
    ] {
        let query = query.replace("STATE", &waiting.state());
        let page = oidc::open(&format!("{}?{query}", waiting.redirect_uri()));
        assert!(page.contains("Another login"), "{query}: {page}");
        assert!(
            !page.contains("forged") && !page.contains("theirs"),
            "{page}"
        );
    }
    assert_eq!(provider.heard("/token"), 0, "no code of theirs was taken");
    let ours = format!(
        "{}?code=ours&state={}",
        waiting.redirect_uri(),
        waiting.state()
    );
    assert!(oidc::open(&ours).contains("Done"));
    let run = waiting.end().ok();
    assert_eq!(run.json()["changed"], true, "{run}");
}

#[test]
fn what_a_provider_echoes_of_a_secret_is_not_repeated() {
    let padded = format!("{}the-c0de", "why ".repeat(49));
    for (code, description) in [
        ("invalid_grant", "no such code: the-c0de"),
        ("invalid_client", "cl13nt-s3cret is wrong"),
        ("the-c0de", "the-c0de"),
        ("bad (the-c0de)", ""),
        // Cut in the middle it would still be most of it.
        ("no", padded.as_str()),
        ("\u{1b}[31mno", "\u{1b}[2J"),
    ] {
        let answer = json!({"error": code, "error_description": description});
        let provider = Provider::start(move |_, _| (400, answer.clone()));
        let run = paste(&provider.world(), "the-c0de").fails(4);
        for secret in ["the-c0", "cl13nt-s3cret", "\u{1b}"] {
            assert!(!run.stderr.contains(secret), "{code}: {run}");
            assert!(!run.stdout.contains(secret), "{code}: {run}");
        }
    }
}

#[test]
fn what_a_provider_says_without_end_is_cut() {
    let answer =
        json!({"error": "no ".repeat(100_000), "error_description": "why ".repeat(100_000)});
    let provider = Provider::start(move |_, _| (400, answer.clone()));
    let run = paste(&provider.world(), "x").fails(4);
    assert!(run.json_error().to_string().len() < 2_000, "{run}");
}

#[test]
fn a_token_that_is_no_bearers_is_not_used_as_one() {
    for kind in ["DPoP", "mac", "tok3n"] {
        let answer = json!({"access_token": "tok3n", "token_type": kind, "expires_in": 3600});
        let provider = Provider::start(move |_, _| (200, answer.clone()));
        let world = provider.world();
        let run = paste(&world, "x").fails(4);
        assert!(run.stderr.contains("kind that comms can't use"), "{run}");
        assert!(!run.stderr.contains("tok3n"), "{run}");
        let list = world.run(["auth", "list", "--json"]).ok();
        assert_eq!(list.json()["accounts"][1]["secret"], "none", "{list}");
    }
}

#[test]
fn an_issuer_can_not_have_anything_but_a_web_page_opened() {
    for page in [
        "file:///tmp/evil.desktop",
        "http://login.example.com/auth",
        "smb://evil.example/share",
        "javascript:alert(1)",
        "ms-msdt:/id",
        "--help",
    ] {
        let issuer = Server::start(|url| {
            let metadata = json!({
                "issuer": url, "authorization_endpoint": page, "token_endpoint": format!("{url}/token"),
            });
            move |_| Reply::from(Answer::json(&metadata))
        });
        let world = World::new()
            .config(&format!(
                "[secrets]\nstore = \"file\"\n[accounts.work]\nchannel = \"imap\"\naddress = \"ada@example.com\"\n\
                 imap = \"imap.example.com\"\nauth = \"oauth\"\nclient_id = \"comms\"\noauth = \"{}\"\n",
                issuer.url
            ))
            .env("COMMS_PASSPHRASE", "pw");
        for flag in ["--paste", "--no-browser"] {
            let run = world.run(["auth", "login", "work", flag]).fails(3);
            assert!(!run.stderr.contains("open this address"), "{run}");
        }
    }
}

fn device(interval: u64) -> Value {
    json!({
        "device_code": "d3vice", "user_code": "ABCD", "verification_uri": "https://example.com/device",
        "expires_in": 2, "interval": interval,
    })
}

#[test]
fn a_device_login_asks_neither_without_pause_nor_for_ever() {
    let pending = || (400, json!({"error": "authorization_pending"}));
    let hasty = Provider::start(move |path, _| match path {
        "/device" => (200, device(0)),
        _ => pending(),
    });
    let run = hasty
        .world()
        .run(["auth", "login", "work", "--device"])
        .fails(4);
    assert!(run.stderr.contains("in time"), "{run}");
    assert!(hasty.heard("/token") <= 5, "{}", hasty.heard("/token"));

    let slow = Provider::start(move |path, _| match path {
        "/device" => (200, device(u64::MAX)),
        _ => (400, json!({"error": "slow_down"})),
    });
    let run = slow
        .world()
        .run(["auth", "login", "work", "--device"])
        .fails(7);
    assert!(run.stderr.contains("wants to be asked"), "{run}");
}

#[test]
fn a_device_login_sends_nobody_to_what_is_no_page() {
    let trick = Provider::start(|path, _| match path {
        "/device" => {
            let mut device = device(1);
            device["verification_uri"] = json!("javascript:alert(1)");
            (200, device)
        }
        _ => good(),
    });
    let world = trick.world();
    world.run(["auth", "login", "work", "--device"]).fails(3);
}

#[test]
fn a_device_login_that_could_not_be_kept_is_refused_before_anyone_makes_it() {
    let provider = Provider::start(|path, _| match path {
        "/device" => (200, device(1)),
        _ => good(),
    });
    let world = provider.world().env("COMMS_PASSPHRASE", "");
    world.run(["auth", "login", "work", "--device"]).fails(4);
    assert_eq!(provider.heard("/device"), 0);
}

#[test]
fn a_device_login_takes_numbers_as_text() {
    let provider = Provider::start(|path, _| match path {
        "/device" => {
            let mut device = device(0);
            device["interval"] = json!("1");
            device["expires_in"] = json!("600");
            (200, device)
        }
        _ => good(),
    });
    let world = provider.world();
    world.run(["auth", "login", "work", "--device"]).ok();
}

#[test]
fn a_login_is_called_revoked_only_where_the_provider_took_it_back() {
    for (status, error, code) in [
        (400, "invalid_client", 4),
        (401, "invalid_client", 4),
        (400, "unsupported_token_type", 4),
        (400, "invalid_token", 0),
    ] {
        let provider = Provider::start(move |path, _| match path {
            "/revoke" => (
                status,
                json!({"error": error, "error_description": "r3fresh"}),
            ),
            _ => good(),
        });
        let world = provider.world();
        paste(&world, "x").ok();
        let run = world
            .run(["auth", "logout", "work", "--revoke", "--json"])
            .fails(code);
        assert_eq!(provider.heard("/revoke"), 1);
        for secret in ["r3fresh", "tok3n", "cl13nt-s3cret"] {
            assert!(!run.stderr.contains(secret), "{run}");
        }
        let list = world.run(["auth", "list", "--json"]).ok();
        let left = list.json()["accounts"][1]["secret"] != "none";
        assert_eq!(
            left,
            code != 0,
            "what is not revoked is not forgotten: {list}"
        );
    }
}
