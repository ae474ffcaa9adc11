//! `comms contacts export`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::cli::Done;
use crate::cli::export::Stdout;
use crate::cli::output::{Format, Output};
use crate::error::{Error, Result};
use crate::format::clean;
use crate::ops::App;
use crate::ops::contacts::export::{self, ExportForm, ExportRequest, Version};

#[derive(Debug, Args)]
pub struct ExportArgs {
    /// Names, groups (@team) and ids (c9); everybody if left out
    #[arg(value_name = "WHO")]
    who: Vec<String>,
    /// File to write; stdout if left out
    #[arg(
        long,
        value_name = "PATH",
        default_value = "-",
        hide_default_value = true
    )]
    to: PathBuf,
    /// Write in this form, whatever the name says; vCards to stdout
    #[arg(long = "as", value_name = "FORM")]
    form: Option<FormChoice>,
    /// The version of vCards
    #[arg(long, value_name = "VERSION", default_value = "3.0")]
    version: VersionChoice,
    /// Replace a file that is there
    #[arg(long)]
    force: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum FormChoice {
    Vcard,
    Csv,
    Jsonl,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum VersionChoice {
    #[value(name = "3.0")]
    Three,
    #[value(name = "4.0")]
    Four,
}

pub fn run(args: ExportArgs, app: &App, out: &mut Output) -> Result<Done> {
    let to_stdout = args.to.as_os_str() == "-";
    let form = match (args.form, out.format) {
        (None, Format::Jsonl) if to_stdout => Some(FormChoice::Jsonl),
        (None, Format::Json) if to_stdout => {
            return Err(Error::usage("an export is no JSON document").hint(
                "`comms contacts list --json` is one; `--as jsonl` writes a line for each contact",
            ));
        }
        (form, _) => form,
    };
    let request = ExportRequest {
        who: args.who,
        to: args.to,
        form: form.map(|form| match form {
            FormChoice::Vcard => ExportForm::Vcard,
            FormChoice::Csv => ExportForm::Csv,
            FormChoice::Jsonl => ExportForm::Jsonl,
        }),
        version: match args.version {
            VersionChoice::Three => Version::V3,
            VersionChoice::Four => Version::V4,
        },
        force: args.force,
    };
    let report = export::export(app, &request, &mut Stdout(out))?;
    if report.to.is_some() {
        out.report("comms.contacts_export/1", &report, |_| {
            let to = clean::line(report.to.as_deref().unwrap_or_default());
            format!("{} contacts written to {to}", report.contacts)
        })?;
    }
    Ok(None)
}
