//! Brings contacts in from vCard and CSV files.
//!
//! A card is known again by its UID, or by what it says where it has none; so importing the same file again changes
//! nothing, and importing a newer one changes only what it says otherwise. What was changed here stays.

mod book;
mod files;

use std::io::BufRead;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Serialize;

use crate::error::{Error, Kind, Result};
use crate::format::vcard::Fault;
use crate::model::id::ContactId;
use crate::ops::sync::Failure;
use crate::ops::{App, Origin, Progress};
use crate::rules::phone;

use super::{guard, who};
pub(super) use book::SOURCE;
use book::{Book, Fate, Taken};
use files::Form;

pub use files::Form as ImportForm;

/// Which files to import, and how.
#[derive(Clone, Debug, Default)]
pub struct ImportRequest {
    /// Files, or folders of them; `-` is the stream that [`import`] is given.
    pub paths: Vec<PathBuf>,
    /// `None`: as the file itself tells.
    pub form: Option<Form>,
    /// Everybody goes into this group as well.
    pub group: Option<String>,
    /// Where numbers without a country are dialled; `None`: as the accounts say.
    pub region: Option<String>,
    /// Only count what would be done.
    pub dry_run: bool,
}

/// What an import did. `comms.contacts_import/1`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ImportReport {
    /// Nothing was stored: the numbers are what would be.
    pub dry_run: bool,
    /// One per file.
    pub files: Vec<ImportedFile>,
    /// Cards that were joined to contacts with another id, by an address they share and their names; the first hundred.
    pub joined: Vec<Joined>,
    /// Cards and rows that could not be read, and values of rows that were taken without them; the first hundred.
    pub unreadable: Vec<Unreadable>,
    pub unreadable_total: u64,
    /// `comms contacts undo N` takes all of it back; null if nothing changed.
    pub change: Option<i64>,
}

/// One file.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct ImportedFile {
    pub path: String,
    /// `vcard` or `csv`; null if it could not be opened.
    pub form: Option<Form>,
    /// Cards or rows of people in it.
    pub people: u64,
    /// Groups in it, as Apple and vCard 4.0 write them.
    pub groups: u64,
    pub new: u64,
    pub changed: u64,
    /// Added to a contact that was there already.
    pub joined: u64,
    pub unchanged: u64,
    pub unreadable: u64,
    /// Null unless the file as a whole could not be read.
    pub error: Option<Failure>,
}

/// A card that was joined to a contact.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Joined {
    pub path: String,
    pub line: u64,
    pub name: String,
    /// Null for one that is new in this import.
    pub contact: Option<ContactId>,
}

/// A card or row that could not be read.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Unreadable {
    pub path: String,
    pub line: u64,
    pub error: String,
}

/// How many joined and unreadable cards are named; the rest is counted.
const NAMED: usize = 100;

impl ImportReport {
    /// `Partial` if some card or file could not be read.
    pub fn outcome(&self) -> Option<Kind> {
        let failed = self.unreadable_total > 0 || self.files.iter().any(|f| f.error.is_some());
        failed.then_some(Kind::Partial)
    }
}

/// Imports. An error only if no file could be read, or the store takes nothing.
pub fn import(
    app: &App,
    origin: Origin,
    request: &ImportRequest,
    stream: &mut dyn BufRead,
) -> Result<ImportReport> {
    if !request.dry_run {
        guard::no_agent(origin, "import contacts", "comms contacts import PATH")?;
    }
    let region = match &request.region {
        Some(region) => Some(phone::region(region)?),
        None => who::region(app).map(str::to_owned),
    };
    let group = request.group.as_deref().map(group_name).transpose()?;
    let mut book = Book::new(app, origin, request.dry_run);
    book.group = group;
    book.region = region;
    let mut report = ImportReport {
        dry_run: request.dry_run,
        files: Vec::new(),
        joined: Vec::new(),
        unreadable: Vec::new(),
        unreadable_total: 0,
        change: None,
    };
    let mut first_error = None;
    for path in files::listed(&request.paths) {
        let mut file = ImportedFile {
            path: path.display().to_string(),
            ..ImportedFile::default()
        };
        let opened = files::open(&path, request.form, stream);
        let read =
            opened.and_then(|source| one(app, (&mut book, source), (&mut file, &mut report)));
        if let Err(error) = read {
            // What the store refuses is no fault of a file.
            if error.kind == Kind::Internal {
                return Err(error);
            }
            file.error = Some(Failure::of(&error));
            first_error.get_or_insert(error);
        }
        report.files.push(file);
    }
    report.change = book.finish()?;
    match first_error {
        Some(error)
            if report
                .files
                .iter()
                .all(|f| f.error.is_some() && f.people == 0) =>
        {
            Err(error)
        }
        _ => Ok(report),
    }
}

