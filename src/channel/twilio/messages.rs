//! Messages of an account: by time and by number, page by page, and one by its id.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::Value;

use crate::error::{Error, Result};
use crate::net::api::{Api, Call};
use crate::net::http::Answer;
use crate::net::twilio::operations as op;

use super::{Client, LIMITS, PAGE, text};

/// Which messages.
#[derive(Clone, Copy, Debug, Default)]
pub struct Window<'a> {
    pub to: Option<&'a str>,
    pub from: Option<&'a str>,
    /// Sent on this day (UTC) or later: Twilio compares days only.
    pub since: Option<Timestamp>,
}

/// Some messages, newest first, and where the page after them is.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// As the API gives them.
    pub messages: Vec<Value>,
    /// Path and query; followed as they are.
    pub next: Option<String>,
    /// Twilio's clock.
    pub now: Option<Timestamp>,
}

const LISTING: &str = "listing messages";

impl Client {
    /// The first page.
    pub async fn messages(&self, window: Window<'_>) -> Result<Page> {
        let call = Call::new(op::LIST)
            .at("AccountSid", &self.account)
            .maybe("To", window.to)
            .maybe("From", window.from)
            // `>=`: the sign of equality is the query's own.
            .maybe("DateSent>", window.since.map(day))
            .query("PageSize", PAGE.to_string())
            .limits(LIMITS);
        self.page(&call).await
    }

    /// The page that another one named.
    pub async fn more(&self, next: &str) -> Result<Page> {
        let call = Call::new(op::LIST)
            .to(beside(&self.api, next)?)
            .limits(LIMITS);
        self.page(&call).await
    }

    async fn page(&self, call: &Call) -> Result<Page> {
        let answer: Answer = self.api.ask(call, LISTING).await?;
        let mut page: Value = answer.json()?;
        let messages = match page.get_mut("messages").map(Value::take) {
            Some(Value::Array(messages)) => messages,
            _ => {
                return Err(Error::unavailable(
                    "listing messages: Twilio answered without any list",
                ));
            }
        };
        Ok(Page {
            messages,
            next: text(&page, "next_page_uri").map(str::to_owned),
            now: answer.date(),
        })
    }

    /// One message as it is now.
    pub async fn message(&self, sid: &str) -> Result<Value> {
        let call = Call::new(op::FETCH)
            .at("AccountSid", &self.account)
            .at("Sid", sid);
        self.ask(&call, "reading a message").await
    }
}

/// The day of a time as Twilio's filters want it.
fn day(time: Timestamp) -> String {
    time.to_zoned(TimeZone::UTC)
        .strftime("%Y-%m-%d")
        .to_string()
}

/// A path that Twilio gave, on the host that was asked for it.
fn beside(api: &Api, path: &str) -> Result<String> {
    let url = api
        .base()
        .join(path)
        .map_err(|e| Error::unavailable("the address of the next page is none").because(e))?;
    Ok(url.to_string())
}
