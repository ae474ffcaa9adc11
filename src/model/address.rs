//! Mail addresses: one mailbox with its display name (RFC 5322 §3.4).

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A display name and an address. From a stranger's header it may be anything; from our own user it
/// went through `rules::address` first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Address {
    #[serde(default)]
    pub name: Option<String>,
    /// `local@domain`; may be empty or malformed in received mail.
    pub email: String,
}

impl Address {
    pub fn new(name: Option<&str>, email: &str) -> Self {
        Address {
            name: name.filter(|n| !n.trim().is_empty()).map(str::to_owned),
            email: email.to_owned(),
        }
    }

    /// The name if there is one, else the address.
    pub fn label(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.email)
    }

    /// Same mailbox: domains compare without case, and so do local parts, as every provider does.
    pub fn same_mailbox(&self, email: &str) -> bool {
        self.email.to_lowercase() == email.to_lowercase()
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            None => f.write_str(&self.email),
            Some(name) => {
                let quote = name.chars().any(|c| "()<>[]:;@\\,.\"".contains(c));
                if quote {
                    write!(
                        f,
                        "\"{}\" <{}>",
                        name.replace('\\', "\\\\").replace('"', "\\\""),
                        self.email
                    )
                } else {
                    write!(f, "{name} <{}>", self.email)
                }
            }
        }
    }
}
