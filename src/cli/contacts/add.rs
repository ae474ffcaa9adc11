//! `comms contacts add`.

use std::path::PathBuf;

use clap::Args;

use crate::cli::output::Output;
use crate::cli::{Done, origin};
use crate::error::{Error, Result};
use crate::model::contact::Card;
use crate::ops::App;
use crate::ops::contacts::add::{self, AddRequest};
use crate::ops::contacts::input;

use super::fields::{self, FieldArgs};

#[derive(Debug, Args)]
pub struct AddArgs {
    /// The name, addresses (ada@example.com, +14155550100, whatsapp:…, slack:@ada, chat:users/…) and @groups, in any order
    #[arg(value_name = "WORD", conflicts_with = "json_file")]
    words: Vec<String>,
    #[command(flatten)]
    fields: FieldArgs,
    /// The sender of this message
    #[arg(long, value_name = "ID", conflicts_with = "json_file")]
    from: Option<String>,
    /// Read contacts as JSON from a file, or from stdin with -: one object, a list, or one on each line
    #[arg(long, value_name = "FILE")]
    json_file: Option<PathBuf>,
    /// Add even if someone has one of the addresses
    #[arg(long)]
    force: bool,
}

pub fn run(args: AddArgs, app: &App, out: &mut Output) -> Result<Done> {
    let changes = args.fields.changes();
    let nothing_else = args.words.is_empty() && args.from.is_none() && changes.is_empty();
    let json = fields::json_of(args.json_file.as_ref(), nothing_else, out)?;
    let cards = match (&json, nothing_else) {
        (Some(text), _) => input::cards(app, text)?,
        (None, true) => {
            return Err(Error::usage("who is to be added?")
                .hint("write a name and addresses: `comms contacts add Ada ada@example.com`"));
        }
        (None, false) => vec![one(&args.words, args.from.as_deref(), app)?],
    };
    let cards = cards
        .into_iter()
        .map(|card| changes.onto(app, &card))
        .collect::<Result<_>>()?;
    let request = AddRequest {
        cards,
        anyway: args.force,
    };
    fields::tell(&add::add(app, origin(app, out), request)?, out)
}

/// The card that the words and the message make together; what is written goes before what the message says.
fn one(words: &[String], from: Option<&str>, app: &App) -> Result<Card> {
    let mut card = input::words(app, words)?;
    if let Some(id) = from {
        let sender = add::sender(app, id.parse()?)?;
        if card.name.is_empty() {
            card.name = sender.name;
        }
        card.addresses.extend(sender.addresses);
    }
    Ok(card)
}
