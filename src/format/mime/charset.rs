//! Bytes to text under a charset label that may be missing, unknown or a lie.

use std::borrow::Cow;

use encoding_rs::{Encoding, GBK, ISO_2022_JP, UTF_8, WINDOWS_1252};
use mail_parser::decoders::charsets::map::charset_decoder;
use memchr::memmem;

/// How well the label fitted the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    Good,
    /// Nobody knows a charset of this name; the text is a guess.
    Unknown,
    /// The bytes are not what the label says; the text is a guess.
    Lie,
}

/// Text of `bytes` under `label`. `None` and the labels that say nothing (`us-ascii`, `8bit`, …) mean UTF-8
/// if it is that, else what `hint` says, else Windows-1252.
pub fn decode<'a>(bytes: &'a [u8], label: Option<&str>, hint: Option<&str>) -> (Cow<'a, str>, Fit) {
    let label = label.map(tidy).unwrap_or_default();
    if label.is_empty() || is_vague(&label) {
        return (guess(bytes, hint), Fit::Good);
    }
    if is_ascii_name(&label) || label == "utf-8" || label == "utf8" {
        return match std::str::from_utf8(strip_bom(bytes)) {
            Ok(text) if !has_jis(text.as_bytes()) => (text.into(), Fit::Good),
            Ok(_) => (guess(bytes, hint), Fit::Lie),
            Err(_) => (guess(bytes, hint), Fit::Lie),
        };
    }
    match find(&label) {
        Some(Charset::Rs(encoding)) => {
            // Latin-1 is what software says when it doesn't know; real UTF-8 sequences hardly occur in it.
            if encoding == WINDOWS_1252
                && bytes.iter().any(|b| *b >= 0x80)
                && let Ok(text) = std::str::from_utf8(bytes)
            {
                return (text.into(), Fit::Lie);
            }
            let (text, _, broken) = encoding.decode(bytes);
            match std::str::from_utf8(bytes) {
                Ok(utf8) if broken => (utf8.into(), Fit::Lie),
                _ => (text, Fit::Good),
            }
        }
        Some(Charset::Other(decoder)) => (decoder(bytes).into(), Fit::Good),
        None => (guess(bytes, hint), Fit::Unknown),
    }
}

enum Charset {
    Rs(&'static Encoding),
    Other(fn(&[u8]) -> String),
}

fn find(label: &str) -> Option<Charset> {
    let alias = match label {
        "cp932" | "ms932" | "windows-932" | "sjis" | "x-ms-cp932" => "shift_jis",
        "cp936" | "ms936" | "x-gbk" | "gb_2312-80" | "gb2312-80" | "euc-cn" | "euccn" => "gbk",
        "cp949" | "ms949" | "uhc" | "ks_c_5601" | "ksc5601" | "ksc_5601" => "euc-kr",
        "cp950" | "ms950" => "big5",
        "utf8mb4" | "utf_8" | "unicode-1-1-utf-8" => "utf-8",
        "iso-2022-jp-1" | "iso-2022-jp-2" | "iso-2022-jp-3" | "iso-2022-jp-ms" | "cp50220"
        | "cp50221" => "iso-2022-jp",
        other => other,
    };
    // The web standard maps these two to nothing at all; mail has them for real.
    let refused = matches!(alias, "iso-2022-kr" | "iso-2022-cn" | "hz-gb-2312");
    if let Some(encoding) = Encoding::for_label(alias.as_bytes()).filter(|_| !refused) {
        return Some(Charset::Rs(encoding));
    }
    if refused {
        return Some(Charset::Rs(if alias == "hz-gb-2312" { GBK } else { UTF_8 }));
    }
    charset_decoder(alias.as_bytes()).map(Charset::Other)
}

/// Lower case, without quotes, white space, and the language of RFC 2231 (`utf-8*en`).
fn tidy(label: &str) -> String {
    let label = label.trim_matches(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ';'));
    let label = label.split('*').next().unwrap_or(label);
    label.to_ascii_lowercase()
}

fn is_vague(label: &str) -> bool {
    matches!(
        label,
        "8bit"
            | "7bit"
            | "unknown-8bit"
            | "x-unknown"
            | "unknown"
            | "binary"
            | "default"
            | "default_charset"
            | "none"
            | "_autodetect"
            | "_autodetect_all"
            | "x-user-defined"
    )
}

fn is_ascii_name(label: &str) -> bool {
    matches!(
        label,
        "us-ascii"
            | "ascii"
            | "usascii"
            | "us_ascii"
            | "ansi_x3.4-1968"
            | "ansi_x3.4-1986"
            | "iso646-us"
            | "646"
            | "csascii"
    )
}

