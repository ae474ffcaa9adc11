//! The store as its callers see it, on real files in a temporary folder.

use jiff::Timestamp;

use super::*;
use crate::format::mime;
use crate::model::account::ChannelKind;
use crate::model::id::{MessageId, ThreadId};
use crate::model::message::{Change, Flags, Ident, NewMessage, Raw, Role};
use crate::model::query::{Fact, Field, Query, Sort, Text};

mod contacts;
mod feed;
mod meaning;
mod moving;
mod people;

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
    added.iter().filter_map(|a| a.id).collect()
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
    let faults = store.check().unwrap();
    assert!(faults.is_empty(), "{faults:?}");
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
    assert_eq!(again[1].id, Some(MessageId(2)));
    assert_eq!(store.count(&Query::All).unwrap(), 2);
    sound(&store);
}

#[test]
fn a_late_parent_joins_its_answers_and_merges_their_threads() {
    let (_dir, store) = store();
    // Two answers to a message nobody has seen yet, then one that names both, then the parent.
    add(
        &store,
        vec![mail(2, &[1], "Re: a", "x"), mail(3, &[9], "Re: b", "y")],
    );
    assert_eq!(store.thread(ThreadId(1)).unwrap().len(), 1);
    assert_eq!(store.thread(ThreadId(2)).unwrap().len(), 1);
    add(
        &store,
        vec![mail(4, &[1, 9], "Re: c", "z"), mail(1, &[], "a", "first")],
    );
    let subjects: Vec<String> = store
        .thread(ThreadId(2))
        .unwrap()
        .into_iter()
        .map(|e| e.subject)
        .collect();
    assert_eq!(subjects, ["a", "Re: a", "Re: b", "Re: c"]);
    assert_eq!(store.thread(ThreadId(1)).unwrap().len(), 4);
    assert_eq!(ids(&store, &Query::Thread(ThreadId(2))), [3, 2, 1, 4]);
    sound(&store);
}

#[test]
fn a_reply_without_references_joins_by_subject_only_among_the_same_people() {
    let (_dir, store) = store();
    let reply = |from: &str, to: &str, day: i64| {
        let date = at(day * 1440).strftime("%a, %d %b %Y %H:%M:%S +0000");
        message(
            &format!("From: {from}\nTo: {to}\nSubject: RE: Lunch\nDate: {date}"),
            "yes",
        )
    };
    let added = add(
        &store,
        vec![
            mail(1, &[], "Lunch", "when?"),
            reply("bob@example.com", "ada@example.com", 3),
            reply("eve@example.com", "mallory@example.com", 3),
            reply("bob@example.com", "ada@example.com", 90),
            mail(9, &[], "Lunch", "another day"),
        ],
    );
    let threads: Vec<i64> = store
        .envelopes(&added)
        .unwrap()
        .iter()
        .map(|e| e.thread.0)
        .collect();
    assert_eq!(threads, [1, 1, 3, 4, 5]);
}

#[test]
fn flags_and_labels_change_in_both_files_and_every_count() {
    let (_dir, store) = store();
    let all = add(&store, (0..4).map(|n| mail(n, &[], "s", "text")).collect());
    let seen = Change {
        seen: Some(true),
        add_labels: vec!["Work".into(), "work".into()],
        ..Change::default()
    };
    store.change(&all[..3], &seen).unwrap();
    assert_eq!(
        store.unread_by_account().unwrap(),
        [("local".to_owned(), 1)]
    );
    assert_eq!(ids(&store, &Query::Label("WORK".into())), [3, 2, 1]);
    assert_eq!(ids(&store, &Query::Is(Fact::Unread)), [4]);
    let unseen = Change {
        seen: Some(false),
        starred: Some(true),
        remove_labels: vec!["WORK".into()],
        ..Change::default()
    };
    store.change(&all[..1], &unseen).unwrap();
    assert_eq!(ids(&store, &Query::Label("work".into())), [3, 2]);
    let starred = Flags {
        starred: true,
        ..Flags::default()
    };
    assert_eq!(store.location(all[0]).unwrap().flags, starred);
    store
        .set_flags(&[(
            all[3],
            Flags {
                seen: true,
                ..Flags::default()
            },
            Some(vec!["x".into()]),
        )])
        .unwrap();
    assert_eq!(store.envelopes(&all[3..]).unwrap()[0].labels, ["x"]);
    assert_eq!(store.count(&Query::Is(Fact::Unread)).unwrap(), 1);
    sound(&store);
}

