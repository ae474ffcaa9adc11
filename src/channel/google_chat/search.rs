//! Search where the messages are: for what is not in the store yet. An empty answer proves nothing.

use serde_json::{Value, json};

use crate::error::{Error, Result};
use crate::net::api::Call;
use crate::net::google::operations::chat as op;
use crate::net::pages::Trail;

use super::{Client, LIMITS, next};

/// Of one page at most, and of a filter in characters (Google's limits).
const PAGE: usize = 100;
const LONGEST: usize = 1000;

/// A message that was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// As the API gives it.
    pub message: Value,
    pub read: bool,
}

const SEARCHING: &str = "searching Google Chat";

impl Client {
    /// Messages of all spaces that fit, newest first, at most `most`. Left out are muted spaces and what apps wrote.
    pub async fn search(&self, filter: &str, most: usize) -> Result<Vec<Found>> {
        if filter.chars().count() > LONGEST {
            return Err(Error::usage(format!(
                "Google Chat takes searches of at most {LONGEST} characters"
            )));
        }
        let mut all: Vec<Found> = Vec::new();
        let mut token: Option<String> = None;
        let mut trail = Trail::default();
        while all.len() < most {
            let mut body = json!({
                "filter": filter,
                "pageSize": PAGE.min(most - all.len()),
                "orderBy": "create_time desc",
            });
            if let Some(token) = &token {
                body["pageToken"] = json!(token);
            }
            let call = Call::new(op::MESSAGES_SEARCH)
                .at("parent", "spaces/-")
                .json(&body)
                .limits(LIMITS);
            let mut page = self.ask(&call, (SEARCHING, None)).await?;
            let before = all.len();
            if let Some(Value::Array(results)) = page.get_mut("results").map(Value::take) {
                all.extend(results.into_iter().filter_map(found));
            }
            token = next(&page);
            match &token {
                None => break,
                Some(token) => trail.step(token, all.len() - before, SEARCHING)?,
            }
        }
        all.truncate(most);
        Ok(all)
    }
}

fn found(mut result: Value) -> Option<Found> {
    let read = result.get("read").and_then(Value::as_bool);
    let message = result.get_mut("message")?.take();
    message.is_object().then(|| Found {
        message,
        read: read.unwrap_or(false),
    })
}
