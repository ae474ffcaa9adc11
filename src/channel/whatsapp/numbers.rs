//! The numbers of a business account, which prove a login.

use serde::Deserialize;

use crate::error::Result;
use crate::net::whatsapp::operations as op;

use super::Client;

const FIELDS: &str = "id,display_phone_number,verified_name,quality_rating,code_verification_status,status,throughput";

/// A number as WhatsApp knows it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Number {
    pub id: String,
    /// As people write it.
    pub display_phone_number: String,
    /// The name that people see.
    pub verified_name: String,
    /// GREEN, YELLOW, RED or UNKNOWN.
    pub quality_rating: Option<String>,
    /// CONNECTED once it may send.
    pub status: Option<String>,
    pub throughput: Option<Throughput>,
}

/// How much a number may send.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Throughput {
    /// STANDARD (80 messages a second) or HIGH (1,000).
    pub level: String,
}

impl Client {
    /// The account's own number.
    pub async fn number(&self) -> Result<Number> {
        let call = self.of_number(op::NUMBER).query("fields", FIELDS);
        let found = self.ask(&call, "reading the number").await?;
        Ok(serde_json::from_value(found).unwrap_or_default())
    }

    /// Whether webhooks of the business account come to any app; `None` if the account names no business account.
    pub async fn is_subscribed(&self) -> Result<Option<bool>> {
        let Some(business) = &self.settings.business_account_id else {
            return Ok(None);
        };
        let call = self.call(op::SUBSCRIBED).at("business", business.as_str());
        let found = self.ask(&call, "reading who is told of messages").await?;
        let apps = found.get("data").and_then(|d| d.as_array());
        Ok(Some(apps.is_some_and(|apps| !apps.is_empty())))
    }

    /// Has the business account's webhooks come to this app; nothing comes without, even where the address was verified.
    pub async fn subscribe(&self) -> Result<()> {
        let Some(business) = &self.settings.business_account_id else {
            return Ok(());
        };
        let call = self.call(op::SUBSCRIBE).at("business", business.as_str());
        self.ask(&call, "asking to be told of messages")
            .await
            .map(drop)
    }
}
