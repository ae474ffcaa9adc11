//! Letters of every script: what they are without their accents, and how else they are written.

/// How the letter is written without its accent, and as two letters.
pub fn spelled(c: char) -> (&'static str, &'static str) {
    match c {
        'ä' | 'Ä' => ("a", "ae"),
        'ö' | 'Ö' => ("o", "oe"),
        'ü' | 'Ü' => ("u", "ue"),
        'ø' | 'Ø' => ("o", "oe"),
        'å' | 'Å' => ("a", "aa"),
        'ð' | 'Ð' => ("d", "dh"),
        'þ' | 'Þ' => ("th", "th"),
        _ => {
            let ascii = any_ascii::any_ascii_char(c);
            (ascii, ascii)
        }
    }
}

/// A letter and the accent after it, as two letters.
pub fn with_mark(letter: char, mark: char) -> &'static str {
    match (letter, mark) {
        ('a', '\u{308}') => "ae",
        ('o', '\u{308}') => "oe",
        ('u', '\u{308}') => "ue",
        ('a', '\u{30a}') => "aa",
        _ => "",
    }
}

pub fn push_letters(out: &mut String, letters: &str) {
    out.extend(
        letters
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .map(|c| c.to_ascii_lowercase()),
    );
}

/// Other ways to write in Latin letters what was Cyrillic or Greek.
pub fn romanised(form: &str, others: &mut Vec<String>) {
    let mut push = |from: &str| {
        let mut word = from.replace("iya", "ia").replace("oy", "ou");
        for (end, short) in [("iy", "y"), ("yy", "y"), ("ey", "ei"), ("ay", "ai")] {
            if let Some(stem) = word.strip_suffix(end) {
                word = format!("{stem}{short}");
                break;
            }
        }
        others.push(word);
    };
    push(form);
    if form.contains("kh") {
        push(&form.replace("kh", "h"));
    }
    if let Some(rest) = form.strip_prefix('e') {
        push(&format!("ye{rest}"));
    }
    if let Some(stem) = form.strip_suffix("iy") {
        push(&format!("{stem}i"));
    }
}

/// Small letters, with the accent that follows a letter joined to it where one letter has both.
pub fn push_composed(out: &mut String, c: char) {
    if is_accent(c) {
        let Some(last) = out.pop() else { return };
        match composed(last, c) {
            Some(letter) => out.push(letter),
            None => {
                out.push(last);
                out.push(c);
            }
        }
        return;
    }
    for small in c.to_lowercase() {
        // `İ` becomes an i with a dot of its own.
        if small != '\u{307}' {
            out.push(small);
        }
    }
}

pub fn composed(letter: char, accent: char) -> Option<char> {
    let row = COMPOSED.iter().find(|(mark, _)| *mark == accent)?.1;
    let mut pairs = row.chars();
    while let (Some(base), Some(whole)) = (pairs.next(), pairs.next()) {
        if base == letter {
            return Some(whole);
        }
    }
    None
}

/// The accents of European names: each letter is followed by the one that has the accent.
pub const COMPOSED: &[(char, &str)] = &[
    ('\u{300}', "aàeèiìoòuùnǹ"),
    ('\u{301}', "aáeéiíoóuúyýcćnńsśzźlĺrŕ"),
    ('\u{302}', "aâeêiîoôuûsŝcĉgĝ"),
    ('\u{303}', "aãnñoõiĩuũ"),
    ('\u{304}', "aāeēiīoōuū"),
    ('\u{306}', "aăgğeĕий"),
    ('\u{307}', "zżeėcċgġ"),
    ('\u{308}', "aäeëiïoöuüyÿеёії"),
    ('\u{30a}', "aåuů"),
    ('\u{30b}', "oőuű"),
    ('\u{30c}', "cčdďeěnňrřsštťzž"),
    ('\u{327}', "cçsşgģnņlļkķ"),
    ('\u{328}', "aąeęiįuų"),
];

pub fn is_accent(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}')
}

/// Accents, vowel signs of Arabic and Hebrew, and what can't be seen at all.
pub fn is_mark(c: char) -> bool {
    is_accent(c)
        || matches!(c,
            '\u{591}'..='\u{5c7}' | '\u{610}'..='\u{61a}' | '\u{640}' | '\u{64b}'..='\u{65f}' | '\u{670}'
            | '\u{ad}' | '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{e0000}'..='\u{e0fff}')
}

pub fn is_apostrophe(c: char) -> bool {
    matches!(
        c,
        '\'' | '’' | '‘' | 'ʼ' | 'ʻ' | 'ʿ' | 'ʾ' | '`' | '´' | '′' | '＇'
    )
}

/// An ideograph or a syllable of Hangul: names of these scripts have no spaces.
pub fn is_syllable(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}' | '\u{ac00}'..='\u{d7a3}')
}

pub fn is_latin(c: char) -> bool {
    matches!(c, '\u{0}'..='\u{24f}' | '\u{1e00}'..='\u{1eff}' | '\u{2c60}'..='\u{2c7f}' | '\u{a720}'..='\u{a7ff}' | '\u{fb00}'..='\u{fb06}' | '\u{ff21}'..='\u{ff5a}')
}

/// The Latin letter that a letter of another alphabet is taken for.
pub fn lookalike(c: char) -> char {
    const PAIRS: &str =
        "аaеeоoрpсcуyхxіiјjѕsԁdһhԛqԝwкkмmтtвbнhгrпnοoαaρpνvτtιiκkυuγyηnωwεeχxβbճgօoսuցg";
    let mut pairs = PAIRS.chars();
    while let (Some(from), Some(to)) = (pairs.next(), pairs.next()) {
        if from == c {
            return to;
        }
    }
    c
}

/// Surnames of Korea as their owners write them.
pub const SURNAMES: &[(char, &str)] = &[
    ('김', "kim"),
    ('이', "lee yi rhee"),
    ('박', "park pak"),
    ('최', "choi"),
    ('정', "jung chung"),
    ('강', "kang"),
    ('조', "cho"),
    ('윤', "yoon"),
    ('장', "chang"),
    ('임', "lim"),
    ('신', "shin"),
    ('오', "oh"),
    ('서', "suh"),
    ('권', "kwon"),
    ('안', "ahn"),
    ('유', "yoo ryu"),
    ('전', "jun chun"),
    ('고', "ko koh"),
    ('문', "moon"),
    ('손', "sohn"),
    ('백', "paik"),
    ('허', "hur huh"),
    ('심', "shim"),
    ('노', "roh noh"),
    ('주', "joo"),
    ('우', "woo"),
    ('구', "koo"),
    ('영', "young"),
    ('희', "hee"),
    ('준', "joon"),
    ('수', "soo"),
    ('현', "hyun"),
    ('석', "seok suk"),
];
