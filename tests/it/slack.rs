//! Sending to Slack: who is meant, what is said, what is refused and why.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::slack::{BOB, Channel, DM, Fault, HOOK, ME, OPS, Slack, TOKEN, User};
use crate::support::{World, slack};

fn world(slack: &Slack) -> World {
    World::new()
        .config(&slack.account())
        .env("COMMS_SECRET_WORK", TOKEN)
}

fn texts(slack: &Slack, channel: &str) -> Vec<String> {
    slack.own_texts(channel)
}

#[test]
fn a_slack_that_says_nothing_has_the_time_of_the_send() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let world = World::new()
        .config(&format!(
            "[accounts.work]\nchannel = \"slack\"\nbase_url = \"http://{}\"\n",
            silent.local_addr().unwrap()
        ))
        .env("COMMS_SECRET_WORK", TOKEN);
    for more in [&[][..], &["--dry-run"]] {
        let args = ["send", "slack:#ops", "-m", "hi", "--timeout", "1s"];
        let run = world.run([&args[..], more].concat()).fails(7);
        assert!(run.stderr.contains("within 1 s"), "{run}");
    }
}

#[test]
fn a_slack_that_says_nothing_keeps_back_nothing_that_another_one_finds() {
    let slack = Slack::start();
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let world = World::new()
        .config(&format!(
            "{}\n[accounts.mute]\nchannel = \"slack\"\nbase_url = \"http://{}\"\n",
            slack.account(),
            silent.local_addr().unwrap()
        ))
        .env("COMMS_SECRET_WORK", TOKEN)
        .env("COMMS_SECRET_MUTE", TOKEN);
    slack.post(OPS, BOB, "the blue harbour");
    let search =
        |query: &str| world.run(["search", "--remote", "--timeout", "2s", "--json", query]);
    let found = |run: &crate::support::Run| run.json()["messages"].as_array().unwrap().len();
    let run = search("harbour").ok();
    assert_eq!(found(&run), 0, "{run}");
    assert!(
        run.stderr
            .contains("1 more were found where account `work` was never synced"),
        "{run}"
    );
    world.run(["inbox", "sync", "--account", "work"]).ok();
    slack.post(OPS, BOB, "the grey harbour");
    let run = search("harbour").ok();
    assert_eq!(found(&run), 2, "{run}");
    assert!(run.stderr.contains("`mute` was not searched"), "{run}");
    let run = search("account:mute harbour").fails(7);
    assert!(run.stderr.contains("--timeout"), "{run}");
}