/// UTF-8 if it is valid, ISO-2022-JP if it has its escapes, else the hint, else Windows-1252.
fn guess<'a>(bytes: &'a [u8], hint: Option<&str>) -> Cow<'a, str> {
    if has_jis(bytes) {
        let (text, _, broken) = ISO_2022_JP.decode(bytes);
        if !broken {
            return text;
        }
    }
    let bytes = strip_bom(bytes);
    if let Ok(text) = std::str::from_utf8(bytes) {
        return text.into();
    }
    if is_nearly_utf8(bytes) {
        return String::from_utf8_lossy(bytes);
    }
    let hinted = hint.map(tidy).filter(|h| !is_ascii_name(h) && h != "utf-8");
    match hinted.as_deref().and_then(find) {
        Some(Charset::Rs(encoding)) => encoding.decode(bytes).0,
        Some(Charset::Other(decoder)) => decoder(bytes).into(),
        None => WINDOWS_1252.decode(bytes).0,
    }
}

/// UTF-8 that was cut or hurt in a few places reads better with marks there than as Windows-1252 throughout.
fn is_nearly_utf8(bytes: &[u8]) -> bool {
    let (mut sound, mut broken) = (0usize, 0usize);
    for chunk in bytes.utf8_chunks() {
        sound += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        broken += usize::from(!chunk.invalid().is_empty());
    }
    sound > broken * 4
}

fn strip_bom(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes)
}

fn has_jis(bytes: &[u8]) -> bool {
    memchr::memchr(0x1B, bytes).is_some()
        && (memmem::find(bytes, b"\x1b$B").is_some() || memmem::find(bytes, b"\x1b$@").is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_that_lies_is_seen_through() {
        for (bytes, label, text, fit) in [
            (&b"caf\xc3\xa9"[..], Some("utf-8"), "café", Fit::Good),
            (b"caf\xe9", Some("utf-8"), "café", Fit::Lie),
            (b"caf\xe9", Some("us-ascii"), "café", Fit::Lie),
            (b"caf\xe9", None, "café", Fit::Good),
            (b"caf\xc3\xa9", Some("iso-8859-1"), "café", Fit::Lie),
            (b"caf\xe9", Some("ISO-8859-1"), "café", Fit::Good),
            (b"caf\xe9", Some("x-no-such"), "café", Fit::Unknown),
            (b"\x93hi\x94", Some("latin1"), "“hi”", Fit::Good),
            (
                b"\xf0\xd2\xc9\xd7\xc5\xd4",
                Some("koi8-r"),
                "Привет",
                Fit::Good,
            ),
            (
                b"\xcf\xf0\xe8\xe2\xe5\xf2",
                Some("windows-1251"),
                "Привет",
                Fit::Good,
            ),
            (b"\xc4\xe3\xba\xc3", Some("gb2312"), "你好", Fit::Good),
            (b"\xc4\xe3\xba\xc3", Some("GBK"), "你好", Fit::Good),
            (b"\xa7A\xa6n", Some("big5"), "你好", Fit::Good),
            (
                b"\x1b$B%O%m!<\x1b(B",
                Some("ISO-2022-JP"),
                "ハロー",
                Fit::Good,
            ),
            (b"\x1b$B%O%m!<\x1b(B", Some("us-ascii"), "ハロー", Fit::Lie),
            (b"\x1b$B%O%m!<\x1b(B", None, "ハロー", Fit::Good),
            (b"\x83n\x83\x8d", Some("cp932"), "ハロ", Fit::Good),
            (
                b"\xbe\xc8\xb3\xe7",
                Some("ks_c_5601-1987"),
                "안녕",
                Fit::Good,
            ),
            (b"+ZYeB9FH6-", Some("utf-7"), "文致出", Fit::Good),
            (b"\xef\xbb\xbfbom", Some("utf-8"), "bom", Fit::Good),
            (
                b"\xe2\x82\xac 5 \xe2\x82\xac \xe2\x82\xac \xe2\x82\xac \xe2\x82\xac \xe2",
                Some("utf-8"),
                "€ 5 € € € € \u{fffd}",
                Fit::Lie,
            ),
            (b"plain", Some("\"utf-8\""), "plain", Fit::Good),
        ] {
            let (found, how) = decode(bytes, label, None);
            assert_eq!((found.as_ref(), how), (text, fit), "{label:?}");
        }
        assert_eq!(decode(b"\xf0\xd2\xc9", None, Some("koi8-r")).0, "При");
    }
}
