//! Reads mbox files message by message. Where a message ends is told by its Content-Length if a separator really
//! stands there (mboxcl, mboxcl2), else by the next `From ` line that looks like one. A Content-Length that reaches over
//! another message is believed only in a file in which every message has one: else a stranger wrote it.

use std::io::{self, BufRead, Read};

use jiff::Timestamp;
use memchr::memchr;

use crate::error::{Context, Kind, Result};

use super::super::mime;
use super::from_quotes;

/// The largest message that is held; of a larger one only the size is told.
const LARGEST: usize = mime::LARGEST;
/// Bytes of a line that tell whether it is a header field.
const PEEKED: u64 = 4096;
/// Bytes of a header that are looked through for a Content-Length.
const HEADER: usize = 64 * 1024;
/// Content-Length fields that may be wrong before those of the file are no longer tried.
const LIES: usize = 3;

/// One message of an mbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The message with the quoting of `From ` lines undone; line ends as in the file.
    pub raw: Vec<u8>,
    /// Its separator without the line break; empty for text before the first one.
    pub from_line: String,
    /// The separator's date, read as UTC.
    pub received_at: Option<Timestamp>,
    /// How many bytes it has if it is too large to be held; `raw` is empty then.
    pub too_large: Option<u64>,
}

impl Entry {
    /// The envelope sender of the separator; `None` if it names none.
    pub fn sender(&self) -> Option<&str> {
        let sender = self
            .from_line
            .strip_prefix("From ")?
            .split_whitespace()
            .next()?;
        (sender != "-" && sender != "MAILER-DAEMON").then_some(sender)
    }
}

/// Yields the messages of an mbox in order; holds one of them at a time.
pub struct Reader<R> {
    source: Source<R>,
    /// The separator that was read and whose message comes next.
    separator: Option<Vec<u8>>,
    started: bool,
    ended: bool,
    lies: usize,
    /// A message had a Content-Length that fitted.
    counted: bool,
    /// A message had none that fitted: whoever wrote the file writes none.
    uncounted: bool,
    /// A bare `From ` line stood within a Content-Length: lines are not quoted (mboxcl2).
    unquoted: bool,
}

impl<R: BufRead> Reader<R> {
    pub fn new(input: R) -> Self {
        Reader {
            source: Source {
                ahead: Vec::new(),
                at: 0,
                input,
            },
            separator: None,
            started: false,
            ended: false,
            lies: 0,
            counted: false,
            uncounted: false,
            unquoted: false,
        }
    }

    fn message(&mut self) -> Result<Option<Entry>> {
        if !self.started {
            self.started = true;
            self.begin().context(Kind::Internal, "reading the mbox")?;
        }
        if self.ended {
            return Ok(None);
        }
        let separator = self.separator.take();
        let mut raw = Vec::new();
        let mut body = self.fill(&mut raw)?;
        let mut too_large = None;
        if raw.len() > LARGEST {
            let held = std::mem::take(&mut raw);
            too_large = Some(
                self.pass(held)
                    .context(Kind::Internal, "reading the mbox")?,
            );
            body = None;
        }
        self.ended = self.separator.is_none();
        // The blank line before a separator belongs to it.
        if body.is_some_and(|body| raw.len() > body) {
            for blank in [&b"\n\r\n"[..], b"\n\n"] {
                if raw.ends_with(blank) {
                    raw.truncate(raw.len() - blank.len() + 1);
                    break;
                }
            }
        }
        if separator.is_none() && too_large.is_none() && raw.trim_ascii().is_empty() {
            return if self.ended { Ok(None) } else { self.message() };
        }
        let from_line = String::from_utf8_lossy(&separator.unwrap_or_default()).into_owned();
        Ok(Some(Entry {
            received_at: date(&from_line),
            raw,
            from_line,
            too_large,
        }))
    }

