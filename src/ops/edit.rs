//! `outbox edit`: a message that did not leave yet is written anew; its ids stay, its approval does not.

use jiff::Timestamp;

use crate::error::{Error, Result};
use crate::format::compose::{self, Letter, compose};
use crate::format::{chat, mime, payload, slack};
use crate::model::account::ChannelKind;
use crate::model::address::Address;
use crate::model::contact::Via;
use crate::model::id::OutboxId;
use crate::model::message::Role;
use crate::model::outbox::{Place, RecipientState, State};
use crate::rules::{address, route};
use crate::store::outbox::{Item, NewItem, Recipient};

use super::recipients::{self, Addressing};
use super::send::{Attach, ItemReport, SendRequest, files, rooms};
use super::{App, Origin, drain, gate, outbox, sync};

/// What is to be different; `None` and empty leave it as it is.
#[derive(Clone, Debug, Default)]
pub struct EditRequest {
    pub subject: Option<String>,
    /// The new text; HTML of the old one goes.
    pub text: Option<String>,
    pub to: Vec<String>,
    pub cc: Vec<String>,
    pub bcc: Vec<String>,
    /// More files.
    pub attachments: Vec<Attach>,
    pub at: Option<Timestamp>,
}

impl EditRequest {
    /// Whether it asks for more than another time.
    fn changes_content(&self) -> bool {
        self.subject.is_some() || self.text.is_some() || !self.attachments.is_empty()
    }
}

/// The text of an item that may be edited.
///
/// # Errors
/// `usage` for one that may not, with what to do instead.
pub fn text(app: &App, origin: Origin, id: OutboxId) -> Result<String> {
    drain::tidy(app)?;
    may_edit(app, origin, &app.store.outbox_item(id)?)?;
    let raw = app.store.outbox_bytes(id)?;
    let body = mime::body(&raw);
    let text = body.text.unwrap_or_else(|| mime::parse(&raw).text);
    Ok(text.replace("\r\n", "\n"))
}

/// Replaces bytes and recipients of an item, and judges it again. It goes when it would have gone.
///
/// # Errors
/// `usage` for a state in which nothing can be edited; `unavailable` when another process is sending it.
pub fn edit(app: &App, origin: Origin, id: OutboxId, request: &EditRequest) -> Result<ItemReport> {
    drain::tidy(app)?;
    // Before the bytes: whatever changes between is seen.
    let seen = app.store.fingerprint(id)?;
    let item = app.store.outbox_item(id)?;
    may_edit(app, origin, &item)?;
    let raw = app.store.outbox_bytes(id)?;
    let mut new = rewrite((app, origin), &item, &raw, request)?;
    for origin in [origin_of(&item), origin] {
        if new.state != State::Held {
            gate::judge(app, origin, std::slice::from_mut(&mut new))?;
        }
    }
    app.store.replace(id, &seen, &new, app.clock.now())?;
    outbox::show(app, id)
}

/// Lets the copy in the account's drafts follow an edit, where the account can replace one.
pub async fn keep_draft(app: &App, id: OutboxId) -> Result<()> {
    let item = app.store.outbox_item(id)?;
    let account = app.config.account(&item.account)?;
    let raw = app.store.outbox_bytes(id)?;
    sync::file_copy(app, account, Role::Drafts, &raw)
        .await
        .map(drop)
}

/// Whether an edit has a copy elsewhere that may follow it.
pub fn has_copy(app: &App, id: OutboxId) -> Result<bool> {
    let item = app.store.outbox_item(id)?;
    let account = app.config.account(&item.account)?;
    Ok(item.state == State::Draft && account.channel == ChannelKind::Gmail)
}

fn origin_of(item: &Item) -> Origin {
    let all = [Origin::Person, Origin::Script];
    all.into_iter()
        .find(|o| o.name() == item.origin)
        .unwrap_or(Origin::Agent)
}

