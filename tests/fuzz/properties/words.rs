//! What people type in one line: queries, addresses, numbers, times, ids, amounts.

use std::str::FromStr;
use std::sync::OnceLock;

use comms::format::mime;
use comms::model::account::ChannelKind;
use comms::model::budget::Rate;
use comms::model::id::{ContactId, MessageId};
use comms::model::message::{Flags, Ident, NewMessage, Raw, Role};
use comms::model::money::Money;
use comms::model::query::Sort;
use comms::model::time::{self, Direction};
use comms::ops::feed::Cursor;
use comms::rules::contact::read as contact;
use comms::rules::{
    address as addresses, directory, optout, phone, policy, query as queries, retry, route,
};
use comms::store::Store;
use jiff::Timestamp;

use super::{is_clean, now, text_of};

/// Any text is a query or an error that says why; what is a query is answered, never with a fault of the store.
pub fn query(data: &[u8]) {
    // Longer ones are refused unread.
    let text = &*text_of(&data[..data.len().min(10_000)]);
    let now = now();
    match queries::parse(text, &now) {
        Err(error) => {
            assert!(!error.message.is_empty());
            assert!(error.message.len() <= 8 * text.len() + 1_000);
        }
        Ok(query) => {
            queries::explain(&query, now.time_zone()).to_string();
            assert_eq!(queries::parse(text, &now).ok().as_ref(), Some(&query));
            let store = store();
            let count = store
                .count(&query)
                .unwrap_or_else(|e| panic!("{text:?}: {e:?}"));
            for sort in [Sort::Newest, Sort::Relevance] {
                let page = store.search(&query, sort, Some(10), None);
                let page = page.unwrap_or_else(|e| panic!("{text:?}: {e:?}"));
                assert_eq!(page.rows.len() as u64, count, "{text:?}");
            }
        }
    }
}

/// A store with a few messages, which ends with the process.
fn store() -> &'static Store {
    static STORE: OnceLock<(tempfile::TempDir, Store)> = OnceLock::new();
    let (_, store) = STORE.get_or_init(|| {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::at(folder.path());
        let texts = ["the plan of the project", "日本語 and numbers 123", "to be or not to be"];
        let messages = texts.iter().enumerate().map(|(n, text)| {
            let raw = format!(
                "From: Ada <ada@example.com>\r\nTo: bob@example.com\r\nSubject: note {n}\r\nMessage-ID: <{n}@example.com>\r\n\r\n{text}\r\n"
            );
            NewMessage {
                account: "work".to_owned(),
                channel: ChannelKind::Imap,
                folder: "INBOX".to_owned(),
                role: Role::Inbox,
                ident: Ident::Content([n as u8; 16]),
                size_bytes: raw.len() as u64,
                received_at: Timestamp::from_second(1_764_000_000 + n as i64).expect("a time"),
                parsed: mime::parse(raw.as_bytes()),
                raw: Raw::Bytes(raw.into_bytes()),
                flags: Flags::default(),
                labels: vec!["work".to_owned()],
            }
        });
        store.add(messages.collect()).expect("messages are added");
        (folder, store)
    });
    store
}

/// What is taken for an address reads back from its own form, and can't end a header or a command.
pub fn address(data: &[u8]) {
    let text = &*text_of(data);
    if let Ok(found) = addresses::parse_list(text) {
        for one in &found {
            assert!(one.email.contains('@') && one.email.len() <= 254);
            let quoted = one.email.starts_with('"');
            assert!(one.email.chars().all(is_clean));
            assert!(quoted || !one.email.contains([' ', '<', '>']));
            let shown = one.to_string();
            let again = addresses::parse(&shown).unwrap_or_else(|e| panic!("{shown:?}: {e:?}"));
            assert_eq!(&again, one);
        }
        let all: Vec<String> = found.iter().map(ToString::to_string).collect();
        assert_eq!(addresses::parse_list(&all.join(", ")).ok(), Some(found));
    }
    if let Ok(target) = route::read(text) {
        let _ = route::targets(&[text.to_owned()]);
        for via in comms::model::contact::Via::ALL {
            route::by(via, &target);
        }
    }
    let normal = optout::normal(text);
    assert_eq!(optout::normal(&normal), normal);
    let raw = format!("From: {}\r\nTo: {}\r\n\r\n", text, text);
    let parsed = mime::parse(raw.as_bytes());
    for person in parsed.from.iter().chain(&parsed.to) {
        assert!(!person.email.contains(['\r', '\n', '\0']));
    }
    for region in [None, Some("DE"), Some("US")] {
        if let Ok(contact::Word::Address(address, _)) = contact::word(text, region)
            && let Ok(kept) = contact::checked(address, region)
        {
            let again = contact::checked(kept.clone(), region);
            assert_eq!(again.ok().as_ref(), Some(&kept));
        }
    }
}

/// Numbers, times, amounts, ids and cursors: an error, or a value that reads back from its own form.
pub fn words(data: &[u8]) {
    let text = &*text_of(data);
    let now = now();
    for region in [None, Some("US"), Some("IN")] {
        if let Ok(number) = phone::parse(text, region) {
            assert!(
                phone::is_e164(&number) || number.bytes().all(|b| b.is_ascii_digit()),
                "{number}"
            );
            assert_eq!(phone::parse(&number, region).ok().as_ref(), Some(&number));
            phone::country(&number);
        }
        let _ = phone::sender(text, region);
    }
    let _ = phone::region(text);
    phone::is_user_id(text);
    for direction in [Direction::Past, Direction::Future] {
        if let Ok(at) = time::parse(text, &now, direction) {
            let again = time::parse(&at.timestamp().to_string(), &now, direction);
            assert_eq!(again.ok().map(|t| t.timestamp()), Some(at.timestamp()));
        }
    }
    time::span(text);
    let _ = time::duration(text);
    let _ = time::schedule(text, &now);
    comes_back::<Money>(text);
    comes_back::<MessageId>(text);
    comes_back::<ContactId>(text);
    comes_back::<Cursor>(text);
    Rate::parse(text);
    optout::keyword(text);
    assert!(optout::replied(text).chars().all(|c| !c.is_control()));
    if let Some(wait) = retry::asked_in(text) {
        assert!(wait.as_secs() <= 366 * 86_400, "{wait:?}");
    }
    directory::read(text);
    directory::is_id(text);
    let (glob, address) = text.split_once('\n').unwrap_or((text, text));
    policy::matches(glob, address);
    assert!(policy::matches("*", address));
    mime::read_date(data);
    comms::format::slack::time_of(text);
    comms::format::slack::emoji_name(text);
    comms::format::api_key::is_sound(text);
    comms::format::standard_webhooks::key(text);
    let _ = comms::format::whatsapp::compose::location(text);
    let _ = comms::format::whatsapp::card::people(text);
}

fn comes_back<T: FromStr + ToString + PartialEq + std::fmt::Debug>(text: &str) {
    if let Ok(value) = text.parse::<T>() {
        assert_eq!(value.to_string().parse::<T>().ok(), Some(value));
    }
}
