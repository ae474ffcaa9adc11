//! Long lists: the first row is there before the last one is read.

use std::io::{BufRead, BufReader, Read};
use std::time::{Duration, Instant};

use crate::support::World;

const MANY: usize = 3_000;

/// An mbox of so many messages, a minute apart, from this second on.
fn mbox(first: i64, count: usize, word: &str) -> String {
    let mut text = String::new();
    for n in 0..count {
        let at = jiff::Timestamp::from_second(first + 60 * n as i64).unwrap();
        let date = at.strftime("%a, %d %b %Y %H:%M:%S +0000");
        text.push_str(&format!(
            "From a@example.com Thu Jan  1 00:00:00 2026\nFrom: Ann {n} <ann{n}@example.com>\nTo: you@localhost\n\
             Date: {date}\nSubject: {word} {n} {}\nMessage-ID: <{word}{n}@example.com>\n\nabout harbours\n\n",
            "and a subject of some length".repeat(4)
        ));
    }
    text
}

fn world() -> World {
    let world = World::new();
    let file = world.file("many.mbox", mbox(1_760_000_000, MANY, "many"));
    world.run(["import", &file]).ok();
    world
}

/// The first line of a list; then something older comes in, which the rest tells if it is read only now.
fn tells_what_comes_while_it_is_read(args: &[&str], late: impl Fn(&World)) {
    let world = world();
    let mut child = world.spawn(args);
    let mut reader = BufReader::with_capacity(1, child.stdout.take().unwrap());
    let mut line = String::new();
    reader.read_line(&mut line).unwrap();
    assert!(line.contains("many 2999"), "{args:?}: {line}");
    late(&world);
    let mut rest = String::new();
    BufReader::new(reader).read_to_string(&mut rest).unwrap();
    assert!(child.wait().unwrap().success(), "{args:?}");
    assert_eq!(rest.lines().count(), MANY, "{args:?}");
    let last = rest.lines().last().unwrap();
    assert!(last.contains("late 0"), "{args:?}: {last}");
}

fn older(world: &World) {
    let file = world.file("late.mbox", mbox(1_500_000_000, 1, "late"));
    world.run(["import", &file]).ok();
}

#[test]
fn the_first_message_is_there_before_the_last_one_is_read() {
    for format in ["jsonl", "plain"] {
        let args = [
            "search", "harbours", "--limit", "100000", "--format", format,
        ];
        tells_what_comes_while_it_is_read(&args, older);
        let args = [
            "inbox",
            "--offline",
            "--limit",
            "100000",
            "--format",
            format,
        ];
        tells_what_comes_while_it_is_read(&args, older);
    }
}

#[test]
fn pages_hold_each_row_once_and_no_more_than_asked_for() {
    let world = world();
    for limit in [199, 200, 201, 2_201, 3_000, 3_001] {
        let limit = limit.to_string();
        for list in [&["search", "harbours"][..], &["inbox", "--offline"]] {
            let run = |format| {
                let all = [list, &["--limit", &limit, "--format", format]].concat();
                world.run(all).ok()
            };
            let whole = run("json").json();
            let key = if list[0] == "search" {
                "messages"
            } else {
                "threads"
            };
            assert_eq!(
                whole[key].as_array().unwrap(),
                &run("jsonl").jsonl(),
                "{list:?} {limit}"
            );
        }
    }
    // A page that is full to its last row is no sign of another one.
    let all = [
        "search",
        "harbours",
        "--limit",
        "100000",
        "--fail-empty",
        "--format",
        "plain",
    ];
    assert_eq!(world.run(all).ok().stdout.lines().count(), MANY);
    world
        .run(["search", "nothing", "--fail-empty", "--format", "plain"])
        .fails(5);
}

#[test]
fn contacts_and_the_outbox_come_page_by_page() {
    let world = World::new();
    let cards: String = (0..450)
        .map(|n| {
            format!(
                "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:u{n}\r\nFN:Name {n:04}\r\nN:{n:04};Name;;;\r\n\
                 EMAIL:n{n}@example.com\r\nEND:VCARD\r\n"
            )
        })
        .collect();
    let file = world.file("cards.vcf", cards);
    world.run(["contacts", "import", &file]).ok();
    let rows: String = (0..450).map(|n| format!("n{n}@localhost\n")).collect();
    let file = world.file("rows.csv", format!("to\n{rows}"));
    let text = world.file("text.md", "hi");
    world
        .run([
            "send",
            "--csv",
            &file,
            "--template",
            &text,
            "-s",
            "hello",
            "--at",
            "tomorrow",
            "--yes",
        ])
        .ok();
    for (list, key) in [
        (&["contacts", "list"][..], "contacts"),
        (&["outbox", "list"], "items"),
    ] {
        for limit in ["199", "201", "450", "1000"] {
            let run = |format| {
                let all = [list, &["--limit", limit, "--format", format]].concat();
                world.run(all).ok()
            };
            let whole = run("json").json();
            let rows = whole[key].as_array().unwrap();
            assert_eq!(rows, &run("jsonl").jsonl(), "{list:?} {limit}");
            assert_eq!(rows.len(), limit.parse().unwrap_or(0).min(450));
        }
    }
}

#[test]
fn a_reader_that_goes_after_the_first_row_ends_the_list_well_and_at_once() {
    let world = world();
    for format in ["jsonl", "plain", "table", "json"] {
        let mut child = world.spawn([
            "search", "harbours", "--limit", "100000", "--format", format,
        ]);
        let mut first = [0; 1];
        child
            .stdout
            .as_mut()
            .unwrap()
            .read_exact(&mut first)
            .unwrap();
        drop(child.stdout.take());
        let began = Instant::now();
        let mut told = String::new();
        child
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut told)
            .unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(0), "{format}: {told}");
        assert!(
            !told.contains("error") && !told.contains("panic"),
            "{format}: {told}"
        );
        assert!(began.elapsed() < Duration::from_secs(10), "{format}");
    }
}
