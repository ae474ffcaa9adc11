//! What a merge keeps, whatever both sides did.

use proptest::prelude::*;

use super::*;
use crate::model::contact::Via;

fn email(value: &str) -> ContactAddress {
    ContactAddress {
        value: value.to_owned(),
        ..ContactAddress::default()
    }
}

fn ada() -> Card {
    Card {
        name: "Ada Lovelace".to_owned(),
        given: Some("Ada".to_owned()),
        family: Some("Lovelace".to_owned()),
        addresses: vec![email("ada@example.com")],
        notes: Some("Analytical".to_owned()),
        ..Card::default()
    }
}

fn merged(base: &Card, here: &Card, there: &Card) -> Merged {
    let side = |now| Side { now, base };
    merge(side(here), side(there), (Winner::Here, "work"))
}

#[test]
fn changes_of_different_fields_come_together() {
    let here = Card {
        title: Some("Countess".to_owned()),
        ..ada()
    };
    let there = Card {
        birthday: Some("1815-12-10".to_owned()),
        ..ada()
    };
    let m = merged(&ada(), &here, &there);
    assert_eq!(m.here, m.there);
    assert_eq!(m.here.title.as_deref(), Some("Countess"));
    assert_eq!(m.here.birthday.as_deref(), Some("1815-12-10"));
    assert!(m.lost.is_empty());
}

#[test]
fn of_two_changes_of_a_field_the_winners_stays_and_the_other_is_told() {
    let here = Card {
        notes: Some("here".to_owned()),
        ..ada()
    };
    let there = Card {
        notes: Some("there".to_owned()),
        ..ada()
    };
    let base = ada();
    let m = merged(&base, &here, &there);
    assert_eq!(m.there.notes.as_deref(), Some("here"));
    assert_eq!(
        (m.lost[0].value.as_str(), m.lost[0].side.as_str()),
        ("there", "work")
    );
    let side = |now| Side { now, base: &base };
    let m = merge(side(&here), side(&there), (Winner::There, "work"));
    assert_eq!(m.here.notes.as_deref(), Some("there"));
    assert_eq!(
        (m.lost[0].value.as_str(), m.lost[0].side.as_str()),
        ("here", "here")
    );
}

#[test]
fn lists_take_what_each_side_added_and_drop_what_each_took_out() {
    let base = Card {
        addresses: vec![
            email("a@x.example"),
            email("b@x.example"),
            email("c@x.example"),
        ],
        ..ada()
    };
    let here = Card {
        addresses: vec![
            email("b@x.example"),
            email("c@x.example"),
            email("new@here.example"),
        ],
        ..ada()
    };
    let there = Card {
        addresses: vec![
            email("A@X.example"),
            email("b@x.example"),
            email("new@there.example"),
        ],
        ..ada()
    };
    let m = merged(&base, &here, &there);
    let values = |card: &Card| -> Vec<String> {
        let mut all: Vec<_> = card.addresses.iter().map(|a| a.value.clone()).collect();
        all.sort();
        all
    };
    // The other spelling of `a` is an edit, and that wins over its deletion.
    assert_eq!(
        values(&m.here),
        [
            "A@X.example",
            "b@x.example",
            "new@here.example",
            "new@there.example"
        ]
    );
    assert_eq!(values(&m.there), values(&m.here));
}

#[test]
fn a_name_is_not_put_together_of_two() {
    let here = Card {
        name: "Ada Byron".to_owned(),
        family: Some("Byron".to_owned()),
        ..ada()
    };
    let there = Card {
        name: "Augusta Lovelace".to_owned(),
        given: Some("Augusta".to_owned()),
        ..ada()
    };
    let m = merged(&ada(), &here, &there);
    assert_eq!(m.here.name, "Ada Byron");
    assert_eq!(m.here.given.as_deref(), Some("Ada"));
    assert_eq!(m.there, m.here);
    assert!(m.lost.iter().any(|l| l.value == "Augusta Lovelace"));
}

#[test]
fn what_a_source_cannot_hold_is_not_deleted_there() {
    let slack = ContactAddress {
        kind: AddressKind::Slack,
        value: "U1".to_owned(),
        ..ContactAddress::default()
    };
    let here = Card {
        preferred: Some(Via::Slack),
        addresses: vec![email("ada@example.com"), slack.clone()],
        ..ada()
    };
    let there_before = ada();
    let there = Card {
        title: Some("Countess".to_owned()),
        ..ada()
    };
    let m = merge(
        Side {
            now: &here,
            base: &here,
        },
        Side {
            now: &there,
            base: &there_before,
        },
        (Winner::Here, "work"),
    );
    assert!(m.here.addresses.contains(&slack));
    assert_eq!(m.here.preferred, Some(Via::Slack));
    assert_eq!(m.here.title.as_deref(), Some("Countess"));
    assert_eq!(m.there, there);
}

#[test]
fn two_who_meet_for_the_first_time_fill_each_other() {
    let here = Card {
        name: "Ada Lovelace".to_owned(),
        addresses: vec![email("ada@example.com")],
        ..Card::default()
    };
    let mut there = ada();
    there.addresses[0].label = Some("home".to_owned());
    let m = merged(&Card::default(), &here, &there);
    assert_eq!(m.here, there);
    assert_eq!(m.there, there);
    assert!(m.lost.is_empty(), "{:?}", m.lost);
}

