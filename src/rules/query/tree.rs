//! Tokens to the tree: precedence, groups, and what each leaf means.

use std::ops::Range;

use crate::error::{Error, Result};
use crate::model::query::{Field, Query, Text};

use super::lexer::{Kind, Token};
use super::operator::{Context, Operator, Takes};
use super::place::point;

/// Groups within groups; more would overflow the stack sooner or later.
const DEEPEST: usize = 50;

/// Builds the tree of a whole query.
pub fn build(text: &str, tokens: &[Token], context: &Context<'_>) -> Result<Query> {
    if tokens.is_empty() {
        return Err(Error::usage("the query is empty").hint("`*` is every message"));
    }
    let mut builder = Builder {
        text,
        tokens,
        next: 0,
        depth: 0,
        context,
    };
    let query = builder.either(None)?;
    match builder.peek() {
        None => Ok(query),
        Some(token) => Err(point(
            text,
            token.at.clone(),
            "there is nothing open that this could close",
        )
        .hint("quote it to look for it: `\")\"` stands for itself in a phrase")),
    }
}

struct Builder<'a> {
    text: &'a str,
    tokens: &'a [Token],
    next: usize,
    depth: usize,
    context: &'a Context<'a>,
}

impl<'a> Builder<'a> {
    fn peek(&self) -> Option<&'a Token> {
        self.tokens.get(self.next)
    }

    fn take(&mut self) -> Option<&'a Token> {
        let token = self.peek();
        self.next += usize::from(token.is_some());
        token
    }

    /// Where the token before this one ends: the place of what is missing.
    fn gap(&self) -> Range<usize> {
        let end = self.text.len();
        match self.peek() {
            Some(token) => token.at.clone(),
            None => end..end,
        }
    }

    fn either(&mut self, within: Option<Operator>) -> Result<Query> {
        let mut parts = vec![self.all(within)?];
        while let Some(Token { kind: Kind::Or, .. }) = self.peek() {
            self.take();
            parts.push(self.all(within)?);
        }
        Ok(one_or(parts, Query::Or))
    }

    fn all(&mut self, within: Option<Operator>) -> Result<Query> {
        let mut parts = match self.one(within)? {
            Query::And(inner) => inner,
            part => vec![part],
        };
        loop {
            match self.peek().map(|t| &t.kind) {
                None | Some(Kind::Or | Kind::Close) => return Ok(one_or(parts, Query::And)),
                Some(Kind::And) => {
                    self.take();
                }
                Some(_) => {}
            }
            match self.one(within)? {
                // `a b (c d)` is one list.
                Query::And(inner) => parts.extend(inner),
                part => parts.push(part),
            }
        }
    }

    fn one(&mut self, within: Option<Operator>) -> Result<Query> {
        let mut negated = false;
        while let Some(Token {
            kind: Kind::Not, ..
        }) = self.peek()
        {
            self.take();
            negated = !negated;
        }
        let Some(token) = self.peek() else {
            return Err(self.missing());
        };
        let query = match &token.kind {
            Kind::Or | Kind::And | Kind::Close | Kind::Not => return Err(self.missing()),
            Kind::Open => self.group(within)?,
            Kind::Operator(operator) => {
                if let Some(outer) = within {
                    return Err(point(
                        self.text,
                        token.at.clone(),
                        format!(
                            "`{}` can't stand inside `{}( )`",
                            operator.label(),
                            outer.label()
                        ),
                    )
                    .hint("quote it to look for the text itself"));
                }
                self.take();
                self.value(*operator, token)?
            }
            Kind::Word(word) => {
                self.take();
                self.leaf(within, word, &token.at)?
            }
            Kind::Phrase(phrase) => {
                self.take();
                match within {
                    None => self.phrase(Field::Any, phrase, &token.at)?,
                    Some(operator) => self.quoted(operator, phrase, &token.at)?,
                }
            }
        };
        Ok(match (negated, query) {
            (false, query) => query,
            (true, Query::Not(inner)) => *inner,
            (true, query) => Query::Not(Box::new(query)),
        })
    }

    fn missing(&self) -> Error {
        let before = self.next.checked_sub(1).and_then(|at| self.tokens.get(at));
        match (before, self.peek()) {
            (Some(before), found) if matches!(before.kind, Kind::Or | Kind::And | Kind::Not) => {
                let word = &self.text[before.at.clone()];
                let place = if found.is_some() {
                    self.gap()
                } else {
                    before.at.clone()
                };
                point(
                    self.text,
                    place,
                    format!("`{word}` needs something to look for after it"),
                )
            }
            (Some(before), _) if before.kind == Kind::Open => point(
                self.text,
                before.at.start..self.gap().end,
                "there is nothing between these parentheses",
            ),
            (_, Some(token)) => point(
                self.text,
                token.at.clone(),
                match token.kind {
                    Kind::Close => "there is nothing open that this could close".to_owned(),
                    _ => format!(
                        "`{}` needs something to look for before it",
                        &self.text[token.at.clone()]
                    ),
                },
            ),
            _ => point(
                self.text,
                self.gap(),
                "something to look for is missing here",
            ),
        }
        .hint("put text that is no part of the query language in quotes")
    }

    /// `( … )`; for an operator every leaf within is a value of it.
    fn group(&mut self, within: Option<Operator>) -> Result<Query> {
        let open = self.take().expect("called at an open parenthesis");
        if self.depth == DEEPEST {
            return Err(point(
                self.text,
                open.at.clone(),
                format!("parentheses are nested more than {DEEPEST} deep"),
            ));
        }
        self.depth += 1;
        let query = self.either(within)?;
        self.depth -= 1;
        match self.take() {
            Some(_) => Ok(query),
            None => Err(point(
                self.text,
                open.at.clone(),
                "this parenthesis is never closed",
            )
            .hint("close it with `)`")),
        }
    }

    /// The value of an operator: it must touch the colon.
    fn value(&mut self, operator: Operator, name: &Token) -> Result<Query> {
        let Some(token) = self.peek().filter(|t| t.at.start == name.at.end) else {
            return Err(operator.needs_value(self.text, name.at.clone()));
        };
        match &token.kind {
            Kind::Word(word) => {
                if word.starts_with('-') && operator.takes() != Takes::One {
                    return Err(point(
                        self.text,
                        name.at.start..token.at.end,
                        "an exclusion stands before the operator",
                    )
                    .hint(format!("write `-{}…`", operator.label())));
                }
                self.take();
                self.leaf(Some(operator), word, &token.at)
            }
            Kind::Phrase(phrase) => {
                self.take();
                self.quoted(operator, phrase, &token.at)
            }
            Kind::Open if operator.takes() == Takes::One => Err(point(
                self.text,
                name.at.start..token.at.end,
                format!("`{}` takes one value, not a list", operator.label()),
            )),
            Kind::Open => self.group(Some(operator)),
            _ => Err(operator.needs_value(self.text, name.at.clone())),
        }
    }

    fn quoted(&self, operator: Operator, phrase: &str, at: &Range<usize>) -> Result<Query> {
        match operator.takes() {
            Takes::Text(field) => self.phrase(field, phrase, at),
            _ => operator
                .leaf(phrase, self.context)
                .map_err(|e| e.at(self.text, at.clone())),
        }
    }

    fn leaf(&self, operator: Option<Operator>, word: &str, at: &Range<usize>) -> Result<Query> {
        let field = match operator {
            None if word == "*" => return Ok(Query::All),
            None => Field::Any,
            Some(operator) => match operator.takes() {
                Takes::Text(field) => field,
                _ => {
                    return operator
                        .leaf(word, self.context)
                        .map_err(|e| e.at(self.text, at.clone()));
                }
            },
        };
        let (stem, is_prefix) = match word.strip_suffix('*') {
            Some(stem) => (stem, true),
            None => (word, false),
        };
        if stem.contains('*') {
            return Err(point(
                self.text,
                at.clone(),
                "`*` can stand only at the end of a word",
            )
            .hint("`rep*` finds words that begin with `rep`"));
        }
        self.has_letters(stem, at)?;
        let text = match is_prefix {
            false => Text::Word(stem.to_owned()),
            // What the prefix is of is the last run of letters: `ada@e*` is as wide as `e*`.
            true => {
                let letters = stem.chars().rev().take_while(|c| is_letter(*c)).count();
                if letters < 2 {
                    return Err(point(
                        self.text,
                        at.clone(),
                        "a prefix needs two letters or more before its `*`",
                    )
                    .hint("`re*` finds words that begin with `re`"));
                }
                Text::Prefix(stem.to_owned())
            }
        };
        Ok(Query::Text { field, text })
    }

    fn phrase(&self, field: Field, phrase: &str, at: &Range<usize>) -> Result<Query> {
        self.has_letters(phrase, at)?;
        Ok(Query::Text {
            field,
            text: Text::Phrase(phrase.to_owned()),
        })
    }

    /// Only letters and digits are in the index.
    fn has_letters(&self, text: &str, at: &Range<usize>) -> Result<()> {
        if text.chars().any(is_letter) {
            return Ok(());
        }
        let message = "there is no letter or digit in this to look for";
        Err(point(self.text, at.clone(), message)
            .hint("signs and emoji are not in the index: leave it out"))
    }
}

/// What the store's tokenizer keeps.
fn is_letter(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '\u{E000}'..='\u{F8FF}')
}

fn one_or(mut parts: Vec<Query>, many: fn(Vec<Query>) -> Query) -> Query {
    if parts.len() == 1 {
        parts.swap_remove(0)
    } else {
        many(parts)
    }
}
