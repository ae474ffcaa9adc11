//! Sending through Gmail, into the spaces of Google Chat and through webhooks: what arrives, and that it does once.

use serde_json::Value;

use crate::support::google::{Fault, Google, TOKEN};
use crate::support::{Run, World};

/// A user of Gmail, Chat and a webhook, all of this Google.
fn world(google: &Google) -> World {
    let url = &google.url;
    World::new()
        .config(&format!(
            "[defaults]\nemail = \"mail\"\n\n\
             [accounts.mail]\nchannel = \"gmail\"\naddress = \"ada@gmail.example\"\nbase_url = \"{url}\"\n\n\
             [accounts.chat]\nchannel = \"google-chat\"\naddress = \"ada@gmail.example\"\nbase_url = \"{url}\"\n\n\
             [accounts.alerts]\nchannel = \"google-chat-webhook\"\nbase_url = \"{url}\"\n"
        ))
        .env("COMMS_SECRET_MAIL", TOKEN)
        .env("COMMS_SECRET_CHAT", TOKEN)
}

fn at(world: &World, now: &str, args: &[&str]) -> Run {
    let output = world
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

/// Long enough after the tests' instant for any doubt to be settled.
const LATER: &str = "2026-11-21T12:10:00Z";
const LATER_STILL: &str = "2026-11-21T12:20:00Z";

fn state(world: &World, item: &str) -> String {
    let shown = world.run(["outbox", "show", item, "--json"]).ok().json();
    shown["state"].as_str().unwrap().to_owned()
}

fn submitted(google: &Google) -> Vec<String> {
    let sent = google.gmail().sent();
    sent.iter()
        .map(|s| String::from_utf8_lossy(&s.submitted).into_owned())
        .collect()
}

#[test]
fn a_letter_goes_through_gmail_with_all_its_recipients_in_its_header() {
    let google = Google::start();
    let world = world(&google);
    let report = world
        .run([
            "send",
            "bob@example.com",
            "--cc",
            "Cleo <cleo@example.com>",
            "--bcc",
            "dan@example.com",
            "-s",
            "Héllo",
            "-m",
            "It works",
            "--json",
        ])
        .ok()
        .json();
    let item = &report["items"][0];
    assert_eq!(item["channel"], "gmail");
    assert_eq!(item["state"], "sent");
    let sent = submitted(&google);
    assert_eq!(sent.len(), 1);
    for line in [
        "To: <bob@example.com>\r\n",
        "Cc: \"Cleo\" <cleo@example.com>\r\n",
        "Bcc: <dan@example.com>\r\n",
    ] {
        assert!(sent[0].contains(line), "{}", sent[0]);
    }
    // Answers will name the id that Gmail gave it.
    let id = item["message_id"].as_str().unwrap();
    assert!(id.ends_with("@mail.gmail.com"), "{id}");
}

#[test]
fn whoever_opted_out_meanwhile_is_no_longer_in_the_header() {
    let google = Google::start();
    let world = world(&google);
    world
        .run([
            "send",
            "bob@example.com",
            "cleo@example.com",
            "-s",
            "x",
            "-m",
            "x",
            "--queue",
        ])
        .ok();
    world.run(["contacts", "optout", "cleo@example.com"]).ok();
    world.run(["outbox", "run"]);
    let sent = submitted(&google);
    assert_eq!(sent.len(), 1);
    assert!(
        sent[0].contains("bob@example.com") && !sent[0].contains("cleo@example.com"),
        "{}",
        sent[0]
    );
}

#[test]
fn a_lost_answer_of_gmail_is_found_among_the_sent_mail() {
    for fault in [
        Fault::CutBeforeAnswer,
        Fault::CutAfter(5),
        Fault::MalformedJson,
    ] {
        let google = Google::start();
        let world = world(&google);
        google.fault("gmail.users.messages.send", 1, fault.clone());
        let report = world
            .run(["send", "bob@example.com", "-s", "x", "-m", "x", "--json"])
            .ok()
            .json();
        assert_eq!(report["items"][0]["state"], "sent", "{fault:?}");
        at(&world, LATER, &["outbox", "run"]).ok();
        assert_eq!(google.gmail().sent().len(), 1, "{fault:?}");
    }
}

#[test]
fn a_send_that_never_reached_gmail_goes_again_once_that_is_certain() {
    for fault in [Fault::CutBeforeWork, Fault::Unavailable] {
        let google = Google::start();
        let world = world(&google);
        google.fault("gmail.users.messages.send", 1, fault.clone());
        world
            .run(["send", "bob@example.com", "-s", "x", "-m", "x"])
            .fails(10);
        assert_eq!(state(&world, "o1"), "unconfirmed", "{fault:?}");
        // Too early to tell: it may still be on its way.
        world.run(["outbox", "run"]);
        assert_eq!(google.gmail().sent().len(), 0, "{fault:?}");
        // Nothing older was ever sent that would prove the list right: it is asked twice.
        at(&world, LATER, &["outbox", "run"]);
        assert_eq!(google.gmail().sent().len(), 0, "{fault:?}");
        at(&world, LATER_STILL, &["outbox", "run"]).ok();
        assert_eq!(state(&world, "o1"), "sent", "{fault:?}");
        at(&world, LATER, &["outbox", "run"]).ok();
        assert_eq!(google.gmail().sent().len(), 1, "{fault:?}");
    }
}

#[test]
fn a_rate_limit_in_the_guise_of_403_is_waited_for() {
    for fault in [
        Fault::RateLimited403,
        Fault::UserRateLimited403,
        Fault::RetryAfter(30),
        Fault::TooMany429("2026-11-21T12:00:30Z".to_owned()),
    ] {
        let google = Google::start();
        let world = world(&google);
        google.fault("gmail.users.messages.send", 1, fault.clone());
        let report = world
            .run(["send", "bob@example.com", "-s", "x", "-m", "x", "--json"])
            .fails(8)
            .json();
        assert_eq!(report["retry"]["owner"], "comms", "{fault:?}");
        at(&world, LATER, &["outbox", "run"]).ok();
        assert_eq!(google.gmail().sent().len(), 1, "{fault:?}");
    }
}

#[test]
fn a_large_letter_is_uploaded_in_parts_and_one_too_large_is_refused() {
    let google = Google::start();
    let world = world(&google);
    let file = world.file("scan.bin", vec![7u8; 9_000_000]);
    google.fault("upload.chunk", 1, Fault::LoseChunkAfter(300_000));
    world
        .run(["send", "bob@example.com", "-s", "x", "-m", "x", "-a", &file])
        .ok();
    assert_eq!(google.gmail().sent().len(), 1);
    let file = world.file("film.bin", vec![7u8; 28_000_000]);
    let run = world
        .run(["send", "bob@example.com", "-s", "x", "-m", "x", "-a", &file])
        .fails(6);
    assert!(
        run.stderr.contains("36700160") || run.stdout.contains("36700160"),
        "{run}"
    );
    assert_eq!(google.gmail().sent().len(), 1);
}

fn texts(google: &Google, space: &str) -> Vec<String> {
    let messages = google.chat().messages(space);
    let text = |m: &Value| m["text"].as_str().unwrap_or_default().to_owned();
    messages.iter().map(text).collect()
}

#[test]
fn markdown_arrives_in_the_dialect_of_chat() {
    let google = Google::start();
    let space = google.chat().space("AAA", "Team room");
    let world = world(&google);
    let report = world
        .run([
            "send",
            "chat:spaces/AAA",
            "-m",
            "**Build** [log](https://ci.example/1) <users/all>",
            "--markdown",
            "--json",
        ])
        .ok()
        .json();
    assert_eq!(report["items"][0]["channel"], "google-chat");
    let texts = texts(&google, &space);
    assert_eq!(texts.len(), 1);
    assert!(
        texts[0].starts_with("*Build* <https://ci.example/1|log>"),
        "{texts:?}"
    );
    assert!(!texts[0].contains("<users/all>"), "{texts:?}");
    world
        .run([
            "send",
            "chat:spaces/AAA",
            "-m",
            "<users/all> fire",
            "--allow-mass-mention",
        ])
        .ok();
    assert!(self::texts(&google, &space)[1].contains("<users/all>"));
}

fn long() -> String {
    (0..400)
        .map(|n| format!("line {n} of a long report\n"))
        .collect()
}

#[test]
fn a_long_text_goes_into_a_space_in_parts_each_once_whatever_is_cut() {
    let text = long();
    for fault in [
        Fault::CutBeforeAnswer,
        Fault::CutBeforeWork,
        Fault::Unavailable,
        Fault::CutAfter(3),
    ] {
        for nth in 1..=3 {
            let google = Google::start();
            let space = google.chat().space("AAA", "Team room");
            let world = world(&google);
            google.fault("chat.spaces.messages.create", nth, fault.clone());
            let run = world.run(["send", "chat:spaces/AAA", "-m", &text]);
            assert!([0, 8, 10].contains(&run.code), "{fault:?} {nth} {run}");
            at(&world, LATER, &["outbox", "run"]);
            let run = at(&world, LATER, &["outbox", "run"]);
            assert_eq!(state(&world, "o1"), "sent", "{fault:?} {nth} {run}");
            let arrived = texts(&google, &space);
            assert_eq!(arrived.len(), 3, "{fault:?} {nth}");
            for n in 0..400 {
                let line = format!("line {n} of a long report");
                let times = arrived
                    .iter()
                    .filter(|t| t.lines().any(|l| l == line))
                    .count();
                assert_eq!(times, 1, "{line} {fault:?} {nth}");
            }
        }
    }
}

#[test]
fn a_direct_message_is_begun_with_whoever_was_never_written_to() {
    let google = Google::start();
    google.chat().user("users/7", "Bob", "bob@example.com");
    let world = world(&google);
    world
        .run(["send", "chat:bob@example.com", "-m", "hello"])
        .ok();
    world
        .run(["send", "chat:bob@example.com", "-m", "again"])
        .ok();
    let posted: Vec<Vec<String>> = {
        let spaces: Vec<String> = google.state().chat.spaces.keys().cloned().collect();
        spaces.iter().map(|s| texts(&google, s)).collect()
    };
    assert_eq!(posted, [["hello", "again"]]);
}

#[test]
fn a_project_without_a_chat_app_is_told_apart_from_a_missing_space() {
    let google = Google::start();
    google.chat().space("AAA", "Team room");
    let world = world(&google);
    google.chat().app(false);
    let run = world
        .run(["send", "chat:spaces/AAA", "-m", "x", "--json"])
        .fails(3);
    assert!(run.stderr.contains("Chat app"), "{run}");
    google.chat().app(true);
    world.run(["send", "chat:spaces/ZZZ", "-m", "x"]).fails(5);
}

#[test]
fn a_webhook_writes_into_its_space_and_its_url_is_seen_nowhere() {
    let google = Google::start();
    let space = google.chat().space("AAA", "Alerts");
    let url = google.chat().webhook(&space, "thekey", "thetoken");
    let world = world(&google).env("COMMS_SECRET_ALERTS", &url);
    let run = world
        .run([
            "send",
            "to:alerts",
            "-s",
            "Disk",
            "-m",
            "full: 97 %",
            "--thread-key",
            "disk",
            "-vvv",
            "--json",
        ])
        .ok();
    assert_eq!(texts(&google, &space), ["*Disk*\n\nfull: 97 %"]);
    world
        .run(["send", "to:alerts", "-m", "still", "--thread-key", "disk"])
        .ok();
    let messages = google.chat().messages(&space);
    assert_eq!(messages[0]["thread"]["name"], messages[1]["thread"]["name"]);
    for text in [&run.stdout, &run.stderr] {
        assert!(
            !text.contains("thekey") && !text.contains("thetoken"),
            "{run}"
        );
    }
}

#[test]
fn a_webhook_that_does_not_answer_leaves_the_message_in_doubt_for_a_person() {
    let google = Google::start();
    let space = google.chat().space("AAA", "Alerts");
    let url = google.chat().webhook(&space, "thekey", "thetoken");
    let world = world(&google).env("COMMS_SECRET_ALERTS", &url);
    google.fault("chat.spaces.messages.create", 1, Fault::CutBeforeAnswer);
    world.run(["send", "to:alerts", "-m", "x"]).fails(10);
    at(&world, LATER, &["outbox", "run"]);
    assert_eq!(state(&world, "o1"), "unconfirmed");
    assert_eq!(texts(&google, &space).len(), 1);
    world.run(["outbox", "resolve", "o1", "--sent"]).ok();
    at(&world, LATER, &["outbox", "run"]).ok();
    assert_eq!(texts(&google, &space).len(), 1);
}

#[test]
fn mail_and_a_room_may_be_written_to_at_once() {
    let google = Google::start();
    let space = google.chat().space("AAA", "Team room");
    let world = world(&google);
    let report = world
        .run([
            "send",
            "bob@example.com",
            "chat:spaces/AAA",
            "-s",
            "Release",
            "-m",
            "is out",
            "--json",
        ])
        .ok()
        .json();
    assert_eq!(report["items"].as_array().unwrap().len(), 2);
    assert_eq!(google.gmail().sent().len(), 1);
    assert_eq!(texts(&google, &space), ["*Release*\n\nis out"]);
}

#[test]
fn an_answer_goes_into_the_thread_it_belongs_to() {
    let google = Google::start();
    let id = google.gmail().deliver(
        "From: Bob <bob@example.com>\r\nTo: ada@gmail.example\r\nSubject: Plan\r\nMessage-ID: <plan@example.com>\r\n\
         Date: Sat, 21 Nov 2026 10:00:00 +0000\r\n\r\nShall we?\r\n",
    );
    let thread = google.gmail().mail(&id).unwrap().thread;
    let world = world(&google);
    world.run(["inbox", "sync", "--account", "mail"]).ok();
    let report = world
        .run(["reply", "m1", "-m", "Yes", "--json"])
        .ok()
        .json();
    assert_eq!(report["items"][0]["state"], "sent");
    let sent = google.gmail().sent();
    assert_eq!(sent[0].asked_thread.as_deref(), Some(thread.as_str()));
    // It is there at once, without another look at the mailbox.
    let found = world.run(["search", "is:sent", "--json"]).ok().json();
    assert_eq!(found["messages"].as_array().unwrap().len(), 1, "{found}");
    let thread = world.run(["inbox", "thread", "t1", "--json"]).ok().json();
    assert_eq!(thread["messages"].as_array().unwrap().len(), 2, "{thread}");
    world.run(["inbox", "sync", "--account", "mail"]).ok();
    let found = world.run(["search", "is:sent", "--json"]).ok().json();
    assert_eq!(found["messages"].as_array().unwrap().len(), 1, "{found}");
    // The answer to the answer names the id that Gmail gave.
    world.run(["reply", "m2", "-m", "And?"]).ok();
    let sent = String::from_utf8_lossy(&google.gmail().sent()[1].submitted).into_owned();
    let named = sent
        .lines()
        .find(|l| l.starts_with("In-Reply-To:"))
        .unwrap();
    assert!(named.contains("@mail.gmail.com>"), "{named}");
}

#[test]
fn an_alias_is_used_where_gmail_knows_it_and_refused_where_it_would_be_replaced() {
    let google = Google::start();
    google.gmail().alias("ada@example.org");
    let world = World::new()
        .config(&format!(
            "[accounts.mail]\nchannel = \"gmail\"\naddress = \"ada@gmail.example\"\nbase_url = \"{}\"\n\
             aliases = [\"ada@example.org\", \"ada@elsewhere.example\"]\nsignature = \"Ada Lovelace\\nAnalytical Engines\"\n",
            google.url
        ))
        .env("COMMS_SECRET_MAIL", TOKEN);
    world
        .run([
            "send",
            "bob@example.com",
            "-s",
            "x",
            "-m",
            "x",
            "--from",
            "Ada@example.org",
        ])
        .ok();
    let sent = submitted(&google);
    assert!(sent[0].contains("From: <ada@example.org>"), "{}", sent[0]);
    assert!(
        sent[0].ends_with("x\r\n\r\n-- \r\nAda Lovelace\r\nAnalytical Engines\r\n"),
        "{}",
        sent[0]
    );
    let run = world
        .run([
            "send",
            "bob@example.com",
            "-s",
            "x",
            "-m",
            "x",
            "--from",
            "ada@elsewhere.example",
        ])
        .fails(6);
    assert!(run.stdout.contains("does not let"), "{run}");
    assert_eq!(submitted(&google).len(), 1);
}

#[test]
fn a_part_that_is_here_already_does_not_stand_for_the_others() {
    let google = Google::start();
    let space = google.chat().space("AAA", "Team room");
    let world = world(&google);
    google.fault("chat.spaces.messages.create", 2, Fault::CutBeforeWork);
    // Nor can it be asked for now.
    google.faults("chat.spaces.messages.get", 60, &Fault::Unavailable);
    world
        .run(["send", "chat:spaces/AAA", "-m", &long()])
        .fails(10);
    world.run(["inbox", "sync", "--account", "chat"]);
    assert_eq!(state(&world, "o1"), "unconfirmed");
    assert!(google.forget_faults() > 0);
    at(&world, LATER, &["outbox", "run"]);
    assert_eq!(state(&world, "o1"), "sent");
    assert_eq!(texts(&google, &space).len(), 3);
}

#[test]
fn an_answer_goes_even_if_its_thread_is_gone_there() {
    let google = Google::start();
    let id = google.gmail().deliver(
        "From: Bob <bob@example.com>\r\nTo: ada@gmail.example\r\nSubject: Plan\r\nMessage-ID: <plan@example.com>\r\n\
         Date: Sat, 21 Nov 2026 10:00:00 +0000\r\n\r\nShall we?\r\n",
    );
    let world = world(&google);
    world.run(["inbox", "sync", "--account", "mail"]).ok();
    google.gmail().delete(&id);
    world.run(["reply", "m1", "-m", "Yes"]).ok();
    let sent = google.gmail().sent();
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0].asked_thread, None);
}
