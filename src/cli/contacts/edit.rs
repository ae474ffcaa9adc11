//! `comms contacts edit`.

use std::path::PathBuf;

use clap::Args;

use crate::cli::output::Output;
use crate::cli::{Done, editor, origin, prompt};
use crate::error::{Error, Result};
use crate::ops::App;
use crate::ops::contacts::edit::{self, Line, To};
use crate::ops::contacts::{input, who};

use super::fields::{self, FieldArgs};

#[derive(Debug, Args)]
pub struct EditArgs {
    /// An id (c9), a name or an address
    contact: String,
    /// The new name
    #[arg(long, value_name = "TEXT")]
    name: Option<String>,
    /// One more address; `(work)` behind it is its label. May be given several times
    #[arg(long, value_name = "ADDRESS")]
    add_address: Vec<String>,
    /// Take an address away; may be given several times
    #[arg(long, value_name = "ADDRESS")]
    remove_address: Vec<String>,
    /// Use this address first among those of its kind
    #[arg(long, value_name = "ADDRESS")]
    prefer_address: Vec<String>,
    #[command(flatten)]
    fields: FieldArgs,
    /// Take a nickname away; may be given several times
    #[arg(long, value_name = "NAME")]
    remove_nickname: Vec<String>,
    /// Take out of this group; may be given several times
    #[arg(long, value_name = "GROUP")]
    ungroup: Vec<String>,
    /// Take a page away; may be given several times
    #[arg(long, value_name = "URL")]
    remove_url: Vec<String>,
    /// Read a JSON merge patch from a file, or from stdin with -: null takes a field away
    #[arg(long, value_name = "FILE")]
    json_file: Option<PathBuf>,
    /// Let it have an address that someone else has
    #[arg(long)]
    force: bool,
}

pub fn run(args: EditArgs, app: &App, out: &mut Output) -> Result<Done> {
    let contact = who::contact(app, &args.contact)?;
    let mut changes = args.fields.changes();
    if let Some(name) = args.name {
        changes.lines.insert(0, (Line::Name, name));
    }
    changes.add_addresses = edit::addresses(app, &args.add_address)?;
    changes.remove_addresses = args.remove_address;
    changes.prefer = args.prefer_address;
    changes.remove_nicknames = args.remove_nickname;
    changes.remove_groups = args.ungroup;
    changes.remove_urls = args.remove_url;
    let json = fields::json_of(args.json_file.as_ref(), changes.is_empty(), out)?;
    changes.patch = json.as_deref().map(input::patch).transpose()?;
    let to = match changes.is_empty() {
        false => To::Changes(Box::new(changes)),
        true if prompt::can_ask(out) => {
            let old = input::to_edit(&contact)?;
            let editor = app.config.editor.as_deref().ok_or_else(|| {
                Error::usage("there is no editor")
                    .hint("set EDITOR, or say with flags what is to be different")
            })?;
            let draft = editor::draft(editor, &old, (".toml", "nothing was changed"), out)?;
            let new = fields::text_of(&draft)?;
            if new.trim().is_empty() || new == old {
                return Err(Error::usage("the text is the same: nothing was changed"));
            }
            To::Edited(Box::new((contact.card.clone(), input::edited(app, &new)?)))
        }
        true => {
            return Err(Error::usage("nothing is to be changed").hint(
                "say what with --name, --add-address, --via, --group …, or as JSON on stdin",
            ));
        }
    };
    let report = edit::edit(app, origin(app, out), contact.id, (&to, args.force))?;
    fields::tell(&report, out)
}
