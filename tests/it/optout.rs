//! Opt-outs through the binary: nothing goes to who wants nothing more, and all else goes.

use serde_json::Value;

use crate::support::World;
use crate::support::smtp::Smtp;

fn optout(world: &World, address: &str) -> Value {
    let args = ["contacts", "optout", address, "--why", "asked", "--json"];
    world.run(args).ok().json()
}

fn send(world: &World, more: &[&str]) -> crate::support::Run {
    let mut args = vec!["send", "-s", "x", "-m", "x", "--json"];
    args.extend(more);
    world.run(args)
}

/// Everybody whom the server took something for.
fn reached(server: &Smtp) -> Vec<String> {
    server.received().into_iter().flat_map(|m| m.to).collect()
}

#[test]
fn only_those_who_opted_out_get_nothing() {
    let server = Smtp::start();
    let world = World::new().config(&server.account("work"));
    optout(&world, "Ada@X.example");
    let dry = send(&world, &["--dry-run", "ada@x.example", "bob@x.example"]);
    assert!(dry.ok().stdout.contains("opted out on 20"));
    let sent = send(&world, &["ada@x.example", "bob@x.example"])
        .fails(9)
        .json();
    let first = &sent["items"][0]["recipients"][0];
    assert_eq!(first["state"], "failed");
    let words = first["words"].as_str().unwrap();
    assert!(
        words.starts_with("opted out on 20") && words.ends_with(" (asked)"),
        "{words}"
    );
    assert_eq!(reached(&server).len(), 1);
    assert!(reached(&server)[0].contains("bob@"));
    let none = send(&world, &["ADA@x.example"]).fails(6);
    assert!(none.stderr.contains("opted out on 20"), "{none}");
    let all = world.run(["outbox", "list", "--all", "--json"]).ok().json();
    assert_eq!(all["items"].as_array().unwrap().len(), 1);
    let log = world
        .run(["outbox", "log", "--format", "jsonl"])
        .ok()
        .jsonl();
    let events: Vec<_> = log.iter().map(|l| l["event"].as_str().unwrap()).collect();
    assert_eq!(events, ["optout", "staged", "attempt", "refused"]);
}

#[test]
fn what_waits_is_not_sent_to_who_opted_out_meanwhile() {
    let server = Smtp::start();
    let world = World::new().config(&server.account("work"));
    send(&world, &["--queue", "ada@x.example", "bob@x.example"]).ok();
    send(&world, &["--queue", "ada@x.example"]).ok();
    optout(&world, "ada@x.example");
    world.run(["outbox", "run"]);
    assert_eq!(reached(&server).len(), 1);
    let states = |id: &str| {
        let shown = world.run(["outbox", "show", id, "--json"]).ok().json();
        let recipients = shown["recipients"].as_array().unwrap().clone();
        let each = recipients
            .iter()
            .map(|r| r["state"].as_str().unwrap().to_owned());
        (
            shown["state"].as_str().unwrap().to_owned(),
            each.collect::<Vec<_>>(),
        )
    };
    assert_eq!(
        states("o1"),
        ("sent".into(), vec!["failed".into(), "sent".into()])
    );
    assert_eq!(states("o2"), ("failed".into(), vec!["failed".into()]));
    // Asking again does not get around it.
    world.run(["outbox", "retry", "o2"]).fails(6);
    assert_eq!(reached(&server).len(), 1);
    world
        .run(["contacts", "optout", "--remove", "ada@x.example"])
        .ok();
    world.run(["outbox", "retry", "o2"]).ok();
    assert_eq!(reached(&server).len(), 2);
}

#[test]
fn the_list_stays_and_takes_the_same_twice() {
    let world = World::new();
    assert_eq!(
        optout(&world, "Ada@Bücher.example")["optouts"][0]["change"],
        "added"
    );
    let again = optout(&world, "ada@xn--bcher-kva.example");
    assert_eq!(again["optouts"][0]["change"], "known");
    optout(&world, "+1 (555) 0100");
    let list = world
        .run(["contacts", "optout", "--list", "--json"])
        .ok()
        .json();
    let addresses: Vec<_> = list["optouts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|o| &o["address"])
        .collect();
    assert_eq!(addresses, ["+15550100", "ada@xn--bcher-kva.example"]);
    world
        .run(["contacts", "optout", "--remove", "nobody@x.example"])
        .fails(5);
    for wrong in ["a,b", "list", " "] {
        world.run(["contacts", "optout", wrong]).fails(2);
    }
}

#[test]
fn an_agent_may_add_but_not_remove() {
    let world = World::new().env("COMMS_ORIGIN", "agent");
    optout(&world, "ada@x.example");
    world
        .run(["contacts", "optout", "--remove", "ada@x.example"])
        .fails(6);
    let list = world
        .run(["contacts", "optout", "--list", "--json"])
        .ok()
        .json();
    assert_eq!(list["optouts"][0]["source"], "agent");
}
