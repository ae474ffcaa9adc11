//! HTML mail to plain text: [`quick`] for the index, [`wrapped`] for reading on a terminal.

use std::borrow::Cow;
use std::collections::BTreeSet;

use html2text::render::TextDecorator;
use html2text::{Element, Handle};
use memchr::{memchr, memchr2, memmem};

/// Text of HTML in one pass, for search and previews, and whether it links to the web.
///
/// Blocks end lines, table cells end words; scripts, styles and titles are left out; images leave their
/// alternative text.
pub fn quick(html: &str) -> (String, bool) {
    let mut quick = Quick {
        bytes: html.as_bytes(),
        html,
        at: 0,
        text: String::with_capacity(html.len() / 3),
        gap: false,
        has_link: false,
        unclosed: [false; 4],
    };
    quick.run();
    let text = quick.text;
    (text, quick.has_link)
}

/// Whether HTML links to the web.
pub fn has_link(html: &str) -> bool {
    quick(html).1
}

/// Plain text of HTML for a reader, 78 columns wide.
pub fn to_text(html: &str) -> String {
    wrapped(html, 78)
}

/// Plain text of HTML for a reader, `width` columns wide: links as footnotes, images as `[image: …]`, what the
/// sender hid left out. Nothing is ever fetched. Falls back to [`quick`] where the HTML is hostile or too much.
pub fn wrapped(html: &str, width: usize) -> String {
    let html = without_hidden(html);
    let (deep, indented) = depth(&html);
    if html.len() > LARGEST || deep > DEEPEST || indented > MOST_INDENTED {
        return quick(&html).0;
    }
    let layout = html2text::config::with_decorator(Reading)
        .link_footnotes(true)
        // Tables lay out the page in nearly all mail; their cells read well one after the other.
        .raw_mode(true)
        .allow_width_overflow();
    let laid_out = layout.parse_html(html.as_bytes()).and_then(|dom| {
        take_off_spans(&dom.document);
        let tree = layout.dom_to_render_tree(&dom)?;
        layout.render_to_string(tree, width.clamp(20, 120))
    });
    match laid_out {
        Ok(text) => tidy(&text),
        Err(_) => quick(&html).0,
    }
}

/// HTML beyond this size and nesting is not laid out.
const LARGEST: usize = 2_000_000;
const DEEPEST: usize = 200;
/// Quotes and lists within each other beyond this are not laid out: each line repeats what stands before it.
const MOST_INDENTED: usize = 40;

/// How elements look in plain text.
#[derive(Clone)]
struct Reading;

impl TextDecorator for Reading {
    type Annotation = ();

    fn decorate_link_start(&mut self, _url: &str) -> (String, ()) {
        (String::new(), ())
    }
    fn decorate_link_end(&mut self) -> String {
        String::new()
    }
    fn decorate_em_start(&self) -> (String, ()) {
        (String::new(), ())
    }
    fn decorate_em_end(&self) -> String {
        String::new()
    }
    fn decorate_strong_start(&self) -> (String, ()) {
        (String::new(), ())
    }
    fn decorate_strong_end(&self) -> String {
        String::new()
    }
    fn decorate_strikeout_start(&self) -> (String, ()) {
        (String::new(), ())
    }
    fn decorate_strikeout_end(&self) -> String {
        String::new()
    }
    fn decorate_code_start(&self) -> (String, ()) {
        (String::new(), ())
    }
    fn decorate_code_end(&self) -> String {
        String::new()
    }
    fn decorate_preformat_first(&self) {}
    fn decorate_preformat_cont(&self) {}
    fn decorate_image(&mut self, _src: &str, title: &str) -> (String, ()) {
        (format!("[image: {}]", title.trim()), ())
    }
    fn header_prefix(&self, _level: usize) -> String {
        String::new()
    }
    fn quote_prefix(&self) -> String {
        "> ".to_owned()
    }
    fn unordered_item_prefix(&self) -> String {
        "- ".to_owned()
    }
    fn ordered_item_prefix(&self, number: i64) -> String {
        format!("{number}. ")
    }
    fn make_subblock_decorator(&self) -> Self {
        self.clone()
    }
}

