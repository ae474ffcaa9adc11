//! Opt-outs: who wants nothing more, and that nothing goes there.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::error::{Error, Kind, Result};
use crate::model::account::Account;
use crate::model::id::ContactId;
use crate::model::outbox::{Answer, RecipientState, State};
use crate::rules::contact::typed as as_typed;
use crate::rules::optout::normal;
use crate::store::Owner;
use crate::store::outbox::{Item, NewItem, Recipient};
use crate::store::suppressions::Suppression;

use super::contacts::who;
use super::{App, Origin};

/// `comms.optouts/1`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct OptoutReport {
    pub optouts: Vec<Optout>,
}

/// An address that wants nothing more, on any channel.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Optout {
    /// In lower case with an ASCII domain; phone numbers as `+` and digits.
    pub address: String,
    pub why: Option<String>,
    /// `person`, `script`, `agent`, or the provider that reported it.
    pub source: String,
    pub at: Timestamp,
    /// What this command did: `listed`, `added`, `known`, `removed` or `unknown`.
    pub change: &'static str,
}

fn shown(row: Suppression, change: &'static str) -> Optout {
    Optout {
        address: row.address,
        why: Some(row.why).filter(|why| !why.is_empty()),
        source: row.source,
        at: row.at,
        change,
    }
}

/// All opt-outs.
pub fn list(app: &App) -> Result<OptoutReport> {
    let rows = app.store.suppressions()?.into_iter();
    Ok(OptoutReport {
        optouts: rows.map(|row| shown(row, "listed")).collect(),
    })
}

/// Notes that these want nothing more; what is known already stays as it is.
pub fn add(
    app: &App,
    origin: Origin,
    addresses: &[String],
    why: Option<&str>,
) -> Result<OptoutReport> {
    let addresses = &meant(app, addresses)?;
    let mut optouts = Vec::new();
    for address in addresses {
        let reason = (why.unwrap_or_default(), origin.name());
        let added = app.store.suppress(address, reason, app.clock.now())?;
        let row = app.store.suppressed(address)?;
        optouts.extend(row.map(|row| shown(row, if added { "added" } else { "known" })));
    }
    Ok(OptoutReport { optouts })
}

/// Takes opt-outs back.
///
/// # Errors
/// `refused` for an agent.
pub fn remove(app: &App, origin: Origin, addresses: &[String]) -> Result<OptoutReport> {
    if origin == Origin::Agent {
        return Err(Error::refused("an agent may not take back an opt-out")
            .hint("a person runs `comms contacts optout --remove ADDRESS`"));
    }
    let addresses = &meant(app, addresses)?;
    let mut optouts = Vec::new();
    for address in addresses {
        let row = app.store.suppressed(address)?;
        match row {
            Some(row) if app.store.unsuppress(address, app.clock.now())? => {
                optouts.push(shown(row, "removed"));
            }
            _ => optouts.push(Optout {
                address: normal(address),
                why: None,
                source: origin.name().to_owned(),
                at: app.clock.now(),
                change: "unknown",
            }),
        }
    }
    Ok(OptoutReport { optouts })
}

/// Notes what a provider tells of an address: that it wants nothing more, or messages again. The latter takes back only
/// what the same provider told. True if anything changed.
pub fn reported(
    app: &App,
    account: &Account,
    (address, out, why): (&str, bool, &str),
) -> Result<bool> {
    let source = account.channel.name();
    let now = app.clock.now();
    if out {
        return app.store.suppress(address, (why, source), now);
    }
    match app.store.suppressed(address)? {
        Some(row) if row.source == source => app.store.unsuppress(address, now),
        _ => Ok(false),
    }
}

/// The addresses that are meant: as typed, or all of a contact by its id or name.
fn meant(app: &App, typed: &[String]) -> Result<Vec<String>> {
    let mut all = Vec::new();
    for text in typed {
        let is_id = text.trim().parse::<ContactId>().is_ok();
        if !is_id && check(std::slice::from_ref(text)).is_ok() {
            all.push(text.clone());
            continue;
        }
        let contact = match who::contact(app, text) {
            Err(e) if e.kind == Kind::NotFound && !is_id => {
                check(std::slice::from_ref(text))?;
                return Err(e);
            }
            other => other?,
        };
        let addresses = contact.card.addresses.iter().map(as_typed);
        let before = all.len();
        all.extend(addresses);
        if all.len() == before {
            return Err(Error::usage(format!("`{}` has no address", contact.id))
                .hint(format!("`comms contacts show {}` shows it", contact.id)));
        }
    }
    Ok(all)
}

