//! The query language: one parser and one meaning for every channel.
//!
//! ```text
//! either  := all ("OR" all)*
//! all     := one ("AND"? one)*
//! one     := ("-" | "NOT") one | "(" either ")" | word | prefix* | "phrase" | operator
//! operator:= name ":" (value | "phrase" | "(" either ")")
//! ```
//!
//! A bad operator or value is an error that points at its place; nothing is ever left out silently.

mod explain;
mod lexer;
mod operator;
mod place;
mod tree;

use jiff::Zoned;

use crate::error::{Error, Result};
use crate::model::query::Query;

pub use explain::{Explained, explain};
pub use operator::names;

/// Longer queries are refused; no person types one.
const LONGEST: usize = 32 * 1024;

/// Reads a query. Days and relative times are those of `now` and its zone.
pub fn parse(text: &str, now: &Zoned) -> Result<Query> {
    parse_for(text, now, None)
}

/// Reads a query and refuses accounts that are not among these.
pub fn parse_for(text: &str, now: &Zoned, accounts: Option<&[String]>) -> Result<Query> {
    if text.len() > LONGEST {
        return Err(Error::usage(format!(
            "the query is {} KB long; the longest is {} KB",
            text.len() / 1024,
            LONGEST / 1024
        )));
    }
    let tokens = lexer::tokens(text)?;
    tree::build(text, &tokens, &operator::Context { now, accounts })
}

#[cfg(test)]
mod tests;
