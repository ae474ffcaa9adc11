//! The command tree as a document, and as one line per command.

use clap::{Command, CommandFactory};
use schemars::JsonSchema;
use serde::Serialize;

use crate::error::{Error, Result};

use super::super::Cli;

/// A command with its arguments and subcommands.
#[derive(Debug, Serialize, JsonSchema)]
pub struct CommandNode {
    name: String,
    about: String,
    arguments: Vec<Argument>,
    commands: Vec<CommandNode>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct Argument {
    /// `--flag`, or the name of a positional.
    name: String,
    short: Option<char>,
    help: String,
    required: bool,
    /// One of those that say so here has to be given.
    one_of: bool,
    takes_value: bool,
    /// What its value is called: `FILE`.
    value_name: String,
    repeatable: bool,
    /// The values it may have, if they are a closed list.
    values: Vec<String>,
}

/// The commands, a line each.
#[derive(Debug, Serialize, JsonSchema)]
pub struct CommandsReport {
    pub commands: Vec<CommandLine>,
}

/// A command as it is typed.
#[derive(Debug, Serialize, JsonSchema)]
pub struct CommandLine {
    /// Its words after `comms`: `inbox show`.
    pub command: String,
    /// What it takes beside the global flags.
    pub args: String,
    pub about: String,
}

/// The whole tree, from `comms` down.
pub fn tree() -> CommandNode {
    let mut root = Cli::command();
    root.build();
    node(&root)
}

fn node(command: &Command) -> CommandNode {
    let text =
        |s: Option<&clap::builder::StyledStr>| s.map(ToString::to_string).unwrap_or_default();
    let alternatives: Vec<_> = command
        .get_groups()
        .filter(|group| group.is_required_set())
        .flat_map(|group| group.get_args())
        .collect();
    let arguments = command
        .get_arguments()
        .filter(|a| !a.is_hide_set() && a.get_id() != "help" && a.get_id() != "version")
        // The global flags stand once, at the root.
        .filter(|a| command.get_name() == "comms" || !a.is_global_set())
        .map(|a| Argument {
            name: a
                .get_long()
                .map_or_else(|| a.get_id().to_string(), |l| format!("--{l}")),
            short: a.get_short(),
            help: text(a.get_help()),
            required: a.is_required_set(),
            one_of: alternatives.contains(&a.get_id()),
            takes_value: a.get_action().takes_values(),
            value_name: value_name(a),
            repeatable: matches!(
                a.get_action(),
                clap::ArgAction::Append | clap::ArgAction::Count
            ),
            values: a
                .get_possible_values()
                .iter()
                .map(|v| v.get_name().to_owned())
                .collect(),
        })
        .collect();
    let commands = command
        .get_subcommands()
        .filter(|c| !c.is_hide_set())
        .map(node)
        .collect();
    CommandNode {
        name: command.get_name().to_owned(),
        about: text(command.get_about()),
        arguments,
        commands,
    }
}

fn value_name(argument: &clap::Arg) -> String {
    let first = argument.get_value_names().and_then(|names| names.first());
    match (argument.get_action().takes_values(), first) {
        (true, Some(name)) => name.to_string(),
        (true, None) => argument.get_id().to_string().to_uppercase(),
        (false, _) => String::new(),
    }
}

/// Every command that does something; only those below `of`, if it is given.
pub fn lines(of: Option<&str>) -> Result<CommandsReport> {
    let root = tree();
    let mut commands = Vec::new();
    collect(&root, "", &mut commands);
    if let Some(of) = of {
        let below = format!("{of} ");
        commands.retain(|c| c.command == of || c.command.starts_with(&below));
        if commands.is_empty() {
            return Err(Error::not_found(format!("there is no command `{of}`"))
                .hint("`comms schema --commands` lists them"));
        }
    }
    Ok(CommandsReport { commands })
}

fn collect(node: &CommandNode, path: &str, lines: &mut Vec<CommandLine>) {
    for child in &node.commands {
        let command = format!("{path}{}", child.name);
        lines.push(CommandLine {
            args: usage(&child.arguments),
            about: child.about.clone(),
            command: command.clone(),
        });
        collect(child, &format!("{command} "), lines);
    }
}

fn usage(arguments: &[Argument]) -> String {
    let one_of: Vec<_> = arguments.iter().filter(|a| a.one_of).map(bare).collect();
    let mut words = Vec::new();
    if !one_of.is_empty() {
        words.push(format!("({})", one_of.join(" | ")));
    }
    words.extend(arguments.iter().filter(|a| !a.one_of).map(usage_of));
    words.join(" ")
}

/// `ID`, `[TO...]`, `[-m|--message TEXT]`, `[--unread]`.
fn usage_of(argument: &Argument) -> String {
    let text = bare(argument);
    match argument.required {
        true => text,
        false => format!("[{text}]"),
    }
}

fn bare(argument: &Argument) -> String {
    let mut text = match argument.short {
        Some(short) => format!("-{short}|{}", argument.name),
        None => argument.name.clone(),
    };
    if argument.name.starts_with("--") && argument.takes_value {
        text.push(' ');
        match argument.values.is_empty() {
            true => text.push_str(&argument.value_name),
            false => text.push_str(&argument.values.join("|")),
        }
    } else if argument.takes_value {
        text = argument.value_name.clone();
    }
    if argument.repeatable {
        text.push_str("...");
    }
    text
}
