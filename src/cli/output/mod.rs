//! The one output layer: documents as table, plain, json or jsonl. Nothing else writes to stdout.
//!
//! A reader that goes away (`| head`) is success: what follows is dropped and the outcome stays.

mod error;
mod fields;
mod json;
mod table;

use std::io::Write;
use std::process::{Command, Stdio};

use jiff::{Timestamp, Unit, Zoned};
use schemars::JsonSchema;
use serde::Serialize;

use crate::cli::editor::Draft;
use crate::config::flags::{Looks, without_secrets};
use crate::error::{Context, Kind, Result};
use crate::format::clean;
use crate::model::document::Document;

pub use crate::config::flags::Format;
pub use error::render as render_error;

/// Bytes of JSON lines that are handed on at once.
const CHUNK: usize = 64 * 1024;

/// Where and how results are written.
pub struct Output {
    pub format: Format,
    /// `--fields`: columns or keys to keep, in this order.
    pub fields: Option<Vec<String>>,
    pub color: bool,
    /// stdout is a terminal.
    pub terminal: bool,
    /// Columns of the terminal; `COLUMNS` or 100 where there is none.
    pub width: usize,
    /// For relative times.
    pub now: Zoned,
    /// What was decided about the other streams.
    pub looks: Looks,
    pub(crate) sink: Box<dyn Write>,
    /// What was written in an editor for this command.
    pub(crate) draft: Option<Draft>,
    closed: bool,
}

/// A column of a list: the key it stands for and how people see it.
pub struct Column<R> {
    /// Key in JSON and name for `--fields`.
    pub field: &'static str,
    /// Heading of the table.
    pub title: &'static str,
    /// Cell of the table; already cleaned, may be short and relative.
    pub cell: fn(&R, &Output) -> Cell,
    /// Value in `plain`; full, RFC 3339; cleaned and escaped by the output layer.
    pub plain: fn(&R) -> String,
}

/// Text of a table cell and how it looks; nothing is said by colour alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cell {
    pub text: String,
    pub style: Style,
}

