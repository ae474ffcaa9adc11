//! `comms inbox watch`.

use clap::Args;

use crate::error::{Error, Kind, Result};
use crate::format::clean;
use crate::model::message::Envelope;
use crate::model::time;
use crate::ops::App;
use crate::ops::watch::{self, Event, WatchRequest};

use super::Done;
use super::output::{Cell, Column, Format, Output, Style};

#[derive(Debug, Args)]
#[command(
    after_help = "Example: comms inbox watch --account work --exec 'jq -r .subject >>subjects.txt'"
)]
pub struct WatchArgs {
    /// Watch this account only; may be given more than once
    #[arg(long, value_name = "ACCOUNT")]
    account: Vec<String>,
    /// Run this shell command for each message, with the message as JSON on its stdin
    #[arg(long, value_name = "CMD")]
    exec: Option<String>,
    /// End after the first messages that come
    #[arg(long)]
    once: bool,
    /// End after this long (30s, 10min, 1h)
    #[arg(long, value_name = "TIME")]
    timeout: Option<String>,
}

pub fn run(args: WatchArgs, app: &App, out: &mut Output) -> Result<Done> {
    let timeout = args.timeout.as_deref().map(time::duration).transpose()?;
    if timeout.is_some_and(|t| t.is_zero()) {
        return Err(Error::usage("--timeout of nothing leaves no time to watch")
            .hint("write it like `30s`, `10min` or `1h`"));
    }
    let request = WatchRequest {
        accounts: args.account,
        exec: args.exec,
        once: args.once,
        timeout,
    };
    let mut each = |event: Event<'_>| match event {
        Event::Message(envelope) => show(envelope, out),
        Event::Trouble(error) => {
            out.warn(&error.message);
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
