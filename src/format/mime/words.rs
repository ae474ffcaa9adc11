//! Encoded words of header fields (RFC 2047) in all the forms real mail has them.

use memchr::memmem;

use super::charset;
use super::transfer;

/// Bytes within which a word must end; 75 by the standard, whole subjects in practice.
const LONGEST_WORD: usize = 4096;

/// Text of an unfolded header value. `hint` is the charset of raw 8-bit bytes that are not UTF-8.
pub fn decode(value: &[u8], hint: Option<&str>) -> String {
    if memmem::find(value, b"=?").is_none() {
        return charset::decode(value, None, hint).0.into_owned();
    }
    let mut text = String::with_capacity(value.len());
    // Bytes of adjacent words in one charset: a character may be split between two words.
    let mut run: Option<(&[u8], Vec<u8>)> = None;
    let mut rest = value;
    while !rest.is_empty() {
        let Some(start) = memmem::find(rest, b"=?") else {
            end_run(&mut run, &mut text);
            text.push_str(&charset::decode(rest, None, hint).0);
            break;
        };
        let Some((label, bytes, length)) = word(&rest[start..]) else {
            end_run(&mut run, &mut text);
            text.push_str(&charset::decode(&rest[..start + 2], None, hint).0);
            rest = &rest[start + 2..];
            continue;
        };
        let between = &rest[..start];
        // White space between two words is not part of the text (RFC 2047 §6.2).
        let adjacent = run.is_some() && between.trim_ascii().is_empty();
        if !adjacent {
            end_run(&mut run, &mut text);
            text.push_str(&charset::decode(between, None, hint).0);
        }
        match &mut run {
            Some((same, held)) if same.eq_ignore_ascii_case(label) => {
                held.extend_from_slice(&bytes)
            }
            _ => {
                end_run(&mut run, &mut text);
                run = Some((label, bytes));
            }
        }
        rest = &rest[start + length..];
    }
    end_run(&mut run, &mut text);
    text
}

fn end_run(run: &mut Option<(&[u8], Vec<u8>)>, text: &mut String) {
    if let Some((label, bytes)) = run.take() {
        let label = String::from_utf8_lossy(label);
        text.push_str(&charset::decode(&bytes, Some(&label), None).0);
    }
}

/// The word at the start of `from`: its charset, its bytes and its length. White space inside is an old fault of
/// many mailers and let pass; the closing `?=` may be missing at the end of the value.
fn word(from: &[u8]) -> Option<(&[u8], Vec<u8>, usize)> {
    let inner = from.strip_prefix(b"=?")?;
    let label_end = inner.iter().take(64).position(|b| *b == b'?')?;
    let label = &inner[..label_end];
    if label.is_empty() || label.iter().any(|b| b.is_ascii_whitespace() || *b == b'=') {
        return None;
    }
    let [encoding, b'?', coded @ ..] = &inner[label_end + 1..] else {
        return None;
    };
    let window = &coded[..coded.len().min(LONGEST_WORD)];
    let close = memmem::find(window, b"?=");
    let next = memmem::find(&window[..close.unwrap_or(window.len())], b"=?");
    let (coded, closing) = match (close, next) {
        (Some(close), None) => (&coded[..close], 2),
        // A word that never ends, followed by another one.
        (_, Some(next)) if coded[..next].contains(&b' ') => return None,
        (Some(close), Some(_)) => (&coded[..close], 2),
        (None, _) if window.len() < coded.len() => return None,
        (None, _) => (coded, 0),
    };
    let bytes = match encoding {
        b'B' | b'b' => {
            let mut bytes = Vec::with_capacity(coded.len());
            transfer::base64(coded, |group| bytes.extend_from_slice(group));
            bytes
        }
        b'Q' | b'q' => q(coded),
        _ => return None,
    };
    Some((label, bytes, 2 + label_end + 3 + coded.len() + closing))
}

fn q(coded: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(coded.len());
    let mut at = 0;
    while at < coded.len() {
        match coded[at] {
            b'_' => bytes.push(b' '),
            b'=' => match coded.get(at + 1..at + 3).and_then(transfer::hex) {
                Some(byte) => {
                    bytes.push(byte);
                    at += 2;
                }
                None => bytes.push(b'='),
            },
            byte => bytes.push(byte),
        }
        at += 1;
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encoded_words_are_read_in_all_their_forms() {
        for (value, text) in [
            ("plain", "plain"),
            ("=?utf-8?Q?caf=C3=A9?=", "café"),
            ("=?UTF-8?b?Y2Fmw6k=?=", "café"),
            ("=?utf-8?B?Y2Fmw6k?= au lait", "café au lait"),
            ("a =?iso-8859-1?Q?=E9?= b", "a é b"),
            ("=?utf-8?Q?a?= =?utf-8?Q?b?=", "ab"),
            ("=?utf-8?Q?a?==?utf-8?Q?b?=", "ab"),
            ("=?utf-8?Q?a?= and =?utf-8?Q?b?=", "a and b"),
            // A character split between two words.
            ("=?utf-8?Q?caf=C3?= =?utf-8?Q?=A9?=", "café"),
            ("=?utf-8?B?Y2Fmww==?= =?utf-8?B?qQ==?=", "café"),
            ("=?utf-8?Q?with spaces inside?=", "with spaces inside"),
            ("=?utf-8*en?Q?lang?=", "lang"),
            ("=?utf-8?Q?never ends", "never ends"),
            ("=?utf-8?X?what?=", "=?utf-8?X?what?="),
            ("=?utf-8?Q?=41_=5F?=", "A _"),
            ("=?utf-8?Q?bad=ZZhex?=", "bad=ZZhex"),
            ("=?x-no-such?Q?abc?=", "abc"),
            ("=?iso-2022-jp?B?GyRCJU8lbSE8GyhC?=", "ハロー"),
            ("=?gb2312?B?xOO6ww==?=", "你好"),
            ("=?koi8-r?B?8NLJ18XU?=", "Привет"),
            ("raw é header", "raw é header"),
            ("a=?b", "a=?b"),
            ("=?", "=?"),
            ("(=?utf-8?Q?x?=)", "(x)"),
        ] {
            assert_eq!(decode(value.as_bytes(), None), text, "{value}");
        }
        assert_eq!(decode(b"raw \xe9", None), "raw é");
        assert_eq!(decode(b"\xf0\xd2\xc9", Some("koi8-r")), "При");
    }

    #[test]
    fn a_million_openings_are_read_in_one_pass() {
        let value = b"=?utf-8?Q?x ".repeat(100_000);
        assert!(decode(&value, None).len() <= value.len());
        let value = b"=?".repeat(500_000);
        assert_eq!(decode(&value, None).len(), value.len());
    }
}
