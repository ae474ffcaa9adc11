//! Three-way merge of a contact, field by field.
//!
//! Each side is compared with its own former state. What only one side changed goes to the other; lists merge item by
//! item, and an item that was changed is not lost to a deletion. Where both changed a field differently, one gives way.

use std::collections::HashMap;
use std::hash::Hash;

use crate::model::contact::{AddressKind, Card, ContactAddress, Lost};

use super::contact::{folded_group, key_of};

/// One side: what it has now, and what it had when both agreed last.
#[derive(Clone, Copy, Debug)]
pub struct Side<'a> {
    pub now: &'a Card,
    pub base: &'a Card,
}

/// Whose value stays where both sides changed the same field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Winner {
    Here,
    There,
}

/// What each side is to have, and what gave way.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Merged {
    pub here: Card,
    pub there: Card,
    pub lost: Vec<Lost>,
}

/// Merges two sides; `source` names the other side in what is lost.
pub fn merge(here: Side<'_>, there: Side<'_>, (winner, source): (Winner, &str)) -> Merged {
    if here.now == here.base && there.now == there.base {
        return Merged {
            here: here.now.clone(),
            there: there.now.clone(),
            lost: Vec::new(),
        };
    }
    let mut m = Merger {
        here,
        there,
        winner,
        source,
        out: Merged {
            here: here.now.clone(),
            there: there.now.clone(),
            lost: Vec::new(),
        },
    };
    m.name();
    m.text("phonetic", (|c| &c.phonetic, |c| &mut c.phonetic));
    m.text(
        "organization",
        (|c| &c.organization, |c| &mut c.organization),
    );
    m.text("title", (|c| &c.title, |c| &mut c.title));
    m.text("notes", (|c| &c.notes, |c| &mut c.notes));
    m.text("zone", (|c| &c.zone, |c| &mut c.zone));
    m.text("birthday", (|c| &c.birthday, |c| &mut c.birthday));
    m.preferred();
    m.words((|c| &c.nicknames, |c| &mut c.nicknames), |word| {
        word.trim().to_lowercase()
    });
    m.words((|c| &c.groups, |c| &mut c.groups), folded_group);
    m.words((|c| &c.urls, |c| &mut c.urls), |url| {
        url.trim().trim_end_matches('/').to_owned()
    });
    m.addresses();
    m.out
}

/// The fields in which two cards differ, by their names in JSON.
pub fn differences(a: &Card, b: &Card) -> Vec<&'static str> {
    let name = name_parts(a) != name_parts(b);
    [
        ("name", name),
        ("phonetic", a.phonetic != b.phonetic),
        ("nicknames", a.nicknames != b.nicknames),
        ("organization", a.organization != b.organization),
        ("title", a.title != b.title),
        ("addresses", a.addresses != b.addresses),
        ("preferred", a.preferred != b.preferred),
        ("groups", a.groups != b.groups),
        ("notes", a.notes != b.notes),
        ("zone", a.zone != b.zone),
        ("birthday", a.birthday != b.birthday),
        ("urls", a.urls != b.urls),
    ]
    .into_iter()
    .filter_map(|(field, differs)| differs.then_some(field))
    .collect()
}

/// What a field comes to on both sides, and the value that gave way.
struct Settled<T> {
    here: T,
    there: T,
    lost: Option<(T, Winner)>,
}

/// Settles one value; `same` tells values that mean the same, and an empty one is `T::default()`.
fn settle<T: Clone + PartialEq + Default>(
    (here, here_base): (&T, &T),
    (there, there_base): (&T, &T),
    winner: Winner,
    same: impl Fn(&T, &T) -> bool,
) -> Settled<T> {
    let both = |value: &T| Settled {
        here: value.clone(),
        there: value.clone(),
        lost: None,
    };
    if same(here, there) {
        return Settled {
            here: here.clone(),
            there: there.clone(),
            lost: None,
        };
    }
    let nothing = T::default();
    match (here != here_base, there != there_base) {
        (false, false) => Settled {
            here: here.clone(),
            there: there.clone(),
            lost: None,
        },
        (true, false) => both(here),
        (false, true) => both(there),
        // An edit wins over a deletion.
        (true, true) if *here == nothing => both(there),
        (true, true) if *there == nothing => both(here),
        (true, true) => {
            let (kept, lost, side) = match winner {
                Winner::Here => (here, there, Winner::There),
                Winner::There => (there, here, Winner::Here),
            };
            Settled {
                lost: Some((lost.clone(), side)),
                ..both(kept)
            }
        }
    }
}

/// Where a card has a field.
type Place<T> = (fn(&Card) -> &T, fn(&mut Card) -> &mut T);

struct Merger<'a> {
    here: Side<'a>,
    there: Side<'a>,
    winner: Winner,
    source: &'a str,
    out: Merged,
}

