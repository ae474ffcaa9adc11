//! Global flags, and the environment: the only place that reads environment variables.

use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use jiff::{Timestamp, tz::TimeZone};

use crate::clock::Clock;
use crate::error::{Error, Result};

/// Set for what the command of `on_failure` starts: its own failures are not told to it again.
pub const IN_HOOK: &str = "COMMS_IN_HOOK";

/// How results are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Aligned columns for people
    Table,
    /// TSV without header, full values
    Plain,
    /// One document
    Json,
    /// One row per line
    Jsonl,
}

impl Format {
    /// Whether a program reads it, so that errors are JSON too.
    pub fn is_json(self) -> bool {
        matches!(self, Format::Json | Format::Jsonl)
    }
}

/// When colour is used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ColorChoice {
    /// On a terminal, unless NO_COLOR is set
    #[default]
    Auto,
    Always,
    Never,
}

/// How long work shows how far it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ProgressChoice {
    /// A bar on a terminal, nothing in a pipe
    #[default]
    Auto,
    /// One JSON line per step on stderr
    Json,
    Never,
}

/// Flags that every command takes.
#[derive(Debug, Default, Args)]
pub struct GlobalFlags {
    /// Write results as table, plain (TSV), json or jsonl
    #[arg(
        long,
        global = true,
        value_enum,
        value_name = "FORMAT",
        hide_possible_values = true,
        help_heading = "Global options"
    )]
    pub format: Option<Format>,
    /// Short for --format json
    #[arg(
        long,
        global = true,
        conflicts_with = "format",
        help_heading = "Global options"
    )]
    pub json: bool,
    /// Show only these columns or keys, comma-separated
    #[arg(
        long,
        global = true,
        value_name = "A,B,C",
        value_delimiter = ',',
        help_heading = "Global options"
    )]
    pub fields: Option<Vec<String>>,
    /// Use colour: auto, always or never
    #[arg(
        long,
        global = true,
        value_enum,
        value_name = "WHEN",
        default_value = "auto",
        hide_default_value = true,
        hide_possible_values = true,
        help_heading = "Global options"
    )]
    pub color: ColorChoice,
    /// Show progress: auto (a bar on a terminal), json (lines on stderr) or never
    #[arg(
        long,
        global = true,
        value_enum,
        value_name = "HOW",
        default_value = "auto",
        hide_default_value = true,
        hide_possible_values = true,
        help_heading = "Global options"
    )]
    pub progress: ProgressChoice,
    /// Read this config file instead of the usual one
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        help_heading = "Global options"
    )]
    pub config: Option<PathBuf>,
    /// Tell on stderr what is done: -v steps, -vv commands and requests, -vvv answers, too; never a secret or a text
    #[arg(
        short,
        long,
        global = true,
        action = clap::ArgAction::Count,
        help_heading = "Global options"
    )]
    pub verbose: u8,
    /// Refuse everything that would change something at a provider
    #[arg(long, global = true, help_heading = "Global options")]
    pub read_only: bool,
}

/// The environment as it was when the process began.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    vars: BTreeMap<String, String>,
    home: Option<PathBuf>,
}

/// Variables that tell of an agent driving the shell; each is set by the tool named beside it.
const AGENTS: &[&str] = &[
    "GEMINI_CLI",     // Gemini CLI
    "CLAUDECODE",     // Claude Code
    "CODEX_SANDBOX",  // Codex CLI
    "CURSOR_AGENT",   // Cursor
    "OPENCODE",       // opencode
    "GOOSE_TERMINAL", // Goose
    "AIDER_MODEL",    // aider
    "AUGMENT_AGENT",  // Auggie
    "CLINE_ACTIVE",   // Cline
    "COPILOT_CLI",    // GitHub Copilot CLI
    "AMP_THREAD_ID",  // Amp
    "AI_AGENT",       // a neutral name several tools share
];

/// Keeps the secrets of our environment from a program that has no use for them: an editor, a pager, a browser.
pub fn without_secrets(command: &mut std::process::Command) -> &mut std::process::Command {
    for (name, _) in std::env::vars_os() {
        let known = name.to_string_lossy();
        if known.starts_with("COMMS_SECRET_") || known == "COMMS_PASSPHRASE" {
            command.env_remove(name);
        }
    }
    command
}

