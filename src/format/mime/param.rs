//! Content-Type and Content-Disposition: a value and its parameters (RFC 2045 §5.1, RFC 2231), with the
//! broken forms mailers write.

use memchr::{memchr, memmem};
use percent_encoding::percent_decode;

use super::charset;
use super::words;

/// Parameters that are read; more have no meaning.
const MOST: usize = 64;

/// A lower-case value and its decoded parameters.
#[derive(Debug, Default)]
pub struct Value {
    /// `text/plain`, `attachment`.
    pub main: String,
    params: Vec<(String, Vec<u8>, Option<String>)>,
}

impl Value {
    /// Reads an unfolded field value; always something.
    pub fn read(value: &[u8]) -> Value {
        let value = value.trim_ascii();
        let end = value
            .iter()
            .position(|b| matches!(b, b';' | b' ' | b'\t' | b',' | b'('))
            .unwrap_or(value.len());
        let main = value[..end].trim_ascii().to_ascii_lowercase();
        let mut pieces = Vec::new();
        let mut rest = &value[end..];
        while pieces.len() < MOST {
            rest = skip_separators(rest);
            if rest.is_empty() {
                break;
            }
            rest = parameter(rest, &mut pieces);
        }
        Value {
            main: String::from_utf8_lossy(&main).into_owned(),
            params: join(pieces),
        }
    }

    /// The bytes of a parameter.
    pub fn bytes(&self, name: &str) -> Option<&[u8]> {
        self.params
            .iter()
            .find(|(n, _, _)| n == name)
            .map(|(_, bytes, _)| bytes.as_slice())
    }

    /// The text of a parameter; encoded words are decoded, though the standard forbids them here.
    pub fn text(&self, name: &str, hint: Option<&str>) -> Option<String> {
        let (_, bytes, label) = self.params.iter().find(|(n, _, _)| n == name)?;
        let text = match label {
            Some(label) => charset::decode(bytes, Some(label), hint).0.into_owned(),
            None => words::decode(bytes, hint),
        };
        Some(text).filter(|t| !t.trim().is_empty())
    }
}

/// One `name*N*=value` as it stands.
struct Piece {
    name: String,
    section: Option<u32>,
    /// Percent-encoded, the first section with charset and language.
    extended: bool,
    value: Vec<u8>,
}

fn skip_separators(rest: &[u8]) -> &[u8] {
    let start = rest
        .iter()
        .position(|b| !matches!(b, b';' | b' ' | b'\t' | b'\r' | b'\n' | b','))
        .unwrap_or(rest.len());
    &rest[start..]
}

/// Reads one parameter and returns what follows it.
fn parameter<'a>(rest: &'a [u8], pieces: &mut Vec<Piece>) -> &'a [u8] {
    let end = rest
        .iter()
        .position(|b| matches!(b, b'=' | b';'))
        .unwrap_or(rest.len());
    let name = rest[..end].trim_ascii();
    if rest.get(end) != Some(&b'=') {
        return &rest[end..];
    }
    let after = rest[end + 1..].trim_ascii_start();
    let (value, rest) = match after.first() {
        Some(b'"') => quoted(&after[1..]),
        _ => {
            let end = memchr(b';', after).unwrap_or(after.len());
            (after[..end].trim_ascii().to_vec(), &after[end..])
        }
    };
    let name = String::from_utf8_lossy(name).to_ascii_lowercase();
    let mut parts = name.split('*');
    let base = parts.next().unwrap_or_default().trim().to_owned();
    let (section, extended) = match (parts.next(), parts.next()) {
        (None, _) => (None, false),
        (Some(""), _) => (None, true),
        (Some(number), None) => (number.parse().ok(), false),
        (Some(number), Some(_)) => (number.parse().ok(), true),
    };
    pieces.push(Piece {
        name: base,
        section,
        extended,
        value,
    });
    rest
}

/// A quoted string after its opening quote. Only quotes and backslashes are unescaped: old mailers write
/// `"C:\file"` as it is.
fn quoted(rest: &[u8]) -> (Vec<u8>, &[u8]) {
    let mut value = Vec::new();
    let mut at = 0;
    while at < rest.len() {
        match rest[at] {
            b'"' => return (value, &rest[at + 1..]),
            b'\\' if matches!(rest.get(at + 1), Some(b'"' | b'\\')) => {
                value.push(rest[at + 1]);
                at += 1;
            }
            b => value.push(b),
        }
        at += 1;
    }
    (value, b"")
}

