use jiff::Timestamp;

use super::super::Store;
use super::super::contacts::{Edit, Link, Why};
use crate::error::Kind;
use crate::model::contact::{Card, ContactAddress};
use crate::model::id::ContactId;

const WHY: Why<'_> = Why {
    what: "edit",
    by: "person",
};

fn store() -> (tempfile::TempDir, Store) {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::at(dir.path());
    (dir, store)
}

fn now() -> Timestamp {
    "2026-11-21T12:00:00Z".parse().unwrap()
}

fn card(name: &str, email: &str) -> Card {
    Card {
        name: name.to_owned(),
        addresses: vec![ContactAddress {
            value: email.to_owned(),
            ..ContactAddress::default()
        }],
        groups: vec!["Team".to_owned()],
        ..Card::default()
    }
}

fn add(store: &Store, card: Card) -> ContactId {
    let edit = Edit {
        after: Some(card),
        ..Edit::default()
    };
    store.change_contacts(&[edit], WHY, now()).unwrap()[0].unwrap()
}

#[test]
fn a_contact_is_found_by_each_address_and_group_until_it_is_removed() {
    let (_dir, store) = store();
    assert!(store.contacts_at("ada@example.com").unwrap().is_empty());
    let ada = add(&store, card("Ada", "Ada@Example.com"));
    assert_eq!(store.contacts_at("ada@example.COM").unwrap()[0].id, ada);
    assert_eq!(store.contacts(Some("@team")).unwrap().len(), 1);
    assert_eq!(store.groups().unwrap()[0].contacts, 1);
    let gone = Edit {
        id: Some(ada),
        before: Some(card("Ada", "Ada@Example.com")),
        ..Edit::default()
    };
    store.change_contacts(&[gone], WHY, now()).unwrap();
    assert!(store.contacts_at("ada@example.com").unwrap().is_empty());
    assert_eq!(store.contact(ada).unwrap_err().kind, Kind::NotFound);
    assert_eq!(store.contacts_since(1, 9).unwrap(), [(2, ada, None)]);
    // What was removed comes back as it was.
    store.undo_contacts(2, "person", now()).unwrap();
    assert_eq!(
        store.contact(ada).unwrap().card,
        card("Ada", "Ada@Example.com")
    );
}

#[test]
fn who_was_changed_meanwhile_is_left_alone() {
    let (_dir, store) = store();
    let ada = add(&store, card("Ada", "ada@example.com"));
    let edit = Edit {
        id: Some(ada),
        before: Some(card("Ada L.", "ada@example.com")),
        after: Some(card("Bob", "bob@example.com")),
        ..Edit::default()
    };
    assert_eq!(store.change_contacts(&[edit], WHY, now()).unwrap(), [None]);
    assert_eq!(store.contact(ada).unwrap().card.name, "Ada");
}

#[test]
fn a_merge_is_taken_back_as_a_whole() {
    let (_dir, store) = store();
    let ada = add(&store, card("Ada", "ada@example.com"));
    let two = card("A. L.", "al@example.com");
    let other = add(&store, two.clone());
    let link = Link {
        source: "dav".into(),
        remote: "/1.vcf".into(),
        contact: other,
        etag: None,
        document: b"x".to_vec(),
        base: two.clone(),
    };
    let linked = Edit {
        id: Some(other),
        before: Some(two.clone()),
        after: Some(two.clone()),
        links: vec![link.clone()],
        ..Edit::default()
    };
    store.change_contacts(&[linked], WHY, now()).unwrap();
    let mut both = card("Ada", "ada@example.com");
    both.addresses.extend(two.addresses.clone());
    let edits = [
        Edit {
            id: Some(ada),
            before: Some(card("Ada", "ada@example.com")),
            after: Some(both),
            ..Edit::default()
        },
        Edit {
            id: Some(other),
            before: Some(two.clone()),
            merged: Some(ada),
            ..Edit::default()
        },
    ];
    store.change_contacts(&edits, WHY, now()).unwrap();
    assert_eq!(store.contact(other).unwrap().id, ada);
    assert_eq!(store.contacts_at("al@example.com").unwrap()[0].id, ada);
    assert_eq!(store.links_of(ada).unwrap(), [link]);
    let change = store.contact_history(Some(other), 1).unwrap()[0].change;
    store.undo_contacts(change, "person", now()).unwrap();
    assert_eq!(store.contact(other).unwrap().card, two);
    assert_eq!(store.contact(ada).unwrap().card.addresses.len(), 1);
    assert!(store.links_of(ada).unwrap().is_empty());
}

#[test]
fn an_undo_never_overwrites_what_came_after() {
    let (_dir, store) = store();
    let ada = add(&store, card("Ada", "ada@example.com"));
    for name in ["Ada L.", "Ada Lovelace"] {
        store
            .alter_contact(ada, (WHY, now()), |card| {
                Ok(Card {
                    name: name.to_owned(),
                    ..card.clone()
                })
            })
            .unwrap();
    }
    assert_eq!(
        store.undo_contacts(2, "person", now()).unwrap_err().kind,
        Kind::Refused
    );
    store.undo_contacts(3, "person", now()).unwrap();
    assert_eq!(store.contact(ada).unwrap().card.name, "Ada L.");
}
