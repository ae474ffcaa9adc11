//! Makes Chinese, Japanese and Korean text searchable: their words have no spaces between them, so each
//! character becomes a token of its own and a word is found as a phrase.

use std::borrow::Cow;

/// Puts spaces around each Han, Kana, Bopomofo and Hangul character; other text comes back as it is.
pub fn spread(text: &str) -> Cow<'_, str> {
    // All of them begin with a byte from E1 on in UTF-8: Latin, Greek and Cyrillic end here.
    let Some(first) = text.bytes().position(|b| b >= 0xE1) else {
        return Cow::Borrowed(text);
    };
    let Some(start) = text[first..]
        .char_indices()
        .find(|(_, c)| is_cjk(*c))
        .map(|(at, _)| first + at)
    else {
        return Cow::Borrowed(text);
    };
    let mut spread = String::with_capacity(text.len() * 2);
    spread.push_str(&text[..start]);
    let mut after_cjk = false;
    for c in text[start..].chars() {
        if joins(c) {
            spread.push(c);
            continue;
        }
        let cjk = is_cjk(c);
        if (cjk || after_cjk)
            && !c.is_whitespace()
            && !spread.ends_with(char::is_whitespace)
            && !spread.is_empty()
        {
            spread.push(' ');
        }
        spread.push(c);
        after_cjk = cjk;
    }
    Cow::Owned(spread)
}

/// Voicing marks and variation selectors belong to the character before them.
fn joins(c: char) -> bool {
    matches!(c, '\u{3099}' | '\u{309A}' | '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}')
}

fn is_cjk(c: char) -> bool {
    matches!(c,
        '\u{1100}'..='\u{11FF}'     // Hangul Jamo
        | '\u{2E80}'..='\u{2FDF}'   // radicals
        | '\u{3005}'..='\u{3007}'
        | '\u{3021}'..='\u{3029}'
        | '\u{3038}'..='\u{303B}'
        | '\u{3041}'..='\u{3096}'   // Hiragana
        | '\u{309D}'..='\u{309F}'
        | '\u{30A1}'..='\u{30FA}'   // Katakana
        | '\u{30FC}'..='\u{30FF}'
        | '\u{3105}'..='\u{318E}'   // Bopomofo, Hangul letters
        | '\u{31A0}'..='\u{31BF}'
        | '\u{31F0}'..='\u{31FF}'
        | '\u{3400}'..='\u{4DBF}'   // Han
        | '\u{4E00}'..='\u{9FFF}'
        | '\u{A960}'..='\u{A97C}'
        | '\u{AC00}'..='\u{D7FB}'   // Hangul syllables
        | '\u{F900}'..='\u{FAFF}'
        | '\u{FF66}'..='\u{FF9F}'   // half-width Katakana
        | '\u{FFA1}'..='\u{FFDC}'   // half-width Hangul
        | '\u{1AFF0}'..='\u{1B16F}'
        | '\u{20000}'..='\u{323AF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_character_becomes_a_token() {
        for (text, expected) in [
            ("東京タワー", "東 京 タ ワ ー"),
            ("see 東京 now", "see 東 京 now"),
            ("v2は良い", "v2 は 良 い"),
            ("안녕 하세요", "안 녕 하 세 요"),
            ("か\u{3099}く", "か\u{3099} く"),
            ("北京2026年", "北 京 2026 年"),
            ("你好，世界。", "你 好 ， 世 界 。"),
            ("𠮷野家", "𠮷 野 家"),
        ] {
            assert_eq!(spread(text), expected, "{text}");
        }
    }

    #[test]
    fn other_text_is_not_copied() {
        for text in [
            "",
            "plain",
            "Grüße, Привет, γειά",
            "“quoted” – 5 €",
            "🎉 party",
        ] {
            assert!(
                matches!(spread(text), Cow::Borrowed(t) if t == text),
                "{text}"
            );
        }
    }
}
