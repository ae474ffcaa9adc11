//! What all processes share about a provider: how much may go when, and whether it works at all.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::error::{Error, Kind, Result};
use crate::model::account::Account;
use crate::model::outbox::{Attempt, Trial};
use crate::rules::budget::{Cost, Limit};
use crate::rules::circuit::{Change, Circuit, Say};
use crate::store::circuits::{HELD, Signal, Wire};
use crate::store::{Asked, Owner, Share};

use super::App;
use super::hook::{self, FailureKind};

/// Whether an account may be used now.
#[derive(Debug)]
pub enum Permit {
    /// For so many recipients as the share has parts. Give it to [`spent`] or [`unused`] in the end.
    Go(Share),
    /// Not before this, and why: a budget is used up.
    Wait(Timestamp, String),
}

/// Who wants to use an account.
#[derive(Clone, Copy)]
pub struct User<'a> {
    pub owner: &'a Owner,
    /// A person asked for this one item: an open circuit is tried at once.
    pub insists: bool,
}

/// Whether the account's provider works, as far as is known; else when it is tried again, and why.
///
/// Who gets leave tells how it went with [`learn`], or that it did not come to it with [`unasked`].
pub fn circuit(
    app: &App,
    account: &Account,
    user: User<'_>,
) -> Result<Option<(Timestamp, String)>> {
    if app.config.outbox.circuit_after == 0 {
        return Ok(None);
    }
    let server = server(account);
    let (said, circuit) = app.store.ask_circuit(
        wire(account, &server),
        (user.owner, user.insists),
        app.clock.now(),
    )?;
    Ok(match said {
        Say::Go | Say::Try => None,
        Say::Wait(until) => Some((time(until), is_open(account, &circuit))),
    })
}

/// Why nothing goes through an account, for `held_by`.
fn is_open(account: &Account, circuit: &Circuit) -> String {
    let since = circuit.opened.map(time).unwrap_or_default();
    format!(
        "{HELD}{} is open since {since}: {}",
        account.name, circuit.why
    )
}

/// The account's circuit, if it is open; asks nobody and writes nothing.
pub fn open_circuit(app: &App, account: &Account) -> Result<Option<OpenCircuit>> {
    if account.built_in || !account.can_send() || app.config.outbox.circuit_after == 0 {
        return Ok(None);
    }
    let found = app.store.circuit_of(wire(account, &server(account)))?;
    Ok(found.and_then(|circuit| {
        Some(OpenCircuit {
            since: time(circuit.opened?),
            next_at: time(circuit.until),
            failures: circuit.failures,
            why: circuit.why,
        })
    }))
}

/// A provider that is left alone for a while.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct OpenCircuit {
    pub since: Timestamp,
    /// When it is tried again.
    pub next_at: Timestamp,
    /// In a row.
    pub failures: u32,
    /// The last fault.
    pub why: String,
}

/// Takes what up to this many recipients cost from the account's budgets.
pub fn permit(app: &App, account: &Account, owner: &Owner, recipients: usize) -> Result<Permit> {
    let want = u32::try_from(recipients).unwrap_or(u32::MAX);
    take(app, account, (owner, &limits(account)), want)
}

fn take(
    app: &App,
    account: &Account,
    (owner, limits): (&Owner, &[Limit]),
    want: u32,
) -> Result<Permit> {
    if limits.is_empty() {
        return Ok(Permit::Go(Share::free(want)));
    }
    let asked = app.store.take(limits, want, (owner, &app.clock))?;
    let named = |n: usize| format!("budget {} of account {}", limits[n].rate, account.name);
    match asked {
        Asked::Granted(share) => Ok(Permit::Go(share)),
        Asked::Later(at, n) => Ok(Permit::Wait(at, named(n))),
        Asked::Never(n) => Err(Error::refused(format!(
            "it costs more than the whole {}",
            named(n)
        ))),
    }
}

/// Takes all that a request costs from the account's budgets, which are shared by whoever has this scope, and from
/// these limits of its provider's.
pub fn permit_whole(
    app: &App,
    account: &Account,
    owner: &Owner,
    ((scope, count), also): ((&str, u32), &[Limit]),
) -> Result<Permit> {
    let limit = |rate: &_| Limit {
        scope: scope.to_lowercase(),
        cost: Cost::Once(count),
        rate: *rate,
    };
    let mut limits: Vec<Limit> = account.budget.iter().map(limit).collect();
    limits.extend_from_slice(also);
    take(app, account, (owner, &limits), 1)
}

