//! The text around the first hit, with the hits marked.

use crate::format::fold::plain;
use crate::model::query::{Field, Query, Text};

/// Stands before a hit inside the crate; doors show it their way.
pub const OPEN: char = '\u{1}';
/// Stands after a hit.
pub const CLOSE: char = '\u{2}';

/// Characters of a snippet, and how many of them come before the first hit.
const WIDTH: usize = 160;
const BEFORE: usize = 50;

/// Texts whose hits are marked.
pub struct Needles(Vec<Needle>);

struct Needle {
    /// Folded words that must be neighbours.
    words: Vec<Vec<char>>,
    prefix: bool,
}

impl Needles {
    /// All that the query looks for in bodies; not what it excludes.
    pub fn of(query: &Query) -> Self {
        let mut needles = Vec::new();
        collect(query, &mut needles);
        Needles(needles)
    }

    /// The snippet; `None` if nothing hits this text.
    pub fn cut(&self, text: &str) -> Option<String> {
        let text: String = text
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
            .replace([OPEN, CLOSE], "");
        let chars = folded(&text);
        let first = (0..chars.len()).find_map(|at| Some((at, self.hit(&chars, at)?)))?;
        let start = word_start(&chars, first.0.saturating_sub(BEFORE), first.0);
        let end = (start + WIDTH).max(first.1).min(chars.len());
        let mut snippet = String::new();
        if start > 0 {
            snippet.push('…');
        }
        let byte = |at: usize| chars.get(at).map_or(text.len(), |c| c.1);
        let mut at = start;
        while at < end {
            match self.hit(&chars, at).filter(|to| *to <= end) {
                Some(to) => {
                    snippet.push(OPEN);
                    snippet.push_str(&text[byte(at)..byte(to)]);
                    snippet.push(CLOSE);
                    at = to;
                }
                None => {
                    snippet.push_str(&text[byte(at)..byte(at + 1)]);
                    at += 1;
                }
            }
        }
        if end < chars.len() {
            snippet.push('…');
        }
        Some(snippet)
    }

    fn hit(&self, text: &[(char, usize)], at: usize) -> Option<usize> {
        self.0.iter().find_map(|needle| needle.end(text, at))
    }
}

