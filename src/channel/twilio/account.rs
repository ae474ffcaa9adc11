//! The account itself: whether a login opens it, whether its sender is its own, and what is left on it.

use serde_json::Value;

use crate::error::{Error, Kind, Result};
use crate::format::clean;
use crate::net::api::Call;
use crate::net::twilio::operations as op;

use super::{Client, text};

/// What is left of what was paid in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Balance {
    /// A decimal number, as Twilio writes it; negative for a debt.
    pub amount: String,
    /// ISO 4217.
    pub currency: String,
}

impl Client {
    /// The name of the account, once the login opens it.
    ///
    /// # Errors
    /// `config` for an account that is suspended or closed.
    pub async fn whoami(&self) -> Result<String> {
        let call = Call::new(op::ACCOUNT).at("Sid", &self.account);
        let account = self.ask(&call, "asking who logs in").await?;
        match text(&account, "status") {
            None | Some("active") => {}
            Some(other) => {
                return Err(
                    Error::config(format!("the Twilio account is {}", clean::line(other)))
                        .hint("see console.twilio.com for what Twilio asks of it"),
                );
            }
        }
        let name = text(&account, "friendly_name").unwrap_or(&self.account);
        Ok(clean::line(name))
    }

    /// Whether the login may read messages: the most that a key is sure to be asked for.
    pub async fn opens(&self) -> Result<()> {
        let call = Call::new(op::LIST)
            .at("AccountSid", &self.account)
            .query("PageSize", "1");
        self.ask(&call, "asking whether the key opens the account")
            .await
            .map(drop)
    }

    /// Checks that a number belongs to the account and can send messages.
    pub async fn owns(&self, number: &str) -> Result<()> {
        let call = Call::new(op::NUMBERS)
            .at("AccountSid", &self.account)
            .query("PhoneNumber", number)
            .query("PageSize", "50");
        let list = self.ask(&call, "looking for the number").await?;
        let numbers = list.get("incoming_phone_numbers").and_then(Value::as_array);
        let mut own = numbers.into_iter().flatten();
        let Some(found) = own.find(|n| text(n, "phone_number") == Some(number)) else {
            return Err(Error::new(
                Kind::Config,
                format!("the Twilio account has no number `{number}`"),
            )
            .hint("see its numbers at console.twilio.com > Phone Numbers, and set `address` of the account"));
        };
        let sends = found.get("capabilities").and_then(|c| c.get("sms"));
        if sends.and_then(Value::as_bool) == Some(false) {
            return Err(Error::config(format!("`{number}` can't send messages"))
                .hint("set `address` of the account to a number with the capability SMS"));
        }
        Ok(())
    }

    /// Checks that a messaging service belongs to the account; gives its name. For a client of the host it is on.
    pub async fn service(&self, service: &str) -> Result<String> {
        let call = Call::new(op::SERVICE).at("Sid", service);
        let doing = "looking for the messaging service";
        match self.api.json::<Value>(&call, doing).await {
            Ok(found) => Ok(clean::line(text(&found, "friendly_name").unwrap_or(service))),
            Err(fault) if fault.status == 404 => Err(Error::config(format!(
                "the Twilio account has no messaging service `{service}`"
            ))
            .hint("see console.twilio.com > Messaging > Services, and set `messaging_service` of the account")),
            Err(fault) => Err(fault.error),
        }
    }

    /// What is left on the account.
    pub async fn balance(&self) -> Result<Balance> {
        let call = Call::new(op::BALANCE).at("AccountSid", &self.account);
        let found = self.ask(&call, "asking for the balance").await?;
        let field = |key| text(&found, key).map(clean::line);
        match (field("balance"), field("currency")) {
            (Some(amount), Some(currency)) => Ok(Balance { amount, currency }),
            _ => Err(Error::unavailable("Twilio does not say what is left")),
        }
    }
}
