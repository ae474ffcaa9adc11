//! What the command line's reader says, in our own words: one message and one hint.

use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::error::Error;

/// A wrong command line as our error.
pub fn from_clap(error: &clap::Error) -> Error {
    let text = |kind| error.get(kind).map(words).filter(|w| !w.is_empty());
    let arg = text(ContextKind::InvalidArg).unwrap_or_default();
    let value = text(ContextKind::InvalidValue).unwrap_or_default();
    let message = match error.kind() {
        ErrorKind::InvalidSubcommand => {
            format!(
                "there is no command `{}`",
                text(ContextKind::InvalidSubcommand).unwrap_or_default()
            )
        }
        ErrorKind::UnknownArgument if arg.starts_with('-') => {
            format!("there is no flag `{arg}` here")
        }
        ErrorKind::UnknownArgument => format!("`{arg}` is one word too many"),
        ErrorKind::MissingRequiredArgument => missing(&arg),
        ErrorKind::MissingSubcommand | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            "a command is missing".to_owned()
        }
        ErrorKind::ArgumentConflict => match text(ContextKind::PriorArg) {
            Some(prior) if prior == arg => format!("{arg} can be given only once"),
            Some(prior) => format!("{arg} and {prior} exclude each other"),
            None => fallback(error),
        },
        ErrorKind::InvalidValue if value.is_empty() => format!("{arg} wants a value"),
        ErrorKind::InvalidValue => format!("`{value}` is not a value of {arg}"),
        ErrorKind::ValueValidation => {
            let why = std::error::Error::source(error)
                .map(|s| format!(": {s}"))
                .unwrap_or_default();
            format!("`{value}` is not a value of {arg}{why}")
        }
        _ => fallback(error),
    };
    let typed = text(ContextKind::InvalidSubcommand)
        .or_else(|| Some(value.clone()).filter(|v| !v.is_empty()))
        .unwrap_or_else(|| arg.clone());
    let suggestion = [
        ContextKind::SuggestedSubcommand,
        ContextKind::SuggestedArg,
        ContextKind::SuggestedValue,
    ]
    .into_iter()
    .find_map(|kind| error.get(kind))
    .and_then(|near| nearest(near, &typed));
    let hint = match (
        suggestion,
        text(ContextKind::ValidValue),
        text(ContextKind::Usage),
    ) {
        (Some(near), ..) => format!("did you mean `{near}`?"),
        (None, Some(values), _) if error.kind() == ErrorKind::InvalidValue => {
            format!("it may be {values}")
        }
        (None, _, usage) if error.kind() == ErrorKind::InvalidSubcommand => lists(usage.as_deref()),
        // All there is then is the help text.
        (None, ..) if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            let text = error.to_string();
            let usage = text.lines().find_map(|line| line.strip_prefix("Usage: "));
            usage.map_or_else(|| LISTS.to_owned(), |usage| format!("usage: {usage}"))
        }
        (None, _, Some(usage)) => usage.replace("Usage: ", "usage: "),
        (None, ..) if error.kind() == ErrorKind::InvalidValue => {
            let flag = arg.split(' ').next().unwrap_or(&arg);
            format!("it stands behind the flag; one that begins with a dash is written {flag}=-…")
        }
        (None, _, None) => LISTS.to_owned(),
    };
    let error = error.kind();
    let told = Error::usage(message);
    // The reason says what would do; the list of commands would not.
    if error == ErrorKind::ValueValidation && hint == LISTS {
        return told;
    }
    told.hint(hint)
}

const LISTS: &str = "`comms --help` lists the commands";

/// Where the commands are listed, after `Usage: comms config [OPTIONS] <COMMAND>`.
fn lists(usage: Option<&str>) -> String {
    let command = usage
        .and_then(|usage| usage.trim().strip_prefix("Usage: "))
        .and_then(|usage| usage.split(" [").next())
        .filter(|command| command.starts_with("comms "));
    command.map_or_else(
        || LISTS.to_owned(),
        |command| format!("`{command} --help` lists its commands"),
    )
}