impl Needle {
    fn new(text: &str, prefix: bool) -> Option<Self> {
        let chars: Vec<char> = folded(text).into_iter().map(|(c, _)| c).collect();
        let words: Vec<Vec<char>> = chars
            .split(|c| !c.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .map(<[char]>::to_vec)
            .collect();
        (!words.is_empty()).then_some(Needle { words, prefix })
    }

    /// Where the hit that begins here ends.
    fn end(&self, text: &[(char, usize)], mut at: usize) -> Option<usize> {
        for (n, word) in self.words.iter().enumerate() {
            if n > 0 {
                while text.get(at).is_some_and(|c| !c.0.is_alphanumeric()) {
                    at += 1;
                }
            }
            let inside = at > 0 && joined(text[at - 1].0, word[0]);
            let here = text.get(at..at + word.len())?;
            if inside || !here.iter().zip(word).all(|(a, b)| a.0 == *b) {
                return None;
            }
            at += word.len();
            let goes_on = text
                .get(at)
                .is_some_and(|next| joined(here[word.len() - 1].0, next.0));
            let is_last = n + 1 == self.words.len();
            if goes_on && !(self.prefix && is_last) {
                return None;
            }
        }
        while self.prefix
            && at > 0
            && text
                .get(at)
                .is_some_and(|next| joined(text[at - 1].0, next.0))
        {
            at += 1;
        }
        Some(at)
    }
}

fn collect(query: &Query, needles: &mut Vec<Needle>) {
    match query {
        Query::And(parts) | Query::Or(parts) => {
            parts.iter().for_each(|part| collect(part, needles))
        }
        Query::Text {
            field: Field::Any | Field::Subject,
            text,
        } => needles.extend(match text {
            Text::Word(text) | Text::Phrase(text) => Needle::new(text, false),
            Text::Prefix(stem) => Needle::new(stem, true),
        }),
        _ => {}
    }
}

/// Whether two neighbours are of one word. Chinese, Japanese and Korean characters are words of their own.
fn joined(a: char, b: char) -> bool {
    let is_cjk = |c: char| c >= '\u{2E80}';
    a.is_alphanumeric() && b.is_alphanumeric() && !is_cjk(a) && !is_cjk(b)
}

/// The first word that begins at or after `from`, so that a snippet doesn't begin within one.
fn word_start(text: &[(char, usize)], from: usize, hit: usize) -> usize {
    if from == 0 {
        return 0;
    }
    (from..hit)
        .find(|at| !joined(text[at - 1].0, text[*at].0) && text[*at].0 != ' ')
        .unwrap_or(hit)
}

/// Characters without case and marks, as the index compares them, each with its byte in the text.
fn folded(text: &str) -> Vec<(char, usize)> {
    text.char_indices()
        .filter(|(_, c)| !matches!(c, '\u{300}'..='\u{36F}'))
        .flat_map(|(at, c)| {
            let (letter, more) = plain(c).unwrap_or((c, ""));
            let all = std::iter::once(letter).chain(more.chars());
            all.map(move |c| (fold(c), at))
        })
        .collect()
}

fn fold(c: char) -> char {
    let lower = if c.is_ascii() {
        c.to_ascii_lowercase()
    } else {
        c.to_lowercase().next().unwrap_or(c)
    };
    match lower {
        'à'..='å' | 'ā' | 'ă' | 'ą' | 'ǎ' | 'ạ' | 'ả' | 'ấ' | 'ầ' => 'a',
        'ç' | 'ć' | 'ĉ' | 'ċ' | 'č' => 'c',
        'ď' => 'd',
        'è'..='ë' | 'ē' | 'ĕ' | 'ė' | 'ę' | 'ě' | 'ẹ' | 'ế' | 'ề' => 'e',
        'ĝ' | 'ğ' | 'ġ' | 'ģ' => 'g',
        'ĥ' => 'h',
        'ì'..='ï' | 'ĩ' | 'ī' | 'ĭ' | 'į' => 'i',
        'ĵ' => 'j',
        'ķ' => 'k',
        'ĺ' | 'ļ' | 'ľ' => 'l',
        'ñ' | 'ń' | 'ņ' | 'ň' => 'n',
        'ò'..='ö' | 'ō' | 'ŏ' | 'ő' | 'ọ' | 'ố' | 'ồ' | 'ơ' => 'o',
        'ŕ' | 'ŗ' | 'ř' => 'r',
        'ś' | 'ŝ' | 'ş' | 'š' | 'ș' => 's',
        'ţ' | 'ť' | 'ț' => 't',
        'ù'..='ü' | 'ũ' | 'ū' | 'ŭ' | 'ů' | 'ű' | 'ų' | 'ư' => 'u',
        'ŵ' => 'w',
        'ý' | 'ÿ' | 'ŷ' => 'y',
        'ź' | 'ż' | 'ž' => 'z',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(needle: &str, text: &str) -> Option<String> {
        let query = Query::Text {
            field: Field::Any,
            text: match needle.strip_suffix('*') {
                Some(stem) => Text::Prefix(stem.to_owned()),
                None => Text::Word(needle.to_owned()),
            },
        };
        Needles::of(&query)
            .cut(text)
            .map(|s| s.replace([OPEN, CLOSE], "**"))
    }

    #[test]
    fn the_hit_is_marked_as_the_index_found_it() {
        for (needle, text, expected) in [
            ("report", "The Report is here", "The **Report** is here"),
            ("resume", "my résumé, signed", "my **résumé**, signed"),
            (
                "resume",
                "my re\u{301}sume\u{301}!",
                "my **re\u{301}sume\u{301}**!",
            ),
            ("résumé", "my resume", "my **resume**"),
            ("strasse", "die Straße 7", "die **Straße** 7"),
            ("Ελλαδα", "στην Ελλάδα", "στην **Ελλάδα**"),
            ("fine", "so ﬁne!", "so **ﬁne**!"),
            ("rep*", "reports airport rep", "**reports** airport **rep**"),
            ("東京", "私は東京に住む", "私は**東京**に住む"),
            (
                "ada@example.com",
                "to ada@example.com.",
                "to **ada@example.com**.",
            ),
            ("a", "a\n\n  banana a", "**a** banana **a**"),
        ] {
            assert_eq!(
                cut(needle, text).as_deref(),
                Some(expected),
                "{needle} in {text}"
            );
        }
        assert_eq!(cut("port", "report airport ports"), None);
    }

    #[test]
    fn a_snippet_is_short_and_holds_the_hit() {
        let text = format!("{} needle {}", "hay ".repeat(500), "straw ".repeat(500));
        let snippet = cut("needle", &text).unwrap();
        assert!(
            snippet.starts_with("…hay") && snippet.contains("**needle**") && snippet.ends_with('…')
        );
        assert!(snippet.chars().count() <= WIDTH + 6, "{snippet}");
    }
}
