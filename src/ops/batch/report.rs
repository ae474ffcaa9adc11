//! How batches are told.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::error::{Kind, Result};
use crate::model::outbox::State;
use crate::ops::send::ItemReport;
use crate::ops::{App, drain};
use crate::store::outbox::{Batch, BatchState};

/// `comms.batch/1`.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub struct BatchReport {
    pub name: String,
    /// `staging`, `paused`, `cancelled`; else `sending` while something of it waits, then `done`. Empty in a dry run.
    pub state: String,
    /// Rows staged; in a dry run, rows that would be.
    pub rows: u64,
    pub sent: u64,
    pub failed: u64,
    /// Goes by itself, unless the batch is paused.
    pub waiting: u64,
    /// Waits for an approval.
    pub held: u64,
    pub unconfirmed: u64,
    pub cancelled: u64,
    /// Rows of the file that can't be sent and were left out.
    pub skipped: u64,
    /// The first of them.
    pub broken: Vec<Broken>,
    /// Rows left out because an earlier one has the same mailbox.
    pub repeated: u64,
    /// Rows left out because one of their thread key went to the same recipient within the time of `--once-per`; told by
    /// the run that would have staged them.
    pub suppressed: u64,
    /// The batch was there already; nothing was staged now.
    pub replayed: bool,
    pub dry_run: bool,
    pub interrupted: bool,
    /// The first messages as they would leave (`--dry-run`).
    pub preview: Vec<ItemReport>,
    pub warnings: Vec<String>,
    pub created_at: Option<Timestamp>,
}

/// A row that can't be sent.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Broken {
    /// The line of the file it begins on.
    pub line: u64,
    pub why: String,
}

/// `comms.batches/1`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct BatchesReport {
    pub batches: Vec<BatchReport>,
}

/// All batches, newest first.
pub fn list(app: &App) -> Result<BatchesReport> {
    if !app.store.has_outbox() {
        return Ok(BatchesReport {
            batches: Vec::new(),
        });
    }
    drain::tidy(app)?;
    let batches = app.store.batches()?;
    let batches = batches.iter().map(|batch| {
        let mut report = BatchReport {
            name: batch.name.clone(),
            ..BatchReport::default()
        };
        report.take(batch);
        report
    });
    Ok(BatchesReport {
        batches: batches.collect(),
    })
}

impl BatchReport {
    /// Takes what the store knows.
    pub(super) fn take(&mut self, batch: &Batch) {
        self.rows = batch.rows;
        self.created_at = Some(batch.created_at);
        let count = |states: &[State]| -> u64 {
            let found = batch.items.iter().filter(|(s, _)| states.contains(s));
            found.map(|(_, n)| n).sum()
        };
        self.sent = count(&[State::Sent, State::Delivered, State::Read]);
        self.failed = count(&[State::Failed, State::Undelivered]);
        self.waiting = count(&[State::Ready, State::Sending, State::Draft]);
        self.held = count(&[State::Held]);
        self.unconfirmed = count(&[State::Unconfirmed]);
        self.cancelled = count(&[State::Cancelled]);
        self.state = match batch.state {
            BatchState::Staging => "staging",
            BatchState::Paused if self.waiting + self.held > 0 => "paused",
            BatchState::Cancelled => "cancelled",
            _ if self.waiting + self.held > 0 => "sending",
            _ => "done",
        }
        .to_owned();
    }

    /// The exit code; `None` is success.
    pub fn outcome(&self, asked_to_wait: bool) -> Option<Kind> {
        if self.interrupted {
            return Some(Kind::Interrupted);
        }
        if self.unconfirmed > 0 {
            return Some(Kind::Unconfirmed);
        }
        if self.failed > 0 || self.skipped > 0 {
            return Some(Kind::Partial);
        }
        let waits = self.waiting > 0 || self.held > 0;
        (waits && !asked_to_wait && !self.dry_run).then_some(Kind::Pending)
    }
}
