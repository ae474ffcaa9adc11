//! Groups as recipients: everybody once, each by their own channel, and nobody shown to the others unasked.

use comms::model::contact::AddressKind;
use serde_json::Value;

use crate::support::World;
use crate::support::people::{among, card, mail};

fn items(world: &World) -> Vec<Value> {
    let run = world.run(["outbox", "list", "--all", "--json"]).ok();
    let mut items = run.json()["items"].as_array().unwrap().clone();
    items.reverse();
    items
}

/// The recipients of each item.
fn reached(items: &[Value]) -> Vec<String> {
    let of_item = |item: &Value| {
        let all = item["recipients"].as_array().unwrap().iter();
        let all: Vec<_> = all.map(|r| r["email"].as_str().unwrap()).collect();
        all.join(" ")
    };
    items.iter().map(of_item).collect()
}

/// What a dry run would send.
fn planned(world: &World, args: &[&str]) -> Vec<String> {
    let mut all = vec!["send", "-m", "x", "--dry-run", "--json"];
    all.extend(args);
    let run = world.run(all).ok();
    reached(run.json()["items"].as_array().unwrap())
}

fn team() -> World {
    let world = World::new();
    world.know([
        among(&["team"], mail("Ada", "ada@localhost")),
        among(&["team", "board"], mail("Bob", "bob@localhost")),
        among(&["board"], mail("Cyd", "cyd@localhost")),
    ]);
    world.group("team", &["@board", "dan@localhost", "Ada <ada@localhost>"]);
    world.group("board", &["@team"]);
    world
}

#[test]
fn everybody_gets_one_mail_of_their_own() {
    let world = team();
    let run = world
        .run(["send", "@team", "-s", "x", "-m", "hello", "--json"])
        .ok();
    let report = run.json();
    assert_eq!(report["groups"][0]["group"], "@team");
    assert_eq!(report["groups"][0]["people"], 4);
    let mut all = reached(&items(&world));
    all.sort();
    let own = [
        "ada@localhost",
        "bob@localhost",
        "cyd@localhost",
        "dan@localhost",
    ];
    assert_eq!(all, own);
    for item in items(&world) {
        assert_eq!(item["recipients"][0]["resolved_from"], "@team");
        let id = item["id"].as_str().unwrap().to_owned();
        let shown = world.run(["outbox", "show", &id, "--json"]).ok().json();
        let headers = shown["rendered"]["headers"].as_str().unwrap();
        let to = headers.lines().find(|l| l.starts_with("To:")).unwrap();
        assert_eq!(to.matches("@localhost").count(), 1, "{headers}");
    }
    let ids: Vec<_> = items(&world)
        .iter()
        .map(|i| i["message_id"].clone())
        .collect();
    assert!((1..4).all(|n| ids[n] != ids[0]), "{ids:?}");
}

#[test]
fn who_is_named_beside_a_group_gets_it_once() {
    let world = team();
    let run = world
        .run([
            "send",
            "@team",
            "bob@localhost",
            "Cyd",
            "-m",
            "x",
            "--dry-run",
        ])
        .ok();
    assert!(
        run.stderr.contains("to @team: 2 people (2 by email)"),
        "{run}"
    );
    let mut all = planned(&world, &["@team", "bob@localhost", "Cyd"]);
    all.sort();
    assert_eq!(
        all,
        [
            "ada@localhost",
            "bob@localhost cyd@localhost",
            "dan@localhost"
        ]
    );
    assert_eq!(planned(&world, &["@board", "@team"]).len(), 4);
    // As a copy, each sees the message that one sees; a blind one is one message.
    assert_eq!(
        planned(&world, &["Cyd", "--bcc", "@team"]),
        ["cyd@localhost ada@localhost bob@localhost dan@localhost"]
    );
}

