//! A person and a typed text, made ready to be compared.

use crate::model::contact::{AddressKind, Card};

use super::domains::is_everybodys;
use super::fold::{Kind, MAX_CHARS, MAX_WORD, Word, plain, words};
use super::nicknames::{Entry, classes};
use super::sound::{skeleton, sound};

/// Most names (the name, nicknames, aliases) of one person that are looked at.
const MAX_NAMES: usize = 12;
const MAX_ADDRESSES: usize = 12;
/// Most words of one person.
const MAX_TOKENS: usize = 64;
/// Most typed words.
pub(super) const MAX_TYPED: usize = 8;

/// Someone who may be meant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Person {
    pub name: String,
    /// Each names the person exactly.
    pub nicknames: Vec<String>,
    /// How the name sounds, as phones of East Asia keep it.
    pub phonetic: Option<String>,
    pub organization: Option<String>,
    /// E-mail addresses.
    pub addresses: Vec<String>,
    pub affinity: Affinity,
}

impl Person {
    /// The person of a card.
    pub fn of(card: &Card, affinity: Affinity) -> Person {
        let part = |part: &Option<String>| part.clone().unwrap_or_default();
        let parts = [
            part(&card.given),
            part(&card.middle),
            part(&card.family),
            part(&card.suffix),
        ];
        let mut nicknames = card.nicknames.clone();
        let spelled_out = parts.join(" ");
        if !spelled_out.trim().is_empty() && plain(&spelled_out) != plain(&card.name) {
            nicknames.push(spelled_out);
        }
        Person {
            name: match card.name.trim() {
                "" => card.organization.clone().unwrap_or_default(),
                name => name.to_owned(),
            },
            nicknames,
            phonetic: card.phonetic.clone(),
            organization: card.organization.clone(),
            addresses: card
                .of_kind(AddressKind::Email)
                .map(|a| a.value.clone())
                .collect(),
            affinity,
        }
    }
}

/// How near the owner and a person are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Affinity {
    /// The owner keeps a card of this person.
    pub contact: bool,
    /// Messages the owner sent there.
    pub sent: u32,
    /// Messages that came from there.
    pub received: u32,
    /// Since the last one in either direction.
    pub days: Option<u32>,
}

impl Affinity {
    /// Whether the owner has had to do with this person: a stranger's message makes nobody known.
    pub fn is_known(&self) -> bool {
        self.contact || self.sent > 0
    }

    /// From 0 to 199; only breaks ties.
    pub(super) fn weight(&self) -> i32 {
        let often = (32
            - (self.sent.saturating_mul(4).saturating_add(self.received)).leading_zeros())
            as i32;
        let lately = match self.days {
            Some(0..=7) => 60,
            Some(8..=30) => 40,
            Some(31..=365) => 20,
            _ => 0,
        };
        often * 3 + lately + if self.contact { 40 } else { 0 }
    }
}

/// Where a word of a person stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    /// In the name of that number.
    Name(u8),
    Organization,
    /// Before the `@`.
    Local,
    /// After it, without the last label.
    Domain,
}

#[derive(Clone, Debug)]
pub(super) struct Token {
    pub word: Word,
    pub sound: String,
    pub skeleton: String,
    /// Which letters are in it, to tell unlike words apart at once.
    pub letters: u32,
    /// Names it is one with.
    pub classes: &'static [Entry],
    pub field: Field,
}

impl Token {
    fn new(word: Word, field: Field) -> Token {
        // Nobody is looked up by the sound of a domain.
        let heard = matches!(field, Field::Name(_)) && word.kind == Kind::Name;
        let sound = if heard {
            sound(&word.form)
        } else {
            String::new()
        };
        Token {
            skeleton: skeleton(&sound),
            sound,
            letters: letters(&word.form),
            classes: if heard { classes_of(&word) } else { &[] },
            word,
            field,
        }
    }
}

fn classes_of(word: &Word) -> &'static [Entry] {
    let mut all = word.forms().map(classes);
    all.find(|classes| !classes.is_empty()).unwrap_or_default()
}

fn letters(word: &str) -> u32 {
    word.bytes()
        .filter(u8::is_ascii_lowercase)
        .fold(0, |all, letter| all | 1 << (letter - b'a'))
}

/// One of the names of a person.
#[derive(Clone, Debug)]
pub(super) struct Name {
    /// Its words among the tokens.
    pub range: std::ops::Range<usize>,
    pub plain: String,
    pub joined: String,
    pub letters: u32,
    pub suffix: Option<&'static str>,
}

/// A person made ready to be compared, once for many typed texts.
#[derive(Clone, Debug)]
pub struct Known {
    pub(super) tokens: Vec<Token>,
    /// The name first, then nicknames and how it sounds.
    pub(super) names: Vec<Name>,
    /// In small letters.
    pub(super) addresses: Vec<String>,
    pub(super) affinity: Affinity,
    /// A word of the name mixes alphabets.
    pub(super) mixed: bool,
}

impl Known {
    pub fn new(person: &Person) -> Known {
        let mut known = Known {
            tokens: Vec::new(),
            names: Vec::new(),
            addresses: Vec::new(),
            affinity: person.affinity,
            mixed: false,
        };
        let names = std::iter::once(person.name.as_str())
            .chain(person.nicknames.iter().map(String::as_str))
            .chain(person.phonetic.as_deref());
        for name in names.take(MAX_NAMES) {
            known.add_name(name);
        }
        if let Some(organization) = &person.organization {
            known.add(words(organization), Field::Organization);
        }
        for address in person.addresses.iter().take(MAX_ADDRESSES) {
            known.add_address(address);
        }
        known
    }

