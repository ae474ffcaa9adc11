//! Whether an item may leave: by the policy for who asks, by opt-outs, by approvals.
//!
//! Asked twice: when it is staged, and again right before its first byte, for rules and opt-outs change meanwhile.
//! An item keeps the origin that staged it. An approval lifts what holds, never what refuses.

use std::time::Duration;

use jiff::Timestamp;

use crate::error::{Error, Result};
use crate::format::mime;
use crate::model::address::Address;
use crate::model::budget::Rate;
use crate::model::outbox::{RecipientState, State};
use crate::model::policy::{Act, Rules};
use crate::model::query::{Field, Query, Sort, Text};
use crate::rules::budget::{Cost, Limit};
use crate::rules::policy::{self, Person, Ruling};
use crate::store::Asked;
use crate::store::outbox::{Item, NewItem};

use super::{App, Origin, costs, optout};

const HOUR: Duration = Duration::from_secs(3_600);

/// What an item may do now.
#[derive(Debug)]
pub enum Leave {
    Now,
    /// Not before this; the rule.
    Later(Timestamp, String),
    /// Not without an approval; the rule.
    Held(String),
    /// Never: it fails with this.
    Refused(Error),
}

/// Judges what is about to be staged: an item may come out held or with a later time, and names its rule.
///
/// # Errors
/// `refused` when a rule or an opt-out forbids one of them; then nothing is to be staged.
pub fn judge(app: &App, origin: Origin, items: &mut [NewItem]) -> Result<()> {
    let rules = rules_of(app, origin.name());
    let now = app.clock.now();
    optout::strike(app, items)?;
    let mut before = 0;
    let mut purses = costs::Purses::default();
    for item in items {
        let people: Vec<&str> = item
            .recipients
            .iter()
            .filter(|r| r.state == RecipientState::Waiting)
            .map(|r| r.email.as_str())
            .collect();
        if people.is_empty() {
            continue;
        }
        let led_to = led_to(app, rules, &item.raw);
        let mut ruling = of_people(app, rules, &with(&people, &led_to))?;
        let count = u32::try_from(people.len()).unwrap_or(u32::MAX);
        // What goes later is counted when it goes.
        if ruling == Ruling::Allow && item.state == State::Ready && item.next_at.is_none() {
            ruling = policy::of_hour(rules, count, last_hour(app, rules)?.saturating_add(before));
        }
        let over = purses.charge(app, rules, item)?;
        if ruling == Ruling::Allow
            && item.state == State::Ready
            && item.next_at.is_none()
            && let Some(rule) = over
        {
            ruling = Ruling::Hold(rule);
        }
        before = before.saturating_add(count);
        match ruling {
            Ruling::Refuse(rule) => return Err(refused(&rule)),
            // A draft goes nowhere: it is judged when it is released.
            _ if item.state != State::Ready => {}
            Ruling::Hold(rule) => {
                item.state = State::Held;
                item.held_by = Some(rule);
            }
            Ruling::Allow => {
                let at = item.next_at.unwrap_or(now);
                if let Some((end, rule)) = quiet(app, rules, at) {
                    item.next_at = Some(end);
                    item.held_by = Some(rule);
                }
            }
        }
    }
    Ok(())
}

/// Judges an item that is about to leave, by the rules for the origin that staged it.
pub fn may_leave(app: &App, item: &Item) -> Result<Leave> {
    if let Some(e) = optout::of_nobody(item) {
        return Ok(Leave::Refused(e));
    }
    let rules = rules_of(app, &item.origin);
    let now = app.clock.now();
    let people = waiting(item);
    let approved = is_approved(app, item)?;
    let led_to = led_to_by(app, rules, item)?;
    match of_people(app, rules, &with(&people, &led_to))? {
        Ruling::Refuse(rule) => return Ok(Leave::Refused(refused(&rule))),
        Ruling::Hold(rule) if !approved => return Ok(Leave::Held(rule)),
        _ => {}
    }
    if let Some((end, rule)) = quiet(app, rules, now) {
        return Ok(Leave::Later(end, rule));
    }
    // What was approved goes whatever it costs, and counts.
    if let Some(rule) = costs::pass(app, item, (!approved).then_some(rules))? {
        return Ok(Leave::Held(rule));
    }
    if approved {
        return Ok(Leave::Now);
    }
    let count = u32::try_from(people.len()).unwrap_or(u32::MAX);
    if let Some(most) = rules.max_per_hour
        && !app.store.pass(item.id, (&item.origin, count, most), now)?
    {
        return Ok(Leave::Held(policy::hourly(rules, most)));
    }
    Ok(Leave::Now)
}

