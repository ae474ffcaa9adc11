//! The name table: what people type, whom they mean, and when nobody may be chosen silently.

use std::path::Path;

use comms::model::contact::Verdict;
use comms::rules::people::{Affinity, Known, Person, Typed, rank};

struct Row {
    typed: String,
    /// Empty where nothing is promised about the first.
    expected: Vec<String>,
    verdict: String,
}

struct Directory {
    ids: Vec<String>,
    people: Vec<Known>,
}

fn table(name: &str) -> csv::Reader<std::fs::File> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/names");
    csv::Reader::from_path(folder.join(name)).unwrap()
}

fn split(list: &str) -> Vec<String> {
    list.split(';')
        .filter(|item| !item.is_empty())
        .map(str::to_owned)
        .collect()
}

fn directory() -> Directory {
    let (mut ids, mut people) = (Vec::new(), Vec::new());
    for record in table("people.csv").records() {
        let record = record.unwrap();
        let some = |at: usize| (!record[at].is_empty()).then(|| record[at].to_owned());
        let person = Person {
            name: record[1].to_owned(),
            nicknames: split(&record[2]),
            phonetic: some(3),
            organization: some(4),
            addresses: split(&record[5]),
            affinity: Affinity {
                contact: &record[6] == "contact",
                sent: record[7].parse().unwrap(),
                received: 1,
                days: None,
            },
        };
        ids.push(record[0].to_owned());
        people.push(Known::new(&person));
    }
    Directory { ids, people }
}

fn rows(name: &str) -> Vec<Row> {
    let mut all = Vec::new();
    for record in table(name).records() {
        let record = record.unwrap();
        let expected = match &record[1] {
            "-" => Vec::new(),
            ids => split(ids),
        };
        all.push(Row {
            typed: record[0].to_owned(),
            expected,
            verdict: record[2].to_owned(),
        });
    }
    all
}

#[derive(Default)]
struct Tally {
    asked: usize,
    first: usize,
    must_be_clear: usize,
    clear: usize,
    silent: usize,
    silently_wrong: Vec<String>,
}

fn run(name: &str) -> Tally {
    let directory = directory();
    let mut tally = Tally::default();
    for row in rows(name) {
        let typed = Typed::new(&row.typed);
        let ranking = rank(&typed, &directory.people);
        let order: Vec<&str> = ranking
            .order
            .iter()
            .map(|r| directory.ids[r.at].as_str())
            .collect();
        let is_expected = |id: &&&str| row.expected.iter().any(|e| e == **id);
        let right = order.first().filter(is_expected).is_some();
        if !row.expected.is_empty() {
            tally.asked += 1;
            tally.first += usize::from(right);
        }
        let clear = ranking.verdict == Verdict::Clear;
        tally.silent += usize::from(clear);
        if clear && (!right || row.verdict == "ask") {
            tally
                .silently_wrong
                .push(format!("`{}` -> {}", row.typed, order[0]));
        }
        if row.verdict == "clear" {
            tally.must_be_clear += 1;
            tally.clear += usize::from(clear);
        }
        let missed = !row.expected.is_empty() && !right;
        if missed || (row.verdict == "clear" && !clear) {
            let shown: Vec<String> = ranking
                .order
                .iter()
                .take(4)
                .map(|r| format!("{} {}", directory.ids[r.at], r.scored.score))
                .collect();
            println!(
                "{}: `{}` wants {:?} ({}), got {:?} {}",
                if missed { "missed" } else { "asks" },
                row.typed,
                row.expected,
                row.verdict,
                ranking.verdict,
                shown.join(", "),
            );
        }
    }
    println!(
        "{name}: {} of {} first, {} of {} clear, {} chosen silently, of these wrong: {:?}",
        tally.first,
        tally.asked,
        tally.clear,
        tally.must_be_clear,
        tally.silent,
        tally.silently_wrong
    );
    tally
}

fn promise(name: &str) {
    let tally = run(name);
    assert!(tally.asked >= 150, "the table is too small");
    assert_eq!(tally.silently_wrong, Vec::<String>::new());
    assert!(tally.first * 100 >= tally.asked * 95);
    assert!(tally.clear * 100 >= tally.must_be_clear * 95);
}

#[test]
fn who_is_meant_comes_first_and_nobody_is_chosen_wrongly() {
    promise("by_hand.csv");
}

#[test]
fn mutated_names_find_their_owners() {
    promise("by_script.csv");
}