/// No white space at the ends of lines, no two blank lines in a row.
fn tidy(text: &str) -> String {
    let mut tidy = String::with_capacity(text.len());
    let mut blank = true;
    for line in text.lines() {
        let line = line.trim_end();
        if line.is_empty() && blank {
            continue;
        }
        blank = line.is_empty();
        tidy.push_str(line);
        tidy.push('\n');
    }
    tidy.truncate(tidy.trim_end().len());
    tidy
}

/// An estimate of how deep elements nest, and how deep those that indent; those that close each other are not counted.
fn depth(html: &str) -> (usize, usize) {
    let bytes = html.as_bytes();
    let (mut open, mut deepest) = (0usize, 0);
    let (mut indents, mut most) = (0usize, 0);
    for at in memchr::memchr_iter(b'<', bytes) {
        let closing = bytes.get(at + 1) == Some(&b'/');
        let name = element(&bytes[(at + 1 + usize::from(closing)).min(bytes.len())..]);
        let nests = !matches!(
            name.as_slice(),
            b"" | b"p"
                | b"li"
                | b"td"
                | b"th"
                | b"tr"
                | b"dt"
                | b"dd"
                | b"option"
                | b"br"
                | b"img"
                | b"hr"
                | b"meta"
                | b"link"
                | b"input"
                | b"area"
                | b"base"
                | b"col"
                | b"tbody"
                | b"thead"
                | b"wbr"
                | b"o"
                | b"body"
                | b"html"
        );
        let step = |depth: usize| match closing {
            true => depth.saturating_sub(1),
            false => depth + 1,
        };
        if nests {
            open = step(open);
            deepest = deepest.max(open);
        }
        if matches!(
            name.as_slice(),
            b"blockquote" | b"ul" | b"ol" | b"dl" | b"dir" | b"menu"
        ) {
            indents = step(indents);
            most = most.max(indents);
        }
    }
    (deepest, most)
}

/// Takes `colspan` and `rowspan` off all cells. Cells that are read one after the other reach nowhere, and html2text makes
/// each place that one says it reaches over, and panics where two reach over the same.
fn take_off_spans(document: &Handle) {
    let mut left = vec![Handle::clone(document)];
    while let Some(node) = left.pop() {
        if let Element { attrs, .. } = &node.data {
            let is_span = |name: &str| matches!(name, "colspan" | "rowspan");
            attrs.borrow_mut().retain(|attr| !is_span(&attr.name.local));
        }
        left.extend(node.children.borrow().iter().cloned());
    }
}

/// Addresses that the HTML has programs fetch, or send something to, each once: images, backgrounds, forms. Links, which
/// someone has to follow, are in the text. `None` where that can't be told: the HTML is hostile or too much.
pub fn fetched(html: &str) -> Option<Vec<String>> {
    if html.len() > LARGEST || depth(html).0 > DEEPEST {
        return None;
    }
    let dom = html2text::config::plain().parse_html(html.as_bytes());
    let dom = dom.ok()?;
    let mut found = BTreeSet::new();
    let mut left = vec![Handle::clone(&dom.document)];
    while let Some(node) = left.pop() {
        if let Element { attrs, name, .. } = &node.data {
            let is_link = matches!(&*name.local, "a" | "area");
            for attr in attrs.borrow().iter() {
                // `src`, `srcset`, `background`, `action`, `style="background: url(…)"`, and what is thought of next.
                if attr.value.contains("//") && !(is_link && &*attr.name.local == "href") {
                    found.insert(attr.value.to_string());
                }
            }
        }
        left.extend(node.children.borrow().iter().cloned());
    }
    Some(found.into_iter().collect())
}

/// The lower-case element name at the start.
fn element(bytes: &[u8]) -> Vec<u8> {
    let name = bytes
        .iter()
        .take(16)
        .take_while(|b| b.is_ascii_alphanumeric());
    name.map(u8::to_ascii_lowercase).collect()
}

