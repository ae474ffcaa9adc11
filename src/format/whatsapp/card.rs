//! vCards to the people of a contacts message.

use serde_json::{Value, json};

use crate::error::{Error, Result};
use crate::format::vcard;
use crate::model::contact::{AddressKind, Card};

/// As many as one message takes (Cloud API, Contacts messages).
const MOST: usize = 257;

/// The people in a file of vCards.
pub fn people(text: &str) -> Result<Vec<Value>> {
    let mut all = Vec::new();
    for read in vcard::read(text.as_bytes()) {
        let read = read.map_err(|fault| {
            Error::usage(format!(
                "the vCard at line {} of the file: {}",
                fault.line, fault.what
            ))
        })?;
        if read.members.is_none() {
            all.push(person(&read.card)?);
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

fn person(card: &Card) -> Result<Value> {
    // The reader makes a name of an address where there is none; WhatsApp would show it as one.
    let is_address = card.addresses.iter().any(|a| a.value == card.name);
    if card.name.is_empty() || is_address {
        return Err(Error::usage("a vCard in the file has no name (FN)"));
    }
    let mut name = json!({ "formatted_name": card.name });
    for (key, part) in [
        ("last_name", &card.family),
        ("first_name", &card.given),
        ("middle_name", &card.middle),
        ("prefix", &card.prefix),
        ("suffix", &card.suffix),
    ] {
        if let Some(part) = part {
            name[key] = part.as_str().into();
        }
    }
    // WhatsApp wants one more than the whole.
    if name.as_object().is_some_and(|fields| fields.len() == 1) {
        name["first_name"] = card.name.as_str().into();
    }
    let mut person = json!({ "name": name });
    let listed = |kind: AddressKind, key: &str| -> Vec<Value> {
        let all = card.addresses.iter().filter(|a| a.kind == kind);
        all.map(|address| {
            let mut row = json!({ key: address.value });
            if let Some(label @ ("home" | "work")) = address.label.as_deref() {
                row["type"] = label.to_uppercase().into();
            }
            row
        })
        .collect()
    };
    let urls = card.urls.iter().map(|url| json!({ "url": url })).collect();
    for (field, found) in [
        ("phones", listed(AddressKind::Phone, "phone")),
        ("emails", listed(AddressKind::Email, "email")),
        ("urls", urls),
    ] {
        if !found.is_empty() {
            person[field] = found.into();
        }
    }
    if let Some(company) = &card.organization {
        person["org"] = json!({ "company": company });
    }
    if let Some(day) = card.birthday.as_deref().filter(|day| is_date(day)) {
        person["birthday"] = day.into();
    }
    Ok(person)
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
