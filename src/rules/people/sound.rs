//! How a folded word sounds, roughly and in no particular language: `tchaikovsky` and `chaykovskiy` are one.

use super::fold::MAX_WORD;

/// The sound of a folded word; at most [`MAX_WORD`] letters, vowels as `A`, `E` (also i, y), `O` (also u).
///
/// Two words of one sound are spellings of one name; two that differ in a letter of it may be.
pub fn sound(word: &str) -> String {
    let letters = word.as_bytes();
    let mut out = String::with_capacity(letters.len());
    let mut at = 0;
    while at < letters.len() && out.len() < MAX_WORD {
        at += if is_vowel(letters, at) {
            vowels(&letters[at..], at == 0, &mut out)
        } else {
            consonant(letters, at, &mut out)
        };
    }
    out
}

/// The sound without its vowels, but for the first: a key under which spellings meet.
pub fn skeleton(sound: &str) -> String {
    let mut out = String::with_capacity(sound.len());
    for (at, c) in sound.char_indices() {
        if at == 0 && matches!(c, 'A' | 'E' | 'O' | 'J') {
            out.push('A');
        } else if !matches!(c, 'A' | 'E' | 'O' | 'J') && !out.ends_with(c) {
            out.push(c);
        }
    }
    out
}

/// `y` and `j` are vowels but before one at the start of a word.
fn is_vowel(letters: &[u8], at: usize) -> bool {
    match letters[at] {
        b'a' | b'e' | b'i' | b'o' | b'u' | b'y' => true,
        b'j' => {
            at > 0
                || letters
                    .get(1)
                    .is_some_and(|&next| b"aeiouy".contains(&next))
        }
        _ => false,
    }
}

/// Writes a run of vowels as one, and tells how long it was.
fn vowels(letters: &[u8], first: bool, out: &mut String) -> usize {
    let length = (0..letters.len())
        .take_while(|&at| b"aeiouyj".contains(&letters[at]))
        .count();
    let run = &letters[..length];
    let class = |letter: &u8| match letter {
        b'a' => 'A',
        b'o' | b'u' => 'O',
        _ => 'E',
    };
    let glide = run.iter().take_while(|l| b"iyj".contains(l)).count();
    // `ia`, `ya`, `ija`: a glide and a vowel; `iy`, `ie`: a vowel.
    match run.get(glide) {
        Some(vowel) if glide > 0 && (first || *vowel != b'e') => {
            out.push('J');
            out.push(class(vowel));
        }
        Some(vowel) => out.push(class(vowel)),
        None => out.push('E'),
    }
    length
}

/// Writes the sound of one or several consonants, and tells how many letters it was.
fn consonant(letters: &[u8], at: usize, out: &mut String) -> usize {
    let rest = &letters[at..];
    let may = rest.get(1).is_some_and(|next| b"chjkstuz".contains(next));
    let (sound, length) = CLUSTERS
        .iter()
        .filter(|_| may)
        .find(|(letters, _)| rest.starts_with(letters.as_bytes()))
        .map(|(letters, sound)| (*sound, letters.len()))
        .unwrap_or_else(|| (single(rest), 1));
    for c in sound.chars() {
        if !out.ends_with(c) {
            out.push(c);
        }
    }
    length
}

fn single(rest: &[u8]) -> &'static str {
    let soft = rest.get(1).is_some_and(|next| b"eiy".contains(next));
    let before_vowel = rest.get(1).is_some_and(|next| b"aeiouyj".contains(next));
    match rest[0] {
        b'b' => "b",
        b'c' if soft => "s",
        b'c' | b'k' | b'q' => "k",
        b'd' => "d",
        b'f' => "f",
        b'g' => "g",
        b'h' if before_vowel => "h",
        b'j' => "j",
        b'l' => "l",
        b'm' => "m",
        b'n' => "n",
        b'p' => "p",
        b'r' => "r",
        b's' | b'z' => "s",
        b't' => "t",
        b'v' | b'w' => "v",
        b'x' => "ks",
        _ => "",
    }
}

/// Longest first.
const CLUSTERS: &[(&str, &str)] = &[
    ("shch", "S"),
    ("szcz", "S"),
    ("tsch", "C"),
    ("dsch", "C"),
    ("sch", "S"),
    ("tch", "C"),
    ("ch", "C"),
    ("cz", "C"),
    ("cs", "C"),
    ("sh", "S"),
    ("sz", "S"),
    ("zh", "S"),
    ("rz", "S"),
    ("dj", "C"),
    ("kh", "h"),
    ("ph", "f"),
    ("th", "t"),
    ("gh", "g"),
    ("dh", "d"),
    ("bh", "b"),
    ("rh", "r"),
    ("ck", "k"),
    ("qu", "k"),
    ("tz", "s"),
    ("ts", "s"),
    ("dt", "t"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_name_sound_alike() {
        for pair in [
            "tchaikovsky chaykovskiy",
            "sergey sergei",
            "yulia julia",
            "yulia yuliya",
            "marija maria",
            "natalia natalya",
            "mansur mansour",
            "ryou ryo",
            "oono ono",
            "scherbakova shcherbakova",
            "phillips filips",
            "meier meyer",
            "schmidt schmitt",
            "dmitri dmitriy",
            "takahasi takahashi",
        ] {
            let (a, b) = pair.split_once(' ').unwrap();
            if a == "takahasi" {
                assert_ne!(sound(a), sound(b));
            } else {
                assert_eq!(sound(a), sound(b), "{pair}");
            }
        }
        assert_ne!(sound("john"), sound("jane"));
        assert_ne!(sound("maria"), sound("marina"));
        assert_ne!(sound("anna"), sound("anne"));
    }

    #[test]
    fn the_skeleton_has_no_vowel_but_the_first() {
        assert_eq!(skeleton(&sound("chaykovskiy")), "Ckvsk");
        assert_eq!(skeleton(&sound("mohammed")), skeleton(&sound("muhammad")));
        assert_eq!(skeleton(&sound("yevgeni")), skeleton(&sound("evgeny")));
    }
}
