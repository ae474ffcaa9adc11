//! Puts a card into a vCard: only what the vCard says otherwise is written anew.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::model::contact::{AddressKind, Card, ContactAddress};

use super::Version;
use super::address::{self, Placed};
use super::card::{self, PHONETIC, PREFERRED};
use super::document::{Document, Entry};
use super::property::Property;

pub fn put(document: &mut Document, card: &Card) {
    let base = card::card_of(document);
    names(document, (&base, card));
    let phonetic = (&base.phonetic, &card.phonetic);
    if phonetic.0 != phonetic.1 {
        PHONETIC.iter().for_each(|name| document.remove_all(name));
        document.remove_all("SOUND");
        one(document, PHONETIC[0], card.phonetic.as_deref());
    }
    list(
        document,
        "NICKNAME",
        (&base.nicknames, &card.nicknames),
        |_| true,
    );
    if base.organization != card.organization {
        organization(document, card.organization.as_deref());
    }
    if base.title != card.title {
        one(document, "TITLE", card.title.as_deref());
    }
    addresses(document, card);
    if base.preferred != card.preferred {
        let via = card.preferred.map(|via| via.name());
        one(document, PREFERRED, via);
    }
    list(
        document,
        "CATEGORIES",
        (&base.groups, &card.groups),
        card::is_group,
    );
    if base.notes != card.notes {
        document.remove_others("NOTE");
        one(document, "NOTE", card.notes.as_deref());
    }
    if base.zone != card.zone {
        zone(document, card.zone.as_deref());
    }
    if base.birthday != card.birthday {
        birthday(document, card.birthday.as_deref());
    }
    urls(document, card);
}

impl Document {
    /// Leaves only the first property of a name.
    fn remove_others(&mut self, name: &str) {
        let mut seen = false;
        self.entries
            .retain(|e| !e.is(name) || !std::mem::replace(&mut seen, true));
    }

    /// Changes the first property of a name that says something, or adds one.
    fn with(&mut self, name: &str, work: impl FnOnce(&mut Property)) {
        match self.places(name).first() {
            Some(place) => self.entries[*place].change(work),
            None => {
                let mut property = Property::new(name);
                work(&mut property);
                self.entries.retain(|e| !e.is(name));
                self.add(property);
            }
        }
    }

    /// Takes properties out, with what Apple says of their groups.
    fn taken_out(&mut self, places: &[usize]) {
        let groups = self.groups_of(places);
        let mut n = 0;
        self.entries.retain(|_| {
            n += 1;
            !places.contains(&(n - 1))
        });
        self.drop_orphans(&groups);
    }

    fn groups_of(&self, places: &[usize]) -> Vec<String> {
        let properties = places.iter().map(|n| self.entries[*n].property.as_ref());
        properties.filter_map(|p| p?.group.clone()).collect()
    }

    /// Takes out what speaks only of what is no more in these groups.
    fn drop_orphans(&mut self, groups: &[String]) {
        let about = |e: &Entry| e.is("X-ABLABEL") || e.is("X-ABADR");
        for group in groups {
            if !self.entries.iter().any(|e| e.of(group) && !about(e)) {
                self.entries.retain(|e| !(e.of(group) && about(e)));
            }
        }
    }
}

fn one(document: &mut Document, name: &str, value: Option<&str>) {
    let version = document.version;
    match value {
        Some(value) => document.with(name, |p| p.put(value, version)),
        None => document.taken_out(&document.places(name)),
    }
}

fn names(document: &mut Document, (base, card): (&Card, &Card)) {
    let version = document.version;
    let fresh = document.first("FN").is_none() && document.first("N").is_none();
    if base.name != card.name || (document.first("FN").is_none() && base != card) {
        document.with("FN", |p| p.put(&card.name, version));
    }
    let parts = |card: &Card| {
        [
            &card.family,
            &card.given,
            &card.middle,
            &card.prefix,
            &card.suffix,
        ]
        .map(|part| part.clone().unwrap_or_default())
    };
    let wanted = parts(card);
    // The older versions want it in every card.
    let needed = version != Version::V4 && fresh && base != card;
    if parts(base) == wanted && !needed {
        return;
    }
    match version == Version::V4 && wanted.iter().all(String::is_empty) {
        true => document.remove_all("N"),
        false => document.with("N", |p| p.put_all(&wanted, ';', version)),
    }
}