/// The recipients of a share went to the provider, or may have: their costs count from now.
pub fn spent(app: &App, share: &Share) -> Result<()> {
    app.store.spend(share, app.clock.now())
}

/// The share was not needed: certainly nothing reached the provider.
pub fn unused(app: &App, share: &Share) -> Result<()> {
    app.store.give_back(share)
}

/// Mail is counted by recipients and by login, as its providers do: accounts with one login share its limits.
fn limits(account: &Account) -> Vec<Limit> {
    let host = account.smtp.as_ref().map_or("", |smtp| smtp.host.as_str());
    let scope = format!("smtp:{host}/{}", account.login().unwrap_or_default());
    let limit = |rate: &_| Limit {
        scope: scope.to_lowercase(),
        cost: Cost::Each(1),
        rate: *rate,
    };
    account.budget.iter().map(limit).collect()
}

/// What an attempt told of the provider, apart from the message.
pub enum News<'a> {
    /// It answered: that it refused a message or a login is an answer too.
    Answered,
    /// It can't be reached, hangs up, or says nothing.
    Failed(&'a str),
    /// It was not asked.
    Unasked,
}

impl<'a> News<'a> {
    /// What a connection that could not be made tells.
    pub fn of_opening(e: &'a Error) -> News<'a> {
        match e.kind {
            Kind::Unavailable => News::Failed(&e.message),
            Kind::Auth | Kind::Refused => News::Answered,
            _ => News::Unasked,
        }
    }

    /// What a transaction tells. 421 is how a server hangs up (RFC 5321 §3.8).
    pub fn of_trial(trial: &'a Trial) -> News<'a> {
        let answered = trial
            .answers
            .iter()
            .any(|a| a.code.is_some_and(|code| code != 421));
        match &trial.attempt {
            Attempt::Unknown(why) => News::Failed(why),
            Attempt::NotSent(e, _) if !answered && e.kind == Kind::Unavailable => {
                News::Failed(&e.message)
            }
            _ => News::Answered,
        }
    }
}

/// Learns how a provider did: its circuit opens after repeated faults and closes when it answers.
pub fn learn(app: &App, account: &Account, (owner, news): (&Owner, News<'_>)) -> Result<()> {
    let after = app.config.outbox.circuit_after;
    if after == 0 {
        return Ok(());
    }
    let server = server(account);
    let signal = match news {
        News::Answered => Signal::Answered,
        News::Failed(why) => Signal::Failed(why, (after, chance())),
        News::Unasked => Signal::Untouched,
    };
    let news = match signal {
        Signal::Failed(why, _) => {
            let words = format!("account `{}` is left alone for now: {why}", account.name);
            let error = Error::unavailable(words).hint("run `comms doctor`");
            let of = (FailureKind::CircuitOpen, account.name.as_str());
            hook::document(app, of, None, &error)
        }
        _ => None,
    };
    let by = (owner, app.clock.now());
    let change = app
        .store
        .note_circuit(wire(account, &server), (signal, news.as_deref()), by)?;
    if change == Change::Opened {
        (app.notice)(&format!(
            "account `{}` failed {after} times in a row: it is left alone for a minute or more",
            account.name
        ));
    }
    Ok(())
}

fn wire<'a>(account: &'a Account, server: &'a str) -> Wire<'a> {
    Wire {
        account: &account.name,
        server,
    }
}

/// Where an account sends through, and as whom.
fn server(account: &Account) -> String {
    if let Some(base) = &account.base_url {
        return format!("{base}/{}", account.login().unwrap_or(&account.name));
    }
    let (host, port) = account
        .smtp
        .as_ref()
        .map_or(("", 0), |smtp| (smtp.host.as_str(), smtp.port));
    format!("{host}:{port}/{}", account.login().unwrap_or_default())
}

fn time(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(ms).unwrap_or(Timestamp::MAX)
}

/// A number in 0..1; its quality matters little.
pub fn chance() -> f64 {
    let mut bytes = [0u8; 4];
    match getrandom::fill(&mut bytes) {
        Ok(()) => f64::from(u32::from_ne_bytes(bytes)) / f64::from(u32::MAX),
        Err(_) => 0.5,
    }
}
