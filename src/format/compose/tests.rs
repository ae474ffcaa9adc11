use std::io::Write;
use std::process::{Command, Stdio};

use super::*;
use crate::format::mime;

fn person(text: &str) -> Address {
    Address::new(Some("Zoë, the \"great\""), text)
}

fn file(name: &str, bytes: &[u8]) -> File {
    File {
        name: name.to_owned(),
        media_type: media_type(name, bytes),
        bytes: bytes.to_vec(),
        parameters: Vec::new(),
        content_id: None,
    }
}

fn build<'a>(change: impl FnOnce(&mut Letter<'a>)) -> Vec<u8> {
    let date: &Zoned = Box::leak(Box::new(
        "2026-11-21T12:00:00+01:00[Europe/Berlin]".parse().unwrap(),
    ));
    let from: &Address = Box::leak(Box::new(person("zoe@example.com")));
    let to: &[Address] = Box::leak(Box::new([person("bob@example.com")]));
    let mut letter = Letter {
        from,
        reply_to: &[],
        to,
        cc: &[],
        subject: "hello",
        text: "one\ntwo\n",
        html: None,
        files: &[],
        message_id: "abc@example.com",
        in_reply_to: &[],
        references: &[],
        own_id: "c1",
        date,
    };
    change(&mut letter);
    let raw = compose(&letter).unwrap();
    assert!(raw.is_ascii(), "7-bit safe");
    for line in raw.split(|b| *b == b'\n') {
        assert!(line.len() <= 999, "long line");
        assert!(
            line.is_empty() || line.ends_with(b"\r"),
            "bare LF: {:?}",
            String::from_utf8_lossy(line)
        );
    }
    raw
}

#[test]
fn a_small_message_reads_back_as_it_was_written() {
    let raw = build(|l| {
        l.subject =
            "Grüße aus 東京, with a rather long subject that has to be folded somewhere on its way"
    });
    let read = mime::parse(&raw);
    assert!(
        read.subject.starts_with("Grüße aus 東京") && read.subject.ends_with("on its way"),
        "{}",
        read.subject
    );
    assert_eq!(read.from[0].name.as_deref(), Some("Zoë, the \"great\""));
    assert_eq!(read.text.trim_end().replace("\r\n", "\n"), "one\ntwo");
    assert_eq!(read.message_id.as_deref(), Some("abc@example.com"));
    assert_eq!(read.comms_id.as_deref(), Some("c1"));
    assert!(
        String::from_utf8(raw)
            .unwrap()
            .contains("Date: Sat, 21 Nov 2026 12:00:00 +0100\r\n")
    );
    assert!(read.faults.is_empty(), "{:?}", read.faults);
}

#[test]
fn every_text_survives_its_encoding() {
    for text in [
        "trailing space \nFrom here\n.\n..dots\n",
        &"x".repeat(5000),
        "日本語のテキスト\n二行目\n",
        "Käse = 100%\n\ttab\n",
        "",
    ] {
        let raw = build(|l| l.text = text);
        assert_eq!(
            mime::body(&raw)
                .text
                .unwrap_or_default()
                .trim_end_matches(['\r', '\n'])
                .replace("\r\n", "\n"),
            text.trim_end_matches('\n'),
            "{text:?}"
        );
    }
}

#[test]
fn attachments_keep_their_bytes_and_names() {
    let all: Vec<u8> = (0..=255).cycle().take(10_000).collect();
    let files = [
        file("notes.txt", b"one\ntwo\r\nthree\rfour"),
        file("Übersicht 2026; \"final\".pdf", &all),
        file("empty.bin", b""),
        file("mail.eml", b"Subject: x\r\n\r\nhello\r\n"),
        file("odd.eml", b"Subject: x\n\nhello"),
    ];
    let raw = build(|l| l.files = &files);
    let read = mime::parse(&raw);
    assert_eq!(read.attachments.len(), files.len());
    for (n, file) in files.iter().enumerate() {
        let (found, bytes) = mime::attachment(&raw, n + 1).unwrap();
        assert!(bytes == file.bytes, "{}", file.name);
        assert_eq!(found.media_type, file.media_type, "{}", file.name);
    }
    assert_eq!(files[3].media_type, "message/rfc822");
    assert_eq!(files[4].media_type, "application/octet-stream");
}

