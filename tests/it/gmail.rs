//! Gmail through the real binary against the loopback mailbox: everything once, then what happened since.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::support::google::wire::Refusal;
use crate::support::google::{Fault, Google, TOKEN};
use crate::support::{Run, World};

const LIST: &str = "gmail.users.messages.list";
const GET: &str = "gmail.users.messages.get";
const HISTORY: &str = "gmail.users.history.list";

fn letter(n: usize) -> String {
    format!(
        "From: Bob <bob@example.com>\r\nTo: ada@gmail.example\r\nSubject: number {n}\r\n\
         Message-ID: <{n}@example.com>\r\nDate: Sat, 21 Nov 2026 10:00:00 +0000\r\n\r\nWord w{n}\r\n"
    )
}

/// Letters in the inbox, each a conversation of its own.
fn fill(google: &Google, numbers: std::ops::Range<usize>) -> Vec<String> {
    let mut state = google.state();
    let add = |n: usize| {
        let now = state.tick();
        let labels = ["INBOX".to_owned()].into();
        let thread = Some(format!("thread{n}"));
        state.gmail.add(letter(n).into_bytes(), labels, now, thread)
    };
    numbers.map(add).collect()
}

fn world(google: &Google) -> World {
    with(google, "")
}

fn with(google: &Google, more: &str) -> World {
    World::new()
        .config(&format!(
            "[accounts.work]\nchannel = \"gmail\"\naddress = \"ada@gmail.example\"\n\
             base_url = \"{0}\"\ntoken_url = \"{0}/token\"\nclient_id = \"comms\"\n{more}",
            google.url
        ))
        .env("COMMS_SECRET_WORK_TOKENS", &tokens(google))
        .env("COMMS_SECRET_WORK_CLIENT_SECRET", "cl13nt-s3cret")
}

fn tokens(google: &Google) -> String {
    serde_json::json!({
        "access_token": TOKEN, "refresh_token": "r3fresh", "token_type": "bearer",
        "expires_at": "2026-11-22T11:00:00Z", "obtained_at": "2026-11-21T10:00:00Z",
        "logged_in_at": "2026-11-21T10:00:00Z",
        "scopes": ["https://www.googleapis.com/auth/gmail.modify"], "issuer": null,
        "token_url": format!("{}/token", google.url), "client_id": "comms",
    })
    .to_string()
}

fn sync(world: &World) -> Value {
    let run = try_sync(world).ok();
    let mut report = run.json();
    let account = report["accounts"][0].take();
    assert_eq!(account["error"], Value::Null, "{account}");
    account
}

fn try_sync(world: &World) -> Run {
    let run = world.run(["inbox", "sync", "--account", "work", "--json"]);
    assert!(
        !run.stdout.contains(TOKEN) && !run.stderr.contains(TOKEN),
        "{run}"
    );
    run
}

fn counts(report: &Value) -> (u64, u64, u64) {
    let of = |name: &str| report[name].as_u64().unwrap();
    (of("added"), of("changed"), of("removed"))
}

/// What is stored: subject to folder and labels.
fn stored(world: &World) -> BTreeMap<String, (String, Vec<String>)> {
    let run = world
        .run(["search", "--limit", "10000", "--json", "account:work"])
        .ok();
    let report = run.json();
    let messages = report["messages"].as_array().unwrap().iter();
    let text = |v: &Value| v.as_str().unwrap().to_owned();
    let mut stored = BTreeMap::new();
    for message in messages {
        let labels = message["labels"].as_array().unwrap().iter().map(text);
        let standing = (text(&message["folder"]), labels.collect());
        let twice = stored.insert(text(&message["subject"]), standing);
        assert_eq!(twice, None, "{message}");
    }
    stored
}

#[test]
fn everything_comes_once_and_nothing_new_is_one_request() {
    let google = Google::start();
    fill(&google, 0..5000);
    let world = with(&google, "quota = \"none\"\n");
    let report = sync(&world);
    println!("5000 messages in {} ms", report["took_ms"]);
    assert_eq!(counts(&report), (5000, 0, 0));
    let lists = google.count(LIST);
    assert!(lists <= 11, "{lists} pages");
    assert_eq!(google.count(GET), 5000);
    assert_eq!(google.count("batch"), 100);
    assert_eq!(stored(&world).len(), 5000);

    google.forget_requests();
    assert_eq!(counts(&sync(&world)), (0, 0, 0));
    let requests = google.requests();
    let asked: Vec<_> = requests.iter().map(|r| r.id).collect();
    assert_eq!(asked, [HISTORY]);
}

