//! Content-Transfer-Encoding: base64 and quoted-printable as tolerant as mail needs, in one pass.

use std::borrow::Cow;

use memchr::memchr;

/// How the bytes of a part are wrapped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Transfer {
    /// 7bit, 8bit, binary, none, or a name nobody knows.
    #[default]
    Identity,
    Base64,
    QuotedPrintable,
    /// Old, and only ever used for attachments.
    Uuencode,
}

impl Transfer {
    /// The encoding of this name; `Err` with identity if it is unknown.
    pub fn named(value: &[u8]) -> Result<Transfer, Transfer> {
        let name = value.trim_ascii();
        // "base64; something" and "(comment)" do occur.
        let end = name
            .iter()
            .position(|b| matches!(b, b';' | b' ' | b'\t' | b'('));
        let name = name[..end.unwrap_or(name.len())].trim_ascii();
        let is = |known: &str| name.eq_ignore_ascii_case(known.as_bytes());
        if is("base64") {
            Ok(Transfer::Base64)
        } else if is("quoted-printable") {
            Ok(Transfer::QuotedPrintable)
        } else if is("x-uuencode") || is("uuencode") || is("x-uue") {
            Ok(Transfer::Uuencode)
        } else if name.is_empty() || is("7bit") || is("8bit") || is("binary") {
            Ok(Transfer::Identity)
        } else {
            Err(Transfer::Identity)
        }
    }

    /// The bytes unwrapped, and whether all of the wrapping was sound.
    pub fn decode(self, bytes: &[u8]) -> (Cow<'_, [u8]>, bool) {
        match self {
            Transfer::Identity => (bytes.into(), true),
            Transfer::Base64 => {
                let mut decoded = Vec::with_capacity(bytes.len() / 4 * 3 + 3);
                let sound = base64(bytes, |group| decoded.extend_from_slice(group));
                (decoded.into(), sound)
            }
            Transfer::QuotedPrintable => {
                let (decoded, sound) = quoted_printable(bytes);
                (decoded.into(), sound)
            }
            Transfer::Uuencode => match uuencoded(bytes) {
                Some(decoded) => (decoded.into(), true),
                None => (bytes.into(), false),
            },
        }
    }

    /// What [`Transfer::decode`] would return, as a length.
    pub fn decoded_len(self, bytes: &[u8]) -> (u64, bool) {
        match self {
            Transfer::Identity => (bytes.len() as u64, true),
            Transfer::Base64 => {
                let mut length = 0;
                let sound = base64(bytes, |group| length += group.len() as u64);
                (length, sound)
            }
            _ => {
                let (decoded, sound) = self.decode(bytes);
                (decoded.len() as u64, sound)
            }
        }
    }
}

const SPACE: u8 = 64;
const PAD: u8 = 65;
const JUNK: u8 = 66;

const VALUES: [u8; 256] = {
    let mut table = [JUNK; 256];
    let mut value = 0;
    while value < 64 {
        let letter = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"[value];
        table[letter as usize] = value as u8;
        value += 1;
    }
    table[b' ' as usize] = SPACE;
    table[b'\t' as usize] = SPACE;
    table[b'\r' as usize] = SPACE;
    table[b'\n' as usize] = SPACE;
    table[b'=' as usize] = PAD;
    table
};

/// Hands out decoded bytes in groups of up to three; junk is skipped. Text after the padding that is not base64
/// (footers of mailing lists) ends it. False if junk was met before that or the last group is cut.
pub fn base64(bytes: &[u8], mut out: impl FnMut(&[u8])) -> bool {
    let mut sound = true;
    let (mut group, mut held) = (0u32, 0u8);
    let mut padded = false;
    let mut at = 0;
    while at < bytes.len() {
        if held == 0 {
            while let Some(&[a, b, c, d]) = bytes.get(at..at + 4).and_then(|s| s.first_chunk::<4>())
            {
                let [a, b, c, d] = [a, b, c, d].map(|b| VALUES[b as usize]);
                if (a | b | c | d) >= 64 {
                    break;
                }
                let word =
                    u32::from(a) << 18 | u32::from(b) << 12 | u32::from(c) << 6 | u32::from(d);
                out(&word.to_be_bytes()[1..]);
                at += 4;
            }
            if at >= bytes.len() {
                break;
            }
        }
        match VALUES[bytes[at] as usize] {
            SPACE => {}
            PAD => {
                match held {
                    2 => out(&[(group >> 4) as u8]),
                    3 => out(&((group >> 2) as u16).to_be_bytes()),
                    1 => sound = false,
                    _ => {}
                }
                (group, held) = (0, 0);
                if !padded {
                    padded = true;
                    if bytes[at..].iter().any(|b| VALUES[*b as usize] == JUNK) {
                        return sound;
                    }
                }
            }
            JUNK => sound = false,
            value => {
                group = group << 6 | u32::from(value);
                held += 1;
                if held == 4 {
                    out(&group.to_be_bytes()[1..]);
                    (group, held) = (0, 0);
                }
            }
        }
        at += 1;
    }
    match held {
        2 => out(&[(group >> 4) as u8]),
        3 => out(&((group >> 2) as u16).to_be_bytes()),
        1 => return false,
        _ => {}
    }
    sound
}

