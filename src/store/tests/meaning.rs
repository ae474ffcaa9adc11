//! Every query means the same in SQL as in a plain walk over all messages.

use std::collections::HashSet;
use std::sync::OnceLock;

use proptest::prelude::*;

use super::*;
use crate::model::address::Address;
use crate::model::message::{Attachment, Parsed};

const WORDS: [&str; 6] = ["alpha", "beta", "gamma", "delta", "omega", "日本"];
const FOLDERS: [(&str, &str, Role); 7] = [
    ("work", "INBOX", Role::Inbox),
    ("work", "Sent", Role::Sent),
    ("work", "Lists/Rust", Role::Other),
    ("work", "Trash", Role::Trash),
    ("home", "INBOX", Role::Inbox),
    ("home", "Old", Role::Archive),
    ("home", "a/rust", Role::Other),
];

struct World {
    _dir: tempfile::TempDir,
    store: Store,
    messages: Vec<NewMessage>,
    threads: Vec<i64>,
}

/// Eighty messages that differ in everything a query can ask, some in the same second.
fn world() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(|| {
        let (dir, store) = store();
        let messages: Vec<NewMessage> = (0..80).map(sample).collect();
        let mut added = Vec::new();
        for batch in messages.chunks(17) {
            added.extend(add(&store, batch.to_vec()));
        }
        let threads = store
            .envelopes(&added)
            .unwrap()
            .iter()
            .map(|e| e.thread.0)
            .collect();
        World {
            _dir: dir,
            store,
            messages,
            threads,
        }
    })
}

fn sample(n: i64) -> NewMessage {
    let pick = |by: i64| WORDS[usize::try_from(n / by % 6).unwrap()];
    let bit = |by: i64| n / by % 2 == 0;
    let person = |n: i64| {
        Address::new(
            Some(["Ada", "Bob", "Eve"][usize::try_from(n % 3).unwrap()]),
            &format!("p{}@example.com", n % 4),
        )
    };
    let (account, folder, role) = FOLDERS[usize::try_from(n * 5 % 7).unwrap()];
    // More than 64 fall into one second.
    let second = if n < 70 { at(0) } else { at(n) };
    let mut one = mail(n, &[], "", "");
    one.account = account.into();
    one.folder = folder.into();
    one.role = role;
    one.channel = if account == "work" {
        ChannelKind::Imap
    } else {
        ChannelKind::Maildir
    };
    one.ident = Ident::Maildir(format!("{n}"));
    one.flags = Flags {
        seen: bit(1),
        starred: bit(3),
        ..Flags::default()
    };
    one.labels = if bit(4) {
        vec!["Project".into()]
    } else {
        vec![]
    };
    one.size_bytes = u64::try_from(n * 100).unwrap();
    one.received_at = second;
    let attachment = Attachment {
        number: 1,
        name: format!("{}-report.pdf", pick(2)),
        media_type: "application/pdf".into(),
        size_bytes: 1,
        inline: false,
        content_id: None,
    };
    one.parsed = Parsed {
        message_id: Some(format!("{n}@x")),
        references: if n % 9 > 0 {
            vec![format!("{}@x", n - n % 9)]
        } else {
            vec![]
        },
        sent_at: Some(second),
        from: vec![person(n)],
        to: vec![person(n + 1)],
        cc: if bit(5) { vec![person(n + 2)] } else { vec![] },
        subject: format!("{} {}", pick(1), pick(7)),
        text: format!("{} and {} then {}", pick(3), pick(11), pick(1)),
        attachments: if bit(6) { vec![attachment] } else { vec![] },
        has_link: bit(7),
        ..Parsed::default()
    };
    one
}

