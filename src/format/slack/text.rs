//! The readable text of a Slack message: mentions by name, links with where they lead, blocks and attachments as lines.

use serde_json::Value;

use super::text;

/// Levels of blocks that are read.
const DEEPEST: usize = 40;

/// Everything a person reads in this message, in order, as lines; `names` are those of people by id.
pub fn text_of(message: &Value, names: &Value) -> String {
    let mut lines: Vec<String> = Vec::new();
    if let Some(blocks) = message.get("blocks").and_then(Value::as_array) {
        // What a person typed stands in `text` as well.
        let built = |block: &&Value| text(block, "type") != Some("rich_text");
        for block in blocks.iter().filter(built) {
            walk(block, 0, names, &mut lines);
        }
    }
    if let Some(attachments) = message.get("attachments").and_then(Value::as_array) {
        for attachment in attachments {
            attached(attachment, names, &mut lines);
        }
    }
    let own = text(message, "text").map(|own| readable(own, names));
    let own = own.filter(|own| !lines.join("\n").contains(own.trim()));
    let mut all: Vec<String> = own.into_iter().chain(lines).collect();
    if all.is_empty()
        && let Some(blocks) = message.get("blocks")
    {
        walk(blocks, 0, names, &mut all);
    }
    all.join("\n")
}

/// A legacy attachment: what apps showed before blocks, and previews of links.
fn attached(attachment: &Value, names: &Value, lines: &mut Vec<String>) {
    let before = lines.len();
    let say = |key: &str| text(attachment, key).map(|words| readable(words, names));
    lines.extend(say("pretext"));
    let title = say("title").map(|title| match text(attachment, "title_link") {
        Some(url) if url != title => format!("{title} ({url})"),
        _ => title,
    });
    lines.extend(title);
    lines.extend(say("text"));
    let fields = attachment.get("fields").and_then(Value::as_array);
    for field in fields.into_iter().flatten() {
        let title = text(field, "title").map(|t| readable(t, names));
        let value = text(field, "value").map(|v| readable(v, names));
        lines.extend(match (title, value) {
            (Some(title), Some(value)) => Some(format!("{title}: {value}")),
            (title, value) => title.or(value),
        });
    }
    if let Some(blocks) = attachment.get("blocks") {
        walk(blocks, 0, names, lines);
    }
    if lines.len() == before {
        lines.extend(say("fallback"));
    }
}

/// The words of blocks, whatever they are made of.
fn walk(value: &Value, depth: usize, names: &Value, lines: &mut Vec<String>) {
    if depth > DEEPEST {
        return;
    }
    match value {
        Value::Array(values) => {
            for value in values {
                walk(value, depth + 1, names, lines);
            }
        }
        Value::Object(fields) => {
            let kind = text(value, "type").unwrap_or_default();
            let words = match kind {
                "user" => text(value, "user_id").map(|id| format!("@{}", name(id, names))),
                "emoji" => text(value, "name").map(|name| format!(":{name}:")),
                "image" => text(value, "alt_text").map(str::to_owned),
                "plain_text" => text(value, "text").map(str::to_owned),
                "link" => text(value, "url").map(|url| match text(value, "text") {
                    Some(label) if label != url => format!("{label} ({url})"),
                    _ => url.to_owned(),
                }),
                _ => text(value, "text").map(|words| readable(words, names)),
            };
            if let Some(words) = words.filter(|words| lines.last() != Some(words)) {
                lines.push(words);
            }
            for key in [
                "title",
                "text",
                "fields",
                "elements",
                "accessory",
                "element",
                "label",
                "rows",
            ] {
                if let Some(inner) = fields.get(key).filter(|inner| !inner.is_string()) {
                    walk(inner, depth + 1, names, lines);
                }
            }
            let url = text(value, "url").filter(|_| kind == "button");
            lines.extend(url.map(str::to_owned));
        }
        _ => {}
    }
}

/// Slack's own marks resolved: `<@U1>` becomes `@Name`, `<url|label>` becomes `label (url)`, entities their signs.
pub fn readable(body: &str, names: &Value) -> String {
    let mut plain = String::with_capacity(body.len());
    let mut rest = body;
    while let Some(at) = rest.find('<') {
        plain.push_str(&unescaped(&rest[..at]));
        let inner = &rest[at + 1..];
        let end = inner
            .find(['<', '>'])
            .filter(|end| inner[*end..].starts_with('>'));
        let Some(end) = end else {
            plain.push('<');
            rest = inner;
            continue;
        };
        plain.push_str(&resolved(&inner[..end], names));
        rest = &inner[end + 1..];
    }
    plain.push_str(&unescaped(rest));
    plain
}

/// What stands for what is between `<` and `>`.
fn resolved(token: &str, names: &Value) -> String {
    let (target, label) = match token.split_once('|') {
        Some((target, label)) => (target, Some(label).filter(|l| !l.trim().is_empty())),
        None => (token, None),
    };
    let label = label.map(unescaped);
    if let Some(user) = target.strip_prefix('@') {
        let known = text(names, user).map(str::to_owned);
        let name = known.or(label).unwrap_or_else(|| user.to_owned());
        return format!("@{}", name.trim_start_matches('@'));
    }
    if let Some(channel) = target.strip_prefix('#') {
        let name = label.unwrap_or_else(|| channel.to_owned());
        return format!("#{}", name.trim_start_matches('#'));
    }
    if let Some(command) = target.strip_prefix('!') {
        let word = command.split('^').next().unwrap_or(command);
        return label.unwrap_or_else(|| format!("@{word}"));
    }
    let target = unescaped(target);
    let bare = target.strip_prefix("mailto:").unwrap_or(&target);
    match label {
        Some(label) if label != target && label != bare => format!("{label} ({bare})"),
        _ => bare.to_owned(),
    }
}

fn name(id: &str, names: &Value) -> String {
    text(names, id).unwrap_or(id).to_owned()
}

fn unescaped(text: &str) -> String {
    if !text.contains('&') {
        return text.to_owned();
    }
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&")
}

/// The ids of those a message is by or names.
pub fn people_of(message: &Value) -> Vec<String> {
    let mut people: Vec<String> = text(message, "user")
        .map(str::to_owned)
        .into_iter()
        .collect();
    mentioned(message, 0, &mut people);
    people.sort();
    people.dedup();
    people
}

fn mentioned(value: &Value, depth: usize, people: &mut Vec<String>) {
    match value {
        Value::String(words) => {
            for (at, _) in words.match_indices("<@") {
                let rest = &words[at + 2..];
                let letters = rest.bytes().take(32);
                let length = letters.take_while(u8::is_ascii_alphanumeric).count();
                let (id, behind) = rest.split_at(length);
                if length < 32 && (behind.is_empty() || behind.starts_with(['|', '>'])) {
                    people.push(id.to_owned());
                }
            }
        }
        Value::Array(values) if depth <= DEEPEST => {
            for value in values {
                mentioned(value, depth + 1, people);
            }
        }
        Value::Object(fields) if depth <= DEEPEST => {
            for (key, value) in fields {
                match (key.as_str(), value) {
                    ("user_id", Value::String(id)) => people.push(id.clone()),
                    (_, value) => mentioned(value, depth + 1, people),
                }
            }
        }
        _ => {}
    }
}
