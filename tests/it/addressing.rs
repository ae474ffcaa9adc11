//! Names as recipients: the right person, on the right channel, and never the wrong one.

use comms::model::contact::{AddressKind, Card, Via};
use comms::model::id::ContactId;
use serde_json::Value;

use crate::support::World;
use crate::support::people::{card, mail};

/// Everything of the outbox, oldest first.
fn items(world: &World) -> Vec<Value> {
    let run = world.run(["outbox", "list", "--all", "--json"]).ok();
    let mut items = run.json()["items"].as_array().unwrap().clone();
    items.reverse();
    items
}

/// Where the items of the outbox go.
fn reached(world: &World) -> Vec<String> {
    let all = items(world);
    let recipients = all
        .iter()
        .flat_map(|i| i["recipients"].as_array().unwrap().clone());
    recipients
        .map(|r| r["email"].as_str().unwrap().to_owned())
        .collect()
}

const SENDERS: &str = "[accounts.work]\nchannel = \"smtp\"\naddress = \"me@example.com\"\nsmtp = \"127.0.0.1:9\"\ntls = \"none\"\n\
[accounts.sms]\nchannel = \"twilio\"\naccount_sid = \"AC00000000000000000000000000000001\"\naddress = \"+14155550100\"\nbase_url = \"http://127.0.0.1:9\"\n";

/// A world that sends mail and texts, none of which leaves.
fn senders() -> World {
    World::new().config(SENDERS)
}

#[test]
fn a_name_reaches_its_person_and_is_told() {
    let world = World::new();
    let ids = world.know([mail("Ada Lovelace", "ada@localhost")]);
    let run = world
        .run(["send", "ada lovelace", "-s", "x", "-m", "running late"])
        .ok();
    let told = format!("to Ada Lovelace <ada@localhost> (email, {})", ids[0]);
    assert!(run.stderr.contains(&told), "{run}");
    let json = world
        .run(["send", "Ada Lovelace", "-s", "x", "-m", "again", "--json"])
        .ok();
    assert_eq!(json.stderr, "");
    let recipient = &json.json()["items"][0]["recipients"][0];
    assert_eq!(recipient["email"], "ada@localhost");
    assert_eq!(recipient["name"], "Ada Lovelace");
    assert_eq!(recipient["contact"], ids[0].to_string());
    assert_eq!(recipient["resolved_from"], "Ada Lovelace");
    // What was typed as an address was not looked up.
    let exact = world
        .run(["send", "ada@localhost", "-s", "x", "-m", "x", "--json"])
        .ok();
    let recipient = &exact.json()["items"][0]["recipients"][0];
    assert_eq!(recipient["resolved_from"], Value::Null);
    let shown = world.run(["outbox", "show", "o1", "--json"]).ok().json();
    let headers = shown["rendered"]["headers"].as_str().unwrap();
    assert!(
        headers.contains("To: \"Ada Lovelace\" <ada@localhost>")
            || headers.contains("To: Ada Lovelace <ada@localhost>"),
        "{headers}"
    );
}

#[test]
fn an_id_is_a_recipient_everywhere() {
    let world = World::new();
    let ids = world.know([mail("Ada", "ada@localhost"), mail("Bob", "bob@localhost")]);
    let (ada, bob) = (ids[0].to_string(), ids[1].to_string());
    world
        .run([
            "send", &ada, "--cc", &bob, "--bcc", "Ada", "-s", "x", "-m", "x",
        ])
        .ok();
    // Each person once, in the most visible place.
    assert_eq!(reached(&world), ["ada@localhost", "bob@localhost"]);
    world.run(["forward", "m1", &bob, "-m", "for you"]).ok();
    world.run(["reply", "m1", "--cc", "Bob", "-m", "yes"]).ok();
    let replied = &items(&world)[2]["recipients"];
    assert!(replied.to_string().contains("bob@localhost"), "{replied}");
    world.run(["send", "c99", "-m", "x"]).fails(5);
    let run = world
        .run(["send", "you@localhost", "nobody", "-m", "x"])
        .fails(5);
    assert!(run.stderr.contains("use -m for the text"), "{run}");
}

