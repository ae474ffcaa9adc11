//! Contacts page by page, and what was done to them.

use schemars::JsonSchema;
use serde::Serialize;

use crate::error::{Error, Result};
use crate::model::contact::{AddressKind, Contact, Past};
use crate::model::id::ContactId;
use crate::ops::App;
use crate::rules::contact::card::{FIELDS, differing, shown};
use crate::rules::contact::typed;
use crate::store::contacts::ContactFilter;

use super::group;

/// Which contacts are wanted.
#[derive(Debug, Default)]
pub struct ListRequest {
    /// Directly in this group.
    pub group: Option<String>,
    pub source: Option<String>,
    /// A kind of address.
    pub has: Option<AddressKind>,
    pub limit: usize,
    /// `next` of the page before.
    pub after: Option<String>,
}

/// `comms.contacts/1`.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub struct ContactsReport {
    pub contacts: Vec<ContactRow>,
    /// Give it back as `--after` for the next page; null on the last.
    pub next: Option<String>,
}

/// One contact of a list.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ContactRow {
    #[serde(flatten)]
    pub contact: Contact,
    /// Addresses of it that nothing is sent to.
    pub opted_out: Vec<String>,
}

/// Contacts by name.
pub fn list(app: &App, request: &ListRequest) -> Result<ContactsReport> {
    let group = match &request.group {
        Some(name) => Some(group::existing(app, name)?.name),
        None => None,
    };
    let filter = ContactFilter {
        group: group.as_deref(),
        source: request.source.as_deref(),
        has: request.has,
    };
    let page = app
        .store
        .contacts_page(filter, request.limit, request.after.as_deref())?;
    let rows = page.rows.into_iter().map(|contact| row(app, contact));
    Ok(ContactsReport {
        contacts: rows.collect::<Result<_>>()?,
        next: page.next,
    })
}

/// A contact with its opt-outs.
pub fn row(app: &App, contact: Contact) -> Result<ContactRow> {
    let mut opted_out = Vec::new();
    for address in &contact.card.addresses {
        let address = typed(address);
        if app.store.suppressed(&address)?.is_some() {
            opted_out.push(address);
        }
    }
    Ok(ContactRow { contact, opted_out })
}

/// `comms.contact_history/1`.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub struct HistoryReport {
    pub changes: Vec<PastRow>,
}

/// One line of the history.
#[derive(Debug, Serialize, JsonSchema)]
pub struct PastRow {
    #[serde(flatten)]
    pub past: Past,
    /// The name then.
    pub name: String,
    /// The fields that differ before and after.
    pub fields: Vec<String>,
}

/// What was done, newest first: to one contact, or to all.
pub fn history(app: &App, of: Option<ContactId>, limit: usize) -> Result<HistoryReport> {
    let past = app.store.contact_history(of, limit)?;
    if let (Some(id), true) = (of, past.is_empty()) {
        return Err(Error::not_found(format!("`{id}` has no history"))
            .hint("`comms contacts history` shows all changes"));
    }
    let changes = past.into_iter().map(|past| {
        let card = past.after.as_ref().or(past.before.as_ref());
        let name = card.map(|c| c.label().to_owned()).unwrap_or_default();
        let fields = match (&past.before, &past.after) {
            (Some(before), Some(after)) => differing(before, after),
            _ => Vec::new(),
        };
        PastRow {
            name,
            fields: fields.into_iter().map(str::to_owned).collect(),
            past,
        }
    });
    Ok(HistoryReport {
        changes: changes.collect(),
    })
}

/// The addresses as one types them.
pub fn addresses(contact: &Contact) -> Vec<String> {
    contact.card.addresses.iter().map(typed).collect()
}

/// The addresses with their labels; `*` marks the first of its kind.
pub fn addresses_shown(contact: &Contact) -> Vec<String> {
    contact.card.addresses.iter().map(shown).collect()
}

/// The fields of a contact that say something, and their values.
pub fn fields(contact: &Contact) -> Vec<(&'static str, String)> {
    let all = FIELDS
        .iter()
        .map(|(name, value)| (*name, value(&contact.card)));
    all.filter(|(_, value)| !value.is_empty()).collect()
}
