//! Groups: who is in them, and changes to them.

use std::collections::HashSet;

use schemars::JsonSchema;
use serde::Serialize;

use crate::error::{Error, Result};
use crate::model::contact::Contact;
use crate::model::id::ContactId;
use crate::ops::{App, Origin};
use crate::rules::contact::group::{Direct, One, expand, ring};
use crate::rules::contact::read::{self, Word};
use crate::rules::contact::{folded_group, key, key_of, typed};
use crate::rules::route::{self, Target};
use crate::store::contacts::{Group, Why};

use super::{guard, who};

/// Someone whom a group reaches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Member {
    Contact(Box<Contact>),
    /// As one types it as a recipient.
    Address(String),
}

/// Everybody in a group and in the groups in it, each once: contacts by age, then the other members in their order. An
/// address of one of the contacts is not listed beside it.
///
/// # Errors
/// `not_found` for a group that is not there. An empty one is an empty list.
pub fn members(app: &App, name: &str) -> Result<Vec<Member>> {
    let group = existing(app, name)?;
    let all = expand(&group.name, &mut |name| {
        let group = app.store.group(name)?;
        Ok(Direct {
            contacts: app.store.contacts(Some(name))?,
            members: group.map(|g| g.members).unwrap_or_default(),
        })
    })?;
    let known: HashSet<String> = all
        .iter()
        .flat_map(|one| match one {
            One::Contact(contact) => contact.card.addresses.iter().map(key_of).collect(),
            One::Address(_) => Vec::new(),
        })
        .collect();
    let (mut contacts, mut addresses) = (HashSet::new(), HashSet::new());
    Ok(all
        .into_iter()
        .filter_map(|one| match one {
            One::Contact(contact) => contacts
                .insert(contact.id)
                .then(|| Member::Contact(Box::new(contact))),
            One::Address(address) => {
                let key = key(&address);
                (!known.contains(&key) && addresses.insert(key)).then_some(Member::Address(address))
            }
        })
        .collect())
}

/// `comms.groups/1`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct GroupsReport {
    pub groups: Vec<GroupRow>,
}

/// One group of the list.
#[derive(Debug, Serialize, JsonSchema)]
pub struct GroupRow {
    pub name: String,
    /// Contacts that stand in it directly.
    pub contacts: i64,
    /// `@other` groups and addresses in it.
    pub members: Vec<String>,
    /// How many a message to it would go to.
    pub reaches: usize,
}

/// All groups by name.
pub fn list(app: &App) -> Result<GroupsReport> {
    let groups = app.store.groups()?.into_iter();
    let rows = groups.map(|group| {
        let reaches = match group.members.is_empty() {
            true => usize::try_from(group.contacts).unwrap_or_default(),
            false => members(app, &group.name)?.len(),
        };
        Ok(GroupRow {
            name: group.name,
            contacts: group.contacts,
            members: group.members,
            reaches,
        })
    });
    Ok(GroupsReport {
        groups: rows.collect::<Result<_>>()?,
    })
}

/// Who is in a group. `comms.group/1`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct GroupReport {
    pub name: String,
    /// Contacts first, then groups and addresses.
    pub members: Vec<MemberRow>,
    /// How many a message to it would go to, those of groups in it as well.
    pub reaches: usize,
}

/// What stands directly in a group.
#[derive(Debug, Serialize, JsonSchema)]
pub struct MemberRow {
    /// `contact`, `group` or `address`.
    pub kind: &'static str,
    pub contact: Option<ContactId>,
    /// Of the contact; else as it is typed.
    pub name: String,
    /// By what one writes to it first; of a contact or a bare address.
    pub address: Option<String>,
}

/// One group.
pub fn show(app: &App, name: &str) -> Result<GroupReport> {
    let group = existing(app, name)?;
    let contacts = app.store.contacts(Some(&group.name))?.into_iter();
    let contacts = contacts.map(|contact| MemberRow {
        kind: "contact",
        contact: Some(contact.id),
        name: contact.card.label().to_owned(),
        address: contact.card.addresses.first().map(typed),
    });
    let others = group.members.iter().map(|member| MemberRow {
        kind: if member.starts_with('@') {
            "group"
        } else {
            "address"
        },
        contact: None,
        name: member.clone(),
        address: (!member.starts_with('@')).then(|| member.clone()),
    });
    Ok(GroupReport {
        members: contacts.chain(others).collect(),
        reaches: members(app, &group.name)?.len(),
        name: group.name,
    })
}

/// What became of a group. `comms.group_change/1`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct GroupChange {
    pub name: String,
    /// `created`, `deleted`, `renamed`, `changed` or `same`.
    pub change: &'static str,
    /// Who came in: `c9 Ada`, `@board`, `ada@example.com`.
    pub added: Vec<String>,
    /// Who went out.
    pub removed: Vec<String>,
    /// How many a message to it goes to now.
    pub reaches: usize,
}

