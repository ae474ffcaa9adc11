//! What can happen, and who of the user's own is told of it by the web.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::account::Account;
use super::secret::Part;

/// What can happen.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
pub enum EventType {
    /// A message came in.
    #[serde(rename = "message.received")]
    MessageReceived,
    /// A message that was here has other flags, labels or text, lies elsewhere, or is gone.
    #[serde(rename = "message.changed")]
    MessageChanged,
    /// An item of the outbox is not as it was.
    #[serde(rename = "outbox.changed")]
    OutboxChanged,
}

impl EventType {
    pub const ALL: [EventType; 3] = [
        EventType::MessageReceived,
        EventType::MessageChanged,
        EventType::OutboxChanged,
    ];

    pub fn name(self) -> &'static str {
        match self {
            EventType::MessageReceived => "message.received",
            EventType::MessageChanged => "message.changed",
            EventType::OutboxChanged => "outbox.changed",
        }
    }

    /// The type of this name.
    pub fn named(name: &str) -> Option<EventType> {
        EventType::ALL.into_iter().find(|of| of.name() == name)
    }
}

/// A web address of the user's that is told of what happens: `[hooks.NAME]` of the config.
#[derive(Clone, Debug)]
pub struct Hook {
    pub name: String,
    pub url: String,
    pub events: Vec<EventType>,
    /// The only accounts it is told of; `None` means all.
    pub accounts: Option<Vec<String>>,
    /// Whether it gets the text of messages.
    pub text: bool,
    /// Whether it may be a machine of a private network.
    pub allow_private: bool,
    /// From the environment.
    pub secret_env: Option<SecretString>,
}

impl Hook {
    /// The part its secret is kept as.
    pub const SECRET: Part = Part::WebhookSecret;

    /// The name under which it and its secret are kept; no account can be called so.
    pub fn key(name: &str) -> String {
        format!("hook/{name}")
    }

    /// The environment variable that can hold its secret.
    pub fn variable(name: &str) -> String {
        Hook::SECRET.variable(&Hook::key(name))
    }

    /// Who holds its secret, as places that keep secrets know holders; like some account in all else.
    pub fn holder(&self, like: &Account) -> Account {
        let given = self.secret_env.clone();
        Account {
            name: Hook::key(&self.name),
            secret_env: given
                .map(|secret| BTreeMap::from([(Hook::SECRET, secret)]))
                .unwrap_or_default(),
            secret_command: None,
            ..like.clone()
        }
    }
}
