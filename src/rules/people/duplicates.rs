//! Which cards are likely one person.
//!
//! Cards are compared only where they share a key (an address, a name, a sound at one organisation), so that the work
//! grows with their number and not with its square.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::hash::Hash;

use crate::model::contact::{AddressKind, Card};
use crate::rules::contact::key_of;
use crate::rules::contact::taken::two_birthdays;

use super::domains::{is_a_role, is_everybodys};
use super::person::{Affinity, Known, Person, Typed};
use super::score::score;

/// From here on a pair is worth showing.
const SHOWN: u8 = 50;
/// From here on the two are one person, but for a mistake of the owner's.
pub const CERTAIN: u8 = 95;
/// Most cards of one key of which each is compared with each.
const CROWD: usize = 24;
/// Most cards that share an address without its being the address of a household or an office.
const HOUSEHOLD: usize = 3;

/// Two cards that are likely one person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    /// Places among the cards; the first is the smaller one.
    pub first: usize,
    pub second: usize,
    /// From 50 to 100.
    pub confidence: u8,
    /// What speaks for it and against it, most weighty first.
    pub why: Vec<String>,
}

impl Pair {
    pub fn is_certain(&self) -> bool {
        self.confidence >= CERTAIN
    }
}

/// The pairs that are likely one person, the likeliest first.
pub fn duplicates(cards: &[Card]) -> Vec<Pair> {
    let marks: Vec<Marks> = cards.iter().map(Marks::new).collect();
    let shared = crowds(&marks);
    let mut pairs: Vec<Pair> = candidates(&marks)
        .into_iter()
        .filter_map(|(a, b)| {
            compared(
                (a, &cards[a], &marks[a]),
                (b, &cards[b], &marks[b]),
                &shared,
            )
        })
        .collect();
    doubt_links(&mut pairs);
    pairs.sort_by_key(|pair| (std::cmp::Reverse(pair.confidence), pair.first, pair.second));
    pairs
}

/// Takes certainty from pairs of which one is certain to be a third card that the other is not: "J. Doe" may be Jane or
/// John, and must not make one person of the two.
fn doubt_links(pairs: &mut [Pair]) {
    let mut same: HashMap<usize, BTreeSet<usize>> = HashMap::new();
    for pair in pairs.iter().filter(|pair| pair.is_certain()) {
        let both = [pair.first, pair.second];
        for card in both {
            same.entry(card).or_default().extend(both);
        }
    }
    for pair in pairs.iter_mut().filter(|pair| pair.is_certain()) {
        if same[&pair.first] != same[&pair.second] {
            pair.confidence = CERTAIN - 1;
            pair.why
                .push("one of them may as well be another contact".to_owned());
        }
    }
}

/// What of a card is compared.
struct Marks {
    known: Known,
    /// The words of the name, sorted: order says nothing.
    name: String,
    /// How they sound.
    sounds: Vec<String>,
    organization: String,
    /// Domains of addresses that are not everybody's.
    domains: Vec<String>,
    addresses: Vec<(AddressKind, String)>,
}

impl Marks {
    fn new(card: &Card) -> Marks {
        let known = Known::new(&Person {
            organization: None,
            ..Person::of(card, Affinity::default())
        });
        let words = if known.names.is_empty() {
            &[]
        } else {
            known.words_of(0)
        };
        let mut forms: Vec<&str> = words.iter().map(|t| t.word.form.as_str()).collect();
        forms.sort_unstable();
        let organization = card
            .organization
            .as_deref()
            .map(super::fold::plain)
            .unwrap_or_default();
        let addresses: Vec<(AddressKind, String)> =
            card.addresses.iter().map(|a| (a.kind, key_of(a))).collect();
        let domains = addresses
            .iter()
            .filter(|(kind, _)| *kind == AddressKind::Email)
            .filter_map(|(_, address)| Some(address.rsplit_once('@')?.1.to_owned()))
            .filter(|domain| !is_everybodys(domain))
            .collect();
        Marks {
            name: forms.join(" "),
            sounds: words
                .iter()
                .map(|t| t.skeleton.clone())
                .filter(|s| s.len() > 1)
                .collect(),
            organization,
            domains,
            addresses,
            known,
        }
    }

    fn suffix(&self) -> Option<&'static str> {
        self.known.names.first().and_then(|name| name.suffix)
    }
}

