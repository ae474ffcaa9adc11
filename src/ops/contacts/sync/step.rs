//! One contact of a sync: what is to be done with it here and there, as it is shown, kept and compared.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::contact::{Card, Lost};
use crate::model::id::ContactId;
use crate::rules::contact_merge::differences;
use crate::store::contacts::Link;

use super::source::{Remote, Write};

/// What is done with a contact on one side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Act {
    Add,
    Change,
    Remove,
    /// Nothing but to note that both are the same person.
    Pair,
    /// It is no longer there, and stays for its other sources.
    Unpair,
}

impl Act {
    pub fn name(self) -> &'static str {
        match self {
            Act::Add => "add",
            Act::Change => "change",
            Act::Remove => "remove",
            Act::Pair => "pair",
            Act::Unpair => "unpair",
        }
    }
}

/// A change of one side.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Effect {
    pub act: Act,
    /// The fields that differ.
    pub fields: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Card>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Card>,
}

/// What is to be done with one contact, or was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Step {
    /// Null for one that is new here.
    pub contact: Option<ContactId>,
    /// Its id in the source; null for one that is new there.
    pub remote: Option<String>,
    /// What it had there when this was decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub etag: Option<String>,
    /// Who it is.
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub here: Option<Effect>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub there: Option<Effect>,
    /// What gives way because both sides changed it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lost: Vec<Lost>,
    /// Why, where that is not plain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

impl Step {
    /// Whether nothing of it is to be seen.
    pub fn is_quiet(&self) -> bool {
        self.here.is_none() && self.there.is_none()
    }

    pub fn removes_here(&self) -> bool {
        matches!(&self.here, Some(effect) if effect.act == Act::Remove)
    }

    pub fn removes_there(&self) -> bool {
        matches!(&self.there, Some(effect) if effect.act == Act::Remove)
    }
}

impl Effect {
    pub fn add(card: &Card) -> Effect {
        Effect {
            act: Act::Add,
            fields: Vec::new(),
            before: None,
            after: Some(card.clone()),
        }
    }

    pub fn change(before: &Card, after: &Card) -> Effect {
        let fields = differences(before, after);
        Effect {
            act: Act::Change,
            fields: fields.into_iter().map(str::to_owned).collect(),
            before: Some(before.clone()),
            after: Some(after.clone()),
        }
    }

    pub fn remove(card: &Card) -> Effect {
        Effect {
            act: Act::Remove,
            fields: Vec::new(),
            before: Some(card.clone()),
            after: None,
        }
    }

    pub fn only(act: Act) -> Effect {
        Effect {
            act,
            fields: Vec::new(),
            before: None,
            after: None,
        }
    }
}

/// A step with all it takes to do it.
#[derive(Clone, Debug)]
pub struct Job {
    pub step: Step,
    /// `None` for one that is new here.
    pub id: Option<ContactId>,
    /// The card here when this was decided; `None` if there was none.
    pub before: Option<Card>,
    /// The card here afterwards.
    pub after: Option<Card>,
    pub write: Option<Write>,
    /// What is there, if nothing is written.
    pub remote: Option<Remote>,
    /// What both agree on afterwards.
    pub base: Card,
    /// The same if what was to be written there could not be: it is still to be done.
    pub base_unwritten: Card,
    /// Ids there that mean it no more.
    pub unlinked: Vec<String>,
    /// The link it had, to decide anew.
    pub link: Option<Link>,
    /// What it takes over, to decide anew.
    pub others: Vec<(ContactId, Vec<u8>)>,
    /// It deletes there what another document takes over first.
    pub taken_in: bool,
    /// Whether accounts other than this one have it, too.
    pub elsewhere: bool,
}

impl Job {
    pub fn is_quiet(&self) -> bool {
        self.step.is_quiet()
    }
}
