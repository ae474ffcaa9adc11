//! Webhooks of the user's through the binary: signed, written down before they leave, tried again, never led astray.

use std::io::Write;
use std::net::ToSocketAddrs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::receiver::{Post, Receiver, Reply};
use crate::support::serving::Serving;
use crate::support::{World, skip};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const ONLY: [&str; 2] = ["--only", "hooks"];

/// A world with two Maildirs whose history is known, and these hooks. Its clock goes.
fn world(hooks: &str) -> World {
    let world = World::new();
    let mut config = hooks.to_owned();
    for account in ["work", "home"] {
        for folder in ["cur", "new", "tmp"] {
            std::fs::create_dir_all(world.dir().join(account).join(folder)).unwrap();
        }
        let path = world.dir().join(account);
        config.push_str(&format!(
            "\n[accounts.{account}]\nchannel = \"maildir\"\npath = \"{}\"\n",
            path.display()
        ));
    }
    let world = world
        .config(&config)
        .env("COMMS_NOW", "")
        .env("COMMS_SECRET_HOOK_DESK_WEBHOOK_SECRET", SECRET);
    arrive(&world, ("work", "before"));
    world
}

fn hook(receiver: &Receiver, more: &str) -> String {
    format!("[hooks.desk]\nurl = \"{}\"\n{more}\n", receiver.url())
}

/// A message arrives, and another process fetches it.
fn arrive(world: &World, (account, subject): (&str, &str)) {
    let message = format!(
        "From: Ann <ann@example.org>\r\nTo: you@example.com\r\nSubject: {subject}\r\nMessage-ID: <{subject}@x>\r\n\r\nthe words within\r\n"
    );
    world.file(&format!("{account}/new/{subject}.host"), message);
    world.run(["inbox", "sync"]).ok();
}

fn subjects(posts: &[Post]) -> Vec<String> {
    let mut subjects: Vec<_> = posts
        .iter()
        .map(|post| {
            post.json()["data"]["subject"]
                .as_str()
                .unwrap_or("-")
                .to_owned()
        })
        .collect();
    subjects.sort();
    subjects
}

/// What `auth hook show desk` says, once this holds of it.
#[track_caller]
fn shown(world: &World, holds: impl Fn(&Value) -> bool) -> Value {
    let end = Instant::now() + Duration::from_secs(40);
    loop {
        let shown = world
            .run(["auth", "hook", "show", "desk", "--json"])
            .ok()
            .json();
        if holds(&shown) {
            return shown;
        }
        assert!(Instant::now() < end, "{shown:#}");
        std::thread::sleep(Duration::from_millis(200));
    }
}

#[test]
fn what_comes_and_what_leaves_is_told_signed_and_without_its_text() {
    let receiver = Receiver::start(&[]);
    let world = world(&hook(&receiver, ""));
    let serving = Serving::with(&world, &ONLY);
    arrive(&world, ("work", "news"));
    world
        .run([
            "send",
            "you@localhost",
            "-s",
            "out",
            "-m",
            "the words within",
        ])
        .ok();
    let posts = receiver.until(3);
    for post in &posts {
        assert!(post.is_signed_with(SECRET), "{post:?}");
        assert!(post.header("webhook-id").starts_with("msg_"));
        assert_eq!(post.header("content-type"), "application/json");
        let all = String::from_utf8_lossy(&post.body).into_owned();
        assert!(
            !all.contains("the words within") && !all.contains("before"),
            "{all}"
        );
    }
    let of = |kind: &str| -> Vec<Value> {
        let all = posts.iter().map(Post::json);
        all.filter(|json| json["type"] == kind).collect()
    };
    let came = of("message.received");
    assert_eq!(came.len(), 1, "{posts:?}");
    assert_eq!(came[0]["data"]["subject"], "news");
    assert_eq!(came[0]["data"]["untrusted"], true);
    assert_eq!(came[0]["account"], "work");
    assert!(came[0]["timestamp"].is_string());
    let left = of("outbox.changed");
    assert!(
        left.iter().any(|json| json["data"]["state"] == "sent"
            && json["data"]["recipients"][0]["address"] == "you@localhost"
            && json["data"]["recipients"][0]["state"] == "sent"),
        "{left:?}"
    );
    let schema = world.run(["schema", "hook"]).ok().json();
    for key in schema["required"].as_array().unwrap() {
        assert!(came[0].get(key.as_str().unwrap()).is_some(), "{key}");
    }
    shown(&world, |shown| {
        shown["delivered"].as_u64() >= Some(3) && shown["state"] == "ok"
    });
    assert_eq!(serving.end("-TERM"), Some(0));
}

