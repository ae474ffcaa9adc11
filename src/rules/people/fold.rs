//! Text to the words of a name: small ASCII letters, whatever the script, the accents and the spelling were.

use super::letters::{
    SURNAMES, is_accent, is_apostrophe, is_latin, is_mark, is_syllable, lookalike, push_composed,
    push_letters, romanised, spelled, with_mark,
};

/// Longest text that is looked at; a name is never longer, a hostile one may be.
pub const MAX_CHARS: usize = 240;
/// Most words of a text that count.
const MAX_WORDS: usize = 16;
/// Longest word in ASCII letters; the rest of it is cut off.
pub const MAX_WORD: usize = 40;

/// What a word is to a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Name,
    /// `van`, `de`, `al`: neither missing nor found does it say much.
    Particle,
    /// `Dr`, `Prof`: not a part of the name.
    Title,
    /// `Jr`, `Sr`, `III`: tells father from son.
    Suffix,
}

/// One word of a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// Small ASCII letters and digits: `muller`.
    pub form: String,
    /// Other ways to write it: `mueller`.
    pub others: Vec<String>,
    pub kind: Kind,
    /// Letters of several alphabets are in it, as a forger mixes them.
    pub mixed: bool,
    pub script: Script,
}

/// In what letters a word was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Script {
    #[default]
    Latin,
    /// Ideographs and Hangul, one of which is one word here; many sound alike.
    Syllables,
    Other,
}

impl Word {
    /// Every way to write it, the main one first.
    pub fn forms(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.form.as_str()).chain(self.others.iter().map(String::as_str))
    }

    /// Whether both can be written alike.
    pub fn same(&self, other: &Word) -> bool {
        self.form == other.form || self.forms().any(|a| other.forms().any(|b| a == b))
    }
}

/// The words of a name, in their order.
///
/// A hyphen parts words, an apostrophe doesn't (`O'Brien` is `obrien`, and `brien` too); every ideograph and every
/// syllable of Hangul is a word. Of a text without end only the beginning is read.
pub fn words(text: &str) -> Vec<Word> {
    let mut all = Vec::new();
    let mut part = Part::default();
    let mut chars = text.chars().take(MAX_CHARS).peekable();
    while let Some(c) = chars.next() {
        if is_mark(c) {
            continue;
        }
        if is_apostrophe(c) {
            part.apostrophe();
            continue;
        }
        if !c.is_alphanumeric() {
            part.end(&mut all);
            continue;
        }
        if is_syllable(c) {
            part.end(&mut all);
            part.syllable(c);
            part.end(&mut all);
            continue;
        }
        // An accent of its own after the letter is the same letter.
        let mark = chars.peek().copied().filter(|&m| is_mark(m));
        part.letter(c, mark);
    }
    part.end(&mut all);
    all.truncate(MAX_WORDS);
    set_kinds(&mut all);
    all
}

/// The text as it is compared letter by letter: small, one space between words, nothing invisible.
///
/// Accents and scripts stay, so that `Groß` is not `Gross`.
pub fn plain(text: &str) -> String {
    let mut out = String::new();
    for word in
        text.split(|c: char| c.is_whitespace() || matches!(c, '-' | '\u{2010}'..='\u{2015}'))
    {
        let start = out.len();
        let wanted = word
            .chars()
            .filter(|&c| c.is_alphanumeric() || is_accent(c))
            .take(MAX_CHARS);
        for c in wanted {
            if start == out.len() && !out.is_empty() {
                out.push(' ');
            }
            push_composed(&mut out, c);
        }
        if out.len() > MAX_CHARS * 4 {
            break;
        }
    }
    out
}

/// A word while it is read.
#[derive(Default)]
struct Part {
    form: String,
    /// With two letters for `ö`; empty as long as there was none.
    long: String,
    /// Where an apostrophe was, in `form`.
    apostrophe: Option<usize>,
    scripts: Scripts,
    native: String,
    others: Vec<String>,
    begun: bool,
}

#[derive(Clone, Copy, Default)]
struct Scripts {
    latin: bool,
    other: bool,
    syllable: bool,
}

impl Part {
    fn letter(&mut self, c: char, mark: Option<char>) {
        if self.form.len() >= MAX_WORD {
            return;
        }
        if c.is_ascii() {
            let small = c.to_ascii_lowercase();
            self.scripts.latin |= small.is_ascii_alphabetic();
            let long = mark.map_or("", |mark| with_mark(small, mark));
            self.push(small.encode_utf8(&mut [0; 4]), long);
            self.native.push(small);
            return;
        }
        let latin = is_latin(c);
        self.scripts.latin |= latin && c.is_alphabetic();
        self.scripts.other |= !latin && c.is_alphabetic();
        self.native.extend(c.to_lowercase());
        let (short, long) = spelled(c);
        self.push(short, if short == long { "" } else { long });
    }

