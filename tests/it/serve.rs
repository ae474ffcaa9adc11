//! `comms serve` through the binary: what is posted is kept, worked on, counted; what is not proven is told nothing.

use std::io::Write;
use std::time::{Duration, Instant};

use crate::support::World;
use crate::support::serving::{
    APP_SECRET, Answer, Serving, VERIFY_TOKEN, WHATSAPP, signature, text, world,
};

/// Waits until a search finds so many.
fn found(world: &World, query: &str, count: usize) -> Duration {
    let began = Instant::now();
    loop {
        let run = world.run(["search", query, "--json"]).ok();
        if run.json()["messages"].as_array().unwrap().len() == count {
            return began.elapsed();
        }
        assert!(began.elapsed() < Duration::from_secs(20), "{run}");
    }
}

#[test]
fn a_message_that_is_posted_is_in_the_inbox_and_found_within_a_second() {
    let world = world();
    let serving = Serving::start(&world);
    let answer = serving.whatsapp(&text("wamid.1", "the zebra is here"));
    assert_eq!((answer.status, answer.body.as_str()), (200, ""));
    assert!(found(&world, "zebra", 1) < Duration::from_secs(1));
    let inbox = world.run(["inbox", "--offline", "--json"]).ok().json();
    assert_eq!(inbox["threads"][0]["newest"]["account"], "wa", "{inbox}");
    serving.counted("comms_messages_received_total{account=\"wa\"}", 1);
    serving.counted("comms_events_waiting", 0);
}

#[test]
fn what_is_posted_again_is_stored_once() {
    let world = world();
    let serving = Serving::start(&world);
    for _ in 0..5 {
        assert_eq!(
            serving
                .whatsapp(&text("wamid.1", "the zebra is here"))
                .status,
            200
        );
    }
    assert_eq!(
        serving.whatsapp(&text("wamid.2", "a zebra again")).status,
        200
    );
    found(&world, "zebra", 2);
    serving.counted(
        "comms_webhook_events_total{account=\"wa\",state=\"known\"}",
        4,
    );
    serving.counted(
        "comms_webhook_events_total{account=\"wa\",state=\"new\"}",
        2,
    );
    found(&world, "zebra", 2);
}

#[test]
fn what_is_not_proven_is_told_nothing_and_counted() {
    let world = world();
    let serving = Serving::start(&world);
    let body = text("wamid.1", "the zebra is here");
    let good = signature(&body);
    let wrong = format!("sha256={}", "0".repeat(64));
    let name = "x-hub-signature-256";
    let answers: Vec<Answer> = [
        &[(name, wrong.as_str())][..],
        &[],
        &[(name, "sha256=zz")],
        &[(name, ""), (name, "")],
        // Signed twice is not signed: who reads the first, and who the last?
        &[(name, good.as_str()), (name, wrong.as_str())],
    ]
    .iter()
    .map(|headers| serving.post("/webhooks/wa", headers, body.as_bytes()))
    .collect();
    let other = serving.post(
        "/webhooks/nobody",
        &[(name, good.as_str())],
        body.as_bytes(),
    );
    assert_eq!((other.status, other.body.as_str()), (403, ""));
    for answer in answers {
        assert_eq!((answer.status, answer.body.as_str()), (403, ""));
    }
    let tampered = body.replace("zebra", "zebu!");
    assert_eq!(
        serving
            .post("/webhooks/wa", &[(name, &good)], tampered.as_bytes())
            .status,
        403
    );
    serving.counted(
        "comms_webhook_calls_total{account=\"wa\",result=\"signature\"}",
        3,
    );
    serving.counted(
        "comms_webhook_calls_total{account=\"wa\",result=\"unsigned\"}",
        3,
    );
    serving.counted(
        "comms_webhook_calls_total{account=\"\",result=\"unknown_account\"}",
        1,
    );
    found(&world, "zebra", 0);
    assert_eq!(serving.whatsapp(&body).status, 200);
}

