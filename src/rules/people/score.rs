//! How well a person fits what was typed.

use super::distance::slips;
use super::fold::{Kind, Script};
use super::pair::{How, fit};
use super::person::{Field, Known, Token, Typed};

/// Least score that makes somebody a candidate.
pub const LEAST: u8 = 45;

/// How much of a name was typed, from little to all of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Something fits.
    #[default]
    Loose,
    /// Every word of one name was typed and nothing else, in some order.
    Turned,
    /// The same in the right order.
    Folded,
    /// Letter by letter, case aside.
    Literal,
    /// It is an address of the person.
    Address,
}

/// A typed word and what it fits.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fit {
    /// Bits of the typed words.
    pub typed: u16,
    /// Bits of the person's words.
    pub theirs: u64,
    pub weight: u8,
    pub how: How,
}

/// How well a person fits.
#[derive(Clone, Debug, Default)]
pub struct Scored {
    /// From 0 to 100.
    pub score: u8,
    /// Thousandths that the score leaves out, to tell two of one score apart.
    pub(super) rest: u8,
    pub level: Level,
    /// Every typed word fits something.
    pub whole: bool,
    pub(super) fits: Vec<Fit>,
    /// Which name it is about.
    pub(super) name: usize,
    /// All words of that name were typed, one way or another.
    pub(super) covered: bool,
    /// Father was typed and this is the son, or the other way round.
    pub(super) conflict: bool,
    /// The address fits but for some slips.
    pub(super) near_address: Option<usize>,
    /// The whole text is near the whole name, but its words are not.
    pub(super) blurred: bool,
    /// What was typed is what an address begins with.
    pub(super) local: bool,
}

impl Scored {
    /// Whether a name, nickname or address is what was typed; case, accents and order aside.
    pub fn is_exact(&self) -> bool {
        self.level > Level::Loose
    }
}

/// Says how well a person fits what was typed.
pub fn score(typed: &Typed, person: &Known) -> Scored {
    if let Some(address) = &typed.address {
        return by_address(address, person);
    }
    if typed.tokens.is_empty() {
        return Scored::default();
    }
    let fits = all_fits(typed, person);
    let mut best = Scored::default();
    for name in 0..person.names.len() {
        let scored = by_name(typed, person, name, &fits);
        let worth = |s: &Scored| (s.score, s.rest, s.level);
        if worth(&scored) > worth(&best) {
            best = scored;
        }
    }
    if person.names.is_empty() {
        best = assigned(typed, person, None, &fits);
    }
    by_local(typed, person, &mut best);
    best
}

fn by_address(typed: &str, person: &Known) -> Scored {
    let mut best = Scored::default();
    for address in &person.addresses {
        let (score, level) = if address == typed {
            (100, Level::Address)
        } else {
            (near_address(typed, address), Level::Loose)
        };
        if score > best.score {
            best = Scored {
                score,
                level,
                whole: true,
                near_address: (level == Level::Loose).then_some(1),
                ..Scored::default()
            };
        }
    }
    best
}

/// How near two addresses are, part by part.
fn near_address(typed: &str, theirs: &str) -> u8 {
    let (Some((local, domain)), Some((their_local, their_domain))) =
        (typed.rsplit_once('@'), theirs.rsplit_once('@'))
    else {
        return 0;
    };
    let most = |text: &str| match text.len() {
        0..=2 => 0,
        3..=5 => 1,
        _ => 2,
    };
    match (
        slips(local, their_local, most(local)),
        slips(domain, their_domain, most(domain)),
    ) {
        (Some(a), Some(b)) => (94 - 7 * (a + b).max(1)) as u8,
        _ => 0,
    }
}

/// What was typed may be all that stands before an `@`.
fn by_local(typed: &Typed, person: &Known, best: &mut Scored) {
    // One word of letters is a name before it is an address.
    if !typed
        .text
        .contains(|c: char| c.is_ascii_digit() || "._-+".contains(c))
    {
        return;
    }
    let small = typed.text.to_lowercase();
    let written = |address: &String| {
        address
            .rsplit_once('@')
            .is_some_and(|(local, _)| local == small)
    };
    if best.score < 98 && person.addresses.iter().any(written) {
        best.score = 98;
        best.whole = true;
        best.local = true;
    }
}

