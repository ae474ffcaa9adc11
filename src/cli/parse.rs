//! The command line read with no more of the clap tree than it names.
//!
//! clap copies the global flags into every command it knows, which takes longer than a search. What errors and help
//! say is about the named command alone, so the others need not be there.

use std::ffi::OsString;

use clap::{ArgMatches, Args, CommandFactory, FromArgMatches, Subcommand};

use crate::config::flags::GlobalFlags;

use super::{Cli, Command};

/// Reads the arguments of the process, the program's name first.
pub fn parse(args: Vec<OsString>) -> Result<Cli, clap::Error> {
    let mut tree = named(&args)
        .and_then(alone)
        .unwrap_or_else(<Cli as CommandFactory>::command);
    let mut matches: ArgMatches = tree.try_get_matches_from_mut(args)?;
    Cli::from_arg_matches_mut(&mut matches).map_err(|e| e.format(&mut tree))
}

/// The first word that is no global flag; `None` if what stands before it needs the whole tree to be read.
fn named(args: &[OsString]) -> Option<&str> {
    for arg in args.iter().skip(1) {
        match arg.to_str()? {
            "--json" | "--read-only" => {}
            flag if flag.starts_with('-') => return None,
            name => return Some(name),
        }
    }
    None
}

/// The tree with this command only.
fn alone(name: &str) -> Option<clap::Command> {
    let mut all = Command::augment_subcommands(clap::Command::new(""));
    let command = all
        .get_subcommands_mut()
        .find(|command| command.get_name() == name)
        .map(std::mem::take)?;
    let root = clap::Command::new("comms")
        .version(env!("CARGO_PKG_VERSION"))
        .disable_help_subcommand(true);
    Some(GlobalFlags::augment_args(root).subcommand(command))
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    fn words(line: &str) -> Vec<OsString> {
        line.split(' ').map(OsString::from).collect()
    }

    #[test]
    fn the_whole_tree_reads_and_says_the_same() {
        for line in [
            "comms search a --limit 5",
            "comms --json search a",
            "comms --json --read-only inbox list --offline",
            "comms --format plain outbox list",
            "comms send ada@example.com -m hi --dry-run",
            "comms",
            "comms --json",
            "comms search",
            "comms search a --limit 0",
            "comms search a --json --format json",
            "comms inbox nothing",
            "comms serch a",
            "comms search --help",
            "comms inbox sync --help",
            "comms --version",
            "comms help",
            "comms --json contacts find",
            "comms complete-word x",
        ] {
            let told = |read: Result<Cli, clap::Error>| match read {
                Ok(cli) => format!("{cli:?}"),
                Err(e) => format!("{:?} {}", e.kind(), e.render()),
            };
            assert_eq!(
                told(parse(words(line))),
                told(Cli::try_parse_from(words(line))),
                "{line}"
            );
        }
    }
}
