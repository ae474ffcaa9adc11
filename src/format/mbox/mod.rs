//! Mbox files, all four dialects: read as a stream, written as mboxrd (RFC 4155 and qmail's mbox(5)).

mod read;
mod status;
mod write;

pub use read::{Entry, Reader};
pub use status::status_flags;
pub use write::Writer;

/// Whether a line without its break is `From ` or a quoted form of it (`>From `, `>>From ` …), and how many marks.
fn from_quotes(line: &[u8]) -> Option<usize> {
    let quotes = line.iter().take_while(|b| **b == b'>').count();
    line[quotes..].starts_with(b"From ").then_some(quotes)
}

#[cfg(test)]
mod tests;
