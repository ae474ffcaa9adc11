//! Promises about CSV files of contacts.

use proptest::prelude::*;

use super::*;
use crate::model::contact::{AddressKind, Card, ContactAddress, Via};

fn all(bytes: &[u8]) -> Vec<vcard::Read> {
    let rows = rows(bytes).unwrap();
    rows.map(|row| row.unwrap().unwrap()).collect()
}

fn told(card: &Card) -> Vec<String> {
    let all = card.addresses.iter();
    all.map(|a| {
        let star = if a.primary { "*" } else { "" };
        let label = a.label.as_deref().unwrap_or("-");
        format!("{} {label}{star} {}", a.kind.name(), a.value)
    })
    .collect()
}

#[test]
fn googles_older_export_is_read() {
    let file = "Name,Given Name,Additional Name,Family Name,Yomi Name,Given Name Yomi,Family Name Yomi,Name Prefix,Name Suffix,Nickname,Birthday,Notes,Group Membership,E-mail 1 - Type,E-mail 1 - Value,E-mail 2 - Type,E-mail 2 - Value,Phone 1 - Type,Phone 1 - Value,Address 1 - Type,Address 1 - Street,Address 1 - City,Organization 1 - Name,Organization 1 - Title,Website 1 - Value\r\n\
        Ada King Lovelace,Ada,King,Lovelace,,エイダ,ラブレス,,,Countess,1815-12-10,\"one\r\ntwo, three\",* myContacts ::: Friends ::: * Family,* Home,ada@example.com ::: al@example.com,Work,work@example.com,Mobile,+1 415 555 0100,Home,\"1 Main St\nFlat 2\",London,Engines,Analyst,https://a.example\r\n";
    let read = all(file.as_bytes()).remove(0);
    let card = &read.card;
    assert_eq!(card.name, "Ada King Lovelace");
    assert_eq!(card.phonetic.as_deref(), Some("ラブレス エイダ"));
    assert_eq!(card.notes.as_deref(), Some("one\ntwo, three"));
    assert_eq!(card.groups, ["Friends", "Family"]);
    assert_eq!(card.birthday.as_deref(), Some("1815-12-10"));
    assert_eq!(
        told(card),
        [
            "email home* ada@example.com",
            "email home al@example.com",
            "email work work@example.com",
            "phone mobile +1 415 555 0100"
        ]
    );
    assert_eq!(card.organization.as_deref(), Some("Engines"));
    assert_eq!(card.title.as_deref(), Some("Analyst"));
    let document = String::from_utf8(read.document.clone()).unwrap();
    assert!(
        document.contains("ADR;TYPE=HOME:;;1 Main St\\nFlat 2;London;;;"),
        "{document}"
    );
    assert_eq!(vcard::read(&read.document)[0].as_ref().unwrap().card, *card);
}

#[test]
fn googles_newer_export_is_read() {
    let file = "First Name,Middle Name,Last Name,Nickname,File As,Organization Name,Labels,E-mail 1 - Label,E-mail 1 - Value,Phone 1 - Label,Phone 1 - Value,Phone 2 - Label,Phone 2 - Value\n\
        Ada,,Lovelace,,,,* myContacts ::: Team,* ,ada@example.com,Mobile,0171 1234567,Castle,+44 20 7946 0958\n\
        ,,,,Engines Ltd,Engines Ltd,* myContacts,,info@example.com,,,,\n,,,,,,,,,,,,\n";
    let all = all(file.as_bytes());
    assert_eq!(all.len(), 2);
    assert_eq!(all[0].card.groups, ["Team"]);
    assert_eq!(
        told(&all[0].card),
        [
            "email -* ada@example.com",
            "phone mobile 0171 1234567",
            "phone Castle +44 20 7946 0958"
        ]
    );
    assert_eq!(all[1].card.name, "Engines Ltd");
    assert_eq!((all[0].line, all[1].line), (2, 3));
}

