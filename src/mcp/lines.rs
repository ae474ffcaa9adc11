//! The lines of stdin as the SDK is to see them: it passes over what is no JSON and what is too long, which would
//! leave a client waiting.

use std::cell::Cell;
use std::fmt;
use std::io::Result;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::{Value, json};
use tokio::io::{AsyncRead, ReadBuf};

/// The method of the notification that stands for a line that is no JSON.
pub const NO_JSON: &str = "notifications/comms/no_json";

/// The method of the notification that stands for a line that is too long; its param `id` is the request's, or null.
pub const TOO_LONG: &str = "notifications/comms/too_long";

/// How much of the end of a line that is too long is looked at.
const END: usize = 256;

/// Reads lines; puts a notification in the place of each that is no JSON or too long.
pub struct Lines<R> {
    inner: R,
    /// What of a line has come; no more than the longest of one that is too long.
    line: Vec<u8>,
    /// The end of what came of a line that is too long.
    end: Vec<u8>,
    /// Whole lines that wait to be read.
    whole: Vec<u8>,
    at: usize,
    /// The longest line that is taken.
    longest: usize,
}

impl<R> Lines<R> {
    pub fn new(inner: R, longest: usize) -> Self {
        Lines {
            inner,
            line: Vec::new(),
            end: Vec::new(),
            whole: Vec::new(),
            at: 0,
            longest,
        }
    }

    fn take(&mut self, bytes: &[u8]) {
        for part in bytes.split_inclusive(|b| *b == b'\n') {
            let room = self.longest - self.line.len();
            let (fits, rest) = part.split_at(part.len().min(room));
            self.line.extend_from_slice(fits);
            self.end.extend_from_slice(rest);
            if !part.ends_with(b"\n") {
                let old = self.end.len().saturating_sub(END);
                self.end.drain(..old);
            } else if !self.end.is_empty() {
                self.tell(TOO_LONG, json!({"id": id_of(&self.line, &self.end)}));
            } else if is_json(&self.line) {
                self.whole.append(&mut self.line);
            } else {
                self.tell(NO_JSON, json!({}));
            }
        }
    }

    /// Puts a notification in the place of the line that has come.
    fn tell(&mut self, method: &str, params: Value) {
        // What was long is not held on to.
        self.line = Vec::new();
        self.end.clear();
        let told = json!({"jsonrpc": "2.0", "method": method, "params": params});
        self.whole.extend_from_slice(format!("{told}\n").as_bytes());
    }
}

/// The id of a request by how its line begins and ends: clients write it before all that is long, or after.
fn id_of(begin: &[u8], end: &[u8]) -> Option<Value> {
    let found = Cell::new(None);
    // Breaks off where what is left of the line does.
    let _ = serde_json::Deserializer::from_slice(begin).deserialize_map(Id(&found));
    found.take().or_else(|| {
        let at = end.windows(4).rposition(|part| part == b"\"id\"")?;
        let last = [b"{", &end[at..]].concat();
        // Only of the request itself is nothing left open behind it.
        let mut last: Value = serde_json::from_slice(&last).ok()?;
        Some(last["id"].take())
    })
}

/// Keeps the value of `id`.
struct Id<'a>(&'a Cell<Option<Value>>);

impl<'de> Visitor<'de> for Id<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a request")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> std::result::Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            if key == "id" {
                self.0.set(Some(map.next_value()?));
            } else if key == "result" || key == "error" {
                // An answer of the client's: to that there is none.
                self.0.set(Some(Value::Null));
                return Ok(());
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

/// Whether a line is JSON, or empty.
fn is_json(line: &[u8]) -> bool {
    let text = line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line);
    let Ok(text) = std::str::from_utf8(text) else {
        return false;
    };
    text.trim().is_empty() || serde_json::from_str::<IgnoredAny>(text).is_ok()
}

impl<R: AsyncRead + Unpin> AsyncRead for Lines<R> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        to: &mut ReadBuf<'_>,
    ) -> Poll<Result<()>> {
        let this = &mut *self;
        while this.at == this.whole.len() {
            this.whole.clear();
            this.at = 0;
            let mut chunk = [0; 8192];
            let mut read = ReadBuf::new(&mut chunk);
            ready!(Pin::new(&mut this.inner).poll_read(context, &mut read))?;
            if read.filled().is_empty() {
                // A line without an end is none.
                return Poll::Ready(Ok(()));
            }
            this.take(read.filled());
        }
        let waiting = &this.whole[this.at..];
        let taken = waiting.len().min(to.remaining());
        to.put_slice(&waiting[..taken]);
        this.at += taken;
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(longest: usize, input: &[u8]) -> String {
        let mut at_once = Lines::new(tokio::io::empty(), longest);
        at_once.take(input);
        let mut lines = Lines::new(tokio::io::empty(), longest);
        for byte in input {
            lines.take(&[*byte]);
        }
        assert_eq!(lines.whole, at_once.whole);
        String::from_utf8(lines.whole).expect("UTF-8")
    }

    #[test]
    fn only_what_is_no_json_is_replaced() {
        let input = b"{\"a\": 1}\n\n{bad\n[1]\r\n\xEF\xBB\xBF2\nhalf\xff\n[1";
        let none = format!("{{\"jsonrpc\":\"2.0\",\"method\":\"{NO_JSON}\",\"params\":{{}}}}\n");
        let wanted = format!("{{\"a\": 1}}\n\n{none}[1]\r\n\u{FEFF}2\n{none}");
        assert_eq!(told(40, input), wanted);
    }

    #[test]
    fn a_line_that_is_too_long_is_told_with_the_id_of_its_request() {
        let long = "x".repeat(1000);
        for (line, id) in [
            (
                format!(r#"{{"jsonrpc": "2.0", "id": 7, "a": "{long}"}}"#),
                "7",
            ),
            (
                format!(r#"{{"a": "{long}", "b": 2, "id": "no \"8\""}}"#),
                r#""no \"8\"""#,
            ),
            (format!(r#"{{"a": "{long}", "b": {{"id": 9}}}}"#), "null"),
            (format!(r#"{{"a": {{"id": 9}}, "b": "{long}"}}"#), "null"),
            (format!(r#"[{{"a": "{long}", "id": 9}}]"#), "null"),
            (format!(r#""{long}"#), "null"),
            (format!(r#"{{"id": 9, "result": "{long}"}}"#), "null"),
            (format!(r#"{{"error": "{long}", "id": 9}}"#), "null"),
        ] {
            let wanted = format!(
                "{{\"jsonrpc\":\"2.0\",\"method\":\"{TOO_LONG}\",\"params\":{{\"id\":{id}}}}}\n1\n"
            );
            assert_eq!(
                told(50, format!("{line}\n1\n").as_bytes()),
                wanted,
                "{line}"
            );
        }
        let as_long = format!("{}\n", "1".repeat(49));
        assert_eq!(told(50, as_long.as_bytes()), as_long);
    }
}