impl Environment {
    /// Reads the process environment; values that are not UTF-8 are read lossily.
    pub fn read() -> Self {
        let vars = std::env::vars_os()
            .map(|(k, v)| {
                (
                    k.to_string_lossy().into_owned(),
                    v.to_string_lossy().into_owned(),
                )
            })
            .collect();
        Environment {
            vars,
            home: std::env::home_dir(),
        }
    }

    /// An environment made of these variables; the home folder is `HOME`.
    pub fn of<const N: usize>(vars: [(&str, &str); N]) -> Self {
        let vars: BTreeMap<_, _> = vars
            .into_iter()
            .map(|(k, v)| (k.to_owned(), v.to_owned()))
            .collect();
        let home = vars.get("HOME").map(PathBuf::from);
        Environment { vars, home }
    }

    /// Adds variables.
    #[cfg(test)]
    pub fn set_all(&mut self, vars: &[(&str, &str)]) {
        self.vars
            .extend(vars.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())));
    }

    /// The value of a variable; an empty one counts as unset.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.vars
            .get(name)
            .map(String::as_str)
            .filter(|v| !v.is_empty())
    }

    /// Whether a switch is on: set, and not `0`, `false`, `no` or `off`.
    pub fn is_on(&self, name: &str) -> bool {
        self.get(name).is_some_and(|v| {
            !matches!(
                v.to_ascii_lowercase().as_str(),
                "0" | "false" | "no" | "off"
            )
        })
    }

    /// The names that begin so, set to nothing too.
    pub fn names<'e>(&'e self, start: &'e str) -> impl Iterator<Item = &'e str> {
        let names = self
            .vars
            .range(start.to_owned()..)
            .map(|(name, _)| name.as_str());
        names.take_while(move |name| name.starts_with(start))
    }

    /// The user's home folder.
    pub fn home(&self) -> Option<&PathBuf> {
        self.home.as_ref()
    }

    /// The first known variable that tells of an agent.
    pub fn agent(&self) -> Option<&'static str> {
        AGENTS.iter().copied().find(|name| self.is_on(name))
    }

    /// The clock: the system's, or fixed by `COMMS_NOW`. The zone is that of `TZ`.
    pub fn clock(&self) -> Result<Clock> {
        let Some(now) = self.get("COMMS_NOW") else {
            return Ok(Clock::system(self.zone()));
        };
        let now: Timestamp = now.parse().map_err(|e: jiff::Error| {
            Error::config(format!(
                "COMMS_NOW is `{now}`, which is not an RFC 3339 time"
            ))
            .hint("write it like 2026-11-21T12:00:00Z, or unset it")
            .because(e)
        })?;
        Ok(Clock::fixed(now, self.zone()))
    }

    /// The user's zone, from its own file: the library would first list the whole zone database, which costs
    /// more than a search.
    fn zone(&self) -> TimeZone {
        let usual = || TimeZone::system();
        if self.vars.contains_key("TZDIR") {
            return usual();
        }
        let file = match self.vars.get("TZ").map(String::as_str) {
            None => PathBuf::from("/etc/localtime"),
            Some(name) => {
                let name = name.strip_prefix(':').unwrap_or(name);
                let is_name = |part: &str| {
                    part.starts_with(|c: char| c.is_ascii_alphabetic())
                        && part
                            .bytes()
                            .all(|b| b.is_ascii_alphanumeric() || b"_+-".contains(&b))
                };
                if !name.split('/').all(is_name) {
                    return usual();
                }
                PathBuf::from("/usr/share/zoneinfo").join(name)
            }
        };
        let name = file.canonicalize().ok();
        let name = name
            .as_deref()
            .and_then(|f| f.to_str()?.split_once("/zoneinfo/"))
            .map_or("", |(_, name)| name);
        let read = std::fs::read(&file)
            .ok()
            .and_then(|data| TimeZone::tzif(name, &data).ok());
        read.unwrap_or_else(usual)
    }
}

