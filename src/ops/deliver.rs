//! One attempt of one outbox item: out through its account, every answer written down, then the copy in Sent.

mod api;
pub mod chat;
mod crowd;
mod fallback;
mod filing;
mod leave;
mod lines;
pub mod room;
mod row;
pub mod slack;
mod smtp;
pub mod twilio;
pub mod whatsapp;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use jiff::Timestamp;

use crate::channel::maildir;
use crate::channel::smtp::INTERRUPTED;
use crate::error::{Error, Kind, Result};
use crate::model::account::{Account, ChannelKind};
use crate::model::id::OutboxId;
use crate::model::message::Flags;
use crate::model::outbox::{Answer, RecipientState, State};
use crate::rules::retry;
use crate::store::Owner;
use crate::store::Share;
use crate::store::outbox::{Ending, IN_PARTS, Item, MOVED, REVIVED, UNSEEN};

use super::hook::{self, FailureKind};
use super::throttle;
use super::{App, confirm, optout, scan};
pub use api::Provider;
pub use crowd::Crowd;
pub use filing::Filing;
pub use lines::Lines;
pub use row::{all, named};
pub use smtp::credentials;

/// What lies before the point of no return may take so long.
pub const TIMEOUT: Duration = Duration::from_secs(30);

/// Under which terms an item is delivered.
pub struct Delivery<'a> {
    /// Holds the item's lease.
    pub owner: &'a Owner,
    /// Connections of the items before.
    pub lines: &'a Lines,
    pub filing: &'a Filing,
    pub timeout: Option<Duration>,
    /// Whether what certainly did not leave is kept for another try.
    pub keep: bool,
    /// Someone waits for it: what they interrupt before it left is not sent later behind their back.
    pub by_hand: bool,
    /// Someone asked for this one item again: a provider that is left alone is tried at once.
    pub insists: bool,
}

/// How a delivery went; the outcome itself is in the store.
#[derive(Debug, Default)]
pub struct Delivered {
    pub warnings: Vec<String>,
    pub interrupted: bool,
    /// Its fallback has it now, and it is due there.
    pub moved: bool,
}

/// Makes one attempt of an item this owner claimed.
///
/// Ctrl-C before the point of no return means not sent; after it the item is in doubt at once.
pub async fn deliver(app: &App, id: OutboxId, delivery: &Delivery<'_>) -> Result<Delivered> {
    let mut delivered = Delivered::default();
    // Twice at most: an item moves to another account once.
    let state = loop {
        let mut item = app.store.outbox_item(id)?;
        optout::strike_waiting(app, &mut item, delivery.owner)?;
        let _place = match &app.crowd {
            Some(crowd) if delivery.by_hand => match crowd.enter(&item.account).await {
                None => {
                    Run::of(app, &item, delivery).crowd_out()?;
                    return Ok(delivered);
                }
                place => place,
            },
            _ => None,
        };
        match Run::of(app, &item, delivery).step().await? {
            Step::KeptBack => return Ok(delivered),
            Step::Moved(words) => {
                delivered.warnings.push(words);
                if !delivery.by_hand {
                    // That account may be busy: it is in its row there.
                    app.store.unclaim(id, delivery.owner)?;
                    delivered.moved = true;
                    return Ok(delivered);
                }
            }
            Step::Ended(state, interrupted) => {
                delivered.interrupted = interrupted;
                break state;
            }
        }
    };
    let mut state = state;
    let mut item = app.store.outbox_item(id)?;
    if state == Some(State::Unconfirmed)
        && !delivered.interrupted
        && confirm::one(app, &item).await?
    {
        item = app.store.outbox_item(id)?;
        state = Some(item.state);
    }
    if state == Some(State::Sent) && item.file_copy && item.filed_at.is_none() {
        tokio::select! {
            biased;
            warning = delivery.filing.file(app, id) => delivered.warnings.extend(warning),
            _ = tokio::signal::ctrl_c() => {
                delivered.interrupted = true;
                delivered.warnings.push(format!("`{id}` was sent, but its copy is not in Sent yet: interrupted"));
            }
        }
    }
    Ok(delivered)
}

