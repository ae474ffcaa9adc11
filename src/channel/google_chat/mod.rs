//! Google Chat over its REST API (v1): spaces, what was said in them, and messages out.
//!
//! Messages come as the API gives them, as JSON: `format::chat` reads them.

mod direct;
mod events;
mod fault;
mod media;
mod messages;
mod reactions;
mod read_state;
mod search;
mod send;
mod spaces;

pub use events::{Change, Event, REACH_DAYS};
pub use fault::is_closed;
pub use media::LARGEST_FILE;
pub use messages::{Page, Window};
pub use reactions::Reaction;
pub use search::Found;
pub use send::{Find, NO_PROOF, Outcome, Post, Thread};
pub use spaces::{Member, Space, SpaceKind};

use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use crate::error::Result;
use crate::net::api::{Api, Call};
use crate::net::http::Limits;
use crate::net::pages::Trail;

/// The rows of one page at most (Google's limit for all listings but events and reactions).
const PAGE: usize = 1000;

/// Of messages less: each may have 32,000 bytes several times over, with its text in two forms and its cards.
const PAGE_OF_MESSAGES: usize = 250;
/// For one page.
const LIMITS: Limits = Limits {
    total: Duration::from_secs(120),
    largest: 64 << 20,
};

/// Chat as one user sees it.
pub struct Client {
    api: Api,
}

impl Client {
    pub fn new(api: Api) -> Client {
        Client { api }
    }

    /// Makes a call that may be repeated; `space` names the place in errors.
    async fn ask(&self, call: &Call, (doing, space): (&str, Option<&str>)) -> Result<Value> {
        let value = self.api.json(call, doing).await;
        value.map_err(|fault| fault::judge(fault, space))
    }

    /// All rows of a listing that can be read, page by page; one that is broken is none.
    async fn all<T: for<'de> Deserialize<'de>>(
        &self,
        call: impl Fn() -> Call,
        (rows, doing): (&str, &str),
        space: Option<&str>,
    ) -> Result<Vec<T>> {
        let mut all = Vec::new();
        let mut token: Option<String> = None;
        let mut trail = Trail::default();
        loop {
            let call = call().maybe("pageToken", token.take());
            let page = self.api.sized::<Value>(&call, doing).await;
            let (mut page, bytes) = page.map_err(|fault| fault::judge(fault, space))?;
            let mut brought = 0;
            if let Some(Value::Array(found)) = page.get_mut(rows).map(Value::take) {
                brought = found.len();
                trail.hold(brought, bytes, doing)?;
                all.extend(read::<T>(found));
            }
            token = next(&page);
            match &token {
                None => return Ok(all),
                Some(token) => trail.step(token, brought, doing)?,
            }
        }
    }
}

/// The token of the page after this one.
fn next(page: &Value) -> Option<String> {
    let token = page.get("nextPageToken")?.as_str()?;
    (!token.is_empty()).then(|| token.to_owned())
}

/// The rows that can be read; one that is broken is none.
fn read<T: for<'de> Deserialize<'de>>(rows: Vec<Value>) -> Vec<T> {
    let rows = rows.into_iter();
    rows.filter_map(|row| serde_json::from_value(row).ok())
        .collect()
}

#[cfg(test)]
mod tests;
