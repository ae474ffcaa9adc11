//! Messages of a channel and of a thread, page by page; changed, deleted, linked to.

use serde_json::Value;

use crate::error::Result;
use crate::net::api::{Call, Fault};
use crate::net::slack::operations as op;

use super::{Client, LIMITS, call, next};

/// Of messages at most (Slack takes 999, and wants 200).
const PAGE: usize = 200;

/// Which messages of a channel or a thread; `ts` as Slack writes them.
#[derive(Clone, Copy, Debug, Default)]
pub struct Window<'a> {
    /// After this one.
    pub oldest: Option<&'a str>,
    /// Before this one.
    pub latest: Option<&'a str>,
    /// With those at the borders.
    pub inclusive: bool,
}

/// Some messages, and the cursor of the page after them.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// As the API gives them.
    pub messages: Vec<Value>,
    pub next: Option<String>,
    /// Slack's own clock when it answered.
    pub at: Option<jiff::Timestamp>,
}

impl Client {
    /// A page of a channel's messages, newest first; replies are not among them.
    pub async fn history(
        &self,
        channel: &str,
        window: Window<'_>,
        cursor: Option<&str>,
    ) -> Result<Page> {
        let call = windowed(
            call(&op::CONVERSATIONS_HISTORY).query("channel", channel),
            window,
        );
        Ok(self.page(call, cursor, "reading the channel").await?)
    }

    /// A page of a thread, its first message first and then the others, oldest first.
    pub async fn replies(
        &self,
        (channel, thread): (&str, &str),
        window: Window<'_>,
        cursor: Option<&str>,
    ) -> Result<Page> {
        let call = call(&op::CONVERSATIONS_REPLIES)
            .query("channel", channel)
            .query("ts", thread);
        let page = self.page(windowed(call, window), cursor, "reading the thread");
        Ok(page.await?)
    }

    async fn page(&self, call: Call, cursor: Option<&str>, doing: &str) -> Result<Page, Fault> {
        let call = call
            .query("limit", PAGE.to_string())
            .query("include_all_metadata", "true")
            .maybe("cursor", cursor)
            .limits(LIMITS);
        let answer = self.api.ask(&call, doing).await?;
        let at = answer.date();
        let mut page: Value = answer.json().map_err(Fault::before)?;
        let next = next(&page);
        let messages = match page.get_mut("messages").map(Value::take) {
            Some(Value::Array(messages)) => messages,
            _ => Vec::new(),
        };
        Ok(Page { messages, next, at })
    }

    /// One message; none if it is not there. Works for replies too.
    pub async fn message(&self, channel: &str, ts: &str) -> Result<Option<Value>> {
        let same = |m: &Value| m.get("ts").and_then(Value::as_str) == Some(ts);
        let window = Window {
            oldest: Some(ts),
            latest: Some(ts),
            inclusive: true,
        };
        let page = self.history(channel, window, None).await?;
        if let Some(found) = page.messages.into_iter().find(same) {
            return Ok(Some(found));
        }
        match self.replies((channel, ts), window, None).await {
            Ok(page) => Ok(page.messages.into_iter().find(same)),
            Err(e) if e.kind == crate::error::Kind::NotFound => Ok(None),
            Err(e) => Err(e),
        }
    }

    /// Gives a message another text.
    pub async fn change(&self, channel: &str, ts: &str, text: &str) -> Result<()> {
        let fields = [
            ("channel", channel),
            ("ts", ts),
            ("text", text),
            ("parse", "none"),
            ("link_names", "false"),
        ];
        let call = call(&op::CHAT_UPDATE).form(fields);
        self.read::<Value>(&call, "changing a message")
            .await
            .map(drop)
    }

    /// Deletes a message. `not_found` says that it is not there, or that the channel can't be seen.
    pub async fn delete(&self, channel: &str, ts: &str) -> Result<()> {
        let call = call(&op::CHAT_DELETE).form([("channel", channel), ("ts", ts)]);
        let deleted = self.read::<Value>(&call, "deleting a message").await;
        deleted.map(drop)
    }

    /// Where a browser shows a message.
    pub async fn permalink(&self, channel: &str, ts: &str) -> Result<String> {
        let call = call(&op::CHAT_PERMALINK)
            .query("channel", channel)
            .query("message_ts", ts);
        let answer: Value = self.read(&call, "asking for a link").await?;
        let link = answer.get("permalink").and_then(Value::as_str);
        Ok(link.unwrap_or_default().to_owned())
    }
}

fn windowed(call: Call, window: Window<'_>) -> Call {
    call.maybe("oldest", window.oldest)
        .maybe("latest", window.latest)
        .maybe("inclusive", window.inclusive.then_some("true"))
}
