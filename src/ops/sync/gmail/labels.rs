//! What Gmail's labels mean here: a folder, flags, and the labels that are left. And back again.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::message::{Change, Flags, Role};
use crate::rules::folder::usual_name;

/// Label ids and the names that their owner sees.
pub type Names = BTreeMap<String, String>;

/// Where a message lies and how it is marked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    pub folder: String,
    pub role: Role,
    pub flags: Flags,
    /// Sorted.
    pub labels: Vec<String>,
}

/// Labels that decide on the folder; the first that a message has wins.
const PLACES: [(&str, Role); 5] = [
    ("TRASH", Role::Trash),
    ("SPAM", Role::Junk),
    ("DRAFT", Role::Drafts),
    ("INBOX", Role::Inbox),
    ("SENT", Role::Sent),
];

const UNREAD: &str = "UNREAD";
const STARRED: &str = "STARRED";
/// Before the name of a label that Gmail has not been told of yet.
const UNTOLD: char = '=';
const CATEGORY: &str = "CATEGORY_";

/// What these labels say of a message.
pub fn standing<'a>(ids: impl IntoIterator<Item = &'a str>, names: &Names) -> Standing {
    let ids: BTreeSet<&str> = ids.into_iter().collect();
    let place = PLACES.into_iter().find(|(id, _)| ids.contains(id));
    let role = place.map_or(Role::Archive, |(_, role)| role);
    let shown = place.map(|(id, _)| id);
    let mut labels: Vec<String> = ids
        .iter()
        .filter(|id| ![UNREAD, STARRED].contains(id) && shown != Some(**id))
        .map(|id| label(id, names))
        .collect();
    labels.sort();
    Standing {
        folder: usual_name(role).to_owned(),
        role,
        flags: Flags {
            seen: !ids.contains(UNREAD),
            starred: ids.contains(STARRED),
            draft: ids.contains("DRAFT"),
            ..Flags::default()
        },
        labels,
    }
}

/// Whether an id is one of Gmail's own, which need no name.
pub fn is_system(id: &str) -> bool {
    id.chars().all(|c| c.is_ascii_uppercase() || c == '_')
}

/// Whether a message shows this label by its folder or a flag.
pub fn is_shown_otherwise(id: &str) -> bool {
    let places = PLACES.iter().map(|(place, _)| *place);
    places.chain([UNREAD, STARRED, "CHAT"]).any(|one| one == id)
}

/// How a label is called here. Beside the folder no system label is lost: what one has sent to oneself lies in the
/// inbox and carries `sent`.
pub fn label(id: &str, names: &Names) -> String {
    if let Some(category) = id.strip_prefix(CATEGORY) {
        return format!("category/{}", category.to_lowercase());
    }
    if is_system(id) {
        return id.to_lowercase();
    }
    if let Some(name) = id.strip_prefix(UNTOLD) {
        return name.to_owned();
    }
    names.get(id).cloned().unwrap_or_else(|| id.to_owned())
}

/// The label ids of a message that stands so.
pub fn ids(standing: &Standing, names: &Names) -> BTreeSet<String> {
    let place = PLACES.into_iter().find(|(_, role)| *role == standing.role);
    let mut ids: BTreeSet<String> = place.into_iter().map(|(id, _)| id.to_owned()).collect();
    if !standing.flags.seen {
        ids.insert(UNREAD.to_owned());
    }
    if standing.flags.starred {
        ids.insert(STARRED.to_owned());
    }
    let labels = standing.labels.iter();
    ids.extend(labels.map(|label| id(label, names).unwrap_or_else(|| format!("{UNTOLD}{label}"))));
    ids
}

/// The id of a label by the name it has here; `None` if Gmail has no such label.
pub fn id(label: &str, names: &Names) -> Option<String> {
    let own = system_id(label);
    if own.is_some() && label.to_lowercase() == label {
        return own;
    }
    let same = |name: &str| name.to_lowercase() == label.to_lowercase();
    let user = names
        .iter()
        .find(|(id, name)| !is_system(id) && same(name))
        .map(|(id, _)| id.clone());
    user.or(own)
}

/// The id of one of Gmail's own labels by the name it has here.
pub fn system_id(label: &str) -> Option<String> {
    let label = label.to_lowercase();
    if let Some(category) = label.strip_prefix("category/") {
        return Some(format!("{CATEGORY}{}", category.to_uppercase()));
    }
    const OWN: [&str; 9] = [
        "TRASH",
        "SPAM",
        "DRAFT",
        "INBOX",
        "SENT",
        UNREAD,
        STARRED,
        "IMPORTANT",
        "CHAT",
    ];
    let own = OWN.into_iter().find(|id| id.to_lowercase() == label)?;
    Some(own.to_owned())
}

/// A change in Gmail's words.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Told {
    pub add: BTreeSet<String>,
    pub remove: BTreeSet<String>,
    /// By a request of its own: into the trash (`true`) or out of it.
    pub trash: Option<bool>,
}

impl Told {
    /// Of a message that stands so. Labels to add must have their ids already.
    pub fn of(change: &Change, role: Role, names: &Names) -> Told {
        let mut told = Told::default();
        for (value, label) in [
            (change.seen.map(|seen| !seen), UNREAD),
            (change.starred, STARRED),
        ] {
            match value {
                Some(true) => told.add.insert(label.to_owned()),
                Some(false) => told.remove.insert(label.to_owned()),
                None => false,
            };
        }
        told.add
            .extend(change.add_labels.iter().filter_map(|l| id(l, names)));
        told.remove
            .extend(change.remove_labels.iter().filter_map(|l| id(l, names)));
        if let Some(to) = change.move_to.filter(|to| *to != role) {
            told.move_to(to, role);
        }
        told
    }

