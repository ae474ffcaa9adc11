//! A listing that is wrong in silence, empty or short with success: what was sent is not sent again on its word.

use serde_json::{Value, json};

use crate::support::World;
use crate::support::google::wire::Refusal;
use crate::support::google::{self, Google};
use crate::support::slack::{self, OPS, Slack};
use crate::support::twilio::{self, AUTH_TOKEN, BOB, Twilio};

const LIST: &str = "gmail.users.messages.list";
const GET: &str = "gmail.users.messages.get";
const SEND: &str = "gmail.users.messages.send";
/// More than is asked for before it is taken back.
const OFTEN: usize = 40;

/// Lets comms settle what is open, so many minutes past noon.
fn run_at(world: &World, minutes: u32) {
    let now = format!("2026-11-21T12:{minutes:02}:00Z");
    let mut command = world.command();
    command.env("COMMS_NOW", now).args(["outbox", "run"]);
    command.output().unwrap();
}

fn item(world: &World) -> Value {
    let all = ["outbox", "list", "--all", "--json"];
    let list = world.run(all).ok().json();
    let newest = list["items"].as_array().unwrap().first().unwrap().clone();
    let id = newest["id"].as_str().unwrap().to_owned();
    world.run(["outbox", "show", &id, "--json"]).ok().json()
}

fn state(world: &World) -> String {
    item(world)["state"].as_str().unwrap().to_owned()
}

fn gmail_world(google: &Google) -> World {
    World::new()
        .config(&format!(
            "[accounts.mail]\nchannel = \"gmail\"\naddress = \"ada@gmail.example\"\nbase_url = \"{}\"\nquota = \"none\"\n",
            google.url
        ))
        .env("COMMS_SECRET_MAIL", google::TOKEN)
}

/// Letters that were sent two hours ago.
fn sent_before(google: &Google) {
    let mut state = google.state();
    for n in 0..25 {
        let at = state.tick() - jiff::SignedDuration::from_hours(2);
        let raw = format!(
            "From: ada@gmail.example\r\nTo: bob@example.com\r\nSubject: s{n}\r\n\
             Message-ID: <s{n}@gmail.example>\r\nDate: Sat, 21 Nov 2026 10:00:00 +0000\r\n\r\nx\r\n"
        );
        let labels = ["SENT".to_owned()].into();
        state.gmail.add(raw.into_bytes(), labels, at, None);
    }
}

/// A letter whose answer is lost, and these answers to all questions about it until the next run.
fn lost_letter(google: &Google, world: &World, (operation, fault): (&str, &google::Fault)) {
    google.fault(SEND, 1, google::Fault::CutBeforeAnswer);
    google.faults(operation, OFTEN, fault);
    let send = ["send", "bob@example.com", "-s", "once", "-m", "once"];
    world.run(send).fails(10);
    run_at(world, 10);
    assert_eq!(google.gmail().sent().len(), 1);
    assert_eq!(state(world), "unconfirmed");
    google.forget_faults();
    run_at(world, 20);
    assert_eq!(google.gmail().sent().len(), 1);
    assert_eq!(state(world), "sent");
}

fn nothing_listed() -> google::Fault {
    let body = r#"{"resultSizeEstimate":0}"#.to_owned();
    google::Fault::Status(200, body, Vec::new())
}

#[test]
fn an_empty_list_of_sent_mail_sends_no_letter_twice() {
    let google = Google::start();
    sent_before(&google);
    let world = gmail_world(&google);
    world.run(["inbox", "sync"]).ok();
    lost_letter(&google, &world, (LIST, &nothing_listed()));
}

#[test]
fn sent_mail_that_can_not_be_read_sends_no_letter_twice() {
    let google = Google::start();
    sent_before(&google);
    let world = gmail_world(&google);
    let gone = google::Fault::Refuse(Refusal::not_found());
    // One listed is all there is to read: the letter itself.
    google.state().gmail.mails.clear();
    lost_letter(&google, &world, (GET, &gone));
}

#[test]
fn of_the_first_letter_ever_the_list_is_asked_twice() {
    let google = Google::start();
    let world = gmail_world(&google);
    lost_letter(&google, &world, (LIST, &nothing_listed()));
    let shown = item(&world);
    let attempts = shown["attempts"].as_array().unwrap();
    let looks = attempts.iter().filter(|a| a["outcome"] == "not seen");
    assert_eq!(looks.count(), 1, "{shown}");
}

#[test]
fn a_first_letter_that_never_left_goes_after_two_looks() {
    let google = Google::start();
    let world = gmail_world(&google);
    google.fault(SEND, 1, google::Fault::CutBeforeWork);
    let send = ["send", "bob@example.com", "-s", "once", "-m", "once"];
    world.run(send).fails(10);
    run_at(&world, 10);
    assert!(google.gmail().sent().is_empty());
    // Too soon after the first look.
    run_at(&world, 11);
    assert!(google.gmail().sent().is_empty());
    run_at(&world, 20);
    assert_eq!(google.gmail().sent().len(), 1);
    assert_eq!(state(&world), "sent");
}

