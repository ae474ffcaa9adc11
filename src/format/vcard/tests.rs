//! Promises of the reader and the writer.

use proptest::prelude::*;

use super::*;
use crate::model::contact::{AddressKind, ContactAddress, Via};

fn only(bytes: &[u8]) -> Read {
    let mut all = read(bytes);
    assert_eq!(all.len(), 1, "{all:?}");
    all.remove(0).unwrap()
}

fn address(kind: AddressKind, value: &str, label: Option<&str>) -> ContactAddress {
    ContactAddress {
        kind,
        value: value.to_owned(),
        label: label.map(str::to_owned),
        ..ContactAddress::default()
    }
}

const APPLE: &str = "BEGIN:VCARD\r\nVERSION:3.0\r\nPRODID:-//Apple Inc.//iPhone OS 17.1//EN\r\n\
N:Lovelace;Ada;King;Lady;\r\nFN:Lady Ada King Lovelace\r\nORG:Engines\\, Ltd;Lab;\r\n\
item1.EMAIL;type=INTERNET;type=pref:ada@example.com\r\nitem1.X-ABLabel:_$!<School>!$_\r\n\
item2.TEL;type=pref:+1 415 555 0100\r\nitem2.X-ABLabel:Castle\r\n\
TEL;type=CELL;type=VOICE:(415) 555-0101\r\n\
item3.ADR;type=HOME:;;1 Main\\nStreet;Springfield;;1234;UK\r\nitem3.X-ABADR:gb\r\n\
IMPP;X-SERVICE-TYPE=WhatsApp:x-apple:14155550100\r\n\
BDAY;X-APPLE-OMIT-YEAR=1604:1604-12-10\r\n\
PHOTO;ENCODING=b;TYPE=JPEG:/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAAMCAgMCAgMDAwMEAwMEBQg\r\n FBQQEBQoHBwYIDAoMDAsKCwsNDhIQDQ4RDgsLEBYQERMUFRUVDA8XGBYUGBIUFRT/\r\n\
CATEGORIES:Friends,myContacts\r\nX-ABUID:5AD380FD-B2DE-4261-BA99-DE1D1DB52FBE\\:ABPerson\r\nUID:u-1\r\nREV:2026-01-02T03:04:05Z\r\nEND:VCARD\r\n";

#[test]
fn a_card_of_a_million_values_is_read_in_linear_time() {
    // Were each compared with each, this would not end.
    let lines: String = (0..100_000)
        .map(|n| format!("i{n}.EMAIL:a{n}@example.com\r\nURL:{n}\r\nCATEGORIES:c{n}\r\n"))
        .collect();
    let card = format!("BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Ada\r\n{lines}END:VCARD\r\n");
    let found = read(card.as_bytes()).remove(0).unwrap();
    assert_eq!(found.card.addresses.len(), 500);
    assert_eq!(
        found.document.len(),
        card.len(),
        "the rest stays in the document"
    );
}

#[test]
fn a_card_of_an_iphone_is_read() {
    let read = only(APPLE.as_bytes());
    let card = &read.card;
    assert_eq!(card.name, "Lady Ada King Lovelace");
    assert_eq!(card.family.as_deref(), Some("Lovelace"));
    assert_eq!(card.prefix.as_deref(), Some("Lady"));
    assert_eq!(card.organization.as_deref(), Some("Engines, Ltd"));
    let mut wanted = [
        address(AddressKind::Email, "ada@example.com", Some("school")),
        address(AddressKind::Phone, "+1 415 555 0100", Some("Castle")),
        address(AddressKind::Phone, "(415) 555-0101", Some("mobile")),
        address(AddressKind::Whatsapp, "+14155550100", None),
    ];
    wanted[0].primary = true;
    wanted[1].primary = true;
    assert_eq!(card.addresses, wanted);
    assert_eq!(card.birthday.as_deref(), Some("--12-10"));
    assert_eq!(card.groups, ["Friends"]);
    assert_eq!(read.uid.as_deref(), Some("u-1"));
    assert_eq!(read.rev, Some("2026-01-02T03:04:05Z".parse().unwrap()));
    assert_eq!(read.document, APPLE.as_bytes());
}

#[test]
fn a_card_that_says_nothing_new_leaves_every_byte() {
    for text in [APPLE.to_owned(), APPLE.replace("\r\n", "\n")] {
        let card = only(text.as_bytes()).card;
        let written = write(&card, Some(text.as_bytes()), &Form::default());
        assert_eq!(String::from_utf8(written).unwrap(), text);
    }
}

