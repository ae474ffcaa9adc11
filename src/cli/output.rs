//! The one output layer: documents as table, plain, json or jsonl. Nothing else writes to stdout.

use jiff::{Timestamp, Zoned};
use serde::Serialize;

use crate::error::Result;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Aligned columns for people.
    Table,
    /// TSV without header, full values.
    Plain,
    /// One document.
    Json,
    /// One row per line.
    Jsonl,
}

/// Where and how results are written.
pub struct Output {
    pub format: Format,
    /// `--fields`: columns or keys to keep, in this order.
    pub fields: Option<Vec<String>>,
    pub color: bool,
    /// stdout is a terminal.
    pub terminal: bool,
    /// Columns of the terminal; 100 where there is none.
    pub width: usize,
    /// For relative times.
    pub now: Zoned,
    pub(crate) sink: Box<dyn std::io::Write>,
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
pub struct Cell {
    pub text: String,
    pub style: Style,
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
    /// A document whose main part is a list. `key` is the list's key in the document.
    ///
    /// JSON is the document with `"schema"` first; jsonl is one row per line; `--fields` picks columns (table,
    /// plain) or keys of each row (json, jsonl), and an unknown one is a usage error that lists the known.
    pub fn list<D: Serialize, R: Serialize>(
        &mut self,
        _schema: &'static str,
        _document: &D,
        _key: &'static str,
        _rows: &[R],
        _columns: &[Column<R>],
    ) -> Result<()> {
        todo!()
    }

    /// A document about one thing. `text` is how a person reads it (table); plain is `key<TAB>value` lines.
    pub fn report<D: Serialize>(
        &mut self,
        _schema: &'static str,
        _document: &D,
        _text: impl FnOnce(&Output) -> String,
    ) -> Result<()> {
        todo!()
    }

    /// Raw bytes (an attachment or message to stdout).
    pub fn bytes(&mut self, _bytes: &[u8]) -> Result<()> {
        todo!()
    }

    /// Long text for a person: through the pager on a terminal.
    pub fn page(&mut self, _text: &str) -> Result<()> {
        todo!()
    }

    /// `warning: …` on stderr.
    pub fn warn(&self, _message: &str) {
        todo!()
    }

    /// `hint: …` on stderr; only when stderr is a terminal or the format is for people.
    pub fn hint(&self, _message: &str) {
        todo!()
    }

    /// Text in a style, if colour is on.
    pub fn paint(&self, _style: Style, _text: &str) -> String {
        todo!()
    }

    /// A time for a table: relative when recent (`5 min ago`), else a short date in the user's zone.
    pub fn when(&self, _at: Timestamp) -> String {
        todo!()
    }
}