    /// Passes a byte order mark and blank lines; takes the first separator if the file begins with it.
    fn begin(&mut self) -> io::Result<()> {
        let mut line = Vec::new();
        loop {
            line.clear();
            if self.source.line(&mut line)? == 0 {
                self.ended = true;
                return Ok(());
            }
            let text = line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&line);
            if text.trim_ascii().is_empty() {
                continue;
            }
            if text.starts_with(b"From ") {
                self.separator = Some(text.trim_ascii_end().to_vec());
            } else {
                self.source.put_back(&line);
            }
            return Ok(());
        }
    }

    /// Reads up to the next separator, which is taken. Returns where the body begins if its end is not known to the
    /// byte, so that a blank line may have to go.
    fn fill(&mut self, raw: &mut Vec<u8>) -> Result<Option<usize>> {
        let doing = "reading the mbox";
        let mut body = None;
        let mut after_blank = false;
        loop {
            let start = raw.len();
            if self.source.line(raw).context(Kind::Internal, doing)? == 0 {
                return Ok(body);
            }
            if raw.len() > LARGEST {
                return Ok(body);
            }
            let line = &raw[start..];
            let is_blank = line.trim_ascii().is_empty();
            match from_quotes(line) {
                Some(0) => {
                    let next = self.source.peek().context(Kind::Internal, doing)?;
                    if is_separator(line, after_blank, next) {
                        self.separator = Some(line.trim_ascii_end().to_vec());
                        raw.truncate(start);
                        return Ok(body.filter(|_| after_blank));
                    }
                }
                Some(_) => {
                    raw.remove(start);
                }
                None => {}
            }
            if is_blank && body.is_none() {
                body = Some(raw.len());
                if let Some(length) = content_length(raw).filter(|_| self.lies < LIES)
                    && self.exactly(raw, length).context(Kind::Internal, doing)?
                {
                    self.counted = true;
                    return Ok(None);
                }
                self.uncounted = true;
            }
            after_blank = is_blank;
        }
    }

    /// Passes what is left of a message of which so much was held, up to the next separator, which is taken.
    /// Returns the size of the whole.
    fn pass(&mut self, held: Vec<u8>) -> io::Result<u64> {
        let mut size = held.len() as u64;
        let mut within = !held.ends_with(b"\n");
        drop(held);
        let mut after_blank = false;
        let mut line = Vec::new();
        loop {
            line.clear();
            let read = self.source.start_of_line(&mut line)?;
            if read == 0 {
                return Ok(size);
            }
            if !within && from_quotes(&line) == Some(0) {
                let next = self.source.peek()?;
                if is_separator(&line, after_blank, next) {
                    self.separator = Some(line.trim_ascii_end().to_vec());
                    return Ok(size);
                }
            }
            size += read;
            after_blank = !within && line.trim_ascii().is_empty();
            within = false;
        }
    }

    /// Reads `length` bytes of body and the separator after them; false, with nothing read, if there is none.
    fn exactly(&mut self, raw: &mut Vec<u8>, length: usize) -> io::Result<bool> {
        let body = raw.len();
        let read = self.source.bytes(raw, length)?;
        let mut after = Vec::new();
        let mut separator = None;
        let mut fits = read == length;
        // Blank lines, then a separator or the end.
        while fits {
            let start = after.len();
            if self.source.line(&mut after)? == 0 {
                break;
            }
            let line = &after[start..];
            if line.trim_ascii().is_empty() {
                fits = start < 8;
                continue;
            }
            let next = self.source.peek()?;
            fits = line.starts_with(b"From ") && is_separator(line, true, next);
            separator = Some(line.trim_ascii_end().to_vec());
            break;
        }
        let header = after.len();
        if fits && holds_message(&raw[body..]) {
            fits = !self.uncounted
                && match separator {
                    Some(_) => self.next_is_counted(&mut after)?,
                    None => self.counted,
                };
        }
        if !fits {
            self.lies += 1;
            self.source.put_back(&after);
            self.source.put_back(&raw[body..]);
            raw.truncate(body);
            return Ok(false);
        }
        self.source.put_back(&after[header..]);
        self.separator = separator;
        let has_bare = raw[body..]
            .split(|b| *b == b'\n')
            .any(|line| from_quotes(line) == Some(0));
        self.unquoted |= has_bare;
        if !self.unquoted {
            let quoted = raw.split_off(body);
            for line in quoted.split_inclusive(|b| *b == b'\n') {
                raw.extend_from_slice(&line[usize::from(from_quotes(line).is_some())..]);
            }
        }
        Ok(true)
    }
}

impl<R: BufRead> Reader<R> {
    /// Whether the header that comes next, which is read ahead, has a Content-Length.
    fn next_is_counted(&mut self, ahead: &mut Vec<u8>) -> io::Result<bool> {
        let header = ahead.len();
        loop {
            let start = ahead.len();
            let read = self.source.line(ahead)?;
            if read == 0 || ahead[start..].trim_ascii().is_empty() || start - header > HEADER {
                return Ok(content_length(&ahead[header..]).is_some());
            }
        }
    }
}

impl<R: BufRead> Iterator for Reader<R> {
    type Item = Result<Entry>;

    fn next(&mut self) -> Option<Self::Item> {
        let next = self.message();
        if next.is_err() {
            self.ended = true;
            self.separator = None;
        }
        next.transpose()
    }
}

/// A file with what was read ahead of it.
struct Source<R> {
    ahead: Vec<u8>,
    at: usize,
    input: R,
}