impl Cell {
    pub fn new(text: impl Into<String>, style: Style) -> Self {
        Cell {
            text: text.into(),
            style,
        }
    }
    pub fn plain(text: impl Into<String>) -> Self {
        Self::new(text, Style::Normal)
    }
    /// An id (`m17`).
    pub fn id(id: impl std::fmt::Display) -> Self {
        Self::new(id.to_string(), Style::Id)
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Style {
    #[default]
    Normal,
    Strong,
    Dim,
    Good,
    Bad,
    Id,
}

impl Output {
    /// An output to stdout.
    pub fn to_stdout(looks: Looks, now: Zoned) -> Self {
        let width = console::Term::stdout()
            .size_checked()
            .map(|(_, columns)| usize::from(columns))
            .or(looks.columns)
            .unwrap_or(100);
        // A terminal shows each row as it comes; a pipe gets large writes.
        let sink = std::io::BufWriter::with_capacity(CHUNK, std::io::stdout());
        Self::new(looks, now, width, Box::new(sink))
    }

    /// An output to any writer.
    pub fn new(looks: Looks, now: Zoned, width: usize, sink: Box<dyn Write>) -> Self {
        Output {
            format: looks.format,
            fields: looks.fields.clone(),
            color: looks.color,
            terminal: looks.terminal,
            width: width.max(20),
            now,
            looks,
            sink,
            draft: None,
            closed: false,
        }
    }

    /// A document whose main part is a list. `key` is the list's key in the document.
    ///
    /// JSON is the document with `"schema"` first; jsonl is one row per line; `--fields` picks columns (table,
    /// plain) or keys of each row (json, jsonl), and an unknown one is a usage error that lists the known.
    pub fn list<D: Serialize, R: Serialize + JsonSchema>(
        &mut self,
        schema: &'static str,
        document: &D,
        key: &'static str,
        rows: &[R],
        columns: &[Column<R>],
    ) -> Result<()> {
        let chosen = match &self.fields {
            Some(names) => Some(fields::choose(names, columns)?),
            None => None,
        };
        match (self.format, &chosen) {
            (Format::Json, None) => self.document(schema, document),
            (Format::Json, Some(chosen)) => {
                let rows = fields::rows(rows, chosen)?;
                let document = json::with_rows(document, key, rows)?;
                self.document(schema, &document)
            }
            (Format::Jsonl, None) => self.json_lines(rows),
            (Format::Jsonl, Some(chosen)) => self.json_lines(&fields::rows(rows, chosen)?),
            (Format::Plain, chosen) => {
                let text = match chosen {
                    None => table::plain(rows, columns),
                    Some(chosen) => fields::plain(rows, chosen)?,
                };
                self.write(text.as_bytes())
            }
            (Format::Table, chosen) => {
                let sheet = match chosen {
                    None => table::sheet(rows, columns, self),
                    Some(chosen) => fields::sheet(rows, chosen, self)?,
                };
                let (text, left_out) = sheet.render(self.width, self.color);
                self.write(text.as_bytes())?;
                if !left_out.is_empty() {
                    let left_out = left_out.join(", ");
                    self.hint(&format!(
                        "too narrow for {left_out}; `--fields` chooses columns"
                    ));
                }
                Ok(())
            }
        }
    }

    /// A document about one thing. `text` is how a person reads it (table); plain is `key<TAB>value` lines.
    pub fn report<D: Serialize>(
        &mut self,
        schema: &'static str,
        document: &D,
        text: impl FnOnce(&Output) -> String,
    ) -> Result<()> {
        if self.format == Format::Table && self.fields.is_none() {
            let mut text = text(self);
            if !text.is_empty() && !text.ends_with('\n') {
                text.push('\n');
            }
            return self.write(text.as_bytes());
        }
        if self.format == Format::Json && self.fields.is_none() {
            return self.document(schema, document);
        }
        let mut value = serde_json::to_value(document).context(Kind::Internal, "writing JSON")?;
        if let Some(names) = &self.fields {
            value = fields::pick(&value, names)?;
        }
        match self.format {
            Format::Json => self.document(schema, &value),
            Format::Jsonl => self.json_line(&Document {
                schema,
                document: &value,
            }),
            Format::Table | Format::Plain => {
                let text = json::lines(&value);
                self.write(text.as_bytes())
            }
        }
    }

    /// Raw bytes (an attachment or message to stdout).
    pub fn bytes(&mut self, bytes: &[u8]) -> Result<()> {
        self.write(bytes)
    }

    /// Text as it is, for a person or a pipe; a newline is added if none ends it.
    pub fn text(&mut self, text: &str) -> Result<()> {
        self.write(text.as_bytes())?;
        if text.is_empty() || text.ends_with('\n') {
            Ok(())
        } else {
            self.write(b"\n")
        }
    }

    /// Long text for a person: through the pager on a terminal.
    pub fn page(&mut self, text: &str) -> Result<()> {
        let height = console::Term::stdout()
            .size_checked()
            .map_or(24, |(rows, _)| usize::from(rows));
        let long = text.lines().count() + 1 >= height;
        let pager = self.looks.pager.clone().filter(|_| self.terminal && long);
        let Some(pager) = pager else {
            return self.text(text);
        };
        self.flush()?;
        // A pager that can't run must not hide the text.
        if run_pager(&pager, text).is_err() {
            self.text(text)
        } else {
            Ok(())
        }
    }

    /// A man page: set by `man` on a terminal; as text in a pipe and where there is no `man`.
    pub fn man_page(&mut self, source: &str, text: &str) -> Result<()> {
        if !self.terminal || self.looks.pager.is_none() {
            return self.text(text);
        }
        self.flush()?;
        if run_pager("man -l - 2>/dev/null", source).is_err() {
            self.page(text)
        } else {
            Ok(())
        }
    }

    /// `warning: …` on stderr.
    pub fn warn(&self, message: &str) {
        self.remark("warning", console::Color::Yellow, message);
    }

    /// Whether a hint would be seen.
    pub fn shows_hints(&self) -> bool {
        self.looks.terminal_err || self.format == Format::Table
    }

    /// `hint: …` on stderr, below what was printed so far; only when stderr is a terminal or the format is
    /// for people, so that cron sends no mail about it.
    pub fn hint(&mut self, message: &str) {
        if self.shows_hints() {
            // A reader that went away is told of by the next write to stdout.
            let _ = self.flush();
            self.remark("hint", console::Color::Cyan, message);
        }
    }

    /// A line on stderr that says what is being done.
    pub fn note(&self, message: &str) {
        let line = format!("{}\n", clean::line(message));
        let _ = std::io::stderr().write_all(line.as_bytes());
    }

    fn remark(&self, word: &str, color: console::Color, message: &str) {
        let word = console::style(format!("{word}:"))
            .fg(color)
            .bold()
            .force_styling(self.looks.color_err);
        // There is nobody left to tell that stderr is gone.
        let _ = writeln!(std::io::stderr(), "{word} {}", clean::line(message));
    }

    /// Text in a style, if colour is on.
    pub fn paint(&self, style: Style, text: &str) -> String {
        table::paint(style, text, self.color)
    }

    /// A time for a table: relative when recent (`5 min ago`), else a short date in the user's zone.
    pub fn when(&self, at: Timestamp) -> String {
        let then = at.to_zoned(self.now.time_zone().clone());
        let seconds = self.now.timestamp().as_second() - at.as_second();
        let days = then
            .date()
            .until((Unit::Day, self.now.date()))
            .map_or(0, |s| s.get_days());
        let same_year = then.year() == self.now.year();
        match seconds {
            -59..=59 => "now".to_owned(),
            60..3600 => format!("{} min ago", seconds / 60),
            3600.. if days == 0 => then.strftime("%H:%M").to_string(),
            3600.. if days == 1 => then.strftime("yesterday %H:%M").to_string(),
            3600.. if days < 7 => then.strftime("%a %H:%M").to_string(),
            -3599..=-60 => format!("in {} min", -seconds / 60),
            _ if same_year && seconds > 0 => then.strftime("%d %b").to_string(),
            _ if seconds > 0 => then.strftime("%d %b %Y").to_string(),
            _ => then.strftime("%Y-%m-%d %H:%M").to_string(),
        }
    }

    /// Whether the reader went away; a command that goes on for ever ends then.
    pub fn is_closed(&self) -> bool {
        self.closed
    }

    /// Hands everything written so far to the reader.
    pub fn flush(&mut self) -> Result<()> {
        let result = self.sink.flush();
        self.settle(result)
    }

    /// One JSON value on a line of its own.
    pub fn json_line<T: Serialize>(&mut self, value: &T) -> Result<()> {
        self.json_lines(std::slice::from_ref(value))
    }

    fn json_lines<T: Serialize>(&mut self, values: &[T]) -> Result<()> {
        let mut lines = Vec::new();
        for value in values {
            if self.terminal {
                let text = serde_json::to_string(value).context(Kind::Internal, "writing JSON")?;
                lines.extend_from_slice(clean::json(&text).as_bytes());
            } else {
                json::append(&mut lines, value)?;
            }
            lines.push(b'\n');
            if lines.len() > CHUNK {
                self.write(&lines)?;
                lines.clear();
            }
        }
        self.write(&lines)
    }

    fn document<D: Serialize>(&mut self, schema: &'static str, document: &D) -> Result<()> {
        let document = Document { schema, document };
        if self.terminal {
            let text =
                serde_json::to_string_pretty(&document).context(Kind::Internal, "writing JSON")?;
            self.write(clean::json(&text).as_bytes())?;
            return self.write(b"\n");
        }
        // A long one is written piece by piece: making room for all of it takes longer than filling it.
        json::in_pieces(&document, |piece| self.write(piece))
    }

    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        if self.closed {
            return Ok(());
        }
        let result = self.sink.write_all(bytes);
        self.settle(result)
    }

    fn settle(&mut self, result: std::io::Result<()>) -> Result<()> {
        match result {
            Err(e) if e.kind() == std::io::ErrorKind::BrokenPipe => {
                self.closed = true;
                Ok(())
            }
            other => other.context(Kind::Internal, "writing to stdout"),
        }
    }
}

fn run_pager(pager: &str, text: &str) -> std::io::Result<()> {
    let mut child = without_secrets(&mut Command::new("sh"))
        .arg("-c")
        .arg(pager)
        .stdin(Stdio::piped())
        .spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        // The reader may quit before the end; that is not a fault.
        let _ = stdin.write_all(text.as_bytes());
    }
    let status = child.wait()?;
    // 127: the shell found no such program.
    if status.code() == Some(127) {
        Err(std::io::ErrorKind::NotFound.into())
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
