//! `comms contacts remove`, `merge` and `undo`.

use clap::Args;

use crate::cli::output::Output;
use crate::cli::{Done, origin, prompt};
use crate::error::{Error, Kind, Result};
use crate::format::clean;
use crate::model::contact::Contact;
use crate::model::id::ContactId;
use crate::ops::App;
use crate::ops::contacts::remove::{self, Undo};
use crate::ops::contacts::who;

use super::fields;

#[derive(Debug, Args)]
pub struct RemoveArgs {
    /// Ids (c9), names or addresses
    #[arg(required = true, value_name = "CONTACT")]
    contacts: Vec<String>,
    /// Remove without asking
    #[arg(long)]
    yes: bool,
}

pub fn remove(args: RemoveArgs, app: &App, out: &mut Output) -> Result<Done> {
    let contacts = several(app, &args.contacts)?;
    let by = origin(app, out);
    if !args.yes && by != crate::ops::Origin::Agent {
        let names: Vec<_> = contacts
            .iter()
            .take(5)
            .map(|c| clean::line(&who::told(c)))
            .collect();
        let more = contacts.len().saturating_sub(5);
        let more = if more > 0 {
            format!(" and {more} more")
        } else {
            String::new()
        };
        let question = format!("Remove {}{more}?", names.join(", "));
        if !prompt::confirm(out, &question, "--yes")? {
            return Err(Error::new(Kind::Interrupted, "nothing was removed"));
        }
    }
    fields::tell(&remove::remove(app, by, &contacts)?, out)
}

#[derive(Debug, Args)]
pub struct MergeArgs {
    /// Ids (c9), names or addresses; the first stays and takes in the others
    #[arg(required = true, num_args = 2.., value_name = "CONTACT")]
    contacts: Vec<String>,
}

pub fn merge(args: MergeArgs, app: &App, out: &mut Output) -> Result<Done> {
    let contacts = args
        .contacts
        .iter()
        .map(|asked| who::contact(app, asked))
        .collect::<Result<_>>()?;
    fields::tell(&remove::merge(app, origin(app, out), &[contacts])?, out)
}

#[derive(Debug, Args)]
pub struct UndoArgs {
    /// The number of a change, or a contact (c9) whose last change it is; else the last change of all
    #[arg(value_name = "CHANGE")]
    what: Option<String>,
}

pub fn undo(args: UndoArgs, app: &App, out: &mut Output) -> Result<Done> {
    let what = match args.what.as_deref() {
        None => Undo::Last,
        Some(text) => match (text.parse::<i64>(), text.parse::<ContactId>()) {
            (Ok(number), _) => Undo::Change(number),
            (_, Ok(id)) => Undo::Of(id),
            _ => Undo::Of(who::contact(app, text)?.id),
        },
    };
    fields::tell(&remove::undo(app, origin(app, out), what)?, out)
}

/// The contacts that are meant, each once.
fn several(app: &App, asked: &[String]) -> Result<Vec<Contact>> {
    let mut all: Vec<Contact> = Vec::new();
    for asked in asked {
        let contact = who::contact(app, asked)?;
        if !all.iter().any(|c| c.id == contact.id) {
            all.push(contact);
        }
    }
    Ok(all)
}
