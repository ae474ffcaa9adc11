//! Makes a stranger's text safe for a terminal: control characters, escape sequences, bidi overrides
//! and invisible formatting go; `\n` and `\t` stay in texts and become spaces in single lines.

use std::borrow::Cow;
use std::iter::Peekable;
use std::str::Chars;

use crate::format::cut::floor;

/// Bytes an escape string (OSC, DCS …) may have and still be taken out as a whole.
const LONGEST_STRING: usize = 4096;

/// One line: for table cells, `plain` values, log lines, error messages.
///
/// A run of white space that holds a line break or tab becomes one space, at the ends none.
pub fn line(text: &str) -> String {
    if text.bytes().all(|b| (0x20..0x7F).contains(&b)) {
        return text.to_owned();
    }
    let mut line = String::with_capacity(text.len());
    let mut gap = false;
    visible(text, |c| {
        if matches!(c, '\n' | '\t') {
            gap = true;
            return;
        }
        if gap && c != ' ' && !line.is_empty() && !line.ends_with(' ') {
            line.push(' ');
        }
        if c != ' ' {
            gap = false;
        }
        if !(gap && (line.is_empty() || line.ends_with(' '))) {
            line.push(c);
        }
    });
    if gap {
        line.truncate(line.trim_end_matches(' ').len());
    }
    line
}

/// A text of several lines: for message bodies on a terminal.
pub fn text(text: &str) -> String {
    if text
        .bytes()
        .all(|b| (0x20..0x7F).contains(&b) || b == b'\n' || b == b'\t')
    {
        return text.to_owned();
    }
    let mut clean = String::with_capacity(text.len());
    visible(text, |c| clean.push(c));
    clean
}

/// JSON of which nothing steers a terminal: characters that would are written as escapes, which read as the same text.
pub fn json(json: &str) -> Cow<'_, str> {
    let steers = |c: char| {
        !matches!(c, ' '..='~' | '\n' | '\t')
            && (c.is_control() || is_invisible(c) || matches!(c, '\u{2028}' | '\u{2029}'))
    };
    if !json.contains(steers) {
        return Cow::Borrowed(json);
    }
    let mut out = String::with_capacity(json.len() + 64);
    for c in json.chars() {
        match steers(c) {
            true => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    out.push_str(&format!("\\u{unit:04x}"));
                }
            }
            false => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// A file name that is safe to create in a folder: no separators, no leading dot or dash, no control
/// characters, no reserved device names, at most 200 bytes with its extension kept.
pub fn file_name(name: &str) -> String {
    const LONGEST: usize = 200;
    let name = line(name);
    // "C:\Users\ada\report.doc" from old mailers: the folder says nothing here.
    let is_windows_path =
        matches!(name.as_bytes(), [d, b':', b'\\', ..] if d.is_ascii_alphabetic());
    let name = match name.rsplit_once('\\') {
        Some((_, last)) if is_windows_path => last,
        _ => name.as_str(),
    };
    let name: String = name
        .chars()
        .map(|c| match c {
            '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|' => '_',
            // Look like separators and are decomposed into them by some file systems.
            '\u{2044}' | '\u{2215}' | '\u{29F8}' | '\u{FF0F}' | '\u{FF3C}' => '_',
            c if c.is_whitespace() => ' ',
            c => c,
        })
        .collect();
    let name = name
        .trim_start_matches(['.', '-', '_', ' '])
        .trim_end_matches(['.', ' ']);
    if name.is_empty() {
        return "attachment".to_owned();
    }
    let stem = name.split('.').next().unwrap_or(name).trim_end();
    let name = if is_device(stem) {
        format!("_{name}")
    } else {
        name.to_owned()
    };
    if name.len() <= LONGEST {
        return name;
    }
    let extension = match name.rfind('.') {
        Some(dot) if name.len() - dot <= 20 => &name[dot..],
        _ => "",
    };
    let stem = &name[..floor(&name, LONGEST - extension.len())];
    format!("{}{extension}", stem.trim_end_matches(['.', ' ']))
}

