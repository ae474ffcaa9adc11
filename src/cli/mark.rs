//! `comms inbox mark`.

use clap::Args;

use crate::error::{Context, Kind, Result};
use crate::model::message::{Change, Role};
use crate::ops::App;
use crate::ops::mark::{self, MarkRequest};
use crate::ops::read_small;

use super::output::Output;
use super::{Done, rows};

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  comms inbox mark m17 t8 --read --archive\n  comms search 'older_than:1y label:list' --fields id | comms inbox mark - --archive"
)]
pub struct MarkArgs {
    /// Ids of messages (m17) and whole threads (t8); `-` reads them from stdin
    #[arg(value_name = "ID", required = true)]
    ids: Vec<String>,
    #[command(flatten)]
    marks: Marks,
    /// On WhatsApp: show the writer that you are typing, for 25 seconds or until you answer
    #[arg(long, requires = "read")]
    typing: bool,
    /// Show what would be marked
    #[arg(long)]
    dry_run: bool,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = true)]
struct Marks {
    /// Mark as read
    #[arg(long, conflicts_with = "unread")]
    read: bool,
    /// Mark as unread
    #[arg(long)]
    unread: bool,
    /// Move to the archive
    #[arg(long, conflicts_with_all = ["trash", "inbox"])]
    archive: bool,
    /// Move to the trash
    #[arg(long, conflicts_with = "inbox")]
    trash: bool,
    /// Move back to the inbox
    #[arg(long)]
    inbox: bool,
    /// Add a star
    #[arg(long, conflicts_with = "unstar")]
    star: bool,
    /// Take the star away
    #[arg(long)]
    unstar: bool,
    /// Add a label; may be given more than once
    #[arg(long, value_name = "LABEL")]
    label: Vec<String>,
    /// Take a label away; may be given more than once
    #[arg(long, value_name = "LABEL")]
    unlabel: Vec<String>,
}

pub fn run(args: MarkArgs, app: &App, out: &mut Output) -> Result<Done> {
    let request = MarkRequest {
        ids: ids(args.ids)?,
        change: change(args.marks),
        dry_run: args.dry_run,
    };
    let mut marked = mark::mark(app, &request)?;
    if !marked.untold.is_empty() {
        for (account, error) in super::wait(mark::tell(app, &mut marked))? {
            out.warn(&format!(
                "`{account}` will be told at the next sync: {}",
                error.message
            ));
        }
    }
    if args.typing {
        super::wait(mark::typing(app, &marked))?;
    }
    let report = mark::report(app, marked)?;
    let columns = rows::message_columns(&report.messages, false, out);
    out.list(
        "comms.mark/1",
        &report,
        "messages",
        &report.messages,
        &columns,
    )?;
    if report.dry_run {
        out.hint("nothing was changed: leave out --dry-run to do it");
    }
    Ok(None::<Kind>)
}

/// Bytes of all ids on stdin.
const LONGEST: u64 = 64 << 20;

/// The ids given, and those on stdin in place of `-`: the first word of each line.
fn ids(given: Vec<String>) -> Result<Vec<String>> {
    let mut ids = Vec::new();
    for id in given {
        if id != "-" {
            ids.push(id);
            continue;
        }
        let text =
            read_small(std::io::stdin(), LONGEST).context(Kind::Usage, "reading ids from stdin")?;
        ids.extend(
            text.lines()
                .filter_map(|line| line.split_whitespace().next())
                .map(str::to_owned),
        );
    }
    Ok(ids)
}

fn change(marks: Marks) -> Change {
    let either = |yes: bool, no: bool| match (yes, no) {
        (true, _) => Some(true),
        (_, true) => Some(false),
        _ => None,
    };
    Change {
        seen: either(marks.read, marks.unread),
        starred: either(marks.star, marks.unstar),
        add_labels: marks.label,
        remove_labels: marks.unlabel,
        move_to: match (marks.archive, marks.trash, marks.inbox) {
            (true, ..) => Some(Role::Archive),
            (_, true, _) => Some(Role::Trash),
            (.., true) => Some(Role::Inbox),
            _ => None,
        },
        ..Change::default()
    }
}