/// Cards to compare: neighbours under some key.
fn candidates(marks: &[Marks]) -> HashSet<(usize, usize)> {
    let mut pairs = HashSet::new();
    gather(&mut pairs, marks, |m| {
        m.addresses
            .iter()
            .map(|(_, address)| address.clone())
            .collect()
    });
    gather(&mut pairs, marks, |m| {
        Vec::from_iter(Some(m.name.clone()).filter(|name| !name.is_empty()))
    });
    gather(&mut pairs, marks, |m| {
        let places = m.domains.iter().chain(Some(&m.organization));
        let places = places.filter(|place| !place.is_empty());
        places
            .flat_map(|place| {
                m.sounds
                    .iter()
                    .map(move |sound| format!("{sound}\n{place}"))
            })
            .collect()
    });
    gather(&mut pairs, marks, |m| {
        let mut sounds = m.sounds.clone();
        sounds.sort_unstable();
        Vec::from_iter((sounds.len() > 1).then(|| sounds.join(" ")))
    });
    pairs
}

fn gather<K: Hash + Eq>(
    pairs: &mut HashSet<(usize, usize)>,
    marks: &[Marks],
    keys: impl Fn(&Marks) -> Vec<K>,
) {
    let mut by_key: HashMap<K, Vec<usize>> = HashMap::new();
    for (at, mark) in marks.iter().enumerate() {
        for key in keys(mark) {
            let cards = by_key.entry(key).or_default();
            if cards.last() != Some(&at) {
                cards.push(at);
            }
        }
    }
    for cards in by_key.values() {
        for (n, &a) in cards.iter().enumerate() {
            // In a crowd only with the next one: thousands of one name are not thousands of duplicates of each.
            let reach = if cards.len() > CROWD { 1 } else { cards.len() };
            pairs.extend(cards[n + 1..].iter().take(reach).map(|&b| (a, b)));
        }
    }
}

