//! Spellings of IMAP: folder names in modified UTF-7, quoted strings, UID sets, keywords.

use crate::format::utf7;

pub use crate::format::utf7::encode;

/// A name as people read it; what is not modified UTF-7 (servers that send UTF-8, broken names) stays as it is.
pub fn decode(name: &str) -> String {
    utf7::decode(name).unwrap_or_else(|| name.to_owned())
}

/// A quoted string. CR, LF and NUL can't be written in one and are left out.
pub fn quote(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars().filter(|c| !matches!(c, '\r' | '\n' | '\0')) {
        if matches!(c, '"' | '\\') {
            quoted.push('\\');
        }
        quoted.push(c);
    }
    quoted.push('"');
    quoted
}

/// A set of UIDs in the shortest spelling; they must be ascending.
pub fn uid_set(uids: &[u32]) -> String {
    let mut set = String::new();
    for run in uids.chunk_by(|a, b| a.checked_add(1) == Some(*b)) {
        if !set.is_empty() {
            set.push(',');
        }
        set.push_str(&run[0].to_string());
        if let [_, .., last] = run {
            set.push(':');
            set.push_str(&last.to_string());
        }
    }
    set
}

/// Ranges of a UID set, each ascending. Never expanded here: a server may claim four billion.
pub fn ranges(set: &str) -> Vec<(u32, u32)> {
    set.split(',')
        .filter_map(|part| {
            let (from, to) = part.split_once(':').unwrap_or((part, part));
            let (from, to): (u32, u32) = (from.parse().ok()?, to.parse().ok()?);
            Some((from.min(to), from.max(to)))
        })
        .collect()
}

/// The UIDs of a set, as long as there are no more than `most`.
pub fn expand(set: &str, most: usize) -> Option<Vec<u32>> {
    let ranges = ranges(set);
    let total: u64 = ranges.iter().map(|(a, b)| u64::from(b - a) + 1).sum();
    (total <= most as u64).then(|| ranges.into_iter().flat_map(|(a, b)| a..=b).collect())
}

/// A label as a keyword: modified UTF-7 for what is not ASCII, `_` for what an atom can't hold.
pub fn keyword(label: &str) -> String {
    encode(label)
        .chars()
        .map(|c| {
            if c.is_ascii_graphic() && !"(){%*\"\\]".contains(c) {
                c
            } else {
                '_'
            }
        })
        .collect()
}

/// A keyword as a label.
pub fn label(keyword: &str) -> String {
    decode(keyword)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_modified_utf7_stays_as_it_is() {
        assert_eq!(decode("Entw&APw-rfe"), "Entwürfe");
        for broken in ["&", "&abc", "&!!-", "a&AA-b", "&2D0-", "Entwürfe"] {
            assert_eq!(decode(broken), broken);
        }
    }

    #[test]
    fn a_quoted_string_can_not_end_a_command() {
        assert_eq!(quote("a\"b\\c\r\nx LOGOUT"), "\"a\\\"b\\\\cx LOGOUT\"");
    }

    #[test]
    fn uid_sets_are_short_and_never_explode() {
        assert_eq!(uid_set(&[1, 2, 3, 5, 8, 9]), "1:3,5,8:9");
        assert_eq!(uid_set(&[]), "");
        assert_eq!(uid_set(&[u32::MAX]), "4294967295");
        assert_eq!(ranges("41,43:45,x,9:7"), [(41, 41), (43, 45), (7, 9)]);
        assert_eq!(expand("1:3,7", 10), Some(vec![1, 2, 3, 7]));
        assert_eq!(expand("1:4294967295", 10), None);
    }

    #[test]
    fn a_label_is_always_an_atom() {
        assert_eq!(keyword("to do (soon)"), "to_do__soon_");
        assert_eq!(label(&keyword("größe")), "größe");
    }
}
