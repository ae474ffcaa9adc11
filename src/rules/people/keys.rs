//! What an index stores of a person, and what it is asked for a typed text.

use super::fold::{Kind, MAX_WORD};
use super::nicknames::kindred;
use super::person::{Field, Known, Typed};

/// In what way a key finds a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum KeyKind {
    /// A folded word of a name, an organisation or an address.
    Word,
    /// Neighbouring words of a name written as one.
    Joined,
    /// The first letters of neighbouring words of a name.
    Initials,
    /// The consonants of a word of a name.
    Sound,
}

/// Something a person is found by.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    pub kind: KeyKind,
    pub text: String,
}

/// All that a person is found by.
pub fn keys(person: &Known) -> Vec<Key> {
    let mut all = Vec::new();
    let mut push = |kind, text: &str| {
        if !text.is_empty() && text.len() <= MAX_WORD {
            all.push(Key {
                kind,
                text: text.to_owned(),
            });
        }
    };
    for token in &person.tokens {
        for form in token.word.forms() {
            push(KeyKind::Word, form);
        }
        if matches!(token.field, Field::Name(_)) && token.skeleton.len() > 1 {
            push(KeyKind::Sound, &token.skeleton);
        }
    }
    for (number, name) in person.names.iter().enumerate() {
        let words = person.words_of(number);
        push(
            KeyKind::Joined,
            if words.len() > 1 { &name.joined } else { "" },
        );
        for pair in words.windows(2) {
            push(
                KeyKind::Joined,
                &format!("{}{}", pair[0].word.form, pair[1].word.form),
            );
        }
        for size in 2..=4 {
            for run in words.windows(size) {
                let firsts: String = run.iter().map(|t| &t.word.form[..1]).collect();
                push(KeyKind::Initials, &firsts);
            }
        }
    }
    all.sort_unstable();
    all.dedup();
    all
}

/// One question to an index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probe {
    /// Which of the typed words it is about; the best candidates answer to each. The whole text, joined, comes after
    /// the last word.
    pub word: usize,
    pub ask: Ask,
}

/// How an index is to look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    /// A key of this kind and text.
    Is(KeyKind, String),
    /// Words and joined words that begin so.
    Begins(String),
    /// Words and joined words at most so many slips away.
    Near(String, u8),
    /// An address, in small letters.
    Address(String),
}

/// What an index is to be asked so that nobody who may be meant is missing, the surest questions first.
pub fn probes(typed: &Typed) -> Vec<Probe> {
    let mut all = Vec::new();
    if let Some(address) = &typed.address {
        let ask = Ask::Address(address.clone());
        all.push(Probe { word: 0, ask });
    }
    let count = typed.tokens.len();
    for (word, token) in typed.tokens.iter().enumerate() {
        let mut push = |ask| all.push(Probe { word, ask });
        for form in token.word.forms() {
            push(Ask::Is(KeyKind::Word, form.to_owned()));
            push(Ask::Is(KeyKind::Joined, form.to_owned()));
        }
        if token.word.kind == Kind::Particle && count > 1 {
            continue;
        }
        let form = token.word.form.as_str();
        for kin in kindred(form) {
            push(Ask::Is(KeyKind::Word, kin.to_owned()));
        }
        if (2..=4).contains(&form.len()) {
            push(Ask::Is(KeyKind::Initials, form.to_owned()));
        }
        push(Ask::Begins(form.to_owned()));
        let slips = match form.len() {
            0..=2 => 0,
            3..=5 => 1,
            _ => 2,
        };
        if slips > 0 {
            push(Ask::Near(form.to_owned(), slips));
        }
        if token.skeleton.len() > 1 {
            push(Ask::Is(KeyKind::Sound, token.skeleton.clone()));
        }
    }
    // Words that belong together, and a whole name with a space too much.
    for (first, pair) in typed.tokens.windows(2).enumerate() {
        let joined = format!("{}{}", pair[0].word.form, pair[1].word.form);
        for word in [first, first + 1] {
            let ask = Ask::Is(KeyKind::Word, joined.clone());
            all.push(Probe { word, ask });
        }
    }
    if count > 1 && typed.joined.len() <= MAX_WORD {
        let ask = Ask::Is(KeyKind::Word, typed.joined.clone());
        all.push(Probe { word: count, ask });
        let ask = Ask::Is(KeyKind::Joined, typed.joined.clone());
        all.push(Probe { word: count, ask });
    }
    all
}
