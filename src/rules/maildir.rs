//! Names of Maildir files: the unique part, and the flags after `:2,`.

use std::borrow::Cow;
use std::ffi::{OsStr, OsString};

use crate::model::message::{Change, Flags};

/// A file name taken apart: everything before the info, the separator, the flag letters.
pub struct Parts<'a> {
    base: &'a [u8],
    /// `:` on Unix; `;` and `!` where file names can't hold it.
    separator: u8,
    letters: &'a [u8],
}

impl<'a> Parts<'a> {
    pub fn of(name: &'a OsStr) -> Self {
        let bytes = name.as_encoded_bytes();
        for at in (0..bytes.len().saturating_sub(1)).rev() {
            let separator = bytes[at];
            if matches!(separator, b':' | b';' | b'!') && matches!(bytes[at + 1], b'1' | b'2') {
                let letters = match &bytes[at + 1..] {
                    [b'2', b',', letters @ ..] => letters,
                    // An experimental `1,` and a name cut off after the version say nothing.
                    [b'1', b',', ..] | [b'2'] => &[],
                    _ => continue,
                };
                return Parts {
                    base: &bytes[..at],
                    separator,
                    letters,
                };
            }
        }
        Parts {
            base: bytes,
            separator: if cfg!(windows) { b';' } else { b':' },
            letters: &[],
        }
    }

    /// What stays when flags change, without the `,U=17` that mbsync adds once the server knows the message.
    pub fn unique(&self) -> Cow<'a, [u8]> {
        let base = self.base;
        let Some(start) = find(base, b",U=") else {
            return Cow::Borrowed(base);
        };
        let digits = base[start + 3..]
            .iter()
            .take_while(|b| b.is_ascii_digit())
            .count();
        let after = &base[start + 3 + digits..];
        if digits == 0 || !(after.is_empty() || after[0] == b',') {
            return Cow::Borrowed(base);
        }
        Cow::Owned([&base[..start], after].concat())
    }

    fn flags(&self) -> Flags {
        let has = |letter| self.letters.contains(&letter);
        Flags {
            seen: has(b'S'),
            starred: has(b'F'),
            answered: has(b'R'),
            forwarded: has(b'P'),
            draft: has(b'D'),
            trashed: has(b'T'),
        }
    }
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|w| w == needle)
}

/// The part of a file name that stays when flags change, as text.
///
/// Bytes that are not UTF-8 become U+FFFD and two hex digits, so different names stay different.
pub fn unique_of(name: &OsStr) -> String {
    readable(&Parts::of(name).unique())
}

/// The flags that a file name tells; none without info part.
pub fn flags_of(name: &OsStr) -> Flags {
    Parts::of(name).flags()
}

/// Bytes as text that is different for different bytes.
pub fn readable(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        out.push_str(chunk.valid());
        for byte in chunk.invalid() {
            out.push_str(&format!("\u{FFFD}{byte:02x}"));
        }
    }
    out
}

/// The info part for flags: sorted letters after `:2,`; empty when there are none.
pub fn info(flags: Flags) -> String {
    let letters: String = [
        (flags.draft, 'D'),
        (flags.starred, 'F'),
        (flags.forwarded, 'P'),
        (flags.answered, 'R'),
        (flags.seen, 'S'),
        (flags.trashed, 'T'),
    ]
    .iter()
    .filter_map(|(set, letter)| set.then_some(*letter))
    .collect();
    if letters.is_empty() {
        return letters;
    }
    format!("{}2,{letters}", if cfg!(windows) { ';' } else { ':' })
}

/// The name of the same message with flags changed; letters of other programs stay.
pub fn changed(name: &OsStr, change: &Change) -> OsString {
    let parts = Parts::of(name);
    let mut letters = parts.letters.to_vec();
    for (wanted, letter) in [
        (change.seen, b'S'),
        (change.starred, b'F'),
        (change.answered, b'R'),
        (change.forwarded, b'P'),
    ] {
        match wanted {
            Some(true) => letters.push(letter),
            Some(false) => letters.retain(|l| *l != letter),
            None => {}
        }
    }
    letters.sort_unstable();
    letters.dedup();
    let mut bytes = parts.base.to_vec();
    bytes.push(parts.separator);
    bytes.extend(b"2,");
    bytes.extend(letters);
    os_string(bytes)
}

