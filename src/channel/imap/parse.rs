//! Server responses to values: a tolerant reader of the IMAP grammar (RFC 9051 §9).
//!
//! It knows the shape of the language (atoms, strings, lists, response codes), not each response; what a response
//! means is read where it is asked for. Depth and size are bounded, so garbage ends as an error.

/// One line of a response, or the literal that follows it.
#[derive(Debug)]
pub enum Piece {
    Text(Vec<u8>),
    Literal(Vec<u8>),
}

/// One value of a response.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Nil,
    Atom(String),
    Bytes(Vec<u8>),
    List(Vec<Value>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Ok,
    No,
    Bad,
    Bye,
    Preauth,
}

/// A status response: what happened, its code in brackets, and the server's words.
#[derive(Clone, Debug, PartialEq)]
pub struct Status {
    pub verdict: Verdict,
    /// Upper case; empty if there is none.
    pub code: String,
    pub arguments: Vec<Value>,
    pub text: String,
}

#[derive(Debug, PartialEq)]
pub enum Response {
    Tagged {
        tag: String,
        status: Status,
    },
    Untagged(Status),
    Continue(String),
    /// `* 12 EXISTS`, `* LIST …`, `* 3 FETCH (…)`; the name is upper case.
    Data {
        number: Option<u32>,
        name: String,
        values: Vec<Value>,
    },
}

impl Value {
    /// The text of an atom or string; `None` for a list, NIL or bytes that are not UTF-8.
    pub fn text(&self) -> Option<&str> {
        match self {
            Value::Atom(text) => Some(text),
            Value::Bytes(bytes) => std::str::from_utf8(bytes).ok(),
            _ => None,
        }
    }

    pub fn number<N: std::str::FromStr>(&self) -> Option<N> {
        self.text()?.parse().ok()
    }

    pub fn list(&self) -> &[Value] {
        match self {
            Value::List(values) => values,
            _ => &[],
        }
    }
}

/// Whether this line is a status or continuation, whose free text may end like a literal but never announces one.
pub fn is_status_line(line: &[u8]) -> bool {
    if line.starts_with(b"+") {
        return true;
    }
    let Some(rest) = line.strip_prefix(b"* ") else {
        return true;
    };
    [&b"OK"[..], b"NO", b"BAD", b"BYE", b"PREAUTH"]
        .iter()
        .any(|word| {
            rest.len() > word.len()
                && rest[..word.len()].eq_ignore_ascii_case(word)
                && rest[word.len()] == b' '
        })
}

/// Reads one response; `None` if it is not IMAP.
pub fn response(pieces: Vec<Piece>) -> Option<Response> {
    let mut reader = Reader::new(pieces);
    if reader.eat(b'+') {
        reader.eat(b' ');
        return Some(Response::Continue(reader.rest()));
    }
    if !reader.eat(b'*') {
        let tag = reader.atom()?;
        reader.eat(b' ').then_some(())?;
        let verdict = verdict(&reader.atom()?)?;
        let status = reader.status(verdict)?;
        return Some(Response::Tagged { tag, status });
    }
    reader.eat(b' ').then_some(())?;
    let first = reader.atom()?;
    if let Some(verdict) = verdict(&first) {
        return Some(Response::Untagged(reader.status(verdict)?));
    }
    let (number, name) = match first.parse() {
        Ok(number) => {
            reader.eat(b' ').then_some(())?;
            (Some(number), reader.atom()?)
        }
        Err(_) => (None, first),
    };
    let values = reader.values(None, 0)?;
    Some(Response::Data {
        number,
        name: name.to_ascii_uppercase(),
        values,
    })
}

fn verdict(word: &str) -> Option<Verdict> {
    Some(match word.to_ascii_uppercase().as_str() {
        "OK" => Verdict::Ok,
        "NO" => Verdict::No,
        "BAD" => Verdict::Bad,
        "BYE" => Verdict::Bye,
        "PREAUTH" => Verdict::Preauth,
        _ => return None,
    })
}

/// Deepest list that is still read; real ones (BODYSTRUCTURE aside, which is never asked for) have two or three.
const DEEPEST: usize = 32;

struct Reader {
    pieces: std::vec::IntoIter<Piece>,
    line: Vec<u8>,
    at: usize,
}

impl Reader {
    fn new(pieces: Vec<Piece>) -> Self {
        let mut reader = Reader {
            pieces: pieces.into_iter(),
            line: Vec::new(),
            at: 0,
        };
        if let Some(Piece::Text(line)) = reader.pieces.next() {
            reader.line = line;
        }
        reader
    }

    fn peek(&self) -> Option<u8> {
        self.line.get(self.at).copied()
    }

    fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn rest(&mut self) -> String {
        let rest = String::from_utf8_lossy(self.line.get(self.at..).unwrap_or_default());
        let rest = rest.trim().to_owned();
        self.at = self.line.len();
        rest
    }

    /// The literal that stands where this line ends, and the line after it.
    fn literal(&mut self) -> Option<Vec<u8>> {
        let Some(Piece::Literal(bytes)) = self.pieces.next() else {
            return None;
        };
        let Some(Piece::Text(line)) = self.pieces.next() else {
            return None;
        };
        self.line = line;
        self.at = 0;
        Some(bytes)
    }