#[test]
fn several_of_a_name_are_listed_with_what_picks_each() {
    let world = World::new();
    let ids = world.know([mail("Ada", "one@localhost"), mail("Ada", "two@localhost")]);
    let run = world.run(["send", "Ada", "-m", "x", "--json"]).fails(2);
    let error = &run.json_error()["error"];
    assert_eq!(error["code"], "usage");
    let candidates = error["candidates"].as_array().unwrap();
    assert_eq!(candidates.len(), 2);
    assert_eq!(candidates[0]["words"], ids[0].to_string());
    assert_eq!(candidates[1]["address"], "two@localhost");
    let run = world.run(["send", "Ada", "-m", "x"]).fails(2);
    assert!(run.stderr.contains(&format!("2  {}", ids[1])), "{run}");
    assert_eq!(items(&world).len(), 0);

    world
        .run(["send", "Ada", "-m", "x", "--pick", "0"])
        .fails(2);
    let past = world
        .run(["send", "Ada", "-m", "x", "--pick", "3"])
        .fails(2);
    assert!(past.stderr.contains("--pick 3 is none of 2"), "{past}");
    let two = ["send", "Ada", "--cc", "ada", "-m", "x", "--pick", "1"];
    let both = world.run(two).fails(2);
    assert!(both.stderr.contains("in doubt"), "{both}");
    assert_eq!(items(&world).len(), 0);
    world
        .run(["send", "Ada", "-s", "x", "-m", "x", "--pick", "2"])
        .ok();
    assert_eq!(reached(&world), ["two@localhost"]);
    // Who is certain is not picked: the list it was read from is not this one.
    let one = world.run(["send", "c1", "-m", "x", "--pick", "1"]).fails(2);
    assert!(one.stderr.contains("nothing to pick"), "{one}");
}

#[test]
fn a_nickname_of_one_that_is_the_name_of_another_is_in_doubt() {
    let world = World::new();
    let byron = Card {
        nicknames: vec!["Ada".into()],
        ..mail("Augusta Byron", "augusta@localhost")
    };
    world.know([mail("Ada", "ada@localhost"), byron]);
    world.run(["send", "Ada", "-m", "x"]).fails(2);
    assert_eq!(items(&world).len(), 0);
}

