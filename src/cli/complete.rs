//! `complete-word`, which the completion scripts ask: the line so far in, one word per line out.
//!
//! It is silent about every fault: someone is typing.

mod line;
mod slot;

use clap::{Args, CommandFactory, ValueEnum};

use crate::error::Result;
use crate::ops::App;
use crate::ops::complete::{self, Offer, Wants};

use super::output::Output;
use super::{Cli, Done};
use line::{Line, Quote};

#[derive(Debug, Args)]
pub struct CompleteArgs {
    /// Whose rules of quoting count
    #[arg(value_enum)]
    shell: Asker,
    /// The command line up to the cursor
    #[arg(allow_hyphen_values = true)]
    line: String,
    /// What of its last word bash will replace
    #[arg(allow_hyphen_values = true)]
    replaced: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Asker {
    Bash,
    Zsh,
    Fish,
}

pub fn run(args: CompleteArgs, app: &App, out: &mut Output) -> Result<Done> {
    let line = Line::read(&args.line);
    let replaced = args.replaced.as_deref().unwrap_or(&line.last.raw);
    let mut cli = Cli::command();
    cli.build();
    let Some(slot) = slot::of(&cli, &line) else {
        return Ok(None);
    };
    let begun = &line.last.text[slot.from..];
    let offers = complete::offers(app, slot.wants, begun).unwrap_or_default();
    let mut text = String::new();
    for word in words((args.shell, replaced), &line, (&slot, begun), offers) {
        text.push_str(&word);
        text.push('\n');
    }
    out.bytes(text.as_bytes())?;
    Ok(None)
}

fn words(
    (shell, replaced): (Asker, &str),
    line: &Line,
    (slot, begun): (&slot::Slot, &str),
    offers: Vec<Offer>,
) -> Vec<String> {
    let flag = &line.last.text[..slot.from];
    let plain = offers.iter();
    match shell {
        // These two quote by themselves, and show what a word is about.
        Asker::Zsh | Asker::Fish => plain
            .map(|offer| match offer.about.is_empty() {
                true => format!("{flag}{}", offer.word),
                false => format!("{flag}{}\t{}", offer.word, offer.about),
            })
            .collect(),
        Asker::Bash => {
            let quote = line.last.quote;
            let mut words: Vec<String> = plain
                .filter_map(|offer| quote.insert(&format!("{flag}{}", offer.word)))
                .collect();
            // Bash puts in what all have in common, also where that is less than was typed.
            let typed = quote
                .insert(&line.last.text)
                .unwrap_or_default()
                .to_lowercase();
            let begins = |word: &&String| word.to_lowercase().starts_with(&typed);
            if words.len() > 1 && !words.iter().all(|word| begins(&word)) && !begun.is_empty() {
                let fits: Vec<String> = words.iter().filter(begins).cloned().collect();
                match fits.is_empty() {
                    true => words.extend(quote.insert(&line.last.text)),
                    false => words = fits,
                }
            }
            // Bash may have parted the word already, at `:`, `=` or `@`, and keeps what stands before.
            let kept = match quote {
                Quote::None => line.last.raw.strip_suffix(replaced).unwrap_or_default(),
                _ => "",
            };
            words
                .into_iter()
                .filter_map(|word| {
                    let same = word.get(..kept.len())?.eq_ignore_ascii_case(kept);
                    same.then(|| word[kept.len()..].to_owned())
                })
                .collect()
        }
    }
}

impl Wants {
    /// What a value is, by the command it is given to, the id of its argument and the name it is shown by.
    fn of(path: &[&str], id: &str, shown: &str) -> Option<Wants> {
        let command = path.first().copied().unwrap_or_default();
        Some(match (command, id, shown) {
            (_, _, "TO") => Wants::Recipient,
            ("inbox", _, "WHO") | ("contacts", _, "ADDRESS") | ("send" | "reply", _, "ADDRESS") => {
                Wants::Recipient
            }
            (_, "account" | "accounts", _) | (_, _, "ACCOUNT") => Wants::Account,
            (_, _, "GROUP") => Wants::Group,
            (_, _, "LABEL") => Wants::Label,
            ("contacts", "name", _) if path.contains(&"group") => Wants::Group,
            ("contacts", _, "MEMBER") => Wants::Recipient,
            ("contacts", "contact", _) | ("contacts", _, "CONTACT" | "QUERY") => Wants::Contact,
            ("contacts", "from", "ID") => Wants::Message,
            ("outbox", "id" | "ids", _) => Wants::Item,
            (_, _, "ID") | (_, "id" | "ids", _)
                if ["inbox", "react", "edit", "unsend", "reply", "forward"].contains(&command) =>
            {
                Wants::Message
            }
            _ => return None,
        })
    }
}
