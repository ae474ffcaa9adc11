//! Bulk sends: a file of rows and a template become a batch in the outbox, whole or not at all; then it leaves.
//!
//! The file is read three times (checked, hashed, staged) and never held, so its length costs no memory.

mod report;
mod rows;
pub mod table;

use std::path::{Path, PathBuf};

use crate::error::{Context, Error, Kind, Result};
use crate::format::clean;
use crate::model::outbox::State;
use crate::rules::template::Template;
use crate::store::outbox::{Batch, BatchState, NewBatch};

use super::send::template::{self, TemplateUse};
use super::send::{self, Attach, Mode, SendRequest, alert};
use super::whatsapp::compose::Words;
use super::{App, Origin, Progress, drain, hook};
use rows::{Outcome, Rows};

pub use report::{BatchReport, BatchesReport, Broken, list};

/// Broken rows that are named.
const NAMED: usize = 20;
/// Rows that are shown before anything is staged.
const SHOWN: usize = 3;
/// Rows of one commit.
const CHUNK: usize = 500;
/// Warnings of the way that are told.
const TOLD: usize = 20;

/// A bulk send. What all rows share is in `message`: account, copies, attachments, a subject that wins.
#[derive(Clone, Debug, Default)]
pub struct BatchRequest {
    pub csv: PathBuf,
    pub template: TemplateUse,
    /// `None` makes one of the file's name and the content.
    pub name: Option<String>,
    pub to_column: Option<String>,
    pub delimiter: Option<u8>,
    /// Stage what is sound when some rows are not.
    pub skip_broken: bool,
    /// Pause after so many failed items; 0 is never.
    pub pause_after: u32,
    pub message: SendRequest,
}

/// A bulk send that was looked at: what it would do, and whether it may.
pub struct Checked {
    pub report: BatchReport,
    hash: [u8; 32],
    template: Template,
}

/// Reads the whole file and renders every row; writes nothing.
///
/// # Errors
/// `usage` with the lines when rows are broken and are not to be skipped; when the name stands for another content.
pub fn check(app: &App, origin: Origin, request: &BatchRequest) -> Result<Checked> {
    let template = template::load(app, &request.template.file)?;
    alert::once(origin, &request.message)?;
    let mut rows = Rows::open(app, origin, request, &template)?;
    let hash = hash(app, request)?;
    let name = match &request.name {
        Some(name) => sound(name.trim())?,
        None => derived(&request.csv, &hash),
    };
    let mut report = BatchReport {
        name,
        dry_run: request.message.dry_run,
        ..BatchReport::default()
    };
    while let Some((line, outcome)) = rows.next()? {
        (app.progress)(&Progress {
            stage: "checking rows".to_owned(),
            done: report.rows + report.skipped,
            total: None,
        });
        match outcome {
            Outcome::Good(send) => {
                report.rows += 1;
                if report.preview.len() < SHOWN {
                    let items = send.items;
                    report.preview.extend(send::report_dry_run(items).items);
                }
            }
            Outcome::Repeated => report.repeated += 1,
            Outcome::Broken(why) => {
                report.skipped += 1;
                if report.broken.len() < NAMED {
                    report.broken.push(Broken { line, why });
                }
            }
        }
    }
    let all = report.rows + report.skipped;
    (app.progress)(&Progress {
        stage: "checking rows".to_owned(),
        done: all,
        total: Some(all),
    });
    if report.skipped > 0 && !request.skip_broken {
        return Err(broken(&report, &request.csv));
    }
    if report.rows == 0 {
        let shown = clean::line(&request.csv.display().to_string());
        return Err(Error::usage(format!("`{shown}` has no row to send")));
    }
    if let Some(known) = existing(app, &report.name)? {
        own(app, origin, &known.name, "send")?;
        if known.hash != hash {
            return Err(Error::usage(format!(
                "batch `{}` was another file, template, text or set of options",
                known.name
            ))
            .hint("give this one a name of its own with --name"));
        }
        if known.state == BatchState::Cancelled {
            return Err(
                Error::usage(format!("batch `{}` was cancelled", known.name))
                    .hint("to send it after all, give it a new name with --name"),
            );
        }
        report.replayed = known.state != BatchState::Staging;
        if report.replayed {
            report.warnings.extend(put_off(app, request, &known)?);
        }
    }
    Ok(Checked {
        report,
        hash,
        template,
    })
}

