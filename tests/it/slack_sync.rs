//! Fetching from Slack: what is new, changed, gone; threads; many channels; interruptions.

use serde_json::{Value, json};

use crate::support::World;
use crate::support::serving::Serving;
use crate::support::slack::{BOB, Channel, Fault, OPS, Slack, TOKEN};

fn world(slack: &Slack) -> World {
    World::new()
        .config(&slack.account())
        .env("COMMS_SECRET_WORK", TOKEN)
}

fn sync(world: &World) -> Value {
    let run = world
        .run(["inbox", "sync", "--account", "work", "--json"])
        .ok();
    run.json()["accounts"][0].clone()
}

fn rows(world: &World, query: &str) -> Vec<Value> {
    let run = world
        .run(["search", query, "--json", "--limit", "1000"])
        .ok();
    run.json()["messages"].as_array().unwrap().clone()
}

#[test]
fn new_edited_and_deleted_messages_are_taken_over() {
    let slack = Slack::start();
    let one = slack.post(OPS, BOB, "first apple");
    let two = slack.post(OPS, BOB, "second pear");
    let world = world(&slack);
    assert_eq!(sync(&world)["added"], 2);
    slack.edit(OPS, &one, "first cherry");
    slack.delete(OPS, &two);
    slack.post(OPS, BOB, "third plum");
    let again = sync(&world);
    assert_eq!(
        (&again["added"], &again["changed"], &again["removed"]),
        (&json!(1), &json!(1), &json!(1)),
        "{again}"
    );
    assert_eq!(rows(&world, "cherry").len(), 1);
    assert!(rows(&world, "apple").is_empty() && rows(&world, "pear").is_empty());
    let quiet = sync(&world);
    assert_eq!(
        (&quiet["added"], &quiet["changed"], &quiet["removed"]),
        (&json!(0), &json!(0), &json!(0)),
        "{quiet}"
    );
}

#[test]
fn names_stand_where_slack_has_ids() {
    let slack = Slack::start();
    slack.post(
        OPS,
        BOB,
        "<@U0ADA0001> see <#C0OPS0001|ops> &amp; <https://x.example|here>",
    );
    let world = world(&slack);
    sync(&world);
    let row = &rows(&world, "see")[0];
    assert_eq!(row["from"][0]["name"], "Bob");
    assert_eq!(row["to"][0]["name"], "#ops");
    assert_eq!(
        row["preview"],
        "@Ada Lovelace see #ops & here (https://x.example)"
    );
}

#[test]
fn answers_come_with_their_thread_and_later_ones_too() {
    let slack = Slack::start();
    let root = slack.post(OPS, BOB, "the root");
    let reply =
        |text: &str| slack.post_as(OPS, json!({"user": BOB, "text": text, "thread_ts": root}));
    let first = reply("an apple");
    let world = world(&slack);
    assert_eq!(sync(&world)["added"], 2);
    reply("a pear");
    slack.edit(OPS, &first, "a cherry");
    let again = sync(&world);
    assert_eq!(again["added"], 1, "{again}");
    assert_eq!(rows(&world, "cherry").len(), 1);
    let thread = rows(&world, "root")[0]["thread"].clone();
    for word in ["cherry", "pear"] {
        assert_eq!(rows(&world, word)[0]["thread"], thread);
    }
}

#[test]
fn a_thread_that_left_the_newest_page_goes_on() {
    let slack = Slack::start();
    let root = slack.post(OPS, BOB, "the root");
    slack.post_as(OPS, json!({"user": BOB, "text": "one", "thread_ts": root}));
    let world = world(&slack);
    sync(&world);
    for n in 0..250 {
        slack.post(OPS, BOB, &format!("noise {n}"));
    }
    slack.post_as(
        OPS,
        json!({"user": BOB, "text": "late answer", "thread_ts": root}),
    );
    let world = world.env("COMMS_NOW", "2026-11-21T12:30:00Z");
    assert_eq!(sync(&world)["added"], 251);
    assert_eq!(rows(&world, "late").len(), 1);
}

