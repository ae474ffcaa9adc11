//! What keeps a template from making more than fits: minijinja counts its steps, and not how long a value gets in one.
//!
//! Values grow where they are put together and given a name that is used again, so a template is weighed before it is
//! read. What would catch its own text (macros, blocks, `set` without `=`) has no place in it. Not bounded here is the text
//! of a list that holds one long value very often.

use std::collections::HashMap;

use minijinja::value::{Kwargs, Rest, StringInput, Value, ValueKind, ValueOrKwargs};
use minijinja::{Environment, Error, ErrorKind, State, filters};

use super::LARGEST;

/// Bytes of one tag beside its strings: the parts of what stands there are nested in memory, and read by functions that
/// call themselves.
const LONGEST_TAG: usize = 1_000;
/// How many times the longest value may stand in another.
const MOST: u64 = 100;
/// How many times a product counts: minijinja bounds what it makes, but not to little.
const PRODUCT: u64 = 25;
/// How often a value may be given a name: each may lie in the next, and functions that call themselves let go of them.
const MOST_NAMES: usize = 1_000;
/// The most values in a list that is written out, those of lists within counted, and how deep these may lie.
const LONGEST_LIST: usize = 1_000_000;
const DEEPEST_LIST: usize = 50;
/// The most columns of an indent or a number, and the most parts of a list.
const WIDEST: usize = 10_000;

/// What a `{% %}` may begin with.
const TAGS: &[&str] = &[
    "if",
    "elif",
    "else",
    "endif",
    "for",
    "endfor",
    "set",
    "with",
    "endwith",
    "raw",
    "endraw",
    "autoescape",
    "endautoescape",
];

/// Words that name no value.
const WORDS: &[&str] = &[
    "and", "or", "not", "in", "is", "if", "else", "true", "false", "none", "True", "False", "None",
    "loop",
];

/// Looks at what a template may come to before it is read.
///
/// # Errors
/// Where it is, and what is wrong there.
pub fn check(source: &str) -> Result<(), (usize, String)> {
    let mut growth = Growth::default();
    let bytes = source.as_bytes();
    let mut at = 0;
    while let Some(begin) = memchr::memchr(b'{', &bytes[at..]).map(|found| at + found) {
        at = match bytes.get(begin + 1) {
            Some(kind @ (b'{' | b'%')) => {
                let (length, strings) = measure(&bytes[begin + 2..]);
                if length - strings > LONGEST_TAG {
                    return Err((begin, format!("a tag of more than {LONGEST_TAG} bytes")));
                }
                let end = begin + 2 + length;
                let words = words(&source[begin + 2..end]);
                let is_statement = *kind == b'%';
                growth
                    .take(&words, is_statement)
                    .map_err(|what| (begin, what))?;
                match is_statement && words.first() == Some(&"raw") {
                    true => source[end..]
                        .find("endraw")
                        .map_or(bytes.len(), |raw| end + raw),
                    false => end,
                }
            }
            Some(b'#') => source[begin..]
                .find("#}")
                .map_or(bytes.len(), |end| begin + end + 2),
            _ => begin + 1,
        };
    }
    Ok(())
}

/// How many times the longest value may stand in what has a name.
#[derive(Default)]
struct Growth<'a> {
    weights: HashMap<&'a str, u64>,
    /// How many names were given so far.
    named: usize,
}

