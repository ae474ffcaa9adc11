//! Questions to a person. Without a terminal to ask at, a usage error names the flag that answers.

use std::path::Path;
use std::sync::Arc;

use dialoguer::theme::{ColorfulTheme, SimpleTheme, Theme};
use secrecy::SecretString;

use crate::config::flags::Looks;
use crate::error::{Context, Error, Kind, Result};
use crate::model::secret::Question;

use super::output::Output;

/// Asks for yes or no; Enter alone is no. `flag` is what answers yes without asking.
pub fn confirm(out: &Output, question: &str, flag: &str) -> Result<bool> {
    needs_terminal(out, question, flag)?;
    let question = question.to_owned();
    ask(out, move |theme| {
        dialoguer::Confirm::with_theme(theme)
            .with_prompt(question)
            .default(false)
            .interact()
    })
}

/// Asks for one of several; gives its place in the list.
pub fn select(out: &Output, question: &str, items: &[String], flag: &str) -> Result<usize> {
    needs_terminal(out, question, flag)?;
    let question = question.to_owned();
    let items: Vec<_> = items
        .iter()
        .map(|i| crate::format::clean::line(i))
        .collect();
    ask(out, move |theme| {
        dialoguer::Select::with_theme(theme)
            .with_prompt(question)
            .items(&items)
            .default(0)
            .interact()
    })
}

/// Asks for one of several, found by typing; `None` if the person leaves with Esc.
pub fn pick(out: &Output, question: &str, items: &[String], flag: &str) -> Result<Option<usize>> {
    needs_terminal(out, question, flag)?;
    let question = question.to_owned();
    let items: Vec<_> = items
        .iter()
        .map(|i| crate::format::clean::line(i))
        .collect();
    ask(out, move |theme| {
        dialoguer::FuzzySelect::with_theme(theme)
            .with_prompt(question)
            .items(&items)
            .default(0)
            .interact_opt()
    })
}

/// Asks for a line of text.
pub fn input(out: &Output, question: &str, flag: &str) -> Result<String> {
    needs_terminal(out, question, flag)?;
    let question = question.to_owned();
    ask(out, move |theme| {
        dialoguer::Input::<String>::with_theme(theme)
            .with_prompt(question)
            .interact_text()
    })
}

/// Asks for a line of text that may stay empty.
pub fn optional(out: &Output, question: &str, flag: &str) -> Result<String> {
    needs_terminal(out, question, flag)?;
    let question = question.to_owned();
    let text = ask(out, move |theme| {
        dialoguer::Input::<String>::with_theme(theme)
            .with_prompt(question)
            .allow_empty(true)
            .interact_text()
    })?;
    Ok(text.trim().to_owned())
}

/// Asks for a line of text; Enter alone takes what is suggested.
pub fn suggest(out: &Output, question: &str, suggested: &str) -> Result<String> {
    let (question, suggested) = (question.to_owned(), suggested.to_owned());
    let text = ask(out, move |theme| {
        dialoguer::Input::<String>::with_theme(theme)
            .with_prompt(question)
            .default(suggested)
            .interact_text()
    })?;
    Ok(text.trim().to_owned())
}

/// Asks for a secret, which is not shown.
pub fn password(out: &Output, question: &str, flag: &str) -> Result<SecretString> {
    needs_terminal(out, question, flag)?;
    let question = question.to_owned();
    ask(out, move |theme| {
        dialoguer::Password::with_theme(theme)
            .with_prompt(question)
            .interact()
    })
    .map(SecretString::from)
}

/// Asks on a thread, so that Ctrl-C ends the question even after a runtime has taken the signal for itself.
fn ask<T: Send + 'static>(
    out: &Output,
    question: impl FnOnce(&dyn Theme) -> dialoguer::Result<T> + Send + 'static,
) -> Result<T> {
    let looks = out.looks.clone();
    let answer = super::wait(async move {
        tokio::task::spawn_blocking(move || settle(question(&*theme(&looks))))
            .await
            .context(Kind::Internal, "asking at the terminal")?
    });
    if let Err(e) = &answer
        && e.kind == Kind::Interrupted
    {
        // The question is still there and has the terminal as it needs it: hidden typing, no cursor.
        let _ = console::Term::stderr().show_cursor();
        let _ = std::process::Command::new("stty")
            .args(["echo", "icanon"])
            .status();
    }
    answer
}

/// What asks for the passphrase of the encrypted file; the path is the file's.
type AskPassphrase = Arc<dyn Fn(Question, &Path) -> Result<SecretString> + Send + Sync>;

/// Asks for the passphrase of the encrypted file, a new one twice; `None` if there is nobody to ask.
pub fn passphrase(looks: &Looks, asks_nobody: bool) -> Option<AskPassphrase> {
    if asks_nobody || !is_person(looks) {
        return None;
    }
    let looks = looks.clone();
    Some(Arc::new(move |question, file| {
        let theme = theme(&looks);
        let file = crate::format::clean::line(&file.display().to_string());
        let prompt = dialoguer::Password::with_theme(&*theme);
        let prompt = match question {
            Question::Open => prompt.with_prompt(format!("Passphrase of {file}:")),
            Question::Create => prompt
                .with_prompt(format!("New passphrase for {file}:"))
                .with_confirmation("The same again:", "these were not the same"),
        };
        settle(prompt.interact()).map(SecretString::from)
    }))
}

/// Whether there is a person to ask: stdin and stderr are a terminal.
pub fn can_ask(out: &Output) -> bool {
    is_person(&out.looks)
}

fn is_person(looks: &Looks) -> bool {
    looks.terminal_in && looks.terminal_err
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

fn theme(looks: &Looks) -> Box<dyn Theme> {
    if looks.color_err {
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
    use crate::config::flags::{Environment, GlobalFlags};

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
