//! SMS and MMS through Twilio: what is sent, what is refused before it costs anything, what comes in, what becomes of it.

use serde_json::{Value, json};

use crate::support::World;
use crate::support::twilio::{
    ACCOUNT, AUTH_TOKEN, BOB, Fault, KEY, KEY_SECRET, OWN, SECOND, SERVICE, Twilio, spec,
};

fn form(twilio: &Twilio, n: usize) -> Vec<(String, String)> {
    twilio.requests_of("CreateMessage")[n].form()
}

fn field<'a>(form: &'a [(String, String)], name: &str) -> Option<&'a str> {
    form.iter()
        .find(|(n, _)| n == name)
        .map(|(_, v)| v.as_str())
}

fn sync(world: &World) -> Value {
    let run = world
        .run(["inbox", "sync", "--account", "work", "--json"])
        .ok();
    run.json()["accounts"][0].clone()
}

fn rows(world: &World, query: &str) -> Vec<Value> {
    let run = world
        .run(["search", query, "--json", "--limit", "100"])
        .ok();
    run.json()["messages"].as_array().unwrap().clone()
}

fn item(world: &World, n: usize) -> Value {
    let list = world.run(["outbox", "list", "--all", "--json"]).ok().json();
    let id = list["items"][n]["id"].as_str().unwrap().to_owned();
    world.run(["outbox", "show", &id, "--json"]).ok().json()
}

#[test]
fn every_spelling_of_a_number_reaches_the_same_phone() {
    let twilio = Twilio::start();
    let world = twilio.world();
    for to in [
        "+14155550199",
        "sms:(415) 555-0199",
        "sms:1-415-555-0199",
        "sms:+1 415.555.0199",
    ] {
        world.run(["send", to, "-m", "hello"]).ok();
    }
    let sent = twilio.sent();
    assert_eq!(sent.len(), 4);
    assert!(sent.iter().all(|m| m["to"] == BOB && m["from"] == OWN));
    for (to, code) in [
        ("sms:555", 2),
        ("sms:+1415", 2),
        ("sms:+999123456789", 2),
        ("sms:Bob", 2),
    ] {
        let run = world.run(["send", to, "-m", "x"]).fails(code);
        assert!(run.stderr.contains("hint:"), "{run}");
    }
    let config = twilio.config().replace("region = \"US\"\n", "");
    std::fs::write(world.home().join("config.toml"), config).unwrap();
    let run = world.run(["send", "sms:415 555 0199", "-m", "x"]).fails(3);
    assert!(run.stderr.contains("region"), "{run}");
    assert_eq!(twilio.sent().len(), 4, "nothing went on a guess");
}

#[test]
fn what_a_text_takes_is_told_before_it_leaves() {
    let twilio = Twilio::start();
    let world = twilio.world();
    let emoji = "🎉".repeat(40);
    let run = world
        .run(["send", "+14155550199", "-m", &emoji, "--dry-run", "--json"])
        .ok();
    let part = &run.json()["items"][0]["parts"][0];
    assert_eq!(part["encoding"], "UCS-2", "{run}");
    assert_eq!(part["segments"], 2, "{run}");
    let run = world
        .run([
            "send",
            "+14155550199",
            "-m",
            "“quoted”",
            "--dry-run",
            "--json",
        ])
        .ok();
    let parts = &run.json()["items"][0]["parts"];
    assert_eq!(parts[0]["beyond_gsm7"], json!(["“", "”"]), "{run}");
    assert_eq!(twilio.count("CreateMessage"), 0);
    world.run(["send", "+14155550199", "-m", &emoji]).ok();
    assert_eq!(twilio.sent()[0]["body"], emoji);
    let rtl = "שלום \u{200f}مرحبا\u{200b}!";
    world.run(["send", "+14155550199", "-m", rtl]).ok();
    assert_eq!(twilio.sent()[1]["body"], rtl);
}