#[test]
fn a_moved_message_leaves_the_inbox_and_keeps_its_id() {
    let (_dir, store) = store();
    let all = add(&store, vec![mail(1, &[], "a", "b"), mail(2, &[], "c", "d")]);
    let ident = Ident::Uid {
        validity: 1,
        uid: 7,
    };
    store
        .relocate(all[0], "Archive", Role::Archive, &ident, None)
        .unwrap();
    let inbox = ThreadFilter {
        query: Query::All,
        any_folder: false,
    };
    let page = store.threads(&inbox, 10, None).unwrap();
    assert_eq!(page.rows.len(), 1);
    let location = store.location(all[0]).unwrap();
    assert_eq!(
        (location.folder.as_str(), location.role, location.ident),
        ("Archive", Role::Archive, ident.clone())
    );
    assert_eq!(
        store.find("local", "Archive", &ident).unwrap(),
        Some(all[0])
    );
    assert_eq!(ids(&store, &Query::In("archive".into())), [1]);
    assert_eq!(ids(&store, &Query::In("INBOX".into())), [2]);
    // Where it goes another copy is already known: that one gives way.
    store
        .relocate(all[1], "Archive", Role::Archive, &ident, None)
        .unwrap();
    assert_eq!(ids(&store, &Query::All), [2]);
    sound(&store);
}

#[test]
fn removed_messages_leave_nothing_and_their_ids_are_never_given_again() {
    let (dir, store) = store();
    let big = mail(3, &[], "big", &"line of text\n".repeat(100_000));
    let all = add(
        &store,
        vec![
            mail(1, &[], "a", "secret"),
            mail(2, &[1], "Re: a", "b"),
            big,
        ],
    );
    let blobs = || std::fs::read_dir(dir.path().join("blobs")).unwrap().count();
    assert_eq!(blobs(), 1);
    assert_eq!(
        store.raw(all[2]).unwrap().len() as u64,
        store.envelopes(&all).unwrap()[2].size_bytes
    );
    store.remove(&[all[0], all[2]]).unwrap();
    assert_eq!(blobs(), 0);
    assert_eq!(ids(&store, &word("secret")), [0; 0]);
    assert_eq!(store.raw(all[0]).unwrap_err().kind, Kind::NotFound);
    assert_eq!(store.by_message_id("1@x").unwrap(), []);
    assert_eq!(store.thread(ThreadId(1)).unwrap().len(), 1);
    assert_eq!(add(&store, vec![mail(5, &[], "n", "n")]), [MessageId(4)]);
    sound(&store);
    // The founder is gone, its number is not.
    store.rebuild_index(&|_, _| ()).unwrap();
    assert_eq!(store.thread(ThreadId(1)).unwrap()[0].id, all[1]);
}

