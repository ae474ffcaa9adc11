//! Cards as JSON that someone wrote: strict, so that a slip is no lost field.

use serde_json::{Map, Value};

use crate::error::{Error, Result};
use crate::model::contact::{AddressKind, Card, ContactAddress, Via};

use super::read;

const KEYS: [&str; 17] = [
    "name",
    "prefix",
    "given",
    "middle",
    "family",
    "suffix",
    "phonetic",
    "nicknames",
    "organization",
    "title",
    "addresses",
    "preferred",
    "groups",
    "notes",
    "zone",
    "birthday",
    "urls",
];

const ADDRESS_KEYS: [&str; 5] = ["kind", "value", "label", "account", "primary"];

/// What is printed of a contact beside its card: given back, it says nothing.
const PRINTED: [&str; 10] = [
    "schema",
    "id",
    "sources",
    "created_at",
    "changed_at",
    "opted_out",
    "messages",
    "links",
    "windows",
    "last_change",
];

/// Reads a card; an address may be a text as one types it. A number without a country is one of `region`.
pub fn card(value: &Value, region: Option<&str>) -> Result<Card> {
    let Value::Object(map) = value else {
        return Err(Error::usage("a contact in JSON is an object")
            .hint("write {\"name\": \"Ada\", \"addresses\": [\"ada@example.com\"]}"));
    };
    let mut map: Map<String, Value> = map
        .iter()
        .filter(|(key, _)| !PRINTED.contains(&key.as_str()))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    known("a contact", &map, &KEYS)?;
    if let Some(Value::Array(list)) = map.get_mut("addresses") {
        for address in list.iter_mut() {
            *address = expanded(address, region)?;
        }
    }
    // A null is a field that is not there, wherever a card could have it.
    map.retain(|_, value| !value.is_null());
    if let Some(Value::String(via)) = map.get("preferred")
        && Via::named(via).is_none()
    {
        let all: Vec<_> = Via::ALL.iter().map(|v| v.name()).collect();
        return Err(Error::usage(format!("`{via}` is not a channel"))
            .hint(format!("`preferred` is one of {}", all.join(", "))));
    }
    serde_json::from_value(Value::Object(map)).map_err(|e| {
        Error::usage(format!("this is no contact: {e}"))
            .hint("`comms schema contacts` has its form")
    })
}

/// A card with a merge patch on it (RFC 7396): null takes a field away, a list is replaced as a whole.
pub fn patched(card: &Card, patch: &Value, region: Option<&str>) -> Result<Card> {
    let Value::Object(changes) = patch else {
        return Err(Error::usage("a patch is an object").hint(
            "write what is to be different, like {\"title\": \"Countess\", \"zone\": null}",
        ));
    };
    let mut whole =
        serde_json::to_value(card).map_err(|e| Error::internal("writing JSON").because(e))?;
    if let Value::Object(map) = &mut whole {
        for (key, value) in changes {
            map.insert(key.clone(), value.clone());
        }
    }
    self::card(&whole, region)
}

/// `onto` with what makes `new` of `old`: fields that differ, and of lists what came and what went.
pub fn carried(old: &Card, new: &Card, onto: &Card) -> Card {
    let fields = |card: &Card| match serde_json::to_value(card) {
        Ok(Value::Object(map)) => map,
        _ => Map::new(),
    };
    let (old, new, mut onto) = (fields(old), fields(new), fields(onto));
    for key in KEYS {
        let (before, after) = (old.get(key), new.get(key));
        if before == after {
            continue;
        }
        match (before, after, onto.get(key)) {
            (Some(Value::Array(before)), Some(Value::Array(after)), Some(Value::Array(now)))
                if now != before =>
            {
                let stays = now
                    .iter()
                    .filter(|v| !before.contains(v) || after.contains(v));
                let comes = after
                    .iter()
                    .filter(|v| !before.contains(v) && !now.contains(v));
                let list = stays.chain(comes).cloned().collect();
                onto.insert(key.to_owned(), Value::Array(list));
            }
            (_, Some(after), _) => {
                onto.insert(key.to_owned(), after.clone());
            }
            (_, None, _) => {
                onto.remove(key);
            }
        }
    }
    serde_json::from_value(Value::Object(onto)).unwrap_or_default()
}

/// An address as an object; a text, and an object without a kind, are read by their form.
fn expanded(value: &Value, region: Option<&str>) -> Result<Value> {
    let write = |address: ContactAddress| {
        serde_json::to_value(address).map_err(|e| Error::internal("writing JSON").because(e))
    };
    let Value::Object(map) = value else {
        return match value {
            Value::String(text) => write(read::address(text, region)?),
            _ => Err(Error::usage(
                "an address is a text or an object with `kind` and `value`",
            )),
        };
    };
    known("an address", map, &ADDRESS_KEYS)?;
    let kind = map.get("kind").and_then(Value::as_str);
    if let Some(kind) = kind
        && AddressKind::named(kind).is_none()
    {
        let all: Vec<_> = AddressKind::ALL.iter().map(|k| k.name()).collect();
        return Err(Error::usage(format!("`{kind}` is not a kind of address"))
            .hint(format!("kinds are {}", all.join(", "))));
    }
    let mut map = map.clone();
    match map.get("value").and_then(Value::as_str) {
        Some(text) if kind.is_none() => {
            let address = read::address(text, region)?;
            map.insert("kind".into(), address.kind.name().into());
            map.insert("value".into(), address.value.into());
        }
        Some(_) => {}
        None => return Err(Error::usage("an address needs its `value`")),
    }
    Ok(Value::Object(map))
}

