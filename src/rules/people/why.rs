//! What speaks for a person, in words that a reader understands.

use super::nicknames::Kin;
use super::pair::How;
use super::person::{Field, Known, Typed};
use super::score::{Level, Scored};

/// Why a person is a candidate, most weighty first.
pub(super) fn why(typed: &Typed, person: &Known, scored: &Scored) -> Vec<String> {
    let mut all = Vec::new();
    match scored.level {
        Level::Address => all.push("is an address of this person".to_owned()),
        Level::Literal => all.push("is the name".to_owned()),
        Level::Folded => all.push("is the name, accents aside".to_owned()),
        Level::Turned => all.push("is the name in another order".to_owned()),
        Level::Loose => fits(typed, person, scored, &mut all),
    }
    if scored.conflict {
        all.push("is it the father or the son?".to_owned());
    }
    if person.mixed {
        all.push("the name mixes letters of several alphabets".to_owned());
    }
    all.extend(near(person));
    all
}

fn fits(typed: &Typed, person: &Known, scored: &Scored, all: &mut Vec<String>) {
    if scored.near_address.is_some() {
        all.push("nearly an address of this person".to_owned());
        return;
    }
    if scored.local {
        all.push("is what an address begins with".to_owned());
        return;
    }
    for fit in &scored.fits {
        let from = fit.typed.trailing_zeros() as usize;
        let to = fit.theirs.trailing_zeros() as usize;
        let word: String = (from..typed.tokens.len())
            .take_while(|t| fit.typed & (1 << t) != 0)
            .map(|t| typed.tokens[t].word.form.as_str())
            .collect();
        let theirs = &person.tokens[to];
        let form = theirs.word.form.as_str();
        let place = match theirs.field {
            Field::Name(0) => "name",
            Field::Name(_) => "nickname",
            Field::Organization => "organisation",
            Field::Local | Field::Domain => "address",
        };
        all.push(match fit.how {
            How::Same if theirs.field == Field::Name(0) => format!("`{word}` is in the name"),
            How::Same => format!("`{word}` is in the {place}"),
            How::Joined => format!("`{word}` is in the {place}, joined or apart"),
            How::Kin(Kin::Variant) => format!("`{word}` is `{form}` in another language"),
            How::Kin(_) => format!("`{word}` is short for `{form}`, or the other way round"),
            How::Sound | How::Skeleton => format!("`{word}` sounds like `{form}`"),
            How::Slips(1, _) => format!("`{word}` is 1 slip from `{form}`"),
            How::Slips(count, _) => format!("`{word}` is {count} slips from `{form}`"),
            How::Prefix => format!("`{form}` begins with `{word}`"),
            How::SlipPrefix => format!("`{form}` begins almost with `{word}`"),
            How::Initials => format!("`{word}` may be an initial"),
        });
    }
    if all.is_empty() {
        all.push("nearly the whole name, written as one word".to_owned());
    }
    if !scored.whole {
        all.push("not everything that was typed fits".to_owned());
    }
}

fn near(person: &Known) -> Option<String> {
    let times = |count: u32| match count {
        1 => "once".to_owned(),
        count => format!("{count} times"),
    };
    let affinity = person.affinity;
    match (affinity.sent, affinity.received) {
        (0, 0) => (!affinity.contact).then(|| "not a contact".to_owned()),
        (0, received) => Some(format!(
            "wrote to you {}, was never answered",
            times(received)
        )),
        (sent, _) => Some(format!("you wrote there {}", times(sent))),
    }
}