/// Puts sections together; the extended form of a name wins over the plain one.
fn join(pieces: Vec<Piece>) -> Vec<(String, Vec<u8>, Option<String>)> {
    let mut params: Vec<(String, Vec<u8>, Option<String>)> = Vec::new();
    let mut split: Vec<Piece> = Vec::new();
    for piece in pieces {
        if piece.section.is_some() || piece.extended {
            split.push(piece);
        } else if !params.iter().any(|(name, _, _)| *name == piece.name) {
            params.push((piece.name, piece.value, None));
        }
    }
    split.sort_by(|a, b| (&a.name, a.section).cmp(&(&b.name, b.section)));
    for sections in split.chunk_by(|a, b| a.name == b.name) {
        let (mut bytes, mut label) = (Vec::new(), None);
        for (n, piece) in sections.iter().enumerate() {
            let mut value = piece.value.as_slice();
            if piece.extended
                && n == 0
                && let [charset, _, text] = value.splitn(3, |b| *b == b'\'').collect::<Vec<_>>()[..]
            {
                label = Some(String::from_utf8_lossy(charset).into_owned());
                value = text;
            }
            match piece.extended {
                true => bytes.extend(percent_decode(value)),
                false => bytes.extend_from_slice(value),
            }
        }
        // Encoded words in sections are decoded only when they are whole again.
        if label.is_none() && memmem::find(&bytes, b"=?").is_none() {
            label = Some(String::new());
        }
        params.retain(|(name, _, _)| *name != sections[0].name);
        params.push((sections[0].name.clone(), bytes, label));
    }
    params
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names_are_read_in_all_their_forms() {
        for (value, name) in [
            ("attachment; filename=a.pdf", "a.pdf"),
            ("attachment; filename=\"a b.pdf\"; size=3", "a b.pdf"),
            ("attachment; filename=a b.pdf", "a b.pdf"),
            ("attachment; FILENAME = \"q\\\"uote.txt\"", "q\"uote.txt"),
            ("attachment; filename=\"C:\\dir\\a.txt\"", "C:\\dir\\a.txt"),
            (
                "attachment; filename=\"never closed.txt",
                "never closed.txt",
            ),
            (
                "attachment; filename*=utf-8''%E2%82%AC%20rates.txt",
                "€ rates.txt",
            ),
            (
                "attachment; filename*=iso-8859-1'de'gr%FC%DFe.txt",
                "grüße.txt",
            ),
            (
                "attachment; filename*0=\"long\"; filename*1=\" name.txt\"",
                "long name.txt",
            ),
            ("attachment; filename*1=b; filename*0=a", "ab"),
            (
                "attachment; filename*0*=utf-8''%E2%82; filename*1*=%AC; filename*2=.txt",
                "€.txt",
            ),
            (
                "attachment; filename=plain.txt; filename*=utf-8''better.txt",
                "better.txt",
            ),
            ("attachment; filename=\"=?utf-8?B?4oKsLnR4dA==?=\"", "€.txt"),
            (
                "attachment; filename*0=\"=?utf-8?B?4oKs\"; filename*1=\"LnR4dA==?=\"",
                "€.txt",
            ),
            ("attachment; filename*=no%20charset.txt", "no charset.txt"),
            ("attachment filename=a.pdf", "a.pdf"),
        ] {
            let read = Value::read(value.as_bytes());
            assert_eq!(read.main, "attachment", "{value}");
            assert_eq!(
                read.text("filename", None).as_deref(),
                Some(name),
                "{value}"
            );
        }
        let raw = Value::read(b"attachment; filename=gr\xfc\xdfe.txt");
        assert_eq!(raw.text("filename", None).as_deref(), Some("grüße.txt"));
    }

    #[test]
    fn odd_types_are_still_types() {
        for (value, main, charset) in [
            ("TEXT/Plain; Charset=\"UTF-8\"", "text/plain", Some("UTF-8")),
            ("text/html;charset=utf-8;", "text/html", Some("utf-8")),
            (
                "text/plain charset=us-ascii",
                "text/plain",
                Some("us-ascii"),
            ),
            ("text/plain (comment); charset=x", "text/plain", Some("x")),
            ("text", "text", None),
            ("", "", None),
            (";;;=;=", "", None),
        ] {
            let read = Value::read(value.as_bytes());
            assert_eq!(read.main, main, "{value}");
            assert_eq!(
                read.bytes("charset")
                    .map(|c| std::str::from_utf8(c).unwrap()),
                charset,
                "{value}"
            );
        }
    }
}