#[test]
fn look_alikes_are_replaced_only_where_that_is_wanted_and_enough() {
    let twilio = Twilio::start();
    let plain = twilio.world();
    plain.run(["send", BOB, "-m", "It’s “fine”…"]).ok();
    let config = twilio.config() + "smart_encoding = true\n";
    let smart = twilio.world().config(&config);
    smart.run(["send", BOB, "-m", "It’s “fine”…"]).ok();
    smart.run(["send", BOB, "-m", "It’s a 🎉"]).ok();
    let bodies: Vec<_> = twilio.sent().iter().map(|m| m["body"].clone()).collect();
    assert_eq!(bodies, ["It’s “fine”…", "It's \"fine\"...", "It’s a 🎉"]);
    let flags: Vec<_> = (0..3)
        .map(|n| field(&form(&twilio, n), "SmartEncoded").unwrap().to_owned())
        .collect();
    assert_eq!(flags, ["false", "true", "false"]);
}

#[test]
fn a_long_text_goes_in_parts_or_is_refused() {
    let twilio = Twilio::start();
    let world = twilio.world();
    let text = "word ".repeat(640);
    world.run(["send", BOB, "-m", &text]).ok();
    let sent = twilio.sent();
    assert_eq!(sent.len(), 2);
    let joined: String = sent
        .iter()
        .map(|m| format!("{} ", m["body"].as_str().unwrap()))
        .collect();
    assert_eq!(joined, text);
    let refuses = twilio
        .world()
        .config(&(twilio.config() + "long_text = \"refuse\"\n"));
    let run = refuses.run(["send", BOB, "-m", &text]).fails(2);
    assert!(run.stderr.contains("1600"), "{run}");
    world.run(["send", BOB, "-m", &"x".repeat(16_001)]).fails(2);
    world.run_with(" \n", ["send", BOB]).fails(2);
    world
        .run(["send", BOB, "-m", " ", "--allow-empty"])
        .fails(2);
    assert_eq!(twilio.sent().len(), 2);
}

#[test]
fn media_go_by_their_address_and_files_are_refused() {
    let twilio = Twilio::start();
    let world = twilio.world();
    let file = world.file("cat.jpg", b"x");
    let run = world.run(["send", BOB, "-m", "x", "-a", &file]).fails(2);
    assert!(run.stderr.contains("--media-url"), "{run}");
    let urls = ["https://example.com/a.jpg", "https://example.com/b.jpg"];
    world
        .run(["send", BOB, "--media-url", urls[0], "--media-url", urls[1]])
        .ok();
    let form = form(&twilio, 0);
    let media: Vec<_> = form
        .iter()
        .filter(|(n, _)| n == "MediaUrl")
        .map(|(_, v)| v.as_str())
        .collect();
    assert_eq!(media, urls);
    assert_eq!(field(&form, "Body"), None);
    for wrong in [
        "file:///etc/passwd",
        "nonsense",
        "https://u:p@example.com/x",
    ] {
        world
            .run(["send", BOB, "-m", "x", "--media-url", wrong])
            .fails(2);
    }
    let eleven: Vec<&str> = (0..11).flat_map(|_| ["--media-url", urls[0]]).collect();
    let mut args = vec!["send", BOB, "-m", "x"];
    args.extend(eleven);
    world.run(args).fails(2);
    world
        .run(["send", "ada@localhost", "-m", "x", "--media-url", urls[0]])
        .fails(2);
    assert_eq!(twilio.sent().len(), 1);
}

#[test]
fn twilios_refusals_end_with_the_code_that_fits() {
    let twilio = Twilio::start();
    let world = twilio.world();
    for (code, exit) in [(21211, 6), (21408, 3), (21608, 3), (21617, 6), (21614, 6)] {
        twilio.fault("CreateMessage", 1, Fault::Refuse(400, code));
        let run = world.run(["send", BOB, "-m", "x"]).fails(exit);
        assert!(format!("{run}").contains(&code.to_string()), "{run}");
    }
    for body in ["", "[]", "<html>no</html>"] {
        twilio.fault("CreateMessage", 1, Fault::Say(400, body));
        world.run(["send", BOB, "-m", "x"]).fails(6);
    }
    assert!(twilio.sent().is_empty());
}

