//! The texts of vCards: escapes, lists, percent signs, and what may stand in a field of a card.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, percent_decode_str, utf8_percent_encode};

use crate::format::percent::RESERVED;

/// The text with its escapes undone (RFC 6350 §3.4); `\:` is Apple's and Google's.
pub fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some('n' | 'N') => out.push('\n'),
            Some(c @ ('\\' | ',' | ';' | ':')) => out.push(c),
            Some(c) => out.extend(['\\', c]),
            None => out.push('\\'),
        }
    }
    out
}

/// The text with a backslash before these characters, before backslashes, and for line breaks.
pub fn escaped(text: &str, special: &[char]) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\\' => out.push_str("\\\\"),
            c if special.contains(&c) => out.extend(['\\', c]),
            c if is_junk(c) => {}
            c => out.push(c),
        }
    }
    out
}

/// The pieces between separators that are not escaped; their escapes stay.
pub fn pieces(text: &str, separator: char) -> Vec<&str> {
    let mut all = Vec::new();
    let (mut start, mut escape) = (0, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if escape => escape = false,
            '\\' => escape = true,
            c if c == separator => {
                all.push(&text[start..at]);
                start = at + c.len_utf8();
            }
            _ => {}
        }
    }
    all.push(&text[start..]);
    all
}

/// Text of several lines as a card keeps it.
pub fn tidy(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let clean: String = text.chars().filter(|c| !is_junk(*c)).collect();
    clean.trim().to_owned()
}

/// Text of one line as a card keeps it.
pub fn line(text: &str) -> String {
    let tidy = tidy(text);
    match tidy.contains(['\n', '\t']) {
        true => tidy.split_whitespace().collect::<Vec<_>>().join(" "),
        false => tidy,
    }
}

/// As [`line`]; `None` if nothing is left.
pub fn some(text: &str) -> Option<String> {
    Some(line(text)).filter(|text| !text.is_empty())
}

fn is_junk(c: char) -> bool {
    (c.is_control() && !matches!(c, '\n' | '\t')) || c == '\u{feff}'
}

/// What may not stand in an address of IMPP behind its scheme (RFC 3986).
const NO_ADDRESS: &AsciiSet = &RESERVED
    .remove(b'+')
    .remove(b'@')
    .remove(b'/')
    .remove(b'=')
    .remove(b':')
    .remove(b'!')
    .remove(b'*');

pub fn percent_encoded(text: &str) -> String {
    utf8_percent_encode(text, NO_ADDRESS).to_string()
}

/// The text itself where the bytes behind the signs are no UTF-8.
pub fn percent_decoded(text: &str) -> String {
    let decoded = percent_decode_str(text).decode_utf8();
    decoded.map_or_else(|_| text.to_owned(), Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_escape_is_undone_once() {
        assert_eq!(unescaped(r"a\,b\;c\\n\nd\:e\x\"), "a,b;c\\n\nd:e\\x\\");
        assert_eq!(escaped("a,b;c\\n\nd", &[',', ';']), r"a\,b\;c\\n\nd");
        assert_eq!(pieces(r"a\;b;c\\;d", ';'), [r"a\;b", r"c\\", "d"]);
        assert_eq!(line(" a\r\n b\u{0} "), "a b");
    }

    #[test]
    fn percent_signs_come_back() {
        for text in ["+1 415", "users/123", "ä;,\\%", "%zz"] {
            assert_eq!(percent_decoded(&percent_encoded(text)), text);
        }
        assert_eq!(percent_decoded("%e4"), "%e4", "no UTF-8");
    }
}
