//! One property of a vCard: group, name, parameters, value; how its value is wrapped on the way.

use std::borrow::Cow;

use crate::format::mime::charset;
use crate::format::mime::transfer::Transfer;

use super::Version;
use super::text::{escaped, pieces, unescaped};

/// Octets of a line without its break (RFC 6350 §3.2).
const WIDTH: usize = 75;

/// One property, its parameters as written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Property {
    /// `item1` of `item1.TEL`.
    pub group: Option<String>,
    name: String,
    /// `TYPE=home`, or a bare `HOME` of 2.1.
    params: Vec<String>,
    /// Without folds, still encoded.
    value: Vec<u8>,
}

impl Property {
    pub fn new(name: &str) -> Property {
        Property {
            name: name.to_owned(),
            ..Property::default()
        }
    }

    /// A property from a line whose folds are undone; `None` for what is none.
    pub fn parse(line: &[u8]) -> Option<Property> {
        let colon = colon(line)?;
        let head = String::from_utf8_lossy(&line[..colon]);
        let mut params = split_outside_quotes(&head, ';').into_iter();
        let name = params.next()?.trim();
        let (group, name) = match name.rsplit_once('.') {
            Some((group, name)) => (Some(group.to_owned()), name),
            None => (None, name),
        };
        let sound = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
        (!name.is_empty() && name.chars().all(sound)).then(|| Property {
            group,
            name: name.to_owned(),
            params: params.map(|p| p.trim().to_owned()).collect(),
            value: line[colon + 1..].to_vec(),
        })
    }

    /// The name in capitals.
    pub fn name(&self) -> String {
        self.name.to_ascii_uppercase()
    }

