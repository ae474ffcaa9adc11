//! Labels: ids that stay, names that don't.

use serde_json::{Value, json};

use super::super::wire::{Answer, Outcome, Refusal};
use super::super::{Request, State};
use super::Mailbox;

/// A label of the mailbox.
#[derive(Clone, Debug)]
pub struct Label {
    pub id: String,
    pub name: String,
    pub system: bool,
    /// What else was set: visibility and colour.
    pub more: Value,
}

/// The labels every mailbox has.
pub fn system() -> Vec<Label> {
    [
        "CHAT",
        "SENT",
        "INBOX",
        "IMPORTANT",
        "TRASH",
        "DRAFT",
        "SPAM",
        "CATEGORY_FORUMS",
        "CATEGORY_UPDATES",
        "CATEGORY_PERSONAL",
        "CATEGORY_PROMOTIONS",
        "CATEGORY_SOCIAL",
        "STARRED",
        "UNREAD",
    ]
    .into_iter()
    .map(|id| Label {
        id: id.to_owned(),
        name: id.to_owned(),
        system: true,
        more: json!({}),
    })
    .collect()
}

impl Mailbox {
    /// Makes a label of this name; the label.
    pub fn make_label(&mut self, body: &Value) -> Value {
        self.given += 1;
        let mut label = Label {
            id: format!("Label_{}", self.given),
            name: body["name"].as_str().unwrap_or_default().to_owned(),
            system: false,
            more: json!({}),
        };
        set(&mut label, body);
        self.labels.push(label.clone());
        self.label_json(&label, false)
    }

    /// Refuses ids that are no labels, or that no client may set.
    pub fn settable(&self, ids: &[String]) -> Result<(), Refusal> {
        if ids.len() > 100 {
            return Err(Refusal::invalid("Too many labels"));
        }
        for id in ids {
            let known = self.labels.iter().any(|l| l.id == *id);
            if !known || id == "SENT" || id == "DRAFT" || id == "CHAT" {
                return Err(Refusal::invalid(format!("Invalid label: {id}")));
            }
        }
        Ok(())
    }

    fn label_json(&self, label: &Label, counted: bool) -> Value {
        let mut json = json!({
            "id": label.id, "name": label.name, "type": if label.system { "system" } else { "user" },
        });
        for (key, value) in label.more.as_object().into_iter().flatten() {
            json[key] = value.clone();
        }
        if counted {
            let within: Vec<_> = self
                .mails
                .values()
                .filter(|m| m.labels.contains(&label.id))
                .collect();
            let unread = within
                .iter()
                .filter(|m| m.labels.contains("UNREAD"))
                .count();
            json["messagesTotal"] = json!(within.len());
            json["messagesUnread"] = json!(unread);
            json["threadsTotal"] = json!(within.len());
            json["threadsUnread"] = json!(unread);
        }
        json
    }

    fn name_is_free(&self, name: &str, but: Option<&str>) -> Result<(), Refusal> {
        if name.trim().is_empty() || name.starts_with('/') || name.ends_with('/') {
            return Err(Refusal::invalid("Invalid label name"));
        }
        let taken = |l: &&Label| l.name.eq_ignore_ascii_case(name) && Some(l.id.as_str()) != but;
        match self.labels.iter().find(taken) {
            Some(l) if l.system => Err(Refusal::invalid("Invalid label name")),
            Some(_) => Err(Refusal::exists("Label name exists or conflicts")),
            None => Ok(()),
        }
    }
}

/// `labels.*`.
pub fn answer(state: &mut State, request: &Request, verb: &str) -> Outcome {
    let mailbox = &mut state.gmail;
    let at = request
        .vars
        .get(1)
        .map(|id| mailbox.labels.iter().position(|l| l.id == *id));
    match (verb, at) {
        ("list", _) => {
            let all: Vec<_> = mailbox
                .labels
                .iter()
                .map(|l| mailbox.label_json(l, false))
                .collect();
            Ok(Answer::json(&json!({"labels": all})))
        }
        ("create", _) => {
            let body = request.json()?;
            mailbox.name_is_free(body["name"].as_str().unwrap_or_default(), None)?;
            Ok(Answer::json(&mailbox.make_label(&body)))
        }
        (_, Some(None)) => Err(Refusal::not_found()),
        ("get", Some(Some(at))) => {
            let label = mailbox.labels[at].clone();
            Ok(Answer::json(&mailbox.label_json(&label, true)))
        }
        (_, Some(Some(at))) if mailbox.labels[at].system => {
            Err(Refusal::invalid("Invalid label: system label"))
        }
        ("delete", Some(Some(at))) => {
            let id = mailbox.labels.remove(at).id;
            let mails: Vec<_> = mailbox.mails.keys().cloned().collect();
            for mail in mails {
                mailbox.relabel(&mail, &[], std::slice::from_ref(&id));
            }
            Ok(Answer::empty(204))
        }
        (_, Some(Some(at))) => {
            let body = request.json()?;
            let id = mailbox.labels[at].id.clone();
            if let Some(name) = body["name"].as_str() {
                mailbox.name_is_free(name, Some(&id))?;
            }
            set(&mut mailbox.labels[at], &body);
            let label = mailbox.labels[at].clone();
            Ok(Answer::json(&mailbox.label_json(&label, false)))
        }
        _ => Err(Refusal::not_found()),
    }
}

fn set(label: &mut Label, body: &Value) {
    if let Some(name) = body["name"].as_str() {
        label.name = name.to_owned();
    }
    for key in ["messageListVisibility", "labelListVisibility", "color"] {
        if !body[key].is_null() {
            label.more[key] = body[key].clone();
        }
    }
}
