use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::model::contact::{AddressKind, Card, ContactAddress, Via};

fn address(kind: AddressKind, value: &str) -> ContactAddress {
    ContactAddress {
        kind,
        value: value.to_owned(),
        ..ContactAddress::default()
    }
}

fn groups() -> Groups {
    Groups::new([
        ("contactGroups/1".to_owned(), "Team".to_owned()),
        ("contactGroups/2".to_owned(), "Chess".to_owned()),
    ])
}

/// As the provider tells it: with sources, forms of its own, and a public profile mixed in.
fn ada() -> Value {
    let contact = json!({ "source": { "type": "CONTACT", "id": "1" } });
    let first = json!({ "source": { "type": "CONTACT", "id": "1" }, "primary": true });
    let profile = json!({ "source": { "type": "PROFILE", "id": "9" } });
    json!({
        "resourceName": "people/c1",
        "etag": "%E",
        "metadata": { "sources": [{ "type": "CONTACT", "id": "1", "etag": "#c" }, { "type": "PROFILE", "id": "9" }] },
        "names": [
            { "metadata": contact, "displayName": "Ada Lovelace", "givenName": "Ada", "familyName": "Lovelace",
              "displayNameLastFirst": "Lovelace, Ada", "unstructuredName": "Ada Lovelace" },
            { "metadata": profile, "displayName": "Countess Ada" },
        ],
        "emailAddresses": [
            { "metadata": contact, "value": "home@example.com", "type": "home", "formattedType": "Home" },
            { "metadata": first, "value": "ada@example.com", "type": "work", "displayName": "Ada at work" },
            { "metadata": profile, "value": "public@example.com" },
        ],
        "phoneNumbers": [{ "metadata": first, "value": "(415) 555-0100", "canonicalForm": "+14155550100", "type": "mobile" }],
        "imClients": [
            { "metadata": contact, "protocol": "skype", "username": "ada.l" },
            { "metadata": contact, "protocol": "Slack", "username": "U012ABC" },
        ],
        "memberships": [
            { "metadata": contact, "contactGroupMembership": { "contactGroupResourceName": "contactGroups/myContacts" } },
            { "metadata": contact, "contactGroupMembership": { "contactGroupResourceName": "contactGroups/starred" } },
            { "metadata": contact, "contactGroupMembership": { "contactGroupResourceName": "contactGroups/1" } },
        ],
        "organizations": [{ "metadata": contact, "name": "Analytical Engines", "title": "Countess", "department": "Cards" }],
        "birthdays": [{ "metadata": contact, "date": { "year": 1815, "month": 12, "day": 10 }, "text": "12/10/1815" }],
        "userDefined": [{ "metadata": contact, "key": "shoe size", "value": "37" }],
        "relations": [{ "metadata": contact, "person": "Byron", "type": "father" }],
    })
}

#[test]
fn a_contact_is_read_without_what_its_public_profile_says() {
    let card = read(&ada(), &groups());
    assert_eq!(card.name, "Ada Lovelace");
    let addresses: Vec<_> = card.addresses.iter().map(|a| a.value.as_str()).collect();
    let wanted = [
        "ada@example.com",
        "home@example.com",
        "+14155550100",
        "U012ABC",
    ];
    assert_eq!(addresses, wanted);
    assert_eq!(card.groups, ["Team"]);
    assert_eq!(card.birthday.as_deref(), Some("1815-12-10"));
    assert_eq!(card.organization.as_deref(), Some("Analytical Engines"));
}

#[test]
fn a_card_that_says_the_same_changes_nothing() {
    let card = read(&ada(), &groups());
    let (person, changed) = write(&card, Some(&ada()), &groups());
    assert!(changed.is_empty(), "{changed:?}");
    assert_eq!(person, ada());
}

