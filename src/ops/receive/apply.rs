//! What a piece of news does here. Each may be done again: the second time changes nothing.

use jiff::{SignedDuration, Timestamp};

use crate::error::Result;
use crate::format::document;
use crate::model::account::Account;
use crate::model::message::{Flags, Ident, NewMessage, Raw, Role};
use crate::model::receive::{Incoming, News};
use crate::ops::{App, optout, reported};

use super::provider;

/// Before this no provider had a message for us (2010-01-01).
const FIRST: i64 = 1_262_304_000;
/// Clocks run apart by less.
const AHEAD: SignedDuration = SignedDuration::from_hours(24);

/// How long after its message an edit may come first.
const OVERTAKEN: SignedDuration = SignedDuration::from_mins(10);

/// When a message came, by its provider's word where that can be; else when we heard of it. What comes from the future
/// would stand above all else for ever.
pub fn believable(said: Option<Timestamp>, heard: Timestamp) -> Timestamp {
    said.filter(|at| at.as_second() >= FIRST && at.duration_since(heard) <= AHEAD)
        .unwrap_or(heard)
}

/// A message as it goes into the store; `heard` is when we heard of it.
pub fn made(account: &Account, incoming: Incoming, heard: Timestamp) -> NewMessage {
    let raw = incoming.document.to_string().into_bytes();
    let (folder, role) = match (incoming.folder, incoming.own) {
        (Some(folder), _) => (folder, Role::Other),
        (None, true) => ("Sent".to_owned(), Role::Sent),
        (None, false) => ("INBOX".to_owned(), Role::Inbox),
    };
    NewMessage {
        account: account.name.clone(),
        channel: account.channel,
        folder,
        role,
        ident: Ident::Remote(incoming.remote),
        size_bytes: raw.len() as u64,
        received_at: believable(Some(incoming.at), heard),
        flags: Flags {
            seen: incoming.own,
            ..Flags::default()
        },
        labels: Vec::new(),
        parsed: document::parse(account.channel, &raw),
        raw: Raw::Bytes(raw),
    }
}

/// Lets news other than a message have its effect.
pub fn apply(app: &App, account: &Account, (news, heard): (News, Timestamp)) -> Result<()> {
    match news {
        News::Message(incoming) => {
            app.store.add(vec![made(account, incoming, heard)])?;
        }
        News::Status(status) => {
            reported::take(app, &account.name, &status)?;
        }
        News::OptOut { address, out, why } => {
            optout::reported(app, account, (&address, out, &why))?;
        }
        News::Edited(incoming) => edit(app, account, (incoming, heard))?,
        News::Deleted(remote) => delete(app, account, &remote)?,
    }
    Ok(())
}

fn edit(app: &App, account: &Account, (incoming, heard): (Incoming, Timestamp)) -> Result<()> {
    let Some(known) = app.store.remote(&account.name, &incoming.remote)? else {
        let made = made(account, incoming, heard);
        // Someone changed an old message, or a preview was put below it: it comes with a sync. One of just now may have
        // overtaken the message itself.
        let is_old = heard.duration_since(made.received_at) > OVERTAKEN;
        return match is_old && account.channel.fetches() {
            true => Ok(()),
            false => app.store.add(vec![made]).map(drop),
        };
    };
    let before = app.store.raw(known.id)?;
    let raw = provider::edited(account.channel, &before, &incoming.document);
    if before == raw {
        return Ok(());
    }
    let parsed = document::parse(account.channel, &raw);
    app.store.rewrite(known.id, &raw, &parsed)
}

/// A message that its writer deleted stays as a mark that there was one; one that did not come yet never does.
fn delete(app: &App, account: &Account, remote: &str) -> Result<()> {
    let Some(known) = app.store.remote(&account.name, remote)? else {
        return app.store.refuse_remote(&account.name, remote);
    };
    let before = app.store.raw(known.id)?;
    match provider::deleted(account.channel, &before) {
        Some(raw) if raw != before => {
            let parsed = document::parse(account.channel, &raw);
            app.store.rewrite(known.id, &raw, &parsed)
        }
        _ => Ok(()),
    }
}
