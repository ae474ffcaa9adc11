//! Spellings of IMAP: folder names in modified UTF-7, quoted strings, UID sets, keywords.

use base64::Engine;
use base64::alphabet::IMAP_MUTF7;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

const MUTF7: GeneralPurpose = GeneralPurpose::new(
    &IMAP_MUTF7,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone)
        .with_decode_allow_trailing_bits(true),
);

/// A name as the server wants it (RFC 3501 §5.1.3).
pub fn encode(name: &str) -> String {
    let mut encoded = String::with_capacity(name.len());
    let mut shifted: Vec<u8> = Vec::new();
    let flush = |shifted: &mut Vec<u8>, encoded: &mut String| {
        if !shifted.is_empty() {
            encoded.push('&');
            encoded.push_str(&MUTF7.encode(&*shifted));
            encoded.push('-');
            shifted.clear();
        }
    };
    for c in name.chars() {
        if (' '..='~').contains(&c) {
            flush(&mut shifted, &mut encoded);
            encoded.push(c);
            if c == '&' {
                encoded.push('-');
            }
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                shifted.extend(unit.to_be_bytes());
            }
        }
    }
    flush(&mut shifted, &mut encoded);
    encoded
}

/// A name as people read it; what is not modified UTF-7 (servers that send UTF-8, broken names) stays as it is.
pub fn decode(name: &str) -> String {
    try_decode(name).unwrap_or_else(|| name.to_owned())
}

fn try_decode(name: &str) -> Option<String> {
    let mut decoded = String::with_capacity(name.len());
    let mut rest = name;
    while let Some((plain, after)) = rest.split_once('&') {
        decoded.push_str(plain);
        let (shifted, after) = after.split_once('-')?;
        rest = after;
        if shifted.is_empty() {
            decoded.push('&');
            continue;
        }
        let bytes = MUTF7.decode(shifted).ok()?;
        let (pairs, odd) = bytes.as_chunks::<2>();
        if !odd.is_empty() {
            return None;
        }
        let units: Vec<u16> = pairs.iter().map(|pair| u16::from_be_bytes(*pair)).collect();
        decoded.push_str(&String::from_utf16(&units).ok()?);
    }
    decoded.push_str(rest);
    Some(decoded)
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
    fn names_survive_both_ways() {
        for (name, wire) in [
            ("INBOX", "INBOX"),
            ("Entwürfe", "Entw&APw-rfe"),
            ("Tom & Jerry", "Tom &- Jerry"),
            ("台北/日本語", "&U,BTFw-/&ZeVnLIqe-"),
            ("😀", "&2D3eAA-"),
        ] {
            assert_eq!(encode(name), wire);
            assert_eq!(decode(wire), name);
        }
        for broken in ["&", "&abc", "&!!-", "a&AA-b", "&2D0-"] {
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
