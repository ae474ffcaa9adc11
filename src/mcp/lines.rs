//! The lines of stdin as the SDK is to see them: it passes over what is no JSON, which would leave a client waiting.

use std::io::Result;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use serde::de::IgnoredAny;
use tokio::io::{AsyncRead, ReadBuf};

/// The method of the notification that stands for a line that is no JSON.
pub const NO_JSON: &str = "notifications/comms/no_json";

/// Reads lines; puts a notification in the place of each that is no JSON.
pub struct Lines<R> {
    inner: R,
    /// What of a line has come.
    line: Vec<u8>,
    /// Whole lines that wait to be read.
    whole: Vec<u8>,
    at: usize,
    /// The longest line that is held; a longer one goes through as it comes, for others to refuse.
    longest: usize,
    is_too_long: bool,
}

impl<R> Lines<R> {
    pub fn new(inner: R, longest: usize) -> Self {
        Lines {
            inner,
            line: Vec::new(),
            whole: Vec::new(),
            at: 0,
            longest,
            is_too_long: false,
        }
    }

    fn take(&mut self, bytes: &[u8]) {
        for part in bytes.split_inclusive(|b| *b == b'\n') {
            self.line.extend_from_slice(part);
            let is_whole = part.ends_with(b"\n");
            if is_whole && !self.is_too_long && !is_json(&self.line) {
                self.line.clear();
                let told = format!("{{\"jsonrpc\":\"2.0\",\"method\":\"{NO_JSON}\"}}\n");
                self.whole.extend_from_slice(told.as_bytes());
            } else if is_whole || self.is_too_long || self.line.len() > self.longest {
                self.is_too_long = !is_whole;
                self.whole.append(&mut self.line);
            }
        }
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

    #[test]
    fn only_what_is_no_json_is_replaced() {
        let mut lines = Lines::new(tokio::io::empty(), 40);
        let long = format!("\"{}\"\n", "x".repeat(100));
        let input = format!("{{\"a\": 1}}\n\n{{bad\n[1]\r\n{long}\u{FEFF}2\nhalf");
        for byte in input.as_bytes() {
            lines.take(&[*byte]);
        }
        lines.take(b"\xff\n");
        let told = format!("{{\"jsonrpc\":\"2.0\",\"method\":\"{NO_JSON}\"}}\n");
        let wanted = format!("{{\"a\": 1}}\n\n{told}[1]\r\n{long}\u{FEFF}2\n{told}");
        assert_eq!(String::from_utf8_lossy(&lines.whole), wanted);
    }
}