    /// Adds letters; `long` where they may be written otherwise.
    fn push(&mut self, short: &str, long: &str) {
        if !long.is_empty() && self.long.is_empty() {
            self.long.push_str(&self.form);
        }
        if !long.is_empty() {
            push_letters(&mut self.long, long);
        } else if !self.long.is_empty() {
            push_letters(&mut self.long, short);
        }
        push_letters(&mut self.form, short);
        self.begun = true;
    }

    fn syllable(&mut self, c: char) {
        self.scripts.syllable = true;
        self.push(any_ascii::any_ascii_char(c), "");
        self.native.push(c);
        if let Some((_, others)) = SURNAMES.iter().find(|(surname, _)| *surname == c) {
            self.others.extend(others.split(' ').map(str::to_owned));
        }
    }

    fn apostrophe(&mut self) {
        if !self.form.is_empty() {
            self.apostrophe = Some(self.form.len());
        }
    }

    fn end(&mut self, all: &mut Vec<Word>) {
        if !self.begun {
            return;
        }
        let part = std::mem::take(self);
        if all.len() > MAX_WORDS {
            return;
        }
        let mixed = part.scripts.latin && part.scripts.other;
        let mut form = part.form;
        let mut others = part.others;
        if mixed {
            // What the eye reads: Cyrillic `с` is a c there, not an s.
            let seen: String = part.native.chars().map(lookalike).collect();
            let mut read = String::new();
            for c in seen.chars() {
                push_letters(&mut read, any_ascii::any_ascii_char(c));
            }
            others.push(std::mem::replace(&mut form, read));
        }
        form.truncate(MAX_WORD);
        if form.is_empty() {
            return;
        }
        let mut long = part.long;
        long.truncate(MAX_WORD);
        if !mixed && !long.is_empty() {
            others.push(long);
        }
        if let Some(at) = part.apostrophe
            && at <= 2
            && form.len() >= at + 3
        {
            others.push(form[at..].to_owned());
        }
        if part.scripts.other && !part.scripts.latin {
            romanised(&form, &mut others);
        }
        let mut kept: Vec<String> = Vec::new();
        for other in others {
            if !other.is_empty() && other != form && !kept.contains(&other) {
                kept.push(other);
            }
        }
        all.push(Word {
            form,
            others: kept,
            kind: Kind::Name,
            mixed,
            script: match part.scripts {
                Scripts { syllable: true, .. } => Script::Syllables,
                Scripts {
                    latin: false,
                    other: true,
                    ..
                } => Script::Other,
                _ => Script::Latin,
            },
        });
    }
}

fn is_particle(word: &str) -> bool {
    matches!(
        word,
        "a" | "af"
            | "al"
            | "av"
            | "bin"
            | "binti"
            | "bint"
            | "da"
            | "das"
            | "de"
            | "degli"
            | "dei"
            | "del"
            | "della"
            | "den"
            | "der"
            | "des"
            | "di"
            | "do"
            | "dos"
            | "du"
            | "e"
            | "el"
            | "ibn"
            | "la"
            | "le"
            | "les"
            | "nic"
            | "ni"
            | "o"
            | "of"
            | "st"
            | "t"
            | "te"
            | "ten"
            | "ter"
            | "the"
            | "und"
            | "ul"
            | "van"
            | "vom"
            | "von"
            | "wa"
            | "y"
            | "zu"
            | "zum"
            | "zur"
            | "s"
    )
}

fn is_title(word: &str) -> bool {
    matches!(
        word,
        "dipl"
            | "dr"
            | "frau"
            | "herr"
            | "hon"
            | "ing"
            | "mag"
            | "med"
            | "mlle"
            | "mme"
            | "mr"
            | "mrs"
            | "ms"
            | "mx"
            | "prof"
            | "rev"
            | "sir"
            | "sra"
            | "srta"
    )
}

fn is_degree(word: &str) -> bool {
    matches!(
        word,
        "bsc" | "cpa" | "dds" | "dphil" | "esq" | "mba" | "md" | "msc" | "phd"
    )
}

fn is_suffix(word: &str) -> bool {
    matches!(
        word,
        "2nd" | "3rd" | "ii" | "iii" | "iv" | "jnr" | "jr" | "junior" | "senior" | "snr" | "sr"
    )
}