/// Judges an item that someone asks to send now, by the rules for who asks.
pub fn may_ask(app: &App, origin: Origin, item: &Item) -> Result<Leave> {
    let rules = rules_of(app, origin.name());
    let led_to = led_to_by(app, rules, item)?;
    Ok(
        match of_people(app, rules, &with(&waiting(item), &led_to))? {
            Ruling::Refuse(rule) => Leave::Refused(refused(&rule)),
            Ruling::Hold(rule) if !is_approved(app, item)? => Leave::Held(rule),
            _ => Leave::Now,
        },
    )
}

/// Refuses an agent what it may not do with an item: it has a say only in what an agent staged.
pub fn may_handle(origin: Origin, item: &Item, what: &str) -> Result<()> {
    if origin != Origin::Agent || item.origin == Origin::Agent.name() {
        return Ok(());
    }
    let id = item.id;
    Err(Error::refused(format!(
        "an agent may not {what} `{id}`: a {} staged it",
        item.origin
    ))
    .hint("ask the person whose outbox this is; an agent may only handle what an agent staged")
    .item(id))
}

/// Refuses what can't be held and would have to be: an act at a provider happens now or not at all.
pub fn may_act(app: &App, origin: Origin, address: &str) -> Result<()> {
    match of_people(app, rules_of(app, origin.name()), &[address])? {
        Ruling::Allow => Ok(()),
        Ruling::Hold(rule) | Ruling::Refuse(rule) => Err(refused(&rule)),
    }
}

/// The same for an act that reaches someone as a message of its own: what would stop or put off a send refuses it, too.
/// It costs nothing.
pub fn may_reach(app: &App, origin: Origin, address: &str) -> Result<()> {
    may_act(app, origin, address)?;
    optout::check_open(app, address)?;
    let rules = rules_of(app, origin.name());
    if let Some((end, rule)) = quiet(app, rules, app.clock.now()) {
        return Err(refused(&rule).hint(format!("the quiet time ends at {end}")));
    }
    match policy::of_hour(rules, 1, last_hour(app, rules)?) {
        Ruling::Allow => Ok(()),
        Ruling::Hold(rule) | Ruling::Refuse(rule) => Err(refused(&rule)),
    }
}

/// Takes one such act from what the cap of an hour leaves beside the items: it is none.
pub fn take_of_hour(app: &App, origin: Origin) -> Result<()> {
    let rules = rules_of(app, origin.name());
    let Some(most) = rules.max_per_hour else {
        return Ok(());
    };
    let limit = Limit {
        scope: format!("acts of {}", rules.origin),
        cost: Cost::Once(1),
        rate: Rate {
            most: most.saturating_sub(last_hour(app, rules)?),
            per: HOUR,
        },
    };
    let owner = app.store.owner()?;
    match app.store.take(&[limit], 1, (&owner, &app.clock))? {
        Asked::Granted(share) => app.store.spend(&share, app.clock.now()),
        Asked::Later(..) | Asked::Never(_) => Err(refused(&policy::hourly(rules, most))),
    }
}

/// Whether a person approved exactly this.
fn is_approved(app: &App, item: &Item) -> Result<bool> {
    match &item.approved_hash {
        None => Ok(false),
        Some(hash) => Ok(app.store.fingerprint(item.id)? == *hash),
    }
}

/// The rules for an origin; the agent's for one that nobody knows.
pub(super) fn rules_of<'a>(app: &'a App, origin: &str) -> &'a Rules {
    let policy = &app.config.policy;
    match origin {
        "person" => &policy.person,
        "script" => &policy.script,
        _ => &policy.agent,
    }
}

