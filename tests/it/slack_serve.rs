//! What Slack posts to `comms serve`: proven, once, in the channel it belongs to.

use std::time::{Duration, Instant};

use ring::hmac;
use serde_json::{Value, json};

use crate::support::serving::{Answer, Serving};
use crate::support::slack::{BOB, Fault, ME, OPS, Slack, TOKEN};
use crate::support::{NOW, World};

const SECRET: &str = "test_signing_secret";

fn world(slack: &Slack) -> World {
    World::new()
        .config(&slack.account())
        .env("COMMS_SECRET_WORK", TOKEN)
        .env("COMMS_SECRET_WORK_WEBHOOK_SECRET", SECRET)
}

fn seconds(later: i64) -> String {
    let now: jiff::Timestamp = NOW.parse().unwrap();
    (now.as_second() + later).to_string()
}

fn signed(body: &str, at: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes());
    let tag = hmac::sign(&key, format!("v0:{at}:{body}").as_bytes());
    let hex: String = tag.as_ref().iter().map(|b| format!("{b:02x}")).collect();
    format!("v0={hex}")
}

fn post(serving: &Serving, body: &Value) -> Answer {
    post_at(serving, seconds(0), body)
}

fn post_at(serving: &Serving, at: String, body: &Value) -> Answer {
    let body = body.to_string();
    let signature = signed(&body, &at);
    let headers = [
        ("x-slack-request-timestamp", at.as_str()),
        ("x-slack-signature", signature.as_str()),
    ];
    serving.post("/webhooks/work", &headers, body.as_bytes())
}

fn event(id: &str, event: Value) -> Value {
    json!({"type": "event_callback", "team_id": "T0TEAM001", "event_id": id, "event": event})
}

/// The messages of a search, once there are so many.
fn found(world: &World, query: &str, count: usize) -> Vec<Value> {
    let began = Instant::now();
    loop {
        let run = world.run(["search", query, "--json"]).ok();
        let rows = run.json()["messages"].as_array().unwrap().clone();
        if rows.len() == count {
            return rows;
        }
        assert!(began.elapsed() < Duration::from_secs(20), "{run}");
    }
}