/// Says of every word what it is to the name.
fn set_kinds(all: &mut [Word]) {
    let count = all.len();
    let mut leading = true;
    for (at, word) in all.iter_mut().enumerate() {
        let form = word.form.as_str();
        let among = |list: fn(&str) -> bool| word.script == Script::Latin && list(form);
        let title = among(is_title) && (leading || form == "med");
        leading &= title;
        word.kind = if title || (at > 0 && among(is_degree)) {
            Kind::Title
        } else if among(is_suffix) && (at > 0 || matches!(form, "jr" | "sr" | "jnr" | "snr")) {
            Kind::Suffix
        } else if among(is_particle) && (at > 0 || count == 1) {
            Kind::Particle
        } else {
            Kind::Name
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn forms(text: &str) -> Vec<String> {
        words(text)
            .iter()
            .map(|w| w.forms().collect::<Vec<_>>().join("|"))
            .collect()
    }

    #[test]
    fn accents_scripts_and_case_fall_away() {
        for (text, wanted) in [
            ("Jürgen MÜLLER", "jurgen|juergen muller|mueller"),
            ("Ju\u{308}rgen", "jurgen|juergen"),
            ("Søren Ågård", "soren|soeren agard|aagaard"),
            ("Łukasz Đặng", "lukasz dang"),
            ("Groß", "gross"),
            ("İbrahim Işık", "ibrahim isik"),
            ("Seán O'Brien", "sean obrien|brien"),
            ("Seán O’Brien", "sean obrien|brien"),
            ("Jean-Luc d'Orléans", "jean luc dorleans|orleans"),
            ("王伟", "wang wei"),
            ("김민수", "gim|kim min su|soo"),
            ("たなか タロウ", "tanaka tarou"),
            ("Юлия", "yuliya|yulia"),
            ("A\u{200b}da\u{202e}", "ada"),
            ("J.F. Kennard", "j f kennard"),
        ] {
            assert_eq!(forms(text).join(" "), wanted, "{text}");
        }
    }

    #[test]
    fn titles_suffixes_and_particles_are_told_from_names() {
        let kinds: Vec<Kind> = words("Prof. Dr. Jan van der Berg Jr.")
            .iter()
            .map(|w| w.kind)
            .collect();
        use Kind::{Name, Particle, Suffix, Title};
        assert_eq!(
            kinds,
            [Title, Title, Name, Particle, Particle, Name, Suffix]
        );
        assert_eq!(words("Lê Hoàng")[0].kind, Name);
        assert_eq!(words("van")[0].kind, Particle);
        assert_eq!(words("Jr.")[0].kind, Suffix);
    }

    #[test]
    fn a_letter_of_another_alphabet_inside_a_word_is_noticed() {
        let word = &words("Аda")[0];
        assert!(word.mixed);
        assert_eq!(word.form, "ada");
        assert!(!words("Ада")[0].mixed);
        assert!(words("\u{200b}\u{feff}\u{3164}").is_empty());
    }

    #[test]
    fn a_hostile_text_is_cut() {
        let long = "é".repeat(1_000_000);
        let all = words(&long);
        assert_eq!(all.len(), 1);
        assert!(all[0].form.len() <= MAX_WORD);
        assert!(words(&"a ".repeat(1_000_000)).len() <= MAX_WORDS);
        assert!(plain(&long).len() < 2_000);
    }

    #[test]
    fn plain_keeps_accents_but_not_how_they_were_typed() {
        assert_eq!(plain("  Tobias  GROß "), "tobias groß");
        assert_eq!(plain("Ju\u{308}rgen"), plain("JÜRGEN"));
        assert_eq!(plain("Seán O’Brien"), plain("seán o'brien"));
        assert_eq!(plain("Jean-Luc"), "jean luc");
    }

    proptest::proptest! {
        #[test]
        fn folding_what_was_folded_changes_nothing(text in "\\PC{0,60}") {
            for word in words(&text) {
                let again = words(&word.form);
                proptest::prop_assert_eq!(again.len(), 1);
                proptest::prop_assert_eq!(&again[0].form, &word.form);
            }
        }

        #[test]
        fn no_text_breaks_it(text in proptest::collection::vec(proptest::char::any(), 0..300)) {
            let text: String = text.into_iter().collect();
            for word in words(&text) {
                proptest::prop_assert!(word.form.len() <= MAX_WORD && word.form.is_ascii());
            }
            plain(&text);
        }
    }
}
