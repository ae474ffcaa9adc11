//! `comms outbox edit`.

use std::path::PathBuf;

use clap::Args;

use crate::error::{Error, Result};
use crate::model::id::OutboxId;
use crate::model::time;
use crate::ops::App;
use crate::ops::edit::{self, EditRequest};
use crate::ops::send::{Attach, ItemReport};

use super::super::output::Output;
use super::super::{origin, prompt, wait};
use super::body::{self, Source};

/// What is to be different.
#[derive(Debug, Args)]
pub struct EditArgs {
    /// The item
    id: String,
    /// The new text
    #[arg(short = 'm', long, value_name = "TEXT", conflicts_with = "file")]
    message: Option<String>,
    /// Read the new text from a file, or from stdin with -
    #[arg(short, long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// The new subject
    #[arg(short, long, value_name = "TEXT")]
    subject: Option<String>,
    /// Who gets it, in place of those before
    #[arg(long, value_name = "TO")]
    to: Vec<String>,
    /// Who gets a visible copy, in place of those before
    #[arg(long, value_name = "TO")]
    cc: Vec<String>,
    /// Who gets a copy nobody else sees, in place of those before
    #[arg(long, value_name = "TO")]
    bcc: Vec<String>,
    /// Attach one more file; may be given several times
    #[arg(short, long = "attach", value_name = "FILE")]
    attach: Vec<PathBuf>,
    /// When it goes
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
}

pub fn run(args: EditArgs, app: &App, out: &mut Output) -> Result<ItemReport> {
    let id: OutboxId = args.id.parse()?;
    let origin = origin(app, out);
    let has_text = args.message.is_some() || args.file.is_some();
    let lists = [&args.to, &args.cc, &args.bcc];
    let nothing = !has_text
        && args.subject.is_none()
        && args.at.is_none()
        && args.attach.is_empty()
        && lists.iter().all(|l| l.is_empty());
    let old = edit::text(app, origin, id)?;
    let text = if has_text {
        let typed = body::Typed {
            message: args.message,
            file: args.file,
            allow_empty: false,
        };
        Some(body::read(typed, Source::Required, (app, out))?)
    } else if !nothing {
        None
    } else if prompt::can_ask(out) {
        let new = body::change(&old, (app, out))?;
        if new.trim_end() == old.trim_end() {
            return Err(Error::usage("the text is the same: nothing was changed"));
        }
        Some(new)
    } else {
        return Err(Error::usage("nothing is to be changed")
            .hint("say what with -s, -m, -f, --to, --cc, --bcc, -a or --at"));
    };
    let schedule = args
        .at
        .as_deref()
        .map(|at| time::schedule(at, &app.clock.now_local()))
        .transpose()?;
    if let Some(warning) = schedule.as_ref().and_then(|s| s.warning.as_ref()) {
        out.warn(warning);
    }
    let request = EditRequest {
        subject: args.subject,
        text,
        to: args.to,
        cc: args.cc,
        bcc: args.bcc,
        attachments: args.attach.into_iter().map(Attach::Path).collect(),
        at: schedule.map(|s| s.at),
    };
    let report = edit::edit(app, origin, id, &request)?;
    if edit::has_copy(app, id)?
        && let Err(e) = wait(edit::keep_draft(app, id))
    {
        out.warn(&format!(
            "the copy in the account's drafts is as it was: {}",
            e.message
        ));
    }
    Ok(report)
}
