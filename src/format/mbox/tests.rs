use std::io::BufReader;

use super::*;

const SEP: &str = "From ada@example.com Sat Nov 21 12:00:00 2026";

/// Bodies of the messages, read through a buffer of one byte to prove that its size does not matter.
fn read(file: &str) -> Vec<String> {
    let entries = |size: usize| -> Vec<Entry> {
        Reader::new(BufReader::with_capacity(size, file.as_bytes()))
            .map(|e| e.unwrap())
            .collect()
    };
    let all = entries(8192);
    assert_eq!(all, entries(1));
    all.into_iter()
        .map(|e| String::from_utf8(e.raw).unwrap())
        .collect()
}

#[test]
fn messages_are_split_in_every_dialect() {
    for (name, file, expected) in [
        (
            "plain",
            format!("{SEP}\nA: 1\n\none\n\n{SEP}\nA: 2\n\ntwo\n\n"),
            vec!["A: 1\n\none\n", "A: 2\n\ntwo\n"],
        ),
        (
            "crlf",
            format!("{SEP}\r\nA: 1\r\n\r\none\r\n\r\n{SEP}\r\nA: 2\r\n\r\ntwo\r\n"),
            vec!["A: 1\r\n\r\none\r\n", "A: 2\r\n\r\ntwo\r\n"],
        ),
        (
            "quoted",
            format!("{SEP}\nA: 1\n\n>From here\n>>From there\n> From x\n\n"),
            vec!["A: 1\n\nFrom here\n>From there\n> From x\n"],
        ),
        (
            "no blank line",
            format!("{SEP}\nA: 1\n\none\n{SEP}\nA: 2\n\ntwo\n"),
            vec!["A: 1\n\none\n", "A: 2\n\ntwo\n"],
        ),
        (
            "prose",
            format!("{SEP}\nA: 1\n\nhello\n\nFrom my window\nI see\n\n"),
            vec!["A: 1\n\nhello\n\nFrom my window\nI see\n"],
        ),
        (
            "no date",
            "From ada\nA: 1\n\none\n\nFrom bob\nA: 2\n\ntwo\n".to_owned(),
            vec!["A: 1\n\none\n", "A: 2\n\ntwo\n"],
        ),
        (
            "cl2",
            format!(
                "{SEP}\nContent-Length: {}\n\n{}\n{SEP}\nContent-Length: 4\n\ntwo\n",
                SEP.len() + 11,
                format_args!("x\n\n{SEP}\nA: 9\n\n>")
            ),
            vec![
                "Content-Length: 56\n\nx\n\nFrom ada@example.com Sat Nov 21 12:00:00 2026\nA: 9\n\n>",
                "Content-Length: 4\n\ntwo\n",
            ],
        ),
        (
            "cl",
            format!("{SEP}\nContent-Length: 8\n\n>From x\n\n{SEP}\nA: 2\n\ntwo\n"),
            vec!["Content-Length: 8\n\nFrom x\n", "A: 2\n\ntwo\n"],
        ),
        (
            "a length that lies",
            format!("{SEP}\nContent-Length: 5000\n\none\n\n{SEP}\nContent-Length: 1\n\ntwo\n"),
            vec![
                "Content-Length: 5000\n\none\n",
                "Content-Length: 1\n\ntwo\n",
            ],
        ),
        (
            "junk first",
            format!("\n\njunk\n\n{SEP}\nA: 1\n\none\n"),
            vec!["junk\n\n", "A: 1\n\none\n"],
        ),
        (
            "a bare message",
            "Subject: x\n\nbody\n".to_owned(),
            vec!["Subject: x\n\nbody\n"],
        ),
        (
            "byte order mark",
            format!("\u{feff}{SEP}\nA: 1\n\none\n"),
            vec!["A: 1\n\none\n"],
        ),
        (
            "empty messages",
            format!("{SEP}\n\n{SEP}\n\n"),
            vec!["\n", "\n"],
        ),
        (
            "no line break at the end",
            format!("{SEP}\nA: 1\n\none"),
            vec!["A: 1\n\none"],
        ),
        ("nothing", String::new(), vec![]),
        ("blank", "\n\n\n".to_owned(), vec![]),
    ] {
        assert_eq!(read(&file), expected, "{name}");
    }
}

#[test]
fn a_separator_tells_sender_and_time() {
    for (line, sender, at) in [
        (SEP, Some("ada@example.com"), Some("2026-11-21T12:00:00Z")),
        (
            "From - Sat Nov 21 12:00:00 2026",
            None,
            Some("2026-11-21T12:00:00Z"),
        ),
        (
            "From ada Sat Nov  1 12:00:00 +0100 2026",
            Some("ada"),
            Some("2026-11-01T11:00:00Z"),
        ),
        (
            "From 0123456789 Mon Sep 17 00:00:00 2001",
            Some("0123456789"),
            Some("2001-09-17T00:00:00Z"),
        ),
        ("From ada", Some("ada"), None),
    ] {
        let file = format!("{line}\nA: 1\n\nx\n");
        let entry = Reader::new(file.as_bytes()).next().unwrap().unwrap();
        assert_eq!(entry.sender(), sender, "{line}");
        assert_eq!(
            entry.received_at.map(|t| t.to_string()).as_deref(),
            at,
            "{line}"
        );
        assert_eq!(entry.from_line, line);
    }
}

