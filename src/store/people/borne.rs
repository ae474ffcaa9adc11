//! Which words someone bears.

use crate::model::contact::Card;
use crate::rules::harvest::named;
use crate::rules::people::{self, Affinity, KeyKind, Known, fold};

/// Words of a contact.
pub fn of_card(card: &Card) -> Vec<String> {
    let mut words = of(&people::Person::of(card, Affinity::default()));
    for address in &card.addresses {
        words.extend(number(&address.value));
    }
    words
}

/// Words of an address that messages name.
pub fn of_harvested(name: &str, address: &str) -> Vec<String> {
    let mut words = of(&named(name, address, Affinity::default()));
    words.extend(number(address));
    words
}

fn of(person: &people::Person) -> Vec<String> {
    let known = Known::new(person);
    let mut words: Vec<String> = people::keys(&known)
        .into_iter()
        .map(|key| word(key.kind, &key.text))
        .collect();
    for name in std::iter::once(&person.name).chain(&person.nicknames) {
        let all = fold::words(name);
        if all.is_empty() {
            continue;
        }
        words.push(whole(&all));
        for form in all.iter().flat_map(fold::Word::forms) {
            words.extend((1..=SHORT).filter_map(|n| form.get(..n)).map(begun));
        }
    }
    words
}

/// How a key lies among the words: what is no word of a name begins with a sign, and is not looked through for
/// misspellings.
pub fn word(kind: KeyKind, text: &str) -> String {
    match kind {
        KeyKind::Word | KeyKind::Joined => text.to_owned(),
        KeyKind::Initials => format!(".{text}"),
        KeyKind::Sound => format!("~{text}"),
    }
}

/// The word for a whole name: who is called only that comes before all who are called that and more.
pub fn whole(words: &[fold::Word]) -> String {
    let forms: Vec<&str> = words.iter().map(|w| w.form.as_str()).collect();
    format!("={}", forms.join(" "))
}

/// Letters up to which there is a word for the beginning of names: so few begin too many words to read them all.
pub const SHORT: usize = 3;

/// The word for a short beginning of a name.
pub fn begun(letters: &str) -> String {
    format!("^{letters}")
}

/// A number is typed as it is kept, whatever stands between its digits.
fn number(address: &str) -> Option<String> {
    let digits: String = address.chars().filter(char::is_ascii_digit).collect();
    (digits.len() > 4 && !address.contains('@')).then_some(digits)
}
