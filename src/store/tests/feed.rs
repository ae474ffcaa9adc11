//! What the feed tells of as received, and in what order.

use super::*;

fn received(store: &Store, after: i64) -> Vec<i64> {
    let arrivals = store.arrivals(after, 100).unwrap();
    arrivals.received.iter().map(|of| of.id.0).collect()
}

fn of(account: &str, n: i64) -> NewMessage {
    NewMessage {
        account: account.into(),
        ..mail(n, &[], "news", "text")
    }
}

#[test]
fn what_an_account_had_before_it_was_fetched_first_is_no_news() {
    let (_dir, store) = store();
    store.begin_history("work").unwrap();
    add(&store, vec![of("work", 1), of("work", 2)]);
    assert!(
        received(&store, 0).is_empty(),
        "the first fetch is under way"
    );
    add(&store, vec![of("pushed", 3)]);
    assert_eq!(
        received(&store, 0),
        [3],
        "who is never fetched has no history"
    );
    store.end_history("work", None).unwrap();
    store.save_source("work", at(0), None).unwrap();
    store.begin_history("work").unwrap();
    add(&store, vec![of("work", 4)]);
    assert_eq!(received(&store, 0), [3, 4]);
    add(&store, vec![of("work", 5)]);
    store.rename_account("work", "job").unwrap();
    add(&store, vec![of("job", 6)]);
    assert_eq!(received(&store, 0), [3, 4, 5, 6]);
}

#[test]
fn a_cursor_outlives_a_rebuilt_index() {
    let (_dir, store) = store();
    let ids = add(&store, (1..=5).map(|n| of("work", n)).collect());
    store.remove(&[ids[1]]).unwrap();
    assert_eq!(store.feed_end().unwrap().message, 5);
    store.rebuild_index(&|_, _| {}).unwrap();
    assert_eq!(received(&store, 0), [1, 3, 4, 5]);
    assert_eq!(received(&store, 3), [4, 5]);
    add(&store, vec![of("work", 9)]);
    assert_eq!(received(&store, 5), [6]);
}

#[test]
fn only_what_someone_sent_is_received_and_only_once() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::at(dir.path()).owned_by(["ada@example.com"].into_iter());
    let place = |n, folder: &str, role| NewMessage {
        folder: folder.into(),
        role,
        ..mail(n, &[], "x", "y")
    };
    let mut theirs = message("From: bob@example.com\nMessage-ID: <b@x>\nSubject: hi", "1");
    theirs.role = Role::Inbox;
    let mut copy = message("From: bob@example.com\nMessage-ID: <b@x>\nSubject: hi", "1");
    copy.folder = "Lists".into();
    copy.role = Role::Other;
    let mut junk = message(
        "From: eve@example.com\nMessage-ID: <e@x>\nSubject: win",
        "1",
    );
    junk.folder = "Junk".into();
    junk.role = Role::Junk;
    let ids = add(
        &store,
        vec![
            place(1, "Sent", Role::Sent),
            place(2, "Drafts", Role::Drafts),
            theirs,
            copy,
            junk,
        ],
    );
    assert_eq!(received(&store, 0), [ids[2].0]);
    let looked = store.arrivals(0, 2).unwrap();
    assert!(looked.received.is_empty() && looked.more);
    assert_eq!(looked.through, ids[1].0);
}