/// Makes a group with these in it.
///
/// # Errors
/// `refused` if there is one of this name.
pub fn create(app: &App, origin: Origin, (name, typed): (&str, &[String])) -> Result<GroupChange> {
    guard::no_agent(
        origin,
        "make a group",
        "comms contacts group create NAME MEMBER",
    )?;
    let name = sound(name)?;
    if let Some(group) = app.store.group(&name)? {
        return Err(
            Error::refused(format!("there is a group `@{}`", group.name)).hint(format!(
                "put more into it with `comms contacts group add {} MEMBER`",
                group.name
            )),
        );
    }
    // Who can't be found must not leave half a group behind.
    let picked = pick(app, &name, typed)?;
    app.store.make_group(&name)?;
    let mut change = put(app, origin, (&name, picked))?;
    change.change = "created";
    Ok(change)
}

/// Puts contacts, groups and addresses into a group.
pub fn add(app: &App, origin: Origin, (name, typed): (&str, &[String])) -> Result<GroupChange> {
    guard::no_agent(
        origin,
        "change a group",
        "comms contacts group add NAME MEMBER",
    )?;
    let group = existing(app, name)?;
    let picked = pick(app, &group.name, typed)?;
    put(app, origin, (&group.name, picked))
}

/// Takes contacts, groups and addresses out of a group.
///
/// # Errors
/// `not_found` for one who is not in it; then nobody was taken out.
pub fn remove(app: &App, origin: Origin, (name, typed): (&str, &[String])) -> Result<GroupChange> {
    guard::no_agent(
        origin,
        "change a group",
        "comms contacts group remove NAME MEMBER",
    )?;
    let group = existing(app, name)?;
    let picked = pick_from(app, &group, typed)?;
    let folded = folded_group(&group.name);
    let ids: Vec<_> = picked.contacts.iter().map(|c| c.id).collect();
    let gone = app
        .store
        .alter_contacts(&ids, (why(origin), app.clock.now()), |_, card| {
            let mut card = card.clone();
            card.groups.retain(|g| folded_group(g) != folded);
            Ok(card)
        })?;
    app.store.change_members(&group.name, &[], &picked.others)?;
    Ok(GroupChange {
        change: if gone.is_empty() && picked.others.is_empty() {
            "same"
        } else {
            "changed"
        },
        added: Vec::new(),
        removed: picked.told(&gone, &picked.others),
        reaches: members(app, &group.name)?.len(),
        name: group.name,
    })
}

/// Forgets a group; those who are in it stay.
pub fn delete(app: &App, origin: Origin, name: &str) -> Result<GroupChange> {
    guard::no_agent(origin, "delete a group", "comms contacts group delete NAME")?;
    let group = existing(app, name)?;
    let contacts = app.store.contacts(Some(&group.name))?;
    app.store
        .drop_group(&group.name, (why(origin), app.clock.now()))?;
    let removed = contacts.iter().map(told);
    Ok(GroupChange {
        change: "deleted",
        added: Vec::new(),
        removed: removed.chain(group.members).collect(),
        reaches: 0,
        name: group.name,
    })
}

/// Gives a group another name.
pub fn rename(app: &App, origin: Origin, (old, new): (&str, &str)) -> Result<GroupChange> {
    guard::no_agent(
        origin,
        "rename a group",
        "comms contacts group rename OLD NEW",
    )?;
    let group = existing(app, old)?;
    let new = sound(new)?;
    if let Some(other) = app.store.group(&new)?
        && folded_group(&other.name) != folded_group(&group.name)
    {
        return Err(
            Error::refused(format!("there is a group `@{}`", other.name))
                .hint("choose another name, or put the one group into the other"),
        );
    }
    app.store
        .rename_group((&group.name, &new), (why(origin), app.clock.now()))?;
    Ok(GroupChange {
        change: if group.name == new { "same" } else { "renamed" },
        added: Vec::new(),
        removed: Vec::new(),
        reaches: members(app, &new)?.len(),
        name: new,
    })
}

/// A group, or an error that names those near it.
pub fn existing(app: &App, name: &str) -> Result<Group> {
    if let Some(group) = app.store.group(name)? {
        return Ok(group);
    }
    let folded = folded_group(name);
    let shown: String = folded
        .chars()
        .filter(|c| !c.is_control())
        .take(80)
        .collect();
    let error = Error::not_found(format!("there is no group `@{shown}`"));
    let all = app.store.groups()?;
    let near = all
        .iter()
        .map(|g| {
            (
                strsim::damerau_levenshtein(&folded, &folded_group(&g.name)),
                &g.name,
            )
        })
        .filter(|(distance, name)| *distance <= (name.chars().count() / 3).max(1))
        .min();
    Err(match near {
        Some((_, near)) => error.hint(format!("did you mean `@{near}`?")),
        None => error.hint(
            "`comms contacts group list` shows them, `comms contacts group create` makes one",
        ),
    })
}

