//! `comms search`.

use std::ffi::OsString;

use clap::{Args, CommandFactory, ValueEnum};

use crate::error::{Kind, Result};
use crate::model::query::Sort;
use crate::model::time;
use crate::ops::App;
use crate::ops::search::{self, Mode, SearchRequest};

use super::output::{Format, Output};
use super::pages::Pages;
use super::{Done, rows};

#[derive(Debug, Args)]
#[command(
    after_help = "Operators: from: to: cc: subject: channel: account: in: label: thread: has:attachment|link \
                  is:unread|read|starred|sent|received after: before: on: older_than: newer_than: larger: smaller: \
                  filename:\n\nExample: comms search 'from:ada (report OR \"year end\") -draft newer_than:2w'"
)]
pub struct SearchArgs {
    /// What to look for; the words are joined by spaces, and `-word` after the first excludes
    #[arg(value_name = "QUERY", required = true)]
    query: Vec<String>,
    /// Show at most this many messages
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,
    /// Show the page after this cursor (`next` of the page before)
    #[arg(long, value_name = "CURSOR")]
    after: Option<String>,
    /// Order by: newest or relevance
    #[arg(
        long,
        value_enum,
        value_name = "ORDER",
        default_value = "newest",
        hide_possible_values = true
    )]
    sort: Order,
    /// Show the text around the hit
    #[arg(long)]
    snippets: bool,
    /// Print only how many messages fit
    #[arg(long, conflicts_with = "explain")]
    count: bool,
    /// Print how the query was read instead of searching
    #[arg(long)]
    explain: bool,
    /// Search at the provider (Gmail, Google Chat, Slack) in its own words, and keep what it finds
    #[arg(long, conflicts_with_all = ["after", "sort", "snippets", "explain"])]
    remote: bool,
    /// How long each provider may take, under --remote
    #[arg(long, value_name = "TIME", default_value = "60s", requires = "remote")]
    timeout: String,
    /// End with exit code 5 if nothing was found
    #[arg(long)]
    fail_empty: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Order {
    Newest,
    Relevance,
}

pub fn run(args: SearchArgs, app: &App, out: &mut Output) -> Result<Done> {
    let timeout = time::patience(&args.timeout, "search")?;
    let mut request = SearchRequest {
        query: match args.remote {
            true => remote_words(&args.query),
            false => args.query.join(" "),
        },
        limit: None,
        after: args.after.clone(),
        sort: match args.sort {
            Order::Newest => Sort::Newest,
            Order::Relevance => Sort::Relevance,
        },
        snippets: args.snippets,
        mode: match (args.count, args.explain) {
            (true, _) => Mode::Count,
            (_, true) => Mode::Explain,
            _ => Mode::List,
        },
    };
    let limit = usize::try_from(args.limit).unwrap_or(usize::MAX);
    // What is ranked is read to its end before its first row is known.
    let mut pages = match args.remote || request.sort == Sort::Relevance {
        true => Pages::whole(limit),
        false => Pages::of(limit, out),
    };
    request.limit = Some(pages.size());
    let mut report = match args.remote {
        true => super::wait(search::remote(app, &request, timeout))?,
        false => search::search(app, &request)?,
    };
    for warning in &report.warnings {
        out.warn(warning);
    }
    let for_people = !out.format.is_json() && out.fields.is_none();
    match (&report.explained, report.total) {
        (Some(explained), _) if for_people => {
            out.text(&crate::format::clean::text(&explained.to_string()))?
        }
        (_, Some(total)) if for_people => out.text(&total.to_string())?,
        (Some(_), _) | (_, Some(_)) => out.report("comms.search/1", &report, |_| String::new())?,
        _ => {
            loop {
                search::mark_hits(&mut report);
                let columns = rows::message_columns(&report.messages, args.snippets, out);
                out.list(
                    "comms.search/1",
                    &report,
                    "messages",
                    &report.messages,
                    &columns,
                )?;
                let more = report.next.is_some();
                if !more || !pages.go_on(report.messages.len(), out)? {
                    break;
                }
                request.after = report.next;
                request.limit = Some(pages.size());
                report = search::search(app, &request)?;
            }
            if out.format == Format::Table && report.messages.is_empty() {
                let small = |word: &&str| matches!(*word, "or" | "and" | "not");
                match request.query.split_whitespace().find(small) {
                    Some(word) if !args.remote => out.hint(&format!(
                        "nothing fits; `{word}` was looked for as a word, {} is an operator",
                        word.to_uppercase()
                    )),
                    _ => out.hint("nothing fits; `--explain` tells how the query was read"),
                }
            }
            if out.format == Format::Table
                && let Some(next) = &report.next
            {
                out.hint(&format!("there are more: add --after {next}"));
            }
        }
    }
    let empty = report.explained.is_none()
        && report.messages.is_empty()
        && request.after == args.after
        && report.total.unwrap_or(0) == 0;
    // The process ends: giving the memory of a long list back, row by row, is a tenth of its work.
    std::mem::forget(report);
    Ok((args.fail_empty && empty).then_some(Kind::NotFound))
}

