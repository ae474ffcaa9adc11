//! Writes what a word processor made of a text the way GSM-7 can carry it.

use std::borrow::Cow;

use super::is_gsm7;

/// The text in GSM-7 if that takes no more than look-alikes: straight quotes for curly ones, `-` for a dash, `...`
/// for an ellipsis, a plain space for a wide one, nothing for what nobody sees. A text that needs UCS-2 all the
/// same stays as it is: changing it would save nothing.
pub fn smart(text: &str) -> Cow<'_, str> {
    if text.chars().all(is_gsm7) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if is_gsm7(c) {
            out.push(c);
        } else if let Some(whole) = composed(out.chars().next_back(), c) {
            out.pop();
            out.push(whole);
        } else {
            match plain(c) {
                Some(plain) => out.push_str(plain),
                None => match narrow(c) {
                    Some(narrow) => out.push(narrow),
                    None => return Cow::Borrowed(text),
                },
            }
        }
    }
    Cow::Owned(out)
}

/// What stands for a character that GSM-7 lacks.
fn plain(c: char) -> Option<&'static str> {
    Some(match c {
        '“' | '”' | '„' | '‟' | '«' | '»' | '″' | '‶' | 'ʺ' | 'ˮ' | '❝' | '❞' | '〝' | '〞' => {
            "\""
        }
        '‘' | '’' | '‚' | '‛' | '′' | '‵' | 'ʹ' | 'ʻ' | 'ʼ' | 'ʽ' | 'ˈ' | 'ˊ' | 'ˋ' | '´' | '`'
        | '❛' | '❜' => "'",
        '‹' => "<",
        '›' => ">",
        '\u{2010}'..='\u{2015}' | '\u{2043}' | '\u{2212}' | '\u{fe58}' | '\u{fe63}' => "-",
        '…' => "...",
        '‥' => "..",
        '•' | '‣' | '▪' | '●' | '◦' | '·' | '∙' | '⋅' => "*",
        '\t'
        | '\u{a0}'
        | '\u{1680}'
        | '\u{2000}'..='\u{200a}'
        | '\u{202f}'
        | '\u{205f}'
        | '\u{3000}' => " ",
        '\u{b}' | '\u{85}' | '\u{2028}' | '\u{2029}' => "\n",
        // Seen by nobody: soft hyphen, zero-width spaces and joiners, marks and overrides of direction, selectors.
        '\u{ad}'
        | '\u{34f}'
        | '\u{61c}'
        | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}' => "",
        '⁄' | '∕' | '÷' => "/",
        '∖' => "\\",
        '∣' | '¦' => "|",
        '×' | '✕' => "x",
        '∗' | '⁎' => "*",
        '˜' | '∼' | '〜' => "~",
        'ˆ' | '˄' => "^",
        '¼' => "1/4",
        '½' => "1/2",
        '¾' => "3/4",
        '¹' => "1",
        '²' => "2",
        '³' => "3",
        '©' => "(c)",
        '®' => "(r)",
        '™' => "(tm)",
        '№' => "No",
        'ﬁ' => "fi",
        'ﬂ' => "fl",
        '、' | '،' => ",",
        '。' => ".",
        _ => return None,
    })
}

/// A full-width form of an ASCII character.
fn narrow(c: char) -> Option<char> {
    let code = u32::from(c);
    (0xff01..=0xff5e)
        .contains(&code)
        .then(|| char::from_u32(code - 0xfee0))
        .flatten()
        .map(|c| if c == '`' { '\'' } else { c })
}

/// The letter of GSM-7 that a letter and the mark after it make, where the two were written one by one.
fn composed(letter: Option<char>, mark: char) -> Option<char> {
    const WHOLE: &[(char, &str, &str)] = &[
        ('\u{300}', "aeiou", "àèìòù"),
        ('\u{301}', "eE", "éÉ"),
        ('\u{303}', "nN", "ñÑ"),
        ('\u{308}', "aouAOU", "äöüÄÖÜ"),
        ('\u{30a}', "aA", "åÅ"),
        ('\u{327}', "C", "Ç"),
    ];
    let (_, letters, whole) = WHOLE.iter().find(|(m, ..)| *m == mark)?;
    let at = letters.chars().position(|l| Some(l) == letter)?;
    whole.chars().nth(at)
}