impl<'a> Growth<'a> {
    fn take(&mut self, words: &[&'a str], is_statement: bool) -> Result<(), String> {
        let Some((&tag, rest)) = words.split_first().filter(|_| is_statement) else {
            return self.weigh(words).map(drop);
        };
        if !TAGS.contains(&tag) {
            return Err(format!(
                "`{tag}` is not among what a template may do: if, for, set, with, raw, autoescape"
            ));
        }
        let (named, made) = match tag {
            "set" => match rest.iter().position(|word| *word == "=") {
                Some(at) => (&rest[..at], &rest[at..]),
                None => return Err("`set` without `=`: name the value behind it".to_owned()),
            },
            "for" => match rest.iter().position(|word| *word == "in") {
                Some(at) => (&rest[..at], &rest[at..]),
                None => (&rest[..0], rest),
            },
            "with" => (rest, rest),
            _ => (&rest[..0], rest),
        };
        if let ("for", [.., before, "recursive"]) = (tag, made)
            && *before != "in"
        {
            return Err("a loop that is `recursive`".to_owned());
        }
        let weight = self.weigh(made)?;
        for (n, name) in named.iter().enumerate() {
            // Of what stands in `with` only what gets a value.
            if is_name(name) && (tag != "with" || named.get(n + 1) == Some(&"=")) {
                let known = self.weights.entry(name).or_insert(weight);
                *known = weight.max(*known);
                self.named += 1;
            }
        }
        match self.named > MOST_NAMES {
            true => Err(format!(
                "more than {MOST_NAMES} times a value is given a name"
            )),
            false => Ok(()),
        }
    }

    fn weigh(&self, words: &[&str]) -> Result<u64, String> {
        let mut weight = 0;
        for (n, word) in words.iter().enumerate() {
            let before = n.checked_sub(1).map(|n| words[n]);
            // Attributes, filters, and names of arguments.
            let is_other = matches!(before, Some("." | "|")) || words.get(n + 1) == Some(&"=");
            weight += match *word {
                "*" => PRODUCT,
                word if is_name(word) && !is_other && !WORDS.contains(&word) => {
                    self.weights.get(word).copied().unwrap_or(1)
                }
                _ => 0,
            };
        }
        match weight > MOST {
            true => Err(
                "values are put together from one another once more than a hundred times"
                    .to_owned(),
            ),
            false => Ok(weight.max(1)),
        }
    }
}

fn is_name(word: &str) -> bool {
    word.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

/// Names, numbers and signs of a tag without its strings and its brackets; `==` is one sign.
fn words(tag: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = tag
        .trim_end_matches(['%', '}'])
        .trim_start_matches(['-', '+']);
    while let Some(first) = rest.chars().next() {
        let is_part = |c: char| c.is_alphanumeric() || c == '_';
        let length = match first {
            '"' | '\'' => string(rest),
            c if is_part(c) => rest.find(|c| !is_part(c)).unwrap_or(rest.len()),
            '=' | '!' | '<' | '>' if rest[1..].starts_with('=') => 2,
            c => c.len_utf8(),
        };
        let (word, after) = rest.split_at(length);
        if !word.trim().is_empty() && !word.starts_with(['"', '\'']) {
            words.push(word);
        }
        rest = after;
    }
    if words.last() == Some(&"-") || words.last() == Some(&"+") {
        words.pop();
    }
    words
}

/// How long the string is that the text begins with.
fn string(text: &str) -> usize {
    let mut chars = text.char_indices();
    let quote = chars.next().map(|(_, quote)| quote);
    while let Some((at, c)) = chars.next() {
        if c == '\\' {
            chars.next();
        } else if Some(c) == quote {
            return at + 1;
        }
    }
    text.len()
}

/// How far a tag goes, to the brackets that close it outside of strings and of brackets within; and how much of it is
/// the insides of strings.
fn measure(tag: &[u8]) -> (usize, usize) {
    let (mut quote, mut depth, mut at, mut strings) = (None, 0usize, 0, 0);
    while let Some(&byte) = tag.get(at) {
        let next = tag.get(at + 1);
        strings += usize::from(quote.is_some_and(|open| open != byte));
        match (quote, byte) {
            (Some(_), b'\\') => at += 1,
            (Some(open), _) if open == byte => quote = None,
            (Some(_), _) => {}
            (None, b'"' | b'\'') => quote = Some(byte),
            (None, b'}' | b'%') if depth == 0 && next == Some(&b'}') => return (at + 2, strings),
            (None, b'(' | b'[' | b'{') => depth += 1,
            (None, b')' | b']' | b'}') => depth = depth.saturating_sub(1),
            (None, _) => {}
        }
        at += 1;
    }
    (tag.len(), strings)
}

/// Refuses to write out what has no end worth waiting for.
pub fn check_list(value: &Value) -> Result<(), Error> {
    fn count(value: &Value, (left, depth): (&mut usize, usize)) -> Result<(), Error> {
        if matches!(value.kind(), ValueKind::String) {
            return Ok(());
        }
        fits(depth, DEEPEST_LIST)?;
        for item in value.try_iter().into_iter().flatten() {
            *left = left.checked_sub(1).ok_or_else(too_long)?;
            if value.kind() == ValueKind::Map {
                count(&value.get_item(&item)?, (left, depth + 1))?;
            }
            count(&item, (left, depth + 1))?;
        }
        Ok(())
    }
    let mut left = LONGEST_LIST;
    count(value, (&mut left, 0))
}

/// Replaces the filters that make much of little.
pub fn bound(environment: &mut Environment<'_>) {
    environment.add_filter("replace", replace);
    environment.add_filter("join", join);
    environment.add_filter("indent", indent);
    environment.add_filter("format", format);
    environment.add_filter(
        "batch",
        |state: &State, of: Value, n: usize, fill: Option<Value>| {
            fits(n, WIDEST).and_then(|()| filters::batch(state, of, n, fill))
        },
    );
    environment.add_filter(
        "slice",
        |state: &State, of: Value, n: usize, fill: Option<Value>| {
            fits(n, WIDEST).and_then(|()| filters::slice(state, of, n, fill))
        },
    );
}

fn fits(size: usize, most: usize) -> Result<(), Error> {
    match size > most {
        true => Err(too_long()),
        false => Ok(()),
    }
}

fn too_long() -> Error {
    Error::new(ErrorKind::InvalidOperation, "what it makes is too long")
}

fn replace(
    state: &mut State,
    of: StringInput<'_>,
    from: StringInput<'_>,
    to: StringInput<'_>,
) -> Result<Value, Error> {
    let found = of.as_str().matches(from.as_str()).count();
    fits(found.saturating_mul(to.as_str().len()), LARGEST)?;
    filters::replace(state, of, from, to)
}

fn join(
    state: &mut State,
    of: &Value,
    joiner: Option<StringInput<'_>>,
    attribute: Option<&str>,
    named: Kwargs,
) -> Result<Value, Error> {
    let between = match &joiner {
        Some(joiner) => joiner.as_str().len(),
        None => {
            let named = named.get::<Option<StringInput<'_>>>("d")?;
            named.map_or(0, |joiner| joiner.as_str().len())
        }
    };
    let mut size = 0usize;
    for item in of.try_iter().into_iter().flatten() {
        size += 1 + between + item.as_str().map_or(0, str::len);
        fits(size, LARGEST)?;
    }
    filters::join(state, of, joiner, attribute, named)
}

fn indent(
    of: StringInput<'_>,
    width: Option<usize>,
    first: Option<bool>,
    blank: Option<bool>,
    named: Kwargs,
) -> Result<Value, Error> {
    let columns = match width {
        Some(width) => width,
        None => named.get::<Option<usize>>("width")?.unwrap_or(0),
    };
    fits(columns, WIDEST)?;
    let lines = of.as_str().lines().count();
    fits(lines.saturating_mul(columns), LARGEST)?;
    filters::indent(of, width, first, blank, named)
}

fn format(state: &mut State, form: &Value, of: Rest<ValueOrKwargs>) -> Result<Value, Error> {
    let form_text = form.as_str().unwrap_or_default();
    let numbers = form_text.split(|c: char| !c.is_ascii_digit());
    fits(numbers.map(str::len).max().unwrap_or(0), 4)?;
    // A width may also be an argument.
    fits(form_text.matches('*').count(), 0)?;
    filters::format(state, form, of)
}
