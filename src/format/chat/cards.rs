//! The words of cards, whatever widgets they are made of.
//!
//! Cards are deep and grow new widgets; what a person reads is in a few keys that all of them share.

use serde_json::Value;

use crate::format::html;

/// Keys whose text is shown.
const SHOWN: [&str; 11] = [
    "title",
    "subtitle",
    "header",
    "topLabel",
    "text",
    "content",
    "bottomLabel",
    "altText",
    "label",
    "hintText",
    "description",
];
/// Levels that are read; cards of the API have about ten.
const DEEPEST: usize = 40;

/// Adds the shown lines of these cards, in order.
pub fn lines(cards: &Value, lines: &mut Vec<String>) {
    walk(cards, 0, &mut |key, text| {
        if SHOWN.contains(&key) {
            let words = plain(text);
            if !words.is_empty() && lines.last() != Some(&words) {
                lines.push(words);
            }
        }
    });
}

/// Whether a click leads anywhere, or a text holds a link.
pub fn has_link(cards: &Value) -> bool {
    let mut found = false;
    walk(cards, 0, &mut |key, text| {
        found |= match key {
            "url" => text.starts_with("http"),
            key if SHOWN.contains(&key) => html::has_link(text),
            _ => false,
        };
    });
    found
}

fn walk(value: &Value, depth: usize, see: &mut impl FnMut(&str, &str)) {
    if depth > DEEPEST {
        return;
    }
    match value {
        Value::Array(values) => values.iter().for_each(|v| walk(v, depth + 1, see)),
        Value::Object(fields) => {
            for (key, value) in fields {
                match value {
                    Value::String(text) => see(key, text),
                    value => walk(value, depth + 1, see),
                }
            }
        }
        _ => {}
    }
}

/// Texts of cards are a subset of HTML.
fn plain(text: &str) -> String {
    match text.contains(['<', '&']) {
        true => html::quick(text).0.trim().to_owned(),
        false => text.trim().to_owned(),
    }
}
