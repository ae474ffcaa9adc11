//! Who comes first, and whether that one is meant beyond doubt.
//!
//! Whoever is chosen silently gets a message: a doubt costs a question, a mistake costs more. So a single slip is
//! forgiven only where it is one that fingers make and no other name, and nobody else is near; a person the owner has
//! never had to do with is never chosen by name, nor stands in the way of one he knows.

use std::cmp::Reverse;

use crate::model::contact::Verdict;

use super::distance::Slip;
use super::fold::{Kind, Script};
use super::nicknames::{Kin, is_known, is_only_short};
use super::pair::How;
use super::person::{Field, Known, Typed};
use super::score::{LEAST, Level, Scored, score};
use super::why::why;

/// One of those who may be meant.
#[derive(Clone, Debug)]
pub struct Ranked {
    /// Which one of the people asked about.
    pub at: usize,
    pub scored: Scored,
}

/// Those who may be meant, the likeliest first.
#[derive(Clone, Debug)]
pub struct Ranking {
    pub verdict: Verdict,
    pub order: Vec<Ranked>,
}

impl Ranking {
    /// What speaks for the candidate of this place, most weighty first.
    pub fn why(&self, place: usize, typed: &Typed, people: &[Known]) -> Vec<String> {
        let ranked = &self.order[place];
        why(typed, &people[ranked.at], &ranked.scored)
    }
}

/// Says who of these people may be meant and whether one certainly is.
///
/// The people must be all who come near what was typed: a verdict holds only among them.
pub fn rank(typed: &Typed, people: &[Known]) -> Ranking {
    let mut order: Vec<Ranked> = people
        .iter()
        .enumerate()
        .map(|(at, person)| Ranked {
            at,
            scored: score(typed, person),
        })
        .filter(|ranked| ranked.scored.score >= LEAST)
        .collect();
    order.sort_by_key(|ranked| {
        (
            Reverse(place(&ranked.scored, &people[ranked.at])),
            ranked.at,
        )
    });
    let verdict = match order.first() {
        None => Verdict::Nobody,
        Some(first) if is_clear(typed, first, &order, people) => Verdict::Clear,
        Some(_) => Verdict::Several,
    };
    Ranking { verdict, order }
}

/// The name first, then how near they are to the owner.
fn place(scored: &Scored, person: &Known) -> i32 {
    let level = match scored.level {
        Level::Loose => 0,
        Level::Turned => 300,
        Level::Folded => 500,
        Level::Literal => 700,
        Level::Address => 900,
    };
    let doubtful = !person.affinity.is_known() || person.mixed;
    let stranger = match scored.level {
        Level::Address => 0,
        _ if !doubtful => 0,
        Level::Loose => 20_000,
        _ => 9_000,
    };
    i32::from(scored.score) * 1_000 + i32::from(scored.rest) * 10 + level + person.affinity.weight()
        - stranger
}

fn is_clear(typed: &Typed, first: &Ranked, order: &[Ranked], people: &[Known]) -> bool {
    let person = &people[first.at];
    let scored = &first.scored;
    if scored.level == Level::Address {
        return alone(first, order, |other| other.scored.level == Level::Address);
    }
    let stands = |ranked: &Ranked| {
        let person = &people[ranked.at];
        person.affinity.is_known() && !person.mixed
    };
    if typed.address.is_some() || typed.mixed || typed.cut || scored.conflict || !stands(first) {
        return false;
    }
    if scored.is_exact() {
        let rival = |other: &Ranked| {
            stands(other)
                && (other.scored.level >= least_rival(typed, scored.level)
                    || (typed.tokens.len() == 1 && bears(other, &people[other.at], false)))
        };
        return says_something(typed, person, scored) && alone(first, order, rival);
    }
    let Some(evidence) = evidence(typed, person, scored) else {
        return false;
    };
    let rival = |other: &Ranked| match evidence {
        // A stranger whose name is letter by letter what was typed is reason to ask.
        Evidence::Likeness => {
            other.scored.is_exact()
                || (stands(other) && other.scored.whole && other.scored.score + 25 > scored.score)
        }
        Evidence::Words => stands(other) && other.scored.whole && other.scored.score > 60,
        Evidence::Given => stands(other) && bears(other, &people[other.at], true),
        Evidence::Family => stands(other) && other.scored.whole && other.scored.score > 50,
    };
    alone(first, order, rival)
}

fn alone(first: &Ranked, order: &[Ranked], rival: impl Fn(&Ranked) -> bool) -> bool {
    !order
        .iter()
        .any(|other| other.at != first.at && rival(other))
}

