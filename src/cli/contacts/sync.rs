//! `comms contacts sync`.

use std::fmt::Write as _;

use clap::Args;

use crate::cli::output::{Format, Output, Style};
use crate::cli::{Done, wait};
use crate::error::Result;
use crate::format::clean;
use crate::model::id::PlanId;
use crate::ops::App;
use crate::ops::contacts::sync::step::{Act, Effect, Step};
use crate::ops::contacts::sync::{self, Counts, SourceSync, SyncReport, SyncRequest};

/// How many steps a person is shown of a sync that was done; a plan is shown whole.
const SHOWN: usize = 20;

#[derive(Debug, Args)]
pub struct SyncArgs {
    /// The address books; all of them if none is named
    #[arg(value_name = "ACCOUNT", conflicts_with = "apply")]
    account: Vec<String>,
    /// Only show what would be done on both sides, and keep it
    #[arg(long, conflicts_with = "apply")]
    plan: bool,
    /// Do exactly what this plan showed; what changed since is left alone
    #[arg(long, value_name = "PLAN")]
    apply: Option<String>,
    /// Let it remove more than a few contacts
    #[arg(long)]
    allow_deletes: bool,
}

pub fn run(args: SyncArgs, app: &App, out: &mut Output) -> Result<Done> {
    let request = SyncRequest {
        accounts: args.account,
        plan: args.plan,
        apply: args.apply.map(|id| id.parse()).transpose()?,
        allow_deletes: args.allow_deletes,
    };
    let report = wait(sync::sync(app, &request))?;
    out.report("comms.contact_sync/1", &report, |out| words(&report, out))?;
    for source in &report.sources {
        for note in &source.notes {
            out.note(&clean::line(&format!("{}: {note}", source.account)));
        }
        if let Some(error) = &source.error {
            out.warn(&clean::line(&format!(
                "{}: {}",
                source.account, error.message
            )));
            error
                .hint
                .iter()
                .for_each(|hint| out.hint(&clean::line(hint)));
        }
    }
    let any = report.sources.iter().any(|source| !source.steps.is_empty());
    if let Some(plan) = report.plan.filter(|_| any && out.format == Format::Table) {
        out.hint(&format!(
            "`comms contacts sync --apply {plan}` does exactly this"
        ));
    }
    Ok(report.outcome())
}

fn words(report: &SyncReport, out: &Output) -> String {
    let mut text = String::new();
    for source in &report.sources {
        if source.error.is_none() {
            of_source(&mut text, (source, report.plan), out);
        }
    }
    text
}

fn of_source(text: &mut String, (source, plan): (&SourceSync, Option<PlanId>), out: &Output) {
    let name = out.paint(Style::Strong, &source.account);
    let mut told: Vec<String> = Vec::new();
    told.extend(counted("here", source.here));
    told.extend(counted("there", source.there));
    if source.paired > 0 {
        told.push(format!("{} paired", source.paired));
    }
    if !source.left.is_empty() {
        told.push(format!("{} left", source.left.len()));
    }
    if told.is_empty() {
        told.push("nothing to do".to_owned());
    }
    let plan = plan
        .map(|plan| format!(" (plan {plan})"))
        .unwrap_or_default();
    let _ = writeln!(text, "{name}{plan}: {}", told.join("; "));
    let shown = if plan.is_empty() { SHOWN } else { usize::MAX };
    for step in source.steps.iter().take(shown) {
        of_step(text, step);
    }
    if source.steps.len() > shown {
        let _ = writeln!(text, "  … and {} more", source.steps.len() - shown);
    }
    for left in &source.left {
        let name = clean::line(&left.name);
        let _ = writeln!(text, "  left   {name}: {}", clean::line(&left.why));
    }
}

fn of_step(text: &mut String, step: &Step) {
    let name = clean::line(&step.name);
    for (side, effect) in [("here", &step.here), ("there", &step.there)] {
        let Some(effect) = effect else { continue };
        let fields = match effect.fields.is_empty() {
            true => String::new(),
            false => format!(" ({})", effect.fields.join(", ")),
        };
        let _ = writeln!(text, "  {side:<6} {:<7} {name}{fields}", act(effect));
    }
    if let Some(why) = &step.why {
        let _ = writeln!(text, "         {}", clean::line(why));
    }
    for lost in &step.lost {
        let (field, value, side) = (&lost.field, clean::line(&lost.value), &lost.side);
        let _ = writeln!(text, "         {field} of {side} gives way: {value}");
    }
}

fn act(effect: &Effect) -> &'static str {
    match effect.act {
        Act::Unpair => "leave",
        other => other.name(),
    }
}

/// `here: 3 added, 1 removed`; `None` if nothing.
fn counted(side: &str, counts: Counts) -> Option<String> {
    let parts: Vec<_> = [
        (counts.added, "added"),
        (counts.changed, "changed"),
        (counts.removed, "removed"),
    ]
    .into_iter()
    .filter(|(count, _)| *count > 0)
    .map(|(count, what)| format!("{count} {what}"))
    .collect();
    (!parts.is_empty()).then(|| format!("{side}: {}", parts.join(", ")))
}
