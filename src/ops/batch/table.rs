//! The file of a bulk send: separator, names, and its rows one by one with their lines.

use std::collections::{BTreeMap, HashSet};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use csv::ByteRecord;

use crate::error::{Error, Result};
use crate::format::clean;
use crate::format::contacts_csv::separator;

/// Columns that may hold the recipient, if none is named.
const RECIPIENT: [&str; 3] = ["to", "email", "address"];

/// Bytes of a row, about: a quote that is never closed would make one of all that follows.
const LONGEST_ROW: u64 = 1 << 20;
/// More columns than any spreadsheet of people has.
const MOST_COLUMNS: usize = 1_000;
/// Columns that an error lists.
const SHOWN_COLUMNS: usize = 20;

/// A row of the file.
#[derive(Debug)]
pub struct Row {
    /// Line of the file it begins on.
    pub line: u64,
    /// The recipient as written, and the values; or what is wrong with it.
    pub cells: std::result::Result<(String, BTreeMap<String, String>), String>,
}

/// An open file, read as it goes.
pub struct Table {
    reader: csv::Reader<OneRow>,
    names: Vec<String>,
    recipient: usize,
    record: ByteRecord,
    lines: Lines,
    shown: String,
}

/// Gives no more than a row may have, counted from [`OneRow::begin`].
struct OneRow {
    file: BufReader<File>,
    given: u64,
}

impl OneRow {
    fn begin(&mut self) {
        self.given = 0;
    }
}

impl Read for OneRow {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.given > LONGEST_ROW {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let read = self.file.read(buffer)?;
        self.given += read as u64;
        Ok(read)
    }
}

/// Counts lines beside the reader, whose own count is off after CRLF and empty lines.
struct Lines {
    file: BufReader<File>,
    at: u64,
    line: u64,
    /// The byte before was a CR: a line end by itself, unless an LF follows.
    after_cr: bool,
}

impl Lines {
    /// The line of the record that begins at this byte or, after line ends, a little later.
    fn of(&mut self, byte: u64) -> std::io::Result<u64> {
        loop {
            let buffer = self.file.fill_buf()?;
            if buffer.is_empty() {
                return Ok(self.line);
            }
            let mut used = 0;
            for b in buffer {
                self.line += u64::from(self.after_cr && *b != b'\n');
                self.after_cr = false;
                if self.at >= byte && !matches!(b, b'\r' | b'\n') {
                    self.file.consume(used);
                    return Ok(self.line);
                }
                self.line += u64::from(*b == b'\n');
                self.after_cr = *b == b'\r';
                self.at += 1;
                used += 1;
            }
            self.file.consume(used);
        }
    }
}

impl Table {
    /// Opens a file and reads its header row.
    ///
    /// # Errors
    /// `usage`: no such file, not UTF-8, a name twice, no column for the recipient.
    pub fn open(path: &Path, to_column: Option<&str>, delimiter: Option<u8>) -> Result<Table> {
        let shown = clean::line(&path.display().to_string());
        let bad = |e: std::io::Error| {
            let error = Error::usage(format!("`{shown}` can't be read")).because(e);
            error.hint("give the path of a CSV file as seen from this folder, or from the root")
        };
        let file = File::open(path).map_err(bad)?;
        if !file.metadata().map_err(bad)?.is_file() {
            return Err(Error::usage(format!("`{shown}` is not a regular file"))
                .hint("it is read more than once: write it to a file first"));
        }
        let mut input = BufReader::with_capacity(64 * 1024, file);
        let start = input.fill_buf().map_err(bad)?;
        if start.starts_with(&[0xff, 0xfe]) || start.starts_with(&[0xfe, 0xff]) {
            return Err(Error::usage(format!("`{shown}` is UTF-16"))
                .hint("save it as \"CSV UTF-8\", or convert it with iconv"));
        }
        let mut lines = Lines {
            file: BufReader::with_capacity(64 * 1024, File::open(path).map_err(bad)?),
            at: 0,
            line: 1,
            after_cr: false,
        };
        if start.starts_with(b"\xef\xbb\xbf") {
            input.consume(3);
            lines.file.fill_buf().map_err(bad)?;
            lines.file.consume(3);
        }
        let start = input.fill_buf().map_err(bad)?;
        let delimiter = delimiter.unwrap_or_else(|| separator(start));
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(delimiter)
            .from_reader(OneRow {
                file: input,
                given: 0,
            });
        let mut record = ByteRecord::new();
        let any = reader.read_byte_record(&mut record);
        if !any.map_err(|e| fault((&shown, 1), e))? {
            return Err(Error::usage(format!("`{shown}` is empty")));
        }
        let names = names(&record, &shown)?;
        let recipient = recipient(&names, to_column, &shown)?;
        Ok(Table {
            reader,
            names,
            recipient,
            record,
            lines,
            shown,
        })
    }