#[test]
fn labels_become_folders_flags_and_labels() {
    let google = Google::start();
    let gmail = google.gmail();
    let user = gmail.make_label("Work/Q3 plans");
    for (n, labels) in [
        &["INBOX", "UNREAD", "IMPORTANT", "CATEGORY_SOCIAL"][..],
        &["SENT"],
        &["SENT", "INBOX"],
        &["TRASH", "SENT"],
        &["SPAM"],
        &[&user],
    ]
    .into_iter()
    .enumerate()
    {
        gmail.store(letter(n), labels);
    }
    let world = world(&google);
    assert_eq!(counts(&sync(&world)), (6, 0, 0));
    let stored = stored(&world);
    for (n, folder, labels) in [
        (0, "INBOX", &["category/social", "important"][..]),
        (1, "Sent", &[]),
        (2, "INBOX", &["sent"]),
        (3, "Trash", &["sent"]),
        (4, "Junk", &[]),
        (5, "Archive", &["Work/Q3 plans"]),
    ] {
        let labels = labels.iter().map(|l| (*l).to_owned()).collect();
        let standing = &stored[&format!("number {n}")];
        assert_eq!(*standing, (folder.to_owned(), labels), "{n}");
    }
}

#[test]
fn what_happened_since_is_taken_over_from_the_history() {
    let google = Google::start();
    let ids = fill(&google, 0..6);
    let world = world(&google);
    sync(&world);
    google.forget_requests();
    let gmail = google.gmail();
    let label = gmail.make_label("later");
    gmail.deliver(letter(10));
    gmail.delete(&ids[0]);
    gmail.label(&ids[1], &["STARRED", &label], &["INBOX"]);
    gmail.label(&ids[2], &["TRASH"], &["INBOX"]);
    gmail.label(&ids[3], &["UNREAD"], &[]);
    gmail.label(&ids[3], &[], &["UNREAD"]);
    // Came and went between two looks.
    let brief = gmail.deliver(letter(11));
    gmail.delete(&brief);
    assert_eq!(counts(&sync(&world)), (1, 2, 1));
    let stored = stored(&world);
    assert_eq!(stored.len(), 6);
    assert_eq!(
        stored["number 1"],
        ("Archive".to_owned(), vec!["later".to_owned()])
    );
    assert_eq!(stored["number 2"].0, "Trash");
    assert_eq!(google.count(LIST), 0);
    assert_eq!(google.count(GET), 1);
    assert_eq!(google.count("gmail.users.labels.list"), 1);
}

#[test]
fn faults_that_pass_are_waited_for() {
    let google = Google::start();
    fill(&google, 0..120);
    google.fault(LIST, 1, Fault::RateLimited403);
    google.fault("batch", 1, Fault::UserRateLimited403);
    google.fault("batch", 2, Fault::Unavailable);
    google.fault(GET, 7, Fault::TooMany429("2026-11-21T12:00:20Z".to_owned()));
    google.fault(GET, 9, Fault::RetryAfter(3));
    google.fault(GET, 60, Fault::Unavailable);
    google.fault("gmail.users.getProfile", 1, Fault::CutBeforeAnswer);
    google.fault(HISTORY, 1, Fault::Unavailable);
    let world = world(&google);
    assert_eq!(counts(&sync(&world)), (120, 0, 0));
    // Only what failed was asked for again.
    assert_eq!(google.count(GET), 123);
}

#[test]
fn a_login_that_ends_in_the_middle_is_renewed() {
    let google = Google::start();
    fill(&google, 0..300);
    google.fault("batch", 3, Fault::Unauthorized);
    google.fault(GET, 20, Fault::Unauthorized);
    let world = world(&google);
    assert_eq!(counts(&sync(&world)), (300, 0, 0));
    assert_eq!(stored(&world).len(), 300);
    assert!(google.count("token") >= 1);
}

#[test]
fn broken_answers_lose_nothing() {
    let google = Google::start();
    fill(&google, 0..120);
    let world = world(&google);
    google.fault("batch", 1, Fault::MalformedJson);
    for operation in ["gmail.users.getProfile", LIST, HISTORY] {
        google.fault(operation, 1, Fault::MalformedJson);
        let run = try_sync(&world).fails(7);
        assert!(run.json_error()["error"]["message"].is_string(), "{run}");
    }
    sync(&world);
    assert_eq!(stored(&world).len(), 120);
}

