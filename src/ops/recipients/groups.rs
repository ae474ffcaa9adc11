//! From a group to everybody in it, each by their own channel.

use crate::error::{Error, Result};
use crate::format::clean;
use crate::model::contact::Via;
use crate::ops::App;
use crate::ops::contacts::group::{self, Member};
use crate::rules::contact::key_of;

use super::{Chosen, Meaning, Place, Seen, reach};

/// Those that are named in an error.
const NAMED: usize = 20;

/// A group that was typed, and who is in it.
pub struct Typed {
    pub meaning: Meaning,
    pub members: Vec<Member>,
}

/// Who is in a group.
///
/// # Errors
/// `not_found` with a name that is near for a group that is not there; `usage` for one that nobody is in.
pub fn read(app: &App, (place, name): (Place, &str), via: Option<Via>) -> Result<Typed> {
    let members = group::members(app, name)?;
    let shown = clean::line(name);
    if members.is_empty() {
        return Err(Error::usage(format!("nobody is in `@{shown}`"))
            .hint("put someone into it with `comms contacts group add`, or write the addresses"));
    }
    Ok(Typed {
        meaning: Meaning {
            word: format!("@{name}"),
            ..Meaning::new(place, via)
        },
        members,
    })
}

/// What a group stands for beside those who are recipients already; who can't be reached is left out if `skips`.
///
/// # Errors
/// `usage` with those who can't be reached.
pub fn spread(
    app: &App,
    typed: Typed,
    (from, skips): (Option<&str>, bool),
    seen: &mut Seen,
) -> Result<Meaning> {
    let Typed {
        mut meaning,
        members,
    } = typed;
    let (all, via) = (members.len(), meaning.via);
    let mut why = None;
    for member in members {
        let found = match &member {
            Member::Contact(contact) => {
                let mut own = contact.card.addresses.iter().map(key_of);
                if seen.contacts.contains(&contact.id) || own.any(|a| seen.addresses.contains(&a)) {
                    continue;
                }
                reach::contact(app, contact, (via, from))
            }
            Member::Address(address) => reach::bare(app, address, (via, from)),
        };
        match found {
            Ok(chosen) if seen.takes(&chosen) => meaning.chosen.push(Chosen {
                resolved_from: meaning.word.clone(),
                ..chosen
            }),
            Ok(_) => {}
            Err(e) => {
                meaning.unreachable.push(match member {
                    Member::Contact(c) => format!("{} ({})", clean::line(c.card.label()), c.id),
                    Member::Address(address) => clean::line(&address),
                });
                why.get_or_insert(e);
            }
        }
    }
    match why {
        Some(why) if !skips => Err(unreachable(&meaning, all, why)),
        Some(why) if meaning.unreachable.len() == all => Err(Error::usage(format!(
            "nobody in `{}` can be reached",
            clean::line(&meaning.word)
        ))
        .because(why.message)),
        _ => Ok(meaning),
    }
}

fn unreachable(meaning: &Meaning, all: usize, why: Error) -> Error {
    let lost = &meaning.unreachable;
    let mut lines: Vec<_> = lost
        .iter()
        .take(NAMED)
        .map(|who| format!("\n  {who}"))
        .collect();
    if lost.len() > NAMED {
        lines.push(format!("\n  and {} more", lost.len() - NAMED));
    }
    Error::usage(format!(
        "{} of the {all} in `{}` can't be reached; nothing was sent{}",
        lost.len(),
        clean::line(&meaning.word),
        lines.concat()
    ))
    .because(why.message)
    .hint("leave them out with --skip-unreachable, or give them an address that can be written to")
}