/// Every typed word against every word of the person.
fn all_fits(typed: &Typed, person: &Known) -> Vec<Fit> {
    let mut all = Vec::with_capacity(16);
    for (t, word) in typed.tokens.iter().enumerate() {
        for (p, theirs) in person.tokens.iter().enumerate() {
            if let Some((weight, how)) = fit(word, theirs) {
                all.push(Fit {
                    typed: 1 << t,
                    theirs: 1 << p,
                    weight: scaled(weight, theirs.field),
                    how,
                });
            }
        }
        for name in &person.names {
            runs(
                &person.tokens[name.range.clone()],
                &word.word.form,
                |from, count, how| {
                    all.push(Fit {
                        typed: 1 << t,
                        theirs: bits(name.range.start + from, count),
                        weight: if how == How::Joined { 96 } else { 70 },
                        how,
                    });
                },
            );
        }
    }
    if typed.tokens.len() > 1 {
        for (p, theirs) in person.tokens.iter().enumerate() {
            if theirs.field == Field::Domain {
                continue;
            }
            for form in theirs.word.forms() {
                runs(&typed.tokens, form, |from, count, how| {
                    if how == How::Joined {
                        all.push(Fit {
                            typed: bits(from, count) as u16,
                            theirs: 1 << p,
                            weight: scaled(96, theirs.field),
                            how,
                        });
                    }
                });
            }
        }
    }
    all.sort_by_key(|fit| std::cmp::Reverse(fit.weight));
    all
}

fn bits(from: usize, count: usize) -> u64 {
    ((1u64 << count) - 1) << from
}

/// Words beside the name say less.
fn scaled(weight: u8, field: Field) -> u8 {
    let percent = match field {
        Field::Name(_) => 100,
        Field::Local => 86,
        Field::Organization => 78,
        Field::Domain => 60,
    };
    (u16::from(weight) * percent / 100) as u8
}

/// Tells of each run of two or more words that `whole` is made of, or whose first letters it is.
fn runs(words: &[Token], whole: &str, mut found: impl FnMut(usize, usize, How)) {
    for from in 0..words.len().saturating_sub(1) {
        let mut rest = whole;
        for (count, token) in words[from..].iter().enumerate() {
            let Some(after) = token.word.forms().find_map(|form| rest.strip_prefix(form)) else {
                break;
            };
            rest = after;
            if rest.is_empty() {
                if count > 0 {
                    found(from, count + 1, How::Joined);
                }
                break;
            }
        }
        if (2..=4).contains(&whole.len()) && words.len() >= from + whole.len() {
            let firsts = words[from..].iter().map(|t| t.word.form.as_bytes()[0]);
            if firsts.zip(whole.bytes()).all(|(a, b)| a == b) {
                found(from, whole.len(), How::Initials);
            }
        }
    }
}

/// How well one of the names fits, with what else is known of the person.
fn by_name(typed: &Typed, person: &Known, name: usize, fits: &[Fit]) -> Scored {
    let mut scored = assigned(typed, person, Some(name), fits);
    let theirs = &person.names[name];
    if scored.level == Level::Loose
        && typed.joined.len() > 6
        && (typed.letters ^ theirs.letters).count_ones() < 5
        && let Some(count) = slips(
            &typed.joined,
            &theirs.joined,
            if typed.joined.len() > 9 { 2 } else { 1 },
        )
    {
        let score = 92 - 6 * count as u8;
        if score > scored.score {
            scored.score = score;
            scored.whole = true;
            scored.blurred = true;
        }
    }
    if typed.plain == theirs.plain && scored.level > Level::Loose {
        scored.level = Level::Literal;
    }
    scored.conflict = typed.suffix.is_some() && typed.suffix != theirs.suffix;
    if scored.conflict {
        let worse = if theirs.suffix.is_some() { 25 } else { 5 };
        scored.score = scored.score.saturating_sub(worse);
        scored.level = Level::Loose;
    } else if typed.suffix.is_none() && theirs.suffix.is_some() {
        scored.score = scored.score.saturating_sub(4);
        scored.level = Level::Loose;
    }
    scored
}