fn until(so: impl Fn() -> bool) {
    let began = Instant::now();
    while !so() {
        assert!(began.elapsed() < Duration::from_secs(20));
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_posted_message_stands_in_its_channel_with_names_and_is_not_fetched_again() {
    let slack = Slack::start();
    let world = world(&slack);
    world.run(["inbox", "sync", "--account", "work"]).ok();
    let serving = Serving::start(&world);
    let ts = slack.post(OPS, BOB, "the zebra and <@U0ADA0001>");
    let said = json!({"type": "message", "channel": OPS, "channel_type": "channel", "user": BOB,
        "text": "the zebra and <@U0ADA0001>", "ts": ts, "event_ts": ts});
    for _ in 0..3 {
        assert_eq!(post(&serving, &event("Ev1", said.clone())).status, 200);
    }
    let rows = found(&world, "zebra", 1);
    assert_eq!(rows[0]["folder"], "#ops");
    assert_eq!(rows[0]["from"][0]["name"], "Bob");
    assert_eq!(rows[0]["preview"], "the zebra and @Ada Lovelace");
    assert_eq!(rows[0]["unread"], true);
    let edited = json!({"type": "message", "subtype": "message_changed", "channel": OPS, "ts": "1.1",
        "message": {"type": "message", "user": BOB, "text": "the tapir", "ts": ts, "edited": {"user": BOB, "ts": "1.1"}}});
    assert_eq!(post(&serving, &event("Ev2", edited)).status, 200);
    found(&world, "tapir", 1);
    found(&world, "zebra", 0);
    slack.edit(OPS, &ts, "the tapir");
    let again = world
        .run(["inbox", "sync", "--account", "work", "--json"])
        .ok();
    assert_eq!(again.json()["accounts"][0]["added"], 0, "{again}");
    let gone = json!({"type": "message", "subtype": "message_deleted", "channel": OPS, "ts": "2.1", "deleted_ts": ts});
    assert_eq!(post(&serving, &event("Ev3", gone)).status, 200);
    found(&world, "tapir", 0);
    let own = json!({"type": "message", "channel": OPS, "user": ME, "text": "my okapi", "ts": "1795262500.000100"});
    assert_eq!(post(&serving, &event("Ev4", own)).status, 200);
    assert_eq!(found(&world, "okapi", 1)[0]["sent"], true);
    // What is no message is kept, and is no fault.
    let reaction =
        json!({"type": "reaction_added", "user": BOB, "item": {"channel": OPS, "ts": ts}});
    assert_eq!(post(&serving, &event("Ev5", reaction)).status, 200);
}

#[test]
fn own_words_are_own_before_the_account_was_ever_synced() {
    let slack = Slack::start();
    let world = world(&slack);
    let key = world.run(["auth", "key", "add", "all"]).ok().stdout;
    let serving = Serving::with(&world, &["--only", "api,webhooks"]);
    let said = |user: &str, text: &str, ts: &str| json!({"type": "message", "channel": OPS, "user": user, "text": text, "ts": ts});
    let own = said(ME, "my okapi", "1795262500.000100");
    let other = said(BOB, "the zebra", "1795262501.000100");
    assert_eq!(post(&serving, &event("Ev1", own)).status, 200);
    assert_eq!(post(&serving, &event("Ev2", other)).status, 200);
    found(&world, "zebra", 1);
    let row = &found(&world, "okapi", 1)[0];
    assert_eq!(
        (&row["sent"], &row["unread"]),
        (&json!(true), &json!(false)),
        "{row}"
    );
    let head = format!("host: localhost\r\nauthorization: Bearer {}", key.trim());
    let told = serving.get_as("/v1/events?types=message.received&after=0", &head);
    let told = told.json()["events"].to_string();
    assert!(!told.contains("okapi"), "{told}");
}

#[test]
fn while_it_is_not_known_whose_the_account_is_events_wait() {
    let slack = Slack::start();
    slack.fault("auth.test", 1, Fault::Error("invalid_auth"));
    let world = world(&slack);
    let serving = Serving::start(&world);
    let own = json!({"type": "message", "channel": OPS, "user": ME, "text": "my okapi", "ts": "1795262500.000100"});
    assert_eq!(post(&serving, &event("Ev1", own)).status, 200);
    until(|| slack.count("auth.test") == 1);
    found(&world, "okapi", 0);
    assert_eq!(serving.end("-TERM"), Some(0));
    world.run(["inbox", "sync", "--account", "work"]).ok();
    assert_eq!(found(&world, "okapi", 1)[0]["sent"], true);
}

#[test]
fn what_was_sent_from_here_is_own_also_where_slack_told_of_it_first_and_not_by_whom() {
    let slack = Slack::start();
    let world = world(&slack);
    let serving = Serving::start(&world);
    // What the emulator will answer the next post with.
    let next = slack.state().now + jiff::SignedDuration::from_micros(1_001);
    let micros = next.as_microsecond();
    let ts = format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000);
    let told = json!({"type": "message", "subtype": "bot_message", "bot_id": "B0BOT0001", "channel": OPS, "text": "my okapi", "ts": ts});
    assert_eq!(post(&serving, &event("Ev1", told)).status, 200);
    assert_eq!(found(&world, "okapi", 1)[0]["sent"], false);
    world
        .run(["send", &format!("slack:{OPS}"), "-m", "my okapi"])
        .ok();
    let row = &found(&world, "okapi", 1)[0];
    assert_eq!(
        (&row["sent"], &row["unread"]),
        (&json!(true), &json!(false)),
        "{row}"
    );
}

fn said(channel: &str, text: &str, ts: &str) -> Value {
    json!({"type": "message", "channel": channel, "user": "U0STRANGE", "text": text, "ts": ts})
}

#[test]
fn what_another_workspace_says_is_not_told_here_and_what_is_shared_with_it_is() {
    let slack = Slack::start();
    slack.post(OPS, BOB, "hello");
    let world = world(&slack);
    world.run(["inbox", "sync", "--account", "work"]).ok();
    let serving = Serving::start(&world);
    let told = |id: &str, said: Value, more: Value| {
        let mut body = event(id, said);
        for (key, value) in more.as_object().unwrap() {
            body[key] = value.clone();
        }
        assert_eq!(post(&serving, &body).status, 200);
    };
    let other = |more: Value| {
        let mut all = json!({"team_id": "T0OTHER01"});
        all.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        all
    };
    let of = |team: &str| json!([{"enterprise_id": null, "team_id": team, "user_id": ME, "is_bot": false}]);
    let at = |n: u32| format!("179526250{n}.000100");
    told(
        "Ev1",
        said("C0OTHER01", "stranger one", &at(1)),
        other(json!({})),
    );
    told(
        "Ev2",
        said("C0OTHER01", "stranger two", &at(2)),
        other(json!({"authorizations": of("T0OTHER01"), "enterprise_id": "E1"})),
    );
    told(
        "Ev3",
        said(OPS, "stranger three", &at(3)),
        other(json!({"authorizations": of("T0OTHER01")})),
    );
    // Told to this one, or in a channel that both have.
    told(
        "Ev4",
        said(OPS, "guest one", &at(4)),
        other(json!({"authorizations": of("T0TEAM001"), "is_ext_shared_channel": true})),
    );
    told(
        "Ev5",
        said(OPS, "guest two", &at(5)),
        other(json!({"context_team_id": "T0TEAM001"})),
    );
    told(
        "Ev6",
        said(OPS, "guest three", &at(6)),
        other(json!({"authorizations": of("T0OTHER01"), "is_ext_shared_channel": true})),
    );
    told("Ev7", said(OPS, "last", &at(7)), json!({}));
    found(&world, "last", 1);
    found(&world, "guest", 3);
    found(&world, "stranger", 0);
}

#[test]
fn an_app_in_two_workspaces_has_one_address_for_both_accounts() {
    let (one, two) = (Slack::start(), Slack::start());
    two.state().team = "T0TEAM002".to_owned();
    let config = format!(
        "{}[accounts.guild]\nchannel = \"slack\"\nbase_url = \"{}\"\n",
        one.account(),
        two.url
    );
    let told = |id: &str, text: &str, ts: &str| {
        let mut body = event(id, said("C0GUILD01", text, ts));
        body["team_id"] = "T0TEAM002".into();
        body
    };
    for shares in [true, false] {
        let world = world(&one).config(&config).env("COMMS_SECRET_GUILD", TOKEN);
        let world = match shares {
            true => world.env("COMMS_SECRET_GUILD_WEBHOOK_SECRET", SECRET),
            // Another app: who knows the secret of the first may not speak for it.
            false => world.env("COMMS_SECRET_GUILD_WEBHOOK_SECRET", "another"),
        };
        let serving = Serving::start(&world);
        post(&serving, &told("Ev1", "the zebra", "1795262500.000100"));
        post(
            &serving,
            &event("Ev2", said(OPS, "the tapir", "1795262501.000100")),
        );
        assert_eq!(found(&world, "tapir", 1)[0]["account"], "work");
        let rows = found(&world, "zebra", usize::from(shares));
        assert!(rows.iter().all(|row| row["account"] == "guild"), "{rows:?}");
    }
}

#[test]
fn a_token_of_another_workspace_is_asked_for_its_own_before_its_events_are_left_out() {
    let slack = Slack::start();
    let world = world(&slack);
    world.run(["inbox", "sync", "--account", "work"]).ok();
    slack.state().team = "T0TEAM002".to_owned();
    let world = world.env("COMMS_NOW", "2026-11-21T13:00:00Z");
    let serving = Serving::start(&world);
    let mut body = event("Ev1", said(OPS, "the zebra", "1795262500.000100"));
    body["team_id"] = "T0TEAM002".into();
    assert_eq!(post_at(&serving, seconds(3600), &body).status, 200);
    found(&world, "zebra", 1);
}

#[test]
fn an_edit_of_what_is_not_here_is_no_news_and_an_impossible_time_puts_nothing_on_top() {
    let slack = Slack::start();
    slack.post(OPS, BOB, "hello");
    let world = world(&slack);
    world.run(["inbox", "sync", "--account", "work"]).ok();
    let serving = Serving::start(&world);
    let old = json!({"type": "message", "subtype": "message_changed", "channel": OPS, "ts": "1795262500.000009",
        "message": {"type": "message", "user": BOB, "text": "the dodo, edited", "ts": "1730000000.000100",
            "edited": {"user": BOB, "ts": "1795262500.000003"}}});
    post(&serving, &event("Ev1", old));
    for (n, ts) in [
        "-5",
        "99999999999999999999.1",
        "soon",
        "4080000000.000100",
        "5.000100",
    ]
    .into_iter()
    .enumerate()
    {
        let text = format!("the okapi {n}");
        post(&serving, &event(&format!("Ev1{n}"), said(OPS, &text, ts)));
    }
    let last = "1795262700.000100";
    post(&serving, &event("Ev2", said(OPS, "the tapir", last)));
    found(&world, "tapir", 1);
    found(&world, "dodo", 0);
    let okapis = found(&world, "okapi", 2);
    for row in &okapis {
        let at = row["received_at"].as_str().unwrap();
        assert!(at.starts_with("2026-11-21T12:0"), "{row}");
    }
    let rows = found(&world, "in:#ops", 4);
    assert_eq!(rows[0]["preview"], "the tapir", "{rows:?}");
    // Of one that was posted a moment ago the message itself may be late.
    let ts = "1795262690.000100";
    let early = json!({"type": "message", "subtype": "message_changed", "channel": OPS, "ts": "1795262695.000009",
        "message": {"type": "message", "user": BOB, "text": "the kiwi, edited", "ts": ts,
            "edited": {"user": BOB, "ts": "1795262695.000003"}}});
    post(&serving, &event("Ev3", early));
    found(&world, "kiwi", 1);
    post(&serving, &event("Ev4", said(OPS, "the kiwi", ts)));
    serving.counted("comms_events_waiting", 0);
    found(&world, "kiwi edited", 1);
    // When it came, the sync brings what was edited.
    serving.counted("comms_events_waiting", 0);
}

#[test]
fn the_handshake_is_answered_and_what_is_not_proven_is_not() {
    let slack = Slack::start();
    let world = world(&slack);
    let serving = Serving::start(&world);
    let hello = json!({"type": "url_verification", "challenge": "3eZbrw1a", "token": "x"});
    let answer = post(&serving, &hello);
    assert_eq!((answer.status, answer.body.as_str()), (200, "3eZbrw1a"));
    let said = event(
        "Ev1",
        json!({"type": "message", "channel": OPS, "user": BOB, "text": "the zebra", "ts": "1.1"}),
    );
    let body = said.to_string();
    for (at, signature) in [
        (seconds(-301), signed(&body, &seconds(-301))),
        (seconds(301), signed(&body, &seconds(301))),
        (seconds(0), signed(&body, &seconds(-1))),
        (seconds(0), signed(&hello.to_string(), &seconds(0))),
        (seconds(0), "v0=".to_owned()),
    ] {
        let headers = [
            ("x-slack-request-timestamp", at.as_str()),
            ("x-slack-signature", signature.as_str()),
        ];
        let answer = serving.post("/webhooks/work", &headers, body.as_bytes());
        assert_eq!(answer.status, 403, "{at} {signature}");
    }
    assert_eq!(
        serving.post("/webhooks/work", &[], body.as_bytes()).status,
        403
    );
    found(&world, "zebra", 0);
}

#[test]
fn an_older_edit_that_comes_later_changes_nothing_and_what_was_deleted_stays_so() {
    let slack = Slack::start();
    let world = world(&slack);
    world.run(["inbox", "sync", "--account", "work"]).ok();
    let serving = Serving::start(&world);
    let said = |text: &str, ts: &str| json!({"type": "message", "channel": OPS, "channel_type": "channel", "user": BOB, "text": text, "ts": ts});
    let edited = |text: &str, ts: &str, at: &str| {
        json!({"type": "message", "subtype": "message_changed", "channel": OPS, "ts": at,
            "message": {"type": "message", "user": BOB, "text": text, "ts": ts, "edited": {"user": BOB, "ts": at}}})
    };
    let (one, two) = ("1795262500.000100", "1795262501.000100");
    post(&serving, &event("Ev1", said("the zebra first", one)));
    post(
        &serving,
        &event("Ev2", edited("the zebra newest", one, "1795262510.000003")),
    );
    found(&world, "zebra newest", 1);
    post(
        &serving,
        &event("Ev3", edited("the zebra older", one, "1795262510.000002")),
    );
    post(&serving, &event("Ev4", said("the okapi secret", two)));
    found(&world, "okapi", 1);
    let gone = json!({"type": "message", "subtype": "message_deleted", "channel": OPS, "ts": "1795262520.000001", "deleted_ts": two});
    post(&serving, &event("Ev5", gone));
    found(&world, "okapi", 0);
    post(
        &serving,
        &event(
            "Ev6",
            edited("the okapi secret again", two, "1795262511.000001"),
        ),
    );
    // Events of one account are taken in their order.
    post(
        &serving,
        &event("Ev7", said("the tapir", "1795262530.000100")),
    );
    found(&world, "tapir", 1);
    found(&world, "zebra older", 0);
    found(&world, "zebra newest", 1);
    found(&world, "okapi", 0);
    post(
        &serving,
        &event("Ev8", edited("the zebra last", one, "1795262540.000001")),
    );
    found(&world, "zebra last", 1);
}
