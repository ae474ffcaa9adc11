//! Replies of a server (RFC 5321 §4.2): read with limits, cleaned, kept word for word.

use crate::error::{Error, Result};
use crate::format::clean;

/// A whole reply: its code and its lines without it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    pub code: u16,
    pub lines: Vec<String>,
}

/// Longer lines than this are no reply (the standard says 512 bytes).
pub const LONGEST_LINE: usize = 16 * 1024;
const MOST_LINES: usize = 500;

impl Reply {
    /// Its words in one line, safe to show, with enhanced code (RFC 3463) if there is one.
    pub fn words(&self) -> String {
        let mut words = String::new();
        let mut enhanced = "";
        for (n, line) in self.lines.iter().enumerate() {
            let mut rest = line.trim();
            // The enhanced code stands on every line; once is enough.
            let first = rest.split(' ').next().unwrap_or_default();
            if n == 0 {
                enhanced = if is_enhanced(first) { first } else { "" };
            } else if !enhanced.is_empty() && first == enhanced {
                rest = rest[first.len()..].trim_start();
            }
            if !words.is_empty() && !rest.is_empty() {
                words.push(' ');
            }
            words.push_str(rest);
        }
        let words: String = clean::line(&words).chars().take(500).collect();
        format!("{} {words}", self.code).trim_end().to_owned()
    }

    pub fn is_success(&self) -> bool {
        self.code / 100 == 2
    }

    /// Worth another try later.
    pub fn is_temporary(&self) -> bool {
        self.code / 100 == 4
    }
}

fn is_enhanced(word: &str) -> bool {
    let parts: Vec<_> = word.split('.').collect();
    parts.len() == 3
        && parts
            .iter()
            .all(|p| (1..=3).contains(&p.len()) && p.bytes().all(|b| b.is_ascii_digit()))
}

/// Collects the lines of one reply.
#[derive(Debug, Default)]
pub struct Collector {
    code: Option<u16>,
    lines: Vec<String>,
}

impl Collector {
    /// Takes one line without its end; the reply once it is whole. An error if it is none.
    pub fn take(&mut self, line: &[u8]) -> Result<Option<Reply>> {
        let garbled = || Error::unavailable("the server's answer is no SMTP reply");
        let (code, rest) = line.split_at_checked(3).ok_or_else(garbled)?;
        let code = std::str::from_utf8(code)
            .ok()
            .filter(|c| c.bytes().all(|b| b.is_ascii_digit()))
            .and_then(|c| c.parse::<u16>().ok())
            .filter(|c| (200..600).contains(c))
            .ok_or_else(garbled)?;
        let more = match rest.first() {
            Some(b'-') => true,
            Some(b' ') | None => false,
            Some(_) => return Err(garbled()),
        };
        if *self.code.get_or_insert(code) != code || self.lines.len() >= MOST_LINES {
            return Err(garbled());
        }
        let text = rest.get(1..).unwrap_or_default();
        self.lines.push(String::from_utf8_lossy(text).into_owned());
        if more {
            return Ok(None);
        }
        Ok(Some(Reply {
            code,
            lines: std::mem::take(&mut self.lines),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(lines: &[&str]) -> Result<Option<Reply>> {
        let mut collector = Collector::default();
        let mut last = None;
        for line in lines {
            last = collector.take(line.as_bytes())?;
        }
        Ok(last)
    }

    #[test]
    fn a_reply_of_several_lines_keeps_its_words_once() {
        let reply = read(&["550-5.1.1 no such", "550 5.1.1 user here"])
            .unwrap()
            .unwrap();
        assert_eq!(reply.words(), "550 5.1.1 no such user here");
    }

    #[test]
    fn what_is_no_reply_is_an_error() {
        for lines in [
            &["hello"][..],
            &["25"],
            &["250x"],
            &["999 x"],
            &["250-a", "550 b"],
            &[""],
            &["é50 x"],
        ] {
            assert!(read(lines).is_err(), "{lines:?}");
        }
        assert_eq!(read(&["250"]).unwrap().unwrap().code, 250);
    }

    #[test]
    fn words_carry_no_escapes() {
        let reply = read(&["550 \u{1b}[2Jgone\u{202e}"]).unwrap().unwrap();
        assert!(
            !reply.words().contains(['\u{1b}', '\u{202e}']),
            "{}",
            reply.words()
        );
    }
}
