//! Writes mboxrd: every line that looks like a separator gets one more `>`, so that reading gives it back.
//! Content-Length has no place in it and is left out.

use std::io::{self, Write};

use jiff::Timestamp;

use super::from_quotes;

/// Appends messages to a file or pipe.
pub struct Writer<W> {
    out: W,
}

impl<W: Write> Writer<W> {
    pub fn new(out: W) -> Self {
        Writer { out }
    }

    /// Writes one message; `sender` is the envelope's, `MAILER-DAEMON` if it has none.
    pub fn write(&mut self, sender: &str, at: Timestamp, raw: &[u8]) -> io::Result<()> {
        let sender: String = sender
            .chars()
            .filter(|c| !c.is_whitespace() && !c.is_control())
            .collect();
        let sender = match sender.is_empty() {
            true => "MAILER-DAEMON",
            false => sender.as_str(),
        };
        writeln!(
            self.out,
            "From {sender} {}",
            at.strftime("%a %b %e %H:%M:%S %Y")
        )?;
        let (mut in_header, mut left_out) = (true, false);
        for line in raw.split_inclusive(|b| *b == b'\n') {
            in_header &= !line.trim_ascii().is_empty();
            // A stranger wrote it, and a reader would look for the next message where it says.
            let goes_on = matches!(line, [b' ' | b'\t', ..]);
            left_out = in_header && (is_length(line) || (left_out && goes_on));
            if left_out {
                continue;
            }
            if from_quotes(line).is_some() {
                self.out.write_all(b">")?;
            }
            self.out.write_all(line)?;
        }
        if !raw.is_empty() && !raw.ends_with(b"\n") {
            self.out.write_all(b"\n")?;
        }
        self.out.write_all(b"\n")
    }

    pub fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    /// The file or pipe, for syncing it.
    pub fn into_inner(self) -> W {
        self.out
    }
}

fn is_length(line: &[u8]) -> bool {
    let colon = memchr::memchr(b':', line);
    colon.is_some_and(|colon| {
        let name = line[..colon].trim_ascii_end();
        name.eq_ignore_ascii_case(b"content-length")
    })
}
