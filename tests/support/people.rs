//! Contacts for tests of other things: they are put into the store without a word.

use comms::model::contact::{AddressKind, Card, ContactAddress};
use comms::model::id::ContactId;
use comms::store::contacts::{Edit, Why};

use super::{NOW, World};

/// An address of this kind.
pub fn at(kind: AddressKind, value: &str) -> ContactAddress {
    ContactAddress {
        kind,
        value: value.to_owned(),
        ..ContactAddress::default()
    }
}

/// Someone with these addresses.
pub fn card(name: &str, addresses: &[(AddressKind, &str)]) -> Card {
    Card {
        name: name.to_owned(),
        addresses: addresses.iter().map(|(kind, a)| at(*kind, a)).collect(),
        ..Card::default()
    }
}

/// Someone with a mail address.
pub fn mail(name: &str, email: &str) -> Card {
    card(name, &[(AddressKind::Email, email)])
}

/// The same in these groups.
pub fn among(groups: &[&str], card: Card) -> Card {
    Card {
        groups: groups.iter().map(|g| (*g).to_owned()).collect(),
        ..card
    }
}

impl World {
    /// Makes a group with members that are no contacts.
    pub fn group(&self, name: &str, members: &[&str]) {
        let store = comms::store::Store::at(&self.home());
        store.make_group(name).expect("a group");
        let members: Vec<_> = members.iter().map(|m| (*m).to_owned()).collect();
        store.change_members(name, &members, &[]).expect("members");
    }

    /// Puts contacts into the store; gives their ids.
    pub fn know(&self, cards: impl IntoIterator<Item = Card>) -> Vec<ContactId> {
        let edits: Vec<_> = cards
            .into_iter()
            .map(|card| Edit {
                after: Some(card),
                ..Edit::default()
            })
            .collect();
        let made = self.change_people(&edits);
        made.into_iter().map(|id| id.expect("it is new")).collect()
    }

    /// Changes a contact, or removes it.
    pub fn change(&self, id: ContactId, after: Option<Card>) {
        let store = comms::store::Store::at(&self.home());
        let before = store.contact(id).expect("it is there").card;
        drop(store);
        let edit = Edit {
            id: Some(id),
            before: Some(before),
            after,
            ..Edit::default()
        };
        assert!(self.change_people(&[edit])[0].is_some());
    }

    fn change_people(&self, edits: &[Edit]) -> Vec<Option<ContactId>> {
        let store = comms::store::Store::at(&self.home());
        let why = Why {
            what: "edit",
            by: "person",
        };
        let now = NOW.parse().expect("a time");
        store
            .change_contacts(edits, why, now)
            .expect("they are kept")
    }
}