/// The first component; the units behind it stay.
fn organization(document: &mut Document, name: Option<&str>) {
    let version = document.version;
    let first = document.first("ORG");
    let mut all = first.map(|p| p.values(';')).unwrap_or_default();
    match all.first_mut() {
        Some(first) => *first = name.unwrap_or_default().to_owned(),
        None => all.push(name.unwrap_or_default().to_owned()),
    }
    if name.is_none() {
        let places = document.places("ORG");
        // Further ones would take its place.
        document.taken_out(places.get(1..).unwrap_or_default());
    }
    match all.iter().all(|part| part.trim().is_empty()) {
        true => document.taken_out(&document.places("ORG")),
        false => document.with("ORG", |p| p.put_all(&all, ';', version)),
    }
}

/// A list that may stand in several properties. `ours` tells which values the card knows of.
fn list(
    document: &mut Document,
    name: &str,
    (base, wanted): (&[String], &[String]),
    ours: fn(&str) -> bool,
) {
    if base == wanted {
        return;
    }
    let version = document.version;
    let stays = |value: &String| {
        let line = super::text::line(value);
        !ours(&line) || wanted.contains(&line)
    };
    for place in document.places(name) {
        document.entries[place].changed(|p| {
            let all = p.values(',');
            let left: Vec<String> = all.iter().filter(|v| stays(v)).cloned().collect();
            (left.len() < all.len()).then(|| p.put_all(&left, ',', version))
        });
    }
    let places = document.places(name);
    let empty = |e: &Entry| e.property.as_ref().is_some_and(|p| p.raw().is_empty());
    document.entries.retain(|e| !e.is(name) || !empty(e));
    let have = card::list(document, name);
    let missing: Vec<&String> = wanted.iter().filter(|v| !have.contains(v)).collect();
    if !missing.is_empty() {
        let last = document.places(name).last().copied();
        let add = |p: &mut Property| {
            let mut all = match p.raw().is_empty() {
                true => Vec::new(),
                false => p.values(','),
            };
            all.extend(missing.into_iter().cloned());
            p.put_all(&all, ',', version);
        };
        match last {
            Some(place) => document.entries[place].change(add),
            None => document.with(name, add),
        }
    }
    let mut found = card::list(document, name);
    let others: Vec<String> = found.iter().filter(|v| !ours(v)).cloned().collect();
    found.retain(|v| ours(v));
    if found != wanted {
        // Their order is another: all in one place.
        let rest = document.places(name);
        document.taken_out(rest.get(1..).unwrap_or_default());
        let all: Vec<&String> = wanted.iter().chain(&others).collect();
        match all.is_empty() {
            true => document.taken_out(&places),
            false => document.with(name, |p| p.put_all(&all, ',', version)),
        }
    }
}

impl Entry {
    /// Changes the property if `work` does.
    fn changed(&mut self, work: impl FnOnce(&mut Property) -> Option<()>) {
        if let Some(property) = &self.property {
            let mut copy = property.clone();
            if work(&mut copy).is_some() {
                self.change(|p| *p = copy);
            }
        }
    }
}

fn zone(document: &mut Document, zone: Option<&str>) {
    let version = document.version;
    match zone {
        Some(zone) => document.with("TZ", |p| {
            p.drop_param("VALUE");
            if version == Version::V3 {
                // An offset is what it is unless it says otherwise (RFC 2426 §3.4.1).
                p.add_param("VALUE", "text");
            }
            p.put(zone, version);
        }),
        None => {
            let named = |n: &usize| {
                let property = document.entries[*n].property.as_ref();
                property.is_some_and(|p| card::zone(p).is_some())
            };
            let places: Vec<usize> = document.places("TZ").into_iter().filter(named).collect();
            document.taken_out(&places);
        }
    }
    // Another property may be read before the one that was put.
    if document.all("TZ").find_map(card::zone).as_deref() != zone {
        document.remove_others("TZ");
    }
}

pub fn birthday(document: &mut Document, day: Option<&str>) {
    let version = document.version;
    let Some(day) = day else {
        let known = |n: &usize| {
            let property = document.entries[*n].property.as_ref();
            property.is_some_and(|p| card::birthday(p).is_some())
        };
        let places: Vec<usize> = document.places("BDAY").into_iter().filter(known).collect();
        return document.taken_out(&places);
    };
    document.with("BDAY", |p| {
        p.drop_param("VALUE");
        p.drop_param("X-APPLE-OMIT-YEAR");
        match (version, day.strip_prefix("--")) {
            // RFC 6350 §4.3.1 has only the basic form.
            (Version::V4, Some(rest)) => p.put(&format!("--{}", rest.replace('-', "")), version),
            (Version::V4, None) => p.put(&day.replace('-', ""), version),
            _ => p.put(day, version),
        }
    });
}

/// One thing of several, and where the document has it, if it has.
struct Slot {
    place: Option<usize>,
    entry: Entry,
}

