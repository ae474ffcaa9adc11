//! Every command that comms tells someone to type must be one it understands.

use std::fs;
use std::path::{Path, PathBuf};

use clap::{CommandFactory, Parser};
use comms::cli::Cli;

use crate::support::World;

#[test]
fn every_command_in_a_message_parses() {
    let mut found = Vec::new();
    for file in files("src", "rs") {
        let text = fs::read_to_string(&file).unwrap();
        let text = text.split("#[cfg(test)]\nmod ").next().unwrap();
        // A string may go on in the next line after a backslash.
        let joined = join_continued(text);
        for line in joined
            .lines()
            .filter(|l| !l.trim_start().starts_with("//!"))
        {
            let told = in_backticks(line).chain(in_examples(line));
            found.extend(told.map(|command| (file.clone(), command)));
        }
    }
    assert!(found.len() > 10, "the hints were not found");
    check(&found);
}

#[test]
fn every_command_in_the_readme_and_the_guides_parses() {
    let mut found = Vec::new();
    let readme = root().join("README.md");
    let text = fs::read_to_string(&readme).unwrap();
    for line in text.lines() {
        let shell = line
            .trim_start()
            .strip_prefix("$ ")
            .unwrap_or(line.trim_start());
        found.extend(in_backticks(line).map(|c| (readme.clone(), c)));
        if shell.starts_with("comms ") {
            found.push((readme.clone(), shell.to_owned()));
        }
    }
    for file in files("man", "7") {
        let text = fs::read_to_string(&file).unwrap();
        let mut example = false;
        for line in text.lines() {
            match line {
                ".nf" => example = true,
                ".fi" => example = false,
                line if example => {
                    let line = line
                        .replace("\\-", "-")
                        .replace("\\(aq", "'")
                        .replace("\\(dq", "\"");
                    // A crontab line has its five times in front.
                    let start = line.find("comms ").unwrap_or(line.len());
                    let in_front = line[..start].trim();
                    if start < line.len() && in_front.chars().all(|c| "*/0123456789 ,-".contains(c))
                    {
                        found.push((file.clone(), line[start..].to_owned()));
                    }
                }
                _ => {}
            }
        }
    }
    assert!(found.len() > 20, "the examples were not found");
    check(&found);
}

#[test]
fn every_command_in_the_words_of_a_guide_has_the_flags_it_is_named_with() {
    let mut wrong = Vec::new();
    let mut seen = 0;
    for file in files("man", "7") {
        let text = fs::read_to_string(&file).unwrap();
        for line in text.lines() {
            let Some(command) = in_bold(line).filter(|c| c.starts_with("comms ")) else {
                continue;
            };
            seen += 1;
            if let Err(word) = known(&words(&command)) {
                wrong.push(format!("{}: {command}: `{word}`", file.display()));
            }
        }
    }
    assert!(seen > 60, "the commands were not found");
    assert!(wrong.is_empty(), "there is no such:\n{}", wrong.join("\n"));
}

#[test]
fn every_field_that_an_example_asks_for_is_one() {
    let world = World::new();
    let sample = root().join("examples/sample.mbox");
    world.run(["import", sample.to_str().unwrap()]).ok();
    let mut docs = vec![root().join("README.md")];
    docs.extend(files("man", "7").into_iter().chain(files("man", "1")));
    docs.extend(
        files("examples", "md")
            .into_iter()
            .chain(files("examples", "toml")),
    );
    let mut seen = 0;
    for file in docs {
        let text = fs::read_to_string(&file).unwrap();
        let text = text.replace("\\-", "-").replace("\\(aq", "'");
        for line in text.lines().filter(|l| l.contains("--fields ")) {
            let Some(at) = line.find("comms ") else {
                continue;
            };
            let command = line[at..].split(['`', '}']).next().unwrap_or_default();
            let command = command.split("   ").next().unwrap_or(command);
            let run = world.run(&words(command)[1..]);
            assert!(
                !run.stderr.contains("is not a field"),
                "{}: {command}\n{run}",
                file.display()
            );
            seen += 1;
        }
    }
    assert!(seen > 6, "the examples were not found: {seen}");
}

/// What a line of a man page sets in bold or in italics.
fn in_bold(line: &str) -> Option<String> {
    let rest = [".B ", ".BR ", ".I ", ".IR "]
        .iter()
        .find_map(|request| line.strip_prefix(request))?;
    let text = match rest.strip_prefix('"') {
        Some(quoted) => quoted.split('"').next().unwrap_or_default(),
        None if line.starts_with(".B ") || line.starts_with(".I ") => rest,
        None => rest.split(' ').next().unwrap_or_default(),
    };
    let text = text.replace("\\-", "-").replace("\\(aq", "'");
    Some(text.replace("\\fI", ""))
}

