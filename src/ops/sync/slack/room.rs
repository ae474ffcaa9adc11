//! A channel as its messages are stored: under which name, whose, and how far it was read.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

use crate::format::slack::{self, Context};
use crate::model::account::{Account, ChannelKind};
use crate::model::message::{Flags, Ident, NewMessage, Raw, Role};
use crate::ops::receive::believable;

use super::stamp::ChannelStamp;

/// A channel that messages are stored of.
pub struct Room<'a> {
    pub account: &'a Account,
    /// Who the token is: `U…`.
    pub owner: &'a str,
    pub id: &'a str,
    pub stamp: ChannelStamp,
    pub names: &'a BTreeMap<String, String>,
    /// What is not known to be unread counts as read.
    pub old: bool,
    pub now: Timestamp,
}

impl Room<'_> {
    /// A message as it goes into the store; none if it has no `ts`.
    pub fn made(&self, message: &Value) -> Option<NewMessage> {
        let ts = ts_of(message)?;
        let raw = self.document(message);
        let parsed = slack::parse(&raw);
        let read = self.stamp.read.as_deref();
        let seen = parsed.own
            || slack::is_notice(message)
            || read.map_or(self.old, |read| !is_after(ts, read));
        Some(NewMessage {
            account: self.account.name.clone(),
            channel: ChannelKind::Slack,
            folder: self.stamp.folder.clone(),
            role: Role::Other,
            ident: Ident::Remote(slack::remote(self.id, ts)),
            size_bytes: raw.len() as u64,
            received_at: believable(parsed.sent_at, self.now),
            flags: Flags {
                seen,
                ..Flags::default()
            },
            labels: Vec::new(),
            parsed,
            raw: Raw::Bytes(raw),
        })
    }

    /// The bytes that are stored of a message.
    pub fn document(&self, message: &Value) -> Vec<u8> {
        let user = message.get("user").and_then(Value::as_str);
        let context = Context {
            channel: self.id,
            title: &self.stamp.title,
            direct: self.stamp.direct,
            own: !self.owner.is_empty() && user == Some(self.owner),
            names: Some(self.names),
        };
        slack::document(&context, message).to_string().into_bytes()
    }
}

/// The `ts` of a message.
pub fn ts_of(message: &Value) -> Option<&str> {
    message.get("ts")?.as_str().filter(|ts| !ts.is_empty())
}

/// Whether a `ts` is later than another. Seconds have ten digits until the year 2286.
pub fn is_after(ts: &str, other: &str) -> bool {
    (ts.len(), ts) > (other.len(), other)
}