/// Names that Windows keeps for devices, with any extension.
fn is_device(stem: &str) -> bool {
    let stem = stem.to_ascii_uppercase();
    matches!(stem.as_str(), "CON" | "PRN" | "AUX" | "NUL" | "CLOCK$")
        || matches!(
            stem.as_bytes(),
            [b'C', b'O', b'M', b'0'..=b'9'] | [b'L', b'P', b'T', b'0'..=b'9']
        )
}

/// Calls `keep` for each character a person may see; line breaks of all kinds arrive as `\n`.
fn visible(text: &str, mut keep: impl FnMut(char)) {
    let mut rest = text.chars().peekable();
    let mut before = '\n';
    while let Some(c) = rest.next() {
        let kept = match c {
            '\n' | '\t' => Some(c),
            '\r' => (rest.peek() != Some(&'\n')).then_some('\n'),
            '\u{0B}' | '\u{0C}' | '\u{85}' | '\u{2028}' | '\u{2029}' => Some('\n'),
            '\u{1B}' => {
                escape(&mut rest);
                None
            }
            '\u{9B}' => {
                control_sequence(&mut rest);
                None
            }
            '\u{90}' | '\u{98}' | '\u{9D}' | '\u{9E}' | '\u{9F}' => {
                control_string(&mut rest);
                None
            }
            '\0'..='\u{1F}' | '\u{7F}'..='\u{9F}' => None,
            '\u{200C}' | '\u{200D}' => rest
                .peek()
                .is_some_and(|next| needs_joiner(before) && needs_joiner(*next))
                .then_some(c),
            // One selector picks the form of a character; rows of them hide data.
            '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}' => {
                (!before.is_whitespace() && !is_selector(before)).then_some(c)
            }
            c if is_invisible(c) => None,
            c => Some(c),
        };
        if let Some(c) = kept {
            keep(c);
            before = c;
        }
    }
}

/// Takes out what follows an ESC as far as it belongs to it (ECMA-48).
fn escape(rest: &mut Peekable<Chars<'_>>) {
    match rest.peek() {
        Some('[') => {
            rest.next();
            control_sequence(rest);
        }
        Some(']' | 'P' | 'X' | '^' | '_') => {
            rest.next();
            control_string(rest);
        }
        Some(' '..='/') => {
            while rest.next_if(|c| matches!(c, ' '..='/')).is_some() {}
            rest.next_if(|c| matches!(c, '0'..='~'));
        }
        Some('0'..='~') => {
            rest.next();
        }
        _ => {}
    }
}

/// Parameters, intermediates and the final character of a CSI.
fn control_sequence(rest: &mut Peekable<Chars<'_>>) {
    while rest.next_if(|c| matches!(c, '0'..='?')).is_some() {}
    while rest.next_if(|c| matches!(c, ' '..='/')).is_some() {}
    rest.next_if(|c| matches!(c, '@'..='~'));
}

/// The text of an OSC, DCS, SOS, PM or APC up to its terminator. Without one only the introducer goes,
/// else it would hide the rest of the message.
fn control_string(rest: &mut Peekable<Chars<'_>>) {
    let mut ahead = rest.clone();
    let mut length = 0;
    while let Some(c) = ahead.next() {
        length += 1;
        let ends = match c {
            '\u{07}' | '\u{9C}' => true,
            '\u{1B}' => ahead.next_if_eq(&'\\').is_some(),
            _ => false,
        };
        if ends {
            *rest = ahead;
            return;
        }
        // Another one begins, so this one has no end; what follows is looked at once.
        let begins = matches!(
            c,
            '\u{1B}' | '\u{90}' | '\u{98}' | '\u{9B}' | '\u{9D}'..='\u{9F}'
        );
        if begins || c == '\n' || length > LONGEST_STRING {
            return;
        }
    }
}

