//! `inbox mark`: changes here at once, then tells files and servers.

use std::collections::BTreeSet;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;

use crate::error::{Error, Result};
use crate::format::clean;
use crate::model::id::MessageId;
use crate::model::message::{Change, Envelope, Ident, Location};

use super::named::{self, Named};
use super::{App, scan, sync, whatsapp};

/// How long a server may take before it is left for the next sync.
const PATIENCE: Duration = Duration::from_secs(10);

/// What to change, and in which messages.
#[derive(Clone, Debug, Default)]
pub struct MarkRequest {
    /// Message and thread ids; a thread stands for all its messages.
    pub ids: Vec<String>,
    pub change: Change,
    pub dry_run: bool,
}

/// What was changed. `comms.mark/1`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct MarkReport {
    pub dry_run: bool,
    /// The messages as they are now; under `--dry-run` as they still are.
    pub messages: Vec<Envelope>,
    /// Accounts whose server will be told at the next sync.
    pub untold: Vec<String>,
}

/// Changes made here, and whom to tell.
pub struct Marked {
    ids: Vec<MessageId>,
    dry_run: bool,
    /// Accounts with changes their server has not been told.
    pub untold: Vec<String>,
}

/// Changes messages here and in Maildirs. No id is touched unless all of them exist.
pub fn mark(app: &App, request: &MarkRequest) -> Result<Marked> {
    check_labels(&request.change)?;
    if app.config.read_only && !request.dry_run {
        return Err(
            Error::refused("nothing is marked: comms was told to be read-only")
                .hint("leave out --read-only and unset COMMS_READONLY"),
        );
    }
    let ids = resolve(app, &request.ids)?;
    let mut untold = BTreeSet::new();
    if request.dry_run {
        return Ok(Marked {
            ids,
            dry_run: true,
            untold: Vec::new(),
        });
    }
    let locations: Vec<Location> = ids
        .iter()
        .map(|id| app.store.location(*id))
        .collect::<Result<_>>()?;
    // Files first: if one can't be renamed, the store must not claim it was.
    for location in &locations {
        if !has_server(location) {
            scan::apply(app, location, &request.change)?;
        }
    }
    let mut told = Vec::new();
    for location in locations.iter().filter(|one| has_server(one)) {
        told.push(location.id);
        untold.insert(location.account.clone());
    }
    // A mark that stands here and that its server will never hear of would be undone or be wrong for ever.
    app.store.change_telling(&ids, &request.change, &told)?;
    Ok(Marked {
        ids,
        dry_run: false,
        untold: untold.into_iter().collect(),
    })
}

fn check_labels(change: &Change) -> Result<()> {
    let (added, taken) = (&change.add_labels, &change.remove_labels);
    for label in added.iter().chain(taken) {
        // What a terminal would not show as it is written could pass for another label.
        let bad = label.trim().is_empty() || clean::line(label) != *label;
        if bad || label.starts_with('\\') {
            return Err(Error::usage(format!(
                "`{}` can't be a label",
                label.escape_debug()
            ))
            .hint("a label is a word without control or direction characters that doesn't begin with a backslash"));
        }
    }
    match added.iter().find(|label| taken.contains(label)) {
        Some(both) => Err(Error::usage(format!(
            "label `{both}` is both added and taken away"
        ))),
        None => Ok(()),
    }
}

/// Whether a server is to be told of changes.
fn has_server(location: &Location) -> bool {
    matches!(location.ident, Ident::Uid { .. } | Ident::Remote(_))
}

/// Shows the writers of these messages that an answer is being typed.
pub async fn typing(app: &App, marked: &Marked) -> Result<()> {
    for id in marked.ids.iter().filter(|_| !marked.dry_run) {
        whatsapp::acts::typing(app, *id).await?;
    }
    Ok(())
}

/// Tells the servers; one that can't be reached stays in `untold`, with the reason returned.
pub async fn tell(app: &App, marked: &mut Marked) -> Result<Vec<(String, Error)>> {
    let mut troubles = Vec::new();
    let mut untold = Vec::new();
    for name in std::mem::take(&mut marked.untold) {
        let told = match app.config.account(&name) {
            Ok(account) => match tokio::time::timeout(PATIENCE, sync::push(app, account)).await {
                Ok(told) => told,
                Err(_) => Err(Error::unavailable("the server did not answer in time")),
            },
            Err(e) => Err(e),
        };
        match told {
            Err(error) => {
                troubles.push((name.clone(), error));
                untold.push(name);
            }
            // Another process may hold the account; then the queue is still there.
            Ok(()) if !app.store.queued_changes(&name)?.is_empty() => untold.push(name),
            Ok(()) => {}
        }
    }
    marked.untold = untold;
    Ok(troubles)
}

/// The messages as they are now; one that its server made into another, or lost, is not told of.
pub fn report(app: &App, marked: Marked) -> Result<MarkReport> {
    let messages = app.store.present(&marked.ids)?;
    Ok(MarkReport {
        dry_run: marked.dry_run,
        messages,
        untold: marked.untold,
    })
}

/// Message ids in the order given, threads spelled out, each once.
fn resolve(app: &App, ids: &[String]) -> Result<Vec<MessageId>> {
    let mut seen = BTreeSet::new();
    let mut messages = Vec::new();
    for id in ids {
        let named = if id.starts_with('t') {
            Named::Thread(id.parse()?)
        } else {
            Named::Message(id.parse()?)
        };
        let found = named::messages(app, named)?.into_iter();
        messages.extend(found.filter(|id| seen.insert(*id)));
    }
    if messages.is_empty() {
        return Err(Error::usage("no message was named").hint("give ids like `m17` or `t8`"));
    }
    Ok(messages)
}