#[test]
fn only_what_changed_is_written_anew() {
    let mut card = only(APPLE.as_bytes()).card;
    card.organization = Some("Mills".into());
    card.addresses[1].label = Some("work".into());
    card.addresses[2].primary = true;
    card.addresses[1].primary = false;
    card.addresses.remove(0);
    card.groups.push("Family, dear".into());
    let written = write(&card, Some(APPLE.as_bytes()), &Form::default());
    let text = String::from_utf8(written.clone()).unwrap();
    let new: Vec<&str> = text.lines().filter(|l| !APPLE.contains(l)).collect();
    assert_eq!(
        new,
        [
            "ORG:Mills;Lab;",
            "item2.TEL;TYPE=WORK:+1 415 555 0100",
            "TEL;type=CELL;type=VOICE;TYPE=PREF:(415) 555-0101",
            "CATEGORIES:Friends,myContacts,Family\\, dear",
        ]
    );
    let gone: Vec<&str> = APPLE.lines().filter(|l| !text.contains(l)).collect();
    assert_eq!(gone.len(), 6, "{gone:?}");
    assert_eq!(only(&written).card, card);
}

#[test]
fn quoted_printable_and_charsets_of_old_phones_are_read() {
    let card = b"BEGIN:VCARD\r\nVERSION:2.1\r\nN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=C3=84rger;J=C3=B6rg=\r\n=20Maria;;;\r\nFN;CHARSET=ISO-8859-1:J\xf6rg \xc4rger\r\nTEL;CELL;PREF:0171\r\nTEL;X-Boot:0172\r\nNOTE;ENCODING=QUOTED-PRINTABLE:a=0D=0Ab;c=\r\n\r\nTITLE;CHARSET=Shift_JIS:\x83\\\x83\x74\r\nORG;CHARSET=UTF-16;ENCODING=QUOTED-PRINTABLE:=FF=FEA=00b=00\r\nNICKNAME:J\xf6\r\nEND:VCARD\r\n";
    let card = only(card).card;
    assert_eq!(card.given.as_deref(), Some("Jörg Maria"));
    assert_eq!(card.name, "Jörg Ärger");
    assert_eq!(card.notes.as_deref(), Some("a\nb;c"));
    assert_eq!(card.title.as_deref(), Some("ソフ"));
    assert_eq!(card.organization.as_deref(), Some("Ab"));
    assert_eq!(card.nicknames, ["Jö"]);
    assert_eq!(card.addresses[0].label.as_deref(), Some("mobile"));
    assert!(card.addresses[0].primary);
    assert_eq!(card.addresses[1].label.as_deref(), Some("Boot"));
}

#[test]
fn a_value_that_looks_like_the_end_of_a_card_or_the_next_is_written_as_a_value() {
    let form = Form {
        version: Some(Version::V2),
        ..Form::default()
    };
    for mark in ["BEGIN:VCARD", "END:VCARD", "end:vcard"] {
        for before in 0..80 {
            let card = Card {
                name: "Ada".to_owned(),
                notes: Some(format!("{}ä{mark}\n{mark}", "x".repeat(before))),
                ..Card::default()
            };
            assert_eq!(
                only(&write(&card, None, &form)).card.notes,
                card.notes,
                "{before}"
            );
        }
    }
}

#[test]
fn a_file_of_many_gives_each_and_names_the_unreadable() {
    let file = "\u{feff}junk\nBEGIN:VCARD\nFN:Ada\nBEGIN:VCARD\nFN:Bob\nAGENT:\nBEGIN:VCARD\nFN:Mallory\nEND:VCARD\nTEL:1\nEND:VCARD\n\n\nBEGIN:VCARD\nEND:VCARD\nbegin:vcard\r\nfn:Eve\r\nend:vcard\nBEGIN:VCARD\nFN:Cut\nEMAIL:ada@exam";
    let all = read(file.as_bytes());
    let names: Vec<_> = all
        .iter()
        .map(|r| {
            r.as_ref()
                .map(|r| (r.card.name.as_str(), r.line))
                .map_err(|f| f.line)
        })
        .collect();
    assert_eq!(
        names,
        [
            Ok(("Ada", 2)),
            Ok(("Bob", 4)),
            Err(14),
            Ok(("Eve", 16)),
            Err(19)
        ]
    );
    assert_eq!(all[1].as_ref().unwrap().card.addresses.len(), 1);
}