#[test]
fn outlook_is_read_in_three_languages() {
    let english = "\"Title\",\"First Name\",\"Last Name\",\"Suffix\",\"Company\",\"Job Title\",\"Business Phone\",\"Mobile Phone\",\"Birthday\",\"Categories\",\"E-mail Address\",\"E-mail Type\",\"E-mail 2 Address\",\"Notes\"\r\n\"Lady\",\"Ada\",\"Lovelace\",,\"Engines\",\"Analyst\",\"(415) 555-0100\",\"415 555 0101\",\"12/10/1815\",\"Team;Family\",\"ada@example.com\",\"SMTP\",\"/o=Exchange/cn=ada\",\r\n";
    let german = "Anrede;Vorname;Nachname;Suffix;Firma;Position;Telefon geschäftlich;Mobiltelefon;Geburtstag;Kategorien;E-Mail-Adresse;E-Mail 2: Adresse\r\nLady;Ada;Lovelace;;Engines;Analyst;(415) 555-0100;415 555 0101;10.12.1815;Team;ada@example.com;\r\n";
    let french = "Titre\tPrénom\tNom\tSociété\tProfession\tTéléphone (bureau)\tTél. mobile\tAnniversaire\tCatégories\tAdresse de messagerie\r\nLady\tAda\tLovelace\tEngines\tAnalyst\t(415) 555-0100\t415 555 0101\t10/12/1815\tTeam\tada@example.com\r\n";
    let wide: Vec<u8> = format!("\u{feff}{french}")
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let latin = encoding_rs::WINDOWS_1252.encode(german).0.into_owned();
    for file in [
        english.as_bytes(),
        german.as_bytes(),
        french.as_bytes(),
        &wide,
        &latin,
    ] {
        let card = all(file).remove(0).card;
        assert_eq!(card.name, "Lady Ada Lovelace");
        assert_eq!(card.prefix.as_deref(), Some("Lady"));
        assert_eq!(card.title.as_deref(), Some("Analyst"));
        assert_eq!(card.birthday.as_deref(), Some("1815-12-10"));
        assert_eq!(card.groups[0], "Team");
        assert_eq!(
            told(&card),
            [
                "phone work (415) 555-0100",
                "phone mobile 415 555 0101",
                "email - ada@example.com"
            ]
        );
    }
}

#[test]
fn plain_words_are_headings_too() {
    let file = "name,email,phone,whatsapp,groups\nAda,ada@example.com,+14155550100,+14155550101,\"team, friends\"\n";
    let card = all(file.as_bytes()).remove(0).card;
    assert_eq!(card.groups, ["team", "friends"]);
    assert_eq!(card.addresses[2].kind, AddressKind::Whatsapp);
}

#[test]
fn unknown_headings_are_told() {
    let error = rows(&b"Datum;Betrag\n1;2\n"[..]).err().unwrap();
    assert!(error.message.contains("`Datum`, `Betrag`"), "{error}");
    assert!(rows(&b""[..]).is_err());
}

#[test]
fn a_quote_that_never_closes_ends_the_file() {
    let mut file = b"name,email\nAda,ada@example.com\n\"".to_vec();
    file.resize(3 << 20, b'a');
    let mut rows = rows(&file[..]).unwrap();
    assert!(rows.next().unwrap().unwrap().is_ok());
    assert!(rows.next().unwrap().is_err());
}

#[test]
fn what_is_written_for_google_reads_the_same() {
    let address = |kind, value: &str, label: Option<&str>, primary| ContactAddress {
        kind,
        value: value.into(),
        label: label.map(str::to_owned),
        account: None,
        primary,
    };
    let ada = Card {
        name: "Ada, Countess".into(),
        prefix: Some("Lady".into()),
        given: Some("Ada".into()),
        family: Some("Lovelace".into()),
        phonetic: Some("エイダ".into()),
        nicknames: vec!["Al".into(), "Countess".into()],
        organization: Some("Engines".into()),
        title: Some("Analyst".into()),
        addresses: vec![
            address(AddressKind::Email, "ada@example.com", Some("home"), true),
            address(AddressKind::Email, "al@example.com", Some("Castle"), false),
            address(AddressKind::Phone, "+14155550100", None, true),
            address(AddressKind::Phone, "+14155550101", Some("fax"), false),
            address(AddressKind::Whatsapp, "+14155550100", None, false),
            address(AddressKind::Slack, "U012ABC", None, false),
            address(AddressKind::Chat, "users/123", None, false),
        ],
        preferred: Some(Via::Whatsapp),
        groups: vec!["Team".into(), "Family".into()],
        notes: Some("one\n\"two\", three".into()),
        zone: Some("Europe/London".into()),
        birthday: Some("--12-10".into()),
        urls: vec!["https://a.example/b,c".into()],
        ..Card::default()
    };
    let firm = Card {
        name: "Engines Ltd".into(),
        groups: vec!["Suppliers, old".into()],
        ..Card::default()
    };
    let file = write(&[ada.clone(), firm.clone()]);
    let back: Vec<Card> = all(&file).into_iter().map(|r| r.card).collect();
    assert_eq!(back, [ada, firm], "{}", String::from_utf8_lossy(&file));
}

#[test]
fn the_separator_is_found() {
    assert_eq!(separator(b"a,b;c,d\nx;y;z;;;"), b',');
    assert_eq!(separator(b"\"a,b,c\";d"), b';');
    assert_eq!(separator(b"a\tb"), b'\t');
    assert_eq!(separator(b"a"), b',');
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200), headings in "(name|Birthday|E-mail 1 - Type|E-mail 1 - Value|Labels|,|;|\"){1,9}") {
        for file in [bytes.clone(), [headings.as_bytes(), b"\n", &bytes].concat()] {
            if let Ok(rows) = rows(&file[..]) {
                let _ = rows.take_while(|row| row.is_ok()).count();
            }
        }
    }
}