#[test]
fn a_change_keeps_what_a_card_can_not_hold() {
    let mut card = read(&ada(), &groups());
    card.addresses.retain(|a| a.value != "home@example.com");
    card.addresses.push(address(AddressKind::Chat, "users/1"));
    card.groups = vec!["chess".to_owned()];
    card.title = Some("Programmer".to_owned());
    card.zone = Some("Europe/London".to_owned());
    card.preferred = Some(Via::Slack);
    let (person, changed) = write(&card, Some(&ada()), &groups());
    let wanted = [
        "organizations",
        "emailAddresses",
        "imClients",
        "memberships",
        "userDefined",
    ];
    assert_eq!(changed, wanted);
    assert_eq!(person["emailAddresses"].as_array().unwrap().len(), 1);
    assert_eq!(person["emailAddresses"][0]["displayName"], "Ada at work");
    assert_eq!(person["organizations"][0]["department"], "Cards");
    let protocols = person["imClients"].as_array().unwrap().iter();
    let protocols: Vec<_> = protocols.map(|i| i["protocol"].as_str().unwrap()).collect();
    assert_eq!(protocols, ["Slack", "chat", "skype"]);
    let ids = person["memberships"].as_array().unwrap().iter();
    let ids: Vec<_> = ids.map(|m| read::group_of(m).unwrap()).collect();
    let wanted = [
        "contactGroups/myContacts",
        "contactGroups/starred",
        "contactGroups/2",
    ];
    assert_eq!(ids, wanted);
    assert_eq!(person["userDefined"][0]["key"], "shoe size");
    assert_eq!(person["relations"], ada()["relations"]);
    let again = read(&person, &groups());
    assert_eq!(again.zone.as_deref(), Some("Europe/London"));
    assert_eq!(again.preferred, Some(Via::Slack));
}

#[test]
fn a_name_given_as_a_whole_is_taken_apart_by_the_provider() {
    let mut card = read(&ada(), &groups());
    card.name = "Augusta Ada King".to_owned();
    let (person, changed) = write(&card, Some(&ada()), &groups());
    assert_eq!(changed, ["names"]);
    assert_eq!(person["names"].as_array().unwrap().len(), 1);
    assert_eq!(person["names"][0]["unstructuredName"], "Augusta Ada King");
    assert!(person["names"][0].get("givenName").is_none());
    // The other order of the same parts is none of Google's business.
    card.name = "Lovelace, Ada".to_owned();
    assert!(write(&card, Some(&ada()), &groups()).1.is_empty());
    card.family = Some("King".to_owned());
    let (person, _) = write(&card, Some(&ada()), &groups());
    assert_eq!(person["names"][0]["familyName"], "King");
    assert!(person["names"][0].get("unstructuredName").is_none());
}

#[test]
fn a_new_contact_is_one_that_its_owner_sees() {
    let card = Card {
        name: "Ada".to_owned(),
        ..Card::default()
    };
    let (person, changed) = write(&card, None, &groups());
    assert_eq!(changed, ["names", "memberships"]);
    assert_eq!(read::group_of(&person["memberships"][0]), Some(MY_CONTACTS));
}

#[test]
fn a_field_may_be_emptied() {
    let (person, changed) = write(&Card::default(), Some(&ada()), &groups());
    assert_eq!(changed.len(), 7, "{changed:?}");
    for field in ["names", "emailAddresses", "phoneNumbers", "birthdays"] {
        assert_eq!(person[field], json!([]), "{field}");
    }
    assert_eq!(person["imClients"].as_array().unwrap().len(), 1);
    assert_eq!(person["memberships"].as_array().unwrap().len(), 2);
}

#[test]
fn days_come_with_and_without_a_year_or_as_words() {
    for written in ["1815-12-10", "--12-10", "in winter", "1815"] {
        let card = Card {
            birthday: Some(written.to_owned()),
            ..Card::default()
        };
        let (person, _) = write(&card, None, &groups());
        assert_eq!(read(&person, &groups()).birthday.as_deref(), Some(written));
    }
}

#[test]
fn a_mark_is_found_again_beside_what_others_wrote() {
    let mut person = json!({ "clientData": [{ "key": "other", "value": "1" }] });
    assert_eq!(mark(&person), None);
    set_mark(&mut person, Some("c9"));
    set_mark(&mut person, Some("c9-2"));
    assert_eq!(mark(&person), Some("c9-2"));
    assert_eq!(person["clientData"].as_array().unwrap().len(), 2);
    set_mark(&mut person, None);
    assert_eq!(mark(&person), None);
}

/// The order in which Google tells addresses; that one is the primary one it tells by the order.
fn told(card: &Card) -> Card {
    let mut addresses = Vec::new();
    let chats = [AddressKind::Whatsapp, AddressKind::Slack, AddressKind::Chat];
    for kind in [AddressKind::Email, AddressKind::Phone]
        .into_iter()
        .chain(chats)
    {
        addresses.extend(card.of_kind(kind).map(|address| ContactAddress {
            primary: false,
            ..address.clone()
        }));
    }
    let parts = read::spelled(card);
    Card {
        name: match parts.is_empty() {
            true => card.name.clone(),
            false => parts,
        },
        addresses,
        ..card.clone()
    }
}

