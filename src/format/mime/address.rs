//! Address lists of received mail (RFC 5322 §3.4 and §4.4), read leniently: a mailbox is found wherever a
//! person would see one.

use std::borrow::Cow;

use memchr::memchr;

use crate::model::address::Address;

use super::words;

/// Mailboxes one field may name; what comes after them is not read.
pub const MOST: usize = 10_000;

/// The mailboxes of an unfolded value, those of groups included.
pub fn list(value: &[u8], hint: Option<&str>) -> Vec<Address> {
    let mut reader = Reader {
        hint,
        ..Reader::default()
    };
    reader.read(value);
    reader.found.truncate(MOST);
    reader.found
}

#[derive(Default)]
struct Reader<'a> {
    hint: Option<&'a str>,
    /// The words before the angle bracket, without quotes.
    phrase: Vec<u8>,
    /// The same as it stands, for addresses without brackets.
    bare: Vec<u8>,
    /// There is an `@` in it.
    has_at: bool,
    angle: Option<Vec<u8>>,
    comment: Vec<u8>,
    /// A quotation or comment that never ends was met: no later one does.
    no_quote: bool,
    no_paren: bool,
    found: Vec<Address>,
}

impl Reader<'_> {
    fn read(&mut self, value: &[u8]) {
        let mut at = 0;
        while at < value.len() && self.found.len() < MOST {
            let rest = &value[at..];
            at += match rest[0] {
                b'"' => self.quoted(rest),
                b'(' => self.comment(rest),
                b'<' => self.bracketed(rest),
                b',' | b';' => {
                    self.flush();
                    1
                }
                // The name of a group, or `mailto:`.
                b':' if self.angle.is_none() && !self.has_at => {
                    self.forget();
                    1
                }
                b => {
                    // Text after the bracket belongs to the next mailbox, whose comma was forgotten.
                    if self.angle.is_some() && !b.is_ascii_whitespace() && b != b'>' {
                        self.flush();
                    }
                    self.push(b);
                    1
                }
            };
        }
        self.flush();
    }

    fn push(&mut self, b: u8) {
        let b = if b.is_ascii_whitespace() { b' ' } else { b };
        self.has_at |= b == b'@';
        for text in [&mut self.phrase, &mut self.bare] {
            if b != b' ' || text.last().is_some_and(|last| *last != b' ') {
                text.push(b);
            }
        }
    }

    fn quoted(&mut self, rest: &[u8]) -> usize {
        let end = match self.no_quote {
            true => None,
            false => closing_quote(rest),
        };
        let Some(end) = end else {
            self.no_quote = true;
            return 1;
        };
        if self.angle.is_some() {
            self.flush();
        }
        let mut escaped = false;
        for &b in &rest[1..end] {
            if b == b'\\' && !escaped {
                escaped = true;
                continue;
            }
            escaped = false;
            self.phrase.push(b);
        }
        self.bare.extend_from_slice(&rest[..=end]);
        self.has_at |= rest[..=end].contains(&b'@');
        end + 1
    }

    fn comment(&mut self, rest: &[u8]) -> usize {
        let end = match self.no_paren {
            true => None,
            false => closing_paren(rest),
        };
        let Some(end) = end else {
            self.no_paren = true;
            self.push(b'(');
            return 1;
        };
        if !self.comment.is_empty() {
            self.comment.push(b' ');
        }
        self.comment
            .extend(rest[1..end].iter().copied().filter(|b| *b != b'\\'));
        end + 1
    }

    fn bracketed(&mut self, rest: &[u8]) -> usize {
        if self.angle.is_some() {
            self.flush();
        }
        let ends = rest
            .iter()
            .skip(1)
            .position(|b| matches!(b, b'>' | b'<' | b',' | b';'))
            .map_or(rest.len(), |n| n + 1);
        // A comma inside belongs to an obsolete route: <@a,@b:c@d>
        let close = match memchr(b'>', &rest[..rest.len().min(ends + 2000)]) {
            Some(close) if rest[1..].trim_ascii_start().starts_with(b"@") => close,
            _ => ends,
        };
        let mut inner = rest[1..close].trim_ascii();
        if inner.starts_with(b"@")
            && let Some(colon) = memchr(b':', inner)
        {
            inner = &inner[colon + 1..];
        }
        let inner = inner.strip_prefix(b"mailto:").unwrap_or(inner);
        self.angle = Some(
            inner
                .iter()
                .copied()
                .filter(|b| !b.is_ascii_whitespace())
                .collect(),
        );
        match rest.get(close) {
            Some(b'>') => close + 1,
            _ => close,
        }
    }

    fn forget(&mut self) {
        self.phrase.clear();
        self.bare.clear();
        self.has_at = false;
        self.comment.clear();
        self.angle = None;
    }

    fn flush(&mut self) {
        let phrase = std::mem::take(&mut self.phrase);
        let bare = std::mem::take(&mut self.bare);
        self.has_at = false;
        let comment = std::mem::take(&mut self.comment);
        let phrase = phrase.trim_ascii();
        let comment = (!comment.is_empty()).then(|| words::decode(comment.trim_ascii(), self.hint));
        let address = match self.angle.take() {
            Some(angle) => {
                let email = words::decode(&angle, self.hint);
                let name = words::decode(phrase, self.hint);
                let name = Some(name).filter(|n| !n.trim().is_empty()).or(comment);
                mailbox(name, &email)
            }
            None if phrase.is_empty() && comment.is_none() => return,
            None => self.unbracketed(phrase, bare.trim_ascii(), comment),
        };
        if !address.email.is_empty() || address.name.is_some() {
            self.found.push(address);
        }
    }

    /// `ada@example.com`, `ada@example.com (Ada)`, `Ada ada@example.com`, `root`, or just a name.
    fn unbracketed(&self, phrase: &[u8], bare: &[u8], comment: Option<String>) -> Address {
        // "local part"@domain
        if bare.starts_with(b"\"") && bare.windows(2).any(|w| w == b"\"@") {
            return mailbox(comment, &words::decode(bare, self.hint));
        }
        let text = words::decode(phrase, self.hint).replace(" @ ", "@");
        // An encoded word that holds the whole mailbox.
        if let (Some(open), Some(close)) = (text.find('<'), text.rfind('>'))
            && open < close
            && text[open..close].contains('@')
        {
            return mailbox(Some(text[..open].to_owned()), text[open + 1..close].trim());
        }
        match text.split(' ').rfind(|word| word.contains('@')) {
            Some(email) => {
                let name: Vec<_> = text.split(' ').filter(|word| *word != email).collect();
                let name = Some(name.join(" ")).filter(|n| !n.trim().is_empty());
                mailbox(name.or(comment), email)
            }
            None if comment.is_some() || !text.contains(' ') => mailbox(comment, &text),
            None => mailbox(Some(text), ""),
        }
    }
}