/// How exact another must be to be meant as well.
fn least_rival(typed: &Typed, level: Level) -> Level {
    match level {
        // Who types no accents may have meant the one that has them.
        Level::Literal if !typed.ascii => Level::Literal,
        Level::Literal | Level::Folded if !typed.turned => Level::Folded,
        _ => Level::Turned,
    }
}

/// Why somebody whose whole name was not typed may still be beyond doubt.
#[derive(Clone, Copy)]
enum Evidence {
    /// The whole name but for one slip, a nickname or another alphabet.
    Likeness,
    /// Several whole words of a longer name.
    Words,
    /// One whole word: what a contact is called.
    Given,
    /// One whole word: another one of a contact's name.
    Family,
}

fn evidence(typed: &Typed, person: &Known, scored: &Scored) -> Option<Evidence> {
    if !scored.whole
        || scored.blurred
        || scored.local
        || scored.near_address.is_some()
        || person.names.is_empty()
    {
        return None;
    }
    if typed
        .tokens
        .iter()
        .any(|t| t.word.script == Script::Syllables)
    {
        return None;
    }
    let in_names = scored.fits.iter().all(|fit| {
        matches!(
            person.tokens[fit.theirs.trailing_zeros() as usize].field,
            Field::Name(_)
        )
    });
    if !in_names || scored.fits.is_empty() {
        return None;
    }
    let same = scored
        .fits
        .iter()
        .all(|fit| matches!(fit.how, How::Same | How::Joined));
    let names = typed
        .tokens
        .iter()
        .filter(|t| t.word.kind == Kind::Name)
        .count();
    let theirs = scored.fits.iter().fold(0, |all, fit| all | fit.theirs);
    let name = &person.names[scored.name].range;
    let given = name.start;
    if typed.tokens.len() == 1 {
        let called = theirs & (1 << given) != 0;
        let fits = same && names == 1 && person.affinity.contact && typed.joined.len() > 1;
        return fits.then_some(if called {
            Evidence::Given
        } else {
            Evidence::Family
        });
    }
    if names < 2 {
        return None;
    }
    if same {
        // John Smith is not John Smith-Jones; Mary Jones may be Mary Ann Jones.
        let ends = (1u64 << given) | (1u64 << (name.end - 1));
        return (theirs & ends == ends).then_some(Evidence::Words);
    }
    (scored.covered && likely(typed, person, scored)).then_some(Evidence::Likeness)
}

/// Whether what differs is one thing that leaves no doubt.
fn likely(typed: &Typed, person: &Known, scored: &Scored) -> bool {
    let mut odd = 0;
    for fit in &scored.fits {
        let their = &person.tokens[fit.theirs.trailing_zeros() as usize].word;
        let word = &typed.tokens[fit.typed.trailing_zeros() as usize].word;
        match fit.how {
            How::Same | How::Joined => {}
            How::Sound if their.script == Script::Other && word.script == Script::Latin => {}
            How::Sound if word.script == Script::Other && their.script == Script::Latin => {}
            How::Kin(Kin::Nickname) if is_only_short(&word.form, &their.form) => odd += 1,
            How::Slips(1, slip) if is_of_fingers(&word.form, &their.form, slip) => odd += 1,
            _ => return false,
        }
    }
    odd < 2
}

/// Whether fingers slipped, rather than another name was meant: Hofmann is not Hoffmann, nor Thiel Theil.
fn is_of_fingers(typed: &str, meant: &str, slip: Slip) -> bool {
    if is_known(typed) || typed.len() != meant.len() {
        return false;
    }
    let differs = |at: &usize| typed.as_bytes()[*at] != meant.as_bytes()[*at];
    let Some(at) = (0..typed.len()).find(differs) else {
        return false;
    };
    match slip {
        Slip::Swapped => typed.len() > 4 && !matches!(&typed[at..at + 2], "ei" | "ie"),
        Slip::Neighbour => typed.len() > 5 && at + 1 < typed.len(),
        _ => false,
    }
}

/// Whether the single typed word is a word of this person's name, or one by which bearers of the name are called.
fn bears(other: &Ranked, person: &Known, called: bool) -> bool {
    other.scored.is_exact()
        || other.scored.fits.iter().any(|fit| {
            let field = person.tokens[fit.theirs.trailing_zeros() as usize].field;
            let same = fit.how == How::Same || (called && matches!(fit.how, How::Kin(_)));
            matches!(field, Field::Name(_)) && same
        })
}

