//! What travels: requests as they were recorded, answers, multipart bodies.

use std::time::Instant;

use serde_json::{Value, json};

/// A body that is none of JSON.
pub struct NoJson;

/// A request as it came in, and what became of it.
#[derive(Clone, Debug)]
pub struct Request {
    /// The operation's id in the provider's own documents, or a name of the loopback provider's.
    pub id: &'static str,
    pub method: String,
    /// As sent, without the query.
    pub path: String,
    /// Decoded, in the order sent.
    pub query: Vec<(String, String)>,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// The variable parts of the path, decoded.
    pub vars: Vec<String>,
    /// A part of a batch, not a request of its own.
    pub in_batch: bool,
    pub at: Instant,
    /// The status it was answered with; 0 when it got no answer.
    pub status: u16,
}

impl Request {
    /// The first value of a query parameter.
    pub fn param(&self, name: &str) -> Option<&str> {
        let mut pairs = self.query.iter();
        pairs.find(|(k, _)| k == name).map(|(_, v)| v.as_str())
    }

    /// Every value of a repeated query parameter.
    pub fn params<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.query
            .iter()
            .filter(move |(k, _)| k == name)
            .map(|(_, v)| v.as_str())
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(k, _)| k == name)
            .map(|(_, v)| v.as_str())
    }

    /// The body as JSON; an object without members when there is none.
    pub fn json(&self) -> Result<Value, NoJson> {
        if self.body.is_empty() {
            return Ok(json!({}));
        }
        serde_json::from_slice(&self.body).map_err(|_| NoJson)
    }

    /// The pairs of a form body.
    pub fn form(&self) -> Vec<(String, String)> {
        pairs(&String::from_utf8_lossy(&self.body))
    }

    pub fn flag(&self, name: &str) -> bool {
        self.param(name) == Some("true")
    }
}

/// An answer before it is put on the wire.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn json(value: &Value) -> Answer {
        Answer {
            status: 200,
            headers: vec![(
                "content-type".into(),
                "application/json; charset=UTF-8".into(),
            )],
            body: serde_json::to_vec_pretty(value).expect("a value is JSON"),
        }
    }

    pub fn empty(status: u16) -> Answer {
        Answer {
            status,
            ..Answer::default()
        }
    }

    pub fn bytes(kind: &str, body: Vec<u8>) -> Answer {
        Answer {
            status: 200,
            headers: vec![("content-type".into(), kind.into())],
            body,
        }
    }

    pub fn header(mut self, name: &str, value: &str) -> Answer {
        self.headers.push((name.into(), value.into()));
        self
    }
}

/// A part of a multipart body: its headers, names in lower case, and its bytes.
pub struct Part {
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

/// Cuts a multipart body at its boundary.
pub fn parts(content_type: &str, body: &[u8]) -> Option<Vec<Part>> {
    let boundary = content_type
        .split(';')
        .find_map(|p| p.trim().strip_prefix("boundary="))?;
    let mark = format!("--{}", boundary.trim_matches('"'));
    let mut found = Vec::new();
    let mut at = find(body, mark.as_bytes())?;
    loop {
        let start = at + mark.len();
        if body[start..].starts_with(b"--") {
            return Some(found);
        }
        let end = start + find(&body[start..], mark.as_bytes())?;
        let part = strip_line_end(strip_line_start(&body[start..end]));
        let (headers, content) = split_head(part);
        found.push(Part {
            headers,
            body: content.to_vec(),
        });
        at = end;
    }
}

/// Header lines, and what follows the first empty line.
pub fn split_head(part: &[u8]) -> (Vec<(String, String)>, &[u8]) {
    let (head, body) = match (find(part, b"\r\n\r\n"), find(part, b"\n\n")) {
        (Some(at), other) if other.is_none_or(|o| at < o) => (&part[..at], &part[at + 4..]),
        (_, Some(at)) => (&part[..at], &part[at + 2..]),
        _ if part.starts_with(b"\r\n") => (&part[..0], &part[2..]),
        _ => (part, &part[part.len()..]),
    };
    let headers = String::from_utf8_lossy(head)
        .lines()
        .filter_map(|l| {
            l.split_once(':')
                .map(|(k, v)| (k.trim().to_lowercase(), v.trim().to_owned()))
        })
        .collect();
    (headers, body)
}

pub fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    memchr::memmem::find(haystack, needle)
}

fn strip_line_start(part: &[u8]) -> &[u8] {
    part.strip_prefix(b"\r\n")
        .or(part.strip_prefix(b"\n"))
        .unwrap_or(part)
}

fn strip_line_end(part: &[u8]) -> &[u8] {
    part.strip_suffix(b"\r\n")
        .or(part.strip_suffix(b"\n"))
        .unwrap_or(part)
}

/// Undoes percent encoding; `+` is a space only in a query.
pub fn decode(text: &str, in_query: bool) -> String {
    let mut out = Vec::new();
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let hex = text
            .get(at + 1..at + 3)
            .and_then(|h| u8::from_str_radix(h, 16).ok());
        match (bytes[at], hex) {
            (b'%', Some(byte)) => {
                out.push(byte);
                at += 3;
                continue;
            }
            (b'+', _) if in_query => out.push(b' '),
            (byte, _) => out.push(byte),
        }
        at += 1;
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// The pairs of a query string.
pub fn pairs(query: &str) -> Vec<(String, String)> {
    query
        .split('&')
        .filter(|p| !p.is_empty())
        .map(|p| {
            let (k, v) = p.split_once('=').unwrap_or((p, ""));
            (decode(k, true), decode(v, true))
        })
        .collect()
}
