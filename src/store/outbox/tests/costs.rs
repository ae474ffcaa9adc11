//! What providers say later, and what it costs: in any order, twice, and from several processes.

use super::*;
use crate::model::money::Money;
use crate::model::receive::{Reported, StatusNews};
use crate::rules::cost::Excess;

fn news(remote: &str, state: Reported) -> StatusNews {
    StatusNews {
        remote: remote.to_owned(),
        own: None,
        state,
        at: None,
        code: None,
        words: None,
        billed: None,
        segments: None,
        pricing: None,
    }
}

fn later(seconds: i64) -> Timestamp {
    Timestamp::from_second(now().as_second() + seconds).unwrap()
}

fn usd(text: &str) -> Money {
    format!("{text} USD").parse().unwrap()
}

/// An item under way to a phone, claimed and begun.
pub(super) fn begun(store: &Store, own: &str) -> (OutboxId, Owner) {
    let mut new = send(Some(own));
    new.items[0].channel = "twilio".to_owned();
    new.items[0].recipients.truncate(1);
    let ids = store.stage(new, now(), None).unwrap().unwrap();
    let owner = store.owner().unwrap();
    assert!(store.claim(ids[0], &owner, now()).unwrap());
    assert!(store.begin_sending(ids[0], &owner, &[0]).unwrap());
    (ids[0], owner)
}

pub(super) fn accept(store: &Store, id: OutboxId, owner: &Owner, remotes: &[&str]) -> State {
    for (n, remote) in remotes.iter().enumerate() {
        let part = Part {
            begins: n * 100,
            remote: (*remote).to_owned(),
        };
        store.part_sent(id, &part).unwrap();
    }
    let answer = Answer {
        state: RecipientState::Sent,
        code: None,
        words: "queued".to_owned(),
    };
    store.record_answers(id, owner, &[(0, answer)]).unwrap();
    let ending = Ending {
        outcome: "accepted".to_owned(),
        ..Ending::default()
    };
    store.settle(id, &ending, (owner, now())).unwrap().unwrap()
}

/// Every order of these.
fn orders<T: Clone>(all: &[T]) -> Vec<Vec<T>> {
    if all.len() < 2 {
        return vec![all.to_vec()];
    }
    let mut found = Vec::new();
    for n in 0..all.len() {
        let mut rest = all.to_vec();
        let first = rest.remove(n);
        for mut order in orders(&rest) {
            order.insert(0, first.clone());
            found.push(order);
        }
    }
    found
}

#[test]
fn a_part_in_doubt_that_is_found_lets_the_rest_go_in_the_same_step() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::at(dir.path());
    let (id, owner) = begun(&store, "k");
    let doubt = Answer {
        state: RecipientState::Unconfirmed,
        code: None,
        words: "no answer".to_owned(),
    };
    store.record_answers(id, &owner, &[(0, doubt)]).unwrap();
    let ending = Ending {
        outcome: "unknown".to_owned(),
        ..Ending::default()
    };
    let ended = store.settle(id, &ending, (&owner, now())).unwrap();
    assert_eq!(ended, Some(State::Unconfirmed));
    let part = Part {
        begins: 0,
        remote: "r1".to_owned(),
    };
    let tries = store.outbox_item(id).unwrap().tries;
    let found = |tries| {
        let rest = Some((tries, "the rest did not go yet"));
        store.part_found(id, (&part, rest), later(1)).unwrap();
        store.outbox_item(id).unwrap().state
    };
    assert_eq!(found(tries + 1), State::Unconfirmed, "tried again since");
    assert_eq!(found(tries), State::Ready);
    assert_eq!(store.parts(id).unwrap(), std::slice::from_ref(&part));
    assert_eq!(found(tries), State::Ready);
    let absent = store.outbox_attempts(id).unwrap();
    assert_eq!(absent.iter().filter(|a| a.outcome == "absent").count(), 1);
}

