//! `comms purge`.

use clap::Args;

use crate::error::{Error, Kind, Result};
use crate::format::clean;
use crate::ops::App;
use crate::ops::purge::{self, PurgeReport, What};

use super::output::Output;
use super::{Done, origin, progress, prompt};

/// Erase messages from this machine
///
/// Erases text, attachments and index entries of messages that fit, and the text of settled outbox items that are
/// copies of them. One bare address or phone number (+14155550100) erases all to and from it; the id of a contact (c9) erases the contact as well, with
/// its history and every address it ever had. What a server or another program's Maildir holds stays
/// there, and is not fetched again. The record that something was sent stays, without its text.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  comms purge older_than:2y in:lists --dry-run\n  comms purge ada@example.com\n  comms purge c9\n  comms purge --expired"
)]
pub struct PurgeArgs {
    /// What to erase, as in `comms search`; or one address or phone number; or ids (m5, t8, o17), or a contact (c9)
    #[arg(
        value_name = "QUERY",
        required_unless_present = "expired",
        conflicts_with = "expired"
    )]
    query: Vec<String>,
    /// Erase what `[retention]` in the config gives up
    #[arg(long)]
    expired: bool,
    /// Show what would be erased; erase nothing
    #[arg(long)]
    dry_run: bool,
    /// Erase without asking
    #[arg(long)]
    yes: bool,
}

/// Messages shown before one is asked.
const SHOWN: usize = 5;

pub fn run(args: PurgeArgs, app: &App, out: &mut Output) -> Result<Done> {
    let what = match args.expired {
        true => What::Expired,
        false => What::Matching(args.query.join(" ")),
    };
    let retention = &app.config.retention;
    if args.expired && retention.messages.is_none() && retention.outbox.is_none() {
        return Err(Error::config("the config has no [retention]")
            .hint("write `messages = \"2y\"` under [retention], see `comms man operations`"));
    }
    let plan = purge::plan(app, origin(app, out), &what)?;
    let mut report = plan.report(args.dry_run);
    if !args.dry_run && !plan.is_empty() {
        if !args.yes {
            if let Some(who) = plan.person(app)? {
                progress::notice(&who);
            }
            for line in plan.sample(app, SHOWN)? {
                progress::notice(&line);
            }
            let question = format!("Erase {} from this machine for good?", counted(&report));
            if !prompt::confirm(out, &question, "--yes")? {
                return Err(Error::new(Kind::Interrupted, "nothing was erased"));
            }
        }
        plan.carry_out(app)?;
    }
    report.dry_run = args.dry_run;
    out.report("comms.purge/1", &report, |_| text(&report))?;
    if !report.kept.is_empty() {
        let ids: Vec<_> = report
            .kept
            .iter()
            .take(10)
            .map(ToString::to_string)
            .collect();
        out.warn(&format!(
            "{} still want something and were left alone: settle or cancel them first",
            ids.join(", ")
        ));
    }
    Ok(None)
}

fn counted(report: &PurgeReport) -> String {
    let of = |n: u64, one: &str, many: &str| format!("{n} {}", if n == 1 { one } else { many });
    let mut messages = of(report.messages, "message", "messages");
    if let Some(id) = report.contact {
        messages = format!("contact {id}, {messages}");
    }
    if report.log_lines > 0 {
        let lines = of(report.log_lines, "line", "lines");
        messages = format!("{messages}, who and what stands in {lines} of the log");
    }
    match report.outbox_items {
        0 => messages,
        n => format!(
            "{messages} and the text of {}",
            of(n, "outbox item", "outbox items")
        ),
    }
}

fn text(report: &PurgeReport) -> String {
    let done = if report.dry_run {
        "would be erased"
    } else {
        "erased"
    };
    let mut text = format!("{} {done}\n", counted(report));
    for place in &report.elsewhere {
        text.push_str(&format!(
            "  {} of them stay where account {} has them, and are not fetched again\n",
            place.messages,
            clean::line(&place.account)
        ));
    }
    text
}
