//! Tables for people and TSV for pipes.
//!
//! On a narrow terminal the widest columns give way, with `…`; ids and times stay whole.

use comfy_table::{
    Attribute, Cell as TableCell, Color, ColumnConstraint, ContentArrangement, Table, Width,
};
use console::{measure_text_width, truncate_str};

use crate::format::clean;

use super::{Cell, Column, Output, Style};

/// A column is never made narrower than this.
const NARROWEST: usize = 6;
/// Space between columns.
const GAP: u16 = 2;

/// Rows of cells with their headings.
pub struct Sheet {
    titles: Vec<String>,
    rows: Vec<Vec<Cell>>,
}

/// All columns of all rows.
pub fn sheet<R>(rows: &[R], columns: &[Column<R>], out: &Output) -> Sheet {
    let mut sheet = Sheet::new(columns.iter().map(|c| c.title.to_owned()).collect());
    for row in rows {
        sheet.push(columns.iter().map(|c| (c.cell)(row, out)).collect());
    }
    sheet
}

/// TSV of all columns, without header.
pub fn plain<R>(rows: &[R], columns: &[Column<R>]) -> String {
    let mut out = String::with_capacity(rows.len() * 120);
    for row in rows {
        for (n, column) in columns.iter().enumerate() {
            if n > 0 {
                out.push('\t');
            }
            out.push_str(&escape(&(column.plain)(row)));
        }
        out.push('\n');
    }
    out
}

/// A value on one line of TSV: cleaned, with backslash, tab and line ends escaped.
pub fn escape(text: &str) -> String {
    let sound = !text.bytes().any(|b| b < 0x20 || b == b'\\' || b >= 0x7f);
    if sound {
        return text.to_owned();
    }
    let text = clean::text(text);
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            c => out.push(c),
        }
    }
    out
}

/// Text in a style, if colour is on.
pub fn paint(style: Style, text: &str, color: bool) -> String {
    if !color || style == Style::Normal || text.is_empty() {
        return text.to_owned();
    }
    let styled = console::style(text).force_styling(true);
    match style {
        Style::Normal => styled,
        Style::Strong | Style::Id => styled.bold(),
        Style::Dim => styled.dim(),
        Style::Good => styled.green(),
        Style::Bad => styled.red(),
    }
    .to_string()
}

impl Sheet {
    pub fn new(titles: Vec<String>) -> Self {
        Sheet {
            titles,
            rows: Vec::new(),
        }
    }

    /// Adds a row; cells are made single lines.
    pub fn push(&mut self, mut cells: Vec<Cell>) {
        for cell in &mut cells {
            cell.text = clean::line(&cell.text);
        }
        self.rows.push(cells);
    }

    /// The table, at most `width` columns wide; empty if there are no rows.
    pub fn render(&self, width: usize, color: bool) -> String {
        if self.rows.is_empty() {
            return String::new();
        }
        let widths = self.widths(width);
        let mut table = Table::new();
        table.load_style(comfy_table::presets::NOTHING);
        table.set_content_arrangement(ContentArrangement::Disabled);
        if color {
            table.enforce_styling();
            table.style_text_only();
        } else {
            table.force_no_tty();
        }
        let titles = self.titles.iter().zip(&widths);
        table.set_header(titles.map(|(title, w)| {
            TableCell::new(truncate_str(&title.to_uppercase(), *w, "…"))
                .add_attribute(Attribute::Dim)
        }));
        for row in &self.rows {
            let cells = row.iter().zip(&widths);
            table.add_row(cells.map(|(cell, w)| {
                styled(
                    TableCell::new(truncate_str(&cell.text, *w, "…")),
                    cell.style,
                )
            }));
        }
        for (column, w) in table.column_iter_mut().zip(&widths) {
            column.set_padding((0, GAP));
            let width = u16::try_from(*w).unwrap_or(u16::MAX).saturating_add(GAP);
            column.set_constraint(ColumnConstraint::Absolute(Width::Fixed(width)));
        }
        let mut out = String::new();
        for line in table.lines() {
            out.push_str(line.trim_end());
            out.push('\n');
        }
        out
    }

    /// Widths that fit: as wide as the content, then the widest give way first.
    fn widths(&self, width: usize) -> Vec<usize> {
        let mut widths: Vec<_> = self.titles.iter().map(|t| measure_text_width(t)).collect();
        for row in &self.rows {
            for (have, cell) in widths.iter_mut().zip(row) {
                *have = (*have).max(measure_text_width(&cell.text));
            }
        }
        // An id that is cut is no id, and a time without its year is another time.
        let fixed: Vec<bool> = (0..widths.len())
            .map(|n| {
                self.titles[n] == "when"
                    || self
                        .rows
                        .iter()
                        .any(|row| row.get(n).is_some_and(|c| c.style == Style::Id))
            })
            .collect();
        let room = width
            .saturating_sub(usize::from(GAP) * widths.len().saturating_sub(1))
            .max(1);
        loop {
            let excess = widths.iter().sum::<usize>().saturating_sub(room);
            let shrinkable = |n: &usize| !fixed[*n] && widths[*n] > NARROWEST;
            let Some(widest) = (0..widths.len())
                .filter(shrinkable)
                .max_by_key(|n| widths[*n])
            else {
                break;
            };
            if excess == 0 {
                break;
            }
            // Down to the second widest, no further: then both give way.
            let second = (0..widths.len())
                .filter(|n| *n != widest && !fixed[*n])
                .map(|n| widths[n])
                .max()
                .unwrap_or(0);
            let step = widths[widest]
                .saturating_sub(second.max(NARROWEST))
                .clamp(1, excess);
            widths[widest] -= step;
        }
        widths
    }
}

fn styled(cell: TableCell, style: Style) -> TableCell {
    match style {
        Style::Normal => cell,
        Style::Strong | Style::Id => cell.add_attribute(Attribute::Bold),
        Style::Dim => cell.add_attribute(Attribute::Dim),
        Style::Good => cell.fg(Color::Green),
        Style::Bad => cell.fg(Color::Red),
    }
}
