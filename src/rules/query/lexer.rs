//! Text to tokens: where words, phrases and operators begin and end.

use std::ops::Range;

use crate::error::{Error, Result};

use super::operator;
use super::place::point;

/// A token and its bytes in the query.
#[derive(Clone, Debug, PartialEq)]
pub struct Token {
    pub at: Range<usize>,
    pub kind: Kind,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    Open,
    Close,
    Or,
    And,
    /// `NOT`, or a `-` right before what it excludes.
    Not,
    Word(String),
    Phrase(String),
    /// The name of a known operator with its colon; its value is the next token, and touches it.
    Operator(operator::Operator),
}

/// More than this is no question any more; it also bounds the work of the store.
const MOST: usize = 1_000;

/// Splits a query.
pub fn tokens(text: &str) -> Result<Vec<Token>> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        if c.is_whitespace() || c == '\0' {
            at += c.len_utf8();
            continue;
        }
        if tokens.len() == MOST {
            return Err(
                Error::usage(format!("the query has more than {MOST} parts"))
                    .hint("ask in several queries"),
            );
        }
        let token = match c {
            '(' => simple(at, 1, Kind::Open),
            ')' => simple(at, 1, Kind::Close),
            '"' => phrase(text, at)?,
            '-' if excludes(text, at, &tokens)? => simple(at, 1, Kind::Not),
            _ => word(text, at, &tokens)?,
        };
        at = token.at.end;
        tokens.push(token);
    }
    Ok(tokens)
}

fn simple(at: usize, length: usize, kind: Kind) -> Token {
    Token {
        at: at..at + length,
        kind,
    }
}

/// Whether this `-` stands before something to exclude. A value (`newer_than:-2d`) keeps its own.
fn excludes(text: &str, at: usize, tokens: &[Token]) -> Result<bool> {
    if is_value(tokens, at) {
        return Ok(false);
    }
    let next = text[at + 1..].chars().next();
    if next == Some('-') {
        let end = end_of_word(text, at);
        return Err(point(
            text,
            at..end,
            format!("`{}` is no part of a query", &text[at..end]),
        )
        .hint("`-word` excludes a word; flags are listed by `comms search --help`"));
    }
    Ok(next.is_some_and(|c| !c.is_whitespace() && c != ')'))
}

/// Whether what begins here is the value of the operator right before it.
fn is_value(tokens: &[Token], at: usize) -> bool {
    matches!(tokens.last(), Some(Token { at: before, kind: Kind::Operator(_) }) if before.end == at)
}

/// A quoted text; `\"` is a quote within it.
fn phrase(text: &str, start: usize) -> Result<Token> {
    let mut phrase = String::new();
    let mut chars = text[start + 1..].char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => {
                return Ok(Token {
                    at: start..start + 1 + at + 1,
                    kind: Kind::Phrase(phrase),
                });
            }
            '\\' if chars.next_if(|(_, next)| *next == '"').is_some() => phrase.push('"'),
            c => phrase.push(c),
        }
    }
    Err(point(text, start..start + 1, "this quote is never closed")
        .hint("close it with another \"; in a shell put the query in single quotes"))
}

fn word(text: &str, start: usize, tokens: &[Token]) -> Result<Token> {
    let end = end_of_word(text, start);
    let word = &text[start..end];
    let kind = match word {
        _ if is_value(tokens, start) => Kind::Word(word.to_owned()),
        "OR" => Kind::Or,
        "AND" => Kind::And,
        "NOT" => Kind::Not,
        _ => match operator::split(word) {
            None => Kind::Word(word.to_owned()),
            Some(name) => {
                let at = start..start + name.len() + 1;
                let operator = operator::find(name)
                    .ok_or_else(|| operator::unknown(text, at.clone(), word))?;
                return Ok(Token {
                    at,
                    kind: Kind::Operator(operator),
                });
            }
        },
    };
    Ok(Token {
        at: start..end,
        kind,
    })
}

fn end_of_word(text: &str, start: usize) -> usize {
    text[start..]
        .find(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | '"' | '\0'))
        .map_or(text.len(), |length| start + length)
}
