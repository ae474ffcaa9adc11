//! Brings mail in from Maildirs, mbox and .eml files: bytes copied, nothing there changed.
//!
//! A message is the same if its bytes are the same, within its folder; so importing again adds only what
//! is new, and an import that was cut short goes on where it ended.

mod memo;
mod plan;
mod read;
mod source;

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Mutex;

use schemars::JsonSchema;
use serde::Serialize;

use crate::error::{Error, Kind, Result};

use super::sync::Failure;
use super::{App, intake};

/// What to import, and under which name.
#[derive(Clone, Debug, Default)]
pub struct ImportRequest {
    pub paths: Vec<PathBuf>,
    /// Instead of the name of the file or folder: `imported/NAME`.
    pub name: Option<String>,
    /// Instead of `imported/NAME` as a whole.
    pub folder: Option<String>,
    /// Only count what would be added.
    pub dry_run: bool,
}

/// What an import did. `comms.import/1`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ImportReport {
    /// Nothing was stored: the numbers are what would be.
    pub dry_run: bool,
    /// One per Maildir folder, mbox file and folder of .eml files.
    pub sources: Vec<ImportSource>,
    /// Messages that are damaged, kept as far as they can be read; the first hundred.
    pub broken: Vec<Broken>,
    pub broken_total: u64,
    /// Files that could not be read; the first hundred.
    pub failed: Vec<FailedFile>,
    pub failed_total: u64,
    /// Files that are no mail, left aside.
    pub skipped: u64,
}

/// One place that mail was read from.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct ImportSource {
    pub path: String,
    /// `maildir`, `mbox` or `eml`; null if it is none of them.
    pub kind: Option<String>,
    /// Folder of the account `local` that the messages are in.
    pub folder: Option<String>,
    /// Messages found there.
    pub messages: u64,
    pub added: u64,
    /// Messages that were in the store already.
    pub known: u64,
    pub broken: u64,
    /// Messages or files that could not be read.
    pub failed: u64,
    pub took_ms: u64,
    /// Null unless the source as a whole could not be read.
    pub error: Option<Failure>,
}

/// A damaged message.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Broken {
    pub path: String,
    /// Counts from 1 in an mbox file; null for a file of its own.
    pub number: Option<u64>,
    pub faults: Vec<String>,
}

/// A file that could not be read.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct FailedFile {
    pub path: String,
    pub error: String,
}

/// How many broken messages and unread files are named; the rest is counted.
const NAMED: usize = 100;

impl ImportReport {
    /// `Partial` if some source or file could not be read; when no source could, [`import`] is the error.
    pub fn outcome(&self) -> Option<Kind> {
        let failed = self.failed_total > 0 || self.sources.iter().any(|s| s.error.is_some());
        failed.then_some(Kind::Partial)
    }

    /// Messages added by all sources.
    pub fn added(&self) -> u64 {
        self.sources.iter().map(|s| s.added).sum()
    }

    /// Messages of all sources that were there already.
    pub fn known(&self) -> u64 {
        self.sources.iter().map(|s| s.known).sum()
    }
}

/// What the reading side notes as it goes.
#[derive(Default)]
pub(super) struct Notes {
    broken: Vec<Broken>,
    broken_total: u64,
    failed: Vec<FailedFile>,
    failed_total: u64,
}

impl Notes {
    fn broken(&mut self, broken: Broken) {
        self.broken_total += 1;
        if self.broken.len() < NAMED {
            self.broken.push(broken);
        }
    }

    fn failed(&mut self, path: &std::path::Path, error: impl std::fmt::Display) {
        self.failed_total += 1;
        if self.failed.len() < NAMED {
            self.failed.push(FailedFile {
                path: path.display().to_string(),
                error: error.to_string(),
            });
        }
    }
}

/// Imports. An error only if no source could be read, or the store takes nothing.
pub fn import(app: &App, request: &ImportRequest) -> Result<ImportReport> {
    let plan = plan::make(app, request)?;
    if plan.jobs.is_empty()
        && let Some(error) = plan.first_error
    {
        return Err(error);
    }
    if plan.jobs.is_empty() {
        // Nothing is new: no thread is worth starting.
        return Ok(report(request, plan.settled, plan.notes, plan.skipped));
    }
    let notes = Mutex::new(plan.notes);
    let stage = stage(&plan.jobs);
    let (mut outcomes, counts) = intake::run(app, &stage, plan.total, |intake| {
        let mut reader = read::Reader {
            app,
            intake,
            notes: &notes,
            dry_run: request.dry_run,
            would_add: HashSet::new(),
        };
        let outcomes = plan.jobs.into_iter().enumerate();
        outcomes
            .map(|(tag, job)| reader.read(tag, job))
            .collect::<Result<Vec<_>>>()
    })?;
    for (outcome, count) in outcomes.iter_mut().zip(&counts) {
        outcome.source.added += count.added;
        outcome.source.known += count.known;
    }
    if !request.dry_run {
        for outcome in &outcomes {
            memo::save(app, &outcome.memo)?;
        }
        app.store.gather_people_early();
    }
    let notes = notes
        .into_inner()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    let mut sources = plan.settled;
    sources.extend(outcomes.into_iter().map(|o| o.source));
    Ok(report(request, sources, notes, plan.skipped))
}

fn report(
    request: &ImportRequest,
    mut sources: Vec<ImportSource>,
    notes: Notes,
    skipped: u64,
) -> ImportReport {
    sources.sort_by(|a, b| a.path.cmp(&b.path));
    ImportReport {
        dry_run: request.dry_run,
        sources,
        broken: notes.broken,
        broken_total: notes.broken_total,
        failed: notes.failed,
        failed_total: notes.failed_total,
        skipped,
    }
}

fn stage(jobs: &[plan::Job]) -> String {
    match jobs {
        [one] => format!(
            "importing {}",
            one.unit.path.file_name().unwrap_or_default().display()
        ),
        _ => "importing".to_owned(),
    }
}

/// An error as a report tells it.
fn failure(error: &Error) -> Failure {
    Failure {
        code: error.kind.code().to_owned(),
        message: error.message.clone(),
        hint: error.hint.clone(),
    }
}