/// How many cards have an address.
fn crowds(marks: &[Marks]) -> HashMap<&str, usize> {
    let mut crowds: HashMap<&str, usize> = HashMap::new();
    for mark in marks {
        let own: HashSet<&str> = mark
            .addresses
            .iter()
            .map(|(_, address)| address.as_str())
            .collect();
        for address in own {
            *crowds.entry(address).or_default() += 1;
        }
    }
    crowds
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Names {
    Same,
    Near,
    /// One of them has none.
    Missing,
    Different,
}

fn names(a: &Marks, b: &Marks) -> Names {
    if a.name.is_empty() || b.name.is_empty() {
        return Names::Missing;
    }
    if a.name == b.name {
        return Names::Same;
    }
    let fits = |one: &Marks, other: &Marks| {
        let typed = Typed::new(&one.known.names[0].plain);
        let scored = score(&typed, &other.known);
        (scored.whole, scored.score)
    };
    match (fits(a, b), fits(b, a)) {
        ((true, 96..), (true, 96..)) => Names::Same,
        ((true, 80..), _) | (_, (true, 80..)) => Names::Near,
        _ => Names::Different,
    }
}

fn compared(
    (first, card, a): (usize, &Card, &Marks),
    (second, other, b): (usize, &Card, &Marks),
    crowds: &HashMap<&str, usize>,
) -> Option<Pair> {
    let mut evidence = evidence((card, a), (other, b), crowds);
    evidence.sort_by_key(|(weight, _)| std::cmp::Reverse(*weight));
    let doubts = doubts((card, a), (other, b));
    let most = doubts.iter().map(|(most, _)| *most).min().unwrap_or(100);
    let confidence = evidence.first()?.0.min(most);
    let why = evidence.into_iter().chain(doubts).map(|(_, text)| text);
    (confidence >= SHOWN).then(|| Pair {
        first,
        second,
        confidence,
        why: why.collect(),
    })
}

/// What says that the two are one, and how much.
fn evidence(
    (card, a): (&Card, &Marks),
    (other, b): (&Card, &Marks),
    crowds: &HashMap<&str, usize>,
) -> Vec<(u8, String)> {
    let names = names(a, b);
    let mut all = Vec::new();
    for (kind, address) in a
        .addresses
        .iter()
        .filter(|address| b.addresses.contains(address))
    {
        let many = crowds.get(address.as_str()).copied().unwrap_or(0) > HOUSEHOLD;
        all.push(shared(*kind, address, names, many));
    }
    let same_place = !a.organization.is_empty() && a.organization == b.organization;
    let domain = a.domains.iter().find(|domain| b.domains.contains(domain));
    let apart = !a.organization.is_empty() && !b.organization.is_empty() && !same_place;
    let place = card.organization.as_deref().unwrap_or_default();
    match names {
        Names::Same => {
            let bare = card.addresses.is_empty() || other.addresses.is_empty();
            let weight = match (apart, bare) {
                (true, _) => 40,
                (false, true) => 72,
                (false, false) => 58,
            };
            all.push((weight, "the same name".to_owned()));
            if same_place {
                all.push((85, format!("both at {place}")));
            }
            if let Some(domain) = domain {
                all.push((82, format!("both have an address at {domain}")));
            }
        }
        Names::Near if same_place => {
            all.push((62, format!("nearly the same name, both at {place}")))
        }
        Names::Near => match domain {
            Some(domain) => all.push((62, format!("nearly the same name, both at {domain}"))),
            None => all.push((40, "nearly the same name".to_owned())),
        },
        Names::Missing | Names::Different => {}
    }
    all
}

/// What says that they are two, and how sure one may be at most.
fn doubts((card, a): (&Card, &Marks), (other, b): (&Card, &Marks)) -> Vec<(u8, String)> {
    let mut all = Vec::new();
    if a.suffix() != b.suffix() {
        all.push((52, "they may be father and son".to_owned()));
    }
    if two_birthdays(card, other) {
        all.push((55, "not the same birthday".to_owned()));
    }
    if a.known.mixed != b.known.mixed {
        all.push((60, "one name mixes letters of several alphabets".to_owned()));
    }
    all
}

/// What it says that both have an address.
fn shared(kind: AddressKind, address: &str, names: Names, many: bool) -> (u8, String) {
    let role = kind == AddressKind::Email && is_a_role(address);
    let what = match kind {
        AddressKind::Phone | AddressKind::Whatsapp => "number",
        _ => "address",
    };
    if many || role {
        // An office, a family: it says little more than the names do.
        let weight = match names {
            Names::Same => 88,
            Names::Near => 60,
            _ => 0,
        };
        return (
            weight,
            format!("both have the {what} {address}, as others may"),
        );
    }
    let weight = match (kind, names) {
        (_, Names::Same) => 98,
        (AddressKind::Phone | AddressKind::Whatsapp, Names::Near) => 82,
        (AddressKind::Phone | AddressKind::Whatsapp, Names::Missing) => 80,
        // Spouses share a phone, and a mailbox at times.
        (AddressKind::Phone | AddressKind::Whatsapp, Names::Different) => 50,
        (AddressKind::Email, Names::Near) => 95,
        (AddressKind::Email, Names::Missing) => 96,
        (AddressKind::Email, Names::Different) => 58,
        (AddressKind::Slack | AddressKind::Chat, Names::Near | Names::Missing) => 97,
        (AddressKind::Slack | AddressKind::Chat, Names::Different) => 80,
    };
    (weight, format!("both have the {what} {address}"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::model::contact::ContactAddress;

    /// Cards that belong together by certain pairs.
    fn groups(pairs: &[Pair]) -> Vec<Vec<usize>> {
        let mut same: HashMap<usize, BTreeSet<usize>> = HashMap::new();
        for pair in pairs.iter().filter(|pair| pair.is_certain()) {
            for card in [pair.first, pair.second] {
                same.entry(card)
                    .or_default()
                    .extend([pair.first, pair.second]);
            }
        }
        let groups: BTreeSet<BTreeSet<usize>> = same.into_values().collect();
        groups
            .into_iter()
            .map(|group| group.into_iter().collect())
            .collect()
    }

    fn card(name: &str, organization: &str, addresses: &[&str]) -> Card {
        let address = |value: &&str| ContactAddress {
            kind: if value.contains('@') {
                AddressKind::Email
            } else {
                AddressKind::Phone
            },
            value: (*value).to_owned(),
            ..ContactAddress::default()
        };
        Card {
            name: name.to_owned(),
            organization: Some(organization.to_owned()).filter(|o| !o.is_empty()),
            addresses: addresses.iter().map(address).collect(),
            ..Card::default()
        }
    }

    fn confidence(a: Card, b: Card) -> u8 {
        duplicates(&[a, b])
            .first()
            .map_or(0, |pair| pair.confidence)
    }

    #[test]
    fn one_person_on_two_cards_is_found() {
        let ada = || card("Ada King", "", &["ada@example.com"]);
        assert!(confidence(ada(), card("King, Ada", "", &["ADA@example.com"])) >= CERTAIN);
        assert!(confidence(ada(), card("", "", &["ada@example.com"])) >= CERTAIN);
        assert!(confidence(ada(), card("Adda King", "", &["ada@example.com"])) >= CERTAIN);
        let bob = card("Robert Johnson", "Acme", &["robert@acme.example"]);
        let rob = card("Bob Johnson", "Acme", &["bob@acme.example"]);
        assert!((SHOWN..CERTAIN).contains(&confidence(bob, rob)));
        let here = card("Jürgen Müller", "Rheinwerk", &["+491701"]);
        let there = card("Juergen Mueller", "Rheinwerk", &["+491702"]);
        assert!((80..CERTAIN).contains(&confidence(here, there)));
    }

    #[test]
    fn what_families_and_offices_share_is_never_certain() {
        let home = "+4930123456";
        assert!(
            confidence(
                card("Ada King", "", &[home]),
                card("William King", "", &[home])
            ) < CERTAIN
        );
        let info = "info@acme.example";
        assert!(confidence(card("Ada King", "", &[info]), card("Ada King", "", &[info])) < CERTAIN);
        let both = "kings@example.com";
        assert!(
            confidence(
                card("Ada King", "", &[both]),
                card("William King", "", &[both])
            ) < CERTAIN
        );
        let (father, son) = (
            card("William Turner", "", &[both]),
            card("William Turner Jr.", "", &[both]),
        );
        assert!(confidence(father, son) < CERTAIN);
        let office: Vec<Card> = (0..5)
            .map(|_| card("Ada King", "", &["+4930999"]))
            .collect();
        assert!(duplicates(&office).iter().all(|pair| !pair.is_certain()));
    }

    #[test]
    fn namesakes_at_two_places_are_left_alone() {
        let one = card("Chris Miller", "Acme", &["chris@acme.example"]);
        let other = card("Chris Miller", "Globex", &["chris@globex.example"]);
        assert_eq!(confidence(one, other), 0);
        assert_eq!(
            confidence(
                card("Ada King", "", &["a@gmail.com"]),
                card("Adam Kong", "", &["b@gmail.com"])
            ),
            0
        );
    }

    #[test]
    fn groups_are_made_of_what_is_certain() {
        let mail = "ada@example.com";
        let cards = [
            card("Ada King", "", &[mail]),
            card("Zoe Smith", "", &["zoe@example.com"]),
            card("Ada King", "", &[mail, "ada@work.example"]),
            card("", "", &["ada@work.example"]),
        ];
        // Nothing says that the last one is the first.
        assert_eq!(groups(&duplicates(&cards)), Vec::<Vec<usize>>::new());
        assert_eq!(groups(&duplicates(&cards[..3])), [vec![0, 2]]);
        let copies = [(); 3].map(|()| card("Ada King", "", &[mail]));
        assert_eq!(groups(&duplicates(&copies)), [vec![0, 1, 2]]);
    }

    #[test]
    fn one_who_may_be_either_of_two_makes_them_no_one_person() {
        let mail = "jd@example.com";
        let cards = ["J. Doe", "Jane Doe", "John Doe"].map(|name| card(name, "", &[mail]));
        let pairs = duplicates(&cards);
        assert!(pairs.len() > 1 && pairs.iter().all(|pair| !pair.is_certain()));
        assert!(pairs[0].why.iter().any(|why| why.contains("another")));
        assert_eq!(groups(&duplicates(&cards[..2])), [vec![0, 1]]);
    }

    #[test]
    fn a_crowd_of_one_name_takes_no_square_of_time() {
        let cards: Vec<Card> = (0..3_000)
            .map(|n| card("Ada King", "Acme", &[&format!("a{n}@acme.example")]))
            .collect();
        assert!(duplicates(&cards).len() < 2 * cards.len());
    }
}