#[test]
fn an_index_that_fell_behind_is_mended_by_the_next_writer() {
    let (dir, first) = store();
    let all = add(&first, (0..5).map(|n| mail(n, &[], "s", "old")).collect());
    drop(first);
    let index = dir.path().join("index.db");
    let kept = std::fs::read(&index).unwrap();
    let second = Store::at(dir.path());
    add(&second, vec![mail(9, &[0], "Re: s", "new")]);
    second
        .change(
            &all[..1],
            &Change {
                seen: Some(true),
                ..Change::default()
            },
        )
        .unwrap();
    second.remove(&all[1..2]).unwrap();
    second
        .relocate(
            all[2],
            "Old",
            Role::Archive,
            &Ident::Maildir("x".into()),
            None,
        )
        .unwrap();
    let wanted = second
        .search(&Query::All, Sort::Newest, None, None)
        .unwrap();
    drop(second);
    // As after a crash between the two commits.
    std::fs::write(&index, kept).unwrap();
    let third = Store::at(dir.path());
    assert_eq!(third.count(&word("new")).unwrap(), 0);
    assert_eq!(third.check().unwrap().len(), 1);
    assert!(third.add(vec![mail(9, &[0], "Re: s", "new")]).unwrap()[0].id == Some(MessageId(6)));
    assert_eq!(
        third.search(&Query::All, Sort::Newest, None, None).unwrap(),
        wanted
    );
    sound(&third);
    drop(third);
    std::fs::remove_file(&index).unwrap();
    let fourth = Store::at(dir.path());
    assert_eq!(
        fourth
            .search(&Query::All, Sort::Newest, None, None)
            .unwrap(),
        wanted
    );
    sound(&fourth);
}

#[test]
fn a_mark_and_what_the_server_is_to_be_told_of_it_are_one_commit() {
    let (_dir, store) = store();
    let all = add(
        &store,
        (1..=3).map(|n| mail(n, &[], "x", "quince")).collect(),
    );
    let star = Change {
        starred: Some(true),
        ..Change::default()
    };
    // The last of them is gone: nothing is changed, and nobody is told.
    let gone = [all[0], all[1], MessageId(999)];
    assert!(store.change_telling(&gone, &star, &gone).is_err());
    let account = store.location(all[0]).unwrap().account;
    assert!(store.queued_changes(&account).unwrap().is_empty());
    store.change_telling(&all, &star, &all[..2]).unwrap();
    assert_eq!(store.queued_changes(&account).unwrap().len(), 2);
    sound(&store);
}

#[test]
fn a_rebuild_that_was_killed_is_finished_by_who_reads_next() {
    let (dir, store) = store();
    add(
        &store,
        (1..=3).map(|n| mail(n, &[], "x", "quince")).collect(),
    );
    let before = ids(&store, &word("quince"));
    assert_eq!(before.len(), 3);
    store.clear_index().unwrap();
    // While another one is at it, what is done so far answers.
    let other = schema::sole(dir.path(), "rebuilding").unwrap();
    assert!(ids(&Store::at(dir.path()), &word("quince")).is_empty());
    drop((other, store));
    let store = Store::at(dir.path());
    assert_eq!(ids(&store, &word("quince")), before);
    assert_eq!(ids(&Store::at(dir.path()), &word("quince")), before);
    sound(&store);
}

#[test]
fn a_message_that_is_not_indexed_again_yet_is_not_said_to_be_gone() {
    let (dir, store) = store();
    add(&store, vec![mail(1, &[], "x", "quince")]);
    let id = store.last_id().map(MessageId).unwrap();
    store.clear_index().unwrap();
    // Another one is at it.
    let _other = schema::sole(dir.path(), "rebuilding").unwrap();
    let reader = Store::at(dir.path());
    let of = |id| {
        let told = reader.envelopes(&[id]).unwrap_err().kind;
        assert_eq!(told, reader.location(id).unwrap_err().kind);
        told
    };
    assert_eq!(of(id), Kind::Unavailable);
    assert_eq!(of(MessageId(id.0 + 1)), Kind::NotFound);
}