/// Whether a message fits, by reading the query word for word. Also says `None` where a text has no word.
fn fits(world: &World, n: usize, query: &Query) -> Option<bool> {
    let m = &world.messages[n];
    let p = &m.parsed;
    Some(match query {
        Query::All => true,
        Query::And(parts) => all_or_any(world, n, parts, true)?,
        Query::Or(parts) => all_or_any(world, n, parts, false)?,
        Query::Not(part) => !fits(world, n, part)?,
        Query::Text { field, text } => {
            let people = |p: &[Address]| {
                p.iter()
                    .map(|a| format!("{} {}", a.label(), a.email))
                    .collect::<Vec<_>>()
                    .join("\n")
            };
            let names = p
                .attachments
                .iter()
                .map(|a| a.name.clone())
                .collect::<Vec<_>>()
                .join("\n");
            let columns = match field {
                Field::Any => vec![
                    p.subject.clone(),
                    people(&p.from),
                    people(&p.to),
                    people(&p.cc),
                    p.text.clone(),
                    names,
                ],
                Field::From => vec![people(&p.from)],
                Field::To => vec![people(&p.to), people(&p.cc)],
                Field::Cc => vec![people(&p.cc)],
                Field::Subject => vec![p.subject.clone()],
                Field::Filename => vec![names],
            };
            let (wanted, prefix) = match text {
                Text::Word(t) | Text::Phrase(t) => (tokens(t), false),
                Text::Prefix(t) => (tokens(t), true),
            };
            if wanted.is_empty() {
                return None;
            }
            columns.iter().any(|c| {
                tokens(c).windows(wanted.len()).any(|w| {
                    let last = wanted.len() - 1;
                    w[..last] == wanted[..last]
                        && if prefix {
                            w[last].starts_with(&wanted[last])
                        } else {
                            w[last] == wanted[last]
                        }
                })
            })
        }
        Query::Is(Fact::Unread) => !m.flags.seen,
        Query::Is(Fact::Starred) => m.flags.starred,
        Query::Is(Fact::Sent) => m.role == Role::Sent,
        Query::Is(Fact::Received) => m.role != Role::Sent,
        Query::Is(Fact::HasAttachment) => !p.attachments.is_empty(),
        Query::Is(Fact::HasLink) => p.has_link,
        Query::Channel(name) => m.channel.goes_by(name),
        Query::Account(name) => m.account == name.to_lowercase(),
        Query::In(name) => match name.to_lowercase().as_str() {
            "inbox" => m.role == Role::Inbox,
            "sent" => m.role == Role::Sent,
            "trash" => m.role == Role::Trash,
            "rust" => m.folder == "Lists/Rust" || m.folder == "a/rust",
            path => m.folder.to_lowercase() == path,
        },
        Query::Label(name) => m
            .labels
            .iter()
            .any(|l| l.to_lowercase() == name.to_lowercase()),
        Query::Thread(id) => world.threads[n] == id.0,
        Query::Since(t) => m.received_at >= *t,
        Query::Until(t) => m.received_at < *t,
        Query::Larger(size) => m.size_bytes > *size,
        Query::Smaller(size) => m.size_bytes < *size,
    })
}

fn all_or_any(world: &World, n: usize, parts: &[Query], all: bool) -> Option<bool> {
    let told: Vec<bool> = parts.iter().filter_map(|q| fits(world, n, q)).collect();
    if told.is_empty() && !parts.is_empty() {
        return None;
    }
    Some(if all {
        told.iter().all(|x| *x)
    } else {
        told.iter().any(|x| *x)
    })
}

fn tokens(text: &str) -> Vec<String> {
    let spread = crate::format::cjk::spread(text).to_lowercase();
    spread
        .split(|c: char| !c.is_alphanumeric())
        .filter(|w| !w.is_empty())
        .map(str::to_owned)
        .collect()
}

fn text() -> impl Strategy<Value = Query> {
    let field = prop::sample::select(vec![
        Field::Any,
        Field::Any,
        Field::From,
        Field::To,
        Field::Cc,
        Field::Subject,
        Field::Filename,
    ]);
    let text = prop::sample::select(vec![
        Text::Word("alpha".into()),
        Text::Word("BETA".into()),
        Text::Word("日本".into()),
        Text::Word("本".into()),
        Text::Word("p1@example.com".into()),
        Text::Word("ada".into()),
        Text::Word("absent".into()),
        Text::Word("&".into()),
        Text::Word("\" OR alpha".into()),
        Text::Phrase("and gamma then".into()),
        Text::Phrase("omega delta".into()),
        Text::Prefix("al".into()),
        Text::Prefix("ada p".into()),
        Text::Prefix("日".into()),
        Text::Word("gamma-report.pdf".into()),
    ]);
    (field, text).prop_map(|(field, text)| Query::Text { field, text })
}