/// The account whose Sent folder gets the copy: where its owner looks for it, also when another sent it.
pub fn files_in(item: &Item) -> &str {
    item.moved_from.as_deref().unwrap_or(&item.account)
}

struct Run<'a> {
    app: &'a App,
    item: &'a Item,
    delivery: &'a Delivery<'a>,
    accepted: Option<String>,
    failed: Option<(Error, Option<Duration>)>,
    unknown: Option<Doubt>,
    /// Numbers of the recipients in the transaction that is open.
    under_way: Vec<usize>,
    /// Whether its final dot may have left.
    left: Arc<AtomicBool>,
    /// How many recipients have their answer.
    answered: usize,
    /// What the budgets granted for the next transaction.
    share: Option<Share>,
    /// A budget was used up on the way: when the rest may go, and which one.
    put_off: Option<(Timestamp, String)>,
    /// It is not to be kept, and a budget is used up.
    refused_by_budget: bool,
    /// Its fallback took it over; what to say about it.
    moved: Option<String>,
}

/// What one account made of an item.
enum Step {
    /// A rule, a budget or a circuit lets it wait, or failed it.
    KeptBack,
    /// Its fallback takes it over; the words say why.
    Moved(String),
    /// An attempt was made, and what it left, unless another process has the item now; whether it was interrupted.
    Ended(Option<State>, bool),
}

/// Why it can't be told whether it was sent.
struct Doubt {
    why: String,
    interrupted: bool,
}

impl<'a> Run<'a> {
    fn of(app: &'a App, item: &'a Item, delivery: &'a Delivery<'a>) -> Run<'a> {
        Run {
            app,
            item,
            delivery,
            accepted: None,
            failed: None,
            unknown: None,
            under_way: Vec::new(),
            left: Arc::default(),
            answered: 0,
            share: None,
            put_off: None,
            refused_by_budget: false,
            moved: None,
        }
    }

    async fn step(mut self) -> Result<Step> {
        if self.is_kept_back()? {
            return Ok(self.moved.map_or(Step::KeptBack, Step::Moved));
        }
        let finished = tokio::select! {
            // First, so that a wait that ends by Ctrl-C inside is not taken for one before the point of no return.
            biased;
            done = self.attempt() => { done?; true }
            _ = tokio::signal::ctrl_c() => false,
        };
        if !finished {
            self.interrupted()?;
        }
        self.give_back()?;
        if self.moved.is_none() && self.is_exhausted()? {
            self.move_exhausted()?;
        }
        if let Some(words) = self.moved {
            return Ok(Step::Moved(words));
        }
        let state = self.settle(None)?;
        let interrupted = !finished || self.unknown.as_ref().is_some_and(|u| u.interrupted);
        Ok(Step::Ended(state, interrupted))
    }
}