#[test]
fn a_thread_that_left_the_newest_page_goes_on_however_often_one_looks() {
    let slack = Slack::start();
    let root = slack.post(OPS, BOB, "the root");
    slack.post_as(OPS, json!({"user": BOB, "text": "one", "thread_ts": root}));
    let mut world = world(&slack);
    sync(&world);
    for n in 0..250 {
        slack.post(OPS, BOB, &format!("noise {n}"));
    }
    sync(&world);
    slack.post_as(
        OPS,
        json!({"user": BOB, "text": "late answer", "thread_ts": root}),
    );
    for minute in ["05", "10", "15"] {
        world = world.env("COMMS_NOW", &format!("2026-11-21T12:{minute}:00Z"));
        sync(&world);
    }
    assert_eq!(rows(&world, "late").len(), 1);
}

#[test]
fn many_messages_come_in_short_pages_and_an_interruption_loses_none() {
    let slack = Slack::start();
    {
        let mut state = slack.state();
        state.longest_page = 40;
        state.empty_pages = true;
    }
    for n in 0..300 {
        slack.post(OPS, BOB, &format!("number {n}"));
    }
    let world = world(&slack);
    slack.fault("conversations.history", 4, Fault::Error("is_archived"));
    world.run(["inbox", "sync"]);
    let partly = rows(&world, "number").len();
    assert!(partly > 0 && partly < 300, "{partly}");
    slack.post(OPS, BOB, "number new");
    sync(&world);
    assert_eq!(rows(&world, "number").len(), 301);
    let again = sync(&world);
    assert_eq!(again["added"], 0, "{again}");
}

#[test]
fn two_hundred_channels_are_read_within_slacks_pace() {
    let slack = Slack::start();
    for n in 0..200 {
        let id = format!("C1CHAN{n:03}");
        let channel = Channel::new(&format!("channel-{n}"));
        slack.state().channels.insert(id.clone(), channel);
        slack.post(&id, BOB, &format!("word in {n}"));
    }
    let world = world(&slack);
    assert_eq!(sync(&world)["added"], 200);
    assert_eq!(rows(&world, "word").len(), 200);
    assert_eq!(rows(&world, "in:#channel-17").len(), 1);
    // One request each tells all that is new.
    slack.forget_requests();
    slack.post("C1CHAN017", BOB, "something else");
    assert_eq!(sync(&world)["added"], 1);
    assert!(slack.count("conversations.history") <= 201);
    assert_eq!(slack.count("conversations.replies"), 0);
}

#[test]
fn a_rate_limit_is_waited_for() {
    let slack = Slack::start();
    slack.post(OPS, BOB, "hello");
    let world = world(&slack);
    slack.fault("conversations.history", 1, Fault::RateLimited(7));
    slack.fault("users.list", 1, Fault::RateLimited(3));
    assert_eq!(sync(&world)["added"], 1);
}

#[test]
fn read_there_is_read_here_and_a_bot_without_that_reads_too() {
    let slack = Slack::start();
    let one = slack.post(OPS, BOB, "first apple");
    let world = world(&slack);
    sync(&world);
    assert_eq!(rows(&world, "is:unread").len(), 1);
    slack.state().channels.get_mut(OPS).unwrap().last_read = one;
    slack.post(OPS, BOB, "second pear");
    sync(&world);
    let unread = rows(&world, "is:unread");
    assert_eq!(unread.len(), 1, "{unread:?}");
    assert_eq!(unread[0]["preview"], "second pear");
    // Back to unread.
    let id = rows(&world, "apple")[0]["id"].as_str().unwrap().to_owned();
    world.run(["inbox", "mark", &id, "--unread"]).ok();
    sync(&world);
    assert_eq!(slack.state().channels[OPS].last_read, "0000000000.000000");
}