/// [`shield`] undone: a provider has its own word for "not".
fn remote_words(words: &[String]) -> String {
    let words = words.iter().map(|word| match word.strip_prefix("NOT ") {
        Some(word) => format!("-{word}"),
        None => word.clone(),
    });
    words.collect::<Vec<_>>().join(" ")
}

/// Lets `-word` after the first word of a search or export exclude that word: it becomes `NOT word`, unless it is a flag.
///
/// Works on the raw command line, because clap reads every `-word` as a flag, or none.
pub fn shield(args: Vec<OsString>) -> Vec<OsString> {
    let is_dashed = |arg: &OsString| {
        arg.to_str()
            .is_some_and(|a| a.starts_with('-') && a.len() > 1 && !a.starts_with("--"))
    };
    let takes_query = |arg: &OsString| arg == "search" || arg == "export";
    let Some(name) = args.iter().find(|arg| takes_query(arg)) else {
        return args;
    };
    if !args.iter().any(is_dashed) {
        return args;
    }
    let mut cli = super::Cli::command();
    cli.build();
    let Some(command) = cli.find_subcommand(name) else {
        return args;
    };
    let flag = |text: &str| {
        command
            .get_arguments()
            .find(|arg| match text.strip_prefix("--") {
                Some(long) => arg.get_long() == Some(long),
                // One that counts may stand several times in one word.
                None => arg.get_short().is_some_and(|short| {
                    let counts = matches!(arg.get_action(), clap::ArgAction::Count);
                    let letters = text.trim_start_matches('-');
                    text == format!("-{short}") || counts && letters.chars().all(|c| c == short)
                }),
            })
    };
    let mut shielded = Vec::with_capacity(args.len());
    let mut words = 0;
    let mut args = args.into_iter();
    shielded.extend(args.next());
    while let Some(arg) = args.next() {
        let text = arg.to_str().unwrap_or_default();
        if text == "--" {
            shielded.push(arg);
            shielded.extend(args);
            return shielded;
        }
        if !text.starts_with('-') || text == "-" {
            // Another command has its own rules.
            if words == 0 && !takes_query(&arg) {
                shielded.push(arg);
                shielded.extend(args);
                return shielded;
            }
            words += 1;
        } else if let Some(flag) = flag(text) {
            let takes_value = flag.get_action().takes_values();
            shielded.push(arg);
            if takes_value {
                shielded.extend(args.next());
            }
            continue;
        } else if words >= 2 && !text.starts_with("--") {
            shielded.push(format!("NOT {}", &text[1..]).into());
            continue;
        }
        shielded.push(arg);
    }
    shielded
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::super::deferred::Deferred;
    use super::super::{Cli, Command};
    use super::*;

    fn query(line: &str) -> std::result::Result<(String, u32, bool), String> {
        let args = line.split('|').map(OsString::from).collect();
        let cli = Cli::try_parse_from(shield(args)).map_err(|e| e.kind().to_string())?;
        match cli.command {
            Some(Command::Search(Deferred(args))) => {
                Ok((args.query.join(" "), args.limit, cli.global.json))
            }
            other => Err(format!("{other:?}")),
        }
    }

    #[test]
    fn flags_stand_anywhere_and_other_dashes_exclude() {
        for (line, words, limit, json) in [
            ("comms|search|a", "a", 20, false),
            ("comms|search|a|-b", "a NOT b", 20, false),
            ("comms|search|a|-vvv|-b", "a NOT b", 20, false),
            ("comms|search|a|-b|--limit|5", "a NOT b", 5, false),
            ("comms|search|--limit|5|a|-b", "a NOT b", 5, false),
            (
                "comms|search|--limit=5|a|-from:bob|c",
                "a NOT from:bob c",
                5,
                false,
            ),
            ("comms|--json|search|a|-b", "a NOT b", 20, true),
            ("comms|search|a|--json|-b", "a NOT b", 20, true),
            ("comms|search|a|-b|--json", "a NOT b", 20, true),
            (
                "comms|--format|json|search|a|-hello",
                "a NOT hello",
                20,
                false,
            ),
            ("comms|search|a|-(b OR c)", "a NOT (b OR c)", 20, false),
            ("comms|search|a -b", "a -b", 20, false),
            ("comms|search|--|-b|--json", "-b --json", 20, false),
            ("comms|search|a|--|-b", "a -b", 20, false),
            ("comms|search|a|-limit", "a NOT limit", 20, false),
            ("comms|search|a|-", "a -", 20, false),
        ] {
            assert_eq!(query(line), Ok((words.to_owned(), limit, json)), "{line}");
        }
        for wrong in [
            "comms|search",
            "comms|search|-b",
            "comms|search|a|--nonsense",
            "comms|search|a|--limit|0",
            "comms|search|a|-h",
        ] {
            assert!(query(wrong).is_err(), "{wrong}");
        }
    }
}