    /// The variables its columns give.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The next row that holds anything.
    pub fn next_row(&mut self) -> Result<Option<Row>> {
        loop {
            let begins = self.reader.position().byte();
            self.reader.get_mut().begin();
            match self.reader.read_byte_record(&mut self.record) {
                Ok(true) => {}
                Ok(false) => return Ok(None),
                Err(e) => {
                    let line = self.lines.of(begins).unwrap_or_default();
                    return Err(fault((&self.shown, line), e));
                }
            }
            // What spreadsheets leave at the end: separators and nothing between them.
            if self.record.iter().any(|cell| !cell.trim_ascii().is_empty()) {
                let byte = self.record.position().map_or(0, csv::Position::byte);
                let line = self
                    .lines
                    .of(byte)
                    .map_err(|e| fault((&self.shown, 0), e.into()))?;
                return Ok(Some(Row {
                    line,
                    cells: self.cells(),
                }));
            }
        }
    }

    fn cells(&self) -> std::result::Result<(String, BTreeMap<String, String>), String> {
        let (wanted, found) = (self.names.len(), self.record.len());
        if wanted != found {
            return Err(format!("{found} fields where the header has {wanted}"));
        }
        let mut values = BTreeMap::new();
        for (name, cell) in self.names.iter().zip(&self.record) {
            let cell = std::str::from_utf8(cell).map_err(|_| format!("`{name}` is not UTF-8"))?;
            if cell.contains('\0') {
                return Err(format!("`{name}` holds a NUL byte"));
            }
            values.insert(name.clone(), cell.to_owned());
        }
        let to = values[&self.names[self.recipient]].trim().to_owned();
        if to.is_empty() {
            return Err(format!("`{}` is empty", self.names[self.recipient]));
        }
        Ok((to, values))
    }
}

/// The names of the columns as a template can say them: anything but letters, digits and `_` becomes `_`.
fn names(record: &ByteRecord, shown: &str) -> Result<Vec<String>> {
    if record.len() > MOST_COLUMNS {
        return Err(Error::usage(format!(
            "{shown}:1: {} columns; the most are {MOST_COLUMNS}",
            record.len()
        )));
    }
    let mut names: Vec<String> = Vec::new();
    let mut seen = HashSet::new();
    for (n, cell) in record.iter().enumerate() {
        let n = n + 1;
        let cell = std::str::from_utf8(cell)
            .map_err(|_| Error::usage(format!("{shown}:1: the name of column {n} is not UTF-8")))?;
        let name: String = cell
            .trim()
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
            .collect();
        if name.is_empty() {
            return Err(Error::usage(format!("{shown}:1: column {n} has no name"))
                .hint("the first row names the columns"));
        }
        if !seen.insert(name.clone()) {
            return Err(Error::usage(format!(
                "{shown}:1: two columns are called `{name}`"
            )));
        }
        names.push(name);
    }
    Ok(names)
}

