//! What became of contacts, as every command that changes some tells it.

use schemars::JsonSchema;
use serde::Serialize;

use crate::error::{Kind, Result};
use crate::model::contact::{Card, Lost};
use crate::model::id::ContactId;
use crate::ops::App;
use crate::rules::contact::card::differing;

/// `comms.contact_change/1`.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub struct ChangeReport {
    /// `comms contacts undo` takes it back by this number; null if nothing changed.
    pub change: Option<i64>,
    pub contacts: Vec<ChangedContact>,
    /// What is worth a look.
    pub warnings: Vec<String>,
}

/// One contact and what became of it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ChangedContact {
    /// Null for a new one that was not made.
    pub id: Option<ContactId>,
    pub name: String,
    /// `added`, `changed`, `same`, `removed`, `merged`, `restored`, `exists` or `skipped`.
    pub change: &'static str,
    /// The contact that took this one in, or that has an address of it.
    pub other: Option<ContactId>,
    /// The fields that are different now.
    pub fields: Vec<String>,
    /// What gave way to the values of another contact.
    pub lost: Vec<Lost>,
}

impl ChangedContact {
    /// What made `after` of `before`.
    pub fn of(id: ContactId, before: Option<&Card>, after: Option<&Card>) -> Self {
        let none = Card::default();
        let fields = differing(before.unwrap_or(&none), after.unwrap_or(&none));
        ChangedContact {
            id: Some(id),
            name: after.or(before).unwrap_or(&none).label().to_owned(),
            change: match (before, after) {
                (None, Some(_)) => "added",
                (Some(_), None) => "removed",
                (Some(before), Some(after)) if before != after => "changed",
                _ => "same",
            },
            other: None,
            fields: match (before, after) {
                (Some(_), Some(_)) => fields.into_iter().map(str::to_owned).collect(),
                _ => Vec::new(),
            },
            lost: Vec::new(),
        }
    }
}

impl ChangeReport {
    /// What the outcome is where some could not be changed.
    pub fn outcome(&self) -> Option<Kind> {
        let left = |c: &&ChangedContact| matches!(c.change, "exists" | "skipped");
        match self.contacts.iter().filter(left).count() {
            0 => None,
            n if n == self.contacts.len() => Some(Kind::Refused),
            _ => Some(Kind::Partial),
        }
    }
}

/// The number of the newest change of a contact.
pub fn last(app: &App, id: ContactId) -> Result<Option<i64>> {
    let newest = app.store.contact_history(Some(id), 1)?;
    Ok(newest.first().map(|past| past.change))
}
