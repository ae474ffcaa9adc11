use std::time::{Duration, SystemTime};

use rusqlite::Connection;

use super::{add, at, message, store};
use crate::model::contact::{Card, ContactAddress};
use crate::model::id::ContactId;
use crate::model::message::{NewMessage, Role};
use crate::rules::people::{self, Typed};
use crate::store::Store;
use crate::store::contacts::{Edit, Why};
use crate::store::people::{Person, Wanted};

/// A message of the n-th minute.
fn mail(n: i64, from: &str, to: &str) -> NewMessage {
    let date = at(n).strftime("%a, %d %b %Y %H:%M:%S +0000").to_string();
    message(
        &format!("From: {from}\nTo: {to}\nSubject: s\nDate: {date}\nMessage-ID: <{n}@x>"),
        "text",
    )
}

fn sent(n: i64, to: &str) -> NewMessage {
    let mut message = mail(n, "Me <me@example.com>", to);
    message.folder = "Sent".into();
    message.role = Role::Sent;
    message
}

fn owned() -> (tempfile::TempDir, Store) {
    let (dir, store) = store();
    (dir, store.owned_by(["me@example.com"].into_iter()))
}

fn counts(store: &Store, address: &str) -> (i64, i64, i64) {
    let known = store.harvested(address).unwrap();
    known.map_or((0, 0, 0), |k| (k.received, k.sent, k.mentioned))
}

#[test]
fn messages_tell_who_wrote_and_who_was_written_to() {
    let (_dir, store) = owned();
    assert_eq!(store.harvested("ada@example.com").unwrap(), None);
    add(
        &store,
        vec![
            mail(
                1,
                "Ada L <Ada@Example.com>",
                "me@example.com, Bob <bob@example.com>",
            ),
            sent(2, "\"Countess\" <ada@example.com>, carol@example.com"),
        ],
    );
    assert_eq!(counts(&store, "ADA@example.com"), (1, 1, 0));
    assert_eq!(counts(&store, "bob@example.com"), (0, 0, 1));
    assert_eq!(counts(&store, "carol@example.com"), (0, 1, 0));
    assert_eq!(counts(&store, "me@example.com"), (0, 0, 0));
    // Her own word for herself goes before that of others.
    let ada = store.harvested("ada@example.com").unwrap().unwrap();
    assert_eq!(ada.name, "Ada L");
    assert_eq!((ada.last_at, ada.last_sent_at), (Some(at(2)), Some(at(2))));
    // Nothing is counted twice, by this process or another.
    let again = Store::at(store.dir()).owned_by(["me@example.com"].into_iter());
    add(&again, vec![mail(3, "ada@example.com", "me@example.com")]);
    for store in [&store, &again, &store] {
        assert_eq!(counts(store, "ada@example.com"), (2, 1, 0));
    }
}

#[test]
fn the_last_conversation_is_the_one_with_the_newest_message() {
    let (_dir, store) = owned();
    let talked = |store: &Store| {
        let addresses = ["ada@home.example", "ada@work.example"];
        let talked = store.last_talked(&addresses).unwrap();
        talked.map(|t| (t.address, t.at))
    };
    assert_eq!(talked(&store), None);
    add(
        &store,
        vec![
            sent(5, "ada@work.example"),
            mail(3, "ada@home.example", "me@example.com"),
        ],
    );
    assert_eq!(talked(&store), Some(("ada@work.example".into(), at(5))));
    add(&store, vec![mail(9, "ada@home.example", "me@example.com")]);
    assert_eq!(talked(&store), Some(("ada@home.example".into(), at(9))));
    // Being named in a message to others is no conversation.
    add(&store, vec![mail(12, "x@example.com", "ada@work.example")]);
    assert_eq!(talked(&store), Some(("ada@home.example".into(), at(9))));
}