/// Leaves out elements whose style hides them: preheaders, traps for filters.
fn without_hidden(html: &str) -> Cow<'_, str> {
    let bytes = html.as_bytes();
    let mut shown = String::new();
    let mut kept = 0;
    let mut from = 0;
    let mut misses = 0;
    let mut brackets = Brackets::default();
    while let Some(found) = memmem::find(&bytes[from..], b"display") {
        let word = from + found;
        from = word + 7;
        let value = html[from..].trim_start_matches([' ', ':']);
        from = html.len() - value.len();
        if !value.starts_with("none") {
            continue;
        }
        // It must stand in the tag of an element that can hold text.
        brackets.see(bytes, word);
        let Some((open, tag_end)) = brackets.around(bytes, word).filter(|(o, _)| *o >= kept) else {
            continue;
        };
        let name = element(&bytes[open + 1..]);
        if !matches!(name.as_slice(), b"div" | b"span" | b"p" | b"td" | b"font") {
            continue;
        }
        let Some(end) = element_end(bytes, tag_end, &name) else {
            // Each look goes far: those who hide without end are not followed.
            misses += 1;
            if misses > 3 {
                break;
            }
            continue;
        };
        shown.push_str(&html[kept..open]);
        kept = end;
        from = end;
    }
    if kept == 0 {
        return Cow::Borrowed(html);
    }
    shown.push_str(&html[kept..]);
    Cow::Owned(shown)
}

/// The angle brackets around a place that only moves forward: each byte is looked at once, however often it moves.
#[derive(Default)]
struct Brackets {
    seen: usize,
    open: Option<usize>,
    closed: Option<usize>,
    /// The next `>`, as far as it was looked for; where there is none, the end.
    next: usize,
}

impl Brackets {
    /// Moves on.
    fn see(&mut self, bytes: &[u8], at: usize) {
        let passed = &bytes[self.seen..at];
        let last = |sign| memchr::memrchr(sign, passed).map(|n| self.seen + n);
        (self.open, self.closed) = (last(b'<').or(self.open), last(b'>').or(self.closed));
        self.seen = at;
    }

    /// Where the tag begins that this place stands in, and where it ends.
    fn around(&mut self, bytes: &[u8], at: usize) -> Option<(usize, usize)> {
        let open = self.open.filter(|open| self.closed < Some(*open))?;
        if self.next < at {
            self.next = memchr(b'>', &bytes[at..]).map_or(bytes.len(), |n| at + n);
        }
        (self.next < bytes.len()).then_some((open, self.next + 1))
    }
}

/// Where the element ends whose content begins at `from`; looked for in the next 100 kB.
fn element_end(bytes: &[u8], from: usize, name: &[u8]) -> Option<usize> {
    let mut depth = 1usize;
    let window = &bytes[from..bytes.len().min(from + 100_000)];
    for at in memchr::memchr_iter(b'<', window) {
        let closing = window.get(at + 1) == Some(&b'/');
        if element(&window[(at + 1 + usize::from(closing)).min(window.len())..]) != name {
            continue;
        }
        depth = if closing { depth - 1 } else { depth + 1 };
        if depth == 0 {
            let end = memchr(b'>', &window[at..])?;
            return Some(from + at + end + 1);
        }
    }
    None
}

struct Quick<'a> {
    bytes: &'a [u8],
    html: &'a str,
    at: usize,
    text: String,
    /// White space was met since the last character.
    gap: bool,
    has_link: bool,
    /// What no end is left of: `"`, `'`, `-->`, and `>` of declarations.
    unclosed: [bool; 4],
}

