//! Tables for people and TSV for pipes.
//!
//! On a narrow terminal the widest columns give way, with `…`; ids and times stay whole. Where that is not enough, the
//! last columns are left out.

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

    /// The table, at most `width` columns wide, and the titles of columns that there was no room for; empty if there
    /// are no rows.
    pub fn render(&self, width: usize, color: bool) -> (String, Vec<String>) {
        if self.rows.is_empty() {
            return (String::new(), Vec::new());
        }
        let columns = self.fit(width);
        let mut table = Table::new();
        table.load_style(comfy_table::presets::NOTHING);
        table.set_content_arrangement(ContentArrangement::Disabled);
        if color {
            table.enforce_styling();
            table.style_text_only();
        } else {
            table.force_no_tty();
        }
        table.set_header(columns.iter().map(|column| {
            let title = self.titles[column.at].to_uppercase();
            TableCell::new(truncate_str(&title, column.width, "…")).add_attribute(Attribute::Dim)
        }));
        for row in &self.rows {
            table.add_row(columns.iter().map(|column| {
                let cell = &row[column.at];
                styled(
                    TableCell::new(truncate_str(&cell.text, column.width, "…")),
                    cell.style,
                )
            }));
        }
        for (drawn, column) in table.column_iter_mut().zip(&columns) {
            drawn.set_padding((0, GAP));
            let width = u16::try_from(column.width).unwrap_or(u16::MAX);
            drawn.set_constraint(ColumnConstraint::Absolute(Width::Fixed(
                width.saturating_add(GAP),
            )));
        }
        let mut out = String::new();
        for line in table.lines() {
            out.push_str(line.trim_end());
            out.push('\n');
        }
        let titles = self.titles.iter().enumerate();
        let left_out = titles.filter(|(n, _)| columns.iter().all(|column| column.at != *n));
        (
            out,
            left_out.map(|(_, title)| title.to_lowercase()).collect(),
        )
    }

    /// The columns that are shown and how wide: as wide as the content, then the widest give way first.
    fn fit(&self, width: usize) -> Vec<Fitted> {
        let mut columns: Vec<_> = (0..self.titles.len()).map(|at| self.natural(at)).collect();
        // What has most to say is needed, and the first column tells what the row is about.
        let widest = columns
            .iter()
            .skip(1)
            .max_by_key(|column| column.width)
            .map(|column| column.at);
        // None gets more than all there is, however long a text is.
        for column in columns.iter_mut().filter(|column| !column.fixed) {
            column.width = column.width.min(width);
        }
        while least(&columns, widest) > width {
            let needed = |column: &Fitted| column.at == 0 || Some(column.at) == widest;
            match columns.iter().rposition(|column| !needed(column)) {
                Some(n) => drop(columns.remove(n)),
                None => break,
            }
        }
        let gaps = usize::from(GAP) * columns.len().saturating_sub(1);
        let room = width.saturating_sub(gaps).max(1);
        loop {
            let total: usize = columns.iter().map(|column| column.width).sum();
            let excess = total.saturating_sub(room);
            // The one with most to say keeps half as much again as the others.
            let weight = |column: &Fitted| match Some(column.at) == widest {
                true => column.width * 2,
                false => column.width * 3,
            };
            let next = columns
                .iter_mut()
                .filter(|column| !column.fixed && column.width > NARROWEST)
                .max_by_key(|column| weight(column));
            match next {
                Some(column) if excess > 0 => column.width -= 1,
                _ => break,
            }
        }
        columns
    }

    /// A column as wide as its content.
    fn natural(&self, at: usize) -> Fitted {
        let cells = self.rows.iter().filter_map(|row| row.get(at));
        let widths = cells.clone().map(|cell| measure_text_width(&cell.text));
        let title = measure_text_width(&self.titles[at]);
        Fitted {
            at,
            width: widths.max().unwrap_or(0).max(title),
            // An id that is cut is no id, and a time without its year is another time.
            fixed: self.titles[at].eq_ignore_ascii_case("when")
                || cells.clone().any(|cell| cell.style == Style::Id),
        }
    }
}

/// A column that is shown.
struct Fitted {
    at: usize,
    width: usize,
    /// Never cut.
    fixed: bool,
}

/// How narrow these columns can be made together; the widest is not worth having if only its first letters are.
fn least(columns: &[Fitted], widest: Option<usize>) -> usize {
    let widths = columns.iter().map(|column| match column.fixed {
        true => column.width,
        false if Some(column.at) == widest => column.width.min(2 * NARROWEST),
        false => column.width.min(NARROWEST),
    });
    widths.sum::<usize>() + usize::from(GAP) * columns.len().saturating_sub(1)
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
