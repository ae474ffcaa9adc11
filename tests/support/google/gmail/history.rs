//! What changed since: records with growing ids, and gaps between them.

use serde_json::{Value, json};

use super::super::wire::{Answer, Outcome, Refusal};
use super::super::{Request, State};
use super::Mail;

/// One change of one message.
#[derive(Clone)]
pub struct Record {
    id: u64,
    message: Value,
    labels: Vec<String>,
    change: Change,
}

#[derive(Clone)]
pub enum Change {
    Added,
    Deleted,
    LabelsAdded(Vec<String>),
    LabelsRemoved(Vec<String>),
}

impl Record {
    pub fn new(id: u64, mail: &Mail, change: Change) -> Record {
        Record {
            id,
            message: json!({"id": mail.id, "threadId": mail.thread, "labelIds": mail.labels}),
            labels: mail.labels.iter().cloned().collect(),
            change,
        }
    }

    pub fn added(id: u64, mail: &Mail) -> Record {
        Record::new(id, mail, Change::Added)
    }

    pub fn deleted(id: u64, mail: &Mail) -> Record {
        Record::new(id, mail, Change::Deleted)
    }

    fn kind(&self) -> &'static str {
        match self.change {
            Change::Added => "messageAdded",
            Change::Deleted => "messageDeleted",
            Change::LabelsAdded(_) => "labelAdded",
            Change::LabelsRemoved(_) => "labelRemoved",
        }
    }

    fn json(&self) -> Value {
        let brief = json!({"id": self.message["id"], "threadId": self.message["threadId"]});
        let mut record = json!({"id": self.id.to_string(), "messages": [brief]});
        match &self.change {
            Change::Added => record["messagesAdded"] = json!([{"message": self.message}]),
            Change::Deleted => record["messagesDeleted"] = json!([{"message": self.message}]),
            Change::LabelsAdded(labels) => {
                record["labelsAdded"] = json!([{"message": self.message, "labelIds": labels}]);
            }
            Change::LabelsRemoved(labels) => {
                record["labelsRemoved"] = json!([{"message": self.message, "labelIds": labels}]);
            }
        }
        record
    }
}

/// `history.list`: 404 for a cursor that is too old or was never given.
pub fn list(state: &mut State, request: &Request) -> Outcome {
    let mailbox = &mut state.gmail;
    let start: u64 = request
        .param("startHistoryId")
        .ok_or_else(|| Refusal::invalid("Missing required parameter: startHistoryId"))?
        .parse()
        .map_err(|_| Refusal::invalid("Invalid value for startHistoryId"))?;
    if start < mailbox.oldest || start > mailbox.history_id {
        return Err(Refusal::not_found());
    }
    let kinds: Vec<_> = request.params("historyTypes").collect();
    let label = request.param("labelId");
    let found: Vec<Value> = mailbox
        .history
        .iter()
        .filter(|r| r.id > start)
        .filter(|r| kinds.is_empty() || kinds.contains(&r.kind()))
        .filter(|r| label.is_none_or(|l| r.labels.iter().any(|has| has == l)))
        .map(Record::json)
        .collect();
    let (page, next) = mailbox.page(request, &found)?;
    let mut answer = json!({"historyId": mailbox.history_id.to_string()});
    if !page.is_empty() {
        answer["history"] = json!(page);
    }
    if let Some(token) = next {
        answer["nextPageToken"] = json!(token);
    }
    Ok(Answer::json(&answer))
}
