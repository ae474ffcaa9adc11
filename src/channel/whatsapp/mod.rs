//! WhatsApp Business Cloud API: messages out, files both ways, templates; what comes in comes by webhook alone.

mod media;
mod numbers;
mod send;
mod templates;
pub mod webhook;

pub use media::{Download, Upload};
pub use numbers::Number;
pub use send::{Outcome, Post, request};
pub use templates::Template;

use serde_json::Value;

use crate::error::Result;
use crate::model::account::Whatsapp;
use crate::net::api::{Api, Call, Fault, Operation};

/// One number of a business account.
pub struct Client {
    api: Api,
    settings: Whatsapp,
}

impl Client {
    pub fn new(api: Api, settings: Whatsapp) -> Client {
        Client { api, settings }
    }

    /// A call below the Graph version of the account.
    fn call(&self, operation: &'static Operation) -> Call {
        Call::new(operation).at("version", self.settings.graph_version.as_str())
    }

    /// A call about the account's number.
    fn of_number(&self, operation: &'static Operation) -> Call {
        self.call(operation)
            .at("number", self.settings.phone_number_id.as_str())
    }

    /// Makes a call that may be repeated.
    async fn ask(&self, call: &Call, doing: &str) -> Result<Value> {
        let value: Result<Value, Fault> = self.api.json(call, doing).await;
        value.map_err(|fault| fault.error)
    }
}

fn text<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value
        .get(key)
        .and_then(Value::as_str)
        .filter(|s| !s.is_empty())
}