    fn move_to(&mut self, to: Role, from: Role) {
        let (add, remove): (&[&str], &[&str]) = match to {
            Role::Trash => (&[], &[]),
            Role::Junk => (&["SPAM"], &["INBOX"]),
            Role::Inbox => (&["INBOX"], &["SPAM"]),
            Role::Archive | Role::All => (&[], &["INBOX", "SPAM"]),
            // Gmail alone says what was sent and what is a draft.
            Role::Sent | Role::Drafts | Role::Other => return,
        };
        self.trash = match (to, from) {
            (Role::Trash, _) => Some(true),
            (_, Role::Trash) => Some(false),
            _ => None,
        };
        self.add.extend(add.iter().map(|id| (*id).to_owned()));
        self.remove.extend(remove.iter().map(|id| (*id).to_owned()));
    }

    /// The labels of a message once it was told.
    pub fn apply(&self, ids: &mut BTreeSet<String>) {
        ids.retain(|id| !self.remove.contains(id));
        ids.extend(self.add.iter().cloned());
        match self.trash {
            Some(true) => {
                ids.remove("INBOX");
                ids.remove("SPAM");
                ids.insert("TRASH".to_owned());
            }
            Some(false) => {
                ids.remove("TRASH");
            }
            None => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> Names {
        [("Label_1", "Work/Q3 plans"), ("Label_2", "Sent")]
            .map(|(id, name)| (id.to_owned(), name.to_owned()))
            .into()
    }

    fn of(ids: &[&str]) -> Standing {
        standing(ids.iter().copied(), &names())
    }

    #[test]
    fn one_label_decides_on_the_folder() {
        for (ids, role, folder) in [
            (&["TRASH", "INBOX"][..], Role::Trash, "Trash"),
            (&["SPAM", "UNREAD"], Role::Junk, "Junk"),
            (&["DRAFT"], Role::Drafts, "Drafts"),
            (&["SENT"], Role::Sent, "Sent"),
            (&["SENT", "INBOX"], Role::Inbox, "INBOX"),
            (&["INBOX", "IMPORTANT"], Role::Inbox, "INBOX"),
            (&["Label_1"], Role::Archive, "Archive"),
            (&[], Role::Archive, "Archive"),
        ] {
            let standing = of(ids);
            assert_eq!(
                (standing.role, standing.folder.as_str()),
                (role, folder),
                "{ids:?}"
            );
        }
    }

    #[test]
    fn flags_and_labels_are_what_is_left() {
        let standing = of(&[
            "INBOX",
            "UNREAD",
            "STARRED",
            "IMPORTANT",
            "CATEGORY_SOCIAL",
            "Label_1",
            "Label_9",
        ]);
        assert!(!standing.flags.seen && standing.flags.starred && !standing.flags.draft);
        assert_eq!(
            standing.labels,
            ["Label_9", "Work/Q3 plans", "category/social", "important"]
        );
        assert!(of(&["DRAFT"]).flags.draft && of(&[]).flags.seen);
    }

    #[test]
    fn what_is_stored_gives_back_every_label() {
        for ids_before in [
            &["INBOX", "SENT", "UNREAD"][..],
            &["TRASH", "SENT", "Label_1"],
            &["SPAM", "STARRED", "CATEGORY_UPDATES"],
            &["DRAFT", "=SOON"],
            &["IMPORTANT"],
            &[],
        ] {
            let before: BTreeSet<String> = ids_before.iter().map(|id| (*id).to_owned()).collect();
            assert_eq!(ids(&of(ids_before), &names()), before);
        }
    }

    #[test]
    fn moves_are_told_in_labels() {
        let told = |to, from| {
            let change = Change {
                move_to: Some(to),
                ..Change::default()
            };
            let told = Told::of(&change, from, &names());
            let mut ids: BTreeSet<String> = ids(
                &Standing {
                    role: from,
                    flags: Flags {
                        seen: true,
                        ..Flags::default()
                    },
                    ..Standing::default()
                },
                &names(),
            );
            told.apply(&mut ids);
            (
                told.trash,
                standing(ids.iter().map(String::as_str), &names()).role,
            )
        };
        assert_eq!(told(Role::Archive, Role::Inbox), (None, Role::Archive));
        assert_eq!(told(Role::Trash, Role::Inbox), (Some(true), Role::Trash));
        assert_eq!(told(Role::Inbox, Role::Trash), (Some(false), Role::Inbox));
        assert_eq!(
            told(Role::Archive, Role::Trash),
            (Some(false), Role::Archive)
        );
        assert_eq!(told(Role::Junk, Role::Inbox), (None, Role::Junk));
        assert_eq!(told(Role::Inbox, Role::Junk), (None, Role::Inbox));
        assert_eq!(told(Role::Sent, Role::Inbox), (None, Role::Inbox));
    }

    #[test]
    fn a_label_is_found_whatever_its_case() {
        assert_eq!(id("work/q3 PLANS", &names()).as_deref(), Some("Label_1"));
        assert_eq!(id("Important", &names()).as_deref(), Some("IMPORTANT"));
        assert_eq!(
            id("category/Forums", &names()).as_deref(),
            Some("CATEGORY_FORUMS")
        );
        assert_eq!(id("nobody", &names()), None);
    }
}
