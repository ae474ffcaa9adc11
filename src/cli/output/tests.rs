//! Each format over the same rows.

use std::cell::RefCell;
use std::rc::Rc;

use super::*;
use crate::config::flags::{Environment, GlobalFlags};

#[derive(Serialize, JsonSchema)]
struct Row {
    id: String,
    subject: String,
    unread: bool,
}

#[derive(Serialize)]
struct Doc {
    rows: Vec<Row>,
    next: Option<String>,
}

#[derive(Clone, Default)]
struct Sink(Rc<RefCell<Vec<u8>>>);

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

const COLUMNS: [Column<Row>; 2] = [
    Column {
        field: "id",
        title: "id",
        cell: |r, _| Cell::id(&r.id),
        plain: |r| r.id.clone(),
    },
    Column {
        field: "subject",
        title: "subject",
        cell: |r, _| Cell::plain(&r.subject),
        plain: |r| r.subject.clone(),
    },
];

fn shown(flags: &GlobalFlags, width: usize, rows: Vec<Row>) -> Result<String> {
    let sink = Sink::default();
    let looks = Looks {
        terminal: false,
        ..Looks::decide(flags, &Environment::default())
    };
    let now = "2026-11-21T12:00:00[UTC]".parse().unwrap();
    let mut out = Output::new(looks, now, width, Box::new(sink.clone()));
    let doc = Doc { rows, next: None };
    out.list("comms.rows/1", &doc, "rows", &doc.rows, &COLUMNS)?;
    out.flush()?;
    let bytes = sink.0.borrow().clone();
    Ok(String::from_utf8(bytes).unwrap())
}

fn rows() -> Vec<Row> {
    vec![
        Row {
            id: "m1".into(),
            subject: "Lunch?".into(),
            unread: true,
        },
        Row {
            id: "m12".into(),
            subject: "a\tb\nc".into(),
            unread: false,
        },
    ]
}

fn format(format: Format, fields: &[&str]) -> GlobalFlags {
    let fields = (!fields.is_empty()).then(|| fields.iter().map(|f| (*f).to_owned()).collect());
    GlobalFlags {
        format: Some(format),
        fields,
        ..GlobalFlags::default()
    }
}

#[test]
fn a_table_has_headings_and_aligned_columns() {
    let text = shown(&format(Format::Table, &[]), 80, rows()).unwrap();
    assert_eq!(text, "ID   SUBJECT\nm1   Lunch?\nm12  a b c\n");
}

#[test]
fn the_text_gives_way_on_a_narrow_terminal_and_ids_do_not() {
    let rows = vec![Row {
        id: "m1234567".into(),
        subject: "日本語の件名はとても長い".into(),
        unread: true,
    }];
    let text = shown(&format(Format::Table, &[]), 24, rows).unwrap();
    let last = text.lines().last().unwrap();
    assert!(
        last.starts_with("m1234567  日本語") && last.ends_with('…'),
        "{text}"
    );
    assert!(
        text.lines().all(|l| console::measure_text_width(l) <= 24),
        "{text}"
    );
}

#[test]
fn tsv_keeps_values_whole_and_on_one_line() {
    let text = shown(&format(Format::Plain, &[]), 10, rows()).unwrap();
    assert_eq!(text, "m1\tLunch?\nm12\ta\\tb\\nc\n");
}

#[test]
fn json_begins_with_its_schema() {
    let text = shown(&format(Format::Json, &[]), 80, rows()).unwrap();
    assert!(
        text.starts_with(r#"{"schema":"comms.rows/1","rows":[{"id":"m1""#),
        "{text}"
    );
    assert!(text.ends_with("\"next\":null}\n"));
}

#[test]
fn jsonl_is_a_row_per_line() {
    let text = shown(&format(Format::Jsonl, &["unread", "id"]), 80, rows()).unwrap();
    assert_eq!(
        text,
        "{\"unread\":true,\"id\":\"m1\"}\n{\"unread\":false,\"id\":\"m12\"}\n"
    );
}

#[test]
fn a_key_without_a_column_can_be_chosen_in_every_format() {
    let text = shown(&format(Format::Plain, &["unread", "id"]), 80, rows()).unwrap();
    assert_eq!(text, "true\tm1\nfalse\tm12\n");
    let text = shown(&format(Format::Json, &["unread"]), 80, rows()).unwrap();
    assert!(
        text.contains(r#""rows":[{"unread":true},{"unread":false}]"#),
        "{text}"
    );
}

#[test]
fn an_unknown_field_lists_the_known_even_for_no_rows() {
    for f in [Format::Table, Format::Plain, Format::Json, Format::Jsonl] {
        let error = shown(&format(f, &["subjct"]), 80, Vec::new()).unwrap_err();
        assert_eq!(error.kind, Kind::Usage);
        assert_eq!(
            error.hint.as_deref(),
            Some("did you mean `subject`? fields are id, subject, unread")
        );
    }
}

#[test]
fn a_reader_that_goes_away_is_no_fault() {
    struct Gone;
    impl Write for Gone {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let looks = Looks::decide(&format(Format::Json, &[]), &Environment::default());
    let mut out = Output::new(
        looks,
        "2026-11-21T12:00:00[UTC]".parse().unwrap(),
        80,
        Box::new(Gone),
    );
    let doc = Doc {
        rows: rows(),
        next: None,
    };
    out.list("comms.rows/1", &doc, "rows", &doc.rows, &COLUMNS)
        .unwrap();
    assert!(out.is_closed());
}

#[test]
fn times_read_as_people_say_them() {
    let looks = Looks::decide(&GlobalFlags::default(), &Environment::default());
    let now = "2026-11-21T12:00:00[UTC]".parse().unwrap();
    let out = Output::new(looks, now, 80, Box::new(std::io::sink()));
    let cases = [
        ("2026-11-21T11:59:30Z", "now"),
        ("2026-11-21T11:55:00Z", "5 min ago"),
        ("2026-11-21T08:03:00Z", "08:03"),
        ("2026-11-20T23:10:00Z", "yesterday 23:10"),
        ("2026-11-18T09:30:00Z", "Wed 09:30"),
        ("2026-03-02T09:30:00Z", "02 Mar"),
        ("2024-03-02T09:30:00Z", "02 Mar 2024"),
        ("2026-11-21T12:10:00Z", "in 10 min"),
        ("2026-11-22T09:00:00Z", "2026-11-22 09:00"),
    ];
    for (at, expected) in cases {
        assert_eq!(out.when(at.parse().unwrap()), expected);
    }
}
