//! `inbox`: threads, newest first, from the store; the network only for what is old.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::model::account::ChannelKind;
use crate::model::message::ThreadRow;
use crate::model::query::{Fact, Field, Query, Text};
use crate::model::time::{self, Direction};
use crate::store::{SourceState, ThreadFilter};

use super::sync::{self, RefreshRequest};
use super::{App, outbox};

/// Which threads to list.
#[derive(Clone, Debug, Default)]
pub struct InboxRequest {
    pub unread: bool,
    pub starred: bool,
    pub account: Option<String>,
    pub channel: Option<String>,
    /// TIME; threads with a message of then or later.
    pub since: Option<String>,
    pub from: Option<String>,
    pub label: Option<String>,
    /// A folder or its role instead of inbox and ordinary folders.
    pub folder: Option<String>,
    pub limit: usize,
    /// The `next` of the page before.
    pub after: Option<String>,
    /// Sources synced more recently than this are left alone; the config's when `None`.
    pub max_age: Option<Duration>,
    pub freshness: Freshness,
}

impl InboxRequest {
    /// Whether it asks for less than the whole inbox.
    pub fn is_filtered(&self) -> bool {
        let given = [
            &self.account,
            &self.channel,
            &self.since,
            &self.from,
            &self.label,
            &self.folder,
            &self.after,
        ];
        self.unread || self.starred || given.iter().any(|filter| filter.is_some())
    }
}

/// What is done about sources that are older than `max_age`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Freshness {
    /// They are refreshed as far as the deadline allows.
    #[default]
    Usual,
    /// Nothing.
    Offline,
    /// All sources are refreshed, or it is an error.
    Fresh,
}

/// The inbox. `comms.inbox/1`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct InboxReport {
    pub threads: Vec<ThreadRow>,
    /// Give it back as `--after` for the next page; null on the last.
    pub next: Option<String>,
    /// How fresh each source is.
    pub sources: Vec<SourceState>,
}

/// Brings old sources up to date, within the deadline.
pub async fn refresh(app: &App, request: &InboxRequest) -> Result<Vec<SourceState>> {
    let wanted = RefreshRequest {
        accounts: request.account.iter().cloned().collect(),
        max_age: request.max_age.unwrap_or(app.config.max_age),
        deadline: app.config.refresh_deadline,
        fresh: request.freshness == Freshness::Fresh,
    };
    sync::refresh(app, &wanted).await
}

/// How fresh the sources are; nothing is refreshed.
pub fn sources(app: &App, request: &InboxRequest) -> Result<Vec<SourceState>> {
    let names: Vec<String> = request.account.iter().cloned().collect();
    let accounts = sync::chosen(app, &names)?;
    if !app.store.exists() {
        return Ok(Vec::new());
    }
    sync::sources(
        app,
        &accounts,
        request.max_age.unwrap_or(app.config.max_age),
    )
}

/// Lists threads as the store has them.
pub fn list(app: &App, request: &InboxRequest, sources: Vec<SourceState>) -> Result<InboxReport> {
    let filter = filter(app, request)?;
    if !app.store.exists() {
        return Ok(InboxReport {
            threads: Vec::new(),
            next: None,
            sources,
        });
    }
    let page = app
        .store
        .threads(&filter, request.limit, request.after.as_deref())?;
    Ok(InboxReport {
        threads: page.rows,
        next: page.next,
        sources,
    })
}

/// Checks a request before anything is refreshed for it, and says what it asks of the store.
pub fn filter(app: &App, request: &InboxRequest) -> Result<ThreadFilter> {
    let mut parts = Vec::new();
    if request.unread {
        parts.push(Query::Is(Fact::Unread));
    }
    if request.starred {
        parts.push(Query::Is(Fact::Starred));
    }
    if let Some(account) = &request.account {
        parts.push(Query::Account(app.config.account(account)?.name.clone()));
    }
    if let Some(channel) = &request.channel {
        parts.push(Query::Channel(known_channel(channel)?));
    }
    if let Some(since) = &request.since {
        let since = time::parse(since, &app.clock.now_local(), Direction::Past)?;
        parts.push(Query::Since(since.timestamp()));
    }
    if let Some(from) = &request.from {
        if !from.chars().any(char::is_alphanumeric) {
            return Err(Error::usage(format!(
                "--from `{from}` has no letter or digit to look for"
            )));
        }
        parts.push(Query::Text {
            field: Field::From,
            text: Text::Phrase(from.clone()),
        });
    }
    if let Some(label) = &request.label {
        parts.push(Query::Label(label.clone()));
    }
    if let Some(folder) = &request.folder {
        super::search::check_folder(app, folder)?;
        parts.push(Query::In(folder.clone()));
    }
    let query = match parts.len() {
        0 => Query::All,
        1 => parts.remove(0),
        _ => Query::And(parts),
    };
    Ok(ThreadFilter {
        query,
        any_folder: request.folder.is_some(),
    })
}

/// What in the outbox wants to be looked at; `None` if nothing does.
pub fn outbox_in_words(app: &App) -> Option<String> {
    // Reading must not make a store, and the inbox is shown even if the outbox can't be.
    let status = Some(app)
        .filter(|app| app.store.exists())
        .and_then(|app| outbox::summary(app).ok())?;
    let parts: Vec<String> = [
        (status.unconfirmed, "unconfirmed"),
        (status.failed, "failed"),
        (status.waiting, "waiting"),
    ]
    .into_iter()
    .filter(|(n, _)| *n > 0)
    .map(|(n, state)| format!("{n} {state}"))
    .collect();
    (!parts.is_empty()).then(|| {
        format!(
            "messages in the outbox: {}; see `comms outbox list`",
            parts.join(", ")
        )
    })
}

fn known_channel(name: &str) -> Result<String> {
    let name = name.to_lowercase();
    let known: Vec<_> = ChannelKind::names().collect();
    if known.contains(&name.as_str()) {
        Ok(name)
    } else {
        Err(Error::usage(format!("there is no channel `{name}`"))
            .hint(format!("channels are {}", known.join(", "))))
    }
}
