//! `purge`: erases text from this machine for good. What a server or someone's Maildir holds is left to them, and does
//! not come back from there.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;

use crate::channel::maildir;
use crate::error::{Error, Kind, Result};
use crate::format::{clean, slack};
use crate::model::account::ChannelKind;
use crate::model::id::{ContactId, MessageId, OutboxId};
use crate::model::message::Ident;
use crate::model::query::{Field, Query, Text};
use crate::rules::{address, phone};
use crate::store::outbox::{By, Traces};

use super::named::{self, Named};
use super::{App, Origin, Progress, contacts, search};

/// What to erase.
#[derive(Clone, Debug)]
pub enum What {
    /// Messages that fit, and settled outbox items that are copies of them. One bare address or phone number
    /// (`+14155550100`) means all to or from it, the id of a contact that and the contact itself; ids of messages, threads and outbox items mean these.
    Matching(String),
    /// What `[retention]` gives up.
    Expired,
}

/// What was or would be erased. `comms.purge/1`.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub struct PurgeReport {
    pub dry_run: bool,
    /// The contact that is erased with its history.
    pub contact: Option<ContactId>,
    pub messages: u64,
    /// Settled outbox items whose text is erased; their record stays.
    pub outbox_items: u64,
    /// Lines of the audit log about no item (refused, opted out) whose recipients and words are erased.
    pub log_lines: u64,
    /// Outbox items that fit but still want something: settle them first.
    pub kept: Vec<OutboxId>,
    /// Where copies of these messages still lie.
    pub elsewhere: Vec<Elsewhere>,
}

/// An account whose server or Maildir still has messages that were erased here.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Elsewhere {
    pub account: String,
    pub messages: u64,
}

/// What a purge would erase; [`Plan::carry_out`] does.
pub struct Plan {
    messages: Vec<MessageId>,
    items: Vec<OutboxId>,
    kept: Vec<OutboxId>,
    /// What is left of people where no item is.
    traces: Traces,
    /// Files of the built-in Maildir go with their messages.
    own_files: Vec<(String, String)>,
    elsewhere: BTreeMap<String, u64>,
    /// Accounts whose provider told of such messages by its webhooks: what it posted says the same again.
    told: BTreeSet<String>,
    /// Of whom everything goes.
    addresses: Vec<String>,
    contact: Option<ContactId>,
}

/// Finds what is to be erased; writes nothing.
pub fn plan(app: &App, origin: Origin, what: &What) -> Result<Plan> {
    if origin == Origin::Agent {
        return Err(Error::refused("an agent may not erase messages")
            .hint("ask the person who owns this store to run `comms purge`"));
    }
    if app.config.read_only {
        return Err(Error::refused(
            "nothing is erased: comms was told to be read-only",
        ));
    }
    if app.store.exists() {
        // A purge that was killed may have left behind in the index what is gone already.
        app.store.catch_up()?;
    }
    let Subject {
        query,
        addresses,
        contact,
        mut messages,
        items,
    } = match what {
        What::Matching(text) => read(app, text)?,
        What::Expired => Subject {
            query: expired(app),
            ..Subject::default()
        },
    };
    if let (true, Some(query)) = (app.store.exists(), &query) {
        messages = search::every(app, query)?;
    }
    let mut plan = Plan {
        messages,
        items: Vec::new(),
        kept: Vec::new(),
        traces: Traces::default(),
        own_files: Vec::new(),
        elsewhere: BTreeMap::new(),
        told: BTreeSet::new(),
        addresses,
        contact,
    };
    let mut message_ids = Vec::new();
    let mut parts = Vec::new();
    for page in plan.messages.chunks(PAGE) {
        let present = app.store.present(page)?;
        // A stranger's mail may bear the Message-ID of one of ours.
        let own = present.iter().filter(|of| of.sent);
        message_ids.extend(own.filter_map(|of| of.message_id.clone()));
        for id in page {
            let place = match app.store.location(*id) {
                // It left meanwhile.
                Err(e) if e.kind == Kind::NotFound => continue,
                place => place?,
            };
            let own = app.config.account(&place.account).is_ok_and(|a| a.built_in);
            if let Ident::Remote(remote) = &place.ident {
                parts.push((place.account.clone(), remote.clone()));
                if place.channel == ChannelKind::Slack {
                    let files = slack_files(app, *id, remote);
                    parts.extend(files.map(|file| (place.account.clone(), file)));
                }
            }
            match place.ident {
                Ident::Maildir(name) if own => plan.own_files.push((place.folder, name)),
                Ident::Content(_) => {}
                Ident::Remote(_) if place.channel.calls_back() => {
                    plan.told.insert(place.account.clone());
                    *plan.elsewhere.entry(place.account).or_default() += 1;
                }
                _ => *plan.elsewhere.entry(place.account).or_default() += 1,
            }
        }
    }
    let own_ids = own_ids(app, &plan.messages)?;
    let mut by = vec![
        By::MessageIds(&message_ids),
        By::Parts(&parts),
        By::OwnIds(&own_ids),
        By::Ids(&items),
    ];
    let addresses = plan.addresses.clone();
    by.extend(addresses.iter().map(|address| By::Address(address)));
    let before = match what {
        What::Expired => app.config.retention.outbox_before(app.clock.now_local()),
        What::Matching(_) => None,
    };
    by.extend(before.map(By::Age));
    plan.traces = app.store.traces(&addresses, before)?;
    for by in by {
        let (settled, open) = app.store.items_to_erase(&by)?;
        plan.items.extend(settled);
        // What is too old for nothing but its age waits for someone all the same.
        plan.kept.extend(open);
    }
    for list in [&mut plan.items, &mut plan.kept] {
        list.sort_unstable();
        list.dedup();
    }
    Ok(plan)
}