#[test]
fn html_comes_with_its_text_and_its_images() {
    let mut image = file("x.png", b"\x89PNG");
    image.content_id = Some("img1@x".to_owned());
    let files = [image, file("a.txt", b"a")];
    let raw = build(|l| {
        l.html = Some("<p>one <img src=\"cid:img1@x\"></p>");
        l.files = &files;
    });
    let body = mime::body(&raw);
    assert!(body.html.unwrap().contains("cid:img1@x"));
    let text = String::from_utf8(raw).unwrap();
    let at = |part: &str| {
        text.find(part)
            .unwrap_or_else(|| panic!("{part} in {text}"))
    };
    assert!(at("multipart/mixed") < at("multipart/alternative"));
    assert!(at("multipart/alternative") < at("multipart/related"));
}

#[test]
fn nothing_typed_becomes_a_header() {
    for bad in ["a\r\nBcc: eve@example.com", "a\nX: y", "a\rb", "a\0b"] {
        assert!(refuse_controls("subject", bad).is_err());
    }
    let evil = Address::new(Some("x\r\nBcc: eve@example.com"), "bob@example.com");
    let evil_file = File {
        media_type: "text/plain\r\nX-Evil: 1".to_owned(),
        ..file("a.txt", b"a")
    };
    let (to, files) = ([evil], [evil_file]);
    let raw = String::from_utf8(build(|l| {
        l.to = &to;
        l.files = &files;
    }))
    .unwrap();
    assert!(
        !raw.contains("\nBcc:") && !raw.contains("\nX-Evil"),
        "{raw}"
    );
}

#[test]
fn ten_thousand_recipients_are_folded() {
    let to: Vec<_> = (0..10_000)
        .map(|n| Address::new(None, &format!("user{n}@example.com")))
        .collect();
    let raw = build(|l| l.to = &to);
    assert_eq!(mime::parse(&raw).to.len(), 10_000);
}

#[test]
fn another_reader_sees_the_same() {
    let script = "import sys,email,email.policy\nm=email.message_from_bytes(sys.stdin.buffer.read(),policy=email.policy.default)\n\
        print(m['subject']); print(m['from'].addresses[0].display_name)\n\
        print(m.get_body(('plain',)).get_content().strip())\n\
        [print(a.get_filename(), len(a.get_payload(decode=True))) for a in m.iter_attachments()]\n\
        print(len(m.defects))";
    let python = Command::new("python3")
        .args(["-c", script])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn();
    let Ok(mut python) = python else {
        // Skipped where there is no python3.
        return;
    };
    let files = [file(
        "Übersicht, ein langer Name damit er gefaltet werden muss und noch länger.pdf",
        &[7; 1000],
    )];
    let raw = build(|l| {
        l.subject = "Grüße";
        l.text = "Käse\n";
        l.html = Some("<p>Käse</p>");
        l.files = &files;
    });
    python.stdin.take().unwrap().write_all(&raw).unwrap();
    let out = String::from_utf8(python.wait_with_output().unwrap().stdout).unwrap();
    let lines: Vec<_> = out.lines().collect();
    assert_eq!(lines[..3], ["Grüße", "Zoë, the \"great\"", "Käse"], "{out}");
    assert_eq!(lines[3], format!("{} 1000", files[0].name));
    assert_eq!(lines[4], "0");
}

#[test]
fn a_letter_is_readdressed_without_touching_anything_else() {
    let raw = b"Date: x\r\nTo: a@example.com,\r\n b@example.com\r\nSubject: =?utf-8?q?h=C3=A9?=\r\nCC: c@example.com\r\n\r\nTo: body\r\n";
    let people = [
        ("To", vec![Address::new(Some("Zo\u{eb}"), "z@example.com")]),
        ("Cc", vec![]),
        ("Bcc", vec![Address::new(None, "hidden@example.com")]),
    ];
    let out = readdressed(raw, &people);
    let parsed = crate::format::mime::parse(&out);
    assert_eq!(parsed.to, [Address::new(Some("Zo\u{eb}"), "z@example.com")]);
    assert!(parsed.cc.is_empty());
    assert_eq!(parsed.bcc[0].email, "hidden@example.com");
    assert_eq!(parsed.subject, "h\u{e9}");
    let text = String::from_utf8(out).unwrap();
    assert!(
        text.ends_with("Subject: =?utf-8?q?h=C3=A9?=\r\n\r\nTo: body\r\n"),
        "{text}"
    );
}
