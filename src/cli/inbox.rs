//! `comms inbox`.

use clap::{Args, Subcommand};

use crate::error::{Kind, Result};
use crate::format::clean;
use crate::model::message::ThreadRow;
use crate::model::time;
use crate::ops::App;
use crate::ops::inbox::{self, Freshness, InboxReport, InboxRequest};

use super::output::{Cell, Column, Format, Output, Style};
use super::pages::Pages;
use super::{Done, labels, mark, rows, show, sync, watch};

#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Examples:\n  comms inbox --unread --since 2d\n  comms inbox --account work --json"
)]
pub struct InboxArgs {
    #[command(subcommand)]
    command: Option<InboxCommand>,
    #[command(flatten)]
    list: ListArgs,
}

#[derive(Debug, Subcommand)]
pub enum InboxCommand {
    /// Read a message
    Show(show::ShowArgs),
    /// Read all messages of a thread, oldest first
    Thread(show::ThreadArgs),
    /// Save attachments or the message itself
    Save(show::SaveArgs),
    /// Mark messages read, starred, archived and so on
    Mark(mark::MarkArgs),
    /// List, make, rename and delete labels
    Labels(labels::LabelsArgs),
    /// Fetch what is new and tell servers what changed here
    Sync(sync::SyncArgs),
    /// Print each new message as it comes
    Watch(watch::WatchArgs),
}

#[derive(Debug, Args)]
struct ListArgs {
    /// Only threads with an unread message
    #[arg(long)]
    unread: bool,
    /// Only threads with a starred message
    #[arg(long)]
    starred: bool,
    /// Only this account
    #[arg(long, value_name = "ACCOUNT")]
    account: Option<String>,
    /// Only this channel (mail, sms, chat, whatsapp, slack) or kind of account (imap, gmail …)
    #[arg(long, value_name = "CHANNEL")]
    channel: Option<String>,
    /// Only threads with a message of then or later (2d, yesterday, 2026-01-31)
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    since: Option<String>,
    /// Only threads with a message from this name or address
    #[arg(long, value_name = "WHO")]
    from: Option<String>,
    /// Only threads with this label
    #[arg(long, value_name = "LABEL")]
    label: Option<String>,
    /// Look in this folder or role (archive, sent, trash …) instead
    #[arg(long = "in", value_name = "FOLDER")]
    folder: Option<String>,
    /// Show at most this many threads
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,
    /// Show the page after this cursor (`next` of the page before)
    #[arg(long, value_name = "CURSOR")]
    after: Option<String>,
    /// Refresh what is older than this (60s, 5min)
    #[arg(long, value_name = "TIME")]
    max_age: Option<String>,
    /// Refresh nothing
    #[arg(long, conflicts_with_all = ["fresh", "max_age"])]
    offline: bool,
    /// Refresh everything, or fail
    #[arg(long, conflicts_with = "max_age")]
    fresh: bool,
    /// End with exit code 5 if nothing is listed
    #[arg(long)]
    fail_empty: bool,
}

pub fn run(args: InboxArgs, app: &App, out: &mut Output) -> Result<Done> {
    match args.command {
        Some(InboxCommand::Show(args)) => show::show(args, app, out),
        Some(InboxCommand::Thread(args)) => show::thread(args, app, out),
        Some(InboxCommand::Save(args)) => show::save(args, app, out),
        Some(InboxCommand::Mark(args)) => mark::run(args, app, out),
        Some(InboxCommand::Labels(args)) => labels::run(args, app, out),
        Some(InboxCommand::Sync(args)) => sync::run(args, app, out),
        Some(InboxCommand::Watch(args)) => watch::run(args, app, out),
        None => list(args.list, app, out),
    }
}

