use super::*;

fn text_of(raw: &str) -> String {
    parse(raw.as_bytes()).text
}

#[test]
fn a_subject_is_one_line_whatever_brings_a_line_end_into_it() {
    let parsed = parse(b"Subject: =?utf-8?q?one=0D=0Atwo=0Athree?=\r\n\r\nx\r\n");
    assert_eq!(parsed.subject, "one  two three");
}

#[test]
fn a_sound_message_has_no_faults() {
    let parsed = parse(
        b"From: Ada <ada@example.com>\r\nTo: bob@example.com\r\nSubject: =?utf-8?Q?caf=C3=A9?=\r\n\
        Date: Sat, 21 Nov 2026 12:00:00 +0000\r\nMessage-ID: <1@example.com>\r\n\
        References: <a@x> <b@x>\r\nIn-Reply-To: <b@x>\r\nList-Id: Lists <l.example.com>\r\nX-Comms-Id: abc\r\n\r\n\
        see https://example.com\r\n",
    );
    assert_eq!(parsed.faults, Vec::<String>::new());
    assert_eq!(parsed.subject, "café");
    assert_eq!(parsed.message_id.as_deref(), Some("1@example.com"));
    assert_eq!(parsed.references, ["a@x", "b@x"]);
    assert_eq!(parsed.in_reply_to, ["b@x"]);
    assert_eq!(parsed.list_id.as_deref(), Some("l.example.com"));
    assert_eq!(parsed.comms_id.as_deref(), Some("abc"));
    assert_eq!(parsed.sent_at.unwrap().to_string(), "2026-11-21T12:00:00Z");
    assert!(parsed.has_link && parsed.attachments.is_empty());
    assert_eq!(parsed.text, "see https://example.com\r\n");
}

#[test]
fn what_is_broken_is_named() {
    let good = "From: a@b.c\nDate: Sat, 21 Nov 2026 12:00:00 +0000\n";
    for (raw, fault) in [
        (String::new(), "empty message"),
        ("just text".to_owned(), "no header at all"),
        (
            "Subject: x\nDate: Sat, 21 Nov 2026 12:00:00 +0000\n\n".to_owned(),
            "no From",
        ),
        (
            "From:\nDate: Sat, 21 Nov 2026 12:00:00 +0000\n\n".to_owned(),
            "unreadable From",
        ),
        ("From: a@b.c\n\n".to_owned(), "no Date"),
        ("From: a@b.c\nDate: soon\n\n".to_owned(), "unreadable Date"),
        (
            format!("{good}Content-Type: text/plain; charset=x-klingon\n\nx\u{e9}"),
            "unknown charset `x-klingon`",
        ),
        (
            format!("{good}Content-Transfer-Encoding: base64\n\n!!!!"),
            "bad base64",
        ),
        (
            format!("{good}Content-Transfer-Encoding: rot13\n\nx"),
            "unknown transfer encoding `rot13`",
        ),
        (format!("{good}\nx\0y"), "NUL bytes"),
        (
            format!("{good}Content-Type: multipart/mixed; boundary=b\n\n--b\n\nx"),
            "unterminated multipart",
        ),
        (
            format!("{good}Content-Type: multipart/mixed\n\nx"),
            "multipart without a boundary",
        ),
        (
            format!("{good}body without a blank line\nmore"),
            "no blank line after the header",
        ),
    ] {
        assert_eq!(parse(raw.as_bytes()).faults, [fault], "{raw:?}");
    }
}

const ALTERNATIVE: &str = "Content-Type: multipart/alternative; boundary=b\n\n";

#[test]
fn plain_text_is_preferred_unless_it_points_to_the_html() {
    let html =
        "--b\nContent-Type: text/html\n\n<p>rich <a href=\"http://x.y\">text</a></p>\n--b--\n";
    for (plain, text) in [
        ("plain text", "plain text"),
        ("", "rich text"),
        (" \u{a0}\n", "rich text"),
        ("Your client does not support HTML mail.", "rich text"),
        ("To view this message open it in a browser", "rich text"),
    ] {
        let raw = format!("{ALTERNATIVE}--b\n\n{plain}\n{html}");
        let parsed = parse(raw.as_bytes());
        assert_eq!(parsed.text, text, "{plain}");
        assert!(parsed.has_link, "{plain}");
        assert!(body(raw.as_bytes()).html.is_some(), "{plain}");
    }
}

