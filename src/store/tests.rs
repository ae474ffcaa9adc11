//! The store as its callers see it, on real files in a temporary folder.

use jiff::Timestamp;

use super::*;
use crate::format::mime;
use crate::model::account::ChannelKind;
use crate::model::id::{MessageId, ThreadId};
use crate::model::message::{Change, Flags, Ident, NewMessage, Raw, Role};
use crate::model::query::{Fact, Field, Query, Sort, Text};

/// A store in a folder that goes with it.
fn store() -> (tempfile::TempDir, Store) {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::at(dir.path());
    (dir, store)
}

/// A message of these headers and this text, received when it was sent.
fn message(headers: &str, text: &str) -> NewMessage {
    let raw = format!("{headers}\n\n{text}")
        .replace('\n', "\r\n")
        .into_bytes();
    let parsed = mime::parse(&raw);
    NewMessage {
        account: "local".into(),
        channel: ChannelKind::Maildir,
        folder: "INBOX".into(),
        role: Role::Inbox,
        ident: Ident::Content(blake3::hash(&raw).as_bytes()[..16].try_into().unwrap()),
        size_bytes: raw.len() as u64,
        received_at: parsed.sent_at.unwrap_or(at(0)),
        raw: Raw::Bytes(raw),
        flags: Flags::default(),
        labels: Vec::new(),
        parsed,
    }
}

/// The n-th minute of a day.
fn at(n: i64) -> Timestamp {
    Timestamp::from_second(1_764_000_000 + n * 60).unwrap()
}

/// The n-th message of a conversation, answering those before it.
fn mail(n: i64, parents: &[i64], subject: &str, text: &str) -> NewMessage {
    let references: Vec<String> = parents.iter().map(|p| format!("<{p}@x>")).collect();
    let date = at(n).strftime("%a, %d %b %Y %H:%M:%S +0000").to_string();
    let mut headers = format!(
        "From: Ada <ada@example.com>\nTo: bob@example.com\nSubject: {subject}\nDate: {date}\n\
         Message-ID: <{n}@x>"
    );
    if !references.is_empty() {
        headers += &format!("\nReferences: {}", references.join(" "));
    }
    message(&headers, text)
}

fn add(store: &Store, batch: Vec<NewMessage>) -> Vec<MessageId> {
    let added = store.add(batch).unwrap();
    added.iter().map(|a| a.id).collect()
}

fn word(text: &str) -> Query {
    Query::Text {
        field: Field::Any,
        text: Text::Word(text.into()),
    }
}

fn ids(store: &Store, query: &Query) -> Vec<i64> {
    let page = store.search(query, Sort::Newest, None, None).unwrap();
    page.rows.iter().map(|e| e.id.0).collect()
}

fn sound(store: &Store) {
    assert_eq!(store.check().unwrap(), Vec::<String>::new());
}

#[test]
fn what_is_added_is_found_read_and_listed() {
    let (_dir, store) = store();
    let added = add(
        &store,
        vec![
            mail(1, &[], "Budget", "the numbers"),
            mail(2, &[1], "Re: Budget", "more numbers"),
        ],
    );
    assert_eq!(added, [MessageId(1), MessageId(2)]);
    assert_eq!(ids(&store, &word("numbers")), [2, 1]);
    assert_eq!(ids(&store, &word("ada@example.com")), [2, 1]);
    assert!(store.raw(MessageId(1)).unwrap().starts_with(b"From: Ada"));
    let rows = store.envelopes(&added).unwrap();
    assert_eq!(rows[1].subject, "Re: Budget");
    assert_eq!(rows[1].from[0].email, "ada@example.com");
    assert_eq!(rows[1].thread, ThreadId(1));
    assert_eq!(store.thread(ThreadId(1)).unwrap().len(), 2);
    let page = store
        .threads(
            &ThreadFilter {
                query: Query::All,
                any_folder: false,
            },
            10,
            None,
        )
        .unwrap();
    assert_eq!(page.rows.len(), 1);
    assert_eq!((page.rows[0].count, page.rows[0].unread), (2, 2));
    assert_eq!(page.rows[0].newest.id, MessageId(2));
    assert_eq!(page.next, None);
    sound(&store);
}

#[test]
fn the_same_copy_is_stored_once() {
    let (_dir, store) = store();
    let first = store.add(vec![mail(1, &[], "a", "b")]).unwrap();
    let again = store
        .add(vec![mail(1, &[], "a", "b"), mail(2, &[], "c", "d")])
        .unwrap();
    assert!(first[0].new && !again[0].new && again[1].new);
    assert_eq!(again[0].id, first[0].id);
    assert_eq!(again[1].id, MessageId(2));
    assert_eq!(store.count(&Query::All).unwrap(), 2);
    sound(&store);
}