impl<R: BufRead> Source<R> {
    /// Appends one line with its break; returns its length, 0 at the end.
    fn line(&mut self, to: &mut Vec<u8>) -> io::Result<usize> {
        let start = to.len();
        let waiting = &self.ahead[self.at..];
        if !waiting.is_empty() {
            let end = memchr(b'\n', waiting).map(|n| n + 1);
            let line = &waiting[..end.unwrap_or(waiting.len())];
            to.extend_from_slice(line);
            self.at += line.len();
            if end.is_some() {
                return Ok(to.len() - start);
            }
        }
        // One byte more than the largest message: the caller sees that it is too large.
        let room = (LARGEST + 1).saturating_sub(to.len()) as u64;
        (&mut self.input).take(room).read_until(b'\n', to)?;
        Ok(to.len() - start)
    }

    /// Passes one line and appends the first [`PEEKED`] bytes of it; returns its length, 0 at the end.
    fn start_of_line(&mut self, to: &mut Vec<u8>) -> io::Result<u64> {
        let waiting = &self.ahead[self.at..];
        let end = memchr(b'\n', waiting).map(|n| n + 1);
        let held = end.unwrap_or(waiting.len());
        to.extend_from_slice(&waiting[..held.min(PEEKED as usize)]);
        self.at += held;
        let mut read = held as u64;
        if end.is_some() {
            return Ok(read);
        }
        loop {
            let chunk = self.input.fill_buf()?;
            if chunk.is_empty() {
                return Ok(read);
            }
            let end = memchr(b'\n', chunk).map(|n| n + 1);
            let used = end.unwrap_or(chunk.len());
            let room = (PEEKED as usize).saturating_sub(to.len());
            to.extend_from_slice(&chunk[..used.min(room)]);
            self.input.consume(used);
            read += used as u64;
            if end.is_some() {
                return Ok(read);
            }
        }
    }

    /// Appends up to `length` bytes; returns how many there were.
    fn bytes(&mut self, to: &mut Vec<u8>, length: usize) -> io::Result<usize> {
        let waiting = &self.ahead[self.at..];
        let held = waiting.len().min(length);
        to.extend_from_slice(&waiting[..held]);
        self.at += held;
        let more = (&mut self.input)
            .take((length - held) as u64)
            .read_to_end(to)?;
        Ok(held + more)
    }

    /// The next line, which stays to be read; empty at the end.
    fn peek(&mut self) -> io::Result<&[u8]> {
        if memchr(b'\n', &self.ahead[self.at..]).is_none() {
            self.ahead.drain(..self.at);
            self.at = 0;
            (&mut self.input)
                .take(PEEKED)
                .read_until(b'\n', &mut self.ahead)?;
        }
        let waiting = &self.ahead[self.at..];
        Ok(&waiting[..memchr(b'\n', waiting).unwrap_or(waiting.len())])
    }

    fn put_back(&mut self, bytes: &[u8]) {
        self.ahead.splice(..self.at, bytes.iter().copied());
        self.at = 0;
    }
}

/// Whether a line that begins with `From ` separates messages: it has a date, or stands after a blank line; and
/// where one of the two is missing a header field follows.
fn is_separator(line: &[u8], after_blank: bool, next: &[u8]) -> bool {
    let has_date = date(&String::from_utf8_lossy(line)).is_some();
    match (has_date, after_blank) {
        (true, true) => true,
        (false, false) => false,
        _ => begins_header(next),
    }
}

fn begins_header(line: &[u8]) -> bool {
    memchr(b':', line)
        .is_some_and(|colon| colon > 0 && line[..colon].iter().all(|b| (33..=126).contains(b)))
        || line.starts_with(b">From ")
}

/// Whether another message seems to lie in a body: a separator with a header below it.
fn holds_message(body: &[u8]) -> bool {
    let mut lines = body.split(|b| *b == b'\n').peekable();
    let mut after_blank = true;
    while let Some(line) = lines.next() {
        let next = lines.peek().copied().unwrap_or_default();
        if from_quotes(line) == Some(0)
            && begins_header(next)
            && is_separator(line, after_blank, next)
        {
            return true;
        }
        after_blank = line.trim_ascii().is_empty();
    }
    false
}

/// The date of a separator: what follows the sender.
fn date(line: &str) -> Option<Timestamp> {
    let rest = line.strip_prefix("From ")?;
    let (_, date) = rest.trim_start().split_once(' ')?;
    let has_time = date
        .as_bytes()
        .windows(2)
        .any(|w| w[0].is_ascii_digit() && w[1] == b':');
    has_time.then(|| mime::read_date(date.as_bytes())).flatten()
}

/// Content-Length of a header block.
fn content_length(header: &[u8]) -> Option<usize> {
    header.split(|b| *b == b'\n').find_map(|line| {
        let (name, value) = line.split_at_checked(15)?;
        if !name.eq_ignore_ascii_case(b"content-length:") {
            return None;
        }
        let length: usize = std::str::from_utf8(value.trim_ascii()).ok()?.parse().ok()?;
        (length <= LARGEST).then_some(length)
    })
}