#[test]
fn a_rebuilt_index_is_the_same_even_from_a_damaged_file() {
    let (dir, store) = store();
    let mut batch: Vec<NewMessage> = (0..30)
        .map(|n| mail(n, &[(n - 7).max(0), n / 2], "Re: s", "text"))
        .collect();
    batch.reverse();
    let mut file = mail(99, &[], "in place", "file");
    let path = dir.path().join("1.x:2,S");
    let Raw::Bytes(bytes) = &file.raw else {
        panic!()
    };
    std::fs::write(&path, bytes).unwrap();
    file.raw = Raw::File(path);
    file.ident = Ident::Maildir("1.x".into());
    batch.push(file);
    add(&store, batch);
    store.save_source("local", at(0), None).unwrap();
    store.save_source_stamp("x", b"stamp").unwrap();
    let all = || store.search(&Query::All, Sort::Newest, None, None).unwrap();
    let wanted = all();
    assert_eq!(store.rebuild_index(&|_, _| ()).unwrap(), 31);
    assert_eq!(all(), wanted);
    assert_eq!(store.source_stamp("x").unwrap().unwrap(), b"stamp");
    sound(&store);
    // Garbage in the middle of the file, after everything reached it.
    store
        .index()
        .unwrap()
        .execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")
        .unwrap();
    let index = dir.path().join("index.db");
    let mut bytes = std::fs::read(&index).unwrap();
    bytes[100..].fill(0xA5);
    std::fs::write(&index, bytes).unwrap();
    let again = Store::at(dir.path());
    assert!(again.search(&Query::All, Sort::Newest, None, None).is_err());
    assert_eq!(again.rebuild_index(&|_, _| ()).unwrap(), 31);
    assert_eq!(
        again.search(&Query::All, Sort::Newest, None, None).unwrap(),
        wanted
    );
    sound(&again);
}

#[test]
fn folders_cursors_and_queued_changes_are_remembered() {
    let (_dir, store) = store();
    let state = FolderState {
        path: "Lists/Rust".into(),
        role: Role::Other,
        uid_validity: Some(3),
        uid_next: Some(12),
        highest_modseq: Some(77),
        stamp: None,
    };
    store.save_folder("work", &state).unwrap();
    assert_eq!(store.folders("work").unwrap(), std::slice::from_ref(&state));
    let mut one = mail(1, &[], "a", "b");
    one.account = "work".into();
    one.channel = ChannelKind::Imap;
    one.folder = "Lists/Rust".into();
    one.ident = Ident::Uid {
        validity: 3,
        uid: 300,
    };
    let mut two = mail(2, &[], "a", "b");
    two.ident = Ident::Uid {
        validity: 3,
        uid: 11,
    };
    (two.account, two.channel, two.folder) = (one.account.clone(), one.channel, one.folder.clone());
    let all = add(&store, vec![one, two]);
    let uids: Vec<u32> = store
        .uids("work", "Lists/Rust")
        .unwrap()
        .iter()
        .map(|u| u.0)
        .collect();
    assert_eq!(uids, [11, 300]);
    assert_eq!(ids(&store, &Query::In("rust".into())), [2, 1]);
    let change = Change {
        seen: Some(true),
        ..Change::default()
    };
    store.queue_change(all[0], &change).unwrap();
    let queued = store.queued_changes("work").unwrap();
    assert_eq!((queued[0].1, &queued[0].2), (all[0], &change));
    store.drop_changes(&[queued[0].0]).unwrap();
    assert_eq!(store.queued_changes("work").unwrap(), []);
    // Its role becomes known later.
    store
        .save_folder(
            "work",
            &FolderState {
                role: Role::Sent,
                ..state
            },
        )
        .unwrap();
    assert_eq!(ids(&store, &Query::Is(Fact::Sent)), [2, 1]);
    assert_eq!(store.unread_by_account().unwrap(), []);
    store.save_source("work", at(1), None).unwrap();
    store
        .save_source("work", at(2), Some("no network"))
        .unwrap();
    let source = &store.sources().unwrap()[0];
    assert_eq!(
        (source.synced_at, source.state.as_str()),
        (Some(at(1)), "failed")
    );
    sound(&store);
    store.forget_folder("work", "Lists/Rust").unwrap();
    assert_eq!(store.count(&Query::All).unwrap(), 0);
    assert_eq!(store.folders("work").unwrap(), []);
    sound(&store);
}