/// By which names an item may know this message of Slack's: one of files that Slack did not show at once has that of its
/// first file.
fn slack_files(app: &App, id: MessageId, remote: &str) -> impl Iterator<Item = String> {
    // Without its bytes there is nothing to be told by.
    let raw = app.store.raw(id).unwrap_or_default();
    let channel = slack::place_of(remote).map(|(channel, _)| channel.to_owned());
    let names = |channel: String| {
        let files = slack::file_ids(&raw).into_iter();
        files.map(move |file| slack::remote(&channel, &file))
    };
    channel.map(names).into_iter().flatten()
}

/// The own ids of items that lie among these messages under another Message-ID: servers may give theirs.
fn own_ids(app: &App, messages: &[MessageId]) -> Result<Vec<String>> {
    if messages.is_empty() {
        return Ok(Vec::new());
    }
    let own_ids = app.store.own_ids_of_mail()?;
    let mut found = Vec::new();
    for (id, own) in app.store.with_own_ids(messages, &own_ids)? {
        if app.store.document(id)?.parsed().comms_id.as_ref() == Some(&own) {
            found.push(own);
        }
    }
    Ok(found)
}

impl Plan {
    pub fn report(&self, dry_run: bool) -> PurgeReport {
        PurgeReport {
            dry_run,
            contact: self.contact,
            messages: self.messages.len() as u64,
            outbox_items: self.items.len() as u64,
            log_lines: self.traces.lines.len() as u64,
            kept: self.kept.clone(),
            elsewhere: self
                .elsewhere
                .iter()
                .map(|(account, messages)| Elsewhere {
                    account: account.clone(),
                    messages: *messages,
                })
                .collect(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.messages.is_empty()
            && self.items.is_empty()
            && self.contact.is_none()
            && self.traces.is_empty()
    }

    /// Who is to be erased, in words.
    pub fn person(&self, app: &App) -> Result<Option<String>> {
        let Some(id) = self.contact else {
            return Ok(None);
        };
        let card = app.store.contact_cards(id)?.into_iter().next();
        let name = card.map(|c| clean::line(c.label())).unwrap_or_default();
        let addresses = clean::line(&self.addresses.join(", "));
        Ok(Some(format!("{id}  {name}  {addresses}")))
    }

    /// Some of the messages, for someone to look at before they go.
    pub fn sample(&self, app: &App, most: usize) -> Result<Vec<String>> {
        let first = &self.messages[..self.messages.len().min(most)];
        let told = app.store.present(first)?.into_iter().map(|e| {
            format!(
                "{}  {}  {}",
                e.id,
                clean::line(&e.from.first().map_or(String::new(), |a| a.email.clone())),
                clean::line(&e.subject)
            )
        });
        Ok(told.collect())
    }

    /// Erases; files first, so that no scan can find again what the store has forgotten.
    pub fn carry_out(&self, app: &App) -> Result<()> {
        let root = app.config.local_maildir();
        for (folder, name) in &self.own_files {
            if let Some(path) = maildir::find(&maildir::folder_dir(&root, folder), name) {
                maildir::remove(&path)?;
            }
        }
        let total = self.messages.len() as u64;
        app.store.purge(&self.messages, &|done| {
            (app.progress)(&Progress {
                stage: "erasing".to_owned(),
                done,
                total: Some(total),
            });
        })?;
        app.store.erase_items(&self.items, app.clock.now())?;
        app.store.erase_traces(&self.traces, app.clock.now())?;
        for account in &self.told {
            app.store.erase_events(account)?;
        }
        for address in &self.addresses {
            app.store.forget_windows(address)?;
            app.store.erase_failures(address)?;
        }
        if let Some(contact) = self.contact {
            app.store.erase_contact(contact, app.clock.now())?;
        }
        if total > 0 {
            app.store.scrub()?;
        }
        Ok(())
    }
}

const PAGE: usize = 500;

/// What a text asks to be erased.
#[derive(Default)]
struct Subject {
    query: Option<Query>,
    /// If it is about a person: where that one is written to.
    addresses: Vec<String>,
    contact: Option<ContactId>,
    /// What was named by its id.
    messages: Vec<MessageId>,
    items: Vec<OutboxId>,
}

fn read(app: &App, text: &str) -> Result<Subject> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Error::usage("what is to be erased?").hint(
            "write a query as for `comms search`, or an address: `comms purge ada@example.com`",
        ));
    }
    if let Some(ids) = named::ids(text) {
        return match ids[..] {
            [Named::Contact(id)] => person(app, id),
            _ => all_named(app, &ids),
        };
    }
    if text.starts_with('@') && !text.contains(char::is_whitespace) {
        return Err(Error::usage(format!("`{text}` is a group, and would be looked for as a word"))
            .hint(format!(
                "erase its people one by one, by the ids that `comms contacts list` shows; quote a word that is to be looked for: `'\"{text}\"'`"
            )));
    }
    // A person of another channel, by the address that is shown of them.
    if let Some((channel, who)) = text.split_once(':')
        && ["sms", "whatsapp", "slack", "chat"].contains(&channel)
        && !who.is_empty()
        && !who.contains([' ', '"', '(', '*'])
    {
        return Ok(all_of(vec![text.to_owned()]));
    }
    // A number with its country is one person's, for text messages and for WhatsApp.
    if text.starts_with('+')
        && let Ok(number) = phone::parse(text, None)
    {
        let channels = ["sms", "whatsapp"];
        return Ok(all_of(
            channels.map(|channel| format!("{channel}:{number}")).into(),
        ));
    }
    let bare = !text.contains([':', ' ', '"', '(', '*']);
    if bare && let Ok(address) = address::parse(text) {
        return Ok(all_of(vec![address.email]));
    }
    let query = search::read(app, text)?;
    named::check(&query)?;
    Ok(Subject {
        query: Some(query),
        ..Subject::default()
    })
}

