//! The flags of messages that only WhatsApp has.

use std::path::PathBuf;

use clap::Args;

use crate::error::Result;
use crate::ops::whatsapp::WindowReport;
use crate::ops::whatsapp::compose::{self, Extras, Words};

use super::super::output::Output;

/// What stands below a text on WhatsApp, and messages of its own kind there.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "WhatsApp")]
pub struct WhatsappArgs {
    /// Which of a template's languages: `en_US`
    #[arg(long, value_name = "CODE", requires = "template")]
    pub lang: Option<String>,
    /// A button that answers; up to three
    #[arg(long = "button", value_name = "ID=TITLE")]
    buttons: Vec<String>,
    /// A row of a list to choose from; up to ten
    #[arg(long = "row", value_name = "ID=TITLE|MORE")]
    rows: Vec<String>,
    /// The rows of a list, as CSV: id,title,description,section
    #[arg(long = "rows", value_name = "FILE")]
    rows_file: Option<PathBuf>,
    /// What the button says that opens the list
    #[arg(long, value_name = "TEXT")]
    list_label: Option<String>,
    /// A button that leads to a web page
    #[arg(long, value_name = "LABEL=URL")]
    link: Option<String>,
    /// A form to fill in, by its id or name
    #[arg(long, value_name = "FLOW")]
    flow: Option<String>,
    /// What the button says that opens the form
    #[arg(long, value_name = "TEXT")]
    flow_label: Option<String>,
    /// The form's first screen
    #[arg(long, value_name = "SCREEN")]
    flow_screen: Option<String>,
    /// What the first screen is given, as a JSON object
    #[arg(long, value_name = "FILE")]
    flow_data: Option<PathBuf>,
    /// A small line below the text
    #[arg(long, value_name = "TEXT")]
    footer: Option<String>,
    /// A place, as a message of its own
    #[arg(
        long,
        value_name = "LAT,LON[,NAME[,ADDRESS]]",
        allow_hyphen_values = true
    )]
    location: Option<String>,
    /// The people in a vCard file, as a message of its own
    #[arg(long = "contact", value_name = "FILE")]
    contacts: Vec<PathBuf>,
}

/// Whether someone may be written to freely, in words.
pub fn window(window: &WindowReport, out: &Output) -> String {
    match (window.open, window.until) {
        (true, Some(until)) => {
            let free = window
                .free_until
                .map(|free| format!(", free until {}", out.when(free)));
            format!("open until {}{}", out.when(until), free.unwrap_or_default())
        }
        (false, Some(since)) => format!("closed since {}: only a template goes", out.when(since)),
        _ => "closed: they have not written, so only a template goes".to_owned(),
    }
}

impl WhatsappArgs {
    /// Whether what they make is a message without a text.
    pub fn is_whole(&self) -> bool {
        self.location.is_some() || !self.contacts.is_empty()
    }

    pub fn extras(self) -> Result<Extras> {
        let files = self.contacts.into_iter().map(Words::File);
        Ok(Extras {
            buttons: self
                .buttons
                .iter()
                .map(|typed| compose::button(typed))
                .collect(),
            rows: self.rows.iter().map(|typed| compose::row(typed)).collect(),
            rows_file: self.rows_file,
            list_label: self.list_label,
            link: self.link.as_deref().map(compose::link).transpose()?,
            flow: self.flow,
            flow_label: self.flow_label,
            flow_screen: self.flow_screen,
            flow_data: self.flow_data.map(Words::File),
            footer: self.footer,
            location: self
                .location
                .as_deref()
                .map(compose::location)
                .transpose()?,
            contacts: files.collect(),
        })
    }
}
