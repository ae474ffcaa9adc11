//! Markdown and plain text to Chat's own dialect, and the mentions in it.

use crate::format::dialect::{self, GAP, Mentions, Style};

/// Markdown in Chat's dialect.
pub fn from_markdown(markdown: &str, mentions: Mentions) -> String {
    dialect::from_markdown(markdown, Style::GoogleChat(mentions))
}

/// A text that is no Markdown, shown in Chat as it is written; lines that begin with `- ` or `> ` stay.
pub fn from_plain(text: &str, mentions: Mentions) -> String {
    dialect::from_plain(text, Style::GoogleChat(mentions))
}

/// Whether a text in the dialect mentions anyone.
pub fn mentions(text: &str) -> bool {
    text.to_ascii_lowercase().contains(MENTION)
}

/// A text in the dialect with its mentions shown only.
pub fn without_mentions(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut done = 0;
    for (at, _) in text.to_ascii_lowercase().match_indices(MENTION) {
        shown.push_str(&text[done..=at]);
        shown.push(GAP);
        done = at + 1;
    }
    shown.push_str(&text[done..]);
    shown
}

/// How a mention begins.
const MENTION: &str = "<users/";

#[cfg(test)]
mod tests;
