//! `comms completions` and `comms man`, from the one clap tree.
//!
//! The guides of section 7 are written by hand; they are in the binary so that `comms man` shows them anywhere.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::{Args, Command, CommandFactory, ValueEnum};
use schemars::JsonSchema;
use serde::Serialize;

use crate::error::{Context, Error, Kind, Result};

use super::output::Output;
use super::{Cli, Done, roff};

#[derive(Debug, Args)]
#[command(
    after_help = "Example: comms completions bash > ~/.local/share/bash-completion/completions/comms"
)]
pub struct CompletionsArgs {
    /// bash, zsh, fish, powershell or elvish
    #[arg(value_enum, value_name = "SHELL", hide_possible_values = true)]
    shell: Shell,
}

/// Shells that completions can be written for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Shell {
    Bash,
    Zsh,
    Fish,
    #[value(alias = "pwsh")]
    Powershell,
    Elvish,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  comms man mail\n  comms man --roff inbox show | man -l -\n  comms man --dir ~/.local/share/man"
)]
pub struct ManArgs {
    /// Print this page: a guide (mail, passwords, google …) or a command (`inbox show`, `outbox.1`)
    #[arg(value_name = "PAGE")]
    page: Vec<String>,
    /// Write all pages below this folder (man1/, man7/)
    #[arg(long, value_name = "DIR", conflicts_with = "page")]
    dir: Option<PathBuf>,
    /// Print the source of the page, for `man -l -`
    #[arg(long, conflicts_with = "dir")]
    roff: bool,
}

/// A man page, or a guide.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ManReport {
    /// The name of its file: `comms-query.7`.
    pub page: String,
    /// The page as it is read; with `--roff` its source.
    pub text: String,
}

/// The guides: name and text.
pub const GUIDES: [(&str, &str); 18] = [
    ("mail", include_str!("../../man/comms-mail.7")),
    ("contacts", include_str!("../../man/comms-contacts.7")),
    ("query", include_str!("../../man/comms-query.7")),
    ("outbox", include_str!("../../man/comms-outbox.7")),
    ("costs", include_str!("../../man/comms-costs.7")),
    ("bulk", include_str!("../../man/comms-bulk.7")),
    ("agents", include_str!("../../man/comms-agents.7")),
    ("http", include_str!("../../man/comms-http.7")),
    ("mcp", include_str!("../../man/comms-mcp.7")),
    ("operations", include_str!("../../man/comms-operations.7")),
    ("passwords", include_str!("../../man/comms-passwords.7")),
    ("google", include_str!("../../man/comms-google.7")),
    ("microsoft", include_str!("../../man/comms-microsoft.7")),
    ("webhooks", include_str!("../../man/comms-webhooks.7")),
    ("hooks", include_str!("../../man/comms-hooks.7")),
    ("slack", include_str!("../../man/comms-slack.7")),
    ("twilio", include_str!("../../man/comms-twilio.7")),
    ("whatsapp", include_str!("../../man/comms-whatsapp.7")),
];

pub fn completions(args: CompletionsArgs, out: &mut Output) -> Result<Done> {
    out.bytes(&completion_script(args.shell))?;
    Ok(None)
}

pub fn man(args: ManArgs, out: &mut Output) -> Result<Done> {
    if let Some(dir) = &args.dir {
        for (name, text) in pages() {
            write_page(dir, &name, &text)?;
        }
        return Ok(None);
    }
    let wanted = args.page.join("-");
    let wanted = wanted.strip_prefix("comms-").unwrap_or(&wanted);
    let name = if wanted.is_empty() || wanted == "comms" {
        "comms".to_owned()
    } else {
        format!("comms-{wanted}")
    };
    // A guide goes before the command of its name: that one is told by `--help`, too.
    let mut pages: Vec<_> = pages().into_iter().rev().collect();
    pages.sort_by_key(|(page, _)| !page.ends_with(".7"));
    let page = pages.into_iter().find(|(page, _)| {
        *page == name || page.rsplit_once('.').is_some_and(|(stem, _)| stem == name)
    });
    let Some((file, text)) = page else {
        let guides: Vec<_> = GUIDES.iter().map(|(name, _)| *name).collect();
        return Err(
            Error::not_found(format!("there is no man page `{wanted}`")).hint(format!(
                "pages are the commands, like `comms man send`, and {}",
                guides.join(", ")
            )),
        );
    };
    let read = match args.roff {
        true => text.clone(),
        false => roff::text(&text),
    };
    if out.format.is_json() || out.fields.is_some() {
        let report = ManReport {
            page: file,
            text: read,
        };
        out.report("comms.man/1", &report, |_| String::new())?;
    } else if args.roff {
        out.text(&read)?;
    } else {
        out.man_page(&text, &read)?;
    }
    Ok(None)
}