#[test]
fn a_kept_person_says_all_by_itself_and_wants_new_groups_by_name() {
    let kept = keep(ada(), &groups());
    let mut card = card(&kept);
    assert_eq!(card.groups, ["Team"]);
    card.groups = vec!["@Band".to_owned(), "team".to_owned()];
    let wanted = document(&card, (Some("c9"), Some(&kept)));
    assert_eq!(new_groups(&wanted), ["Band"]);
    let mut known = groups();
    known.add("contactGroups/7".to_owned(), "Band".to_owned());
    let sent = resolved(wanted, &known);
    assert_eq!(changed(&ada(), &sent), ["memberships", "clientData"]);
    assert_eq!(mark(&sent), Some("c9"));
    assert!(changed(&kept, &kept).is_empty());
    let again = super::card(&keep(sent, &known));
    assert_eq!(again.groups, ["Team", "Band"]);
    let called = Groups::new([("contactGroups/1".to_owned(), "Crew".to_owned())]);
    assert_eq!(
        super::card(&renamed(&kept, &called).unwrap()).groups,
        ["Crew"]
    );
    assert_eq!(renamed(&kept, &groups()), None);
}

fn word() -> impl Strategy<Value = String> {
    "[\\p{L}][\\p{L}\\p{N}'., -]{0,12}[\\p{L}]".prop_map(|text| text.trim().to_owned())
}

fn some_card() -> impl Strategy<Value = Card> {
    let label = || proptest::option::of(prop_oneof![Just("home".to_owned()), word()]);
    let account = proptest::option::of("[a-z0-9_-]{1,8}");
    let some = (0usize..5, word(), label(), account, any::<bool>());
    let some = some.prop_map(|(kind, value, label, account, primary)| ContactAddress {
        kind: AddressKind::ALL[kind],
        value,
        label,
        account: account.filter(|_| kind > 2),
        primary,
    });
    let names = proptest::collection::vec(proptest::option::of(word()), 7);
    let lists = (
        proptest::collection::vec(word(), 0..3),
        proptest::collection::vec(word(), 0..3),
        proptest::collection::vec(some, 0..6),
    );
    let rest = (
        proptest::option::of(word()),
        proptest::option::of(word()),
        proptest::option::of(prop_oneof![Just("--02-29".to_owned()), word()]),
        proptest::option::of(0usize..5),
        proptest::sample::subsequence(vec!["Team", "Chess"], 0..=2),
    );
    (word(), names, lists, rest).prop_map(
        |(name, mut names, (nicknames, urls, addresses), rest)| {
            let (organization, notes, birthday, via, groups) = rest;
            let mut card = Card {
                name,
                prefix: names.remove(0),
                given: names.remove(0),
                middle: names.remove(0),
                family: names.remove(0),
                suffix: names.remove(0),
                phonetic: names.remove(0),
                title: names.remove(0),
                nicknames,
                organization,
                preferred: via.map(|n| Via::ALL[n]),
                groups: groups.into_iter().map(str::to_owned).collect(),
                notes,
                birthday,
                urls,
                ..Card::default()
            };
            for address in addresses {
                let same =
                    |a: &ContactAddress| (a.kind, &a.value) == (address.kind, &address.value);
                if !card.addresses.iter().any(same) {
                    card.addresses.push(address);
                }
            }
            card
        },
    )
}

proptest! {
    #[test]
    fn a_card_comes_back_as_it_went(card in some_card()) {
        let (person, _) = write(&card, None, &groups());
        prop_assert_eq!(read(&person, &groups()), told(&card));
    }

    #[test]
    fn a_change_makes_the_one_card_of_the_other(from in some_card(), to in some_card()) {
        let (base, _) = write(&from, None, &groups());
        let (person, _) = write(&to, Some(&base), &groups());
        let now = read(&person, &groups());
        let (same, changed) = write(&to, Some(&person), &groups());
        prop_assert!(changed.is_empty() || changed == ["names"], "{:?} {}", changed, same);
        prop_assert_eq!(now.addresses, told(&to).addresses);
        prop_assert_eq!((now.notes, now.birthday, now.urls), (to.notes, to.birthday, to.urls));
    }
}