    /// The words of the name of this number.
    pub(super) fn words_of(&self, name: usize) -> &[Token] {
        &self.tokens[self.names[name].range.clone()]
    }

    fn add_name(&mut self, name: &str) {
        // A name that is an address is no name: it may be somebody else's.
        if name.contains('@') {
            return;
        }
        let mut all = words(name);
        let suffix = suffix(&all);
        all.retain(|word| !matches!(word.kind, Kind::Title | Kind::Suffix));
        if all.is_empty() || self.tokens.len() + all.len() > MAX_TOKENS {
            return;
        }
        let plain = plain(name);
        if self.names.iter().any(|known| known.plain == plain) {
            return;
        }
        self.mixed |= all.iter().any(|word| word.mixed);
        let start = self.tokens.len();
        let joined: String = all.iter().map(|word| word.form.as_str()).collect();
        let field = Field::Name(self.names.len() as u8);
        self.add(all, field);
        self.names.push(Name {
            range: start..self.tokens.len(),
            plain,
            letters: letters(&joined),
            joined,
            suffix,
        });
    }

    fn add_address(&mut self, address: &str) {
        let address = address.trim().to_lowercase();
        if let Some((local, domain)) = address.rsplit_once('@') {
            self.add(words(local), Field::Local);
            let labels = domain.rsplit_once('.').map_or(domain, |(labels, _)| labels);
            if !is_everybodys(domain) {
                self.add(words(labels), Field::Domain);
            }
        }
        self.addresses.push(address);
    }

    fn add(&mut self, all: Vec<Word>, field: Field) {
        let room = MAX_TOKENS.saturating_sub(self.tokens.len());
        let named = matches!(field, Field::Name(_));
        for word in all.into_iter().take(room) {
            let again = !named
                && self
                    .tokens
                    .iter()
                    .any(|t| t.field == field && t.word.form == word.form);
            if !again {
                self.tokens.push(Token::new(word, field));
            }
        }
    }
}

/// Which of father and son it is.
fn suffix(all: &[Word]) -> Option<&'static str> {
    let word = all.iter().find(|word| word.kind == Kind::Suffix)?;
    Some(match word.form.as_str() {
        "jr" | "jnr" | "junior" | "ii" | "2nd" => "jr",
        "sr" | "snr" | "senior" => "sr",
        "iii" | "3rd" => "iii",
        _ => "iv",
    })
}

/// What somebody typed, made ready to be compared.
#[derive(Clone, Debug)]
pub struct Typed {
    pub(super) text: String,
    pub(super) plain: String,
    pub(super) tokens: Vec<Token>,
    pub(super) joined: String,
    pub(super) letters: u32,
    pub(super) suffix: Option<&'static str>,
    /// More was typed than is looked at.
    pub(super) cut: bool,
    /// In small letters, if it is an address.
    pub(super) address: Option<String>,
    /// `Family, given`: turned to `given family` already.
    pub(super) turned: bool,
    /// Only small marks of ASCII: accents may have been left out.
    pub(super) ascii: bool,
    /// Alphabets are mixed in a word.
    pub(super) mixed: bool,
}

impl Typed {
    pub fn new(text: &str) -> Typed {
        let text = text.trim();
        let address = text.contains('@').then(|| text.to_lowercase());
        let (all, turned) = typed_words(text);
        let suffix = suffix(&all);
        let counts = |word: &Word| !matches!(word.kind, Kind::Title | Kind::Suffix);
        let cut = text.chars().nth(MAX_CHARS).is_some()
            || all.iter().filter(|word| counts(word)).count() > MAX_TYPED
            || all.iter().any(|word| word.form.len() >= MAX_WORD);
        let tokens: Vec<Token> = all
            .into_iter()
            .filter(counts)
            .take(MAX_TYPED)
            .map(|word| Token::new(word, Field::Name(0)))
            .collect();
        let joined: String = tokens.iter().map(|t| t.word.form.as_str()).collect();
        Typed {
            letters: letters(&joined),
            joined,
            cut,
            plain: match text.split_once(',') {
                Some((family, given)) if turned => plain(&format!("{given} {family}")),
                _ => plain(text),
            },
            suffix,
            address,
            turned,
            ascii: text.is_ascii(),
            mixed: tokens.iter().any(|t| t.word.mixed),
            text: text.to_owned(),
            tokens,
        }
    }

    /// Whether nothing of a name is in it.
    pub fn is_empty(&self) -> bool {
        self.tokens.is_empty() && self.address.is_none()
    }
}

/// The words in the order of a name: what is before a comma is the family.
fn typed_words(text: &str) -> (Vec<Word>, bool) {
    if let Some((family, given)) = text.split_once(',') {
        let (family, mut given) = (words(family), words(given));
        let named = given
            .iter()
            .any(|word| !matches!(word.kind, Kind::Title | Kind::Suffix));
        if named && !family.is_empty() {
            given.extend(family);
            return (given, true);
        }
    }
    (words(text), false)
}