/// A name that can be typed as a recipient behind its `@`.
pub fn sound(name: &str) -> Result<String> {
    let name = name.trim().trim_start_matches('@');
    match route::read(&format!("@{name}")) {
        Ok(Target::Group(name)) => Ok(name),
        _ => {
            let shown: String = name.chars().filter(|c| !c.is_control()).take(80).collect();
            Err(
                Error::usage(format!("`{shown}` can't be the name of a group"))
                    .hint("one word without `@` and dots, like `team` or `board-2026`"),
            )
        }
    }
}

/// Members as they were typed.
struct Picked {
    contacts: Vec<Contact>,
    /// `@other` and addresses.
    others: Vec<String>,
}

impl Picked {
    fn told(&self, ids: &[ContactId], others: &[String]) -> Vec<String> {
        let contacts = self
            .contacts
            .iter()
            .filter(|c| ids.contains(&c.id))
            .map(told);
        contacts.chain(others.iter().cloned()).collect()
    }
}

/// Reads members that are to come in.
fn pick(app: &App, group: &str, typed_members: &[String]) -> Result<Picked> {
    let mut picked = Picked {
        contacts: Vec::new(),
        others: Vec::new(),
    };
    for text in typed_members {
        match read::word(text, who::region(app))? {
            Word::Address(address, _) => picked.others.push(typed(&address)),
            Word::Group(name) => {
                let other = match folded_group(&name) == folded_group(group) {
                    true => name,
                    false => existing(app, &name)?.name,
                };
                let path = ring(group, &other, &mut |name| {
                    let found = app
                        .store
                        .group(name)?
                        .map(|g| g.members)
                        .unwrap_or_default();
                    Ok(found.into_iter().filter(|m| m.starts_with('@')).collect())
                })?;
                if let Some(path) = path {
                    let path: Vec<_> = path.iter().map(|g| format!("@{g}")).collect();
                    return Err(Error::refused(format!(
                        "`@{group}` would be in itself: {}",
                        path.join(" > ")
                    ))
                    .hint("a group can't hold a group that it is in"));
                }
                picked.others.push(format!("@{other}"));
            }
            Word::Name(_) => picked.contacts.push(who::contact(app, text)?),
        }
    }
    Ok(picked)
}

/// Reads members that are to go out.
fn pick_from(app: &App, group: &Group, typed_members: &[String]) -> Result<Picked> {
    let inside = app.store.contacts(Some(&group.name))?;
    let mut picked = Picked {
        contacts: Vec::new(),
        others: Vec::new(),
    };
    let absent = |text: &str| {
        Error::not_found(format!("`{text}` is not in `@{}`", group.name)).hint(format!(
            "`comms contacts group show {}` tells who is",
            group.name
        ))
    };
    for text in typed_members {
        let wanted = match read::word(text, who::region(app))? {
            Word::Address(address, _) => key_of(&address),
            Word::Group(name) => format!("@{}", folded_group(&name)),
            Word::Name(_) => {
                let contact = who::contact(app, text)?;
                if !inside.iter().any(|c| c.id == contact.id) {
                    return Err(absent(text));
                }
                picked.contacts.push(contact);
                continue;
            }
        };
        let member = group
            .members
            .iter()
            .find(|member| match member.strip_prefix('@') {
                Some(name) => format!("@{}", folded_group(name)) == wanted,
                None => key(member) == wanted,
            });
        let owner = inside
            .iter()
            .find(|c| c.card.addresses.iter().any(|a| key_of(a) == wanted));
        match (member, owner) {
            (Some(member), _) => picked.others.push(member.clone()),
            (None, Some(contact)) => picked.contacts.push(contact.clone()),
            (None, None) => return Err(absent(text)),
        }
    }
    Ok(picked)
}

fn put(app: &App, origin: Origin, (name, picked): (&str, Picked)) -> Result<GroupChange> {
    let folded = folded_group(name);
    let before = app
        .store
        .group(name)?
        .map(|g| g.members)
        .unwrap_or_default();
    let has = |member: &String| before.iter().any(|b| key(b) == key(member));
    let others: Vec<String> = picked.others.iter().filter(|m| !has(m)).cloned().collect();
    let ids: Vec<_> = picked.contacts.iter().map(|c| c.id).collect();
    let came = app
        .store
        .alter_contacts(&ids, (why(origin), app.clock.now()), |_, card| {
            let mut card = card.clone();
            if !card.groups.iter().any(|g| folded_group(g) == folded) {
                card.groups.push(name.to_owned());
            }
            Ok(card)
        })?;
    app.store.change_members(name, &others, &[])?;
    Ok(GroupChange {
        name: name.to_owned(),
        change: if came.is_empty() && others.is_empty() {
            "same"
        } else {
            "changed"
        },
        added: picked.told(&came, &others),
        removed: Vec::new(),
        reaches: members(app, name)?.len(),
    })
}

fn why(origin: Origin) -> Why<'static> {
    Why {
        what: "edit",
        by: origin.name(),
    }
}

fn told(contact: &Contact) -> String {
    format!("{} {}", contact.id, contact.card.label())
}