impl Merger<'_> {
    fn lose(&mut self, field: &str, value: &str, side: Winner) {
        if value.is_empty() {
            return;
        }
        self.out.lost.push(Lost {
            field: field.to_owned(),
            value: value.to_owned(),
            side: match side {
                Winner::Here => "here".to_owned(),
                Winner::There => self.source.to_owned(),
            },
        });
    }

    /// A name is one value: half of one and half of another is nobody's. Where it reads the same, parts fill each other.
    fn name(&mut self) {
        let cards = [
            self.here.now,
            self.here.base,
            self.there.now,
            self.there.base,
        ];
        let [here, here_base, there, there_base] =
            cards.map(|card| name_parts(card).map(|part| part.map(str::to_owned)));
        let alike = match (&here[0], &there[0]) {
            (Some(here), Some(there)) => is_same_text(here, there),
            _ => true,
        };
        if alike {
            for n in 0..NAME.len() {
                let settled = settle(
                    (&here[n], &here_base[n]),
                    (&there[n], &there_base[n]),
                    self.winner,
                    is_same,
                );
                set_name_part(&mut self.out.here, n, settled.here);
                set_name_part(&mut self.out.there, n, settled.there);
                if let Some((Some(value), side)) = settled.lost {
                    self.lose(NAME[n], &value, side);
                }
            }
            return;
        }
        let settled = settle(
            (&here, &here_base),
            (&there, &there_base),
            self.winner,
            |a, b| a == b,
        );
        let kept = settled.here.clone();
        for (n, (here, there)) in settled.here.into_iter().zip(settled.there).enumerate() {
            set_name_part(&mut self.out.here, n, here);
            set_name_part(&mut self.out.there, n, there);
        }
        if let Some((lost, side)) = settled.lost {
            for (n, value) in lost.into_iter().enumerate() {
                if let Some(value) = value.filter(|value| kept[n].as_ref() != Some(value)) {
                    self.lose(NAME[n], &value, side);
                }
            }
        }
    }

    fn text(&mut self, field: &str, (of, put): Place<Option<String>>) {
        let settled = settle(
            (of(self.here.now), of(self.here.base)),
            (of(self.there.now), of(self.there.base)),
            self.winner,
            is_same,
        );
        *put(&mut self.out.here) = settled.here;
        *put(&mut self.out.there) = settled.there;
        if let Some((Some(value), side)) = settled.lost {
            self.lose(field, &value, side);
        }
    }

    fn preferred(&mut self) {
        let settled = settle(
            (&self.here.now.preferred, &self.here.base.preferred),
            (&self.there.now.preferred, &self.there.base.preferred),
            self.winner,
            |a, b| a == b,
        );
        self.out.here.preferred = settled.here;
        self.out.there.preferred = settled.there;
        if let Some((Some(via), side)) = settled.lost {
            self.lose("preferred", via.name(), side);
        }
    }

    fn words(&mut self, (of, put): Place<Vec<String>>, key: fn(&str) -> String) {
        let (here, there) = lists(
            (of(self.here.now), of(self.here.base)),
            (of(self.there.now), of(self.there.base)),
            (|word: &String| key(word), String::clone),
            |here, there| {
                let settled = settle(here, there, self.winner, |a, b| key(a) == key(b));
                (settled.here, settled.there)
            },
        );
        *put(&mut self.out.here) = here;
        *put(&mut self.out.there) = there;
    }

    fn addresses(&mut self) {
        let mut lost = Vec::new();
        let (mut here, mut there) = lists(
            (&self.here.now.addresses, &self.here.base.addresses),
            (&self.there.now.addresses, &self.there.base.addresses),
            (
                |address: &ContactAddress| (address.kind, key_of(address)),
                |address: &ContactAddress| ContactAddress {
                    kind: address.kind,
                    value: address.value.clone(),
                    ..ContactAddress::default()
                },
            ),
            |(here, here_base), (there, there_base)| {
                let (mut new_here, mut new_there) = (here.clone(), there.clone());
                let same = |a: &String, b: &String| a == b;
                let value = settle(
                    (&here.value, &here_base.value),
                    (&there.value, &there_base.value),
                    self.winner,
                    same,
                );
                (new_here.value, new_there.value) = (value.here, value.there);
                let label = settle(
                    (&here.label, &here_base.label),
                    (&there.label, &there_base.label),
                    self.winner,
                    is_same,
                );
                (new_here.label, new_there.label) = (label.here, label.there);
                if let Some((Some(label), side)) = label.lost {
                    lost.push((format!("{} ({label})", here.value), side));
                }
                let account = settle(
                    (&here.account, &here_base.account),
                    (&there.account, &there_base.account),
                    self.winner,
                    is_same,
                );
                (new_here.account, new_there.account) = (account.here, account.there);
                (new_here, new_there)
            },
        );
        for kind in AddressKind::ALL {
            let first = |card: &Card| primary(&card.addresses, kind);
            let settled = settle(
                (&first(self.here.now), &first(self.here.base)),
                (&first(self.there.now), &first(self.there.base)),
                self.winner,
                |a, b| a == b,
            );
            set_primary(&mut here, kind, &settled.here);
            set_primary(&mut there, kind, &settled.there);
        }
        self.out.here.addresses = here;
        self.out.there.addresses = there;
        for (value, side) in lost {
            self.lose("addresses", &value, side);
        }
    }
}