#[test]
fn what_comes_from_the_owner_is_sent_but_not_where_strangers_write() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::at(dir.path()).owned_by(["Ada@Example.com"].into_iter());
    let mut kept = mail(1, &[], "a", "b");
    (kept.folder, kept.role) = ("All".into(), Role::All);
    let mut draft = mail(3, &[], "not yet", "b");
    (draft.folder, draft.role) = ("Drafts".into(), Role::Drafts);
    let mut flagged = mail(4, &[], "nor this", "b");
    (flagged.folder, flagged.role) = ("All".into(), Role::All);
    flagged.flags.draft = true;
    let forged = mail(2, &[], "forged", "b");
    add(&store, vec![kept, forged, draft, flagged]);
    assert_eq!(ids(&store, &Query::Is(Fact::Sent)), [1]);
    assert_eq!(ids(&store, &Query::Is(Fact::Received)), [2]);
    // Sent at last: another program takes the flag away.
    let id = store
        .search(&Query::All, Sort::Newest, None, None)
        .unwrap()
        .rows[0]
        .id;
    store.set_flags(&[(id, Flags::default(), None)]).unwrap();
    assert_eq!(ids(&store, &Query::Is(Fact::Sent)), [4, 1]);
    sound(&store);
}

#[test]
fn a_thousand_messages_of_the_same_second_keep_their_date() {
    let (_dir, store) = store();
    let batch: Vec<NewMessage> = (0..1000)
        .map(|n| {
            let mut same = message(&format!("Subject: s{n}"), "same");
            same.received_at = at(0);
            same
        })
        .collect();
    add(&store, batch);
    let minute = |from: i64, to: i64| {
        Query::And(vec![
            Query::Since(at(from)),
            Query::Until(at(to)),
            word("same"),
        ])
    };
    assert_eq!(store.count(&minute(0, 1)).unwrap(), 1000);
    let second_later = Timestamp::from_second(at(0).as_second() + 1).unwrap();
    assert_eq!(store.count(&Query::Until(second_later)).unwrap(), 1000);
    assert_eq!(store.count(&Query::Since(second_later)).unwrap(), 0);
    assert_eq!(store.count(&minute(1, 2)).unwrap(), 0);
    sound(&store);
}