#[test]
fn an_address_is_proven_by_its_token_alone() {
    let world = world();
    let serving = Serving::start(&world);
    let ask = |token: &str| {
        serving.get(&format!(
            "/webhooks/wa?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token={token}"
        ))
    };
    let answer = ask(VERIFY_TOKEN);
    assert_eq!((answer.status, answer.body.as_str()), (200, "1158201444"));
    assert!(
        answer
            .head
            .iter()
            .any(|line| line == "content-type: text/plain")
    );
    let answer = ask("another");
    assert_eq!((answer.status, answer.body.as_str()), (403, ""));
    assert_eq!(serving.get("/webhooks/wa").status, 403);
}

#[test]
fn what_can_not_be_read_is_kept_if_it_is_proven() {
    let world = world();
    let serving = Serving::start(&world);
    assert_eq!(serving.whatsapp("no JSON at all \u{0}").status, 200);
    assert_eq!(
        serving
            .whatsapp("{\"object\":\"whatsapp_business_account\",\"novelty\":1}")
            .status,
        200
    );
    serving.counted(
        "comms_webhook_events_total{account=\"wa\",state=\"new\"}",
        2,
    );
    serving.counted("comms_events_waiting", 0);
}

#[test]
fn ten_megabytes_are_refused_without_being_read() {
    let world = world();
    let serving = Serving::start(&world);
    let mut stream = serving.connect();
    let size = 10 << 20;
    write!(
        stream,
        "POST /webhooks/wa HTTP/1.1\r\nhost: x\r\ncontent-length: {size}\r\n\r\n"
    )
    .unwrap();
    // Not a byte of it was sent.
    assert_eq!(Answer::read(&mut stream).status, 413);

    // And where nobody says how large it will be, the limit ends it.
    let mut stream = serving.connect();
    stream
        .write_all(b"POST /webhooks/wa HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n")
        .unwrap();
    let chunk = vec![b'x'; 64 << 10];
    let mut written = 0;
    while written < size {
        let head = format!("{:x}\r\n", chunk.len());
        let sent = stream
            .write_all(head.as_bytes())
            .and_then(|()| stream.write_all(&chunk))
            .and_then(|()| stream.write_all(b"\r\n"));
        if sent.is_err() {
            break;
        }
        written += chunk.len();
    }
    assert!(written < size, "all of it was taken");
    serving.counted(
        "comms_webhook_calls_total{account=\"wa\",result=\"too_large\"}",
        2,
    );
}

#[test]
fn who_speaks_too_slowly_is_hung_up_on_and_others_are_heard_meanwhile() {
    let world = world();
    let serving = Serving::start(&world);
    let mut heads: Vec<_> = (0..50).map(|_| serving.connect()).collect();
    let mut bodies: Vec<_> = (0..50).map(|_| serving.connect()).collect();
    for stream in &mut bodies {
        write!(
            stream,
            "POST /webhooks/wa HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n"
        )
        .unwrap();
    }
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(30) {
        let mut open = 0;
        for stream in heads.iter_mut().chain(&mut bodies) {
            open += usize::from(stream.write_all(b"x").is_ok());
        }
        if open == 0 {
            break;
        }
        let answered = Instant::now();
        assert_eq!(serving.get("/healthz").status, 200);
        assert!(answered.elapsed() < Duration::from_secs(2));
        std::thread::sleep(Duration::from_millis(500));
    }
    assert!(
        began.elapsed() < Duration::from_secs(30),
        "some are still listened to"
    );
}

#[test]
fn it_ends_when_it_is_told_to_and_says_how() {
    let world = world();
    assert_eq!(Serving::with(&world, &[]).end("-TERM"), Some(0));
    assert_eq!(Serving::with(&world, &[]).end("-INT"), Some(130));
}

#[test]
fn while_comms_only_reads_nothing_that_is_posted_is_heard() {
    let world = world();
    let run = world
        .run(["--read-only", "serve", "--only", "webhooks"])
        .fails(6);
    assert!(run.stderr.contains("--only sync"), "{run}");
    let serving = Serving::with(&world, &["--read-only"]);
    assert_eq!(serving.whatsapp(&text("wamid.1", "hello")).status, 404);
    assert_eq!(serving.get("/healthz").status, 200);
}

