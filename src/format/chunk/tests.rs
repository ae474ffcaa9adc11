use proptest::prelude::*;

use super::*;

fn texts(text: &str, limit: usize) -> Vec<String> {
    chunks(text, limit, 32_000)
        .into_iter()
        .map(|(_, t)| t)
        .collect()
}

#[test]
fn a_piece_is_never_blank() {
    assert_eq!(chunks("\t", 64, 256), []);
    let text = format!("{}\n\n\t", "word ".repeat(13).trim_end());
    assert!(
        chunks(&text, 64, 256)
            .iter()
            .all(|(_, piece)| !piece.trim().is_empty())
    );
}

#[test]
fn a_short_text_is_one_piece_as_it_is() {
    assert_eq!(
        chunks("hello\n\nyou", 4096, 32_000),
        [(0, "hello\n\nyou".to_owned())]
    );
    assert!(chunks("", 4096, 32_000).is_empty());
    assert!(chunks(" \n\t\n", 4096, 32_000).is_empty());
}

#[test]
fn paragraphs_lines_sentences_and_words_end_a_piece_in_this_order() {
    let first = "a".repeat(40);
    let text = format!("{first}\n\n{}\n{}", "b".repeat(10), "c".repeat(30));
    assert_eq!(texts(&text, 64), [first.clone(), text[42..].to_owned()]);
    let lines = format!("{first}\n{}", "b ".repeat(30));
    assert_eq!(texts(&lines, 64)[0], first);
    let sentences = format!("{} end. {}", "a".repeat(40), "b ".repeat(30));
    assert!(texts(&sentences, 64)[0].ends_with("end."));
    let words = "word ".repeat(40);
    assert!(
        texts(&words, 64)
            .iter()
            .all(|p| p.split(' ').all(|w| w == "word"))
    );
}

#[test]
fn a_block_of_code_that_is_cut_is_closed_and_opened_again_with_its_first_line() {
    let code: String = (0..20).map(|n| format!("let x{n} = {n};\n")).collect();
    let text = format!("Look:\n```rust\n{code}```\nDone.");
    let pieces = texts(&text, 100);
    assert!(pieces.len() > 3, "{pieces:?}");
    for piece in &pieces {
        assert_eq!(piece.matches("```").count() % 2, 0, "{piece}");
    }
    assert!(pieces[1].starts_with("```rust\nlet x"), "{pieces:?}");
    assert!(pieces.last().unwrap().ends_with("Done."));
    let lines: Vec<&str> = pieces
        .iter()
        .flat_map(|p| p.lines())
        .filter(|l| l.starts_with("let"))
        .collect();
    assert_eq!(lines.join("\n") + "\n", code);
}

#[test]
fn links_mentions_and_characters_stay_whole() {
    let link = "<https://example.com/a/long/path?with=query|a label with words>";
    let text = format!("{} {link} {}", "x".repeat(30), "y ".repeat(30));
    assert!(texts(&text, 70).iter().any(|p| p.contains(link)));
    let family = "👨‍👩‍👧‍👦".repeat(20);
    let pieces = texts(&family, 64);
    assert_eq!(pieces.concat(), family);
    assert!(
        pieces
            .iter()
            .all(|p| p.starts_with('👨') && p.ends_with('👦')),
        "{pieces:?}"
    );
}

#[test]
fn bytes_count_as_well_as_characters() {
    let text = "日本語".repeat(2_000);
    let pieces = chunks(&text, 4096, 3_000);
    assert!(pieces.iter().all(|(_, p)| p.len() <= 3_000));
    assert_eq!(
        pieces.iter().map(|(_, p)| p.as_str()).collect::<String>(),
        text
    );
}

#[test]
fn offsets_tell_where_each_piece_begins() {
    let text = "one two three four ".repeat(20);
    for (at, piece) in chunks(&text, 64, 32_000) {
        assert!(text[at..].starts_with(&piece), "{at} {piece}");
    }
}

#[test]
fn a_long_text_is_cut_in_linear_time() {
    // Were it quadratic, this would not end.
    let text = "word and `code` and <https://x.example|link>.\n```sh\nls\n```\n".repeat(20_000);
    assert!(chunks(&text, 4096, 32_000).len() > 200);
}

#[test]
fn long_runs_of_blanks_are_cut_in_linear_time() {
    // Were each blank followed to the end of its run, this would not end.
    let text = format!("word{}", " ".repeat(100_000)).repeat(30);
    assert_eq!(chunks(&text, 4096, usize::MAX / 4).len(), 30);
    assert_eq!(crate::format::sms::parts(&text, 1_600).len(), 30);
}

fn bits() -> impl Strategy<Value = String> {
    let bit = prop_oneof![
        Just("word ".to_owned()),
        Just("A sentence. ".to_owned()),
        Just("\n".to_owned()),
        Just("\n\n".to_owned()),
        Just("\n```\n".to_owned()),
        Just("\n```rust\n".to_owned()),
        Just("> ```\n".to_owned()),
        Just("```".to_owned()),
        Just("`".to_owned()),
        Just("<https://x.example/path|a label>".to_owned()),
        Just("<users/all>".to_owned()),
        Just("👩🏽‍🚀".to_owned()),
        Just("e\u{301}".to_owned()),
        Just("x".repeat(90)),
        "\\PC{0,12}",
    ];
    prop::collection::vec(bit, 0..60).prop_map(|bits| bits.concat())
}

/// Without white space and without what a cut block of code adds.
fn words(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

proptest! {
    #[test]
    fn pieces_fit_their_limits_and_lose_nothing(text in bits(), chars in 64usize..300, bytes in 256usize..800) {
        let pieces = chunks(&text, chars, bytes);
        let mut last = None;
        for (at, piece) in &pieces {
            prop_assert!(text.is_char_boundary(*at));
            prop_assert!(last < Some(*at), "offsets grow");
            last = Some(*at);
            prop_assert!(piece.encode_utf16().count() <= chars, "{piece:?}");
            prop_assert!(piece.len() <= bytes, "{piece:?}");
            prop_assert!(!piece.trim().is_empty());
        }
        if !text.contains("```") {
            let all: String = pieces.iter().map(|(_, p)| p.as_str()).collect();
            prop_assert_eq!(words(&all), words(&text));
        } else {
            // Each piece says all that stands between its offset and the next, beside the fences it opens and closes.
            let ends = pieces.iter().skip(1).map(|(at, _)| *at).chain([text.len()]);
            for ((at, piece), end) in pieces.iter().zip(ends) {
                let (own, shown) = (words(&text[*at..end]), words(piece));
                prop_assert!(shown.contains(&own), "{shown} lacks {own}");
            }
        }
    }

    #[test]
    fn sound_fences_stay_sound(blocks in prop::collection::vec(("[a-z ]{0,80}", prop::collection::vec("[a-z ]{1,100}", 1..8)), 1..5), chars in 64usize..200) {
        let text: String = blocks
            .iter()
            .map(|(words, code)| format!("{words}\n```rust\n{}\n```\n", code.join("\n")))
            .collect();
        for (_, piece) in chunks(&text, chars, 32_000) {
            prop_assert_eq!(piece.matches("```").count() % 2, 0, "{}", piece);
            prop_assert!(!piece.contains("```rust\n```"), "{}", piece);
        }
    }
}