#[test]
fn an_edit_wins_over_a_deletion() {
    let here = Card {
        notes: None,
        ..ada()
    };
    let there = Card {
        notes: Some("edited".to_owned()),
        ..ada()
    };
    let m = merged(&ada(), &here, &there);
    assert_eq!(m.here.notes.as_deref(), Some("edited"));
    let m = merged(&ada(), &there, &here);
    assert_eq!(m.there.notes.as_deref(), Some("edited"));
}

fn text() -> impl Strategy<Value = Option<String>> {
    prop_oneof![Just(None), "[ab]{1,2}".prop_map(Some)]
}

fn address() -> impl Strategy<Value = ContactAddress> {
    (
        prop_oneof![Just(AddressKind::Email), Just(AddressKind::Phone)],
        prop_oneof!["[abAB]@x", "\\+1415555010[0-3]", "555 010[0-1]"],
        text(),
        any::<bool>(),
    )
        .prop_map(|(kind, value, label, primary)| ContactAddress {
            kind,
            value,
            label,
            account: None,
            primary,
        })
}

fn card() -> impl Strategy<Value = Card> {
    let words = || prop::collection::vec("[abAB]{1,2}", 0..3);
    (
        ("[ab]{0,2}", text(), text(), text()),
        (words(), words(), words()),
        prop::collection::vec(address(), 0..4),
        (
            text(),
            text(),
            prop_oneof![Just(None), Just(Some(Via::Email)), Just(Some(Via::Sms))],
        ),
    )
        .prop_map(
            |((name, given, family, notes), (nicknames, groups, urls), addresses, rest)| Card {
                name,
                given,
                family,
                notes,
                nicknames,
                groups,
                urls,
                addresses,
                organization: rest.0,
                birthday: rest.1,
                preferred: rest.2,
                ..Card::default()
            },
        )
}

/// All that a card says, each value under what it means.
fn values(card: &Card) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for (n, part) in name_parts(card).into_iter().enumerate() {
        all.extend(part.map(|part| (NAME[n].to_owned(), part.trim().to_owned())));
    }
    for (field, value) in [
        ("notes", &card.notes),
        ("organization", &card.organization),
        ("birthday", &card.birthday),
    ] {
        all.extend(value.as_ref().map(|v| (field.to_owned(), v.clone())));
    }
    all.extend(
        card.preferred
            .map(|v| ("preferred".to_owned(), v.name().to_owned())),
    );
    let words = |field: &str, words: &[String]| -> Vec<(String, String)> {
        words
            .iter()
            .map(|w| (field.to_owned(), w.to_lowercase()))
            .collect()
    };
    all.extend(words("nicknames", &card.nicknames));
    all.extend(words("groups", &card.groups));
    all.extend(card.urls.iter().map(|w| ("urls".to_owned(), w.clone())));
    all.extend(
        card.addresses
            .iter()
            .map(|a| (a.kind.name().to_owned(), key_of(a))),
    );
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn what_was_merged_stays_as_it_is(base in card(), here in card(), there in card(), won in any::<bool>()) {
        let winner = if won { Winner::Here } else { Winner::There };
        let m = merge(
            Side { now: &here, base: &base },
            Side { now: &there, base: &base },
            (winner, "work"),
        );
        let again = merge(
            Side { now: &m.here, base: &m.here },
            Side { now: &m.there, base: &m.there },
            (winner, "work"),
        );
        prop_assert_eq!(&again.here, &m.here);
        prop_assert_eq!(&again.there, &m.there);
        prop_assert!(again.lost.is_empty());
        // And one who only listens loses nothing of what it has.
        let heard = merge(
            Side { now: &m.here, base: &m.here },
            Side { now: &m.there, base: &there },
            (winner, "work"),
        );
        prop_assert_eq!(values(&heard.here).len() >= values(&m.here).len(), true);
    }

    #[test]
    fn no_value_is_lost_that_nobody_took_out(base in card(), here in card(), there in card(), won in any::<bool>()) {
        let winner = if won { Winner::Here } else { Winner::There };
        let m = merge(
            Side { now: &here, base: &base },
            Side { now: &there, base: &base },
            (winner, "work"),
        );
        let (was, is_here, is_there) = (values(&base), values(&here), values(&there));
        let mut kept = values(&m.here);
        kept.extend(values(&m.there));
        let told: Vec<String> = m.lost.iter().map(|l| l.value.trim().to_owned()).collect();
        for value in is_here.iter().chain(&is_there) {
            let taken_out = was.contains(value) && (!is_here.contains(value) || !is_there.contains(value));
            prop_assert!(
                taken_out || kept.contains(value) || told.contains(&value.1),
                "{value:?} of {here:?} and {there:?} is not in {m:?}"
            );
        }
    }

    #[test]
    fn a_side_that_did_nothing_takes_all_of_the_other(base in card(), there in card()) {
        let m = merge(
            Side { now: &base, base: &base },
            Side { now: &there, base: &base },
            (Winner::Here, "work"),
        );
        prop_assert_eq!(&m.there, &there);
        prop_assert!(m.lost.is_empty());
        let mut got = values(&m.here);
        let mut wanted = values(&there);
        got.sort();
        wanted.sort();
        prop_assert_eq!(got, wanted);
    }
}
