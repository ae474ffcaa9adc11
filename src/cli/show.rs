//! `comms inbox show`, `thread` and `save`.

use std::borrow::Borrow;
use std::path::PathBuf;

use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

use crate::error::{Context, Error, Kind, Result};
use crate::format::clean;
use crate::model::address::Address;
use crate::model::id::{MessageId, ThreadId};
use crate::model::message::Envelope;
use crate::ops::App;
use crate::ops::save::{self, SaveRequest, Saved, Wanted};
use crate::ops::show::{self, MessageReport, ShowRequest};

use super::output::{Cell, Column, Format, Output, Style};
use super::{Done, wait};

#[derive(Debug, Args)]
#[command(after_help = "Example: comms inbox show m1423")]
pub struct ShowArgs {
    /// The message
    id: String,
    /// Show all header fields
    #[arg(long)]
    headers: bool,
    /// Print the bytes as they were received
    #[arg(long, conflicts_with_all = ["headers", "html"])]
    raw: bool,
    /// Print the HTML of the message
    #[arg(long, conflicts_with = "headers")]
    html: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "Example: comms inbox thread t88")]
pub struct ThreadArgs {
    /// The thread, or a message in it
    id: String,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  comms inbox save m1423 --to ~/Downloads\n  comms inbox save m1423 --attachment 2 --to -"
)]
pub struct SaveArgs {
    /// The message
    id: String,
    /// Save only the attachment with this number
    #[arg(long, value_name = "N", conflicts_with = "raw")]
    attachment: Option<usize>,
    /// Save the message itself as an .eml file
    #[arg(long)]
    raw: bool,
    /// Folder to save to; `-` prints the bytes
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
    /// Replace files that are there
    #[arg(long)]
    force: bool,
}

pub fn show(args: ShowArgs, app: &App, out: &mut Output) -> Result<Done> {
    let id = message_id(&args.id)?;
    if args.raw {
        let raw = show::raw(app, id)?;
        if out.terminal {
            // Escape sequences in a message must not reach a terminal.
            out.page(&clean::text(&String::from_utf8_lossy(&raw)))?;
        } else {
            out.bytes(&raw)?;
        }
        return Ok(None);
    }
    let width = out.width.min(100);
    let report = show::show(app, &ShowRequest { id, width })?;
    if args.html && matches!(out.format, Format::Table | Format::Plain) {
        let html = report.html.as_deref().ok_or_else(|| {
            Error::not_found(format!("message `{id}` has no HTML"))
                .hint(format!("run `comms inbox show {id}` to read its text"))
        })?;
        out.page(&clean::text(html))?;
        return Ok(None);
    }
    if out.format == Format::Table && out.fields.is_none() {
        let text = page(&report, args.headers, out);
        out.page(&text)?;
    } else if out.fields.is_some() {
        let flat = serde_json::to_value(Flat::of(&report));
        let flat = flat.context(Kind::Internal, "writing JSON")?;
        out.report("comms.message/1", &flat, |_| String::new())?;
    } else if out.format == Format::Plain {
        // All header fields and the HTML are several times the message; they are there for who asks.
        let mut short = report;
        short.html = None;
        if !args.headers {
            short.headers.clear();
        }
        out.report("comms.message/1", &short, |_| String::new())?;
    } else {
        out.report("comms.message/1", &report, |_| String::new())?;
    }
    Ok(None)
}

/// What `--fields` chooses from: what a message is listed with, and what it is read with, which goes before.
#[derive(Serialize, JsonSchema)]
struct Flat<'a> {
    #[serde(flatten)]
    envelope: &'a Envelope,
    #[serde(flatten)]
    report: &'a MessageReport,
}

impl<'a> Flat<'a> {
    fn of(report: &'a MessageReport) -> Flat<'a> {
        Flat {
            envelope: &report.message,
            report,
        }
    }
}

pub fn thread(args: ThreadArgs, app: &App, out: &mut Output) -> Result<Done> {
    let id = match (args.id.parse::<ThreadId>(), args.id.parse::<MessageId>()) {
        (Ok(thread), _) => thread,
        (_, Ok(message)) => show::thread_of(app, message)?,
        (Err(error), _) => return Err(error),
    };
    let report = show::thread(app, id, out.width.min(100))?;
    if out.format == Format::Table && out.fields.is_none() {
        let rule = out.paint(Style::Dim, &"─".repeat(out.width.min(100)));
        let pages: Vec<_> = report
            .messages
            .iter()
            .map(|m| page(m, false, out))
            .collect();
        out.page(&pages.join(&format!("\n{rule}\n\n")))?;
        return Ok(None);
    }
    let rows = &report.messages;
    if out.fields.is_some() {
        let rows: Vec<_> = rows.iter().map(Flat::of).collect();
        out.list("comms.thread/1", &report, "messages", &rows, &columns())?;
    } else {
        out.list("comms.thread/1", &report, "messages", rows, &columns())?;
    }
    Ok(None)
}

impl Borrow<MessageReport> for Flat<'_> {
    fn borrow(&self) -> &MessageReport {
        self.report
    }
}