#[test]
fn too_many_at_once_waits_and_goes_once() {
    let twilio = Twilio::start();
    let world = twilio.world();
    twilio.fault("CreateMessage", 1, Fault::Refuse(429, 20429));
    world.run(["send", BOB, "-m", "hello"]).fails(8);
    assert!(twilio.sent().is_empty());
    let later = world.env("COMMS_NOW", "2026-11-21T12:10:00Z");
    later.run(["outbox", "run"]).ok();
    assert_eq!(twilio.sent().len(), 1);
    twilio.fault("CreateMessage", 1, Fault::Refuse(429, 20429));
    later.run(["send", BOB, "-m", "x", "--no-queue"]).fails(7);
    assert_eq!(twilio.sent().len(), 1);
}

#[test]
fn who_replied_stop_gets_nothing_more() {
    let twilio = Twilio::start();
    let world = twilio.world();
    twilio.fault("CreateMessage", 1, Fault::Refuse(400, 21610));
    world.run(["send", BOB, "-m", "one"]).fails(6);
    let before = twilio.count("CreateMessage");
    world.run(["send", BOB, "-m", "two"]).fails(6);
    assert_eq!(twilio.count("CreateMessage"), before, "it is known now");
    let list = world
        .run(["contacts", "optout", "--list", "--json"])
        .ok()
        .json();
    assert_eq!(list["optouts"][0]["address"], BOB, "{list}");
    assert_eq!(list["optouts"][0]["source"], "twilio");
    // Only what Twilio told is lifted by what they reply.
    twilio.receive(BOB, "START");
    sync(&world);
    world.run(["send", BOB, "-m", "three"]).ok();
    twilio.receive(BOB, " Stop ");
    sync(&world);
    world.run(["send", BOB, "-m", "four"]).fails(6);
    assert_eq!(twilio.sent().len(), 1);
    world.run(["contacts", "optout", "--remove", BOB]).ok();
    sync(&world);
    let list = world
        .run(["contacts", "optout", "--list", "--json"])
        .ok()
        .json();
    assert!(
        list["optouts"].as_array().unwrap().is_empty(),
        "an old STOP is not heard twice: {list}"
    );
}

fn opted_out(world: &World) -> Vec<String> {
    let list = world.run(["contacts", "optout", "--list", "--json"]).ok();
    let list = list.json();
    let rows = list["optouts"].as_array().unwrap();
    rows.iter()
        .map(|row| row["address"].as_str().unwrap().to_owned())
        .collect()
}

/// Messages of somebody else's, a minute apart.
fn chatter(twilio: &Twilio, count: usize) {
    for n in 0..count {
        twilio.pass(60);
        twilio.receive("+14155550199", &format!("word{n}"));
    }
}

#[test]
fn a_stop_is_heard_though_the_look_that_read_it_broke_off() {
    let twilio = Twilio::start();
    let world = twilio.world();
    twilio.state().largest_page = 10;
    sync(&world);
    chatter(&twilio, 12);
    twilio.receive(BOB, "STOP");
    twilio.fault("ListMessage", 2, Fault::Refuse(403, 20003));
    let broken = world.run(["inbox", "sync", "--account", "work"]);
    assert_ne!(broken.code, 0, "{broken}");
    assert_eq!(rows(&world, "account:work").len(), 10, "a page was read");
    assert_eq!(opted_out(&world), [BOB]);
    twilio.forget_faults();
    sync(&world);
    assert_eq!(opted_out(&world), [BOB]);
}

#[test]
fn an_older_stop_on_a_page_that_comes_later_undoes_no_start() {
    let twilio = Twilio::start();
    let world = twilio.world();
    twilio.state().largest_page = 10;
    twilio.receive(BOB, "STOP");
    chatter(&twilio, 12);
    twilio.receive(BOB, "START");
    twilio.pass(3 * 24 * 3600);
    chatter(&twilio, 2);
    twilio.fault("ListMessage", 2, Fault::Refuse(403, 20003));
    let broken = world.run(["inbox", "sync", "--account", "work"]);
    assert_ne!(broken.code, 0, "{broken}");
    assert_eq!(rows(&world, "account:work").len(), 10, "a page was read");
    twilio.forget_faults();
    // The page with START is not looked at again.
    sync(&world);
    assert_eq!(rows(&world, "STOP").len(), 1);
    assert!(opted_out(&world).is_empty());
}