#[test]
fn messages_that_vanish_between_list_and_get_are_passed_over() {
    let google = Google::start();
    fill(&google, 0..60);
    for nth in [3, 30, 51] {
        google.fault(GET, nth, Fault::Refuse(Refusal::not_found()));
    }
    let world = world(&google);
    assert_eq!(counts(&sync(&world)), (57, 0, 0));
}

#[test]
fn a_message_that_is_refused_keeps_no_other_away_and_is_asked_for_again() {
    let google = Google::start();
    fill(&google, 0..60);
    let refusal = Refusal::new(400, "FAILED_PRECONDITION", "failedPrecondition", "No way.");
    google.fault(GET, 5, Fault::Refuse(refusal));
    let world = world(&google);
    let run = try_sync(&world).ok();
    let report = &run.json()["accounts"][0];
    assert_eq!(counts(report), (59, 0, 0));
    let refused = report["refused"].as_array().unwrap();
    assert_eq!(refused.len(), 1, "{run}");
    assert!(refused[0]["remote"].is_string(), "{run}");
    assert!(run.stderr.contains("refused a message: "), "{run}");
    assert_eq!(counts(&sync(&world)), (1, 0, 0));
    assert_eq!(stored(&world).len(), 60);
}

#[test]
fn an_expired_history_is_made_up_for_by_lists() {
    let google = Google::start();
    let ids = fill(&google, 0..600);
    let gmail = google.gmail();
    let label = gmail.make_label("kept");
    let world = with(&google, "quota = \"none\"\n");
    sync(&world);
    fill(&google, 600..610);
    gmail.delete(&ids[1]);
    gmail.label(&ids[2], &["STARRED", &label], &[]);
    gmail.label(&ids[3], &["UNREAD"], &["INBOX"]);
    gmail.expire_history();
    google.forget_requests();
    assert_eq!(counts(&sync(&world)), (10, 2, 1));
    assert_eq!(google.count(GET), 10);
    let stored = stored(&world);
    assert_eq!(stored.len(), 609);
    assert_eq!(
        stored["number 2"],
        ("INBOX".to_owned(), vec!["kept".to_owned()])
    );
    assert_eq!(stored["number 3"].0, "Archive");
    google.forget_requests();
    sync(&world);
    assert_eq!(google.requests().len(), 1);
}

#[test]
fn a_list_without_messages_forgets_no_mailbox_that_has_some() {
    let google = Google::start();
    fill(&google, 0..30);
    let gmail = google.gmail();
    let world = with(&google, "quota = \"none\"\n");
    sync(&world);
    gmail.expire_history();
    for list in [1, 2] {
        google.fault(LIST, list, nothing());
    }
    let run = world.run(["inbox", "sync", "--account", "work"]).fails(7);
    assert!(run.stderr.contains("says that there are 30"), "{run}");
    assert_eq!(stored(&world).len(), 30);
    google.forget_faults();
    sync(&world);
    assert_eq!(stored(&world).len(), 30);
}

/// What a list says that ends early, with success.
fn nothing() -> Fault {
    let nothing = r#"{"resultSizeEstimate":0}"#.to_owned();
    Fault::Status(200, nothing, Vec::new())
}

#[test]
fn a_first_list_that_ends_early_is_listed_once_more() {
    for cut in [1, 2] {
        let google = Google::start();
        fill(&google, 0..1300);
        google.fault(LIST, cut, nothing());
        let world = with(&google, "quota = \"none\"\n");
        let report = sync(&world);
        assert_eq!(counts(&report), (1300, 0, 0), "{cut}");
        assert_eq!(report["notes"], serde_json::json!([]), "{cut}");
        assert_eq!(stored(&world).len(), 1300, "{cut}");
        assert_eq!(google.count(GET), 1300, "{cut}");
    }
}

#[test]
fn a_first_list_that_ends_early_again_is_told() {
    let google = Google::start();
    fill(&google, 0..1300);
    for page in [2, 4] {
        google.fault(LIST, page, nothing());
    }
    let world = with(&google, "quota = \"none\"\n");
    let report = sync(&world);
    assert_eq!(counts(&report), (500, 0, 0));
    let notes = report["notes"].to_string();
    assert!(
        notes.contains("there are 1300 messages, and lists 500"),
        "{report}"
    );
}

