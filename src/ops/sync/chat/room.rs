//! A space as its messages are stored: under which name, whose, and how far it was read.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::format::chat;
use crate::model::account::{Account, ChannelKind};
use crate::model::message::{Flags, Ident, NewMessage, Raw, Role};

pub struct Room<'a> {
    account: &'a Account,
    /// Who the account is in Chat: `users/123`.
    owner: Option<String>,
    /// `spaces/AAA`.
    pub name: &'a str,
    pub folder: String,
    /// The space beside each message: named as its folder is.
    about: Value,
    /// The user has read so far.
    pub read: Option<Timestamp>,
    now: Timestamp,
}

impl<'a> Room<'a> {
    /// A space by its resource name and its title.
    pub fn new(
        account: &'a Account,
        owner: Option<String>,
        ((name, title), folder): ((&'a str, &str), String),
        (read, now): (Option<Timestamp>, Timestamp),
    ) -> Room<'a> {
        Room {
            account,
            owner,
            name,
            folder,
            about: json!({"name": name, "displayName": title}),
            read,
            now,
        }
    }

    /// A message as it goes into the store; none if it has no name.
    pub fn made(&self, message: &Value) -> Option<NewMessage> {
        let name = message.get("name")?.as_str()?;
        let raw = self.document(message);
        let parsed = chat::parse(&raw);
        let read = parsed.sent_at.zip(self.read);
        let seen = self.is_own(message) || read.is_some_and(|(sent, read)| sent <= read);
        Some(NewMessage {
            account: self.account.name.clone(),
            channel: ChannelKind::GoogleChat,
            folder: self.folder.clone(),
            role: Role::Other,
            ident: Ident::Remote(name.to_owned()),
            size_bytes: raw.len() as u64,
            received_at: parsed.sent_at.unwrap_or(self.now),
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
        let address = self.account.address.as_deref();
        let owner = address.filter(|_| self.is_own(message));
        chat::document(&self.about, owner, message)
    }

    fn is_own(&self, message: &Value) -> bool {
        let sender = message.get("sender").and_then(|s| s.get("name"));
        self.owner.is_some() && sender.and_then(Value::as_str) == self.owner.as_deref()
    }
}
