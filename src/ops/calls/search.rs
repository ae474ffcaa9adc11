//! `search`, as programs ask for it.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::error::Result;
use crate::model::query::Sort;
use crate::ops::App;
use crate::ops::search::{self, Mode, SearchReport, SearchRequest};

use super::{Call, Caller, Done, Scope};

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
}

fn twenty() -> u16 {
    20
}

impl Call for SearchCall {
    const NAME: &'static str = "search";
    const SCHEMA: &'static str = "comms.search/1";
    const NEEDS: Scope = Scope::Read;
    const WAITS: bool = false;
    type Report = SearchReport;

    async fn run(self, app: &App, _caller: &Caller) -> Result<Done<SearchReport>> {
        let request = SearchRequest {
            query: self.query,
            limit: Some(usize::from(self.limit.clamp(1, 200))),
            after: self.after,
            sort: Sort::Newest,
            snippets: false,
            mode: Mode::List,
        };
        Ok(search::search(app, &request)?.into())
    }
}