/// How output looks, decided once from flags, environment and terminals.
#[derive(Clone, Debug)]
pub struct Looks {
    pub format: Format,
    pub fields: Option<Vec<String>>,
    /// Colour on stdout.
    pub color: bool,
    /// Colour on stderr.
    pub color_err: bool,
    pub progress: ProgressChoice,
    /// stdout is a terminal.
    pub terminal: bool,
    /// stderr is a terminal.
    pub terminal_err: bool,
    /// stdin is a terminal.
    pub terminal_in: bool,
    /// The pager's command line; `None` if there is none to run.
    pub pager: Option<String>,
    /// `COLUMNS`, for a table that goes to no terminal.
    pub columns: Option<usize>,
}

impl Looks {
    /// Decides from flags, environment and what the three streams are.
    pub fn decide(flags: &GlobalFlags, env: &Environment) -> Self {
        let terminal = std::io::stdout().is_terminal();
        let terminal_err = std::io::stderr().is_terminal();
        let format = match (flags.json, flags.format) {
            (true, _) => Format::Json,
            (false, Some(format)) => format,
            (false, None) if terminal => Format::Table,
            (false, None) => Format::Plain,
        };
        let color = |terminal: bool| match flags.color {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            // NO_COLOR wins over CLICOLOR_FORCE: who says no means it (no-color.org).
            ColorChoice::Auto if env.get("NO_COLOR").is_some() => false,
            ColorChoice::Auto if env.is_on("CLICOLOR_FORCE") => true,
            ColorChoice::Auto => {
                terminal && env.get("TERM") != Some("dumb") && env.get("CLICOLOR") != Some("0")
            }
        };
        Looks {
            format,
            fields: flags.fields.clone(),
            color: color(terminal),
            color_err: color(terminal_err),
            progress: flags.progress,
            terminal,
            terminal_err,
            terminal_in: std::io::stdin().is_terminal(),
            pager: pager(env, terminal),
            columns: env.get("COLUMNS").and_then(|n| n.parse().ok()),
        }
    }
}

fn pager(env: &Environment, terminal: bool) -> Option<String> {
    if !terminal || env.get("TERM") == Some("dumb") {
        return None;
    }
    let chosen = env
        .get("COMMS_PAGER")
        .or_else(|| env.get("PAGER"))
        .unwrap_or("less -FRX");
    (chosen != "cat").then(|| chosen.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_variable_is_unset() {
        let env = Environment::of([("A", ""), ("B", "0"), ("C", "1")]);
        assert_eq!(env.get("A"), None);
        assert!(!env.is_on("A") && !env.is_on("B") && env.is_on("C"));
    }

    #[test]
    fn a_known_agent_is_noticed() {
        assert_eq!(
            Environment::of([("GEMINI_CLI", "1")]).agent(),
            Some("GEMINI_CLI")
        );
        assert_eq!(Environment::of([("GEMINI_CLI", "0")]).agent(), None);
    }

    #[test]
    fn no_color_wins_over_force() {
        let flags = GlobalFlags::default();
        let forced = Looks::decide(&flags, &Environment::of([("CLICOLOR_FORCE", "1")]));
        assert!(forced.color && forced.color_err);
        let both = Environment::of([("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]);
        assert!(!Looks::decide(&flags, &both).color);
    }

    #[test]
    fn a_bad_clock_is_a_config_error() {
        let error = Environment::of([("COMMS_NOW", "noon")])
            .clock()
            .unwrap_err();
        assert_eq!(error.kind, crate::error::Kind::Config);
    }

    #[test]
    fn the_zone_is_the_one_that_the_library_would_find() {
        let noon: Timestamp = "2026-07-21T12:00:00Z".parse().unwrap();
        let offset = |tz: &str| {
            let zone = Environment::of([("TZ", tz)]).zone();
            zone.to_offset(noon).seconds() / 60
        };
        assert_eq!(offset("UTC"), 0);
        if std::path::Path::new("/usr/share/zoneinfo/Asia/Kolkata").exists() {
            assert_eq!(offset("Asia/Kolkata"), 330);
            assert_eq!(offset(":Asia/Kolkata"), 330);
        }
        assert_eq!(Environment::of([("A", "")]).zone(), TimeZone::system());
        // A path is no name; the library decides what it means.
        assert_eq!(
            Environment::of([("TZ", "../../../etc/passwd")]).zone(),
            TimeZone::system()
        );
    }
}
