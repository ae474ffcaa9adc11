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
    let again = |uid| NewMessage {
        account: "job".into(),
        ..lying(2, ("C", uid))
    };
    // What is erased is no other message's matter.
    assert_eq!(add(&store, vec![again(2)]), ids[1..]);
    store.purge(&ids[1..], &|_| ()).unwrap();
    assert_eq!(store.add(vec![again(3)]).unwrap()[0].id, None);
    sound(&store);
}

#[test]
fn what_a_folder_numbered_anew_holds_is_not_its_copy_elsewhere() {
    let (_dir, store) = store();
    let ids = add(&store, vec![lying(1, ("A", 1)), lying(2, ("A", 2))]);
    let copy = add(&store, vec![lying(1, ("B", 1))]);
    store.renumber_folder("work", "A").unwrap();
    let anew = |n, uid| NewMessage {
        ident: Ident::Uid { validity: 4, uid },
        ..lying(n, ("A", uid))
    };
    assert_eq!(add(&store, vec![anew(2, 1), anew(1, 2)]), [ids[1], ids[0]]);
    let there = [(1, "A"), (2, "A"), (copy[0].0, "B")];
    assert_eq!(
        places(&store),
        there.map(|(id, folder)| (id, folder.to_owned()))
    );
    sound(&store);
}

#[test]
fn a_thread_that_gets_its_number_back_is_no_other_thread_and_no_circle() {
    let (_dir, store) = store();
    let bare = |n: i64, uid: u32, folder: &str, subject: &str| {
        let mut message = lying(n, (folder, uid));
        message.parsed.subject = subject.to_owned();
        message
    };
    // 2 and 3 are one thread by what they are about, 4 refers to 3 and to 1, and all are one.
    let mut nameless = bare(2, 2, "A", "Re: foo");
    nameless.parsed.message_id = None;
    let mut joins = bare(4, 4, "A", "qux");
    joins.parsed.references = vec!["3@x".to_owned(), "1@x".to_owned()];
    let ids = add(
        &store,
        vec![
            bare(1, 1, "A", "bar"),
            nameless.clone(),
            bare(3, 3, "A", "Re: foo"),
            joins,
        ],
    );
    let thread = |id: MessageId| store.location(id).unwrap().thread;
    assert!(ids.iter().all(|id| thread(*id) == thread(ids[0])));
    // Another client moves the nameless one, copies it, and deletes the first.
    store.remove(&ids[1..2]).unwrap();
    let moved = |folder: &str| NewMessage {
        folder: folder.to_owned(),
        ident: Ident::Uid {
            validity: 3,
            uid: 9,
        },
        ..nameless.clone()
    };
    assert_eq!(add(&store, vec![moved("B")]), ids[1..2]);
    let shown = store.thread(thread(ids[1])).unwrap();
    assert!(shown.iter().any(|of| of.id == ids[1]), "{shown:?}");
    add(&store, vec![moved("C")]);
    store.remove(&ids[1..2]).unwrap();
    for id in &ids {
        let shown = store.thread(thread(*id)).unwrap();
        assert!(shown.iter().any(|of| of.id == *id), "{id}: {shown:?}");
    }
    sound(&store);
}
