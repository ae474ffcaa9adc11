//! Contacts synced with a real address book server, which others change at the same time.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::support::World;
use crate::support::radicale::{Act, Book, Wire};
use crate::support::receiver::{Receiver, Reply};

fn vcard(uid: &str, name: &str, more: &str) -> String {
    format!(
        "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:{uid}\r\nFN:{name}\r\nN:{};{};;;\r\n{more}END:VCARD\r\n",
        name.split(' ').nth(1).unwrap_or(""),
        name.split(' ').next().unwrap_or("")
    )
}

fn world(book: &Book, port: u16) -> World {
    World::new().config(&book.account("work", port))
}

fn sync(world: &World) -> serde_json::Value {
    let run = world.run(["contacts", "sync", "--format", "json"]);
    assert_eq!(run.code, 0, "{run}");
    run.json()["sources"][0].clone()
}

fn names(world: &World) -> Vec<String> {
    let json = world
        .run(["contacts", "list", "--format", "json"])
        .ok()
        .json();
    let mut names: Vec<String> = json["contacts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| c["name"].as_str().unwrap().to_owned())
        .collect();
    names.sort();
    names
}

fn show(world: &World, name: &str) -> serde_json::Value {
    let json = world
        .run(["contacts", "show", name, "--format", "json"])
        .ok()
        .json();
    match json.get("contact") {
        Some(contact) if contact.is_object() => contact.clone(),
        _ => json,
    }
}

#[test]
fn the_first_sync_brings_both_sides_together_and_the_second_does_nothing() {
    let Some(book) = Book::new() else { return };
    book.put(
        "ada.vcf",
        &vcard(
            "ada-1",
            "Ada Lovelace",
            "EMAIL;TYPE=HOME:ada@example.com\r\n",
        ),
    );
    book.put(
        "grace.vcf",
        &vcard("grace-1", "Grace Hopper", "EMAIL:grace@example.com\r\n"),
    );
    // The same address, someone else.
    book.put(
        "office.vcf",
        &vcard("office-1", "Front Desk", "EMAIL:bob@example.com\r\n"),
    );
    let world = world(&book, book.port);
    world
        .run([
            "contacts",
            "add",
            "Ada Lovelace",
            "ada@example.com",
            "--note",
            "mine",
        ])
        .ok();
    world
        .run(["contacts", "add", "Bob Jones", "bob@example.com"])
        .ok();
    let done = sync(&world);
    assert_eq!(done["here"]["added"], 2, "{done}");
    assert_eq!(done["there"]["added"], 1, "{done}");
    assert_eq!(done["there"]["changed"], 1, "{done}");
    assert_eq!(
        names(&world),
        ["Ada Lovelace", "Bob Jones", "Front Desk", "Grace Hopper"]
    );
    let ada = book.card("FN:Ada Lovelace");
    assert!(
        ada.contains("NOTE:mine") && ada.contains("UID:ada-1"),
        "{ada}"
    );
    assert!(book.card("FN:Bob Jones").contains("bob@example.com"));
    let before = (book.changes(), book.cards());
    let done = sync(&world);
    assert_eq!(done["steps"].as_array().unwrap().len(), 0, "{done}");
    sync(&world);
    assert_eq!((book.changes(), book.cards()), before);
}

#[test]
fn edits_of_both_sides_come_together_and_what_gives_way_is_in_the_history() {
    let Some(book) = Book::new() else { return };
    let world = world(&book, book.port);
    let photo = "PHOTO;ENCODING=b;TYPE=JPEG:AAECAwQFBgcICQ==\r\nX-ODD;X-P=1:kept\r\nADR;TYPE=HOME:;;1 Main St;London;;;UK\r\n";
    book.put("ada.vcf", &vcard("a", "Ada Lovelace", photo));
    sync(&world);
    world
        .run([
            "contacts",
            "edit",
            "Ada Lovelace",
            "--title",
            "Countess",
            "--note",
            "from here",
        ])
        .ok();
    let theirs = format!("{photo}ORG:Engines\r\nNOTE:from there\r\n");
    book.put("ada.vcf", &vcard("a", "Ada Lovelace", &theirs));
    let done = sync(&world);
    assert_eq!(done["steps"][0]["lost"][0]["value"], "from there", "{done}");
    let card = book.card("UID:a");
    for part in [
        "TITLE:Countess",
        "ORG:Engines",
        "NOTE:from here",
        "X-ODD;X-P=1:kept",
        "1 Main St",
    ] {
        assert!(card.contains(part), "{part} in {card}");
    }
    assert!(card.contains("AAECAwQFBgcICQ=="), "{card}");
    let ada = show(&world, "Ada Lovelace");
    assert_eq!(ada["organization"], "Engines");
    let history = world
        .run(["contacts", "history", "Ada Lovelace", "--format", "json"])
        .ok();
    assert!(history.stdout.contains("from there"), "{history}");
    let changes = book.changes();
    sync(&world);
    assert_eq!(book.changes(), changes);
}

#[test]
fn the_newer_of_two_changes_wins_where_the_server_tells_when() {
    let Some(book) = Book::new() else { return };
    let world = world(&book, book.port);
    book.put("ada.vcf", &vcard("a", "Ada Lovelace", ""));
    sync(&world);
    world
        .run(["contacts", "edit", "Ada Lovelace", "--note", "older"])
        .ok();
    let newer = "NOTE:newer\r\nREV:2027-01-01T00:00:00Z\r\n";
    book.put("ada.vcf", &vcard("a", "Ada Lovelace", newer));
    sync(&world);
    assert_eq!(show(&world, "Ada Lovelace")["notes"], "newer");
}

#[test]
fn a_deletion_goes_over_unless_the_other_side_was_changed() {
    let Some(book) = Book::new() else { return };
    let world = world(&book, book.port);
    for name in ["Ada One", "Bob Two", "Cid Three", "Dan Four"] {
        let uid = name.split(' ').next().unwrap();
        book.put(&format!("{uid}.vcf"), &vcard(uid, name, ""));
    }
    sync(&world);
    // Deleted there, untouched here; deleted here, untouched there.
    book.delete("Ada.vcf");
    world.run(["contacts", "remove", "Bob Two", "--yes"]).ok();
    // Deleted there, changed here; deleted here, changed there.
    book.delete("Cid.vcf");
    world
        .run(["contacts", "edit", "Cid Three", "--note", "alive"])
        .ok();
    world.run(["contacts", "remove", "Dan Four", "--yes"]).ok();
    book.put("Dan.vcf", &vcard("Dan", "Dan Four", "NOTE:alive too\r\n"));
    let done = sync(&world);
    assert_eq!(names(&world), ["Cid Three", "Dan Four"], "{done}");
    let cards = book.cards();
    assert_eq!(cards.len(), 2, "{cards:?}");
    assert!(book.card("FN:Cid Three").contains("NOTE:alive"));
    assert_eq!(show(&world, "Dan Four")["notes"], "alive too");
    let changes = book.changes();
    let done = sync(&world);
    assert_eq!(done["steps"].as_array().unwrap().len(), 0, "{done}");
    assert_eq!(book.changes(), changes);
}

#[test]
fn two_that_were_merged_here_become_one_there() {
    let Some(book) = Book::new() else { return };
    let world = world(&book, book.port);
    book.put(
        "a1.vcf",
        &vcard("a1", "Ada Lovelace", "EMAIL:ada@example.com\r\n"),
    );
    book.put(
        "a2.vcf",
        &vcard("a2", "Ada King", "EMAIL:king@example.com\r\n"),
    );
    sync(&world);
    world
        .run(["contacts", "merge", "Ada Lovelace", "Ada King"])
        .ok();
    sync(&world);
    let cards = book.cards();
    assert_eq!(cards.len(), 1, "{cards:?}");
    let card = &cards[0].1;
    assert!(
        card.contains("ada@example.com") && card.contains("king@example.com"),
        "{card}"
    );
    let changes = book.changes();
    sync(&world);
    assert_eq!(book.changes(), changes);
    assert_eq!(names(&world).len(), 1);
}

const ONLY_THERE: &str = "ADR;TYPE=HOME:;;Street Two;Berlin;;10115;DE\r\nPHOTO;ENCODING=b;TYPE=JPEG:AAECAwQFBgcICQ==\r\n\
    IMPP:xmpp:king@example.com\r\nitem1.X-FOO:keep\r\nitem1.X-ABLABEL:mine\r\n";

/// Whether a card says all of [`ONLY_THERE`].
fn says_all(card: &str) -> bool {
    [
        "Street Two",
        "AAECAwQFBgcICQ==",
        "IMPP:xmpp:king@example.com",
        "X-FOO:keep",
        "X-ABLABEL:mine",
    ]
    .iter()
    .all(|part| card.contains(part))
}

#[test]
fn a_merge_takes_over_what_only_the_book_knows_of_the_other() {
    let Some(book) = Book::new() else { return };
    let world = world(&book, book.port);
    let street =
        "EMAIL:ada@example.com\r\nNOTE:one\r\nitem1.ADR:;;Street One;;;;\r\nitem1.X-ABADR:gb\r\n";
    book.put("a1.vcf", &vcard("a1", "Ada Lovelace", street));
    let other = format!("EMAIL;X-MINE=1:king@example.com\r\nNOTE:two\r\n{ONLY_THERE}");
    book.put("a2.vcf", &vcard("a2", "Ada Lovelace", &other));
    sync(&world);
    let list = world
        .run(["contacts", "list", "--format", "plain", "--fields", "id"])
        .ok();
    assert_eq!(list.stdout.lines().collect::<Vec<_>>(), ["c1", "c2"]);
    world.run(["contacts", "merge", "c1", "c2"]).ok();
    let done = sync(&world);
    let cards = book.cards();
    assert_eq!(cards.len(), 1, "{cards:?}");
    let card = &cards[0].1;
    assert!(says_all(card) && card.contains("Street One"), "{card}");
    assert!(
        card.contains("UID:a1") && card.contains("X-MINE=1:king@example.com"),
        "{card}"
    );
    // Labels stay with what they name.
    assert!(
        card.contains("item1.X-ABADR:gb") && !card.contains("item1.X-FOO"),
        "{card}"
    );
    assert!(done.to_string().contains("takes over ADR"), "{done}");
    let changes = book.changes();
    sync(&world);
    assert_eq!(book.changes(), changes);
    // What is deleted there later stays so.
    let bare = vcard(
        "a1",
        "Ada Lovelace",
        "EMAIL:ada@example.com\r\nEMAIL:king@example.com\r\n",
    );
    book.put("a1.vcf", &bare);
    sync(&world);
    sync(&world);
    let exported = world.run(["contacts", "export"]).ok().stdout;
    assert!(!exported.contains("Street"), "{exported}");
}

#[test]
fn the_other_card_stays_until_the_one_that_takes_it_over_is_written() {
    let Some(book) = Book::new() else { return };
    book.put(
        "a1.vcf",
        &vcard("a1", "Ada Lovelace", "EMAIL:ada@example.com\r\n"),
    );
    book.put("a2.vcf", &vcard("a2", "Ada King", ONLY_THERE));
    let puts = AtomicUsize::new(0);
    let wire = Wire::start(book.port, move |method, _, _| match method {
        "PUT" if puts.fetch_add(1, Ordering::SeqCst) == 0 => {
            Act::Say("HTTP/1.1 507 Insufficient Storage\r\nContent-Length: 0\r\n\r\n".to_owned())
        }
        _ => Act::Pass,
    });
    let world = world(&book, wire.port);
    sync(&world);
    world
        .run(["contacts", "merge", "Ada Lovelace", "Ada King"])
        .ok();
    world.run(["contacts", "sync", "--format", "json"]);
    assert!(says_all(&book.card("UID:a2")), "{:?}", book.cards());
    sync(&world);
    assert_eq!(book.cards().len(), 1, "{:?}", book.cards());
    assert!(says_all(&book.card("UID:a1")), "{:?}", book.cards());
}

#[test]
fn a_merge_that_is_taken_back_gives_both_their_own_again() {
    for synced in [false, true] {
        let Some(book) = Book::new() else { return };
        let world = world(&book, book.port);
        let first = "EMAIL:ada@example.com\r\nADR:;;Street One;;;;\r\n";
        book.put("a1.vcf", &vcard("a1", "Ada Lovelace", first));
        let other = format!("EMAIL:king@example.com\r\n{ONLY_THERE}");
        book.put("a2.vcf", &vcard("a2", "Ada King", &other));
        sync(&world);
        world
            .run(["contacts", "merge", "Ada Lovelace", "Ada King"])
            .ok();
        if synced {
            sync(&world);
        }
        world.run(["contacts", "undo", "c2"]).ok();
        sync(&world);
        let cards = book.cards();
        assert_eq!(cards.len(), 2, "{cards:?}");
        let king = book.card("FN:Ada King");
        assert!(says_all(&king) && king.contains("UID:a2"), "{king}");
        assert!(!king.contains("ada@example.com"), "{king}");
        let ada = book.card("FN:Ada Lovelace");
        assert!(
            ada.contains("Street One") && !ada.contains("EMAIL:king"),
            "{ada}"
        );
        // What it took over there stays with it, too.
        assert_eq!(ada.contains("Street Two"), synced, "{ada}");
        let changes = book.changes();
        sync(&world);
        assert_eq!(book.changes(), changes);
    }
}

#[test]
fn one_known_only_here_takes_in_one_of_the_book_and_gives_it_back() {
    let Some(book) = Book::new() else { return };
    let world = world(&book, book.port);
    let other = format!("EMAIL:king@example.com\r\n{ONLY_THERE}");
    book.put("a2.vcf", &vcard("a2", "Ada King", &other));
    sync(&world);
    world
        .run(["contacts", "add", "Ada Lovelace", "ada@example.com"])
        .ok();
    world
        .run(["contacts", "merge", "Ada Lovelace", "Ada King"])
        .ok();
    sync(&world);
    let card = book.card("FN:Ada Lovelace");
    assert!(says_all(&card) && book.cards().len() == 1, "{card}");
    world.run(["contacts", "undo", "c1"]).ok();
    sync(&world);
    assert_eq!(book.cards().len(), 2, "{:?}", book.cards());
    let king = book.card("FN:Ada King");
    assert!(says_all(&king) && king.contains("UID:a2"), "{king}");
    let ada = book.card("FN:Ada Lovelace");
    assert!(
        !ada.contains("Street Two") && !ada.contains("king@"),
        "{ada}"
    );
}

#[test]
fn one_who_was_removed_comes_back_with_all_that_the_book_knew() {
    let Some(book) = Book::new() else { return };
    let world = world(&book, book.port);
    for n in 1..=4 {
        let more = format!("EMAIL:p{n}@example.com\r\n{ONLY_THERE}");
        book.put(
            &format!("p{n}.vcf"),
            &vcard(&format!("p{n}"), &format!("Person {n}"), &more),
        );
    }
    sync(&world);
    // Removed here, and changed there before the sync where no card here shows it.
    world.run(["contacts", "remove", "Person 1", "--yes"]).ok();
    let later = format!("EMAIL:p1@example.com\r\n{ONLY_THERE}X-LATER:1\r\n");
    book.put("p1.vcf", &vcard("p1", "Person 1", &later));
    // Removed there.
    book.delete("p2.vcf");
    // Two that were one when they were removed.
    world
        .run(["contacts", "merge", "Person 3", "Person 4"])
        .ok();
    world.run(["contacts", "remove", "Person 3", "--yes"]).ok();
    let done = world.run(["contacts", "sync", "--allow-deletes", "--format", "json"]);
    assert_eq!(done.code, 0, "{done}");
    assert!(
        names(&world).is_empty() && book.cards().is_empty(),
        "{done}"
    );
    for id in ["c1", "c2", "c3"] {
        world.run(["contacts", "undo", id]).ok();
    }
    let exported = world.run(["contacts", "export", "c1"]).ok().stdout;
    assert!(says_all(&exported), "{exported}");
    sync(&world);
    for n in 1..=3 {
        let card = book.card(&format!("FN:Person {n}"));
        assert!(says_all(&card), "{card}");
        assert!(card.contains(&format!("UID:p{n}")), "{card}");
        assert_eq!(card.contains("X-LATER"), n == 1, "{card}");
    }
    let changes = book.changes();
    sync(&world);
    assert_eq!((book.changes(), book.cards().len()), (changes, 3));
    // Who is purged leaves no bytes here.
    world.run(["contacts", "remove", "Person 1", "--yes"]).ok();
    sync(&world);
    world.run(["purge", "c1", "--yes"]).ok();
    let mut files = vec![world.home()];
    while let Some(path) = files.pop() {
        match std::fs::read_dir(&path) {
            Ok(inside) => files.extend(inside.flatten().map(|entry| entry.path())),
            Err(_) => {
                let bytes = std::fs::read(&path).unwrap();
                assert!(
                    !bytes.windows(7).any(|w| w == b"X-LATER"),
                    "{}",
                    path.display()
                );
            }
        }
    }
}

#[test]
fn someone_who_is_there_twice_stays_two_and_nothing_goes_back_and_forth() {
    let Some(book) = Book::new() else { return };
    let world = world(&book, book.port);
    world
        .run(["contacts", "add", "Ada Lovelace", "ada@example.com"])
        .ok();
    for uid in ["x1", "x2"] {
        let card = vcard(uid, "Ada Lovelace", "EMAIL:ada@example.com\r\n");
        book.put(&format!("{uid}.vcf"), &card);
    }
    sync(&world);
    assert_eq!(names(&world).len(), 2);
    let changes = book.changes();
    for _ in 0..3 {
        sync(&world);
    }
    assert_eq!((book.changes(), book.cards().len()), (changes, 2));
}

#[test]
fn a_card_that_moved_on_the_server_is_the_same_person() {
    let Some(book) = Book::new() else { return };
    let world = world(&book, book.port);
    book.put("ada.vcf", &vcard("a", "Ada Lovelace", ""));
    sync(&world);
    let id = show(&world, "Ada Lovelace")["id"].clone();
    book.delete("ada.vcf");
    book.put(
        "z%C3%BC%20rich.vcf",
        &vcard("a", "Ada Lovelace", "NOTE:moved\r\n"),
    );
    sync(&world);
    let ada = show(&world, "Ada Lovelace");
    assert_eq!((&ada["id"], &ada["notes"]), (&id, &"moved".into()));
    world
        .run(["contacts", "edit", "Ada Lovelace", "--title", "Countess"])
        .ok();
    sync(&world);
    assert!(book.card("UID:a").contains("TITLE:Countess"));
    assert_eq!(book.cards().len(), 1);
}

#[test]
fn a_card_that_the_server_keeps_under_a_name_of_its_own_is_no_second_person() {
    for tells in [false, true] {
        let Some(book) = Book::new() else { return };
        let (given, folder) = (AtomicUsize::new(0), format!("/{}/people", book.username()));
        let wire = Wire::start(book.port, move |method, path, _| {
            if method != "PUT" || path.contains("/srv-") {
                return Act::Pass;
            }
            let n = given.fetch_add(1, Ordering::SeqCst);
            Act::Under(format!("{folder}/srv-{n}.vcf"), tells)
        });
        let world = world(&book, wire.port);
        book.put("ada.vcf", &vcard("a", "Ada Lovelace", ""));
        sync(&world);
        world
            .run(["contacts", "add", "Zed Zebra", "zed@example.com"])
            .ok();
        for _ in 0..3 {
            sync(&world);
        }
        assert_eq!(names(&world), ["Ada Lovelace", "Zed Zebra"], "{tells}");
        // It is known where it lies: changes go both ways.
        world
            .run(["contacts", "edit", "Zed Zebra", "--title", "Countess"])
            .ok();
        sync(&world);
        let card = book.card("FN:Zed Zebra");
        assert!(card.contains("TITLE:Countess"), "{card}");
        book.put("srv-0.vcf", &card.replace("END:", "NOTE:striped\r\nEND:"));
        sync(&world);
        assert_eq!(show(&world, "Zed Zebra")["notes"], "striped");
        let changes = book.changes();
        let done = sync(&world);
        assert_eq!(done["steps"].as_array().unwrap().len(), 0, "{done}");
        assert_eq!((book.changes(), book.cards().len()), (changes, 2));
    }
}

#[test]
fn one_that_is_changed_before_it_is_known_where_it_lies_is_changed_there() {
    let Some(book) = Book::new() else { return };
    let folder = format!("/{}/people", book.username());
    let wire = Wire::start(book.port, move |method, path, _| {
        match method == "PUT" && !path.contains("/srv") {
            true => Act::Under(format!("{folder}/srv.vcf"), false),
            false => Act::Pass,
        }
    });
    let world = world(&book, wire.port);
    book.put("ada.vcf", &vcard("a", "Ada Lovelace", ""));
    sync(&world);
    world.run(["contacts", "add", "Zed Zebra"]).ok();
    sync(&world);
    world
        .run(["contacts", "edit", "Zed Zebra", "--note", "edited"])
        .ok();
    sync(&world);
    assert!(book.card("FN:Zed Zebra").contains("NOTE:edited"));
    world.run(["contacts", "remove", "Zed Zebra", "--yes"]).ok();
    sync(&world);
    sync(&world);
    assert_eq!(names(&world), ["Ada Lovelace"]);
    assert_eq!(book.cards().len(), 1, "{:?}", book.cards());
}

#[test]
fn an_edit_between_our_look_and_our_write_is_not_overwritten() {
    let Some(book) = Book::new() else { return };
    book.put("ada.vcf", &vcard("a", "Ada Lovelace", ""));
    let other = Arc::new(book);
    let (hand, puts) = (other.clone(), Arc::new(AtomicUsize::new(0)));
    let count = puts.clone();
    let wire = Wire::start(other.port, move |method, _, _| {
        if method == "PUT" && count.fetch_add(1, Ordering::SeqCst) < 2 {
            let n = count.load(Ordering::SeqCst);
            let theirs = format!("ORG:Engines {n}\r\n");
            hand.put("ada.vcf", &vcard("a", "Ada Lovelace", &theirs));
        }
        Act::Pass
    });
    let world = world(&other, wire.port);
    sync(&world);
    world
        .run(["contacts", "edit", "Ada Lovelace", "--note", "mine"])
        .ok();
    let done = sync(&world);
    assert_eq!(puts.load(Ordering::SeqCst), 3, "{done}");
    let card = other.card("UID:a");
    assert!(
        card.contains("ORG:Engines 2") && card.contains("NOTE:mine"),
        "{card}"
    );
    assert_eq!(show(&world, "Ada Lovelace")["organization"], "Engines 2");
}

#[test]
fn one_who_is_edited_there_all_the_time_is_left_for_the_next_sync() {
    let Some(book) = Book::new() else { return };
    book.put("ada.vcf", &vcard("a", "Ada Lovelace", ""));
    let other = Arc::new(book);
    let (hand, calm) = (other.clone(), Arc::new(AtomicUsize::new(0)));
    let is_calm = calm.clone();
    let wire = Wire::start(other.port, move |method, _, _| {
        let n = is_calm.load(Ordering::SeqCst);
        if method == "PUT" && n < 100 {
            is_calm.fetch_add(1, Ordering::SeqCst);
            hand.put(
                "ada.vcf",
                &vcard("a", "Ada Lovelace", &format!("ORG:E{n}\r\n")),
            );
        }
        Act::Pass
    });
    let world = world(&other, wire.port);
    sync(&world);
    world
        .run(["contacts", "edit", "Ada Lovelace", "--note", "mine"])
        .ok();
    let run = world.run(["contacts", "sync", "--format", "json"]).fails(9);
    assert_eq!(
        run.json()["sources"][0]["left"].as_array().unwrap().len(),
        1
    );
    assert_eq!(calm.swap(100, Ordering::SeqCst), 3);
    sync(&world);
    let card = other.card("UID:a");
    assert!(
        card.contains("ORG:E2") && card.contains("NOTE:mine"),
        "{card}"
    );
}

#[test]
fn many_clients_at_once_lose_nothing() {
    let Some(book) = Book::new() else { return };
    let book = Arc::new(book);
    for n in 0..12 {
        book.put(
            &format!("p{n}.vcf"),
            &vcard(&format!("p{n}"), &format!("P{n} X"), ""),
        );
    }
    let worlds = [world(&book, book.port), world(&book, book.port)];
    worlds.iter().for_each(|world| drop(sync(world)));
    std::thread::scope(|scope| {
        for (w, world) in worlds.iter().enumerate() {
            scope.spawn(move || {
                for n in 0..12 {
                    let name = format!("P{n} X");
                    let flag = ["--title", "--note"][w];
                    world
                        .run(["contacts", "edit", &name, flag, &format!("v{n}")])
                        .ok();
                    if n % 3 == 2 {
                        let run = world.run(["contacts", "sync"]);
                        assert!(matches!(run.code, 0 | 9), "{run}");
                    }
                }
            });
        }
        scope.spawn(|| {
            for n in 0..12 {
                // Another kind of client: reads, and writes under what it read.
                for _ in 0..20 {
                    let was = book.ask("GET", &format!("p{n}.vcf"), &[], "");
                    let etag = was
                        .head
                        .lines()
                        .find_map(|line| line.strip_prefix("ETag: "))
                        .unwrap_or_default()
                        .to_owned();
                    let card = was.body.replace("END:VCARD", "ORG:third\r\nEND:VCARD");
                    let headers = [("If-Match", etag.as_str()), ("Content-Type", "text/vcard")];
                    let put = book.ask("PUT", &format!("p{n}.vcf"), &headers, &card);
                    if put.status != 412 {
                        break;
                    }
                }
            }
        });
    });
    for _ in 0..2 {
        worlds.iter().for_each(|world| drop(sync(world)));
    }
    for n in 0..12 {
        let card = book.card(&format!("UID:p{n}\r"));
        for part in ["ORG:third", &format!("TITLE:v{n}"), &format!("NOTE:v{n}")] {
            assert!(card.contains(part), "{part} in {card}");
        }
    }
    let cards = book.cards();
    assert_eq!(cards.len(), 12);
    worlds.iter().for_each(|world| drop(sync(world)));
    assert_eq!(book.cards(), cards);
}

#[test]
fn a_plan_is_done_exactly_and_what_changed_since_is_left_alone() {
    let Some(book) = Book::new() else { return };
    let world = world(&book, book.port);
    for name in ["Ada One", "Bob Two", "Cid Three"] {
        let uid = name.split(' ').next().unwrap();
        book.put(&format!("{uid}.vcf"), &vcard(uid, name, ""));
    }
    sync(&world);
    for name in ["Ada One", "Bob Two", "Cid Three"] {
        world
            .run(["contacts", "edit", name, "--note", "planned"])
            .ok();
    }
    let changes = book.changes();
    let planned = world
        .run(["contacts", "sync", "--plan", "--format", "json"])
        .ok()
        .json();
    assert_eq!(planned["sources"][0]["there"]["changed"], 3, "{planned}");
    assert_eq!(book.changes(), changes, "a plan changes nothing");
    let plan = planned["plan"].as_str().unwrap().to_owned();
    // There, here, and something new.
    book.put("Bob.vcf", &vcard("Bob", "Bob Two", "ORG:later\r\n"));
    world
        .run(["contacts", "edit", "Cid Three", "--note", "later"])
        .ok();
    world
        .run(["contacts", "add", "Dan Four", "dan@example.com"])
        .ok();
    let run = world
        .run(["contacts", "sync", "--apply", &plan, "--format", "json"])
        .fails(9);
    let source = run.json()["sources"][0].clone();
    assert_eq!(source["there"]["changed"], 1, "{source}");
    assert_eq!(source["left"].as_array().unwrap().len(), 2, "{source}");
    assert!(book.card("UID:Ada").contains("NOTE:planned"));
    assert!(!book.card("UID:Bob").contains("NOTE:planned"));
    assert!(!book.card("UID:Cid").contains("NOTE"));
    assert_eq!(book.cards().len(), 3);
    sync(&world);
    assert_eq!(book.cards().len(), 4);
    assert!(book.card("UID:Cid").contains("NOTE:later"));
    let bob = book.card("UID:Bob");
    assert!(
        bob.contains("NOTE:planned") && bob.contains("ORG:later"),
        "{bob}"
    );
    world.run(["contacts", "sync", "--apply", "p99"]).fails(5);
}

#[test]
fn an_emptied_side_does_not_empty_the_other() {
    let Some(book) = Book::new() else { return };
    let world = world(&book, book.port);
    for n in 0..15 {
        book.put(
            &format!("p{n}.vcf"),
            &vcard(&format!("p{n}"), &format!("P{n} X"), ""),
        );
    }
    sync(&world);
    for n in 0..15 {
        book.delete(&format!("p{n}.vcf"));
    }
    let run = world.run(["contacts", "sync"]).fails(6);
    assert!(run.stderr.contains("--allow-deletes"), "{run}");
    assert_eq!(names(&world).len(), 15);
    let planned = world
        .run(["contacts", "sync", "--plan", "--format", "json"])
        .ok()
        .json();
    assert_eq!(planned["sources"][0]["here"]["removed"], 15);
    world.run(["contacts", "sync", "--allow-deletes"]).ok();
    assert!(names(&world).is_empty());
}

#[test]
fn an_emptied_book_of_a_few_empties_nothing_here() {
    let Some(book) = Book::new() else { return };
    let world = world(&book, book.port);
    for n in 0..4 {
        book.put(
            &format!("p{n}.vcf"),
            &vcard(&format!("p{n}"), &format!("P{n} X"), ""),
        );
    }
    sync(&world);
    for n in 0..4 {
        book.delete(&format!("p{n}.vcf"));
        if n == 0 {
            sync(&world);
        }
    }
    let run = world.run(["contacts", "sync"]).fails(6);
    assert!(run.stderr.contains("--allow-deletes"), "{run}");
    assert_eq!(names(&world).len(), 3);
}

#[test]
fn two_thousand_cards_come_and_nothing_is_asked_twice() {
    let Some(book) = Book::new() else { return };
    let mut all = String::new();
    for n in 0..2000 {
        all.push_str(&vcard(
            &format!("n{n}"),
            &format!("N{n} Person"),
            &format!("EMAIL:n{n}@example.com\r\n"),
        ));
    }
    // A whole book at once: faster than card by card.
    book.replace(&all);
    let world = world(&book, book.port);
    let done = sync(&world);
    assert_eq!(done["here"]["added"], 2000);
    let before = book.requests();
    let done = sync(&world);
    assert_eq!(done["steps"].as_array().unwrap().len(), 0);
    assert!(
        book.requests() - before <= 6,
        "{}",
        book.requests() - before
    );
}

#[test]
fn a_book_that_only_tells_is_read_and_never_written() {
    let card = vcard("r", "Rea Donly", "EMAIL:rea@example.com\r\n");
    let Some(book) = Book::read_only("r.vcf", &card) else {
        return;
    };
    let world = world(&book, book.port);
    world
        .run(["contacts", "add", "Bob Jones", "bob@example.com"])
        .ok();
    sync(&world);
    assert_eq!(names(&world), ["Bob Jones", "Rea Donly"]);
    world
        .run(["contacts", "edit", "Rea Donly", "--note", "mine"])
        .ok();
    let done = sync(&world);
    assert_eq!(done["steps"].as_array().unwrap().len(), 0, "{done}");
    assert_eq!(show(&world, "Rea Donly")["notes"], "mine");
    world.run(["contacts", "remove", "Rea Donly", "--yes"]).ok();
    sync(&world);
    assert_eq!(names(&world), ["Bob Jones"]);
    assert_eq!(book.changes(), 0);
}

#[test]
fn a_read_only_run_writes_nothing_there() {
    let Some(book) = Book::new() else { return };
    let world = world(&book, book.port).env("COMMS_READONLY", "1");
    book.put("ada.vcf", &vcard("a", "Ada Lovelace", ""));
    let changes = book.changes();
    sync(&world);
    assert_eq!(names(&world), ["Ada Lovelace"]);
    assert_eq!(book.changes(), changes);
}

#[test]
fn wrong_logins_lost_servers_and_wrong_addresses_are_told_apart() {
    let Some(book) = Book::new() else { return };
    let config = book.account("work", book.port);
    let wrong = World::new().config(&config.replace(&book.password(), "nonsense"));
    wrong.run(["contacts", "sync"]).fails(4);
    wrong.run(["auth", "status"]).fails(4);
    let gone = World::new().config(&book.account("work", 9));
    gone.run(["contacts", "sync"]).fails(7);
    let elsewhere = format!(
        "http://127.0.0.1:{}/{}/nothing/",
        book.port,
        book.username()
    );
    let config = config.replace(&format!("http://127.0.0.1:{}", book.port), &elsewhere);
    let run = World::new().config(&config).run(["contacts", "sync"]);
    // Whoever names a page that is none is taken to the book all the same, by the address every server has.
    assert!(matches!(run.code, 0 | 3), "{run}");
    World::new().run(["contacts", "sync"]).fails(3);
}

/// A proxy may point to an address with the login in it, whose words are shown as those of the server.
#[test]
fn where_a_server_points_is_told_without_the_login() {
    for place in [
        "ada:hunter2-and-more@dav.example.com/book/",
        "dav.example.com/book/?login=hunter2-and-more#hunter2-and-more",
        "dav.example.com/book/ada%3Ahunter2%2Dand%2Dmore/",
    ] {
        let to = Reply::To(format!("https://{place}"));
        let server = Receiver::start(&vec![to; 8]);
        let config = format!(
            "[accounts.work]\nchannel = \"carddav\"\nurl = \"{}\"\nusername = \"ada\"\n\
             secret_command = \"printf hunter2-and-more\"\n",
            server.url()
        );
        let run = World::new().config(&config).run(["contacts", "sync"]);
        let run = run.fails(3).to_string();
        assert!(run.contains("https://dav.example.com/book/"), "{run}");
        assert!(!run.contains("hunter2"), "{run}");
    }
}

#[test]
fn an_account_is_added_proven_and_does_not_send() {
    let Some(book) = Book::new() else { return };
    let world = World::new();
    let url = format!("http://127.0.0.1:{}", book.port);
    let user = book.username();
    let add = [
        "auth",
        "add",
        "home",
        "--channel",
        "carddav",
        "--url",
        &url,
        "--username",
        &user,
        "--stdin",
    ];
    let world = world.env("COMMS_SECRETS_PASSPHRASE", "correct horse");
    world.run_with("nonsense\n", add).fails(4);
    let run = world.run_with(format!("{}\n", book.password()), add);
    if run.code == 0 {
        world.run(["auth", "status", "home"]).ok();
        world.run(["contacts", "sync", "home"]).ok();
    }
    let world = World::new().config(&book.account("work", book.port));
    world.run(["auth", "status"]).ok();
    world.run(["doctor"]);
    world.run(["inbox", "sync", "--account", "work"]).fails(2);
    assert_ne!(
        world
            .run(["send", "ada@example.com", "-m", "x", "--from", "work"])
            .code,
        0
    );
}

#[test]
fn a_server_that_is_gone_in_the_middle_leaves_no_doubles() {
    let Some(book) = Book::new() else { return };
    let seen = Arc::new(AtomicUsize::new(0));
    let count = seen.clone();
    let wire = Wire::start(book.port, move |method, _, _| {
        let n = match method {
            "PUT" => count.fetch_add(1, Ordering::SeqCst),
            _ => return Act::Pass,
        };
        // Answers that get lost, requests that get lost, and a fault of the server.
        match n % 5 {
            1 => Act::Cut,
            2 => Act::Drop,
            3 => Act::Say(
                "HTTP/1.1 500 Oops\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".into(),
            ),
            _ => Act::Pass,
        }
    });
    let world = world(&book, wire.port);
    for n in 0..15 {
        world
            .run([
                "contacts",
                "add",
                &format!("P{n} X"),
                &format!("p{n}@example.com"),
            ])
            .ok();
    }
    for _ in 0..30 {
        if world.run(["contacts", "sync"]).code == 0 {
            break;
        }
    }
    sync(&world);
    assert_eq!(book.cards().len(), 15);
    assert_eq!(names(&world).len(), 15);
}

#[test]
fn a_card_that_breaks_its_server_is_named_and_the_others_go_on() {
    let Some(book) = Book::new() else { return };
    let wire = Wire::start(book.port, |method, _, body| {
        match method == "PUT" && body.contains("Poison") {
            true => Act::Say(
                "HTTP/1.1 500 Oops\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".into(),
            ),
            false => Act::Pass,
        }
    });
    let world = world(&book, wire.port);
    for name in ["Poison", "Ada Lovelace", "Bob Jones"] {
        world
            .run([
                "contacts",
                "add",
                name,
                &format!("{}@example.com", &name[..3]),
            ])
            .ok();
    }
    for (cards, another) in [(2, "Eve"), (3, "Zoe")] {
        let run = world.run(["contacts", "sync", "--json"]).fails(9);
        let left = &run.json()["sources"][0]["left"];
        assert_eq!(left.as_array().unwrap().len(), 1, "{run}");
        assert_eq!(left[0]["name"], "Poison", "{run}");
        assert_eq!(book.cards().len(), cards, "{run}");
        world
            .run([
                "contacts",
                "add",
                another,
                &format!("{another}@example.com"),
            ])
            .ok();
    }
}

#[test]
fn what_a_server_says_of_a_card_within_a_207_decides() {
    let Some(book) = Book::new() else { return };
    let locked = Arc::new(AtomicUsize::new(0));
    let is_locked = locked.clone();
    let wire = Wire::start(book.port, move |method, path, _| {
        let changes = matches!(method, "PUT" | "DELETE");
        if !changes || is_locked.load(Ordering::SeqCst) == 0 {
            return Act::Pass;
        }
        let told = format!(
            "<?xml version=\"1.0\"?><d:multistatus xmlns:d=\"DAV:\"><d:response><d:href>{path}</d:href>\
             <d:status>HTTP/1.1 423 Locked</d:status></d:response></d:multistatus>"
        );
        Act::Say(format!(
            "HTTP/1.1 207 Multi-Status\r\nContent-Type: application/xml\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{told}",
            told.len()
        ))
    });
    let world = world(&book, wire.port);
    book.put("ada.vcf", &vcard("a", "Ada Lovelace", ""));
    book.put("bob.vcf", &vcard("b", "Bob Jones", ""));
    sync(&world);
    world
        .run(["contacts", "remove", "Ada Lovelace", "--yes"])
        .ok();
    world
        .run(["contacts", "edit", "Bob Jones", "--title", "Count"])
        .ok();
    locked.store(1, Ordering::SeqCst);
    let run = world.run(["contacts", "sync", "--json"]).fails(9);
    let left = run.json()["sources"][0]["left"].clone();
    assert_eq!(left.as_array().unwrap().len(), 2, "{run}");
    assert!(
        left[0]["why"].as_str().unwrap().contains("holds a lock"),
        "{run}"
    );
    assert_eq!(book.cards().len(), 2);
    locked.store(0, Ordering::SeqCst);
    sync(&world);
    assert_eq!(book.cards().len(), 1);
    assert!(book.card("FN:Bob Jones").contains("TITLE:Count"));
    assert_eq!(names(&world), ["Bob Jones"]);
}

#[test]
fn a_server_without_etags_is_written_once() {
    let Some(book) = Book::new() else { return };
    let wire = Wire::start(book.port, |method, _, _| match method {
        "PUT" => Act::NoEtag,
        _ => Act::Pass,
    });
    let world = world(&book, wire.port);
    world
        .run(["contacts", "add", "Ada Lovelace", "ada@example.com"])
        .ok();
    sync(&world);
    let changes = book.changes();
    for _ in 0..2 {
        let done = sync(&world);
        assert_eq!(done["steps"].as_array().unwrap().len(), 0, "{done}");
    }
    assert_eq!(book.changes(), changes);
}

#[test]
fn a_server_that_cannot_tell_what_changed_is_listed() {
    let Some(book) = Book::new() else { return };
    let wire = Wire::start(book.port, |method, _, body| {
        match method == "REPORT" && body.contains("sync-collection") {
            true => Act::Say(
                "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".into(),
            ),
            false => Act::Pass,
        }
    });
    let world = world(&book, wire.port);
    book.put("ada.vcf", &vcard("a", "Ada Lovelace", ""));
    sync(&world);
    assert_eq!(names(&world), ["Ada Lovelace"]);
    book.delete("ada.vcf");
    book.put("bob.vcf", &vcard("b", "Bob Jones", ""));
    sync(&world);
    assert_eq!(names(&world), ["Bob Jones"]);
}

#[test]
fn a_token_that_the_server_forgot_costs_a_list_and_loses_nothing() {
    let Some(book) = Book::new() else { return };
    let refused = Arc::new(AtomicUsize::new(0));
    let count = refused.clone();
    let wire = Wire::start(book.port, move |method, _, body| {
        let with_token = body.contains("sync-token>http");
        if method == "REPORT" && with_token && count.fetch_add(1, Ordering::SeqCst) == 0 {
            let error =
                "<?xml version=\"1.0\"?><D:error xmlns:D=\"DAV:\"><D:valid-sync-token/></D:error>";
            return Act::Say(format!(
                "HTTP/1.1 403 Forbidden\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{error}",
                error.len()
            ));
        }
        Act::Pass
    });
    let world = world(&book, wire.port);
    book.put("ada.vcf", &vcard("a", "Ada Lovelace", ""));
    book.put("bob.vcf", &vcard("b", "Bob Jones", ""));
    sync(&world);
    book.delete("ada.vcf");
    sync(&world);
    assert_eq!(refused.load(Ordering::SeqCst), 1);
    assert_eq!(names(&world), ["Bob Jones"]);
}

#[test]
fn a_sync_that_is_killed_at_any_moment_goes_on_without_doubles() {
    let Some(book) = Book::new() else { return };
    let world = world(&book, book.port);
    for n in 0..12 {
        let card = vcard(&format!("t{n}"), &format!("T{n} There"), "");
        book.put(&format!("t{n}.vcf"), &card);
        world
            .run([
                "contacts",
                "add",
                &format!("H{n} Here"),
                &format!("h{n}@example.com"),
            ])
            .ok();
    }
    for round in 0..20 {
        let mut child = world.spawn(["contacts", "sync"]);
        std::thread::sleep(Duration::from_millis(60 + 25 * round));
        let _ = child.kill();
        let _ = child.wait();
        if round % 5 == 4 {
            let name = format!("T{} There", round / 5);
            // Not there yet, if every sync so far was killed early.
            world.run(["contacts", "edit", &name, "--note", "edited"]);
        }
    }
    sync(&world);
    assert_eq!(book.cards().len(), 24);
    assert_eq!(names(&world).len(), 24);
    let changes = book.changes();
    let done = sync(&world);
    assert_eq!(done["steps"].as_array().unwrap().len(), 0, "{done}");
    assert_eq!(book.changes(), changes);
}