#[test]
fn what_is_lost_damaged_or_put_back_is_gathered_anew() {
    let (dir, store) = owned();
    add(&store, vec![mail(1, "ada@example.com", "me@example.com")]);
    assert_eq!(counts(&store, "ada@example.com"), (1, 0, 0));
    let path = dir.path().join("people.db");
    let anew = || Store::at(dir.path()).owned_by(["me@example.com"].into_iter());
    drop(store);
    std::fs::remove_file(&path).unwrap();
    assert_eq!(counts(&anew(), "ada@example.com"), (1, 0, 0));
    std::fs::write(&path, [7_u8; 20_000]).unwrap();
    assert_eq!(counts(&anew(), "ada@example.com"), (1, 0, 0));
    // All pages but the first.
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[8192..].fill(7);
    std::fs::write(&path, bytes).unwrap();
    assert_eq!(counts(&anew(), "ada@example.com"), (1, 0, 0));
    // The messages are gone, and others have their numbers.
    for file in ["raw.db", "index.db"] {
        std::fs::remove_file(dir.path().join(file)).unwrap();
    }
    let store = anew();
    assert_eq!(counts(&store, "ada@example.com"), (0, 0, 0));
    add(&store, vec![mail(1, "bob@example.com", "me@example.com")]);
    assert_eq!(counts(&store, "bob@example.com"), (1, 0, 0));
    store.rebuild_index(&|_, _| ()).unwrap();
    assert_eq!(counts(&store, "bob@example.com"), (1, 0, 0));
}

#[test]
fn nothing_of_what_was_purged_is_left() {
    let (dir, store) = owned();
    let ids = add(
        &store,
        vec![
            mail(1, "Secretive <sec@example.com>", "me@example.com"),
            mail(2, "bob@example.com", "me@example.com"),
        ],
    );
    assert_eq!(counts(&store, "sec@example.com"), (1, 0, 0));
    store.purge(&ids[..1], &|_| ()).unwrap();
    store.scrub().unwrap();
    assert_eq!(counts(&store, "bob@example.com"), (1, 0, 0));
    assert_eq!(store.harvested("sec@example.com").unwrap(), None);
    drop(store);
    for entry in std::fs::read_dir(dir.path()).unwrap() {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap_or_default();
        let holds = |words: &[u8]| bytes.windows(words.len()).any(|w| w == words);
        assert!(!holds(b"sec@example") && !holds(b"Secretive"), "{path:?}");
    }
}

#[test]
fn what_strangers_write_harms_nothing() {
    let (_dir, store) = owned();
    let crowd: Vec<String> = (0..10_000).map(|n| format!("p{n}@example.com")).collect();
    let mut broken = mail(3, "x@example.com", "me@example.com");
    for address in &mut broken.parsed.from {
        address.email = "a\0b\u{1b}[2J@example.com".into();
        address.name = Some("n\0\u{202e}ame".into());
    }
    let mut long = mail(1, "long@example.com", "me@example.com");
    long.parsed.from[0].name = Some("N".repeat(1 << 20));
    let mut late = mail(4, "late@example.com", "me@example.com");
    late.received_at = jiff::Timestamp::MAX;
    add(
        &store,
        vec![
            long,
            mail(2, "crowd@example.com", &crowd.join(", ")),
            broken,
            late,
        ],
    );
    let long = store.harvested("long@example.com").unwrap().unwrap();
    assert!(long.name.len() <= 200);
    assert_eq!(counts(&store, "p7@example.com"), (0, 0, 1));
    assert_eq!(counts(&store, "late@example.com"), (1, 0, 0));
    let db = Connection::open(store.dir().join("people.db")).unwrap();
    let odd: i64 = db
        .query_row(
            "SELECT count(*) FROM addresses WHERE address LIKE '%2J%' OR instr(name, char(0)) > 0",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(odd, 0);
}

#[test]
fn many_may_gather_at_once_and_nothing_is_counted_twice() {
    let (dir, store) = owned();
    std::thread::scope(|scope| {
        for n in 0..4 {
            let dir = dir.path();
            scope.spawn(move || {
                let store = Store::at(dir).owned_by(["me@example.com"].into_iter());
                for m in 0..10 {
                    add(
                        &store,
                        vec![mail(100 * n + m, "ada@example.com", "me@example.com")],
                    );
                    store.gather_people().unwrap();
                }
            });
        }
    });
    assert_eq!(counts(&store, "ada@example.com"), (40, 0, 0));
}

#[cfg(unix)]
#[test]
fn a_store_that_cant_be_written_is_read_all_the_same() {
    use std::os::unix::fs::PermissionsExt;
    let (dir, store) = owned();
    add(&store, vec![mail(1, "ada@example.com", "me@example.com")]);
    assert_eq!(counts(&store, "ada@example.com"), (1, 0, 0));
    add(&store, vec![mail(2, "bob@example.com", "me@example.com")]);
    let file = dir.path().join("people.db");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o400)).unwrap();
    if std::fs::File::options().append(true).open(&file).is_ok() {
        return; // root writes anywhere
    }
    let anew = Store::at(dir.path()).owned_by(["me@example.com"].into_iter());
    assert_eq!(counts(&anew, "ada@example.com"), (1, 0, 0));
}