/// What is missing; of flags that stand for each other, any one.
fn missing(arg: &str) -> String {
    match arg.strip_prefix('<').and_then(|a| a.strip_suffix('>')) {
        Some(flags) if flags.contains('|') => {
            format!("one of {} is missing", flags.replace('|', ", "))
        }
        _ => format!("{arg} is missing"),
    }
}

/// The one suggestion that is nearest to what was typed.
fn nearest(near: &ContextValue, typed: &str) -> Option<String> {
    let ContextValue::Strings(names) = near else {
        return Some(words(near)).filter(|w| !w.is_empty());
    };
    let best = names.iter().min_by_key(|name| distance(name, typed));
    best.cloned()
}

/// Letters to insert, drop, change or swap with their neighbour to make one word of the other.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows = vec![vec![0; b.len() + 1]; a.len() + 1];
    for i in 0..=a.len() {
        for j in 0..=b.len() {
            rows[i][j] = if i == 0 || j == 0 {
                i + j
            } else {
                let change = usize::from(a[i - 1] != b[j - 1]);
                let least = (rows[i - 1][j] + 1).min(rows[i][j - 1] + 1);
                let least = least.min(rows[i - 1][j - 1] + change);
                let swaps = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
                if swaps {
                    least.min(rows[i - 2][j - 2] + 1)
                } else {
                    least
                }
            };
        }
    }
    rows[a.len()][b.len()]
}

/// The first paragraph of clap's own text.
fn fallback(error: &clap::Error) -> String {
    let text = error.to_string();
    let text = text.strip_prefix("error: ").unwrap_or(&text);
    let lines = text
        .lines()
        .take_while(|l| !l.trim().is_empty())
        .map(str::trim);
    lines.collect::<Vec<_>>().join(" ")
}

fn words(value: &ContextValue) -> String {
    match value {
        ContextValue::String(text) => text.clone(),
        ContextValue::Strings(texts) => texts.join(", "),
        ContextValue::StyledStr(text) => text.to_string(),
        ContextValue::StyledStrs(texts) => texts
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join(" "),
        ContextValue::Number(n) => n.to_string(),
        ContextValue::Bool(b) => b.to_string(),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::Cli;

    fn told(args: &[&str]) -> String {
        let args = std::iter::once("comms").chain(args.iter().copied());
        let error = from_clap(&Cli::try_parse_from(args).unwrap_err());
        format!("{} / {}", error.message, error.hint.unwrap_or_default())
    }

    #[test]
    fn a_wrong_command_line_says_what_and_what_next() {
        assert_eq!(
            told(&["sned"]),
            "there is no command `sned` / did you mean `send`?"
        );
        assert_eq!(
            told(&["serch", "x"]),
            "there is no command `serch` / did you mean `search`?"
        );
        assert_eq!(
            told(&["xyzzy"]),
            "there is no command `xyzzy` / `comms --help` lists the commands"
        );
        assert_eq!(
            told(&["search", "x", "--limit", "0"]),
            "`0` is not a value of --limit <N>: 0 is not in 1..=4294967295 / "
        );
        assert!(told(&["outbox"]).starts_with("a command is missing / usage: comms outbox"));
        assert!(told(&["inbox", "mark", "m1"]).starts_with("one of --read, --unread, "));
        assert_eq!(
            told(&["--formt", "json"]),
            "there is no flag `--formt` here / did you mean `--format`?"
        );
        assert_eq!(
            told(&["--format", "yaml"]),
            "`yaml` is not a value of --format <FORMAT> / it may be table, plain, json, jsonl"
        );
        assert!(told(&["--format"]).starts_with("--format <FORMAT> wants a value / "));
        assert!(told(&["send", "x@y", "-m"]).contains("behind the flag"));
        assert_eq!(
            told(&["outbox", "resolve", "o1"]),
            "one of --sent, --not-sent is missing / usage: comms outbox resolve <--sent|--not-sent> <ID>"
        );
        assert!(told(&["outbox", "cancel"]).starts_with("one of ID, --batch <NAME> is missing"));
        assert!(told(&["--json", "--format", "json"]).contains("exclude each other"));
        assert!(told(&["--json", "--json"]).contains("only once"));
    }
}