/// Merges lists item by item.
///
/// `key` tells which items are the same, `fresh` what a side that did not have an item is taken to have had; `both`
/// settles an item that both have: `(now, base)` of each side.
fn lists<T: Clone + PartialEq, K: Eq + Hash + Clone>(
    (here, here_base): (&[T], &[T]),
    (there, there_base): (&[T], &[T]),
    (key, fresh): (impl Fn(&T) -> K, impl Fn(&T) -> T),
    mut both: impl FnMut((&T, &T), (&T, &T)) -> (T, T),
) -> (Vec<T>, Vec<T>) {
    let here = keyed(here, &key);
    let there = keyed(there, &key);
    let here_base = keyed(here_base, &key);
    let there_base = keyed(there_base, &key);
    let [in_here, in_there] = [&here, &there].map(index);
    let [was_here, was_there] = [&here_base, &there_base].map(index);
    let (mut new_here, mut new_there) = (Vec::new(), HashMap::new());
    for (id, item) in &here {
        match in_there.get(id) {
            Some(other) => {
                let base = |was: &HashMap<_, &T>, now: &T| {
                    was.get(id)
                        .map_or_else(|| fresh(now), |t: &&T| (*t).clone())
                };
                let (mine, theirs) = both(
                    (item, &base(&was_here, item)),
                    (other, &base(&was_there, other)),
                );
                new_here.push(mine);
                new_there.insert(id.clone(), theirs);
            }
            None => {
                let deleted_there = was_there.contains_key(id);
                let unchanged = was_here.get(id).is_some_and(|was| was == item);
                if deleted_there && unchanged {
                    continue;
                }
                new_here.push((*item).clone());
                // What was agreed on, and never was there, the source can't hold or spells otherwise.
                if !unchanged {
                    new_there.insert(id.clone(), (*item).clone());
                }
            }
        }
    }
    let mut out_there = Vec::new();
    for (id, item) in &there {
        if in_here.contains_key(id) {
            if let Some(settled) = new_there.remove(id) {
                out_there.push(settled);
            }
            continue;
        }
        let unchanged = was_there.get(id).is_some_and(|was| was == item);
        if was_here.contains_key(id) && unchanged {
            continue;
        }
        out_there.push((*item).clone());
        if !unchanged {
            new_here.push((*item).clone());
        }
    }
    for (id, _) in &here {
        if let Some(added) = new_there.remove(id) {
            out_there.push(added);
        }
    }
    (new_here, out_there)
}

/// Items by what they are and how often that came before.
fn keyed<'a, T, K: Eq + Hash + Clone>(
    items: &'a [T],
    key: &impl Fn(&T) -> K,
) -> Vec<((K, usize), &'a T)> {
    let mut seen: HashMap<K, usize> = HashMap::new();
    items
        .iter()
        .map(|item| {
            let key = key(item);
            let n = seen.entry(key.clone()).or_default();
            *n += 1;
            ((key, *n), item)
        })
        .collect()
}

fn index<'a, T, K: Eq + Hash + Clone>(
    items: &Vec<((K, usize), &'a T)>,
) -> HashMap<(K, usize), &'a T> {
    items.iter().map(|(id, item)| (id.clone(), *item)).collect()
}

const NAME: [&str; 6] = ["name", "prefix", "given", "middle", "family", "suffix"];

fn name_parts(card: &Card) -> [Option<&str>; 6] {
    [
        Some(card.name.as_str()).filter(|name| !name.is_empty()),
        card.prefix.as_deref(),
        card.given.as_deref(),
        card.middle.as_deref(),
        card.family.as_deref(),
        card.suffix.as_deref(),
    ]
}

fn set_name_part(card: &mut Card, n: usize, value: Option<String>) {
    match n {
        0 => card.name = value.unwrap_or_default(),
        1 => card.prefix = value,
        2 => card.given = value,
        3 => card.middle = value,
        4 => card.family = value,
        _ => card.suffix = value,
    }
}

fn is_same(a: &Option<String>, b: &Option<String>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => is_same_text(a, b),
        (a, b) => a == b,
    }
}

/// Space around a text and the ends of its lines say nothing.
fn is_same_text(a: &str, b: &str) -> bool {
    let lines = |text: &str| text.trim().replace("\r\n", "\n");
    a == b || lines(a) == lines(b)
}

/// Which address of this kind comes first by its owner's word.
fn primary(addresses: &[ContactAddress], kind: AddressKind) -> Option<String> {
    addresses
        .iter()
        .find(|a| a.kind == kind && a.primary)
        .map(key_of)
}

fn set_primary(addresses: &mut [ContactAddress], kind: AddressKind, wanted: &Option<String>) {
    if primary(addresses, kind) == *wanted {
        return;
    }
    for address in addresses.iter_mut().filter(|a| a.kind == kind) {
        address.primary = false;
    }
    let first = addresses
        .iter_mut()
        .find(|a| a.kind == kind && Some(key_of(a)) == *wanted);
    if let Some(first) = first {
        first.primary = true;
    }
}

#[cfg(test)]
mod tests;
