//! What a person reads of a message, whatever its type: answers by their title, forms by their fields.

use serde_json::Value;

use super::text;

/// The readable text of a message in the shape webhooks and requests share.
pub fn text_of(message: &Value) -> String {
    let kind = text(message, "type").unwrap_or_default();
    let part = message.get(kind).unwrap_or(&Value::Null);
    let said = match kind {
        "text" => text(part, "body").unwrap_or_default().to_owned(),
        "image" | "video" | "audio" | "sticker" | "document" => file(kind, part),
        "location" => location(part),
        "contacts" => contacts(part),
        "interactive" => interactive(part),
        "button" => pressed(text(part, "text"), text(part, "payload")),
        "reaction" => match text(part, "emoji") {
            Some(emoji) => format!("[reaction] {emoji}"),
            None => "[reaction taken back]".to_owned(),
        },
        "order" => order(part),
        "system" => text(part, "body").map_or_else(|| "[system message]".to_owned(), str::to_owned),
        "template" => format!("[template {}]", text(part, "name").unwrap_or_default()),
        "edit" => match part.get("message") {
            Some(inner) => format!("[edited] {}", text_of(inner)),
            None => "[edited]".to_owned(),
        },
        "revoke" => "[deleted a message]".to_owned(),
        "unsupported" => unsupported(message),
        "" => "[message of no type]".to_owned(),
        other => format!("[{other}]"),
    };
    match message.get("referral") {
        Some(ad) => format!("{}\n{said}", referral(ad)).trim_end().to_owned(),
        None => said,
    }
}

fn file(kind: &str, part: &Value) -> String {
    let voice = part.get("voice").is_some_and(|v| v == true);
    let label = match (voice, text(part, "filename")) {
        (true, _) => "[voice message]".to_owned(),
        (false, Some(name)) => format!("[{kind} {name}]"),
        (false, None) => format!("[{kind}]"),
    };
    match text(part, "caption") {
        Some(caption) => caption.to_owned(),
        None => label,
    }
}

fn location(part: &Value) -> String {
    let number = |key: &str| match part.get(key) {
        Some(Value::Number(n)) => n.to_string(),
        Some(Value::String(s)) => s.clone(),
        _ => "?".to_owned(),
    };
    let words = [text(part, "name"), text(part, "address")];
    let words: Vec<&str> = words.into_iter().flatten().collect();
    let place = format!("geo:{},{}", number("latitude"), number("longitude"));
    let place = match words.is_empty() {
        true => format!("[location] {place}"),
        false => format!("[location] {} ({place})", words.join(", ")),
    };
    match text(part, "url") {
        Some(url) => format!("{place}\n{url}"),
        None => place,
    }
}

fn contacts(part: &Value) -> String {
    let lines: Vec<String> = rows(Some(part)).map(contact_line).collect();
    lines.join("\n")
}

/// A person's card in one line.
pub fn contact_line(card: &Value) -> String {
    let name = card
        .get("name")
        .and_then(|n| text(n, "formatted_name").or_else(|| text(n, "first_name")));
    let phones = rows(card.get("phones")).filter_map(|p| text(p, "phone"));
    let emails = rows(card.get("emails")).filter_map(|e| text(e, "email"));
    let words: Vec<&str> = name.into_iter().chain(phones).chain(emails).collect();
    format!("[contact] {}", words.join(", "))
}

fn interactive(part: &Value) -> String {
    match text(part, "type").unwrap_or_default() {
        "button_reply" => {
            let reply = &part["button_reply"];
            pressed(text(reply, "title"), text(reply, "id"))
        }
        "list_reply" => {
            let reply = &part["list_reply"];
            let chosen = pressed(text(reply, "title"), text(reply, "id"));
            let chosen = chosen.replacen("[button]", "[list]", 1);
            match text(reply, "description") {
                Some(more) => format!("{chosen}\n{more}"),
                None => chosen,
            }
        }
        "nfm_reply" => form(&part["nfm_reply"]),
        _ => {
            let body = part.get("body").and_then(|b| text(b, "text"));
            body.map_or_else(|| "[interactive message]".to_owned(), str::to_owned)
        }
    }
}

/// Which button or row someone chose; its id says which of several alike.
fn pressed(title: Option<&str>, id: Option<&str>) -> String {
    match (title, id) {
        (Some(title), Some(id)) if id != title => format!("[button] {title} ({id})"),
        (Some(title), _) => format!("[button] {title}"),
        (None, Some(id)) => format!("[button] ({id})"),
        (None, None) => "[button]".to_owned(),
    }
}

/// The fields of a form that someone filled in.
fn form(reply: &Value) -> String {
    let name = text(reply, "name").unwrap_or("flow");
    let mut lines = vec![format!("[form {name}]")];
    let given = text(reply, "response_json").unwrap_or_default();
    match serde_json::from_str::<Value>(given) {
        Ok(Value::Object(fields)) => {
            for (key, value) in fields.iter().filter(|(key, _)| *key != "flow_token") {
                lines.push(format!("{key}: {}", plain(value)));
            }
        }
        // Kept as it came: who filled it in meant something.
        _ if !given.is_empty() => lines.push(given.to_owned()),
        _ => lines.extend(text(reply, "body").map(str::to_owned)),
    }
    lines.join("\n")
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(", "),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

fn order(part: &Value) -> String {
    let mut lines = vec!["[order]".to_owned()];
    for item in rows(part.get("product_items")) {
        let field = |key: &str| item.get(key).map(plain).unwrap_or_default();
        lines.push(format!(
            "{} x {} at {} {}",
            field("quantity"),
            field("product_retailer_id"),
            field("item_price"),
            field("currency")
        ));
    }
    lines.extend(text(part, "text").map(str::to_owned));
    lines.join("\n")
}

fn unsupported(message: &Value) -> String {
    let errors = rows(message.get("errors"));
    let why: Vec<String> = errors
        .filter_map(|error| {
            let words = text(error, "title").or_else(|| text(error, "message"))?;
            Some(match error.get("code") {
                Some(code) => format!("{words} ({code})"),
                None => words.to_owned(),
            })
        })
        .collect();
    match why.is_empty() {
        true => "[a message of a kind that WhatsApp does not pass on]".to_owned(),
        false => format!(
            "[a message of a kind that WhatsApp does not pass on] {}",
            why.join("; ")
        ),
    }
}

/// The advertisement that brought someone here.
fn referral(ad: &Value) -> String {
    let words = [text(ad, "headline"), text(ad, "source_url")];
    let words: Vec<&str> = words.into_iter().flatten().collect();
    format!("[from the ad] {}", words.join(" "))
}

fn rows(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    value.and_then(Value::as_array).into_iter().flatten()
}