fn check(addresses: &[String]) -> Result<()> {
    match addresses.iter().find(|a| {
        let address = a.trim();
        // A word without any of these is a slip (`optout list`), and would be on the list unseen.
        let tells = |c: char| "@:#".contains(c) || c.is_ascii_digit();
        !address.contains(tells) || address.chars().any(|c| c.is_control() || "<>,".contains(c))
    }) {
        None => Ok(()),
        Some(wrong) => Err(Error::usage(format!("`{wrong}` is not an address"))
            .hint("write it bare, like `ada@example.com` or `+15550100`")),
    }
}

/// What a recipient is told to have failed with, if it opted out.
fn words(app: &App, recipient: &Recipient) -> Result<Option<String>> {
    match recipient.state {
        RecipientState::Waiting => words_of(app, &recipient.email),
        _ => Ok(None),
    }
}

fn words_of(app: &App, address: &str) -> Result<Option<String>> {
    let found = app.store.suppressed(address)?;
    Ok(found.map(|row| {
        let day = row.at.to_zoned(app.clock.now_local().time_zone().clone());
        let why = match row.why.as_str() {
            "" => String::new(),
            why => format!(" ({why})"),
        };
        format!("opted out on {}{why}", day.date())
    }))
}

/// Marks who opted out as failed in what is about to be staged.
///
/// # Errors
/// `refused` if that leaves nobody.
pub fn strike(app: &App, items: &mut [NewItem]) -> Result<()> {
    let mut last = None;
    for item in items.iter_mut() {
        for recipient in &mut item.recipients {
            if let Some(words) = words(app, recipient)? {
                last = Some(format!("`{}` {words}", recipient.email));
                recipient.state = RecipientState::Failed;
                recipient.words = Some(words);
            }
        }
        if item.recipients.iter().all(is_struck) && last.is_some() {
            item.state = State::Failed;
        }
    }
    match last {
        Some(who) if items.iter().all(|i| i.recipients.iter().all(is_struck)) => Err(refused(&who)),
        _ => Ok(()),
    }
}

/// Refuses what would go to this address and nowhere else.
///
/// # Errors
/// `refused` if it opted out.
pub fn check_open(app: &App, address: &str) -> Result<()> {
    match words_of(app, address)? {
        Some(words) => Err(refused(&format!("`{address}` {words}"))),
        None => Ok(()),
    }
}

fn is_struck(recipient: &Recipient) -> bool {
    recipient.state == RecipientState::Failed
}

/// Marks who opted out since as failed in an item that is about to leave.
pub fn strike_waiting(app: &App, item: &mut Item, owner: &Owner) -> Result<()> {
    let mut answers = Vec::new();
    for (n, recipient) in item.recipients.iter_mut().enumerate() {
        if let Some(words) = words(app, recipient)? {
            recipient.state = RecipientState::Failed;
            recipient.words = Some(words.clone());
            let answer = Answer {
                state: RecipientState::Failed,
                code: None,
                words,
            };
            answers.push((n, answer));
        }
    }
    if answers.is_empty() {
        return Ok(());
    }
    app.store.record_answers(item.id, owner, &answers)
}

/// Refuses an item of which opt-outs leave nobody to send to.
pub fn of_nobody(item: &Item) -> Option<Error> {
    let waits = |r: &Recipient| r.state == RecipientState::Waiting;
    if item.recipients.iter().any(waits) {
        return None;
    }
    let mut struck = item.recipients.iter();
    struck.find_map(|r| {
        let said = r.words.as_ref()?;
        let by_optout = said.starts_with("opted out on ");
        by_optout.then(|| refused(&format!("`{}` {said}", r.email)))
    })
}

fn refused(who: &str) -> Error {
    Error::refused(format!("nobody is left to send to: {who}")).hint("comms contacts optout --list")
}
