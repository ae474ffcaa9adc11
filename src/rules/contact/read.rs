//! What a word means that someone typed about a person: an address, a group, or a part of the name.

use crate::error::{Error, Kind, Result};
use crate::model::contact::{AddressKind, ContactAddress};
use crate::rules::route::{self, Target};
use crate::rules::{address, phone};

/// One word as it was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Word {
    /// With the name before it in `Ada <ada@example.com>`.
    Address(ContactAddress, Option<String>),
    /// Without its `@`.
    Group(String),
    Name(String),
}

/// Reads a word by its form. A number without a country is one of `region`. An address may have its label behind it:
/// `ada@example.com (work)`.
pub fn word(typed: &str, region: Option<&str>) -> Result<Word> {
    let typed = typed.trim();
    let (bare, label) = labelled(typed);
    let one = |kind, value: String| {
        let address = ContactAddress {
            kind,
            value,
            label: label.map(str::to_owned),
            ..ContactAddress::default()
        };
        Ok(Word::Address(address, None))
    };
    match route::read(bare)? {
        Target::Mail(list) => {
            let [mailbox] = &list[..] else {
                return Err(Error::usage(format!("`{bare}` is not one address"))
                    .hint("give each address as an argument of its own"));
            };
            let name = mailbox.name.clone();
            match one(AddressKind::Email, mailbox.email.clone())? {
                Word::Address(address, _) => Ok(Word::Address(address, name)),
                other => Ok(other),
            }
        }
        Target::Channel(channel, rest) => {
            let (kind, value) = named(&channel, rest.trim(), region)?;
            one(kind, value)
        }
        Target::Group(name) => Ok(Word::Group(name)),
        Target::Person(_) if is_number(typed) => Err(Error::usage(format!("`{typed}` is no name"))
            .hint("write a number with `+` and its country, like +14155550100")),
        Target::Person(_) => Ok(Word::Name(typed.to_owned())),
    }
}

/// Reads what has to be an address.
pub fn address(typed: &str, region: Option<&str>) -> Result<ContactAddress> {
    match word(typed, region)? {
        Word::Address(address, _) => Ok(address),
        _ => Err(Error::usage(format!("`{}` is not an address", typed.trim())).hint(
            "addresses look like ada@example.com, +14155550100, whatsapp:+14155550100, slack:@ada or chat:users/123",
        )),
    }
}

/// The address in the form in which it is kept. A number whose country nobody knows stays as it is written.
pub fn checked(address: ContactAddress, region: Option<&str>) -> Result<ContactAddress> {
    let value = address.value.trim();
    let value = match address.kind {
        AddressKind::Email => address::parse(value)?.email,
        AddressKind::Phone => match phone::parse(value, region) {
            Ok(number) => number,
            Err(e) if e.kind == Kind::Config => value.to_owned(),
            Err(e) => return Err(e),
        },
        AddressKind::Whatsapp => named("whatsapp", value, region)?.1,
        AddressKind::Slack => named("slack", value, region)?.1,
        AddressKind::Chat => named("chat", value, region)?.1,
    };
    let line = |text: String| {
        let text = text.trim().to_owned();
        (!text.is_empty()).then_some(text)
    };
    Ok(ContactAddress {
        value,
        label: address.label.and_then(line),
        account: address.account.and_then(line),
        ..address
    })
}

/// What stands behind `sms:`, `whatsapp:`, `slack:` or `chat:` of a person.
fn named(channel: &str, rest: &str, region: Option<&str>) -> Result<(AddressKind, String)> {
    let room = |example: &str| {
        Err(
            Error::usage(format!("`{channel}:{rest}` is a room, not a person"))
                .hint(format!("a person there is written like {example}")),
        )
    };
    if rest.is_empty() || rest.contains(char::is_control) {
        return Err(Error::usage(format!("`{channel}:` names nobody"))
            .hint("write the number, the id or the handle behind it"));
    }
    match channel {
        "" | "sms" => Ok((AddressKind::Phone, phone::parse(rest, region)?)),
        "whatsapp" if phone::is_user_id(rest) => Ok((AddressKind::Whatsapp, rest.to_owned())),
        "whatsapp" => Ok((AddressKind::Whatsapp, phone::parse(rest, region)?)),
        "slack" if rest.starts_with('#') => room("slack:@ada"),
        "slack" => Ok((AddressKind::Slack, rest.to_owned())),
        "chat" if rest.contains('@') => Ok((AddressKind::Chat, address::parse(rest)?.email)),
        "chat" if rest.starts_with("users/") && rest.len() > "users/".len() => {
            Ok((AddressKind::Chat, rest.to_owned()))
        }
        _ => room("chat:users/123 or chat:ada@example.com"),
    }
}

