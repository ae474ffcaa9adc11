//! Contacts as someone wrote them: words of a command line, JSON, or the text of an editor.

use serde_json::Value;

use crate::error::{Error, Result};
use crate::model::contact::{Card, Contact};
use crate::ops::App;
use crate::rules::contact::json;
use crate::rules::contact::read::{self, Word};

use super::who;

/// A card of words: what looks like an address is one, `@team` is a group, the rest is the name.
pub fn words(app: &App, words: &[String]) -> Result<Card> {
    let mut card = Card::default();
    let mut name: Vec<String> = Vec::new();
    let mut before_address = None;
    for word in words {
        match read::word(word, who::region(app))? {
            Word::Address(address, named) => {
                card.addresses.push(address);
                before_address = before_address.or(named);
            }
            Word::Group(group) => card.groups.push(group),
            Word::Name(part) => name.push(part),
        }
    }
    card.name = match name.is_empty() {
        true => before_address.unwrap_or_default(),
        false => name.join(" "),
    };
    Ok(card)
}

/// Cards of JSON: one object, a list, one object on each line, or what `contacts list --json` prints.
pub fn cards(app: &App, text: &str) -> Result<Vec<Card>> {
    let values = values(text)?;
    let many = values.len() > 1;
    let read = values.iter().enumerate().map(|(n, value)| {
        json::card(value, who::region(app)).map_err(|mut e| {
            if many {
                e.message = format!("contact {}: {}", n + 1, e.message);
            }
            e
        })
    });
    let cards: Vec<Card> = read.collect::<Result<_>>()?;
    match cards.is_empty() {
        true => Err(Error::usage("there is no contact in this JSON")),
        false => Ok(cards),
    }
}

/// A merge patch.
pub fn patch(text: &str) -> Result<Value> {
    let mut all = values(text)?;
    match (all.pop(), all.is_empty()) {
        (Some(one @ Value::Object(_)), true) => Ok(one),
        _ => Err(Error::usage("a patch is one object")
            .hint("write what is to be different, like {\"title\": \"Countess\", \"zone\": null}")),
    }
}

fn values(text: &str) -> Result<Vec<Value>> {
    let mut all = Vec::new();
    let stream = serde_json::Deserializer::from_str(text.trim_start_matches('\u{FEFF}'));
    for value in stream.into_iter::<Value>() {
        let value = value.map_err(|e| Error::usage(format!("this is not JSON: {e}")))?;
        match value {
            Value::Array(list) => all.extend(list),
            Value::Object(mut map) if map.get("contacts").is_some_and(Value::is_array) => {
                if let Some(Value::Array(list)) = map.remove("contacts") {
                    all.extend(list);
                }
            }
            other => all.push(other),
        }
    }
    Ok(all)
}

/// A contact as a text to change: TOML, with what it has and, as remarks, what it could have.
pub fn to_edit(contact: &Contact) -> Result<String> {
    let bad = |e: toml::ser::Error| Error::internal("writing a contact to edit").because(e);
    let card = Card {
        addresses: Vec::new(),
        ..contact.card.clone()
    };
    let own = toml::to_string(&card).map_err(bad)?;
    let own: String = own
        .lines()
        .filter(|line| !line.starts_with("addresses"))
        .map(|line| format!("{line}\n"))
        .collect();
    let mut text = format!("# {}: save and leave to keep it.\n{own}", contact.id);
    for (key, example) in [
        ("organization", "\"Analytical Engines\""),
        ("title", "\"Countess\""),
        ("preferred", "\"email\" # sms, whatsapp, slack, chat"),
        ("zone", "\"Europe/London\""),
        ("birthday", "\"1815-12-10\""),
        ("notes", "\"met in London\""),
    ] {
        if !own
            .lines()
            .any(|line| line.starts_with(&format!("{key} =")))
        {
            text.push_str(&format!("# {key} = {example}\n"));
        }
    }
    for address in &contact.card.addresses {
        let one = toml::to_string(address).map_err(bad)?;
        text.push_str(&format!("\n[[addresses]]\n{one}"));
    }
    if contact.card.addresses.is_empty() {
        text.push_str("\n# [[addresses]]\n# value = \"ada@example.com\"\n");
    }
    Ok(text)
}

/// Reads such a text again.
pub fn edited(app: &App, text: &str) -> Result<Card> {
    let value: Value = toml::from_str(text)
        .map_err(|e| Error::usage(format!("this is not TOML: {}", e.message())))?;
    json::card(&value, who::region(app))
}
