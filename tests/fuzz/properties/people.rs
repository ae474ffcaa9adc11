//! People as address books tell of them, and the words they are looked up by.

use comms::format::vcard::{self, Form, Read, Version};
use comms::format::{contacts_csv, multistatus};
use comms::model::contact::Card;
use comms::rules::people::{Affinity, Known, Person, Typed, duplicates, fold, keys, probes, rank};
use comms::rules::{contact, harvest};

use super::text_of;

/// Any bytes are vCards or faults with a line; a card says the same in each version, and after it was written twice.
pub fn vcard(data: &[u8]) {
    let all = vcard::read(data);
    let size: usize = all.iter().flatten().map(|read| read.document.len()).sum();
    // UTF-16 may become half as much again.
    assert!(size <= 2 * data.len() + 64);
    for read in all.iter().flatten().take(4) {
        told_again(read);
    }
    for fault in all.iter().filter_map(|one| one.as_ref().err()) {
        assert!(fault.line >= 1 && !fault.what.is_empty());
    }
}

fn told_again(read: &Read) {
    let card = &read.card;
    if *card == Card::default() {
        // A group that tells of its members alone.
        assert!(read.members.is_some());
        return;
    }
    assert!(!card.name.contains('\n'));
    // What it says is put into its own document: nothing changes.
    let same = vcard::write(card, Some(&read.document), &Form::default());
    assert_eq!(only(&same).card, *card, "put into its own document");
    for version in Version::ALL {
        let form = Form {
            version: Some(version),
            uid: Some("7a3d".to_owned()),
            rev: None,
        };
        let made = vcard::write(card, None, &form);
        let once = only(&made);
        assert_eq!(once.uid.as_deref(), Some("7a3d"));
        let twice = only(&vcard::write(&once.card, None, &form));
        assert_eq!(twice.card, once.card, "{version:?}");
        let within = vcard::write(&once.card, Some(&made), &form);
        assert_eq!(only(&within).card, once.card, "{version:?}");
    }
    contact::sorted(card);
    for address in &card.addresses {
        contact::key_of(address);
    }
}

fn only(document: &[u8]) -> Read {
    let mut all = vcard::read(document);
    assert_eq!(all.len(), 1, "{:?}", String::from_utf8_lossy(document));
    let last = all.pop().expect("there is one");
    last.unwrap_or_else(|fault| panic!("{}: {:?}", fault.what, String::from_utf8_lossy(document)))
}

/// Any bytes are a CSV file of contacts or an error; people who were read are written and read again.
pub fn csv(data: &[u8]) {
    let Ok(rows) = contacts_csv::rows(data) else {
        return;
    };
    let mut cards: Vec<Card> = Vec::new();
    for row in rows {
        match row.expect("reading from memory") {
            Ok(read) => cards.push(read.card),
            Err(fault) => assert!(!fault.what.is_empty()),
        }
    }
    if cards.is_empty() {
        return;
    }
    let again = |cards: &[Card]| -> Vec<Card> {
        let file = contacts_csv::write(cards);
        let rows = contacts_csv::rows(&file[..]).expect("our own headings are known");
        rows.map(|row| {
            row.expect("reading from memory")
                .expect("a card we wrote")
                .card
        })
        .collect()
    };
    let once = again(&cards);
    assert_eq!(once.len(), cards.len());
    assert_eq!(again(&once), once);
}

/// Names are compared with names: who was typed is found by it, the work is bounded, an order is an order.
pub fn lookup(data: &[u8]) {
    let text = &*text_of(data);
    let mut lines = text.split('\n');
    let typed = Typed::new(lines.next().unwrap_or_default());
    let mut people: Vec<Known> = Vec::new();
    let mut cards = Vec::new();
    for (n, line) in lines.take(6).enumerate() {
        let (name, address) = line.split_once('\t').unwrap_or((line, ""));
        let affinity = Affinity {
            contact: n % 2 == 0,
            sent: n as u32,
            ..Affinity::default()
        };
        let person = harvest::named(name, address, affinity);
        harvest::is_automated(address);
        harvest::form(address);
        people.push(Known::new(&person));
        cards.push(Card {
            name: name.to_owned(),
            nicknames: address.split('\t').map(str::to_owned).collect(),
            ..Card::default()
        });
        Person::of(cards.last().expect("just pushed"), affinity);
    }
    assert!(probes(&typed).len() <= 500);
    for person in &people {
        assert!(keys(person).len() <= 2_000);
    }
    let ranking = rank(&typed, &people);
    assert!(ranking.order.len() <= people.len());
    for place in 0..ranking.order.len() {
        assert!(ranking.order[place].scored.score <= 100);
        assert!(!ranking.why(place, &typed, &people).is_empty());
    }
    for word in fold::words(text) {
        assert!(word.forms().all(|form| !form.is_empty()));
    }
    let folded = fold::plain(text);
    assert_eq!(fold::plain(&folded), folded);
    for pair in duplicates::duplicates(&cards) {
        assert!(pair.first < pair.second && (50..=100).contains(&pair.confidence));
    }
}

/// What address book servers and mail providers publish as XML.
pub fn xml(data: &[u8]) {
    let text = &*text_of(data);
    if let Ok(answer) = multistatus::Multistatus::parse(text) {
        for response in &answer.responses {
            response.property("DAV:", "getetag");
        }
    }
    if let Ok(element) = multistatus::Element::parse(text) {
        element.text_of("DAV:", "href");
    }
    let escaped = multistatus::escaped(text);
    assert!(!escaped.contains(['<', '>']));
    let _ = comms::format::autoconfig::parse(data, "ada@example.com");
}
