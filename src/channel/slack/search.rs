//! Searching at Slack. Only a person's token may.

use serde::Deserialize;
use serde_json::Value;

use crate::error::Result;
use crate::net::slack::operations as op;

use super::{Client, LIMITS, call};

/// Of one page at most (Slack's limit).
const PAGE: usize = 100;
/// Pages at most (Slack's limit).
const MOST_PAGES: u64 = 100;

/// Where a message that fits is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Match {
    pub channel: String,
    pub ts: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Answer {
    messages: Messages,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Messages {
    total: u64,
    matches: Vec<Value>,
    paging: Paging,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Paging {
    pages: u64,
}

impl Client {
    /// Messages by a query in Slack's words, newest first, and how many there are in all.
    pub async fn search(&self, query: &str, most: usize) -> Result<(Vec<Match>, u64)> {
        let mut found = Vec::new();
        let mut total = 0;
        for page in 1..=MOST_PAGES {
            let call = call(&op::SEARCH_MESSAGES)
                .query("query", query)
                .query("count", PAGE.min(most.max(1)).to_string())
                .query("page", page.to_string())
                .query("sort", "timestamp")
                .query("sort_dir", "desc")
                .limits(LIMITS);
            let answer: Answer = self.read(&call, "searching at Slack").await?;
            let messages = answer.messages;
            total = total.max(messages.total);
            let empty = messages.matches.is_empty();
            found.extend(messages.matches.iter().filter_map(matched));
            if empty || found.len() >= most || page >= messages.paging.pages {
                break;
            }
        }
        found.truncate(most);
        Ok((found, total))
    }
}

fn matched(row: &Value) -> Option<Match> {
    let channel = row.get("channel")?.get("id")?.as_str()?;
    let ts = row.get("ts")?.as_str()?;
    Some(Match {
        channel: channel.to_owned(),
        ts: ts.to_owned(),
    })
}
