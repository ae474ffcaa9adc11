//! The readable text of a Chat message: mentions by name, links with where they lead, the words of cards.

use std::collections::HashMap;

use serde_json::Value;

use super::{cards, text};

/// Everything a person reads in this message, in order, as lines.
pub fn text_of(message: &Value) -> String {
    let names = names(message);
    let mut parts = Vec::new();
    if let Some(body) = body(message) {
        parts.push(unmarked(body, &names));
    }
    let mut card_lines = Vec::new();
    for key in ["cards", "cardsV2"] {
        if let Some(found) = message.get(key) {
            cards::lines(found, &mut card_lines);
        }
    }
    match card_lines.is_empty() {
        false => parts.push(card_lines.join("\n")),
        true if parts.is_empty() => {
            parts.extend(text(message, "fallbackText").map(str::to_owned));
        }
        true => {}
    }
    let gifs = message.get("attachedGifs").and_then(Value::as_array);
    let gifs = gifs.into_iter().flatten().filter_map(|g| text(g, "uri"));
    parts.extend(gifs.map(str::to_owned));
    parts.join("\n")
}

/// The plain text; the one with markup where only that says where a link leads.
fn body(message: &Value) -> Option<&str> {
    let plain = text(message, "text");
    let formatted = text(message, "formattedText");
    let (Some(plain), Some(formatted)) = (plain, formatted) else {
        return plain.or(formatted);
    };
    let hidden = tokens(formatted).any(|(_, token)| {
        token
            .split_once('|')
            .is_some_and(|(url, _)| is_link(url) && !plain.contains(url))
    });
    Some(if hidden { formatted } else { plain })
}

/// Names of the people that are mentioned, by resource name.
fn names(message: &Value) -> HashMap<&str, &str> {
    let annotations = message.get("annotations").and_then(Value::as_array);
    annotations
        .into_iter()
        .flatten()
        .filter_map(|a| {
            let user = a.get("userMention")?.get("user")?;
            Some((text(user, "name")?, text(user, "displayName")?))
        })
        .collect()
}

/// `<users/1>` becomes `@Name`, `<url|label>` becomes `label (url)`.
fn unmarked(body: &str, names: &HashMap<&str, &str>) -> String {
    let mut plain = String::with_capacity(body.len());
    let mut done = 0;
    for (at, token) in tokens(body) {
        let words = match token.split_once('|') {
            Some((url, label)) if is_link(url) && (label == url || label.trim().is_empty()) => {
                url.to_owned()
            }
            Some((url, label)) if is_link(url) => format!("{label} ({url})"),
            None if is_link(token) => token.to_owned(),
            None => match (names.get(token), token.strip_prefix("users/")) {
                (Some(name), _) => format!("@{name}"),
                (None, Some(id)) if !id.contains(' ') => format!("@{id}"),
                _ => continue,
            },
            Some(_) => continue,
        };
        plain.push_str(&body[done..at]);
        plain.push_str(&words);
        done = at + token.len() + 2;
    }
    plain.push_str(&body[done..]);
    plain
}

/// What stands between `<` and `>` on one line, and where its `<` is.
fn tokens(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.match_indices('<').filter_map(|(at, _)| {
        let rest = &text[at + 1..];
        let end = rest.find(['<', '>', '\n'])?;
        rest[end..].starts_with('>').then(|| (at, &rest[..end]))
    })
}

fn is_link(url: &str) -> bool {
    ["http://", "https://", "mailto:", "tel:"]
        .iter()
        .any(|scheme| url.starts_with(scheme))
}