/// Stages what was checked, all of it before anything leaves; then sends it. A batch that is there goes on.
pub async fn send(
    app: &App,
    origin: Origin,
    request: &BatchRequest,
    checked: Checked,
) -> Result<BatchReport> {
    let Checked {
        mut report,
        hash: content,
        template,
    } = checked;
    if request.message.dry_run {
        return Ok(report);
    }
    let leaves = request.message.mode == Mode::Send && request.message.at.is_none();
    if app.config.read_only && leaves {
        return Err(Error::refused("nothing is sent while comms is read-only")
            .hint("keep it for later with --queue"));
    }
    let new = NewBatch {
        name: report.name.clone(),
        hash: content,
        origin: origin.name().to_owned(),
        asked_by: app.config.agent.clone(),
        pause_after: request.pause_after,
    };
    let batch = app.store.begin_batch(&new, app.clock.now())?;
    if batch.state == BatchState::Staging {
        let mut rows = Rows::open(app, origin, request, &template)?;
        report.suppressed = stage(app, &batch, &mut rows, (request.skip_broken, report.rows))?;
        if hash(app, request)? != content {
            app.store.cancel_batch(&batch, app.clock.now())?;
            let shown = clean::line(&request.csv.display().to_string());
            return Err(Error::usage(format!(
                "`{shown}`, its template or an attachment changed while it was read"
            ))
            .hint("nothing was sent; leave them alone, and give it a new name with --name"));
        }
        app.store.open_batch(batch.id, request.message.at)?;
    }
    if leaves {
        let (warnings, interrupted) = leave(app, &report.name).await?;
        report.warnings.extend(warnings);
        report.interrupted = interrupted;
    }
    report.preview.clear();
    report.take(&app.store.batch(&report.name)?);
    Ok(report)
}

/// What a time asked for means to a batch that is staged already.
///
/// # Errors
/// `usage` where something of it waits to go at once: its name again can't put it off.
fn put_off(app: &App, request: &BatchRequest, known: &Batch) -> Result<Option<String>> {
    let Some(at) = request.message.at else {
        return Ok(None);
    };
    let (due, later) = app.store.batch_waits(known.id, app.clock.now())?;
    let name = &known.name;
    if due > 0 {
        return Err(Error::usage(format!(
            "batch `{name}` is staged already, to go at once: --at can't put it off"
        ))
        .hint(format!(
            "`comms outbox cancel --batch {name}` puts away what did not leave; then give this one a name of its own with --name"
        )));
    }
    let later = later.filter(|later| *later != at);
    Ok(later.map(|later| {
        let later = later.to_zoned(app.clock.zone().clone());
        format!(
            "batch `{name}` is staged already and stays as it is: it goes from {} on",
            later.strftime("%Y-%m-%d %H:%M %Z")
        )
    }))
}

