//! The templates of a business account, page by page.

use serde_json::Value;

use crate::error::{Error, Result};
use crate::net::pages::Trail;
use crate::net::whatsapp::operations as op;

use super::{Client, text};

/// Of one page.
const PAGE: usize = 100;
/// An account has 6,000 at most (Cloud API, message template limits).
const MOST_PAGES: usize = 100;
const LISTING: &str = "listing the templates";

/// A template as WhatsApp describes it; `format::whatsapp::template` reads it.
pub type Template = Value;

impl Client {
    /// All templates of the business account, whatever their state.
    pub async fn templates(&self) -> Result<Vec<Template>> {
        let business = self
            .settings
            .business_account_id
            .as_deref()
            .ok_or_else(|| {
                Error::config("the account names no business account, whose templates these are")
                    .hint("add business_account_id = \"…\" to it: `comms config show`")
            })?;
        let mut all = Vec::new();
        let mut after: Option<String> = None;
        let mut trail = Trail::within(MOST_PAGES);
        loop {
            let call = self
                .call(op::TEMPLATES)
                .at("business", business)
                .query("limit", PAGE.to_string())
                .maybe("after", after.take());
            let mut page = self.ask(&call, LISTING).await?;
            let mut brought = 0;
            if let Some(Value::Array(found)) = page.get_mut("data").map(Value::take) {
                brought = found.len();
                all.extend(found);
            }
            let paging = page.get("paging").unwrap_or(&Value::Null);
            let cursor = paging.get("cursors").and_then(|c| text(c, "after"));
            after = cursor.map(str::to_owned);
            match &after {
                Some(after) if text(paging, "next").is_some() => {
                    trail.step(after, brought, LISTING)?;
                }
                _ => return Ok(all),
            }
        }
    }
}