#[test]
fn health_and_metrics_are_for_this_machine_alone() {
    let world = world();
    let serving = Serving::start(&world);
    assert_eq!(serving.get("/healthz").status, 200);
    for path in ["/healthz", "/metrics"] {
        let answer = serving.post(path, &[], b"");
        assert_eq!(answer.status, 405);
    }
    assert_eq!(serving.get("/nothing").status, 404);
    for lines in [
        "host: localhost\r\nx-forwarded-for: 203.0.113.7",
        // A page of a stranger's whose name leads to this machine.
        "host: evil.example:8787",
    ] {
        assert_eq!(serving.get_as("/metrics", lines).status, 404, "{lines}");
    }
    let page = serving.get("/metrics");
    assert!(
        page.head
            .iter()
            .any(|line| line == "content-type: text/plain; version=0.0.4; charset=utf-8")
    );
}

#[test]
fn a_port_that_is_taken_is_told_and_nothing_runs() {
    let world = world();
    let serving = Serving::start(&world);
    let at = serving.at.to_string();
    let run = world.run(["serve", "--listen", &at]).fails(7);
    assert!(
        run.stderr.contains("another program listens there"),
        "{run}"
    );
    let run = world.run(["serve", "--listen", "nonsense"]).fails(2);
    assert!(
        run.stderr.contains("comms serve --listen 127.0.0.1:8787"),
        "{run}"
    );
}

#[test]
fn an_account_without_a_secret_is_told_of_and_hears_nothing() {
    let world = World::new().config(WHATSAPP);
    let serving = Serving::start(&world);
    assert_eq!(serving.whatsapp(&text("wamid.1", "hello")).status, 403);
}

/// Waits until the process says this on stderr.
fn says(serving: &mut Serving, words: &str) {
    use std::io::{BufRead, BufReader};
    let stderr = serving.child.stderr.take().expect("stderr is piped");
    let said = BufReader::new(stderr)
        .lines()
        .map_while(Result::ok)
        .find(|line| line.contains(words));
    assert!(said.is_some(), "never said `{words}`");
}

#[test]
fn another_secret_holds_once_it_is_asked_to_read_again() {
    let world = World::new().env("COMMS_PASSPHRASE", "correct horse");
    let config = format!("[secrets]\nstore = \"file\"\n{WHATSAPP}");
    std::fs::write(world.home().join("config.toml"), config).unwrap();
    let keep = |secret: &str| {
        let args = ["auth", "login", "wa", "--part", "webhook-secret", "--stdin"];
        world.run_with(secret, args).ok();
    };
    keep("an old secret");
    let mut serving = Serving::start(&world);
    assert_eq!(
        serving
            .whatsapp(&text("wamid.1", "the zebra is here"))
            .status,
        403
    );
    keep(APP_SECRET);
    let pid = serving.child.id().to_string();
    std::process::Command::new("kill")
        .args(["-HUP", &pid])
        .status()
        .unwrap();
    says(&mut serving, "were read again");
    assert_eq!(
        serving
            .whatsapp(&text("wamid.1", "the zebra is here"))
            .status,
        200
    );
    found(&world, "zebra", 1);
}

#[test]
fn an_account_that_is_added_while_it_runs_is_heard() {
    let world = world().config("");
    let mut serving = Serving::start(&world);
    assert_eq!(
        serving
            .whatsapp(&text("wamid.1", "the zebra is here"))
            .status,
        403
    );
    std::fs::write(world.home().join("config.toml"), "[accounts.wa\n").unwrap();
    std::thread::sleep(Duration::from_millis(2500));
    std::fs::write(world.home().join("config.toml"), WHATSAPP).unwrap();
    says(&mut serving, "were read again");
    assert_eq!(
        serving
            .whatsapp(&text("wamid.1", "the zebra is here"))
            .status,
        200
    );
    found(&world, "zebra", 1);
}

