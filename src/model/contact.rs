//! People: one person with many addresses.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::id::ContactId;

/// By what a person is reached.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Via {
    Email,
    Sms,
    Whatsapp,
    Slack,
    Chat,
}

impl Via {
    pub const ALL: [Via; 5] = [Via::Email, Via::Sms, Via::Whatsapp, Via::Slack, Via::Chat];

    /// As it is typed and stored.
    pub fn name(self) -> &'static str {
        match self {
            Via::Email => "email",
            Via::Sms => "sms",
            Via::Whatsapp => "whatsapp",
            Via::Slack => "slack",
            Via::Chat => "chat",
        }
    }

    pub fn named(name: &str) -> Option<Via> {
        Via::ALL.into_iter().find(|via| via.name() == name)
    }
}

/// What kind of address it is.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum AddressKind {
    #[default]
    Email,
    /// A phone number: SMS, and WhatsApp where the person is there.
    Phone,
    /// A number or a business-scoped user id (`US.…`) of WhatsApp.
    Whatsapp,
    /// A user id of Slack (`U…`).
    Slack,
    /// A user of Google Chat (`users/…`).
    Chat,
}

impl AddressKind {
    pub const ALL: [AddressKind; 5] = [
        AddressKind::Email,
        AddressKind::Phone,
        AddressKind::Whatsapp,
        AddressKind::Slack,
        AddressKind::Chat,
    ];

    pub fn name(self) -> &'static str {
        match self {
            AddressKind::Email => "email",
            AddressKind::Phone => "phone",
            AddressKind::Whatsapp => "whatsapp",
            AddressKind::Slack => "slack",
            AddressKind::Chat => "chat",
        }
    }

    pub fn named(name: &str) -> Option<AddressKind> {
        AddressKind::ALL
            .into_iter()
            .find(|kind| kind.name() == name)
    }
}

/// One address of a person.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct ContactAddress {
    pub kind: AddressKind,
    /// `ada@example.com`, `+14155550100` (as written where its country is not known), `US.…`, `U012ABC`, `users/123`.
    pub value: String,
    /// `home`, `work`, `mobile` or the owner's own word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// The account in which an id of Slack or Chat means someone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// The first to be used among those of its kind.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub primary: bool,
}

/// What is known of a person; all of it may be empty. What sources know beyond it stays in their own documents.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Card {
    /// As it is shown; made from its parts, the organisation or an address where nobody gave one.
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prefix: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub given: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub middle: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub family: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suffix: Option<String>,
    /// How the family name or the whole name sounds, as phones of East Asia keep it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phonetic: Option<String>,
    /// Nicknames and aliases: each names the person exactly.
    pub nicknames: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organization: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    pub addresses: Vec<ContactAddress>,
    /// By what the person wants to be reached.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preferred: Option<Via>,
    /// Names of groups, without `@`.
    pub groups: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
    /// IANA name: `Europe/Berlin`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
    /// `1815-12-10`, or `--12-10` without the year.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub birthday: Option<String>,
    pub urls: Vec<String>,
}

impl Card {
    /// The name, or what else tells who it is.
    pub fn label(&self) -> &str {
        let all = [
            Some(self.name.as_str()),
            self.nicknames.first().map(String::as_str),
            self.organization.as_deref(),
            self.addresses.first().map(|a| a.value.as_str()),
        ];
        all.into_iter()
            .flatten()
            .find(|text| !text.trim().is_empty())
            .unwrap_or("(no name)")
    }

    /// The addresses of this kind, the primary one first.
    pub fn of_kind(&self, kind: AddressKind) -> impl Iterator<Item = &ContactAddress> {
        let mut all: Vec<_> = self.addresses.iter().filter(|a| a.kind == kind).collect();
        all.sort_by_key(|a| !a.primary);
        all.into_iter()
    }
}

/// A person of the store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Contact {
    pub id: ContactId,
    #[serde(flatten)]
    pub card: Card,
    /// Where it also is: names of accounts, `import`; empty for one that is only here.
    pub sources: Vec<String>,
    pub created_at: Timestamp,
    pub changed_at: Timestamp,
}

/// One change of a contact as history keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Past {
    /// Of the change; changes made together share it.
    pub change: i64,
    pub contact: ContactId,
    pub at: Timestamp,
    /// `add`, `edit`, `remove`, `merge`, `import`, `sync`, `undo`.
    pub what: String,
    /// Who: `person`, `script`, `agent`, or the source of a sync.
    pub by: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<Card>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<Card>,
    /// What lost where both sides had changed a field.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lost: Vec<Lost>,
}

/// A value that gave way to another.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Lost {
    pub field: String,
    pub value: String,
    /// Whose it was: `here`, or the source.
    pub side: String,
}

/// Someone who may be meant by what was typed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Candidate {
    /// `None` for one who is known only from messages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact: Option<ContactId>,
    pub name: String,
    /// Of one who is known only from messages: as it is typed to write there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// From 0 to 100.
    pub score: u8,
    /// A name, nickname or address is what was typed; case and accents aside.
    pub exact: bool,
    /// The owner wrote to this person before.
    pub written_to: bool,
    /// What speaks for this one, most weighty first.
    pub why: Vec<String>,
}

/// What a search for a person came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Found {
    pub verdict: Verdict,
    /// The likeliest first.
    pub candidates: Vec<Candidate>,
}

/// Whether one of the candidates is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// The first one, beyond doubt.
    Clear,
    /// One of them, or nobody: only who asked can tell.
    Several,
    Nobody,
}
