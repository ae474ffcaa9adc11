//! Flags for the fields of a card, and the table of what became of contacts.

use std::fs::File;
use std::path::{Path, PathBuf};

use clap::Args;
use clap::builder::PossibleValuesParser;

use crate::cli::output::{Cell, Column, Output, Style};

use crate::error::{Error, Kind, Result};
use crate::format::clean;
use crate::model::contact::Via;
use crate::ops::contacts::change::{ChangeReport, ChangedContact};
use crate::ops::contacts::edit::{Changes, Line};
use crate::ops::read_small;

/// What is known of a person.
#[derive(Debug, Args)]
pub struct FieldArgs {
    /// A nickname or alias; it names the person exactly. May be given several times
    #[arg(long, value_name = "NAME")]
    nickname: Vec<String>,
    /// The organisation
    #[arg(long, value_name = "TEXT")]
    org: Option<String>,
    /// The title or role there
    #[arg(long, value_name = "TEXT")]
    title: Option<String>,
    /// Put into this group; may be given several times
    #[arg(long, value_name = "GROUP")]
    group: Vec<String>,
    /// By what the person wants to be reached: email, sms, whatsapp, slack, chat, or none
    #[arg(long, value_name = "CHANNEL", hide_possible_values = true,
          value_parser = PossibleValuesParser::new(["email", "sms", "whatsapp", "slack", "chat", "none"]))]
    via: Option<String>,
    /// The time zone, like Europe/London
    #[arg(long, value_name = "ZONE")]
    zone: Option<String>,
    /// A note
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    /// 1815-12-10, or --12-10 without the year
    #[arg(long, value_name = "DAY", allow_hyphen_values = true)]
    birthday: Option<String>,
    /// A page of the person; may be given several times
    #[arg(long, value_name = "URL")]
    url: Vec<String>,
    /// The title before the name
    #[arg(long, value_name = "TEXT")]
    prefix: Option<String>,
    /// The given name, where the name alone doesn't tell
    #[arg(long, value_name = "NAME")]
    given: Option<String>,
    /// The middle name
    #[arg(long, value_name = "NAME")]
    middle: Option<String>,
    /// The family name
    #[arg(long, value_name = "NAME")]
    family: Option<String>,
    /// What follows the name
    #[arg(long, value_name = "TEXT")]
    suffix: Option<String>,
    /// How the name sounds
    #[arg(long, value_name = "TEXT")]
    phonetic: Option<String>,
}

impl FieldArgs {
    /// As changes to a card.
    pub fn changes(self) -> Changes {
        let lines = [
            (Line::Prefix, self.prefix),
            (Line::Given, self.given),
            (Line::Middle, self.middle),
            (Line::Family, self.family),
            (Line::Suffix, self.suffix),
            (Line::Phonetic, self.phonetic),
            (Line::Organization, self.org),
            (Line::Title, self.title),
            (Line::Notes, self.note),
            (Line::Zone, self.zone),
            (Line::Birthday, self.birthday),
        ];
        Changes {
            lines: lines
                .into_iter()
                .filter_map(|(line, text)| Some((line, text?)))
                .collect(),
            via: self.via.map(|via| Via::named(&via)),
            add_nicknames: self.nickname,
            add_groups: self.group,
            add_urls: self.url,
            ..Changes::default()
        }
    }
}

/// Bytes of one contact as text.
const LONGEST: u64 = 16 << 20;

/// The text of a file, or of stdin for `-`.
pub fn text_of(path: &Path) -> Result<String> {
    let shown = clean::line(&path.display().to_string());
    let read = match path == Path::new("-") {
        true => read_small(std::io::stdin().lock(), LONGEST),
        false => File::open(path).and_then(|file| read_small(file, LONGEST)),
    };
    read.map_err(|e| Error::usage(format!("`{shown}` can't be read")).because(e))
}

/// A file of JSON that is there, or stdin where something is piped and nothing else says what to do.
pub fn json_of(file: Option<&PathBuf>, nothing_else: bool, out: &Output) -> Result<Option<String>> {
    match file {
        Some(path) => text_of(path).map(Some),
        None if nothing_else && !out.looks.terminal_in => {
            let text = text_of(Path::new("-"))?;
            Ok(Some(text).filter(|text| !text.trim().is_empty()))
        }
        None => Ok(None),
    }
}

/// Tells what became of contacts.
pub fn tell(report: &ChangeReport, out: &mut Output) -> Result<Option<Kind>> {
    out.list(
        "comms.contact_change/1",
        report,
        "contacts",
        &report.contacts,
        &columns(),
    )?;
    for warning in &report.warnings {
        out.warn(warning);
    }
    if let Some(change) = report.change {
        out.hint(&format!("take it back with `comms contacts undo {change}`"));
    }
    Ok(report.outcome())
}

fn columns() -> Vec<Column<ChangedContact>> {
    vec![
        Column {
            field: "id",
            title: "id",
            cell: |c: &ChangedContact, _| {
                Cell::id(c.id.map(|id| id.to_string()).unwrap_or_default())
            },
            plain: |c| c.id.map(|id| id.to_string()).unwrap_or_default(),
        },
        Column {
            field: "name",
            title: "name",
            cell: |c, _| Cell::plain(clean::line(&c.name)),
            plain: |c| c.name.clone(),
        },
        Column {
            field: "change",
            title: "now",
            cell: |c, _| Cell::new(c.change, style(c.change)),
            plain: |c| c.change.to_owned(),
        },
        Column {
            field: "what",
            title: "",
            cell: |c, _| Cell::new(clean::line(&what(c)), Style::Dim),
            plain: what,
        },
    ]
}

fn what(c: &ChangedContact) -> String {
    let lost: Vec<_> = c
        .lost
        .iter()
        .map(|l| format!("{} `{}` gave way", l.field, l.value))
        .collect();
    let other = c.other.map(|id| match c.change {
        "exists" => format!("{id} has an address of it"),
        _ => format!("into {id}"),
    });
    let mut all: Vec<String> = other.into_iter().collect();
    if c.change == "skipped" {
        all.push("changed meanwhile".to_owned());
    }
    if !c.fields.is_empty() {
        all.push(c.fields.join(", "));
    }
    all.extend(lost);
    all.join("; ")
}

fn style(change: &str) -> Style {
    match change {
        "exists" | "skipped" => Style::Bad,
        "same" => Style::Dim,
        _ => Style::Good,
    }
}