/// Puts entries in this order: where they stand if that is the order already, else all where the first one stood.
fn arrange(document: &mut Document, slots: Vec<Slot>, gone: &[usize]) {
    let groups = document.groups_of(gone);
    let places: Vec<usize> = slots.iter().filter_map(|s| s.place).collect();
    let in_order = places.is_sorted();
    let first = places.iter().min().copied();
    let mut before: BTreeMap<usize, Vec<Entry>> = BTreeMap::new();
    let mut after: BTreeMap<usize, Vec<Entry>> = BTreeMap::new();
    let mut replaced: BTreeMap<usize, Entry> = BTreeMap::new();
    let mut last = None;
    for slot in slots {
        match (slot.place, last) {
            _ if !in_order => before
                .entry(first.unwrap_or_default())
                .or_default()
                .push(slot.entry),
            (Some(place), _) => {
                replaced.insert(place, slot.entry);
                last = Some(place);
            }
            (None, Some(place)) => after.entry(place).or_default().push(slot.entry),
            (None, None) => before
                .entry(first.unwrap_or(document.end()))
                .or_default()
                .push(slot.entry),
        }
    }
    let old = std::mem::take(&mut document.entries);
    let count = old.len();
    for (n, entry) in old.into_iter().enumerate() {
        document
            .entries
            .extend(before.remove(&n).into_iter().flatten());
        match replaced.remove(&n) {
            Some(new) => document.entries.push(new),
            None if places.contains(&n) || gone.contains(&n) => {}
            None => document.entries.push(entry),
        }
        document
            .entries
            .extend(after.remove(&n).into_iter().flatten());
    }
    document
        .entries
        .extend(before.remove(&count).into_iter().flatten());
    document.drop_orphans(&groups);
}

/// For each wanted thing the one that is there: the same, else one that was changed into it.
fn matched<T>(
    have: &[T],
    wanted: &[T],
    same: impl Fn(&T, &T) -> bool,
    near: impl Fn(&T, &T) -> bool,
) -> Vec<Option<usize>> {
    let mut free: Vec<bool> = vec![true; have.len()];
    let mut take = |want: &T, fits: &dyn Fn(&T, &T) -> bool| {
        let n = (0..have.len()).find(|n| free[*n] && fits(&have[*n], want))?;
        free[n] = false;
        Some(n)
    };
    let first: Vec<Option<usize>> = wanted.iter().map(|w| take(w, &same)).collect();
    let both = first.into_iter().zip(wanted);
    both.map(|(n, want)| n.or_else(|| take(want, &near)))
        .collect()
}

fn urls(document: &mut Document, card: &Card) {
    let version = document.version;
    let have = card::urls(document);
    let known: Vec<String> = have.iter().map(|(_, url)| url.clone()).collect();
    if known == card.urls {
        return;
    }
    let fits = matched(&known, &card.urls, |a, b| a == b, |_, _| true);
    let slots = fits.iter().zip(&card.urls).map(|(fit, url)| {
        let place = fit.map(|n| have[n].0);
        let mut entry = match place {
            Some(place) => document.entries[place].clone(),
            None => Entry::new(Property::new("URL")),
        };
        if fit.is_none_or(|n| have[n].1 != *url) {
            // A URI has no escapes but that of the backslash that it can't have.
            let text = super::text::escaped(url, &[]);
            entry.change(|p| p.put_escaped(&text, version));
        }
        Slot { place, entry }
    });
    let slots = slots.collect();
    let used: Vec<usize> = fits.iter().flatten().map(|n| have[*n].0).collect();
    let gone = document.places("URL").into_iter().filter(|n| {
        let property = document.entries[*n].property.as_ref();
        let url = property.map(|p| super::text::line(&p.text()));
        !used.contains(n) && url.is_some_and(|url| !card.urls.contains(&url))
    });
    let gone: Vec<usize> = gone.collect();
    arrange(document, slots, &gone);
}