/// Whether its commands and flags are there, whatever else is left out; else the word that isn't.
fn known(words: &[String]) -> Result<(), &str> {
    let mut root = Cli::command();
    root.build();
    let mut command = &root;
    let mut named = true;
    for word in &words[1..] {
        if let Some(flag) = word.strip_prefix("--") {
            let flag = flag.split('=').next().unwrap_or(flag);
            let has = |c: &clap::Command| c.get_arguments().any(|a| a.get_long() == Some(flag));
            if !has(command) && !has(&root) {
                return Err(word);
            }
            named = false;
        } else if let Some(child) = command.find_subcommand(word).filter(|_| named) {
            command = child;
        } else if named && command.get_positionals().next().is_none() && word != "..." {
            return Err(word);
        } else {
            named = false;
        }
    }
    Ok(())
}

#[test]
fn every_command_that_agents_are_taught_parses() {
    let mut found = Vec::new();
    let taught = files("examples/gemini", "md").into_iter();
    let taught = taught.chain(files("examples/gemini", "toml"));
    for file in taught.chain(files("examples/skill", "md")) {
        // Rules are patterns, not commands.
        if file.ends_with("allow.toml") || file.parent().is_some_and(|p| p.ends_with("policies")) {
            continue;
        }
        let text = fs::read_to_string(&file).unwrap();
        let mut block = false;
        for line in text.lines() {
            block ^= line.starts_with("```");
            found.extend(in_backticks(line).map(|c| (file.clone(), c)));
            if block && line.starts_with("comms") {
                // Words about it stand far to the right.
                let command = line.split("   ").next().unwrap_or(line);
                found.push((file.clone(), command.to_owned()));
            }
        }
    }
    assert!(found.len() > 40, "the examples were not found");
    check(&found);
}

fn check(found: &[(PathBuf, String)]) {
    let wrong: Vec<_> = found
        .iter()
        .filter(|(_, command)| !parses(command))
        .map(|(file, command)| format!("{}: {command}", file.display()))
        .collect();
    assert!(
        wrong.is_empty(),
        "these commands do not parse:\n{}",
        wrong.join("\n")
    );
}

/// Whether the line is a command, with any of some likely values where it has a gap.
pub fn parses(command: &str) -> bool {
    ["work", "o17", "m17", "t17", "1"].iter().any(|value| {
        let words = comms::cli::search::shield(
            words(&fill(command, value))
                .into_iter()
                .map(Into::into)
                .collect(),
        );
        match Cli::try_parse_from(&words) {
            Ok(_) => true,
            // "`comms search` takes queries": the command is only named.
            Err(e) if e.kind() == clap::error::ErrorKind::MissingRequiredArgument => {
                words.iter().all(|w| {
                    w.to_str()
                        .is_some_and(|w| w.bytes().all(|b| b.is_ascii_lowercase()))
                })
            }
            Err(e) => matches!(
                e.kind(),
                clap::error::ErrorKind::DisplayHelp | clap::error::ErrorKind::DisplayVersion
            ),
        }
    })
}

/// Puts a value for each `{…}` of a format string and each `…`.
fn fill(command: &str, value: &str) -> String {
    let mut out = String::new();
    let mut rest = command;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        out.push_str(value);
        rest = after.split_once('}').map_or("", |(_, rest)| rest);
    }
    out.push_str(rest);
    out.replace('…', value)
}

/// Words as a shell splits them, up to a pipe, a redirection or a comment.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for c in line.chars() {
        match (quote, c) {
            (Some(q), c) if c == q => quote = None,
            (Some(_), c) => word.get_or_insert_default().push(c),
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, ' ') => words.extend(word.take()),
            (None, '|' | '>' | '<' | ';' | '&') => break,
            (None, '#') if word.is_none() => break,
            (None, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

/// Commands between backticks.
fn in_backticks(line: &str) -> impl Iterator<Item = String> {
    let parts: Vec<_> = line
        .split('`')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect();
    parts
        .into_iter()
        .filter(|p| p == "comms" || p.starts_with("comms "))
        .map(|p| p.replace("\\\"", "\""))
}

/// Commands after `Example:` or on the lines of `Examples:` in an `after_help`.
fn in_examples(line: &str) -> impl Iterator<Item = String> {
    let help = line.contains("after_help") || line.contains("Example");
    let text = if help {
        line.replace("\\n", "\n").replace("\\\"", "\"")
    } else {
        String::new()
    };
    let commands: Vec<_> = text
        .lines()
        .filter_map(|l| l.find("comms ").map(|at| (l, at)))
        .filter(|(l, at)| l[..*at].trim().is_empty() || l[..*at].ends_with("Example: "))
        .map(|(l, at)| l[at..].trim_end_matches([')', ']', '"', ',']).to_owned())
        .collect();
    commands.into_iter()
}

fn join_continued(text: &str) -> String {
    let mut out = String::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        match line.strip_suffix('\\') {
            Some(start) => {
                out.push_str(start);
                if let Some(next) = lines.peek_mut() {
                    *next = next.trim_start();
                }
            }
            None => {
                out.push_str(line);
                out.push('\n');
            }
        }
    }
    out
}

fn files(dir: &str, extension: &str) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut dirs = vec![root().join(dir)];
    while let Some(dir) = dirs.pop() {
        for entry in fs::read_dir(&dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                dirs.push(path);
            } else if path.extension().is_some_and(|e| e == extension) {
                files.push(path);
            }
        }
    }
    files
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