fn leaf() -> impl Strategy<Value = Query> {
    let time = prop::sample::select(vec![-1, 0, 1, 74, 79]);
    let name = |names: &[&str]| {
        let names: Vec<String> = names.iter().map(|n| (*n).to_owned()).collect();
        prop::sample::select(names)
    };
    prop_oneof![
        6 => text(),
        3 => prop::sample::select(vec![Fact::Unread, Fact::Starred, Fact::Sent, Fact::Received, Fact::HasAttachment, Fact::HasLink]).prop_map(Query::Is),
        1 => Just(Query::All),
        1 => name(&["mail", "imap", "maildir", "sms"]).prop_map(Query::Channel),
        1 => name(&["Work", "home", "none"]).prop_map(Query::Account),
        2 => name(&["inbox", "SENT", "trash", "rust", "lists/rust", "old", "none"]).prop_map(Query::In),
        1 => name(&["project", "none"]).prop_map(Query::Label),
        1 => (0..80i64).prop_map(|n| Query::Thread(ThreadId(n))),
        1 => time.clone().prop_map(|n| Query::Since(at(n))),
        1 => time.prop_map(|n| Query::Until(at(n))),
        1 => (0..8000u64).prop_map(Query::Larger),
        1 => (0..8000u64).prop_map(Query::Smaller),
    ]
}

fn query() -> impl Strategy<Value = Query> {
    leaf().prop_recursive(4, 16, 4, |inner| {
        prop_oneof![
            3 => prop::collection::vec(inner.clone(), 1..4).prop_map(Query::And),
            2 => prop::collection::vec(inner.clone(), 1..4).prop_map(Query::Or),
            1 => inner.prop_map(|q| Query::Not(Box::new(q))),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]

    #[test]
    fn every_query_means_what_it_says(query in query()) {
        let world = world();
        let mut wanted: Vec<i64> = (0..world.messages.len())
            .filter(|n| fits(world, *n, &query) == Some(true))
            .map(|n| i64::try_from(n).unwrap() + 1)
            .collect();
        let found = ids(&world.store, &query);
        let times: Vec<Timestamp> = found.iter().map(|id| world.messages[usize::try_from(*id - 1).unwrap()].received_at).collect();
        prop_assert!(times.is_sorted_by(|a, b| a >= b));
        prop_assert_eq!(world.store.count(&query).unwrap(), found.len() as u64);
        let mut sorted = found.clone();
        sorted.sort_unstable();
        prop_assert_eq!(&sorted, &wanted);
        let best = world.store.search(&query, Sort::Relevance, None, None).unwrap();
        let mut best: Vec<i64> = best.rows.iter().map(|e| e.id.0).collect();
        best.sort_unstable();
        prop_assert_eq!(&best, &wanted);
        let paged = world.store.search(&query, Sort::Newest, Some(3), None).unwrap();
        let first: Vec<i64> = paged.rows.iter().map(|e| e.id.0).collect();
        prop_assert_eq!(&first[..], &found[..found.len().min(3)]);
        prop_assert_eq!(paged.next.is_some(), found.len() > 3);
        // Threads: those of the messages that lie where the inbox looks.
        let threads: HashSet<i64> = wanted
            .drain(..)
            .map(|id| usize::try_from(id - 1).unwrap())
            .filter(|n| matches!(world.messages[*n].role, Role::Inbox | Role::Other))
            .map(|n| world.threads[n])
            .collect();
        let filter = ThreadFilter { query, any_folder: false };
        let rows = world.store.threads(&filter, 1000, None).unwrap().rows;
        prop_assert_eq!(rows.len(), threads.len());
        prop_assert_eq!(rows.iter().map(|t| t.id.0).collect::<HashSet<_>>(), threads);
    }
}