/// Reads one file to its end.
fn one(
    app: &App,
    (book, source): (&mut Book<'_>, files::Source<'_>),
    (file, report): (&mut ImportedFile, &mut ImportReport),
) -> Result<()> {
    file.form = Some(source.form);
    let stage = format!("importing {}", source.name);
    let (size, mut done, mut shown) = (source.size, 0, 0);
    let tell = |done: u64, total: Option<u64>| {
        (app.progress)(&Progress {
            stage: stage.clone(),
            done,
            total,
        });
    };
    let mut groups = Vec::new();
    let mut later = Vec::new();
    book.begin_file();
    for next in source.cards {
        match next? {
            Ok(read) => {
                done += read.document.len() as u64;
                if let Some(members) = read.members {
                    file.groups += 1;
                    groups.push((read.card.name, members));
                    continue;
                }
                file.people += 1;
                let (line, name) = (read.line, read.card.name.clone());
                for value in &read.left_out {
                    let what =
                        format!("`{value}` is no mail address: it is left out, the rest is taken");
                    unreadable(Fault { line, what }, file, report);
                }
                match book.take(read)? {
                    Taken::As(fate) => count(fate, (line, name), file, report),
                    Taken::Later(read) => later.push(*read),
                }
            }
            Err(fault) => unreadable(fault, file, report),
        }
        if file.people >= shown + 100 {
            shown = file.people;
            // The bytes between cards are not counted: the end may come early.
            tell(
                done.min(size.map_or(done, |size| size.saturating_sub(1))),
                size,
            );
        }
    }
    book.end_file();
    for read in later {
        let whose = (read.line, read.card.name.clone());
        if let Taken::As(fate) = book.take(read)? {
            count(fate, whose, file, report);
        }
    }
    for (name, members) in groups {
        book.put_into(&name, &members)?;
    }
    if shown > 0 {
        tell(done, Some(done));
    }
    if file.people + file.groups + file.unreadable == 0 {
        return Err(Error::usage(format!(
            "there is no contact in `{}`",
            source.name
        ))
        .hint("a vCard has lines from BEGIN:VCARD to END:VCARD; a CSV file has rows below its headings"));
    }
    Ok(())
}

fn count(
    fate: Fate,
    (line, name): (u64, String),
    file: &mut ImportedFile,
    report: &mut ImportReport,
) {
    match fate {
        Fate::New => file.new += 1,
        Fate::Changed => file.changed += 1,
        Fate::Unchanged => file.unchanged += 1,
        Fate::Joined(contact) => {
            file.joined += 1;
            if report.joined.len() < NAMED {
                report.joined.push(Joined {
                    path: file.path.clone(),
                    line,
                    name,
                    contact,
                });
            }
        }
    }
}

fn unreadable(fault: Fault, file: &mut ImportedFile, report: &mut ImportReport) {
    file.unreadable += 1;
    report.unreadable_total += 1;
    if report.unreadable.len() < NAMED {
        report.unreadable.push(Unreadable {
            path: file.path.clone(),
            line: fault.line,
            error: fault.what,
        });
    }
}

fn group_name(typed: &str) -> Result<String> {
    let name = typed.trim().trim_start_matches('@').trim();
    match name.is_empty() || name.chars().any(char::is_control) {
        true => Err(Error::usage(format!(
            "`{}` is no name of a group",
            typed.escape_debug()
        ))),
        false => Ok(name.to_owned()),
    }
}
