//! What a text takes as SMS: its encoding, its segments, and which characters make it dear.
//!
//! A text of GSM 03.38 alone travels in septets; one other character and all of it travels in UTF-16 units
//! (3GPP TS 23.038 §6.2.1). Which of the two, and how much of each segment, decides the price.

mod parts;
mod smart;

pub use parts::{LONGEST, parts};
pub use smart::smart;

use serde::{Deserialize, Serialize};

/// How a text travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub enum Encoding {
    #[serde(rename = "GSM-7")]
    Gsm7,
    #[serde(rename = "UCS-2")]
    Ucs2,
}

impl Encoding {
    pub fn as_str(self) -> &'static str {
        match self {
            Encoding::Gsm7 => "GSM-7",
            Encoding::Ucs2 => "UCS-2",
        }
    }

    /// What one segment holds if it is the only one, and if it is one of several, which know their place by a header.
    pub fn room(self) -> (usize, usize) {
        match self {
            Encoding::Gsm7 => (160, 153),
            Encoding::Ucs2 => (70, 67),
        }
    }

    /// What a character takes: septets, or UTF-16 units.
    fn width(self, c: char) -> usize {
        match self {
            Encoding::Gsm7 if EXTENSION.contains(c) => 2,
            Encoding::Gsm7 => 1,
            Encoding::Ucs2 => c.len_utf16(),
        }
    }
}

/// What a text takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Size {
    pub encoding: Encoding,
    /// In septets or UTF-16 units, as the encoding counts.
    pub units: usize,
    /// An empty text takes one too.
    pub segments: u32,
    /// Units that are left in the last segment.
    pub left: usize,
    /// The characters that GSM-7 lacks, each once, in the order of the text.
    pub beyond_gsm7: Vec<char>,
}

const BASIC: &str = "\n\r !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz¡£¤¥§¿ÄÅÆÇÉÑÖØÜßàäåæèéìñòöøùüΓΔΘΛΞΠΣΦΨΩ";
/// These take an escape before them.
const EXTENSION: &str = "\u{c}[\\]^{|}~€";

/// Whether GSM 03.38 has this character, in its basic table or the extension of it.
pub fn is_gsm7(c: char) -> bool {
    c.is_ascii_alphanumeric() || BASIC.contains(c) || EXTENSION.contains(c)
}

/// Counts a text as it leaves in one message.
pub fn size(text: &str) -> Size {
    let mut beyond_gsm7: Vec<char> = Vec::new();
    for c in text.chars().filter(|c| !is_gsm7(*c)) {
        if !beyond_gsm7.contains(&c) {
            beyond_gsm7.push(c);
        }
    }
    let encoding = match beyond_gsm7.is_empty() {
        true => Encoding::Gsm7,
        false => Encoding::Ucs2,
    };
    let (single, several) = encoding.room();
    let units: usize = text.chars().map(|c| encoding.width(c)).sum();
    let (segments, left) = match single.checked_sub(units) {
        Some(left) => (1, left),
        None => split(text, encoding, several),
    };
    Size {
        encoding,
        units,
        segments,
        left,
        beyond_gsm7,
    }
}

/// Fills segment after segment. An escape and what it escapes, or the two halves of a surrogate pair, stay together.
fn split(text: &str, encoding: Encoding, room: usize) -> (u32, usize) {
    let (mut segments, mut used) = (1, 0);
    for width in text.chars().map(|c| encoding.width(c)) {
        if used + width > room {
            segments += 1;
            used = 0;
        }
        used += width;
    }
    (segments, room - used)
}

#[cfg(test)]
mod tests;
