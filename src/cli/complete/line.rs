//! A command line as far as it is typed, in the words the shell will make of it.

/// What stands before the cursor.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Line {
    /// Whole words of the last command of the line, the program's name first.
    pub words: Vec<String>,
    /// The word the cursor is in or after.
    pub last: Last,
}

/// A word that is not whole yet.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Last {
    pub text: String,
    /// As it is typed.
    pub raw: String,
    /// The quote that is open.
    pub quote: Quote,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Quote {
    #[default]
    None,
    Single,
    Double,
}

impl Quote {
    /// The word as it is put after this open quote; `None` if it can't be.
    pub fn insert(self, word: &str) -> Option<String> {
        let escape = |special: &str| {
            let mut text = String::with_capacity(word.len());
            for c in word.chars() {
                if special.contains(c) {
                    text.push('\\');
                }
                text.push(c);
            }
            text
        };
        match self {
            // `!` would be history even there.
            Quote::Double if word.contains('!') => None,
            Quote::Double => Some(escape("\"\\$`")),
            Quote::Single if word.contains('\'') => None,
            Quote::Single => Some(word.to_owned()),
            Quote::None => {
                let mut text = escape(" \t\"'\\$`!#&()*;<>?[]^{|}~");
                if word.starts_with('=') {
                    text.insert(0, '\\');
                }
                Some(text)
            }
        }
    }
}

impl Line {
    /// Reads it as a POSIX shell does, expanding nothing.
    pub fn read(line: &str) -> Line {
        let mut read = Line::default();
        let mut inside = false;
        let mut chars = line.chars();
        while let Some(c) = chars.next() {
            let last = &mut read.last;
            match (last.quote, c) {
                (Quote::None, ' ' | '\t' | '\n') => {
                    if inside {
                        read.words.push(std::mem::take(&mut read.last).text);
                    }
                    read.last = Last::default();
                    inside = false;
                    continue;
                }
                (Quote::None, ';' | '|' | '&' | '(') => {
                    read = Line::default();
                    inside = false;
                    continue;
                }
                (Quote::None, '\'') => last.open(Quote::Single),
                (Quote::None, '"') => last.open(Quote::Double),
                (Quote::Single, '\'') | (Quote::Double, '"') => last.close(c),
                (Quote::None | Quote::Double, '\\') => {
                    last.raw.push(c);
                    if let Some(escaped) = chars.next() {
                        let kept = last.quote == Quote::Double && !"\"\\$`".contains(escaped);
                        last.text.extend(kept.then_some('\\'));
                        last.text.push(escaped);
                        last.raw.push(escaped);
                    }
                }
                _ => {
                    last.text.push(c);
                    last.raw.push(c);
                }
            }
            inside = true;
        }
        read
    }
}

impl Last {
    fn open(&mut self, quote: Quote) {
        self.quote = quote;
    }

    fn close(&mut self, quote: char) {
        self.raw.push(quote);
        self.quote = Quote::None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> (Vec<String>, String, Quote) {
        let read = Line::read(line);
        (read.words, read.last.text, read.last.quote)
    }

    #[test]
    fn words_are_those_of_the_shell() {
        for (line, words, last, quote) in [
            ("comms send Ad", "comms|send", "Ad", Quote::None),
            ("comms send Ada\\ Lo", "comms|send", "Ada Lo", Quote::None),
            ("comms send 'Ada Lo", "comms|send", "Ada Lo", Quote::Single),
            ("comms send \"Ada Lo", "comms|send", "Ada Lo", Quote::Double),
            (
                "comms send \"a\\\"b\\n",
                "comms|send",
                "a\"b\\n",
                Quote::Double,
            ),
            ("comms send 'a b' c", "comms|send|a b", "c", Quote::None),
            ("ls | comms send ", "comms|send", "", Quote::None),
            ("a 'x|y'; comms send ''", "comms|send", "", Quote::None),
            ("", "", "", Quote::None),
        ] {
            let words = words.split('|').filter(|w| !w.is_empty());
            let words: Vec<String> = words.map(str::to_owned).collect();
            assert_eq!(read(line), (words, last.to_owned(), quote), "{line}");
        }
    }

    proptest::proptest! {
        #[test]
        fn what_is_inserted_is_read_as_the_word_it_stands_for(word in "[^\t\n\r\u{0}-\u{1f}]{1,12}") {
            for (open, quote) in [("", Quote::None), ("'", Quote::Single), ("\"", Quote::Double)] {
                if let Some(inserted) = quote.insert(&word) {
                    let read = Line::read(&format!("comms {open}{inserted}{open} "));
                    proptest::prop_assert_eq!(&read.words, &["comms".to_owned(), word.clone()]);
                }
            }
        }
    }
}