fn wanted(words: &[&str]) -> Vec<Wanted> {
    let each = words.iter().map(|word| Wanted {
        same: vec![((*word).to_owned(), 16)],
        begun: None,
        near: (word.len() > 3).then(|| ((*word).to_owned(), 1)),
    });
    each.collect()
}

fn borne_by(store: &Store, words: &[&str]) -> Vec<Person> {
    let bearers = store.bearers(&wanted(words), 10).unwrap();
    bearers.into_iter().map(|b| b.person).collect()
}

fn keep(
    store: &Store,
    id: Option<ContactId>,
    before: Option<&str>,
    after: Option<&str>,
) -> ContactId {
    let card = |name: &str| Card {
        name: name.to_owned(),
        addresses: vec![ContactAddress {
            value: format!(
                "{}@example.com",
                name.split(' ').next().unwrap().to_lowercase()
            ),
            ..ContactAddress::default()
        }],
        ..Card::default()
    };
    let edit = Edit {
        id,
        before: before.map(card),
        after: after.map(card),
        ..Edit::default()
    };
    let why = Why {
        what: "edit",
        by: "person",
    };
    store.change_contacts(&[edit], why, at(0)).unwrap()[0].unwrap()
}

#[test]
fn people_are_found_by_words_that_are_nearly_theirs_the_nearest_first() {
    let (_dir, store) = owned();
    let (first, second) = (
        keep(&store, None, None, Some("Grace Hopper")),
        keep(&store, None, None, Some("Gracey Hopper")),
    );
    add(
        &store,
        vec![
            sent(1, "gracey@example.com"),
            mail(2, "Grase Hoper <gh@example.net>", "me@example.com"),
            mail(3, "Grace <noreply@example.net>", "me@example.com"),
        ],
    );
    let found = borne_by(&store, &["grace", "hoppre"]);
    assert_eq!(
        found[..2],
        [Person::Contact(first), Person::Contact(second)]
    );
    // The two strange addresses, and no machine.
    assert_eq!(found.len(), 4, "{found:?}");
    // Both names fit as well; the one the owner writes to comes first.
    assert_eq!(borne_by(&store, &["hopper"])[0], Person::Contact(second));
    assert_eq!(borne_by(&store, &["nobody"]), []);
}

