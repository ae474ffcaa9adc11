//! A small invented mailbox in many tongues.

use std::time::{Duration, SystemTime};

use crate::support::World;

/// Folder, flags, date, headers and body of every message. The first word of the subject is its name below.
const MAILBOX: &[(&str, &str, &str, &str, &str)] = &[
    (
        ".Drafts",
        "DS",
        "2026-11-21T10:00:00Z",
        "From: me@example.com\nTo: bob@example.com\nSubject: Draft plan",
        "not ready yet",
    ),
    (
        "",
        "",
        "2026-11-21T09:00:00Z",
        "From: Ada Lovelace <ada@example.com>\nTo: Bob <bob@example.com>\nCc: me@example.com\nSubject: Lunch",
        "At 12:30? Bring the C++ notes; the printer is fe80::1 now. Don't be late.",
    ),
    (
        ".Sent",
        "S",
        "2026-11-20T11:00:00Z",
        "From: me@example.com\nTo: Ada Lovelace <ada@example.com>\nCc: Eve <eve@example.net>\nSubject: Re: Report for spring\nMessage-ID: <r2@example.com>\nIn-Reply-To: <r1@example.com>",
        "Thanks, I read the report.",
    ),
    (
        "",
        "",
        "2026-11-20T10:00:00Z",
        "From: Ada Lovelace <ada@example.com>\nTo: me@example.com\nSubject: Report for spring\nMessage-ID: <r1@example.com>\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b",
        "--b\n\nThe quarterly report is attached. The budget is fine.\n--b\nContent-Type: application/pdf\nContent-Disposition: attachment; filename=\"Quarterly Invoice.pdf\"\n\nx\n--b--\n",
    ),
    (
        "",
        "S",
        "2026-11-19T10:00:00Z",
        "From: 田中 <tanaka@example.jp>\nTo: me@example.com\nSubject: 東京の会議",
        "明日は東京都庁で会議があります。",
    ),
    (
        "",
        "FS",
        "2026-11-18T10:00:00Z",
        "From: Zoë Ångström <zoe@example.org>\nTo: me@example.com\nSubject: Résumé",
        "Voilà: un café naïf.",
    ),
    (
        "",
        "",
        "2026-11-17T10:00:00Z",
        "From: Shop <shop@example.net>\nTo: me@example.com\nSubject: Sale\nMIME-Version: 1.0\nContent-Type: text/html; charset=utf-8",
        "<html><style>.invisible{}</style><p>Great <b>of</b>fer, look <a href=\"https://shop.example.net/x\">here</a></p></html>",
    ),
    (
        "",
        "S",
        "2026-11-16T10:00:00Z",
        "From: eve@example.net\nTo: me@example.com",
        "a message that has no title",
    ),
    (
        "",
        "S",
        "2026-11-15T10:00:00Z",
        "From: bob@example.com\nTo: me@example.com\nSubject: Emoji 🎉 party",
        "let us party 🎉 at http://party.example.com/now?who=all",
    ),
    (
        "",
        "S",
        "2026-11-14T10:00:00Z",
        "From: kim@example.kr\nTo: me@example.com\nSubject: 한국어 메일",
        "안녕하세요 서울입니다",
    ),
    (
        ".lists.builders",
        "S",
        "2026-11-10T10:00:00Z",
        "From: bob@example.com\nTo: builders@lists.example.org\nList-Id: <builders.lists.example.org>\nSubject: [builders] Minutes",
        "We talked about the year end planning.",
    ),
    (
        ".lists.builders",
        "S",
        "2026-11-01T10:00:00Z",
        "From: bob@example.com\nTo: builders@lists.example.org\nSubject: Year plan",
        "The end of the year is near; report what is missing. OR is a gate.",
    ),
    (
        ".Trash",
        "S",
        "2026-10-01T10:00:00Z",
        "From: Shop <shop@example.net>\nTo: me@example.com\nSubject: Trashed offer",
        "Another offer",
    ),
    (
        ".Junk",
        "",
        "2026-09-01T10:00:00Z",
        "From: a@spam.example\nTo: me@example.com\nSubject: Spam",
        "Free report!!! re:invoice",
    ),
    (
        "",
        "S",
        "2026-06-01T10:00:00Z",
        "From: Jürgen <jurgen@example.de>\nTo: me@example.com\nSubject: Fluß",
        "Über die Straße zum Fluß",
    ),
    (
        "",
        "S",
        "2025-12-31T23:30:00Z",
        "From: \"O'Brien, Pat\" <pat@example.ie>\nTo: me@example.com\nSubject: Visa",
        "well-known forms",
    ),
    (
        ".Archive",
        "S",
        "2024-03-05T10:00:00Z",
        "From: office@tax.example\nTo: me@example.com\nSubject: Old papers\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b",
        "--b\n\nSigned.\n--b\nContent-Type: image/png; name=\"scan.png\"\nContent-Disposition: attachment\n\nBIG\n--b--\n",
    ),
];

/// Imported: these belong to the account `local`.
const IMPORTED: [(&str, &str); 2] = [
    (
        "one.eml",
        "From: ada@example.com\nTo: me@example.com\nDate: Wed, 01 Jan 2020 10:00:00 +0000\nSubject: Import one\n\nold times\n",
    ),
    (
        "two.eml",
        "From: carl@example.com\nTo: me@example.com\nDate: Tue, 01 Jan 2019 10:00:00 +0000\nSubject: Imported two\n\nolder times\n",
    ),
];

/// A mailbox in the account `home`, with two labels, and two messages in `local`.
pub fn world() -> World {
    let world = World::new();
    for (n, (folder, flags, date, headers, body)) in MAILBOX.iter().enumerate() {
        for sub in ["cur", "new", "tmp"] {
            std::fs::create_dir_all(world.dir().join("Mail").join(folder).join(sub)).unwrap();
        }
        let at: jiff::Timestamp = date.parse().unwrap();
        let body = body.replace("BIG", &"papers ".repeat(8_000));
        let raw = format!(
            "{headers}\nDate: {}\n\n{body}\n",
            at.strftime("%a, %d %b %Y %H:%M:%S +0000")
        );
        let name = format!("Mail/{folder}/cur/{}.{n}.host:2,{flags}", at.as_second());
        let path = world.file(&name, raw);
        let seconds = u64::try_from(at.as_second()).unwrap();
        let file = std::fs::File::options().write(true).open(path).unwrap();
        file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds))
            .unwrap();
    }
    let path = world.dir().join("Mail");
    let world = world.config(&format!(
        "[accounts.home]\nchannel = \"maildir\"\naddress = \"me@example.com\"\npath = \"{}\"\n",
        path.display()
    ));
    world.run(["inbox", "sync"]).ok();
    for (name, text) in IMPORTED {
        world.file(&format!("old/{name}"), text);
    }
    let old = world.dir().join("old");
    world.run(["import", old.to_str().unwrap()]).ok();
    label(&world, "Lunch", "urgent");
    label(&world, "Sale", "To Read");
    world
}

fn label(world: &World, subject: &str, label: &str) {
    let found = world
        .run(["search", &format!("subject:{subject}"), "--fields", "id"])
        .ok();
    let id = found.stdout.trim();
    world.run(["inbox", "mark", id, "--label", label]).ok();
}
