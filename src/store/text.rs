//! Texts for the index and FTS5 expressions from a user's words.
//!
//! A user's text is always a quoted string: nothing in it is ever read as FTS5 syntax.

use std::borrow::Cow;

use crate::format::{cjk, fold};
use crate::model::address::Address;
use crate::model::query::{Field, Text};

/// How many characters of the text a list shows.
const PREVIEW: usize = 200;

/// A text as the index takes it.
pub fn indexed(text: &str) -> Cow<'_, str> {
    match fold::letters(text) {
        Cow::Borrowed(text) => cjk::spread(text),
        Cow::Owned(text) => Cow::Owned(cjk::spread(&text).into_owned()),
    }
}

/// Names and addresses as the index takes them.
pub fn indexed_people<'a>(people: impl Iterator<Item = &'a Address>) -> String {
    let mut text = String::new();
    for person in people {
        if !text.is_empty() {
            text.push('\n');
        }
        if let Some(name) = &person.name {
            text.push_str(&indexed(name));
            text.push(' ');
        }
        text.push_str(&fold::letters(&person.email));
    }
    text
}

/// The first characters of a text, on one line.
pub fn preview(text: &str) -> String {
    let mut line = String::new();
    let mut length = 0;
    for word in text.split_whitespace() {
        let gap = usize::from(length > 0);
        let room = PREVIEW.saturating_sub(length + gap);
        if room == 0 {
            break;
        }
        if gap > 0 {
            line.push(' ');
        }
        let kept = word
            .char_indices()
            .nth(room)
            .map_or(word, |(end, _)| &word[..end]);
        line.push_str(kept);
        length += gap + kept.chars().count();
    }
    line
}

/// The FTS5 expression for a text in a field; `None` if no word is in it (`***`).
pub fn expression(field: Field, text: &Text) -> Option<String> {
    let (words, star) = match text {
        Text::Word(words) | Text::Phrase(words) => (words, ""),
        Text::Prefix(words) => (words, "*"),
    };
    if !words.chars().any(is_token) {
        return None;
    }
    // FTS5 reads an expression only up to a NUL.
    let quoted = |words: &str| {
        let words = words.replace('\0', " ").replace('"', "\"\"");
        format!("\"{words}\"{star}")
    };
    let (as_typed, folded) = (cjk::spread(words), indexed(words));
    let wanted = match as_typed == folded {
        true => quoted(&folded),
        // What was indexed before letters were folded is found as it was written.
        false => format!("({} OR {})", quoted(&folded), quoted(&as_typed)),
    };
    let columns = match field {
        Field::Any => "",
        Field::From => "{sender} : ",
        Field::To => "{recipients copies} : ",
        Field::Cc => "{copies} : ",
        Field::Subject => "{subject} : ",
        Field::Filename => "{attachments} : ",
    };
    Some(format!("{columns}{wanted}"))
}

/// Whether unicode61 takes this character into a token (letters, numbers, private use).
fn is_token(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_users_text_is_never_syntax() {
        let word = |text: &str| expression(Field::Any, &Text::Word(text.into()));
        assert_eq!(word("a\" OR b").unwrap(), "\"a\"\" OR b\"");
        assert_eq!(word("NEAR(x)").unwrap(), "\"NEAR(x)\"");
        assert_eq!(word("a\0b").unwrap(), "\"a b\"");
        assert_eq!(word("***"), None);
        assert_eq!(word("Straße").unwrap(), "(\"Strasse\" OR \"Straße\")");
    }

    #[test]
    fn a_preview_is_one_line_of_at_most_200_characters() {
        assert_eq!(preview(" a\r\n\tb  c "), "a b c");
        assert_eq!(preview(&"ä ".repeat(300)).chars().count(), 199);
        assert_eq!(preview(&"ä".repeat(300)).chars().count(), 200);
        assert_eq!(preview(&format!("{} b", "a".repeat(199))), "a".repeat(199));
    }
}