/// Messages, threads and outbox items; an item goes with the messages that are copies of it.
fn all_named(app: &App, ids: &[Named]) -> Result<Subject> {
    let mut subject = Subject::default();
    for id in ids {
        match *id {
            Named::Contact(_) => {
                return Err(Error::usage("a contact is erased alone")
                    .hint("one after the other: `comms purge c9`"));
            }
            Named::Item(id) => {
                let item = app.store.outbox_item(id)?;
                let (_, open) = app.store.items_to_erase(&By::Ids(&[id]))?;
                if !open.is_empty() {
                    return Err(Error::usage(format!(
                        "`{id}` is {}: it still wants something",
                        item.state.name()
                    ))
                    .hint(format!(
                        "settle it first: `comms outbox show {id}` says how"
                    ))
                    .item(id));
                }
                subject.items.push(id);
                if app.store.exists() && !item.message_id.is_empty() {
                    subject
                        .messages
                        .extend(app.store.by_message_id(&item.message_id)?);
                }
            }
            other => subject.messages.extend(named::messages(app, other)?),
        }
    }
    subject.messages.sort_unstable();
    subject.messages.dedup();
    Ok(subject)
}

/// All from and to these addresses.
fn all_of(addresses: Vec<String>) -> Subject {
    let words = addresses.iter().flat_map(|address| {
        [Field::From, Field::To].map(|field| Query::Text {
            field,
            text: Text::Word(address.clone()),
        })
    });
    let words: Vec<_> = words.collect();
    Subject {
        query: (!words.is_empty()).then_some(Query::Or(words)),
        addresses,
        ..Subject::default()
    }
}

/// A contact, also one that was removed, by all addresses it ever had here.
fn person(app: &App, id: ContactId) -> Result<Subject> {
    let cards = app.store.contact_cards(id)?;
    if cards.is_empty() {
        return Err(Error::not_found(format!("there is no contact `{id}`"))
            .hint("`comms contacts history` tells of removed ones, too"));
    }
    let mut addresses: Vec<String> = cards.iter().flat_map(contacts::show::shown_as).collect();
    addresses.sort();
    addresses.dedup();
    Ok(Subject {
        contact: Some(id),
        ..all_of(addresses)
    })
}

/// What is older than `[retention] messages` allows.
fn expired(app: &App) -> Option<Query> {
    let before = app
        .config
        .retention
        .messages_before(app.clock.now_local())?;
    Some(Query::Until(before))
}

/// Erases what `[retention]` gives up, once a day; gives a line for what went wrong.
pub fn retain(app: &App) -> Option<String> {
    let retention = &app.config.retention;
    if app.config.read_only || (retention.messages.is_none() && retention.outbox.is_none()) {
        return None;
    }
    let work = || -> Result<()> {
        if !app.store.first_today("retention", app.clock.now())? {
            return Ok(());
        }
        let plan = plan(app, Origin::Script, &What::Expired)?;
        if !plan.is_empty() {
            plan.carry_out(app)?;
        }
        Ok(())
    };
    match work() {
        Err(e) if e.kind != Kind::Refused => {
            Some(format!("what is too old was not erased: {}", e.message))
        }
        _ => None,
    }
}