#[test]
fn reports_in_any_order_and_twice_come_to_the_same_end() {
    use Reported::*;
    for (said, wanted) in [
        (vec![Queued, Sent], State::Sent),
        (vec![Queued, Sent, Delivered], State::Delivered),
        (vec![Sent, Delivered, Read], State::Read),
        (vec![Queued, Sent, Undelivered], State::Undelivered),
        // Whoever has it in hand got it.
        (vec![Sent, Undelivered, Delivered], State::Delivered),
        (vec![Sent, Delivered, Sent, Read], State::Read),
    ] {
        for order in orders(&said) {
            // The send's own answer is written down before, between or after them.
            for answered in 0..=order.len() {
                let dir = tempfile::tempdir().unwrap();
                let store = Store::at(dir.path());
                let (id, owner) = begun(&store, "a");
                for (n, state) in order.iter().enumerate() {
                    if n == answered {
                        accept(&store, id, &owner, &["SM1"]);
                    }
                    for _ in 0..2 {
                        store
                            .report("work", &news("SM1", *state), later(5))
                            .unwrap();
                    }
                }
                if answered == order.len() {
                    accept(&store, id, &owner, &["SM1"]);
                }
                let item = store.outbox_item(id).unwrap();
                assert_eq!(item.state, wanted, "{order:?} answered {answered}");
                let arrived = matches!(wanted, State::Delivered | State::Read);
                assert_eq!(item.delivered_at.is_some(), arrived);
                assert_eq!(item.read_at.is_some(), wanted == State::Read);
                assert_eq!(item.error.is_some(), wanted == State::Undelivered);
            }
        }
    }
}

#[test]
fn an_item_arrived_when_all_its_parts_did_and_is_lost_when_one_is() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::at(dir.path());
    let (id, owner) = begun(&store, "a");
    let state = accept(&store, id, &owner, &["SM1", "SM2"]);
    assert_eq!(state, State::Sent);
    let tell = |news: &StatusNews| store.report("work", news, later(9)).unwrap();
    assert_eq!(
        tell(&news("SM1", Reported::Delivered)).state,
        Some(State::Sent)
    );
    // Another account's message of the same id is not ours.
    let foreign = store
        .report("other", &news("SM2", Reported::Delivered), later(9))
        .unwrap();
    assert_eq!(foreign.item, None);
    assert_eq!(
        tell(&news("SM2", Reported::Delivered)).state,
        Some(State::Delivered)
    );

    let (id, owner) = begun(&store, "b");
    accept(&store, id, &owner, &["SM3", "SM4"]);
    tell(&news("SM3", Reported::Delivered));
    let lost = StatusNews {
        code: Some("30003".to_owned()),
        words: Some("the phone is switched off or out of reach".to_owned()),
        ..news("SM4", Reported::Undelivered)
    };
    assert!(tell(&lost).is_new);
    assert!(!tell(&lost).is_new);
    let item = store.outbox_item(id).unwrap();
    assert_eq!(item.state, State::Undelivered);
    assert_eq!(
        item.error.as_deref(),
        Some("the phone is switched off or out of reach (30003)")
    );
    assert_eq!(item.delivered_at, None);
}

#[test]
fn the_price_of_a_later_report_is_kept_and_none_takes_it_away() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::at(dir.path());
    let priced = StatusNews {
        billed: Some(usd("0.0075")),
        segments: Some(1),
        ..news("SM1", Reported::Sent)
    };
    store.report("work", &priced, later(1)).unwrap();
    let unpriced = StatusNews {
        segments: Some(0),
        ..news("SM1", Reported::Delivered)
    };
    store.report("work", &unpriced, later(2)).unwrap();
    let report = store.report_of("work", "SM1").unwrap().unwrap();
    assert_eq!(report.billed, Some(usd("0.0075")));
    assert_eq!(report.segments, Some(1));
    assert_eq!(report.state, Reported::Delivered);
}

fn tariff(units: u32, price: Option<&str>) -> Tariff {
    Tariff {
        part: 0,
        provider: "twilio".to_owned(),
        country: Some("DE".to_owned()),
        kind: "sms".to_owned(),
        units,
        price: price.map(usd),
        allowance: 0,
    }
}

fn ready(store: &Store, own: &str) -> OutboxId {
    let mut new = send(Some(own));
    new.items[0].recipients.truncate(1);
    let id = store.stage(new, now(), None).unwrap().unwrap()[0];
    let owner = store.owner().unwrap();
    assert!(store.claim(id, &owner, now()).unwrap());
    id
}

fn pass(store: &Store, id: OutboxId, tariff: Tariff, most: &str) -> Option<Excess> {
    let cap = Cap {
        purse: Purse::Account("work"),
        most: usd(most),
    };
    store
        .pass_caps(id, (&[tariff], &[cap]), (now(), now()))
        .unwrap()
        .map(|(_, excess)| excess)
}