#[test]
fn groups_are_told_from_people() {
    let apple = "BEGIN:VCARD\nVERSION:3.0\nN:Team\nFN:Team\nX-ADDRESSBOOKSERVER-KIND:group\nX-ADDRESSBOOKSERVER-MEMBER:urn:uuid:a\nX-ADDRESSBOOKSERVER-MEMBER:urn:uuid:b\nEND:VCARD\n";
    let newer = "BEGIN:VCARD\nVERSION:4.0\nKIND:group\nFN:Team\nMEMBER:urn:uuid:a\nMEMBER:urn:uuid:b\nEND:VCARD\n";
    for text in [apple, newer] {
        let members = only(text.as_bytes()).members.unwrap();
        assert_eq!(members, ["a", "b"]);
    }
}

#[test]
fn a_photo_and_what_is_unknown_survive_every_version() {
    let card = only(APPLE.as_bytes()).card;
    for version in Version::ALL {
        let form = Form {
            version: Some(version),
            ..Form::default()
        };
        let there = write(&card, Some(APPLE.as_bytes()), &form);
        assert_eq!(
            only(&there).card,
            card,
            "{}",
            String::from_utf8_lossy(&there)
        );
        let text = String::from_utf8_lossy(&there).replace("\r\n ", "");
        assert!(text.contains("/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAAMCAgMCAgMDAwMEAwMEBQgFBQQEBQoHBwYIDAoMDAsKCwsNDhIQDQ4RDgsLEBYQERMUFRUVDA8XGBYUGBIUFRT/"));
        assert!(text.contains("Springfield"));
        let back = Form {
            version: Some(Version::V3),
            ..Form::default()
        };
        let back = write(&card, Some(&there), &back);
        assert_eq!(only(&back).card, card, "{}", String::from_utf8_lossy(&back));
    }
}

#[test]
fn a_large_card_is_refused_and_the_next_one_read() {
    let mut file = b"BEGIN:VCARD\nFN:Big\nPHOTO:".to_vec();
    file.resize(17 << 20, b'A');
    file.extend(b"\nEND:VCARD\nBEGIN:VCARD\nFN:Ada\nEND:VCARD\n");
    let all = read(&file);
    assert!(all[0].as_ref().unwrap_err().what.contains("16 MB"));
    assert_eq!(all[1].as_ref().unwrap().card.name, "Ada");
}

/// Text of one line as people write it, with what vCards make special.
fn words() -> impl Strategy<Value = String> {
    let plain = "[\\PC,;:\\\\\"=^%]{1,30}".prop_map(|s| text::line(&s));
    let long = "[a-zä日😀,;\\\\ ]{60,200}".prop_map(|s| text::line(&s));
    prop_oneof![3 => plain, 1 => long].prop_filter("something", |s| !s.is_empty())
}

fn kinds() -> impl Strategy<Value = (AddressKind, String)> {
    let email = "[a-z0-9.,;'äö日]{1,12}@[a-z]{1,60}\\.example";
    prop_oneof![
        email.prop_map(|s| (AddressKind::Email, s)),
        "\\+[1-9][0-9]{7,12}".prop_map(|s| (AddressKind::Phone, s)),
        "[(0-9][0-9 ()/,-]{3,12}[0-9]".prop_map(|s| (AddressKind::Phone, s)),
        "\\+[1-9][0-9]{7,12}|US\\.[A-Za-z0-9]{5,20}".prop_map(|s| (AddressKind::Whatsapp, s)),
        "[UW][A-Z0-9]{4,10}".prop_map(|s| (AddressKind::Slack, s)),
        "users/[0-9]{1,20}".prop_map(|s| (AddressKind::Chat, s)),
    ]
}

fn addresses() -> impl Strategy<Value = Vec<ContactAddress>> {
    let label = prop_oneof![
        Just("home".to_owned()),
        Just("work".to_owned()),
        Just("mobile".to_owned()),
        Just("fax".to_owned()),
        words(),
    ];
    let one = (
        kinds(),
        proptest::option::of(label),
        proptest::option::of("[a-z-]{1,9}"),
        any::<bool>(),
    );
    proptest::collection::vec(one, 0..6).prop_map(|all| {
        let mut done: Vec<ContactAddress> = Vec::new();
        for ((kind, value), label, account, primary) in all {
            let value = text::line(&value);
            if done.iter().any(|a| address::is(a, kind, &value)) {
                continue;
            }
            done.push(ContactAddress {
                kind,
                value,
                label,
                account,
                primary: primary && !done.iter().any(|a| a.kind == kind && a.primary),
            });
        }
        done
    })
}

