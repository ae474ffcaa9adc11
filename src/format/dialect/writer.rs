//! Lays out blocks and writes marks; knows which characters the sender meant and which are marks.

use super::Style;
use super::signs::{self, GAP, Mark, escaped, look_alike, looks_like_a_block};

/// Blocks within each other that show: what stands deeper looks like the deepest of these. Each line repeats what stands
/// before it.
const DEEPEST: usize = 20;

/// A block that others stand in.
enum Block {
    Quote,
    /// The number of its next item; none for bullets.
    List(Option<u64>),
    /// Columns its lines are moved by.
    Item(usize),
}

struct Link {
    url: String,
    label: String,
}

pub struct Writer {
    out: String,
    style: Style,
    blocks: Vec<Block>,
    /// How often each mark is open.
    open: [usize; 3],
    /// The lines of the block at hand: each character, and whether the sender wrote it.
    inline: Vec<(char, bool)>,
    /// Stands before the first line of the next block instead of its usual indent.
    bullet: Option<String>,
    link: Option<Link>,
    fence: Option<String>,
    /// Blank lines do not part what is inside a tight list.
    apart: bool,
}

impl Writer {
    pub fn new(style: Style) -> Writer {
        Writer {
            out: String::new(),
            style,
            blocks: Vec::new(),
            open: [0; 3],
            inline: Vec::new(),
            bullet: None,
            link: None,
            fence: None,
            apart: false,
        }
    }

    pub fn finish(mut self) -> String {
        self.end_block();
        let end = self.out.trim_end().len();
        self.out.truncate(end);
        self.out
    }

    /// The sender's own words.
    pub fn text(&mut self, text: &str) {
        if let Some(link) = &mut self.link {
            link.label.push_str(text);
        } else if let Some(code) = &mut self.fence {
            code.push_str(text);
        } else {
            self.inline.extend(text.chars().map(|c| (c, true)));
        }
    }

    /// Marks and other things of ours.
    pub fn raw(&mut self, text: &str) {
        self.inline.extend(text.chars().map(|c| (c, false)));
    }

    pub fn code(&mut self, code: &str) {
        if let Some(link) = &mut self.link {
            link.label.push_str(code);
            return;
        }
        let code: String = code
            .chars()
            .map(|c| if c == '`' { look_alike(c) } else { c })
            .collect();
        let code = self.verbatim(&code);
        self.raw(&format!("`{code}`"));
    }

    pub fn open(&mut self, mark: Mark) {
        self.open[mark as usize] += 1;
        if self.open[mark as usize] == 1 && self.link.is_none() {
            self.inline.push((mark.sign(), false));
        }
    }

    pub fn close(&mut self, mark: Mark) {
        let depth = &mut self.open[mark as usize];
        *depth = depth.saturating_sub(1);
        if *depth == 0 && self.link.is_none() {
            // A mark that holds nothing shows as two signs.
            if self.inline.last() == Some(&(mark.sign(), false)) {
                self.inline.pop();
            } else {
                self.inline.push((mark.sign(), false));
            }
        }
    }

    /// A mark ends with its line, so it begins anew on the next.
    pub fn line_break(&mut self) {
        if self.link.is_some() {
            return self.text(" ");
        }
        let open: Vec<Mark> = Mark::ALL
            .into_iter()
            .filter(|m| self.open[*m as usize] > 0)
            .collect();
        for mark in open.iter().rev() {
            self.inline.push((mark.sign(), false));
        }
        self.inline.push(('\n', false));
        for mark in &open {
            self.inline.push((mark.sign(), false));
        }
    }

    pub fn start_link(&mut self, url: &str) {
        if self.link.is_none() {
            self.link = Some(Link {
                url: url.to_owned(),
                label: String::new(),
            });
        }
    }

    pub fn end_link(&mut self) {
        let Some(Link { url, label }) = self.link.take() else {
            return;
        };
        let label = label.trim();
        let mailto = url.strip_prefix("mailto:").unwrap_or(&url);
        let bare = label.is_empty() || label == url || label == mailto;
        match self.style {
            // Nowhere a link would lead to: the words, and the target for who wants to know.
            _ if !leads_on(&url) => {
                self.text(label);
                if !url.is_empty() && url != label {
                    self.text(&format!(" ({url})"));
                }
            }
            Style::Slack(_) if bare => self.raw(&format!("<{}>", escaped(&escaped_url(&url)))),
            _ if bare => self.raw(&escaped_url(mailto)),
            Style::Whatsapp => {
                self.text(label);
                self.raw(&format!(" ({})", escaped_url(mailto)));
            }
            Style::Slack(_) => {
                let label = escaped(&label.replace('|', "\u{00A6}").replace('\n', " "));
                self.raw(&format!("<{}|{label}>", escaped(&escaped_url(&url))));
            }
            Style::GoogleChat(_) => {
                self.raw(&format!("<{}|{}>", escaped_url(&url), escaped_label(label)));
            }
        }
    }

    pub fn quote(&mut self) {
        self.end_block();
        // The line between is no part of the quote.
        if std::mem::take(&mut self.apart) {
            self.blank_line();
        }
        self.blocks.push(Block::Quote);
    }

    pub fn end_quote(&mut self) {
        self.end_block();
        self.blocks.pop();
        self.apart = true;
    }

    pub fn list(&mut self, first: Option<u64>) {
        self.end_block();
        if self.in_item() {
            self.apart = false;
        }
        self.blocks.push(Block::List(first));
    }