/// The completion script of a shell.
pub fn completion_script(shell: Shell) -> Vec<u8> {
    use clap_complete::Shell as Known;
    let known = match shell {
        Shell::Bash => Known::Bash,
        Shell::Zsh => Known::Zsh,
        Shell::Fish => Known::Fish,
        Shell::Powershell => Known::PowerShell,
        Shell::Elvish => Known::Elvish,
    };
    let mut script = Vec::new();
    clap_complete::generate(known, &mut Cli::command(), "comms", &mut script);
    with_words(shell, script)
}

/// Has the script ask `complete-word` first, which knows people, accounts, ids and labels; where that offers
/// nothing, the tree of commands does.
fn with_words(shell: Shell, script: Vec<u8>) -> Vec<u8> {
    let tree = String::from_utf8_lossy(&script);
    let text = match shell {
        Shell::Bash => format!("{tree}\n{}", include_str!("complete/words.bash")),
        Shell::Fish => format!("{tree}\n{}", include_str!("complete/words.fish")),
        // The function of the file's name is the one that zsh calls.
        Shell::Zsh => {
            let tree = tree.replacen("\n_comms() {\n", "\n_comms_tree() {\n", 1);
            let end = tree.rfind("\nif [ ").unwrap_or(tree.len());
            let words = include_str!("complete/words.zsh");
            format!("{}\n{words}{}", &tree[..end], &tree[end..])
        }
        Shell::Powershell | Shell::Elvish => return script,
    };
    text.into_bytes()
}

/// All man pages: file name and text, commands first.
pub fn pages() -> Vec<(String, String)> {
    let mut root = Cli::command();
    root.build();
    let mut pages = Vec::new();
    command_pages(&root, "comms", &mut pages);
    pages.extend(GUIDES.map(|(name, text)| (format!("comms-{name}.7"), text.to_owned())));
    pages
}

fn command_pages(command: &Command, name: &str, pages: &mut Vec<(String, String)>) {
    for child in command.get_subcommands().filter(|c| !c.is_hide_set()) {
        command_pages(child, &format!("{name}-{}", child.get_name()), pages);
    }
    let version = env!("CARGO_PKG_VERSION");
    // `build` made the display name "comms-inbox-show"; the usage line wants the words.
    let page = command
        .clone()
        .name(name.to_owned())
        .bin_name(name.replace('-', " "));
    let man = clap_mangen::Man::new(page)
        .title(name.to_uppercase())
        .section("1")
        .date("")
        .source(format!("comms {version}"))
        .manual("User Commands");
    let mut text = Vec::new();
    // Writing to memory does not fail.
    let _ = render(&man, command, &mut text);
    // Each section brings it along.
    let text = String::from_utf8_lossy(&text).replace(APOSTROPHE, "");
    pages.push((format!("{name}.1"), format!("{APOSTROPHE}{text}")));
}

/// What makes `\*(Aq` an apostrophe.
const APOSTROPHE: &str = ".ie \\n(.g .ds Aq \\(aq\n.el .ds Aq '\n";

/// The sections of a command's page; how it is called and its examples as `--help` has them.
fn render(man: &clap_mangen::Man, command: &Command, page: &mut Vec<u8>) -> io::Result<()> {
    man.render_title(page)?;
    man.render_name_section(page)?;
    let usage = command.clone().render_usage().to_string();
    let usage = usage.trim_start_matches("Usage:").trim();
    writeln!(page, ".SH SYNOPSIS\n.nf\n{}\n.fi", escaped(usage))?;
    man.render_description_section(page)?;
    man.render_options_section(page)?;
    if command.get_subcommands().any(|c| !c.is_hide_set()) {
        man.render_subcommands_section(page)?;
    }
    if let Some(after) = command.get_after_help() {
        let after = after.to_string();
        let (title, lines) = match after.trim().split_once(':') {
            Some(("Example" | "Examples", lines)) => ("EXAMPLES", lines.trim_start().to_owned()),
            _ => ("NOTES", after),
        };
        writeln!(page, ".SH {title}\n.nf")?;
        let examples = title == "EXAMPLES";
        for line in lines.lines() {
            let line = if examples { line.trim_start() } else { line };
            writeln!(page, "{}", escaped(line))?;
        }
        writeln!(page, ".fi")?;
    }
    Ok(())
}

/// Text as roff prints it unchanged.
fn escaped(text: &str) -> String {
    let text = text.replace('\\', "\\e").replace('-', "\\-");
    let text = text.replace('\'', "\\(aq");
    let lines = text.lines().map(|line| match line.starts_with('.') {
        true => format!("\\&{line}"),
        false => line.to_owned(),
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn write_page(dir: &Path, name: &str, text: &str) -> Result<()> {
    let section = name.rsplit_once('.').map_or("1", |(_, section)| section);
    let dir = dir.join(format!("man{section}"));
    let path = dir.join(name);
    std::fs::create_dir_all(&dir)
        .and_then(|()| std::fs::write(&path, text))
        .with_context(Kind::Internal, || format!("writing `{}`", path.display()))
}
