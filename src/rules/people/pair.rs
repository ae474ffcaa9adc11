//! How well one typed word fits one word of a person.

use super::distance::{Slip, kind_of_slip, slips};
use super::fold::{Kind, Word};
use super::nicknames::{Kin, kin_of_classes};
use super::person::{Field, Token};

/// In what way a typed word fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum How {
    Same,
    /// Several words were typed as one, or one as several.
    Joined,
    Kin(Kin),
    /// Another spelling of the same sound.
    Sound,
    Slips(u8, Slip),
    Prefix,
    /// A beginning with a slip in it.
    SlipPrefix,
    /// The first letters of one or several words.
    Initials,
    /// The consonants agree.
    Skeleton,
}

/// Weight from 0 to 100 and in what way; `None` if it doesn't fit at all.
pub(super) fn fit(typed: &Token, theirs: &Token) -> Option<(u8, How)> {
    let (t, p) = (&typed.word, &theirs.word);
    if t.same(p) {
        // `brien` is in `obrien`, but it is not all of it.
        let part = p.form.len() > t.form.len() && p.form.ends_with(&t.form);
        return Some((if part { 94 } else { 100 }, How::Same));
    }
    let named = matches!(theirs.field, Field::Name(_));
    let (a, b) = (t.form.as_str(), p.form.as_str());
    // Without a letter in common there is nothing to compare.
    if typed.letters & theirs.letters == 0
        && t.others.is_empty()
        && p.others.is_empty()
        && typed.classes.is_empty()
    {
        return None;
    }
    if a.len() == 1 || b.len() == 1 {
        let begins = named
            && p.kind == Kind::Name
            && t.kind != Kind::Title
            && a.as_bytes()[0] == b.as_bytes()[0];
        let weight = if a.len() == 1 { 62 } else { 52 };
        return begins.then_some((weight, How::Initials));
    }
    if named && let Some(kin) = kin_of(typed, theirs) {
        let weight = match kin {
            // Geoff is Geoffrey before he is Jeffrey.
            Kin::Nickname if b.starts_with(a) => 93,
            Kin::Nickname => 92,
            Kin::Variant => 91,
            Kin::Short => 84,
        };
        return Some((weight, How::Kin(kin)));
    }
    let slipped = slipped(typed, theirs);
    let heard = if named { heard(typed, theirs) } else { None };
    let begun = begun(t, p);
    [slipped, heard, begun]
        .into_iter()
        .flatten()
        .max_by_key(|(weight, _)| *weight)
}

fn kin_of(typed: &Token, theirs: &Token) -> Option<Kin> {
    kin_of_classes(typed.classes, theirs.classes)
}

fn slipped(typed: &Token, theirs: &Token) -> Option<(u8, How)> {
    let mut best: Option<(u8, How)> = None;
    let differ = (typed.letters ^ theirs.letters).count_ones() as usize;
    for (n, a) in typed.word.forms().enumerate() {
        for (m, b) in theirs.word.forms().enumerate() {
            let most = allowed(a.len().min(b.len()), a.len().max(b.len()));
            // A slip changes at most two of the letters; those of the main form are known.
            let too_far = n == 0 && m == 0 && differ > 2 * most;
            if most == 0 || a.len().abs_diff(b.len()) > most || too_far {
                continue;
            }
            let Some(count) = slips(a, b, most) else {
                continue;
            };
            let found = weigh(a, b, count);
            if best.is_none_or(|(weight, _)| weight < found.0) {
                best = Some(found);
            }
        }
    }
    best
}

/// How many slips a word may have, by the lengths of the shorter and the longer one.
fn allowed(shorter: usize, longer: usize) -> usize {
    match shorter {
        0..=1 => 0,
        2 => usize::from(longer == 3),
        3..=5 => 1,
        6..=10 => 2,
        _ => 3,
    }
}

fn weigh(a: &str, b: &str, count: usize) -> (u8, How) {
    let length = a.len().min(b.len());
    let kind = if count == 1 {
        kind_of_slip(a, b)
    } else {
        Slip::Other
    };
    let mut weight = match (count, length) {
        (1, 0..=2) => 58,
        (1, 3) => 72,
        (1, 4) => 82,
        (1, 5..=6) => 86,
        (1, _) => 89,
        (2, 0..=6) => 62,
        (2, 7..=8) => 73,
        (2, _) => 79,
        _ => 66,
    };
    if kind != Slip::Other {
        weight += 2;
    }
    // The first letter is seldom wrong.
    if a.as_bytes()[0] != b.as_bytes()[0] && kind != Slip::Swapped {
        weight -= 6;
    }
    (weight, How::Slips(count as u8, kind))
}

fn heard(typed: &Token, theirs: &Token) -> Option<(u8, How)> {
    let (a, b) = (typed.sound.as_str(), theirs.sound.as_str());
    if a.is_empty() || b.is_empty() {
        return None;
    }
    if a == b {
        let weight = if a.len() > 2 { 86 } else { 74 };
        return Some((weight, How::Sound));
    }
    if typed.letters & theirs.letters == 0 {
        return None;
    }
    if typed.skeleton == theirs.skeleton && typed.skeleton.len() > 1 {
        let near = a.len() > 3 && slips(a, b, 1).is_some();
        let weight = match typed.skeleton.len() {
            2 => 52,
            _ if near => 76,
            _ => 66,
        };
        return Some((weight, How::Skeleton));
    }
    (a.len() > 4 && b.len() > 4 && slips(a, b, 1).is_some()).then_some((64, How::Skeleton))
}

fn begun(typed: &Word, theirs: &Word) -> Option<(u8, How)> {
    let mut best = None;
    for a in typed.forms() {
        for b in theirs.forms().filter(|b| b.len() > a.len()) {
            if a.as_bytes()[0] != b.as_bytes()[0] {
                continue;
            }
            let near = |end: usize| slips(a, &b[..end], 1).is_some();
            if b.starts_with(a) {
                let weight = 68 + (20 * a.len() / b.len()) as u8;
                best = best.max(Some((weight, true)));
            } else if a.len() > 3 && (near(a.len()) || near(a.len() + 1)) {
                best = best.max(Some((50, false)));
            }
        }
    }
    best.map(|(weight, whole)| (weight, if whole { How::Prefix } else { How::SlipPrefix }))
}
