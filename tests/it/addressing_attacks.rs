//! Who would like to be taken for someone else, and slips that must not reach a stranger.

use serde_json::Value;

use crate::support::World;
use crate::support::people::mail;

fn items(world: &World) -> Vec<Value> {
    let run = world.run(["outbox", "list", "--all", "--json"]).ok();
    run.json()["items"].as_array().unwrap().clone()
}

/// A message from someone to the owner.
fn wrote(world: &World, n: u32, from: &str) {
    let letter = format!(
        "From: {from}\r\nTo: you@localhost\r\nSubject: s{n}\r\nDate: Fri, 20 Nov 2026 10:00:0{n} +0000\r\n\
         Message-ID: <{n}@elsewhere.example>\r\n\r\nhello\r\n"
    );
    let path = world.file(&format!("in{n}.eml"), letter);
    world.run(["import", &path]).ok();
}

fn first(run: &crate::support::Run) -> String {
    run.json()["items"][0]["recipients"][0]["email"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[test]
fn a_stranger_with_the_name_of_a_contact_is_never_taken_for_it() {
    let world = World::new();
    world.know([mail("Ada Lovelace", "ada@localhost")]);
    for n in 1..6 {
        wrote(&world, n, "Ada Lovelace <eve@localhost>");
    }
    let run = world.run(["send", "Ada Lovelace", "-s", "x", "-m", "x", "--json"]);
    match run.code {
        0 => assert_eq!(first(&run), "ada@localhost"),
        _ => {
            let candidates = run.fails(2).json_error()["error"]["candidates"].clone();
            assert_eq!(candidates[0]["contact"], "c1");
        }
    }
    let all = items(&world);
    let to_eve = all.iter().any(|i| i.to_string().contains("eve@localhost"));
    assert!(!to_eve, "{all:?}");
}

#[test]
fn who_only_wrote_to_us_is_not_written_to_by_name_unasked() {
    let world = World::new();
    wrote(&world, 1, "Grace Hopper <grace@localhost>");
    for name in ["Grace Hopper", "grace hoper"] {
        let run = world
            .run(["send", name, "-s", "x", "-m", "x", "--json"])
            .fails(2);
        let candidates = run.json_error()["error"]["candidates"].clone();
        assert_eq!(candidates[0]["words"], "grace@localhost", "{run}");
        assert_eq!(candidates[0]["contact"], Value::Null);
    }
    assert_eq!(items(&world).len(), 0);
    world
        .run(["send", "Grace Hopper", "-s", "x", "-m", "x", "--pick", "1"])
        .ok();
    // She was answered: her name is enough, a slip is not.
    let run = world
        .run(["send", "grace hopper", "-s", "x", "-m", "x", "--json"])
        .ok();
    assert_eq!(first(&run), "grace@localhost");
    world
        .run(["send", "grace hoper", "-s", "x", "-m", "x"])
        .fails(2);
    assert_eq!(items(&world).len(), 2);
}

#[test]
fn a_slip_reaches_only_who_was_written_to_before() {
    let world = World::new();
    world.know([mail("Zoe Smith", "zoe@localhost")]);
    let slip = ["send", "Zoe Smiht", "-s", "x", "-m", "x", "--json"];
    let run = world.run(slip).fails(2);
    let error = run.json_error()["error"].clone();
    assert_eq!(error["candidates"][0]["words"], "c1", "{run}");
    assert_eq!(error["candidates"][0]["written_to"], false);
    world.run(["send", "Zoe Smith", "-s", "x", "-m", "x"]).ok();
    let run = world.run(slip).ok();
    assert_eq!(first(&run), "zoe@localhost");
    // A word where a text may have been forgotten is a person only by the whole name.
    let text = ["send", "you@localhost", "Zoe Smiht", "-s", "x", "-m", "x"];
    let run = world.run(text).fails(2);
    assert!(run.stderr.contains("use -m for the text"), "{run}");
    assert_eq!(items(&world).len(), 2);
}

#[test]
fn an_agent_is_held_for_the_address_not_for_the_name() {
    let world = World::new();
    let ids = world.know([mail("Ada", "old@localhost")]);
    let agent = ["send", "Ada", "-s", "x", "-m", "x"];
    let mut command = world.command();
    let held = command.args(agent).env("COMMS_ORIGIN", "agent").output();
    assert_eq!(held.unwrap().status.code(), Some(8));
    world.change(ids[0], Some(mail("Ada", "new@localhost")));
    let item = &items(&world)[0];
    assert_eq!(item["state"], "held");
    assert_eq!(item["recipients"][0]["email"], "old@localhost");
    let allows = "[policy.agent]\nallow = [\"ada@localhost\"]\n";
    let world = World::new().config(allows);
    // The list is of addresses: who is called like one is not on it.
    world.know([mail("ada@localhost", "eve@localhost")]);
    let mut command = world.command();
    let sent = command
        .args(["send", "c1", "-s", "x", "-m", "x"])
        .env("COMMS_ORIGIN", "agent")
        .output();
    assert_eq!(sent.unwrap().status.code(), Some(8));
}

#[test]
fn a_stranger_is_asked_about_at_a_terminal() {
    for (answer, count) in [("n", 0), ("y", 1)] {
        let world = World::new();
        wrote(&world, 1, "Grace Hopper <grace@localhost>");
        let send = ["send", "Grace Hopper", "-s", "x", "-m", "hello"];
        let mut session = world.at_terminal(send);
        session.exp_string("Is `Grace Hopper`").unwrap();
        session.send(answer).unwrap();
        session.flush().unwrap();
        session.exp_eof().unwrap();
        assert_eq!(items(&world).len(), count);
    }
}