/// Gives each typed word the word it fits best, and sums up.
fn assigned(typed: &Typed, person: &Known, name: Option<usize>, fits: &[Fit]) -> Scored {
    let usable = usable(person, name);
    let (mut used, mut theirs) = (0u16, 0u64);
    let mut scored = Scored {
        name: name.unwrap_or(0),
        ..Scored::default()
    };
    for fit in fits {
        if fit.typed & used == 0 && fit.theirs & theirs == 0 && fit.theirs & !usable == 0 {
            used |= fit.typed;
            theirs |= fit.theirs;
            scored.fits.push(*fit);
        }
    }
    let (mut sum, mut of) = (0u32, 0u32);
    scored.whole = true;
    for (t, token) in typed.tokens.iter().enumerate() {
        let importance = importance(token);
        of += importance;
        match scored.fits.iter().find(|fit| fit.typed & (1 << t) != 0) {
            Some(fit) => sum += importance * u32::from(fit.weight),
            None => scored.whole &= token.word.kind == Kind::Particle && typed.tokens.len() > 1,
        }
    }
    let mut score = sum.checked_div(of).unwrap_or(0);
    scored.rest = (sum * 100).checked_div(of).map_or(0, |exact| exact % 100) as u8;
    if let Some(name) = name {
        let range = person.names[name].range.clone();
        let missing = range
            .clone()
            .filter(|&p| theirs & (1 << p) == 0 && person.tokens[p].word.kind == Kind::Name)
            .count();
        scored.covered = missing == 0;
        // One who has the typed words and nothing else comes before one who has more.
        score = score.saturating_sub((3 * missing.min(2)) as u32);
        scored.level = level(typed, person, &scored, range);
        if scored.level == Level::Loose && in_order(typed, &scored.fits) {
            score = (score + 1).min(99);
        }
    }
    scored.score = score.min(100) as u8;
    scored
}

/// The words that may be used with a name: its own, nicknames of one word, and those beside names.
fn usable(person: &Known, name: Option<usize>) -> u64 {
    let mut usable = 0;
    for (p, token) in person.tokens.iter().enumerate() {
        let may = match token.field {
            Field::Name(of) => {
                let of = usize::from(of);
                name == Some(of) || (of > 0 && person.names[of].range.len() == 1)
            }
            _ => true,
        };
        if may {
            usable |= 1 << p;
        }
    }
    usable
}

fn importance(token: &Token) -> u32 {
    match token.word.kind {
        Kind::Particle => 1,
        _ => 3 + token.word.form.len().min(7) as u32,
    }
}

/// Whether all words of the name were typed and nothing else.
fn level(typed: &Typed, person: &Known, scored: &Scored, range: std::ops::Range<usize>) -> Level {
    let own = bits(range.start, range.len());
    let same = scored
        .fits
        .iter()
        .all(|fit| matches!(fit.how, How::Same | How::Joined));
    let typed_all = scored.fits.iter().fold(0, |all, fit| all | fit.typed);
    let theirs = scored.fits.iter().fold(0, |all, fit| all | fit.theirs);
    if !same || theirs != own || u64::from(typed_all) != bits(0, typed.tokens.len()) {
        return Level::Loose;
    }
    if typed
        .tokens
        .iter()
        .any(|t| t.word.script == Script::Syllables)
    {
        // Many ideographs sound alike: only the same ones are the same name.
        let together = |text: &str| text.replace(' ', "");
        if together(&typed.plain) != together(&person.names[scored.name].plain) {
            return Level::Loose;
        }
    }
    match in_order(typed, &scored.fits) {
        true => Level::Folded,
        false => Level::Turned,
    }
}

fn in_order(typed: &Typed, fits: &[Fit]) -> bool {
    let mut last = 0;
    (0..typed.tokens.len()).all(
        |t| match fits.iter().find(|fit| fit.typed & (1 << t) != 0) {
            Some(fit) => {
                let ok = fit.theirs.trailing_zeros() >= last;
                last = fit.theirs.trailing_zeros();
                ok
            }
            None => true,
        },
    )
}