#[test]
fn of_many_of_one_name_the_nearest_come_before_who_is_only_alike() {
    let (_dir, store) = owned();
    let mut all = Vec::new();
    for n in 0..9 {
        all.push(mail(
            n,
            &format!("Ann Lee <ann{n}@example.com>"),
            "me@example.com",
        ));
    }
    all.push(sent(20, "Ann Lee <ann7@example.com>"));
    // Nearer than all of them, but another.
    all.extend((30..40).map(|n| sent(n, "Anne Lee <anne@example.com>")));
    add(&store, all);
    let typed = Typed::new("ann lee");
    let wanted = Wanted::of("ann lee", &people::probes(&typed));
    let who = |most| -> Vec<String> {
        let bearers = store.bearers(&wanted, most).unwrap();
        let rows = bearers.into_iter().map(|b| match b.person {
            Person::Address(row) => row,
            Person::Contact(id) => panic!("{id} is no address"),
        });
        let found = store.harvested_rows(&rows.collect::<Vec<_>>()).unwrap();
        found.into_iter().map(|known| known.form).collect()
    };
    let (few, many) = (who(4), who(40));
    assert_eq!(few[0], "ann7@example.com");
    assert_eq!(few, many[..4]);
    assert_eq!(many.len(), 10);
    assert_eq!(many[9], "anne@example.com");
}

#[test]
fn what_came_after_the_file_was_looked_at_is_seen() {
    let (_dir, store) = owned();
    add(&store, vec![mail(1, "ada@example.com", "me@example.com")]);
    assert_eq!(counts(&store, "ada@example.com"), (1, 0, 0));
    #[expect(clippy::disallowed_methods, reason = "times of files are the system's")]
    let changed = |seconds| {
        for name in ["index.db", "index.db-wal"] {
            let file = std::fs::File::options()
                .write(true)
                .open(store.dir().join(name));
            let at = SystemTime::now() - Duration::from_secs(seconds);
            file.unwrap().set_modified(at).unwrap();
        }
    };
    // The first look after a while notes how the file is, the next one trusts it.
    changed(60);
    assert_eq!(counts(&store, "ada@example.com"), (1, 0, 0));
    let noted = Connection::open(store.dir().join("people.db")).unwrap();
    let noted = noted.query_row("SELECT value FROM marks WHERE name = 'stamp'", [], |row| {
        row.get::<_, i64>(0)
    });
    assert_ne!(noted.unwrap(), 0);
    assert_eq!(counts(&store, "ada@example.com"), (1, 0, 0));
    add(&store, vec![mail(2, "ada@example.com", "me@example.com")]);
    assert_eq!(counts(&store, "ada@example.com"), (2, 0, 0));
    // By another process, a good while ago.
    let other = Store::at(store.dir()).owned_by(["me@example.com"].into_iter());
    add(&other, vec![mail(3, "ada@example.com", "me@example.com")]);
    changed(30);
    assert_eq!(counts(&store, "ada@example.com"), (3, 0, 0));
}

#[test]
fn a_contact_is_found_by_its_words_of_now() {
    let (_dir, store) = owned();
    let id = keep(&store, None, None, Some("Grace Hopper"));
    assert_eq!(borne_by(&store, &["hopper"]), [Person::Contact(id)]);
    keep(&store, Some(id), Some("Grace Hopper"), Some("Grace Murray"));
    assert_eq!(borne_by(&store, &["hopper"]), []);
    assert_eq!(borne_by(&store, &["murray"]), [Person::Contact(id)]);
    keep(&store, Some(id), Some("Grace Murray"), None);
    assert_eq!(borne_by(&store, &["murray"]), []);
    // Its messages make it nearer, whichever came first.
    let id = keep(&store, None, None, Some("Zed Quux"));
    let far = |store: &Store| {
        store.gather_people().unwrap();
        let db = Connection::open(store.dir().join("people.db")).unwrap();
        db.query_row(
            "SELECT far FROM people WHERE person = ?1",
            [Person::Contact(id).number()],
            |row| row.get::<_, i64>(0),
        )
        .unwrap()
    };
    let before = far(&store);
    add(&store, vec![sent(1, "zed@example.com")]);
    assert!(far(&store) < before);
}
