//! `comms outbox`.

use clap::{ArgGroup, Args, Subcommand};

use crate::error::{Error, Result};
use crate::model::id::OutboxId;
use crate::model::outbox::State;
use crate::ops::App;
use crate::ops::drain::{self, Scheduler};
use crate::ops::outbox::{self, Page};
use crate::ops::send::ItemReport;
use crate::ops::{approval as ops_approval, batch};

use super::output::{Format, Output};
use super::pages::Pages;
use super::{Done, approval, audit, origin, send, wait};

#[derive(Debug, Args)]
#[command(after_help = "Example: comms outbox list")]
pub struct OutboxArgs {
    #[command(subcommand)]
    command: OutboxCommand,
}

#[derive(Debug, Subcommand)]
enum OutboxCommand {
    /// List what waits, failed or is in doubt
    #[command(after_help = "Example: comms outbox list --state failed")]
    List {
        /// Only items in this state; may be given several times
        #[arg(long, value_name = "STATE")]
        state: Vec<String>,
        /// Also what was sent or cancelled
        #[arg(long)]
        all: bool,
        /// Only the rows of this batch, in the order of its file; in all states
        #[arg(long, value_name = "NAME")]
        batch: Option<String>,
        /// How many at most
        #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
        limit: u32,
        /// Show the page after this cursor (`next` of the page before)
        #[arg(long, value_name = "CURSOR")]
        after: Option<String>,
    },
    /// Show one item: recipients, every attempt, the message
    #[command(after_help = "Example: comms outbox show o17")]
    Show {
        /// The item
        id: String,
    },
    /// Send an item now, to those who certainly got nothing
    #[command(after_help = "Example: comms outbox retry o17")]
    Retry {
        /// The item
        id: String,
    },
    /// Put an item, or what is left of a batch, away; it is never sent
    #[command(
        after_help = "Examples:\n  comms outbox cancel o17\n  comms outbox cancel --batch invitations",
        group = ArgGroup::new("what").required(true).args(["id", "batch"])
    )]
    Cancel {
        /// The item
        id: Option<String>,
        /// The batch
        #[arg(long, value_name = "NAME")]
        batch: Option<String>,
    },
    /// Change an item that did not leave yet; without flags, its text in your editor
    #[command(after_help = "Example: comms outbox edit o17 -s 'Lunch at two'")]
    Edit(super::send::EditArgs),
    /// List the batches: sends to the rows of a file
    #[command(after_help = "Example: comms outbox batches")]
    Batches,
    /// Let the rest of a batch wait
    #[command(after_help = "Example: comms outbox pause --batch invitations")]
    Pause {
        /// The batch
        #[arg(long, value_name = "NAME")]
        batch: String,
    },
    /// Let a batch go on, and send what is due
    #[command(after_help = "Example: comms outbox resume --batch invitations")]
    Resume {
        /// The batch
        #[arg(long, value_name = "NAME")]
        batch: String,
    },
    /// Say what became of an item in doubt
    #[command(
        after_help = "Example: comms outbox resolve o17 --sent",
        group = ArgGroup::new("outcome").required(true).args(["sent", "not_sent"])
    )]
    Resolve {
        /// The item
        id: String,
        /// It arrived
        #[arg(long)]
        sent: bool,
        /// It did not arrive
        #[arg(long)]
        not_sent: bool,
    },
    /// Look at what a rule holds, and let it go; only for a person at a terminal
    #[command(after_help = "Example: comms outbox approve o17")]
    Approve {
        /// The items
        #[arg(required = true, value_name = "ID")]
        ids: Vec<String>,
    },
    /// Put away what a rule holds; it is never sent
    #[command(after_help = "Example: comms outbox reject o17 --reason 'wrong customer'")]
    Reject {
        /// The item
        id: String,
        /// Why, for whoever wrote it
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
    /// Show what was done, by whom, and check that nobody changed the record
    #[command(after_help = "Example: comms outbox log --since yesterday")]
    Log(audit::LogArgs),
    /// Send everything that is due; for cron, or as a loop
    #[command(
        after_help = "Examples:\n  comms outbox run\n  comms outbox run --follow\n  comms outbox run --print-timer cron"
    )]
    Run {
        /// Go on until Ctrl-C, and send what falls due as it does
        #[arg(long)]
        follow: bool,
        /// Print what to paste so that it runs by itself: systemd (default), cron or launchd
        #[arg(long, value_name = "FOR", num_args = 0..=1, default_missing_value = "systemd",
              value_parser = ["systemd", "cron", "launchd"], conflicts_with = "follow")]
        print_timer: Option<String>,
    },
}

