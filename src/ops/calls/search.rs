//! `search`, as programs ask for it.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::error::Result;
use crate::model::query::Sort;
use crate::ops::App;
use crate::ops::search::{self, Mode, SearchReport, SearchRequest};

use super::{Call, Caller, Done, Scope, rows, twenty};

/// Looks for messages among those that are here; nothing is fetched.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SearchCall {
    /// Words and operators: `from:ada (report OR "year end") newer_than:2w is:unread has:attachment`.
    pub query: String,
    /// At most so many messages.
    #[serde(default = "twenty")]
    #[schemars(range(min = 1, max = 200))]
    pub limit: u16,
    /// The `next` of the page before.
    #[serde(default)]
    pub after: Option<String>,
    /// What comes first.
    #[serde(default)]
    pub sort: Sort,
    /// Also the text around the hit, which stands between `**`.
    #[serde(default)]
    pub snippets: bool,
    /// Only how many messages fit: `total`, and no messages.
    #[serde(default)]
    pub count: bool,
    /// Of each row only these fields, like `subject`; all if left out.
    #[serde(default)]
    pub fields: Vec<String>,
}

impl Call for SearchCall {
    const NAME: &'static str = "search";
    const SCHEMA: &'static str = "comms.search/1";
    const NEEDS: Scope = Scope::Read;
    type Report = SearchReport;
    const ROWS: Option<&'static str> = Some("messages");

    fn fields(&self) -> &[String] {
        &self.fields
    }

    fn keeps(&self) -> bool {
        true
    }

    async fn run(self, app: &App, _caller: &Caller) -> Result<Done<SearchReport>> {
        let request = SearchRequest {
            query: self.query,
            limit: Some(rows(self.limit)?),
            after: self.after,
            sort: self.sort,
            snippets: self.snippets,
            mode: match self.count {
                true => Mode::Count,
                false => Mode::List,
            },
        };
        let mut report = search::search(app, &request)?;
        search::mark_hits(&mut report);
        Ok(report.into())
    }
}