#[test]
fn bodies_are_joined_and_named_text_is_an_attachment() {
    let raw = "Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\n\
        --b\nContent-Type: text/x-patch; name=a.patch\n\ndiff\n\
        --b\nContent-Type: text/plain; name=log.txt\n\nlog\r\n\n\
        --b\nContent-Type: text/html\n\n<p>two</p>\n\
        --b\nContent-Disposition: attachment; filename=raw.txt\nContent-Type: text/plain; charset=latin1\n\na\r\nb\n\n\
        --b\nContent-Type: image/png\nContent-ID: <i@x>\nContent-Transfer-Encoding: base64\n\niVBORw0=\n\
        --b\nContent-Type: text/calendar\n\nBEGIN:VCALENDAR\n--b--\n";
    assert_eq!(text_of(raw), "one\ntwo");
    let parsed = parse(raw.as_bytes());
    let names: Vec<_> = parsed
        .attachments
        .iter()
        .map(|a| (a.number, a.name.as_str(), a.size_bytes, a.inline))
        .collect();
    assert_eq!(
        names,
        [
            (1, "a.patch", 4, false),
            (2, "log.txt", 5, false),
            (3, "raw.txt", 5, false),
            (4, "attachment-4.png", 5, true),
            (5, "attachment-5.ics", 15, false),
        ]
    );
    for a in &parsed.attachments {
        let (again, bytes) = attachment(raw.as_bytes(), a.number).unwrap();
        assert_eq!((&again, bytes.len() as u64), (a, a.size_bytes));
    }
    assert_eq!(attachment(raw.as_bytes(), 3).unwrap().1, b"a\r\nb\n");
    assert_eq!(attachment(raw.as_bytes(), 4).unwrap().1, b"\x89PNG\r");
    assert!(attachment(raw.as_bytes(), 0).is_none() && attachment(raw.as_bytes(), 6).is_none());
}

#[test]
fn a_message_in_a_message_is_an_attachment_whose_text_is_found() {
    let inner = "From: bob@example.com\r\nSubject: =?utf-8?Q?caf=C3=A9/1?=\r\n\r\ninner text\r\n";
    let raw = format!(
        "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nouter\r\n--b\r\n\
        Content-Type: message/rfc822\r\n\r\n{inner}\r\n--b--\r\n"
    );
    let parsed = parse(raw.as_bytes());
    assert!(
        parsed.text.starts_with("outer") && parsed.text.contains("inner text"),
        "{}",
        parsed.text
    );
    assert_eq!(parsed.attachments.len(), 1);
    assert_eq!(parsed.attachments[0].name, "café_1.eml");
    assert_eq!(attachment(raw.as_bytes(), 1).unwrap().1, inner.as_bytes());
}

#[test]
fn a_bounce_says_which_recipient_failed_and_why_and_keeps_its_report_as_a_file() {
    let report = "Reporting-MTA: dns; mx.example.com\n\nFinal-Recipient: rfc822; nosuch@example.org\n\
        Action: failed\nDiagnostic-Code: smtp; 550 5.1.1 no such user\n";
    let returned = "From: me@example.com\nTo: nosuch@example.org\nSubject: the offer\n";
    let bounce = |report_type: &str, returned_type: &str| {
        format!(
            "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\n\nI'm sorry.\n--b\n\
            Content-Type: {report_type}\n\n{report}\n--b\nContent-Type: {returned_type}\n\n{returned}\n--b--\n"
        )
    };
    for (report_type, returned_type) in [
        ("message/delivery-status", "message/rfc822"),
        ("message/delivery-status", "text/rfc822-headers"),
        ("message/global-delivery-status", "message/global-headers"),
        ("message/disposition-notification", "text/rfc822-headers"),
        ("message/feedback-report", "message/rfc822"),
    ] {
        let raw = bounce(report_type, returned_type);
        let parsed = parse(raw.as_bytes());
        for told in ["I'm sorry.", report.trim_end(), "Subject: the offer"] {
            assert!(parsed.text.contains(told), "{told} of {}", parsed.text);
        }
        let read: String = passages(raw.as_bytes())
            .into_iter()
            .map(|passage| match passage {
                Passage::Plain(text) | Passage::Html(text) => text + "\n",
            })
            .collect();
        assert!(read.contains("nosuch@example.org") && read.contains("the offer"));
        assert!(body(raw.as_bytes()).text.unwrap().contains("no such user"));
        let kept = |number| attachment(raw.as_bytes(), number).unwrap();
        assert_eq!(kept(1).0.media_type, report_type);
        assert_eq!(kept(1).1, report.as_bytes());
        assert_eq!(kept(2).0.media_type, returned_type);
        assert_eq!(kept(2).1, returned.as_bytes());
    }
}

