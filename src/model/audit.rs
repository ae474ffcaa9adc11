//! A line of the audit log: what was done to what may leave, by whom, and how it ended.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::id::OutboxId;

/// What a line tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuditEvent {
    /// Written into the outbox.
    Staged,
    /// Not without an approval.
    Held,
    Approved,
    Rejected,
    Edited,
    Cancelled,
    /// Someone asked to send it now.
    Retried,
    /// An attempt ended.
    Attempt,
    /// Another account takes over what certainly was not sent.
    Moved,
    /// Someone said what became of it.
    Resolved,
    /// A copy of it was found at the provider.
    Found,
    /// Its provider said how far it got.
    Reported,
    /// A rule or an opt-out forbade it; nothing was staged.
    Refused,
    /// Its text and recipients were erased.
    Erased,
    /// An address wants nothing more.
    Optout,
    /// An opt-out was taken back.
    Optin,
    /// A program was given an API key.
    KeyAdded,
    /// An API key opens nothing any more.
    KeyRevoked,
}

impl AuditEvent {
    pub fn name(self) -> &'static str {
        match self {
            AuditEvent::Staged => "staged",
            AuditEvent::Held => "held",
            AuditEvent::Approved => "approved",
            AuditEvent::Rejected => "rejected",
            AuditEvent::Edited => "edited",
            AuditEvent::Cancelled => "cancelled",
            AuditEvent::Retried => "retried",
            AuditEvent::Attempt => "attempt",
            AuditEvent::Moved => "moved",
            AuditEvent::Resolved => "resolved",
            AuditEvent::Found => "found",
            AuditEvent::Reported => "reported",
            AuditEvent::Refused => "refused",
            AuditEvent::Erased => "erased",
            AuditEvent::Optout => "optout",
            AuditEvent::Optin => "optin",
            AuditEvent::KeyAdded => "key_added",
            AuditEvent::KeyRevoked => "key_revoked",
        }
    }
}

/// Who acts, as far as this process can know.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Actor {
    /// `person`, `script` or `agent`.
    pub origin: String,
    /// The agent's name.
    pub agent: Option<String>,
    /// The user this process runs as.
    pub uid: Option<u32>,
    /// The name of the API key by which it is asked.
    pub api_key: Option<String>,
}

/// A line; its JSON in this order of keys is what is hashed.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Line {
    /// 1 for the first line, without gaps.
    pub n: u64,
    pub at: Timestamp,
    /// `staged`, `held`, `approved`, `rejected`, `edited`, `cancelled`, `retried`, `attempt`, `moved`, `resolved`,
    /// `found`, `reported`, `refused`, `erased`, `optout`, `optin`, `key_added` or `key_revoked`.
    pub event: String,
    pub item: Option<OutboxId>,
    /// The caller's `--key`.
    pub send_key: Option<String>,
    /// Who asked: `person`, `script` or `agent`. An attempt has the origin of its send.
    pub origin: String,
    /// The agent's name.
    pub agent: Option<String>,
    /// The user the process ran as.
    pub uid: Option<u32>,
    /// The rule that held, delayed or refused it, without addresses; `words` has it whole.
    pub rule: Option<String>,
    pub account: Option<String>,
    pub channel: Option<String>,
    pub message_id: Option<String>,
    /// blake3 of the message's bytes, in hex.
    pub content_hash: Option<String>,
    /// How many recipients.
    pub recipients: Option<u64>,
    pub size_bytes: Option<u64>,
    /// What an attempt or what is reported of it costs: billed, or as it was estimated. `null` where it is not known.
    pub cost: Option<String>,
    /// How an attempt ended: `accepted`, `accepted in parts`, `not sent` or `unknown`. How far a reported one got.
    pub outcome: Option<String>,
    /// The item's state after it.
    pub state: Option<String>,
    /// The name of the API key it is about, or by which it was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_key: Option<String>,
    /// Of `erased` without an item: the lines whose recipients and words were erased.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub erases: Vec<u64>,
    /// blake3 of `private`, in hex.
    pub private_hash: String,
}

/// What a line hides behind a hash, so that it can be erased and the chain still holds.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct Private {
    /// Random, so that an erased address can't be guessed from the hash.
    pub salt: String,
    pub people: Vec<Person>,
    /// The provider's words, or why.
    pub words: Option<String>,
    /// Only under `[audit] text = true`.
    pub subject: Option<String>,
    /// Only under `[audit] text = true`.
    pub text: Option<String>,
}

/// A recipient in a line.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Person {
    pub address: String,
    /// How far this recipient was; `null` where no item was staged.
    pub state: Option<String>,
}
