//! Gmail over its REST API (v1): what a mailbox holds, what changed, and letters out.
//!
//! A message is its raw RFC 5322 bytes with label ids beside them; what the labels mean is the caller's business.

mod batch;
mod drafts;
mod find;
mod history;
mod labels;
mod list;
mod message;
mod send;

use std::sync::atomic::AtomicUsize;

use serde::{Deserialize, Deserializer};

use crate::error::Result;
use crate::net::api::{Api, Call, Operation};
use crate::net::google::operations::gmail as op;

pub use drafts::Draft;
pub use find::Find;
pub use history::{Changed, Changes, History};
pub use labels::Label;
pub use list::{Listed, Listing, Page};
pub use message::{Fetched, Message};
pub use send::{LARGEST, Letter, Outcome};

/// Which price list of Google's a Cloud project has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Schedule {
    /// Of projects made since May 2026.
    #[default]
    Current,
    /// Of projects that used the API before.
    Legacy,
}

/// A mailbox of Gmail.
pub struct Client {
    api: Api,
    schedule: Schedule,
    /// Messages asked for in one request: fewer after an answer was too large, then more again.
    at_once: AtomicUsize,
}

/// Whose mailbox it is and how it stands.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct Profile {
    pub email_address: String,
    #[serde(default)]
    pub messages_total: u64,
    #[serde(deserialize_with = "number")]
    pub history_id: u64,
}

/// An address that the mailbox may write as.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase", default)]
pub struct SendAs {
    pub send_as_email: String,
    pub display_name: String,
    pub is_primary: bool,
    pub is_default: bool,
    /// `accepted` or `pending`; empty for the mailbox's own.
    pub verification_status: String,
}

impl Client {
    pub fn new(api: Api, schedule: Schedule) -> Client {
        Client {
            api,
            schedule,
            at_once: AtomicUsize::new(batch::MOST),
        }
    }

    /// Whose mailbox this is; the cheapest proof that the login works.
    pub async fn profile(&self) -> Result<Profile> {
        let call = self.call(op::PROFILE);
        Ok(self.api.json(&call, "looking at the mailbox").await?)
    }

    /// The addresses that this mailbox may write as.
    pub async fn send_as(&self) -> Result<Vec<SendAs>> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase", default)]
        #[derive(Default)]
        struct Answer {
            send_as: Vec<SendAs>,
        }
        let call = self.call(op::SEND_AS_LIST);
        let answer: Answer = self.api.json(&call, "reading the addresses").await?;
        Ok(answer.send_as)
    }

    /// A call about the mailbox that the token is for.
    fn call(&self, operation: &'static Operation) -> Call {
        Call::new(operation)
            .at("userId", "me")
            .query("prettyPrint", "false")
            .units(self.units(operation))
    }

    /// What fetching one message takes from the quota.
    pub fn units_of_get(&self) -> u32 {
        self.units(op::MESSAGES_GET)
    }

    fn units(&self, operation: &Operation) -> u32 {
        match self.schedule {
            Schedule::Current => operation.units,
            Schedule::Legacy => op::legacy_units(operation),
        }
    }
}

/// Google writes 64-bit numbers as text.
fn number<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Number {
        Plain(u64),
        Text(String),
    }
    match Number::deserialize(from)? {
        Number::Plain(n) => Ok(n),
        Number::Text(text) => text.parse().map_err(serde::de::Error::custom),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_may_be_text() {
        let read = |text: &str| serde_json::from_str::<Profile>(text);
        let profile =
            read(r#"{"emailAddress":"a@example.com","historyId":"18446744073709551615"}"#);
        assert_eq!(profile.unwrap().history_id, u64::MAX);
        let profile = read(r#"{"emailAddress":"a@example.com","historyId":7,"new":1}"#);
        assert_eq!(profile.unwrap().history_id, 7);
        assert!(read(r#"{"emailAddress":"a@example.com","historyId":"soon"}"#).is_err());
    }
}