    pub fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }

    pub fn rename(&mut self, name: &str) {
        self.name = name.to_owned();
    }

    /// The values of a parameter, without quotes, lists taken apart.
    pub fn all(&self, param: &str) -> Vec<String> {
        let named = self.params.iter().filter_map(|p| {
            let (name, value) = p.split_once('=')?;
            name.trim().eq_ignore_ascii_case(param).then_some(value)
        });
        named
            .flat_map(|value| split_outside_quotes(value.trim(), ','))
            .flat_map(|value| match value.trim().strip_prefix('"') {
                // `TYPE="cell,voice"` is a list too.
                Some(quoted) if param.eq_ignore_ascii_case("TYPE") => {
                    quoted.split(',').map(bare).collect()
                }
                _ => vec![bare(value)],
            })
            .filter(|value| !value.is_empty())
            .collect()
    }

    pub fn one(&self, param: &str) -> Option<String> {
        self.all(param).into_iter().next()
    }

    /// What TYPE says, with the bare words of 2.1, as written.
    pub fn types(&self) -> Vec<String> {
        let mut all = self.all("TYPE");
        all.extend(self.params.iter().filter_map(|p| custom(p)));
        let words = self.params.iter().filter(|p| !p.contains('='));
        all.extend(
            words
                .filter(|word| !is_encoding(word) && !word.is_empty())
                .cloned(),
        );
        all
    }

    /// Takes the types out that `gone` names, whether they stand alone or in a list.
    pub fn drop_types(&mut self, gone: impl Fn(&str) -> bool) {
        let kept = |param: &String| -> Option<String> {
            if let Some(word) = custom(param) {
                return (!gone(&word)).then(|| param.clone());
            }
            match param.split_once('=') {
                Some((name, value)) if name.trim().eq_ignore_ascii_case("TYPE") => {
                    let all: Vec<&str> = value.trim().trim_matches('"').split(',').collect();
                    let left: Vec<&str> = all
                        .iter()
                        .copied()
                        .filter(|t| !t.trim().is_empty() && !gone(t.trim().trim_matches('"')))
                        .collect();
                    match left.len() {
                        0 => None,
                        n if n == all.len() => Some(param.clone()),
                        _ if value.trim().starts_with('"') => {
                            Some(format!("{name}=\"{}\"", left.join(",")))
                        }
                        _ => Some(format!("{name}={}", left.join(","))),
                    }
                }
                Some(_) => Some(param.clone()),
                None if is_encoding(param) => Some(param.clone()),
                None => (!gone(param)).then(|| param.clone()),
            }
        };
        self.params = self.params.iter().filter_map(kept).collect();
    }

    pub fn drop_param(&mut self, name: &str) {
        let named = |p: &String| p.split('=').next().unwrap_or(p).trim().to_owned();
        self.params
            .retain(|p| !p.contains('=') || !named(p).eq_ignore_ascii_case(name));
    }

    /// Adds a parameter; an empty name makes a bare word.
    pub fn add_param(&mut self, name: &str, value: &str) {
        let quotes = value.contains([';', ':', ',']);
        self.params.push(match (name, quotes) {
            ("", _) => value.to_owned(),
            (_, true) => format!("{name}=\"{value}\""),
            (_, false) => format!("{name}={value}"),
        });
    }

    pub fn add_type(&mut self, word: &str, version: Version) {
        let is_own = word.get(..2).is_some_and(|x| x.eq_ignore_ascii_case("X-"));
        match version {
            Version::V2 if is_own => self.add_param("", word),
            Version::V3 | Version::V4 if is_own => self.add_param("TYPE", word),
            Version::V2 => self.add_param("", &word.to_uppercase()),
            Version::V3 => self.add_param("TYPE", &word.to_uppercase()),
            Version::V4 => self.add_param("TYPE", &word.to_lowercase()),
        }
    }

    pub fn transfer(&self) -> Transfer {
        let named = self.one("ENCODING").or_else(|| {
            let bare = self.params.iter().find(|p| is_encoding(p));
            bare.cloned()
        });
        match named.unwrap_or_default().to_ascii_uppercase().as_str() {
            "QUOTED-PRINTABLE" | "Q" => Transfer::QuotedPrintable,
            "BASE64" | "B" => Transfer::Base64,
            _ => Transfer::Identity,
        }
    }

    /// The value as it stands there.
    pub fn raw(&self) -> &[u8] {
        &self.value
    }

    /// The text with its escapes still in it.
    pub fn escaped_text(&self) -> String {
        let (bytes, _) = self.transfer().decode(&self.value);
        let charset = self.one("CHARSET");
        decoded(&bytes, charset.as_deref()).into_owned()
    }

    pub fn text(&self) -> String {
        unescaped(&self.escaped_text())
    }

    /// The values between these separators, their escapes undone.
    pub fn values(&self, separator: char) -> Vec<String> {
        let text = self.escaped_text();
        pieces(&text, separator)
            .into_iter()
            .map(unescaped)
            .collect()
    }

    /// Puts a text whose escapes are made already.
    pub fn put_escaped(&mut self, text: &str, version: Version) {
        for param in ["ENCODING", "CHARSET"] {
            self.drop_param(param);
        }
        self.params.retain(|p| !is_encoding(p));
        let plain = text.bytes().all(|b| (0x20..0x7f).contains(&b));
        let breaks = unescaped(text).contains('\n');
        if version == Version::V2 && (!plain || breaks) {
            self.add_param("CHARSET", "UTF-8");
            self.add_param("ENCODING", "QUOTED-PRINTABLE");
            // A line break is a character of its own there, so it needs no backslash.
            self.value = quoted_printable(text);
        } else {
            self.value = text.as_bytes().to_vec();
        }
    }

    /// Puts a text of one value.
    pub fn put(&mut self, text: &str, version: Version) {
        self.put_escaped(&escape(text, version), version);
    }

    /// Puts values with this separator between them.
    pub fn put_all<S: AsRef<str>>(&mut self, values: &[S], separator: char, version: Version) {
        let all: Vec<_> = values.iter().map(|v| escape(v.as_ref(), version)).collect();
        self.put_escaped(&all.join(&separator.to_string()), version);
    }

    /// Puts bytes that are wrapped already.
    pub fn put_raw(&mut self, value: Vec<u8>) {
        self.value = value;
    }

    /// The property as lines, folded as its version wants it.
    pub fn lines(&self, version: Version) -> Vec<u8> {
        let mut line = Vec::with_capacity(self.value.len() + 40);
        if let Some(group) = &self.group {
            line.extend([group.as_bytes(), b"."].concat());
        }
        line.extend_from_slice(self.name.as_bytes());
        for param in &self.params {
            line.extend([b";", param.as_bytes()].concat());
        }
        line.push(b':');
        line.extend_from_slice(&self.value);
        let base64 = self.transfer() == Transfer::Base64;
        match version {
            // Folds of 2.1 are understood in as many ways as there are readers; soft breaks are in the value.
            Version::V2 if !base64 => line.extend(b"\r\n"),
            // An empty line ends what is in base64.
            Version::V2 => {
                line = folded(&line);
                line.extend(b"\r\n");
            }
            _ => line = folded(&line),
        }
        line
    }
}

