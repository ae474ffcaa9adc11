//! The operations of Google's APIs that comms uses, and no others; a test holds them against Google's own
//! descriptions.

pub mod chat;
pub mod gmail;
pub mod people;

use crate::net::api::{Operation, Param, ParamKind};

/// Where address books live; a `base_url` of the account stands for this host too.
pub const PEOPLE: &str = "https://people.googleapis.com";

/// All of them.
pub const OPERATIONS: &[&[&Operation]] = &[gmail::ALL, chat::ALL, people::ALL];

const fn text(name: &'static str) -> Param {
    one(name, ParamKind::Text)
}

const fn number(name: &'static str) -> Param {
    one(name, ParamKind::Number)
}

const fn flag(name: &'static str) -> Param {
    one(name, ParamKind::Flag)
}

const fn word(name: &'static str, words: &'static [&'static str]) -> Param {
    one(name, ParamKind::Word(words))
}

const fn texts(name: &'static str) -> Param {
    Param {
        name,
        kind: ParamKind::Text,
        repeated: true,
    }
}

const fn words(name: &'static str, words: &'static [&'static str]) -> Param {
    Param {
        name,
        kind: ParamKind::Word(words),
        repeated: true,
    }
}

const fn one(name: &'static str, kind: ParamKind) -> Param {
    Param {
        name,
        kind,
        repeated: false,
    }
}