impl Quick<'_> {
    fn run(&mut self) {
        while self.at < self.bytes.len() {
            let rest = &self.bytes[self.at..];
            let run = memchr2(b'<', b'&', rest).unwrap_or(rest.len());
            self.words(self.at, self.at + run);
            self.at += run;
            match self.bytes.get(self.at) {
                Some(b'<') => self.tag(),
                Some(_) => self.entity(),
                None => {}
            }
        }
        self.text.truncate(self.text.trim_end().len());
    }

    /// Text without markup: runs of white space become one space.
    fn words(&mut self, from: usize, to: usize) {
        for (n, word) in self.html[from..to]
            .split([' ', '\n', '\t', '\r', '\u{a0}', '\u{c}'])
            .enumerate()
        {
            self.gap |= n > 0;
            if !word.is_empty() {
                self.space();
                self.text.push_str(word);
            }
        }
    }

    fn space(&mut self) {
        if std::mem::take(&mut self.gap)
            && !self.text.is_empty()
            && !self.text.ends_with(['\n', ' '])
        {
            self.text.push(' ');
        }
    }

    fn entity(&mut self) {
        let rest = &self.bytes[self.at..];
        let name_end = rest[1..]
            .iter()
            .take(33)
            .position(|b| !(b.is_ascii_alphanumeric() || *b == b'#'))
            .map_or(rest.len().min(34), |n| n + 1);
        let name = &self.html[self.at + 1..self.at + name_end];
        match character(name) {
            Some(found) => {
                self.at += name_end + usize::from(rest.get(name_end) == Some(&b';'));
                match found.as_str() {
                    "\u{a0}" | " " | "\n" | "\t" | "\r" | "\u{2002}" | "\u{2003}" | "\u{2009}" => {
                        self.gap = true
                    }
                    // Fillers that push the text after a preheader out of sight.
                    "\u{200b}" | "\u{200c}" | "\u{200d}" | "\u{ad}" | "\u{34f}" | "\u{feff}"
                    | "\u{200e}" | "\u{200f}" => {}
                    other => {
                        self.space();
                        self.text.push_str(other);
                    }
                }
            }
            None => {
                self.space();
                self.text.push('&');
                self.at += 1;
            }
        }
    }

    fn tag(&mut self) {
        let start = self.at;
        let rest = &self.bytes[start..];
        if rest.starts_with(b"<!--") {
            let end = match self.unclosed[2] {
                true => None,
                false => memmem::find(&rest[4..], b"-->"),
            };
            self.unclosed[2] = end.is_none();
            match end {
                Some(end) => self.at += end + 7,
                None => self.at += 4,
            }
            return;
        }
        let closing = rest.get(1) == Some(&b'/');
        let name_start = if closing { 2 } else { 1 };
        match rest.get(name_start) {
            Some(b) if b.is_ascii_alphabetic() => {}
            Some(b'!' | b'?') => {
                let end = match self.unclosed[3] {
                    true => None,
                    false => memchr(b'>', rest),
                };
                self.unclosed[3] = end.is_none();
                self.at += end.map_or(1, |end| end + 1);
                return;
            }
            _ => {
                self.space();
                self.text.push('<');
                self.at += 1;
                return;
            }
        }
        let name_len = rest[name_start..]
            .iter()
            .take(12)
            .position(|b| !b.is_ascii_alphanumeric())
            .unwrap_or(12.min(rest.len() - name_start));
        let name = rest[name_start..name_start + name_len].to_ascii_lowercase();
        let end = self.tag_end(start + name_start + name_len);
        let attributes = start + name_start + name_len..end;
        self.at = (end + 1).min(self.bytes.len());
        match name.as_slice() {
            b"script" | b"style" | b"title" if !closing => self.skip_element(&name),
            b"br" => {
                self.gap = false;
                if !self.text.is_empty() && !self.text.ends_with("\n\n") {
                    self.text.push('\n');
                }
            }
            b"p" | b"div" | b"tr" | b"li" | b"ul" | b"ol" | b"table" | b"tbody" | b"blockquote"
            | b"pre" | b"hr" | b"h1" | b"h2" | b"h3" | b"h4" | b"h5" | b"h6" | b"section"
            | b"article" | b"header" | b"footer" | b"dt" | b"dd" | b"dl" | b"center" | b"form"
            | b"address" | b"body" | b"option" | b"figure" | b"figcaption" | b"main" | b"nav"
            | b"aside" | b"caption" => {
                self.gap = false;
                if !self.text.is_empty() && !self.text.ends_with('\n') {
                    self.text.push('\n');
                }
            }
            b"td" | b"th" => self.gap = true,
            b"a" | b"area" if !closing => {
                self.has_link = self.has_link || links(&self.bytes[attributes]);
            }
            b"img" => {
                let alt = attribute(&self.html[attributes], "alt").map(str::to_owned);
                if let Some(alt) = alt.filter(|a| a.trim().len() > 1) {
                    self.gap = true;
                    self.space();
                    self.text.push_str(alt.trim());
                    self.gap = true;
                }
            }
            _ => {}
        }
    }

    /// Where the tag ends whose attributes begin at `from`; a `>` in quotes does not end it.
    fn tag_end(&mut self, from: usize) -> usize {
        let mut at = from;
        while at < self.bytes.len() {
            match self.bytes[at] {
                b'>' => return at,
                quote @ (b'"' | b'\'')
                    if self.bytes[at - 1] == b'=' || self.bytes[at - 1].is_ascii_whitespace() =>
                {
                    let known = usize::from(quote == b'\'');
                    let end = match self.unclosed[known] {
                        true => None,
                        false => memchr(quote, &self.bytes[at + 1..]),
                    };
                    match end {
                        Some(end) => at += end + 1,
                        None => self.unclosed[known] = true,
                    }
                }
                _ => {}
            }
            at += 1;
        }
        self.bytes.len()
    }

    /// Jumps behind the end of an element whose content is not text; if it has none, only its tag goes.
    fn skip_element(&mut self, name: &[u8]) {
        let mut from = self.at;
        while let Some(close) = memmem::find(&self.bytes[from..], b"</") {
            from += close + 2;
            let found = self.bytes.get(from..from + name.len());
            if found.is_some_and(|f| f.eq_ignore_ascii_case(name)) {
                self.at = memchr(b'>', &self.bytes[from..])
                    .map_or(self.bytes.len(), |end| from + end + 1);
                return;
            }
        }
        self.at = self.bytes.len();
    }
}

