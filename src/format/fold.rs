//! Letters that SQLite's tokenizer tells apart though whoever types them doesn't: Greek accents, `ё`, `ß`, ligatures and
//! full-width forms. Case and the accents of Latin letters it folds by itself.

use std::borrow::Cow;

use memchr::{memchr, memchr3, memmem};

/// Letters of two bytes that stand among many which stay as they are.
const RARE: [(&str, &str); 3] = [("ß", "ss"), ("ё", "е"), ("Ё", "Е")];

/// The text with plain letters; as it is where it has no others.
pub fn letters(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    let mut folded = Cow::Borrowed(text);
    for (letter, plain) in RARE {
        if memmem::find(folded.as_bytes(), letter.as_bytes()).is_some() {
            folded = Cow::Owned(folded.replace(letter, plain));
        }
    }
    // With these bytes Greek begins, and with the last one ligatures and full-width letters.
    let bytes = folded.as_bytes();
    let first = [memchr3(0xCE, 0xCF, 0xE1, bytes), memchr(0xEF, bytes)];
    let Some(first) = first.into_iter().flatten().min() else {
        return folded;
    };
    let (before, rest) = folded.split_at(first);
    let mut all = String::with_capacity(folded.len() + 8);
    all.push_str(before);
    for c in rest.chars() {
        match plain(c) {
            Some((letter, more)) => {
                all.push(letter);
                all.push_str(more);
            }
            None => all.push(c),
        }
    }
    Cow::Owned(all)
}

/// The letter that a letter is without its accent, and those that follow if it is several.
pub fn plain(c: char) -> Option<(char, &'static str)> {
    let letter = match c {
        '\0'..='\u{DE}' => return None,
        'ß' | 'ẞ' => return Some(('s', "s")),
        'Ё' | 'ё' => 'е',
        'ς' => 'σ',
        'Ά' | 'ά' | '\u{1F00}'..='\u{1F0F}' | 'ὰ' | '\u{1F71}' | '\u{1F80}'..='\u{1F8F}' => 'α',
        '\u{1FB0}'..='\u{1FBC}' => 'α',
        'Έ' | 'έ' | '\u{1F10}'..='\u{1F1D}' | 'ὲ' | '\u{1F73}' | 'Ὲ' | '\u{1FC9}' => 'ε',
        'Ή' | 'ή' | '\u{1F20}'..='\u{1F2F}' | 'ὴ' | '\u{1F75}' | '\u{1F90}'..='\u{1F9F}' => 'η',
        '\u{1FC2}'..='\u{1FC7}' | '\u{1FCA}'..='\u{1FCC}' => 'η',
        'Ί' | 'ί' | 'ΐ' | 'Ϊ' | 'ϊ' | '\u{1F30}'..='\u{1F3F}' | 'ὶ' | '\u{1F77}' => 'ι',
        '\u{1FD0}'..='\u{1FDB}' => 'ι',
        'Ό' | 'ό' | '\u{1F40}'..='\u{1F4D}' | 'ὸ' | '\u{1F79}' | 'Ὸ' | '\u{1FF9}' => 'ο',
        'Ύ' | 'ύ' | 'ΰ' | 'Ϋ' | 'ϋ' | '\u{1F50}'..='\u{1F5F}' | 'ὺ' | '\u{1F7B}' => 'υ',
        '\u{1FE0}'..='\u{1FE3}' | '\u{1FE6}'..='\u{1FEB}' => 'υ',
        '\u{1FE4}' | '\u{1FE5}' | '\u{1FEC}' => 'ρ',
        'Ώ' | 'ώ' | '\u{1F60}'..='\u{1F6F}' | 'ὼ' | '\u{1F7D}' | '\u{1FA0}'..='\u{1FAF}' => 'ω',
        '\u{1FF2}'..='\u{1FF7}' | '\u{1FFA}'..='\u{1FFC}' => 'ω',
        'ﬀ' => return Some(('f', "f")),
        'ﬁ' => return Some(('f', "i")),
        'ﬂ' => return Some(('f', "l")),
        'ﬃ' => return Some(('f', "fi")),
        'ﬄ' => return Some(('f', "fl")),
        'ﬅ' | 'ﬆ' => return Some(('s', "t")),
        '０'..='９' | 'Ａ'..='Ｚ' | 'ａ'..='ｚ' => {
            char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c)
        }
        _ => return None,
    };
    Some((letter, ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_without_accents_is_the_same() {
        for (text, wanted) in [
            ("Ελλάδα ΕΛΛΆΔΑ", "Ελλαδα ΕΛΛαΔΑ"),
            ("Ἑλλάς", "ελλασ"),
            ("Ёлка, ёж", "Елка, еж"),
            ("Straße GROẞ", "Strasse GROss"),
            ("ﬁne oﬃce", "fine office"),
            ("ＡＢＣ１２", "ABC12"),
            ("plain", "plain"),
            ("naïve 日本 й ї", "naïve 日本 й ї"),
        ] {
            assert_eq!(letters(text), wanted);
        }
        assert!(matches!(letters("naïve “quotes” чай"), Cow::Borrowed(_)));
    }

    #[test]
    fn a_letter_alone_is_as_in_a_text() {
        for c in '\u{80}'..='\u{FFFF}' {
            let text = c.to_string();
            let told = plain(c).map(|(letter, more)| format!("{letter}{more}"));
            let lower = |text: &str| text.to_lowercase();
            assert_eq!(lower(&letters(&text)), lower(&told.unwrap_or(text)));
        }
    }
}
