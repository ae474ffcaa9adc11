//! Who is in a group: contacts, bare addresses and other groups, each once.

use std::collections::HashSet;

use crate::error::Result;

use super::folded_group;

/// What stands directly in a group, contacts before the rest.
pub struct Direct<C> {
    pub contacts: Vec<C>,
    /// `@other` groups, and addresses as one types them.
    pub members: Vec<String>,
}

/// Someone in a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum One<C> {
    Contact(C),
    Address(String),
}

/// Everybody in a group, in the order in which one meets them: contacts, then each group in it as a whole. A group is
/// entered once, so that a ring ends.
///
/// # Errors
/// Those of `look`, which gives what stands in a group.
pub fn expand<C>(
    group: &str,
    look: &mut impl FnMut(&str) -> Result<Direct<C>>,
) -> Result<Vec<One<C>>> {
    let mut all = Vec::new();
    let mut seen = HashSet::new();
    // A pile instead of recursion: how deep groups lie is up to whoever made them.
    let mut pile = vec![One::<C>::Address(format!("@{group}"))];
    while let Some(next) = pile.pop() {
        let One::Address(name) = &next else {
            all.push(next);
            continue;
        };
        let Some(group) = name.strip_prefix('@') else {
            all.push(next);
            continue;
        };
        if !seen.insert(folded_group(group)) {
            continue;
        }
        let direct = look(group)?;
        pile.extend(direct.members.into_iter().rev().map(One::Address));
        pile.extend(direct.contacts.into_iter().rev().map(One::Contact));
    }
    Ok(all)
}

/// The way from a group to itself that putting `member` into it would open: `["team", "board", "team"]`.
///
/// # Errors
/// Those of `look`, which gives the groups in a group.
pub fn ring(
    group: &str,
    member: &str,
    look: &mut impl FnMut(&str) -> Result<Vec<String>>,
) -> Result<Option<Vec<String>>> {
    let goal = folded_group(group);
    let name = |text: &str| text.trim().trim_start_matches('@').to_owned();
    let mut seen = HashSet::new();
    let mut pile = vec![vec![name(group), name(member)]];
    while let Some(path) = pile.pop() {
        let last = path.last().cloned().unwrap_or_default();
        let folded = folded_group(&last);
        if folded == goal {
            return Ok(Some(path));
        }
        if !seen.insert(folded) {
            continue;
        }
        for next in look(&last)? {
            let mut longer = path.clone();
            longer.push(name(&next));
            pile.push(longer);
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    type Groups<'a> = &'a [(&'static str, &'static [&'static str])];

    /// A word with `@` is a group, one with a dot an address, any other a contact.
    fn world(groups: Groups<'_>) -> impl FnMut(&str) -> Result<Direct<&'static str>> {
        move |name| {
            let found = groups.iter().find(|(g, _)| *g == folded_group(name));
            let members = found.map(|(_, m)| *m).unwrap_or_default();
            let (other, contacts): (Vec<_>, Vec<_>) = members
                .iter()
                .copied()
                .partition(|m| m.starts_with('@') || m.contains('.'));
            Ok(Direct {
                contacts,
                members: other.into_iter().map(str::to_owned).collect(),
            })
        }
    }

    fn expanded(groups: Groups<'_>) -> Vec<String> {
        let all = expand("team", &mut world(groups)).unwrap();
        all.into_iter()
            .map(|one| match one {
                One::Contact(c) => c.to_owned(),
                One::Address(a) => a,
            })
            .collect()
    }

    #[test]
    fn groups_in_groups_are_met_in_depth_first_order() {
        let groups = &[
            ("team", &["ada", "@board", "z.example"][..]),
            ("board", &["bob", "@Owners"]),
            ("owners", &["cyd"]),
        ];
        assert_eq!(expanded(groups), ["ada", "bob", "cyd", "z.example"]);
    }

    #[test]
    fn a_diamond_is_entered_once() {
        let groups = &[
            ("team", &["@left", "@right"][..]),
            ("left", &["ada", "@shared"]),
            ("right", &["bob", "@shared"]),
            ("shared", &["cyd"]),
        ];
        assert_eq!(expanded(groups), ["ada", "cyd", "bob"]);
    }

    #[test]
    fn a_ring_ends() {
        let groups = &[
            ("team", &["ada", "@board"][..]),
            ("board", &["bob", "@team"]),
        ];
        assert_eq!(expanded(groups), ["ada", "bob"]);
        assert_eq!(expanded(&[("team", &["@team"][..])]), [""; 0]);
    }

    #[test]
    fn ten_thousand_groups_deep_is_no_deeper() {
        let mut look = |name: &str| {
            let n: u32 = name.parse().unwrap();
            Ok(Direct {
                contacts: vec![n],
                members: (n < 10_000)
                    .then(|| format!("@{}", n + 1))
                    .into_iter()
                    .collect(),
            })
        };
        assert_eq!(expand("0", &mut look).unwrap().len(), 10_001);
    }

    #[test]
    fn a_ring_is_told_with_its_path() {
        let mut look = |name: &str| {
            Ok(match folded_group(name).as_str() {
                "board" => vec!["@owners".to_owned()],
                "owners" => vec!["@Team".to_owned(), "@board".to_owned()],
                _ => Vec::new(),
            })
        };
        let path = ring("team", "@board", &mut look).unwrap().unwrap();
        assert_eq!(path, ["team", "board", "owners", "Team"]);
        assert_eq!(ring("team", "@Team", &mut look).unwrap().unwrap().len(), 2);
        assert_eq!(ring("team", "@new", &mut look).unwrap(), None);
    }
}
