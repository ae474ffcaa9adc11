//! The outbox as people see it: list, show, retry, cancel, resolve.

use schemars::JsonSchema;
use serde::Serialize;

use crate::error::{Error, Result};
use crate::format::clean;
use crate::model::id::OutboxId;
use crate::model::outbox::{Event, RecipientState, State, Verdict};

use crate::store::outbox::{BatchState, Item};

use super::deliver;
use super::gate::{self, Leave};
use super::send::{AttemptReport, ItemReport, SendReport, cost, report_on};
use super::status::OutboxStatus;
use super::{App, Origin, drain};

/// `comms.outbox/1`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct OutboxReport {
    pub items: Vec<ItemReport>,
    /// Where the next page begins; null on the last.
    pub next: Option<String>,
}

/// A part of a list: so many items, after the page that ended with this `next`.
#[derive(Clone, Copy, Debug)]
pub struct Page<'a> {
    pub limit: usize,
    pub after: Option<&'a str>,
}

impl Page<'_> {
    /// How many to ask for, of which one more than is told says that there is another page; and after which.
    fn asked(&self) -> Result<(usize, Option<OutboxId>)> {
        let after = self.after.map(|cursor| {
            cursor.parse::<OutboxId>().map_err(|_| {
                Error::usage(format!(
                    "`{}` is no cursor of the outbox",
                    clean::line(cursor)
                ))
                .hint("take `next` of the page before")
            })
        });
        Ok((self.limit.saturating_add(1), after.transpose()?))
    }
}

/// How many items are where, for the status.
pub fn summary(app: &App) -> Result<OutboxStatus> {
    drain::tidy(app)?;
    let mut status = OutboxStatus::default();
    for (state, n) in app.store.outbox_counts()? {
        match state {
            State::Draft => status.drafts += n,
            State::Held => status.held += n,
            State::Ready | State::Sending => status.waiting += n,
            State::Unconfirmed => status.unconfirmed += n,
            State::Failed | State::Undelivered => status.failed += n,
            State::Sent | State::Cancelled | State::Delivered | State::Read => {}
        }
    }
    Ok(status)
}

/// Items, newest first: those of these states, or all that still want something if none is named.
pub fn list(app: &App, states: &[State], all: bool, page: Page<'_>) -> Result<OutboxReport> {
    drain::tidy(app)?;
    let open = [
        State::Draft,
        State::Held,
        State::Ready,
        State::Sending,
        State::Failed,
        State::Unconfirmed,
        State::Undelivered,
    ];
    let wanted: &[State] = match (all, states.is_empty()) {
        (true, _) => &[],
        (false, true) => &open,
        (false, false) => states,
    };
    let items = app.store.outbox_page(wanted, page.asked()?)?;
    told(app, items, page.limit)
}

/// Items of a batch in the order of its file, one for each row: those of these states, or all of them.
pub fn list_batch(app: &App, name: &str, states: &[State], page: Page<'_>) -> Result<OutboxReport> {
    drain::tidy(app)?;
    let batch = app.store.batch(name)?;
    let items = app.store.batch_items(batch.id, states, page.asked()?)?;
    told(app, items, page.limit)
}

fn told(app: &App, mut items: Vec<Item>, limit: usize) -> Result<OutboxReport> {
    let more = items.len() > limit;
    items.truncate(limit);
    let next = items
        .last()
        .filter(|_| more)
        .map(|last| last.id.to_string());
    let mut items: Vec<ItemReport> = items.into_iter().map(ItemReport::from).collect();
    for item in &mut items {
        cost::tell(app, item)?;
        item.parts.clear();
    }
    Ok(OutboxReport { items, next })
}

/// One item with its attempts and what it looks like.
pub fn show(app: &App, id: OutboxId) -> Result<ItemReport> {
    drain::tidy(app)?;
    let mut report = ItemReport::from(app.store.outbox_item(id)?);
    cost::tell_all(app, &mut report)?;
    super::send::tell_windows(app, std::slice::from_mut(&mut report))?;
    report.attempts = app
        .store
        .outbox_attempts(id)?
        .into_iter()
        .map(|a| AttemptReport {
            at: a.at,
            outcome: a.outcome,
            words: a.words,
        })
        .collect();
    report.rendered = Some(super::send::rendered(
        &report.channel,
        &app.store.outbox_bytes(id)?,
    ));
    Ok(report)
}

