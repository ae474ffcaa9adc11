//! A workspace's channels and people.

/// What stands in a directory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EntryKind {
    #[default]
    Channel,
    /// Between several people, without a name of its own.
    Group,
    /// Between two people.
    Direct,
    Person,
    Bot,
}

impl EntryKind {
    const ALL: [EntryKind; 5] = [
        EntryKind::Channel,
        EntryKind::Group,
        EntryKind::Direct,
        EntryKind::Person,
        EntryKind::Bot,
    ];

    /// As the store writes it.
    pub fn name(self) -> &'static str {
        match self {
            EntryKind::Channel => "channel",
            EntryKind::Group => "group",
            EntryKind::Direct => "direct",
            EntryKind::Person => "person",
            EntryKind::Bot => "bot",
        }
    }

    /// The kind of this name; a channel if it has none.
    pub fn named(name: &str) -> EntryKind {
        let mut all = EntryKind::ALL.into_iter();
        all.find(|kind| kind.name() == name).unwrap_or_default()
    }

    /// Whether it is someone, not a room.
    pub fn is_someone(self) -> bool {
        matches!(self, EntryKind::Person | EntryKind::Bot)
    }
}

/// A channel or a person. Names are others' words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// The provider's: `C…`, `U…`.
    pub id: String,
    pub kind: EntryKind,
    /// As people see it.
    pub name: String,
    /// The name without spaces, of people.
    pub handle: String,
    pub email: Option<String>,
    /// The other one of direct messages.
    pub person: Option<String>,
    /// Archived, or not in the workspace any more.
    pub gone: bool,
}
