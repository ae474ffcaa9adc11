//! `comms react`, `comms edit`, `comms unsend`: what is done to a message where it is.

use clap::Args;

use crate::error::Result;
use crate::model::id::MessageId;
use crate::ops::App;
use crate::ops::alter::{self, Act};

use super::output::Output;
use super::{Done, origin, wait};

#[derive(Debug, Args)]
#[command(after_help = "Example: comms react m17 \u{1f44d}")]
pub struct ReactArgs {
    /// The message
    id: MessageId,
    /// The emoji itself
    emoji: String,
    /// Take the reaction back
    #[arg(long)]
    remove: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "Example: comms edit m17 -m \"at 10, not at 9\"")]
pub struct EditArgs {
    /// A message of yours
    id: MessageId,
    /// The new text
    #[arg(short = 'm', long, value_name = "TEXT")]
    message: String,
    /// Read the text as Markdown
    #[arg(long)]
    markdown: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "Example: comms unsend m17")]
pub struct UnsendArgs {
    /// A message of yours
    id: MessageId,
}

pub fn react(args: ReactArgs, app: &App, out: &mut Output) -> Result<Done> {
    let emoji = args.emoji.trim().to_owned();
    let act = match args.remove {
        true => Act::Unreact(emoji),
        false => Act::React(emoji),
    };
    run(args.id, &act, app, out)
}

pub fn edit(args: EditArgs, app: &App, out: &mut Output) -> Result<Done> {
    run(args.id, &Act::Edit(args.message, args.markdown), app, out)
}

pub fn unsend(args: UnsendArgs, app: &App, out: &mut Output) -> Result<Done> {
    run(args.id, &Act::Unsend, app, out)
}

fn run(id: MessageId, act: &Act, app: &App, out: &mut Output) -> Result<Done> {
    let origin = origin(app, out);
    let report = wait(alter::alter(app, origin, id, act))?;
    out.report("comms.alter/1", &report, |_| {
        let emoji = report
            .emoji
            .as_deref()
            .map_or(String::new(), |e| format!(" {e}"));
        format!("{} {}{emoji}\n", report.message, report.done)
    })?;
    Ok(None)
}