impl Run<'_> {
    async fn attempt(&mut self) -> Result<()> {
        match self.app.config.account(&self.item.account) {
            Ok(account) if account.built_in => self.locally(account),
            Ok(account) if account.base_url.is_some() => self.through_api(account).await,
            Ok(account) => self.through_smtp(account).await,
            // It was renamed, or the config is being written: who knows it sends it.
            Err(e) => self.nothing_left(Error::unavailable(e.message)),
        }
    }

    /// Ctrl-C: what lies before the point of no return did not leave, what is after it is in doubt.
    fn interrupted(&mut self) -> Result<()> {
        let batch = std::mem::take(&mut self.under_way);
        if self.left.load(Ordering::Relaxed) {
            // It came while the final dot was being written.
            let doubt = answer(RecipientState::Unconfirmed, INTERRUPTED);
            self.record(&batch, &vec![doubt; batch.len()])?;
            self.unknown = Some(Doubt {
                why: INTERRUPTED.to_owned(),
                interrupted: true,
            });
            return Ok(());
        }
        let begun = !self.app.store.parts(self.item.id)?.is_empty();
        let words = match begun {
            true => "interrupted before all of it left",
            false => "interrupted before it left",
        };
        let e = Error::new(Kind::Interrupted, words);
        let state = if self.delivery.by_hand {
            RecipientState::Failed
        } else {
            RecipientState::Waiting
        };
        let batch = if batch.is_empty() {
            self.waiting()
        } else {
            batch
        };
        if self.answered == self.waiting().len() {
            // Nothing was left to send: it came while the goodbye was being said.
            return Ok(());
        }
        self.record(&batch, &vec![answer(state, &told(&e)); batch.len()])?;
        self.failed = Some((
            e.hint(format!(
                "run `comms outbox retry {}` to send {}",
                self.item.id,
                if begun { "the rest" } else { "it" }
            )),
            None,
        ));
        Ok(())
    }

    /// Numbers of the recipients that certainly got nothing yet.
    fn waiting(&self) -> Vec<usize> {
        let recipients = self.item.recipients.iter().enumerate();
        recipients
            .filter(|(_, r)| r.state == RecipientState::Waiting)
            .map(|(n, _)| n)
            .collect()
    }

    /// Into the built-in Maildir; its rename is the point of no return.
    fn locally(&mut self, account: &Account) -> Result<()> {
        let waiting = self.waiting();
        let raw = self.app.store.outbox_bytes(self.item.id)?;
        if !self.begin(&waiting)? {
            return Ok(());
        }
        let root = account
            .path
            .clone()
            .unwrap_or_else(|| self.app.config.local_maildir());
        match maildir::deliver(&root, "INBOX", &raw, Flags::default()) {
            Ok(_) => {
                let words = "delivered to the local Maildir".to_owned();
                self.record(
                    &waiting,
                    &vec![answer(RecipientState::Sent, &words); waiting.len()],
                )?;
                self.accepted = Some(words);
                // It is delivered; that it shows at once is a courtesy.
                let _ = scan::scan(self.app, account);
            }
            Err(e) => {
                self.record(
                    &waiting,
                    &vec![answer(RecipientState::Failed, &told(&e)); waiting.len()],
                )?;
                self.failed = Some((e, None));
            }
        }
        Ok(())
    }

    fn begin(&self, batch: &[usize]) -> Result<bool> {
        self.app
            .store
            .begin_sending(self.item.id, self.delivery.owner, batch)
    }

    fn record(&self, batch: &[usize], answers: &[Answer]) -> Result<()> {
        let answers: Vec<_> = batch.iter().copied().zip(answers.iter().cloned()).collect();
        let owner = self.delivery.owner;
        self.app.store.record_answers(self.item.id, owner, &answers)
    }

    /// A fault before anything left: all who wait share it.
    fn nothing_left(&mut self, e: Error) -> Result<()> {
        let state = if e.kind == Kind::Unavailable {
            RecipientState::Waiting
        } else {
            RecipientState::Failed
        };
        let waiting = self.waiting();
        self.record(&waiting, &vec![answer(state, &told(&e)); waiting.len()])?;
        let after = e.retry_after;
        self.failed = Some((e, after));
        Ok(())
    }

    /// How long until the next attempt; `None` if there is none.
    fn next_try(&self) -> Result<Option<Duration>> {
        let asked = self
            .failed
            .as_ref()
            .and_then(|(e, after)| after.or_else(|| retry::asked_in(&e.message)));
        let (tries, age) = self.series(self.app.clock.now())?;
        let stopped = self.delivery.by_hand
            && self
                .failed
                .as_ref()
                .is_some_and(|(e, _)| e.kind == Kind::Interrupted);
        let wait = retry::wait(tries + 1, age, asked, throttle::chance());
        Ok(wait.filter(|_| self.delivery.keep && !stopped))
    }

    /// Writes down how it ended; those who wait go on at `again` if that is given.
    fn settle(&self, again: Option<Timestamp>) -> Result<Option<State>> {
        let app = self.app;
        let now = app.clock.now();
        let wait = self.next_try()?;
        let mut ending = Ending {
            next_at: again.or(wait.and_then(|w| now.checked_add(w).ok())),
            ..Ending::default()
        };
        if let Some((at, why)) = &self.put_off {
            ending.next_at = Some(*at);
            ending.held_by = Some(why.clone());
        }
        (ending.outcome, ending.words) = match (&self.unknown, &self.accepted, &self.failed) {
            (Some(doubt), _, _) => ("unknown".to_owned(), doubt.why.clone()),
            (None, Some(words), _) if self.put_off.is_some() => {
                (IN_PARTS.to_owned(), words.clone())
            }
            (None, Some(words), _) => ("accepted".to_owned(), words.clone()),
            (None, None, Some((e, _))) => ("not sent".to_owned(), told(e)),
            (None, None, None) => (
                "not sent".to_owned(),
                "another process took it over".to_owned(),
            ),
        };
        if let Some(doubt) = &self.unknown {
            ending.error_code = Some(Kind::Unconfirmed.code().to_owned());
            ending.error = Some(doubt.why.clone());
            let first = match self.item.channel == ChannelKind::Whatsapp.name() {
                // Its provider can't be asked.
                true => "`comms serve` settles it once WhatsApp tells what became of it; else ",
                false => "",
            };
            ending.hint = Some(format!(
                "{first}find out whether it arrived, then run `comms outbox resolve {0} --sent` or `comms outbox resolve {0} --not-sent`",
                self.item.id
            ));
        } else if let Some((e, _)) = &self.failed {
            ending.error_code = Some(e.kind.code().to_owned());
            ending.error = Some(told(e));
            ending.hint = e.hint.clone();
        }
        if !self.delivery.by_hand {
            ending.failure = self.failure(&ending);
        }
        let lost = self.unknown.is_none() && self.accepted.is_none() && self.failed.is_none();
        if lost {
            return Ok(None);
        }
        let by = (self.delivery.owner, now);
        app.store.settle(self.item.id, &ending, by)
    }
}

