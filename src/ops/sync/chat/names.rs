//! What the folder of a space is called: as the space is, or as the people in it are.

use crate::channel::google_chat::{Member, Space, SpaceKind};
use crate::error::Result;
use crate::format::clean;
use crate::model::message::Role;
use crate::store::Placed;

use super::Chats;

/// People of a group chat that are named; the others are counted.
const MOST_NAMES: usize = 3;
/// Longest name, in characters.
const LONGEST: usize = 100;

impl Chats<'_> {
    /// The folder of a space, made or moved as its name wants it, and its title.
    pub(super) async fn folder_of(&self, space: &Space) -> Result<(String, String)> {
        let known = self.stamp_of(&space.name, |stamp| {
            (stamp.folder.clone(), stamp.title.clone())
        });
        let title = match tidy(&space.display_name) {
            title if !title.is_empty() => title,
            // Who is in it is asked once.
            _ if !known.0.is_empty() => return Ok(known),
            _ => self.people_of(space).await?,
        };
        if !known.0.is_empty() && known.1 == title {
            return Ok(known);
        }
        let path = self.free(&space.name, &title);
        self.make_folder(&path)?;
        if !known.0.is_empty() && known.0 != path {
            self.move_folder(&known.0, &path)?;
        }
        self.stamp_of(&space.name, |stamp| {
            stamp.folder = path.clone();
            stamp.title = title.clone();
        });
        Ok((path, title))
    }

    /// The others in a space without a name of its own.
    async fn people_of(&self, space: &Space) -> Result<String> {
        let members = self.client.members(&space.name).await?;
        let owner = self.stamp().owner.clone();
        let address = self.account.address.as_deref();
        let others: Vec<&Member> = members
            .iter()
            .filter(|m| owner.as_ref() != Some(&m.name))
            .filter(|m| m.email.is_none() || m.email.as_deref() != address)
            .collect();
        Ok(title_of(space, &others))
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

    fn move_folder(&self, from: &str, to: &str) -> Result<()> {
        let known = self.app.store.remotes_in(&self.account.name, from)?;
        let placed: Vec<Placed> = known
            .into_iter()
            .map(|remote| Placed {
                id: remote.id,
                folder: to.to_owned(),
                role: Role::Other,
                flags: remote.flags,
                labels: remote.labels,
            })
            .collect();
        for share in placed.chunks(500) {
            self.app.store.place(share)?;
        }
        self.app.store.forget_folder(&self.account.name, from)
    }
}

fn title_of(space: &Space, others: &[&Member]) -> String {
    let mut names: Vec<String> = others
        .iter()
        .map(|member| {
            let name = tidy(&member.display_name);
            match (name.is_empty(), &member.email) {
                (false, _) => name,
                (true, Some(email)) => tidy(email),
                (true, None) => member.name.clone(),
            }
        })
        .collect();
    if names.is_empty() {
        let what = match space.space_type {
            SpaceKind::Direct => "direct message",
            SpaceKind::Group => "group chat",
            _ => "space",
        };
        return format!("{what} {}", short(&space.name));
    }
    let more = names.len().saturating_sub(MOST_NAMES);
    names.truncate(MOST_NAMES);
    match more {
        0 => names.join(", "),
        more => format!("{} and {more} more", names.join(", ")),
    }
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
        let of = |n: usize| title_of(&space, &people.iter().take(n).collect::<Vec<_>>());
        assert_eq!(of(0), "direct message AAA");
        assert_eq!(of(1), "Ada");
        assert_eq!(of(3), "Ada, Grace, users/2");
        assert_eq!(of(5), "Ada, Grace, users/2 and 2 more");
        assert_eq!(tidy(" ops/alerts\n\u{202e}x "), "ops\u{2215}alerts x");
    }
}