fn links(attributes: &[u8]) -> bool {
    memmem::find_iter(attributes, b"://").any(|at| {
        let scheme = attributes[at.saturating_sub(5)..at].to_ascii_lowercase();
        scheme.ends_with(b"http") || scheme.ends_with(b"https")
    })
}

/// The value of an attribute.
fn attribute<'a>(attributes: &'a str, name: &str) -> Option<&'a str> {
    let bytes = attributes.as_bytes();
    let at = memmem::find_iter(bytes, name.as_bytes()).find(|at| {
        *at > 0 && bytes[at - 1].is_ascii_whitespace() && bytes.get(at + name.len()) == Some(&b'=')
    })?;
    let value = &attributes[at + name.len() + 1..];
    match value.as_bytes().first()? {
        quote @ (b'"' | b'\'') => value[1..].split(*quote as char).next(),
        _ => value.split([' ', '\n', '\t', '/']).next(),
    }
}

/// What an entity stands for, named without `&` and `;`.
fn character(name: &str) -> Option<String> {
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16),
            None => number.parse(),
        };
        let code = code.ok()?;
        if (0x80..0xA0).contains(&code) {
            // Windows-1252 written as numbers (HTML standard, 13.2.5.80).
            let byte = [code as u8];
            return Some(encoding_rs::WINDOWS_1252.decode(&byte).0.into_owned());
        }
        return char::from_u32(code)
            .filter(|c| *c != '\0')
            .map(String::from);
    }
    let known = match name {
        "amp" => "&",
        "lt" => "<",
        "gt" => ">",
        "quot" => "\"",
        "apos" => "'",
        "nbsp" => "\u{a0}",
        "" => return None,
        other => {
            let token = format!("&{other};");
            let mut found = String::new();
            mail_parser::decoders::html::add_html_token(&mut found, token.as_bytes(), false);
            return (found != token).then_some(found);
        }
    };
    Some(known.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_programs_fetch_unasked_is_told_and_links_are_not() {
        let html = "<body background='//a.example/1'><a href='http://fine.example'>x</a><img src=\"http://b.example/2\">\
            <p style='background: url(https://c.example/3)'><form action=https://d.example/4><img src=cid:5>";
        assert_eq!(
            fetched(html).unwrap(),
            [
                "//a.example/1",
                "background: url(https://c.example/3)",
                "http://b.example/2",
                "https://d.example/4",
            ]
        );
        assert_eq!(fetched(&"<div>".repeat(DEEPEST + 1)), None);
        assert_eq!(fetched(&"x".repeat(LARGEST + 1)), None);
    }

    #[test]
    fn what_never_ends_is_read_in_linear_time() {
        // Were each looked for again, these would take minutes.
        for html in ["<!", "<?x ", "<!--", "<a b=\"", "<script>", "&#x"] {
            quick(&html.repeat(200_000));
        }
        let words = "display:none ".repeat(50_000);
        for html in [
            words.clone(),
            format!("<p {words}"),
            format!("<p {words}>"),
            format!("<q {words}>text"),
        ] {
            without_hidden(&html);
        }
    }

    #[test]
    fn cells_that_reach_far_take_no_memory() {
        for span in [
            "1000000000",
            "'4000'",
            "\"&#57;999999\"",
            "+ 7",
            "99999999999999999999999",
        ] {
            let cell = format!("<td ROWSPAN = {span} colspan={span}>x</td>");
            let table = format!(
                "<table>{}</table>",
                format!("<tr>{}</tr>", cell.repeat(5)).repeat(1_000)
            );
            assert!(to_text(&table).starts_with("x"), "{span}");
        }
    }

    #[test]
    fn quick_text_has_the_words_and_nothing_else() {
        for (html, text, link) in [
            (
                "<p>Hello <b>world</b></p><p>again</p>",
                "Hello world\nagain",
                false,
            ),
            (
                "<html><head><title>T</title><style>p{a:b}</style></head><body>x</body></html>",
                "x",
                false,
            ),
            ("<td>a</td><td>b</td>", "a b", false),
            ("<div>a</div><div>b</div>", "a\nb", false),
            ("a<br>b<br/>c", "a\nb\nc", false),
            ("<script>if (a<b) c('</p>')</script>x", "x", false),
            (
                "&lt;b&gt; &amp;amp; &eacute; &#8364; &#x20AC; &#150; &nbsp;&nbsp;x",
                "<b> &amp; é € € – x",
                false,
            ),
            (
                "AT&T &unknown; & &copy 2026",
                "AT&T &unknown; & © 2026",
                false,
            ),
            ("<a href=\"https://example.com\">link</a>", "link", true),
            ("<a href='mailto:a@b.c'>mail</a>", "mail", false),
            (
                "<!DOCTYPE html PUBLIC \"-//W3C\" \"http://www.w3.org/x\"><p>x",
                "x",
                false,
            ),
            ("<!-- no <b>x</b> --> yes", "yes", false),
            ("<!--[if mso]>outlook<![endif]-->x", "x", false),
            ("<img src=x alt=\"a > b\"> y", "a > b y", false),
            ("<img alt=\"\" src=pixel>x", "x", false),
            ("<p title=\"a>b\">x</p>", "x", false),
            ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2", false),
            ("pre&zwnj;&nbsp;&zwnj;&nbsp;header", "pre header", false),
            ("  lots \n of\t space ", "lots of space", false),
            ("<p", "", false),
            ("<", "<", false),
            ("&", "&", false),
            ("", "", false),
        ] {
            assert_eq!(quick(html), (text.to_owned(), link), "{html}");
        }
    }

    #[test]
    fn a_reader_sees_lines_links_and_no_tricks() {
        let mut bad = Vec::new();
        for (html, text) in [
            (
                "<h1>Title</h1><p>Hello <b>you</b></p><ul><li>one<li>two</ul>",
                "Title\n\nHello you\n- one\n- two",
            ),
            (
                "<p>see <a href=\"https://example.com/x\">this</a></p>",
                "see this[1]\n\n[1]: https://example.com/x",
            ),
            (
                "<p>x <img src=\"http://t.example/p.gif\" width=1 height=1></p>",
                "x",
            ),
            ("<p><img src=a alt=\"a cat\"></p>", "[image: a cat]"),
            (
                "<div style=\"display:none\">pre<div>header</div></div><p>text</p>",
                "text",
            ),
            ("<span style='color:red; display: none;'>x</span>y", "y"),
            ("<style>a{display:none}</style><div>shown</div>", "shown"),
            ("<blockquote>quoted</blockquote>", "> quoted"),
            ("<table><tr><td>a</td><td>b</td></tr></table>", "a\nb"),
            ("", ""),
        ] {
            if wrapped(html, 60) != text {
                bad.push((html, wrapped(html, 60)));
            }
        }
        assert!(bad.is_empty(), "{bad:#?}");
        let long = wrapped(&format!("<p>{}</p>", "word ".repeat(40)), 40);
        assert!(long.lines().all(|l| l.len() <= 40), "{long}");
    }

    #[test]
    fn html_nested_beyond_reason_is_still_read() {
        for tag in [
            "div",
            "table><tr><td",
            "b",
            "font",
            "blockquote",
            "ul><li",
            "span style='display:none'",
        ] {
            let html = format!("{}text", format!("<{tag}>").repeat(20_000));
            assert!(wrapped(&html, 80).contains("text"), "{tag}");
        }
    }

    #[test]
    fn hostile_html_is_read_in_one_pass() {
        for piece in [
            "<a \"", "<a '", "<!--", "<style>", "</", "&", "&#", "<div>", "<",
        ] {
            let html = piece.repeat(300_000);
            assert!(quick(&html).0.len() <= html.len(), "{piece}");
        }
    }
}