#[test]
fn the_channel_is_the_one_asked_for_or_preferred_or_the_first_with_an_account() {
    let world = senders();
    let all = [
        (AddressKind::Email, "ada@example.com"),
        (AddressKind::Phone, "+14155550123"),
        (AddressKind::Slack, "U1"),
    ];
    let prefers = |via| Card {
        preferred: Some(via),
        ..card("Bob", &all)
    };
    world.know([card("Ada", &all), prefers(Via::Sms)]);
    world.know([Card {
        name: "Eve".into(),
        ..prefers(Via::Slack)
    }]);
    world.know([card("Sam", &[(AddressKind::Slack, "U9")])]);
    let to = |name: &str, more: &[&str]| {
        let mut args = vec!["send", name, "-m", "x", "--dry-run", "--json"];
        args.extend(more);
        let run = world.run(args).ok();
        let items = run.json()["items"].clone();
        items[0]["recipients"][0]["email"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    assert_eq!(to("Ada", &[]), "ada@example.com");
    assert_eq!(to("Ada", &["--via", "sms"]), "sms:+14155550123");
    assert_eq!(to("Ada", &["--from", "sms"]), "sms:+14155550123");
    assert_eq!(to("Bob", &[]), "sms:+14155550123");
    assert_eq!(to("Bob", &["--via", "email"]), "ada@example.com");
    // Nothing writes to Slack here.
    assert_eq!(to("Eve", &[]), "ada@example.com");
    let run = world
        .run(["send", "Eve", "--via", "slack", "-m", "x"])
        .fails(3);
    assert!(run.stderr.contains("no account writes there"), "{run}");
    let run = world.run(["send", "Sam", "-m", "x"]).fails(3);
    assert!(run.stderr.contains("`slack:U9`"), "{run}");
    let run = world
        .run(["send", "Sam", "--via", "sms", "-m", "x"])
        .fails(2);
    assert!(run.stderr.contains("by sms"), "{run}");
    // What is exact says its channel itself.
    for to in ["ada@example.com", "whatsapp:+14155550123", "to:alerts"] {
        world.run(["send", to, "--via", "sms", "-m", "x"]).fails(2);
    }
    assert_eq!(to("+14155550123", &["--via", "sms"]), "sms:+14155550123");
    world
        .run(["send", "Ada", "--via", "fax", "-m", "x"])
        .fails(2);
}

#[test]
fn the_last_conversation_says_the_channel_where_nobody_else_does() {
    let world = senders();
    world.know([card(
        "Ada",
        &[
            (AddressKind::Email, "ada@localhost"),
            (AddressKind::Email, "countess@localhost"),
        ],
    )]);
    world
        .run(["send", "countess@localhost", "-s", "x", "-m", "hello"])
        .ok();
    world.run(["inbox", "sync", "--account", "local"]).ok();
    let run = world
        .run(["send", "Ada", "-m", "x", "--dry-run", "--json"])
        .ok();
    let email = &run.json()["items"][0]["recipients"][0]["email"];
    assert_eq!(email, "countess@localhost");
}

#[test]
fn a_key_means_what_it_meant_when_it_was_first_used() {
    let world = World::new();
    let ids = world.know([mail("Ada", "old@localhost")]);
    let send = ["send", "Ada", "-s", "x", "-m", "x", "--key", "k", "--json"];
    let first = world.run(send).ok().json();
    assert_eq!(world.run(send).ok().json()["replayed"], true);
    // Her address changes, a namesake appears, and she goes: it is still that send.
    world.change(ids[0], Some(mail("Ada", "new@localhost")));
    let again = world.run(send).ok().json();
    assert_eq!(again["replayed"], true);
    assert_eq!(again["items"][0]["id"], first["items"][0]["id"]);
    assert_eq!(again["items"][0]["recipients"][0]["email"], "old@localhost");
    world.know([mail("Ada", "another@localhost")]);
    assert_eq!(world.run(send).ok().json()["replayed"], true);
    world.change(ids[0], None);
    assert_eq!(world.run(send).ok().json()["replayed"], true);
    assert_eq!(items(&world).len(), 1);
    // Who it went to may be written out; another is another message.
    let exact = ["send", "old@localhost", "-s", "x", "-m", "x", "--key", "k"];
    world.run(exact).ok();
    let other = ["send", "c2", "-s", "x", "-m", "x", "--key", "k"];
    world.run(other).fails(2);
    let other = ["send", "Ada", "-s", "x", "-m", "y", "--key", "k"];
    world.run(other).fails(2);
    assert_eq!(items(&world).len(), 1);
}

#[test]
fn what_reads_as_an_address_is_never_a_name() {
    let world = World::new();
    let ids = world.know([
        mail("ada@localhost", "eve@localhost"),
        mail("c1", "eve@localhost"),
        mail("sms:+14155550123", "eve@localhost"),
        mail("@team", "eve@localhost"),
        mail("+14155550123", "eve@localhost"),
    ]);
    assert_eq!(ids[0], ContactId(1));
    world
        .run(["send", "ada@localhost", "-s", "x", "-m", "x"])
        .ok();
    assert_eq!(reached(&world), ["ada@localhost"]);
    // The id, not who calls themselves so.
    let run = world
        .run(["send", "c1", "-m", "x", "--dry-run", "--json"])
        .ok();
    let recipient = &run.json()["items"][0]["recipients"][0];
    assert_eq!(recipient["contact"], "c1");
    world.run(["send", "sms:+14155550123", "-m", "x"]).fails(3);
    world.run(["send", "+14155550123", "-m", "x"]).fails(3);
    world.run(["send", "@team", "-m", "x"]).fails(5);
    assert_eq!(items(&world).len(), 1);
}

#[test]
fn an_address_that_is_none_or_more_than_one_reaches_nobody() {
    let world = World::new();
    for bad in [
        "ada@localhost, eve@localhost",
        "Ada <eve@localhost>",
        "@team",
        "ada",
        "ada@localhost\r\nBcc: eve@localhost",
        "to:alerts@localhost",
    ] {
        let ids = world.know([mail("Ada", bad)]);
        let run = world.run(["send", &ids[0].to_string(), "-m", "x"]);
        assert!(matches!(run.code, 2 | 3), "{bad}: {run}");
    }
    assert_eq!(items(&world).len(), 0);
}

#[test]
fn a_name_says_nothing_to_a_terminal_and_adds_no_header() {
    let world = World::new();
    let evil = "Ada\u{1b}[31m\u{202e}\r\nBcc: eve@localhost";
    let ids = world.know([mail(evil, "ada@localhost"), mail(evil, "b@localhost")]);
    let listed = world.run(["send", evil, "-m", "x"]).fails(2);
    assert!(
        !listed.stderr.contains(['\u{1b}', '\u{202e}', '\r']),
        "{listed}"
    );
    let run = world
        .run(["send", &ids[0].to_string(), "-s", "x", "-m", "x"])
        .ok();
    assert!(!run.stderr.contains(['\u{1b}', '\u{202e}', '\r']), "{run}");
    assert_eq!(run.stderr.lines().count(), 1, "{run}");
    assert_eq!(reached(&world), ["ada@localhost"]);
    let shown = world.run(["outbox", "show", "o1"]).ok();
    assert!(!shown.stdout.contains("\nBcc:"), "{shown}");
}

#[test]
fn who_is_gone_is_not_written_to() {
    let world = World::new();
    let ids = world.know([mail("Ada", "ada@localhost")]);
    world.run(["send", "Ada", "-m", "x", "--dry-run"]).ok();
    world.change(ids[0], None);
    world.run(["send", "Ada", "-m", "x"]).fails(5);
    world.run(["send", &ids[0].to_string(), "-m", "x"]).fails(5);
    assert_eq!(items(&world).len(), 0);
}

#[test]
fn what_was_staged_keeps_its_address() {
    let world = World::new();
    let ids = world.know([mail("Ada", "old@localhost")]);
    world
        .run(["send", "Ada", "-s", "x", "-m", "x", "--at", "in 2h"])
        .ok();
    world.change(ids[0], Some(mail("Ada", "new@localhost")));
    let world = world.env("COMMS_NOW", "2026-11-21T15:00:00Z");
    world.run(["outbox", "run"]).ok();
    assert_eq!(reached(&world), ["old@localhost"]);
    assert_eq!(items(&world)[0]["state"], "sent");
}