fn may_edit(app: &App, origin: Origin, item: &Item) -> Result<()> {
    let id = item.id;
    gate::may_handle(origin, item, "edit")?;
    let no = |why: &str| Error::usage(format!("`{id}` {why}: it can't be edited")).item(id);
    let anew = "send a new message instead";
    match item.state {
        State::Draft | State::Held | State::Ready => {}
        State::Sending => {
            return Err(
                no("is being sent").hint(format!("see what comes of it: comms outbox show {id}"))
            );
        }
        State::Failed => {
            return Err(no("failed").hint(format!(
                "send it again as it is with `comms outbox retry {id}`, or {anew}"
            )));
        }
        State::Unconfirmed => {
            return Err(no("may have been sent").hint(format!(
                "find out, then run `comms outbox resolve {id} --sent` or `comms outbox resolve {id} --not-sent`"
            )));
        }
        State::Cancelled => return Err(no("was cancelled").hint(anew)),
        State::Sent | State::Delivered | State::Read | State::Undelivered => {
            return Err(no("was sent").hint(anew));
        }
    }
    if item
        .recipients
        .iter()
        .any(|r| r.state != RecipientState::Waiting)
    {
        return Err(no("was sent to some of its recipients").hint(format!(
            "cancel the rest with `comms outbox cancel {id}`, and {anew}"
        )));
    }
    if !app.store.parts(id)?.is_empty() {
        return Err(no("was sent in part").hint(format!(
            "send the rest as it is with `comms outbox retry {id}`, or cancel it with `comms outbox cancel {id}`"
        )));
    }
    if let Some((batch, _)) = &item.batch
        && app.store.batch(batch)?.state == crate::store::outbox::BatchState::Staging
    {
        return Err(no(&format!(
            "is of batch `{batch}`, which is not staged to its end"
        )));
    }
    Ok(())
}