#[test]
fn one_mail_to_all_is_there_for_who_asks() {
    let world = team();
    assert_eq!(
        planned(&world, &["@team", "--together", "--cc", "you@localhost"]),
        ["ada@localhost bob@localhost cyd@localhost dan@localhost you@localhost"]
    );
    assert_eq!(
        planned(&world, &["ada@localhost", "bob@localhost", "--separately"]),
        ["ada@localhost", "bob@localhost"]
    );
    let run = world
        .run(["send", "@team", "--cc", "you@localhost", "-m", "x"])
        .fails(2);
    assert!(run.stderr.contains("--together"), "{run}");
    // Nobody is left to hide from each other.
    world.group("one", &["ada@localhost"]);
    assert_eq!(
        planned(&world, &["@one", "--cc", "you@localhost"]),
        ["ada@localhost you@localhost"]
    );
    assert_eq!(items(&world).len(), 0);
}

#[test]
fn each_is_reached_by_their_own_channel_and_who_is_not_is_told_first() {
    let world = World::new().config(
        "[accounts.work]\nchannel = \"smtp\"\naddress = \"me@example.com\"\nsmtp = \"127.0.0.1:9\"\ntls = \"none\"\n\
[accounts.sms]\nchannel = \"twilio\"\naccount_sid = \"AC00000000000000000000000000000001\"\naddress = \"+14155550100\"\nbase_url = \"http://127.0.0.1:9\"\n",
    );
    world.know([
        among(&["team"], mail("Ada", "ada@example.com")),
        among(
            &["team"],
            card("Bob", &[(AddressKind::Phone, "+14155550123")]),
        ),
    ]);
    world.group("team", &["+14155550124", "sms:+14155550123"]);
    assert_eq!(
        planned(&world, &["@team"]),
        ["sms:+14155550123", "sms:+14155550124", "ada@example.com"]
    );
    world.know([
        among(&["team"], card("Cyd", &[(AddressKind::Slack, "U1")])),
        among(&["team"], card("Dan", &[])),
    ]);
    let run = world.run(["send", "@team", "-m", "x", "--queue"]).fails(2);
    for told in ["2 of the 5", "Cyd (c3)", "Dan (c4)", "nothing was sent"] {
        assert!(run.stderr.contains(told), "{told}: {run}");
    }
    assert_eq!(items(&world).len(), 0);
    let run = world
        .run([
            "send",
            "@team",
            "-m",
            "x",
            "--queue",
            "--skip-unreachable",
            "--json",
        ])
        .ok();
    let report = run.json();
    assert_eq!(report["groups"][0]["unreachable"][1], "Dan (c4)");
    assert!(report["warnings"].to_string().contains("Cyd (c3)"), "{run}");
    assert_eq!(reached(&items(&world)).len(), 3);
    // By one channel, for all of them.
    world
        .run(["send", "@team", "-m", "x", "--via", "email"])
        .fails(2);
    world.group("odd", &["slack:U1"]);
    let args = [
        "send",
        "@odd",
        "-m",
        "x",
        "--skip-unreachable",
        "--via",
        "sms",
    ];
    world.run(args).fails(2);
}

#[test]
fn a_group_that_is_not_there_or_empty_sends_nothing() {
    let world = team();
    let run = world.run(["send", "@tean", "-m", "x"]).fails(5);
    assert!(run.stderr.contains("`@team`"), "{run}");
    world.group("empty", &[]);
    let run = world.run(["send", "@empty", "-m", "x"]).fails(2);
    assert!(run.stderr.contains("nobody is in"), "{run}");
    world.group("ring", &["@ring"]);
    world.run(["send", "@ring", "-m", "x"]).fails(2);
    assert_eq!(items(&world).len(), 0);
}