/// The name for another folder: without the `,U=17` that only counts in this one.
pub fn moved(name: &OsStr) -> OsString {
    let bytes = name.as_encoded_bytes();
    let parts = Parts::of(name);
    let info = &bytes[parts.base.len()..];
    os_string([&*parts.unique(), info].concat())
}

/// The info part of a name, with its separator.
pub fn info_of(name: &OsStr) -> OsString {
    let bytes = name.as_encoded_bytes();
    os_string(bytes[Parts::of(name).base.len()..].to_vec())
}

/// A file name of these bytes.
#[cfg(unix)]
pub fn os_string(bytes: Vec<u8>) -> OsString {
    std::os::unix::ffi::OsStringExt::from_vec(bytes)
}

#[cfg(not(unix))]
pub fn os_string(bytes: Vec<u8>) -> OsString {
    String::from_utf8_lossy(&bytes).into_owned().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letters(flags: Flags) -> String {
        info(flags).split(',').nth(1).unwrap_or("").to_owned()
    }

    #[test]
    fn flags_are_read_from_every_kind_of_name() {
        for (name, unique, flags) in [
            ("1.M2P3.host:2,FS", "1.M2P3.host", "FS"),
            ("1.M2P3.host;2,S", "1.M2P3.host", "S"),
            ("1.M2P3.host!2,RS", "1.M2P3.host", "RS"),
            ("1.M2P3.host:2,", "1.M2P3.host", ""),
            ("1.M2P3.host:2", "1.M2P3.host", ""),
            ("1.M2P3.host:1,x", "1.M2P3.host", ""),
            ("1.M2P3.host", "1.M2P3.host", ""),
            (
                "1.M2P3.host,S=10,W=12:2,aSTz",
                "1.M2P3.host,S=10,W=12",
                "ST",
            ),
            ("1.M2P3.host,U=17:2,S", "1.M2P3.host", "S"),
            ("1.M2P3.host,U=17,S=4:2,S", "1.M2P3.host,S=4", "S"),
            ("12:30:45.eml", "12:30:45.eml", ""),
            ("a:2,S:2,R", "a:2,S", "R"),
            ("", "", ""),
        ] {
            assert_eq!(unique_of(name.as_ref()), unique, "{name}");
            assert_eq!(letters(flags_of(name.as_ref())), flags, "{name}");
        }
    }

    #[test]
    fn a_change_sorts_letters_and_keeps_unknown_ones() {
        let read = Change {
            seen: Some(true),
            starred: Some(false),
            ..Change::default()
        };
        for (before, after) in [
            ("1.a", "1.a:2,S"),
            ("1.a:2,FRa", "1.a:2,RSa"),
            ("1.a;2,S", "1.a;2,S"),
        ] {
            assert_eq!(changed(before.as_ref(), &read), OsStr::new(after));
        }
    }

    #[test]
    fn a_moved_name_drops_what_counts_in_its_old_folder() {
        assert_eq!(moved("1.a,U=9,S=2:2,S".as_ref()), OsStr::new("1.a,S=2:2,S"));
        assert_eq!(moved("1.a".as_ref()), OsStr::new("1.a"));
    }

    #[cfg(unix)]
    #[test]
    fn names_that_are_not_utf8_stay_different() {
        use std::os::unix::ffi::OsStrExt;
        let unique = |bytes| unique_of(OsStr::from_bytes(bytes));
        assert_ne!(unique(b"1.\xff:2,S"), unique(b"1.\xfe:2,S"));
        assert_eq!(unique(b"1.\xff:2,S"), unique(b"1.\xff"));
    }
}