/// Sends what waits, failed or is a draft now; only to recipients that certainly got nothing.
pub async fn retry(app: &App, origin: Origin, id: OutboxId) -> Result<SendReport> {
    let now = app.clock.now();
    drain::tidy(app)?;
    let item = app.store.outbox_item(id)?;
    let failed = item
        .recipients
        .iter()
        .any(|r| matches!(r.state, RecipientState::Failed | RecipientState::Waiting));
    if item.state == State::Unconfirmed {
        return Err(Error::usage(format!("`{id}` may have been sent: it is not repeated blindly"))
            .hint(format!("find out, then run `comms outbox resolve {id} --not-sent` or `comms outbox resolve {id} --sent`"))
            .item(id));
    }
    if let Some((name, _)) = &item.batch
        && app.store.batch(name)?.state == BatchState::Staging
    {
        return Err(
            Error::usage(format!("batch `{name}` is not staged to its end"))
                .hint("send the same file again: it goes on where it stopped")
                .item(id),
        );
    }
    if !failed {
        return Err(Error::usage(format!("nobody of `{id}` is left to send to")).item(id));
    }
    gate::may_handle(origin, &item, "retry")?;
    if item.state == State::Held {
        return Err(Error::refused(format!(
            "`{id}` is held by {}",
            item.held_by.as_deref().unwrap_or("a rule")
        ))
        .hint(format!(
            "a person lets it go with `comms outbox approve {id}`"
        ))
        .item(id));
    }
    match gate::may_ask(app, origin, &item)? {
        Leave::Refused(e) => return Err(e.item(id)),
        Leave::Held(rule) => {
            app.store.hold(id, (&rule, true), now)?;
            return report_on(app, &[id], Vec::new());
        }
        Leave::Now | Leave::Later(..) => {}
    }
    let event = match item.state {
        State::Draft => Event::Release,
        _ => Event::Revive,
    };
    let change = (&[RecipientState::Failed][..], RecipientState::Waiting);
    app.store.outbox_event(id, event, Some(change), now)?;
    let owner = app.store.owner()?;
    let ids = [id];
    let row = deliver::named(app, &ids, &owner, |_| {
        match app.store.claim(id, &owner, now)? {
            true => Ok(true),
            false => {
                let words = format!("another comms is sending `{id}` now");
                Err(Error::unavailable(words).item(id))
            }
        }
    });
    report_on(app, &ids, row.await?.warnings)
}

/// Puts an item away for good.
pub fn cancel(app: &App, origin: Origin, id: OutboxId) -> Result<ItemReport> {
    drain::tidy(app)?;
    gate::may_handle(origin, &app.store.outbox_item(id)?, "cancel")?;
    app.store
        .outbox_event(id, Event::Cancel, None, app.clock.now())?;
    show(app, id)
}

/// Settles an item in doubt by what a person found out.
pub fn resolve(app: &App, origin: Origin, id: OutboxId, sent: bool) -> Result<ItemReport> {
    let now = app.clock.now();
    drain::tidy(app)?;
    let item = app.store.outbox_item(id)?;
    if origin == Origin::Agent {
        return Err(Error::refused(format!(
            "an agent may not say what became of `{id}`"
        ))
        .hint("ask a person to find out whether it arrived, and to run `comms outbox resolve`")
        .item(id));
    }
    let to = if sent {
        RecipientState::Sent
    } else {
        RecipientState::Failed
    };
    let settled = item.recipients.iter().map(|r| match r.state {
        RecipientState::Unconfirmed => to,
        other => other,
    });
    let event = Event::Resolve(Verdict::of(settled));
    let change = (&[RecipientState::Unconfirmed][..], to);
    app.store.outbox_event(id, event, Some(change), now)?;
    show(app, id)
}