/// The columns of a message in its thread.
fn columns<M: Borrow<MessageReport>>() -> [Column<M>; 5] {
    [
        Column {
            field: "id",
            title: "id",
            cell: |m: &M, _| Cell::id(m.borrow().message.id),
            plain: |m: &M| m.borrow().message.id.to_string(),
        },
        Column {
            field: "from",
            title: "from",
            cell: |m: &M, _| Cell::plain(clean::line(&people(&m.borrow().message.from))),
            plain: |m: &M| people(&m.borrow().message.from),
        },
        Column {
            field: "received_at",
            title: "when",
            cell: |m: &M, out| Cell::plain(out.when(m.borrow().message.received_at)),
            plain: |m: &M| m.borrow().message.received_at.to_string(),
        },
        Column {
            field: "subject",
            title: "subject",
            cell: |m: &M, _| Cell::plain(clean::line(&m.borrow().message.subject)),
            plain: |m: &M| m.borrow().message.subject.clone(),
        },
        Column {
            field: "text",
            title: "text",
            cell: |m: &M, _| Cell::plain(clean::line(&m.borrow().text)),
            plain: |m: &M| m.borrow().text.clone(),
        },
    ]
}

pub fn save(args: SaveArgs, app: &App, out: &mut Output) -> Result<Done> {
    let id = message_id(&args.id)?;
    let wanted = match (args.attachment, args.raw) {
        (_, true) => Wanted::Raw,
        (Some(number), false) => Wanted::Attachment(number),
        (None, false) => Wanted::All,
    };
    if args.to.as_os_str() == "-" {
        let bytes = wait(save::file(app, id, wanted))?.bytes;
        if out.terminal {
            return Err(Error::usage("bytes of an attachment don't belong on a terminal")
                .hint(format!("send them on, as in `comms inbox save {id} --to - > FILE`, or give `--to` a folder")));
        }
        out.bytes(&bytes)?;
        return Ok(None);
    }
    let request = SaveRequest {
        id,
        wanted,
        to: args.to,
        force: args.force,
    };
    let report = wait(save::save(app, &request))?;
    let columns = [
        Column {
            field: "path",
            title: "saved",
            cell: |s: &Saved, _| Cell::plain(clean::line(&s.path)),
            plain: |s| s.path.clone(),
        },
        Column {
            field: "media_type",
            title: "type",
            cell: |s, _| Cell::new(clean::line(&s.media_type), Style::Dim),
            plain: |s| s.media_type.clone(),
        },
        Column {
            field: "size_bytes",
            title: "size",
            cell: |s, _| Cell::new(size(s.size_bytes), Style::Dim),
            plain: |s| s.size_bytes.to_string(),
        },
    ];
    out.list("comms.save/1", &report, "saved", &report.saved, &columns)?;
    Ok(None)
}

/// A message id; for a thread id the command that takes it is named.
fn message_id(text: &str) -> Result<MessageId> {
    if let Ok(thread) = text.parse::<ThreadId>() {
        return Err(
            Error::usage(format!("`{thread}` is a thread, not a message")).hint(format!(
                "run `comms inbox thread {thread}` to read it and see the ids of its messages"
            )),
        );
    }
    text.parse()
}

/// A message as a person reads it.
fn page(report: &MessageReport, all_headers: bool, out: &Output) -> String {
    let message = &report.message;
    let mut page = String::new();
    let mut line = |name: &str, value: &str| {
        if !value.is_empty() {
            let name = out.paint(Style::Dim, &format!("{name}:"));
            page.push_str(&format!("{name} {}\n", clean::line(value)));
        }
    };
    if all_headers {
        for field in &report.headers {
            line(&clean::line(&field.name), &field.value);
        }
    } else {
        line("From", &people(&message.from));
        line("To", &people(&message.to));
        line("Cc", &people(&message.cc));
        line("Bcc", &people(&report.bcc));
        line("Date", &date(report, out));
        line("Subject", &message.subject);
        line("Labels", &message.labels.join(", "));
    }
    let place = format!(
        "{} in {}, {} {}",
        message.id, message.thread, message.account, message.folder
    );
    line("Message", &place);
    let text = clean::text(&report.text);
    page.push('\n');
    page.push_str(text.trim_end());
    page.push('\n');
    if !report.attachments.is_empty() {
        page.push_str(&format!("\n{}\n", out.paint(Style::Strong, "Attachments")));
    }
    for a in &report.attachments {
        let about = format!("{}, {}", clean::line(&a.media_type), size(a.size_bytes));
        let save = format!(
            "comms inbox save {} --attachment {} --to .",
            message.id, a.number
        );
        page.push_str(&format!(
            "{:>3}  {}  {}\n     {save}\n",
            a.number,
            clean::line(&a.name),
            out.paint(Style::Dim, &about),
        ));
    }
    if !report.faults.is_empty() {
        let faults = clean::line(&report.faults.join(", "));
        page.push_str(&format!(
            "\n{} {faults}\n",
            out.paint(Style::Bad, "Broken:")
        ));
    }
    page
}

/// The sender's time in the reader's zone; the time of arrival if there is none.
fn date(report: &MessageReport, out: &Output) -> String {
    let (at, note) = match report.message.sent_at {
        Some(at) => (at, ""),
        None => (report.message.received_at, " (received)"),
    };
    let local = at.to_zoned(out.now.time_zone().clone());
    format!("{}{note}", local.strftime("%a %d %b %Y %H:%M %:z"))
}

fn people(people: &[Address]) -> String {
    let all: Vec<_> = people.iter().map(Address::to_string).collect();
    all.join(", ")
}

fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{:.1} kB", bytes as f64 / 1e3),
        _ => format!("{:.1} MB", bytes as f64 / 1e6),
    }
}