#[test]
fn many_people_take_a_word() {
    let members: Vec<_> = (0..12).map(|n| format!("p{n}@localhost")).collect();
    let members: Vec<_> = members.iter().map(String::as_str).collect();
    let world = World::new();
    world.group("crowd", &members);
    let run = world.run(["send", "@crowd", "-s", "x", "-m", "x"]).fails(2);
    assert!(run.stderr.contains("12 people"), "{run}");
    assert!(run.stderr.contains("--yes"), "{run}");
    assert_eq!(planned(&world, &["@crowd"]).len(), 12);
    assert_eq!(items(&world).len(), 0);
    let send = [
        "send", "@crowd", "-s", "x", "-m", "x", "--key", "k", "--yes",
    ];
    world.run(send).ok();
    assert_eq!(items(&world).len(), 12);
    // A key stands for those it went to, whoever came since.
    world.group("crowd", &["late@localhost"]);
    let again = [
        "send", "@crowd", "-s", "x", "-m", "x", "--key", "k", "--json",
    ];
    assert_eq!(world.run(again).ok().json()["replayed"], true);
    assert_eq!(items(&world).len(), 12);

    let world = World::new().config("[defaults]\nconfirm_above = 1\n");
    world.group("two", &["a@localhost", "b@localhost"]);
    world.run(["send", "@two", "-m", "x"]).fails(2);
    // Who types each address means each.
    world
        .run(["send", "a@localhost", "b@localhost", "-s", "x", "-m", "x"])
        .ok();
    let world = World::new().config("[defaults]\nconfirm_above = -1\n");
    let run = world.run(["send", "you@localhost", "-m", "x"]).fails(3);
    assert!(run.stderr.contains("config.toml:2"), "{run}");
}

#[test]
fn who_opted_out_is_passed_over() {
    let world = team();
    world.run(["contacts", "optout", "bob@localhost"]).ok();
    world.run(["send", "@team", "-s", "x", "-m", "x"]).fails(9);
    let states: Vec<_> = items(&world)
        .iter()
        .map(|i| i["state"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(states.iter().filter(|s| *s == "sent").count(), 3);
    assert_eq!(states.iter().filter(|s| *s == "failed").count(), 1);
}

#[test]
fn a_row_may_name_a_person_and_what_is_in_doubt_is_a_broken_row() {
    let world = World::new();
    world.know([
        mail("Ada", "ada@localhost"),
        mail("Bob", "bob@localhost"),
        mail("Bob", "other@localhost"),
    ]);
    world.group("team", &["you@localhost"]);
    let csv = world.file(
        "people.csv",
        "to,name\nAda,A\nc1,again\nBob,B\nNobody,N\n@team,T\ndan@localhost,D\n",
    );
    let template = world.file("hi.txt", "Subject: hi\n\nhello {{name}}\n");
    let send = ["send", "--csv", &csv, "--template", &template];
    let run = world.run(send).fails(2);
    for told in [":4: `Bob`", "c2 (Bob), c3 (Bob)", ":5:", ":6: `@team`"] {
        assert!(run.stderr.contains(told), "{told}: {run}");
    }
    assert_eq!(items(&world).len(), 0);
    let mut sound = send.to_vec();
    sound.push("--skip-broken");
    let run = world.run(sound.iter().chain(["--json"].iter())).fails(9);
    assert_eq!(run.json()["repeated"], 1, "{run}");
    assert_eq!(reached(&items(&world)), ["ada@localhost", "dan@localhost"]);
    assert_eq!(items(&world)[0]["recipients"][0]["contact"], "c1");
}

#[test]
fn an_edit_may_name_a_person() {
    let world = team();
    world
        .run(["send", "you@localhost", "-s", "x", "-m", "x", "--draft"])
        .ok();
    world
        .run(["outbox", "edit", "o1", "--to", "Ada", "--cc", "@board"])
        .ok();
    let item = &items(&world)[0];
    assert_eq!(item["recipients"][0]["resolved_from"], "Ada");
    assert_eq!(reached(std::slice::from_ref(item))[0].split(' ').count(), 4);
    world.know([mail("Ada", "second@localhost")]);
    world.run(["outbox", "edit", "o1", "--to", "Ada"]).fails(2);
}
