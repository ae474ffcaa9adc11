//! Drafts at Gmail: the draft keeps its id, the message in it gets a new one with each change.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::Result;
use crate::net::google::operations::gmail as op;
use crate::net::http::Limits;
use crate::net::pages::Trail;

use super::message::encoded;
use super::{Client, Listed};

/// A draft, and the message it is now.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct Draft {
    pub id: String,
    pub message: Listed,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Page {
    drafts: Vec<Draft>,
    next_page_token: Option<String>,
}

const LISTING: &str = "listing the drafts";

impl Client {
    /// All drafts.
    pub async fn drafts(&self) -> Result<Vec<Draft>> {
        let mut drafts = Vec::new();
        let mut token: Option<String> = None;
        let mut trail = Trail::default();
        loop {
            let call = self
                .call(op::DRAFTS_LIST)
                .query("maxResults", "500")
                .query("fields", "drafts(id,message(id,threadId)),nextPageToken")
                .maybe("pageToken", token.as_deref());
            let (page, bytes) = self.api.sized::<Page>(&call, LISTING).await?;
            let brought = page.drafts.len();
            trail.hold(brought, bytes, LISTING)?;
            drafts.extend(page.drafts);
            token = page.next_page_token;
            match &token {
                None => return Ok(drafts),
                Some(token) => trail.step(token, brought, LISTING)?,
            }
        }
    }

    /// Files a draft, in a thread if it answers one.
    ///
    /// Not repeated after a fault that may have made it: a draft too few is noticed, one too many is sent twice.
    pub async fn create_draft(&self, raw: &[u8], thread_id: Option<&str>) -> Result<Draft> {
        let call = self.call(op::DRAFTS_CREATE).json(&body(raw, thread_id));
        let call = call.query("fields", "id,message(id,threadId)");
        let answer = self.api.once(&call.limits(SLOW), "saving a draft").await?;
        answer.json()
    }

    /// Replaces what a draft says.
    pub async fn update_draft(
        &self,
        id: &str,
        raw: &[u8],
        thread_id: Option<&str>,
    ) -> Result<Draft> {
        let call = self.call(op::DRAFTS_UPDATE).at("id", id);
        let call = call.query("fields", "id,message(id,threadId)");
        let call = call.json(&body(raw, thread_id)).limits(SLOW);
        Ok(self.api.json(&call, "saving a draft").await?)
    }

    /// Deletes a draft for good. One that is gone is as good.
    pub async fn delete_draft(&self, id: &str) -> Result<()> {
        let call = self.call(op::DRAFTS_DELETE).at("id", id);
        match self.api.ask(&call, "deleting a draft").await {
            Ok(_) => Ok(()),
            Err(fault) if fault.status == 404 => Ok(()),
            Err(fault) => Err(fault.error),
        }
    }
}

/// A draft may be as large as a letter.
const SLOW: Limits = Limits {
    total: std::time::Duration::from_secs(300),
    largest: 4 << 20,
};

fn body(raw: &[u8], thread_id: Option<&str>) -> Value {
    let mut message = json!({ "raw": encoded(raw) });
    if let Some(thread_id) = thread_id {
        message["threadId"] = json!(thread_id);
    }
    json!({ "message": message })
}
