//! `purge`: erases text from this machine for good. What a server or someone's Maildir holds is left to them, and does
//! not come back from there.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;

use crate::channel::maildir;
use crate::error::{Error, Kind, Result};
use crate::format::clean;
use crate::model::id::{MessageId, OutboxId};
use crate::model::message::Ident;
use crate::model::query::{Field, Query, Text};
use crate::rules::address;
use crate::store::outbox::By;

use super::{App, Origin, Progress, search};

/// What to erase.
#[derive(Clone, Debug)]
pub enum What {
    /// Messages that fit, and settled outbox items that are copies of them. One bare address means all to or from it.
    Matching(String),
    /// What `[retention]` gives up.
    Expired,
}

/// What was or would be erased. `comms.purge/1`.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub struct PurgeReport {
    pub dry_run: bool,
    pub messages: u64,
    /// Settled outbox items whose text is erased; their record stays.
    pub outbox_items: u64,
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
    /// Files of the built-in Maildir go with their messages.
    own_files: Vec<(String, String)>,
    elsewhere: BTreeMap<String, u64>,
    /// Accounts whose provider told of such messages by its webhooks: what it posted says the same again.
    told: BTreeSet<String>,
    /// Of whom everything goes.
    contact: Option<String>,
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
    let (query, contact) = match what {
        What::Matching(text) => read(app, text)?,
        What::Expired => (expired(app), None),
    };
    let messages = match (app.store.exists(), &query) {
        (true, Some(query)) => search::every(app, query)?,
        _ => Vec::new(),
    };
    let mut plan = Plan {
        messages,
        items: Vec::new(),
        kept: Vec::new(),
        own_files: Vec::new(),
        elsewhere: BTreeMap::new(),
        told: BTreeSet::new(),
        contact: None,
    };
    let mut message_ids = Vec::new();
    for page in plan.messages.chunks(PAGE) {
        message_ids.extend(
            app.store
                .envelopes(page)?
                .into_iter()
                .filter_map(|e| e.message_id),
        );
        for id in page {
            let place = app.store.location(*id)?;
            let own = app.config.account(&place.account).is_ok_and(|a| a.built_in);
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
    let mut by = vec![By::MessageIds(&message_ids)];
    by.extend(contact.as_deref().map(By::Address));
    if let (What::Expired, Some(before)) = (
        what,
        app.config.retention.outbox_before(app.clock.now_local()),
    ) {
        by.push(By::Age(before));
    }
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
    plan.contact = contact;
    Ok(plan)
}

impl Plan {
    pub fn report(&self, dry_run: bool) -> PurgeReport {
        PurgeReport {
            dry_run,
            messages: self.messages.len() as u64,
            outbox_items: self.items.len() as u64,
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
        self.messages.is_empty() && self.items.is_empty()
    }

    /// Some of the messages, for someone to look at before they go.
    pub fn sample(&self, app: &App, most: usize) -> Result<Vec<String>> {
        let first = &self.messages[..self.messages.len().min(most)];
        let told = app.store.envelopes(first)?.into_iter().map(|e| {
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
        for account in &self.told {
            app.store.erase_events(account)?;
        }
        if let Some(contact) = &self.contact {
            app.store.forget_windows(contact)?;
        }
        if total > 0 {
            app.store.scrub()?;
        }
        Ok(())
    }
}

const PAGE: usize = 500;

/// The query, and the address if the text is nothing else.
fn read(app: &App, text: &str) -> Result<(Option<Query>, Option<String>)> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Error::usage("what is to be erased?").hint(
            "write a query as for `comms search`, or an address: `comms purge ada@example.com`",
        ));
    }
    // A person of another channel, by the address that is shown of them.
    if let Some((channel, who)) = text.split_once(':')
        && ["sms", "whatsapp", "slack", "chat"].contains(&channel)
        && !who.is_empty()
        && !who.contains([' ', '"', '(', '*'])
    {
        let word = |field| Query::Text {
            field,
            text: Text::Word(text.to_owned()),
        };
        let query = Query::Or(vec![word(Field::From), word(Field::To)]);
        return Ok((Some(query), Some(text.to_owned())));
    }
    let bare = !text.contains([':', ' ', '"', '(', '*']);
    if bare && let Ok(contact) = address::parse(text) {
        let word = |field| Query::Text {
            field,
            text: Text::Word(contact.email.clone()),
        };
        let query = Query::Or(vec![word(Field::From), word(Field::To)]);
        return Ok((Some(query), Some(contact.email)));
    }
    Ok((Some(search::read(app, text)?), None))
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
