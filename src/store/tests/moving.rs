//! What other programs move keeps its number.

use super::*;

/// A message of an IMAP account in this folder under this UID.
fn lying(n: i64, (folder, uid): (&str, u32)) -> NewMessage {
    NewMessage {
        account: "work".into(),
        channel: ChannelKind::Imap,
        folder: folder.into(),
        role: Role::Other,
        ident: Ident::Uid { validity: 3, uid },
        ..mail(n, &[], "s", "text")
    }
}

fn places(store: &Store) -> Vec<(i64, String)> {
    let page = store.search(&Query::All, Sort::Newest, None, None).unwrap();
    let rows = page.rows.into_iter();
    let mut places: Vec<_> = rows.map(|row| (row.id.0, row.folder)).collect();
    places.sort();
    places
}

#[test]
fn a_message_that_comes_again_is_found_also_after_a_crash_between_the_commits() {
    let (dir, first) = store();
    let ids = add(
        &first,
        vec![lying(1, ("A", 1)), lying(2, ("A", 2)), lying(3, ("A", 3))],
    );
    first.change(&ids[..1], &labelled()).unwrap();
    first.remove(&ids[..1]).unwrap();
    drop(first);
    let index = dir.path().join("index.db");
    let kept = std::fs::read(&index).unwrap();
    let second = Store::at(dir.path());
    assert_eq!(add(&second, vec![lying(1, ("B", 9))]), ids[..1]);
    sound(&second);
    let wanted = second
        .search(&Query::All, Sort::Newest, None, None)
        .unwrap();
    assert_eq!(wanted.rows[2].labels, ["keepme"]);
    drop(second);
    std::fs::write(&index, kept).unwrap();
    let third = Store::at(dir.path());
    third.catch_up().unwrap();
    assert_eq!(
        third.search(&Query::All, Sort::Newest, None, None).unwrap(),
        wanted
    );
    sound(&third);
}

fn labelled() -> Change {
    Change {
        add_labels: vec!["keepme".into()],
        ..Change::default()
    }
}

#[test]
fn a_copy_is_the_message_when_the_older_one_goes_also_after_a_crash() {
    let (dir, first) = store();
    let ids = add(&first, vec![lying(1, ("A", 1)), lying(2, ("A", 2))]);
    let starred = Change {
        starred: Some(true),
        ..labelled()
    };
    first
        .change_telling(&ids[..1], &starred, &ids[..1])
        .unwrap();
    let answer = mail(4, &[1], "Re: s", "yes");
    let reply = NewMessage {
        raw: answer.raw,
        parsed: answer.parsed,
        ..lying(4, ("A", 4))
    };
    add(&first, vec![reply, lying(1, ("B", 9))]);
    assert_eq!(first.arrivals(0, 100).unwrap().received.len(), 3);
    drop(first);
    let index = dir.path().join("index.db");
    let kept = std::fs::read(&index).unwrap();
    let second = Store::at(dir.path());
    second.remove(&ids[..1]).unwrap();
    let there = [(1, "B".into()), (2, "A".into()), (3, "A".into())];
    assert_eq!(places(&second), there);
    sound(&second);
    let row = second.envelopes(&ids[..1]).unwrap().remove(0);
    assert!(row.starred && row.labels == ["keepme"], "{row:?}");
    assert_eq!(second.queued_changes("work").unwrap()[0].1, ids[0]);
    assert_eq!(second.thread(ThreadId(1)).unwrap().len(), 2);
    assert!(
        String::from_utf8(second.raw(ids[0]).unwrap())
            .unwrap()
            .contains("text")
    );
    second.rebuild_index(&|_, _| ()).unwrap();
    assert_eq!(places(&second), there);
    assert_eq!(second.thread(ThreadId(1)).unwrap().len(), 2);
    drop(second);
    std::fs::write(&index, kept).unwrap();
    let third = Store::at(dir.path());
    third.catch_up().unwrap();
    assert_eq!(places(&third), there);
    sound(&third);
}

#[test]
fn what_was_erased_or_is_of_another_account_gets_no_number_back() {
    let (_dir, store) = store();
    let ids = add(&store, vec![lying(1, ("A", 1)), lying(2, ("A", 2))]);
    store.remove(&ids[..1]).unwrap();
    let other = NewMessage {
        account: "home".into(),
        ..lying(1, ("A", 1))
    };
    assert_eq!(add(&store, vec![other]), [MessageId(3)]);
    store.rename_account("work", "job").unwrap();
    let renamed = NewMessage {
        account: "job".into(),
        ..lying(1, ("C", 1))
    };
    assert_eq!(add(&store, vec![renamed]), ids[..1]);
    store.remove(&ids).unwrap();
    store.purge(&[MessageId(3)], &|_| ()).unwrap();
    let again = NewMessage {
        account: "job".into(),
        ..lying(2, ("C", 2))
    };
    assert_eq!(add(&store, vec![again]), [MessageId(4)]);
    sound(&store);
}
