//! Finds the cards in a file of any size, holding one of them at a time.

use std::io::{self, BufRead};

use memchr::memchr;

use super::Fault;
use super::document::{is_mark, trim_break};

/// The largest card that is read: a large photo is a few megabytes.
const LARGEST: usize = 16 << 20;

/// One card: the line it begins at and its bytes.
type Split = Result<(u64, Vec<u8>), Fault>;

/// The cards of a file in order, each as its own bytes and the line it begins at.
pub struct Cards<R> {
    source: R,
    /// Lines read so far.
    line: u64,
    /// A BEGIN that came where an END was due.
    ahead: Option<Vec<u8>>,
    ended: bool,
}

impl<R: BufRead> Cards<R> {
    pub fn new(source: R) -> Self {
        Cards {
            source,
            line: 0,
            ahead: None,
            ended: false,
        }
    }

    /// The next line with its break, cut at the largest card; `None` at the end.
    fn line(&mut self) -> io::Result<Option<Vec<u8>>> {
        if let Some(line) = self.ahead.take() {
            return Ok(Some(line));
        }
        let mut line = Vec::new();
        loop {
            let buffer = match self.source.fill_buf() {
                Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
                other => other?,
            };
            let end = memchr(b'\n', buffer).map(|n| n + 1);
            let took = end.unwrap_or(buffer.len());
            let room = (LARGEST + 1).saturating_sub(line.len());
            line.extend_from_slice(&buffer[..took.min(room)]);
            self.source.consume(took);
            if end.is_some() || took == 0 {
                break;
            }
        }
        if line.is_empty() {
            return Ok(None);
        }
        self.line += 1;
        Ok(Some(line))
    }

    /// Reads on to the next BEGIN; gives its line.
    fn begin(&mut self) -> io::Result<Option<Vec<u8>>> {
        while let Some(line) = self.line()? {
            if is_mark(trim_break(&line), "BEGIN") {
                return Ok(Some(line));
            }
        }
        Ok(None)
    }

    fn card(&mut self) -> io::Result<Option<Split>> {
        let Some(mut card) = self.begin()? else {
            return Ok(None);
        };
        let start = self.line;
        let fault = |what: &str| {
            Err(Fault {
                line: start,
                what: what.to_owned(),
            })
        };
        let mut depth = 0usize;
        let mut agent = false;
        let mut too_large = false;
        while let Some(line) = self.line()? {
            let bare = trim_break(&line);
            if is_mark(bare, "BEGIN") {
                match agent || depth > 0 {
                    true => depth += 1,
                    // The END of this card is missing.
                    false => {
                        self.ahead = Some(line);
                        card.extend(b"END:VCARD\r\n");
                        return Ok(Some(match too_large {
                            true => fault("the card is larger than 16 MB"),
                            false => Ok((start, card)),
                        }));
                    }
                }
            }
            let ends = is_mark(bare, "END");
            if !bare.trim_ascii().is_empty() {
                agent = is_open_agent(bare);
            }
            too_large |= card.len() + line.len() > LARGEST;
            if !too_large {
                card.extend_from_slice(&line);
            }
            match (ends, depth) {
                (true, 0) if too_large => return Ok(Some(fault("the card is larger than 16 MB"))),
                (true, 0) => {
                    if !card.ends_with(b"\n") {
                        card.extend(b"\r\n");
                    }
                    return Ok(Some(Ok((start, card))));
                }
                (true, _) => depth -= 1,
                _ => {}
            }
        }
        Ok(Some(fault("the card is cut off: it has no END:VCARD")))
    }
}

impl<R: BufRead> Iterator for Cards<R> {
    type Item = io::Result<Split>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let next = self.card().transpose();
        self.ended = !matches!(next, Some(Ok(_)));
        next
    }
}

/// Whether the card of another person follows within this one (2.1 §2.6.5).
fn is_open_agent(bare: &[u8]) -> bool {
    let bare = bare.trim_ascii_end();
    let bare = match memchr(b'.', &bare[..bare.len().min(40)]) {
        Some(dot) => &bare[dot + 1..],
        None => bare,
    };
    bare.len() < 100
        && bare.ends_with(b":")
        && bare
            .get(..5)
            .is_some_and(|b| b.eq_ignore_ascii_case(b"AGENT"))
}