/// A mailbox that is known here, and whose list is to be compared: its second page is empty, and again when it is listed
/// once more.
fn twice_cut_short(messages: usize) -> (Google, World) {
    let google = Google::start();
    fill(&google, 0..messages);
    let world = with(&google, "quota = \"none\"\n");
    sync(&world);
    google.gmail().expire_history();
    for page in [2, 4] {
        google.fault(LIST, page, nothing());
    }
    (google, world)
}

#[test]
fn a_list_that_ends_early_removes_no_message() {
    let google = Google::start();
    let ids = fill(&google, 0..1300);
    let gmail = google.gmail();
    let world = with(&google, "quota = \"none\"\n");
    sync(&world);
    gmail.delete(&ids[7]);
    gmail.expire_history();
    google.fault(LIST, 2, nothing());
    assert_eq!(counts(&sync(&world)), (0, 0, 1));
    assert_eq!(stored(&world).len(), 1299);
    sync(&world);
    assert_eq!(stored(&world).len(), 1299);
}

#[test]
fn a_list_that_ends_early_again_and_again_is_told_and_removes_nothing() {
    let (_google, world) = twice_cut_short(1300);
    let run = world.run(["inbox", "sync", "--account", "work"]).fails(7);
    assert!(
        run.stderr.contains("lacks messages that are there"),
        "{run}"
    );
    assert_eq!(stored(&world).len(), 1300);
    assert_eq!(counts(&sync(&world)), (0, 0, 0));
    assert_eq!(stored(&world).len(), 1300);
}

#[test]
fn a_list_that_lacks_a_few_for_good_keeps_them() {
    let (_google, world) = twice_cut_short(520);
    let report = sync(&world);
    assert_eq!(counts(&report), (0, 0, 0));
    let notes = report["notes"].to_string();
    assert!(notes.contains("there (20): they are kept"), "{report}");
    assert_eq!(stored(&world).len(), 520);
}

#[test]
fn a_label_whose_list_is_empty_for_once_keeps_its_messages() {
    for empty in [1, 2] {
        let google = Google::start();
        let ids = fill(&google, 0..30);
        let gmail = google.gmail();
        let world = with(&google, "quota = \"none\"\n");
        sync(&world);
        gmail.label(&ids[3], &[], &["INBOX"]);
        gmail.expire_history();
        google.state().gmail.empty_lists = vec!["INBOX".to_owned(); empty];
        assert_eq!(counts(&sync(&world)), (0, 1, 0), "{empty}");
        let stored = stored(&world);
        let inbox = stored.values().filter(|(folder, _)| folder == "INBOX");
        assert_eq!(inbox.count(), 29, "{empty}");
    }
}

/// At Gmail, by someone else: its history does not tell.
fn rename_label(google: &Google, id: &str, name: &str) {
    let mut state = google.state();
    let mut labels = state.gmail.labels.iter_mut();
    let label = labels.find(|label| label.id == id).unwrap();
    label.name = name.to_owned();
}

#[test]
fn a_label_that_was_renamed_in_gmail_is_learnt_within_the_hour() {
    let google = Google::start();
    let gmail = google.gmail();
    let label = gmail.make_label("Work");
    gmail.store(letter(1), &["INBOX", &label]);
    let world = world(&google);
    sync(&world);
    rename_label(&google, &label, "Job");
    gmail.store(letter(2), &["INBOX", &label]);
    let world = world.env("COMMS_NOW", "2026-11-21T13:30:00Z");
    sync(&world);
    for number in ["number 1", "number 2"] {
        assert_eq!(stored(&world)[number].1, ["Job"], "{number}");
    }
    google.forget_requests();
    sync(&world);
    assert_eq!(google.requests().len(), 1);
}

