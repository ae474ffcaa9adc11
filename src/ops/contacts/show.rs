//! One contact with all that is known of it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::error::Result;
use crate::model::account::ChannelKind;
use crate::model::contact::{AddressKind, Card, Contact};
use crate::model::message::Envelope;
use crate::model::query::{Field, Query, Sort, Text};
use crate::ops::whatsapp::WindowReport;
use crate::ops::{App, whatsapp};
use crate::rules::contact::typed;

use super::{change, list};

/// Messages that are shown.
const MESSAGES: usize = 5;

/// `comms.contact/1`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ContactReport {
    #[serde(flatten)]
    pub contact: Contact,
    /// Addresses of it that nothing is sent to.
    pub opted_out: Vec<String>,
    /// The newest messages from and to it.
    pub messages: Vec<Envelope>,
    /// Its id in each source.
    pub links: BTreeMap<String, String>,
    /// Of WhatsApp, by address: until when it may be written to freely.
    pub windows: BTreeMap<String, WindowReport>,
    /// `comms contacts undo` takes it back by this number.
    pub last_change: Option<i64>,
}

/// One contact.
pub fn show(app: &App, contact: Contact) -> Result<ContactReport> {
    let links = app.store.links_of(contact.id)?.into_iter();
    let links = links.map(|link| (link.source, link.remote)).collect();
    let row = list::row(app, contact)?;
    Ok(ContactReport {
        messages: messages(app, &row.contact)?,
        windows: windows(app, &row.contact)?,
        last_change: change::last(app, row.contact.id)?,
        links,
        opted_out: row.opted_out,
        contact: row.contact,
    })
}

/// The addresses as messages show them.
pub fn shown_as(card: &Card) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for address in &card.addresses {
        all.push(typed(address));
        // A number is reached by both.
        match address.kind {
            AddressKind::Phone => all.push(format!("whatsapp:{}", address.value.trim())),
            AddressKind::Whatsapp => all.push(format!("sms:{}", address.value.trim())),
            _ => {}
        }
    }
    all.sort();
    all.dedup();
    all
}

fn messages(app: &App, contact: &Contact) -> Result<Vec<Envelope>> {
    let words: Vec<Query> = shown_as(&contact.card)
        .into_iter()
        .flat_map(|address| {
            [Field::From, Field::To].map(|field| Query::Text {
                field,
                text: Text::Word(address.clone()),
            })
        })
        .collect();
    if words.is_empty() || !app.store.exists() {
        return Ok(Vec::new());
    }
    let page = app
        .store
        .search(&Query::Or(words), Sort::Newest, Some(MESSAGES), None)?;
    Ok(page.rows)
}

fn windows(app: &App, contact: &Contact) -> Result<BTreeMap<String, WindowReport>> {
    let mut windows = BTreeMap::new();
    let accounts = app.config.accounts.iter();
    for account in accounts.filter(|a| a.channel == ChannelKind::Whatsapp) {
        let numbers = shown_as(&contact.card).into_iter();
        for address in numbers.filter(|a| a.starts_with("whatsapp:")) {
            if let Some(window) = whatsapp::window(app, account, &address)? {
                windows.insert(address, window);
            }
        }
    }
    Ok(windows)
}
