//! Names at a terminal: the picker, what is asked before many or a stranger get something, and leaving it.

use rexpect::session::PtySession;

use crate::support::World;
use crate::support::people::mail;

fn sent(world: &World) -> Vec<String> {
    let run = world.run(["outbox", "list", "--all", "--json"]).ok();
    let items = run.json()["items"].as_array().unwrap().clone();
    let first = |i: &serde_json::Value| i["recipients"][0]["email"].as_str().unwrap().to_owned();
    items.iter().map(first).collect()
}

fn type_in(session: &mut PtySession, keys: &str) {
    session.send(keys).unwrap();
    session.flush().unwrap();
}

fn namesakes() -> World {
    let world = World::new();
    world.know([
        mail("Ada Lovelace", "one@localhost"),
        mail("Ada Lovelace", "two@localhost"),
        mail("Ada Lovelace", "three@localhost"),
    ]);
    world
}

#[test]
fn who_is_meant_is_picked_by_typing() {
    let world = namesakes();
    let send = ["send", "Ada Lovelace", "-s", "x", "-m", "hello"];
    let mut session = world.at_terminal(send);
    session.exp_string("Who is `Ada Lovelace`").unwrap();
    type_in(&mut session, "two\r");
    session
        .exp_string("to Ada Lovelace <two@localhost>")
        .unwrap();
    session.exp_eof().unwrap();
    assert_eq!(sent(&world), ["two@localhost"]);
}

#[test]
fn esc_sends_nothing() {
    let world = namesakes();
    let mut session = world.at_terminal(["send", "Ada Lovelace", "-s", "x", "-m", "hello"]);
    session.exp_string("Who is `Ada Lovelace`").unwrap();
    type_in(&mut session, "\x1b");
    session.exp_string("not sent").unwrap();
    session.exp_eof().unwrap();
    assert_eq!(sent(&world), [""; 0]);
}

#[test]
fn each_name_in_doubt_is_asked_about() {
    let world = namesakes();
    world.know([mail("Bob", "b1@localhost"), mail("Bob", "b2@localhost")]);
    let send = [
        "send",
        "Ada Lovelace",
        "--cc",
        "Bob",
        "-s",
        "x",
        "-m",
        "hello",
    ];
    let mut session = world.at_terminal(send);
    session.exp_string("Who is `Ada Lovelace`").unwrap();
    type_in(&mut session, "three\r");
    session.exp_string("Who is `Bob`").unwrap();
    type_in(&mut session, "b2\r");
    session.exp_eof().unwrap();
    assert_eq!(sent(&world), ["three@localhost"]);
}

#[test]
fn a_big_group_is_asked_about() {
    let members: Vec<_> = (0..12).map(|n| format!("p{n}@localhost")).collect();
    let members: Vec<_> = members.iter().map(String::as_str).collect();
    for (answer, count) in [("n", 0), ("y", 12)] {
        let world = World::new();
        world.group("crowd", &members);
        let mut session = world.at_terminal(["send", "@crowd", "-s", "x", "-m", "hello"]);
        session.exp_string("@crowd makes it 12 people").unwrap();
        type_in(&mut session, answer);
        session.exp_eof().unwrap();
        assert_eq!(sent(&world).len(), count);
    }
}