impl Run<'_> {
    /// What `on_failure` is told should this be its end.
    fn failure(&self, ending: &Ending) -> Option<String> {
        let id = self.item.id;
        let of = (FailureKind::DeadLetter, self.item.account.as_str());
        let error = match &self.failed {
            Some((e, _)) => Error::new(e.kind, told(e)),
            None => Error::new(
                Kind::Partial,
                "it was sent, but not to all of its recipients",
            ),
        };
        let hint = ending.hint.clone();
        let hint = hint.unwrap_or_else(|| {
            format!("see `comms outbox show {id}`, then `comms outbox retry {id}`")
        });
        hook::document(self.app, of, Some(id.to_string()), &error.hint(hint))
    }

    /// Attempts since someone last asked for it, or since all went well but for a budget, and for how long they
    /// have gone on.
    fn series(&self, now: jiff::Timestamp) -> Result<(u32, Duration)> {
        let all = self.app.store.outbox_attempts(self.item.id)?;
        let begin = all
            .iter()
            .rposition(|a| a.outcome == REVIVED || a.outcome == IN_PARTS || a.outcome == MOVED)
            .map_or(0, |n| n + 1);
        let series: Vec<_> = all[begin..]
            .iter()
            .filter(|a| a.outcome != UNSEEN)
            .collect();
        let age = series
            .first()
            .and_then(|first| now.duration_since(first.at).try_into().ok())
            .unwrap_or_default();
        Ok((u32::try_from(series.len()).unwrap_or(u32::MAX), age))
    }
}

fn answer(state: RecipientState, words: &str) -> Answer {
    Answer {
        state,
        code: None,
        words: words.to_owned(),
    }
}

/// An error with its causes in one line.
fn told(e: &Error) -> String {
    let causes = e.causes();
    std::iter::once(e.message.clone())
        .chain(causes)
        .collect::<Vec<_>>()
        .join(": ")
}
