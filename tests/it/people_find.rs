//! The name table through the store and its index: the right one first, and never a wrong one silently.

use std::collections::HashMap;
use std::sync::Arc;

use comms::clock::Clock;
use comms::config::Config;
use comms::config::flags::{Environment, GlobalFlags};
use comms::model::account::ChannelKind;
use comms::model::address::Address;
use comms::model::contact::{AddressKind, Card, Verdict};
use comms::model::message::{Flags, Ident, NewMessage, Parsed, Raw, Role};
use comms::ops::App;
use comms::ops::contacts::find::find;
use comms::secret::Vault;
use comms::store::Store;

use crate::support::people::{at, mail};
use crate::support::{NOW, World};

const OWNER: &str = "owner@home.example";

fn app(world: &World) -> App {
    let config = Config::without_file(
        &GlobalFlags::default(),
        &Environment::of([("HOME", world.dir().to_str().unwrap())]),
    )
    .unwrap();
    App {
        store: Store::at(&world.home()).owned_by([OWNER].into_iter()),
        vault: Vault::new(config.secrets.clone()),
        config,
        clock: Clock::fixed(NOW.parse().unwrap(), jiff::tz::TimeZone::UTC),
        progress: Arc::new(|_| {}),
        notice: Arc::new(|_| {}),
        crowd: None,
    }
}

/// A message of the owner to someone, or of someone to the owner.
fn message(n: usize, who: (&str, &str), sent: bool) -> NewMessage {
    let them = vec![Address::new(Some(who.0), who.1)];
    let owner = vec![Address::new(None, OWNER)];
    let (from, to) = if sent { (owner, them) } else { (them, owner) };
    let mut hash = [0; 16];
    hash[..8].copy_from_slice(&n.to_le_bytes());
    NewMessage {
        account: "local".into(),
        channel: ChannelKind::Maildir,
        folder: if sent { "Sent" } else { "INBOX" }.into(),
        role: if sent { Role::Sent } else { Role::Inbox },
        ident: Ident::Content(hash),
        size_bytes: 1,
        received_at: NOW.parse().unwrap(),
        raw: Raw::Bytes(vec![b'x']),
        flags: Flags::default(),
        labels: Vec::new(),
        parsed: Parsed {
            from,
            to,
            ..Parsed::default()
        },
    }
}

fn table(name: &str) -> Vec<HashMap<String, String>> {
    let path = format!("{}/tests/fixtures/names/{name}", env!("CARGO_MANIFEST_DIR"));
    let mut rows = csv::Reader::from_path(path).unwrap();
    rows.deserialize().map(Result::unwrap).collect()
}

fn list(text: &str) -> Vec<String> {
    let parts = text.split(';').filter(|part| !part.is_empty());
    parts.map(str::to_owned).collect()
}

/// Everybody of the table, each as the table says that they are known; gives who is who.
fn everybody(world: &World, app: &App) -> HashMap<String, String> {
    let (mut names, mut messages, mut cards) = (HashMap::new(), Vec::new(), Vec::new());
    for row in table("people.csv") {
        let addresses = list(&row["addresses"]);
        let sent: usize = row["sent"].parse().unwrap_or(0);
        let first = addresses.first().cloned().unwrap_or_default();
        for _ in 0..sent {
            messages.push(message(messages.len(), ("", &first), true));
        }
        if row["known"] == "contact" {
            let some = |text: &String| (!text.is_empty()).then(|| text.clone());
            cards.push((
                row["id"].clone(),
                Card {
                    nicknames: list(&row["nicknames"]),
                    phonetic: some(&row["phonetic"]),
                    organization: some(&row["organization"]),
                    addresses: addresses
                        .iter()
                        .map(|a| at(AddressKind::Email, a))
                        .collect(),
                    ..mail(&row["name"], "")
                },
            ));
        } else {
            for address in &addresses {
                messages.push(message(messages.len(), (&row["name"], address), false));
                names.insert(address.to_lowercase(), row["id"].clone());
            }
        }
    }
    let ids = world.know(cards.iter().map(|(_, card)| card.clone()));
    for ((name, _), id) in cards.into_iter().zip(ids) {
        names.insert(id.to_string(), name);
    }
    app.store.add(messages).unwrap();
    names
}

#[test]
fn the_table_of_names_stands_through_the_index() {
    let world = World::new();
    let app = app(&world);
    let names = everybody(&world, &app);
    let (mut promised, mut first, mut wrong, mut missed) = (0, 0, Vec::new(), Vec::new());
    for row in table("by_hand.csv")
        .into_iter()
        .chain(table("by_script.csv"))
    {
        let typed = &row["typed"];
        let found = find(&app, typed, 5).unwrap();
        let best = found.candidates.first().map(|c| match c.contact {
            Some(id) => names[&id.to_string()].clone(),
            None => names[&c.address.clone().unwrap().to_lowercase()].clone(),
        });
        let expected = list(&row["expected"]);
        let right = best.as_ref().is_some_and(|best| expected.contains(best));
        let clear = found.verdict == Verdict::Clear;
        if clear && (!right && row["expected"] != "-" || row["verdict"] == "ask") {
            wrong.push(format!("{typed} -> {best:?}"));
        }
        if row["expected"] != "-" {
            promised += 1;
            first += usize::from(right);
            if !right {
                missed.push(format!("{typed} -> {best:?}, not {expected:?}"));
            }
        }
        if row["verdict"] == "clear" && !(clear && right) {
            missed.push(format!("{typed} is not clear"));
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    assert!(promised >= 300);
    assert!(
        first * 100 >= promised * 95,
        "{first} of {promised}: {missed:#?}"
    );
    println!("{first} of {promised} first; {missed:#?}");
}

#[test]
fn one_who_was_found_may_change_before_the_letter_is_written() {
    let world = World::new();
    let app = app(&world);
    let ids = world.know([mail("Ada Lovelace", "ada@example.com")]);
    let found = find(&app, "ada lovelace", 5).unwrap();
    assert_eq!(found.candidates[0].contact, Some(ids[0]));
    assert_eq!(found.verdict, Verdict::Clear);
    world.change(ids[0], None);
    let gone = find(&app, "ada lovelace", 5).unwrap();
    assert_eq!((gone.verdict, gone.candidates.len()), (Verdict::Nobody, 0));
    for odd in [
        "",
        " ",
        "\0",
        "c99",
        "@",
        "=",
        "^a",
        "~x",
        ".al",
        "%",
        "\u{1b}[2J",
    ] {
        assert_eq!(
            find(&app, odd, 5).unwrap().verdict,
            Verdict::Nobody,
            "{odd:?}"
        );
    }
    find(&app, &"ada ".repeat(100_000), 5).unwrap();
}
