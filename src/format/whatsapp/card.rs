//! vCards (RFC 6350, and 2.1 and 3.0 as phones write them) to the people of a contacts message.

use serde_json::{Value, json};

use crate::error::{Error, Result};

/// As many as one message takes (Cloud API, Contacts messages).
const MOST: usize = 257;

/// One line of a card: its name, its types, its value.
struct Field {
    name: String,
    types: Vec<String>,
    value: String,
}

/// The people in a file of vCards.
pub fn people(text: &str) -> Result<Vec<Value>> {
    let mut all = Vec::new();
    let mut open: Option<Vec<Field>> = None;
    for line in unfolded(text) {
        let Some(field) = field(&line) else { continue };
        match (field.name.as_str(), &mut open) {
            ("BEGIN", _) => open = Some(Vec::new()),
            ("END", Some(fields)) => {
                all.push(person(fields)?);
                open = None;
            }
            (_, Some(fields)) => fields.push(field),
            _ => {}
        }
    }
    if all.is_empty() {
        return Err(Error::usage("there is no vCard in the file")
            .hint("it has lines from BEGIN:VCARD to END:VCARD"));
    }
    if all.len() > MOST {
        return Err(Error::usage(format!(
            "{} vCards are too many: a message of WhatsApp takes {MOST}",
            all.len()
        )));
    }
    Ok(all)
}

/// Lines that were folded are one again (RFC 6350 §3.2).
fn unfolded(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines() {
        match (line.strip_prefix([' ', '\t']), lines.last_mut()) {
            (Some(rest), Some(last)) => last.push_str(rest),
            _ => lines.push(line.to_owned()),
        }
    }
    lines
}

fn field(line: &str) -> Option<Field> {
    let (head, value) = line.split_once(':')?;
    let mut parts = head.split(';');
    let name = parts.next()?.rsplit('.').next()?.trim().to_uppercase();
    let types = parts.flat_map(|part| {
        let part = part.to_uppercase();
        let part = part.strip_prefix("TYPE=").unwrap_or(&part).to_owned();
        part.split(',').map(str::to_owned).collect::<Vec<_>>()
    });
    let value = value.trim();
    // In vCard 4.0 a number may be a link.
    let value = value
        .strip_prefix("tel:")
        .filter(|_| name == "TEL")
        .unwrap_or(value);
    Some(Field {
        types: types.collect(),
        value: value.to_owned(),
        name,
    })
}

fn person(fields: &[Field]) -> Result<Value> {
    let all = |name: &'static str| {
        fields
            .iter()
            .filter(move |f| f.name == name && !f.value.is_empty())
    };
    let names: Vec<String> = all("N")
        .next()
        .map(|f| components(&f.value))
        .unwrap_or_default();
    let part = |n: usize| names.get(n).filter(|s| !s.is_empty()).cloned();
    let whole = all("FN").next().map(|f| plain(&f.value));
    let joined = || {
        let words: Vec<String> = [part(1), part(0)].into_iter().flatten().collect();
        (!words.is_empty()).then(|| words.join(" "))
    };
    let whole = whole
        .or_else(joined)
        .ok_or_else(|| Error::usage("a vCard in the file has no name (FN)"))?;
    let mut name = json!({ "formatted_name": whole });
    for (key, n) in [
        ("last_name", 0),
        ("first_name", 1),
        ("middle_name", 2),
        ("prefix", 3),
        ("suffix", 4),
    ] {
        if let Some(part) = part(n) {
            name[key] = part.into();
        }
    }
    // WhatsApp wants one more than the whole.
    if name.as_object().is_some_and(|fields| fields.len() == 1) {
        name["first_name"] = whole.as_str().into();
    }
    let mut card = json!({ "name": name });
    let listed = |name: &'static str, key: &str| -> Vec<Value> {
        all(name)
            .map(|f| {
                let mut row = json!({ key: plain(&f.value) });
                let kind = f
                    .types
                    .iter()
                    .find(|t| ["HOME", "WORK"].contains(&t.as_str()));
                if let Some(kind) = kind {
                    row["type"] = kind.as_str().into();
                }
                row
            })
            .collect()
    };
    for (field, found) in [
        ("phones", listed("TEL", "phone")),
        ("emails", listed("EMAIL", "email")),
        ("urls", listed("URL", "url")),
    ] {
        if !found.is_empty() {
            card[field] = found.into();
        }
    }
    if let Some(org) = all("ORG").next() {
        card["org"] = json!({ "company": components(&org.value).swap_remove(0) });
    }
    if let Some(day) = all("BDAY").next().filter(|f| is_date(&f.value)) {
        card["birthday"] = day.value.as_str().into();
    }
    Ok(card)
}

/// The components of a structured value.
fn components(value: &str) -> Vec<String> {
    let mut all = vec![String::new()];
    let mut escaped = false;
    for c in value.chars() {
        let last = all.last_mut().expect("there is one from the start");
        match c {
            '\\' if !escaped => {
                last.push(c);
                escaped = true;
                continue;
            }
            ';' if !escaped => all.push(String::new()),
            c => last.push(c),
        }
        escaped = false;
    }
    all.iter().map(|part| plain(part)).collect()
}

fn plain(value: &str) -> String {
    value
        .replace("\\n", " ")
        .replace("\\N", " ")
        .replace("\\,", ",")
        .replace("\\;", ";")
        .replace("\\\\", "\\")
        .trim()
        .to_owned()
}

fn is_date(text: &str) -> bool {
    let form = |c: char| if c.is_ascii_digit() { '0' } else { c };
    text.chars().map(form).collect::<String>() == "0000-00-00"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_becomes_a_person() {
        let file = "BEGIN:VCARD\r\nVERSION:3.0\r\nN:Lovelace;Ada;;;\r\nFN:Ada Lovelace\r\nitem1.TEL;type=CELL;type=VOICE:+1 415\r\n  555 0100\r\nEMAIL;TYPE=WORK,INTERNET:ada@example.com\r\nORG:Engines\\, Ltd;Lab\r\nBDAY:1815-12-10\r\nEND:VCARD\r\nBEGIN:VCARD\r\nFN:Bob\r\nTEL:tel:+1\r\nEND:VCARD\r\n";
        let people = people(file).unwrap();
        assert_eq!(
            people[0],
            json!({
                "name": {"formatted_name": "Ada Lovelace", "last_name": "Lovelace", "first_name": "Ada"},
                "phones": [{"phone": "+1 415 555 0100"}],
                "emails": [{"email": "ada@example.com", "type": "WORK"}],
                "org": {"company": "Engines, Ltd"}, "birthday": "1815-12-10"
            })
        );
        assert_eq!(
            people[1]["name"],
            json!({"formatted_name": "Bob", "first_name": "Bob"})
        );
        assert_eq!(people[1]["phones"][0]["phone"], "+1");
    }

    #[test]
    fn what_is_no_card_is_refused() {
        assert!(people("hello").is_err());
        assert!(people("BEGIN:VCARD\nTEL:1\nEND:VCARD").is_err());
        assert!(people("BEGIN:VCARD\nBEGIN:VCARD\nEND").is_err());
    }
}