/// How the first item stands, of two.
fn first_of_two(world: &World) -> String {
    let all = ["outbox", "list", "--all", "--json"];
    let list = world.run(all).ok().json();
    let items = list["items"].as_array().unwrap();
    assert_eq!(items.len(), 2, "{list}");
    items[1]["state"].as_str().unwrap().to_owned()
}

/// It shows what is older, and lacks what was sent after the letter in doubt.
#[test]
fn a_list_of_a_time_before_sends_no_letter_twice() {
    let google = Google::start();
    sent_before(&google);
    let world = gmail_world(&google);
    world.run(["inbox", "sync"]).ok();
    let before: Vec<Value> = google
        .state()
        .gmail
        .mails
        .values()
        .rev()
        .map(|mail| json!({"id": mail.id, "threadId": mail.thread}))
        .collect();
    let before = json!({"messages": before, "resultSizeEstimate": before.len()});
    let before = google::Fault::Status(200, before.to_string(), Vec::new());
    google.fault(SEND, 1, google::Fault::CutBeforeAnswer);
    google.faults(LIST, OFTEN, &before);
    let send = ["send", "bob@example.com", "-s", "once", "-m", "once"];
    world.run(send).fails(10);
    let send = ["send", "bob@example.com", "-s", "later", "-m", "later"];
    world.run(send).ok();
    run_at(&world, 10);
    run_at(&world, 20);
    assert_eq!(google.gmail().sent().len(), 2);
    assert_eq!(first_of_two(&world), "unconfirmed");
    google.forget_faults();
    run_at(&world, 30);
    assert_eq!(google.gmail().sent().len(), 2);
    assert_eq!(first_of_two(&world), "sent");
}

fn slack_world(slack: &Slack) -> World {
    World::new()
        .config(&slack.account())
        .env("COMMS_SECRET_WORK", slack::TOKEN)
}

fn empty_history() -> slack::Fault {
    let body = r#"{"ok":true,"messages":[],"has_more":false}"#;
    slack::Fault::Status(200, body.to_owned())
}

/// What was posted once stays so: in doubt while Slack's listings are wrong, and found when they are right again.
fn stays_in_doubt_until_slack_is_well(slack: &Slack, world: &World) {
    let look_at = |minutes: u32| {
        slack.at(&format!("2026-11-21T12:{minutes}:00Z"));
        run_at(world, minutes);
        assert_eq!(slack.own_texts(OPS), ["once"]);
    };
    for minutes in [10, 20, 30] {
        look_at(minutes);
    }
    assert_eq!(state(world), "unconfirmed");
    slack.state().faults.clear();
    look_at(40);
    assert_eq!(state(world), "sent");
}

#[test]
fn an_empty_channel_that_was_not_empty_is_posted_into_once() {
    let slack = Slack::start();
    slack.at("2026-11-21T10:00:00Z");
    for n in 0..5 {
        slack.post(OPS, "U2", &format!("hi {n}"));
    }
    slack.at("2026-11-21T12:00:00Z");
    let world = slack_world(&slack);
    world.run(["inbox", "sync"]).ok();
    slack.fault("chat.postMessage", 1, slack::Fault::CutBeforeAnswer);
    for nth in 1..=OFTEN {
        slack.fault("conversations.history", nth, empty_history());
    }
    world.run(["send", "slack:#ops", "-m", "once"]).fails(10);
    stays_in_doubt_until_slack_is_well(&slack, &world);
}

#[test]
fn a_channel_as_it_was_before_is_posted_into_once() {
    let slack = Slack::start();
    slack.at("2026-11-21T10:00:00Z");
    slack.post(OPS, "U2", "long ago");
    let old = json!({"ok": true, "messages": slack.messages(OPS), "has_more": false});
    slack.at("2026-11-21T12:00:00Z");
    let world = slack_world(&slack);
    world.run(["inbox", "sync"]).ok();
    slack.fault("chat.postMessage", 1, slack::Fault::CutBeforeAnswer);
    for nth in 1..=OFTEN {
        let fault = slack::Fault::Status(200, old.to_string());
        slack.fault("conversations.history", nth, fault);
    }
    world.run(["send", "slack:#ops", "-m", "once"]).fails(10);
    world.run(["send", "slack:#ops", "-m", "later"]).ok();
    for minutes in [10, 20] {
        slack.at(&format!("2026-11-21T12:{minutes}:00Z"));
        run_at(&world, minutes);
        assert_eq!(slack.own_texts(OPS), ["once", "later"]);
    }
    assert_eq!(first_of_two(&world), "unconfirmed");
    slack.state().faults.clear();
    run_at(&world, 30);
    assert_eq!(slack.own_texts(OPS), ["once", "later"]);
    assert_eq!(first_of_two(&world), "sent");
}