#[test]
fn the_verifier_of_the_scheme_takes_what_is_posted() {
    let cache = std::env::var_os("XDG_CACHE_HOME").map(std::path::PathBuf::from);
    let home = std::env::var_os("HOME").map(|home| std::path::Path::new(&home).join(".cache"));
    let folder = cache.or(home).unwrap().join("comms-tests/standardwebhooks");
    if !folder.join("standardwebhooks/__init__.py").exists() {
        skip::<()>("the verifier of Standard Webhooks is not installed");
        return;
    }
    let receiver = Receiver::start(&[]);
    let world = world(&hook(&receiver, "text = true"));
    let _serving = Serving::with(&world, &ONLY);
    arrive(&world, ("work", "news"));
    let posts = receiver.until(1);
    assert!(
        posts[0].json()["text"]
            .as_str()
            .unwrap()
            .contains("the words within")
    );
    let headers: serde_json::Map<String, Value> = posts[0]
        .headers
        .iter()
        .map(|(name, value)| (name.clone(), value.clone().into()))
        .collect();
    let script = "import json, sys\nfrom standardwebhooks import Webhook\n\
        h = json.loads(sys.argv[2])\nb = sys.stdin.buffer.read()\n\
        Webhook(sys.argv[1]).verify(b.decode(), h)\n\
        try:\n    Webhook(sys.argv[1]).verify(b.decode() + ' ', h)\nexcept Exception:\n    print('sound')\n";
    let mut child = Command::new("python3")
        .env("PYTHONPATH", &folder)
        .args(["-c", script, SECRET, &Value::from(headers).to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(&posts[0].body)
        .unwrap();
    let told = child.wait_with_output().unwrap();
    let words = String::from_utf8_lossy(&told.stderr).into_owned();
    assert_eq!(String::from_utf8_lossy(&told.stdout), "sound\n", "{words}");
}

#[test]
fn a_delivery_that_was_taken_but_not_noted_comes_again_under_its_id() {
    let receiver = Receiver::start(&[Reply::Hang]);
    let world = world(&hook(&receiver, "events = \"message.received\""));
    let mut serving = Serving::with(&world, &ONLY);
    arrive(&world, ("work", "news"));
    receiver.until(1);
    // It was taken, and nobody here knows.
    serving.child.kill().unwrap();
    serving.child.wait().unwrap();
    arrive(&world, ("work", "meanwhile"));
    let _serving = Serving::with(&world, &ONLY);
    let posts = receiver.until(3);
    assert_eq!(subjects(&posts), ["meanwhile", "news", "news"]);
    let ids: Vec<_> = posts
        .iter()
        .filter(|post| post.json()["data"]["subject"] == "news")
        .map(|post| post.header("webhook-id").to_owned())
        .collect();
    assert_eq!(ids[0], ids[1]);
    shown(&world, |shown| {
        shown["delivered"] == 2 && shown["waiting"] == 0
    });
    assert_eq!(
        receiver.posts().len(),
        3,
        "what was noted is not told again"
    );
}

#[test]
fn a_redirect_is_not_followed_and_a_fault_is_tried_again() {
    let elsewhere = Receiver::start(&[]);
    let receiver = Receiver::start(&[Reply::To(elsewhere.url())]);
    let world = world(&hook(&receiver, "events = \"message.received\""));
    let _serving = Serving::with(&world, &ONLY);
    arrive(&world, ("work", "news"));
    receiver.until(1);
    let failing = shown(&world, |shown| shown["state"] == "failing");
    assert!(
        failing["error"].as_str().unwrap().contains("302"),
        "{failing}"
    );
    assert!(failing["deliveries"][0]["again_at"].is_string());
    let status = world.run(["--json"]).ok().json();
    assert!(
        status["next"]
            .to_string()
            .contains("comms auth hook show desk"),
        "{status}"
    );
    let posts = receiver.until(2);
    assert_eq!(posts[0].header("webhook-id"), posts[1].header("webhook-id"));
    assert!(elsewhere.posts().is_empty());
    shown(&world, |shown| {
        shown["state"] == "ok" && shown["delivered"] == 1
    });
}

#[test]
fn one_that_is_gone_is_told_nothing_more_until_it_is_enabled() {
    let receiver = Receiver::start(&[Reply::Status(410)]);
    let world = world(&hook(&receiver, "events = \"message.received\""));
    let _serving = Serving::with(&world, &ONLY);
    arrive(&world, ("work", "first"));
    shown(&world, |shown| shown["state"] == "disabled");
    arrive(&world, ("work", "second"));
    std::thread::sleep(Duration::from_secs(2));
    assert_eq!(receiver.posts().len(), 1);
    let status = world.run(["--json"]).ok().json();
    assert!(
        status["next"]
            .to_string()
            .contains("comms auth hook enable desk"),
        "{status}"
    );
    let doctor = world.run(["doctor", "--offline"]);
    assert!(doctor.stdout.contains("told nothing more"), "{doctor}");
    world.run(["auth", "hook", "enable", "desk"]).ok();
    let posts = receiver.until(3);
    assert_eq!(subjects(&posts), ["first", "first", "second"]);
}

#[test]
fn a_name_that_leads_into_a_private_network_is_not_called() {
    // As this machine calls itself.
    let hosts = std::fs::read_to_string("/etc/hosts").unwrap_or_default();
    let names = hosts.lines().filter(|line| !line.starts_with('#'));
    let names = names.flat_map(|line| line.split_whitespace().skip(1));
    let private = names.filter(|name| *name != "localhost").find(|name| {
        (*name, 0)
            .to_socket_addrs()
            .is_ok_and(|mut all| all.all(|at| at.ip().is_loopback()))
    });
    let Some(name) = private else {
        println!("skipped: no name here leads to this machine but `localhost`");
        return;
    };
    let receiver = Receiver::start(&[]);
    let world = world(&format!(
        "[hooks.desk]\nurl = \"https://{name}:{}/in\"\nevents = [\"message.received\"]\n",
        receiver.port
    ));
    let _serving = Serving::with(&world, &ONLY);
    arrive(&world, ("work", "news"));
    let shown = shown(&world, |shown| shown["state"] == "failing");
    assert!(
        shown["error"].as_str().unwrap().contains("private network"),
        "{shown}"
    );
    assert!(receiver.posts().is_empty());
}

#[test]
fn an_address_that_is_private_or_not_encrypted_is_refused_in_the_config() {
    for (url, words) in [
        ("https://10.1.2.3/in", "private network"),
        ("https://[fd00::1]/in", "private network"),
        ("https://169.254.169.254/latest", "private network"),
        ("http://example.com/in", "not encrypted"),
        ("https://ann:pw@example.com/in", "holds a login"),
        ("ftp://example.com/in", "not encrypted"),
        ("nonsense", "not a web address"),
    ] {
        let world = World::new().config(&format!("[hooks.desk]\nurl = \"{url}\"\n"));
        let run = world.run(["auth", "hook", "list"]).fails(3);
        assert!(
            run.stderr.contains(words) && run.stderr.contains(":2:"),
            "{url}: {run}"
        );
    }
    for (line, words) in [
        ("event = \"x\"", "did you mean `events`"),
        (
            "events = [\"message.recieved\"]",
            "did you mean `message.received`",
        ),
        ("accounts = [\"nobody\"]", "there is no account `nobody`"),
        ("secret = \"whsec_x\"", "never stands in the config"),
    ] {
        let world = World::new().config(&format!(
            "[hooks.desk]\nurl = \"https://example.com/\"\n{line}\n"
        ));
        let run = world.run(["auth", "hook", "list"]).fails(3);
        assert!(run.stderr.contains(words), "{line}: {run}");
    }
}

#[test]
fn a_receiver_that_hangs_holds_up_no_other_and_no_other_account_is_told() {
    let (slow, quick) = (
        Receiver::start(&[Reply::Hang, Reply::Hang]),
        Receiver::start(&[]),
    );
    let world = world(&format!(
        "[hooks.slow]\nurl = \"{}\"\nevents = [\"message.received\"]\n{}",
        slow.url(),
        hook(&quick, "accounts = [\"home\"]")
    ))
    .env("COMMS_SECRET_HOOK_SLOW_WEBHOOK_SECRET", SECRET);
    let _serving = Serving::with(&world, &ONLY);
    arrive(&world, ("home", "begin"));
    arrive(&world, ("work", "secret"));
    arrive(&world, ("home", "mine"));
    let posts = quick.until(2);
    assert_eq!(subjects(&posts), ["begin", "mine"]);
    slow.until(2);
    let end = Instant::now() + Duration::from_secs(40);
    loop {
        let slow = world
            .run(["auth", "hook", "show", "slow", "--json"])
            .ok()
            .json();
        if slow["state"] == "failing" {
            assert!(
                slow["error"].as_str().unwrap().contains("within 15 s"),
                "{slow}"
            );
            break;
        }
        assert!(Instant::now() < end, "{slow}");
        std::thread::sleep(Duration::from_millis(500));
    }
    assert_eq!(quick.posts().len(), 2);
}

#[test]
fn while_a_secret_changes_both_sign_and_no_list_shows_them() {
    let receiver = Receiver::start(&[]);
    let hooks = hook(&receiver, "events = [\"message.received\"]")
        .replace("hooks.desk", "hooks.shop")
        + "\n[secrets]\nstore = \"file\"\n";
    let world = world(&hooks).env("COMMS_PASSPHRASE", "a passphrase of some length");
    let _serving = Serving::with(&world, &ONLY);
    arrive(&world, ("work", "waits"));
    let first = world.run(["auth", "hook", "add", "shop"]).ok();
    let first = first.stdout.trim().to_owned();
    assert!(first.starts_with("whsec_"), "{first}");
    assert!(receiver.until(1)[0].is_signed_with(&first));
    world.run(["auth", "hook", "add", "shop"]).fails(2);
    let second = world.run(["auth", "hook", "rotate", "shop"]).ok();
    let second = second.stdout.trim().to_owned();
    arrive(&world, ("work", "both"));
    let posts = receiver.until(2);
    assert!(posts[1].is_signed_with(&first) && posts[1].is_signed_with(&second));
    let given = world
        .run_with(
            format!("{SECRET}\n"),
            [
                "auth",
                "hook",
                "rotate",
                "shop",
                "--stdin",
                "--overlap",
                "0s",
            ],
        )
        .ok();
    assert_eq!(given.stdout.trim(), SECRET);
    arrive(&world, ("work", "one"));
    let posts = receiver.until(3);
    assert!(posts[2].is_signed_with(SECRET) && !posts[2].is_signed_with(&second));
    for args in [
        &["auth", "hook", "list", "--json"][..],
        &["config", "show"],
        &["doctor", "--offline"],
    ] {
        let run = world.run(args);
        for secret in [&first, &second, SECRET] {
            assert!(
                !run.stdout.contains(secret) && !run.stderr.contains(secret),
                "{run}"
            );
        }
    }
    world
        .run_with("hunter2\n", ["auth", "hook", "rotate", "shop", "--stdin"])
        .fails(2);
}

#[test]
fn nothing_is_told_while_comms_is_read_only() {
    let receiver = Receiver::start(&[]);
    let world = world(&hook(&receiver, "")).env("COMMS_READONLY", "1");
    let run = world.run(["serve", "--only", "hooks"]).fails(6);
    assert!(run.stderr.contains("read-only"), "{run}");
    assert!(receiver.posts().is_empty());
}

#[test]
fn the_example_receiver_takes_what_is_signed_and_nothing_else() {
    // A port that was free a moment ago.
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/hook-receiver.py");
    let example = Command::new("python3")
        .args([script, &port.to_string()])
        .env("HOOK_SECRET", SECRET)
        .stdout(Stdio::piped())
        .spawn();
    let Ok(mut example) = example else {
        skip::<()>("there is no python3");
        return;
    };
    let world = world(&format!(
        "[hooks.desk]\nurl = \"http://127.0.0.1:{port}/\"\nevents = [\"message.received\"]\n\
         [hooks.forged]\nurl = \"http://127.0.0.1:{port}/\"\nevents = [\"message.received\"]\n"
    ))
    .env(
        "COMMS_SECRET_HOOK_FORGED_WEBHOOK_SECRET",
        "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    );
    let _serving = Serving::with(&world, &ONLY);
    arrive(&world, ("work", "news"));
    shown(&world, |shown| shown["delivered"] == 1);
    let forged = world
        .run(["auth", "hook", "show", "forged", "--json"])
        .ok()
        .json();
    assert_eq!(forged["delivered"], 0, "{forged}");
    example.kill().unwrap();
    let told = example.wait_with_output().unwrap();
    let lines = String::from_utf8(told.stdout).unwrap();
    assert_eq!(lines.lines().count(), 1, "{lines}");
    assert!(lines.contains("news"));
}

#[test]
fn what_nobody_takes_is_tried_by_the_schedule_and_after_five_days_no_more() {
    let receiver = Receiver::start(&vec![Reply::Status(500); 64]);
    let hook = hook(&receiver, "events = \"message.received\"");
    let world = world(&hook).env("COMMS_NOW", "2026-11-21T12:00:00Z");
    arrive_at(&world, "news");
    // Each run stands still at its moment: what is due then is tried, once.
    let turn = |world: World, now: &str, posts: usize| {
        let world = world.env("COMMS_NOW", now);
        let serving = Serving::with(&world, &ONLY);
        receiver.until(posts);
        let shown = shown(&world, |shown| {
            shown["deliveries"][0]["tries"] == posts || shown["state"] == "disabled"
        });
        serving.end("-TERM");
        (world, shown)
    };
    let first = Serving::with(&world, &ONLY);
    arrive_at(&world, "later");
    receiver.until(1);
    let at = |text: &Value| text.as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    let failing = shown(&world, |shown| shown["deliveries"][0]["tries"] == 1);
    assert_eq!(failing["state"], "failing");
    first.end("-TERM");
    let began: jiff::Timestamp = "2026-11-21T12:00:00Z".parse().unwrap();
    let wait = at(&failing["deliveries"][0]["again_at"])
        .duration_since(began)
        .as_secs();
    assert!(
        (5..=6).contains(&wait),
        "after 5 s, spread by a tenth: {wait}"
    );
    assert!(
        failing["error"].as_str().unwrap().contains("500"),
        "{failing}"
    );
    let (world, second) = turn(world, "2026-11-21T12:00:10Z", 2);
    let wait = at(&second["deliveries"][0]["again_at"])
        .duration_since("2026-11-21T12:00:10Z".parse().unwrap())
        .as_secs();
    assert!((300..=330).contains(&wait), "after 5 min: {wait}");
    let (world, third) = turn(world, "2026-11-21T12:10:00Z", 3);
    let wait = at(&third["deliveries"][0]["again_at"])
        .duration_since("2026-11-21T12:10:00Z".parse().unwrap())
        .as_secs();
    assert!((1800..=1980).contains(&wait), "after 30 min: {wait}");
    // Five days after it began to fail the next failure is the last.
    let (world, last) = turn(world, "2026-11-26T12:00:01Z", 4);
    assert_eq!(last["state"], "disabled", "{last:#}");
    assert!(
        last["error"].as_str().unwrap().contains("five days"),
        "{last:#}"
    );
    let world = world.env("COMMS_NOW", "2026-11-27T12:00:00Z");
    let serving = Serving::with(&world, &ONLY);
    std::thread::sleep(Duration::from_secs(2));
    assert_eq!(receiver.posts().len(), 4, "it is told nothing more");
    world.run(["auth", "hook", "enable", "desk"]).ok();
    receiver.until(5);
    let page = serving.get("/metrics").body;
    assert!(
        page.contains("comms_hook_deliveries_total{hook=\"desk\",status=\"500\"} "),
        "{page}"
    );
    serving.end("-TERM");
}

#[test]
fn one_failure_long_after_another_ends_no_hook() {
    let receiver = Receiver::start(&[Reply::Status(500), Reply::Status(500)]);
    let world = world(&hook(&receiver, "events = \"message.received\""))
        .env("COMMS_NOW", "2026-11-21T12:00:00Z");
    arrive_at(&world, "before");
    let first = Serving::with(&world, &ONLY);
    arrive_at(&world, "one");
    shown(&world, |shown| shown["deliveries"][0]["tries"] == 1);
    first.end("-TERM");
    // Nothing was taken since, and nothing but this was tried.
    let world = world.env("COMMS_NOW", "2026-11-27T12:00:00Z");
    let second = Serving::with(&world, &ONLY);
    let after = shown(&world, |shown| shown["deliveries"][0]["tries"] == 2);
    assert_eq!(after["state"], "failing", "{after:#}");
    second.end("-TERM");
    let world = world.env("COMMS_NOW", "2026-11-27T12:10:00Z");
    let third = Serving::with(&world, &ONLY);
    let after = shown(&world, |shown| {
        shown["deliveries"][0]["state"] == "delivered"
    });
    assert_eq!(after["state"], "ok", "{after:#}");
    third.end("-TERM");
}

#[test]
fn a_store_that_was_locked_for_a_while_ends_no_hook() {
    let (desk, other) = (Receiver::start(&[]), Receiver::start(&[]));
    let world = world(&format!(
        "[hooks.other]\nurl = \"{}\"\nevents = [\"outbox.changed\"]\n{}",
        other.url(),
        hook(&desk, "events = \"message.received\"")
    ))
    .env("COMMS_SECRET_HOOK_OTHER_WEBHOOK_SECRET", SECRET);
    let _serving = Serving::with(&world, &ONLY);
    arrive(&world, ("work", "early"));
    desk.until(1);
    let db = rusqlite::Connection::open(world.home().join("comms.db")).unwrap();
    db.execute_batch("BEGIN IMMEDIATE").unwrap();
    arrive(&world, ("work", "meanwhile"));
    // Longer than anyone waits for a lock.
    std::thread::sleep(Duration::from_secs(13));
    db.execute_batch("COMMIT").unwrap();
    assert_eq!(subjects(&desk.until(2)), ["early", "meanwhile"]);
}

/// A message arrives by the clock of this world.
fn arrive_at(world: &World, subject: &str) {
    arrive(world, ("work", subject));
}

#[test]
fn that_a_message_is_another_is_told_without_its_words() {
    let receiver = Receiver::start(&[]);
    let world = world(&hook(
        &receiver,
        "events = \"message.changed\"\ntext = true",
    ));
    let _serving = Serving::with(&world, &ONLY);
    arrive(&world, ("work", "news"));
    let found = world.run(["search", "subject:news", "--json"]).ok().json();
    let id = found["messages"][0]["id"].as_str().unwrap().to_owned();
    world.run(["inbox", "mark", &id, "--star"]).ok();
    let starred = |post: &Post| post.json()["data"]["message"]["starred"] == true;
    let end = Instant::now() + Duration::from_secs(40);
    while !receiver.posts().iter().any(starred) {
        assert!(Instant::now() < end, "{:?}", receiver.posts());
        std::thread::sleep(Duration::from_millis(100));
    }
    for post in receiver.posts() {
        let json = post.json();
        assert_eq!(
            (&json["type"], &json["data"]["id"]),
            (&"message.changed".into(), &id.as_str().into())
        );
        assert!(!json.to_string().contains("the words within"), "{json}");
        assert!(post.is_signed_with(SECRET));
    }
}