#[test]
fn our_table_is_in_slacks_own_description() {
    let Some(wrong) = slack::table() else {
        eprintln!("skipped: COMMS_TEST_SPECS names no folder with Slack's description");
        return;
    };
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn channels_and_people_are_found_by_name_handle_address_and_id() {
    let slack = Slack::start();
    let world = world(&slack);
    for (to, channel) in [
        ("slack:#ops", OPS),
        ("slack:ops", OPS),
        (&format!("slack:{OPS}"), OPS),
        ("slack:@bob", DM),
        ("slack:bob@example.com", DM),
        (&format!("slack:{BOB}"), DM),
        (&format!("slack:{DM}"), DM),
    ] {
        let before = texts(&slack, channel).len();
        world.run(["send", to, "-m", "hello"]).ok();
        assert_eq!(texts(&slack, channel).len(), before + 1, "{to}");
    }
}

#[test]
fn a_name_that_nobody_or_several_have_says_so() {
    let slack = Slack::start();
    for (id, handle) in [("U0SAM0001", "sam1"), ("U0SAM0002", "sam2")] {
        let mut state = slack.state();
        state.users.push(User::new(id, handle, "Sam"));
    }
    slack.state().users.push(User {
        deleted: true,
        ..User::new("U0EVE0001", "eve", "Eve")
    });
    let mut old = Channel::new("old");
    old.archived = true;
    slack.state().channels.insert("C0OLD0001".to_owned(), old);
    let world = world(&slack);
    let several = world.run(["send", "slack:@Sam", "-m", "x"]).fails(2);
    for candidate in ["slack:U0SAM0001", "@sam1", "slack:U0SAM0002"] {
        assert!(several.stderr.contains(candidate), "{several}");
    }
    let nobody = world.run(["send", "slack:#nope", "-m", "x"]).fails(5);
    assert!(nobody.stderr.contains("#nope"), "{nobody}");
    let archived = world.run(["send", "slack:#old", "-m", "x"]).fails(6);
    assert!(archived.stderr.contains("archived"), "{archived}");
    world.run(["send", "slack:@eve", "-m", "x"]).fails(6);
    assert_eq!(slack.count("chat.postMessage"), 0);
}

#[test]
fn a_channel_that_is_new_is_found_without_a_sync() {
    let slack = Slack::start();
    let world = world(&slack);
    world.run(["send", "slack:#ops", "-m", "one"]).ok();
    let new = Channel::new("new");
    slack.state().channels.insert("C0NEW0001".to_owned(), new);
    world.run(["send", "slack:#new", "-m", "two"]).ok();
    assert_eq!(texts(&slack, "C0NEW0001"), ["two"]);
    // What is known is not asked for again.
    slack.forget_requests();
    world.run(["send", "slack:#ops", "-m", "three"]).ok();
    assert_eq!(slack.count("conversations.list"), 0);
}

#[test]
fn nobody_is_called_by_accident_and_everybody_where_it_is_allowed() {
    let slack = Slack::start();
    let world = world(&slack);
    let text = "<!channel> @here <!everyone> & @bob, <@U0BOB0002>";
    let shown = world
        .run(["send", "slack:#ops", "-m", text, "--dry-run", "--json"])
        .ok();
    assert_eq!(slack.count("chat.postMessage"), 0);
    let pings = shown.json()["items"][0]["rendered"]["pings"].clone();
    assert_eq!(
        pings,
        serde_json::json!([format!("slack:{BOB}")]),
        "{shown}"
    );
    world.run(["send", "slack:#ops", "-m", text]).ok();
    assert_eq!(
        texts(&slack, OPS)[0],
        format!("&lt;!channel&gt; @here &lt;!everyone&gt; &amp; <@{BOB}>, <@{BOB}>")
    );
    let loud = [
        "send",
        "slack:#ops",
        "-m",
        "@here now",
        "--allow-mass-mention",
    ];
    let shown = world
        .run([&loud[..], &["--dry-run", "--json"]].concat())
        .ok();
    let pings = &shown.json()["items"][0]["rendered"]["pings"];
    assert_eq!(*pings, serde_json::json!(["@here"]), "{shown}");
    world.run(loud).ok();
    assert_eq!(texts(&slack, OPS)[1], "<!here> now");
}

#[test]
fn markdown_becomes_slacks_own_marks() {
    let slack = Slack::start();
    let world = world(&slack);
    let text = "**bold** [here](https://x.example/?a=1&b=2)\n\n- one\n- two";
    world
        .run([
            "send",
            "slack:#ops",
            "-s",
            "Title",
            "-m",
            text,
            "--markdown",
        ])
        .ok();
    assert_eq!(
        texts(&slack, OPS)[0],
        "*Title*\n\n*bold* <https://x.example/?a=1&amp;b=2|here>\n\n- one\n- two"
    );
}

#[test]
fn a_long_text_goes_on_in_the_thread_of_its_beginning() {
    let slack = Slack::start();
    let world = world(&slack);
    let text = "word & word ".repeat(900);
    world.run(["send", "slack:#ops", "-m", &text]).ok();
    let messages = slack.messages(OPS);
    assert!(messages.len() > 2, "{}", messages.len());
    let head = messages[0]["ts"].clone();
    for message in &messages[1..] {
        assert_eq!(message["thread_ts"], head);
    }
    for message in &messages {
        assert!(message["text"].as_str().unwrap().chars().count() <= 4_000);
    }
}

#[test]
fn messages_of_one_key_are_one_thread() {
    let slack = Slack::start();
    let world = world(&slack);
    for text in ["disk full", "still full"] {
        world
            .run(["send", "slack:#ops", "-m", text, "--thread-key", "disk"])
            .ok();
    }
    world.run(["send", "slack:#ops", "-m", "other"]).ok();
    let messages = slack.messages(OPS);
    assert_eq!(messages[1]["thread_ts"], messages[0]["ts"]);
    assert!(messages[2].get("thread_ts").is_none());
}

#[test]
fn an_answer_stands_in_its_thread_and_in_the_channel_where_that_is_asked_for() {
    let slack = Slack::start();
    let root = slack.post(OPS, BOB, "who is on call");
    let world = world(&slack);
    world.run(["inbox", "sync"]).ok();
    let found = world.run(["search", "call", "--json"]).ok().json();
    let id = found["messages"][0]["id"].as_str().unwrap().to_owned();
    world.run(["reply", &id, "-m", "I am"]).ok();
    world
        .run(["reply", &id, "-m", "all know", "--broadcast"])
        .ok();
    let messages = slack.messages(OPS);
    assert_eq!(messages[1]["thread_ts"], root.as_str());
    assert!(messages[1].get("subtype").is_none());
    assert_eq!(messages[2]["subtype"], "thread_broadcast");
}

#[test]
fn several_files_go_in_one_message_and_without_the_login_in_sight() {
    let slack = Slack::start();
    let world = world(&slack);
    let (a, b) = (world.file("a.txt", "one"), world.file("b c.txt", "two"));
    world
        .run([
            "send",
            "slack:#ops",
            "-m",
            "look at *these*",
            "--attach",
            &a,
            "--attach",
            &b,
        ])
        .ok();
    let messages = slack.messages(OPS);
    assert_eq!(messages.len(), 1, "{messages:?}");
    let files = messages[0]["files"].as_array().unwrap();
    assert_eq!(files.len(), 2);
    assert_eq!(files[1]["name"], "b c.txt");
    world
        .run([
            "send",
            "slack:#ops",
            "-m",
            "",
            "--allow-empty",
            "--attach",
            &a,
        ])
        .ok();
    let empty = world.file("empty", "");
    let refused = world.run(["send", "slack:#ops", "-m", "x", "--attach", &empty]);
    assert_eq!(refused.code, 6, "{refused}");
    assert_eq!(slack.messages(OPS).len(), 2);
}

#[test]
fn what_slack_refuses_is_told_with_what_mends_it() {
    let slack = Slack::start();
    let mut closed = Channel::new("closed");
    closed.member = false;
    slack
        .state()
        .channels
        .insert("C0CLOSED1".to_owned(), closed);
    let world = world(&slack);
    let outside = world
        .run(["send", "slack:#closed", "-m", "x", "--json"])
        .fails(6);
    let hint = &outside.json()["items"][0]["hint"];
    assert!(
        hint.as_str().is_some_and(|h| h.contains("/invite")),
        "{outside}"
    );
    for (word, code) in [
        ("is_archived", 6),
        ("msg_too_long", 6),
        ("restricted_action", 6),
        ("channel_not_found", 5),
        ("token_revoked", 4),
        ("account_inactive", 4),
    ] {
        slack.fault("chat.postMessage", 1, Fault::Error(word));
        let run = world.run(["send", "slack:#ops", "-m", "x"]).fails(code);
        assert!(run.to_string().contains(word), "{run}");
    }
    assert!(texts(&slack, OPS).is_empty());
}

#[test]
fn a_rate_limit_is_waited_for_and_the_message_goes_once() {
    let slack = Slack::start();
    let world = world(&slack);
    slack.fault("chat.postMessage", 1, Fault::RateLimited(30));
    let run = world
        .run(["send", "slack:#ops", "-m", "x", "--json"])
        .fails(8);
    assert_eq!(run.json()["items"][0]["state"], "ready", "{run}");
    let later = world.env("COMMS_NOW", "2026-11-21T12:05:00Z");
    later.run(["outbox", "run"]).ok();
    assert_eq!(texts(&slack, OPS), ["x"]);
}

#[test]
fn a_missing_scope_is_named_with_what_the_token_has() {
    let slack = Slack::start();
    let has = ["channels:history", "users:read", "chat:write"].map(str::to_owned);
    let has: BTreeSet<String> = has.into();
    slack
        .state()
        .tokens
        .insert("xoxb-bot".to_owned(), Some(has));
    slack.post(OPS, BOB, "the harbour");
    let world = world(&slack).env("COMMS_SECRET_WORK", "xoxb-bot");
    world.run(["inbox", "sync"]).ok();
    let run = world.run(["search", "--remote", "harbour"]).fails(4);
    assert!(
        run.stderr.contains("`search:read`") && run.stderr.contains("chat:write"),
        "{run}"
    );
}

#[test]
fn slack_is_searched_where_the_token_may() {
    let slack = Slack::start();
    let world = world(&slack);
    world.run(["inbox", "sync"]).ok();
    slack.post(OPS, BOB, "the blue harbour");
    let run = world.run(["search", "--remote", "harbour", "--json"]).ok();
    let rows = run.json();
    assert_eq!(rows["messages"].as_array().unwrap().len(), 1, "{run}");
    assert_eq!(rows["messages"][0]["folder"], "#ops");
}

#[test]
fn reactions_edits_and_deletions_happen_there_and_here() {
    let slack = Slack::start();
    let world = world(&slack);
    world.run(["inbox", "sync"]).ok();
    world.run(["send", "slack:#ops", "-m", "first words"]).ok();
    let found = world.run(["search", "words", "--json"]).ok().json();
    let id = found["messages"][0]["id"].as_str().unwrap().to_owned();
    for emoji in ["👍", "👍", ":party-parrot:"] {
        world.run(["react", &id, emoji]).ok();
    }
    let reactions = slack.messages(OPS)[0]["reactions"].clone();
    assert_eq!(reactions[0]["name"], "+1");
    assert_eq!(reactions[1]["name"], "party-parrot");
    world.run(["react", &id, "👍", "--remove"]).ok();
    world.run(["react", &id, "🦖"]).fails(2);
    world.run(["edit", &id, "-m", "other <words>"]).ok();
    assert_eq!(slack.messages(OPS)[0]["text"], "other &lt;words&gt;");
    let shown = world.run(["inbox", "show", &id, "--json"]).ok().json();
    assert!(
        shown["text"].as_str().unwrap().contains("other <words>"),
        "{shown}"
    );
    world.run(["unsend", &id]).ok();
    assert!(slack.messages(OPS).is_empty());
    assert!(
        world.run(["search", "words", "--json"]).ok().json()["messages"]
            .as_array()
            .unwrap()
            .is_empty()
    );
    let theirs = slack.post(OPS, BOB, "not mine");
    world.run(["inbox", "sync"]).ok();
    let found = world.run(["search", "mine", "--json"]).ok().json();
    let id = found["messages"][0]["id"].as_str().unwrap().to_owned();
    world.run(["unsend", &id]).fails(6);
    assert!(
        slack
            .messages(OPS)
            .iter()
            .any(|m| m["ts"] == theirs.as_str())
    );
}

#[test]
fn what_was_said_in_a_channel_that_cant_be_seen_any_more_is_not_told_as_taken_back() {
    let slack = Slack::start();
    let world = world(&slack);
    world.run(["inbox", "sync"]).ok();
    for text in ["secret words", "quick words"] {
        world.run(["send", "slack:#ops", "-m", text]).ok();
    }
    let id = |text: &str| {
        let found = world.run(["search", text, "--json"]).ok().json();
        found["messages"][0]["id"].as_str().unwrap().to_owned()
    };
    let (secret, quick) = (id("secret"), id("quick"));
    let told = [
        ("chat.delete", "channel_not_found"),
        ("chat.delete", "message_not_found"),
    ];
    for (method, word) in told {
        slack.fault(method, 1, Fault::Error(word));
        let run = world.run(["unsend", &secret]).fails(6);
        assert!(run.stderr.contains("is still there"), "{run}");
    }
    let left = slack.state().channels.remove(OPS).unwrap();
    let run = world.run(["unsend", &secret]).fails(5);
    assert!(run.stderr.contains("it can't be seen"), "{run}");
    assert!(run.stderr.contains("hint: "), "{run}");
    slack.state().channels.insert(OPS.to_owned(), left);
    assert_eq!(id("secret"), secret);
    assert_eq!(slack.messages(OPS).len(), 2);
    // In a channel that can be read, someone was quicker.
    let ts = slack.messages(OPS)[1]["ts"].as_str().unwrap().to_owned();
    slack.delete(OPS, &ts);
    world.run(["unsend", &quick]).ok();
    world.run(["unsend", &secret]).ok();
    assert!(slack.messages(OPS).is_empty());
    let found = world.run(["search", "words", "--json"]).ok().json();
    assert_eq!(found["messages"], json!([]), "{found}");
}

fn hook_world(slack: &Slack, path: &str) -> World {
    World::new()
        .config(&format!(
            "[accounts.alerts]\nchannel = \"slack-webhook\"\nbase_url = \"{}\"\n",
            slack.url
        ))
        .env(
            "COMMS_SECRET_ALERTS",
            &format!("https://hooks.slack.com{path}"),
        )
}

#[test]
fn a_webhook_takes_a_message_and_keeps_its_secret() {
    let slack = Slack::start();
    let world = hook_world(&slack, HOOK);
    let run = world
        .run(["send", "to:alerts", "-m", "disk <full> & @here"])
        .ok();
    assert!(!run.stdout.contains("abcdef123456"), "{run}");
    let posted = slack.messages(OPS);
    assert_eq!(posted[0]["text"], "disk &lt;full&gt; &amp; @here");
    let file = world.file("a.txt", "x");
    world
        .run(["send", "to:alerts", "-m", "x", "--attach", &file])
        .fails(2);
    slack.fault("webhook", 1, Fault::CutBeforeAnswer);
    let doubt = world.run(["send", "to:alerts", "-m", "once"]).fails(10);
    assert!(!doubt.stderr.contains("abcdef123456"), "{doubt}");
    // Nobody can be asked: it stays in doubt, and never goes again by itself.
    let later = world.env("COMMS_NOW", "2026-11-21T14:00:00Z");
    later.run(["outbox", "run"]);
    assert_eq!(slack.messages(OPS).len(), 2);
    let gone = hook_world(&slack, "/services/T0TEAM001/B0HOOK001/revoked");
    let gone = gone.run(["send", "to:alerts", "-m", "x"]).fails(4);
    assert!(!gone.stderr.contains("revoked\""), "{gone}");
}

#[test]
fn a_login_is_proven_and_says_whose_it_is() {
    let slack = Slack::start();
    let world = world(&slack);
    let run = world.run(["auth", "status", "work", "--json"]).ok();
    assert_eq!(run.json()["accounts"][0]["state"], "ok", "{run}");
    let world = world.env("COMMS_SECRET_WORK", "xoxb-nobody");
    let run = world.run(["auth", "status", "work"]);
    assert_eq!(run.code, 4, "{run}");
    assert!(run.stderr.contains("invalid_auth"), "{run}");
}

#[test]
fn an_account_is_added_with_a_token_on_stdin() {
    let slack = Slack::start();
    let world = World::new();
    let added = world.run_with(
        TOKEN,
        [
            "auth",
            "add",
            "team",
            "--channel",
            "slack",
            "--base-url",
            &slack.url,
            "--stdin",
        ],
    );
    if added.code != 0 {
        // Without a keyring the encrypted file wants its passphrase.
        assert!(
            added.stderr.contains("keyring")
                || added.stderr.contains("passphrase")
                || added.stderr.contains("secret"),
            "{added}"
        );
        return;
    }
    world.run(["send", "slack:#ops", "-m", "hello"]).ok();
    assert_eq!(texts(&slack, OPS), ["hello"]);
}

#[test]
fn reading_alone_changes_nothing_at_slack() {
    let slack = Slack::start();
    slack.post(OPS, BOB, "hello");
    let world = world(&slack);
    world.run(["--read-only", "inbox", "sync"]).ok();
    world
        .run(["--read-only", "send", "slack:@bob", "-m", "x"])
        .fails(6);
    let writes = slack.requests().into_iter().filter(|r| r.method == "POST");
    assert_eq!(writes.count(), 0);
    let own: Vec<Value> = slack
        .messages(OPS)
        .into_iter()
        .filter(|m| m["user"] == ME)
        .collect();
    assert!(own.is_empty());
}
