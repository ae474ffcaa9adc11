//! Every example script runs, as the README promises.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use clap::Parser;
use comms::cli::Cli;
use serde_json::Value;

use crate::support::{World, binary};

fn example(world: &World, name: &str, args: &[&str]) -> Output {
    let script = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("examples")
        .join(name);
    let mut command = Command::new(script);
    // The world's environment, with the binary already built.
    command.env_clear();
    for (key, value) in world.command().get_envs() {
        command.env(key, value.unwrap_or_default());
    }
    command
        .env("COMMS", binary())
        .args(args)
        .current_dir(world.dir());
    command.output().expect("the script starts")
}

#[track_caller]
fn told(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let err = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}\n--- stderr\n{err}");
    text
}

#[test]
fn the_first_session_imports_reads_searches_sends_and_replies() {
    let text = told(&example(&World::new(), "first-session.sh", &[]));
    for expected in ["Hello from comms", "Re: Hello from comms", "打ち合わせ"] {
        assert!(text.contains(expected), "no {expected} in\n{text}");
    }
}

#[test]
fn the_bulk_script_sends_each_row_once() {
    let text = told(&example(&World::new(), "bulk.sh", &[]));
    for expected in ["Dinner, Bob?", "table 7", "o2\tsent"] {
        assert!(text.contains(expected), "no {expected} in\n{text}");
    }
}

#[test]
fn the_cron_script_is_silent_when_all_is_well() {
    let world = World::new();
    world
        .run(["send", "you@localhost", "-s", "hello", "-m", "hi"])
        .ok();
    let text = told(&example(&world, "cron.sh", &[]));
    assert_eq!(text, "");
}

#[test]
fn a_backup_is_a_whole_second_home() {
    let world = World::new();
    world
        .run(["send", "you@localhost", "-s", "keep me", "-m", "hi"])
        .ok();
    let target = world.dir().join("backup");
    told(&example(&world, "backup.sh", &[target.to_str().unwrap()]));
    let second = World::new().env("COMMS_HOME", target.to_str().unwrap());
    let run = second
        .run([
            "search",
            "subject:keep",
            "--format",
            "plain",
            "--fields",
            "subject",
        ])
        .ok();
    assert!(run.stdout.contains("keep me"), "{run}");
}

#[test]
fn what_the_readme_does_with_people_works_in_this_order() {
    let world = World::new();
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let text = fs::read_to_string(readme).unwrap();
    let (_, rest) = text.split_once("People and groups").unwrap();
    let lines = rest.split("```").nth(1).unwrap().lines();
    let mut count = 0;
    for line in lines.filter(|l| l.starts_with("comms contacts") && !l.contains("&&")) {
        let script = format!("\"$COMMS\" {}", line.strip_prefix("comms ").unwrap());
        let mut command = world.command_of("sh");
        let output = command.env("COMMS", binary()).args(["-c", &script]);
        told(&output.output().unwrap());
        count += 1;
    }
    assert_eq!(count, 3);
}

#[test]
fn the_columns_that_agents_are_taught_are_fields() {
    let world = World::new();
    let columns = |file: &str, after: &str| -> String {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
        let text = fs::read_to_string(path.join(file)).unwrap();
        let (_, rest) = text.split_once(after).expect("the columns are named");
        let end = rest.find(['.', '\n']).unwrap();
        rest[..end].replace(' ', "")
    };
    for (file, after, command) in [
        ("skill/SKILL.md", "Columns of the inbox: ", "inbox"),
        ("skill/SKILL.md", "Of a search: ", "search"),
        ("gemini/GEMINI.md", "inbox --unread --limit 10 ", "inbox"),
        ("gemini/GEMINI.md", "report' --limit 5 ", "search"),
    ] {
        let fields = columns(file, after);
        let query = (command == "search").then_some("is:unread");
        let args = [command, "--json", "--fields", &fields];
        world.run(args.into_iter().chain(query)).ok();
    }
}

fn gemini(file: &str) -> PathBuf {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    examples.join("gemini").join(file)
}

fn rules(file: &str) -> Vec<toml::Table> {
    let text = fs::read_to_string(gemini(file)).unwrap();
    let all: toml::Table = text.parse().unwrap();
    let rules = all["rule"].as_array().unwrap().iter();
    rules.map(|r| r.as_table().unwrap().clone()).collect()
}

#[test]
fn the_gemini_extension_is_of_this_version_and_starts_a_server_that_there_is() {
    let text = fs::read_to_string(gemini("gemini-extension.json")).unwrap();
    let extension: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(extension["version"], env!("CARGO_PKG_VERSION"));
    let context = extension["contextFileName"].as_str().unwrap();
    assert!(gemini(context).exists());
    let server = &extension["mcpServers"]["comms"];
    let args = server["args"].as_array().unwrap().iter();
    let words = [server["command"].as_str().unwrap()]
        .into_iter()
        .chain(args.map(|a| a.as_str().unwrap()));
    Cli::try_parse_from(words).unwrap();
}

/// Gemini CLI leaves out, with a warning, what it takes for a dangerous expression: then a rule that denies is gone.
#[test]
fn every_rule_for_gemini_is_one_that_it_takes() {
    for file in ["allow.toml", "policies/comms.toml"] {
        for rule in rules(file) {
            let Some(pattern) = rule.get("commandRegex") else {
                continue;
            };
            let pattern = format!("\"command\":\"{}", pattern.as_str().unwrap());
            assert!(!looks_nested(&pattern), "{file}: {pattern}");
            assert!(pattern.len() <= 2048, "{file}: {pattern}");
        }
    }
}

/// A bracket with a quantifier in it, and behind it any that is repeated: `\([^)]*[*+?{].*\)[*+?{]`.
fn looks_nested(pattern: &str) -> bool {
    let repeats = |c: char| "*+?{".contains(c);
    pattern.match_indices('(').any(|(at, _)| {
        let rest = &pattern[at + 1..];
        let inside = rest.split(')').next().unwrap_or(rest);
        let Some(first) = inside.find(repeats) else {
            return false;
        };
        let behind = &rest[first + 1..];
        let mut ends = behind.match_indices(')');
        ends.any(|(end, _)| behind[end + 1..].starts_with(repeats))
    })
}

#[test]
fn what_runs_unasked_is_spelled_out_to_its_end() {
    for rule in rules("allow.toml") {
        assert_eq!(rule["decision"].as_str(), Some("allow"));
        // A prefix says nothing of what follows it.
        assert!(!rule.contains_key("commandPrefix"), "{rule}");
        if rule.contains_key("mcpName") {
            assert_eq!(rule["mcpName"].as_str(), Some("comms"));
            continue;
        }
        if let Some(tools) = rule["toolName"].as_array() {
            let stages = ["mcp_comms_send", "mcp_comms_reply", "mcp_comms_forward"];
            let all: Vec<_> = tools.iter().map(|t| t.as_str().unwrap()).collect();
            assert_eq!(all, stages);
            continue;
        }
        let pattern = rule["commandRegex"].as_str().unwrap();
        assert!(pattern.starts_with("comms"), "{pattern}");
        assert!(pattern.ends_with("\"\\x00"), "{pattern}");
        for word in ["watch", "approve", "auth", "exec", "purge", "serve"] {
            let lets = pattern.split("(?!").next().unwrap();
            assert!(!lets.contains(word), "{pattern}");
        }
    }
    for rule in rules("policies/comms.toml") {
        assert_eq!(rule["decision"].as_str(), Some("deny"));
        assert!(rule["denyMessage"].as_str().is_some_and(|m| m.len() > 20));
    }
}