    pub fn end_list(&mut self) {
        self.end_block();
        self.blocks.pop();
        self.apart = !self.in_item();
    }

    pub fn item(&mut self) {
        self.end_block();
        let bullet = match self.blocks.last_mut() {
            Some(Block::List(Some(number))) => {
                *number += 1;
                format!("{}. ", *number - 1)
            }
            _ => "- ".to_owned(),
        };
        let before = self.prefix();
        self.blocks.push(Block::Item(bullet.len()));
        self.bullet = Some(before + &bullet);
    }

    pub fn end_item(&mut self) {
        self.end_block();
        self.lone_bullet();
        self.blocks.pop();
        self.apart = false;
    }

    pub fn rule(&mut self) {
        self.end_block();
        self.raw("———");
        self.end_block();
    }

    pub fn start_fence(&mut self, _info: &str) {
        self.end_block();
        self.fence = Some(String::new());
    }

    pub fn end_fence(&mut self) {
        if let Some(code) = self.fence.take() {
            self.fence(code.trim_end_matches('\n'));
        }
    }

    /// A block of monospaced text.
    pub fn fence(&mut self, code: &str) {
        self.end_block();
        let parted = format!("`{GAP}`{GAP}`");
        let code = self.verbatim(&code.replace("```", &parted));
        self.raw(&format!("```\n{code}\n```"));
        // An indent would become part of the code.
        let quotes = self.quotes();
        self.lone_bullet();
        self.block(&quotes);
    }

    /// Code as it goes between its ticks.
    fn verbatim(&self, code: &str) -> String {
        match self.style {
            Style::Slack(_) => escaped(code),
            _ => code.to_owned(),
        }
    }

    /// A line of a text that has no marks.
    pub fn verbatim_line(&mut self, line: &str) {
        self.text(line);
        let safe = self.take_inline(false);
        self.out.push_str(&safe);
        self.out.push('\n');
    }

    /// Writes the block at hand, if there is one.
    pub fn end_block(&mut self) {
        let prefix = self.prefix();
        self.block(&prefix);
    }

    fn block(&mut self, prefix: &str) {
        if self.inline.is_empty() {
            return;
        }
        let text = self.take_inline(true);
        if self.apart {
            self.blank_line();
        }
        for (n, line) in text.trim_end_matches('\n').split('\n').enumerate() {
            self.new_line();
            let own = self.bullet.take().filter(|_| n == 0);
            let before = own.as_deref().unwrap_or(prefix);
            let line = format!("{before}{line}");
            self.out.push_str(line.trim_end());
        }
        self.apart = true;
    }

    /// Writes a bullet that no line stands behind.
    fn lone_bullet(&mut self) {
        if let Some(bullet) = self.bullet.take() {
            self.new_line();
            self.out.push_str(bullet.trim_end());
            self.apart = false;
        }
    }

    fn quotes(&self) -> String {
        let quotes = self.blocks.iter().filter(|b| matches!(b, Block::Quote));
        quotes.take(DEEPEST).map(|_| "> ").collect()
    }

    fn in_item(&self) -> bool {
        matches!(self.blocks.last(), Some(Block::Item(_)))
    }

    /// What stands before each line in the open blocks.
    fn prefix(&self) -> String {
        let mut prefix = String::new();
        // Of a list, itself and its item are one level.
        for block in self.blocks.iter().take(2 * DEEPEST) {
            match block {
                Block::Quote => prefix.push_str("> "),
                Block::List(_) => {}
                Block::Item(columns) => prefix.push_str(&" ".repeat(*columns)),
            }
        }
        prefix
    }

    fn new_line(&mut self) {
        if !self.out.is_empty() {
            self.out.push('\n');
        }
    }

    fn blank_line(&mut self) {
        if !self.out.is_empty() {
            self.out.push('\n');
            let prefix = self.prefix();
            self.out.push_str(prefix.trim_end());
        }
    }

    /// The characters at hand with those replaced that would be taken for marks.
    fn take_inline(&mut self, starts_block: bool) -> String {
        let chars = std::mem::take(&mut self.inline);
        let mut text = String::with_capacity(chars.len());
        for (n, line) in chars.split(|(c, _)| *c == '\n').enumerate() {
            if n > 0 {
                text.push('\n');
            }
            if starts_block && looks_like_a_block(line) {
                text.push(GAP);
            }
            signs::write(line, self.style, &mut text);
        }
        text
    }
}

fn leads_on(url: &str) -> bool {
    let scheme = url.split_once(':').map(|(s, _)| s.to_ascii_lowercase());
    matches!(scheme.as_deref(), Some("http" | "https" | "mailto" | "tel"))
}

/// Nothing in it ends the link early.
fn escaped_url(url: &str) -> String {
    let mut escaped = String::with_capacity(url.len());
    for c in url.chars() {
        match c {
            '|' | '<' | '>' | '`' => escaped.push_str(&format!("%{:02X}", c as u32)),
            c if c.is_whitespace() || c.is_control() => escaped.push_str("%20"),
            c => escaped.push(c),
        }
    }
    escaped
}

fn escaped_label(label: &str) -> String {
    label
        .chars()
        .map(|c| match c {
            '|' => '\u{00A6}',
            '<' => '\u{2039}',
            '>' => '\u{203A}',
            c if c.is_whitespace() => ' ',
            c => c,
        })
        .collect()
}
