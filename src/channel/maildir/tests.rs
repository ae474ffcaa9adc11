//! Promises of the Maildir client, on a real folder.

use std::fs;
use std::path::Path;

use jiff::Timestamp;

use crate::model::message::{Change, Flags};

use super::*;

const SEEN: Flags = Flags {
    seen: true,
    starred: false,
    answered: false,
    forwarded: false,
    draft: false,
    trashed: false,
};

fn later() -> Timestamp {
    "2999-01-01T00:00:00Z".parse().unwrap()
}

fn make(root: &Path, names: &[&str]) {
    for name in names {
        for sub in ["cur", "new", "tmp"] {
            fs::create_dir_all(root.join(name).join(sub)).unwrap();
        }
    }
}

fn paths(root: &Path) -> Vec<String> {
    let tree = folders(root).unwrap();
    tree.folders.into_iter().map(|f| f.path).collect()
}

#[test]
fn a_delivered_message_is_listed_and_read_back() {
    let root = tempfile::tempdir().unwrap();
    let unread = deliver(
        root.path(),
        "INBOX",
        b"a: b\r\n\r\nhi\r\n",
        Flags::default(),
    )
    .unwrap();
    let seen = deliver(root.path(), "Sent", b"a: b\n\nhi\n", SEEN).unwrap();
    assert_eq!(paths(root.path()), ["INBOX", "Sent"]);
    let inbox = list(root.path(), later());
    assert_eq!(inbox.entries[0].unique, unread);
    assert!(inbox.entries[0].recent && !inbox.entries[0].flags.seen);
    assert_eq!(
        read(&inbox.entries[0].path(root.path())).unwrap(),
        b"a: b\n\nhi\n"
    );
    let sent = list(&root.path().join(".Sent"), later());
    assert_eq!(
        (sent.entries[0].unique.as_str(), sent.entries[0].flags),
        (seen.as_str(), SEEN)
    );
    assert!(root.path().join(".Sent/maildirfolder").is_file());
    assert_eq!(fs::read_dir(root.path().join("tmp")).unwrap().count(), 0);
}

#[cfg(unix)]
#[test]
fn only_the_owner_may_read_what_was_delivered() {
    use std::os::unix::fs::PermissionsExt;
    let root = tempfile::tempdir().unwrap();
    let unique = deliver(root.path(), "Sent", b"x", SEEN).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&root.path().join(".Sent")), 0o700);
    assert_eq!(mode(&root.path().join(".Sent/cur")), 0o700);
    assert_eq!(
        mode(&find(&root.path().join(".Sent"), &unique).unwrap()),
        0o600
    );
}

#[test]
fn trees_of_other_programs_are_found() {
    let root = tempfile::tempdir().unwrap();
    make(
        root.path(),
        &["INBOX", "lists/rust", "lists/.sub", "Entw&APw-rfe", "R&D"],
    );
    fs::create_dir_all(root.path().join(".notmuch/xapian/cur")).unwrap();
    assert_eq!(
        paths(root.path()),
        ["Entwürfe", "INBOX", "R&D", "lists/rust", "lists/sub"]
    );
    deliver(root.path(), "INBOX", b"x", SEEN).unwrap();
    deliver(root.path(), "Archive", b"x", SEEN).unwrap();
    deliver(root.path(), "../../out", b"x", SEEN).unwrap();
    assert!(root.path().join("Archive/cur").is_dir());
    assert!(root.path().join("out/cur").is_dir());
}

#[test]
fn folder_names_survive_maildirplusplus() {
    let root = tempfile::tempdir().unwrap();
    for name in ["v1.2", "Entwürfe", "lists/日本語"] {
        deliver(root.path(), name, b"x", SEEN).unwrap();
        deliver(root.path(), name, b"y", SEEN).unwrap();
    }
    assert_eq!(paths(root.path()).len(), 3, "{:?}", paths(root.path()));
    assert!(paths(root.path()).contains(&"v1.2".to_owned()));
}

#[cfg(unix)]
#[test]
fn links_lead_neither_out_of_the_tree_nor_into_loops() {
    let root = tempfile::tempdir().unwrap();
    let outside = tempfile::tempdir().unwrap();
    make(outside.path(), &["secret"]);
    make(root.path(), &["", "lists"]);
    fs::write(outside.path().join("key"), "k").unwrap();
    std::os::unix::fs::symlink(root.path(), root.path().join("loop")).unwrap();
    std::os::unix::fs::symlink(outside.path(), root.path().join("out")).unwrap();
    std::os::unix::fs::symlink(outside.path().join("key"), root.path().join("cur/1.a:2,S"))
        .unwrap();
    assert_eq!(paths(root.path()), ["INBOX", "lists"]);
    assert!(list(root.path(), later()).entries.is_empty());
}

#[test]
fn flags_follow_a_file_that_another_program_renamed() {
    let root = tempfile::tempdir().unwrap();
    make(root.path(), &[""]);
    let old = root.path().join("new/1.a");
    fs::write(root.path().join("cur/1.a:2,Fk"), "x").unwrap();
    let read = Change {
        seen: Some(true),
        ..Change::default()
    };
    let path = set_flags(&old, &read).unwrap();
    assert_eq!(path, root.path().join("cur/1.a:2,FSk"));
    assert_eq!(super::read(&old).unwrap(), b"x");
}

#[test]
fn moving_never_overwrites() {
    let root = tempfile::tempdir().unwrap();
    make(root.path(), &["", ".Trash"]);
    fs::write(root.path().join("cur/1.a,U=3:2,S"), "x").unwrap();
    fs::write(root.path().join(".Trash/cur/1.a:2,S"), "y").unwrap();
    let trash = create_folder(root.path(), "Trash").unwrap();
    let path = move_to(&root.path().join("cur/1.a,U=3:2,S"), &trash, |_| false).unwrap();
    assert_ne!(path, root.path().join(".Trash/cur/1.a:2,S"));
    assert!(path.to_str().unwrap().ends_with(":2,S"));
    assert_eq!(fs::read(&path).unwrap(), b"x");
    assert_eq!(list(&trash.dir, later()).entries.len(), 2);
    remove(&path).unwrap();
    remove(&path).unwrap();
    assert_eq!(list(&trash.dir, later()).entries.len(), 1);
}

#[test]
fn a_stamp_is_given_only_when_nothing_can_hide_behind_it() {
    let root = tempfile::tempdir().unwrap();
    make(root.path(), &[""]);
    assert_eq!(
        stamp(root.path(), "1999-01-01T00:00:00Z".parse().unwrap()),
        None
    );
    let before = list(root.path(), later()).stamp;
    assert!(before.is_some());
    assert_eq!(stamp(root.path(), later()), before);
    fs::write(root.path().join("new/1.a"), "x").unwrap();
    assert_ne!(stamp(root.path(), later()), before);
}

#[cfg(unix)]
#[test]
fn names_that_are_not_utf8_are_found_again() {
    use std::os::unix::ffi::OsStrExt;
    let root = tempfile::tempdir().unwrap();
    make(root.path(), &[""]);
    let name = std::ffi::OsStr::from_bytes(b"1.\xff\xfe:2,S");
    fs::write(root.path().join("cur").join(name), "x").unwrap();
    let folder = std::ffi::OsStr::from_bytes(b".caf\xe9");
    make(&root.path().join(folder), &[""]);
    let entry = list(root.path(), later()).entries.remove(0);
    let path = find(root.path(), &entry.unique).unwrap();
    assert_eq!(super::read(&path).unwrap(), b"x");
    assert_eq!(paths(root.path()), ["INBOX", "caf\u{FFFD}e9"]);
}