fn addresses(document: &mut Document, card: &Card) {
    let have = address::placed(document);
    let known: Vec<&ContactAddress> = have.iter().map(|p| &p.address).collect();
    let wanted: Vec<&ContactAddress> = card.addresses.iter().collect();
    if known == wanted {
        return;
    }
    let fits = matched(
        &known,
        &wanted,
        |a, b| address::is(a, b.kind, &b.value),
        |a, b| a.kind == b.kind && a.label == b.label,
    );
    // Kinds of which another one comes first now: nothing but it may be preferred.
    let first = |all: &[&ContactAddress], kind| {
        let primary = all.iter().find(|a| a.kind == kind && a.primary);
        primary.map(|a| a.value.clone())
    };
    let moved: Vec<AddressKind> = AddressKind::ALL
        .into_iter()
        .filter(|kind| first(&known, *kind) != first(&wanted, *kind))
        .collect();
    let mut labels: Vec<(String, Option<String>)> = Vec::new();
    let mut slots = Vec::new();
    for (fit, want) in fits.iter().zip(&wanted) {
        let old = fit.map(|n| &have[n]);
        slots.push(slot(document, (old, want), &moved, &mut labels));
    }
    let used: Vec<usize> = fits.iter().flatten().map(|n| have[*n].place).collect();
    // What is there twice goes with its double, and stays with it.
    let gone = document.entries.iter().enumerate().filter(|(n, entry)| {
        let meant = entry.property.as_ref().and_then(address::meant);
        let is_gone =
            meant.is_some_and(|(kind, value)| !wanted.iter().any(|w| address::is(w, kind, &value)));
        is_gone && !used.contains(n)
    });
    let gone: Vec<usize> = gone.map(|(n, _)| n).collect();
    arrange(document, slots, &gone);
    for (group, label) in labels {
        put_group_label(document, &group, label.as_deref());
    }
}

fn slot(
    document: &Document,
    (old, want): (Option<&Placed>, &ContactAddress),
    moved: &[AddressKind],
    labels: &mut Vec<(String, Option<String>)>,
) -> Slot {
    let version = document.version;
    let mut entry = match old {
        Some(old) => document.entries[old.place].clone(),
        None => Entry::new(address::property(want, version)),
    };
    let before = old.map(|o| &o.address);
    let differs = |part: fn(&ContactAddress) -> Option<&str>| {
        before.map_or(part(want).is_some(), |b| part(b) != part(want))
    };
    if before.is_some_and(|b| b.value != want.value) {
        entry.change(|p| address::put_value(p, want, version));
    }
    if differs(|a| a.account.as_deref()) {
        entry.change(|p| address::put_account(p, want.account.as_deref()));
    }
    if differs(|a| a.label.as_deref()) {
        let mut word = None;
        entry.change(|p| word = address::put_label(p, want.label.as_deref(), version));
        let group = entry.property.as_ref().and_then(|p| p.group.clone());
        match (group, word) {
            (Some(group), word) => labels.push((group, word.map(str::to_owned))),
            (None, Some(word)) => {
                let group = free_group(document, labels);
                entry.change(|p| p.group = Some(group.clone()));
                labels.push((group, Some(word.to_owned())));
            }
            (None, None) => {}
        }
    }
    let marked = old.is_some_and(|o| o.pref.is_some());
    if moved.contains(&want.kind) && (want.primary || marked) {
        entry.change(|p| address::put_primary(p, want.primary, version));
    }
    Slot {
        place: old.map(|o| o.place),
        entry,
    }
}

fn free_group(document: &Document, given: &[(String, Option<String>)]) -> String {
    let taken = |group: &str| given.iter().any(|(g, _)| g.eq_ignore_ascii_case(group));
    let mut groups = (1..).map(|n| format!("item{n}"));
    let free = |group: &String| !taken(group) && !document.entries.iter().any(|e| e.of(group));
    groups.find(free).unwrap_or_default()
}

fn put_group_label(document: &mut Document, group: &str, label: Option<&str>) {
    let version = document.version;
    let is_label = |e: &Entry| e.of(group) && e.is("X-ABLABEL");
    let place = document.entries.iter().position(is_label);
    match (place, label) {
        (Some(place), Some(label)) => document.entries[place].change(|p| p.put(label, version)),
        (Some(_), None) => document.entries.retain(|e| !is_label(e)),
        (None, Some(label)) => {
            let mut property = Property::new("X-ABLabel");
            property.group = Some(group.to_owned());
            property.put(label, version);
            let own = document.entries.iter().rposition(|e| e.of(group));
            let place = own.map_or(document.end(), |n| n + 1);
            document.entries.insert(place, Entry::new(property));
        }
        (None, None) => {}
    }
}

/// Gives the document an id, unless it is the one it has.
pub fn uid(document: &mut Document, uid: &str) {
    if card::uid(document).as_deref() != Some(card::bare_uid(uid)) {
        one(document, "UID", Some(uid));
    }
}

/// Says when it was changed.
pub fn rev(document: &mut Document, at: Timestamp) {
    let form = match document.version {
        // RFC 6350 §4.3.5 has only the basic form.
        Version::V2 | Version::V4 => "%Y%m%dT%H%M%SZ",
        Version::V3 => "%Y-%m-%dT%H:%M:%SZ",
    };
    let text = at.strftime(form).to_string();
    let version = document.version;
    document.with("REV", |p| {
        p.drop_param("VALUE");
        p.put_escaped(&text, version);
    });
}