fn list(args: ListArgs, app: &App, out: &mut Output) -> Result<Done> {
    let limit = usize::try_from(args.limit).unwrap_or(usize::MAX);
    let mut pages = Pages::of(limit, out);
    let mut request = InboxRequest {
        unread: args.unread,
        starred: args.starred,
        account: args.account,
        channel: args.channel,
        since: args.since,
        from: args.from,
        label: args.label,
        folder: args.folder,
        limit: pages.size(),
        after: args.after,
        max_age: args.max_age.as_deref().map(time::duration).transpose()?,
        freshness: match (args.offline, args.fresh) {
            (true, _) => Freshness::Offline,
            (_, true) => Freshness::Fresh,
            _ => Freshness::Usual,
        },
    };
    // A wrong filter is told before the network is asked.
    inbox::filter(app, &request)?;
    let sources = match request.freshness {
        Freshness::Offline => inbox::sources(app, &request)?,
        _ => super::wait(inbox::refresh(app, &request))?,
    };
    let mut report = inbox::list(app, &request, sources)?;
    if request.freshness != Freshness::Offline {
        warn_of_stale(&report, out);
    }
    let empty = report.threads.is_empty();
    let filtered = request.is_filtered();
    loop {
        let columns = columns(&report, out);
        out.list(
            "comms.inbox/1",
            &report,
            "threads",
            &report.threads,
            &columns,
        )?;
        let more = report.next.is_some();
        if !more || !pages.go_on(report.threads.len(), out)? {
            break;
        }
        request.after = report.next;
        request.limit = pages.size();
        report = inbox::list(app, &request, Vec::new())?;
    }
    if out.format == Format::Table
        && let Some(next) = &report.next
    {
        out.hint(&format!("there are more: add --after {next}"));
    }
    if out.format == Format::Table && empty {
        out.hint(if filtered {
            "no thread fits; `comms search` looks in every folder"
        } else {
            "the inbox is empty; `comms import PATH` brings mail in, `comms inbox sync` fetches it"
        });
    }
    if out.shows_hints()
        && let Some(waiting) = inbox::outbox_in_words(app)
    {
        out.hint(&waiting);
    }
    Ok((args.fail_empty && empty).then_some(Kind::NotFound))
}

fn warn_of_stale(report: &InboxReport, out: &Output) {
    for source in report.sources.iter().filter(|s| s.state != "fresh") {
        let since = match source.synced_at {
            Some(at) => format!("shown as of {}", out.when(at)),
            None => "never synced yet".to_owned(),
        };
        match &source.error {
            Some(error) => out.warn(&format!(
                "`{}` was not refreshed, {since}: {error}",
                source.account
            )),
            None => out.warn(&format!(
                "`{}` was not refreshed in time, {since}",
                source.account
            )),
        }
    }
}

fn columns(report: &InboxReport, out: &Output) -> Vec<Column<ThreadRow>> {
    let mut columns = vec![
        Column {
            field: "id",
            title: "id",
            cell: |t: &ThreadRow, _| Cell::id(t.id),
            plain: |t| t.id.to_string(),
        },
        Column {
            field: "when",
            title: "when",
            cell: |t, out| {
                Cell::new(
                    out.when(t.newest.sent_at.unwrap_or(t.newest.received_at)),
                    Style::Dim,
                )
            },
            plain: |t| t.newest.sent_at.unwrap_or(t.newest.received_at).to_string(),
        },
        Column {
            field: "participants",
            title: "from",
            cell: |t, _| Cell::new(who(t), rows::weight(&t.newest)),
            plain: |t| rows::people(&t.participants),
        },
        Column {
            field: "subject",
            title: "subject",
            cell: |t, _| Cell::new(rows::subject(&t.newest), rows::weight(&t.newest)),
            plain: |t| t.newest.subject.clone(),
        },
        Column {
            field: "count",
            title: "count",
            cell: |t, _| Cell::plain(t.count.to_string()),
            plain: |t| t.count.to_string(),
        },
        Column {
            field: "unread",
            title: "unread",
            cell: |t, _| Cell::plain(t.unread.to_string()),
            plain: |t| t.unread.to_string(),
        },
    ];
    let accounts = report.threads.iter().map(|t| t.newest.account.as_str());
    if rows::tells_account(accounts, out) {
        columns.insert(
            2,
            Column {
                field: "account",
                title: "account",
                cell: |t, _| Cell::plain(clean::line(&t.newest.account)),
                plain: |t| t.newest.account.clone(),
            },
        );
    }
    columns
}

/// The names of up to three who wrote, by first name when there are several.
fn who(thread: &ThreadRow) -> String {
    let names: Vec<String> = thread
        .participants
        .iter()
        .map(|p| clean::line(p.label()))
        .filter(|name| !name.is_empty())
        .collect();
    match names.as_slice() {
        [] => "(unknown)".to_owned(),
        [one] => one.clone(),
        many => {
            let first = |name: &String| name.split([' ', '@']).next().unwrap_or(name).to_owned();
            let shown: Vec<_> = many.iter().take(3).map(first).collect();
            let more = if many.len() > 3 { " …" } else { "" };
            format!("{}{more}", shown.join(", "))
        }
    }
}