#[test]
fn a_text_is_found_as_sms_and_not_as_mail() {
    let twilio = Twilio::start();
    let world = twilio.world();
    twilio.receive(BOB, "the tiger sleeps");
    sync(&world);
    for query in ["tiger", "channel:sms tiger", "channel:twilio tiger"] {
        assert_eq!(rows(&world, query).len(), 1, "{query}");
    }
    for query in ["channel:mail tiger", "channel:chat tiger"] {
        assert_eq!(rows(&world, query).len(), 0, "{query}");
    }
    let inbox = |channel: &str| {
        let args = ["inbox", "--offline", "--channel", channel, "--json"];
        world.run(args).ok().json()["threads"]
            .as_array()
            .unwrap()
            .len()
    };
    assert_eq!((inbox("sms"), inbox("mail")), (1, 0));
}

#[test]
fn a_person_who_wrote_down_an_opt_out_is_not_overruled() {
    let twilio = Twilio::start();
    let world = twilio.world();
    world.run(["contacts", "optout", BOB]).ok();
    sync(&world);
    twilio.receive(BOB, "START");
    sync(&world);
    world.run(["send", BOB, "-m", "x"]).fails(6);
}

#[test]
fn both_directions_are_one_conversation_and_an_answer_comes_from_its_number() {
    let twilio = Twilio::start();
    let world = twilio
        .world()
        .config(&(twilio.config() + "aliases = [\"+14155550101\"]\n"));
    twilio.receive_at((BOB, SECOND), "lunch at the harbour?", &[]);
    assert_eq!(sync(&world)["added"], 1);
    let row = &rows(&world, "harbour")[0];
    assert_eq!(row["from"][0]["email"], format!("sms:{BOB}"));
    let id = row["id"].as_str().unwrap();
    world.run(["reply", id, "-m", "at one"]).ok();
    let sent = twilio.sent();
    assert_eq!(
        (&sent[0]["to"], &sent[0]["from"]),
        (&json!(BOB), &json!(SECOND))
    );
    assert_eq!(sync(&world)["added"], 0, "what was sent is here already");
    let own = &rows(&world, "\"at one\" is:sent")[0];
    assert_eq!(own["thread"], row["thread"]);
    world
        .run(["reply", own["id"].as_str().unwrap(), "-m", "or two"])
        .ok();
    assert_eq!(twilio.sent()[1]["to"], BOB);
}

