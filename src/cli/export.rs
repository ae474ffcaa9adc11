//! `comms export`.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::error::{Error, Result};
use crate::ops::App;
use crate::ops::export::{self, ExportRequest, Form};

use super::Done;
use super::output::Output;
use crate::format::clean;

/// Write messages out to mbox, Maildir or JSONL
///
/// The form follows the name: `.mbox`, `.jsonl`, or a folder for a Maildir. Messages are written byte
/// for byte, oldest first.
#[derive(Debug, Args)]
#[command(after_help = "Example: comms export from:ada after:2026-01-01 --to ada.mbox")]
pub struct ExportArgs {
    /// What to export, as in `comms search`, or ids (m5, t8); everything if left out
    #[arg(value_name = "QUERY")]
    query: Vec<String>,
    /// File or folder to write; `-` is stdout
    #[arg(long, value_name = "PATH")]
    to: PathBuf,
    /// Write in this form, whatever the name says
    #[arg(long = "as", value_name = "FORM")]
    form: Option<FormChoice>,
    /// Replace a file, or add to a Maildir, that is there
    #[arg(long)]
    force: bool,
    /// Put the raw message into each JSON line, in base64
    #[arg(long)]
    raw: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum FormChoice {
    Mbox,
    Maildir,
    Jsonl,
}

pub fn run(args: ExportArgs, app: &App, out: &mut Output) -> Result<Done> {
    let request = ExportRequest {
        query: args.query.join(" "),
        to: args.to,
        form: args.form.map(|form| match form {
            FormChoice::Mbox => Form::Mbox,
            FormChoice::Maildir => Form::Maildir,
            FormChoice::Jsonl => Form::Jsonl,
        }),
        force: args.force,
        raw: args.raw,
    };
    if out.terminal && request.to.as_os_str() == "-" {
        return Err(
            Error::usage("messages as they came don't belong on a terminal").hint(
                "send them on, as in `comms export --to - --as mbox > FILE`, or give `--to` a file",
            ),
        );
    }
    let report = export::export(app, &request, &mut Stdout(out))?;
    if report.to.is_some() {
        out.report("comms.export/1", &report, |_| {
            let to = clean::line(report.to.as_deref().unwrap_or_default());
            format!("{} messages written to {to}", report.messages)
        })?;
    }
    for failed in &report.failed {
        out.warn(&format!("{} was not written: {}", failed.id, failed.error));
    }
    Ok(report.outcome())
}

/// stdout as the output layer has it.
pub struct Stdout<'a>(pub &'a mut Output);

impl Write for Stdout<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.bytes(bytes).map_err(io::Error::other)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