fn once(all: Vec<String>) -> Vec<String> {
    let mut once: Vec<String> = Vec::new();
    for one in all {
        if !once.contains(&one) {
            once.push(one);
        }
    }
    once
}

prop_compose! {
    fn names()(
        name in words(),
        prefix in proptest::option::of(words()),
        given in proptest::option::of(words()),
        middle in proptest::option::of("[\\PC;\\\\]{1,9}".prop_map(|s| text::line(&s.replace(',', "")))),
        family in proptest::option::of(words()),
        suffix in proptest::option::of(words()),
        phonetic in proptest::option::of(words()),
        nicknames in proptest::collection::vec(words(), 0..4),
        organization in proptest::option::of(words()),
        title in proptest::option::of(words()),
    ) -> Card {
        Card {
            name, prefix, given, family, suffix, phonetic, organization, title,
            middle: middle.filter(|m| !m.is_empty()),
            nicknames: once(nicknames),
            ..Card::default()
        }
    }
}

prop_compose! {
    fn card()(
        names in names(),
        addresses in addresses(),
        preferred in proptest::option::of(proptest::sample::select(&Via::ALL[..])),
        groups in proptest::collection::vec(words(), 0..4),
        notes in proptest::option::of(proptest::collection::vec(words(), 1..4)),
        zone in proptest::option::of(proptest::sample::select(&["Europe/Berlin", "America/Argentina/Buenos_Aires", "Etc/GMT+5", "UTC"][..])),
        birthday in proptest::option::of(proptest::sample::select(&["1815-12-10", "--02-29", "2000-01-01"][..])),
        urls in proptest::collection::vec("https://[a-z]{1,9}\\.example/[a-z0-9,;?=&%.]{0,90}", 0..3),
    ) -> Card {
        Card {
            addresses, preferred,
            groups: once(groups),
            notes: notes.map(|lines| lines.join("\n")),
            zone: zone.map(str::to_owned),
            birthday: birthday.map(str::to_owned),
            urls: once(urls),
            ..names
        }
    }
}

fn version() -> impl Strategy<Value = Version> {
    proptest::sample::select(&Version::ALL[..])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]
    #[test]
    fn a_card_that_is_written_reads_the_same(card in card(), version in version()) {
        let form = Form { version: Some(version), uid: Some("a-1".into()), rev: None };
        let written = write(&card, None, &form);
        let text = String::from_utf8(written.clone()).unwrap();
        for line in text.split("\r\n") {
            prop_assert!(version == Version::V2 || line.len() <= 75);
            prop_assert!(version != Version::V2 || line.is_ascii());
        }
        let back = only(&written);
        prop_assert_eq!(&back.card, &card, "{}", text);
        prop_assert_eq!(back.uid.as_deref(), Some("a-1"));
        // Writing it again changes nothing.
        let again = write(&card, Some(&written), &Form { version: None, ..form });
        prop_assert_eq!(again, written);
    }

    #[test]
    fn any_card_can_be_put_into_any_other(one in card(), other in card(), version in version()) {
        let form = Form { version: Some(version), ..Form::default() };
        let base = write(&one, None, &form);
        let base = String::from_utf8(base).unwrap().replace("END:VCARD", "X-KEPT;a=b:c\r\nEND:VCARD");
        let written = write(&other, Some(base.as_bytes()), &Form::default());
        let text = String::from_utf8_lossy(&written).into_owned();
        prop_assert_eq!(&only(&written).card, &other, "{}\n{}", base, text);
        prop_assert!(text.contains("X-KEPT;a=b:c\r\n"));
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = read(&bytes);
        let _ = write(&Card { name: "Ada".into(), ..Card::default() }, Some(&bytes), &Form::default());
    }

    #[test]
    fn no_lines_make_it_panic(lines in proptest::collection::vec(
        "(BEGIN:VCARD|END:VCARD|AGENT:|N:;;|TEL;TYPE=\"a:1|item1\\.X-ABLabel:|PHOTO;ENCODING=b:|FN;ENCODING=QUOTED-PRINTABLE:=|BDAY:--|TZ:/|[ \\t]?\\PC{0,20})", 0..30)) {
        let text = format!("BEGIN:VCARD\nFN:x\n{}\nEND:VCARD\n", lines.join("\n"));
        for card in read(text.as_bytes()).into_iter().flatten() {
            for version in Version::ALL {
                let form = Form { version: Some(version), ..Form::default() };
                let _ = write(&card.card, Some(&card.document), &form);
            }
            let same = write(&card.card, Some(&card.document), &Form::default());
            prop_assert_eq!(same, card.document);
        }
    }
}

