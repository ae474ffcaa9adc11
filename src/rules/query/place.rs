//! Errors that point at a place in the query.

use std::ops::Range;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::error::Error;

/// Columns of the query shown on each side of the place.
const AROUND: usize = 60;

/// A usage error with the query and carets under the place it is about.
pub fn point(text: &str, at: Range<usize>, message: impl std::fmt::Display) -> Error {
    let message = short(&message.to_string());
    let (before, cut) = tail(&text[..at.start]);
    let marked: String = text[at.clone()].chars().take(AROUND).collect();
    let marked = visible(&marked);
    let after: String = text[at.end..].chars().take(AROUND).collect();
    let after = visible(&after);
    let lead = if cut { "…" } else { "" };
    let indent = " ".repeat(before.width() + lead.width());
    let carets = "^".repeat(marked.width().max(1));
    Error::usage(format!(
        "{message}\n  {lead}{before}{marked}{after}\n  {indent}{carets}"
    ))
}

/// The message on one line; what it quotes may be as long as the query.
fn short(message: &str) -> String {
    const LONGEST: usize = 240;
    let mut short = visible(message);
    if let Some((end, _)) = short.char_indices().nth(LONGEST) {
        short.truncate(end);
        short.push('…');
    }
    short
}

/// The last part of a text, and whether more came before it.
fn tail(text: &str) -> (String, bool) {
    let start = text
        .char_indices()
        .rev()
        .nth(AROUND - 1)
        .map_or(0, |(at, _)| at);
    (visible(&text[start..]), start > 0)
}

/// One line without characters that would shift or break it.
fn visible(text: &str) -> String {
    text.chars()
        .map(|c| match c.width() {
            Some(width) if width > 0 && !is_hidden(c) => c,
            _ => ' ',
        })
        .collect()
}

/// Changes the order of what is shown.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}