fn known(what: &str, map: &Map<String, Value>, keys: &[&str]) -> Result<()> {
    let Some(wrong) = map.keys().find(|key| !keys.contains(&key.as_str())) else {
        return Ok(());
    };
    let shown: String = wrong.chars().filter(|c| !c.is_control()).take(40).collect();
    let error = Error::usage(format!("{what} has no `{shown}`"));
    let near = keys
        .iter()
        .map(|key| (strsim::damerau_levenshtein(wrong, key), key))
        .filter(|(distance, key)| *distance <= (key.len() / 3).max(1))
        .min();
    Err(match near {
        Some((_, near)) => error.hint(format!("did you mean `{near}`?")),
        None => error.hint(format!("it has {}", keys.join(", "))),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(value: Value) -> std::result::Result<Card, String> {
        card(&value, None).map_err(|e| format!("{}; {}", e.message, e.hint.unwrap_or_default()))
    }

    #[test]
    fn every_field_of_a_card_may_be_written() {
        let schema = schemars::schema_for!(Card).to_value();
        let mut all: Vec<_> = schema["properties"]
            .as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect();
        let mut keys = KEYS.map(str::to_owned).to_vec();
        all.sort();
        keys.sort();
        assert_eq!(all, keys);
    }

    #[test]
    fn addresses_are_read_by_their_form() {
        let card = read(json!({
            "id": "c9",
            "name": "Ada",
            "title": null,
            "addresses": ["ada@example.com (work)", {"value": "+1 415 555 0100"}, {"kind": "slack", "value": "U1"}],
        }))
        .unwrap();
        let kinds: Vec<_> = card
            .addresses
            .iter()
            .map(|a| (a.kind.name(), a.value.as_str()))
            .collect();
        assert_eq!(
            kinds,
            [
                ("email", "ada@example.com"),
                ("phone", "+14155550100"),
                ("slack", "U1")
            ]
        );
        assert_eq!(card.addresses[0].label.as_deref(), Some("work"));
    }

    #[test]
    fn a_slip_is_told_with_what_was_meant() {
        for (value, told) in [
            (
                json!({"nam": "Ada"}),
                "a contact has no `nam`; did you mean `name`?",
            ),
            (
                json!({"adresses": []}),
                "a contact has no `adresses`; did you mean `addresses`?",
            ),
            (
                json!({"addresses": [{"valeu": "x"}]}),
                "an address has no `valeu`; did you mean `value`?",
            ),
            (
                json!({"addresses": [{"kind": "fax", "value": "1"}]}),
                "`fax` is not a kind of address; kinds are email, phone, whatsapp, slack, chat",
            ),
            (
                json!({"preferred": "pigeon"}),
                "`pigeon` is not a channel; `preferred` is one of email, sms, whatsapp, slack, chat",
            ),
        ] {
            assert_eq!(read(value).unwrap_err(), told);
        }
        for value in [
            json!([]),
            json!("Ada"),
            json!({"name": 7}),
            json!({"addresses": [7]}),
        ] {
            assert!(read(value).is_err());
        }
    }

    #[test]
    fn a_patch_changes_what_it_names() {
        let ada = read(json!({"name": "Ada", "zone": "UTC", "nicknames": ["a"]})).unwrap();
        let card = patched(&ada, &json!({"zone": null, "nicknames": ["b"]}), None).unwrap();
        assert_eq!(
            (card.name.as_str(), card.zone, card.nicknames),
            ("Ada", None, vec!["b".to_owned()])
        );
        assert!(patched(&ada, &json!({"zoen": "UTC"}), None).is_err());
    }

    #[test]
    fn two_who_edit_at_once_lose_nothing() {
        let old =
            read(json!({"name": "Ada", "nicknames": ["a"], "addresses": ["a@x.org"]})).unwrap();
        let mine =
            read(json!({"name": "Ada L", "nicknames": ["a", "b"], "addresses": []})).unwrap();
        let theirs = read(json!({"name": "Ada", "zone": "UTC", "nicknames": ["a", "c"], "addresses": ["a@x.org", "b@x.org"]})).unwrap();
        let both = carried(&old, &mine, &theirs);
        assert_eq!(both.name, "Ada L");
        assert_eq!(both.zone.as_deref(), Some("UTC"));
        assert_eq!(both.nicknames, ["a", "c", "b"]);
        assert_eq!(both.addresses.len(), 1);
        assert_eq!(both.addresses[0].value, "b@x.org");
    }
}