/// Writes the rows in chunks; gives how many repeated another and were counted instead. Those that an earlier run wrote
/// before it was killed stay: which rows count as repeated must come out the same.
fn stage(
    app: &App,
    batch: &Batch,
    rows: &mut Rows<'_>,
    (skip_broken, total): (bool, u64),
) -> Result<u64> {
    let mut chunk = Vec::with_capacity(CHUNK);
    let (mut done, mut suppressed) = (0, 0);
    while let Some((line, outcome)) = rows.next()? {
        match outcome {
            Outcome::Good(send) => chunk.push((line, *send)),
            Outcome::Repeated => {}
            Outcome::Broken(_) if skip_broken => {}
            Outcome::Broken(why) => {
                return Err(Error::usage(format!("line {line}: {why}"))
                    .hint("nothing was sent; mend it and run the same command again"));
            }
        }
        if chunk.len() == CHUNK {
            done += CHUNK as u64;
            suppressed +=
                app.store
                    .stage_rows(batch, std::mem::take(&mut chunk), app.clock.now())?;
            (app.progress)(&Progress {
                stage: "staging".to_owned(),
                done,
                total: Some(total.max(done + 1)),
            });
        }
    }
    suppressed += app.store.stage_rows(batch, chunk, app.clock.now())?;
    (app.progress)(&Progress {
        stage: "staging".to_owned(),
        done: total,
        total: Some(total),
    });
    Ok(suppressed)
}

/// Sends what is due until nothing of the batch is; what to tell, and whether someone interrupted.
async fn leave(app: &App, name: &str) -> Result<(Vec<String>, bool)> {
    let batch = app.store.batch(name)?;
    let waits = |s: &State| matches!(s, State::Ready | State::Sending);
    let total: u64 = batch
        .items
        .iter()
        .filter(|(s, _)| waits(s))
        .map(|(_, n)| n)
        .sum();
    let step = |done: u64| {
        (app.progress)(&Progress {
            stage: format!("sending {}", clean::line(name)),
            done,
            total: Some(total),
        });
    };
    let mut done = 0;
    let passed = drain::through(app, || {
        done += 1;
        step(done.min(total.saturating_sub(1)));
    })
    .await;
    step(total);
    let (mut warnings, interrupted) = passed?;
    let more = warnings.len().saturating_sub(TOLD);
    warnings.truncate(TOLD);
    if more > 0 {
        warnings.push(format!("and {more} more like these"));
    }
    if !interrupted {
        warnings.extend(hook::fire(app).await);
    }
    Ok((warnings, interrupted))
}

fn existing(app: &App, name: &str) -> Result<Option<Batch>> {
    if !app.store.has_outbox() {
        return Ok(None);
    }
    app.store.find_batch(name)
}

fn broken(report: &BatchReport, csv: &Path) -> Error {
    let shown = clean::line(&csv.display().to_string());
    let lines: Vec<_> = report
        .broken
        .iter()
        .map(|b| format!("\n  {shown}:{}: {}", b.line, clean::line(&b.why)))
        .collect();
    let more = report.skipped - report.broken.len() as u64;
    let more = if more > 0 {
        format!("\n  and {more} more")
    } else {
        String::new()
    };
    let (skipped, rows) = (report.skipped, report.rows);
    Error::usage(format!(
        "{skipped} of {} rows can't be sent; nothing was staged{}{more}",
        skipped + rows,
        lines.concat()
    ))
    .hint("mend them, or send the others with --skip-broken")
}

