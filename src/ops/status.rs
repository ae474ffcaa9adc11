//! Where things stand: unread, held, unconfirmed, failed, stale, and the next command for each.
//!
//! Reads only the store; never the network, and on a first run not even the store's folder is made.

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;

use crate::error::Result;
use crate::format::clean;
use crate::model::account::{Account, ChannelKind};
use crate::model::outbox::State;

use super::throttle::{self, OpenCircuit};
use super::{App, costs, drain, webhooks};

/// An account not refreshed for this long is stale.
const STALE_AFTER: SignedDuration = SignedDuration::from_hours(24);

/// Whoever serves works on what is posted at once.
const EVENTS_LATE: SignedDuration = SignedDuration::from_mins(1);

/// Where things stand.
#[derive(Debug, Serialize, JsonSchema)]
pub struct StatusReport {
    /// Nothing was imported, synced or sent yet.
    pub first_run: bool,
    pub config_file: String,
    pub config_exists: bool,
    pub accounts: Vec<AccountStatus>,
    pub outbox: OutboxStatus,
    /// What to do about it, most urgent first.
    pub next: Vec<Step>,
}

/// One account.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AccountStatus {
    pub account: String,
    pub channel: ChannelKind,
    pub address: Option<String>,
    pub can_send: bool,
    pub messages: u64,
    /// Unread messages in inbox and ordinary folders.
    pub unread: u64,
    /// `fresh`, `stale`, `failed`, `never`; `local` for an account without a source to refresh from.
    pub state: String,
    pub synced_at: Option<Timestamp>,
    pub error: Option<String>,
    /// Set while its provider is left alone after repeated faults: items wait.
    pub circuit: Option<OpenCircuit>,
}

/// Outbox items that are not settled.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub struct OutboxStatus {
    pub drafts: u64,
    /// Waiting for an approval.
    pub held: u64,
    /// Waiting for a retry or for their time.
    pub waiting: u64,
    pub unconfirmed: u64,
    pub failed: u64,
}

/// Something to do, and the command that does it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Step {
    pub why: String,
    pub command: String,
}

/// Tells where things stand.
pub fn status(app: &App) -> Result<StatusReport> {
    let first_run = !app.store.exists();
    let (accounts, outbox) = if first_run {
        (
            app.config.accounts.iter().map(unused).collect(),
            OutboxStatus::default(),
        )
    } else {
        (accounts(app)?, super::outbox::summary(app)?)
    };
    let mut report = StatusReport {
        first_run,
        config_file: app.config.config_file.display().to_string(),
        config_exists: app.config.config_file.exists(),
        accounts,
        outbox,
        next: Vec::new(),
    };
    if !first_run {
        report.next = outbox_steps(app, &report.outbox)?;
    }
    if !first_run {
        report.next.extend(cap_steps(app)?);
    }
    report.next.extend(steps(&report));
    // What providers posted is counted over all accounts.
    if !first_run && !app.store.is_limited() {
        report.next.extend(event_steps(app)?);
        let notes = webhooks::notes(app)?.into_iter();
        report
            .next
            .extend(notes.map(|(why, command)| Step { why, command }));
    }
    if !first_run && drain::lacks_runner(app, report.outbox.waiting)? {
        report.next.push(Step {
            why: "nothing sends what waits in its time: no runner was seen lately".to_owned(),
            command: "comms outbox run --print-timer".to_owned(),
        });
    }
    Ok(report)
}

fn unused(account: &Account) -> AccountStatus {
    AccountStatus {
        account: account.name.clone(),
        channel: account.channel,
        address: account.address.clone(),
        can_send: account.can_send(),
        messages: 0,
        unread: 0,
        state: if is_refreshed(account) {
            "never"
        } else {
            "local"
        }
        .to_owned(),
        synced_at: None,
        error: None,
        circuit: None,
    }
}

/// Whether mail comes to it from elsewhere.
fn is_refreshed(account: &Account) -> bool {
    account.channel.fetches() && !account.built_in
}

fn accounts(app: &App) -> Result<Vec<AccountStatus>> {
    let unread = app.store.unread_by_account()?;
    let messages = app.store.count_by_account()?;
    let sources = app.store.sources()?;
    let count = |counts: &[(String, u64)], name: &str| {
        counts
            .iter()
            .find(|(account, _)| account == name)
            .map_or(0, |(_, n)| *n)
    };
    let now = app.clock.now();
    let told = app.config.accounts.iter().map(|account| {
        let mut status = unused(account);
        status.messages = count(&messages, &account.name);
        status.unread = count(&unread, &account.name);
        let source = sources.iter().find(|s| s.account == account.name);
        if let Some(source) = source.filter(|_| is_refreshed(account)) {
            status.synced_at = source.synced_at;
            status.error = source.error.clone();
            let old = source
                .synced_at
                .is_none_or(|at| now.duration_since(at) > STALE_AFTER);
            status.state = match (&source.error, source.synced_at) {
                (Some(_), _) => "failed",
                (None, None) => "never",
                (None, Some(_)) if old => "stale",
                (None, Some(_)) => "fresh",
            }
            .to_owned();
        }
        status.circuit = throttle::open_circuit(app, account)?;
        Ok(status)
    });
    told.collect()
}

