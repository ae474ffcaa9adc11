//! What changed in a space since: edits and deletions, which no listing by time shows.

use jiff::Timestamp;
use serde_json::Value;

use crate::error::Result;
use crate::net::api::Call;
use crate::net::google::operations::chat as op;

use super::messages::stamp;
use super::{Client, LIMITS, PAGE_OF_MESSAGES};

/// How far back Chat tells of changes, in days.
pub const REACH_DAYS: i64 = 28;

/// A message that is another now.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// The message as it is now, not as it was then.
    Edited(Value),
    /// What is left of it: its name and who deleted it.
    Deleted(Value),
}

/// When a message became another, by Chat's clock.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    pub at: Option<Timestamp>,
    pub change: Change,
}

const UPDATED: &str = "google.workspace.chat.message.v1.updated";
const DELETED: &str = "google.workspace.chat.message.v1.deleted";

impl Client {
    /// Edits and deletions in a space after then, oldest first.
    pub async fn changes(&self, space: &str, since: Timestamp) -> Result<Vec<Event>> {
        let filter = format!(
            "start_time=\"{}\" AND (event_types:\"{UPDATED}\" OR event_types:\"{DELETED}\")",
            stamp(since)
        );
        let call = || {
            Call::new(op::SPACE_EVENTS_LIST)
                .at("parent", space)
                .query("pageSize", PAGE_OF_MESSAGES.to_string())
                .limits(LIMITS)
                .query("filter", filter.clone())
        };
        let doing = "listing what changed in the space";
        let events: Vec<Value> = self.all(call, ("spaceEvents", doing), Some(space)).await?;
        let events = events.into_iter().flat_map(|event| {
            let at = event.get("eventTime").and_then(Value::as_str);
            let at = at.and_then(|time| time.parse().ok());
            let changes = changes(event).into_iter();
            changes.map(move |change| Event { at, change })
        });
        Ok(events.collect())
    }
}

/// The changes an event tells of; one of several at once is a batch.
fn changes(mut event: Value) -> Vec<Change> {
    let edited = messages(
        &mut event,
        ("messageUpdatedEventData", "messageBatchUpdatedEventData"),
    );
    let deleted = messages(
        &mut event,
        ("messageDeletedEventData", "messageBatchDeletedEventData"),
    );
    let edited = edited.into_iter().map(Change::Edited);
    edited
        .chain(deleted.into_iter().map(Change::Deleted))
        .collect()
}

fn messages(event: &mut Value, (single, batch): (&str, &str)) -> Vec<Value> {
    let mut found: Vec<Value> = event
        .get_mut(single)
        .and_then(message)
        .into_iter()
        .collect();
    let rows = event.get_mut(batch).and_then(|b| b.get_mut("messages"));
    let rows = rows.and_then(Value::as_array_mut);
    found.extend(rows.into_iter().flatten().filter_map(message));
    found
}

fn message(data: &mut Value) -> Option<Value> {
    let message = data.get_mut("message")?.take();
    message.get("name").is_some().then_some(message)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn single_events_and_batches_tell_the_same() {
        let a = json!({"name": "spaces/A/messages/1"});
        let b = json!({"name": "spaces/A/messages/2"});
        assert_eq!(
            changes(json!({"eventType": UPDATED, "messageUpdatedEventData": {"message": a}})),
            [Change::Edited(a.clone())]
        );
        assert_eq!(
            changes(
                json!({"messageBatchDeletedEventData": {"messages": [{"message": a}, {"message": b}]}})
            ),
            [Change::Deleted(a), Change::Deleted(b)]
        );
        assert!(changes(json!({"reactionCreatedEventData": {}})).is_empty());
        assert!(changes(json!(7)).is_empty());
    }
}