#[test]
fn doctor_tells_which_secret_is_missing_and_the_list_what_address_to_give() {
    let config = format!("[secrets]\nstore = \"file\"\n{WHATSAPP}");
    let world = World::new().config(&config);
    let report = world.run(["doctor", "--offline", "--json"]).json();
    let checks = report["checks"].as_array().unwrap();
    let webhook = checks
        .iter()
        .find(|check| check["name"] == "wa: webhook")
        .unwrap();
    assert_eq!(webhook["state"], "note", "{webhook}");
    let fix = webhook["fix"].as_str().unwrap();
    assert!(
        fix.contains("comms auth login wa --part webhook-secret"),
        "{fix}"
    );
    let accounts = world.run(["auth", "list", "--json"]).json();
    let row = accounts["accounts"]
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row["account"] == "wa")
        .unwrap();
    assert_eq!(row["webhook_url"], "http://127.0.0.1:8787/webhooks/wa");
}

#[test]
fn what_a_serve_that_died_had_kept_is_worked_on_by_the_next_command() {
    let world = world();
    let serving = Serving::start(&world);
    assert_eq!(
        serving
            .whatsapp(&text("wamid.1", "the zebra is here"))
            .status,
        200
    );
    found(&world, "zebra", 1);
    drop(serving);
    // As if it had died before the work.
    let db = rusqlite::Connection::open(world.home().join("comms.db")).unwrap();
    let undo = "UPDATE events SET due = received_at, done_at = NULL, event = 'message:wamid.2',
                body = CAST(replace(CAST(body AS TEXT), 'wamid.1', 'wamid.2') AS BLOB)";
    db.execute(undo, []).unwrap();
    drop(db);
    let late = |args: &[&str]| {
        let mut command = world.command();
        command.env("COMMS_NOW", "2026-11-21T12:02:00Z").args(args);
        String::from_utf8_lossy(&command.output().unwrap().stdout).into_owned()
    };
    let status = late(&[]);
    assert!(status.contains("comms inbox sync"), "{status}");
    let report = late(&["doctor", "--offline"]);
    assert!(report.contains("1 event that providers posted"), "{report}");
    world.run(["inbox"]).ok();
    found(&world, "zebra", 2);
}

#[test]
fn a_unit_names_this_very_program() {
    let run = World::new()
        .run(["serve", "--only", "webhooks,outbox", "--print-unit"])
        .ok();
    let program = crate::support::binary();
    assert!(
        run.stdout.contains(&format!(
            "ExecStart=\"{program}\" serve --only webhooks,outbox"
        )),
        "{run}"
    );
}

#[test]
fn idle_callers_leave_the_store_its_files_and_are_cut_off() {
    let world = World::new();
    let made = world.run(["auth", "key", "add", "desk"]).ok();
    let lines = format!(
        "host: localhost\r\nauthorization: Bearer {}",
        made.stdout.trim()
    );
    // As few files as a service may have, and more callers than that.
    let mut command = world.command_of("sh");
    command
        .args([
            "-c",
            "ulimit -n 140; exec \"$0\" \"$@\"",
            crate::support::binary(),
        ])
        .args(["serve", "--listen", "127.0.0.1:0", "--only", "api"])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped());
    let serving = Serving::of(command.spawn().unwrap());
    let mut first = serving.connect();
    let idle: Vec<_> = (0..135).map(|_| serving.connect()).collect();
    // Whoever was there before is answered, although nothing was opened yet.
    write!(
        first,
        "GET /v1/status HTTP/1.1\r\n{lines}\r\nconnection: close\r\n\r\n"
    )
    .unwrap();
    let answer = Answer::read(&mut first);
    assert_eq!(answer.status, 200, "{answer:?}");
    drop(idle);
    assert_eq!(serving.get_as("/v1/status", &lines).status, 200);
    assert_eq!(serving.end("-TERM"), Some(0));
}