    /// Values up to `close` or, without one, to the end of the response.
    fn values(&mut self, close: Option<u8>, depth: usize) -> Option<Vec<Value>> {
        let mut values = Vec::new();
        loop {
            match self.peek() {
                Some(b' ') => self.at += 1,
                Some(byte) if Some(byte) == close => {
                    self.at += 1;
                    return Some(values);
                }
                None if self.pieces.len() == 0 => {
                    return close.is_none().then_some(values);
                }
                _ => values.push(self.value(close, depth)?),
            }
        }
    }

    fn value(&mut self, close: Option<u8>, depth: usize) -> Option<Value> {
        match self.peek() {
            None => self.literal().map(Value::Bytes),
            Some(b'(') if depth < DEEPEST => {
                self.at += 1;
                self.values(Some(b')'), depth + 1).map(Value::List)
            }
            Some(b'"') => self.quoted().map(Value::Bytes),
            Some(b'(' | b')') => None,
            Some(_) => {
                let start = self.at;
                self.skip_atom(close);
                let atom = &self.line[start..self.at];
                if atom.is_empty() {
                    return None;
                }
                Some(if atom.eq_ignore_ascii_case(b"NIL") {
                    Value::Nil
                } else {
                    Value::Atom(String::from_utf8_lossy(atom).into_owned())
                })
            }
        }
    }

    /// Passes an atom; brackets in it (`BODY[HEADER.FIELDS (DATE)]`) belong to it.
    fn skip_atom(&mut self, close: Option<u8>) {
        let mut inside = false;
        while let Some(byte) = self.peek() {
            match byte {
                b']' if Some(b']') == close && !inside => break,
                b' ' | b'(' | b')' | b'"' if !inside => break,
                b'[' => inside = true,
                b']' => inside = false,
                _ => {}
            }
            self.at += 1;
        }
    }

    fn quoted(&mut self) -> Option<Vec<u8>> {
        self.at += 1;
        let mut bytes = Vec::new();
        loop {
            let byte = self.peek()?;
            self.at += 1;
            match byte {
                b'"' => return Some(bytes),
                b'\\' => {
                    bytes.push(self.peek()?);
                    self.at += 1;
                }
                other => bytes.push(other),
            }
        }
    }

    fn atom(&mut self) -> Option<String> {
        let start = self.at;
        self.skip_atom(None);
        (self.at > start).then(|| String::from_utf8_lossy(&self.line[start..self.at]).into_owned())
    }

    fn status(&mut self, verdict: Verdict) -> Option<Status> {
        self.eat(b' ');
        let mut code = String::new();
        let mut arguments = Vec::new();
        let start = self.at;
        if self.eat(b'[') {
            // A code that can't be read is only words.
            match self.values(Some(b']'), 0) {
                Some(values) => {
                    let mut values = values.into_iter();
                    if let Some(Value::Atom(name)) = values.next() {
                        code = name.to_ascii_uppercase();
                        arguments = values.collect();
                    }
                }
                None => self.at = start,
            }
        }
        Some(Status {
            verdict,
            code,
            arguments,
            text: self.rest(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> Option<Response> {
        response(vec![Piece::Text(text.as_bytes().to_vec())])
    }

    #[test]
    fn a_status_has_its_code_and_its_words() {
        let Some(Response::Tagged { tag, status }) = line("a1 OK [COPYUID 7 1:2 5:6] Moved") else {
            panic!("not tagged")
        };
        assert_eq!((tag.as_str(), status.code.as_str()), ("a1", "COPYUID"));
        assert_eq!(status.arguments[1].text(), Some("1:2"));
        assert_eq!(status.text, "Moved");
        let Some(Response::Untagged(status)) = line("* OK [PERMANENTFLAGS (\\Seen \\*)] Fine")
        else {
            panic!("not a status")
        };
        assert_eq!(status.arguments[0].list()[1].text(), Some("\\*"));
    }

    #[test]
    fn a_fetch_holds_its_literal() {
        let fetched = response(vec![
            Piece::Text(b"* 3 FETCH (UID 9 FLAGS (\\Seen x) BODY[] ".to_vec()),
            Piece::Literal(b"raw)bytes".to_vec()),
            Piece::Text(b")".to_vec()),
        ]);
        let Some(Response::Data {
            number: Some(3),
            name,
            values,
        }) = fetched
        else {
            panic!("not data")
        };
        assert_eq!(name, "FETCH");
        let items = values[0].list();
        assert_eq!(items[4].text(), Some("BODY[]"));
        assert_eq!(items[5], Value::Bytes(b"raw)bytes".to_vec()));
    }

    #[test]
    fn garbage_is_refused_without_harm() {
        for text in [
            "",
            "*",
            "* ",
            "a",
            "* 3 FETCH (UID",
            "* LIST \"x",
            "* 1 FETCH )",
        ] {
            assert_eq!(line(text), None, "{text}");
        }
        assert_eq!(line(&format!("* X {}", "(".repeat(100_000))), None);
    }

    #[test]
    fn an_atom_keeps_its_brackets() {
        let Some(Response::Data { values, .. }) = line("* 1 FETCH (BODY[HEADER.FIELDS (A B)] NIL)")
        else {
            panic!("not data")
        };
        assert_eq!(
            values[0].list()[0].text(),
            Some("BODY[HEADER.FIELDS (A B)]")
        );
        assert_eq!(values[0].list()[1], Value::Nil);
    }
}