#[test]
fn what_passed_counts_before_it_is_sent_and_what_did_not_leave_counts_no_more() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::at(dir.path());
    let (a, b) = (ready(&store, "a"), ready(&store, "b"));
    assert_eq!(pass(&store, a, tariff(6, Some("0.1")), "1"), None);
    // Asked again, it does not count itself.
    assert_eq!(pass(&store, a, tariff(6, Some("0.1")), "1"), None);
    assert_eq!(
        pass(&store, b, tariff(5, Some("0.1")), "1"),
        Some(Excess::Over)
    );
    assert_eq!(pass(&store, b, tariff(1, None), "1"), Some(Excess::Unknown));
    let spent = |store: &Store| {
        let cap = Cap {
            purse: Purse::Origin("script"),
            most: usd("1"),
        };
        store.spent(cap, now()).unwrap().micros
    };
    assert_eq!(spent(&store), 600_000);
    store.put_off(a, (later(60), "a budget"), now()).unwrap();
    assert_eq!(spent(&store), 0);
    assert_eq!(pass(&store, b, tariff(5, Some("0.1")), "1"), None);
    assert_eq!(spent(&store), 500_000);
}

#[test]
fn what_was_billed_counts_in_the_place_of_what_was_estimated() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::at(dir.path());
    let (id, owner) = begun(&store, "a");
    let cap = Cap {
        purse: Purse::Account("work"),
        most: usd("1"),
    };
    let tariffs = [tariff(3, Some("0.1"))];
    store
        .pass_caps(id, (&tariffs, &[]), (now(), now()))
        .unwrap();
    accept(&store, id, &owner, &["SM1"]);
    assert_eq!(store.spent(cap, now()).unwrap().micros, 300_000);
    let billed = |money: Money| StatusNews {
        billed: Some(money),
        ..news("SM1", Reported::Delivered)
    };
    store.report("work", &billed(usd("0.2205")), now()).unwrap();
    assert_eq!(store.spent(cap, now()).unwrap().micros, 220_500);
    // A bill in another currency can't be compared: the estimate goes on counting.
    store
        .report("work", &billed("0.2 EUR".parse().unwrap()), now())
        .unwrap();
    assert_eq!(store.spent(cap, now()).unwrap().micros, 300_000);
    // Next month nothing is spent yet.
    assert_eq!(store.spent(cap, later(1)).unwrap().micros, 0);
}

#[test]
fn units_within_an_allowance_are_free_until_it_is_used_up() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::at(dir.path());
    let service = |part| Tariff {
        part,
        provider: "whatsapp".to_owned(),
        kind: "service".to_owned(),
        allowance: 3,
        ..tariff(1, Some("0.01"))
    };
    let a = ready(&store, "a");
    let both = [service(0), service(100)];
    store.pass_caps(a, (&both, &[]), (now(), now())).unwrap();
    let free: Vec<_> = store.charges(a).unwrap().iter().map(|c| c.free).collect();
    assert_eq!(free, [1, 1]);
    let b = ready(&store, "b");
    store.pass_caps(b, (&both, &[]), (now(), now())).unwrap();
    let cost: Vec<_> = store
        .charges(b)
        .unwrap()
        .iter()
        .map(|c| c.estimate.unwrap().to_string())
        .collect();
    assert_eq!(cost, ["0 USD", "0.01 USD"]);
}

#[test]
fn what_whatsapp_charges_nothing_for_counts_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::at(dir.path());
    let cap = Cap {
        purse: Purse::Account("work"),
        most: usd("1"),
    };
    let spent = || store.spent(cap, now()).unwrap().micros;
    for (n, (state, pricing, wanted)) in [
        (Reported::Delivered, None, 10_000),
        (
            Reported::Delivered,
            Some(serde_json::json!({"billable": true})),
            10_000,
        ),
        (
            Reported::Delivered,
            Some(serde_json::json!({"billable": false})),
            0,
        ),
        (Reported::Undelivered, None, 0),
    ]
    .into_iter()
    .enumerate()
    {
        let before = spent();
        let (id, owner) = begun(&store, &format!("{n}"));
        let tariffs = [Tariff {
            provider: "whatsapp".to_owned(),
            kind: "service".to_owned(),
            ..tariff(1, Some("0.01"))
        }];
        store
            .pass_caps(id, (&tariffs, &[]), (now(), now()))
            .unwrap();
        let remote = format!("wamid.{n}");
        accept(&store, id, &owner, &[&remote]);
        assert_eq!(spent(), before + 10_000);
        let told = StatusNews {
            pricing,
            ..news(&remote, state)
        };
        store.report("work", &told, now()).unwrap();
        assert_eq!(spent(), before + wanted, "{n}");
    }
}