#[test]
fn a_label_that_was_renamed_in_gmail_has_one_name_after_it_is_given() {
    let google = Google::start();
    let gmail = google.gmail();
    let label = gmail.make_label("Work");
    gmail.store(letter(1), &["INBOX", &label]);
    gmail.store(letter(2), &["INBOX", &label]);
    let given = gmail.store(letter(3), &["INBOX"]);
    let world = world(&google);
    sync(&world);
    rename_label(&google, &label, "Job");
    let id = |number: u32| {
        let subject = format!("subject:\"number {number}\"");
        let found = world.run(["search", "--json", &subject]).ok().json();
        found["messages"][0]["id"].as_str().unwrap().to_owned()
    };
    world.run(["inbox", "mark", &id(3), "--label", "Job"]).ok();
    sync(&world);
    let stored = stored(&world);
    for number in ["number 1", "number 2", "number 3"] {
        assert_eq!(stored[number].1, ["Job"], "{number}");
    }
    assert!(gmail.mail(&given).unwrap().labels.contains(&label));
    let state = google.state();
    let own = state.gmail.labels.iter().filter(|label| !label.system);
    assert_eq!(own.count(), 1);
}

#[test]
fn ten_interruptions_lose_nothing_and_repeat_nothing() {
    let google = Google::start();
    fill(&google, 0..3000);
    let world = with(&google, "quota = \"none\"\n");
    for nth in 0..10 {
        let before = google.count("batch");
        let mut child = world.spawn(["inbox", "sync", "--account", "work"]);
        while google.count("batch") < before + 4 && child.try_wait().unwrap().is_none() {
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        // News in between, at both ends.
        fill(&google, 3000 + nth..3001 + nth);
    }
    sync(&world);
    let stored = stored(&world);
    assert_eq!(stored.len(), 3010);
    // What was on its way when it was killed, and nothing else.
    let gets = google.count(GET);
    assert!(gets <= 3010 + 10 * 8 * 50, "{gets}");
}

#[test]
fn what_is_marked_here_is_told_in_labels() {
    let google = Google::start();
    let ids = fill(&google, 0..4);
    let world = world(&google);
    sync(&world);
    let report = world.run(["search", "--json", "account:work"]).ok().json();
    let id_of = |subject: &str| {
        let messages = report["messages"].as_array().unwrap();
        let found = messages.iter().find(|m| m["subject"] == subject);
        found.unwrap()["id"].as_str().unwrap().to_owned()
    };
    let mark = |args: &[&str]| {
        let mut all = vec!["inbox", "mark"];
        all.extend(args);
        world.run(all).ok()
    };
    mark(&[
        &id_of("number 0"),
        "--unread",
        "--star",
        "--label",
        "Neu/es",
    ]);
    mark(&[&id_of("number 1"), "--archive"]);
    mark(&[&id_of("number 2"), "--trash"]);
    let labels = |n: usize| google.gmail().mail(&ids[n]).unwrap().labels;
    let made = google
        .state()
        .gmail
        .labels
        .iter()
        .find(|l| l.name == "Neu/es")
        .unwrap()
        .id
        .clone();
    for label in ["INBOX", "UNREAD", "STARRED", &made] {
        assert!(labels(0).contains(label), "{label}");
    }
    assert!(labels(1).is_empty());
    assert!(labels(2).contains("TRASH") && !labels(2).contains("INBOX"));
    let here = stored(&world);
    assert_eq!(here["number 1"].0, "Archive");
    assert_eq!(here["number 2"].0, "Trash");
    // Our own changes come back as news and change nothing.
    assert_eq!(counts(&sync(&world)), (0, 0, 0));
    assert_eq!(stored(&world), here);
    assert_eq!(here["number 0"].1, ["Neu/es"]);
}

#[test]
fn many_are_marked_in_one_request_and_the_trash_gives_back() {
    let google = Google::start();
    let ids = fill(&google, 0..12);
    let world = world(&google);
    sync(&world);
    let all: Vec<String> = (1..=12).map(|n| format!("m{n}")).collect();
    let mark = |how: &str| {
        let mut args = vec!["inbox", "mark", how];
        args.extend(all.iter().map(String::as_str));
        world.run(args).ok()
    };
    mark("--star");
    assert_eq!(google.count("gmail.users.messages.batchModify"), 1);
    assert_eq!(google.count("gmail.users.messages.modify"), 0);
    let labels = |n: usize| google.gmail().mail(&ids[n]).unwrap().labels;
    assert!((0..12).all(|n| labels(n).contains("STARRED")));
    mark("--trash");
    assert!((0..12).all(|n| labels(n).contains("TRASH")));
    mark("--inbox");
    assert_eq!(google.count("gmail.users.messages.untrash"), 12);
    assert!((0..12).all(|n| labels(n).contains("INBOX") && !labels(n).contains("TRASH")));
    let here = stored(&world);
    assert_eq!(counts(&sync(&world)), (0, 0, 0));
    assert_eq!(stored(&world), here);
}

#[test]
fn read_only_tells_nothing_and_keeps_what_is_queued() {
    let google = Google::start();
    fill(&google, 0..1);
    let world = world(&google);
    sync(&world);
    google.fault(
        "gmail.users.messages.modify",
        1,
        Fault::Refuse(Refusal::new(
            403,
            "PERMISSION_DENIED",
            "domainPolicy",
            "Switched off.",
        )),
    );
    let report = world.run(["search", "--json", "account:work"]).ok().json();
    let id = report["messages"][0]["id"].as_str().unwrap();
    world.run(["inbox", "mark", id, "--star"]);
    world
        .run(["--read-only", "inbox", "sync", "--account", "work"])
        .ok();
    assert_eq!(google.count("gmail.users.messages.modify"), 1);
}

#[test]
fn a_batch_that_is_too_large_is_asked_for_in_halves() {
    let google = Google::start();
    let large = "a line of some length that says nothing at all\r\n".repeat(22_000);
    let mut state = google.state();
    for n in 0..26 {
        let raw = letter(n) + &large;
        let (now, thread) = (state.tick(), Some(format!("thread{n}")));
        let labels = ["INBOX".to_owned()].into();
        state.gmail.add(raw.into_bytes(), labels, now, thread);
    }
    drop(state);
    let world = world(&google);
    assert_eq!(counts(&sync(&world)), (26, 0, 0));
    assert_eq!(stored(&world).len(), 26);
    assert_eq!(google.count("batch"), 3);
}

#[test]
fn a_remote_search_is_gmails_own_and_fetches_what_it_finds() {
    let google = Google::start();
    let gmail = google.gmail();
    gmail.deliver(letter(1));
    let world = world(&google);
    sync(&world);
    for n in 2..6 {
        gmail.deliver(letter(n));
    }
    google.forget_requests();
    let search = |args: &[&str]| {
        let mut all = vec!["search", "--remote", "--json"];
        all.extend(args);
        world.run(all).ok().json()
    };
    let subjects = |report: &Value| -> Vec<String> {
        let messages = report["messages"].as_array().unwrap().iter();
        messages
            .map(|m| m["subject"].as_str().unwrap().to_owned())
            .collect()
    };
    let found = search(&["from:bob", "{w1 w3 w4}", "-w4"]);
    assert_eq!(subjects(&found), ["number 3", "number 1"]);
    assert_eq!(
        google.requests_of(LIST)[0].param("q"),
        Some("from:bob {w1 w3 w4} -w4")
    );
    // What was there was not fetched again, and what came stays.
    assert_eq!(google.count(GET), 1);
    assert_eq!(stored(&world).len(), 2);
    assert_eq!(search(&["--count", "from:bob"])["total"], 5);
    assert_eq!(
        subjects(&search(&["--limit", "1", "account:work", "from:bob"])),
        ["number 5"]
    );
    assert!(subjects(&search(&["from:eve"])).is_empty());
    assert_eq!(counts(&sync(&world)), (2, 0, 0));
    google.fault(LIST, 1, Fault::Refuse(Refusal::scope()));
    let run = world.run(["search", "--remote", "x"]).fails(4);
    assert!(run.stderr.contains("consent"), "{run}");
    world
        .run(["search", "--remote", "account:local", "x"])
        .fails(2);
}

#[test]
fn a_draft_is_filed_follows_its_edits_and_goes_when_the_letter_is_sent() {
    let google = Google::start();
    let gmail = google.gmail();
    let parent = gmail.deliver(letter(1));
    let world = world(&google);
    sync(&world);
    let report = world.run(["search", "--json", "account:work"]).ok().json();
    let id = report["messages"][0]["id"].as_str().unwrap();
    let run = world
        .run(["reply", id, "-m", "first words", "--draft", "--json"])
        .ok();
    let item = run.json()["items"][0]["id"].as_str().unwrap().to_owned();
    let draft = || -> Vec<String> {
        let mails = google.gmail().mails().into_iter();
        let drafts = mails.filter(|m| m.labels.contains("DRAFT"));
        drafts
            .map(|m| format!("{}\n{}", m.thread, String::from_utf8(m.raw).unwrap()))
            .collect()
    };
    let thread = google.gmail().mail(&parent).unwrap().thread;
    let [one] = &draft()[..] else {
        panic!("{:?}", draft())
    };
    assert!(
        one.contains("first words") && one.starts_with(&thread),
        "{one}"
    );
    assert_eq!(google.gmail().drafts().len(), 1);
    world
        .run(["outbox", "edit", &item, "-m", "second words"])
        .ok();
    let [one] = &draft()[..] else {
        panic!("{:?}", draft())
    };
    assert!(one.contains("second words"), "{one}");
    // Known already: nothing comes twice.
    assert_eq!(counts(&sync(&world)), (0, 0, 0));
    // A draft of another client's comes here.
    gmail.store(letter(9), &["DRAFT"]);
    assert_eq!(counts(&sync(&world)), (1, 0, 0));
    assert_eq!(stored(&world)["number 9"].0, "Drafts");
    world.run(["outbox", "retry", &item]).ok();
    assert_eq!(google.gmail().sent().len(), 1);
    assert!(google.gmail().drafts().is_empty());
    assert_eq!(counts(&sync(&world)), (0, 0, 0));
    assert_eq!(stored(&world)["Re: number 1"].0, "Sent");
}

#[test]
fn a_watch_hands_on_what_comes_and_holds_spam_back() {
    let google = Google::start();
    let gmail = google.gmail();
    gmail.deliver(letter(0));
    let world = world(&google);
    sync(&world);
    let watch = |extra: &[&str]| {
        let mut args = vec!["inbox", "watch", "--account", "work", "--json", "--once"];
        args.extend(extra);
        world.run(args)
    };
    watch(&["--timeout", "1s"]).fails(5);
    gmail.store(letter(1), &["SPAM", "UNREAD"]);
    gmail.store(letter(2), &["TRASH"]);
    gmail.deliver(letter(3));
    google.forget_requests();
    let run = watch(&["--timeout", "30s"]).ok();
    let subjects: Vec<_> = run.jsonl().iter().map(|m| m["subject"].clone()).collect();
    assert_eq!(subjects, ["number 3"], "{run}");
    assert_eq!(google.count(LIST), 0);
    watch(&["--timeout", "1s"]).fails(5);
}

#[test]
fn labels_are_listed_made_renamed_and_deleted_and_messages_follow() {
    let google = Google::start();
    let gmail = google.gmail();
    let label = gmail.make_label("Work");
    gmail.store(letter(1), &["INBOX", &label]);
    let world = world(&google);
    sync(&world);
    let labels = |args: &[&str]| -> Vec<String> {
        let mut all = vec!["inbox", "labels", "--json"];
        all.extend(args);
        let report = world.run(all).ok().json();
        let own = report["labels"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|l| l["own"] == true);
        own.map(|l| l["name"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(labels(&[]), ["Work"]);
    assert_eq!(labels(&["--create", "Home/Bills"]), ["Home/Bills", "Work"]);
    // One that is there is as good.
    assert_eq!(labels(&["--create", "home/bills"]), ["Home/Bills", "Work"]);
    assert_eq!(
        labels(&["--rename", "work", "Office"]),
        ["Home/Bills", "Office"]
    );
    assert_eq!(stored(&world)["number 1"].1, ["Office"]);
    assert_eq!(counts(&sync(&world)), (0, 0, 0));
    assert_eq!(labels(&["--delete", "Office"]), ["Home/Bills"]);
    assert!(stored(&world)["number 1"].1.is_empty());
    world
        .run(["inbox", "labels", "--delete", "Office"])
        .fails(5);
    world
        .run(["inbox", "labels", "--delete", "important"])
        .fails(6);
    world
        .run(["--read-only", "inbox", "labels", "--create", "x"])
        .fails(6);
    world
        .run(["inbox", "labels", "--account", "local"])
        .fails(2);
}

#[test]
fn a_place_in_the_list_that_google_forgot_costs_a_look_and_no_message() {
    let google = Google::start();
    fill(&google, 0..1200);
    let world = with(&google, "quota = \"none\"\n");
    // The second page fails, the first is kept.
    google.faults("batch", 12, &Fault::Slow(std::time::Duration::ZERO));
    for nth in 13..=16 {
        let refusal = Refusal::invalid("Failed to parse batch request.");
        google.fault("batch", nth, Fault::Refuse(refusal));
    }
    try_sync(&world).fails(6);
    google.forget_faults();
    let here = stored(&world).len();
    assert!((500..1200).contains(&here), "{here}");
    google.forget_requests();
    google.fault(
        LIST,
        2,
        Fault::Refuse(Refusal::invalid("Invalid pageToken")),
    );
    let report = sync(&world);
    assert_eq!(counts(&report).0, 1200 - here as u64);
    assert_eq!(google.count(GET), 1200 - here);
    assert_eq!(stored(&world).len(), 1200);
}

#[test]
fn an_interrupted_look_goes_on_where_it_was_and_sees_news_first() {
    let google = Google::start();
    fill(&google, 0..3000);
    let world = with(&google, "quota = \"none\"\n");
    for nth in 43..=46 {
        let refusal = Refusal::invalid("Failed to parse batch request.");
        google.fault("batch", nth, Fault::Refuse(refusal));
    }
    try_sync(&world).fails(6);
    google.forget_faults();
    fill(&google, 3000..3001);
    google.forget_requests();
    sync(&world);
    // The front, then the page that was being fetched and those behind it.
    assert_eq!(google.count(LIST), 4);
    assert_eq!(stored(&world).len(), 3001);
}

#[test]
fn an_inbox_with_nothing_new_costs_one_request() {
    let google = Google::start();
    fill(&google, 0..3);
    let world = world(&google);
    sync(&world);
    google.forget_requests();
    world.run(["inbox", "--fresh"]).ok();
    let requests = google.requests();
    let asked: Vec<_> = requests.iter().map(|r| r.id).collect();
    assert_eq!(asked, [HISTORY]);
}

#[test]
fn an_address_that_the_mailbox_may_write_as_is_told_of_once() {
    let google = Google::start();
    google.gmail().alias("ada@work.example");
    let world = world(&google);
    let notes = sync(&world)["notes"].to_string();
    assert!(notes.contains("`ada@work.example`"), "{notes}");
    assert_eq!(sync(&world)["notes"], serde_json::json!([]));
}

#[test]
fn a_label_that_gmail_refuses_is_told_and_taken_back() {
    let google = Google::start();
    let ids = fill(&google, 0..1);
    let world = world(&google);
    sync(&world);
    let report = world.run(["search", "--json", "account:work"]).ok().json();
    let id = report["messages"][0]["id"].as_str().unwrap();
    let refusal = Refusal::invalid("Invalid label name");
    google.fault("gmail.users.labels.create", 1, Fault::Refuse(refusal));
    let run = world.run(["inbox", "mark", id, "--label", "^nope", "--star"]);
    assert!(run.stderr.contains("Invalid label name"), "{run}");
    // The rest of the change is not lost, and nothing is told again and again.
    assert!(
        google
            .gmail()
            .mail(&ids[0])
            .unwrap()
            .labels
            .contains("STARRED")
    );
    sync(&world);
    assert!(stored(&world)["number 0"].1.is_empty());
    google.forget_requests();
    sync(&world);
    assert_eq!(google.requests().len(), 1);
}

#[test]
fn an_upload_that_is_cut_anywhere_ends_with_one_letter() {
    let gone = || Fault::Refuse(Refusal::not_found());
    for faults in [
        vec![
            ("upload.start", 1, Fault::Unavailable),
            ("upload.chunk", 1, gone()),
            ("upload.chunk", 2, Fault::Unavailable),
        ],
        // The parts are 1, 3 and 5; between them stands the question how far it is.
        vec![
            ("upload.chunk", 1, Fault::CutBeforeAnswer),
            ("upload.chunk", 3, Fault::CutBeforeWork),
            ("upload.chunk", 5, Fault::CutBeforeAnswer),
        ],
        vec![
            ("upload.chunk", 2, gone()),
            ("upload.chunk", 4, Fault::LoseChunkAfter(300_000)),
        ],
    ] {
        let google = Google::start();
        let world = world(&google);
        let file = world.file("scan.bin", vec![7u8; 6_500_000]);
        let told = format!("{faults:?}");
        for (operation, nth, fault) in faults {
            google.fault(operation, nth, fault);
        }
        let run = world.run(["send", "bob@example.com", "-s", "x", "-m", "x", "-a", &file]);
        assert_eq!(run.code, 0, "{told}: {run}");
        assert_eq!(google.gmail().sent().len(), 1, "{told}");
    }
}
