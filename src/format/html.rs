//! HTML mail to plain text: [`quick`] for the index, [`wrapped`] for reading on a terminal.

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
        unclosed: [false; 3],
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
    quick(html).0
}

struct Quick<'a> {
    bytes: &'a [u8],
    html: &'a str,
    at: usize,
    text: String,
    /// White space was met since the last character.
    gap: bool,
    has_link: bool,
    /// Quotation marks and comments of which no end is left: `"`, `'`, `-->`.
    unclosed: [bool; 3],
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
                self.at += memchr(b'>', rest).map_or(1, |end| end + 1);
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
    fn hostile_html_is_read_in_one_pass() {
        for piece in [
            "<a \"", "<a '", "<!--", "<style>", "</", "&", "&#", "<div>", "<",
        ] {
            let html = piece.repeat(300_000);
            assert!(quick(&html).0.len() <= html.len(), "{piece}");
        }
    }
}