/// The item anew: headers, text and files from its bytes, with what is to be different.
fn rewrite(
    (app, origin): (&App, Origin),
    item: &Item,
    raw: &[u8],
    request: &EditRequest,
) -> Result<NewItem> {
    if item.state == State::Draft && request.at.is_some() {
        return Err(Error::usage(format!(
            "`{}` is a draft, and goes at no time by itself",
            item.id
        ))
        .hint(format!(
            "send it now with `comms outbox retry {}`, or write it anew with --at",
            item.id
        ))
        .item(item.id));
    }
    let parsed = mime::parse(raw);
    let body = mime::body(raw);
    let account = app.config.account(&item.account)?;
    let is_local = account.built_in;
    let is_chat = account.channel.is_chat();
    if is_chat && !(request.to.is_empty() && request.cc.is_empty() && request.bcc.is_empty()) {
        return Err(Error::usage(format!(
            "`{}` goes into one room, and stays with it",
            item.id
        ))
        .hint("send a new message instead"));
    }
    let says_more = parsed.attachments.iter().any(payload::is_part);
    if says_more && account.channel != ChannelKind::Twilio && request.changes_content() {
        return Err(Error::usage(format!(
            "`{}` is more than its text (a template, buttons, a location): it can't be edited",
            item.id
        ))
        .hint(format!(
            "cancel it with `comms outbox cancel {}`, and send a new one",
            item.id
        )));
    }
    let meant = addressed(app, origin, request)?;
    let mut recipients = Vec::new();
    let mut heads = Vec::new();
    for (place, typed, head) in [
        (Place::To, &meant.to, &parsed.to),
        (Place::Cc, &meant.cc, &parsed.cc),
        (Place::Bcc, &meant.bcc, &parsed.bcc),
    ] {
        if typed.is_empty() {
            let kept = item.recipients.iter().filter(|r| r.place == place);
            recipients.extend(kept.cloned());
            heads.push(head.clone());
            continue;
        }
        let mut people = Vec::new();
        for text in typed {
            people.extend(address::parse_list(text)?);
        }
        for person in &mut people {
            let chosen = meant.chosen(&person.email);
            let name = chosen.and_then(|c| c.name.clone());
            person.name = person.name.take().or(name);
            recipients.push(Recipient {
                contact: chosen.and_then(|c| c.contact),
                resolved_from: chosen.map(|c| c.resolved_from.clone()),
                ..waiting(place, person)
            });
        }
        heads.push(people);
    }
    let mut met = std::collections::HashSet::new();
    recipients.retain(|r| met.insert(r.email.to_lowercase()));
    if recipients.is_empty() {
        return Err(
            Error::usage(format!("nobody would be left to send `{}` to", item.id)).hint(format!(
                "name someone with --to, or put it away: comms outbox cancel {}",
                item.id
            )),
        );
    }
    if let Some(r) = recipients
        .iter()
        .find(|r| route::is_local(&r.email) != is_local)
    {
        return Err(Error::usage(format!(
            "`{}` is not for account `{}`, which sends this item",
            r.email, item.account
        ))
        .hint("send it a message of its own"));
    }
    let subject = request
        .subject
        .clone()
        .unwrap_or_else(|| item.subject.clone());
    let (text, html) = match &request.text {
        // Who was not to be called when it was written is not called by an edit.
        Some(text)
            if matches!(
                account.channel,
                ChannelKind::Slack | ChannelKind::SlackWebhook
            ) =>
        {
            let before = slack::pinged(body.text.as_deref().unwrap_or_default());
            match before.groups.is_empty() {
                true => (slack::without_mass_mentions(text), None),
                false => (text.clone(), None),
            }
        }
        Some(text) if is_chat && !chat::mentions(body.text.as_deref().unwrap_or_default()) => {
            (chat::without_mentions(text), None)
        }
        Some(text) => (text.clone(), None),
        None => (body.text.unwrap_or_default(), body.html),
    };
    let mut files = files::files_of(raw, &parsed);
    files.extend(files::read_files(app, &request.attachments)?);
    let count = files.len() - usize::from(says_more);
    rooms::takes_files((account.channel, &account.name), count)?;
    let from = parsed.from.first().cloned();
    let from = from.ok_or_else(|| Error::internal(format!("`{}` has no sender", item.id)))?;
    compose::refuse_controls("subject", &subject)?;
    let raw = compose(&Letter {
        from: &from,
        reply_to: &parsed.reply_to,
        to: &heads[0],
        cc: &heads[1],
        subject: &subject,
        text: &text,
        html: html.as_deref(),
        files: &files,
        message_id: &item.message_id,
        in_reply_to: &parsed.in_reply_to,
        references: &parsed.references,
        own_id: &item.own_id,
        date: &app.clock.now_local(),
    })?;
    Ok(NewItem {
        account: item.account.clone(),
        channel: item.channel.clone(),
        sender: item.sender.clone(),
        subject,
        message_id: item.message_id.clone(),
        own_id: item.own_id.clone(),
        attachments: files::attached(&files),
        raw,
        state: match item.state {
            State::Draft => State::Draft,
            _ => State::Ready,
        },
        held_by: None,
        next_at: request.at.or(item.next_at),
        file_copy: item.file_copy,
        recipients,
        charges: Vec::new(),
    })
}

/// The recipients that are to be different, with mail addresses where names stood.
fn addressed(app: &App, origin: Origin, request: &EditRequest) -> Result<SendRequest> {
    let typed = SendRequest {
        to: request.to.clone(),
        cc: request.cc.clone(),
        bcc: request.bcc.clone(),
        addressing: Addressing {
            via: Some(Via::Email),
            ..Addressing::default()
        },
        ..SendRequest::default()
    };
    recipients::settle(app, origin, &typed)?.certain()
}

fn waiting(place: Place, person: &Address) -> Recipient {
    Recipient {
        place,
        name: person.name.clone(),
        email: person.email.clone(),
        ..Recipient::default()
    }
}