/// Whether it is more than a particle or a letter.
fn says_something(typed: &Typed, person: &Known, scored: &Scored) -> bool {
    typed.joined.len() > 1
        && person
            .words_of(scored.name)
            .iter()
            .any(|t| t.word.kind == Kind::Name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::people::person::{Affinity, Person};

    fn person(name: &str, affinity: Affinity) -> Person {
        Person {
            name: name.to_owned(),
            affinity,
            ..Person::default()
        }
    }

    fn contact(name: &str) -> Person {
        let contact = true;
        person(
            name,
            Affinity {
                contact,
                ..Affinity::default()
            },
        )
    }

    /// Wrote a thousand times, lately, and was never answered.
    fn stranger(name: &str) -> Person {
        let affinity = Affinity {
            received: 1_000,
            days: Some(0),
            ..Affinity::default()
        };
        person(name, affinity)
    }

    fn asked(typed: &str, people: &[Person]) -> (Verdict, Option<String>) {
        let known: Vec<Known> = people.iter().map(Known::new).collect();
        let ranking = rank(&Typed::new(typed), &known);
        let first = ranking.order.first().map(|r| people[r.at].name.clone());
        (ranking.verdict, first)
    }

    #[test]
    fn who_only_wrote_stands_in_nobodys_way_and_is_never_chosen() {
        let people = [stranger("Ada"), stranger("Ada King"), contact("Ada King")];
        assert_eq!(
            asked("Ada King", &people),
            (Verdict::Clear, Some("Ada King".into()))
        );
        let known: Vec<Known> = people.iter().map(Known::new).collect();
        assert_eq!(rank(&Typed::new("Ada King"), &known).order[0].at, 2);
        assert_eq!(rank(&Typed::new("Ada"), &known).order[0].at, 2);
        assert_eq!(asked("Ada", &people).0, Verdict::Clear);
        let people = [stranger("Ada Lovelace"), contact("Ada King")];
        assert_eq!(asked("Ada Lovelace", &people).0, Verdict::Several);
        assert_eq!(
            asked("Your Bank", &[stranger("Your Bank")]).0,
            Verdict::Several
        );
    }

    #[test]
    fn however_often_one_writes_a_near_name_stays_near() {
        let dear = Affinity {
            contact: true,
            sent: 5_000,
            received: 5_000,
            days: Some(0),
        };
        let people = [person("John Smith", dear), contact("Jon Smith")];
        assert_eq!(asked("Jhn Smith", &people).0, Verdict::Several);
        assert_eq!(
            asked("Jon Smith", &people),
            (Verdict::Clear, Some("Jon Smith".into()))
        );
        assert_eq!(asked("Joan Smith", &people).0, Verdict::Several);
        assert_eq!(asked("Smith", &people).0, Verdict::Several);
        assert_eq!(
            asked("Peter Hofmann", &[person("Peter Hoffmann", dear)]).0,
            Verdict::Several
        );
        assert_eq!(
            asked("Lisa Taylor", &[person("Elizabeth Taylor", dear)]).0,
            Verdict::Several
        );
        assert_eq!(
            asked("Juan Smith", &[person("John Smith", dear)]).0,
            Verdict::Several
        );
    }

    #[test]
    fn a_slip_of_the_fingers_is_forgiven_where_nobody_else_is_near() {
        let people = [contact("Richard Hendricks"), contact("Zoe Smith")];
        assert_eq!(asked("Richadr Hendricks", &people).0, Verdict::Clear);
        assert_eq!(asked("Zoe Smiht", &people).0, Verdict::Clear);
        assert_eq!(asked("Zoe Smith Jones", &people).0, Verdict::Several);
        assert_eq!(asked("Richard H", &people).0, Verdict::Several);
        assert_eq!(
            asked("John Smith", &[contact("John Smith-Jones")]).0,
            Verdict::Several
        );
        assert_eq!(
            asked("Mary Jones", &[contact("Mary Ann Jones")]).0,
            Verdict::Clear
        );
    }

    #[test]
    fn namesakes_are_asked_about() {
        let twins = [contact("Chris Miller"), contact("Chris Miller")];
        assert_eq!(asked("Chris Miller", &twins).0, Verdict::Several);
        let people = [contact("William Turner Jr."), contact("William Turner")];
        assert_eq!(
            asked("William Turner", &people),
            (Verdict::Clear, Some("William Turner".into()))
        );
        assert_eq!(asked("Bill Turner", &people).0, Verdict::Several);
        assert_eq!(
            asked("William Turner Sr.", &people[..1]).0,
            Verdict::Several
        );
        let known = [
            contact("Ada King"),
            person(
                "Ada King",
                Affinity {
                    sent: 3,
                    ..Affinity::default()
                },
            ),
        ];
        assert_eq!(asked("Ada King", &known).0, Verdict::Several);
        assert_eq!(
            asked("Ada", &[contact("Ada King"), contact("Ada Byron")]).0,
            Verdict::Several
        );
        assert_eq!(asked("王伟", &[contact("王薇")]).0, Verdict::Several);
    }

    #[test]
    fn forged_letters_and_names_choose_nobody() {
        let forged = person(
            "\u{410}da King",
            Affinity {
                sent: 9,
                ..Affinity::default()
            },
        );
        assert_eq!(
            asked("Ada King", std::slice::from_ref(&forged)).0,
            Verdict::Several
        );
        assert_eq!(
            asked("Ada King", &[forged, contact("Ada King")]).0,
            Verdict::Clear
        );
        assert_eq!(
            asked("\u{410}da King", &[contact("Ada King")]).0,
            Verdict::Several
        );
        assert_eq!(
            asked("\u{200b}\u{2060}", &[contact("\u{200b}"), contact("")]).0,
            Verdict::Nobody
        );
        for nothing in ["", " ", "...", "Dr.", "Jr.", "@", "🙂"] {
            assert_eq!(
                asked(nothing, &[contact("Ada King"), contact("🙂")]).0,
                Verdict::Nobody,
                "{nothing}"
            );
        }
        for little in ["a", "van", "de", "k"] {
            assert_ne!(
                asked(little, &[contact("Ada van King")]).0,
                Verdict::Clear,
                "{little}"
            );
        }
    }

    #[test]
    fn a_nickname_or_mailbox_of_another_does_not_take_a_name() {
        let mut eve = contact("Eve Jones");
        eve.nicknames = vec!["Ada".into()];
        assert_eq!(
            asked("Ada", &[eve, contact("Ada King")]).0,
            Verdict::Several
        );
        let mut eve = contact("Eve Jones");
        eve.addresses = vec!["ada@shared.example".into()];
        assert_eq!(
            asked("Ada", &[eve, contact("Ada King")]),
            (Verdict::Clear, Some("Ada King".into()))
        );
    }

    #[test]
    fn an_address_in_a_name_is_nobodys() {
        let mut ada = contact("Ada King");
        ada.addresses = vec!["ada@example.com".into()];
        let mut thief = person(
            "ada@example.com",
            Affinity {
                sent: 1,
                ..Affinity::default()
            },
        );
        thief.addresses = vec!["thief@evil.example".into()];
        let people = [thief, ada];
        assert_eq!(
            asked("ada@example.com", &people),
            (Verdict::Clear, Some("Ada King".into()))
        );
        assert_eq!(
            asked("ada@exmaple.com", &people),
            (Verdict::Several, Some("Ada King".into()))
        );
        assert_ne!(asked("ada@example.com", &people[..1]).0, Verdict::Clear);
    }

    proptest::proptest! {
        #[test]
        fn no_text_and_no_name_break_it(typed in "\\PC{0,40}", name in "\\PC{0,60}", mail in "\\PC{0,20}@\\PC{0,20}") {
            let mut one = contact(&name);
            one.nicknames = vec![typed.clone(), mail.clone()];
            one.addresses = vec![mail.clone()];
            for typed in [typed.as_str(), &mail, &name] {
                asked(typed, std::slice::from_ref(&one));
            }
        }

        #[test]
        fn case_says_nothing(typed in "[a-zà-öø-þ' .-]{0,24}", name in "[a-zà-öø-þ' .-]{0,24}") {
            let known = Known::new(&contact(&name));
            let (small, large) = (Typed::new(&typed), Typed::new(&typed.to_uppercase()));
            let (a, b) = (score(&small, &known), score(&large, &known));
            proptest::prop_assert_eq!((a.score, a.level), (b.score, b.level));
        }

        #[test]
        fn a_contact_of_two_words_or_more_is_found_by_the_whole_name(name in "[A-Z][a-z]{2,9} [A-Z][a-z]{2,9}") {
            let (verdict, first) = asked(&name, &[contact("Xq Zwv"), contact(&name)]);
            proptest::prop_assert_eq!((verdict, first), (Verdict::Clear, Some(name)));
        }
    }

    #[test]
    fn a_hostile_person_costs_little() {
        let mut hostile = contact(&"Ada ".repeat(300_000));
        hostile.nicknames = vec!["é".repeat(1_000_000); 50];
        hostile.addresses = vec![format!("{}@example.com", "a.".repeat(100_000)); 50];
        let text = "ada ".repeat(300_000);
        assert_ne!(asked(&text, &[hostile]).0, Verdict::Clear);
    }
}