#[test]
fn a_messaging_service_sends_and_answers() {
    let twilio = Twilio::start();
    let config = twilio.config().replace(
        &format!("address = \"{OWN}\"\n"),
        &format!("messaging_service = \"{SERVICE}\"\napi_key = \"{KEY}\"\n"),
    );
    let world = World::new()
        .config(&config)
        .env("COMMS_SECRET_WORK", KEY_SECRET);
    world.run(["auth", "status", "work"]).ok();
    world.run(["send", BOB, "-m", "hello"]).ok();
    let first = form(&twilio, 0);
    assert_eq!(field(&first, "MessagingServiceSid"), Some(SERVICE));
    assert_eq!(field(&first, "From"), None);
    twilio.receive_at((BOB, SECOND), "hello yourself", &[]);
    sync(&world);
    let id = rows(&world, "yourself")[0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    world.run(["reply", &id, "-m", "bye"]).ok();
    let second = form(&twilio, 1);
    assert_eq!(field(&second, "MessagingServiceSid"), Some(SERVICE));
    assert_eq!(field(&second, "From"), Some(SECOND));
    assert_eq!(field(&second, "To"), Some(BOB));
}

#[test]
fn what_became_of_a_message_is_asked_until_it_is_known() {
    let twilio = Twilio::start();
    let world = twilio.world();
    world.run(["send", BOB, "-m", "one"]).ok();
    world.run(["send", BOB, "-m", "two"]).ok();
    let sids: Vec<String> = twilio
        .sent()
        .iter()
        .map(|m| m["sid"].as_str().unwrap().to_owned())
        .collect();
    twilio.change(&sids[0], &json!({"status": "sent"}));
    twilio.change(
        &sids[1],
        &json!({"status": "undelivered", "error_code": 30003}),
    );
    sync(&world);
    let (two, one) = (item(&world, 0), item(&world, 1));
    assert_eq!(one["state"], "sent", "left is not arrived: {one}");
    assert_eq!(two["state"], "undelivered", "{two}");
    assert!(two["error"].as_str().unwrap().contains("30003"), "{two}");
    twilio.change(
        &sids[0],
        &json!({"status": "delivered", "price": "-0.00750"}),
    );
    sync(&world);
    let one = item(&world, 1);
    assert_eq!(one["state"], "delivered", "{one}");
    assert_eq!(one["cost"]["billed"], "0.0075 USD", "{one}");
}

#[test]
fn a_price_that_comes_days_later_is_still_asked_for() {
    let twilio = Twilio::start();
    let world = twilio.world();
    world.run(["send", BOB, "-m", "one"]).ok();
    sync(&world);
    let sid = twilio.sent()[0]["sid"].as_str().unwrap().to_owned();
    twilio.change(&sid, &json!({"status": "delivered"}));
    // A day of other messages, so that no listing shows it.
    twilio.pass(36 * 3600);
    twilio.receive(BOB, "later");
    let later = world.env("COMMS_NOW", "2026-11-23T00:00:00Z");
    sync(&later);
    twilio.change(&sid, &json!({"price": "-0.0079"}));
    twilio.receive(BOB, "even later");
    sync(&later);
    assert_eq!(item(&later, 0)["cost"]["billed"], "0.0079 USD");
}

#[test]
fn media_are_named_and_fetched_when_they_are_saved() {
    let twilio = Twilio::start();
    let world = twilio.world();
    let cat = [0xff_u8, 0xd8, 0xff, 0x00, 0x0a, 0x0d];
    twilio.receive_at(
        (BOB, OWN),
        "see the cat",
        &[("image/jpeg", &cat), ("text/vcard", b"BEGIN")],
    );
    sync(&world);
    assert_eq!(
        twilio.count("media.bytes"),
        0,
        "nothing is fetched that nobody asked for"
    );
    let row = &rows(&world, "cat has:attachment")[0];
    let id = row["id"].as_str().unwrap();
    // The first way has ended when it is gone.
    twilio.state().stale_ways = 1;
    world.run(["inbox", "save", id, "--to", "."]).ok();
    assert_eq!(std::fs::read(world.dir().join("media-1.jpg")).unwrap(), cat);
    assert_eq!(
        std::fs::read(world.dir().join("media-2.vcf")).unwrap(),
        b"BEGIN"
    );
    twilio.state().stale_ways = 2;
    world
        .run([
            "inbox",
            "save",
            id,
            "--attachment",
            "1",
            "--to",
            ".",
            "--force",
        ])
        .fails(5);
}

#[test]
fn a_history_of_many_pages_comes_whole_and_then_only_what_is_new() {
    let twilio = Twilio::start();
    let world = twilio.world();
    twilio.state().largest_page = 10;
    for n in 0..35 {
        twilio.receive(BOB, &format!("word{n}"));
        twilio.pass(60);
    }
    // The third page fails: what came before it is kept, and the rest comes with the next look.
    twilio.fault("ListMessage", 3, Fault::Refuse(404, 20404));
    assert_eq!(sync(&world)["added"], 35);
    let asked = twilio.count("ListMessage");
    assert_eq!(sync(&world)["added"], 0);
    assert!(twilio.count("ListMessage") - asked <= 4);
    twilio.receive(BOB, "fresh");
    assert_eq!(sync(&world)["added"], 1);
    assert_eq!(rows(&world, "word34").len(), 1);
    assert_eq!(rows(&world, "account:work").len(), 36);
}

#[test]
fn a_login_is_proven_with_its_sender() {
    let twilio = Twilio::start();
    let world = twilio.world();
    world.run(["auth", "status", "work"]).ok();
    let other = twilio
        .world()
        .config(&twilio.config().replace(OWN, "+14155550177"));
    let run = other.run(["auth", "status", "work"]);
    assert_ne!(run.code, 0, "{run}");
    assert!(format!("{run}").contains("has no number"), "{run}");
    let wrong = twilio.world().env("COMMS_SECRET_WORK", "nonsense");
    let run = wrong.run(["auth", "status", "work"]);
    assert_ne!(run.code, 0, "{run}");
    assert!(!format!("{run}").contains("nonsense"));
    assert_eq!(wrong.run(["send", BOB, "-m", "x"]).code, 4);
}

#[test]
fn an_account_is_added_by_flags_once_twilio_knows_its_number() {
    let twilio = Twilio::start();
    let world = World::new();
    let add = |address: &str, secret: &str| {
        let args = [
            "auth",
            "add",
            "sms",
            "--channel",
            "twilio",
            "--account-sid",
            ACCOUNT,
            "--address",
            address,
            "--region",
            "US",
            "--base-url",
            &twilio.url,
            "--stdin",
        ];
        world.run_with(format!("{secret}\n"), args)
    };
    let run = add(OWN, "wrong");
    assert_ne!(run.code, 0, "{run}");
    let run = add("+14155550177", AUTH_TOKEN);
    assert!(
        run.code != 0 && run.stderr.contains("has no number"),
        "{run}"
    );
    assert!(
        !world.home().join("config.toml").exists(),
        "nothing was written"
    );
    // The secret store of a machine without a keyring wants a passphrase.
    let world = World::new().env("COMMS_PASSPHRASE", "correct horse");
    let args = [
        "auth",
        "add",
        "sms",
        "--channel",
        "twilio",
        "--account-sid",
        ACCOUNT,
        "--address",
        OWN,
        "--region",
        "US",
        "--base-url",
        &twilio.url,
        "--stdin",
    ];
    world.run_with(format!("{AUTH_TOKEN}\n"), args).ok();
    world
        .run(["send", "sms:(415) 555-0199", "-m", "hello"])
        .ok();
    assert_eq!(twilio.sent()[0]["to"], BOB);
    let shown = world
        .run([
            "send",
            BOB,
            "-m",
            "“a”",
            "--media-url",
            "https://example.com/a.jpg",
            "--dry-run",
            "--format",
            "table",
        ])
        .ok();
    assert!(
        shown.stdout.contains("https://example.com/a.jpg"),
        "{shown}"
    );
}

#[test]
fn only_what_still_waits_at_twilio_can_be_taken_back() {
    let twilio = Twilio::start();
    let world = twilio.world();
    world.run(["send", BOB, "-m", "early"]).ok();
    world.run(["send", BOB, "-m", "late"]).ok();
    let late = twilio.sent()[1]["sid"].as_str().unwrap().to_owned();
    twilio.change(&late, &json!({"status": "sent"}));
    let id = |words: &str| rows(&world, words)[0]["id"].as_str().unwrap().to_owned();
    world.run(["unsend", &id("early")]).ok();
    assert_eq!(twilio.sent()[0]["status"], "canceled");
    world.run(["unsend", &id("early")]).ok();
    assert_eq!(item(&world, 1)["state"], "undelivered");
    let run = world.run(["unsend", &id("late")]).fails(6);
    assert!(run.stderr.contains("can't be taken back"), "{run}");
    twilio.receive(BOB, "theirs");
    sync(&world);
    world.run(["unsend", &id("theirs")]).fails(6);
}

#[test]
fn twilios_own_id_of_a_request_is_told_when_asked() {
    let twilio = Twilio::start();
    let world = twilio.world();
    let run = world.run(["-v", "send", BOB, "-m", "hello"]).ok();
    assert!(run.stderr.contains("RQ000"), "{run}");
}

#[test]
fn every_operation_of_comms_is_one_of_twilio() {
    let Some(documents) = spec::documents() else {
        println!("skipped: Twilio's API descriptions are not installed (COMMS_TEST_SPECS)");
        return;
    };
    for operation in comms::net::twilio::operations::ALL {
        let (path, method, declared) = documents.operation(operation.id).expect(operation.id);
        assert_eq!(path.trim_start_matches('/'), operation.path);
        assert!(method.eq_ignore_ascii_case(operation.method));
        let known = declared["parameters"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        for param in operation.query {
            let found = known
                .iter()
                .any(|p| p["in"] == "query" && p["name"] == param.name);
            assert!(found, "{}: {}", operation.id, param.name);
        }
        assert_eq!(
            documents.form(operation.id).is_some_and(Value::is_object),
            operation.body.is_some()
        );
    }
    assert!(ACCOUNT.starts_with("AC"));
}
