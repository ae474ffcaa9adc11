//! Markdown and plain text to Slack's mrkdwn, who is pinged by it, and texts cut into messages.

use crate::format::chunk;
use crate::format::dialect::{self, Mentions, Style};

/// Characters of one message: beyond these Slack cuts or refuses (docs.slack.dev, chat.postMessage).
const MOST_CHARS: usize = 4_000;

/// Markdown in Slack's dialect.
pub fn from_markdown(markdown: &str, mentions: Mentions) -> String {
    with_words(
        dialect::from_markdown(markdown, Style::Slack(mentions)),
        mentions,
    )
}

/// A text that is no Markdown, shown in Slack as it is written.
pub fn from_plain(text: &str, mentions: Mentions) -> String {
    with_words(dialect::from_plain(text, Style::Slack(mentions)), mentions)
}

/// `@here` as people type it, where it may ping.
fn with_words(text: String, mentions: Mentions) -> String {
    if mentions == Mentions::Shown || !text.contains('@') {
        return text;
    }
    let words = MASS.map(|word| (word.to_owned(), format!("!{word}")));
    crate::format::mention::name_people(&text, &words)
}

const MASS: [&str; 3] = ["here", "channel", "everyone"];

/// The texts that a longer one is sent as, each with the byte at which it begins.
pub fn chunks(text: &str) -> Vec<(usize, String)> {
    chunk::chunks(text.trim_end(), MOST_CHARS, usize::MAX / 4)
}

/// Whom a text in the dialect calls.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pinged {
    /// `U…`, each once.
    pub people: Vec<String>,
    /// `here`, `channel`, `everyone`, or the id of a group (`S…`).
    pub groups: Vec<String>,
}

/// Whom a text in the dialect calls. Within code nobody is called, and no mention is written there.
pub fn pinged(text: &str) -> Pinged {
    let mut pinged = Pinged::default();
    for (at, _) in text.match_indices('<') {
        let inner = &text[at + 1..];
        let Some(end) = inner
            .find(['<', '>', '\n'])
            .filter(|e| inner[*e..].starts_with('>'))
        else {
            continue;
        };
        let token = inner[..end].split('|').next().unwrap_or_default();
        if let Some(user) = token.strip_prefix('@') {
            if !pinged.people.iter().any(|p| p == user) {
                pinged.people.push(user.to_owned());
            }
        } else if let Some(many) = token.strip_prefix('!') {
            let many = many.strip_prefix("subteam^").unwrap_or(many);
            if !many.starts_with("date^") && !pinged.groups.iter().any(|g| g == many) {
                pinged.groups.push(many.to_owned());
            }
        }
    }
    pinged
}

/// A text in the dialect with its mentions of many shown only.
pub fn without_mass_mentions(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("<!") {
        shown.push_str(&rest[..at]);
        let inner = &rest[at + 2..];
        match inner
            .find(['<', '>', '\n'])
            .filter(|e| inner[*e..].starts_with('>'))
        {
            Some(end) => {
                shown.push_str(&format!("&lt;!{}&gt;", &inner[..end]));
                rest = &inner[end + 1..];
            }
            None => {
                shown.push_str("&lt;!");
                rest = inner;
            }
        }
    }
    shown.push_str(rest);
    shown
}
