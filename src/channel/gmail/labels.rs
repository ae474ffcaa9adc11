//! Labels: which there are, and giving them to messages or taking them away.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::{Error, Kind, Result};
use crate::net::google::operations::gmail as op;

use super::Client;

/// How many messages one request may change.
const AT_ONCE: usize = 1000;

/// A label of a mailbox. Its id stays, its name may change.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
pub struct Label {
    pub id: String,
    /// With `/` between levels.
    pub name: String,
    /// `system` or `user`.
    #[serde(rename = "type", default)]
    pub kind: String,
}

impl Client {
    /// All labels, Gmail's own and the user's.
    pub async fn labels(&self) -> Result<Vec<Label>> {
        #[derive(Deserialize)]
        struct Answer {
            #[serde(default)]
            labels: Vec<Label>,
        }
        let call = self
            .call(op::LABELS_LIST)
            .query("fields", "labels(id,name,type)");
        let answer: Answer = self.api.json(&call, "reading the labels").await?;
        Ok(answer.labels)
    }

    /// How many messages have a label, by Gmail's own count; none if there is no such label.
    pub async fn label_total(&self, id: &str) -> Result<u64> {
        #[derive(Deserialize)]
        struct Answer {
            #[serde(rename = "messagesTotal", default)]
            total: u64,
        }
        let call = self.call(op::LABELS_GET).at("id", id);
        let call = call.query("fields", "messagesTotal");
        match self
            .api
            .json::<Answer>(&call, "counting the messages")
            .await
        {
            Ok(answer) => Ok(answer.total),
            Err(fault) if fault.status == 404 => Ok(0),
            Err(fault) => Err(fault.into()),
        }
    }

    /// Makes a label; one that is already there is as good.
    pub async fn create_label(&self, name: &str) -> Result<Label> {
        let call = self.call(op::LABELS_CREATE).json(&json!({
            "name": name,
            "labelListVisibility": "labelShow",
            "messageListVisibility": "show",
        }));
        let fault = match self.api.json(&call, "making a label").await {
            Ok(label) => return Ok(label),
            Err(fault) => fault,
        };
        // 409, and from some servers 400 with words; an answer that was lost may have made it, too.
        if matches!(fault.status, 0 | 400 | 409) && fault.may_have_left {
            let labels = self.labels().await?;
            let same = |label: &Label| label.name.to_lowercase() == name.to_lowercase();
            if let Some(label) = labels.into_iter().find(same) {
                return Ok(label);
            }
        }
        Err(fault.error)
    }

    /// Renames a label.
    pub async fn rename_label(&self, id: &str, name: &str) -> Result<Label> {
        let call = self.call(op::LABELS_PATCH).at("id", id);
        let call = call.json(&json!({ "name": name }));
        Ok(self.api.json(&call, "renaming a label").await?)
    }

    /// Deletes a label, not the messages that have it. One that is gone is as good.
    pub async fn delete_label(&self, id: &str) -> Result<()> {
        let call = self.call(op::LABELS_DELETE).at("id", id);
        match self.api.ask(&call, "deleting a label").await {
            Ok(_) => Ok(()),
            Err(fault) if fault.status == 404 => Ok(()),
            Err(fault) => Err(fault.error),
        }
    }

    /// Gives labels to messages and takes others away. Messages that are gone are passed over.
    pub async fn relabel(&self, ids: &[&str], add: &[&str], remove: &[&str]) -> Result<()> {
        if add.is_empty() && remove.is_empty() {
            return Ok(());
        }
        // Ten single calls cost as much as one for a thousand.
        if ids.len() < 10 {
            for id in ids {
                let call = self.call(op::MESSAGES_MODIFY).at("id", *id);
                let call = call.query("fields", "id");
                let call = call.json(&words(add, remove));
                match self.api.ask(&call, "changing labels").await {
                    Ok(_) => {}
                    Err(fault) if fault.status == 404 => {}
                    Err(fault) => return Err(fault.error),
                }
            }
            return Ok(());
        }
        for ids in ids.chunks(AT_ONCE) {
            let mut body = words(add, remove);
            body["ids"] = json!(ids);
            let call = self.call(op::MESSAGES_BATCH_MODIFY).json(&body);
            self.api.ask(&call, "changing labels").await?;
        }
        Ok(())
    }

    /// Moves a message to the trash, where Gmail keeps it for 30 days.
    pub async fn trash(&self, id: &str) -> Result<()> {
        let call = self.call(op::MESSAGES_TRASH).at("id", id);
        let call = call.query("fields", "id");
        gone_is_fine(self.api.ask(&call, "moving to the trash").await)
    }

    /// Takes a message out of the trash.
    pub async fn untrash(&self, id: &str) -> Result<()> {
        let call = self.call(op::MESSAGES_UNTRASH).at("id", id);
        let call = call.query("fields", "id");
        let answer = self.api.ask(&call, "taking out of the trash");
        gone_is_fine(answer.await)
    }
}

fn words(add: &[&str], remove: &[&str]) -> Value {
    json!({ "addLabelIds": add, "removeLabelIds": remove })
}

fn gone_is_fine<T>(answer: Result<T, impl Into<Error>>) -> Result<()> {
    match answer.map_err(Into::into) {
        Ok(_) => Ok(()),
        Err(e) if e.kind == Kind::NotFound => Ok(()),
        Err(e) => Err(e),
    }
}
