//! Which words someone bears.

use crate::model::contact::Card;

/// Words of a contact.
pub fn of_card(card: &Card) -> Vec<String> {
    let names =
        std::iter::once(card.name.as_str()).chain(card.nicknames.iter().map(String::as_str));
    let mut words = Vec::new();
    for name in names {
        of_name(&mut words, name);
    }
    for text in card.organization.iter().chain(&card.phonetic) {
        of_text(&mut words, text);
    }
    for address in &card.addresses {
        of_address(&mut words, &address.value);
    }
    words
}

/// Words of an address that messages name.
pub fn of_harvested(name: &str, address: &str) -> Vec<String> {
    let mut words = Vec::new();
    of_name(&mut words, name);
    of_address(&mut words, address);
    words
}

/// The word for a whole name: who is called only that comes before all who are called that and more.
pub fn whole(name: &str) -> String {
    let folded: Vec<String> = split(name).collect();
    format!("={}", folded.join(" "))
}

fn of_name(words: &mut Vec<String>, name: &str) {
    let before = words.len();
    of_text(words, name);
    if words.len() > before {
        words.push(whole(name));
    }
    if words.len() > before + 2 {
        words.push(split(name).collect());
    }
}

fn of_text(words: &mut Vec<String>, text: &str) {
    words.extend(split(text));
}

fn of_address(words: &mut Vec<String>, address: &str) {
    if let Some((local, _)) = address.rsplit_once('@') {
        of_text(words, local);
    }
}

fn split(text: &str) -> impl Iterator<Item = String> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
}
