//! Messages of a space: a stretch of time page by page, one by name, changed, deleted.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::error::Result;
use crate::net::api::Call;
use crate::net::google::operations::chat as op;

use super::{Client, LIMITS, PAGE_OF_MESSAGES, fault, next};

/// Which messages of a space.
#[derive(Clone, Copy, Debug, Default)]
pub struct Window<'a> {
    /// Created after.
    pub after: Option<Timestamp>,
    /// Created before.
    pub before: Option<Timestamp>,
    /// `spaces/AAA/threads/TTT`.
    pub thread: Option<&'a str>,
    /// With those that were deleted, which say no more than that.
    pub deleted: bool,
    /// Newest first.
    pub newest_first: bool,
}

impl Window<'_> {
    fn filter(&self) -> Option<String> {
        let times = [(">", self.after), ("<", self.before)];
        let times = times.into_iter().filter_map(|(sign, time)| {
            time.map(|time| format!("create_time {sign} \"{}\"", stamp(time)))
        });
        let thread = self.thread.map(|t| format!("thread.name = {t}"));
        let terms: Vec<String> = times.chain(thread).collect();
        (!terms.is_empty()).then(|| terms.join(" AND "))
    }
}

/// A time as Chat's filters want it: RFC 3339 to the microsecond, as its own times are.
pub fn stamp(time: Timestamp) -> String {
    format!("{time:.6}")
}

/// Some messages, and the token of the page after them.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// As the API gives them.
    pub messages: Vec<Value>,
    pub next: Option<String>,
}

impl Client {
    /// A page of a space's messages, oldest first unless asked otherwise; what the system says in a space is left out.
    pub async fn messages(
        &self,
        space: &str,
        window: Window<'_>,
        token: Option<&str>,
    ) -> Result<Page> {
        let call = Call::new(op::MESSAGES_LIST)
            .at("parent", space)
            .query("pageSize", PAGE_OF_MESSAGES.to_string())
            .limits(LIMITS)
            .query("orderBy", if window.newest_first { "DESC" } else { "ASC" })
            .maybe("filter", window.filter())
            .maybe("showDeleted", window.deleted.then_some("true"))
            .maybe("pageToken", token);
        let mut page = self.ask(&call, ("listing messages", Some(space))).await?;
        let messages = match page.get_mut("messages").map(Value::take) {
            Some(Value::Array(messages)) => messages,
            _ => Vec::new(),
        };
        Ok(Page {
            messages,
            next: next(&page),
        })
    }

    /// One message by its name, or by the id that was chosen for it (`spaces/AAA/messages/client-…`).
    pub async fn message(&self, name: &str) -> Result<Value> {
        let call = Call::new(op::MESSAGES_GET).at("name", name);
        self.ask(&call, ("reading a message", None)).await
    }

    /// Gives a message another text.
    pub async fn change(&self, name: &str, text: &str) -> Result<Value> {
        let call = Call::new(op::MESSAGES_PATCH)
            .at("name", name)
            .query("updateMask", "text")
            .json(&json!({ "text": text }));
        self.ask(&call, ("changing a message", None)).await
    }

    /// Deletes a message; with its replies only if that is asked for. One that is gone already is deleted.
    pub async fn delete(&self, name: &str, with_replies: bool) -> Result<()> {
        let call = Call::new(op::MESSAGES_DELETE)
            .at("name", name)
            .maybe("force", with_replies.then_some("true"));
        match self.api.ask(&call, "deleting a message").await {
            Ok(_) => Ok(()),
            // The first try was heard, and its answer lost.
            Err(fault) if fault.status == 410 => Ok(()),
            Err(fault) => Err(fault::judge(fault, None)),
        }
    }
}
