//! Writes messages out, byte for byte, as mbox, Maildir or JSON lines.

pub(in crate::ops) mod target;

use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Instant;

use base64::Engine;
use schemars::JsonSchema;
use serde::Serialize;

use crate::error::{Context, Error, Kind, Result};
use crate::format::document::Document;
use crate::model::id::MessageId;
use crate::model::message::{Attachment, Envelope};
use crate::model::query::Query;

use super::named;
use super::{App, Progress, search};
use target::Target;

/// How messages are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Form {
    /// One file, mboxrd quoting.
    Mbox,
    /// A folder of files, with flags.
    Maildir,
    /// One JSON object per line: envelope, text, list of attachments.
    Jsonl,
}

impl Form {
    /// The form that a path's ending asks for; a folder, or a name without ending, is a Maildir.
    pub fn of_path(path: &Path) -> Option<Form> {
        if path.is_dir() {
            return Some(Form::Maildir);
        }
        let Some(ending) = path.extension() else {
            return Some(Form::Maildir);
        };
        match ending.to_string_lossy().to_lowercase().as_str() {
            "mbox" | "mbx" => Some(Form::Mbox),
            "jsonl" | "ndjson" => Some(Form::Jsonl),
            "maildir" => Some(Form::Maildir),
            _ => None,
        }
    }
}

/// Which messages to write, where to and how.
#[derive(Clone, Debug)]
pub struct ExportRequest {
    /// Query text, or ids of messages and threads; empty means every message.
    pub query: String,
    /// `-` is the stream that [`export`] is given.
    pub to: PathBuf,
    /// `None`: as the path's ending says.
    pub form: Option<Form>,
    /// Replace a file, or add to a Maildir, that is there.
    pub force: bool,
    /// JSON lines also carry the raw message in base64.
    pub raw: bool,
}

/// What was written. `comms.export/1`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ExportReport {
    /// Null if it went to stdout.
    pub to: Option<String>,
    pub form: Form,
    pub messages: u64,
    pub bytes: u64,
    /// Messages whose bytes could not be read; the first hundred.
    pub failed: Vec<FailedMessage>,
    pub failed_total: u64,
    pub took_ms: u64,
}

/// A message that could not be written.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct FailedMessage {
    pub id: MessageId,
    pub error: String,
}

/// One line of a JSON lines export. `comms.export.message/1`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ExportLine {
    #[serde(flatten)]
    pub envelope: Envelope,
    /// The readable text; at most 1 MB.
    pub text: String,
    /// What is attached; the bytes are in `raw`.
    pub files: Vec<Attachment>,
    /// The message as received, in base64; only if asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub raw: Option<String>,
}

impl ExportReport {
    /// `Partial` if some messages could not be read.
    pub fn outcome(&self) -> Option<Kind> {
        (self.failed_total > 0).then_some(Kind::Partial)
    }
}

/// Messages that are looked up together.
const PAGE: usize = 500;
const NAMED: usize = 100;

/// Writes the messages that fit, oldest first. `stream` is used when `to` is `-`.
pub fn export(app: &App, request: &ExportRequest, stream: &mut dyn Write) -> Result<ExportReport> {
    let began = Instant::now();
    let form = form(request)?;
    let ids = oldest_first(app, request.query.trim())?;
    let streamed = request.to == Path::new("-");
    let mut target = if streamed {
        Target::stream(form, stream)
    } else {
        Target::create(form, &request.to, request.force)?
    };
    let mut report = ExportReport {
        to: (!streamed).then(|| request.to.display().to_string()),
        form,
        messages: 0,
        bytes: 0,
        failed: Vec::new(),
        failed_total: 0,
        took_ms: 0,
    };
    for page in ids.chunks(PAGE) {
        let mut envelopes = app.store.present(page)?.into_iter().peekable();
        for id in page {
            let id = *id;
            let Some(envelope) = envelopes.next_if(|of| of.id == id) else {
                let gone = format!("message `{id}` left its folder meanwhile");
                report.fail(id, &Error::not_found(gone));
                continue;
            };
            match app.store.document(id) {
                Ok(document) => {
                    report.bytes += document.raw.len() as u64;
                    write(app, request, &mut target, (envelope, document))?;
                    report.messages += 1;
                }
                Err(error) => report.fail(id, &error),
            }
        }
        (app.progress)(&Progress {
            stage: "exporting".to_owned(),
            done: report.messages + report.failed_total,
            total: Some(ids.len() as u64),
        });
    }
    target.finish()?;
    report.took_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    Ok(report)
}

impl ExportReport {
    fn fail(&mut self, id: MessageId, error: &Error) {
        self.failed_total += 1;
        if self.failed.len() < NAMED {
            self.failed.push(FailedMessage {
                id,
                error: error.message.clone(),
            });
        }
    }
}

fn form(request: &ExportRequest) -> Result<Form> {
    let streamed = request.to == Path::new("-");
    let form = request
        .form
        .or_else(|| (!streamed).then(|| Form::of_path(&request.to)).flatten());
    match form {
        Some(Form::Maildir) if streamed => Err(Error::usage("a Maildir can't go to stdout")
            .hint("use `--as mbox` or `--as jsonl`, or name a folder")),
        Some(form) => Ok(form),
        None => Err(Error::usage(format!(
            "the form of `{}` can't be told from its name",
            request.to.display()
        ))
        .hint("add `--as mbox`, `--as maildir` or `--as jsonl`")),
    }
}

fn oldest_first(app: &App, text: &str) -> Result<Vec<MessageId>> {
    if let Some(ids) = named::ids(text) {
        let mut seen = BTreeSet::new();
        let mut messages = Vec::new();
        for id in ids {
            messages.extend(app.store.envelopes(&named::messages(app, id)?)?);
        }
        messages.retain(|message| seen.insert(message.id));
        messages
            .sort_by_key(|message| (message.sent_at.unwrap_or(message.received_at), message.id));
        return Ok(messages.into_iter().map(|message| message.id).collect());
    }
    let query = match text {
        "" => Query::All,
        text => search::read(app, text)?,
    };
    named::check(&query)?;
    let mut ids = search::every(app, &query)?;
    ids.reverse();
    Ok(ids)
}

fn write(
    app: &App,
    request: &ExportRequest,
    target: &mut Target<'_>,
    (envelope, document): (Envelope, Document),
) -> Result<()> {
    match target {
        Target::Mbox(mbox) => mbox.add(&envelope, &document.as_mail(envelope.received_at)),
        Target::Maildir(maildir) => {
            let flags = app.store.location(envelope.id)?.flags;
            let mail = document.as_mail(envelope.received_at);
            maildir.add(envelope.received_at, flags, &mail)
        }
        Target::Jsonl(lines) => {
            let parsed = document.parsed();
            let line = ExportLine {
                envelope,
                text: parsed.text,
                files: parsed.attachments,
                raw: request
                    .raw
                    .then(|| base64::engine::general_purpose::STANDARD.encode(&document.raw)),
            };
            let mut text = serde_json::to_vec(&line).context(Kind::Internal, "writing JSON")?;
            text.push(b'\n');
            lines.write(&text)
        }
    }
}
