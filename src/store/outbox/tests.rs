//! The outbox's own promises: claims, leases, keys and doubt.

mod costs;

use super::*;
use crate::model::outbox::Answer;

pub fn now() -> Timestamp {
    "2026-11-21T12:00:00Z".parse().unwrap()
}

pub fn send(key: Option<&str>) -> NewSend {
    let to = |email: &str| Recipient {
        place: Place::To,
        name: None,
        email: email.to_owned(),
        ..Recipient::default()
    };
    NewSend {
        key: key.map(str::to_owned),
        at_once: false,
        once: None,
        thread: None,
        origin: "script".to_owned(),
        asked_by: None,
        meanings: None,
        content_hash: [7; 32],
        items: vec![NewItem {
            account: "work".to_owned(),
            channel: "smtp".to_owned(),
            sender: "ada@example.com".to_owned(),
            subject: "hello".to_owned(),
            message_id: "x@example.com".to_owned(),
            own_id: format!("own-{key:?}"),
            attachments: "[]".to_owned(),
            raw: b"raw".to_vec(),
            state: State::Ready,
            held_by: None,
            next_at: None,
            file_copy: false,
            recipients: vec![to("bob@example.com"), to("eve@example.com")],
            charges: Vec::new(),
        }],
    }
}

#[test]
fn two_drains_never_take_the_same_item() {
    let dir = tempfile::tempdir().unwrap();
    let (one, two) = (Store::at(dir.path()), Store::at(dir.path()));
    one.stage(send(None), now(), None).unwrap().unwrap();
    let (mine, yours) = (one.owner().unwrap(), two.owner().unwrap());
    let (id, _) = one.claim_due(&mine, &[], now()).unwrap().unwrap();
    assert_eq!(two.claim_due(&yours, &[], now()).unwrap(), None);
    assert!(!two.begin_sending(id, &yours, &[0, 1]).unwrap());
    assert!(one.begin_sending(id, &mine, &[0, 1]).unwrap());
}

#[test]
fn an_item_whose_sender_died_is_in_doubt_and_never_due_again() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::at(dir.path());
    let owner = store.owner().unwrap();
    let id = store
        .stage(send(None), now(), Some(&owner))
        .unwrap()
        .unwrap()[0];
    assert!(store.begin_sending(id, &owner, &[0]).unwrap());
    assert!(store.sweep(now()).unwrap().is_empty());
    drop(owner);
    assert_eq!(store.sweep(now()).unwrap(), [id]);
    let item = store.outbox_item(id).unwrap();
    assert_eq!(item.state, State::Unconfirmed);
    assert_eq!(item.recipients[0].state, RecipientState::Unconfirmed);
    assert_eq!(item.recipients[1].state, RecipientState::Waiting);
    assert!(!store.has_due(now()).unwrap());
}

#[test]
fn a_claim_of_a_dead_process_is_free_again() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::at(dir.path());
    let owner = store.owner().unwrap();
    let id = store
        .stage(send(None), now(), Some(&owner))
        .unwrap()
        .unwrap()[0];
    drop(owner);
    assert!(store.sweep(now()).unwrap().is_empty());
    let other = store.owner().unwrap();
    let claimed = store.claim_due(&other, &[], now()).unwrap();
    assert_eq!(claimed.unwrap().0, id);
}

#[test]
fn who_does_not_know_of_an_account_neither_drains_nor_sweeps_it() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::at(dir.path());
    let dead = store.owner().unwrap();
    let begun = store
        .stage(send(Some("a")), now(), Some(&dead))
        .unwrap()
        .unwrap()[0];
    assert!(store.begin_sending(begun, &dead, &[0, 1]).unwrap());
    drop(dead);
    let due = store.stage(send(Some("b")), now(), None).unwrap().unwrap()[0];
    let other = store.twin();
    other.limit_to(Some(vec!["home".to_owned()]));
    let owner = other.owner().unwrap();
    assert!(other.sweep(now()).unwrap().is_empty());
    assert!(!other.has_due(now()).unwrap());
    assert_eq!(other.claim_due(&owner, &[], now()).unwrap(), None);
    assert_eq!(store.sweep(now()).unwrap(), [begun]);
    let claimed = store.claim_due(&owner, &[], now()).unwrap();
    assert_eq!(claimed.unwrap().0, due);
}

#[test]
fn a_key_is_taken_once() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::at(dir.path());
    let first = store.stage(send(Some("k")), now(), None).unwrap().unwrap();
    let again = store
        .stage(send(Some("k")), now(), None)
        .unwrap()
        .unwrap_err();
    let Known::Keyed(again) = again else {
        panic!("{again:?}")
    };
    assert_eq!(again.items, first);
}

#[test]
fn only_those_who_wait_are_given_up() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::at(dir.path());
    let owner = store.owner().unwrap();
    let id = store
        .stage(send(None), now(), Some(&owner))
        .unwrap()
        .unwrap()[0];
    store.begin_sending(id, &owner, &[0, 1]).unwrap();
    let answer = |state| Answer {
        state,
        code: Some(250),
        words: "ok".to_owned(),
    };
    store
        .record_answers(
            id,
            &owner,
            &[
                (0, answer(RecipientState::Sent)),
                (1, answer(RecipientState::Waiting)),
            ],
        )
        .unwrap();
    let later = Ending {
        next_at: Some(now()),
        ..Ending::default()
    };
    let by = (&owner, now());
    assert_eq!(store.settle(id, &later, by).unwrap(), Some(State::Ready));
    // Who gave the lease back has nothing to say any more.
    assert_eq!(store.settle(id, &Ending::default(), by).unwrap(), None);
    assert!(store.claim(id, &owner, now()).unwrap());
    assert_eq!(
        store.settle(id, &Ending::default(), by).unwrap(),
        Some(State::Sent)
    );
    let states: Vec<_> = store.outbox_item(id).unwrap().recipients;
    assert_eq!(states[1].state, RecipientState::Failed);
}

#[test]
fn what_was_sent_later_is_known_by_account_and_address_alone() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::at(dir.path());
    let sent = |own: &str, parts: &[&str]| {
        let (id, owner) = costs::begun(&store, own);
        costs::accept(&store, id, &owner, parts);
        (id, format!("own-{:?}", Some(own)))
    };
    let elsewhere = |id: OutboxId, sql: &str| {
        let db = store.main().unwrap();
        assert_eq!(db.execute(sql, [id.0]).unwrap(), 1);
    };
    sent("before", &["SM1"]);
    let (doubtful, _) = costs::begun(&store, "in doubt");
    let to_bob = sent("to bob", &["SM2", "SM3"]);
    let to_eve = sent("to eve", &["SM4"]);
    elsewhere(
        to_eve.0,
        "UPDATE recipients SET email = 'eve@example.com' WHERE item = ?1",
    );
    let (other, _) = sent("of another account", &["SM5"]);
    elsewhere(other, "UPDATE items SET account = 'home' WHERE id = ?1");
    sent("without an id of its provider", &[]);
    costs::begun(&store, "under way");

    let item = store.outbox_item(doubtful).unwrap();
    let all = store.sent_after(&item, None).unwrap();
    assert_eq!(all, [to_bob.clone(), to_eve]);
    let there = store.sent_after(&item, Some("bob@example.com")).unwrap();
    assert_eq!(there, [to_bob]);
}
