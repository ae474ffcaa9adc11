//! What the folder of a space is called: as the space is, or as the people in it are.

use crate::channel::google_chat::{Member, Space, SpaceKind};
use crate::error::{Kind, Result};
use crate::format::clean;
use crate::ops::sync::rooms;

use super::Chats;

/// People of a group chat that are named; the others are counted.
const MOST_NAMES: usize = 3;
/// Longest name, in characters.
const LONGEST: usize = 100;

impl Chats<'_> {
    /// The folder of a space, made or moved as its name wants it, and its title.
    pub(super) async fn folder_of(&self, space: &Space, news: bool) -> Result<(String, String)> {
        let known = self.stamp_of(&space.name, |stamp| stamp.clone());
        let is_new = known.folder.is_empty();
        let (title, unnamed) = match tidy(&space.display_name) {
            title if !title.is_empty() => (title, false),
            // Who is in it is asked once, and again where that could not be told.
            _ if !(is_new || known.unnamed && news) => return Ok((known.folder, known.title)),
            _ => match self.people_of(space).await? {
                Some(title) => (title, false),
                None => (plain_title(space), true),
            },
        };
        if !is_new && known.title == title {
            return Ok((known.folder, known.title));
        }
        let path = self.free(&space.name, &title);
        rooms::make(self.app, self.account, &path)?;
        if !is_new && known.folder != path {
            rooms::rename(self.app, self.account, (&known.folder, &path))?;
        }
        self.stamp_of(&space.name, |stamp| {
            stamp.folder = path.clone();
            stamp.title = title.clone();
            stamp.unnamed = unnamed;
        });
        Ok((path, title))
    }

    /// The others in a space without a name of its own; none if that is not to be known.
    async fn people_of(&self, space: &Space) -> Result<Option<String>> {
        let members = match self.client.members(&space.name).await {
            Ok(members) => members,
            // The login may do without.
            Err(e) if matches!(e.kind, Kind::Auth | Kind::Refused | Kind::NotFound) => {
                return Ok(None);
            }
            Err(e) => return Err(e),
        };
        let owner = self.stamp().owner.clone();
        let address = self.account.address.as_deref();
        let others: Vec<&Member> = members
            .iter()
            .filter(|m| owner.as_ref() != Some(&m.name))
            .filter(|m| m.email.is_none() || m.email.as_deref() != address)
            .collect();
        Ok(title_of(&others))
    }

    /// A path that no other space has.
    fn free(&self, space: &str, title: &str) -> String {
        let stamp = self.stamp();
        let taken = stamp.spaces.iter().any(|(name, other)| {
            name != space && other.folder.to_lowercase() == title.to_lowercase()
        });
        match taken {
            false => title.to_owned(),
            true => format!("{title} ({})", short(space)),
        }
    }
}

/// The first few people and how many more there are.
fn title_of(others: &[&Member]) -> Option<String> {
    let names = others.iter().take(MOST_NAMES).map(|member| {
        let name = tidy(&member.display_name);
        match (name.is_empty(), &member.email) {
            (false, _) => name,
            (true, Some(email)) => tidy(email),
            (true, None) => tidy(&member.name).replace('\u{2215}', " "),
        }
    });
    let names: Vec<String> = names.collect();
    match (names.len(), others.len()) {
        (0, _) => None,
        (shown, all) if shown == all => Some(names.join(", ")),
        (shown, all) => Some(format!("{} and {} more", names.join(", "), all - shown)),
    }
}

fn plain_title(space: &Space) -> String {
    let what = match space.space_type {
        SpaceKind::Direct => "direct message",
        SpaceKind::Group => "group chat",
        _ => "space",
    };
    format!("{what} {}", short(&space.name))
}

/// A name as a folder may have it: one line, no levels.
fn tidy(name: &str) -> String {
    let name = clean::line(name).replace('/', "\u{2215}");
    name.trim().chars().take(LONGEST).collect()
}

fn short(space: &str) -> &str {
    space.strip_prefix("spaces/").unwrap_or(space)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(name: &str, display_name: &str) -> Member {
        Member {
            name: name.to_owned(),
            display_name: display_name.to_owned(),
            ..Member::default()
        }
    }

    #[test]
    fn a_space_without_a_name_is_called_by_the_people_in_it() {
        let space = Space {
            name: "spaces/AAA".to_owned(),
            space_type: SpaceKind::Direct,
            ..Space::default()
        };
        let people: Vec<Member> = ["Ada", "Grace", "", "Alan", "Edsger"]
            .iter()
            .enumerate()
            .map(|(n, name)| member(&format!("users/{n}"), name))
            .collect();
        let of = |n: usize| title_of(&people.iter().take(n).collect::<Vec<_>>());
        assert_eq!(of(0), None);
        assert_eq!(plain_title(&space), "direct message AAA");
        assert_eq!(of(1).unwrap(), "Ada");
        assert_eq!(of(3).unwrap(), "Ada, Grace, users 2");
        assert_eq!(of(5).unwrap(), "Ada, Grace, users 2 and 2 more");
        assert_eq!(tidy(" ops/alerts\n\u{202e}x "), "ops\u{2215}alerts x");
    }
}
