//! `search`: reads the store and nothing else; no network, no runtime. But for `--remote`.

mod remote;
mod snippet;

use schemars::JsonSchema;
use serde::Serialize;

use crate::error::Result;
use crate::format::document;
use crate::model::address::Address;
use crate::model::id::MessageId;
use crate::model::message::{Envelope, Parsed};
use crate::model::query::{Query, Sort};
use crate::rules::query::{self, Explained, Known};

use super::App;

pub use remote::remote;
pub use snippet::{CLOSE, OPEN};

/// What to look for and how to show it.
#[derive(Clone, Debug, Default)]
pub struct SearchRequest {
    /// In the query language.
    pub query: String,
    /// `None` means all.
    pub limit: Option<usize>,
    /// The `next` of the page before.
    pub after: Option<String>,
    pub sort: Sort,
    pub snippets: bool,
    pub mode: Mode,
}

/// What the answer is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    #[default]
    List,
    /// Only how many messages fit.
    Count,
    /// Only how the query was read.
    Explain,
}

/// What was found. `comms.search/1`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct SearchReport {
    pub query: String,
    /// How the query was read, under `--explain`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub explained: Option<Explained>,
    pub messages: Vec<Envelope>,
    /// Give it back as `--after` for the next page; null on the last.
    pub next: Option<String>,
    /// How many messages fit, under `--count`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
    /// Accounts that could not be searched, under `--remote`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

/// Finds messages.
pub fn search(app: &App, request: &SearchRequest) -> Result<SearchReport> {
    let tree = read(app, &request.query)?;
    let mut report = SearchReport {
        query: request.query.clone(),
        explained: None,
        messages: Vec::new(),
        next: None,
        total: None,
        warnings: Vec::new(),
    };
    match request.mode {
        Mode::Explain => report.explained = Some(query::explain(&tree, app.clock.zone())),
        // Reading must not make a store.
        Mode::Count if !app.store.exists() => report.total = Some(0),
        Mode::List if !app.store.exists() => {}
        Mode::Count => report.total = Some(app.store.count(&tree)?),
        Mode::List => {
            let page =
                app.store
                    .search(&tree, request.sort, request.limit, request.after.as_deref())?;
            report.messages = page.rows;
            report.next = page.next;
            if request.snippets {
                cut_snippets(app, &tree, &mut report.messages);
            }
        }
    }
    Ok(report)
}

/// Puts the hits in snippets between `**`.
pub fn mark_hits(report: &mut SearchReport) {
    for message in &mut report.messages {
        let snippet = message.snippet.take();
        message.snippet = snippet.map(|text| text.replace([OPEN, CLOSE], "**"));
    }
}

/// Reads a query against the accounts there are, in the config or only in the store, and their folders.
pub fn read(app: &App, text: &str) -> Result<Query> {
    let now = app.clock.now_local();
    let lower = text.to_ascii_lowercase();
    let mut known = Known::default();
    if lower.contains("account:") {
        let mut accounts: Vec<String> =
            app.config.accounts.iter().map(|a| a.name.clone()).collect();
        if app.store.exists() {
            let stored = app.store.count_by_account()?;
            accounts.extend(stored.into_iter().map(|(name, _)| name));
        }
        accounts.sort();
        accounts.dedup();
        known.accounts = Some(accounts);
    }
    if lower.contains("in:") {
        known.folders = folders(app)?;
    }
    query::parse_for(text, &now, &known)
}

/// Every message that fits, newest first.
pub fn every(app: &App, query: &Query) -> Result<Vec<MessageId>> {
    let mut ids = Vec::new();
    let mut after: Option<String> = None;
    loop {
        let page = app
            .store
            .search(query, Sort::Newest, Some(PAGE), after.as_deref())?;
        ids.extend(page.rows.iter().map(|row| row.id));
        match page.next {
            Some(next) => after = Some(next),
            None => return Ok(ids),
        }
    }
}

/// Rows that are read at once where all are wanted.
const PAGE: usize = 5_000;

/// Refuses a folder that is nowhere, with those there are.
pub fn check_folder(app: &App, name: &str) -> Result<()> {
    match folders(app)? {
        Some(known) => query::check_folder(name, &known),
        None => Ok(()),
    }
}

/// Paths of all folders; `None` as long as nothing was ever synced or imported.
fn folders(app: &App) -> Result<Option<Vec<String>>> {
    if !app.store.exists() {
        return Ok(None);
    }
    let paths = app.store.folder_paths()?;
    Ok((!paths.is_empty()).then_some(paths))
}

/// A message whose bytes can't be read any more keeps its preview alone.
fn cut_snippets(app: &App, tree: &Query, messages: &mut [Envelope]) {
    let needles = snippet::Needles::of(tree);
    for message in messages {
        let raw = app.store.raw(message.id).ok();
        let parsed = raw.map(|raw| document::parse(message.channel, &raw));
        message.snippet = parsed.and_then(|parsed| cut_snippet(&needles, &parsed));
    }
}

/// Of the text; of the header or the attachment that was hit if the text was not.
fn cut_snippet(needles: &snippet::Needles, message: &Parsed) -> Option<String> {
    let people = |name, people: &[Address]| {
        let people: Vec<String> = people.iter().map(Address::to_string).collect();
        format!("{name}: {}", people.join(", "))
    };
    let files = message.attachments.iter().map(|a| a.name.as_str());
    needles
        .cut(&message.text)
        .or_else(|| needles.cut(&format!("Subject: {}", message.subject)))
        .or_else(|| needles.cut(&people("From", &message.from)))
        .or_else(|| needles.cut(&people("To", &message.to)))
        .or_else(|| needles.cut(&people("Cc", &message.cc)))
        .or_else(|| {
            let files: Vec<&str> = files.collect();
            needles.cut(&format!("Attached: {}", files.join(", ")))
        })
}