pub fn run(args: OutboxArgs, app: &App, out: &mut Output) -> Result<Done> {
    match args.command {
        OutboxCommand::List {
            state,
            all,
            batch,
            limit,
            after,
        } => {
            let states = state.iter().map(|s| named(s)).collect::<Result<Vec<_>>>()?;
            let limit = usize::try_from(limit).unwrap_or(usize::MAX);
            let mut pages = Pages::of(limit, out);
            let page = |after: Option<&str>, pages: &Pages| {
                let page = Page {
                    limit: pages.size(),
                    after,
                };
                match &batch {
                    Some(name) => outbox::list_batch(app, name, &states, page),
                    None => outbox::list(app, &states, all, page),
                }
            };
            let mut report = page(after.as_deref(), &pages)?;
            let empty = report.items.is_empty();
            loop {
                out.list(
                    "comms.outbox/1",
                    &report,
                    "items",
                    &report.items,
                    &send::columns(),
                )?;
                let Some(next) = &report.next else {
                    break;
                };
                if !pages.go_on(report.items.len(), out)? {
                    break;
                }
                report = page(Some(next.as_str()), &pages)?;
            }
            if let Some(next) = report.next.as_ref().filter(|_| !out.format.is_json()) {
                out.hint(&format!("there are more: add --after {next}"));
            }
            if out.format == Format::Table && empty {
                out.hint(match (all || batch.is_some(), state.is_empty()) {
                    (_, false) => "no item is in this state",
                    (true, _) => "nothing was ever sent or written here",
                    _ => "nothing waits, failed or is in doubt; `--all` lists what was sent, too",
                });
            }
            Ok(None)
        }
        OutboxCommand::Show { id } => item(&outbox::show(app, parse(&id)?)?, out),
        OutboxCommand::Retry { id } => {
            let report = wait(outbox::retry(app, origin(app, out), parse(&id)?))?;
            send::finish(&report, out)
        }
        OutboxCommand::Cancel {
            batch: Some(name), ..
        } => send::batch_finish(&batch::cancel(app, origin(app, out), &name)?, true, out),
        OutboxCommand::Cancel { id, .. } => {
            let id = parse(&id.unwrap_or_default())?;
            item(&outbox::cancel(app, origin(app, out), id)?, out)
        }
        OutboxCommand::Edit(args) => {
            let report = send::edit(args, app, out)?;
            item(&report, out)
        }
        OutboxCommand::Batches => send::batches(&batch::list(app)?, out),
        OutboxCommand::Pause { batch: name } => send::batch_finish(
            &wait(batch::pause(app, origin(app, out), (&name, true)))?,
            true,
            out,
        ),
        OutboxCommand::Resume { batch: name } => send::batch_finish(
            &wait(batch::pause(app, origin(app, out), (&name, false)))?,
            false,
            out,
        ),
        OutboxCommand::Resolve { id, sent, .. } => {
            let report = outbox::resolve(app, origin(app, out), parse(&id)?, sent)?;
            item(&report, out)?;
            if report.state == State::Failed {
                out.hint(&format!("run `comms outbox retry {id}` to send it again"));
            }
            Ok(None)
        }
        OutboxCommand::Approve { ids } => {
            let ids = ids.iter().map(|id| parse(id)).collect::<Result<Vec<_>>>()?;
            let report = approval::approve(app, &ids, out)?;
            send::finish(&report, out)
        }
        OutboxCommand::Reject { id, reason } => {
            let by = origin(app, out);
            let report = ops_approval::reject(app, by, parse(&id)?, reason.as_deref())?;
            item(&report, out)
        }
        OutboxCommand::Log(args) => audit::run(args, app, out),
        OutboxCommand::Run {
            print_timer: Some(scheduler),
            ..
        } => print_timer(&scheduler, out),
        OutboxCommand::Run { follow: true, .. } => {
            wait(drain::follow(app, |item| tell(item, out)))?;
            Ok(None)
        }
        OutboxCommand::Run { .. } => {
            let report = wait(drain::run(app))?;
            send::finish(&report, out)
        }
    }
}

fn parse(id: &str) -> Result<OutboxId> {
    id.parse()
}

fn named(name: &str) -> Result<State> {
    State::named(name).ok_or_else(|| {
        let known: Vec<_> = State::ALL.iter().map(|s| s.name()).collect();
        Error::usage(format!("`{name}` is no state of an outbox item"))
            .hint(format!("states are {}", known.join(", ")))
    })
}

fn item(report: &ItemReport, out: &mut Output) -> Result<Done> {
    out.report("comms.outbox_item/1", report, |out| {
        send::item_text(report, out)
    })?;
    Ok(None)
}

fn print_timer(scheduler: &str, out: &mut Output) -> Result<Done> {
    let scheduler = match scheduler {
        "cron" => Scheduler::Cron,
        "launchd" => Scheduler::Launchd,
        _ => Scheduler::Systemd,
    };
    let report = drain::timer(scheduler)?;
    if out.format.is_json() {
        out.report("comms.outbox_timer/1", &report, |_| String::new())?;
    } else {
        out.text(&report.text)?;
    }
    Ok(None)
}

/// One item as it is settled: a line for people and pipes, a document for programs.
fn tell(item: &ItemReport, out: &mut Output) -> Result<()> {
    if out.format.is_json() {
        out.json_line(item)?;
    } else {
        let text = send::item_text(item, out);
        out.text(text.trim_end())?;
    }
    out.flush()
}