fn recipient(names: &[String], asked: Option<&str>, shown: &str) -> Result<usize> {
    let at = |name: &str| names.iter().position(|n| n.eq_ignore_ascii_case(name));
    let shown_names = names.iter().take(SHOWN_COLUMNS);
    let known: Vec<_> = shown_names.map(|n| format!("`{n}`")).collect();
    let more = match names.len().saturating_sub(SHOWN_COLUMNS) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let known = format!("its columns are {}{more}", clean::line(&known.join(", ")));
    if let Some(asked) = asked {
        return at(asked).ok_or_else(|| {
            Error::usage(format!("{shown}:1: there is no column `{asked}`")).hint(known)
        });
    }
    let found: Vec<_> = RECIPIENT.iter().filter_map(|name| at(name)).collect();
    match found.as_slice() {
        [one] => Ok(*one),
        [] => Err(Error::usage(format!(
            "{shown}:1: no column is called `to`, `email` or `address`"
        ))
        .hint(format!("name it with --to-column; {known}"))),
        _ => Err(
            Error::usage(format!("{shown}:1: several columns may be the recipient"))
                .hint(format!("name it with --to-column; {known}")),
        ),
    }
}

fn fault((shown, line): (&str, u64), e: csv::Error) -> Error {
    match e.kind() {
        csv::ErrorKind::Io(io) if io.kind() == io::ErrorKind::FileTooLarge => {
            Error::usage(format!("{shown}:{line}: the row is longer than 1 MB"))
                .hint("is a quote not closed?")
        }
        _ => Error::usage(format!("`{shown}` can't be read")).because(e),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Vec<(u64, std::result::Result<String, String>)> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), bytes).unwrap();
        let mut table = Table::open(file.path(), None, None).unwrap();
        let mut rows = Vec::new();
        while let Some(row) = table.next_row().unwrap() {
            let cells = row
                .cells
                .map(|(to, values)| format!("{to}={}", values["name"]));
            rows.push((row.line, cells));
        }
        rows
    }

    #[test]
    fn a_row_without_an_end_is_named_and_not_held() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let rest = "b@x.example,Bob\n".repeat(200_000);
        std::fs::write(
            file.path(),
            format!("to,name\na@x.example,Ada\n\nc@x.example,\"{rest}"),
        )
        .unwrap();
        let mut table = Table::open(file.path(), None, None).unwrap();
        assert_eq!(table.next_row().unwrap().unwrap().line, 2);
        let error = table.next_row().unwrap_err();
        let shown = file.path().display();
        assert_eq!(
            error.message,
            format!("{shown}:4: the row is longer than 1 MB")
        );
    }

    #[test]
    fn columns_without_number_are_refused() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let columns = |count: usize| {
            (0..count)
                .map(|n| format!("c{n}"))
                .collect::<Vec<_>>()
                .join(",")
        };
        for (count, end) in [
            (2_000, "2000 columns; the most are 1000"),
            (50, "is called `to`, `email` or `address`"),
        ] {
            std::fs::write(file.path(), columns(count)).unwrap();
            let error = Table::open(file.path(), None, None).err().unwrap();
            assert!(error.message.ends_with(end), "{}", error.message);
            assert!(error.hint.unwrap_or_default().len() < 300);
        }
    }

    #[test]
    fn lines_are_those_of_an_editor() {
        for end in ["\n", "\r\n", "\r"] {
            let text = "\u{FEFF}name;email\n\"Ada\nL\";a@x.example\nBob;b@x.example\n\n;;\n;\nEve\nDan;d@x.example";
            let rows = read(text.replace('\n', end).as_bytes());
            let lines: Vec<_> = rows.iter().map(|r| r.0).collect();
            assert_eq!(lines, [2, 4, 8, 9], "{end:?} {rows:?}");
            assert_eq!(rows[0].1, Ok(format!("a@x.example=Ada{end}L")));
            assert_eq!(rows[2].1, Err("1 fields where the header has 2".to_owned()));
        }
    }
}