/// A name in single quotes is Outlook's; one that only repeats the address says nothing. An address has no control
/// characters, whatever encoded words or a NUL bring into it.
fn mailbox(name: Option<String>, email: &str) -> Address {
    let email = match email.contains(char::is_control) {
        true => Cow::from(email.replace(char::is_control, "")),
        false => Cow::from(email),
    };
    let name = name.as_deref().map(str::trim).map(|name| {
        name.strip_prefix('\'')
            .and_then(|n| n.strip_suffix('\''))
            .unwrap_or(name)
            .trim()
    });
    Address::new(name.filter(|n| *n != email), email.trim())
}

fn closing_quote(rest: &[u8]) -> Option<usize> {
    let mut escaped = false;
    rest.iter().enumerate().skip(1).find_map(|(at, b)| {
        let closes = *b == b'"' && !escaped;
        escaped = *b == b'\\' && !escaped;
        closes.then_some(at)
    })
}

fn closing_paren(rest: &[u8]) -> Option<usize> {
    let (mut depth, mut escaped) = (0usize, false);
    for (at, b) in rest.iter().enumerate() {
        match b {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'(' => depth += 1,
            b')' if depth == 1 => return Some(at),
            b')' => depth -= 1,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_word_before_many_colons_is_read_in_linear_time() {
        // Were the word looked through for each colon, this would take minutes.
        let value = format!("{}@{}", "a".repeat(500_000), ":".repeat(500_000));
        assert_eq!(list(value.as_bytes(), None).len(), 1);
    }

    #[test]
    fn an_address_has_no_control_characters() {
        for value in [
            "Ada <ada@exa\0mple.com>",
            "ada@exa\0mple.com",
            "<=?utf-8?q?ada=0D=0A?=@example.com>",
            "=?utf-8?q?ada=40example.com=0D=0A=00?=",
        ] {
            let found = list(value.as_bytes(), None);
            assert_eq!(found[0].email, "ada@example.com", "{value}");
        }
    }

    #[test]
    fn mailboxes_are_found_in_all_their_forms() {
        for (value, expected) in [
            ("ada@example.com", "|ada@example.com"),
            (
                "Ada Lovelace <ada@example.com>",
                "Ada Lovelace|ada@example.com",
            ),
            (
                "\"Lovelace, Ada\" <ada@example.com>, bob@example.com",
                "Lovelace, Ada|ada@example.com; |bob@example.com",
            ),
            (
                "\"Ada \\\"Countess\\\"\" <ada@example.com>",
                "Ada \"Countess\"|ada@example.com",
            ),
            (
                "ada@example.com (Ada Lovelace)",
                "Ada Lovelace|ada@example.com",
            ),
            (
                "=?utf-8?Q?Zo=C3=AB?= <zoe@example.com>",
                "Zoë|zoe@example.com",
            ),
            (
                "\"=?utf-8?Q?Zo=C3=AB?=\" <zoe@example.com>",
                "Zoë|zoe@example.com",
            ),
            (
                "=?utf-8?Q?Smith=2C_Zo=C3=AB?= <zoe@example.com>",
                "Smith, Zoë|zoe@example.com",
            ),
            (
                "=?utf-8?Q?Ada_=3Cada=40example=2Ecom=3E?=",
                "Ada|ada@example.com",
            ),
            (
                "Team: ada@example.com, Bob <bob@example.com>;",
                "|ada@example.com; Bob|bob@example.com",
            ),
            ("undisclosed-recipients:;", ""),
            ("A: x@y.z;, b@example.com", "|x@y.z; |b@example.com"),
            ("mailto:ada@example.com", "|ada@example.com"),
            ("<@relay,@other:ada@example.com>", "|ada@example.com"),
            ("Ada ada@example.com", "Ada|ada@example.com"),
            (
                "ada@example.com; bob@example.com",
                "|ada@example.com; |bob@example.com",
            ),
            (
                "Ada <ada@example.com> Bob <bob@example.com>",
                "Ada|ada@example.com; Bob|bob@example.com",
            ),
            ("'Ada' <ada@example.com>", "Ada|ada@example.com"),
            ("'ada@example.com' <ada@example.com>", "|ada@example.com"),
            (
                "\"never closed <ada@example.com>",
                "never closed|ada@example.com",
            ),
            (
                "Ada (never closed <ada@example.com>",
                "Ada (never closed|ada@example.com",
            ),
            ("Ada <ada@example.com", "Ada|ada@example.com"),
            ("\"john doe\"@example.com", "|\"john doe\"@example.com"),
            ("root", "|root"),
            ("Mail Delivery System", "Mail Delivery System|"),
            (
                "MAILER-DAEMON (Mail Delivery)",
                "Mail Delivery|MAILER-DAEMON",
            ),
            ("Ada <>", "Ada|"),
            ("<ada@[IPv6:::1]>", "|ada@[IPv6:::1]"),
            ("ada @ example.com", "|ada@example.com"),
            (",,, ,", ""),
            ("", ""),
        ] {
            let found: Vec<_> = list(value.as_bytes(), None)
                .into_iter()
                .map(|a| format!("{}|{}", a.name.unwrap_or_default(), a.email))
                .collect();
            assert_eq!(found.join("; "), expected, "{value}");
        }
    }

    #[test]
    fn hostile_lists_end() {
        for piece in ["\"", "(", "<", "a@b,", "<@", "((", "\\\"", "=?"] {
            let value = piece.repeat(200_000);
            assert!(list(value.as_bytes(), None).len() <= MOST, "{piece}");
        }
    }
}