/// What providers posted and nobody worked on, once it is late.
fn event_steps(app: &App) -> Result<Option<Step>> {
    let backlog = app.store.event_backlog()?;
    let now = app.clock.now();
    let late = backlog
        .oldest
        .is_some_and(|at| now.duration_since(at) > EVENTS_LATE);
    let (why, command) = match (backlog.failing, late) {
        (0, false) => return Ok(None),
        (0, true) => (
            format!(
                "{} that providers posted wait: nothing works on them",
                backlog.waiting
            ),
            "comms inbox sync",
        ),
        (failing, _) => (
            format!("{failing} of what providers posted can't be worked on"),
            "comms doctor",
        ),
    };
    Ok(Some(Step {
        why,
        command: command.to_owned(),
    }))
}

/// The next step for what wants someone in the outbox: the newest item of each kind by its id.
fn outbox_steps(app: &App, outbox: &OutboxStatus) -> Result<Vec<Step>> {
    let mut steps = Vec::new();
    for (n, states, why, command) in [
        (
            outbox.unconfirmed,
            &[State::Unconfirmed][..],
            "may have been sent: look, then settle it",
            "show",
        ),
        (
            outbox.failed,
            &[State::Failed, State::Undelivered][..],
            "did not leave, or did not arrive",
            "show",
        ),
        (
            outbox.held,
            &[State::Held][..],
            match outbox.held {
                1 => "waits for an approval",
                _ => "wait for an approval",
            },
            "approve",
        ),
    ] {
        if n == 0 {
            continue;
        }
        let newest = app.store.outbox_items(states, 1)?;
        steps.push(Step {
            why: format!("{} {why}", items(n)),
            command: match newest.first() {
                Some(item) if n == 1 => format!("comms outbox {command} {}", item.id),
                _ => format!("comms outbox list --state {}", states[0].name()),
            },
        });
    }
    if outbox.waiting > 0 {
        let word = if outbox.waiting == 1 { "waits" } else { "wait" };
        let (what, command) = match app.store.has_due(app.clock.now())? {
            true => ("to be sent", "comms outbox run"),
            false => ("for the time at which it goes", "comms outbox list"),
        };
        steps.push(Step {
            why: format!("{} {word} {what}", items(outbox.waiting)),
            command: command.to_owned(),
        });
    }
    Ok(steps)
}

/// Caps on money of which four fifths are used up.
fn cap_steps(app: &App) -> Result<Vec<Step>> {
    let caps = costs::cap_reports(app)?;
    let nearly = |cap: &&costs::CapReport| {
        i128::from(cap.spent.micros) * 5 >= i128::from(cap.most.micros) * 4 && cap.spent.micros > 0
    };
    let step = |cap: &costs::CapReport| Step {
        why: format!("{}: {} spent this month", clean::line(&cap.rule), cap.spent),
        command: "comms costs".to_owned(),
    };
    Ok(caps.iter().filter(nearly).map(step).collect())
}

fn steps(report: &StatusReport) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut step = |why: String, command: &str| {
        steps.push(Step {
            why,
            command: command.to_owned(),
        })
    };
    for account in &report.accounts {
        let name = &account.account;
        if let Some(open) = &account.circuit {
            step(
                format!("account `{name}` can't send: {}", clean::line(&open.why)),
                "comms doctor",
            );
        }
    }
    for (state, what, command) in [
        ("failed", "could not be synced", "comms doctor"),
        ("never", "never synced", "comms inbox sync"),
        ("stale", "not synced for a day", "comms inbox sync"),
    ] {
        let all = report.accounts.iter().filter(|a| a.state == state);
        let names: Vec<_> = all.map(|a| format!("`{}`", a.account)).collect();
        let was = if state == "failed" { "" } else { "was " };
        match names.as_slice() {
            [] => {}
            [one] => step(format!("account {one} {was}{what}"), command),
            several => step(format!("accounts {}: {what}", several.join(", ")), command),
        }
    }
    if report.first_run {
        step(
            "bring in mail you have".to_owned(),
            "comms import ~/mail.mbox",
        );
        step(
            "or send yourself a first message".to_owned(),
            "comms send you@localhost -s Hello -m 'It works'",
        );
        if !report.config_exists {
            step("or set up an account".to_owned(), "comms auth add");
        }
    } else if report.accounts.iter().any(|a| a.unread > 0) {
        step("read what is new".to_owned(), "comms inbox --unread");
    }
    steps
}

fn items(n: u64) -> String {
    if n == 1 {
        "1 item".to_owned()
    } else {
        format!("{n} items")
    }
}