#[test]
fn another_workspace_behind_the_token_is_another_account() {
    let slack = Slack::start();
    slack.post(OPS, BOB, "hello");
    let world = world(&slack);
    sync(&world);
    let mut gone = Channel::new("gone");
    gone.member = false;
    slack.state().channels.insert("C0GONE001".to_owned(), gone);
    let left = sync(&world);
    assert_eq!(left["notes"].as_array().unwrap().len(), 0, "{left}");
    slack.state().channels.get_mut(OPS).unwrap().archived = true;
    let left = sync(&world);
    assert!(
        left["notes"][0].as_str().unwrap().contains("#ops"),
        "{left}"
    );
    assert_eq!(sync(&world)["notes"].as_array().unwrap().len(), 0);
    assert_eq!(rows(&world, "hello").len(), 1);
}

#[test]
fn what_slack_hides_for_its_age_stays_here() {
    let slack = Slack::start();
    let old = slack.post(OPS, BOB, "the old apple");
    slack.post(OPS, BOB, "a pear");
    let world = world(&slack);
    sync(&world);
    slack.delete(OPS, &old);
    slack.post(OPS, BOB, "a plum");
    let again = sync(&world);
    assert_eq!(
        (&again["added"], &again["removed"]),
        (&json!(1), &json!(0)),
        "{again}"
    );
    assert_eq!(rows(&world, "apple").len(), 1);
}

#[test]
fn a_bot_that_may_not_mark_reads_on() {
    let slack = Slack::start();
    let has = ["channels:history", "users:read", "chat:write"].map(str::to_owned);
    slack
        .state()
        .tokens
        .insert("xoxb-bot".to_owned(), Some(has.into()));
    slack.post(OPS, BOB, "hello");
    let world = world(&slack).env("COMMS_SECRET_WORK", "xoxb-bot");
    sync(&world);
    let id = rows(&world, "hello")[0]["id"].as_str().unwrap().to_owned();
    world.run(["inbox", "mark", &id, "--read"]);
    let after = sync(&world);
    assert_eq!(after["notes"], json!([]), "{after}");
    assert_eq!(after["error"], Value::Null);
    slack.forget_requests();
    sync(&world);
    assert_eq!(slack.count("conversations.mark"), 0);
    assert_eq!(rows(&world, "is:unread hello").len(), 0);
}

#[test]
fn what_a_channel_one_joins_held_before_is_no_news() {
    let slack = Slack::start();
    slack.post(OPS, BOB, "before all");
    let old = Channel {
        member: false,
        ..Channel::new("old")
    };
    slack.state().channels.insert("C0OLD0001".to_owned(), old);
    slack.at("2025-01-05T10:00:00Z");
    slack.post("C0OLD0001", BOB, "years ago");
    let world = world(&slack);
    sync(&world);
    let key = world.run(["auth", "key", "add", "all"]).ok().stdout;
    let serving = Serving::with(&world, &["--only", "api"]);
    let head = format!("host: localhost\r\nauthorization: Bearer {}", key.trim());
    let page = |more: &str| {
        let path = format!("/v1/events?types=message.received{more}");
        serving.get_as(&path, &head).json()
    };
    let after = format!("&after={}", page("")["next"].as_str().unwrap());
    slack.state().channels.get_mut("C0OLD0001").unwrap().member = true;
    slack.at("2026-11-21T11:59:00Z");
    slack.post("C0OLD0001", BOB, "welcome");
    assert_eq!(sync(&world)["added"], 2);
    let told = || -> Vec<String> {
        let told = page(&after);
        let events = told["events"].as_array().unwrap().iter();
        let previews = events.map(|event| event["data"]["preview"].as_str().unwrap().to_owned());
        previews.collect()
    };
    assert_eq!(told(), ["welcome"]);
    // Nor is it for who looks only after the channel was renamed.
    slack.state().channels.get_mut("C0OLD0001").unwrap().name = "older".to_owned();
    slack.post("C0OLD0001", BOB, "renamed");
    sync(&world);
    assert_eq!(rows(&world, "in:#older years").len(), 1);
    assert_eq!(told(), ["welcome", "renamed"]);
}