/// Everything the messages are made of.
fn hash(app: &App, request: &BatchRequest) -> Result<[u8; 32]> {
    let mut hasher = blake3::Hasher::new();
    let message = &request.message;
    let typed = (
        &request.template.vars,
        (&request.to_column, &request.delimiter),
        (&message.cc, &message.bcc, &message.reply_to),
        (&message.from, &message.subject),
    );
    let typed =
        serde_json::to_vec(&typed).map_err(|e| Error::internal("hashing a batch").because(e))?;
    hasher.update(&typed);
    if let Some(via) = message.addressing.via {
        hasher.update(via.name().as_bytes());
    }
    // A batch of an earlier version, which knew none of these, stays the one it is.
    if message.allow_mass_mention {
        hasher.update(b"allow_mass_mention");
    }
    if !message.media_urls.is_empty() {
        hasher.update(format!("media_urls {:?}", message.media_urls).as_bytes());
    }
    if message.thread_key.is_some() || message.once_per.is_some() {
        let repeats = (&message.thread_key, message.once_per);
        hasher.update(format!("repeats {repeats:?}").as_bytes());
    }
    let extras = &message.whatsapp;
    if extras.flag().is_some() {
        hasher.update(format!("{extras:?}").as_bytes());
    }
    let template = template::find(app, &request.template.file)?;
    let attached = message.attachments.iter();
    let (mut paths, mut given) = (vec![&request.csv, &template], Vec::new());
    paths.extend(&extras.rows_file);
    for words in extras.contacts.iter().chain(&extras.flow_data) {
        if let Words::File(path) = words {
            paths.push(path);
        }
    }
    for one in attached {
        match one {
            Attach::Path(path) => paths.push(path),
            Attach::Given(file) => given.push(file),
        }
    }
    for file in given {
        hasher.update(blake3::hash(&file.bytes).as_bytes());
    }
    for path in paths {
        let file = std::fs::File::open(path);
        let mut one = blake3::Hasher::new();
        file.and_then(|f| one.update_reader(f).map(drop))
            .with_context(Kind::Usage, || {
                format!("reading `{}`", clean::line(&path.display().to_string()))
            })?;
        hasher.update(one.finalize().as_bytes());
    }
    Ok(*hasher.finalize().as_bytes())
}

/// A name that needs no quotes in a shell.
fn sound(name: &str) -> Result<String> {
    let plain = |c: char| c.is_alphanumeric() || "-_.".contains(c);
    if name.is_empty() || name.len() > 100 || name.starts_with('-') || !name.chars().all(plain) {
        return Err(Error::usage(format!(
            "`{}` can't be the name of a batch",
            clean::line(name)
        ))
        .hint("letters, digits, `-`, `_` and `.` make one, at most 100 bytes"));
    }
    Ok(name.to_owned())
}

fn derived(csv: &Path, hash: &[u8; 32]) -> String {
    let stem = csv.file_stem().map(|s| s.to_string_lossy().into_owned());
    let stem: String = stem
        .unwrap_or_default()
        .chars()
        .take(60)
        .map(|c| {
            if c.is_alphanumeric() || "-_.".contains(c) {
                c
            } else {
                '-'
            }
        })
        .collect();
    let short: String = hash[..4].iter().map(|b| format!("{b:02x}")).collect();
    format!("{}-{short}", stem.trim_start_matches('-'))
}

/// Stops a batch, or lets it go on and sends what is due.
pub async fn pause(app: &App, origin: Origin, (name, paused): (&str, bool)) -> Result<BatchReport> {
    let batch = own(app, origin, name, if paused { "pause" } else { "resume" })?;
    app.store.pause_batch(&batch, paused)?;
    let mut report = BatchReport {
        name: batch.name.clone(),
        ..BatchReport::default()
    };
    if !paused && !app.config.read_only {
        let (warnings, interrupted) = leave(app, name).await?;
        report.warnings = warnings;
        report.interrupted = interrupted;
    }
    report.take(&app.store.batch(name)?);
    Ok(report)
}

/// The batch, if whoever asks has a say in it.
fn own(app: &App, origin: Origin, name: &str, what: &str) -> Result<Batch> {
    let batch = app.store.batch(name)?;
    if origin != Origin::Agent || batch.origin == origin.name() {
        return Ok(batch);
    }
    Err(Error::refused(format!(
        "an agent may not {what} batch `{name}`: a {} staged it",
        batch.origin
    ))
    .hint("ask the person whose outbox this is; an agent may only handle what an agent staged"))
}

/// Cancels what did not leave yet.
pub fn cancel(app: &App, origin: Origin, name: &str) -> Result<BatchReport> {
    drain::tidy(app)?;
    let batch = own(app, origin, name, "cancel")?;
    app.store.cancel_batch(&batch, app.clock.now())?;
    let mut report = BatchReport {
        name: batch.name.clone(),
        ..BatchReport::default()
    };
    report.take(&app.store.batch(name)?);
    Ok(report)
}
