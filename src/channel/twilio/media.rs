//! Media of a message: which there are, and their bytes.

use std::time::Duration;

use serde_json::Value;

use crate::error::{Error, Kind, Result};
use crate::net::api::Call;
use crate::net::http::Limits;
use crate::net::twilio::operations as op;

use super::{Client, PAGE, text};

/// The largest medium that is fetched, in bytes; phones send far less.
pub const LARGEST_FILE: usize = 100 << 20;
/// How long one may take.
const PATIENCE: Duration = Duration::from_secs(300);
/// Ways to a medium's bytes hold for some hours; one that ended is asked for again.
const TRIES: usize = 2;
const FETCHING: &str = "fetching a medium";

impl Client {
    /// The media of a message, as the API gives them.
    pub async fn media(&self, message: &str) -> Result<Vec<Value>> {
        let call = Call::new(op::MEDIA_LIST)
            .at("AccountSid", &self.account)
            .at("MessageSid", message)
            .query("PageSize", PAGE.to_string());
        let mut list = self.ask(&call, "listing the media of a message").await?;
        Ok(match list.get_mut("media_list").map(Value::take) {
            Some(Value::Array(media)) => media,
            _ => Vec::new(),
        })
    }

    /// The bytes of a medium. Twilio points to another host, which is not shown the login.
    pub async fn download(&self, (message, medium): (&str, &str)) -> Result<Vec<u8>> {
        let limits = Limits {
            total: PATIENCE,
            largest: LARGEST_FILE,
        };
        let call = Call::new(op::MEDIA_BYTES)
            .at("AccountSid", &self.account)
            .at("MessageSid", message)
            .at("Sid", medium)
            .limits(limits);
        let mut gone = None;
        for _ in 0..TRIES {
            let answer = self.api.ask(&call, FETCHING).await?;
            if answer.is_success() {
                return Ok(answer.body);
            }
            let to = answer
                .location()
                .ok_or_else(|| Error::unavailable(format!("{FETCHING}: it points nowhere")))?;
            let there = Call::new(op::MEDIA_BYTES).elsewhere(to).limits(limits);
            match self.api.ask(&there, FETCHING).await {
                Ok(answer) if answer.is_success() => return Ok(answer.body),
                Ok(answer) => return Err(answer.error(FETCHING)),
                // The way ended: there is a new one behind the same door.
                Err(fault) if matches!(fault.status, 401 | 403 | 404 | 410) => gone = Some(fault),
                Err(fault) => return Err(fault.error),
            }
        }
        let why = gone.map(|fault| fault.error.message).unwrap_or_default();
        Err(Error::new(Kind::NotFound, "the medium is not there any more").because(why))
    }

    /// The id of medium `number` (from 1) of a message.
    pub async fn medium(&self, message: &str, number: usize) -> Result<String> {
        let media = self.media(message).await?;
        let medium = number.checked_sub(1).and_then(|n| media.get(n));
        let sid = medium.and_then(|m| text(m, "sid"));
        sid.map(str::to_owned).ok_or_else(|| {
            Error::not_found(format!(
                "Twilio has no medium {number} of this message any more"
            ))
        })
    }
}
