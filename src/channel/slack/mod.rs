//! Slack over its Web API: channels, what was said in them, people, and messages out.
//!
//! Messages come as the API gives them, as JSON: `format::slack` reads them. A `ts` is a message's id within its
//! channel, and stays the text it is.

mod conversations;
mod files;
mod messages;
mod reactions;
mod search;
mod send;
mod users;
pub mod webhook;

pub use conversations::{Conversation, Listing};
pub use files::Uploaded;
pub use messages::{Page, Window};
pub use search::Match;
pub use send::{Outcome, Own, Post, Share, Since};
pub use users::User;

use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use crate::error::{Error, Result};
use crate::net::api::{Api, Call, Fault};
use crate::net::http::Limits;
use crate::net::pages::Trail;
use crate::net::slack::operations::{self as op, Method};

/// For one page.
const LIMITS: Limits = Limits {
    total: Duration::from_secs(120),
    largest: 32 << 20,
};
/// The rows of one page of channels or people at most.
const PAGE: usize = 1000;
/// More pages than this no workspace has, nor a thread, nor what came since an attempt.
const MOST_PAGES: usize = 1000;

/// Slack as one token sees it.
pub struct Client {
    api: Api,
}

/// Whose token it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Whoami {
    /// `https://TEAM.slack.com/`
    pub url: String,
    pub team: String,
    pub team_id: String,
    pub user: String,
    pub user_id: String,
    /// Of a bot's token.
    pub bot_id: Option<String>,
    /// The organisation of the workspace, if it is in one: `E…`.
    pub enterprise_id: Option<String>,
    /// The app is in all workspaces of the organisation, and so is the token.
    pub is_enterprise_install: bool,
}

impl Client {
    pub fn new(api: Api) -> Client {
        Client { api }
    }

    /// Whose token it is. Asks for no scope.
    pub async fn whoami(&self) -> Result<Whoami> {
        let doing = "asking whose token it is";
        let who: Whoami = self.read(&call(&op::AUTH_TEST), doing).await?;
        if who.user_id.is_empty() {
            return Err(Error::unavailable(format!(
                "{doing}: it was answered with something else"
            ))
            .hint(
                "is the address right, and is a proxy or a login page of the network in between?",
            ));
        }
        Ok(who)
    }

    async fn read<T: for<'de> Deserialize<'de>>(&self, call: &Call, doing: &str) -> Result<T> {
        Ok(self.api.json::<T>(call, doing).await?)
    }

    /// All rows of a listing, page by page. A page may be short, and even empty, and not the last.
    async fn all(
        &self,
        page: impl Fn() -> Call,
        (rows, doing): (&str, &str),
    ) -> Result<Vec<Value>, Fault> {
        let mut all = Vec::new();
        let mut cursor: Option<String> = None;
        let mut trail = Trail::within(MOST_PAGES);
        loop {
            let call = page().maybe("cursor", cursor.take()).limits(LIMITS);
            let (mut answer, bytes) = self.api.sized::<Value>(&call, doing).await?;
            let mut brought = 0;
            if let Some(Value::Array(found)) = answer.get_mut(rows).map(Value::take) {
                brought = found.len();
                trail.hold(brought, bytes, doing).map_err(Fault::before)?;
                all.extend(found);
            }
            cursor = next(&answer);
            match &cursor {
                None => return Ok(all),
                Some(cursor) => trail.step(cursor, brought, doing).map_err(Fault::before)?,
            }
        }
    }
}

/// A call of a method, in its turn.
fn call(method: &'static Method) -> Call {
    Call::new(&method.operation).paced(method.per_minute)
}

/// The cursor of the page after this one.
fn next(page: &Value) -> Option<String> {
    let cursor = page
        .get("response_metadata")?
        .get("next_cursor")?
        .as_str()?;
    (!cursor.is_empty()).then(|| cursor.to_owned())
}

/// The rows that can be read; one that is broken is none.
fn rows<T: for<'de> Deserialize<'de>>(rows: Vec<Value>) -> Vec<T> {
    let rows = rows.into_iter();
    rows.filter_map(|row| serde_json::from_value(row).ok())
        .collect()
}

#[cfg(test)]
mod tests;
