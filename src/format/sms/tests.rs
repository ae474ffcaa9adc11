use proptest::prelude::*;
use serde::Deserialize;
use unicode_segmentation::UnicodeSegmentation;

use super::*;

#[derive(Deserialize)]
struct Vectors {
    basic: String,
    extension: String,
    vectors: Vec<Vector>,
}

#[derive(Deserialize)]
struct Vector {
    body: String,
    encoding: Encoding,
    segments: u32,
}

fn vectors() -> Vectors {
    serde_json::from_str(include_str!("../../../tests/fixtures/sms_gsm7.json")).unwrap()
}

#[test]
fn segments_are_counted_as_twilio_counts_them() {
    for vector in vectors().vectors {
        let size = size(&vector.body);
        assert_eq!(
            (size.encoding, size.segments),
            (vector.encoding, vector.segments),
            "{}",
            vector.body
        );
    }
}

#[test]
fn both_tables_of_gsm7_are_whole() {
    let Vectors {
        basic, extension, ..
    } = vectors();
    assert_eq!((basic.as_str(), extension.as_str()), (BASIC, EXTENSION));
    let gsm7 = (0..=0x1_ffff)
        .filter_map(char::from_u32)
        .filter(|c| is_gsm7(*c));
    assert_eq!(
        gsm7.count(),
        basic.chars().count() + extension.chars().count()
    );
}

#[test]
fn an_escaped_character_is_not_torn_apart() {
    // 152 septets, and then one that takes two.
    let text = "a".repeat(152) + "€" + &"b".repeat(151);
    assert_eq!(size(&text).units, 305);
    assert_eq!(size(&text).segments, 2);
    assert_eq!(
        size(&(text + "b")).segments,
        3,
        "one septet of the first stays empty"
    );
    assert_eq!(size(&"€".repeat(80)).segments, 1);
    assert_eq!(size(&"€".repeat(81)).segments, 2);
}

#[test]
fn a_surrogate_pair_is_not_torn_apart() {
    let text = "ä".repeat(65) + "ç" + "😜" + &"a".repeat(66);
    assert_eq!(size(&text).units, 134);
    assert_eq!(size(&text).segments, 3);
}

#[test]
fn forty_emoji_take_two_segments() {
    let size = size(&"🎉".repeat(40));
    assert_eq!((size.encoding, size.units), (Encoding::Ucs2, 80));
    assert_eq!((size.segments, size.left), (2, 67 - 14));
    assert_eq!(size.beyond_gsm7, ['🎉']);
}

#[test]
fn what_makes_a_text_dear_is_named_once_each() {
    let size = size("`ls` costs “more”, ça va? ``");
    assert_eq!(size.beyond_gsm7, ['`', '“', '”', 'ç']);
    assert_eq!(super::size("").segments, 1);
    assert_eq!(super::size("שלום").encoding, Encoding::Ucs2);
}

#[test]
fn look_alikes_are_written_plainly_where_that_is_enough() {
    for (from, to) in [
        ("“It’s” — fine…", "\"It's\" - fine..."),
        ("a\u{a0}b\u{200b}c\u{feff}\u{2009}d", "a bc d"),
        ("`x` × 2½", "'x' x 21/2"),
        ("e\u{301}te\u{301} man\u{303}ana", "été mañana"),
        ("ＡＢＣ１２３！", "ABC123!"),
        ("col1\tcol2\u{2028}next", "col1 col2\nnext"),
        ("\u{202e}abc\u{202c}", "abc"),
    ] {
        assert_eq!(smart(from), to);
        assert_eq!(size(&smart(from)).encoding, Encoding::Gsm7);
    }
}

#[test]
fn a_text_that_needs_ucs2_anyway_keeps_its_signs() {
    for text in [
        "“party” 🎉",
        "«привет» — как дела",
        "family 👨‍👩‍👧",
        "می‌خواهم",
        "garc\u{327}on",
    ] {
        assert_eq!(smart(text), text);
    }
}

#[test]
fn long_text_is_cut_where_a_reader_would_pause() {
    let text = format!(
        "{}.\n\n{}",
        "one two ".repeat(8).trim(),
        "three four ".repeat(8).trim()
    );
    let parts = parts(&text, 100);
    assert!(parts[0].1.ends_with("two."), "{parts:?}");
    assert!(parts[1].1.starts_with("three"));
    let sentences = super::parts("First of all this. And then that one over there", 30);
    assert_eq!(sentences[0].1, "First of all this.");
}

#[test]
fn sixteen_hundred_is_one_part_and_one_more_is_two() {
    assert_eq!(parts(&"x".repeat(1600), LONGEST).len(), 1);
    assert_eq!(parts(&"x".repeat(1601), LONGEST).len(), 2);
    assert_eq!(parts(&"🎉".repeat(800), LONGEST).len(), 1);
    assert_eq!(parts(&"🎉".repeat(801), LONGEST).len(), 2);
    assert!(parts(" \n ", LONGEST).is_empty());
    let zalgo = format!("a{}", "\u{301}".repeat(4000));
    assert_eq!(parts(&zalgo, LONGEST).len(), 3);
}

proptest! {
    #[test]
    fn no_part_is_too_long_and_nothing_but_blanks_is_lost(text in "[a-z \n.🎉é👨\u{200d}👩שלום\u{301}]{0,300}", limit in 24usize..80) {
        let pieces = parts(&text, limit);
        let mut last = 0;
        let mut rest = String::new();
        for (at, piece) in &pieces {
            prop_assert!(text[*at..].starts_with(piece.as_str()));
            prop_assert!(piece.encode_utf16().count() <= limit);
            prop_assert!(text[last..*at].trim().is_empty());
            last = at + piece.len();
            rest.push_str(piece);
        }
        prop_assert!(text[last..].trim().is_empty());
        let whole: Vec<&str> = text.graphemes(true).collect();
        if whole.iter().all(|g| g.encode_utf16().count() <= limit) {
            for (at, _) in &pieces {
                let begins = text.grapheme_indices(true).any(|(i, _)| i == *at);
                prop_assert!(begins || text[..*at].ends_with(char::is_whitespace));
            }
        }
    }

    #[test]
    fn smart_text_is_gsm7_or_untouched(text in "\\PC{0,60}") {
        let plain = smart(&text);
        prop_assert!(plain == text || plain.chars().all(is_gsm7));
    }
}
