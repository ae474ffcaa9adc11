//! When two addresses or groups of contacts are the same, and how an address of a contact is typed.

pub mod card;
pub mod group;
pub mod json;
pub mod read;
pub mod taken;

use crate::model::contact::{AddressKind, Card, ContactAddress};

use super::optout::normal;

/// The form under which the address of a contact is kept and looked up: the same number is the same whatever reaches
/// it.
pub fn key(address: &str) -> String {
    normal(address)
}

/// The form under which this address is kept and looked up.
pub fn key_of(address: &ContactAddress) -> String {
    key(&typed(address))
}

/// The address as one types it as a recipient.
pub fn typed(address: &ContactAddress) -> String {
    let value = address.value.trim();
    match address.kind {
        AddressKind::Email => value.to_owned(),
        AddressKind::Phone => format!("sms:{value}"),
        AddressKind::Whatsapp => format!("whatsapp:{value}"),
        AddressKind::Slack => format!("slack:{value}"),
        AddressKind::Chat => format!("chat:{value}"),
    }
}

/// What lists of people are in the order of: names, whatever their case.
pub fn sorted(card: &Card) -> String {
    card.label()
        .trim()
        .to_lowercase()
        .chars()
        .take(60)
        .collect()
}

/// The form under which a group's name is kept and looked up.
pub fn folded_group(name: &str) -> String {
    name.trim().trim_start_matches('@').to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_the_same_whatever_reaches_it() {
        let phone = ContactAddress {
            kind: AddressKind::Phone,
            value: "+1 415-555-0100".into(),
            ..ContactAddress::default()
        };
        let whatsapp = ContactAddress {
            kind: AddressKind::Whatsapp,
            value: "+14155550100".into(),
            ..ContactAddress::default()
        };
        assert_eq!(key_of(&phone), "+14155550100");
        assert_eq!(key_of(&phone), key_of(&whatsapp));
        assert_eq!(key("Ada@Example.COM"), "ada@example.com");
        assert_eq!(folded_group("@Team"), "team");
    }
}