#[test]
fn relevance_ranks_the_newest_hits_and_lists_the_others_after_them() {
    let (_dir, store) = store();
    let best = [3, 70];
    add(
        &store,
        (0..100)
            .map(|n| {
                let subject = if best.contains(&n) { "word" } else { "s" };
                mail(n, &[], subject, "one word of many")
            })
            .collect(),
    );
    for limit in [1, 7, 40, 60, 100, 1_000] {
        let mut after = None;
        let mut seen = Vec::new();
        loop {
            let page = store
                .search(
                    &word("word"),
                    Sort::Relevance,
                    Some(limit),
                    after.as_deref(),
                )
                .unwrap();
            assert!(page.rows.len() <= limit);
            seen.extend(page.rows.iter().map(|e| e.id.0));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        // Ids count from 1. The newest forty are ranked, the others come by their age.
        assert_eq!(seen[0], 71, "{limit}");
        assert!(seen[40..].is_sorted_by(|a, b| a > b), "{limit}");
        assert_eq!(seen[40], 60);
        seen.sort_unstable();
        assert_eq!(seen, (1..=100).collect::<Vec<_>>(), "{limit}");
    }
    let all = store
        .search(&word("word"), Sort::Relevance, None, None)
        .unwrap();
    assert_eq!((all.rows.len(), all.next), (100, None));

    // What stands beside the word decides first: here the newest forty of all are none of these.
    let early = Query::And(vec![word("word"), Query::Until(at(30))]);
    let page = store
        .search(&early, Sort::Relevance, Some(3), None)
        .unwrap();
    let ids: Vec<i64> = page.rows.iter().map(|e| e.id.0).collect();
    assert_eq!((ids.len(), ids[0]), (3, 4));
}

#[test]
fn a_bulk_ends_with_one_piece_of_text_index() {
    let (_dir, store) = store();
    let pieces = |store: &Store| -> i64 {
        let sql = "SELECT count(DISTINCT segid) FROM text_idx";
        store
            .index()
            .unwrap()
            .query_row(sql, [], |row| row.get(0))
            .unwrap()
    };
    let setting = |store: &Store| -> i64 {
        let sql = "SELECT v FROM text_config WHERE k = 'automerge'";
        store
            .index()
            .unwrap()
            .query_row(sql, [], |row| row.get(0))
            .unwrap()
    };
    store.begin_bulk().unwrap();
    for n in 0..30 {
        add(&store, vec![mail(n, &[], "s", &format!("word each{n}"))]);
    }
    assert_eq!((pieces(&store), setting(&store)), (30, 0));
    // A process that breaks off here leaves it to the next import.
    let next = store.twin();
    next.end_bulk(1, &|_| {}).unwrap();
    assert_eq!(setting(&next), 16);
    next.begin_bulk().unwrap();
    next.end_bulk(30, &|_| {}).unwrap();
    assert_eq!((pieces(&next), setting(&next)), (1, 16));
    next.end_bulk(30, &|_| panic!("there is nothing to merge"))
        .unwrap();
    assert_eq!(ids(&next, &word("word")).len(), 30);
    assert_eq!(ids(&next, &word("each7")), [8]);
    sound(&next);
}

#[test]
fn pages_follow_each_other_without_gaps_or_repeats() {
    let (_dir, store) = store();
    add(
        &store,
        (0..25)
            .map(|n| mail(n, &[n % 5], "s", "word word"))
            .collect(),
    );
    for sort in [Sort::Newest, Sort::Relevance] {
        let mut after = None;
        let mut seen = Vec::new();
        loop {
            let page = store
                .search(&word("word"), sort, Some(10), after.as_deref())
                .unwrap();
            seen.extend(page.rows.iter().map(|e| e.id.0));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(seen.len(), 25);
        if sort == Sort::Newest {
            assert!(seen.is_sorted_by(|a, b| a > b));
        }
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), 25);
    }
    let filter = ThreadFilter {
        query: Query::All,
        any_folder: true,
    };
    let first = store.threads(&filter, 3, None).unwrap();
    let second = store.threads(&filter, 3, first.next.as_deref()).unwrap();
    let numbers: Vec<i64> = first
        .rows
        .iter()
        .chain(&second.rows)
        .map(|t| t.id.0)
        .collect();
    assert_eq!(numbers, [5, 4, 3, 2, 1]);
    assert_eq!(second.next, None);
    let bad = store
        .search(&Query::All, Sort::Newest, None, Some("zzz"))
        .unwrap_err();
    assert_eq!(bad.kind, Kind::Usage);
}

#[test]
fn readers_and_a_second_writer_meet_in_the_files() {
    let (dir, store) = store();
    add(&store, vec![mail(1, &[], "a", "shared")]);
    let other = Store::at(dir.path());
    add(&other, vec![mail(2, &[], "a", "shared")]);
    let _open = store.index().unwrap().execute_batch("BEGIN IMMEDIATE");
    assert_eq!(other.count(&word("shared")).unwrap(), 2);
    store.index().unwrap().execute_batch("COMMIT").unwrap();
    add(&store, vec![mail(3, &[], "a", "shared")]);
    assert_eq!(ids(&other, &word("shared")), [3, 2, 1]);
    sound(&store);
}

#[test]
fn eight_writers_that_start_together_all_get_their_turn() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("new");
    std::thread::scope(|scope| {
        for n in 0..8 {
            let path = &path;
            scope.spawn(move || {
                let store = Store::at(path);
                for m in 0..3 {
                    add(&store, vec![mail(n * 10 + m, &[0], "s", "shared")]);
                }
                assert!(store.count(&word("shared")).unwrap() >= 3);
            });
        }
    });
    let store = Store::at(&path);
    assert_eq!(store.count(&word("shared")).unwrap(), 24);
    sound(&store);
}

