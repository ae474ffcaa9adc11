//! Long lists page by page: the first rows are out before the last ones are read.

use crate::error::Result;

use super::output::{Format, Output};

/// Rows of the first page; each further one has so many times more.
const FIRST: usize = 200;
const TIMES: usize = 10;

/// How many rows to read next.
#[derive(Debug)]
pub struct Pages {
    left: usize,
    size: usize,
}

impl Pages {
    /// For a list of at most so many rows. Only rows with lines of their own come in pages: a table needs all of them for
    /// its widths, and a document is there as a whole or not at all.
    pub fn of(limit: usize, out: &Output) -> Pages {
        match out.format {
            Format::Plain | Format::Jsonl => Pages {
                left: limit,
                size: FIRST,
            },
            Format::Table | Format::Json => Pages::whole(limit),
        }
    }

    /// All rows at once.
    pub fn whole(limit: usize) -> Pages {
        Pages {
            left: limit,
            size: limit,
        }
    }

    /// Rows to ask for.
    pub fn size(&self) -> usize {
        self.size.min(self.left)
    }

    /// After a page of so many rows, which goes to the reader now: whether to ask for another one.
    pub fn go_on(&mut self, rows: usize, out: &mut Output) -> Result<bool> {
        self.left = self.left.saturating_sub(rows);
        self.size = self.size.saturating_mul(TIMES);
        if self.left == 0 {
            return Ok(false);
        }
        out.flush()?;
        Ok(!out.is_closed())
    }
}