/// A value with the backslashes that every version wants.
fn escape(text: &str, version: Version) -> String {
    match version {
        // 2.1 knows only the semicolon (§2); commas part lists where others read them.
        Version::V2 => escaped(text, &[';', ',']),
        Version::V3 | Version::V4 => escaped(text, &[',', ';']),
    }
}

fn decoded<'a>(bytes: &'a [u8], charset: Option<&str>) -> Cow<'a, str> {
    // Without a mark the first byte tells the order: what people write begins with a letter below U+0100.
    let label = match charset.map(str::to_ascii_lowercase).as_deref() {
        Some("utf-16" | "utf16" | "unicode") if bytes.first() == Some(&0) => Some("utf-16be"),
        Some("utf-16" | "utf16" | "unicode") => Some("utf-16le"),
        _ => charset,
    };
    charset::decode(bytes, label, None).0
}

/// Where the value begins: the first colon outside quotes, or the first of all where quotes never close.
fn colon(line: &[u8]) -> Option<usize> {
    let mut quoted = false;
    for (at, byte) in line.iter().enumerate() {
        match byte {
            b'"' => quoted = !quoted,
            b':' if !quoted => return Some(at),
            _ => {}
        }
    }
    memchr::memchr(b':', line)
}

fn split_outside_quotes(text: &str, separator: char) -> Vec<&str> {
    let mut quoted = false;
    text.split(|c: char| {
        quoted ^= c == '"';
        c == separator && !quoted
    })
    .collect()
}

fn bare(value: &str) -> String {
    value.trim().trim_matches('"').trim().to_owned()
}

/// The word of `X-CUSTOM(CHARSET=UTF-8,ENCODING=QUOTED-PRINTABLE,=D0=94)`, as Android writes a label, as `X-` and itself.
fn custom(param: &str) -> Option<String> {
    let rest = param.strip_prefix("X-CUSTOM(")?.strip_suffix(')')?;
    let mut parts = rest.rsplitn(2, ',');
    let word = parts.next()?;
    let is_quoted = parts
        .next()
        .is_some_and(|how| how.contains("QUOTED-PRINTABLE"));
    match is_quoted {
        true => {
            let (bytes, _) = Transfer::QuotedPrintable.decode(word.as_bytes());
            Some(format!("X-{}", decoded(&bytes, None)))
        }
        false => Some(format!("X-{word}")),
    }
}

fn is_encoding(word: &str) -> bool {
    ["QUOTED-PRINTABLE", "BASE64", "8BIT", "7BIT"]
        .iter()
        .any(|known| word.trim().eq_ignore_ascii_case(known))
}

/// The value in quoted-printable with soft breaks (RFC 2045 §6.7); an escaped line break becomes a real one.
fn quoted_printable(text: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() * 3);
    // The head of the line is in front of the first one.
    let mut width = 40;
    let mut put = |word: &[u8]| {
        if width + word.len() > WIDTH {
            out.extend(b"=\r\n");
            width = 0;
        }
        let word = match word {
            // A line of the value could look like the end of the card, or like the next.
            [letter @ (b'B' | b'b' | b'E' | b'e')] if width == 0 => {
                format!("={letter:02X}").into_bytes()
            }
            word => word.to_vec(),
        };
        width += word.len();
        out.extend(word);
    };
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match (c, chars.peek()) {
            ('\\', Some('n')) => {
                chars.next();
                put(b"=0D=0A");
            }
            ('\\', Some(next)) => {
                let pair = format!("\\{next}");
                chars.next();
                put(pair.as_bytes());
            }
            (c, _) if c.is_ascii_graphic() && c != '=' => put(&[c as u8]),
            (c, _) => {
                let bytes = c.encode_utf8(&mut [0; 4]).to_owned();
                let word: String = bytes.bytes().map(|b| format!("={b:02X}")).collect();
                put(word.as_bytes());
            }
        }
    }
    out
}

/// The line in pieces of at most 75 octets, none of which ends within a character.
fn folded(line: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(line.len() + line.len() / 30 + 2);
    let mut rest = line;
    let mut room = WIDTH;
    while rest.len() > room {
        let mut cut = room;
        while cut > room - 4 && rest[cut] & 0xC0 == 0x80 {
            cut -= 1;
        }
        out.extend_from_slice(&rest[..cut]);
        out.extend(b"\r\n ");
        rest = &rest[cut..];
        room = WIDTH - 1;
    }
    out.extend_from_slice(rest);
    out.extend(b"\r\n");
    out
}
