//! `comms schema`: an agent learns in one call, of few bytes, what there is and what it may do.

use clap::{Command, CommandFactory};
use comms::cli::Cli;

use crate::hints::parses;
use crate::support::World;

fn policy(world: &World) -> serde_json::Value {
    world.run(["schema", "--policy", "--json"]).ok().json()
}

#[test]
fn an_agent_learns_that_what_it_sends_is_held() {
    let world = World::new().env("GEMINI_CLI", "1");
    let report = policy(&world);
    assert_eq!(report["schema"], "comms.policy/1");
    assert_eq!(report["origin"], "agent");
    assert_eq!(report["because"], "environment GEMINI_CLI");
    assert_eq!(report["send"], "held");
    assert_eq!(report["rule"], "policy.agent.default = hold");
    assert_eq!(report["may_approve"], false);
    assert_eq!(report["accounts"][0]["name"], "local");
    assert_eq!(report["accounts"][0]["sends"], true);
    // It is what then happens.
    let sent = world.run(["send", "you@localhost", "-s", "x", "-m", "x", "--json"]);
    let item = sent.fails(8).json()["items"][0].clone();
    assert_eq!(item["state"], report["send"]);
    assert_eq!(item["held_by"], report["rule"]);
}

#[test]
fn a_script_learns_why_it_is_taken_for_one() {
    let report = policy(&World::new());
    assert_eq!(report["origin"], "script");
    assert_eq!(report["because"], "stdin or stderr is no terminal");
    assert_eq!(report["send"], "sent");
    assert!(report["rule"].is_null());
    let report = policy(&World::new().env("COMMS_ORIGIN", "script"));
    assert_eq!(report["because"], "environment COMMS_ORIGIN");
}

#[test]
fn caps_quiet_hours_and_read_only_are_told_before_a_send_meets_them() {
    let quiet = "[policy.script]\nquiet_hours = \"00:00-23:59\"\nmax_per_hour = 3\n";
    let report = policy(&World::new().config(quiet));
    assert_eq!(report["send"], "later");
    assert_eq!(report["left_this_hour"], 3);
    assert!(report["until"].is_string(), "{report}");
    let world = World::new().config("[policy.script]\nmax_per_hour = 1\n");
    world
        .run(["send", "you@localhost", "-s", "x", "-m", "x"])
        .ok();
    let report = policy(&world);
    assert_eq!(report["left_this_hour"], 0);
    assert_eq!(report["send"], "held");
    let report = policy(&World::new().env("COMMS_READONLY", "1"));
    assert_eq!(report["send"], "refused");
    assert_eq!(report["rule"], "environment COMMS_READONLY");
    let refused = World::new().config("[policy.script]\ndefault = \"refuse\"\n");
    assert_eq!(policy(&refused)["send"], "refused");
}

#[test]
fn a_broken_config_is_told_instead_of_a_policy_that_does_not_hold() {
    let world = World::new().config("[policy.agent]\ndefault = \"maybe\"\n");
    world.run(["schema", "--policy"]).fails(3);
    let all = world.run(["schema", "--json"]).ok().json();
    assert!(all["policy"]["now"].is_null());
    let all = World::new().run(["schema", "--json"]).ok().json();
    assert_eq!(all["policy"]["now"]["origin"], "script");
}

#[test]
fn each_part_is_small() {
    let world = World::new().env("GEMINI_CLI", "1");
    for (args, most) in [
        (&["schema", "--policy"][..], 1_200),
        (&["schema", "--codes"], 1_000),
        (&["schema", "--commands"], 6_000),
        (&["schema", "--commands", "outbox"], 2_500),
        (
            &["schema", "--policy", "--fields", "origin,send,means"],
            200,
        ),
    ] {
        let run = world.run(args).ok();
        assert!(run.stdout.len() <= most, "{args:?}: {}", run.stdout.len());
    }
}

#[test]
fn commands_are_listed_with_their_flags() {
    let world = World::new();
    let all = world.run(["schema", "--commands", "--json"]).ok().json();
    let all = all["commands"].as_array().unwrap().clone();
    let find = |name: &str| all.iter().find(|c| c["command"] == name).unwrap().clone();
    let show = find("inbox show");
    assert_eq!(show["args"], "ID [--headers] [--raw] [--html]");
    assert_eq!(show["about"], "Read a message");
    let send = find("send")["args"].as_str().unwrap().to_owned();
    assert!(send.contains("[-m|--message TEXT]"), "{send}");
    assert!(send.contains("[-a|--attach FILE...]"), "{send}");
    // What has to be given stands in no brackets.
    let resolve = find("outbox resolve")["args"].as_str().unwrap().to_owned();
    assert_eq!(resolve, "(--sent | --not-sent) ID");
    let cancel = find("outbox cancel")["args"].as_str().unwrap().to_owned();
    assert_eq!(cancel, "(ID | --batch NAME)");
    let some = world.run(["schema", "--commands", "inbox"]).ok();
    assert!(some.stdout.starts_with("inbox\t[--unread]"), "{some}");
    assert!(!some.stdout.contains("outbox"), "{some}");
    world.run(["schema", "--commands", "nope"]).fails(5);
}

/// Every command shows how it is called, by lines that are understood.
#[test]
fn the_help_of_every_command_teaches_by_examples() {
    let mut root = Cli::command();
    root.build();
    let mut without = Vec::new();
    let mut wrong = Vec::new();
    visit(&root, "comms", &mut |command, path| {
        let help = command.get_after_help().map(ToString::to_string);
        let help = help.unwrap_or_default();
        let examples: Vec<_> = help
            .lines()
            .filter_map(|line| line.trim().strip_prefix("Example: ").or(Some(line.trim())))
            .filter(|line| line.starts_with("comms ") || *line == "comms")
            .map(|line| line.split("    ").next().unwrap_or(line).to_owned())
            .collect();
        let own = examples.iter().filter(|e| e.starts_with(path)).count();
        if own == 0 {
            without.push(path.to_owned());
        }
        wrong.extend(examples.into_iter().filter(|e| !parses(e)));
    });
    assert!(wrong.is_empty(), "not understood:\n{}", wrong.join("\n"));
    assert!(
        without.is_empty(),
        "no example in the help of:\n{}",
        without.join("\n")
    );
}

fn visit(command: &Command, path: &str, see: &mut impl FnMut(&Command, &str)) {
    for child in command.get_subcommands().filter(|c| !c.is_hide_set()) {
        let path = format!("{path} {}", child.get_name());
        see(child, &path);
        visit(child, &path, see);
    }
}
