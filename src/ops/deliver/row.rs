//! Several items at once, for someone who waits for all of them.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::pin::pin;

use futures_util::future::join_all;

use crate::error::Result;
use crate::model::id::OutboxId;
use crate::ops::App;
use crate::store::Owner;
use crate::store::outbox::Item;

use super::{Delivery, Filing, Lines, deliver};

/// How several deliveries went.
#[derive(Debug, Default)]
pub struct Row {
    pub warnings: Vec<String>,
    pub interrupted: bool,
    /// What was not begun, because it was interrupted before.
    pub left: Vec<OutboxId>,
}

/// Delivers items that someone named one by one, so that a provider that is left alone is tried at once.
///
/// # Errors
/// As [`all`].
pub async fn named(
    app: &App,
    ids: &[OutboxId],
    owner: &Owner,
    goes: impl Fn(&Item) -> Result<bool>,
) -> Result<Row> {
    let lines = Lines::default();
    let delivery = Delivery {
        owner,
        lines: &lines,
        filing: &Filing::default(),
        timeout: None,
        keep: true,
        by_hand: true,
        insists: true,
    };
    let row = all(app, ids, &delivery, goes).await?;
    lines.close().await;
    Ok(row)
}

/// Delivers items, those of one account one after the other, accounts side by side: a server that hangs holds up its own
/// alone. `goes` is asked right before each whether it is to leave.
///
/// # Errors
/// The first fault of the store; what was under way came to its end.
pub async fn all(
    app: &App,
    ids: &[OutboxId],
    delivery: &Delivery<'_>,
    goes: impl Fn(&Item) -> Result<bool>,
) -> Result<Row> {
    let mut lanes: BTreeMap<String, Vec<OutboxId>> = BTreeMap::new();
    for id in ids {
        let item = app.store.outbox_item(*id)?;
        lanes.entry(item.account).or_default().push(*id);
    }
    let interrupted = Cell::new(false);
    let lanes = lanes.into_values().map(async |ids| {
        let mut row = Row::default();
        for id in ids {
            if interrupted.get() {
                row.left.push(id);
                continue;
            }
            if goes(&app.store.outbox_item(id)?)? {
                let delivered = deliver(app, id, delivery).await?;
                row.warnings.extend(delivered.warnings);
                interrupted.set(interrupted.get() || delivered.interrupted);
            }
        }
        Ok(row)
    });
    let mut lanes = pin!(join_all(lanes));
    let rows = loop {
        tokio::select! {
            // First: who is between two items hears it as well.
            biased;
            _ = tokio::signal::ctrl_c(), if !interrupted.get() => interrupted.set(true),
            rows = &mut lanes => break rows,
        }
    };
    let rows: Result<Vec<Row>> = rows.into_iter().collect();
    let mut all = Row {
        interrupted: interrupted.get(),
        ..Row::default()
    };
    for row in rows? {
        all.warnings.extend(row.warnings);
        all.left.extend(row.left);
    }
    Ok(all)
}
