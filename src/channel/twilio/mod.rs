//! SMS and MMS over Twilio's REST API (2010-04-01): messages out, those that came and went, their media.
//!
//! Messages come as the API gives them, as JSON: `format::twilio` reads them.

mod account;
mod find;
mod media;
mod messages;
mod pricing;
mod send;
pub mod status;
pub mod webhook;

pub use account::Balance;
pub use find::{Find, Sought};
pub use media::LARGEST_FILE;
pub use messages::{Page, Window};
pub use pricing::Pricing;
pub use send::{MOST_MEDIA, Outcome, Post, Sender};

use std::time::Duration;

use serde_json::Value;

use crate::error::Result;
use crate::format::json::text;
use crate::net::api::{Api, Call};
use crate::net::http::Limits;

/// The rows of one page at most (Twilio's limit).
const PAGE: usize = 1000;
/// For one page: a thousand messages of 1,600 characters with their links.
const LIMITS: Limits = Limits {
    total: Duration::from_secs(120),
    largest: 32 << 20,
};

/// One Twilio account.
pub struct Client {
    api: Api,
    /// `AC…`.
    account: String,
}

impl Client {
    pub fn new(api: Api, account: &str) -> Client {
        Client {
            api,
            account: account.to_owned(),
        }
    }

    /// Makes a call that may be repeated.
    async fn ask(&self, call: &Call, doing: &str) -> Result<Value> {
        let value = self.api.json(call, doing).await;
        value.map_err(|fault| fault.error)
    }
}

#[cfg(test)]
mod tests;