#[test]
fn a_newer_or_foreign_file_is_told_as_such() {
    let (dir, first) = store();
    add(&first, vec![mail(1, &[], "a", "b")]);
    first
        .index()
        .unwrap()
        .pragma_update(None, "user_version", 99)
        .unwrap();
    drop(first);
    let error = Store::at(dir.path()).count(&Query::All).unwrap_err();
    assert_eq!(error.kind, Kind::Config);
    std::fs::write(
        dir.path().join("index.db"),
        "not a database, and long enough to be read",
    )
    .unwrap();
    let error = Store::at(dir.path()).count(&Query::All).unwrap_err();
    assert!(error.message.contains("damaged"), "{error}");
}

#[test]
fn a_renamed_account_keeps_ids_cursors_and_the_thread_of_a_reply_without_references() {
    let (_dir, store) = store();
    let first = message(
        "From: Ada <ada@example.com>\nTo: bob@example.com\nSubject: Boats\nDate: Mon, 24 Nov 2025 10:00:00 +0000\nMessage-ID: <1@x>",
        "one",
    );
    add(&store, vec![first]);
    let cursor = FolderState {
        path: "INBOX".to_owned(),
        role: Role::Inbox,
        uid_validity: Some(7),
        uid_next: Some(12),
        ..FolderState::default()
    };
    store.save_folder("local", &cursor).unwrap();
    store.save_source("local", at(5), None).unwrap();
    store.rename_account("local", "home").unwrap();
    sound(&store);
    assert_eq!(store.folders("home").unwrap(), [cursor]);
    assert!(store.folders("local").unwrap().is_empty());
    assert_eq!(store.sources().unwrap()[0].account, "home");
    assert_eq!(store.kept_of("home").unwrap().messages, 1);
    let reply = message(
        "From: Bob <bob@example.com>\nTo: ada@example.com\nSubject: Re: Boats\nDate: Mon, 24 Nov 2025 11:00:00 +0000\nMessage-ID: <2@x>",
        "two",
    );
    let reply = NewMessage {
        account: "home".into(),
        ..reply
    };
    add(&store, vec![reply]);
    let page = store.search(&Query::All, Sort::Newest, None, None).unwrap();
    assert_eq!(page.rows[0].thread, page.rows[1].thread);
    store.forget_account("home").unwrap();
    sound(&store);
    assert_eq!(store.kept_of("home").unwrap(), Kept::default());
}

#[test]
fn who_has_the_index_open_goes_on_with_the_one_that_replaced_it() {
    let (dir, store) = store();
    add(&store, vec![mail(1, &[], "one", "kept")]);
    assert_eq!(ids(&store, &word("kept")), [1]);
    // Another process finds it damaged.
    let other = Store::at(dir.path());
    other.replace_index().unwrap();
    other.rebuild_index(&|_, _| ()).unwrap();
    add(&other, vec![mail(2, &[], "two", "kept")]);
    assert_eq!(ids(&store, &word("kept")), [2, 1]);
    // What is written goes where the others read.
    add(&store, vec![mail(3, &[], "three", "kept")]);
    assert_eq!(ids(&other, &word("kept")), [3, 2, 1]);
    drop(store);
    assert_eq!(ids(&Store::at(dir.path()), &word("kept")), [3, 2, 1]);
}

#[test]
fn an_index_that_someone_took_away_is_made_again_under_whoever_has_it_open() {
    let (dir, store) = store();
    add(&store, vec![mail(1, &[], "one", "kept")]);
    assert_eq!(ids(&store, &word("kept")), [1]);
    for suffix in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(dir.path().join(format!("index.db{suffix}")));
    }
    assert_eq!(ids(&store, &word("kept")), [1]);
    add(&store, vec![mail(2, &[], "two", "kept")]);
    assert_eq!(ids(&Store::at(dir.path()), &word("kept")), [2, 1]);
}