/// Those who certainly got nothing yet.
fn waiting(item: &Item) -> Vec<&str> {
    let left = |s| matches!(s, RecipientState::Waiting | RecipientState::Failed);
    let people = item.recipients.iter().filter(|r| left(r.state));
    people.map(|r| r.email.as_str()).collect()
}

/// Whom an agent leads the answers to, apart from the addresses of one's own accounts: who reads them is someone it
/// writes to.
fn led_to(app: &App, rules: &Rules, raw: &[u8]) -> Vec<String> {
    if rules.origin != Origin::Agent.name() {
        return Vec::new();
    }
    let end = memchr::memmem::find(raw, b"\r\n\r\n").map_or(raw.len(), |at| at + 4);
    let is_own = |a: &Address| {
        let mut own = app.config.accounts.iter().flat_map(|a| a.own_addresses());
        own.any(|own| a.same_mailbox(own))
    };
    let replies = mime::parse(&raw[..end]).reply_to;
    let others = replies.into_iter().filter(|a| !is_own(a));
    others.map(|a| a.email).collect()
}

/// The same for an item of the outbox.
fn led_to_by(app: &App, rules: &Rules, item: &Item) -> Result<Vec<String>> {
    if rules.origin != Origin::Agent.name() {
        return Ok(Vec::new());
    }
    Ok(led_to(app, rules, &app.store.outbox_bytes(item.id)?))
}

fn with<'a>(people: &[&'a str], more: &'a [String]) -> Vec<&'a str> {
    let more = more.iter().map(String::as_str);
    people.iter().copied().chain(more).collect()
}

fn of_people(app: &App, rules: &Rules, people: &[&str]) -> Result<Ruling> {
    let mut persons = Vec::new();
    for address in people {
        persons.push(Person {
            address,
            is_new: rules.first_contact != Act::Allow && is_new(app, address)?,
        });
    }
    Ok(policy::of_people(rules, persons))
}

/// Whether nothing was ever sent to this address from here, and no mail came from it.
fn is_new(app: &App, address: &str) -> Result<bool> {
    if app.store.has_outbox() && app.store.was_sent_to(address)? {
        return Ok(false);
    }
    if !app.store.exists() {
        return Ok(true);
    }
    let word = |field| Query::Text {
        field,
        text: Text::Word(address.to_owned()),
    };
    // Words are found without their signs: only the address itself counts.
    let from = app
        .store
        .search(&word(Field::From), Sort::Newest, Some(LOOKED_AT), None)?;
    let wrote = |p: &crate::model::address::Address| p.same_mailbox(address);
    if from.rows.iter().any(|m| m.from.iter().any(wrote)) {
        return Ok(false);
    }
    let sent = Query::And(vec![
        Query::Is(crate::model::query::Fact::Sent),
        word(Field::To),
    ]);
    let to = app
        .store
        .search(&sent, Sort::Newest, Some(LOOKED_AT), None)?;
    let got = |m: &crate::model::message::Envelope| m.to.iter().chain(&m.cc).any(wrote);
    Ok(!to.rows.iter().any(got))
}

/// Messages looked through for an address; more that only look like it are not worth the time.
const LOOKED_AT: usize = 50;

/// Recipients of this origin in the last hour, where a cap asks for them.
pub(super) fn last_hour(app: &App, rules: &Rules) -> Result<u32> {
    match rules.max_per_hour {
        Some(_) if app.store.has_outbox() => app
            .store
            .recipients_in_last_hour(rules.origin, app.clock.now()),
        _ => Ok(0),
    }
}

/// The end of the quiet time that this instant lies in, and the rule. The zone is the machine's as long as
/// nothing is known of the recipient's.
pub(super) fn quiet(app: &App, rules: &Rules, at: Timestamp) -> Option<(Timestamp, String)> {
    let quiet = rules.quiet_hours.as_ref()?;
    let end = policy::quiet_until(quiet, at, app.clock.zone())?;
    Some((
        end,
        format!("policy.{}.quiet_hours = {quiet}", rules.origin),
    ))
}

fn refused(rule: &str) -> Error {
    Error::refused(format!("the policy refuses it: {rule}"))
        .hint("`comms config show` tells the rules and where they stand")
}
