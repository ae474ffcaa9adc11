//! What is not certain about the recipients, as a question to a person and as an error to everyone else.

use crate::error::{Choice, Error};
use crate::format::clean;

/// What only who asked can tell.
#[derive(Clone, Debug)]
pub enum Doubt {
    /// Whom a name means.
    Who(Question),
    /// Whether so many people are meant.
    Many {
        people: usize,
        above: u32,
        /// Those that were typed: `@team`.
        groups: Vec<String>,
    },
}

/// A name, and who may be meant by it.
#[derive(Clone, Debug)]
pub struct Question {
    pub typed: String,
    /// The likeliest first; one alone is likely, but new here and not written like this.
    pub candidates: Vec<Choice>,
    /// It stands after other recipients, where a text without `-m` would.
    pub is_later: bool,
}

impl Question {
    /// The name as it may be shown.
    pub fn shown(&self) -> String {
        shown(&self.typed)
    }
}

impl Doubt {
    /// The doubt as an error: each candidate with what would pick it.
    pub fn error(self) -> Error {
        let question = match self {
            Doubt::Who(question) => question,
            Doubt::Many { people, above, .. } => {
                return Error::usage(format!(
                    "this goes to {people} people, and above {above} it takes a word: nothing was sent"
                ))
                .hint("say --yes if they are all meant, and look who they are with --dry-run")
                .wants_yes();
            }
        };
        let typed = question.shown();
        let error = match question.candidates.as_slice() {
            [one] => Error::usage(format!(
                "`{typed}` is not certain: perhaps it is {}",
                line(one)
            )),
            several => {
                let width = several.iter().map(|c| c.words.len()).max().unwrap_or(0);
                let lines: Vec<_> = several
                    .iter()
                    .enumerate()
                    .map(|(n, c)| format!("\n{:>3}  {:width$}  {}", n + 1, c.words, line(c)))
                    .collect();
                Error::usage(format!(
                    "`{typed}` may be any of {}{}",
                    several.len(),
                    lines.concat()
                ))
            }
        };
        let first = question
            .candidates
            .first()
            .map_or("", |c| c.words.as_str())
            .to_owned();
        let hint = match question.is_later {
            true => format!("use -m for the text; if it is a person, write `{first}`"),
            false => {
                format!("write `{first}` in its place (`comms send {first}`), or say --pick 1")
            }
        };
        error.hint(hint).candidates(question.candidates)
    }
}

/// A candidate in one line: `Ada Lovelace <ada@example.com>`.
pub fn line(choice: &Choice) -> String {
    match &choice.address {
        Some(address) if *address == choice.name => address.clone(),
        Some(address) => format!("{} <{address}>", choice.name),
        None => format!("{} (nothing reaches them)", choice.name),
    }
}

/// What was typed, short and clean.
fn shown(typed: &str) -> String {
    clean::line(typed).chars().take(80).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind;

    fn choice(words: &str, name: &str) -> Choice {
        Choice {
            words: words.into(),
            contact: None,
            name: name.into(),
            address: Some("ada@example.com".into()),
            score: 90,
            exact: false,
            written_to: false,
            why: Vec::new(),
        }
    }

    #[test]
    fn an_error_tells_what_would_pick_each() {
        let question = Question {
            typed: "ad\u{7}a".into(),
            candidates: vec![choice("c9", "Ada Lovelace"), choice("c12", "Ada Byron")],
            is_later: false,
        };
        let error = Doubt::Who(question).error();
        assert_eq!(error.kind, Kind::Usage);
        assert_eq!(
            error.message,
            "`ada` may be any of 2\n  1  c9   Ada Lovelace <ada@example.com>\n  2  c12  Ada Byron <ada@example.com>"
        );
        assert_eq!(error.candidates.unwrap().len(), 2);
    }
}
