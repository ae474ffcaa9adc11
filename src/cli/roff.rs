//! Man pages as plain text, for pipes and for machines without `man`: the requests that our pages use, no others.
//!
//! No crate in Rust sets roff as text: `roff` and `roffman` write it, `man_parser` makes Markdown or JSON of it, and
//! `libmandoc-rs` is young bindings to a C program, larger than all of our pages.

/// Columns of the text.
const WIDTH: usize = 78;
/// How far the text of a section stands in.
const INDENT: usize = 4;

/// The page as it is read.
pub fn text(source: &str) -> String {
    let mut page = Page {
        indent: INDENT,
        ..Page::default()
    };
    for line in source.lines() {
        page.line(line);
    }
    page.end_paragraph();
    page.out.replace('\u{a0}', " ")
}

#[derive(Default)]
struct Page {
    out: String,
    /// Where text begins.
    indent: usize,
    /// How much further it begins below a tag.
    hang: usize,
    /// Stands before the paragraph.
    tag: Option<String>,
    /// The next line is a tag.
    awaits_tag: bool,
    /// Lines stay as they are.
    verbatim: bool,
    /// An empty line is due.
    gap: bool,
    words: Vec<String>,
    table: Option<Table>,
}

#[derive(Default)]
struct Table {
    separator: char,
    rows: Vec<Vec<String>>,
    /// What columns are like is told up to a full stop.
    told: bool,
}

impl Page {
    fn line(&mut self, line: &str) {
        if self.table.is_some() && line != ".TE" {
            return self.row(line);
        }
        // Tells `man` that there are tables.
        if line.starts_with("'\\\"") {
            return;
        }
        let Some(request) = line.strip_prefix('.') else {
            return self.say(&unescape(line));
        };
        let (name, rest) = request.split_once(' ').unwrap_or((request, ""));
        let args = arguments(rest);
        match name {
            "TH" => {
                let title = args.first().map_or("", String::as_str);
                let section = args.get(1).map_or("", String::as_str);
                self.put(&format!("{title}({section})"));
            }
            "SH" | "SS" => {
                self.end_paragraph();
                (self.indent, self.hang, self.gap) = (INDENT, 0, true);
                let before = if name == "SS" { "  " } else { "" };
                self.put(&format!("{before}{}", args.join(" ")));
            }
            "PP" | "P" | "LP" => {
                self.end_paragraph();
                (self.hang, self.gap) = (0, true);
            }
            "TP" | "TQ" => {
                self.end_paragraph();
                (self.hang, self.awaits_tag) = (INDENT, true);
            }
            "IP" => {
                self.end_paragraph();
                self.hang = INDENT;
                self.tag = args.into_iter().next().filter(|tag| !tag.is_empty());
            }
            "nf" | "EX" => {
                self.end_paragraph();
                self.verbatim = true;
            }
            "fi" | "EE" => self.verbatim = false,
            "RS" => {
                self.end_paragraph();
                self.indent += INDENT;
            }
            "RE" => {
                self.end_paragraph();
                self.indent = self.indent.saturating_sub(INDENT).max(INDENT);
            }
            "br" => self.end_paragraph(),
            "TS" => {
                self.end_paragraph();
                self.table = Some(Table::default());
            }
            "TE" => self.end_table(),
            "B" | "I" => self.say(&args.join(" ")),
            "BR" | "RB" | "IR" | "RI" | "BI" | "IB" => self.say(&args.concat()),
            // Fonts, registers and comments.
            _ => {}
        }
    }

    fn say(&mut self, text: &str) {
        if self.verbatim {
            let before = " ".repeat(self.indent);
            return self.put(format!("{before}{text}").trim_end());
        }
        if std::mem::take(&mut self.awaits_tag) {
            self.tag = Some(text.trim().to_owned());
            return;
        }
        if text.trim().is_empty() {
            self.end_paragraph();
            self.gap = true;
        }
        let words = text.split_ascii_whitespace();
        self.words.extend(words.map(str::to_owned));
    }

    fn end_paragraph(&mut self) {
        let margin = " ".repeat(self.indent + self.hang);
        let mut line = margin.clone();
        if let Some(tag) = self.tag.take() {
            line = format!("{}{tag}", " ".repeat(self.indent));
            let width = line.chars().count();
            if width < margin.len() {
                line.push_str(&" ".repeat(margin.len() - width));
            } else {
                self.put(&line);
                line.clone_from(&margin);
            }
        }
        let mut begun = false;
        for word in std::mem::take(&mut self.words) {
            if begun && line.chars().count() + 1 + word.chars().count() > WIDTH {
                self.put(&line);
                line.clone_from(&margin);
                begun = false;
            }
            if begun {
                line.push(' ');
            }
            line.push_str(&word);
            begun = true;
        }
        if !line.trim().is_empty() {
            self.put(line.trim_end());
        }
    }

