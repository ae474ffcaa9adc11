//! vCards in and out: 2.1, 3.0 (RFC 2426) and 4.0 (RFC 6350), as phones, mail programs and address books write them.
//!
//! A card that is written is put into the document it came from: what [`Card`] can't hold (photos, streets, X-
//! properties, parameters) stays byte for byte. That is why the lines are read here and not by a library, which would
//! keep values but not how they were written.

mod address;
mod card;
mod convert;
mod document;
mod join;
mod property;
mod put;
mod split;
mod text;

use std::io::{self, BufRead};

use jiff::Timestamp;

use crate::format::unicode::Utf8;
use crate::model::contact::Card;

use document::Document;
use property::Property;

pub use card::made_name;

/// Values of one kind that are read from a card: nobody has more, and each is compared with those before it. What is
/// beyond stays in the document.
const MOST_VALUES: usize = 500;

/// A version of vCard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Version {
    V2,
    #[default]
    V3,
    V4,
}

impl Version {
    pub const ALL: [Version; 3] = [Version::V2, Version::V3, Version::V4];

    pub fn name(self) -> &'static str {
        match self {
            Version::V2 => "2.1",
            Version::V3 => "3.0",
            Version::V4 => "4.0",
        }
    }

    pub fn named(name: &str) -> Option<Version> {
        Version::ALL.into_iter().find(|v| v.name() == name)
    }
}

/// One card that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Read {
    /// Without `urn:uuid:`.
    pub uid: Option<String>,
    pub card: Card,
    /// The UIDs in it, without `urn:uuid:`, if it is no person but a group that is called as the card says.
    pub members: Option<Vec<String>>,
    /// The card's own bytes, from BEGIN to END, in UTF-8 if the file was UTF-16.
    pub document: Vec<u8>,
    /// When it was changed, as whoever changed it says.
    pub rev: Option<Timestamp>,
    /// Where it begins in its file, from 1.
    pub line: u64,
    /// Values that could not be taken over; of CSV, as a vCard keeps them in its document.
    pub left_out: Vec<String>,
}

/// A card that can't be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where it begins in its file, from 1.
    pub line: u64,
    pub what: String,
}

/// How a card is to be written.
#[derive(Clone, Debug, Default)]
pub struct Form {
    /// `None`: as its document is, 3.0 without one.
    pub version: Option<Version>,
    /// `None`: the one of its document, if any.
    pub uid: Option<String>,
    /// `None` leaves REV as it is.
    pub rev: Option<Timestamp>,
}

/// Reads the cards of a file of any size, one at a time; what stands between them is left out. The outer error is one
/// of the source.
pub fn cards(source: impl BufRead) -> impl Iterator<Item = io::Result<Result<Read, Fault>>> {
    let found = split::Cards::new(Utf8::new(source));
    found.map(|next| next.map(|card| card.and_then(|(line, bytes)| one(line, bytes))))
}

/// Reads the cards of a document that is in memory already.
pub fn read(bytes: &[u8]) -> Vec<Result<Read, Fault>> {
    // Reading from memory can't fail.
    cards(bytes).filter_map(io::Result::ok).collect()
}

fn one(line: u64, bytes: Vec<u8>) -> Result<Read, Fault> {
    let document = Document::parse(&bytes);
    let card = card::card_of(&document);
    let members = card::members(&document);
    if card == Card::default() && members.is_none() {
        let what = "the card names nobody: no name, address or organisation".to_owned();
        return Err(Fault { line, what });
    }
    Ok(Read {
        uid: card::uid(&document),
        rev: card::rev(&document),
        card,
        members,
        document: bytes,
        line,
        left_out: Vec::new(),
    })
}

/// The card as a vCard: put into `base`, of which all stays that says the same or more, or made anew.
pub fn write(card: &Card, base: Option<&[u8]>, form: &Form) -> Vec<u8> {
    let base = base.map(Document::parse);
    let base = base.filter(|base| base.entries.iter().any(|e| e.is("BEGIN")));
    let mut document = match (base, form.version) {
        (Some(base), None) => base,
        (Some(base), Some(version)) => convert::to(base, version),
        (None, version) => Document::new(version.unwrap_or_default()),
    };
    put::put(&mut document, card);
    if let Some(uid) = &form.uid {
        put::uid(&mut document, uid);
    }
    if let Some(rev) = form.rev {
        put::rev(&mut document, rev);
    }
    document.bytes()
}

/// What a document took over from another one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Joined {
    /// Properties or fields, by their names.
    pub taken: Vec<String>,
    /// Those of which a person has one, and that stayed as they were: name and value.
    pub lost: Vec<(String, String)>,
}

/// A vCard with what another one says beyond its card. [`write`] puts the card of both into it.
pub fn joined(base: &[u8], other: &[u8]) -> (Vec<u8>, Joined) {
    let mut document = Document::parse(base);
    let joined = join::joined(&mut document, Document::parse(other));
    (document.bytes(), joined)
}

/// A postal address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Street {
    /// Box, extended, street, city, region, code, country (RFC 6350 §6.3.1).
    pub parts: [String; 7],
    pub label: Option<String>,
}

/// A vCard with postal addresses added.
pub fn with_streets(document: &[u8], streets: &[Street]) -> Vec<u8> {
    let mut document = Document::parse(document);
    let version = document.version;
    for street in streets {
        let mut property = Property::new("ADR");
        if let Some(label) = street
            .label
            .as_deref()
            .filter(|l| ["home", "work"].contains(l))
        {
            property.add_type(label, version);
        }
        property.put_all(&street.parts, ';', version);
        document.add(property);
    }
    document.bytes()
}

#[cfg(test)]
mod tests;