#[test]
fn an_apple_mail_with_the_file_inside_the_alternative_keeps_it() {
    let raw = format!(
        "{ALTERNATIVE}--b\n\nplain\n--b\nContent-Type: multipart/mixed; boundary=c\n\n\
        --c\nContent-Type: text/html\n\n<p>rich</p>\n--c\nContent-Type: application/pdf; name=a.pdf\n\n%PDF\n\
        --c\nContent-Type: text/html\n\n<p>end</p>\n--c--\n--b--\n"
    );
    let parsed = parse(raw.as_bytes());
    assert_eq!(parsed.text, "plain");
    assert_eq!(parsed.attachments.len(), 1);
    assert_eq!(
        body(raw.as_bytes()).html.as_deref(),
        Some("<p>rich</p>\n<p>end</p>")
    );
}

#[test]
fn text_is_capped_and_huge_fields_are_read_in_part() {
    let raw = format!("From: a@b.c\n\n{}", "é".repeat(2_000_000));
    let parsed = parse(raw.as_bytes());
    assert!(parsed.text.len() <= MOST_TEXT && parsed.text.len() > MOST_TEXT - 4);
    let raw = format!("From: a@b.c\nSubject: {}\n\n", "x".repeat(5_000_000));
    assert_eq!(parse(raw.as_bytes()).subject.len(), LONGEST_SUBJECT);
    let raw = format!("From: a@b.c\nReferences: {}\n\n", "<a@b>".repeat(50_000));
    assert_eq!(parse(raw.as_bytes()).references.len(), MOST_IDS);
    let raw = "To: a@b.c\n".repeat(200_000) + "\n";
    assert_eq!(parse(raw.as_bytes()).to.len(), address::MOST);
    let raw = "X: y\n".repeat(1_000_000);
    assert_eq!(headers(raw.as_bytes()).len(), MOST_FIELDS);
    assert_eq!(parse(raw.as_bytes()).text, "");
}

#[test]
fn headers_come_decoded_and_in_order() {
    let raw = b"B: =?utf-8?Q?=C3=A9?=\r\nA: folded\r\n  value\r\nB: again\r\n\r\nbody: no\r\n";
    let read: Vec<_> = headers(raw)
        .into_iter()
        .map(|(n, v)| format!("{n}={v}"))
        .collect();
    assert_eq!(read, ["B=é", "A=folded value", "B=again"]);
}

#[test]
fn cut_anywhere_a_message_still_parses() {
    let raw = "From: =?utf-8?B?w6k=?= <a@b.c>\r\nDate: Sat, 21 Nov 2026 12:00:00 +0000\r\n\
        Content-Type: multipart/mixed; boundary=\"b\"\r\n\r\n--b\r\nContent-Type: text/html; charset=utf-8\r\n\
        Content-Transfer-Encoding: quoted-printable\r\n\r\n<p>=C3=A9 &eacute;</p>\r\n--b\r\n\
        Content-Disposition: attachment; filename*0*=utf-8''%C3; filename*1*=%A9.txt\r\n\
        Content-Transfer-Encoding: base64\r\n\r\naGVsbG8=\r\n--b--\r\n";
    for end in 0..raw.len() {
        let parsed = parse(&raw.as_bytes()[..end]);
        for a in parsed.attachments {
            assert_eq!(attachment(&raw.as_bytes()[..end], a.number).unwrap().0, a);
        }
    }
}

proptest::proptest! {
    #[test]
    fn any_bytes_are_parsed(raw in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..400)) {
        let parsed = parse(&raw);
        assert!(parsed.text.len() <= MOST_TEXT);
        body(&raw);
        passages(&raw);
        headers(&raw);
    }

    #[test]
    fn any_mix_of_mail_syntax_is_parsed(
        pieces in proptest::collection::vec(proptest::sample::select(vec![
            "From: ", "To: ", "Date: ", "Subject: ", "Content-Type: ", "multipart/mixed; boundary=b", "message/rfc822",
            "text/html", "; charset=", "utf-8", "iso-2022-jp", "Content-Transfer-Encoding: ", "base64", "quoted-printable",
            "--b", "--", "\n", "\r\n", "\n\n", "=?utf-8?Q?", "?=", "=", "<", ">", "@", "\"", "(", ")", ",", ";", ":", " ",
            "filename*0*=", "''", "%", "x", "\u{e9}", "1", "&", "<p>", "</style>", "<style>", "multipart/alternative; boundary=c", "--c",
        ]), 0..60)
    ) {
        let raw = pieces.concat();
        let parsed = parse(raw.as_bytes());
        for a in &parsed.attachments {
            let (again, bytes) = attachment(raw.as_bytes(), a.number).unwrap();
            assert_eq!((&again, bytes.len() as u64), (a, a.size_bytes));
        }
    }
}

#[test]
fn an_id_of_bytes_that_are_no_text_is_no_longer_than_others() {
    let raw = [b"Message-ID: <".as_slice(), &[0xD0; 900], b"@x>\n\ntext"].concat();
    let id = parse(&raw).message_id.unwrap();
    assert!(id.len() <= 998, "{}", id.len());
}
