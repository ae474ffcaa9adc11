//! Contacts as the CSV files of Google and Outlook have them, and as spreadsheets do.

mod headings;
mod row;
mod write;

use std::cell::Cell;
use std::io::{self, BufRead, Read};
use std::rc::Rc;

use csv::ByteRecord;

use crate::error::{Context, Error, Kind, Result};

use super::mime::charset;
use super::unicode::Utf8;
use super::vcard::{self, Fault};
use headings::Column;

pub use write::write;

/// The largest row that is read: one whose quotes never close would be the rest of the file.
const LARGEST: u64 = 1 << 20;
/// The longest list of headings that an error shows.
const SHOWN: usize = 12;

/// The people of a CSV file, one row at a time.
pub struct Rows<R: BufRead> {
    reader: csv::Reader<Bounded<Utf8<R>>>,
    /// Bytes read since the last row began.
    since: Rc<Cell<u64>>,
    columns: Vec<Column>,
    record: ByteRecord,
}

/// Opens a CSV file of contacts.
///
/// # Errors
/// `usage` if its headings are none of contacts; the error names them.
pub fn rows<R: BufRead>(source: R) -> Result<Rows<R>> {
    let mut source = Utf8::new(source);
    let head = source.fill_buf().context(Kind::Usage, "reading CSV")?;
    let separator = separator(head);
    let since = Rc::new(Cell::new(0));
    let bounded = Bounded {
        source,
        since: Rc::clone(&since),
    };
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(separator)
        .from_reader(bounded);
    let mut record = ByteRecord::new();
    let any = reader.read_byte_record(&mut record);
    if !any.context(Kind::Usage, "reading CSV")? {
        return Err(Error::usage("the file is empty"));
    }
    let names: Vec<String> = record.iter().map(text).collect();
    let columns = headings::columns(&names).ok_or_else(|| unknown(&names))?;
    Ok(Rows {
        reader,
        since,
        columns,
        record,
    })
}

impl<R: BufRead> Iterator for Rows<R> {
    type Item = io::Result<std::result::Result<vcard::Read, Fault>>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            self.since.set(0);
            match self.reader.read_byte_record(&mut self.record) {
                Ok(true) => {}
                Ok(false) => return None,
                Err(e) => return Some(Err(io::Error::other(e))),
            }
            // What spreadsheets leave at the end: separators and nothing between them.
            if self.record.iter().all(|cell| cell.trim_ascii().is_empty()) {
                continue;
            }
            let line = self.record.position().map_or(0, csv::Position::line);
            let cells: Vec<String> = self.record.iter().map(text).collect();
            return Some(Ok(row::read(&self.columns, &cells, line)));
        }
    }
}

/// How a cell begins that a spreadsheet may take for a formula.
const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// A cell; old programs write no UTF-8. The mark that keeps it from being a formula goes.
fn text(cell: &[u8]) -> String {
    let text = charset::decode(cell, None, None).0;
    let text = text.replace("\r\n", "\n");
    let text = text.trim();
    let marked = text.strip_prefix('\'').filter(|t| t.starts_with(FORMULA));
    marked.unwrap_or(text).to_owned()
}

fn unknown(names: &[String]) -> Error {
    let seen: Vec<String> = names
        .iter()
        .take(SHOWN)
        .map(|name| {
            let name: String = name.chars().filter(|c| !c.is_control()).take(40).collect();
            format!("`{name}`")
        })
        .collect();
    let more = match names.len() > SHOWN {
        true => " …",
        false => "",
    };
    Error::usage(format!(
        "the headings are none of contacts: {}{more}",
        seen.join(", ")
    ))
    .hint("export from Google or Outlook in English, or name columns like `name,email,phone,organization,groups`")
}

/// The separator: which of the usual ones stands most often in the header, outside quotes.
pub fn separator(start: &[u8]) -> u8 {
    let mut counts = [0; 3];
    let mut quoted = false;
    for byte in start {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' if !quoted => break,
            b',' if !quoted => counts[0] += 1,
            b';' if !quoted => counts[1] += 1,
            b'\t' if !quoted => counts[2] += 1,
            _ => {}
        }
    }
    let best = (0..3).rev().max_by_key(|n| counts[*n]).unwrap_or(0);
    b",;\t"[best]
}

/// A source that fails when too much of it is read at once.
struct Bounded<R> {
    source: R,
    since: Rc<Cell<u64>>,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = self.source.read(out)?;
        self.since.set(self.since.get() + count as u64);
        match self.since.get() > LARGEST {
            true => Err(io::Error::other(
                "a row is larger than 1 MB: a quote in it is never closed",
            )),
            false => Ok(count),
        }
    }
}

#[cfg(test)]
mod tests;