#[test]
fn what_is_written_reads_back() {
    let messages = [
        "A: 1\n\nFrom x\n>From y\n>>From z\n",
        "A: 2\r\n\r\ncrlf\r\n",
        "A: 3\n\n",
        "A: 4\n\ntail\n\n\n",
    ];
    let mut writer = Writer::new(Vec::new());
    for message in messages {
        writer
            .write(
                "ada @example.com\n",
                "2026-11-01T12:00:00Z".parse().unwrap(),
                message.as_bytes(),
            )
            .unwrap();
    }
    let file = String::from_utf8(writer.into_inner()).unwrap();
    assert!(
        file.starts_with("From ada@example.com Sun Nov  1 12:00:00 2026\n"),
        "{file}"
    );
    assert_eq!(read(&file), messages);
}

#[test]
fn a_length_that_a_stranger_wrote_swallows_no_message() {
    let victim = format!("{SEP}\nA: 2\n\na contract\n");
    let evil = |after: &str| {
        let length = "hello\n\n".len() + victim.len();
        format!("{SEP}\nContent-Length: {length}\n\nhello\n\n{victim}\n{after}")
    };
    let plain = format!("{SEP}\nA: 3\n\nthird\n");
    let counted = |body: &str| format!("{SEP}\nContent-Length: {}\n\n{body}\n", body.len());
    for (file, messages) in [
        (evil(&plain), 3),
        (evil(""), 2),
        (format!("{plain}\n{}", evil(&counted("x\n"))), 4),
        // Where every message has a length, its text may hold what it likes.
        (evil(&counted("x\n")), 2),
        (counted("x\n") + &evil(""), 2),
        (counted("x\n") + &evil(&counted("y\n")), 3),
    ] {
        assert_eq!(read(&file).len(), messages, "{file}");
    }
}

#[test]
fn a_length_is_not_written() {
    let raw = "A: 1\nContent-Length:\n 99\ncontent-length : 7\nB: 2\n\nContent-Length: stays\n";
    let mut writer = Writer::new(Vec::new());
    let at = jiff::Timestamp::UNIX_EPOCH;
    writer.write("a", at, raw.as_bytes()).unwrap();
    let file = String::from_utf8(writer.into_inner()).unwrap();
    assert_eq!(read(&file), ["A: 1\nB: 2\n\nContent-Length: stays\n"]);
}

#[test]
fn lengths_that_lie_cost_a_bounded_number_of_readings() {
    let message = format!("{SEP}\nContent-Length: 200000000\n\nx\n\n");
    let file = message.repeat(5_000);
    assert_eq!(Reader::new(file.as_bytes()).count(), 5_000);
}

#[test]
fn states_kept_in_headers_are_read() {
    for (header, expected) in [
        ("Status: RO\n", "seen"),
        ("Status: O\nX-Status: AF\n", "starred answered"),
        ("X-Status: TD\n", "draft trashed"),
        ("X-Mozilla-Status: 1005\n", "seen starred forwarded"),
        ("X-Keywords: $Forwarded NonJunk\n", "forwarded"),
        ("X-Gmail-Labels: Inbox,Starred\n", "seen starred"),
        ("X-Gmail-Labels: Inbox,Unread\n", ""),
        ("A: b\n", ""),
    ] {
        let flags = status_flags(format!("{header}\nStatus: RO\n").as_bytes());
        let names = [
            (flags.seen, "seen"),
            (flags.starred, "starred"),
            (flags.answered, "answered"),
            (flags.forwarded, "forwarded"),
            (flags.draft, "draft"),
            (flags.trashed, "trashed"),
        ];
        let set: Vec<_> = names
            .iter()
            .filter(|(on, _)| *on)
            .map(|(_, n)| *n)
            .collect();
        assert_eq!(set.join(" "), expected, "{header}");
    }
}

proptest::proptest! {
    #[test]
    fn any_file_is_read_to_its_end(
        pieces in proptest::collection::vec(proptest::sample::select(vec![
            "From ", "From a Sat Nov 21 12:00:00 2026\n", ">From x\n", "\n", "\r\n", "A: 1\n", "Content-Length: 3\n", "Content-Length: 9\n", "abc", " ",
        ]), 0..30)
    ) {
        read(&pieces.concat());
    }

    #[test]
    fn any_message_survives_the_round_trip(body in "(>{0,2}From x\n|text\n|\n|é){0,12}") {
        let raw = format!("A: 1\n\n{body}");
        let mut writer = Writer::new(Vec::new());
        writer.write("a", jiff::Timestamp::UNIX_EPOCH, raw.as_bytes()).unwrap();
        let end = if raw.ends_with('\n') { "" } else { "\n" };
        let file = String::from_utf8(writer.into_inner()).unwrap();
        proptest::prop_assert_eq!(read(&file), [format!("{raw}{end}")]);
    }
}
