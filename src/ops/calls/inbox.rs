//! `inbox`, as programs ask for it.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::error::Result;
use crate::model::time;
use crate::ops::App;
use crate::ops::inbox::{self, Freshness, InboxReport, InboxRequest};

use super::{Call, Caller, Done, Scope, rows, twenty};

/// Lists threads, newest first, with how fresh each account is.
///
/// Accounts that were not synced for a minute are refreshed within a few seconds, unless `freshness` says otherwise.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InboxCall {
    /// Only threads with an unread message.
    #[serde(default)]
    pub unread: bool,
    /// Only threads with a starred message.
    #[serde(default)]
    pub starred: bool,
    /// Only this account.
    #[serde(default)]
    pub account: Option<String>,
    /// Only this channel: `mail`, `slack`, `twilio`, `whatsapp`, `google-chat` …
    #[serde(default)]
    pub channel: Option<String>,
    /// Only threads with a message of then or later: `2d` (ago), `yesterday`, `2026-01-31`.
    #[serde(default)]
    pub since: Option<String>,
    /// Only threads with a message from this name or address.
    #[serde(default)]
    pub from: Option<String>,
    /// Only threads with this label.
    #[serde(default)]
    pub label: Option<String>,
    /// Instead of the inbox this folder, or the one of this role: `archive`, `sent`, `trash` …
    #[serde(default, rename = "in")]
    pub folder: Option<String>,
    /// At most so many threads.
    #[serde(default = "twenty")]
    #[schemars(range(min = 1, max = 200))]
    pub limit: u16,
    /// The `next` of the page before.
    #[serde(default)]
    pub after: Option<String>,
    /// Accounts that were synced more recently than this are left alone: `60s`, `5min`.
    #[serde(default)]
    pub max_age: Option<String>,
    /// What is done about accounts that were not synced for longer than `max_age`.
    #[serde(default)]
    pub freshness: Freshness,
    /// Of each row only these fields, like `newest.subject`; all if left out.
    #[serde(default)]
    pub fields: Vec<String>,
}

impl Call for InboxCall {
    const NAME: &'static str = "inbox";
    const SCHEMA: &'static str = "comms.inbox/1";
    const NEEDS: Scope = Scope::Read;
    type Report = InboxReport;
    const ROWS: Option<&'static str> = Some("threads");

    fn fields(&self) -> &[String] {
        &self.fields
    }

    fn waits(&self) -> bool {
        self.freshness != Freshness::Offline
    }

    fn keeps(&self) -> bool {
        !self.waits()
    }

    async fn run(self, app: &App, _caller: &Caller) -> Result<Done<InboxReport>> {
        let request = InboxRequest {
            unread: self.unread,
            starred: self.starred,
            account: self.account,
            channel: self.channel,
            since: self.since,
            from: self.from,
            label: self.label,
            folder: self.folder,
            limit: rows(self.limit)?,
            after: self.after,
            max_age: self.max_age.as_deref().map(time::duration).transpose()?,
            freshness: self.freshness,
        };
        // A wrong filter is told before the network is asked.
        inbox::filter(app, &request)?;
        let sources = match request.freshness {
            Freshness::Offline => inbox::sources(app, &request)?,
            _ => inbox::refresh(app, &request).await?,
        };
        Ok(inbox::list(app, &request, sources)?.into())
    }
}