    fn row(&mut self, line: &str) {
        let Some(table) = &mut self.table else {
            return;
        };
        if let Some(options) = line.strip_prefix("tab(") {
            table.separator = options.chars().next().unwrap_or('\t');
        } else if line.starts_with(".T&") {
            table.told = false;
        } else if !table.told {
            table.told = line.ends_with('.');
        } else {
            let cells = line.split(table.separator).map(unescape);
            table.rows.push(cells.collect());
        }
    }

    fn end_table(&mut self) {
        let rows = self.table.take().unwrap_or_default().rows;
        let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
        let width = |n: usize| {
            let cells = rows.iter().filter_map(|row| row.get(n));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        for row in &rows {
            let cells = row.iter().zip(&widths);
            let cells: Vec<String> = cells
                .map(|(cell, width)| format!("{cell:<width$}"))
                .collect();
            let before = " ".repeat(self.indent);
            self.put(format!("{before}{}", cells.join("  ")).trim_end());
        }
    }

    fn put(&mut self, line: &str) {
        if std::mem::take(&mut self.gap) && !self.out.is_empty() {
            self.out.push('\n');
        }
        self.out.push_str(line);
        self.out.push('\n');
    }
}

/// Words of a request; those in quotes are one.
fn arguments(text: &str) -> Vec<String> {
    let mut all = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let (word, after) = match rest.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
            None => {
                // A blank behind a backslash is part of the word.
                let blanks = rest.match_indices(' ');
                let mut ends = blanks.filter(|(at, _)| !rest[..*at].ends_with('\\'));
                let end = ends.next().map_or(rest.len(), |(at, _)| at);
                rest.split_at(end)
            }
        };
        all.push(unescape(word));
        rest = after.trim_start();
    }
    all
}

/// Text without fonts, its escapes as what they stand for.
fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\\') {
        out.push_str(before);
        let mut chars = after.chars();
        let skipped = match chars.next() {
            Some('f') => 2,
            Some('(') => {
                out.push_str(match after.get(1..3).unwrap_or_default() {
                    "aq" => "'",
                    "dq" => "\"",
                    "bu" => "•",
                    "lq" => "“",
                    "rq" => "”",
                    "->" => "->",
                    "em" => "—",
                    "en" => "–",
                    _ => "",
                });
                3
            }
            // `\*(Aq`, which our pages set to an apostrophe.
            Some('*') => {
                out.push('\'');
                4
            }
            Some('"') => return out,
            Some('e') => {
                out.push('\\');
                1
            }
            Some('&') | None => 1,
            Some(' ') => {
                out.push('\u{a0}');
                1
            }
            Some(other) => {
                out.push(other);
                other.len_utf8()
            }
        };
        rest = after.get(skipped..).unwrap_or_default();
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_set_as_man_would() {
        let source = ".ie \\n(.g .ds Aq \\(aq\n.TH X 1 \"\" \"comms\"\n.SH NAME\nx \\- one\n.SH WHAT\nSee\n\
            .BR \"comms serve\" \", \" a (1).\n.PP\nIt\\*(Aqs \\fBso\\fR.\n.nf\n    a  \\-\\-b\n.fi\n.TP\n\\fB\\-x\\fR\nOne.\n\
            .IP 1. 4\nFirst.\n.TS\ntab(|);\nl l.\na|b\nlonger|\\fBc\\fR\n.TE\n";
        assert_eq!(
            text(source),
            "X(1)\n\nNAME\n    x - one\n\nWHAT\n    See comms serve, a(1).\n\n    It's so.\n        a  --b\n\
             \x20   -x  One.\n    1.  First.\n    a       b\n    longer  c\n"
        );
    }

    #[test]
    fn no_page_of_ours_keeps_an_escape_or_a_request() {
        for (name, source) in crate::cli::generate::pages() {
            let text = text(&source);
            for line in text.lines() {
                let request = line.trim_start().starts_with('.') && line.len() > 3;
                let request = request && line.trim_start().as_bytes()[1].is_ascii_uppercase();
                assert!(!request && !line.contains("\\f"), "{name}: {line}");
                let verbatim = line.starts_with("    ") && line.contains("  ");
                let long = line.chars().count() > WIDTH + 20;
                assert!(
                    !long || verbatim || !line.trim().contains(' '),
                    "{name}: {line}"
                );
            }
        }
    }
}
