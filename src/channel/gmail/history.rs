//! What happened in a mailbox since a point of its history.

use std::collections::HashMap;

use serde::Deserialize;

use crate::error::Result;
use crate::net::google::operations::gmail as op;
use crate::net::pages::Trail;

use super::{Client, number};

const FIELDS: &str = "history(messagesAdded/message/id,messagesDeleted/message/id,\
                      labelsAdded(labelIds,message/id),labelsRemoved(labelIds,message/id)),\
                      nextPageToken,historyId";

/// The answer to "what happened since".
#[derive(Debug, PartialEq, Eq)]
pub enum History {
    Changes(Changes),
    /// Gmail does not remember that far back: everything has to be looked at.
    Expired,
}

/// All that happened, folded into one change per message.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Where to go on from, once these are taken over.
    pub history_id: u64,
    /// In the order in which they were first touched.
    pub messages: Vec<Changed>,
}

/// What happened to one message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changed {
    pub id: String,
    pub added: bool,
    /// For good; what is in the trash is not deleted yet.
    pub deleted: bool,
    /// The last word on each label: whether it has it now.
    pub labels: Vec<(String, bool)>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Page {
    history: Vec<Record>,
    next_page_token: Option<String>,
    #[serde(deserialize_with = "number")]
    history_id: u64,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Record {
    messages_added: Vec<Touched>,
    messages_deleted: Vec<Touched>,
    labels_added: Vec<Touched>,
    labels_removed: Vec<Touched>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Touched {
    message: Named,
    #[serde(default)]
    label_ids: Vec<String>,
}

#[derive(Deserialize)]
struct Named {
    id: String,
}

const READING: &str = "reading what changed";

impl Client {
    /// What happened since; one request if that is nothing.
    pub async fn history(&self, since: u64) -> Result<History> {
        let mut folding = Folding::default();
        let mut token: Option<String> = None;
        let mut trail = Trail::default();
        loop {
            let mut call = self
                .call(op::HISTORY_LIST)
                .query("startHistoryId", since.to_string())
                .query("maxResults", "500")
                .query("fields", FIELDS)
                .maybe("pageToken", token.as_deref());
            for kind in [
                "messageAdded",
                "messageDeleted",
                "labelAdded",
                "labelRemoved",
            ] {
                call = call.query("historyTypes", kind);
            }
            let (page, bytes) = match self.api.sized::<Page>(&call, READING).await {
                Ok(found) => found,
                Err(fault) if fault.status == 404 => return Ok(History::Expired),
                Err(fault) => return Err(fault.error),
            };
            folding.changes.history_id = page.history_id.max(folding.changes.history_id);
            let brought = page.history.len();
            trail.hold(brought, bytes, READING)?;
            for record in page.history {
                folding.take(record);
            }
            token = page.next_page_token;
            match &token {
                None => break,
                Some(token) => trail.step(token, brought, READING)?,
            }
        }
        // An answer without a place to go on from leaves us where we were.
        folding.changes.history_id = folding.changes.history_id.max(since);
        Ok(History::Changes(folding.changes))
    }
}

#[derive(Default)]
struct Folding {
    changes: Changes,
    places: HashMap<String, usize>,
}

impl Folding {
    fn take(&mut self, record: Record) {
        for touched in record.messages_added {
            self.of(touched.message.id).added = true;
        }
        for touched in record.messages_deleted {
            self.of(touched.message.id).deleted = true;
        }
        for (touched, has) in (record.labels_added.into_iter().map(|t| (t, true)))
            .chain(record.labels_removed.into_iter().map(|t| (t, false)))
        {
            let changed = self.of(touched.message.id);
            for label in touched.label_ids {
                match changed.labels.iter_mut().find(|(known, _)| *known == label) {
                    Some((_, before)) => *before = has,
                    None => changed.labels.push((label, has)),
                }
            }
        }
    }

    fn of(&mut self, id: String) -> &mut Changed {
        let messages = &mut self.changes.messages;
        let at = *self.places.entry(id).or_insert_with_key(|id| {
            messages.push(Changed {
                id: id.clone(),
                ..Changed::default()
            });
            messages.len() - 1
        });
        &mut messages[at]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_word_on_each_label_counts() {
        let page: Page = serde_json::from_str(
            r#"{"history":[
              {"id":"5","messages":[{"id":"a"}],"messagesAdded":[{"message":{"id":"a","threadId":"a"}}]},
              {"id":"6","labelsAdded":[{"message":{"id":"b"},"labelIds":["STARRED","UNREAD"]}]},
              {"id":"7","labelsRemoved":[{"message":{"id":"b"},"labelIds":["STARRED"]}]},
              {"id":"8","messagesDeleted":[{"message":{"id":"a"}}]}
            ],"historyId":"9"}"#,
        )
        .unwrap();
        let mut folding = Folding::default();
        for record in page.history {
            folding.take(record);
        }
        assert_eq!(page.history_id, 9);
        assert_eq!(
            folding.changes.messages,
            [
                Changed {
                    id: "a".into(),
                    added: true,
                    deleted: true,
                    labels: vec![]
                },
                Changed {
                    id: "b".into(),
                    labels: vec![("STARRED".into(), false), ("UNREAD".into(), true)],
                    ..Changed::default()
                },
            ]
        );
    }

    #[test]
    fn no_history_is_no_change() {
        let page: Page = serde_json::from_str(r#"{"historyId":"9"}"#).unwrap();
        assert!(page.history.is_empty());
    }
}