/// A file shaped like what this program writes.
fn fixture(name: &str) -> Vec<u8> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/vcard/");
    std::fs::read(format!("{folder}{name}")).unwrap()
}

fn told(card: &Card) -> String {
    let all = card.addresses.iter().map(|a| {
        let star = if a.primary { "*" } else { "" };
        let label = a.label.as_deref().unwrap_or("-");
        format!("{label}{star} {}", a.value)
    });
    let all: Vec<String> = all.collect();
    format!("{} | {}", card.name, all.join(" | "))
}

#[test]
fn cards_of_every_kind_of_program_are_read() {
    for (file, wanted) in [
        (
            "nokia_2.1.vcf",
            &[
                "Gråce Hopper | mobile* +4915112345678 | home 030 1234567 | fax 030 1234568 | - grace@example.com",
            ][..],
        ),
        (
            "android_2.1.vcf",
            &[
                "Лев Толстой | mobile 8 912 345-67-89 | Дача +7 495 1234567 | Boot +7 495 7654321 | home lev@example.com",
                "Mom | home* +79123456780",
            ],
        ),
        (
            "iphone_3.0.vcf",
            &[
                "Dr. Marie Salomea Curie | home* marie@example.com | Laboratory curie@example.org | mobile* +33 6 12 34 56 78 | mobile +33 6 12 34 56 79 | other 01 23 45 67 89 | -* +33612345678",
            ],
        ),
        (
            "google_3.0.vcf",
            &[
                "Alan Turing | home alan@example.com | - turing@example.org | mobile +44 7400 123456 | fax +44 20 7946 0958 | Hut 8 +44 20 7946 0959",
                "nameless@example.com | - nameless@example.com",
            ],
        ),
        (
            "outlook_2.1.vcf",
            &[
                "Dr. Kurt Friedrich Gödel Jr. | work (609) 555-0101 | mobile (609) 555-0102 | -* kurt@example.com",
            ],
        ),
        (
            "apple_groups.vcf",
            &[
                "Emmy Noether | work* emmy@example.com",
                "Göttingen University | main +49 551 390",
                "Algebra | ",
            ],
        ),
        (
            "nextcloud_4.0.vcf",
            &[
                "Ada Lovelace | home* ada@example.com | work ada@example.org | mobile* +44-7400-123457 | work +44 20 7946 0960;ext=5 | - +447400123457 | - U012ABCDE",
                "Founders | ",
            ],
        ),
        (
            "thunderbird_4.0.vcf",
            &[
                "Sophie Germain | work* sophie@example.com | home germain@example.org | mobile 06 12 34 56 70 | fax 01 23 45 67 80",
            ],
        ),
    ] {
        let bytes = fixture(file);
        let all: Vec<Read> = read(&bytes).into_iter().map(Result::unwrap).collect();
        let found: Vec<String> = all.iter().map(|r| told(&r.card)).collect();
        assert_eq!(found, wanted, "{file}");
        // Nothing of a file is lost on the way, and nothing is written that says the same.
        assert_eq!(
            all.iter().map(|r| r.document.len()).sum::<usize>(),
            bytes.len(),
            "{file}"
        );
        for one in &all {
            assert_eq!(
                write(&one.card, Some(&one.document), &Form::default()),
                one.document
            );
        }
    }
}

