//! Questions to a person. Without a terminal to ask at, a usage error names the flag that answers.

use dialoguer::theme::{ColorfulTheme, SimpleTheme, Theme};
use secrecy::SecretString;

use crate::error::{Context, Error, Kind, Result};

use super::output::Output;

/// Asks for yes or no; Enter alone is no. `flag` is what answers yes without asking.
pub fn confirm(out: &Output, question: &str, flag: &str) -> Result<bool> {
    needs_terminal(out, question, flag)?;
    let theme = theme(out);
    settle(
        dialoguer::Confirm::with_theme(&*theme)
            .with_prompt(question)
            .default(false)
            .interact(),
    )
}

/// Asks for one of several; gives its place in the list.
pub fn select(out: &Output, question: &str, items: &[String], flag: &str) -> Result<usize> {
    needs_terminal(out, question, flag)?;
    let theme = theme(out);
    let items: Vec<_> = items
        .iter()
        .map(|i| crate::format::clean::line(i))
        .collect();
    settle(
        dialoguer::Select::with_theme(&*theme)
            .with_prompt(question)
            .items(&items)
            .default(0)
            .interact(),
    )
}

/// Asks for a line of text.
pub fn input(out: &Output, question: &str, flag: &str) -> Result<String> {
    needs_terminal(out, question, flag)?;
    let theme = theme(out);
    settle(
        dialoguer::Input::<String>::with_theme(&*theme)
            .with_prompt(question)
            .interact_text(),
    )
}

/// Asks for a secret, which is not shown.
pub fn password(out: &Output, question: &str, flag: &str) -> Result<SecretString> {
    needs_terminal(out, question, flag)?;
    let theme = theme(out);
    settle(
        dialoguer::Password::with_theme(&*theme)
            .with_prompt(question)
            .interact(),
    )
    .map(SecretString::from)
}

/// Whether there is a person to ask: stdin and stderr are a terminal.
pub fn can_ask(out: &Output) -> bool {
    out.looks.terminal_in && out.looks.terminal_err
}

fn needs_terminal(out: &Output, question: &str, flag: &str) -> Result<()> {
    if can_ask(out) {
        return Ok(());
    }
    let question = question.trim_end_matches(['?', ':', ' ']);
    Err(
        Error::usage(format!("there is no terminal to ask at: {question}"))
            .hint(format!("answer with {flag}")),
    )
}

fn theme(out: &Output) -> Box<dyn Theme> {
    if out.looks.color_err {
        Box::new(ColorfulTheme::default())
    } else {
        Box::new(SimpleTheme)
    }
}

fn settle<T>(answer: dialoguer::Result<T>) -> Result<T> {
    match answer {
        Err(dialoguer::Error::IO(e)) if e.kind() == std::io::ErrorKind::Interrupted => {
            Err(Error::new(Kind::Interrupted, "interrupted"))
        }
        other => other.context(Kind::Internal, "asking at the terminal"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::flags::{Environment, GlobalFlags, Looks};

    #[test]
    fn without_a_terminal_the_flag_that_answers_is_named() {
        let looks = Looks::decide(&GlobalFlags::default(), &Environment::default());
        let looks = Looks {
            terminal_in: false,
            ..looks
        };
        let now = "2026-11-21T12:00:00[UTC]".parse().unwrap();
        let out = Output::new(looks, now, 80, Box::new(std::io::sink()));
        let error = confirm(&out, "Send it to 300 people?", "--yes").unwrap_err();
        assert_eq!(error.kind, Kind::Usage);
        assert_eq!(
            error.message,
            "there is no terminal to ask at: Send it to 300 people"
        );
        assert_eq!(error.hint.as_deref(), Some("answer with --yes"));
    }
}
