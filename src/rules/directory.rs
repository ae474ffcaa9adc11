//! Whom a name in a workspace means.

use crate::model::directory::{Entry, EntryKind};

/// What someone typed behind `slack:`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// `C…`, `G…`, `D…`, `U…` or `W…`.
    Id(String),
    /// `#ops`.
    Channel(String),
    /// `@ada`, `@"Ada Lovelace"`.
    Person(String),
    Email(String),
    /// A bare name: a channel's, else a person's.
    Any(String),
}

/// Reads what someone typed behind `slack:`.
pub fn read(typed: &str) -> Wanted {
    let typed = typed.trim();
    let bare = |text: &str| {
        let text = text.trim();
        let inner = text.strip_prefix('"').and_then(|t| t.strip_suffix('"'));
        inner.unwrap_or(text).to_owned()
    };
    if is_id(typed) {
        return Wanted::Id(typed.to_owned());
    }
    if let Some(name) = typed.strip_prefix('#') {
        return Wanted::Channel(bare(name));
    }
    if let Some(name) = typed.strip_prefix('@') {
        return Wanted::Person(bare(name));
    }
    if typed.contains('@') && !typed.contains(char::is_whitespace) {
        return Wanted::Email(typed.to_owned());
    }
    Wanted::Any(bare(typed))
}

/// Whether a text is an id: a letter that says of what, and capitals and digits, one at least.
pub fn is_id(text: &str) -> bool {
    text.len() >= 6
        && text.starts_with(['C', 'G', 'D', 'U', 'W'])
        && text
            .bytes()
            .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
        && text.bytes().any(|b| b.is_ascii_digit())
}

/// Those who are meant, each once. People who left and channels that are archived only where nobody else is.
pub fn find<'a>(entries: &'a [Entry], wanted: &Wanted) -> Vec<&'a Entry> {
    let channels = |name: &str| {
        let named = |e: &&Entry| !e.kind.is_someone() && same(&bare_name(&e.name), name);
        entries.iter().filter(named).collect::<Vec<_>>()
    };
    let people = |name: &str| {
        let handles = entries
            .iter()
            .filter(|e| e.kind.is_someone() && same(&e.handle, name));
        // The name without spaces is the only one that is nobody else's.
        let handles: Vec<_> = handles.collect();
        if handles.iter().any(|e| !e.gone) {
            return handles;
        }
        let named = |e: &&Entry| e.kind.is_someone() && same(&e.name, name);
        let named: Vec<_> = entries.iter().filter(named).collect();
        if named.is_empty() { handles } else { named }
    };
    let found: Vec<&Entry> = match wanted {
        Wanted::Id(id) => entries.iter().filter(|e| e.id == *id).collect(),
        Wanted::Channel(name) => channels(name),
        Wanted::Person(name) => people(name),
        Wanted::Email(email) => entries
            .iter()
            .filter(|e| e.email.as_deref().is_some_and(|known| same(known, email)))
            .collect(),
        Wanted::Any(name) => match channels(name) {
            found if found.is_empty() => people(name),
            found => found,
        },
    };
    match found.iter().any(|e| !e.gone) {
        true => found.into_iter().filter(|e| !e.gone).collect(),
        false => found,
    }
}

/// A channel's name without the sign before it.
fn bare_name(name: &str) -> String {
    name.trim_start_matches('#').to_owned()
}

fn same(known: &str, name: &str) -> bool {
    !name.is_empty() && known.to_lowercase() == name.to_lowercase()
}

/// Names that a text may call people by, and what their mention is.
pub fn callable(entries: &[Entry]) -> Vec<(String, String)> {
    let mut names = Vec::new();
    for entry in entries
        .iter()
        .filter(|e| e.kind == EntryKind::Person && !e.gone)
    {
        let mention = format!("@{}", entry.id);
        for name in [&entry.handle, &entry.name] {
            let pair = (name.clone(), mention.clone());
            if !name.is_empty() && !names.contains(&pair) {
                names.push(pair);
            }
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(id: &str, kind: EntryKind, name: &str, handle: &str) -> Entry {
        Entry {
            id: id.to_owned(),
            kind,
            name: name.to_owned(),
            handle: handle.to_owned(),
            email: (!handle.is_empty()).then(|| format!("{handle}@example.com")),
            ..Entry::default()
        }
    }

    fn ids(typed: &str) -> Vec<String> {
        let mut entries = vec![
            entry("C000001", EntryKind::Channel, "ops", ""),
            entry("C000002", EntryKind::Channel, "ops", ""),
            entry("C000003", EntryKind::Channel, "random", ""),
            entry("U000001", EntryKind::Person, "Ada Lovelace", "ada"),
            entry("U000002", EntryKind::Person, "Sam", "sam1"),
            entry("U000003", EntryKind::Person, "Sam", "sam2"),
            entry("U000004", EntryKind::Person, "random", "rand"),
        ];
        entries[1].gone = true;
        let found = find(&entries, &read(typed));
        found.into_iter().map(|e| e.id.clone()).collect()
    }

    #[test]
    fn names_handles_addresses_and_ids_find_the_same() {
        for typed in [
            "@ada",
            "@Ada Lovelace",
            "@\"ada lovelace\"",
            "ada@example.com",
            "U000001",
            "Ada Lovelace",
            "ADA",
        ] {
            assert_eq!(ids(typed), ["U000001"], "{typed}");
        }
        assert_eq!(ids("#OPS"), ["C000001"]);
        assert_eq!(ids("ops"), ["C000001"]);
        assert_eq!(ids("C000002"), ["C000002"]);
        assert_eq!(ids("random"), ["C000003"]);
        assert_eq!(ids("@sam"), ["U000002", "U000003"]);
        assert!(ids("#nope").is_empty() && ids("#").is_empty() && ids("@").is_empty());
    }

    #[test]
    fn an_id_is_told_from_a_name() {
        for id in ["C012ABC", "U012ABCDEF", "D0000001"] {
            assert!(is_id(id), "{id}");
        }
        for name in ["CHANNEL", "c012abc", "C01", "X012ABC", "C012-ABC"] {
            assert!(!is_id(name), "{name}");
        }
    }
}