#[test]
fn what_these_programs_say_beside_addresses_is_read() {
    let one = |name: &str| read(&fixture(name)).remove(0).unwrap().card;
    let nokia = one("nokia_2.1.vcf");
    assert_eq!(nokia.birthday.as_deref(), Some("1906-12-09"));
    assert_eq!(
        nokia.notes.as_deref(),
        Some("Line one\nLine two with a very long text that the phone had to break softly – here")
    );
    let android = one("android_2.1.vcf");
    assert_eq!(android.middle.as_deref(), Some("Николаевич"));
    assert_eq!(android.organization.as_deref(), Some("Ясная"));
    assert_eq!(android.phonetic.as_deref(), Some("Tolstoi"));
    let iphone = one("iphone_3.0.vcf");
    assert_eq!(iphone.phonetic.as_deref(), Some("Skwodowska Maria"));
    assert_eq!(
        iphone.notes.as_deref(),
        Some("Two prizes, one family;\nnever late")
    );
    assert_eq!(iphone.urls, ["https://curie.example/a?b=1,2"]);
    let google = one("google_3.0.vcf");
    assert_eq!(google.groups, ["Friends", "Chess"]);
    assert_eq!(google.urls, ["http://turing.example/profile"]);
    assert_eq!(google.birthday.as_deref(), Some("--06-23"));
    assert_eq!(google.organization.as_deref(), Some("Bletchley Park"));
    let outlook = one("outlook_2.1.vcf");
    assert_eq!(outlook.suffix.as_deref(), Some("Jr."));
    assert_eq!(
        outlook.notes.as_deref(),
        Some("Born in Brünn, lived in Princeton; walks with Albert")
    );
    let nextcloud = one("nextcloud_4.0.vcf");
    assert_eq!(nextcloud.zone.as_deref(), Some("Europe/London"));
    assert_eq!(nextcloud.groups, ["Friends", "Engines"]);
    let thunderbird = one("thunderbird_4.0.vcf");
    assert_eq!(thunderbird.zone.as_deref(), Some("Europe/Paris"));
    assert_eq!(thunderbird.nicknames, ["Monsieur LeBlanc"]);
}

#[test]
fn cards_of_every_kind_of_program_survive_every_version() {
    for name in [
        "nokia_2.1.vcf",
        "android_2.1.vcf",
        "iphone_3.0.vcf",
        "google_3.0.vcf",
        "outlook_2.1.vcf",
        "nextcloud_4.0.vcf",
        "thunderbird_4.0.vcf",
    ] {
        let one = read(&fixture(name)).remove(0).unwrap();
        for version in Version::ALL {
            let form = Form {
                version: Some(version),
                ..Form::default()
            };
            let written = write(&one.card, Some(&one.document), &form);
            let text = String::from_utf8_lossy(&written).into_owned();
            assert_eq!(only(&written).card, one.card, "{name} {version:?}\n{text}");
            let whole = text.replace("\r\n ", "");
            // The picture in its middle, whatever is around it.
            let has_picture = String::from_utf8_lossy(&one.document).contains("iVBORw0KGgo");
            assert_eq!(
                whole.contains("iVBORw0KGgo"),
                has_picture,
                "{name} {version:?}\n{text}"
            );
        }
    }
}

#[test]
fn one_card_takes_over_what_no_card_of_the_other_holds() {
    let base = "BEGIN:VCARD\r\nVERSION:4.0\r\nUID:a\r\nFN:Ada\r\nitem1.ADR:;;One;;;;\r\nitem1.X-ABLabel:home\r\n\
        GENDER:F\r\nNOTE:one\r\nEND:VCARD\r\n";
    let other = "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:b\r\nFN:Ada King\r\nN:King;Ada;;;\r\nREV:2026-01-01T00:00:00Z\r\n\
        item1.ADR:;;Two;;;;\r\nitem1.X-ABLabel:work\r\nitem2.EMAIL:king@example.com\r\nitem2.X-ABLabel:desk\r\n\
        PHOTO;ENCODING=b;TYPE=JPEG:AAEC\r\nGENDER:O\r\nNOTE:two\r\nTITLE:Countess\r\nBDAY:long ago\r\n\
        ORG:Engines;Looms\r\nnonsense\r\nEND:VCARD\r\n";
    let (whole, joined) = super::joined(base.as_bytes(), other.as_bytes());
    let text = String::from_utf8(whole.clone()).unwrap();
    assert_eq!(joined.lost, [("GENDER".to_owned(), "O".to_owned())]);
    assert_eq!(joined.taken, ["ADR", "EMAIL", "PHOTO", "BDAY", "ORG"]);
    for part in [
        "item1.ADR:;;One;;;;\r\nitem1.X-ABLabel:home\r\n",
        "item3.ADR:;;Two;;;;\r\n",
        "item3.X-ABLabel:work\r\n",
        "item2.EMAIL:king@example.com\r\n",
        "item2.X-ABLabel:desk\r\n",
        "data:image/jpeg;base64,AAEC",
        "BDAY:long ago",
        "ORG:Engines;Looms",
        "UID:a\r\n",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
    for part in ["UID:b", "Ada King", "two", "Countess", "nonsense", "REV"] {
        assert!(!text.contains(part), "{part} in {text}");
    }
    // Once is enough.
    let (again, joined) = super::joined(&whole, other.as_bytes());
    assert_eq!((again == whole, joined.taken.len()), (true, 0));
}
