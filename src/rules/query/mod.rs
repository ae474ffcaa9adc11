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
pub use operator::{check_folder, names};

/// Longer queries are refused; no person types one.
const LONGEST: usize = 32 * 1024;

/// Reads a query. Days and relative times are those of `now` and its zone.
pub fn parse(text: &str, now: &Zoned) -> Result<Query> {
    parse_for(text, now, &Known::default())
}

/// The names a query may use; `None` admits any.
#[derive(Clone, Debug, Default)]
pub struct Known {
    pub accounts: Option<Vec<String>>,
    /// Paths of all accounts.
    pub folders: Option<Vec<String>>,
}

/// Reads a query and refuses names that are not known.
pub fn parse_for(text: &str, now: &Zoned, known: &Known) -> Result<Query> {
    if text.len() > LONGEST {
        return Err(Error::usage(format!(
            "the query is {} KB long; the longest is {} KB",
            text.len() / 1024,
            LONGEST / 1024
        )));
    }
    let tokens = lexer::tokens(text)?;
    tree::build(text, &tokens, &operator::Context { now, known })
}

#[cfg(test)]
mod tests;