/// RFC 2045 §6.7; escapes that are none stay as they are.
fn quoted_printable(bytes: &[u8]) -> (Vec<u8>, bool) {
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut sound = true;
    let mut rest = bytes;
    while !rest.is_empty() {
        let (line, end): (&[u8], &[u8]) = match memchr(b'\n', rest) {
            Some(n) if n > 0 && rest[n - 1] == b'\r' => (&rest[..n - 1], &rest[n - 1..=n]),
            Some(n) => (&rest[..n], &rest[n..=n]),
            None => (rest, b""),
        };
        rest = &rest[line.len() + end.len()..];
        // White space at the end of a line was added on the way.
        let mut line = line.trim_ascii_end();
        let soft = line.last() == Some(&b'=');
        if soft {
            line = &line[..line.len() - 1];
        }
        while let Some(equals) = memchr(b'=', line) {
            decoded.extend_from_slice(&line[..equals]);
            match line.get(equals + 1..equals + 3).and_then(hex) {
                Some(byte) => {
                    decoded.push(byte);
                    line = &line[equals + 3..];
                }
                None => {
                    decoded.push(b'=');
                    sound = false;
                    line = &line[equals + 1..];
                }
            }
        }
        decoded.extend_from_slice(line);
        if !soft {
            decoded.extend_from_slice(end);
        }
    }
    (decoded, sound)
}

/// The byte two hexadecimal digits stand for.
pub fn hex(digits: &[u8]) -> Option<u8> {
    let value = |b: u8| (b as char).to_digit(16);
    match digits {
        [high, low] => Some((value(*high)? * 16 + value(*low)?) as u8),
        _ => None,
    }
}

/// The first file between `begin` and `end`.
fn uuencoded(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut lines = bytes.split(|b| *b == b'\n').map(|l| l.trim_ascii_end());
    lines.find(|l| l.starts_with(b"begin "))?;
    let mut decoded = Vec::new();
    for line in lines {
        if line == b"end" {
            return Some(decoded);
        }
        let Some((count, letters)) = line.split_first() else {
            continue;
        };
        let count = usize::from(count.wrapping_sub(32) & 63);
        let mut bytes = Vec::with_capacity(45);
        for group in letters.chunks(4) {
            let mut word = 0u32;
            for at in 0..4 {
                let letter = group.get(at).copied().unwrap_or(b' ');
                word = word << 6 | u32::from(letter.wrapping_sub(32) & 63);
            }
            bytes.extend_from_slice(&word.to_be_bytes()[1..]);
        }
        bytes.truncate(count);
        decoded.append(&mut bytes);
    }
    Some(decoded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_read_through_dirt() {
        for (wrapped, plain, sound) in [
            ("aGVsbG8=", "hello", true),
            ("aGVs\r\nbG8=\r\n", "hello", true),
            ("aGVsbG8", "hello", true),
            ("aGVs!bG8=", "hello", false),
            ("aGVsbG8=\r\n____\r\nlist footer", "hello", true),
            ("aGk=aGk=", "hihi", true),
            ("aGVsb", "hel", false),
            ("", "", true),
            ("====", "", true),
        ] {
            let (decoded, ok) = Transfer::Base64.decode(wrapped.as_bytes());
            assert_eq!(
                (String::from_utf8_lossy(&decoded).as_ref(), ok),
                (plain, sound),
                "{wrapped}"
            );
            assert_eq!(
                Transfer::Base64.decoded_len(wrapped.as_bytes()),
                (plain.len() as u64, sound)
            );
        }
    }

    #[test]
    fn quoted_printable_keeps_line_ends_as_they_are() {
        for (wrapped, plain, sound) in [
            ("caf=C3=A9", "café", true),
            ("soft=\r\n break=\n.", "soft break.", true),
            ("trail  \r\nnext\t\n", "trail\r\nnext\n", true),
            ("a = b =zz", "a = b =zz", false),
            ("ends with =", "ends with ", true),
            ("=3D=3d", "==", true),
        ] {
            let (decoded, ok) = Transfer::QuotedPrintable.decode(wrapped.as_bytes());
            assert_eq!(
                (String::from_utf8_lossy(&decoded).as_ref(), ok),
                (plain, sound),
                "{wrapped}"
            );
        }
    }

    #[test]
    fn uuencoded_files_are_unpacked() {
        let wrapped = b"begin 644 hi.txt\n#:&D*\n`\nend\n";
        assert_eq!(Transfer::Uuencode.decode(wrapped).0.as_ref(), b"hi\n");
    }
}