/// What stands before a label in brackets at the end, and the label.
fn labelled(typed: &str) -> (&str, Option<&str>) {
    let cut = typed
        .strip_suffix(')')
        .and_then(|text| text.rsplit_once(" ("));
    match cut {
        Some((bare, label)) if !label.trim().is_empty() && is_address(bare) => {
            (bare.trim(), Some(label.trim()))
        }
        _ => (typed, None),
    }
}

fn is_address(text: &str) -> bool {
    matches!(route::read(text), Ok(Target::Mail(_) | Target::Channel(..)))
}

/// Digits and what stands between them: a number, with a slip or without its country.
fn is_number(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    digits >= 5
        && text
            .chars()
            .all(|c| c.is_ascii_digit() || " -./()+".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(typed: &str) -> String {
        match word(typed, None) {
            Ok(Word::Address(a, name)) => format!(
                "{} {}{}{}",
                a.kind.name(),
                a.value,
                a.label.map(|l| format!(" [{l}]")).unwrap_or_default(),
                name.map(|n| format!(" of {n}")).unwrap_or_default(),
            ),
            Ok(Word::Group(name)) => format!("group {name}"),
            Ok(Word::Name(name)) => format!("name {name}"),
            Err(e) => format!("error: {}", e.message),
        }
    }

    #[test]
    fn a_word_is_an_address_a_group_or_a_name_by_its_form() {
        for (typed, meant) in [
            ("ada@example.com", "email ada@example.com"),
            ("ada@example.com (work)", "email ada@example.com [work]"),
            ("Ada L <ada@example.com>", "email ada@example.com of Ada L"),
            ("+1 415 555 0100", "phone +14155550100"),
            ("sms:+14155550100 (mobile)", "phone +14155550100 [mobile]"),
            ("whatsapp:+14155550100", "whatsapp +14155550100"),
            ("whatsapp:US.abc1", "whatsapp US.abc1"),
            ("slack:@ada", "slack @ada"),
            ("slack:U012ABC", "slack U012ABC"),
            ("chat:users/123", "chat users/123"),
            ("chat:ada@example.com", "chat ada@example.com"),
            ("@team", "group team"),
            ("Ada", "name Ada"),
            ("Ada (Analytical Engines)", "name Ada (Analytical Engines)"),
            ("slack:#ops", "error: `slack:#ops` is a room, not a person"),
            (
                "chat:spaces/AAA",
                "error: `chat:spaces/AAA` is a room, not a person",
            ),
            ("to:alerts", "error: `to:alerts` is a room, not a person"),
            ("415 555-0100", "error: `415 555-0100` is no name"),
            (
                "a@x.org,b@x.org",
                "error: `a@x.org,b@x.org` is not one address",
            ),
        ] {
            assert_eq!(read(typed), meant, "{typed}");
        }
        assert!(read("ada@").starts_with("error:"));
        assert!(address("Ada", None).is_err() && address("@team", None).is_err());
    }

    #[test]
    fn a_number_of_an_unknown_country_stays_as_it_is_written() {
        let phone = |value: &str| ContactAddress {
            kind: AddressKind::Phone,
            value: value.into(),
            ..ContactAddress::default()
        };
        assert_eq!(
            checked(phone("0171 1234567"), None).unwrap().value,
            "0171 1234567"
        );
        assert_eq!(
            checked(phone("0171 1234567"), Some("DE")).unwrap().value,
            "+491711234567"
        );
        assert!(checked(phone("ada"), None).is_err());
    }
}
