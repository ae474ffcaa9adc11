//! `comms inbox watch`.

use clap::Args;

use crate::error::{Error, Kind, Result};
use crate::format::clean;
use crate::model::message::Envelope;
use crate::model::time;
use crate::ops::App;
use crate::ops::watch::{self, Event, FailuresReport, WatchFailure, WatchRequest};

use super::Done;
use super::output::{Cell, Column, Format, Output, Style};

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  comms inbox watch --account work --exec 'jq -r .subject >>subjects.txt'\n  comms inbox watch --exec ./triage --parallel 4 --exec-timeout 2min\n  comms inbox watch --failed\n  comms inbox watch --retry m1423"
)]
pub struct WatchArgs {
    /// Watch this account only; may be given more than once
    #[arg(long, value_name = "ACCOUNT")]
    account: Vec<String>,
    /// Run this shell command for each message, with the message as JSON on its stdin
    #[arg(long, value_name = "CMD")]
    exec: Option<String>,
    /// Run up to this many commands at a time; those of one thread run one after the other
    #[arg(long, value_name = "N", default_value_t = 1, requires = "exec",
          value_parser = clap::value_parser!(u8).range(1..=32))]
    parallel: u8,
    /// End a command that takes longer (30s, 10min); it counts as failed
    #[arg(long, value_name = "TIME", default_value = "5min", requires = "exec")]
    exec_timeout: String,
    /// End after the first messages that come
    #[arg(long)]
    once: bool,
    /// End after this long (30s, 10min, 1h)
    #[arg(long, value_name = "TIME")]
    timeout: Option<String>,
    /// List the messages that commands failed to take
    #[arg(long, conflicts_with_all = ["account", "exec", "once", "timeout", "retry"])]
    failed: bool,
    /// Have a message that a command failed to take handed to it again, or all of them (all)
    #[arg(long, value_name = "ID", conflicts_with_all = ["account", "exec", "once", "timeout"])]
    retry: Option<String>,
}

pub fn run(args: WatchArgs, app: &App, out: &mut Output) -> Result<Done> {
    let timeout = args.timeout.as_deref();
    let timeout = timeout.map(|text| time::patience(text, "watch"));
    let timeout = timeout.transpose()?;
    if args.failed {
        return failed(&watch::failures(app)?, out);
    }
    if let Some(what) = &args.retry {
        let report = watch::retry(app, what)?;
        out.report("comms.watch_retry/1", &report, |_| {
            format!(
                "{} handed again by the watch that runs, or by the next\n",
                match report.again {
                    1 => "1 message is".to_owned(),
                    n => format!("{n} messages are"),
                }
            )
        })?;
        return Ok(None);
    }
    let patience = time::duration(&args.exec_timeout)?;
    if patience.is_zero() {
        return Err(
            Error::usage("--exec-timeout of nothing leaves a command no time")
                .hint("write it like `30s` or `10min`"),
        );
    }
    let request = WatchRequest {
        accounts: args.account,
        exec: args.exec,
        parallel: usize::from(args.parallel),
        patience,
        once: args.once,
        timeout,
    };
    let mut each = |event: Event<'_>| match event {
        Event::Message(envelope) => show(envelope, out),
        Event::Trouble(error) => {
            out.warn(&error.message);
            if let Some(hint) = &error.hint {
                out.hint(hint);
            }
            Ok(())
        }
    };
    let watched = super::wait(watch::watch(app, &request, &mut each));
    if out.is_closed() {
        return Ok(None);
    }
    let watched = watched?;
    Ok((watched.failed > 0).then_some(Kind::Partial))
}

fn failed(report: &FailuresReport, out: &mut Output) -> Result<Done> {
    let columns = [
        Column {
            field: "id",
            title: "message",
            cell: |f: &WatchFailure, _| Cell::new(&f.id, Style::Id),
            plain: |f| f.id.clone(),
        },
        Column {
            field: "tries",
            title: "tries",
            cell: |f, _| Cell::plain(f.tries.to_string()),
            plain: |f| f.tries.to_string(),
        },
        Column {
            field: "again_at",
            title: "again",
            cell: |f, out| match f.again_at {
                Some(at) => Cell::new(out.when(at), Style::Dim),
                None => Cell::new("given up", Style::Bad),
            },
            plain: |f| f.again_at.map(|at| at.to_string()).unwrap_or_default(),
        },
        Column {
            field: "error",
            title: "what happened",
            cell: |f, _| Cell::plain(f.error.as_deref().map(clean::line).unwrap_or_default()),
            plain: |f| f.error.clone().unwrap_or_default(),
        },
        Column {
            field: "command",
            title: "command",
            cell: |f, _| {
                Cell::new(
                    f.command.as_deref().map(clean::line).unwrap_or_default(),
                    Style::Dim,
                )
            },
            plain: |f| f.command.clone().unwrap_or_default(),
        },
    ];
    out.list(
        "comms.watch_failures/1",
        report,
        "failures",
        &report.failures,
        &columns,
    )?;
    Ok(None)
}

/// One row at a time, written out at once: whoever reads the pipe waits for it.
fn show(envelope: &Envelope, out: &mut Output) -> Result<()> {
    match out.format {
        Format::Table => {
            let line = format!(
                "{}  {}  {}  {}\n",
                out.paint(Style::Id, &envelope.id.to_string()),
                out.paint(Style::Dim, &out.when(envelope.received_at)),
                out.paint(Style::Strong, &sender(envelope)),
                clean::line(&envelope.subject),
            );
            out.text(&line)?;
        }
        Format::Json | Format::Jsonl if out.fields.is_none() => out.json_line(envelope)?,
        _ => {
            let rows = std::slice::from_ref(envelope);
            let format = out.format;
            out.format = row_format(format);
            let listed = out.list("comms.watch/1", &(), "messages", rows, &columns());
            out.format = format;
            listed?;
        }
    }
    out.flush()?;
    if out.is_closed() {
        // Nobody reads any more: that is how a pipe says stop.
        return Err(Error::new(
            Kind::Interrupted,
            "the reader of the output is gone",
        ));
    }
    Ok(())
}

/// A watch has no end, so `json` is one row per line, too.
fn row_format(format: Format) -> Format {
    match format {
        Format::Json => Format::Jsonl,
        other => other,
    }
}

fn sender(envelope: &Envelope) -> String {
    envelope
        .from
        .first()
        .map(|from| clean::line(from.label()))
        .unwrap_or_default()
}

fn columns() -> Vec<Column<Envelope>> {
    vec![
        Column {
            field: "id",
            title: "id",
            cell: |e, _| Cell::id(e.id),
            plain: |e| e.id.to_string(),
        },
        Column {
            field: "received_at",
            title: "when",
            cell: |e, out| Cell::new(out.when(e.received_at), Style::Dim),
            plain: |e| e.received_at.to_string(),
        },
        Column {
            field: "account",
            title: "account",
            cell: |e, _| Cell::plain(&e.account),
            plain: |e| e.account.clone(),
        },
        Column {
            field: "folder",
            title: "folder",
            cell: |e, _| Cell::plain(clean::line(&e.folder)),
            plain: |e| e.folder.clone(),
        },
        Column {
            field: "from",
            title: "from",
            cell: |e, _| Cell::new(sender(e), Style::Strong),
            plain: |e| {
                e.from
                    .iter()
                    .map(ToString::to_string)
                    .collect::<Vec<_>>()
                    .join(", ")
            },
        },
        Column {
            field: "subject",
            title: "subject",
            cell: |e, _| Cell::plain(clean::line(&e.subject)),
            plain: |e| e.subject.clone(),
        },
    ]
}