/// Scripts that join letters, and emoji: where ZWJ and ZWNJ change what is seen.
fn needs_joiner(c: char) -> bool {
    c >= '\u{0590}'
        && (c.is_alphabetic()
            || is_mark(c)
            || matches!(c, '\u{2190}'..='\u{2BFF}' | '\u{FE0F}' | '\u{1F000}'..='\u{1FAFF}'))
        && !is_invisible(c)
}

/// Vowel signs and viramas of the scripts that use joiners.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{0591}'..='\u{05C7}' | '\u{0610}'..='\u{061A}' | '\u{064B}'..='\u{065F}' | '\u{0670}' | '\u{0900}'..='\u{109F}' | '\u{1780}'..='\u{17D3}' | '\u{A8E0}'..='\u{A8F1}')
}

fn is_selector(c: char) -> bool {
    matches!(c, '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}')
}

/// Formatting that leaves no mark on the screen but changes order, hides text or makes two words look the same.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{00AD}'                  // soft hyphen
        | '\u{034F}'                // combining grapheme joiner
        | '\u{061C}'                // Arabic letter mark
        | '\u{115F}' | '\u{1160}'   // Hangul fillers
        | '\u{17B4}' | '\u{17B5}'
        | '\u{180B}'..='\u{180F}'
        | '\u{200B}'                // zero width space
        | '\u{200E}' | '\u{200F}'   // bidi marks
        | '\u{202A}'..='\u{202E}'   // bidi embeddings and overrides
        | '\u{2060}'..='\u{206F}'   // word joiner, invisible operators, bidi isolates
        | '\u{3164}'
        | '\u{FEFF}'                // byte order mark
        | '\u{FFA0}'
        | '\u{FFF0}'..='\u{FFFB}'   // interlinear annotation
        | '\u{1BCA0}'..='\u{1BCA3}'
        | '\u{1D173}'..='\u{1D17A}'
        | '\u{E0000}'..='\u{E00FF}' // tags
        | '\u{E01F0}'..='\u{E0FFF}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_text_keeps_its_lines_and_loses_its_tricks() {
        for (dirty, expected) in [
            ("plain\n\ttext", "plain\n\ttext"),
            ("a\r\nb\rc", "a\nb\nc"),
            ("\x1b[31mred\x1b[0m", "red"),
            ("\x1b[?25;1 qx", "x"),
            ("\x1b]0;title\x07text", "text"),
            ("\x1b]8;;http://evil\x1b\\link\x1b]8;;\x1b\\", "link"),
            ("\x1bPpayload\x1b\\text", "text"),
            ("\x1b]0;never ends\nnext", "0;never ends\nnext"),
            ("\x1b\x1b[2Jx", "x"),
            ("\x1b(Bx\x1bcy", "xy"),
            ("\u{9b}31mred", "red"),
            ("\u{9d}0;t\u{9c}x", "x"),
            ("nul\0 bel\x07 del\x7f", "nul bel del"),
            ("abc\u{202e}gnp.exe", "abcgnp.exe"),
            (
                "iso\u{2066}late\u{2069} \u{200e}m\u{200f}\u{61c}",
                "isolate m",
            ),
            ("pay\u{200b}pal\u{ad}\u{feff}", "paypal"),
            ("a\u{2028}b\u{2029}c\u{85}d\x0ce", "a\nb\nc\nd\ne"),
            ("tag\u{e0041}\u{e007f}s", "tags"),
            (
                "lat\u{200d}in \u{200c}\u{a0}\u{200c}\u{a0}",
                "latin \u{a0}\u{a0}",
            ),
            ("می\u{200c}خواهم", "می\u{200c}خواهم"),
            ("क\u{94d}\u{200d}ष", "क\u{94d}\u{200d}ष"),
            (
                "👩\u{200d}💻 ❤\u{fe0f}\u{200d}🔥",
                "👩\u{200d}💻 ❤\u{fe0f}\u{200d}🔥",
            ),
            ("x\u{fe01}\u{fe02}\u{fe03}y", "x\u{fe01}y"),
            ("Grüße 東京 \u{e000}", "Grüße 東京 \u{e000}"),
        ] {
            assert_eq!(text(dirty), expected, "{dirty:?}");
        }
    }

    #[test]
    fn json_for_a_terminal_reads_the_same_and_steers_nothing() {
        let text = "a\u{9b}2J\u{7f}\u{202e}\u{e0041}\u{2028}é\u{1b}[0m";
        let plain = serde_json::to_string_pretty(&[text]).unwrap();
        let safe = json(&plain);
        assert!(safe.chars().all(|c| is_clean(c) || c == '\n'), "{safe}");
        let read: Vec<String> = serde_json::from_str(&safe).unwrap();
        assert_eq!(read, [text]);
        assert!(matches!(json("{\"a\": \"é\"}"), Cow::Borrowed(_)));
    }

    #[test]
    fn strings_that_never_end_are_cleaned_in_linear_time() {
        // Were each looked through for its end, this would not end.
        for begin in ["\u{9d}", "\u{90}", "\x1b]"] {
            assert_eq!(text(&begin.repeat(1_000_000)), "", "{begin:?}");
        }
    }

    #[test]
    fn a_line_has_no_breaks() {
        for (dirty, expected) in [
            ("two\r\n lines", "two lines"),
            ("tab\tbed", "tab bed"),
            ("\n lead and trail \r\n\t", "lead and trail"),
            ("two  spaces", "two  spaces"),
            ("a\u{2028}b", "a b"),
            ("é\n\n\nè", "é è"),
        ] {
            assert_eq!(line(dirty), expected, "{dirty:?}");
        }
    }

    #[test]
    fn a_file_name_stays_in_its_folder() {
        for (dirty, expected) in [
            ("report.pdf", "report.pdf"),
            ("../../etc/passwd", "etc_passwd"),
            ("/etc/passwd", "etc_passwd"),
            ("C:\\Users\\ada\\report.doc", "report.doc"),
            ("..", "attachment"),
            ("", "attachment"),
            ("///", "attachment"),
            (".bashrc", "bashrc"),
            ("-rf", "rf"),
            ("a\0b\n.txt", "ab .txt"),
            ("invoice\u{202e}fdp.exe", "invoicefdp.exe"),
            ("con.txt", "_con.txt"),
            ("LPT1", "_LPT1"),
            ("trailing. . ", "trailing"),
            ("a/b:c*d?.txt", "a_b_c_d_.txt"),
            ("Jahresübersicht 2026.xlsx", "Jahresübersicht 2026.xlsx"),
        ] {
            assert_eq!(file_name(dirty), expected, "{dirty:?}");
        }
        let long = file_name(&format!("{}.tar.gz", "ü".repeat(500)));
        assert!(long.len() <= 200 && long.ends_with(".gz"), "{long}");
    }

    fn is_clean(c: char) -> bool {
        !c.is_control() && !is_invisible(c) && !matches!(c, '\u{2028}' | '\u{2029}')
    }

    proptest! {
        #[test]
        fn nothing_that_steers_a_terminal_is_left(dirty in "(?s)(.|[\x1b\u{9b}\u{9d}\\[\\]0-9;m\x07\\\\\n\r\t\u{200d}\u{202e}]){0,80}") {
            prop_assert!(text(&dirty).chars().all(|c| is_clean(c) || matches!(c, '\n' | '\t')));
            prop_assert!(line(&dirty).chars().all(is_clean));
            let name = file_name(&dirty);
            prop_assert!(name.chars().all(|c| is_clean(c) && c != '/' && c != '\\'));
            prop_assert!(!name.is_empty() && name.len() <= 210 && !name.starts_with(['.', '-']));
        }

        #[test]
        fn cleaning_twice_changes_nothing(dirty in "\\PC{0,60}") {
            let once = text(&dirty);
            prop_assert_eq!(text(&once), once);
        }
    }
}