/// Files go without our id: that they are listed is seen by what they are.
#[test]
fn what_never_left_is_posted_although_only_files_came_after_it() {
    let slack = Slack::start();
    slack.at("2026-11-21T10:00:00Z");
    slack.post(OPS, "U2", "long ago");
    slack.at("2026-11-21T12:00:00Z");
    let world = slack_world(&slack);
    world.run(["inbox", "sync"]).ok();
    slack.fault("chat.postMessage", 1, slack::Fault::CutBeforeWork);
    world.run(["send", "slack:#ops", "-m", "once"]).fails(10);
    let plan = world.file("plan.txt", "a plan");
    let files = ["send", "slack:#ops", "--attach", &plan, "--allow-empty"];
    world.run(files).ok();
    slack.at("2026-11-21T12:10:00Z");
    run_at(&world, 10);
    assert_eq!(first_of_two(&world), "sent");
    let texts = slack.own_texts(OPS);
    assert_eq!(texts.iter().filter(|text| *text == "once").count(), 1);
}

/// Oldest first, so that what a list of answers lacks is the newest.
#[test]
fn a_thread_that_ends_before_its_last_answer_is_answered_once() {
    let slack = Slack::start();
    slack.at("2026-11-21T10:00:00Z");
    let root = slack.post(OPS, "U2", "a question");
    slack.at("2026-11-21T12:00:00Z");
    let world = slack_world(&slack);
    world.run(["inbox", "sync"]).ok();
    let found = world.run(["search", "--json", "question"]).ok().json();
    let id = found["messages"][0]["id"].as_str().unwrap().to_owned();
    slack.fault("chat.postMessage", 1, slack::Fault::CutBeforeAnswer);
    let short = json!({"ok": true, "has_more": false, "messages": [{
        "type": "message", "user": "U2", "text": "a question", "ts": root, "thread_ts": root,
        "reply_count": 1, "latest_reply": "1795262400.000200",
    }]});
    for nth in 1..=OFTEN {
        let fault = slack::Fault::Status(200, short.to_string());
        slack.fault("conversations.replies", nth, fault);
    }
    world.run(["reply", &id, "-m", "once"]).fails(10);
    stays_in_doubt_until_slack_is_well(&slack, &world);
}

fn twilio_world(twilio: &Twilio) -> World {
    World::new()
        .config(&twilio.config())
        .env("COMMS_SECRET_WORK", AUTH_TOKEN)
}

/// A text was sent two hours ago.
fn with_a_text_of_before() -> (Twilio, World) {
    let twilio = Twilio::start();
    let world = twilio_world(&twilio);
    twilio.pass(-7200);
    let mut before = world.command();
    before.env("COMMS_NOW", "2026-11-21T10:00:00Z");
    before.args(["send", BOB, "-m", "long ago"]);
    assert!(before.output().unwrap().status.success());
    twilio.pass(7200);
    (twilio, world)
}

/// The answer to the next text is lost, and these are listed from then on.
fn lost_text(twilio: &Twilio, listed: &[Value]) {
    let list = json!({"messages": listed, "page": 0, "page_size": 1000, "next_page_uri": null});
    let list: &'static str = list.to_string().leak();
    twilio.fault("CreateMessage", 1, twilio::Fault::Lost);
    for nth in 1..=OFTEN {
        twilio.fault("ListMessage", nth, twilio::Fault::Say(200, list));
    }
}

#[test]
fn an_empty_list_of_texts_sends_none_twice() {
    let (twilio, world) = with_a_text_of_before();
    lost_text(&twilio, &[]);
    world.run(["send", BOB, "-m", "once"]).fails(10);
    for minutes in [10, 20, 30] {
        run_at(&world, minutes);
    }
    assert_eq!(twilio.sent().len(), 2);
    assert_eq!(state(&world), "unconfirmed");
    twilio.forget_faults();
    run_at(&world, 40);
    assert_eq!(twilio.sent().len(), 2);
    assert_eq!(state(&world), "sent");
}

#[test]
fn a_list_of_texts_of_a_time_before_sends_none_twice() {
    let (twilio, world) = with_a_text_of_before();
    lost_text(&twilio, &twilio.sent());
    world.run(["send", BOB, "-m", "once"]).fails(10);
    world.run(["send", BOB, "-m", "later"]).ok();
    for minutes in [10, 20] {
        run_at(&world, minutes);
    }
    assert_eq!(twilio.sent().len(), 3);
    twilio.forget_faults();
    run_at(&world, 30);
    assert_eq!(twilio.sent().len(), 3);
    let all = world.run(["outbox", "list", "--all", "--json"]).ok().json();
    let mut items = all["items"].as_array().unwrap().iter();
    assert!(items.all(|item| item["state"] == "sent"), "{all}");
}

/// Numbers send a message a second: what waits in the queue has no time of sending yet.
#[test]
fn a_text_that_waits_in_twilios_queue_is_not_sent_again() {
    let twilio = Twilio::start();
    let world = twilio_world(&twilio);
    twilio.list_nothing();
    twilio.fault("CreateMessage", 1, twilio::Fault::Lost);
    world.run(["send", BOB, "-m", "once"]).fails(10);
    twilio.forget_faults();
    let sid = twilio.sent()[0]["sid"].as_str().unwrap().to_owned();
    twilio.change(&sid, &json!({"date_sent": null, "status": "queued"}));
    for minutes in [10, 20] {
        run_at(&world, minutes);
    }
    assert_eq!(twilio.sent().len(), 1);
    assert_eq!(state(&world), "sent");
}
